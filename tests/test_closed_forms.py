"""Closed forms equal the recursion, and their certificate is worth something: any changed constant or sign shows."""

from __future__ import annotations

import ast
import inspect
import math
import types
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
import sympy.polys.fields as fields
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from theory import closed_forms, growth
from theory.closed_forms import (
    balanced_steps,
    base_steps,
    homogeneous_steps,
    optimum_steps,
    residuals,
    sft_rate,
    sft_steps,
)
from theory.hitting import recursive_steps
from theory.maze import Maze
from theory.numeric import InputError, Steps
from theory.policy import Policy
from verify import strategies

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)
FORMS = {"base": base_steps, "sft": sft_steps, "optimum": optimum_steps, "balanced": balanced_steps,
         "homogeneous": homogeneous_steps}
NOT_ONE = strategies.rows().filter(lambda r: r["a"] * r["c"] != r["b"] * r["d"])


# -- equal to the recursion ---------------------------------------------------------------------------------------

@QUICK
@given(strategies.sizes(30, 12, 30))
def test_the_named_forms_are_the_recursion(sizes):
    maze = Maze(**sizes)
    W, K, L = maze.W, maze.K, maze.L
    assert base_steps(W, K, L) == recursive_steps(maze, Policy.base(L))
    assert sft_steps(W, K, L) == recursive_steps(maze, Policy.sft_limit(L))
    assert optimum_steps(W, K) == recursive_steps(maze, Policy.optimum())


@QUICK
@given(st.integers(1, 9), st.integers(1, 9), NOT_ONE)
def test_the_homogeneous_form_is_the_recursion(W, K, rows):
    assert homogeneous_steps(W, K, **rows) == recursive_steps(Maze(W, K, 1), Policy(**rows))


@QUICK
@given(st.integers(1, 9), st.integers(1, 9), strategies.balanced_rows())
def test_the_balanced_form_is_the_recursion(W, K, rows):
    d = rows["a"] * rows["c"] / rows["b"]
    assert balanced_steps(W, K, **rows) == recursive_steps(Maze(W, K, 1), Policy(**rows, d=d))


def test_the_named_forms_are_cases_of_the_general_ones():
    W, K, L = sympy.symbols("W K L", positive=True)
    single, parallel = 1 / (L + 1), L / (L + 1)
    assert sympy.cancel(balanced_steps(W, K, single, parallel, parallel) - base_steps(W, K, L)) == 0
    assert sympy.cancel(balanced_steps(W, K, 1, 1, 1) - optimum_steps(W, K)) == 0
    for k in (1, 2, 5):
        assert sympy.cancel(homogeneous_steps(W, k, 1, parallel, 1, single) - sft_steps(W, k, L)) == 0
    assert sympy.cancel(sft_rate(L) - (L + 2 + 1 / L)) == 0


def test_the_balanced_form_is_the_limit_of_the_other():
    """d off balance by a part in 10^30 moves the cost by about as much."""
    a, b, c = Fraction(1, 3), Fraction(1, 2), Fraction(3, 4)
    near = homogeneous_steps(4, 7, a, b, c, a * c / b * (1 + Fraction(1, 10**30)))
    assert 0 < abs(near - balanced_steps(4, 7, a, b, c)) < Fraction(1, 10**25)


def test_at_balance_the_general_form_divides_by_zero():
    with pytest.raises(ZeroDivisionError):
        homogeneous_steps(2, 3, "1/2", "1/2", "1/2", "1/2")


# -- number types -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [int, Fraction, str, float, np.int64, np.int8, sympy.Integer, flint.fmpz, flint.fmpq],
                         ids=lambda make: f"{make.__module__}.{make.__name__}")
def test_sizes_of_any_type_give_the_exact_value(make):
    """W = K = 15, L = 5; NumPy's own integers would overflow and divide to floats."""
    W, K, L = make(15), make(15), make(5)
    values = base_steps(W, K, L), sft_steps(W, K, L), optimum_steps(W, K)
    expected = 50141, Fraction(13178858182061763405316183, 30517578125), 899
    for value, exactly in zip(values, expected, strict=True):
        assert type(value) is Fraction or isinstance(value, sympy.Rational)
        assert (value.numerator, value.denominator) == (exactly.numerator, exactly.denominator)


