(** What a student of the optimum's traces costs, at convergence.

    Setting. The student is the base model after SFT on traces has converged: a row that the data visit is the data's
    conditional, an unvisited one is base's. The teacher has all rows 1, so visited rows are 1. A wrong branch that some
    trace entered shows all its rows; one that none entered shows none; the target's branch shows its forward rows.
    Rows are untied across branches, parallel edges merged.

    Proved: with a retreat shown from every branch the student costs what the optimum does, for any target
    ([distillation_covered]); with a fixed target and m wrong branches unseen, 2mK(L-1) steps more
    ([distillation_partial]); on average over n >= 1 traces, 2K(L-1)(W-1)/2^n more ([distillation_mean_fixed]).

    Stands on Walk, ClosedForms and Coverage. Not covered: students stopped early; for uniform targets, students of
    traces that miss a branch. *)

From Backtrack Require Export ClosedForms Coverage.
Open Scope R_scope.

(** The student's rows, when [shown i] says whether a retreat from branch i was seen, and [aimed i] whether a trace had
    its target there. *)
Definition student_P (L : nat) (shown aimed : nat -> bool) (i x : nat) : R :=
  if orb (shown i) (aimed i) then 1 else alternate (L / (L + 1)) (1 / (L + 1)) x.
Definition student_Q (L : nat) (shown : nat -> bool) (i x : nat) : R :=
  if shown i then 1 else alternate (1 / (L + 1)) (L / (L + 1)) x.

