"""Checks of `theory.signs`: the estimator's moments, bounds from signal to rollouts, signs at base and after SFT.

The second route to the moments is the linear system of the full directed-edge chain, one inverse a maze; the third is
sampled rollouts. Visits and means have closed forms at base and at the SFT limit, held against chain and recursion.
"""

import functools
import math
from fractions import Fraction

import flint
import numpy as np
from hypothesis import strategies as st

from theory import estimator, hitting, majority
from theory.maze import Maze
from theory.numeric import ball_precision, exact, fraction
from theory.policy import ROWS, Policy
from theory.signs import taught
from verify import estimates, strategies
from verify.judge import grid
from verify.sweeps import TINY

# -- the estimator ------------------------------------------------------------------------------------------------

@functools.lru_cache(maxsize=128)
def _both(maze, policy, baseline):
    chain, rows = estimates.Moments(maze, policy), policy.branch(0).expanded(maze.K)
    return {name: [chain.second(2 * j + (1 if name in "cd" else 2), name in "ac", rows[name][j], baseline)
                   for j in range(maze.K)] for name in ROWS}


def _measured(which):
    return lambda maze, policy, baseline: {
        name: [pair[which] for pair in row] for name, row in _both(maze, policy, baseline).items()}


@st.composite
def _estimates(draw):
    maze = draw(strategies.mazes(3, 2, 2))
    return {"maze": maze, "policy": Policy.of(draw(strategies.branches(maze.K))),
            "baseline": Fraction(draw(st.integers(0, 300)), draw(st.integers(1, 3)))}


NAMED = [{"maze": Maze(**size), "policy": Policy.named(name, size["L"]), "baseline": Fraction(7 * size["W"])}
         for size in TINY if size["W"] * size["K"] * size["L"] <= 6 for name in ("base", "sft", "optimum")]


def test_estimator_mean__exact(check):
    check.exhaust(NAMED, _measured(0))


def test_estimator_mean__searched(check):
    check.search(_estimates(), _measured(0))


def test_estimator_mean__control(check):
    check.exhaust(NAMED, _measured(0))


def test_estimator_second__exact(check):
    check.exhaust(NAMED, _measured(1))


def test_estimator_second__searched(check):
    check.search(_estimates(), _measured(1))


def test_estimator_second__control(check):
    check.exhaust(NAMED, _measured(1))


# -- sampled rollouts ---------------------------------------------------------------------------------------------

# row d_1 of a small maze, half-way to SFT: 60 rollouts to one deviation, 70 steps a rollout
SAMPLED = (Maze(2, 2, 2), Policy("3/4", "2/3", "4/5", "1/3"), "d", 1, False)


def _estimate(runs, power):
    maze, policy, name, node, away = SAMPLED
    H = float(hitting.expected_steps(maze, policy))

    def draw(seed):
        steps, scores = estimates.rollouts(maze, policy, node, away, runs, seed)
        return ((H - steps) * scores) ** power

    return draw


def _entry(order):
    maze, policy, name, _, _ = SAMPLED
    (entry,) = estimator.estimators(maze, policy, order=order, only=(name, 1))[name]
    return entry


def _claimed(check):
    maze, policy, name, _, _ = SAMPLED
    return float(check.body(maze, policy, hitting.expected_steps(maze, policy))[name][0])


def test_estimator_mean__simulated(check):
    claimed = _claimed(check)
    check.mean(claimed, float(_entry(2).variance()) ** 0.5, 1.4 * claimed, _estimate(900_000, 1))


def test_estimator_second__simulated(check):
    entry, claimed = _entry(4), _claimed(check)
    check.mean(claimed, (float(entry.moment(4)) - float(entry.moment(2))**2) ** 0.5, 1.6 * claimed,
               _estimate(1_700_000, 2))


# -- from signal to rollouts --------------------------------------------------------------------------------------

@st.composite
def _laws(draw):
    """Laws with up to five rational values and a positive mean: {'law': ((value, probability), ...)}."""
    values = draw(st.lists(st.integers(-60, 60), min_size=2, max_size=5, unique=True))
    weights = draw(st.lists(st.integers(1, 2000), min_size=len(values), max_size=len(values)))
    law = [(Fraction(x), Fraction(w, sum(weights))) for x, w in zip(values, weights, strict=True)]
    mean = sum(p * x for x, p in law)
    if mean == 0:
        law = [(x + 1, p) for x, p in law]
    return {"law": tuple((-x if mean < 0 else x, p) for x, p in law)}


