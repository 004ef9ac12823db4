(** What search costs imitation's limit and the optimum, at one fork and at M forks in a row; and that the equations of
    Search.v have a solution, for every maze and rows.

    Proved: [search_sft], [search_optimum]; their gap and its limit (L+3)/4 ([search_gap], [search_narrows]); from which
    L on imitation with search needs more than the optimum without ([search_threshold]); M forks in a row, none left
    backwards ([nested_search_sft], [nested_search_optimum]).
    Stands on [search_value] of Search.v. Not covered: as in Search.v. *)

From Coq Require Import List.
From Backtrack Require Export Restarts Search.
Open Scope R_scope.

(** ** The equations have a solution: the edges left to cross are a clock that runs down *)

Inductive node := u_away | v_away | v_back | u_back.

Section Exists.
  Variables (L : nat) (a b c d back : R) (beyond : R -> R).

  Fixpoint cost (clock : nat) (at_ : node) (m n : nat) (out : bool) : R :=
    match clock with
    | O => 0
    | S h => match at_ with
      | u_away => drawn (c / L) (L - m) (1 + cost h v_away (S m) n out) (1 - c) 1 back
      | v_away => drawn a (single out) (beyond (cost h v_back m n true)) ((1 - a) / L) (L - n)
                    (1 + cost h u_back m (S n) out)
      | v_back => drawn (b / L) (L - n) (1 + cost h u_back m (S n) out) (1 - b) (single out)
                    (beyond (cost h v_back m n true))
      | u_back => drawn d 1 back ((1 - d) / L) (L - m) (1 + cost h v_away (S m) n out)
      end
    end.

  Lemma cost_settled h : forall at_ m n out, (L - m + (L - n) + single out < h)%nat ->
    cost h at_ m n out = cost (S h) at_ m n out.
  Proof.
    induction h as [|h IH]; intros at_ m n out enough; [lia|].
    destruct at_; cbn [cost]; apply drawn_ext; intros some; try reflexivity; f_equal; try (apply IH; simpl in *; lia);
      destruct out; simpl in *; try lia; apply IH; simpl; lia.
  Qed.

  Lemma diamond_exists : exists ua va vb ub, diamond L a b c d back beyond ua va vb ub.
  Proof.
    set (h := (2 * L + 2)%nat).
    exists (cost h u_away), (cost h v_away), (cost h v_back), (cost h u_back).
    intros m n out inm inn.
    assert (enough : (L - m + (L - n) + single out < h)%nat) by (unfold h; destruct out; simpl; lia).
    rewrite !(cost_settled h _ m n out) by exact enough. repeat split; reflexivity.
  Qed.
End Exists.

Lemma wrong_trip_exists K L b d : exists X, wrong_trip K L b d X.
Proof.
  induction K as [|K IH] in b, d |- *.
  - exists 2, (fun _ => 2). repeat split. intros j below. lia.
  - destruct (IH (fun j => b (S j)) (fun j => d (S j))) as (X & T & leaf & -> & each).
    destruct (diamond_exists L 1 (b O) 1 (d O) 1 (fun v => T O + v)) as (ua & va & vb & ub & inner).
    exists (1 + ua O O false), (fun j => match j with O => 1 + ua O O false | S j => T j end).
    repeat split; [exact leaf|]. intros [|j] below; [now exists ua, va, vb, ub|apply each; lia].
Qed.

Lemma target_trip_exists K L b d rest : exists X, target_trip K L b d rest X.
Proof.
  induction K as [|K IH] in b, d |- *.
  - exists (1 + rest), (fun _ => 1 + rest), (fun _ => 0). repeat split. intros j below. lia.
  - destruct (IH (fun j => b (S j)) (fun j => d (S j))) as (X & T & lost & leaf & -> & each).
    destruct (diamond_exists L 1 (b O) 1 (d O) 0 (fun _ => T O)) as (ua & va & vb & ub & inner).
    exists (1 + ua O O false), (fun j => match j with O => 1 + ua O O false | S j => T j end).
    exists (fun j => match j with O => 0 | S j => lost j end).
    repeat split; [exact leaf|]. intros [|j] below; [now exists ua, va, vb, ub|apply each; lia].
Qed.

Fixpoint fork_cost (t : nat) (X : nat -> R) (clock : nat) (left : list nat) : R :=
  match clock with
  | O => 0
  | S h => over left (fun i => if Nat.eqb i t then X t else X i + fork_cost t X h (without i left)) / length left
  end.

Lemma search_fork_exists t X : exists F, search_fork t X F.
Proof.
  exists (fun left => fork_cost t X (length left) left). intros left once inl.
  destruct left as [|first others] eqn:shape; [contradiction|]. rewrite <- shape in *.
  replace (length left) with (S (length left - 1)) at 1 by (rewrite shape; simpl; lia). cbn [fork_cost].
  f_equal. apply over_ext. intros i ini. destruct (Nat.eqb i t); [reflexivity|].
  rewrite (length_without i left) by assumption. do 2 f_equal. lia.
