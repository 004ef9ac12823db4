"""Checks of `theory.separation`: closed forms compared on wide grids; the small ones solved on the multigraph."""

from fractions import Fraction

import pytest

from theory import closed_forms
from theory.closed_forms import parameter
from theory.numeric import fraction
from verify import measures, questions, solver, strategies
from verify.sweeps import PLANE, SMALL, WIDE


def _sft(W, K, L):
    return closed_forms.sft_steps(W, K, L)


def _optimum(W, K, L=1):
    return closed_forms.optimum_steps(W, K)


def _gap(W, K, L):
    return Fraction(_sft(W, K, L)) / _optimum(W, K)


def test_separation_sft_lower_quoted__exact(check):
    check.exhaust(SMALL, measures.sft_steps)


def test_separation_sft_lower_quoted__control(check):
    check.exhaust(SMALL, measures.sft_steps)


def _sft_room(form):
    return closed_forms.negative_with_powers(
        lambda W, K, L, power: closed_forms.sft_steps(W, K, L, power) - form(W, K, L, power))


def test_separation_sft_lower__proved(check):
    check.certificate(_sft_room, "all W >= 2, K, L (nonnegative coefficients in L^K and rho^K)")


def test_separation_sft_lower__exact(check):
    check.exhaust(WIDE, _sft)


def test_separation_sft_lower__searched(check):
    check.search(strategies.sizes(60, 60, 60, least_W=2), _sft)


def _sft_asked(check):
    solver.settle(check, questions.induction(check, closed_forms.sft_steps, known=questions.grown),
                  "all W >= 2, K, L (z3, induction over K)")


def test_separation_sft_lower__solver(check):
    _sft_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_separation_sft_lower__control(check, route):
    if route == "solver":
        _sft_asked(check)
    elif route == "certificate":
        check.certificate(_sft_room, "")
    else:
        check.exhaust(WIDE, _sft)


def test_separation_sft_lower__needed(check):
    check.exhaust(WIDE, _sft)


def test_separation_sft_order_quoted__exact(check):
    check.exhaust(WIDE, _sft)


def test_separation_sft_order_quoted__control(check):
    check.exhaust(WIDE, _sft)


def _room_above(form):
    return closed_forms.negative_coefficients(lambda W, K: form(W, K) - closed_forms.optimum_steps(W, K))


def _room_below(form):
    return closed_forms.negative_coefficients(lambda W, K: closed_forms.optimum_steps(W, K) - form(W, K))


def test_separation_rlvr_upper__proved(check):
    check.certificate(_room_above, "all W, K (nonnegative coefficients)")


def test_separation_rlvr_upper__exact(check):
    check.exhaust(PLANE, _optimum)


def _above_asked(check):
    solver.settle(check, questions.comparison(check, closed_forms.optimum_steps),
                  "all W, K (z3)")


def test_separation_rlvr_upper__solver(check):
    _above_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_separation_rlvr_upper__control(check, route):
    if route == "solver":
        _above_asked(check)
    elif route == "certificate":
        check.certificate(_room_above, "")
    else:
        check.exhaust(PLANE, _optimum)


def test_separation_rlvr_lower__proved(check):
    check.certificate(_room_below, "all W, K (nonnegative coefficients)")


def test_separation_rlvr_lower__exact(check):
    check.exhaust(PLANE, _optimum)


def _below_asked(check):
    solver.settle(check, questions.comparison(check, closed_forms.optimum_steps),
                  "all W, K (z3)")


def test_separation_rlvr_lower__solver(check):
    _below_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_separation_rlvr_lower__control(check, route):
    if route == "solver":
        _below_asked(check)
    elif route == "certificate":
        check.certificate(_room_below, "")
    else:
        check.exhaust(PLANE, _optimum)


def _gap_room(form):
    return closed_forms.negative_with_powers(lambda W, K, L, power: closed_forms.sft_steps(W, K, L, power)
                                             / closed_forms.optimum_steps(W, K) - form(W, K, L, power))


def test_separation__proved(check):
    check.certificate(_gap_room, "all W >= 2, K, L (nonnegative coefficients in L^K and rho^K)")


def test_separation__exact(check):
    check.exhaust(WIDE, _gap)


def test_separation__searched(check):
    check.search(strategies.sizes(60, 60, 60, least_W=2), _gap)


def _gap_asked(check):
    def gap(W, K, L):
        return fraction(parameter(closed_forms.sft_steps(W, K, L)) / parameter(closed_forms.optimum_steps(W, K)))

    solver.settle(check, questions.induction(check, gap, known=questions.grown),
                  "all W >= 2, K, L (z3, induction over K)")


def test_separation__solver(check):
    _gap_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_separation__control(check, route):
    if route == "solver":
        _gap_asked(check)
    elif route == "certificate":
        check.certificate(_gap_room, "")
    else:
        check.exhaust(WIDE, _gap)


def test_separation__needed(check):
    check.exhaust(WIDE, _gap)


def _one_branch(K, L):
    return measures.sft_steps(1, K, L)


ONE = [{"K": K, "L": L} for K in range(1, 7) for L in range(1, 7)]


def test_no_gap_without_wrong_branch__exact(check):
    check.exhaust(ONE, _one_branch)


def _one_branch_asked(check):
    solver.settle(check, questions.comparison(check, lambda K, L: closed_forms.sft_steps(1, K, L)), "all K, L (z3)")


def test_no_gap_without_wrong_branch__solver(check):
    _one_branch_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_no_gap_without_wrong_branch__control(check, route):
    if route == "solver":
        _one_branch_asked(check)
    else:
        check.exhaust(ONE, _one_branch)
