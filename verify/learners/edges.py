"""A tabular softmax policy on the full multigraph: one row of logits for every directed edge.

Setting. The walker's state is the arc it just crossed. An inner node, at depth x = 1 .. 2K of a branch, has L+1 edges:
those that lead back (`copies(x-1)` of them: L at a right node v, 1 at a left node u), then those that lead on. So a
row says how a walker that came by edge i of a node leaves by edge k of it, and all rows of a policy are one array

    logits[block, x-1, i, k],    shape (B, 2K, L+1, L+1),

with B = W blocks, one a branch, or B = 1 when the rows are tied across branches. i below `copies(x-1)` means that the
walker is moving away from the fork. Nothing else is tied; the base model is all logits 0. At the fork the branch is
drawn uniformly whatever the policy (the model says so), so arcs into the fork and into a leaf have no row to learn.

The expected steps are solved, not sampled, by eliminating nodes from the leaf to the fork; only nonnegative numbers
are added, multiplied and divided, so no digits are lost however large the answer is (Grassmann, Taksar and Heyman).
This file shares no code with `theory.hitting`, whose witness it is.

Not covered: weights shared in any other way than across branches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import ROWS, Branch, Policy

Array = np.ndarray


class EdgePolicy:
    """Logits of every row of the multigraph, shape (B, 2K, L+1, L+1); base unless given.

    tied: one block for all branches (B = 1), else one a branch (B = W). Errors: `InputError` for another shape.
    """

    def __init__(self, maze: Maze, logits: Array | None = None, *, tied: bool = False):
        self.maze, self.tied = maze, tied
        shape = (1 if tied else maze.W, 2 * maze.K, maze.L + 1, maze.L + 1)
        self.logits = np.zeros(shape) if logits is None else np.array(logits, float)
        if self.logits.shape != shape:
            raise InputError(f"logits of shape {self.logits.shape}: {shape} is needed")

    def copy(self) -> EdgePolicy:
        """The same policy with logits of its own."""
        return EdgePolicy(self.maze, self.logits, tied=self.tied)

    @classmethod
    def of(cls, maze: Maze, policy: Policy, *, certain: float = 700.0) -> EdgePolicy:
        """The edge policy with the rows of a `Policy`, uniform over parallel edges; tied as it is.

        A row of 1 has no finite logits: its odds become exp(certain), which float64 rounds to 1. Errors: `InputError`
        for a row of 0, since a softmax cannot say never.
        """
        if any(row == 0 for branch in policy.branches for row in branch.numbers()):
            raise InputError("a row of 0: a softmax over edges cannot say never; write a small number")
        policy.check(maze)
        self = cls(maze, tied=policy.tied)
        for block, branch in enumerate(policy.branches):
            odds = Policy.of(branch).to_logits(maze.K)
            self.set_log_odds(np.clip([odds[name] for name in ROWS], -certain, certain), block)
        return self

    def log_odds(self, block: int = 0) -> Array:
        """Log-odds of persisting of one block, 4 x K, rows a, b, c, d; the first parallel copy speaks for all."""
        at_u, at_v, L = self.logits[block, 0::2], self.logits[block, 1::2], self.maze.L
        several = np.logaddexp.reduce
        return np.array([at_v[:, 0, L] - several(at_v[:, 0, :L], axis=-1),
                         several(at_v[:, L, :L], axis=-1) - at_v[:, L, L],
                         several(at_u[:, 0, 1:], axis=-1) - at_u[:, 0, 0],
                         at_u[:, 1, 0] - several(at_u[:, 1, 1:], axis=-1)])

    def set_log_odds(self, z: Array, block: int = 0) -> None:
        """Set one block's rows to these log-odds of persisting (4 x K), uniform over parallel edges, in place."""
        at_u, at_v, L = self.logits[block, 0::2], self.logits[block, 1::2], self.maze.L
        at_u[:], at_v[:], many = 0.0, 0.0, np.log(L)                 # L edges share the odds on their side
        at_v[:, :L, L] = z[0][:, None] + many
        at_v[:, L, :L] = z[1][:, None] - many
        at_u[:, 0, 1:] = z[2][:, None] - many
        at_u[:, 1:, 0] = z[3][:, None] + many

    def probabilities(self) -> Array:
        """The softmax of every row, in the shape of the logits."""
        weights = np.exp(self.logits - self.logits.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def block(self, branch: int) -> int:
        """The block of rows that a branch uses."""
        return 0 if self.tied else branch

    def rows(self) -> dict[str, Array]:
        """Probabilities of persisting: {'a': (B, K, L), 'b': (B, K, 1), 'c': (B, K, 1), 'd': (B, K, L)}.

        The last axis is the parallel edge by which the walker came.
        """
        on, p, L = leads_on(self.maze), self.probabilities(), self.maze.L
        forward = (p * on[:, None, :]).sum(axis=-1)                           # (B, 2K, L+1): P(leave by an edge on)
        back = (p * ~on[:, None, :]).sum(axis=-1)
        u, v = slice(0, None, 2), slice(1, None, 2)
        return {"a": forward[:, v, :L], "b": back[:, v, L:], "c": forward[:, u, :1], "d": back[:, u, 1:]}

    def backward(self) -> Array:
        """A copy of the logits of all rows that move towards the fork: rows b and d of every block, flat."""
        return self.logits[:, ~away(self.maze)].ravel().copy()

    def lumped(self) -> Policy:
        """Rows a, b, c, d of every block, parallel copies averaged; exact only when the copies agree."""
        means = {name: values.mean(axis=2) for name, values in self.rows().items()}
        clipped = {name: np.clip(values, 0.0, 1.0) for name, values in means.items()}      # sums of L+1 roundings
        return Policy.of(*(Branch(*(clipped[name][i].tolist() for name in ROWS)) for i in range(len(self.logits))))

    def expected_steps(self, target: int | None = None) -> float:
        """Expected steps from the fork to the leaf of branch `target`, or the mean over targets; float64, inf if so.

        Errors: `InputError` for a target that is no branch.
        """
        if target is not None:
            self.maze.check_target(target)
        if not np.isfinite(self.logits).all():
            raise InputError("logits: not all of them are finite numbers")
        costs, eliminate = self.probabilities(), _elimination()
        wrong = [eliminate(block, self.maze.L, False)[0] for block in costs]
        goal = [eliminate(block, self.maze.L, True) for block in costs]
        # the others' costs are added up, never the target's taken off; tied ones are all alike
        others = [float(self.maze.W - 1) * wrong[0] if self.maze.W > 1 else 0.0] if self.tied else [
            sum(w for i, w in enumerate(wrong) if i != t) for t in range(len(wrong))]
        targets = range(len(costs)) if target is None else [self.block(target)]
        # a visit of the fork costs the mean over branches, and is the last with probability goal[t][1] / W
        with np.errstate(divide="ignore", invalid="ignore"):
            H = np.array([(others[t] + goal[t][0]) / np.float64(goal[t][1]) for t in targets])
        H[np.isnan(H)] = np.inf
        return float(H.mean())


def leads_on(maze: Maze) -> Array:
    """(2K, L+1): whether edge k of the node at depth x = 1 .. 2K leads away from the fork."""
    return np.arange(maze.L + 1) >= np.array([maze.copies(x) for x in range(2 * maze.K)])[:, None]


def away(maze: Maze) -> Array:
    """(2K, L+1): whether a walker that came by edge i to the node at depth x = 1 .. 2K moves away from the fork."""
    return ~leads_on(maze)


@functools.cache
def _elimination() -> Callable[[Array, int, bool], tuple[float, float]]:
    """(rows of one block, L, is it the target's branch?) -> (steps from leaving the fork until back there or at the
    target, probability of the target); compiled on first use."""
    import numba

    @numba.njit(error_model="numpy")
    def eliminate(p: Array, L: int, target: bool) -> tuple[float, float]:
        # of the edges that lead on from the node in hand: R[k, l] = P(out by k, next back by l), hit[k] = P(out by k,
        # then the target before coming back), time[k] = steps until either
        R, hit, time = np.zeros((L, L)), np.zeros(L), np.zeros(L)
        if target:
            hit[0], time[0] = 1.0, 1.0
        else:
            R[0, 0], time[0] = 1.0, 2.0
        for x in range(len(p), 0, -1):
            m = L if x % 2 == 0 else 1                         # edges back; the others lead on
            n = L + 1 - m
            # states: come back by edge m+l; columns of B: leave by edge back k, or hit the target
            A, B, C = np.zeros((n, n)), np.zeros((n, m + 1)), np.zeros(n)
            for s in range(n):
                for k in range(m):
                    B[s, k] = p[x - 1, m + s, k]
                for k in range(n):
                    q = p[x - 1, m + s, m + k]
                    B[s, m] += q * hit[k]
                    C[s] += q * time[k]
                    for l in range(n):
                        A[s, l] += q * R[k, l]
            leave = np.zeros(n)
            for s in range(n - 1, -1, -1):
                for k in range(s):                             # summed, never 1 minus the rest
                    leave[s] += A[s, k]
                for k in range(m + 1):
                    leave[s] += B[s, k]
                for i in range(s):
                    w = A[i, s] / leave[s]
                    for l in range(s):
                        A[i, l] += w * A[s, l]
                    for k in range(m + 1):
                        B[i, k] += w * B[s, k]
                    C[i] += w * C[s]
            for s in range(n):
                for k in range(m + 1):
                    for l in range(s):
                        B[s, k] += A[s, l] * B[l, k]
                    B[s, k] /= leave[s]
                for l in range(s):
                    C[s] += A[s, l] * C[l]
                C[s] /= leave[s]
            # the same for the edges back, seen from the node before
            R2, hit2, time2 = np.zeros((L, L)), np.zeros(L), np.zeros(L)
            for i in range(m):
                back = 0.0
                for k in range(n):
                    q = p[x - 1, i, m + k]
                    hit2[i] += q * hit[k]
                    time2[i] += q * time[k]
                    for l in range(n):
                        hit2[i] += q * R[k, l] * B[l, m]
                        time2[i] += q * R[k, l] * C[l]
                for b in range(m):
                    R2[i, b] = p[x - 1, i, b]
                    for k in range(n):
                        for l in range(n):
                            R2[i, b] += p[x - 1, i, m + k] * R[k, l] * B[l, b]
                    back += R2[i, b]
                time2[i] += 1.0 + back
            R, hit, time = R2, hit2, time2
        return time[0], hit[0]

    return eliminate
