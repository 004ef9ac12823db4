(** The walk in the maze: Bellman equations of the whole chain, their unique solution, and its closed expression.

    Setting. W branches leave the fork; in each a walker meets N = 2K nodes, numbered 1 .. N away from the fork, and
    then a leaf. At node x of branch i it persists with probability P i x when it moves away from the fork, with
    Q i x when it moves towards it, and otherwise turns round. A wrong leaf reflects it, the leaf of branch t is the
    target, the fork draws a branch uniformly. A step is an edge crossed.

    The unknowns are costs-to-go, in steps: A i x at node x of branch i moving away (x = N+1: at the leaf), B i x
    moving towards the fork (x = 0: at the fork), H at the fork. *)

From Backtrack Require Export Sums.
Open Scope R_scope.

Section Branch.
  Variables (N : nat) (P Q A B : nat -> R).

  (** The equations at the nodes of one branch. *)
  Definition inside : Prop :=
    forall x, (x < N)%nat ->
      A (S x) = 1 + P (S x) * A (S (S x)) + (1 - P (S x)) * B x /\
      B (S x) = 1 + Q (S x) * B x + (1 - Q (S x)) * A (S (S x)).
End Branch.

(** The equations of the whole chain. *)
Definition bellman (W N t : nat) (P Q : nat -> nat -> R) (H : R) (A B : nat -> nat -> R) : Prop :=
  (forall i, (i < W)%nat -> inside N (P i) (Q i) (A i) (B i)) /\
  (forall i, (i < W)%nat -> B i O = H) /\
  (forall i, (i < W)%nat -> i <> t -> A i (S N) = 1 + B i N) /\
  A t (S N) = 0 /\
  H = 1 + sum W (fun i => A i 1%nat) / W.

(** H solves them together with some costs of the other states. *)
Definition steps (W N t : nat) (P Q : nat -> nat -> R) (H : R) : Prop :=
  exists A B, bellman W N t P Q H A B.

(** Rows are probabilities that are not zero. *)
Definition row (p : R) : Prop := 0 < p <= 1.
Definition rows (N : nat) (P Q : nat -> R) : Prop := forall x, (x < N)%nat -> row (P (S x)) /\ row (Q (S x)).

(** E = 1 + 2 sum_{n=1}^N prod_{i<=n} r_i, r_x = P_x/Q_x: an excursion into a wrong branch, from node 1 to the fork. *)
Definition excursion (N : nat) (P Q : nat -> R) : R :=
  1 + 2 * sum N (fun n => prod (S n) (fun i => P (S i) / Q (S i))).

(** Z = 1 + sum_x ((1-P_x)/P_x) prod_{i<x} s_i, s_x = Q_x/P_x: 1/Z is the chance that an entry ends at the leaf. *)
Definition entries (N : nat) (P Q : nat -> R) : R :=
  1 + sum N (fun x => (1 - P (S x)) / P (S x) * prod x (fun i => Q (S i) / P (S i))).

(** beta_0 = 0, beta_x = 1 + s_x (1 + beta_{x-1}). *)
Fixpoint beta (P Q : nat -> R) (x : nat) : R :=
  match x with O => 0 | S y => 1 + Q (S y) / P (S y) * (1 + beta P Q y) end.

(** Y = sum_x (1 + (1-P_x) beta_{x-1})/P_x; Y/Z is the expected length of an entry, until the leaf or the fork. *)
Definition lasting (N : nat) (P Q : nat -> R) : R :=
  sum N (fun x => (1 + (1 - P (S x)) * beta P Q x) / P (S x)).

(** H = (W + sum of E over the wrong branches) Z + Y. *)
Definition hitting (W N t : nat) (P Q : nat -> nat -> R) : R :=
  (W + sum_but t W (fun i => excursion N (P i) (Q i))) * entries N (P t) (Q t) + lasting N (P t) (Q t).

(** ** One branch, the leaf left open *)

