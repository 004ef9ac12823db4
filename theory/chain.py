"""The second route: maze + policy -> Markov chain -> Bellman equations, solved as a linear system.

Setting. The walker's state is the directed edge it just crossed, so the full chain has one state for every arc of
the multigraph, plus the start at the fork. `full_chain` walks the `Graph` itself; it knows which arcs lead on and
which lead back from depths alone, and turns a policy into transition probabilities. `lumped_chain` has one state
for all parallel arcs of a diamond and one side for all branches with the same rows. That the second is an exact
lumping of the first (strong lumpability, Kemeny and Snell) is a claim of its own, `lumping`, never assumed.

Mean hitting times solve (I - P) h = 1 on the states that can be visited. Here that is done by exact rational
elimination (flint `fmpq_mat.solve`) or in balls of rising precision; a plain float64 solve goes wrong, even
negative, once the answer passes about 1e15.

This file must not import `theory.hitting`, nor the other way round: they are each other's witness.
Not covered: recurrences, closed forms, chains too large for a dense matrix (a few thousand states).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint

from theory.maze import Arc, Graph, Maze
from theory.numeric import INFINITY, InputError, ball_precision, fraction, integer
from theory.policy import Policy

State = Any            # anything hashable
START = "start"
PROMPT = "prompt"
TARGET = "target"


def _possible(p: Any) -> bool:
    """Whether a probability may be positive; a ball around 0 may, and `ball != 0` would say no."""
    return not p == 0


@dataclass(frozen=True)
class Chain:
    """A Markov chain that stops at TARGET: `rows[state]` maps next states to their probabilities (sum 1).

    >>> Chain({START: {START: flint.fmpq(1, 2), TARGET: flint.fmpq(1, 2)}}).hitting_time()
    Fraction(2, 1)
    """

    rows: dict[State, dict[State, Any]]

    def visited(self, start: State = START) -> list[State]:
        """The states reached from `start` with positive probability, TARGET excepted, in order of discovery."""
        seen, order = {start}, [start]
        for state in order:
            for after, p in self.rows[state].items():
                if _possible(p) and after != TARGET and after not in seen:
                    seen.add(after)
                    order.append(after)
        return order

    def nonzero(self) -> dict[State, dict[State, Any]]:
        """The rows without their zero entries."""
        return {state: {to: p for to, p in row.items() if _possible(p)} for state, row in self.rows.items()}

    def sure(self, start: State = START) -> bool:
        """Whether TARGET is reached from `start` with probability 1."""
        states = self.visited(start)
        before: dict[State, list[State]] = {}
        for state in states:
            for after, p in self.rows[state].items():
                if _possible(p):
                    before.setdefault(after, []).append(state)
        good, order = {TARGET}, [TARGET]
        for state in order:
            for earlier in before.get(state, []):
                if earlier not in good:
                    good.add(earlier)
                    order.append(earlier)
        return good.issuperset(states)

    def hitting_time(self, start: State = START) -> Any:
        """Expected steps from `start` to TARGET, a Fraction (rational chain) or a ball; infinite unless `sure`."""
        return self.hitting_times(start)[start] if self.sure(start) else INFINITY

    def hitting_times(self, start: State = START, cost: Callable[[State], Any] = lambda state: 1) -> dict[State, Any]:
        """Expected total cost until TARGET for every state visited from `start`; the chain must be `sure`.

        Errors: `InputError` for symbolic probabilities, or when balls stay too wide to decide.
        """
        states = self.visited(start)
        number = {state: i for i, state in enumerate(states)}
        size = len(states)
        ball = any(isinstance(p, flint.arb) for state in states for p in self.rows[state].values())
        make: Callable[..., Any] = flint.arb_mat if ball else flint.fmpq_mat
        zero: Any = flint.arb(0) if ball else flint.fmpq(0)
        matrix = [[zero] * size for _ in states]
        for i, state in enumerate(states):
            matrix[i][i] = zero + 1
            for after, p in self.rows[state].items():
                if after != TARGET and _possible(p):
                    matrix[i][number[after]] -= p
        right = [[zero + cost(state)] for state in states]
        try:
            solution = make(matrix).solve(make(right))
        except (TypeError, ValueError):
            raise InputError("the chain's probabilities are not all rational or all balls") from None
        except ZeroDivisionError:
            raise InputError("the linear system is singular, or the balls too wide to tell") from None
        return {state: fraction(solution[i, 0]) for state, i in number.items()}

    def hitting_ball(self, start: State = START, digits: int = 15) -> Any:
        """The expected steps as a ball with at least `digits` correct digits, by floating arithmetic; or infinity.

        The same equations as `hitting_time`, solved by elimination in balls whose precision is doubled until it
        suffices: how a floating solve of these chains can be trusted at any size of the answer.
        """
        if not self.sure(start):
            return INFINITY
        bits = 64
        while bits < 1 << 16:
            with ball_precision(bits):
                balls = Chain({s: {to: flint.arb(p) for to, p in row.items()} for s, row in self.nonzero().items()})
                try:
                    result = balls.hitting_times(start)[start]
                except InputError:                       # too wide to see that the system is regular
                    result = None
                if result is not None and result.rel_accuracy_bits() >= 3.33 * digits:
                    return result
            bits *= 2
        raise InputError(f"the expected steps did not settle to {digits} digits")

    def power(self, t: int, make: Callable[[list[list[Any]]], Any], start: State = START) -> Any:
        """P(T <= t) from the t-th power of the transition matrix built by `make` (a flint matrix type)."""
        integer(t, "t", least=0)
        states = [*self.visited(start), TARGET]
        number = {state: i for i, state in enumerate(states)}
        matrix = [[flint.fmpq(0)] * len(states) for _ in states]
        matrix[number[TARGET]][number[TARGET]] = flint.fmpq(1)
        for state in states[:-1]:
            for after, p in self.rows[state].items():
                if _possible(p):
                    matrix[number[state]][number[after]] += p
        return _to_power(make(matrix), t)[number[start], number[TARGET]]

    def reach_probability(self, t: int, start: State = START) -> Any:
        """P(T <= t) exactly; for small chains and small t."""
        return fraction(self.power(t, flint.fmpq_mat, start))

    def reach_ball(self, t: int, start: State = START, digits: int = 15) -> flint.arb:
        """P(T <= t) as a ball with at least `digits` correct digits, for t of any size."""
        bits = 64 + int(3.33 * digits)
        while bits < 1 << 16:
            with ball_precision(bits):
                result = self.power(t, flint.arb_mat, start)
            if result == 0 or result.rel_accuracy_bits() >= 3.33 * digits:
                return result
            bits *= 2
        raise InputError(f"P(T <= {t}) did not settle to {digits} digits")


def _to_power(matrix: Any, t: int) -> Any:
    many, rest = divmod(t, 1 << 62)                # flint's exponents are machine words
    return matrix**rest if not many else _to_power(matrix**(1 << 62), many) * matrix**rest


# -- the full directed-edge chain -------------------------------------------------------------------------------

def _walk(graph: Graph, step: Callable[[Arc, tuple[Arc, ...]], dict[State, Any]], prompt_edge: bool) -> Chain:
    """The chain on the arcs of `graph`, given how the walker chooses among the arcs leaving its arc's head."""
    rows: dict[State, dict[State, Any]] = {}
    choices = graph.leaving[graph.start]
    rows[START] = {arc: flint.fmpq(1, len(choices)) for arc in choices}
    if prompt_edge:
        rows[PROMPT] = {START: flint.fmpq(1)}
    for arc in graph.arcs:
        rows[arc] = {TARGET: flint.fmpq(1)} if arc.head == graph.target else step(arc, graph.leaving[arc.head])
    # crossing into the target is the last step, so its arc is the target
    return Chain({state: _merge_target(graph, row) for state, row in rows.items()
                  if not (isinstance(state, Arc) and state.head == graph.target)})


