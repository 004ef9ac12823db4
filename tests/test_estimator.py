"""The estimator's moments and the rollout counts as code: number types, errors, special mazes, monotonicity.

That the moments are right is checked in verify/test_signs.py.
"""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from theory import dynamics, estimator, hitting, majority
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy

FIGURE = Maze(15, 15, 5)
UNEVEN = Policy(a=("1/2", "1/5"), b="2/3", c="3/7", d=("1/9", "4/5"))


def test_balls_and_rationals_agree():
    maze = Maze(2, 2, 3)
    rows, signal = estimator.estimators(maze, UNEVEN), estimator.signal(maze, UNEVEN)
    for i, name in enumerate("abcd"):
        for j, entry in enumerate(rows[name]):
            assert isinstance(entry.mean, Fraction)
            for value, exact in ((signal.mean, entry.mean), (signal.score, entry.score),
                                 (signal.variance, entry.variance()), (signal.ratio, 1 / entry.samples())):
                assert value[i, j] == pytest.approx(float(exact), rel=1e-12)
    assert signal.steps == float(hitting.expected_steps(maze, UNEVEN))


def test_the_best_baseline_is_best():
    entry = estimator.estimators(Maze(3, 2, 2), Policy.base(2))["b"][1]
    best = entry.baseline("best")
    assert entry.variance("best") == entry.variance(best) < entry.variance("mean")
    assert all(entry.variance(best) < entry.variance(best + shift) for shift in (-1, Fraction(1, 1000), 1))
    assert entry.mean == -entry.moments[1, 1] and entry.moment(1, 17) == entry.mean    # E[S] = 0: every baseline


def test_one_row_entry_alone_is_the_same():
    maze = Maze(3, 3, 2)
    rows = estimator.estimators(maze, Policy.base(2), order=3)
    for name in "abcd":
        assert estimator.estimators(maze, Policy.base(2), order=3, only=(name, 2)) == {name: [rows[name][1]]}


def test_log_odds_and_policy_give_the_same_signal():
    z = dynamics.base_log_odds(Maze(3, 2, 2)) + 1
    near = estimator.signal(Maze(3, 2, 2), z)
    assert near.ratio == pytest.approx(estimator.signal(Maze(3, 2, 2), dynamics.policy_of(z)).ratio, rel=1e-9)
    _, slope = dynamics.cost_and_gradient(Maze(3, 2, 2), z)
    assert near.mean == pytest.approx(-slope, rel=1e-9)


def test_log_odds_keep_the_complement_of_a_row_near_1():
    """1 - p is 1e-18 here, and p = 1 in floats: noise to signal still doubles with every log 2."""
    z = dynamics.base_log_odds(Maze(3, 2, 2)) + 40
    twice = estimator.signal(Maze(3, 2, 2), z + math.log(2)).ratio
    assert estimator.signal(Maze(3, 2, 2), z).ratio / twice == pytest.approx(2, rel=1e-6)


def test_rows_that_do_not_move_have_no_gradient_and_do_not_count():
    assert majority.rollouts_for_signs(FIGURE, Policy.optimum(), 0.1) == 0
    sft = estimator.signal(Maze(3, 4, 2), Policy.sft_limit(2))
    assert np.all(sft.score[[0, 2]] == 0) and np.all(sft.ratio[[0, 2]] == 0) and np.all(sft.ratio[[1, 3]] > 0)
    assert majority.rollouts_for_signs(Maze(3, 4, 2), Policy.sft_limit(2), 0.1, rows="forward") == 0
    # W = 1: v_K is never left towards the fork
    alone = estimator.signal(Maze(1, 2, 2), Policy.base(2))
    assert alone.score[1, 1] == 0 and alone.score[1, 0] > 0 and alone.mean[1, 0] < 0


def test_an_unreachable_sign_is_refused():
    """At W = 9, K = 16, L = 2 the gradient of d_10 at base is exactly 0."""
    entry = estimator.estimators(Maze(9, 16, 2), Policy.base(2), only=("d", 10))["d"][0]
    assert entry.mean == 0
    with pytest.raises(InputError, match="a gradient of 0"):
        entry.samples()
    with pytest.raises(InputError, match="row d, diamond 10"):
        estimator.signal(Maze(9, 16, 2), Policy.base(2))


