"""Checks of `theory.wrappers`: search, restarts and walks side by side, exactly on small mazes, sampled on large ones.

Exact measures are in `verify.wrapped`, sampled walks in `verify.inference`: neither uses a formula of the claims.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import strategies as st

from theory import closed_forms, hitting, moments, restarts, wrappers
from theory.chain import lumped_chain
from theory.maze import Maze
from theory.numeric import exact
from theory.policy import Policy
from verify import inference, questions, solver, strategies, wrapped
from verify.judge import grid
from verify.learners.edges import EdgePolicy
from verify.sampling import Law
from verify.sweeps import TINY, WIDE

FIGURE = {"W": 15, "K": 15, "L": 5}
# the number of sets of crossed arcs is what limits these
SEARCHED = [case for case in grid(W=range(1, 5), K=range(1, 4), L=range(1, 6)) if Maze(**case).arcs <= 42]
SIZES = strategies.mazes(6, 5, 6).filter(lambda maze: maze.arcs <= 50).map(
    lambda maze: {"W": maze.W, "K": maze.K, "L": maze.L})


def _targets(maze, runs):
    """Target branches taken in turn: the steps' law does not depend on the target of a tied policy."""
    return np.arange(runs) % maze.W


def _edges(maze, policy):
    return EdgePolicy.of(maze, policy)


# -- search -------------------------------------------------------------------------------------------------------


def _search_sft(W, K, L):
    return wrapped.search_steps(Maze(W, K, L), Policy.sft_limit(L))


def _searches(policy, maze, runs, **options):
    return lambda seed: inference.search(_edges(maze, policy), _targets(maze, runs), seed=seed, **options)


def test_search_sft__exact(check):
    check.exhaust(SEARCHED, _search_sft)


def test_search_sft__searched(check):
    check.search(SIZES, _search_sft)


def test_search_sft__simulated(check):
    size = {"W": 6, "K": 15, "L": 5}
    draw = _searches(Policy.sft_limit(5), Maze(**size), 80_000)
    check.mean(float(check.body(**size)), math.sqrt(wrappers.search_sft_variance(**size)),
               float(check.claim.control(**size)), lambda seed: draw(seed).steps)


def test_search_sft__control(check):
    check.exhaust(SEARCHED, _search_sft)


@st.composite
def _forward_certain(draw, mazes):
    """{'maze', 'policy', 'target'}: a = c = 1, any b and d, tied or not; shrinks as `strategies.walks`."""
    case = draw(strategies.walks(zero=True, maze=mazes))
    rows = [Policy(1, branch.b, 1, branch.d).branches[0] for branch in case["policy"].branches]
    return {**case, "policy": Policy.of(*rows)}


FEW = strategies.mazes(3, 2, 4).filter(lambda maze: maze.arcs <= 36)


def _search_certain(maze, policy, target):
    return wrapped.search_steps(maze, policy, target)


def test_search_certain__searched(check):
    check.search(_forward_certain(FEW), _search_certain)


def test_search_certain__control(check):
    check.search(_forward_certain(FEW), _search_certain)


def _search_sft_variance(W, K, L):
    return wrapped.search_variance(Maze(W, K, L), Policy.sft_limit(L))


def test_search_sft_variance__exact(check):
    check.exhaust(SEARCHED, _search_sft_variance)


def _search_law(W, K, L, replaced=False):
    """P(T <= t): N wrong branches of 4K+2 steps and 2 for each of K round-trip counts, uniform on 0 .. L-1."""
    horizon = 4 * W * K * (L + 3)
    trips, side = np.zeros(2 * L - 1), np.zeros(4 * K + 3)
    trips[::2], side[-1] = 1 / L, 1.0
    for _ in range(K):
        side = np.convolve(side, trips)
    law, branches = np.zeros(horizon + 1), np.ones(1)
    for n in range(W if not replaced else 40 * W):
        weight = 1 / W * ((1 - 1 / W) ** n if replaced else 1.0)
        span = branches[:horizon + 1 - (2 * K + 1)]
        law[2 * K + 1:2 * K + 1 + len(span)] += weight * span
        branches = np.convolve(branches, side)[:horizon + 1]
    return Law(np.cumsum(law), 1e-9)


