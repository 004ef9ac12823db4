"""The dials of data and of noise: every value and learner has a cost, verdicts at chosen values, bad input."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from theory import closed_forms, dynamics, hitting
from theory.claim import claims
from theory.maze import Maze
from theory.numeric import exact, fraction
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
        assert found.steps == plain.steps and found.growth == plain.growth and found.known == plain.known


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


def _degree(name, value, learner, axis, size, **at):
    """log2 of cost(2 size) over cost(size) along an axis, less what the rate explains."""
    dial, sizes = DIALS[name], {"W": 15, "K": 15, "L": 5} | at
    low, high = (dial.cost(learner, value, Maze(**(sizes | {axis: n}))) for n in (size, 2 * size))
    growth = math.log2(fraction(exact(high.steps)) / fraction(exact(low.steps)))
    return growth - (size * low.growth.exponent / math.log(2) if axis == "K" else 0), getattr(low.growth, axis)


@pytest.mark.parametrize("name, value, learner, axis, size, at", [
    ("finite-data", 1, "SFT", "K", 64, {}), ("finite-data", 16, "SFT", "K", 64, {}),
    ("finite-data", 100, "SFT", "K", 64, {"W": 100}), ("finite-data", 4, "SFT", "W", 10**6, {"K": 2}),
    ("finite-data", 1, "distilled", "K", 64, {}), ("finite-data", 4, "distilled", "K", 128, {}),
    ("finite-data", 4, "distilled", "W", 10**6, {"K": 2}),
    ("finite-data", 1, "SFT + restarts", "K", 256, {}), ("finite-data", 16, "SFT + restarts", "K", 512, {}),
    ("finite-data", 100, "SFT + restarts", "K", 512, {"W": 100}), ("finite-data", 4, "SFT + restarts", "W", 512, {}),
    ("finite-data", 4, "SFT + restarts", "L", 512, {}),
    ("early-stopping", Fraction(1, 10), "SFT + restarts", "L", 256, {}),
    ("early-stopping", 1, "SFT + restarts", "K", 256, {}),
    ("early-stopping", 10, "SFT + restarts", "L", 10**7, {}), ("early-stopping", 1, "SFT + restarts", "W", 256, {}),
    ("messy-traces-time", 10, "SFT + restarts", "L", 10**14, {}),
    ("messy-traces-time", 30, "SFT + restarts", "L", 10**40, {}),
    ("messy-traces-time", 100, "SFT + restarts", "K", 4096, {}),
    ("messy-traces-time", 1, "SFT + restarts", "W", 10**5, {})])
def test_growths_that_show_late_show_where_they_say(name, value, learner, axis, size, at):
    found, said = _degree(name, value, learner, axis, size, **at)
    assert found == pytest.approx(said, abs=0.1)


def test_one_golden_path_is_worse_than_none_and_none_is_base():
    critical = data.FINITE.critical("quick")
    assert critical.value == 1 and "from K = 1 on" in critical.words
    for K in range(1, 20):
        base = closed_forms.base_steps(2, K, 5)
        none, one = (data.FINITE.cost("SFT", n, Maze(2, K, 5)).steps for n in (0, 1))
        assert none == base < one
    assert data.FINITE.cost("SFT", 1, Maze(2, 1, 5)).steps < 10 * closed_forms.base_steps(2, 1, 5)


def test_one_recovery_a_trace_takes_W_times_as_long():
    critical = data.RECOVERIES.critical("quick")
    assert critical.value == 1 and "it takes 15 times as long as all of them at W = 15" in critical.words


def test_rlvr_from_a_poor_base_is_said_to_be_computed_where_it_was_run_only():
    for learner in ("RLVR", "distilled"):
        found = noise.COVERAGE.cost(learner, 2, SMALL)
        assert found.known == found.growth.how == noise.RUN and "W <= 50, K <= 15" in found.words
        assert noise.COVERAGE.cost(learner, 1, SMALL).known == "exact"
    assert "set" in noise.NOISY.cost("RLVR", 3, SMALL).known


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
