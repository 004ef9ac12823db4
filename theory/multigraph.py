"""Walks on any multigraph: exact expected hitting times of policies over directed edges, by sparse elimination.

Setting. As on the path-star, the walker's state is the directed edge it just crossed, an arc (tail, head, key), or
START before the first one. At a fork it chooses uniformly among the fork's ways, with no memory; at a dead end it is
reflected; anywhere else it has a row, a distribution over the arcs that leave the arc's head. A `Table` holds the rows
that differ from base: a state without a row leaves by a uniformly chosen arc, so the empty table is the simple random
walk, and "a row never trained stays at base" needs no code. A problem has one target, and crossing into it ends the
walk; the `targets` of a walk are those of all its problems, drawn with `weights`, and the policy does not know which.

Hitting times solve h = 1 + P h by sparse exact elimination (`theory.elimination`), in rationals throughout.

Not covered: mazes (`theory.mazes_general`), policies (`theory.planning`), policies with memory. The witness on
path-stars is `theory.chain`'s dense solve, which shares no code.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import networkx as nx

from theory.elimination import ONE, eliminate, merged, totals
from theory.numeric import INFINITY, InputError, exact, fraction, shown

Node = Hashable
Arc = tuple[Any, Any, Any]                       # tail, head, key of the edge
START = "start"
State = Any                                      # an Arc, or START
Table = Mapping[State, Mapping[Arc, Any]]        # state -> arc that leaves its head -> probability
BASE: Table = {}


def reverse(arc: Arc) -> Arc:
    """The same edge, walked the other way."""
    tail, head, key = arc
    return head, tail, key


@dataclass(frozen=True, eq=False)
class Walk:
    """A maze to walk in: a connected multigraph, where to start, the targets of its problems, its forks.

    targets: one node, or a sequence of them. weights: how often each is a problem's target; uniform by default.
    ways: for a fork, the arcs it chooses among; all that leave it by default.
    Errors: `InputError` in one line for a graph, start, target, fork, way or weight that does not fit.

    >>> Walk(nx.MultiGraph([(0, 1), (1, 2)]), 0, 2).edges
    2
    """

    graph: nx.MultiGraph
    start: Node
    targets: Any
    forks: frozenset[Node] = frozenset()
    ways: Mapping[Node, tuple[Arc, ...]] | None = None
    weights: Mapping[Node, Any] | None = None

    def __post_init__(self) -> None:
        graph = self.graph
        if not isinstance(graph, nx.Graph) or graph.is_directed():
            raise InputError(f"graph: an undirected networkx graph is needed, not {type(graph).__name__}")
        if not graph.is_multigraph():
            graph = nx.MultiGraph(graph)
        if len(graph) < 2:
            raise InputError(f"graph: {len(graph)} nodes, at least 2 are needed")
        loop = next(iter(nx.selfloop_edges(graph)), None)
        if loop is not None:
            raise InputError(f"graph: node {loop[0]!r} has an edge to itself")
        if not nx.is_connected(graph):
            raise InputError(f"graph: not connected, it has {nx.number_connected_components(graph)} parts")
        # a node may itself be a tuple, so a single target is told from a sequence by whether the graph has it
        targets = tuple(self.targets) if not _is_node(graph, self.targets) else (self.targets,)
        forks = frozenset(self.forks)
        for what, nodes in (("start", [self.start]), ("target", targets), ("fork", forks)):
            for node in nodes:
                if not _is_node(graph, node):
                    raise InputError(f"{what} {node!r}: the graph has no such node")
        if not targets or len(set(targets)) < len(targets):
            raise InputError(f"targets {targets!r}: at least one is needed, and none twice")
        if self.start in targets:
            raise InputError(f"target {self.start!r} is the start")
        for name, value in (("graph", graph), ("targets", targets), ("forks", forks)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "ways", self._check_ways())
        object.__setattr__(self, "weights", self._check_weights())

    def _check_ways(self) -> dict[Node, tuple[Arc, ...]]:
        ways = {node: tuple(arcs) for node, arcs in (self.ways or {}).items()}
        for node, arcs in ways.items():
            if node not in self.forks:
                raise InputError(f"ways of {node!r}: it is no fork")
            if not arcs or not set(arcs) <= set(self.leaving[node]):
                raise InputError(f"ways of fork {node!r}: {arcs!r} are not arcs that leave it")
        return ways

    def _check_weights(self) -> dict[Node, Any]:
        if self.weights is None:
            return {target: flint.fmpq(1, len(self.targets)) for target in self.targets}
        weights = {node: exact(value, f"weight of {node!r}") for node, value in self.weights.items()}
        if set(weights) != set(self.targets) or min(weights.values()) <= 0 or sum(weights.values()) != 1:
            raise InputError(f"weights {dict(self.weights)!r}: one positive weight a target is needed, with sum 1")
        return weights

    def __repr__(self) -> str:
        lines = [f"{a}-{b}" for a, b, _ in self.graph.edges(keys=True)]
        shape = " ".join(lines) if len(lines) <= 24 else f"{len(self.graph)} nodes, {len(lines)} edges"
        return f"Walk({shape}; start {self.start}, targets {list(self.targets)}, forks {sorted(self.forks, key=str)})"

    @property
    def edges(self) -> int:
        """Number of undirected edges, parallel ones counted."""
        return self.graph.number_of_edges()

    @cached_property
    def leaving(self) -> dict[Node, tuple[Arc, ...]]:
        """The arcs that leave each node, in a fixed order."""
        return {node: tuple((node, other, key) for _, other, key in self.graph.edges(node, keys=True))
                for node in self.graph}

    @cached_property
    def states(self) -> tuple[State, ...]:
        """START and every arc."""
        return (START, *[arc for node in self.graph for arc in self.leaving[node]])

    def at(self, state: State) -> Node:
        """The node where the walker stands in a state."""
        return self.start if state == START else state[1]

    def choices(self, state: State) -> tuple[Arc, ...]:
        """The arcs that may come next."""
        node = self.at(state)
        return (self.ways or {}).get(node) or self.leaving[node]

    def free(self, state: State, learn_forks: bool = False) -> bool:
        """Whether the state has a row to learn: more than one choice, and no fork (unless forks are learnt too)."""
        return len(self.choices(state)) > 1 and (learn_forks or self.at(state) not in self.forks)

    def check_target(self, target: Node | None) -> Node:
        """`target`, or the only one there is; `InputError` for another node or where one must be named."""
        if target is None and len(self.targets) == 1:
            return self.targets[0]
        if target is None or not _is_node(self.graph, target) or target == self.start:
            raise InputError(f"target {target!r}: not a node other than the start; targets are {self.targets!r}")
        return target

    def row(self, table: Table, state: State) -> Mapping[Arc, Any]:
        """The state's row: the table's, or the uniform one."""
        if state in table:
            return table[state]
        choices = self.choices(state)
        return dict.fromkeys(choices, flint.fmpq(1, len(choices)))

    def check(self, table: Table) -> Table:
        """The table with exact probabilities; `InputError` for a row that is no distribution over its choices."""
        known, out = set(self.states), {}
        for state, row in table.items():
            if state not in known:
                raise InputError(f"row of {state!r}: the maze has no such arc")
            if not set(row) <= set(self.choices(state)):
                raise InputError(f"row of {state!r}: {sorted(map(str, set(row) - set(self.choices(state))))[0]} "
                                 "does not come next")
            values = {arc: exact(p, f"row of {state!r}") for arc, p in row.items()}
            if min(values.values(), default=-1) < 0 or sum(values.values()) != 1:
                raise InputError(f"row of {state!r}: {[shown(p) for p in values.values()]} is no distribution")
            out[state] = values
        return out


def _is_node(graph: nx.Graph, node: Any) -> bool:
    try:
        return node in graph
    except TypeError:                              # unhashable: a list of targets, say
        return False


# -- hitting times ----------------------------------------------------------------------------------------------

def chain_rows(walk: Walk, table: Table, target: Node) -> dict[State, dict[State, Any]]:
    """The rows of the states that can be visited from START, without arcs into the target: those absorb."""
    rows: dict[State, dict[State, Any]] = {}
    order: list[State] = [START]
    seen = {START}
    for state in order:
        rows[state] = {arc: p for arc, p in walk.row(table, state).items() if p != 0 and arc[1] != target}
        for arc in rows[state]:
            if arc not in seen:
                seen.add(arc)
                order.append(arc)
    return rows


def _sure(walk: Walk, table: Table, target: Node, rows: Mapping[State, Mapping[State, Any]]) -> bool:
    before: dict[State, list[State]] = {}
    order = []
    for state, row in rows.items():
        for arc in row:
            before.setdefault(arc, []).append(state)
        if any(p != 0 and arc[1] == target for arc, p in walk.row(table, state).items()):
            order.append(state)
    good = set(order)
    for state in order:
        for earlier in before.get(state, ()):
            if earlier not in good:
                good.add(earlier)
                order.append(earlier)
    return len(good) == len(rows)


def hitting_times(walk: Walk, table: Table = BASE, target: Node | None = None) -> dict[State, Any]:
    """Expected steps to the target from START and every state visited from there; `fmpq`, exactly.

    Errors: `InputError` for a table that does not fit, and when the target is not reached surely.
    """
    target, table = walk.check_target(target), walk.check(table)
    rows = chain_rows(walk, table, target)
    if not _sure(walk, table, target, rows):
        raise InputError(f"target {target!r} is not reached surely")
    small, of = merged(rows)
    h = totals(eliminate(small, lambda _: ONE))
    return {state: h[of[state]] for state in rows}


def expected_steps(walk: Walk, table: Table = BASE, target: Node | None = None) -> Any:
    """Expected steps (edges crossed) from the start to the target, a Fraction; infinite unless reached surely.

    >>> expected_steps(Walk(nx.path_graph(4), 0, 3)), expected_steps(Walk(nx.star_graph(3), 0, 1))
    (Fraction(9, 1), Fraction(5, 1))
    """
    target, table = walk.check_target(target), walk.check(table)
    rows = chain_rows(walk, table, target)
    if not _sure(walk, table, target, rows):
        return INFINITY
    small, of = merged(rows)
    return fraction(totals(eliminate(small, lambda _: ONE))[of[START]])


def mean_steps(walk: Walk, table: Table = BASE) -> Any:
    """Expected steps for a target drawn by the walk's weights: what one policy costs that does not know it."""
    each = [(walk.weights[target], expected_steps(walk, table, target)) for target in walk.targets]  # type: ignore[index]
    if any(steps == INFINITY for _, steps in each):
        return INFINITY
    return fraction(sum((weight * exact(steps) for weight, steps in each), exact(0)))
