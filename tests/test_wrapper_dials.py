"""Unit tests of the dials of wrappers and forks: every value and learner has a cost whose growth is true of it."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

import pytest
from scipy.optimize import minimize_scalar

from theory import nested
from theory.chain import full_chain, lumped_chain
from theory.maze import Maze
from theory.numeric import INFINITY, exact, fraction
from theory.policy import Policy
from verify import nests, wrapped
from verify.dials import forks, wrappers
from verify.dials.dial import FIGURE3, LEARNERS, VERDICTS

DIALS = {dial.name: dial for dial in (*wrappers.DIALS, *forks.DIALS)}
SLOW = {("restarts", "Luby")}                     # in balls: its growth is Luby, Sinclair and Zuckerman's, tested below


@pytest.mark.parametrize("name", DIALS)
def test_every_value_and_learner_has_a_cost_and_a_verdict(name):
    dial = DIALS[name]
    for value in dial.values:
        assert dial.verdict(value) in VERDICTS
        for learner in LEARNERS:
            cost = dial.cost(learner, value, FIGURE3)
            assert cost.steps > 0 and (cost.growth or cost.steps == math.inf), (learner, value)
            assert cost.steps != math.inf or cost.words
            assert isinstance(cost.steps, Fraction) == (cost.known != "computed, within 1e-12" and cost.known
                                                        != "computed, within 1e-9" and cost.steps != math.inf)


@pytest.mark.parametrize("name", DIALS)
def test_bad_values_are_refused(name, fails):
    dial = DIALS[name]
    fails(lambda: dial.cost("nobody", dial.values[0], FIGURE3), "nobody")
    fails(lambda: dial.cost("SFT", "-3/2" if dial.number == 9 else "sideways", FIGURE3),
          "3/2" if dial.number == 9 else "sideways")


@pytest.mark.parametrize("name, value", [(name, value) for name, dial in DIALS.items() for value in dial.values
                                         if (name, value) not in SLOW])
def test_growths_are_true_of_the_costs(name, value):
    """log cost doubles as the growth says, each of K, W and L taken far out with the others small."""
    dial = DIALS[name]

    def log(learner, maze):
        steps = exact(dial.cost(learner, value, maze).steps)
        return math.log(int(steps.p)) - math.log(int(steps.q))

    for learner in LEARNERS:
        for axis, small, large in (("K", Maze(3, 200, 2), Maze(3, 400, 2)),
                                   ("W", Maze(10**9, 2, 2), Maze(2 * 10**9, 2, 2)),
                                   ("L", Maze(3, 2, 10**9), Maze(3, 2, 2 * 10**9))):
            growth = dial.cost(learner, value, small).growth
            if growth is None:
                continue
            found = log(learner, large) - log(learner, small)
            rate = growth.exponent * 200 if axis == "K" else 0.0
            if axis == "L" and growth.rate != 1:
                continue                              # there the rate itself depends on L
            degree = getattr(growth, axis)
            assert found == pytest.approx(rate + degree * math.log(2), abs=0.02), (learner, axis, growth)


def test_luby_grows_no_faster_than_its_guarantee():
    for K in (4, 16, 64):
        maze, least = Maze(3, K, 2), 3 * (2 * K + 1)
        assert wrappers.restarts_cost("SFT + restarts", "Luby", maze).steps <= 2 * least * (math.log2(least) + 5)


def test_luby_grows_as_said_up_to_its_logarithm():
    for axis, small, large in (("K", Maze(3, 32, 2), Maze(3, 64, 2)), ("W", Maze(16, 2, 2), Maze(32, 2, 2))):
        under, over = (wrappers.restarts_cost("SFT + restarts", "Luby", maze) for maze in (small, large))
        # doubling l multiplies l (log2 l + 5) by 2 and, here, by less than 1.2
        assert abs(math.log2(over.steps / under.steps) - getattr(under.growth, axis)) < 0.3
        assert under.growth.rate == 1 and under.growth.L == 0


def test_lubys_logarithm_is_one():
    """Each time the maze is four times as deep, the ratio to the least gains as much as the time before."""
    ratios = [wrappers.restarts_cost("SFT + restarts", "Luby", Maze(2, K, 1)).steps / (2 * (2 * K + 1))
              for K in (15, 60, 240)]
    gains = [later - earlier for earlier, later in zip(ratios, ratios[1:], strict=False)]
    assert gains[0] > 1 and gains[1] == pytest.approx(gains[0], rel=0.1)
    assert wrappers.restarts_cost("SFT + restarts", "Luby", Maze(2, 4, 1)).growth.log == 1


# -- costs by walks that know no formula ----------------------------------------------------------------------------

SMALL = (Maze(2, 2, 1), Maze(3, 1, 2))


def _rows(learner, maze):
    return {"base": Policy.base(maze.L), "RLVR": Policy.optimum(), "distilled": Policy.optimum()}.get(
        learner, Policy.sft_limit(maze.L))


def _plain(learner, maze):
    rows = _rows(learner, maze)
    if learner == "SFT + restarts":
        return wrapped.restart_steps(maze, rows)
    if learner == "SFT + search":
        return wrapped.search_steps(maze, rows)
    return full_chain(maze, rows).hitting_time()


def _restarts_witness(learner, value, maze):
    sft = Policy.sft_limit(maze.L)
    if learner == "SFT + restarts" and value != "dead end, RLVR too":
        s = 2 * maze.K + 1
        B = {"B = 2K": s - 1, "B = 2K+1": s, "B = 4K+2": 4 * maze.K + 2, "B = 6K+2": 6 * maze.K + 2}.get(value)
        if value == "Luby":
            return wrapped.luby_bounds(maze, sft, 1, 7)
        if value == "none":
            return full_chain(maze, sft).hitting_time()
        return wrapped.restart_steps(maze, sft) if B is None else wrapped.budget_steps(maze, sft, B)
    if learner in ("RLVR", "distilled") and value == "dead end, RLVR too":
        return wrapped.restart_steps(maze, Policy.optimum())
    return _plain(learner, maze)


def _search_witness(learner, value, maze):
    sft, charged = Policy.sft_limit(maze.L), value == "both, charged"
    if learner == "SFT + search":
        return full_chain(maze, sft).hitting_time() if value == "none" else wrapped.search_steps(
            maze, sft, charged=charged)
    if learner in ("RLVR", "distilled") and value.startswith("both"):
        return wrapped.search_steps(maze, Policy.optimum(), charged=charged)
    return _plain(learner, maze)


def _pass_witness(learner, k, maze):
    if learner in ("SFT + search", "RLVR", "distilled"):
        return _plain(learner, maze)
    s, rows = maze.shortest, _rows(learner, maze)
    if k <= 2:
        return k * wrapped.budget_steps(maze, rows, s, k=k)
    missed = 1 - exact(lumped_chain(maze, rows).reach_probability(s))
    return fraction(k * s / (1 - missed**k))


def _nest_witness(learner, M, maze, back):
    rows = _rows(learner, maze)
    if learner == "SFT + restarts":
        return nests.restarted_sparse(M, maze, rows, way_back=back)
    if learner == "SFT + search":
        # the sets of crossed arcs grow too many
        return nests.searched(M, maze, rows, way_back=back)[1] if M <= (2 if maze.W == 2 else 1) else None
    walkers = [rows, Policy(1, [1] * (maze.K - 1) + ["1/2"], 1, 1)] if back and learner in ("RLVR", "distilled") else [
        rows]
    return min(nests.steps_sparse(M, maze, walker, way_back=back) for walker in walkers)


def _guessed(learner, maze, shares):
    rows = _rows(learner, maze)
    if learner == "SFT + restarts":
        return nests.restarted(1, maze, rows, shares=shares)
    if learner == "SFT + search":
        return nests.searched(1, maze, rows, shares=shares)[1]
    return nests.steps(1, maze, rows, shares=shares)


def _predicted_witness(learner, eps, maze):
    return _guessed(learner, maze, [1 - exact(eps), *[exact(eps) / (maze.W - 1)] * (maze.W - 1)])


def _held(learner, eps, maze, f):
    """One branch is predicted for the walk, the target's with probability 1 - eps, and drawn with probability f."""
    eps, rest = exact(eps), (1 - exact(f)) / (maze.W - 1)
    right, wrong = [exact(f), *[rest] * (maze.W - 1)], [rest, exact(f), *[rest] * (maze.W - 2)]
    return fraction((1 - eps) * exact(_guessed(learner, maze, right)) + (
        eps * exact(_guessed(learner, maze, wrong)) if eps else 0))


