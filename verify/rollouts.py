"""Rollouts: sampled walks, compiled, on the lumped chain and on the full multigraph; and whole excursions at once.

Setting. Three samplers of T, the steps from the fork to the target:

    rollouts     on the lumped chain, one state a (side, node, direction): a table of two successors a state and the
                 probability of the first, walked without branches
    walks        on the full multigraph, for a policy with a row for every directed edge; counts every choice made
    excursions   edge by edge instead of step by step, for policies whose hitting time is astronomical: O(K) draws

Randomness. Run number i of a seed has a stream of its own, xoshiro256++ (Blackman and Vigna) started by SplitMix64 from
the seed and i, so a sample does not depend on how runs are grouped. A step draws one 64-bit integer and compares it
with thresholds floor(2^64 p): a probability is off by at most 2^-64 beyond the rounding of p to a float.
`tests/walker.py` is the same walker in plain Python, held to these step for step.

Excursions. Let u_x be the crossings of edge (x, x+1) away from the fork, in wrong branches. Each arrival at x from
below goes on with probability P_x, and each return from above goes back out with probability 1 - Q_x, so
u_x = m + NB(m, Q_x), m ~ Bin(u_{x-1}, P_x), NB counting failures: a branching process, the discrete Ray-Knight theorem.
In the target branch the crossings d_x towards the fork obey d_{x-1} = m + NB(m + 1, P_x), m ~ Bin(d_x, Q_x), from
d_{2K} = 0, since the walker surely comes back. There are d_0 + 1 entries into it, hence NB(d_0 + 1, 1/W) into wrong
branches, and T = sum (2 d_x + 1) + 2 sum u_x. Exact in distribution, up to the rounding of numpy's samplers.

A walk cut off at `limit` steps is reported as `limit` and only bounds its hitting time from below.
Not covered: walks under a wrapper (`verify.inference`); excursions of untied policies.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theory.maze import Maze
from theory.numeric import LARGEST_COUNT, InputError, integer
from theory.policy import Policy
from verify.learners.edges import EdgePolicy
from verify.streams import streams

Array = np.ndarray
STRIDE, PAUSE = 256, 200_000_000       # walks, or steps at most, between two moments at which Python may look up
COUNTED = 2**53                        # above it a count of crossings is not exact in a float


def thresholds(p: Array) -> Array:
    """floor(2^64 p) as uint64, for probabilities in float64; 1 and what rounds to it give the largest integer."""
    scaled = np.ldexp(p, 64)
    return np.where(scaled >= 2.0**64, np.uint64(2**64 - 1), np.minimum(scaled, 2.0**64 - 2048).astype(np.uint64))


# -- the lumped chain -------------------------------------------------------------------------------------------

class Table(NamedTuple):
    """A chain of two successors a state: move to after[2s] when the draw is below below[s], else to after[2s+1]."""

    below: Array                         # (states,) uint64
    after: Array                         # (2 states,) int64; state 0 is the fork
    goal: int


def lumped_table(maze: Maze, policy: Policy) -> Table:
    """The lumped chain of a tied policy with numeric rows: side 0 the target's branch, side 1 all wrong ones."""
    policy.check(maze)
    if not policy.tied or policy.kind != "rational":
        raise InputError("rollouts need a tied policy with numeric rows")
    P, Q = (np.array([int(v.p) / int(v.q) for v in row]) for row in policy.branches[0].persistence(maze.K))
    n = len(P)

    def state(side: int, x: int, away: bool) -> int:
        if x == 0 or (side, x) == (0, n + 1):
            return 0 if x == 0 else 4 * n + 2
        return 1 + side * 2 * n + (x - 1 if away else n + x - 1) if x <= n else 4 * n + 1

    rows = [(1 / maze.W, state(0, 1, True), state(1, 1, True))]
    for side in (0, 1):
        rows += [(P[x - 1], state(side, x + 1, True), state(side, x - 1, False)) for x in range(1, n + 1)]
        rows += [(Q[x - 1], state(side, x - 1, False), state(side, x + 1, True)) for x in range(1, n + 1)]
    rows += [(1.0, state(1, n, False), state(1, n, False))] * 2                   # the wrong leaf; the target, unused
    return Table(thresholds(np.array([row[0] for row in rows])),
                 np.array([to for row in rows for to in row[1:]], np.int64), 4 * n + 2)


