"""Unit tests of `theory.nested`, `verify.nests`: bad input, spot values by hand, a third route by networkx."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theory import hitting, nested
from theory.maze import Maze
from theory.mazes_general import nested_forks, nested_targets
from theory.multigraph import BASE, hitting_times
from theory.multigraph import START as BEGIN
from theory.numeric import fraction
from theory.planning import never_back, sft_limit
from theory.policy import Policy
from verify import nests

SMALL = [(1, 2, 1, 1), (2, 2, 1, 2), (3, 2, 2, 1), (2, 3, 1, 2)]


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("sizes", SMALL)
def test_a_third_route_on_networkx_multigraphs(sizes, back):
    """`theory.multigraph` builds the maze with networkx, learns SFT from its golden paths, and shares no code."""
    M, W, K, L = sizes
    cost = nested.way_back_steps if back else nested.onward_steps
    walk = nested_forks(M, W, K, L, back=back)
    for table, policy in ((BASE, Policy.base(L)), (sft_limit(nested_targets(walk)), Policy.sft_limit(L)),
                          (never_back(walk), Policy.optimum())):
        assert fraction(hitting_times(walk, table)[BEGIN]) == cost(M, Maze(W, K, L), policy)


def test_spot_values_by_hand():
    maze = Maze(2, 1, 1)
    # restarts, two forks: 3 steps a choice, W = 2: 3 (2 + 4) = 18; checkpoints: 2 * 2 * 3
    assert nested.restart_onward(2, maze, Policy.optimum()) == 18
    assert nested.checkpoints(2, maze, Policy.optimum()) == 12
    # an attempt of 6 steps succeeds with probability 1/4
    assert nested.budget_onward(2, maze, Policy.sft_limit(1)) == 24
    assert nested.way_back_steps(2, maze, Policy.optimum()) == 2 * 5 * 3


def test_backwards_is_its_own_inverse_and_swaps_the_directions():
    rows = Policy("1/2", ["1/3", "1/4"], "1/5", ["1/6", "1/7"]).branches[0]
    once = nested.backwards(rows, 2)
    P, Q = rows.persistence(2)
    assert once.persistence(2) == (Q[::-1], P[::-1])
    assert nested.backwards(once, 2).persistence(2) == (P, Q)


def test_one_fork_is_the_path_star():
    maze, policy = Maze(3, 2, 2), Policy("2/3", "3/5", "1/2", "7/8")
    H = hitting.expected_steps(maze, policy)
    assert nested.onward_steps(1, maze, policy) == nested.way_back_steps(1, maze, policy) == H
    assert nested.restart_way_back(1, maze, policy) == nested.restart_onward(1, maze, policy)
    assert nests.steps(1, maze, policy) == H


def test_restarts_draw_at_two_forks_of_two_branches():
    for K, L in ((1, 1), (3, 2), (15, 5)):
        maze = Maze(2, K, L)
        assert nested.restart_onward(2, maze, Policy.sft_limit(L)) == nested.onward_steps(2, maze, Policy.optimum())


def _after(W, K, L, M):
    """(y_{M+1}, u) of the recursion as `nested_way_back_losing` argues with it; for numbers or symbols."""
    s, rho = 2 * K + 1, (L + 1) ** 2 / L
    q = rho**-K
    u = 2 * (2 * L + 1) / (L + 1) * (1 - q) / (1 - 1 / rho) + q * (1 - 2 * K)
    y = [0 * s, W * s]
    for _ in range(M - 1):
        y.append(W * s + u + (W + q) * y[-1] - q * y[-2])
    return y[M], u


def test_the_argument_for_where_restarts_lose_with_the_way_back():
    import sympy

    for W in (2, 3, 4, 5, 60):
        for K in (1, 2, 3, 40):
            for L in map(Fraction, (1, 2, 3, 8, 9, 1000)):
                maze, s = Maze(W, K, int(L)), 2 * K + 1
                costs = [_after(W, K, L, M) for M in range(1, 6)]
                assert costs[3][0] == nested.restart_way_back(4, maze, Policy.sft_limit(int(L)))
                assert Fraction(11, 4) <= costs[0][1] <= Fraction(56, 13)
                for M, (y, _) in enumerate(costs, 1):
                    assert y >= W * s * sum(W**m for m in range(M))
                    dearer = y > M * ((M + 1) * W - 1) * s
                    assert W == K == 2 and M == 4 or dearer == (M >= (2 if W >= 5 else 3 if W > 2 else 5 - (K == 1)))
    # W = K = 2: the sign of a polynomial in L
    L = sympy.symbols("L", positive=True)
    top = sympy.Poly(sympy.fraction(sympy.together(_after(2, 2, L, 4)[0] - 36 * 5))[0], L)
    assert top.count_roots(1, None) == top.count_roots(8, 9) == 1 and top.eval(1) > 0 > top.eval(9)


def test_useless_depth_is_the_least():
    maze = Maze(3, 4, 2)
    M, sft = nested.useless_depth(maze), Policy.sft_limit(2)
    assert nested.restart_onward(M, maze, sft) > nested.onward_steps(M, maze, sft)
    assert nested.restart_onward(M - 1, maze, sft) <= nested.onward_steps(M - 1, maze, sft)


def test_the_sparse_witness_is_the_dense_one():
    maze, policy = Maze(2, 2, 2), Policy("2/3", "3/5", "1/2", "7/8")
    for back in (False, True):
        assert nests.steps_sparse(2, maze, policy, way_back=back) == nests.steps(2, maze, policy, way_back=back)
        assert nests.restarted_sparse(2, maze, policy, way_back=back) == nests.restarted(2, maze, policy, way_back=back)


def test_large_numbers_stay_exact():
    cost = nested.restart_onward(400, Maze(15, 15, 5), Policy.sft_limit(5))
    assert cost == 31 * 15 * Fraction(15**400 - 1, 14)
    assert nested.useless_depth(Maze(2, 15, 5)) == 45


def test_powers_of_symbols_and_numbers():
    import sympy

    W, M = sympy.symbols("W M", positive=True)
    assert nested.powers(W, M).subs({W: 3, M: 4}) == nested.powers(3, 4) == 40
    assert nested.powers(1, 7) == 7


@pytest.mark.parametrize("call, piece", [
    (lambda: nested.onward_steps(0, Maze(2, 1, 1), Policy.optimum()), "M = 0"),
    (lambda: nested.way_back_steps(1.5, Maze(2, 1, 1), Policy.optimum()), "M = 1.5"),
    (lambda: nested.crossing(Maze(2, 1, 1), Policy(1, 0, 1, 1)), "entry 0"),
    (lambda: nested.crossing(Maze(2, 1, 1), Policy.untied([Policy.optimum(), Policy.optimum()])), "one set"),
    (lambda: nested.restart_way_back(2, Maze(2, 1, 1), Policy([1, 1], 1, 1, 1)), "row a has 2 entries"),
    (lambda: nested.losing_depth(Maze(1, 1, 1)), "W = 1"),
    (lambda: nested.useless_depth(Maze(1, 1, 1)), "W = 1"),
    (lambda: nested.first_to_lose(lambda M: False, 5), "up to 5"),
])
def test_bad_input_is_refused(fails, call, piece):
    fails(call, piece)
