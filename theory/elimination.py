"""Sparse exact elimination on absorbing Markov chains: expected totals and visits, over rationals.

Setting. A chain is a mapping state -> {next state: probability}; what a row lacks of 1 is the chance of stopping. With
a cost a state, totals h = cost + P h. States with equal rows have equal h, so they may be merged first (`merged`): all
parallel arcs of a diamond; under the simple random walk all arcs into a node. Then states are eliminated one by one,
the one with the fewest (predecessors x successors) first: a predecessor steps over the eliminated state, whose
self-loop is summed as a geometric series. No step subtracts but 1 - P_ss. Where blocks hang together like a tree no
elimination adds more than a few entries, so the cost is linear in the number of arcs; on a grid fill-in makes it grow
faster. The same elimination read backwards gives the expected number of visits to every state.

Numbers are flint's rationals (`fmpq`). flint itself solves dense rational systems only. Not covered: floats, for which
1 - P_ss would lose digits; chains that may never stop (`InputError`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import flint

from theory.numeric import InputError

State = Any                                      # hashable
ZERO, ONE = flint.fmpq(0), flint.fmpq(1)         # not ints: the quotient of two of those is a float


class Eliminated(NamedTuple):
    """One eliminated state: its pivot 1 - P_ss, what followed it and what led to it among the states still there."""

    state: State
    pivot: Any
    after: dict[State, Any]
    before: dict[State, Any]
    cost: Any


def eliminate(rows: Mapping[State, Mapping[State, Any]], cost: Callable[[State], Any]) -> list[Eliminated]:
    """Eliminate every state of the absorbing chain `rows` (missing mass is absorption), fewest new entries first.

    Errors: `InputError` when a state cannot be left, so that the system is singular.
    """
    after = {s: {t: p for t, p in row.items() if p != 0} for s, row in rows.items()}
    before: dict[State, set[State]] = {s: set() for s in rows}
    for s, row in after.items():
        for t in row:
            before[t].add(s)
    costs = {s: cost(s) for s in rows}

    def fill(s: State) -> int:
        return len(before[s]) * len(after[s])

    place = {s: i for i, s in enumerate(rows)}     # ties are broken by it: states need not be comparable
    heap = [(fill(s), place[s], s) for s in rows]
    heapq.heapify(heap)
    done: list[Eliminated] = []
    while heap:
        size, _, s = heapq.heappop(heap)
        if s not in after or size != fill(s):      # gone, or queued again since its neighbours changed
            continue
        row = after.pop(s)
        pivot = ONE - row.pop(s, 0)
        if pivot == 0:
            raise InputError(f"the walk never leaves {s!r}")
        sources = before.pop(s) - {s}
        for t in row:
            before[t].discard(s)
        into = {}
        for q in sources:
            weight = into[q] = after[q].pop(s)
            share = weight / pivot
            costs[q] += share * costs[s]
            for t, p in row.items():
                after[q][t] = after[q].get(t, ZERO) + share * p
                before[t].add(q)
        for t in {*into, *row}:
            heapq.heappush(heap, (fill(t), place[t], t))
        done.append(Eliminated(s, pivot, row, into, costs[s]))
    return done


def totals(done: list[Eliminated]) -> dict[State, Any]:
    """Expected total cost until absorption from every state."""
    h: dict[State, Any] = {}
    for e in reversed(done):
        h[e.state] = (e.cost + sum((p * h[t] for t, p in e.after.items()), ZERO)) / e.pivot
    return h


def visits(done: list[Eliminated], start: State) -> dict[State, Any]:
    """Expected number of visits to every state before absorption, the first one at `start` included."""
    flow: dict[State, Any] = {e.state: ZERO for e in done}
    flow[start] = ONE
    for e in done:                                 # what a state passes on to those eliminated later
        for t, p in e.after.items():
            flow[t] += flow[e.state] * p / e.pivot
    out: dict[State, Any] = {}
    for e in reversed(done):                       # and what those send back
        out[e.state] = (flow[e.state] + sum((out[q] * p for q, p in e.before.items()), ZERO)) / e.pivot
    return out


def merged(rows: Mapping[State, Mapping[State, Any]]) -> tuple[dict[State, dict[State, Any]], dict[State, State]]:
    """The chain with states of equal rows merged until none are left, and each state's representative."""
    of: dict[State, State] = {s: s for s in rows}
    small = {s: dict(row) for s, row in rows.items()}
    while True:
        first: dict[Any, State] = {}
        same: dict[State, State] = {}
        for s, row in small.items():
            same[s] = first.setdefault(frozenset(row.items()), s)
        if len(first) == len(small):
            return small, of
        of = {s: same[t] for s, t in of.items()}
        kept: dict[State, dict[State, Any]] = {}
        for s in first.values():
            row = kept[s] = {}
            for t, p in small[s].items():
                row[same[t]] = row.get(same[t], 0) + p
        small = kept
