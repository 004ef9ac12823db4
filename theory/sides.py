"""A maze and a policy as the recursion sees them: one side for the target branch, one for each kind of wrong branch.

Setting and derivation in `theory.hitting`. `split` reads the rows once, with their complements computed exactly;
`solve` runs the loops on the sides, with a cost for every state. Tied wrong branches are one side, counted W-1 times.

Not covered: the public quantities made of a solution (`theory.hitting`, `theory.moments`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import flint

from theory.loops import approach, excursion
from theory.maze import Maze
from theory.numeric import InputError, decimal, fraction
from theory.policy import Branch, Policy

UNIT_ROUNDOFF = 2.0**-53


class Side(NamedTuple):
    """The persistence of one branch and its complements; `alike` branches of the maze are like it."""

    P: list[Any]
    P_not: list[Any]
    Q: list[Any]
    Q_not: list[Any]
    alike: int


def side_of(branch: Branch, K: int, alike: int, convert: Any = None) -> Side:
    """One branch as a side that counts `alike` times; `convert` is applied to rows and exact complements alike."""
    P, Q = branch.persistence(K)
    rows = [P, [1 - p for p in P], Q, [1 - q for q in Q]]
    if convert is not None:
        rows = [[convert(v) for v in row] for row in rows]
    return Side(rows[0], rows[1], rows[2], rows[3], alike)


def split(maze: Maze, policy: Policy, target: int, convert: Any = None) -> tuple[Side, list[Side]]:
    """(the target branch, the wrong branches), after checking that policy, maze and target fit."""
    policy.check(maze)
    maze.check_target(target)
    goal = side_of(policy.branch(target), maze.K, 1, convert)
    if policy.tied:
        wrong = [goal._replace(alike=maze.W - 1)] if maze.W > 1 else []
    else:
        wrong = [side_of(policy.branch(i), maze.K, 1, convert) for i in range(maze.W) if i != target]
    return goal, wrong


def cut(side: Side) -> Side:
    """The part of a wrong branch that the walker can enter: up to the first x with P_x = 0."""
    for x, p in enumerate(side.P, 1):
        if p == 0:
            return Side(side.P[:x], side.P_not[:x], side.Q[:x], side.Q_not[:x], side.alike)
    return side


def sure(goal: Side, wrong: list[Side]) -> bool:
    """Whether the target is reached with probability 1 (equivalent, on a finite chain, to a finite mean).

    A ball around 0 does not count as 0: the cost then comes out as a ball without bounds.
    """
    return not any(p == 0 for p in goal.P) and not any(
        q == 0 and not p == 0 for side in map(cut, wrong) for p, q in zip(side.P, side.Q, strict=True))


class Solution(NamedTuple):
    """What one run of the recursion knows: F, D of each wrong branch, N and A_1 of the target branch."""

    first: Any
    D: list[list[Any]]
    N: list[Any]
    A_1: Any

    @property
    def H(self) -> Any:
        """Expected cost from the fork, F + A_1."""
        return self.first + self.A_1


class Costs(NamedTuple):
    """Cost of a step from the fork, from A_x and B_x of each side (the target last), and of a reflection."""

    fork: Any
    away: list[list[Any]]
    back: list[list[Any]]
    leaf: list[Any]


def unit_costs(sides: list[Side]) -> Costs:
    """Every step costs 1: what makes the cost a hitting time."""
    ones = [[1] * len(side.P) for side in sides]
    return Costs(1, ones, ones, [1] * len(sides))


def solve(maze: Maze, goal: Side, wrong: list[Side], costs: Costs | None = None) -> Solution:
    """Run the recursion on finite, cut sides (`sure`, `cut`); unit costs unless others are given."""
    costs = costs or unit_costs([*wrong, goal])
    zero = goal.P[0] * 0
    first = maze.W * costs.fork + zero
    D = [[zero] * (len(side.P) + 1) for side in wrong]
    for i, side in enumerate(wrong):
        first = first + side.alike * excursion(side.P, side.Q, costs.away[i], costs.back[i], costs.leaf[i], D[i])
    N = [zero] * (len(goal.P) + 1)
    A_1 = approach(goal.P, goal.P_not, goal.Q, costs.away[-1], costs.back[-1], first, N)
    return Solution(first, D, N, A_1)


def out(policy: Policy, value: Any) -> Any:
    """Rationals leave as Fraction; balls and expressions as they are."""
    return fraction(value) if policy.kind == "rational" else value


def safe_float(v: flint.fmpq) -> float:
    """The nearest float of a probability; `InputError` for one so small that rounding counts would not hold."""
    x = int(v.p) / int(v.q)
    if x <= 1e-100 and v != 0:          # before anything compares with 0, which 1e-400 would round to
        raise InputError(f"a probability of {decimal(v, 3)} is out of float64's safe range; use expected_steps")
    return x
