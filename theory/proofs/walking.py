"""The walk: the recursion and its parts, the closed forms, the optimum's optimality, the multigraph."""

from __future__ import annotations

from theory.proofs import Proof

AT = "(1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> "
PROOFS = (
    Proof("difference_recursion", "Entry",
          "forall (N : nat) (P Q A B : nat -> R) (x : nat), (x <= N)%nat -> rows N P Q -> inside N P Q A B -> "
          "A (S N) = 1 + B N -> A (S x) - B x = wrong_difference N P Q x /\\ wrong_difference N P Q N = 1 /\\ "
          "forall y, (y < N)%nat -> "
          "wrong_difference N P Q y = 1 + P (S y) / Q (S y) * (1 + wrong_difference N P Q (S y))",
          words="every branch and all rows in (0, 1]", of="wrong_difference (2 * {K}) {P} {Q} {x}",
          cases=({"W": 2, "K": 1, "branch": 1}, {"W": 2, "K": 2, "branch": 0})),
    Proof("excursion", "Entry",
          "forall (N : nat) (P Q : nat -> R) (E : R), rows N P Q -> "
          "((exists A B, inside N P Q A B /\\ A (S N) = 1 + B N /\\ B O = 0 /\\ E = A 1%nat) <-> E = excursion N P Q)",
          words="every branch and all rows in (0, 1]", name="excursion_steps",
          of="excursion (2 * {K}) {P} {Q}", cases=({"W": 2, "K": 1, "branch": 1}, {"W": 2, "K": 2, "branch": 0})),
    Proof("entry_success", "Entry",
          "forall (N : nat) (P Q : nat -> R) (p : R), rows N P Q -> "
          "((exists A B, chances N P Q A B /\\ p = A 1%nat) <-> p = / entries N P Q)",
          words="every branch and all rows in (0, 1]", of="1 / entries (2 * {K}) {P} {Q}",
          cases=({"W": 1, "K": 1, "target": 0}, {"W": 2, "K": 2, "target": 1})),
    Proof("entry_length", "Entry",
          "forall (N : nat) (P Q : nat -> R) (h : R), rows N P Q -> "
          "((exists A B, inside N P Q A B /\\ A (S N) = 0 /\\ B O = 0 /\\ h = A 1%nat) <-> "
          "h = lasting N P Q / entries N P Q)",
          words="every branch and all rows in (0, 1]", of="lasting (2 * {K}) {P} {Q} / entries (2 * {K}) {P} {Q}",
          cases=({"W": 1, "K": 1, "target": 0, "numbers": 1}, {"W": 2, "K": 2, "target": 1, "numbers": 1})),
    Proof("hitting_time", "Entry",
          "forall (W N t : nat) (P Q : nat -> nat -> R) (H : R), (t < W)%nat -> "
          "(forall i, (i < W)%nat -> rows N (P i) (Q i)) -> (steps W N t P Q H <-> H = hitting W N t P Q)",
          words="every maze, target and policy with rows in (0, 1], tied or not",
          of="hitting {W} (2 * {K}) {target} {Ps} {Qs}",
          cases=({"W": 2, "K": 1, "target": 0}, {"W": 3, "K": 2, "target": 2, "numbers": 1},
                 {"W": 3, "K": 1, "target": 1})),
    Proof("base_cost", "ClosedForms",
          "forall (W K L t : nat) (H : R), " + AT + "base_steps W K L t H -> H = {formula}", words="all W, K, L >= 1",
          twin="2 1 2 0", witness="base_exists"),
    Proof("sft_cost", "ClosedForms",
          "forall (W K L t : nat) (H : R), " + AT + "sft_steps W K L t H -> H = {formula}", words="all W, K, L >= 1",
          twin="2 1 1 0", witness="sft_exists"),
    Proof("optimum_cost", "ClosedForms",
          "forall (W K t : nat) (H : R), (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H -> H = {formula}",
          words="all W, K >= 1", twin="2 1 0", witness="optimum_exists"),
    Proof("optimum_least", "Optimum",
          "forall (W K t : nat) (P Q : nat -> R) (H : R), (t < W)%nat -> rows (2 * K) P Q -> "
          "tied_steps W K t P Q H -> {formula} <= H",
          words="all W, K and tied rows in (0, 1], their own at every node",
          against="intros T. destruct (optimum_exists 1 1 0) as [H h]; [given|]. "
                  "pose proof (homogeneous_rows 2 1 1 1 1 row_1 row_1 row_1 row_1) as r. "
                  "pose proof (T 1 1 0 _ _ H ltac:(lia) r h)%nat as F. "
                  "pose proof (@ClosedForms.optimum_cost 1 1 0 H)%nat as V. against F V."),
    Proof("optimum_only", "Optimum",
          "forall (W K t : nat) (P Q : nat -> R) (H : R), (t < W)%nat -> rows (2 * K) P Q -> tied_steps W K t P Q H -> "
          "(H = (2 * W - 1) * (2 * K + 1) <-> "
          "forall x, (x < 2 * K)%nat -> P (S x) = 1 /\\ ((2 <= W)%nat -> Q (S x) = 1))",
          words="all W, K and tied rows in (0, 1], their own at every node",
          differs="Statement and twin are tied to the claim by hand: its body is a truth value.",
          by="exact Optimum.optimum_only.",
          typed="forall (W K t : nat) (P Q : nat -> R) (H : R), (t < W)%nat -> rows (2 * K) P Q -> "
                "tied_steps W K t P Q H -> (H = (2 * W - 1) * (2 * K + 1) <-> "
                "forall x, (x < 2 * K)%nat -> P (S x) = 1 /\\ Q (S x) = 1)",
          against="intros T. set (Q := fun _ : nat => 1 / 2). "
                  "assert (r : rows (2 * 1) (fun _ => 1) Q) by (intros x _; split; unfold Q, row; lra). "
                  "pose proof (proj2 (tied_steps_iff 1 1 0 _ _ _ ltac:(lia) r) eq_refl) as sol. "
                  "pose proof (proj2 (Optimum.optimum_only 1 1 0 _ _ _ ltac:(lia) r sol)) as same. "
                  "destruct (proj1 (T 1%nat 1%nat 0%nat _ _ _ ltac:(lia) r sol)) with (x := 0%nat) as [_ q]; "
                  "[apply same; intros; split; [auto|lia]|lia|unfold Q in q; lra]."),
    Proof("blind_lower", "Blind",
          "forall (W n : nat) (K : nat -> nat) (P Q : nat -> nat -> R) (H : nat -> R), (1 <= n <= W)%nat -> "
          "(forall i, (i < W)%nat -> rows (2 * K i) (P i) (Q i)) -> "
          "(forall t, (t < n)%nat -> star_steps W (fun i => 2 * K i)%nat t P Q (H t)) -> "
          "sum n (fun t => (2 * W + sum_but t W (fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i))) / "
          "entry_chance (2 * K t) (P t) (Q t) + 2 * K t - 1) / n <= sum n H / n",
          words="every star, branches of any depths, rows in (0, 1], targets drawn from the first n branches",
          differs="Parallel edges are merged; depths are equal in the cases; who attains it: "
                  "Blind.blind_lower_attained.",
          of="sum {n} (fun t => (2 * INR {W} + sum_but t {W} (fun i => 4 * INR {K} * entry_chance (2 * {K}) ({Ps} i) "
             "({Qs} i))) / entry_chance (2 * {K}) ({Ps} t) ({Qs} t) + 2 * INR {K} - 1) / INR {n}",
          cases=({"W": 3, "K": 2, "n": 1, "numbers": 1}, {"W": 2, "K": 1, "n": 2, "numbers": 1})),
    Proof("blind_optimum", "Blind",
          "forall (W K : nat) (P Q : nat -> nat -> R) (H : nat -> R), (1 <= W)%nat -> "
          "(forall i, (i < W)%nat -> rows (2 * K) (P i) (Q i)) -> "
          "(forall t, (t < W)%nat -> steps W (2 * K) t P Q (H t)) -> {formula} <= sum W H / W",
          words="all W, K and every policy with rows in (0, 1], tied or not",
          against="intros T. destruct (optimum_exists 1 1 0) as [H h]; [given|]. "
                  "pose proof (T 1 1 _ _ (fun _ => H) ltac:(lia) "
                  "(fun i _ => homogeneous_rows 2 1 1 1 1 row_1 row_1 row_1 row_1))%nat as F. "
                  "assert (S : forall t, (t < 1)%nat -> "
                  "steps 1 (2 * 1) t (fun _ => alternate 1 1) (fun _ => alternate 1 1) H) "
                  "by (intros t small; now replace t with 0%nat by lia). specialize (F S). cbn [sum] in F. "
                  "pose proof (@ClosedForms.optimum_cost 1 1 0 H)%nat as V. against F V."),
    Proof("base_rows", "RandomWalk",
          "forall (W K L : nat) (a b c d : R), (1 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> "
          "((forall e, in_graph W K L e = true -> arc_moves W K L (same_rows a b c d) e = random_moves W K L e) <-> "
          "(a, b, c, d) = {formula})",
          words="all W, K, L >= 1, and no other rows do it",
          by="intros W K L a b c d w k l. rewrite (RandomWalk.base_rows W K L a b c d w k l). "
             "split; intros same_rows; rewrite same_rows; repeat (f_equal; try same).",
          against="intros T. pose proof (proj2 (T 1 1 1 _ _ _ _ ltac:(lia) ltac:(lia) ltac:(lia))%nat eq_refl) as g. "
                  "apply RandomWalk.base_rows in g; try lia. injection g. simpl. intros. lra."),
    Proof("lumping", "Multigraph",
          "forall (W K L t : nat) (T : table) (e : arc), (t < W)%nat -> (1 <= L)%nat -> "
          "in_graph W K L e = true -> ends K t e = false -> "
          "(forall w : place -> R, mean arc (arc_moves W K L T) (fun z => w (block z)) e = "
          "mean place (walk_moves W (2 * K) (P_of T) (Q_of T)) w (block e)) /\\ "
          "(shared W K T -> forall w : place -> R, mean arc (arc_moves W K L T) (fun z => w (merge t (block z))) e = "
          "mean place (merged_moves W (2 * K) (P_of T 0) (Q_of T 0)) w (merge t (block e)))",
          words="all W, K, L >= 1 and every table, its own rows in each diamond and branch",
          differs="Said of the means of all functions of the block; the cases have rows tied across branches.",
          of="chance {W} (2 * {K}) {P} {Q} {s} {z}",
          cases=({"W": 3, "K": 1, "target": 0, "tied": 1}, {"W": 2, "K": 2, "target": 0, "tied": 1})),
    Proof("expected_limit", "Expectation",
          "forall (W N t : nat) (P Q : nat -> nat -> R) (H : R), (t < W)%nat -> "
          "(forall i, (i < W)%nat -> rows N (P i) (Q i)) -> (steps W N t P Q H <-> Un_cv (capped_steps W N t P Q) H)",
          words="every maze, target and policy with rows in (0, 1], tied or not", name="steps_are_expected",
          of="hitting {W} (2 * {K}) {target} {Ps} {Qs}",
          differs="That E[min(T, n)] grows: Expectation.expected_steps_limit.",
          cases=({"W": 2, "K": 2, "target": 0, "numbers": 1}, {"W": 2, "K": 1, "target": 1})),
)
BESIDE = (
    ("expected_steps_limit", "Expectation", "E[min(T, n)] grows with n, and tends to H, for rows in (0, 1]"),
    ("bellman_unique", "Walk", "two solutions of the whole chain's Bellman equations agree at every state"),
    ("least_solution", "Chain", "in any Markov chain with finitely many moves a state, E[min(T, n)] tends to the least "
     "solution of the Bellman equations that is not negative, if there is one"),
    ("surely_reached", "Expectation", "P(T > n) tends to 0, and the sum of P(T > n) to H"),
    ("multigraph_steps_iff", "Unmerged", "the costs on the multigraph, every parallel edge a state, are those of the "
     "merged chain, for every table"),
    ("multigraph_expected", "Unmerged", "on the multigraph itself E[min(T, n)] tends to H, for rows in (0, 1]"),
    ("random_walk_is_base", "RandomWalk", "the simple random walk on the multigraph costs what the base rows cost"),
    ("blind_lower_attained", "Blind", "rows that turn round only on entering a branch attain the bound of blind_lower"),
)
