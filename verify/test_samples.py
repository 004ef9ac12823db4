"""Checks of `theory.samples`: training times by integrating and by descending, golden paths by following the data."""

import itertools
from fractions import Fraction
from functools import cache
from math import comb, log

import flint
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import brentq

from theory import coverage
from theory.chain import START, full_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify.judge import grid
from verify.measures import flow_row
from verify.students import Class

# -- training time ------------------------------------------------------------------------------------------------


def _row_time(L, golden, w, delta):
    """When the softmax flow of all L+1 logits, integrated numerically, has error delta: a root in log t.

    Both lie within the factor (L+1)/golden of each other whatever the error, so the bracket is generous.
    """
    start = 1 - golden / (L + 1)
    if delta >= start:
        return 0.0
    scale = float((start - delta) / (delta * w))
    found = brentq(lambda s: log((1 - flow_row(L, float(w), float(np.exp(s)), golden)) / float(delta)),
                   log(scale / 100), log(100 * (L + 1) * scale), xtol=1e-9)
    return float(np.exp(found))


ROWS = [case for case in grid(L=(1, 2, 5), golden=(1, 2, 5), w=(Fraction(1), Fraction(1, 7)),
                              delta=(Fraction(1, 10), Fraction(1, 100)))
        if case["golden"] in (1, case["L"])]


@st.composite
def _rows(draw):
    """A row and an error up to base's: {'L', 'golden', 'w', 'delta'}."""
    L = draw(st.integers(1, 9))
    golden = draw(st.sampled_from([1, L]))
    base = 1 - Fraction(golden, L + 1)
    share = Fraction(draw(st.integers(1, 200)), draw(st.sampled_from([200, 2000, 200_000])))
    return {"L": L, "golden": golden, "w": 1 / Fraction(draw(st.integers(1, 30))),
            "delta": base if share > 1 else base * share}


def _descend(counts, delta):
    """Gradient descent on the cross-entropy of one row whose choices are made `counts` times per unit of time.

    A step is 0.005 visits long; the time at which the choices never made have probability delta is interpolated.
    """
    logits, visits = np.zeros(len(counts)), counts.sum()
    step, time, before = 5e-3 / visits, 0.0, 1.0
    while True:
        p = np.exp(logits - logits.max())
        p /= p.sum()
        error = p[counts == 0].sum()
        if error <= delta:
            return time - step * (float(delta) - error) / (before - error)
        logits -= step * (visits * p - counts)
        time, before = time + step, error


def _descent_time(L, golden, w, delta):
    return _descend(np.r_[np.full(golden, float(w) / golden), np.zeros(L + 1 - golden)], delta)


@pytest.mark.parametrize("route", ["flow", "descent"])
def test_sft_time__computed(check, route):
    """The flow, integrated; and a learner with small steps, within one part in a hundred."""
    if route == "flow":
        check.exhaust(ROWS, _row_time, within=1e-6)
    else:
        check.exhaust([row for row in ROWS if row["delta"] == Fraction(1, 10)], _descent_time, within=0.01)


def test_sft_time__searched(check):
    check.search(_rows(), _row_time, within=1e-6, max_examples=20)


def test_sft_time__control(check):
    check.exhaust(ROWS, _row_time, within=1e-6)


SMALL_ERRORS = [case | {"delta": Fraction(1, 10**k)} for k in (1, 2, 5) for case in ROWS[::2]]


@cache
def _arb_time(L, golden, delta):
    """Time at rate 1 as an integral over the row's log-odds s, a ball by Arb's quadrature.

    With g golden edges and h others the odds are e^s = g e^D/h, and D grows at ((L+1)/g)/(h (e^s + 1)): so t is
    g h/(L+1) times the integral of e^s + 1 from log(g/h) to log((1-delta)/delta).
    """
    g, h = flint.arb(golden), flint.arb(L + 1 - golden)
    low, high = g / h, (1 - flint.arb(exact(delta))) / flint.arb(exact(delta))
    value = flint.acb.integral(lambda s, _: s.exp() + 1, flint.acb(low.log()), flint.acb(high.log()))
    return value.real * g * h / (L + 1)


def _ball_time(L, golden, w, delta):
    return _arb_time(L, golden, delta) / flint.arb(exact(w))