Section Across.
  Variables (N : nat) (P Q A B : nat -> R).
  Hypothesis P_nz : forall x, (x < N)%nat -> P (S x) <> 0.
  Hypothesis Q_nz : forall x, (x < N)%nat -> Q (S x) <> 0.
  Hypothesis inner : inside N P Q A B.

  (** The difference across an edge: D_x = A_{x+1} - B_x. *)
  Definition D (x : nat) : R := A (S x) - B x.

  (** The step behind all formulas: D_{x-1} = 1 + P_x T_x and D_x = Q_x T_x - 1, T_x = A_{x+1} - B_{x-1}. *)
  Lemma across x : (x < N)%nat ->
    D x = 1 + P (S x) * (A (S (S x)) - B x) /\ D (S x) = Q (S x) * (A (S (S x)) - B x) - 1.
  Proof.
    intros below. destruct (inner x below) as [away back]. unfold D. rewrite away, back. split; ring.
  Qed.

  Lemma difference_inwards x : (x < N)%nat -> D x = 1 + P (S x) / Q (S x) * (1 + D (S x)).
  Proof.
    intros below. destruct (across x below) as [-> ->]. field. now apply Q_nz.
  Qed.

  Lemma difference_outwards x : (x < N)%nat -> - D (S x) = 1 + Q (S x) / P (S x) * (1 - D x).
  Proof.
    intros below. destruct (across x below) as [-> ->]. field. now apply P_nz.
  Qed.

  (** Outwards from the fork, the difference is affine in its first value. *)
  Lemma difference_affine x : (x <= N)%nat ->
    - D x = - D 0 * prod x (fun i => Q (S i) / P (S i)) + beta P Q x.
  Proof.
    induction x as [|x IH]; intros below; simpl; [ring|].
    rewrite difference_outwards by lia. replace (1 - D x) with (1 + - D x) by ring. rewrite IH by lia. ring.
  Qed.

  (** What is paid on the way from node 1 to the leaf. *)
  Lemma way_out x : (x <= N)%nat ->
    A 1%nat - A (S x) =
      - D 0 * sum x (fun x => (1 - P (S x)) / P (S x) * prod x (fun i => Q (S i) / P (S i))) +
      sum x (fun x => (1 + (1 - P (S x)) * beta P Q x) / P (S x)).
  Proof.
    induction x as [|x IH]; intros below; simpl; [ring|].
    assert (nz : P (S x) <> 0) by (apply P_nz; lia).
    replace (A 1%nat - A (S (S x))) with ((A 1%nat - A (S x)) + (A (S x) - A (S (S x)))) by ring.
    rewrite IH by lia.
    assert (jump : A (S x) - A (S (S x)) = (1 + (1 - P (S x)) * - D x) / P (S x)).
    { destruct (inner x) as [away _]; [lia|]. destruct (across x) as [d _]; [lia|].
      rewrite d, away. field. exact nz. }
    rewrite jump, (difference_affine x) by lia. field. exact nz.
  Qed.

  (** The cost at the fork over the cost at the leaf, in terms of G = B_0 - A_1. *)
  Lemma fork_over_leaf : B 0%nat - A (S N) = (B 0%nat - A 1%nat) * entries N P Q + lasting N P Q.
  Proof.
    pose proof (way_out N (le_n N)) as way. unfold entries, lasting, D in *. lra.
  Qed.
End Across.

(** ** Excursions *)

(** E by its recursion from the far end, the form in which the equations give it. *)
Lemma excursion_S N P Q :
  excursion (S N) P Q = 1 + P 1%nat / Q 1%nat * (1 + excursion N (fun x => P (S x)) (fun x => Q (S x))).
Proof.
  unfold excursion. rewrite sum_first. rewrite (prod_first 0). change (prod 0 _) with 1.
  rewrite (sum_ext N _ (fun n => P 1%nat / Q 1%nat * prod (S n) (fun i => P (S (S i)) / Q (S (S i))))).
  - rewrite sum_scale. ring.
  - intros n _. now rewrite prod_first.
Qed.

Lemma excursion_is N P Q A B :
  (forall x, (x < N)%nat -> Q (S x) <> 0) -> inside N P Q A B -> A (S N) = 1 + B N ->
  A 1%nat - B 0%nat = excursion N P Q.
