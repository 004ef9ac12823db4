(** For any tied rows, the cost is the range of a potential, up to a polynomial in the number of diamonds.

    Setting. W branches with the same rows P, Q in (0, 1] at their N = 2K nodes, not the same in every diamond. With
    r_x = P_x/Q_x, the height at n is r_1 .. r_n = e^(phi_n); [peak] is M = max over n <= N of the height, and [trap] is
    m = max(1, max over x of ((1-P_x)/P_x) / height at x-1), the worst odds of turning round at the bottom of a slope.

    Proved here: (W-1) M m <= H <= 2 W (2K+1)^2 M m. The sums of the closed expression have at most 2K+1 terms; each
    bound takes one of them, or their greatest.

    Stands on: [tied_steps_iff]. Not covered: rows untied across branches; rows that are 0. *)

From Backtrack Require Export Families.
Open Scope R_scope.

(** The greatest of f 0, .., f n. *)
Fixpoint greatest (n : nat) (f : nat -> R) : R :=
  match n with O => f O | S m => Rmax (greatest m f) (f (S m)) end.

Lemma greatest_ge n f x : (x <= n)%nat -> f x <= greatest n f.
Proof.
  induction n as [|n IH]; intros below; simpl; [replace x with O by lia; lra|].
  destruct (Nat.eq_dec x (S n)) as [->|other]; [apply Rmax_r|].
  apply Rle_trans with (greatest n f); [apply IH; lia|apply Rmax_l].
Qed.

Lemma greatest_attained n f : exists x, (x <= n)%nat /\ greatest n f = f x.
Proof.
  induction n as [|n [x [below is]]]; [now exists O|]. simpl.
  destruct (Rle_dec (greatest n f) (f (S n))).
  - exists (S n). split; [lia|]. now apply Rmax_right.
  - exists x. split; [lia|]. rewrite <- is. apply Rmax_left. lra.
Qed.

(** height n = r_1 .. r_n; depth n = s_1 .. s_n, its inverse. *)
Definition height (P Q : nat -> R) (n : nat) : R := prod n (fun i => P (S i) / Q (S i)).
Definition depth (P Q : nat -> R) (n : nat) : R := prod n (fun i => Q (S i) / P (S i)).

(** The odds of turning round at node x+1, weighted by the depth before it. *)
Definition odds (P Q : nat -> R) (x : nat) : R := (1 - P (S x)) / P (S x) * depth P Q x.

Definition peak (N : nat) (P Q : nat -> R) : R := greatest N (height P Q).
Definition trap (N : nat) (P Q : nat -> R) : R :=
  greatest N (fun x => match x with O => 1 | S y => odds P Q y end).

Lemma sum_term n f x : (forall i, (i < n)%nat -> 0 <= f i) -> (x < n)%nat -> f x <= sum n f.
Proof.
  intros pos below. rewrite (sum_but_split x) by exact below.
  assert (0 <= sum_but x n f); [|lra].
  apply sum_nonneg. intros i small. destruct (Nat.eqb i x); [lra|now apply pos].
Qed.

