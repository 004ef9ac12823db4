(** Two limits as the number of diamonds grows: the constant of SFT's cost, the exponent of any homogeneous cost.

    Setting. A sequence H K of costs, one for each number K >= 1 of diamonds, each the solution of its own chain.

    Proved here: H/rho^K of the SFT limit tends to 2(W-1)(L+1)(2L+1)/(L^2+L+1); and for W >= 2 and any rows in (0, 1],
    ln(H(2K)/H(K))/K tends to |ln(ac/(bd))|, since H lies between two constants times q^K and K^2 q^K, q = max(r, 1/r).

    Stands on: the closed forms, the bounds of Balance. Not covered: rates of convergence; rows that differ. *)

From Backtrack Require Export Balance.
Open Scope R_scope.

(** The constant before rho^K. *)
Definition sft_limit (W L : nat) : R := 2 * (W - 1) * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1).

(** A geometric sequence leaves every K^m times a constant behind, so the quotient is small. *)
Theorem sft_constant (W L t : nat) (H : nat -> R) : (2 <= W)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_costs W L t H ->
  Un_cv (fun K => H K / ((L + 1) ^ 2 / L) ^ K) (sft_limit W L).
Proof.
  intros forks posL small sol eps eps_pos. fold (rho L). pose proof (rho_ge_4 L posL) as big.
  set (c := 2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1)). set (A := W + (W - 1) * (1 - c)).
  destruct (geometric_exceeds_polynomials (rho L) ((Rabs A + 2) / eps) 1) as (K0 & some & above); [lra|].
  exists K0. intros K later. specialize (above K later). rewrite pow_1 in above.
  assert (K_ge : 1 <= K) by (apply nat_ge_1; lia).
  assert (power : 0 < rho L ^ K) by (apply pow_lt; lra).
  unfold R_dist, sft_limit. rewrite (sft_cost W K L t (H K)) by (try apply sol; assumption || lia). fold (rho L) c.
  assert (form : (W + 2 * K + (W - 1) * (1 + c * (rho L ^ K - 1))) / rho L ^ K -
                 2 * (W - 1) * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1) = (A + 2 * K) / rho L ^ K).
  { replace (2 * (W - 1) * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1)) with ((W - 1) * c) by (unfold c, Rdiv; ring).
    unfold A. field. lra. }
  rewrite form. unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ _)) by (left; now apply Rinv_0_lt_compat).
  apply Rmult_lt_reg_r with (rho L ^ K); [exact power|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  apply Rle_lt_trans with ((Rabs A + 2) * K).
  - apply Rle_trans with (Rabs A + Rabs (2 * K)); [apply Rabs_triang|]. rewrite (Rabs_right (2 * K)) by lra.
    pose proof (Rabs_pos A) as A_pos. assert (Rabs A * 1 <= Rabs A * K) by (apply Rmult_le_compat_l; lra). lra.
  - apply Rmult_lt_compat_l with (r := eps) in above; [|exact eps_pos].
    replace (eps * ((Rabs A + 2) / eps * K)) with ((Rabs A + 2) * K) in above by (field; lra). exact above.
Qed.

(** Between two constants, q^K and K^2 q^K, where q >= 1 has the logarithm |ln r|. *)
Lemma cost_between (W t : nat) (a b c d : R) : (2 <= W)%nat -> (t < W)%nat -> row a -> row b -> row c -> row d ->
  exists q low high : R, 1 <= q /\ ln q = Rabs (ln (a * c / (b * d))) /\ 0 < low /\ 0 < high /\
  forall (K : nat) (H : R), (1 <= K)%nat -> homogeneous_steps W K t a b c d H ->
  low * q ^ K <= H <= high * (K ^ 2 * q ^ K).
Proof.
  intros forks small ra rb rc rd. apply nat_ge_2 in forks.
  assert (ac : 0 < a * c) by (destruct ra, rc; now apply Rmult_lt_0_compat).
  assert (bd : 0 < b * d) by (destruct rb, rd; now apply Rmult_lt_0_compat).
  destruct (parts_nonneg a b c d) as (r_pos & s_pos & cd_pos & u_pos & v_pos); try assumption.
  pose proof (turning_nonneg a c d ra rc rd) as turn.
  assert (high_pos : 0 < upper_constant W a b c d).
  { unfold upper_constant. assert (0 < 2 * (W - 1) * (c / d + a * c / (b * d))) by (apply Rmult_lt_0_compat; lra).
    apply Rplus_lt_le_0_compat; [lra|]. apply Rmult_le_pos; lra. }
  assert (inverse : b * d / (a * c) = / (a * c / (b * d))) by (destruct ra, rb, rc, rd; field; repeat split; lra).
  destruct (Rlt_le_dec (a * c) (b * d)) as [below|ahead].
  - assert (s_big : 1 < b * d / (a * c)) by (apply ratio_gt_1; lra).
    assert (r_small : a * c / (b * d) < 1).
    { apply Rmult_lt_reg_r with (b * d); [exact bd|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    assert (bd_le : b * d <= 1 * 1) by (destruct rb, rd; apply Rmult_le_compat; lra).
    assert (turn_pos : 0 < turning a c d) by (apply turning_pos; trivial; lra).
    exists (b * d / (a * c)), ((2 * W - 1) * turning a c d * (a * c / (b * d))), (upper_constant W a b c d).
    split; [lra|]. split.
    { rewrite inverse, ln_Rinv by exact r_pos. symmetry. apply Rabs_left. rewrite <- ln_1. now apply ln_increasing. }
    split; [apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat|]; lra|]. split; [exact high_pos|].
    intros K H some sol. split.
    + destruct (imbalance_lower W K t a b c d H) as [_ lower]; try assumption.
      assert (last : forall s : R, s ^ K = s * s ^ (K - 1)).
      { intros s. replace K with (S (K - 1)) at 1 by lia. reflexivity. }
      rewrite last. replace (_ * _) with ((2 * W - 1) * turning a c d * (b * d / (a * c)) ^ (K - 1) *
        (a * c / (b * d) * (b * d / (a * c)))) by ring. rewrite inverse at 2. rewrite Rinv_r by lra. lra.
    + apply (homogeneous_upper W K t a b c d); try assumption; lra.
  - assert (r_big : 1 <= a * c / (b * d)) by (apply ratio_ge; lra).
    assert (s_small : b * d / (a * c) <= 1) by (rewrite inverse, <- Rinv_1; apply Rinv_le_contravar; lra).
    exists (a * c / (b * d)), (2 * (W - 1)), (upper_constant W a b c d). split; [exact r_big|]. split.
    { symmetry. apply Rabs_right. rewrite <- ln_1.
      destruct (Rle_lt_or_eq_dec _ _ r_big) as [lt|same]; [left; apply ln_increasing; lra|rewrite <- same; lra]. }
    split; [lra|]. split; [exact high_pos|]. intros K H some sol. split.
    + now apply (imbalance_lower W K t a b c d H).
    + apply (homogeneous_upper W K t a b c d); try assumption; lra.
Qed.

Lemma ln_pow_nat x n : 0 < x -> ln (x ^ n) = n * ln x.
Proof.
  intros pos. induction n as [|n IH]; [simpl; rewrite ln_1; ring|].
  cbn [pow]. rewrite ln_mult, IH, S_INR; [ring|exact pos|now apply pow_lt].
Qed.

(** The cost grows as exp(K |ln(ac/(bd))|). *)
Theorem balance_exponent (W t : nat) (a b c d : R) (H : nat -> R) : (2 <= W)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d -> (forall K : nat, (1 <= K)%nat -> homogeneous_steps W K t a b c d (H K)) ->
  Un_cv (fun K => ln (H (2 * K)%nat / H K) / K) (Rabs (ln (a * c / (b * d)))).
Proof.
  intros forks small ra rb rc rd sol eps eps_pos.
  destruct (cost_between W t a b c d) as (q & low & high & q_ge & <- & low_pos & high_pos & between); try assumption.
  assert (e_big : 1 < exp eps) by (rewrite <- exp_0; now apply exp_increasing).
  destruct (geometric_exceeds_polynomials (exp eps) (4 * high / low) 2 e_big) as (K0 & some & above).
  exists K0. intros K later. specialize (above K later).
  assert (K_1 : (1 <= K)%nat) by lia. assert (K_ge : 1 <= K) by now apply nat_ge_1.
  destruct (between K (H K) K_1 (sol K K_1)) as [lower upper].
  destruct (between (2 * K)%nat (H (2 * K)%nat) ltac:(lia) (sol (2 * K)%nat ltac:(lia))) as [lower2 upper2].
  assert (twice : q ^ (2 * K) = q ^ K * q ^ K) by (replace (2 * K)%nat with (K + K)%nat by lia; apply pow_add).
  rewrite twice in lower2, upper2. rewrite nat_double in upper2.
  set (p := q ^ K) in *. set (e := exp eps ^ K) in *. set (h := H K) in *. set (h2 := H (2 * K)%nat) in *.
  assert (p_pos : 0 < p) by (apply pow_lt; lra). assert (e_pos : 0 < e) by (apply pow_lt; lra).
  assert (h_pos : 0 < h) by (assert (0 < low * p) by (now apply Rmult_lt_0_compat); lra).
  assert (polynomial : 4 * high * K ^ 2 < low * e).
  { apply Rmult_lt_compat_l with (r := low) in above; [|exact low_pos].
    replace (low * (4 * high / low * K ^ 2)) with (4 * high * K ^ 2) in above by (field; lra). exact above. }
  assert (square : 0 < high * K ^ 2) by (apply Rmult_lt_0_compat; [exact high_pos|apply pow_lt; lra]).
  (* p / e < h2 / h < p e *)
  assert (less : h2 < p * e * h).
  { apply Rle_lt_trans with (4 * high * K ^ 2 * (p * p)); [simpl in *; lra|].
    apply Rlt_le_trans with (low * e * (p * p)).
    - apply Rmult_lt_compat_r; [now apply Rmult_lt_0_compat|exact polynomial].
    - replace (low * e * (p * p)) with (p * e * (low * p)) by ring.
      apply Rmult_le_compat_l; [left; now apply Rmult_lt_0_compat|exact lower]. }
  assert (more : p * h < h2 * e).
  { apply Rle_lt_trans with (high * K ^ 2 * (p * p)).
    - replace (high * K ^ 2 * (p * p)) with (p * (high * (K ^ 2 * p))) by ring. apply Rmult_le_compat_l; lra.
    - apply Rlt_le_trans with (low * e * (p * p)).
      + apply Rmult_lt_compat_r; [now apply Rmult_lt_0_compat|lra].
      + replace (low * e * (p * p)) with (low * (p * p) * e) by ring. apply Rmult_le_compat_r; lra. }
  assert (h2_pos : 0 < h2).
  { assert (0 < p * h) by (now apply Rmult_lt_0_compat). apply Rmult_lt_reg_r with e; [exact e_pos|lra]. }
  assert (ln_e : ln e = K * eps) by (unfold e; rewrite ln_pow_nat, ln_exp by apply exp_pos; reflexivity).
  assert (ln_p : ln p = K * ln q) by (unfold p; apply ln_pow_nat; lra).
  apply ln_increasing in less; [|exact h2_pos]. apply ln_increasing in more; [|now apply Rmult_lt_0_compat].
  rewrite !ln_mult in less by (try apply Rmult_lt_0_compat; assumption).
  rewrite !ln_mult in more by assumption.
  unfold R_dist. fold h h2. unfold Rdiv at 2. rewrite ln_mult, ln_Rinv by (try apply Rinv_0_lt_compat; assumption).
  replace ((ln h2 + - ln h) / K - ln q) with ((ln h2 - ln h - K * ln q) / K) by (field; lra).
  apply Rabs_def1; apply Rmult_lt_reg_r with K; try lra; unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra.
Qed.