@functools.cache
def _best_share(eps, maze):
    """RLVR's cost at the share f that a numerical search finds best; above the least by the square of what f is off."""
    def cost(f):
        return float(_held("RLVR", eps, maze, Fraction(f).limit_denominator(10**6)))

    return minimize_scalar(cost, bounds=(.1, .95), method="bounded", options={"xatol": 1e-5}).fun


def _held_witness(learner, eps, maze):
    if learner in ("RLVR", "distilled") and eps > 0:
        best = _best_share(eps, maze)
        return best * (1 - 1e-8), best
    if learner in ("base", "SFT + restarts") and eps > 0:
        return _plain(learner, maze)
    return _held(learner, eps, maze, 1 - eps)


WITNESSES = {"restarts": _restarts_witness, "search": _search_witness, "pass-at-k": _pass_witness,
             "nested-forks": lambda learner, M, maze: _nest_witness(learner, M, maze, False),
             "nested-way-back": lambda learner, M, maze: _nest_witness(learner, M, maze, True),
             "fork-predictable": _predicted_witness, "fork-predicted-once": _held_witness}


@pytest.mark.parametrize("maze", SMALL, ids=str)
@pytest.mark.parametrize("name", DIALS)
def test_costs_are_those_of_walks(name, maze):
    for value in DIALS[name].values:
        for learner in LEARNERS:
            found, walked = DIALS[name].cost(learner, value, maze).steps, WITNESSES[name](learner, value, maze)
            if isinstance(walked, tuple):
                low, high = map(float, walked)
                assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9) and high < low * 1.001, (learner, value)
            elif walked is not None:
                assert found == walked or found == math.inf and walked is INFINITY, (learner, value)


