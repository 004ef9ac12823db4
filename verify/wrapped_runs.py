"""A policy under a wrapper at inference: its expected steps, exactly where that is known, beside a sample.

Setting. The wrappers of `verify.inference`, by the names of the command line:

    search, charged        no directed edge twice; charged counts rejected proposals too
    dead-ends              begin anew at a wrong leaf
    budget, best           begin anew after B steps; after the best B (`theory.restarts.best_budget`)
    luby                   budgets B times 1, 1, 2, 1, 1, 2, 4, ...
    parallel               k walks side by side, stopped when the first arrives: steps of time, not of work

The exact side: restarts at any budget in floats with a bound, at dead ends by the recursion, Luby's in balls, search
for walkers that never turn round going out (a = c = 1). Where there is none, None, and `why` says why.

Not covered: untied policies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from theory import restarts
from theory.claim import claims
from theory.maze import Maze
from theory.numeric import INFINITY, LARGEST_COUNT, InputError, integer
from theory.policy import Policy
from verify import inference
from verify.learners.edges import EdgePolicy

WRAPPERS = ("search", "charged", "dead-ends", "budget", "best", "luby", "parallel")
LIMIT = 10**8                          # steps at which a wrapped walk is given up, and counted as cut off
TABLED = 10**6                         # the largest budget whose law is tabulated


@dataclass(frozen=True)
class Wrapped:
    """Steps of a sample under a wrapper: `exact` is the expected value within `error` times it, or None (`why`).

    stranded, cut: how many walks had no edge left, or reached the limit; they are not among `steps`.
    """

    wrapper: str
    runs: int
    budget: int | None
    exact: float | None
    error: float
    why: str
    steps: np.ndarray
    stranded: int
    cut: int

    def to_json(self) -> dict[str, Any]:
        """Everything but the sample itself; a mean of what arrived only when all arrived."""
        arrived = len(self.steps)
        whole = arrived == self.runs
        return {"wrapper": self.wrapper, "runs": self.runs, "budget": self.budget,
                "exact": {"mean": self.exact, "relative_error": self.error, "why": self.why},
                "simulated": {"arrived": arrived, "stranded": self.stranded, "cut_off": self.cut,
                              "mean": float(self.steps.mean()) if whole else None,
                              "standard_error": float(self.steps.std(ddof=1) / arrived**0.5)
                              if whole and arrived > 1 else None,
                              "quantiles": {str(q): self._quantile(q) for q in (0.05, 0.5, 0.95)}}}

    def _quantile(self, q: float) -> float | None:
        """The q-quantile over all walks, None where it falls among those that did not arrive."""
        rank = int(np.ceil(q * self.runs)) - 1
        return float(np.sort(self.steps)[rank]) if rank < len(self.steps) else None


def run(maze: Maze, policy: Policy, wrapper: str, runs: int, *, seed: int = 0, budget: int | None = None,
        walkers: int = 2, limit: int | None = None) -> Wrapped:
    """Sample `runs` walks of a tied policy under `wrapper` and compute what they cost in the mean.

    budget: steps an attempt, the unit of Luby's sequence (1 unless given), or where parallel walks are given up.
    Errors: `InputError` for an unknown wrapper, an untied policy, sizes below 1, a budget that the wrapper lacks or
    does not use, or with which no attempt can succeed.
    """
    if wrapper not in WRAPPERS:
        raise InputError(f"wrapper {wrapper!r}: not one of {', '.join(WRAPPERS)}")
    integer(runs, "runs"), integer(walkers, "walkers")
    if not policy.tied:
        raise InputError("a wrapped sample is of a tied policy")
    if budget is not None and wrapper in ("search", "charged", "dead-ends", "best"):
        raise InputError(f"budget {budget}: the wrapper {wrapper!r} uses none")
    if wrapper == "budget" and budget is None:
        raise InputError("the wrapper 'budget' needs one: --budget B, or the wrapper 'best'")
    limit = integer(limit, "limit", most=LARGEST_COUNT) if limit is not None else LIMIT
    if budget is not None:
        integer(budget, "budget", most=LARGEST_COUNT)
    exact, error, why, budget = _exact(maze, policy, wrapper, budget, walkers)
    edges, targets = EdgePolicy.of(maze, policy), np.arange(runs) % maze.W
    stranded = np.zeros(runs, bool)
    if wrapper in ("search", "charged"):
        steps, reached, stranded = inference.search(edges, targets, seed=seed, limit=limit,
                                                    charged=wrapper == "charged")
    elif wrapper == "parallel":
        steps, reached, _ = inference.side_by_side(edges, targets, walkers, seed=seed,
                                                 budget=min(limit, budget if budget is not None else limit))
    else:
        steps, reached, _ = inference.restarted(edges, targets, seed=seed, budget=budget, luby=wrapper == "luby",
                                                dead_ends=wrapper == "dead-ends", limit=limit)
    return Wrapped(wrapper, runs, budget, exact, error, why, steps[reached], int(stranded.sum()),
                   int(np.count_nonzero(~reached & ~stranded)))


def _exact(maze: Maze, policy: Policy, wrapper: str, budget: int | None, walkers: int,
           ) -> tuple[float | None, float, str, int | None]:
    """(expected steps or None, its relative error, why there is none, the budget used)."""
    if wrapper == "dead-ends":
        value = restarts.dead_end_steps(maze, policy)
        return (None, 0.0, "infinite", None) if value is INFINITY else (float(value), 2**-52, "", None)
    if wrapper == "best":
        best = restarts.best_budget(maze, policy)
        why = "" if best.proved else f"best budget up to {best.horizon}; none costs less than {best.least:g}"
        return best.steps, best.error, why, best.budget
    if wrapper == "luby":
        unit = 1 if budget is None else budget
        if unit > TABLED:
            return None, 0.0, f"Luby's units are tabulated up to {TABLED} steps", unit
        ball = restarts.luby_steps(maze, policy, unit)
        return float(ball.mid()), float(ball.rad() / ball.mid()), "", unit
    if wrapper == "budget":
        B = integer(budget, "budget")
        if B > TABLED:
            return None, 0.0, f"the law is tabulated up to {TABLED} steps", B
        F, S, error = restarts.law(maze, policy, B)
        if F[B] <= restarts.LEAST:
            raise InputError(f"budget {B}: no attempt succeeds, or only with a probability below {restarts.LEAST:g}")
        return float(S[B] / F[B]), float(error * (2 * B / S[B] + 2)), "", B
    if wrapper == "search":
        rows = policy.branches[0].expanded(maze.K)
        if all(p == 1 for name in "ac" for p in rows[name]):
            return float(claims()["search_certain"].body(maze, policy, 0)), 2**-52, "", None
        return None, 0.0, "a walker that may turn round going out may strand", None
    return None, 0.0, "not computed here", budget
