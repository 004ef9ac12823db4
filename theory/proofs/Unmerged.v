(** The costs on the multigraph, nothing merged, are those of Walk.v.

    Setting. As in Multigraph.v: one Bellman equation for every directed edge. Proved: the multigraph's equations have
    the same H as Walk.v's, for every table of rows whatever; with rows in (0, 1] there is exactly one, [hitting], and
    it is the limit of E[min(T, n)] of the walk on the multigraph. The reason: arcs of one block have the same moves, so
    a solution is the same on them. Stands on Multigraph.v. Not covered: policies that tell parallel edges apart. *)

From Backtrack Require Import Families Chain Expectation Multigraph.
Open Scope R_scope.

(** H is the cost of [start] in a solution of the Bellman equations of all arcs. *)
Definition multigraph_steps (W K L t : nat) (T : table) (H : R) : Prop :=
  exists v, solves arc (arc_moves W K L T) (ends K t) (in_graph W K L) v /\ H = v start.

Lemma witness_block W K s : in_maze W (2 * K) s = true -> block (witness s) = s.
Proof.
  destruct s as [|i x|i x]; intros ok; [reflexivity| |].
  - apply in_away in ok. destruct x as [|x]; [lia|]. simpl. now rewrite Nat.sub_0_r.
  - apply in_back in ok. destruct x as [|x]; [lia|reflexivity].
Qed.

Lemma witness_in_graph W K L s : (1 <= L)%nat -> in_maze W (2 * K) s = true -> in_graph W K L (witness s) = true.
Proof.
  intros one. destruct s as [|i x|i x]; intros ok; [reflexivity| |]; apply in_arc.
  - apply in_away in ok. pose proof (copies_pos L (x - 1) one). lia.
  - apply in_back in ok. pose proof (copies_pos L x one). lia.
Qed.

(** Arcs of one block have the same moves. *)
Lemma witness_moves W K L T e : arc_moves W K L T (witness (block e)) = arc_moves W K L T e.
Proof. destruct e as [|i x k|i [|x] k]; try reflexivity. simpl (witness _). now rewrite Nat.sub_0_r. Qed.

Lemma spread_in p arcs m : In m (spread p arcs) -> In (snd m) arcs.
Proof. unfold spread. intros inm. apply in_map_iff in inm. now destruct inm as (e & <- & ine). Qed.

Lemma leaving_in_graph W K L e z : in_graph W K L e = true ->
  In z (outward W K L (head e) ++ homeward L (head e)) -> in_graph W K L z = true.
Proof.
  intros ok inz.
  assert (legal : forall i x, (i < W)%nat -> (1 <= x <= S (2 * K))%nat ->
    In z (outward W K L (at_node i x) ++ homeward L (at_node i x)) -> in_graph W K L z = true).
  { intros i x below inx. clear inz. intros inz. apply in_app_or in inz. destruct inz as [inz|inz].
    - unfold outward in inz. destruct (Nat.eqb_spec x (S (2 * K))); [destruct inz|].
      apply in_map_iff in inz. destruct inz as (k & <- & ink). apply in_seq in ink. apply in_arc. lia.
    - apply in_map_iff in inz. destruct inz as (k & <- & ink). apply in_seq in ink. apply in_arc. lia. }
  assert (drawn : In z (outward W K L centre ++ homeward L centre) -> in_graph W K L z = true).
  { simpl. rewrite app_nil_r. clear inz. intros inz. apply in_map_iff in inz. destruct inz as (i & <- & ini).
    apply in_seq in ini. apply in_arc. unfold copies. simpl. lia. }
  destruct e as [|i x k|i [|x] k]; [now apply drawn| |now apply drawn|]; apply in_arc in ok;
    apply (legal i (S x)); auto; lia.
Qed.

Lemma moves_in_graph W K L T e m : in_graph W K L e = true -> In m (arc_moves W K L T e) ->
  in_graph W K L (snd m) = true.
