"""Walks on any multigraph: input refused in one line, and every number by a second route."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import flint
import networkx as nx
import numpy as np
import pytest

from theory import chain, closed_forms
from theory.elimination import eliminate, merged, totals, visits
from theory.maze import Maze
from theory.maze_descent import Slopes, descend
from theory.mazes_general import (
    complete_tree,
    corridor_tree,
    leaf,
    nested_forks,
    nested_targets,
    path_star,
    rooms,
    star,
)
from theory.multigraph import BASE, START, Walk, chain_rows, expected_steps, hitting_times, mean_steps
from theory.numeric import InputError, exact, fraction
from theory.planning import never_back, optimum, sft_limit, turn_gains, wall_follower
from theory.policy import Policy
from theory.tree_walk import Tree, complete_steps

PATH = nx.path_graph(4)


def bundle_graph(seed, nodes=9, extra=6):
    """A connected multigraph with loops, drawn from a seed."""
    draw = random.Random(seed)
    graph = nx.MultiGraph((draw.randrange(node), node) for node in range(1, nodes))
    pairs = ((draw.randrange(nodes), draw.randrange(nodes)) for _ in range(extra))
    graph.add_edges_from((a, b) for a, b in pairs if a != b)
    return graph


# -- input ------------------------------------------------------------------------------------------------------

def _loop():
    graph = nx.path_graph(3)
    graph.add_edge(1, 1)
    return graph


@pytest.mark.parametrize("make, message", [
    (lambda: Walk(nx.DiGraph([(0, 1)]), 0, 1), "undirected networkx graph is needed, not DiGraph"),
    (lambda: Walk([(0, 1)], 0, 1), "undirected networkx graph is needed, not list"),
    (lambda: Walk(nx.empty_graph(1), 0, 0), "1 nodes, at least 2"),
    (lambda: Walk(nx.Graph([(0, 1), (2, 3), (4, 5)]), 0, 1), "not connected, it has 3 parts"),
    (lambda: Walk(_loop(), 0, 2), "node 1 has an edge to itself"),
    (lambda: Walk(PATH, 9, 3), "start 9: the graph has no such node"),
    (lambda: Walk(PATH, 0, [9]), "target 9: the graph has no such node"),
    (lambda: Walk(PATH, 0, 0), "target 0 is the start"),
    (lambda: Walk(PATH, 0, []), "targets (): at least one"),
    (lambda: Walk(PATH, 0, [3, 3]), "none twice"),
    (lambda: Walk(PATH, 0, 3, [7]), "fork 7: the graph has no such node"),
    (lambda: Walk(PATH, 0, 3, [1], {2: [(2, 3, 0)]}), "ways of 2: it is no fork"),
    (lambda: Walk(PATH, 0, 3, [1], {1: [(2, 3, 0)]}), "are not arcs that leave it"),
    (lambda: Walk(PATH, 0, 3, [1], {1: []}), "are not arcs that leave it"),
    (lambda: Walk(PATH, 0, [2, 3], weights={2: 1, 3: 1}), "with sum 1"),
    (lambda: Walk(PATH, 0, [2, 3], weights={2: 1}), "one positive weight a target"),
    (lambda: expected_steps(Walk(PATH, 0, [2, 3])), "target None"),
    (lambda: expected_steps(Walk(PATH, 0, 3), target=0), "target 0: not a node other than the start"),
    (lambda: expected_steps(Walk(PATH, 0, 3), {(0, 1, 0): {(1, 2, 0): "1/2"}}), "['1/2'] is no distribution"),
    (lambda: expected_steps(Walk(PATH, 0, 3), {(0, 1, 0): {(2, 3, 0): 1}}), "does not come next"),
    (lambda: expected_steps(Walk(PATH, 0, 3), {(0, 2, 0): {(2, 3, 0): 1}}), "no such arc"),
    (lambda: expected_steps(Walk(PATH, 0, 3), {(0, 1, 0): {}}), "is no distribution"),
    (lambda: hitting_times(Walk(PATH, 0, 3), {(0, 1, 0): {(1, 0, 0): 1}}), "not reached surely"),
    (lambda: eliminate({0: {0: flint.fmpq(1)}}, lambda _: flint.fmpq(1)), "never leaves 0"),
    (lambda: wall_follower(nested_forks(2, 2, 1, 1)), "leaves some out"),
    (lambda: optimum(Walk(nx.star_graph(3), 0, 1, [0], {0: [(0, 2, 0)]})), "cannot be reached"),
    (lambda: descend(Walk(PATH, 0, 3), 1, .1, rule="newton"), "rule 'newton'"),
    (lambda: descend(Walk(PATH, 0, 3), -1, .1), "steps = -1"),
    (lambda: descend(Walk(PATH, 0, 3), 1, 0), "lr = 0"),
    (lambda: descend(Walk(PATH, 0, 3), 1, .1, start={(0, 1, 0): {(1, 2, 0): 1}}), "has no logit"),
    (lambda: star([]), "at least one branch"),
    (lambda: star([[0]]), "width in branch 0 = 0"),
    (lambda: star([[1]], [1]), "target branch = 1"),
    (lambda: rooms(nx.cycle_graph(3), 0), "is not an undirected tree"),
    (lambda: rooms(PATH, 7), "root 7"),
    (lambda: corridor_tree(PATH, 0, -1, 1), "K = -1"),
    (lambda: nested_forks(0, 2, 1, 1), "M = 0"),
    (lambda: Tree(Walk(PATH, 0, 3), "best"), "policy 'best'"),
    (lambda: Tree(Walk(nx.cycle_graph(4), 0, 3), "base"), "1 loops"),
    (lambda: Tree(nested_forks(2, 2, 1, 1), "base"), "leaves some of its edges out"),
    (lambda: Tree(rooms(complete_tree(2, 2), 0), "never back"), "branches and is no fork"),
    (lambda: complete_steps(2, 2, 0, 1, "base"), "K = 0"),
    (lambda: Tree(Walk(PATH, 0, 3), "base").steps(0), "not a node below the start"),
    (lambda: Tree(Walk(PATH, 0, 3), "base").product(0), "not a node below the start"),
])
def test_bad_input_is_refused_in_one_line(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_walk_shows_its_edges():
    assert repr(Walk(PATH, 0, 3, [1])) == "Walk(0-1 1-2 2-3; start 0, targets [3], forks [1])"
    assert "200 edges" in repr(Walk(nx.path_graph(201), 0, 200))


# -- hitting times ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(8))
def test_sparse_elimination_agrees_with_the_dense_solve(seed):
    """flint's dense rational solve of the same chain: another algorithm, no merging, no order."""
    walk = Walk(bundle_graph(seed), 0, [5, 8], [seed % 9])
    for table, target in itertools.product((BASE, sft_limit(walk), never_back(walk)), (5, 8)):
        rows = {state: {**{arc: p for arc, p in walk.row(table, state).items() if arc[1] != target}}
                for state in chain_rows(walk, table, target)}
        dense = chain.Chain({state: {**row, chain.TARGET: 1 - sum(row.values(), flint.fmpq(0))}
                             for state, row in rows.items()})
        assert expected_steps(walk, table, target) == dense.hitting_time()


