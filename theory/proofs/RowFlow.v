(** The gradient flow of one softmax row.

    A row of n choices; its data choose j with probability q j and visit it at rate w. Its logits follow
    u' = -w * gradient of the cross-entropy, the gradient being the derivative itself ([slope]).

    Proved: the speed is w (q k - softmax k) ([flow_speed]); choices that the data treat alike keep equal logits
    ([flow_even]); and a gap D with D' = w/(A e^D + B) exists for all times ([gap_exists]).

    Stands on Learning's derivative and on Flows. *)

From Backtrack Require Export Learning Flows.
Open Scope R_scope.

(** The cross-entropy of a row of n choices that the data choose with probabilities q. *)
Definition row_loss (n : nat) (q u : nat -> R) : R := sum n (fun j => q j * - ln (softmax n u j)).

(** From time 0 to T every logit moves at -w times its partial derivative of the loss. *)
Definition flow (n : nat) (w : R) (q : nat -> R) (T : R) (u : R -> nat -> R) : Prop :=
  forall t k, 0 <= t <= T -> (k < n)%nat ->
    exists g, slope (row_loss n q) (u t) k g /\ derivable_pt_lim (fun t => u t k) t (- w * g).

(** ** The flow, written out *)

Lemma slope_row_loss n q u k : (k < n)%nat -> sum n q = 1 -> slope (row_loss n q) u k (softmax n u k - q k).
Proof.
  intros below total. unfold slope.
  assert (some : forall m, derivable_pt_lim (fun x => sum m (fun j => q j * - ln (softmax n (put u k x) j))) (u k)
                             (sum m (fun j => q j * (softmax n u k - hit k j)))).
  { induction m as [|m IH]; cbn [sum]; [apply derivable_pt_lim_const|].
    apply derivable_pt_lim_plus; [exact IH|].
    apply (derivable_pt_lim_scal (fun x => - ln (softmax n (put u k x) m)) (q m)). now apply slope_surprise. }
  replace (softmax n u k - q k) with (sum n (fun j => q j * (softmax n u k - hit k j))); [apply some|].
  rewrite (sum_ext n _ (fun j => softmax n u k * q j - q j * hit k j)) by (intros; ring).
  rewrite sum_minus, sum_scale, total. f_equal; [ring|]. rewrite (sum_but_split k) by exact below.
  unfold hit at 1. rewrite Nat.eqb_refl, (sum_but_ext k n _ (fun _ => 0)).
  - rewrite sum_but_const by exact below. ring.
  - intros i _ other. unfold hit. destruct (Nat.eqb_spec k i); [congruence|ring].
Qed.

Lemma flow_speed n w q T u t k : flow n w q T u -> sum n q = 1 -> 0 <= t <= T -> (k < n)%nat ->
  derivable_pt_lim (fun t => u t k) t (w * (q k - softmax n (u t) k)).
Proof.
  intros moves total late below. destruct (moves t k late below) as (g & is & speed).
  rewrite (uniqueness_limite _ _ _ _ is (slope_row_loss n q (u t) k below total)) in speed.
  replace (w * _) with (- w * (softmax n (u t) k - q k)) by ring. exact speed.
Qed.

(** Choices that the data treat alike: their squared difference never rises. *)
Lemma flow_even n w q T u j k t : flow n w q T u -> sum n q = 1 -> 0 < w -> (j < n)%nat -> (k < n)%nat ->
  q j = q k -> u 0 j = u 0 k -> 0 <= t <= T -> u t j = u t k.
Proof.
  intros moves total rate below below' alike first late. set (gap := fun t => u t j - u t k).
  set (speed := fun t => w * (softmax n (u t) k - softmax n (u t) j)).
  assert (is : forall c, 0 <= c <= T -> derivable_pt_lim gap c (speed c)).
  { intros c after. unfold speed.
    replace (w * _) with (w * (q j - softmax n (u c) j) - w * (q k - softmax n (u c) k)) by (rewrite alike; ring).
    apply (derivable_pt_lim_minus (fun t => u t j) (fun t => u t k)); now apply flow_speed with T. }
  assert (small : gap t * gap t <= gap 0 * gap 0).
  { apply (falling (fun t => gap t * gap t) (fun c => speed c * gap c + gap c * speed c)); [lra| |].
    - intros c after. apply (derivable_pt_lim_mult gap gap); apply is; lra.
    - intros c _. unfold gap, speed, softmax. set (Z := sum n _).
      assert (pos : 0 < / Z) by (apply Rinv_0_lt_compat, exps_pos; lia). unfold Rdiv.
      assert (mono : (exp (u c k) - exp (u c j)) * (u c j - u c k) <= 0).
      { destruct (Rtotal_order (u c j) (u c k)) as [less|[->|more]]; [|lra|].
        - pose proof (exp_increasing _ _ less). nra.
        - pose proof (exp_increasing _ _ more). nra. }
      set (m := (exp (u c k) - exp (u c j)) * (u c j - u c k)) in *.
      replace (_ + _) with (2 * (w * / Z) * m) by (unfold m; ring).
      assert (0 < w * / Z) by now apply Rmult_lt_0_compat. nra. }
  unfold gap in small. rewrite first in small. assert (u t j - u t k = 0); [|lra].
  apply Rsqr_0_uniq. unfold Rsqr. pose proof (Rle_0_sqr (u t j - u t k)) as square. unfold Rsqr in square. lra.
Qed.

(** A row with equal logits on its parallel edges. *)
Lemma two_values L (u : nat -> R) : (1 <= L)%nat -> (forall k, (k < L)%nat -> u k = u 0%nat) ->
  sum (S L) (fun j => exp (u j)) = L * exp (u 0%nat) + exp (u L).
Proof.
  intros some same. cbn [sum]. rewrite (sum_ext L _ (fun _ => exp (u 0%nat))) by (intros; now rewrite same).
  now rewrite sum_const.
Qed.

Lemma flow_of_speed n w q T u : sum n q = 1 ->
  (forall t k, 0 <= t <= T -> (k < n)%nat ->
    derivable_pt_lim (fun t => u t k) t (w * (q k - softmax n (u t) k))) -> flow n w q T u.
Proof.
  intros total speed t k late below. eexists. split; [now apply slope_row_loss|].
  replace (- w * _) with (w * (q k - softmax n (u t) k)) by ring. now apply speed.
Qed.

(** The gap is the inverse of the time at which it is reached. *)
Lemma gap_exists (A B w : R) : 0 < A -> 0 < B -> 0 < w -> exists D, D 0 = 0 /\
  forall t, derivable_pt_lim D t (w / (A * exp (D t) + B)).
Proof.
  intros A_pos B_pos w_pos. set (T := fun x => (A * exp x + B * x - A) / w). set (T' := fun x => (A * exp x + B) / w).
  assert (slope : forall x, derivable_pt_lim T x (T' x)).
  { intros x. replace (T' x) with (/ w * (A * exp x + B * 1 - 0)) by (unfold T', Rdiv; ring).
    apply derivable_pt_lim_ext with (fun x => / w * (A * exp x + B * x - A)); [intros; unfold T, Rdiv; ring|].
    apply (derivable_pt_lim_scal (fun x => A * exp x + B * x - A)).
    apply (derivable_pt_lim_minus (fun x => A * exp x + B * x) (fun _ => A)); [|apply derivable_pt_lim_const].
    apply (derivable_pt_lim_plus (fun x => A * exp x) (fun x => B * x)).
    - apply derivable_pt_lim_scal, derivable_pt_lim_exp.
    - apply (derivable_pt_lim_scal id), derivable_pt_lim_id. }
  assert (pos : forall x, 0 < A * exp x) by (intros x; apply Rmult_lt_0_compat; [lra|apply exp_pos]).
  assert (steep : forall x, B / w <= T' x).
  { intros x. apply Rmult_le_compat_r; [left; now apply Rinv_0_lt_compat|]. specialize (pos x). lra. }
  assert (mu : 0 < B / w) by now apply Rdiv_lt_0_compat.
  assert (smooth : continuity (fun x => / T' x)).
  { apply (continuity_inv T').
    - unfold T'. apply derivable_continuous. intros x. exists (/ w * (A * exp x + 0)).
      apply derivable_pt_lim_ext with (fun x => / w * (A * exp x + B)); [intros; unfold Rdiv; ring|].
      apply (derivable_pt_lim_scal (fun x => A * exp x + B)).
      apply (derivable_pt_lim_plus (fun x => A * exp x) (fun _ => B)); [|apply derivable_pt_lim_const].
      apply derivable_pt_lim_scal, derivable_pt_lim_exp.
    - intros x. specialize (steep x). lra. }
  exists (inverse T T' (B / w) mu slope steep). split.
  - replace 0 with (T 0) at 1 by (unfold T; rewrite exp_0; field; lra). apply inverse_of.
  - intros t. pose proof (inverse_slope T T' (B / w) mu slope steep smooth t) as is.
    set (D := inverse T T' (B / w) mu slope steep) in *.
    replace (w / (A * exp (D t) + B)) with (/ T' (D t)); [exact is|].
    unfold T'. specialize (pos (D t)). field. lra.
Qed.
