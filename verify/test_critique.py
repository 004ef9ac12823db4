"""Checks of `theory.critique`: what critics object, held against the map's dials."""

import math
from functools import cache, partial
from typing import Any

import pytest
import sympy

from theory.maze import Maze
from theory.numeric import Steps, exact
from verify import questions, solver
from verify.dials.dial import LEARNERS
from verify.dials.map import dial, dials
from verify.judge import grid

# dials whose costs take seconds each at that depth: their own unit tests hold them against shallower mazes
SLOW = ("shared-features", "shared-directions-stopped", "length-penalty", "truncation", "discount", "small-W",
        "step-size", "kl-penalty", "noisy-expert", "trees", "random-mazes",
        "ledger", "base-coverage", "dead-ends-never-targets", "rlvr-from-sft", "rejection-sampling", "verifier-noise",
        "sample-sign")
LEFT_ALONE = {("noisy-expert", 0), ("shared-features", "table"), ("shared-features", "direction x type")}
NOTHING = {("early-stopping", "limit"), ("temperature", "infinite"), ("fork-memory", "none"), ("restarts", "none"),
           ("search", "none")}


def _verdict(dial, value):
    return dials()[dial].verdict(value)


def _survives(dial, value):
    return _verdict(dial, value) == "survives"


def _cases(names, without=()):
    return [{"dial": name, "value": value} for name in names for value in dial(name).values
            if (name, value) not in without]


# -- the growths --------------------------------------------------------------------------------------------------

def _log2(steps):
    return Steps.of(steps).log10 / math.log10(2)


@cache
def _exact_growths():
    """A case for each cost that is finite and grows as said 'exactly', along K, W and (where no rate hangs on it) L;
    one for those alike in steps and growth."""
    found: dict[Any, dict[str, Any]] = {}
    for name in dials():
        for value in () if name in SLOW else dial(name).values:
            for learner in LEARNERS:
                cost = dial(name).cost(learner, value, dial(name).maze)
                if cost.steps in (None, math.inf) or not cost.growth or cost.growth.how != "exact":
                    continue
                for axis in "KWL" if cost.growth.rate == 1 else "KW":
                    found.setdefault((str(exact(cost.steps)), cost.growth, axis),
                                     {"degree": getattr(cost.growth, axis), "axis": axis, "dial": name, "value": value,
                                      "learner": learner})
    return list(found.values())


def _size(name, rate, axis, learner):
    """Large enough for what vanishes, and no larger than exact numbers of that many digits can be had in a second."""
    if axis == "K":
        return 8 if rate > 8 else 64 if rate != 1 or name.startswith("noisy") else 512
    return 64 if name.startswith("noisy") else 128 if axis == "W" and learner == "SFT + restarts" else 512


@cache
def _doubled(name, value, learner, axis):
    each = dial(name)
    growth = each.cost(learner, value, each.maze).growth
    assert growth is not None
    n, sizes = _size(name, growth.rate, axis, learner), {"W": each.maze.W, "K": each.maze.K, "L": each.maze.L}
    small, large = (_log2(each.cost(learner, value, Maze(**(sizes | {axis: size}))).steps) for size in (n, 2 * n))
    return large - small - (n * _log2(growth.rate) if axis == "K" else 0)


def _measure(degree, axis, dial, value, learner):
    return _doubled(dial, value, learner, axis)


def test_map_growth__computed(check):
    check.exhaust(_exact_growths(), _measure, within=0.1)


def test_map_growth__control(check):
    check.exhaust(_exact_growths(), _measure, within=0.1)


# -- C1 -----------------------------------------------------------------------------------------------------------

def test_critique_by_construction_quoted__exact(check):
    check.exhaust(_cases(("noisy-expert", "dagger", "shared-features"), LEFT_ALONE), _survives)


def test_critique_by_construction_quoted__control(check):
    check.exhaust(_cases(("noisy-expert", "dagger", "shared-features"), LEFT_ALONE), _survives)


def test_critique_by_construction__exact(check):
    check.exhaust(_cases(("messy-traces", "recoveries", "shared-directions")), _verdict)


def test_critique_by_construction__control(check):
    check.exhaust(_cases(("messy-traces", "recoveries", "shared-directions")), _verdict)


# -- C2 -----------------------------------------------------------------------------------------------------------

MAZES = ("W", "L", "unequal-depth", "unequal-width", "trees", "random-mazes", "dead-ends-never-targets")


def test_critique_topology_quoted__exact(check):
    check.exhaust(_cases(MAZES), _survives)


def test_critique_topology_quoted__control(check):
    check.exhaust(_cases(MAZES), _survives)


def test_critique_topology__exact(check):
    check.exhaust(_cases(MAZES), _survives)


def test_critique_topology__control(check):
    check.exhaust(_cases(MAZES), _survives)


# -- C3 -----------------------------------------------------------------------------------------------------------

FORKS = grid(M=range(1, 8), W=range(2, 8), K=(1, 2, 5, 15), L=(1, 5))


def _against_restarts(M, W, K, L):
    costs = [dial("nested-forks").cost(learner, M, Maze(W, K, L)).steps for learner in ("SFT + restarts", "RLVR")]
    return (costs[0] > costs[1]) - (costs[0] < costs[1])


def test_critique_pessimistic_sft_quoted__exact(check):
    check.exhaust(_cases(("early-stopping", "temperature", "fork-memory", "restarts", "search"), NOTHING), _survives)


def test_critique_pessimistic_sft_quoted__control(check):
    check.exhaust(_cases(("early-stopping", "temperature", "fork-memory", "restarts", "search"), NOTHING), _survives)


def test_critique_pessimistic_sft__exact(check):
    check.exhaust(FORKS, _against_restarts)


def _against_restarts_asked(check):
    """Over 2K+1 restarts cost W + .. + W^M and the optimum M(2W-1); from M = 3 on by induction over M."""
    M, W = sympy.Symbol("M"), sympy.Symbol("W")
    restarts, optimum = W * (W**M - 1) / (W - 1), M * (2 * W - 1)
    relations = {-1: sympy.Lt, 0: sympy.Eq, 1: sympy.Gt}

    def witness(case, M=0):
        M, W = M or case["M"], case["W"]
        claimed, saved = check.body(M, W), M * (2 * W - 1) - sum(W**m for m in range(1, M + 1))
        is_so = (saved < 0) - (saved > 0)
        return f"M = {M}, W = {W}: claimed {claimed}, is {is_so}" if claimed != is_so else None

    asked = []
    for m in (1, 2):
        for path, answer in questions.ways(lambda W, m=m: check.body(m, W), {"W": W}):
            held = relations[answer](restarts.subs(M, m), optimum.subs(M, m), evaluate=False)
            asked.append(solver.Question(f"M = {m}", [W >= 2, *path], questions.cleared([held], frozenset("W")),
                                         frozenset("W"), partial(witness, M=m)))
    for path, answer in questions.ways(check.body, {"M": M, "W": W}):
        if answer != 1:
            asked.append(solver.Question("M >= 3", [M >= 3, W >= 2, *path], [sympy.false], frozenset("MW"), witness))
    asked += questions.steps([W**M >= W, restarts > optimum], M, [W], 3, [W >= 2, M >= 3], frozenset("MW"), witness)
    solver.settle(check, asked, "all M, W >= 2, K, L (z3, induction over M)")


def test_critique_pessimistic_sft__solver(check):
    _against_restarts_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_critique_pessimistic_sft__control(check, route):
    if route == "solver":
        _against_restarts_asked(check)
    else:
        check.exhaust(FORKS, _against_restarts)
