"""Theorem 4: the inference-time separation, as quoted to readers (W L^K against W K) and as it is.

Setting. SFT's limit and the optimum have closed forms, so the separation is a comparison of two functions of W, K, L.
"As quoted" here means: the orders of growth that public summaries give, read with a stated constant; we have not the
theorem's wording, and a refutation below refutes that reading, not the theorem.

Not covered: whether the learners get there (`theory.imitation`, `theory.reinforcement`); wrappers at inference.
"""

from __future__ import annotations

from typing import Any

from theory import closed_forms
from theory.claim import FORKS, MAZES, claim
from theory.numeric import fraction

QUOTED = ("paper", "Theorem 4, in the orders that public summaries give")
EXACT = ("derived", "closed forms compared")


@claim("expected steps of the SFT limit", source=QUOTED, relation="at least", domain=MAZES, symbolic=True,
       stands_on=("sft_cost",), control=lambda W, K, L: 9 * W * L**K, control_words="at least 9 W L^K",
       should_hold=False, true_form="separation_sft_lower")
def separation_sft_lower_quoted(W: Any, K: Any, L: Any) -> Any:
    """Imitation needs at least W L^K steps."""
    return W * L**K


@claim("expected steps of the SFT limit", source=EXACT, relation="at least", domain=FORKS, symbolic=True,
       stands_on=("sft_cost",), control=lambda W, K, L, power=closed_forms.power: 3 * W * power(L, K),
       control_words="at least 3 W L^K")
def separation_sft_lower(W: Any, K: Any, L: Any, power: closed_forms.Power = closed_forms.power) -> Any:
    """With at least one wrong branch, imitation needs at least W L^K steps."""
    return W * power(L, K)


@claim("expected steps of the SFT limit", source=QUOTED, relation="at most", domain=MAZES, symbolic=True,
       stands_on=("sft_cost",), control=lambda W, K, L: 7 * W * L**K, control_words="at most 7 W L^K",
       should_hold=False, true_form="sft_growth")
def separation_sft_order_quoted(W: Any, K: Any, L: Any) -> Any:
    """Imitation's steps are of the order W L^K, read as: at most 1000 W L^K."""
    return 1000 * W * L**K


@claim("expected steps of the optimum", source=QUOTED, relation="at most", domain=MAZES, symbolic=True,
       stands_on=("optimum_cost",), control=lambda W, K: 4 * W * K - 1, control_words="at most 4WK - 1")
def separation_rlvr_upper(W: Any, K: Any) -> Any:
    """A walker that always persists needs at most 6WK steps: linear in W and in K."""
    return 6 * W * K


@claim("expected steps of the optimum", source=QUOTED, relation="at least", domain=MAZES, symbolic=True,
       stands_on=("optimum_cost",), control=lambda W, K: 3 * W * K, control_words="at least 3WK")
def separation_rlvr_lower(W: Any, K: Any) -> Any:
    """A walker that always persists needs at least 2WK steps: no better than linear."""
    return 2 * W * K


@claim("expected steps of the SFT limit over those of the optimum", source=EXACT, relation="at least", domain=FORKS,
       symbolic=True, stands_on=("sft_cost", "optimum_cost"),
       control=lambda W, K, L, power=closed_forms.power: separation(W, K, L, power) * 3 / 2,
       control_words="half as much again")
def separation(W: Any, K: Any, L: Any, power: closed_forms.Power = closed_forms.power) -> Any:
    """With at least one wrong branch, imitation costs at least rho^K/(2K+1) times the optimum, rho = (L+1)^2/L >= 4:
    the separation is exponential in K for every L, L = 1 included."""
    W, K, L = map(closed_forms.parameter, (W, K, L))
    return fraction(power((L + 1) ** 2 / L, K) / (2 * K + 1))


@claim("expected steps of the SFT limit with one branch", source=EXACT, domain=MAZES, symbolic=True,
       stands_on=("sft_cost",), control=lambda K, L: 2 * K + 2, control_words="one step more")
def no_gap_without_wrong_branch(K: Any, L: Any) -> Any:
    """With W = 1 there is no gap: imitation walks straight to the target in 2K+1 steps, as the optimum does."""
    return 2 * K + 1
