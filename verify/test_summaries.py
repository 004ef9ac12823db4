"""Checks of `theory.summaries`: what readers are told, put as formulas; with learners that really run."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import closed_forms, coverage, dynamics, hitting, moments
from theory.maze import Maze
from theory.policy import Policy
from theory.rewards import Reward
from verify import questions, solver, strategies, students
from verify.forward import arrival_law
from verify.judge import grid
from verify.learners import dense, sft
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Budget
from verify.learners.policy_gradient import PolicyGradient
from verify.measures import edge_chain, solved
from verify.rollouts import walks
from verify.sweeps import PLANE, TINY, WIDE
from verify.wrapped import search_steps


def _optimum(W, K):
    return closed_forms.optimum_steps(W, K)


def test_summary_linear__exact(check):
    check.exhaust(PLANE, _optimum)


def _linear_asked(check):
    solver.settle(check, questions.comparison(check, closed_forms.optimum_steps), "all W, K (z3)")


def test_summary_linear__solver(check):
    _linear_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_summary_linear__control(check, route):
    if route == "solver":
        _linear_asked(check)
    else:
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


def test_summary_same_start__exact(check):
    """The untrained learner's own rows, arc by arc, in rationals: it is the simple random walk."""
    check.exhaust(TINY, lambda W, K, L: edge_chain(EdgePolicy(Maze(W, K, L))).hitting_time())


def test_summary_same_start__searched(check):
    check.search(strategies.sizes(6, 6, 6), _before_training, within=1e-9)


@pytest.mark.parametrize("learner", ["sft", "rlvr"])
def test_summary_same_start__simulated(check, learner):
    """First walks of each learner before it has learnt anything; the twin costs a sixth more."""
    maze, n = Maze(3, 2, 2), 400_000
    mean = float(check.body(3, 2, 2))
    deviation = math.sqrt(float(moments.second_moment(maze, Policy.base(2))) - mean**2)
    start = {"sft": sft.Golden(), "rlvr": PolicyGradient()}[learner].train(maze, budget=Budget(0), tied=False).policy
    check.mean(mean, deviation, mean * 7 / 6, lambda seed: walks(start, np.arange(n) % 3, seed=seed,
                                                                 counted=False).steps.astype(float))


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


# every golden path at once, and each target alone
WHOLE: list[dict[str, Any]] = [{"maze": Maze(W, K, L), "targets": np.repeat(targets, L**K), "copies": np.array(
    list(itertools.product(range(L), repeat=K)) * len(targets)), "logits": None}
    for W in (1, 2, 3) for K in (1, 2) for L in (1, 2, 3) for targets in (range(W), [0])]