def test_search_sft_variance__simulated(check):
    """Not the variance alone, the whole law; the twin draws branches with replacement."""
    draw, law = _searches(Policy.sft_limit(5), Maze(**FIGURE), 10_000), _search_law(**FIGURE)
    mass, t = np.diff(law.F, prepend=0.0), np.arange(len(law.F))
    assert abs((mass @ t**2 - (mass @ t) ** 2) / float(check.body(**FIGURE)) - 1) < 1e-9       # the law is the claim's
    check.sample(law, _search_law(**FIGURE, replaced=True), lambda seed: draw(seed).steps)


def test_search_sft_variance__control(check):
    check.exhaust(SEARCHED, _search_sft_variance)


def _search_optimum(W, K, L):
    return wrapped.search_steps(Maze(W, K, L), Policy.optimum())


def test_search_optimum__exact(check):
    check.exhaust(SEARCHED, _search_optimum)


def test_search_optimum__searched(check):
    check.search(SIZES, _search_optimum)


def test_search_optimum__simulated(check):
    deviation = 62 * math.sqrt((15**2 - 1) / 12)                   # T = (2K+1)(1 + 2N), N uniform on 0 .. W-1
    draw = _searches(Policy.optimum(), Maze(**FIGURE), 4000)
    check.mean(float(check.body(15, 15)), deviation, float(check.claim.control(15, 15)),
               lambda seed: draw(seed).steps)


def test_search_optimum__control(check):
    check.exhaust(SEARCHED, _search_optimum)


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


def test_search_gap__searched(check):
    check.search(SIZES, _search_sft)


def _room_asked(check):
    solver.settle(check, questions.comparison(check, wrappers.search_sft), "all W, K, L (z3)")


def test_search_gap__solver(check):
    _room_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_search_gap__control(check, route):
    if route == "solver":
        _room_asked(check)
    elif route == "certificate":
        check.certificate(_room, "")
    else:
        check.exhaust(WIDE, lambda W, K, L: wrappers.search_sft(W, K, L))


def _threshold(W, K):
    """The first L from which on, up to 12, search costs the SFT limit at least the optimum's steps."""
    cheaper = [L for L in range(1, 13) if wrappers.search_sft(W, K, L) < closed_forms.optimum_steps(W, K)]
    return max(cheaper) + 1


def test_search_threshold__exact(check):
    check.exhaust(grid(W=range(1, 17), K=range(1, 17)), _threshold)


def test_search_threshold__simulated(check):
    """At the threshold, L = 7 for K = 1, the SFT limit under search needs what the optimum does without: 27 steps; the
    twin, L = 5, needs 23."""
    size = {"W": 5, "K": 1, "L": math.ceil(check.body(5, 1))}
    draw = _searches(Policy.sft_limit(size["L"]), Maze(**size), 80_000)
    check.mean(float(closed_forms.optimum_steps(5, 1)), math.sqrt(wrappers.search_sft_variance(**size)),
               float(wrappers.search_sft(5, 1, 5)), lambda seed: draw(seed).steps)


def _threshold_asked(check):
    def right(answer, W, K, L):
        """Below the answer search costs less at every L, from it on at least as much."""
        sft, optimum = wrappers.search_sft(W, K, L), closed_forms.optimum_steps(W, K)
        return sympy.Or(sympy.And(L >= answer, sft >= optimum), sympy.And(L < answer, sft < optimum))

    solver.settle(check, questions.told_apart(check, right), "all W >= 2, K, L (z3)")


def test_search_threshold__solver(check):
    _threshold_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_search_threshold__control(check, route):
    if route == "solver":
        _threshold_asked(check)
    else:
        check.exhaust(grid(W=range(1, 17), K=range(1, 17)), _threshold)


SMALLEST = strategies.mazes(2, 2, 2)


