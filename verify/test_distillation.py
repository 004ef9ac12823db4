"""Checks of `theory.distillation`: coverage by the draws of one trace after another, students by exact solves.

The laws' own route is inclusion and exclusion over branches; `verify.draws` follows a trace draw by draw. Students are
maximum-likelihood tables on the full multigraph (`verify.students`).
"""

import itertools
from fractions import Fraction
from functools import cache

import flint
import numpy as np
import pytest
from hypothesis import strategies as st

from theory import closed_forms, coverage, hitting
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Branch, Policy
from verify import draws, questions, solver, strategies
from verify.judge import grid
from verify.measures import solved
from verify.students import Class, cost, student, trace
from verify.wrapped import entered_before_target

# -- the coverage law, draw by draw -------------------------------------------------------------------------------


def _unseen(W, n):
    """W times the n-th power of the chance that one trace leaves branch 0 without a retreat; targets uniform, K = 2.

    A trace whose target is branch 0 enters it, but never moves back in it, so it leaves the backward rows unseen.
    """
    maze = Maze(W, 2, 2)
    wrong = [entered_before_target(maze, Policy.optimum(), 0, target) for target in range(1, W)]
    return W * ((1 + sum(1 - p for p in wrong)) / Fraction(W)) ** n


COVERED = grid(W=range(2, 7), n=range(1, 6))


def test_distillation_coverage__exact(check):
    check.exhaust(COVERED, _unseen)


def test_distillation_coverage__control(check):
    check.exhaust(COVERED, _unseen)


LAWS = grid(W=range(2, 9), n=range(0, 9))
BOTH = (True, False)
LAW_CASES = st.fixed_dictionaries({"W": st.integers(2, 16), "n": st.integers(0, 24)})


def test_distillation_coverage_fixed__exact(check):
    check.exhaust(LAWS, lambda W, n: draws.covered(W, n, True))


def test_distillation_coverage_fixed__searched(check):
    check.search(LAW_CASES, lambda W, n: draws.covered(W, n, True))


def test_distillation_coverage_fixed__control(check):
    check.exhaust(LAWS, lambda W, n: draws.covered(W, n, True))


def test_distillation_coverage_uniform__exact(check):
    check.exhaust(LAWS, lambda W, n: draws.covered(W, n, False))


def test_distillation_coverage_uniform__searched(check):
    check.search(LAW_CASES, lambda W, n: draws.covered(W, n, False))


def test_distillation_coverage_uniform__control(check):
    check.exhaust(LAWS, lambda W, n: draws.covered(W, n, False))


SHARES = (Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(1, 100))
MIXED = grid(W=range(2, 6), n=range(0, 6), eps=SHARES, fixed=BOTH)
RATIONALS = st.integers(2, 60).flatmap(lambda q: st.integers(1, q - 1).map(lambda p: Fraction(p, q)))


def test_mixed_coverage__exact(check):
    check.exhaust(MIXED, draws.thinned)


def test_mixed_coverage__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(2, 8), "n": st.integers(0, 12), "eps": RATIONALS,
                                        "fixed": st.booleans()}), draws.thinned)


def test_mixed_coverage__control(check):
    check.exhaust(MIXED, draws.thinned)


MEANS = grid(W=range(2, 12), eps=SHARES, fixed=BOTH)


def test_distillation_traces_mean__exact(check):
    check.exhaust(MEANS, draws.mean_traces)


def test_distillation_traces_mean__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(2, 40), "eps": RATIONALS, "fixed": st.booleans()}),
                 draws.mean_traces)


def test_distillation_traces_mean__control(check):
    check.exhaust(MEANS, draws.mean_traces)


# -- bounds -------------------------------------------------------------------------------------------------------

FAILURES = grid(W=(2, 3, 4, 5, 8, 12), n=range(0, 16), fixed=BOTH)
FAILURE_CASES = st.fixed_dictionaries({"W": st.integers(2, 24), "n": st.integers(0, 24), "fixed": st.booleans()})


