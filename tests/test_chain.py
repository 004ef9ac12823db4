"""The second route: the chains are chains, their solves exact or honest balls, and no time is too long."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import hitting
from theory.chain import PROMPT, START, TARGET, Chain, block, full_chain, lumped_chain, simple_random_walk
from theory.maze import Arc, Maze
from theory.numeric import InputError, ball_precision, exact
from theory.policy import ROWS, Branch, Policy
from verify import strategies

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
# a long wait: from u_1 the walker goes on with probability 1e-25
SLOW, SLOW_MAZE = Policy("1e-25", 1, "1e-25", 1), Maze(1, 1, 1)


# -- the chains ---------------------------------------------------------------------------------------------------

@QUICK
@given(strategies.walks(zero=True))
def test_every_row_is_a_probability_distribution_on_the_chains_own_states(walk):
    for make in (full_chain, lumped_chain):
        chain = make(walk["maze"], walk["policy"], target=walk["target"])
        for row in chain.rows.values():
            assert sum(row.values(), exact(0)) == 1 and all(0 <= p <= 1 for p in row.values())
            assert row.keys() <= chain.rows.keys() | {TARGET}


@pytest.mark.parametrize("maze", [Maze(1, 1, 1), Maze(3, 2, 1), Maze(2, 3, 4)], ids=str)
def test_the_full_chain_has_a_state_for_every_arc_but_the_one_into_the_target(maze):
    chain = full_chain(maze, Policy.base(maze.L))
    assert len(chain.rows) == maze.arcs - 1 + 1                       # START is one more
    arcs = [state for state in chain.rows if isinstance(state, Arc)]
    assert not any(arc.head == maze.graph().target for arc in arcs)
    # the base model is the walk that knows no rows
    assert chain == simple_random_walk(maze.graph())


@QUICK
@given(strategies.walks(zero=True, maze=strategies.mazes(3, 2, 2)))
def test_the_lumped_chain_costs_what_the_full_one_does(walk):
    full = full_chain(walk["maze"], walk["policy"], target=walk["target"])
    lumped = lumped_chain(walk["maze"], walk["policy"], target=walk["target"])
    assert full.sure() == lumped.sure() and full.hitting_time() == lumped.hitting_time()


@QUICK
@given(strategies.walks(zero=True, maze=strategies.mazes(3, 2, 3)))
def test_the_lumping_is_strong(walk):
    """From every arc of a block, each block is entered with the same probability: the lumped chain's."""
    full, lumped = full_chain(**walk), lumped_chain(**walk)
    of = block(**walk)
    assert {of(state) for state in full.rows} == lumped.rows.keys()
    for state, row in full.rows.items():
        into = {}
        for after, p in row.items():
            into[of(after)] = into.get(of(after), 0) + p
        expected = lumped.rows[of(state)]
        assert all(into.get(key, 0) == expected.get(key, 0) for key in into.keys() | expected.keys()), state


def test_an_arc_walked_back_is_a_way_to_turn_round():
    """At u, moving away, turning round has the single edge to itself; at v it has the L parallel ones."""
    maze, policy = Maze(1, 1, 3), Policy("1/10", "1/20", "1/30", "1/40")
    graph = maze.graph()
    first = next(arc for arc in graph.arcs if arc.head == maze.node(0, 1) and arc.tail == graph.start)
    row = full_chain(maze, policy).rows[first]
    assert row[first.reverse] == exact("29/30") and len(row) == 4
    across = next(arc for arc in graph.arcs if arc.tail == maze.node(0, 1) and arc.copy == 2)
    assert full_chain(maze, policy).rows[across] == {TARGET: exact("1/10")} | {
        Arc(across.head, across.tail, copy): exact("3/10") for copy in range(3)}


def test_the_prompt_is_one_edge_before_the_fork():
    maze, policy = Maze(2, 2, 2), Policy("1/2", "1/3", "1/4", "1/5")
    steps = full_chain(maze, policy).hitting_time()
    assert full_chain(maze, policy, prompt_edge=True).hitting_time(PROMPT) == steps + 1
    walk = simple_random_walk(maze.graph(), prompt_edge=True)
    assert walk.hitting_time(PROMPT) == walk.hitting_time() + 1


