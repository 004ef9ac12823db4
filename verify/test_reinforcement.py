"""Checks of `theory.reinforcement`: Figure 3's target and curve, the reach of sign descent, the signs at base."""

import pytest

from theory import closed_forms, dynamics, hitting
from theory.maze import Maze
from theory.policy import Policy
from verify import measures, strategies
from verify.judge import grid
from verify.learners import dense
from verify.sweeps import PLANE

# -- Figure 3 -----------------------------------------------------------------------------------------------------


def _from_prompt(W, K, L=1):
    return measures.optimum_steps(W, K) + 1


def test_figure3_target_quoted__exact(check):
    check.exhaust(PLANE, _from_prompt)


def test_figure3_target_quoted__control(check):
    check.exhaust(PLANE, _from_prompt)


def _target_identity(form):
    return closed_forms.identity(form, lambda W, K: closed_forms.optimum_steps(W, K) + 1)


def test_figure3_target__proved(check):
    check.certificate(_target_identity, "all W, K (polynomial identity)")


def test_figure3_target__exact(check):
    check.exhaust(PLANE, _from_prompt)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_figure3_target__control(check, route):
    if route == "certificate":
        check.certificate(_target_identity, "")
    else:
        check.exhaust(PLANE, _from_prompt)


def test_figure3_diagonal__exact(check):
    check.exhaust(PLANE, lambda W, K: _from_prompt(W, K) == 4 * W * K)


def test_figure3_diagonal__control(check):
    check.exhaust(PLANE, lambda W, K: _from_prompt(W, K) == 4 * W * K)


CURVES = [{"maze": Maze(15, 15, 5), "steps": 300, "lr": 0.01}, {"maze": Maze(2, 3, 1), "steps": 300, "lr": 0.03},
          {"maze": Maze(3, 2, 4), "steps": 300, "lr": 0.02}, {"maze": Maze(1, 2, 2), "steps": 300, "lr": 0.01}]


def _dense(maze, steps, lr):
    trace = dense.sign_descent(maze, steps, lr)
    return list(trace / trace[0])


def test_figure3_curve__computed(check):
    check.exhaust(CURVES, _dense, within=1e-9)


def test_figure3_curve__control(check):
    check.exhaust(CURVES, _dense, within=1e-9)


# -- does it get there --------------------------------------------------------------------------------------------


def _descended(W, K, L):
    return float(dynamics.descent(Maze(W, K, L), 5000, 0.01).steps_to_target[-1])


DEEP_AND_NARROW = grid(W=(2, 3), K=range(1, 49), L=(1, 2, 5))
REACHED = grid(W=(2, 3, 5, 10, 20), K=(1, 2, 3, 5, 8, 13, 20), L=(1, 2, 5, 10))


def test_rlvr_reaches_quoted__computed(check):
    check.exhaust(DEEP_AND_NARROW, _descended)


def test_rlvr_reaches_quoted__control(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__computed(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__control(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__needed(check):
    check.exhaust(grid(W=(2,), K=range(41, 49), L=(5,)), _descended)


def _least_row(W, K, L):
    return float(dynamics.descent(Maze(W, K, L), 5000, 0.01).log_odds.min())


def test_rlvr_rows__computed(check):
    check.exhaust(REACHED, _least_row, within=1e-9)


def test_rlvr_rows__control(check):
    check.exhaust(REACHED, _least_row, within=1e-9)


def test_rlvr_rows__needed(check):
    check.exhaust(grid(W=(1,), K=(1, 2, 5), L=(1, 2)), _least_row, within=1e-9)


# -- signs at base ------------------------------------------------------------------------------------------------


def _wrong_signs(W, K, L):
    (slope,) = hitting.gradient(Maze(W, K, L), Policy.base(L))
    return sum(value >= 0 for row in slope for value in row)


SIGNS = grid(W=range(2, 26), K=(1, 2, 3, 4, 5, 6, 8, 12, 16, 24), L=(1, 2, 5, 10))


def test_rlvr_signs_quoted__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_quoted__control(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs__control(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs__needed(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_criterion__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_criterion__searched(check):
    check.search(strategies.sizes(40, 40, 20, least_W=2), _wrong_signs)


def test_rlvr_signs_criterion__control(check):
    check.exhaust(SIGNS, _wrong_signs)


# -- no penalty ---------------------------------------------------------------------------------------------------


def _reach(maze, policy, target):
    """P(reach) = sum over visits of the probability of stepping into the target, by a linear solve."""
    from theory.chain import START, TARGET, lumped_chain

    walk = lumped_chain(maze, policy, target=target)
    return walk.hitting_times(cost=lambda s: walk.rows[s].get(TARGET, 0))[START]


def test_rlvr_no_penalty__searched(check):
    check.search(strategies.walks(), _reach)


def test_rlvr_no_penalty__control(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 2, 2)), _reach)


