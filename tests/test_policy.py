"""A policy takes its rows in any number type, keeps them exactly through files, and refuses what is no probability."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import chain, hitting, moments
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import fraction
from theory.policy import ROWS, Branch, Policy
from verify import strategies

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)


# -- every number type in, exact out ------------------------------------------------------------------------------

QUARTERS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1))          # exact in every type
TYPES = {
    "Fraction": lambda p: p, "p/q": str, "decimal text": lambda p: str(float(p)),
    "Decimal": lambda p: Decimal(float(p)), "float": float, "np.float64": lambda p: np.float64(float(p)),
    "np.float16": lambda p: np.float16(float(p)), "np.longdouble": lambda p: np.longdouble(float(p)),
    "sympy.Rational": lambda p: sympy.Rational(p.numerator, p.denominator),
    "sympy.Float": lambda p: sympy.Float(float(p)), "mpf": lambda p: mpmath.mpf(float(p)),
    "fmpq": lambda p: flint.fmpq(p.numerator, p.denominator),
}


def test_the_witness_of_the_types():
    assert chain.full_chain(Maze(3, 2, 2), Policy(*QUARTERS)).hitting_time() == expected_steps(
        Maze(3, 2, 2), Policy(*QUARTERS))


@pytest.mark.parametrize("make", TYPES.values(), ids=TYPES)
def test_a_row_may_come_in_any_number_type(make):
    """The same Fraction whatever the type, as one number a row or as K of them."""
    expected = expected_steps(Maze(3, 2, 2), Policy(*QUARTERS))
    for rows in ([make(p) for p in QUARTERS], [[make(p)] * 2 for p in QUARTERS], [(make(p),) * 2 for p in QUARTERS]):
        steps = expected_steps(Maze(3, 2, 2), Policy(*rows))
        assert type(steps) is Fraction and steps == expected


def test_a_row_may_be_a_numpy_array():
    expected = expected_steps(Maze(3, 2, 2), Policy(*QUARTERS))
    for dtype in (float, np.float32, object):
        rows = [np.array([p, p], dtype=dtype) if dtype is object else np.full(2, float(p), dtype) for p in QUARTERS]
        assert expected_steps(Maze(3, 2, 2), Policy(*rows)) == expected


def test_integers_are_the_deterministic_walkers():
    for one in (1, np.int64(1), sympy.Integer(1), flint.fmpz(1), flint.fmpq(1)):
        assert expected_steps(Maze(3, 2, 2), Policy(one, one, one, one)) == 25
        assert expected_steps(Maze(3, 2, 2), Policy(one * 0, one, one, one)) == math.inf


def test_a_float_is_not_rounded_to_the_decimal_it_prints_as():
    assert Policy(0.1, 1, 1, 1) != Policy("0.1", 1, 1, 1)
    assert fraction(Policy(0.1, 1, 1, 1).branches[0].a) == Fraction(0.1)


def test_symbols_come_out_as_a_formula_and_balls_as_a_ball():
    maze, p = Maze(3, 2, 2), sympy.Symbol("p", positive=True)
    expected = expected_steps(maze, Policy(*QUARTERS))
    formula = expected_steps(maze, Policy(p, *QUARTERS[1:]))
    assert formula.subs(p, sympy.Rational(1, 4)) == sympy.Rational(expected.numerator, expected.denominator)
    ball = expected_steps(maze, Policy(*[flint.arb(flint.fmpq(p.numerator, p.denominator)) for p in QUARTERS]))
    assert ball.contains(flint.fmpq(expected.numerator, expected.denominator)) and ball.rad() < 1e-9


def test_balls_and_symbols_do_not_mix(fails):
    fails(lambda: Policy(sympy.Symbol("p"), flint.arb(1), 1, 1), "cannot be mixed")


# -- the rows -----------------------------------------------------------------------------------------------------

def test_persistence_is_read_off_the_rows_in_the_order_of_the_nodes():
    branch = Branch(["1/2", "1/3"], ["1/5", "1/7"], ["1/11", "1/13"], ["1/17", "1/19"])
    P, Q = branch.persistence(2)
    assert [int(p.q) for p in P] == [11, 2, 13, 3]
    assert [int(q.q) for q in Q] == [17, 5, 19, 7]


@pytest.mark.parametrize("L", [1, 2, 5, 40])
def test_named_policies(L):
    single, parallel = flint.fmpq(1, L + 1), flint.fmpq(L, L + 1)
    assert Policy.base(L).branches == (Branch(single, parallel, parallel, single),)
    assert Policy.sft_limit(L).branches == (Branch(1, parallel, 1, single),)
    assert Policy.optimum().branches == (Branch(1, 1, 1, 1),)
    for name, policy in {"base": Policy.base(L), "sft": Policy.sft_limit(L), "optimum": Policy.optimum()}.items():
        assert Policy.named(name, L) == policy


def test_named_policies_take_a_symbol():
    L = sympy.Symbol("L", positive=True)
    for make, rows in ((Policy.base, (1, L, L, 1)), (Policy.sft_limit, (L + 1, L, L + 1, 1))):
        branch = make(L).branches[0]
        for name, row in zip(ROWS, rows, strict=True):
            assert sympy.cancel(getattr(branch, name) * (L + 1) - row) == 0


def test_an_untied_policy_has_its_own_rows_in_every_branch():
    policy = Policy.untied([Policy.optimum(), Policy.base(2), Branch(1, "1/3", 1, "1/5")])
    assert not policy.tied and policy.branch(2).d == flint.fmpq(1, 5)
    # any branch may be the target, and the wrong ones then count each with its own rows
    steps = [expected_steps(Maze(3, 2, 2), policy, target=target) for target in range(3)]
    assert steps == [chain.full_chain(Maze(3, 2, 2), policy, target=target).hitting_time() for target in range(3)]
    assert len(set(steps)) == 3


def test_equal_policies_have_equal_hashes():
    one, other = Policy(0.5, "2/4", [1, 1], Decimal("0.25")), Policy("1/2", 0.5, (1, 1), "1/4")
    assert one == other and hash(one) == hash(other) and one != Policy.base(1) and one != "policy"


def test_repr_shows_rows_of_any_length():
    assert repr(Policy("1/6", 1, [1, 0.5], 0)) == "Policy(a=1/6, b=1, c=[1, 1/2], d=0)"
    assert "1/1" + "0" * 5000 in repr(Policy(Fraction(1, 10**5000), 1, 1, 1))


# -- refused: no probability --------------------------------------------------------------------------------------

NOT_PROBABILITIES = [
    ("1.2", "1.2"), (1.2, "1.2"), ("-0.1", "-0.1"), (-0.1, "-0.1"), ("6/5", "6/5"), (2, "2"), (-1, "-1"),
    (Fraction(-1, 10**30), "-1/1" + "0" * 30), (1 + Fraction(1, 10**5000), "1" + "0" * 4999 + "1/1"),
    (10**5000, "1" + "0" * 5000),
    (math.nan, "nan"), (math.inf, "inf"), ("1/0", "1/0"), ("abc", "abc"), ("", "''"), ("1e-999999999", "1E-999999999"),
    (True, "True"), (False, "False"), (np.True_, "True"), (None, "None"), (1j, "1j"), ({"a": 1}, "'a'"),
    (sympy.Rational(3, 2), "3/2"), (sympy.sqrt(2), "sqrt(2)"), (-sympy.pi, "-pi"), (sympy.I, "I"), (sympy.oo, "oo"),
    (sympy.true, "True"), (flint.arb(2), "2.0"), (flint.arb("nan"), "nan"), (mpmath.mpf(-1), "-1.0"),
]


@pytest.mark.parametrize(("value", "shown"), NOT_PROBABILITIES, ids=[shown[:20] for _, shown in NOT_PROBABILITIES])
def test_what_is_no_probability_is_refused_with_its_row(fails, value, shown):
    rows = dict.fromkeys(ROWS, 1)
    for name in ROWS:
        fails(lambda name=name: Policy(**rows | {name: value}), f"row {name}: ", shown)
        fails(lambda name=name: Policy(**rows | {name: [1, value, 1]}), f"row {name}, diamond 2: ", shown)


def test_a_ball_or_a_symbol_that_may_be_a_probability_is_one():
    for row in (flint.arb(1, 1e-3), flint.arb(0, 1e-3), sympy.Symbol("p"), sympy.sqrt(2) / 2, sympy.Symbol("x") + 5):
        assert Policy(row, 1, 1, 1).branches[0].a is row


@pytest.mark.parametrize("empty", [[], (), np.array([])])
def test_an_empty_row_is_refused(fails, empty):
    fails(lambda: Policy(1, empty, 1, 1), "row b has no entries")


@pytest.mark.parametrize("nested", [[[1]], np.ones((2, 2))])
def test_a_row_of_rows_is_refused(fails, nested):
    fails(lambda: Policy(1, nested, 1, 1), "row b", "1: [1")


def test_an_unknown_name_is_refused(fails):
    fails(lambda: Policy.named("rlvr", 2), "'rlvr'", "base, sft, optimum")


@pytest.mark.parametrize(("L", "shown"), [
    (0, "0"), (-1, "-1"), (2.5, "2.5"), ("2", "'2'"), (True, "True"), (None, "None")])
def test_a_named_policy_needs_a_positive_integer(fails, L, shown):
    fails(lambda: Policy.base(L), f"L = {shown}")
    fails(lambda: Policy.sft_limit(L), f"L = {shown}")


# -- refused: rows that do not fit the maze -----------------------------------------------------------------------

USES = {
    "expected_steps": expected_steps, "recursive_steps": hitting.recursive_steps, "float_steps": hitting.float_steps,
    "gradient": hitting.gradient, "second_moment": moments.second_moment, "entry": hitting.entry,
    "excursion_steps": hitting.excursion_steps, "full_chain": chain.full_chain, "lumped_chain": chain.lumped_chain,
    "reach_probability": lambda maze, policy: moments.reach_probability(maze, policy, 3),
    "reach_curve": lambda maze, policy: moments.reach_curve(maze, policy, 3),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_row_of_the_wrong_length_is_refused_everywhere(use):
    with pytest.raises(ValueError, match="^row a has 3 entries, the maze has K = 4 diamonds$"):
        use(Maze(2, 4, 2), Policy([1, 1, 1], 1, 1, 1))
    with pytest.raises(ValueError, match="^row d has 2 entries, the maze has K = 1 diamonds$"):
        use(Maze(2, 1, 2), Policy.untied([Policy.optimum(), Policy(1, 1, 1, [1, 1])]))


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_wrong_number_of_branches_is_refused_everywhere(fails, use):
    fails(lambda: use(Maze(4, 2, 2), Policy.untied([Policy.optimum()] * 3)), "3 branches", "W = 4")


def test_an_untied_policy_needs_branches_and_no_branches_within(fails):
    fails(lambda: Policy.untied([]), "at least one branch")
    fails(lambda: Policy.untied([Policy.optimum(), Policy.untied([Policy.base(1), Policy.base(2)])]), "branch 1", "2")


# -- logits -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("L", [1, 2, 7])
def test_the_base_models_logits_are_plus_and_minus_log_L(L):
    logits = Policy.base(L).to_logits(3)
    for name, sign in zip(ROWS, (-1, 1, 1, -1), strict=True):
        assert logits[name] == pytest.approx([sign * math.log(L)] * 3, rel=1e-15, abs=1e-15)


@QUICK
@given(st.lists(st.floats(-30, 30), min_size=3, max_size=3))
def test_logits_survive_the_policy(z):
    back = Policy.from_logits({"a": z, "b": z[0], "c": np.array(z), "d": tuple(z)}).to_logits(3)
    # 1 - p is known to 2^-53: near z = 30 that is a relative error of e^30 2^-53
    assert back["a"] == back["c"] == back["d"] == pytest.approx(z, abs=2e-3)
    assert back["b"] == [back["a"][0]] * 3
    small = [x for x in z if abs(x) < 1]
    assert [x for x, y in zip(back["a"], z, strict=True) if abs(y) < 1] == pytest.approx(small, abs=1e-15)


def test_logits_of_certainty_are_infinite_and_huge_ones_do_not_overflow():
    assert Policy(0, 1, "1/2", 1).to_logits(1) == {"a": [-math.inf], "b": [math.inf], "c": [0.0], "d": [math.inf]}
    policy = Policy.from_logits({"a": -math.inf, "b": math.inf, "c": 1000.0, "d": -1000.0})
    assert policy == Policy(0, 1, 1, 0)


def test_logits_are_for_numbers(fails):
    fails(lambda: Policy.from_logits(dict.fromkeys(ROWS, math.nan)), "row a", "nan")
    fails(lambda: Policy(sympy.Symbol("a"), 1, 1, 1).to_logits(1), "numeric")
    fails(lambda: Policy.untied([Policy.base(1)] * 2).to_logits(1), "tied")


# -- files --------------------------------------------------------------------------------------------------------

@QUICK
@given(st.data())
def test_a_policy_comes_back_from_json_exactly(data):
    policy = data.draw(strategies.policies(data.draw(strategies.mazes()), zero=True))
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_a_policy_comes_back_from_a_file_exactly(tmp_path):
    """Rows of 10,000 digits, beyond what Python's integers would print."""
    long = Fraction(10**9999 - 1, 10**9999)
    for policy in (Policy(long, 0.1, [1, Fraction(1, 3)], 0), Policy.untied([Policy(long, 1, 1, 0.3), Policy.base(6)])):
        policy.save(tmp_path / "policy.json")
        assert Policy.load(tmp_path / "policy.json") == policy


