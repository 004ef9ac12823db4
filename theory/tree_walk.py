"""Expected steps on trees of places by one pass from the leaves and one to the target: base, SFT, never turning back.

Setting. A tree, each of its edges a bundle of parallel ones, rooted at the start. At a node v with l_v edges to its
parent and l_c to its child c, d in all, the walker chooses in one of three ways:

    uniform   over all edges, wherever it came from: base, and a fork
    golden    arriving from the parent, child c with probability q_c, as the targets below lie; from a child, uniform
    pass      one child only: on, in either direction

Let t(v) be the expected steps from having arrived at v from its parent to being back at the parent, the excursion E.
From a child the walker leaves for the parent with odds l_v : sum l_c, so it enters child c another l_c/l_v times on
average, and with F = E + 1

    F(v) = 2 + sum_c m_c F(c),   m_c = l_c/l_v (uniform),  q_c + l_c/l_v (golden),  1 (pass),

whence F(v) = 2 sum over the nodes x below v, v included, of the product of m along the way to x (`product`). Under base
the product telescopes, and F(v) is twice the edges below and above v over l_v. Under SFT it is larger by what golden
paths taught: a room with one way on has m = 2, a diamond's two rooms L+1 and 1 + 1/L.

With restarts the walker is put back at the start on reaching a place without children that is not its target; it then
comes back with chance r(v) only. From a child r' = l_v/(d - sum l_c r_c) and t' = (d + sum l_c t_c)/(d - sum l_c r_c);
r, t = r', t' (uniform); sum q_c r_c r', 1 + sum q_c (t_c + r_c t') (golden); r_c, 1 + t_c + r_c (pass). A leaf
has r, t = 1, 1 without restarts and 0, 0 with them.

On the way x_0 .. x_D to the target let (h, s_h) be the steps from x_i, entered from x_{i-1}, to the first arrival at
x_{i+1} and the probability of it, and (b, s_b) the same from x_i entered otherwise, (b', s') those of x_{i-1}. With
sums over the other children c, and l_on, l_up the edges on and back,

    h, s_h = C + Q b, q_on + Q s_b,     C, Q = 1 + sum q_c t_c, sum q_c r_c (golden),  0, 1 and q_on = 0 (uniform),
    (d - sum l_c r_c - l_up s' Q) s_b = l_on + l_up s' q_on,
    (d - sum l_c r_c - l_up s' Q) b   = d + l_up (b' + s' C) + sum l_c t_c;     h, b = 1, 1 + b' + s' (pass).

An attempt takes sum_i (prod_{j<i} s_h) h_i steps and succeeds with prod s_h; H is their ratio.

Stands on nothing but these equations; the witness is the elimination of `theory.multigraph`. Not covered: loops other
than parallel edges; never turning back where a place that is no fork branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import flint
import networkx as nx

from theory.mazes_general import corridor_tree
from theory.multigraph import Node, Walk
from theory.numeric import InputError, exact, fraction, integer

KINDS = ("base", "SFT", "never back")
ZERO, ONE = flint.fmpq(0), flint.fmpq(1)


class Reach(NamedTuple):
    """From the start to the first arrival at a node: steps and chance of an attempt; and (b, s_b) of its parent."""

    steps: Any
    chance: Any
    b: Any
    s: Any


class Tree:
    """The excursions and costs of one policy on a walk whose graph is a tree of bundles; see the module docstring.

    kind: 'base', 'SFT' (the limit on golden paths) or 'never back'. restart: at every dead end but the target.
    alike: how many like it a node stands for among its parent's children, itself included; 1 for the others.
    Errors: `InputError` for another kind, a graph with loops, forks with restricted ways, or 'never back' where a
    place that is no fork branches.
    """

    def __init__(self, walk: Walk, kind: str, restart: bool = False, alike: Mapping[Node, int] | None = None):
        simple = nx.Graph(walk.graph)
        if kind not in KINDS:
            raise InputError(f"policy {kind!r}: not one of {', '.join(KINDS)}")
        if not nx.is_tree(simple):
            raise InputError(f"the maze has {simple.number_of_edges() - len(simple) + 1} loops: no tree")
        if walk.ways:
            raise InputError(f"fork {next(iter(walk.ways))!r} leaves some of its edges out: not covered here")
        self.walk, self.kind, self.restart, self.alike = walk, kind, restart, dict(alike or {})
        self.parent: dict[Node, Node] = {}
        self.children: dict[Node, list[Node]] = {node: [] for node in simple}
        for parent, child in nx.bfs_edges(simple, walk.start):
            self.parent[child] = parent
            self.children[parent].append(child)
        self.bundle = {child: walk.graph.number_of_edges(parent, child) for child, parent in self.parent.items()}
        self.order = [walk.start, *self.parent]
        weights: Any = walk.weights
        self.below = {node: weights.get(node, ZERO) for node in self.order}
        for node in reversed(self.order[1:]):
            self.below[self.parent[node]] += self._n(node) * self.below[node]
        self.q = self._golden()
        self.r: dict[Node, Any] = {}
        self.t: dict[Node, Any] = {}
        for node in reversed(self.order[1:]):
            self.r[node], self.t[node] = self._excursion(node)
        self.way: dict[Node, Reach] = {}
        for node in self.order:
            self._onward(node)

    def _n(self, node: Node) -> int:
        return self.alike.get(node, 1)

    def _golden(self) -> dict[Node, Any]:
        """q_c for every child of a place whose forward row SFT met."""
        q: dict[Node, Any] = {}
        if self.kind == "SFT":
            for node in self.order:
                through = sum((self._n(c) * self.below[c] for c in self.children[node]), ZERO)
                if through and node not in self.walk.forks:
                    q |= {c: self.below[c] / through for c in self.children[node]}
        return q

    def _passes(self, node: Node) -> bool:
        """Whether the walker goes straight on here in either direction."""
        if self.kind != "never back" or node in self.walk.forks or not self.children[node] or node == self.walk.start:
            return False
        if sum(map(self._n, self.children[node])) > 1:
            raise InputError(f"place {node!r} branches and is no fork: use the solver of theory.multigraph")
        return True

    def _excursion(self, node: Node) -> tuple[Any, Any]:
        on = self.children[node]
        if not on:
            return (ZERO, ZERO) if self.restart else (ONE, ONE)
        if self._passes(node):
            return self.r[on[0]], 1 + self.t[on[0]] + self.r[on[0]]
        stay = self.bundle[node] + sum((self._n(c) * self.bundle[c] * (1 - self.r[c]) for c in on), ZERO)
        r, t = self.bundle[node] / stay, (
            self.bundle[node] + sum((self._n(c) * self.bundle[c] * (1 + self.t[c]) for c in on), ZERO)) / stay
        if on[0] not in self.q:
            return r, t
        return (sum((self._n(c) * self.q[c] * self.r[c] for c in on), ZERO) * r,
                1 + sum((self._n(c) * self.q[c] * (self.t[c] + self.r[c] * t) for c in on), ZERO))

    def _onward(self, node: Node) -> None:
        on = self.children[node]
        so_far, chance, before, survives = self.way.get(node, (ZERO, ONE, ZERO, ONE))
        if self._passes(node):
            self.way[on[0]] = Reach(so_far + chance, chance, 1 + before + survives, survives)
            return
        up, golden = self.bundle.get(node, 0), bool(on) and on[0] in self.q
        leave = sum((self._n(c) * self.bundle[c] * (1 - self.r[c]) for c in on), ZERO)     # sum l_c - sum l_c r_c
        steps = sum((self._n(c) * self.bundle[c] * (1 + self.t[c]) for c in on), ZERO)
        lost = sum((self._n(c) * self.q[c] * self.t[c] for c in on), ZERO) if golden else ZERO
        back = sum((self._n(c) * self.q[c] * self.r[c] for c in on), ZERO) if golden else ZERO
        for child in on:
            l_on, r, t = self.bundle[child], self.r[child], self.t[child]
            q = self.q[child] if golden else ZERO
            C, Q = (1 + lost - q * t, back - q * r) if golden else (ZERO, ONE)
            pivot = leave + l_on * r + up * (1 - survives * Q)
            s = (l_on + up * survives * q) / pivot
            b = (steps - l_on * t + up * (1 + before + survives * C)) / pivot
            self.way[child] = Reach(so_far + chance * (C + Q * b), chance * (q + Q * s), b, s)

    def multiplier(self, child: Node) -> Any:
        """m of a child of a node below the start: how often an excursion to that node enters it, on average."""
        node = self.parent[child]
        if self._passes(node):
            return ONE
        return self.q.get(child, ZERO) + flint.fmpq(self.bundle[child], self.bundle[node])

    def excursion(self, node: Node) -> Any:
        """E: expected steps from having arrived at the node from its parent to being back there, or restarted."""
        if node not in self.t:
            raise InputError(f"node {node!r}: not a node below the start")
        return fraction(self.t[node])

    def product(self, node: Node) -> Any:
        """E + 1, term by term: 2 times the sum, over the nodes x below, of the multipliers' product on the way to x."""
        self.excursion(node)                                             # refuses what is no node below the start
        total, reached = ZERO, [(node, 2 * ONE)]
        for place, weight in reached:
            total += weight
            reached += [(c, weight * self._n(c) * self.multiplier(c)) for c in self.children[place]]
        return fraction(total)

    def steps(self, target: Node) -> Any:
        """Expected steps from the start to the target; infinite where it is never reached.

        >>> Tree(Walk(nx.path_graph(4), 0, 3), "base").steps(3)
        Fraction(9, 1)
        """
        if target not in self.way:
            raise InputError(f"target {target!r}: not a node below the start")
        reach = self.way[target]
        return fraction(reach.steps / reach.chance) if reach.chance else float("inf")

    def mean(self) -> Any:
        """Expected steps to a target drawn by the walk's weights."""
        weights: Any = self.walk.weights
        return fraction(sum((weights[target] * exact(self.steps(target)) for target in self.walk.targets), ZERO))

    def potential(self) -> Any:
        """X: the greatest product of multipliers on a way down from a wrong turning, and at least 1.

        A child is a wrong turning where some target lies below its parent but not below itself.
        Errors: `InputError` for a tree in which nodes stand for several.
        """
        if self.alike:
            raise InputError(f"the potential of a tree where {next(iter(self.alike))!r} stands for several nodes")
        best: dict[Node, Any] = {}
        weights: Any = self.walk.weights
        wrong = ONE
        for node in reversed(self.order[1:]):
            best[node] = max([ONE, *[self.multiplier(c) * best[c] for c in self.children[node]]])
            parent = self.parent[node]
            if self.below[parent] - weights.get(parent, ZERO) > self.below[node]:
                wrong = max(wrong, best[node])
        return fraction(wrong)


def complete_steps(W: int, M: int, K: int, L: int, kind: str, restart: bool = False) -> Any:
    """Expected steps on the complete tree of corridors, W ways and M levels, every dead end a target; O(MK).

    The way to one target, where the first room of each corridor stands for the W of its fork.

    >>> complete_steps(3, 1, 2, 2, "SFT")
    Fraction(174, 1)
    """
    W, M, K = integer(W, "W"), integer(M, "M"), integer(K, "K")          # without a first room nothing is folded
    whole = corridor_tree(nx.path_graph(M + 1), 0, K, L)
    forks = [0, *[(0, level) for level in range(1, M) if W > 1]]
    walk = Walk(whole.graph, 0, (0, M), frozenset(forks))
    first: dict[Node, int] = {(near, far, 1): W for near, far in zip(forks, [*forks[1:], (0, M)], strict=True)
                              } if W > 1 else {}
    return Tree(walk, kind, restart, first).steps((0, M))
