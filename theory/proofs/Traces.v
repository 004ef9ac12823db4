(** Traces of the optimum: which branches a trace enters before its target, by exact averages over draws.

    Setting. The optimum (all rows 1) draws a branch uniformly at the fork, with replacement; a wrong draw walks out to
    the leaf and back, and so shows the backward rows of its branch; the target's draw ends the trace. A trace is its
    target and its draws. Of these we look at the first m, whatever comes after the target being ignored, so that every
    average is a finite one, over the W^m lists of draws; the trace proper is the limit of large m ([trace_ends]: the
    chance that m draws do not reach the target falls to 0).

    Proved: branch i <> t comes before t within m draws with probability sum_{k<m} ((W-2)/W)^k/W ([entered_within]),
    hence with probability 1/2 ([entered_half]); none of s branches is with probability 1/(s+1) for a fixed target
    ([hidden_fixed]) and (W+1)/(W(s+1)) for uniform ones ([hidden_uniform]).

    Not covered: teachers short of the optimum. *)

From Backtrack Require Export Draws.
Open Scope R_scope.

(** ** One trace *)

(** Branch i is drawn, and before t. *)
Fixpoint entered (t i : nat) (draws : list nat) : bool :=
  match draws with
  | [] => false
  | d :: later => if Nat.eqb d t then false else if Nat.eqb d i then true else entered t i later
  end.

(** A trace: its target and its draws. It shows the backward rows of the branches entered before the target. *)
Definition trace : Type := (nat * list nat)%type.
Definition shows (i : nat) (one : trace) : bool := entered (fst one) i (snd one).
Definition hidden (branches : list nat) (one : trace) : bool := forallb (fun i => negb (shows i one)) branches.

(** The average over the traces to one target, m draws each; and over those to a uniform one. *)
Definition fixed_target (W m t : nat) (f : trace -> R) : R := repeated (uniform W) m (fun draws => f (t, draws)).
Definition any_target (W m : nat) (f : trace -> R) : R := uniform W (fun t => fixed_target W m t f).

Lemma average_fixed W m t : (1 <= W)%nat -> average (fixed_target W m t).
Proof.
  intros some. destruct (average_repeated _ _ (average_uniform W some) m) as (ext & lin & one).
  unfold fixed_target. split; [intros f g same; apply ext; auto|split; [intros; apply lin|exact one]].
Qed.

Lemma average_any W m : (1 <= W)%nat -> average (any_target W m).
Proof.
  intros some. destruct (average_uniform W some) as (ext & lin & one). unfold any_target.
  assert (inner : forall t, average (fixed_target W m t)) by (intros; now apply average_fixed). split; [|split].
  - intros f g same. apply ext. intros t. now apply inner.
  - intros c f g. rewrite <- lin. apply ext. intros t. apply inner.
  - transitivity (uniform W (fun _ => 1)); [apply ext; intros t; apply inner|exact one].
Qed.

(** Whether d is one of these branches, and how many of 0 .. W-1 are. *)
Definition among (d : nat) (branches : list nat) : bool := existsb (Nat.eqb d) branches.

Lemma among_in d branches : among d branches = true <-> In d branches.
Proof.
  unfold among. rewrite existsb_exists. split; [|now exists d; rewrite Nat.eqb_refl].
  intros (i & there & same). apply Nat.eqb_eq in same. now subst.
Qed.

Definition proper (W : nat) (branches : list nat) : Prop := NoDup branches /\ forall i, In i branches -> (i < W)%nat.

Lemma sum_single W i : (i < W)%nat -> sum W (fun d => ind (Nat.eqb d i)) = 1.
Proof.
  intros below. rewrite (sum_but_split i) by exact below. unfold ind at 1. rewrite Nat.eqb_refl.
  rewrite (sum_but_ext i W _ (fun _ => 0)); [rewrite sum_but_const by exact below; ring|].
  intros d _ other. unfold ind. destruct (Nat.eqb_spec d i); [contradiction|reflexivity].
Qed.