Proof.
  revert P Q A B. induction N as [|N IH]; intros P Q A B nz inner leaf.
  - unfold excursion. simpl. rewrite leaf. ring.
  - rewrite excursion_S.
    rewrite <- (IH _ _ (fun x => A (S x)) (fun x => B (S x))).
    + pose proof (difference_inwards (S N) P Q A B nz inner 0) as first. unfold D in first.
      rewrite first by lia. ring.
    + intros x below. apply nz. lia.
    + intros x below. apply inner. lia.
    + exact leaf.
Qed.

(** ** The whole chain: any solution is the formula *)

Lemma fork_sum W N t P Q H A B : (t < W)%nat -> bellman W N t P Q H A B ->
  (forall i, (i < W)%nat -> forall x, (x < N)%nat -> Q i (S x) <> 0) ->
  H - A t 1%nat = W + sum_but t W (fun i => excursion N (P i) (Q i)).
Proof.
  intros small (inner & fork & wrong & goal & mean) nz.
  assert (W_nz : INR W <> 0) by (apply not_0_INR; lia).
  assert (total : W * H = W + sum W (fun i => A i 1%nat)).
  { rewrite mean at 1. field. exact W_nz. }
  rewrite (sum_but_split t) in total by exact small.
  rewrite (sum_but_ext t W _ (fun i => H + excursion N (P i) (Q i))) in total.
  2:{ intros i below other. rewrite <- (excursion_is N (P i) (Q i) (A i) (B i)); auto.
      rewrite fork by exact below. ring. }
  assert (split : sum_but t W (fun i => H + excursion N (P i) (Q i)) =
                  (W - 1) * H + sum_but t W (fun i => excursion N (P i) (Q i))).
  { rewrite <- (sum_but_const t W H small). unfold sum_but. rewrite <- sum_plus. apply sum_ext.
    intros i _. destruct (Nat.eqb i t); ring. }
  rewrite split in total. lra.
Qed.

Theorem hitting_unique W N t P Q H A B : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  bellman W N t P Q H A B -> H = hitting W N t P Q.
Proof.
  intros small prob sol. unfold hitting.
  assert (Q_nz : forall i, (i < W)%nat -> forall x, (x < N)%nat -> Q i (S x) <> 0).
  { intros i below x inb. destruct (prob i below x inb) as [_ []]. lra. }
  rewrite <- (fork_sum W N t P Q H A B) by assumption.
  destruct sol as (inner & fork & wrong & goal & mean).
  pose proof (fork_over_leaf N (P t) (Q t) (A t) (B t)) as over.
  rewrite goal, (fork t small) in over. rewrite <- over; [ring| |now apply inner].
  intros x inb. destruct (prob t small x inb) as [[] _]. lra.
Qed.

(** ** The whole chain: the formula is a solution *)

(** Costs that have the differences d, from h at the fork. *)
Fixpoint back_costs (Q d : nat -> R) (h : R) (x : nat) : R :=
  match x with O => h | S y => back_costs Q d h y + (1 + d (S y)) / Q (S y) - d (S y) end.

Definition out_costs (Q d : nat -> R) (h : R) (x : nat) : R :=
  match x with O => 0 | S y => back_costs Q d h y + d y end.

Lemma inside_of_differences N P Q d h :
  (forall x, (x < N)%nat -> Q (S x) <> 0) ->
  (forall x, (x < N)%nat -> d x = 1 + P (S x) / Q (S x) * (1 + d (S x))) ->
  inside N P Q (out_costs Q d h) (back_costs Q d h).
Proof.
  intros nz recursion x below. specialize (nz x below). specialize (recursion x below). simpl.
  split; [rewrite recursion|]; field; exact nz.
Qed.

(** D of a wrong branch, from the far end. *)
Definition wrong_difference (N : nat) (P Q : nat -> R) (x : nat) : R :=
  excursion (N - x) (fun y => P (x + y)%nat) (fun y => Q (x + y)%nat).

