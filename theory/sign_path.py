"""The path that sign descent follows from base, exactly: rows, cost, and where every sign on it is right.

Setting. Sign descent moves every log-odds of persisting by lr a step. While every sign is right they all rise
together, so after a rise of s the rows are, with y = e^-s in (0, 1],

    a = d = alpha = 1/(1 + L y),    b = c = beta = L/(L + y),

which are balanced (ac = bd), so the cost is `closed_forms.balanced_steps`. With rho = beta/alpha, kappa_v = L y,
kappa = y/L + kappa_v/rho, F = 2W-1 + 2(W-1)(1+rho)K and Z = 1 + K kappa, the recursion of `theory.hitting` gives

    1 + D_{2j-1} = 2(1+1/rho)(K-j+1),     1 + D_{2j} = 2 + 2(1+rho)(K-j),      zeta_{2j} = (K-j) kappa,
    zeta_{2j-1} = kappa_v + rho zeta_{2j}, 1 + N_{2j-2} = 1 + F + 2(1+rho)(j-1), 1 + N_{2j-1} = 2 + (1 + N_{2j-2})/rho,

and -dH/d(row) is, up to a positive factor, the `margins` below: what persisting saves on one side of the maze less
what it costs on the other. All four are rational functions of W, K, j, L, y. For W = K+1+w, K = j+i, j = 1+j', L = 1+l,
y = 1/(1+t) their numerators and denominators have no negative coefficient and a positive constant: so for W >= K+1 no
sign is ever wrong, whatever the step, and the path above is the whole run (`sign_certificate`).

Stands on the recursion of `theory.hitting`, written out; the check of the certificate compares `margins` with its
gradient. Not covered:
W <= K, where rows are pushed back near base and the step size matters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from theory import closed_forms
from theory.numeric import InputError, ball_precision, exact, fraction, integer


def rows(L: Any, y: Any) -> tuple[Any, Any]:
    """(alpha, beta): rows a and d, rows b and c, at y = e^-s; y in (0, 1] or an element of a field."""
    return 1 / (1 + L * y), L / (L + y)


def cost(W: Any, K: Any, L: Any, y: Any) -> Any:
    """Expected steps on the path at y = e^-s, in the number type of y; y = 1 is base, y = 0 the optimum."""
    alpha, beta = rows(L, y)
    if isinstance(y, flint.arb):                 # balls stay balls
        return closed_forms.balanced_form(W, K, alpha, beta, beta, alpha)
    return closed_forms.balanced_steps(W, K, alpha, beta, beta)


def margins(W: Any, K: Any, j: Any, L: Any, y: Any) -> dict[str, Any]:
    """For the rows of diamond j: a positive multiple of -dH/d(log-odds); positive means pushed towards 1."""
    alpha, beta = rows(L, y)
    rho, kappa_v = beta / alpha, L * y
    kappa = y / L + kappa_v / rho
    F, Z = 2 * W - 1 + 2 * (W - 1) * (1 + rho) * K, 1 + K * kappa
    before = 1 + F + 2 * (1 + rho) * (j - 1)                         # 1 + N_{2j-2}
    inside = 2 + before / rho                                        # 1 + N_{2j-1}
    zeta_v = (K - j) * kappa
    zeta_u = kappa_v + rho * zeta_v
    beyond_u, beyond_v = 2 * (1 + 1 / rho) * (K - j + 1), 2 + 2 * (1 + rho) * (K - j)
    return {"a": inside * (1 + beta * zeta_v) / alpha**2 - (W - 1) * Z * rho * beyond_v / beta,
            "b": (W - 1) * Z * beyond_v / rho - inside * zeta_v,
            "c": before * (1 + alpha * zeta_u) / beta**2 - (W - 1) * Z * beyond_u / alpha,
            "d": (W - 1) * Z * beyond_u * rho**2 - before * zeta_u}


def sign_certificate(least: Callable[..., Any]) -> dict[str, Any]:
    """Why no margin is negative once W >= least(K, L): the negative coefficients, none; the constants, all positive."""
    from sympy import QQ
    from sympy.polys.fields import field

    _, w, i, j, l, t = field("w,i,j,l,t", QQ)
    K, L = 1 + j + i, 1 + l
    return {f"row {name}, {what}": value
            for name, margin in margins(least(K, L) + w, K, 1 + j, L, 1 / (1 + t)).items()
            for what, value in _negative(margin).items()}


def _negative(value: Any) -> dict[str, Any]:
    found = {f"{part} coefficient of {powers}": coefficient
             for part, terms in (("numerator", value.numer.terms()), ("denominator", value.denom.terms()))
             for powers, coefficient in terms if coefficient < 0}
    constant = value.numer.coeff(1) if value.numer else 0
    return found | ({} if constant > 0 else {"numerator constant": constant or -1})


# -- how long it takes ------------------------------------------------------------------------------------------

def scale(K: Any, L: Any) -> Any:
    """K(L + 1/L), exactly: what y must be small against."""
    L = closed_forms.parameter(L)
    return fraction(K * (L + 1 / L)) if isinstance(L, flint.fmpq) else K * (L + 1 / L)


def cost_certificate(argument: Callable[..., Any], excess: Callable[[Any], Any], *, above: bool) -> dict[str, Any]:
    """Negative coefficients of (1 + excess(delta)) optimum - cost at y = 1/argument(K, L, delta), or of the reverse.

    For W = K+1+w, K = 1+k, L = 1+l, delta = 1/(1+t) in (0, 1]. None left: the inequality holds for all of them.
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, w, k, l, t = field("w,k,l,t", QQ)
    K, L, delta = 1 + k, 1 + l, 1 / (1 + t)
    W = K + 1 + w
    alpha, beta = rows(L, 1 / argument(K, L, delta))
    difference = ((1 + excess(delta)) * (2 * W - 1) * (2 * K + 1)
                  - closed_forms.balanced_form(W, K, alpha, beta, beta, alpha))
    return {name: value for name, value in _negative(difference if above else -difference).items() if "constant" not in
            name}


def steps(W: int, K: int, L: int, lr: Any, delta: Any) -> int:
    """The least n with cost <= (1 + delta) * optimum after n steps of size lr along the path; rigorous, by balls.

    Errors: `InputError` for lr <= 0 or delta <= 0, or when balls cannot decide.
    """
    W, K, L = integer(W, "W"), integer(K, "K"), integer(L, "L")
    lr, delta = exact(lr, "lr"), exact(delta, "delta")
    if lr <= 0 or delta <= 0:
        raise InputError(f"lr = {lr}, delta = {delta}: both must be positive")
    goal = (1 + delta) * exact(closed_forms.optimum_steps(W, K))

    def reached(n: int) -> bool:
        bits = 64
        while bits < 1 << 14:
            with ball_precision(bits):
                value = cost(W, K, L, (-flint.arb(lr * n)).exp())
                if value <= goal or value > goal:
                    return bool(value <= goal)
            bits *= 2
        raise InputError(f"lr = {lr}, delta = {delta}: step {n} could not be decided")

    high = 1
    while not reached(high):
        high *= 2
    low = 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle + 1, high)
    return low


def ceil_log(argument: Any, lr: Any) -> int:
    """ceil(log(argument) / lr), at least 0: the exact integer of the exact logarithm of a rational."""
    argument, lr = exact(argument), exact(lr)
    if argument <= 1:
        return 0
    bits = 64
    while bits < 1 << 14:
        with ball_precision(bits):
            found = (flint.arb(argument).log() / lr).ceil().unique_fmpz()
        if found is not None:
            return int(found)
        bits *= 2
    raise InputError(f"log({argument})/{lr} could not be rounded up")
