"""The reward of a rollout: from its length, or from being cut off.

Setting. A rollout walks from the fork until the target, or until it has made `horizon` steps without having arrived.
One that arrives at step t is worth 1 (outcome), 1 - penalty t (length) or discount^t (discount). One that is cut off
is worth 0, or -penalty T under `length`; with `excluded` it is left out of the data altogether, so that what is
maximised is the mean over the rollouts that arrived. A horizon of None cuts nothing off; the outcome reward is then 1
for every policy that surely arrives, a constant from which nothing is learnt.

The exact learners (`theory.truncated`, `theory.discounted`) and the sampled ones use this one class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.numeric import InputError, integer

KINDS = ("outcome", "length", "discount")


@dataclass(frozen=True)
class Reward:
    """What a rollout is worth; `horizon` T in steps, or None for rollouts of any length.

    penalty (per step) counts under 'length' only, discount (per step, in (0, 1]) under 'discount' only. The numbers
    may be floats or Fractions; rewards come out in the same kind. Errors: `InputError` for an unknown kind, a horizon
    below 1, a negative penalty, a discount outside (0, 1], a parameter of another kind, or `excluded` without horizon.

    >>> Reward("length", horizon=10, penalty=0.1).of_success(3), Reward("outcome", horizon=10).of_failure()
    (0.7, 0.0)
    """

    kind: str
    horizon: int | None = None
    penalty: Any = 0.0
    discount: Any = 1.0
    excluded: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"reward {self.kind!r}: not one of {', '.join(KINDS)}")
        if self.horizon is not None:
            object.__setattr__(self, "horizon", integer(self.horizon, "horizon"))
        if not (self.penalty >= 0 and math.isfinite(self.penalty)):
            raise InputError(f"penalty = {self.penalty}: must be a finite number from 0")
        if not 0 < self.discount <= 1:
            raise InputError(f"discount = {self.discount}: must lie in (0, 1]")
        if self.kind != "length" and self.penalty != 0:
            raise InputError(f"penalty = {self.penalty}: only the reward 'length' has one, not {self.kind!r}")
        if self.kind != "discount" and self.discount != 1:
            raise InputError(f"discount = {self.discount}: only the reward 'discount' has one, not {self.kind!r}")
        if self.excluded and self.horizon is None:
            raise InputError("excluded: without a horizon no rollout is cut off")

    def of_success(self, t: Any) -> Any:
        """The reward of arriving at step t (an integer or an array of them), t <= horizon."""
        if self.kind == "length":
            return 1 - self.penalty * t
        return self.discount**t if self.kind == "discount" else np.ones(np.shape(t))[()]

    def of_failure(self) -> Any:
        """The reward of a rollout that was cut off at the horizon; not used when such rollouts are `excluded`.

        Errors: `InputError` without a horizon.
        """
        if self.horizon is None:
            raise InputError("without a horizon no rollout is cut off")
        return 0.0 - self.penalty * self.horizon
