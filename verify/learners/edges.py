"""A tabular softmax policy on the full multigraph: one row of logits for every directed edge.

Setting. The walker's state is the arc it just crossed; its choices are the arcs that leave the arc's head. A state has
one logit for each choice, so nothing ties parallel edges, diamonds or branches together, and the base model is all
logits 0. At the fork the branch is drawn uniformly whatever the policy (the model says so), so arcs into the fork and
into a leaf have no row to learn.

Not covered: weights shared between states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theory.maze import Arc, Maze
from theory.policy import Branch, Policy

Array = np.ndarray


@dataclass
class EdgePolicy:
    """Logits of every state in one flat array: state i owns logits[start[i]:start[i+1]].

    states: the arcs whose head is an inner node, in the graph's order; choices[i]: the arcs leaving that head.
    """

    maze: Maze
    logits: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        graph = self.maze.graph()
        self.states = [arc for arc in graph.arcs if 0 < arc.head.depth < self.maze.shortest]
        self.choices = [graph.leaving[arc.head] for arc in self.states]
        self.number = {arc: i for i, arc in enumerate(self.states)}
        self.start = np.concatenate([[0], np.cumsum([len(c) for c in self.choices])])
        self.owner = np.repeat(np.arange(len(self.states)), np.diff(self.start))
        if not len(self.logits):
            self.logits = np.zeros(self.start[-1])

    def probabilities(self) -> Array:
        """The softmax of every row, flat like the logits."""
        top = np.maximum.reduceat(self.logits, self.start[:-1])
        weights = np.exp(self.logits - top[self.owner])
        return weights / np.add.reduceat(weights, self.start[:-1])[self.owner]

    def slot(self, state: Arc, choice: Arc) -> int:
        """The flat index of `choice` in the row of `state`."""
        i = self.number[state]
        return int(self.start[i]) + self.choices[i].index(choice)

    def away(self) -> Array:
        """For each state, whether the walker moves away from the fork."""
        return np.array([arc.head.depth > arc.tail.depth for arc in self.states])

    def backward_logits(self) -> Array:
        """A copy of the logits of all states that move towards the fork: rows b and d, every copy and branch."""
        return self.logits[~self.away()[self.owner]].copy()

    def persistence(self) -> dict[tuple[str, int, int, int], float]:
        """(row, branch, diamond, copy) -> probability of going on in the same direction."""
        p, out = self.probabilities(), {}
        for i, arc in enumerate(self.states):
            away = arc.head.depth > arc.tail.depth
            onwards = [k for k, c in enumerate(self.choices[i], int(self.start[i]))
                       if (c.head.depth > c.tail.depth) == away]
            name = {(0, True): "a", (0, False): "b", (1, True): "c", (1, False): "d"}[arc.head.depth % 2, away]
            out[name, arc.head.branch, (arc.head.depth - 1) // 2, arc.copy] = float(p[onwards].sum())
        return out

    def lumped(self) -> Policy:
        """Rows a, b, c, d of every branch, parallel copies averaged; exact only when the copies agree."""
        rows: dict[tuple[int, str], list[list[float]]] = {}
        for (name, branch, diamond, _), p in self.persistence().items():
            rows.setdefault((branch, name), [[] for _ in range(self.maze.K)])[diamond].append(p)

        def row(branch: int, name: str) -> list[Any]:
            return [float(np.mean(values)) for values in rows[branch, name]]

        return Policy.of(*(Branch(*(row(i, name) for name in "abcd")) for i in range(self.maze.W)))

    def expected_steps(self, target: int = 0) -> float:
        """Expected steps from the fork to the leaf of branch `target`, each directed edge with its own row; float64.

        States are eliminated one by one, leaves first, as Grassmann, Taksar and Heyman do it: a state's probability of
        leaving is summed, never taken as 1 minus that of staying, so nothing is subtracted and no digits are lost
        however large the answer. Cost: arcs times L^2. `inf` where it overflows.
        """
        graph = self.maze.graph(target)
        goal: Any = None                                   # stands for all arcs into the target
        p = self.probabilities()
        move: dict[Any, dict[Any, float]] = {
            arc: {(goal if c.head == graph.target else c): float(p[k])
                  for k, c in enumerate(self.choices[i], int(self.start[i]))}
            for i, arc in enumerate(self.states)}
        fork = graph.leaving[graph.start]
        for arc in graph.arcs:                             # arcs into the fork or a wrong leaf: one way on, uniform
            if arc.head == graph.start:
                move[arc] = {"fork": 1.0}
            elif arc.head.depth == self.maze.shortest and arc.head != graph.target:
                move[arc] = {arc.reverse: 1.0}
        move["fork"] = {(goal if c.head == graph.target else c): 1 / len(fork) for c in fork}
        cost = {state: 0.0 if state != "fork" and state.head == graph.start else 1.0 for state in move}
        before: dict[Any, set[Any]] = {state: set() for state in move}
        for state, row in move.items():
            for after in row:
                if after is not goal:
                    before[after].add(state)

        def order(state: Any) -> tuple[int, int]:
            return (-state.head.depth - state.tail.depth, state.head.branch)

        for state in sorted((s for s in move if s != "fork"), key=order):
            row = move.pop(state)
            row.pop(state, None)
            leaving = sum(row.values())
            for earlier in before.pop(state) - {state}:
                weight = move[earlier].pop(state) / leaving
                cost[earlier] += weight * cost[state]
                for after, q in row.items():
                    move[earlier][after] = move[earlier].get(after, 0.0) + weight * q
                    if after is not goal:
                        before[after].add(earlier)
            for after in row:
                if after is not goal:
                    before[after].discard(state)
        return cost["fork"] / move["fork"][goal]
