"""What a sampled policy gradient should give: its exact mean, and a bound on its spread, on the full multigraph.

Setting. The walk as a list of moves (from a state, to a state, probability, the choice it is), one state an arc; rows
may all differ. Rollouts are cut off at the reward's horizon T, so everything is a finite sum over t:

    forward     alpha_t(s), the probability of state s after t steps
    backward    beta_t(s), the expected reward (less KL costs) from there on
    gradient    sum_t alpha_t(s) p(k|s) (beta_{t+1}(k) - mean of beta_{t+1} over the row), for each choice k,
                less the direct part of the KL penalty

`spread` carries the first two moments of a rollout's score along a direction, jointly with its KL cost, forward in
time: with them the variance of (R - B) <S, v> is exact for a constant baseline B.

Dense in T x states: for small mazes. Shares no code with `theory.truncated`, which knows four rows a diamond only.
Not covered: rollouts without a horizon; baselines that depend on the sample, whose factor is stated where it is used.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from theory.numeric import InputError
from theory.rewards import Reward
from verify.learners.edges import Array, EdgePolicy


class Moves(NamedTuple):
    """Every possible step: from `source` to `to` (`goal` is the target) with probability p, as choice `slot` of the
    flat logits, -1 where nothing is chosen. States: 0 the fork, then (branch, x, edge), then the leaves."""

    source: Array
    to: Array
    p: Array
    slot: Array
    states: int
    goal: int


def moves(policy: EdgePolicy, target: int) -> Moves:
    """The steps of the walk on the full multigraph, for one target."""
    maze, p = policy.maze, policy.probabilities()
    n, edges = 2 * maze.K, maze.L + 1
    leaf, goal = 1 + maze.W * n * edges, 1 + maze.W * n * edges + maze.W

    def state(branch: int, x: int, came: int) -> int:
        if x == 0:
            return 0
        if x == n + 1:
            return goal if branch == target else leaf + branch
        return 1 + (branch * n + x - 1) * edges + came

    rows: list[tuple[int, int, float, int]] = [(0, state(b, 1, 0), 1 / maze.W, -1) for b in range(maze.W)]
    for b in range(maze.W):
        if b != target:
            rows.append((leaf + b, state(b, n, maze.L), 1.0, -1))
        for x in range(1, n + 1):
            back = maze.copies(x - 1)
            for came in range(edges):
                for k in range(edges):
                    to = (state(b, x + 1, k - back) if k >= back
                          else state(b, x - 1, k + (maze.copies(x - 2) if x > 1 else 0)))
                    slot = ((policy.block(b) * n + x - 1) * edges + came) * edges + k
                    rows.append((state(b, x, came), to, p[policy.block(b), x - 1, came, k], slot))
    source, to, probability, slot = zip(*rows, strict=True)
    return Moves(np.array(source), np.array(to), np.array(probability), np.array(slot), goal + 1, goal)


def _row_costs(policy: EdgePolicy, walk: Moves, kl: float) -> tuple[Array, Array]:
    """(kl * KL of each state's row against base, per state; its slope in each logit, flat)."""
    p = policy.probabilities()
    entropy = (p * np.log(p)).sum(axis=-1, keepdims=True)
    per_row = kl * (np.log(policy.maze.L + 1) + entropy)
    cost, chosen = np.zeros(walk.states), walk.slot >= 0
    cost[walk.source[chosen]] = np.broadcast_to(per_row, p.shape).ravel()[walk.slot[chosen]]
    return cost, (kl * p * (np.log(p) - entropy)).ravel()


def gradient(policy: EdgePolicy, reward: Reward, *, kl: float = 0.0, targets: list[int] | None = None) -> Array:
    """The exact gradient of the truncated objective in every logit, in their shape; the mean over `targets` (all).

    Excluded rollouts: of the mean reward of those that arrive. Errors: `InputError` without a horizon.
    """
    targets = list(range(policy.maze.W)) if targets is None else targets
    return sum((_gradient(policy, reward, kl, t) for t in targets), np.zeros_like(policy.logits)) / len(targets)


def _gradient(policy: EdgePolicy, reward: Reward, kl: float, target: int) -> Array:
    if reward.horizon is None:
        raise InputError("the witness needs a horizon")
    walk, T = moves(policy, target), reward.horizon
    cost, slope = _row_costs(policy, walk, kl) if kl else (np.zeros(walk.states), np.zeros(policy.logits.size))
    forward = np.zeros((T + 1, walk.states))
    forward[0, 0] = 1.0
    for t in range(T):
        forward[t + 1] = np.bincount(walk.to, forward[t, walk.source] * walk.p * (walk.source != walk.goal),
                                     minlength=walk.states)
    arrived = forward[1:, walk.goal]
    worth, failed = np.array(reward.of_success(np.arange(1, T + 1.0)), float), 0.0
    if reward.excluded:
        worth = (worth - (arrived @ worth) / arrived.sum()) / arrived.sum()
    else:
        failed = float(reward.of_failure())
    beta, out = np.full(walk.states, failed), np.zeros(policy.logits.size)
    chosen = walk.slot >= 0
    for t in range(T, 0, -1):
        beta[walk.goal] = worth[t - 1]
        here = np.bincount(walk.source, walk.p * beta[walk.to], minlength=walk.states)
        gain = forward[t - 1, walk.source] * walk.p * (beta[walk.to] - here[walk.source])
        out += np.bincount(walk.slot[chosen], gain[chosen], minlength=out.size)
        if kl:
            out -= np.bincount(walk.slot[chosen], (forward[t - 1, walk.source] * slope[walk.slot])[chosen],
                               minlength=out.size)
        beta = here - cost
    return out.reshape(policy.logits.shape)


def spread(policy: EdgePolicy, reward: Reward, direction: Array, *, kl: float = 0.0, baseline: float = 0.0,
           target: int = 0) -> tuple[float, float]:
    """(mean, bound on the standard deviation) of one rollout's (R - baseline) <S, direction>, KL parts included.

    R = 0 for rollouts that are cut off under `excluded`. Exact for kl = 0; with a KL penalty the direct part's
    deviation is added to that of the rest (Minkowski).
    """
    if reward.horizon is None:
        raise InputError("the witness needs a horizon")
    walk, v = moves(policy, target), np.append(direction.ravel(), 0.0)        # slot -1 finds the 0
    cost, slope = _row_costs(policy, walk, kl) if kl else (np.zeros(walk.states), np.zeros(direction.size))
    row_mean = np.bincount(walk.source, walk.p * v[walk.slot], minlength=walk.states)
    sigma = np.where(walk.slot >= 0, v[walk.slot] - row_mean[walk.source], 0.0)
    direct = np.zeros(walk.states)                                            # <slope of the row's KL, v>
    np.add.at(direct, walk.source, np.append(slope, 0.0)[walk.slot] * v[walk.slot])
    # moments E[C^i S^k; state], C the KL cost so far; and those of the direct part alone
    start = np.zeros(walk.states)
    start[0] = 1.0
    now: dict[Any, Array] = {(i, k): start * (i == k == 0) for i in range(3) for k in range(3)}
    plain = [start, start * 0, start * 0]
    first = second = 0.0
    direct_first = direct_second = 0.0

    def arrive(weight: float, mass: dict[Any, float]) -> tuple[float, float]:
        mean = weight * mass[0, 1] - mass[1, 1]
        square = weight**2 * mass[0, 2] - 2 * weight * mass[1, 2] + mass[2, 2]
        return mean, square

    for t in range(1, reward.horizon + 1):
        alive = walk.source != walk.goal
        new: dict[Any, Array] = {}
        for i, k in now:
            total = sum(math.comb(i, a) * math.comb(k, b) * cost[walk.source] ** (i - a) * sigma ** (k - b)
                        * now[a, b][walk.source] for a in range(i + 1) for b in range(k + 1))
            new[i, k] = np.bincount(walk.to, walk.p * alive * total, minlength=walk.states)
        d = direct[walk.source]
        plain = [np.bincount(walk.to, walk.p * alive * sum(math.comb(j, a) * d ** (j - a) * plain[a][walk.source]
                                                           for a in range(j + 1)), minlength=walk.states)
                 for j in range(3)]
        worth = float(reward.of_success(float(t))) - baseline
        mean, square = arrive(worth, {key: float(value[walk.goal]) for key, value in new.items()})
        first, second = first + mean, second + square
        direct_first += float(plain[1][walk.goal])
        direct_second += float(plain[2][walk.goal])
        now = new
        for value in (*now.values(), *plain):
            value[walk.goal] = 0.0
    rest = {key: float(value.sum()) for key, value in now.items()}
    failed = 0.0 if reward.excluded else float(reward.of_failure()) - baseline
    if not reward.excluded:
        mean, square = arrive(failed, rest)
        first, second = first + mean, second + square
    direct_first += float(plain[1].sum())
    direct_second += float(plain[2].sum())
    deviation = math.sqrt(max(second - first**2, 0.0)) + math.sqrt(max(direct_second - direct_first**2, 0.0))
    return first - direct_first, deviation
