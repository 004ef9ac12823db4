(** The base model: the simple random walk on the multigraph is the policy with the rows of [base_rows].

    Setting. As in Multigraph.v. From the arc it just crossed the random walk takes any of the arcs that leave the node
    it is at, parallel ones counted, that one's reverse included, with probability 1/degree. Stands on Unmerged.v. *)

From Backtrack Require Import Families Chain Expectation Multigraph Unmerged.
Open Scope R_scope.

(** The simple random walk: everywhere, every arc that leaves is as likely. *)
Definition random_moves (W K L : nat) (e : arc) : list (R * arc) :=
  spread 1 (outward W K L (head e) ++ homeward L (head e)).

(** H is the cost of [start] in a solution of the Bellman equations of all arcs. *)
Definition random_walk_steps (W K L t : nat) (H : R) : Prop :=
  exists v, solves arc (random_moves W K L) (ends K t) (in_graph W K L) v /\ H = v start.

(** The same four rows in every diamond of every branch. *)
Definition same_rows (a b c d : R) : table := Rows (fun _ _ => a) (fun _ _ => b) (fun _ _ => c) (fun _ _ => d).

Lemma spread_app p q r l l' : p / length (l ++ l') = q / length l -> p / length (l ++ l') = r / length l' ->
  spread p (l ++ l') = spread q l ++ spread r l'.
Proof. intros one two. unfold spread. rewrite map_app, one. f_equal. now rewrite <- one, two. Qed.

Lemma lengths W K L i x : (1 <= x <= 2 * K)%nat ->
  length (outward W K L (at_node i x)) = copies L x /\ length (homeward L (at_node i x)) = copies L (x - 1).
Proof.
  intros inb. unfold outward, homeward. destruct (Nat.eqb_spec x (S (2 * K))); [lia|].
  now rewrite !map_length, !seq_length.
Qed.

Lemma copies_pred L x : (1 <= x)%nat -> copies L (x - 1) = if Nat.odd x then 1%nat else L.
Proof.
  intros one. destruct x as [|x]; [lia|]. unfold copies. rewrite Nat.sub_succ, Nat.sub_0_r, Nat.odd_succ.
  rewrite <- Nat.negb_odd. now destruct (Nat.odd x).
Qed.

(** For the rows of base each arc that leaves has the chance 1/(L+1), at every node but the fork and the leaves. *)
Lemma base_is_random W K L e : (1 <= L)%nat -> in_graph W K L e = true ->
  arc_moves W K L (same_rows (1 / (L + 1)) (L / (L + 1)) (L / (L + 1)) (1 / (L + 1))) e = random_moves W K L e.
Proof.
  intros one ok. apply nat_ge_1 in one as real_one. unfold random_moves, arc_moves.
  destruct (head e) as [|i x] eqn:at_head; [reflexivity|]. destruct (Nat.eqb_spec x (S (2 * K))); [reflexivity|].
  assert (inb : (1 <= x <= 2 * K)%nat).
  { destruct e as [|j y k|j [|y] k]; try discriminate; apply in_arc in ok; injection at_head as <- <-; lia. }
  destruct (lengths W K L i x inb) as [ahead home]. rewrite copies_pred in home by apply inb. unfold copies in ahead.
  unfold P_of, Q_of, same_rows. cbn [row_a row_b row_c row_d].
  destruct e as [|j y k|j y k]; try discriminate; symmetry; apply spread_app;
    rewrite app_length, ahead, home; destruct (Nat.odd x); rewrite ?plus_INR; change (INR 1) with 1; field; lra.
Qed.

(** The chance of the first arc of a list. *)
Definition first (moves : list (R * arc)) : R := match moves with [] => 0 | one :: _ => fst one end.

Lemma first_of l l' (n m : nat) p q : length l = n -> length l' = m -> (1 <= n)%nat ->
  first (spread p l ++ spread q l') = p / n /\ first (spread 1 (l ++ l')) = 1 / (n + m).
Proof.
  intros <- <- some. destruct l as [|e l]; [simpl in some; lia|]. split; [reflexivity|].
  rewrite <- plus_INR, <- app_length. reflexivity.
Qed.

Lemma first_ahead W K L i x p q : (1 <= L)%nat -> (1 <= x <= 2 * K)%nat ->
  first (spread p (outward W K L (at_node i x)) ++ spread q (homeward L (at_node i x))) = p / copies L x /\
  first (spread 1 (outward W K L (at_node i x) ++ homeward L (at_node i x))) = 1 / (copies L x + copies L (x - 1)).
Proof.
  intros one inb. destruct (lengths W K L i x inb) as [ahead home].
  apply first_of; [exact ahead|exact home|now apply copies_pos].
Qed.

(** The random walk persists with a = d = 1/(L+1), b = c = L/(L+1), and no other rows do what it does. *)
Theorem base_rows (W K L : nat) (a b c d : R) : (1 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  ((forall e, in_graph W K L e = true -> arc_moves W K L (same_rows a b c d) e = random_moves W K L e) <->
   (a, b, c, d) = (1 / (L + 1), L / (L + 1), L / (L + 1), 1 / (L + 1))).
Proof.
  intros some deep one. apply nat_ge_1 in one as real_one. split.
  - intros same.
    assert (here : forall x, (x <= 2)%nat -> forall e, e = out 0 x 0 \/ e = into 0 x 0 -> in_graph W K L e = true).
    { intros x small e [->| ->]; apply in_arc; pose proof (copies_pos L x one); lia. }
    assert (inner : forall x e, (1 <= x <= 2)%nat -> head e = at_node 0 x -> in_graph W K L e = true ->
      match e with out _ _ _ => P_of (same_rows a b c d) 0 x | _ => 1 - Q_of (same_rows a b c d) 0 x end / copies L x =
      1 / (copies L x + copies L (x - 1))).
    { intros x e small there ok. specialize (same e ok). unfold arc_moves, random_moves in same. rewrite there in same.
      destruct (Nat.eqb_spec x (S (2 * K))); [lia|]. apply (f_equal first) in same.
      destruct e; rewrite !(proj1 (first_ahead W K L 0 x _ _ one ltac:(lia))),
        (proj2 (first_ahead W K L 0 x 1 1 one ltac:(lia))) in same; exact same. }
    pose proof (inner 1%nat (out 0 0 0) ltac:(lia) eq_refl (here 0%nat ltac:(lia) _ (or_introl eq_refl))) as C.
    pose proof (inner 2%nat (out 0 1 0) ltac:(lia) eq_refl (here 1%nat ltac:(lia) _ (or_introl eq_refl))) as A.
    pose proof (inner 1%nat (into 0 1 0) ltac:(lia) eq_refl (here 1%nat ltac:(lia) _ (or_intror eq_refl))) as D.
    pose proof (inner 2%nat (into 0 2 0) ltac:(lia) eq_refl (here 2%nat ltac:(lia) _ (or_intror eq_refl))) as B.
    cbv [P_of Q_of same_rows copies row_a row_b row_c row_d Nat.odd Nat.even Nat.sub negb] in A, B, C, D.
    change (INR 1) with 1 in A, B, C, D.
    assert (by_L : forall p, p / L = 1 / (L + 1) -> p = L / (L + 1)).
    { intros p e. replace p with (p / L * L) by (field; lra). rewrite e. field. lra. }
    apply by_L in C. apply by_L in D. rewrite C.
    replace a with (1 / (L + 1)) by (rewrite (Rplus_comm L), <- A; field).
    replace b with (1 - 1 / (1 + L)) by (rewrite <- B; field).
    replace d with (1 - L / (L + 1)) by (rewrite <- D; ring).
    f_equal; [f_equal; f_equal|]; field; lra.
  - intros same. injection same as -> -> -> ->. intros e ok. now apply base_is_random.
Qed.

(** So the simple random walk on the multigraph costs what Families.v's base model costs. *)
Theorem random_walk_is_base (W K L t : nat) (H : R) : (t < W)%nat -> (1 <= L)%nat ->
  (random_walk_steps W K L t H <-> base_steps W K L t H).
Proof.
  intros small one.
  set (T := same_rows (1 / (L + 1)) (L / (L + 1)) (L / (L + 1)) (1 / (L + 1))).
  transitivity (multigraph_steps W K L t T H); [|exact (multigraph_steps_iff W K L t T H small one)].
  split; intros (v & sol & ->); exists v; (split; [|reflexivity]); intros e ok; rewrite (sol e ok); unfold mean, T;
    now rewrite base_is_random.
Qed.
