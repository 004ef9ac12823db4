(** A geometric sequence exceeds every polynomial.

    Proved here: for q > 1, every C and every m, C K^m < q^K from some K on. Stands on Bernoulli's inequality. *)

From Backtrack Require Export Sums.
Open Scope R_scope.

(** The reals are archimedean. *)
Lemma exceeded (x : R) : exists n : nat, x < n.
Proof.
  exists (Z.to_nat (Z.max 0 (up x))). rewrite INR_IZR_INZ, Z2Nat.id by lia.
  apply Rlt_le_trans with (IZR (up x)); [apply archimed|]. apply IZR_le. lia.
Qed.

(** Bernoulli: q^n >= 1 + n (q-1). *)
Lemma pow_ge_linear (q : R) (n : nat) : 1 <= q -> 1 + n * (q - 1) <= q ^ n.
Proof.
  intros big. induction n as [|n IH]; [simpl; lra|]. rewrite S_INR. simpl.
  pose proof (pos_INR n) as n_pos.
  assert (step : 0 <= (q - 1) * (q ^ n - (1 + n * (q - 1)))) by (apply Rmult_le_pos; lra).
  assert (square : 0 <= n * ((q - 1) * (q - 1))) by (apply Rmult_le_pos; [exact n_pos|apply Rmult_le_pos; lra]).
  lra.
Qed.

(** K^m is at most a constant times q^K: K <= C (sqrt q)^K, and so by induction over m, for all q at once. *)
Lemma polynomial_bounded m : forall q, 1 < q -> exists C, 0 < C /\ forall K : nat, K ^ m <= C * q ^ K.
Proof.
  induction m as [|m IH]; intros q big.
  - exists 1. split; [lra|]. intros K. simpl. rewrite Rmult_1_l. apply pow_R1_Rle. lra.
  - assert (root_big : 1 < sqrt q) by (rewrite <- sqrt_1; apply sqrt_lt_1; lra).
    destruct (IH (sqrt q) root_big) as (C & C_pos & below).
    assert (gap : 0 < / (sqrt q - 1)) by (apply Rinv_0_lt_compat; lra).
    exists (/ (sqrt q - 1) * C). split; [now apply Rmult_lt_0_compat|]. intros K.
    replace (q ^ K) with (sqrt q ^ K * sqrt q ^ K) by (rewrite <- Rpow_mult_distr, sqrt_sqrt; [reflexivity|lra]).
    replace (_ * C * _) with (/ (sqrt q - 1) * sqrt q ^ K * (C * sqrt q ^ K)) by ring.
    simpl. apply Rmult_le_compat; [apply pos_INR|apply pow_le, pos_INR| |apply below].
    pose proof (pow_ge_linear (sqrt q) K) as linear.
    apply Rmult_le_reg_l with (sqrt q - 1); [lra|].
    rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. lra.
Qed.

Theorem geometric_exceeds_polynomials (q C : R) (m : nat) : 1 < q ->
  exists K0 : nat, (1 <= K0)%nat /\ forall K : nat, (K0 <= K)%nat -> C * K ^ m < q ^ K.
Proof.
  intros big. destruct (polynomial_bounded (S m) q big) as (D & D_pos & below).
  destruct (exceeded (Rmax 0 (C * D))) as [K0 far]. exists K0.
  pose proof (Rmax_l 0 (C * D)) as nonneg. pose proof (Rmax_r 0 (C * D)) as above.
  split; [destruct K0; [simpl in far; lra|lia]|]. intros K later. apply nat_ge in later.
  assert (power : 0 < q ^ K) by (apply pow_lt; lra). assert (K_pos : 0 < K ^ m) by (apply pow_lt; lra).
  specialize (below K). simpl in below.
  destruct (Rle_lt_dec C 0) as [neg|pos].
  - assert (0 <= - C * K ^ m) by (apply Rmult_le_pos; lra). lra.
  - apply Rmult_lt_reg_l with D; [exact D_pos|]. apply Rlt_le_trans with (K * K ^ m); [|exact below].
    replace (D * (C * K ^ m)) with (C * D * K ^ m) by ring. apply Rmult_lt_compat_r; lra.
Qed.