def test_distillation_failure_most__exact(check):
    check.exhaust(FAILURES, draws.failure)


def test_distillation_failure_most__searched(check):
    check.search(FAILURE_CASES, draws.failure)


def test_distillation_failure_most__tight(check):
    check.tight(grid(W=(2, 8), n=(1, 15), fixed=BOTH), draws.failure, factor=1.001)


def test_distillation_failure_most__control(check):
    check.exhaust(FAILURES, draws.failure)


def test_distillation_failure_least__exact(check):
    check.exhaust(FAILURES, draws.failure)


def test_distillation_failure_least__searched(check):
    check.search(FAILURE_CASES, draws.failure)


def test_distillation_failure_least__control(check):
    check.exhaust(FAILURES, draws.failure)


RISKS = (Fraction(1, 2), Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**6))
TRACES = grid(W=(2, 3, 4, 6, 10, 20), delta=RISKS, fixed=BOTH)
TRACE_CASES = st.fixed_dictionaries({"W": st.integers(2, 16), "delta": RATIONALS, "fixed": st.booleans()})


def test_distillation_traces__exact(check):
    check.exhaust(TRACES, draws.least)


def test_distillation_traces__searched(check):
    check.search(TRACE_CASES, draws.least)


def test_distillation_traces__tight(check):
    check.tight(TRACES, draws.least, factor=1.001)


def test_distillation_traces__control(check):
    check.exhaust(TRACES, draws.least)


# the chain of single draws takes too long on a hundred branches; the law, checked above, gives the same number
WIDE = grid(W=(2, 10, 50, 100, 200, 257, 258, 400), delta=(Fraction(1, 2),), fixed=BOTH)


def _least_by_law(W, delta, fixed):
    return coverage.least_traces(W, delta, fixed=fixed)


def test_distillation_traces_least_quoted__exact(check):
    check.exhaust(WIDE, _least_by_law)


def test_distillation_traces_least_quoted__control(check):
    check.exhaust(WIDE, _least_by_law)


def test_distillation_traces_least__exact(check):
    check.exhaust(TRACES + WIDE[:4], draws.least)


def test_distillation_traces_least__searched(check):
    check.search(TRACE_CASES, draws.least)


def test_distillation_traces_least__control(check):
    check.exhaust(TRACES, draws.least)


# the first is where 1.38 fails: one wrong branch, many traces, a small share
PRICES = [{"W": 2, "delta": Fraction(1, 2**20), "eps": Fraction(1, 100), "fixed": True},
          *grid(W=(2, 3, 5, 9), delta=RISKS[:3], eps=SHARES[:3], fixed=BOTH)]
PRICE_CASES = st.fixed_dictionaries({
    "W": st.integers(2, 7), "delta": RATIONALS.map(lambda q: q / 2),
    "eps": st.sampled_from([Fraction(1), Fraction(2, 3), Fraction(1, 3), Fraction(1, 12)]), "fixed": st.booleans()})


def _price(W, delta, eps, fixed):
    return draws.least(W, delta, fixed, eps)


def test_mixed_traces__exact(check):
    check.exhaust(PRICES, _price)


def test_mixed_traces__searched(check):
    check.search(PRICE_CASES, _price)


def test_mixed_traces__tight(check):
    check.tight(PRICES[:1], _price, factor=1.02)


def test_mixed_traces__control(check):
    check.exhaust(PRICES, _price)


def test_mixed_traces_least__exact(check):
    check.exhaust([case for case in PRICES if case["delta"] < Fraction(1, 2)], _price)


def test_mixed_traces_least__searched(check):
    check.search(PRICE_CASES, _price)


def test_mixed_traces_least__control(check):
    check.exhaust(PRICES, _price)


# -- students -----------------------------------------------------------------------------------------------------