@pytest.mark.parametrize("seed", range(4))
def test_visits_agree_with_scipys_sparse_solve_of_the_transposed_system(seed):
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import spsolve

    walk = Walk(bundle_graph(seed), 0, [7, 8], [0, 2])
    rows = chain_rows(walk, sft_limit(walk), 8)
    number = {state: i for i, state in enumerate(rows)}
    entries = [(number[s], number[t], float(fraction(p))) for s, row in rows.items() for t, p in row.items()]
    i, j, p = map(np.array, zip(*entries, strict=True))
    P = csc_matrix((p, (i, j)), shape=(len(rows),) * 2)
    first = np.zeros(len(rows))
    first[number[START]] = 1
    expected = spsolve((identity(len(rows)) - P).T.tocsc(), first)
    done = eliminate(rows, lambda _: flint.fmpq(1))
    seen, h = visits(done, START), totals(done)
    assert [float(fraction(seen[state])) for state in rows] == pytest.approx(expected)
    assert sum(seen.values()) == h[START]                       # every step leaves a visited state once


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 2, 2), (2, 3, 4)])
def test_the_path_star_is_one_instance(size):
    """The same arcs as `theory.chain` walks, for base and for a policy with rows of its own."""
    maze = Maze(*size)
    walk = path_star(maze)
    for branch in range(maze.W):
        assert expected_steps(walk, BASE, leaf(branch)) == chain.simple_random_walk(maze.graph(branch)).hitting_time()
        full = chain.full_chain(maze, Policy.sft_limit(maze.L), target=branch)
        assert expected_steps(walk, sft_limit(walk), leaf(branch)) == full.hitting_time()
    assert mean_steps(walk, never_back(walk)) == closed_forms.optimum_steps(maze.W, maze.K)