Lemma sum_among W branches : proper W branches -> sum W (fun d => ind (among d branches)) = length branches.
Proof.
  intros [simple below]. induction branches as [|i others IH]; cbn [length].
  - rewrite (sum_ext W _ (fun _ => 0)) by reflexivity. rewrite sum_const. simpl. ring.
  - inversion simple as [|? ? new simple']. subst. rewrite S_INR, <- IH; auto; [|intros; apply below; now right].
    rewrite (sum_ext W _ (fun d => ind (among d others) + ind (Nat.eqb d i))).
    + rewrite sum_plus, sum_single by (apply below; now left). reflexivity.
    + intros d _. unfold among at 1. cbn [existsb]. fold (among d others). unfold ind.
      destruct (Nat.eqb_spec d i) as [->|]; cbn [orb]; [|ring].
      destruct (among i others) eqn:there; [|ring]. now apply among_in in there.
Qed.

(** One draw decides, or all is as before it. *)
Lemma hidden_draw t branches d later : ind (hidden branches (t, d :: later)) =
  if Nat.eqb d t then 1 else (1 - ind (among d branches)) * ind (hidden branches (t, later)).
Proof.
  unfold hidden, shows, among. cbn [fst snd entered]. destruct (Nat.eqb d t).
  - rewrite (proj2 (forallb_forall _ _)); auto.
  - induction branches as [|i others IH]; cbn [forallb existsb]; [unfold ind; ring|].
    destruct (Nat.eqb d i); cbn [negb orb andb]; [unfold ind; ring|].
    destruct (negb (entered t i later)); cbn [andb]; [exact IH|unfold ind; ring].
Qed.

(** None of s given branches is entered before the target, within m draws. *)
Definition hidden_within (W s m : nat) : R := 1 / (s + 1) + s / (s + 1) * ((W - 1 - s) / W) ^ m.

Lemma hidden_fixed_within W m t branches : (t < W)%nat -> proper W branches -> ~ In t branches ->
  fixed_target W m t (fun one => ind (hidden branches one)) = hidden_within W (length branches) m.
Proof.
  intros small good out. set (s := length branches). pose proof (pos_INR s) as s_pos.
  assert (W_1 : 1 <= W) by (apply nat_ge_1; lia). pose proof (average_uniform W ltac:(lia)) as law. unfold fixed_target.
  assert (rest : sum_but t W (fun d => 1 - ind (among d branches)) = W - 1 - s).
  { pose proof (sum_but_split t W (fun d => 1 - ind (among d branches)) small) as split.
    rewrite sum_minus, sum_const, (sum_among W branches good) in split. fold s in split.
    destruct (among t branches) eqn:there; [now apply among_in in there|]. cbn in split. lra. }
  induction m as [|m IH]; cbn [repeated].
  - replace (hidden branches (t, [])) with true; [unfold hidden_within; cbn; field; lra|].
    unfold hidden. induction branches as [|i l IHl]; [reflexivity|]. symmetry. apply forallb_forall. reflexivity.
  - rewrite (average_ext _ _ law _
               (fun d => if Nat.eqb d t then 1 else hidden_within W s m * (1 - ind (among d branches)))).
    + unfold uniform. rewrite (sum_but_split t), Nat.eqb_refl by exact small.
      rewrite (sum_but_ext t W _ (fun d => hidden_within W s m * (1 - ind (among d branches)))).
      2:{ intros d _ other. destruct (Nat.eqb_spec d t); [contradiction|reflexivity]. }
      replace (sum_but t W _) with (hidden_within W s m * (W - 1 - s)).
      * unfold hidden_within. cbn [pow]. field. lra.
      * rewrite <- rest. unfold sum_but. rewrite <- sum_scale. apply sum_ext. intros d _. destruct (Nat.eqb d t); ring.
    + intros d. pose proof (average_repeated _ _ law m) as inner. rewrite <- IH.
      rewrite (average_ext _ _ inner _ _ (fun later => hidden_draw t branches d later)).
      destruct (Nat.eqb d t); [now apply average_const|]. rewrite average_scale by exact inner. ring.
Qed.

Lemma cv_hidden W s : (S s <= W)%nat -> Un_cv (hidden_within W s) (1 / (s + 1)).
Proof.
  intros room. apply (cv_geometric (1 / (s + 1)) (s / (s + 1))).
  apply nat_ge in room. rewrite S_INR in room. pose proof (pos_INR s). split.
  - apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra.
  - apply Rmult_lt_reg_r with W; [lra|]. field_simplify; lra.
Qed.

Lemma proper_room W t branches : (t < W)%nat -> proper W branches -> ~ In t branches -> (S (length branches) <= W)%nat.
Proof.
  intros small [simple below] out. pose proof (NoDup_incl_length (l := t :: branches) (l' := seq 0 W)) as room.
  rewrite seq_length in room. apply room; [now constructor|]. intros i [<-|there]; apply in_seq; [lia|].
  specialize (below i there). lia.
Qed.

(** The target comes first among s+1 branches. *)
Theorem hidden_fixed W t branches : (t < W)%nat -> proper W branches -> ~ In t branches ->
  Un_cv (fun m => fixed_target W m t (fun one => ind (hidden branches one))) (1 / (length branches + 1)).
Proof.
  intros small good out. apply cv_ext with (hidden_within W (length branches)).
  - intros m. symmetry. now apply hidden_fixed_within.
  - apply cv_hidden. now apply (proper_room W t).
Qed.

(** One wrong branch: within m draws, and in the trace. *)
Theorem entered_within W m t i : (t < W)%nat -> (i < W)%nat -> i <> t ->
  fixed_target W m t (fun one => ind (shows i one)) = sum m (fun k => ((W - 2) / W) ^ k / W).
Proof.
  intros small below other. assert (W_1 : 1 <= W) by (apply nat_ge_1; lia).
  pose proof (average_fixed W m t ltac:(lia)) as law.
  rewrite (average_ext _ _ law _ (fun one => 1 - ind (hidden [i] one))).
  - rewrite (average_minus _ _ law (fun _ => 1)), (average_const _ _ law), hidden_fixed_within; [|exact small| |].
    + unfold hidden_within. cbn [length]. change (INR 1) with 1. replace (W - 1 - 1) with (W - 2) by ring.
      induction m as [|m IH]; cbn [sum pow]; [field|]. rewrite <- IH; [field; lra|]. apply average_fixed. lia.
    + split; [constructor; [easy|constructor]|]. intros j [<-|[]]. exact below.
    + intros [same|[]]. now apply other.
  - intros one. unfold hidden. cbn [forallb]. destruct (shows i one); unfold ind; cbn; ring.
Qed.

Theorem entered_half W t i : (t < W)%nat -> (i < W)%nat -> i <> t ->
  Un_cv (fun m => fixed_target W m t (fun one => ind (shows i one))) (1 / 2).
Proof.
  intros small below other. apply cv_ext with (fun m => 1 - hidden_within W 1 m).
  - intros m. rewrite entered_within by assumption. unfold hidden_within. change (INR 1) with 1.
    replace (W - 1 - 1) with (W - 2) by ring. assert (W_1 : 1 <= W) by (apply nat_ge_1; lia).
    induction m as [|m IH]; cbn [sum pow]; [field|]. rewrite <- IH. field. lra.
  - replace (1 / 2) with (1 - 1 / (1%nat + 1)) by (simpl; field).
    apply (CV_minus (fun _ => 1)); [apply cv_const|]. apply cv_hidden. lia.
Qed.

(** The trace ends: m draws leave the target out with a probability that falls to 0. *)
Theorem trace_ends W t : (t < W)%nat ->
  Un_cv (fun m => repeated (uniform W) m (fun draws => ind (forallb (fun d => negb (Nat.eqb d t)) draws))) 0.
Proof.
  intros small. pose proof (average_uniform W ltac:(lia)) as law. assert (W_1 : 1 <= W) by (apply nat_ge_1; lia).
  apply cv_ext with (fun m => 0 + 1 * ((W - 1) / W) ^ m).
  - intros m. rewrite (average_ext _ _ (average_repeated _ _ law m) _ (product (fun d => ind (negb (Nat.eqb d t))))).
    + rewrite repeated_product by exact law. rewrite Rplus_0_l, Rmult_1_l. f_equal. unfold uniform. f_equal.
      rewrite (sum_ext W _ (fun d => 1 - ind (Nat.eqb d t))) by (intros d _; destruct (Nat.eqb d t); cbn; ring).
      now rewrite sum_minus, sum_const, sum_single, Rmult_1_r by exact small.
    + induction a as [|d later IH]; cbn [forallb product fold_right]; [reflexivity|]. unfold product in IH.
      rewrite <- IH. destruct (negb (Nat.eqb d t)); unfold ind; cbn; ring.
  - apply cv_geometric. split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]|].
    apply Rmult_lt_reg_r with W; [lra|]. field_simplify; lra.
Qed.

(** ** Uniform targets *)

(** The target's own branch is never shown. *)
Lemma hidden_own t before after draws :
  hidden (before ++ t :: after) (t, draws) = hidden (before ++ after) (t, draws).
Proof.
  assert (own : entered t t draws = false).
  { induction draws as [|d later IH]; [reflexivity|]. cbn. now destruct (Nat.eqb d t). }
  unfold hidden. rewrite !forallb_app. cbn [forallb]. unfold shows at 2. cbn [fst snd]. now rewrite own.
Qed.

Definition hidden_any (W s m : nat) : R := s / W * hidden_within W (s - 1) m + (1 - s / W) * hidden_within W s m.

Lemma hidden_any_within W m branches : (1 <= W)%nat -> proper W branches ->
  any_target W m (fun one => ind (hidden branches one)) = hidden_any W (length branches) m.
Proof.
  intros some good. unfold hidden_any. set (s := length branches). unfold any_target, uniform.
  rewrite (sum_ext W _ (fun t => hidden_within W s m +
    (hidden_within W (s - 1) m - hidden_within W s m) * ind (among t branches))).
  - rewrite sum_plus, sum_scale, sum_const, (sum_among W branches good). fold s.
    apply nat_ge_1 in some. field. lra.
  - intros t small. destruct (among t branches) eqn:there.
    + apply among_in in there. apply in_split in there as (before & after & are).
      assert (rest : proper W (before ++ after) /\ ~ In t (before ++ after)).
      { destruct good as [simple below]. rewrite are in simple, below. apply NoDup_remove in simple as [simple out].
        repeat split; auto. intros i there. apply below.
        apply in_app_iff in there as [|]; apply in_app_iff; simpl; auto. }
      destruct rest as [rest out]. replace (s - 1)%nat with (length (before ++ after)).
      * rewrite <- (hidden_fixed_within W m t (before ++ after)) by assumption. change (ind true) with 1.
        unfold fixed_target. rewrite are.
        rewrite (average_ext _ _ (average_repeated _ _ (average_uniform W some) m) _
                   (fun draws => ind (hidden (before ++ after) (t, draws)))); [ring|].
        intros draws. now rewrite hidden_own.
      * unfold s. rewrite are, !app_length. simpl. lia.
    + rewrite hidden_fixed_within by (auto; intros inb; apply among_in in inb; congruence).
      change (ind false) with 0. fold s. ring.
Qed.

(** Either the target is one of the s branches, and comes first among them, or it is not. *)
Lemma cv_hidden_any W s : (1 <= s <= W)%nat -> Un_cv (hidden_any W s) ((W + 1) / (W * (s + 1))).
Proof.
  intros [any fits]. assert (W_1 : 1 <= W) by (apply nat_ge_1; lia). pose proof (nat_ge_1 _ any) as s_1.
  assert (near : Un_cv (hidden_within W (s - 1)) (1 / s)).
  { replace (INR s) with ((s - 1)%nat + 1); [apply cv_hidden; lia|]. rewrite minus_INR by exact any. simpl. ring. }
  destruct (Nat.eq_dec s W) as [->|less].
  - apply cv_ext with (fun m => 1 * hidden_within W (W - 1) m).
    + intros m. unfold hidden_any. field. lra.
    + replace ((W + 1) / _) with (1 * (1 / W)) by (field; lra). now apply cv_scale.
  - replace ((W + 1) / _) with (s / W * (1 / s) + (1 - s / W) * (1 / (s + 1))) by (field; lra).
    apply (CV_plus (fun m => s / W * hidden_within W (s - 1) m) (fun m => (1 - s / W) * hidden_within W s m));
      apply cv_scale; [exact near|apply cv_hidden; lia].
Qed.

Theorem hidden_uniform W branches : proper W branches -> (1 <= length branches)%nat ->
  Un_cv (fun m => any_target W m (fun one => ind (hidden branches one))) ((W + 1) / (W * (length branches + 1))).
Proof.
  intros good any. assert (fits : (length branches <= W)%nat).
  { destruct good as [simple below]. rewrite <- (seq_length W 0). apply NoDup_incl_length; [exact simple|].
    intros i there. apply in_seq. specialize (below i there). lia. }
  apply cv_ext with (hidden_any W (length branches)); [|apply cv_hidden_any; lia].
  intros m. symmetry. apply hidden_any_within; [lia|exact good].
Qed.
