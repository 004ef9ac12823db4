"""How many traces or golden paths it takes until the data contain every row: exact laws.

Setting. A *teacher's trace* is a walk of the optimum (all rows 1): from the fork it draws a branch uniformly, with
replacement, until it draws the target; each wrong draw walks out to the leaf and back, so it shows the backward rows of
that branch. A *golden path* goes straight to the target. The target is *fixed*, or drawn uniformly for each trace. In
mixed data each trace is a teacher's with probability eps, else a golden path.

One trace shows no retreat in any of i given branches with probability q_i:

    fixed target, i of the m = W-1 wrong branches    q_i = 1/(i+1)              the target comes first among i+1
    uniform targets, i >= 1 of all m = W branches    q_i = (W+1)/(W(i+1))       = (W-i)/W 1/(i+1) + i/W 1/i
    mixed data                                       q_i(eps) = 1 - eps + eps q_i, q_0 = 1

so, with F the probability that some branch is still unseen after n traces, 1 - F(n) = sum_i (-1)^i C(m,i) q_i^n.

Three facts carry the bounds. (1) For a fixed target the number N of traces until all are seen is 1 + G_1 + .. + G_m,
independent, G_j geometric from 0 with ratio 1/(j+1): 1/(i+1)^n is the mean of e^(-iX) with X the n-th event of a
Poisson process of rate 1, so all are seen by trace n when the largest of m independent exponentials is below X; count
the events in its m spacings, of rates m .. 1. (2) Uniform targets: F_uniform(W, n) = (1 + 1/W)^n F_fixed(W+1, n), term
by term. (3) So F is log-concave in n, and F(n+1)/F(n) falls to q_1 >= 1/2.

Golden paths on the full multigraph pick one of L copies in every diamond, and row a is a row a copy. With q(k) the
probability that k paths show all L copies of one diamond and g(x) = sum_k q(k)^K (x/W)^k/k!, all W K L rows a (and
with them the rows c) are seen after n paths with probability n! [x^n] g(x)^W.

All values are exact Fractions. Not covered: how long training takes on such data (`theory.samples`), what a student
with a gap costs (`theory.distillation`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import comb, factorial
from typing import Any

import flint

from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact, fraction, integer


def missed(W: int, i: int, *, fixed: bool = False, eps: Any = 1) -> Fraction:
    """q_i: probability that one trace shows no retreat in any of i given branches (wrong ones, if `fixed`).

    >>> missed(4, 2), missed(4, 2, fixed=True), missed(4, 1, fixed=True, eps="1/10")
    (Fraction(5, 12), Fraction(1, 3), Fraction(19, 20))
    """
    return fraction(_missed(W, integer(i, "i", least=0), fixed, share(eps)))


def _missed(W: int, i: int, fixed: bool, eps: flint.fmpq) -> flint.fmpq:
    if not 0 <= i <= branches(W, fixed):
        raise InputError(f"i = {i}: there are {branches(W, fixed)} branches to see")
    if i == 0:
        return flint.fmpq(1)
    return 1 - eps + eps * (flint.fmpq(1, i + 1) if fixed else flint.fmpq(W + 1, W * (i + 1)))


def branches(W: int, fixed: bool) -> int:
    """m, the branches whose backward rows are to be seen: W-1 for a fixed target, W for uniform ones; W >= 2.

    >>> branches(15, fixed=True), branches(15, fixed=False)
    (14, 15)
    """
    return integer(W, "W", least=2) - 1 if fixed else integer(W, "W", least=2)


def share(eps: Any, name: str = "eps") -> flint.fmpq:
    """A number in (0, 1], exactly; `InputError` shows it otherwise.

    >>> share("0.1")
    1/10
    """
    value = exact(eps, name)
    if not 0 < value <= 1:
        raise InputError(f"{name} = {value}: must lie in (0, 1]")
    return value


def covered(W: int, n: int, *, fixed: bool = False, eps: Any = 1) -> Fraction:
    """P(the backward rows of every branch are seen after n traces): sum_i (-1)^i C(m,i) q_i^n.

    `fixed`: one target, its W-1 wrong branches; else uniform targets and all W. Cost: m powers of rationals.

    >>> covered(3, 1, fixed=True), covered(3, 2), covered(3, 2, eps="1/2")
    (Fraction(1, 3), Fraction(4, 27), Fraction(1, 27))
    """
    m, eps, n = branches(W, fixed), share(eps), integer(n, "n", least=0)
    return fraction(sum(((-1) ** i * comb(m, i) * _missed(W, i, fixed, eps) ** n for i in range(m + 1)),
                        flint.fmpq(0)))


def mean_traces(W: int, *, fixed: bool = False, eps: Any = 1) -> Fraction:
    """Expected number of traces until the backward rows of every branch are seen.

    Fixed target: (1 + H_{W-1})/eps, H the harmonic number. Uniform: W((1 + 1/W) prod_{j<=W} j/(j - 1/W) - 1)/eps.
    Both grow as log W (natural), though the *expected number of unseen branches* falls only as 2^-n.

    >>> mean_traces(4, fixed=True), mean_traces(2), mean_traces(2, eps="1/10")
    (Fraction(17, 6), Fraction(6, 1), Fraction(60, 1))
    """
    m, eps = branches(W, fixed), share(eps)
    if fixed:
        return fraction((1 + sum((flint.fmpq(1, j) for j in range(1, m + 1)), flint.fmpq(0))) / eps)
    product = flint.fmpq(W + 1, W)
    for j in range(1, W + 1):
        product *= flint.fmpq(W * j, W * j - 1)
    return fraction(W * (product - 1) / eps)


def least_number(failure: Callable[[int], Any], delta: Any) -> int:
    """Least n >= 0 with failure(n) <= delta, for a failure probability that falls to 0 as n grows; delta in (0, 1].

    >>> least_number(lambda n: Fraction(1, 2**n), "1/1000")
    10
    """
    delta, high = fraction(share(delta, "delta")), 1
    while failure(high) > delta:
        high *= 2
    low = high // 2 if high > 1 else -1
    while high - low > 1:                      # failure(low) > delta >= failure(high)
        middle = (low + high) // 2
        low, high = (middle, high) if failure(middle) > delta else (low, middle)
    return high


def least_traces(W: int, delta: Any, *, fixed: bool = False, eps: Any = 1) -> int:
    """Least number of traces that show every branch's backward rows with probability at least 1 - delta.

    >>> least_traces(15, "1/100", fixed=True), least_traces(15, "1/100"), least_traces(15, "1/100", eps="1/100")
    (11, 12, 1504)
    """
    return least_number(lambda n: 1 - covered(W, n, fixed=fixed, eps=eps), delta)


# -- golden paths -----------------------------------------------------------------------------------------------

def coupons(m: int, n: int) -> Fraction:
    """P(n uniform draws from m coupons show all of them): sum_i (-1)^i C(m,i) (1 - i/m)^n.

    >>> coupons(2, 2), coupons(3, 2)
    (Fraction(1, 2), Fraction(0, 1))
    """
    return fraction(_coupons(integer(m, "m"), integer(n, "n", least=0)))


def _coupons(m: int, n: int) -> flint.fmpq:
    return flint.fmpq(sum((-1) ** i * comb(m, i) * (m - i) ** n for i in range(m + 1)), m**n)


def golden_law(W: int, K: int, L: int, n: int) -> list[Fraction]:
    """P(all forward rows of the multigraph are seen after 0, 1 .. n golden paths), a row a for each parallel edge.

    Targets and parallel edges uniform. Exact, so the numbers have some n log(WL) digits; seconds at n = 900.

    >>> golden_law(1, 1, 2, 3)
    [Fraction(0, 1), Fraction(0, 1), Fraction(1, 2), Fraction(3, 4)]
    """
    Maze(W, K, L), integer(n, "n", least=0)
    with _terms(n):
        total = _golden_series(K, L, n, 1) ** W
    return [fraction(_read(total, k, n, W, W * L**K)) for k in range(n + 1)]


def both_law(W: int, K: int, L: int, n: int) -> Fraction:
    """P(n teacher's traces, uniform targets, show every branch's backward rows, and their golden parts every row a).

    Inclusion and exclusion over the set of branches without a retreat, i of them: a trace then counts 1/i when its
    target is one of them, else 1/(i+1), so the law is n! [x^n] sum_i (-1)^i C(W,i) g(x/i)^i g(x/(i+1))^(W-i).

    >>> both_law(2, 1, 1, 4)
    Fraction(55, 128)
    """
    Maze(W, K, L), integer(n, "n", least=0), integer(W, "W", least=2)
    law = flint.fmpq(0)
    with _terms(n):
        for i in range(W + 1):
            # x in units that make both arguments, x/i and x/(i+1), whole
            inside, outside = (_golden_series(K, L, n, scale) for scale in (i + 1, max(i, 1)))
            term = _read(inside**i * outside ** (W - i), n, n, W, W * L**K * (max(i, 1) * (i + 1)))
            law += (-1) ** i * comb(W, i) * term
    return fraction(law)


@contextlib.contextmanager
def _terms(n: int) -> Iterator[None]:
    """Power series keep the terms up to x^n: flint truncates products by a number in its context."""
    before, flint.ctx.cap = flint.ctx.cap, n + 1
    try:
        yield
    finally:
        flint.ctx.cap = before


def _golden_series(K: int, L: int, n: int, scale: int) -> flint.fmpz_series:
    """n! g up to x^n in x/(W L^K), a series of integers, x scaled: python-flint 0.9 misreads series of rationals."""
    def onto(k: int) -> int:
        return sum((-1) ** i * comb(L, i) * (L - i) ** k for i in range(L + 1))

    return flint.fmpz_series([onto(k) ** K * scale**k * (factorial(n) // factorial(k)) for k in range(n + 1)], n + 1)


def _read(series: Any, k: int, n: int, factors: int, unit: int) -> flint.fmpq:
    """k! [x^k] of a product of `factors` series from `_golden_series`, x measured in 1/unit."""
    return flint.fmpq(int(series[k]) * factorial(k), factorial(n) ** factors * unit**k)


def least_golden_paths(W: int, K: int, L: int, delta: Any) -> int:
    """Least number of golden paths that show every forward row of the multigraph with probability at least 1 - delta.

    >>> least_golden_paths(2, 1, 2, "1/10")
    13
    """
    delta = fraction(share(delta, "delta"))
    law = golden_law(W, K, L, golden_union(W, K, L, delta))
    return next(n for n, seen in enumerate(law) if 1 - seen <= delta)


def golden_union(W: int, K: int, L: int, delta: Any) -> int:
    """Least n with W K L (1 - 1/(WL))^n <= delta: enough golden paths, by the union bound over the rows a.

    >>> golden_union(2, 1, 2, "1/10")
    13
    """
    Maze(W, K, L)
    return least_number(lambda n: W * K * L * (1 - Fraction(1, W * L)) ** n, delta)


def ceiling(ball: Callable[[], Any]) -> int:
    """The ceiling of a real number, computed as a ball by `ball()` at rising precision.

    >>> ceiling(lambda: flint.arb(2).sqrt())
    2
    """
    for bits in (64, 256, 1024):
        with ball_precision(bits):
            rounded = ball().ceil().unique_fmpz()
        if rounded is not None:
            return int(rounded)
    raise InputError("the number lies too near an integer to round it up")