@pytest.mark.parametrize("call, words", [
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy.untied([Policy.base(1)] * 2)), "tied"),
    (lambda: estimator.signal(Maze(2, 1, 1), Policy.untied([Policy.base(1)] * 2)), "tied"),
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy(0, 1, 1, 1)), "infinite"),
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy(1, 0, 1, 1)), "infinite"),
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy.base(1), only=("e", 1)), "row e"),
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy.base(1), only=("a", 2)), "K = 1"),
    (lambda: estimator.signal(Maze(2, 1, 1), np.zeros((4, 2))), "4 x K"),
    (lambda: estimator.signal(Maze(2, 1, 1), np.full((4, 1), np.inf)), "finite"),
    (lambda: estimator.signal(Maze(2, 1, 1), Policy.base(1), baseline="least"), "baseline 'least'"),
    (lambda: estimator.estimators(Maze(2, 1, 1), Policy.optimum())["a"][0].baseline("best"), "no best baseline"),
    (lambda: majority.majority(0.0), "delta = 0.0"),
    (lambda: majority.majority(0.7), "delta = 0.7"),
    (lambda: majority.rollouts_for_sign(-1.0, 0.1), "-1.0"),
    (lambda: majority.rollouts_for_sign(math.nan, 0.1), "nan"),
    (lambda: majority.rollouts_for_signs(Maze(2, 1, 1), Policy.base(1), 0.1, rows="left"), "rows 'left'"),
    (lambda: majority.wrong_at_least(0.1, 3, 0), "n = 0"),
])
def test_bad_input_is_refused_in_one_line(call, words):
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_values_out_of_float_range_are_refused():
    with pytest.raises(InputError, match="float64"):
        estimator.signal(Maze(2, 12, 10**10), Policy.sft_limit(10**10))


def test_rollouts_grow_with_confidence_and_fall_with_signal():
    counts = [majority.rollouts_for_sign(1e-4, delta) for delta in (0.4, 0.1, 0.01, 1e-4, 1e-8, 1e-100)]
    assert counts == sorted(counts) and len(set(counts)) == len(counts)
    assert majority.rollouts_for_sign(1e-6, 0.1) == pytest.approx(100 * majority.rollouts_for_sign(1e-4, 0.1), rel=1e-3)
    assert majority.rollouts_for_sign(0.0, 0.1) == math.inf
    assert majority.rollouts_for_sign(1e-4, 0.1) == 90_001                    # Cantelli: 9/r^2, rounded up
    for delta in (0.4, 0.1, 1e-3, 1e-10, 1e-100):
        k, x = majority.majority(delta)
        assert k % 2 == 1 and k * x <= min((1 - delta) / delta, 18 * math.log(1 / delta) + 10) * (1 + 1e-8)
        assert majority.rollouts_for_sign(1e-4, delta, normal=True) <= majority.rollouts_for_sign(1e-4, delta)


def test_all_signs_need_more_than_one_and_backward_rows_no_more_than_all():
    found = estimator.signal(FIGURE, Policy.base(5))
    alone = majority.rollouts_for_sign(float(found.ratio.min()), 0.01)
    every = majority.rollouts_for_signs(FIGURE, Policy.base(5), 0.01)
    assert alone < every and every == majority.rollouts_for_sign(float(found.ratio.min()), 0.01 / 60)
    assert majority.rollouts_for_signs(FIGURE, Policy.base(5), 0.01, rows="backward") < every
    assert majority.rollouts_for_signs(FIGURE, Policy.base(5), 0.01, normal=True) < every
    assert majority.rollouts_for_signs(FIGURE, Policy.base(5), 0.01, baseline="best") < every


def test_the_path_is_the_sum_of_its_points():
    maze = Maze(3, 2, 2)
    path = majority.diagonal(maze, [0, 1.5])
    assert path.shape == (2, 4, 2) and np.array_equal(path[0], dynamics.base_log_odds(maze))
    assert list(majority.rollouts_along(maze, path, 0.1)) == [majority.rollouts_for_signs(maze, z, 0.1) for z in path]


def test_an_average_of_many_is_nearly_normal_and_can_be_wrong():
    assert majority.wrong_at_least(0, 3, 1) == pytest.approx(1 / 12)
    assert majority.wrong_at_least(1e-12, 124, 10**6) == pytest.approx((0.5 / 3.000121**0.5 - 1e-3) ** 2)
    assert majority.wrong_at_least(1, 3, 5) == 0
    assert majority.wrong_at_least(1e-15, 124, 10**6) >= 1 / 64


def test_an_estimator_of_balls_takes_a_number_for_a_baseline():
    rows = estimator.estimators(Maze(2, 1, 1), Policy(*([flint.arb(1) / 2] * 4)))
    exact = estimator.estimators(Maze(2, 1, 1), Policy.base(1))
    assert rows["d"][0].variance(Fraction(7, 3)).overlaps(
        flint.arb(1) * flint.fmpq(*exact["d"][0].variance(Fraction(7, 3)).as_integer_ratio()))
