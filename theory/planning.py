"""Policies on any maze: what golden paths teach, the optimum of a known target, rules of thumb, policy gradient.

Setting. As in `theory.multigraph`: a policy is a table of rows over directed edges, and forks choose uniformly unless
they are learnt too. What can be meant by "the optimum" depends on what the policy may know.

    sft_limit      rows met on golden (shortest) paths, targets drawn by the walk's weights and the paths to one
                   target uniformly, become their conditionals; rows never met stay at base
    optimum        the least expected steps when the target is known: exact policy iteration, for this is a Markov
                   decision process
    never_back     leave for any node but the one just left, dead ends excepted: all rows 1 on the path-star
    wall_follower  at every node, forks too, the next arc in cyclic order after the one just crossed
    turn_gains     what a small change of a row would gain, in the mean over the targets, exactly

The path-star's optimum, (2W-1)(2K+1), is that of a policy that does not know the target. A blind optimum of a general
maze is no decision process of the walker's states (the target is hidden), and its best rows may be random; policy
gradient (`theory.maze_descent`) finds a local one. `optimum` bounds it below.

Policy iteration starts at the policy that walks a shortest way to the target, which reaches it surely from every state,
and stops when no row improves; it is exact, over rationals.

Not covered: the optimum of a policy that does not know its target, beyond the star (`theory.topology`); memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import flint
import networkx as nx

from theory.elimination import eliminate, merged, totals, visits
from theory.multigraph import (
    BASE,
    START,
    Arc,
    Node,
    State,
    Table,
    Walk,
    reverse,
)
from theory.numeric import InputError, fraction

# -- imitation --------------------------------------------------------------------------------------------------

def sft_limit(walk: Walk, learn_forks: bool = False) -> Table:
    """The rows that SFT on golden paths ends at; rows it never meets are not in the table and so stay at base.

    A row that several targets' paths meet becomes the mixture, each target counted as often as its paths pass there.
    """
    depth = nx.single_source_shortest_path_length(walk.graph, walk.start)
    met: dict[State, dict[Arc, Any]] = {}
    paths = _paths_to(walk, depth)
    for target in walk.targets:
        onward = _paths_on(walk, depth, target)
        share = walk.weights[target] / paths[target]                    # type: ignore[index]
        for node in onward:
            if node == target:
                continue
            nexts = {arc: onward[arc[1]] for arc in walk.leaving[node]
                     if arc[1] in onward and depth[arc[1]] == depth[node] + 1}
            before: list[tuple[State, Any]] = [(START, flint.fmpq(1))] if node == walk.start else [
                (reverse(arc), paths[arc[1]]) for arc in walk.leaving[node] if depth[arc[1]] == depth[node] - 1]
            for state, ways in before:
                if walk.free(state, learn_forks):
                    row = met.setdefault(state, {})
                    for arc, count in nexts.items():
                        row[arc] = row.get(arc, 0) + share * ways * count
    return {state: {arc: p / sum(row.values()) for arc, p in row.items()} for state, row in met.items()}


def _paths_to(walk: Walk, depth: Mapping[Node, int]) -> dict[Node, Any]:
    """The number of shortest paths from the start to every node."""
    paths = {walk.start: flint.fmpq(1)}
    for node in sorted(depth, key=depth.__getitem__)[1:]:
        paths[node] = sum((paths[arc[1]] for arc in walk.leaving[node] if depth[arc[1]] == depth[node] - 1),
                          flint.fmpq(0))
    return paths


def _paths_on(walk: Walk, depth: Mapping[Node, int], target: Node) -> dict[Node, Any]:
    """The number of ways on to the target from every node on a shortest path to it."""
    onward, order = {target: flint.fmpq(1)}, [target]
    for node in order:                             # by falling depth, so a node's count is whole when it is used
        for arc in walk.leaving[node]:
            before = arc[1]
            if depth[before] == depth[node] - 1:
                if before not in onward:
                    onward[before] = flint.fmpq(0)
                    order.append(before)
                onward[before] += onward[node]
    return onward


# -- rules of thumb ---------------------------------------------------------------------------------------------

def never_back(walk: Walk) -> dict[State, Mapping[Arc, Any]]:
    """Never return to the node just left, unless every arc leads there; uniform over the others.

    On the path-star, all rows 1: the optimum.
    """
    table: dict[State, Mapping[Arc, Any]] = {}
    for state in walk.states:
        if state != START and walk.free(state):
            on = [arc for arc in walk.choices(state) if arc[1] != state[0]]
            if on:
                table[state] = dict.fromkeys(on, flint.fmpq(1, len(on)))
    return table


def wall_follower(walk: Walk) -> Table:
    """The hand on the wall: leave by the arc that follows, in the node's cyclic order, the one just crossed.

    Forks are learnt here, and a fork's `ways` are not heeded: `InputError` where they leave some arc out.
    """
    table: dict[State, Mapping[Arc, Any]] = {START: {walk.leaving[walk.start][0]: flint.fmpq(1)}}
    if walk.ways:
        raise InputError(f"wall following needs every arc at a fork; {next(iter(walk.ways))!r} leaves some out")
    for state in walk.states[1:]:
        around = walk.leaving[state[1]]
        table[state] = {around[(around.index(reverse(state)) + 1) % len(around)]: flint.fmpq(1)}
    return table


def turn_gains(walk: Walk, table: Table) -> dict[tuple[State, Arc], Any]:
    """The slope of the mean cost in each probability: d/de of mixing weight e of "take this arc" into a state's row.

    Exact: expected visits to the state times what the arc costs more than the row. A negative one would pay; none
    negative means that no small change of one row does. Free states only, and only those visited.
    Errors: `InputError` where a target is not reached surely from some state.
    """
    table = walk.check(table)
    out: dict[tuple[State, Arc], Any] = {}
    for target in walk.targets:
        rows = {state: {arc: p for arc, p in walk.row(table, state).items() if p != 0 and arc[1] != target}
                for state in walk.states if walk.at(state) != target}
        done = eliminate(rows, lambda _: flint.fmpq(1))
        h, seen = totals(done), visits(done, START)
        for state in rows:
            if walk.free(state) and seen[state] != 0:
                mine = sum((p * h[arc] for arc, p in rows[state].items()), flint.fmpq(0))
                for arc in walk.choices(state):
                    gain = (h[arc] if arc[1] != target else 0) - mine
                    key = state, arc
                    out[key] = out.get(key, 0) + walk.weights[target] * seen[state] * gain   # type: ignore[index]
    return {key: fraction(value) for key, value in out.items()}


# -- the optimum of a known target ------------------------------------------------------------------------------

class Plan(NamedTuple):
    """An optimal table for a known target, its exact cost from the start, and how many improvements it took."""

    table: Table
    steps: Any
    rounds: int


def optimum(walk: Walk, target: Node | None = None, learn_forks: bool = False) -> Plan:
    """The least expected steps to a target that the policy knows, by exact policy iteration.

    Errors: `InputError` when a fork's ways keep the walker from the target.

    >>> optimum(Walk(nx.star_graph(3), 0, 1, frozenset([0]))).steps
    Fraction(5, 1)
    """
    target = walk.check_target(target)
    choice = _shortest(walk, target, learn_forks)
    rounds = 0
    while True:
        rows = {state: {arc: p for arc, p in
                        ({choice[state]: flint.fmpq(1)} if state in choice else walk.row(BASE, state)).items()
                        if arc[1] != target} for state in walk.states if walk.at(state) != target}
        small, of = merged(rows)
        h = totals(eliminate(small, lambda _: flint.fmpq(1)))

        def value(arc: Arc, h: Mapping[State, Any] = h, of: Mapping[State, State] = of) -> Any:
            return flint.fmpq(0) if arc[1] == target else h[of[arc]]

        better = {}
        for state, arc in choice.items():
            best = min(walk.choices(state), key=value)
            if value(best) < value(arc):                  # ties keep the old arc, or it might go round for ever
                better[state] = best
        if not better:
            table = {state: {arc: flint.fmpq(1)} for state, arc in choice.items()}
            return Plan(table, fraction(h[of[START]]), rounds)
        choice |= better
        rounds += 1


def _shortest(walk: Walk, target: Node, learn_forks: bool) -> dict[State, Arc]:
    """For every free state the first arc of a shortest way to the target that the forks' ways allow."""
    before: dict[State, list[State]] = {}
    for state in walk.states:
        if walk.at(state) != target:
            for arc in walk.choices(state):
                before.setdefault(arc, []).append(state)
    order: list[State] = [arc for arc in walk.states[1:] if arc[1] == target]
    left = dict.fromkeys(order, 0)
    for arc in order:
        for state in before.get(arc, ()):
            if state not in left:
                left[state] = left[arc] + 1
                order.append(state)
    states = [state for state in walk.states if walk.at(state) != target]
    lost = next((state for state in states if state not in left), None)
    if lost is not None:
        raise InputError(f"target {target!r} cannot be reached from {lost!r} by the forks' ways")
    return {state: min(walk.choices(state), key=left.__getitem__) for state in states if walk.free(state, learn_forks)}
