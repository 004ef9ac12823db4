(** Any Markov chain with finitely many moves from each state: the expected number of moves until it ends.

    Setting. From a state s the walker makes one of the [moves s], each with its probability, and the walk ends in the
    states [stop]. Let T be the number of moves until then, infinite if the walk never ends. The chance P(T > n) and the
    mean E[min(T, n)], both from s, follow from the chances one move later; these recursions are the definitions
    [beyond] and [capped]. E[T] is the limit of E[min(T, n)], be it finite or not (monotone convergence).

    Proved: if the Bellman equations have a solution that is not negative, E[T] is finite and the least such solution.
    Stands on nothing. Not covered: the space of infinite walks as such, on which T is a function. *)

From Coq Require Export List.
From Backtrack Require Export Sums.
Export ListNotations.
Open Scope R_scope.

(** The mean of v over a draw, a list of outcomes with their probabilities. *)
Definition total {A : Type} (v : A -> R) (draw : list (R * A)) : R :=
  fold_right (fun one rest => fst one * v (snd one) + rest) 0 draw.

(** The mean over a uniform draw. *)
Lemma uniform_total {A : Type} (p : R) (to : nat -> A) (v : A -> R) start n :
  total v (map (fun i => (p, to i)) (seq start n)) = p * sum n (fun i => v (to (start + i)%nat)).
Proof.
  unfold total. revert start. induction n as [|n IH]; intros start; [simpl; ring|].
  cbn [seq map fold_right fst snd]. rewrite IH, sum_first, Nat.add_0_r.
  rewrite (sum_ext n (fun i => v (to (S start + i)%nat)) (fun i => v (to (start + S i)%nat))); [ring|].
  intros i _. now rewrite Nat.add_succ_comm.
Qed.

