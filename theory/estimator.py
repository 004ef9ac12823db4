"""The REINFORCE estimator of the policy gradient: its exact moments, and its signal to noise.

Setting. Rollouts are full (untruncated), the reward is -T, T the steps from the fork to the target. A row entry i (one
of a_j, b_j, c_j, d_j, tied across branches) persists with probability p, log-odds z. On one rollout its score is
S = persists - p * visits, and with a constant baseline -B the estimator of -dH/dz is

    G = (B - T) S,      E[S] = 0,      E[G] = -E[T S] = -dH/dz for every B,
    E[G^2] = B^2 E[S^2] - 2B E[T S^2] + E[T^2 S^2],      least at B* = E[T S^2]/E[S^2]; the usual baseline is B = H.

Let M_jk(s) = E_s[T^j S^k] from state s. One step costs 1 and scores e (1-p or -p at a visit of the row, else 0), so

    M_jk(s) = sum_ab C(j,a) C(k,b) E[e^(k-b) M_ab(next)]      and      (I - P) M_jk = a cost made of lower moments.

Each is one run of the O(K) recursion of `theory.sides` with that cost: all moments up to E[T^2 S^2] of all 4K rows
take O(K^2) operations. A row that is never visited or surely persists has S = 0: it has no gradient at all.

Costs of either sign cancel, so there is no error bound for floats: rationals are exact, balls carry theirs.
The witness is the linear solve on the full directed-edge chain in verify/test_signs.py. Not covered: untied rows;
truncated rollouts; rewards to go and baselines that depend on the state; groups (GRPO); how many rollouts a sign takes,
which is `theory.majority`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import flint
import numpy as np

from theory import hitting
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact, fraction
from theory.policy import ROWS, Policy
from theory.sides import Costs, Side, out, solve, split, sure

Array = np.ndarray
Values = list[tuple[list[Any], list[Any]]]         # a side each (the target's last): at A_1 .. A_{n+1}, at B_0 .. B_n
MEAN, BEST = "mean", "best"                        # baselines: H, and B*


class Estimator(NamedTuple):
    """One row entry's estimator: moments[j, k] = E[T^j S^k] from the fork, in steps^j."""

    moments: dict[tuple[int, int], Any]

    @property
    def steps(self) -> Any:
        """H = E[T]."""
        return self.moments[1, 0]

    @property
    def mean(self) -> Any:
        """E[G] = -dH/dz, for every baseline."""
        return -self.moments[1, 1]

    @property
    def score(self) -> Any:
        """E[S^2] = p(1-p) times the expected visits."""
        return self.moments[0, 2]

    def baseline(self, baseline: Any = MEAN) -> Any:
        """The number B meant by 'mean' (H), 'best' (B*) or a number; `InputError` for B* of a row without a score."""
        if not isinstance(baseline, str):
            B = exact(baseline, "baseline")
            return B if isinstance(self.steps, flint.arb) else fraction(B)
        if baseline == MEAN:
            return self.steps
        if baseline != BEST:
            raise InputError(f"baseline {baseline!r}: not 'mean', 'best' or a number")
        if self.score == 0:
            raise InputError("a row whose score is always 0 has no best baseline")
        return self.moments[1, 2] / self.score

    def moment(self, k: int, baseline: Any = MEAN) -> Any:
        """E[G^k] = sum_i C(k, i) B^(k-i) (-1)^i E[T^i S^k]."""
        B = self.baseline(baseline)
        return sum(((-1) ** i * math.comb(k, i) * B ** (k - i) * self.moments[i, k] for i in range(k + 1)),
                   0 * self.steps)

    def variance(self, baseline: Any = MEAN) -> Any:
        """Var G."""
        return self.moment(2, baseline) - self.mean * self.mean

    def samples(self, baseline: Any = MEAN) -> Any:
        """1/r^2 = Var G/(E G)^2: the number of rollouts whose average has mean and deviation of one size.

        Errors: `InputError` where the mean is 0.
        """
        if self.mean == 0:
            raise InputError("a gradient of 0 has no sign to learn")
        return self.variance(baseline) / (self.mean * self.mean)

    def kurtosis(self, baseline: Any = MEAN) -> Any:
        """E[(G - EG)^4]/(Var G)^2; needs moments up to order 4."""
        m, (g2, g3, g4) = self.mean, (self.moment(k, baseline) for k in (2, 3, 4))
        return (g4 - 4 * m * g3 + 6 * m * m * g2 - 3 * m**4) / (g2 - m * m) ** 2


# -- the moments ------------------------------------------------------------------------------------------------