# at base's own error every time is 0, and a ball around 0 decides nothing
LATER = _rows().filter(lambda case: case["delta"] < (1 - Fraction(case["golden"], case["L"] + 1)) * Fraction(99, 100))


def test_sft_time_most__searched(check):
    check.search(LATER, _ball_time)


def test_sft_time_most__computed(check):
    check.exhaust(SMALL_ERRORS, _ball_time)


def test_sft_time_most__control(check):
    check.search(LATER, _ball_time)


def test_sft_time_least__searched(check):
    check.search(LATER, _ball_time)


def test_sft_time_least__tight(check):
    check.tight(SMALL_ERRORS, _ball_time, factor=1.001)


def test_sft_time_least__control(check):
    check.exhaust(SMALL_ERRORS, _ball_time)


# -- retreats -----------------------------------------------------------------------------------------------------


@cache
def _visits(W, eps):
    """Expected visits to the row d_1 in a trace, all branches together, by a linear solve on the multigraph.

    A golden path never moves towards the fork, so a trace of mixed data visits it eps times what the teacher does.
    """
    walk = full_chain(Maze(W, 2, 2), Policy.optimum())
    back = walk.hitting_times(cost=lambda s: int(s != START and s.head.depth == 1 and s.tail.depth == 2))[START]
    return fraction(exact(eps) * exact(back))


RATES = grid(W=range(2, 7), eps=(Fraction(1), Fraction(1, 10)))


def test_mixed_rate__exact(check):
    check.exhaust(RATES, _visits)


def test_mixed_rate__control(check):
    check.exhaust(RATES, _visits)


MIXES = [case for case in grid(W=(2, 4), L=(1, 3), golden=(1, 3), eps=(Fraction(1), Fraction(1, 20)),
                               delta=(Fraction(1, 20),)) if case["golden"] in (1, case["L"])]


def _mixed_flow(W, L, golden, eps, delta):
    return _row_time(L, golden, _visits(W, eps), delta)


@cache
def _choices(W, L, depth):
    """How often a teacher's trace makes each choice at `depth` moving towards the fork, on the multigraph with K = 1.

    Tied across branches and parallel edges: a choice is the depth and the copy of the next arc. By linear solves.
    """
    walk, counts = full_chain(Maze(W, 1, L), Policy.optimum()), dict[tuple, flint.fmpq]()
    for arc in walk.visited():
        if arc != START and arc.head.depth == depth < arc.tail.depth:
            here = arc
            visits = exact(walk.hitting_times(cost=lambda s: int(s == here))[START])  # noqa: B023  (used at once)
            for after, p in walk.rows[arc].items():
                key = (after.head.depth, after.copy)
                counts[key] = counts.get(key, 0) + visits * p
    return np.array([float(fraction(count)) for count in counts.values()])


def _mixed_descent(W, L, golden, eps, delta):
    """Descent on the population of mixed data: row d stands at u_1, row b at v_1; golden paths have no arcs there."""
    return _descend(float(eps) * _choices(W, L, 1 if golden == 1 else 2), delta)


@pytest.mark.parametrize("route", ["flow", "descent"])
def test_mixed_time__computed(check, route):
    """The row's flow, integrated; and a learner on the multigraph with small steps, within one part in a hundred."""
    if route == "flow":
        check.exhaust(MIXES, _mixed_flow, within=1e-6)
    else:
        check.exhaust(MIXES, _mixed_descent, within=0.01)


@st.composite
def _mixes(draw):
    """Mixed data, a row and an error up to base's: {'W', 'eps', 'L', 'golden', 'delta'}."""
    row = draw(_rows())
    return {"W": draw(st.integers(2, 6)), "eps": row.pop("w"), **row}


def test_mixed_time__searched(check):
    check.search(_mixes(), _mixed_flow, within=1e-6, max_examples=12)


def test_mixed_time__control(check):
    check.exhaust(MIXES, _mixed_flow, within=1e-6)


# -- golden paths -------------------------------------------------------------------------------------------------


def _branches_seen(W, n):
    """The coupon collector as a chain on the number of branches seen."""
    now = [flint.fmpq(1)] + [flint.fmpq(0)] * W
    for _ in range(n):
        now = [now[s] * flint.fmpq(s, W) + (now[s - 1] * flint.fmpq(W - s + 1, W) if s else 0) for s in range(W + 1)]
    return fraction(now[W])


COLLECTED = grid(W=range(1, 8), n=range(0, 13))


