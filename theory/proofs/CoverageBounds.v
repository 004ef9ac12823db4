(** Bounds on the probability that n traces of the optimum leave some branch's backward rows unseen.

    Let m be the number of branches to see (W-1 for a fixed target, W for uniform ones) and q the probability that one
    trace misses a given one (1/2, and (W+1)/(2W)). The laws of Coverage.v give the probability F(m,n) of a miss for a
    fixed target the recursion F(m,n) = m/(m+1) F(m-1,n) + 1/(m+1) F(m,n-1), from F(0,n) = 0, F(m,0) = 1 ([failure_S]);
    each upper bound follows from it by induction. For uniform targets F is (1+1/W)^n times as large.

    Proved: F <= min(m q^n, (4q/3)^n 4^m/C(2m,m)) ([distillation_failure_most]).

    Not covered: the numbers of traces at which the bounds fall below a given delta (logarithms rounded up). *)

From Backtrack Require Export Coverage.
Open Scope R_scope.

(** The law of a fixed target with m wrong branches. *)
Definition failure (m n : nat) : R := 1 - alternating m (fun i => (1 / (i + 1)) ^ n).

(** ** Binomials *)

Lemma choose_absorb n k : INR (S k) * choose (S n) (S k) = S n * choose n k.
Proof.
  revert k. induction n as [|n IH]; intros k.
  - destruct k as [|k]; [simpl; ring|]. rewrite !choose_over by lia. simpl. ring.
  - change (choose (S (S n)) (S k)) with (choose (S n) k + choose (S n) (S k))%nat.
    rewrite plus_INR, Rmult_plus_distr_l, IH. destruct k as [|k].
    + rewrite !choose_0, !S_INR. simpl. ring.
    + replace (INR (S (S k)) * choose (S n) (S k)) with (S k * choose (S n) (S k) + choose (S n) (S k))
        by (rewrite (S_INR (S k)); ring).
      rewrite IH. change (choose (S n) (S k)) with (choose n k + choose n (S k))%nat.
      rewrite plus_INR, !S_INR. ring.
Qed.

Lemma choose_fewer (n k : nat) : (S n - k) * choose (S n) k = S n * choose n k.
Proof.
  destruct k as [|k]; [rewrite !choose_0; simpl (INR 0); ring|].
  pose proof (choose_absorb n k) as absorb. change (choose (S n) (S k)) with (choose n k + choose n (S k))%nat in *.
  rewrite plus_INR in *. rewrite !S_INR in *. lra.
Qed.

(** C(2m+2, m+1) (m+1) = 2 (2m+1) C(2m, m). *)
Lemma choose_middle (m : nat) : (m + 1) * choose (2 * S m) (S m) = 2 * (2 * m + 1) * choose (2 * m) m.
Proof.
  replace (2 * S m)%nat with (S (S (2 * m))) by lia. set (N := (2 * m)%nat).
  assert (N_is : INR N = 2 * m) by apply nat_double.
  pose proof (choose_absorb (S N) m) as outer. pose proof (choose_absorb N m) as inner.
  change (choose (S (S N)) (S m)) with (choose (S N) m + choose (S N) (S m))%nat in *.
  rewrite plus_INR in *. rewrite !S_INR, N_is in *. pose proof (pos_INR m) as m_pos.
  assert (same : INR (choose (S N) m) = choose (S N) (S m)).
  { apply Rmult_eq_reg_l with (m + 1); lra. }
  rewrite same. lra.
Qed.

Lemma choose_middle_pos m : 0 < choose (2 * m) m.
Proof.
  induction m as [|m IH]; [simpl; lra|]. pose proof (choose_middle m) as step. pose proof (pos_INR m).
  apply Rmult_lt_reg_l with (m + 1); [lra|]. rewrite step, Rmult_0_r. apply Rmult_lt_0_compat; [lra|exact IH].
Qed.

Definition central (m : nat) : R := 4 ^ m / choose (2 * m) m.

Lemma central_S m : central m = central (S m) * (2 * m + 1) / (2 * (m + 1)).
Proof.
  unfold central. pose proof (choose_middle m) as step. pose proof (choose_middle_pos m) as pos.
  pose proof (pos_INR m). replace (INR (choose (2 * S m) (S m))) with (2 * (2 * m + 1) * choose (2 * m) m / (m + 1)).
  - cbn [pow]. field. repeat split; lra.
  - rewrite <- step. field. lra.
Qed.

Lemma central_at_least m : 1 <= central m.
Proof.
  induction m as [|m IH]; [unfold central; simpl; lra|]. rewrite central_S in IH. pose proof (pos_INR m).
  apply Rle_trans with (1 := IH). set (c := central (S m)) in *.
  assert (pos : 0 < c).
  { unfold c, central. apply Rdiv_lt_0_compat; [apply pow_lt; lra|apply choose_middle_pos]. }
  apply Rmult_le_reg_r with (2 * (m + 1)); [lra|]. field_simplify; [|lra]. nra.
Qed.

(** ** The recursion *)

Lemma failure_0 n : failure 0 n = 0.
Proof. unfold failure, alternating. cbn. replace (1 / (0 + 1)) with 1 by field. rewrite pow1. ring. Qed.

Lemma failure_start m : failure (S m) 0 = 1.
Proof. unfold failure. rewrite alternating_S. cbn [pow]. ring. Qed.

Lemma failure_S (m n : nat) :
  failure (S m) (S n) = (m + 1) / (m + 2) * failure m (S n) + 1 / (m + 2) * failure (S m) n.
