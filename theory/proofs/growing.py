"""The closed forms, the separation, and growth: geometric, balanced, by the potential of the rows."""

from __future__ import annotations

from theory.proofs import Proof

AT = "(1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> "
FORKED = "(2 <= W)%nat -> " + AT
SFT = "forall (W K L t : nat) (H : R), "
OPTIMUM = "forall (W K t : nat) (H : R), (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H -> "
ROWS = "row a -> row b -> row c -> row d -> "
PROMPT = "the prompt's edge into the fork is the 1 that is added to the cost from the fork"


def _quoted(theorem: str, variables: str) -> str:
    """The script for a sentence that is refuted: what the body says implies what the theorem refutes."""
    return f"intros T. apply {theorem}. intros {variables}. bridge (@T {variables})."


# cancels the power of r, by which numerator and denominator may both be multiplied
HOMOGENEOUS = (
    "intros W K t a b c d H some small ra rb rc rd other sol. "
    "rewrite (ClosedForms.homogeneous_cost W K t a b c d H some small ra rb rc rd other sol). "
    "destruct ra, rb, rc, rd. unfold cost_of_sums. "
    "replace (a * c / (b * d)) with (a * c * / b * / d) by (field; lra). "
    "assert (grown : (a * c * / b * / d) ^ K <> 0) by (apply pow_nonzero, Rgt_not_eq; unfold Rgt; positive). "
    "generalize dependent ((a * c * / b * / d) ^ K). intros grown nz. field. repeat split; lra.")
BALANCED = (
    "intros W K t a b c H some small ra rb rc le sol. "
    "rewrite (ClosedForms.balanced_cost W K t a b c H some small ra rb rc le sol). "
    "destruct ra, rb, rc. unfold cost_of_sums. field. lra.")
