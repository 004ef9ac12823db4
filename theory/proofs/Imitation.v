(** SFT on the forward rows: the gradient flow of the population loss, its exact law, and how fast the rows go to 1.

    A row of L parallel edges (choices 0 .. L-1) and a single one (choice L). Its data choose j with probability q j and
    visit it at rate w; all logits start at 0 and follow u' = -w * gradient of the cross-entropy, the gradient being the
    derivative itself ([slope]). At row a (at a right node, moving away) the golden edge is the single one; at row c (at
    a left node) the golden edges are the parallel ones, uniformly.

    Proved: choices that the data treat alike keep equal logits ([flow_even]), so one gap D describes the row; D solves
    e^D + L D = 1 + w(L+1)t at row a ([sft_row_a]), D + L e^D = L + w(1+1/L)t at row c ([sft_row_c]); and with
    D <= e^D - 1 the errors are at most L/(L+1+wt) and 1/(L+1+wt) ([sft_forward_a], [sft_forward_c]).

    Such a training exists, for all times ([trained_a_exists], [trained_c_exists]), and reaches error delta when
    [sft_time] says. Stands on RowFlow. Not covered: finite steps and batches. *)

From Backtrack Require Export RowFlow.
Open Scope R_scope.

(** What golden paths choose at row a and at row c. *)
Definition golden_a (L j : nat) : R := if Nat.eqb j L then 1 else 0.
Definition golden_c (L j : nat) : R := if Nat.eqb j L then 0 else 1 / L.

(** a is the row a after training from logits 0 to time t; c is the row c. *)
Definition trained_a (L : nat) (w t a : R) : Prop :=
  exists u, flow (S L) w (golden_a L) t u /\ (forall k, u 0 k = 0) /\ a = softmax (S L) (u t) L.
Definition trained_c (L : nat) (w t c : R) : Prop :=
  exists u, flow (S L) w (golden_c L) t u /\ (forall k, u 0 k = 0) /\ c = sum L (softmax (S L) (u t)).

Lemma golden_a_total (L : nat) : sum (S L) (golden_a L) = 1.
Proof.
  cbn [sum]. unfold golden_a at 2. rewrite Nat.eqb_refl, (sum_ext L _ (fun _ => 0)); [rewrite sum_const; ring|].
  intros j below. unfold golden_a. destruct (Nat.eqb_spec j L); [lia|reflexivity].
Qed.

Lemma golden_c_total (L : nat) : (1 <= L)%nat -> sum (S L) (golden_c L) = 1.
Proof.
  intros some. apply nat_ge_1 in some. cbn [sum]. unfold golden_c at 2.
  rewrite Nat.eqb_refl, (sum_ext L _ (fun _ => 1 / L)); [rewrite sum_const; field; lra|].
  intros j below. unfold golden_c. destruct (Nat.eqb_spec j L); [lia|reflexivity].
Qed.

(** ** Row a *)

Theorem sft_row_a (L : nat) (w t a : R) : (1 <= L)%nat -> 0 < w -> 0 <= t -> trained_a L w t a ->
  exists D, a = exp D / (exp D + L) /\ exp D + L * D = 1 + w * (L + 1) * t.