Proof.
  pose proof (pos_INR m) as m_pos. unfold failure.
  enough (law : (m + 2) * alternating (S m) (fun i => (1 / (i + 1)) ^ S n) =
    (m + 1) * alternating m (fun i => (1 / (i + 1)) ^ S n) + alternating (S m) (fun i => (1 / (i + 1)) ^ n)).
  { apply Rmult_eq_reg_l with (m + 2); [|lra].
    replace ((m + 2) * (1 - _)) with (m + 2 - (m + 2) * alternating (S m) (fun i => (1 / (i + 1)) ^ S n)) by ring.
    rewrite law. field. lra. }
  rewrite (alternating_longer m). unfold alternating. rewrite <- !sum_scale, <- sum_plus. apply sum_ext. intros i _.
  pose proof (choose_fewer m i) as fewer. rewrite S_INR in fewer. pose proof (pos_INR i). cbn [pow].
  replace ((m + 1) * ((-1) ^ i * choose m i * (1 / (i + 1) * (1 / (i + 1)) ^ n)))
    with ((-1) ^ i * ((m + 1) * choose m i) * (1 / (i + 1) * (1 / (i + 1)) ^ n)) by ring.
  rewrite <- fewer. field. lra.
Qed.

(** ** The bounds *)

(** A bound that the recursion does not exceed. *)
Lemma failure_below (bound : nat -> nat -> R) :
  (forall n, 0 <= bound O n) -> (forall m, 1 <= bound (S m) O) ->
  (forall m n : nat, (m + 1) / (m + 2) * bound m (S n) + 1 / (m + 2) * bound (S m) n <= bound (S m) (S n)) ->
  forall m n, failure m n <= bound m n.
Proof.
  intros none first step. induction m as [|m IHm]; [intros n; rewrite failure_0; apply none|].
  induction n as [|n IHn]; [rewrite failure_start; apply first|].
  rewrite failure_S. apply Rle_trans with (2 := step m n). pose proof (pos_INR m).
  apply Rplus_le_compat; apply Rmult_le_compat_l; auto; apply Rmult_le_pos;
    try lra; left; apply Rinv_0_lt_compat; lra.
Qed.

(** The union bound. *)
Lemma failure_union (m n : nat) : failure m n <= m * (1 / 2) ^ n.
Proof.
  apply (failure_below (fun m n : nat => m * (1 / 2) ^ n)).
  - intros k. simpl. lra.
  - intros k. cbn [pow]. rewrite S_INR. pose proof (pos_INR k). lra.
  - intros k l. cbn [pow]. rewrite S_INR. pose proof (pos_INR k). right. field. lra.
Qed.

Lemma failure_central m n : failure m n <= (2 / 3) ^ n * central m.
Proof.
  apply (failure_below (fun m n => (2 / 3) ^ n * central m)).
  - intros k. apply Rmult_le_pos; [left; apply pow_lt; lra|]. pose proof (central_at_least 0). lra.
  - intros k. cbn [pow]. pose proof (central_at_least (S k)). lra.
  - intros k l. cbn [pow]. rewrite central_S. pose proof (pos_INR k). right. field. lra.
Qed.

(** How many branches there are to see, and the probability that one trace misses a given one. *)
Definition number (W : nat) (target : option nat) : nat := match target with Some _ => (W - 1)%nat | None => W end.
Definition miss (W : nat) (target : option nat) : R :=
  match target with Some _ => 1 / 2 | None => (W + 1) / (2 * W) end.

(** The law of uniform targets is (1+1/W)^n times that of a fixed one. *)
Lemma failure_law W n target : (1 <= W)%nat ->
  1 - alternating (number W target) (fun i => missed W target i ^ n) =
  (2 * miss W target) ^ n * failure (number W target) n.
Proof.
  intros some. apply nat_ge_1 in some. unfold failure, alternating. rewrite !(sum_first (number W target)), !choose_0.
  replace (1 / (0%nat + 1)) with 1 by (simpl; field). change (missed W target 0) with 1. rewrite !pow1.
  set (one := sum _ _). set (other := sum _ _).
  enough (same : one = (2 * miss W target) ^ n * other) by (rewrite same; simpl; ring).
  unfold one, other. clear one other. rewrite <- sum_scale. apply sum_ext. intros i _.
  replace (missed W target (S i)) with (2 * miss W target * (1 / (S i + 1))); [rewrite Rpow_mult_distr; ring|].
  pose proof (pos_INR (S i)). destruct target; unfold missed, miss; field; lra.
Qed.

Theorem distillation_failure_most W n target c : (1 <= W)%nat -> legal W target -> Un_cv (covered W n target) c ->
  1 - c <= Rmin (number W target * miss W target ^ n)
                ((4 * miss W target / 3) ^ n * (4 ^ number W target / choose (2 * number W target) (number W target))).
Proof.
  intros some ok cv. pose proof (covered_cv W n target some ok) as law. rewrite to_see_length in law by exact ok.
  rewrite (UL_sequence _ _ _ cv law). fold (number W target). rewrite failure_law by exact some.
  assert (pos : 0 <= (2 * miss W target) ^ n).
  { apply pow_le. apply nat_ge_1 in some. destruct target; unfold miss; [lra|].
    apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra. }
  apply Rmin_glb.
  - apply Rle_trans with ((2 * miss W target) ^ n * (number W target * (1 / 2) ^ n)).
    + apply Rmult_le_compat_l; [exact pos|apply failure_union].
    + right. replace (miss W target) with (2 * miss W target * (1 / 2)) at 2 by field.
      rewrite (Rpow_mult_distr (2 * miss W target)). ring.
  - apply Rle_trans with ((2 * miss W target) ^ n * ((2 / 3) ^ n * central (number W target))).
    + apply Rmult_le_compat_l; [exact pos|apply failure_central].
    + right. replace (4 * miss W target / 3) with (2 * miss W target * (2 / 3)) by field.
      rewrite (Rpow_mult_distr (2 * miss W target)). unfold central. ring.
Qed.
