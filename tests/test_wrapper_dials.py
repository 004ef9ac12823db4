"""Unit tests of the dials of wrappers and forks: every value and learner has a cost whose growth is true of it."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from theory import nested
from theory.maze import Maze
from theory.numeric import exact
from theory.policy import Policy
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


@pytest.mark.parametrize("name, value, verdict", [
    ("restarts", "none", "survives"), ("restarts", "B = 2K", "survives"), ("restarts", "dead end", "reverses"),
    ("restarts", "B = 4K+2", "closes"), ("search", "imitation", "shrinks to a polynomial"),
    ("search", "both, charged", "survives"), ("pass-at-k", 1, "reverses"), ("pass-at-k", 64, "closes"),
    ("nested-forks", 1, "reverses"), ("nested-forks", 3, "shrinks to a polynomial"),
    ("nested-way-back", 10, "survives"),
    ("fork-predictable", 0, "closes"), ("fork-predictable", Fraction(1, 1000), "survives"),
    ("fork-predicted-once", Fraction(1, 2), "survives"),
])
def test_verdicts(name, value, verdict):
    assert DIALS[name].verdict(value) == verdict


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
    from theory.chain import lumped_chain

    success = [[lumped_chain(maze, policy).reach_probability(t) for policy in (Policy.base(2), Policy.sft_limit(2))]
               for t in (B - 1, B, B + 1)]
    assert success[0][0] <= success[0][1] and success[1][0] > success[1][1] and success[2][0] > success[2][1]
    fails(lambda: wrappers.overtaken(maze, 10), "within 10")


def test_a_held_prediction_is_computed_as_finely_as_it_says():
    from theory.fork import fork_root_rule

    for eps in forks.HELD[1:]:
        ball = fork_root_rule(FIGURE3, Policy.optimum(), eps)
        assert float(ball.rad()) < 1e-12 * float(ball.mid())
