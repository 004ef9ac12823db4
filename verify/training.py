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
from dataclasses import dataclass, replace
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
SAMPLING = ("reinforce", "grpo", "distil", "rejection", "dagger")           # what 200 updates are plenty of


@dataclass(frozen=True)
class Options:
    """Settings by the names of the command line; each learner takes what concerns it. lr None: the learner's own.

    truncate: horizon T in steps. group, groups: rollouts a prompt and prompts an update. data_mix: share of teacher's
    traces among golden paths. traces: size of a fixed data set, 0 for fresh data. untied: rows of their own a branch.

    >>> Options(learner="grpo", reward="outcome", truncate=14).rewarded().horizon
    14
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
    teacher: str | Policy = "optimum"
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


def _policy(rows: str | Policy, maze: Maze) -> Policy:
    """'base', 'sft', 'optimum', a file of rows, or rows."""
    if isinstance(rows, Policy):
        return rows
    return Policy.named(rows, maze.L) if rows in ("base", "sft", "optimum") else Policy.load(rows)


def _distil(o: Options, maze: Maze, lr: float) -> Learner:
    return Distillation(lr, _policy(o.teacher, maze), o.data_mix, o.traces, o.batch, o.converged, o.fixed_target)


def _golden(o: Options, maze: Maze, lr: float) -> Learner:
    """Fresh golden paths every step; or, with `traces`, a set of so many, which is a mix without a teacher."""
    if not o.traces and not o.converged:
        return Golden(lr, o.batch, o.fixed_target, o.fixed_copy)
    if o.fixed_copy:
        raise InputError("fixed copy: only fresh golden paths can be made to take parallel edge 0")
    return Distillation(lr, share=0.0, traces=o.traces, converged=o.converged, fixed_target=o.fixed_target)


def _own(kind: type, **names: str) -> Callable[..., Learner]:
    return lambda o, maze, lr: kind(lr, o.group * o.groups, 10**6 if o.truncate is None else o.truncate, o.passes,
                                    o.converged, o.fixed_target,
                                    **{name: getattr(o, option) for name, option in names.items()})


LEARNERS: dict[str, tuple[Callable[..., Learner], float]] = {           # name -> (maker, its usual step size)
    "sign": (_exact("sign"), 0.01), "descent": (_exact("gradient"), 0.01), "normalised": (_exact("normalised"), 0.01),
    "flow": (_exact("flow"), 0.01),
    "reinforce": (_sampled("loo", "normalised"), 1.0), "grpo": (_sampled("grpo", "gradient"), 0.3),
    "sft-flow": (lambda o, maze, lr: Flow(lr), 0.01), "sft": (lambda o, maze, lr: Population(lr, o.fixed_target), 0.1),
    "sgd-sft": (_golden, 0.1),
    "distil": (_distil, 0.1), "rejection": (_own(Rejection, keep="keep"), 0.1),
    "dagger": (_own(DAgger, expert="expert"), 0.1),
}


_REWARD = ("reward", "penalty", "discount", "truncate", "exclude", "kl")
_OWN = ("group", "groups", "truncate", "passes", "converged", "fixed_target", "untied")
USES: dict[str, tuple[str, ...]] = {                     # the options, but lr, that a learner looks at
    **dict.fromkeys(("sign", "descent", "normalised", "flow"), _REWARD),
    **dict.fromkeys(("reinforce", "grpo"), (*_REWARD, "group", "groups", "baseline", "rule", "fixed_target", "untied")),
    "sft-flow": (), "sft": ("fixed_target", "untied"),
    "sgd-sft": ("batch", "fixed_target", "fixed_copy", "traces", "converged", "untied"),
    "distil": ("teacher", "data_mix", "traces", "converged", "batch", "fixed_target", "untied"),
    "rejection": (*_OWN, "keep"), "dagger": (*_OWN, "expert")}


def unused(options: Options, given: list[str]) -> str | None:
    """A line about the first of `given` that the learner, or its reward, does not look at; None if all count."""
    for name in given:
        if options.learner in USES and name not in USES[options.learner]:
            return f"{name} = {getattr(options, name)}: the learner {options.learner!r} does not use it"
        if (name, options.reward) in (("penalty", "outcome"), ("penalty", "discount"), ("discount", "length"),
                                      ("discount", "outcome")):
            return f"{name} = {getattr(options, name)}: the reward {options.reward!r} has none"
    return None


def train(maze: Maze, options: Options | None = None, *, updates: int = 100, samples: int | None = None,
          steps: int | None = None, goal: float | None = None, seed: int = 0, start: str | Policy | None = None,
          checkpoint: Path | None = None, tick: Tick = lambda done, total: None, **more: Any) -> Trained:
    """Train by name and return the policy with its trace; `more` are options given by name.

    updates, samples, steps, goal: the budget, whichever ends first. start: rows to start from, or their name; base if
    none. checkpoint: a file to go on from if it exists, and to write. Errors: `InputError` for settings that make no
    sense, and for an option given by name that the learner does not use.

    >>> train(Maze(3, 2, 2), learner="sgd-sft", updates=20, seed=1).used.samples
    20
    """
    unknown = [name for name in more if name not in Options.__dataclass_fields__]
    if unknown:
        raise InputError(f"{unknown[0]} = {more[unknown[0]]}: not an option of a learner")
    options = replace(options or Options(), **more)
    learner, budget = options.build(maze), Budget(updates, samples, steps, goal)
    if line := unused(options, [name for name in more if name not in ("learner", "lr")]):
        raise InputError(line)
    first = EdgePolicy(maze, tied=not options.untied)
    if start is not None and start != "base":
        rows = _policy(start, maze)
        first = EdgePolicy.of(maze, Policy.untied([rows] * maze.W) if options.untied and rows.tied else rows)
    resume = None
    if checkpoint is not None and Path(checkpoint).exists():
        resume = Trained.load(checkpoint, learner.settings(maze, first, seed))
    return learner.train(maze, first, budget, seed, resume=resume, checkpoint=checkpoint, tick=tick)