CLOSED = (
    Proof("homogeneous_cost", "ClosedForms",
          "forall (W K t : nat) (a b c d H : R), (1 <= K)%nat -> (t < W)%nat -> " + ROWS
          + "a * c <> b * d -> homogeneous_steps W K t a b c d H -> H = {formula}",
          words="all W, K >= 1 and all rows in (0, 1] with ac != bd", by=HOMOGENEOUS,
          twin="1 1 0 1%R (1 / 2)%R 1%R 1%R", witness="homogeneous_exists"),
    Proof("balanced_cost", "ClosedForms",
          "forall (W K t : nat) (a b c H : R), (1 <= K)%nat -> (t < W)%nat -> row a -> row b -> row c -> a * c <= b -> "
          "homogeneous_steps W K t a b c (a * c / b) H -> H = {formula}",
          words="all W, K >= 1 and all rows a, b, c in (0, 1] with ac <= b", by=BALANCED,
          twin="1 1 0 1%R 1%R 1%R", witness="balanced_exists"),
    Proof("sft_growth", "ClosedForms",
          "forall (W K L t : nat) (H : nat -> R), " + FORKED + "sft_costs W L t H -> "
          "(H (K + 2)%nat - H (K + 1)%nat - 2) / (H (K + 1)%nat - H K - 2) = {formula}",
          words="all W >= 2, K, L >= 1", twin="2 1 1 0", witness="sft_costs_exist"),
    Proof("no_gap_without_wrong_branch", "ClosedForms",
          "forall (K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < 1)%nat -> sft_steps 1 K L t H -> "
          "H = {formula}", words="all K, L >= 1", twin="1 1 0", witness="sft_exists_straight"),
    Proof("figure3_target", "ClosedForms", OPTIMUM + "H + 1 = {formula}", words="all W, K >= 1", differs=PROMPT,
          twin="2 1 0", witness="optimum_exists"),
    Proof("figure3_diagonal", "ClosedForms", OPTIMUM + "(H + 1 = 4 * W * K <-> W = K)", words="all W, K >= 1",
          differs=PROMPT, of="INR (if Nat.eqb {W} {K} then 1 else 0)",
          cases=({"W": 1, "K": 1}, {"W": 1, "K": 2}, {"W": 3, "K": 3}, {"W": 2, "K": 1})),
    Proof("figure3_target_quoted", "ClosedForms", OPTIMUM + "H + 1 = {formula}", words="W = 1, K = 2", differs=PROMPT,
          by=_quoted("ClosedForms.figure3_target_quoted", "W K t H"),
          twin="2 1 0", witness="optimum_exists", value="optimum_cost"),
)
SEPARATION = (
    Proof("separation_sft_lower", "Separation", SFT + FORKED + "sft_steps W K L t H -> {formula} <= H",
          words="all W >= 2, K, L >= 1", twin="2 1 6 0", witness="sft_exists", value="sft_cost"),
    Proof("separation_sft_lower_quoted", "Separation", SFT + AT + "sft_steps W K L t H -> {formula} <= H",
          words="W = K = 1, L = 4", by=_quoted("Separation.separation_sft_lower_quoted", "W K L t H"),
          twin="1 1 4 0", witness="sft_exists", value="sft_cost"),
    Proof("separation_sft_order_quoted", "Separation", SFT + AT + "sft_steps W K L t H -> H <= {formula}",
          words="W = 2, L = 1 and K large; sft_order_unbounded: any W >= 2 and any L",
          by=_quoted("Separation.separation_sft_order_quoted", "W K L t H"),
          twin="2 2 1 0", witness="sft_exists", value="sft_cost"),
    Proof("summary_exponential", "Separation", SFT + AT + "sft_steps W K L t H -> H <= {formula}",
          words="W = 2, L = 1 and K large; sft_order_unbounded: any W >= 2 and any L",
          by=_quoted("Separation.summary_exponential", "W K L t H"),
          twin="2 2 1 0", witness="sft_exists", value="sft_cost"),
    Proof("separation_rlvr_upper", "Separation", OPTIMUM + "H <= {formula}", words="all W, K >= 1", twin="2 1 0",
          witness="optimum_exists", value="optimum_cost"),
    Proof("separation_rlvr_lower", "Separation", OPTIMUM + "{formula} <= H", words="all W, K >= 1", twin="1 2 0",
          witness="optimum_exists", value="optimum_cost"),
    Proof("summary_linear", "Separation", OPTIMUM + "H <= {formula}", words="all W, K >= 1",
          differs="It is of the optimum; that RLVR comes near it is another claim", twin="2 1 0",
          witness="optimum_exists", value="optimum_cost"),
    Proof("separation", "Separation",
          "forall (W K L t : nat) (ratio : R), " + FORKED + "sft_over_optimum W K L t ratio -> {formula} <= ratio",
          words="all W >= 2, K, L >= 1", twin="2 1 30 0", witness="sft_over_optimum_exists",
          value="sft_over_optimum_is"),
    Proof("sft_worse_than_base", "Separation",
          SFT + "(2 <= W)%nat -> (3 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H -> {formula} <= H",
          words="all W >= 2, K >= 3, L >= 1",
          differs="the base model's cost enters as its closed form (of both chains: "
                  "Separation.sft_worse_than_base_chain); "
                  "that SFT costs less at K = 1 is not in it",
          twin="2 3 1 0", witness="sft_exists", value="sft_cost"),
    Proof("sft_worse_than_base_quoted", "Separation", SFT + FORKED + "sft_steps W K L t H -> {formula} <= H",
          words="W = 2, K = L = 1", differs="the base model's cost enters as its closed form",
          by=_quoted("Separation.sft_worse_than_base_quoted", "W K L t H"),
          twin="2 1 1 0", witness="sft_exists", value="sft_cost"),
)
TIED = ("forall (W K t : nat) (P Q : nat -> R) (H : R), (2 <= W)%nat -> (1 <= K)%nat -> (t < W)%nat -> "
        "rows (2 * K) P Q -> tied_steps W K t P Q H -> ")
