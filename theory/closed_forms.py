"""Closed forms of the expected steps, for symbolic W, K, L, and the certificate that proves them.

Setting. With the same rows in every diamond the recursion of `theory.hitting` is affine a diamond, so K diamonds
are a geometric sum with ratio r = ac/(bd) outwards and s = 1/r inwards. All functions work over any number type:
ints and Fractions give Fractions, SymPy symbols give formulas.

The certificate (`residuals`) does not trust that derivation. It writes down the cost-to-go of *every* state as a
function of the diamond's number j = 0 .. K, with X standing for r^j and R for r^K (or, where r = 1, polynomials in
j and K), puts those values into the Bellman equations (at u, at v, at the leaf, at the fork, and the matching of
neighbouring diamonds), and reduces each residual in a field of rational functions. All residuals are zero exactly
when the closed form solves the whole system for every W, K and j at once; the solution is unique because the
target is reached with probability 1.

Stands on nothing but the Bellman equations. Not covered: rows that differ between diamonds or branches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from theory.numeric import InputError, exact, fraction

Power = Callable[[Any, Any], Any]


def parameter(value: Any) -> Any:
    """Read a parameter so that division is exact: numbers become rationals, symbols and field elements stay.

    >>> parameter("1/3")
    1/3
    """
    return value if type(value).__module__.startswith("sympy.") else exact(value, "parameter")


def power(q: Any, K: Any) -> Any:
    """q^K for numbers or symbols; the certificate passes its own, which answers the generator R.

    Errors: `InputError` for a rational K that is no integer.

    >>> power(flint.fmpq(36, 5), flint.fmpq(2))
    1296/25
    """
    if not isinstance(K, flint.fmpq):
        return q**K
    if K.q != 1:
        raise InputError(f"K = {K} is not an integer")
    return q ** int(K.p)


def base_steps(W: Any, K: Any, L: Any) -> Any:
    """Expected steps of the simple random walk: (2W-1)(K(L+1)+1)(K(L+1)+L)/L.

    >>> base_steps(15, 15, 5)
    Fraction(50141, 1)
    """
    W, K, L = map(parameter, (W, K, L))
    return fraction((2 * W - 1) * (K * (L + 1) + 1) * (K * (L + 1) + L) / L)


def sft_rate(L: Any) -> Any:
    """rho = (L+1)^2/L = L + 2 + 1/L, the factor a diamond by which imitation's cost grows.

    >>> sft_rate(5)
    Fraction(36, 5)
    """
    L = parameter(L)
    return fraction((L + 1) ** 2 / L)


def sft_steps(W: Any, K: Any, L: Any, power: Power = power) -> Any:
    """Expected steps of the SFT limit: W + 2K + (W-1)(1 + 2(L+1)(2L+1)/(L^2+L+1) (rho^K - 1)).

    >>> sft_steps(3, 2, 2)
    Fraction(174, 1)
    """
    W, K, L = map(parameter, (W, K, L))
    grown = power((L + 1) ** 2 / L, K)
    return fraction(W + 2 * K + (W - 1) * (1 + 2 * (L + 1) * (2 * L + 1) / (L**2 + L + 1) * (grown - 1)))


def optimum_steps(W: Any, K: Any) -> Any:
    """Expected steps when no row ever turns round but at a leaf: (2W-1)(2K+1).

    >>> optimum_steps(15, 15)
    Fraction(899, 1)
    """
    return fraction((2 * parameter(W) - 1) * (2 * parameter(K) + 1))


def homogeneous_steps(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any, power: Power = power) -> Any:
    """Expected steps for rows a, b, c, d in (0, 1], the same in every diamond, with ac != bd.

    *Not valid when* ac = bd (a ZeroDivisionError for numbers): see `balanced_steps`.

    >>> homogeneous_steps(3, 2, 1, "2/3", 1, "1/3")
    Fraction(174, 1)
    """
    W, K, a, b, c, d = map(parameter, (W, K, a, b, c, d))
    r = a * c / (b * d)
    grown = power(r, K)
    outward = (grown - 1) / (r - 1)
    inward = (1 - 1 / grown) / (1 - 1 / r)
    return fraction(_homogeneous(W, K, a, b, c, d, outward, inward, (inward - K) / (1 / r - 1)))


def balanced_steps(W: Any, K: Any, a: Any, b: Any, c: Any) -> Any:
    """Expected steps for homogeneous rows a, b, c in (0, 1] and d = ac/b, so that ac = bd: quadratic in K.

    *Not valid when* ac/b > 1: there is no such row d.

    >>> balanced_steps(15, 15, "1/6", "5/6", "5/6")
    Fraction(50141, 1)
    """
    W, K, a, b, c = map(parameter, (W, K, a, b, c))
    return fraction(_homogeneous(W, K, a, b, c, a * c / b, K, K, K * (K - 1) / 2))


def balanced_form(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """`balanced_steps` over any field, for rows that are known to satisfy ac = bd; nothing is converted or checked.

    >>> balanced_form(*map(exact, (15, 15, 1, 1, 1, 1)))
    899
    """
    return _homogeneous(W, K, a, b, c, d, K, K, K * (K - 1) / 2)


def _homogeneous(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any, outward: Any, inward: Any, double: Any) -> Any:
    """H from the geometric sums: outward = sum r^j, inward = sum s^j, double = sum_j sum_{i<j} s^i, j < K."""
    r, s = a * c / (b * d), b * d / (a * c)
    first = W + (W - 1) * (1 + 2 * (c / d + r) * outward)
    spread = (1 - c) / c + d / c * (1 - a) / a
    return (first + K * (1 / c + 1 / a + (1 - a) / a * (1 + d / c))
            + spread * (first * inward + (1 + 2 * b / a + s) * double))


# -- the certificate --------------------------------------------------------------------------------------------

def residuals(form: Callable[..., Any], family: str) -> dict[str, Any]:
    """Residuals of every Bellman equation when the cost from the fork is `form`; all zero iff it is right.

    `family` says which rows, and so which arguments `form` takes, all of them generators of an exact field:
      'homogeneous': form(W, K, a, b, c, d, power=...);      'balanced': form(W, K, a, b, c), d = ac/b;
      'sft': form(W, K, L, power=...);   'base': form(W, K, L);   'optimum': form(W, K).
    Errors: KeyError for another family; `InputError` when `form` asks for another power than r^K.

    >>> any(residuals(optimum_steps, "optimum").values())
    False
    >>> any(residuals(lambda W, K: optimum_steps(W, K) + 1, "optimum").values())
    True
    """
    from sympy import QQ
    from sympy.polys.fields import field

    if family in ("homogeneous", "balanced"):
        _, W, K, j, X, R, a, b, c, d = field("W,K,j,X,R,a,b,c,d", QQ)
        if family == "balanced":
            return _bellman(W, K, j, X, R, a, b, c, a * c / b, form(W, K, a, b, c), balanced=True)
        H = form(W, K, a, b, c, d, power=_generator(a * c / (b * d), K, R))
        return _bellman(W, K, j, X, R, a, b, c, d, H, balanced=False)
    _, W, K, j, X, R, L = field("W,K,j,X,R,L", QQ)
    one, single = L / L, 1 / (L + 1)
    rows, H = {
        "base": lambda: ((single, L * single, L * single, single), form(W, K, L)),
        "sft": lambda: ((one, L * single, one, single),
                        form(W, K, L, power=_generator((L + 1) ** 2 / L, K, R))),
        "optimum": lambda: ((one, one, one, one), form(W, K)),
    }[family]()
    return _bellman(W, K, j, X, R, *rows, H, balanced=family != "sft")


def _generator(r: Any, K: Any, R: Any) -> Power:
    def power(q: Any, exponent: Any) -> Any:
        if exponent != K or q not in (r, 1 / r):
            raise InputError(f"the form raises {q} to the power {exponent}, not r = {r} to K")
        return R if q == r else 1 / R

    return power


def _bellman(W: Any, K: Any, j: Any, X: Any, R: Any, a: Any, b: Any, c: Any, d: Any, H: Any,
             balanced: bool) -> dict[str, Any]:
    """Put the cost-to-go of every state, as a function of (j, X = r^j), into its equation."""
    r_u, r_v = c / d, a / b
    r, s, one = r_u * r_v, 1 / (r_u * r_v), W / W
    if balanced:
        X = R = one                                     # r = 1: its powers are no longer free symbols

    def ahead(j: Any, X: Any) -> Any:                   # [K - j]_r
        return K - j if balanced else (R / X - 1) / (r - 1)

    def passed(j: Any, X: Any) -> Any:                  # [j]_s
        return j if balanced else (1 / X - 1) / (s - 1)

    # Wrong branch. D at the even nodes x = 2j; the odd one from D_{2j} = 1 + r_u (1 + D_{2j+1}).
    def D_even(j: Any, X: Any) -> Any:
        return 1 + 2 * (r_u + r) * ahead(j, X)

    def D_odd(j: Any, X: Any) -> Any:
        return 2 * (1 + r_v) * ahead(j, X) - 1

    def sum_ahead(j: Any, X: Any, shift: int) -> Any:   # sum_{i<j} [K - i - shift]_r
        if balanced:
            return (K - shift) * j - j * (j - 1) / 2
        return (R / r**shift * passed(j, X) - j) / (r - 1)

    def back_even(j: Any, X: Any) -> Any:               # B_{2j}: cost-to-go at v_j moving towards the fork
        return (H + j * (1 / d + 1 / b - (1 - d) / d + (1 - b) / b)
                + (1 - d) / d * 2 * (1 + r_v) * sum_ahead(j, X, 0)
                + (1 - b) / b * 2 * (r_u + r) * sum_ahead(j, X, 1))

    def back_odd(j: Any, X: Any) -> Any:                # B_{2j+1}: at u_{j+1}
        return back_even(j, X) + (1 + (1 - d) * D_odd(j, X)) / d

    def away_odd(j: Any, X: Any) -> Any:                # A_{2j+1}
        return back_even(j, X) + D_even(j, X)

    def away_even(j: Any, X: Any) -> Any:               # A_{2j+2}
        return back_odd(j, X) + D_odd(j, X)

    # Target branch, from the far end: A_{2K+1} = 0.
    E = D_even(0 * one, one)
    first = W + (W - 1) * E
    step, spread = 1 + 2 * b / a + s, (1 - c) / c + d / c * (1 - a) / a

    def N_even(j: Any, X: Any) -> Any:
        return first / X + step * passed(j, X)

    def N_odd(j: Any, X: Any) -> Any:
        return 1 + d / c * (1 + N_even(j, X))

    def goal_odd(j: Any, X: Any) -> Any:                # A_{2j+1}
        if balanced:
            powers, doubles = K - j, (K * (K - 1) - j * (j - 1)) / 2
        else:
            powers = (1 / X - 1 / R) / (1 - s)
            doubles = (powers - (K - j)) / (s - 1)
        return ((K - j) * (1 / c + 1 / a + (1 - a) / a * (1 + d / c))
                + spread * (first * powers + step * doubles))

    def goal_even(j: Any, X: Any) -> Any:               # A_{2j+2}
        return goal_odd(j, X) - (1 + (1 - c) * N_even(j, X)) / c

    def goal_back_odd(j: Any, X: Any) -> Any:           # B_{2j+1}
        return goal_even(j, X) + N_odd(j, X)

    def goal_back_even(j: Any, X: Any) -> Any:          # B_{2j}
        return goal_odd(j, X) + N_even(j, X)

    rX, zero, end = (r * X, 0 * one, (K, R))
    return {
        "wrong, A at u": away_odd(j, X) - (1 + c * away_even(j, X) + (1 - c) * back_even(j, X)),
        "wrong, A at v": away_even(j, X) - (1 + a * away_odd(j + 1, rX) + (1 - a) * back_odd(j, X)),
        "wrong, B at u": back_odd(j, X) - (1 + d * back_even(j, X) + (1 - d) * away_even(j, X)),
        "wrong, B at v": back_even(j + 1, rX) - (1 + b * back_odd(j, X) + (1 - b) * away_odd(j + 1, rX)),
        "wrong, leaf": away_odd(*end) - (1 + back_even(*end)),
        "wrong, fork": back_even(zero, one) - H,
        "target, A at u": goal_odd(j, X) - (1 + c * goal_even(j, X) + (1 - c) * goal_back_even(j, X)),
        "target, A at v": goal_even(j, X) - (1 + a * goal_odd(j + 1, rX) + (1 - a) * goal_back_odd(j, X)),
        "target, B at u": goal_back_odd(j, X) - (1 + d * goal_back_even(j, X) + (1 - d) * goal_even(j, X)),
        "target, B at v": (goal_back_even(j + 1, rX)
                           - (1 + b * goal_back_odd(j, X) + (1 - b) * goal_odd(j + 1, rX))),
        "target, leaf": goal_odd(*end),
        "target, fork": goal_back_even(zero, one) - H,
        "fork": W * H - (W + (W - 1) * away_odd(zero, one) + goal_odd(zero, one)),
    }


def identity(form: Callable[..., Any], other: Callable[..., Any]) -> dict[str, Any]:
    """The difference of two rational functions of W and K, in an exact field; zero iff they are the same function.

    >>> identity(optimum_steps, lambda W, K: 4 * W * K + 2 * W - 2 * K - 1)
    {'difference': 0}
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, W, K = field("W,K", QQ)
    return {"difference": form(W, K) - other(W, K)}


