"""Unit tests of `theory.perturbed` and of the helpers in `theory.noise` and `theory.data`: spot values, bad input."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction

import mpmath
import pytest

from theory import closed_forms, data, hitting, noise, perturbed
from theory.maze import Maze
from theory.numeric import fraction
from theory.policy import Policy


def test_the_examples_run():
    assert doctest.testmod(perturbed).failed == 0


def test_no_noise_is_no_change():
    for maze in (Maze(1, 1, 1), Maze(3, 2, 2), Maze(2, 4, 3)):
        for policy in (Policy.base(maze.L), Policy("1/3", "4/5", "2/3", "1/7"), Policy.optimum()):
            for tied in (True, False):
                H = hitting.expected_steps(maze, policy)
                assert perturbed.averaged_steps(maze, policy, 1, tied=tied) == H
    assert perturbed.averaged_steps(Maze(3, 2, 2), Policy.optimum(), 7) == 25


def test_tied_errors_cost_less_than_untied_ones_at_base():
    """Branches that share their errors cannot be too eager out and too eager back at once."""
    tied, own = (perturbed.averaged_steps(Maze(3, 20, 2), Policy.base(2), 3, tied=t) for t in (True, False))
    assert 0 < tied < own / 10


def test_estimates_of_a_row():
    assert [fraction(v) for v in perturbed.visits("1/3", 0)] == [Fraction(1, 2), 2]
    assert [fraction(v) for v in perturbed.visits("1/3", 3)] == [Fraction(2, 5), Fraction(65, 27) * Fraction(5, 4)]
    assert [fraction(v) for v in perturbed.visits("1/2", 1)] == [Fraction(1, 2), Fraction(9, 4)]       # 1/3 or 2/3


def test_an_expert_that_never_errs_or_always_does():
    assert perturbed.expert_rows(Maze(3, 2, 4), 0) == Policy.sft_limit(4)
    base = Policy.base(4).branch(0)
    rows = perturbed.expert_rows(Maze(3, 2, 4), 1).branch(0).expanded(2)
    assert all(value == getattr(base, name) for name in "abcd" for value in rows[name])
    assert perturbed.cut_rows(4, 0) == Policy.sft_limit(4) and perturbed.cut_rows(4, 1) == Policy.base(4)


def test_rare_errors_of_the_expert_leave_backward_rows_near_zero():
    rows = perturbed.expert_rows(Maze(3, 6, 2), Fraction(1, 1000)).branch(0)
    assert max(map(fraction, [*rows.b[2:5], *rows.d[2:]])) < Fraction(1, 1000)


def test_mixed_data_from_none_to_all():
    maze = Maze(2, 3, 2)
    assert float(perturbed.mixed_steps(maze, 0, 1)) == pytest.approx(closed_forms.base_steps(2, 3, 2))
    assert float(perturbed.mixed_steps(maze, 10**9, 1)) == pytest.approx(closed_forms.optimum_steps(2, 3), rel=1e-7)
    assert [fraction(perturbed.retreat_rate(3, "1/2", R)) for R in (None, 1)] == [1, Fraction(1, 3)]
    assert perturbed.mixed_excess(3, 2, 1.0, 1e9) == pytest.approx(1)
    assert perturbed.mixed_excess(3, 2, 1.0, 1e-6) == math.inf


@pytest.mark.parametrize("u", ["9e-5", "1.1e-4", "1e-2"])
def test_the_limit_on_mixed_data_to_fifty_digits(u):
    """Either side of where the float formula would cancel; W = 3, L = 2, w = 1, so that k = u and theta = 2/(3u)."""
    with mpmath.workdps(50):
        u = mpmath.mpf(u)
        out, back, h = mpmath.expm1(u) / u, -mpmath.expm1(-u) / u, (u - 1 + mpmath.exp(-u)) / u**2
        wanted = (4 * 2 * out * (1 + u * back) + 2 + 4 * u * h) / 10
        theta = 2 / (3 * u)
    assert perturbed.mixed_excess(3, 2, 1.0, float(theta)) == pytest.approx(float(wanted), rel=1e-11)


def test_limits_of_the_closed_forms():
    assert data.early_gain(2) == pytest.approx(2 / (3 * math.log(2)))
    assert 1 - data.early_gain(100) == pytest.approx(1 / (12 * 99.5**2), rel=1e-2)
    assert data.messy_time(3, 2, 1e-3) * 1e-3 == pytest.approx(20 * 2 / 3 * 4 / 5, rel=0.05)
    assert noise.sft_turning(5, 4, 3, 1) == closed_forms.sft_steps(5, 4, 3)
    assert noise.expert_threshold(1) == pytest.approx(2 / 3)


def test_bad_input_is_refused_in_one_line(fails):
    maze = Maze(2, 1, 1)
    fails(lambda: perturbed.averaged_steps(maze, Policy.base(1), "1/2"), "q = 1/2")
    fails(lambda: perturbed.averaged_steps(maze, Policy(1, 1, 1, 0), 2), "row 0")
    fails(lambda: perturbed.averaged_steps(maze, Policy.untied([Policy.base(1)] * 2), 2), "tied")
    fails(lambda: perturbed.expert_rows(maze, "3/2"), "eta = 3/2")
    fails(lambda: perturbed.cut_rows(2, -1), "eta = -1")
    fails(lambda: perturbed.retreat_rate(2, 2), "eps = 2")
    fails(lambda: perturbed.retreat_rate(2, 1, -1), "R = -1")
    fails(lambda: perturbed.visits("1/2", -1), "n = -1")
    fails(lambda: perturbed.expected_maximum(-1, 2, 2), "K = -1")
