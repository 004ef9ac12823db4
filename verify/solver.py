"""A second prover: z3 is asked for a counterexample, and a statement is proved when there is none.

Setting. A `Question` is a statement about unknowns, in SymPy relations between fractions of polynomials; how a claim's
body becomes one is in `verify.questions`. z3 answers

    unsat       no numbers in the domain break the statement: proved
    sat         numbers that do. They are believed once the body itself, run on them in exact arithmetic, says so
    unknown     z3 stopped at its limit: undecided, never green

Unknowns that are integers are first taken for real numbers; only if that is not enough, z3 is asked about integers.
The limit counts z3's own steps and no seconds, so that an answer does not depend on how busy the machine is.

z3 is not needed to run the checks: where it is not installed they are skipped, and leave no evidence.
Stands on SymPy, which brings a difference over one denominator. Not covered: quantifiers, roots, logarithms.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy.polys.fields import FracField

from theory.numeric import InputError
from verify.judge import Case, Check, describe

ABSENT = "not run: z3 is not installed (pip install backtrack-companion[prove])"
LIMIT = 20_000_000                     # z3's resource units a question: some seconds
NEAR = 40                              # integers up to which z3 looks for a counterexample first


def z3() -> Any:
    """The module z3; skips the check that asks for it where z3 is not installed."""
    try:
        import z3
    except ImportError:
        pytest.skip(ABSENT)
    return z3


@dataclass(frozen=True)
class Question:
    """Whether all of `holds` follows from `given`, SymPy relations between fractions of polynomials.

    whole: the unknowns that are integers. witness(case): the counterexample in words if exact arithmetic confirms that
    `case` is one, else None. otherwise(): questions asked when this one is not proved, in search of a counterexample.
    """

    name: str
    given: Sequence[Any]
    holds: Sequence[Any]
    whole: frozenset[str] = frozenset()
    witness: Callable[[Case], str | None] = lambda case: None
    otherwise: Callable[[], Sequence[Question]] = lambda: ()


@dataclass(frozen=True)
class Answer:
    """held, refuted or undecided; `case` is the counterexample, or what stayed open."""

    outcome: str
    case: str = ""


def ask(question: Question, limit: int = LIMIT) -> Answer:
    """What z3 says: first with every unknown a real number, then with the integers among them as integers.

    The relations that should hold are asked about one after another; those that are proved are given to the next.
    limit: z3's resource units for each. Errors: `InputError` for an expression that is no fraction of polynomials.
    """
    z, left = z3(), f"{question.name}: z3 did not decide"
    parts = [sympy.sympify(part) for part in (*question.given, *question.holds)]
    # in one order always, so that the answer is the same in every run
    symbols = sorted(set().union(*(part.free_symbols for part in parts)),
                     key=lambda s: ("MWKL".find(s.name) % 5, s.name))
    whole = [s for s in symbols if s.name in question.whole]
    for integers, most in ((False, 0), (True, NEAR), (True, 0)) if whole else ((False, 0),):
        # a context of its own, for z3 remembers: an answer must not depend on what was asked before
        context = z.Context()
        known = {s: (z.Int if integers and s in whole else z.Real)(s.name, context) for s in symbols}
        proved = [*(term(part, known, context) for part in question.given), *(known[s] <= most for s in whole if most)]
        for part in question.holds:
            asked, wanted = z.Solver(ctx=context), term(part, known, context)
            asked.set("rlimit", limit)
            asked.add(*proved, z.Not(wanted))
            found = asked.check()
            if found != z.unsat:
                break
            proved.append(wanted)
        if found == z.unsat and not most:
            return Answer("held")
        if found == z.sat:
            model = asked.model()
            case = {s.name: _value(model.eval(x, model_completion=True)) for s, x in known.items()}
            if any(not isinstance(case[s.name], int) for s in whole):
                continue
            words = question.witness(case)
            if words is not None:
                return Answer("refuted", words)
            left = f"{question.name}: z3 has {describe(case)}, which exact arithmetic does not confirm"
    return Answer("undecided", left)


def _value(number: Any) -> int | Fraction:
    """The rational number in z3's answer, or one near it; whether it will do is for the witness to say."""
    if hasattr(number, "approx"):
        number = number.approx(20)
    value = Fraction(number.as_string())
    return int(value) if value.denominator == 1 else value