# -- solving ------------------------------------------------------------------------------------------------------

def test_a_chain_solved_by_hand():
    half = exact("1/2")
    chain = Chain({START: {"x": half, TARGET: half}, "x": {START: exact(1)}})
    assert chain.hitting_time() == 3 and chain.hitting_time("x") == 4
    assert chain.hitting_times(cost=lambda state: int(state == "x"))[START] == 1
    assert [4 * chain.reach_probability(t) for t in range(5)] == [0, 2, 2, 3, 3]


def test_expected_visits_add_up_to_the_expected_steps():
    chain = lumped_chain(Maze(3, 2, 2), Policy("1/2", "1/3", "1/4", "1/5"))
    visits = [chain.hitting_times(cost=lambda state, s=s: int(state == s))[START] for s in chain.visited()]
    assert sum(visits) == chain.hitting_time()


def test_a_target_that_may_be_missed_costs_infinity():
    for name in ROWS:
        policy = Policy(**dict.fromkeys(ROWS, 1) | {name: [1, 0]})
        assert full_chain(Maze(2, 2, 1), policy).hitting_time() is math.inf
    chain = full_chain(Maze(2, 2, 1), Policy(1, 1, 1, 0))
    assert not chain.sure() and chain.reach_probability(50) == Fraction(1, 2)      # half never enter the wrong branch


def test_the_cost_of_what_may_be_missed_has_no_solution(fails):
    fails(lambda: full_chain(Maze(2, 1, 1), Policy(1, 1, 1, 0)).hitting_times(), "singular")


def test_symbols_are_refused(fails):
    for rows in ((sympy.Symbol("p"), 1, 1, 1), ("1/2", "1/2", sympy.Symbol("p"), "1/2")):
        fails(lambda rows=rows: lumped_chain(Maze(2, 1, 1), Policy(*rows)).hitting_time(), "rational")


# -- balls --------------------------------------------------------------------------------------------------------

@QUICK
@given(strategies.walks(maze=strategies.mazes(3, 2, 1)), st.integers(20, 60))
def test_a_solve_in_balls_contains_the_exact_one_or_is_refused(walk, digits):
    """Rows blurred by 10^-digits; at a row of 1 the chance of turning round is then a ball around 0, not nothing."""
    maze, policy, target = walk["maze"], walk["policy"], walk["target"]
    with ball_precision(300):
        radius = flint.arb(10) ** -digits
        blurred = Policy.of(*(Branch(*[[flint.arb(p) + flint.arb(0, radius) for p in branch.expanded(maze.K)[n]]
                                       for n in ROWS]) for branch in policy.branches))
        try:
            ball = lumped_chain(maze, blurred, target=target).hitting_time()
        except InputError as refusal:
            assert "too wide" in str(refusal)
            return
        low = Policy.of(*(Branch(*[[p * (1 - exact(f"1e-{digits}")) for p in branch.expanded(maze.K)[n]] for n in ROWS])
                          for branch in policy.branches))
        for member in (policy, low):
            assert ball.contains(flint.arb(exact(lumped_chain(maze, member, target=target).hitting_time())))


@QUICK
@given(strategies.walks(zero=True, maze=strategies.mazes(3, 2, 2)), st.integers(1, 40))
def test_a_floating_solve_is_a_ball_around_the_exact_cost(walk, digits):
    chain = full_chain(**walk)
    exactly, ball = chain.hitting_time(), chain.hitting_ball(digits=digits)
    if exactly == math.inf:
        assert ball is math.inf
        return
    assert ball.rel_accuracy_bits() >= 3.32 * digits
    with ball_precision(4000):
        assert ball.contains(flint.arb(exact(exactly)))


def test_a_floating_solve_survives_a_cost_that_double_precision_does_not():
    """1e25 steps, where a plain float64 solve gives noise or a negative number."""
    maze, policy = Maze(3, 25, 8), Policy.sft_limit(8)
    ball, steps = lumped_chain(maze, policy).hitting_ball(digits=15), hitting.expected_steps(maze, policy)
    assert steps > 10**25 and ball.rel_accuracy_bits() >= 49
    with ball_precision(4000):
        assert ball.contains(flint.arb(exact(steps)))