Lemma excursion_ext N P Q P' Q' :
  (forall x, (x < N)%nat -> P (S x) = P' (S x) /\ Q (S x) = Q' (S x)) -> excursion N P Q = excursion N P' Q'.
Proof.
  intros same. unfold excursion. f_equal. f_equal. apply sum_ext. intros n below.
  apply prod_ext. intros i inb. destruct (same i) as [-> ->]; [lia|reflexivity].
Qed.

Lemma wrong_difference_S N P Q x : (x < N)%nat ->
  wrong_difference N P Q x = 1 + P (S x) / Q (S x) * (1 + wrong_difference N P Q (S x)).
Proof.
  intros below. unfold wrong_difference. replace (N - x)%nat with (S (N - S x)) by lia.
  rewrite excursion_S. replace (x + 1)%nat with (S x) by lia. do 2 f_equal. f_equal.
  apply excursion_ext. intros y _. rewrite Nat.add_succ_comm. split; reflexivity.
Qed.

(** D of the target's branch, from the fork. *)
Definition goal_difference (P Q : nat -> R) (G : R) (x : nat) : R :=
  - (G * prod x (fun i => Q (S i) / P (S i)) + beta P Q x).

Lemma goal_difference_S N P Q G x : rows N P Q -> (x < N)%nat ->
  goal_difference P Q G x = 1 + P (S x) / Q (S x) * (1 + goal_difference P Q G (S x)).
Proof.
  intros prob below. destruct (prob x below) as [[] []]. unfold goal_difference. simpl. field. lra.
Qed.

Lemma goal_leaf N P Q G h : rows N P Q ->
  out_costs Q (goal_difference P Q G) h (S N) = h - (G * entries N P Q + lasting N P Q).
Proof.
  intros prob.
  assert (P_nz : forall x, (x < N)%nat -> P (S x) <> 0) by (intros x below; destruct (prob x below) as [[] []]; lra).
  assert (Q_nz : forall x, (x < N)%nat -> Q (S x) <> 0) by (intros x below; destruct (prob x below) as [[] []]; lra).
  pose proof (inside_of_differences N P Q (goal_difference P Q G) h Q_nz
                (fun x below => goal_difference_S N P Q G x prob below)) as inner.
  pose proof (fork_over_leaf N P Q _ _ P_nz inner) as over.
  assert (G_is : back_costs Q (goal_difference P Q G) h 0 - out_costs Q (goal_difference P Q G) h 1 = G).
  { unfold out_costs, goal_difference. simpl. ring. }
  rewrite G_is in over. simpl (back_costs Q _ h 0) in over. lra.
Qed.

Definition solution_D (W N t : nat) (P Q : nat -> nat -> R) (i : nat) : nat -> R :=
  if Nat.eqb i t
  then goal_difference (P t) (Q t) (W + sum_but t W (fun i => excursion N (P i) (Q i)))
  else wrong_difference N (P i) (Q i).

Theorem hitting_exists W N t P Q : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) -> steps W N t P Q (hitting W N t P Q).
Proof.
  intros small prob. set (H := hitting W N t P Q).
  exists (fun i => out_costs (Q i) (solution_D W N t P Q i) H).
  exists (fun i => back_costs (Q i) (solution_D W N t P Q i) H).
  assert (Q_nz : forall i, (i < W)%nat -> forall x, (x < N)%nat -> Q i (S x) <> 0).
  { intros i inb x below. destruct (prob i inb x below) as [_ []]. lra. }
  split; [|split; [|split; [|split]]].
  - intros i inb. apply inside_of_differences; [now apply Q_nz|]. intros y below. unfold solution_D.
    destruct (Nat.eqb_spec i t) as [->|other]; [apply (goal_difference_S N); auto|now apply wrong_difference_S].
  - reflexivity.
  - intros i inb other. simpl. unfold solution_D. destruct (Nat.eqb_spec i t); [contradiction|].
    unfold wrong_difference at 2. rewrite Nat.sub_diag. unfold excursion. simpl. ring.
  - unfold solution_D. rewrite Nat.eqb_refl. rewrite (goal_leaf N (P t)) by (now apply prob).
    unfold H, hitting. ring.
  - assert (W_nz : INR W <> 0) by (apply not_0_INR; lia).
    rewrite (sum_but_split t) by exact small.
    rewrite (sum_but_ext t W _ (fun i => H + excursion N (P i) (Q i))).
    2:{ intros i inb other. simpl. unfold solution_D. destruct (Nat.eqb_spec i t); [contradiction|].
        unfold wrong_difference. rewrite Nat.sub_0_r. reflexivity. }
    assert (split : sum_but t W (fun i => H + excursion N (P i) (Q i)) =
                    (W - 1) * H + sum_but t W (fun i => excursion N (P i) (Q i))).
    { rewrite <- (sum_but_const t W H small). unfold sum_but. rewrite <- sum_plus. apply sum_ext.
      intros i _. destruct (Nat.eqb i t); ring. }
    rewrite split. simpl. unfold solution_D. rewrite Nat.eqb_refl. unfold goal_difference. simpl. field. exact W_nz.
