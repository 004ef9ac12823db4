"""Storm, through stormpy, as a third and foreign witness of the expected steps.

Storm's sparse engine is fed the transition probabilities of a chain and asked for the expected number of steps to the
target: in exact rationals for the witness, also in doubles for the benchmarks. stormpy comes with the extra `bench`;
without it the checks that want it are skipped and say so. Not covered: Storm's own languages and its parsers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from theory.chain import TARGET, Chain

Entries = list[tuple[int, int, Any]]


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


def model(n: int, rows: Entries, number: type, convert: Callable[[Any], Any]) -> Callable[[str], Any]:
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
    walk = models.SparseDtmc[number](models.SparseModelComponents[number](
        transition_matrix=builder.build(), state_labeling=labels, reward_models={"steps": steps}))
    question = stormpy.parse_properties('R{"steps"}=? [F "target"]')[0]
    return lambda environment: stormpy.model_checking(
        walk, question, only_initial_states=True, environment=_environment(environment)).get_value(0)


def _environment(name: str) -> Any:
    """'exact', 'sound' or 'elimination'."""
    from stormpy import environments

    if name != "elimination":
        return getattr(environments, name)()
    environment = environments.Environment()
    environment.solver().set_linear_equation_solver_type(environments.EquationSolverType.ELIMINATION)
    return environment


def checker(n: int, rows: Entries, environment: str) -> Callable[[], Any]:
    """On rationals for 'exact', on doubles otherwise."""
    import stormpy

    convert: Callable[[Any], Any]
    if environment == "exact":
        number, convert = stormpy.Rational, functools.cache(lambda p: stormpy.Rational(str(p)))
    else:
        number, convert = float, as_float
    return functools.partial(model(n, rows, number, convert), environment)


def hitting_time(chain: Chain) -> Fraction:
    """Expected steps from the chain's start to its target by Storm's exact engine; ImportError without stormpy."""
    n, rows = entries(chain)
    return Fraction(str(checker(n, rows, "exact")()))
