(** What makes [steps] the expected number of steps, and not only a solution of equations.

    Setting. The chain of Walk.v, state by state, and T, the number of steps from the fork to the target. E[min(T, n)]
    and P(T > n) are those of Chain.v. Proved, for all rows in (0, 1]: E[min(T, n)] grows to [hitting], which is thus
    E[T]; [steps] says just that; the target is reached with probability 1. The reason: the equations' only solution is
    not negative. Stands on Walk.v and Chain.v. Not covered: rows that are 0, for which E[T] may be infinite. *)

From Backtrack Require Export Families Chain.
Open Scope R_scope.

(** ** The chain of Walk.v *)

(** Where a walker may be: at the fork; arrived at node x of branch i moving away from the fork (x = N+1: at the leaf);
    arrived there moving towards it. *)
Inductive place : Type := fork | away (i x : nat) | back (i x : nat).

(** Arrived at node x of branch i, moving towards the fork; node 0 is the fork itself. *)
Definition toward (i x : nat) : place := match x with O => fork | S _ => back i x end.

(** The moves from each: at the fork a branch drawn uniformly, at a wrong leaf the way back; elsewhere the walker
    persists with probability P or Q and otherwise turns round. *)
Definition walk_moves (W N : nat) (P Q : nat -> nat -> R) (s : place) : list (R * place) :=
  match s with
  | fork => map (fun i => (1 / W, away i 1)) (seq 0 W)
  | away i x => if Nat.eqb x (S N) then [(1, toward i N)]
                else [(P i x, away i (S x)); (1 - P i x, toward i (x - 1))]
  | back i x => [(Q i x, toward i (x - 1)); (1 - Q i x, away i (S x))]
  end.

(** The walk ends at the leaf of branch t. *)
Definition at_target (N t : nat) (s : place) : bool :=
  match s with away i x => Nat.eqb i t && Nat.eqb x (S N) | _ => false end.

(** The places there are. *)
Definition in_maze (W N : nat) (s : place) : bool :=
  match s with
  | fork => true
  | away i x => Nat.ltb i W && Nat.leb 1 x && Nat.leb x (S N)
  | back i x => Nat.ltb i W && Nat.leb 1 x && Nat.leb x N
  end.

(** E[min(T, n)] and P(T > n), T the number of steps from the fork to the target. *)
Definition capped_steps (W N t : nat) (P Q : nat -> nat -> R) (n : nat) : R :=
  capped place (walk_moves W N P Q) (at_target N t) n fork.
Definition still_walking (W N t : nat) (P Q : nat -> nat -> R) (n : nat) : R :=
  beyond place (walk_moves W N P Q) (at_target N t) n fork.

Lemma in_away W N i x : in_maze W N (away i x) = true <-> (i < W /\ 1 <= x <= S N)%nat.
Proof. cbn [in_maze]. rewrite !Bool.andb_true_iff, Nat.ltb_lt, !Nat.leb_le. lia. Qed.

Lemma in_back W N i x : in_maze W N (back i x) = true <-> (i < W /\ 1 <= x <= N)%nat.
Proof. cbn [in_maze]. rewrite !Bool.andb_true_iff, Nat.ltb_lt, !Nat.leb_le. lia. Qed.

Lemma in_toward W N i x : (i < W)%nat -> (x <= N)%nat -> in_maze W N (toward i x) = true.
Proof. intros below near. destruct x; [reflexivity|]. apply in_back. lia. Qed.

Lemma fork_mean W N P Q v : mean place (walk_moves W N P Q) v fork = sum W (fun i => v (away i 1%nat)) / W.
Proof. unfold mean. cbn [walk_moves]. rewrite uniform_total. unfold Rdiv. simpl (0 + _)%nat. ring. Qed.

