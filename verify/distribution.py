"""The steps to the target as a distribution: exact and simulated beside each other.

Setting. T is the number of steps from the fork. Exactly: the mean and variance by the O(K) recursion, P(T <= t) from
the t-th power of the lumped chain's matrix in balls (`theory.chain`), which reaches any t. Simulated: n walks, step by
step or by whole excursions (`verify.rollouts`), the share of T <= t with Clopper and Pearson's interval. The times t
are the shortest path and the quantiles of the exponential law of the same mean: chosen before the sample is seen, or
the intervals would not hold.

Not covered: untied or symbolic policies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory import chain, hitting, moments
from theory.maze import Maze
from theory.numeric import INFINITY, LARGEST_COUNT, InputError, Steps, exact, integer
from theory.policy import Policy
from verify.rollouts import excursions, rollouts

LONG = 10**6                           # expected steps from which walks are sampled by excursions
WALKABLE = 10**10                      # steps in all that a step-by-step sample may be expected to take
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
COVERAGE = 0.999                       # of all intervals together (Bonferroni)


@dataclass(frozen=True)
class Compared:
    """Exact mean, standard deviation and P(T <= t) with what the sample gives; `cut` walks reached the limit.

    shares: (t, exact, share of the sample, its interval's ends).
    """

    runs: int
    sampler: str
    cut: int
    mean: Steps
    deviation: float
    sample: np.ndarray
    shares: list[tuple[int, float, float, float, float]]

    def moments(self) -> list[tuple[str, str, str]]:
        """(name, exact, simulated) of the mean and the standard deviation; a sample with cuts has neither."""
        found = ["", ""] if self.cut else [f"{self.sample.mean():.10g}",
                                           f"{self.sample.std(ddof=1):.10g}" if self.runs > 1 else ""]
        return [("mean", f"{float(self.mean.value):.10g}", found[0]),
                ("deviation", f"{self.deviation:.10g}", found[1])]

    def to_json(self) -> dict[str, Any]:
        """Everything but the sample itself."""
        simulated = None if self.cut else {
            "mean": float(self.sample.mean()), "deviation": float(self.sample.std(ddof=1)) if self.runs > 1 else None}
        return {"runs": self.runs, "sampler": self.sampler, "cut_off": self.cut,
                "exact": {"mean": self.mean.to_json(), "deviation": self.deviation}, "simulated": simulated,
                "coverage": COVERAGE, "shares": [dict(zip(("t", "exact", "share", "low", "high"), row, strict=True))
                                                 for row in self.shares]}


def compare(maze: Maze, policy: Policy, runs: int, *, seed: int = 0, sampler: str = "auto", limit: int | None = None,
            tick: Callable[[int, int, str], None] = lambda done, total, what: None) -> Compared:
    """Sample `runs` walks and compute what they should show; `limit` cuts step-by-step walks off.

    Errors: `InputError` for a policy that may never arrive, for a step-by-step sample that would take more than 10^10
    steps, for a limit on excursions, and as the samplers.
    """
    mean = hitting.expected_steps(maze, policy)
    if mean is INFINITY:
        raise InputError("this policy may never arrive: its steps have no mean, and its walks no end")
    if mean > 1e300:
        raise InputError(f"about {Steps.of(mean).decimal} steps: beyond what float64 holds; backtrack hitting has them")
    value = float(mean)
    limit = None if limit is None else integer(limit, "limit", most=LARGEST_COUNT - 1)
    if sampler == "auto":
        sampler = "excursions" if value > LONG and limit is None else "steps"
    if sampler == "excursions" and limit is not None:
        raise InputError(f"limit {limit}: walks by whole excursions are not cut off; use --sampler steps")
    if sampler == "steps" and runs * min(value, limit or math.inf) > WALKABLE:
        raise InputError(f"{runs} walks of about {value:.3g} steps: too many to walk; use --sampler excursions, a "
                         "limit, or fewer runs")
    tick(0, 1 + len(QUANTILES), "sampling")
    if sampler == "steps":
        sample = rollouts(maze, policy, runs, seed=seed, limit=LARGEST_COUNT if limit is None else limit + 1)
    else:
        sample = excursions(maze, policy, runs, seed=seed)
    cut = 0 if limit is None else int(np.count_nonzero(sample > limit))        # one more step tells who arrived at it
    second = moments.second_moment(maze, policy)
    variance = exact(second) - exact(mean) ** 2
    times = sorted({maze.shortest, *(max(maze.shortest, math.ceil(-value * math.log1p(-q))) for q in QUANTILES)})
    shares = []
    walk = chain.lumped_chain(maze, policy)
    for i, t in enumerate(times):
        tick(1 + i, 1 + len(times), f"P(T <= {t})")
        if limit is not None and t > limit:
            continue
        shares.append((t, float(walk.reach_ball(t, digits=9).mid()), *_share(int(np.count_nonzero(sample <= t)), runs,
                                                                               1 - (1 - COVERAGE) / len(times))))
    return Compared(runs, sampler, cut, Steps.of(mean), math.sqrt(int(variance.p) / int(variance.q)), sample, shares)


def _share(successes: int, n: int, coverage: float) -> tuple[float, float, float]:
    """(share, ends of its Clopper-Pearson interval)."""
    from scipy.stats import binomtest

    interval = binomtest(successes, n).proportion_ci(coverage, method="exact")
    return successes / n, float(interval.low), float(interval.high)
