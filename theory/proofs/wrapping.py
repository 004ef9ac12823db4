"""Wrappers: restarts at dead ends and after a budget, attempts side by side, search, forks in a row."""

from __future__ import annotations

from theory.proofs import Proof

MERGED = "Rows merged over parallel edges."
COUNTED = "Crossed parallel edges are remembered as counts; what lies beyond a diamond, as one cost."
AT = "(1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> "
FORKS = "(2 <= W)%nat -> " + AT
CHANCES = "(forall i, (i < W)%nat -> rows_or_zero {N} (P i) (Q i)) -> "
OPTIMUM = "onward_steps M W (2 * K) t (alternate 1 1) (alternate 1 1) "
NESTED = "forall (M W K : nat) (t : nat -> nat) (P Q : nat -> R) (H : R), (1 <= M)%nat -> (1 <= W)%nat -> "
SEARCHED = ("(1 <= M)%nat -> (1 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> "
            "(forall m, (m < M)%nat -> (t m < W)%nat) -> ")
DEEP = (
    "intros T. set (t := fun _ : nat => 0%nat). assert (on : forall m, (m < 2 -> t m < 1)%nat) by (unfold t; lia). "
    "destruct (nested_search_exists 2 1 1 1 t {rows} on) as [H h]. pose proof (T 2 1 1 1 t H)%nat as F. "
    "pose proof (claim_nested_search_{label} 2 1 1 1 t H)%nat as V. against F V.")
ALONE = "assert (single : tied_steps 1 K 0 P Q (tied 1 (2 * K) P Q)) by (apply tied_steps_iff; auto). "
TIED = "all M, W, K >= 1, any way on at each fork, tied rows in (0, 1]"
SMALL = ({"M": 2, "W": 2, "K": 1}, {"M": 3, "W": 1, "K": 2}, {"M": 2, "W": 3, "K": 1})