def _learnt(maze, walks):
    """The student's cost, the same to every target, or one line that says it is not."""
    costs = {cost(maze, student(walks), target) for target in range(maze.W)}
    return costs.pop() if len(costs) == 1 else f"costs {sorted(costs)}"


def _one_copy(W, K):
    """The leanest data that show all retreats: two traces, and one parallel edge of three ever crossed."""
    maze = Maze(W, K, 3)
    walks = [trace(maze, target, [i for i in range(W) if i != target], itertools.repeat(1)) for target in (0, 1)]
    return _learnt(maze, walks)


@st.composite
def _traces(draw):
    """A maze and traces that leave no branch without a retreat: {'maze', 'walks', 'W', 'K'}."""
    maze = draw(strategies.mazes(3, 2, 3, least_W=2))
    targets = draw(st.lists(st.integers(0, maze.W - 1), min_size=2, max_size=4).filter(lambda t: len(set(t)) > 1))
    copies = st.lists(st.integers(0, maze.L - 1), min_size=1, max_size=7)
    walks = []
    for target in targets:
        others = [i for i in range(maze.W) if i != target]
        more = draw(st.lists(st.sampled_from(others), max_size=3))
        walks.append(trace(maze, target, draw(st.permutations(others + more)), itertools.cycle(draw(copies))))
    return {"maze": maze, "walks": walks, "W": maze.W, "K": maze.K}


LEAN = grid(W=(2, 3, 4), K=(1, 2))


def test_distillation_covered__exact(check):
    check.exhaust(LEAN, _one_copy)


def test_distillation_covered__searched(check):
    check.search(_traces(), lambda maze, walks, **_: _learnt(maze, walks), max_examples=40)


def test_distillation_covered__control(check):
    check.exhaust(LEAN, _one_copy)


@cache
def _cost_of(maze, kinds, target):
    """Steps of the student whose branches were seen so, parallel edges tied, by the lumped chain."""
    single = Fraction(1, maze.L + 1)
    rows = {"r": Branch(1, 1, 1, 1), "t": Branch(1, 1 - single, 1, single),
            ".": Branch(single, 1 - single, 1 - single, single)}
    return solved(maze, Policy.untied([rows[kind] for kind in kinds]), target)


def _fails(W, n, K, L, fixed):
    best = closed_forms.optimum_steps(W, K)
    return fraction(sum((p for kinds, p in draws.kinds(W, n, fixed).items() if any(
        _cost_of(Maze(W, K, L), kinds, target) > best for target in range(1 if fixed else W))), flint.fmpq(0)))


STUDENTS = grid(W=(2, 3, 4), n=(0, 1, 2, 4), K=(1, 2), L=(1, 2))


def test_distillation__exact(check):
    check.exhaust(STUDENTS, lambda W, n, K, L: _fails(W, n, K, L, False))


def test_distillation__control(check):
    check.exhaust(STUDENTS, lambda W, n, K, L: _fails(W, n, K, L, False))


def _failing(maze, n, fixed, students):
    """draw(seed): whether each of many students, sampled traces on the full multigraph, misses the optimum."""
    best = float(closed_forms.optimum_steps(maze.W, maze.K))

    def draw(seed):
        group = Class(maze, students, n, np.random.default_rng(seed), fixed=fixed)
        return (group.costs(group.whole) > best * (1 + 1e-9)).any(axis=1)

    return draw


def test_distillation__simulated(check):
    """Six branches, two parallel edges, three traces, every target; the twin takes branches as independent."""
    claimed, twin = (float(body(W=6, n=3)) for body in (check.body, check.claim.control))
    check.share(claimed, twin, _failing(Maze(6, 1, 2), 3, False, 6000))


def test_distillation_fixed__exact(check):
    check.exhaust(STUDENTS, lambda W, n, K, L: _fails(W, n, K, L, True))


def test_distillation_fixed__needed(check):
    """For L = 1 a branch never entered costs what the optimum pays in it."""
    check.exhaust([case for case in STUDENTS if case["n"] > 0], lambda W, n, K, L: _fails(W, n, K, L, True))


