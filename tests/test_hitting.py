"""The recursion: right on every maze tried, exact in every number type, infinite where it must be, bounded in floats.

The witness is the linear solve of `theory.chain`, which shares no code with it; for derivatives also SymPy's, and exact
differences of two solves.
"""

from __future__ import annotations

import math
import time
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from theory import closed_forms, hitting, moments, sides
from theory.chain import START, full_chain, lumped_chain
from theory.hitting import expected_steps, float_steps, geometric, recursive_steps
from theory.maze import Maze
from theory.numeric import InputError, Steps, ball_precision, exact, fraction
from theory.policy import ROWS, Branch, Policy
from verify import strategies

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)
FEW = settings(QUICK, max_examples=15)
NAMED = {"base": Policy.base, "sft": Policy.sft_limit, "optimum": lambda L: Policy.optimum()}
KNOWN = [            # (maze, policy, expected steps): derived twice before this code was written
    ((15, 15, 5), "base", Fraction(50141)), ((15, 15, 5), "optimum", Fraction(899)),
    ((15, 15, 5), "sft", Fraction(13178858182061763405316183, 30517578125)),
    ((2, 3, 4), "base", Fraction(228)), ((2, 3, 4), "sft", Fraction(105103125, 10**5)),
    ((2, 3, 4), "optimum", Fraction(21)),
    ((3, 2, 2), "base", Fraction(140)), ((3, 2, 2), "sft", Fraction(174)), ((3, 2, 2), "optimum", Fraction(25)),
]
INSIDE = st.integers(1, 19).map(lambda n: Fraction(n, 20))
MANY_ZEROS = st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 2)])


@st.composite
def drawn(draw, numbers, W=3, K=3):
    """(maze, policy, target): rows of such numbers, homogeneous or not, tied or untied."""
    maze = Maze(draw(st.integers(1, W)), draw(st.integers(1, K)), draw(st.integers(1, 2)))
    row = st.one_of(numbers, st.lists(numbers, min_size=maze.K, max_size=maze.K))
    branch, count = st.builds(Branch, row, row, row, row), draw(st.sampled_from([1, maze.W]))
    branches = draw(st.lists(branch, min_size=count, max_size=count))
    return maze, Policy.of(*branches), draw(st.integers(0, maze.W - 1))


def holds(ball, value):
    """Whether a ball contains a rational; flint's own `contains` rounds the rational to a ball of its own first."""
    with ball_precision(4000):
        return ball.contains(flint.arb(exact(value)))


# -- the right number ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("sizes", "name", "steps"), KNOWN)
def test_known_values(sizes, name, steps):
    maze, policy = Maze(*sizes), NAMED[name](sizes[2])
    assert expected_steps(maze, policy) == recursive_steps(maze, policy) == steps
    assert expected_steps(maze, policy, prompt_edge=True) == steps + 1
    value, error = float_steps(maze, policy)
    assert abs(Fraction(value) - steps) <= error * Fraction(value) and error < 1e-12


@QUICK
@given(drawn(MANY_ZEROS))
def test_zero_and_one_rows_agree_with_the_solve_infinite_ones_included(case):
    maze, policy, target = case
    solved = lumped_chain(maze, policy, target=target).hitting_time()
    assert expected_steps(maze, policy, target=target) == recursive_steps(maze, policy, target=target) == solved


@QUICK
@given(strategies.mazes(5, 6, 1), strategies.branches(1, zero=True).map(lambda b: [
    v[0] if isinstance(v, tuple) else v for v in (getattr(b, n) for n in ROWS)]))
def test_homogeneous_rows_by_doubling_are_the_recursion(maze, rows):
    policy = Policy(*rows)
    assert expected_steps(maze, policy) == recursive_steps(maze, policy)


@FEW
@given(strategies.walks(maze=strategies.mazes(3, 2, 2)))
def test_the_full_chain_agrees_at_extreme_rows(walk):
    """Every row to the power 40: as small as 1e-360, exactly."""
    tiny = Policy.of(*(Branch(*[[p**40 for p in branch.expanded(walk["maze"].K)[n]] for n in ROWS])
                       for branch in walk["policy"].branches))
    case = {"maze": walk["maze"], "policy": tiny, "target": walk["target"]}
    assert expected_steps(**case) == full_chain(**case).hitting_time()