(** H is the student's expected number of steps to the leaf of branch t. *)
Definition student_steps (W K L t : nat) (shown aimed : nat -> bool) (H : R) : Prop :=
  steps W (2 * K) t (student_P L shown aimed) (student_Q L shown) H.

(** How many wrong branches are not shown. *)
Definition not_shown (W t : nat) (shown : nat -> bool) : R := sum_but t W (fun i => ind (negb (shown i))).

Lemma student_rows W K L shown aimed : (1 <= L)%nat ->
  forall i, (i < W)%nat -> rows (2 * K) (student_P L shown aimed i) (student_Q L shown i).
Proof.
  intros some i _ x _. pose proof (parallel_row L some). pose proof (single_row L). pose proof row_1.
  unfold student_P, student_Q, alternate. destruct (shown i), (aimed i), (Nat.odd (S x)); now split.
Qed.

(** The target's branch is walked straight through. *)
Lemma straight N P Q : (forall x, (x < N)%nat -> P (S x) = 1) -> entries N P Q = 1 /\ lasting N P Q = N.
Proof.
  intros one. unfold entries, lasting. split.
  - rewrite (sum_ext N _ (fun _ => 0)); [rewrite sum_const; ring|]. intros x below. rewrite one by exact below. field.
  - rewrite (sum_ext N _ (fun _ => 1)); [rewrite sum_const; ring|]. intros x below. rewrite one by exact below. field.
Qed.

(** An excursion into a branch that is shown, and into one that is not. *)
Lemma student_excursion K L shown aimed i : (1 <= L)%nat -> (shown i = true \/ aimed i = false) ->
  excursion (2 * K) (student_P L shown aimed i) (student_Q L shown i) =
  1 + 4 * K + 2 * K * (L - 1) * ind (negb (shown i)).
Proof.
  intros some known. apply nat_ge_1 in some. unfold student_P, student_Q. destruct (shown i) eqn:seen.
  - rewrite (excursion_ext _ _ _ (alternate 1 1) (alternate 1 1)).
    + rewrite excursion_alternate. replace (1 / 1 * (1 / 1)) with 1 by field. rewrite geo_1. unfold ind. simpl. field.
    + intros x _. cbn [orb]. unfold alternate. destruct (Nat.odd (S x)); now split.
  - destruct known as [impossible|free]; [discriminate|rewrite free]. cbn [orb negb]. change (ind true) with 1.
    rewrite (excursion_ext _ _ _ (alternate (L / (L + 1)) (1 / (L + 1))) (alternate (1 / (L + 1)) (L / (L + 1))))
      by (intros; now split).
    rewrite excursion_alternate.
    replace (L / (L + 1) / (1 / (L + 1)) * (1 / (L + 1) / (L / (L + 1)))) with 1 by (field; lra).
    rewrite geo_1. field. lra.
Qed.

Lemma student_cost W K L t shown aimed : (1 <= L)%nat -> (t < W)%nat -> (shown t = true \/ aimed t = true) ->
  (forall i, (i < W)%nat -> i <> t -> shown i = true \/ aimed i = false) ->
  hitting W (2 * K) t (student_P L shown aimed) (student_Q L shown) =
  (2 * W - 1) * (2 * K + 1) + 2 * K * (L - 1) * not_shown W t shown.
Proof.
  intros some small goal known. unfold hitting.
  destruct (straight (2 * K) (student_P L shown aimed t) (student_Q L shown t)) as [-> ->].
  { intros x _. unfold student_P. destruct goal as [yes|yes]; rewrite yes; [reflexivity|]. now rewrite orb_true_r. }
  rewrite (sum_but_ext t W _ (fun i => 1 + 4 * K + 2 * K * (L - 1) * ind (negb (shown i))))
    by (intros; apply student_excursion; auto).
  replace (sum_but t W _) with ((W - 1) * (1 + 4 * K) + 2 * K * (L - 1) * not_shown W t shown).
  - rewrite nat_double. ring.
  - rewrite <- (sum_but_const t W (1 + 4 * K) small). unfold not_shown, sum_but. rewrite <- sum_scale, <- sum_plus.
    apply sum_ext. intros i _. destruct (Nat.eqb i t); ring.
Qed.

(** Such a student's cost exists. *)
Lemma student_exists (W K L t : nat) (shown aimed : nat -> bool) : (1 <= L)%nat -> (t < W)%nat ->
  exists H, student_steps W K L t shown aimed H.
Proof.
  intros some small. eexists. apply steps_iff; [exact small|now apply student_rows|reflexivity].
Qed.

(** ** Given what was shown *)

Theorem distillation_covered (W K L t : nat) (shown aimed : nat -> bool) (H : R) : (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> (forall i, (i < W)%nat -> shown i = true) -> student_steps W K L t shown aimed H ->
  H = (2 * W - 1) * (2 * K + 1).
Proof.
  intros _ some small all is. apply steps_iff in is; [|exact small|now apply student_rows].
  rewrite is, student_cost; auto. unfold not_shown.
  rewrite (sum_but_ext t W _ (fun _ => 0)) by (intros i below _; now rewrite all).
  rewrite sum_but_const by exact small. ring.
Qed.

(** The traces had one target. *)
Theorem distillation_partial (W K L t unseen : nat) (shown : nat -> bool) (H : R) : (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> not_shown W t shown = unseen -> student_steps W K L t shown (fun i => Nat.eqb i t) H ->
  H = (2 * W - 1) * (2 * K + 1) + 2 * unseen * K * (L - 1).
Proof.
  intros _ some small m is. apply steps_iff in is; [|exact small|now apply student_rows].
  rewrite is, student_cost, m; auto; [ring|right; apply Nat.eqb_refl|].
  intros i _ other. right. now apply Nat.eqb_neq.
Qed.

(** ** On average over n traces to target t *)

(** The student's cost after these traces, and its average over n traces of m draws. *)
Definition cost_after (W K L t : nat) (traces : list trace) : R :=
  let shown := fun i => seen i traces in
  hitting W (2 * K) t (student_P L shown (fun i => Nat.eqb i t)) (student_Q L shown).
Definition mean_cost (W K L t n m : nat) : R := repeated (one_trace W m (Some t)) n (cost_after W K L t).

Lemma mean_cost_cv (W K L t n : nat) : (1 <= L)%nat -> (t < W)%nat ->
  Un_cv (mean_cost W K L t n) ((2 * W - 1) * (2 * K + 1) + 2 * K * (L - 1) * (W - 1) / 2 ^ n).
Proof.
  intros some small. set (best := (2 * W - 1) * (2 * K + 1)). set (more := 2 * K * (L - 1)).
  apply cv_ext with (fun m => best + more * sum_but t W (fun _ => missed_within W (Some t) 1 m ^ n)).
  - intros m. pose proof (average_repeated _ _ (average_one W m (Some t) ltac:(lia)) n) as law. unfold mean_cost.
    rewrite (average_ext _ _ law _
      (fun traces => more * sum W (fun i => if Nat.eqb i t then 0 else ind (negb (seen i traces))) + best)).
    + assert (lin := proj1 (proj2 law)). rewrite lin, (average_const _ _ law best).
      rewrite (average_sum _ _ law W (fun i traces => if Nat.eqb i t then 0 else ind (negb (seen i traces)))).
      rewrite Rplus_comm. f_equal. f_equal. unfold sum_but. apply sum_ext. intros i below.
      destruct (Nat.eqb_spec i t) as [same|other]; [symmetry; now apply average_const|].
      change 1%nat with (length [i]). rewrite <- unseen_chance; [|lia|exact small|].
      * apply (average_ext _ _ law). intros traces. unfold unseen. cbn [forallb]. now rewrite andb_true_r.
      * split; [split; [repeat constructor; easy|]|]; [intros j [<-|[]]; exact below|intros [same|[]]; auto].
    + intros traces. unfold cost_after. rewrite student_cost; auto.
      * unfold best, more, not_shown, sum_but. ring.
      * right. apply Nat.eqb_refl.
      * intros i _ other. right. now apply Nat.eqb_neq.
  - replace (best + _) with (best + more * sum_but t W (fun _ => missed W (Some t) 1 ^ n)).
    + apply (CV_plus (fun _ => best)); [apply cv_const|]. apply cv_scale. unfold sum_but. apply cv_sum. intros i below.
      destruct (Nat.eqb_spec i t) as [same|other]; [apply cv_const|].
      apply cv_pow. apply cv_missed; [lia| |exact small].
      rewrite to_see_length by exact small. lia.
    + rewrite sum_but_const by exact small. unfold missed. simpl (INR 1).
      replace (1 / (1 + 1)) with (/ 2) by field. rewrite pow_inv. unfold more, Rdiv. ring.
Qed.

Lemma mean_cost_exists (W K L t n : nat) : (1 <= L)%nat -> (t < W)%nat -> exists x, Un_cv (mean_cost W K L t n) x.
Proof. intros some small. eexists. now apply mean_cost_cv. Qed.

Theorem distillation_mean_fixed (W K L t n : nat) (x : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  (1 <= n)%nat -> Un_cv (mean_cost W K L t n) x ->
  x = (2 * W - 1) * (2 * K + 1) + 2 * K * (L - 1) * (W - 1) / 2 ^ n.
Proof. intros _ some small _ cv. exact (UL_sequence _ _ _ cv (mean_cost_cv W K L t n some small)). Qed.