def test_a_few_thousand_arcs_are_practical():
    walk = path_star(Maze(15, 15, 5))
    assert len(walk.states) == 2 * 1365 + 1
    assert expected_steps(walk, sft_limit(walk), leaf(0)) == closed_forms.sft_steps(15, 15, 5)
    grid = nx.grid_2d_graph(12, 12)
    assert 0 < expected_steps(Walk(grid, (0, 0), (11, 11))) < 2 * 264 * 22


def test_a_target_missed_with_positive_probability_is_infinitely_far():
    walk = Walk(nx.star_graph(3), 0, [1, 2])
    assert expected_steps(walk, {START: {(0, 2, 0): 1}, (2, 0, 0): {(0, 2, 0): 1}}, 1) == float("inf")
    assert mean_steps(walk, {START: {(0, 2, 0): 1}, (2, 0, 0): {(0, 2, 0): 1}}) == float("inf")


def test_merging_keeps_the_costs():
    walk = path_star(Maze(2, 2, 5))
    rows = chain_rows(walk, BASE, leaf(0))
    small, of = merged(rows)
    full, less = (totals(eliminate(r, lambda _: flint.fmpq(1))) for r in (rows, small))
    assert len(small) < len(rows) / 3 and all(full[state] == less[of[state]] for state in rows)


def test_weights_mix_targets_and_rows():
    walk = Walk(nx.star_graph(2), 0, [1, 2], weights={1: "1/4", 2: "3/4"})
    assert sft_limit(walk) == {START: {(0, 1, 0): flint.fmpq(1, 4), (0, 2, 0): flint.fmpq(3, 4)}}
    # from the start 1/4 or 3/4; a wrong leaf costs the step back and, by a fair coin there, 3 more
    assert mean_steps(walk, sft_limit(walk)) == Fraction(1, 4) * (1 + Fraction(3, 4) * 4) + Fraction(3, 4) * (1 + 1)


def test_weights_mix_the_costs_of_a_tree():
    tree = nx.Graph([(0, 1), (1, 2), (1, 3), (3, 4), (3, 5), (0, 6)])
    walk = Walk(tree, 0, [2, 4, 6], [0], weights={2: "1/2", 4: "1/3", 6: "1/6"})
    even = Walk(tree, 0, [2, 4, 6], [0])
    for kind, table in (("base", BASE), ("SFT", sft_limit(walk))):
        assert Tree(walk, kind).mean() == mean_steps(walk, table) != mean_steps(even, table)


def test_weights_mix_what_turning_round_would_gain():
    """Against the exact cost with a thousand-millionth of the row moved: the slope, but for the curvature."""
    walk = Walk(nx.Graph([(0, 1), (1, 2), (2, 3), (1, 4), (4, 5)]), 0, [3, 5], weights={3: "1/10", 5: "9/10"})
    table, e = sft_limit(walk), Fraction(1, 10**9)
    cost, gains = mean_steps(walk, table), turn_gains(walk, table)
    assert len({abs(gain) for gain in gains.values()}) > 4
    for (state, arc), gain in gains.items():
        mixed = {other: (1 - e) * fraction(p) + e * (other == arc)
                 for other, p in (dict.fromkeys(walk.choices(state), 0) | dict(walk.row(table, state))).items()}
        assert float((mean_steps(walk, {**table, state: mixed}) - cost) / e) == pytest.approx(float(gain), abs=1e-5)


