"""Walks under a wrapper, exactly: search that never crosses a directed edge twice, and restarts at the first dead end.

Setting. The wrapped walker draws from the same policy. Under *search* every directed edge already crossed is struck
from its choices (at the fork too) and the rest renormalised; the state is the arc just crossed with the set of arcs
crossed, which only grows, so the expected steps follow by recursion over a directed acyclic graph. Where only choices
of probability 0 are left, one of them is drawn uniformly: the limit of a softmax whose other logits grew. A walker with
no choice left at all is stranded, and the expected steps are then infinite. Under *restart* the walk ends at a wrong
leaf and begins anew at the fork, which costs no step.

Exact rationals on the full multigraph; the number of sets limits search to mazes of some 30 arcs. Not covered: sampled
wrappers.
"""

from __future__ import annotations

import functools
from typing import Any

import flint

from theory.chain import START, TARGET, Chain, full_chain
from theory.maze import Maze
from theory.numeric import INFINITY, fraction
from theory.policy import Policy


def search_steps(maze: Maze, policy: Policy, target: int = 0) -> Any:
    """Expected steps of the walk that never crosses the same directed edge twice; infinite when it may strand."""
    rows = full_chain(maze, policy, target=target).rows
    number = {arc: i for i, arc in enumerate(s for s in rows if s != START)}

    @functools.cache
    def ahead(state: Any, used: int) -> Any:
        left = [(to, p) for to, p in rows[state].items() if to == TARGET or not used >> number[to] & 1]
        # a choice of probability 0 is one whose logit went to -oo: it is taken when nothing else is left
        open_ = [(to, p) for to, p in left if p != 0] or [(to, flint.fmpq(1)) for to, _ in left]
        if not open_:
            return INFINITY
        total = sum((p for _, p in open_), flint.fmpq(0))
        steps = flint.fmpq(1)
        for to, p in open_:
            rest = 0 if to == TARGET else ahead(to, used | 1 << number[to])
            if rest is INFINITY:
                return INFINITY
            steps = steps + p / total * rest
        return steps

    return fraction(ahead(START, 0))


def restart_steps(maze: Maze, policy: Policy, target: int = 0) -> Any:
    """Expected steps when a walk that reaches a wrong leaf begins anew at the fork."""
    rows = full_chain(maze, policy, target=target).rows

    def merged(to: Any) -> Any:
        return START if to not in (START, TARGET) and to.head.depth == maze.shortest else to

    return Chain({state: _sum((merged(to), p) for to, p in row.items()) for state, row in rows.items()}).hitting_time()


def _sum(pairs: Any) -> dict[Any, Any]:
    row: dict[Any, Any] = {}
    for to, p in pairs:
        row[to] = row.get(to, flint.fmpq(0)) + p
    return row


def entered_before_target(maze: Maze, policy: Policy, branch: int, target: int) -> Any:
    """Probability that the walk enters `branch` before it reaches the target (1 when it is the target's own)."""
    rows = full_chain(maze, policy, target=target).rows
    first = maze.graph(target).leaving[maze.node(0, 0)][branch]
    # count the visit that first enters the branch: entering it ends this walk too
    stopped = {s: _sum((TARGET if to == first else to, p) for to, p in row.items()) for s, row in rows.items()}
    walk = Chain(stopped)
    return walk.hitting_times(cost=lambda s: rows[s].get(first, 0))[START]
