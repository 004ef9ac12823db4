"""Checks of `theory.sharing`: flows integrated numerically, chains solved exactly, feature learners really run."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import hitting, ties
from theory.chain import START, full_chain
from theory.maze import Arc, Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Branch, Policy
from verify import measures
from verify.judge import grid
from verify.learners import features
from verify.learners.distillation import Distillation
from verify.learners.learning import Budget

# -- the two directions share -------------------------------------------------------------------------------------


def _flowed(L, t, lam, reading="node"):
    """Rows under a tie: forward ones from a numerical softmax flow, backward ones from their gaps."""
    a, c = (measures.flow_row(L, 1.0, t, golden=n) for n in (1, L))
    x, y = math.log(a / (1 - a) * L), math.log(c / (1 - c) / L)
    gap_b, gap_d = {"node": (x, y), "shape": (y, x)}[reading]
    return Branch(a, 1 / (1 + math.exp(-lam * gap_b) / L), c, 1 / (1 + L * math.exp(-lam * gap_d)))


def _flow_cost(maze, t, lam, reading):
    steps = exact(measures.lumped_chain(maze, Policy.of(_flowed(maze.L, t, float(lam), reading))).hitting_time())
    return math.log(int(steps.p)) - math.log(int(steps.q))


FLOWS = [{"maze": Maze(W, K, L), "t": t, "lam": Fraction(lam), "reading": reading} for reading in ties.READINGS
         for (W, K, L), t, lam in (((1, 1, 1), 1.0, 1), ((3, 2, 2), 3.0, "1/2"), ((2, 4, 3), 10.0, 1),
                                   ((4, 5, 5), 30.0, "1/4"), ((2, 2, 2), 2.0, -1), ((3, 3, 2), 5.0, "-1/2"))]


def test_tie_flow_cost__computed(check):
    check.exhaust(FLOWS, _flow_cost, within=1e-6)


def test_tie_flow_cost__control(check):
    check.exhaust(FLOWS, _flow_cost, within=1e-6)


def _ratio(L, t, lam):
    rows = _flowed(L, t, float(lam))
    return float(rows.a * rows.c / (rows.b * rows.d))


RATIOS = st.fixed_dictionaries({"L": st.integers(1, 8), "t": st.integers(0, 300).map(lambda n: n / 10),
                                "lam": st.one_of(st.just(Fraction(1)), st.fractions(-1, 1, max_denominator=9))})


def test_tie_unbalanced__searched(check):
    check.search(RATIOS, _ratio, within=1e-6, max_examples=40)


def test_tie_unbalanced__control(check):
    check.search(RATIOS, _ratio, within=1e-6, max_examples=40)


def _decayed(L, lam, t):
    return float(ties.ratio(t, L, lam).log()) * t ** float(lam)


def _late(L, lam):
    return [{"L": L, "lam": lam, "t": t} for t in (10**3, 10**5, 10**7, 10**9)]


LATE = pytest.mark.parametrize("L, lam", [(5, Fraction(1)), (2, Fraction(1)), (5, Fraction(1, 2)),
                                              (2, Fraction(3, 4))])


@LATE
def test_tie_exponent__sweep(check, L, lam):
    check.sweep(_late(L, lam), _decayed, within=5e-3)


@LATE
def test_tie_exponent__control(check, L, lam):
    check.sweep(_late(L, lam), _decayed, within=5e-3)


def _tied_steps(maze, lam, t):
    return float(ties.tied_steps(maze, t, lam))


LIMIT = pytest.mark.parametrize("lam", [Fraction(1), Fraction(1, 2), Fraction(1, 4)])


def _towards_limit(lam):
    return [{"maze": Maze(5, 4, 3), "lam": lam, "t": 10**n} for n in (4, 8, 12, 18)]


@LIMIT
def test_tie_limit__sweep(check, lam):
    check.sweep(_towards_limit(lam), _tied_steps, within=5e-3)


@LIMIT
def test_tie_limit__control(check, lam):
    check.sweep(_towards_limit(lam), _tied_steps, within=5e-3)


BY_SIZE = grid(W=range(2, 5), K=range(1, 7), L=range(1, 6), t=(1, 10))


def _dearer(W, K, L, t):
    """Dearer than (K(L+1)+1)(K(L+1)+L)(2W-1)/L, base's cost, for sure; or cheaper, for sure."""
    steps, base = ties.tied_steps(Maze(W, K, L), t, 1), Fraction((K * (L + 1) + 1) * (K * (L + 1) + L) * (2 * W - 1), L)
    assert (steps > exact(base)) != (steps < exact(base))
    return bool(steps > exact(base))