# -- mazes ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("M, W, K, L", [(1, 3, 2, 2), (2, 2, 1, 3), (3, 3, 2, 1)])
def test_nested_forks_whose_ways_all_lead_on_are_path_stars_in_a_row(M, W, K, L):
    walk = nested_forks(M, W, K, L)
    assert walk.edges == M * W * (K * (L + 1) + 1)
    every = nested_targets(walk)
    assert expected_steps(walk) == M * closed_forms.base_steps(W, K, L)
    assert expected_steps(walk, never_back(walk)) == M * closed_forms.optimum_steps(W, K)
    assert expected_steps(every, sft_limit(every), "target") == M * closed_forms.sft_steps(W, K, L)
    back = nested_forks(M, W, K, L, back=True)
    assert (expected_steps(back) == expected_steps(walk)) == (M == 1)


def test_a_corridor_tree_of_one_edge_hung_w_times_is_the_path_star():
    walk = corridor_tree(nx.path_graph(2), 0, 2, 3, copies=4)
    assert mean_steps(walk, sft_limit(walk)) == closed_forms.sft_steps(4, 2, 3)


def test_the_length_of_a_complete_tree_and_its_dead_ends():
    walk = corridor_tree(complete_tree(3, 2), 0, 1, 2)
    assert walk.edges == 12 * 4 and len(walk.targets) == 9 and len(walk.forks) == 4


# -- policies ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(5))
def test_sft_learns_the_shares_of_all_shortest_paths(seed):
    """Against every golden path written out, each target's paths equally likely."""
    walk = Walk(bundle_graph(seed, 7, 6), 0, [3, 6], [seed + 1])
    counts: dict = {}
    for target in walk.targets:
        paths = []
        for nodes in nx.all_shortest_paths(nx.Graph(walk.graph), 0, target):
            hops = [[(a, b, key) for key in walk.graph[a][b]] for a, b in itertools.pairwise(nodes)]
            paths += list(itertools.product(*hops))
        for path in paths:
            for state, arc in itertools.pairwise((START, *path)):
                row = counts.setdefault(state, {})
                row[arc] = row.get(arc, 0) + Fraction(1, len(paths))
    wanted = {state: {arc: n / sum(row.values()) for arc, n in row.items()} for state, row in counts.items()
              if walk.free(state)}
    found = {state: {arc: fraction(p) for arc, p in row.items()} for state, row in sft_limit(walk).items()}
    assert found == wanted


@pytest.mark.parametrize("seed", range(6))
def test_policy_iteration_finds_the_best_of_all_deterministic_tables(seed):
    walk = Walk(bundle_graph(seed, 5, 1), 0, 4, [seed % 4])
    free = [state for state in walk.states if walk.free(state) and walk.at(state) != 4]
    every = itertools.product(*[walk.choices(state) for state in free])
    best = min(expected_steps(walk, {s: {a: 1} for s, a in zip(free, arcs, strict=True)}, 4)
               for arcs in itertools.islice(every, 4000))
    plan = optimum(walk)
    assert plan.steps == expected_steps(walk, plan.table) <= best
    tables = 1
    for state in free:
        tables *= len(walk.choices(state))
    assert tables > 4000 or plan.steps == best


def test_the_optimum_of_a_known_target_turns_round_at_once():
    walk = path_star(Maze(3, 4, 2))
    assert optimum(walk, leaf(1)).steps == 2 * 3 - 1 + 2 * 4
    assert optimum(walk, leaf(1), learn_forks=True).steps == 9