def _merge_target(graph: Graph, row: dict[State, Any]) -> dict[State, Any]:
    merged: dict[State, Any] = {}
    for state, p in row.items():
        key = TARGET if isinstance(state, Arc) and state.head == graph.target else state
        merged[key] = merged.get(key, 0) + p
    return merged


def full_chain(maze: Maze, policy: Policy, *, target: int = 0, prompt_edge: bool = False) -> Chain:
    """The directed-edge chain of `policy` on the multigraph: one state an arc, START at the fork.

    With `prompt_edge` there is a state PROMPT one step before START.

    >>> full_chain(Maze(3, 2, 2), Policy.sft_limit(2)).hitting_time()
    Fraction(174, 1)
    """
    policy.check(maze)

    def step(arc: Arc, leaving: tuple[Arc, ...]) -> dict[State, Any]:
        if arc.head.depth in (0, maze.shortest):            # the fork: any branch; a wrong leaf: the way back
            return {after: flint.fmpq(1, len(leaving)) for after in leaving}
        away = arc.head.depth > arc.tail.depth
        rows = policy.branch(arc.head.branch).expanded(maze.K)
        diamond, at_v = (arc.head.depth - 1) // 2, arc.head.depth % 2 == 0
        persist = rows[("a" if away else "b") if at_v else ("c" if away else "d")][diamond]
        onwards = [after for after in leaving if (after.head.depth > after.tail.depth) == away]
        behind = [after for after in leaving if after not in onwards]
        return {after: persist / len(onwards) for after in onwards} | {
            after: (1 - persist) / len(behind) for after in behind}

    return _walk(maze.graph(target), step, prompt_edge)