def test_formulas_at_numbers_are_the_numbers():
    W, K, L = sympy.symbols("W K L", positive=True)
    formulas = base_steps(W, K, L), sft_steps(W, K, L), optimum_steps(W, K)
    for w, k, l in ((1, 1, 1), (2, 3, 4), (15, 15, 5), (3, 40, 1)):
        at = {W: w, K: k, L: l}
        values = base_steps(w, k, l), sft_steps(w, k, l), optimum_steps(w, k)
        for formula, value in zip(formulas, values, strict=True):
            assert formula.subs(at) == sympy.Rational(value.numerator, value.denominator)


@pytest.mark.parametrize("K", [Fraction(1, 2), "3/2", 2.5])
def test_a_power_of_a_broken_number_of_diamonds_is_refused(fails, K):
    fails(lambda: sft_steps(2, K, 2), "K = ", "not an integer")
    fails(lambda: homogeneous_steps(2, K, "1/2", 1, 1, 1), "K = ", "not an integer")


def test_a_deep_maze_is_no_work():
    steps = Steps.of(sft_steps(3, 10**5, 2))
    assert steps.log10 == pytest.approx(10**5 * math.log10(4.5) + math.log10(2 * 2 * 3 * 5 / 7), rel=1e-12)


# -- the certificate ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("family", FORMS)
def test_the_certificate_at_numbers_passes_the_true_forms(at_numbers, family):
    assert all(value == 0 for value in residuals(FORMS[family], family).values())


@pytest.mark.parametrize("family", FORMS)
def test_every_form_solves_the_bellman_equations_for_all_sizes(family):
    left = residuals(FORMS[family], family)
    assert len(left) == 13 and all(value == 0 for value in left.values())


def mutants(name):
    """(family, the form) with one number in its code made larger by one, or one plus made a minus.

    `_homogeneous` is mutated as `balanced_steps` uses it.
    """
    source = inspect.getsource(getattr(closed_forms, name))
    for i in range(len(list(ast.walk(ast.parse(source))))):
        tree = ast.parse(source)
        node = list(ast.walk(tree))[i]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            node.op, what = ast.Sub(), "+ to -"
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            node.value, what = node.value + 1, f"{node.value} to {node.value + 1}"
        else:
            continue
        namespace = dict(vars(closed_forms))
        exec(compile(tree, "<mutant>", "exec"), namespace)
        public = "balanced_steps" if name == "_homogeneous" else name
        if name == "_homogeneous":
            namespace[public] = types.FunctionType(balanced_steps.__code__, namespace)
        yield pytest.param(public.removesuffix("_steps"), namespace[public], 
                           id=f"{name}, line {node.lineno}, columns {node.col_offset} to {node.end_col_offset}, {what}")


MUTANTS = [m for name in ("base_steps", "optimum_steps", "sft_steps", "balanced_steps", "_homogeneous",
                          "homogeneous_steps") for m in mutants(name)]


@pytest.fixture
def at_numbers(monkeypatch):
    """The certificate with L and the rows at numbers, which is faster; what does not cancel there cancels nowhere."""
    general = fields.field

    def field(names, domain):
        made, *generators = general(names, domain)
        numbers = {"L": 3, "a": domain(2, 3), "b": domain(3, 5), "c": domain(5, 7), "d": domain(1, 4)}
        return made, *(made(numbers[name]) if name in numbers else g
                       for name, g in zip(names.split(","), generators, strict=True))

    monkeypatch.setattr(fields, "field", field)


@pytest.mark.parametrize(("family", "form"), MUTANTS)
def test_any_changed_constant_or_sign_leaves_a_residual(at_numbers, family, form):
    try:
        left = residuals(form, family)
    except InputError as refusal:
        assert "not r" in str(refusal)                  # the rate itself was changed
        return
    assert any(value != 0 for value in left.values())


def test_the_mutants_are_many():
    assert len(MUTANTS) >= 60 and {m.values[0] for m in MUTANTS} == set(FORMS)


