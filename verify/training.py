"""The learners of `backtrack train` by name, with the settings of the command line.

    sign, descent, normalised, flow   RLVR on the exact gradient of the row log-odds (sign: Figure 3)
    reinforce, grpo                   RLVR that samples rollouts of the full multigraph
    sft-flow, sft, sgd-sft            imitation of golden paths: flow, population descent, SGD on sampled paths
    distil                            imitation of an optimal teacher's traces, or of a mix with golden paths
    rejection, dagger                 imitation on own walks: of own successes, of an expert's choices

Three lines of Python do what the command does:

    >>> from theory import Maze
    >>> from verify.training import Options, train
    >>> train(Maze(3, 2, 2), Options(learner="distil", traces=30, converged=True), updates=1).trace[-1].H
    25.0
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from theory.rewards import Reward
from verify.learners.distillation import Distillation
from verify.learners.edges import EdgePolicy
from verify.learners.exact import Exact
from verify.learners.learning import Budget, Learner, Tick, Trained
from verify.learners.own_walks import DAgger, Rejection
from verify.learners.policy_gradient import PolicyGradient
from verify.learners.sft import Flow, Golden, Population

REWARDS = ("length", "outcome", "discount")
SAMPLING = ("reinforce", "grpo", "distil", "rejection", "dagger")


@dataclass(frozen=True)
class Options:
    """Settings by the names of the command line; each learner takes what concerns it. lr None: the learner's own.

    truncate: horizon T in steps. group, groups: rollouts a prompt and prompts an update. data_mix: share of teacher's
    traces among golden paths. traces: size of a fixed data set, 0 for fresh data. untied: rows of their own a branch.
    """

    learner: str = "sign"
    lr: float | None = None
    reward: str = "length"
    penalty: float = 1.0
    discount: float = 0.99
    truncate: int | None = None
    exclude: bool = False
    kl: float = 0.0
    group: int = 64
    groups: int = 4
    baseline: str | None = None
    rule: str | None = None
    batch: int = 1
    fixed_target: bool = False
    fixed_copy: bool = False
    data_mix: float = 1.0
    traces: int = 0
    teacher: str = "optimum"
    converged: bool = False
    keep: float = 1.0
    passes: int = 1
    expert: str = "golden"
    untied: bool = False

    def rewarded(self) -> Reward:
        """The reward these options describe."""
        if self.reward not in REWARDS:
            raise InputError(f"reward {self.reward!r}: not one of {', '.join(REWARDS)}")
        return Reward(self.reward, self.truncate, penalty=self.penalty if self.reward == "length" else 0.0,
                      discount=self.discount if self.reward == "discount" else 1.0, excluded=self.exclude)

    def build(self, maze: Maze) -> Learner:
        """The learner; `InputError` for an unknown name or settings that contradict each other."""
        if self.learner not in LEARNERS:
            raise InputError(f"learner {self.learner!r}: not one of {', '.join(LEARNERS)}")
        make, lr = LEARNERS[self.learner]
        return make(self, maze, lr if self.lr is None else self.lr)


def _exact(rule: str) -> Callable[..., Learner]:
    return lambda o, maze, lr: Exact(lr, o.rewarded(), o.rule or rule, o.kl)


def _sampled(baseline: str, rule: str) -> Callable[..., Learner]:
    return lambda o, maze, lr: PolicyGradient(lr, o.rewarded(), o.group, o.groups, o.baseline or baseline,
                                              o.rule or rule, o.kl, o.fixed_target)


def _distil(o: Options, maze: Maze, lr: float) -> Learner:
    teacher = Policy.named(o.teacher, maze.L) if o.teacher in ("base", "sft", "optimum") else Policy.load(o.teacher)
    return Distillation(lr, teacher, o.data_mix, o.traces, max(o.batch, 1), o.converged, o.fixed_target)


def _own(kind: type, **names: str) -> Callable[..., Learner]:
    return lambda o, maze, lr: kind(lr, o.group * o.groups, o.truncate or 10**6, o.passes, o.converged,
                                    o.fixed_target, **{name: getattr(o, option) for name, option in names.items()})


LEARNERS: dict[str, tuple[Callable[..., Learner], float]] = {           # name -> (maker, its usual step size)
    "sign": (_exact("sign"), 0.01), "descent": (_exact("gradient"), 0.01), "normalised": (_exact("normalised"), 0.01),
    "flow": (_exact("flow"), 0.01),
    "reinforce": (_sampled("loo", "normalised"), 1.0), "grpo": (_sampled("grpo", "gradient"), 0.3),
    "sft-flow": (lambda o, maze, lr: Flow(lr), 0.01), "sft": (lambda o, maze, lr: Population(lr, o.fixed_target), 0.1),
    "sgd-sft": (lambda o, maze, lr: Golden(lr, o.batch, o.fixed_target, o.fixed_copy), 0.1),
    "distil": (_distil, 0.1), "rejection": (_own(Rejection, keep="keep"), 0.1),
    "dagger": (_own(DAgger, expert="expert"), 0.1),
}


def train(maze: Maze, options: Options | None = None, *, updates: int = 100, samples: int | None = None,
          steps: int | None = None, goal: float | None = None, seed: int = 0, start: Policy | None = None,
          checkpoint: Path | None = None, tick: Tick = lambda done, total: None, **more: Any) -> Trained:
    """Train by name and return the policy with its trace; `more` are options given by name.

    updates, samples, steps, goal: the budget, whichever ends first. start: rows to start from, base if none.
    checkpoint: a file to go on from if it exists, and to write. Errors: `InputError` for settings that make no sense.
    """
    options = options or Options(**more)
    learner, budget = options.build(maze), Budget(updates, samples, steps, goal)
    first = None
    if start is not None:
        first = EdgePolicy.of(maze, start if not options.untied or not start.tied
                              else Policy.untied([start] * maze.W))
    tied = first.tied if first else not options.untied
    resume = None
    if checkpoint is not None and Path(checkpoint).exists():
        resume = Trained.load(checkpoint, learner.settings(maze, tied, seed))
    return learner.train(maze, first, budget, seed, tied=tied, resume=resume, checkpoint=checkpoint, tick=tick)
