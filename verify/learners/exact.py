"""RLVR on the exact policy gradient: tied rows, one log-odds each, by descent, by sign, or as a flow.

Setting. Rows are tied across branches and uniform over parallel edges, so a policy is 4K log-odds z of persisting, and
an update moves z along the exact gradient of the objective: of -penalty * H (`theory.dynamics`) for rollouts of any
length, of the truncated objective (`theory.truncated`) for rollouts cut off at a horizon. A row's log-odds move by
moving the logits of the edges on which it persists. Uses no samples: this is the witness of `policy_gradient`.

Not covered: rows that differ between branches or parallel edges (`verify.learners.witness` has their gradient).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from theory import dynamics, truncated
from theory.numeric import InputError
from theory.rewards import Reward
from verify.learners.edges import Array, EdgePolicy, away, leads_on
from verify.learners.learning import Learner, Memory, Used

RULES = ("sign", "gradient", "normalised", "flow")
PLACES = {"a": (1, True), "b": (1, False), "c": (0, True), "d": (0, False)}      # (x - 1) mod 2, moving away?


def log_odds(policy: EdgePolicy) -> Array:
    """z of a tied policy, 4 x K, rows a, b, c, d; the first parallel copy speaks for all."""
    if not policy.tied:
        raise InputError("exact learners keep the branches tied: leave --untied out")
    z, on, came_on = np.empty((4, policy.maze.K)), leads_on(policy.maze), away(policy.maze)
    for row, (parity, onward) in enumerate(PLACES.values()):
        for j in range(policy.maze.K):
            x = 2 * j + parity
            i = int(np.flatnonzero(came_on[x] == onward)[0])
            ahead = on[x] if onward else ~on[x]
            z[row, j] = (np.logaddexp.reduce(policy.logits[0, x, i, ahead])
                         - np.logaddexp.reduce(policy.logits[0, x, i, ~ahead]))
    return z


def with_log_odds(policy: EdgePolicy, z: Array) -> None:
    """Set the rows of a tied policy to these log-odds, uniform over parallel edges, in place."""
    on, came_on = leads_on(policy.maze), away(policy.maze)
    for row, (parity, onward) in enumerate(PLACES.values()):
        for j in range(policy.maze.K):
            x = 2 * j + parity
            ahead = on[x] if onward else ~on[x]
            gap = z[row, j] + math.log((~ahead).sum() / ahead.sum())
            policy.logits[0, x, came_on[x] == onward] = np.where(ahead, gap, 0.0)


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
        z, penalty = log_odds(policy), float(self.reward.penalty)
        if self.reward.horizon is None and self.reward.kind != "discount":
            if self.reward.kind == "outcome" or penalty == 0:
                return Used()                              # the outcome is 1 whatever the policy: no gradient at all
            if self.rule == "flow":
                z = dynamics.gradient_flow(policy.maze, np.array([self.lr]), penalty=penalty, start=z).log_odds
            else:
                z = dynamics.descent(policy.maze, 1, self.lr, rule=self.rule, penalty=penalty, start=z).log_odds
        else:
            z = truncated.ascent(policy.maze, self.reward, 1, self.lr, rule=self.rule, kl=self.kl, start=z).log_odds
        with_log_odds(policy, z)
        return Used()