def settle(check: Check, questions: Iterable[Question], words: str, limit: int = LIMIT) -> None:
    """Ask everything and leave the evidence: held if all is proved, refuted by a counterexample, else undecided."""
    questions, left = list(questions), []
    assert questions, "nothing is asked"
    for question in questions:
        answer = ask(question, limit)
        if answer.outcome == "undecided":
            left.append(answer.case)
            answers = (ask(other, limit) for other in question.otherwise())
            answer = next((found for found in answers if found.outcome == "refuted"), answer)
        if answer.outcome == "refuted":
            return check.settle("refuted", len(questions), answer.case)
    if left:
        return check.settle("undecided", len(questions), left[0])
    check.settle("held", len(questions), words=words)


# -- SymPy to z3 --------------------------------------------------------------------------------------------------

COMPARED = {sympy.Ge: operator.ge, sympy.Gt: operator.gt, sympy.Le: operator.le, sympy.Lt: operator.lt,
            sympy.Eq: operator.eq, sympy.Ne: operator.ne}
MIRRORED = {operator.ge: operator.le, operator.gt: operator.lt, operator.le: operator.ge, operator.lt: operator.gt}


def ratio(expression: Any) -> tuple[Any, Any]:
    """(n, d) of a fraction of polynomials n/d in lowest terms, with integer coefficients, as elements of a ring.

    Errors: `InputError` for anything else, such as a power with an unknown exponent.
    """
    expression = sympy.sympify(expression)
    symbols = sorted(expression.free_symbols, key=str) or [sympy.Symbol("unused")]
    try:
        value = FracField(symbols, sympy.ZZ, "lex").from_expr(expression)
    except (ValueError, KeyError, sympy.CoercionFailed, AttributeError):
        raise InputError(f"{expression} is no fraction of polynomials, which z3 could be asked about") from None
    return value.numer, value.denom


def term(relation: Any, known: Mapping[Any, Any], context: Any = None) -> Any:
    """A SymPy relation in z3's terms; `known` gives the term of each symbol, in z3's `context`.

    A relation between fractions is brought over one denominator, n/d, and holds where d > 0 and n does, or d < 0 and
    its mirror image; where d = 0 it does not hold. Errors: `InputError` for anything but relations, and, or.
    """
    z, relation = z3(), sympy.sympify(relation)
    if relation in (sympy.true, sympy.false):
        return z.BoolVal(bool(relation), context)
    if isinstance(relation, (sympy.And, sympy.Or)):
        joined = z.And if isinstance(relation, sympy.And) else z.Or
        return joined(*(term(part, known, context) for part in relation.args))
    if type(relation) not in COMPARED:
        raise InputError(f"{relation} is no relation that z3 could be asked about")
    compare = COMPARED[type(relation)]
    above, below = ratio(relation.lhs - relation.rhs)
    n, d = _polynomial(above, known), _polynomial(below, known)

    def true(value: Any) -> Any:
        """Of two numbers Python has decided already."""
        return z.BoolVal(value, context) if isinstance(value, bool) else value

    if below.is_ground:
        return true(compare(n, 0) if below.LC > 0 else compare(0, n))
    if compare in MIRRORED:
        return z.Or(z.And(d > 0, true(compare(n, 0))), z.And(d < 0, true(MIRRORED[compare](n, 0))))
    return z.And(d != 0, true(compare(n, 0)))


def _polynomial(value: Any, known: Mapping[Any, Any]) -> Any:
    """A ring element in z3's terms; products and not powers, which z3 treats as something else."""
    total: Any = 0
    for exponents, coefficient in value.terms():
        for symbol, exponent in zip(value.ring.symbols, exponents, strict=True):
            if exponent:
                coefficient = functools.reduce(operator.mul, [known[symbol]] * exponent, _integer(coefficient))
        total = total + _integer(coefficient)
    return total


def _integer(value: Any) -> Any:
    """SymPy's integers, of which there are several kinds, as Python's; z3's terms stay."""
    return value if hasattr(value, "sexpr") else int(value)