def test_a_json_number_means_the_decimal_it_is_written_as(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text('{"a": 0.1, "b": [1, 0, 1e-3, 0.30], "c": "1/3", "d": 0.' + "1" * 5000 + "}")
    ones = Fraction(10**5000 - 1, 9 * 10**5000)
    assert Policy.load(path) == Policy("1/10", [1, 0, "1/1000", "3/10"], "1/3", ones)
    assert Policy.from_json({"a": 0.1, "b": 1, "c": 1, "d": 1}) == Policy(0.1, 1, 1, 1)      # a float is a float


REST = '"b": 1, "c": 1, "d": 1}'
NOT_POLICIES = {            # a whole file, and words its message has
    "empty": (b"", "not JSON"), "cut": (b'{"a": 1,', "not JSON"), "deep": (b"[" * 100_000, "not JSON"),
    "binary": (b"\xff\xfe\x00\x01", "utf-8"), "zeros": (b"\x00\x00", "not JSON"),
    "a list": (b"[1, 2]", "rows a, b, c, d"), "a number": (b"12", "rows a, b, c, d"),
    "null": (b"null", "rows a, b, c, d"),
    "row missing": (b"{" + REST.encode(), "['b', 'c', 'd']"), "row more": (b'{"a": 1, "e": 1, ' + REST.encode(), "'e'"),
    "capitals": (b'{"A": 1, "B": 1, "C": 1, "D": 1}', "'A'"), "branches 1": (b'{"branches": 1}', "rows a, b, c, d"),
    "no branches": (b'{"branches": []}', "at least one branch"),
    "bad branch": (f'{{"branches": [{{"a": 1, {REST}, {{"a": 2, {REST}]}}'.encode(), "branch 1: row a: 2"),
    "nested": (f'{{"branches": [{{"branches": [{{"a": 1, {REST}, {{"a": 1, {REST}]}}]}}'.encode(), "branch 0"),
}
NOT_ROWS = {                # what stands for row a
    "null": "None", "true": "True", '"abc"': "'abc'", '"1/0"': "'1/0'", '{"x": 1}': "'x'", "[]": "has no entries",
    "[[1]]": "['1']", "NaN": "nan", "[-Infinity]": "diamond 1: -inf", "1.2": "1.2", "-0.1": "-0.1",
    "[1, 7]": "diamond 2: 7", "1" + "0" * 5000: "1" + "0" * 5000, "1e-999999999": "1E-999999999",
    "1e-99999999999999999999": "1e-9999999999999",
}
MALFORMED = NOT_POLICIES | {
    f"a: {text[:20]}": (f'{{"a": {text}, {REST}'.encode(), words) for text, words in NOT_ROWS.items()}


@pytest.mark.parametrize(("content", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_in_one_line_with_its_name(fails, tmp_path, content, words):
    path = tmp_path / "policy.json"
    path.write_bytes(content)
    fails(lambda: Policy.load(path), f"{path}", words)


def test_a_file_that_cannot_be_read_is_refused(fails, tmp_path):
    fails(lambda: Policy.load(tmp_path / "none.json"), "none.json", "No such file")
    fails(lambda: Policy.load(tmp_path), str(tmp_path), "directory")


def test_what_is_not_rational_has_no_exact_file(fails):
    fails(lambda: Policy(sympy.Symbol("p"), 1, 1, 1).to_json(), "symbolic")
    fails(lambda: Policy(flint.arb("0.3"), 1, 1, 1).to_json(), "ball")
