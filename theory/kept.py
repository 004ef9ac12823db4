"""What a learner is taught by the walks it keeps: exact gradients of any worth of the arrival step, rows tied.

Setting. A walk is cut off at T steps; one that arrives at step t <= T is worth worth(t), another nothing. The score of
a row entry with persistence p is S = persists - p visits, counted until the walk arrives or is cut off; it is the slope
of log P(walk) in the entry's log-odds z. Hence

    E[worth(T_hit) S; T_hit <= T] = d/dz E[worth(T_hit); T_hit <= T],          E[S] = 0,

the second because the walk is bounded. Imitating kept walks moves z along the mean of S over them, so:

    worth 1          own successes of at most T steps: the gradient of P(T_hit <= T), over P(T_hit <= T)
    worth 1/t        the same with each trace's loss averaged over its own steps: the gradient of E[1/T_hit; T_hit <= T]

What only one kind of walk teaches has a noise of its own: `split_square` gives E[S^2] apart for walks that arrive and
walks that do not. `slopes` computes the right hand side from visits and credit, alpha_t(state) p(1-p) (beta(persist) -
beta(turn)), beta the worth expected from there on, in the policy's rationals on the lumped chain. Small mazes only.

Not covered: floats and ascent (`theory.truncated`), rows untied across branches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theory.chain import START, TARGET, lumped_chain
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction, integer
from theory.policy import Policy
from theory.rewards import Reward

Worth = Callable[[int], Any]


def row_of(state: Any) -> tuple[str, int]:
    """('c', 1) for u_1 moving away, and so on: the row entry of a state (side, x, away) of the lumped chain."""
    _, x, away = state
    return ({(1, True): "c", (0, True): "a", (1, False): "d", (0, False): "b"}[x % 2, away], (x + 1) // 2)


def one(t: int) -> Any:
    """Every arrival is worth the same."""
    return exact(1)


def inverse(t: int) -> Any:
    """An arrival is worth one over its steps."""
    return exact(1) / t


class PerStep(Reward):
    """Worth 1/t for arriving at step t, for `theory.truncated`; made as Reward('outcome', T) is."""

    def of_success(self, t: Any) -> Any:
        """1/t; step 0, where nobody arrives, counts as step 1."""
        return 1.0 / np.maximum(t, 1)


def slopes(maze: Maze, policy: Policy, T: int, worth: Worth = one) -> tuple[Any, dict[str, Any]]:
    """(E[worth(T_hit); T_hit <= T], {'a_1': its derivative in that entry's log-odds, ...}), exactly.

    Errors: `InputError` for untied rows or rows that are not rational.

    >>> value, gradient = slopes(Maze(2, 1, 1), Policy.base(1), 5)
    >>> value, gradient["a_1"], gradient["d_1"]
    (Fraction(7, 32), Fraction(3, 32), Fraction(-1, 64))
    """
    integer(T, "T")
    rows = _tied(maze, policy)
    beta = [{state: exact(0) for state in rows}]
    for t in range(T, 0, -1):                              # beta[-1] at step t - 1, given beta at step t
        later = beta[-1]
        gain = exact(worth(t))
        beta.append({state: sum((p * (gain if to == TARGET else later[to]) for to, p in row.items()), exact(0))
                     for state, row in rows.items()})
    beta.reverse()                                         # beta[t][state]: at step t
    gradient = {f"{name}_{j}": exact(0) for name in "abcd" for j in range(1, maze.K + 1)}
    alpha: dict[Any, Any] = {START: exact(1)}
    for t in range(T):
        after: dict[Any, Any] = {}
        gain = exact(worth(t + 1))
        for state, mass in alpha.items():
            inner = state != START and state[1] <= 2 * maze.K
            if inner and len(rows[state]) == 2:            # a row of 0 or 1 has no slope
                name, j = row_of(state)
                values = {_persists(state, to): gain if to == TARGET else beta[t + 1][to] for to in rows[state]}
                p, q = rows[state].values()
                gradient[f"{name}_{j}"] += mass * p * q * (values[True] - values[False])
            for to, p in rows[state].items():
                if to != TARGET:
                    after[to] = after.get(to, exact(0)) + mass * p
        alpha = after
    return fraction(beta[0][START]), {key: fraction(value) for key, value in gradient.items()}


def _tied(maze: Maze, policy: Policy) -> dict[Any, dict[Any, Any]]:
    if not policy.tied or policy.kind != "rational":
        raise InputError("gradients of kept walks need rational rows, tied across branches")
    return lumped_chain(maze, policy).nonzero()


def _persists(state: Any, to: Any) -> bool:
    """Whether a move from (side, x, away) goes on in its direction."""
    _, x, away = state
    outwards = to == TARGET or (to != START and to[1] > x)
    return bool(outwards == away)


def split_square(maze: Maze, policy: Policy, T: int, row: str) -> tuple[Any, Any, Any]:
    """(P(T_hit <= T), E[S^2; T_hit <= T], E[S^2; T_hit > T]) for the entry `row`, 'a_1' say; exactly.

    The mass of each state goes forward with the sums of S and of S^2 over it. Errors: `InputError` as `slopes`, and for
    a row that is not there.
    """
    integer(T, "T")
    rows = _tied(maze, policy)
    if row not in [f"{name}_{j}" for name in "abcd" for j in range(1, maze.K + 1)]:
        raise InputError(f"row {row!r}: not one of a_1 .. d_{maze.K}")
    nothing = (exact(0), exact(0), exact(0))
    law: dict[Any, tuple[Any, Any, Any]] = {START: (exact(1), exact(0), exact(0))}
    arrived: tuple[Any, ...] = nothing
    for _ in range(T):
        after: dict[Any, tuple[Any, Any, Any]] = {}
        for state, (mass, first, second) in law.items():
            scored = state != START and state[1] <= 2 * maze.K and "{}_{}".format(*row_of(state)) == row
            for to, p in rows[state].items():
                s = (1 - p if _persists(state, to) else p - 1) if scored else 0
                old = after.get(to, nothing)
                after[to] = (old[0] + p * mass, old[1] + p * (first + s * mass),
                             old[2] + p * (second + 2 * s * first + s * s * mass))
        arrived = tuple(a + b for a, b in zip(arrived, after.pop(TARGET, nothing), strict=True))
        law = after
    failed = sum((second for _, _, second in law.values()), exact(0))
    return fraction(arrived[0]), fraction(arrived[2]), fraction(failed)
