"""Truncated and discounted objectives: against exact forward sensitivities, within their bounds, at the edges."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import discounted, dynamics, hitting
from theory.chain import START, TARGET, full_chain, lumped_chain
from theory.maze import Maze
from theory.numeric import exact
from theory.policy import ROWS, Policy
from theory.rewards import Reward
from theory.truncated import ascent, objective
from verify.forward import arrival_law, reach_slopes, reward_gradient

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)


# -- rewards ------------------------------------------------------------------------------------------------------

def test_rewards_by_hand():
    steps = np.array([3, 5])
    assert Reward("outcome", 9).of_success(steps).tolist() == [1, 1] and Reward("outcome", 9).of_success(3) == 1
    assert Reward("length", 9, penalty=0.25).of_success(steps).tolist() == [0.25, -0.25]
    assert Reward("discount", 9, discount=0.5).of_success(steps).tolist() == [1 / 8, 1 / 32]
    assert [Reward("outcome", 9).of_failure(), Reward("length", 8, penalty=0.25).of_failure(),
            Reward("discount", 9, discount=0.5).of_failure()] == [0, -2, 0]
    assert Reward("length", 7, penalty=Fraction(1, 3)).of_success(2) == Fraction(1, 3)
    assert Reward("outcome").horizon is None and Reward("outcome").of_success(10**6) == 1


@pytest.mark.parametrize(("bad", "shown"), [
    ({"kind": "speed"}, "'speed'"), ({"kind": "outcome", "horizon": 0}, "0"),
    ({"kind": "outcome", "horizon": 2.5}, "2.5"), ({"kind": "length", "penalty": -1}, "penalty = -1"),
    ({"kind": "length", "penalty": math.nan}, "nan"), ({"kind": "length", "penalty": math.inf}, "inf"),
    ({"kind": "discount", "discount": 0}, "discount = 0"), ({"kind": "discount", "discount": 1.5}, "1.5"),
    ({"kind": "discount", "discount": math.nan}, "nan"), ({"kind": "outcome", "penalty": 0.1}, "penalty = 0.1"),
    ({"kind": "length", "discount": 0.9}, "discount = 0.9"), ({"kind": "outcome", "excluded": True}, "horizon")])
def test_bad_rewards_are_refused(fails, bad, shown):
    fails(lambda: Reward(**bad), shown)


def test_no_failure_without_a_horizon(fails):
    fails(lambda: Reward("length", penalty=0.1).of_failure(), "horizon")


# -- the gradient -------------------------------------------------------------------------------------------------

REWARDS = [{"kind": "outcome"}, {"kind": "length", "penalty": Fraction(1, 7)},
           {"kind": "discount", "discount": Fraction(9, 10)}, {"kind": "outcome", "excluded": True},
           {"kind": "length", "penalty": Fraction(1, 7), "excluded": True},
           {"kind": "discount", "discount": Fraction(9, 10), "excluded": True}]


def logistic(z, K):
    """Exact rationals within 2^-200 of 1/(1 + e^-z), from the float z as it is."""
    with_more = flint.ctx.prec
    flint.ctx.prec = 260
    try:
        return [[exact_of(1 / (1 + (-flint.arb(float(z[i, j]))).exp())) for j in range(K)] for i in range(4)]
    finally:
        flint.ctx.prec = with_more


def exact_of(ball):
    man, power = ball.mid().man_exp()
    return exact(int(man)) * exact(2) ** int(power)


@QUICK
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.sampled_from(REWARDS), st.integers(0, 30),
       st.sampled_from([0.5, 2.0, 8.0]), st.integers(0, 2**32 - 1))
def test_value_and_gradient_are_the_exact_ones_within_the_bound(W, K, L, kind, more, spread, seed):
    maze, z = Maze(W, K, L), np.random.default_rng(seed).normal(0, spread, (4, K))
    reward = Reward(horizon=2 * K + 1 + more, **kind)
    p = logistic(z, K)
    value, slopes = reward_gradient(maze, Policy(*p), reward)
    J, gradient, error = objective(maze, z, reward)
    assert J == pytest.approx(float(value), rel=1e-12, abs=1e-13)
    true = [[exact(slopes[0, row, j]) * p[i][j] * (1 - p[i][j]) for j in range(K)] for i, row in enumerate(ROWS)]
    off = np.array([[abs(float(Fraction(int((t - exact(float(g))).p), int((t - exact(float(g))).q))))
                     for t, g in zip(*rows, strict=True)] for rows in zip(true, gradient, strict=True)])
    assert np.all(off <= error)
    if not reward.excluded:                              # where J's rewards are nearly equal nothing is left of it
        assert off.max() <= 1e-10 * max(np.abs(gradient).max(), 1e-3)


def penalised(maze, reward, kl, z):
    """E[reward] - kl E[sum of KL] in mpmath, along the chain's own law; z is 4 x K of mpf."""
    rows = [[1 / (1 + mpmath.exp(-v)) for v in row] for row in z]
    base = [mpmath.mpf(v) / (maze.L + 1) for v in (1, maze.L, maze.L, 1)]
    shape = lumped_chain(maze, Policy("1/2", "1/3", "1/5", "1/7")).rows            # which states lead where
    share = mpmath.mpf(1) / maze.W
    law, total, alive = {START: mpmath.mpf(1)}, mpmath.mpf(0), mpmath.mpf(1)
    for t in range(1, reward.horizon + 1):
        after = {}
        for state, mass in law.items():
            if state == START:
                moves = {to: share if to[0] == "target" else 1 - share for to in shape[state]}
            elif state[1] == maze.shortest:
                moves = dict.fromkeys(shape[state], 1)
            else:
                i = {(0, True): 0, (0, False): 1, (1, True): 2, (1, False): 3}[state[1] % 2, state[2]]
                p, p0 = rows[i][(state[1] - 1) // 2], base[i]
                total -= kl * mass * (p * mpmath.log(p / p0) + (1 - p) * mpmath.log((1 - p) / (1 - p0)))
                on = TARGET if (state[0], state[1] + 1) == ("target", maze.shortest) else (state[0], state[1] + 1, True)
                moves = {to: p if (to == on) == state[2] else 1 - p for to in shape[state]}
            for to, q in moves.items():
                after[to] = after.get(to, 0) + mass * q
        arrived = after.pop(TARGET, 0)
        total, alive, law = total + arrived * reward.of_success(t), alive - arrived, after
    return total + alive * reward.of_failure()


@pytest.mark.parametrize(("size", "kl", "spread"), [((1, 1, 1), 0.5, 1), ((2, 2, 3), 3.0, 1), ((3, 1, 2), 0.1, 5),
                                                     ((2, 1, 2), 10.0, 0)])
@pytest.mark.parametrize("reward", [Reward("outcome", 14), Reward("length", 14, penalty=Fraction(1, 20))])
def test_with_a_kl_penalty_value_and_gradient_stay_within_the_bound(size, kl, spread, reward):
    """Differences of 60-digit values; spread 0 is base itself, where the penalty adds nothing."""
    maze = Maze(*size)
    z = dynamics.base_log_odds(maze) + np.random.default_rng(3).normal(0, 1, (4, maze.K)) * spread
    J, gradient, error = objective(maze, z, reward, kl=kl)
    mpmath.mp.dps = 60
    h, kl = mpmath.mpf("1e-20"), mpmath.mpf(kl)
    at = [[mpmath.mpf(float(v)) for v in row] for row in z]
    assert J == pytest.approx(float(penalised(maze, reward, kl, at)), rel=1e-12, abs=1e-13)
    for i, j in np.ndindex(z.shape):
        ends = []
        for move in (h, -h):
            moved = [row.copy() for row in at]
            moved[i][j] += move
            ends.append(penalised(maze, reward, kl, moved))
        true = (ends[0] - ends[1]) / (2 * h)
        assert abs(float(true - mpmath.mpf(float(gradient[i, j])))) <= error[i, j] + 1e-30


def test_the_bound_is_not_idle():
    """On an ordinary maze it is below 1e-11 of the largest entry, and not below one rounding of it."""
    _, gradient, error = objective(Maze(5, 4, 3), dynamics.base_log_odds(Maze(5, 4, 3)), Reward("outcome", 60))
    assert 1e-16 < error.max() / np.abs(gradient).max() < 1e-11


@pytest.mark.parametrize(("W", "K"), [(1, 1), (2, 1), (2, 2)])
def test_the_witness_on_the_full_multigraph_is_the_one_on_the_lumped_chain(W, K):
    maze, policy = Maze(W, K, 2), Policy("1/3", "2/5", "3/4", "1/7")
    assert arrival_law(maze, policy, 11) == arrival_law(maze, policy, 11, make=full_chain)


def test_the_witness_is_the_derivative_of_a_matrix_power():
    """P(T <= t) is a polynomial in each row; a difference of two exact values, ever nearer, tends to the slope."""
    maze, h = Maze(2, 1, 1), exact("1/1000000000000")
    slopes = reach_slopes(maze, Policy("1/3", "2/5", "3/4", "1/7"), 9)
    for i, row in enumerate(ROWS):
        rows = [exact(v) for v in ("1/3", "2/5", "3/4", "1/7")]
        high, low = ([v + s * h if k == i else v for k, v in enumerate(rows)] for s in (1, -1))
        difference = [exact(lumped_chain(maze, Policy(*r)).reach_probability(9)) for r in (high, low)]
        quotient = (difference[0] - difference[1]) / (2 * h)
        assert abs(float(Fraction(int(quotient.p), int(quotient.q))) - float(slopes[0, row, 0])) < 1e-20


def test_rows_that_are_certain_have_no_slope_in_their_log_odds():
    z = np.array([[800.0, math.inf], [-800.0, 0.0], [40.0, math.inf], [-math.inf, 1.0]])
    for kl in (0.0, 0.5):
        J, gradient, error = objective(Maze(2, 2, 2), z, Reward("outcome", 20), kl=kl)
        assert np.isfinite(J) and np.all(np.isfinite(gradient)) and np.all(np.isfinite(error))
        assert gradient[0, 0] == gradient[1, 0] == gradient[0, 1] == gradient[3, 0] == 0


def test_the_caller_keeps_its_arrays():
    start = np.random.default_rng(0).normal(size=(4, 2))
    kept = start.copy()
    objective(Maze(2, 2, 2), start, Reward("outcome", 9))
    run = ascent(Maze(2, 2, 2), Reward("outcome", 9), 3, 0.1, start=start)
    assert np.array_equal(start, kept) and not np.array_equal(run.log_odds, kept)


@pytest.mark.parametrize("T", [1, 4])
def test_before_the_shortest_path_nothing_is_earned(T, fails):
    maze = Maze(2, 2, 2)
    z = dynamics.base_log_odds(maze)
    J, gradient, _ = objective(maze, z, Reward("outcome", T))
    assert J == 0 and not gradient.any()
    J, gradient, error = objective(maze, z, Reward("length", T, penalty=0.5))
    assert J == -0.5 * T and not gradient.any()
    fails(lambda: objective(maze, z, Reward("outcome", T, excluded=True)), f"horizon {T}")


# -- ascent -------------------------------------------------------------------------------------------------------

def test_one_step_by_hand():
    maze, reward, start = Maze(3, 2, 2), Reward("outcome", 15), np.random.default_rng(1).normal(size=(4, 2))
    J, slope, _ = objective(maze, start, reward)
    for rule, move in (("sign", np.sign(slope)), ("gradient", slope), ("normalised", slope / np.linalg.norm(slope))):
        run = ascent(maze, reward, 1, 0.25, rule=rule, start=start)
        assert run.log_odds == pytest.approx(start + 0.25 * move, rel=1e-14)
        assert list(run.at) == [0, 1] and run.objective[0] == J
        assert run.steps_to_target[1] == dynamics.cost_and_gradient(maze, run.log_odds)[0]
        assert run.objective[1] == objective(maze, run.log_odds, reward).value


def test_a_short_horizon_unlearns_and_a_long_one_learns():
    """W = 15, K = L = 5: 2.5e49 steps after 1200 sign steps at T = 20; the optimum is 319, SFT's limit 1.2e6."""
    maze = Maze(15, 5, 5)
    run = ascent(maze, Reward("outcome", 20), 1200, 0.01)
    assert run.steps_to_target[-1] == pytest.approx(2.468e49, rel=1e-3)
    assert np.all(np.diff(run.objective) > -1e-15) and run.objective[-1] == pytest.approx(1 / 15)     # its supremum
    assert ascent(maze, Reward("outcome", 50), 3000, 0.01).steps_to_target[-1] == pytest.approx(319, rel=1e-3)


def test_a_cost_that_overflows_is_infinite_and_the_run_goes_on():
    run = ascent(Maze(2, 3, 2), Reward("outcome", 9), 100, 10.0)
    assert run.steps_to_target[-1] == math.inf and np.all(np.isfinite(run.objective))


def test_a_large_kl_penalty_keeps_the_walk_at_base():
    maze = Maze(2, 2, 2)
    free, held = (ascent(maze, Reward("outcome", 15), 300, 0.01, rule="gradient", kl=kl) for kl in (0.0, 50.0))
    base = dynamics.base_log_odds(maze)
    assert np.abs(held.log_odds - base).max() < 0.05 * np.abs(free.log_odds - base).max()


@pytest.mark.parametrize(("call", "shown"), [
    (lambda m: ascent(m, Reward("outcome", 9), 3, 0.1, rule="adam"), "'adam'"),
    (lambda m: ascent(m, Reward("outcome", 9), 3, 0.0), "lr = 0"),
    (lambda m: ascent(m, Reward("outcome", 9), -1, 0.1), "-1"),
    (lambda m: ascent(m, Reward("outcome"), 3, 0.1), "horizon"),
    (lambda m: ascent(m, Reward("length", penalty=0.1), 3, 0.1), "horizon"),
    (lambda m: ascent(m, Reward("discount", discount=0.9), 3, 0.1, kl=0.1), "horizon"),
    (lambda m: ascent(m, Reward("outcome", 9), 3, 0.1, kl=-1.0), "-1"),
    (lambda m: ascent(m, Reward("outcome", 9, excluded=True), 3, 0.1, kl=1.0), "excluded"),
    (lambda m: objective(m, np.zeros((4, 3)), Reward("outcome", 9)), "(4, 3)"),
    (lambda m: objective(m, np.zeros((4, 2)), Reward("outcome", 10**8)), "100000000"),
    (lambda m: objective(m, np.full((4, 2), -700.0), Reward("outcome", 9, excluded=True)), "excluded")])
def test_what_cannot_be_answered_is_refused(fails, call, shown):
    fails(lambda: call(Maze(2, 2, 2)), shown)


# -- discount -----------------------------------------------------------------------------------------------------

@QUICK
@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.5, 0.9, 0.999]), st.integers(0, 2**32 - 1))
def test_floats_follow_the_exact_discounted_objective(W, K, g, seed):
    maze, z = Maze(W, K, 2), np.random.default_rng(seed).normal(0, 1.5, (4, K))
    p = logistic(z, K)
    value, slopes = discounted.exact_value_and_gradient(maze, Policy(*p), g)
    J, gradient = discounted.value_and_gradient(maze, z, g)
    assert J == pytest.approx(float(value), rel=1e-12 / (1 - g))
    true = np.array([[float(exact_float(s, q)) for s, q in zip(*pair, strict=True)]
                     for pair in zip(slopes, p, strict=True)])
    assert gradient == pytest.approx(true, rel=0, abs=1e-12 / (1 - g) * np.abs(true).max())


