(** Budgets for walkers that surely go on (a = c = 1, any backward rows): the shortest path is the best, and what longer
    ones cost imitation's limit.

    Setting as in Attempts.v. Proved: no budget B brings such a walker below W(2K+1) steps ([restart_best]), every other
    budget than 2K+1 costs it more ([restart_best_budget]); an attempt of fewer than three shortest paths succeeds with
    probability 1/W or 0 ([attempt_sft]), hence its cost and where it draws with the optimum ([attempt_cost],
    [attempt_critical_below]). The idea: a walker that has entered a wrong branch is at the target not before 3(2K+1)
    steps, and spends all the steps it has left, up to 2K+2.
    Stands on Attempts.v. Not covered: sequences of budgets; where imitation meets the optimum from three paths on. *)

From Backtrack Require Export Attempts.
Open Scope R_scope.

Section Certain.
  Variables (W N t : nat) (P Q : nat -> nat -> R).
  Hypothesis small : (t < W)%nat.
  Hypothesis prob : forall i, (i < W)%nat -> rows_or_zero N (P i) (Q i).
  Hypothesis sure : forall i, (i < W)%nat -> certain N (P i).

  Let moves := walk_moves W N P Q.
  Let stop := at_target N t.
  Let late n s := beyond place moves stop n s.
  Let spent n s := capped place moves stop n s.
  Let chain := chances_stochastic W N t P Q small prob.

  (** One move, place by place. *)
  Lemma mean_fork v : mean place moves v fork = sum W (fun i => v (away i 1%nat)) / W.
  Proof. apply fork_mean. Qed.

  Lemma mean_on i x v : (i < W)%nat -> (1 <= x <= N)%nat -> mean place moves v (away i x) = v (away i (S x)).
  Proof.
    intros below [one last]. unfold mean, total, moves. cbn [walk_moves]. destruct (Nat.eqb_spec x (S N)); [lia|].
    destruct x as [|x]; [lia|]. cbn [fold_right fst snd]. rewrite (sure i below x) by lia. ring.
  Qed.

  Lemma mean_leaf i v : mean place moves v (away i (S N)) = v (toward i N).
  Proof. unfold mean, total, moves. cbn [walk_moves]. rewrite Nat.eqb_refl. simpl. ring. Qed.

  Lemma mean_back i x v : (1 <= x)%nat ->
    mean place moves v (back i x) = Q i x * v (toward i (x - 1)%nat) + (1 - Q i x) * v (away i (S x)).
  Proof. intros one. unfold mean, total, moves. cbn [walk_moves fold_right fst snd]. ring. Qed.

  Lemma stop_away i x : stop (away i x) = (Nat.eqb i t && Nat.eqb x (S N))%bool.
  Proof. reflexivity. Qed.

  Lemma stop_on i x : (x <= N)%nat -> stop (away i x) = false.
  Proof. intros last. rewrite stop_away. destruct (Nat.eqb_spec x (S N)); [lia|]. now rewrite Bool.andb_false_r. Qed.

  Lemma stop_wrong i x : i <> t -> stop (away i x) = false.
  Proof. intros other. rewrite stop_away. now destruct (Nat.eqb_spec i t). Qed.

  Lemma stop_target : stop (away t (S N)) = true.
  Proof. rewrite stop_away. now rewrite !Nat.eqb_refl. Qed.

  (** In branch t it goes straight to the target. *)
  Lemma straight_in n x : (1 <= x <= S N)%nat -> (S N - x <= n)%nat ->
    late n (away t x) = 0 /\ spent n (away t x) = (S N - x)%nat.
  Proof.
    unfold late, spent. revert x. induction n as [|n IH]; intros x inb far.
    - assert (x = S N) as -> by lia. cbn [beyond capped]. rewrite stop_target, Nat.sub_diag. now split.
    - cbn [beyond capped]. destruct (Nat.eq_dec x (S N)) as [->|inner].
      + rewrite stop_target, Nat.sub_diag. now split.
      + rewrite stop_on, !mean_on by lia. destruct (IH (S x)) as [-> ->]; [lia|lia|]. split; [reflexivity|].
        replace (S N - x)%nat with (S (S N - S x)) by lia. rewrite S_INR. ring.
  Qed.

  (** ** Below three shortest paths *)

  (** Steps to the target at least, once in a wrong branch. *)
  Definition far (s : place) : nat :=
    match s with
    | fork => S N
    | away i x => if Nat.eqb i t then S N - x else S N - x + 2 * S N
    | back i x => if Nat.eqb i t then 0 else x + S N
    end.

  Lemma far_toward i x : i <> t -> far (toward i x) = (x + S N)%nat.
  Proof. intros other. destruct x; simpl; [reflexivity|]. now destruct (Nat.eqb_spec i t). Qed.

  Lemma too_far n s : in_maze W N s = true -> (n < far s)%nat -> late n s = 1.
  Proof.
    unfold late. revert s. induction n as [|n IH]; intros s ok more; cbn [beyond].
    all: destruct (stop s) eqn:go;
      [exfalso; destruct s as [|i x|i x]; try discriminate; rewrite stop_away in go;
       apply andb_prop in go; destruct go as [e f]; cbn [far] in more; rewrite e in more;
       apply Nat.eqb_eq in f; lia|].
    1: reflexivity.
    destruct s as [|i x|i x]; cbn [far] in more.
    - rewrite mean_fork, (sum_ext W _ (fun _ => 1)), sum_const; [field; apply not_0_INR; lia|].
      intros i below. apply IH; [apply in_away; lia|]. cbn [far]. destruct (Nat.eqb i t); lia.
    - apply in_away in ok. destruct (Nat.eq_dec x (S N)) as [->|inner].
      + rewrite mean_leaf. rewrite stop_away, Nat.eqb_refl, Bool.andb_true_r in go. rewrite go in more.
        apply IH; [apply in_toward; lia|]. rewrite far_toward; [lia|]. intros ->. now rewrite Nat.eqb_refl in go.
      + rewrite mean_on by lia. apply IH; [apply in_away; lia|]. cbn [far]. destruct (Nat.eqb i t); lia.
    - apply in_back in ok. destruct (Nat.eqb_spec i t) as [|other]; [lia|]. rewrite mean_back by lia.
      rewrite !IH; [ring|apply in_away; lia| |apply in_toward; lia|].
      + cbn [far]. destruct (Nat.eqb_spec i t); [contradiction|]. lia.
      + rewrite far_toward by exact other. lia.
  Qed.

  (** An attempt of n steps succeeds with probability 1/W from one shortest path up to three. *)
  Lemma arrived_between n : (S N <= n < 3 * S N)%nat -> arrived W N t P Q n = 1 / W.
  Proof.
    intros [long short]. destruct n as [|n]; [lia|]. unfold arrived, still_walking. cbn [beyond at_target].
    fold moves stop. rewrite mean_fork.
    rewrite (sum_ext W _ (fun i => 1 - (if Nat.eqb i t then 1 else 0))).
    - rewrite sum_ones_but by exact small. field. apply not_0_INR. lia.
    - intros i below. destruct (Nat.eqb_spec i t) as [->|other].
      + destruct (straight_in n 1) as [arrives _]; [lia|lia|]. unfold late in arrives. rewrite arrives. ring.
      + rewrite <- (too_far n (away i 1)); [unfold late; ring|apply in_away; lia|].
        cbn [far]. destruct (Nat.eqb_spec i t); [contradiction|lia].
  Qed.

  Lemma spent_S n : capped_steps W N t P Q (S n) = capped_steps W N t P Q n + still_walking W N t P Q n.
  Proof.
    unfold capped_steps. fold moves stop. rewrite !(capped_is_sum _ _ _ _ chain) by reflexivity. reflexivity.
  Qed.

  Lemma spent_between e : (e < 2 * S N)%nat -> capped_steps W N t P Q (S N + e) = S N + e * (1 - 1 / W).
  Proof.
    intros short. rewrite <- sum_const. induction e as [|e IH].
    - rewrite Nat.add_0_r, spent_early by (assumption || lia). simpl. ring.
    - rewrite Nat.add_succ_r, spent_S, IH by lia. pose proof (arrived_between (S N + e)) as one.
      unfold arrived in one. specialize (one ltac:(lia)). cbn [sum]. lra.
  Qed.

  Lemma budget_between B H : (S N <= B < 3 * S N)%nat -> budget_steps W N t P Q B H -> H = S N + (W - 1) * B.
  Proof.
    intros [long short] sol. assert (W_nz : INR W <> 0) by (apply not_0_INR; lia).
    apply restart_budget in sol; [|assumption..|lia]. rewrite arrived_between in sol by lia.
    replace B with (S N + (B - S N))%nat in sol by lia. rewrite spent_between in sol by lia.
    rewrite minus_INR in sol by lia. rewrite sol. field. exact W_nz.
  Qed.

  (** ** Any budget: what is spent is at least W(N+1) times the chance to arrive *)

  Let owing n s := spent n s - W * S N * (1 - late n s).

  Lemma owing_step n s : in_maze W N s = true -> stop s = false -> owing (S n) s = 1 + mean place moves (owing n) s.
  Proof.
    intros ok go. unfold owing, spent, late. cbn [capped beyond]. rewrite go.
    assert (linear : forall u v c, mean place moves (fun z => u z - c * (1 - v z)) s =
                                   mean place moves u s - c * (mean place moves (fun _ => 1) s - mean place moves v s)).
    { intros u v c. unfold mean, total. induction (moves s) as [|m rest IH]; simpl; [ring|]. rewrite IH. ring. }
    rewrite linear. destruct (chain s ok go) as [one _]. unfold mass in one. fold moves in one. rewrite one. ring.
  Qed.

  Lemma owing_0 s : stop s = false -> owing 0 s = 0.
  Proof. intros go. unfold owing, spent, late. cbn [capped beyond]. rewrite go. ring. Qed.

  (** What the fork owes, if wrong branches owe at least r. *)
  Lemma owing_fork n r : (N <= n)%nat -> (forall i, (i < W)%nat -> i <> t -> r <= owing n (away i 1)) ->
    1 + (N - W * S N + (W - 1) * r) / W <= owing (S n) fork.
  Proof.
    intros long wrong. rewrite owing_step by reflexivity. rewrite mean_fork. apply Rplus_le_compat_l.
    apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; lia|].
    rewrite (sum_but_split t W) by exact small. apply Rplus_le_compat.
    - unfold owing. destruct (straight_in n 1) as [-> ->]; [lia|lia|].
      replace (S N - 1)%nat with N by lia. lra.
    - rewrite <- (sum_but_const t W r small). apply sum_le. intros i below.
      destruct (Nat.eqb_spec i t); [lra|]. now apply wrong.
  Qed.

  Lemma owing_early n : (n <= N)%nat -> owing n fork = n.
  Proof.
    intros early. unfold owing. unfold late, moves, stop.
    rewrite (not_yet W N t P Q small prob) by (simpl; lia || reflexivity).
    pose proof (spent_early W N t P Q small prob n) as all. unfold capped_steps in all. unfold spent, moves, stop.
    rewrite all by lia. ring.
  Qed.

  Lemma owing_nonneg n :
    0 <= owing n fork /\
    (forall i x, (i < W)%nat -> i <> t -> (1 <= x <= N)%nat -> 0 <= owing n (back i x)) /\
    (forall i x, (i < W)%nat -> i <> t -> (1 <= x <= S N)%nat -> Nat.min n (S N - x + 1) <= owing n (away i x)).
  Proof.
    induction n as [|n (home & backs & aways)].
    - split; [|split].
      + rewrite owing_0 by reflexivity. lra.
      + intros i x _ _ _. rewrite owing_0 by reflexivity. lra.
      + intros i x _ other _. rewrite owing_0 by now apply stop_wrong. simpl. lra.
    - assert (coming : forall i x, (i < W)%nat -> i <> t -> (x <= N)%nat -> 0 <= owing n (toward i x)).
      { intros i [|x] below other inb; [exact home|]. apply backs; auto. lia. }
      split; [|split].
      + destruct (le_lt_dec (S n) N) as [early|long]; [rewrite owing_early by exact early; apply pos_INR|].
        eapply Rle_trans; [|apply (owing_fork n N); [lia|]].
        * rewrite S_INR. assert (W_pos : 0 < W) by (apply lt_0_INR; lia).
          replace (N - W * (N + 1) + (W - 1) * N) with (- W) by ring. unfold Rdiv. rewrite Ropp_mult_distr_l_reverse.
          rewrite Rinv_r by lra. lra.
        * intros i below other. eapply Rle_trans; [|apply aways; auto; lia]. apply le_INR. lia.
      + intros i x below other inb. rewrite owing_step by first [reflexivity | apply in_back; lia].
        rewrite mean_back by lia. destruct x as [|x]; [lia|]. destruct (prob i below x) as [_ q]; [lia|].
        assert (0 <= owing n (away i (S (S x)))) by
          (eapply Rle_trans; [|apply aways; auto; lia]; apply pos_INR).
        assert (0 <= owing n (toward i (S x - 1))) by (apply coming; auto; lia).
        assert (0 <= Q i (S x) * owing n (toward i (S x - 1))) by (apply Rmult_le_pos; lra).
        assert (0 <= (1 - Q i (S x)) * owing n (away i (S (S x)))) by (apply Rmult_le_pos; lra). lra.
      + intros i x below other inb. rewrite owing_step by first [now apply stop_wrong | apply in_away; lia].
        destruct (Nat.eq_dec x (S N)) as [->|inner].
        * rewrite mean_leaf. pose proof (coming i N below other (le_n N)).
          replace (Nat.min (S n) (S N - S N + 1)) with 1%nat by lia. simpl INR. lra.
        * rewrite mean_on by lia. pose proof (aways i (S x) below other) as next. specialize (next ltac:(lia)).
          replace (Nat.min (S n) (S N - x + 1)) with (S (Nat.min n (S N - S x + 1))) by lia. rewrite S_INR. lra.
  Qed.

  Lemma owing_strict n : (2 <= W)%nat -> (S N < n)%nat -> 0 < owing n fork.
  Proof.
    intros two long. destruct n as [|n]; [lia|]. eapply Rlt_le_trans; [|apply (owing_fork n (S N)); [lia|]].
    - apply nat_ge_2 in two. rewrite S_INR.
      replace (N - W * (N + 1) + (W - 1) * (N + 1)) with (- (1)) by ring.
      assert (/ W < 1) by (rewrite <- Rinv_1; apply Rinv_lt_contravar; lra). unfold Rdiv. lra.
    - intros i below other. destruct (owing_nonneg n) as (_ & _ & aways).
      eapply Rle_trans; [|apply aways; auto; lia]. apply le_INR. lia.
  Qed.

  Lemma owing_budget B H : (1 <= B)%nat -> budget_steps W N t P Q B H ->
    owing B fork = (H - W * S N) * arrived W N t P Q B.
  Proof.
    intros some sol. apply budget_steps_iff in sol; [|assumption..]. unfold owing, spent, late.
    unfold capped_steps in sol. fold moves stop in sol. rewrite <- sol. unfold arrived, still_walking.
    fold moves stop. ring.
  Qed.

  Theorem no_better_budget B H : (1 <= B)%nat -> budget_steps W N t P Q B H -> W * S N <= H.
  Proof.
    intros some sol. pose proof (owing_budget B H some sol) as owed. destruct (owing_nonneg B) as [pos _].
    pose proof (arrived_pos W N t P Q small prob B H some sol).
    enough (0 <= H - W * S N) by lra. apply Rmult_le_reg_r with (arrived W N t P Q B); lra.
  Qed.

  Theorem only_best_budget B H : (2 <= W)%nat -> (1 <= B)%nat -> B <> S N -> budget_steps W N t P Q B H -> W * S N < H.
  Proof.
    intros two some other sol. destruct (le_lt_dec B N) as [short|long].
    { now apply (restart_too_short W N t P Q small prob) in sol. }
    pose proof (owing_budget B H some sol) as owed. pose proof (owing_strict B two ltac:(lia)) as pos.
    pose proof (arrived_pos W N t P Q small prob B H some sol).
    enough (0 < H - W * S N) by lra. apply Rmult_lt_reg_r with (arrived W N t P Q B); lra.
  Qed.
