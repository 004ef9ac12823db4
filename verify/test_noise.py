"""Checks of `theory.noise`: every sign of every error in turn, an erring expert on the multigraph, poor bases.

Averages are taken over all errors one by one, each cost by an exact solve of the chain; what an expert teaches is read
off the expected visits of its walk on the full multigraph.
"""

import functools
import itertools
import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from theory import closed_forms, dynamics, hitting, perturbed
from theory.chain import START, TARGET, full_chain, lumped_chain
from theory.maze import Arc, Maze
from theory.numeric import exact, fraction
from theory.policy import ROWS, Branch, Policy
from verify.judge import grid

# -- noise --------------------------------------------------------------------------------------------------------


def _with_errors(p, factor):
    factor = exact(factor)
    return p if p == 1 else p * factor / (p * factor + 1 - p)


def _every_error(maze, policy, q, tied, cost):
    """The mean of cost(policy with errors) over all signs of all errors, one by one."""
    rows = policy.branch(0).expanded(maze.K)
    values = [exact(v) for name in ROWS for v in rows[name]] * (1 if tied else maze.W)
    total, count = 0, 0
    for signs in itertools.product(*[(q, 1 / exact(q)) if v != 1 else (1,) for v in values]):
        noisy = [_with_errors(v, f) for v, f in zip(values, signs, strict=True)]
        parts = [noisy[i:i + maze.K] for i in range(0, len(noisy), maze.K)]
        total, count = total + cost(Policy.of(*[Branch(*parts[i:i + 4]) for i in range(0, len(parts), 4)])), count + 1
    return fraction(total / count) if not isinstance(total, float) else total / count


def _noise_mean(maze, policy, q, tied):
    return _every_error(maze, policy, q, tied, lambda p: exact(lumped_chain(maze, p).hitting_time()))


ROW = Policy("1/3", "4/5", "2/3", "1/7")
NOISY = [{"maze": Maze(*m), "policy": policy, "q": q, "tied": tied}
         for q in (2, Fraction(11, 10)) for policy in (Policy.base(2), ROW)
         for m, tied in (((2, 1, 2), False), ((2, 2, 2), True), ((3, 1, 2), True))]


def test_noise_mean__exact(check):
    check.exhaust(NOISY, _noise_mean)


def test_noise_mean__control(check):
    check.exhaust(NOISY, _noise_mean)


def _mean_growth(W, K, L, q):
    low, high = (perturbed.averaged_steps(Maze(W, k, L), Policy.base(L), q) for k in (K, K + 1))
    return high / low


@pytest.mark.parametrize("L, q", [(2, 3), (5, 4)])
def test_noise_base_rate__sweep(check, L, q):
    check.sweep([{"W": 3, "K": K, "L": L, "q": q} for K in (5, 10, 20, 40)], _mean_growth, within=1e-3)


def test_noise_base_rate__control(check):
    check.sweep([{"W": 3, "K": K, "L": 2, "q": 3} for K in (5, 10, 20, 40)], _mean_growth, within=1e-3)


def _range(K, L, q):
    """Expected range by following every step of a diamond: the errors of c, d, b, a give the odds of each."""
    rows, steps = Policy.base(L).branch(0), []
    for signs in itertools.product((q, 1 / exact(q)), repeat=4):
        a, b, c, d = (_with_errors(getattr(rows, name), f) for name, f in zip("abcd", signs, strict=True))
        steps.append(math.log(float(fraction(a * c / (b * d)))))
    distinct = {round(v, 12): steps.count(v) / 16 for v in steps}
    distinct = {v: sum(abs(s - v) < 1e-9 for s in steps) / 16 for v in distinct}
    total = 0.0
    for walk in itertools.product(distinct.items(), repeat=K):
        heights = np.cumsum([0.0] + [v for v, _ in walk])
        total += math.prod(w for _, w in walk) * (heights.max() - heights.min())
    return total


RANGES = grid(K=(1, 2, 3), L=(1, 2, 5), q=(2, 5))


