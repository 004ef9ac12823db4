"""The dials that change the maze: their costs by elimination and by enumeration, growths along sweeps, verdicts."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

import networkx as nx
import pytest

from theory import closed_forms
from theory.elimination import eliminate, totals
from theory.maze import Maze
from theory.mazes_general import ROOT, corridor_tree, leaf, leaves_of, path_star, rooms, star
from theory.multigraph import BASE, START, expected_steps, mean_steps
from theory.numeric import InputError, exact, fraction
from theory.planning import never_back, sft_limit
from theory.tree_walk import Tree, complete_steps
from verify.dials import topology
from verify.dials.common import standard
from verify.dials.dial import LEARNERS, Growth
from verify.dials.topology import DIALS

BY_NAME = {dial.name: dial for dial in DIALS}
CASES = [(dial.name, value) for dial in DIALS for value in dial.values]


def test_names_and_numbers():
    assert list(BY_NAME) == ["unequal-depth", "unequal-width", "trees", "random-mazes", "dead-ends-never-targets"]
    assert {dial.number for dial in DIALS} == {21}


@pytest.mark.parametrize("name, value", CASES)
def test_every_value_and_learner_has_a_cost(name, value):
    dial = BY_NAME[name]
    for maze in (dial.maze, Maze(1, 1, 1), Maze(2, 1, 3)):
        for learner in LEARNERS:
            cost = dial.cost(learner, value, maze)
            assert cost.steps >= 1 and (cost.growth is not None or cost.steps == math.inf)


@pytest.mark.parametrize("dial", DIALS, ids=BY_NAME)
def test_an_unknown_value_or_learner_is_refused(dial):
    with pytest.raises(InputError, match="not one of"):
        dial.cost("SFT", "unheard of", dial.maze)
    for value in dial.values:
        with pytest.raises(InputError, match="no learner is called 'oracle'"):
            dial.cost("oracle", value, dial.maze)


@pytest.mark.parametrize("name, value", [("unequal-depth", "equal"), ("unequal-width", "equal"), ("trees", 1),
                                         ("random-mazes", "star"), ("dead-ends-never-targets", "all")])
def test_at_the_papers_value_nothing_is_changed(name, value):
    for maze in (Maze(15, 15, 5), Maze(2, 3, 1), Maze(1, 2, 2)):
        for learner in LEARNERS:
            found, usual = BY_NAME[name].cost(learner, value, maze), standard(learner, maze)
            assert found.steps == usual.steps
            if maze.W > 1:
                assert found.growth == usual.growth


# -- costs by another route ---------------------------------------------------------------------------------------

def searching(walk, table, target):
    """Expected steps under search, every walk listed: no arc twice; uniform where no likely arc is open."""
    @functools.cache
    def onwards(state, crossed):
        row = walk.row(table, state)
        open_arcs = [arc for arc in walk.choices(state) if arc not in crossed]
        likely = [(arc, fraction(exact(row.get(arc, 0)))) for arc in open_arcs]
        if not any(p for _, p in likely):
            likely = [(arc, Fraction(1)) for arc in open_arcs]
        total = sum(p for _, p in likely)
        if not total:
            raise AssertionError("stranded")
        return sum(p / total * (1 + (0 if arc[1] == target else onwards(arc, crossed | {arc})))
                   for arc, p in likely if p)
    return onwards(START, frozenset())


def star_of(name, value, maze):
    """The star of a dial's value, written out again."""
    W, K, L = maze.W, maze.K, maze.L
    own, wrong = {
        ("unequal-depth", "target 2K"): ([L] * (2 * K), [L] * K), ("unequal-depth", "target 1"): ([L], [L] * K),
        ("unequal-depth", "dead ends 2K"): ([L] * K, [L] * (2 * K)), ("unequal-depth", "dead ends 1"): ([L] * K, [L]),
        ("unequal-width", "dead ends single-file"): ([L] * K, [1] * K),
        ("unequal-width", "target single-file"): ([1] * K, [L] * K),
        ("unequal-width", "first wide"): ([L] + [1] * (K - 1), [L] + [1] * (K - 1)),
    }[name, value]
    return star([own] + [wrong] * (W - 1))


