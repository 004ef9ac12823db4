"""Checks of `theory.fork`: predicted forks by chains on the multigraph (`verify.nests`), exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import strategies as st

from theory import closed_forms, fork
from theory.chain import START, Chain, lumped_chain
from theory.closed_forms import parameter, sft_rate
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify import nests, questions, solver, strategies
from verify.judge import grid

EPS = [Fraction(0), Fraction(1, 1000), Fraction(1, 7), Fraction(1, 2), Fraction(9, 10)]
CASES = [case for case in grid(W=(2, 3, 4), K=(1, 2), L=(1, 2, 3), eps=EPS)
         if Maze(case["W"], case["K"], case["L"]).arcs <= 60]
LIMITED = [{name: case[name] for name in ("W", "K", "eps")} for case in CASES if case["L"] == 1]
SEARCHED = [case for case in CASES if Maze(case["W"], case["K"], case["L"]).arcs <= 26]


def _shares(W, right):
    """The target's branch drawn with probability `right`, the others equally."""
    return [exact(right), *[(1 - exact(right)) / (W - 1)] * (W - 1)]


@st.composite
def _drawn(draw):
    """{'maze', 'policy', 'target', 'shares'}: any shares above 0; the policy tied or not."""
    case = draw(strategies.walks(maze=strategies.mazes(3, 2, 2)))
    weights = [draw(st.integers(1, 9)) for _ in range(case["maze"].W)]
    return {**case, "shares": [Fraction(w, sum(weights)) for w in weights]}


def _cost(maze, policy, target, shares):
    """The lumped chain with its fork's row replaced; every branch a side of its own."""
    policy = Policy.of(*[policy.branch(i) for i in range(maze.W)]) if maze.W > 1 else policy
    if maze.W == 1:
        return lumped_chain(maze, policy).hitting_time()
    rows = dict(lumped_chain(maze, policy, target=target).rows)
    rows[START] = {("target" if i == target else i, 1, True): exact(p) for i, p in enumerate(shares)}
    return Chain(rows).hitting_time()


def test_fork_cost__searched(check):
    check.search(_drawn(), _cost)


def test_fork_cost__control(check):
    check.search(_drawn(), _cost)


def _predicted(policy):
    def measure(W, K, eps, L=1):
        return nests.steps(1, Maze(W, K, L), policy(L), shares=_shares(W, 1 - exact(eps)))

    return measure


def test_fork_sft__exact(check):
    check.exhaust(CASES, _predicted(Policy.sft_limit))


def _affine(cost):
    """Where the branches are drawn with probability eps wrong, the cost is affine in eps/(1-eps), as it is in W - 1."""
    def measure(K, L, eps):
        K, L, eps = map(parameter, (K, L, eps))
        one, two = (parameter(cost(W, K, L)) for W in (1, 2))
        return fraction(one + eps / (1 - eps) * (two - one))

    return measure


def _errors(W, eps):
    return [W >= 2, eps >= 0, eps < 1]


def _sft_asked(check):
    solver.settle(check, questions.comparison(check, _affine(closed_forms.sft_steps), _errors, questions.powers),
                  "all W >= 2, K, L and 0 <= eps < 1 (z3)")


def test_fork_sft__solver(check):
    _sft_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_sft__control(check, route):
    if route == "solver":
        _sft_asked(check)
    else:
        check.exhaust(CASES, _predicted(Policy.sft_limit))


def test_fork_base__exact(check):
    check.exhaust(CASES, _predicted(Policy.base))


def _base_asked(check):
    solver.settle(check, questions.comparison(check, _affine(closed_forms.base_steps), _errors),
                  "all W >= 2, K, L and 0 <= eps < 1 (z3)")


def test_fork_base__solver(check):
    _base_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_base__control(check, route):
    if route == "solver":
        _base_asked(check)
    else:
        check.exhaust(CASES, _predicted(Policy.base))


def test_fork_optimum__exact(check):
    check.exhaust(LIMITED, _predicted(lambda L: Policy.optimum()))


