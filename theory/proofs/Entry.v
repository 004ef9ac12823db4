(** One branch by itself: the differences across its edges, an excursion into it, an entry that ends at its leaf.

    Setting and equations as in Walk.v, with the fork as an end: a walker that is back at the fork stops there. Stands
    on Walk.v. Each theorem says that the equations have exactly one solution at the state it speaks of. *)

From Backtrack Require Export Families.
Open Scope R_scope.

Lemma rows_nz N P Q : rows N P Q -> forall x, (x < N)%nat -> P (S x) <> 0 /\ Q (S x) <> 0.
Proof. intros prob x below. destruct (prob x below) as [[] []]. lra. Qed.

(** ** Excursions *)

(** The branch is wrong: its leaf reflects. D_x = A_{x+1} - B_x is 1 + 2 (the sum over the nodes beyond x), and obeys
    D_N = 1, D_{x-1} = 1 + r_x (1 + D_x). *)
Theorem difference_recursion (N : nat) (P Q A B : nat -> R) (x : nat) : (x <= N)%nat -> rows N P Q ->
  inside N P Q A B -> A (S N) = 1 + B N ->
  A (S x) - B x = wrong_difference N P Q x /\ wrong_difference N P Q N = 1 /\
  forall y, (y < N)%nat -> wrong_difference N P Q y = 1 + P (S y) / Q (S y) * (1 + wrong_difference N P Q (S y)).
Proof.
  intros below prob inner leaf. split; [|split].
  - unfold wrong_difference.
    rewrite <- (excursion_is (N - x) _ _ (fun y => A (x + y)%nat) (fun y => B (x + y)%nat)).
    + now replace (x + 1)%nat with (S x) by lia; rewrite Nat.add_0_r.
    + intros y small. rewrite Nat.add_succ_r. apply (rows_nz N P Q prob). lia.
    + intros y small. rewrite !Nat.add_succ_r. apply inner. lia.
    + rewrite Nat.add_succ_r. now replace (x + (N - x))%nat with N by lia.
  - unfold wrong_difference. rewrite Nat.sub_diag. unfold excursion. simpl. ring.
  - intros y small. now apply wrong_difference_S.
Qed.

(** From node 1 until the fork, B_0 = 0. *)
Theorem excursion_steps (N : nat) (P Q : nat -> R) (E : R) : rows N P Q ->
  ((exists A B, inside N P Q A B /\ A (S N) = 1 + B N /\ B O = 0 /\ E = A 1%nat) <-> E = excursion N P Q).
Proof.
  intros prob. split.
  - intros (A & B & inner & leaf & fork & ->).
    rewrite <- (excursion_is N P Q A B); try assumption; [lra|]. intros x below. now apply (rows_nz N P Q).
  - intros ->. exists (out_costs Q (wrong_difference N P Q) 0), (back_costs Q (wrong_difference N P Q) 0).
    split; [|split; [|split]].
    + apply inside_of_differences; [intros x below; now apply (rows_nz N P Q)|].
      intros x below. now apply wrong_difference_S.
    + simpl. unfold wrong_difference at 2. rewrite Nat.sub_diag. unfold excursion. simpl. ring.
    + reflexivity.
    + simpl. unfold wrong_difference. rewrite Nat.sub_0_r. fold (excursion N P Q).
      change (fun y => P (0 + y)%nat) with P. change (fun y => Q (0 + y)%nat) with Q. ring.
Qed.