Qed.

(** Some of finitely many costs, one for each branch. *)
Lemma for_each W (holds : nat -> R -> Prop) : (forall i, (i < W)%nat -> exists X, holds i X) ->
  exists X, forall i, (i < W)%nat -> holds i (X i).
Proof.
  induction W as [|W IH]; intros some; [exists (fun _ => 0); intros; lia|].
  destruct IH as (X & so_far); [intros; apply some; lia|]. destruct (some W) as (x & last); [lia|].
  exists (fun i => if Nat.eqb i W then x else X i). intros i below.
  destruct (Nat.eqb_spec i W) as [->|other]; [exact last|apply so_far; lia].
Qed.

Theorem search_exists W K L t b d rest : (t < W)%nat -> exists H, search_from W K L t b d rest H.
Proof.
  intros small.
  destruct (for_each W (fun i X => if Nat.eqb i t then target_trip K L (b t) (d t) rest X
                                   else wrong_trip K L (b i) (d i) X)) as (X & each).
  { intros i _. destruct (Nat.eqb i t); [apply target_trip_exists|apply wrong_trip_exists]. }
  destruct (search_fork_exists t X) as (F & draw).
  exists (F (seq 0 W)), X, F. repeat split; [| |exact draw].
  - intros i below other. specialize (each i below). destruct (Nat.eqb_spec i t); [contradiction|exact each].
  - specialize (each t small). now rewrite Nat.eqb_refl in each.
Qed.

