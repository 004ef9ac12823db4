"""What SFT's side of the data costs: training time to a given error, golden paths to see every forward row.

Setting. A row is a softmax over L+1 edges, `golden` of which its data choose, uniformly: 1 for the rows a (golden
paths) and d (retreats), L for c and b. With the row visited at rate w per unit of training time, all logits starting
at 0, the gap D between a golden logit and another obeys (g golden edges, h = L+1-g others)

    g e^D + h D = g + w ((L+1)/g) t,      the row is g e^D/(g e^D + h)        (theory.dynamics, both rows at once)

since a golden logit grows at w(1-p)/g and another falls at w(1-p)/h. So the error 1 - p = delta is reached at

    t = g (g (X - 1) + h log X)/(w (L+1)),      X = e^D = h(1-delta)/(g delta),  X >= 1 up to base's error h/(L+1).

From 0 <= log X <= X - 1 it lies between g^2 (X-1)/(w(L+1)) and g (X-1)/w, which differ by the factor (L+1)/g.

Mixed data. The loss sums over visits. With rows tied across branches and parallel edges a teacher's trace visits each
backward row once a wrong draw, W-1 times on average; so a share eps of such traces makes the rate eps (W-1), and the
time to a backward error is the forward row's, over eps (W-1). Untied across branches the rate is eps for a fixed target
and eps (W-1)/W for uniform ones; row d of a single parallel edge has 1/L of it.

Golden paths to see every row: `theory.coverage`. A golden path shows one of the WL rows a of the j-th diamonds,
uniformly, so the union bound over W K L rows holds, and the coupon collector's lower bound over W L of them.

Not covered: finite steps and batches (sampled learners), momentum; the error left after fitting finite data.
"""

from __future__ import annotations

import math
from typing import Any

import flint

from theory import coverage
from theory.claim import Domain, claim
from theory.closed_forms import parameter
from theory.numeric import InputError, exact, fraction, integer

FLOW = ("derived", "population gradient flow; module docstring")
LAW = ("derived", "inclusion and exclusion; docstring of theory.coverage")
ROW = Domain("L >= 1, golden = 1 (rows a, d) or L (rows c, b), w > 0, 0 < delta <= base's error 1 - golden/(L+1)",
             lambda L, golden, delta, **_: golden in (1, L) and 0 < exact(delta) <= 1 - exact(golden) / (L + 1))
RETREATS = Domain("W >= 2, 0 < eps <= 1, a row as in sft_time",
                  lambda W, L, golden, delta, **_: W >= 2 and ROW.holds(L=L, golden=golden, delta=delta))
PATHS = Domain("W, K, L >= 1, 0 < delta < 1")


# -- training time ----------------------------------------------------------------------------------------------

def training_time(L: int, golden: int, w: Any, delta: Any) -> float:
    """Training time at which a row's error falls to delta (see the module docstring); a float, to a few roundings.

    Errors: `InputError` for a rate that is not positive, an error above base's, which training never has, or one below
    1e-300.

    >>> round(training_time(5, 1, 1, "1/100"), 4)
    87.5038
    """
    integer(L, "L")
    if not integer(golden, "golden") <= L:
        raise InputError(f"golden = {golden}: the row has L + 1 = {L + 1} edges, one of them a way back")
    rate, more = float(exact(w, "w")), fraction(_gap(L, golden, coverage.share(delta, "delta"))) - 1
    if not rate > 0:
        raise InputError(f"visiting rate {w} must be positive")
    if not 0 <= more < 10**300:
        raise InputError(f"an error of {delta} lies outside 1e-300 .. base's, {1 - golden / (L + 1):.3g}")
    return golden * (float(golden * more) + (L + 1 - golden) * math.log1p(float(more))) / (rate * (L + 1))


def _gap(L: Any, golden: Any, delta: Any) -> Any:
    """X, the ratio of a golden edge's probability to another's at error delta."""
    L, golden, delta = map(parameter, (L, golden, delta))
    return (L + 1 - golden) * (1 - delta) / (golden * delta)


@claim("training time until a row's error is delta", source=FLOW, domain=ROW, stands_on=("sft_row_a", "sft_row_c"),
       control=lambda L, golden, w, delta: float(golden * (_gap(L, golden, delta) - 1) / exact(w)),
       control_words="the linear bound golden (X-1)/w")
def sft_time(L: int, golden: int, w: Any, delta: Any) -> Any:
    """SFT brings a row to error delta at time g (g (X-1) + (L+1-g) log X)/(w(L+1)), X = (L+1-g)(1-delta)/(g delta):
    row a, g = 1, at (y + L log y - 1)/(w(L+1)), y = L(1-delta)/delta; row c, g = L, at
    ((1-delta)/delta + log((1-delta)/(L delta)) - L)/(w(1+1/L))."""
    return training_time(L, golden, w, delta)


@claim("training time until a row's error is delta", source=FLOW, relation="at most", domain=ROW,
       stands_on=("sft_time",), control=lambda L, golden, w, delta: _linear(L, golden, w, delta, 1 - delta / 2),
       control_words="times 1 - delta/2")
def sft_time_most(L: Any, golden: Any, w: Any, delta: Any) -> Any:
    """SFT brings a row to error delta by time g (X-1)/w: row a by (L/delta - L - 1)/w, row c by
    (1/delta - L - 1)/w."""
    return _linear(L, golden, w, delta, 1)


