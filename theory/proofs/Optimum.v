(** Never turning round but at a wrong leaf is the optimum of tied rows.

    Setting. As in Walk.v: rows P (away from the fork) and Q (towards it) in (0, 1], their own at every node, the same
    in all branches. The key is that an excursion into a wrong branch cannot be short unless entering a branch mostly
    fails: (E - 1) Z >= 2N. Stands on Walk.v. Not covered: rows of their own in each branch (Blind.v); policies that
    remember more than the last edge. *)

From Backtrack Require Import Families.
Open Scope R_scope.

(** ** One branch *)

Section Branch.
  Variables (N : nat) (P Q : nat -> R).
  Hypothesis prob : rows N P Q.

  (** The terms of E and of Z - 1: S_n = prod_{i<=n} P_i/Q_i and ((1-P_x)/P_x) / S_{x-1}. *)
  Let S_ (n : nat) : R := prod n (fun i => P (S i) / Q (S i)).
  Let turn (x : nat) : R := (1 - P (S x)) / P (S x) * prod x (fun i => Q (S i) / P (S i)).

  Lemma ratios_pos n : (n <= N)%nat -> 0 < S_ n.
  Proof.
    intros below. apply prod_pos. intros i small. destruct (prob i) as [[] []]; [lia|]. now apply Rdiv_lt_0_compat.
  Qed.

  Lemma turn_nonneg x : (x < N)%nat -> 0 <= turn x.
  Proof.
    intros below. destruct (prob x below) as [[] _]. apply Rmult_le_pos.
    - unfold Rdiv. apply Rmult_le_pos; [lra|]. left. now apply Rinv_0_lt_compat.
    - left. apply prod_pos. intros i small. destruct (prob i) as [[] []]; [lia|]. now apply Rdiv_lt_0_compat.
  Qed.

  Lemma entries_ge_1 : 1 <= entries N P Q.
  Proof. exact (entries_pos N P Q prob). Qed.

  Lemma inverse_ge_1 p : row p -> 1 <= / p.
  Proof. intros []. rewrite <- Rinv_1. now apply Rinv_le_contravar. Qed.

  (** S_n Z_n >= 1, since S_{n+1} Z_{n+1} = (P/Q) (S_n Z_n + (1-P)/P) >= (P/Q) (1 + (1-P)/P) = 1/Q. *)
  Lemma partial_product n : (n <= N)%nat -> 1 <= S_ n * (1 + sum n turn).
  Proof.
    induction n as [|n IH]; intros below; [unfold S_; simpl; lra|].
    assert (earlier : 1 <= S_ n * (1 + sum n turn)) by (apply IH; lia).
    destruct (prob n) as [[p0 p1] rowQ]; [lia|]. pose proof (inverse_ge_1 _ rowQ) as one. destruct rowQ as [q0 q1].
    assert (inv : S_ n * prod n (fun i => Q (S i) / P (S i)) = 1).
    { unfold S_. rewrite (prod_ext n (fun i => Q (S i) / P (S i)) (fun i => / (P (S i) / Q (S i)))).
      - rewrite prod_inv; [apply Rinv_r; apply Rgt_not_eq, ratios_pos; lia|].
        intros i small. apply Rgt_not_eq. destruct (prob i) as [[] []]; [lia|]. now apply Rdiv_lt_0_compat.
      - intros i small. destruct (prob i) as [[] []]; [lia|]. field. lra. }
    cbn [sum]. unfold S_ in *. cbn [prod].
    replace (prod n (fun i => P (S i) / Q (S i)) * (P (S n) / Q (S n)) * (1 + (sum n turn + turn n)))
      with (P (S n) / Q (S n) * (prod n (fun i => P (S i) / Q (S i)) * (1 + sum n turn)) +
            P (S n) / Q (S n) * (prod n (fun i => P (S i) / Q (S i)) * turn n)) by ring.
    unfold turn at 2. replace (prod n (fun i => P (S i) / Q (S i)) *
      ((1 - P (S n)) / P (S n) * prod n (fun i => Q (S i) / P (S i)))) with ((1 - P (S n)) / P (S n))
      by (rewrite (Rmult_comm ((1 - P (S n)) / P (S n))), <- Rmult_assoc, inv; ring).
    apply Rle_trans with (P (S n) / Q (S n) * 1 + P (S n) / Q (S n) * ((1 - P (S n)) / P (S n))).
    - replace (P (S n) / Q (S n) * 1 + P (S n) / Q (S n) * ((1 - P (S n)) / P (S n))) with (/ Q (S n))
        by (field; lra). exact one.
    - apply Rplus_le_compat_r, Rmult_le_compat_l; [|exact earlier]. left. now apply Rdiv_lt_0_compat.
  Qed.

  Lemma excursion_times_entries : 2 * N <= (excursion N P Q - 1) * entries N P Q.
  Proof.
    assert (each : sum N (fun _ => 1) <= sum N (fun n => entries N P Q * S_ (S n))).
    { apply sum_le. intros n below. apply Rle_trans with (S_ (S n) * (1 + sum (S n) turn)).
      - apply partial_product. lia.
      - rewrite (Rmult_comm (entries N P Q)). apply Rmult_le_compat_l; [left; apply ratios_pos; lia|].
        unfold entries. fold turn. apply Rplus_le_compat_l. clear - below prob.
        assert (grows : forall k, (S n + k <= N)%nat -> sum (S n) turn <= sum (S n + k) turn).
        { induction k as [|k IH]; intros small; [rewrite Nat.add_0_r; lra|].
          rewrite Nat.add_succ_r. cbn [sum] in *. pose proof (turn_nonneg (S n + k)) as next.
          assert (0 <= turn (S n + k)) by (apply next; lia). assert (step := IH ltac:(lia)). lra. }
        replace N with (S n + (N - S n))%nat by lia. apply grows. lia. }
    rewrite sum_const, sum_scale in each. unfold excursion. fold S_.
    change (sum N (fun n => prod (S n) (fun i => P (S i) / Q (S i)))) with (sum N (fun n => S_ (S n))). lra.
  Qed.

  Lemma beta_above_product x : (x < N)%nat -> prod x (fun i => Q (S i) / P (S i)) <= 1 + beta P Q x /\ 0 <= beta P Q x.
  Proof.
    induction x as [|x IH]; intros below; [simpl; lra|].
    destruct IH as [above pos]; [lia|]. cbn [prod beta]. destruct (prob x) as [[] []]; [lia|].
    assert (s : 0 < Q (S x) / P (S x)) by now apply Rdiv_lt_0_compat.
    assert (Q (S x) / P (S x) * prod x (fun i => Q (S i) / P (S i)) <= Q (S x) / P (S x) * (1 + beta P Q x))
      by (apply Rmult_le_compat_l; lra).
    assert (0 <= Q (S x) / P (S x) * (1 + beta P Q x)) by (apply Rmult_le_pos; lra). lra.
  Qed.

  (** An entry that fails lasts two steps at least, one that succeeds N + 1: Y >= N + (Z - 1). *)
  Lemma lasting_ge : N + (entries N P Q - 1) <= lasting N P Q.
  Proof.
    assert (each : sum N (fun x => 1 + turn x) <= lasting N P Q).
    { apply sum_le. intros x below. destruct (prob x below) as [[p0 p1] _].
      destruct (beta_above_product x below) as [above _].
      assert (odds : 0 <= (1 - P (S x)) / P (S x)).
      { unfold Rdiv. apply Rmult_le_pos; [lra|]. left. now apply Rinv_0_lt_compat. }
      apply Rle_trans with (1 + (1 - P (S x)) / P (S x) * (1 + beta P Q x)).
      - apply Rplus_le_compat_l. unfold turn. now apply Rmult_le_compat_l.
      - right. field. lra. }
    rewrite sum_plus, sum_const in each. unfold entries. fold turn. lra.
  Qed.

  (** What is left when entries never fail. *)
  Lemma sure_entries : entries N P Q = 1 -> forall x, (x < N)%nat -> P (S x) = 1.
  Proof.
    unfold entries. fold turn. intros one x below.
    assert (none : sum N turn = 0) by lra.
    assert (zero : turn x = 0).
    { pose proof (sum_but_split x N turn below) as split. pose proof (turn_nonneg x below).
      assert (0 <= sum_but x N turn).
      { apply sum_nonneg. intros i small. destruct (Nat.eqb i x); [lra|now apply turn_nonneg]. }
      lra. }
    unfold turn in zero. apply Rmult_integral in zero. destruct (prob x below) as [[p0 p1] _].
    destruct zero as [zero|zero].
    - assert (1 - P (S x) = 0); [|lra]. apply Rmult_eq_reg_r with (/ P (S x)); [|apply Rinv_neq_0_compat; lra].
      unfold Rdiv in zero. lra.
    - exfalso. apply Rgt_not_eq in zero; [contradiction|]. apply prod_pos. intros i small.
      destruct (prob i) as [[] []]; [lia|]. now apply Rdiv_lt_0_compat.
  Qed.
