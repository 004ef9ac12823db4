(** Averages over independent draws, and limits of sequences.

    [uniform] is the average over one draw, [repeated] the one over n independent outcomes: together, finite sums over
    all lists of draws. Proved: averages are linear, and the average of a product over independent outcomes is the
    product of the averages ([repeated_product]). *)

From Backtrack Require Export Families.
From Coq Require Export List Bool.
Export ListNotations.
Open Scope R_scope.

(** ** Averages *)

(** The average over one uniform draw of 0 .. W-1. *)
Definition uniform (W : nat) (f : nat -> R) : R := sum W f / W.

(** The average over n independent outcomes, each of which has the average E. *)
Fixpoint repeated {A : Type} (E : (A -> R) -> R) (n : nat) (f : list A -> R) : R :=
  match n with O => f [] | S m => E (fun a => repeated E m (fun later => f (a :: later))) end.

(** 1 if true, else 0: the average of it is a probability. *)
Definition ind (b : bool) : R := if b then 1 else 0.

(** What the proofs use of an average. *)
Definition average {A : Type} (E : (A -> R) -> R) : Prop :=
  (forall f g, (forall a, f a = g a) -> E f = E g) /\
  (forall c f g, E (fun a => c * f a + g a) = c * E f + E g) /\ E (fun _ => 1) = 1.

Lemma average_uniform W : (1 <= W)%nat -> average (uniform W).
Proof.
  intros some. apply nat_ge_1 in some. unfold uniform. split; [|split].
  - intros f g same. f_equal. now apply sum_ext.
  - intros c f g. rewrite sum_plus, sum_scale. field. lra.
  - rewrite sum_const. field. lra.
Qed.

Section Averages.
  Variables (A : Type) (E : (A -> R) -> R).
  Hypothesis law : average E.

  Lemma average_ext f g : (forall a, f a = g a) -> E f = E g.
  Proof. apply law. Qed.

  Lemma average_const c : E (fun _ => c) = c.
  Proof.
    destruct law as (ext & lin & one). rewrite (ext _ (fun _ => (c - 1) * 1 + 1)) by (intros; ring).
    rewrite (lin (c - 1) (fun _ => 1) (fun _ => 1)), one. ring.
  Qed.

  Lemma average_scale c f : E (fun a => c * f a) = c * E f.
  Proof.
    rewrite (average_ext _ (fun a => c * f a + 0)) by (intros; ring).
    destruct law as (_ & lin & _). rewrite (lin c f (fun _ => 0)), average_const. ring.
  Qed.

  Lemma average_minus f g : E (fun a => f a - g a) = E f - E g.
  Proof.
    rewrite (average_ext _ (fun a => -1 * g a + f a)) by (intros; ring).
    destruct law as (_ & lin & _). rewrite lin. ring.
  Qed.

  Lemma average_sum n (f : nat -> A -> R) : E (fun a => sum n (fun i => f i a)) = sum n (fun i => E (f i)).
  Proof.
    induction n as [|n IH]; cbn [sum]; [apply average_const|]. rewrite <- IH.
    rewrite (average_ext _ (fun a => 1 * f n a + sum n (fun i => f i a))) by (intros; ring).
    destruct law as (_ & lin & _). rewrite lin. ring.
  Qed.

  Lemma average_repeated n : average (repeated E n).
  Proof.
    destruct law as (ext & lin & one). induction n as [|n (ext' & lin' & one')]; cbn [repeated].
    - split; [auto|split; auto].
    - split; [|split].
      + intros f g same. apply ext. intros a. now apply ext'.
      + intros c f g. rewrite <- lin. apply ext. intros a. apply lin'.
      + transitivity (E (fun _ => 1)); [apply ext; intros a; exact one'|exact one].
  Qed.
End Averages.

(** Independent outcomes: the average of a product is the product of the averages. *)
Definition product {A : Type} (g : A -> R) (outcomes : list A) : R := fold_right (fun a p => g a * p) 1 outcomes.

Lemma repeated_product {A : Type} (E : (A -> R) -> R) n g : average E -> repeated E n (product g) = E g ^ n.
Proof.
  intros law. induction n as [|n IH]; cbn [repeated pow]; [reflexivity|].
  rewrite (average_ext _ _ law _ (fun a => E g ^ n * g a)); [rewrite average_scale by exact law; ring|].
  intros a. rewrite <- IH, Rmult_comm.
  exact (average_scale _ _ (average_repeated _ _ law n) (g a) (product g)).
Qed.

(** ** Limits *)

Lemma cv_ext u v l : (forall m, u m = v m) -> Un_cv u l -> Un_cv v l.
Proof.
  intros same cv e pos. destruct (cv e pos) as [M far]. exists M. intros m late. rewrite <- same. now apply far.
Qed.

Lemma cv_const c : Un_cv (fun _ => c) c.
Proof. intros e pos. exists O. intros. unfold R_dist. rewrite Rminus_diag_eq, Rabs_R0; auto. Qed.

Lemma cv_scale c u l : Un_cv u l -> Un_cv (fun m => c * u m) (c * l).
Proof. intros cv. apply (CV_mult (fun _ => c)); [apply cv_const|exact cv]. Qed.

Lemma cv_pow n u l : Un_cv u l -> Un_cv (fun m => u m ^ n) (l ^ n).
Proof.
  intros cv. induction n as [|n IH]; cbn [pow]; [apply cv_const|]. now apply (CV_mult u (fun m => u m ^ n)).
Qed.

Lemma cv_sum n (u : nat -> nat -> R) l : (forall i, (i < n)%nat -> Un_cv (u i) (l i)) ->
  Un_cv (fun m => sum n (fun i => u i m)) (sum n l).
Proof.
  induction n as [|n IH]; intros cv; cbn [sum]; [apply cv_const|].
  apply (CV_plus (fun m => sum n (fun i => u i m)) (u n)); [apply IH; auto|apply cv; lia].
Qed.

Lemma cv_geometric a b x : 0 <= x < 1 -> Un_cv (fun m => a + b * x ^ m) a.
Proof.
  intros [pos less].
  enough (limit : Un_cv (fun m => a + b * x ^ m) (a + b * 0)) by now rewrite Rmult_0_r, Rplus_0_r in limit.
  apply (CV_plus (fun _ => a) (fun m => b * x ^ m)); [apply cv_const|]. apply cv_scale.
  intros e some. destruct (pow_lt_1_zero x) with e as [M far]; [rewrite Rabs_pos_eq; lra|exact some|].
  exists M. intros m late. unfold R_dist. rewrite Rminus_0_r. now apply far.
Qed.
