"""Expected hitting times on the path-star by an O(K) recursion, over any number type; gradient; moments; P(T <= t).

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

No step subtracts, so floats lose no digits beyond the bound of `float_steps`; and the same loops run on fractions,
balls, SymPy expressions and compiled floats. They take a cost a state (1 for the mean, 2h - 1 for the second moment).

Stands on nothing but the four rows. Not covered: other mazes. The witness is `theory.chain`, which shares no code.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import flint
import numpy as np

from theory.maze import Maze
from theory.numeric import INFINITY, InputError, decimal, fraction, integer
from theory.policy import Branch, Policy

UNIT_ROUNDOFF = 2.0**-53


# -- the loops: plain enough to run on any number type, and to be compiled as they stand ------------------------

def excursion(P: Any, Q: Any, away: Any, back: Any, leaf: Any, D: Any) -> Any:
    """Fill D[0 .. 2K], the differences across the edges of a wrong branch, and return D[0] = E.

    P, Q: persistence, length n = 2K; away, back: cost of a step from A_x, B_x; leaf: cost of the reflection.
    """
    n = len(P)
    D[n] = leaf
    for x in range(n, 0, -1):
        if P[x - 1] == 0:                       # the walker never passes x: what lies beyond is irrelevant
            D[x - 1] = away[x - 1]
        else:
            D[x - 1] = away[x - 1] + P[x - 1] / Q[x - 1] * (back[x - 1] + D[x])
    return D[0]


def approach(P: Any, P_not: Any, Q: Any, away: Any, back: Any, first: Any, N: Any) -> Any:
    """Fill N[0 .. 2K] for the target branch from N[0] = first = F, and return A_1.

    P_not is 1 - P, given separately so that a caller who knows it to full precision does not lose it.
    """
    N[0] = first
    total = first * 0
    for x in range(1, len(P) + 1):
        total = total + (away[x - 1] + P_not[x - 1] * N[x - 1]) / P[x - 1]
        N[x] = back[x - 1] + Q[x - 1] / P[x - 1] * (away[x - 1] + N[x - 1])
    return total


def sensitivity(P: Any, P_not: Any, Q: Any, zeta: Any) -> Any:
    """Fill zeta[x] = dA_{x+1}/dN_x for x = 0 .. 2K, and return Z = 1 + zeta[0] = 1/R = dH/dF."""
    n = len(P)
    zeta[n] = P[0] * 0
    for x in range(n, 0, -1):
        zeta[x - 1] = (P_not[x - 1] + Q[x - 1] * zeta[x]) / P[x - 1]
    return 1 + zeta[0]


def excursion_gradient(P: Any, Q: Any, D: Any, weight: Any, dP: Any, dQ: Any) -> None:
    """Add weight * dE/dP_x and weight * dE/dQ_x to dP and dQ; D as `excursion` left it with unit costs."""
    product = weight
    for x in range(1, len(P) + 1):
        slope = product * (1 + D[x]) / Q[x - 1]
        dP[x - 1] += slope
        dQ[x - 1] -= slope * P[x - 1] / Q[x - 1]
        product = product * P[x - 1] / Q[x - 1]


def approach_gradient(P: Any, Q: Any, N: Any, zeta: Any, dP: Any, dQ: Any) -> None:
    """Add dH/dP_x and dH/dQ_x at fixed F to dP and dQ; N, zeta from `approach` (unit costs), `sensitivity`."""
    for x in range(1, len(P) + 1):
        slope = (1 + N[x - 1]) / P[x - 1]
        dP[x - 1] -= slope * (1 + Q[x - 1] * zeta[x]) / P[x - 1]
        dQ[x - 1] += slope * zeta[x]


def geometric(q: Any, n: int) -> tuple[Any, Any, Any]:
    """(q^n, [n], sum_{j<n} [j]) with [j] = 1 + q + ... + q^(j-1), in O(log n) and without subtraction.

    By doubling: [2n] = [n](1 + q^n), and the double sum likewise; so q = 1 is no special case. Rationals may
    subtract without loss, and the textbook quotients then spare them 20 reductions of million-digit fractions.
    """
    if isinstance(q, flint.fmpq) and q != 1:
        power = q**n
        total = (power - 1) / (q - 1)
        return power, total, (total - n) / (q - 1)
    power, total, double, m = q**0, q * 0, q * 0, 0
    for bit in bin(n)[2:]:
        double = double * (1 + power) + m * total
        power, total, m = power * power, total * (1 + power), 2 * m
        if bit == "1":
            double, total, power, m = double + total, total + power, power * q, m + 1
    return power, total, double


# -- branches of a policy ---------------------------------------------------------------------------------------

class _Side(NamedTuple):
    """The persistence of one branch and its complements; `alike` branches of the maze are like it."""

    P: list[Any]
    P_not: list[Any]
    Q: list[Any]
    Q_not: list[Any]
    alike: int


def _side(branch: Branch, K: int, alike: int, convert: Any = None) -> _Side:
    P, Q = branch.persistence(K)
    rows = [P, [1 - p for p in P], Q, [1 - q for q in Q]]
    if convert is not None:
        rows = [[convert(v) for v in row] for row in rows]
    return _Side(rows[0], rows[1], rows[2], rows[3], alike)


def _sides(maze: Maze, policy: Policy, target: int, convert: Any = None) -> tuple[_Side, list[_Side]]:
    """(the target branch, the wrong branches), after checking that policy, maze and target fit."""
    policy.check(maze)
    maze.check_target(target)
    goal = _side(policy.branch(target), maze.K, 1, convert)
    if policy.tied:
        wrong = [goal._replace(alike=maze.W - 1)] if maze.W > 1 else []
    else:
        wrong = [_side(policy.branch(i), maze.K, 1, convert) for i in range(maze.W) if i != target]
    return goal, wrong


def _cut(side: _Side) -> _Side:
    """The part of a wrong branch that the walker can enter: up to the first x with P_x = 0."""
    for x, p in enumerate(side.P, 1):
        if p == 0:
            return _Side(side.P[:x], side.P_not[:x], side.Q[:x], side.Q_not[:x], side.alike)
    return side


def _finite(goal: _Side, wrong: list[_Side]) -> bool:
    """Whether the target is reached with probability 1 (equivalent, on a finite chain, to a finite mean).

    A ball around 0 does not count as 0: the cost then comes out as a ball without bounds.
    """
    return not any(p == 0 for p in goal.P) and not any(
        q == 0 and not p == 0 for side in map(_cut, wrong) for p, q in zip(side.P, side.Q, strict=True))


class _Solution(NamedTuple):
    """What one run of the recursion knows: F, D of each wrong branch, N and A_1 of the target branch."""

    first: Any
    D: list[list[Any]]
    N: list[Any]
    A_1: Any

    @property
    def H(self) -> Any:
        return self.first + self.A_1


class _Costs(NamedTuple):
    """Cost of a step from the fork, from A_x and B_x of each side (the target last), and of a reflection."""

    fork: Any
    away: list[list[Any]]
    back: list[list[Any]]
    leaf: list[Any]


def _unit_costs(sides: list[_Side]) -> _Costs:
    ones = [[1] * len(side.P) for side in sides]
    return _Costs(1, ones, ones, [1] * len(sides))


def _solve(maze: Maze, goal: _Side, wrong: list[_Side], costs: _Costs | None = None) -> _Solution:
    costs = costs or _unit_costs([*wrong, goal])
    zero = goal.P[0] * 0
    first = maze.W * costs.fork + zero
    D = [[zero] * (len(side.P) + 1) for side in wrong]
    for i, side in enumerate(wrong):
        first = first + side.alike * excursion(side.P, side.Q, costs.away[i], costs.back[i], costs.leaf[i], D[i])
    N = [zero] * (len(goal.P) + 1)
    A_1 = approach(goal.P, goal.P_not, goal.Q, costs.away[-1], costs.back[-1], first, N)
    return _Solution(first, D, N, A_1)


def _out(policy: Policy, value: Any) -> Any:
    """Rationals leave as Fraction; balls and expressions as they are."""
    return fraction(value) if policy.kind == "rational" else value


# -- public -----------------------------------------------------------------------------------------------------

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
        goal, wrong = _sides(maze, policy, target)
        value = _solve(maze, goal, [*map(_cut, wrong)]).H if _finite(goal, wrong) else INFINITY
    return value if value is INFINITY else _out(policy, value + (1 if prompt_edge else 0))


def homogeneous_steps(W: int, K: int, rows: Branch) -> Any:
    """Expected steps for rows that are the same in every diamond and branch; O(log K), so K = 10^6 is nothing.

    The recursion of one diamond is affine, so K of them are a geometric sum; see `theory.closed_forms`.
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
    """`expected_steps` by the O(K) recursion even for homogeneous rows; for checks and benchmarks."""
    goal, wrong = _sides(maze, policy, target)
    return _out(policy, _solve(maze, goal, wrong).H) if _finite(goal, wrong) else INFINITY


