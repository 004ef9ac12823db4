"""Imitation and distillation: rows without data, the forward rows' flow and its time, coverage by traces, students."""

from __future__ import annotations

from theory.proofs import Proof

AT = "(1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> "

# -- rows without data, and frozen rows
SIGNAL = (
    "forall (State : Type) (same : forall s s' : State, {s = s'} + {s <> s'}) (width : State -> nat) "
    "(batch : list (datum State)) (theta : table State) (s : State) (k : nat) (g : R), (k < width s)%nat -> "
    "unvisited State s batch -> partial State same (loss State width batch) theta s k g -> g = ")
FROZEN = (
    Proof("summary_no_signal", "Learning", SIGNAL + "0",
          words="every table of softmax rows, every finite batch with any weights",
          differs="The body, a list of floats, is not exported: its 0 stands in the statement.",
          typed=SIGNAL + "1 / 1000000000000000",
          against="intros T. set (same := fun a b : unit => match a as u, b as v return {u = v} + {u <> v} with "
                  "tt, tt => left eq_refl end). "
                  "pose proof (gradient_is unit same (fun _ => 1%nat) [] (fun _ _ => 0) tt 0 (le_n 1)) as is. "
                  "pose proof (T unit same (fun _ => 1%nat) [] (fun _ _ => 0) tt 0%nat _ (le_n 1) "
                  "(fun _ _ no => no) is) as F. cbn in F. lra."),
    Proof("sft_frozen", "Golden",
          "forall (W K L : nat) (theta theta' : table state) (i x c k : nat) (before : R), "
          "(k < width W K L (crossed i x c false))%nat -> golden_run W K L theta theta' -> "
          "theta (crossed i x c false) k = before -> theta' (crossed i x c false) k = {formula}",
          words="every maze, start, number of steps, step sizes and golden batches with any weights",
          differs="Gradient steps in exact numbers; the fork's row is in the table and may learn.",
          against="intros T. assert (ran : golden_run 1 1 1 (fun _ _ => 0) (fun _ _ => 0)) "
                  "by (exists []; split; [constructor | easy]). "
                  "pose proof (T 1 1 1 (fun _ _ => 0) (fun _ _ => 0) 0 1 0 0 0%R ltac:(cbv; lia) ran eq_refl)%nat "
                  "as F. cbn in F. lra."),
)

# -- the forward rows' flow, and how long it takes
ROW = "forall (L : nat) (w t {row} : R), (1 <= L)%nat -> 0 < w -> 0 <= t -> trained_{row} L w t {row} -> "
LAMBERT = "The body solves this equation by Lambert's W in floats and is not exported."
ROW_A = ROW.format(row="a") + "exists D : R, a = exp D / (exp D + L) /\\ exp D + L * D = 1 + w * "
ROW_C = ROW.format(row="c") + "exists D : R, c = L * exp D / (L * exp D + 1) /\\ D + L * exp D = L + w * "
# training of a row with L = w = 1, to time 0 or 1
TRAINED = "destruct (trained_{row}_exists 1%nat 1 {t}) as [p row]; [lia | lra |]. "
UNTRAINED = (
    "intros T. " + TRAINED + "pose proof (T 1%nat 1 0 p ltac:(lia) ltac:(lra) ltac:(lra) row) as F. "
    "rewrite (untrained_{row} 1%nat 1 0 p) in F; [| lia | reflexivity | exact row]. simpl in F. "
    "field_simplify in F. lra.")
# the share p fixes the gap, which the law and its twin put at two values
TWO_GAPS = (
    "intros T. " + TRAINED + "destruct (T 1%nat 1 1 p ltac:(lia) ltac:(lra) ltac:(lra) row) as (D & is & F). "
    "destruct (claim_sft_row_{row} 1%nat 1 1 p ltac:(lia) ltac:(lra) ltac:(lra) row) as (D' & is' & V). "
    "simpl INR in *. pose proof (exp_pos D) as pos. pose proof (exp_pos D') as pos'. "
    "assert (back : forall X, 0 < X -> p = {share} -> X = p / (1 - p)) by (intros X some ->; field; lra). "
    "assert (one : exp D = exp D') by (rewrite (back _ pos is), (back _ pos' is'); reflexivity). "
    "apply exp_inv in one. subst D'. lra.")