@QUICK
@given(strategies.walks())
def test_the_parts_make_the_whole(walk):
    """H = (W + sum E) Z + Y."""
    maze, policy, target = walk["maze"], walk["policy"], walk["target"]
    Z, Y = hitting.entry(maze, policy, target=target)
    wrong = sum(hitting.excursion_steps(maze, policy, branch=i) for i in range(maze.W) if i != target)
    assert expected_steps(**walk) == (maze.W + wrong) * Z + Y


# -- infinity -----------------------------------------------------------------------------------------------------

ONES = {"a": 1, "b": 1, "c": 1, "d": 1}


@pytest.mark.parametrize("name", ROWS)
def test_a_zero_row_costs_infinity_and_no_exception(name):
    maze = Maze(2, 3, 2)
    for zero in (0, [1, 0, 1], [1, 1, 0.0]):
        policy = Policy(**ONES | {name: zero})
        for use in (expected_steps, recursive_steps, moments.second_moment):
            assert use(maze, policy) is math.inf
        assert expected_steps(maze, policy, prompt_edge=True) is math.inf
        assert float_steps(maze, policy) == (math.inf, 0.0)
        assert Steps.of(expected_steps(maze, policy)).to_json()["exact"] == "oo"
        if name in "ac":
            assert hitting.entry(maze, policy) == (math.inf, math.inf)
        else:
            assert hitting.excursion_steps(maze, policy) is math.inf


def test_with_one_branch_turning_back_for_ever_is_no_harm():
    """W = 1: a walker that always turns when it moves back bounces outwards; only a and c matter."""
    half = Fraction(1, 2)
    for policy in (Policy(half, 0, half, 0), Policy([half, 1], 0, 1, [0, half])):
        steps = expected_steps(Maze(1, 2, 2), policy)
        assert steps == full_chain(Maze(1, 2, 2), policy).hitting_time() < math.inf
    assert expected_steps(Maze(1, 2, 2), Policy(0, 1, 1, 1)) is math.inf


def test_a_wrong_branch_that_is_never_left_behind_is_infinite_only_where_it_can_be_entered():
    harmless = Branch([0, 1], [1, 0], 1, [1, 0])         # turns at v_1, so the traps behind are never met
    trap = Branch(1, [1, 0], 1, 1)
    maze = Maze(2, 2, 2)
    for wrong, finite in ((harmless, True), (trap, False)):
        policy = Policy.untied([Branch(1, 1, 1, 1), wrong])
        steps = expected_steps(maze, policy)
        assert steps == full_chain(maze, policy).hitting_time() and (steps < math.inf) == finite
        assert expected_steps(maze, policy, target=1) is math.inf if finite else True


# -- number types -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("maze", [Maze(1, 2, 2), Maze(3, 1, 2), Maze(3, 2, 2)], ids=str)
@pytest.mark.parametrize("expand", [False, True])
def test_a_symbolic_cost_is_the_cost_at_every_number(maze, expand):
    symbols = sympy.symbols("a b c d", positive=True)
    formula = expected_steps(maze, Policy(*([s] * maze.K if expand else s for s in symbols)))
    for numbers in ((1, 2, 3, 4), (7, 7, 7, 7), (6, 5, 1, 2)):
        rows = [Fraction(n, 7) for n in numbers]
        value = formula.subs({s: sympy.Rational(str(p)) for s, p in zip(symbols, rows, strict=True)})
        expected = expected_steps(maze, Policy(*rows))
        assert value == sympy.Rational(expected.numerator, expected.denominator)