(** ** Imitation's limit and the optimum *)

(** a = c = 1, with b and d as in base; all rows 1. *)
Definition sft_search_from (W K L t : nat) : R -> R -> Prop :=
  search_from W K L t (fun _ _ => L / (L + 1)) (fun _ _ => 1 / (L + 1)).
Definition optimum_search_from (W K L t : nat) : R -> R -> Prop := search_from W K L t (fun _ _ => 1) (fun _ _ => 1).
Definition sft_search_steps (W K L t : nat) : R -> Prop := sft_search_from W K L t 0.
Definition optimum_search_steps (W K L t : nat) : R -> Prop := optimum_search_from W K L t 0.

(** The next trip of k+1 open choices: k of them are trips. *)
Lemma sft_useless L k : (k < L)%nat -> useless L (1 / (L + 1)) k = k / 2.
Proof.
  induction k as [|k IH]; intros below; [simpl; field|]. cbn [useless]. rewrite IH by lia. unfold again.
  rewrite minus_INR by lia. assert (L_pos : 0 < L) by (apply lt_0_INR; lia). pose proof (pos_INR k). rewrite !S_INR.
  field. split; [|split]; try lra. replace (L - (L - (k + 1))) with (k + 1) by ring.
  replace (L + (L + 1 - 1) * (k + 1)) with (L * (k + 2)) by ring. nra.
Qed.

Lemma sft_round_trips L : (1 <= L)%nat -> round_trips L (1 / (L + 1)) = (L - 1) / 2.
Proof. intros pos. rewrite round_trips_useless, sft_useless, minus_INR by lia. reflexivity. Qed.

Lemma optimum_round_trips L : round_trips L 1 = 0.
Proof.
  unfold round_trips. rewrite (sum_ext _ _ (fun _ => 0)), sum_const; [ring|]. intros i _.
  rewrite prod_first. unfold again, Rdiv. ring.
Qed.

Lemma sft_search_value W K L t rest H : (1 <= L)%nat -> (t < W)%nat -> sft_search_from W K L t rest H ->
  H = (W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1) + rest.
Proof.
  intros pos small sol. apply search_value in sol; [|assumption..|intros; destruct (single_row L); lra].
  rewrite sol, sum_but_const, sum_const, sft_round_trips by assumption. field.
Qed.

Lemma optimum_search_value W K L t rest H : (1 <= L)%nat -> (t < W)%nat -> optimum_search_from W K L t rest H ->
  H = W * (2 * K + 1) + rest.
Proof.
  intros pos small sol. apply search_value in sol; [|assumption..|intros; lra].
  rewrite sol, sum_but_const, sum_const, optimum_round_trips by assumption. ring.
Qed.

Theorem search_sft : forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_search_steps W K L t H -> H = (W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1).
Proof. intros W K L t H _ pos small sol. rewrite (sft_search_value W K L t 0 H) by assumption. ring. Qed.

Theorem search_optimum : forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  optimum_search_steps W K L t H -> H = W * (2 * K + 1).
Proof. intros W K L t H _ pos small sol. rewrite (optimum_search_value W K L t 0 H) by assumption. ring. Qed.

Theorem search_gap : forall (W K L t : nat) (H : R), (1 <= K)%nat -> (1 <= L)%nat -> (t < W)%nat ->
  sft_search_steps W K L t H -> H >= W * (2 * K + 1).
Proof.
  intros W K L t H posK pos small sol. apply search_sft in sol; auto. subst H.
  assert (W_pos : (1 <= W)%nat) by lia. apply nat_ge_1 in pos, W_pos. pose proof (pos_INR K).
  assert (0 <= (W - 1) * (K * (L - 1))) by (apply Rmult_le_pos; [lra|apply Rmult_le_pos; lra]). lra.
Qed.

(** .. and the same when L = 1. *)
Theorem search_no_gap : forall (W K t : nat) (H : R), (1 <= K)%nat -> (t < W)%nat ->
  sft_search_steps W K 1 t H -> H = W * (2 * K + 1).
Proof. intros W K t H posK small sol. apply search_sft in sol; auto. subst H. simpl INR. field. Qed.

(** Corollary 1: with W = K growing, H and H' the costs under search, their ratio tends to (L+3)/4. *)
Theorem search_narrows : forall (L : nat) (t : nat -> nat) (H H' : nat -> R), (1 <= L)%nat ->
  (forall n, (1 <= n)%nat -> (t n < n)%nat /\ sft_search_steps n n L (t n) (H n) /\
                             optimum_search_steps n n L (t n) (H' n)) ->
  Un_cv (fun n => H n / H' n) ((L + 3) / 4).
Proof.
  intros L t H H' pos sol error small. assert (L_pos := pos). apply nat_ge_1 in L_pos.
  destruct (archimed (L / error)) as [above _]. set (N := S (Z.to_nat (up (L / error)))). exists N. intros n big.
  assert (n_pos : (1 <= n)%nat) by (unfold N in big; lia). destruct (sol n n_pos) as (below & s & o).
  apply search_sft in s; auto. apply search_optimum in o; auto. rewrite s, o. apply nat_ge_1 in n_pos.
  assert (far : L / error < n).
  { assert (quotient : 0 < L / error) by (apply Rdiv_lt_0_compat; lra).
    apply Rlt_le_trans with (1 := above). apply Rle_trans with (INR N); [|now apply le_INR].
    unfold N. rewrite S_INR, (INR_IZR_INZ (Z.to_nat _)), Z2Nat.id by (apply le_IZR; lra). lra. }
  unfold R_dist.
  replace (((n - 1) / 2 * (n * (L + 3) + 2) + (2 * n + 1)) / (n * (2 * n + 1)) - (L + 3) / 4)
    with (- (3 * (L - 1) / (4 * (2 * n + 1)))) by (field; lra).
  rewrite Rabs_Ropp, Rabs_right.
  - apply Rmult_lt_reg_r with (4 * (2 * n + 1)); [lra|]. unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l by lra.
    apply (Rmult_lt_compat_r error) in far; [|lra]. unfold Rdiv in far. rewrite Rmult_assoc, Rinv_l in far by lra. lra.
  - apply Rle_ge, Rmult_le_pos; [lra|]. apply Rlt_le, Rinv_0_lt_compat. lra.
Qed.

Theorem search_threshold : forall (W K L t : nat) (H H' : R), (2 <= W)%nat -> (1 <= K)%nat -> (1 <= L)%nat ->
  (t < W)%nat -> sft_search_steps W K L t H -> optimum_steps W K t H' ->
  (H >= H' <-> ((if Nat.eqb K 1 then 7 else 6) <= L)%nat).
Proof.
  intros W K L t H H' two posK pos small s o. apply search_sft in s; auto. apply optimum_value in o; auto. subst.
  apply nat_ge_2 in two.
  assert (sign : (W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1) - (2 * W - 1) * (2 * K + 1)
                 = (W - 1) / 2 * (K * (L - 5) - 2)) by field.
  assert (less : (W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1) >= (2 * W - 1) * (2 * K + 1) <-> K * (L - 5) >= 2).
  { split; intros ge.
    - assert (0 <= (W - 1) / 2 * (K * (L - 5) - 2)) by lra. apply Rnot_lt_ge. intros lt.
      assert (0 < (W - 1) / 2 * (2 - K * (L - 5))) by (apply Rmult_lt_0_compat; lra). lra.
    - assert (0 <= (W - 1) / 2 * (K * (L - 5) - 2)) by (apply Rmult_le_pos; lra). lra. }
  rewrite less. replace (K * (L - 5)) with (INR (K * L) - INR (K * 5)) by (rewrite !mult_INR; simpl; ring).
  change 2 with (INR 2). destruct (Nat.eqb_spec K 1) as [->|other]; split; intros ge.
  - assert (sum_ : INR (1 * L) >= INR (2 + 1 * 5)) by (rewrite plus_INR; lra). apply Rge_le, INR_le in sum_. lia.
  - assert (nat_ : INR (2 + 1 * 5) <= INR (1 * L)) by (apply le_INR; lia). rewrite plus_INR in nat_. lra.
  - assert (sum_ : INR (K * L) >= INR (2 + K * 5)) by (rewrite plus_INR; lra). apply Rge_le, INR_le in sum_. nia.
  - assert (nat_ : INR (2 + K * 5) <= INR (K * L)) by (apply le_INR; nia). rewrite plus_INR in nat_. lra.
Qed.

(** ** M forks in a row, none left backwards *)

(** The target's leaf of fork m is fork m+1: what comes after it is the cost from there, in branches not yet walked. *)
Definition nested_search_steps (M W K L : nat) (t : nat -> nat) (b d : nat -> nat -> R) (h : R) : Prop :=
  exists H : nat -> R, H M = 0 /\ h = H O /\
    forall m, (m < M)%nat -> search_from W K L (t m) b d (H (S m)) (H m).

Lemma forks_add M (H : nat -> R) c : (forall m, (m < M)%nat -> H m = c + H (S m)) -> H O = M * c + H M.
Proof.
  induction M as [|M IH]; intros step; [simpl; ring|]. rewrite IH by (intros; apply step; lia).
  rewrite (step M) by lia. rewrite S_INR. ring.
Qed.

Theorem nested_search_exists M W K L t b d : (forall m, (m < M)%nat -> (t m < W)%nat) ->
  exists h, nested_search_steps M W K L t b d h.
Proof.
  induction M as [|M IH] in t |- *; intros on.
  - exists 0, (fun _ => 0). repeat split. intros m below. lia.
  - destruct (IH (fun m => t (S m))) as (h & H & last & -> & each); [intros; apply on; lia|].
    destruct (search_exists W K L (t O) b d (H O)) as (h & sol); [apply on; lia|].
    exists h, (fun m => match m with O => h | S m => H m end). repeat split; [exact last|].
    intros [|m] below; [exact sol|apply each; lia].
Qed.

Theorem nested_search_sft : forall (M W K L : nat) (t : nat -> nat) (H : R), (1 <= M)%nat -> (1 <= W)%nat ->
  (1 <= K)%nat -> (1 <= L)%nat -> (forall m, (m < M)%nat -> (t m < W)%nat) ->
  nested_search_steps M W K L t (fun _ _ => L / (L + 1)) (fun _ _ => 1 / (L + 1)) H ->
  H = M * ((W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1)).
Proof.
  intros M W K L t h _ _ _ pos on (H & last & -> & each).
  rewrite (forks_add M H ((W - 1) / 2 * (K * (L + 3) + 2) + (2 * K + 1))), last; [ring|].
  intros m below. apply (sft_search_value W K L (t m)); auto. apply each, below.
Qed.

Theorem nested_search_optimum : forall (M W K L : nat) (t : nat -> nat) (H : R), (1 <= M)%nat -> (1 <= W)%nat ->
  (1 <= K)%nat -> (1 <= L)%nat -> (forall m, (m < M)%nat -> (t m < W)%nat) ->
  nested_search_steps M W K L t (fun _ _ => 1) (fun _ _ => 1) H -> H = M * W * (2 * K + 1).
Proof.
  intros M W K L t h _ _ _ pos on (H & last & -> & each).
  rewrite (forks_add M H (W * (2 * K + 1))), last; [ring|].
  intros m below. apply (optimum_search_value W K L (t m)); auto. apply each, below.
Qed.

Lemma sft_search_exists W K L t : (t < W)%nat -> exists H, sft_search_steps W K L t H.
Proof. intros small. now apply search_exists. Qed.

Lemma optimum_search_exists W K L t : (t < W)%nat -> exists H, optimum_search_steps W K L t H.
Proof. intros small. now apply search_exists. Qed.

(** Costs as search_narrows takes them. *)
Lemma searches_exist L : (1 <= L)%nat -> exists H H' : nat -> R, forall n, (1 <= n)%nat ->
  (0 < n)%nat /\ sft_search_steps n n L 0 (H n) /\ optimum_search_steps n n L 0 (H' n).
Proof.
  intros pos. exists (fun n => (n - 1) / 2 * (n * (L + 3) + 2) + (2 * n + 1)), (fun n => n * (2 * n + 1)).
  intros n some. split; [exact some|].
  destruct (sft_search_exists n n L 0 some) as [H h]. destruct (optimum_search_exists n n L 0 some) as [H' h'].
  rewrite <- (search_sft n n L 0 H), <- (search_optimum n n L 0 H'); auto.
Qed.
