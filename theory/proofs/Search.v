(** Search that never crosses a directed edge twice, for walkers that surely go on (a = c = 1; any b and d).

    Setting. W branches of K diamonds; in a diamond the nodes u (towards the fork) and v are joined by L parallel edges,
    single edges lead from u towards the fork and from v away from it. Every directed edge that was crossed is struck
    from the choices, those at the fork too, and the policy's probabilities are renormalised over what is left; where
    everything left has probability 0, one of the open edges is drawn uniformly. Persistence as in Walk.v: a at v moving
    away, b at v moving back, c at u moving away, d at u moving back, spread evenly over the L edges where there are L.

    What is remembered in a diamond: m parallel edges crossed outwards, n crossed back, whether v's single edge outwards
    was crossed. That suffices: parallel edges have equal rows, and a diamond is entered from the fork's side once, left
    to that side once, left outwards and re-entered from there once, because each single edge is struck out after one
    crossing. So the branch is nested: what lies beyond v's single edge costs T steps, once.

    Proved: any solution of these equations has the claimed cost ([search_certain]). That there is one, and what follows
    for imitation's limit and for the optimum, is in SearchCosts.v.
    Not covered: walkers that may turn round in the target's branch (they may strand); charged search. *)

From Coq Require Import List.
From Backtrack Require Export Sums.
Import ListNotations.
Open Scope R_scope.

(** The mean of a draw under search: n open edges of weight w each, which lead to costs v, and n' of weight w', v'.
    Where nothing is open the walker would be stranded and this is 0/0, in Coq 0; with a = c = 1, for which it is used
    here, no walker gets there. *)
Definition drawn (w : R) (n : nat) (v w' : R) (n' : nat) (v' : R) : R :=
  if Req_EM_T (w * n + w' * n') 0
  then (n * v + n' * v') / (n + n')
  else (w * n * v + w' * n' * v') / (w * n + w' * n').

(** A single edge that is crossed or not, as a number of open edges. *)
Definition single (crossed : bool) : nat := if crossed then 0%nat else 1%nat.

(** The costs in one diamond, with m, n, out as above: ua, va at u, v moving away; vb, ub at v, u moving back. [back] is
    the cost of leaving u towards the fork, that crossing included; [beyond] takes the cost at v after the return from
    beyond, with v's single edge struck out, to the cost of leaving v outwards. *)
Definition diamond (L : nat) (a b c d back : R) (beyond : R -> R) (ua va vb ub : nat -> nat -> bool -> R) : Prop :=
  forall m n out, (m <= L)%nat -> (n <= L)%nat ->
    ua m n out = drawn (c / L) (L - m) (1 + va (S m) n out) (1 - c) 1 back /\
    va m n out = drawn a (single out) (beyond (vb m n true)) ((1 - a) / L) (L - n) (1 + ub m (S n) out) /\
    vb m n out = drawn (b / L) (L - n) (1 + ub m (S n) out) (1 - b) (single out) (beyond (vb m n true)) /\
    ub m n out = drawn d 1 back ((1 - d) / L) (L - m) (1 + va (S m) n out).

(** X is the cost of a wrong branch, from the fork to the fork: T j is that of what lies beyond the single edge before
    diamond j, from crossing it outwards until it is crossed back; T K = 2, to the leaf and back. *)
Definition wrong_trip (K L : nat) (b d : nat -> R) (X : R) : Prop :=
  exists T : nat -> R, T K = 2 /\ X = T O /\ forall j, (j < K)%nat -> exists ua va vb ub,
    diamond L 1 (b j) 1 (d j) 1 (fun v => T (S j) + v) ua va vb ub /\ T j = 1 + ua O O false.

(** X is the cost of the target's branch and of what comes after ([rest], 0 when the leaf is the target). It is left for
    good outwards. What would follow if the walker came back over the edge before diamond j is some number [lost j]:
    that choice has probability 0 here. *)
Definition target_trip (K L : nat) (b d : nat -> R) (rest X : R) : Prop :=
  exists T lost : nat -> R, T K = 1 + rest /\ X = T O /\ forall j, (j < K)%nat -> exists ua va vb ub,
    diamond L 1 (b j) 1 (d j) (lost j) (fun _ => T (S j)) ua va vb ub /\ T j = 1 + ua O O false.

(** The fork: the branches not yet entered are a list, one of them is drawn uniformly. *)
Definition over (left : list nat) (f : nat -> R) : R := fold_right (fun i total => f i + total) 0 left.
Definition without (i : nat) (left : list nat) : list nat := filter (fun k => negb (Nat.eqb k i)) left.

Definition search_fork (t : nat) (X : nat -> R) (F : list nat -> R) : Prop :=
  forall left, NoDup left -> In t left ->
    F left = over left (fun i => if Nat.eqb i t then X t else X i + F (without i left)) / length left.

(** H is the expected number of steps of a walker with a = c = 1 and rows b i j, d i j in diamond j of branch i. *)
Definition search_from (W K L t : nat) (b d : nat -> nat -> R) (rest H : R) : Prop :=
  exists X F, (forall i, (i < W)%nat -> i <> t -> wrong_trip K L (b i) (d i) (X i)) /\
    target_trip K L (b t) (d t) rest (X t) /\ search_fork t X F /\ H = F (seq 0 W).
Definition search_steps (W K L t : nat) (b d : nat -> nat -> R) : R -> Prop := search_from W K L t b d 0.

(** ** Draws *)

Lemma drawn_sure (w : R) (n : nat) (v w' : R) (n' : nat) (v' : R) : w * n <> 0 -> w' = 0 -> drawn w n v w' n' v' = v.
Proof.
  intros some ->. unfold drawn. replace (0 * n' * v') with 0 by ring. replace (0 * n') with 0 by ring.
  rewrite !Rplus_0_r. destruct (Req_EM_T _ _) as [zero|_]; [contradiction|]. field.
  split; intros zero; apply some; rewrite zero; ring.
Qed.

Lemma drawn_first (w : R) (n : nat) v w' v' : n <> 0%nat -> drawn w n v w' 0 v' = v.
Proof.
  intros some. apply not_0_INR in some. unfold drawn. change (INR 0) with 0. rewrite !Rmult_0_r, !Rmult_0_l, !Rplus_0_r.
  destruct (Req_EM_T _ _) as [_|other]; [now field|]. field.
  split; intros zero; apply other; rewrite zero; ring.
Qed.

Lemma drawn_second w v (w' : R) (n' : nat) v' : n' <> 0%nat -> drawn w 0 v w' n' v' = v'.
Proof.
  intros some. apply not_0_INR in some. unfold drawn. change (INR 0) with 0. rewrite !Rmult_0_r, !Rmult_0_l, !Rplus_0_l.
  destruct (Req_EM_T _ _) as [_|other]; [now field|]. field.
  split; intros zero; apply other; rewrite zero; ring.
Qed.

Lemma drawn_ext w n v w' n' v' x x' : (n <> 0%nat -> v = x) -> (n' <> 0%nat -> v' = x') ->
  drawn w n v w' n' v' = drawn w n x w' n' x'.
Proof.
  intros first second. unfold drawn. destruct n as [|n], n' as [|n']; simpl (INR 0);
    rewrite ?(first ltac:(discriminate)), ?(second ltac:(discriminate)); try reflexivity;
    destruct (Req_EM_T _ _); f_equal; ring.
Qed.

(** ** One diamond *)

(** The probability of one more useless round trip, with m parallel edges crossed outwards. *)
Definition again (L : nat) (d : R) (m : nat) : R :=
  (1 - d) * ((L - m) / L) / (d + (1 - d) * ((L - m) / L)).

(** sum_{i=1}^{L-1} prod_{m=1}^i p_m. *)
Definition round_trips (L : nat) (d : R) : R := sum (L - 1) (fun i => prod (S i) (fun m => again L d (S m))).

(** The useless trips still to come with k parallel edges open outwards. *)
Fixpoint useless (L : nat) (d : R) (k : nat) : R :=
  match k with O => 0 | S h => again L d (L - k) * (1 + useless L d h) end.

Lemma useless_sum L d k : useless L d k = sum k (fun i => prod (S i) (fun m => again L d (L - (k - m)))).
Proof.
  induction k as [|k IH]; [reflexivity|]. cbn [useless]. rewrite IH, sum_first. rewrite (prod_first 0).
  rewrite (sum_ext k (fun i => prod (S (S i)) _) (fun i => again L d (L - S k) *
    prod (S i) (fun m => again L d (L - (k - m))))) by (intros i _; apply prod_first).
  rewrite sum_scale. simpl (prod 0 _). replace (S k - 0)%nat with (S k) by lia. ring.
Qed.

Lemma round_trips_useless L d : (1 <= L)%nat -> round_trips L d = useless L d (L - 1).
Proof.
  intros pos. rewrite useless_sum. apply sum_ext. intros i below. apply prod_ext. intros m inb. f_equal. lia.
Qed.

Section Diamond.
  Variables (L : nat) (b d : R) (T : R) (ua va vb ub : nat -> nat -> bool -> R).
  Hypothesis L_pos : (1 <= L)%nat.
  Hypothesis d_prob : 0 <= d <= 1.
  Hypothesis inner : diamond L 1 b 1 d 1 (fun v => T + v) ua va vb ub.

  (** At u moving back, as many parallel edges crossed back as outwards: each further trip takes two steps. *)
  Lemma round_trip k : (k < L)%nat -> ub (L - k)%nat (L - k)%nat true = 1 + 2 * useless L d k.
  Proof.
    induction k as [|k IH]; intros below.
    - destruct (inner (L - 0)%nat (L - 0)%nat true) as (_ & _ & _ & ->); [lia|lia|].
      replace (L - (L - 0))%nat with 0%nat by lia. rewrite drawn_first by lia. simpl. ring.
    - set (m := (L - S k)%nat). assert (L_nz : INR L <> 0) by (apply not_0_INR; lia).
      assert (next : va (S m) m true = 1 + ub (L - k)%nat (L - k)%nat true).
      { destruct (inner (S m) m true) as (_ & -> & _); [lia|lia|]. simpl single. rewrite drawn_second by lia.
        replace (S m) with (L - k)%nat by lia. reflexivity. }
      destruct (inner m m true) as (_ & _ & _ & ->); [lia|lia|]. rewrite next, IH by lia.
      unfold drawn. replace (L - m)%nat with (S k) by lia. cbn [useless]. fold m. unfold again.
      replace (L - m) with (INR (S k)) by (rewrite <- minus_INR by lia; f_equal; lia).
      assert (k_pos : 0 < INR (S k)) by (apply lt_0_INR; lia).
      assert (L_real : 0 < L) by (apply lt_0_INR; lia).
      assert (share : 0 < S k / L) by (apply Rdiv_lt_0_compat; assumption).
      assert (total : 0 < d + (1 - d) * (S k / L)).
      { destruct (Req_dec d 1) as [->|other]; [lra|].
        assert (0 < (1 - d) * (S k / L)) by (apply Rmult_lt_0_compat; lra).
        lra. }
      change (INR 1) with 1.
      replace ((1 - d) / L * S k) with ((1 - d) * (S k / L)) by (field; exact L_nz).
      destruct (Req_EM_T _ _); [lra|]. field. split; [exact L_nz|].
      replace (d * L + (1 - d) * S k) with (L * (d + (1 - d) * (S k / L))) by (field; exact L_nz). nra.
  Qed.

  (** Straight out, and back with the useless trips. *)
  Lemma wrong_diamond : ua O O false = 3 + T + 2 * round_trips L d.
  Proof.
    assert (L_nz : INR L <> 0) by (apply not_0_INR; lia).
    destruct (inner 0%nat 0%nat false) as (-> & _); [lia|lia|]. rewrite Nat.sub_0_r.
    rewrite drawn_sure by (try ring; replace (1 / L * L) with 1 by (field; exact L_nz); lra).
    destruct (inner 1%nat 0%nat false) as (_ & -> & _); [lia|lia|]. simpl single.
    rewrite drawn_sure by (simpl; lra || (unfold Rdiv; ring)).
    destruct (inner 1%nat 0%nat true) as (_ & _ & -> & _); [lia|lia|]. simpl single. rewrite drawn_first by lia.
    pose proof (round_trip (L - 1)) as trips. replace (L - (L - 1))%nat with 1%nat in trips by lia.
    rewrite trips, round_trips_useless by lia. ring.
  Qed.
End Diamond.

Lemma target_diamond L b d lost T ua va vb ub : (1 <= L)%nat ->
  diamond L 1 b 1 d lost (fun _ => T) ua va vb ub -> ua O O false = 1 + T.
Proof.
  intros pos inner. assert (L_nz : INR L <> 0) by (apply not_0_INR; lia).
  destruct (inner 0%nat 0%nat false) as (-> & _); [lia|lia|]. rewrite Nat.sub_0_r.
  rewrite drawn_sure by (try ring; replace (1 / L * L) with 1 by (field; exact L_nz); lra).
  destruct (inner 1%nat 0%nat false) as (_ & -> & _); [lia|lia|]. simpl single.
  now rewrite drawn_sure by (simpl; lra || (unfold Rdiv; ring)).
Qed.

(** ** Branches *)

Lemma telescope n (T : nat -> R) : T O = T n + sum n (fun j => T j - T (S j)).
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH at 1. ring. Qed.

Lemma wrong_trip_is K L b d X : (1 <= L)%nat -> (forall j, (j < K)%nat -> 0 <= d j <= 1) ->
  wrong_trip K L b d X -> X = 2 * (2 * K + 1 + sum K (fun j => round_trips L (d j))).
Proof.
  intros pos prob (T & leaf & -> & each). rewrite (telescope K T), leaf.
  rewrite (sum_ext K _ (fun j => 4 + 2 * round_trips L (d j))).
  - rewrite sum_plus, sum_const, sum_scale. ring.
  - intros j below. destruct (each j below) as (ua & va & vb & ub & inner & ->).
    rewrite (wrong_diamond L (b j) (d j) (T (S j)) ua va vb ub) by auto. ring.
Qed.

Lemma target_trip_is K L b d rest X : (1 <= L)%nat -> target_trip K L b d rest X -> X = 2 * K + 1 + rest.
Proof.
  intros pos (T & lost & leaf & -> & each). rewrite (telescope K T), leaf.
  rewrite (sum_ext K _ (fun _ => 2)).
  - rewrite sum_const. ring.
  - intros j below. destruct (each j below) as (ua & va & vb & ub & inner & ->).
    rewrite (target_diamond L _ _ _ _ _ _ _ _ pos inner). ring.
Qed.

(** ** The fork *)

Lemma over_plus left f g : over left (fun i => f i + g i) = over left f + over left g.
Proof. induction left as [|i left IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma over_scale left c f : over left (fun i => c * f i) = c * over left f.
Proof. induction left as [|i left IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma over_const left c : over left (fun _ => c) = length left * c.
Proof.
  unfold over. induction left as [|i left IH]; [simpl; ring|]. cbn [fold_right length]. rewrite S_INR, IH. ring.
Qed.

Lemma over_ext left f g : (forall i, In i left -> f i = g i) -> over left f = over left g.
Proof.
  induction left as [|i left IH]; intros same; [reflexivity|]. simpl. rewrite same by now left.
  rewrite IH; [reflexivity|]. intros k inside_. apply same. now right.
Qed.

Lemma without_id i left : ~ In i left -> without i left = left.
Proof.
  induction left as [|k left IH]; intros out; simpl; [reflexivity|].
  destruct (Nat.eqb_spec k i) as [->|other]; simpl; [exfalso; apply out; now left|].
  f_equal. apply IH. intros inl. apply out. now right.
Qed.

Lemma over_without i left f : NoDup left -> In i left -> over left f = f i + over (without i left) f.
Proof.
  induction left as [|k left IH]; intros once inl; [contradiction|]. inversion once as [|? ? out once']; subst.
  simpl. destruct (Nat.eqb_spec k i) as [->|other]; simpl.
  - now rewrite without_id.
  - destruct inl as [same|inl]; [contradiction|]. rewrite IH by assumption. ring.
Qed.

Lemma length_without i left : NoDup left -> In i left -> length left = S (length (without i left)).
Proof.
  intros once inl. pose proof (over_without i left (fun _ => 1) once inl) as count. rewrite !over_const in count.
  apply INR_eq. rewrite S_INR. lra.
Qed.

Lemma in_without i k left : In k left -> k <> i -> In k (without i left).
Proof.
  intros inl other. apply filter_In. split; [exact inl|]. destruct (Nat.eqb_spec k i); [contradiction|reflexivity].
Qed.

Lemma nodup_without i left : NoDup left -> NoDup (without i left).
Proof. apply NoDup_filter. Qed.

(** Every wrong branch comes before the target's with probability 1/2. *)
Lemma search_fork_is t X F : search_fork t X F -> forall n left, length left = n -> NoDup left -> In t left ->
  F left = X t + over (without t left) X / 2.
Proof.
  intros draw. induction n as [|n IH]; intros left size once inl; [destruct left; [contradiction|discriminate]|].
  rewrite draw by assumption. pose proof (over_without t left X once inl) as split.
  set (S := over left X) in *. set (O := over (without t left) X) in *.
  rewrite (over_ext left _ (fun i => (X t + O / 2 + X i / 2) + (if Nat.eqb i t then - (S / 2) else 0))).
  - rewrite over_plus, over_plus, over_const.
    rewrite (over_ext left (fun i => X i / 2) (fun i => / 2 * X i)) by (intros; field). rewrite over_scale. fold S.
    rewrite (over_without t left (fun i => if Nat.eqb i t then _ else _)) by assumption. rewrite Nat.eqb_refl.
    rewrite (over_ext (without t left) _ (fun _ => 0)), over_const.
    + field. rewrite size. apply not_0_INR. discriminate.
    + intros i ini. apply filter_In in ini. destruct (Nat.eqb i t); [now destruct ini|reflexivity].
  - intros i ini. destruct (Nat.eqb_spec i t) as [->|other]; [rewrite split; field|].
    assert (t_in : In t (without i left)) by (apply in_without; auto).
    rewrite (IH (without i left)); [|apply eq_add_S; now rewrite <- length_without|now apply nodup_without|exact t_in].
    pose proof (over_without i left X once ini) as first. fold S in first.
    pose proof (over_without t _ X (nodup_without i left once) t_in) as second. lra.
Qed.

Lemma over_seq W f : over (seq 0 W) f = sum W f.
Proof.
  induction W as [|W IH]; [reflexivity|]. rewrite seq_S. unfold over in *. rewrite fold_right_app. simpl.
  assert (shift : forall left x, fold_right (fun i total => f i + total) x left =
                                 fold_right (fun i total => f i + total) 0 left + x).
  { induction left as [|i left same]; intros x; simpl; [ring|]. rewrite same. ring. }
  rewrite shift, IH. ring.
Qed.

(** ** The whole search *)

(** [rest] comes after the leaf; it is 0 at one fork. *)
Lemma search_value W K L t b d rest H : (1 <= L)%nat -> (t < W)%nat ->
  (forall i j, (i < W)%nat -> (j < K)%nat -> 0 <= d i j <= 1) -> search_from W K L t b d rest H ->
  H = sum_but t W (fun i => 2 * K + 1 + sum K (fun j => round_trips L (d i j))) + (2 * K + 1) + rest.
Proof.
  intros pos small prob (X & F & wrong & goal & draw & ->).
  assert (t_in : In t (seq 0 W)) by (apply in_seq; lia).
  rewrite (search_fork_is t X F draw W) by (try apply seq_NoDup; try apply seq_length; exact t_in).
  pose proof (over_without t (seq 0 W) X (seq_NoDup W 0) t_in) as split. rewrite over_seq in split.
  rewrite (sum_but_split t) in split by exact small.
  rewrite (sum_but_ext t W X (fun i => 2 * (2 * K + 1 + sum K (fun j => round_trips L (d i j))))) in split.
  2:{ intros i inb other. apply (wrong_trip_is K L (b i)); auto. }
  apply target_trip_is in goal; [|exact pos]. rewrite goal in *. unfold sum_but in split |- *.
  rewrite (sum_ext W _ (fun i => 2 * (if Nat.eqb i t then 0 else
    2 * K + 1 + sum K (fun j => round_trips L (d i j))))) in split by (intros i _; destruct (Nat.eqb i t); ring).
  rewrite sum_scale in split. lra.
Qed.

Theorem search_certain : forall (W K L t : nat) (b d : nat -> nat -> R) (H : R), (1 <= L)%nat -> (t < W)%nat ->
  (forall i j, (i < W)%nat -> (j < K)%nat -> 0 <= d i j <= 1) -> search_steps W K L t b d H ->
  H = sum_but t W (fun i => 2 * K + 1 + sum K (fun j => sum (L - 1) (fun i' => prod (S i') (fun m =>
        (1 - d i j) * ((L - S m) / L) / (d i j + (1 - d i j) * ((L - S m) / L)))))) + (2 * K + 1).
Proof.
  intros W K L t b d H pos small prob sol. rewrite (search_value W K L t b d 0 H) by assumption. apply Rplus_0_r.
Qed.