def test_tie_never_worse_quoted__exact(check):
    check.exhaust(BY_SIZE, _dearer)


def test_tie_never_worse_quoted__control(check):
    check.exhaust(BY_SIZE, _dearer)


def _slopes(W, K, L, X, Y):
    """max(dH/dX, dH/dY) by the recursion's gradient, at a = d = X/(X+L), b = c = LY/(LY+1)."""
    alpha, beta = X / (X + L), L * Y / (L * Y + 1)
    g = hitting.gradient(Maze(W, K, L), Policy(alpha, beta, beta, alpha))[0]
    return max(sum(map(exact, g.a + g.d)) * exact(L / (X + L) ** 2),
               sum(map(exact, g.b + g.c)) * exact(L / (L * Y + 1) ** 2))


GAPS = st.one_of(st.integers(1, 20).map(Fraction), st.just(Fraction(10**9)), st.fractions(1, 5, max_denominator=20))
SHAPES = st.fixed_dictionaries({"W": st.integers(1, 6), "K": st.integers(1, 6), "L": st.integers(1, 5), "X": GAPS,
                                "Y": GAPS})


def test_tie_shape_improves__proved(check):
    check.certificate(ties.shape_slopes, "all real W, K, L, X, Y >= 1: no positive coefficient")


def test_tie_shape_improves__searched(check):
    check.search(SHAPES, _slopes, max_examples=40)


@pytest.mark.parametrize("route", ["certificate", "gradient"])
def test_tie_shape_improves__control(check, route):
    if route == "certificate":
        check.certificate(ties.shape_slopes, "-1e-9 for 0")
    else:
        check.search(SHAPES, _slopes, max_examples=40)


# -- direction-blind walkers --------------------------------------------------------------------------------------


