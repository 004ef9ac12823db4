"""The registry refuses half a claim; and every registered formula says the same as a symbol and as a number."""

from __future__ import annotations

import inspect
from fractions import Fraction

import pytest
import sympy

from theory import claim as registry
from theory import numbering
from theory.claim import RELATIONS, SOURCES, Domain, claim, claims
from theory.numeric import exact

ALL = claims()
EACH = pytest.mark.parametrize("label", ALL)
SYMBOLIC = pytest.mark.parametrize("label", [label for label, entry in ALL.items() if entry.symbolic])
SIZES = {"W": 9, "K": 8, "L": 3, "M": 4, "n": 6, "k": 3, "eps": Fraction(2, 7),
         "m": Fraction(5, 3), "y": Fraction(7, 4), "X": Fraction(9, 4)}
# beyond 2^53, where a float in a body shows
HUGE = {"W": 10**20 + 39, "K": 11, "L": 10**18 + 9, "M": 7, "n": 5, "k": 4,
        "eps": Fraction(1, 10**17 + 3), "m": 10**18 + 3, "y": 10**18 + 7,
        "X": 10**18 + 1}
# mazes and horizons of which each domain must hold one; checks hand it more than the body takes
WITHIN = [{**SIZES, "W": W, "K": K, "L": L, "T": T} for W in (2, 5, 9, 30) for K in (1, 3, 8) for L in (2, 3)
          for T in (2 * K + 1, 4 * K + 1, 20 * K)]


# -- registering --------------------------------------------------------------------------------------------------

@pytest.fixture
def empty(monkeypatch):
    """A registry of its own for the test."""
    monkeypatch.setattr(registry, "REGISTRY", {})
    return registry


def _register(label="one", doc="Something is so.", **settings):
    def body(W, K, default=3):
        return W + K

    body.__name__, body.__doc__ = label, doc
    return claim("a quantity", **{"source": ("derived", "here"), "control": lambda W, K: W + K + 1,
                                  "control_words": "one more"} | settings)(body)


def test_a_claim_keeps_what_it_is_given(empty):
    body = _register(doc="Something\n    is so.", symbolic=True)
    entry = empty.REGISTRY["one"]
    assert entry.body is body and entry.statement == "Something is so." and entry.parameters == ("W", "K")
    assert entry.code == f"{__name__}.one" and entry.relation == "equals" and entry.should_hold
    assert (entry.latex(), entry.latex(control=True)) == ("K + W", "K + W + 1")
    assert (body(2, 3), entry.control(2, 3)) == (5, 6)


def test_a_claim_without_a_formula_has_no_latex(empty):
    _register()
    assert empty.REGISTRY["one"].latex() is None


@pytest.mark.parametrize(("settings", "words"), [
    ({"relation": "is"}, "relation 'is'"), ({"source": ("hearsay", "a friend")}, "source 'hearsay'"),
    ({"doc": None}, "no statement"), ({"doc": ""}, "no statement"), ({"control": None}, "control"),
    ({"control_words": ""}, "control"), ({"should_hold": False}, "true form"), ({"true_form": "other"}, "true form")])
def test_half_a_claim_is_refused(empty, settings, words):
    with pytest.raises(ValueError, match="^claim one: .*" + words):
        _register(**settings)
    assert not empty.REGISTRY


def test_a_label_is_taken_once(empty):
    _register()
    with pytest.raises(ValueError, match="^claim one: taken twice$"):
        _register()


@pytest.mark.parametrize("settings", [{"stands_on": ("missing",)}, {"should_hold": False, "true_form": "missing"}])
def test_what_a_claim_refers_to_is_registered(empty, monkeypatch, settings):
    monkeypatch.setattr(registry, "TOPICS", ())
    _register(**settings)
    with pytest.raises(ValueError, match="^claim one refers to missing, which is not registered$"):
        empty.claims()


def test_a_domain_holds_everywhere_unless_told():
    assert Domain("everywhere").holds(W=-1, anything="else")
    assert not registry.FORKS.holds(W=1, K=3, L=2) and registry.FORKS.holds(W=2, K=3, L=2)


# -- the registered claims ----------------------------------------------------------------------------------------

