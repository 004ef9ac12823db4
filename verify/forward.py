"""The law of the arrival step and its derivative in every row, exactly: the witness of truncated objectives.

Setting. A policy's chain (`theory.chain`, full or lumped) is affine in each row entry p, so dM/dp is the chain at p = 1
minus the chain at p = 0. The row vector v_t of the occupied states and its derivative go forward together,
v_{t+1} = v_t M and v'_{t+1} = v'_t M + v_t dM, in rationals. No backward pass, no states written down here: it shares
nothing with `theory.truncated` but the multigraph.

Not covered: large mazes; it costs O(rows x states x T) operations on growing fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theory.chain import START, TARGET, Chain, lumped_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import ROWS, Branch, Policy

Make = Callable[..., Chain]


def replaced(policy: Policy, K: int, branch: int, row: str, j: int, value: Any) -> Policy:
    """The policy with one row entry (of every branch, when tied) replaced."""
    branches = [b.expanded(K) for b in policy.branches]
    branches[branch][row][j] = exact(value)
    return Policy.of(*(Branch(**b) for b in branches))


def _step(vector: dict[Any, Any], rows: dict[Any, dict[Any, Any]]) -> dict[Any, Any]:
    after: dict[Any, Any] = {}
    for state, mass in vector.items():
        if state != TARGET and mass != 0:
            for to, p in rows.get(state, {}).items():
                after[to] = after.get(to, 0) + mass * p
    return after


def arrival_law(maze: Maze, policy: Policy, horizon: int, *, target: int = 0, make: Make = lumped_chain,
                ) -> tuple[list[Any], dict[tuple[int, str, int], list[Any]]]:
    """([P(T = 0), ..., P(T = horizon)], {(branch, row, j): its derivatives}); branch 0 alone when the rows are tied."""
    walk = make(maze, policy, target=target).rows
    laws: list[dict[Any, Any]] = [{START: exact(1)}]
    for _ in range(horizon):
        laws.append(_step(laws[-1], walk))
    slopes = {}
    for branch in range(len(policy.branches)):
        for row in ROWS:
            for j in range(maze.K):
                one, nil = (make(maze, replaced(policy, maze.K, branch, row, j, v), target=target).rows for v in (1, 0))
                moved = {s: {to: one[s].get(to, 0) - nil[s].get(to, 0) for to in {**one[s], **nil[s]}}
                         for s in walk if one[s] != nil[s]}
                change: dict[Any, Any] = {}
                series = [exact(0)]
                for law in laws[:-1]:
                    pushed = _step(law, moved)
                    change = _step(change, walk)
                    for state, value in pushed.items():
                        change[state] = change.get(state, 0) + value
                    series.append(change.get(TARGET, exact(0)))
                slopes[branch, row, j] = series
    return [law.get(TARGET, exact(0)) for law in laws], slopes


def reward_gradient(maze: Maze, policy: Policy, reward: Any, *, target: int = 0, make: Make = lumped_chain,
                    ) -> tuple[Any, dict[tuple[int, str, int], Any]]:
    """(J, {(branch, row, j): dJ/dp}) of a `theory.rewards.Reward` with a horizon, exactly if its numbers are."""
    law, slopes = arrival_law(maze, policy, reward.horizon, target=target, make=make)
    worth = [exact(reward.of_success(t)) for t in range(reward.horizon + 1)]
    mass, total = sum(law, exact(0)), sum((f * r for f, r in zip(law, worth, strict=True)), exact(0))
    lost = exact(reward.of_failure())
    gradient = {}
    for key, series in slopes.items():
        slope = sum((f * r for f, r in zip(series, worth, strict=True)), exact(0))
        moved = sum(series, exact(0))
        gradient[key] = fraction((slope - total / mass * moved) / mass if reward.excluded else slope - moved * lost)
    return fraction(total / mass if reward.excluded else total + (1 - mass) * lost), gradient


def reach_slopes(maze: Maze, policy: Policy, horizon: int, *, target: int = 0, make: Make = lumped_chain,
                 ) -> dict[tuple[int, str, int], Any]:
    """{(branch, row, j): dP(T <= horizon)/dp}, exactly."""
    return {key: fraction(sum(series, exact(0)))
            for key, series in arrival_law(maze, policy, horizon, target=target, make=make)[1].items()}