TIME = ("forall (L golden : nat) (w {order} : R), (1 <= L)%nat -> 0 < w -> {late}"
        "trained L golden w t (1 - delta) -> ")
AT_TIME = TIME.format(order="t delta", late="0 <= t -> 0 < delta -> ")
WITHIN = TIME.format(order="delta t", late="0 < delta <= 1 - golden / (L + 1) -> 0 <= t -> ")
ARRIVES = " Of the time at which the error is delta; that row a gets there: Imitation.reached_a."
FORWARD = "The rows a and c; b and d, which retreats train, obey the same law."
GOLDEN = "all L >= 1, golden = 1 or L, w > 0, "
# row a, L = w = 1, at the gap log(3/2): its error is 2/5
REACHED = (
    "assert (X : exp (ln (3 / 2)) = 3 / 2) by (apply exp_ln; lra). {log}"
    "pose proof (reached_a 1%nat 1 (ln (3 / 2)) ltac:(lia) ltac:(lra) ltac:(lra)) as row. rewrite X in row. "
    "simpl INR in row. replace (3 / 2 / (3 / 2 + 1)) with (1 - 2 / 5) in row by field. ")
THEN = "((3 / 2 + 1 * ln (3 / 2) - 1) / (1 * (1 + 1)))"
BOUND = (
    "intros L golden w delta t some rate small late row. "
    "assert (g : 1 <= golden) by (apply nat_ge_1; destruct row as [[-> _]|[-> _]]; lia). pose proof (pos_INR L). "
    "eapply Rle_trans; [{side}]. apply Req_le. unfold odds. field. lra.")
FLOW = (
    Proof("sft_row_a", "Imitation", ROW_A + "(L + 1) * t", words="all L >= 1, w > 0, t >= 0", differs=LAMBERT,
          typed=ROW_A + "L * t", against=TWO_GAPS.format(row="a", t=1, share="X / (X + 1)")),
    Proof("sft_row_c", "Imitation", ROW_C + "(1 + 1 / L) * t", words="all L >= 1, w > 0, t >= 0", differs=LAMBERT,
          typed=ROW_C + "t", against=TWO_GAPS.format(row="c", t=1, share="1 * X / (1 * X + 1)")),
    Proof("sft_forward_a", "Imitation", ROW.format(row="a") + "1 - a <= {formula}", words="all L >= 1, w > 0, t >= 0",
          against=UNTRAINED.format(row="a", t=0)),
    Proof("sft_forward_c", "Imitation", ROW.format(row="c") + "1 - c <= {formula}", words="all L >= 1, w > 0, t >= 0",
          against=UNTRAINED.format(row="c", t=0)),
    Proof("sft_time", "Imitation", AT_TIME +
          "t = golden * (golden * (odds L golden delta - 1) + (L + 1 - golden) * ln (odds L golden delta)) / "
          "(w * (L + 1))",
          words=GOLDEN + "every error that the training reaches",
          differs=FORWARD + ARRIVES + " The body's logarithm is a float and is not exported.",
          typed=AT_TIME + "t = golden * (odds L golden delta - 1) / w",
          against="intros T. " + REACHED.format(
              log="assert (low : 0 < ln (3 / 2)) by (rewrite <- ln_1; apply ln_increasing; lra). ")
          + f"pose proof (T 1%nat 1%nat 1 {THEN} (2 / 5) ltac:(lia) ltac:(lra) ltac:(lra) ltac:(lra) row) as F. "
          "pose proof (exp_ineq1 (1 / 2) ltac:(lra)) as high. unfold odds in F. simpl INR in F. field_simplify in F. "
          "replace (1 / 2) with (ln (3 / 2)) in high by lra. lra."),
    Proof("sft_time_most", "Imitation", WITHIN + "t <= {formula}", words=GOLDEN + "delta up to base's error",
          differs=FORWARD + ARRIVES, by=BOUND.format(
              side="exact (Imitation.sft_time_most L golden w delta t some rate small late row) |"),
          against="intros T. " + REACHED.format(
              log="assert (low : 1 / 3 <= ln (3 / 2)) by (pose proof (exp_ineq1_le (- ln (3 / 2))) as e; "
                  "rewrite exp_Ropp, X in e; lra). ")
          + f"pose proof (T 1%nat 1%nat 1 (2 / 5) {THEN} ltac:(lia) ltac:(lra) ltac:(simpl; lra) ltac:(lra) row) as F. "
          "simpl in F. field_simplify in F. lra."),
    # the twin fails only at small errors: row a, L = w = 1, at the gap 20, where X = e^20 is over a million
    Proof("sft_time_least", "Imitation", WITHIN + "{formula} <= t", words=GOLDEN + "delta up to base's error",
          differs=FORWARD + ARRIVES, by=BOUND.format(
              side="| exact (Imitation.sft_time_least L golden w delta t some rate small late row)"),
          against="intros T. assert (two : 2 <= exp 1) by (pose proof (exp_ineq1_le 1); lra). "
                  "assert (big : 2 ^ 20 <= exp 20) by (replace (exp 20) with (exp 1 ^ 20) by "
                  "(rewrite <- Rpower_pow by apply exp_pos; unfold Rpower; rewrite ln_exp; f_equal; simpl; ring); "
                  "apply pow_incr; lra). "
                  "pose proof (reached_a 1%nat 1 20 ltac:(lia) ltac:(lra) ltac:(lra)) as row. simpl INR in row. "
                  "set (X := exp 20) in *. assert (X_pos : 1000000 <= X) by lra. "
                  "assert (d : 0 < / (X + 1) <= 1 / 2) by (split; [apply Rinv_0_lt_compat; lra | "
                  "replace (1 / 2) with (/ 2) by field; apply Rinv_le_contravar; lra]). "
                  "replace (X / (X + 1)) with (1 - / (X + 1)) in row by (field; lra). "
                  "pose proof (T 1%nat 1%nat 1 (/ (X + 1)) ((X + 1 * 20 - 1) / (1 * (1 + 1))) ltac:(lia) ltac:(lra) "
                  "ltac:(simpl; lra) ltac:(lra) row) as F. simpl in F. field_simplify in F; lra."),
)