def _blind(W, weights):
    """Steps by the directed-edge chain, the rows read off the weights."""
    out = [exact(w) / (exact(w) + exact(v)) for v, w in zip(weights, weights[1:], strict=False)]
    rows = Branch(a=out[1::2], b=[1 - p for p in out[1::2]], c=out[0::2], d=[1 - p for p in out[0::2]])
    return measures.solved(Maze(W, len(out) // 2, 2), Policy.of(rows))


WEIGHTS = st.integers(1, 3).flatmap(lambda K: st.lists(st.fractions(Fraction(1, 9), 9, max_denominator=9),
                                                       min_size=2 * K + 1, max_size=2 * K + 1))
BLIND = st.fixed_dictionaries({"W": st.integers(1, 5), "weights": WEIGHTS})
NEAR = [{"W": W, "weights": [Fraction(float(ties.blind_tilt(W, K))**x).limit_denominator(10**4)
                             for x in range(2 * K + 1)]} for W in (2, 3, 7) for K in (1, 2, 3)]


def test_blind_cost__searched(check):
    check.search(BLIND, _blind, max_examples=40)


def test_blind_cost__control(check):
    check.search(BLIND, _blind, max_examples=40)


def test_blind_least__searched(check):
    check.search(BLIND, _blind, max_examples=40)


def test_blind_least__tight(check):
    check.tight(NEAR, _blind, factor=1 + 1e-6)


def test_blind_least__control(check):
    check.exhaust(NEAR, _blind)


BEST = [{"W": W, "K": K, "n": 2 * K + 1, "q": float(ties.blind_tilt(W, K))} for W in (2, 3, 15) for K in (1, 2, 6)]


def _best(W, K, n, q):
    return measures.solved(Maze(W, K, 2), ties.blind_policy(q))


def test_blind_best__proved(check):
    check.certificate(ties.blind_residuals, "all n, q in the field of rational functions; convexity on paper")


def test_blind_best__computed(check):
    check.exhaust(BEST, _best, within=1e-9)


@pytest.mark.parametrize("route", ["certificate", "chain"])
def test_blind_best__control(check, route):
    if route == "certificate":
        check.certificate(ties.blind_residuals, "a step more")
    else:
        check.exhaust(BEST, _best, within=1e-9)


DESCENTS = [{"W": W, "K": K, "L": L} for W, K, L in ((2, 1, 1), (2, 2, 3), (3, 2, 2), (5, 3, 2))]


@functools.cache
def _blind_descent(W, K, L):
    maze, learner = Maze(W, K, L), features.Shared(0.5, "outward, type x depth", "reinforcement")
    return 10 ** features.log10_steps(maze, features.train(learner, maze, 1500))


def test_blind_rlvr__computed(check):
    check.exhaust(DESCENTS, _blind_descent, within=1e-6)


def test_blind_rlvr__control(check):
    check.exhaust(DESCENTS, _blind_descent, within=1e-6)


TIMES = [{"L": L, "t": t} for L in (1, 2, 5) for t in (0.5, 3.0, 20.0)]


def _blind_ratio(L, t):
    a, c = (measures.flow_row(L, 1.0, t, golden=n) for n in (1, L))
    return a / (1 - a) * c / (1 - c)


def test_blind_sft__computed(check):
    check.exhaust(TIMES, _blind_ratio, within=1e-5)


def test_blind_sft__control(check):
    check.exhaust(TIMES, _blind_ratio, within=1e-5)


DEPTHS = [{**size, "x": x} for size in grid(W=range(2, 5), K=range(1, 3), L=range(1, 4))
          for x in range(1, 2 * size["K"] + 1)]


def _odds(W, K, L, x):
    """Expected choices outwards over those inwards, made at depth x by the optimum, on the full chain."""
    walk = full_chain(Maze(W, K, L), Policy.optimum())

    def visits(away):
        return walk.hitting_times(cost=lambda s: int(
            isinstance(s, Arc) and s.head.depth == x and (s.head.depth > s.tail.depth) == away))[START]

    return fraction(exact(visits(True)) / exact(visits(False)))


def test_blind_student__exact(check):
    check.exhaust(DEPTHS, _odds)


def test_blind_student__control(check):
    check.exhaust(DEPTHS, _odds)


def _student(W, K):
    p = Fraction(W, 2 * W - 1)                                    # outwards W times for W - 1 times inwards
    return measures.solved(Maze(W, K, 2), Policy(p, 1 - p, p, 1 - p))


STUDENTS = grid(W=range(2, 6), K=range(1, 5))


def test_blind_student_cost__exact(check):
    check.exhaust(STUDENTS, _student)


def test_blind_student_cost__control(check):
    check.exhaust(STUDENTS, _student)


# -- diamonds and branches share ----------------------------------------------------------------------------------

SHARED = [{"K": K, "L": L, "t": t} for K in (1, 2, 3) for L in (1, 3) for t in (0.5, 4.0)]


@functools.cache
def _shared_gaps(K, L, t):
    gaps = features.train(features.Shared(0.01, "direction x type"), Maze(2, K, L), round(t / 0.01))
    assert not gaps[[1, 3]].any()                                        # backward rows exactly at base
    return [float(gaps[0, 0]), float(gaps[2, 0])]


def test_shared_diamonds__computed(check):
    check.exhaust(SHARED, _shared_gaps, within=0.02)


def test_shared_diamonds__control(check):
    check.exhaust(SHARED, _shared_gaps, within=0.02)


SIGNS = grid(K=range(1, 10), L=range(1, 6))


@functools.cache
def _roots(K, L):
    """H is linear in W, so the zeros of each shared row's slope at base follow from the gradient at two W, exactly."""
    low, high = ([sum(map(exact, row), exact(0)) for row in hitting.gradient(Maze(W, K, L), Policy.base(L))[0]]
                 for W in (2, 3))
    assert all(later < first for first, later in zip(low, high, strict=True)), "a row that more branches do not help"
    forward = [fraction(2 + low[i] / (low[i] - high[i])) for i in (0, 2)]
    assert max(forward) < 1, "a forward row has the wrong sign"
    return [fraction(2 + low[i] / (low[i] - high[i])) for i in (1, 3)]


def test_shared_signs__exact(check):
    check.exhaust(SIGNS, _roots)


def test_shared_signs__control(check):
    check.exhaust(SIGNS, _roots)


def _no_retreat(W, n):
    """The optimum's first choice is the target's branch, n times: read off the full chain."""
    first = full_chain(Maze(W, 1, 2), Policy.optimum()).rows[START]
    return fraction(exact(sum((p for arc, p in first.items() if arc.head.branch == 0), exact(0))) ** n)


COVERED = grid(W=range(1, 7), n=range(0, 5))


def test_shared_branches__exact(check):
    check.exhaust(COVERED, _no_retreat)


def test_shared_branches__simulated(check):
    """Students with tied rows, each of two traces: those whose backward rows were never moved."""
    case, maze = {"W": 3, "n": 2}, Maze(3, 2, 2)

    def draw(seed):
        learner = Distillation(traces=case["n"], converged=True)
        return np.array([not learner.train(maze, budget=Budget(1), seed=seed + i).policy.backward().any()
                         for i in range(120)])

    check.share(float(check.body(**case)), float(check.claim.control(**case)), draw)


def test_shared_branches__control(check):
    check.exhaust(COVERED, _no_retreat)


# -- features -----------------------------------------------------------------------------------------------------


@st.composite
def _learnt(draw):
    """A log-linear learner trained on golden paths drawn at random, and its gaps; written out here."""
    small = st.integers(-2, 2)
    size = draw(st.integers(2, 4))
    vectors = [draw(st.lists(small, min_size=size, max_size=size)) for _ in range(4)]
    count = draw(st.integers(1, 2))
    forward, backward = vectors[:count], vectors[2:]
    weights, rng = np.zeros(size), np.random.default_rng(draw(st.integers(0, 3)))
    for _ in range(draw(st.integers(1, 60))):                     # one visit a step, rates and step sizes at will
        phi = np.array(forward[rng.integers(count)], float)
        weights += rng.random() / (1 + np.exp(phi @ weights)) * phi
    return {"forward": forward, "backward": backward, "gaps": [float(np.dot(f, weights)) for f in forward],
            "learnt": [float(np.dot(f, weights)) for f in backward]}


def _independent(case):
    try:
        return bool(ties.generalised(case["forward"], case["backward"]))
    except InputError:
        return False


def test_span_rule__searched(check):
    check.search(_learnt().filter(_independent), lambda learnt, **_: learnt, within=1e-9, max_examples=60)


def test_span_rule__control(check):
    check.search(_learnt().filter(_independent), lambda learnt, **_: learnt, within=1e-9, max_examples=60)


def _vectors(name, row):
    """Forward features (all diamonds) and those of one backward row of a set, K = 2, as integers."""
    X, sign = features.table(name, 2)
    X = (X * sign[:, None]).astype(int).tolist()
    return {"forward": X[0:2] + X[4:6], "backward": [X["abcd".index(row) * 2]]}


def _pace(forward, backward, L, t):
    """d(gap)/d(log t) at time t, from the weights' flow integrated numerically in log(1 + t)."""
    from scipy.integrate import solve_ivp

    F, B = np.array(forward, float), np.array(backward, float)
    offset = np.array([-1, -1, 1, 1]) * math.log(L)               # two states a, then two states c

    def velocity(log_time, weights):
        return math.exp(log_time) * (1 + 1 / L) * F.T @ (1 / (1 + np.exp(F @ weights + offset)))

    last = math.log1p(t)
    end = solve_ivp(velocity, (0, last), np.zeros(F.shape[1]), method="LSODA", rtol=1e-9, atol=1e-10).y[:, -1]
    return float((B @ velocity(last, end))[0])


SETS = pytest.mark.parametrize("name, row", [("direction + type", "b"), ("direction + type + depth", "d"),
                                             ("shape", "b"), ("outward, direction + type", "d")])


def _paced(name, row):
    return [{**_vectors(name, row), "L": 2, "t": t} for t in (1e3, 1e6, 1e9, 1e12)]


@SETS
def test_feature_tendency__sweep(check, name, row):
    check.sweep(_paced(name, row), _pace, within=2e-3)


@SETS
def test_feature_tendency__control(check, name, row):
    check.sweep(_paced(name, row), _pace, within=2e-3)


NAMES = [{"features": name} for name in ("table", "direction x type", "direction + type", "type", "shape", "network")]


@functools.cache
def _row_b(features_name):
    return float(features.train(features.Shared(0.1, features_name), Maze(2, 2, 2), 50)[1, 0])


def test_no_data_no_signal_quoted__exact(check):
    check.exhaust(NAMES, lambda features: _row_b(features) != 0)


def test_no_data_no_signal_quoted__control(check):
    check.exhaust(NAMES, lambda features: _row_b(features) != 0)


SEEDS = [{"seed": seed} for seed in range(8)]


@functools.cache
def _least_gap(seed):
    return float(features.train(features.Shared(0.1, "network"), Maze(2, 1, 2), 500, seed)[[1, 3]].min())


def test_network_retreats_quoted__exact(check):
    check.exhaust(SEEDS, lambda seed: _least_gap(seed) < 0)


def test_network_retreats_quoted__control(check):
    check.exhaust(SEEDS, lambda seed: _least_gap(seed) < 0)
