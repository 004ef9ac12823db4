"""Students at convergence on the full multigraph: the maximum-likelihood table of traces, row by directed edge.

Setting. The row of a directed edge is the empirical conditional of the data wherever the data visit it, else uniform
over the arcs that leave its head: the limit of SFT from base as training time grows. No symmetry is used: rows are
untied over branches, diamonds and parallel edges. The fork's own choice stays uniform, as in the whole companion, and a
wrong leaf reflects.

Two forms. `student` and `cost` are exact, one student at a time. `Class` draws many students with numpy, each from n
traces of its own, and solves for their expected steps in float64; mazes of some tens of arcs, whose costs are small.
A *trace erased* is its golden part alone: what the walk did in the target's branch.

Not covered: students stopped early; teachers other than the optimum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flint
import numpy as np

from theory.chain import START, TARGET, Chain
from theory.maze import Arc, Maze

Trace = list[Arc]
Counts = dict[Arc, Counter[Arc]]


def trace(maze: Maze, target: int, detours: Sequence[int], copies: Iterable[int]) -> Trace:
    """The optimum's walk that enters the branches `detours`, then the target; a diamond crossed takes the next copy."""
    copy = iter(copies)
    arcs: Trace = []
    for branch in (*detours, target):
        depths = [*range(maze.shortest), *([] if branch == target else range(maze.shortest - 1, -1, -1))]
        for step, depth in enumerate(depths):
            ends = maze.node(branch, depth), maze.node(branch, depth + 1)
            arcs.append(Arc(*(ends if step < maze.shortest else ends[::-1]), next(copy) if depth % 2 else 0))
    return arcs


def erased(walk: Trace) -> Trace:
    """The golden part of a trace: what follows its last visit to the fork."""
    return walk[max(i for i, arc in enumerate(walk) if arc.tail.depth == 0):]


def student(walks: Iterable[Trace]) -> Counts:
    """How often each arc was followed by each other one."""
    counts: Counts = {}
    for walk in walks:
        for arc, after in zip(walk, walk[1:], strict=False):
            counts.setdefault(arc, Counter())[after] += 1
    return counts


def cost(maze: Maze, counts: Counts, target: int) -> Any:
    """Expected steps of the student to one target, by an exact solve on the directed edges that it can walk."""
    graph = maze.graph(target)
    rows: dict[Any, dict[Any, Any]] = {}
    states: list[Any] = [START, *graph.arcs]
    for arc in states:
        head = graph.start if arc == START else arc.head
        if head == graph.target:
            continue
        leaving = graph.leaving[head]
        seen = counts.get(arc) if head != graph.start else None
        weights: Mapping[Arc, int] = seen or dict.fromkeys(leaving, 1)
        total, row = sum(weights.values()), dict[Any, Any]()
        for after, weight in weights.items():
            to = TARGET if after.head == graph.target else after
            row[to] = row.get(to, flint.fmpq(0)) + flint.fmpq(weight, total)
        rows[arc] = row
    return Chain(rows).hitting_time()


class Class:
    """Many students of the optimum's traces on one maze, each from its own n traces; targets uniform, or branch 0.

    `whole` and `golden` are the counts of all traces and of their golden parts: students x arcs x choices.
    """

    def __init__(self, maze: Maze, students: int, n: int, rng: np.random.Generator, *, fixed: bool = False):
        graph = maze.graph()
        self.maze, self.fixed = maze, fixed
        self.arcs = [arc for arc in graph.arcs if arc.tail != graph.start] + list(graph.leaving[graph.start])
        number = {arc: i for i, arc in enumerate(self.arcs)}
        ahead = [graph.leaving[arc.head] for arc in self.arcs]
        self.width = max(map(len, ahead))
        self.next = np.array([[number[a] for a in after] + [-1] * (self.width - len(after)) for after in ahead])
        self.degree = np.array([len(after) for after in ahead])
        self.at_fork = np.array([arc.head == graph.start for arc in self.arcs])
        # the teacher's choices: onwards in the same direction, uniformly over parallel edges; a leaf turns it round
        onwards = [[k for k, a in enumerate(after) if arc.head in (graph.start,) or len(after) == 1
                    or (a.head.depth > a.tail.depth) == (arc.head.depth > arc.tail.depth)]
                   for arc, after in zip(self.arcs, ahead, strict=True)]
        self._options = np.array([ks + [0] * (self.width - len(ks)) for ks in onwards])
        self._many = np.array([len(ks) for ks in onwards])
        self._branch = np.array([max(arc.tail.branch, arc.head.branch) for arc in self.arcs])
        self.end = np.array([number[next(a for a in graph.arcs if a.head == maze.node(i, maze.shortest))]
                             for i in range(maze.W)])
        self.fork = np.array([number[a] for a in graph.leaving[graph.start]])
        self.whole, self.golden = (np.zeros((students, len(self.arcs), self.width), np.int32) for _ in range(2))
        self._walk(students, n, rng)

    def _walk(self, students: int, n: int, rng: np.random.Generator) -> None:
        """Every student's teacher takes one step at a time, until all have shown n traces."""
        def targets(size: int) -> Any:
            return np.zeros(size, int) if self.fixed else rng.integers(self.maze.W, size=size)

        who, left = np.arange(students), np.full(students, n)
        target, arc = targets(students), self.fork[rng.integers(self.maze.W, size=students)]
        while len(who := who[left[who] > 0]):
            here = arc[who]
            pick = self._options[here, (rng.random(len(who)) * self._many[here]).astype(int)]
            self.whole[who, here, pick] += 1
            inside = self._branch[here] == target[who]
            self.golden[who[inside], here[inside], pick[inside]] += 1
            arc[who] = self.next[here, pick]
            done = who[arc[who] == self.end[target[who]]]
            left[done] -= 1
            target[done] = targets(len(done))
            arc[done] = self.fork[rng.integers(self.maze.W, size=len(done))]

    def costs(self, counts: np.ndarray, chunk: int = 2000) -> np.ndarray:
        """Expected steps of each student to each target it is tested on: students x targets (one if fixed)."""
        return np.concatenate([self._costs(counts[i:i + chunk]) for i in range(0, len(counts), chunk)])

    def _costs(self, counts: np.ndarray) -> np.ndarray:
        size, exists = len(self.arcs), self.next >= 0
        seen = counts.sum(axis=2, keepdims=True)
        # the fork's choice is not learnt
        rows = np.where((seen > 0) & ~self.at_fork[:, None], counts / np.maximum(seen, 1),
                        exists / self.degree[:, None])
        P = np.zeros((len(counts), size, size))
        for k in range(self.width):
            inside = exists[:, k]
            P[:, np.flatnonzero(inside), self.next[inside, k]] += rows[:, inside, k]
        out = []
        for target in range(1 if self.fixed else self.maze.W):
            stopped = P.copy()
            stopped[:, self.end[target]] = 0
            one = np.ones((len(counts), size, 1))
            one[:, self.end[target]] = 0
            h = np.linalg.solve(np.eye(size) - stopped, one)[..., 0]
            out.append(1 + h[:, self.fork].mean(axis=1))
        return np.stack(out, axis=1)
