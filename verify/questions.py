"""How a claim's body becomes a question that `verify.solver` can put to z3.

Setting. Body and measured quantity run on SymPy symbols, as for the claim's LaTeX, and their relation over the claim's
domain is the question (`comparison`). That the formula so found is the body's is compared on numbers first.

Powers such as rho^K are no polynomials. In an identity any number may stand in their place, since it asks nothing of
them. An inequality goes by induction over K (`induction`): it is shown at the least K, with the powers written out, and
from K to K+1, where any number X stands for L^K and L X for L^(K+1). What is needed of the powers besides, such as
rho^K >= L^K >= 1, is no assumption: it is proved along with the statement, in the same induction.

A body with an `if` is run once for every way through it, on numbers that stand for any number (`ways`).

Not covered: bodies that need numbers, such as mazes and policies, or that loop up to a parameter.
"""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from theory.closed_forms import sft_rate
from theory.numeric import InputError
from verify.judge import Case, Check, agrees, describe, show
from verify.solver import Question, ratio

# parameters that are integers, and their least values; all others are real
WHOLE = {"M": 1, "W": 1, "K": 1, "L": 1, "n": 1, "k": 1, "B": 1, "N": 0, "unseen": 0, "paths": 1, "s": 1, "i": 0}
DEEPEST = 5                                         # K beyond the least at which a failed induction looks for a case
Relations = Callable[..., Iterable[Any]]


def at(function: Callable[..., Any], values: Case) -> Any:
    """function at those of the values that it takes."""
    return function(**{name: values[name] for name in _wanted(function)})


def _wanted(function: Callable[..., Any]) -> list[str]:
    return [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty and p.kind !=
            p.VAR_KEYWORD]


def powers(L: Any) -> tuple[Any, Any]:
    """L and rho = (L+1)^2/L, whose powers are in the claims on SFT."""
    return L, sft_rate(L)


def grown(K: Any, L: Any) -> list[Any]:
    """rho^K >= L^K >= 1: what an induction mostly has to know of them."""
    return [L**K >= 1, sft_rate(L)**K >= L**K]


# -- a claim at symbols -------------------------------------------------------------------------------------------

class Statement:
    """A claim's relation between its body and what is measured, in symbols, with its domain.

    given(..): relations that say more of the domain than the claim's own predicate does, which is read by running it;
    readable: whether that can be done; where it is False, `given` has to say the whole domain. form(body): the body in
    other parameters. whole(..): what a counterexample has to break, where `measure` is a part of what is measured.
    """

    def __init__(self, check: Check, measure: Callable[..., Any], given: Relations = lambda: (), *,
                 readable: bool = True, form: Callable[..., Any] = lambda body: body,
                 whole: Callable[..., Any] | None = None):
        self.claim, self.body, self.measure, self.given = check.claim, form(check.body), measure, given
        self.actual = whole or measure
        self.predicate = check.claim.domain.holds if readable else lambda **_: True
        names = dict.fromkeys([*_wanted(self.body), *_wanted(measure), *_wanted(given)])
        self.symbols = {name: sympy.Symbol(name) for name in names}
        self.whole = frozenset(names) & frozenset(WHOLE)
        self.domain = self.inside(self.symbols)
        self.claimed, self.measured = at(self.body, self.symbols), at(measure, self.symbols)
        self._compare_on_numbers()

    def inside(self, values: Case) -> list[Any]:
        """The domain, in relations; at numbers, in truths."""
        least = [values[name] >= WHOLE[name] for name in self.symbols if name in self.whole]
        predicate = [sympy.And(*path) for path, inside in ways(self.predicate, values) if inside]
        return [*least, sympy.Or(*predicate), *at(self.given, values)]

    @property
    def holds(self) -> Any:
        """The relation, in symbols."""
        make = {"equals": sympy.Eq, "at most": sympy.Le, "at least": sympy.Ge}[self.claim.relation]
        return make(self.measured, self.claimed, evaluate=False)

    def witness(self, case: Case) -> str | None:
        """The counterexample in words, if `case` lies in the domain and body and measure disagree there, exactly."""
        case = {name: case.get(name, 1) for name in self.symbols}           # 1 where the relation does not depend on it
        if not all(map(bool, self.inside(_exactly(case)))):
            return None
        claimed, measured = at(self.body, case), at(self.actual, case)
        if agrees(self.claim.relation, claimed, measured):
            return None
        return f"{describe(case)}: claimed {self.claim.relation} {show(claimed)}, is {show(measured)}"

    def _compare_on_numbers(self) -> None:
        """What a body answers at symbols may differ from what it answers on numbers: an `if` would do it."""
        tried, count = 0, len(self.symbols)
        for step, turn in itertools.product(range(7), range(count)):
            # each name in turn grows fastest; real numbers on both sides of 1
            slopes = [count - (i + turn) % count for i in range(count)]
            case = {name: WHOLE[name] + step * slope if name in self.whole else
                    Fraction(slope + step, 9 if step % 2 else 1 + step)
                    for name, slope in zip(self.symbols, slopes, strict=True)}
            if tried < 3 and all(map(bool, self.inside(_exactly(case)))):
                tried += 1
                values = {self.symbols[name]: value for name, value in _exactly(case).items()}
                for formula, function in ((self.claimed, self.body), (self.measured, self.measure)):
                    number = at(function, case)
                    assert sympy.sympify(formula).subs(values) == _rational(number), (
                        f"{self.claim.label} at {describe(case)}: {show(number)} is not what its formula says")
        assert tried, f"{self.claim.label}: no point of the domain to compare the formula at"