def _values(maze: Maze, goal: Side, wrong: list[Side], cost: Values) -> Values:
    """Expected total cost from every state; cost and values side by side, B_0 being the fork, A_{n+1} the leaf."""
    solution = solve(maze, goal, wrong, Costs(cost[-1][1][0], [away[:-1] for away, _ in cost],
                                              [back[1:] for _, back in cost], [away[-1] for away, _ in cost]))
    values = []
    for side, D, (_, back) in zip(wrong, solution.D, cost, strict=False):
        A, B = [solution.H + D[0]], [solution.H]
        for x in range(1, len(side.P) + 1):
            B.append(B[-1] + (back[x] + side.Q_not[x - 1] * D[x]) / side.Q[x - 1])
            A.append(B[-1] + D[x])
        values.append((A, B))
    away, N = cost[-1][0], solution.N
    A, B = [0 * solution.H], []
    for x in range(len(goal.P), 0, -1):
        B.append(A[-1] + N[x])
        A.append(A[-1] + (away[x - 1] + goal.P_not[x - 1] * N[x - 1]) / goal.P[x - 1])
    return [*values, (A[::-1], [solution.H, *B[::-1]])]


def _less(values: list[Any], costs: list[Any]) -> list[Any]:
    return [value - cost for value, cost in zip(values, costs, strict=True)]


class _Recursion:
    """M_jk at every state, and its mean over the next one, order by order."""

    def __init__(self, maze: Maze, policy: Policy, target: int):
        if not policy.tied:
            raise InputError("the estimator's moments need tied rows")
        self.maze = maze
        self.goal, self.wrong = split(maze, policy, target)
        if not sure(self.goal, self.wrong) or any(q == 0 for side in self.wrong for q in side.Q):
            raise InputError("the estimator has no moments: the cost is infinite there or next to it")
        self.zero = 0 * self.goal.P[0]
        self.after = {(0, 0): self._fill(1)}           # E[M_jk(next)]
        self.at = {(0, 0): self._fill(1)}              # M_jk

    def _fill(self, value: int) -> Values:
        size = len(self.goal.P) + 1
        return [([self.zero + value] * size, [self.zero + value] * size) for _ in [*self.wrong, self.goal]]

    def solve(self, j: int, k: int, entry: tuple[bool, int] | None = None) -> None:
        """Add the moment (j, k) of a row entry, given as (moving away?, node x); all lower ones must be there."""
        cost = self._fill(0)
        for a in range(j):
            for (A, B), (ahead, behind) in zip(cost, self.after[a, k], strict=True):
                weight = math.comb(j, a)
                A[:] = [c + weight * v for c, v in zip(A, ahead, strict=True)]
                B[:] = [c + weight * v for c, v in zip(B, behind, strict=True)]
        cost[-1][0][-1] = self.zero                    # the target itself
        if entry and k:
            away, x = entry
            for i, (A, B) in enumerate(cost):
                (A if away else B)[x - 1 if away else x] += self._scored(j, k, away, x, i)
        at = _values(self.maze, self.goal, self.wrong, cost)
        self.at[j, k] = at
        self.after[j, k] = [(_less(A, away), _less(B, back))
                            for (A, B), (away, back) in zip(at, cost, strict=True)]

    def entry(self, away: bool, x: int, order: int) -> dict[tuple[int, int], Any]:
        """E[T^j S^k] from the fork for the row entry at node x; those with k = 0 must be there."""
        shared = self.at, self.after
        self.at, self.after = dict(self.at), dict(self.after)
        self.at[0, 1], self.after[0, 1] = self._fill(0), self._fill(0)                  # E[S] = 0 from everywhere
        for k, j in ((k, j) for k in range(1, order + 1) for j in range(order + 1) if (j, k) != (0, 1)):
            self.solve(j, k, (away, x))
        moments = {key: at[-1][1][0] for key, at in self.at.items()}
        self.at, self.after = shared
        return moments

    def _scored(self, j: int, k: int, away: bool, x: int, i: int) -> Any:
        """The part of the cost that a visit of the row scores: b < k of the k scores are still to come."""
        side = [*self.wrong, self.goal][i]
        p, turn = (side.P[x - 1], side.P_not[x - 1]) if away else (side.Q[x - 1], side.Q_not[x - 1])
        total = self.zero
        for b in range(k):
            scored, missed = p * turn ** (k - b), turn * (-p) ** (k - b)
            for a in range(j + 1):
                A, B = self.at[a, b][i]
                outwards, inwards = A[x], B[x - 1]
                persist, other = (outwards, inwards) if away else (inwards, outwards)
                total += math.comb(k, b) * math.comb(j, a) * (scored * persist + missed * other)
        return total


NODES = {"a": (True, 2), "b": (False, 2), "c": (True, 1), "d": (False, 1)}       # row -> moving away?, first node