STARS = [case for case in CASES if case[0].startswith("unequal") and case[1] != "equal"]


@pytest.mark.parametrize("name, value", STARS)
def test_costs_on_stars_by_elimination(name, value):
    for maze in (Maze(3, 2, 2), Maze(2, 1, 3), Maze(1, 2, 2)):
        walk, cost = star_of(name, value, maze), functools.partial(BY_NAME[name].cost, value=value, maze=maze)
        found = [cost(learner).steps for learner in ("base", "SFT", "RLVR", "SFT + restarts")]
        assert found == [*[expected_steps(walk, table, leaf(0)) for table in (BASE, sft_limit(walk), never_back(walk))],
                         Tree(walk, "SFT", restart=True).steps(leaf(0))]


@pytest.mark.parametrize("name, value", STARS)
def test_search_on_stars_by_listing_every_walk(name, value):
    for maze in (Maze(2, 1, 3), Maze(3, 1, 2), Maze(2, 2, 2))[:2 if "2K" in value else 3]:
        walk = star_of(name, value, maze)
        assert BY_NAME[name].cost("SFT + search", value, maze).steps == searching(walk, sft_limit(walk), leaf(0))


def test_search_on_a_tree_where_only_the_start_branches(monkeypatch):
    """Seed 3's skeleton is two legs of 3 and 5 corridors; legs of 1 and 2 are small enough to list where L > 1."""
    assert sorted(topology._legs("seed 3", 1)) == [3, 5]
    short = nx.Graph([(0, 1), (0, 2), (2, 3)])
    for tree, size in ((topology.random_skeleton("seed 3"), (1, 1, 1)), (short, (1, 1, 3)),
                       (short, (2, 1, 1)), (short, (1, 2, 2))):
        monkeypatch.setattr(topology, "random_skeleton", lambda name, tree=tree: tree)
        maze = Maze(*size)
        walk = corridor_tree(tree, 0, maze.K, maze.L, copies=maze.W)
        listed = sum(searching(walk, sft_limit(walk), target) for target in walk.targets) / len(walk.targets)
        assert topology.random_mazes("SFT + search", "seed 3", maze).steps == listed


@pytest.mark.parametrize("name", ["seed 1", "seed 2", "seed 4"])
def test_search_strands_where_an_inner_fork_leads_back(name):
    tree = topology.random_skeleton(name)
    assert any(tree.degree(node) > 2 for node in tree if node)
    assert topology.random_mazes("SFT + search", name, Maze(2, 1, 2)).steps == math.inf
    with pytest.raises(AssertionError, match="stranded"):
        walk = corridor_tree(nx.Graph([(0, 1), (0, 4), (1, 2), (1, 3)]), 0, 1, 1)
        searching(walk, sft_limit(walk), walk.targets[-1])


@pytest.mark.parametrize("name, value", [("trees", 2), ("random-mazes", "seed 1"), ("random-mazes", "seed 3")])
def test_costs_on_trees_by_elimination(name, value):
    for maze in (Maze(2, 1, 2), Maze(1, 2, 1) if name == "random-mazes" else Maze(3, 1, 1)):
        walk = (corridor_tree(nx.balanced_tree(maze.W, value), 0, maze.K, maze.L) if name == "trees" else
                corridor_tree(nx.random_labeled_tree(9, seed=int(value[-1])), 0, maze.K, maze.L, copies=maze.W))
        found = {learner: BY_NAME[name].cost(learner, value, maze).steps for learner in LEARNERS}
        never = mean_steps(walk, never_back(walk))
        assert found | {"SFT + search": 0} == {
            "base": mean_steps(walk, BASE), "SFT": mean_steps(walk, sft_limit(walk)), "SFT + search": 0,
            "SFT + restarts": sum(put_back(walk, target) for target in walk.targets) / len(walk.targets),
            "RLVR": never, "distilled": never}


