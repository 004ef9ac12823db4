"""The multigraph is the path-star it is said to be, counted node by node; and what is no maze is refused."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import flint
import numpy as np
import pytest

from theory.maze import FORK, Maze, Node

SMALL = [Maze(W, K, L) for W, K, L in itertools.product((1, 2, 4), (1, 2, 3), (1, 2, 5))]
EACH = pytest.mark.parametrize("maze", SMALL, ids=lambda m: f"W{m.W}K{m.K}L{m.L}")


# -- the multigraph -----------------------------------------------------------------------------------------------

@EACH
def test_sizes_are_what_counting_gives(maze):
    graph = maze.graph()
    assert len({arc.tail for arc in graph.arcs} | {arc.head for arc in graph.arcs}) == maze.nodes
    assert len(graph.arcs) == len(set(graph.arcs)) == maze.arcs


@EACH
def test_every_node_has_its_degree(maze):
    leaving = maze.graph().leaving
    for node, arcs in leaving.items():
        expected = maze.W if node == Node(*FORK) else 1 if node.depth == maze.shortest else maze.L + 1
        assert len(arcs) == expected, node
        assert all(arc.tail == node for arc in arcs)
    assert Counter(node.depth for node in leaving) == {0: 1} | dict.fromkeys(range(1, 2 * maze.K + 2), maze.W)


@EACH
def test_every_edge_can_be_walked_both_ways_and_joins_neighbours(maze):
    graph = maze.graph()
    arcs = set(graph.arcs)
    for arc in arcs:
        assert arc.reverse in arcs and arc.reverse != arc and arc.reverse.reverse == arc
        assert abs(arc.head.depth - arc.tail.depth) == 1
        assert 0 in (arc.head.depth, arc.tail.depth) or arc.head.branch == arc.tail.branch
    parallel = Counter((arc.tail, arc.head) for arc in arcs)
    for (tail, head), count in parallel.items():
        in_diamond = min(tail.depth, head.depth) % 2 == 1
        assert count == (maze.L if in_diamond else 1)


@EACH
def test_all_nodes_are_reached_and_leaves_are_farthest(maze):
    graph = maze.graph(maze.W - 1)
    distance, frontier = {graph.start: 0}, [graph.start]
    for node in frontier:
        for arc in graph.leaving[node]:
            if arc.head not in distance:
                distance[arc.head] = distance[node] + 1
                frontier.append(arc.head)
    assert len(distance) == maze.nodes
    assert all(steps == node.depth for node, steps in distance.items())
    assert max(distance.values()) == distance[graph.target] == maze.shortest
    assert graph.target == Node(maze.W - 1, maze.shortest)


def test_branches_share_the_fork_alone():
    maze = Maze(4, 2, 2)
    assert len({maze.node(branch, 0) for branch in range(4)}) == 1
    assert len({maze.node(branch, depth) for branch in range(4) for depth in range(1, 6)}) == 20


# -- golden paths -------------------------------------------------------------------------------------------------

@EACH
def test_golden_paths_are_the_shortest_paths(maze):
    target = maze.W - 1
    graph, paths = maze.graph(target), list(maze.all_golden_paths(target))
    assert len(set(paths)) == len(paths) == maze.golden_paths
    for path in paths:
        assert len(path) == maze.shortest and set(path) <= set(graph.arcs)
        assert path[0].tail == graph.start and path[-1].head == graph.target
        assert all(one.head == other.tail for one, other in itertools.pairwise(path))


def test_branch_0_is_the_target_unless_told():
    maze = Maze(3, 2, 2)
    assert maze.graph() == maze.graph(0) and list(maze.all_golden_paths()) == list(maze.all_golden_paths(0))


def test_a_golden_path_takes_the_edges_it_is_told():
    path = Maze(2, 3, 4).golden_path(1, (3, 0, 2))
    assert [arc.copy for arc in path] == [0, 3, 0, 0, 0, 2, 0]
    assert [arc.head for arc in path] == [Node(1, depth) for depth in range(1, 8)]


@pytest.mark.parametrize("copies", [(), (0,), (0, 0, 0), (0, 2), (-1, 0)])
def test_a_golden_path_needs_an_edge_in_every_diamond(fails, copies):
    fails(lambda: Maze(2, 2, 2).golden_path(0, copies), repr(copies), "K = 2", "0 .. 1")


# -- bad input ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", "WKL")
@pytest.mark.parametrize(("value", "shown"), [
    (0, "0"), (-1, "-1"), (True, "True"), (np.True_, "True"), (2.5, "2.5"), (3.0, "3.0"), ("3", "'3'"), (None, "None"),
    (math.nan, "nan"), (np.float64(2), "2.0"), (flint.fmpq(3, 2), "3/2"), ([2], "[2]")])
def test_a_size_that_is_no_positive_integer_is_refused(fails, name, value, shown):
    fails(lambda: Maze(**{"W": 2, "K": 2, "L": 2, name: value}), f"{name} = ", shown)


@pytest.mark.parametrize(("target", "shown"), [
    (2, "2"), (-1, "-1"), (10**30, "1" + "0" * 30), (0.0, "0.0"), (True, "True")])
def test_a_target_that_is_no_branch_is_refused(fails, target, shown):
    maze = Maze(2, 1, 3)
    fails(lambda: maze.check_target(target), "target", shown)
    fails(lambda: maze.graph(target), "target", shown)
    fails(lambda: maze.golden_path(target, (0,)), "target", shown)


def test_numpy_sizes_make_the_same_maze():
    maze = Maze(np.int64(15), np.uint8(15), np.int32(5))
    assert maze == Maze(15, 15, 5) and hash(maze) == hash(Maze(15, 15, 5))
    # Python's integers: 5^40 would overflow in NumPy's
    assert Maze(np.int64(2), np.int64(40), np.int64(5)).golden_paths == 5**40