def test_search_strands__searched(check):
    check.search(strategies.walks(maze=SMALLEST), lambda maze, policy, target: sorted(
        wrapped.searched(maze, policy, target).depths))


def test_search_strands__control(check):
    check.search(strategies.walks(maze=SMALLEST), lambda maze, policy, target: sorted(
        wrapped.searched(maze, policy, target).depths))


def _arrives(maze, policy, target):
    return 1 - wrapped.searched(maze, policy, target).stranded


def test_search_arrives__searched(check):
    check.search(strategies.walks(maze=SMALLEST), _arrives)


def test_search_arrives__simulated(check):
    """An SFT walker stopped very early, a = c = 0.6, rows b and d as in base; the twin has one edge more open."""
    maze, policy = Maze(15, 4, 2), Policy("0.6", "2/3", "0.6", "1/3")
    case = {"maze": maze, "policy": policy, "target": 0}
    draw = _searches(policy, maze, 40_000)
    check.share(float(check.body(**case)), float(check.claim.control(**case)), lambda seed: draw(seed).reached)


def test_search_arrives__control(check):
    check.search(strategies.walks(maze=SMALLEST), _arrives)


SLIM = [case for case in grid(W=range(1, 3), K=range(1, 4), L=range(1, 6)) if Maze(**case).arcs <= 26]


def _base_arrives(W, K, L):
    return _arrives(Maze(W, K, L), Policy.base(L), 0)


def test_search_base__exact(check):
    check.exhaust(SLIM, _base_arrives)


def test_search_base__simulated(check):
    draw = _searches(Policy.base(5), Maze(15, 4, 5), 20_000)
    check.share(float(check.body(15, 4, 5)), float(check.claim.control(15, 4, 5)),
                lambda seed: draw(seed).reached)


def test_search_base__control(check):
    check.exhaust(SLIM, _base_arrives)


# -- charged search -----------------------------------------------------------------------------------------------


def _charged(policy):
    return lambda W, K, L: wrapped.search_steps(Maze(W, K, L), policy(L), charged=True)


def test_charged_optimum__exact(check):
    check.exhaust(SEARCHED, _charged(lambda L: Policy.optimum()))


def _charged_deviation(W, K):
    """T = (2K+1)(1 + 2N) + rejections; the i-th return to the fork proposes until one of W-i branches of W comes."""
    means = [(2 * K + 1) * (1 + 2 * n) + sum(i / (W - i) for i in range(1, n + 1)) for n in range(W)]
    spreads = [sum(W * i / (W - i) ** 2 for i in range(1, n + 1)) for n in range(W)]
    return math.sqrt(np.var(means) + np.mean(spreads))


def test_charged_optimum__simulated(check):
    draw = _searches(Policy.optimum(), Maze(15, 1, 2), 60_000, charged=True)
    check.mean(float(check.body(15, 1)), _charged_deviation(15, 1), float(check.claim.control(15, 1)),
               lambda seed: draw(seed).steps)


def test_charged_optimum__control(check):
    check.exhaust(SEARCHED, _charged(lambda L: Policy.optimum()))


def test_charged_sft__exact(check):
    check.exhaust(SEARCHED, _charged(Policy.sft_limit))


def test_charged_sft__control(check):
    check.exhaust(SEARCHED, _charged(Policy.sft_limit))


STOPPED = [{"W": 2, "K": 1, "L": 3, "error": f"1e-{n}"} for n in (2, 3, 4, 5)]


def _charged_rate(W, K, L, error):
    base = Policy.base(L).branches[0]
    policy = Policy(1 - exact(error), base.b, 1 - exact(error), base.d)
    return Fraction(error) * wrapped.searched(Maze(W, K, L), policy, charged=True).steps


def test_charged_rate__sweep(check):
    check.sweep(STOPPED, _charged_rate, within=1e-3)


def test_charged_rate__control(check):
    check.sweep(STOPPED, _charged_rate, within=1e-3)


# -- restarts at a dead end ---------------------------------------------------------------------------------------


def _restart(W, K, L):
    return wrapped.restart_steps(Maze(W, K, L), Policy.sft_limit(L))


