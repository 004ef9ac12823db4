"""Expected hitting times on the path-star by an O(K) recursion, over any number type; its gradient.

Setting. T is the number of edges crossed from the fork to the target leaf. At node x = 1 .. 2K of a branch, P_x is
the probability of persisting when moving away from the fork and Q_x when moving towards it. Write A_x for the
expected number of steps still to go on having just arrived at x moving away, B_x moving towards; then

    A_x = 1 + P_x A_{x+1} + (1 - P_x) B_{x-1},        B_x = 1 + Q_x B_{x-1} + (1 - Q_x) A_{x+1}.

Both equations contain the jump t_x = A_{x+1} - B_{x-1}; eliminating it leaves one recursion for the difference
across an edge, D_x = A_{x+1} - B_x:

    D_{x-1} = 1 + P_x t_x,   D_x = Q_x t_x - 1   so   D_{x-1} = 1 + (P_x/Q_x) (1 + D_x).

A wrong branch starts it at the leaf, D_{2K} = 1 (reflection), and D_0 = E is the mean length of an excursion. The
target branch runs it outwards with N = -D: N_0 = H - A_1 = W + sum E =: F by the fork's equation, and
N_x = 1 + (Q_x/P_x)(1 + N_{x-1}), A_x = A_{x+1} + (1 + (1-P_x) N_{x-1})/P_x, A_{2K+1} = 0, H = F + A_1.

No step subtracts, so floats lose no digits beyond the bound of `float_steps`; and the same loops (`theory.loops`) run
on fractions, balls, SymPy expressions and compiled floats. They take a cost a state, 1 for the mean.

Stands on nothing but the four rows. Not covered: other mazes; the second moment and the distribution, which are in
`theory.moments`. The witness is `theory.chain`, which shares no code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from theory.loops import approach, approach_gradient, excursion, excursion_gradient, geometric, sensitivity
from theory.maze import Maze
from theory.numeric import INFINITY, InputError
from theory.policy import Branch, Policy
from theory.sides import UNIT_ROUNDOFF, cut, out, safe_float, side_of, solve, split, sure


def expected_steps(maze: Maze, policy: Policy, *, target: int = 0, prompt_edge: bool = False) -> Any:
    """Expected number of steps (edges crossed) from the fork to the leaf of branch `target`.

    Rational rows give a Fraction, exactly; floats are the dyadic rationals they are. SymPy rows give an expression,
    `arb` rows a ball. `prompt_edge` counts one step more, the edge by which the paper's figure enters the fork.
    Infinite (`math.inf`) when the target is missed with positive probability. O(K); O(log K) for homogeneous rows.

    Errors: `InputError` when rows, maze and target do not fit. Source: derived here (module docstring).

    >>> expected_steps(Maze(3, 2, 2), Policy.sft_limit(2))
    Fraction(174, 1)
    """
    policy.check(maze)
    if policy.tied and policy.branches[0].homogeneous:
        maze.check_target(target)
        value = homogeneous_steps(maze.W, maze.K, policy.branches[0])
    else:
        goal, wrong = split(maze, policy, target)
        value = solve(maze, goal, [*map(cut, wrong)]).H if sure(goal, wrong) else INFINITY
    return value if value is INFINITY else out(policy, value + (1 if prompt_edge else 0))


def homogeneous_steps(W: int, K: int, rows: Branch) -> Any:
    """Expected steps for rows that are the same in every diamond and branch; O(log K), so K = 10^6 is nothing.

    The recursion of one diamond is affine, so K of them are a geometric sum; see `theory.closed_forms`.

    >>> homogeneous_steps(3, 2, Policy.sft_limit(2).branches[0])
    174
    """
    a, b, c, d = rows.a, rows.b, rows.c, rows.d
    if a == 0 or c == 0 or (W > 1 and (b == 0 or d == 0)):
        return INFINITY
    first = W + a * 0
    if W > 1:
        _, total, _ = geometric(a * c / (b * d), K)
        first = first + (W - 1) * (1 + 2 * (c / d + a * c / (b * d)) * total)
    ratio = b * d / (a * c)
    _, total, double = geometric(ratio, K)
    spread = (1 - c) / c + d / c * (1 - a) / a
    return (first + K * (1 / c + 1 / a + (1 - a) / a * (1 + d / c))
            + spread * (first * total + (1 + 2 * b / a + ratio) * double))


def recursive_steps(maze: Maze, policy: Policy, *, target: int = 0) -> Any:
    """`expected_steps` by the O(K) recursion even for homogeneous rows; for checks and benchmarks.

    >>> recursive_steps(Maze(3, 2, 2), Policy.sft_limit(2))
    Fraction(174, 1)
    """
    goal, wrong = split(maze, policy, target)
    return out(policy, solve(maze, goal, wrong).H) if sure(goal, wrong) else INFINITY


def float_steps(maze: Maze, policy: Policy, *, target: int = 0) -> tuple[float, float]:
    """(H, e): expected steps in float64 and a rigorous bound on the relative error, |H - exact| <= e H.

    The recursion only adds, multiplies and divides nonnegative numbers: at most n = 26K + W + 10 roundings lie on
    any path from the rows to H, so e = n u/(1 - n u), u = 2^-53.

    Errors: `InputError` for symbolic rows, and when a row or the result leaves the range in which that count
    holds (a nonzero probability or complement below 1e-100, a result above 1e280); use `expected_steps` then.

    >>> H, error = float_steps(Maze(15, 15, 5), Policy.base(5))
    >>> round(H, 6), error < 1e-12
    (50141.0, True)
    """
    if policy.kind != "rational":
        raise InputError(f"float_steps needs numeric rows, not {policy.kind} ones")
    goal, wrong = split(maze, policy, target, convert=safe_float)
    if not sure(goal, wrong):
        return INFINITY, 0.0
    H = solve(maze, goal, [*map(cut, wrong)]).H
    if not H < 1e280:
        raise InputError(f"about {H:.3g} steps are out of float64's safe range; use expected_steps")
    n = 26 * maze.K + maze.W + 10
    return H, n * UNIT_ROUNDOFF / (1 - n * UNIT_ROUNDOFF)


def entry(maze: Maze, policy: Policy, *, target: int = 0) -> tuple[Any, Any]:
    """(Z, Y): an entry into the target branch ends at the target with probability R = 1/Z, and lasts Y R steps.

    Both count from having arrived at u_1 until the target or the fork. H = (W + sum E) Z + Y.
    Infinite Z and Y when the target cannot be reached.

    >>> entry(Maze(3, 2, 2), Policy.base(2))
    (Fraction(4, 1), Fraction(24, 1))
    """
    goal, _ = split(maze, policy, target)
    if any(p == 0 for p in goal.P):
        return INFINITY, INFINITY
    ones = [1] * len(goal.P)
    zeta = [0] * (len(goal.P) + 1)
    Z = sensitivity(goal.P, goal.P_not, goal.Q, zeta)
    # H = F Z + Y is A_1 + F, so Y is A_1 at F = 0
    Y = approach(goal.P, goal.P_not, goal.Q, ones, ones, goal.P[0] * 0, [0] * (len(goal.P) + 1))
    return out(policy, Z), out(policy, Y)


def excursion_steps(maze: Maze, policy: Policy, *, branch: int = 0) -> Any:
    """E: expected steps from having arrived at u_1 of a wrong branch to being back at the fork.

    >>> excursion_steps(Maze(3, 2, 2), Policy.base(2)), excursion_steps(Maze(3, 2, 2), Policy.sft_limit(2))
    (Fraction(13, 1), Fraction(167, 2))
    """
    policy.check(maze)
    maze.check_target(branch)
    side = cut(side_of(policy.branch(branch), maze.K, 1))
    if any(q == 0 and not p == 0 for p, q in zip(side.P, side.Q, strict=True)):
        return INFINITY
    ones = [1] * len(side.P)
    return out(policy, excursion(side.P, side.Q, ones, ones, 1, [0] * (len(side.P) + 1)))


class Gradient(NamedTuple):
    """dH/d(row entry): lists of length K for rows a, b, c, d of one branch.

    >>> gradient(Maze(2, 1, 1), Policy.optimum())[0].a
    [Fraction(-8, 1)]
    """

    a: list[Any]
    b: list[Any]
    c: list[Any]
    d: list[Any]


def _gradient(policy: Policy, dP: list[Any], dQ: list[Any]) -> Gradient:
    return Gradient(*[[out(policy, v) for v in row] for row in (dP[1::2], dQ[1::2], dP[0::2], dQ[0::2])])


def gradient(maze: Maze, policy: Policy, *, target: int = 0) -> list[Gradient]:
    """The derivative of the expected steps in every row entry, O(K) a branch; steps per unit of probability.

    A tied policy gives one `Gradient`, summed over the branches that share the rows; an untied one gives W.

    Errors: `InputError` where H is infinite or a reachable Q_x is 0: the derivative does not exist there.

    >>> gradient(Maze(2, 1, 1), Policy.base(1))[0].b
    [Fraction(-12, 1)]
    """
    goal, wrong = split(maze, policy, target)
    if not sure(goal, wrong) or any(q == 0 for side in wrong for q in side.Q):
        raise InputError("the gradient does not exist: the cost is infinite there or next to it")
    solution, zero = solve(maze, goal, wrong), goal.P[0] * 0
    zeta = [zero] * (2 * maze.K + 1)
    Z = sensitivity(goal.P, goal.P_not, goal.Q, zeta)
    slopes = [([zero] * (2 * maze.K), [zero] * (2 * maze.K)) for _ in [goal, *wrong]]
    approach_gradient(goal.P, goal.Q, solution.N, zeta, *slopes[0])
    for side, D, (dP, dQ) in zip(wrong, solution.D, slopes[1:], strict=True):
        excursion_gradient(side.P, side.Q, D, Z * side.alike, dP, dQ)
    if policy.tied:
        dP, dQ = ([sum(entries, zero) for entries in zip(*lists, strict=True)]
                  for lists in zip(*slopes, strict=True))
        return [_gradient(policy, dP, dQ)]
    in_order = [*slopes[1:target + 1], slopes[0], *slopes[target + 1:]]
    return [_gradient(policy, dP, dQ) for dP, dQ in in_order]
