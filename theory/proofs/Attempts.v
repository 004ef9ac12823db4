(** Attempts of bounded length: a walk that is given up after B steps and begun anew, which costs no step.

    Setting. The chain of Expectation.v with a clock: V n s is the cost-to-go at place s when n steps of the attempt are
    left. When none is left the walker is back at the fork with B steps. P(T > n) and E[min(T, n)] are those of Chain.v.

    Proved, for every policy (rows in [0, 1]) where not said otherwise: the cost is E[min(T, B)] / P(T <= B), the one
    solution of the chain's equations, and there is none where no attempt can succeed ([restart_budget],
    [budget_steps_iff]); W(2K+1) / prod P_x after 2K+1 steps, and pass@k ([restart_shortest], [pass_at_k]).
    What no budget can do, and what imitation's limit costs with budgets below three shortest paths, is in Budgets.v.
    Not covered: budgets that change from attempt to attempt; in closed form budgets from three shortest paths on. *)

From Backtrack Require Export Expectation Restarts.
Open Scope R_scope.

(** Rows are probabilities, 0 included. *)
Definition rows_or_zero (N : nat) (P Q : nat -> R) : Prop :=
  forall x, (x < N)%nat -> 0 <= P (S x) <= 1 /\ 0 <= Q (S x) <= 1.

(** The equations of clock and place, and H = V B fork. *)
Definition budget_steps (W N t : nat) (P Q : nat -> nat -> R) (B : nat) (H : R) : Prop :=
  exists V : nat -> place -> R, H = V B fork /\
    forall n s, in_maze W N s = true ->
      V n s = if at_target N t s then 0 else
        match n with O => H | S m => 1 + mean place (walk_moves W N P Q) (V m) s end.

(** P(T <= n) from the fork. *)
Definition arrived (W N t : nat) (P Q : nat -> nat -> R) (n : nat) : R := 1 - still_walking W N t P Q n.

Lemma rows_are N P Q : rows N P Q -> rows_or_zero N P Q.
Proof. intros prob x below. destruct (prob x below) as [[] []]. lra. Qed.

