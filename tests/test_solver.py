"""The second prover: what it proves is so, what it refutes is confirmed, and what it cannot decide is not green."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import sympy

from theory import closed_forms
from theory.claim import claims
from theory.numeric import InputError
from verify import evidence, questions, solver
from verify.evidence import Evidence
from verify.judge import Check
from verify.solver import Question, ask

W, K, L, x, y = sympy.symbols("W K L x y")
ASKED = {                              # claims of each kind of question: (label, how it is asked)
    "separation_rlvr_upper": lambda check: questions.comparison(check, closed_forms.optimum_steps),
    "separation_sft_lower": lambda check: questions.induction(check, closed_forms.sft_steps, known=questions.grown),
    "nested_optimum": lambda check: questions.comparison(
        check, lambda M, W, K: M * closed_forms.optimum_steps(W, K)),
    "figure3_diagonal": lambda check: questions.told_apart(check, lambda answer, W, K: (
        sympy.Eq if answer else sympy.Ne)(closed_forms.optimum_steps(W, K) + 1, 4 * W * K)),
}


def settled(claim, questions_of, limit=solver.LIMIT):
    """The evidence of a solver check of `claim`, whether it passed or not."""
    solver.z3()
    kept: list[Evidence] = []
    check = Check(claim, "solver", "here", "quick", kept.append)
    try:
        solver.settle(check, questions_of(check), "all of them", limit)
        assert kept[0].outcome == "held"
    except AssertionError:
        assert kept and kept[0].outcome != "held"
    (one,) = kept
    return one


@pytest.fixture
def z3():
    return solver.z3()


def seen(case):
    return f"at {case}"


# -- what z3 answers ----------------------------------------------------------------------------------------------

def test_a_true_inequality_is_proved(z3):
    assert ask(Question("squares", [], [x**2 + y**2 >= 2 * x * y])).outcome == "held"
    assert ask(Question("fractions", [x > 0], [x + 1 / x >= 2])).outcome == "held"


def test_a_false_one_has_a_counterexample(z3):
    answer = ask(Question("squares", [x >= 1], [x**2 >= 2 * x], witness=seen))
    assert answer.outcome == "refuted" and "x" in answer.case


def test_integers_are_asked_for_where_real_numbers_are_not_enough(z3):
    """x(x-1) >= 0 fails between 0 and 1, where no integer is."""
    assert ask(Question("real", [], [x * (x - 1) >= 0], witness=seen)).outcome == "refuted"
    assert ask(Question("whole", [x >= -9, x <= 9], [x * (x - 1) >= 0], frozenset("x"), seen)).outcome == "held"


def test_a_counterexample_is_believed_only_when_exact_arithmetic_confirms_it(z3):
    answer = ask(Question("lie", [x >= 1], [x >= 2], witness=lambda case: None))
    assert answer.outcome == "undecided" and "does not confirm" in answer.case


def test_what_is_undecided_within_the_limit_is_said_to_be(z3):
    hard = Question("hard", [x > 2, y > 2, W > 2], [sympy.Ne(x**3 + y**3, W**3)], frozenset("xyW"))
    assert ask(hard, limit=100_000).outcome == "undecided"


def test_an_undecided_question_makes_the_check_red(z3):
    claim = claims()["separation_sft_lower"]
    one = settled(claim, ASKED["separation_sft_lower"], limit=1)
    assert one.outcome == "undecided" and "did not decide" in one.case


def test_the_answer_does_not_depend_on_what_was_asked_before(z3):
    question = Question("plane", [W >= 1, K >= 1], [4 * W * K - 1 >= (2 * W - 1) * (2 * K + 1)], frozenset("WK"), seen)
    first = ask(question)
    assert first.outcome == "refuted"
    ask(Question("squares", [], [x**2 + y**2 >= 2 * x * y]))
    assert ask(question) == first


# -- from SymPy to z3 ---------------------------------------------------------------------------------------------

def test_a_fraction_is_compared_by_the_sign_below(z3):
    known = {x: z3.Real("x")}
    s = z3.Solver()
    s.add(solver.term(1 / x >= -1, known), known[x] < 0)          # 1/x >= -1 for x <= -1
    assert s.check() == z3.sat
    s.add(known[x] > -1)
    assert s.check() == z3.unsat


def test_a_relation_where_its_denominator_is_zero_does_not_hold(z3):
    assert ask(Question("zero", [sympy.Eq(y, 0)], [sympy.Ge(x / y, x / y, evaluate=False)])).outcome == "held"
    assert ask(Question("zero", [sympy.Eq(y, 0)], [x / y >= 0], witness=seen)).outcome == "refuted"


@pytest.mark.parametrize("wrong", [x**K >= 1, sympy.sqrt(x) >= 1, sympy.log(x) >= 1])
def test_what_is_no_polynomial_is_refused(z3, wrong):
    with pytest.raises(InputError, match="no fraction of polynomials"):
        ask(Question("wrong", [], [wrong]))


def test_what_is_no_relation_is_refused(z3):
    with pytest.raises(InputError, match="no relation"):
        ask(Question("wrong", [], [sympy.Not(sympy.Symbol("p"))]))


# -- induction ----------------------------------------------------------------------------------------------------

def outcomes(asked):
    return [ask(question).outcome for question in asked]


def test_an_induction_that_is_right(z3):
    """Bernoulli: (1 + x)^K >= 1 + K x."""
    assert outcomes(questions.steps([(1 + x) ** K >= 1 + K * x], K, [1 + x], 1, [x >= 0, K >= 1])) == ["held"] * 4


def test_a_wrong_step_is_refused(z3):
    """2^K <= 5 K holds at K = 1 and up to 4, and no step leads there."""
    first, _, _, step = questions.steps([sympy.Integer(2) ** K <= 5 * K], K, [sympy.Integer(2)], 1, [K >= 1],
                                        frozenset("K"), lambda case: f"K = {case['K']}" if case["K"] >= 5 else None)
    assert ask(first).outcome == "held"
    assert ask(step).outcome == "undecided"
    assert [ask(later).outcome for later in step.otherwise()] == ["held", "held", "held", "refuted"]


def test_a_step_that_needs_more_than_is_known_is_refused(z3):
    """rho^K >= L^K is true, and does not follow from itself where nothing says that L^K is positive."""
    rho = closed_forms.sft_rate(L)
    alone = questions.steps([rho**K >= L**K], K, [L, rho], 1, [L >= 1, K >= 1])
    assert outcomes(alone)[-1] == "undecided"
    assert outcomes(questions.steps(questions.grown(K, L), K, [L, rho], 1, [L >= 1, K >= 1])) == ["held"] * 4


def test_an_induction_that_begins_too_late_is_refused(z3):
    """From K = 5 on 2^K >= 4 K + 3 is so; the domain begins at K = 1."""
    late = questions.steps([sympy.Integer(2) ** K >= 4 * K + 3], K, [sympy.Integer(2)], 5, [K >= 1])
    assert outcomes(late) == ["held", "undecided", "held", "held"]


def test_a_domain_that_a_step_leaves_is_refused(z3):
    """K <= W: K + 1 in the domain has K there too; K >= W: not so."""
    two = sympy.Integer(2)
    assert outcomes(questions.steps([two**K >= 1], K, [two], 1, [K >= 1, K <= W])) == ["held"] * 4
    assert outcomes(questions.steps([two**K >= 1], K, [two], 1, [K >= 1, K >= W]))[2] == "undecided"


def test_a_power_of_an_unknown_base_is_refused():
    with pytest.raises(InputError, match="none of the powers"):
        questions.steps([x**K >= 1], K, [L], 1)


def test_a_fraction_keeps_its_sign_from_the_first_K_to_the_step(z3):
    """1/(2 - 2^K) >= -1/2 holds from K = 2 on, where below is negative: the step must not assume it positive."""
    two = sympy.Integer(2)
    asked = questions.steps([two**K >= 4, 1 / (two**K - 2) <= sympy.Rational(1, 2)], K, [two], 2, [K >= 2])
    assert outcomes(asked) == ["held"] * 4
    wrong = questions.steps([two**K >= 4, 1 / (2 - two**K) >= 0], K, [two], 2, [K >= 2])
    assert outcomes(wrong)[0] == "undecided"


# -- bodies -------------------------------------------------------------------------------------------------------

def test_a_body_is_run_along_every_way():
    found = questions.ways(lambda W, K: "low" if W < 2 else "same" if W == K else "other", {"W": W, "K": K})
    assert {(tuple(map(str, path)), answer) for path, answer in found} == {
        (("W < 2",), "low"), (("W >= 2", "Eq(W, K)"), "same"), (("W >= 2", "Ne(W, K)"), "other")}


def test_a_number_that_stands_for_any_is_no_truth_value():
    with pytest.raises(InputError, match="truth value"):
        questions.ways(lambda W: 1 if W else 0, {"W": W})


def test_too_many_ways_are_refused():
    with pytest.raises(InputError, match="too many ways"):
        questions.ways(lambda W: next(n for n in range(10**6) if W < n), {"W": W})


def test_a_body_whose_formula_is_not_what_it_answers_is_found_out():
    """At a symbol `W == 2` is False, so the formula of such a body is one branch of it."""
    claim = replace(claims()["separation_rlvr_upper"], body=lambda W, K: 7 * W * K if W == 3 else 6 * W * K)
    with pytest.raises(AssertionError, match="not what its formula says"):
        questions.comparison(Check(claim, "solver", "here", "quick", lambda _: None), closed_forms.optimum_steps)


# -- claims -------------------------------------------------------------------------------------------------------

MUTANTS = {
    "separation_rlvr_upper": lambda W, K: 4 * W * K,
    "separation_sft_lower": lambda W, K, L: 3 * W * L**K,
    "nested_optimum": lambda M, W, K: M * (2 * W - 1) * (2 * K + 2),
    "figure3_diagonal": lambda W, K: W == K + 1,
}


@pytest.mark.parametrize("label", ASKED)
def test_a_claim_is_held_and_with_another_constant_refuted(label):
    claim = claims()[label]
    assert settled(claim, ASKED[label]).scope == "all of them"
    one = settled(replace(claim, body=MUTANTS[label]), ASKED[label])
    assert one.outcome == "refuted" and "claimed" in one.case


# -- without z3 ---------------------------------------------------------------------------------------------------

def test_without_z3_a_check_is_skipped_and_leaves_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    kept: list[Evidence] = []
    check = Check(claims()["separation_rlvr_upper"], "solver", "here", "quick", kept.append)
    with pytest.raises(pytest.skip.Exception, match="not run: z3 is not installed"):
        solver.settle(check, ASKED["separation_rlvr_upper"](check), "all")
    assert kept == []


def test_a_verdict_without_the_solver_is_what_the_other_checks_say():
    label = "nested_optimum"
    others = [Evidence(label, "exact", "held", "a", n=3, scope="W <= 3"), Evidence(label, "control", "refuted", "b")]
    alone = evidence.verdicts(claims(), others)[label]
    assert alone.kind == "exact"
    asked = [*others, Evidence(label, "solver", "held", "c", n=1, scope="all (z3)"),
             Evidence(label, "control", "refuted", "d")]
    assert evidence.verdicts(claims(), asked)[label].kind == "proved"


def test_an_undecided_answer_proves_nothing():
    label = "nested_optimum"
    asked = [Evidence(label, "solver", "undecided", "a"), Evidence(label, "control", "refuted", "b")]
    assert not evidence.verdicts(claims(), asked)[label].holds
