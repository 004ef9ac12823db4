"""Sign-RLVR by dense linear algebra: the independent witness of `theory.dynamics`.

Setting. The learner moves the log-odds z of the rows (4 x K, tied across branches) by lr against the sign of dH/dz.
H and its gradient come from the transition matrix of the lumped chain, by two float64 solves: h = (I-P)^-1 1, the
expected visits v = e_start (I-P)^-1, and dH/dp = sum over the row's states of v * (h(persist) - h(turn)). Cubic in K,
and good only while H stays well below 1e15; both are what one wants of a witness on small mazes.

Not covered: sampled gradients.
"""

from __future__ import annotations

import numpy as np

from theory.maze import Maze

Array = np.ndarray


class DenseWalk:
    """The lumped chain as a matrix: states (fork), then for the target and the wrong side A_x, B_x, and the leaf."""

    def __init__(self, maze: Maze):
        self.maze, self.n = maze, 2 * maze.K
        self.sides = 2 if maze.W > 1 else 1
        self.size = 1 + self.sides * (2 * self.n + 1)

    def state(self, side: int, x: int, away: bool) -> int:
        """Index of A_x or B_x, x = 1 .. 2K (away also 2K+1, the leaf), side 0 the target; x = 0 is the fork."""
        if x == 0:
            return 0
        return 1 + side * (2 * self.n + 1) + (x - 1 if away else self.n + x)

    def solve(self, P: Array, Q: Array) -> tuple[float, Array, Array]:
        """(H, dH/dP, dH/dQ) for persistence P, Q at x = 1 .. 2K."""
        n, size = self.n, self.size
        absorbed = self.state(0, n + 1, True)
        move = np.zeros((size, size))
        move[0, self.state(0, 1, True)] = 1 / self.maze.W
        if self.sides == 2:
            move[0, self.state(1, 1, True)] = 1 - 1 / self.maze.W
            move[self.state(1, n + 1, True), self.state(1, n, False)] = 1
        rows = [(side, x) for side in range(self.sides) for x in range(1, n + 1)]
        for side, x in rows:
            A, B = self.state(side, x, True), self.state(side, x, False)
            on, back = self.state(side, x + 1, True), self.state(side, x - 1, False)
            move[A, on], move[A, back] = P[x - 1], 1 - P[x - 1]
            move[B, back], move[B, on] = Q[x - 1], 1 - Q[x - 1]
        move[absorbed] = 0
        system = np.eye(size) - move
        cost = np.ones(size)
        cost[absorbed] = 0
        h = np.linalg.solve(system, cost)
        visits = np.linalg.solve(system.T, np.eye(size)[0])
        dP, dQ = np.zeros(n), np.zeros(n)
        for side, x in rows:
            gain = h[self.state(side, x + 1, True)] - h[self.state(side, x - 1, False)]
            dP[x - 1] += visits[self.state(side, x, True)] * gain
            dQ[x - 1] -= visits[self.state(side, x, False)] * gain
        return h[0], dP, dQ


def sign_descent(maze: Maze, steps: int, lr: float) -> Array:
    """H before training and after each of `steps` sign steps from base, shape (steps + 1,)."""
    walk, L = DenseWalk(maze), maze.L
    P = np.tile([L / (L + 1), 1 / (L + 1)], maze.K)
    Q = np.tile([1 / (L + 1), L / (L + 1)], maze.K)
    z, y = np.log(P / (1 - P)), np.log(Q / (1 - Q))
    trace = np.empty(steps + 1)
    for step in range(steps + 1):
        P, Q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-y))
        trace[step], dP, dQ = walk.solve(P, Q)
        z -= lr * np.sign(dP)
        y -= lr * np.sign(dQ)
    return trace