def test_noise_range__exact(check):
    check.exhaust(RANGES, _range, within=1e-9)


def test_noise_range__control(check):
    check.exhaust(RANGES, _range, within=1e-9)


def _spitzer(K, L, q):
    """Expected range by Spitzer's identity, E|S_n| from the laws of the four rows as they are with their errors."""
    base = Policy.base(L).branch(0)
    jumps = [math.log(float(fraction(_with_errors(getattr(base, name), q) / _with_errors(getattr(base, name),
                                                                                        1 / exact(q)))))
             for name in ROWS]
    # the rows jump by two heights, two rows by each: n diamonds draw 2n signs of each height
    heights = sorted({round(jump, 12) for jump in jumps})
    assert sorted(round(jump, 12) for jump in jumps) == sorted(2 * heights)
    total = 0.0
    for n in range(1, K + 1):
        law = np.array([math.comb(2 * n, i) / 4**n for i in range(2 * n + 1)])
        at = np.abs(sum(np.ix_(*[height * np.arange(-n, n + 1) for height in heights])))
        total += float(law @ at @ law) / n
    return total


@pytest.mark.parametrize("L, q", [(5, 2), (2, 3)])
def test_noise_range_order__sweep(check, L, q):
    check.sweep([{"K": K, "L": L, "q": q} for K in (10, 40, 160)], _spitzer, within=0.06)


def test_noise_range_order__control(check):
    check.sweep([{"K": K, "L": 5, "q": 2} for K in (10, 40, 160)], _spitzer, within=0.06)


def _log_mean(W, K, L, q):
    maze = Maze(W, K, L)
    return _every_error(maze, Policy.base(L), q, True, lambda p: math.log(hitting.expected_steps(maze, p)))


LOGS = grid(W=(2, 5), K=(1, 2), L=(1, 3), q=(2, 20, 10**6)) + grid(W=(2,), K=(1,), L=(1000,), q=(2,))
WIDE = [{"W": 10**6, "K": 2, "L": 1, "q": 20}]                # where the terms in W do not hide the range


def test_noise_typical_least__searched(check):
    check.exhaust(LOGS, _log_mean)


def test_noise_typical_least__tight(check):
    check.tight(WIDE, _log_mean, factor=1.94)


def test_noise_typical_least__control(check):
    check.exhaust(LOGS, _log_mean)


def test_noise_typical_most__searched(check):
    check.exhaust(LOGS, _log_mean)


def test_noise_typical_most__tight(check):
    check.tight(WIDE, _log_mean, factor=1.42)


def test_noise_typical_most__control(check):
    check.exhaust(LOGS, _log_mean)


def _noisy_sft(W, K, L, m):
    """m = (q + 1/q)/2 for a rational q, which has to be found again."""
    left = Fraction(m) ** 2 - 1
    q = m + Fraction(math.isqrt(left.numerator), math.isqrt(left.denominator))
    assert (q + 1 / q) / 2 == m
    return _every_error(Maze(W, K, L), Policy.sft_limit(L), q, True,
                        lambda p: exact(lumped_chain(Maze(W, K, L), p).hitting_time()))


SFT_NOISE = grid(W=(1, 2, 4), K=(1, 2), L=(1, 2, 5), m=(Fraction(5, 4), Fraction(5, 3), Fraction(221, 220)))


def test_noise_sft__exact(check):
    check.exhaust(SFT_NOISE, _noisy_sft)


def _gaussian(W, K, L, s):
    """Costs of the SFT limit with Gaussian errors, by the recursion along a wrong branch, many draws at once."""
    def draw(seed, runs=250_000):
        rng, D = np.random.default_rng(seed), np.ones(runs)
        for _ in range(K):
            for odds in (L, 1 / L):                       # v, then u: the turning odds are 1/L and L
                D = 1 + (1 + np.exp(s * rng.standard_normal(runs)) / odds) * (1 + D)
        return W + 2 * K + (W - 1) * D
    return draw


