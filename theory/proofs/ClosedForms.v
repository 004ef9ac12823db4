(** The closed forms of the cost, when all diamonds have the same four rows.

    Setting. W branches of K diamonds with L parallel edges, one of the leaves the target, rows a, b, c, d as in
    Families. With r = ac/(bd) and s = 1/r, K diamonds are geometric sums: of r outwards, of s inwards.

    Proved here, for all W, K, L >= 1 and any target: the cost of homogeneous rows (ac <> bd and ac = bd), of the base
    model, of the SFT limit and of the optimum; SFT's growth a diamond; what the optimum is in Figure 3's count.
    Each says: whatever solves the Bellman equations of the whole chain is this expression; that a solution exists is
    [hitting_exists].

    Stands on: [tied_steps_iff]. Not covered: rows that differ between diamonds or branches; how rows are learnt. *)

From Backtrack Require Export Families.
Open Scope R_scope.

(** ** Geometric sums over diamonds *)

(** A number that is visibly in (0, 1] is a row. *)
#[export] Hint Extern 1 (row _) => split; lra : core.

Lemma double_S n : (2 * S n = S (S (2 * n)))%nat.
Proof. lia. Qed.

Lemma prod_alternate u v u' v' n :
  prod (2 * n) (fun i => alternate u v (S i) / alternate u' v' (S i)) = (u / u' * (v / v')) ^ n.
Proof.
  induction n as [|n IH]; [reflexivity|]. rewrite double_S. cbn [prod pow].
  rewrite IH, !alternate_left, !alternate_right. ring.
Qed.

Lemma geo_S q n : geo q (S n) = geo q n + q ^ n.
Proof. reflexivity. Qed.

Lemma geo_shift q n : geo q (S n) = 1 + q * geo q n.
Proof.
  induction n as [|n IH]; [unfold geo; simpl; ring|].
  rewrite (geo_S q (S n)), IH at 1. rewrite (geo_S q n). simpl. ring.
Qed.

Lemma sum_geo q n : q <> 1 -> sum n (geo q) = (geo q n - n) / (q - 1).
Proof.
  intros other. induction n as [|n IH]; [unfold geo; simpl; field; lra|].
  cbn [sum]. rewrite IH, geo_shift, S_INR. field. lra.
Qed.

Lemma sum_geo_1 n : sum n (geo 1) = n * (n - 1) / 2.
Proof. induction n as [|n IH]; [simpl; field|]. cbn [sum]. rewrite IH, geo_1, S_INR. field. Qed.

Lemma excursion_alternate a b c d K :
  excursion (2 * K) (alternate c a) (alternate d b) = 1 + 2 * (c / d + c / d * (a / b)) * geo (c / d * (a / b)) K.
Proof.
  unfold excursion. rewrite Rmult_assoc. do 2 f_equal. induction K as [|K IH]; [unfold geo; simpl; ring|].
  rewrite double_S, geo_S. cbn [sum]. rewrite IH. cbn [prod].
  rewrite prod_alternate, !alternate_left, !alternate_right. ring.
Qed.

Lemma entries_alternate a b c d K :
  entries (2 * K) (alternate c a) (alternate d b) =
  1 + ((1 - c) / c + d / c * (1 - a) / a) * geo (d / c * (b / a)) K.
Proof.
  unfold entries. f_equal. induction K as [|K IH]; [unfold geo; simpl; ring|].
  rewrite double_S, geo_S. cbn [sum]. rewrite IH. cbn [prod].
  rewrite prod_alternate, !alternate_left, !alternate_right. unfold Rdiv. ring.
Qed.

Lemma beta_alternate a b c d K : row a ->
  beta (alternate c a) (alternate d b) (2 * K) = (1 + 2 * b / a + d / c * (b / a)) * geo (d / c * (b / a)) K.
Proof.
  intros []. induction K as [|K IH]; [unfold geo; simpl; ring|].
  rewrite double_S, geo_shift. cbn [beta]. rewrite IH, !alternate_left, !alternate_right. unfold Rdiv. ring.
Qed.

Lemma lasting_alternate a b c d K : row a -> row c ->
  lasting (2 * K) (alternate c a) (alternate d b) =
  K * (1 / c + 1 / a + (1 - a) / a * (1 + d / c)) +
  ((1 - c) / c + d / c * (1 - a) / a) * ((1 + 2 * b / a + d / c * (b / a)) * sum K (geo (d / c * (b / a)))).