Proof.
  intros ok inm. apply (leaving_in_graph W K L e); [exact ok|]. unfold arc_moves in inm.
  assert (two : forall p q l l', In m (spread p l ++ spread q l') -> In (snd m) (l ++ l')).
  { intros p q l l' one. apply in_app_or in one. apply in_or_app.
    destruct one as [one|one]; apply spread_in in one; auto. }
  destruct (head e) as [|i x]; [now apply spread_in in inm|].
  destruct (Nat.eqb x (S (2 * K))); [now apply spread_in in inm|].
  destruct e; now apply two in inm.
Qed.

(** Any H of the multigraph's equations is one of Walk.v's, and the other way round; for every table. *)
Theorem multigraph_steps_iff (W K L t : nat) (T : table) (H : R) : (t < W)%nat -> (1 <= L)%nat ->
  (multigraph_steps W K L t T H <-> steps W (2 * K) t (P_of T) (Q_of T) H).
Proof.
  intros small one. split.
  - intros (v & sol & ->).
    assert (blocks : forall e, in_graph W K L e = true -> v e = v (witness (block e))).
    { intros e ok. rewrite (sol e ok). rewrite (sol (witness (block e))).
      2: { apply witness_in_graph; [exact one|]. now apply (block_in_maze W K L). }
      unfold mean. rewrite witness_moves. rewrite <- (block_target K t (witness _)).
      rewrite (witness_block W K) by now apply (block_in_maze W K L). now rewrite block_target. }
    exists (fun i x => v (witness (away i x))), (fun i x => v (witness (toward i x))).
    apply (solves_bellman W (2 * K) t (P_of T) (Q_of T) (fun s => v (witness s)) small).
    intros s ok. rewrite (sol (witness s)) by (now apply witness_in_graph).
    rewrite <- (block_target K t), (witness_block W K) by exact ok.
    destruct (at_target (2 * K) t s) eqn:go; [reflexivity|]. f_equal.
    rewrite <- (witness_block W K s ok) at 2.
    rewrite <- (edges_merge W K L t) ; [| lia | exact one | now apply witness_in_graph |].
    2: { now rewrite <- (block_target K t), (witness_block W K). }
    unfold mean. apply total_ext. intros m inm. apply blocks.
    apply (moves_in_graph W K L T (witness s)); [now apply witness_in_graph|exact inm].
  - intros (A & B & sol). apply bellman_solves in sol. exists (fun e => costs H A B (block e)).
    split; [|reflexivity]. intros e ok. rewrite (sol (block e)) by now apply (block_in_maze W K L).
    rewrite block_target. destruct (ends K t e) eqn:go; [reflexivity|].
    rewrite (edges_merge W K L t); auto. lia.
Qed.

(** E[min(T, n)] on the multigraph, from its start, is that of Walk.v's chain. *)
Lemma capped_blocks W K L t T n e : (1 <= W)%nat -> (1 <= L)%nat -> in_graph W K L e = true ->
  capped arc (arc_moves W K L T) (ends K t) n e =
  capped place (walk_moves W (2 * K) (P_of T) (Q_of T)) (at_target (2 * K) t) n (block e).
Proof.
  intros some one. revert e. induction n as [|n IH]; intros e ok; [reflexivity|]. cbn [capped].
  rewrite block_target. destruct (ends K t e) eqn:go; [reflexivity|]. f_equal.
  rewrite <- (edges_merge W K L t) by auto. unfold mean. apply total_ext. intros m inm. apply IH.
  now apply (moves_in_graph W K L T e).
Qed.

(** Every row of the table is a probability that is not zero. *)
Definition table_rows (W K : nat) (T : table) : Prop :=
  forall i j, (i < W)%nat -> (j < K)%nat ->
    row (row_a T i j) /\ row (row_b T i j) /\ row (row_c T i j) /\ row (row_d T i j).

Lemma table_rows_are W K T : table_rows W K T -> forall i, (i < W)%nat -> rows (2 * K) (P_of T i) (Q_of T i).
Proof.
  intros prob i below x inb. destruct (prob i (diamond (S x)) below) as (a & b & c & d); [apply diamond_below; lia|].
  unfold P_of, Q_of. destruct (Nat.odd (S x)); now split.
Qed.

(** So the expected number of steps on the multigraph is the closed expression. *)
Theorem multigraph_expected (W K L t : nat) (T : table) (H : R) : (t < W)%nat -> (1 <= L)%nat -> table_rows W K T ->
  (multigraph_steps W K L t T H <-> H = hitting W (2 * K) t (P_of T) (Q_of T)) /\
  Un_cv (fun n => capped arc (arc_moves W K L T) (ends K t) n start) (hitting W (2 * K) t (P_of T) (Q_of T)).
Proof.
  intros small one prob. pose proof (table_rows_are W K T prob) as good. split.
  - rewrite multigraph_steps_iff by assumption. now apply steps_iff.
  - destruct (expected_steps_limit W (2 * K) t (P_of T) (Q_of T) small good) as [_ near].
    intros eps pos. destruct (near eps pos) as [n close]. exists n. intros m above.
    rewrite capped_blocks by (auto; lia). now apply close.
Qed.