def put_back(walk, target):
    """SFT's steps with restarts, by elimination: an arc into a wrong dead end goes on as from the start."""
    table, rows = sft_limit(walk), {}
    for state in walk.states:
        if walk.at(state) != target and (
                walk.at(state) == walk.start or walk.graph.degree(state[1]) > 1):
            row = rows[state] = {}
            for arc, p in walk.row(table, state).items():
                if arc[1] != target:
                    after = START if walk.graph.degree(arc[1]) == 1 and arc[1] != walk.start else arc
                    row[after] = row.get(after, 0) + p
    return fraction(totals(eliminate(rows, lambda _: exact(1)))[START])


@pytest.mark.parametrize("value, n", [("one", 1), ("two", 2), ("half", 2)])
def test_costs_where_dead_ends_are_never_targets(value, n):
    maze = Maze(3, 2, 2)
    walk = path_star(maze, range(n))
    turning = {(ROOT, (ROOT, leaf(i), 1), 0): {((ROOT, leaf(i), 1), ROOT, 0): 1} for i in range(n, 3)}
    tables = (BASE, sft_limit(walk), never_back(walk) | turning, never_back(walk) | turning)
    found = [topology.dead_ends(learner, value, maze).steps
             for learner in ("base", "SFT", "RLVR", "distilled", "SFT + restarts")]
    assert found == [*[expected_steps(walk, table, leaf(0)) for table in tables], put_back(walk, leaf(0))]


@pytest.mark.parametrize("value, n, size", [("one", 1, (2, 1, 2)), ("two", 2, (3, 1, 2)), ("two", 2, (3, 1, 1)),
                                            ("half", 3, (5, 1, 1))])
def test_search_is_bounded_where_dead_ends_are_never_targets(value, n, size):
    walk = path_star(Maze(*size), range(n))
    listed = searching(walk, sft_limit(walk), leaf(0))
    bound = topology.dead_ends("SFT + search", value, Maze(*size))
    assert bound.known == bound.growth.how == "at most" and listed <= bound.steps < Fraction(3, 2) * listed


def entered(walk, chances):
    """Never turning back, but on entering branch i: there on with chance chances[i]."""
    table = never_back(walk)
    for i, chance in enumerate(chances):
        room = (ROOT, leaf(i), 1)
        on = [arc for arc in walk.leaving[room] if arc[1] != ROOT]
        table[ROOT, room, 0] = {**{arc: exact(chance) / len(on) for arc in on}, (room, ROOT, 0): 1 - exact(chance)}
    return table


@pytest.mark.parametrize("name, value, W", [(*case, W) for case in CASES for W in (2, 3)
                                            if case[0] == "unequal-depth" or case[0] == "unequal-width" and W == 2])
def test_on_which_side_of_the_best_blind_policy_the_cost_lies(name, value, W):
    """All wrong branches alike, so two chances, one of them 1: a grid of both, by elimination."""
    maze = Maze(W, 4, 1)
    walk = star_of(name, value, maze) if value != "equal" else path_star(maze)
    grid = [Fraction(i, 8) for i in range(8, 0, -1)]
    pairs = [(x, Fraction(1)) for x in grid] + [(Fraction(1), y) for y in grid]
    best = min(pairs, key=lambda pair: mean_steps(walk, entered(walk, [pair[0], *[pair[1]] * (W - 1)])))
    there = expected_steps(walk, entered(walk, [best[0], *[best[1]] * (W - 1)]), leaf(0))
    cost = BY_NAME[name].cost("RLVR", value, maze)
    assert cost.known == ("at least" if there > cost.steps else "at most" if there < cost.steps else "exact")
    assert cost.growth.how == ("at most" if cost.known == "at most" else "exact")


