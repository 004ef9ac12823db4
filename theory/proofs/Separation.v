(** The separation at inference: SFT's limit against the optimum, exponential against linear.

    Setting. The costs of the SFT limit and of the optimum on W branches of K diamonds with L parallel edges, any
    target; rho = (L+1)^2/L.

    Proved here. The orders as quoted, W L^K against W K: what is true of them, and refutations of what is not, as the
    negation of the quoted sentence over its whole domain. The orders as they are: SFT's cost is at least rho^K/(2K+1)
    times the optimum's as soon as there is a wrong branch, and no constant C makes C W L^K an upper bound.

    Stands on: the closed forms. Not covered: whether learners get to these limits; wrappers at inference. *)

From Backtrack Require Export ClosedForms Growth.
Open Scope R_scope.

(** ** rho against L and 4 *)

Lemma rho_is (L : nat) : (1 <= L)%nat -> rho L = L * ((1 + 1 / L) ^ 2).
Proof. intros pos. apply nat_ge_1 in pos. unfold rho. field. lra. Qed.

Theorem rho_over_L (L K : nat) : (1 <= L)%nat -> (rho L / L) ^ K = (1 + 1 / L) ^ (2 * K).
Proof.
  intros pos. rewrite rho_is, pow_mult by exact pos. f_equal. apply nat_ge_1 in pos. field. lra.
Qed.

Theorem power_L_below_rho (L K : nat) : (1 <= L)%nat -> L ^ K <= rho L ^ K.
Proof.
  intros pos. apply pow_incr. pose proof (pos_INR L). split; [lra|]. apply nat_ge_1 in pos. unfold rho.
  apply Rmult_le_reg_r with L; [lra|]. field_simplify; lra.
Qed.

Lemma rho_power_ge_4 (L K : nat) : (1 <= K)%nat -> (1 <= L)%nat -> 4 <= rho L ^ K.
Proof.
  intros posK posL. apply rho_ge_4 in posL. replace K with (S (K - 1)) by lia. simpl.
  assert (1 <= rho L ^ (K - 1)) by (apply pow_R1_Rle; lra).
  rewrite <- (Rmult_1_r 4). apply Rmult_le_compat; lra.
Qed.

(** The coefficient of SFT's closed form is at least 4, with equality at L = 1. *)
Lemma coefficient_ge_4 (L : nat) : (1 <= L)%nat -> 4 <= 2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1).
Proof.
  intros pos. apply nat_ge_1 in pos. assert (0 < L ^ 2 + L + 1) by nra.
  apply Rmult_le_reg_r with (L ^ 2 + L + 1); [assumption|]. field_simplify; lra.
Qed.

Lemma sft_ge (W K L t : nat) (H : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
  W + 2 * K + (W - 1) * (4 * rho L ^ K - 3) <= H.
Proof.
  intros posK posL small sol. rewrite (sft_cost W K L t H) by assumption. fold (rho L).
  pose proof (coefficient_ge_4 L posL) as four. pose proof (rho_power_ge_4 L K posK posL) as grown.
  assert (forks : 1 <= W) by (apply nat_ge_1; lia).
  apply Rplus_le_compat_l, Rmult_le_compat_l; [lra|].
  assert (0 <= (2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1) - 4) * (rho L ^ K - 1)) by (apply Rmult_le_pos; lra).
  lra.
Qed.