def test_restart_sft__exact(check):
    check.exhaust(TINY, _restart)


def test_restart_sft__searched(check):
    check.search(strategies.mazes(6, 4, 4).map(lambda maze: {"W": maze.W, "K": maze.K, "L": maze.L}), _restart)


def _restarts(policy, maze, runs, **options):
    return lambda seed: inference.restarted(_edges(maze, policy), _targets(maze, runs), seed=seed, **options).steps


def test_restart_sft__simulated(check):
    draw = _restarts(Policy.sft_limit(5), Maze(**FIGURE), 10_000, dead_ends=True)
    check.mean(float(check.body(15, 15)), 31 * math.sqrt(15 * 14), float(check.claim.control(15, 15)), draw)


def test_restart_sft__control(check):
    check.exhaust(TINY, _restart)


def test_restart_dead_end__searched(check):
    check.search(strategies.walks(), wrapped.restart_steps)


def test_restart_dead_end__simulated(check):
    """Base: attempts are like walks in a maze of one branch, whichever leaf they find; W of them on average."""
    maze, policy, one = Maze(6, 5, 5), Policy.base(5), Maze(1, 5, 5)
    mean = float(hitting.expected_steps(one, policy))
    spread = float(moments.second_moment(one, policy)) - mean**2
    draw = _restarts(policy, maze, 6000, dead_ends=True)
    case = {"maze": maze, "policy": policy, "target": 0}
    check.mean(float(check.body(**case)), math.sqrt(6 * spread + 30 * mean**2),
               float(hitting.expected_steps(maze, policy)), draw)


def test_restart_dead_end__control(check):
    check.search(strategies.walks(), wrapped.restart_steps)


# -- restarts after a budget --------------------------------------------------------------------------------------

CLOCKED = strategies.mazes(3, 2, 2)
BUDGETED = st.tuples(strategies.walks(zero=True, maze=CLOCKED), st.integers(1, 14)).map(lambda c: {**c[0], "B": c[1]})


def _budget(maze, policy, target, B):
    return wrapped.budget_steps(maze, policy, B, target)


def test_restart_budget__searched(check):
    check.search(BUDGETED, _budget)


def test_restart_budget__exact(check):
    cases = [{"maze": Maze(2, 1, 2), "policy": Policy.base(2), "target": 1, "B": B} for B in range(1, 13)]
    check.exhaust([*cases, {"maze": Maze(2, 2, 1), "policy": Policy.sft_limit(1), "target": 0, "B": 20}],
                  lambda maze, policy, target, B: wrapped.budget_steps(maze, policy, B, target, full=True))


def test_restart_budget__simulated(check):
    """Base with a budget of 60 steps, nearly the best; the twin is its cost without restarts."""
    maze, policy, B = Maze(4, 3, 3), Policy.base(3), 60
    F = moments.reach_curve(maze, policy, B)[0]
    t, masses = np.arange(1, B + 1), np.diff(F)
    last = (t * masses).sum() / F[B]
    deviation = math.sqrt(B**2 * (1 - F[B]) / F[B] ** 2 + (t**2 * masses).sum() / F[B] - last**2)
    claimed = float(check.body(maze, policy, 0, B))
    check.mean(claimed, deviation, float(hitting.expected_steps(maze, policy)),
               _restarts(policy, maze, 60_000, budget=B))


def test_restart_budget__control(check):
    check.search(BUDGETED, _budget)


def _shortest_budget(maze, policy, target):
    return wrapped.budget_steps(maze, policy, maze.shortest, target)


def test_restart_shortest__searched(check):
    check.search(strategies.walks(), _shortest_budget)


def test_restart_shortest__control(check):
    check.search(strategies.walks(), _shortest_budget)


@st.composite
def _budgeted(draw):
    case = draw(_forward_certain(strategies.mazes(4, 3, 3)))
    return {"maze": case["maze"], "policy": case["policy"], "B": draw(st.integers(1, 6 * case["maze"].K + 6))}


def _certain_budget(maze, policy, B):
    return wrapped.budget_steps(maze, policy, B)