Lemma walk_stochastic W N t P Q : (1 <= W)%nat -> (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  stochastic place (walk_moves W N P Q) (at_target N t) (in_maze W N).
Proof.
  intros some prob s ok go. destruct s as [|i x|i x].
  - split.
    + unfold mass. rewrite fork_mean, sum_const. field. apply not_0_INR. lia.
    + intros m inm. apply in_map_iff in inm. destruct inm as (i & <- & ini). apply in_seq in ini. split.
      * cbn [fst]. left. apply Rdiv_lt_0_compat; [lra|]. apply lt_0_INR. lia.
      * apply in_away. lia.
  - apply in_away in ok. unfold mass, mean, total. cbn [walk_moves]. destruct (Nat.eqb_spec x (S N)) as [->|inner].
    + simpl. split; [ring|]. intros m [<-|[]]. simpl. split; [lra|]. apply in_toward; lia.
    + destruct x as [|x]; [lia|]. destruct (prob i (proj1 ok) x) as [[p0 p1] _]; [lia|].
      simpl. rewrite Nat.sub_0_r. split; [ring|]. intros m [<-|[<-|[]]]; cbn [fst snd].
      * split; [lra|]. apply in_away. lia.
      * split; [lra|]. apply in_toward; lia.
  - apply in_back in ok. unfold mass, mean, total. cbn [walk_moves].
    destruct x as [|x]; [lia|]. destruct (prob i (proj1 ok) x) as [_ [q0 q1]]; [lia|].
    simpl. rewrite Nat.sub_0_r. split; [ring|]. intros m [<-|[<-|[]]]; cbn [fst snd].
    + split; [lra|]. apply in_toward; lia.
    + split; [lra|]. apply in_away. lia.
Qed.

(** A solution of the chain's equations is one of Walk.v's, and the other way round. *)
Lemma solves_bellman W N t P Q v : (t < W)%nat ->
  solves place (walk_moves W N P Q) (at_target N t) (in_maze W N) v ->
  bellman W N t P Q (v fork) (fun i x => v (away i x)) (fun i x => v (toward i x)).
Proof.
  intros small sol. split; [|split; [|split; [|split]]].
  - intros i below x inb. split.
    + rewrite (sol (away i (S x))) by (apply in_away; lia). unfold mean, total. simpl.
      destruct (Nat.eqb_spec x N); [lia|]. rewrite Bool.andb_false_r, Nat.sub_0_r. simpl. ring.
    + simpl (toward i (S x)). rewrite (sol (back i (S x))) by (apply in_back; lia). unfold mean, total. simpl.
      rewrite Nat.sub_0_r. ring.
  - reflexivity.
  - intros i below other. rewrite (sol (away i (S N))) by (apply in_away; lia). unfold mean, total. simpl.
    rewrite Nat.eqb_refl. destruct (Nat.eqb_spec i t); [contradiction|]. simpl. ring.
  - rewrite (sol (away t (S N))) by (apply in_away; lia). simpl. now rewrite !Nat.eqb_refl.
  - rewrite (sol fork) by reflexivity. simpl (at_target N t fork). cbv iota. rewrite fork_mean. reflexivity.
Qed.

Definition costs (H : R) (A B : nat -> nat -> R) (s : place) : R :=
  match s with fork => H | away i x => A i x | back i x => B i x end.

Lemma bellman_solves W N t P Q H A B : bellman W N t P Q H A B ->
  solves place (walk_moves W N P Q) (at_target N t) (in_maze W N) (costs H A B).
Proof.
  intros (inner & home & wrong & goal & first) s ok.
  assert (there : forall i x, (i < W)%nat -> costs H A B (toward i x) = B i x).
  { intros i [|x] below; [symmetry; now apply home|reflexivity]. }
  destruct s as [|i x|i x].
  - simpl at_target. cbv iota. rewrite fork_mean. exact first.
  - apply in_away in ok. destruct ok as [below [one last]]. unfold mean, total. cbn [walk_moves at_target costs].
    destruct (Nat.eqb_spec x (S N)) as [->|inb].
    + destruct (Nat.eqb_spec i t) as [->|other]; cbn [andb fold_right fst snd]; [exact goal|].
      rewrite there, (wrong i below other) by exact below. ring.
    + rewrite Bool.andb_false_r. destruct x as [|x]; [lia|]. cbn [fold_right fst snd costs].
      replace (S x - 1)%nat with x by lia. rewrite there by exact below.
      destruct (inner i below x) as [e _]; [lia|]. rewrite e at 1. ring.
  - apply in_back in ok. destruct ok as [below [one last]]. unfold mean, total. cbn [walk_moves at_target costs].
    destruct x as [|x]; [lia|]. cbn [fold_right fst snd costs]. replace (S x - 1)%nat with x by lia.
    rewrite there by exact below. destruct (inner i below x) as [_ e]; [lia|]. rewrite e at 1. ring.
Qed.

(** ** Costs are not negative *)

(** In a wrong branch D >= 1, and the cost of the way back rises by (1 + D)/Q - D >= 1 a node. *)
Lemma wrong_costs N P Q A B : rows N P Q -> inside N P Q A B -> A (S N) = 1 + B N -> 0 <= B O ->
  forall x, (x <= N)%nat -> 0 <= B x /\ 0 <= A (S x).
Proof.
  intros prob inner leaf home.
  assert (nz : forall x, (x < N)%nat -> Q (S x) <> 0) by (intros x below; destruct (prob x below) as [_ []]; lra).
  assert (D_ge : forall k, (k <= N)%nat -> 1 <= D A B (N - k)).
  { induction k as [|k IH]; intros small; [rewrite Nat.sub_0_r; unfold D; lra|].
    rewrite (difference_inwards N P Q A B nz inner) by lia.
    destruct (prob (N - S k)%nat) as [[p0 p1] [q0 q1]]; [lia|]. replace (S (N - S k)) with (N - k)%nat in * by lia.
    assert (1 <= D A B (N - k)) by (apply IH; lia).
    assert (0 <= P (N - k)%nat / Q (N - k)%nat * (1 + D A B (N - k))); [|lra].
    apply Rmult_le_pos; [|lra]. left. now apply Rdiv_lt_0_compat. }
  assert (D_ge_1 : forall x, (x <= N)%nat -> 1 <= D A B x).
  { intros x below. replace x with (N - (N - x))%nat by lia. apply D_ge. lia. }
  assert (B_pos : forall x, (x <= N)%nat -> 0 <= B x).
  { induction x as [|x IH]; intros below; [exact home|].
    assert (0 <= B x) by (apply IH; lia). assert (far : 1 <= D A B (S x)) by (apply D_ge_1; lia).
    destruct (across N P Q A B inner x) as [_ d]; [lia|]. destruct (prob x) as [_ [q0 q1]]; [lia|].
    assert (1 + D A B (S x) <= A (S (S x)) - B x).
    { rewrite d. set (T := A (S (S x)) - B x) in *.
      assert (0 <= T) by (apply Rmult_le_reg_l with (Q (S x)); lra).
      assert (Q (S x) * T <= 1 * T) by (apply Rmult_le_compat_r; lra). lra. }
    unfold D in *. lra. }
  intros x below. split; [now apply B_pos|]. specialize (B_pos x below). specialize (D_ge_1 x below).
  unfold D in D_ge_1. lra.
Qed.

(** In the target's branch the cost falls from node to node, to 0 at the target. *)
Lemma goal_costs N P Q A B : rows N P Q -> inside N P Q A B -> A (S N) = 0 -> 0 <= B O - A 1%nat ->
  forall x, (x <= N)%nat -> 0 <= B x /\ 0 <= A (S x).
Proof.
  intros prob inner leaf home.
  assert (nz : forall x, (x < N)%nat -> P (S x) <> 0) by (intros x below; destruct (prob x below) as [[] _]; lra).
  assert (gap : forall x, (x <= N)%nat -> 0 <= - D A B x).
  { induction x as [|x IH]; intros below; [unfold D; lra|].
    rewrite (difference_outwards N P Q A B nz inner) by lia. assert (0 <= - D A B x) by (apply IH; lia).
    destruct (prob x) as [[p0 p1] [q0 q1]]; [lia|].
    assert (0 <= Q (S x) / P (S x) * (1 - D A B x)); [|lra].
    apply Rmult_le_pos; [|lra]. left. now apply Rdiv_lt_0_compat. }
  assert (A_pos : forall k, (k <= N)%nat -> 0 <= A (S (N - k))).
  { induction k as [|k IH]; intros small; [rewrite Nat.sub_0_r; lra|].
    set (x := (N - S k)%nat). destruct (inner x) as [a _]; [lia|]. replace (N - k)%nat with (S x) in IH by lia.
    assert (0 <= A (S (S x))) by (apply IH; lia). destruct (prob x) as [[p0 p1] _]; [lia|].
    pose proof (gap x ltac:(lia)) as behind. assert (B_is : B x = A (S x) + - D A B x) by (unfold D; ring).
    assert (0 <= (1 - P (S x)) * - D A B x) by (apply Rmult_le_pos; lra).
    assert (0 <= P (S x) * A (S (S x))) by (apply Rmult_le_pos; lra).
    rewrite B_is in a. apply Rmult_le_reg_l with (P (S x)); [exact p0|].
    lra. }
  intros x below. assert (0 <= A (S x)) by (replace x with (N - (N - x))%nat by lia; apply A_pos; lia).
  split; [|assumption]. specialize (gap x below). unfold D in gap. lra.
Qed.

Lemma excursion_pos N P Q : rows N P Q -> 1 <= excursion N P Q.
Proof.
  intros prob. unfold excursion. assert (0 <= sum N (fun n => prod (S n) (fun i => P (S i) / Q (S i)))); [|lra].
  apply sum_nonneg. intros n below. left. apply prod_pos. intros i small. destruct (prob i) as [[] []]; [lia|].
  now apply Rdiv_lt_0_compat.
Qed.

Lemma costs_nonneg W N t P Q H A B : (t < W)%nat -> (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  bellman W N t P Q H A B -> forall s, in_maze W N s = true -> 0 <= costs H A B s.
Proof.
  intros small prob sol.
  assert (nz : forall i, (i < W)%nat -> forall x, (x < N)%nat -> Q i (S x) <> 0).
  { intros i below x inb. destruct (prob i below x inb) as [_ []]. lra. }
  pose proof (fork_sum W N t P Q H A B small sol nz) as out.
  destruct sol as (inner & home & wrong & goal & first).
  assert (far : 0 <= H - A t 1%nat).
  { rewrite out. pose proof (pos_INR W). assert (0 <= sum_but t W (fun i => excursion N (P i) (Q i))); [|lra].
    apply sum_nonneg. intros i below. destruct (Nat.eqb i t); [lra|].
    pose proof (excursion_pos N (P i) (Q i) (prob i below)). lra. }
  assert (goals : forall x, (x <= N)%nat -> 0 <= B t x /\ 0 <= A t (S x)).
  { apply (goal_costs N (P t) (Q t)); auto. now rewrite home. }
  assert (H_pos : 0 <= H) by (rewrite <- (home t small); now apply goals, Nat.le_0_l).
  assert (all : forall i, (i < W)%nat -> forall x, (x <= N)%nat -> 0 <= B i x /\ 0 <= A i (S x)).
  { intros i below. destruct (Nat.eq_dec i t) as [->|other]; [exact goals|].
    apply (wrong_costs N (P i) (Q i)); auto. now rewrite home. }
  intros [|i x|i x] ok; simpl.
  - exact H_pos.
  - apply in_away in ok. destruct x as [|x]; [lia|]. apply all; lia.
  - apply in_back in ok. apply all; lia.
Qed.

(** ** The expected number of steps *)

(** E[min(T, n)] from the fork grows with n to the closed expression: E[T] = H. *)
Theorem expected_steps_limit (W N t : nat) (P Q : nat -> nat -> R) : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  Un_growing (capped_steps W N t P Q) /\ Un_cv (capped_steps W N t P Q) (hitting W N t P Q).
Proof.
  intros small prob. assert (chain := walk_stochastic W N t P Q ltac:(lia) prob).
  split; [intros n; now apply (capped_grows _ _ _ _ chain)|].
  destruct (hitting_exists W N t P Q small prob) as (A & B & sol).
  destruct (least_solution _ _ _ _ chain (costs (hitting W N t P Q) A B)) as (u & near & least).
  - now apply bellman_solves.
  - now apply (costs_nonneg W N t P Q).
  - rewrite <- (hitting_unique W N t P Q _ _ _ small prob (solves_bellman W N t P Q u small least)).
    now apply near.
Qed.

(** What [steps] says: H is the limit of E[min(T, n)]. *)
Theorem steps_are_expected (W N t : nat) (P Q : nat -> nat -> R) (H : R) : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  (steps W N t P Q H <-> Un_cv (capped_steps W N t P Q) H).
Proof.
  intros small prob. destruct (expected_steps_limit W N t P Q small prob) as [_ near].
  rewrite steps_iff by assumption. split; [now intros ->|]. intros limit. now apply UL_sequence with (1 := limit).
Qed.

(** The target is reached with probability 1, and H is the sum of all P(T > n). *)
Theorem surely_reached (W N t : nat) (P Q : nat -> nat -> R) : (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  Un_cv (still_walking W N t P Q) 0 /\
  Un_cv (fun n => sum n (still_walking W N t P Q)) (hitting W N t P Q).
Proof.
  intros small prob. assert (chain := walk_stochastic W N t P Q ltac:(lia) prob).
  destruct (expected_steps_limit W N t P Q small prob) as [_ near]. split.
  - now apply (surely_ends _ _ _ _ chain) with (2 := near).
  - intros eps pos. destruct (near eps pos) as [n close]. exists n. intros m above.
    unfold still_walking. rewrite <- (capped_is_sum _ _ _ _ chain) by reflexivity. now apply close.
Qed.
