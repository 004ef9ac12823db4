"""What a sampled policy gradient should give: its exact mean, and a bound on its spread, on the full multigraph.

Setting. The walk as a list of moves (from a state, to a state, probability, the choice it is), one state an arc; rows
may all differ. Rollouts are cut off at the reward's horizon T, so everything is a finite sum over t:

    forward     alpha_t(s), the probability of state s after t steps
    backward    beta_t(s), the expected reward (less KL costs) from there on
    gradient    sum_t alpha_t(s) p(k|s) (beta_{t+1}(k) - mean of beta_{t+1} over the row), for each choice k,
                less the direct part of the KL penalty

`score` carries the first two moments of a rollout's score along a direction forward in time: with them the mean and the
variance of the estimates are exact, for a constant baseline and for the group's (`Score`).

Dense in T x states: for small mazes. Shares no code with `theory.truncated`, which knows four rows a diamond only.
Not covered: rollouts without a horizon; the spread of GRPO's estimate, of which a check uses a bound.
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
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Moves(columns[0], columns[1], columns[2], columns[3], goal + 1, goal)


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
    if reward.horizon is None or (reward.excluded and kl):
        raise InputError("the witness needs a horizon, and excludes no rollouts under a KL penalty")
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


class Score(NamedTuple):
    """Moments of one rollout's reward R and of its score S along a direction, S = <score, v>; E[S] = 0.

    Under `excluded` a rollout that is cut off counts as R = 0 here.
    """

    R: float
    R2: float
    S2: float
    RS: float
    R2S2: float
    RS2: float

    def plain(self, baseline: float = 0.0) -> tuple[float, float]:
        """(mean, standard deviation) of (R - baseline) S."""
        return self.RS, math.sqrt(max(self.R2S2 - 2 * baseline * self.RS2 + baseline**2 * self.S2 - self.RS**2, 0.0))

    def covariance(self, group: int) -> tuple[float, float]:
        """(mean, standard deviation) of the sample covariance of R and S over a group: the estimate with baseline loo.

        Its variance is mu_22/G - (G-2)/(G(G-1)) mu_11^2 + mu_20 mu_02/(G(G-1)), mu the central moments of (R, S).
        """
        mu_22 = self.R2S2 - 2 * self.R * self.RS2 + self.R**2 * self.S2
        rest = (self.R2 - self.R**2) * self.S2 - (group - 2) * self.RS**2
        return self.RS, math.sqrt(max(mu_22 / group + rest / (group * (group - 1)), 0.0))


def score(policy: EdgePolicy, reward: Reward, direction: Array, *, target: int = 0) -> Score:
    """The exact moments of one rollout, rows and direction shaped like the logits; no KL penalty.

    Errors: `InputError` without a horizon.
    """
    if reward.horizon is None:
        raise InputError("the witness needs a horizon")
    walk = moves(policy, target)
    sigma = _increments(walk, direction)
    mass = [np.zeros(walk.states) for _ in range(3)]                # E[S^k; state], k = 0, 1, 2
    mass[0][0] = 1.0
    found = np.zeros(6)
    for t in range(1, reward.horizon + 1):
        mass = _pushed(walk, sigma, mass)
        found += _terms(float(reward.of_success(float(t))), [m[walk.goal] for m in mass])
        for m in mass:
            m[walk.goal] = 0.0
    found += _terms(0.0 if reward.excluded else float(reward.of_failure()), [m.sum() for m in mass])
    return Score(*(float(v) for v in found))


def _increments(walk: Moves, direction: Array) -> Array:
    """What each move adds to <score, direction>: the direction's entry less its mean over the row."""
    v = np.append(direction.ravel(), 0.0)                           # slot -1 finds the 0
    mean = np.bincount(walk.source, walk.p * v[walk.slot], minlength=walk.states)
    return np.where(walk.slot >= 0, v[walk.slot] - mean[walk.source], 0.0)


def _pushed(walk: Moves, step: Array, mass: list[Array]) -> list[Array]:
    """The moments E[S^k; state] one step later, when a move adds `step` to S."""
    alive = walk.p * (walk.source != walk.goal)
    return [np.bincount(walk.to, alive * sum(math.comb(k, i) * step ** (k - i) * mass[i][walk.source]
                                             for i in range(k + 1)), minlength=walk.states) for k in range(len(mass))]


def _terms(R: float, mass: list[Any]) -> Array:
    p, first, second = mass
    return np.array([R * p, R**2 * p, second, R * first, R**2 * second, R * second])


def kl_deviation(policy: EdgePolicy, reward: Reward, direction: Array, kl: float, *, target: int = 0) -> float:
    """A bound on the standard deviation of a rollout's whole estimate with a KL penalty and no baseline.

    The reward's part is exact; the penalty's, kl C S with C the KL paid, by |C| <= T max KL; the direct part by its
    exact second moment; the three added up (Minkowski).
    """
    walk = moves(policy, target)
    cost, slope = _row_costs(policy, walk, kl)
    plain = score(policy, reward, direction, target=target)
    direct = np.zeros(walk.states)
    chosen = walk.slot >= 0
    row = np.bincount(walk.source[chosen], (slope * direction.ravel())[walk.slot[chosen]], minlength=walk.states)
    direct[:] = row
    mass = [np.zeros(walk.states) for _ in range(3)]
    mass[0][0] = 1.0
    second = 0.0
    for _ in range(int(reward.horizon or 0)):
        mass = _pushed(walk, direct[walk.source], mass)
        second += mass[2][walk.goal]
        for m in mass:
            m[walk.goal] = 0.0
    second += mass[2].sum()
    return plain.plain()[1] + int(reward.horizon or 0) * cost.max() * math.sqrt(plain.S2) + math.sqrt(second)