End Certain.

(** ** The claims *)

Theorem restart_best : forall (W K t B : nat) (P Q : nat -> nat -> R) (H : R), (1 <= K)%nat -> (t < W)%nat ->
  (forall i, (i < W)%nat -> rows_or_zero (2 * K) (P i) (Q i)) -> (forall i, (i < W)%nat -> certain (2 * K) (P i)) ->
  (1 <= B)%nat -> budget_steps W (2 * K) t P Q B H -> H >= W * (2 * K + 1).
Proof.
  intros W K t B P Q H _ small prob sure some sol.
  pose proof (no_better_budget W (2 * K) t P Q small prob sure B H some sol) as best.
  rewrite S_INR, nat_double in best. now apply Rle_ge.
Qed.

(** Imitation's limit, restarted after B steps. *)
Definition sft_budget_steps (W K L t B : nat) : R -> Prop :=
  budget_steps W (2 * K) t (fun _ => alternate 1 1) (fun _ => alternate (1 / (L + 1)) (L / (L + 1))) B.

Lemma sft_rows_or_zero K L : (1 <= L)%nat ->
  rows_or_zero (2 * K) (alternate 1 1) (alternate (1 / (L + 1)) (L / (L + 1))).
Proof. intros pos. apply rows_are, homogeneous_rows; auto using row_1, single_row, parallel_row. Qed.

(** It has a cost at the budget 2K+1, and a higher one, or none, at every other. *)
Theorem restart_best_budget : forall (W K L t B : nat) (H H' : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> (1 <= B)%nat -> sft_budget_steps W K L t (2 * K + 1) H -> sft_budget_steps W K L t B H' ->
  H <= H' /\ (H = H' -> B = (2 * K + 1)%nat).
Proof.
  intros W K L t B H H' two posK posL small some best sol. assert (prob := sft_rows_or_zero K L posL).
  assert (sure := certain_alternate (2 * K)).
  apply (budget_between W (2 * K) t) in best; [|assumption|auto|auto|lia].
  assert (value : H = W * S (2 * K)).
  { rewrite best. replace (INR (2 * K + 1)) with (INR (S (2 * K))) by (f_equal; lia). ring. }
  split.
  - rewrite value. eapply no_better_budget; [exact small| | |exact some|exact sol]; auto.
  - intros same. destruct (Nat.eq_dec B (S (2 * K))) as [->|other]; [lia|]. exfalso.
    assert (W * S (2 * K) < H') by
      (eapply only_best_budget; [exact small| | |exact two|exact some|exact other|exact sol]; auto). lra.
Qed.

Theorem attempt_sft : forall (W K L t B : nat), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  (1 <= B < 3 * (2 * K + 1))%nat ->
  arrived W (2 * K) t (fun _ => alternate 1 1) (fun _ => alternate (1 / (L + 1)) (L / (L + 1))) B =
  if Nat.leb (2 * K + 1) B then 1 / W else 0.
Proof.
  intros W K L t B _ posL small [some short]. assert (prob := sft_rows_or_zero K L posL).
  destruct (Nat.leb_spec (2 * K + 1) B) as [long|early].
  - apply arrived_between; auto using certain_alternate. lia.
  - unfold arrived, still_walking. rewrite (not_yet W (2 * K) t) by (auto; simpl near; lia). ring.
Qed.

Theorem attempt_cost : forall (W K L t B : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  (2 * K + 1 <= B)%nat -> (B < 3 * (2 * K + 1))%nat -> sft_budget_steps W K L t B H ->
  H = 2 * K + 1 + (W - 1) * B.
Proof.
  intros W K L t B H _ posL small long short sol. assert (prob := sft_rows_or_zero K L posL).
  apply (budget_between W (2 * K) t) in sol; auto using certain_alternate; [|lia].
  rewrite sol, S_INR, nat_double. ring.
Qed.

(** Below three shortest paths: no dearer than the optimum without restarts exactly up to twice the shortest. *)
Theorem attempt_critical_below : forall (W K L t B : nat) (H H' : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> (1 <= B)%nat -> (B < 3 * (2 * K + 1))%nat -> sft_budget_steps W K L t B H ->
  optimum_steps W K t H' -> (H <= H' <-> (B <= 2 * (2 * K + 1))%nat).
Proof.
  intros W K L t B H H' two posK posL small some short sol best. assert (prob := sft_rows_or_zero K L posL).
  destruct (le_lt_dec B (2 * K)) as [early|long].
  { exfalso. revert sol. apply restart_too_short; auto. }
  apply attempt_cost in sol; auto; [|lia]. apply optimum_value in best; auto. subst H H'. apply nat_ge_2 in two.
  replace ((2 * W - 1) * (2 * K + 1)) with (2 * K + 1 + (W - 1) * INR (2 * (2 * K + 1)))
    by (rewrite nat_double, plus_INR, nat_double; simpl; ring).
  split; intros le.
  - apply INR_le. apply Rmult_le_reg_l with (W - 1); lra.
  - apply le_INR in le. apply Rplus_le_compat_l, Rmult_le_compat_l; lra.
Qed.

(** There is such a cost. *)
Lemma sft_budget_exists W K L t B : (1 <= L)%nat -> (t < W)%nat -> (2 * K + 1 <= B)%nat -> (B < 3 * (2 * K + 1))%nat ->
  exists H, sft_budget_steps W K L t B H.
Proof.
  intros pos small long short. assert (prob := sft_rows_or_zero K L pos).
  exists (W * capped_steps W (2 * K) t (fun _ => alternate 1 1) (fun _ => alternate (1 / (L + 1)) (L / (L + 1))) B).
  apply budget_steps_iff; [exact small|auto|].
  rewrite (arrived_between W (2 * K) t) by (auto using certain_alternate; lia). field. apply not_0_INR. lia.
Qed.