# -- coverage by traces
CUT = "Traces are cut to m draws, in the limit of large m."
COVERAGE = (
    Proof("distillation_coverage", "Coverage",
          "forall (W n : nat) (x : R), (1 <= W)%nat -> Un_cv (expected_unseen W n) x -> x = {formula}",
          words="all W >= 1, n >= 0", differs=CUT, twin="2 1", witness="unseen_exists"),
    Proof("distillation_coverage_fixed", "Coverage",
          "forall (W n t : nat) (x : R), (t < W)%nat -> (Un_cv (covered W n (Some t)) x <-> "
          "x = sum W (fun i => (-1) ^ i * choose (W - 1) i / (i + 1) ^ n))",
          words="all W >= 1, n >= 0, any target", differs=CUT,
          of="sum {W} (fun i => (-1) ^ i * choose ({W} - 1) i / (i + 1) ^ {n})",
          cases=({"W": 2, "n": 3}, {"W": 4, "n": 2}, {"W": 5, "n": 3})),
    Proof("distillation_coverage_uniform", "Coverage",
          "forall (W n : nat) (x : R), (1 <= W)%nat -> (Un_cv (covered W n None) x <-> "
          "x = 1 + sum W (fun i => (-1) ^ S i * choose W (S i) * ((W + 1) / (W * (S i + 1))) ^ n))",
          words="all W >= 1, n >= 0", differs=CUT,
          of="1 + sum {W} (fun i => (-1) ^ S i * choose {W} (S i) * ((INR {W} + 1) / (INR {W} * (S i + 1))) ^ {n})",
          cases=({"W": 2, "n": 3}, {"W": 3, "n": 2}, {"W": 4, "n": 3})),
    # the union bound is the smaller at all cases but the third and fourth
    Proof("distillation_failure_most", "CoverageBounds",
          "forall (W n : nat) (target : option nat) (c : R), (1 <= W)%nat -> legal W target -> "
          "Un_cv (covered W n target) c -> 1 - c <= Rmin (number W target * miss W target ^ n) "
          "((4 * miss W target / 3) ^ n * (4 ^ number W target / choose (2 * number W target) (number W target)))",
          words="all W >= 1, n >= 0, a fixed target and uniform ones", 
          differs=CUT + " The bound on 4^m/C(2m,m) is not in it.",
          of="Rmin (number {W} {aim} * miss {W} {aim} ^ {n}) ((4 * miss {W} {aim} / 3) ^ {n} * "
             "(4 ^ number {W} {aim} / choose (2 * number {W} {aim}) (number {W} {aim})))",
          cases=({"W": 2, "n": 3, "fixed": True, "aim": "(Some O)"}, {"W": 3, "n": 2, "fixed": False, "aim": "None"},
                 {"W": 6, "n": 0, "fixed": True, "aim": "(Some O)"}, {"W": 5, "n": 0, "fixed": False, "aim": "None"},
                 {"W": 2, "n": 1, "fixed": True, "aim": "(Some O)"})),
)