End Branch.

Lemma sum_of_ones n f : (forall i, (i < n)%nat -> 1 <= f i) -> sum n f = n -> forall i, (i < n)%nat -> f i = 1.
Proof.
  intros above total i below.
  assert (zero : sum n (fun i => f i - 1) = 0) by (rewrite sum_minus, total, sum_const; ring).
  rewrite (sum_but_split i) in zero by exact below.
  assert (0 <= sum_but i n (fun i => f i - 1)).
  { apply sum_nonneg. intros j small. destruct (Nat.eqb j i); [lra|]. specialize (above j small). lra. }
  specialize (above i below). lra.
Qed.

(** With P = 1 everywhere, E = 1 + 2N only if Q = 1 everywhere: the products of the 1/Q_i are all 1. *)
Lemma sure_retreat N P Q : rows N P Q -> (forall x, (x < N)%nat -> P (S x) = 1) ->
  excursion N P Q = 1 + 2 * N -> forall x, (x < N)%nat -> Q (S x) = 1.
Proof.
  intros prob sure least.
  assert (ratio : forall i, (i < N)%nat -> 1 <= P (S i) / Q (S i)).
  { intros i small. rewrite sure by exact small. unfold Rdiv. rewrite Rmult_1_l. apply inverse_ge_1, prob, small. }
  assert (above : forall n, (n <= N)%nat -> 1 <= prod n (fun i => P (S i) / Q (S i))).
  { induction n as [|n IH]; intros small; [simpl; lra|]. cbn [prod]. replace 1 with (1 * 1) by ring.
    apply Rmult_le_compat; try lra; [apply IH; lia|now apply ratio]. }
  assert (ones : forall n, (n <= N)%nat -> prod n (fun i => P (S i) / Q (S i)) = 1).
  { intros [|n] small; [reflexivity|].
    apply (sum_of_ones N (fun n => prod (S n) (fun i => P (S i) / Q (S i)))); [intros; apply above; lia| |lia].
    unfold excursion in least. lra. }
  intros x below. pose proof (ones (S x) below) as one. cbn [prod] in one. rewrite ones, sure in one by lia.
  destruct (prob x below) as [_ [q0 q1]]. apply Rmult_eq_reg_r with (/ Q (S x)); [|apply Rinv_neq_0_compat; lra].
  rewrite Rinv_r by lra. unfold Rdiv in one. lra.
