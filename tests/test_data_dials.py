"""The dials of data and of noise: every value and learner has a cost, verdicts at chosen values, bad input."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from theory import closed_forms, dynamics, hitting
from theory.claim import claims
from theory.maze import Maze
from theory.policy import Policy
from verify.dials import data, noise
from verify.dials.common import standard
from verify.dials.dial import LEARNERS, VERDICTS, Cost

DIALS = {dial.name: dial for dial in (*data.DIALS, *noise.DIALS)}
SMALL = Maze(3, 3, 2)


@pytest.mark.parametrize("name", DIALS)
def test_every_value_and_learner_has_a_cost(name):
    dial = DIALS[name]
    for value in dial.values:
        assert dial.verdict(value) in VERDICTS
        for learner in LEARNERS:
            for maze in (SMALL, Maze(1, 2, 2), Maze(2, 1, 1)):
                cost = dial.cost(learner, value, maze)
                assert isinstance(cost, Cost)
                if cost.steps is None or cost.steps == math.inf:
                    assert cost.words
                else:
                    assert cost.steps >= maze.shortest and cost.growth is not None
    assert set(dial.claims) <= claims().keys() and len(dial.positions) in (0, len(dial.values))
    assert list(dial.positions) == sorted(dial.positions)


@pytest.mark.parametrize("name, untouched", [
    ("early-stopping", "limit"), ("messy-traces", 0), ("recoveries", 0), ("finite-data", "limit"), ("noisy-expert", 0),
    ("noisy-expert-cut", 0), ("base-coverage", 1)])
def test_where_the_dial_changes_nothing_the_costs_are_the_standard_ones(name, untouched):
    for learner in LEARNERS:
        found, plain = DIALS[name].cost(learner, untouched, SMALL), standard(learner, SMALL)
        assert found.steps == plain.steps and found.growth == plain.growth


@pytest.mark.parametrize("name, value, verdict", [
    ("early-stopping", 0, "shrinks to a polynomial"), ("early-stopping", "best", "shrinks to a polynomial"),
    ("early-stopping", Fraction(1, 10), "survives"), ("messy-traces", 0, "survives"),
    ("messy-traces", Fraction(1, 1000), "closes"), ("messy-traces-time", 100, "survives"),
    ("messy-traces-time", "limit", "closes"), ("recoveries", 1, "closes"), ("finite-data", 1, "survives"),
    ("finite-traces", 100, "survives"), ("finite-traces", "limit", "closes"), ("noisy-rows", 20, "survives"),
    ("noisy-expert", Fraction(1, 100), "survives"), ("noisy-expert", 1, "shrinks to a polynomial"),
    ("noisy-expert-cut", Fraction(9, 10), "survives"), ("base-coverage", 0, "closes"),
    ("base-coverage", 10, "survives"), ("base-coverage", "never", "undefined")])
def test_verdicts(name, value, verdict):
    assert DIALS[name].verdict(value) == verdict


def test_the_best_moment_to_stop_is_no_worse_than_its_neighbours():
    t, H = data.best_stop(SMALL)
    for other in (0.9 * t, 1.1 * t):
        assert float(dynamics.sft_flow_steps(SMALL, other)) >= H
    assert data.best_stop(data.FIGURE3)[1] == pytest.approx(49862, abs=1)


def test_the_search_of_a_noisy_walker_is_that_of_the_standard_one_without_noise():
    near = noise.NOISY.cost("SFT + search", Fraction(11, 10), SMALL).steps
    assert near == pytest.approx(float(standard("SFT + search", SMALL).steps), rel=0.01)


def test_a_base_that_never_retreats_never_arrives():
    assert noise.COVERAGE.cost("base", "never", SMALL).steps == math.inf
    assert noise.COVERAGE.cost("base", "never", Maze(1, 2, 2)).steps < math.inf
    assert noise.poor_base(2, 1) == Policy.base(2)
    assert hitting.expected_steps(SMALL, noise.poor_base(2, 0)) > closed_forms.base_steps(3, 3, 2)


def test_a_number_too_large_for_a_float_stays_exact():
    deep = data.EARLY.cost("SFT", 1, Maze(2, 3000, 2)).steps
    assert isinstance(deep, Fraction) and deep > 10**300


@pytest.mark.parametrize("name", DIALS)
def test_critical_values_and_phases_are_computed(name):
    dial = DIALS[name]
    critical = dial.critical("quick")
    assert critical.how and critical.words
    for phase in (draw("quick") for draw in dial.phases):
        assert len(phase.cells) == len(phase.ys) and all(len(row) == len(phase.xs) for row in phase.cells)
        assert all(math.isfinite(cell) for row in phase.cells for cell in row)


@pytest.mark.parametrize("name", DIALS)
def test_bad_input_is_refused_in_one_line(name, fails):
    dial = DIALS[name]
    fails(lambda: dial.cost("SFT", "nonsense", SMALL), "nonsense")
    fails(lambda: dial.cost("nobody", dial.values[0], SMALL), "nobody")