Qed.

(** The equations have exactly one H, for every policy with rows in (0, 1]. *)
Theorem steps_iff W N t P Q H : (t < W)%nat -> (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  (steps W N t P Q H <-> H = hitting W N t P Q).
Proof.
  intros small prob. split; [intros (A & B & sol); eapply hitting_unique; eassumption|].
  intros ->. now apply hitting_exists.
Qed.

(** ** Every other state's cost is determined, too *)

Lemma inside_determined N P Q A B A' B' : rows N P Q -> inside N P Q A B -> inside N P Q A' B' ->
  B O = B' O -> A 1%nat = A' 1%nat ->
  forall x, (x <= N)%nat -> B x = B' x /\ A (S x) = A' (S x).
Proof.
  intros prob inner inner' first second. induction x as [|x IH]; intros below; [now split|].
  destruct IH as [b a]; [lia|]. destruct (prob x) as [[] []]; [lia|].
  destruct (inner x) as [e f]; [lia|]. destruct (inner' x) as [e' f']; [lia|].
  assert (same : P (S x) * A (S (S x)) = P (S x) * A' (S (S x))) by (rewrite <- b in e'; lra).
  apply Rmult_eq_reg_l in same; [|lra]. rewrite f, f', b, same. now split.
Qed.

Theorem bellman_unique W N t P Q H A B H' A' B' : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  bellman W N t P Q H A B -> bellman W N t P Q H' A' B' ->
  H = H' /\ forall i x, (i < W)%nat -> (x <= N)%nat -> B i x = B' i x /\ A i (S x) = A' i (S x).
Proof.
  intros small prob sol sol'.
  assert (same : H = H').
  { rewrite (hitting_unique W N t P Q H A B), (hitting_unique W N t P Q H' A' B'); auto. }
  split; [exact same|]. subst H'. intros i x inb below.
  assert (Q_nz : forall i, (i < W)%nat -> forall x, (x < N)%nat -> Q i (S x) <> 0).
  { intros j inj y iny. destruct (prob j inj y iny) as [_ []]. lra. }
  pose proof (fork_sum W N t P Q H A B small sol Q_nz) as out.
  pose proof (fork_sum W N t P Q H A' B' small sol' Q_nz) as out'.
  destruct sol as (inner & fork & wrong & goal & mean). destruct sol' as (inner' & fork' & wrong' & goal' & mean').
  apply (inside_determined N (P i) (Q i)); auto; [now rewrite fork, fork'|].
  destruct (Nat.eq_dec i t) as [->|other]; [lra|].
  pose proof (excursion_is N (P i) (Q i) (A i) (B i) (Q_nz i inb) (inner i inb) (wrong i inb other)) as e.
  pose proof (excursion_is N (P i) (Q i) (A' i) (B' i) (Q_nz i inb) (inner' i inb) (wrong' i inb other)) as e'.
  rewrite fork in e by exact inb. rewrite fork' in e' by exact inb. lra.
Qed.
