"""A learner that shares weights: log-linear in features of the state, or a small network, on golden paths or on H.

Setting. A state is one of the rows a, b, c, d of a diamond j; its features feed one number, the *gap* by which the
logits of the persisting edges exceed those of the turning ones; base has gap 0 everywhere. Features may describe

    type 'v' for rows a, b and 'u' for c, d; direction 'away' for rows a, c; depth j; and their combinations

and the number may be read as the gap itself ('persist': the walker thinks in going on or turning round) or, in an
'outward' set, as the logit of going outwards (it thinks in away from or towards the fork), so that the gap of rows b, d
is minus that number. FEATURES are the sets; `network` of them, tanh with `width` hidden units, has `depth` too or not.

    imitation      gradient descent on the cross-entropy of all golden paths: pushes forward rows only
    reinforcement  gradient descent on log H, exactly (`theory.dynamics`)

A step is scaled as if edge logits were moved (by 1 + 1/L), so that the set 'table' is the tabular learner.
The network's output weights start at 0, so it starts at base; hidden ones are drawn from the seed.

Not covered: sampled data, other optimisers, features that tell branches apart (targets are uniform).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from theory import dynamics, hitting
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, integer
from theory.policy import ROWS, Policy
from verify.learners.edges import Array, EdgePolicy
from verify.learners.learning import Learner, Memory, Used

OBJECTIVES = ("imitation", "reinforcement")


class State(NamedTuple):
    """What a row's features may describe. away: moving away from the fork; v: at a right node; depth 1 .. K."""

    away: bool
    v: bool
    depth: int


def states(K: int) -> list[State]:
    """The 4K states, rows a, b, c, d in turn, diamonds 1 .. K in each."""
    return [State(row in "ac", row in "ab", j) for row in ROWS for j in range(1, K + 1)]


def one_hot(*keys: Callable[[State], Any]) -> Callable[[list[State]], Array]:
    """Features that are 1 for the value a state has of each key, else 0; shape (states, values in all)."""
    def features(given: list[State]) -> Array:
        columns = []
        for key in keys:
            values = sorted({key(s) for s in given})
            columns.append(np.array([[float(key(s) == value) for value in values] for s in given]))
        return np.hstack(columns)

    return features


def _numbers(*, depth: bool) -> Callable[[list[State]], Array]:
    """What a network sees: direction and type as +-1, with `depth` the diamond's place in (0, 1] as well, and 1."""
    def features(given: list[State]) -> Array:
        K = max(s.depth for s in given)
        return np.array([[1.0, 2.0 * s.away - 1, 2.0 * s.v - 1, *([s.depth / K] if depth else [])] for s in given])

    return features


class Features(NamedTuple):
    """A feature set: the function, whether the number is the logit of going outwards, whether a network reads it."""

    of: Callable[[list[State]], Array]
    outward: bool = False
    network: bool = False
    words: str = ""


FEATURES: dict[str, Features] = {
    "table": Features(one_hot(lambda s: s), words="a weight of its own for every row"),
    "direction x type": Features(one_hot(lambda s: (s.away, s.v)), words="all diamonds share the four rows"),
    "direction + type": Features(one_hot(lambda s: s.away, lambda s: s.v), words="one weight for each, added"),
    "direction + type + depth": Features(one_hot(lambda s: s.away, lambda s: s.v, lambda s: s.depth),
                                         words="one weight for each, added"),
    "type": Features(one_hot(lambda s: s.v), words="both directions of a node share the gap"),
    "shape": Features(one_hot(lambda s: s.away == s.v), words="rows of the same choice, one edge or L, share the gap"),
    "outward, type": Features(one_hot(lambda s: s.v), True, words="direction-blind, diamonds shared"),
    "outward, type x depth": Features(one_hot(lambda s: (s.v, s.depth)), True, words="direction-blind"),
    "outward, direction + type": Features(one_hot(lambda s: s.away, lambda s: s.v), True, words="added"),
    "network": Features(_numbers(depth=False), network=True, words="direction and type, diamonds shared"),
    "network with depth": Features(_numbers(depth=True), network=True, words="direction, type and depth"),
    "outward, network": Features(_numbers(depth=False), True, True, words="direction and type, diamonds shared"),
}


def feature_set(name: str) -> Features:
    """The set by its name, or `InputError`."""
    if name not in FEATURES:
        raise InputError(f"features {name!r}: not one of {', '.join(FEATURES)}")
    return FEATURES[name]


def table(name: str, K: int) -> tuple[Array, Array]:
    """(features, shape (4K, F); sign of each state's gap, +-1) of a set on K diamonds."""
    chosen, given = feature_set(name), states(K)
    return chosen.of(given), np.array([1.0 if s.away or not chosen.outward else -1.0 for s in given])