def _rational(value: Any) -> Any:
    return sympy.Rational(str(value))


def _exactly(case: Case) -> dict[str, Any]:
    return {name: _rational(value) for name, value in case.items()}


def comparison(check: Check, measure: Callable[..., Any], given: Relations = lambda: (),
               bases: Callable[..., Sequence[Any]] = lambda: (), **options: Any) -> list[Question]:
    """One question: the claim's relation at all values of its parameters at once; options as in `Statement`.

    bases(..): numbers that are raised to the power K; any number stands for each of these powers, so this is for
    identities. What `given` says of base^K it says of that number.
    """
    statement = Statement(check, measure, given, **options)
    K, powers_of = statement.symbols.get("K", sympy.Symbol("K")), list(at(bases, statement.symbols))

    def put(k: Any) -> Question:
        domain, holds = ([_freed(sympy.sympify(part).subs(K, k), K, powers_of) for part in parts]
                         for parts in (statement.domain, [statement.holds]))
        return Question("for all values" if k == K else f"K = {k}", domain, cleared(holds, statement.whole),
                        statement.whole, lambda case: statement.witness({**case, **({} if k == K else {"K": k})}),
                        (lambda: [put(more) for more in range(1, DEEPEST)]) if powers_of and k == K else lambda: ())

    return [put(K)]


def induction(check: Check, measure: Callable[..., Any], bases: Callable[..., Sequence[Any]] = powers, start: int = 1,
              known: Relations = lambda: (), given: Relations = lambda: (), **options: Any) -> list[Question]:
    """The claim's relation, and what is `known` of the powers, at K = start, and from K to K+1.

    bases(..): the numbers that are raised to the power K, such as L and rho = (L+1)^2/L. known(..): invariants that the
    step needs, such as rho^K >= L^K >= 1; they are proved in the same induction. given, options: as in `Statement`.
    If the step fails, a counterexample is sought at the next K, one after another.
    """
    statement = Statement(check, measure, given, **options)
    return steps([*at(known, statement.symbols), statement.holds], statement.symbols["K"],
                 list(at(bases, statement.symbols)), start, statement.domain, statement.whole, statement.witness)


