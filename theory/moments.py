"""More of the hitting time's law: the second moment, and P(T <= t) exactly or in floats with a bound.

Setting as in `theory.hitting`; T is the number of steps from the fork. The second moment is the mean's recursion with
another cost; the distribution is the mass pushed forward step by step, O(number of states) a step. For t beyond what
that can walk, `theory.chain.Chain.reach_ball` squares the transition matrix.

Not covered: moments beyond the second.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from theory.maze import Maze
from theory.numeric import INFINITY, InputError, integer
from theory.policy import Policy
from theory.sides import UNIT_ROUNDOFF, Costs, Side, cut, out, solve, split, sure


def second_moment(maze: Maze, policy: Policy, *, target: int = 0, prompt_edge: bool = False) -> Any:
    """E[T^2] in steps squared, from the fork, in the policy's number type; infinite where the mean is. O(K).

    With `prompt_edge` it is E[(T + 1)^2].

    E[T^2] solves the mean's equations with the cost 2h - 1 at a state from which h steps are expected, since
    (1 + T')^2 = 1 + 2T' + T'^2 and the mean of T' over the next states is h - 1.

    >>> second_moment(Maze(1, 1, 1), Policy.optimum())
    Fraction(9, 1)
    """
    goal, wrong = split(maze, policy, target)
    if not sure(goal, wrong):
        return INFINITY
    wrong = [*map(cut, wrong)]
    mean = solve(maze, goal, wrong)
    values = [_wrong_values(side, D, mean.H) for side, D in zip(wrong, mean.D, strict=True)]
    values.append(_target_values(goal, mean.N))
    costs = Costs(2 * mean.H - 1,
                   away=[[2 * h - 1 for h in A] for A, _, _ in values],
                   back=[[2 * h - 1 for h in B] for _, B, _ in values],
                   leaf=[2 * leaf - 1 for _, _, leaf in values])
    square = solve(maze, goal, wrong, costs).H
    return out(policy, square + 2 * mean.H + 1 if prompt_edge else square)


def _wrong_values(side: Side, D: list[Any], H: Any) -> tuple[list[Any], list[Any], Any]:
    """Steps still to go from A_1 .. A_n, from B_1 .. B_n and from the leaf of a wrong branch."""
    A, B = [H + D[0]], [H]
    for x in range(1, len(side.P) + 1):
        if side.P[x - 1] == 0:              # the cut of `cut`: neither B_x nor what lies behind is ever entered
            B.append(H)
        else:
            B.append(B[-1] + (1 + side.Q_not[x - 1] * D[x]) / side.Q[x - 1])
        A.append(B[-1] + D[x])
    return A[:-1], B[1:], A[-1]


def _target_values(side: Side, N: list[Any]) -> tuple[list[Any], list[Any], Any]:
    """Steps still to go from A_1 .. A_n, from B_1 .. B_n and from the target itself."""
    A, B = [N[0] * 0], []
    for x in range(len(side.P), 0, -1):
        B.append(A[-1] + N[x])
        A.append(A[-1] + (1 + side.P_not[x - 1] * N[x - 1]) / side.P[x - 1])
    return A[:0:-1], B[::-1], A[0]


# -- the distribution -------------------------------------------------------------------------------------------

def arrivals(maze: Maze, goal: Side, wrong: list[Side], dtype: Any) -> Iterator[Any]:
    """Yield P(T = 1), P(T = 2), ... by pushing the probability mass forward, O(number of states) a step.

    Arrays of floats or of exact objects (dtype). Row i is one side, the target's first: away[i, x] is the mass at
    A_{x+1}, whose last entry is the leaf, and back[i, x] the mass at B_{x+1}.

    >>> maze = Maze(1, 1, 1)
    >>> masses = arrivals(maze, *split(maze, Policy.optimum(), 0), dtype=object)
    >>> [str(mass) for mass in itertools.islice(masses, 3)]
    ['0', '0', '1']
    """
    sides = [goal, *wrong]
    P, P_not, Q, Q_not = (np.array([side[i] for side in sides], dtype=dtype) for i in range(4))
    one = goal.P[0] * 0 + 1
    share = np.array([side.alike * one / maze.W for side in sides], dtype=dtype)
    n = 2 * maze.K
    away, back = np.full((len(sides), n + 1), one * 0, dtype), np.full((len(sides), n), one * 0, dtype)
    fork = one
    while True:
        outward = P * away[:, :n] + Q_not * back
        inward = P_not * away[:, :n] + Q * back
        leaf = away[1:, n]
        away = np.concatenate([(share * fork)[:, None], outward], axis=1)
        back = np.concatenate([inward[:, 1:], np.full((len(sides), 1), one * 0, dtype)], axis=1)
        back[1:, -1] += leaf
        fork = inward[:, 0].sum()
        arrived, away[0, n] = away[0, n], one * 0
        yield arrived


def reach_probability(maze: Maze, policy: Policy, t: int, *, target: int = 0, prompt_edge: bool = False) -> Any:
    """P(T <= t), exactly, in the policy's number type; t steps cost O(t W K) operations on growing fractions.

    With `prompt_edge` the budget t also pays for that edge: P(T + 1 <= t).

    >>> reach_probability(Maze(2, 1, 1), Policy.optimum(), 3)
    Fraction(1, 2)
    """
    t = max(integer(t, "t", least=0) - prompt_edge, 0)
    masses = arrivals(maze, *split(maze, policy, target), dtype=object)
    return out(policy, sum(itertools.islice(masses, t), policy.branch(target).numbers()[0] * 0))


def reach_curve(maze: Maze, policy: Policy, horizon: int, *, target: int = 0) -> tuple[np.ndarray, float]:
    """(F, e): F[t] = P(T <= t) for t = 0 .. horizon in float64, each within e of the exact value.

    Only sums of products of nonnegative numbers: with S sides, at most n = (S + 5) t + 5 roundings lie on a path,
    so e = n u/(1 - n u) plus what underflow can lose. Errors: `InputError` for rows that are not numeric.

    >>> F, error = reach_curve(Maze(2, 1, 1), Policy.optimum(), 9)
    >>> F[[2, 3, 9]].tolist(), error < 1e-13
    ([0.0, 0.5, 0.75], True)
    """
    integer(horizon, "horizon", least=0)
    if policy.kind != "rational":
        raise InputError(f"reach_curve needs numeric rows, not {policy.kind} ones")
    goal, wrong = split(maze, policy, target, convert=lambda v: int(v.p) / int(v.q))
    steps = itertools.islice(arrivals(maze, goal, wrong, dtype=float), horizon)
    curve = np.concatenate([[0.0], np.cumsum(np.fromiter(steps, float, horizon))])
    n = (len(wrong) + 6) * horizon + 5
    return curve, n * UNIT_ROUNDOFF / (1 - n * UNIT_ROUNDOFF) + n * 4 * maze.K * 1e-300
