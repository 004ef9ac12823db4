"""Coverage laws against enumeration of whole data sets, against each other, and at their edges; the drawn students."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from math import factorial

import flint
import numpy as np
import pytest

from theory import coverage
from theory.coverage import covered, golden_law, least_number, least_traces, mean_traces, missed
from theory.maze import Maze
from theory.numeric import InputError
from theory.samples import training_time
from verify import students

BOTH = pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "uniform"])


def one_trace(W, target):
    """{set of branches retreated from: probability}: the target's place in a random order of first draws."""
    law: dict[frozenset[int], Fraction] = {}
    for order in itertools.permutations(range(W)):
        seen = frozenset(order[:order.index(target)])
        law[seen] = law.get(seen, Fraction(0)) + Fraction(1, factorial(W))
    return law


def data_sets(W, n, fixed):
    """Every outcome of n traces: (branches seen, probability)."""
    outcomes = [(seen, p / (1 if fixed else W)) for target in (range(1) if fixed else range(W))
                for seen, p in one_trace(W, target).items()]
    for traces in itertools.product(outcomes, repeat=n):
        p = Fraction(1)
        for _, q in traces:
            p *= q
        yield frozenset().union(*(seen for seen, _ in traces)), p


@BOTH
@pytest.mark.parametrize(("W", "n"), [(2, 0), (2, 1), (2, 3), (3, 1), (3, 2), (3, 3), (4, 1), (4, 2)])
def test_covered_is_the_share_of_all_data_sets(W, n, fixed):
    m = W - 1 if fixed else W
    assert covered(W, n, fixed=fixed) == sum(p for seen, p in data_sets(W, n, fixed) if len(seen) == m)


@BOTH
@pytest.mark.parametrize("W", [2, 3, 4])
def test_missed_is_the_share_of_traces_without_a_retreat_from_the_first_branches(W, fixed):
    for i in range(W if fixed else W + 1):
        # branch 0 is the target when fixed: its wrong branches are 1, 2, ..
        given = frozenset(range(1, i + 1) if fixed else range(i))
        assert missed(W, i, fixed=fixed) == sum(p for seen, p in data_sets(W, 1, fixed) if not seen & given)


def test_uniform_targets_are_a_fixed_one_with_a_branch_more():
    for W, n in itertools.product(range(2, 9), range(12)):
        assert 1 - covered(W, n) == (1 + Fraction(1, W)) ** n * (1 - covered(W + 1, n, fixed=True))


@BOTH
def test_the_number_of_traces_is_one_and_a_sum_of_geometric_ones(fixed):
    """P(N <= n) of 1 + G_1 + .. + G_m, convolved: the law behind the bounds, for a fixed target."""
    for W in range(2, 8):
        m = W - 1 if fixed else W
        law = [Fraction(1)] + [Fraction(0)] * 12
        for j in range(1, m + 1):
            out: list[Fraction] = []
            for k, p in enumerate(law):                # p_k' = sum_i p_i (j/(j+1)) (1/(j+1))^(k-i)
                out.append(p * Fraction(j, j + 1) + (out[-1] * Fraction(1, j + 1) if k else 0))
            law = out
        for n in range(1, 13):
            failure = 1 - sum(law[:n])
            assert 1 - covered(W, n, fixed=fixed) == (failure if fixed else (1 + Fraction(1, W)) ** n * failure)


@BOTH
def test_the_failure_is_log_concave_and_its_ratio_falls_to_that_of_one_branch(fixed):
    for W in range(2, 8):
        F = [1 - covered(W, n, fixed=fixed) for n in range(25)]
        ratios = [later / earlier for earlier, later in zip(F, F[1:], strict=False)]
        assert all(later <= earlier for earlier, later in zip(ratios, ratios[1:], strict=False))
        assert missed(W, 1, fixed=fixed) <= ratios[-1] and ratios[-1] < missed(W, 1, fixed=fixed) * Fraction(21, 20)