@pytest.mark.parametrize("name, value, verdict", [
    ("restarts", "none", "survives"), ("restarts", "B = 2K", "survives"), ("restarts", "dead end", "reverses"),
    ("restarts", "B = 4K+2", "closes"), ("restarts", "Luby", "shrinks to a polynomial"),
    ("search", "imitation", "shrinks to a polynomial"),
    ("search", "both, charged", "survives"), ("pass-at-k", 1, "reverses"), ("pass-at-k", 64, "closes"),
    ("nested-forks", 1, "reverses"), ("nested-forks", 3, "shrinks to a polynomial"),
    ("nested-way-back", 10, "survives"),
    ("fork-predictable", 0, "closes"), ("fork-predictable", Fraction(1, 1000), "survives"),
    ("fork-predicted-once", Fraction(1, 2), "survives"),
])
def test_verdicts(name, value, verdict):
    assert DIALS[name].verdict(value) == verdict


@pytest.mark.parametrize("name", ["nested-forks", "pass-at-k"])
def test_the_verdict_changes_at_the_critical_value(name):
    value = DIALS[name].critical("quick").value
    before, there, after = (DIALS[name].verdict(at) for at in (value - 1, value, value + 1))
    assert before != there == after


@pytest.mark.parametrize("name", ["fork-predictable", "fork-predicted-once"])
def test_the_verdict_changes_at_eps_0_alone(name):
    dial = DIALS[name]
    assert dial.critical("quick").value == 0
    beyond = {dial.verdict(Fraction(1, n)) for n in (2, 7, 10**5, 10**30)}
    assert len(beyond) == 1 and dial.verdict(0) not in beyond


def test_an_error_where_the_verdict_changes_elsewhere_is_found():
    def cost(learner, eps, maze):
        return forks.predicted_cost(learner, 0 if eps < Fraction(1, 5) else eps, maze)

    assert forks._lone_zero(cost) == (Fraction(1, 8), Fraction(1, 4))
    assert forks._lone_zero(lambda learner, eps, maze: forks.predicted_cost(learner, 0, maze)) is None


def test_the_verdict_with_the_way_back_never_changes():
    dial = DIALS["nested-way-back"]
    assert dial.critical("quick").value is None
    assert len({dial.verdict(M) for M in (1, 2, 3, 4, 7, 20)}) == 1
    assert dial.cost("RLVR", 1, FIGURE3).growth.how == "exact"
    assert dial.cost("RLVR", 2, FIGURE3).growth.how.startswith("at most")


def test_search_is_even_at_the_critical_L():
    dial = DIALS["search"]
    L = dial.critical("quick").value
    assert dial.ratio("imitation", Maze(15, 15, L - 1)) < 1 <= dial.ratio("imitation", Maze(15, 15, L))


def test_restarts_are_cheaper_between_the_critical_budgets():
    dial = DIALS["restarts"]
    low, high = dial.critical("quick").value
    s = FIGURE3.shortest
    assert (low, high) == (wrappers.BUDGETS["B = 2K+1"](s), wrappers.BUDGETS["B = 4K+2"](s)) == (s, 2 * s)
    assert [dial.verdict(f"B = {B}") for B in ("2K", "2K+1", "4K+2")] == ["survives", "reverses", "closes"]
    assert dial.ratio("B = 4K+2") == 1 < dial.ratio("B = 6K+2")