@QUICK
@given(strategies.walks())
def test_a_ball_contains_the_exact_cost(walk):
    """Balls of radius 1e-12 around every row (at 1 too: the ball then reaches beyond) hold the cost of the middle."""
    maze, policy = walk["maze"], walk["policy"]
    blurred = Policy.of(*(Branch(*[[flint.arb(p, flint.arb(1e-12) * flint.arb(p)) for p in branch.expanded(maze.K)[n]]
                                   for n in ROWS]) for branch in policy.branches))
    value = expected_steps(**walk)
    for steps in (expected_steps(maze, blurred, target=walk["target"]),
                  recursive_steps(maze, blurred, target=walk["target"])):
        assert holds(steps, value)


@pytest.mark.parametrize("rows", [ONES, ONES | {"c": [1, 1]}], ids=["homogeneous", "not"])
@pytest.mark.parametrize("name", ROWS)
def test_a_ball_around_zero_claims_neither_infinity_nor_a_number(rows, name):
    """The row may be 0, where the cost is infinite, or not; so no bound is given."""
    steps = expected_steps(Maze(2, 2, 2), Policy(**rows | {name: flint.arb(0, 1e-30)}))
    assert isinstance(steps, flint.arb) and not steps.is_finite()


# -- size ---------------------------------------------------------------------------------------------------------

def test_a_million_diamonds_take_seconds():
    """Base, SFT limit, optimum at K = 10^6; the SFT limit's cost has 857,335 digits before the point."""
    K, L, start = 10**6, 5, time.monotonic()
    maze = Maze(15, K, L)
    assert expected_steps(maze, Policy.optimum()) == 29 * (2 * K + 1)
    assert expected_steps(maze, Policy.base(L)) == 29 * Fraction((K * 6 + 1) * (K * 6 + 5), 5)
    steps = Steps.of(expected_steps(maze, Policy.sft_limit(L)))
    rate, constant = Fraction(36, 5), Fraction(14 * 2 * 6 * 11, 31)
    assert steps.log10 == pytest.approx(K * math.log10(rate) + math.log10(constant), rel=1e-13)
    assert steps.decimal.endswith("e+857334") and len(steps.exact) > 2_000_000
    assert float(steps) == math.inf
    # O(K) on growing fractions would take hours
    assert time.monotonic() - start < 60


def test_costs_past_the_largest_float_keep_every_digit():
    maze, policy = Maze(4, 400, 6), Policy.sft_limit(6)
    steps = Steps.of(expected_steps(maze, policy))
    exact_steps = closed_forms.sft_steps(4, 400, 6)
    assert steps.exact == f"{exact_steps.numerator}/{exact_steps.denominator}"
    assert recursive_steps(maze, policy) == exact_steps > 10**309
    assert steps.log10 > 308.3


# -- floats -------------------------------------------------------------------------------------------------------

TINY = st.integers(1, 98).map(lambda n: Fraction(1, 10**n))
HARD = st.one_of(                # no short binary form, next to 0, next to 1, and 1
    st.floats(1e-90, 1).map(Fraction), st.integers(3, 999).map(lambda q: Fraction(1, q)), TINY,
    TINY.map(lambda p: 1 - p), st.just(Fraction(1)))
HARDER = st.one_of(HARD, st.sampled_from([Fraction(0), Fraction(1, 10**400), 1 - Fraction(1, 10**400)]))


@settings(QUICK, max_examples=200)
@given(drawn(HARD, W=4, K=6) | drawn(HARDER, W=4, K=3))
def test_the_error_bound_of_float_steps_holds_or_the_answer_is_refused(case):
    maze, policy, target = case
    try:
        value, error = float_steps(maze, policy, target=target)
    except InputError as refusal:
        assert "float64's safe range" in str(refusal)
        return
    truth = expected_steps(maze, policy, target=target)
    if truth == math.inf or value == math.inf:
        assert (truth, value, error) == (math.inf, math.inf, 0.0)
    else:
        assert abs(Fraction(value) - truth) <= Fraction(error) * Fraction(value)


class Roundings:
    """A positive float that knows only how many roundings its relative error is made of."""

    def __init__(self, count):
        self.count = count

    def __add__(self, other):
        return Roundings(max(self.count, getattr(other, "count", 0)) + 1)

    def __mul__(self, other):
        zero = isinstance(other, int) and other == 0
        return Roundings(0 if zero else self.count + getattr(other, "count", 0) + 1)

    def __truediv__(self, other):
        return Roundings(self.count + getattr(other, "count", 0) + 1)

    def __eq__(self, other):
        return False                                     # asked only whether a row is 0

    __radd__, __rmul__ = __add__, __mul__


