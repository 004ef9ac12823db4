"""Restarts and walks side by side: what they cost, from the law of one walk.

Setting. T is the number of steps of one walk from the fork, F(B) = P(T <= B), S(B) = E[min(T, B)], which is the sum of
1 - F(t) over t < B. Attempts are independent walks from the fork; giving one up costs no step.

    a budget of B steps an attempt      S(B)/F(B)
    k walks side by side                until the first arrives, all begun anew after B steps:
                                        sum over t < B of (1 - F(t))^k, over 1 - (1 - F(B))^k; k times that is walked
    Luby's sequence 1, 1, 2, 1, 1, 2, 4, ... times a unit u. A block of 2^j - 1 attempts is two of the blocks before and
                                        one of 2^(j-1) u steps. With q_j the probability that all of block j fail and
                                        E_j the steps spent in it, stopping when one succeeds,
                                        E_{j+1} = E_j (1 + q_j) + q_j^2 S(2^j u),  q_{j+1} = q_j^2 (1 - F(2^j u)).
                                        What comes after block j is at most the sum over i >= 0 of
                                        q_j^(2^i) u (j+i+2) 2^(j+i-1), since block m is at most u m 2^(m-1) steps.
    the first wrong leaf                Z (W + sum of Y_i/Z_i) with Z_i, Y_i of `theory.hitting.entry`, Z of the target:
                                        a visit of the fork enters branch i with probability 1/W, ends at its leaf with
                                        probability 1/Z_i and lasts 1 + Y_i/Z_i steps. Tied rows: W times H of W = 1.

The best budget. For B >= h, S(B)/F(B) >= S(h), because S grows and F <= 1. So once S(h) is at least the least cost
found up to h, no budget beyond h is better: that is the proof `best_budget` looks for.

Exact in rationals; or floats, F(t) with the relative error of `theory.moments.reach_curve`, carried in balls.
Stands on `theory.moments` and `theory.hitting`. Not covered: attempts that learn from each other, search, which is in
`verify.wrapped` and in closed form in `theory.wrappers`.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import flint
import numpy as np

from theory.hitting import entry, expected_steps
from theory.maze import Maze
from theory.moments import arrivals, reach_curve
from theory.numeric import INFINITY, InputError, ball_precision, exact, integer
from theory.policy import Policy
from theory.sides import UNIT_ROUNDOFF, out, split

LEAST = 1e-200             # below it, what underflow can lose is no longer nothing beside F


class Law(NamedTuple):
    """F[t] = P(T <= t) and S[t] = E[min(T, t)], t = 0 .. horizon: fractions, or floats.

    F is off by at most `error` times itself (and nothing where it is below 1e-200 is used), S[t] by `error` times 2t.

    >>> law(Maze(1, 1, 1), Policy.optimum(), 4).F.tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0]
    """

    F: Any
    S: Any
    error: float

    def ball_F(self, t: int) -> flint.arb:
        """F[t] as a ball."""
        return flint.arb(self.F[t], self.F[t] * self.error + (LEAST if self.error else 0.0))

    def ball_S(self, t: int) -> flint.arb:
        """S[t] as a ball."""
        return flint.arb(self.S[t], 2 * t * self.error)


def law(maze: Maze, policy: Policy, horizon: int, *, target: int = 0) -> Law:
    """The law of T up to `horizon`, in float64 with its error; O(W K) a step (O(K) for tied rows).

    With F within a factor 1 +- e, each 1 - F(t) is off by at most e + u and their running sum rounds t times, so S(t)
    is off by at most t (e + u) + t u S(t), where S(t) <= t and, by reach_curve's count, t u < e/6.
    Errors: `InputError` for rows that are not numeric or a horizon below 1.

    >>> law(Maze(2, 1, 1), Policy.optimum(), 4).S.tolist()
    [0.0, 1.0, 2.0, 3.0, 3.5]
    """
    integer(horizon, "horizon")
    F, error = reach_curve(maze, policy, horizon, target=target)
    return Law(F, np.concatenate([[0.0], np.cumsum(1 - F[:-1])]), error)


def exact_law(maze: Maze, policy: Policy, horizon: int, *, target: int = 0) -> Law:
    """The law of T up to `horizon` in the policy's own numbers, lists of flint numbers; for small mazes.

    >>> exact_law(Maze(2, 1, 1), Policy.base(1), 3).F
    [0, 0, 0, 1/8]
    """
    integer(horizon, "horizon")
    zero = policy.branch(target).numbers()[0] * 0
    masses = itertools.islice(arrivals(maze, *split(maze, policy, target), dtype=object), horizon)
    F = list(itertools.accumulate(masses, initial=zero))
    return Law(F, list(itertools.accumulate((1 - f for f in F[:-1]), initial=zero)), 0.0)


# -- a budget ---------------------------------------------------------------------------------------------------

def budget_steps(maze: Maze, policy: Policy, B: int, *, k: int = 1, target: int = 0) -> Any:
    """Expected steps until the first of k walks side by side arrives, all begun anew after B steps; exactly.

    The k walks together walk k times as much. Infinite when no attempt can succeed, always so for B < 2K+1.
    Errors: `InputError` for B or k below 1.

    >>> budget_steps(Maze(3, 2, 2), Policy.sft_limit(2), 5), budget_steps(Maze(3, 2, 2), Policy.sft_limit(2), 4)
    (Fraction(15, 1), inf)
    """
    integer(B, "B"), integer(k, "k")
    F, _, _ = exact_law(maze, policy, B, target=target)
    if F[B] == 0:
        return INFINITY
    return out(policy, sum(((1 - f) ** k for f in F[1:B]), F[0] + 1) / (1 - (1 - F[B]) ** k))


class Best(NamedTuple):
    """The best budget found: its steps (float, off by at most `error` times them), the horizon searched.

    No budget whatever costs less than `least`. proved: whether that is `steps` up to the error, so that none beyond
    the horizon is better.

    >>> best_budget(Maze(3, 2, 2), Policy.sft_limit(2)).proved
    True
    """

    budget: int
    steps: float
    error: float
    least: float
    horizon: int
    proved: bool


def best_budget(maze: Maze, policy: Policy, *, target: int = 0, most: int = 200_000) -> Best:
    """The budget an attempt with the least expected steps, over all budgets; horizons doubled until proved or `most`.

    Not proved when the best is not to restart, or its proof lies beyond `most`: then `least` is what is known. Budgets
    whose costs differ by less than the error are not told apart.
    Errors: `InputError` when no attempt of `most` steps can succeed, or only with a probability below 1e-200.

    >>> best_budget(Maze(15, 15, 5), Policy.sft_limit(5))[:2]
    (31, 465.0)
    """
    integer(most, "most")
    horizon = min(4 * maze.shortest, most)
    while True:
        F, S, error = law(maze, policy, horizon, target=target)
        cost = np.full(horizon + 1, np.inf)
        np.divide(S, F, out=cost, where=F > LEAST)
        best = int(np.argmin(cost))
        if np.isfinite(cost[best]):
            # S is at least min(B, 2K+1), so its relative error is at most 2 B e / S; the division's is nothing to e
            relative = float(error * (2 * best / S[best] + 2))
            surely = float(S[-1] - 2 * horizon * error)
            proved = bool(surely >= cost[best] * (1 - relative))
        if np.isfinite(cost[best]) and (proved or horizon >= most):
            steps = float(cost[best])
            return Best(best, steps, relative, min(surely, steps * (1 - relative)), horizon, proved)
        if horizon >= most:
            raise InputError(f"no attempt of up to {most} steps succeeds, or only with a probability below {LEAST:g}")
        horizon = min(2 * horizon, most)


# -- Luby's sequence --------------------------------------------------------------------------------------------

def luby(n: int) -> int:
    """Term n = 1, 2, .. of Luby's universal sequence: 2^(j-1) at n = 2^j - 1, else the term of n less the block before.

    >>> [luby(n) for n in range(1, 16)]
    [1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8]
    """
    integer(n, "n")
    while n & (n + 1):
        n -= (1 << n.bit_length() - 1) - 1
    return (n + 1) // 2


def luby_steps(maze: Maze, policy: Policy, unit: int = 1, *, target: int = 0, digits: int = 6,
               most: int = 200_000) -> flint.arb:
    """Expected steps under budgets unit * luby(1), unit * luby(2), ...: a ball with at least `digits` digits.

    Errors: `InputError` for a unit below 1, or when attempts of up to `most` steps are too few to reach the digits.

    >>> luby_steps(Maze(2, 1, 1), Policy.optimum(), unit=3).str(6, radius=False)
    '6.45886'
    """
    integer(unit, "unit"), integer(most, "most", least=unit)
    levels = 4
    while True:
        levels = min(levels, (most // unit).bit_length())
        known = law(maze, policy, unit << levels - 1, target=target)
        with ball_precision(128):
            cost, fail = flint.arb(0), flint.arb(1)                    # of block 0, which is empty
            for j in range(levels):
                B = unit << j
                cost, fail = (cost * (1 + fail) + fail**2 * known.ball_S(B),
                              fail**2 * (1 - known.ball_F(B)).max(flint.arb(0)))
            # terms after block j = levels fall by (8/3) q_j at least, as (j+i+3)/(j+i+2) <= 4/3
            if fail < 0.25:
                after = fail * unit * (levels + 2) * flint.arb(2) ** (levels - 1) / (1 - fail * 8 / 3)
                total = cost + after / 2 + flint.arb(0, 1) * after / 2
                if total.rel_accuracy_bits() >= 3.33 * digits:
                    return total
        if unit << levels > most:
            raise InputError(f"attempts of up to {unit << levels - 1} steps do not settle the cost to {digits} digits")
        levels += 1


# -- the first dead end, and no budget --------------------------------------------------------------------------

def dead_end_steps(maze: Maze, policy: Policy, *, target: int = 0) -> Any:
    """Expected steps when a walk that reaches a wrong leaf begins anew at the fork; in the policy's number type.

    Infinite when the target's branch cannot be passed. Errors: `InputError` for untied rows with an entry 0 in a wrong
    branch, where the formula's Y and Z are infinite and their ratio is not.

    >>> dead_end_steps(Maze(3, 2, 2), Policy.base(2)), expected_steps(Maze(3, 2, 2), Policy.base(2))
    (Fraction(84, 1), Fraction(140, 1))
    """
    policy.check(maze)
    if policy.tied:
        maze.check_target(target)
        alone = expected_steps(Maze(1, maze.K, maze.L), policy)
        return INFINITY if alone is INFINITY else maze.W * alone
    parts = [entry(maze, policy, target=i) for i in range(maze.W)]
    Z = entry(maze, policy, target=target)[0]
    if Z is INFINITY:
        return INFINITY
    if any(z is INFINITY for z, _ in parts):
        raise InputError("a wrong branch has a forward row 0: its leaf is never reached, and there is no restart there")
    return Z * (maze.W + sum(y / z for z, y in parts))


def fastest_steps(maze: Maze, policy: Policy, k: int, horizon: int, *, target: int = 0) -> flint.arb:
    """E[min of k walks], no budget: a ball around the sum of (1 - F(t))^k over t, whose radius tells what is known.

    The terms from `horizon` on sum to at most (1 - F(h))^(k-1) (E[T] - S(h)). The k walks walk k times as much.
    Errors: `InputError` for k or the horizon below 1, or when one walk may never arrive.

    >>> round(float(fastest_steps(Maze(2, 1, 1), Policy.optimum(), k=2, horizon=200).mid()), 6)
    5.0
    """
    integer(k, "k")
    F, S, error = law(maze, policy, horizon, target=target)
    mean = expected_steps(maze, policy, target=target)
    if mean is INFINITY:
        raise InputError("a walk may never arrive: the tail of the sum has no bound")
    with ball_precision(128):
        tail = flint.arb(exact(mean)) - flint.arb(S[-1], 2 * horizon * error)
        tail = (1 - flint.arb(F[-1], error)).max(flint.arb(0)) ** (k - 1) * tail.max(flint.arb(0))
        # (1-F)^k moves by at most k times what F does; the powers and the sum round 2k + t times
        head = float(((1 - F[:-1]) ** k).sum())
        return flint.arb(head, horizon * k * error + head * (2 * k + horizon) * UNIT_ROUNDOFF * 2) + (
            tail / 2 + flint.arb(0, 1) * tail / 2)