def test_noise_sft__simulated(check):
    """Gaussian errors of s = 1/2, one diamond: H = W + 2 + (W-1)(1 + 2X Y), X = 1/d, Y = 1 + 1/b."""
    W, K, L, s = 3, 1, 2, 0.5
    m, square = math.exp(s * s / 2), math.exp(2 * s * s)
    X, XX = 1 + L * m, 1 + 2 * L * m + L * L * square
    Y, YY = 2 + m / L, 4 + 4 * m / L + square / L**2
    deviation = 2 * (W - 1) * math.sqrt(XX * YY - (X * Y) ** 2)
    mean, twin = (float(form(W, K, L, m)) for form in (check.body, check.claim.control))
    check.mean(mean, deviation, twin, _gaussian(W, K, L, s))


def test_noise_sft__control(check):
    check.exhaust(SFT_NOISE, _noisy_sft)


def _near_optimum(W, K, L, x, q):
    y = exact(x) / K
    rows = Policy(a=1 / (1 + L * y), b=L / (L + y), c=L / (L + y), d=1 / (1 + L * y))
    return perturbed.averaged_steps(Maze(W, K, L), rows, q) / closed_forms.optimum_steps(W, K)


def _damped(L):
    return [{"W": 3, "K": K, "L": L, "x": Fraction(1, 10), "q": 3} for K in (10, 40, 160)]


@pytest.mark.parametrize("L", [2, 5])
def test_noise_damped__sweep(check, L):
    check.sweep(_damped(L), _near_optimum, within=0.01)


def test_noise_damped__control(check):
    check.sweep(_damped(2), _near_optimum, within=0.01)


def _estimated(L, n):
    """E[p]E[1/p] for the estimates of c and of d, choice by choice."""
    total = Fraction(1)
    for p in (Fraction(L, L + 1), Fraction(1, L + 1)):
        law = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
        total *= sum(w * Fraction(k + 1, n + 2) for k, w in enumerate(law))
        total *= sum(w * Fraction(n + 2, k + 1) for k, w in enumerate(law))
    return total


VISITS = grid(L=(1, 2, 5), n=range(0, 13))


def test_noise_visits__exact(check):
    check.exhaust(VISITS, _estimated)


def test_noise_visits__control(check):
    check.exhaust(VISITS, _estimated)


# -- a noisy expert -----------------------------------------------------------------------------------------------


def _expert_visits(maze, eta, cut=False):
    """Tied rows as shares of the expected moves of an erring expert on the full multigraph; whole traces, or cut: a
    step off the shortest path is a trace's last."""
    eta = exact(eta)
    base, graph = Policy.base(maze.L).branch(0), maze.graph()
    here = Branch(*[(1 - eta) * (name in "ac") + eta * getattr(base, name) for name in ROWS])
    away = Branch(*[(1 - eta) * (name in "bd") + eta * getattr(base, name) for name in ROWS])
    chain = full_chain(maze, Policy.untied([here] + [away] * (maze.W - 1)))
    fork = {arc: eta / maze.W + (1 - eta) * (arc.head.branch == 0) for arc in graph.leaving[graph.start]}
    rows = {state: fork if state == START or state.head.depth == 0 else row for state, row in chain.rows.items()}
    states = [START, *(state for state in rows if state != START)]
    number = {state: i for i, state in enumerate(states)}
    system = [[flint.fmpq(int(i == j)) for j in range(len(states))] for i in range(len(states))]
    for state, row in rows.items():
        for after, p in row.items():
            if after != TARGET and not (cut and (after.head.branch != 0 or after.head.depth < after.tail.depth)):
                system[number[after]][number[state]] -= p
    visits = flint.fmpq_mat(system).solve(flint.fmpq_mat([[int(i == 0)] for i in range(len(states))]))
    went: dict[Any, Any] = {}
    came: dict[Any, Any] = {}
    for state, row in rows.items():
        if state == START or state.head.depth in (0, maze.shortest):
            continue
        outwards = state.head.depth > state.tail.depth
        name, j = ("ac" if outwards else "bd"), (state.head.depth - 1) // 2
        key = (name[0] if state.head.depth % 2 == 0 else name[1], j)
        on = sum((p for after, p in row.items()
                  if after == TARGET or isinstance(after, Arc) and (after.head.depth > after.tail.depth) == outwards),
                 flint.fmpq(0)) if outwards else sum(
                     (p for after, p in row.items() if after != TARGET and after.head.depth < after.tail.depth),
                     flint.fmpq(0))
        came[key] = came.get(key, 0) + visits[number[state], 0]
        went[key] = went.get(key, 0) + visits[number[state], 0] * on
    return [fraction(went[name, j] / came[name, j]) if came[name, j] != 0
            else fraction(exact(getattr(base, name))) for name in ROWS for j in range(maze.K)]


