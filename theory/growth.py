"""Balance: what decides whether a homogeneous policy's cost is exponential in K.

Setting. r = ac/(bd) is the odds, over one diamond, of going on outwards against going on inwards. E, the excursion
into a wrong branch, sums powers of r; 1/R, the number of entries the target branch takes, sums powers of 1/r. So
the cost grows as exp(K |log r|): an imbalance either way is fatal, and only ac = bd is polynomial. Base is balanced;
SFT raises a and c and leaves b and d, so r = rho = (L+1)^2/L; the optimum is balanced again.

For rows that differ, let phi_n = sum_{i<=n} log r_i, r_x = P_x/Q_x, phi_0 = 0, kappa_x = (1-P_x)/P_x, and

    M = max_{0<=n<=2K} e^(phi_n),        m = max(1, max_x kappa_x e^(-phi_{x-1})).

Then (W-1) M m <= H <= 2 W (2K+1)^2 M m: up to a polynomial, the cost is the range of the potential phi, its lower end
weighted by the odds of turning round there. Proof. M <= E <= (4K+1) M and m <= Z <= (2K+1) m, term by term in their
sums; the lower bound is H >= (W-1) E Z. For the upper one, beta_x = sum_{i<=x} (e^(phi_i) + e^(phi_{i-1})) e^(-phi_x)
<= 2x M e^(-phi_x), so Y = sum_x (1 + kappa_x + kappa_x beta_{x-1}) <= 2K (1 + m M) + 4K^2 m M <= (4K + 4K^2) m M, and
(W + (W-1)(4K+1) M)(2K+1) m + (4K + 4K^2) m M <= 2W (2K+1)^2 M m.

For W = 1 only the target branch counts, and M costs nothing.
"""

from __future__ import annotations

import math
from typing import Any

from theory.numeric import exact, fraction, integer


def balance(a: Any, b: Any, c: Any, d: Any) -> Any:
    """r = ac/(bd), exactly; 1 means balanced. Rows in (0, 1].

    >>> balance(1, "5/6", 1, "1/6"), balance("1/6", "5/6", "5/6", "1/6")
    (Fraction(36, 5), Fraction(1, 1))
    """
    a, b, c, d = (exact(value, f"row {name}") for name, value in zip("abcd", (a, b, c, d), strict=True))
    return fraction(a * c / (b * d))


def exponent(a: Any, b: Any, c: Any, d: Any) -> Any:
    """|log(ac/(bd))|: the growth exponent of H a diamond, for W >= 2 and rows in (0, 1].

    A float for rationals; a formula for SymPy symbols.

    >>> round(exponent(1, "5/6", 1, "1/6"), 12) == round(math.log(7.2), 12)
    True
    """
    r = balance(a, b, c, d)
    if hasattr(r, "free_symbols"):
        import sympy

        return sympy.Abs(sympy.log(r))
    return abs(math.log(r.numerator) - math.log(r.denominator))


def potential(P: Any, Q: Any) -> Any:
    """M m for persistence P, Q in (0, 1] at x = 1 .. 2K: the size of the cost up to a polynomial; exact.

    >>> potential(["1/2", 1], [1, "1/4"])
    Fraction(2, 1)
    """
    height = highest = lowest = exact(1)
    for x, (p, q) in enumerate(zip(P, Q, strict=True), 1):
        p, q = exact(p, f"P_{x}"), exact(q, f"Q_{x}")
        lowest = max(lowest, (1 - p) / p / height)
        height = height * p / q
        highest = max(highest, height)
    return fraction(highest * lowest)


def lower_bound(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """max(2(W-1) r^K, (2W-1) kappa r^(1-K)), kappa = (1-c)/c + (d/c)(1-a)/a: a lower bound on H, steps.

    The first is the last term of E's sum once for each wrong branch; the second the last term of 1/R's, times
    F = W + (W-1)E >= 2W - 1.

    >>> lower_bound(15, 15, 1, "5/6", 1, "1/6") > 10**14
    True
    """
    K = integer(K, "K")
    W, a, b, c, d = (exact(value, name) for name, value in zip("Wabcd", (W, a, b, c, d), strict=True))
    r, kappa = a * c / (b * d), (1 - c) / c + d / c * (1 - a) / a
    outward, inward = 2 * (W - 1) * r**K, (2 * W - 1) * kappa * r ** (1 - K)
    return fraction(outward if outward >= inward else inward)
