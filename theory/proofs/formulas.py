"""Formulas in Coq's notation for reals: SymPy expressions, and claims' bodies run at symbols.

Setting. Symbols keep their names; a whole number where a real one is expected is read as that real number, as in the
sources. An exponent is a whole number in Coq, too, where subtraction stops at 0: so none is written in an exponent.

Not covered: what is no rational function of symbols and of powers with whole exponents, of max, |.| and log.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import sympy

from theory.numeric import InputError

POWER = sympy.Function("power")
FUNCTIONS = {sympy.Abs: "Rabs", sympy.log: "ln"}
SUM, PRODUCT, ATOM = range(3)          # how tightly the outermost sign of a text binds


def coq(value: Any, within: int = SUM) -> str:
    """A number, truth value (1 or 0), SymPy expression or tuple of these; in brackets where `within` binds tighter.

    >>> W, K, L = sympy.symbols("W K L")
    >>> coq((2*W - 1)*POWER((L + 1)**2/L, K))
    '(2 * W - 1) * ((L + 1) ^ 2 / L) ^ K'

    Errors: `InputError` for what has no such notation.
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(coq, value))})"
    text, binds = _written(_symbolic(value))
    return text if binds >= within else f"({text})"


def _symbolic(value: Any) -> Any:
    if isinstance(value, bool):
        return sympy.Integer(int(value))
    if hasattr(value, "numerator"):
        return sympy.Rational(int(value.numerator), int(value.denominator))
    value = sympy.sympify(value)
    return sympy.Rational(float(value)) if value.is_Float else value       # the rational that a float is


def _written(value: Any) -> tuple[str, int]:
    if value.is_Symbol:
        return str(value.name), ATOM
    if value.is_Integer:
        return str(value), ATOM if value >= 0 else SUM
    if value.func in FUNCTIONS:
        return f"{FUNCTIONS[value.func]} {coq(value.args[0], ATOM)}", PRODUCT
    if value.is_Rational:
        return f"{value.p} / {value.q}", PRODUCT if value.p >= 0 else SUM
    if value.is_Add:
        return _sum(value), SUM
    if value.is_Mul or value.is_Pow or value.func == POWER:
        return _product(value)
    if value.func == sympy.Max:
        first, *rest = (coq(part, ATOM) for part in value.args)
        for other in rest:
            first = f"(Rmax {first} {other})"
        return first, ATOM
    raise InputError(f"{value} cannot be written in Coq")


def _sum(value: Any) -> str:
    text = ""
    for term in value.as_ordered_terms():
        minus = term.could_extract_minus_sign()
        part = coq(-term if minus else term, PRODUCT)
        text += f" {'-' if minus else '+'} {part}" if text else f"-{part}" if minus else part
    return text


def _product(value: Any) -> tuple[str, int]:
    above, below, minus = [], [], False
    for factor in value.args if value.is_Mul else (value,):
        if factor == -1:
            minus = True
        elif factor.is_Rational:
            minus ^= factor < 0
            above += [str(abs(factor.p))] if abs(factor.p) != 1 else []
            below += [str(factor.q)] if factor.q != 1 else []
        elif factor.is_Pow or factor.func == POWER:
            base, exponent = factor.args
            whole, rest = exponent.as_coeff_Add() if exponent.free_symbols else (exponent, sympy.Integer(0))
            # b^(K-2) is b^K / b^2: a difference of whole numbers would stop at 0 in Coq
            for part in ((exponent,) if whole >= 0 and not rest.could_extract_minus_sign() else (rest, whole)):
                if part != 0:
                    under = part.could_extract_minus_sign()
                    (below if under else above).append(_power(base, -part if under else part))
        else:
            above.append(coq(factor, PRODUCT + 1))
    if minus or len(above) + len(below) > 1 or below:
        under = "" if not below else f" / {below[0]}" if len(below) == 1 else f" / ({' * '.join(below)})"
        return f"{'-' if minus else ''}{' * '.join(above) or '1'}{under}", SUM if minus else PRODUCT
    return (above or ["1"])[0], ATOM


def _power(base: Any, exponent: Any) -> str:
    shown = coq(base, ATOM) if base.is_Symbol or base.is_Integer else f"({coq(base)})"
    return shown if exponent == 1 else f"{shown} ^ {_whole(exponent)}"


def _whole(value: Any) -> str:
    if value.is_Symbol or value.is_Integer:
        return str(value)
    parts = value.as_coefficients_dict()
    if any(n < 0 for n in parts.values()):
        raise InputError(f"{value} is no sum of whole exponents")
    return f"({' + '.join(_multiple(term, n) for term, n in parts.items())})"


def _multiple(term: Any, times: Any) -> str:
    if not times.is_Integer:
        raise InputError(f"{times} {term} is no whole exponent")
    return str(times) if term == 1 else f"{term}" if times == 1 else f"{times} * {term}"


def formula(body: Callable[..., Any]) -> str:
    """What a claim's body, or its twin, computes at symbols of its parameters' names, in Coq.

    A body that takes a maze is given one whose sizes are symbols, and no policy: it may use the sizes only.

    >>> formula(lambda W, K: (2 * W - 1) * (2 * K + 1))
    '((2 * K + 1) * (2 * W - 1))'
    """
    signature = inspect.signature(body).parameters.values()
    W, K, L = (sympy.Symbol(name, positive=True) for name in "WKL")
    known = {"maze": SimpleNamespace(W=W, K=K, L=L, shortest=2 * K + 1), "policy": None, "target": None}
    symbols = [known.get(p.name, sympy.Symbol(p.name, positive=True)) for p in signature if p.default is p.empty]
    options = {"power": POWER} if any(p.name == "power" for p in signature) else {}
    return coq(body(*symbols, **options), ATOM)