def negative_coefficients(polynomial: Callable[..., Any], names: str = "WK") -> dict[str, Any]:
    """The negative coefficients of a polynomial in the named parameters after W = 1 + w, K = 1 + k, ...

    None left over means: nonnegative for all real W, K, .. >= 1. The converse fails: this can prove and not refute.

    >>> any(negative_coefficients(lambda W, K: 6 * W * K - optimum_steps(W, K)).values())
    False
    """
    from sympy import QQ
    from sympy.polys.rings import ring

    _, *shifts = ring(",".join(names.lower()), QQ)
    terms = polynomial(*(1 + shift for shift in shifts)).terms()
    return {f"coefficient of {names.lower()} to the {powers}": min(value, 0) for powers, value in terms}


def negative_with_powers(difference: Callable[..., Any]) -> dict[str, Any]:
    """The negative coefficients, numerator and denominator, of difference(W, K, L, power) for W >= 2 and K, L >= 1.

    In W = 2 + w, K = 1 + k, L = 1 + l, L^K = 1 + g and rho^K = L^K + q, where w, k, l, g, q >= 0 because rho >= L >= 1.
    None left over means that the difference is nonnegative for all W >= 2, K, L >= 1; the converse fails.
    Errors: `InputError` when another power is asked for.

    >>> any(negative_with_powers(lambda W, K, L, power: sft_steps(W, K, L, power) - W * power(L, K)).values())
    False
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, w, k, l, g, q = field("w,k,l,g,q", QQ)
    W, K, L = 2 + w, 1 + k, 1 + l

    def power(base: Any, exponent: Any) -> Any:
        known = {L: 1 + g, (L + 1) ** 2 / L: 1 + g + q}
        if exponent != K or base not in known:
            raise InputError(f"no bound is known for the power {exponent} of {base}")
        return known[base]

    value = difference(W, K, L, power)
    return {f"{part} coefficient of {powers}": min(coefficient, 0)
            for part, terms in (("numerator", value.numer.terms()), ("denominator", value.denom.terms()))
            for powers, coefficient in terms}


def growth_residual(form: Callable[..., Any]) -> dict[str, Any]:
    """H(K+2) - H(K+1) - 2 - form * (H(K+1) - H(K) - 2) for the SFT limit, in the field of W, K, L and R = rho^K.

    >>> growth_residual(lambda W, K, L: (L + 1) ** 2 / L)
    {'growth': 0}
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, W, K, L, R = field("W,K,L,R", QQ)
    H = [sft_steps(W, K + i, L, power=lambda q, _, i=i: R * q**i) for i in range(3)]  # type: ignore[misc]
    return {"growth": H[2] - H[1] - 2 - form(W, K, L) * (H[1] - H[0] - 2)}
