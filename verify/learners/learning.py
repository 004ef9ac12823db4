"""What every learner shares: a maze, an initial policy, a budget and a seed go in; a policy and a trace come out.

    >>> from theory import Maze
    >>> from verify.learners.learning import Budget
    >>> from verify.learners.sft import Golden
    >>> Golden(lr=0.5).train(Maze(3, 3, 2), budget=Budget(updates=50), seed=1).trace[-1].samples
    50

A learner is a frozen record of its settings with one method, `update`, that moves a policy once, in place, and says
what that used: samples (rollouts, golden paths or traces) and steps (edges walked by rollouts, or tokens read in
traces). An update draws from streams that depend on the seed and on the samples used so far alone, so that a run taken
up again from a checkpoint is the run that was cut off, bit for bit.

H is the exact expected steps of the learnt policy, averaged over targets where the rows are untied; it is solved, never
estimated, and costs the learner nothing.
"""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from theory.maze import Maze
from theory.numeric import InputError, integer
from verify.learners.edges import EdgePolicy

Tick = Callable[[int, int], None]
Memory = dict[str, np.ndarray]


class Used(NamedTuple):
    """What a learner has used: samples (rollouts, paths or traces), steps (edges walked or tokens read), updates."""

    samples: int = 0
    steps: int = 0
    updates: int = 0


class Point(NamedTuple):
    """One line of a trace: after `update` updates; H may be infinite; rows: mean persistence of a, b, c, d."""

    update: int
    H: float
    log10: float | None
    samples: int
    steps: int
    rows: dict[str, float]


@dataclass(frozen=True)
class Budget:
    """When to stop: after so many updates, samples or steps, or once H is at most `goal`; whichever comes first."""

    updates: int = 100
    samples: int | None = None
    steps: int | None = None
    goal: float | None = None

    def __post_init__(self) -> None:
        integer(self.updates, "updates", least=0)
        for name in ("samples", "steps"):
            if getattr(self, name) is not None:
                integer(getattr(self, name), name)
        if self.goal is not None and not (self.goal > 0 and math.isfinite(self.goal)):
            raise InputError(f"goal = {self.goal}: must be a positive number of steps")

    def spent(self, used: Used) -> bool:
        """Whether samples or steps are used up."""
        return (self.samples is not None and used.samples >= self.samples) or (
            self.steps is not None and used.steps >= self.steps)


