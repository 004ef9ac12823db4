"""Learners that imitate on their own walks: rejection-sampling fine-tuning, and DAgger.

Setting. Each round the learner walks `rollouts` times (uniform targets, or branch 0), cut off at `horizon` steps.

    Rejection   keeps its successes, all or only the shortest share, and imitates them (expert iteration, RAFT)
    DAgger      keeps every state it visited, in all rounds so far, with an expert's choice in place of its own

The expert of DAgger either knows the target's branch while the walker is in it ('golden': there it names the next edge
of a shortest path, so a walker that moves towards the fork should turn round; in a wrong branch it says go on, outwards
too, as golden data would), or names what the optimal policy does ('optimum': always persist). With several golden
edges it names each with equal weight. An expert that also turns round in a wrong branch is not here: where its
student ends is `theory.dagger`. A round's imitation is `passes` full-batch
steps, or with `converged` the limit of such steps, the empirical conditional in every visited row.

Not covered: mixing the expert's actions into the walks, keeping the successes of earlier rounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from theory.numeric import InputError, integer
from verify.learners import sft
from verify.learners.edges import Array, EdgePolicy, away, leads_on
from verify.learners.learning import Learner, Memory, Used
from verify.rollouts import Walks, walks


@dataclass(frozen=True)
class OwnWalks(Learner):
    """What both have: rollouts a round, their horizon (steps), how a round's data are imitated."""

    rollouts: int = 64
    horizon: int = 10**6
    passes: int = 1
    converged: bool = False
    fixed_target: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.rollouts, "rollouts"), integer(self.horizon, "horizon"), integer(self.passes, "passes")

    def walk(self, policy: EdgePolicy, seed: int, used: Used, *, apart: bool = False) -> tuple[Walks, Array]:
        """This round's walks, and their targets."""
        rng = np.random.default_rng([seed, used.samples])
        targets = (np.zeros(self.rollouts, int) if self.fixed_target
                   else rng.integers(policy.maze.W, size=self.rollouts))
        return walks(policy, targets, seed=seed, first=used.samples, limit=self.horizon, apart=apart), targets

    def imitate(self, policy: EdgePolicy, chosen: Array, data: float) -> None:
        """Imitate choices that add up to `chosen` over `data` walks, in place."""
        if self.converged:
            return sft.fit(policy, chosen)
        for _ in range(self.passes):
            sft.step(policy, chosen, max(data, 1.0), self.lr)


@dataclass(frozen=True)
class Rejection(OwnWalks):
    """SFT on own successes; keep: the share of the successes that is imitated, the shortest first."""

    keep: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.keep <= 1:
            raise InputError(f"keep = {self.keep}: the share of successes must lie in (0, 1]")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """Walk, keep the shortest successes, imitate them."""
        seen, _ = self.walk(policy, seed, used)
        arrived = np.flatnonzero(seen.reached)
        n = math.ceil(self.keep * len(arrived))
        kept = arrived[np.argsort(seen.steps[arrived], kind="stable")[:n]]
        if len(kept):
            self.imitate(policy, seen.counts[kept].sum(axis=0).astype(float), len(kept))
        return Used(self.rollouts, int(seen.steps.sum()))


@dataclass(frozen=True)
class DAgger(OwnWalks):
    """SFT on an expert's choices in the states that the learner itself visits; expert: see the module docstring."""

    expert: str = "golden"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.expert not in ("golden", "optimum"):
            raise InputError(f"expert {self.expert!r}: not one of golden, optimum")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """Walk, ask the expert what it would have done, imitate that in all rounds so far."""
        seen, targets = self.walk(policy, seed, used, apart=True)
        visits = seen.counts.sum(axis=-1)                             # (runs, W or 2, 2K, L+1)
        if policy.tied:
            on_target, elsewhere = visits[:, :1].sum(axis=0), visits[:, 1:].sum(axis=0)
        else:
            goal = np.arange(policy.maze.W)[None, :] == targets[:, None]
            on_target = (visits * goal[:, :, None, None]).sum(axis=0)
            elsewhere = (visits * ~goal[:, :, None, None]).sum(axis=0)
        persist, ahead = labels(policy)
        chosen = elsewhere[..., None] * persist + on_target[..., None] * (ahead if self.expert == "golden" else persist)
        memory["chosen"] = memory.get("chosen", 0.0) + chosen.astype(float)
        self.imitate(policy, memory["chosen"], used.samples + self.rollouts)
        return Used(self.rollouts, int(seen.steps.sum()))


def labels(policy: EdgePolicy) -> tuple[Array, Array]:
    """(persist, ahead), each (2K, L+1, L+1): the weights of the edges that go on in the same direction, and away."""
    on, came_on = leads_on(policy.maze)[:, None, :], away(policy.maze)[:, :, None]
    persist, ahead = np.where(came_on, on, ~on).astype(float), np.broadcast_to(on, (*on.shape[:1], *on.shape[2:] * 2))
    return persist / persist.sum(axis=-1, keepdims=True), ahead / ahead.sum(axis=-1, keepdims=True)