def float_steps(maze: Maze, policy: Policy, *, target: int = 0) -> tuple[float, float]:
    """(H, e): expected steps in float64 and a rigorous bound on the relative error, |H - exact| <= e H.

    The recursion only adds, multiplies and divides nonnegative numbers: at most n = 26K + W + 10 roundings lie on
    any path from the rows to H, so e = n u/(1 - n u), u = 2^-53.

    Errors: `InputError` for symbolic rows, and when a row or the result leaves the range in which that count
    holds (a nonzero probability or complement below 1e-100, a result above 1e280); use `expected_steps` then.
    """
    if policy.kind != "rational":
        raise InputError(f"float_steps needs numeric rows, not {policy.kind} ones")
    goal, wrong = _sides(maze, policy, target, convert=_safe_float)
    if not _finite(goal, wrong):
        return INFINITY, 0.0
    H = _solve(maze, goal, [*map(_cut, wrong)]).H
    if not H < 1e280:
        raise InputError(f"about {H:.3g} steps are out of float64's safe range; use expected_steps")
    n = 26 * maze.K + maze.W + 10
    return H, n * UNIT_ROUNDOFF / (1 - n * UNIT_ROUNDOFF)


def _safe_float(v: flint.fmpq) -> float:
    x = int(v.p) / int(v.q)
    if x <= 1e-100 and v != 0:          # before anything compares with 0, which 1e-400 would round to
        raise InputError(f"a probability of {decimal(v, 3)} is out of float64's safe range; use expected_steps")
    return x