def test_the_signs_of_budgets_are_those_of_their_costs(fails):
    maze = Maze(2, 3, 2)
    optimum = full_chain(maze, Policy.optimum()).hitting_time()
    signs = wrappers.budgets(maze)
    for B, sign in signs.items():
        gap = wrapped.budget_steps(maze, Policy.sft_limit(2), B) - optimum if B >= 7 else 1
        assert sign == (gap > 0) - (gap < 0)
    assert {sign for B, sign in signs.items() if 7 <= B < 14} == {-1} and signs[14] == 0
    fails(lambda: wrappers.budgets(Maze(1, 2, 2)), "too short to tell")


def _cells(phase, *at):
    return [phase.cells[phase.ys.index(y)][phase.xs.index(x)] for x, y in at]


def test_three_cells_of_each_diagram_by_hand():
    # W = 15, so that RLVR costs 29 shortest paths: 15 of them at B = s, 1 + 14 B/s below B = 3s
    assert _cells(wrappers._budgets("quick"), (.5, 3)) == ["never"]
    assert _cells(wrappers._budgets("quick"), (1.0, 1), (1.0, 12), (2.0, 5)) == pytest.approx(
        [math.log10(15 / 29)] * 2 + [0], abs=1e-9)
    assert _cells(wrappers._search_phase("quick"), (6, 1), (7, 1), (5, 15), (6, 15), (1, 2)) == [
        "SFT + search", "RLVR", "SFT + search", "RLVR", "SFT + search"]
    # (k, n): 1/15 each; 1 - q^2 against 1 - q; too short to arrive; 1/15 against 1 - q^2
    assert _cells(wrappers._pass_phase("quick"), (1, 1), (2, 2), (2, 1), (1, 3)) == ["equal", "SFT", "RLVR", "RLVR"]
    assert _cells(forks._winner("quick"), (1, 2), (2, 2), (2, 3), (1, 9)) == [
        "SFT + restarts", "draw", "RLVR", "SFT + restarts"]
    # W + .. + W^M over M(2W-1)
    assert _cells(forks._nesting_ratio("quick"), (1, 2), (2, 2), (2, 3), (3, 4)) == pytest.approx(
        [math.log10(2 / 3), 0, math.log10(12 / 10), math.log10(84 / 21)], abs=1e-12)
    assert _cells(forks._predicted_phase("quick"), (0, 1), (2, 1), (0, 2)) == pytest.approx(
        [math.log10(_predicted_witness("SFT", eps, maze) / _predicted_witness("RLVR", eps, maze))
         for eps, maze in ((Fraction(1, 2), Maze(2, 1, 5)), (Fraction(1, 200), Maze(2, 1, 5)),
                           (Fraction(1, 2), Maze(2, 2, 5)))], abs=1e-12)


@pytest.mark.parametrize("name", DIALS)
def test_critical_values_and_diagrams(name):
    dial = DIALS[name]
    critical = dial.critical("quick")
    assert critical.how and critical.words
    for draw in dial.phases:
        phase = draw("quick")
        assert len(phase.cells) == len(phase.ys) and all(len(line) == len(phase.xs) for line in phase.cells)
        assert not any(isinstance(cell, float) and not math.isfinite(cell) for line in phase.cells for cell in line)


def test_the_diagrams_border_is_where_the_costs_cross():
    winner = forks._winner("quick")
    for W, line in zip(winner.ys[:6], winner.cells, strict=False):
        for M, word in zip(winner.xs[:4], line, strict=False):
            maze = Maze(W, 2, 3)
            gap = nested.restart_onward(M, maze, Policy.sft_limit(3)) - nested.onward_steps(M, maze, Policy.optimum())
            assert word == ("draw" if gap == 0 else "RLVR" if gap > 0 else "SFT + restarts")


def test_base_overtakes_imitation_in_long_attempts(fails):
    maze = Maze(3, 2, 2)
    B = wrappers.overtaken(maze, 400)
    success = [[lumped_chain(maze, policy).reach_probability(t) for policy in (Policy.base(2), Policy.sft_limit(2))]
               for t in (B - 1, B, B + 1)]
    assert success[0][0] <= success[0][1] and success[1][0] > success[1][1] and success[2][0] > success[2][1]
    fails(lambda: wrappers.overtaken(maze, 10), "within 10")


def test_a_held_prediction_is_computed_as_finely_as_it_says():
    from theory.fork import fork_root_rule

    for eps in forks.HELD[1:]:
        ball = fork_root_rule(FIGURE3, Policy.optimum(), eps)
        assert float(ball.rad()) < 1e-12 * float(ball.mid())