Proof.
  intros ra rc. unfold lasting. induction K as [|K IH]; [simpl; ring|].
  rewrite double_S, S_INR. cbn [sum]. rewrite IH. cbn [beta].
  rewrite (beta_alternate a b c d K ra), !alternate_left, !alternate_right. unfold Rdiv. ring.
Qed.

(** ** Homogeneous rows *)

(** The cost from the geometric sums: outward = sum_{j<K} r^j, inward = sum_{j<K} s^j, double = sum_{j<K} sum_{i<j} s^i.
    [first] is W + (W-1) E, [spread] the odds of turning round in one diamond. *)
Definition cost_of_sums (W K a b c d outward inward double : R) : R :=
  let r := a * c / (b * d) in
  let s := b * d / (a * c) in
  let first := W + (W - 1) * (1 + 2 * (c / d + r) * outward) in
  let spread := (1 - c) / c + d / c * (1 - a) / a in
  first + K * (1 / c + 1 / a + (1 - a) / a * (1 + d / c)) + spread * (first * inward + (1 + 2 * b / a + s) * double).

(** For any r, 1 included, with the sums not yet summed. *)
Lemma homogeneous_sums W K t a b c d H : (t < W)%nat -> row a -> row b -> row c -> row d ->
  (homogeneous_steps W K t a b c d H <->
   H = cost_of_sums W K a b c d (geo (a * c / (b * d)) K) (geo (b * d / (a * c)) K) (sum K (geo (b * d / (a * c))))).
Proof.
  intros small ra rb rc rd. unfold homogeneous_steps. rewrite tied_steps_iff by (auto using homogeneous_rows).
  unfold tied, cost_of_sums. rewrite excursion_alternate, entries_alternate, lasting_alternate by assumption.
  destruct ra, rb, rc, rd.
  replace (c / d * (a / b)) with (a * c / (b * d)) by (field; lra).
  replace (d / c * (b / a)) with (b * d / (a * c)) by (field; lra).
  split; intros ->; ring.
Qed.

Lemma ratio_1 x y : y <> 0 -> x / y = 1 -> x = y.
Proof. intros nz same. replace x with (x / y * y) by (field; exact nz). rewrite same. ring. Qed.

Lemma geo_inverse r n : 0 < r -> r <> 1 -> geo (1 / r) n = (1 - 1 / r ^ n) / (1 - 1 / r).
Proof.
  intros pos other. assert (nz : r ^ n <> 0) by (apply pow_nonzero; lra).
  rewrite geo_closed by (intros same; apply other; symmetry; apply ratio_1; lra).
  replace (1 / r) with (/ r) by (field; lra). rewrite pow_inv. generalize dependent (r ^ n). intros grown nz.
  field. repeat split; lra.
Qed.

(** For homogeneous rows with ac <> bd, H is a combination of 1, K, r^K and r^-K. *)
Theorem homogeneous_cost (W K t : nat) (a b c d H : R) : (1 <= K)%nat -> (t < W)%nat ->
  row a -> row b -> row c -> row d -> a * c <> b * d -> homogeneous_steps W K t a b c d H ->
  let r := a * c / (b * d) in
  let outward := (r ^ K - 1) / (r - 1) in
  let inward := (1 - 1 / r ^ K) / (1 - 1 / r) in
  H = cost_of_sums W K a b c d outward inward ((inward - K) / (1 / r - 1)).
Proof.
  intros _ small ra rb rc rd other sol. apply homogeneous_sums in sol; try assumption. rewrite sol. clear sol.
  intros r outward inward. fold r. destruct ra as [pa _], rb as [pb _], rc as [pc _], rd as [pd _].
  assert (ac : 0 < a * c) by now apply Rmult_lt_0_compat. assert (bd : 0 < b * d) by now apply Rmult_lt_0_compat.
  assert (r_1 : r <> 1) by (intros same; apply other, ratio_1; [lra|exact same]).
  assert (r_pos : 0 < r) by now apply Rdiv_lt_0_compat.
  replace (b * d / (a * c)) with (1 / r) by (unfold r; field; lra).
  assert (s_1 : 1 / r <> 1) by (intros same; apply r_1; symmetry; apply ratio_1; lra).
  rewrite sum_geo, geo_inverse, geo_closed by (lra || assumption). reflexivity.
Qed.

Lemma balanced_sums W K t a b c d H : (t < W)%nat -> row a -> row b -> row c -> row d -> a * c = b * d ->
  homogeneous_steps W K t a b c d H -> H = cost_of_sums W K a b c d K K (K * (K - 1) / 2).