def test_summary_no_signal__exact(check):
    """Zero to the last bit; the size of what no path visits is counted by hand: half the rows, and unseen branches."""
    cases = []
    for case in WHOLE:
        maze, branches = case["maze"], len(set(case["targets"].tolist()))
        a_branch = 2 * maze.K * (maze.L + 1) ** 2               # logits of a branch; half of its states move back
        cases.append({**case, "size": maze.W * a_branch - branches * a_branch // 2})
    check.exhaust(cases, _gradient_without_data)


def test_summary_no_signal__simulated(check):
    """Learners that run, by imitation or rewarded for straight walks alone: which left every backward row bit for bit.

    Without a baseline: with one, failures count too, and they visit backward rows.
    """
    def draw(seed):
        still, moved = [], 0
        for run in range(80):
            maze = Maze(2 + run % 3, 1 + run % 4, 1 + run % 5)
            straight = Reward("outcome", maze.shortest)
            learner = (sft.Golden(0.7, 1 + run % 7), PolicyGradient(0.3, straight, baseline="none"))[run % 2]
            trained = learner.train(maze, budget=Budget(40), seed=seed + run, tied=run % 8 < 4).policy
            still.append(np.all(trained.backward() == 0))
            moved += bool(np.any(trained.logits != 0))
        assert moved > 60                                       # runs they were: the others met no reward
        return np.array(still)

    # a fact without chance in it: one run that moved a row would refute it, so the share is 1
    check.share(1.0, 0.5, lambda seed: draw(seed) & (check.body(3) == [0.0] * 3), relation="at least")


def test_summary_no_signal__control(check):
    check.search(_data(), _gradient_without_data)


# -- retreat for free ---------------------------------------------------------------------------------------------

PATH = [{"W": K + more, "K": K, "L": L, "y": y} for K in (1, 2, 3, 5, 8) for more in (1, 4) for L in (1, 2, 5, 20)
        for y in map(Fraction, ("1", "4/5", "1/2", "1/4", "1/10", "1/100"))]


def _pushed_back(W, K, L, y):
    """Backward rows whose exact derivative of H is not negative, at a point of the path; theory.hitting's gradient."""
    alpha, beta = 1 / (1 + L * y), L / (L + y)
    slope = hitting.gradient(Maze(W, K, L), Policy(alpha, beta, beta, alpha))[0]
    return sum(value >= 0 for value in (*slope.b, *slope.d))


def test_summary_retreat_for_free__exact(check):
    check.exhaust(PATH, _pushed_back)


def test_summary_retreat_for_free__searched(check):
    check.search(st.integers(1, 10).flatmap(lambda K: st.fixed_dictionaries({
        "W": st.integers(K + 1, K + 20), "K": st.just(K), "L": st.integers(1, 40),
        "y": st.fractions(Fraction(1, 1000), 1, max_denominator=1000)})), _pushed_back)


def test_summary_retreat_for_free__simulated(check):
    """Sampled learners whose data are their own walks: which ended with every backward row above base, in the mean."""
    def draw(seed):
        learner, found = PolicyGradient(2.0, group=64, baseline="loo", rule="normalised"), []
        for maze, runs in ((Maze(2, 1, 1), 40), (Maze(3, 2, 2), 36), (Maze(4, 3, 2), 4)):
            for run in range(runs):
                rows = learner.train(maze, budget=Budget(60), seed=seed + 1000 * maze.K + run).policy.rows()
                lower = ((rows["b"].mean(axis=-1) <= maze.L / (maze.L + 1)).sum()
                         + (rows["d"].mean(axis=-1) <= 1 / (maze.L + 1)).sum())
                found.append(lower == check.body(maze.W, maze.K, maze.L, 1))
        return np.array(found)

    check.share(0.9, 0.5, draw, relation="at least")


def test_summary_retreat_for_free__control(check):
    check.exhaust(PATH, _pushed_back)


def test_summary_retreat_for_free__needed(check):
    """W = 2: the inner rows of a deep maze are pushed back near base."""
    check.exhaust([{"W": 2, "K": K, "L": 2, "y": Fraction(1)} for K in (3, 4, 6)], _pushed_back)


CUT = [{"W": W, "K": K, "L": L, "T": T} for W in (2, 3) for K in (1, 2) for L in (1, 2)
       for T in range(2 * K + 1, 7 * K)]


def _pushed_back_by_outcomes(W, K, L, T):
    """The exact derivative of P(T_hit <= T) in the backward rows, from the forward law: how many are negative."""
    _, slopes = arrival_law(Maze(W, K, L), Policy.base(L), T)
    return sum(sum(series) < 0 for (_, row, _), series in slopes.items() if row in "bd")


def test_summary_retreat_outcome_quoted__exact(check):
    check.exhaust(CUT, _pushed_back_by_outcomes)


def test_summary_retreat_outcome_quoted__control(check):
    check.exhaust(CUT, _pushed_back_by_outcomes)


# -- a real algorithm ---------------------------------------------------------------------------------------------

GRPO = PolicyGradient(2.0, group=64, baseline="grpo", rule="normalised")
REAL = [{"W": 2, "K": 1, "L": 1}, {"W": 2, "K": 1, "L": 2}, {"W": 3, "K": 1, "L": 2}, {"W": 2, "K": 2, "L": 1}]


def _grpo(W, K, seed, **maze):
    """A seeded run, stopped once it is within 4 % of the optimum."""
    goal = 1.04 * float(closed_forms.optimum_steps(W, K))
    return GRPO.train(Maze(W, K, **maze), budget=Budget(800, goal=goal), seed=seed, tied=True)


def test_summary_real_algorithm__exact(check):
    """The trained policy's own cost, arc by arc, in rationals."""
    check.exhaust(REAL, lambda W, K, L: edge_chain(_grpo(W, K, 1, L=L).policy).hitting_time())


def test_summary_real_algorithm__simulated(check):
    def draw(seed):
        return np.array([min(point.H for point in _grpo(W, K, seed + 1000 * W * K + run, L=L).trace) <= check.body(W, K)
                         for W, K, L, runs in ((2, 1, 1, 24), (3, 2, 2, 24), (2, 3, 2, 12), (4, 3, 2, 16), (5, 5, 5, 4))
                         for run in range(runs)])

    check.share(0.9, 0.5, draw, relation="at least")


def test_summary_real_algorithm__control(check):
    check.exhaust(REAL, lambda W, K, L: edge_chain(_grpo(W, K, 1, L=L).policy).hitting_time())


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
        optimum, sft_limit = map(float, check.body(2, 2, 2))
        return np.all([np.isclose(group.costs(counts), steps, rtol=1e-9).all(axis=1)
                       for counts, steps in ((group.whole, optimum), (group.golden, sft_limit))], axis=0)

    check.share(float(coverage.both_law(2, 2, 2, n)), float(coverage.golden_law(2, 2, 2, n)[n]), draw)


def test_summary_messy_traces__control(check):
    check.exhaust(MESSY, _students)
