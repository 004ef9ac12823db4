"""The estimator of the policy gradient, measured: its moments on the full chain, its visits, sampled rollouts.

None of it shares code with `theory.estimator`: `Moments` solves (I - P) M_jk = what the lower moments leave on the full
directed-edge chain, `scores` counts visits on the lumped chain, `rollouts` samples the pairs (T, S).

Not covered: untied rows, truncated rollouts.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from theory import hitting
from theory.chain import START, TARGET, block, full_chain, lumped_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import ROWS, Policy


class Moments:
    """E_s[T^j S^k] on the full chain for one row entry at a time, exactly; one inverse of I - P for all of them."""

    def __init__(self, maze: Maze, policy: Policy):
        self.rows = full_chain(maze, policy).nonzero()
        self.states = full_chain(maze, policy).visited()
        self.number = {state: i for i, state in enumerate(self.states)}
        self.of = block(maze, policy, 0)
        n = len(self.states)
        matrix = [[exact(int(i == j)) for j in range(n)] for i in range(n)]
        for state in self.states:
            for to, p in self.rows[state].items():
                if to != TARGET:
                    matrix[self.number[state]][self.number[to]] -= p
        self.inverse = flint.fmpq_mat(matrix).inv()

    def second(self, node: int, away: bool, p: Any, baseline: Any) -> tuple[Any, Any]:
        """(E[(B-T) S], E[((B-T) S)^2]) from the fork."""
        at = {(0, 0): {state: exact(1) for state in [*self.states, TARGET]}}
        for j, k in ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)):
            right = [[sum(prob * self._step(at, state, to, j, k, node, away, p)
                          for to, prob in self.rows[state].items())] for state in self.states]
            solved = self.inverse * flint.fmpq_mat([[exact(v)] for (v,) in right])
            at[j, k] = {state: solved[i, 0] for state, i in self.number.items()} | {TARGET: exact(0)}
        M, B = {key: fraction(values[START]) for key, values in at.items()}, baseline
        assert M[0, 1] == 0
        return B * M[0, 1] - M[1, 1], B * B * M[0, 2] - 2 * B * M[1, 2] + M[2, 2]

    def _step(self, at: Any, state: Any, to: Any, j: int, k: int, node: int, away: bool, p: Any) -> Any:
        here, scored = self.of(state), exact(0)
        if here != START and here[1:] == (node, away):
            onwards = to == TARGET or to.head.depth > to.tail.depth
            scored = int(onwards == away) - exact(p)
        return sum(math.comb(j, a) * math.comb(k, b) * scored ** (k - b) * at[a, b][to]
                   for a in range(j + 1) for b in range(k + 1) if (a, b) != (j, k) and (scored != 0 or b == k))


@functools.cache
def scores(maze: Maze, policy: Policy) -> dict[str, list[Any]]:
    """E[S^2] of every row entry: p(1-p) times the expected visits, by the lumped chain."""
    walk, rows = lumped_chain(maze, policy), policy.branch(0).expanded(maze.K)
    found: dict[str, list[Any]] = {}
    for name in ROWS:
        found[name] = []
        for j in range(maze.K):
            key = (2 * j + (1 if name in "cd" else 2), name in "ac")
            visits = walk.hitting_times(cost=functools.partial(_is, key))[START]
            p = fraction(exact(rows[name][j]))
            found[name].append(p * (1 - p) * visits)
    return found


def _is(key: tuple[int, bool], state: Any) -> int:
    return int(state != START and state[1:] == key)


def means(maze: Maze, policy: Policy) -> dict[str, list[Any]]:
    """-dH/dz of every row entry, from the exact gradient in the rows."""
    (gradient,), rows = hitting.gradient(maze, policy), policy.branch(0).expanded(maze.K)
    return {name: [-fraction(p * (1 - p)) * slope for p, slope in zip(rows[name], row, strict=True)]
            for name, row in zip(ROWS, gradient, strict=True)}


@functools.cache
def _sampler() -> Callable[..., Any]:
    import numba

    @numba.njit
    def walk(W: int, P: Any, Q: Any, node: int, away_row: bool, runs: int, seed: int) -> Any:
        np.random.seed(seed)
        n = len(P)
        steps, scores = np.empty(runs), np.empty(runs)
        p = P[node - 1] if away_row else Q[node - 1]
        for run in range(runs):
            x, away, target, t, score = 0, True, False, 0, 0.0
            while not (target and x == n + 1):
                t += 1
                if x == 0:
                    target, away, x = np.random.random() * W < 1, True, 1
                elif x == n + 1:
                    away, x = False, n
                else:
                    persists = np.random.random() < (P[x - 1] if away else Q[x - 1])
                    if x == node and away == away_row:
                        score += (1 - p) if persists else -p
                    if not persists:
                        away = not away
                    x += 1 if away else -1
            steps[run], scores[run] = t, score
        return steps, scores

    return walk


def rollouts(maze: Maze, policy: Policy, node: int, away: bool, runs: int, seed: int) -> tuple[Any, Any]:
    """(T, S) of `runs` sampled rollouts, S the score of the row entry at `node`, moving away from the fork or not."""
    P, Q = (np.array([float(fraction(v)) for v in row]) for row in policy.branch(0).persistence(maze.K))
    return _sampler()(maze.W, P, Q, node, away, runs, seed)
