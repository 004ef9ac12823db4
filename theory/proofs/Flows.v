(** Calculus for gradient flows: functions that do not rise, and the inverse of a steadily rising function.

    Stands on the mean value theorem of the standard library. *)

From Backtrack Require Export Sums.
Open Scope R_scope.

(** A function whose derivative is never positive between 0 and t does not rise. *)
Lemma falling f f' t : 0 <= t -> (forall c, 0 <= c <= t -> derivable_pt_lim f c (f' c)) ->
  (forall c, 0 <= c <= t -> f' c <= 0) -> f t <= f 0.
Proof.
  intros late is low. destruct (Rle_lt_or_eq_dec 0 t late) as [later|<-]; [|lra].
  destruct (MVT_cor2 f f' 0 t later) as (c & change & between); [exact is|].
  assert (f' c * (t - 0) <= 0); [|lra]. assert (f' c <= 0) by (apply low; lra). nra.
Qed.

Lemma constant f t : 0 <= t -> (forall c, 0 <= c <= t -> derivable_pt_lim f c 0) -> f t = f 0.
Proof.
  intros late is. apply Rle_antisym; [apply (falling f (fun _ => 0)); auto; intros; lra|].
  assert (- f t <= - f 0); [|lra]. apply (falling (fun t => - f t) (fun _ => - 0)); auto; [|intros; lra].
  intros c after. now apply (derivable_pt_lim_opp f), is.
Qed.

(** A function T whose slope is at least mu > 0, and continuous, has an inverse, with the slope 1/T'. *)
Section Inverse.
  Variables (T T' : R -> R) (mu : R).
  Hypothesis mu_pos : 0 < mu.
  Hypothesis T_slope : forall x, derivable_pt_lim T x (T' x).
  Hypothesis steep : forall x, mu <= T' x.
  Hypothesis smooth : continuity (fun x => / T' x).

  Lemma mean_value x y : exists c, T y - T x = T' c * (y - x) /\ Rabs (c - x) <= Rabs (y - x).
  Proof.
    destruct (Rtotal_order x y) as [less|[<-|more]].
    - destruct (MVT_cor2 T T' x y less) as (c & change & between); [intros; apply T_slope|].
      exists c. split; [exact change|]. rewrite !Rabs_pos_eq; lra.
    - exists x. split; [ring|lra].
    - destruct (MVT_cor2 T T' y x more) as (c & change & between); [intros; apply T_slope|].
      exists c. split; [lra|]. rewrite !Rabs_left1; lra.
  Qed.

  Lemma rises x y : x <= y -> mu * (y - x) <= T y - T x.
  Proof.
    intros less. destruct (mean_value x y) as (c & -> & _). apply Rmult_le_compat_r; [lra|apply steep].
  Qed.

  Lemma root t : { x | T x = t }.
  Proof.
    set (b := Rabs (t - T 0) / mu).
    assert (b_pos : 0 <= b) by (apply Rmult_le_pos; [apply Rabs_pos|left; now apply Rinv_0_lt_compat]).
    assert (reach : mu * b = Rabs (t - T 0)) by (unfold b; field; lra).
    pose proof (Rle_abs (t - T 0)) as up. pose proof (Rle_abs (- (t - T 0))) as down. rewrite Rabs_Ropp in down.
    pose proof (rises 0 b b_pos). pose proof (rises (- b) 0 ltac:(lra)).
    destruct (IVT_cor (fun x => T x - t) (- b) b) as (x & _ & zero); [|lra| |exists x; lra].
    - apply continuity_minus; [|apply continuity_const; now intros ? ?].
      intros x. apply derivable_continuous_pt. exists (T' x). apply T_slope.
    - apply Ropp_le_cancel. rewrite Ropp_0, Ropp_mult_distr_l. apply Rmult_le_pos; lra.
  Qed.

  Definition inverse (t : R) : R := proj1_sig (root t).

  Lemma inverse_is t : T (inverse t) = t.
  Proof. exact (proj2_sig (root t)). Qed.

  Lemma inverse_of x : inverse (T x) = x.
  Proof.
    pose proof (inverse_is (T x)) as same. destruct (Rle_or_lt x (inverse (T x))) as [up|down].
    - pose proof (rises _ _ up). nra.
    - pose proof (rises (inverse (T x)) x ltac:(lra)). nra.
  Qed.

  Lemma inverse_slope t : derivable_pt_lim inverse t (/ T' (inverse t)).
  Proof.
    intros e e_pos. destruct (smooth (inverse t) e e_pos) as (d & d_pos & near).
    assert (far : 0 < d * mu) by now apply Rmult_lt_0_compat. exists (mkposreal _ far).
    intros h h_nz small. simpl in small.
    destruct (mean_value (inverse t) (inverse (t + h))) as (c & change & close). rewrite !inverse_is in change.
    pose proof (steep c) as steep_c. set (x := inverse t) in *. set (y := inverse (t + h)) in *.
    assert (h_is : h = T' c * (y - x)) by lra. replace ((y - x) / h) with (/ T' c).
    2:{ rewrite h_is. field. split; [intros zero; apply h_nz; rewrite h_is, zero; ring|lra]. }
    destruct (Req_dec c x) as [->|other]; [rewrite Rminus_diag_eq, Rabs_R0; auto|].
    apply (near c). split; [split; [exact I|congruence]|]. simpl. unfold R_dist.
    apply Rle_lt_trans with (1 := close). apply Rmult_lt_reg_r with mu; [exact mu_pos|].
    apply Rle_lt_trans with (2 := small). rewrite h_is, Rabs_mult, (Rabs_pos_eq (T' c)) by lra.
    rewrite Rmult_comm. apply Rmult_le_compat_r; [apply Rabs_pos|exact steep_c].
  Qed.
End Inverse.