@dataclass(frozen=True)
class Shared(Learner):
    """Gradient steps of size lr on the weights of a feature set; see the module docstring. Starts at base.

    Errors: `InputError` for an unknown set or objective, an lr or a width that makes no sense.
    """

    features: str = "direction + type"
    objective: str = "imitation"
    width: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        feature_set(self.features)
        integer(self.width, "width")
        if self.objective not in OBJECTIVES:
            raise InputError(f"objective {self.objective!r}: not one of {', '.join(OBJECTIVES)}")

    def check(self, policy: EdgePolicy) -> None:
        """`InputError` unless the start is base with tied rows."""
        if not policy.tied or policy.logits.any():
            raise InputError("a learner with shared weights starts at base with tied rows")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """One step on the weights, which `memory` keeps, and the policy they mean; uses no samples."""
        maze = policy.maze
        if not memory:
            memory.update(self.first(maze, seed))
        X, sign = table(self.features, maze.K)
        if "gaps" not in memory:
            memory["gaps"] = np.zeros(len(X))
        self.move(memory, X, self.slope(maze, memory["gaps"].reshape(4, -1)).ravel() * sign)
        memory["gaps"] = self.number(memory, X) * sign
        policy.set_log_odds(dynamics.base_log_odds(maze) + memory["gaps"].reshape(4, -1))
        return Used()

    def slope(self, maze: Maze, gaps: Array) -> Array:
        """Derivative of the loss in the gaps (4 x K), as edge logits would feel it."""
        z = dynamics.base_log_odds(maze) + gaps
        if self.objective == "imitation":
            return -(1 + 1 / maze.L) * np.array([[1.0], [0.0], [1.0], [0.0]]) / (1 + np.exp(z))
        H, slope = dynamics.cost_and_gradient(maze, z)
        return (1 + 1 / maze.L) * slope / H

    def first(self, maze: Maze, seed: int) -> Memory:
        """The weights at the start: zeros; for a network a random hidden layer, and zeros at the output."""
        columns = table(self.features, maze.K)[0].shape[1]
        if not feature_set(self.features).network:
            return {"weights": np.zeros(columns)}
        hidden = np.random.default_rng(seed).standard_normal((columns, self.width)) / np.sqrt(columns)
        return {"hidden": hidden, "weights": np.zeros(self.width)}

    def number(self, memory: Memory, X: Array) -> Array:
        """The one number a state's features give, shape (states,)."""
        return (np.tanh(X @ memory["hidden"]) if "hidden" in memory else X) @ memory["weights"]

    def move(self, memory: Memory, X: Array, slope: Array) -> None:
        """One step on the weights, given the loss's slope in the number of each state; arrays are replaced."""
        if "hidden" in memory:
            h = np.tanh(X @ memory["hidden"])
            back = np.outer(slope, memory["weights"]) * (1 - h**2)
            memory["hidden"], memory["weights"] = (memory["hidden"] - self.lr * X.T @ back,
                                                   memory["weights"] - self.lr * h.T @ slope)
        else:
            memory["weights"] = memory["weights"] - self.lr * X.T @ slope


def train(learner: Shared, maze: Maze, updates: int, seed: int = 0) -> Array:
    """The gaps (4 x K) after so many updates from base: what `learner.train` learns, without a policy or a trace."""
    memory = learner.first(maze, seed)
    X, sign = table(learner.features, maze.K)
    gaps = np.zeros(len(X))
    for _ in range(integer(updates, "updates", least=0)):
        learner.move(memory, X, learner.slope(maze, gaps.reshape(4, -1)).ravel() * sign)
        gaps = learner.number(memory, X) * sign
    if not np.isfinite(gaps).all():
        raise InputError(f"lr = {learner.lr}: the weights left float64's range; a smaller step")
    return gaps.reshape(4, -1)


def rows_of(maze: Maze, gaps: Array) -> Policy:
    """The policy with these gaps (4 x K), rows as balls of 256 bits around the exact sigmoid of each float."""
    import flint

    with ball_precision(256):
        z = [[flint.arb(float(g)) for g in row] for row in gaps]
        base = [-flint.arb(maze.L).log(), flint.arb(maze.L).log(), flint.arb(maze.L).log(), -flint.arb(maze.L).log()]
        return Policy(**{name: [1 / (1 + (-(g + offset)).exp()) for g in row]
                         for name, row, offset in zip(ROWS, z, base, strict=True)})


def log10_steps(maze: Maze, gaps: Array) -> float:
    """log10 of the expected steps of the policy with these gaps; of any size, exact for the floats given."""
    with ball_precision(256):
        H: Any = hitting.expected_steps(maze, rows_of(maze, gaps))
        return float(H.log()) / float(np.log(10))