PROOFS = (
    # -- restarts at the first dead end
    Proof("restart_sft", "Restarts",
          "forall (W K L t : nat) (H : R), " + AT + "sft_dead_end_steps W K L t H -> H = {formula}",
          words="all W, K, L >= 1",
          differs=MERGED + " Less than the optimum: Restarts.restart_sft_gain.",
          twin="2 1 1 0", witness="Restarts.sft_dead_end_exists"),
    Proof("restart_dead_end", "Restarts",
          "forall (W N t : nat) (P Q : nat -> nat -> R) (H : R), (t < W)%nat -> "
          "(forall i, (i < W)%nat -> rows N (P i) (Q i)) -> dead_end_steps W N t P Q H -> H = dead_end W N t P Q",
          words="every maze, target and policy with rows in (0, 1], tied or not",
          differs=MERGED + " Tied rows: Restarts.restart_tied; what base gains follows from it.",
          of="dead_end {W} (2 * {K}) {target} {Ps} {Qs}",
          cases=({"W": 2, "K": 1, "target": 0, "numbers": 1}, {"W": 1, "K": 2, "target": 0, "numbers": 1},
                 {"W": 3, "K": 1, "target": 1, "numbers": 1})),

    # -- attempts of bounded length
    Proof("restart_budget", "Attempts",
          "forall (W N t : nat) (P Q : nat -> nat -> R) (B : nat) (H : R), (t < W)%nat -> "
          + CHANCES.format(N="N") + "(1 <= B)%nat -> budget_steps W N t P Q B H -> "
          "H = capped_steps W N t P Q B / arrived W N t P Q B",
          words="every maze, target, B >= 1 and policy with rows in [0, 1], tied or not",
          differs=MERGED + " Where the claim says infinite the equations have no solution (budget_steps_iff).",
          of="capped_steps {W} (2 * {K}) {target} {Ps} {Qs} {B} / arrived {W} (2 * {K}) {target} {Ps} {Qs} {B}",
          cases=({"W": 2, "K": 1, "target": 1, "B": 4, "numbers": 1},
                 {"W": 1, "K": 1, "target": 0, "B": 6, "numbers": 1},
                 {"W": 2, "K": 1, "target": 0, "B": 5, "numbers": 1})),
    Proof("restart_shortest", "Attempts",
          "forall (W K t : nat) (P Q : nat -> nat -> R) (H : R), (1 <= K)%nat -> (t < W)%nat -> "
          "(forall i, (i < W)%nat -> rows (2 * K) (P i) (Q i)) -> budget_steps W (2 * K) t P Q (2 * K + 1) H -> "
          "H = W * (2 * K + 1) / prod (2 * K) (fun x => P t (S x))",
          words="every maze, target and policy with rows in (0, 1], tied or not", differs=MERGED,
          of="INR {W} * (2 * INR {K} + 1) / prod (2 * {K}) (fun x => {P} (S x))",
          cases=({"W": 2, "K": 1, "target": 1}, {"W": 3, "K": 2, "target": 0})),
    Proof("pass_at_k", "Attempts",
          "forall (W K t k : nat) (P Q : nat -> R), (1 <= K)%nat -> (t < W)%nat -> rows_or_zero (2 * K) P Q -> "
          "(1 <= k)%nat -> "
          "one_of k (arrived W (2 * K) t (fun _ => P) (fun _ => Q) (2 * K + 1)) = "
          "1 - (1 - prod (2 * K) (fun x => P (S x)) / W) ^ k",
          words="every maze, k >= 1 and tied rows in [0, 1]",
          differs=MERGED + " That attempts are independent is in the definition of one_of.",
          of="1 - (1 - prod (2 * {K}) (fun x => {P} (S x)) / {W}) ^ {k}",
          cases=({"W": 2, "K": 1, "k": 1}, {"W": 3, "K": 2, "k": 2}, {"W": 2, "K": 1, "k": 3})),
    Proof("restart_best", "Budgets",
          "forall (W K t B : nat) (P Q : nat -> nat -> R) (H : R), (1 <= K)%nat -> (t < W)%nat -> "
          + CHANCES.format(N="(2 * K)") + "(forall i, (i < W)%nat -> certain (2 * K) (P i)) -> (1 <= B)%nat -> "
          "budget_steps W (2 * K) t P Q B H -> H >= {formula}",
          words="all W, K, B >= 1, a = c = 1, any b and d in [0, 1], tied or not", differs=MERGED,
          by="intros W K t B P Q H posK small prob sure some sol. "
             "pose proof (Budgets.restart_best W K t B P Q H posK small prob sure some sol). lra.",
          against="intros T. destruct (sft_budget_exists 1 1 1 0 3)%nat as [H h]; [lia..|]. "
                  "pose proof (T 1 1 0 3 _ _ H (le_n 1) (le_n 1) (fun _ _ => sft_rows_or_zero 1 1 (le_n 1)) "
                  "(fun _ _ => certain_alternate _) (le_S _ _ (le_S _ _ (le_n 1))) h)%nat as F. "
                  "pose proof (Budgets.attempt_cost 1 1 1 0 3 H)%nat as V. against F V."),
    Proof("restart_best_budget", "Budgets",
          "forall (W K L t B best : nat) (H H' : R), " + FORKS + "(1 <= B)%nat -> (best = {formula})%nat -> "
          "sft_budget_steps W K L t best H -> sft_budget_steps W K L t B H' -> H <= H' /\\ (H = H' -> B = best)",
          words="all W >= 2, K, L >= 1, against every other budget B >= 1", differs=MERGED,
          by="intros W K L t B best H H' two posK posL small some ->. "
             "now apply (Budgets.restart_best_budget W K L t B).",
          against="intros T. destruct (sft_budget_exists 2 1 1 0 3)%nat as [H' h']; [lia..|]. "
                  "destruct (sft_budget_exists 2 1 1 0 4)%nat as [H h]; [lia..|]. "
                  "destruct (T 2 1 1 0 3 4 H H')%nat as [F _]; [lia..|assumption|assumption|]. "
                  "pose proof (Budgets.attempt_cost 2 1 1 0 3 H')%nat as V'. settle V'. compute_reals V'. "
                  "pose proof (Budgets.attempt_cost 2 1 1 0 4 H)%nat as V. against F V."),
    Proof("attempt_sft", "Budgets",
          "forall (W K L t B : nat), " + AT + "(1 <= B < 3 * (2 * K + 1))%nat -> "
          "arrived W (2 * K) t (fun _ => alternate 1 1) (fun _ => alternate (1 / (L + 1)) (L / (L + 1))) B = "
          "if Nat.leb (2 * K + 1) B then 1 / W else 0",
          words="all W, K, L >= 1, 1 <= B < 3(2K+1)", differs=MERGED,
          of="(if Nat.leb (2 * {K} + 1) {B} then 1 / INR {W} else 0)",
          cases=tuple({"W": W, "K": K, "L": K, "B": B} for W, K, B in (
              (2, 1, 1), (2, 1, 2), (3, 1, 4), (2, 1, 8), (3, 2, 4), (5, 2, 5), (2, 2, 14), (2, 1, 3)))),
    Proof("attempt_cost", "Budgets",
          "forall (W K L t B : nat) (H : R), " + AT + "(2 * K + 1 <= B)%nat -> (B < 3 * (2 * K + 1))%nat -> "
          "sft_budget_steps W K L t B H -> H = {formula}",
          words="all W, K, L >= 1, 2K+1 <= B < 3(2K+1)", differs=MERGED,
          twin="2 1 1 0 3", witness="Budgets.sft_budget_exists"),

    # -- search
    Proof("search_certain", "Search",
          "forall (W K L t : nat) (b d : nat -> nat -> R) (H : R), (1 <= L)%nat -> (t < W)%nat -> "
          "(forall i j, (i < W)%nat -> (j < K)%nat -> 0 <= d i j <= 1) -> search_steps W K L t b d H -> "
          "H = sum_but t W (fun i => 2 * K + 1 + sum K (fun j => round_trips L (d i j))) + (2 * K + 1)",
          words="all W, K, L >= 1, a = c = 1, every row d in [0, 1], any row b, tied or not", differs=COUNTED,
          of="sum_but {target} {W} (fun i => 2 * INR {K} + 1 + sum {K} (fun j => "
             "round_trips {L} ({Qs} i (S (2 * j))))) + (2 * INR {K} + 1)",
          cases=({"W": 3, "K": 1, "L": 1, "target": 1}, {"W": 2, "K": 1, "L": 3, "target": 1, "numbers": 1},
                 {"W": 2, "K": 2, "L": 2, "target": 0, "numbers": 1})),
    Proof("search_sft", "SearchCosts",
          "forall (W K L t : nat) (H : R), " + AT + "sft_search_steps W K L t H -> H = {formula}",
          words="all W, K, L >= 1",
          differs=COUNTED + " That it strands otherwise is not in it.",
          twin="2 1 1 0", witness="SearchCosts.sft_search_exists"),
    Proof("search_optimum", "SearchCosts",
          "forall (W K L t : nat) (H : R), " + AT + "optimum_search_steps W K L t H -> H = {formula}",
          words="all W, K, L >= 1", differs=COUNTED, twin="2 1 1 0", witness="SearchCosts.optimum_search_exists"),
    Proof("search_gap", "SearchCosts",
          "forall (W K L t : nat) (H : R), " + AT + "sft_search_steps W K L t H -> H >= {formula}",
          words="all W, K, L >= 1",
          differs=COUNTED + " Equality at L = 1: SearchCosts.search_no_gap.",
          twin="1 1 1 0", witness="SearchCosts.sft_search_exists",
          value="SearchCosts.search_sft",
          by="intros W K L t H posK posL small sol. "
             "pose proof (SearchCosts.search_gap W K L t H posK posL small sol). lra."),
    Proof("search_narrows", "SearchCosts",
          "forall (L : nat) (t : nat -> nat) (H H' : nat -> R), (1 <= L)%nat -> "
          "(forall n, (1 <= n)%nat -> (t n < n)%nat /\\ sft_search_steps n n L (t n) (H n) /\\ "
          "optimum_search_steps n n L (t n) (H' n)) -> Un_cv (fun n => H n / H' n) {formula}",
          words="all L >= 1, W = K to infinity", differs=COUNTED,
          by="intros L t H H' pos sol. pose proof (SearchCosts.search_narrows L t H H' pos sol) as lim. "
             "match goal with |- Un_cv _ ?x => replace x with ((L + 3) / 4) by field end. exact lim.",
          against="intros T. destruct (searches_exist 1 (le_n 1)) as (H & H' & sol). "
                  "pose proof (UL_sequence _ _ _ (T 1 (fun _ => 0) H H' (le_n 1) sol)%nat "
                  "(SearchCosts.search_narrows 1 (fun _ => 0) H H' (le_n 1) sol)%nat) as both. "
                  "compute_reals both. lra."),
    Proof("search_threshold", "SearchCosts",
          "forall (W K L t : nat) (H H' : R), " + FORKS + "sft_search_steps W K L t H -> optimum_steps W K t H' -> "
          "(H >= H' <-> ((if Nat.eqb K 1 then 7 else 6) <= L)%nat)",
          words="all W >= 2, K, L >= 1",
          differs=COUNTED + " What it costs at L = 5 is not in it.", of="INR (if Nat.eqb {K} 1 then 7 else 6)",
          cases=({"W": 2, "K": 2}, {"W": 3, "K": 3}, {"W": 3, "K": 1}, {"W": 2, "K": 1})),
    Proof("nested_search_sft", "SearchCosts",
          "forall (M W K L : nat) (t : nat -> nat) (H : R), " + SEARCHED + "nested_search_steps M W K L t "
          "(fun _ _ => L / (L + 1)) (fun _ _ => 1 / (L + 1)) H -> H = {formula}",
          words="all M, W, K, L >= 1, any way on at each fork", differs=COUNTED,
          against=DEEP.format(rows="(fun _ _ => 1%nat / (1%nat + 1)) (fun _ _ => 1 / (1%nat + 1))", label="sft")),
    Proof("nested_search_optimum", "SearchCosts",
          "forall (M W K L : nat) (t : nat -> nat) (H : R), " + SEARCHED + "nested_search_steps M W K L t "
          "(fun _ _ => 1) (fun _ _ => 1) H -> H = {formula}",
          words="all M, W, K, L >= 1, any way on at each fork", differs=COUNTED,
          against=DEEP.format(rows="(fun _ _ => 1) (fun _ _ => 1)", label="optimum")),

    # -- forks in a row
    Proof("nested_onward", "Nested",
          NESTED + "ways_on M W t -> rows (2 * K) P Q -> onward_steps M W (2 * K) t P Q H -> "
          "H = M * tied W (2 * K) P Q",
          words=TIED, differs=MERGED, of="INR {M} * tied {W} (2 * {K}) {P} {Q}", cases=SMALL,
          by="intros M W K t P Q H _ pos on prob sol. "
             "apply (Nested.nested_onward M W K 0 t P Q H _ on pos prob sol). now apply tied_steps_iff."),
    Proof("nested_optimum", "Nested",
          "forall (M W K : nat) (t : nat -> nat) (H : R), (1 <= W)%nat -> ways_on M W t -> " + OPTIMUM
          + "H -> H = {formula}",
          words="all M, W, K >= 1, any way on at each fork", differs=MERGED,
          against="intros T. set (t := fun _ : nat => 0%nat). assert (on : ways_on 2 1 t) by (intros m _; unfold t; "
                  "lia). destruct (optimum_onward_exists 2 1 1 t (le_n 1) on) as [H h]. "
                  "pose proof (T 2 1 1 t H)%nat as F. "
                  "pose proof (claim_nested_optimum 2 1 1 t H)%nat as V. against F V."),
    Proof("nested_restarts", "Nested",
          NESTED + "ways_on M W t -> rows (2 * K) P Q -> nested_restart_steps M W (2 * K) t P Q H -> "
          "H = powers W M * tied 1 (2 * K) P Q",
          words=TIED, differs=MERGED, of="powers {W} {M} * tied 1 (2 * {K}) {P} {Q}", cases=SMALL,
          by="intros M W K t P Q H _ _ on prob sol. " + ALONE + "now apply (Nested.nested_restarts M W K t P Q H)."),
    Proof("nested_losing", "Nested",
          "forall (M W K L : nat) (t : nat -> nat) (H H' : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> "
          "(1 <= M)%nat -> ways_on M W t -> sft_nested_restart_steps M W K L t H -> " + OPTIMUM + "H' -> "
          "(H > H' <-> ((if Nat.eqb W 2 then 3 else 2) <= M)%nat)",
          words="all W >= 2, K, L, M >= 1", differs=MERGED, of="INR (if Nat.eqb {W} 2 then 3 else 2)",
          cases=tuple({"W": W, "K": 1, "L": 1} for W in (2, 4, 5, 3))),
    Proof("nested_checkpoints", "Nested",
          NESTED + "ways_on M W t -> rows (2 * K) P Q -> checkpoint_steps M W (2 * K) t P Q H -> "
          "H = M * W * tied 1 (2 * K) P Q",
          words=TIED, differs=MERGED, of="INR {M} * INR {W} * tied 1 (2 * {K}) {P} {Q}", cases=SMALL,
          by="intros M W K t P Q H _ _ on prob sol. " + ALONE + "now apply (Nested.nested_checkpoints M W K t P Q H)."),
)
BESIDE = (
    ("dead_end_steps_iff", "Restarts", "the equations with restarts at dead ends have one solution, "
     "Z (W + sum of Y_i/Z_i), for every policy with rows in (0, 1]"),
    ("restart_tied", "Restarts", "with tied rows in (0, 1] restarts at dead ends cost W times a maze of one branch"),
    ("restart_sft_gain", "Restarts", "restarted at the first dead end, imitation's limit needs fewer steps than the "
     "optimum without restarts, for all W >= 2, K, L >= 1"),
    ("budget_steps_iff", "Attempts", "H is a cost with restarts after B steps exactly if H P(T <= B) = E[min(T, B)], "
     "for every policy with rows in [0, 1]"),
    ("restart_too_short", "Attempts", "restarts after 1 to 2K steps have no cost, for every policy with rows "
     "in [0, 1]"),
    ("only_best_budget", "Budgets", "with a = c = 1, any b and d, W >= 2, every budget but 2K+1 costs more than "
     "W(2K+1), or has no cost"),
    ("attempt_critical_below", "Budgets", "of the budgets below 3(2K+1) that have a cost, those up to 2(2K+1), and "
     "only those, cost imitation's limit no more than the optimum without restarts, for all W >= 2, K, L >= 1; the "
     "claim attempt_critical speaks of longer budgets, too"),
    ("search_exists", "SearchCosts", "the equations of search have a solution, for every maze and all rows b and d"),
    ("search_no_gap", "SearchCosts", "under search imitation's limit needs W(2K+1) steps when L = 1, like the optimum"),
    ("nested_search_exists", "SearchCosts", "the equations of search on M forks in a row have a solution, for every "
     "maze and all rows b and d"),
    ("onward_exists", "Nested", "the equations of M forks in a row have a solution, for tied rows in (0, 1]"),
    ("nested_restarts_exist", "Nested", "with restarts at the first of M forks they have one, for tied rows in (0, 1]"),
    ("nested_checkpoints_exist", "Nested", "with restarts at the last fork reached they have one, for tied rows in "
     "(0, 1]"),
    ("nested_restarts_sft", "Nested", "restarts at the first of M forks cost imitation's limit (W + .. + W^M)(2K+1)"),
    ("nested_draw", "Nested", "at M = W = 2 restarted imitation and the optimum need the same steps, for all K, L"),
)
