"""RLVR that samples: REINFORCE and GRPO on rollouts of the full multigraph.

Setting. A rollout walks from the fork with the learner's own policy until the target or the reward's horizon; it earns
what `theory.rewards.Reward` says, less kl * (sum of KL(row || base row) over its choices). Its score in a row's logits
is S = chosen - visits * softmax, and an update moves the logits along the mean of A * S, A the rollout's advantage:

    none     A = R                              unbiased
    loo      A = R - mean of the group's others    unbiased
    mean     A = R - mean of the group          the mean is (1 - 1/G) times the gradient
    grpo     A = (R - mean) / deviation         of another direction in general: it weighs groups, not rollouts

A group of G rollouts shares a prompt, that is, a target; targets are uniform, or always branch 0. A group whose
rewards all agree says nothing: its advantages are exactly 0, not what rounding leaves of them. Rollouts `excluded` by
the reward leave their group. The KL term has a direct part too, since the penalty itself depends on the row; under
`mean` it has the factor 1 - 1/G like the rest, under `grpo` it is left as it is, while the rest is divided by the
deviation.

Not covered: importance ratios and clipping (every update is on fresh rollouts, where the ratio is 1), value networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from theory.numeric import InputError, integer
from theory.rewards import Reward
from verify.learners.edges import Array, EdgePolicy
from verify.learners.learning import Learner, Memory, Used
from verify.rollouts import Walks, walks

BASELINES = ("none", "loo", "mean", "grpo")
RULES = ("gradient", "normalised", "sign")
ENDLESS = 10**8                        # steps after which a rollout without horizon is given up, aloud


@dataclass(frozen=True)
class PolicyGradient(Learner):
    """REINFORCE, with the baseline and the step rule it is given; see the module docstring.

    groups, group: an update draws `groups` targets and `group` rollouts for each. rule: step by lr times the estimate,
    the estimate over its norm, or its sign. Errors: `InputError` for an unknown name, sizes below 1, a group of 1 with
    a baseline of the group, kl < 0.
    """

    reward: Reward = field(default_factory=lambda: Reward("length", penalty=1.0))
    group: int = 16
    groups: int = 4
    baseline: str = "mean"
    rule: str = "gradient"
    kl: float = 0.0
    fixed_target: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.group, "group"), integer(self.groups, "groups")
        for name, known in (("baseline", BASELINES), ("rule", RULES)):
            if getattr(self, name) not in known:
                raise InputError(f"{name} {getattr(self, name)!r}: not one of {', '.join(known)}")
        if self.group == 1 and self.baseline != "none":
            raise InputError(f"group = 1: baseline {self.baseline!r} compares the rollouts of a group")
        if not (self.kl >= 0 and math.isfinite(self.kl)):
            raise InputError(f"kl = {self.kl}: must be a finite number from 0")
        if self.reward.excluded and (self.kl or self.baseline == "none"):
            raise InputError("excluded: cut-off rollouts can be left out only with a baseline and without a KL penalty")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """One step on `groups` x `group` fresh rollouts."""
        gradient, steps = self.estimate(policy, seed, used.samples)
        if self.rule == "sign":
            gradient = np.sign(gradient)
        elif self.rule == "normalised" and np.any(gradient):
            gradient = gradient / np.linalg.norm(gradient)
        policy.logits += self.lr * gradient
        return Used(self.group * self.groups, steps)

    def estimate(self, policy: EdgePolicy, seed: int, first: int) -> tuple[Array, int]:
        """(the estimated gradient of the objective in the logits, steps walked) from rollouts first, first+1, ..

        Errors: `InputError` when a rollout without horizon has not arrived after 10^8 steps.
        """
        seen = self.rollouts(policy, seed, first)
        advantage = self.advantage(seen, self.returns(policy, seen))
        counted = seen.counts.reshape(len(advantage), -1).astype(float)
        p, kept = policy.probabilities(), max(1, np.count_nonzero(~np.isnan(advantage)))
        weights = np.nan_to_num(advantage) / kept
        chosen = (weights @ counted).reshape(policy.logits.shape)
        gradient = chosen - chosen.sum(axis=-1, keepdims=True) * p
        if self.kl:
            spread = np.log(p) - (p * np.log(p)).sum(axis=-1, keepdims=True)
            visits = counted.mean(axis=0).reshape(p.shape).sum(axis=-1, keepdims=True)
            gradient -= self.kl * visits * p * spread * (1 - 1 / self.group if self.baseline == "mean" else 1)
        return gradient, int(seen.steps.sum())

    def check(self, policy: EdgePolicy) -> None:
        """`InputError` when whole rollouts of this policy are hopelessly long."""
        if self.reward.horizon is None and not policy.expected_steps() < ENDLESS:
            raise InputError(f"rollouts of about {policy.expected_steps():.3g} steps cannot be walked whole: give the "
                             "reward a horizon (--truncate)")

    def rollouts(self, policy: EdgePolicy, seed: int, first: int) -> Walks:
        """This update's rollouts, group by group."""
        rng = np.random.default_rng([seed, first])
        targets = np.zeros(self.groups, int) if self.fixed_target else rng.integers(policy.maze.W, size=self.groups)
        limit = self.reward.horizon or ENDLESS
        seen = walks(policy, np.repeat(targets, self.group), seed=seed, first=first, limit=limit)
        if self.reward.horizon is None and not seen.reached.all():
            raise InputError(f"a rollout has not arrived after {ENDLESS} steps: give the reward a horizon (--truncate)")
        return seen

    def returns(self, policy: EdgePolicy, seen: Walks) -> Array:
        """What each rollout earned, (runs,); nan for one that is left out."""
        earned = np.array(self.reward.of_success(seen.steps.astype(float)), float)
        if not seen.reached.all():
            earned[~seen.reached] = np.nan if self.reward.excluded else float(self.reward.of_failure())
        if self.kl:
            p = policy.probabilities()
            away = np.log(policy.maze.L + 1) + (p * np.log(p)).sum(axis=-1)           # KL(row || uniform)
            earned -= self.kl * (seen.counts.sum(axis=-1) * away).sum(axis=(1, 2, 3))
        if not np.abs(earned[~np.isnan(earned)]).max(initial=0.0) < 1e150:
            raise InputError(f"rewards of {earned[~np.isnan(earned)].min():.3g}: too large for their squares")
        return earned

    def advantage(self, seen: Walks, earned: Array) -> Array:
        """What each rollout's score is multiplied with, (runs,); nan for one that is left out."""
        grouped = earned.reshape(self.groups, self.group)
        if self.baseline == "none":
            return earned
        there = ~np.isnan(grouped)
        size = there.sum(axis=1, keepdims=True)
        total = np.nansum(grouped, axis=1, keepdims=True)
        mean = total / np.maximum(size, 1)
        if self.baseline == "loo":
            found = grouped - (total - grouped) / np.maximum(size - 1, 1)
        else:
            found = grouped - mean
        if self.baseline == "grpo":
            deviation = np.sqrt(np.nansum(found**2, axis=1, keepdims=True) / np.maximum(size, 1))
            found = found / np.where(deviation > 0, deviation, 1.0)
        # a group that agrees, or has one rollout left, compares nothing with nothing: 0, whatever rounding says
        highest = np.where(there, grouped, -np.inf).max(axis=1, keepdims=True)
        lowest = np.where(there, grouped, np.inf).min(axis=1, keepdims=True)
        return np.where(highest > lowest, found, np.where(there, 0.0, np.nan)).ravel()
