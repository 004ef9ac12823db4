(** The walk on the multigraph itself, every parallel edge a state of its own; four rows a diamond are no assumption.

    Setting. A fork with W branches; branch i is a row of nodes 1 .. 2K and a leaf, 2K+1. Nodes x and x+1 are joined by
    L parallel edges if x is odd (inside a diamond), else by one. The walker's state is the directed edge it just
    crossed. A policy is a table with the rows a, b, c, d of each diamond of each branch: the chance of persisting,
    spread evenly over the edges ahead; otherwise it turns round, spread evenly over those behind, the one just crossed
    included. At the fork it draws a branch uniformly, a wrong leaf reflects it.

    Proved: the parallel edges may be merged, and the wrong branches too where they share their rows ([lumping]). That
    the costs are therefore the same is in Unmerged.v. Stands on Chain.v and Expectation.v (Walk.v's chain, state by
    state). Not covered: policies that tell parallel edges apart. *)

From Backtrack Require Import Families Chain Expectation.
Open Scope R_scope.

(** ** The graph *)

(** Node x of branch i, x = 1 .. 2K+1; all branches share the fork. *)
Inductive node : Type := centre | at_node (i x : nat).

(** How many edges join the nodes x and x+1. *)
Definition copies (L x : nat) : nat := if Nat.odd x then L else 1.

(** The directed edges: edge k between the nodes x and x+1 of branch i, crossed away from the fork or towards it; and
    [start], where no edge has been crossed yet. *)
Inductive arc : Type := start | out (i x k : nat) | into (i x k : nat).

Definition head (e : arc) : node :=
  match e with start | into _ O _ => centre | out i x _ => at_node i (S x) | into i x _ => at_node i x end.

(** The arcs that leave a node, away from the fork and towards it. *)
Definition outward (W K L : nat) (n : node) : list arc :=
  match n with
  | centre => map (fun i => out i 0 0) (seq 0 W)
  | at_node i x => if Nat.eqb x (S (2 * K)) then [] else map (out i x) (seq 0 (copies L x))
  end.
Definition homeward (L : nat) (n : node) : list arc :=
  match n with
  | centre => []
  | at_node i x => map (into i (x - 1)) (seq 0 (copies L (x - 1)))
  end.

(** The arcs of the maze. *)
Definition in_graph (W K L : nat) (e : arc) : bool :=
  match e with
  | start => true
  | out i x k | into i x k => (Nat.ltb i W && Nat.leb x (2 * K) && Nat.ltb k (copies L x))%bool
  end.

(** The walk ends with the arc into the leaf of branch t. *)
Definition ends (K t : nat) (e : arc) : bool :=
  match e with out i x _ => (Nat.eqb i t && Nat.eqb x (2 * K))%bool | _ => false end.

(** ** Policies *)

(** The rows: entry i j for diamond j = 0 .. K-1 of branch i, whose nodes are 2j+1 and 2j+2. *)
Record table : Type := Rows { row_a : nat -> nat -> R; row_b : nat -> nat -> R;
                              row_c : nat -> nat -> R; row_d : nat -> nat -> R }.

(** The chance of persisting at node x, moving away from the fork (P) and towards it (Q). *)
Definition diamond (x : nat) : nat := Nat.div2 (x - 1).
Definition P_of (T : table) (i x : nat) : R := if Nat.odd x then row_c T i (diamond x) else row_a T i (diamond x).
Definition Q_of (T : table) (i x : nat) : R := if Nat.odd x then row_d T i (diamond x) else row_b T i (diamond x).

(** All branches share the rows of branch 0. *)
Definition shared (W K : nat) (T : table) : Prop :=
  forall i j, (i < W)%nat -> (j < K)%nat ->
    row_a T i j = row_a T 0%nat j /\ row_b T i j = row_b T 0%nat j /\
    row_c T i j = row_c T 0%nat j /\ row_d T i j = row_d T 0%nat j.

(** The chance p, spread evenly over some arcs. *)
Definition spread (p : R) (arcs : list arc) : list (R * arc) := map (fun e => (p / length arcs, e)) arcs.

(** What follows the arc e. At the fork and at a leaf every arc that leaves is as likely. *)
Definition arc_moves (W K L : nat) (T : table) (e : arc) : list (R * arc) :=
  let ahead := outward W K L (head e) in
  let home := homeward L (head e) in
  match head e with
  | centre => spread 1 (ahead ++ home)
  | at_node i x =>
      if Nat.eqb x (S (2 * K)) then spread 1 (ahead ++ home)
      else match e with
           | out _ _ _ => spread (P_of T i x) ahead ++ spread (1 - P_of T i x) home
           | _ => spread (1 - Q_of T i x) ahead ++ spread (Q_of T i x) home
           end
  end.

