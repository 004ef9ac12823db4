"""The dials of RLVR's own conditions, and the KL mathematics below them: code that is not a claim."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from theory import closed_forms, dynamics, kl_descent, truncated
from theory.conditions import crossings, sft_started, small_W
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from theory.rewards import Reward
from verify.dials import rlvr, rlvr_objective
from verify.dials.dial import LEARNERS, VERDICTS

ALL = (*rlvr.DIALS, *rlvr_objective.DIALS)
BY_NAME = {dial.name: dial for dial in ALL}
SMALL = Maze(3, 2, 2)


# -- every dial ---------------------------------------------------------------------------------------------------

def test_the_dials_are_the_seven_of_the_list():
    assert sorted(dial.number for dial in ALL) == [10, 11, 12, 13, 14, 15, 16]


@pytest.mark.parametrize("dial", ALL, ids=lambda dial: dial.name)
def test_every_value_and_learner_has_a_cost(dial):
    for value in dial.values:
        for learner in LEARNERS:
            cost = dial.cost(learner, value, SMALL)
            assert cost.words or cost.steps is not None, (value, learner)
            if cost.steps is not None and cost.steps != math.inf:
                assert cost.growth is not None and cost.steps >= SMALL.shortest
                assert isinstance(cost.steps, Fraction) == (cost.known == "exact"), (value, learner, cost)
        assert dial.verdict(value, SMALL) in VERDICTS


@pytest.mark.parametrize("dial", ALL, ids=lambda dial: dial.name)
@pytest.mark.parametrize("learner, value", [("RLVR", "no such value"), ("nobody", None), ("RLVR", True)])
def test_an_unknown_learner_or_value_is_refused_in_one_line(dial, learner, value):
    with pytest.raises(InputError) as caught:
        dial.cost(learner, dial.values[0] if value is None else value, SMALL)
    assert "\n" not in str(caught.value) and (str(value) in str(caught.value) or learner in str(caught.value))


VERDICT = {
    "length-penalty": {0: "undefined", "> 0": "survives"},
    "truncation": {"2K": "undefined", "2K+1": "closes", "2K+3": "reverses", "6K+2": "reverses", "6K+3": "reverses",
                   "excluded": "undefined", "none": "survives"},
    "discount": {0.9: "reverses", 0.99: "reverses", "1-1/(2K^2)": "reverses", "1-1/(20K^2)": "survives"},
    "small-W": {"1": "closes", "2": "survives", "W*-1": "survives", "K+1": "survives"},
    "step-size": {"2/K^(3/2)": "survives", 1.0: "survives"},
    "rlvr-from-sft": {"base": "survives", "t = 1": "survives", "SFT limit": "survives", "messy SFT": "closes"},
    "kl-penalty": {0: "survives", 5: "survives", 30: "survives"},
}


@pytest.mark.parametrize("name, value, verdict", [(n, v, w) for n, row in VERDICT.items() for v, w in row.items()])
def test_the_verdicts(name, value, verdict):
    assert BY_NAME[name].verdict(value) == verdict


@pytest.mark.parametrize("name, value, maze, times, at_W, at_L", [
    ("small-W", "2", Maze(1, 30, 5), 2, 1, 1), ("small-W", "W*-1", Maze(1, 30, 5), 3, 1, 1),
    ("small-W", "K+1", Maze(1, 100, 5), 2, 1, 1), ("step-size", 1.0, Maze(2, 64, 40), 2, 1, 2),
    ("step-size", "2/K^(3/2)", Maze(2, 16, 5), 2, 2, 1), ("rlvr-from-sft", "t = 1", Maze(8, 16, 5), 2, 2, 1),
    ("kl-penalty", 30, Maze(8, 32, 5), 2, 2, 1), ("kl-penalty", 1, Maze(8, 32, 5), 2, 2, 1),
    ("discount", "1-1/(20K^2)", Maze(6, 4, 2), 2, 2, 1), ("truncation", "2K^2", Maze(6, 3, 2), 2, 2, 1)])
def test_the_growth_of_a_run_is_that_of_its_costs(name, value, maze, times, at_W, at_L):
    """cost(xK)/cost(K) against rate^((x-1)K) x^k, and so for W and L where the dial leaves them: a quarter of a degree.

    In L costs grow as base's (L+1)^2/L, so L is taken large.
    """
    cost = BY_NAME[name].cost
    first = cost("RLVR", value, maze)
    for grown, factor, degree in ((replace(maze, K=times * maze.K), times, first.growth.K),
                                  (replace(maze, W=at_W * maze.W), at_W, first.growth.W),
                                  (replace(maze, L=at_L * maze.L), at_L, first.growth.L)):
        if factor > 1:
            later = cost("RLVR", value, grown)
            assert first.growth.rate == 1 and later.growth[:4] == first.growth[:4]
            assert math.log(later.steps / first.steps, factor) == pytest.approx(degree, abs=0.25)


def test_each_verdict_has_a_smallest_maze():
    for name, value, maze in (("truncation", "2K+3", Maze(2, 1, 1)), ("truncation", "2K+1", Maze(1, 1, 1)),
                              ("discount", 0.9, Maze(2, 2, 1)), ("kl-penalty", 10, Maze(2, 2, 2)),
                              ("rlvr-from-sft", "SFT limit", Maze(2, 2, 2))):
        assert BY_NAME[name].smallest(value) == maze, (name, value)


# -- small W ------------------------------------------------------------------------------------------------------

def test_the_least_W_meets_the_table_of_the_notes_but_for_its_error():
    assert [small_W(K, 2) for K in (1, 2, 3, 4, 6, 8, 12, 16, 24)] == [2, 2, 3, 3, 4, 5, 7, 10, 14]
    assert [small_W(K, 5) for K in (1, 2, 3, 4, 6, 8, 12, 16, 24)] == [2, 2, 3, 4, 5, 6, 8, 10, 15]
    assert max(crossings(16, 2)) == 9                                   # where the notes count a gradient of 0 as right


def test_the_phase_of_signs_is_zero_from_the_least_W_on():
    phase = BY_NAME["small-W"].phases[0]("quick")
    for j, K in enumerate(phase.xs):
        column = [row[j] for row in phase.cells]
        assert [W for W, wrong in zip(phase.ys, column, strict=True) if wrong == 0][0] == small_W(K, 5)


# -- step size ----------------------------------------------------------------------------------------------------

def test_the_critical_step_is_bracketed_by_runs():
    low, high = BY_NAME["step-size"].critical("quick").value
    assert 2 < low * 32**1.5 < high * 32**1.5 < 3 and high / low <= 1.1
    optimum = float(closed_forms.optimum_steps(2, 32))
    assert rlvr.descended(Maze(2, 32, 5), low) <= 1.05 * optimum < rlvr.descended(Maze(2, 32, 5), high)


def test_a_wide_maze_has_no_critical_step():
    assert rlvr.descended(Maze(9, 8, 5), 20.0) == closed_forms.optimum_steps(9, 8)


# -- starts -------------------------------------------------------------------------------------------------------

def test_the_path_from_sft_starts_and_ends_where_it_should():
    assert sft_started(3, 4, 5, 1) == closed_forms.sft_steps(3, 4, 5)
    assert sft_started(3, 4, 5, 0) == closed_forms.optimum_steps(3, 4)


def test_the_critical_time_is_where_the_flow_comes_back_to_base():
    low, high = BY_NAME["rlvr-from-sft"].critical("quick").value
    maze = Maze(15, 15, 5)
    assert float(dynamics.sft_flow_steps(maze, str(low))) < 50141 < float(dynamics.sft_flow_steps(maze, str(high)))


# -- truncation, discount -----------------------------------------------------------------------------------------

def test_the_critical_horizon_is_found_by_runs():
    assert BY_NAME["truncation"].critical("quick").value == 33 == 6 * rlvr_objective.SHALLOW.K + 3


def test_one_branch_loses_nothing_by_a_short_horizon():
    assert BY_NAME["truncation"].cost("RLVR", "2K+3", Maze(1, 3, 2)).steps == 7


def test_the_discounted_run_is_that_of_the_learner():
    maze = Maze(2, 2, 2)
    run = truncated.ascent(maze, Reward("discount", discount=0.9), 3000, 0.01)
    assert rlvr_objective.discounted_end(maze, 10.0)[0] == pytest.approx(run.steps_to_target[-1], rel=1e-9)


# -- the KL mathematics -------------------------------------------------------------------------------------------

def test_without_a_penalty_F_is_H():
    z = np.array([[0.3, -1.0], [0.2, 2.0], [1.0, 0.0], [-0.5, 0.7]])
    assert kl_descent.objective(SMALL, z, 0)[0] == pytest.approx(dynamics.cost_and_gradient(SMALL, z)[0], rel=1e-12)
    assert kl_descent.objective(SMALL, z, 0)[1] == pytest.approx(dynamics.cost_and_gradient(SMALL, z)[1], rel=1e-9)


def test_at_base_the_penalty_costs_nothing_and_above_everything_it_keeps_base():
    base = dynamics.base_log_odds(SMALL)
    assert kl_descent.objective(SMALL, base, 7.0)[0] == pytest.approx(140)
    assert kl_descent.solve(SMALL, 1e7).steps == pytest.approx(140, rel=1e-4)


def test_the_long_branch_is_the_limit_of_F():
    """At homogeneous balanced rows F/((2W-1) K^2) comes near its limit like 1/K."""
    a, c, beta, L, W, K = 0.4, 0.9, 3.0, 2, 3, 4000
    z = np.log([a / (1 - a), c / (1 - c), c / (1 - c), a / (1 - a)])[:, None] * np.ones((4, K))
    value = kl_descent.objective(Maze(W, K, L), z, beta)[0] / ((2 * W - 1) * K * K)
    assert value == pytest.approx(kl_descent.long_branch(a, c, beta, L), rel=5e-3)
    steps = expected_steps(Maze(W, K, L), Policy(a, c, c, a)) / ((2 * W - 1) * K * K)
    assert float(steps) == pytest.approx(kl_descent.long_branch(a, c, 0.0, L), rel=5e-3)


@pytest.mark.parametrize("L", [1, 2, 5, 20])
def test_the_trap_opens_where_a_minimum_appears(L):
    """By looking: walk downhill on `long_branch` from base, just below and just above."""
    def stops(beta):
        z = np.array([-math.log(L), math.log(L)])
        for _ in range(4000):
            def value(w):
                return math.log(kl_descent.long_branch(*(1 / (1 + np.exp(-w))), beta, L))
            slope = np.array([(value(z + e) - value(z - e)) / 2e-5 for e in np.eye(2) * 1e-5])
            if z.min() > 5 or np.linalg.norm(slope) < 1e-6:
                break
            z = z - 0.05 * slope / max(np.linalg.norm(slope), 0.1)
        return z.min() < 5

    assert not stops(0.97 * kl_descent.trap(L)) and stops(1.03 * kl_descent.trap(L))


def test_even_penalty_is_where_base_and_the_optimum_tie():
    beta = kl_descent.even_penalty(5, 5)
    sure = kl_descent.objective(Maze(4, 5, 5), np.full((4, 5), 200.0), beta)[0]
    assert sure == pytest.approx(float(closed_forms.base_steps(4, 5, 5)), rel=1e-9)


@pytest.mark.parametrize("beta", [-1.0, math.nan, math.inf, True, "1"])
def test_a_bad_penalty_is_refused_in_one_line(beta):
    with pytest.raises(InputError, match="KL penalty") as caught:
        kl_descent.solve(SMALL, beta)
    assert "\n" not in str(caught.value)


def test_the_informed_value_needs_a_penalty():
    with pytest.raises(InputError, match="must be positive"):
        kl_descent.informed_value(SMALL, 0)
