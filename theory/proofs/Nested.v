(** M forks in a row, never left backwards: alone, and with restarts at dead ends.

    Setting. M forks, each as in Walk.v: W branches with N = 2K nodes, the same rows P, Q in every branch of every fork.
    At fork m = 0 .. M-1 the far end of branch t m is the next fork, at the last one it is the target. A fork is left by
    one of the W branches that begin there ("onward"). The unknowns are costs-to-go, in steps: H m at fork m (H M = 0 at
    the target), A m i x and B m i x in branch i of fork m, as in Walk.v. What happens at the far end of a wrong branch
    is one of three rules: it reflects the walker, or the walker is put back, without a step, to the first fork, or to
    the last fork reached.

    Proved, each as the one solution of the equations of all M forks together: M times the cost at one fork
    ([nested_onward]); W + .. + W^M times the cost in a maze of one branch ([nested_restarts]); M W times that
    ([nested_checkpoints]). And from which M on restarts lose to the optimum ([nested_losing]).
    Not covered: forks that can be left backwards; rows that differ between branches. Search is in Search.v. *)

From Backtrack Require Export Restarts.
Open Scope R_scope.

(** The equations of M forks in a row, but for the far ends of wrong branches. *)
Definition forks (M W N : nat) (t : nat -> nat) (P Q : nat -> R) (H : nat -> R) (A B : nat -> nat -> nat -> R) : Prop :=
  H M = 0 /\
  forall m, (m < M)%nat ->
    (forall i, (i < W)%nat -> inside N P Q (A m i) (B m i)) /\
    (forall i, (i < W)%nat -> B m i O = H m) /\
    A m (t m) (S N) = H (S m) /\
    H m = 1 + sum W (fun i => A m i 1%nat) / W.

(** What holds at the far end of every wrong branch. *)
Definition wrong_ends (M W : nat) (t : nat -> nat) (rule : nat -> nat -> Prop) : Prop :=
  forall m i, (m < M)%nat -> (i < W)%nat -> i <> t m -> rule m i.

(** The cost h from the first fork: wrong leaves reflect. *)
Definition onward_steps (M W N : nat) (t : nat -> nat) (P Q : nat -> R) (h : R) : Prop :=
  exists H A B, forks M W N t P Q H A B /\ h = H O /\ wrong_ends M W t (fun m i => A m i (S N) = 1 + B m i N).

(** .. wrong leaves put the walker back to the first fork. *)
Definition nested_restart_steps (M W N : nat) (t : nat -> nat) (P Q : nat -> R) (h : R) : Prop :=
  exists H A B, forks M W N t P Q H A B /\ h = H O /\ wrong_ends M W t (fun m i => A m i (S N) = H O).

(** .. wrong leaves put the walker back to the last fork it reached. *)
Definition checkpoint_steps (M W N : nat) (t : nat -> nat) (P Q : nat -> R) (h : R) : Prop :=
  exists H A B, forks M W N t P Q H A B /\ h = H O /\ wrong_ends M W t (fun m i => A m i (S N) = H m).

(** Every fork has its way on. *)
Definition ways_on (M W : nat) (t : nat -> nat) : Prop := forall m, (m < M)%nat -> (t m < W)%nat.

(** W + W^2 + .. + W^M. *)
Definition powers (W M : nat) : R := sum M (fun m => W ^ (S m)).

Lemma total M (H : nat -> R) c : (forall m, (m < M)%nat -> H m = c + H (S m)) -> H O = M * c + H M.
Proof.
  induction M as [|M IH]; intros step; [simpl; ring|]. rewrite IH by (intros; apply step; lia).
  rewrite (step M) by lia. rewrite S_INR. ring.
Qed.

