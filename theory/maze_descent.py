"""RLVR on any maze: descent of the mean cost over the targets along its exact gradient in the logits.

Setting. A policy of `theory.multigraph` does not know which target its problem has, so what it is trained on is the
mean of the expected steps, targets drawn by the walk's weights: outcome reward with a length penalty. Every free state
has a softmax row. With h the costs-to-go to a target and n the expected visits under the present policy,

    dH/dz_(s, arc) = n_s p_(s, arc) (h_arc - sum_b p_(s, b) h_b),

two sparse linear systems a target, one of them transposed. They are solved in floats; where the cost passes 1e12 the
solve is refused. At the end the rows are rounded to multiples of 2^-40, and the cost of those rows is exact.

Not covered: a proof that the end is a global optimum (there is none); truncated rollouts, sampled gradients.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import flint
import numpy as np

from theory.multigraph import BASE, Table, Walk, mean_steps
from theory.numeric import InputError, fraction, integer

RULES = ("sign", "gradient")


class Descent(NamedTuple):
    """Where descent ended: the rounded table, its exact mean cost, and the mean cost in floats along the way."""

    table: Table
    steps: Any
    costs: list[float]


class Slopes:
    """The mean cost of softmax rows and its exact gradient in their logits, in floats, by sparse linear systems.

    Every free state has one logit an arc; entries are (state, arc) pairs in `pairs`, in the order of `walk.states`.
    """

    def __init__(self, walk: Walk, learn_forks: bool = False):
        self.walk = walk
        number = {state: i for i, state in enumerate(walk.states)}
        self.free = [state for state in walk.states if walk.free(state, learn_forks)]
        self.pairs = [(state, arc) for state in self.free for arc in walk.choices(state)]
        fixed = [(state, arc, p) for state in walk.states if not walk.free(state, learn_forks)
                 for arc, p in walk.row(BASE, state).items()]
        entries = [*self.pairs, *[(state, arc) for state, arc, _ in fixed]]
        self.tails = np.array([number[state] for state, _ in entries])
        self.heads = np.array([number[arc] for _, arc in entries])
        self.fixed = np.array([float(fraction(p)) for *_, p in fixed])
        sizes = [len(walk.choices(state)) for state in self.free]
        self.first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int) if sizes else np.zeros(0, int)
        self.sizes = np.array(sizes, int)
        self.ends = [np.array([arc[1] == target for _, arc in entries]) for target in walk.targets]

    def logits(self, table: Table = BASE) -> np.ndarray:
        """The logits of a table whose rows are positive; `InputError` for a row with a zero."""
        rows = self.walk.check(table)
        values = np.array([float(fraction(self.walk.row(rows, state).get(arc, flint.fmpq(0))))
                           for state, arc in self.pairs])
        if (values <= 0).any():
            state, arc = self.pairs[int(np.argmin(values))]
            raise InputError(f"row of {state!r}: probability 0 of {arc!r} has no logit")
        return np.log(values)

    def rows(self, z: np.ndarray) -> np.ndarray:
        """The softmax of every row."""
        top = np.maximum.reduceat(z, self.first) if len(z) else z
        e = np.exp(z - np.repeat(top, self.sizes))
        return e / np.repeat(np.add.reduceat(e, self.first), self.sizes) if len(z) else e

    def __call__(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """(mean cost, gradient); `InputError` when floats cannot solve the system."""
        from scipy.sparse import csc_matrix, identity
        from scipy.sparse.linalg import splu

        p = self.rows(z)
        weights = np.concatenate([p, self.fixed])
        size, total, slope = len(self.walk.states), 0.0, np.zeros_like(z)
        n = len(p)
        for target, ends in zip(self.walk.targets, self.ends, strict=True):
            stays = ~ends
            P = csc_matrix((weights[stays], (self.tails[stays], self.heads[stays])), shape=(size, size))
            inner = np.array([self.walk.at(state) != target for state in self.walk.states])
            try:
                solver = splu((identity(size, format="csc") - P).tocsc())
            except RuntimeError:
                raise InputError("in floats the policy no longer reaches its targets: take smaller steps") from None
            h = solver.solve(inner.astype(float)) * inner
            first = np.zeros(size)
            first[0] = 1.0
            x = solver.solve(first, trans="T")
            if not (np.isfinite(h).all() and h[0] < 1e12 and h.min() >= 0):
                raise InputError(f"about {h[0]:.3g} steps: beyond what a float solve is trusted with here")
            gain = np.where(ends, 0.0, h[self.heads])[:n]
            mean = np.repeat(np.add.reduceat(p * gain, self.first), self.sizes) if n else gain
            weight = float(fraction(self.walk.weights[target]))         # type: ignore[index]
            total += weight * float(h[0])
            slope += weight * x[self.tails[:n]] * p * (gain - mean)
        return total, slope

    def table(self, z: np.ndarray) -> Table:
        """The rows rounded to 2^-40, each row's rest given to its largest entry; exact."""
        values = np.round(self.rows(z) * 2.0**40).astype(np.int64)
        out = {}
        for state, first, size in zip(self.free, self.first, self.sizes, strict=True):
            row = values[first:first + size].copy()
            row[np.argmax(row)] += 2**40 - row.sum()
            out[state] = {self.pairs[first + i][1]: flint.fmpq(int(v), 2**40) for i, v in enumerate(row)}
        return out


def descend(walk: Walk, steps: int, lr: float, rule: str = "sign", learn_forks: bool = False,
            start: Table = BASE) -> Descent:
    """RLVR on the exact gradient: `steps` updates of the logits, by lr times the slope's sign or the slope itself.

    The objective is the mean cost over the walk's targets (outcome reward with a length penalty). Signs of slopes
    below 1e-9 of the largest count as 0: symmetric logits must not part by rounding.
    Errors: `InputError` for a bad rule, steps or rate, and where floats do not suffice.
    """
    integer(steps, "steps", least=0)
    if rule not in RULES:
        raise InputError(f"rule {rule!r}: not one of {', '.join(RULES)}")
    if not 0 < lr < float("inf"):
        raise InputError(f"lr = {lr!r}: must be positive")
    slopes, costs = Slopes(walk, learn_forks), []
    z = slopes.logits(start)
    for _ in range(steps):
        cost, slope = slopes(z)
        costs.append(cost)
        if rule == "sign":
            slope = np.sign(slope) * (np.abs(slope) > 1e-9 * np.abs(slope).max(initial=0.0))
        z = z - lr * slope
    table = slopes.table(z)
    result = mean_steps(walk, table)
    return Descent(table, result if isinstance(result, Fraction) else float("inf"), costs)
