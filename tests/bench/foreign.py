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

import functools
import warnings
from collections.abc import Callable
from typing import Any

import flint

from theory.chain import TARGET, Chain

Entries = list[tuple[int, int, Any]]
Solve = Callable[[], Any]


def entries(chain: Chain) -> tuple[int, Entries]:
    """(n, entries) of the states that can be visited; each row's columns in increasing order."""
    states = chain.visited()
    number = {state: i for i, state in enumerate([*states, TARGET])}
    return len(states), [(i, j, p) for i, state in enumerate(states)
                         for j, p in sorted(((number[after], p) for after, p in chain.rows[state].items() if p != 0),
                                            key=lambda pair: pair[0])]


def as_float(p: flint.fmpq) -> float:
    """The nearest float64."""
    return int(p.p) / int(p.q)


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


# -- Storm ------------------------------------------------------------------------------------------------------

def storm_model(n: int, rows: Entries, number: type, convert: Callable[[Any], Any]) -> Callable[[str], Any]:
    """A function of the environment's name that has Storm check the expected steps on a sparse model."""
    import stormpy
    from stormpy import datastructures, models

    builder = datastructures.SparseMatrixBuilder[number](n + 1, n + 1)
    for i, j, p in rows:
        builder.add_next_value(i, j, convert(p))
    one, zero = convert(flint.fmpq(1)), convert(flint.fmpq(0))
    builder.add_next_value(n, n, one)
    labels = models.StateLabeling(n + 1)
    for label, state in (("init", 0), ("target", n)):
        labels.add_label(label)
        labels.add_label_to_state(label, state)
    steps = models.SparseRewardModel[number](optional_state_reward_vector=[one] * n + [zero])
    model = models.SparseDtmc[number](models.SparseModelComponents[number](
        transition_matrix=builder.build(), state_labeling=labels, reward_models={"steps": steps}))
    question = stormpy.parse_properties('R{"steps"}=? [F "target"]')[0]
    return lambda environment: stormpy.model_checking(
        model, question, only_initial_states=True, environment=storm_environment(environment)).get_value(0)


def storm_environment(name: str) -> Any:
    """'exact', 'sound' or 'elimination'."""
    from stormpy import environments

    if name != "elimination":
        return getattr(environments, name)()
    environment = environments.Environment()
    environment.solver().set_linear_equation_solver_type(environments.EquationSolverType.ELIMINATION)
    return environment


def storm(n: int, rows: Entries, environment: str) -> Solve:
    """On rationals for 'exact', on doubles otherwise."""
    import stormpy

    if environment == "exact":
        number, convert = stormpy.Rational, functools.cache(lambda p: stormpy.Rational(str(p)))
    else:
        number, convert = float, as_float
    return functools.partial(storm_model(n, rows, number, convert), environment)
