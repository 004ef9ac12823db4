"""Benchmark: sampled steps a second, and learners' updates a second, each against named alternatives in this run.

The walk is the base model on the paper's maze, W = K = 15, L = 5, lumped; the alternatives walk the same chain:

    table walk            ours: one table, no branches, xoshiro256++ written out (`verify.rollouts`)
    loops, numba's RNG    compiled loops that follow the definition, np.random.random (Mersenne twister) inside
    loops, array of RNG   the same, reading numbers that NumPy's PCG64 drew in blocks beforehand, drawing included
    numpy, 4096 walks     vectorised over walks, one NumPy call a step and operation
    plain Python          the reference walker of the tests

Learners: each runs as `backtrack train` would; the alternatives are dense linear algebra for the exact gradient and
plain Python walks for the sampled one. Walks by whole excursions are compared with walking every step.

Not covered: more than one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench.measure import console, header, ratio, seconds, table, timed
from tests.walker import graph_walk, lumped_walk
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.policy import Policy
from verify import training
from verify.inference import search
from verify.learners import dense
from verify.learners.edges import EdgePolicy
from verify.rollouts import excursions, lumped_table, rollouts, walks

MAZE, BASE = Maze(W=15, K=15, L=5), Policy.base(5)
ROWS = [np.array([int(v.p) / int(v.q) for v in row]) for row in BASE.branches[0].persistence(MAZE.K)]


# -- the walk -----------------------------------------------------------------------------------------------------

@numba.njit
def _loops(W, P, Q, runs, seed):
    np.random.seed(seed)
    n, total = len(P), 0
    for _ in range(runs):
        x, away, target = 0, True, False
        while True:
            total += 1
            if x == 0:
                target, away, x = np.random.random() * W < 1, True, 1
            elif x == n + 1:
                away, x = False, n
            else:
                if np.random.random() >= (P[x - 1] if away else Q[x - 1]):
                    away = not away
                x += 1 if away else -1
            if x == n + 1 and target:
                break
    return total


@numba.njit
def _loops_fed(W, P, Q, numbers, state):
    """The same walk on numbers drawn beforehand; state = (x, away, target), kept between blocks."""
    x, away, target = state
    n = len(P)
    for number in numbers:
        if x == 0 or (x == n + 1 and target):
            target, away, x = number * W < 1, True, 1
        elif x == n + 1:
            away, x = False, n
        else:
            if number >= (P[x - 1] if away else Q[x - 1]):
                away = not away
            x += 1 if away else -1
    return x, away, target


def _fed(steps: int) -> int:
    rng, state, block = np.random.default_rng(1), (0, True, False), 1 << 16
    for _ in range(steps // block):
        state = _loops_fed(MAZE.W, *ROWS, rng.random(block), state)
    return steps // block * block


def _vectorised(steps: int, walkers: int = 8192) -> int:
    """The same table, all walkers at once, float32 numbers, nothing allocated in the loop; an arrival starts anew."""
    rng, found = np.random.default_rng(1), lumped_table(MAZE, BASE)
    below = (found.below / 2.0**64).astype(np.float32)
    after = np.where(found.after == found.goal, 0, found.after).astype(np.int32)
    state, drawn, limit = (np.zeros(walkers, kind) for kind in (np.int32, np.float32, np.float32))
    for _ in range(steps // walkers):
        rng.random(out=drawn, dtype=np.float32)
        np.take(below, state, out=limit)
        state *= 2
        state += drawn >= limit
        np.take(after, state, out=state, mode="clip")
    return steps // walkers * walkers


def _ours(runs: int) -> int:
    return int(rollouts(MAZE, BASE, runs, seed=1).sum())


def _on_graph(runs: int, counted: bool) -> int:
    return int(walks(EdgePolicy(MAZE), np.zeros(runs, int), seed=1, counted=counted).steps.sum())


def _plain(runs: int) -> int:
    return sum(lumped_walk(MAZE, *map(list, ROWS), 1, run)[0] for run in range(runs))


WALKERS: dict[str, Callable[[], int]] = {
    "table walk": lambda: _ours(800), "loops, numba's RNG": lambda: _loops(MAZE.W, *ROWS, 400, 1),
    "loops, array of RNG": lambda: _fed(20_000_000), "numpy, 8192 walks": lambda: _vectorised(16_000_000),
    "plain Python": lambda: _plain(8),
    "multigraph, counting": lambda: _on_graph(200, True), "multigraph, not counting": lambda: _on_graph(200, False),
    "multigraph, plain Python": lambda: sum(graph_walk(EdgePolicy(MAZE), 0, 1, run, 20_000)[0] for run in range(4)),
    "search, no edge twice": lambda: int(search(EdgePolicy.of(MAZE, Policy.sft_limit(5)), np.zeros(
        20_000, int), seed=1).steps.sum()),
}


def walking() -> None:
    header("Sampled walks of base at W = K = 15, L = 5, one core", ["numpy", "numba"])
    out, unit = table("steps a second", "walker", "million steps/s", "ns a step", "runs", "ratio of times"), 0.0
    for name, walk in WALKERS.items():
        walk()                                                         # compiles
        steps, timing = timed(lambda walk=walk: walk)
        unit = unit or timing.best / steps
        out.add_row(name, f"{steps / timing.best / 1e6:.4g}", f"{1e9 * timing.best / steps:.3g}", str(timing.runs),
                    ratio(timing.best / steps, unit))
    console.print(out, "")

    out = table("a walk by whole excursions", "policy", "mean steps", "excursions, a walk", "table walk", "ratio")
    for name, policy in (("base", BASE), ("SFT limit", Policy.sft_limit(5)), ("optimum", Policy.optimum())):
        _, whole = timed(lambda policy=policy: lambda: excursions(MAZE, policy, 20_000, seed=1))
        mean = float(expected_steps(MAZE, policy))
        # the SFT limit's steps are too many to walk: extrapolated from the time of a step, and said so
        walked = unit * mean
        out.add_row(name, f"{mean:.4g}", seconds(whole.best / 20_000),
                    f"{walked / 86400:.3g} days (extrapolated)" if walked > 86400 else seconds(walked),
                    ratio(walked, whole.best / 20_000))
    console.print(out, "")


# -- learners -----------------------------------------------------------------------------------------------------

LEARN = Maze(W=5, K=5, L=5)
LEARNERS: list[tuple[str, dict[str, Any], int]] = [
    ("sign", {}, 200), ("normalised, T = 100", {"learner": "normalised", "truncate": 100, "reward": "outcome"}, 100),
    ("sft", {"learner": "sft"}, 200), ("sgd-sft", {"learner": "sgd-sft", "batch": 16}, 200),
    ("reinforce", {"learner": "reinforce"}, 10), ("grpo, T = 100", {"learner": "grpo", "truncate": 100}, 40),
    ("distil", {"learner": "distil", "batch": 16}, 100), ("rejection", {"learner": "rejection", "truncate": 1000}, 10),
    ("dagger", {"learner": "dagger", "truncate": 1000}, 10)]


def _plain_reinforce() -> int:
    """One update's rollouts and scores in plain Python, 8 of the 256."""
    policy = EdgePolicy(LEARN, tied=True)
    p = policy.probabilities()
    gradient = np.zeros_like(p)
    for run in range(8):
        steps, _, choices = graph_walk(policy, 0, 1, run)
        for _, x, came, edge in choices:
            gradient[0, x, came] += steps * p[0, x, came]
            gradient[0, x, came, edge] -= steps
    return 8