def test_golden_branches__exact(check):
    check.exhaust(COLLECTED, _branches_seen)


def test_golden_branches__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(1, 20), "n": st.integers(0, 60)}), _branches_seen)


def test_golden_branches__control(check):
    check.exhaust(COLLECTED, _branches_seen)


@cache
def _branch_seen(K, L, k):
    """P(k paths show every copy of every diamond of a branch), as a chain on the copies seen in each of K diamonds."""
    now = {(0,) * K: flint.fmpq(1)}
    for _ in range(k):
        later: dict = {}
        for seen, p in now.items():
            for news in itertools.product((0, 1), repeat=K):
                q = p
                for s, new in zip(seen, news, strict=True):
                    q *= flint.fmpq(L - s, L) if new else flint.fmpq(s, L)
                if q:
                    # diamonds are alike: sorting keeps the states few
                    to = tuple(sorted(s + new for s, new in zip(seen, news, strict=True)))
                    later[to] = later.get(to, 0) + q
        now = later
    return now.get((L,) * K, flint.fmpq(0))


def _rows_seen(W, K, L, n):
    """Branch after branch: the first gets a binomial number of the paths, the others share the rest."""
    def rest(branches, left):
        if branches == 1:
            return _branch_seen(K, L, left)
        q = flint.fmpq(1, branches)
        return sum((comb(left, k) * q**k * (1 - q) ** (left - k) * _branch_seen(K, L, k) * rest(branches - 1, left - k)
                    for k in range(left + 1)), flint.fmpq(0))

    return fraction(rest(W, n))


GOLDEN = grid(W=(1, 2, 3), K=(1, 2, 3), L=(1, 2, 3), n=(0, 1, 3, 6, 10))


def test_golden_rows__exact(check):
    check.exhaust(GOLDEN, _rows_seen)


def test_golden_rows__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(1, 3), "K": st.integers(1, 3), "L": st.integers(1, 4),
                                        "n": st.integers(0, 16)}), _rows_seen)


def test_golden_rows__simulated(check):
    """W = 2, K = 4, L = 2, 10 golden parts of sampled traces: are all the rows a of the multigraph visited?"""
    maze, n = Maze(2, 4, 2), 10

    def draw(seed):
        group = Class(maze, 12_000, n, np.random.default_rng(seed))
        away = [i for i, arc in enumerate(group.arcs) if arc.tail.depth % 2 == 1 and arc.head.depth > arc.tail.depth]
        return (group.golden.sum(axis=2)[:, away] > 0).all(axis=1)

    claimed, twin = (float(body(W=2, K=4, L=2, n=n)) for body in (check.body, check.claim.control))
    check.share(claimed, twin, draw)


def test_golden_rows__control(check):
    check.exhaust(GOLDEN, _rows_seen)


def _least_paths(W, K, L, delta):
    """Least n by the chain of `_rows_seen` where it is quick, W = 1 or L = 1; else by the law, which is checked."""
    if W == 1 or L == 1:
        seen = _branch_seen if W == 1 else lambda K, L, n: _branches_seen(W, n)
        return next(n for n in itertools.count() if 1 - exact(seen(K, L, n)) <= exact(delta))
    return coverage.least_golden_paths(W, K, L, delta)


PATHS = grid(W=(1, 2, 4), K=(1, 2, 6), L=(1, 2, 3), delta=(Fraction(1, 2), Fraction(1, 50), Fraction(1, 10**6)))
PATHS = [case for case in PATHS if case["W"] > 1 or case["K"] < 6]
PATH_CASES = st.fixed_dictionaries({"W": st.integers(1, 4), "K": st.integers(1, 3), "L": st.integers(1, 4),
                                    "delta": st.integers(2, 10**4).map(lambda q: Fraction(1, q))})


def test_golden_paths_most__exact(check):
    check.exhaust(PATHS, _least_paths)


def test_golden_paths_most__searched(check):
    check.search(PATH_CASES, _least_paths)


def test_golden_paths_most__control(check):
    check.exhaust(PATHS, _least_paths)


def test_golden_paths_least__exact(check):
    check.exhaust(PATHS, _least_paths)


def test_golden_paths_least__searched(check):
    check.search(PATH_CASES, _least_paths)


def test_golden_paths_least__control(check):
    check.exhaust(PATHS, _least_paths)