@st.composite
def _noisy(draw):
    """The same laws moved to a mean that is small beside their deviation."""
    law = draw(_laws())["law"]
    mean = sum(p * x for x, p in law)
    shift = Fraction(draw(st.integers(1, 40)), draw(st.integers(2, 400)))
    return {"law": tuple((x - mean + shift, p) for x, p in law)}


def _wrong(law):
    return sum((p for x, p in law if x <= 0), Fraction(0))


# two values, the lower one 0: where Cantelli is an equality
TWO = [{"law": ((Fraction(0), q), (Fraction(1), 1 - q))} for q in (Fraction(1, 2), Fraction(1, 10), Fraction(9, 10))]
# three values, rarely far to the left or right: where nearly every estimate is right or wrong alike
RARE = [{"law": ((-Fraction(1), q), (Fraction(0), 1 - 2 * q - e), (Fraction(1), q + e))}
        for q in (Fraction(1, 4), Fraction(1, 100)) for e in (Fraction(1, 10**4),)]
EVEN = [{"law": ((-1 + e, Fraction(1, 2)), (1 + e, Fraction(1, 2)))} for e in (Fraction(1, 10), Fraction(1, 10**6))]


def test_sign_cantelli__exact(check):
    check.exhaust(TWO, _wrong)


def test_sign_cantelli__searched(check):
    check.search(_laws(), _wrong)


def test_sign_cantelli__tight(check):
    check.tight(TWO, _wrong, factor=1.0001)


def test_sign_cantelli__control(check):
    check.exhaust(TWO, _wrong)


def test_sign_never_surer__exact(check):
    check.exhaust([*RARE, *EVEN], _wrong)


def test_sign_never_surer__searched(check):
    check.search(_noisy(), _wrong)


def test_sign_never_surer__control(check):
    check.exhaust([*RARE, *EVEN], _wrong)