def entry(maze: Maze, policy: Policy, *, target: int = 0) -> tuple[Any, Any]:
    """(Z, Y): an entry into the target branch ends at the target with probability R = 1/Z, and lasts Y R steps.

    Both count from having arrived at u_1 until the target or the fork. H = (W + sum E) Z + Y.
    Infinite Z and Y when the target cannot be reached.
    """
    goal, _ = _sides(maze, policy, target)
    if any(p == 0 for p in goal.P):
        return INFINITY, INFINITY
    ones = [1] * len(goal.P)
    zeta = [0] * (len(goal.P) + 1)
    Z = sensitivity(goal.P, goal.P_not, goal.Q, zeta)
    # H = F Z + Y is A_1 + F, so Y is A_1 at F = 0
    Y = approach(goal.P, goal.P_not, goal.Q, ones, ones, goal.P[0] * 0, [0] * (len(goal.P) + 1))
    return _out(policy, Z), _out(policy, Y)


def excursion_steps(maze: Maze, policy: Policy, *, branch: int = 0) -> Any:
    """E: expected steps from having arrived at u_1 of a wrong branch to being back at the fork."""
    policy.check(maze)
    maze.check_target(branch)
    side = _cut(_side(policy.branch(branch), maze.K, 1))
    if any(q == 0 and not p == 0 for p, q in zip(side.P, side.Q, strict=True)):
        return INFINITY
    ones = [1] * len(side.P)
    return _out(policy, excursion(side.P, side.Q, ones, ones, 1, [0] * (len(side.P) + 1)))


class Gradient(NamedTuple):
    """dH/d(row entry): lists of length K for rows a, b, c, d of one branch."""

    a: list[Any]
    b: list[Any]
    c: list[Any]
    d: list[Any]


def _gradient(policy: Policy, dP: list[Any], dQ: list[Any]) -> Gradient:
    return Gradient(*[[_out(policy, v) for v in row] for row in (dP[1::2], dQ[1::2], dP[0::2], dQ[0::2])])


def gradient(maze: Maze, policy: Policy, *, target: int = 0) -> list[Gradient]:
    """The derivative of the expected steps in every row entry, O(K) a branch; steps per unit of probability.

    A tied policy gives one `Gradient`, summed over the branches that share the rows; an untied one gives W.

    Errors: `InputError` where H is infinite or a reachable Q_x is 0: the derivative does not exist there.
    """
    goal, wrong = _sides(maze, policy, target)
    if not _finite(goal, wrong) or any(q == 0 for side in wrong for q in side.Q):
        raise InputError("the gradient does not exist: the cost is infinite there or next to it")
    solution, zero = _solve(maze, goal, wrong), goal.P[0] * 0
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


