"""Measurements that checks hold claims against: each by a route that shares no code with the claim's body.

The exact ones solve Bellman equations on the full directed-edge chain of the multigraph (`theory.chain`), or count on
the multigraph itself. `solved` keeps the full chain for small mazes only; larger ones go by the lumped chain, whose
exactness is a claim of its own (`lumping`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theory import chain, dynamics
from theory.chain import START, TARGET, Chain, full_chain, lumped_chain, simple_random_walk
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Branch, Policy
from verify.learners.edges import EdgePolicy

FULL = 130            # directed edges up to which the full chain is solved


def bellman(maze: Maze, policy: Policy, target: int = 0) -> Any:
    """Expected steps by the full directed-edge chain, exactly."""
    return full_chain(maze, policy, target=target).hitting_time()


def solved(maze: Maze, policy: Policy, target: int = 0) -> Any:
    """Expected steps by the full chain on small mazes, by the lumped chain on larger ones; exactly."""
    make = full_chain if maze.arcs <= FULL else lumped_chain
    return make(maze, policy, target=target).hitting_time()


def of_policy(policy: Callable[[int], Policy]) -> Callable[..., Any]:
    """A measure (W, K, L) -> `solved` steps of a named policy."""
    return lambda W, K, L: solved(Maze(W, K, L), policy(L))


base_steps = of_policy(Policy.base)
sft_steps = of_policy(Policy.sft_limit)


def optimum_steps(W: int, K: int, L: int = 1) -> Any:
    """Steps of the policy with all rows 1; L does not matter and is 1 unless given."""
    return solved(Maze(W, K, L), Policy.optimum())


def base_walk_steps(W: int, K: int, L: int) -> Any:
    """Steps of the simple random walk on the multigraph, which knows nothing of rows."""
    return simple_random_walk(Maze(W, K, L).graph()).hitting_time()


def homogeneous_steps(W: int, K: int, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Steps of a homogeneous policy; L = 2, so that parallel edges exist (their number does not matter)."""
    return solved(Maze(W, K, 2), Policy(a, b, c, d))


def balanced_steps(W: int, K: int, a: Any, b: Any, c: Any) -> Any:
    """Steps of the homogeneous policy with d = ac/b."""
    return homogeneous_steps(W, K, a, b, c, a * c / b)


def edge_chain(policy: EdgePolicy, target: int = 0) -> Chain:
    """The directed-edge chain of a learner's policy, every arc with its own row, in rationals: floats as they are.

    Rows are normalised exactly, so that their sums are 1.
    """
    maze, p = policy.maze, policy.probabilities()
    graph, rows = maze.graph(target), dict(full_chain(maze, Policy.base(maze.L), target=target).rows)
    for arc in rows:
        if arc == START or arc.head.depth in (0, maze.shortest):
            continue
        x, back = arc.head.depth, maze.copies(arc.head.depth - 1)
        came = arc.copy if x > arc.tail.depth else back + arc.copy
        values = [exact(float(v)) for v in p[policy.block(arc.head.branch), x - 1, came]]
        row: dict[Any, Any] = {}
        for onward in graph.leaving[arc.head]:
            edge = onward.copy if onward.head.depth < x else back + onward.copy
            to = TARGET if onward.head == graph.target else onward
            row[to] = row.get(to, 0) + values[edge] / sum(values, exact(0))
        rows[arc] = row
    return Chain(rows)


# -- the maze ---------------------------------------------------------------------------------------------------

def count_nodes(W: int, K: int, L: int) -> int:
    """Distinct ends of arcs in the multigraph."""
    return len({arc.head for arc in Maze(W, K, L).graph().arcs})


def count_arcs(W: int, K: int, L: int) -> int:
    """Distinct arcs of the multigraph."""
    return len(set(Maze(W, K, L).graph().arcs))


def count_shortest_paths(W: int, K: int, L: int) -> int:
    """Shortest paths from the fork to the target, counted by breadth-first search on the multigraph."""
    graph = Maze(W, K, L).graph()
    ways, seen = {graph.start: 1}, {graph.start}
    while graph.target not in ways:
        ahead: dict[Any, int] = {}
        for node, count in ways.items():
            for arc in graph.leaving[node]:
                if arc.head not in seen:
                    ahead[arc.head] = ahead.get(arc.head, 0) + count
        seen |= ahead.keys()
        ways = ahead
    return ways[graph.target]