Qed.

(** ** One table of rows for all branches *)

(** H - (2W-1)(N+1) is a sum of three terms that are not negative. *)
Lemma tied_excess W N P Q : tied W N P Q - (2 * W - 1) * (N + 1) =
  (2 * W - 1) * (entries N P Q - 1) + (W - 1) * ((excursion N P Q - 1) * entries N P Q - 2 * N) +
  (lasting N P Q - N).
Proof. unfold tied. ring. Qed.

Theorem optimum_least (W K t : nat) (P Q : nat -> R) (H : R) : (t < W)%nat -> rows (2 * K) P Q ->
  tied_steps W K t P Q H -> (2 * W - 1) * (2 * K + 1) <= H.
Proof.
  intros small prob sol. apply (tied_steps_iff W K t P Q H small prob) in sol. subst H.
  pose proof (tied_excess W (2 * K) P Q) as excess. rewrite nat_double in excess.
  pose proof (entries_ge_1 _ _ _ prob). pose proof (excursion_times_entries _ _ _ prob) as product.
  pose proof (lasting_ge _ _ _ prob) as last. rewrite nat_double in *.
  assert (many : 1 <= W) by (apply nat_ge_1; lia).
  assert (0 <= (2 * W - 1) * (entries (2 * K) P Q - 1)) by (apply Rmult_le_pos; lra).
  assert (0 <= (W - 1) * ((excursion (2 * K) P Q - 1) * entries (2 * K) P Q - 2 * (2 * K)))
    by (apply Rmult_le_pos; lra).
  lra.
