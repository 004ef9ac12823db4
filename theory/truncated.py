"""RLVR on rollouts cut off at a horizon T: the exact objective and its exact gradient, and ascent on it.

Setting. The lumped walk (`theory.chain`): side target or wrong, x = 1 .. n = 2K, moving away (A_x, persistence P_x) or
towards the fork (B_x, persistence Q_x), the fork and the wrong leaf; rows tied across branches, one log-odds z each.
With a `Reward` r(t) for arriving at step t <= T and r_fail for not arriving,

    J(z) = E[reward] = sum_t f_t r(t) + (1 - sum_t f_t) r_fail,        f_t = P(arrive at step t).

alpha_t(s) is the probability of being in state s after t steps, beta_t(s) the expected reward from there on. Then

    dJ/dz = sum_t alpha_t(s) p (1-p) (beta_{t+1}(persist) - beta_{t+1}(turn)),     summed over both sides,

which costs O(TK) time and memory. Excluded rollouts: J = E[r | arrived by T] = N/D, whose gradient is the one above for
the reward (r(t) - J)/D and r_fail = 0. KL penalty: J - kl E[sum over steps t < min(T_hit, T) of KL(row || base row)],
the sum over the edges' softmax being p log(p/p0) + (1-p) log((1-p)/(1-p0)), with slope p (1-p) (z - z0) in z; it is
paid on the way by beta, and directly by each visit.

Floats. alpha is sums of products of nonnegative numbers; so is beta for outcome and discount. The difference of two
betas cancels, so an entry of the gradient has no relative accuracy of its own: `Objective.error` bounds its absolute
error by (12T + 40) roundings of the same sum with |beta_persist| + |beta_turn| (or, where rewards have both signs, a
bound on it) for the differences; four times that for excluded rollouts. An entry whose error is as large as itself says
nothing of its sign, and sign ascent there follows noise. Where no path leads to a reward zeros come out exactly.

Stands on `theory.dynamics` for base, H and the run's shape. Not covered: sampling; rows untied across branches; a KL
penalty together with excluded rollouts or without a horizon.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theory import discounted, dynamics
from theory.dynamics import RULES, Array
from theory.maze import Maze
from theory.numeric import InputError, integer
from theory.rewards import Reward
from theory.sides import UNIT_ROUNDOFF

LARGEST_TABLE = 50_000_000                        # numbers kept by one evaluation: 400 MB


class Objective(NamedTuple):
    """J, dJ/dz (4 x K, rows a b c d) and a bound on the absolute error of each entry of the gradient."""

    value: float
    gradient: Array
    error: Array


class Ascent(NamedTuple):
    """A run: `objective[i]` is J and `steps_to_target[i]` is H after step `at[i]`; the last log-odds, 4 x K."""

    at: Array
    objective: Array
    steps_to_target: Array
    log_odds: Array


class _Kernel(NamedTuple):
    evaluate: Callable[..., float]
    climb: Callable[..., None]


@functools.cache
def _kernel() -> _Kernel:
    """Compile the dynamic programme; on first use, so that importing this module stays cheap.

    Everything by row comes in the order of the nodes: (n+1) x 2, entry [x, 0] moving away, [x, 1] towards the fork.
    """
    import numba

    compiled: Callable[..., Any] = numba.njit(error_model="numpy")
    length = compiled(dynamics.length)

    @compiled
    def forward(p: Array, p_not: Array, W: int, beta: Array, arrive: Array, sums: Array, bound: float) -> None:
        """Push the mass forward: f_t into `arrive`; for every row add the sum over t and sides of
        alpha (beta_persist - beta_turn), of alpha (|beta_persist| + |beta_turn|) and of alpha to `sums` (3 x rows).

        Only nodes x of the parity of t can be occupied. bound >= 0 stands for |beta| where beta has both signs.
        """
        n, T = p.shape[0] - 1, arrive.shape[0] - 1
        now, after = np.zeros((2, n + 2, 2)), np.zeros((2, n + 2, 2))
        fork = 1.0
        for t in range(T):
            after[:] = 0.0
            if t % 2 == 0:
                after[0, 1, 0], after[1, 1, 0] = fork / W, fork * (1 - 1 / W)
            else:
                after[1, n, 1] = now[1, n + 1, 0]
            for s in range(2):
                for x in range(1 + (t + 1) % 2, n + 1, 2):
                    away, back = now[s, x, 0], now[s, x, 1]
                    on, home = beta[t + 1, s, x + 1, 0], beta[t + 1, s, x - 1, 1]
                    size = abs(on) + abs(home) if bound < 0 else 2 * bound
                    sums[0, x, 0] += away * (on - home)
                    sums[0, x, 1] += back * (home - on)
                    sums[1, x, 0] += away * size
                    sums[1, x, 1] += back * size
                    sums[2, x, 0] += away
                    sums[2, x, 1] += back
                    after[s, x + 1, 0] += p[x, 0] * away + p_not[x, 1] * back
                    after[s, x - 1, 1] += p_not[x, 0] * away + p[x, 1] * back
            arrive[t + 1] = after[0, n + 1, 0]
            after[0, n + 1, 0] = 0.0
            fork = after[0, 0, 1] + after[1, 0, 1]
            now, after = after, now

    @compiled
    def backward(p: Array, p_not: Array, W: int, success: Array, failure: float, cost: Array, beta: Array) -> None:
        """beta[t, side, x, direction] = expected reward from there on; B_0 of either side is the fork."""
        n, T = p.shape[0] - 1, success.shape[0] - 1
        beta[T] = failure
        beta[T, 0, n + 1, 0] = success[T]
        for t in range(T - 1, -1, -1):
            for s in range(2):
                for x in range(1 + (t + 1) % 2, n + 1, 2):
                    on, home = beta[t + 1, s, x + 1, 0], beta[t + 1, s, x - 1, 1]
                    beta[t, s, x, 0] = p[x, 0] * on + p_not[x, 0] * home - cost[x, 0]
                    beta[t, s, x, 1] = p[x, 1] * home + p_not[x, 1] * on - cost[x, 1]
            beta[t, 0, n + 1, 0] = success[t]
            beta[t, 1, n + 1, 0] = beta[t + 1, 1, n, 1]
            fork = beta[t + 1, 0, 1, 0] / W + (1 - 1 / W) * beta[t + 1, 1, 1, 0]
            beta[t, 0, 0, 1], beta[t, 1, 0, 1] = fork, fork

    @compiled
    def divergence(z: Array, base: Array, p: Array, p_not: Array, kl: float, cost: Array) -> float:
        """Fill the cost of a step in every row; return the largest size of its two terms, for the error bound."""
        worst = 0.0
        for x in range(1, z.shape[0]):
            for d in range(2):
                if z[x, d] != base[x, d]:
                    # p (log p - log p0), the logs as -log(1 + e^-z): no digit of a small 1 - p is lost
                    up, down = 0.0, 0.0
                    if p[x, d] > 0:
                        up = p[x, d] * (np.logaddexp(0.0, -base[x, d]) - np.logaddexp(0.0, -z[x, d]))
                    if p_not[x, d] > 0:
                        down = p_not[x, d] * (np.logaddexp(0.0, base[x, d]) - np.logaddexp(0.0, z[x, d]))
                    cost[x, d] = kl * max(up + down, 0.0)
                    worst = max(worst, kl * (abs(up) + abs(down) + 4 + abs(base[x, d])))
        return worst

    @compiled
    def evaluate(z: Array, base: Array, W: int, success: Array, failure: float, excluded: bool, kl: float,
                 beta: Array, slope: Array, error: Array) -> float:
        """J at log-odds z; writes dJ/dz and its error bound. nan when excluded and nothing ever arrives."""
        T = success.shape[0] - 1
        p, p_not = np.empty_like(z), np.empty_like(z)
        for x in range(z.shape[0]):
            for d in range(2):
                p[x, d], p_not[x, d] = 1 / (1 + np.exp(-z[x, d])), 1 / (1 + np.exp(z[x, d]))
        sums, arrive, cost = np.zeros((3, z.shape[0], 2)), np.zeros(T + 1), np.zeros_like(z)
        largest = max(abs(failure), np.abs(success).max())
        reward, value, bound, roundings = success, 0.0, -1.0, 12.0 * T + 40
        if excluded:
            beta[:] = 0.0
            forward(p, p_not, W, beta, arrive, sums, 0.0)
            mass = arrive.sum()
            if not mass > 0:
                return np.nan
            value = (arrive * success).sum() / mass
            reward, failure, roundings, bound = (success - value) / mass, 0.0, 4 * roundings, 2 * largest / mass
            sums[:] = 0.0
        elif failure < 0 or success.min() < 0:
            bound = largest
        if kl > 0:
            bound = largest + T * divergence(z, base, p, p_not, kl, cost)
        backward(p, p_not, W, reward, failure, cost, beta)
        forward(p, p_not, W, beta, arrive, sums, bound)
        for x in range(1, z.shape[0]):
            for d in range(2):
                slope[x, d], error[x, d] = 0.0, 0.0
                spread = p[x, d] * p_not[x, d]
                if spread > 0:                                  # not merely times 0: z may be infinite there
                    direct = kl * (z[x, d] - base[x, d]) * sums[2, x, d]
                    slope[x, d] = spread * (sums[0, x, d] - direct)
                    error[x, d] = roundings * UNIT_ROUNDOFF * spread * (sums[1, x, d] + abs(direct))
        return value if excluded else beta[0, 0, 0, 1]

    @compiled
    def climb(path: Array, base: Array, W: int, lr: float, rule: int, success: Array, failure: float,
              excluded: bool, kl: float, beta: Array, trace: Array) -> None:
        """Fill path[1 ..], the log-odds after each step from path[0], and trace[i] = J at path[i]."""
        slope, error = np.zeros_like(base), np.zeros_like(base)
        for step in range(len(trace)):
            trace[step] = evaluate(path[step], base, W, success, failure, excluded, kl, beta, slope, error)
            if step + 1 < len(trace):
                norm = length(slope)
                for x in range(1, base.shape[0]):
                    for d in range(2):
                        move = slope[x, d]
                        if rule == 0:
                            move = np.sign(move)
                        elif rule == 2 and norm > 0:
                            move /= norm
                        path[step + 1, x, d] = path[step, x, d] + lr * move

    return _Kernel(evaluate, climb)


def _by_node(rows: Array) -> Array:
    """4 x K rows a, b, c, d -> (2K+1) x 2 by node and direction, entry 0 unused (and 0)."""
    nodes = np.zeros((2 * rows.shape[1] + 1, 2))
    nodes[1::2, 0], nodes[2::2, 0], nodes[1::2, 1], nodes[2::2, 1] = rows[2], rows[0], rows[3], rows[1]
    return nodes


def _by_row(nodes: Array) -> Array:
    return np.array([nodes[2::2, 0], nodes[2::2, 1], nodes[1::2, 0], nodes[1::2, 1]])


def _prepared(maze: Maze, reward: Reward, kl: float) -> tuple[Array, float, Array]:
    """(rewards by step 0 .. T, reward of a failure, table for beta); or `InputError`."""
    T = reward.horizon
    if T is None:
        raise InputError("a horizon is needed here; full-length rollouts are theory.dynamics and theory.discounted")
    if not (kl >= 0 and np.isfinite(kl)):
        raise InputError(f"KL penalty {kl}: must not be negative")
    if kl and reward.excluded:
        raise InputError("a KL penalty together with excluded rollouts is not covered")
    if reward.excluded and T < maze.shortest:
        raise InputError(f"horizon {T}: no rollout arrives before step {maze.shortest}, so all are excluded")
    if (T + 1) * 8 * (maze.K + 1) > LARGEST_TABLE:
        raise InputError(f"horizon {T} with K = {maze.K}: the table would hold more than {LARGEST_TABLE} numbers")
    success = np.asarray(reward.of_success(np.arange(T + 1)), dtype=float)
    return success, float(reward.of_failure()), np.empty((T + 1, 2, 2 * maze.K + 2, 2))


def objective(maze: Maze, log_odds: Array, reward: Reward, *, kl: float = 0.0) -> Objective:
    """J, dJ/dz and its error bound at log-odds z of persisting (4 x K, rows a b c d), rollouts cut off at a horizon.

    kl: the penalty per step and nat towards the base model. Errors: `InputError` without a horizon, for a negative
    kl, for kl with excluded rollouts, and when excluding leaves no rollout.

    >>> J, gradient, error = objective(Maze(2, 1, 1), np.zeros((4, 1)), Reward("outcome", horizon=5))
    >>> J, gradient.tolist()
    (0.21875, [[0.09375], [0.0], [0.078125], [-0.015625]])
    """
    success, failure, beta = _prepared(maze, reward, kl)
    base, z = dynamics.base_log_odds(maze), dynamics._log_odds(maze, log_odds)
    slope, error = np.zeros((2, 2 * maze.K + 1, 2))
    value = _kernel().evaluate(_by_node(z), _by_node(base), maze.W, success, failure, reward.excluded, float(kl), beta,
                               slope, error)
    if not np.isfinite(value):
        raise InputError("no rollout arrives with a probability that float64 can hold, so all are excluded")
    return Objective(value, _by_row(slope), _by_row(error))


def ascent(maze: Maze, reward: Reward, steps: int, lr: float, *, rule: str = "sign", kl: float = 0.0,
           start: Array | None = None) -> Ascent:
    """RLVR on the exact gradient of J: `steps` steps on the log-odds z (4 x K), from base or from `start`.

    rule: 'sign' (every z moves by lr), 'gradient' (by lr dJ/dz) or 'normalised' (by lr dJ/dz over its length), uphill.
    Works on truncated rollouts; on untruncated ones for 'discount' (for 'length' see `theory.dynamics.descent`).
    The sign is that of the computed gradient: where J is flat to its last digits, it is noise (see `objective`).
    Errors: `InputError` for an unknown rule or lr <= 0, and as `objective`.

    >>> run = ascent(Maze(15, 5, 5), Reward("outcome", horizon=20), steps=3000, lr=0.01)
    >>> round(float(run.steps_to_target[0]), 6), bool(run.steps_to_target[-1] > 1e30)
    (6293.0, True)
    """
    integer(steps, "steps", least=0)
    if rule not in RULES:
        raise InputError(f"rule {rule!r}: not one of {', '.join(RULES)}")
    if not (lr > 0 and np.isfinite(lr)):
        raise InputError(f"lr = {lr}: must be positive")
    z, trace = dynamics._log_odds(maze, start), np.empty(steps + 1)
    if reward.horizon is None and reward.kind == "discount" and not kl:
        path = np.zeros((steps + 1, 4, maze.K))
        path[0] = z
        discounted.climb(path, maze.W, float(reward.discount), lr, RULES.index(rule), trace)
    else:
        success, failure, beta = _prepared(maze, reward, kl)
        nodes = np.zeros((steps + 1, 2 * maze.K + 1, 2))
        nodes[0] = _by_node(z)
        _kernel().climb(nodes, _by_node(dynamics.base_log_odds(maze)), maze.W, lr, RULES.index(rule), success, failure,
                        reward.excluded, float(kl), beta, trace)
        if np.isnan(trace).any():
            raise InputError("no rollout arrives with a probability that float64 can hold, so all are excluded")
        path = np.array([nodes[:, 2::2, 0], nodes[:, 2::2, 1], nodes[:, 1::2, 0], nodes[:, 1::2, 1]]).swapaxes(0, 1)
    cost, slope = dynamics._kernel().cost_and_slope, np.empty_like(z)
    H = np.array([cost(at, maze.W, slope) for at in np.ascontiguousarray(path)])
    return Ascent(np.arange(steps + 1.0), trace, np.where(np.isfinite(H), H, np.inf), path[-1].copy())
