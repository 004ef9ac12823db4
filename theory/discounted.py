"""RLVR on a discount instead of a length penalty: E[g^T] over full-length walks and its gradient, in O(K).

Setting. T is the number of steps from the fork to the target, g in (0, 1] the discount. The walk's position moves by
one edge a step, so that it decomposes into first passages across edges, whose generating functions multiply. With P_x,
Q_x as in `theory.hitting`, n = 2K, and G_{n+1} = g for the reflection at a wrong leaf:

    wrong branch    S_x = E[g^(steps from B_x to B_{x-1})] = g Q_x / (1 - g (1-Q_x) G_{x+1})
                    G_x = E[g^(steps from A_x to B_{x-1})] = g (1-P_x + P_x G_{x+1} S_x)
    fork            V_0 = E[g^(steps from the fork to A_1 of the target branch)] = (g/W) / (1 - g (1-1/W) G_1)
    target branch   U_x = E[g^(steps from A_x to A_{x+1})] = g P_x / (1 - g (1-P_x) V_{x-1})
                    V_x = E[g^(steps from B_x to A_{x+1})] = g (1-Q_x + Q_x V_{x-1} U_x)

and E[g^T] = V_0 U_1 ... U_n. The loops run on any number type, and are compiled as they stand.

Floats: the values are sums, products and quotients of positive numbers, but for 1 - g(..), which is at least 1 - g: a
relative error of about 10 K roundings over 1 - g. Not covered: truncation; rows untied across branches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from theory import dynamics
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from theory.rewards import Reward


def passages(P: Any, P_not: Any, Q: Any, Q_not: Any, W: Any, g: Any, G: Any, S: Any, U: Any, V: Any) -> Any:
    """Fill G[0 .. n], S, U[0 .. n-1] and V[0 .. n] (entry x - 1 for node x; V from the fork on); return E[g^T].

    P, P_not, Q, Q_not: the tied rows at x = 1 .. n, stored from index 0, with their complements.
    """
    n = len(P)
    G[n] = g
    for i in range(n - 1, -1, -1):
        S[i] = g * Q[i] / (1 - g * Q_not[i] * G[i + 1])
        G[i] = g * (P_not[i] + P[i] * G[i + 1] * S[i])
    V[0] = g / (W - g * (W - 1) * G[0])
    value = V[0]
    for i in range(n):
        U[i] = g * P[i] / (1 - g * P_not[i] * V[i])
        V[i + 1] = g * (Q_not[i] + Q[i] * V[i] * U[i])
        value = value * U[i]
    return value


def slopes(P: Any, P_not: Any, Q: Any, Q_not: Any, W: Any, g: Any, G: Any, S: Any, U: Any, V: Any, dP: Any,
           dQ: Any) -> None:
    """Write dE[g^T]/dP and dE[g^T]/dQ, rows tied; G, S, U, V as `passages` left them. The chain rule, backwards."""
    n = len(P)
    before, product = [V[0]], V[0]                     # before[i] = V_0 U_1 .. U_i, so that nothing is divided by U
    for i in range(n):
        product = product * U[i]
        before.append(product)
    after, by_V = g / g, g * 0
    for i in range(n - 1, -1, -1):
        gap = 1 - g * P_not[i] * V[i]
        by_U = before[i] * after + by_V * g * Q[i] * V[i]
        dQ[i] = by_V * g * (V[i] * U[i] - 1)
        dP[i] = by_U * g * (1 - g * V[i]) / (gap * gap)
        by_V = by_V * g * Q[i] * U[i] + by_U * g * P[i] * g * P_not[i] / (gap * gap)
        after = after * U[i]
    by_G = (by_V + after) * V[0] * V[0] * (W - 1)
    for i in range(n):
        gap = 1 - g * Q_not[i] * G[i + 1]
        by_S = by_G * g * P[i] * G[i + 1]
        dP[i] += by_G * g * (G[i + 1] * S[i] - 1)
        dQ[i] += by_S * g * (1 - g * G[i + 1]) / (gap * gap)
        by_G = by_G * g * P[i] * S[i] + by_S * g * Q[i] * g * Q_not[i] / (gap * gap)


@functools.cache
def _kernel() -> tuple[Callable[..., Any], Callable[..., Any]]:
    import numba

    compiled: Callable[..., Any] = numba.njit(error_model="numpy")
    fill, differentiate, length = compiled(passages), compiled(slopes), compiled(dynamics.length)

    @compiled
    def evaluate(z: Any, W: int, g: float, slope: Any) -> float:
        n = 2 * z.shape[1]
        P, P_not, Q, Q_not = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
        for j in range(z.shape[1]):
            for i, rows, rest, x in ((2, P, P_not, 2 * j), (0, P, P_not, 2 * j + 1), (3, Q, Q_not, 2 * j),
                                     (1, Q, Q_not, 2 * j + 1)):
                rows[x], rest[x] = 1 / (1 + np.exp(-z[i, j])), 1 / (1 + np.exp(z[i, j]))
        G, S, U, V, dP, dQ = np.empty(n + 1), np.empty(n), np.empty(n), np.empty(n + 1), np.empty(n), np.empty(n)
        value = fill(P, P_not, Q, Q_not, W, g, G, S, U, V)
        differentiate(P, P_not, Q, Q_not, W, g, G, S, U, V, dP, dQ)
        for j in range(z.shape[1]):
            for i, d, rows, rest, x in ((2, dP, P, P_not, 2 * j), (0, dP, P, P_not, 2 * j + 1),
                                        (3, dQ, Q, Q_not, 2 * j), (1, dQ, Q, Q_not, 2 * j + 1)):
                slope[i, j] = d[x] * rows[x] * rest[x]
        return value

    @compiled
    def run(path: Any, W: int, g: float, lr: float, rule: int, trace: Any) -> None:
        slope = np.empty_like(path[0])
        for step in range(len(trace)):
            trace[step] = evaluate(path[step], W, g, slope)
            if step + 1 < len(trace):
                norm = length(slope)
                for i in range(slope.shape[0]):
                    for j in range(slope.shape[1]):
                        move = slope[i, j]
                        if rule == 0:
                            move = np.sign(move)
                        elif rule == 2 and norm > 0:
                            move /= norm
                        path[step + 1, i, j] = path[step, i, j] + lr * move

    return evaluate, run


def value_and_gradient(maze: Maze, log_odds: Any, discount: float) -> tuple[float, Any]:
    """(E[g^T], its derivative in the log-odds, 4 x K) in floats; `InputError` for a discount outside (0, 1].

    >>> value, gradient = value_and_gradient(Maze(1, 1, 1), np.zeros((4, 1)), 0.5)
    >>> round(value, 12)
    0.038461538462
    """
    Reward("discount", discount=discount)                          # checks it
    slope = np.empty((4, maze.K))
    return _kernel()[0](dynamics._log_odds(maze, log_odds), maze.W, float(discount), slope), slope


def exact_value_and_gradient(maze: Maze, policy: Policy, discount: Any) -> tuple[Any, list[list[Any]]]:
    """(E[g^T], [rows a, b, c, d of its derivative in the tied row entries themselves]), as Fractions.

    Errors: `InputError` for an untied policy or a discount outside (0, 1].
    """
    policy.check(maze)
    if not policy.tied:
        raise InputError("the discounted objective is written for rows tied across branches")
    g = exact(discount, "discount")
    Reward("discount", discount=fraction(g))
    P, Q = policy.branch(0).persistence(maze.K)
    rows = (P, [1 - p for p in P], Q, [1 - q for q in Q])
    n = len(P)
    G, S, U, V, dP, dQ = ([exact(0)] * size for size in (n + 1, n, n, n + 1, n, n))
    value = passages(*rows, maze.W, g, G, S, U, V)
    slopes(*rows, maze.W, g, G, S, U, V, dP, dQ)
    return fraction(value), [[fraction(v) for v in row] for row in (dP[1::2], dQ[1::2], dP[::2], dQ[::2])]


def climb(path: Any, W: int, discount: float, lr: float, rule: int, trace: Any) -> None:
    """Ascent, for `theory.truncated.ascent`: fills path[1 ..] (log-odds, 4 x K each) and trace[i] = E[g^T]."""
    _kernel()[1](path, W, discount, lr, rule, trace)