Proof.
  intros small ra rb rc rd same sol. apply homogeneous_sums in sol; try assumption. rewrite sol.
  destruct ra, rb, rc, rd.
  assert (bd : 0 < b * d) by now apply Rmult_lt_0_compat.
  replace (a * c / (b * d)) with 1 by (rewrite same; field; lra).
  replace (b * d / (a * c)) with 1 by (rewrite same; field; lra).
  now rewrite sum_geo_1, geo_1.
Qed.

Lemma balanced_row a b c : row a -> row b -> row c -> a * c <= b -> row (a * c / b).
Proof.
  intros [] [] [] le. split; [apply Rdiv_lt_0_compat; [now apply Rmult_lt_0_compat|lra]|].
  apply Rmult_le_reg_r with b; [lra|]. field_simplify; lra.
Qed.

(** For balanced homogeneous rows, ac = bd, H is a polynomial of degree at most 2 in K. *)
Theorem balanced_cost (W K t : nat) (a b c H : R) : (1 <= K)%nat -> (t < W)%nat -> row a -> row b -> row c ->
  a * c <= b -> homogeneous_steps W K t a b c (a * c / b) H ->
  H = cost_of_sums W K a b c (a * c / b) K K (K * (K - 1) / 2).
Proof.
  intros _ small ra rb rc le sol. apply (balanced_sums W K t); auto using balanced_row. destruct rb. field. lra.
Qed.

(** ** The base model, the SFT limit, the optimum *)