@pytest.mark.parametrize("name", ROWS)
def test_a_ball_around_zero_is_not_taken_for_zero(fails, name):
    """P may be 0 (infinite) or not (finite): neither is claimed."""
    policy = Policy(**dict.fromkeys(ROWS, 1) | {name: flint.arb(0, 1e-20)})
    for make in (full_chain, lumped_chain):
        fails(lambda make=make: make(Maze(2, 1, 1), policy).hitting_time(), "too wide")


# -- powers -------------------------------------------------------------------------------------------------------

@QUICK
@given(strategies.walks(zero=True, maze=strategies.mazes(3, 2, 1)), st.integers(0, 40))
def test_a_ball_power_contains_the_exact_power(walk, t):
    chain = lumped_chain(walk["maze"], walk["policy"], target=walk["target"])
    exactly, ball = chain.reach_probability(t), chain.reach_ball(t, digits=20)
    with ball_precision(4000):
        assert ball.contains(flint.arb(exact(exactly)))
    assert ball == 0 if exactly == 0 else ball.rel_accuracy_bits() >= 66


@pytest.mark.parametrize(("t", "least", "most"), [(10**14, 1e-37, 1e-35), (10**50, 0.3, 0.5), (10**53, 1, 1)])
def test_times_of_any_size(t, least, most):
    """SLOW needs about 2e50 steps; memory is short, so that P(T <= t) = 1 - exp(-t/H) as nearly as balls can tell."""
    steps = hitting.expected_steps(SLOW_MAZE, SLOW)
    ball = full_chain(SLOW_MAZE, SLOW).reach_ball(t, digits=15)
    assert ball.rel_accuracy_bits() >= 49 and least <= float(ball) <= most
    with ball_precision(300):
        waiting = 1 - (-flint.arb(t) / flint.arb(exact(steps))).exp()
        assert abs(ball / waiting - 1) < 1e-12


def test_a_walker_that_surely_arrives_has_arrived_in_the_end():
    late = full_chain(Maze(3, 2, 3), Policy.sft_limit(3)).reach_ball(10**14)
    assert late > 1 - flint.arb("1e-15") and not late > 1


@pytest.mark.parametrize("t", [2**62 - 1, 2**62, 2**62 + 1, 2**64, 2**124 + 3])
def test_times_beyond_a_machine_word_are_not_cut(t):
    """A coin tossed for ever that lands heads with probability 1/t: P(T <= t) = 1 - (1 - 1/t)^t."""
    chain = Chain({START: {TARGET: exact(f"1/{t}"), START: 1 - exact(f"1/{t}")}})
    with ball_precision(400):
        expected = 1 - (t * (1 - flint.arb(1) / t).log()).exp()
        assert abs(chain.reach_ball(t, digits=20) / expected - 1) < 1e-18


def test_as_many_digits_as_asked_for():
    chain = full_chain(Maze(2, 2, 2), Policy.base(2))
    for digits in (5, 50, 500):
        ball = chain.reach_ball(40, digits=digits)
        assert ball.rel_accuracy_bits() >= 3.32 * digits
        with ball_precision(8000):
            assert ball.contains(flint.arb(exact(chain.reach_probability(40))))


@pytest.mark.parametrize(("t", "shown"), [(-1, "-1"), (2.5, "2.5"), (True, "True"), (None, "None")])
def test_a_time_is_an_integer_from_zero(fails, t, shown):
    chain = full_chain(Maze(2, 1, 1), Policy.base(1))
    fails(lambda: chain.reach_probability(t), shown)
    fails(lambda: chain.reach_ball(t), shown)


def test_balls_too_wide_for_the_digits_asked_for_are_refused(fails):
    chain = full_chain(Maze(2, 1, 1), Policy(flint.arb("0.5", 1e-3), 1, 1, 1))
    fails(lambda: chain.reach_ball(3), "15 digits")