@functools.cache
def _majority_fails(delta):
    """P(at least (k+1)/2 of k averages wrong), each with Cantelli's probability 1/(1+x), in rationals."""
    k, x = majority.majority(float(delta))
    q = 1 / (1 + exact(x))
    return fraction(sum((math.comb(k, i) * q**i * (1 - q) ** (k - i) for i in range((k + 1) // 2, k + 1)), exact(0)))


DELTAS = [{"delta": Fraction(x)} for x in (0.5, 0.3, 0.1, 0.05, 0.01, 1e-3, 1e-6, 1e-10, 1e-30, 1e-100, 1e-200)]


def test_sign_majority__exact(check):
    check.exhaust(DELTAS, _majority_fails)


def test_sign_majority__searched(check):
    check.search(st.fixed_dictionaries({"delta": st.floats(1e-9, 0.5).map(Fraction)}), _majority_fails)


def test_sign_majority__tight(check):
    check.tight(DELTAS, _majority_fails, factor=1.0001)


def test_sign_majority__simulated(check):
    """delta = 0.02 and its five averages: the median is wrong less often than that, and not 8 % of the time."""
    maze, policy, name, node, away = SAMPLED
    delta = 0.02
    k, x = majority.majority(delta)
    entry = _entry(2)
    size = int(majority.rollouts_for_sign(float(1 / entry.samples()), delta)) // k

    def draw(seed):
        trials = 800
        steps, scores = estimates.rollouts(maze, policy, node, away, trials * k * size, seed)
        averages = ((float(entry.steps) - steps) * scores).reshape(trials, k, size).mean(axis=2)
        return np.median(averages, axis=1) <= 0

    check.share(float(check.body(Fraction(delta))), 0.08, draw)


def test_sign_majority__control(check):
    check.exhaust(DELTAS, _majority_fails)


# -- at base ------------------------------------------------------------------------------------------------------

def _base_visits(W, K, L):
    return estimates.scores(Maze(W, K, L), Policy.base(L))


SIZES = grid(W=range(1, 5), K=range(1, 5), L=(1, 2, 5))
PAIRS = grid(W=(2, 3, 5, 20), K=(1, 2, 4), L=(1, 2, 20))


def test_sign_scores_base__exact(check):
    check.exhaust(SIZES, _base_visits)


def test_sign_scores_base__searched(check):
    check.search(strategies.sizes(40, 5, 20), _base_visits, max_examples=25)


def test_sign_scores_base__control(check):
    check.exhaust(SIZES, _base_visits)


def _base_means(W, K, L):
    return estimates.means(Maze(W, K, L), Policy.base(L))


def test_sign_means_base__exact(check):
    check.exhaust(grid(W=range(1, 13), K=range(1, 9), L=(1, 2, 3, 5, 8)), _base_means)


def test_sign_means_base__searched(check):
    check.search(strategies.sizes(40, 40, 20), _base_means)


def test_sign_means_base__control(check):
    check.exhaust(SIZES, _base_means)


@functools.cache
def _noise(policy):
    @functools.cache
    def measure(W, K, L):
        rows = estimator.estimators(Maze(W, K, L), policy(L))
        return max(entry.moment(2) / (entry.steps**2 * entry.score)
                   for row in rows.values() for entry in row if entry.score != 0)

    return measure


WIDE_ONE = grid(W=(2, 5, 20), K=(1,), L=(1, 20, 100))


def test_sign_noise_base__exact(check):
    check.exhaust([*PAIRS, *WIDE_ONE], _noise(Policy.base))


def test_sign_noise_base__searched(check):
    check.search(strategies.sizes(60, 6, 40, least_W=2), _noise(Policy.base), max_examples=25)


def test_sign_noise_base__tight(check):
    check.tight([*PAIRS, *WIDE_ONE], _noise(Policy.base), factor=1.1)


def test_sign_noise_base__control(check):
    check.exhaust([*PAIRS, *WIDE_ONE], _noise(Policy.base))


@functools.cache
def _dearest(W, K, L):
    """The largest Var G/(E G)^2 of any row at base."""
    rows = estimator.estimators(Maze(W, K, L), Policy.base(L))
    return max(entry.samples() if entry.mean != 0 else math.inf
               for row in rows.values() for entry in row if entry.score != 0)


BROAD = grid(W=(2, 3, 4, 6, 10, 40), K=(1, 2, 3, 5), L=(1, 2, 5, 20))


def test_sign_rollouts_base__exact(check):
    check.exhaust(BROAD, _dearest)


def test_sign_rollouts_base__searched(check):
    check.search(st.integers(1, 6).flatmap(lambda K: st.fixed_dictionaries(
        {"W": st.integers(max(2, 2 * K), 60), "K": st.just(K), "L": st.integers(1, 40)})), _dearest, max_examples=25)


def test_sign_rollouts_base__tight(check):
    check.tight([case for case in BROAD if case["W"] >= max(2, 2 * case["K"])], _dearest, factor=1.01)


def test_sign_rollouts_base__needed(check):
    check.exhaust(grid(W=(2, 3), K=(2, 3), L=(1, 2)), _dearest)


def test_sign_rollouts_base__control(check):
    check.exhaust(BROAD, _dearest)


@functools.cache
def _ball(name, last, policy):
    """1/r^2 of one row entry, in the first or the last diamond, in balls."""
    @functools.cache
    def measure(W, K, L):
        maze = Maze(W, K, L)
        with ball_precision(2048):
            rows = Policy(*([flint.arb(v) for v in row] for row in policy(L).branch(0).expanded(K).values()))
            (entry,) = estimator.estimators(maze, rows, only=(name, K if last else 1))[name]
            assert entry.samples().rel_accuracy_bits() > 60
            return float(entry.samples())

    return measure


ORDER = [{"W": K * K, "K": K, "L": 3} for K in (8, 16, 32, 64)]


def test_sign_rollouts_base_order__sweep(check):
    check.sweep(ORDER, _ball("c", False, Policy.base), within=0.03)


def test_sign_rollouts_base_order__control(check):
    check.sweep(ORDER, _ball("c", False, Policy.base), within=0.03)


# -- at the SFT limit ---------------------------------------------------------------------------------------------

def _sft_visits(W, K, L):
    return estimates.scores(Maze(W, K, L), Policy.sft_limit(L))


def _sft_means(W, K, L):
    found = estimates.means(Maze(W, K, L), Policy.sft_limit(L))
    return {name: found[name] for name in "bd"}


FORKED = grid(W=range(2, 5), K=range(1, 5), L=(1, 2, 5))


def test_sign_scores_sft__exact(check):
    check.exhaust(FORKED, _sft_visits)


def test_sign_scores_sft__searched(check):
    check.search(strategies.sizes(40, 5, 20, least_W=2), _sft_visits, max_examples=25)


def test_sign_scores_sft__control(check):
    check.exhaust(FORKED, _sft_visits)


def test_sign_means_sft__exact(check):
    check.exhaust(FORKED, _sft_means)


def test_sign_means_sft__searched(check):
    check.search(strategies.sizes(40, 40, 20, least_W=2), _sft_means)


def test_sign_means_sft__control(check):
    check.exhaust(FORKED, _sft_means)


LIMITS = grid(W=(2, 3, 10), K=(1, 3, 6), L=(1, 5, 100))


def test_sign_noise_sft__exact(check):
    check.exhaust([*PAIRS, *LIMITS], _noise(Policy.sft_limit))


def test_sign_noise_sft__searched(check):
    check.search(strategies.sizes(60, 6, 40, least_W=2), _noise(Policy.sft_limit), max_examples=25)


def test_sign_noise_sft__tight(check):
    check.tight([*PAIRS, *LIMITS], _noise(Policy.sft_limit), factor=1.01)


def test_sign_noise_sft__control(check):
    check.exhaust([*PAIRS, *LIMITS], _noise(Policy.sft_limit))


@functools.cache
def _cheaper(W, K, L, j):
    """The smaller Var G/(E G)^2 of b_j and d_j at the SFT limit, each with its own best baseline."""
    return min(estimator.estimators(Maze(W, K, L), Policy.sft_limit(L), only=(name, j))[name][0].samples("best")
               for name in "bd")


DEPTHS = grid(W=(2, 3, 10, 100), K=(1, 3, 6), L=(1, 5, 40), j=(1, 2, 3, 6))


def test_sign_rollouts_sft__exact(check):
    check.exhaust(DEPTHS, _cheaper)


def test_sign_rollouts_sft__searched(check):
    check.search(st.integers(1, 8).flatmap(lambda K: st.fixed_dictionaries(
        {"W": st.integers(2, 200), "K": st.just(K), "L": st.integers(1, 60), "j": st.integers(1, K)})), _cheaper)


def test_sign_rollouts_sft__tight(check):
    check.tight([case for case in DEPTHS if case["j"] <= case["K"]], _cheaper, factor=1.06)


def test_sign_rollouts_sft__control(check):
    check.exhaust(DEPTHS, _cheaper)


FAR = [{"W": 3, "K": K, "L": 2} for K in (4, 8, 16, 32)]


def test_sign_rollouts_sft_order__sweep(check):
    check.sweep(FAR, _ball("b", True, Policy.sft_limit), within=1e-6)


def test_sign_rollouts_sft_order__control(check):
    check.sweep(FAR, _ball("b", True, Policy.sft_limit), within=1e-6)


@functools.cache
def _next(W, K, L, learnt):
    """The larger Var G/(E G)^2 of b and d in diamond learnt + 1."""
    return max(estimator.estimators(Maze(W, K, L), taught(K, L, learnt), only=(name, learnt + 1))[name][0].samples()
               for name in "bd")


TURNS = grid(W=(2, 3, 10, 100), K=(1, 3, 6), L=(1, 5, 30), learnt=(0, 1, 2, 5))


def test_sign_rollouts_in_turn__exact(check):
    check.exhaust(TURNS, _next)


def test_sign_rollouts_in_turn__searched(check):
    check.search(st.integers(1, 8).flatmap(lambda K: st.fixed_dictionaries(
        {"W": st.integers(2, 200), "K": st.just(K), "L": st.integers(1, 60), "learnt": st.integers(0, K - 1)})), _next)


def test_sign_rollouts_in_turn__tight(check):
    check.tight([case for case in TURNS if case["learnt"] < case["K"]], _next, factor=1.01)


def test_sign_rollouts_in_turn__control(check):
    check.exhaust(TURNS, _next)
