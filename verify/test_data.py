"""Checks of `theory.data`: flows integrated numerically, sets of golden paths one by one, detours draw by draw."""

import functools
import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import strategies as st

from theory import closed_forms, dynamics, perturbed
from theory.chain import lumped_chain
from theory.maze import Maze
from theory.numeric import exact
from theory.policy import Policy
from verify import measures, strategies, wrapped
from verify.judge import grid

# -- SFT stopped early --------------------------------------------------------------------------------------------


def _flow_ratio(L, t):
    a, c = (measures.flow_row(L, 1.0, float(t), golden=g) for g in (1, L))
    return a * c * float(closed_forms.sft_rate(L))


STOPS = st.fixed_dictionaries({"L": st.integers(1, 8), "t": st.integers(0, 400).map(lambda n: Fraction(n, 40))})


def test_early_rate__searched(check):
    check.search(STOPS, _flow_ratio, within=1e-7)


def test_early_rate__tight(check):
    """At t = 1/1000 the bound is off by less than 1e-6 while it is 1e-3 above 1: the slope at 0 is right."""
    check.tight([{"L": L, "t": Fraction(1, 1000)} for L in (1, 5)], _flow_ratio, factor=1 + 1e-6)


def test_early_rate__control(check):
    check.search(STOPS, _flow_ratio, within=1e-7)


@functools.cache
def _best_stop(W, K, L):
    """(K t, H(t)/H(0)) at the time t of the SFT flow at which H is least."""
    from scipy.optimize import minimize_scalar

    maze, start = Maze(W, K, L), float(closed_forms.base_steps(W, K, L))
    found = minimize_scalar(lambda x: float(dynamics.sft_flow_steps(maze, x / K)) / start, bounds=(1e-3, 4.0),
                            method="bounded", options={"xatol": 1e-9})
    return found.x, found.fun


def _gains(W, L):
    return [{"W": W, "K": K, "L": L} for K in (8, 32, 128, 512, 2048)]


SIZES = pytest.mark.parametrize("W, L", [(2, 2), (5, 5)])


@SIZES
def test_early_gain__sweep(check, W, L):
    check.sweep(_gains(W, L), lambda W, K, L: _best_stop(W, K, L)[1], within=1e-3)


def test_early_gain__control(check):
    check.sweep(_gains(2, 2), lambda W, K, L: _best_stop(W, K, L)[1], within=1e-3)


@SIZES
def test_early_time__sweep(check, W, L):
    check.sweep(_gains(W, L), lambda W, K, L: _best_stop(W, K, L)[0], within=0.02)


def test_early_time__control(check):
    check.sweep(_gains(2, 2), lambda W, K, L: _best_stop(W, K, L)[0], within=0.02)


# -- messy traces -------------------------------------------------------------------------------------------------


def _retreats(W, eps, R):
    """The mean of min(N, R) detours, draw by draw, times eps."""
    q = Fraction(W - 1, W)
    return Fraction(eps) * (sum(k * q**k / W for k in range(R)) + R * q**R)


MESSY = grid(W=range(2, 8), eps=(1, Fraction(1, 100)), R=range(6))


def test_messy_visits__exact(check):
    check.exhaust(MESSY, _retreats)


def test_messy_visits__control(check):
    check.exhaust(MESSY, _retreats)


def _mixed_flow(maze, t, w):
    L = maze.L
    a, c = (exact(measures.flow_row(L, 1 + w, t, golden=g)) for g in (1, L))
    d, b = (exact(measures.flow_row(L, w, t, golden=g)) for g in (1, L))
    return math.log(lumped_chain(maze, Policy(a, b, c, d)).hitting_time())


MIXES = st.fixed_dictionaries({"maze": strategies.mazes(), "t": st.integers(0, 200).map(lambda n: n / 8),
                               "w": st.integers(1, 64).map(lambda n: n / 16)})


def test_messy_flow__searched(check):
    check.search(MIXES, _mixed_flow, within=1e-6, max_examples=30)


def test_messy_flow__control(check):
    check.search(MIXES, _mixed_flow, within=1e-6, max_examples=30)


def _time_to_target(W, K, L, w):
    """The last time at which mixed data are 5 % off the optimum, over K, by bisection on exact costs."""
    maze, goal = Maze(W, K, L), 1.05 * float(closed_forms.optimum_steps(W, K))
    low, high = 0.0, 1e6 * K
    while high - low > 1e-5 * high:
        middle = round(math.sqrt(max(low, 1.0) * high), 6)
        low, high = (middle, high) if perturbed.mixed_steps(maze, middle, w) > goal else (low, middle)
    return high / K


def _times(W, L, w):
    return [{"W": W, "K": K, "L": L, "w": w} for K in (10, 40, 160, 640)]


@pytest.mark.parametrize("W, L, w", [(3, 2, Fraction(1, 5)), (15, 5, Fraction(7, 5))])
def test_messy_time__sweep(check, W, L, w):
    check.sweep(_times(W, L, w), _time_to_target, within=5e-3)


def test_messy_time__control(check):
    check.sweep(_times(3, 2, Fraction(1, 5)), _time_to_target, within=5e-3)


# -- few data -----------------------------------------------------------------------------------------------------


def _students(cost):
    def measure(W, K, L, n):
        maze, seen = Maze(W, K, L), Policy.sft_limit(L).branch(0)
        total = Fraction(0)
        for targets in itertools.product(range(W), repeat=n):
            rows = [seen if i in targets else Policy.base(L).branch(0) for i in range(W)]
            total += cost(maze, Policy.untied(rows))
        return total / W**n
    return measure


FEW = [case for case in grid(W=(1, 2, 3), K=(1, 2, 3), L=(1, 2), n=range(4)) if case["W"] ** case["n"] <= 9]
_plain = _students(lambda maze, policy: lumped_chain(maze, policy).hitting_time())


def test_golden_mean__exact(check):
    check.exhaust(FEW, _plain)


def test_golden_mean__control(check):
    check.exhaust(FEW, _plain)


def test_golden_mean_restarts__exact(check):
    check.exhaust(FEW, _students(wrapped.restart_steps))


def test_golden_mean_restarts__control(check):
    check.exhaust(FEW, _students(wrapped.restart_steps))
