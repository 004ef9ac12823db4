(** Golden paths in the maze, edge by edge, and what SFT on them cannot touch.

    The maze has W branches of K diamonds with L parallel edges. A walker's state is the directed edge it has just
    crossed (at first: none), so the table has a row for each directed edge, parallel ones apart. In every branch the
    nodes are numbered 0 (the fork) .. 2K+1 (the leaf); nodes x and x+1 are joined by L edges if x is odd, else by one.
    A golden path is a walk of 2K+1 steps from the fork to the leaf of the target's branch: a shortest one.

    Proved: nothing shorter reaches a leaf ([shortest]); a golden path never visits a state that moves towards the fork
    ([golden_outwards]); so after any run of SFT on golden data those rows are what they were ([sft_frozen]) and, from
    logits 0, persist as the simple random walk does ([frozen_persistence]). The twin: one datum that does visit such a
    row moves it ([retreat_moves]).

    Stands on Learning. The fork's row is in the table and may be trained like any other, though in the model the fork
    draws uniformly: this only makes the data richer. Not covered: what the forward rows do (Imitation); rows shared by
    several states. *)

From Backtrack Require Export Learning.
Open Scope R_scope.

(** At the fork before the first step; or having crossed copy c of the edges between nodes x and x+1 of branch i,
    away from the fork ([true]: now at node x+1) or towards it ([false]: now at node x). *)
Inductive state : Type :=
| start
| crossed (i x c : nat) (away : bool).

