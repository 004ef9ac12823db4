"""What the dials share: the six learners with nothing changed, and the costs of any homogeneous policy.

    base             the simple random walk           SFT            the limit of training: a = c = 1
    SFT + restarts   at the first dead end            SFT + search   no arc crossed twice
    RLVR             the optimum: all rows 1          distilled      the same, once every retreat was seen

A dial replaces those that it changes. Everything is exact. Not covered: policies with unequal rows.
"""

from __future__ import annotations

import math
from typing import Any

from theory import closed_forms, hitting, restarts, wrappers
from theory.maze import Maze
from theory.numeric import Steps, exact, fraction
from theory.policy import Policy
from verify.dials.dial import Cost, Growth, check_learner

BASE, LINEAR = Growth(K=2, W=1, L=1), Growth(K=1, W=1)


def standard(learner: str, maze: Maze) -> Cost:
    """The learner's cost with no dial turned."""
    W, K, L = maze.W, maze.K, maze.L
    check_learner(learner)
    if learner == "base":
        return Cost(_exact(closed_forms.base_steps(W, K, L)), BASE)
    if learner == "SFT":
        return _sft(maze)
    if learner == "SFT + restarts":
        return Cost(_exact(W * maze.shortest), LINEAR)
    if learner == "SFT + search":
        return Cost(_exact(wrappers.search_sft(W, K, L)), Growth(K=1, W=1, L=1) if W > 1 else Growth(K=1))
    return Cost(_exact(closed_forms.optimum_steps(W, K)), LINEAR)


def _sft(maze: Maze) -> Cost:
    # with one branch there is no wrong one, and imitation is perfect
    growth = Growth(closed_forms.sft_rate(exact(maze.L)), W=1) if maze.W > 1 else Growth(K=1, W=1)
    return Cost(_exact(closed_forms.sft_steps(maze.W, maze.K, maze.L)), growth)


def homogeneous(maze: Maze, a: Any, b: Any, c: Any, d: Any) -> Growth:
    """The growth of a policy with equal rows in (0, 1], as K grows at fixed rows, and as W does; exact rows.

    Not valid for the degree in L where rows depend on L.
    """
    a, b, c, d = (exact(value) for value in (a, b, c, d))
    r = a * c / (b * d)
    onwards = a == 1 and c == 1
    if r == 1 or (maze.W == 1 and r > 1):          # with one branch only 1/r counts
        return Growth(K=1 if onwards or r > 1 else 2, W=1)
    return Growth(fraction(r if r > 1 else 1 / r), W=1)


def restarted(maze: Maze, policy: Policy) -> Any:
    """Expected steps of a walker restarted at the first dead end; exact, balls for balls, infinite if it never arrives.

    With tied rows W times the cost with one branch (claim `restart_dead_end`).
    """
    if policy.tied:
        return maze.W * hitting.expected_steps(Maze(1, maze.K, maze.L), policy)
    return restarts.dead_end_steps(maze, policy)


def searching(maze: Maze, policy: Policy) -> Any:
    """Expected steps under search: exact for a forward-certain walker; any other strands, so infinite."""
    certain = all(value == 1 for i in range(maze.W) for row in "ac" for value in policy.branch(i).expanded(maze.K)[row])
    return fraction(exact(wrappers.search_certain(maze, policy, 0))) if certain else math.inf


def log10(value: Any) -> float:
    """log10 of a positive number or ball of any size, for a diagram."""
    return Steps.of(value).log10


def _exact(value: Any) -> Any:
    return fraction(exact(value))
