"""Walks under a wrapper, exactly: search that never crosses a directed edge twice, restarts, walks side by side.

Setting. The wrapped walker draws from the same policy. Under *search* every directed edge already crossed is struck
from its choices (at the fork too) and the rest renormalised; the state is the arc just crossed with the set of arcs
crossed, which only grows, so moments of the steps follow by recursion over a directed acyclic graph. Where only choices
of probability 0 are left, one of them is drawn uniformly: the limit of a softmax whose other logits grew. A walker with
no choice left at all is stranded. *Charged* search proposes from the policy and pays a step for every proposal of a
crossed edge: with s the probability of the open choices, that is 1/s steps a move, and for ever where s = 0. Under
*restart* an attempt ends at a wrong leaf, or after so many steps, and the next begins at the fork, which costs no step.
Walks *side by side* are a product chain.

Exact rationals on the full multigraph. Parallel edges of a diamond have the same rows, and so have tied wrong branches:
the sets of crossed arcs are remembered up to exchanging those, which reaches some 60 arcs. Sampled: `verify.inference`.
Not covered: policies that tell parallel edges apart.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import flint

from theory.chain import START, TARGET, Chain, full_chain, lumped_chain
from theory.maze import Arc, Maze
from theory.numeric import INFINITY, fraction
from theory.policy import Policy

Crossed = tuple[tuple[tuple[int, ...], ...], ...]     # [branch][depth][copy]: 1 crossed away, 2 back, 3 both


class Search(NamedTuple):
    """A walk under search until it arrives or is stranded: P(stranded), E and E of the square of its steps, and the
    depths at which it may be stranded."""

    stranded: Any
    steps: Any
    square: Any
    depths: frozenset[int]


def searched(maze: Maze, policy: Policy, target: int = 0, *, charged: bool = False) -> Search:
    """The law of search in moments; infinite ones for a charged walker that may propose for ever."""
    rows = full_chain(maze, policy, target=target).rows
    zero, one = flint.fmpq(0), flint.fmpq(1)

    def shut(arc: Arc, crossed: Crossed) -> int:
        """Whether the arc is crossed."""
        away = arc.head.depth > arc.tail.depth
        branch, depth = max(arc.head.branch, arc.tail.branch), min(arc.head.depth, arc.tail.depth)
        return crossed[branch][depth][arc.copy] & (1 if away else 2)

    def cross(arc: Arc, crossed: Crossed) -> tuple[Arc, Crossed]:
        """The state after crossing the arc, in the one form that stands for all its mirror images."""
        away = arc.head.depth > arc.tail.depth
        branch, depth = max(arc.head.branch, arc.tail.branch), min(arc.head.depth, arc.tail.depth)
        sides = [list(side) for side in crossed]
        copies = list(sides[branch][depth])
        copies[arc.copy] |= 1 if away else 2
        mine = copies[arc.copy]
        sides[branch][depth] = tuple(sorted(copies))
        copy = sides[branch][depth].index(mine)                    # whichever of them: their rows are the same
        form = [tuple(side) for side in sides]
        if policy.tied:
            here = form[branch]
            wrong = sorted(side for i, side in enumerate(form) if i != target)
            form = [*wrong[:target], form[target], *wrong[target:]]
            if branch != target:
                branch = next(i for i, side in enumerate(form) if i != target and side == here)
        near, far = maze.node(branch, depth), maze.node(branch, depth + 1)
        return Arc(*((near, far) if away else (far, near)), copy), tuple(form)

    @functools.cache
    def ahead(state: Any, crossed: Crossed) -> Search:
        row = rows[state]
        left = [(to, p) for to, p in row.items() if to == TARGET or not shut(to, crossed)]
        if not left:
            return Search(one, zero, zero, frozenset([0 if state == START else state.head.depth]))
        # a choice of probability 0 is one whose logit went to -oo: it is taken when nothing else is left
        open_ = [(to, p) for to, p in left if p != 0] or [(to, zero) for to, _ in left]
        share = sum((p for _, p in open_), zero)
        ways = [(to, p / share if share != 0 else one / len(open_)) for to, p in open_]
        rest = [(p, Search(zero, zero, zero, frozenset()) if to == TARGET else ahead(*cross(to, crossed)))
                for to, p in ways]
        stranded = sum((p * r.stranded for p, r in rest), zero)
        depths = frozenset().union(*(r.depths for _, r in rest))
        if charged and share == 0 or any(r.steps is INFINITY for _, r in rest):
            return Search(stranded, INFINITY, INFINITY, depths)
        # proposals until an open one: geometric, mean 1/s and second moment (2-s)/s^2, whichever choice it is
        move, move_square = (1 / share, (2 - share) / share**2) if charged else (one, one)
        after = sum((p * r.steps for p, r in rest), zero)
        square = move_square + 2 * move * after + sum((p * r.square for p, r in rest), zero)
        return Search(stranded, move + after, square, depths)

    start = tuple(tuple((0,) * maze.copies(depth) for depth in range(maze.shortest)) for _ in range(maze.W))
    found = ahead(START, start)
    return Search(fraction(found.stranded), fraction(found.steps), fraction(found.square), found.depths)


def search_steps(maze: Maze, policy: Policy, target: int = 0, *, charged: bool = False) -> Any:
    """Expected steps of the walk that never crosses the same directed edge twice; infinite when it may strand."""
    found = searched(maze, policy, target, charged=charged)
    return INFINITY if found.stranded else found.steps


def search_variance(maze: Maze, policy: Policy, target: int = 0) -> Any:
    """Variance of the steps of a search until it arrives or is stranded."""
    found = searched(maze, policy, target)
    return found.square - found.steps**2


def budget_steps(maze: Maze, policy: Policy, B: int, target: int = 0, *, k: int = 1, full: bool = False) -> Any:
    """Expected steps until the first of k walks arrives, all begun anew after B steps: the chain of (clock, states).

    On the lumped chain, or the `full` one; solved as a linear system.
    """
    walk = _together((full_chain if full else lumped_chain)(maze, policy, target=target).rows, k)
    rows: dict[Any, dict[Any, Any]] = {}
    fresh = [(0, START)]
    for clock, state in fresh:
        row = _sum((to if to == TARGET else START if clock + 1 == B else (clock + 1, to), p)
                   for to, p in walk(state).items() if p != 0)
        rows[START if clock == 0 else (clock, state)] = row
        fresh += [to for to in row if to not in (START, TARGET) and to not in rows and to not in fresh]
    return Chain(rows).hitting_time()


def fastest_steps(maze: Maze, policy: Policy, k: int, target: int = 0) -> Any:
    """Expected steps until the first of k walks side by side arrives: the product of k lumped chains."""
    walk = _together(lumped_chain(maze, policy, target=target).rows, k)
    rows: dict[Any, dict[Any, Any]] = {}
    fresh = [START]
    for state in fresh:
        rows[state] = walk(state)
        fresh += [to for to, p in rows[state].items() if p != 0 and to != TARGET and to not in fresh]
    return Chain(rows).hitting_time()


def _together(rows: dict[Any, dict[Any, Any]], k: int) -> Callable[[Any], dict[Any, Any]]:
    """The row of k independent walkers; the order of their states is forgotten; TARGET when any arrives."""
    def row(state: Any) -> dict[Any, Any]:
        pairs = []
        for moves in itertools.product(*(rows[s].items() for s in ([START] * k if state == START else state))):
            p = flint.fmpq(1)
            for _, q in moves:
                p *= q
            after = [to for to, _ in moves]
            pairs.append((TARGET if TARGET in after else tuple(sorted(after, key=str)), p))
        return _sum(pairs)

    return row


def luby_bounds(maze: Maze, policy: Policy, unit: int, blocks: int, target: int = 0) -> tuple[Any, Any]:
    """(lower, upper) bounds on the expected steps under unit times Luby's sequence, term by term from its definition.

    Exact sums over the first 2^blocks - 1 attempts, from powers of the lumped chain; beyond them every attempt is
    at most as long as its budget, and one of each block's first 2^blocks - 1 succeeds as here.
    """
    walk = lumped_chain(maze, policy, target=target)
    sequence: list[int] = []
    for j in range(blocks):
        sequence = [*sequence, *sequence, 2**j]
    F = [walk.reach_probability(t) for t in range(unit * 2 ** (blocks - 1) + 1)]
    S = [*itertools.accumulate((1 - f for f in F), initial=0 * F[0])]
    total, alive = 0 * F[0], 1 - 0 * F[0]
    for term in sequence:
        total += alive * S[unit * term]
        alive *= 1 - F[unit * term]
    # block j > blocks begins with block j-1; once begun, it spends at most unit j 2^(j-1) steps
    beyond, fail = 0 * F[0], alive
    for j in range(blocks, blocks + 12):
        beyond += fail * unit * (j * 2 ** (j - 1) + 2**j)
        fail *= fail
    return total, total + beyond + (beyond if fail > 0 else 0)


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
