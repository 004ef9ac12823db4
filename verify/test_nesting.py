"""Checks of `theory.nesting`: forks in a row walked on the multigraph itself (`verify.nests`), exactly."""

from __future__ import annotations

import functools

import pytest
import sympy
from hypothesis import strategies as st

from theory import closed_forms, nested
from theory.maze import Maze
from theory.mazes_general import nested_forks
from theory.multigraph import expected_steps
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify import nests, questions, solver, strategies
from verify.judge import grid

# the witness solves a dense system in the number of arcs
MOST = 64


def _fits(M, W, K, L, most=MOST):
    return M * Maze(W, K, L).arcs <= most


SIZES = [case for case in grid(M=range(1, 5), W=range(1, 5), K=range(1, 4), L=range(1, 4)) if _fits(**case)]
FORKED = [case for case in SIZES if case["W"] > 1]


@st.composite
def _nests(draw, most=48):
    """{'M', 'maze', 'policy'}: tied rows in (0, 1]; shrinks to one fork of the smallest maze."""
    maze = draw(strategies.mazes(3, 3, 2).filter(lambda maze: maze.arcs <= most))
    M = draw(st.integers(1, max(1, min(4, most // maze.arcs))))
    return {"M": M, "maze": maze, "policy": Policy.of(draw(strategies.branches(maze.K)))}


def _sizes(fits=_fits):
    return st.fixed_dictionaries({"M": st.integers(1, 4), "W": st.integers(1, 4), "K": st.integers(1, 3),
                                  "L": st.integers(1, 3)}).filter(lambda case: fits(**case))


def _search(check, instances, measure):
    """A solve takes some 20 ms: half as many of them as elsewhere, but for the thorough profile."""
    check.search(instances, measure, max_examples=30 if check.profile == "quick" else None)


# -- onward -----------------------------------------------------------------------------------------------------

def test_nested_onward__searched(check):
    _search(check, _nests(), nests.steps)


def test_nested_onward__control(check):
    _search(check, _nests(), nests.steps)


def _ones(M, W, K, L=1, **reading):
    return nests.steps(M, Maze(W, K, L), Policy.optimum(), **reading)


def test_nested_optimum__exact(check):
    check.exhaust(SIZES, _ones)


def _ones_asked(check):
    solver.settle(check, questions.comparison(check, lambda M, W, K: M * closed_forms.optimum_steps(W, K)),
                  "all M, W, K (z3)")


def test_nested_optimum__solver(check):
    _ones_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_nested_optimum__control(check, route):
    if route == "solver":
        _ones_asked(check)
    else:
        check.exhaust(SIZES, _ones)


def test_nested_restarts__searched(check):
    _search(check, _nests(), nests.restarted)


def test_nested_restarts__control(check):
    _search(check, _nests(), nests.restarted)


# what is off, (W-1)/(W^M - W), falls along the whole list
RATES = [{"M": M, "W": W} for W, M in ((2, 2), (2, 4), (3, 4), (5, 4), (2, 10), (3, 7))]


def _restart_rate(M, W):
    more, less = (exact(nests.restarted(m, Maze(W, 1, 1), Policy.sft_limit(1))) for m in (M, M - 1))
    return more / less


def test_nested_restart_rate__sweep(check):
    check.sweep(RATES, _restart_rate, within=1e-3)


def test_nested_restart_rate__control(check):
    check.sweep(RATES, _restart_rate, within=1e-3)


def _losing(W, K, L, **reading):
    """The first M at which the restarted walk on the multigraph costs more, up to 6; none beyond is cheaper again."""
    maze, sft, ones = Maze(W, K, L), Policy.sft_limit(L), Policy.optimum()
    dearer = [nests.restarted(M, maze, sft, **reading) > nests.steps(M, maze, ones, **reading)
              for M in range(1, 7) if M * maze.arcs <= 84]
    assert dearer == sorted(dearer)
    return dearer.index(True) + 1


FEW = [case for case in grid(W=range(2, 7), K=(1, 2, 3), L=(1, 2)) if 3 * Maze(**case).arcs <= 84]


def test_nested_losing__exact(check):
    check.exhaust(FEW, _losing)


def test_nested_losing__computed(check):
    """By the formulas that `nested_restarts` and `nested_optimum` hold against the multigraph."""
    check.exhaust(grid(W=range(2, 60), K=(1, 2, 15), L=(1, 5)), lambda W, K, L: nested.losing_depth(Maze(W, K, L)))


def _losing_asked(check):
    """Over 2K+1 restarts cost W + .. + W^M and the optimum M(2W-1): an induction over M from the claimed depth on."""
    M, W, K, L = (sympy.Symbol(name) for name in "MWKL")
    restarts, optimum = W * (W**M - 1) / (W - 1), M * (2 * W - 1)
    asked = []
    for path, depth in questions.ways(check.body, {"W": W, "K": K, "L": L}):
        def witness(case, depth=depth, shallow=0):
            W, M = case["W"], shallow or case["M"]
            maze = Maze(W, 1, 1)
            dearer = (nested.restart_onward(M, maze, Policy.sft_limit(1))
                      > nested.onward_steps(M, maze, Policy.optimum()))
            return f"W = {W}: claimed from M = {depth} on, is not so at M = {M}" if dearer != (M >= depth) else None

        inside = [W >= 2, *path]
        asked += questions.steps([W**M >= W, restarts > optimum], M, [W], depth, [*inside, M >= depth],
                                 frozenset("MW"), witness)
        asked += [solver.Question(f"M = {m}", inside, questions.cleared(
            [sympy.Le(restarts.subs(M, m), optimum.subs(M, m))], frozenset("W")), frozenset("W"),
            functools.partial(witness, shallow=m)) for m in range(1, depth)]
    solver.settle(check, asked, "all W >= 2, K, L and every M (z3, induction over M)")


def test_nested_losing__solver(check):
    _losing_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_nested_losing__control(check, route):
    if route == "solver":
        _losing_asked(check)
    else:
        check.exhaust(FEW, _losing)


def _useless(W, K, L):
    """The first M at which the restarted walk on the multigraph costs more than the walk left alone."""
    maze, sft, M = Maze(W, K, L), Policy.sft_limit(L), 1
    while nests.restarted_sparse(M, maze, sft) <= nests.steps_sparse(M, maze, sft):
        M += 1
    return M


USELESS = [dict(zip("WKL", size, strict=True)) for size in (
    (2, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 2), (4, 2, 1), (5, 3, 1), (2, 3, 2))]


def test_nested_useless__exact(check):
    check.exhaust(USELESS, _useless)


def test_nested_useless__control(check):
    check.exhaust(USELESS, _useless)


@st.composite
def _short(draw):
    case = draw(_nests(36))
    return {**case, "M": min(case["M"], 2)}


def _shortest(M, maze, policy):
    return nests.budgeted(M, maze, policy, M * maze.shortest)


def test_nested_budget__searched(check):
    _search(check, _short(), _shortest)


def test_nested_budget__control(check):
    _search(check, _short(), _shortest)


def _checkpoints(M, maze, policy):
    return nests.restarted(M, maze, policy, last=True)


def test_nested_checkpoints__searched(check):
    _search(check, _nests(), _checkpoints)


def test_nested_checkpoints__control(check):
    _search(check, _nests(), _checkpoints)


SEARCHED = [case for case in SIZES if _fits(**case, most=36)]


def _search_sft(M, W, K, L):
    return nests.searched(M, Maze(W, K, L), Policy.sft_limit(L))[1]


def test_nested_search_sft__exact(check):
    check.exhaust(SEARCHED, _search_sft)


def test_nested_search_sft__control(check):
    check.exhaust(SEARCHED, _search_sft)


def _search_ones(M, W, K, L):
    return nests.searched(M, Maze(W, K, L), Policy.optimum())[1]


def test_nested_search_optimum__exact(check):
    check.exhaust(SEARCHED, _search_ones)


def test_nested_search_optimum__control(check):
    check.exhaust(SEARCHED, _search_ones)


# -- with the way back ------------------------------------------------------------------------------------------

@st.composite
def _branches(draw):
    maze = draw(strategies.mazes(1, 4, 2))
    return {"maze": maze, "policy": Policy.of(draw(strategies.branches(maze.K)))}


def _balance(maze, policy):
    """Two walks on the multigraph: from u_1 to the far end before the fork, and back from v_K."""
    rows, last = nests.nest(1, maze, policy).rows, 2 * maze.K
    forwards = nests.crosses(rows, (1, -1, 0), nests.GOAL, ((1, -1, 0), (1, 0, 1), 0))
    return fraction(exact(nests.crosses(rows, nests.GOAL, (1, -1, 0), (nests.GOAL, (1, 0, last), 0))) / exact(forwards))


def test_crossing_balance__searched(check):
    check.search(_branches(), _balance)


def test_crossing_balance__control(check):
    check.search(_branches(), _balance)


def _way_back(M, maze, policy):
    return nests.steps(M, maze, policy, way_back=True)


def test_nested_way_back__searched(check):
    _search(check, _nests(), _way_back)


def test_nested_way_back__control(check):
    _search(check, _nests(), _way_back)


def _ones_back(M, W, K, L):
    return _ones(M, W, K, L, way_back=True)


def test_nested_way_back_ones__exact(check):
    check.exhaust(SIZES, _ones_back)


def _summed(cost, policy):
    """h_1 + .. + h_M, h_m = h_{m-1} + H + H_1 for a balanced walker: (W+1+(W-1)E)Z + Y + Y', with Y' = Y, Z + Y = H_1.

    At numbers by the recursion itself (`nested.way_back_steps`), which so confirms the sum.
    """
    def measure(M, W, K, L):
        if isinstance(M, int):
            return nested.way_back_steps(M, Maze(W, K, L), policy(L))
        H, H_1 = cost(W, K, L), cost(1, K, L)
        return M * H + (H + H_1) * M * (M - 1) / 2

    return measure


def _way_back_ones_asked(check):
    measure = _summed(lambda W, K, L: closed_forms.optimum_steps(W, K), lambda L: Policy.optimum())
    solver.settle(check, questions.comparison(check, measure), "all M, W, K (z3)")


def test_nested_way_back_ones__solver(check):
    _way_back_ones_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_nested_way_back_ones__control(check, route):
    if route == "solver":
        _way_back_ones_asked(check)
    else:
        check.exhaust(SIZES, _ones_back)


def _walk_back(M, W, K, L):
    """The simple random walk on a networkx multigraph, which knows nothing of rows."""
    return expected_steps(nested_forks(M, W, K, L, back=True))


def test_nested_way_back_base__exact(check):
    check.exhaust(SIZES, _walk_back)


def _way_back_base_asked(check):
    solver.settle(check, questions.comparison(check, _summed(closed_forms.base_steps, Policy.base)),
                  "all M, W, K, L (z3)")


def test_nested_way_back_base__solver(check):
    _way_back_base_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_nested_way_back_base__control(check, route):
    if route == "solver":
        _way_back_base_asked(check)
    else:
        check.exhaust(SIZES, _walk_back)


def _sft_back(M, W, K, L):
    return _way_back(M, Maze(W, K, L), Policy.sft_limit(L))


def test_nested_way_back_sft__exact(check):
    check.exhaust(SIZES, _sft_back)


def test_nested_way_back_sft__searched(check):
    _search(check, _sizes(), _sft_back)


def test_nested_way_back_sft__control(check):
    check.exhaust(SIZES, _sft_back)


def _slope(M, W, K):
    """Expected visits of row b_K times what persisting costs more, by the chain."""
    return nests.slope(M, Maze(W, K, 1), Policy.optimum(), 2 * K, way_back=True)


SLOPES = [case for case in grid(M=(2, 3), W=(2, 3), K=(1, 2)) if _fits(**case, L=1, most=100)]
SLOPES += [{"M": 4, "W": 2, "K": 1}, {"M": 5, "W": 2, "K": 1}]


def test_nested_way_back_slope__exact(check):
    check.exhaust(SLOPES, _slope)


def test_nested_way_back_slope__control(check):
    check.exhaust(SLOPES, _slope)


def _turning(M, W, K, L):
    return _way_back(M, Maze(W, K, L), Policy(1, [1] * (K - 1) + ["1/2"], 1, 1))


def test_nested_way_back_turning__exact(check):
    check.exhaust(SIZES, _turning)


def test_nested_way_back_turning__control(check):
    check.exhaust(SIZES, _turning)


def _restarts_back(M, maze, policy):
    return nests.restarted(M, maze, policy, way_back=True)


def test_nested_way_back_restarts__searched(check):
    _search(check, _nests(), _restarts_back)


def test_nested_way_back_restarts__control(check):
    _search(check, _nests(), _restarts_back)


# in an order in which what is off falls all along
RATES_BACK = [{"M": M, "maze": Maze(W, K, L), "policy": policy} for W, K, L, policy, M in (
    (2, 1, 1, Policy.optimum(), 2), (2, 1, 1, Policy.optimum(), 5), (2, 2, 1, Policy.sft_limit(1), 6),
    (2, 1, 1, Policy.sft_limit(1), 7), (3, 1, 1, Policy.optimum(), 5), (2, 1, 1, Policy("2/3", "3/5", "1/2", "7/8"), 7),
    (3, 1, 2, Policy.sft_limit(2), 7), (3, 1, 1, Policy.optimum(), 7))]


def _rate_back(M, maze, policy):
    more, less = (nests.restarted_sparse(m, maze, policy, way_back=True) for m in (M, M - 1))
    return exact(more) / exact(less)


def test_nested_way_back_rate__sweep(check):
    check.sweep(RATES_BACK, _rate_back, within=1e-2)


def test_nested_way_back_rate__control(check):
    check.sweep(RATES_BACK, _rate_back, within=1e-2)


def _first_back(W, K, L):
    """The first M at which the restarted walk on the multigraph costs more."""
    maze, M = Maze(W, K, L), 1
    while (nests.restarted_sparse(M, maze, Policy.sft_limit(L), way_back=True)
           <= nests.steps_sparse(M, maze, Policy.optimum(), way_back=True)):
        M += 1
    return M


# the row W = 2 with the border L = 8 at K = 2, and each other answer
BACK = [{"W": W, "K": K, "L": L} for W, K, L in (
    (2, 1, 1), (2, 1, 12), (2, 2, 1), (2, 2, 8), (2, 2, 9), (2, 3, 1), (2, 4, 3), (3, 1, 1), (3, 2, 2), (4, 1, 1),
    (4, 2, 1), (5, 1, 2), (5, 2, 1), (9, 1, 1), (12, 1, 2))]


def test_nested_way_back_losing__exact(check):
    check.exhaust(BACK, _first_back)


def test_nested_way_back_losing__control(check):
    check.exhaust(BACK, _first_back)


def _losing_back(W, K, L):
    """By the formulas that `nested_way_back_restarts` and `nested_way_back` hold against the multigraph."""
    return nested.losing_depth(Maze(W, K, L), way_back=True)


def test_nested_way_back_losing__computed(check):
    near, far = (2, 3, 4, 5, 8, 9), (7, 8, 9, 15, 60)
    check.exhaust([*grid(W=near, K=range(1, 5), L=(1, 2, 8, 9, 20)), *grid(W=near, K=(6, 7, 15, 40), L=(1, 9, 1000)),
                   *grid(W=far, K=(1, 2, 7), L=(1, 9, 1000))], _losing_back)


@st.composite
def _certain(draw):
    case = draw(_sizes(lambda M, W, K, L: _fits(M, W, K, L, most=36)))
    b, d = draw(strategies.probabilities(zero=True)), draw(strategies.probabilities(zero=True))
    return {"M": case["M"], "maze": Maze(case["W"], case["K"], case["L"]), "policy": Policy(1, b, 1, d)}


def _arrives(M, maze, policy):
    return nests.searched(M, maze, policy, way_back=True)[0]


def test_nested_search_arrives__searched(check):
    _search(check, _certain(), _arrives)


# W = 1 has 6 arcs a fork: many forks
ARRIVES = [{"M": M, "maze": Maze(1, 1, 1), "policy": Policy(1, b, 1, d)} for M in range(1, 8)
           for b, d in ((1, 1), (0, "1/2"), ("1/3", 0))] + [
    {"M": M, "maze": Maze(2, 1, 1), "policy": Policy(1, "1/2", 1, "1/3")} for M in (2, 5)]


def test_nested_search_arrives__exact(check):
    check.exhaust(ARRIVES, _arrives)


def test_nested_search_arrives__control(check):
    _search(check, _certain(), _arrives)
