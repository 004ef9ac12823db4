(** Never turning round is the optimum in the mean over the targets, for a policy that does not know the target.

    Setting. As in Walk.v, every branch with its own rows P i, Q i in (0, 1] and, in a star, its own number K i of
    diamonds (N i = 2 K i nodes). The rows are the same whichever branch holds the target, and the cost is averaged over
    the first n branches as targets. Stands on Optimum.v: (E - 1) Z >= 2N, Y >= N + (Z - 1). Not covered: policies that
    remember more than the last edge or prefer a branch at the fork; a known target, where the bounds are false. *)

From Backtrack Require Import Families Optimum.
Open Scope R_scope.

(** ** Every branch with its own rows and its own depth, the target not known *)

(** The equations of a star: those of Walk.v, with N i nodes in branch i. *)
Definition star_bellman (W : nat) (N : nat -> nat) (t : nat) (P Q : nat -> nat -> R) (H : R) (A B : nat -> nat -> R) :=
  (forall i, (i < W)%nat -> inside (N i) (P i) (Q i) (A i) (B i)) /\
  (forall i, (i < W)%nat -> B i O = H) /\
  (forall i, (i < W)%nat -> i <> t -> A i (S (N i)) = 1 + B i (N i)) /\
  A t (S (N t)) = 0 /\
  H = 1 + sum W (fun i => A i 1%nat) / W.

Definition star_steps W N t P Q H : Prop := exists A B, star_bellman W N t P Q H A B.

Lemma star_is_path_star W N t P Q H : star_steps W (fun _ => N) t P Q H <-> steps W N t P Q H.
Proof. reflexivity. Qed.

(** H = (W + sum of E over the wrong branches) Z + Y, as in Walk.v. *)
Definition star (W : nat) (N : nat -> nat) (t : nat) (P Q : nat -> nat -> R) : R :=
  (W + sum_but t W (fun i => excursion (N i) (P i) (Q i))) * entries (N t) (P t) (Q t) + lasting (N t) (P t) (Q t).

Lemma star_unique W N t P Q H : (t < W)%nat -> (forall i, (i < W)%nat -> rows (N i) (P i) (Q i)) ->
  star_steps W N t P Q H -> H = star W N t P Q.
Proof.
  intros small prob (A & B & inner & fork & wrong & goal & mean). unfold star.
  assert (P_nz : forall i, (i < W)%nat -> forall x, (x < N i)%nat -> P i (S x) <> 0).
  { intros i below x inb. destruct (prob i below x inb) as [[] _]. lra. }
  assert (Q_nz : forall i, (i < W)%nat -> forall x, (x < N i)%nat -> Q i (S x) <> 0).
  { intros i below x inb. destruct (prob i below x inb) as [_ []]. lra. }
  assert (W_nz : INR W <> 0) by (apply not_0_INR; lia).
  assert (total : W * H = W + sum W (fun i => A i 1%nat)) by (rewrite mean at 1; field; exact W_nz).
  rewrite (sum_but_split t) in total by exact small.
  rewrite (sum_but_ext t W _ (fun i => H + excursion (N i) (P i) (Q i))) in total.
  2:{ intros i below other. rewrite <- (excursion_is (N i) (P i) (Q i) (A i) (B i)); auto.
      rewrite fork by exact below. ring. }
  assert (split : sum_but t W (fun i => H + excursion (N i) (P i) (Q i)) =
                  (W - 1) * H + sum_but t W (fun i => excursion (N i) (P i) (Q i))).
  { rewrite <- (sum_but_const t W H small). unfold sum_but. rewrite <- sum_plus. apply sum_ext.
    intros i _. destruct (Nat.eqb i t); ring. }
  rewrite split in total.
  pose proof (fork_over_leaf (N t) (P t) (Q t) (A t) (B t) (P_nz t small) (inner t small)) as over.
  rewrite goal, (fork t small) in over.
  replace (W + sum_but t W (fun i => excursion (N i) (P i) (Q i))) with (H - A t 1%nat) by lra. lra.
Qed.

Lemma star_exists W N t P Q : (t < W)%nat -> (forall i, (i < W)%nat -> rows (N i) (P i) (Q i)) ->
  star_steps W N t P Q (star W N t P Q).