Section Rows.
  Variables (N : nat) (P Q : nat -> R).
  Hypothesis prob : rows N P Q.

  Lemma height_depth n : (n <= N)%nat -> 0 < height P Q n /\ 0 < depth P Q n /\ height P Q n * depth P Q n = 1.
  Proof.
    induction n as [|n IH]; intros below; unfold height, depth; simpl; [lra|].
    destruct IH as (h & d & one); [lia|]. destruct (prob n) as [[] []]; [lia|].
    fold (height P Q n) (depth P Q n).
    repeat split; try (apply Rmult_lt_0_compat; [assumption|now apply Rdiv_lt_0_compat]).
    rewrite <- one. field. lra.
  Qed.

  Lemma odds_nonneg x : (x < N)%nat -> 0 <= odds P Q x.
  Proof.
    intros below. destruct (height_depth x) as (_ & d & _); [lia|]. destruct (prob x below) as [[] _].
    unfold odds. apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [lra|]. left. now apply Rinv_0_lt_compat.
  Qed.

  Lemma peak_ge n : (n <= N)%nat -> height P Q n <= peak N P Q.
  Proof. apply greatest_ge. Qed.

  Lemma peak_ge_1 : 1 <= peak N P Q.
  Proof. apply (peak_ge 0). lia. Qed.

  Lemma trap_ge_1 : 1 <= trap N P Q.
  Proof. apply (greatest_ge N (fun x => match x with O => 1 | S y => odds P Q y end) 0). lia. Qed.

  Lemma trap_ge x : (x < N)%nat -> odds P Q x <= trap N P Q.
  Proof.
    intros below. apply (greatest_ge N (fun x => match x with O => 1 | S y => odds P Q y end) (S x)). lia.
  Qed.

  (** ** Each sum against its greatest term *)

  Lemma excursion_ge : peak N P Q <= excursion N P Q.
  Proof.
    unfold peak, excursion. destruct (greatest_attained N (height P Q)) as (n & below & ->).
    assert (pos : forall i, (i < N)%nat -> 0 <= height P Q (S i)) by (intros i lt; left; apply height_depth; lia).
    pose proof (sum_nonneg N (fun i => height P Q (S i)) pos) as nonneg.
    change (height P Q n <= 1 + 2 * sum N (fun i => height P Q (S i))).
    destruct n as [|n]; [unfold height at 1; simpl; lra|].
    pose proof (sum_term N (fun i => height P Q (S i)) n pos below) as term. cbv beta in term. lra.
  Qed.

  Lemma entries_ge : trap N P Q <= entries N P Q.
  Proof.
    unfold trap, entries.
    destruct (greatest_attained N (fun x => match x with O => 1 | S y => odds P Q y end)) as (n & below & ->).
    change (match n with O => 1 | S y => odds P Q y end <= 1 + sum N (odds P Q)).
    pose proof (sum_nonneg N (odds P Q) odds_nonneg) as nonneg.
    destruct n as [|n]; [lra|]. pose proof (sum_term N (odds P Q) n odds_nonneg below). lra.
  Qed.

  Lemma excursion_le : excursion N P Q <= (2 * N + 1) * peak N P Q.
  Proof.
    assert (below : sum N (fun i => height P Q (S i)) <= N * peak N P Q).
    { rewrite <- sum_const. apply sum_le. intros i lt. apply peak_ge. lia. }
    change (1 + 2 * sum N (fun i => height P Q (S i)) <= (2 * N + 1) * peak N P Q). pose proof peak_ge_1. lra.
  Qed.

  Lemma entries_le : entries N P Q <= (N + 1) * trap N P Q.
  Proof.
    assert (below : sum N (odds P Q) <= N * trap N P Q) by (rewrite <- sum_const; apply sum_le; exact trap_ge).
    change (1 + sum N (odds P Q) <= (N + 1) * trap N P Q). pose proof trap_ge_1. lra.
  Qed.

  (** beta_x is a sum of 2x products of rows, each at most M over the height at x. *)
  Lemma beta_le x : (x <= N)%nat -> 0 <= beta P Q x <= 2 * x * peak N P Q * depth P Q x.
  Proof.
    induction x as [|x IH]; intros below; [simpl; lra|]. destruct IH as [nonneg le]; [lia|].
    destruct (height_depth x) as (h & d & one); [lia|]. destruct (height_depth (S x)) as (h' & d' & one'); [lia|].
    assert (s_pos : 0 < Q (S x) / P (S x)) by (destruct (prob x below) as [[] []]; now apply Rdiv_lt_0_compat).
    assert (next : depth P Q (S x) = depth P Q x * (Q (S x) / P (S x))) by reflexivity.
    pose proof (peak_ge x ltac:(lia)) as top. pose proof (peak_ge (S x) below) as top'.
    rewrite S_INR. cbn [beta]. set (s := Q (S x) / P (S x)) in *. set (M := peak N P Q) in *.
    assert (here : 1 <= M * depth P Q (S x)) by (rewrite <- one'; apply Rmult_le_compat_r; lra).
    assert (before : s <= M * depth P Q (S x)).
    { rewrite next. replace s with (height P Q x * depth P Q x * s) at 1 by (rewrite one; ring).
      rewrite Rmult_assoc. apply Rmult_le_compat_r; [|lra]. apply Rmult_le_pos; lra. }
    assert (rest : s * beta P Q x <= s * (2 * x * M * depth P Q x)) by (apply Rmult_le_compat_l; lra).
    assert (0 <= s * beta P Q x) by (apply Rmult_le_pos; lra).
    split; [lra|]. replace (s * (2 * x * M * depth P Q x)) with (2 * x * M * depth P Q (S x)) in rest
      by (rewrite next; ring). lra.
  Qed.

  Lemma lasting_between : 0 <= lasting N P Q <= N * ((2 * N + 2) * (peak N P Q * trap N P Q)).
  Proof.
    pose proof peak_ge_1 as peak_1. pose proof trap_ge_1 as trap_1.
    assert (terms : forall x, (x < N)%nat ->
      0 <= (1 + (1 - P (S x)) * beta P Q x) / P (S x) <= (2 * N + 2) * (peak N P Q * trap N P Q)).
    { intros x below. destruct (beta_le x) as [nonneg le]; [lia|]. destruct (height_depth x) as (h & d & one); [lia|].
      pose proof (trap_ge x below) as least. pose proof (odds_nonneg x below) as odds_pos.
      pose proof (peak_ge x ltac:(lia)) as top. destruct (prob x below) as [[p_pos p_le] _].
      set (M := peak N P Q) in *. set (m := trap N P Q) in *.
      assert (kappa_pos : 0 <= (1 - P (S x)) / P (S x)).
      { apply Rmult_le_pos; [lra|]. left. now apply Rinv_0_lt_compat. }
      assert (term : (1 + (1 - P (S x)) * beta P Q x) / P (S x) =
                     1 + (1 - P (S x)) / P (S x) + (1 - P (S x)) / P (S x) * beta P Q x) by (field; lra).
      assert (kappa : (1 - P (S x)) / P (S x) = height P Q x * odds P Q x).
      { unfold odds. set (k := (1 - P (S x)) / P (S x)).
        replace (height P Q x * (k * depth P Q x)) with (height P Q x * depth P Q x * k) by ring. rewrite one. ring. }
      rewrite term. set (k := (1 - P (S x)) / P (S x)) in *.
      assert (one_le : 1 <= M * m) by (replace 1 with (1 * 1) by ring; apply Rmult_le_compat; lra).
      assert (k_le : k <= M * m) by (rewrite kappa; apply Rmult_le_compat; lra).
      assert (k_beta : k * beta P Q x <= 2 * x * (M * m)).
      { apply Rle_trans with (k * (2 * x * M * depth P Q x)); [now apply Rmult_le_compat_l|].
        replace (k * (2 * x * M * depth P Q x)) with (2 * x * (M * odds P Q x)) by (unfold odds; fold k; ring).
        pose proof (pos_INR x). apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; lra. }
      assert (0 <= k * beta P Q x) by (apply Rmult_le_pos; lra).
      assert (x_N : x <= N) by (apply nat_ge; lia).
      assert (2 * x * (M * m) <= 2 * N * (M * m)) by (apply Rmult_le_compat_r; lra).
      split; lra. }
    split.
    - apply sum_nonneg. intros x below. now apply terms.
    - rewrite <- sum_const. apply sum_le. intros x below. now apply terms.
  Qed.
End Rows.

(** ** The cost *)

(** H is at least (W-1) E Z. *)
Theorem potential_lower (W K t : nat) (P Q : nat -> R) (H : R) : (2 <= W)%nat -> (1 <= K)%nat -> (t < W)%nat ->
  rows (2 * K) P Q -> tied_steps W K t P Q H -> (W - 1) * (peak (2 * K) P Q * trap (2 * K) P Q) <= H.
Proof.
  intros forks _ small prob sol. apply tied_steps_iff in sol; try assumption. rewrite sol. unfold tied.
  set (N := (2 * K)%nat) in *. apply nat_ge_2 in forks.
  pose proof (excursion_ge N P Q prob) as E_ge. pose proof (entries_ge N P Q prob) as Z_ge.
  pose proof (peak_ge_1 N P Q) as M_1. pose proof (trap_ge_1 N P Q) as m_1.
  destruct (lasting_between N P Q prob) as [Y_pos _].
  assert (product : peak N P Q * trap N P Q <= excursion N P Q * entries N P Q) by (apply Rmult_le_compat; lra).
  assert ((W - 1) * (peak N P Q * trap N P Q) <= (W - 1) * (excursion N P Q * entries N P Q)).
  { apply Rmult_le_compat_l; lra. }
  assert (0 <= W * entries N P Q) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem potential_upper (W K t : nat) (P Q : nat -> R) (H : R) : (2 <= W)%nat -> (1 <= K)%nat -> (t < W)%nat ->
  rows (2 * K) P Q -> tied_steps W K t P Q H ->
  H <= 2 * W * (2 * K + 1) ^ 2 * (peak (2 * K) P Q * trap (2 * K) P Q).
Proof.
  intros forks _ small prob sol. apply tied_steps_iff in sol; try assumption. rewrite sol. unfold tied. clear sol.
  rewrite <- (nat_double K). set (N := (2 * K)%nat) in *. apply nat_ge_2 in forks. pose proof (pos_INR N) as N_pos.
  pose proof (excursion_le N P Q) as E_le. pose proof (entries_le N P Q) as Z_le.
  pose proof (entries_ge N P Q prob) as Z_ge. pose proof (peak_ge_1 N P Q) as M_1. pose proof (trap_ge_1 N P Q) as m_1.
  destruct (lasting_between N P Q prob) as [_ Y_le].
  set (M := peak N P Q) in *. set (m := trap N P Q) in *.
  assert (first : W + (W - 1) * excursion N P Q <= (W + (W - 1) * (2 * N + 1)) * M).
  { assert ((W - 1) * excursion N P Q <= (W - 1) * ((2 * N + 1) * M)) by (apply Rmult_le_compat_l; lra).
    assert (W * 1 <= W * M) by (apply Rmult_le_compat_l; lra). lra. }
  assert (first_pos : 0 <= (W + (W - 1) * (2 * N + 1)) * M).
  { assert (0 <= (W - 1) * (2 * N + 1)) by (apply Rmult_le_pos; lra). apply Rmult_le_pos; lra. }
  assert (main : (W + (W - 1) * excursion N P Q) * entries N P Q <= (W + (W - 1) * (2 * N + 1)) * M * ((N + 1) * m)).
  { apply Rle_trans with ((W + (W - 1) * (2 * N + 1)) * M * entries N P Q).
    - apply Rmult_le_compat_r; lra.
    - apply Rmult_le_compat_l; lra. }
  assert (Mm : 0 <= M * m) by (apply Rmult_le_pos; lra).
  assert (0 <= (N + 1) * (M * m)) by (apply Rmult_le_pos; lra). lra.
Qed.