def steps(holds: Sequence[Any], K: Any, bases: Sequence[Any], start: int, given: Sequence[Any] = (),
          whole: frozenset[str] = frozenset(), witness: Callable[[Case], str | None] = lambda case: None,
          ) -> list[Question]:
    """Induction over the symbol K, from start on, for relations in base^K: `induction` without a claim.

    Asked besides: that no K of the domain `given` lies below start, and that K + 1 in the domain has K there too. A
    counterexample of the step is none of the statement: X stands for L^K there, and need be no power.
    Errors: `InputError` where another power of K than the bases' is left.
    """
    powers = {sympy.Symbol(f"P{i}"): base for i, base in enumerate(bases)}
    domain, statement = ([_freed(part, K, bases) for part in parts] for parts in (given, holds))
    # one and the same n and d from here on, so that the step assumes no more than was shown before
    statement = cleared(statement, whole)

    def put(parts: Sequence[Any], k: Any, grown: Callable[[Any, Any], Any]) -> list[Any]:
        values = {K: k} | {power: grown(power, base) for power, base in powers.items()}
        return [sympy.sympify(part).subs(values, simultaneous=True) for part in parts]

    def first(k: int) -> Question:
        domain_k, statement_k = (put(parts, k, lambda _, base: base**k) for parts in (domain, statement))
        return Question(f"{K} = {k}", domain_k, cleared(statement_k, whole), whole,
                        lambda case: witness({**case, K.name: k}))

    domain_next, statement_next = (put(parts, K + 1, operator.mul) for parts in (domain, statement))
    return [first(start),
            Question(f"{K} >= {start}", domain, [K >= start], whole),
            Question("domain", [*domain_next, K >= start], domain, whole),
            Question(f"from {K} to {K} + 1", [*domain, *domain_next, K >= start, *statement],
                     cleared(statement_next, whole), whole,
                     otherwise=lambda: [first(start + i) for i in range(1, DEEPEST)])]


def cleared(relations: Sequence[Any], whole: frozenset[str]) -> list[Any]:
    """n/d >= 0 as d > 0 and n >= 0, likewise <=, < and >: no less than the relations, and easier for z3.

    Of n/d and -n/-d the one with d > 0 where the integers are large; should d be negative elsewhere, nothing is proved.
    """
    found: list[Any] = []
    for relation in relations:
        if not isinstance(relation, (sympy.Ge, sympy.Le, sympy.Gt, sympy.Lt)):
            found.append(relation)
            continue
        above, below = (part.as_expr() for part in ratio(relation.lhs - relation.rhs))
        somewhere = {s: 1000 if s.name[0] == "P" else 9 if s.name in whole else sympy.Rational(1, 7)
                     for s in below.free_symbols}
        sign = -1 if below.subs(somewhere) < 0 else 1
        if not below.is_number:
            found.append(sympy.Gt(sign * below, 0, evaluate=False))
        found.append(relation.func(sign * above, 0, evaluate=False))
    return found


def _freed(relation: Any, K: Any, bases: Sequence[Any]) -> Any:
    """`relation` with a free number P0, P1, .. for each base^K, and that times base^n for base^(K+n)."""
    def free(power: Any) -> Any:
        for i, base in enumerate(bases):
            more = sympy.expand(power.exp - K)
            if more.is_Integer and sympy.cancel(power.base - base) == 0:
                return sympy.Symbol(f"P{i}") * base**more
        raise InputError(f"{power}: none of the powers {', '.join(f'({base})^{K}' for base in bases)}")

    return sympy.sympify(relation).replace(lambda e: e.is_Pow and not e.exp.is_Integer, free)


# -- bodies with an if --------------------------------------------------------------------------------------------