TAUGHT = [case for case in grid(W=(2, 3), K=(1, 2, 3), L=(1, 2), eta=(Fraction(1, 10), Fraction(1, 2), 1))
          if Maze(case["W"], case["K"], case["L"]).arcs <= 60]


def _taught(W, K, L, eta):
    return _expert_visits(Maze(W, K, L), eta)


def test_expert_learns__exact(check):
    check.exhaust(TAUGHT, _taught)


def test_expert_learns__control(check):
    check.exhaust(TAUGHT, _taught)


def _expert_steps(W, K, L, eta):
    return hitting.expected_steps(Maze(W, K, L), perturbed.expert_rows(Maze(W, K, L), eta))


def _growth(steps):
    return lambda K, **case: steps(K=K + 1, **case) / steps(K=K, **case)


def _kept(L, eta):
    return [{"W": 3, "K": K, "L": L, "eta": eta} for K in (4, 8, 16, 32)]


ERRS = [(2, Fraction(1, 5)), (5, Fraction(2, 5))]


@pytest.mark.parametrize("L, eta", ERRS)
def test_expert_rate__sweep(check, L, eta):
    check.sweep(_kept(L, eta), lambda **case: _growth(_expert_steps)(**case), within=1e-6)


def test_expert_rate__control(check):
    check.sweep(_kept(*ERRS[0]), lambda **case: _growth(_expert_steps)(**case), within=1e-6)


@functools.cache
def _cut_rows(W, L, eta):
    """The rows that cut traces teach, read off the expert's walk in a maze of two diamonds: alike in both."""
    rows = _expert_visits(Maze(W, 2, L), eta, cut=True)
    assert rows[0::2] == rows[1::2]
    return Policy(*rows[0::2])


def _cut_steps(W, K, L, eta):
    return hitting.expected_steps(Maze(W, K, L), _cut_rows(W, L, eta))


@pytest.mark.parametrize("L, eta", ERRS)
def test_expert_cut_rate__sweep(check, L, eta):
    check.sweep(_kept(L, eta), lambda **case: _growth(_cut_steps)(**case), within=1e-6)


def test_expert_cut_rate__control(check):
    check.sweep(_kept(*ERRS[0]), lambda **case: _growth(_cut_steps)(**case), within=1e-6)


ERRING = grid(W=(2, 9), K=(3, 5, 10), L=(1, 5, 20), eta=(Fraction(1, 10**6), Fraction(3, 10), Fraction(1, 2)))
MANY = grid(W=(2, 3, 9, 2000, 10**6), K=(5, 6, 8, 12), L=(1, 2, 16, 32, 100, 2048),
            eta=(Fraction(1, 100), Fraction(2, 5), Fraction(1, 2)))
EDGE = [{"W": 10**6, "K": 5, "L": L, "eta": Fraction(1, 2)} for L in (16, 32)]        # L = 2^(K-1), and twice that


def _helps(W, K, L, eta):
    return bool(_expert_steps(W, K, L, eta) <= closed_forms.sft_steps(W, K, L))


def test_expert_recovery_quoted__searched(check):
    check.exhaust(ERRING, _helps)


def test_expert_recovery_quoted__control(check):
    check.exhaust(ERRING, _helps)


