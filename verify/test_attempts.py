"""Checks of `theory.attempts`: bounded attempts by powers of transition matrices and chains of clock and state."""

from __future__ import annotations

import functools

import pytest
import sympy
from hypothesis import strategies as st

from theory import attempts, closed_forms
from theory.chain import full_chain, lumped_chain
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify import measures, questions, solver, strategies, wrapped
from verify.judge import grid

SMALL = [case for case in grid(W=(1, 2, 3), K=(1, 2), L=(1, 2, 3)) if Maze(**case).arcs <= 60]


def _budgets(least):
    return [{**case, "B": B} for case in SMALL for B in range(least(case["K"]), 6 * case["K"] + 3)]


@functools.cache
def _full(W, K, L):
    return full_chain(Maze(W, K, L), Policy.sft_limit(L))


def _arrives(W, K, L, B):
    return _full(W, K, L).reach_probability(B)


def test_attempt_sft__exact(check):
    check.exhaust([case for case in _budgets(lambda K: 1) if case["W"] * case["L"] <= 6], _arrives)


def test_attempt_sft__control(check):
    check.exhaust([case for case in _budgets(lambda K: 1) if case["W"] * case["L"] <= 6], _arrives)


def _restarted(W, K, L, B):
    return wrapped.budget_steps(Maze(W, K, L), Policy.sft_limit(L), B)


def test_attempt_cost__exact(check):
    check.exhaust(_budgets(lambda K: 2 * K + 1), _restarted)


def _cost_asked(check):
    def restarted(W, K, B):
        """E[min(T, B)]/P(T <= B), where T = 2K+1 with probability 1/W and else T > B (`attempt_sft`)."""
        arrives = 1 / parameter(W)
        return (arrives * (2 * K + 1) + (1 - arrives) * B) / arrives

    solver.settle(check, questions.comparison(check, restarted), "all W, K, L and 2K+1 <= B < 3(2K+1) (z3)")


def test_attempt_cost__solver(check):
    _cost_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_attempt_cost__control(check, route):
    if route == "solver":
        _cost_asked(check)
    else:
        check.exhaust(_budgets(lambda K: 2 * K + 1), _restarted)


def _largest(W, K, L):
    """The largest B with S(B)/F(B) <= the optimum's steps; S(B) alone exceeds them from some B on, and F <= 1."""
    optimum, walk = exact(measures.optimum_steps(W, K)), lumped_chain(Maze(W, K, L), Policy.sft_limit(L))
    F, S, best = exact(0), exact(0), 0
    for B in range(1, 4 * int(optimum.p)):
        S, F = S + 1 - F, exact(walk.reach_probability(B))
        if S <= optimum * F:
            best = B
        if S > optimum:
            return best
    raise AssertionError("the sum never exceeds the optimum's steps")


CRITICAL = grid(W=(2, 3, 5), K=(1, 2), L=(1, 2, 5))


def test_attempt_critical__exact(check):
    check.exhaust(CRITICAL, _largest)


def _critical_asked(check):
    def right(answer, W, K, B):
        cost, optimum = attempts.attempt_cost(W, K, 1, B), closed_forms.optimum_steps(W, K)
        return sympy.Or(sympy.And(B <= answer, cost <= optimum), sympy.And(B > answer, cost > optimum))

    solver.settle(check, questions.told_apart(check, right, lambda K, B: [B >= 2 * K + 1, B < 3 * (2 * K + 1)]),
                  "all W >= 2, K, L, among the budgets 2K+1 <= B < 3(2K+1) (z3)")


def test_attempt_critical__solver(check):
    _critical_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_attempt_critical__control(check, route):
    if route == "solver":
        _critical_asked(check)
    else:
        check.exhaust(CRITICAL, _largest)


@st.composite
def _passes(draw):
    maze = draw(strategies.mazes(4, 2, 3))
    return {"maze": maze, "policy": Policy.of(draw(strategies.branches(maze.K, zero=True))),
            "k": draw(st.integers(1, 9))}


def _pass(maze, policy, k):
    """All k attempts miss: their missing probabilities, each from the matrix power, multiplied one by one."""
    missed = exact(1)
    for i in range(k):
        missed *= 1 - exact(lumped_chain(maze, policy, target=i % maze.W).reach_probability(maze.shortest))
    return fraction(1 - missed)


def test_pass_at_k__searched(check):
    check.search(_passes(), _pass)


def test_pass_at_k__control(check):
    check.search(_passes(), _pass)


def _one_walk(W, K, k):
    return lumped_chain(Maze(W, K, 1), Policy.optimum()).reach_probability(k * (2 * K + 1))


ONE = grid(W=(1, 2, 5), K=(1, 2), k=range(1, 9))


def test_pass_one_walk__exact(check):
    check.exhaust(ONE, _one_walk)


def test_pass_one_walk__control(check):
    check.exhaust(ONE, _one_walk)


def _critical(W, K):
    """Total steps of k walks from the law of one, F from the matrix power; the optimum from its Bellman equations."""
    F = exact(lumped_chain(Maze(W, K, 2), Policy.sft_limit(2)).reach_probability(2 * K + 1))
    optimum, k, missed = exact(measures.optimum_steps(W, K)), 1, 1 - F
    while k * (2 * K + 1) <= optimum * (1 - missed):
        k, missed = k + 1, missed * (1 - F)
    return k


def test_pass_critical__exact(check):
    check.exhaust(grid(W=range(2, 20), K=(1, 2, 3)), _critical)


def test_pass_critical__control(check):
    check.exhaust(grid(W=range(2, 20), K=(1, 2, 3)), _critical)


MANY = [{"W": W} for W in (30, 300, 3000)]


def _share(W):
    return attempts.pass_critical(W, 1) / W


def test_pass_critical_limit__sweep(check):
    check.sweep(MANY, _share, within=1e-3)


def test_pass_critical_limit__control(check):
    check.sweep(MANY, _share, within=1e-3)