@BOTH
@pytest.mark.parametrize("eps", [1, Fraction(1, 3)])
def test_mean_traces_is_the_sum_of_the_failures(fixed, eps):
    """E[N] = sum_n P(N > n): the partial sums close in from below, and the rest is below a geometric tail."""
    for W in (2, 3, 5):
        n, q = 400, missed(W, 1, fixed=fixed, eps=eps)
        part = sum(1 - covered(W, k, fixed=fixed, eps=eps) for k in range(n))
        assert part < mean_traces(W, fixed=fixed, eps=eps) < part + W * q**n / (1 - q)


def test_means_by_hand():
    assert mean_traces(2, fixed=True) == 2                  # one branch, seen by every other trace
    assert mean_traces(2) == 6                              # two, each by every fourth: 4 + 2


@BOTH
@pytest.mark.parametrize("W", [2, 5, 40])
@pytest.mark.parametrize("delta", ["1/2", "1/3", "1/1000", 1e-9])
def test_least_traces_is_the_least(W, delta, fixed):
    n = least_traces(W, delta, fixed=fixed)
    risk = Fraction(delta) if isinstance(delta, float) else Fraction(*map(int, delta.split("/")))
    assert 1 - covered(W, n, fixed=fixed) <= risk < 1 - covered(W, n - 1, fixed=fixed)


@pytest.mark.parametrize(("failure", "delta", "least"), [
    (lambda n: Fraction(0), "1/2", 0), (lambda n: Fraction(n < 1), "1/2", 1), (lambda n: Fraction(n < 2), "1/2", 2),
    (lambda n: Fraction(n < 37), "1/2", 37), (lambda n: Fraction(1, n + 1), "1/64", 63), (lambda n: Fraction(1), 1, 0)])
def test_least_number(failure, delta, least):
    assert least_number(failure, delta) == least


# -- golden paths -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("m", "n"), [(1, 0), (1, 1), (2, 1), (2, 4), (3, 2), (3, 3), (3, 5)])
def test_coupons_is_the_share_of_all_draws(m, n):
    draws = list(itertools.product(range(m), repeat=n))
    assert coverage.coupons(m, n) == Fraction(sum(len(set(d)) == m for d in draws), len(draws))


@pytest.mark.parametrize(("W", "K", "L", "n"), [(1, 1, 1, 2), (1, 2, 2, 3), (2, 1, 2, 5), (2, 2, 1, 4), (3, 1, 1, 5),
                                                (2, 2, 2, 4), (1, 1, 3, 5)])
def test_golden_law_is_the_share_of_all_data_sets(W, K, L, n):
    paths = list(itertools.product(range(W), itertools.product(range(L), repeat=K)))
    law = golden_law(W, K, L, n)
    for k in range(n + 1):
        whole = sum(len({(i, j, c) for i, copies in data for j, c in enumerate(copies)}) == W * K * L
                    for data in itertools.product(paths, repeat=k))
        assert law[k] == Fraction(whole, len(paths) ** k)


@pytest.mark.parametrize(("W", "L", "n"), [(2, 1, 3), (2, 2, 4), (3, 1, 3)])
def test_both_law_is_the_share_of_all_data_sets(W, L, n):
    """Every target, every set of branches retreated from, every copy on the golden part; K = 1."""
    outcomes = [(target, copy, seen, p / (W * L)) for target in range(W) for copy in range(L)
                for seen, p in one_trace(W, target).items()]
    share = Fraction(0)
    for traces in itertools.product(outcomes, repeat=n):
        if (len({(target, copy) for target, copy, _, _ in traces}) == W * L
                and len(frozenset().union(*(seen for _, _, seen, _ in traces))) == W):
            p = Fraction(1)
            for *_, q in traces:
                p *= q
            share += p
    assert share > 0 and coverage.both_law(W, 1, L, n) == share


def test_least_golden_paths_is_the_least():
    for W, K, L, delta in ((1, 1, 1, "1/2"), (2, 1, 2, "1/10"), (3, 2, 2, "1/1000"), (1, 3, 4, "1/2")):
        n = coverage.least_golden_paths(W, K, L, delta)
        law, risk = golden_law(W, K, L, n), Fraction(*map(int, delta.split("/")))
        assert 1 - law[n] <= risk < 1 - law[n - 1]


# -- students drawn in numbers ------------------------------------------------------------------------------------