Proof.
  intros small prob. set (H := star W N t P Q).
  set (d := fun i => if Nat.eqb i t
    then goal_difference (P t) (Q t) (W + sum_but t W (fun i => excursion (N i) (P i) (Q i)))
    else wrong_difference (N i) (P i) (Q i)).
  exists (fun i => out_costs (Q i) (d i) H), (fun i => back_costs (Q i) (d i) H).
  split; [|split; [|split; [|split]]].
  - intros i inb. apply inside_of_differences.
    + intros x below. destruct (prob i inb x below) as [_ []]. lra.
    + intros y below. unfold d. destruct (Nat.eqb_spec i t) as [->|other];
        [apply (goal_difference_S (N t)); auto|now apply wrong_difference_S].
  - reflexivity.
  - intros i inb other. simpl. unfold d. destruct (Nat.eqb_spec i t); [contradiction|].
    unfold wrong_difference at 2. rewrite Nat.sub_diag. unfold excursion. simpl. ring.
  - unfold d. rewrite Nat.eqb_refl. rewrite (goal_leaf (N t) (P t)) by (now apply prob). unfold H, star. ring.
  - assert (W_nz : INR W <> 0) by (apply not_0_INR; lia).
    rewrite (sum_but_split t) by exact small.
    rewrite (sum_but_ext t W _ (fun i => H + excursion (N i) (P i) (Q i))).
    2:{ intros i inb other. simpl. unfold d. destruct (Nat.eqb_spec i t); [contradiction|].
        unfold wrong_difference. rewrite Nat.sub_0_r. reflexivity. }
    assert (split : sum_but t W (fun i => H + excursion (N i) (P i) (Q i)) =
                    (W - 1) * H + sum_but t W (fun i => excursion (N i) (P i) (Q i))).
    { rewrite <- (sum_but_const t W H small). unfold sum_but. rewrite <- sum_plus. apply sum_ext.
      intros i _. destruct (Nat.eqb i t); ring. }
    rewrite split. simpl. unfold d. rewrite Nat.eqb_refl. unfold goal_difference. simpl. field. exact W_nz.
Qed.

(** The equations have exactly one H, whatever the depths. *)
Theorem star_steps_iff W N t P Q H : (t < W)%nat -> (forall i, (i < W)%nat -> rows (N i) (P i) (Q i)) ->
  (star_steps W N t P Q H <-> H = star W N t P Q).
Proof. intros small prob. split; [now apply star_unique|intros ->; now apply star_exists]. Qed.

(** The chance that an entry into branch i ends at its leaf, were it the target: R = 1/Z. *)
Definition entry_chance (N : nat) (P Q : nat -> R) : R := / entries N P Q.

Lemma excursion_by_chance N P Q : rows N P Q -> 1 + 2 * N * entry_chance N P Q <= excursion N P Q.
Proof.
  intros prob. pose proof (excursion_times_entries N P Q prob) as product. pose proof (entries_ge_1 N P Q prob) as once.
  unfold entry_chance. apply Rmult_le_reg_r with (entries N P Q); [lra|]. field_simplify; lra.
Qed.

(** For one target: an excursion into branch i lasts 1 + 4 K_i R_i at least, and 1/R_t entries of each are made. *)
Lemma star_lower (W t : nat) (K : nat -> nat) P Q H : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows (2 * K i) (P i) (Q i)) -> star_steps W (fun i => 2 * K i)%nat t P Q H ->
  (2 * W + sum_but t W (fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i))) /
    entry_chance (2 * K t) (P t) (Q t) + 2 * K t - 1 <= H.
Proof.
  intros small prob sol. rewrite (star_unique W _ t P Q H small prob sol). clear sol. unfold star.
  pose proof (lasting_ge _ _ _ (prob t small)) as last. pose proof (entries_ge_1 _ _ _ (prob t small)) as once.
  rewrite nat_double in last. set (Z := entries (2 * K t) (P t) (Q t)) in *.
  assert (E : (W - 1) + sum_but t W (fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i)) <=
              sum_but t W (fun i => excursion (2 * K i) (P i) (Q i))).
  { rewrite <- (Rmult_1_r (W - 1)), <- (sum_but_const t W 1 small). unfold sum_but. rewrite <- sum_plus.
    apply sum_le. intros i below. destruct (Nat.eqb i t); [lra|].
    pose proof (excursion_by_chance _ _ _ (prob i below)) as far. rewrite nat_double in far. lra. }
  unfold entry_chance at 2. fold Z. unfold Rdiv. rewrite Rinv_inv.
  set (X := sum_but t W (fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i))) in *.
  set (Y := sum_but t W (fun i => excursion (2 * K i) (P i) (Q i))) in *.
  assert ((2 * W - 1 + X) * Z <= (W + Y) * Z) by (apply Rmult_le_compat_r; lra). lra.