# -- growths ------------------------------------------------------------------------------------------------------

def _log(value):
    value = fraction(exact(value))
    return math.log(value.numerator) - math.log(value.denominator)


def _degree(dial, learner, value, small, large):
    """The degree in the parameter that doubles from `small` to `large`, and the growth stated."""
    first, second = (dial.cost(learner, value, maze) for maze in (small, large))
    if first.growth is None:
        return None, None
    rate = (large.K - small.K) * _log(first.growth.rate)
    return (_log(second.steps) - _log(first.steps) - rate) / math.log(2), first.growth


@pytest.mark.parametrize("name, value", CASES)
def test_growths_are_those_of_the_costs(name, value):
    dial = BY_NAME[name]
    slow = name == "random-mazes"
    K, W, L = (8, 12, 100) if slow else (60, 300, 4000) if name == "trees" else (200, 300, 4000)
    for learner in LEARNERS:
        for branches in (2,) if slow else (1, 2):
            degree, growth = _degree(dial, learner, value, Maze(branches, K, 2), Maze(branches, 2 * K, 2))
            if growth is None:
                continue
            assert degree == pytest.approx(growth.K, abs=.25), (learner, branches, "K")
            degree, growth = _degree(dial, learner, value, Maze(branches, 1, L), Maze(branches, 1, 2 * L))
            if growth.rate == 1:                       # else the rate has L in it
                assert degree == pytest.approx(growth.L, abs=.2), (learner, branches, "L")
        degree, growth = _degree(dial, learner, value, Maze(W, 1, 2), Maze(2 * W, 1, 2))
        if growth:
            assert degree == pytest.approx(growth.W, abs=.2), (learner, "W")


@pytest.mark.parametrize("name", topology.SKELETONS[1:])
@pytest.mark.parametrize("copies", [1, 2])
def test_the_deepest_wrong_way_by_all_pairs_of_dead_ends(name, copies):
    """From where the ways to two dead ends part, the corridors to the farther one."""
    tree = topology.random_skeleton(name)
    whole = nx.Graph()
    for copy in range(copies):
        whole.add_edges_from((a and (copy, a), b and (copy, b)) for a, b in tree.edges)
    ends, longest = leaves_of(whole, 0), 0
    ways = {end: nx.shortest_path(whole, 0, end) for end in ends}
    for target in ends:
        for other in ends:
            if other != target:
                shared = sum(a == b for a, b in zip(ways[target], ways[other], strict=False))
                longest = max(longest, len(ways[other]) - shared)
    assert topology.deepest_wrong_way(tree, 0, copies) == longest


# -- what the dials say -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, value, verdict", [
    ("unequal-depth", "equal", "survives"), ("unequal-depth", "target 1", "survives"),
    ("unequal-depth", "dead ends 1", "shrinks to a polynomial"), ("unequal-width", "dead ends single-file", "survives"),
    ("trees", 3, "survives"), ("random-mazes", "seed 3", "survives"),
    ("dead-ends-never-targets", "one", "shrinks to a polynomial"), ("dead-ends-never-targets", "two", "survives")])
def test_verdicts(name, value, verdict):
    assert BY_NAME[name].verdict(value) == verdict


def test_one_branch_leaves_no_gap():
    for name, value in CASES:
        if name.startswith("unequal") or name.startswith("dead"):
            assert BY_NAME[name].verdict(value, Maze(1, 3, 2)) == "closes"


@pytest.mark.parametrize("name", ["unequal-width", "trees", "random-mazes"])
def test_no_critical_value_means_one_verdict(name):
    critical = BY_NAME[name].critical("quick")
    assert critical.value is None and len({BY_NAME[name].verdict(value) for value in BY_NAME[name].values}) == 1
    assert "'survives'" in critical.how