@EACH
def test_a_claim_is_whole(label):
    entry = ALL[label]
    assert entry.label == label == entry.body.__name__ and entry.statement.endswith(".") and entry.quantity
    assert entry.relation in RELATIONS and entry.source[0] in SOURCES and entry.source[1] and entry.domain.words
    assert entry.code.startswith("theory.") and entry.code.split(".")[1] in registry.TOPICS
    # quoted to be refuted: then its true form should hold
    assert entry.should_hold or (ALL[entry.true_form].should_hold and entry.true_form != label)
    # its domain answers, and is not empty
    if entry.parameters and set(entry.parameters) <= set(WITHIN[0]):
        assert any(entry.domain.holds(**case) is True for case in WITHIN)
    # the control takes what the claim takes
    if entry.control is not None:
        parameters = inspect.signature(entry.control).parameters.values()
        assert tuple(p.name for p in parameters if p.default is p.empty) == entry.parameters


def test_no_claim_stands_on_itself():
    done = set()

    def settle(label, above):
        assert label not in above, (*above, label)
        if label not in done:
            for below in ALL[label].stands_on:
                settle(below, (*above, label))
            done.add(label)

    for label in ALL:
        settle(label, ())
    assert done == ALL.keys()


def _formula(function, names):
    symbols = {name: sympy.Symbol(name, positive=True) for name in names}
    return sympy.sympify(function(**symbols)), symbols


@SYMBOLIC
@pytest.mark.parametrize("at", [SIZES, HUGE], ids=["small", "huge"])
def test_a_formula_at_numbers_is_the_body_at_numbers(label, at):
    """Exactly: a body that divides ints to floats is caught by the huge ones."""
    entry = ALL[label]
    for function in (entry.body, entry.control):
        formula, symbols = _formula(function, entry.parameters)
        expected = formula.subs({symbol: at[name] for name, symbol in symbols.items()})
        value = function(**{name: at[name] for name in entry.parameters})
        assert isinstance(expected, sympy.Rational)
        assert not isinstance(value, float) and Fraction(value) == Fraction(expected.p, expected.q)
        fractions = function(**{name: Fraction(at[name]) if name in "WLM" else at[name] for name in entry.parameters})
        assert Fraction(fractions) == Fraction(value)


@SYMBOLIC
def test_a_control_is_another_formula(label):
    entry = ALL[label]
    (true, symbols), (false, _) = _formula(entry.body, entry.parameters), _formula(entry.control, entry.parameters)
    for at in (SIZES, HUGE):
        assert (true - false).subs({symbol: at[name] for name, symbol in symbols.items()}) != 0
    assert entry.latex() and entry.latex() != entry.latex(control=True)


@SYMBOLIC
def test_an_inequalitys_control_is_stronger_than_its_claim_somewhere(label):
    """Else the same check could not refute it where the claim holds: less for 'at most', more for 'at least'."""
    entry = ALL[label]
    if entry.relation not in ("at most", "at least"):
        return
    sign = 1 if entry.relation == "at least" else -1
    grid = ({"W": W, "K": K, "L": L, "M": 2, "n": 3, "eps": Fraction(1, 2)}
            for W in range(1, 9) for K in range(1, 9) for L in range(1, 6))
    cases = [{name: case[name] for name in entry.parameters} for case in grid]
    assert any(sign * (exact(entry.control(**case)) - exact(entry.body(**case))) > 0
               for case in cases if entry.domain.holds(**case))


# -- the paper's numbers ------------------------------------------------------------------------------------------

def test_numbers_are_found_however_they_are_typed():
    for text in ("Theorem 4", "theorem4", " THEOREM  4 "):
        assert "separation" in numbering.labels_of(text)
    assert numbering.labels_of("Theorem 44") == numbering.labels_of("") == []
    assert (numbering.number_of("separation"), numbering.number_of("recursion")) == ("Theorem 4", "")
    assert all(label in numbering.labels_of(number) for label, number in numbering.NUMBERS.items())


def test_the_order_of_claims_does_not_depend_on_who_imported_first():
    import subprocess
    import sys

    script = "import theory.{}, theory.{}; from theory.claim import claims; print(*claims())"
    orders = {subprocess.run([sys.executable, "-c", script.format(*pair)], capture_output=True, text=True,
                             check=True).stdout for pair in (("walk", "critique"), ("separation", "model"))}
    assert len(orders) == 1