class Number:
    """A number that stands for any number: it calculates in symbols, and every comparison goes both ways in turn."""

    def __init__(self, expression: Any, choose: Callable[[Any], bool]):
        self.expression, self._choose = expression, choose

    def _calculated(self, value: Any) -> Number:
        return Number(value, self._choose)

    def __add__(self, other: Any) -> Number:
        return self._calculated(self.expression + _plain(other))

    def __sub__(self, other: Any) -> Number:
        return self._calculated(self.expression - _plain(other))

    def __rsub__(self, other: Any) -> Number:
        return self._calculated(_plain(other) - self.expression)

    def __mul__(self, other: Any) -> Number:
        return self._calculated(self.expression * _plain(other))

    def __pow__(self, other: int) -> Number:
        return self._calculated(self.expression**other)

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: Any) -> bool:
        return self._choose(sympy.Eq(self.expression, _plain(other)))

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __ge__(self, other: Any) -> bool:
        return self._choose(sympy.Ge(self.expression, _plain(other)))

    def __gt__(self, other: Any) -> bool:
        return self._choose(sympy.Gt(self.expression, _plain(other)))

    def __le__(self, other: Any) -> bool:
        return self._choose(sympy.Le(self.expression, _plain(other)))

    def __lt__(self, other: Any) -> bool:
        return self._choose(sympy.Lt(self.expression, _plain(other)))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise InputError(f"{self.expression} is used as a truth value")


def _plain(value: Any) -> Any:
    return value.expression if isinstance(value, Number) else _rational(value)


def ways(function: Callable[..., Any], values: Mapping[str, Any]) -> list[tuple[list[Any], Any]]:
    """(what was found true, the answer) for every way through the comparisons that `function` makes.

    values: SymPy symbols, or numbers, which are compared as they are. Errors: `InputError` beyond 64 ways.

    >>> W = sympy.Symbol("W")
    >>> ways(lambda W: 3 if W == 2 else 2, {"W": W})
    [([Eq(W, 2)], 3), ([Ne(W, 2)], 2)]
    """
    found: list[tuple[list[Any], Any]] = []
    waiting: list[list[bool]] = [[]]
    while waiting:
        taken = waiting.pop()
        path: list[Any] = []

        def choose(relation: Any, taken: list[bool] = taken, path: list[Any] = path) -> bool:
            if relation in (sympy.true, sympy.false):
                return bool(relation)
            if len(path) == len(taken):
                waiting.append([*taken, False])
                taken.append(True)
            path.append(relation if taken[len(path)] else sympy.Not(relation))
            return taken[len(path) - 1]

        given = {name: Number(value, choose) if isinstance(value, sympy.Basic) else value
                 for name, value in values.items()}
        takes = inspect.signature(function).parameters.values()
        if not any(p.kind == p.VAR_KEYWORD for p in takes):
            given = {p.name: given[p.name] for p in takes if p.default is p.empty}
        answer = function(**given)
        found.append((path, answer.expression if isinstance(answer, Number) else answer))
        if len(found) + len(waiting) > 64:
            raise InputError("too many ways through the comparisons of a body")
    return found


def told_apart(check: Check, says: Callable[..., Any], given: Relations = lambda: ()) -> list[Question]:
    """A question for every way through the body: that what the body answers there is right.

    says(answer, ..): a relation that must hold of the answer, at symbols and, to confirm a counterexample, at numbers;
    it may have parameters that the body has not, and then must hold for all their values.
    """
    body, claim = check.body, check.claim
    names = dict.fromkeys([*_wanted(body), *_wanted(says)[1:], *_wanted(given)])
    symbols = {name: sympy.Symbol(name) for name in names}
    whole = frozenset(names) & frozenset(WHOLE)

    def true(answer: Any, values: Case) -> Any:
        return says(answer, **{name: values[name] for name in _wanted(says)[1:]})

    def witness(case: Case) -> str | None:
        case = {name: case.get(name, 1) for name in names}
        answer = at(body, case)
        return None if true(answer, case) else f"{describe(case)}: claimed {show(answer)}"

    domain = [*(symbols[name] >= WHOLE[name] for name in names if name in whole),
              sympy.Or(*(sympy.And(*path) for path, inside in ways(claim.domain.holds, symbols) if inside)),
              *at(given, symbols)]
    return [Question(f"way {i}", [*domain, *path], [true(answer, symbols)], whole, witness)
            for i, (path, answer) in enumerate(ways(body, symbols), 1)]