Lemma state_eq (s s' : state) : {s = s'} + {s <> s'}.
Proof. decide equality; try apply Nat.eq_dec. apply Bool.bool_dec. Defined.

Definition node (s : state) : nat :=
  match s with start => O | crossed _ x _ away => if away then S x else x end.

Definition branch (s : state) : nat := match s with start => O | crossed i _ _ _ => i end.

Definition inwards (s : state) : bool := match s with start => false | crossed _ _ _ away => negb away end.

Section Maze.
  Variables W K L : nat.

  (** Choices of a state: the edges at its node. The fork has W, a leaf 1, every other node L parallel edges, numbered
      0 .. L-1, and a single one, numbered L. *)
  Definition width (s : state) : nat :=
    if Nat.eqb (node s) 0 then W else if Nat.leb (node s) (2 * K) then S L else 1%nat.

  (** Where choice k leads. Left nodes are odd: their parallel edges lead away; a leaf has its single edge only. *)
  Definition next (s : state) (k : nat) : state :=
    match node s with
    | O => crossed k 0 0 true
    | S y =>
        if Nat.ltb (2 * K) (S y) then crossed (branch s) y 0 false
        else if Nat.odd (S y)
        then if Nat.ltb k L then crossed (branch s) (S y) k true else crossed (branch s) y 0 false
        else if Nat.ltb k L then crossed (branch s) y k false else crossed (branch s) (S y) 0 true
    end.

  (** A walk from one state to another, as the list of states it leaves and choices it makes. *)
  Inductive walk : state -> list (state * nat) -> state -> Prop :=
  | stay s : walk s [] s
  | move s k path s' : (k < width s)%nat -> walk (next s k) path s' -> walk s ((s, k) :: path) s'.

  Definition at_leaf (t : nat) (s : state) : Prop := branch s = t /\ node s = S (2 * K).

  (** A shortest path from the fork to the leaf of branch t. *)
  Definition golden (t : nat) (path : list (state * nat)) : Prop :=
    length path = S (2 * K) /\ exists s, walk start path s /\ at_leaf t s.

  (** A step changes the distance from the fork by one: up if it leads away, down if towards. *)
  Lemma next_node s k :
    if inwards (next s k) then node s = S (node (next s k)) else node (next s k) = S (node s).
  Proof.
    unfold next. destruct (node s) as [|y]; [reflexivity|].
    destruct (Nat.ltb _ _); [reflexivity|]. destruct (Nat.odd _), (Nat.ltb _ _); reflexivity.
  Qed.

  Lemma walk_reach s path s' : walk s path s' -> (node s' <= node s + length path)%nat.
  Proof.
    induction 1 as [s|s k path s' _ _ IH]; simpl; [lia|]. pose proof (next_node s k). destruct (inwards _); lia.
  Qed.

  Theorem shortest t path s : walk start path s -> at_leaf t s -> (S (2 * K) <= length path)%nat.
  Proof. intros way [_ leaf]. apply walk_reach in way. rewrite leaf in way. exact way. Qed.

  (** A visit to a state that moves towards the fork costs two of the walk's steps. *)
  Lemma walk_inwards s path s' s0 k0 : walk s path s' -> inwards s = false -> In (s0, k0) path ->
    inwards s0 = true -> (node s' + 2 <= node s + length path)%nat.
  Proof.
    induction 1 as [s|s k path s' _ way IH]; intros out there back; [easy|].
    destruct there as [[= -> _]|there]; [congruence|]. cbn [length]. pose proof (next_node s k) as near.
    destruct (inwards (next s k)) eqn:side; [apply walk_reach in way; lia|]. specialize (IH eq_refl there back). lia.
  Qed.

  Theorem golden_outwards t path s k : golden t path -> In (s, k) path -> inwards s = false.
  Proof.
    intros [long (end_ & way & _ & leaf)] there. destruct (inwards s) eqn:side; [|reflexivity].
    pose proof (walk_inwards _ _ _ _ _ way eq_refl there side) as short. rewrite long, leaf in short. simpl in short.
    lia.
  Qed.

  (** Golden paths exist: the statements about them are not empty. *)
  Lemma walk_on i x c : (1 <= L)%nat -> (x <= 2 * K)%nat ->
    exists path s, length path = (2 * K - x)%nat /\ walk (crossed i x c true) path s /\ at_leaf i s.
  Proof.
    intros some. remember (2 * K - x)%nat as n eqn:left. revert x c left.
    induction n as [|n IH]; intros x c left below.
    - exists [], (crossed i x c true). split; [reflexivity|]. split; [apply stay|]. split; simpl; lia.
    - set (k := if Nat.odd (S x) then 0%nat else L).
      assert (onwards : next (crossed i x c true) k = crossed i (S x) 0 true).
      { unfold next, k. cbn [node branch]. destruct (Nat.ltb_spec (2 * K) (S x)); [lia|].
        destruct (Nat.odd (S x)); [destruct (Nat.ltb_spec 0 L); [reflexivity|lia]|now rewrite Nat.ltb_irrefl]. }
      destruct (IH (S x) 0%nat) as (path & s & long & way & leaf); [lia|lia|].
      exists ((crossed i x c true, k) :: path), s. split; [simpl; now rewrite long|]. split; [|exact leaf].
      apply move; [|now rewrite onwards]. unfold width, k. cbn [node].
      destruct (Nat.leb_spec (S x) (2 * K)); [|lia]. cbn. destruct (Nat.odd _); lia.
  Qed.

  Theorem golden_exists t : (t < W)%nat -> (1 <= L)%nat -> exists path, golden t path.
  Proof.
    intros small some. destruct (walk_on t 0 0 some) as (path & s & long & way & leaf); [lia|].
    exists ((start, t) :: path). split; [simpl; lia|]. exists s. split; [|exact leaf]. now apply move.
  Qed.

  (** ** SFT on golden data *)

  (** Every datum is a step of some golden path, to any target, with any weight: any order, share and multiplicity. *)
  Definition golden_data (batch : list (datum state)) : Prop :=
    forall s k w, In (s, k, w) batch -> exists t path, (t < W)%nat /\ golden t path /\ In (s, k) path.

  (** Any number of steps, each of any size on any golden data. *)
  Definition golden_run (theta theta' : table state) : Prop :=
    exists run, sft_run state state_eq width run theta theta' /\
      forall eta batch, In (eta, batch) run -> golden_data batch.

  Theorem sft_frozen (theta theta' : table state) (i x c k : nat) (before : R) :
    (k < width (crossed i x c false))%nat -> golden_run theta theta' ->
    theta (crossed i x c false) k = before -> theta' (crossed i x c false) k = before.
  Proof.
    intros below (run & ran & data) <-. apply (unvisited_frozen _ _ _ _ _ _ _ _ below ran).
    intros eta batch there k' w datum. destruct (data eta batch there _ _ _ datum) as (t & path & _ & gold & visit).
    now pose proof (golden_outwards _ _ _ _ gold visit).
  Qed.

  (** The probability that a state's walker keeps its direction. *)
  Definition persistence (theta : table state) (s : state) : R :=
    sum (width s) (fun k => if Bool.eqb (inwards (next s k)) (inwards s) then softmax (width s) (theta s) k else 0).

  Lemma inner_width s : (1 <= node s <= 2 * K)%nat -> width s = S L.
  Proof.
    intros inner. unfold width. destruct (Nat.eqb_spec (node s) 0); [lia|].
    destruct (Nat.leb_spec (node s) (2 * K)); [reflexivity|lia].
  Qed.

  (** Towards the fork, persisting is the single edge at a left (odd) node, a parallel one at a right node. *)
  Lemma inwards_persistence theta i x c : (1 <= x <= 2 * K)%nat ->
    persistence theta (crossed i x c false) =
    if Nat.odd x then softmax (S L) (theta (crossed i x c false)) L
    else sum L (softmax (S L) (theta (crossed i x c false))).
  Proof.
    intros inner. unfold persistence. rewrite inner_width by exact inner. cbn [inwards negb sum].
    destruct x as [|y]; [lia|]. unfold next. cbn [node branch].
    destruct (Nat.ltb_spec (2 * K) (S y)); [lia|]. rewrite Nat.ltb_irrefl.
    destruct (Nat.odd (S y)); cbn [inwards negb Bool.eqb].
    - rewrite (sum_ext L _ (fun _ => 0)); [rewrite sum_const; ring|].
      intros k below. apply Nat.ltb_lt in below. now rewrite below.
    - rewrite (sum_ext L _ (softmax (S L) (theta (crossed i (S y) c false)))); [ring|].
      intros k below. apply Nat.ltb_lt in below. now rewrite below.
  Qed.

  (** From logits 0, the rows d and b keep the random walk's values 1/(L+1) and L/(L+1): [sft_steps]'s backward rows. *)
  Theorem frozen_persistence (theta theta' : table state) (i x c : nat) : (1 <= x <= 2 * K)%nat ->
    (forall s k, theta s k = 0) -> golden_run theta theta' ->
    persistence theta' (crossed i x c false) = alternate (1 / (L + 1)) (L / (L + 1)) x.
  Proof.
    intros inner zero ran. rewrite inwards_persistence by exact inner.
    assert (row : forall k, (k < S L)%nat -> softmax (S L) (theta' (crossed i x c false)) k = 1 / (L + 1)).
    { intros k below. rewrite <- S_INR. apply softmax_uniform; [exact below|]. intros j inj.
      assert (kept : forall m, (m < S L)%nat -> theta' (crossed i x c false) m = 0).
      { intros m inm. apply (sft_frozen theta); auto. now rewrite inner_width. }
      now rewrite !kept by lia. }
    unfold alternate. destruct (Nat.odd x); [apply row; lia|].
    rewrite (sum_ext L _ (fun _ => 1 / (L + 1))) by (intros k below; apply row; lia).
    rewrite sum_const. unfold Rdiv. ring.
  Qed.

  (** The twin: a single datum that does visit a backward row moves it, whatever the table was. *)
  Theorem retreat_moves (eta : R) (theta theta' : table state) (i x c k : nat) : (1 <= L)%nat ->
    (1 <= x <= 2 * K)%nat -> (k < S L)%nat -> eta <> 0 ->
    sft_step state state_eq width eta [(crossed i x c false, k, 1)] theta theta' ->
    theta' (crossed i x c false) k <> theta (crossed i x c false) k.
  Proof.
    intros some inner below moves. apply visited_moves; rewrite ?inner_width by exact inner; auto; lia.
  Qed.
End Maze.
