"""What readers are told of the paper, S1 to S8, each as a claim of its own.

The sentences are ours, written from public summaries; none is the paper's wording. Each is read as a formula, with our
constants; where a reading fails, the true form stands beside it.

Not covered: what critics object (`theory.critique`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theory import closed_forms
from theory.claim import FORKS, MAZES, Domain, claim


def _told(number: str) -> tuple[str, str]:
    return ("summary", number)


@claim("expected steps of the optimum", source=_told("S1"), relation="at most", symbolic=True,
       stands_on=("rlvr_reaches", "separation_rlvr_upper", "blind_optimum"), control=lambda W, K: 4 * W * K - 2,
       control_words="at most 4WK - 2")
def summary_linear(W: Any, K: Any) -> Any:
    """RL scales linearly with reasoning depth: its cost is at most 6WK."""
    return 6 * W * K


@claim("expected steps of the SFT limit", source=_told("S2"), relation="at most", domain=MAZES, symbolic=True,
       stands_on=("sft_cost", "map_growth"), control=lambda W, K, L: 5 * W * L**K, control_words="at most 5 W L^K",
       should_hold=False, true_form="sft_growth")
def summary_exponential(W: Any, K: Any, L: Any) -> Any:
    """Imitation blows up as W L^K, read as: at most 100 W L^K."""
    return 100 * W * L**K


@claim("expected steps before training, of each learner", source=_told("S3"), stands_on=("base_cost", "uncovered_base"),
       control=lambda W, K, L: closed_forms.base_steps(W, K, L) + 1, control_words="one step more")
def summary_same_start(W: Any, K: Any, L: Any) -> Any:
    """SFT and RLVR start from the identical base model."""
    return closed_forms.base_steps(W, K, L)


@claim("expected steps of SFT under search", source=_told("S4"), relation="at least", domain=FORKS,
       stands_on=("search_sft", "optimum_cost", "map_growth"),
       control=lambda W, K, L: 2 * closed_forms.optimum_steps(W, K),
       control_words="at least twice the optimum", should_hold=False, true_form="search_threshold")
def summary_search(W: int, K: int, L: int) -> Any:
    """A search wrapper around the imitation model cannot fully close the gap, WKL against WK, read as: it needs at
    least as many steps as the RLVR optimum without search."""
    return closed_forms.optimum_steps(W, K)


@claim("gradient of the cross-entropy in every logit of a row without data", source=_told("S5"),
       stands_on=("sft_frozen", "tie_limit"), control=lambda size: [1e-15] * size, control_words="a gradient of 1e-15")
def summary_no_signal(size: int) -> Any:
    """There is no gradient signal where there is no data (for rows with weights of their own)."""
    return [0.0] * size


@claim("backward rows pushed towards turning round, at the point y = e^-s of RLVR's way from base", source=_told("S6"),
       domain=Domain("W >= K + 1, 0 < y <= 1", lambda W, K, **_: W >= K + 1),
       stands_on=("rlvr_path", "rlvr_no_penalty", "small_W"), control=lambda W, K, L, y: 1, control_words="one row")
def summary_retreat_for_free(W: int, K: int, L: int, y: Any) -> Any:
    """RL learns to retreat for free, from the model's own failures: with whole rollouts, a length penalty and W >= K+1
    no backward row is ever pushed towards turning round, and sampled learners raise them all."""
    return 0


@claim("backward rows pushed towards turning round at base, outcome reward, rollouts cut off at T", source=_told("S6"),
       domain=Domain("W >= 2, T >= 2K+1", lambda W, K, T, **_: W >= 2 and T >= 2 * K + 1),
       stands_on=("truncation_unlearns", "truncation_indifferent"),
       control=lambda W, K, T: 2 * K, control_words="all of them",
       should_hold=False, true_form="summary_retreat_for_free")
def summary_retreat_outcome_quoted(W: int, K: int, T: int) -> Any:
    """RL learns to retreat from the outcome alone, however long its rollouts may be."""
    return 0


@claim("expected steps of two students at convergence: of whole traces, and of their golden parts", source=_told("S7"),
       domain=Domain("W >= 2, K, L >= 1; traces that show every retreat and every row a", lambda W, **_: W >= 2),
       stands_on=("distillation", "optimum_cost", "sft_cost", "messy_flow"),
       control=lambda W, K, L: [closed_forms.optimum_steps(W, K)] * 2,
       control_words="the student of the golden parts reaches the optimum too")
def summary_messy_traces(W: Any, K: Any, L: Any) -> Any:
    """Distilling from an RL-trained model works because its messy recoveries are inherited, not only its answers: the
    student of whole traces costs what the optimum does, that of the same traces with every detour erased what the SFT
    limit does."""
    return [closed_forms.optimum_steps(W, K), closed_forms.sft_steps(W, K, L)]


@claim("expected steps after GRPO's training from base", source=_told("S8"), relation="at most",
       domain=Domain("2 <= W <= 6, K <= 5, L <= 5", lambda W, K, **_: 2 <= W <= 6 and K <= 5),
       stands_on=("sampled_gradient", "rlvr_path", "sft_start_signs"),
       control=lambda W, K: Fraction(1001, 1000) * closed_forms.optimum_steps(W, K),
       control_words="within 0.1 % of the optimum")
def summary_real_algorithm(W: int, K: int) -> Any:
    """The result survives a real algorithm: GRPO on whole rollouts with a length penalty comes within 5 % of the
    optimum in at least nine runs of ten, on small mazes."""
    return Fraction(21, 20) * closed_forms.optimum_steps(W, K)
