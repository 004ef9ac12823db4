"""Mazes other than the path-star, as walks on multigraphs: branches of unequal depth and width, nested forks, trees.

Setting. A corridor of widths (L_1, .., L_K) joins two places by K diamonds in a row, diamond j of L_j parallel edges,
single edges between them: 2K + 1 edges long, K single-file rooms of two nodes each when all L_j = 1. Every maze here
is a set of places joined by corridors:

    path_star       one fork, W equal corridors to W leaves
    star            one fork, corridors of any widths: unequal K_i, unequal L_ij
    nested_forks    M forks in a row: of W corridors from a fork one leads to the next fork, of the last to the target
    corridor_tree   any tree of places, each edge a corridor, its branching places forks
    complete_tree   its skeleton: every place has W ways on, M levels
    rooms           a tree whose nodes are rooms with rows of their own, no forks and no corridors

Nodes are named: a place by its name in the skeleton, a room of a corridor by (near place, far place, x), x = 1 .. 2K.
Trees may be any networkx tree, drawn by whoever calls: there is no randomness here.

Not covered: mazes with loops between corridors; any multigraph makes a `Walk` without help.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx

from theory.maze import Maze
from theory.multigraph import Arc, Node, Walk
from theory.numeric import InputError, integer

ROOT = "fork"


def add_corridor(graph: nx.MultiGraph, near: Node, far: Node, widths: Sequence[int]) -> None:
    """Join two places by a corridor of these widths; no widths: a single edge."""
    rooms = [near, *[(near, far, x) for x in range(1, 2 * len(widths) + 1)], far]
    for x, (one, other) in enumerate(zip(rooms, rooms[1:], strict=False)):
        for _ in range(widths[x // 2] if x % 2 else 1):
            graph.add_edge(one, other)


def leaf(branch: int) -> Node:
    """The leaf of a star's branch."""
    return f"leaf {branch}"


def star(widths: Sequence[Sequence[int]], targets: Iterable[int] | None = None) -> Walk:
    """One fork with a corridor of widths[i] to leaf i; `targets`, all leaves by default, are the branches ever sought.

    >>> star([[2, 3], [1]]).edges
    11
    """
    widths = [[integer(L, f"width in branch {i}") for L in branch] for i, branch in enumerate(widths)]
    if not widths:
        raise InputError("a star needs at least one branch")
    sought = list(range(len(widths)) if targets is None else targets)
    for target in sought:
        integer(target, "target branch", least=0, most=len(widths) - 1)
    graph = nx.MultiGraph()
    graph.add_node(ROOT)
    for i, branch in enumerate(widths):
        add_corridor(graph, ROOT, leaf(i), branch)
    return Walk(graph, ROOT, tuple(map(leaf, sought)), frozenset([ROOT]))


def path_star(maze: Maze, targets: Iterable[int] | None = None) -> Walk:
    """The path-star maze as a walk."""
    return star([[maze.L] * maze.K] * maze.W, targets)


def nested_forks(M: int, W: int, K: int, L: int, back: bool = False) -> Walk:
    """M forks in a row, W corridors of K diamonds each a fork; corridor 0 leads on, of the last fork to the target.

    A fork chooses among its W ways on, whichever way the walker came, as the only fork of a path-star does; with
    `back` it chooses among all arcs that leave it, so that the walker may return to the fork before. The places are
    'fork 0' .. 'fork M-1', 'dead end m.i', 'target'. The target is the only one: SFT's data for the corridors that
    are never golden needs other problems, `nested_targets`.
    """
    M, W, K, L = (integer(value, name) for value, name in zip((M, W, K, L), "MWKL", strict=True))
    graph, forks = nx.MultiGraph(), [f"fork {m}" for m in range(M)]
    ways: dict[Node, tuple[Arc, ...]] = {}
    for m, (fork, onwards) in enumerate(zip(forks, [*forks[1:], "target"], strict=True)):
        for i in range(W):
            add_corridor(graph, fork, f"dead end {m}.{i}" if i else onwards, [L] * K)
        if not back:                               # rooms are named (near place, far place, x)
            ways[fork] = tuple((fork, room, key) for _, room, key in graph.edges(fork, keys=True) if room[0] == fork)
    return Walk(graph, forks[0], "target", frozenset(forks), ways)


def nested_targets(walk: Walk) -> Walk:
    """The same maze where every leaf is some problem's target: then the forward rows of every corridor are golden."""
    leaves = tuple(node for node in walk.graph if walk.graph.degree(node) == 1 and node != walk.start)
    return Walk(walk.graph, walk.start, leaves, walk.forks, walk.ways)


def complete_tree(W: int, M: int) -> nx.Graph:
    """The skeleton in which every place above the leaves has W ways on, M levels below the root 0."""
    return nx.balanced_tree(integer(W, "W"), integer(M, "M"))


def check_tree(tree: Any, root: Node) -> nx.Graph:
    """A networkx tree with more than one node that has the root, or `InputError`."""
    if not isinstance(tree, nx.Graph) or tree.is_directed() or len(tree) < 2 or not nx.is_tree(tree):
        raise InputError(f"skeleton: {tree} is not an undirected tree with at least 2 nodes")
    if root not in tree:
        raise InputError(f"root {root!r}: the tree has no such node")
    return tree


def leaves_of(tree: nx.Graph, root: Node) -> tuple[Node, ...]:
    """The dead ends of a tree, the root not among them."""
    return tuple(node for node in tree if tree.degree(node) == 1 and node != root)


def corridor_tree(tree: nx.Graph, root: Node, K: int, L: int, copies: int = 1) -> Walk:
    """`copies` of a tree hung together at the root, each edge a corridor of K diamonds; branching places are forks.

    Every leaf is a target. A place with two corridors is a room like any other: a walker there has a row. With the
    star as its skeleton, or one edge and W copies, this is the path-star.
    """
    check_tree(tree, root)
    K, L, copies = integer(K, "K", least=0), integer(L, "L"), integer(copies, "copies")
    graph = nx.MultiGraph()

    def place(copy: int, node: Node) -> Node:
        return root if node == root else (copy, node)

    for copy in range(copies):
        for near, far in nx.bfs_edges(tree, root):
            add_corridor(graph, place(copy, near), place(copy, far), [L] * K)
    places = [root, *[place(copy, node) for copy in range(copies) for node in tree if node != root]]
    forks = frozenset(node for node in places if graph.degree(node) > 2 or node == root)
    ends = tuple(node for node in places if graph.degree(node) == 1 and node != root)
    return Walk(graph, root, ends, forks)


def rooms(tree: nx.Graph, root: Node, targets: Iterable[Node] | None = None) -> Walk:
    """A tree of rooms, each with rows of its own: no forks. Targets are all its dead ends by default."""
    check_tree(tree, root)
    return Walk(nx.MultiGraph(tree), root, tuple(leaves_of(tree, root) if targets is None else targets))
