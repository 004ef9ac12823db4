(** How many traces of the optimum show the backward rows of every branch: exact laws and bounds.

    Setting. n independent traces (Traces.v) of m draws each, to one fixed target or each to a uniform one; to see are
    the wrong branches, or all W. Every probability is an average over all outcomes, and its limit for large m is meant.

    Proved: the expected number of unseen branches, W((1+1/W)/2)^n ([distillation_coverage]); the probability that all
    are seen, by inclusion and exclusion ([distillation_coverage_fixed], [distillation_coverage_uniform]). Bounds on
    what is missed stand in CoverageBounds.

    Not covered: mixed data (a share of golden paths). *)

From Coq Require Import Permutation.
From Backtrack Require Export Traces.
Open Scope R_scope.

(** ** n traces *)

(** The average over one trace, to the target, if there is a fixed one. *)
Definition one_trace (W m : nat) (target : option nat) : (trace -> R) -> R :=
  match target with Some t => fixed_target W m t | None => any_target W m end.

Definition seen (i : nat) (traces : list trace) : bool := existsb (shows i) traces.

(** The branches that are to be seen. *)
Definition to_see (W : nat) (target : option nat) : list nat :=
  match target with Some t => remove Nat.eq_dec t (seq 0 W) | None => seq 0 W end.

(** The expected number of branches that n traces to uniform targets show no retreat in. *)
Definition expected_unseen (W n m : nat) : R :=
  repeated (one_trace W m None) n (fun traces => sum W (fun i => ind (negb (seen i traces)))).

(** The probability that n traces show a retreat in every branch that is to be seen. *)
Definition covered (W n : nat) (target : option nat) (m : nat) : R :=
  repeated (one_trace W m target) n (fun traces => ind (forallb (fun i => seen i traces) (to_see W target))).

(** A target, if fixed, is one of the W branches. *)
Definition legal (W : nat) (target : option nat) : Prop := match target with Some t => (t < W)%nat | None => True end.

Lemma average_one W m target : (1 <= W)%nat -> average (one_trace W m target).
Proof. intros some. destruct target; [now apply average_fixed|now apply average_any]. Qed.

Definition unseen (branches : list nat) (traces : list trace) : bool :=
  forallb (fun i => negb (seen i traces)) branches.

Lemma unseen_product branches traces :
  ind (unseen branches traces) = product (fun one => ind (hidden branches one)) traces.
Proof.
  unfold unseen, seen. induction traces as [|one others IH]; cbn [existsb product fold_right].
  - rewrite (proj2 (forallb_forall _ _)); reflexivity.
  - unfold product in IH. rewrite <- IH. unfold hidden. clear IH.
    induction branches as [|i rest IHb]; cbn [forallb]; [unfold ind; ring|].
    destruct (shows i one); cbn [negb orb andb]; [unfold ind; ring|].
    destruct (existsb (shows i) others); cbn [negb orb andb]; [unfold ind; ring|exact IHb].
Qed.

(** The probability that one trace misses s of the branches to see, by m draws, and in full. *)
Definition missed_within (W : nat) (target : option nat) (s m : nat) : R :=
  match target with Some _ => hidden_within W s m | None => hidden_any W s m end.
Definition missed (W : nat) (target : option nat) (s : nat) : R :=
  match s, target with O, _ => 1 | _, Some _ => 1 / (s + 1) | _, None => (W + 1) / (W * (s + 1)) end.

Definition allowed (W : nat) (target : option nat) (branches : list nat) : Prop :=
  proper W branches /\ match target with Some t => ~ In t branches | None => True end.

Lemma unseen_chance W n target m branches : (1 <= W)%nat -> legal W target -> allowed W target branches ->
  repeated (one_trace W m target) n (fun traces => ind (unseen branches traces)) =
  missed_within W target (length branches) m ^ n.
Proof.
  intros some ok [good out]. pose proof (average_one W m target some) as law.
  rewrite (average_ext _ _ (average_repeated _ _ law n) _ _ (unseen_product branches)), repeated_product by exact law.
  f_equal. destruct target as [t|]; [now apply hidden_fixed_within|now apply hidden_any_within].
Qed.

Lemma cv_missed W target s : (1 <= W)%nat -> (s <= length (to_see W target))%nat -> legal W target ->
  Un_cv (missed_within W target s) (missed W target s).
Proof.
  intros some fits ok. unfold missed_within, missed. destruct s as [|s].
  - apply cv_ext with (fun _ => 1); [|apply cv_const]. intros m. apply nat_ge_1 in some.
    destruct target; unfold hidden_any, hidden_within; simpl; field; lra.
  - destruct target as [t|].
    + apply cv_hidden. cbn [to_see] in fits. pose proof (remove_length_lt Nat.eq_dec (seq 0 W) t) as less.
      rewrite seq_length in less. assert (In t (seq 0 W)) by (apply in_seq; cbn in ok; lia). specialize (less H). lia.
    + apply cv_hidden_any. cbn [to_see] in fits. rewrite seq_length in fits. lia.
Qed.

