"""Theorem 2: what imitation of golden paths learns, and what it cannot.

Setting. SFT lowers the cross-entropy of golden paths on per-edge softmax logits. A golden path visits the forward rows
a and c of its branch and no others, so those follow an autonomous flow (`theory.dynamics`) and the backward rows b, d
have gradient exactly zero. `w` is the rate at which a row is visited: 1 for tied rows, 1/W untied with uniform targets.

The freezing is the part that is true by construction: a tabular policy cannot move a row it never visits. That the
forward rows alone make the cost explode is not; it follows from `sft_cost`. For W >= 2 the SFT limit is dearer than
base from K = 3 on, and at K = 2 but for W = 2, L = 1; with one diamond it is cheaper.

Not covered: finite samples, weight sharing, messy traces.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theory import closed_forms, dynamics
from theory.claim import FORKS, Domain, claim
from theory.maze import Maze

THEOREM = ("paper", "Theorem 2, by public statements of it")
FLOW = ("derived", "population gradient flow; docstring of theory.dynamics")
TIMES = Domain("L >= 1, visiting rate w > 0, training time t >= 0")
BACKWARD = Domain("every maze; golden data in any order, batch and number; any learning rate and start")


@claim("row a at training time t", source=FLOW, domain=TIMES,
       control=lambda L, w, t: _share(dynamics.sft_odds(t * L / (L + 1), L, w)[0]),
       control_words="e^D + L D = 1 + w L t: L for L + 1")
def sft_row_a(L: int, w: float, t: float) -> Any:
    """Under the flow of SFT the logit gap D of row a obeys e^D + L D = 1 + w(L+1)t, and a = e^D/(e^D + L); by
    Lambert's W, e^D = L W(exp((1 + w(L+1)t)/L)/L)."""
    return _share(dynamics.sft_odds(t, L, w)[0])


@claim("row c at training time t", source=FLOW, domain=TIMES,
       control=lambda L, w, t: _share(dynamics.sft_odds(t * L / (L + 1), L, w)[1]),
       control_words="D + L e^D = L + w t: 1 for 1 + 1/L")
def sft_row_c(L: int, w: float, t: float) -> Any:
    """Under the flow of SFT the logit gap D of row c obeys D + L e^D = L + w(1 + 1/L)t, and c = L e^D/(L e^D + 1);
    by Lambert's W, L e^D = W(L exp(L + w(1 + 1/L)t))."""
    return _share(dynamics.sft_odds(t, L, w)[1])


def _share(odds: Any) -> float:
    return float(odds / (1 + odds))


@claim("logits of the rows b and d after training", source=THEOREM, domain=BACKWARD,
       control=lambda before: before + Fraction(1, 10**9), control_words="every backward logit moves by 1e-9")
def sft_frozen(before: Any) -> Any:
    """SFT on golden paths leaves the backward rows b and d exactly where they were: they receive no data."""
    return before


@claim("1 - a at training time t", source=FLOW, relation="at most", domain=TIMES, stands_on=("sft_row_a",),
       control=lambda L, w, t: L / (L + 2 + w * t), control_words="L + 2 for L + 1")
def sft_forward_a(L: Any, w: Any, t: Any) -> Any:
    """Row a goes to 1: 1 - a <= L/(L + 1 + w t) at every training time t (since D <= e^D - 1, e^D >= 1 + w t)."""
    return L / (L + 1 + w * t)


@claim("1 - c at training time t", source=FLOW, relation="at most", domain=TIMES, stands_on=("sft_row_c",),
       control=lambda L, w, t: 1 / (L + 2 + w * t), control_words="L + 2 for L + 1")
def sft_forward_c(L: Any, w: Any, t: Any) -> Any:
    """Row c goes to 1: 1 - c <= 1/(L + 1 + w t) at every training time t (since D <= e^D - 1, L e^D >= L + w t)."""
    return 1 / (L + 1 + w * t)


@claim("log of the expected steps at training time t of the tied flow", source=FLOW,
       domain=Domain("every maze, t >= 0"), stands_on=("sft_row_a", "sft_row_c", "recursion"),
       control=lambda maze, t: float(dynamics.sft_flow_steps(maze, t * 1.01).log()),
       control_words="at time 1.01 t")
def sft_flow_cost(maze: Maze, t: float) -> Any:
    """Along SFT's flow the expected steps are those of the policy with a(t), c(t) and the frozen b, d."""
    return float(dynamics.sft_flow_steps(maze, t).log())


@claim("least H along the tied flow of SFT, over H of base", source=("derived", "seen in first experiments: 1 to 15 %"),
       relation="at least", domain=FORKS, stands_on=("sft_flow_cost",),
       control=lambda W, K, L: 1.0, control_words="H never falls",
       should_hold=False, true_form="early_stopping")
def early_stopping_quoted(W: int, K: int, L: int) -> Any:
    """Stopping SFT early gains at most 15 % over base."""
    return 0.85


@claim("least H along the tied flow of SFT, over H of base", source=FLOW, relation="at least",
       domain=Domain("W >= 2, K >= 8, L >= 1", lambda W, K, **_: W >= 2 and K >= 8), stands_on=("sft_flow_cost",),
       control=lambda W, K, L: 0.93, control_words="at most 7 %")
def early_stopping(W: int, K: int, L: int) -> Any:
    """From K = 8 on, stopping SFT early gains at most 10 % over base: a constant factor and no more."""
    return 0.9


@claim("expected steps of the SFT limit", source=("critique", "imitation only hurts"), relation="at least",
       domain=FORKS, stands_on=("sft_cost", "base_cost"), control=lambda W, K, L: 4 * closed_forms.base_steps(W, K, L),
       control_words="at least four times base", should_hold=False, true_form="sft_worse_than_base")
def sft_worse_than_base_quoted(W: int, K: int, L: int) -> Any:
    """The SFT limit costs at least as much as the base model it started from."""
    return closed_forms.base_steps(W, K, L)


@claim("expected steps of the SFT limit", source=("derived", "closed forms compared"), relation="at least",
       domain=Domain("W >= 2, K >= 3, L >= 1", lambda W, K, **_: W >= 2 and K >= 3),
       stands_on=("sft_cost", "base_cost"), control=lambda W, K, L: 2 * closed_forms.base_steps(W, K, L),
       control_words="at least twice base")
def sft_worse_than_base(W: int, K: int, L: int) -> Any:
    """From K = 3 on, the SFT limit costs at least as much as the base model; with one diamond it costs less."""
    return closed_forms.base_steps(W, K, L)
