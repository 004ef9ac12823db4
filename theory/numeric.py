"""Numbers in, numbers out: reading them exactly and printing them whole.

A probability may be given as an int, Fraction, "p/q", Decimal, float, mpmath, SymPy or python-flint number.
Everything rational is read as exactly the rational it is: the float 0.1 is 3602879701896397/2^55, and the
*string* "0.1" is 1/10. Rationals are carried as flint `fmpq` (its gcd is what makes exact recursions fast),
SymPy expressions as SymPy, and `arb` balls as balls, whose radius is a rigorous error bound.

A result of any length prints: flint converts big integers to text without Python's 4,300-digit limit.

Not covered: intervals of other libraries (mpmath.iv), complex numbers.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import flint

INFINITY = math.inf
LARGEST_EXPONENT = 100_000


class InputError(ValueError):
    """Bad input from the user; the message is one line and shows the value.

    >>> integer(0, "K")
    Traceback (most recent call last):
        ...
    theory.numeric.InputError: K = 0: must be at least 1
    """


def exact(value: Any, what: str = "number") -> Any:
    """Read `value` as `fmpq`, or keep it where it is symbolic (SymPy) or a ball (`arb`).

    Errors: `InputError` naming `what` and showing the value, for booleans, NaN, infinities and other types.

    >>> exact("1/6"), exact(Decimal("0.1")), exact(0.5)
    (1/6, 1/10, 1/2)
    """
    if isinstance(value, flint.arb) and value.is_nan():
        raise InputError(f"{what}: {value} is not a finite number")
    if isinstance(value, (flint.fmpq, flint.arb)):
        return value
    if isinstance(value, flint.fmpz):
        return flint.fmpq(value)
    if isinstance(value, str):
        return _parse(value, what)
    value = _item(value, what)
    if isinstance(value, bool):
        raise InputError(f"{what}: {value!r} is a truth value, not a number")
    if isinstance(value, (int, Fraction, numbers.Rational)):
        return flint.fmpq(int(value.numerator), int(value.denominator))
    if hasattr(value, "as_integer_ratio"):               # float, Decimal, NumPy's long double
        if isinstance(value, Decimal):
            _check_size(value, what)
        try:
            return flint.fmpq(*map(int, value.as_integer_ratio()))
        except (ValueError, OverflowError):
            raise InputError(f"{what}: {value} is not a finite number") from None
    if hasattr(value, "_mpf_"):                                             # mpmath, and SymPy's Float
        sign, man, exp, bits = value._mpf_
        if man == 0 and exp != 0:
            raise InputError(f"{what}: {value} is not a finite number")
        if abs(exp + bits) > LARGEST_EXPONENT * math.log2(10):
            raise InputError(f"{what}: {value} has an exponent beyond ±{LARGEST_EXPONENT}")
        man = -int(man) if sign else int(man)
        return flint.fmpq(man * 2**exp) if exp >= 0 else flint.fmpq(man, 2**-exp)
    if hasattr(value, "free_symbols"):                                      # SymPy
        return _from_sympy(value, what)
    raise InputError(f"{what}: {value!r} is not a number")


def _from_sympy(value: Any, what: str) -> Any:
    import sympy

    if not isinstance(value, sympy.Expr):
        raise InputError(f"{what}: {value} is not a number")
    if value in (sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
        raise InputError(f"{what}: {value} is not a finite number")
    if value.is_number and value.is_extended_real is False:
        raise InputError(f"{what}: {value} is not a real number")
    return value


def _item(value: Any, what: str) -> Any:
    """The Python number in a NumPy scalar; anything else as it is."""
    if not hasattr(value, "item") or hasattr(value, "free_symbols"):
        return value
    try:
        return value.item()
    except ValueError:
        raise InputError(f"{what}: an array of shape {value.shape} is not a number") from None


def shown(value: Any) -> str:
    """A number as text in a message; flint writes what Python refuses to, beyond 4,300 digits.

    >>> len(shown(10**5000))
    5001
    """
    try:
        return str(value)
    except ValueError:
        return str(exact(value))


def _check_size(value: Decimal, what: str) -> None:
    # 1e-999999999 is a short text and a number that fills the memory
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        raise InputError(f"{what}: {value} has an exponent beyond ±{LARGEST_EXPONENT}")


def _parse(text: str, what: str) -> flint.fmpq:
    top, slash, bottom = text.strip().partition("/")
    try:
        parts = [Decimal(part) for part in ((top, bottom) if slash else (top,))]
        for part in parts:
            _check_size(part, what)
        ratio = Fraction(parts[0]) / (Fraction(parts[1]) if slash else 1)
    except InputError:
        raise
    except (InvalidOperation, OverflowError, ValueError):
        raise InputError(f"{what}: {text!r} is neither a number nor p/q") from None
    except ZeroDivisionError:
        raise InputError(f"{what}: {text!r} divides by zero") from None
    return flint.fmpq(ratio.numerator, ratio.denominator)


LARGEST_COUNT = 2**62                   # what a compiled loop may count to, with room to add


def integer(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """Read an integer of at least `least`, and at most `most` if given; `InputError` shows the value otherwise.

    >>> integer(3, "K", least=1, most=5)
    3
    """
    value = _item(value, name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{name} = {value!r} is not an integer")
    if value < least:
        raise InputError(f"{name} = {shown(value)}: must be at least {least}")
    if most is not None and value > most:
        raise InputError(f"{name} = {shown(value)}: must be at most {most}")
    return value


def fraction(value: Any) -> Any:
    """Turn an `fmpq` into a `Fraction`; leave infinity and every other type alone.

    >>> fraction(flint.fmpq(1, 3)), fraction(INFINITY)
    (Fraction(1, 3), inf)
    """
    if not isinstance(value, flint.fmpq):
        return value
    if hasattr(Fraction, "_from_coprime_ints"):            # Python 3.12: skip a quadratic gcd of coprime numbers
        return Fraction._from_coprime_ints(int(value.p), int(value.q))  # type: ignore[attr-defined]
    return Fraction(int(value.p), int(value.q), _normalize=False)  # type: ignore[call-overload]


def number_kind(values: Any) -> str:
    """'symbolic', 'ball', or 'rational': the widest type met among numbers read by `exact`.

    >>> number_kind([exact(1), exact('1/2')])
    'rational'
    """
    kinds = {"ball" if isinstance(v, flint.arb) else "rational" if isinstance(v, flint.fmpq) else "symbolic"
             for v in values}
    if {"ball", "symbolic"} <= kinds:
        raise InputError("balls and symbolic expressions cannot be mixed in one policy")
    return "symbolic" if "symbolic" in kinds else "ball" if "ball" in kinds else "rational"


@dataclass(frozen=True)
class Steps:
    """A number of steps, exact (rational or infinite) or a ball; prints whatever its size.

    >>> Steps.of(Fraction(1051031250001, 10**9)).decimal
    '1051.031250001'
    >>> s = Steps.of(10**400); s.decimal, s.log10
    ('1.0000000000000000e+400', 400.0)
    """

    value: Any            # fmpq, arb or math.inf

    @classmethod
    def of(cls, value: Any) -> Steps:
        """Wrap a rational number or a ball that `exact` reads, or infinity (float or SymPy's oo)."""
        if (isinstance(value, float) and value == INFINITY) or type(value).__name__ == "Infinity":
            return cls(INFINITY)
        number = exact(value, "steps")
        if not isinstance(number, (flint.fmpq, flint.arb)):
            raise InputError(f"steps: {number} is neither rational nor a ball")
        return cls(number)

    @property
    def exact(self) -> str | None:
        """'p/q' (or 'p'), 'oo', or None for a ball, which has an error bound instead."""
        if self.value is INFINITY:
            return "oo"
        return str(self.value) if isinstance(self.value, flint.fmpq) else None

    @property
    def log10(self) -> float:
        """Decimal logarithm, correct to double precision at any size."""
        if self.value is INFINITY:
            return INFINITY
        with ball_precision(80):
            return float(flint.arb(self.value).log() / flint.arb(10).log())

    @property
    def decimal(self) -> str:
        """17 significant digits, correctly rounded (half up) from the exact value; a ball prints '± radius'.

        Values of 1e17 and above come with an exponent of any size, never as an overflowing float.
        """
        if self.value is INFINITY:
            return "oo"
        if isinstance(self.value, flint.arb):
            return self.value.str(17, radius=True)
        return decimal(self.value)

    def __float__(self) -> float:
        try:
            return float(fraction(self.value))
        except OverflowError:
            return INFINITY

    def __str__(self) -> str:
        return self.decimal

    def _repr_latex_(self) -> str:
        from theory.notebook import steps_latex

        return steps_latex(self)

    def to_json(self) -> dict[str, Any]:
        """{'exact', 'decimal', 'log10'}; infinities are the strings 'oo' and null for the logarithm."""
        return {"exact": self.exact, "decimal": self.decimal,
                "log10": None if self.value is INFINITY else self.log10}


def decimal(value: flint.fmpq, digits: int = 17) -> str:
    """`digits` significant digits of a rational, rounded half up in integer arithmetic.

    >>> decimal(flint.fmpq(2, 3), 5), decimal(flint.fmpq(50141), 17), decimal(flint.fmpq(10**20), 4)
    ('0.66667', '50141', '1.000e+20')
    """
    p, q, ten = value.p, value.q, flint.fmpz(10)      # flint's integers: Python's are quadratic at this size
    if p == 0:
        return "0"
    sign, p = ("-", -p) if p < 0 else ("", p)
    # the exponent: a ball logarithm may straddle an integer, so correct it in integers
    with ball_precision(80):
        exponent = int(float((flint.arb(p) / q).log() / flint.arb(10).log()) // 1)
    while _at_least(p, q, exponent + 1):
        exponent += 1
    while not _at_least(p, q, exponent):
        exponent -= 1
    shift = digits - 1 - exponent
    top, bottom = (p * ten**shift, q) if shift >= 0 else (p, q * ten**-shift)
    mantissa = (2 * top + bottom) // (2 * bottom)
    if mantissa == 10**digits:
        mantissa, exponent = mantissa // 10, exponent + 1
    text = str(mantissa)
    if -5 <= exponent < 17:
        if exponent < 0:
            text = "0." + "0" * (-exponent - 1) + text
        elif exponent + 1 < len(text):
            text = text[:exponent + 1] + "." + text[exponent + 1:]
        else:
            text = text + "0" * (exponent + 1 - len(text))
        return sign + (text.rstrip("0").rstrip(".") if "." in text else text)
    return f"{sign}{text[0]}.{text[1:]}e{exponent:+d}"


def _at_least(p: flint.fmpz, q: flint.fmpz, exponent: int) -> bool:
    """Whether p/q >= 10^exponent."""
    ten = flint.fmpz(10)
    return p >= q * ten**exponent if exponent >= 0 else p * ten**-exponent >= q


class ball_precision:
    """A block in which flint's balls carry `bits` bits.

    >>> with ball_precision(20):
    ...     flint.arb(2).sqrt().rel_accuracy_bits() < 25
    True
    """

    def __init__(self, bits: int):
        self.bits = bits

    def __enter__(self) -> None:
        self.before, flint.ctx.prec = flint.ctx.prec, self.bits

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = self.before