def test_distillation_fixed__simulated(check):
    claimed, twin = (float(body(W=4, L=2, n=3)) for body in (check.body, check.claim.control))
    check.share(claimed, twin, _failing(Maze(4, 1, 2), 3, True, 20_000))


def test_distillation_fixed__control(check):
    check.exhaust(STUDENTS, lambda W, n, K, L: _fails(W, n, K, L, True))


def _with_gaps(W, K, L, unseen):
    """One trace to branch 0 that enters the wrong branches but the last `unseen`; a full solve, copy 0 only."""
    maze = Maze(W, K, L)
    return cost(maze, student([trace(maze, 0, range(1, W - unseen), itertools.repeat(0))]), 0)


GAPS = grid(W=(2, 3, 4), K=(1, 2, 3), L=(1, 2, 3), unseen=(0, 1, 2, 3))


def test_distillation_partial__exact(check):
    check.exhaust(GAPS, _with_gaps)


def _gaps_asked(check):
    def branches(W, K, L, unseen):
        """H = W + 2K + an excursion for each wrong branch, by base where it is unseen: Z = 1, Y = 2K in the target's.

        At numbers by the recursion, with rows of its own for every branch.
        """
        if isinstance(K, int):
            rows = [Branch(1, 1, 1, 1)] * (W - unseen) + [Policy.base(L).branch(0)] * unseen
            return hitting.expected_steps(Maze(W, K, L), Policy.of(*rows))
        return W + 2 * K + (W - 1 - unseen) * (4 * K + 1) + unseen * (2 * K * (L + 1) + 1)

    solver.settle(check, questions.comparison(check, branches), "all W > unseen, K, L (z3)")


def test_distillation_partial__solver(check):
    _gaps_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_distillation_partial__control(check, route):
    if route == "solver":
        _gaps_asked(check)
    else:
        check.exhaust(GAPS, _with_gaps)


def _mean(W, K, L, n, fixed):
    return fraction(sum((p * exact(sum(_cost_of(Maze(W, K, L), kinds, target) for target in range(1 if fixed else W)))
                         / (1 if fixed else W) for kinds, p in draws.kinds(W, n, fixed).items()), flint.fmpq(0)))


MEAN = grid(W=(2,), K=(1, 2, 4), L=(1, 3), n=(0, 1, 3)) + grid(W=(3,), K=(1, 3), L=(2,), n=(0, 1, 3)) + grid(
    W=(4,), K=(1,), L=(2,), n=(2,))


def test_distillation_mean_fixed__exact(check):
    check.exhaust(MEAN, lambda W, K, L, n: _mean(W, K, L, n, True))


def test_distillation_mean_fixed__simulated(check):
    """W = 4, K = 2, L = 3, two traces: students cost the optimum and 8 steps more for each branch unseen."""
    maze, n = Maze(4, 2, 3), 2

    def draw(seed):
        group = Class(maze, 10_000, n, np.random.default_rng(seed), fixed=True)
        return group.costs(group.whole)[:, 0]

    # variance of the number of unseen branches: any two of them are missed together with probability 3^-n
    variance = 3 * (2.0**-n - 4.0**-n) + 6 * (3.0**-n - 4.0**-n)
    unseen = 2 * maze.K * (maze.L - 1)
    claimed, twin = (float(body(W=4, K=2, L=3, n=n)) for body in (check.body, check.claim.control))
    check.mean(claimed, unseen * variance**0.5, twin, draw)


def test_distillation_mean_fixed__control(check):
    check.exhaust(MEAN, lambda W, K, L, n: _mean(W, K, L, n, True))


def test_distillation_mean__exact(check):
    check.exhaust(MEAN, lambda W, K, L, n: _mean(W, K, L, n, False))


def test_distillation_mean__control(check):
    check.exhaust(MEAN, lambda W, K, L, n: _mean(W, K, L, n, False))
