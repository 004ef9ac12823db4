"""Checks of `theory.topology`: recursions and bounds on stars, trees and multigraphs against elimination on their arcs.

The other route to every number is `theory.multigraph`: one state an arc, rows from counted shortest paths
(`theory.planning.sft_limit`), exact sparse elimination. It knows neither trees nor branches.
"""

from __future__ import annotations

from fractions import Fraction

import flint
import networkx as nx
import pytest
from hypothesis import strategies as st

from theory import closed_forms, hitting, topology
from theory.elimination import eliminate, totals
from theory.mazes_general import ROOT, complete_tree, leaf, path_star, rooms, star
from theory.multigraph import BASE, Walk, expected_steps, mean_steps
from theory.numeric import exact, fraction
from theory.planning import never_back, sft_limit, turn_gains, wall_follower
from theory.policy import Policy
from verify import questions, solver, strategies
from verify.judge import grid

STARS = grid(W=[1, 2, 3], K=[1, 2, 3], L=[1, 2, 4])


# -- stars ------------------------------------------------------------------------------------------------------

def _policies(walk, target):
    return {"base": expected_steps(walk, BASE, target), "SFT": expected_steps(walk, sft_limit(walk), target),
            "never back": expected_steps(walk, never_back(walk), target)}


def _path_star(W, K, L):
    walk = path_star(strategies.Maze(W, K, L))
    return _policies(walk, walk.targets[-1])


def test_general_star__exact(check):
    check.exhaust(STARS, _path_star)


def test_general_star__control(check):
    check.exhaust(STARS, _path_star)


@st.composite
def _stars(draw, most_K=3, least_W=2):
    """{'widths', 'target'}: up to 4 branches of up to `most_K` diamonds of 1 to 5 edges; shrinks to 2 of one edge."""
    branch = st.lists(st.integers(1, 5), min_size=1, max_size=most_K)
    widths = draw(st.lists(branch, min_size=least_W, max_size=4))
    return {"widths": widths, "target": draw(st.integers(0, len(widths) - 1))}


def _star(widths, target):
    return _policies(star(widths), leaf(target))


def _star_sft(widths, target):
    walk = star(widths)
    return expected_steps(walk, sft_limit(walk), leaf(target))


def test_star_cost__searched(check):
    check.search(_stars(), _star)


def test_star_cost__control(check):
    check.search(_stars(), _star)


DEEP = [{"widths": [[1], [L] * K], "target": 0} for L in (1, 2, 3, 4) for K in (1, 2, 4, 6)]


def test_star_sft_lower__searched(check):
    check.search(_stars(), _star_sft)


def test_star_sft_lower__tight(check):
    check.tight(DEEP, _star_sft, 1)


def test_star_sft_lower__control(check):
    check.exhaust(DEEP, _star_sft)


def test_star_sft_upper__searched(check):
    check.search(_stars(), _star_sft)


def test_star_sft_upper__tight(check):
    check.tight(DEEP, _star_sft, 1.001)


def test_star_sft_upper__control(check):
    check.exhaust(DEEP, _star_sft)


@st.composite
def _deeper(draw):
    return {**draw(_stars()), "L": draw(st.integers(1, 5))}


def _one_more(widths, target, L):
    longer = [[*branch, L] if i == target else branch for i, branch in enumerate(widths)]
    return _star_sft(longer, target) - _star_sft(widths, target)


def test_target_depth__searched(check):
    check.search(_deeper(), _one_more, max_examples=30)


def test_target_depth__control(check):
    check.search(_deeper(), _one_more)


# -- blind policies ---------------------------------------------------------------------------------------------

def star_table(widths, rows, targets=None):
    """Branch rows (P, Q) at the nodes x = 1 .. 2K as a table; persisting and turning are uniform over their edges."""
    walk, table = star(widths, targets), {}
    for state in walk.states[1:]:
        tail, head, _ = state
        if walk.free(state):
            _, end, x = head
            away = tail == ROOT or (tail != end and tail[2] < x)
            P, Q = rows[int(end.split()[1])]
            persist = exact((P if away else Q)[x - 1])
            # on: the arcs that keep the direction
            on = [arc for arc in walk.choices(state) if arc[1] != tail]
            behind = [arc for arc in walk.choices(state) if arc[1] == tail]
            table[state] = {arc: persist / len(on) for arc in on} | {arc: (1 - persist) / len(behind) for arc in behind}
    return walk, table