def _swapped(one, other):
    def form(W, K, a, b, c, d, power):
        rows = {"a": a, "b": b, "c": c, "d": d}
        rows[one], rows[other] = rows[other], rows[one]
        return homogeneous_steps(W, K, **rows, power=power)

    return form


def _lifted(W, K, a, b, c, d, power):
    return homogeneous_steps(W, K, a, b, c, d, power=lambda q, K: power(q, K) + 1)


WRONG = {
    "a and c exchanged": _swapped("a", "c"), "b and d exchanged": _swapped("b", "d"), "r^K + 1 for r^K": _lifted,
    "a part in 10^12 more": lambda *args, power: homogeneous_steps(*args, power=power) * (1 + Fraction(1, 10**12)),
}


@pytest.mark.parametrize("form", WRONG.values(), ids=WRONG)
def test_a_wrong_homogeneous_form_leaves_a_residual(at_numbers, form):
    assert any(value != 0 for value in residuals(form, "homogeneous").values())


@pytest.mark.parametrize("rate", [lambda L: L, lambda L: L + 2, lambda L: (L + 2) ** 2 / L])
def test_a_form_with_another_rate_is_refused(fails, rate):
    fails(lambda: residuals(lambda W, K, L, power: W + power(rate(L), K), "sft"), "to the power", "not r = ")
    fails(lambda: residuals(lambda W, K, L, power: W + power((L + 1) ** 2 / L, K + 1), "sft"), "to K")


def test_another_family_is_no_family():
    with pytest.raises(KeyError):
        residuals(base_steps, "rlvr")


# -- growth -------------------------------------------------------------------------------------------------------

def test_balance_of_the_named_policies():
    for L in (1, 2, 5):
        for policy, r in ((Policy.base(L), 1), (Policy.sft_limit(L), sft_rate(L)), (Policy.optimum(), 1)):
            rows = policy.branches[0]
            assert growth.balance(rows.a, rows.b, rows.c, rows.d) == r
            assert growth.exponent(rows.a, rows.b, rows.c, rows.d) == pytest.approx(math.log(r), abs=1e-15)


@QUICK
@given(NOT_ONE)
def test_the_exponent_is_the_growth_of_the_cost(rows):
    """log(H(2K)/H(K)) over K, once the growing power has left the rest behind."""
    exponent = growth.exponent(**rows)
    assume(exponent > 0.04)
    K = 10 + int(80 / exponent)
    low, high = (Steps.of(homogeneous_steps(3, k, **rows)).log10 for k in (K, 2 * K))
    assert (high - low) / K * math.log(10) == pytest.approx(exponent, rel=0.02)


@QUICK
@given(st.integers(2, 9), st.integers(1, 12), NOT_ONE)
def test_the_lower_bound_is_one(W, K, rows):
    bound = growth.lower_bound(W, K, **rows)
    assert bound <= homogeneous_steps(W, K, **rows)
    r = growth.balance(**rows)
    kappa = (1 - rows["c"]) / rows["c"] + rows["d"] / rows["c"] * (1 - rows["a"]) / rows["a"]
    assert bound == max(2 * (W - 1) * r**K, (2 * W - 1) * kappa / r ** (K - 1))


@QUICK
@given(st.lists(strategies.probabilities(), min_size=2, max_size=12), st.data())
def test_the_potential_is_the_largest_way_up_times_the_largest_way_in(P, data):
    """M m by the definition: M = max_n prod_{i<=n} P_i/Q_i, m = max(1, max_x (1-P_x)/P_x prod_{i<x} Q_i/P_i)."""
    Q = data.draw(st.lists(strategies.probabilities(), min_size=len(P), max_size=len(P)))
    up = [math.prod((p / q for p, q in zip(P[:n], Q[:n], strict=True)), start=Fraction(1)) for n in range(len(P) + 1)]
    into = [(1 - p) / p / up[x] for x, p in enumerate(P)]
    assert growth.potential(P, Q) == max(up) * max([1, *into])


@pytest.mark.parametrize(("K", "shown"), [(0, "0"), (2.5, "2.5"), (Fraction(5, 2), "5"), ("3", "'3'")])
def test_a_bound_is_for_whole_diamonds(fails, K, shown):
    fails(lambda: growth.lower_bound(2, K, "1/2", 1, 1, 1), "K", shown)
