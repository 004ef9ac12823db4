"""How many rollouts it takes to get the sign of a policy-gradient coordinate right.

Setting as in `theory.estimator`: independent estimates G of -dH/dz, with r = |E G|/deviation. The average of n has the
wrong sign, or is 0, with probability at most 1/(1 + n r^2) (Cantelli), and never much less than a bound of the same
kind from below (`wrong_at_least`). The median of k such averages fails only if (k+1)/2 of them do, whose probability
is a binomial tail; `majority` picks the cheapest k. All coordinates at once: a union bound over those with a gradient.

Stands on `theory.estimator`. Not covered: tests that stop early; estimators other than REINFORCE's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from theory.dynamics import base_log_odds
from theory.estimator import MEAN, signal
from theory.maze import Maze
from theory.numeric import InputError, integer
from theory.policy import Policy

Array = np.ndarray


@functools.cache
def majority(delta: float) -> tuple[int, float]:
    """(k, x): the median of k averages, each over x/r^2 estimates, has the wrong sign with probability <= delta.

    Each average is wrong with probability <= 1/(1 + x), and the median needs (k+1)/2 wrong ones; k x is the least over
    odd k. k = 1 is Cantelli's x = (1 - delta)/delta. About 17 log(1/delta) in all for small delta.
    Errors: `InputError` unless 1e-200 <= delta <= 1/2.

    >>> majority(0.1), majority(1e-6)[0]
    ((1, 9.000000009), 31)
    """
    from scipy.special import betaincinv

    if not 1e-200 <= delta <= 0.5:
        raise InputError(f"delta = {delta}: must lie between 1e-200 and 1/2")
    # P(Bin(k, q) >= m) = I_q(m, m), m = (k+1)/2; the tail's inverse is good to far better than the 1e-9 given away
    odd = range(1, 2 * math.ceil(4 * math.log(1 / delta)) + 2, 2)
    wrong = {k: float(betaincinv((k + 1) / 2, (k + 1) / 2, delta)) for k in odd}
    return min(((k, (1 / q - 1) * (1 + 1e-9)) for k, q in wrong.items()), key=lambda pair: pair[0] * pair[1])


def rollouts_for_sign(ratio: float, delta: float, *, normal: bool = False) -> float:
    """Rollouts that give the sign of one coordinate with probability >= 1 - delta, from r^2 = (E G)^2/Var G.

    Rigorous, by `majority`. With `normal` the central limit's approximation (Phi^-1(1-delta))^2/r^2, no bound.
    A float, since it may exceed any integer type; infinite for r = 0.
    """
    if not ratio >= 0:
        raise InputError(f"r^2 = {ratio}: must not be negative")
    if ratio == 0:
        return math.inf
    if normal:
        from scipy.special import ndtri

        return max(1.0, float(ndtri(delta)) ** 2 / ratio)
    k, x = majority(delta)
    return float(k * math.ceil(x / ratio * (1 + 1e-9)))


def rollouts_for_signs(maze: Maze, policy: Policy | Array, delta: float, *, rows: str = "all", baseline: Any = MEAN,
                       normal: bool = False) -> float:
    """Rollouts that give the signs of all row entries at once, with probability >= 1 - delta (union bound).

    rows: 'all', 'backward' (b and d) or 'forward' (a and c). Entries without a gradient (S = 0) do not count.
    Errors: `InputError` as `signal`; for other `rows`.

    >>> f"{rollouts_for_signs(Maze(15, 15, 5), Policy.base(5), 0.01):.3g}"
    '6.42e+09'
    """
    return max(rollouts_along(maze, [policy], delta, rows=rows, baseline=baseline, normal=normal))


def rollouts_along(maze: Maze, policies: Any, delta: float, *, rows: str = "all", baseline: Any = MEAN,
                   normal: bool = False) -> Iterator[float]:
    """`rollouts_for_signs` of each of many policies or log-odds (points x 4 x K)."""
    chosen = {"all": [0, 1, 2, 3], "backward": [1, 3], "forward": [0, 2]}.get(rows)
    if chosen is None:
        raise InputError(f"rows {rows!r}: not one of all, backward, forward")
    for policy in policies:
        found = signal(maze, policy, baseline=baseline)
        ratios = found.ratio[chosen][found.score[chosen] > 0]
        yield max((rollouts_for_sign(float(r), delta / len(ratios), normal=normal) for r in ratios), default=0.0)


def diagonal(maze: Maze, shifts: Any) -> Array:
    """Log-odds z_base + s for each s: the path of sign descent from base as long as no sign flips; points x 4 x K."""
    return base_log_odds(maze)[None] + np.asarray(shifts, dtype=float)[:, None, None]


def wrong_at_least(ratio: Any, kurtosis: Any, n: int) -> float:
    """A lower bound on the probability that the average of n estimates has the wrong sign, or is 0.

    (1/(2 sqrt(k_n)) - r sqrt(n))^2 where positive, k_n = 3 + (kurtosis - 3)/n the average's kurtosis: for centred X of
    deviation s, E|X| >= s/sqrt(k) by Hoelder, so E X^- >= s/(2 sqrt(k)), while E X^- <= t s + s sqrt(P(X < -t s)).
    """
    spread = 3 + (float(kurtosis) - 3) / integer(n, "n")
    return max(0.0, 0.5 / math.sqrt(spread) - math.sqrt(n * float(ratio))) ** 2
