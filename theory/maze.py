"""The maze: a fork with W branches of K diamonds, L parallel edges a diamond.

Setting (Wei and Kim, as read off a public reproduction). A branch is a row of nodes numbered by their distance
from the fork: 0 is the fork, shared by all branches; 1 .. 2K are u_1, v_1, u_2, v_2, ...; 2K+1 is the leaf.
Diamond j is the pair (u_j, v_j) joined by L parallel edges; every other edge is single. One leaf is the target.

`Graph` is the general multigraph a walk happens on: undirected edges with a copy number, so that parallel edges
stay apart. The path-star `Maze` is one way to make it; the chain in `theory.chain` needs only the `Graph`.

Sizes: W(2K+1) + 1 nodes, W(K(L+1)+1) edges, twice as many directed edges, L^K golden paths a target.

Not covered: nested forks, unequal depths or widths; they would be other makers of a `Graph`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from theory.numeric import InputError, integer

FORK = (-1, 0)


class Node(NamedTuple):
    """A node: `branch` 0 .. W-1 and `depth` 1 .. 2K+1; the fork is `Node(-1, 0)`.

    >>> Maze(3, 2, 2).node(1, 5)
    Node(branch=1, depth=5)
    """

    branch: int
    depth: int


class Arc(NamedTuple):
    """A directed edge: from `tail` to `head`, `copy` telling parallel edges apart.

    >>> Maze(3, 2, 2).golden_path(0, (1, 0))[1].reverse
    Arc(tail=Node(branch=0, depth=2), head=Node(branch=0, depth=1), copy=1)
    """

    tail: Node
    head: Node
    copy: int

    @property
    def reverse(self) -> Arc:
        """The same edge, walked the other way."""
        return Arc(self.head, self.tail, self.copy)


@dataclass(frozen=True)
class Graph:
    """A multigraph to walk on: `arcs` (both directions of every edge), where to `start`, the `target` node.

    >>> len(Maze(3, 2, 2).graph().leaving[Node(0, 1)])
    3
    """

    arcs: tuple[Arc, ...]
    start: Node
    target: Node

    @cached_property
    def leaving(self) -> dict[Node, tuple[Arc, ...]]:
        """The arcs that leave each node, in a fixed order."""
        out: dict[Node, list[Arc]] = {}
        for arc in self.arcs:
            out.setdefault(arc.tail, []).append(arc)
        return {node: tuple(arcs) for node, arcs in out.items()}


@dataclass(frozen=True)
class Maze:
    """The path-star maze with W branches, K diamonds a branch and L parallel edges a diamond (integers from 1).

    Errors: `InputError` for anything else, showing the value.

    >>> maze = Maze(W=3, K=2, L=2)
    >>> maze.nodes, maze.arcs, maze.golden_paths, maze.shortest
    (16, 42, 4, 5)
    """

    W: int
    K: int
    L: int

    def __post_init__(self) -> None:
        for name in "WKL":
            object.__setattr__(self, name, integer(getattr(self, name), name))

    @property
    def shortest(self) -> int:
        """Steps on a shortest path from the fork to a leaf: 2K+1."""
        return 2 * self.K + 1

    @property
    def nodes(self) -> int:
        """Number of nodes: W(2K+1) + 1."""
        return self.W * self.shortest + 1

    @property
    def arcs(self) -> int:
        """Number of directed edges: 2W(K(L+1)+1)."""
        return 2 * self.W * (self.K * (self.L + 1) + 1)

    @property
    def golden_paths(self) -> int:
        """Number of shortest paths from the fork to one leaf: L^K."""
        return self.L**self.K

    def node(self, branch: int, depth: int) -> Node:
        """The node at `depth` 0 .. 2K+1 of `branch`; depth 0 is the fork whatever the branch."""
        return Node(*FORK) if depth == 0 else Node(branch, depth)

    def copies(self, depth: int) -> int:
        """How many parallel edges join the nodes at `depth` and `depth + 1`: L inside a diamond, else 1."""
        return self.L if depth % 2 == 1 else 1

    def check_target(self, target: int) -> int:
        """`target` as a branch number 0 .. W-1, or `InputError`."""
        integer(target, "target branch", least=0)
        if target >= self.W:
            raise InputError(f"target branch {target}: the maze has branches 0 .. {self.W - 1}")
        return target

    def graph(self, target: int = 0) -> Graph:
        """The multigraph with the leaf of branch `target` as the target; size grows as `arcs`."""
        self.check_target(target)
        arcs = []
        for branch, depth in itertools.product(range(self.W), range(self.shortest)):
            near, far = self.node(branch, depth), self.node(branch, depth + 1)
            for copy in range(self.copies(depth)):
                arcs += [Arc(near, far, copy), Arc(far, near, copy)]
        return Graph(tuple(arcs), Node(*FORK), self.node(target, self.shortest))

    def _repr_html_(self) -> str:
        from theory.notebook import maze_html

        return maze_html(self)

    def golden_path(self, target: int, copies: tuple[int, ...]) -> tuple[Arc, ...]:
        """The shortest path to `target` that takes parallel edge `copies[j]` in diamond j; 2K+1 arcs.

        Errors: `InputError` when `copies` has not K entries in 0 .. L-1.
        """
        self.check_target(target)
        if len(copies) != self.K or not all(0 <= copy < self.L for copy in copies):
            raise InputError(f"copies {copies!r}: K = {self.K} entries in 0 .. {self.L - 1} are needed")
        path = []
        for depth in range(self.shortest):
            copy = copies[depth // 2] if depth % 2 == 1 else 0
            path.append(Arc(self.node(target, depth), self.node(target, depth + 1), copy))
        return tuple(path)

    def all_golden_paths(self, target: int = 0) -> Iterator[tuple[Arc, ...]]:
        """Every one of the L^K shortest paths to `target`."""
        for copies in itertools.product(range(self.L), repeat=self.K):
            yield self.golden_path(target, copies)
