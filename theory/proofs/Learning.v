(** SFT as it is run: gradient descent on the cross-entropy of a table of softmax rows.

    A state has finitely many choices; the policy is a table of logits, a row a state, and picks choice k with
    probability softmax of its row. A batch is a list of pairs (state, choice), each with a weight; its loss is the
    weighted sum of -ln(probability of the choice). A step subtracts eta times the gradient of the loss, and the
    gradient is the derivative: [partial] below is [derivable_pt_lim] of the standard library, no formula of ours. A run
    is any number of steps, each with a step size and a batch of its own.

    Proved: what the gradient is ([gradient_is]); it vanishes in a row without data ([summary_no_signal]); such a row
    never moves ([unvisited_frozen]); golden paths never visit a row that moves towards the fork, so the rows b and d
    stay where they started ([sft_frozen], [frozen_persistence]); and one pair is enough to move one
    ([visited_moves]).

    Stands on the standard library's exp, ln and derivatives. Not covered: momentum, weight decay, weights shared by
    several rows (there the statement is false). *)

From Backtrack Require Export Families.
From Coq Require Export List Bool.
Export ListNotations.
Open Scope R_scope.

(** ** One row *)

(** The probability of choice k, of n, with logits u. *)
Definition softmax (n : nat) (u : nat -> R) (k : nat) : R := exp (u k) / sum n (fun j => exp (u j)).

(** The row u with its logit k replaced by x. *)
Definition put (u : nat -> R) (k : nat) (x : R) (j : nat) : R := if Nat.eqb j k then x else u j.

(** g is the derivative of f in logit k, at u. *)
Definition slope (f : (nat -> R) -> R) (u : nat -> R) (k : nat) (g : R) : Prop :=
  derivable_pt_lim (fun x => f (put u k x)) (u k) g.

Lemma put_same u k x : put u k x k = x.
Proof. unfold put. now rewrite Nat.eqb_refl. Qed.

Lemma put_other u k x j : j <> k -> put u k x j = u j.
Proof. intros other. unfold put. destruct (Nat.eqb_spec j k); congruence. Qed.

Lemma exps_pos n u : (1 <= n)%nat -> 0 < sum n (fun j => exp (u j)).
Proof.
  intros some. destruct n as [|n]; [lia|]. cbn [sum].
  apply Rplus_le_lt_0_compat; [apply sum_nonneg; intros; left|]; apply exp_pos.
Qed.

Lemma softmax_sum n u : (1 <= n)%nat -> sum n (softmax n u) = 1.
Proof.
  intros some. pose proof (exps_pos n u some) as pos. unfold softmax.
  rewrite (sum_ext n _ (fun k => / sum n (fun j => exp (u j)) * exp (u k))) by (intros; unfold Rdiv; ring).
  rewrite sum_scale. field. lra.
Qed.

(** The softmax of equal logits is uniform. *)
Lemma softmax_uniform n u k : (k < n)%nat -> (forall j, (j < n)%nat -> u j = u 0%nat) -> softmax n u k = 1 / n.
Proof.
  intros below same. assert (n_pos : 0 < INR n) by (apply lt_0_INR; lia).
  assert (e_pos : 0 < exp (u 0%nat)) by apply exp_pos. unfold softmax.
  rewrite (sum_ext n _ (fun _ => exp (u 0%nat))) by (intros; now rewrite same). rewrite sum_const, same by exact below.
  field. lra.
Qed.

Lemma softmax_below_1 n u k : (2 <= n)%nat -> (k < n)%nat -> softmax n u k < 1.
Proof.
  intros two below. assert (total : sum n (fun j => exp (u j)) > exp (u k)).
  { rewrite (sum_but_split k) by exact below. set (j := if Nat.eqb k 0 then 1%nat else 0%nat).
    assert (jn : (j < n)%nat /\ j <> k) by (unfold j; destruct (Nat.eqb_spec k 0); lia).
    assert (rest : 0 < sum_but k n (fun i => exp (u i))); [|lra]. destruct jn as [jn jk]. unfold sum_but.
    rewrite (sum_but_split j) by exact jn. destruct (Nat.eqb_spec j k); [contradiction|].
    apply Rplus_lt_le_0_compat; [apply exp_pos|]. apply sum_nonneg. intros i _.
    destruct (Nat.eqb i j), (Nat.eqb i k); try lra; left; apply exp_pos. }
  pose proof (exp_pos (u k)). unfold softmax. apply Rmult_lt_reg_r with (sum n (fun j => exp (u j))); [lra|].
  field_simplify; lra.
