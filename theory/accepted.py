"""A verifier that passes dead ends: expected steps until it accepts, their exact gradient, and sign descent on them.

Setting. As in `theory.hitting`, rows tied across branches: at node x = 1 .. n = 2K of a branch P_x is the probability
of persisting away from the fork, Q_x towards it; A_x and B_x are the expected steps still to go on having just arrived
at x, moving away or towards. The target's leaf is accepted; a wrong leaf is with probability p at each arrival, and the
walker goes on if not. It may then arrive at the fork again, with H to go. Across each edge, beyond it,

    A_{x+1} = alpha_x + (1 - g_x) B_x:      g_x the probability of being accepted before coming back over the edge,

from alpha_n = 1 - p, g_n = p in a wrong branch and 0, 1 in the target's. With v = Q_x + (1-Q_x) g_x,

    g_{x-1} = P_x g_x / v,      1 - g_{x-1} = 1 - P_x + P_x Q_x (1 - g_x)/v,
    alpha_{x-1} = 1 + P_x (alpha_x + (1 - g_x)(1 + (1-Q_x) alpha_x)/v),
    H = (1 + sum_i alpha_0/W) / (sum_i g_0/W).

No loop subtracts. The gradient is the same recursion taken backwards. At p = 0 a wrong leaf is always refused and H is
the expected steps to the target. The objective is a whole rollout's length, that of RLVR with a length penalty.

Not covered: rows untied across branches; rollouts that are cut off; sampling.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theory import dynamics
from theory.dynamics import Array
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction, integer
from theory.policy import Policy


class Ending(NamedTuple):
    """Where descent ends: the expected steps until accepted, and the log-odds of persisting, 4 x K, rows a b c d."""

    steps: float
    log_odds: Array


def _beyond(P: Any, P_not: Any, Q: Any, Q_not: Any, alpha: Any, g: Any, g_not: Any) -> None:
    """Fill alpha, g and 1 - g at x = n-1 .. 0 of a branch from x = n; runs on exact numbers and compiled floats."""
    for x in range(len(P) - 1, -1, -1):
        v = Q[x] + Q_not[x] * g[x + 1]
        alpha[x] = 1 + P[x] * (alpha[x + 1] + g_not[x + 1] * (1 + Q_not[x] * alpha[x + 1]) / v)
        g[x] = P[x] * g[x + 1] / v
        g_not[x] = P_not[x] + P[x] * g_not[x + 1] * Q[x] / v


def steps(maze: Maze, policy: Policy, p: Any) -> Any:
    """Expected steps until a verifier accepts that passes a wrong leaf with probability p at each arrival; exactly.

    Errors: `InputError` for untied rows, rows that are not rational, a forward row of 0, or p outside (0, 1].

    >>> steps(Maze(2, 4, 2), Policy.optimum(), 1)
    Fraction(9, 1)
    """
    _check(p)
    if not policy.tied or policy.kind != "rational":
        raise InputError("a verifier's steps need rational rows, tied across branches")
    P, Q = ([exact(value) for value in rows] for rows in policy.branch(0).persistence(maze.K))
    if any(value == 0 for value in P):
        raise InputError("a verifier's steps need forward rows above 0")
    top, bottom = exact(1), exact(0)
    for weight, passed in ((1, exact(1)), (maze.W - 1, exact(p))):
        alpha, g, g_not = ([exact(0)] * (len(P) + 1) for _ in range(3))
        alpha[-1], g[-1], g_not[-1] = 1 - passed, passed, 1 - passed
        _beyond(P, [1 - v for v in P], Q, [1 - v for v in Q], alpha, g, g_not)
        top, bottom = top + alpha[0] * weight / maze.W, bottom + g[0] * weight / maze.W
    return fraction(top / bottom)


def _check(p: Any) -> None:
    if not 0 < p <= 1:
        raise InputError(f"p = {p}: a wrong leaf is passed with a probability in (0, 1]")


@functools.cache
def _kernel() -> Callable[..., float]:
    """Compile descent, which leaves the slope at its last log-odds; on first use, so that imports stay cheap."""
    import numba

    compiled: Callable[..., Any] = numba.njit(error_model="numpy")
    beyond = compiled(_beyond)

    @compiled
    def evaluate(z: Array, W: int, p: float, slope: Array, rows: Array, table: Array) -> float:
        """H at log-odds z by node and direction (n x 2); writes dH/dz to `slope`. rows: 4 x n, table: 3 x (n+1)."""
        n = z.shape[0]
        P, P_not, Q, Q_not = rows[0], rows[1], rows[2], rows[3]
        for x in range(n):
            P[x], P_not[x] = 1 / (1 + math.exp(-z[x, 0])), 1 / (1 + math.exp(z[x, 0]))
            Q[x], Q_not[x] = 1 / (1 + math.exp(-z[x, 1])), 1 / (1 + math.exp(z[x, 1]))
            slope[x, 0], slope[x, 1] = 0.0, 0.0
        top, bottom = 1.0, 0.0
        for s in range(4):
            # both branches forwards, for H; then both again, for their slopes
            target = s % 2 == 0
            weight, passed = (1 / W, 1.0) if target else (1 - 1 / W, p)
            table[0, n], table[1, n], table[2, n] = 1 - passed, passed, 1 - passed
            beyond(P, P_not, Q, Q_not, table[0], table[1], table[2])
            if s < 2:
                top, bottom = top + weight * table[0, 0], bottom + weight * table[1, 0]
                continue
            # slopes of H in alpha_{x-1} and in g_{x-1}, from the fork outwards
            by_alpha, by_g = weight / bottom, -weight * top / bottom / bottom
            for x in range(n):
                ahead, won, lost = table[0, x + 1], table[1, x + 1], table[2, x + 1]
                u, v = 1 + Q_not[x] * ahead, Q[x] + Q_not[x] * won
                slope[x, 0] += (by_alpha * (ahead + lost * u / v) + by_g * won / v) * P[x] * P_not[x]
                slope[x, 1] -= (P[x] * lost / v * (by_alpha * (ahead + u * lost / v) + by_g * won / v)
                                * Q[x] * Q_not[x])
                by_g = P[x] / v * (by_g * Q[x] / v - by_alpha * u * (1 + lost * Q_not[x] / v))
                by_alpha *= P[x] * (1 + lost * Q_not[x] / v)
        return top / bottom

    @compiled
    def descend(z: Array, W: int, p: float, count: int, lr: float, slope: Array, rows: Array, table: Array) -> float:
        for _ in range(count):
            evaluate(z, W, p, slope, rows, table)
            for x in range(z.shape[0]):
                for way in range(2):
                    if slope[x, way] > 0:
                        z[x, way] -= lr
                    elif slope[x, way] < 0:
                        z[x, way] += lr
        return evaluate(z, W, p, slope, rows, table)

    return descend


def _by_node(rows: Array) -> Array:
    """4 x K rows a, b, c, d -> 2K x 2 by node and direction."""
    nodes = np.empty((2 * rows.shape[1], 2))
    nodes[::2, 0], nodes[1::2, 0], nodes[::2, 1], nodes[1::2, 1] = rows[2], rows[0], rows[3], rows[1]
    return nodes


def _by_row(nodes: Array) -> Array:
    return np.array([nodes[1::2, 0], nodes[1::2, 1], nodes[::2, 0], nodes[::2, 1]])


def _descend(nodes: Array, maze: Maze, p: Any, count: int, lr: float) -> tuple[float, Array]:
    """Moves `nodes` in place; (H, dH/dz) where it ends."""
    _check(p)
    n, slope = len(nodes), np.empty_like(nodes)
    H = _kernel()(nodes, maze.W, float(p), count, float(lr), slope, np.empty((4, n)), np.empty((3, n + 1)))
    return H, slope


def cost_and_gradient(maze: Maze, log_odds: Array, p: Any) -> tuple[float, Array]:
    """(H, dH/dz): expected steps until accepted at log-odds z of persisting, and the slopes, 4 x K, rows a b c d."""
    H, slope = _descend(_by_node(dynamics._log_odds(maze, log_odds)), maze, p, 0, 0.0)
    return H, _by_row(slope)


def descent(maze: Maze, p: Any, count: int = 3000, lr: float = 0.01) -> Ending:
    """RLVR from base against that verifier: `count` sign steps of `lr` on the exact gradient of the expected steps.

    Errors: `InputError` for p outside (0, 1], lr <= 0, or a negative count.

    >>> end = descent(Maze(2, 4, 2), 1 / 34)
    >>> round(end.steps, 6), bool(end.log_odds[1, -1] < 0)      # b_K has sunk: it insists at the leaf
    (42.0, True)
    """
    integer(count, "count", least=0)
    if not (lr > 0 and np.isfinite(lr)):
        raise InputError(f"lr = {lr}: must be positive")
    nodes = _by_node(dynamics.base_log_odds(maze))
    H, _ = _descend(nodes, maze, p, count, lr)
    return Ending(H, _by_row(nodes))