(** ** Merging *)

(** The place of Walk.v's chain that an arc leads to. *)
Definition block (e : arc) : place :=
  match e with start => fork | out i x _ => away i (S x) | into i x _ => toward i x end.

(** One of its arcs. *)
Definition witness (s : place) : arc :=
  match s with fork => start | away i x => out i (x - 1) 0 | back i x => into i x 0 end.

(** Where all branches share their rows: the target's branch as 0, all others as 1. *)
Definition side (t i : nat) : nat := if Nat.eqb i t then 0 else 1.
Definition merge (t : nat) (s : place) : place :=
  match s with fork => fork | away i x => away (side t i) x | back i x => back (side t i) x end.
Definition merged_moves (W N : nat) (P Q : nat -> R) (s : place) : list (R * place) :=
  match s with
  | fork => [(1 / W, away 0 1); ((W - 1) / W, away 1 1)]
  | _ => walk_moves 2 N (fun _ => P) (fun _ => Q) s
  end.

Lemma copies_pos L x : (1 <= L)%nat -> (1 <= copies L x)%nat.
Proof. intros one. unfold copies. destruct (Nat.odd x); lia. Qed.

Lemma in_arc W K L i x k :
  (Nat.ltb i W && Nat.leb x (2 * K) && Nat.ltb k (copies L x))%bool = true <->
  (i < W /\ x <= 2 * K /\ k < copies L x)%nat.
Proof. rewrite !Bool.andb_true_iff, !Nat.ltb_lt, Nat.leb_le. tauto. Qed.

(** A chance spread over arcs with the same value. *)
Lemma total_spread (v : arc -> R) p (f : nat -> arc) n c : (1 <= n)%nat -> (forall k, v (f k) = c) ->
  total v (spread p (map f (seq 0 n))) = p * c.
Proof.
  intros some same. unfold spread. rewrite map_map, map_length, seq_length, uniform_total.
  rewrite (sum_ext n _ (fun _ => c)) by (intros; apply same). rewrite sum_const. field. apply not_0_INR. lia.
Qed.

(** Merging the parallel edges. With w the indicator of a set of places: from every arc of a block the chance to move
    into that set is the same, that of the merged chain. *)
Lemma edges_merge W K L t T (w : place -> R) e : (1 <= W)%nat -> (1 <= L)%nat ->
  in_graph W K L e = true -> ends K t e = false ->
  mean arc (arc_moves W K L T) (fun z => w (block z)) e =
  mean place (walk_moves W (2 * K) (P_of T) (Q_of T)) w (block e).
Proof.
  intros some one ok go.
  assert (drawn : total (fun z => w (block z)) (spread 1 (map (fun i => out i 0 0) (seq 0 W) ++ [])) =
                  mean place (walk_moves W (2 * K) (P_of T) (Q_of T)) w fork).
  { unfold spread. rewrite app_nil_r, map_map, map_length, seq_length, uniform_total, fork_mean.
    simpl. unfold Rdiv. ring. }
  assert (home : forall i x p, total (fun z => w (block z)) (spread p (homeward L (at_node i (S x)))) =
                               p * w (toward i x)).
  { intros i x p. unfold homeward. rewrite Nat.sub_succ, Nat.sub_0_r.
    apply total_spread; [now apply copies_pos|reflexivity]. }
  assert (ahead : forall i x p, x <> (2 * K)%nat ->
    total (fun z => w (block z)) (spread p (outward W K L (at_node i (S x)))) = p * w (away i (S (S x)))).
  { intros i x p other. unfold outward. destruct (Nat.eqb_spec (S x) (S (2 * K))); [lia|].
    apply total_spread; [now apply copies_pos|reflexivity]. }
  destruct e as [|i x k|i x k]; [exact drawn| |].
  - apply in_arc in ok. unfold mean, arc_moves. cbn [head block walk_moves].
    destruct (Nat.eqb_spec (S x) (S (2 * K))) as [leaf|inner].
    + unfold outward. destruct (Nat.eqb_spec (S x) (S (2 * K))); [|lia]. rewrite app_nil_l, home.
      replace x with (2 * K)%nat by lia. unfold total. simpl. ring.
    + rewrite total_app, ahead, home by lia. unfold total. simpl. rewrite Nat.sub_0_r. ring.
  - apply in_arc in ok. destruct x as [|x]; [exact drawn|]. unfold mean, arc_moves. cbn [head block toward walk_moves].
    destruct (Nat.eqb_spec (S x) (S (2 * K))); [lia|]. rewrite total_app, ahead, home by lia.
    unfold total. cbn [fold_right fst snd]. rewrite Nat.sub_succ, Nat.sub_0_r. ring.
Qed.

Lemma diamond_below K x : (1 <= x <= 2 * K)%nat -> (diamond x < K)%nat.
Proof. intros inb. unfold diamond. rewrite Nat.div2_div. apply Nat.div_lt_upper_bound; lia. Qed.

Lemma shared_rows W K T : shared W K T -> forall i x, (i < W)%nat -> (1 <= x <= 2 * K)%nat ->
  P_of T i x = P_of T 0 x /\ Q_of T i x = Q_of T 0 x.
Proof.
  intros same i x below inb. destruct (same i (diamond x) below (diamond_below K x inb)) as (a & b & c & d).
  unfold P_of, Q_of. rewrite a, b, c, d. split; reflexivity.
Qed.

Lemma branches_merge W N t P Q (w : place -> R) s : (t < W)%nat ->
  (forall i x, (i < W)%nat -> (1 <= x <= N)%nat -> P i x = P O x /\ Q i x = Q O x) ->
  in_maze W N s = true ->
  mean place (walk_moves W N P Q) (fun z => w (merge t z)) s =
  mean place (merged_moves W N (P O) (Q O)) w (merge t s).
Proof.
  intros small same ok.
  assert (home : forall i x, merge t (toward i x) = toward (side t i) x) by (now intros i [|x]).
  destruct s as [|i x|i x].
  - rewrite fork_mean. unfold mean, total. simpl. rewrite (sum_but_split t) by exact small.
    rewrite (sum_but_ext t W _ (fun _ => w (away 1 1))).
    + rewrite sum_but_const by exact small. unfold side. rewrite Nat.eqb_refl. field. apply not_0_INR. lia.
    + intros i _ other. unfold side. now destruct (Nat.eqb_spec i t).
  - apply in_away in ok. unfold mean, total. cbn [walk_moves merged_moves merge].
    destruct (Nat.eqb_spec x (S N)); cbn [fold_right fst snd]; rewrite home; [reflexivity|].
    destruct (same i x) as [-> _]; [lia|lia|reflexivity].
  - apply in_back in ok. unfold mean, total. cbn [walk_moves merged_moves merge fold_right fst snd].
    rewrite home. destruct (same i x) as [_ ->]; [lia|lia|reflexivity].
Qed.

Lemma block_in_maze W K L e : in_graph W K L e = true -> in_maze W (2 * K) (block e) = true.
Proof.
  destruct e as [|i x k|i x k]; intros ok; [reflexivity| |]; apply in_arc in ok.
  - apply in_away. lia.
  - apply in_toward; lia.
Qed.

Lemma block_target K t e : at_target (2 * K) t (block e) = ends K t e.
Proof. destruct e as [|i x k|i [|x] k]; reflexivity. Qed.

(** Merging parallel edges is exact for every table, merging the wrong branches too for rows that all branches share. *)
Theorem lumping (W K L t : nat) (T : table) (e : arc) : (t < W)%nat -> (1 <= L)%nat ->
  in_graph W K L e = true -> ends K t e = false ->
  (forall w : place -> R,
     mean arc (arc_moves W K L T) (fun z => w (block z)) e =
     mean place (walk_moves W (2 * K) (P_of T) (Q_of T)) w (block e)) /\
  (shared W K T -> forall w : place -> R,
     mean arc (arc_moves W K L T) (fun z => w (merge t (block z))) e =
     mean place (merged_moves W (2 * K) (P_of T 0) (Q_of T 0)) w (merge t (block e))).
Proof.
  intros small one ok go. split.
  - intros w. apply (edges_merge W K L t); auto. lia.
  - intros same w. rewrite (edges_merge W K L t T (fun s => w (merge t s)) e) by (auto; lia).
    apply branches_merge; [exact small|now apply shared_rows|now apply (block_in_maze W K L)].
Qed.

(** ** One move of the merged chain, for comparing it with other accounts of the same chain *)

Definition place_eqb (s z : place) : bool :=
  match s, z with
  | fork, fork => true
  | away i x, away j y | back i x, back j y => (Nat.eqb i j && Nat.eqb x y)%bool
  | _, _ => false
  end.

(** The chance to move from s to z. *)
Definition chance (W N : nat) (P Q : nat -> R) (s z : place) : R :=
  mean place (merged_moves W N P Q) (fun y => if place_eqb y z then 1 else 0) s.
