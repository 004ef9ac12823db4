"""What a sample says of a claim: three tests with a stated error rate, each of which must also refute a false twin.

Setting. A simulated check has a null hypothesis (the claimed law, share or mean), n independent runs, and a false-alarm
rate alpha, by default 1e-8, so that a hundred checks raise a false alarm with probability at most 1e-6. Three outcomes:
refuted (the sample does not fit the claim), held (it fits, and the same sample refutes the twin), undecided. The power
is a lower bound on the probability of refuting the claim if the twin were true. No test is asymptotic:

    a law      Kolmogorov's distance with Massart's constant: P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)
    a share    the exact binomial test (Clopper and Pearson)
    a mean     median of means: with the standard deviation s known exactly, the mean of m draws is off by c s/sqrt(m)
               with probability at most 1/c^2 (Chebyshev), so the median of k such means is with probability at most
               P(Bin(k, 1/c^2) >= k/2), whatever the law; c = 3

Not covered: laws with an unknown spread, dependent runs, stopping early.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ALPHA = 1e-8
WIDTH = 3.0                            # c: Chebyshev's width of one group's mean


@dataclass(frozen=True)
class Law:
    """A distribution function on 0, 1, ..: F[t] = P(T <= t) up to a horizon, each within `error`."""

    F: np.ndarray
    error: float = 0.0

    def distance(self, sample: np.ndarray) -> float:
        """sup_t |F_n(t) - F(t)| over t up to the horizon; values beyond it count as later."""
        counts = np.bincount(np.minimum(sample, len(self.F)).astype(np.int64), minlength=len(self.F) + 1)
        return float(np.abs(np.cumsum(counts[:-1]) / len(sample) - self.F).max())

    def p_value(self, sample: np.ndarray) -> float:
        """Massart's bound on the probability of so large a distance under this law."""
        excess = max(self.distance(sample) - self.error, 0.0)
        return min(1.0, 2 * math.exp(-2 * len(sample) * excess**2))


def _outcome(fits: bool, twin_fits: bool) -> str:
    return "refuted" if not fits else "undecided" if twin_fits else "held"


def decide(law: Law, twin: Law, sample: np.ndarray, alpha: float = ALPHA) -> tuple[str, float]:
    """(outcome, power): held when the sample fits `law` and refutes `twin`, refuted when it does not fit `law`.

    power: a lower bound on the probability of refuting `law` when the sample comes from `twin`.
    """
    threshold = math.sqrt(math.log(2 / alpha) / (2 * len(sample)))
    apart = float(np.abs(law.F - twin.F).max()) - law.error - twin.error
    power = 1 - 2 * math.exp(-2 * len(sample) * max(apart - threshold, 0.0) ** 2)
    return _outcome(law.p_value(sample) >= alpha, twin.p_value(sample) >= alpha), max(power, 0.0)


# -- a share ----------------------------------------------------------------------------------------------------

def share_fits(share: float, relation: str, successes: int, n: int, alpha: float = ALPHA) -> bool:
    """Whether `successes` of n runs are compatible with a probability that equals, is at least, at most `share`."""
    from scipy.stats import binomtest

    side = {"equals": "two-sided", "at least": "less", "at most": "greater"}[relation]
    return bool(binomtest(int(successes), n, float(share), alternative=side).pvalue >= alpha)


def decide_share(share: float, twin: float, relation: str, sample: np.ndarray,
                 alpha: float = ALPHA) -> tuple[str, float]:
    """(outcome, power) for a boolean sample whose probability of True equals / is at least / at most `share`.

    The twin says `twin` in the same way when the claim is an equality, and the opposite inequality otherwise: 'at least
    0.9' has the twin 'at most 0.5'. power: the exact binomial probability, at the twin, of refuting the claim.
    """
    from scipy.stats import binom

    n, successes = len(sample), int(np.count_nonzero(sample))
    opposite = {"equals": "equals", "at least": "at most", "at most": "at least"}[relation]
    # what refutes the claim is a tail, or two: their edges, by bisection of a test that is monotone up to the share
    middle = round(n * share)
    power = 0.0
    if relation in ("equals", "at least"):
        power += float(binom.cdf(_edge(lambda s: share_fits(share, relation, s, n, alpha), 0, middle) - 1, n, twin))
    if relation in ("equals", "at most"):
        power += float(binom.sf(_edge(lambda s: not share_fits(share, relation, s, n, alpha), middle, n + 1) - 1,
                                n, twin))
    fits = share_fits(share, relation, successes, n, alpha)
    return _outcome(fits, share_fits(twin, opposite, successes, n, alpha)), power


def _edge(test: Callable[[int], bool], low: int, high: int) -> int:
    """The least s in low .. high at which a test that is False, then True, turns True; `high` is taken to be."""
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low


# -- a mean -----------------------------------------------------------------------------------------------------

def groups(alpha: float = ALPHA) -> int:
    """The least even number k of groups with P(Bin(k, 1/c^2) >= k/2) <= alpha."""
    from scipy.stats import binom

    k = 2
    while binom.sf(k // 2 - 1, k, WIDTH**-2) > alpha:
        k += 2
    return k


def median_of_means(sample: np.ndarray, alpha: float = ALPHA) -> tuple[float, int]:
    """(the median of the means of k groups, the group size m); what does not fill a group is left out."""
    k = groups(alpha)
    m = len(sample) // k
    if m < 1:
        raise ValueError(f"{len(sample)} draws: a median of means needs at least {k}")
    return float(np.median(np.asarray(sample[:k * m], float).reshape(k, m).mean(axis=1))), m


def decide_mean(mean: float, deviation: float, twin: float, sample: np.ndarray,
                alpha: float = ALPHA) -> tuple[str, float]:
    """(outcome, power) for i.i.d. draws whose mean is claimed to be `mean` and whose deviation is `deviation`.

    power: at least 1 - alpha when the twin lies two widths away, else no bound is known and 0 is returned.
    """
    middle, m = median_of_means(sample, alpha)
    reach = WIDTH * deviation / math.sqrt(m)
    power = 1 - alpha if abs(mean - twin) > 2 * reach else 0.0
    return _outcome(abs(middle - mean) <= reach, abs(middle - twin) <= reach), power
