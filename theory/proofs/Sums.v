(** Finite sums and products of real numbers, and the reading of whole numbers as reals.

    [sum n f] is f 0 + .. + f (n-1), [prod n f] is f 0 * .. * f (n-1). A whole number where a real one is expected is
    read as that real number ([INR]), so that formulas look as on paper. *)

From Coq Require Export Reals Lra Lia Arith.
#[export] Set Warnings "-ambiguous-paths".
Open Scope R_scope.

Coercion INR : nat >-> R.

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S m => sum m f + f m end.

Fixpoint prod (n : nat) (f : nat -> R) : R :=
  match n with O => 1 | S m => prod m f * f m end.

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; intros same; simpl; [reflexivity|].
  rewrite IH by (intros; apply same; lia). now rewrite same by lia.
Qed.

Lemma prod_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> prod n f = prod n g.
Proof.
  induction n as [|n IH]; intros same; simpl; [reflexivity|].
  rewrite IH by (intros; apply same; lia). now rewrite same by lia.
Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_minus n f g : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_scale n c f : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_const n c : sum n (fun _ => c) = n * c.
Proof. induction n as [|n IH]; [simpl; ring|]. cbn [sum]. rewrite IH, S_INR. ring. Qed.

Lemma sum_first n f : sum (S n) f = f O + sum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; ring|]. cbn [sum] in *. rewrite IH. ring. Qed.

Lemma prod_first n f : prod (S n) f = f O * prod n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; ring|]. cbn [prod] in *. rewrite IH. ring. Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [|n IH]; intros below; simpl; [lra|].
  apply Rplus_le_compat; [apply IH; intros; apply below; lia | apply below; lia].
Qed.

Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof.
  intros pos. replace 0 with (sum n (fun _ => 0)) by (rewrite sum_const; ring). now apply sum_le.
Qed.

Lemma prod_pos n f : (forall i, (i < n)%nat -> 0 < f i) -> 0 < prod n f.
Proof.
  induction n as [|n IH]; intros pos; simpl; [lra|].
  apply Rmult_lt_0_compat; [apply IH; intros; apply pos; lia | apply pos; lia].
Qed.

Lemma prod_inv n f : (forall i, (i < n)%nat -> f i <> 0) -> prod n (fun i => / f i) = / prod n f.
Proof.
  induction n as [|n IH]; intros nz; simpl; [now rewrite Rinv_1|].
  rewrite IH by (intros; apply nz; lia). now rewrite Rinv_mult.
Qed.

(** All terms but the one of index [t]. *)
Definition sum_but (t n : nat) (f : nat -> R) : R := sum n (fun i => if Nat.eqb i t then 0 else f i).

Lemma sum_but_split t n f : (t < n)%nat -> sum n f = f t + sum_but t n f.
Proof.
  unfold sum_but. induction n as [|n IH]; intros below; [lia|]. simpl.
  destruct (Nat.eq_dec n t) as [->|other].
  - rewrite Nat.eqb_refl. rewrite (sum_ext t f (fun i => if Nat.eqb i t then 0 else f i)); [ring|].
    intros i small. destruct (Nat.eqb_spec i t); [lia|reflexivity].
  - rewrite IH by lia. destruct (Nat.eqb_spec n t); [lia|ring].
Qed.

Lemma sum_but_const t n c : (t < n)%nat -> sum_but t n (fun _ => c) = (n - 1) * c.
Proof.
  intros below. pose proof (sum_but_split t n (fun _ => c) below) as split.
  rewrite sum_const in split. lra.
Qed.

Lemma sum_but_ext t n f g : (forall i, (i < n)%nat -> i <> t -> f i = g i) -> sum_but t n f = sum_but t n g.
Proof.
  intros same. apply sum_ext. intros i below. destruct (Nat.eqb_spec i t); [reflexivity|now apply same].
Qed.

(** n terms, each 1 but that of index [t]. *)
Lemma sum_ones_but t n c : (t < n)%nat -> sum n (fun i => 1 - (if Nat.eqb i t then c else 0)) = n - c.
Proof.
  intros below. rewrite sum_minus, sum_const, (sum_but_split t) by exact below. rewrite Nat.eqb_refl.
  rewrite (sum_but_ext t n _ (fun _ => 0)), sum_but_const; [ring|exact below|].
  intros i _ other. destruct (Nat.eqb_spec i t); [contradiction|reflexivity].
Qed.

(** Whole numbers as reals. *)
Lemma nat_ge (m n : nat) : (m <= n)%nat -> m <= n.
Proof. apply le_INR. Qed.

Lemma nat_ge_1 (n : nat) : (1 <= n)%nat -> 1 <= n.
Proof. exact (le_INR 1 n). Qed.

Lemma nat_ge_2 (n : nat) : (2 <= n)%nat -> 2 <= n.
Proof. exact (le_INR 2 n). Qed.

Lemma nat_double (n : nat) : INR (2 * n) = 2 * n.
Proof. rewrite mult_INR. simpl. ring. Qed.

(** Geometric sums: [geo q n] = 1 + q + .. + q^(n-1). *)
Definition geo (q : R) (n : nat) : R := sum n (fun j => q ^ j).

Lemma geo_closed q n : q <> 1 -> geo q n = (q ^ n - 1) / (q - 1).
Proof.
  intros other. unfold geo. induction n as [|n IH]; simpl; [field; lra|]. rewrite IH. field. lra.
Qed.

Lemma geo_1 n : geo 1 n = n.
Proof. unfold geo. rewrite (sum_ext _ _ (fun _ => 1)) by (intros; apply pow1). rewrite sum_const. ring. Qed.