def estimators(maze: Maze, policy: Policy, *, order: int = 2, target: int = 0,
               only: tuple[str, int] | None = None) -> dict[str, list[Estimator]]:
    """The estimator of every row entry: {'a': K of them, ...}; E[T^j S^k] for j, k <= order, in the policy's numbers.

    Rational rows (tied) give Fractions, `arb` rows balls. O(K^2) operations; order 4 is for `kurtosis`. `only`: one
    (row, diamond 1 .. K), in O(K). Errors: `InputError` for untied rows, an infinite cost, no such row.

    >>> d = estimators(Maze(3, 2, 2), Policy.sft_limit(2))["d"][0]
    >>> d.steps, d.mean, d.score
    (Fraction(174, 1), Fraction(110, 1), Fraction(4, 3))
    """
    recursion = _Recursion(maze, policy, target)
    if only and not (only[0] in NODES and 1 <= only[1] <= maze.K):
        raise InputError(f"row {only[0]}, diamond {only[1]}: not one of a, b, c, d, or not within K = {maze.K}")
    for j in range(1, order + 1):
        recursion.solve(j, 0)
    entries = [only] if only else [(name, j) for name in ROWS for j in range(1, maze.K + 1)]
    found: dict[str, list[Estimator]] = {}
    for name, j in entries:
        moments = recursion.entry(NODES[name][0], NODES[name][1] + 2 * (j - 1), order)
        found.setdefault(name, []).append(Estimator({key: out(policy, value) for key, value in moments.items()}))
    return found


# -- in balls ---------------------------------------------------------------------------------------------------

class Signal(NamedTuple):
    """Floats, 4 x K (rows a, b, c, d) but for H: E[G], E[S^2], Var G, and r^2 = (E G)^2/Var G (0 without gradient)."""

    steps: float
    mean: Array
    score: Array
    variance: Array
    ratio: Array


def _balls(maze: Maze, policy: Policy | Array) -> Policy:
    """The policy, or the one with log-odds z (4 x K), in balls of the working precision."""
    if isinstance(policy, Policy):
        policy.check(maze)
        return Policy(*([flint.arb(v) for v in row] for row in policy.branch(0).expanded(maze.K).values()))
    z = np.asarray(policy, dtype=float)
    if z.shape != (4, maze.K) or not np.all(np.isfinite(z)):
        raise InputError(f"log-odds of shape {z.shape}: 4 x K = 4 x {maze.K} finite ones are needed")
    return Policy(*([1 / (1 + flint.arb(-float(v)).exp()) for v in row] for row in z))


def signal(maze: Maze, policy: Policy | Array, *, baseline: Any = MEAN, digits: int = 12) -> Signal:
    """Mean, noise and signal to noise of every row's estimator, each within 10^-digits of itself.

    policy: tied rows, or log-odds of persisting (4 x K). baseline: 'mean' (H), 'best' (each row's B*), or a number.
    Computed in balls whose precision is doubled until it suffices; 0.1 s at W = K = 15.
    Errors: `InputError` as `estimators`; when a mean is too near 0 to tell; for values out of float64's range.

    >>> s = signal(Maze(15, 15, 5), Policy.base(5))
    >>> round(s.steps), s.mean[3, 0].round(6), (1 / s.ratio.min()).round(-4)
    (50141, np.float64(2075.0), np.float64(61170000.0))
    """
    if isinstance(policy, Policy) and not policy.tied:
        raise InputError("the estimator's moments need tied rows")
    bits = 128
    while bits <= 1 << 13:
        with ball_precision(bits):
            found = _floats(maze, estimators(maze, _balls(maze, policy)), baseline, digits)
        if found is not None:
            return found
        if bits == 128 and isinstance(policy, Policy) and policy.kind == "rational":
            _refuse_zero(maze, policy)
        bits *= 2
    raise InputError(f"a gradient on {maze} is 0 or too near 0 to tell its sign")


def _refuse_zero(maze: Maze, policy: Policy) -> None:
    """No precision tells the sign of a mean that is exactly 0: look once, in rationals, before trying more."""
    (gradient,) = hitting.gradient(maze, policy)
    flat = [(name, j) for name, row in zip(ROWS, gradient, strict=True) for j, slope in enumerate(row, 1) if slope == 0]
    for name, j in flat:
        if estimators(maze, policy, only=(name, j))[name][0].score != 0:
            raise InputError(f"row {name}, diamond {j}: a gradient of 0 has no sign to learn")


def _floats(maze: Maze, rows: dict[str, list[Estimator]], baseline: Any, digits: int) -> Signal | None:
    table = np.zeros((4, 4, maze.K))
    for i, j, row in ((i, j, row) for i, name in enumerate(ROWS) for j, row in enumerate(rows[name])):
        if row.score == 0:
            continue
        balls = [row.mean, row.score, row.variance(baseline)]
        if any(v.rel_accuracy_bits() < 3.33 * digits + 4 for v in balls):
            return None
        table[:, i, j] = [*map(float, balls), float(row.mean**2 / balls[2])]
    steps = float(rows["a"][0].steps)
    if not (np.all(np.isfinite(table)) and math.isfinite(steps)):
        raise InputError(f"the estimator's moments leave float64's range on {maze}")
    return Signal(steps, *table)