Proof.
  intros some rate late (u & moves & first & ->). pose proof (nat_ge_1 L some) as L_1.
  pose proof (golden_a_total L) as total.
  assert (same : forall c k, 0 <= c <= t -> (k < L)%nat -> u c k = u c 0%nat).
  { intros c k after below. apply (flow_even (S L) w (golden_a L) t); auto; try lia; [|now rewrite !first].
    unfold golden_a. destruct (Nat.eqb_spec k L), (Nat.eqb_spec 0 L); lia || reflexivity. }
  set (D := fun t => u t L - u t 0%nat).
  assert (odds : forall c, exp (u c L) = exp (D c) * exp (u c 0%nat)).
  { intros c. rewrite <- exp_plus. f_equal. unfold D. ring. }
  assert (is : forall c, 0 <= c <= t -> derivable_pt_lim D c (w * (L + 1) / (exp (D c) + L))).
  { intros c after. pose proof (exp_pos (D c)). pose proof (exp_pos (u c 0%nat)).
    replace (w * (L + 1) / _) with
      (w * (golden_a L L - softmax (S L) (u c) L) - w * (golden_a L 0 - softmax (S L) (u c) 0)).
    - apply (derivable_pt_lim_minus (fun t => u t L) (fun t => u t 0%nat)); apply flow_speed with t; auto; lia.
    - unfold softmax, golden_a. rewrite two_values by auto. rewrite Nat.eqb_refl, odds.
      destruct (Nat.eqb_spec 0 L); [lia|]. field. split; nra. }
  exists (D t). split.
  - unfold softmax. rewrite two_values by (auto with real). rewrite odds. pose proof (exp_pos (D t)).
    pose proof (exp_pos (u t 0%nat)). field. split; nra.
  - assert (kept : exp (D t) + L * D t - w * (L + 1) * t = exp (D 0) + L * D 0 - w * (L + 1) * 0).
    { apply (constant (fun t => exp (D t) + L * D t - w * (L + 1) * t)); [exact late|]. intros c after.
      pose proof (exp_pos (D c)). specialize (is c after). set (D' := w * (L + 1) / (exp (D c) + L)) in *.
      replace 0 with (exp (D c) * D' + L * D' - w * (L + 1) * 1) by (unfold D'; field; lra).
      apply (derivable_pt_lim_minus (fun t => exp (D t) + L * D t) (fun t => w * (L + 1) * t)).
      - apply (derivable_pt_lim_plus (fun t => exp (D t)) (fun t => L * D t)).
        + apply (derivable_pt_lim_comp D exp); [exact is|apply derivable_pt_lim_exp].
        + now apply (derivable_pt_lim_scal D).
      - apply (derivable_pt_lim_scal id). apply derivable_pt_lim_id. }
    unfold D at 3 4 in kept. rewrite !first, Rminus_0_r, exp_0 in kept. lra.
Qed.

Lemma error_at_most (num x y : R) : 0 <= num -> 0 < y -> y <= x -> num / x <= num / y.
Proof. intros pos some more. apply Rmult_le_compat_l; [exact pos|]. now apply Rinv_le_contravar. Qed.

Theorem sft_forward_a (L : nat) (w t a : R) : (1 <= L)%nat -> 0 < w -> 0 <= t -> trained_a L w t a ->
  1 - a <= L / (L + 1 + w * t).
Proof.
  intros some rate late row. destruct (sft_row_a L w t a some rate late row) as (D & -> & gap).
  pose proof (nat_ge_1 L some). pose proof (exp_pos D). pose proof (exp_ineq1_le D). assert (0 <= w * t) by nra.
  assert (wide : 1 + w * t <= exp D) by nra.
  replace (1 - _) with (L / (exp D + L)) by (field; lra). apply error_at_most; lra.
Qed.

(** ** Row c *)

Theorem sft_row_c (L : nat) (w t c : R) : (1 <= L)%nat -> 0 < w -> 0 <= t -> trained_c L w t c ->
  exists D, c = L * exp D / (L * exp D + 1) /\ D + L * exp D = L + w * (1 + 1 / L) * t.
Proof.
  intros some rate late (u & moves & first & ->). pose proof (nat_ge_1 L some) as L_1.
  pose proof (golden_c_total L some) as total.
  assert (same : forall c k, 0 <= c <= t -> (k < L)%nat -> u c k = u c 0%nat).
  { intros c k after below. apply (flow_even (S L) w (golden_c L) t); auto; try lia; [|now rewrite !first].
    unfold golden_c. destruct (Nat.eqb_spec k L), (Nat.eqb_spec 0 L); lia || reflexivity. }
  set (D := fun t => u t 0%nat - u t L).
  assert (odds : forall c, exp (u c 0%nat) = exp (D c) * exp (u c L)).
  { intros c. rewrite <- exp_plus. f_equal. unfold D. ring. }
  assert (is : forall c, 0 <= c <= t -> derivable_pt_lim D c (w * (1 + 1 / L) / (L * exp (D c) + 1))).
  { intros c after. pose proof (exp_pos (D c)). pose proof (exp_pos (u c L)).
    assert (0 < L * exp (D c)) by nra.
    replace (w * (1 + 1 / L) / _) with
      (w * (golden_c L 0 - softmax (S L) (u c) 0) - w * (golden_c L L - softmax (S L) (u c) L)).
    - apply (derivable_pt_lim_minus (fun t => u t 0%nat) (fun t => u t L)); apply flow_speed with t; auto; lia.
    - unfold softmax, golden_c. rewrite two_values by auto. rewrite Nat.eqb_refl, odds.
      destruct (Nat.eqb_spec 0 L); [lia|]. field. repeat split; nra. }
  exists (D t). split.
  - rewrite (sum_ext L _ (fun _ => exp (u t 0%nat) / (L * exp (u t 0%nat) + exp (u t L)))).
    + rewrite sum_const, odds. pose proof (exp_pos (D t)). pose proof (exp_pos (u t L)).
      assert (0 < L * exp (D t)) by nra. field. split; nra.
    + intros k below. unfold softmax. now rewrite two_values, same by (auto with real).
  - assert (kept : D t + L * exp (D t) - w * (1 + 1 / L) * t = D 0 + L * exp (D 0) - w * (1 + 1 / L) * 0).
    { apply (constant (fun t => D t + L * exp (D t) - w * (1 + 1 / L) * t)); [exact late|]. intros c after.
      pose proof (exp_pos (D c)). specialize (is c after). assert (0 < L * exp (D c)) by nra.
      set (D' := w * (1 + 1 / L) / (L * exp (D c) + 1)) in *.
      replace 0 with (D' + L * (exp (D c) * D') - w * (1 + 1 / L) * 1) by (unfold D'; field; lra).
      apply (derivable_pt_lim_minus (fun t => D t + L * exp (D t)) (fun t => w * (1 + 1 / L) * t)).
      - apply (derivable_pt_lim_plus D (fun t => L * exp (D t))); [exact is|].
        apply (derivable_pt_lim_scal (fun t => exp (D t))).
        apply (derivable_pt_lim_comp D exp); [exact is|apply derivable_pt_lim_exp].
      - apply (derivable_pt_lim_scal id). apply derivable_pt_lim_id. }
    unfold D at 3 4 in kept. rewrite !first, Rminus_0_r, exp_0 in kept. lra.
Qed.

Theorem sft_forward_c (L : nat) (w t c : R) : (1 <= L)%nat -> 0 < w -> 0 <= t -> trained_c L w t c ->
  1 - c <= 1 / (L + 1 + w * t).
Proof.
  intros some rate late row. destruct (sft_row_c L w t c some rate late row) as (D & -> & gap).
  pose proof (nat_ge_1 L some) as L_1. pose proof (exp_pos D). pose proof (exp_ineq1_le D).
  assert (0 <= w * t) by nra. assert (0 < L * exp D) by nra.
  assert (wide : L + w * t <= L * exp D).
  { apply Rmult_le_reg_l with (1 + 1 / L); [apply Rplus_lt_0_compat; [lra|apply Rdiv_lt_0_compat; lra]|].
    replace ((1 + 1 / L) * (L + w * t)) with (L + 1 + w * (1 + 1 / L) * t) by (field; lra).
    replace ((1 + 1 / L) * (L * exp D)) with (L * exp D + exp D) by (field; lra). lra. }
  replace (1 - _) with (1 / (L * exp D + 1)) by (field; lra). apply error_at_most; lra.
Qed.

(** ** How long it takes *)

(** A row whose data choose [golden] edges, uniformly: 1 at row a, L at row c; p is its persistence at time t. *)
Definition trained (L golden : nat) (w t p : R) : Prop :=
  golden = 1%nat /\ trained_a L w t p \/ golden = L /\ trained_c L w t p.

(** X: the probability of a golden edge over that of another, at error delta. *)
Definition odds (L golden : nat) (delta : R) : R := (L + 1 - golden) * (1 - delta) / (golden * delta).

(** The error is delta at time g (g (X - 1) + (L+1-g) ln X)/(w(L+1)). *)
Theorem sft_time (L golden : nat) (w t delta : R) : (1 <= L)%nat -> 0 < w -> 0 <= t -> 0 < delta ->
  trained L golden w t (1 - delta) ->
  t = golden * (golden * (odds L golden delta - 1) + (L + 1 - golden) * ln (odds L golden delta)) / (w * (L + 1)).
Proof.
  intros some rate late pos [[-> row]|[-> row]]; pose proof (nat_ge_1 L some) as L_1.
  - destruct (sft_row_a L w t _ some rate late row) as (D & is & gap). pose proof (exp_pos D). unfold odds.
    change (INR 1) with 1.
    replace ((L + 1 - 1) * (1 - delta) / (1 * delta)) with (exp D).
    + rewrite ln_exp. apply Rmult_eq_reg_l with (w * (L + 1)); [|nra]. field_simplify; [|lra]. lra.
    + replace delta with (L / (exp D + L)) by (rewrite <- (Rminus_0_r delta); apply Rplus_eq_reg_l with (1 - delta);
        rewrite is at 1; field; lra). field. lra.
  - destruct (sft_row_c L w t _ some rate late row) as (D & is & gap). pose proof (exp_pos D). unfold odds.
    assert (0 < L * exp D) by nra.
    replace ((L + 1 - L) * (1 - delta) / (L * delta)) with (exp D).
    + rewrite ln_exp. apply Rmult_eq_reg_l with (w * (L + 1)); [|nra].
      replace (w * (L + 1) * t) with (L * (w * (1 + 1 / L) * t)) by (field; lra).
      replace (w * (1 + 1 / L) * t) with (D + L * exp D - L) by lra. field. lra.
    + replace delta with (1 / (L * exp D + 1)) by (rewrite <- (Rminus_0_r delta); apply Rplus_eq_reg_l with (1 - delta);
        rewrite is at 1; field; lra). field. lra.
Qed.

(** Bounds from 0 <= ln X <= X - 1. *)
Lemma odds_at_least_1 (L golden : nat) (delta : R) : (1 <= golden <= L)%nat ->
  0 < delta <= 1 - golden / (L + 1) -> 1 <= odds L golden delta.
Proof.
  intros [g_1 g_L] [pos base]. apply nat_ge_1 in g_1. apply nat_ge in g_L.
  apply (Rmult_le_compat_r (L + 1)) in base; [|lra]. unfold odds.
  replace ((1 - golden / (L + 1)) * (L + 1)) with (L + 1 - golden) in base by (field; lra).
  apply Rmult_le_reg_r with (golden * delta); [nra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by nra. nra.
Qed.

Theorem sft_time_most (L golden : nat) (w delta t : R) : (1 <= L)%nat -> 0 < w ->
  0 < delta <= 1 - golden / (L + 1) -> 0 <= t -> trained L golden w t (1 - delta) ->
  t <= golden * (odds L golden delta - 1) / w.
Proof.
  intros some rate small late row. assert (g : (1 <= golden <= L)%nat) by (destruct row as [[-> _]|[-> _]]; lia).
  rewrite (sft_time L golden w t delta some rate late (proj1 small) row).
  pose proof (odds_at_least_1 L golden delta g small) as X_1. set (X := odds L golden delta) in *.
  pose proof (exp_ineq1_le (ln X)) as log. rewrite exp_ln in log by lra.
  destruct g as [g_1 g_L]. apply nat_ge_1 in g_1. apply nat_ge in g_L.
  replace (golden * (X - 1) / w) with (golden * (golden * (X - 1) + (L + 1 - golden) * (X - 1)) / (w * (L + 1)))
    by (field; lra).
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; nra|]. apply Rmult_le_compat_l; [lra|].
  apply Rplus_le_compat_l, Rmult_le_compat_l; lra.
Qed.

Theorem sft_time_least (L golden : nat) (w delta t : R) : (1 <= L)%nat -> 0 < w ->
  0 < delta <= 1 - golden / (L + 1) -> 0 <= t -> trained L golden w t (1 - delta) ->
  golden / (L + 1) * golden * (odds L golden delta - 1) / w <= t.
Proof.
  intros some rate small late row. assert (g : (1 <= golden <= L)%nat) by (destruct row as [[-> _]|[-> _]]; lia).
  rewrite (sft_time L golden w t delta some rate late (proj1 small) row).
  pose proof (odds_at_least_1 L golden delta g small) as X_1. set (X := odds L golden delta) in *.
  assert (log : 0 <= ln X).
  { rewrite <- ln_1. destruct X_1 as [more|<-]; [left; apply ln_increasing; lra|right; reflexivity]. }
  destruct g as [g_1 g_L]. apply nat_ge_1 in g_1. apply nat_ge in g_L.
  replace (golden / (L + 1) * golden * (X - 1) / w) with (golden * (golden * (X - 1) + 0) / (w * (L + 1)))
    by (field; lra).
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; nra|]. apply Rmult_le_compat_l; [lra|].
  apply Rplus_le_compat_l, Rmult_le_pos; lra.
Qed.

(** Untrained, the rows are base's. *)
Lemma untrained_a (L : nat) (w t a : R) : (1 <= L)%nat -> t = 0 -> trained_a L w t a -> a = 1 / (L + 1).
Proof.
  intros some -> (u & _ & first & ->). rewrite <- S_INR. apply softmax_uniform; [lia|]. intros. now rewrite !first.
Qed.

Lemma untrained_c (L : nat) (w t c : R) : (1 <= L)%nat -> t = 0 -> trained_c L w t c -> c = L / (L + 1).
Proof.
  intros some -> (u & _ & first & ->). rewrite (sum_ext L _ (fun _ => 1 / (L + 1))).
  - rewrite sum_const. unfold Rdiv. ring.
  - intros k below. rewrite <- S_INR. apply softmax_uniform; [lia|]. intros. now rewrite !first.
Qed.

(** ** The training exists: the statements above are not empty *)

Lemma trained_a_exists (L : nat) (w t : R) : (1 <= L)%nat -> 0 < w -> exists a, trained_a L w t a.
Proof.
  intros some rate. pose proof (nat_ge_1 L some) as L_1.
  destruct (gap_exists 1 L (w * (L + 1))) as (D & first & speed); [lra|lra|nra|].
  set (u := fun t k => if Nat.eqb k L then L / (L + 1) * D t else - (1 / (L + 1)) * D t).
  exists (softmax (S L) (u t) L), u. split; [|split; [|reflexivity]].
  - apply flow_of_speed; [now apply golden_a_total|]. intros c k _ below. pose proof (exp_pos (D c)).
    assert (gap : exp (u c L) = exp (D c) * exp (u c 0%nat)).
    { rewrite <- exp_plus. f_equal. unfold u. rewrite Nat.eqb_refl. destruct (Nat.eqb_spec 0 L); [lia|]. field. lra. }
    assert (alike : forall j, (j < L)%nat -> u c j = u c 0%nat).
    { intros j inj. unfold u. destruct (Nat.eqb_spec j L), (Nat.eqb_spec 0 L); lia || reflexivity. }
    unfold softmax. rewrite two_values, gap by assumption. pose proof (exp_pos (u c 0%nat)).
    specialize (speed c). unfold golden_a. destruct (Nat.eqb_spec k L) as [->|other].
    + rewrite gap.
      replace (w * _) with (L / (L + 1) * (w * (L + 1) / (1 * exp (D c) + L))) by (field; repeat split; nra).
      apply derivable_pt_lim_ext with (fun t => L / (L + 1) * D t); [intros; unfold u; now rewrite Nat.eqb_refl|].
      now apply derivable_pt_lim_scal.
    + rewrite (alike k) by lia.
      replace (w * _) with (- (1 / (L + 1)) * (w * (L + 1) / (1 * exp (D c) + L))) by (field; repeat split; nra).
      apply derivable_pt_lim_ext with (fun t => - (1 / (L + 1)) * D t); [|now apply derivable_pt_lim_scal].
      intros z. unfold u. destruct (Nat.eqb_spec k L); [lia|reflexivity].
  - intros k. unfold u. rewrite first. destruct (Nat.eqb k L); ring.
Qed.

Lemma trained_c_exists (L : nat) (w t : R) : (1 <= L)%nat -> 0 < w -> exists c, trained_c L w t c.
Proof.
  intros some rate. pose proof (nat_ge_1 L some) as L_1.
  destruct (gap_exists L 1 (w * (1 + 1 / L))) as (D & first & speed); [lra|lra| |].
  { apply Rmult_lt_0_compat; [exact rate|]. assert (0 < 1 / L) by (apply Rdiv_lt_0_compat; lra). lra. }
  set (u := fun t k => if Nat.eqb k L then - (L / (L + 1)) * D t else 1 / (L + 1) * D t).
  exists (sum L (softmax (S L) (u t))), u. split; [|split; [|reflexivity]].
  - apply flow_of_speed; [now apply golden_c_total|]. intros c k _ below. pose proof (exp_pos (D c)).
    assert (gap : exp (u c 0%nat) = exp (D c) * exp (u c L)).
    { rewrite <- exp_plus. f_equal. unfold u. rewrite Nat.eqb_refl. destruct (Nat.eqb_spec 0 L); [lia|]. field. lra. }
    assert (alike : forall j, (j < L)%nat -> u c j = u c 0%nat).
    { intros j inj. unfold u. destruct (Nat.eqb_spec j L), (Nat.eqb_spec 0 L); lia || reflexivity. }
    unfold softmax. rewrite two_values, gap by assumption. pose proof (exp_pos (u c L)).
    assert (0 < L * exp (D c)) by nra.
    specialize (speed c). unfold golden_c. destruct (Nat.eqb_spec k L) as [->|other].
    + replace (w * _) with (- (L / (L + 1)) * (w * (1 + 1 / L) / (L * exp (D c) + 1))) by (field; repeat split; nra).
      apply derivable_pt_lim_ext with (fun t => - (L / (L + 1)) * D t); [intros; unfold u; now rewrite Nat.eqb_refl|].
      now apply derivable_pt_lim_scal.
    + rewrite (alike k), gap by lia.
      replace (w * _) with (1 / (L + 1) * (w * (1 + 1 / L) / (L * exp (D c) + 1))) by (field; repeat split; nra).
      apply derivable_pt_lim_ext with (fun t => 1 / (L + 1) * D t); [|now apply derivable_pt_lim_scal].
      intros z. unfold u. destruct (Nat.eqb_spec k L); [lia|reflexivity].
  - intros k. unfold u. rewrite first. destruct (Nat.eqb k L); ring.
Qed.

(** Row a reaches every gap D, at the time that [sft_time] says. *)
Lemma reached_a (L : nat) (w D : R) : (1 <= L)%nat -> 0 < w -> 0 <= D ->
  trained L 1 w ((exp D + L * D - 1) / (w * (L + 1))) (exp D / (exp D + L)).
Proof.
  intros some rate pos. pose proof (nat_ge_1 L some) as L_1. left. split; [reflexivity|].
  set (t := (exp D + L * D - 1) / (w * (L + 1))).
  assert (late : 0 <= t).
  { pose proof (exp_ineq1_le D). apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; nra]. }
  destruct (trained_a_exists L w t some rate) as [a row].
  destruct (sft_row_a L w t a some rate late row) as (D' & is & gap).
  enough (same : D' = D) by (rewrite same in is; now rewrite <- is).
  assert (equal : exp D' + L * D' = exp D + L * D) by (rewrite gap; unfold t; field; lra).
  destruct (Rtotal_order D' D) as [less|[same|more]]; [|exact same|].
  - pose proof (exp_increasing _ _ less). nra.
  - pose proof (exp_increasing _ _ more). nra.
Qed.