def test_learning_forks_lets_the_target_be_walked_to():
    assert optimum(Walk(nx.balanced_tree(2, 3), 0, 9, range(15)), learn_forks=True).steps == 3


def test_no_small_change_of_a_row_betters_the_optimum_of_the_path_star():
    walk = path_star(Maze(3, 2, 2))
    gains = turn_gains(walk, never_back(walk))
    assert len(gains) > 60 and min(gains.values()) == 0


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_exact_cost(seed):
    """Central differences of exact costs of nearby tables."""
    walk = Walk(bundle_graph(seed, 6, 3), 0, [4, 5], [1])
    slopes = Slopes(walk)
    rng = np.random.default_rng(seed)
    z = rng.normal(size=len(slopes.pairs)) * .5
    cost, slope = slopes(z)
    assert cost == pytest.approx(float(mean_steps(walk, slopes.table(z))), rel=1e-9)
    for i in rng.choice(len(z), 5, replace=False):
        step = np.zeros_like(z)
        step[i] = 1e-3
        up, down = (float(mean_steps(walk, slopes.table(z + sign * step))) for sign in (1, -1))
        assert slope[i] == pytest.approx((up - down) / 2e-3, rel=1e-3, abs=1e-5)


def test_descent_ends_at_the_path_stars_optimum():
    done = descend(path_star(Maze(2, 1, 2)), 500, .02)
    assert done.costs[0] == pytest.approx(float(closed_forms.base_steps(2, 1, 2)))
    assert closed_forms.optimum_steps(2, 1) < done.steps < Fraction(10001, 10000) * 9
    assert isinstance(done.steps, Fraction)


def test_descent_finds_that_a_deep_branch_is_better_entered_seldom():
    """Depths 3 and 1: p on entering the deep branch costs (12 p + 8/p)/2 and 5 more, least at p = sqrt(2/3)."""
    walk = star([[2] * 3, [2]])
    done = descend(walk, 400, .02)
    assert mean_steps(walk, never_back(walk)) == 15
    assert float(done.steps) == pytest.approx(5 + 96 ** .5, abs=2e-3)


def test_on_an_uneven_tree_never_turning_back_is_far_from_the_best():
    walk = corridor_tree(nx.random_labeled_tree(7, seed=1), 0, 1, 1)
    assert mean_steps(walk, never_back(walk)) == 42
    assert 26 < descend(walk, 400, .02).steps < Fraction(63, 100) * 42


def test_floats_that_do_not_suffice_are_refused():
    walk = path_star(Maze(2, 20, 5))
    almost = {state: {arc: (999 * p + Fraction(1, len(walk.choices(state)))) / 1000 for arc, p in (
        dict.fromkeys(walk.choices(state), Fraction(0)) | {a: fraction(q) for a, q in row.items()}).items()}
        for state, row in sft_limit(walk).items()}
    with pytest.raises(InputError, match="beyond what a float solve is trusted with"):
        descend(walk, 1, .1, start=almost)


@pytest.mark.parametrize("bits", [37, 43])
def test_floats_are_trusted_up_to_a_million_million_steps(bits):
    """Of four rooms in a row, the second passed with chance 2^-bits only: about 2^(bits + 1) steps."""
    p = Fraction(1, 2**bits)
    slopes = Slopes(Walk(PATH, 0, 3))
    start = slopes.logits({(0, 1, 0): {(1, 0, 0): 1 - p, (1, 2, 0): p}})
    if bits < 40:
        assert 2.0**bits < slopes(start)[0] < 1e12
    else:
        with pytest.raises(InputError, match="beyond what a float solve is trusted with"):
            slopes(start)


def test_signs_of_small_slopes_count():
    """An arc seldom taken has a slope of 1e-7 of the greatest: its logit moves as far as the others, by lr."""
    walk, p = Walk(PATH, 0, 3), Fraction(1, 10**7)
    start = {(2, 1, 0): {(1, 0, 0): p, (1, 2, 0): 1 - p}}
    slopes = Slopes(walk)
    z = slopes.logits(start)
    slope = slopes(z)[1]
    small = slopes.pairs.index(((2, 1, 0), (1, 0, 0)))
    assert 1e-8 < abs(slope[small]) / np.abs(slope).max() < 1e-5
    done = descend(walk, 1, .5, start=start)
    row = done.table[2, 1, 0]
    assert float(fraction(row[1, 0, 0])) == pytest.approx(float(p) * np.exp(-1), rel=1e-4)


