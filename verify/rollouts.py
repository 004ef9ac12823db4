"""Rollouts: sampled walks of a policy, compiled.

Setting. The walk of `theory.policy` on the lumped chain: the side (target or wrong branch, tied), the node x, the
direction. Each call seeds its own generator, so that a seed gives the same sample on every machine.

A walk cut off at `limit` steps is reported as `limit` and only bounds its hitting time from below. Not covered: untied
policies; walks whose hitting time is astronomical.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from theory.maze import Maze
from theory.numeric import InputError, integer
from theory.policy import Policy

Array = np.ndarray


def rollouts(maze: Maze, policy: Policy, runs: int, *, seed: int, limit: int = 10**9) -> Array:
    """Steps from the fork to the target of `runs` sampled walks, shape (runs,), int64; `limit` where cut off.

    Errors: `InputError` for an untied or symbolic policy, rows of the wrong length, runs or limit below 1.
    """
    integer(runs, "runs"), integer(limit, "limit")
    policy.check(maze)
    if not policy.tied or policy.kind != "rational":
        raise InputError("rollouts need a tied policy with numeric rows")
    P, Q = (np.array([int(v.p) / int(v.q) for v in row]) for row in policy.branches[0].persistence(maze.K))
    return _walker()(maze.W, P, Q, runs, limit, seed % 2**32)


@functools.cache
def _walker() -> Callable[..., Any]:
    import numba

    @numba.njit
    def walk(W: int, P: Array, Q: Array, runs: int, limit: int, seed: int) -> Array:
        np.random.seed(seed)
        n = len(P)
        steps = np.empty(runs, np.int64)
        for run in range(runs):
            x, away, target, t = 0, True, False, 0
            while t < limit:
                t += 1
                if x == 0:                                  # the fork: any branch, every time
                    target, away, x = np.random.random() * W < 1, True, 1
                elif x == n + 1:                            # a wrong leaf: reflected
                    away, x = False, n
                else:
                    if np.random.random() >= (P[x - 1] if away else Q[x - 1]):
                        away = not away
                    x += 1 if away else -1
                if x == n + 1 and target:
                    break
            steps[run] = t
        return steps

    return walk