# -- students at convergence
MERGED = "Rows merged over parallel edges; that SFT on the traces converges to these rows is in the definition."
STUDENTS = (
    Proof("distillation_partial", "Students",
          "forall (W K L t unseen : nat) (shown : nat -> bool) (H : R), " + AT + "not_shown W t shown = unseen -> "
          "student_steps W K L t shown (fun i => Nat.eqb i t) H -> H = {formula}",
          words="all W, K, L >= 1, any target", differs=MERGED,
          against="intros T. set (none := fun _ : nat => false). "
                  "destruct (student_exists 2 1 1 0 none (fun i => Nat.eqb i 0))%nat as [H h]; [lia.. |]. "
                  "assert (m : not_shown 2 0 none = 1%nat) by (cbv [not_shown sum_but sum ind negb Nat.eqb none]; "
                  "simpl; lra). "
                  "pose proof (T 2 1 1 0 1 none H)%nat as F. "
                  "pose proof (claim_distillation_partial 2 1 1 0 1 none H)%nat as V. against F V."),
    Proof("distillation_mean_fixed", "Students",
          "forall (W K L t n : nat) (x : R), " + AT + "(1 <= n)%nat -> Un_cv (mean_cost W K L t n) x -> x = {formula}",
          words="all W, K, L, n >= 1, any target", differs=MERGED + " " + CUT, twin="2 1 2 0 1",
          witness="mean_cost_exists"),
)
PROOFS = (*FROZEN, *FLOW, *COVERAGE, *STUDENTS)
BESIDE = (
    ("gradient_is", "Learning", "the derivative of a weighted batch's cross-entropy in a logit: the sum over the row's "
     "data of weight times (probability minus 1 for the choice made), every table and batch"),
    ("step_iff", "Learning", "a step of gradient descent exists and is the only one, every table, batch and step size"),
    ("unvisited_frozen", "Learning", "a row that no datum visits is where it was after any run, every table of softmax "
     "rows with weights of its own, all step sizes and batches"),
    ("visited_moves", "Learning", "one datum of a state with at least two choices moves the logit of its choice, any "
     "step size and weight other than 0"),
    ("shortest", "Golden", "no walk from the fork reaches a leaf in fewer than 2K+1 steps, all W, K, L"),
    ("golden_outwards", "Golden", "a golden path never visits a state that moves towards the fork, all W, K, L, on the "
     "multigraph, every directed edge a state"),
    ("golden_exists", "Golden", "every target has a golden path, L >= 1"),
    ("frozen_persistence", "Golden", "from logits 0, after any run on golden data, the backward rows persist as in the "
     "base model, d = 1/(L+1) and b = L/(L+1), all W, K, L"),
    ("retreat_moves", "Golden", "one datum that does visit a backward row moves it, whatever the table, L >= 1"),
    ("hidden_fixed", "Traces", "a trace to a fixed target enters none of s given wrong branches with probability "
     "1/(s+1), all W, in the limit of many draws"),
    ("hidden_uniform", "Traces", "a trace to a uniform target enters none of s >= 1 given branches before its target "
     "with probability (W+1)/(W(s+1)), all W, in the limit of many draws"),
    ("entered_within", "Traces", "m draws enter a given wrong branch before the target with probability "
     "sum_{k<m} ((W-2)/W)^k/W, all W and m"),
    ("entered_half", "Traces", "a trace enters a given wrong branch with probability 1/2, all W, in the limit of many "
     "draws"),
    ("trace_ends", "Traces", "the probability that m draws do not reach the target tends to 0, all W"),
    ("distillation_covered", "Students", "a student who saw a retreat from every branch costs (2W-1)(2K+1), all W, K, "
     "L >= 1 and any target, in the chain merged over parallel edges only: the claim of that name speaks of the full "
     "multigraph too, and of students who saw one of L parallel edges, and is not proved here"),
)
