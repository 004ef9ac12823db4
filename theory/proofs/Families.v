(** The families of policies that the paper speaks of, on a maze of W branches of K diamonds with L parallel edges.

    Node 2j+1 is the left node of diamond j+1, node 2j+2 its right node. A walker that moves away from the fork
    persists with c at a left node and with a at a right one, a walker that moves towards it with d at a left node and
    with b at a right one. *)

From Backtrack Require Export Walk.
Open Scope R_scope.

(** The value u at the left (odd) nodes, v at the right (even) ones. *)
Definition alternate (u v : R) (x : nat) : R := if Nat.odd x then u else v.

(** H is the expected number of steps with one table of rows, P away and Q towards the fork, in every branch. *)
Definition tied_steps (W K t : nat) (P Q : nat -> R) (H : R) : Prop :=
  steps W (2 * K) t (fun _ => P) (fun _ => Q) H.

(** .. with the same four rows in every diamond. *)
Definition homogeneous_steps (W K t : nat) (a b c d : R) (H : R) : Prop :=
  tied_steps W K t (alternate c a) (alternate d b) H.

(** The simple random walk on the multigraph, imitation's limit (a = c = 1; b, d as in base), all rows 1. *)
Definition base_steps (W K L t : nat) : R -> Prop :=
  homogeneous_steps W K t (1 / (L + 1)) (L / (L + 1)) (L / (L + 1)) (1 / (L + 1)).
Definition sft_steps (W K L t : nat) : R -> Prop :=
  homogeneous_steps W K t 1 (L / (L + 1)) 1 (1 / (L + 1)).
Definition optimum_steps (W K t : nat) : R -> Prop := homogeneous_steps W K t 1 1 1 1.

(** H of tied rows: (W + (W-1) E) Z + Y. *)
Definition tied (W N : nat) (P Q : nat -> R) : R :=
  (W + (W - 1) * excursion N P Q) * entries N P Q + lasting N P Q.

Lemma tied_hitting W N t P Q : (t < W)%nat -> hitting W N t (fun _ => P) (fun _ => Q) = tied W N P Q.
Proof. intros small. unfold hitting, tied. now rewrite sum_but_const. Qed.

Lemma tied_steps_iff W K t P Q H : (t < W)%nat -> rows (2 * K) P Q ->
  (tied_steps W K t P Q H <-> H = tied W (2 * K) P Q).
Proof.
  intros small prob. unfold tied_steps. rewrite steps_iff by auto. now rewrite tied_hitting.
Qed.

Lemma alternate_left u v j : alternate u v (S (2 * j)) = u.
Proof. unfold alternate. rewrite Nat.odd_succ, Nat.even_mul. reflexivity. Qed.

Lemma alternate_right u v j : alternate u v (S (S (2 * j))) = v.
Proof. unfold alternate. now rewrite Nat.odd_succ, Nat.even_succ, Nat.odd_mul. Qed.

Lemma homogeneous_rows N a b c d : row a -> row b -> row c -> row d -> rows N (alternate c a) (alternate d b).
Proof. intros ra rb rc rd x _. unfold alternate. destruct (Nat.odd (S x)); now split. Qed.

Lemma single_row (L : nat) : row (1 / (L + 1)).
Proof.
  pose proof (pos_INR L). split; [apply Rdiv_lt_0_compat; lra|]. apply Rmult_le_reg_r with (L + 1); [lra|].
  field_simplify; lra.
Qed.

Lemma parallel_row (L : nat) : (1 <= L)%nat -> row (L / (L + 1)).
Proof.
  intros pos. apply nat_ge_1 in pos. split; [apply Rdiv_lt_0_compat; lra|]. apply Rmult_le_reg_r with (L + 1); [lra|].
  field_simplify; lra.
Qed.

Lemma row_1 : row 1.
Proof. split; lra. Qed.

(** At least one entry is needed. *)
Lemma entries_pos N P Q : rows N P Q -> 1 <= entries N P Q.
Proof.
  intros prob. unfold entries.
  assert (0 <= sum N (fun x => (1 - P (S x)) / P (S x) * prod x (fun i => Q (S i) / P (S i)))).
  { apply sum_nonneg. intros x below. destruct (prob x below) as [[] _]. apply Rmult_le_pos.
    - apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra.
    - left. apply prod_pos. intros i small. destruct (prob i) as [[] []]; [lia|]. apply Rdiv_lt_0_compat; lra. }
  lra.
Qed.

(** ** The costs exist, so that no theorem on them is empty *)

Lemma tied_exists W K t P Q : (t < W)%nat -> rows (2 * K) P Q -> exists H, tied_steps W K t P Q H.
Proof. intros small prob. eexists. now apply tied_steps_iff. Qed.

Lemma homogeneous_exists W K t a b c d : (t < W)%nat -> row a -> row b -> row c -> row d ->
  exists H, homogeneous_steps W K t a b c d H.
Proof. intros small ra rb rc rd. now apply tied_exists; [|apply homogeneous_rows]. Qed.

Lemma base_exists W K L t : (1 <= L)%nat -> (t < W)%nat -> exists H, base_steps W K L t H.
Proof. intros pos small. apply homogeneous_exists; auto using single_row, parallel_row. Qed.

Lemma sft_exists W K L t : (1 <= L)%nat -> (t < W)%nat -> exists H, sft_steps W K L t H.
Proof. intros pos small. apply homogeneous_exists; auto using single_row, parallel_row, row_1. Qed.

Lemma optimum_exists W K t : (t < W)%nat -> exists H, optimum_steps W K t H.
Proof. intros small. apply homogeneous_exists; auto using row_1. Qed.