def learning() -> None:
    header("Learners at W = K = L = 5: updates with the exact H after each", ["numpy", "numba"])
    out = table("learners", "learner", "updates/s", "samples/s", "steps/s", "an update", "ratio to sign")
    unit = 0.0
    for name, settings, updates in LEARNERS:
        training.train(LEARN, updates=1, **settings)
        run, timing = timed(lambda s=settings, n=updates: lambda: training.train(LEARN, updates=n, **s))
        last = run.trace[-1]
        unit = unit or timing.best / updates
        out.add_row(name, f"{updates / timing.best:.4g}", f"{last.samples / timing.best:.3g}",
                    f"{last.steps / timing.best:.3g}", seconds(timing.best / updates),
                    ratio(timing.best / updates, unit))
    console.print(out, "")

    out = table("against alternatives", "what", "ours", "alternative", "ratio")
    before = time.perf_counter()
    dense.sign_descent(LEARN, 200, 0.01)
    slow = (time.perf_counter() - before) / 200
    run, timing = timed(lambda: lambda: training.train(LEARN, updates=200))
    out.add_row("exact sign step, against dense solves", seconds(timing.best / 200), seconds(slow), ratio(
        slow, timing.best / 200))
    run, timing = timed(lambda: lambda: training.train(LEARN, learner="reinforce", updates=4))
    before = time.perf_counter()
    walked = _plain_reinforce()
    slow = (time.perf_counter() - before) / walked
    out.add_row("REINFORCE, a rollout, against plain Python", seconds(timing.best / 1024), seconds(slow), ratio(
        slow, timing.best / 1024))
    policy = EdgePolicy(Maze(15, 15, 5))
    _, ours = timed(lambda: policy.expected_steps)
    _, exact = timed(lambda: lambda: expected_steps(Maze(15, 15, 5), Policy.untied([BASE] * 15)))
    out.add_row("H of 16,200 rows, against the exact recursion on 900", seconds(ours.best), seconds(exact.best), ratio(
        exact.best, ours.best))
    console.print(out)


def main() -> None:
    walking()
    learning()


if __name__ == "__main__":
    main()