(** ** Onward: one fork's equations, shifted by the cost at the next fork *)

Lemma inside_shift N P Q A B c :
  inside N P Q A B -> inside N P Q (fun x => A x + c) (fun x => B x + c).
Proof. intros inner x below. destruct (inner x below) as [-> ->]. split; ring. Qed.

Lemma mean_shift W (a : nat -> R) h c : (1 <= W)%nat ->
  h = 1 + sum W a / W -> h + c = 1 + sum W (fun i => a i + c) / W.
Proof.
  intros pos eq. apply nat_ge_1 in pos. rewrite sum_plus, sum_const. rewrite eq. field. lra.
Qed.

Theorem nested_onward : forall (M W K s : nat) (t : nat -> nat) (P Q : nat -> R) (H h : R),
  ways_on M W t -> (s < W)%nat -> rows (2 * K) P Q ->
  onward_steps M W (2 * K) t P Q H -> tied_steps W K s P Q h -> H = M * h.
Proof.
  intros M W K s t P Q h one on small prob (H & A & B & (last & each) & -> & ends) single.
  rewrite (total M H one); [rewrite last; ring|]. intros m below.
  destruct (each m below) as (inner & fork & way & mean).
  apply tied_steps_iff in single; auto. rewrite single, <- (tied_hitting W _ (t m)) by auto.
  apply Rplus_eq_reg_r with (- H (S m)).
  rewrite (hitting_unique W (2 * K) (t m) (fun _ => P) (fun _ => Q) (H m + - H (S m))
             (fun i x => A m i x + - H (S m)) (fun i x => B m i x + - H (S m))); auto; [ring|].
  split; [|split; [|split; [|split]]].
  - intros i inb. apply inside_shift. auto.
  - intros i inb. now rewrite fork.
  - intros i inb other. rewrite ends by auto. ring.
  - rewrite way. ring.
  - apply mean_shift; [lia|exact mean].
Qed.

Theorem onward_exists M W K s t P Q h : ways_on M W t -> (s < W)%nat -> rows (2 * K) P Q ->
  tied_steps W K s P Q h -> onward_steps M W (2 * K) t P Q (M * h).
Proof.
  intros on small prob single.
  assert (found : forall n, (n <= M)%nat -> exists A B, forall m, (m < n)%nat ->
    bellman W (2 * K) (t m) (fun _ => P) (fun _ => Q) h (A m) (B m)).
  { induction n as [|n IH]; intros below.
    { exists (fun _ _ _ => 0), (fun _ _ _ => 0). intros m none. lia. }
    destruct IH as (A & B & so_far); [lia|].
    assert (here : tied_steps W K (t n) P Q h).
    { apply tied_steps_iff; [apply on; lia|exact prob|]. now apply tied_steps_iff in single. }
    destruct here as (A' & B' & sol).
    exists (fun m => if Nat.eqb m n then A' else A m), (fun m => if Nat.eqb m n then B' else B m). intros m inb.
    destruct (Nat.eqb_spec m n) as [->|other]; [exact sol|apply so_far; lia]. }
  destruct (found M (le_n M)) as (A & B & sol).
  set (H := fun m => (M - m) * h).
  exists H, (fun m i x => A m i x + H (S m)), (fun m i x => B m i x + H (S m)).
  assert (next : forall m, h + H (S m) = H m) by (intros m; unfold H; rewrite S_INR; ring).
  split; [split|split].
  - unfold H. ring.
  - intros m below. destruct (sol m below) as (inner & fork & wrong & goal & mean). split; [|split; [|split]].
    + intros i inb. apply inside_shift. auto.
    + intros i inb. rewrite fork by exact inb. apply next.
    + rewrite goal. ring.
    + rewrite <- (next m). apply mean_shift; [lia|exact mean].
  - unfold H. simpl. ring.
  - intros m i below inb other. destruct (sol m below) as (_ & _ & wrong & _). rewrite wrong by auto. ring.
Qed.

Theorem nested_optimum : forall (M W K : nat) (t : nat -> nat) (H : R), (1 <= W)%nat -> ways_on M W t ->
  onward_steps M W (2 * K) t (alternate 1 1) (alternate 1 1) H -> H = M * (2 * W - 1) * (2 * K + 1).
Proof.
  intros M W K t H pos on sol.
  assert (prob : rows (2 * K) (alternate 1 1) (alternate 1 1)) by (apply homogeneous_rows; apply row_1).
  assert (one : tied_steps W K 0 (alternate 1 1) (alternate 1 1) ((2 * W - 1) * (2 * K + 1))).
  { apply tied_steps_iff; [lia|exact prob|]. unfold tied.
    rewrite certain_excursion, certain_entries, certain_lasting, nat_double by apply certain_alternate. ring. }
  rewrite (nested_onward M W K 0 t _ _ H _ on pos prob sol one).
  ring.
Qed.

(** ** Restarts: what the branches of one fork say about its cost *)

Lemma fork_balance W N t P Q h next back A B : (t < W)%nat -> rows N P Q ->
  (forall i, (i < W)%nat -> inside N P Q (A i) (B i)) -> (forall i, (i < W)%nat -> B i O = h) ->
  A t (S N) = next -> (forall i, (i < W)%nat -> i <> t -> A i (S N) = back) -> h = 1 + sum W (fun i => A i 1%nat) / W ->
  W * h - next - (W - 1) * back = W * (entries N P Q + lasting N P Q).
Proof.
  intros small prob inner fork way wrong mean. apply at_fork in mean; [|lia].
  pose proof (entries_pos N P Q prob).
  rewrite (sum_ext W _ (fun i => / entries N P Q * (h - lasting N P Q - A i (S N)))) in mean.
  - rewrite sum_scale, sum_minus, sum_const, (sum_but_split t W (fun i => A i (S N))) in mean by exact small.
    rewrite way, (sum_but_ext t W _ (fun _ => back)), sum_but_const in mean by assumption.
    apply (f_equal (fun z => entries N P Q * z)) in mean. rewrite <- Rmult_assoc, Rinv_r in mean by lra. lra.
  - intros i inb. rewrite <- (fork i inb) at 1. rewrite (entry_saves N P Q) by auto. rewrite fork by exact inb.
    field. lra.
Qed.

Lemma alone_is K P Q h : rows (2 * K) P Q -> tied_steps 1 K 0 P Q h -> h = entries (2 * K) P Q + lasting (2 * K) P Q.
Proof.
  intros prob one. apply tied_steps_iff in one; [|lia|exact prob]. rewrite one. unfold tied. simpl INR. ring.
Qed.

(** In what is saved since the start, y_m = H_0 - H_m: y_{m+1} = W alone + W y_m. *)
Lemma powers_step W M : powers W (S M) = W * (1 + powers W M).
Proof.
  unfold powers. rewrite sum_first. simpl pow at 1.
  rewrite (sum_ext M _ (fun m => W * W ^ S m)) by reflexivity. rewrite sum_scale. ring.
Qed.

Theorem nested_restarts : forall (M W K : nat) (t : nat -> nat) (P Q : nat -> R) (H alone : R),
  ways_on M W t -> rows (2 * K) P Q ->
  nested_restart_steps M W (2 * K) t P Q H -> tied_steps 1 K 0 P Q alone -> H = powers W M * alone.
Proof.
  intros M W K t P Q h alone on prob (H & A & B & (last & each) & -> & ends) one.
  apply alone_is in one; [|exact prob].
  assert (saved : forall m, (m <= M)%nat -> H O - H m = powers W m * alone).
  { induction m as [|m IH]; intros below; [unfold powers; simpl; ring|]. rewrite powers_step.
    destruct (each m) as (inner & fork & way & mean); [lia|].
    pose proof (fork_balance W (2 * K) (t m) P Q (H m) (H (S m)) (H O) (A m) (B m)) as balance.
    rewrite <- one in balance. specialize (IH ltac:(lia)).
    assert (eq : W * H m - H (S m) - (W - 1) * H O = W * alone).
    { apply balance; auto. }
    replace (W * (1 + powers W m) * alone) with (W * alone + W * (powers W m * alone)) by ring.
    rewrite <- IH. lra. }
  specialize (saved M (le_n M)). rewrite last in saved. lra.
Qed.

Theorem nested_checkpoints : forall (M W K : nat) (t : nat -> nat) (P Q : nat -> R) (H alone : R),
  ways_on M W t -> rows (2 * K) P Q ->
  checkpoint_steps M W (2 * K) t P Q H -> tied_steps 1 K 0 P Q alone -> H = M * W * alone.
Proof.
  intros M W K t P Q h alone on prob (H & A & B & (last & each) & -> & ends) one.
  apply alone_is in one; [|exact prob]. rewrite (total M H (W * alone)); [rewrite last; ring|].
  intros m below. destruct (each m below) as (inner & fork & way & mean).
  assert (eq : W * H m - H (S m) - (W - 1) * H m = W * alone).
  { rewrite one. apply (fork_balance W (2 * K) (t m) P Q (H m) (H (S m)) (H m) (A m) (B m)); auto. }
  lra.
Qed.

(** Both systems have solutions: costs at the forks that balance extend into the branches. *)
Lemma forks_exist M W N t P Q (H back : nat -> R) : ways_on M W t -> rows N P Q -> H M = 0 ->
  (forall m, (m < M)%nat -> W * H m - H (S m) - (W - 1) * back m = W * (entries N P Q + lasting N P Q)) ->
  exists A B, forks M W N t P Q H A B /\ wrong_ends M W t (fun m i => A m i (S N) = back m).
Proof.
  intros on prob last balance. pose proof (entries_pos N P Q prob).
  set (leaf := fun m i => if Nat.eqb i (t m) then H (S m) else back m).
  set (G := fun m i => (H m - leaf m i - lasting N P Q) / entries N P Q).
  exists (fun m i => out_costs Q (goal_difference P Q (G m i)) (H m)).
  exists (fun m i => back_costs Q (goal_difference P Q (G m i)) (H m)).
  assert (ends : forall m i, out_costs Q (goal_difference P Q (G m i)) (H m) (S N) = leaf m i).
  { intros m i. rewrite goal_leaf by exact prob. unfold G. field. lra. }
  split; [split; [exact last|]|].
  - intros m below. split; [|split; [|split]].
    + intros i _. apply inside_of_differences; [|intros x inb; now apply (goal_difference_S N)].
      intros x inb. destruct (prob x inb) as [_ []]. lra.
    + reflexivity.
    + rewrite ends. unfold leaf. now rewrite Nat.eqb_refl.
    + specialize (on m below). apply at_fork; [lia|].
      rewrite (sum_ext W _ (fun i => / entries N P Q * (H m - lasting N P Q - leaf m i))).
      2:{ intros i _. unfold out_costs, goal_difference, back_costs, prod, beta. unfold G. field. lra. }
      rewrite sum_scale, sum_minus, sum_const, (sum_but_split (t m) W (leaf m)) by exact on.
      rewrite (sum_but_ext (t m) W _ (fun _ => back m)), sum_but_const by
        first [exact on | intros i _ other; unfold leaf; destruct (Nat.eqb_spec i (t m)); [contradiction|reflexivity]].
      unfold leaf. rewrite Nat.eqb_refl. specialize (balance m below).
      apply Rmult_eq_reg_l with (entries N P Q); [|lra]. rewrite <- Rmult_assoc, Rinv_r by lra. lra.
  - intros m i _ _ other. rewrite ends. unfold leaf. destruct (Nat.eqb_spec i (t m)); [contradiction|reflexivity].
Qed.

Theorem nested_restarts_exist M W K t P Q alone : ways_on M W t -> rows (2 * K) P Q ->
  tied_steps 1 K 0 P Q alone -> nested_restart_steps M W (2 * K) t P Q (powers W M * alone).
Proof.
  intros on prob one. apply alone_is in one; [|exact prob].
  set (H := fun m => (powers W M - powers W m) * alone).
  destruct (forks_exist M W (2 * K) t P Q H (fun _ => H O)) as (A & B & sol & ends); auto.
  - unfold H. ring.
  - intros m _. rewrite <- one. unfold H. rewrite powers_step. change (powers W 0) with 0. ring.
  - exists H, A, B. split; [exact sol|split; [|exact ends]]. unfold H, powers. simpl sum. ring.
Qed.

Theorem nested_checkpoints_exist M W K t P Q alone : ways_on M W t -> rows (2 * K) P Q ->
  tied_steps 1 K 0 P Q alone -> checkpoint_steps M W (2 * K) t P Q (M * W * alone).
Proof.
  intros on prob one. apply alone_is in one; [|exact prob]. set (H := fun m => (M - m) * W * alone).
  destruct (forks_exist M W (2 * K) t P Q H H) as (A & B & sol & ends); auto.
  - unfold H. ring.
  - intros m _. rewrite <- one. unfold H. rewrite S_INR. ring.
  - exists H, A, B. split; [exact sol|split; [|exact ends]]. unfold H. simpl INR. ring.
Qed.

(** ** Where restarts lose to the optimum *)

Definition sft_nested_restart_steps (M W K L : nat) (t : nat -> nat) : R -> Prop :=
  nested_restart_steps M W (2 * K) t (alternate 1 1) (alternate (1 / (L + 1)) (L / (L + 1))).

Lemma alone_certain K P Q : rows (2 * K) P Q -> certain (2 * K) P -> tied_steps 1 K 0 P Q (2 * K + 1).
Proof.
  intros prob sure. apply tied_steps_iff; [lia|exact prob|]. unfold tied.
  rewrite certain_entries, certain_lasting, nat_double by exact sure. simpl INR. ring.
Qed.

Theorem nested_restarts_sft : forall (M W K L : nat) (t : nat -> nat) (H : R), (1 <= L)%nat -> ways_on M W t ->
  sft_nested_restart_steps M W K L t H -> H = powers W M * (2 * K + 1).
Proof.
  intros M W K L t H pos on sol.
  assert (prob : rows (2 * K) (alternate 1 1) (alternate (1 / (L + 1)) (L / (L + 1)))) by
    (apply homogeneous_rows; auto using row_1, single_row, parallel_row).
  eapply nested_restarts; eauto. apply alone_certain; [exact prob|apply certain_alternate].
Qed.

Lemma powers_S W M : powers W (S M) = powers W M + W ^ S M.
Proof. reflexivity. Qed.

(** One fork more adds W^(M+1) >= W^2 to the attempts and less than 2W to the optimum. *)
Lemma losing_lasts W m M : (2 <= W)%nat -> (1 <= m <= M)%nat ->
  m * (2 * W - 1) < powers W m -> M * (2 * W - 1) < powers W M.
Proof.
  intros two [pos below] base. apply nat_ge_2 in two. induction below as [|M below IH]; [exact base|].
  rewrite powers_S, S_INR. enough (2 * W <= W ^ S M) by lra.
  apply Rle_trans with (W ^ 2); [simpl; nra|]. apply Rle_pow; [lra|lia].
Qed.

Theorem nested_losing : forall (M W K L : nat) (t : nat -> nat) (H H' : R),
  (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat -> (1 <= M)%nat -> ways_on M W t ->
  sft_nested_restart_steps M W K L t H -> onward_steps M W (2 * K) t (alternate 1 1) (alternate 1 1) H' ->
  (H > H' <-> ((if Nat.eqb W 2 then 3 else 2) <= M)%nat).
Proof.
  intros M W K L t H H' two posK posL posM on sol best.
  apply nested_restarts_sft in sol; auto. apply nested_optimum in best; auto; [|lia]. subst H H'.
  assert (K_pos : 0 < 2 * K + 1) by (pose proof (pos_INR K); lra).
  assert (less : powers W M * (2 * K + 1) > M * (2 * W - 1) * (2 * K + 1) <-> M * (2 * W - 1) < powers W M).
  { split; intros lt; [now apply Rmult_lt_reg_r in lt|now apply Rmult_lt_compat_r]. }
  rewrite less. destruct (Nat.eqb_spec W 2) as [->|other]; split.
  - intros lt. destruct M as [|[|[|M]]]; [lia| | |lia]; unfold powers in lt; simpl in lt; lra.
  - intros deep. apply (losing_lasts 2 3); [lia|lia|]. unfold powers. simpl. lra.
  - intros lt. destruct M as [|[|M]]; [lia| |lia]. apply nat_ge_2 in two. unfold powers in lt. simpl in lt. lra.
  - intros deep. apply (losing_lasts W 2); [lia|lia|]. assert (three : (3 <= W)%nat) by lia.
    apply nat_ge in three. unfold powers. simpl sum. simpl INR in *. nra.
Qed.

(** The draw: two forks of two branches. *)
Theorem nested_draw : forall (K L : nat) (t : nat -> nat) (H H' : R), (1 <= L)%nat -> ways_on 2 2 t ->
  sft_nested_restart_steps 2 2 K L t H -> onward_steps 2 2 (2 * K) t (alternate 1 1) (alternate 1 1) H' -> H = H'.
Proof.
  intros K L t H H' pos on sol best. apply nested_restarts_sft in sol; auto. apply nested_optimum in best; auto.
  rewrite sol, best. unfold powers. simpl. ring.
Qed.

Lemma optimum_onward_exists M W K t : (1 <= W)%nat -> ways_on M W t ->
  exists H, onward_steps M W (2 * K) t (alternate 1 1) (alternate 1 1) H.
Proof.
  intros pos on. assert (prob : rows (2 * K) (alternate 1 1) (alternate 1 1)) by (apply homogeneous_rows; apply row_1).
  destruct (tied_exists W K 0 _ _ pos prob) as [h one]. exists (M * h).
  now apply (onward_exists M W K 0).
Qed.