def test_a_verdict_that_changes_is_found():
    shares = ("all", "half", "two", "one")
    found = topology._first_change(topology.dead_ends, shares, Maze(5, 3, 2), "never")("quick")
    assert found.value == "one" and found.words != "never"
    assert [BY_NAME["dead-ends-never-targets"].verdict(value) for value in shares[2:]] == [
        "survives", "shrinks to a polynomial"]


def test_critical_values_are_computed():
    assert BY_NAME["dead-ends-never-targets"].critical("quick").value == 2
    depth = BY_NAME["unequal-depth"].critical("quick").value
    deeper, shallower = (expected_steps(star([[5] * 15, *[[5] * d] * 14]), BASE, leaf(0)) for d in (depth, depth - 1))
    sft = closed_forms.sft_steps(15, depth, 5) - 2 * depth + 30
    assert sft > deeper and closed_forms.sft_steps(15, depth - 1, 5) - 2 * (depth - 1) + 30 <= shallower


@pytest.mark.parametrize("kind", ["base", "SFT", "never back"])
@pytest.mark.parametrize("size", [(2, 2, 1, 2), (3, 2, 2, 1), (2, 3, 1, 1), (1, 2, 2, 3)])
def test_a_complete_tree_folded_onto_one_way_costs_what_the_tree_costs(size, kind):
    W, M, K, L = size
    walk = corridor_tree(nx.balanced_tree(W, M), 0, K, L)
    for restart in (False, True):
        whole = Tree(walk, kind, restart)
        assert {whole.steps(t) for t in walk.targets} == {complete_steps(W, M, K, L, kind, restart)}
    with pytest.raises(InputError, match="stands for several"):
        Tree(walk, "base", alike={walk.targets[0]: 2}).potential()


def test_growth_of_the_deepest_wrong_way():
    rate = Fraction(9, 2)
    assert topology.trees("SFT", 3, Maze(2, 1, 2)).growth == Growth(rate**3, W=3)
    assert topology.random_mazes("SFT", "seed 1", Maze(2, 1, 2)).growth == Growth(rate**4, W=1)


@pytest.mark.parametrize("dial", [dial for dial in DIALS if dial.phases], ids=lambda dial: dial.name)
def test_phases_have_a_cell_a_point(dial):
    for draw in dial.phases:
        phase = draw("quick")
        assert len(phase.cells) == len(phase.ys) and all(len(row) == len(phase.xs) for row in phase.cells)
        assert all(math.isfinite(cell) for row in phase.cells for cell in row)


def over(walk, table, other, target=None):
    """log10 of one table's cost over another's, by elimination; in the mean over targets where none is named."""
    costs = [mean_steps(walk, t) if target is None else expected_steps(walk, t, target) for t in (table, other)]
    return math.log10(costs[0] / costs[1])


def cell(phase, x, y):
    return phase.cells[phase.ys.index(y)][phase.xs.index(x)]


def test_cells_of_the_phases_by_elimination():
    depth, = (draw("quick") for draw in BY_NAME["unequal-depth"].phases)
    for wrong, own in ((1, 1), (4, 1), (2, 5)):
        walk = star([[5] * own, *[[5] * wrong] * 2])
        wanted = over(walk, sft_limit(walk), never_back(walk), leaf(0))
        assert cell(depth, wrong, own) == pytest.approx(wanted, rel=1e-12)
    drawn, = (draw("quick") for draw in BY_NAME["random-mazes"].phases)
    for size, seed in ((10, 0), (10, 5), (20, 3)):
        walk = rooms(nx.random_labeled_tree(size, seed=seed), 0)
        assert cell(drawn, size, seed) == pytest.approx(over(walk, sft_limit(walk), BASE), rel=1e-12)
    shares, = (draw("quick") for draw in BY_NAME["dead-ends-never-targets"].phases)
    for K, n in ((1, 1), (3, 1), (2, 4)):
        walk = path_star(Maze(8, K, 5), range(n))
        wanted = over(walk, sft_limit(walk), BASE, leaf(0))
        assert cell(shares, K, n) == pytest.approx(wanted, rel=1e-12)