def exact_float(slope, p):
    value = exact(slope) * p * (1 - p)
    return Fraction(int(value.p), int(value.q))


def test_a_discount_is_a_truncated_one_with_a_horizon_beyond_sight():
    maze, z = Maze(3, 2, 2), np.random.default_rng(5).normal(size=(4, 2))
    J, gradient = discounted.value_and_gradient(maze, z, 0.9)
    cut, slope, _ = objective(maze, z, Reward("discount", 500, discount=0.9))
    assert cut == pytest.approx(J, rel=1e-13) and slope == pytest.approx(gradient, rel=1e-10, abs=1e-16)


def test_without_a_discount_the_target_is_sure():
    """g = 1: E[1^T] = 1, and its gradient is rounding only; just below 1 the loss is (1-g) H."""
    maze = Maze(3, 2, 2)
    value, slopes = discounted.exact_value_and_gradient(maze, Policy.base(2), 1)
    assert value == 1 and not any(v for row in slopes for v in row)
    h = Fraction(1, 10**12)
    lost = (1 - discounted.exact_value_and_gradient(maze, Policy.base(2), 1 - h)[0]) / h
    assert float(lost) == pytest.approx(float(hitting.expected_steps(maze, Policy.base(2))), rel=1e-9)


def test_ascent_on_a_discount_climbs():
    run = ascent(Maze(3, 2, 2), Reward("discount", discount=0.99), 2000, 0.01)
    assert run.objective[-1] > 1.5 * run.objective[0] and run.steps_to_target[-1] == pytest.approx(25, rel=1e-3)
    assert run.objective[0] == discounted.value_and_gradient(Maze(3, 2, 2), dynamics.base_log_odds(Maze(3, 2, 2)),
                                                             0.99)[0]


def test_bad_discounts_are_refused(fails):
    fails(lambda: discounted.value_and_gradient(Maze(1, 1, 1), np.zeros((4, 1)), 1.5), "1.5")
    fails(lambda: discounted.exact_value_and_gradient(Maze(1, 1, 1), Policy.base(1), 0), "0")
    one = Policy.base(2).branches[0]
    fails(lambda: discounted.exact_value_and_gradient(Maze(2, 1, 2), Policy.of(one, one), "1/2"), "tied")
