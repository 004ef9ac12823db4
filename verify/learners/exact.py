"""RLVR on the exact policy gradient: tied rows, one log-odds each, by descent, by sign, or as a flow.

Setting. Rows are tied across branches and uniform over parallel edges, so a policy is 4K log-odds z of persisting, and
an update moves z along the exact gradient of the objective: of -penalty * H (`theory.dynamics`) for rollouts of any
length, of the truncated objective (`theory.truncated`) for rollouts cut off at a horizon. A row's log-odds move by
moving the logits of the edges on which it persists. Uses no samples: this is the witness of `policy_gradient`.

Not covered: rows that differ between branches or parallel edges (`verify.learners.witness` has their gradient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory import dynamics, truncated
from theory.numeric import InputError
from theory.rewards import Reward
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Learner, Memory, Used

RULES = ("sign", "gradient", "normalised", "flow")

@dataclass(frozen=True)
class Exact(Learner):
    """Steps of `rule` on the exact gradient of `reward`; penalty and horizon as the reward has them.

    rule: 'sign' moves every z by lr, 'gradient' by lr times the slope, 'normalised' by lr times the slope over its
    norm; 'flow' follows dz/dt = slope for time lr. kl: the weight of KL(row || base row) a choice, with a horizon only.
    """

    reward: Reward = Reward("length", penalty=1.0)
    rule: str = "sign"
    kl: float = 0.0
    points = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rule not in RULES:
            raise InputError(f"rule {self.rule!r}: not one of {', '.join(RULES)}")
        if self.reward.horizon is None and self.kl:
            raise InputError("an exact learner needs a horizon for a KL penalty (--truncate)")
        if self.rule == "flow" and (self.reward.horizon is not None or self.reward.kind == "discount"):
            raise InputError("only the flow of the length penalty on whole rollouts is integrated: choose another rule")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """One step along the exact gradient, or the flow for time lr; uses no samples."""
        if not policy.tied:
            raise InputError("exact learners keep the branches tied: leave --untied out")
        z, penalty = policy.log_odds(), float(self.reward.penalty)
        if self.reward.horizon is None and self.reward.kind != "discount":
            if self.reward.kind == "outcome" or penalty == 0:
                return Used()                              # the outcome is 1 whatever the policy: no gradient at all
            if self.rule == "flow":
                z = dynamics.gradient_flow(policy.maze, np.array([self.lr]), penalty=penalty, start=z).log_odds
            else:
                z = dynamics.descent(policy.maze, 1, self.lr, rule=self.rule, penalty=penalty, start=z).log_odds
        else:
            z = truncated.ascent(policy.maze, self.reward, 1, self.lr, rule=self.rule, kl=self.kl, start=z).log_odds
        policy.set_log_odds(z)
        return Used()
