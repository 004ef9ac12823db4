"""Distillation: SFT on traces of a teacher, all of them with their detours, or a share of them among golden paths.

Setting. A trace is a whole walk of the teacher from the fork to a target; uniform targets, or always branch 0. With
`share` eps of the data such traces and the rest golden paths, the rows that only retreats visit get data at eps times
the rate. The student imitates every choice in its data (`verify.learners.sft`).

    traces = n      n data are drawn once and every update is a full pass over them; 0 draws fresh ones every update
    converged       the limit of training for ever on the n data: the empirical conditional in every visited row

Not covered: sequence-level weights, temperature, a teacher that is sampled with errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from theory.numeric import InputError, integer
from theory.policy import Policy
from verify.learners import sft
from verify.learners.edges import Array, EdgePolicy
from verify.learners.learning import Learner, Memory, Used
from verify.rollouts import walks

CHUNK = 256                            # traces whose choices are held at once
LIMIT = 10**7                          # steps of a teacher's trace before it is refused


@dataclass(frozen=True)
class Distillation(Learner):
    """SFT on a teacher's traces; see the module docstring. teacher: rows of a tied policy, the optimum by default.

    Errors: `InputError` for a share outside [0, 1], sizes below 1, `converged` without `traces`, or a teacher that
    needs more than 10^7 steps for a trace.
    """

    teacher: Policy = field(default_factory=Policy.optimum)
    share: float = 1.0
    traces: int = 0
    batch: int = 8
    converged: bool = False
    fixed_target: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.traces, "traces", least=0), integer(self.batch, "batch")
        if not 0 <= self.share <= 1:
            raise InputError(f"data mix {self.share}: the share of traces must lie in [0, 1]")
        if self.converged and not self.traces:
            raise InputError("converged: how many traces? (--traces)")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """A step on fresh data, or a pass over the data set, whose samples and tokens count once."""
        if not self.traces:
            chosen, tokens = self.data(policy, self.batch, seed, used.samples)
            sft.step(policy, chosen, self.batch, self.lr)
            return Used(self.batch, tokens)
        new = Used()
        if "chosen" not in memory:
            memory["chosen"], tokens = self.data(policy, self.traces, seed, 0)
            new = Used(self.traces, tokens)
        if self.converged:
            sft.fit(policy, memory["chosen"])
        else:
            sft.step(policy, memory["chosen"], self.traces, self.lr)
        return new

    def data(self, policy: EdgePolicy, n: int, seed: int, first: int) -> tuple[Array, int]:
        """(choices of data first .. first+n-1 of the seed, summed; their tokens)."""
        maze, rng = policy.maze, np.random.default_rng([seed, first])
        targets = np.zeros(n, int) if self.fixed_target else rng.integers(maze.W, size=n)
        messy = rng.random(n) < self.share
        copies = rng.integers(maze.L, size=(n, maze.K))
        chosen = sft.golden_choices(policy, targets[~messy], copies[~messy])
        tokens = int(np.count_nonzero(~messy)) * maze.shortest
        teacher = EdgePolicy.of(maze, self.teacher)
        if not policy.tied and teacher.tied:               # the student has a block a branch: count in as many
            teacher = EdgePolicy(maze, np.repeat(teacher.logits, maze.W, axis=0))
        shown = targets[messy]
        for start in range(0, len(shown), CHUNK):
            seen = walks(teacher, shown[start:start + CHUNK], seed=seed, first=first + start, limit=LIMIT)
            if not seen.reached.all():
                raise InputError(f"a trace of the teacher has not arrived after {LIMIT} steps")
            chosen += seen.counts.sum(axis=0)
            tokens += int(seen.steps.sum())
        return chosen, tokens