Qed.

Lemma sure_lasting N P Q : (forall x, (x < N)%nat -> P (S x) = 1) -> entries N P Q = 1 /\ lasting N P Q = N.
Proof.
  intros sure. unfold entries, lasting. split.
  - rewrite (sum_ext N _ (fun _ => 0)); [rewrite sum_const; ring|]. intros x below. rewrite sure by exact below. field.
  - rewrite (sum_ext N _ (fun _ => 1)); [rewrite sum_const; ring|]. intros x below. rewrite sure by exact below. field.
Qed.

Lemma sure_excursion N P Q : (forall x, (x < N)%nat -> P (S x) = 1 /\ Q (S x) = 1) -> excursion N P Q = 1 + 2 * N.
Proof.
  intros sure. unfold excursion. rewrite (sum_ext N _ (fun _ => 1)); [rewrite sum_const; ring|].
  intros n below. rewrite (prod_ext (S n) _ (fun _ => 1)); [clear; induction (S n); simpl; [|rewrite IHn0]; ring|].
  intros i small. destruct (sure i) as [-> ->]; [lia|]. field.
Qed.

(** Equality exactly for rows that are all 1; with one branch the rows towards the fork are free. *)
Theorem optimum_only (W K t : nat) (P Q : nat -> R) (H : R) : (t < W)%nat -> rows (2 * K) P Q ->
  tied_steps W K t P Q H ->
  (H = (2 * W - 1) * (2 * K + 1) <->
   forall x, (x < 2 * K)%nat -> P (S x) = 1 /\ ((2 <= W)%nat -> Q (S x) = 1)).
Proof.
  intros small prob sol. apply (tied_steps_iff W K t P Q H small prob) in sol. subst H.
  pose proof (tied_excess W (2 * K) P Q) as excess. rewrite nat_double in excess.
  assert (many : 1 <= W) by (apply nat_ge_1; lia). split.
  - intros least. pose proof (entries_ge_1 _ _ _ prob) as once.
    pose proof (excursion_times_entries _ _ _ prob) as product. pose proof (lasting_ge _ _ _ prob) as last.
    rewrite nat_double in product, last.
    assert (0 <= (2 * W - 1) * (entries (2 * K) P Q - 1)) by (apply Rmult_le_pos; lra).
    assert (0 <= (W - 1) * ((excursion (2 * K) P Q - 1) * entries (2 * K) P Q - 2 * (2 * K)))
      by (apply Rmult_le_pos; lra).
    assert (one : entries (2 * K) P Q = 1) by (apply Rmult_eq_reg_l with (2 * W - 1); lra).
    pose proof (sure_entries _ _ _ prob one) as sure. intros x below. split; [now apply sure|]. intros two.
    apply (sure_retreat (2 * K) P Q prob sure); [|exact below]. rewrite nat_double.
    apply nat_ge_2 in two. rewrite one in *. apply Rmult_eq_reg_l with (W - 1); lra.
  - intros sure. destruct (sure_lasting (2 * K) P Q) as [once last]; [intros; now apply sure|].
    rewrite nat_double in last. rewrite once, last in excess.
    destruct (Nat.eq_dec W 1) as [->|].
    + change (INR 1) with 1 in *. lra.
    + pose proof (sure_excursion (2 * K) P Q) as far. rewrite nat_double in far.
      rewrite far in excess; [lra|]. intros x below. destruct (sure x below) as [p q]. split; [exact p|apply q; lia].
Qed.