(** ** Entries into the target's branch *)

(** Chances to end at the leaf: the equations without a cost, 1 at the leaf, 0 at the fork. *)
Definition chances (N : nat) (P Q A B : nat -> R) : Prop :=
  (forall x, (x < N)%nat ->
     A (S x) = P (S x) * A (S (S x)) + (1 - P (S x)) * B x /\
     B (S x) = Q (S x) * B x + (1 - Q (S x)) * A (S (S x))) /\
  A (S N) = 1 /\ B O = 0.

Fixpoint back_chances (P Q : nat -> R) (R0 : R) (x : nat) : R :=
  match x with
  | O => 0
  | S y => back_chances P Q R0 y + R0 * prod y (fun i => Q (S i) / P (S i)) / P (S y)
           - R0 * prod (S y) (fun i => Q (S i) / P (S i))
  end.

Definition out_chances (P Q : nat -> R) (R0 : R) (x : nat) : R :=
  match x with O => 0 | S y => back_chances P Q R0 y + R0 * prod y (fun i => Q (S i) / P (S i)) end.

(** The differences are D_x = D_0 prod_{i<=x} s_i, and A_{x+1} - A_x = ((1-P_x)/P_x) D_{x-1}: so 1 = A_1 Z. *)
Lemma chance_out N P Q A B : rows N P Q ->
  (forall x, (x < N)%nat ->
     A (S x) = P (S x) * A (S (S x)) + (1 - P (S x)) * B x /\
     B (S x) = Q (S x) * B x + (1 - Q (S x)) * A (S (S x))) ->
  forall x, (x <= N)%nat ->
  A (S x) - B x = (A 1%nat - B 0%nat) * prod x (fun i => Q (S i) / P (S i)) /\
  A (S x) = A 1%nat + (A 1%nat - B 0%nat) *
    sum x (fun x => (1 - P (S x)) / P (S x) * prod x (fun i => Q (S i) / P (S i))).
Proof.
  intros prob inner. induction x as [|x IH]; intros below; [simpl; split; ring|].
  destruct IH as [d a]; [lia|]. destruct (prob x) as [[] []]; [lia|]. destruct (inner x) as [e f]; [lia|].
  assert (jump : A (S (S x)) - B x = (A (S x) - B x) / P (S x)) by (rewrite e; field; lra).
  cbn [sum prod]. split.
  - replace (A (S (S x)) - B (S x)) with (Q (S x) * (A (S (S x)) - B x)) by (rewrite f; ring).
    rewrite jump, d. field. lra.
  - replace (A (S (S x))) with (A (S x) + (1 - P (S x)) * (A (S (S x)) - B x)) by (rewrite e; ring).
    rewrite jump, d, a. field. lra.
Qed.

Theorem entry_success (N : nat) (P Q : nat -> R) (p : R) : rows N P Q ->
  ((exists A B, chances N P Q A B /\ p = A 1%nat) <-> p = / entries N P Q).
Proof.
  intros prob. pose proof (entries_pos N P Q prob) as big. split.
  - intros (A & B & (inner & leaf & fork) & ->). destruct (chance_out N P Q A B prob inner N (le_n N)) as [_ a].
    rewrite leaf, fork in a. assert (one : A 1%nat * entries N P Q = 1) by (unfold entries; lra).
    apply (Rmult_eq_reg_r (entries N P Q)); [|lra]. rewrite one. field. lra.
  - intros ->. exists (out_chances P Q (/ entries N P Q)), (back_chances P Q (/ entries N P Q)).
    assert (inner : forall x, (x < N)%nat ->
      out_chances P Q (/ entries N P Q) (S x) =
        P (S x) * out_chances P Q (/ entries N P Q) (S (S x)) + (1 - P (S x)) * back_chances P Q (/ entries N P Q) x /\
      back_chances P Q (/ entries N P Q) (S x) =
        Q (S x) * back_chances P Q (/ entries N P Q) x +
        (1 - Q (S x)) * out_chances P Q (/ entries N P Q) (S (S x))).
    { intros x below. destruct (prob x below) as [[] []]. cbn [out_chances back_chances prod]. split; field; lra. }
    split; [split; [exact inner|split; [|reflexivity]]|simpl; ring].
    destruct (chance_out N P Q _ _ prob inner N (le_n N)) as [_ a]. rewrite a. simpl. unfold entries in *.
    set (Z := sum N _) in *. field. lra.
Qed.

(** Steps of an entry, from node 1 until the leaf or the fork: both are ends. *)
Theorem entry_length (N : nat) (P Q : nat -> R) (h : R) : rows N P Q ->
  ((exists A B, inside N P Q A B /\ A (S N) = 0 /\ B O = 0 /\ h = A 1%nat) <->
   h = lasting N P Q / entries N P Q).
Proof.
  intros prob. pose proof (entries_pos N P Q prob) as big. split.
  - intros (A & B & inner & leaf & fork & ->).
    pose proof (fork_over_leaf N P Q A B) as over. rewrite leaf, fork in over.
    assert (same : 0 - 0 = (0 - A 1%nat) * entries N P Q + lasting N P Q).
    { apply over; [|exact inner]. intros x below. now apply (rows_nz N P Q). }
    apply (Rmult_eq_reg_r (entries N P Q)); [|lra]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  - intros ->. set (G := - (lasting N P Q / entries N P Q)).
    exists (out_costs Q (goal_difference P Q G) 0), (back_costs Q (goal_difference P Q G) 0).
    split; [|split; [|split]].
    + apply inside_of_differences; [intros x below; now apply (rows_nz N P Q)|].
      intros x below. now apply (goal_difference_S N).
    + rewrite goal_leaf by exact prob. unfold G. field. lra.
    + reflexivity.
    + simpl. unfold goal_difference, G. simpl. ring.
Qed.

(** ** The whole chain *)

Theorem hitting_time (W N t : nat) (P Q : nat -> nat -> R) (H : R) : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) -> (steps W N t P Q H <-> H = hitting W N t P Q).
Proof. exact (steps_iff W N t P Q H). Qed.
