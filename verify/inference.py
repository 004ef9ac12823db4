"""Sampled walks under a wrapper, compiled, on the full multigraph: search, restarts, walks side by side.

Setting. Any `EdgePolicy` walks; the wrapper decides what it may do and what is counted.

    search      no directed edge is crossed twice, choices at the fork included. The policy's choice is drawn among the
                edges still open, their probabilities renormalised; where all of these are 0, uniformly. `charged`: the
                walker proposes from its policy instead and takes back proposals of crossed edges, a step each; where
                only probabilities of 0 are open it proposes for ever. No open edge at all: the walk is stranded, which
                happens at the fork alone (`theory.wrappers.search_strands`).
    restarted   an attempt of so many steps is abandoned, and the next begins at the fork, which costs no step; so many:
                a fixed budget, or a unit times Luby's sequence 1, 1, 2, 1, 1, 2, 4, ... Or an attempt is abandoned when
                it arrives at a wrong leaf.
    side_by_side  k independent walks a run, all stopped when the first arrives, or after a budget.

Randomness as in `verify.rollouts`: run number i of a seed has a stream of its own (`verify.streams`); walker j of run i
in `side_by_side` is run k i + j. A search draws one number a choice, the wrong leaf's reflection excepted, and when
charged one more where some edge is crossed: the number of rejected proposals, geometric, by inversion.

A walk cut off at `limit` steps is reported as `limit`, not reached, and only bounds its steps from below.
The exact counterpart on small mazes is `verify.wrapped`. Not covered: memory that outlives a restart.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theory.numeric import InputError, integer
from verify.learners.edges import EdgePolicy
from verify.rollouts import thresholds, walks
from verify.streams import streams

Array = np.ndarray


class Searches(NamedTuple):
    """Walks under search: steps, whether the target was reached, whether the walk stranded; shape (runs,) each."""

    steps: Array
    reached: Array
    stranded: Array


class Restarts(NamedTuple):
    """Walks under restarts: steps of all attempts together, whether the target was reached, attempts begun; (runs,)."""

    steps: Array
    reached: Array
    attempts: Array


class SideBySide(NamedTuple):
    """Walks side by side: steps until the first of k arrives (or the budget), whether one did, steps of all k."""

    steps: Array
    reached: Array
    work: Array


def _targets(policy: EdgePolicy, targets: Array, limit: int) -> Array:
    integer(limit, "limit")
    targets = np.asarray(targets, np.int64)
    if len(targets) and not (0 <= targets.min() and targets.max() < policy.maze.W):
        raise InputError(f"target branches {targets.min()} .. {targets.max()}: the maze has 0 .. {policy.maze.W - 1}")
    return targets


def search(policy: EdgePolicy, targets: Array, *, seed: int, first: int = 0, limit: int = 10**9,
           charged: bool = False) -> Searches:
    """One walk under search for each entry of `targets` (branch numbers), as runs first, first+1, ... of the seed.

    charged: rejected proposals count a step each. Errors: `InputError` for a limit below 1 or a target that is none.
    """
    targets = _targets(policy, targets, limit)
    steps, reached, stranded = (np.empty(len(targets), kind) for kind in (np.int64, np.bool_, np.bool_))
    _kernels().search(policy.probabilities(), targets, policy.maze.W, np.uint64(seed % 2**64), first, limit, charged,
                      steps, reached, stranded)
    return Searches(steps, reached, stranded)


def restarted(policy: EdgePolicy, targets: Array, *, seed: int, budget: int | None = None, luby: bool = False,
              dead_ends: bool = False, first: int = 0, limit: int = 10**9) -> Restarts:
    """One walk under restarts for each entry of `targets` (branch numbers), as runs first, first+1, ... of the seed.

    budget: steps an attempt, or the unit of Luby's sequence. dead_ends: abandon an attempt at a wrong leaf too.
    Errors: `InputError` for a budget or limit below 1, for no rule at all, for Luby's sequence without a unit, for a
    fixed budget below 2K+1, with which no attempt can succeed, and for a target that is no branch.
    """
    targets = _targets(policy, targets, limit)
    if budget is None:
        if luby or not dead_ends:
            raise InputError("restarts need a budget" + (", the unit of Luby's sequence" if luby else " or dead_ends"))
    elif integer(budget, "budget") < policy.maze.shortest and not luby:
        raise InputError(f"budget = {budget}: no attempt can succeed in less than 2K+1 = {policy.maze.shortest} steps")
    steps, reached, attempts = (np.empty(len(targets), kind) for kind in (np.int64, np.bool_, np.int64))
    _kernels().restarted(thresholds(np.cumsum(policy.probabilities(), axis=-1)), targets, policy.maze.W,
                         np.uint64(seed % 2**64), first, limit, budget or 0, luby, dead_ends, steps, reached, attempts)
    return Restarts(steps, reached, attempts)


def side_by_side(policy: EdgePolicy, targets: Array, k: int, *, seed: int, first: int = 0,
                 budget: int = 10**9) -> SideBySide:
    """k independent walks for each entry of `targets`, stopped together when the first arrives or after `budget`.

    Errors: `InputError` for k or a budget below 1, or a target that is no branch.
    """
    integer(k, "k"), integer(budget, "budget")
    each = walks(policy, np.repeat(np.asarray(targets, np.int64), k), seed=seed, first=first * k, limit=budget,
                 counted=False)
    # a walk cut off counts its budget, which is what all walks have spent if none arrives
    steps = each.steps.reshape(-1, k).min(axis=1)
    return SideBySide(steps, np.asarray(each.reached.reshape(-1, k).any(axis=1)), k * steps)


class _Kernels(NamedTuple):
    search: Callable[..., None]
    restarted: Callable[..., None]


@functools.cache
def _kernels() -> _Kernels:
    """The compiled loops; compiled on first use."""
    import numba

    _, started, drawn = streams()
    u64 = np.uint64

    @numba.njit(inline="always")
    def unit(draw: Any) -> Any:
        return np.float64(draw >> u64(11)) * 2.0**-53

    @numba.njit
    def search(p: Array, targets: Array, W: int, seed: Any, first: int, limit: int, charged: bool, steps: Array,
               reached: Array, stranded: Array) -> None:
        n, L, tied = p.shape[1], p.shape[2] - 1, len(p) == 1
        weights = np.zeros(max(W, L + 1))
        for run in range(len(targets)):
            s0, s1, s2, s3 = started(seed, first + run)
            target, t, x, came, branch, done, stuck = targets[run], 0, 0, 0, 0, False, False
            # crossed[branch, x, k, 0 or 1]: edge k between the nodes at depths x and x+1, away or back
            crossed = np.zeros((W, n + 1, L, 2), np.bool_)
            while t < limit and not done:
                if x == n + 1:                                     # a wrong leaf: entered once, left once
                    crossed[branch, n, 0, 1] = True
                    t, x, came = t + 1, n, L
                    continue
                choices, back = (W, 0) if x == 0 else (L + 1, L if x % 2 == 0 else 1)
                total, left = 0.0, 0
                for k in range(choices):
                    if x == 0:
                        shut, weight = crossed[k, 0, 0, 0], 1.0 / W
                    elif k < back:
                        shut, weight = crossed[branch, x - 1, k, 1], p[0 if tied else branch, x - 1, came, k]
                    else:
                        shut, weight = crossed[branch, x, k - back, 0], p[0 if tied else branch, x - 1, came, k]
                    weights[k] = -1.0 if shut else weight          # a probability is never negative: -1 says shut
                    if not shut:
                        total += weight
                        left += 1
                if left == 0:
                    stuck = True
                    break
                if charged and left < choices:
                    draw, s0, s1, s2, s3 = drawn(s0, s1, s2, s3)
                    rejected = np.inf if total <= 0.0 else 0.0
                    if 0.0 < total < 1.0:
                        rejected = np.floor(np.log1p(-unit(draw)) / np.log1p(-total))
                    if not rejected < limit - t:
                        t = limit
                        break
                    t += int(rejected)
                draw, s0, s1, s2, s3 = drawn(s0, s1, s2, s3)
                aim = unit(draw) * (total if total > 0.0 else left)
                choice = -1
                for k in range(choices):
                    if weights[k] < 0.0 or (weights[k] == 0.0 and total > 0.0):
                        continue
                    choice = k                                     # the last open one, should rounding pass them all
                    aim -= weights[k] if total > 0.0 else 1.0
                    if aim < 0.0:
                        break
                t += 1
                if x == 0:
                    branch, x, came = choice, 1, 0
                    crossed[branch, 0, 0, 0] = True
                elif choice < back:
                    crossed[branch, x - 1, choice, 1] = True
                    x -= 1
                    came = (L if x % 2 == 0 else 1) + choice
                else:
                    crossed[branch, x, choice - back, 0] = True
                    x, came = x + 1, choice - back
                    done = x == n + 1 and branch == target
            steps[run], reached[run], stranded[run] = t, done, stuck

    @numba.njit
    def restarted(below: Array, targets: Array, W: int, seed: Any, first: int, limit: int, budget: int, luby: bool,
                  dead_ends: bool, steps: Array, reached: Array, attempts: Array) -> None:
        n, L, tied = below.shape[1], below.shape[2] - 1, len(below) == 1
        for run in range(len(targets)):
            s0, s1, s2, s3 = started(seed, first + run)
            target, t, x, came, branch, done = targets[run], 0, 0, 0, 0, False
            # Knuth's pairs (u, v): the second entries are Luby's sequence
            u, v, clock, begun = 1, 1, 0, 1
            while t < limit and not done:
                t += 1
                clock += 1
                if x == n + 1:
                    x, came = n, L
                else:
                    draw, s0, s1, s2, s3 = drawn(s0, s1, s2, s3)
                    if x == 0:
                        branch, x, came = int(unit(draw) * W), 1, 0
                    else:
                        choice = 0
                        for k in range(L):
                            choice += draw >= below[0 if tied else branch, x - 1, came, k]
                        back = L if x % 2 == 0 else 1
                        if choice < back:
                            x -= 1
                            came = (L if x % 2 == 0 else 1) + choice
                        else:
                            x, came = x + 1, choice - back
                            done = x == n + 1 and branch == target
                if not done and ((budget and clock == budget * (v if luby else 1)) or (dead_ends and x == n + 1)):
                    x, clock, begun = 0, 0, begun + 1
                    u, v = (u + 1, 1) if u & -u == v else (u, 2 * v)
            steps[run], reached[run], attempts[run] = t, done, begun

    return _Kernels(search, restarted)
