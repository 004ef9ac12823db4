"""Forks in a row walked on the multigraph itself: the witness of `theory.nested`, with which it shares no code.

Setting. Nodes are (m, i, x): fork m = 1 .. M, branch i = 0 .. W-1, x = 1 .. 2K+1; the fork is (m, -1, 0). The far end
of branch 0 of fork m is the fork m+1, that of the last the target. A state of the chain is the arc just crossed, (tail,
head, copy). `way_back` makes the end of the way on an exit of the fork where it arrives; else only the W branches are.
`shares` replaces the uniform choice among the W branches by given probabilities (branch 0 first).

Wrappers: restarts at wrong leaves (from the first fork, or from the last one reached), a clock, search by remembering
the set of crossed arcs. Exact rationals; small mazes only, by dense solves, or `.._sparse` ones on merged states.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import flint

from theory.chain import START, TARGET, Chain
from theory.elimination import ONE, eliminate, merged, totals
from theory.maze import Maze
from theory.numeric import INFINITY, exact, fraction
from theory.policy import Policy

GOAL = ("goal",)
Rows = dict[Any, dict[Any, Any]]


def arcs(M: int, maze: Maze) -> list[Any]:
    """Every arc (tail, head, copy) of the multigraph, both directions."""
    found = []
    for m in range(1, M + 1):
        for i in range(maze.W):
            for x in range(maze.shortest):
                tail, head = _node(M, maze, m, i, x), _node(M, maze, m, i, x + 1)
                for copy in range(maze.L if x % 2 else 1):
                    found += [(tail, head, copy), (head, tail, copy)]
    return found


def _node(M: int, maze: Maze, m: int, i: int, x: int) -> Any:
    if x == 0:
        return (m, -1, 0)
    if x == maze.shortest and i == 0:
        return GOAL if m == M else (m + 1, -1, 0)
    return (m, i, x)


def _outward(maze: Maze, tail: Any, head: Any) -> bool:
    """Whether an arc leads away from the fork its branch begins at."""
    if GOAL in (tail, head):
        return head == GOAL
    if tail[1] >= 0 and head[1] >= 0:
        return head[2] > tail[2]
    # one end is a fork: the other tells whether it is the near or the far one
    return head[2] == 1 if tail[1] < 0 else tail[2] == 2 * maze.K


def nest(M: int, maze: Maze, policy: Policy, *, way_back: bool = False, shares: Sequence[Any] = ()) -> Chain:
    """The chain on the arcs of M forks in a row, from the first fork to the target.

    With ("at", m) a state for every fork, at which the walker is about to choose.
    """
    leaving: dict[Any, list[Any]] = {}
    for arc in arcs(M, maze):
        leaving.setdefault(arc[0], []).append(arc)
    rows: Rows = {}

    def choose(m: int) -> dict[Any, Any]:
        exits = leaving[(m, -1, 0)]
        onward = sorted((arc for arc in exits if _outward(maze, arc[0], arc[1])), key=lambda arc: arc[1][1])
        if shares:
            return dict(zip(onward, map(exact, shares), strict=True))
        exits = exits if way_back else onward
        return {arc: flint.fmpq(1, len(exits)) for arc in exits}

    for m in range(1, M + 1):
        rows[START if m == 1 else ("at", m)] = choose(m)
    for arc in arcs(M, maze):
        tail, head, _ = arc
        if head == GOAL:
            continue
        if head[1] < 0:
            rows[arc] = choose(head[0])
        elif head[2] == maze.shortest:
            rows[arc] = {leaving[head][0]: flint.fmpq(1)}
        else:
            away, j = _outward(maze, tail, head), (head[2] - 1) // 2
            name = ("c" if away else "d") if head[2] % 2 else ("a" if away else "b")
            persist = policy.branch(head[1]).expanded(maze.K)[name][j]
            on = [out for out in leaving[head] if _outward(maze, out[0], out[1]) == away]
            behind = [out for out in leaving[head] if out not in on]
            rows[arc] = {out: persist / len(on) for out in on} | {out: (1 - persist) / len(behind) for out in behind}
    return Chain(redirected(rows, lambda arc: TARGET if arc[1] == GOAL else arc))


def redirected(rows: Rows, to: Callable[[Any], Any]) -> Rows:
    """The rows with every arc that is arrived by replaced by to(arc)."""
    out: Rows = {}
    for state, row in rows.items():
        out[state] = {}
        for after, p in row.items():
            key = after if after == TARGET else to(after)
            out[state][key] = out[state].get(key, flint.fmpq(0)) + p
    return out


def steps(M: int, maze: Maze, policy: Policy, **reading: Any) -> Any:
    """Expected steps without a wrapper."""
    return nest(M, maze, policy, **reading).hitting_time()


def restarted(M: int, maze: Maze, policy: Policy, *, last: bool = False, **reading: Any) -> Any:
    """Expected steps, put back at every wrong leaf to the first fork, or to the last one reached (onward only)."""
    def to(arc: Any) -> Any:
        head = arc[1]
        if head[1] >= 0 and head[2] == maze.shortest:
            return ("at", head[0]) if last and head[0] > 1 else START
        return arc

    return Chain(redirected(nest(M, maze, policy, **reading).rows, to)).hitting_time()


def steps_sparse(M: int, maze: Maze, policy: Policy, **reading: Any) -> Any:
    """`steps` by sparse elimination of merged states: for mazes that the dense solve cannot reach."""
    return _sparse(nest(M, maze, policy, **reading).rows)


def restarted_sparse(M: int, maze: Maze, policy: Policy, **reading: Any) -> Any:
    """`restarted`, to the first fork, by sparse elimination of merged states."""
    return _sparse(redirected(nest(M, maze, policy, **reading).rows,
                              lambda arc: START if arc[1][1] >= 0 and arc[1][2] == maze.shortest else arc))


def _sparse(rows: Rows) -> Any:
    small, of = merged({state: {after: p for after, p in rows[state].items() if after != TARGET and p != 0}
                        for state in Chain(rows).visited()})
    return fraction(totals(eliminate(small, lambda _: ONE))[of[START]])


def budgeted(M: int, maze: Maze, policy: Policy, B: int, **reading: Any) -> Any:
    """Expected steps when attempts of B steps are given up: the chain of clock and arc."""
    walk = nest(M, maze, policy, **reading).rows
    rows: Rows = {}
    fresh: list[tuple[int, Any]] = [(0, START)]
    for clock, state in fresh:
        row: dict[Any, Any] = {}
        for to, p in walk[state].items():
            if p != 0:
                key = TARGET if to == TARGET else START if clock + 1 == B else (clock + 1, to)
                row[key] = row.get(key, flint.fmpq(0)) + p
        rows[START if clock == 0 else (clock, state)] = row
        fresh += [to for to in row if to not in (START, TARGET) and to not in rows and to not in fresh]
    return Chain(rows).hitting_time()


def searched(M: int, maze: Maze, policy: Policy, **reading: Any) -> tuple[Any, Any]:
    """(probability to arrive, expected steps or infinity) of a walk that crosses no arc twice.

    As `verify.wrapped`: where only choices of probability 0 are open, one of them is drawn uniformly.
    """
    rows = nest(M, maze, policy, **reading).rows
    number = {arc: 1 << n for n, arc in enumerate(arcs(M, maze))}

    @functools.cache
    def ahead(state: Any, crossed: int) -> tuple[Any, Any]:
        left = [(to, p) for to, p in rows[state].items() if to == TARGET or not crossed & number[to]]
        open_ = [(to, p) for to, p in left if p != 0] or [(to, flint.fmpq(1)) for to, _ in left]
        if not open_:
            return flint.fmpq(0), flint.fmpq(0)
        share = sum((p for _, p in open_), flint.fmpq(0))
        arrive, length = flint.fmpq(0), flint.fmpq(1)
        for to, p in open_:
            if to == TARGET:
                arrive += p / share
            else:
                further = ahead(to, crossed | number[to])
                arrive, length = arrive + p / share * further[0], length + p / share * further[1]
        return arrive, length

    arrive, length = ahead(START, 0)
    return fraction(arrive), fraction(length) if arrive == 1 else INFINITY


def crosses(rows: Rows, near: Any, far: Any, start: Any) -> Any:
    """Probability to arrive at the node `far` before `near`, having just crossed the arc `start`."""
    def end(to: Any) -> Any:
        return GOAL if to == TARGET else to[1]

    stopped: Rows = {state: {} for state in rows}
    for state, row in rows.items():
        for to, p in row.items():
            key = TARGET if end(to) in (near, far) else to
            stopped[state][key] = stopped[state].get(key, flint.fmpq(0)) + p
    return Chain(stopped).hitting_times(start, cost=lambda state: sum(
        (p for to, p in rows[state].items() if end(to) == far), flint.fmpq(0)))[start]


def slope(M: int, maze: Maze, policy: Policy, x: int, **reading: Any) -> Any:
    """Derivative of the steps in the row entry of walkers at x moving towards their fork, on every branch.

    By perturbation: expected visits of the entry's states times what persisting costs more than turning round.
    """
    walk = nest(M, maze, policy, **reading)
    # states that are never visited count too: a derivative asks what one step off would cost
    anywhere = Chain(walk.rows | {"anywhere": dict.fromkeys(walk.rows, flint.fmpq(1, len(walk.rows)))})
    cost = anywhere.hitting_times("anywhere") | {TARGET: 0}
    total = flint.fmpq(0)
    for state in walk.visited():
        if len(state) != 3 or state[1][1] < 0 or state[1][2] != x or _outward(maze, state[0], state[1]):
            continue
        visits = walk.hitting_times(cost=lambda s, state=state: int(s == state))[START]     # type: ignore[misc]
        ways: dict[bool, list[Any]] = {True: [], False: []}
        for to in walk.rows[state]:
            ways[to != TARGET and not _outward(maze, to[0], to[1])].append(exact(cost[to]))
        total += exact(visits) * (sum(ways[True]) / len(ways[True]) - sum(ways[False]) / len(ways[False]))
    return fraction(total)
