(** Balance: for homogeneous rows the cost is polynomial in the number of diamonds exactly when ac = bd.

    Setting. W branches of K diamonds, the same rows a, b, c, d in (0, 1] in every diamond; r = ac/(bd). An excursion
    into a wrong branch sums powers of r; the entries that the target's branch takes sum powers of 1/r.

    Proved here: both exponential lower bounds, an upper bound K^2 max(r, 1/r)^K up to a constant, their consequence
    [polynomial_iff_balanced], and that SFT's limit, and whatever persists outwards while b and d stay as in base, costs
    more than any polynomial in K.

    Stands on: the closed forms; a geometric sequence exceeds every polynomial. Not covered: rows that differ between
    diamonds (Potential); rows that are 0. *)

From Backtrack Require Export ClosedForms Growth.
Open Scope R_scope.

(** The odds of turning round in one diamond of the target's branch; zero only if a = c = 1. *)
Definition turning (a c d : R) : R := (1 - c) / c + d / c * (1 - a) / a.

Lemma turning_nonneg a c d : row a -> row c -> row d -> 0 <= turning a c d.
Proof.
  intros [] [] []. unfold turning, Rdiv.
  apply Rplus_le_le_0_compat; repeat apply Rmult_le_pos; try lra; left; now apply Rinv_0_lt_compat.
Qed.

Lemma turning_pos a c d : row a -> row c -> row d -> a * c < 1 -> 0 < turning a c d.
Proof.
  intros [pa la] [pc lc] [pd _] below. unfold turning, Rdiv.
  assert (ia : 0 < / a) by now apply Rinv_0_lt_compat. assert (ic : 0 < / c) by now apply Rinv_0_lt_compat.
  destruct (Rle_lt_or_eq_dec c 1 lc) as [small|same].
  - apply Rplus_lt_le_0_compat; [apply Rmult_lt_0_compat; lra|]. repeat apply Rmult_le_pos; lra.
  - apply Rplus_le_lt_0_compat; [apply Rmult_le_pos; lra|]. subst c. repeat apply Rmult_lt_0_compat; lra.
Qed.

Lemma geo_nonneg q n : 0 <= q -> 0 <= geo q n.
Proof. intros pos. apply sum_nonneg. intros i _. now apply pow_le. Qed.

Lemma geo_last q n : 0 <= q -> (1 <= n)%nat -> q ^ (n - 1) <= geo q n.
Proof.
  intros pos some. destruct n as [|n]; [lia|]. rewrite geo_S, Nat.sub_succ, Nat.sub_0_r.
  pose proof (geo_nonneg q n pos). lra.
Qed.

Lemma ratio_ge q x y : 0 < y -> q * y <= x -> q <= x / y.
Proof. intros pos below. apply Rmult_le_reg_r with y; [exact pos|]. field_simplify; lra. Qed.

Lemma ratio_gt_1 x y : 0 < y -> y < x -> 1 < x / y.
Proof. intros pos below. apply Rmult_lt_reg_r with y; [exact pos|]. field_simplify; lra. Qed.

(** r and what stands beside it in the closed form, all at least 0. *)
Lemma parts_nonneg a b c d : row a -> row b -> row c -> row d ->
  0 < a * c / (b * d) /\ 0 < b * d / (a * c) /\ 0 < c / d /\
  0 <= 1 / c + 1 / a + (1 - a) / a * (1 + d / c) /\ 0 <= 1 + 2 * b / a + b * d / (a * c).
Proof.
  intros [pa la] [pb _] [pc _] [pd _].
  assert (ac : 0 < a * c) by now apply Rmult_lt_0_compat. assert (bd : 0 < b * d) by now apply Rmult_lt_0_compat.
  assert (0 < b * d / (a * c)) by now apply Rdiv_lt_0_compat.
  assert (0 < d / c) by now apply Rdiv_lt_0_compat.
  assert (0 < 2 * b / a) by (apply Rdiv_lt_0_compat; lra).
  assert (0 < 1 / c) by (apply Rdiv_lt_0_compat; lra). assert (0 < 1 / a) by (apply Rdiv_lt_0_compat; lra).
  assert (0 <= (1 - a) / a * (1 + d / c)).
  { apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [lra|]. left. now apply Rinv_0_lt_compat. }
  repeat split; try lra; now apply Rdiv_lt_0_compat.
Qed.

(** ** Lower bounds: either imbalance is paid exponentially *)

(** The last term of the excursion sum, once for each wrong branch; and the last term of the sum of entries. *)
Lemma imbalance_lower (W K t : nat) (a b c d H : R) : (1 <= K)%nat -> (t < W)%nat -> row a -> row b -> row c -> row d ->
  homogeneous_steps W K t a b c d H -> 2 * (W - 1) * (a * c / (b * d)) ^ K <= H /\
  (2 * W - 1) * turning a c d * (b * d / (a * c)) ^ (K - 1) <= H.
Proof.
  intros some small ra rb rc rd sol. apply homogeneous_sums in sol; try assumption. rewrite sol. clear sol.
  unfold cost_of_sums. fold (turning a c d).
  destruct (parts_nonneg a b c d) as (r_pos & s_pos & cd_pos & u_pos & v_pos); try assumption.
  pose proof (turning_nonneg a c d ra rc rd) as turn.
  set (r := a * c / (b * d)) in *. set (s := b * d / (a * c)) in *. set (kappa := turning a c d) in *.
  set (u := 1 / c + 1 / a + _) in *. set (v := 1 + 2 * b / a + s) in *. set (cd := c / d) in *.
  assert (forks : 1 <= W) by (apply nat_ge_1; lia).
  pose proof (geo_last s K ltac:(lra) some) as s_last. pose proof (geo_nonneg s K ltac:(lra)) as s_sum.
  pose proof (geo_nonneg r K ltac:(lra)) as r_sum.
  assert (r_last : r ^ K <= r * geo r K).
  { replace K with (S (K - 1)) at 1 by lia. simpl. apply Rmult_le_compat_l; [lra|]. apply geo_last; [lra|exact some]. }
  set (first := W + (W - 1) * (1 + 2 * (cd + r) * geo r K)).
  assert (first_ge : (2 * W - 1) + 2 * (W - 1) * r ^ K <= first).
  { assert (0 <= cd * geo r K) by (apply Rmult_le_pos; lra).
    assert (0 <= (W - 1) * (cd * geo r K + r * geo r K - r ^ K)) by (apply Rmult_le_pos; lra). unfold first. lra. }
  assert (power : 0 <= 2 * (W - 1) * r ^ K) by (apply Rmult_le_pos; [lra|apply pow_le; lra]).
  assert (K_pos : 0 <= K * u) by (apply Rmult_le_pos; [apply pos_INR|exact u_pos]).
  assert (doubles : 0 <= v * sum K (geo s)).
  { apply Rmult_le_pos; [exact v_pos|]. apply sum_nonneg. intros i _. apply geo_nonneg. lra. }
  assert (inner : (2 * W - 1) * s ^ (K - 1) <= first * geo s K).
  { apply Rmult_le_compat; try lra. apply pow_le. lra. }
  assert (inner_pos : 0 <= (2 * W - 1) * s ^ (K - 1)) by (apply Rmult_le_pos; [lra|apply pow_le; lra]).
  split.
  - assert (0 <= kappa * (first * geo s K + v * sum K (geo s))) by (apply Rmult_le_pos; lra). lra.
  - assert (kappa * ((2 * W - 1) * s ^ (K - 1)) <= kappa * (first * geo s K + v * sum K (geo s))).
    { apply Rmult_le_compat_l; lra. }
    lra.
Qed.

(** The greater of 2(W-1) r^K and (2W-1) kappa r^(1-K). *)
Definition imbalance_cost (W K : nat) (a b c d : R) : R :=
  let r := a * c / (b * d) in
  let kappa := (1 - c) / c + d / c * (1 - a) / a in
  Rmax (2 * (W - 1) * r ^ K) ((2 * W - 1) * kappa / r ^ (K - 1)).

(** H is at least both, whatever r is. *)
Theorem balance_lower_bound (W K t : nat) (a b c d H : R) : (2 <= W)%nat -> (1 <= K)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d -> homogeneous_steps W K t a b c d H -> imbalance_cost W K a b c d <= H.
Proof.
  intros _ some small ra rb rc rd sol. destruct (imbalance_lower W K t a b c d H) as [out back]; try assumption.
  unfold imbalance_cost. cbv zeta. fold (turning a c d). apply Rmax_lub; [exact out|].
  replace (b * d / (a * c)) with (/ (a * c / (b * d))) in back.
  { rewrite pow_inv in back. exact back. }
  destruct ra, rb, rc, rd. field. repeat split; lra.
Qed.

(** ** Upper bound *)

Lemma geo_upper x q n : 0 <= x -> x <= q -> 1 <= q -> geo x n <= n * q ^ n.
Proof.
  intros pos below big. unfold geo. rewrite <- sum_const. apply sum_le. intros i small.
  apply Rle_trans with (q ^ i); [apply pow_incr; lra|]. apply Rle_pow; [exact big|lia].
Qed.

(** The sum of the coefficients in the closed form. *)
Definition upper_constant (W : nat) (a b c d : R) : R :=
  let first := 2 * W - 1 + 2 * (W - 1) * (c / d + a * c / (b * d)) in
  first + (1 / c + 1 / a + (1 - a) / a * (1 + d / c)) + turning a c d * (first + (1 + 2 * b / a + b * d / (a * c))).

(** For any q that is at least r, 1/r and 1; so for q = 1 if ac = bd. *)
Lemma homogeneous_upper (W K t : nat) (a b c d q H : R) : (1 <= K)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d -> 1 <= q -> a * c / (b * d) <= q -> b * d / (a * c) <= q ->
  homogeneous_steps W K t a b c d H -> H <= upper_constant W a b c d * (K ^ 2 * q ^ K).
Proof.
  intros some small ra rb rc rd q_ge out_q in_q sol. apply homogeneous_sums in sol; try assumption.
  rewrite sol. clear sol. unfold cost_of_sums, upper_constant. fold (turning a c d).
  destruct (parts_nonneg a b c d) as (r_pos & s_pos & cd_pos & u_pos & v_pos); try assumption.
  pose proof (turning_nonneg a c d ra rc rd) as turn.
  assert (inverse : a * c / (b * d) * (b * d / (a * c)) = 1) by (destruct ra, rb, rc, rd; field; lra).
  set (r := a * c / (b * d)) in *. set (s := b * d / (a * c)) in *. set (kappa := turning a c d) in *.
  set (u := 1 / c + 1 / a + _) in *. set (v := 1 + 2 * b / a + s) in *. set (cd := c / d) in *.
  assert (forks : 1 <= W) by (apply nat_ge_1; lia). pose proof (nat_ge_1 K some) as K_ge.
  assert (power : 1 <= q ^ K) by (apply pow_R1_Rle; exact q_ge).
  pose proof (geo_upper r q K ltac:(lra) out_q q_ge) as out. pose proof (geo_upper s q K ltac:(lra) in_q q_ge) as back.
  pose proof (geo_nonneg r K ltac:(lra)) as out_pos. pose proof (geo_nonneg s K ltac:(lra)) as back_pos.
  set (X := K ^ 2 * q ^ K).
  assert (KX : K * q ^ K <= X).
  { unfold X. apply Rmult_le_compat_r; [lra|]. simpl. assert (0 <= K * (K - 1)) by (apply Rmult_le_pos; lra). lra. }
  assert (K_X : K <= X) by (assert (0 <= K * (q ^ K - 1)) by (apply Rmult_le_pos; lra); lra).
  assert (double : sum K (geo s) <= X).
  { unfold X. replace (K ^ 2 * q ^ K) with (K * (K * q ^ K)) by ring. rewrite <- sum_const. apply sum_le. intros i lt.
    apply Rle_trans with (i * q ^ i); [apply geo_upper; lra|].
    apply Rmult_le_compat; [apply pos_INR|apply pow_le; lra|apply nat_ge; lia|apply Rle_pow; [exact q_ge|lia]]. }
  assert (both : geo r K * geo s K <= X).
  { assert (cases : r <= 1 \/ s <= 1).
    { destruct (Rle_lt_dec r 1) as [|r_big]; [now left|right]. apply Rmult_le_reg_l with r; lra. }
    unfold X. replace (K ^ 2 * q ^ K) with (K * q ^ K * K) by ring.
    destruct cases as [low|low]; [rewrite Rmult_comm|]; apply Rmult_le_compat; try lra.
    - pose proof (geo_upper r 1 K ltac:(lra) low ltac:(lra)) as flat. rewrite pow1 in flat. lra.
    - pose proof (geo_upper s 1 K ltac:(lra) low ltac:(lra)) as flat. rewrite pow1 in flat. lra. }
  set (A := 2 * W - 1). set (B := 2 * (W - 1) * (cd + r)).
  assert (A_pos : 0 <= A) by (unfold A; lra).
  assert (B_pos : 0 <= B) by (unfold B; repeat apply Rmult_le_pos; lra).
  replace (W + (W - 1) * (1 + 2 * (cd + r) * geo r K)) with (A + B * geo r K) by (unfold A, B; ring).
  assert (A * 1 <= A * X) by (apply Rmult_le_compat_l; lra).
  assert (B * geo r K <= B * X) by (apply Rmult_le_compat_l; lra).
  assert (u * K <= u * X) by (apply Rmult_le_compat_l; lra).
  assert (A * geo s K <= A * X) by (apply Rmult_le_compat_l; lra).
  assert (B * (geo r K * geo s K) <= B * X) by (apply Rmult_le_compat_l; lra).
  assert (v * sum K (geo s) <= v * X) by (apply Rmult_le_compat_l; lra).
  assert (kappa * ((A + B * geo r K) * geo s K + v * sum K (geo s)) <= kappa * (A * X + B * X + v * X)).
  { apply Rmult_le_compat_l; [exact turn|]. lra. }
  lra.
Qed.

(** An explicit polynomial when ac = bd. *)
Theorem balanced_upper (W K t : nat) (a b c d H : R) : (1 <= K)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d -> a * c = b * d -> homogeneous_steps W K t a b c d H ->
  H <= upper_constant W a b c d * K ^ 2.
Proof.
  intros some small ra rb rc rd same sol.
  replace (K ^ 2) with (K ^ 2 * 1 ^ K) by (rewrite pow1; ring).
  apply (homogeneous_upper W K t a b c d 1 H); try assumption; [lra| |];
    destruct ra, rb, rc, rd; assert (0 < b * d) by (now apply Rmult_lt_0_compat); rewrite same;
    right; field; lra.
Qed.

(** ** Polynomial exactly when balanced *)

Theorem polynomial_iff_balanced (W t : nat) (a b c d : R) : (2 <= W)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d ->
  ((exists (C : R) (m : nat), forall (K : nat) (H : R), (1 <= K)%nat -> homogeneous_steps W K t a b c d H ->
    H <= C * K ^ m) <-> a * c = b * d).
Proof.
  intros forks small ra rb rc rd. split.
  2:{ intros same. exists (upper_constant W a b c d), 2%nat. intros K H some sol.
      now apply (balanced_upper W K t a b c d H). }
  intros (C & m & bound). apply nat_ge_2 in forks.
  assert (ac : 0 < a * c) by (destruct ra, rc; now apply Rmult_lt_0_compat).
  assert (bd : 0 < b * d) by (destruct rb, rd; now apply Rmult_lt_0_compat).
  destruct (Rtotal_order (a * c) (b * d)) as [low|[same|high]]; [exfalso|exact same|exfalso].
  - set (s := b * d / (a * c)).
    assert (s_big : 1 < s) by (apply ratio_gt_1; lra).
    assert (bd_le : b * d <= 1 * 1) by (destruct rb, rd; apply Rmult_le_compat; lra).
    assert (turn : 0 < turning a c d) by (apply turning_pos; trivial; lra).
    set (k := (2 * W - 1) * turning a c d). assert (k_pos : 0 < k) by (apply Rmult_lt_0_compat; lra).
    destruct (geometric_exceeds_polynomials s (C * s / k) m s_big) as (K & some & above).
    specialize (above K (le_n K)). destruct (homogeneous_exists W K t a b c d) as [H sol]; try assumption.
    specialize (bound K H some sol). destruct (imbalance_lower W K t a b c d H) as [_ lower]; try assumption.
    fold s k in lower.
    assert (power : s ^ K = s * s ^ (K - 1)) by (replace K with (S (K - 1)) at 1 by lia; reflexivity).
    apply Rlt_not_le in above. apply above. rewrite power.
    replace (C * s / k * K ^ m) with (s * (C * K ^ m / k)) by (field; lra).
    apply Rmult_le_compat_l; [lra|]. apply Rmult_le_reg_l with k; [exact k_pos|].
    replace (k * (C * K ^ m / k)) with (C * K ^ m) by (field; lra). lra.
  - set (r := a * c / (b * d)).
    assert (r_big : 1 < r) by (apply ratio_gt_1; lra).
    destruct (geometric_exceeds_polynomials r C m r_big) as (K & some & above).
    specialize (above K (le_n K)). destruct (homogeneous_exists W K t a b c d) as [H sol]; try assumption.
    specialize (bound K H some sol). destruct (imbalance_lower W K t a b c d H) as [lower _]; try assumption.
    fold r in lower. assert (0 < r ^ K) by (apply pow_lt; lra).
    assert (0 <= (2 * (W - 1) - 1) * r ^ K) by (apply Rmult_le_pos; lra). lra.
Qed.

(** ** Persisting outwards without retreating costs more than any polynomial *)

(** Uniformly over all rows whose r is at least q > 1. *)
Theorem persisting_exceeds_polynomials (q C : R) (m W : nat) : 1 < q -> (2 <= W)%nat ->
  exists K0 : nat, (1 <= K0)%nat /\
  forall (K t : nat) (a b c d H : R), (K0 <= K)%nat -> (t < W)%nat -> row a -> row b -> row c -> row d ->
  a * c >= q * (b * d) -> homogeneous_steps W K t a b c d H -> H > C * K ^ m.
Proof.
  intros q_big forks. destruct (geometric_exceeds_polynomials q C m q_big) as (K0 & some & above). exists K0.
  split; [exact some|]. intros K t a b c d H later small ra rb rc rd ahead sol. specialize (above K later).
  destruct (imbalance_lower W K t a b c d H) as [lower _]; try assumption; [lia|].
  assert (bd : 0 < b * d) by (destruct rb, rd; now apply Rmult_lt_0_compat).
  assert (r_ge : q <= a * c / (b * d)) by (apply ratio_ge; lra).
  assert (powers : q ^ K <= (a * c / (b * d)) ^ K) by (apply pow_incr; lra).
  assert (0 < q ^ K) by (apply pow_lt; lra). apply nat_ge_2 in forks.
  assert (0 <= (2 * (W - 1) - 1) * (a * c / (b * d)) ^ K) by (apply Rmult_le_pos; lra). lra.
Qed.

(** The backward rows frozen at base, the forward ones raised together by any fixed factor q > 1 above balance. *)
Theorem frozen_exceeds_polynomials (q C : R) (m W L : nat) : 1 < q -> (2 <= W)%nat -> (1 <= L)%nat ->
  exists K0 : nat, (1 <= K0)%nat /\
  forall (K t : nat) (a c H : R), (K0 <= K)%nat -> (t < W)%nat -> row a -> row c ->
  a * c >= q * (L / (L + 1) * (1 / (L + 1))) ->
  homogeneous_steps W K t a (L / (L + 1)) c (1 / (L + 1)) H -> H > C * K ^ m.
Proof.
  intros q_big forks posL. destruct (persisting_exceeds_polynomials q C m W q_big forks) as (K0 & some & above).
  exists K0. split; [exact some|]. intros K t a c H later small ra rc. apply above; auto using single_row, parallel_row.
Qed.

(** SFT's limit exceeds every polynomial: a = c = 1, where ac/(bd) = rho is at least 4. *)
Theorem sft_exceeds_polynomials (C : R) (m W L : nat) : (2 <= W)%nat -> (1 <= L)%nat ->
  exists K0 : nat, (1 <= K0)%nat /\
  forall (K t : nat) (H : R), (K0 <= K)%nat -> (t < W)%nat -> sft_steps W K L t H -> H > C * K ^ m.
Proof.
  intros forks posL. destruct (frozen_exceeds_polynomials 4 C m W L) as (K0 & some & above); [lra|assumption..|].
  exists K0. split; [exact some|]. intros K t H later small. apply above; auto using row_1.
  pose proof (rho_ge_4 L posL) as big. apply nat_ge_1 in posL. unfold rho in big.
  replace (L / (L + 1) * (1 / (L + 1))) with (/ ((L + 1) ^ 2 / L)) by (field; lra).
  apply Rle_ge, Rmult_le_reg_l with ((L + 1) ^ 2 / L); [lra|].
  replace ((L + 1) ^ 2 / L * (4 * / ((L + 1) ^ 2 / L))) with 4 by (field; lra). lra.
Qed.
