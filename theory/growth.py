"""Balance: what decides whether a homogeneous policy's cost is exponential in K.

Setting. r = ac/(bd) is the odds, over one diamond, of going on outwards against going on inwards. E, the excursion
into a wrong branch, sums powers of r; 1/R, the number of entries the target branch takes, sums powers of 1/r. So
the cost grows as exp(K |log r|): an imbalance either way is fatal, and only ac = bd is polynomial. Base is balanced;
SFT raises a and c and leaves b and d, so r = rho = (L+1)^2/L; the optimum is balanced again.

For W = 1 only the target branch counts, and r > 1 costs nothing. Rows that differ between diamonds are not covered:
their exponent is a range of partial sums of log r_x.
"""

from __future__ import annotations

import math
from typing import Any

from theory.numeric import exact, fraction, integer


def balance(a: Any, b: Any, c: Any, d: Any) -> Any:
    """r = ac/(bd), exactly; 1 means balanced. Rows in (0, 1]."""
    a, b, c, d = (exact(value, f"row {name}") for name, value in zip("abcd", (a, b, c, d), strict=True))
    return fraction(a * c / (b * d))


def exponent(a: Any, b: Any, c: Any, d: Any) -> float:
    """|log(ac/(bd))|: the growth exponent of H a diamond, for W >= 2 and rows in (0, 1], a and c not both 1 if r < 1.

    Rationals only; a float.

    >>> round(exponent(1, "5/6", 1, "1/6"), 12) == round(math.log(7.2), 12)
    True
    """
    r = balance(a, b, c, d)
    return abs(math.log(r.numerator) - math.log(r.denominator))


def lower_bound(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """max(2(W-1) r^K, W kappa r^(1-K)), kappa = (1-c)/c + (d/c)(1-a)/a: a lower bound on H, steps.

    The first is the last term of E's sum once for each wrong branch; the second the last term of 1/R's, times W.
    """
    K = integer(K, "K")
    W, a, b, c, d = (exact(value, name) for name, value in zip("Wabcd", (W, a, b, c, d), strict=True))
    r, kappa = a * c / (b * d), (1 - c) / c + d / c * (1 - a) / a
    outward, inward = 2 * (W - 1) * r**K, W * kappa * r ** (1 - K)
    return fraction(outward if outward >= inward else inward)
