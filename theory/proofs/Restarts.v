(** Restarts at the first dead end: what they cost, for every policy with rows in (0, 1].

    Setting as in Walk.v, but a walker that reaches a wrong leaf is put back to the fork, which costs no step. The only
    equation that changes is that of the wrong leaves: A i (N+1) = H for i <> t.

    Proved: the cost Z (W + sum over the branches of Y_i/Z_i), as the one solution of the whole chain's equations
    ([restart_dead_end], [dead_end_steps_iff]); W times the cost in a maze of one branch when rows are tied; W(2K+1) for
    imitation's limit, less than the optimum without restarts. Stands on [fork_over_leaf] of Walk.v.
    Not covered: restarts after a number of steps, which are in Attempts.v; nested forks, which are in Nested.v. *)

From Backtrack Require Export Families.
Open Scope R_scope.

(** The equations of the whole chain with restarts at wrong leaves. *)
Definition restarting (W N t : nat) (P Q : nat -> nat -> R) (H : R) (A B : nat -> nat -> R) : Prop :=
  (forall i, (i < W)%nat -> inside N (P i) (Q i) (A i) (B i)) /\
  (forall i, (i < W)%nat -> B i O = H) /\
  (forall i, (i < W)%nat -> i <> t -> A i (S N) = H) /\
  A t (S N) = 0 /\
  H = 1 + sum W (fun i => A i 1%nat) / W.

Definition dead_end_steps (W N t : nat) (P Q : nat -> nat -> R) (H : R) : Prop :=
  exists A B, restarting W N t P Q H A B.

(** Z_t (W + sum_i Y_i/Z_i). *)
Definition dead_end (W N t : nat) (P Q : nat -> nat -> R) : R :=
  entries N (P t) (Q t) * (W + sum W (fun i => lasting N (P i) (Q i) / entries N (P i) (Q i))).

(** ** One branch *)

(** What an entry saves over standing at the fork, from the costs at the fork and at the leaf. *)
Lemma entry_saves N P Q A B : rows N P Q -> inside N P Q A B ->
  B 0%nat - A 1%nat = (B 0%nat - A (S N) - lasting N P Q) / entries N P Q.
Proof.
  intros prob inner. pose proof (entries_pos N P Q prob).
  rewrite (fork_over_leaf N P Q A B); [field; lra| |exact inner].
  intros x below. destruct (prob x below) as [[] _]. lra.
Qed.

(** Costs with any wanted cost at the fork and at the leaf. *)
Lemma entry_exists N P Q h leaf : rows N P Q -> exists A B,
  inside N P Q A B /\ B 0%nat = h /\ A (S N) = leaf /\ A 1%nat = h - (h - leaf - lasting N P Q) / entries N P Q.
Proof.
  intros prob. pose proof (entries_pos N P Q prob). set (G := (h - leaf - lasting N P Q) / entries N P Q).
  exists (out_costs Q (goal_difference P Q G) h), (back_costs Q (goal_difference P Q G) h).
  split; [|split; [|split]].
  - apply inside_of_differences.
    + intros x below. destruct (prob x below) as [_ []]. lra.
    + intros x below. now apply (goal_difference_S N).
  - reflexivity.
  - rewrite goal_leaf by exact prob. unfold G. field. lra.
  - unfold goal_difference. simpl. ring.
Qed.