Lemma total_app {A : Type} (v : A -> R) draw draw' : total v (draw ++ draw') = total v draw + total v draw'.
Proof. unfold total. induction draw as [|m rest IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma total_ext {A : Type} (u v : A -> R) draw : (forall m, In m draw -> u (snd m) = v (snd m)) ->
  total u draw = total v draw.
Proof.
  unfold total. induction draw as [|m rest IH]; intros same; simpl; [reflexivity|].
  rewrite same, IH; [reflexivity| |now left]. intros x inr. apply same. now right.
Qed.

Section Chain.
  Variables (state : Type) (moves : state -> list (R * state)) (stop : state -> bool).

  (** The mean of v after one move from s, and the mass of all moves. *)
  Definition mean (v : state -> R) (s : state) : R := total v (moves s).
  Definition mass (s : state) : R := mean (fun _ => 1) s.

  (** P(T > n) from s. *)
  Fixpoint beyond (n : nat) (s : state) : R :=
    if stop s then 0 else match n with O => 1 | S m => mean (beyond m) s end.

  (** E[min(T, n)] from s: none in 0 moves, else one move and the rest from where it leads. *)
  Fixpoint capped (n : nat) (s : state) : R :=
    match n with O => 0 | S m => if stop s then 0 else 1 + mean (capped m) s end.

  (** The states that are meant, which no move leaves; moves from them have the probabilities of a distribution. *)
  Variable legal : state -> bool.
  Definition stochastic : Prop :=
    forall s, legal s = true -> stop s = false ->
      mass s = 1 /\ forall move, In move (moves s) -> 0 <= fst move /\ legal (snd move) = true.

  (** The Bellman equations: nothing is left at the end, else one move and what is left after it. *)
  Definition solves (v : state -> R) : Prop :=
    forall s, legal s = true -> v s = if stop s then 0 else 1 + mean v s.

  Hypothesis chain : stochastic.

  Lemma mean_le u v s : legal s = true -> stop s = false -> (forall z, legal z = true -> u z <= v z) ->
    mean u s <= mean v s.
  Proof.
    intros ok go below. destruct (chain s ok go) as [_ good]. unfold mean, total.
    induction (moves s) as [|m rest IH]; simpl; [lra|]. destruct (good m) as [pos there]; [now left|].
    apply Rplus_le_compat; [apply Rmult_le_compat_l; auto|]. apply IH. intros x inr. apply good. now right.
  Qed.

  Lemma mean_plus u v s : mean (fun z => u z + v z) s = mean u s + mean v s.
  Proof. unfold mean, total. induction (moves s) as [|m rest IH]; simpl; [ring|]. rewrite IH. ring. Qed.

  Lemma mean_ext u v s : legal s = true -> stop s = false -> (forall z, legal z = true -> u z = v z) ->
    mean u s = mean v s.
  Proof. intros ok go same. apply Rle_antisym; apply mean_le; auto; intros z inz; rewrite same by exact inz; lra. Qed.

  Lemma mean_nonneg v s : legal s = true -> stop s = false -> (forall z, legal z = true -> 0 <= v z) -> 0 <= mean v s.
  Proof.
    intros ok go pos. replace 0 with (mean (fun _ => 0) s); [now apply mean_le|].
    unfold mean, total. induction (moves s) as [|m rest IH]; simpl; [ring|]. rewrite IH. ring.
  Qed.

  Lemma capped_nonneg n s : legal s = true -> 0 <= capped n s.
  Proof.
    revert s. induction n as [|n IH]; intros s ok; simpl; [lra|]. destruct (stop s) eqn:go; [lra|].
    pose proof (mean_nonneg (capped n) s ok go IH). lra.
  Qed.

  (** It grows with n .. *)
  Lemma capped_grows n s : legal s = true -> capped n s <= capped (S n) s.
  Proof.
    revert s. induction n as [|n IH]; intros s ok; [now apply (capped_nonneg 1)|].
    change (capped (S (S n)) s) with (if stop s then 0 else 1 + mean (capped (S n)) s). simpl (capped (S n) s).
    destruct (stop s) eqn:go; [lra|]. apply Rplus_le_compat_l. now apply mean_le.
  Qed.

  (** .. and stays below every solution that is not negative. *)
  Lemma capped_below v : solves v -> (forall s, legal s = true -> 0 <= v s) ->
    forall n s, legal s = true -> capped n s <= v s.
  Proof.
    intros sol pos. induction n as [|n IH]; intros s ok; simpl; [now apply pos|].
    rewrite (sol s ok). destruct (stop s) eqn:go; [lra|]. apply Rplus_le_compat_l. now apply mean_le.
  Qed.

  (** E[min(T, n)] = P(T > 0) + .. + P(T > n-1). *)
  Lemma capped_is_sum n s : legal s = true -> capped n s = sum n (fun m => beyond m s).
  Proof.
    revert s. induction n as [|n IH]; intros s ok; [reflexivity|]. rewrite sum_first. simpl.
    destruct (stop s) eqn:go.
    - rewrite sum_const. ring.
    - f_equal. rewrite (mean_ext _ (fun z => sum n (fun m => beyond m z))) by auto. clear.
      induction n as [|n IH]; simpl; [|now rewrite mean_plus, IH].
      unfold mean, total. induction (moves s) as [|m rest IH]; simpl; [ring|]. rewrite IH. ring.
  Qed.

  Lemma limit_const c : Un_cv (fun _ => c) c.
  Proof. intros eps pos. exists O. intros n _. now rewrite R_dist_eq. Qed.

  Lemma mean_limit (u : nat -> state -> R) v s : legal s = true -> stop s = false ->
    (forall z, legal z = true -> Un_cv (fun n => u n z) (v z)) -> Un_cv (fun n => mean (u n) s) (mean v s).
  Proof.
    intros ok go near. destruct (chain s ok go) as [_ good]. unfold mean, total.
    induction (moves s) as [|m rest IH]; simpl.
    - apply limit_const.
    - apply CV_plus; [|apply IH; intros x inr; apply good; now right].
      apply (CV_mult (fun _ => fst m)); [apply limit_const|apply near, good; now left].
  Qed.

  Lemma limit_later u l : Un_cv u l -> Un_cv (fun n => u (S n)) l.
  Proof. intros near eps pos. destruct (near eps pos) as [n far]. exists n. intros m above. apply far. lia. Qed.

  (** If some solution is not negative, E[T] is finite, is a solution itself, and is the least of these. *)
  Theorem least_solution v : solves v -> (forall s, legal s = true -> 0 <= v s) ->
    exists u, (forall s, legal s = true -> Un_cv (fun n => capped n s) (u s) /\ 0 <= u s <= v s) /\ solves u.
  Proof.
    intros sol pos.
    pose (cost := fun s n => if legal s then capped n s else 0).
    assert (grows : forall s, Un_growing (cost s)).
    { intros s n. unfold cost. destruct (legal s) eqn:ok; [now apply capped_grows|lra]. }
    assert (bounded : forall s, has_ub (cost s)).
    { intros s. exists (if legal s then v s else 0). intros x (n & ->). unfold cost.
      destruct (legal s) eqn:ok; [now apply capped_below|lra]. }
    pose (u := fun s => proj1_sig (growing_cv (cost s) (grows s) (bounded s))).
    assert (near : forall s, legal s = true -> Un_cv (fun n => capped n s) (u s)).
    { intros s ok. unfold u. destruct (growing_cv (cost s) (grows s) (bounded s)) as [l close]. simpl.
      unfold cost in close. now rewrite ok in close. }
    assert (between : forall s, legal s = true -> 0 <= u s <= v s).
    { intros s ok. assert (0 <= u s).
      { apply Rle_trans with (capped 0 s); [apply Rle_refl|].
        apply (growing_ineq (fun n => capped n s)); [|now apply near]. intros n. now apply capped_grows. }
      split; [assumption|]. apply Rnot_lt_le. intros above.
      destruct (near s ok (u s - v s)) as [n close]; [lra|]. specialize (close n (le_n n)).
      pose proof (capped_below v sol pos n s ok). unfold R_dist in close. apply Rabs_def2 in close. lra. }
    exists u. split; [intros s ok; split; auto|]. intros s ok. destruct (stop s) eqn:go.
    - apply (UL_sequence (fun n => capped (S n) s)); [apply (limit_later (fun n => capped n s)); now apply near|].
      simpl. rewrite go. apply limit_const.
    - apply (UL_sequence (fun n => capped (S n) s)); [apply (limit_later (fun n => capped n s)); now apply near|].
      simpl. rewrite go. apply (CV_plus (fun _ => 1)); [apply limit_const|now apply mean_limit].
  Qed.

  (** Where E[min(T, n)] has a limit, the walk ends with probability 1. *)
  Lemma surely_ends s l : legal s = true -> Un_cv (fun n => capped n s) l -> Un_cv (fun n => beyond n s) 0.
  Proof.
    intros ok near. pose proof (CV_minus _ _ _ _ (limit_later _ _ near) near) as gap.
    rewrite Rminus_diag_eq in gap by reflexivity. intros eps pos. destruct (gap eps pos) as [n close].
    exists n. intros m above. specialize (close m above). rewrite !capped_is_sum in close by exact ok.
    cbn [sum] in close. now replace (sum m (fun m => beyond m s) + beyond m s - sum m (fun m => beyond m s))
      with (beyond m s) in close by ring.
  Qed.
End Chain.
