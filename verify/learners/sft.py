"""SFT: gradient steps on the cross-entropy of golden paths, on the per-edge logits of the full multigraph.

Setting. A datum is a shortest path from the fork to a target leaf; the loss is the sum over its inner states of minus
the log-probability of the next arc. The gradient in a row's logits is (visits of the row) * softmax - (choices made),
so a row that no path visits has gradient exactly zero, bit for bit.

`sgd` learns from sampled paths; `full_batch` from all of them at once (every target, every choice of parallel edges,
with the weights a uniform sample has in the mean), which is the population gradient.
Not covered: traces with recoveries, weight decay, momentum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.maze import Arc, Maze
from verify.learners.edges import Array, EdgePolicy


def sample_paths(maze: Maze, n: int, rng: np.random.Generator, *, fixed_target: bool = False,
                 fixed_copy: bool = False) -> list[tuple[Arc, ...]]:
    """n golden paths; targets uniform (or always branch 0), parallel edges uniform (or always copy 0)."""
    targets = np.zeros(n, int) if fixed_target else rng.integers(maze.W, size=n)
    copies = np.zeros((n, maze.K), int) if fixed_copy else rng.integers(maze.L, size=(n, maze.K))
    return [maze.golden_path(int(t), tuple(int(c) for c in row)) for t, row in zip(targets, copies, strict=True)]


def slots(policy: EdgePolicy, path: tuple[Arc, ...]) -> list[int]:
    """The flat indices of the choices a path makes at inner nodes (the fork's choice is not the policy's)."""
    return [policy.slot(arc, choice) for arc, choice in zip(path, path[1:], strict=False)]


def gradient(policy: EdgePolicy, chosen: Array) -> Array:
    """Gradient of the summed cross-entropy in the flat logits; `chosen` (flat) counts how often each was chosen."""
    visits = np.add.reduceat(chosen, policy.start[:-1])
    return visits[policy.owner] * policy.probabilities() - chosen


def sgd(policy: EdgePolicy, paths: list[tuple[Arc, ...]], lr: float, batch: int = 1,
        after_step: Callable[[int], None] | None = None) -> EdgePolicy:
    """One pass over `paths` in batches; each step moves the logits by -lr times the batch's mean gradient, in place."""
    for step, first in enumerate(range(0, len(paths), batch)):
        part = paths[first:first + batch]
        chosen = np.zeros_like(policy.logits)
        np.add.at(chosen, [slot for path in part for slot in slots(policy, path)], 1.0)
        policy.logits -= lr * gradient(policy, chosen) / len(part)
        if after_step:
            after_step(step)
    return policy


def population_choices(policy: EdgePolicy) -> Array:
    """How often a uniformly drawn golden path makes each choice, in the mean: flat, like the logits."""
    maze = policy.maze
    chosen = np.zeros_like(policy.logits)
    for i, arc in enumerate(policy.states):
        if arc.head.depth > arc.tail.depth:
            ahead = [k for k, c in enumerate(policy.choices[i], int(policy.start[i])) if c.head.depth > arc.head.depth]
            # arc is one of copies(depth of its tail) parallel ones; the next is uniform among those ahead
            chosen[ahead] = 1 / maze.W / maze.copies(arc.tail.depth) / len(ahead)
    return chosen


def full_batch(policy: EdgePolicy, steps: int, lr: float) -> EdgePolicy:
    """`steps` gradient steps on the population loss, in place: Euler's method for the flow, time steps * lr."""
    chosen = population_choices(policy)
    for _ in range(steps):
        policy.logits -= lr * gradient(policy, chosen)
    return policy
