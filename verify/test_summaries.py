"""Checks of `theory.critique`: what readers are told, as far as it can be put as a formula and checked here."""

import itertools

import numpy as np
from hypothesis import strategies as st

from theory import closed_forms, coverage, dynamics
from theory.maze import Maze
from theory.policy import Policy
from verify import strategies, students
from verify.judge import grid
from verify.learners import dense, sft
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Budget
from verify.learners.policy_gradient import PolicyGradient
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
    untrained = [learner.train(maze, budget=Budget(0), tied=tied).policy for tied in (True, False)
                 for learner in (sft.Golden(), PolicyGradient())]
    steps = [*(policy.expected_steps() for policy in untrained), *(float(solved(maze, policy.lumped()))
                                                                   for policy in untrained if policy.tied),
             dense.sign_descent(maze, 0, 0.01)[0], dynamics.descent(maze, 0, 0.01).steps_to_target[0]]
    assert np.allclose(steps, steps[0], rtol=1e-9), steps
    return steps[0]


def test_summary_same_start__computed(check):
    check.exhaust(TINY, _before_training, within=1e-9)


def test_summary_same_start__control(check):
    check.exhaust(TINY, _before_training, within=1e-9)


def _gradient_without_data(maze, targets, copies, logits, **_):
    """The gradient on golden paths, where no path passes, to the last bit."""
    policy = EdgePolicy(maze, logits)
    chosen = sft.golden_choices(policy, targets, copies)
    return sft.gradient(policy, chosen)[chosen.sum(axis=-1) == 0].ravel().tolist()


@st.composite
def _data(draw):
    maze, n = draw(strategies.mazes()), draw(st.integers(1, 20))
    rng = np.random.default_rng(strategies.seed_from({"maze": maze, "n": n}))
    case = {"maze": maze, "targets": rng.integers(maze.W, size=n), "copies": rng.integers(maze.L, size=(n, maze.K)),
            "logits": rng.standard_normal(EdgePolicy(maze).logits.shape)}
    return {**case, "size": len(_gradient_without_data(**case))}


def test_summary_no_signal__searched(check):
    check.search(_data(), _gradient_without_data)


def test_summary_no_signal__control(check):
    check.search(_data(), _gradient_without_data)


# -- messy traces -------------------------------------------------------------------------------------------------


def _covering(maze):
    """Traces that show all: to every target, by every parallel edge, after a detour through each other branch."""
    return [students.trace(maze, target, [i for i in range(maze.W) if i != target], itertools.repeat(copy))
            for target in range(maze.W) for copy in range(maze.L)]


def _whole_and_golden(maze, walks):
    """Costs of the students of traces and of their golden parts, the same to every target, by exact solves."""
    found = []
    for data in (walks, [students.erased(walk) for walk in walks]):
        counts = students.student(data)
        costs = {students.cost(maze, counts, target) for target in range(maze.W)}
        found.append(costs.pop() if len(costs) == 1 else f"costs {sorted(costs)}")
    return found


def _students(W, K, L):
    maze = Maze(W, K, L)
    return _whole_and_golden(maze, _covering(maze))


# maximum-likelihood students of all directed edges: small mazes
MESSY = [case for case in grid(W=(2, 3), K=(1, 2, 3), L=(1, 2, 3)) if case["W"] * case["K"] * case["L"] < 18]


@st.composite
def _messy_data(draw):
    """Covering traces and up to four more, with any detours and parallel edges: {'maze', 'walks', 'W', 'K', 'L'}."""
    maze = draw(strategies.mazes(3, 2, 2, least_W=2))
    walks = _covering(maze)
    for target in draw(st.lists(st.integers(0, maze.W - 1), max_size=4)):
        detours = draw(st.lists(st.sampled_from([i for i in range(maze.W) if i != target]), max_size=4))
        copies = draw(st.lists(st.integers(0, maze.L - 1), min_size=1, max_size=7))
        walks.append(students.trace(maze, target, detours, itertools.cycle(copies)))
    return {"maze": maze, "walks": walks, "W": maze.W, "K": maze.K, "L": maze.L}


def test_summary_messy_traces__exact(check):
    check.exhaust(MESSY, _students)


def test_summary_messy_traces__searched(check):
    check.search(_messy_data(), lambda maze, walks, **_: _whole_and_golden(maze, walks), max_examples=20)


def test_summary_messy_traces__simulated(check):
    """W = K = L = 2, 8 sampled traces: how often do both students land where the claim says, for every target?

    As often as the traces show every retreat and every row a; the twin counts the rows a alone.
    """
    maze, n = Maze(2, 2, 2), 8

    def draw(seed):
        group = students.Class(maze, 10_000, n, np.random.default_rng(seed))
        optimum, sft_limit = map(float, check.claim.body(2, 2, 2))
        return np.all([np.isclose(group.costs(counts), steps, rtol=1e-9).all(axis=1)
                       for counts, steps in ((group.whole, optimum), (group.golden, sft_limit))], axis=0)

    check.share(float(coverage.both_law(2, 2, 2, n)), float(coverage.golden_law(2, 2, 2, n)[n]), draw)


def test_summary_messy_traces__control(check):
    check.exhaust(MESSY, _students)
