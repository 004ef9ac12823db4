"""`theory.dagger` and `theory.kept`, where no claim's check looks: spot values by other routes, and what is refused.

The claims themselves are checked in verify/test_practice.py and verify/test_deployment.py.
"""

from fractions import Fraction

import numpy as np
import pytest
from pytest import approx

from theory import accepted, dagger, deployment, kept, practice, truncated
from theory.dynamics import base_log_odds, policy_of
from theory.hitting import expected_steps, gradient
from theory.maze import Maze
from theory.moments import reach_probability
from theory.numeric import InputError
from theory.policy import Branch, Policy
from theory.rewards import Reward

TIED = Policy([Fraction(1, 3), Fraction(1, 2)], Fraction(3, 4), Fraction(2, 3), [Fraction(1, 5), Fraction(2, 5)])


# -- the fixed point ----------------------------------------------------------------------------------------------

def test_the_fixed_point_of_one_diamond_solves_the_cubic_that_is_left():
    """K = 1: n_0 = s^2 - s + 1 and n_0 = W(1 + (n_0-1)(s-1)/(n_0+s-2)); by a root finder that knows nothing of it."""
    from scipy.optimize import brentq

    for W in (2, 3, 7):
        def left(s, W=W):
            n = s * s - s + 1
            return n - W * (1 + (n - 1) * (s - 1) / (n + s - 2))

        s = brentq(left, 1.5, W + 1, xtol=1e-14)
        n = s * s - s + 1
        # edges crossed: out and back in wrong branches, out and back in the target's
        crossed = 2 * (W - 1) * n + 1 + (4 * n - 3) + (4 * s - 3)
        assert float(dagger.fixed_point(W, 1).steps) == approx(crossed, rel=1e-12)


def test_only_one_fixed_point_is_found_along_s():
    """The equation at the fork changes sign once over a fine grid of s."""
    import flint

    for W, K in ((2, 3), (3, 2), (5, 4)):
        signs = [dagger._backwards(W, K, flint.arb(1) + flint.arb(i) / 100)[1] > 0 for i in range(1, 100 * W)]
        assert sum(a != b for a, b in zip(signs, signs[1:], strict=False)) == 1


def test_two_branches_cost_a_cubic():
    costs = [float(dagger.fixed_point(2, K).steps) for K in (32, 64)]
    assert 7.2 < costs[1] / costs[0] < 8


def test_rows_of_the_fixed_point_are_probabilities_and_the_last_row_persists():
    P, Q = dagger.fixed_point(4, 3).rows(4)
    assert all(0 < p < 1 for p in P) and all(0 < q < 1 for q in Q[:-1])
    assert float(Q[-1]) == approx(1) and float(P[0]) == approx(.25)


@pytest.mark.parametrize("W, K, line", [(1, 2, "W = 1"), (2, 0, "K = 0"), (2.5, 1, "W")])
def test_the_fixed_point_refuses_nonsense(W, K, line):
    with pytest.raises(InputError, match=line):
        dagger.fixed_point(W, K)


# -- kept walks ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("T", [5, 8, 13])
def test_the_value_is_the_law_and_the_slopes_are_its_float_gradient(T):
    maze = Maze(3, 2, 2)
    value, _ = kept.slopes(maze, TIED, T)
    assert value == reach_probability(maze, TIED, T)
    value, slopes = kept.slopes(maze, Policy.base(2), T, kept.inverse)
    J, found, error = truncated.objective(maze, base_log_odds(maze), kept.PerStep("outcome", T))
    assert float(value) == approx(J)
    for i, name in enumerate("abcd"):
        for j in range(2):
            assert abs(float(slopes[f"{name}_{j + 1}"]) - found[i, j]) <= error[i, j] + 1e-15


def test_squares_of_the_score_add_up_to_the_visits():
    """E[S^2] = p(1-p) E[visits], whatever the walk does: both halves together, for row c_1, entered at every start."""
    maze, T = Maze(2, 1, 2), 2
    F, arrived, failed = kept.split_square(maze, Policy.base(2), T, "c_1")
    assert F == 0 and arrived == 0 and failed == Fraction(2, 9)