(** The whole of the separation, without quotients: H_sft >= (2W-1) rho^K. *)
Lemma sft_ge_rho (W K L t : nat) (H : R) : (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_steps W K L t H -> (2 * W - 1) * rho L ^ K <= H.
Proof.
  intros forks posK posL small sol. apply (sft_ge W K L t H) in sol; try assumption.
  pose proof (rho_power_ge_4 L K posK posL) as grown. apply nat_ge_2 in forks. apply nat_ge_1 in posK.
  assert (0 <= (2 * W - 3) * (rho L ^ K - 4)) by (apply Rmult_le_pos; lra). lra.
Qed.

(** ** Imitation's side *)

(** With at least one wrong branch, imitation needs at least W L^K steps. *)
Theorem separation_sft_lower (W K L t : nat) (H : R) : (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_steps W K L t H -> W * L ^ K <= H.
Proof.
  intros forks posK posL small sol. apply (sft_ge_rho W K L t H) in sol; try assumption.
  pose proof (power_L_below_rho L K posL) as below. pose proof (rho_power_ge_4 L K posK posL) as grown.
  apply nat_ge_2 in forks.
  assert (W * L ^ K <= W * rho L ^ K) by (apply Rmult_le_compat_l; lra).
  assert (0 <= (W - 1) * rho L ^ K) by (apply Rmult_le_pos; lra). lra.
Qed.

(** No constant makes C W L^K an upper bound, for any W >= 2 and any L: (rho/L)^K is unbounded. *)
Theorem sft_order_unbounded (C : R) (W L : nat) : (2 <= W)%nat -> (1 <= L)%nat ->
  exists K : nat, (1 <= K)%nat /\
  forall (t : nat) (H : R), (t < W)%nat -> sft_steps W K L t H -> H > C * W * L ^ K.
Proof.
  intros forks posL.
  assert (L_ge : 1 <= L) by now apply nat_ge_1.
  assert (inverse : 0 < 1 / L) by (apply Rdiv_lt_0_compat; lra).
  destruct (geometric_exceeds_polynomials ((1 + 1 / L) ^ 2) C 0) as (K & pos & above).
  { simpl. rewrite Rmult_1_r. assert (0 < 1 / L * (1 / L)) by now apply Rmult_lt_0_compat. lra. }
  exists K. split; [exact pos|]. intros t H small sol. specialize (above K (le_n K)).
  apply (sft_ge_rho W K L t H) in sol; try assumption.
  pose proof (rho_power_ge_4 L K pos posL) as grown. apply nat_ge_2 in forks.
  assert (split : rho L ^ K = L ^ K * ((1 + 1 / L) ^ 2) ^ K) by now rewrite rho_is, Rpow_mult_distr.
  assert (L_pow : 0 < L ^ K) by (apply pow_lt; lra).
  assert (C * W * L ^ K < W * rho L ^ K).
  { rewrite split. replace (C * W * L ^ K) with (W * L ^ K * (C * K ^ 0)) by (simpl; ring).
    rewrite <- (Rmult_assoc W). apply Rmult_lt_compat_l; [apply Rmult_lt_0_compat; lra|exact above]. }
  assert (0 <= (W - 1) * rho L ^ K) by (apply Rmult_le_pos; lra). lra.
Qed.

(** The quoted lower bound, over every maze: false with one branch, one diamond, 4 edges; 3 steps against 4. *)
Theorem separation_sft_lower_quoted :
  ~ (forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
     W * L ^ K <= H).
Proof.
  intros told. destruct (sft_exists 1 1 4 0) as [H sol]; [lia|lia|].
  pose proof (no_gap_without_wrong_branch 1 4 0 H) as straight.
  specialize (told 1%nat 1%nat 4%nat 0%nat H). simpl in told, straight.
  assert (H = 2 * 1 + 1) by (apply straight; [lia|lia|lia|exact sol]).
  assert (1 * ((1 + 1 + 1 + 1) * 1) <= H) by (apply told; [lia|lia|lia|exact sol]). lra.
Qed.

Lemma sft_upper_refuted (C : R) :
  ~ (forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
     H <= C * W * L ^ K).
Proof.
  intros told. destruct (sft_order_unbounded C 2 1) as (K & pos & above); [lia|lia|].
  destruct (sft_exists 2 K 1 0) as [H sol]; [lia|lia|].
  pose proof (above 0%nat H) as high. pose proof (told 2%nat K 1%nat 0%nat H) as low.
  specialize (high ltac:(lia) sol). specialize (low pos ltac:(lia) ltac:(lia) sol). lra.
Qed.

Theorem separation_sft_order_quoted :
  ~ (forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
     H <= 1000 * W * L ^ K).
Proof. apply sft_upper_refuted. Qed.

Theorem summary_exponential :
  ~ (forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
     H <= 100 * W * L ^ K).
Proof. apply sft_upper_refuted. Qed.

(** ** The optimum's side: linear in W and in K *)

Theorem separation_rlvr_upper (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  H <= 6 * W * K.
Proof.
  intros pos small sol. rewrite (optimum_cost W K t H) by assumption.
  assert (forks : 1 <= W) by (apply nat_ge_1; lia). apply nat_ge_1 in pos.
  assert (0 <= (W - 1) * (K - 1)) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem separation_rlvr_lower (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  2 * W * K <= H.
Proof.
  intros pos small sol. rewrite (optimum_cost W K t H) by assumption.
  assert (forks : 1 <= W) by (apply nat_ge_1; lia). apply nat_ge_1 in pos.
  assert (0 <= (W - 1) * (K - 1)) by (apply Rmult_le_pos; lra). lra.
Qed.

(** RL scales linearly with reasoning depth, read with a constant; the same inequality. *)
Theorem summary_linear (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  H <= 6 * W * K.
Proof. apply separation_rlvr_upper. Qed.

(** ** One against the other *)

(** The ratio of the SFT limit's cost to the optimum's, in the same maze. *)
Definition sft_over_optimum (W K L t : nat) (ratio : R) : Prop :=
  exists H best, sft_steps W K L t H /\ optimum_steps W K t best /\ ratio = H / best.

Lemma sft_over_optimum_exists (W K L t : nat) : (1 <= L)%nat -> (t < W)%nat -> exists q, sft_over_optimum W K L t q.
Proof.
  intros pos small. destruct (sft_exists W K L t pos small) as [H sol].
  destruct (optimum_exists W K t small) as [best opt]. exists (H / best), H, best. auto.
Qed.

Lemma sft_over_optimum_is (W K L t : nat) (ratio : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_over_optimum W K L t ratio ->
  ratio = (W + 2 * K + (W - 1) * (1 + 2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1) * (((L + 1) ^ 2 / L) ^ K - 1))) /
          ((2 * W - 1) * (2 * K + 1)).
Proof.
  intros posK posL small (H & best & sol & opt & ->).
  rewrite (sft_cost W K L t H), (optimum_cost W K t best) by assumption. reflexivity.
Qed.

(** With at least one wrong branch, imitation costs at least rho^K/(2K+1) times the optimum. *)
Theorem separation (W K L t : nat) (ratio : R) : (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_over_optimum W K L t ratio -> ((L + 1) ^ 2 / L) ^ K / (2 * K + 1) <= ratio.
Proof.
  intros forks posK posL small (H & best & sol & opt & ->). rewrite (optimum_cost W K t best) by assumption.
  apply (sft_ge_rho W K L t H) in sol; try assumption. fold (rho L).
  apply nat_ge_2 in forks. apply nat_ge_1 in posK.
  assert (positive : 0 < (2 * W - 1) * (2 * K + 1)) by (apply Rmult_lt_0_compat; lra).
  apply Rmult_le_reg_r with ((2 * W - 1) * (2 * K + 1)); [exact positive|].
  field_simplify; lra.
Qed.

(** ** Imitation against the model it started from *)

(** rho^K overtakes K(K+1) rho, the base model's growth. *)
Lemma rho_power_large (L n : nat) : (1 <= L)%nat -> 3 * ((n + 3) * (n + 4)) <= 4 * rho L ^ (n + 2).
Proof.
  intros pos. apply rho_ge_4 in pos. apply Rle_trans with (4 * 4 ^ (n + 2)).
  - clear pos. induction n as [|n IH]; [simpl; lra|]. rewrite S_INR. simpl pow. pose proof (pos_INR n). nra.
  - apply Rmult_le_compat_l; [lra|]. apply pow_incr. lra.
Qed.

(** From K = 3 on, the SFT limit costs at least as much as the base model, if there is a wrong branch. *)
Theorem sft_worse_than_base (W K L t : nat) (H : R) :
  (2 <= W)%nat -> (3 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
  (2 * W - 1) * (K * (L + 1) + 1) * (K * (L + 1) + L) / L <= H.
Proof.
  intros forks deep posL small sol.
  apply (sft_ge W K L t H) in sol; [|lia|assumption|assumption].
  pose proof (rho_power_large L (K - 3) posL) as large.
  assert (last : rho L ^ K = rho L * rho L ^ (K - 1)) by (replace K with (S (K - 1)) at 1 by lia; reflexivity).
  replace (K - 3 + 2)%nat with (K - 1)%nat in large by lia. rewrite minus_INR in large by exact deep.
  pose proof (rho_ge_4 L posL) as four. apply nat_ge_2 in forks. apply nat_ge in deep. apply nat_ge_1 in posL.
  simpl in deep, large.
  assert (grown : 3 * (K * (K + 1) * rho L) <= 4 * rho L ^ K).
  { rewrite last. assert (0 <= rho L * (4 * rho L ^ (K - 1) - 3 * (K * (K + 1)))) by (apply Rmult_le_pos; lra). lra. }
  assert (base_is : (2 * W - 1) * (K * (L + 1) + 1) * (K * (L + 1) + L) / L = (2 * W - 1) * (K * (K + 1) * rho L + 1)).
  { unfold rho. field. lra. }
  rewrite base_is. clear base_is large. set (B := K * (K + 1) * rho L) in *.
  assert (B_large : 4 <= B).
  { assert (0 <= (K * (K + 1) - 1) * (rho L - 4)) by (apply Rmult_le_pos; nra). unfold B. nra. }
  assert (0 <= (W - 1) * (4 * rho L ^ K - 3 * B)) by (apply Rmult_le_pos; lra).
  assert (0 <= (W - 2) * (B - 4)) by (apply Rmult_le_pos; lra). lra.
Qed.

(** The same, of the two chains. *)
Corollary sft_worse_than_base_chain (W K L t : nat) (H base : R) :
  (2 <= W)%nat -> (3 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_steps W K L t H -> base_steps W K L t base -> base <= H.
Proof.
  intros forks deep posL small sol start. rewrite (base_cost W K L t base) by (assumption || lia).
  now apply (sft_worse_than_base W K L t H).
Qed.

(** With one diamond it costs less, so the sentence without a condition is false: W = 2, K = L = 1, 17 against 27. *)
Theorem sft_worse_than_base_quoted :
  ~ (forall (W K L t : nat) (H : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
     sft_steps W K L t H -> (2 * W - 1) * (K * (L + 1) + 1) * (K * (L + 1) + L) / L <= H).
Proof.
  intros told. destruct (sft_exists 2 1 1 0) as [H sol]; [lia|lia|].
  specialize (told 2%nat 1%nat 1%nat 0%nat H ltac:(lia) ltac:(lia) ltac:(lia) ltac:(lia) sol).
  apply sft_cost in sol; try lia. subst H. simpl in told. lra.
Qed.