Qed.

(** In the mean over the first n branches as targets. *)
Theorem blind_lower (W n : nat) (K : nat -> nat) (P Q : nat -> nat -> R) (H : nat -> R) : (1 <= n <= W)%nat ->
  (forall i, (i < W)%nat -> rows (2 * K i) (P i) (Q i)) ->
  (forall t, (t < n)%nat -> star_steps W (fun i => 2 * K i)%nat t P Q (H t)) ->
  sum n (fun t => (2 * W + sum_but t W (fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i))) /
                    entry_chance (2 * K t) (P t) (Q t) + 2 * K t - 1) / n <= sum n H / n.
Proof.
  intros some prob sol. apply Rmult_le_compat_r.
  - left. apply Rinv_0_lt_compat, lt_0_INR. lia.
  - apply sum_le. intros t below. apply star_lower; [lia|exact prob|now apply sol].
Qed.

(** Rows that turn round only on entering branch i, with the chance 1 - p i, attain the bound for every target. *)
Definition at_entry (p : R) (x : nat) : R := if Nat.eqb x 1 then p else 1.

Lemma at_entry_branch N p : 0 < p -> entries (S N) (at_entry p) (fun _ => 1) = / p /\
  lasting (S N) (at_entry p) (fun _ => 1) = N + / p /\ excursion (S N) (at_entry p) (fun _ => 1) = 1 + 2 * S N * p.
Proof.
  intros pos. unfold entries, lasting, excursion. rewrite !sum_first. repeat split.
  - rewrite (sum_ext N _ (fun _ => 0)); [rewrite sum_const; unfold at_entry; simpl; field; lra|].
    intros x _. change (at_entry p (S (S x))) with 1. unfold Rdiv. ring.
  - rewrite (sum_ext N _ (fun _ => 1)); [rewrite sum_const; unfold at_entry; simpl; field; lra|].
    intros x _. change (at_entry p (S (S x))) with 1. field.
  - assert (products : forall n, prod (S n) (fun i => at_entry p (S i) / 1) = p).
    { induction n as [|n IH]; [simpl; unfold at_entry; simpl; field|]. cbn [prod] in *. rewrite IH.
      unfold at_entry. simpl. field. }
    rewrite products, (sum_ext N _ (fun _ => p)) by (intros; apply products). rewrite sum_const, S_INR. ring.
Qed.

Theorem blind_lower_attained (W t : nat) (K : nat -> nat) (p : nat -> R) : (t < W)%nat ->
  (forall i, (i < W)%nat -> row (p i) /\ (1 <= K i)%nat) ->
  star_steps W (fun i => 2 * K i)%nat t (fun i => at_entry (p i)) (fun _ _ => 1)
    ((2 * W + sum_but t W (fun i => 4 * K i * p i)) / p t + 2 * K t - 1) /\
  (forall i, (i < W)%nat -> entry_chance (2 * K i) (at_entry (p i)) (fun _ => 1) = p i).
Proof.
  intros small good.
  assert (each : forall i, (i < W)%nat -> 0 < p i /\ exists N, (2 * K i = S N)%nat).
  { intros i below. destruct (good i below) as [[] deep]. split; [assumption|]. exists (2 * K i - 1)%nat. lia. }
  split.
  - apply star_steps_iff; [exact small| |].
    + intros i below x _. destruct (good i below) as [[] _]. unfold at_entry, row. destruct (Nat.eqb (S x) 1); lra.
    + unfold star.
      rewrite (sum_but_ext t W (fun i => excursion _ _ _) (fun i => 1 + 4 * K i * p i)).
      * destruct (each t small) as [pos (N & deep)].
        destruct (at_entry_branch N (p t) pos) as (e & l & _). rewrite deep, e, l.
        assert (N_is : INR N = 2 * K t - 1) by (rewrite <- nat_double, deep, S_INR; ring). rewrite N_is.
        replace (sum_but t W (fun i => 1 + 4 * K i * p i)) with ((W - 1) + sum_but t W (fun i => 4 * K i * p i));
          [field; lra|].
        rewrite <- (Rmult_1_r (W - 1)), <- (sum_but_const t W 1 small). unfold sum_but. rewrite <- sum_plus.
        apply sum_ext. intros i _. destruct (Nat.eqb i t); ring.
      * intros i below _. destruct (each i below) as [pos (N & deep)].
        destruct (at_entry_branch N (p i) pos) as (_ & _ & far). rewrite deep, far, <- deep, nat_double. ring.
  - intros i below. destruct (each i below) as [pos (N & deep)]. destruct (at_entry_branch N (p i) pos) as (e & _).
    unfold entry_chance. now rewrite deep, e, Rinv_inv.
