"""SFT: gradient steps on the cross-entropy of golden paths, on the per-edge logits of the full multigraph.

Setting. A datum is a shortest path from the fork to a target leaf; the loss is the sum over its inner states of minus
the log-probability of the next arc. With `chosen` the number of times each choice was made, the gradient in a row's
logits is (visits of the row) * softmax - chosen, so a row that no path visits has gradient exactly zero, bit for bit.

    Golden       SGD on sampled golden paths, fresh ones every update
    Population   gradient descent on all golden paths at once, with the weights they have in the mean
    Flow         the population flow in closed form (`theory.dynamics`), at times lr, 2 lr, ..

Everything that imitates anything (`distillation`, `own_walks`) goes through `step` and `fit` here.
Not covered: traces with recoveries, weight decay, momentum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory import dynamics
from theory.maze import Maze
from theory.numeric import InputError, integer
from verify.learners.edges import Array, EdgePolicy, away, leads_on
from verify.learners.learning import Learner, Memory, Used

NEVER = -700.0                         # the logit of a choice that the data never make: exp(-700) is 1e-304


# -- what imitation does with data ------------------------------------------------------------------------------

def gradient(policy: EdgePolicy, chosen: Array) -> Array:
    """Gradient of the summed cross-entropy in the logits; `chosen`, shaped like them, counts the choices."""
    return chosen.sum(axis=-1, keepdims=True) * policy.probabilities() - chosen


def step(policy: EdgePolicy, chosen: Array, data: float, lr: float) -> None:
    """One gradient step on the mean loss of `data` data whose choices add up to `chosen`, in place."""
    policy.logits -= lr * gradient(policy, chosen) / data


def fit(policy: EdgePolicy, chosen: Array) -> None:
    """The limit of training on these data for ever, in place: the empirical conditional in every visited row.

    A choice that was never made where the row was visited gets the logit -700; unvisited rows stay as they are.
    """
    visits = chosen.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        logits = np.log(chosen / visits)
    policy.logits[:] = np.where(visits > 0, np.maximum(logits, NEVER), policy.logits)


# -- golden paths -----------------------------------------------------------------------------------------------

def golden_choices(policy: EdgePolicy, targets: Array, copies: Array) -> Array:
    """The choices of golden paths, summed: path i leads to branch targets[i] by edge copies[i, j] in diamond j.

    Shaped like the logits. A path makes 2K choices, one at each inner node; the fork's is not the policy's.
    """
    maze, chosen = policy.maze, np.zeros_like(policy.logits)
    block = np.zeros_like(targets) if policy.tied else targets
    for j in range(maze.K):
        # at u_j (depth 2j+1) the only edge back is 0, at v_j (depth 2j+2) the L edges back come first
        at_u: Any = (block, 2 * j, 0, 1 + copies[:, j])
        at_v: Any = (block, 2 * j + 1, copies[:, j], maze.L)
        np.add.at(chosen, at_u, 1.0)
        np.add.at(chosen, at_v, 1.0)
    return chosen


def population_choices(policy: EdgePolicy, *, fixed_target: bool = False) -> Array:
    """How often a uniformly drawn golden path makes each choice, in the mean; targets uniform, or always branch 0."""
    maze, chosen = policy.maze, np.zeros_like(policy.logits)
    share = np.full(len(policy.logits), 1.0 if policy.tied else 1 / maze.W)
    if fixed_target and not policy.tied:
        share = np.eye(1, maze.W)[0]
    chosen[:, 0::2, 0, 1:] = share[:, None, None] / maze.L
    chosen[:, 1::2, :maze.L, maze.L] = share[:, None, None] / maze.L
    return chosen


@dataclass(frozen=True)
class Golden(Learner):
    """SGD: each update is one step on a batch of fresh golden paths; a path counts 2K+1 tokens.

    fixed_target: always branch 0, else uniform targets. fixed_copy: always parallel edge 0, else uniform ones.
    """

    batch: int = 1
    fixed_target: bool = False
    fixed_copy: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.batch, "batch")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """One step on a batch of fresh paths."""
        step(policy, self.draw(policy, self.batch, np.random.default_rng([seed, used.samples])), self.batch, self.lr)
        return Used(self.batch, self.batch * policy.maze.shortest)

    def draw(self, policy: EdgePolicy, n: int, rng: np.random.Generator) -> Array:
        """The choices of n sampled paths, summed."""
        maze = policy.maze
        targets = np.zeros(n, int) if self.fixed_target else rng.integers(maze.W, size=n)
        copies = np.zeros((n, maze.K), int) if self.fixed_copy else rng.integers(maze.L, size=(n, maze.K))
        return golden_choices(policy, targets, copies)


@dataclass(frozen=True)
class Population(Learner):
    """Gradient descent on the population loss: Euler's method for the flow, at time updates * lr. Uses no samples."""

    fixed_target: bool = False

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """One step on the population loss; uses no samples."""
        step(policy, population_choices(policy, fixed_target=self.fixed_target), 1.0, self.lr)
        return Used()


@dataclass(frozen=True)
class Flow(Learner):
    """The population flow from base in closed form, tied rows visited at rate 1; H in balls, of any size."""

    def check(self, policy: EdgePolicy) -> None:
        """`InputError` unless the start is base, with tied rows: nothing else has a closed form here."""
        if not policy.tied:
            raise InputError("the closed form of SFT's flow is for tied rows: leave --untied out")
        if policy.logits.any():
            raise InputError("the closed form of SFT's flow starts at base: use --learner sft for another start")

    def update(self, policy: EdgePolicy, seed: int, used: Used, memory: Memory) -> Used:
        """Move to the flow's next time; uses no samples."""
        a, c = (float(np.log(odds)) for odds in dynamics.sft_odds((used.updates + 1) * self.lr, policy.maze.L))
        on, came_on, L = leads_on(policy.maze), away(policy.maze), policy.maze.L
        for x in range(2 * policy.maze.K):
            z = a + math.log(L) if x % 2 else c - math.log(L)        # log-odds less log(edges ahead / edges behind)
            policy.logits[0, x, came_on[x]] = np.where(on[x], z, 0.0)
        return Used()

    def measure(self, policy: EdgePolicy, number: int) -> tuple[float, float | None]:
        """(H, log10 H) by the flow's closed form, in balls."""
        H: Any = dynamics.sft_flow_steps(policy.maze, number * self.lr)
        log10 = float(H.log()) / math.log(10)
        return (float(H.mid()) if log10 < 300 else math.inf), log10


def golden_path_arcs(maze: Maze, n: int, rng: np.random.Generator) -> list[Any]:
    """n golden paths as arcs of the graph, uniform targets and copies; for tests that know paths and not counts."""
    return [maze.golden_path(int(rng.integers(maze.W)), tuple(int(c) for c in rng.integers(maze.L, size=maze.K)))
            for _ in range(n)]