@BOTH
def test_a_drawn_student_costs_what_the_exact_solve_of_its_counts_says(fixed):
    maze = Maze(3, 1, 2)
    group = students.Class(maze, 12, 2, np.random.default_rng(5), fixed=fixed)
    for counts in (group.whole, group.golden):
        costs = group.costs(counts)
        assert costs.shape == (12, 1 if fixed else 3)
        for row, got in zip(counts, costs, strict=True):
            table = {arc: Counter({group.arcs[group.next[i, k]]: int(row[i, k]) for k in np.flatnonzero(row[i])})
                     for i, arc in enumerate(group.arcs) if row[i].any()}
            for target, steps in enumerate(got):
                assert steps == pytest.approx(float(students.cost(maze, table, target)), rel=1e-12)


def test_drawn_traces_are_the_optimums():
    """Every visited row persists; each trace ends once, and enters wrong branches W-1 times on average."""
    maze, n = Maze(4, 2, 3), 5
    group = students.Class(maze, 2000, n, np.random.default_rng(6))
    for i, arc in enumerate(group.arcs):
        for k, after in enumerate(group.next[i]):
            if after >= 0 and arc.head.depth not in (0, maze.shortest):
                head = group.arcs[after].head
                if (head.depth > arc.head.depth) != (arc.head.depth > arc.tail.depth):
                    assert not group.whole[:, i, k].any()
    leaf = [i for i, arc in enumerate(group.arcs) if arc.head.depth == maze.shortest]
    wrong = group.whole[:, leaf].sum(axis=(1, 2)) / n       # a target's leaf has no next arc
    # geometric: variance W(W-1); six deviations of the mean
    assert abs(wrong.mean() - 3) < 6 * (12 / (2000 * n)) ** 0.5
    golden = group.golden.sum(axis=2)[:, [i for i, arc in enumerate(group.arcs) if arc.tail.depth == 0]]
    assert (golden.sum(axis=1) == n).all()


# -- edges --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("call", "words"), [
    (lambda: covered(1, 3), "W = 1"), (lambda: covered(3, -1), "n = -1"), (lambda: covered(3, 2, eps=0), "eps = 0"),
    (lambda: covered(3, 2, eps="3/2"), "eps = 3/2"), (lambda: missed(3, 4), "i = 4"), (lambda: missed(3, -1), "i = -1"),
    (lambda: missed(3, 3, fixed=True), "i = 3"), (lambda: least_traces(3, 0), "delta = 0"),
    (lambda: golden_law(0, 1, 1, 2), "W = 0"), (lambda: golden_law(2, 1, 1.5, 2), "L = 1.5"),
    (lambda: training_time(5, 1, 0, "1/9"), "rate 0"), (lambda: training_time(5, 1, 1, "9/10"), "error of 9/10"),
    (lambda: training_time(5, 1, 1, "0"), "delta = 0"), (lambda: training_time(5, 6, 1, "1/9"), "golden = 6"),
    (lambda: training_time(5, 1, 1, "1e-400"), "error of 1e-400"), (lambda: training_time(0, 1, 1, "1/9"), "L = 0"),
    (lambda: coverage.coupons(0, 2), "m = 0"), (lambda: coverage.both_law(1, 1, 1, 2), "W = 1")])
def test_bad_input_is_refused_in_one_line_with_the_value(call, words):
    with pytest.raises(InputError) as error:
        call()
    assert words in str(error.value) and "\n" not in str(error.value)


def test_training_time_keeps_its_digits_next_to_bases_error():
    """t = (X-1)(1 - L(X-1)/(2(L+1))) to second order: an error below base's by one part in 10^12."""
    L, off = 3, Fraction(1, 10**12)
    delta = Fraction(L, L + 1) * (1 - off)
    X = L * (1 - delta) / delta
    assert training_time(L, 1, 1, delta) == pytest.approx(float((X - 1) * (1 - L * (X - 1) / (2 * (L + 1)))), rel=1e-14)
    assert training_time(L, 1, 1, Fraction(L, L + 1)) == 0


def test_ceiling():
    assert coverage.ceiling(lambda: flint.arb(2).sqrt()) == 2
    assert coverage.ceiling(lambda: 1 + flint.arb(2) ** -100) == 2         # 64 bits cannot tell; 256 can
    assert coverage.ceiling(lambda: flint.arb(-3) / 2) == -1
