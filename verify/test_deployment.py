"""Checks of `theory.deployment`: exact solves with rows of two kinds, descent in stages, a chain that remembers."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import bill, closed_forms, deployment, dynamics, hitting
from theory.chain import TARGET, Chain
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Branch, Policy
from verify import measures, questions, solver
from verify.judge import grid

INSIDE = st.integers(2, 12).flatmap(lambda q: st.integers(1, q - 1).map(lambda p: Fraction(p, q)))
FIXED = [Policy.of(Branch(*[[Fraction(1 + (7 * i + 5 * j) % 9, 10) for j in range(K)] for i in range(4)]))
         for K in (1, 2)]

# -- short mazes first ------------------------------------------------------------------------------------------------

PARTLY = [{"W": W, "K": K, "L": L, "k": k} for W in (1, 2, 4) for K in (1, 2, 3, 5) for L in (1, 2, 5)
          for k in range(K + 1)]


def _partly(rows):
    def steps(W, K, L, k):
        base, trained = Policy.base(L).branches[0], rows(L).branches[0]
        return measures.solved(Maze(W, K, L), Policy(*(
            [getattr(trained, name)] * k + [getattr(base, name)] * (K - k) for name in "abcd")))

    return steps


def test_curriculum_rlvr__exact(check):
    check.exhaust(PARTLY, _partly(lambda L: Policy.optimum()))


def test_curriculum_rlvr__control(check):
    check.exhaust(PARTLY, _partly(lambda L: Policy.optimum()))


def test_curriculum_sft__exact(check):
    check.exhaust(PARTLY, _partly(Policy.sft_limit))


def test_curriculum_sft__control(check):
    check.exhaust(PARTLY, _partly(Policy.sft_limit))


def _pushed(W, K, L):
    base = Policy.base(L).branches[0]
    rows = Policy(*([1] * (K - 1) + [getattr(base, name)] for name in "abcd"))
    return deployment._sign(-measures.gradient(Maze(W, K, L), rows, 0)[4 * K - 1])


SIGNS = grid(W=(2, 3, 10), K=(1, 2, 3, 4), L=(1, 2, 3, 5, 6))


def test_curriculum_sign__exact(check):
    check.exhaust(SIGNS, _pushed)


def test_curriculum_sign__control(check):
    check.exhaust(SIGNS, _pushed)


def _staged(W, K, L):
    learnt = np.zeros((4, 0))
    for k in range(1, K + 1):
        maze = Maze(W, k, L)
        start = np.concatenate([learnt, dynamics.base_log_odds(maze)[:, -1:]], axis=1)
        run = dynamics.descent(maze, 400 + math.ceil(100 * (math.log(K) + math.log(L))), 0.01, start=start)
        learnt = run.log_odds
    return float(run.steps_to_target[-1])


STAGED = [{"W": W, "K": K, "L": L} for W, K, L in (
    (2, 1, 1), (2, 1, 10), (2, 1, 100), (1000, 1, 10), (2, 2, 1000), (2, 10, 1), (15, 15, 5), (3, 60, 5), (2, 60, 50))]


def test_curriculum_stages__computed(check):
    check.exhaust(STAGED, _staged)


def test_curriculum_stages__tight(check):
    check.tight([{"W": 2, "K": 1, "L": 1}], _staged, factor=1.02)


def test_curriculum_stages__control(check):
    check.exhaust(STAGED, _staged)


# -- at inference -----------------------------------------------------------------------------------------------------

HEATED = grid(L=(1, 2, 5, 20), X=(1, Fraction(9, 8), 2, 1000, 10**9))


def _rate(backward):
    def rate(L, X):
        """ac/(bd) of a softmax over the edges one by one, learnt edges with X times the weight of the others."""
        def share(learnt, X):
            return Fraction(learnt * X, learnt * X + L + 1 - learnt)

        X = Fraction(X)
        back = X if backward else Fraction(1)
        return share(1, X) * share(L, X) / (share(L, back) * share(1, back))

    return rate


def test_temperature_rate__exact(check):
    check.exhaust(HEATED, _rate(False))


def test_temperature_rate__sweep(check):
    """And the cost does grow so: its growth a diamond, by the recursion."""
    def growth(L, X, K):
        costs = [hitting.expected_steps(Maze(2, K + i, L), deployment.heated(L, X, False)) for i in (0, 1)]
        return costs[1] / costs[0]

    check.sweep([{"L": 3, "X": 4, "K": K} for K in (5, 10, 20, 40)], growth, within=1e-6)


def _odds(backward):
    """ac/(bd), of one learnt edge and L others, or L and one, learnt edges weighing X; `_rate` at symbols."""
    def odds(L, X):
        if isinstance(L, int):
            return _rate(backward)(L, X)
        back = X if backward else 1
        return (X / (X + L)) * (L * X / (L * X + 1)) / ((L * back / (L * back + 1)) * (back / (back + L)))

    return odds


def _rate_asked(check):
    solver.settle(check, questions.comparison(check, _odds(False), lambda X: [X >= 1]), "all L, X >= 1 (z3)")


def test_temperature_rate__solver(check):
    _rate_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_temperature_rate__control(check, route):
    if route == "solver":
        _rate_asked(check)
    else:
        check.exhaust(HEATED, _rate(False))


def test_temperature_balanced__exact(check):
    check.exhaust(HEATED, _rate(True))


def _balanced_asked(check):
    solver.settle(check, questions.comparison(check, _odds(True), lambda X: [X >= 1]), "all L, X >= 1 (z3)")


def test_temperature_balanced__solver(check):
    _balanced_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_temperature_balanced__control(check, route):
    if route == "solver":
        _balanced_asked(check)
    else:
        check.exhaust(HEATED, _rate(True))


WARM = grid(W=(2, 3, 15), K=(8, 15, 40), L=(1, 2, 5, 20), X=[1 + Fraction(1, 2**i) for i in range(16)] + [
    Fraction(11, 10), 2, 4, 100])


def _warm(W, K, L, X):
    maze = Maze(W, K, L)
    return Fraction(hitting.expected_steps(maze, deployment.heated(L, X, False))) / hitting.expected_steps(
        maze, Policy.base(L))


def test_temperature_best__computed(check):
    """On a grid: no argument covers every X."""
    check.exhaust(WARM, _warm)


@st.composite
def warm(draw):
    """Mazes from K = 8 on, and X at all distances from 1."""
    above = Fraction(draw(st.integers(1, 1000)), 10 ** draw(st.integers(0, 6)))
    return {"W": draw(st.integers(2, 1000)), "K": draw(st.integers(8, 60)), "L": draw(st.integers(1, 100)),
            "X": 1 + above}


def test_temperature_best__searched(check):
    check.search(warm(), _warm)


def test_temperature_best__tight(check):
    check.tight(WARM, _warm, factor=1.02)


def test_temperature_best__control(check):
    check.exhaust(WARM, _warm)


def _remembered(maze, policy):
    """A chain whose states know which branches' leaves were seen; branch 0 is the target's."""
    n = maze.shortest
    rows: dict[Any, dict[Any, Any]] = {}
    P, Q = policy.branch(0).persistence(maze.K)
    dead_sets = [frozenset(i for i in range(1, maze.W) if bits >> i & 1) for bits in range(0, 2**maze.W, 2)]
    for dead in dead_sets:
        def state(i, x, away, dead=dead):
            return (dead, "fork") if x == 0 else TARGET if (i, x) == (0, n) else (dead, i, x, away)

        alive = [i for i in range(maze.W) if i not in dead]
        rows[dead, "fork"] = {(dead, i, 1, True): exact(1) / len(alive) for i in alive}
        for i in range(maze.W):
            for x, (p, q) in enumerate(zip(P, Q, strict=True), 1):
                out, home = state(i, x + 1, True), state(i, x - 1, False)
                rows[dead, i, x, True], rows[dead, i, x, False] = {out: p, home: 1 - p}, {home: q, out: 1 - q}
            if i:
                seen = dead | {i}
                rows[dead, i, n, True] = {(seen, i, n - 1, False): exact(1)}
    return Chain(rows).hitting_time((frozenset(), "fork"))


MEMORY = [{"maze": Maze(W, K, 2), "policy": p} for W in (1, 2, 3, 4) for K in (1, 2)
          for p in (Policy.base(2), Policy.sft_limit(2), Policy.optimum(), FIXED[K - 1])]


def test_fork_memory__exact(check):
    check.exhaust(MEMORY, _remembered)


@st.composite
def remembering(draw):
    """A small maze and tied rows inside (0, 1)."""
    maze = Maze(draw(st.integers(1, 3)), draw(st.integers(1, 2)), 1)
    entries = st.lists(INSIDE, min_size=maze.K, max_size=maze.K)
    return {"maze": maze, "policy": Policy.of(draw(st.builds(Branch, entries, entries, entries, entries)))}


def test_fork_memory__searched(check):
    check.search(remembering(), _remembered)


def test_fork_memory__control(check):
    check.exhaust(MEMORY, _remembered)


# -- the ledger -------------------------------------------------------------------------------------------------------

LEDGER = [{**case, "eta": eta, "N": N} for case in grid(W=(2, 3, 15), K=(1, 3, 15), L=(1, 5))
          for eta in (Fraction(1, 2), Fraction(1, 100)) for N in (0, 1, 1000, 10**9)]


def _restarting(W, K, L, eta, N):
    return bill.least_golden(W, eta) * (2 * K + 1) + N * W * (2 * K + 1)


def test_ledger_never__exact(check):
    check.exhaust(LEDGER, _restarting)


def _ledger_asked(check):
    """For any number of golden paths that the domain allows, however many a risk asks for."""
    def restarting(W, K, N, paths):
        return paths * (2 * K + 1) + N * W * (2 * K + 1)

    def inside(W, K, paths):
        return [W >= 2, paths <= (2 * W - 1) * (2 * K + 1)]

    solver.settle(check, questions.comparison(check, restarting, inside, readable=False),
                  "all W >= 2, K, L, N and numbers of golden paths up to (2W-1)(2K+1) (z3)")


def test_ledger_never__solver(check):
    _ledger_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_ledger_never__control(check, route):
    if route == "solver":
        _ledger_asked(check)
    else:
        check.exhaust(LEDGER, _restarting)


ROLLOUTS = grid(W=(2, 3, 10, 1000), K=(3, 4, 8, 20), L=(1, 2, 5, 50))


def _first_rollout(W, K, L):
    maze = Maze(W, K, L)
    base, sft, best = (Fraction(hitting.expected_steps(maze, policy))
                       for policy in (Policy.base(L), Policy.sft_limit(L), Policy.optimum()))
    return base / (sft - best)


def test_ledger_first_rollout__computed(check):
    """On a grid of mazes, each exactly."""
    check.exhaust(ROLLOUTS, _first_rollout)


def test_ledger_first_rollout__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(2, 10**6), "K": st.integers(3, 60),
                                        "L": st.integers(1, 1000)}), _first_rollout)


def test_ledger_first_rollout__tight(check):
    check.tight(ROLLOUTS, _first_rollout, factor=1.0)


def test_ledger_first_rollout__needed(check):
    check.exhaust([{"W": 2, "K": 2, "L": 1}], _first_rollout)


def _first_rollout_asked(check):
    def first(W, K, L):
        base, sft, best = map(parameter, (closed_forms.base_steps(W, K, L), closed_forms.sft_steps(W, K, L),
                                          closed_forms.optimum_steps(W, K)))
        return fraction(base / (sft - best))

    # rho^K grows faster than 16(K-1), which makes the denominator positive
    solver.settle(check, questions.induction(
        check, first, start=3, known=lambda K, L: [L**K >= 1, closed_forms.sft_rate(L) ** K >= 16 * (K - 1)]),
        "all W >= 2, K >= 3, L (z3, induction over K)")


def test_ledger_first_rollout__solver(check):
    _first_rollout_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_ledger_first_rollout__control(check, route):
    if route == "solver":
        _first_rollout_asked(check)
    else:
        check.exhaust(ROLLOUTS, _first_rollout)