def walk_persistence(W: int, K: int, L: int) -> tuple[Any, ...] | str:
    """Rows (a, b, c, d) of the simple random walk read off the multigraph; a line when they are not the same
    everywhere."""
    maze = Maze(W, K, L)
    walk: Any = simple_random_walk(maze.graph(W - 1))
    found: dict[Any, Any] = {}
    for arc, row in walk.rows.items():
        if arc == START or arc.head.depth in (0, maze.shortest):
            continue
        away = arc.head.depth > arc.tail.depth
        persist = sum((p for to, p in row.items()
                       if (True if to == TARGET else to.head.depth > to.tail.depth) == away), exact(0))
        found.setdefault((arc.head.depth % 2, away), set()).add(fraction(persist))
    rows = [found[key] for key in ((0, True), (0, False), (1, True), (1, False))]
    return tuple(row.pop() for row in rows) if all(len(row) == 1 for row in rows) else f"rows differ: {found}"


def quotient(maze: Maze, policy: Policy, target: int) -> dict[Any, Any] | str:
    """Rows of the full chain merged block by block; a line when two states of a block disagree.

    Strong lumpability (Kemeny and Snell): every state of a block gives each block the same total probability.
    """
    full, of = full_chain(maze, policy, target=target), chain.block(maze, policy, target)
    rows: dict[Any, dict[Any, Any]] = {}
    for state, row in full.rows.items():
        into: dict[Any, Any] = {}
        for after, p in row.items():
            into[of(after)] = into.get(of(after), 0) + p
        into = {key: p for key, p in into.items() if p != 0}
        if rows.setdefault(of(state), into) != into:
            return f"two states of block {of(state)} disagree"
    return rows


# -- parts of the walk ------------------------------------------------------------------------------------------

def wrong_branch_costs(maze: Maze, policy: Policy, branch: int) -> dict[Any, Any]:
    """Steps until the fork from every state of one branch taken as wrong, by the lumped chain of W = 2."""
    rows = lumped_chain(Maze(2, maze.K, maze.L), Policy.of(policy.branch(branch))).rows
    inside = {s: {TARGET if to == START else to: p for to, p in row.items()}
              for s, row in rows.items() if s != START and s[0] == "wrong"}
    return Chain(inside).hitting_times(("wrong", 1, True))


def excursion(maze: Maze, policy: Policy, branch: int) -> Any:
    """Steps from u_1 of a wrong branch until the fork."""
    return wrong_branch_costs(maze, policy, branch)["wrong", 1, True]


def differences(maze: Maze, policy: Policy, branch: int) -> list[Any]:
    """A_{x+1} - B_x for x = 0 .. 2K in a wrong branch, the fork counting 0."""
    h = wrong_branch_costs(maze, policy, branch)
    return [h["wrong", x + 1, True] - (h["wrong", x, False] if x else 0) for x in range(2 * maze.K + 1)]


def _entry(maze: Maze, policy: Policy, target: int) -> tuple[Chain, dict[Any, Any]]:
    """The target branch alone, stopped at the target or the fork; and the probability of the target in one step."""
    rows = lumped_chain(maze, policy, target=target).rows
    inside = {s: row for s, row in rows.items() if s != START and s[0] == "target"}
    wins = {s: row.get(TARGET, exact(0)) for s, row in inside.items()}
    stopped: dict[Any, dict[Any, Any]] = {}
    for s, row in inside.items():
        stopped[s] = {}
        for to, p in row.items():
            to = TARGET if to == START else to
            stopped[s][to] = stopped[s].get(to, exact(0)) + p
    return Chain(stopped), wins


def entry_success(maze: Maze, policy: Policy, target: int) -> Any:
    """Probability of the target before the fork from u_1 of the target branch."""
    stopped, wins = _entry(maze, policy, target)
    first = ("target", 1, True)
    return stopped.hitting_times(first, cost=lambda s: wins[s])[first]


def entry_length(maze: Maze, policy: Policy, target: int) -> Any:
    """Steps from u_1 of the target branch until the target or the fork."""
    stopped, _ = _entry(maze, policy, target)
    return stopped.hitting_time(("target", 1, True))