def test_expert_worse__searched(check):
    check.exhaust(ERRING + MANY, _expert_steps)


def test_expert_worse__needed(check):
    check.exhaust(EDGE, _expert_steps)


def test_expert_worse__tight(check):
    check.tight(EDGE[:1], _expert_steps, factor=1.42)


def test_expert_worse__control(check):
    check.exhaust(EDGE, _expert_steps)


def _crossing(L, K=10):
    """The eta at which the cost grows by rho a diamond, by bisection."""
    low, high = Fraction(1, 2), Fraction(3, 4)
    while high - low > Fraction(1, 10**5):
        middle = (low + high) / 2
        grows = _growth(_expert_steps)(W=2, K=K, L=L, eta=middle) > closed_forms.sft_rate(L)
        low, high = (middle, high) if grows else (low, middle)
    return float(low)


CROSSINGS = [{"L": L} for L in (1, 8)]


def test_expert_threshold__computed(check):
    check.exhaust(CROSSINGS, _crossing, within=1e-3)


def test_expert_threshold__control(check):
    check.exhaust(CROSSINGS, _crossing, within=1e-3)


# -- a base that hardly covers retreat ----------------------------------------------------------------------------


def _uncovered(L, y):
    rows, y = Policy.base(L).branch(0), exact(y)
    return Policy(a=rows.a, b=_with_errors(rows.b, 1 / y), c=rows.c, d=_with_errors(rows.d, 1 / y))


def _uncovered_steps(W, K, L, y):
    return hitting.expected_steps(Maze(W, K, L), _uncovered(L, y))


def _less(L, y):
    return [{"W": 2, "K": K, "L": L, "y": y} for K in (5, 20, 80)]


@pytest.mark.parametrize("L, y", [(3, 3), (5, Fraction(1, 4))])
def test_uncovered_base__sweep(check, L, y):
    check.sweep(_less(L, y), lambda **case: _growth(_uncovered_steps)(**case), within=1e-6)


def test_uncovered_base__control(check):
    check.sweep(_less(3, 3), lambda **case: _growth(_uncovered_steps)(**case), within=1e-6)


COVERS = grid(W=(2, 3), K=(1, 2, 4), L=(1, 2, 5), y=(Fraction(1, 3), 1, Fraction(11, 10), 20))


def _sft_from(W, K, L, y):
    rows = _uncovered(L, y).branch(0)
    return lumped_chain(Maze(W, K, L), Policy(a=1, b=rows.b, c=1, d=rows.d)).hitting_time()


def test_uncovered_sft__exact(check):
    check.exhaust(COVERS, _sft_from)


def test_uncovered_sft__control(check):
    check.exhaust(COVERS, _sft_from)


def _rlvr_from(W, K, L, y):
    maze = Maze(W, K, L)
    start = dynamics.base_log_odds(maze)
    start[1] -= math.log(y)
    start[3] -= math.log(y)                                       # a row of base at 1 to 12 digits for y = 1e-12
    return float(dynamics.descent(maze, 1500, 0.01, start=start).steps_to_target[-1])


STARTS = grid(W=(1, 2, 50), K=(2, 15), L=(1, 5), y=(1e-12, 0.1, 1, 10, 100)) + grid(
    W=(15,), K=(15,), L=(5,), y=(1e-12, 0.5, 1.1, 2, 10))         # Figure 3's maze at the values of the dial


def test_uncovered_recovers__computed(check):
    check.exhaust(STARTS, _rlvr_from)


def test_uncovered_recovers__control(check):
    check.exhaust(STARTS, _rlvr_from)


STEEP = grid(W=(2, 9), K=(1, 3, 6), L=(100,), y=(10**8,))


def test_uncovered_rollout__searched(check):
    check.exhaust(COVERS + STEEP, _uncovered_steps)


def test_uncovered_rollout__tight(check):
    check.tight(STEEP[-1:], _uncovered_steps, factor=1.02)


def test_uncovered_rollout__control(check):
    check.exhaust(COVERS + STEEP, _uncovered_steps)