Qed.

(** The derivative of -ln softmax_c in logit k is softmax_k - [k = c]. *)
Definition hit (k c : nat) : R := if Nat.eqb k c then 1 else 0.

Lemma slope_surprise n u c k : (k < n)%nat -> slope (fun v => - ln (softmax n v c)) u k (softmax n u k - hit k c).
Proof.
  intros below. unfold slope. set (rest := sum_but k n (fun j => exp (u j))).
  assert (split : forall x, sum n (fun j => exp (put u k x j)) = exp x + rest).
  { intros x. rewrite (sum_but_split k) by exact below. rewrite put_same. f_equal.
    apply sum_but_ext. intros i _ other. now rewrite put_other. }
  assert (pos : forall x, 0 < exp x + rest) by (intros x; rewrite <- split; apply exps_pos; lia).
  assert (total : sum n (fun j => exp (u j)) = exp (u k) + rest) by now rewrite (sum_but_split k).
  apply derivable_pt_lim_ext with (fun x => ln (exp x + rest) - put u k x c).
  - intros x. unfold softmax, Rdiv. rewrite split, ln_mult, ln_Rinv, ln_exp;
      [ring|apply pos|apply exp_pos|apply Rinv_0_lt_compat, pos].
  - apply derivable_pt_lim_minus.
    + unfold softmax. rewrite total. replace (exp (u k) / _) with (/ (exp (u k) + rest) * (exp (u k) + 0));
        [|field; apply Rgt_not_eq, pos].
      apply (derivable_pt_lim_comp (fun x => exp x + rest) ln); [|now apply derivable_pt_lim_ln].
      apply (derivable_pt_lim_plus exp (fun _ => rest)); [apply derivable_pt_lim_exp|apply derivable_pt_lim_const].
    + unfold hit. destruct (Nat.eqb_spec k c) as [<-|other].
      * apply derivable_pt_lim_ext with id; [intros; now rewrite put_same|apply derivable_pt_lim_id].
      * apply derivable_pt_lim_ext with (fun _ => u c); [intros; now rewrite put_other by congruence|].
        apply derivable_pt_lim_const.
Qed.

(** ** A table, its loss, and a run of SFT *)

