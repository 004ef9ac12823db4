"""The statistics of simulated checks: error rates that hold, power that is what it says, three outcomes."""

import numpy as np
import pytest
from scipy.stats import binom

from verify.sampling import decide_mean, decide_share, groups, median_of_means, share_fits


def booleans(successes, n):
    return np.arange(n) < successes


@pytest.mark.parametrize("relation, share, twin, successes, outcome", [
    ("at least", 0.9, 0.5, 98, "held"), ("at least", 0.9, 0.5, 40, "refuted"), ("at least", 0.9, 0.8, 95, "undecided"),
    ("at most", 0.1, 0.5, 3, "held"), ("at most", 0.1, 0.5, 60, "refuted"), ("equals", 0.5, 0.95, 50, "held"),
    ("equals", 0.5, 0.95, 99, "refuted"), ("equals", 0.5, 0.05, 1, "refuted"), ("equals", 0.5, 0.6, 52, "undecided"),
    ("equals", 0.0, 0.3, 0, "held"), ("equals", 0.0, 0.3, 1, "refuted"), ("at least", 1.0, 0.5, 99, "refuted")])
def test_a_share_has_three_outcomes(relation, share, twin, successes, outcome):
    assert decide_share(share, twin, relation, booleans(successes, 100))[0] == outcome


@pytest.mark.parametrize("relation, share, twin", [("at least", 0.9, 0.5), ("at most", 0.05, 0.4), ("equals", 0.3, 0.6),
                                                   ("equals", 0.7, 0.2)])
def test_the_power_of_a_share_is_the_twins_probability_of_a_refutation(relation, share, twin):
    n, alpha = 60, 1e-3
    refuting = [s for s in range(n + 1) if not share_fits(share, relation, s, n, alpha)]
    power = decide_share(share, twin, relation, booleans(0, n), alpha)[1]
    assert power == pytest.approx(binom.pmf(refuting, n, twin).sum(), rel=1e-9)
    # and the false-alarm rate is what it says, at the share itself
    assert binom.pmf(refuting, n, share).sum() <= alpha


def test_groups_bound_the_median():
    k = groups(1e-8)
    assert binom.sf(k // 2 - 1, k, 1 / 9) <= 1e-8 < binom.sf(k // 2 - 2, k - 2, 1 / 9)


def test_the_median_of_means_ignores_one_wild_group():
    sample = np.zeros(groups() * 10)
    sample[0] = 1e300
    assert median_of_means(sample) == (0.0, 10)
    with pytest.raises(ValueError, match="3 draws"):
        median_of_means(np.zeros(3))


@pytest.mark.parametrize("true, outcome", [(0.0, "held"), (1.0, "refuted"), (0.5, "refuted")])
def test_a_mean_has_three_outcomes(true, outcome):
    draws = np.random.default_rng(3).standard_exponential(100_000) - 1 + true
    found, power = decide_mean(0.0, 1.0, 1.0, draws)
    assert found == outcome and power > 0.999
    assert decide_mean(0.0, 1.0, 1e-3, draws - true) == ("undecided", 0.0)