Theorem base_cost (W K L t : nat) (H : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> base_steps W K L t H ->
  H = (2 * W - 1) * (K * (L + 1) + 1) * (K * (L + 1) + L) / L.
Proof.
  intros _ pos small sol. apply (balanced_sums W K t) in sol;
    auto using single_row, parallel_row; apply nat_ge_1 in pos; [|field; lra].
  rewrite sol. unfold cost_of_sums. field. lra.
Qed.

(** SFT's factor a diamond, rho = (L+1)^2/L = L + 2 + 1/L. *)
Definition rho (L : nat) : R := (L + 1) ^ 2 / L.

Lemma rho_ge_4 L : (1 <= L)%nat -> 4 <= rho L.
Proof.
  intros pos. apply nat_ge_1 in pos. unfold rho. apply Rmult_le_reg_r with L; [lra|]. field_simplify; [|lra].
  pose proof (pow2_ge_0 (L - 1)). lra.
Qed.

(** No wrong turn is ever taken outwards, so only the excursions cost: the first part of the sums is all there is. *)
Theorem sft_cost (W K L t : nat) (H : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat -> sft_steps W K L t H ->
  H = W + 2 * K + (W - 1) * (1 + 2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1) * (((L + 1) ^ 2 / L) ^ K - 1)).
Proof.
  intros _ pos small sol. apply homogeneous_sums in sol; auto using single_row, parallel_row, row_1.
  pose proof (rho_ge_4 L pos) as big. apply nat_ge_1 in pos. rewrite sol. clear sol.
  replace (1 * 1 / (L / (L + 1) * (1 / (L + 1)))) with (rho L) by (unfold rho; field; lra).
  unfold cost_of_sums. rewrite geo_closed by lra. fold (rho L). generalize (rho L ^ K). intros grown. unfold rho.
  field. repeat split; nra.
Qed.

Theorem optimum_cost (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  H = (2 * W - 1) * (2 * K + 1).
Proof.
  intros _ small sol. apply (balanced_sums W K t) in sol; auto using row_1.
  rewrite sol. unfold cost_of_sums. field.
Qed.

Lemma balanced_exists (W K t : nat) (a b c : R) : (t < W)%nat -> row a -> row b -> row c -> a * c <= b ->
  exists H, homogeneous_steps W K t a b c (a * c / b) H.
Proof. intros. apply homogeneous_exists; auto using balanced_row. Qed.

Lemma sft_exists_straight (K L t : nat) : (1 <= L)%nat -> (t < 1)%nat -> exists H, sft_steps 1 K L t H.
Proof. now apply sft_exists. Qed.

(** ** What follows at once *)

(** The SFT limit's costs for every number of diamonds, a sequence. *)
Definition sft_costs (W L t : nat) (H : nat -> R) : Prop := forall K : nat, (1 <= K)%nat -> sft_steps W K L t (H K).

Lemma sft_costs_exist (W K L t : nat) : (1 <= L)%nat -> (t < W)%nat -> exists H, sft_costs W L t H.
Proof.
  intros pos small. exists (fun n => tied W (2 * n) (alternate 1 1) (alternate (1 / (L + 1)) (L / (L + 1)))).
  intros n _. apply tied_steps_iff; auto using homogeneous_rows, single_row, parallel_row, row_1.
Qed.

(** SFT's cost grows by the factor rho a diamond, after the 2 steps that a diamond has: H(K+1) - H(K) - 2 is
    proportional to rho^K, and not zero. *)
Lemma sft_growth_positive (W K L t : nat) (H : nat -> R) : (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> sft_costs W L t H -> 0 < H (K + 1)%nat - H K - 2.
Proof.
  intros forks posK posL small sol.
  rewrite (sft_cost W K L t (H K)), (sft_cost W (K + 1) L t (H (K + 1)%nat)) by (try apply sol; assumption || lia).
  pose proof (rho_ge_4 L posL) as big. apply nat_ge_2 in forks. apply nat_ge_1 in posL.
  fold (rho L). rewrite plus_INR, pow_add, pow_1. change (INR 1) with 1.
  assert (grown : 0 < rho L ^ K) by (apply pow_lt; lra).
  replace (_ - _ - 2) with ((W - 1) * (2 * (L + 1) * (2 * L + 1) / (L ^ 2 + L + 1)) * (rho L ^ K * (rho L - 1)))
    by (field; nra).
  repeat apply Rmult_lt_0_compat; try lra. apply Rinv_0_lt_compat. nra.
Qed.

Theorem sft_growth (W K L t : nat) (H : nat -> R) : (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_costs W L t H ->
  (H (K + 2)%nat - H (K + 1)%nat - 2) / (H (K + 1)%nat - H K - 2) = (L + 1) ^ 2 / L.
Proof.
  intros forks posK posL small sol.
  pose proof (sft_growth_positive W K L t H forks posK posL small sol) as pos.
  apply Rmult_eq_reg_r with (H (K + 1)%nat - H K - 2); [|lra].
  replace (_ / _ * _) with (H (K + 2)%nat - H (K + 1)%nat - 2) by (field; lra).
  rewrite (sft_cost W K L t (H K)), (sft_cost W (K + 1) L t (H (K + 1)%nat)), (sft_cost W (K + 2) L t (H (K + 2)%nat))
    by (try apply sol; assumption || lia).
  rewrite !plus_INR, !pow_add, pow_1. change (INR 1) with 1. change (INR 2) with (1 + 1). apply nat_ge_1 in posL.
  fold (rho L). generalize (rho L ^ K). intros grown. field. nra.
Qed.

(** With one branch there is no gap: SFT's walk is straight. *)
Theorem no_gap_without_wrong_branch (K L t : nat) (H : R) : (1 <= K)%nat -> (1 <= L)%nat -> (t < 1)%nat ->
  sft_steps 1 K L t H -> H = 2 * K + 1.
Proof.
  intros posK posL small sol. rewrite (sft_cost 1 K L t H) by assumption. change (INR 1) with 1. ring.
Qed.

(** Figure 3 counts the prompt's edge into the fork, one step more than H. *)
Theorem figure3_target (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  H + 1 = 4 * W * K + 2 * W - 2 * K.
Proof. intros pos small sol. rewrite (optimum_cost W K t H) by assumption. ring. Qed.

Theorem figure3_diagonal (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  (H + 1 = 4 * W * K <-> W = K).
Proof.
  intros pos small sol. rewrite (figure3_target W K t H) by assumption. split.
  - intros same. apply INR_eq. lra.
  - intros ->. ring.
Qed.

(** It is not enough that W >= K. *)
Lemma figure3_diagonal_only : ~ (forall (W K t : nat) (H : R), (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  (H + 1 = 4 * W * K <-> (K <= W)%nat)).
Proof.
  intros told. destruct (optimum_exists 2 1 0) as [H sol]; [lia|].
  destruct (told 2%nat 1%nat 0%nat H) as [_ wrong]; [lia|lia|exact sol|].
  apply figure3_diagonal in sol; [|lia|lia]. destruct sol as [right _].
  assert (2 = 1)%nat by (apply right, wrong; lia). lia.
Qed.

Theorem figure3_target_quoted :
  ~ (forall (W K t : nat) (H : R), (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H -> H + 1 = 4 * W * K).
Proof.
  intros told.
  assert (sol : optimum_steps 1 2 0 5).
  { apply homogeneous_sums; auto using row_1. unfold cost_of_sums, geo. simpl. field. }
  apply told in sol; try lia. simpl in sol. lra.
Qed.
