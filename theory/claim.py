"""What a claim is, and the registry of them all. The only framework in the house.

A claim is a labelled function of its parameters: the body computes the claimed value, its docstring is the
statement. Beside it stand the quantity it speaks of, the relation (equals, at most, at least, tends to), the domain,
the source, the claims it stands on, and its control: a deliberately false twin with the same parameters, as near to
the truth as the data can tell apart, which the same check must refute. A claim without a control has no verdict.

A statement that a critic, a summary or the paper makes and that is *expected to fail as quoted* is registered too,
with `should_hold=False`, and names the true form that stands beside it.

The body works over any number type its parameters allow, so that one function gives the LaTeX, the exact comparison
and the table cell. Checks, tables, notes and report read the registry; nobody retypes a formula.

Not covered: evidence and verdicts; they are computed in `verify` and never written here.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RELATIONS = ("equals", "at most", "at least", "tends to", "states")
SOURCES = {"paper": "stated publicly by the paper", "audit": "read off a public reproduction",
           "summary": "told to readers of popular summaries", "critique": "a critic's objection",
           "derived": "derived here"}
TOPICS = ("model", "walk", "imitation", "reinforcement", "signs", "truncation", "penalties", "sampled", "separation",
          "wrappers", "attempts", "nesting", "fork", "distillation", "samples", "bill", "summaries",
          "sharing", "noise", "data", "practice", "deployment", "conditions", "topology", "critique")


@dataclass(frozen=True)
class Domain:
    """Where a claim is made: a predicate on its parameters, and the same in words.

    >>> FORKS.words, FORKS.holds(W=1, K=1, L=1)
    ('W >= 2, K, L >= 1', False)
    """

    words: str
    holds: Callable[..., bool] = lambda **_: True


MAZES = Domain("every maze, W, K, L >= 1")
FORKS = Domain("W >= 2, K, L >= 1", lambda W, **_: W >= 2)


@dataclass(frozen=True)
class Claim:
    """One statement with everything a check needs to know about it; see the module docstring.

    >>> claims()['optimum_cost'].parameters, claims()['optimum_cost'].body(15, 15)
    (('W', 'K'), Fraction(899, 1))
    """

    label: str
    body: Callable[..., Any]
    quantity: str
    relation: str
    domain: Domain
    source: tuple[str, str]                    # (kind, locator)
    stands_on: tuple[str, ...]
    control: Callable[..., Any] | None
    control_words: str
    should_hold: bool
    true_form: str | None
    symbolic: bool

    @property
    def statement(self) -> str:
        """The statement: the body's docstring, its lines joined."""
        return " ".join(inspect.getdoc(self.body).split())  # type: ignore[union-attr]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the body's parameters without a default."""
        return tuple(p.name for p in inspect.signature(self.body).parameters.values() if p.default is p.empty)

    @property
    def code(self) -> str:
        """Where the body stands: module.function."""
        return f"{self.body.__module__}.{self.body.__name__}"

    def latex(self, control: bool = False) -> str | None:
        """The body (or the control) at SymPy symbols, as LaTeX; None for a claim without a closed formula."""
        if not self.symbolic:
            return None
        import sympy

        symbols = [sympy.Symbol(name, positive=True) for name in self.parameters]
        return sympy.latex((self.control if control and self.control else self.body)(*symbols))

    def _repr_latex_(self) -> str | None:
        latex = self._typeset()
        return latex and rf"$\displaystyle {latex}$"

    def _typeset(self) -> str | None:
        """label(parameters) = formula, and what the formula abbreviates; None for a claim without a closed formula."""
        if not self.symbolic:
            return None
        from theory.tables import GREEK, formula

        latex, name = formula(self), self.label.replace("_", r"\_")
        letters = ", ".join(GREEK.get(parameter, parameter) for parameter in self.parameters)
        where = rf",\quad \rho = {formula(claims()['sft_growth'])}" if r"\rho" in latex else ""
        where += r",\quad \Lambda = L + \frac{1}{L}" if r"\Lambda" in latex else ""
        return rf"\mathtt{{{name}}}({letters}) = {latex}{where}"

    def _repr_html_(self) -> str:
        from theory.markup import facts, tag, typeset
        from theory.numbering import number_of

        latex = self._typeset()
        return facts(", ".join(filter(None, (self.label, number_of(self.label)))), [
            ("statement", self.statement), ("quantity", f"{self.quantity} ({self.relation})"),
            ("formula", typeset(rf"\displaystyle {latex}") if latex else ""), ("domain", self.domain.words),
            ("source", f"{': '.join(self.source)} ({SOURCES[self.source[0]]})"),
            ("stands on", ", ".join(self.stands_on)), ("control", self.control_words or "none"),
            ("expected", "" if self.should_hold else f"to fail as quoted; its true form is {self.true_form}"),
            ("code", tag("code", self.code))])


REGISTRY: dict[str, Claim] = {}


def claim(quantity: str, *, source: tuple[str, str], relation: str = "equals", domain: Domain = MAZES,
          stands_on: tuple[str, ...] = (), control: Callable[..., Any] | None = None, control_words: str = "",
          should_hold: bool = True, true_form: str | None = None, symbolic: bool = False,
          ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a claim under its own name.

    Errors: ValueError at import for an unknown relation or source, a label taken twice, a missing statement, a
    control without words, or a quoted statement without its true form.

    >>> claim('steps', source=('paper', 'nowhere'), relation='is')(lambda W: W)
    Traceback (most recent call last):
        ...
    ValueError: claim <lambda>: relation 'is'
    """
    def register(body: Callable[..., Any]) -> Callable[..., Any]:
        label = body.__name__
        wrong = {
            f"relation {relation!r}": relation not in RELATIONS,
            f"source {source[0]!r}": source[0] not in SOURCES,
            "taken twice": label in REGISTRY,
            "no statement": not inspect.getdoc(body),
            "a control and its words go together": (control is None) != (not control_words),
            "a statement expected to fail names its true form": should_hold != (true_form is None),
        }
        for problem, present in wrong.items():
            if present:
                raise ValueError(f"claim {label}: {problem}")
        REGISTRY[label] = Claim(label, body, quantity, relation, domain, source, stands_on, control, control_words,
                                should_hold, true_form, symbolic)
        return body

    return register


def claims() -> dict[str, Claim]:
    """Every claim by label, in the order of the topics; imports the topic modules on first use.

    >>> claims()['optimum_cost'].statement
    'The optimum, which turns round only at a leaf, needs (2W-1)(2K+1) steps on average.'
    """
    for topic in TOPICS:
        importlib.import_module(f"theory.{topic}")
    for entry in REGISTRY.values():
        for label in (*entry.stands_on, *([entry.true_form] if entry.true_form else [])):
            if label not in REGISTRY:
                raise ValueError(f"claim {entry.label} refers to {label}, which is not registered")
    # whoever imported a topic first must not decide the order of every table
    return dict(sorted(REGISTRY.items(), key=lambda pair: _place(pair[1])))


def _place(entry: Claim) -> int:
    """Position of the claim's topic; claims of other modules (tests make some) come last."""
    topic = entry.body.__module__.removeprefix("theory.")
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS)