def _optimum_asked(check):
    measure = _affine(lambda W, K, L: closed_forms.optimum_steps(W, K))
    solver.settle(check, questions.comparison(check, measure, _errors), "all W >= 2, K and 0 <= eps < 1 (z3)")


def test_fork_optimum__solver(check):
    _optimum_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_optimum__control(check, route):
    if route == "solver":
        _optimum_asked(check)
    else:
        check.exhaust(LIMITED, _predicted(lambda L: Policy.optimum()))


# 7/2 is what K = L = 1 comes to as eps tends to 1
ONE_DIAMOND = [{"W": W, "K": 1, "L": 1, "eps": Fraction(999, 1000)} for W in (2, 3)]


def test_fork_sft_lower__exact(check):
    check.exhaust([*CASES, *ONE_DIAMOND], _predicted(Policy.sft_limit))


def test_fork_sft_lower__tight(check):
    check.tight(ONE_DIAMOND, _predicted(Policy.sft_limit), factor=1.01)


def _sft_lower_asked(check):
    solver.settle(check, questions.induction(
        check, fork.fork_sft, known=lambda K, L: [L**K >= 1, sft_rate(L) ** K >= sft_rate(L)], given=_errors),
        "all W >= 2, K, L and 0 <= eps < 1 (z3, induction over K)")


def test_fork_sft_lower__solver(check):
    _sft_lower_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_sft_lower__control(check, route):
    if route == "solver":
        _sft_lower_asked(check)
    else:
        check.exhaust([*CASES, *ONE_DIAMOND], _predicted(Policy.sft_limit))


def _lines(K, L, policy):
    """(1 - eps) H is linear in eps, as a third eps confirms: its value at 0 and its slope, on the multigraph."""
    at = [exact(_predicted(policy)(2, K, eps, L)) * (1 - eps) for eps in (exact(0), exact(1) / 2, exact(9) / 10)]
    assert 5 * (at[2] - at[0]) == 9 * (at[1] - at[0])
    return at[0], 2 * (at[1] - at[0])


def _crossing(K, L, delta):
    (s, s_slope), (r, r_slope) = _lines(K, L, Policy.sft_limit), _lines(K, L, lambda _: Policy.optimum())
    factor = 1 + exact(delta)
    return fraction((factor * r - s) / (s_slope - factor * r_slope))


DELTAS = grid(K=(1, 2, 3), L=(1, 2, 4), delta=(Fraction(1, 20), Fraction(1), Fraction(3)))


def test_fork_critical__exact(check):
    check.exhaust(DELTAS, _crossing)


def _meeting(first, second, more):
    """Where two costs, the second times 1 + more, are the same: (1 - eps) times each is affine in eps."""
    (s, s_slope), (r, r_slope) = ((one, two - 2 * one) for one, two in (first, second))
    return ((1 + more) * r - s) / (s_slope - (1 + more) * r_slope)


def _at_one_and_two(cost, *size):
    return [parameter(cost(W, *size)) for W in (1, 2)]


def _excursion(K, L):
    one, two = _at_one_and_two(closed_forms.sft_steps, K, L)
    return two - one - 1


def _critical_asked(check):
    def critical(K, L, delta):
        return fraction(_meeting(_at_one_and_two(closed_forms.sft_steps, K, L),
                                 _at_one_and_two(closed_forms.optimum_steps, K), parameter(delta)))

    def inside(K, L, delta):
        return [delta > 0, _excursion(K, L) > (1 + delta) * (4 * K + 1) + delta]

    solver.settle(check, questions.comparison(check, critical, inside, questions.powers, readable=False),
                  "all K, L, delta of the domain (z3)")


def test_fork_critical__solver(check):
    _critical_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_critical__control(check, route):
    if route == "solver":
        _critical_asked(check)
    else:
        check.exhaust(DELTAS, _crossing)


def _base_crossing(K, L):
    (s, s_slope), (r, r_slope) = _lines(K, L, Policy.sft_limit), _lines(K, L, Policy.base)
    return fraction((r - s) / (s_slope - r_slope))