(** .. and the same in all W branches at once, for any wanted costs at the leaves. *)
Lemma entries_exist W N P Q h (leaf : nat -> R) : (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  exists A B, forall i, (i < W)%nat ->
    inside N (P i) (Q i) (A i) (B i) /\ B i 0%nat = h /\ A i (S N) = leaf i /\
    A i 1%nat = h - (h - leaf i - lasting N (P i) (Q i)) / entries N (P i) (Q i).
Proof.
  intros prob. set (G := fun i => (h - leaf i - lasting N (P i) (Q i)) / entries N (P i) (Q i)).
  exists (fun i => out_costs (Q i) (goal_difference (P i) (Q i) (G i)) h).
  exists (fun i => back_costs (Q i) (goal_difference (P i) (Q i) (G i)) h).
  intros i inb. pose proof (entries_pos N _ _ (prob i inb)). split; [|split; [|split]].
  - apply inside_of_differences.
    + intros x below. destruct (prob i inb x below) as [_ []]. lra.
    + intros x below. apply (goal_difference_S N); auto.
  - reflexivity.
  - rewrite goal_leaf by auto. unfold G. field. lra.
  - unfold goal_difference. simpl. unfold G. ring.
Qed.

Lemma at_fork W H (a : nat -> R) : (1 <= W)%nat -> (H = 1 + sum W a / W <-> sum W (fun i => H - a i) = W).
Proof.
  intros pos. apply nat_ge_1 in pos. rewrite sum_minus, sum_const. split; intros eq.
  - rewrite eq at 1. field. lra.
  - apply Rmult_eq_reg_l with (INR W); [|lra]. field_simplify; [lra|lra].
Qed.

(** ** The whole chain *)

Theorem restart_dead_end : forall (W N t : nat) (P Q : nat -> nat -> R) (H : R), (t < W)%nat ->
  (forall i, (i < W)%nat -> rows N (P i) (Q i)) -> dead_end_steps W N t P Q H ->
  H = entries N (P t) (Q t) * (W + sum W (fun i => lasting N (P i) (Q i) / entries N (P i) (Q i))).
Proof.
  intros W N t P Q H small prob (A & B & inner & fork & wrong & goal & mean).
  apply at_fork in mean; [|lia]. pose proof (entries_pos N _ _ (prob t small)).
  rewrite (sum_ext W _ (fun i => (if Nat.eqb i t then H / entries N (P t) (Q t) else 0) -
    lasting N (P i) (Q i) / entries N (P i) (Q i))) in mean.
  - rewrite sum_minus, (sum_but_split t) in mean by exact small. rewrite Nat.eqb_refl in mean.
    rewrite (sum_but_ext t W _ (fun _ => 0)), sum_but_const in mean.
    + replace (W + _) with (H / entries N (P t) (Q t)) by lra. field. lra.
    + exact small.
    + intros i _ other. destruct (Nat.eqb_spec i t); [contradiction|reflexivity].
  - intros i inb. pose proof (entries_pos N _ _ (prob i inb)).
    rewrite <- (fork i inb) at 1. rewrite (entry_saves N (P i) (Q i)) by auto. rewrite fork by exact inb.
    destruct (Nat.eqb_spec i t) as [->|other]; [rewrite goal|rewrite wrong by assumption]; field; lra.
Qed.

(** The equations have a solution, so that the theorem above speaks of something. *)
Theorem dead_end_steps_iff W N t P Q H : (t < W)%nat -> (forall i, (i < W)%nat -> rows N (P i) (Q i)) ->
  (dead_end_steps W N t P Q H <-> H = dead_end W N t P Q).
Proof.
  intros small prob. split; [intros sol; now apply restart_dead_end|]. intros value.
  destruct (entries_exist W N P Q H (fun i => if Nat.eqb i t then 0 else H) prob) as (A & B & all).
  exists A, B. split; [|split; [|split; [|split]]].
  - intros i inb. now apply all.
  - intros i inb. now apply all.
  - intros i inb other. destruct (all i inb) as (_ & _ & -> & _).
    destruct (Nat.eqb_spec i t); [contradiction|reflexivity].
  - destruct (all t small) as (_ & _ & -> & _). now rewrite Nat.eqb_refl.
  - apply at_fork; [lia|]. pose proof (entries_pos N _ _ (prob t small)).
    rewrite (sum_ext W _ (fun i => (if Nat.eqb i t then H / entries N (P t) (Q t) else 0) -
      lasting N (P i) (Q i) / entries N (P i) (Q i))).
    + rewrite sum_minus, (sum_but_split t) by exact small. rewrite Nat.eqb_refl.
      rewrite (sum_but_ext t W _ (fun _ => 0)), sum_but_const.
      * rewrite value. unfold dead_end. field. lra.
      * exact small.
      * intros i _ other. destruct (Nat.eqb_spec i t); [contradiction|reflexivity].
    + intros i inb. pose proof (entries_pos N _ _ (prob i inb)). destruct (all i inb) as (_ & _ & _ & ->).
      destruct (Nat.eqb_spec i t) as [->|other]; field; lra.
Qed.

(** Tied rows: W times the cost in a maze of one branch. *)
Theorem restart_tied : forall (W K t : nat) (P Q : nat -> R) (H alone : R), (t < W)%nat -> rows (2 * K) P Q ->
  dead_end_steps W (2 * K) t (fun _ => P) (fun _ => Q) H -> tied_steps 1 K 0 P Q alone -> H = W * alone.
Proof.
  intros W K t P Q H alone small prob sol one. apply restart_dead_end in sol; auto.
  apply tied_steps_iff in one; [|lia|exact prob]. pose proof (entries_pos _ _ _ prob).
  rewrite sol, one, sum_const. unfold tied. simpl INR. field. lra.
Qed.

(** ** Walkers that surely go on (a = c = 1) *)

Definition certain (N : nat) (P : nat -> R) : Prop := forall x, (x < N)%nat -> P (S x) = 1.

Lemma certain_alternate N : certain N (alternate 1 1).
Proof. intros x _. unfold alternate. now destruct (Nat.odd (S x)). Qed.

Lemma certain_entries N P Q : certain N P -> entries N P Q = 1.
Proof.
  intros sure. unfold entries. rewrite (sum_ext N _ (fun _ => 0)), sum_const; [ring|].
  intros x below. rewrite sure by exact below. unfold Rdiv. ring.
Qed.

Lemma certain_lasting N P Q : certain N P -> lasting N P Q = N.
Proof.
  intros sure. unfold lasting. rewrite (sum_ext N _ (fun _ => 1)), sum_const; [ring|].
  intros x below. rewrite sure by exact below. field.
Qed.

Lemma certain_excursion N P Q : certain N P -> certain N Q -> excursion N P Q = 1 + 2 * N.
Proof.
  intros sure sure'. unfold excursion. rewrite (sum_ext N _ (fun _ => 1)), sum_const; [ring|].
  intros n below. rewrite (prod_ext _ _ (fun _ => 1)).
  - clear below. induction n as [|n IH]; simpl in *; [ring|]. rewrite IH. ring.
  - intros i inb. rewrite sure, sure' by lia. field.
Qed.

Lemma optimum_value W K t H : (t < W)%nat -> optimum_steps W K t H -> H = (2 * W - 1) * (2 * K + 1).
Proof.
  intros small sol. apply tied_steps_iff in sol; [|exact small|apply homogeneous_rows; apply row_1].
  rewrite sol. unfold tied. rewrite certain_excursion, certain_entries, certain_lasting by apply certain_alternate.
  rewrite nat_double. ring.
Qed.

(** Any backward rows: they are never used. *)
Lemma restart_certain W K t P Q H : (t < W)%nat -> rows (2 * K) P Q -> certain (2 * K) P ->
  dead_end_steps W (2 * K) t (fun _ => P) (fun _ => Q) H -> H = W * (2 * K + 1).
Proof.
  intros small prob sure sol. apply restart_dead_end in sol; auto.
  rewrite sol, sum_const, certain_entries, certain_lasting, nat_double by exact sure. field.
Qed.

Definition sft_dead_end_steps (W K L t : nat) : R -> Prop :=
  dead_end_steps W (2 * K) t (fun _ => alternate 1 1) (fun _ => alternate (1 / (L + 1)) (L / (L + 1))).

Theorem restart_sft : forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_dead_end_steps W K L t H -> H = W * (2 * K + 1).
Proof.
  intros W K L t H _ posL small sol. eapply restart_certain; [exact small| | |exact sol].
  - apply homogeneous_rows; auto using row_1, single_row, parallel_row.
  - apply certain_alternate.
Qed.

(** Restarts bring imitation below the optimum without restarts, as soon as there is a wrong branch. *)
Theorem restart_sft_gain : forall (W K L t : nat) (H H' : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> sft_dead_end_steps W K L t H -> optimum_steps W K t H' -> H < H'.
Proof.
  intros W K L t H H' two posK posL small sol best. apply restart_sft in sol; auto. apply optimum_value in best; auto.
  rewrite sol, best. apply nat_ge_2 in two. pose proof (pos_INR K).
  apply Rmult_lt_compat_r; lra.
Qed.

Lemma sft_dead_end_exists W K L t : (1 <= L)%nat -> (t < W)%nat -> exists H, sft_dead_end_steps W K L t H.
Proof.
  intros pos small. eexists. apply dead_end_steps_iff; [exact small| |reflexivity].
  intros i _. apply homogeneous_rows; auto using row_1, single_row, parallel_row.
Qed.