(** The expected number of unseen branches: one by one, and independence. *)
Lemma unseen_cv (W n : nat) : (1 <= W)%nat -> Un_cv (expected_unseen W n) (W * ((1 + 1 / W) / 2) ^ n).
Proof.
  intros some. pose proof (nat_ge_1 W some) as W_1.
  apply cv_ext with (fun m => sum W (fun _ => missed_within W None 1 m ^ n)).
  - intros m. pose proof (average_one W m None some) as law. unfold expected_unseen.
    rewrite (average_sum _ _ (average_repeated _ _ law n) W (fun i traces => ind (negb (seen i traces)))).
    apply sum_ext. intros i below. change 1%nat with (length [i]). rewrite <- unseen_chance; auto; [|exact I|].
    + apply (average_ext _ _ (average_repeated _ _ law n)). intros traces. unfold unseen. cbn [forallb].
      now rewrite andb_true_r.
    + split; [|exact I]. split; [repeat constructor; easy|]. intros j [<-|[]]. exact below.
  - rewrite <- sum_const. apply cv_sum. intros _ _. apply cv_pow.
    replace ((1 + 1 / W) / 2) with (missed W None 1) by (unfold missed; simpl; field; lra).
    apply cv_missed; [exact some| |exact I]. cbn [to_see]. now rewrite seq_length.
Qed.

Lemma unseen_exists (W n : nat) : (1 <= W)%nat -> exists x, Un_cv (expected_unseen W n) x.
Proof. intros some. eexists. now apply unseen_cv. Qed.

Theorem distillation_coverage (W n : nat) (x : R) : (1 <= W)%nat -> Un_cv (expected_unseen W n) x ->
  x = W * ((1 + 1 / W) / 2) ^ n.
Proof. intros some cv. exact (UL_sequence _ _ _ cv (unseen_cv W n some)). Qed.

(** ** All of them seen: inclusion and exclusion *)