def gradient(maze: Maze, policy: Policy, target: int) -> list[Any]:
    """dH/d(row entry) by perturbation theory: expected visits times the difference of costs-to-go, exactly.

    In the order of `theory.walk.gradient`: branch by branch (one when tied), rows a, b, c, d, diamonds 1 .. K.
    """
    walk = lumped_chain(maze, policy, target=target)
    # the costs-to-go of states the walk never visits count too: a derivative asks what one step off would cost
    anywhere = Chain(walk.rows | {"anywhere": dict.fromkeys(walk.rows, exact(1) / len(walk.rows))})
    h = anywhere.hitting_times("anywhere")
    states = walk.visited()
    visits = {s: walk.hitting_times(cost=lambda state, s=s: int(state == s))[START]  # type: ignore[misc]
              for s in states}
    h[TARGET] = exact(0)
    sides = ["target", *([] if maze.W == 1 else ["wrong"])] if policy.tied else [
        "target" if i == target else i for i in range(maze.W)]
    total: list[list[Any]] = []
    for side in sides:
        values = []
        for name in "abcd":
            for j in range(maze.K):
                x, away = 2 * j + (2 if name in "ab" else 1), name in "ac"
                here = (side, x, away)
                on = TARGET if (side, x + 1) == ("target", maze.shortest) else (side, x + 1, True)
                back = START if x == 1 else (side, x - 1, False)
                gain = exact(h.get(on, 0)) - exact(h.get(back, 0))
                values.append(exact(visits.get(here, 0)) * (gain if away else -gain))
        total.append(values)
    if policy.tied:
        total = [[sum(column, exact(0)) for column in zip(*total, strict=True)]]
    return [fraction(v) for values in total for v in values]


def second_moment(maze: Maze, policy: Policy, target: int) -> Any:
    """E[T^2] by solving twice on the lumped chain."""
    walk = lumped_chain(maze, policy, target=target)
    h = walk.hitting_times()
    return walk.hitting_times(cost=lambda s: 2 * exact(h[s]) - 1)[START]


def reach_probability(maze: Maze, policy: Policy, target: int, t: int) -> Any:
    """P(T <= t) from the t-th power of the full chain's matrix."""
    return full_chain(maze, policy, target=target).reach_probability(t)


# -- training ---------------------------------------------------------------------------------------------------

def flow_row(L: int, w: float, t: float, golden: int) -> float:
    """Probability of the golden edges of a row of L+1 edges after time t of the cross-entropy's gradient flow.

    The softmax flow of all L+1 logits, integrated numerically; the first `golden` edges are chosen uniformly.
    """
    from scipy.integrate import solve_ivp

    wanted = np.array([1 / golden] * golden + [0.0] * (L + 1 - golden))

    def velocity(_: float, z: np.ndarray) -> np.ndarray:
        p = np.exp(z - z.max())
        return w * (wanted - p / p.sum())

    if t == 0:
        return golden / (L + 1)
    end = solve_ivp(velocity, (0, t), np.zeros(L + 1), method="LSODA", rtol=1e-11, atol=1e-12).y[:, -1]
    p = np.exp(end - end.max())
    return float(p[:golden].sum() / p.sum())


def flow_cost(maze: Maze, t: float) -> float:
    """log of the expected steps after time t of the tied flow: rows integrated numerically, then an exact solve."""
    L = maze.L
    rows = Branch(flow_row(L, 1.0, t, 1), exact(L) / (L + 1), flow_row(L, 1.0, t, L), exact(1) / (L + 1))
    steps = exact(lumped_chain(maze, Policy.of(rows)).hitting_time())
    return float(np.log(int(steps.p) / int(steps.q)))


def least_on_flow(W: int, K: int, L: int) -> float:
    """Least expected steps along the tied SFT flow, over those at its start (base)."""
    from scipy.optimize import minimize_scalar

    maze, start = Maze(W, K, L), dynamics.base_log_odds(Maze(W, K, L))

    def cost(log_t: float) -> float:
        a, c = dynamics.sft_odds(np.exp(log_t), L)
        z = start.copy()
        z[0], z[2] = np.log(a), np.log(c)
        return float(dynamics.cost_and_gradient(maze, z)[0])

    grid = np.linspace(-12, 12, 97)
    best = min(grid, key=cost)
    found = minimize_scalar(cost, bounds=(best - 0.25, best + 0.25), method="bounded").fun
    return min(found, dynamics.cost_and_gradient(maze, start)[0]) / dynamics.cost_and_gradient(maze, start)[0]
