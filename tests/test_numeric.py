"""Numbers are read as exactly what they are, refused in one line that shows them, and printed whole at any size."""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from theory.numeric import INFINITY, Steps, ball_precision, decimal, exact, fraction, integer, number_kind

QUICK = settings(max_examples=100, deadline=None, derandomize=True, database=None)


# -- exact in -----------------------------------------------------------------------------------------------------

SIXTH = Fraction(1, 6)
READ = {
    "int": (1, Fraction(1)), "big int": (10**5000, Fraction(10**5000)), "Fraction": (SIXTH, SIXTH),
    "p/q": ("1/6", SIXTH), "p/q of decimals": ("0.5/3", SIXTH), "spaces": (" 1/6 ", SIXTH),
    "decimal text": ("0.1", Fraction(1, 10)), "exponent": ("1e-3", Fraction(1, 1000)), "point first": (".5", SIXTH * 3),
    "past the largest float": ("1e400", Fraction(10**400)), "past the smallest": ("1e-400", Fraction(1, 10**400)),
    "Decimal": (Decimal("0.1"), Fraction(1, 10)), "Decimal past float": (Decimal("1e400"), Fraction(10**400)),
    "Decimal below float": (Decimal("1e-400"), Fraction(1, 10**400)),
    "float": (0.1, Fraction(3602879701896397, 2**55)), "subnormal": (5e-324, Fraction(1, 2**1074)),
    "np.float64": (np.float64(0.1), Fraction(0.1)), "np.float32": (np.float32(0.1), Fraction(13421773, 2**27)),
    "np.float16": (np.float16(0.1), Fraction(819, 8192)),
    "np.longdouble": (np.longdouble(1) / 3, Fraction(*(np.longdouble(1) / 3).as_integer_ratio())),
    "np.int8": (np.int8(-7), Fraction(-7)), "np.uint64": (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
    "np.array of no dimension": (np.array(0.5), Fraction(1, 2)),
    "sympy.Rational": (sympy.Rational(1, 6), SIXTH), "sympy.Integer": (sympy.Integer(3), Fraction(3)),
    "sympy.Float": (sympy.Float(0.1), Fraction(0.1)),
    "mpf": (mpmath.mpf(0.1), Fraction(0.1)), "mpf 0": (mpmath.mpf(0), Fraction(0)),
    "mpf < 0": (mpmath.mpf(-6), Fraction(-6)),
    "fmpq": (flint.fmpq(1, 6), SIXTH), "fmpz": (flint.fmpz(6), Fraction(6)),
}


@pytest.mark.parametrize("name", READ)
def test_every_rational_type_is_read_exactly(name):
    value, expected = READ[name]
    read = exact(value)
    assert isinstance(read, flint.fmpq)
    assert fraction(read) == expected
    assert type(fraction(read)) is Fraction


@QUICK
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_the_dyadic_it_is(x):
    assert fraction(exact(x)) == Fraction(x)


@QUICK
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_decimal_it_is(x):
    assert fraction(exact(x)) == fraction(exact(str(x))) == Fraction(x)


@QUICK
@given(st.fractions())
def test_text_of_a_fraction_reads_back(x):
    assert fraction(exact(str(x))) == x
    assert fraction(exact(f"{x.numerator}/{x.denominator}")) == x


def test_an_mpf_of_any_precision_is_exact():
    with mpmath.workprec(400):
        third = mpmath.mpf(1) / 3
    p, q = exact(third).p, exact(third).q
    assert 3 * p - q in (1, -1) and int(q).bit_length() == 402        # |third - 1/3| = 1/(3q): nothing was rounded away


def test_text_longer_than_pythons_digit_limit_is_read():
    digits = "123456789" * 600
    assert exact("0." + digits) * flint.fmpz(10) ** 5400 == flint.fmpq(flint.fmpz(digits))
    assert exact(digits + "/" + digits + "0") == flint.fmpq(1, 10)


def test_symbols_and_balls_stay_what_they_are():
    x = sympy.Symbol("x")
    assert exact(x) is x
    assert exact(sympy.sqrt(2) / 2) == sympy.sqrt(2) / 2
    ball = flint.arb(1, 1e-3)
    assert exact(ball) is ball


def test_the_largest_exponent_is_a_limit_and_not_a_crash(fails):
    assert exact("1e-100000").q == flint.fmpz(10) ** 100000
    for text in ("1e-100001", "1e100001", "1/1e999999999"):
        fails(lambda text=text: exact(text), "exponent")


# -- refused ------------------------------------------------------------------------------------------------------

REFUSED = [
    (True, "True"), (False, "False"), (np.True_, "True"), (sympy.true, "True"), (None, "None"), ([1], "[1]"),
    (1j, "1j"), (object, "object"), ({"a": 1}, "'a'"), (b"1", "b'1'"), (np.array([0.5, 0.25]), "(2,)"),
    (math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (np.float32("nan"), "nan"),
    (np.longdouble("inf"), "inf"),
    (Decimal("NaN"), "NaN"), (Decimal("sNaN"), "sNaN"), (Decimal("-Infinity"), "-Infinity"),
    (mpmath.nan, "nan"), (mpmath.inf, "inf"), (mpmath.mpc(1, 2), "2.0"),
    (sympy.nan, "nan"), (sympy.oo, "oo"), (sympy.zoo, "zoo"), (sympy.I, "I"), (sympy.Tuple(1, 2), "(1, 2)"),
    (flint.arb("nan"), "nan"), (flint.acb(1, 2), "2.0"),
    ("abc", "'abc'"), ("", "''"), ("1/0", "'1/0'"), ("0/0", "'0/0'"), ("1/", "'1/'"), ("/2", "'/2'"),
    ("1/2/3", "'1/2/3'"),
    ("--1", "'--1'"), ("nan", "'nan'"), ("sNaN", "'sNaN'"), ("inf", "'inf'"), ("1/inf", "'1/inf'"), ("0x10", "'0x10'"),
    ("1\n2", r"'1\n2'"), ("1e-999999999", "1E-999999999"), ("1e-99999999999999999999", "1e-99999999999999999999"),
    (Decimal("1e-999999"), "1E-999999"), (mpmath.ldexp(1, -(10**10)), "e-3010299957"),
    (sympy.Float(mpmath.ldexp(1, 10**10)), "E+3010299956"),
]


@pytest.mark.parametrize(("value", "shown"), REFUSED, ids=[f"{i}-{shown}" for i, (_, shown) in enumerate(REFUSED)])
def test_what_is_no_number_is_refused_in_one_line(fails, value, shown):
    fails(lambda: exact(value, "row a"), "row a: ", shown)


@pytest.mark.parametrize(("value", "shown"), [
    (True, "True"), (np.True_, "True"), (2.5, "2.5"), (3.0, "3.0"), ("3", "'3'"), (None, "None"), (math.nan, "nan"),
    (np.float64(2), "2.0"), (Fraction(3), "Fraction(3, 1)"), (np.array([1, 2]), "(2,)"), (0, "0"), (-7, "-7")])
def test_what_is_no_positive_integer_is_refused(fails, value, shown):
    fails(lambda: integer(value, "W"), "W", shown)


def test_a_long_integer_is_refused_whole(fails):
    fails(lambda: integer(-(10**5000), "W"), "-1" + "0" * 5000)


def test_integers_of_numpy_become_pythons():
    for kind in (np.int8, np.int64, np.uint16):
        assert type(integer(kind(3), "W")) is int and integer(kind(3), "W") == 3
    assert integer(0, "t", least=0) == 0


def test_balls_and_symbols_do_not_mix(fails):
    x, ball, half = sympy.Symbol("x"), flint.arb(1), flint.fmpq(1, 2)
    assert [number_kind(v) for v in ([half], [half, ball], [half, x])] == ["rational", "ball", "symbolic"]
    fails(lambda: number_kind([ball, half, x]), "cannot be mixed")


# -- Fraction out -------------------------------------------------------------------------------------------------

@QUICK
@given(st.fractions())
def test_fractions_come_out_as_ordinary_ones(x):
    out = fraction(flint.fmpq(x.numerator, x.denominator))
    assert (out.numerator, out.denominator, hash(out)) == (x.numerator, x.denominator, hash(x))
    assert out + 1 == x + 1


def test_fraction_leaves_other_types_alone():
    ball, x = flint.arb(2), sympy.Symbol("x")
    assert fraction(INFINITY) is INFINITY and fraction(ball) is ball and fraction(x) is x


# -- text out -----------------------------------------------------------------------------------------------------

def long_fractions():
    """Rationals of up to 400 digits, many of them a hair from a power of ten."""
    whole = st.one_of(st.integers(1, 10**40), st.integers(0, 400).map(lambda n: 10**n),
                      st.integers(1, 400).map(lambda n: 10**n - 1), st.integers(0, 400).map(lambda n: 10**n + 1))
    return st.builds(Fraction, whole, whole)


@QUICK
@given(long_fractions(), st.integers(2, 20), st.sampled_from([1, -1]))
@example(Fraction(10**17 - 1), 16, 1)
@example(Fraction(99999999999999995, 10**16), 16, 1)
@example(Fraction(25, 2), 2, -1)
@example(Fraction(1, 10**5), 17, 1)
def test_decimals_are_rounded_half_up_from_the_exact_value(x, digits, sign):
    """Python's own correctly rounded division is the witness."""
    context = Context(prec=digits, rounding=ROUND_HALF_UP, Emax=10**6, Emin=-(10**6))
    expected = context.divide(Decimal(sign * x.numerator), Decimal(x.denominator))
    assert Decimal(decimal(flint.fmpq(sign * x.numerator, x.denominator), digits)) == expected


@pytest.mark.parametrize(("value", "text"), [
    (Fraction(0), "0"), (Fraction(50141), "50141"), (Fraction(1, 3), "0.33333333333333333"),
    (Fraction(2, 3), "0.66666666666666667"), (Fraction(105103125, 10**5), "1051.03125"), (Fraction(-5, 4), "-1.25"),
    (Fraction(10**16), "10000000000000000"), (Fraction(10**17), "1.0000000000000000e+17"),
    (Fraction(10**17 - 1), "99999999999999999"), (Fraction(2 * 10**17 - 1, 2), "1.0000000000000000e+17"),
    (Fraction(1, 10**5), "0.00001"), (Fraction(1, 10**6), "1.0000000000000000e-6"),
    (Fraction(-(10**400)), "-1.0000000000000000e+400")])
def test_how_decimals_look(value, text):
    assert decimal(exact(value)) == text


@pytest.mark.parametrize("n", [308, 309, 4299, 4300, 4301, 20000])
def test_results_of_any_length_print_whole(n):
    steps = Steps.of(10**n + 1)
    assert steps.exact == "1" + "0" * (n - 1) + "1"
    assert (steps.decimal, steps.log10) == (f"1.0000000000000000e+{n}", float(n))
    ratio = Steps.of(Fraction(10**n + 1, 10**n))
    assert ratio.exact == "1" + "0" * (n - 1) + "1/1" + "0" * n
    assert json.loads(json.dumps(steps.to_json(), allow_nan=False)) == steps.to_json()


@QUICK
@given(st.integers(1, 10**30), st.integers(1, 10**30), st.integers(0, 30000))
def test_log10_is_right_at_any_size(p, q, n):
    with mpmath.workdps(60):
        expected = mpmath.log10(p) - mpmath.log10(q) + n
        difference = abs(mpmath.mpf(Steps.of(Fraction(p * 10**n, q)).log10) - expected)
        assert difference <= abs(expected) * 2.0**-53 + 2.0**-75


@QUICK
@given(st.floats(1e-300, allow_infinity=False))
@example(1.7976931348623157e308)
@example(1.79e308)
def test_float_of_steps_is_the_float(x):
    assert float(Steps.of(x)) == x


def test_float_of_steps_past_the_largest_is_infinite():
    assert float(Steps.of(10**309)) == float(Steps.of(INFINITY)) == math.inf
    assert float(Steps.of(flint.arb(10) ** 309)) == math.inf
    assert float(Steps.of(flint.arb(7))) == 7.0


@pytest.mark.parametrize("value", [math.inf, np.inf, sympy.oo])
def test_infinity_says_so(value):
    steps = Steps.of(value)
    assert steps.to_json() == {"exact": "oo", "decimal": "oo", "log10": None}
    assert (str(steps), steps.log10) == ("oo", math.inf)


def test_a_ball_prints_its_radius_and_no_exact_value():
    with ball_precision(100):
        steps = Steps.of(flint.arb(2).sqrt())
    assert steps.exact is None
    assert steps.decimal.startswith("[1.41421356237309") and "+/-" in steps.decimal
    assert steps.log10 == pytest.approx(math.log10(2) / 2, rel=1e-15)
    json.dumps(steps.to_json(), allow_nan=False)


@pytest.mark.parametrize("value", [sympy.Symbol("x"), sympy.sqrt(2), -math.inf, math.nan, "abc", flint.arb("nan")])
def test_steps_of_what_has_no_decimal_are_refused(fails, value):
    fails(lambda: Steps.of(value), "steps: ")


def test_precision_comes_back_after_an_error():
    before = flint.ctx.prec
    with pytest.raises(ZeroDivisionError), ball_precision(500), ball_precision(900):
        assert flint.ctx.prec == 900
        flint.fmpq(1) / 0
    assert flint.ctx.prec == before
