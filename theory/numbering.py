"""Label -> the paper's number, and the readers' and critics' numbers. The only place where they are typed.

The numbers are read off public material (arXiv 2606.22938 and a reproduction of it); a claim without one is ours.
"""

from __future__ import annotations

NUMBERS = {
    "sft_row_a": "Theorem 2",
    "sft_row_c": "Theorem 2",
    "sft_frozen": "Theorem 2",
    "sft_forward_a": "Theorem 2",
    "sft_forward_c": "Theorem 2",
    "rlvr_reaches_quoted": "Theorem 3",
    "rlvr_reaches": "Theorem 3",
    "rlvr_rows": "Theorem 3",
    "rlvr_path": "Theorem 3",
    "rlvr_path_diagonal": "Theorem 3",
    "rlvr_cost": "Theorem 3",
    "rlvr_steps_upper": "Theorem 3",
    "rlvr_steps_lower": "Theorem 3",
    "rlvr_sampled": "Theorem 3",
    "separation_sft_lower_quoted": "Theorem 4",
    "separation_sft_lower": "Theorem 4",
    "separation_sft_order_quoted": "Theorem 4",
    "separation_rlvr_upper": "Theorem 4",
    "separation_rlvr_lower": "Theorem 4",
    "separation": "Theorem 4",
    "search_narrows": "Corollary 1",
    "search_sft": "Corollary 1",
    "search_optimum": "Corollary 1",
    "search_gap": "Corollary 1",
    "distillation": "Theorem 5",
    "distillation_coverage": "Theorem 5",
    "distillation_covered": "Theorem 5",
    "distillation_fixed": "Theorem 5",
    "figure3_target_quoted": "Figure 3",
    "figure3_target": "Figure 3",
    "figure3_diagonal": "Figure 3",
    "figure3_curve": "Figure 3",
    "summary_linear": "S1",
    "summary_exponential": "S2",
    "summary_same_start": "S3",
    "summary_search": "S4",
    "summary_no_signal": "S5",
    "summary_retreat_for_free": "S6",
    "summary_retreat_outcome_quoted": "S6",
    "summary_messy_traces": "S7",
    "summary_real_algorithm": "S8",
    "sampled_gradient": "S8",
    "grpo_pair": "S8",
    "grpo_pair_outcome": "S8",
    "grpo_learns": "S8",
    "critique_by_construction": "C1",
    "critique_topology": "C2",
    "critique_pessimistic_sft": "C3",
}


def number_of(label: str) -> str:
    """The paper's number of a claim, or '' when it has none."""
    return NUMBERS.get(label, "")


def number_place(number: str) -> tuple[int, str]:
    """Where a number stands in a list: theorems, corollaries, figures, what readers and critics say, then no number."""
    kinds = ("Theorem", "Corollary", "Figure", "S", "C")
    words = number.rstrip("0123456789").strip()
    return kinds.index(words) if words in kinds else len(kinds), number


def labels_of(number: str) -> list[str]:
    """The labels that carry a number, compared without case and spaces: 'theorem4' finds 'Theorem 4'."""
    def key(text: str) -> str:
        return "".join(text.lower().split())

    return [label for label, value in NUMBERS.items() if key(value) == key(number)]