(** Pascal's triangle. *)
Fixpoint choose (n k : nat) : nat :=
  match n, k with _, O => 1 | O, S _ => 0 | S m, S j => choose m j + choose m (S j) end.

Definition alternating (m : nat) (h : nat -> R) : R := sum (S m) (fun i => (-1) ^ i * choose m i * h i).

Lemma choose_0 n : choose n 0 = 1%nat.
Proof. now destruct n. Qed.

Lemma choose_over n k : (n < k)%nat -> choose n k = 0%nat.
Proof.
  revert k. induction n as [|n IH]; intros [|k] over; try lia; [reflexivity|]. cbn [choose]. rewrite !IH; lia.
Qed.

(** One term more does not matter. *)
Lemma alternating_longer m h : alternating m h = sum (S (S m)) (fun i => (-1) ^ i * choose m i * h i).
Proof. unfold alternating. cbn [sum]. rewrite (choose_over m (S m)) by lia. simpl (INR 0). ring. Qed.

Lemma alternating_ext m g h : (forall i, (i <= m)%nat -> g i = h i) -> alternating m g = alternating m h.
Proof. intros same. apply sum_ext. intros i below. rewrite same by lia. reflexivity. Qed.

Lemma alternating_S m h : alternating (S m) h = alternating m h - alternating m (fun i => h (S i)).
Proof.
  rewrite (alternating_longer m h), (sum_first (S m)). unfold alternating at 1. rewrite (sum_first (S m)).
  unfold alternating. rewrite !choose_0.
  rewrite (sum_ext (S m) (fun i => (-1) ^ S i * choose (S m) (S i) * h (S i))
             (fun i => (-1) ^ S i * choose m (S i) * h (S i) - (-1) ^ i * choose m i * h (S i))).
  - rewrite sum_minus. ring.
  - intros i _. cbn [choose pow]. rewrite plus_INR. ring.
Qed.

(** All of [these] are seen and none of [those]: each of [these] is the difference of not minding and of not seen. *)
Lemma inclusion W n target m these those : (1 <= W)%nat -> legal W target -> allowed W target (these ++ those) ->
  repeated (one_trace W m target) n
    (fun traces => ind (forallb (fun i => seen i traces) these) * ind (unseen those traces)) =
  alternating (length these) (fun i => missed_within W target (i + length those) m ^ n).
Proof.
  intros some ok. pose proof (average_repeated _ _ (average_one W m target some) n) as law.
  revert those. induction these as [|i others IH]; intros those good.
  - unfold alternating. cbn [length sum choose pow]. simpl (INR 1). cbn [Nat.add].
    rewrite <- unseen_chance by assumption.
    rewrite (average_ext _ _ law _ (fun traces => ind (unseen those traces))); [ring|].
    intros traces. cbn. ring.
  - cbn [length]. rewrite alternating_S.
    assert (moved : Permutation (i :: others ++ those) (others ++ i :: those)) by apply Permutation_middle.
    rewrite <- IH.
    + rewrite (alternating_ext _ (fun j => missed_within W target (S j + length those) m ^ n)
                 (fun j => missed_within W target (j + length (i :: those)) m ^ n)).
      * rewrite <- (IH (i :: those)); [rewrite <- (average_minus _ _ law); apply (average_ext _ _ law)|].
        -- intros traces. unfold unseen. cbn [forallb]. destruct (seen i traces); unfold ind; cbn; ring.
        -- destruct good as [[simple below] out]. split; [split|].
           ++ now apply (Permutation_NoDup moved).
           ++ intros j there. apply below. now apply (Permutation_in _ (Permutation_sym moved)).
           ++ destruct target as [t|]; [|exact I]. intros there. apply out.
              now apply (Permutation_in _ (Permutation_sym moved)).
      * intros j _. cbn [length]. now rewrite Nat.add_succ_r.
    + destruct good as [[simple below] out]. inversion simple. subst. split; [split; [assumption|]|].
      * intros j there. apply below. now right.
      * destruct target as [t|]; [|exact I]. intros there. apply out. now right.
Qed.

Lemma remove_others t from n : (t < from)%nat -> remove Nat.eq_dec t (seq from n) = seq from n.
Proof. intros out. apply notin_remove. intros there. apply in_seq in there. lia. Qed.

Lemma to_see_length W target : legal W target ->
  length (to_see W target) = match target with Some _ => (W - 1)%nat | None => W end.
Proof.
  destruct target as [t|]; cbn [to_see]; intros ok; [|apply seq_length]. cbn in ok.
  replace W with (t + S (W - 1 - t))%nat at 1 by lia. rewrite seq_app, remove_app, app_length. cbn [seq Nat.add].
  rewrite remove_cons, (remove_others t (S t)), notin_remove, !seq_length by (try (rewrite in_seq); lia). lia.
Qed.

Lemma to_see_allowed W target : allowed W target (to_see W target).
Proof.
  destruct target as [t|]; cbn [to_see].
  - split; [split|apply remove_In];
      [|intros i there; apply in_remove in there as [there _]; apply in_seq in there; lia].
    assert (simple : NoDup (seq 0 W)) by apply seq_NoDup. revert simple.
    induction (seq 0 W) as [|i l IH]; intros simple; [constructor|].
    inversion simple. subst. cbn [remove]. destruct (Nat.eq_dec t i); [now apply IH|].
    constructor; [|now apply IH]. intros there. now apply in_remove in there.
  - split; [|exact I]. split; [apply seq_NoDup|]. intros i there. apply in_seq in there. lia.
Qed.

Lemma covered_cv W n target : (1 <= W)%nat -> legal W target ->
  Un_cv (covered W n target) (alternating (length (to_see W target)) (fun i => missed W target i ^ n)).
Proof.
  intros some ok.
  apply cv_ext with (fun m => alternating (length (to_see W target)) (fun i => missed_within W target i m ^ n)).
  - intros m. rewrite (alternating_ext _ _ (fun i => missed_within W target (i + length (@nil nat)) m ^ n)).
    + rewrite <- inclusion; auto; [|rewrite app_nil_r; apply to_see_allowed]. unfold covered.
      apply (average_ext _ _ (average_repeated _ _ (average_one W m target some) n)).
      intros traces. unfold unseen, ind at 2. cbn. ring.
    + intros i _. now rewrite Nat.add_0_r.
  - apply cv_sum. intros i below. apply cv_scale. apply cv_pow. apply cv_missed; auto. lia.
Qed.

Lemma limit_iff u l x : Un_cv u l -> (Un_cv u x <-> x = l).
Proof. intros cv. split; [intros cv'; exact (UL_sequence _ _ _ cv' cv)|now intros ->]. Qed.

Theorem distillation_coverage_fixed (W n t : nat) (x : R) : (t < W)%nat ->
  (Un_cv (covered W n (Some t)) x <-> x = sum W (fun i => (-1) ^ i * choose (W - 1) i / (i + 1) ^ n)).
Proof.
  intros small. apply limit_iff. pose proof (covered_cv W n (Some t) ltac:(lia) small) as cv.
  rewrite to_see_length in cv by exact small.
  replace (sum W _) with (alternating (W - 1) (fun i => missed W (Some t) i ^ n)); [exact cv|].
  unfold alternating. replace (S (W - 1)) with W by lia. apply sum_ext. intros i _.
  assert (is : missed W (Some t) i = / (i + 1)) by (destruct i; unfold missed; [simpl|]; field; apply Rgt_not_eq;
    pose proof (pos_INR (S i)); lra). now rewrite is, pow_inv.
Qed.

Theorem distillation_coverage_uniform (W n : nat) (x : R) : (1 <= W)%nat ->
  (Un_cv (covered W n None) x <->
   x = 1 + sum W (fun i => (-1) ^ S i * choose W (S i) * ((W + 1) / (W * (S i + 1))) ^ n)).
Proof.
  intros some. apply limit_iff. pose proof (covered_cv W n None some I) as cv. rewrite to_see_length in cv by exact I.
  unfold alternating in cv. rewrite sum_first, choose_0 in cv. unfold missed at 1 in cv. rewrite pow1 in cv.
  simpl ((-1) ^ 0 * _ * _) in cv. now rewrite !Rmult_1_r in cv.
Qed.