def test_fork_worse_than_base__exact(check):
    check.exhaust(grid(K=range(1, 6), L=(1, 2, 4)), _base_crossing)


def _worse_asked(check):
    def worse(K, L):
        return fraction(_meeting(_at_one_and_two(closed_forms.sft_steps, K, L),
                                 _at_one_and_two(closed_forms.base_steps, K, L), 0))

    def inside(K, L):
        return [_excursion(K, L) + 1 > 2 * closed_forms.base_steps(1, K, L)]

    solver.settle(check, questions.comparison(check, worse, inside, questions.powers, readable=False),
                  "all K, L of the domain (z3)")


def test_fork_worse_than_base__solver(check):
    _worse_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_fork_worse_than_base__control(check, route):
    if route == "solver":
        _worse_asked(check)
    else:
        check.exhaust(grid(K=range(1, 6), L=(1, 2, 4)), _base_crossing)


def _restarted(W, K, eps):
    return nests.restarted(1, Maze(W, K, 2), Policy.sft_limit(2), shares=_shares(W, 1 - exact(eps)))


def test_fork_restarts__exact(check):
    check.exhaust(LIMITED, _restarted)


def test_fork_restarts__control(check):
    check.exhaust(LIMITED, _restarted)


def _search(W, K, L, eps):
    return nests.searched(1, Maze(W, K, L), Policy.sft_limit(L), shares=_shares(W, 1 - exact(eps)))[1]


POSITIVE = [case for case in SEARCHED if case["eps"] > 0]


def test_fork_search__exact(check):
    check.exhaust(SEARCHED, _search)


def test_fork_search__control(check):
    check.exhaust(SEARCHED, _search)


# -- a prediction for the walk ------------------------------------------------------------------------------------

def _held(cost, W, eps, f):
    """Mean of cost(shares) over which branch is predicted, and drawn with probability f."""
    eps, f = exact(eps), exact(f)
    wrong = [(1 - f) / (W - 1), f, *[(1 - f) / (W - 1)] * (W - 2)]
    return fraction((1 - eps) * exact(cost(_shares(W, f))) + eps * exact(cost(wrong)))


def _search_walk(W, K, L, eps):
    maze, policy = Maze(W, K, L), Policy.sft_limit(L)
    return _held(lambda shares: nests.searched(1, maze, policy, shares=shares)[1], W, eps, 1 - exact(eps))


def test_fork_search_walk__exact(check):
    check.exhaust(POSITIVE, _search_walk)


def test_fork_search_walk__control(check):
    check.exhaust(POSITIVE, _search_walk)


def _walk(maze, policy, eps, f=None):
    return _held(lambda shares: nests.steps(1, maze, policy, shares=shares), maze.W, eps,
                 1 - exact(eps) if f is None else f)


@st.composite
def _predictions(draw, follow=False):
    maze = draw(strategies.mazes(3, 2, 2, least_W=2))
    inside = st.integers(1, 19).map(lambda n: Fraction(n, 20))
    case: dict[str, Any] = {"maze": maze, "policy": Policy.of(draw(strategies.branches(maze.K))), "eps": draw(inside)}
    return case | ({"f": draw(inside)} if follow else {})


def test_fork_calibrated__searched(check):
    check.search(_predictions(), _walk)


def test_fork_calibrated__control(check):
    check.search(_predictions(), _walk)


# at f = the root rule's the two sides are equal, which no ball can decide: a thousandth beside it
ROOTS = [{"maze": Maze(W, 1, 2), "policy": policy, "eps": Fraction(eps), "f": Fraction(f) + Fraction(1, 1000)}
         for W, eps, f in ((2, "9/25", "4/7"), (5, "1/5", "1/2"), (2, "1/2", "1/2"))
         for policy in (Policy.sft_limit(2), Policy.optimum(), Policy(1, "1/2", "2/3", 1))]


def test_fork_root_rule__searched(check):
    check.search(_predictions(follow=True), _walk)


def test_fork_root_rule__tight(check):
    check.tight(ROOTS, _walk, factor=1.001)


def test_fork_root_rule__control(check):
    check.exhaust(ROOTS, _walk)