Section Budget.
  Variables (W N t : nat) (P Q : nat -> nat -> R).
  Hypothesis small : (t < W)%nat.
  Hypothesis prob : forall i, (i < W)%nat -> rows_or_zero N (P i) (Q i).

  Let moves := walk_moves W N P Q.
  Let stop := at_target N t.
  Let late n s := beyond place moves stop n s.
  Let spent n s := capped place moves stop n s.

  Lemma chances_stochastic : stochastic place moves stop (in_maze W N).
  Proof.
    intros s ok go. unfold moves. destruct s as [|i x|i x].
    - split.
      + unfold mass. rewrite fork_mean, sum_const. field. apply not_0_INR. lia.
      + intros m inm. apply in_map_iff in inm. destruct inm as (i & <- & ini). apply in_seq in ini. split.
        * cbn [fst]. left. apply Rdiv_lt_0_compat; [lra|]. apply lt_0_INR. lia.
        * apply in_away. lia.
    - apply in_away in ok. unfold mass, mean, total. cbn [walk_moves]. destruct (Nat.eqb_spec x (S N)) as [->|inner].
      + simpl. split; [ring|]. intros m [<-|[]]. simpl. split; [lra|]. apply in_toward; lia.
      + destruct x as [|x]; [lia|]. destruct (prob i (proj1 ok) x) as [p _]; [lia|].
        simpl. rewrite Nat.sub_0_r. split; [ring|]. intros m [<-|[<-|[]]]; cbn [fst snd].
        * split; [lra|]. apply in_away. lia.
        * split; [lra|]. apply in_toward; lia.
    - apply in_back in ok. unfold mass, mean, total. cbn [walk_moves].
      destruct x as [|x]; [lia|]. destruct (prob i (proj1 ok) x) as [_ q]; [lia|].
      simpl. rewrite Nat.sub_0_r. split; [ring|]. intros m [<-|[<-|[]]]; cbn [fst snd].
      + split; [lra|]. apply in_toward; lia.
      + split; [lra|]. apply in_away. lia.
  Qed.

  Lemma mean_scale c v s : mean place moves (fun z => c * v z) s = c * mean place moves v s.
  Proof. unfold mean, total. induction (moves s) as [|m rest IH]; simpl; [ring|]. rewrite IH. ring. Qed.

  Lemma mean_1 s : in_maze W N s = true -> stop s = false -> mean place moves (fun _ => 1) s = 1.
  Proof. intros ok go. now destruct (chances_stochastic s ok go). Qed.

  Lemma late_le_1 n s : in_maze W N s = true -> 0 <= late n s <= 1.
  Proof.
    unfold late. revert s. induction n as [|n IH]; intros s ok; simpl; destruct (stop s) eqn:go; try lra. split.
    - apply (mean_nonneg _ _ _ _ chances_stochastic); auto. intros z inz. now apply IH.
    - rewrite <- (mean_1 s ok go). apply (mean_le _ _ _ _ chances_stochastic); auto. intros z inz. now apply IH.
  Qed.

  (** The cost of an attempt, and if it fails, of all that follow. *)
  Lemma budget_value B H : budget_steps W N t P Q B H <-> H = spent B fork + late B fork * H.
  Proof.
    split.
    - intros (V & start & each).
      assert (value : forall n s, in_maze W N s = true -> V n s = spent n s + late n s * H).
      { unfold spent, late. induction n as [|n IH]; intros s ok; rewrite each by exact ok; simpl; fold stop;
          destruct (stop s) eqn:go; try ring.
        fold moves. rewrite (mean_ext _ _ _ _ chances_stochastic _ _ s ok go IH), mean_plus.
        rewrite (mean_ext _ _ _ _ chances_stochastic (fun z => beyond place moves stop n z * H)
                   (fun z => H * beyond place moves stop n z) s ok go) by (intros; ring).
        rewrite mean_scale. ring. }
      rewrite start at 1. now apply value.
    - intros value. exists (fun n s => spent n s + late n s * H). split; [exact value|].
      intros n s ok. unfold spent, late. destruct n as [|n]; simpl; fold stop; destruct (stop s) eqn:go; try ring.
      fold moves. rewrite mean_plus.
      rewrite (mean_ext _ _ _ _ chances_stochastic (fun z => beyond place moves stop n z * H)
                 (fun z => H * beyond place moves stop n z) s ok go) by (intros; ring).
      rewrite mean_scale. ring.
  Qed.

  Theorem budget_steps_iff B H : budget_steps W N t P Q B H <->
    H * arrived W N t P Q B = capped_steps W N t P Q B.
  Proof.
    rewrite budget_value. unfold spent, late, arrived, capped_steps, still_walking, moves, stop.
    rewrite Rmult_minus_distr_l. split; lra.
  Qed.

  Lemma spent_some B : (1 <= B)%nat -> 1 <= capped_steps W N t P Q B.
  Proof.
    intros some. destruct B as [|B]; [lia|]. unfold capped_steps. simpl. fold moves stop.
    pose proof (mean_nonneg _ _ _ _ chances_stochastic (capped place moves stop B) fork eq_refl eq_refl
      (fun z inz => capped_nonneg _ _ _ _ chances_stochastic B z inz)). lra.
  Qed.

  (** Where no attempt can succeed, the equations have no solution. *)
  Lemma arrived_pos B H : (1 <= B)%nat -> budget_steps W N t P Q B H -> 0 < arrived W N t P Q B.
  Proof.
    intros some sol. apply budget_steps_iff in sol. pose proof (spent_some B some).
    destruct (late_le_1 B fork eq_refl) as [_ le]. unfold arrived, still_walking in *. unfold late, moves, stop in le.
    destruct le as [lt|one]; [lra|].
    rewrite one in sol. lra.
  Qed.

  (** ** How near the target may be *)

  (** Edges to the target at least: those of the way, and in a wrong branch as at the fork. *)
  Definition near (s : place) : nat :=
    match s with fork => S N | away i x | back i x => if Nat.eqb i t then S N - x else S N end.

  Lemma near_toward i x : (x <= N)%nat -> (S N - x <= near (toward i x))%nat.
  Proof. destruct x as [|x]; simpl; [lia|]. destruct (Nat.eqb i t); lia. Qed.

  Lemma near_wrong i x : Nat.eqb i t = false -> near (toward i x) = S N.
  Proof. intros other. destruct x; simpl; now rewrite ?other. Qed.

  Lemma not_yet n s : in_maze W N s = true -> (n < near s)%nat -> late n s = 1.
  Proof.
    unfold late. revert s. induction n as [|n IH]; intros s ok far; cbn [beyond].
    all: destruct (stop s) eqn:go;
      [exfalso; destruct s as [|i x|i x]; try discriminate; unfold stop in go; cbn [at_target] in go;
       apply andb_prop in go; destruct go as [e f]; cbn [near] in far; rewrite e in far; apply Nat.eqb_eq in f; lia|].
    1: reflexivity.
    rewrite <- (mean_1 s ok go). apply total_ext. intros m inm.
    destruct (chances_stochastic s ok go) as [_ legal]. destruct (legal m inm) as [_ there]. apply IH; [exact there|].
    unfold moves in inm. destruct s as [|i x|i x]; cbn [walk_moves] in inm.
    - apply in_map_iff in inm. destruct inm as (i & <- & _). cbn [snd near] in *. destruct (Nat.eqb i t); lia.
    - apply in_away in ok. destruct (Nat.eqb_spec x (S N)) as [->|inner].
      + destruct inm as [<-|[]]. cbn [snd]. unfold stop in go. cbn [at_target near] in go, far.
        rewrite Nat.eqb_refl, Bool.andb_true_r in go.
        rewrite go in far. rewrite near_wrong by exact go. lia.
      + destruct inm as [<-|[<-|[]]]; cbn [snd near] in *.
        * destruct (Nat.eqb i t); lia.
        * destruct (Nat.eqb i t) eqn:e; [|rewrite near_wrong by exact e; lia].
          pose proof (near_toward i (x - 1)). lia.
    - apply in_back in ok. destruct inm as [<-|[<-|[]]]; cbn [snd near] in *.
      + destruct (Nat.eqb i t) eqn:e; [|rewrite near_wrong by exact e; lia].
        pose proof (near_toward i (x - 1)). lia.
      + destruct (Nat.eqb i t); lia.
  Qed.

  (** The one way in the least number of steps: branch t, and persist at every node. *)
  Lemma straight k : (k <= N)%nat ->
    late k (away t (S N - k)) = 1 - prod k (fun j => P t (S N - k + j)%nat).
  Proof.
    unfold late. induction k as [|k IH]; intros below.
    - rewrite Nat.sub_0_r. simpl. unfold stop. simpl. rewrite !Nat.eqb_refl. simpl. ring.
    - rewrite prod_first, Nat.add_0_r. replace (S N - S k)%nat with (N - k)%nat by lia.
      set (x := (N - k)%nat) in *. cbn [beyond]. unfold stop at 1. cbn [at_target]. rewrite Nat.eqb_refl.
      destruct (Nat.eqb_spec x (S N)); [lia|]. cbn [andb]. unfold mean, total, moves. cbn [walk_moves].
      destruct (Nat.eqb_spec x (S N)); [lia|]. cbn [fold_right fst snd]. fold moves.
      replace (S N - k)%nat with (S x) in IH by lia. rewrite IH by lia.
      assert (turned : late k (toward t (x - 1)) = 1).
      { apply not_yet; [apply in_toward; lia|]. pose proof (near_toward t (x - 1)). lia. }
      unfold late in turned. rewrite turned.
      rewrite (prod_ext k (fun j => P t (S x + j)%nat) (fun j => P t (x + S j)%nat)); [ring|].
      intros j _. f_equal. lia.
  Qed.

  Lemma shortest_arrives : arrived W N t P Q (S N) = prod N (fun x => P t (S x)) / W.
  Proof.
    unfold arrived, still_walking. cbn [beyond at_target]. rewrite fork_mean. fold moves stop.
    rewrite (sum_ext W _ (fun i => 1 - (if Nat.eqb i t then prod N (fun x => P t (S x)) else 0))).
    - rewrite sum_ones_but by exact small. field. apply not_0_INR. lia.
    - intros i below. destruct (Nat.eqb_spec i t) as [->|other].
      + pose proof (straight N (le_n N)) as way. replace (S N - N)%nat with 1%nat in way by lia. exact way.
      + pose proof (not_yet N (away i 1)) as far. unfold late in far. rewrite far; [ring|apply in_away; lia|].
        simpl. destruct (Nat.eqb_spec i t); [contradiction|lia].
  Qed.

  Lemma spent_early n : (n <= S N)%nat -> capped_steps W N t P Q n = n.
  Proof.
    intros early. unfold capped_steps. fold moves stop.
    rewrite (capped_is_sum _ _ _ _ chances_stochastic) by reflexivity.
    rewrite (sum_ext n _ (fun _ => 1)), sum_const; [ring|]. intros m below. apply not_yet; [reflexivity|simpl; lia].
  Qed.

  (** Below the shortest path there is no cost. *)
  Theorem restart_too_short B H : (1 <= B <= N)%nat -> ~ budget_steps W N t P Q B H.
  Proof.
    intros [some short] sol. pose proof (arrived_pos B H some sol) as pos. unfold arrived, still_walking in pos.
    pose proof (not_yet B fork eq_refl) as none. unfold late, moves, stop in none.
    rewrite none in pos; [lra|simpl; lia].
  Qed.
