"""Checks of `theory.critique`: what readers are told, as far as it can be put as a formula and checked here."""

import numpy as np
from hypothesis import strategies as st

from theory import closed_forms, dynamics
from theory.maze import Maze
from theory.policy import Policy
from verify import strategies
from verify.judge import grid
from verify.learners import rlvr, sft
from verify.learners.edges import EdgePolicy
from verify.measures import solved
from verify.sweeps import PLANE, TINY, WIDE
from verify.wrapped import search_steps


def _optimum(W, K):
    return closed_forms.optimum_steps(W, K)


def test_summary_linear__exact(check):
    check.exhaust(PLANE, _optimum)


def test_summary_linear__control(check):
    check.exhaust(PLANE, _optimum)


def test_summary_exponential__exact(check):
    check.exhaust(WIDE, lambda W, K, L: closed_forms.sft_steps(W, K, L))


def test_summary_exponential__control(check):
    check.exhaust(WIDE, lambda W, K, L: closed_forms.sft_steps(W, K, L))


SEARCHED = grid(W=range(2, 5), K=range(1, 3), L=range(1, 4))


def _searching(W, K, L):
    return search_steps(Maze(W, K, L), Policy.sft_limit(L))


def test_summary_search__exact(check):
    check.exhaust(SEARCHED, _searching)


def test_summary_search__control(check):
    check.exhaust(SEARCHED, _searching)


def _before_training(W, K, L):
    """Steps before training of the SFT learner, the sign learner and the population descent; they must agree."""
    maze = Maze(W, K, L)
    untrained = sft.sgd(EdgePolicy(maze), [], lr=0.1).lumped()
    steps = [float(solved(maze, untrained)), rlvr.sign_descent(maze, 0, 0.01)[0],
             dynamics.descent(maze, 0, 0.01).steps_to_target[0]]
    assert np.allclose(steps, steps[0], rtol=1e-9), steps
    return steps[0]


def test_summary_same_start__computed(check):
    check.exhaust(TINY, _before_training, within=1e-9)


def test_summary_same_start__control(check):
    check.exhaust(TINY, _before_training, within=1e-9)


def _gradient_without_data(maze, paths, seed, **_):
    policy = EdgePolicy(maze)
    policy.logits += np.random.default_rng(seed).standard_normal(len(policy.logits))
    chosen = np.zeros_like(policy.logits)
    for path in paths:
        np.add.at(chosen, sft.slots(policy, path), 1.0)
    unseen = np.add.reduceat(chosen, policy.start[:-1])[policy.owner] == 0
    return list(sft.gradient(policy, chosen)[unseen])


@st.composite
def _data(draw):
    maze, n, seed = draw(strategies.mazes()), draw(st.integers(1, 20)), draw(st.integers(0, 99))
    paths = sft.sample_paths(maze, n, np.random.default_rng(seed))
    return {"maze": maze, "paths": paths, "seed": seed, "size": len(_gradient_without_data(maze, paths, seed))}


def test_summary_no_signal__searched(check):
    check.search(_data(), _gradient_without_data)


def test_summary_no_signal__control(check):
    check.search(_data(), _gradient_without_data)