def test_restart_best__searched(check):
    check.search(_budgeted(), _certain_budget)


def test_restart_best__tight(check):
    cases = grid(W=(2, 5), K=(1, 3))
    check.tight([{"maze": Maze(**case, L=3), "policy": Policy.sft_limit(3), "B": 2 * case["K"] + 1} for case in cases],
                _certain_budget, factor=1.0)


def test_restart_best__control(check):
    check.search(_budgeted(), _certain_budget)


def _best(W, K, L):
    """The budget with the least cost among those up to h, exactly, where S(h) exceeds that cost: none later is better.

    F from powers of the lumped chain's matrix, one budget at a time.
    """
    walk, F, S = lumped_chain(Maze(W, K, L), Policy.sft_limit(L)), [exact(0)], [exact(0)]
    costs: dict[int, Any] = {}
    while not costs or S[-1] < min(costs.values()):
        S.append(S[-1] + 1 - F[-1])
        F.append(exact(walk.reach_probability(len(F))))
        if F[-1] != 0:
            costs[len(F) - 1] = S[-1] / F[-1]
    return min(costs, key=costs.__getitem__)


def test_restart_best_budget__exact(check):
    check.exhaust(TINY, _best)


def test_restart_best_budget__control(check):
    check.exhaust(TINY, _best)


def _optimum_budget(W, K, B):
    return wrapped.budget_steps(Maze(W, K, 1), Policy.optimum(), B)


def test_restart_optimum__exact(check):
    check.exhaust(grid(W=range(1, 5), K=range(1, 4), B=range(3, 40)), _optimum_budget)


def test_restart_optimum__control(check):
    check.exhaust(grid(W=range(1, 5), K=range(1, 4), B=range(3, 40)), _optimum_budget)


BASES = grid(W=(2, 3, 10), K=(1, 2, 3), L=(1, 5, 20))


def _base_best(W, K, L):
    found = restarts.best_budget(Maze(W, K, L), Policy.base(L))
    assert found.proved
    return found.least


def test_restart_base__computed(check):
    check.exhaust(BASES, _base_best)


def test_restart_base__control(check):
    check.exhaust(BASES, _base_best)


LUBIES = grid(W=(1, 2, 8), K=(1, 4, 16, 32), L=(1, 4))             # 2K+1 steps: the power of 2 before just fails


def _luby(W, K, L):
    return restarts.luby_steps(Maze(W, K, L), Policy.sft_limit(L), digits=4)


def test_luby_guarantee__computed(check):
    check.exhaust(LUBIES, _luby)


def test_luby_guarantee__control(check):
    check.exhaust(LUBIES, _luby)


# -- side by side -------------------------------------------------------------------------------------------------


def _parallel_sft(W, K, k):
    return wrapped.budget_steps(Maze(W, K, 2), Policy.sft_limit(2), 2 * K + 1, k=k)


TOGETHER = grid(W=range(1, 5), K=(1, 2), k=(1, 2, 3))


def test_parallel_sft__exact(check):
    check.exhaust(TOGETHER, _parallel_sft)


def test_parallel_sft__simulated(check):
    """P(one of 10 walks of 2K+1 steps arrives), which the claim puts at (2K+1) over its steps; W = K = 15, L = 5."""
    def share(form):
        return float(31 / form(15, 15, 10))

    policy, maze = _edges(Maze(**FIGURE), Policy.sft_limit(5)), Maze(**FIGURE)
    check.share(share(check.body), share(check.claim.control), lambda seed: inference.side_by_side(
        policy, _targets(maze, 60_000), 10, seed=seed, budget=31).reached)


def test_parallel_sft__control(check):
    check.exhaust(TOGETHER, _parallel_sft)


def _parallel_optimum(W, K, k):
    return wrapped.fastest_steps(Maze(W, K, 1), Policy.optimum(), k)


def test_parallel_optimum__exact(check):
    check.exhaust(TOGETHER, _parallel_optimum)


def test_parallel_optimum__control(check):
    check.exhaust(TOGETHER, _parallel_optimum)