def rollouts(maze: Maze, policy: Policy, runs: int, *, seed: int, limit: int = 10**9) -> Array:
    """Steps from the fork to the target of `runs` sampled walks, shape (runs,), int64; `limit` where cut off.

    Errors: `InputError` for an untied or symbolic policy, rows of the wrong length, runs or limit below 1.
    """
    integer(runs, "runs"), integer(limit, "limit", most=LARGEST_COUNT)
    table = lumped_table(maze, policy)
    return np.concatenate([_kernels().rollouts(*table, first, min(STRIDE, runs - first), limit, np.uint64(seed % 2**64))
                           for first in range(0, runs, STRIDE)])


# -- the full multigraph ----------------------------------------------------------------------------------------

class Walks(NamedTuple):
    """Sampled walks on the multigraph: steps (runs,) and whether the target was reached (runs,); and how often each
    choice was made, counts (runs, blocks, 2K, L+1, L+1), where asked for."""

    steps: Array
    reached: Array
    counts: Array


def walks(policy: EdgePolicy, targets: Array, *, seed: int, first: int = 0, limit: int = 10**9, counted: bool = True,
          apart: bool = False) -> Walks:
    """One sampled walk for each entry of `targets` (branch numbers), as runs first, first+1, ... of the seed.

    counted: whether to count choices, in the blocks of the policy's logits. apart: count in W blocks, and if the rows
    are tied in two, the target's branch and the others. limit: a walk is cut off after so many steps.
    Errors: `InputError` for a limit below 1 or a target that is no branch.
    """
    integer(limit, "limit", most=LARGEST_COUNT)
    maze, targets = policy.maze, np.asarray(targets, np.int64)
    if len(targets) and not (0 <= targets.min() and targets.max() < maze.W):
        raise InputError(f"target branches {targets.min()} .. {targets.max()}: the maze has 0 .. {maze.W - 1}")
    blocks = (2 if policy.tied else maze.W) if apart else len(policy.logits)
    counts = np.zeros((len(targets) if counted else 0, blocks, *policy.logits.shape[1:]), np.int32)
    steps, reached = np.empty(len(targets), np.int64), np.empty(len(targets), np.bool_)
    below, stride = thresholds(np.cumsum(policy.probabilities(), axis=-1)), max(1, PAUSE // limit)
    for start in range(0, len(targets), stride):                       # between strides a Ctrl-C is heard
        part = slice(start, start + stride)
        _kernels().walks(below, targets[part], maze.W, np.uint64(seed % 2**64), first + start, limit, apart,
                         steps[part], reached[part], counts[part])
    return Walks(steps, reached, counts)


class _Kernels(NamedTuple):
    rollouts: Callable[..., Array]
    walks: Callable[..., None]


@functools.cache
def _kernels() -> _Kernels:
    """The compiled loops; compiled on first use."""
    import numba

    rotated, started, _ = streams()
    u64 = np.uint64

    @numba.njit
    def rollouts(below: Array, after: Array, goal: int, first: int, runs: int, limit: int, seed: Any) -> Array:
        steps = np.empty(runs, np.int64)
        for run in range(runs):
            s0, s1, s2, s3 = started(seed, first + run)
            state = t = 0
            while t < limit:
                draw = rotated(s0 + s3, 23) + s0                   # xoshiro256++, written out: a call costs a third
                shifted = s1 << u64(17)
                s2 ^= s0
                s3 ^= s1
                s1 ^= s2
                s0 ^= s3
                s2 ^= shifted
                s3 = rotated(s3, 45)
                state = after[2 * state + (draw >= below[state])]
                t += 1
                if state == goal:
                    break
            steps[run] = t
        return steps

    @numba.njit
    def walks(below: Array, targets: Array, W: int, seed: Any, first: int, limit: int, apart: bool, steps: Array,
              reached: Array, counts: Array) -> None:
        n, edges, tied, counted = below.shape[1], below.shape[2], len(below) == 1, len(counts) > 0
        L = edges - 1
        for run in range(len(targets)):
            s0, s1, s2, s3 = started(seed, first + run)
            target, t, x, came, branch, block, column, done = targets[run], 0, 0, 0, 0, 0, 0, False
            while t < limit and not done:
                t += 1
                if x == n + 1:                                     # a wrong leaf: reflected, nothing to draw
                    x, came = n, L
                    continue
                draw = rotated(s0 + s3, 23) + s0
                shifted = s1 << u64(17)
                s2 ^= s0
                s3 ^= s1
                s1 ^= s2
                s0 ^= s3
                s2 ^= shifted
                s3 = rotated(s3, 45)
                if x == 0:                                         # the fork: any branch, every time
                    branch, x, came = int(np.float64(draw >> u64(11)) * 2.0**-53 * W), 1, 0
                    block = 0 if tied else branch
                    column = block if not apart else int(branch != target) if tied else branch
                    continue
                choice = 0
                for k in range(L):
                    choice += draw >= below[block, x - 1, came, k]
                if counted:
                    counts[run, column, x - 1, came, choice] += 1
                back = L if x % 2 == 0 else 1                      # edges of node x that lead back
                if choice < back:
                    x -= 1                                         # there it is one of the edges that lead on
                    came = (L if x % 2 == 0 else 1) + choice
                else:
                    x, came = x + 1, choice - back
                    done = x == n + 1 and branch == target
            steps[run], reached[run] = t, done

    return _Kernels(rollouts, walks)


# -- excursions -------------------------------------------------------------------------------------------------

def excursions(maze: Maze, policy: Policy, runs: int, *, seed: int) -> Array:
    """`runs` draws of T by whole excursions, shape (runs,), int64: O(K) random numbers a walk, however long it is.

    Errors: `InputError` as `rollouts`, for rows that never arrive, and when a count of crossings passes 2^53, beyond
    which a float is not a count.

    >>> int(excursions(Maze(1, 4, 3), Policy.optimum(), 5, seed=0).max())
    9
    """
    integer(runs, "runs")
    policy.check(maze)
    if not policy.tied or policy.kind != "rational":
        raise InputError("excursions need a tied policy with numeric rows")
    P, Q = (np.array([int(v.p) / int(v.q) for v in row]) for row in policy.branches[0].persistence(maze.K))
    if np.any(P == 0) or (maze.W > 1 and np.any(Q == 0)):
        raise InputError("excursions need rows above 0: this walk may never arrive")
    rng = np.random.default_rng(seed)
    total = np.full(runs, 2 * maze.K + 1, np.int64)
    inward = np.zeros(runs, np.int64)                              # d_x, the target's branch, from its far end
    for p, q in zip(P[::-1], Q[::-1], strict=True):
        again = rng.binomial(inward, q)
        inward = again + _failures(rng, again + 1, p)
        total += 2 * inward
    outward = _failures(rng, inward + 1, 1 / maze.W)               # u_0: entries into wrong branches
    for x in range(2 * maze.K + 1):
        if x:
            again = rng.binomial(outward, P[x - 1])
            outward = again + _failures(rng, again, Q[x - 1])
        total += 2 * outward
        if total.max() > COUNTED:
            raise InputError(f"a walk of about {total.max():.3g} steps: crossings past 2^53 are not counted exactly")
    return total


def _failures(rng: np.random.Generator, n: Array, p: float) -> Array:
    """NB(n, p): failures before the n-th success; 0 for n = 0."""
    drawn = np.zeros(len(n), np.int64)
    some = n > 0
    if np.any(some) and p < 1:
        # numpy's Poisson refuses means near 2^63; far below that floats stop counting
        if n.max() * (1 - p) / p > COUNTED:
            raise InputError(f"about {n.max() * (1 - p) / p:.3g} crossings of an edge: past 2^53 they are not counted "
                             "exactly")
        drawn[some] = rng.negative_binomial(n[some], p)
    return drawn