@pytest.mark.parametrize("policy", [Policy.untied([Branch(1, 1, 1, 1)] * 2), ])
def test_untied_rows_are_refused(policy):
    with pytest.raises(InputError, match="tied across branches"):
        kept.slopes(Maze(2, 1, 1), policy, 3)
    with pytest.raises(InputError, match="row 'e_1': not one of"):
        kept.split_square(Maze(2, 1, 1), Policy.base(1), 3, "e_1")
    with pytest.raises(InputError, match="T = 0"):
        kept.slopes(Maze(2, 1, 1), Policy.base(1), 0)


def test_worth_per_step_is_a_reward_with_a_horizon():
    reward = kept.PerStep("outcome", 10)
    assert reward.of_success(4) == .25 and reward.of_failure() == 0 and isinstance(reward, Reward)


# -- a verifier that passes dead ends -------------------------------------------------------------------------------

def test_the_slope_of_the_steps_until_accepted_is_theirs():
    """Central differences of the exact steps at rational log-odds; and the float cost beside them."""
    maze, p, z = Maze(4, 2, 2), Fraction(1, 20), base_log_odds(Maze(4, 2, 2)) + [[.3, -.2]] * 4
    H, slope = accepted.cost_and_gradient(maze, z, p)
    assert H == approx(float(accepted.steps(maze, policy_of(z), p)), rel=1e-12)
    for i in range(4):
        for j in range(2):
            step = np.zeros_like(z)
            step[i, j] = 1e-4
            ends = [float(accepted.steps(maze, policy_of(z + sign * step), p)) for sign in (1, -1)]
            assert slope[i, j] == approx((ends[0] - ends[1]) / 2e-4, rel=1e-6)


def test_a_verifier_that_is_nearly_right_is_the_target():
    maze = Maze(3, 2, 2)
    assert float(accepted.steps(maze, TIED, Fraction(1, 10**15))) == approx(float(expected_steps(maze, TIED)), rel=1e-9)
    assert accepted.steps(maze, Policy.optimum(), 1) == maze.shortest


@pytest.mark.parametrize("call, line", [
    (lambda: accepted.steps(Maze(2, 1, 1), Policy.optimum(), 0), "p = 0"),
    (lambda: accepted.steps(Maze(2, 1, 1), Policy.optimum(), 2), "p = 2"),
    (lambda: accepted.steps(Maze(2, 1, 1), Policy(1, 1, 0, 1), Fraction(1, 2)), "forward rows above 0"),
    (lambda: accepted.steps(Maze(2, 1, 1), Policy.untied([Branch(1, 1, 1, 1)] * 2), 1), "tied across branches"),
    (lambda: accepted.descent(Maze(2, 1, 1), -1), "p = -1"),
    (lambda: accepted.descent(Maze(2, 1, 1), 1, lr=0), "lr = 0"),
    (lambda: accepted.descent(Maze(2, 1, 1), 1, count=-1), "count = -1")])
def test_a_verifier_refuses_nonsense(call, line):
    with pytest.raises(InputError, match=line):
        call()


# -- small things -------------------------------------------------------------------------------------------------

def test_the_critical_rate_is_where_both_policies_are_accepted_alike():
    for W, K in ((2, 1), (15, 15), (7, 3)):
        _, retreating, insisting = practice._accepted(W, K, practice.hacked_from(W, K))
        assert retreating == insisting


@pytest.mark.parametrize("k", [0, 1, 3])
def test_partly_trained_walkers_lie_between_what_they_are_made_of(k):
    W, K, L = 4, 3, 2
    cost = {0: expected_steps(Maze(W, K, L), Policy.base(L)), 3: expected_steps(Maze(W, K, L), Policy.optimum())}
    if k in cost:
        assert deployment.curriculum_rlvr(W, K, L, k) == cost[k]
    else:
        assert cost[3] < deployment.curriculum_rlvr(W, K, L, k) < cost[0]


def test_the_sign_after_a_lesson_is_the_gradients():
    maze = Maze(15, 4, 5)
    rows = Policy(*([1, 1, 1, base] for base in (Fraction(1, 6), Fraction(5, 6), Fraction(5, 6), Fraction(1, 6))))
    (slope,) = gradient(maze, rows)
    assert slope.d[-1] > 0 and deployment.curriculum_sign(15, 4, 5) == -1