def simple_random_walk(graph: Graph, *, prompt_edge: bool = False) -> Chain:
    """The walk that leaves every node by a uniformly chosen edge: the base model, on any multigraph.

    >>> simple_random_walk(Maze(3, 2, 2).graph()).hitting_time()
    Fraction(140, 1)
    """
    return _walk(graph, lambda _, leaving: {after: flint.fmpq(1, len(leaving)) for after in leaving}, prompt_edge)


# -- the lumped chain -------------------------------------------------------------------------------------------

def block(maze: Maze, policy: Policy, target: int) -> Callable[[State], State]:
    """The partition of the full chain's states: (side, depth of the head, away?), the fork's arrivals as START.

    >>> maze = Maze(2, 1, 1)
    >>> of = block(maze, Policy.base(1), 0)
    >>> sorted({of(arc) for arc in maze.graph().arcs if arc.head.branch == 1})
    [('wrong', 1, False), ('wrong', 1, True), ('wrong', 2, False), ('wrong', 2, True), ('wrong', 3, True)]
    """
    def of(state: State) -> State:
        if not isinstance(state, Arc):
            return state
        if state.head.depth == 0:
            return START
        branch = max(state.head.branch, state.tail.branch)
        side = "target" if branch == target else "wrong" if policy.tied else branch
        return (side, state.head.depth, state.head.depth > state.tail.depth)

    return of


def lumped_chain(maze: Maze, policy: Policy, *, target: int = 0) -> Chain:
    """One state for (side, x, direction): about 4K + 1 states a side; written down directly, not by lumping.

    >>> lumped_chain(Maze(3, 2, 2), Policy.sft_limit(2)).hitting_time()
    Fraction(174, 1)
    """
    policy.check(maze)
    maze.check_target(target)
    sides: dict[Any, tuple[int, int]] = {"target": (target, 1)}
    if policy.tied and maze.W > 1:
        sides["wrong"] = ((target + 1) % maze.W, maze.W - 1)
    elif not policy.tied:
        sides |= {i: (i, 1) for i in range(maze.W) if i != target}
    leaf = maze.shortest
    rows: dict[State, dict[State, Any]] = {
        START: {(side, 1, True): flint.fmpq(count, maze.W) for side, (_, count) in sides.items()}}
    for side, (branch, _) in sides.items():
        def state(depth: int, away: bool, side: Any = side) -> State:
            return START if depth == 0 else TARGET if (side, depth) == ("target", leaf) else (side, depth, away)

        P, Q = policy.branch(branch).persistence(maze.K)
        for x, (p, q) in enumerate(zip(P, Q, strict=True), 1):
            rows[side, x, True] = {state(x + 1, True): p, state(x - 1, False): 1 - p}
            rows[side, x, False] = {state(x - 1, False): q, state(x + 1, True): 1 - q}
        if side != "target":
            rows[side, leaf, True] = {state(leaf - 1, False): flint.fmpq(1)}
    return Chain(rows)