@pytest.mark.parametrize(("W", "K"), [(1, 1), (2, 1), (3, 30), (40, 2), (7, 12)])
@pytest.mark.parametrize("tied", [True, False])
def test_the_bounds_count_every_rounding(W, K, tied):
    """The recursions run on a number that counts; the rows come in with one rounding each."""
    maze = Maze(W, K, 2)
    policy = Policy.base(2) if tied else Policy.untied([Policy.base(2)] * W)
    both = sides.split(maze, policy, 0, convert=lambda v: Roundings(1))
    count, (_, error) = sides.solve(maze, *both).H.count, float_steps(maze, policy)
    assert count * 2.0**-53 <= error and (K < 10 or 26 * K * 2.0**-53 < error < 1.3 * count * 2.0**-53)
    arrivals, total = moments.arrivals(maze, *both, dtype=object), Roundings(0)
    for t in range(1, 20):
        total = total + next(arrivals)
        assert total.count * 2.0**-53 <= moments.reach_curve(maze, policy, t)[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_error_bound_holds_on_long_random_branches(seed):
    rng = np.random.default_rng(seed)
    K, W = int(rng.integers(100, 400)), int(rng.integers(1, 50))
    rows = [1 - rng.random(K) * 10.0 ** -rng.integers(0, 12) for _ in ROWS]
    maze, policy = Maze(W, K, 3), Policy(*rows)
    value, error = float_steps(maze, policy)
    assert abs(Fraction(value) - expected_steps(maze, policy)) <= Fraction(error) * Fraction(value)
    assert 0 < error < 1e-10 * (1 + W)


@pytest.mark.parametrize("rows", [
    ONES | {"a": "1e-400"}, ONES | {"b": "1e-400"}, ONES | {"c": ["1e-101", 1]}, ONES | {"d": "1e-320"},
    ONES | {"a": 1 - Fraction(1, 10**200)}, dict.fromkeys("bd", "1e-99") | {"a": 1, "c": 1}], ids=str)
def test_floats_out_of_range_are_refused_and_never_rounded_to_zero_or_infinity(fails, rows):
    maze, policy = Maze(3, 2, 2), Policy(**rows)
    assert expected_steps(maze, policy) < 10**1000
    fails(lambda: float_steps(maze, policy), "safe range", "use expected_steps")


def test_floats_are_for_numbers(fails):
    for row, kind in ((sympy.Symbol("p"), "symbolic"), (flint.arb("0.3"), "ball")):
        fails(lambda row=row: float_steps(Maze(2, 1, 1), Policy(row, 1, 1, 1)), kind)
        fails(lambda row=row: moments.reach_curve(Maze(2, 1, 1), Policy(row, 1, 1, 1), 3), kind)


# -- gradient -----------------------------------------------------------------------------------------------------

def moved(policy, K, branch, name, j, by):
    """`policy` with entry j of a row of one branch moved."""
    rows = [b.expanded(K) for b in policy.branches]
    rows[branch][name][j] += by
    return Policy.of(*(Branch(**r) for r in rows))


@FEW
@given(drawn(INSIDE, K=2))
def test_the_gradient_is_the_quotient_of_exact_differences(case):
    """Central differences over 2e-40, solved exactly, agree to far more digits than any wrong term could."""
    (maze, policy, target), h = case, exact("1e-40")
    slopes = hitting.gradient(maze, policy, target=target)
    assert len(slopes) == len(policy.branches)
    for branch, slope in enumerate(slopes):
        for name in ROWS:
            for j, value in enumerate(getattr(slope, name)):
                beside = [moved(policy, maze.K, branch, name, j, by) for by in (h, -h)]
                high, low = (lumped_chain(maze, p, target=target).hitting_time() for p in beside)
                assert abs((high - low) / fraction(2 * h) - value) < Fraction(1, 10**50), (branch, name, j)


def test_the_gradient_is_sympys_derivative_at_the_ends_of_the_range_too():
    """At rows of 1, where a difference could go one way only; W = 2, K = 2, every row its own symbol."""
    symbols = {name: sympy.symbols(f"{name}1 {name}2", positive=True) for name in ROWS}
    maze = Maze(2, 2, 2)
    cost = expected_steps(maze, Policy(**{name: list(pair) for name, pair in symbols.items()}))
    for rows in ((1, 1, 1, 1), ("1/3", "2/3", "2/3", "1/3"), (1, "2/3", 1, "1/3")):
        point = {s: sympy.Rational(p) for p, pair in zip(rows, symbols.values(), strict=True) for s in pair}
        (slope,) = hitting.gradient(maze, Policy(*rows))
        for name in ROWS:
            for value, symbol in zip(getattr(slope, name), symbols[name], strict=True):
                derivative = cost.diff(symbol).subs(point)
                assert derivative == sympy.Rational(value.numerator, value.denominator), (rows, symbol)


def test_the_gradient_takes_symbols_and_balls():
    p = sympy.Symbol("p", positive=True)
    maze, rows = Maze(3, 1, 2), ("1/2", "2/3", "3/4")
    (slope,) = hitting.gradient(maze, Policy(p, *rows))
    cost = expected_steps(maze, Policy(p, *rows))
    assert sympy.cancel(slope.a[0] - cost.diff(p)) == 0
    (exactly,), (ball,) = (hitting.gradient(maze, Policy(q, *rows)) for q in ("1/2", flint.arb("1/2")))
    assert all(holds(ball[i][0], exactly[i][0]) and ball[i][0].rad() < 1e-9 for i in range(4))


def test_a_wrong_branch_cut_off_by_a_zero_still_has_a_slope_there():
    """P_1 = 0 in the wrong branch: moving it up lets the walker in, at a rate that only what lies behind tells."""
    maze, h = Maze(2, 2, 1), Fraction(1, 10**40)
    policy = Policy.untied([Branch("1/2", "1/3", "1/4", "1/5"), Branch("1/2", "1/3", [0, "1/2"], "1/5")])
    slope = hitting.gradient(maze, policy)[1].c[0]
    difference = (expected_steps(maze, moved(policy, 2, 1, "c", 0, exact(h))) - expected_steps(maze, policy)) / h
    assert slope > 1 and abs(difference - slope) < Fraction(1, 10**30)


@pytest.mark.parametrize("rows", [
    ONES | {"a": 0}, ONES | {"c": [1, 0]}, ONES | {"b": 0}, ONES | {"d": [0, 1]}], ids=str)
def test_no_gradient_where_the_cost_is_infinite_there_or_next_to_it(fails, rows):
    fails(lambda: hitting.gradient(Maze(2, 2, 2), Policy(**rows)), "does not exist")


def test_with_one_branch_a_zero_backward_row_has_a_slope():
    maze, h = Maze(1, 2, 1), Fraction(1, 10**40)
    policy = Policy("1/2", 0, "1/3", 0)
    (slope,) = hitting.gradient(maze, policy)
    for name in "bd":
        for j in range(2):
            moved_up = expected_steps(maze, moved(policy, 2, 0, name, j, exact(h)))
            difference = (moved_up - expected_steps(maze, policy)) / h
            assert abs(difference - getattr(slope, name)[j]) < Fraction(1, 10**30)


def test_signs_at_base_turn_right_at_the_least_W_known():
    """The least W at which the base model's gradient pushes all rows up, found before this code was written."""
    known = {2: (2, 2, 3, 3, 4, 5, 7, 9, 14), 5: (2, 2, 3, 4, 5, 6, 8, 10, 15)}
    for L, thresholds in known.items():
        for K, least in zip((1, 2, 3, 4, 6, 8, 12, 16, 24), thresholds, strict=True):
            right = [W for W in range(2, least + 1) if not any(
                v > 0 for row in hitting.gradient(Maze(W, K, L), Policy.base(L))[0] for v in row)]
            assert right == [least], (K, L)


def test_one_of_those_thresholds_is_a_tie():
    """W = 9, K = 16, L = 2: the slope of d_10 is exactly 0, which no float tells from either sign."""
    (slope,) = hitting.gradient(Maze(9, 16, 2), Policy.base(2))
    flat = [(name, j) for name in ROWS for j, v in enumerate(getattr(slope, name), 1) if v == 0]
    assert flat == [("d", 10)]
    h = exact("1e-40")
    up, down = (expected_steps(Maze(9, 16, 2), moved(Policy.base(2), 16, 0, "d", 9, by)) for by in (h, -h))
    assert abs(up - down) < Fraction(1, 10**110) and up + down > 2 * expected_steps(Maze(9, 16, 2), Policy.base(2))


# -- second moment ------------------------------------------------------------------------------------------------

@settings(QUICK, max_examples=40)
@given(drawn(MANY_ZEROS, K=2))
def test_the_second_moment_agrees_with_two_solves_zero_rows_included(case):
    maze, policy, target = case
    walk = lumped_chain(maze, policy, target=target)
    if not walk.sure():
        assert moments.second_moment(maze, policy, target=target) is math.inf
        return
    h = walk.hitting_times()
    again = walk.hitting_times(cost=lambda state: 2 * exact(h[state]) - 1)[START]
    assert moments.second_moment(maze, policy, target=target) == again


@pytest.mark.parametrize("policy", [
    Policy.base(2), Policy("1/2", "3/4", "2/3", "1/2"), Policy([1, "1/2"], 1, "4/5", 1)], ids=str)
def test_the_second_moment_is_the_sum_over_a_long_distribution(policy):
    """E[T^2] = sum (2t+1) P(T > t), summed until nothing is left."""
    maze = Maze(2, 2, 2)
    curve, _ = moments.reach_curve(maze, policy, 6000)
    assert 1 - curve[-1] < 1e-12
    t = np.arange(len(curve))
    assert float(moments.second_moment(maze, policy)) == pytest.approx(np.sum((2 * t + 1) * (1 - curve)), rel=1e-7)
    assert float(expected_steps(maze, policy)) == pytest.approx(np.sum(1 - curve), rel=1e-9)


def test_a_walk_without_chance_has_no_variance():
    assert moments.second_moment(Maze(1, 7, 3), Policy.optimum()) == 15**2
    mean, second = (use(Maze(2, 1, 1), Policy.optimum()) for use in (expected_steps, moments.second_moment))
    # geometric number of wrong entries of 6 steps each, then 3: mean 6 + 3, variance 36 * 2
    assert (mean, second) == (9, 81 + 72)


# -- the distribution ---------------------------------------------------------------------------------------------

@settings(QUICK, max_examples=40)
@given(drawn(MANY_ZEROS, K=2), st.integers(0, 30))
def test_reaching_in_time_is_a_power_of_the_full_chain_zero_rows_included(case, t):
    maze, policy, target = case
    expected = full_chain(maze, policy, target=target).reach_probability(t)
    assert moments.reach_probability(maze, policy, t, target=target) == expected


@QUICK
@given(strategies.walks(zero=True))
def test_nobody_arrives_before_the_shortest_path_and_then_by_it_alone(walk):
    shortest = walk["maze"].shortest
    assert moments.reach_probability(**walk, t=shortest - 1) == 0
    P, _ = walk["policy"].branch(walk["target"]).persistence(walk["maze"].K)
    assert moments.reach_probability(**walk, t=shortest) == fraction(math.prod(P, start=exact(1)) / walk["maze"].W)


def test_reaching_in_time_in_other_number_types():
    maze, p = Maze(2, 1, 2), sympy.Symbol("p")
    expected = moments.reach_probability(maze, Policy("1/4", "1/2", "2/3", "1/3"), 9)
    formula = moments.reach_probability(maze, Policy(p, "1/2", "2/3", "1/3"), 9)
    assert formula.subs(p, sympy.Rational(1, 4)) == sympy.Rational(expected.numerator, expected.denominator)
    ball = moments.reach_probability(maze, Policy(flint.arb("0.25"), "1/2", "2/3", "1/3"), 9)
    assert holds(ball, expected) and ball.rad() < 1e-12


@settings(QUICK, max_examples=40)
@given(drawn(HARDER, K=2))
@example((Maze(3, 1, 2), Policy("1e-400", 1 - Fraction(1, 10**400), "1e-320", "1/3"), 1))
def test_the_error_bound_of_the_curve_holds_on_adversarial_rows(case):
    maze, policy, target = case
    curve, error = moments.reach_curve(maze, policy, 25, target=target)
    assert 0 < error < 1e-12 and curve[0] == 0.0 and np.all(np.diff(curve) >= 0)
    for t in (3, 7, 8, 16, 25):
        exactly = moments.reach_probability(maze, policy, t, target=target)
        assert abs(Fraction(curve[t]) - exactly) <= Fraction(error), t


def test_the_curve_is_right_far_out():
    """5000 roundings deep, against the power of the chain in balls."""
    maze, policy = Maze(3, 2, 2), Policy(0.3, 0.7, 0.9, 0.2)
    curve, error = moments.reach_curve(maze, policy, 5000)
    chain = lumped_chain(maze, policy)
    for t in (10, 999, 5000):
        assert abs(chain.reach_ball(t, digits=30) - flint.arb(float(curve[t]))) <= error
    assert error < 1e-10


@pytest.mark.parametrize(("t", "shown"), [(-1, "-1"), (2.5, "2.5"), (True, "True"), ("3", "'3'"), (None, "None")])
def test_a_number_of_steps_is_an_integer_from_zero(fails, t, shown):
    maze, policy = Maze(2, 1, 1), Policy.base(1)
    fails(lambda: moments.reach_probability(maze, policy, t), shown)
    fails(lambda: moments.reach_curve(maze, policy, t), shown)
    assert moments.reach_probability(maze, policy, 0) == 0
    assert list(moments.reach_curve(maze, policy, 0)[0]) == [0.0]


@pytest.mark.parametrize("use", [
    expected_steps, recursive_steps, float_steps, hitting.entry, hitting.gradient, moments.second_moment,
    lambda *args, target: moments.reach_probability(*args, 3, target=target),
    lambda *args, target: moments.reach_curve(*args, 3, target=target),
    lambda *args, target: hitting.excursion_steps(*args, branch=target), lumped_chain, full_chain])
def test_a_target_out_of_range_is_refused_everywhere(fails, use):
    for target, shown in ((3, "3"), (-1, "-1"), (1.0, "1.0"), (True, "True")):
        for policy in (Policy.base(2), Policy.untied([Policy.base(2)] * 3)):
            fails(lambda policy=policy, target=target: use(Maze(3, 1, 2), policy, target=target), "target", shown)


# -- geometric sums -----------------------------------------------------------------------------------------------

def naive(q, n):
    """(q^n, 1 + q + ... + q^(n-1), the sum of those sums), term by term."""
    one = q * 0 + 1
    powers, total, double = one, one * 0, one * 0
    for _ in range(n):
        double, total, powers = double + total, total + powers, powers * q
    return powers, total, double


@QUICK
@given(st.fractions(0, 3, max_denominator=50), st.integers(0, 60))
@example(Fraction(1), 37)
@example(Fraction(0), 5)
@example(Fraction(0), 0)
def test_geometric_sums_are_the_sums_term_by_term(q, n):
    expected = naive(q, n)
    assert tuple(map(fraction, geometric(exact(q), n))) == expected
    assert geometric(q, n) == expected                     # by doubling, which flint's rationals are spared
    for value, exactly in zip(geometric(flint.arb(exact(q)), n), expected, strict=True):
        assert holds(value, exactly) and value.rad() <= abs(value.mid()) * 1e-11


def test_geometric_sums_of_a_symbol():
    q = sympy.Symbol("q")
    for n in range(12):
        assert all(sympy.expand(a - b) == 0 for a, b in zip(geometric(q, n), naive(q, n), strict=True))
