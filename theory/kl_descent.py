"""RLVR with a KL penalty on whole rollouts: the objective and its gradient, its optimum, what no policy can beat.

Setting. A step in a row pays 1 + beta KL(row || base row), KL over the edges' softmax: p log(p/p0) + (1-p) log((1-p)/
(1-p0)). RLVR maximises -F,

    F = E[T] + beta E[sum of KL over the steps walked] = E[T] + beta KL(law of the walk || law of the base walk),

rows tied across branches, one log-odds z each. F is the expected cost of the walk with unequal costs a state, so the
recursion of `theory.hitting` gives it in O(K), and the chain rule backwards its gradient (`objective`).

What no policy can beat. Over all laws of the walk the least of E[T] + beta KL is -beta log E_base[e^(-T/beta)] (Gibbs),
but a law that minimises it knows the target. A walker that learns at u_1 whether its branch holds the target, the fork
being nature's, is a better bound: with g = e^(-1/beta), G the discounted return from a wrong branch and alpha, gamma
the discounted exits of the target branch at the leaf and at the fork (all for base), its value v solves
v = W + (W-1)(-beta log G) + (-beta log(alpha + gamma e^(-v/beta))), linear in e^(-v/beta) (`informed_value`).

Stands on `theory.dynamics` for base and H. Floats; `solve` says its residual. Not covered: a penalty on truncated
rollouts (`theory.truncated`); untied rows; penalties that are averages over tokens rather than sums over rollouts.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import flint
import numpy as np

from theory import discounted, dynamics
from theory.dynamics import Array
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact
from theory.policy import Policy


class Solution(NamedTuple):
    """Where descent on F ended: F, the expected steps H, the log-odds (4 x K), the largest slope of log F left."""

    value: float
    steps: float
    log_odds: Array
    residual: float


@functools.cache
def _kernel() -> Any:
    """(z: n x 2 by node and direction; base: z0, log p0, log(1-p0) of each) -> F and its slopes; compiled on first
    use. Log-odds within 700 of 0."""
    import numba

    compiled: Any = numba.njit(error_model="numpy")

    @compiled
    def evaluate(z: Array, base: Array, W: int, beta: float, slope: Array) -> float:
        n = z.shape[0]
        p, p_not, cost = np.empty((n, 2)), np.empty((n, 2)), np.empty((n, 2))
        dp, dcost = np.zeros((n, 2)), np.zeros((n, 2))
        for x in range(n):
            for d in range(2):
                odds = math.exp(-z[x, d])
                p[x, d], p_not[x, d] = 1 / (1 + odds), odds / (1 + odds)
                log_p = -math.log1p(odds)
                # the two terms by the rows' own logs: no digit of a small 1 - p is lost
                kl = p[x, d] * (log_p - base[x, d, 1]) + p_not[x, d] * (log_p - z[x, d] - base[x, d, 2])
                cost[x, d] = 1 + beta * max(kl, 0.0)
        D, N = np.ones(n + 1), np.empty(n + 1)
        for x in range(n, 0, -1):
            D[x - 1] = cost[x - 1, 0] + p[x - 1, 0] / p[x - 1, 1] * (cost[x - 1, 1] + D[x])
        N[0] = W + (W - 1) * D[0]
        value = N[0]
        for x in range(1, n + 1):
            value += (cost[x - 1, 0] + p_not[x - 1, 0] * N[x - 1]) / p[x - 1, 0]
            N[x] = cost[x - 1, 1] + p[x - 1, 1] / p[x - 1, 0] * (cost[x - 1, 0] + N[x - 1])
        by_N = 0.0
        for x in range(n, 0, -1):
            P, Q = p[x - 1, 0], p[x - 1, 1]
            ahead = cost[x - 1, 0] + N[x - 1]
            dp[x - 1, 0] -= ahead * (1 + by_N * Q) / (P * P)
            dp[x - 1, 1] += by_N * ahead / P
            dcost[x - 1, 0] += (1 + by_N * Q) / P
            dcost[x - 1, 1] += by_N
            by_N = (p_not[x - 1, 0] + by_N * Q) / P
        by_D = (W - 1) * (1 + by_N)
        for x in range(1, n + 1):
            P, Q = p[x - 1, 0], p[x - 1, 1]
            beyond = by_D * (cost[x - 1, 1] + D[x]) / Q
            dp[x - 1, 0] += beyond
            dp[x - 1, 1] -= beyond * P / Q
            dcost[x - 1, 0] += by_D
            dcost[x - 1, 1] += by_D * P / Q
            by_D *= P / Q
        for x in range(n):
            for d in range(2):
                slope[x, d] = p[x, d] * p_not[x, d] * (dp[x, d] + beta * (z[x, d] - base[x, d, 0]) * dcost[x, d])
        return value

    return evaluate


def _nodes(rows: Array) -> Array:
    """4 x K rows a, b, c, d -> 2K x 2 by node and direction."""
    nodes = np.empty((2 * rows.shape[1], 2))
    nodes[::2, 0], nodes[1::2, 0], nodes[::2, 1], nodes[1::2, 1] = rows[2], rows[0], rows[3], rows[1]
    return nodes


def _rows(nodes: Array) -> Array:
    return np.array([nodes[1::2, 0], nodes[1::2, 1], nodes[::2, 0], nodes[::2, 1]])


def _base(maze: Maze) -> Array:
    z = _nodes(dynamics.base_log_odds(maze))
    return np.stack([z, -np.logaddexp(0, -z), -np.logaddexp(0, z)], axis=2)


def _check(beta: float) -> float:
    if isinstance(beta, bool) or not (isinstance(beta, (int, float)) and beta >= 0 and math.isfinite(beta)):
        raise InputError(f"KL penalty {beta}: a finite number from 0 is needed")
    return float(beta)


def objective(maze: Maze, log_odds: Array, beta: float) -> tuple[float, Array]:
    """(F, dF/dz) at log-odds z of persisting (4 x K, rows a b c d); `InputError` for beta < 0 or a wrong shape.

    >>> value, slope = objective(Maze(3, 2, 2), dynamics.base_log_odds(Maze(3, 2, 2)), 5.0)
    >>> round(value, 9), slope.shape
    (140.0, (4, 2))
    """
    z, slope = dynamics._log_odds(maze, log_odds), np.empty((2 * maze.K, 2))
    value = _kernel()(_nodes(z), _base(maze), maze.W, _check(beta), slope)
    return float(value), _rows(slope)


def solve(maze: Maze, beta: float, start: Array | None = None) -> Solution:
    """Descent on F (scipy's L-BFGS-B on log F) from base or from `start`, until it makes no more progress.

    Log-odds are kept within 40 of 0, beyond which a row is 1 to all digits. Errors: `InputError` for beta < 0.

    >>> solve(Maze(3, 2, 2), 0.0).steps.__round__(6)
    25.0
    """
    from scipy.optimize import minimize

    beta = _check(beta)
    kernel, base = _kernel(), _base(maze)
    z = _nodes(dynamics._log_odds(maze, start))

    def cost(flat: Array) -> tuple[float, Array]:
        slope = np.empty((2 * maze.K, 2))
        value = kernel(flat.reshape(-1, 2), base, maze.W, beta, slope)
        return math.log(value), slope.ravel() / value

    found = minimize(cost, z.ravel(), jac=True, method="L-BFGS-B", bounds=[(-40, 40)] * z.size,
                     options={"maxiter": 20000, "maxfun": 40000, "ftol": 1e-14, "gtol": 1e-9, "maxcor": 15})
    rows = _rows(found.x.reshape(-1, 2))
    free = np.abs(found.x) < 40
    return Solution(math.exp(found.fun), dynamics.cost_and_gradient(maze, rows)[0], rows,
                    float(np.abs(np.asarray(found.jac)[free]).max(initial=0.0)))


@functools.cache
def _walk() -> Any:
    """The compiled run of sign steps on F."""
    import numba

    evaluate = _kernel()

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def walk(z: Array, base: Array, W: int, beta: float, steps: int, lr: float) -> None:
        slope = np.empty_like(z)
        for _ in range(steps):
            evaluate(z, base, W, beta, slope)
            for x in range(z.shape[0]):
                for d in range(2):
                    z[x, d] -= lr if slope[x, d] > 0 else -lr if slope[x, d] < 0 else 0.0

    return walk


def walked(maze: Maze, beta: float, steps: int = 3000, lr: float = 0.01) -> Array:
    """Log-odds (4 x K) after `steps` sign steps of `lr` on F from base; they end within about `lr` of a valley."""
    beta, z = _check(beta), _nodes(dynamics.base_log_odds(maze))
    _walk()(z, _base(maze), maze.W, beta, steps, lr)
    return _rows(z)


def follow(maze: Maze, beta: float, steps: int = 3000, lr: float = 0.01) -> Solution:
    """RLVR from base: `walked`, then `solve` from there, which settles in the same valley.

    >>> maze = Maze(15, 15, 5)
    >>> [round(follow(maze, beta).steps / 899, 2) for beta in (0.0, 5.0, 10.0)]
    [1.0, 1.02, 27.09]
    """
    return solve(maze, beta, walked(maze, beta, steps, lr))


# -- what no policy can beat --------------------------------------------------------------------------------------

def informed_value(maze: Maze, beta: Any, bits: int = 256) -> flint.arb:
    """The least F of a walker who learns at u_1 whether its branch holds the target: a lower bound for tied rows.

    A ball. With W = 1 it is -beta log E_base[e^(-T/beta)] and is reached. Errors: `InputError` for beta <= 0.

    >>> informed_value(Maze(1, 1, 1), 1)
    [4.27926416072792 +/- 3.04e-15]
    """
    beta = exact(beta, "KL penalty")
    if beta <= 0:
        raise InputError(f"KL penalty {beta}: must be positive")
    rows = Policy.base(maze.L).branch(0).persistence(maze.K)
    n = 2 * maze.K
    with ball_precision(bits):
        g = (-1 / flint.arb(beta)).exp()
        P, Q = ([flint.arb(v) for v in row] for row in rows)
        entries, inverse = [], []
        for W in (1, 2):                       # 1/F(A_1) is linear in the worth of the fork; two mazes give the line
            G, S, U, V = ([flint.arb(0)] * size for size in (n + 1, n, n, n + 1))
            value = discounted.passages(P, [1 - p for p in P], Q, [1 - q for q in Q], W, g, G, S, U, V)
            entries.append(V[0])
            inverse.append(V[0] / value)
        slope = (inverse[0] - inverse[1]) / (entries[0] - entries[1])
        outside = g**maze.W * G[0] ** (maze.W - 1)
        return beta * ((inverse[0] - slope * entries[0]) / outside + slope).log()


def price(K: Any, L: int) -> float:
    """KL(walk of the optimum || base walk)/(2W-1) in nats: K log((L+1)^2/L), what a walk down a branch costs."""
    return float(K * math.log((L + 1) ** 2 / L))


def even_penalty(K: int, L: int) -> float:
    """The beta at which base and the optimum have the same F: above it nothing is gained by being sure everywhere.

    >>> round(even_penalty(15, 5), 4)
    57.3431
    """
    base, best = (K * (L + 1) + 1) * (K * (L + 1) + L) / L, 2 * K + 1
    return (base - best) / price(K, L)


# -- where descent from base is trapped, as K grows ---------------------------------------------------------------

def long_branch(a: float, c: float, beta: float, L: int) -> float:
    """lim F/((2W-1) K^2) as K grows, for balanced rows d = a, b = c: (2-a-c) ((1 + beta KL_a)/a + (1 + beta KL_c)/c).

    >>> round(long_branch(1 / 6, 5 / 6, 3.0, 5), 9), 6**2 / 5
    (7.2, 7.2)
    """
    return (2 - a - c) * ((1 + beta * _divergence(a, 1 / (L + 1))) / a
                          + (1 + beta * _divergence(c, L / (L + 1))) / c)


def _divergence(p: float, base: float) -> float:
    return p * math.log(p / base) + (1 - p) * math.log((1 - p) / (1 - base))


def trap(L: int) -> float:
    """The least beta at which `long_branch` has a minimum inside: from there on descent from base ends in it.

    Along the stationary points that start at base (beta infinite) beta falls, turns and rises: the least is the fold.

    >>> round(trap(5), 4), round(trap(2), 4)
    (8.6966, 9.7887)
    """
    from scipy.optimize import brentq, minimize_scalar

    def needed(a: float, c: float, by: int) -> float:
        """1/beta of the beta that makes the slope in a (by = 0) or c (by = 1) zero; each slope is linear in beta."""
        p, base = (a, 1 / (L + 1)) if by == 0 else (c, L / (L + 1))
        rest = 2 - a - c
        flat, other = 1 / a + 1 / c, _divergence(a, 1 / (L + 1)) / a + _divergence(c, L / (L + 1)) / c
        rising = -math.log((1 - p) / (1 - base)) / (p * p)                       # d(KL_p/p)/dp
        return (rest * rising - other) / (flat + rest / (p * p))

    def along(s: float) -> float:
        a = 1 / (1 + L * math.exp(-s))                                           # log-odds s above base
        c = brentq(lambda c: needed(a, c, 0) - needed(a, c, 1), L / (L + 1) * (1 + 1e-9), 1 - 1e-12, xtol=1e-15)
        return needed(a, float(c), 0)

    found = minimize_scalar(lambda s: -along(s), bounds=(0.05, 4.0), method="bounded", options={"xatol": 1e-10})
    return float(-1 / found.fun)