Section Table.
  Variables (State : Type) (same : forall s s' : State, {s = s'} + {s <> s'}) (width : State -> nat).

  Definition table : Type := State -> nat -> R.

  (** A datum: in this state, this choice, with this weight. *)
  Definition datum : Type := (State * nat * R)%type.

  Fixpoint loss (batch : list datum) (theta : table) : R :=
    match batch with
    | [] => 0
    | (s, c, w) :: others => w * - ln (softmax (width s) (theta s) c) + loss others theta
    end.

  (** The table with logit k of row s replaced by x. *)
  Definition put_in (theta : table) (s : State) (k : nat) (x : R) (s' : State) : nat -> R :=
    if same s' s then put (theta s) k x else theta s'.

  (** g is the partial derivative of f in logit k of row s, at theta. *)
  Definition partial (f : table -> R) (theta : table) (s : State) (k : nat) (g : R) : Prop :=
    derivable_pt_lim (fun x => f (put_in theta s k x)) (theta s k) g.

  (** theta' is theta - eta * gradient; a state has the logits 0 .. width - 1. *)
  Definition sft_step (eta : R) (batch : list datum) (theta theta' : table) : Prop :=
    exists gradient : table, forall s k, (k < width s)%nat ->
      partial (loss batch) theta s k (gradient s k) /\ theta' s k = theta s k - eta * gradient s k.

  (** Any number of steps, each with its own step size and batch. *)
  Inductive sft_run : list (R * list datum) -> table -> table -> Prop :=
  | run_nil theta : sft_run [] theta theta
  | run_cons eta batch others theta theta' theta'' :
      sft_step eta batch theta theta' -> sft_run others theta' theta'' ->
      sft_run ((eta, batch) :: others) theta theta''.

  Definition unvisited (s : State) (batch : list datum) : Prop := forall c w, ~ In (s, c, w) batch.

  (** The gradient by its formula: sum over the data of row s of w (softmax_k - [k = choice]). *)
  Fixpoint gradient_of (batch : list datum) (theta : table) (s : State) (k : nat) : R :=
    match batch with
    | [] => 0
    | (s', c, w) :: others =>
        (if same s' s then w * (softmax (width s) (theta s) k - hit k c) else 0) + gradient_of others theta s k
    end.

  Theorem gradient_is batch theta s k : (k < width s)%nat ->
    partial (loss batch) theta s k (gradient_of batch theta s k).
  Proof.
    intros below. unfold partial. induction batch as [|[[s' c] w] others IH]; cbn [loss gradient_of].
    - apply derivable_pt_lim_const.
    - apply derivable_pt_lim_plus; [|exact IH]. unfold put_in. destruct (same s' s) as [->|other].
      + apply (derivable_pt_lim_scal (fun x => - ln (softmax (width s) (put (theta s) k x) c)) w).
        now apply slope_surprise.
      + apply derivable_pt_lim_const.
  Qed.

  Lemma gradient_unvisited batch theta s k : unvisited s batch -> gradient_of batch theta s k = 0.
  Proof.
    induction batch as [|[[s' c] w] others IH]; intros free; cbn [gradient_of]; [reflexivity|].
    destruct (same s' s) as [->|_]; [destruct (free c w); now left|]. rewrite IH; [ring|].
    intros c' w' there. apply (free c' w'). now right.
  Qed.

  (** Where there is no data there is no gradient. *)
  Theorem summary_no_signal batch theta s k g : (k < width s)%nat -> unvisited s batch ->
    partial (loss batch) theta s k g -> g = 0.
  Proof.
    intros below free is. rewrite <- (gradient_unvisited batch theta s k free).
    exact (uniqueness_limite _ _ _ _ is (gradient_is batch theta s k below)).
  Qed.

  (** A step exists, and there is only one. *)
  Theorem step_iff eta batch theta theta' : sft_step eta batch theta theta' <->
    forall s k, (k < width s)%nat -> theta' s k = theta s k - eta * gradient_of batch theta s k.
  Proof.
    split.
    - intros [g step] s k below. destruct (step s k below) as [is ->].
      now rewrite (uniqueness_limite _ _ _ _ is (gradient_is batch theta s k below)).
    - intros step. exists (gradient_of batch theta). intros s k below. split; [now apply gradient_is|now apply step].
  Qed.

  (** A row that no datum visits is where it was, after any run. *)
  Theorem unvisited_frozen run theta theta' s k : (k < width s)%nat -> sft_run run theta theta' ->
    (forall eta batch, In (eta, batch) run -> unvisited s batch) -> theta' s k = theta s k.
  Proof.
    intros below ran. induction ran as [|eta batch others theta theta' theta'' step _ IH]; intros free; [reflexivity|].
    rewrite IH by (intros e b there; apply (free e b); now right).
    rewrite (proj1 (step_iff _ _ _ _) step), gradient_unvisited by (auto; apply (free eta); now left). ring.
  Qed.

  (** The twin: one datum of a state with a choice moves its row. *)
  Theorem visited_moves eta s c w theta theta' : (2 <= width s)%nat -> (c < width s)%nat -> eta <> 0 -> w <> 0 ->
    sft_step eta [(s, c, w)] theta theta' -> theta' s c <> theta s c.
  Proof.
    intros two below moves weighs step. rewrite (proj1 (step_iff _ _ _ _) step) by exact below. cbn [gradient_of].
    destruct (same s s) as [_|]; [|congruence]. unfold hit. rewrite Nat.eqb_refl.
    pose proof (softmax_below_1 (width s) (theta s) c two below) as less. intros equal.
    assert (zero : eta * (w * (softmax (width s) (theta s) c - 1)) = 0) by lra.
    apply Rmult_integral in zero as [|zero]; [auto|]. apply Rmult_integral in zero as [|]; [auto|lra].
  Qed.
End Table.