End Budget.

Theorem restart_budget : forall (W N t : nat) (P Q : nat -> nat -> R) (B : nat) (H : R), (t < W)%nat ->
  (forall i, (i < W)%nat -> rows_or_zero N (P i) (Q i)) -> (1 <= B)%nat ->
  budget_steps W N t P Q B H -> H = capped_steps W N t P Q B / arrived W N t P Q B.
Proof.
  intros W N t P Q B H small prob some sol. pose proof (arrived_pos W N t P Q small prob B H some sol).
  apply budget_steps_iff in sol; [|assumption..]. rewrite <- sol. field. lra.
Qed.

Theorem restart_shortest : forall (W K t : nat) (P Q : nat -> nat -> R) (H : R), (1 <= K)%nat -> (t < W)%nat ->
  (forall i, (i < W)%nat -> rows (2 * K) (P i) (Q i)) -> budget_steps W (2 * K) t P Q (2 * K + 1) H ->
  H = W * (2 * K + 1) / prod (2 * K) (fun x => P t (S x)).
Proof.
  intros W K t P Q H _ small prob sol.
  assert (chance : forall i, (i < W)%nat -> rows_or_zero (2 * K) (P i) (Q i)) by auto using rows_are.
  apply restart_budget in sol; [|assumption|assumption|lia]. rewrite Nat.add_1_r in sol.
  rewrite shortest_arrives, spent_early, S_INR, nat_double in sol by (assumption || lia).
  assert (prod_ : 0 < prod (2 * K) (fun x => P t (S x))).
  { apply prod_pos. intros x below. destruct (prob t small x below) as [[] _]. assumption. }
  rewrite sol. field. split; [lra|apply not_0_INR; lia].
Qed.

(** The chance that one of k independent attempts succeeds: the first, or if it fails one of the others. *)
Fixpoint one_of (k : nat) (p : R) : R := match k with O => 0 | S j => p + (1 - p) * one_of j p end.

Lemma one_of_is k p : one_of k p = 1 - (1 - p) ^ k.
Proof. induction k as [|k IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Theorem pass_at_k : forall (W K t k : nat) (P Q : nat -> R), (1 <= K)%nat -> (t < W)%nat -> rows_or_zero (2 * K) P Q ->
  (1 <= k)%nat -> one_of k (arrived W (2 * K) t (fun _ => P) (fun _ => Q) (2 * K + 1)) =
  1 - (1 - prod (2 * K) (fun x => P (S x)) / W) ^ k.
Proof.
  intros W K t k P Q _ small prob _. rewrite one_of_is, Nat.add_1_r.
  now rewrite (shortest_arrives W (2 * K) t (fun _ => P) (fun _ => Q)).
Qed.
