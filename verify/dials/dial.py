"""What a dial is: one assumption of the separation changed, and what every learner costs then.

Setting. A dial has a question, a source (who asks), and values. At each value every one of six learners has a cost,

    base    SFT    SFT + restarts    SFT + search    RLVR    distilled

expected steps from the fork to the target on the maze (W, K, L), and a growth: cost ~ const rate^K K^k W^w L^l. One of
them, the challenger, stands for imitation on this dial, and one, the champion, for reinforcement. The verdict on the
gap between them is computed from their growths, never typed:

    survives                  the challenger's rate in K is the greater, or it never arrives
    shrinks to a polynomial   equal rates; the challenger's degree in K, W or L (or in log K) is the greater, whatever
                              the champion's in the others
    closes                    equal growth, and the challenger costs no less than the champion: what is left is a
                              constant factor, the ratio shown
    reverses                  the champion's rate, or none but its degrees, is the greater; or equal growth, and the
                              champion costs more
    undefined                 one of the two has no cost: nothing says what it learns

The smallest maze that shows a verdict is the first, by number of arcs, at which the costs bear its signature:

    survives                  challenger > base > champion: imitation is worse than no training
    shrinks to a polynomial   base >= challenger > champion
    closes                    champion <= challenger <= 1.05 champion
    reverses                  challenger < champion

Not covered: what the dials are (`verify.dials.*`), rows and tables of the whole map (`verify.dials.map`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from theory.maze import Maze
from theory.numeric import InputError, exact, fraction

LEARNERS = ("base", "SFT", "SFT + restarts", "SFT + search", "RLVR", "distilled")
VERDICTS = ("survives", "shrinks to a polynomial", "closes", "reverses", "undefined")
FIGURE3 = Maze(15, 15, 5)
MOST_ARCS = 150                          # how far the search for the smallest maze goes by default


class Growth(NamedTuple):
    """cost ~ const rate^K K^k W^w L^l (log K)^log as one of them grows; rate a positive number, 1 for none.

    rate: exact or a float; infinite for a learner that from some K on ends where it never arrives.
    how: 'exact' where it follows from a formula; otherwise how it was found, with its error.

    >>> Growth(K=2, W=1).exponent, Growth(Fraction(36, 5)).exponent > 1.97
    (0.0, True)
    """

    rate: Any = 1
    K: int = 0
    W: int = 0
    L: int = 0
    how: str = "exact"
    log: int = 0

    @property
    def exponent(self) -> float:
        """log(rate): growth of log cost a diamond."""
        return _log(self.rate)

    def _repr_latex_(self) -> str:
        from theory.markup import power_of_ten, ratio

        if self.rate == math.inf:
            return r"$\infty$"
        rate = f"{self.rate:.6g}" if isinstance(self.rate, float) else str(exact(self.rate))
        rate = ratio(rate) if "/" in rate else power_of_ten(rate)
        parts = [] if self.rate == 1 else [rf"\left({rate}\right)^{{K}}"]
        for name, degree in (("K", self.K), ("W", self.W), ("L", self.L), (r"(\log K)", self.log)):
            if degree:
                parts.append(name if degree == 1 else f"{name}^{{{degree}}}")
        return f"${' '.join(parts) or '1'}$"

    def _repr_html_(self) -> str:
        from theory.markup import tag, typeset

        return tag("span", typeset(self._repr_latex_()[1:-1]), f" up to a constant factor; {self.how}")


class Cost(NamedTuple):
    """What a learner costs. steps: a Fraction, a float, math.inf, or None where nothing says what it learns.

    known: 'exact', or its error: 'computed, within 1e-9', 'at least', 'at most', 'sampled, alpha 1e-8'.

    >>> Cost(Fraction(899), Growth(K=1, W=1)).known
    'exact'
    """

    steps: Any
    growth: Growth | None
    known: str = "exact"
    words: str = ""

    def _repr_html_(self) -> str:
        from theory.markup import Html, facts
        from theory.notebook import float_cell, number_cell

        steps = ("none: nothing says what it learns" if self.steps is None
                 else float_cell(self.steps) if isinstance(self.steps, float) else number_cell(self.steps))
        return facts("Cost", [("steps", steps), ("known", self.known),
                              ("growth", Html(self.growth._repr_html_()) if self.growth else "none"),
                              ("words", self.words)])


class Critical(NamedTuple):
    """Where along a dial the verdict changes. value: a number, an interval (low, high), or None: it never does."""

    value: Any
    how: str                               # 'exact', 'proved', or the evidence of an interval
    words: str


class Phase(NamedTuple):
    """A phase diagram: cells[i][j] at ys[i], xs[j] is a number or one of VERDICTS or another word."""

    name: str
    title: str
    x: str
    y: str
    xs: tuple[Any, ...]
    ys: tuple[Any, ...]
    cells: tuple[tuple[Any, ...], ...]
    words: str


@dataclass(frozen=True)
class Dial:
    """One assumption that a critic changes; see the module docstring.

    cost(learner, value, maze) -> Cost, deterministic; refuses an unknown value with `InputError`.
    positions: the values as floats for a figure's axis, where they have any.
    """

    name: str                              # short, with hyphens: what `backtrack critique NAME` takes
    number: int                            # its place in the list of dials; 0 for one that was missing there
    question: str
    source: str
    parameter: str                         # what the values are: 'training time t', 'share eps of traces'
    values: tuple[Any, ...]
    cost: Callable[[str, Any, Maze], Cost]
    claims: tuple[str, ...]
    critical: Callable[[str], Critical]    # of the profile: quick, ci, thorough
    challenger: str = "SFT"
    champion: str = "RLVR"
    maze: Maze = FIGURE3                   # where the costs shown are computed
    positions: tuple[float, ...] = ()
    mazes: Callable[[str], Iterable[Maze]] | None = None      # of the profile: where to look for the smallest
    meant: Callable[[Any, Maze], Maze] | None = None          # the maze that (value, maze) stands for, where it differs
    phases: tuple[Callable[[str], Phase], ...] = ()
    notes: str = ""
    words: dict[Any, str] = field(default_factory=dict)       # value -> what it means, where the number does not say

    def __post_init__(self) -> None:
        for learner in (self.challenger, self.champion):
            if learner not in LEARNERS:
                raise ValueError(f"dial {self.name}: no learner is called {learner!r}")
        if self.positions and len(self.positions) != len(self.values):
            raise ValueError(f"dial {self.name}: {len(self.positions)} positions for {len(self.values)} values")

    def verdict(self, value: Any, maze: Maze | None = None) -> str:
        """The verdict on the gap at `value`; costs of equal growth are compared on `maze`."""
        maze = maze or self.maze
        return verdict(self.cost(self.challenger, value, maze), self.cost(self.champion, value, maze))

    def ratio(self, value: Any, maze: Maze | None = None) -> Any:
        """The challenger's cost over the champion's; None where it is not defined."""
        over, under = (self.cost(name, value, maze or self.maze).steps for name in (self.challenger, self.champion))
        if over is None or under is None or under == math.inf:
            return None
        return over if over == math.inf else fraction(exact(over) / exact(under))

    def smallest(self, value: Any, profile: str = "quick") -> Maze | None:
        """The first maze, by number of arcs, whose costs bear the signature of the verdict at `value`; or None."""
        wanted = self.verdict(value)
        for maze in (self.mazes(profile) if self.mazes else by_size()):
            costs = (self.cost(name, value, maze).steps for name in (self.challenger, self.champion, "base"))
            if shows(wanted, *costs):
                return self.meant(value, maze) if self.meant else maze
        return None


def verdict(challenger: Cost, champion: Cost) -> str:
    """One of VERDICTS; see the module docstring."""
    if challenger.steps is None or champion.steps is None or challenger.steps == champion.steps == math.inf:
        return "undefined"
    if math.inf in (challenger.steps, champion.steps):
        return "survives" if challenger.steps == math.inf else "reverses"
    mine, theirs = challenger.growth, champion.growth
    if mine is None or theirs is None:
        return "undefined"
    if not _alike(mine.rate, theirs.rate):
        return "survives" if mine.exponent > theirs.exponent else "reverses"
    degrees = [mine.K - theirs.K, mine.W - theirs.W, mine.L - theirs.L]
    if not any(degrees):
        degrees = [mine.log - theirs.log]
    if max(degrees) > 0:
        return "shrinks to a polynomial"
    if min(degrees) < 0 or exact(challenger.steps) < exact(champion.steps):
        return "reverses"
    return "closes"


def shows(verdict: str, challenger: Any, champion: Any, base: Any) -> bool:
    """Whether the three costs bear the signature of a verdict."""
    undefined = None in (challenger, champion) or challenger == champion == math.inf
    if undefined or verdict == "undefined":
        return undefined and verdict == "undefined"
    return {"survives": challenger > base > champion, "shrinks to a polynomial": base >= challenger > champion,
            "closes": champion <= challenger <= Fraction(21, 20) * champion,
            "reverses": challenger < champion}[verdict]


def by_size(most: int = MOST_ARCS, least_W: int = 1) -> Iterator[Maze]:
    """Every maze with at most `most` arcs, by number of arcs, then W, K, L."""
    found = [Maze(W, K, L) for W in range(least_W, most // 6 + 1) for K in range(1, most // (4 * W) + 1)
             for L in range(1, most // (2 * W * K) + 1) if 2 * W * (K * (L + 1) + 1) <= most]
    yield from sorted(found, key=lambda maze: (maze.arcs, maze.W, maze.K, maze.L))


def check_learner(learner: str) -> str:
    """The learner's name, or `InputError` in one line."""
    if learner not in LEARNERS:
        raise InputError(f"no learner is called {learner!r}; there are {', '.join(LEARNERS)}")
    return learner


def _log(value: Any) -> float:
    if isinstance(value, float):
        return math.log(value)
    value = fraction(exact(value))
    return math.log(value.numerator) - math.log(value.denominator)


def _alike(first: Any, second: Any) -> bool:
    """Equal exactly, or as floats to nine digits where either is one."""
    if math.inf in (first, second):
        return bool(first == second)
    if isinstance(first, float) or isinstance(second, float):
        return abs(_log(first) - _log(second)) <= 1e-9
    return bool(exact(first) == exact(second))