@dataclass
class Trained:
    """A policy and how it came about; `trace` starts at update 0. `settings` says which run it is, `memory` is what the
    learner keeps between updates (its data set, say), `used` what it has used up to this policy."""

    policy: EdgePolicy
    trace: list[Point]
    settings: dict[str, Any] = field(default_factory=dict)
    memory: Memory = field(default_factory=dict)
    used: Used = Used()

    def _repr_html_(self) -> str:
        from theory.markup import spread, table
        from theory.notebook import float_cell, points

        kept = spread(len(self.trace))
        rows = [[point.update, float_cell(point.H), point.samples, point.steps,
                 *(float_cell(point.rows[name]) for name in "abcd")] for point in (self.trace[i] for i in kept)]
        settings = {**self.settings.get("maze", {}), **self.settings}
        given = ", ".join([settings.get("learner", ""), *(f"{name} = {settings[name]}" for name in (
            "W", "K", "L", "lr", "seed") if name in settings)])
        head = ["update", "expected steps H", "samples", "steps", *(f"mean of row {name}" for name in "abcd")]
        return table(head, rows, f"Trained, {given}: {points(kept, len(self.trace))}, six digits")

    def save(self, path: str | Path) -> None:
        """Write a checkpoint (a NumPy archive), whole or not at all; InputError in one line when the disk refuses."""
        import io

        from theory.formats import write_file

        buffer = io.BytesIO()
        rest = {"settings": self.settings, "used": self.used, "trace": [point._asdict() for point in self.trace]}
        arrays: dict[str, Any] = {f"memory_{name}": value for name, value in self.memory.items()}
        np.savez(buffer, logits=self.policy.logits, rest=np.frombuffer(json.dumps(rest).encode(), np.uint8), **arrays)
        write_file(Path(path), buffer.getvalue())

    @classmethod
    def load(cls, path: str | Path, settings: dict[str, Any]) -> Trained:
        """Read a checkpoint of the same settings; InputError for a file that is none, or of other settings."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                logits, rest = archive["logits"], json.loads(archive["rest"].tobytes())
                memory = {name.removeprefix("memory_"): archive[name] for name in archive.files
                          if name.startswith("memory_")}
            found, trace = rest["settings"], [Point(**point) for point in rest["trace"]]
            used = Used(*rest["used"])
            policy = EdgePolicy(Maze(**found["maze"]), logits, tied=found["tied"])
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None)
            raise InputError(f"{path}: not a checkpoint" + (f": {reason}" if reason else "")) from None
        for name, value in settings.items():
            if found.get(name) != value:
                raise InputError(f"{path}: a checkpoint of {name} = {found.get(name)}, not {value}")
        return cls(policy, trace, found, memory, used)


@dataclass(frozen=True)
class Learner(ABC):
    """Settings and one update; see the module docstring. lr: step size, positive."""

    lr: float = 0.1
    points = 200                       # at most so many points on a trace

    def __post_init__(self) -> None:
        if not (self.lr > 0 and math.isfinite(self.lr)):
            raise InputError(f"lr = {self.lr}: must be positive")

    def check(self, policy: EdgePolicy) -> None:      # noqa: B027  (most learners can start anywhere)
        """`InputError` where the learner cannot start from this policy; asked before a fresh run."""

    @abstractmethod
    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """Move `policy` once, in place; returns what this update used. used: what earlier ones did.

        memory: arrays that the learner may keep from one update to the next; empty at first.
        """

    def measure(self, policy: EdgePolicy, number: int) -> tuple[float, float | None]:
        """(H, log10 H) of the policy after `number` updates; log10 is None where H leaves float64's range."""
        H = policy.expected_steps()
        return H, math.log10(H) if math.isfinite(H) else None

    def settings(self, maze: Maze, start: EdgePolicy, seed: int) -> dict[str, Any]:
        """What decides a run, as JSON would have it; the starting logits as a checksum, 0 for base."""
        own = {name: value for name, value in asdict(self).items() if not isinstance(value, np.ndarray)}
        return json.loads(json.dumps({"learner": type(self).__name__, **own, "maze": asdict(maze), "tied": start.tied,
                                      "start": zlib.crc32(start.logits.tobytes()) if start.logits.any() else 0,
                                      "seed": seed}, default=str))

    def train(self, maze: Maze, start: EdgePolicy | None = None, budget: Budget | None = None, seed: int = 0, *,
              tied: bool = True, resume: Trained | None = None, checkpoint: Path | None = None,
              tick: Tick = lambda done, total: None) -> Trained:
        """Train from `start` (base, if none is given; then `tied` says whether branches share rows).

        resume: a run of the same settings to go on from. checkpoint: a file that is written every ten seconds, at the
        end and on an interruption, so that nothing is lost. Errors: `InputError`; a KeyboardInterrupt passes through,
        with the run as it was after its last whole update in its attribute `trained`.
        """
        budget = budget or Budget()
        policy = start.copy() if start is not None else EdgePolicy(maze, tied=tied)
        run = Trained(policy, [], self.settings(maze, policy, seed))
        before, memory = policy.logits, run.memory
        if resume is not None:
            run.trace, run.used = list(resume.trace), resume.used
            policy.logits[:] = resume.policy.logits
            run.memory.update(resume.memory)
        else:
            self.check(policy)
            run.trace.append(self._point(policy, run.used))
        every, clock = max(1, -(-budget.updates // self.points)), _Clock()
        try:
            while run.used.updates < budget.updates and not budget.spent(run.used) and not self._arrived(run, budget):
                before, memory = policy.logits.copy(), dict(run.memory)        # what an interruption goes back to
                step = self.update(policy, seed, run.used, run.memory)
                before, memory, run.used = policy.logits, run.memory, Used(
                    run.used.samples + step.samples, run.used.steps + step.steps, run.used.updates + 1)
                if not np.isfinite(policy.logits).all():
                    raise InputError(f"update {run.used.updates}: logits left float64's range; a smaller step (--lr)")
                # a goal is looked for after every update, also between the points of the trace
                at_goal = budget.goal is not None and self.measure(policy, run.used.updates)[0] <= budget.goal
                if run.used.updates % every == 0 or at_goal or run.used.updates == budget.updates or budget.spent(
                        run.used):
                    run.trace.append(self._point(policy, run.used))
                if checkpoint and clock.rang():
                    run.save(checkpoint)
                tick(run.used.updates, budget.updates)
        except KeyboardInterrupt as interrupt:
            policy.logits[:], run.memory = before, memory
            interrupt.trained = self._ended(run, checkpoint)                   # type: ignore[attr-defined]
            raise
        return self._ended(run, checkpoint)

    def _ended(self, run: Trained, checkpoint: Path | None) -> Trained:
        """The run with its last policy on the trace, saved if it is to be."""
        if run.trace[-1].update != run.used.updates:
            run.trace.append(self._point(run.policy, run.used))
        if checkpoint:
            run.save(checkpoint)
        return run

    def _point(self, policy: EdgePolicy, used: Used) -> Point:
        means = {name: float(values.mean()) for name, values in policy.rows().items()}
        return Point(used.updates, *self.measure(policy, used.updates), used.samples, used.steps, means)

    @staticmethod
    def _arrived(run: Trained, budget: Budget) -> bool:
        """Whether the last point of the trace is at the goal, and speaks of this very policy."""
        last = run.trace[-1]
        return budget.goal is not None and last.update == run.used.updates and budget.goal >= last.H


class _Clock:
    """Rings every ten seconds."""

    def __init__(self) -> None:
        import time

        self.now = time.monotonic
        self.last = self.now()

    def rang(self) -> bool:
        """Whether ten seconds have gone since it last rang."""
        if self.now() - self.last < 10:
            return False
        self.last = self.now()
        return True