def test_the_gradient_weighs_the_targets():
    walk = Walk(nx.Graph([(0, 1), (1, 2), (1, 3)]), 0, [2, 3], weights={2: "1/10", 3: "9/10"})
    slopes = Slopes(walk)
    z = slopes.logits()
    each = [Slopes(Walk(walk.graph, 0, target))(z) for target in (2, 3)]
    cost, slope = slopes(z)
    assert cost == pytest.approx(.1 * each[0][0] + .9 * each[1][0])
    assert slope == pytest.approx(.1 * each[0][1] + .9 * each[1][1])
    assert np.abs(slope - .5 * (each[0][1] + each[1][1])).max() > .1


# -- trees ------------------------------------------------------------------------------------------------------

def _restarted(walk, table, target):
    """Steps with restarts, by elimination: an arc into another dead end leads on as START does."""
    ends = {node for node in walk.graph if len(walk.graph[node]) == 1 and node not in (target, walk.start)}
    rows = chain_rows(walk, table, target)
    # arriving at the dead end was the step, being put back costs none: such an arc is merged into START
    rows = {s: {} for s in rows if s == START or s[1] not in ends}
    for state in rows:
        for arc, p in walk.row(table, state).items():
            if arc[1] != target:
                after = START if arc[1] in ends else arc
                rows[state][after] = rows[state].get(after, 0) + p
    return fraction(totals(eliminate(rows, lambda _: flint.fmpq(1)))[START])


@pytest.mark.parametrize("seed", range(6))
def test_tree_costs_with_restarts_agree_with_elimination(seed):
    graph = bundle_graph(seed, 10, 0)
    for a, b in list(graph.edges(keys=False))[::3]:
        graph.add_edge(a, b)
    ends = [node for node in graph if node and len(graph[node]) == 1]
    if len(ends) < 2:
        pytest.skip("one dead end")
    walk = Walk(graph, 0, ends[:-1] if seed % 2 else ends, [seed])
    for target in walk.targets:
        for kind, table in (("base", BASE), ("SFT", sft_limit(walk))):
            assert Tree(walk, kind, restart=True).steps(target) == _restarted(walk, table, target)


@pytest.mark.parametrize("seed", range(4))
def test_never_turning_back_on_corridors_agrees_with_elimination(seed):
    walk = corridor_tree(nx.random_labeled_tree(6, seed=seed), 0, 1, 2, copies=2)
    assert Tree(walk, "never back").mean() == mean_steps(walk, never_back(walk))


@pytest.mark.parametrize("seed", range(8))
def test_the_potential_by_all_ways_down_from_all_wrong_turnings(seed):
    """Rows from counted golden paths; a turning is wrong where it leaves the way to some target."""
    tree = nx.random_labeled_tree(9, seed=seed)
    ends = [node for node in tree if node and tree.degree(node) == 1]
    walk = rooms(tree, 0, ends[1:] + [node for node in (3, 5) if node not in ends] if seed % 2 else ends)
    table, up = sft_limit(walk), nx.predecessor(tree, 0)
    best = Fraction(1)
    for target in walk.targets:
        way = nx.shortest_path(tree, 0, target)
        for node in way[:-1]:
            for turn in set(tree[node]) - set(way):
                for end in nx.descendants(nx.bfs_tree(tree, 0), turn):
                    product = Fraction(1)
                    while end != turn:
                        above = up[end][0]
                        row = table.get((up[above][0], above, 0), {})
                        product *= 1 + fraction(exact(row.get((above, end, 0), 0)))
                        end = above
                    best = max(best, product)
    assert Tree(walk, "SFT").potential() == best
