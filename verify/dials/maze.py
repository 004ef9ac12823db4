"""Dials 1 and 2: the number of branches W, and the number L of parallel edges a diamond.

Setting. The value replaces the maze's own W or L; nothing else changes. With W = 1 there is no wrong branch and SFT is
the optimum; from W = 2 on it is exponential. L sets the rate rho = (L+1)^2/L, which is least at L = 1 and is 4 there:
no L lets the gap close, though L^K is 1 at L = 1.

The smallest maze is looked for among those that have the dial's value. Everything is exact.
Not covered: branches of unequal depth or width.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from theory import closed_forms
from theory.maze import Maze
from theory.numeric import exact, integer
from verify.dials.common import standard
from verify.dials.dial import Cost, Critical, Dial, Phase, check_learner, shows

WIDEST = 12                                # mazes with both other sizes up to this are searched for the smallest


class SizeDial(Dial):
    """A dial whose value is one of the maze's own sizes; its name is that size."""

    def smallest(self, value: Any, profile: str = "quick") -> Maze | None:
        """The first maze with this size, by number of arcs, whose costs bear the signature of the verdict."""
        sizes = range(1, WIDEST + 1)
        found = [replace(Maze(other, K, other), **{self.name: value}) for K in sizes for other in sizes]
        wanted = self.verdict(value)
        for maze in sorted(found, key=lambda maze: (maze.arcs, maze.W, maze.K, maze.L)):
            costs = (self.cost(name, value, maze).steps for name in (self.challenger, self.champion, "base"))
            if shows(wanted, *costs):
                return maze
        return None


def _branches(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    cost = standard(learner, replace(maze, W=integer(value, "W")))
    # the dial holds W: nothing grows with the maze's own
    return cost._replace(growth=cost.growth and cost.growth._replace(W=0))


def _parallel(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    cost = standard(learner, replace(maze, L=integer(value, "L")))
    return cost._replace(growth=cost.growth and cost.growth._replace(L=0))


def _least_W(profile: str) -> Critical:
    W = next(W for W in range(1, 10) if DIALS[0].verdict(W) == "survives")
    return Critical(W, "exact", f"W = {W}: one wrong branch is enough; with none SFT is the optimum in every maze, and "
                                "from there on the gap is proved for all W")


def _least_L(profile: str) -> Critical:
    rates = {L: exact(closed_forms.sft_rate(L)) for L in range(1, 51)}
    L = min(rates, key=rates.__getitem__)
    # L rate - 4L - (L-1)^2 is of degree 2 in L: that it vanishes at 50 places makes it 0
    assert all(rates[at] - 4 == exact((at - 1) ** 2) / at for at in rates)
    return Critical(None, "exact: (L+1)^2/L = 4 + (L-1)^2/L",
                    f"no L closes the gap: the rate (L+1)^2/L is least at L = {L}, {rates[L]} a diamond")


def _ruin(profile: str) -> Phase:
    """log10 of SFT's cost over base's, W = 2."""
    Ks, Ls = (1, 2, 3, 4, 6, 8, 12, 16, 24), (1, 2, 3, 5, 8, 12, 20, 50)

    def ratio(K: int, L: int) -> float:
        return math.log10(exact(closed_forms.sft_steps(2, K, L)) / exact(closed_forms.base_steps(2, K, L)))

    return Phase("sft-over-base", "SFT over base with one wrong branch, log10", "L", "K", Ls, Ks,
                 tuple(tuple(ratio(K, L) for L in Ls) for K in Ks), "log10 of the ratio of expected steps; exact")


DIALS = (
    SizeDial(
        name="W", number=1, question="Does the gap need a wrong branch?", source="critique C2: the chosen topology",
        parameter="branches W", values=(1, 2, 3, 15), positions=(1.0, 2.0, 3.0, 15.0), cost=_branches,
        claims=("no_gap_without_wrong_branch", "separation", "separation_sft_lower", "sft_worse_than_base"),
        critical=_least_W, phases=(_ruin,), words={1: "no wrong branch"},
        notes="One wrong branch is enough; more only multiply the cost by W - 1."),
    SizeDial(
        name="L", number=2, question="Does the gap need parallel edges?",
        source="critique C2; L^K, as the summaries have it, is 1 at L = 1", parameter="parallel edges L",
        values=(1, 2, 5, 50), positions=(1.0, 2.0, 5.0, 50.0), cost=_parallel,
        claims=("separation", "sft_growth", "sft_constant", "separation_sft_order_quoted"), critical=_least_L,
        words={1: "a corridor without a choice of edges"},
        notes="The rate a diamond is (L+1)^2/L: 4 at L = 1, and L + 2 + 1/L, not L, for large L. At L = 1 there are no "
              "parallel edges and the walk is one on a line of 2K+1 edges: turning back alone makes it exponential."),
)