def _mean(rows, n):
    walk, table = star_table([[1 + i] * (len(P) // 2) for i, (P, _) in enumerate(rows)], rows, range(n))
    return mean_steps(walk, table)


@st.composite
def _rows(draw):
    """{'rows', 'n'}: 2 or 3 branches of 1 or 2 diamonds, every row its own probability; shrinks to all 1, n = 1."""
    out = []
    for _ in range(draw(st.integers(2, 3))):
        size = 2 * draw(st.integers(1, 2))
        row = st.lists(strategies.probabilities(), min_size=size, max_size=size)
        out.append((draw(row), draw(row)))
    return {"rows": out, "n": draw(st.integers(1, len(out)))}


def _turning(n, *branches):
    return {"rows": [([Fraction(R), *[1] * (2 * K - 1)], [1] * 2 * K) for K, R in branches], "n": n}


AT_ENTRY = [_turning(2, (1, 1), (1, 1)), _turning(2, (3, "1/2"), (1, 1)), _turning(1, (2, 1), (2, "1/100")),
            _turning(3, (2, "1/3"), (1, "1/2"), (3, "2/5"))]


def test_blind_lower__searched(check):
    check.search(_rows(), _mean)


def test_blind_lower__tight(check):
    check.tight(AT_ENTRY, _mean, 1)


def test_blind_lower__control(check):
    check.exhaust(AT_ENTRY, _mean)


@st.composite
def _untied(draw):
    maze = draw(strategies.mazes(4, 3, 3))
    return {"maze": maze, "policy": draw(strategies.policies(maze))}


def _mean_over_targets(maze, policy):
    return sum(hitting.expected_steps(maze, policy, target=t) for t in range(maze.W)) / maze.W


def test_blind_optimum__searched(check):
    check.search(_untied(), _mean_over_targets)


def test_blind_optimum__tight(check):
    check.tight([{"maze": strategies.Maze(3, 2, 2), "policy": Policy.optimum()}], _mean_over_targets, 1)


def test_blind_optimum__control(check):
    check.exhaust([{"maze": strategies.Maze(3, 2, 2), "policy": Policy.optimum()}], _mean_over_targets)


def _early(widths):
    walk = star(widths)
    into = next(arc for arc in walk.leaving[ROOT] if arc[1] == (ROOT, leaf(0), 1))
    return turn_gains(walk, never_back(walk))[into, (into[1], ROOT, 0)]


def _branches(case):
    return {"widths": case["widths"]}


def test_early_turn__searched(check):
    check.search(_stars().map(_branches), _early, max_examples=30)


def test_early_turn__control(check):
    check.search(_stars().map(_branches), _early)


# -- trees ------------------------------------------------------------------------------------------------------

@st.composite
def _trees(draw, most=8, bundles=3, forks=True, some=True, least=2):
    """A `Walk` on a drawn tree: node i hangs from an earlier one by 1 .. `bundles` edges. Shrinks to one edge."""
    graph = nx.MultiGraph()
    for node in range(1, draw(st.integers(least, most))):
        parent = draw(st.integers(0, node - 1))
        graph.add_edges_from([(parent, node)] * draw(st.integers(1, bundles)))
    ends = [node for node in graph if node and len(graph[node]) == 1]
    chosen = draw(st.lists(st.sampled_from(sorted(graph)[1:]), min_size=1, unique=True)) if some else ends
    return Walk(graph, 0, tuple(chosen), frozenset(draw(st.sets(st.sampled_from(sorted(graph)))) if forks else []))


@st.composite
def _places(draw, name="target", **how):
    walk = draw(_trees(**how))
    return {"walk": walk, name: draw(st.integers(1, len(walk.graph) - 1))}


def _tree(walk, target):
    return {"base": expected_steps(walk, BASE, target), "SFT": expected_steps(walk, sft_limit(walk), target)}


def test_tree_cost__searched(check):
    check.search(_places(), _tree)


def test_tree_cost__control(check):
    check.search(_places(), _tree)


def _there_and_back(walk, node):
    """E by elimination among the arcs below the node, absorbed at its parent."""
    table = sft_limit(walk)
    parent = nx.shortest_path(walk.graph, walk.start, node)[-2]
    below = nx.node_connected_component(nx.Graph(walk.graph.edges(keys=False)).subgraph(
        set(walk.graph) - {parent}), node)
    rows = {state: {arc: p for arc, p in walk.row(table, state).items() if arc[1] != parent}
            for state in walk.states[1:] if state[1] in below}
    return fraction(totals(eliminate(rows, lambda _: flint.fmpq(1)))[parent, node, 0])


def test_tree_excursion__searched(check):
    check.search(_places("node"), _there_and_back)


def test_tree_excursion__control(check):
    check.search(_places("node"), _there_and_back)


def _sft_mean(walk):
    return mean_steps(walk, sft_limit(walk))


def _room_trees(most=12):
    return _trees(most=most, bundles=1, forks=False, some=False).map(lambda walk: {"walk": walk})


def _comb(length):
    """A spine of rooms with a dead end on its first room: the longest wrong way for its size."""
    tree = nx.path_graph(length)
    tree.add_edge(0, "side")
    return {"walk": rooms(tree, 0)}


COMBS = [_comb(length) for length in (2, 3, 6, 10, 20)]


def _bush(ways, levels):
    """Every room has the same many ways on: X is small, and the most is lost by turning wrong again and again."""
    return {"walk": rooms(complete_tree(ways, levels), 0)}


BUSHES = [_bush(2, 1), _bush(3, 1), _bush(12, 1), _bush(4, 2), _bush(6, 2)]


def test_tree_sft_upper__searched(check):
    check.search(_room_trees(), _sft_mean)


def test_tree_sft_upper__tight(check):
    check.tight(BUSHES, _sft_mean, 4.8)                # at two dead ends; how much of the rest is needed is not known


def test_tree_sft_upper__control(check):
    check.exhaust(BUSHES, _sft_mean)


def test_tree_sft_lower__searched(check):
    check.search(_room_trees(), _sft_mean)


def test_tree_sft_lower__tight(check):
    check.tight(COMBS, _sft_mean, 1.0001)


def test_tree_sft_lower__control(check):
    check.exhaust(COMBS, _sft_mean)


LEVELS = [*grid(W=[1, 2, 3], M=[1, 2, 3]), {"W": 2, "M": 5}, {"W": 1, "M": 12}]


def _complete(W, M):
    tree = complete_tree(W, M)
    return _there_and_back(rooms(tree, 0), 1)


def test_complete_tree_excursion__exact(check):
    check.exhaust(LEVELS, _complete)


def test_complete_tree_excursion__control(check):
    check.exhaust(LEVELS, _complete)


@st.composite
def _multigraphs(draw):
    """{'walk', 'target'}: a drawn tree of bundles with up to 8 more edges anywhere."""
    walk = draw(_trees())
    graph = nx.MultiGraph(walk.graph.edges(keys=False))
    nodes = st.integers(0, len(graph) - 1)
    graph.add_edges_from((a, b) for a, b in draw(st.lists(st.tuples(nodes, nodes), max_size=8)) if a != b)
    target = draw(st.integers(1, len(graph) - 1))
    return {"walk": Walk(graph, 0, target), "target": target}


def _base(walk, target):
    return expected_steps(walk, BASE, target)


def _lollipop(size, stick):
    graph = nx.lollipop_graph(size, stick)
    return {"walk": Walk(graph, 0, size + stick - 1), "target": size + stick - 1}


def test_base_bound__searched(check):
    check.search(_multigraphs(), _base)


def _behind(bundle, stick):
    """All edges but the way to the target lie in one bundle behind the start."""
    graph = nx.MultiGraph([(0, "behind")] * bundle)
    nx.add_path(graph, range(stick + 1))
    return {"walk": Walk(graph, 0, stick), "target": stick}


LOOPY = [_lollipop(8, 1), _lollipop(12, 2), _behind(5, 1), _behind(50, 1)]


def test_base_bound__tight(check):
    check.tight(LOOPY, _base, 1)


def test_base_bound__control(check):
    check.exhaust(LOOPY, _base)


def _wall(walk, target):
    return expected_steps(walk, wall_follower(walk), target)


def test_wall_follower_bound__searched(check):
    check.search(_places(most=20, bundles=1, forks=False), _wall)


STAR = [{"walk": Walk(nx.star_graph(4), 0, t), "target": t} for t in (1, 2, 3, 4)]


def test_wall_follower_bound__tight(check):
    check.tight(STAR, _wall, 1)


def test_wall_follower_bound__control(check):
    check.exhaust(STAR, _wall)


def _ring_with_spoke():
    """A ring of 3 entered at node 1, the target on the inside of it: the hand never leaves the outer wall."""
    graph = nx.MultiGraph([(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)])
    return [{"walk": Walk(graph, 0, target), "target": target} for target in (2, 3, 4)]


def test_wall_follower_bound__needed(check):
    check.exhaust(_ring_with_spoke(), _wall)


# -- dead ends that are never targets -----------------------------------------------------------------------------

SHARES = [{**case, "n": n} for case in STARS for n in range(1, case["W"] + 1)]
DEEPER = [{"W": 3, "K": K, "L": L, "n": 3} for K in (4, 6) for L in (1, 2)]


def _sought(W, K, L, n):
    walk = path_star(strategies.Maze(W, K, L), range(n))
    return expected_steps(walk, sft_limit(walk), leaf(0))


def _alone(W, K, L):
    return _sought(W, K, L, 1)


def test_never_targets__exact(check):
    check.exhaust(SHARES, _sought)


def test_never_targets__control(check):
    check.exhaust(SHARES, _sought)


def _turning_at_once(W, K, n):
    """The rows of `never_targets_optimum` on arcs: a diamond of two edges, so that widths play no part."""
    walk = path_star(strategies.Maze(W, K, 2), range(n))
    unsought = {leaf(i) for i in range(n, W)}
    table = never_back(walk)
    for state in walk.states[1:]:
        if state[0] == ROOT and state[1][1] in unsought:
            table[state] = {(state[1], ROOT, 0): flint.fmpq(1)}
    return expected_steps(walk, table, leaf(0))


SOUGHT = [{name: case[name] for name in "WKn"} for case in SHARES if case["L"] == 1]


def test_never_targets_optimum__exact(check):
    check.exhaust(SOUGHT, _turning_at_once)


def test_never_targets_optimum__control(check):
    check.exhaust(SOUGHT, _turning_at_once)


ALONE = [*STARS, *grid(W=[4, 5, 6, 7, 8], K=[1, 2], L=[1, 2])]


def test_never_targets_one__exact(check):
    check.exhaust(ALONE, _alone)


def test_never_targets_one__tight(check):
    check.tight([{"W": W, "K": 1, "L": 1} for W in (8, 60)], _alone, 1.01)


def _sought_forms(W, K, L, n):
    """`never_targets` at numbers, and in closed form at symbols: E_SFT by what one branch more costs."""
    if isinstance(K, int):
        return topology.never_targets(W, K, L, n)
    E = closed_forms.sft_steps(2, K, L) - closed_forms.sft_steps(1, K, L) - 1
    return W + 2 * K + (n - 1) * E + (W - n) * (2 * K * (L + 1) + 1)


def _alone_asked(check):
    solver.settle(check, questions.comparison(check, lambda W, K, L: _sought_forms(W, K, L, 1)), "all W, K, L (z3)")


def test_never_targets_one__solver(check):
    _alone_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_never_targets_one__control(check, route):
    if route == "solver":
        _alone_asked(check)
    else:
        check.exhaust(ALONE, _alone)


def test_never_targets_two__exact(check):
    check.exhaust([*SHARES, *DEEPER], _sought)


def test_never_targets_two__tight(check):
    check.tight([{"W": n, "K": 1, "L": 1, "n": n} for n in (2, 3, 5)], _sought, 1)


def _two_asked(check):
    rho = closed_forms.sft_rate
    solver.settle(check, questions.induction(check, _sought_forms, known=lambda K, L: [L**K >= 1, rho(L)**K >= rho(L)]),
                  "all 2 <= n <= W, K, L (z3, induction over K)")


def test_never_targets_two__solver(check):
    _two_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_never_targets_two__control(check, route):
    if route == "solver":
        _two_asked(check)
    else:
        check.exhaust(SHARES, _sought)
