"""Checks of `theory.model`: sizes, base rows, lumping, the prompt's edge; counted and solved on the multigraph."""

from theory.chain import PROMPT, full_chain
from verify import measures, strategies
from verify.sweeps import SMALL


def test_maze_nodes__exact(check):
    check.exhaust(SMALL, measures.count_nodes)


def test_maze_nodes__control(check):
    check.exhaust(SMALL, measures.count_nodes)


def test_maze_arcs__exact(check):
    check.exhaust(SMALL, measures.count_arcs)


def test_maze_arcs__control(check):
    check.exhaust(SMALL, measures.count_arcs)


def test_golden_paths__exact(check):
    check.exhaust(SMALL, measures.count_shortest_paths)


def test_golden_paths__control(check):
    check.exhaust(SMALL, measures.count_shortest_paths)


def test_base_rows__exact(check):
    check.exhaust(SMALL, measures.walk_persistence)


def test_base_rows__control(check):
    check.exhaust(SMALL, measures.walk_persistence)


def test_lumping__searched(check):
    check.search(strategies.walks(zero=True), measures.quotient)


def test_lumping__control(check):
    check.search(strategies.walks(), measures.quotient)


def _from_prompt(maze, policy, target):
    return full_chain(maze, policy, target=target, prompt_edge=True).hitting_time(PROMPT)


def test_prompt_edge__searched(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 3, 2)), _from_prompt)


def test_prompt_edge__control(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 3, 2)), _from_prompt)
