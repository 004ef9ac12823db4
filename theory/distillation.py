"""Theorem 5: distilling RLVR traces into the base model.

Setting. SFT on traces of the optimum: a visited row goes to the teacher's conditional, an unvisited one stays at base.

The coverage law is checked exactly; that a student reaches the teacher's cost is registered and says `stated`.
"""

from __future__ import annotations

from typing import Any

from theory.claim import FORKS, claim
from theory.closed_forms import parameter
from theory.numeric import fraction

THEOREM = ("paper", "Theorem 5, by public statements of it")
DERIVED = ("derived", "one trace enters a given wrong branch with probability 1/2")


@claim("expected number of branches whose backward rows are unseen after n traces, uniform targets", source=DERIVED,
       domain=FORKS, symbolic=True,
       control=lambda W, n: fraction(parameter(W) * ((1 + 2 / parameter(W)) / 2) ** n), control_words="2/W for 1/W")
def distillation_coverage(W: Any, n: Any) -> Any:
    """After n traces of the optimum, W((1 + 1/W)/2)^n branches are expected to have unseen backward rows."""
    return fraction(parameter(W) * ((1 + 1 / parameter(W)) / 2) ** n)


@claim("expected steps of the distilled policy", source=THEOREM, relation="states", domain=FORKS,
       stands_on=("distillation_coverage",))
def distillation(W: Any, K: Any, L: Any) -> None:
    """SFT on traces of an RLVR-trained walker brings the base model to the walker's cost."""
