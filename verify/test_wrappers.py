"""Checks of `theory.wrappers`: search and restarts, exactly, on the full multigraph."""

import pytest

from theory import closed_forms, wrappers
from theory.maze import Maze
from theory.policy import Policy
from verify.judge import grid
from verify.sweeps import TINY, WIDE
from verify.wrapped import restart_steps, search_steps

# the number of sets of crossed arcs is what limits these
SEARCHED = [case for case in grid(W=range(1, 5), K=range(1, 4), L=range(1, 6)) if Maze(**case).arcs <= 36]


def _search_sft(W, K, L):
    return search_steps(Maze(W, K, L), Policy.sft_limit(L))


def test_search_sft__exact(check):
    check.exhaust(SEARCHED, _search_sft)


def test_search_sft__control(check):
    check.exhaust(SEARCHED, _search_sft)


def _search_optimum(W, K, L):
    return search_steps(Maze(W, K, L), Policy.optimum())


def test_search_optimum__exact(check):
    check.exhaust(SEARCHED, _search_optimum)


def test_search_optimum__control(check):
    check.exhaust(SEARCHED, _search_optimum)


def _restart(W, K, L):
    return restart_steps(Maze(W, K, L), Policy.sft_limit(L))


def test_restart_sft__exact(check):
    check.exhaust(TINY, _restart)


def test_restart_sft__control(check):
    check.exhaust(TINY, _restart)


def _ratio(W, K, L):
    return wrappers.search_sft(W, K, L) / wrappers.search_optimum(W, K)


LARGE = [{"W": n, "K": n, "L": 5} for n in (10, 100, 1000, 10_000)]


def test_search_narrows__sweep(check):
    check.sweep(LARGE, _ratio, within=1e-3)


def test_search_narrows__control(check):
    check.sweep(LARGE, _ratio, within=1e-3)


def _room(form):
    return closed_forms.negative_coefficients(
        lambda W, K, L: 2 * wrappers.search_sft(W, K, L) - 2 * form(W, K, L), names="WKL")


def test_search_gap__proved(check):
    check.certificate(_room, "all W, K, L (nonnegative coefficients)")


def test_search_gap__exact(check):
    check.exhaust(SEARCHED, _search_sft)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_search_gap__control(check, route):
    if route == "certificate":
        check.certificate(_room, "")
    else:
        check.exhaust(WIDE, lambda W, K, L: wrappers.search_sft(W, K, L))
