"""What Hypothesis generates: mazes, policies, training settings; and how they shrink.

Everything shrinks towards the smallest maze (W = K = L = 1), towards tied rows, towards the target branch 0, and each
probability towards 1 (Hypothesis shrinks fractions towards simple ones; we draw the denominator first). Rows are exact
rationals, so that both routes to a hitting time can be compared without tolerance.
"""

from __future__ import annotations

import zlib
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from theory.maze import Maze
from theory.policy import Branch, Policy


def seed_from(case: dict[str, Any]) -> int:
    """A seed that follows from the settings of a run and from nothing else."""
    return zlib.crc32(repr(sorted(case.items())).encode())


def mazes(W: int = 4, K: int = 4, L: int = 3, least_W: int = 1) -> st.SearchStrategy[Maze]:
    """Mazes with at most W branches, K diamonds, L parallel edges; shrinks to the smallest."""
    return st.builds(Maze, st.integers(least_W, W), st.integers(1, K), st.integers(1, L))


def probabilities(zero: bool = False) -> st.SearchStrategy[Fraction]:
    """Rationals in (0, 1], or [0, 1]; ordinary ones, extreme ones down to 1e-9, and 1 itself. Shrinks to 1."""
    ordinary = st.integers(2, 40).flatmap(lambda q: st.integers(1, q - 1).map(lambda p: Fraction(p, q)))
    extreme = st.sampled_from([Fraction(1, 10**9), 1 - Fraction(1, 10**9), Fraction(1, 1000)])
    options = [st.just(Fraction(1)), ordinary, extreme]
    return st.one_of(*options, *([st.just(Fraction(0))] if zero else []))


def branches(K: int, zero: bool = False) -> st.SearchStrategy[Branch]:
    """Rows of one branch: homogeneous, or K entries each. Shrinks to homogeneous."""
    row = st.one_of(probabilities(zero), st.lists(probabilities(zero), min_size=K, max_size=K))
    return st.builds(Branch, row, row, row, row)


def policies(maze: Maze, zero: bool = False) -> st.SearchStrategy[Policy]:
    """Policies that fit the maze, tied or untied. Shrinks to tied."""
    tied = branches(maze.K, zero).map(Policy.of)
    untied = st.lists(branches(maze.K, zero), min_size=maze.W, max_size=maze.W).map(lambda rows: Policy.of(*rows))
    return st.one_of(tied, untied)


@st.composite
def walks(draw: st.DrawFn, zero: bool = False, maze: st.SearchStrategy[Maze] | None = None) -> dict[str, Any]:
    """A case for claims about any policy: {'maze', 'policy', 'target'}."""
    drawn = draw(maze if maze is not None else mazes())
    return {"maze": drawn, "policy": draw(policies(drawn, zero)), "target": draw(st.integers(0, drawn.W - 1))}


@st.composite
def tied_walks(draw: st.DrawFn) -> dict[str, Any]:
    """A case for bounds on tied policies: {'maze', 'policy'}; W >= 2, up to 9 branches and 6 diamonds."""
    drawn = draw(mazes(9, 6, 2, least_W=2))
    return {"maze": drawn, "policy": Policy.of(draw(branches(drawn.K)))}


@st.composite
def excursions(draw: st.DrawFn) -> dict[str, Any]:
    """A case for claims about a wrong branch: {'maze', 'policy', 'branch'}; W >= 2, the target is another branch."""
    drawn = draw(mazes(least_W=2))
    return {"maze": drawn, "policy": draw(policies(drawn)), "branch": draw(st.integers(0, drawn.W - 1))}


def sizes(W: int = 40, K: int = 40, L: int = 20, least_W: int = 1) -> st.SearchStrategy[dict[str, int]]:
    """A case for closed forms: {'W', 'K', 'L'}."""
    return st.fixed_dictionaries({"W": st.integers(least_W, W), "K": st.integers(1, K), "L": st.integers(1, L)})


def rows() -> st.SearchStrategy[dict[str, Fraction]]:
    """Homogeneous rows in (0, 1]: {'a', 'b', 'c', 'd'}."""
    return st.fixed_dictionaries({name: probabilities() for name in "abcd"})


@st.composite
def balanced_rows(draw: st.DrawFn) -> dict[str, Fraction]:
    """Rows a, b, c whose balancing partner d = ac/b is a probability: {'a', 'b', 'c'}."""
    a, c = draw(probabilities()), draw(probabilities())
    b = a * c + (1 - a * c) * draw(probabilities())
    return {"a": a, "b": b, "c": c}


@st.composite
def sft_settings(draw: st.DrawFn) -> dict[str, Any]:
    """How an SFT learner is run: maze, updates, batch, lr, fixed_target, fixed_copy, jitter, tied, seed.

    `updates` batches of `batch` golden paths; `jitter` moves the starting logits off base. The seed is derived from
    the other settings, never drawn: a search for failures would go looking for the unlucky one.
    """
    case = {"maze": draw(mazes()), "updates": draw(st.integers(1, 20)), "batch": draw(st.integers(1, 8)),
            "lr": draw(st.sampled_from([1.0, 0.1, 1e-3, 30.0])), "fixed_target": draw(st.booleans()),
            "fixed_copy": draw(st.booleans()), "jitter": draw(st.sampled_from([0.0, 1.0, 5.0])),
            "tied": draw(st.booleans())}
    return {**case, "seed": seed_from(case)}


@st.composite
def flow_times(draw: st.DrawFn) -> dict[str, Any]:
    """A row of the SFT flow at a time: {'L', 'w', 't'}; t up to 1e3, w down to 1/50."""
    return {"L": draw(st.integers(1, 12)), "w": 1 / draw(st.integers(1, 50)),
            "t": draw(st.integers(0, 1000)) / draw(st.sampled_from([1, 10, 1000]))}
