(** Tactics for the generated bridge files: a theorem written by hand is restated with the formula that the Python
    body of its claim computes, and the claim's false twin is refuted. They decide nothing themselves: what they prove,
    the kernel checks. *)

From Backtrack Require Export Sums.
Open Scope R_scope.

(** What the hypotheses on whole numbers say of them as reals. *)
Ltac as_reals :=
  repeat match goal with
  | h : (?m <= ?n)%nat |- _ => lazymatch goal with
      | _ : INR m <= INR n |- _ => fail
      | _ => let f := fresh "real" in pose proof (le_INR m n h) as f end
  | h : (?m < ?n)%nat |- _ => lazymatch goal with
      | _ : INR m + 1 <= INR n |- _ => fail
      | _ => let f := fresh "real" in assert (f : INR m + 1 <= INR n) by (rewrite <- S_INR; now apply le_INR) end
  | n : nat |- _ => lazymatch goal with
      | _ : 0 <= INR n |- _ => fail
      | _ => pose proof (pos_INR n) end
  end;
  repeat match goal with f : context [INR 1] |- _ => change (INR 1) with 1 in f end;
  repeat match goal with f : context [INR 2] |- _ => change (INR 2) with (1 + 1) in f end;
  repeat match goal with f : context [INR 3] |- _ => change (INR 3) with (1 + 1 + 1) in f end.

(** x <> 0 for a sum or product of positive terms. *)
Ltac positive :=
  solve [ repeat first [ assumption | lra
               | apply Rmult_lt_0_compat | apply Rplus_lt_0_compat | apply pow_lt | apply Rinv_0_lt_compat
               | apply Rdiv_lt_0_compat ] ].
Ltac nonzero :=
  repeat split;
  first [ lra | assumption
        | apply Rgt_not_eq; unfold Rgt; positive
        | apply Rgt_not_eq; unfold Rgt; nra
        | apply Rlt_not_eq; unfold Rlt; nra ].

(** Powers with the same unknown exponent, whose bases are one number written in two ways. *)
Ltac powers :=
  repeat match goal with |- context [?x ^ ?n] =>
    lazymatch n with O => fail | S _ => fail | _ => idtac end;
    match goal with |- context [?y ^ n] =>
      lazymatch x with y => fail | _ => replace (x ^ n) with (y ^ n) by (f_equal; field; nonzero) end end end.

(** Two ways of writing one number. *)
Ltac same := as_reals; cbv beta; unfold Rdiv; powers; first [ reflexivity | lra | field; nonzero | nra ].

(** The hypotheses of a theorem, from those at hand. *)
Ltac given := first [ assumption | lia | lra | (apply Rgt_not_eq; lra) | auto ].

(** A statement from the theorem, whose formula is written otherwise. *)
Ltac bridge theorem :=
  intros;
  lazymatch goal with
  | |- ?x = ?y => first
      [ etransitivity; [apply theorem; given | same]
      | etransitivity; [| apply theorem; given]; same
      | symmetry; etransitivity; [apply theorem; given | same] ]
  | |- ?x <= ?y => first
      [ eapply Rle_trans; [| apply theorem; given]; apply Req_le; same
      | eapply Rle_trans; [apply theorem; given |]; apply Req_le; same ]
  | |- ?x >= ?y => apply Rle_ge; first
      [ eapply Rle_trans; [| apply theorem; given]; apply Req_le; same
      | eapply Rle_trans; [apply theorem; given |]; apply Req_le; same ]
  | |- _ => apply theorem; given
  end.


(** Numbers: INR of a numeral, a power with a numeral as exponent. *)
Ltac compute_reals h :=
  repeat match type of h with context [INR ?n] =>
    let v := eval cbv in (Z.of_nat n) in
    replace (INR n) with (IZR v) in h by (rewrite INR_IZR_INZ; reflexivity) end;
  cbn [pow Nat.mul Nat.add Nat.sub] in h.

Ltac settle h :=
  repeat match type of h with ?A -> ?B =>
    let a := fresh in assert (a : A) by given; specialize (h a); clear a end.

(** The false twin, claimed at some numbers, against the true value there. *)
Ltac against false true := settle false; settle true; compute_reals false; compute_reals true; lra.

(** A case: the Coq term and the value that the Python body gave, with symbols for the rows, or with numbers. *)
Ltac unfolded := cbv -[Rplus Rmult Rminus Ropp Rinv Rdiv IZR Rmax Rmin not].
Ltac maxima := repeat match goal with
  | |- context [Rmax ?x ?y] => first [ rewrite (Rmax_left x y) by lra | rewrite (Rmax_right x y) by lra ]
  | |- context [Rmin ?x ?y] => first [ rewrite (Rmin_left x y) by lra | rewrite (Rmin_right x y) by lra ]
  end.
Ltac instance :=
  intros; repeat split; unfolded;
  first [ reflexivity | field; repeat split; assumption | f_equal; field; repeat split; assumption | lra
        | maxima; lra ].
Ltac different := unfolded; maxima; let same := fresh in intros same; first [ lra | field_simplify in same; lra ].
Ltac other := first [ different | left; different | right; other ].