@claim("training time until a row's error is delta", source=FLOW, relation="at least", domain=ROW,
       stands_on=("sft_time",), control=lambda L, golden, w, delta: _linear(
           L, golden, w, delta, (1 + parameter(1) / 100) * parameter(golden) / (parameter(L) + 1)),
       control_words="1 % more")
def sft_time_least(L: Any, golden: Any, w: Any, delta: Any) -> Any:
    """SFT needs at least g/(L+1) of that: row a (L/delta - L - 1)/(w(L+1)), row c (1/delta - L - 1) L/(w(L+1))."""
    return _linear(L, golden, w, delta, parameter(golden) / (parameter(L) + 1))


def _linear(L: Any, golden: Any, w: Any, delta: Any, factor: Any) -> Any:
    return fraction(parameter(factor) * parameter(golden) * (_gap(L, golden, delta) - 1) / parameter(w))


@claim("visits of a tied backward row in one trace of mixed data, in the mean", source=FLOW,
       domain=Domain("W >= 2, 0 < eps <= 1", lambda W, **_: W >= 2),
       control=lambda W, eps: fraction(parameter(eps) * (parameter(W) - 1) / 2), control_words="half of that")
def mixed_rate(W: Any, eps: Any) -> Any:
    """With a share eps of teacher's traces, a backward row tied across branches and parallel edges is visited
    eps (W-1) times a trace."""
    return fraction(parameter(eps) * (parameter(W) - 1))


@claim("training time until a tied backward row's error is delta, on mixed data", source=FLOW, domain=RETREATS,
       stands_on=("sft_time", "mixed_rate"),
       control=lambda W, L, golden, eps, delta: training_time(L, golden, exact(eps) * W, delta),
       control_words="W for W - 1")
def mixed_time(W: int, L: int, golden: int, eps: Any, delta: Any) -> Any:
    """A share eps of traces with retreats teaches the backward rows in the forward rows' time over eps (W-1): row d
    (golden = 1) as row a, row b (golden = L) as row c. So the gap goes for any eps > 0, at the price of 1/eps."""
    return training_time(L, golden, exact(eps) * (W - 1), delta)


# -- golden paths -----------------------------------------------------------------------------------------------

@claim("probability that n golden paths show the forward rows of every branch, rows tied across parallel edges",
       source=LAW, domain=Domain("W >= 1, n >= 0"),
       control=lambda W, n: fraction((1 - (1 - parameter(1) / W) ** n) ** W),
       control_words="branches seen independently")
def golden_branches(W: int, n: int) -> Any:
    """Golden paths are a coupon collector over branches: n of them show all with probability
    sum_i (-1)^i C(W,i) (1 - i/W)^n."""
    return coverage.coupons(W, n)


@claim("probability that n golden paths show every forward row of the full multigraph", source=LAW,
       domain=Domain("W, K, L >= 1, n >= 0"), stands_on=("golden_branches",),
       control=lambda W, K, L, n: coverage.coupons(W * L, n) ** K,
       control_words="diamonds of one branch seen independently")
def golden_rows(W: int, K: int, L: int, n: int) -> Any:
    """n golden paths show all W K L rows a, and all rows c, of the multigraph with probability n! [x^n] g(x)^W,
    g(x) = sum_k P(k draws show L coupons)^K (x/W)^k/k!."""
    return coverage.golden_law(W, K, L, n)[n]


def _needed(rows: Any, cells: Any, delta: Any) -> int:
    """ceil(cells log(rows/delta))."""
    return coverage.ceiling(lambda: flint.arb(cells) * (flint.arb(rows) / flint.arb(exact(delta))).log())


@claim("least number of golden paths that show every forward row of the multigraph with probability 1 - delta",
       source=LAW, relation="at most", domain=PATHS, stands_on=("golden_rows",),
       control=lambda W, K, L, delta: _needed(W * L, W * L, delta), control_words="W L for W K L in the logarithm")
def golden_paths_most(W: int, K: int, L: int, delta: Any) -> Any:
    """ceil(W L log(W K L/delta)) golden paths show every forward row with probability 1 - delta: many more than the
    log2(W/delta) traces of a teacher that do."""
    return _needed(W * K * L, W * L, delta)


@claim("least number of golden paths that show every forward row of the multigraph with probability 1 - delta",
       source=LAW, relation="at least", domain=Domain("W L >= 2, K >= 1, 0 < delta < 1", lambda W, L, **_: W * L >= 2),
       stands_on=("golden_rows",),
       control=lambda W, K, L, delta: _collector(W, L, delta, W * L), control_words="W L for W L - 1")
def golden_paths_least(W: int, K: int, L: int, delta: Any) -> Any:
    """At least (W L - 1) log(W L/log(1/(1-delta))) golden paths are needed, whatever K: the coupons of one diamond a
    branch are negatively associated, so all are seen with probability at most (1 - (1 - 1/(WL))^n)^(WL)."""
    return _collector(W, L, delta, W * L - 1)


def _collector(W: int, L: int, delta: Any, factor: int) -> flint.arb:
    risk = -(1 - flint.arb(exact(delta))).log()
    return factor * (flint.arb(W * L) / risk).log()
