"""Numbers as the explorer shows them: read by a small grammar, printed to a last digit that is right.

A quantity is rational, infinite, or a real known by balls of as many bits as are asked for; a real is printed once both
ends of its ball print alike. The page of the report has the same grammar and prints the same texts (a test compares).

Stands on `theory.numeric`. Not covered: what the numbers are (`theory.views`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import flint

from theory.numeric import INFINITY, InputError, Steps, ball_precision, decimal, exact

SHORT = 24                                                  # characters of a fraction that is printed as one
NUMBER = r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?"


def number(text: str, name: str) -> Any:
    """Read "1/6", "0.1" or "1e-3" exactly, by a grammar that the page shares; `InputError` for anything else."""
    if not re.fullmatch(rf"{NUMBER}(/{NUMBER})?", text, re.ASCII) or len(text) > 60:
        raise InputError(f"{name}: {text!r} is neither a number nor p/q")
    return exact(text, name)


class Quantity(NamedTuple):
    """A number to print: rational or infinite (`value`), or a real known by balls of as many bits as are asked for."""

    value: Any
    ball: Callable[[int], flint.arb] | None = None

    def text(self, digits: int = 17) -> str:
        """`digits` significant digits, rounded half up, every one right; 'oo' for infinity.

        Errors: `InputError` when balls of 2^17 bits do not decide the last digit.
        """
        if self.ball is None:
            return "oo" if self.value is INFINITY else printed(exact(self.value), digits)
        return settled(self.ball, lambda low, high: [printed(v, digits) for v in (low.fmpq(), high.fmpq())])

    @property
    def exact(self) -> str | None:
        """'p/q', 'p', 'oo', or None for a real."""
        return Steps.of(self.value).exact if self.ball is None else None

    @property
    def short(self) -> str:
        """The fraction where it is short, else ten digits."""
        text = self.exact
        return text if text is not None and len(text) <= SHORT else self.text(10)

    @property
    def log10(self) -> str:
        """The decimal logarithm as Python prints the nearest float; 'oo' for infinity."""
        if self.ball is None:
            return "oo" if self.value is INFINITY else repr(Steps.of(self.value).log10)
        return settled(self.ball, lambda low, high: [repr(Steps.of(v).log10) for v in (low, high)])


def settled(ball: Callable[[int], flint.arb], texts: Callable[[flint.arb, flint.arb], Sequence[str]]) -> str:
    """The text that both ends of the ball print, once it is small enough for them to agree."""
    bits = 64
    while bits < 1 << 17:
        bits *= 2
        with ball_precision(bits):
            value = ball(bits)
            if value.is_finite() and value.rel_accuracy_bits() > 20:
                low, high = texts(value.lower(), value.upper())
                if low == high:
                    return low
    raise InputError(f"{bits} bits do not decide the last digit")


def printed(value: flint.fmpq, digits: int) -> str:
    """`theory.numeric.decimal`, with an exponent from 10^digits on, where plain digits would claim more than that.

    >>> printed(exact(123456789), 6), printed(exact("8408.25"), 6), printed(exact("1/3"), 6)
    ('1.23457e+8', '8408.25', '0.333333')
    """
    text = decimal(value, digits)
    if "e" in text or abs(value) < 10**digits and Decimal(text).adjusted() < digits:
        return text
    return f"{Decimal(text):.{digits - 1}e}"


def tex(text: str) -> str:
    """A printed number as LaTeX mathematics."""
    if text == "oo":
        return r"$\infty$"
    mantissa, _, exponent = text.partition("e")
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$" if exponent else f"${text}$"
