"""The learners of `backtrack train`, behind one interface: a maze, a number of steps, a step size, a seed -> a trace.

    sign      RLVR on the exact gradient, sign steps on the row log-odds (Figure 3)
    descent   RLVR on the exact gradient, plain descent
    flow      RLVR's gradient flow, at times lr, 2 lr, .. steps * lr
    sft-flow  SFT's population flow (tied rows), at the same times
    sgd-sft   SFT by SGD on sampled golden paths, one a step, on the per-edge logits of the full multigraph

A trace is a list of points (step, H from the fork); H is a float64 good to the bound of the route that made it, or,
past 1e300, infinite: log10 goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theory import dynamics
from theory.maze import Maze
from theory.numeric import InputError, integer

POINTS = 200                         # at most so many points on a trace that costs more than a step
Tick = Callable[[int, int], None]
Trace = list[dict[str, Any]]


def train(learner: str, maze: Maze, steps: int, lr: float, *, seed: int = 0, penalty: float = 1.0,
          tick: Tick = lambda done, total: None) -> Trace:
    """The trace of `learner`: [{'step', 'steps_to_target', 'log10'}, ...], without the prompt's edge.

    Errors: `InputError` for an unknown learner, steps < 0, lr <= 0, penalty < 0.
    """
    if learner not in LEARNERS:
        raise InputError(f"learner {learner!r}: not one of {', '.join(LEARNERS)}")
    integer(steps, "steps", least=0)
    if not (lr > 0 and math.isfinite(lr)):
        raise InputError(f"lr = {lr}: must be positive")
    return LEARNERS[learner](maze, steps, lr, seed, penalty, tick)


def _point(step: int, H: float, log10: float | None = None) -> dict[str, Any]:
    return {"step": step, "steps_to_target": float(H), "log10": math.log10(H) if log10 is None else log10}


def _milestones(steps: int) -> list[int]:
    return sorted({round(i) for i in np.linspace(0, steps, min(steps, POINTS) + 1)})


def _descent(rule: str) -> Callable[..., Trace]:
    def run(maze: Maze, steps: int, lr: float, seed: int, penalty: float, tick: Tick) -> Trace:
        trace = dynamics.descent(maze, steps, lr, rule=rule, penalty=penalty).steps_to_target
        return [_point(step, H) for step, H in enumerate(trace)]

    return run


def _flow(maze: Maze, steps: int, lr: float, seed: int, penalty: float, tick: Tick) -> Trace:
    marks = _milestones(steps)
    run = dynamics.gradient_flow(maze, np.array(marks) * lr, penalty=penalty)
    return [_point(step, H) for step, H in zip(marks, run.steps_to_target, strict=True)]


def _sft_flow(maze: Maze, steps: int, lr: float, seed: int, penalty: float, tick: Tick) -> Trace:
    trace, marks = [], _milestones(steps)
    for i, step in enumerate(marks):
        H = dynamics.sft_flow_steps(maze, step * lr)
        log10 = float(H.log()) / math.log(10)
        trace.append(_point(step, float(H.mid()) if log10 < 300 else math.inf, log10))
        tick(i + 1, len(marks))
    return trace


def _sgd_sft(maze: Maze, steps: int, lr: float, seed: int, penalty: float, tick: Tick) -> Trace:
    from verify.learners import sft
    from verify.learners.edges import EdgePolicy

    rng, policy, marks = np.random.default_rng(seed), EdgePolicy(maze), _milestones(steps)
    trace = [_point(0, policy.expected_steps())]
    for i, (before, step) in enumerate(zip(marks, marks[1:], strict=False)):
        sft.sgd(policy, sft.sample_paths(maze, step - before, rng), lr)
        trace.append(_point(step, policy.expected_steps()))
        tick(i + 1, len(marks) - 1)
    return trace


LEARNERS: dict[str, Callable[..., Trace]] = {
    "sign": _descent("sign"), "descent": _descent("gradient"), "flow": _flow, "sft-flow": _sft_flow,
    "sgd-sft": _sgd_sft,
}
