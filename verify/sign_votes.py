"""RLVR that samples signs: every sign step takes the sign of a median of averages of REINFORCE's estimates.

Setting. Rows are tied; a policy is 4K log-odds z of persisting. A stage walks k groups of m full rollouts of the lumped
chain; a rollout of T steps with score S in a row entry estimates -dH/dz by (H - T) S. Each log-odds moves by lr along
the sign of the median over the groups of their averages. This is the learner whose rollouts `theory.bill` counts. Its
rollouts share nothing with the exact gradient but the baseline H; only how good the learnt policy is, is solved.

Run number i of a seed has streams of its own. Not covered: signs that are known to be right and tested no more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from theory.dynamics import base_log_odds, cost_and_gradient
from theory.maze import Maze
from theory.numeric import InputError, integer
from verify.streams import streams

Array = np.ndarray


class Votes(NamedTuple):
    """The end of a run: H of the policy learnt, how many signs were wrong, how many steps were walked."""

    H: float
    wrong: int
    walked: int


@functools.cache
def _walker() -> Callable[..., int]:
    import numba

    parts = streams()
    started, drawn = parts.started, parts.drawn

    @numba.njit
    def walk(W: int, persist: Array, baseline: float, sums: Array, m: int, seed: Any, first: int) -> int:
        """Add the estimates of m rollouts for each group to sums (groups x 4K); returns the steps walked.

        persist: 4K probabilities, entry 2(x-1) for node x moving away, 2(x-1)+1 moving towards the fork.
        """
        n, walked = len(persist) // 2, 0
        scores = np.zeros(2 * n)
        for group in range(len(sums)):
            s0, s1, s2, s3 = started(seed, first + group)
            for _ in range(m):
                x, away, target, t = 0, True, False, 0
                scores[:] = 0.0
                while not (target and x == n + 1):
                    t += 1
                    if x == 0:
                        draw, s0, s1, s2, s3 = drawn(s0, s1, s2, s3)
                        target, away, x = float(draw >> np.uint64(11)) * 2.0**-53 * W < 1.0, True, 1
                    elif x == n + 1:
                        away, x = False, n
                    else:
                        entry = 2 * (x - 1) + (0 if away else 1)
                        draw, s0, s1, s2, s3 = drawn(s0, s1, s2, s3)
                        if float(draw >> np.uint64(11)) * 2.0**-53 < persist[entry]:
                            scores[entry] += 1.0 - persist[entry]
                        else:
                            scores[entry] -= persist[entry]
                            away = not away
                        x += 1 if away else -1
                walked += t
                for entry in range(2 * n):
                    sums[group, entry] += (baseline - t) * scores[entry]
        return walked

    return walk


def flat(z: Array) -> Array:
    """4 x K (rows a, b, c, d) in the order of nodes, away before towards: c_1, d_1, a_1, b_1, c_2, ..."""
    return z[[2, 3, 0, 1]].T.ravel()


def learn(maze: Maze, rollouts: Sequence[int], groups: int, lr: float, *, seed: int, run: int = 0) -> Votes:
    """Sign steps of size lr from base with sampled signs, one for each entry of `rollouts`, in so many odd `groups`.

    Errors: `InputError` for an even number of groups, or fewer rollouts than groups.
    """
    if integer(groups, "groups") % 2 == 0:
        raise InputError(f"groups = {groups}: a median needs an odd number")
    z, walked, wrong = base_log_odds(maze), 0, 0
    for stage, n in enumerate(rollouts):
        if n < groups:
            raise InputError(f"rollouts = {n}: fewer than the {groups} groups")
        H, slope = cost_and_gradient(maze, z)
        sums: Any = np.zeros((groups, 4 * maze.K))
        # a stream for each group of each stage of each run
        first = (run * len(rollouts) + stage) * groups
        walked += _walker()(maze.W, 1 / (1 + np.exp(-flat(z))), H, sums, n // groups, np.uint64(seed), first)
        signs = np.sign(np.median(sums, axis=0))
        wrong += int(np.count_nonzero(signs != -np.sign(flat(slope))))
        z += lr * signs.reshape(maze.K, 4).T[[2, 3, 0, 1]]
    return Votes(cost_and_gradient(maze, z)[0], wrong, walked)