SIZE = "(peak (2 * {K}) {P} {Q} * trap (2 * {K}) {P} {Q})"
# peak is 1 at the first of these, and neither peak nor trap is 1 at the others
POLICIES = ({"W": 2, "K": 1, "numbers": 1}, {"W": 3, "K": 1, "numbers": 2}, {"W": 3, "K": 2, "numbers": 2})
BALANCE = (
    Proof("balance_lower_bound", "Balance",
          "forall (W K t : nat) (a b c d H : R), (2 <= W)%nat -> (1 <= K)%nat -> (t < W)%nat -> " + ROWS
          + "homogeneous_steps W K t a b c d H -> imbalance_cost W K a b c d <= H",
          words="all W >= 2, K >= 1 and all rows in (0, 1]",
          of="imbalance_cost {W} {K} ({a}) ({b}) ({c}) ({d})",
          cases=({"W": 2, "K": 1, "a": "1", "b": "2/3", "c": "1/2", "d": "1/3"},
                 {"W": 3, "K": 3, "a": "3/4", "b": "1/2", "c": "2/3", "d": "2/5"},
                 {"W": 3, "K": 2, "a": "1/4", "b": "3/4", "c": "2/3", "d": "1/2"})),
    Proof("potential_lower", "Potential", TIED + "(W - 1) * (peak (2 * K) P Q * trap (2 * K) P Q) <= H",
          words="all W >= 2, K >= 1 and all tied rows in (0, 1]", of="({W} - 1) * " + SIZE, cases=POLICIES),
    Proof("potential_upper", "Potential",
          TIED + "H <= 2 * W * (2 * K + 1) ^ 2 * (peak (2 * K) P Q * trap (2 * K) P Q)",
          words="all W >= 2, K >= 1 and all tied rows in (0, 1]", of="2 * {W} * (2 * {K} + 1) ^ 2 * " + SIZE,
          cases=POLICIES),
)
LIMITS = (
    Proof("balance_exponent", "Limits",
          "forall (W t : nat) (a b c d : R) (H : nat -> R), (2 <= W)%nat -> (t < W)%nat -> " + ROWS
          + "(forall K : nat, (1 <= K)%nat -> homogeneous_steps W K t a b c d (H K)) -> "
          "Un_cv (fun K => ln (H (2 * K)%nat / H K) / K) {formula}", words="all W >= 2 and all rows in (0, 1]",
          differs="what the body gives at symbols is compared, at numbers it gives a float; polynomial exactly "
                  "when ac = bd: "
                  "Balance.polynomial_iff_balanced",
          by="intros W t a b c d H forks small ra rb rc rd sol. "
             "match goal with |- Un_cv _ ?found => replace found with (Rabs (ln (a * c / (b * d)))) end; "
             "[now apply (Limits.balance_exponent W t) | do 2 f_equal; destruct ra, rb, rc, rd; field; lra].",
          # at balanced rows, where the exponent is 0
          against="intros T. set (half := 1 / 2) in *. assert (r : row half) by (unfold half; split; lra). "
                  "set (H := fun K : nat => tied 2 (2 * K) (alternate half half) (alternate half half)). "
                  "assert (sol : forall K : nat, (1 <= K)%nat -> homogeneous_steps 2 K 0 half half half half (H K)) "
                  "by (intros K pos; apply tied_steps_iff; [lia | auto using homogeneous_rows | reflexivity]). "
                  "specialize (T 2 0 half half half half H)%nat. settle T. "
                  "pose proof (claim_balance_exponent 2 0 half half half half H)%nat as V. settle V. "
                  "pose proof (UL_sequence _ _ _ T V) as F. "
                  "match type of F with context [ln ?x] => replace x with 1 in F by (unfold half; field) end. "
                  "rewrite ln_1, Rabs_R0 in F. lra."),
    Proof("sft_constant", "Limits",
          "forall (W L t : nat) (H : nat -> R), (2 <= W)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_costs W L t H -> "
          "Un_cv (fun K => H K / ((L + 1) ^ 2 / L) ^ K) {formula}", words="all W >= 2, L >= 1",
          by="intros W L t H forks pos small sol. "
             "match goal with |- Un_cv _ ?found => replace found with (sft_limit W L) end; "
             "[now apply (Limits.sft_constant W L t) | unfold sft_limit; clear forks small; same].",
          # at L = 1 the twin is true
          against="intros T. destruct (sft_costs_exist 2 1 2 0) as [H sol]; [lia | lia |]. "
                  "specialize (T 2 2 0 H)%nat. pose proof (claim_sft_constant 2 2 0 H) as V. settle T. settle V. "
                  "pose proof (UL_sequence _ _ _ T V) as F. compute_reals F. lra."),
)
PROOFS = (*CLOSED, *SEPARATION, *BALANCE, *LIMITS)
BESIDE = (
    ("polynomial_iff_balanced", "Balance", "for W >= 2 and all rows in (0, 1] the cost is at most C K^m, for some C "
     "and m and all K, exactly when ac = bd"),
    ("balanced_upper", "Balance", "an explicit C K^2 above the cost whenever ac = bd, all W, K >= 1"),
    ("persisting_exceeds_polynomials", "Balance", "for any q > 1, C and m the cost exceeds C K^m from some K on, the "
     "same for all rows with ac >= q bd, W >= 2"),
    ("frozen_exceeds_polynomials", "Balance", "the same with b and d left as in the base model, for all rows a and c "
     "with ac >= q bd, W >= 2"),
    ("sft_exceeds_polynomials", "Balance", "the SFT limit's cost exceeds every C K^m from some K on, W >= 2, L >= 1"),
    ("sft_order_unbounded", "Separation", "no constant C makes C W L^K an upper bound of the SFT limit's cost, for any "
     "W >= 2 and any L >= 1"),
    ("rho_over_L", "Separation", "(rho/L)^K = (1 + 1/L)^(2K), all L >= 1"),
    ("power_L_below_rho", "Separation", "L^K <= rho^K, all L >= 1"),
    ("sft_worse_than_base_chain", "Separation", "the cost of the SFT limit's chain is at least that of the base "
     "model's, W >= 2, K >= 3, L >= 1"),
    ("figure3_diagonal_only", "ClosedForms", "W >= K does not make 4WK the optimum counted from the prompt"),
    ("geometric_exceeds_polynomials", "Growth", "q^K exceeds C K^m from some K on, any q > 1, C and m"),
)