Qed.

(** The sum of Z_t/Z_i over all pairs is at least W^2, as z + 1/z >= 2. *)
Lemma sum_of_ratios n Z : (forall i, (i < n)%nat -> 0 < Z i) -> n * n <= sum n Z * sum n (fun i => / Z i).
Proof.
  induction n as [|n IH]; intros pos; [simpl; lra|]. cbn [sum].
  assert (z : 0 < Z n) by (apply pos; lia).
  assert (pairs : sum n (fun _ => 2) <= sum n (fun i => / Z n * Z i + Z n * / Z i)).
  { apply sum_le. intros i below. assert (zi : 0 < Z i) by (apply pos; lia).
    apply Rmult_le_reg_r with (Z n * Z i); [now apply Rmult_lt_0_compat|].
    replace ((/ Z n * Z i + Z n * / Z i) * (Z n * Z i)) with (Z i * Z i + Z n * Z n) by (field; lra).
    pose proof (Rle_0_sqr (Z n - Z i)) as square. unfold Rsqr in square. lra. }
  rewrite sum_const, sum_plus, !sum_scale in pairs. rewrite S_INR.
  assert (earlier : n * n <= sum n Z * sum n (fun i => / Z i)) by (apply IH; intros; apply pos; lia).
  replace ((sum n Z + Z n) * (sum n (fun i => / Z i) + / Z n))
    with (sum n Z * sum n (fun i => / Z i) + (/ Z n * sum n Z + Z n * sum n (fun i => / Z i)) + Z n * / Z n) by ring.
  rewrite Rinv_r by lra. lra.
Qed.

(** No policy that does not know the target is better than never turning round, in the mean over the targets. *)
Theorem blind_optimum (W K : nat) (P Q : nat -> nat -> R) (H : nat -> R) : (1 <= W)%nat ->
  (forall i, (i < W)%nat -> rows (2 * K) (P i) (Q i)) ->
  (forall t, (t < W)%nat -> steps W (2 * K) t P Q (H t)) ->
  (2 * W - 1) * (2 * K + 1) <= sum W H / W.
Proof.
  intros some prob sol. set (Z := fun i => entries (2 * K) (P i) (Q i)).
  assert (once : forall i, (i < W)%nat -> 1 <= Z i) by (intros; now apply entries_ge_1, prob).
  assert (each : sum W (fun t => (2 * W + 4 * K * sum W (fun i => / Z i)) * Z t - (2 * K + 1)) <= sum W H).
  { apply sum_le. intros t small.
    pose proof (star_lower W t (fun _ => K) P Q (H t) small prob) as lower.
    apply Rle_trans with (2 := lower (proj2 (star_is_path_star W (2 * K) t P Q (H t)) (sol t small))).
    unfold entry_chance. fold (Z t). unfold Rdiv. rewrite Rinv_inv. right.
    assert (other : sum_but t W (fun i => 4 * K * / entries (2 * K) (P i) (Q i)) =
                    4 * K * sum W (fun i => / Z i) - 4 * K * / Z t).
    { rewrite <- sum_scale. rewrite (sum_but_split t W (fun i => 4 * K * / Z i)) by exact small.
      unfold Z. ring. }
    rewrite other. field. specialize (once t small). lra. }
  apply Rmult_le_reg_r with W; [apply lt_0_INR; lia|].
  replace (sum W H / W * W) with (sum W H) by (field; apply not_0_INR; lia). apply Rle_trans with (2 := each).
  rewrite sum_minus, sum_scale, sum_const.
  assert (all : W * 1 <= sum W Z) by (rewrite <- sum_const; now apply sum_le).
  assert (pairs : W * W <= sum W Z * sum W (fun i => / Z i)).
  { apply sum_of_ratios. intros i below. specialize (once i below). lra. }
  pose proof (pos_INR W). pose proof (pos_INR K).
  assert (W * W <= W * sum W Z) by (apply Rmult_le_compat_l; lra).
  assert (K * (W * W) <= K * (sum W Z * sum W (fun i => / Z i))) by (apply Rmult_le_compat_l; lra).
  lra.
Qed.