def second_moment(maze: Maze, policy: Policy, *, target: int = 0, prompt_edge: bool = False) -> Any:
    """E[T^2] in steps squared, from the fork, in the policy's number type; infinite where the mean is. O(K).

    With `prompt_edge` it is E[(T + 1)^2].

    E[T^2] solves the mean's equations with the cost 2h - 1 at a state from which h steps are expected, since
    (1 + T')^2 = 1 + 2T' + T'^2 and the mean of T' over the next states is h - 1.

    >>> second_moment(Maze(1, 1, 1), Policy.optimum())
    Fraction(9, 1)
    """
    goal, wrong = _sides(maze, policy, target)
    if not _finite(goal, wrong):
        return INFINITY
    wrong = [*map(_cut, wrong)]
    mean = _solve(maze, goal, wrong)
    values = [_wrong_values(side, D, mean.H) for side, D in zip(wrong, mean.D, strict=True)]
    values.append(_target_values(goal, mean.N))
    costs = _Costs(2 * mean.H - 1,
                   away=[[2 * h - 1 for h in A] for A, _, _ in values],
                   back=[[2 * h - 1 for h in B] for _, B, _ in values],
                   leaf=[2 * leaf - 1 for _, _, leaf in values])
    square = _solve(maze, goal, wrong, costs).H
    return _out(policy, square + 2 * mean.H + 1 if prompt_edge else square)


def _wrong_values(side: _Side, D: list[Any], H: Any) -> tuple[list[Any], list[Any], Any]:
    """Steps still to go from A_1 .. A_n, from B_1 .. B_n and from the leaf of a wrong branch."""
    A, B = [H + D[0]], [H]
    for x in range(1, len(side.P) + 1):
        if side.P[x - 1] == 0:              # the cut of `_cut`: neither B_x nor what lies behind is ever entered
            B.append(H)
        else:
            B.append(B[-1] + (1 + side.Q_not[x - 1] * D[x]) / side.Q[x - 1])
        A.append(B[-1] + D[x])
    return A[:-1], B[1:], A[-1]


def _target_values(side: _Side, N: list[Any]) -> tuple[list[Any], list[Any], Any]:
    """Steps still to go from A_1 .. A_n, from B_1 .. B_n and from the target itself."""
    A, B = [N[0] * 0], []
    for x in range(len(side.P), 0, -1):
        B.append(A[-1] + N[x])
        A.append(A[-1] + (1 + side.P_not[x - 1] * N[x - 1]) / side.P[x - 1])
    return A[:0:-1], B[::-1], A[0]


# -- the distribution -------------------------------------------------------------------------------------------

def _arrivals(maze: Maze, goal: _Side, wrong: list[_Side], dtype: Any) -> Iterator[Any]:
    """Yield P(T = 1), P(T = 2), ... by pushing the probability mass forward, O(number of states) a step.

    Arrays of floats or of exact objects (dtype). Row i is one side, the target's first: away[i, x] is the mass at
    A_{x+1}, whose last entry is the leaf, and back[i, x] the mass at B_{x+1}.
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
    arrivals = _arrivals(maze, *_sides(maze, policy, target), dtype=object)
    return _out(policy, sum(itertools.islice(arrivals, t), policy.branch(target).numbers()[0] * 0))


def reach_curve(maze: Maze, policy: Policy, horizon: int, *, target: int = 0) -> tuple[np.ndarray, float]:
    """(F, e): F[t] = P(T <= t) for t = 0 .. horizon in float64, each within e of the exact value.

    Only sums of products of nonnegative numbers: with S sides, at most n = (S + 5) t + 5 roundings lie on a path,
    so e = n u/(1 - n u) plus what underflow can lose. Errors: `InputError` for rows that are not numeric.
    """
    integer(horizon, "horizon", least=0)
    if policy.kind != "rational":
        raise InputError(f"reach_curve needs numeric rows, not {policy.kind} ones")
    goal, wrong = _sides(maze, policy, target, convert=lambda v: int(v.p) / int(v.q))
    steps = itertools.islice(_arrivals(maze, goal, wrong, dtype=float), horizon)
    curve = np.concatenate([[0.0], np.cumsum(np.fromiter(steps, float, horizon))])
    n = (len(wrong) + 6) * horizon + 5
    return curve, n * UNIT_ROUNDOFF / (1 - n * UNIT_ROUNDOFF) + n * 4 * maze.K * 1e-300
