"""The alternatives: other people's ways to the expected hitting time, each fed the lumped chain as it likes it.

Every method is a function of the chain's entries; calling it *builds* the method's own input (a matrix, a Storm
model) and returns a function that *solves* and returns the expected steps from state 0. The entries are
(i, j, p) with p an exact rational, row by row, for states 0 .. n-1; column n is the target. Lumping the chain is
counted for nobody.

Floats are rounded entry by entry, p and 1-p apart, since that is what these programs are given. GTH does not read
the diagonal and never subtracts, so it alone among the float routes is not hurt. Storm's sound double iterates to
its default precision, 1e-6 relative, and promises no more. Not covered: other model checkers; the full chain of the
multigraph; matrices in other precisions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import flint

from verify.storm import Entries, as_float

Solve = Callable[[], Any]


# -- linear algebra ---------------------------------------------------------------------------------------------

def _dense(n: int, rows: Entries) -> Any:
    """The stochastic matrix, the target absorbing."""
    import numpy as np

    matrix = np.zeros((n + 1, n + 1))
    matrix[n, n] = 1
    for i, j, p in rows:
        matrix[i, j] = as_float(p)
    return matrix


def numpy_dense(n: int, rows: Entries) -> Solve:
    import numpy as np

    matrix = -_dense(n, rows)[:n, :n]
    matrix[np.diag_indices(n)] += 1
    return lambda: float(np.linalg.solve(matrix, np.ones(n))[0])


def scipy_sparse(n: int, rows: Entries) -> Solve:
    import numpy as np
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import spsolve

    i, j, p = zip(*[(i, j, as_float(p)) for i, j, p in rows if j < n], strict=True)
    matrix = csc_array(eye_array(n) - csc_array((p, (i, j)), shape=(n, n)))

    def solve() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")         # "exactly singular": and judged by what comes out
            return float(spsolve(matrix, np.ones(n))[0])
    return solve


def pydtmc_absorption(n: int, rows: Entries) -> Solve:
    from pydtmc import MarkovChain

    markov = MarkovChain(_dense(n, rows))
    return lambda: float(markov.mean_absorption_times()[0])


def pydtmc_hitting(n: int, rows: Entries) -> Solve:
    from pydtmc import MarkovChain

    markov = MarkovChain(_dense(n, rows))
    return lambda: float(markov.hitting_times([n])[0])


def quantecon_gth(n: int, rows: Entries) -> Solve:
    from quantecon.markov import gth_solve

    matrix = _dense(n, rows)
    matrix[n] = 0
    matrix[n, 0] = 1                # back to the start: steps between two visits of the target are H + 1

    def solve() -> float:
        stationary = gth_solve(matrix)
        return float(stationary[:n].sum() / stationary[n])
    return solve


def sympy_rref(n: int, rows: Entries) -> Solve:
    from sympy import QQ
    from sympy.polys.matrices import DomainMatrix

    matrix: dict[int, dict[int, Any]] = {i: {i: QQ(1), n: QQ(1)} for i in range(n)}
    for i, j, p in rows:
        if j < n:
            matrix[i][j] = matrix[i].get(j, QQ(0)) - QQ(int(p.p), int(p.q))
    augmented = DomainMatrix(matrix, (n, n + 1), QQ)

    def solve() -> Any:
        reduced, _ = augmented.rref()
        return reduced[0, n].element
    return solve


def flint_dense(n: int, rows: Entries) -> Solve:
    matrix = flint.fmpq_mat(n, n)
    for i in range(n):
        matrix[i, i] = 1
    for i, j, p in rows:
        if j < n:
            matrix[i, j] -= p
    ones = flint.fmpq_mat(n, 1, [1] * n)
    return lambda: matrix.solve(ones)[0, 0]
