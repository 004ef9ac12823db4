"""Training in closed form and by exact gradients: identities put back, limits met, and no run that breaks."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import dynamics, hitting
from theory.chain import lumped_chain
from theory.closed_forms import base_steps, sft_steps
from theory.dynamics import (
    base_log_odds,
    cost_and_gradient,
    descent,
    gradient_flow,
    sft_flow_steps,
    sft_odds,
    sft_policy,
)
from theory.maze import Maze
from theory.numeric import ball_precision, exact
from theory.policy import ROWS, Policy

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
FIGURE = Maze(15, 15, 5)
TIMES = ["0", "1e-30", "0.0196", "1/3", "7", "10000", "1e40", "1e1000"]


# -- SFT: the flow ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("L", [1, 2, 5, 50])
@pytest.mark.parametrize("w", ["1", "1/15"])
@pytest.mark.parametrize("t", TIMES)
def test_the_flow_put_back_into_its_equations(t, w, L):
    """e^D + L D = 1 + w(L+1)t for row a, D + L e^D = L + w(1+1/L)t for row c, D from the row itself."""
    with ball_precision(500):
        (rows,) = sft_policy(t, L, w, bits=500).branches
        grown = exact(w) * (L + 1) * exact(t)
        e_a, e_c = L * rows.a / (1 - rows.a), rows.c / (1 - rows.c) / L
        for left, right in ((e_a + L * e_a.log(), 1 + grown), (e_c.log() + L * e_c, L + grown / L)):
            assert (left - right).contains(0) and (left / right).rel_accuracy_bits() > 200


@pytest.mark.parametrize("L", [1, 2, 5, 50])
@pytest.mark.parametrize("t", TIMES)
def test_rows_without_data_are_exactly_where_they_were(t, L):
    (rows,), (base,) = sft_policy(t, L, "1/3").branches, Policy.base(L).branches
    assert isinstance(rows.b, flint.fmpq) and (rows.b, rows.d) == (base.b, base.d)


@pytest.mark.parametrize("L", [1, 2, 5, 50])
def test_the_flow_starts_at_base_and_goes_up_to_one(L):
    (start,) = sft_policy(0, L).branches
    assert start.a.overlaps(flint.arb(1) / (L + 1)) and start.c.overlaps(flint.arb(L) / (L + 1))
    assert start.a.rad() < 1e-30
    path = [sft_policy(t, L).branches[0] for t in (0, "0.01", 1, 100, 10**6)]
    for earlier, later in zip(path, path[1:], strict=False):
        assert earlier.a < later.a < 1 and earlier.c < later.c < 1
    assert path[-1].a > 1 - 1e-5


@pytest.mark.parametrize("L", [1, 2, 5])
def test_the_flow_is_the_gradient_flow_of_the_cross_entropy(L):
    """D' for row a is w(1-a)(1 + 1/L): the golden logit rises by w(1-a), each other one sinks by w(1-a)/L. For row c
    it is w(1-c)(1 + 1/L) too: the L golden ones rise by w(1-c)/L each, the other one sinks by w(1-c)."""
    t, h, w = exact("0.7"), exact("1e-20"), exact("2/5")
    with ball_precision(400):
        (low,), (mid,), (high,) = (sft_policy(t + by, L, w, bits=400).branches for by in (-h, 0, h))
        for name in "ac":
            p, before, after = (getattr(rows, name) for rows in (mid, low, high))
            slope = ((after / (1 - after)).log() - (before / (1 - before)).log()) / (2 * h)
            assert abs(slope - w * (1 - p) * (1 + flint.arb(1) / L)) < 1e-30


@QUICK
@given(st.floats(0, 1e6), st.integers(1, 60), st.sampled_from([1.0, 1 / 15, 0.5]))
def test_floats_follow_the_balls(t, L, w):
    a, c = sft_odds(t, L, w)
    (rows,) = sft_policy(t, L, w, bits=200).branches
    for value, row in ((a, rows.a), (c, rows.c)):
        with ball_precision(200):
            odds = row / (1 - row)
        assert value == pytest.approx(float(odds), rel=1e-12)


def test_floats_take_arrays_of_times():
    t = np.array([0.0, 0.5, 7.0])
    a, c = sft_odds(t, 5, 0.2)
    assert [(a[i], c[i]) for i in range(3)] == [sft_odds(x, 5, 0.2) for x in t]


# -- SFT: the cost along it ---------------------------------------------------------------------------------------

@pytest.mark.parametrize(("maze", "t"), [
    (FIGURE, "0"), (FIGURE, "0.0196"), (FIGURE, "1"), (FIGURE, "1e4"), (FIGURE, "1e20"), (Maze(3, 400, 2), "5"),
    (Maze(1, 2, 1), "3")], ids=str)
def test_a_ball_of_sixteen_digits_contains_the_one_of_sixty(maze, t):
    ball, better = sft_flow_steps(maze, t), sft_flow_steps(maze, t, digits=60)
    assert ball.rel_accuracy_bits() >= 3.32 * 16 and better.rel_accuracy_bits() >= 3.32 * 60
    with ball_precision(2000):
        assert ball.contains(better)


def test_the_cost_along_the_flow_is_the_linear_solve():
    with ball_precision(300):
        solved = lumped_chain(Maze(3, 2, 2), sft_policy("0.4", 2, bits=300)).hitting_time()
        assert solved.overlaps(sft_flow_steps(Maze(3, 2, 2), "0.4", digits=40)) and solved.rad() < 1e-60


def test_the_cost_goes_from_base_to_the_limit():
    with ball_precision(300):
        assert sft_flow_steps(FIGURE, 0, digits=40).overlaps(flint.arb(exact(base_steps(15, 15, 5))))
        limit = flint.arb(exact(sft_steps(15, 15, 5)))
        assert abs(sft_flow_steps(FIGURE, "1e45", digits=40) / limit - 1) < 1e-40


def test_stopping_early_gains_a_little_and_then_it_explodes():
    """W = K = 15, L = 5: least at t = 0.0196, where H = 49862; base is 50141."""
    costs = [float(sft_flow_steps(FIGURE, t)) for t in ("0", "0.018", "0.0196", "0.0212", "0.05", "1", "100")]
    assert round(costs[2]) == 49862 and costs[2] == min(costs)
    assert costs[0] > costs[1] and costs[3] < costs[4] and costs[5] > 1e7 and costs[6] > 1e14


@pytest.mark.parametrize(("t", "w"), [(-1, 1), (1, -1), ("-1/10", "1/2")])
def test_no_time_before_the_start(fails, t, w):
    fails(lambda: sft_policy(t, 2, w), "must not be negative")
    fails(lambda: sft_flow_steps(Maze(2, 2, 2), t, w), "must not be negative")
    fails(lambda: sft_odds(float(Fraction(t)), 2, float(Fraction(w))), "must not be negative")


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_a_time_that_is_no_number_is_refused(fails, bad):
    fails(lambda: sft_odds(bad, 2), "time")
    fails(lambda: sft_odds(1.0, 2, bad), "rate")
    fails(lambda: sft_policy(bad, 2), "t: ")


# -- RLVR: the gradient -------------------------------------------------------------------------------------------

@QUICK
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_compiled_cost_and_slope_are_the_exact_ones(W, K, seed):
    """dH/dz = p(1-p) dH/dp, from exact rationals at rows that are floats."""
    maze, z = Maze(W, K, 2), np.random.default_rng(seed).normal(0, 2, (4, K))
    H, slope = cost_and_gradient(maze, z)
    policy = dynamics.policy_of(z)
    assert pytest.approx(float(hitting.expected_steps(maze, policy)), rel=1e-12) == H
    (exactly,) = hitting.gradient(maze, policy)
    for i, name in enumerate(ROWS):
        for j in range(K):
            p = exact(getattr(policy.branches[0], name)[j])
            expected = float(getattr(exactly, name)[j]) * float(int((p * (1 - p)).p) / int((p * (1 - p)).q))
            assert slope[i, j] == pytest.approx(expected, rel=1e-9, abs=1e-9 * H)


@pytest.mark.parametrize("L", [1, 2, 7])
def test_the_start_is_the_base_model(L):
    z = base_log_odds(Maze(3, 4, L))
    assert z == pytest.approx(np.array([Policy.base(L).to_logits(4)[name] for name in ROWS]), rel=1e-15)
    assert cost_and_gradient(Maze(3, 4, L), z)[0] == pytest.approx(float(base_steps(3, 4, L)), rel=1e-13)


# -- RLVR: descent ------------------------------------------------------------------------------------------------

def test_figure_3():
    trace = descent(FIGURE, steps=1200, lr=0.01).steps_to_target + 1
    known = {0: 50142, 1: 49658.0633, 25: 39503.4941, 100: 20239.8814, 300: 4177.9501, 600: 1078.0128, 1200: 900.4437}
    assert {step: trace[step] for step in known} == pytest.approx(known, abs=5e-5, rel=0)
    assert len(trace) == 1201 and np.all(np.diff(trace) < 0)


def test_one_step_by_hand():
    maze, start = Maze(3, 2, 2), np.random.default_rng(1).normal(size=(4, 2))
    kept = start.copy()
    _, slope = cost_and_gradient(maze, start)
    by_sign = descent(maze, 1, 0.25, start=start)
    by_slope = descent(maze, 1, 0.25, rule="gradient", penalty=0.5, start=start)
    by_length = descent(maze, 1, 0.25, rule="normalised", penalty=0.5, start=start)
    assert np.array_equal(start, kept)                                  # the caller's array is left alone
    assert by_sign.log_odds == pytest.approx(start - 0.25 * np.sign(slope))
    assert by_slope.log_odds == pytest.approx(start - 0.125 * slope)
    assert by_length.log_odds == pytest.approx(start - 0.25 * slope / np.linalg.norm(slope))
    for run in (by_sign, by_slope, by_length):
        assert list(run.at) == [0, 1]
        assert run.steps_to_target[0] == cost_and_gradient(maze, start)[0]
        assert run.steps_to_target[1] == cost_and_gradient(maze, run.log_odds)[0]


def test_any_layout_of_the_start_will_do():
    z = np.random.default_rng(2).normal(size=(4, 3))
    runs = [descent(Maze(3, 3, 2), 5, 0.1, start=start) for start in (z, np.asfortranarray(z), z.tolist(), z[::1])]
    for run in runs:
        assert np.array_equal(run.log_odds, runs[0].log_odds) and list(run.at) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e170])
def test_the_length_of_a_gradient_neither_overflows_nor_underflows(size):
    assert dynamics.length(size * np.array([[3.0, 0.0], [0.0, -4.0]])) == pytest.approx(5 * size, rel=1e-15)
    assert dynamics.length(np.zeros((4, 2))) == 0


def test_normalised_steps_at_a_flat_place_stay():
    start = np.full((4, 2), 1000.0)                    # every row is 1 and its slope exactly 0
    run = descent(Maze(3, 2, 2), 5, 1.0, rule="normalised", start=start)
    assert np.array_equal(run.log_odds, start) and list(run.steps_to_target) == [25.0] * 6


@pytest.mark.parametrize("rule", ["sign", "gradient", "normalised"])
def test_without_a_length_penalty_nothing_moves(rule):
    """Untruncated, the outcome is 1 for every policy: no gradient at all."""
    maze = Maze(4, 3, 2)
    for start in (None, np.random.default_rng(0).normal(size=(4, 3))):
        run = descent(maze, 50, 10.0, rule=rule, penalty=0, start=start)
        assert np.array_equal(run.log_odds, base_log_odds(maze) if start is None else start)
        assert len(set(run.steps_to_target)) == 1 and len(run.steps_to_target) == 51
        flow = gradient_flow(maze, [0, 1, 1e6], penalty=0, start=start)
        assert np.array_equal(flow.log_odds, run.log_odds) and len(set(flow.steps_to_target)) == 1


def test_the_size_of_the_penalty_does_not_matter_to_the_sign():
    one, other = (descent(Maze(3, 3, 2), 40, 0.02, penalty=penalty) for penalty in (1e-6, 1e6))
    assert np.array_equal(one.steps_to_target, other.steps_to_target)


@pytest.mark.parametrize("run", [
    lambda maze: descent(maze, 30_000, 0.01), lambda maze: descent(maze, 1000, 10.0),
    lambda maze: descent(maze, 3000, 0.5, rule="gradient"), lambda maze: gradient_flow(maze, np.logspace(-3, 6, 10))])
@pytest.mark.parametrize("K", [1, 6])
def test_with_one_branch_training_ends_at_the_straight_walk(run, K):
    """W = 1: no wrong branch, backward rows sink without end, and nothing breaks over it."""
    result = run(Maze(1, K, 3))
    assert np.all(np.isfinite(result.steps_to_target)) and np.all(np.isfinite(result.log_odds))
    assert result.steps_to_target[-1] == pytest.approx(2 * K + 1, rel=0.02)
    assert np.all(np.diff(result.steps_to_target) <= 1e-9)


def test_a_step_too_large_for_the_depth_stalls_and_a_smaller_one_does_not():
    maze = Maze(3, 60, 5)
    large, small = descent(maze, 20_000, 0.01), descent(maze, 20_000, 0.001)
    assert large.steps_to_target.min() > 1e5
    assert small.steps_to_target[-1] == pytest.approx(605, abs=0.01)


@pytest.mark.parametrize(("rule", "lr"), [
    ("sign", 100.0), ("sign", 1e3), ("sign", 1e300), ("gradient", 1.0), ("gradient", 1e200), ("normalised", 1e4)])
def test_a_run_that_overflows_is_cut_and_says_infinity(rule, lr):
    """Rows that round to 0 divide by 0 on the way; no exception, no NaN, and no cost that looks finite."""
    run = descent(Maze(3, 10, 2), 50, lr, rule=rule)
    assert 2 <= len(run.steps_to_target) == len(run.at) <= 50
    assert run.steps_to_target[-1] == math.inf and np.all(np.isfinite(run.steps_to_target[:-1]))


def test_a_start_whose_cost_overflows_is_infinite_from_the_start(fails):
    maze = Maze(3, 2, 2)
    for z in (-1000.0, [[1e3] * 2, [-1e3] * 2, [1e3] * 2, [-1e3] * 2]):
        start = np.broadcast_to(np.array(z), (4, 2))
        assert list(descent(maze, 3, 0.1, start=start).steps_to_target) == [math.inf]
        assert list(descent(maze, 0, 0.1, start=start).steps_to_target) == [math.inf]
        fails(lambda start=start: cost_and_gradient(maze, start), "float64's range")


def test_certainty_is_a_fixed_point():
    """Log-odds of 1000 are rows of 1: the optimum, with no slope left."""
    H, slope = cost_and_gradient(Maze(3, 2, 2), np.full((4, 2), 1000.0))
    assert H == 25 and not slope.any()


# -- RLVR: the flow -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("maze", [Maze(3, 3, 2), Maze(2, 1, 5)], ids=str)
def test_the_flow_is_what_small_steps_tend_to(maze):
    """Descent's distance from the flow halves with its step: first order, and to the flow itself."""
    end = 0.05
    flow = gradient_flow(maze, [0, end / 2, end])
    distance = []
    for steps in (4000, 8000):
        run = descent(maze, steps, end / steps, rule="gradient")
        assert run.steps_to_target[steps // 2] == pytest.approx(flow.steps_to_target[1], rel=1e-3)
        distance.append(np.abs(run.log_odds - flow.log_odds).max())
    assert 0 < distance[1] < 1e-3 and distance[0] / distance[1] == pytest.approx(2, abs=0.05)
    assert flow.steps_to_target[0] == pytest.approx(float(base_steps(maze.W, maze.K, maze.L)))


def test_along_the_flow_the_cost_falls_as_fast_as_the_squared_slope():
    maze, t, h = Maze(3, 3, 2), 0.03, 1e-5
    before, here, after = gradient_flow(maze, [t - h, t, t + h], rtol=1e-12).steps_to_target
    _, slope = cost_and_gradient(maze, gradient_flow(maze, [t], rtol=1e-12).log_odds)
    assert (after - before) / (2 * h) == pytest.approx(-np.sum(slope**2), rel=1e-5)
    assert after < here < before


def test_the_penalty_is_a_speed():
    maze = Maze(3, 2, 2)
    fast, slow = gradient_flow(maze, [0.02], penalty=3), gradient_flow(maze, [0.06])
    assert fast.log_odds == pytest.approx(slow.log_odds, rel=1e-6)


def test_the_flow_reaches_the_optimum():
    costs = gradient_flow(FIGURE, [1.0, 1e3, 1e6]).steps_to_target
    assert costs[-1] == pytest.approx(899, abs=1e-3) and np.all(np.diff(costs) < 0)


# -- bad input ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("bad", "shown"), [
    ({"rule": "adam"}, "'adam'"), ({"lr": 0}, "lr = 0"), ({"lr": -0.1}, "lr = -0.1"), ({"lr": math.nan}, "lr = nan"),
    ({"lr": math.inf}, "lr = inf"), ({"penalty": -1}, "penalty = -1"), ({"penalty": math.nan}, "penalty = nan"),
    ({"penalty": math.inf}, "penalty = inf"), ({"steps": -1}, "steps = -1"), ({"steps": 1.5}, "steps = 1.5"),
    ({"steps": True}, "steps = True"), ({"start": np.zeros((4, 3))}, "(4, 3)"), ({"start": np.zeros(8)}, "(8,)"),
    ({"start": np.full((4, 2), math.nan)}, "nan")], ids=str)
def test_bad_settings_of_descent_are_refused(fails, bad, shown):
    fails(lambda: descent(Maze(2, 2, 2), **{"steps": 3, "lr": 0.1} | bad), shown)


@pytest.mark.parametrize("times", [[], [-1], [-1, 2], [1, 1], [2, 1], [[0, 1]], [math.nan], [0, math.inf], 3.0])
def test_bad_times_are_refused(fails, times):
    fails(lambda: gradient_flow(Maze(2, 1, 1), times), "times")


@pytest.mark.parametrize("penalty", [-1, math.nan, math.inf])
def test_bad_penalties_of_the_flow_are_refused(fails, penalty):
    fails(lambda: gradient_flow(Maze(2, 1, 1), [1], penalty=penalty), f"penalty = {penalty}")
    fails(lambda: gradient_flow(Maze(2, 1, 1), [1], start=np.zeros((2, 1))), "(2, 1)")
