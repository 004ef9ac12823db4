"""Benchmark: Figure 3's training run, the O(K) gradient against linear solves for cost and gradient.

W = K = 15, L = 5: 1200 sign steps of 0.01 on the log-odds of all 4K rows, down the exact gradient of the expected
steps. Ours is `theory.dynamics.descent`, compiled. The alternatives run the same loop in numpy on the lumped chain's
122 states: h = A^-1 1 for the cost, the adjoint y = A^-T e_start for the gradient, dH/dp_s = y_s (h at the state
that persisting leads to, minus h at the one that turning does), from one factorisation a step, dense or sparse.

Printed: time for the run (compilation apart), and at the figure's steps H + 1 (the prompt's edge counted, as the
figure does), the wrong digits of each method's H against the exact cost of the rows it had then, and whether all
methods had the same rows. Not covered: learners that sample; automatic differentiation.

Run: python tests/bench/figure3.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import flint

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench.measure import console, header, rational, seconds, table, timed, wrong_digits
from theory.dynamics import base_log_odds, descent
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import ball_precision
from theory.policy import ROWS, Policy

MAZE = Maze(W=15, K=15, L=5)
STEPS, LR = 1200, 0.01
SHOWN = (0, 1, 25, 100, 300, 600, 1200)
Run = tuple[Any, dict[int, Any]]              # H before each step; the log-odds before the steps SHOWN


def ours() -> Run:
    run = descent(MAZE, STEPS, LR)
    return run.steps_to_target, {STEPS: run.log_odds}


def dense(matrix: Any) -> Callable[[Any, bool], Any]:
    """(right side, transposed?) -> solution, by LAPACK's LU."""
    from scipy.linalg import lu_factor, lu_solve

    factors = lu_factor(matrix, check_finite=False)
    return lambda right, transposed: lu_solve(factors, right, trans=int(transposed), check_finite=False)


def sparse(matrix: Any) -> Callable[[Any, bool], Any]:
    """The same by SuperLU."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    factors = splu(csc_array(matrix))
    return lambda right, transposed: factors.solve(right, "T" if transposed else "N")


def by_solves(factorise: Callable[[Any], Callable[[Any, bool], Any]]) -> Run:
    """Sign descent with cost and gradient from linear solves."""
    import numpy as np

    W, n = MAZE.W, 2 * MAZE.K
    # states: 0 the fork; for side 0 (target) and 1 (wrong), x = 1 .. n: moving away, then moving back; the wrong
    # leaf; last the target, whose column is cut off
    away = [[1 + 2 * n * side + x for x in range(n)] for side in (0, 1)]
    back = [[state + n for state in row] for row in away]
    leaf, target = 4 * n + 1, 4 * n + 2
    state, on, turn, row = [], [], [], []
    for side, end in ((0, target), (1, leaf)):
        outwards, inwards = [*away[side], end], [0, *back[side]]
        for x in range(n):
            state += [away[side][x], back[side][x]]
            on += [outwards[x + 1], inwards[x]]                   # A_x persists to A_(x+1), B_x to B_(x-1)
            turn += [inwards[x], outwards[x + 1]]
            # rows a, b, c, d are 0 .. 3: c and d at u_j, a and b at v_j
            row += [(2 - x % 2 * 2) * MAZE.K + x // 2, (3 - x % 2 * 2) * MAZE.K + x // 2]
    step = np.zeros((target, target + 1))
    step[0, away[0][0]], step[0, away[1][0]], step[leaf, back[1][-1]] = 1 / W, 1 - 1 / W, 1
    ones, start, identity = np.ones(target), np.eye(target)[0], np.eye(target)

    z, trace, odds = base_log_odds(MAZE), np.empty(STEPS + 1), {}
    for i in range(STEPS + 1):
        p, p_not = 1 / (1 + np.exp(-z.ravel())), 1 / (1 + np.exp(z.ravel()))
        step[state, on], step[state, turn] = p[row], p_not[row]
        solve = factorise(identity - step[:, :target])
        h, y = np.append(solve(ones, False), 0.0), solve(start, True)
        trace[i] = h[0]
        if i in SHOWN:
            odds[i] = z.copy()
        slope = np.bincount(row, y[state] * (h[on] - h[turn]), minlength=4 * MAZE.K) * p * p_not
        z = z - LR * np.sign(slope).reshape(z.shape)
    return trace, odds


METHODS: dict[str, Callable[[], Run]] = {
    "O(K) gradient, compiled": ours,
    "dense LU and adjoint": partial(by_solves, dense),
    "sparse LU and adjoint": partial(by_solves, sparse),
}


def exact(log_odds: Any) -> flint.fmpq:
    """The expected steps at these very log-odds, far beyond float precision."""
    with ball_precision(256):
        rows = {name: [1 / (1 + (-flint.arb(float(z))).exp()) for z in row]
                for name, row in zip(ROWS, log_odds, strict=True)}
        ball = expected_steps(MAZE, Policy(**rows))
    assert ball.rel_accuracy_bits() > 100
    return rational(ball.mid().fmpq())


def main() -> None:
    header("Figure 3: 1200 sign steps at W = K = 15, L = 5", ["numpy", "scipy", "numba"])
    before = time.perf_counter()
    ours()
    console.print(f"first run of ours, compiling: {seconds(time.perf_counter() - before)}\n")
    runs, unit = {}, 0.0
    out = table("the whole run", "method", "best", "median", "runs", "ratio")
    for name, method in METHODS.items():
        runs[name], timing = timed(lambda method=method: method)
        unit = unit or timing.best
        out.add_row(name, *timing.cells(unit)[1:])
    console.print(out, "")

    out = table("H + 1 and wrong digits", "step", "H + 1", *METHODS, "same rows")
    for i in SHOWN:
        rows = [odds[i] if i in odds else descent(MAZE, i, LR).log_odds for _, odds in runs.values()]
        digits = [wrong_digits(float(trace[i]), exact(z)) for (trace, _), z in zip(runs.values(), rows, strict=True)]
        same = all((z == rows[0]).all() for z in rows)
        out.add_row(str(i), f"{runs['O(K) gradient, compiled'][0][i] + 1:.4f}", *digits, "yes" if same else "no")
    console.print(out)


if __name__ == "__main__":
    main()
