"""Checks of `theory.reinforcement`: Figure 3's target and curve, the reach of sign descent, the signs at base."""

import functools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import strategies as st

from theory import closed_forms, dynamics, hitting, sign_path
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify import measures, questions, solver, strategies
from verify.judge import grid
from verify.learners import dense
from verify.learners.exact import Exact
from verify.learners.learning import Budget
from verify.sweeps import PLANE

# -- Figure 3 -----------------------------------------------------------------------------------------------------


def _from_prompt(W, K, L=1):
    return measures.optimum_steps(W, K) + 1


def test_figure3_target_quoted__exact(check):
    check.exhaust(PLANE, _from_prompt)


def test_figure3_target_quoted__control(check):
    check.exhaust(PLANE, _from_prompt)


def _target_identity(form):
    return closed_forms.identity(form, lambda W, K: closed_forms.optimum_steps(W, K) + 1)


def test_figure3_target__proved(check):
    check.certificate(_target_identity, "all W, K (polynomial identity)")


def test_figure3_target__exact(check):
    check.exhaust(PLANE, _from_prompt)


def _target_asked(check):
    solver.settle(check, questions.comparison(check, lambda W, K: closed_forms.optimum_steps(W, K) + 1),
                  "all W, K (z3)")


def test_figure3_target__solver(check):
    _target_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_figure3_target__control(check, route):
    if route == "solver":
        _target_asked(check)
    elif route == "certificate":
        check.certificate(_target_identity, "")
    else:
        check.exhaust(PLANE, _from_prompt)


def test_figure3_diagonal__exact(check):
    check.exhaust(PLANE, lambda W, K: _from_prompt(W, K) == 4 * W * K)


def _diagonal_asked(check):
    def right(answer, W, K):
        return (sympy.Eq if answer else sympy.Ne)(closed_forms.optimum_steps(W, K) + 1, 4 * W * K)

    solver.settle(check, questions.told_apart(check, right), "all W, K (z3)")


def test_figure3_diagonal__solver(check):
    _diagonal_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_figure3_diagonal__control(check, route):
    if route == "solver":
        _diagonal_asked(check)
    else:
        check.exhaust(PLANE, lambda W, K: _from_prompt(W, K) == 4 * W * K)


CURVES = [{"maze": Maze(15, 15, 5), "steps": 300, "lr": 0.01}, {"maze": Maze(2, 3, 1), "steps": 300, "lr": 0.03},
          {"maze": Maze(3, 2, 4), "steps": 300, "lr": 0.02}, {"maze": Maze(1, 2, 2), "steps": 300, "lr": 0.01}]


def _dense(maze, steps, lr):
    trace = dense.sign_descent(maze, steps, lr)
    return list(trace / trace[0])


def test_figure3_curve__computed(check):
    check.exhaust(CURVES, _dense, within=1e-9)


def test_figure3_curve__control(check):
    check.exhaust(CURVES, _dense, within=1e-9)


# -- does it get there --------------------------------------------------------------------------------------------


def _descended(W, K, L):
    return float(dynamics.descent(Maze(W, K, L), 5000, 0.01).steps_to_target[-1])


DEEP_AND_NARROW = grid(W=(2, 3), K=range(1, 49), L=(1, 2, 5))
REACHED = grid(W=(2, 3, 5, 10, 20), K=(1, 2, 3, 5, 8, 13, 20), L=(1, 2, 5, 10))


def test_rlvr_reaches_quoted__computed(check):
    check.exhaust(DEEP_AND_NARROW, _descended)


def test_rlvr_reaches_quoted__control(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__computed(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__control(check):
    check.exhaust(REACHED, _descended, within=1e-9)


def test_rlvr_reaches__needed(check):
    check.exhaust(grid(W=(2,), K=range(41, 49), L=(5,)), _descended)


def _least_row(W, K, L):
    return float(dynamics.descent(Maze(W, K, L), 5000, 0.01).log_odds.min())


def test_rlvr_rows__computed(check):
    check.exhaust(REACHED, _least_row, within=1e-9)


def test_rlvr_rows__control(check):
    check.exhaust(REACHED, _least_row, within=1e-9)


def test_rlvr_rows__needed(check):
    check.exhaust(grid(W=(1,), K=(1, 2, 5), L=(1, 2)), _least_row, within=1e-9)


# -- signs at base ------------------------------------------------------------------------------------------------


def _wrong_signs(W, K, L):
    (slope,) = hitting.gradient(Maze(W, K, L), Policy.base(L))
    return sum(value >= 0 for row in slope for value in row)


SIGNS = grid(W=range(2, 26), K=(1, 2, 3, 4, 5, 6, 8, 12, 16, 24), L=(1, 2, 5, 10))


def test_rlvr_signs_quoted__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_quoted__control(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def _signs_asked(check):
    """The margins of `theory.sign_path` at base are the gradient's signs (`test_rlvr_path__proved` compares them).

    A body that says 0 is right if no margin is 0 or less; one that says more is not if none is at K = 1.
    """
    W, K, L, j = (sympy.Symbol(name) for name in ("W", "K", "L", "j"))
    inside = [W >= 2, W >= K, K >= 1, L >= 1]

    def margins(K, j):
        return list(sign_path.margins(W, K, j, L, sympy.Integer(1)).values())

    def witness(case):
        W, K, L = case["W"], case.get("K", 1), case["L"]
        claimed, wrong = check.body(W, K, L), _wrong_signs(W, K, L)
        return f"W = {W}, K = {K}, L = {L}: claimed {claimed} rows, {wrong} are" if claimed != wrong else None

    def asked(name, given, values):
        holds = questions.cleared([value > 0 for value in values], frozenset("WKL"))
        return solver.Question(name, given, holds, frozenset("WKL"), witness)

    if check.body(W, K, L) == 0:
        # b_K apart: its margin at a real j between K - 1 and K may be negative
        a, b, c, d = margins(K, j)
        questions_ = [asked("a, c, d", [*inside, j >= 1, j <= K], [a, c, d]),
                      asked("b_j", [*inside, j >= 1, j <= K - 1], [b]), asked("b_K", inside, [margins(K, K)[1]])]
    else:
        wrong = sympy.Or(*(value <= 0 for value in margins(1, 1)))
        questions_ = [solver.Question("K = 1", [W >= 2, L >= 1], [wrong], frozenset("WL"), witness)]
    solver.settle(check, questions_, "all W >= 2, W >= K, L, j (z3)")


def test_rlvr_signs__solver(check):
    _signs_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_rlvr_signs__control(check, route):
    if route == "solver":
        _signs_asked(check)
    else:
        check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs__needed(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_criterion__exact(check):
    check.exhaust(SIGNS, _wrong_signs)


def test_rlvr_signs_criterion__searched(check):
    check.search(strategies.sizes(40, 40, 20, least_W=2), _wrong_signs)


def test_rlvr_signs_criterion__control(check):
    check.exhaust(SIGNS, _wrong_signs)


# -- the whole run ------------------------------------------------------------------------------------------------

POINTS = [Fraction(p, q) for p, q in ((1, 1), (9, 10), (4, 5), (7, 10), (3, 5), (1, 2), (2, 5), (3, 10), (1, 4), (1, 5),
                                      (3, 20), (1, 10), (1, 20), (1, 50), (1, 1000))]


def _on_path(L, y):
    alpha, beta = 1 / (1 + L * y), L / (L + y)
    return Policy(alpha, beta, beta, alpha)


def _wrong_on_path(W, K, L, points=tuple(POINTS)):
    """Rows whose exact derivative is not negative, at any of the points of the path."""
    return sum(value >= 0 for y in points
               for row in hitting.gradient(Maze(W, K, L), _on_path(L, y))[0] for value in row)


def _least_W(K, L):
    """The least W from which on, up to W = K + 12, no sign is wrong: every one of these mazes is looked at."""
    return 1 + max((W for W in range(2, K + 13) if _wrong_on_path(W, K, L)), default=1)


def _sign_certificate(form):
    """The certificate of the margins; and that they are what they are called, on mazes of every kind.

    margins / (-dH/dz) must be one positive number for all diamonds of a row, exactly.
    """
    left = sign_path.sign_certificate(form)
    for W, K, L in ((2, 4, 1), (3, 3, 2), (5, 4, 7), (2, 5, 3), (9, 2, 40)):
        for y in POINTS[::4]:
            slope = hitting.gradient(Maze(W, K, L), _on_path(L, y))[0]
            for name, values in zip("abcd", slope, strict=True):
                ratios = {fraction(exact(sign_path.margins(W, K, j, L, y)[name]) / -exact(value))
                          for j, value in enumerate(values, 1) if value != 0}
                if len(ratios) != 1 or min(ratios) <= 0:
                    left[f"row {name} at W = {W}, K = {K}, L = {L}, y = {y}: not a multiple of the gradient"] = 1
    return left


def test_rlvr_path__proved(check):
    check.certificate(_sign_certificate, "all W >= K + 1, K, L, j and points of the path (nonnegative coefficients)")


def test_rlvr_path__exact(check):
    check.exhaust([{"K": K, "L": L} for K in range(1, 7) for L in (1, 2, 3, 5, 10, 40)], _least_W)


def test_rlvr_path__searched(check):
    check.search(st.fixed_dictionaries({"K": st.integers(1, 10), "L": st.integers(1, 60)}), _least_W, max_examples=25)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_rlvr_path__control(check, route):
    if route == "certificate":
        check.certificate(_sign_certificate, "")
    else:
        check.exhaust([{"K": K, "L": L} for K in (2, 3) for L in (10, 40)], _least_W)


DIAGONAL = [{"W": K, "K": K, "L": L, "y": y} for K in (3, 4, 6, 8) for L in (1, 2, 5, 20, 45)
            for y in POINTS if L <= 5 * (K - 1) ** 2]


def _wrong_at(K, L, y, W=None):
    return _wrong_on_path(K, K, L, (y,))


def test_rlvr_path_diagonal__exact(check):
    """Figure 3's maze among them."""
    check.exhaust([*DIAGONAL, *({"W": 15, "K": 15, "L": 5, "y": y} for y in POINTS)], _wrong_at)


def test_rlvr_path_diagonal__searched(check):
    check.search(st.fixed_dictionaries({"K": st.integers(3, 12), "L": st.integers(1, 400), "y": st.fractions(
        Fraction(1, 1000), 1, max_denominator=1000)}), _wrong_at)


def test_rlvr_path_diagonal__control(check):
    check.exhaust(DIAGONAL, _wrong_at)


def test_rlvr_path_diagonal__needed(check):
    check.exhaust([{"K": K, "L": 7 * (K - 1) ** 2, "y": Fraction(4, 7 * (K - 1))} for K in (3, 4, 6)], _wrong_at)


RUNS = [{"W": W, "K": K, "L": L, "steps": steps, "lr": lr} for W, K, L in ((2, 1, 1), (3, 2, 2), (6, 5, 5), (16, 15, 5))
        for steps, lr in ((1, 5.0), (7, 0.5), (300, 0.01), (900, 0.01))]


def _after_steps(W, K, L, steps, lr):
    return float(dynamics.descent(Maze(W, K, L), steps, lr).steps_to_target[-1])


@pytest.mark.parametrize("learner", ["recursion", "dense", "policy"])
def test_rlvr_cost__computed(check, learner):
    if learner == "recursion":
        check.exhaust(RUNS, _after_steps, within=1e-9)
    elif learner == "dense":
        check.exhaust(RUNS[:10], lambda W, K, L, steps, lr: dense.sign_descent(Maze(W, K, L), steps, lr)[-1],
                      within=1e-8)
    else:
        check.exhaust(RUNS[:10], lambda W, K, L, steps, lr: Exact(lr).train(
            Maze(W, K, L), budget=Budget(steps)).trace[-1].H, within=1e-9)


def test_rlvr_cost__searched(check):
    check.search(st.integers(1, 12).flatmap(lambda K: st.fixed_dictionaries({
        "W": st.integers(K + 1, K + 30), "K": st.just(K), "L": st.integers(1, 50), "steps": st.integers(0, 60),
        "lr": st.sampled_from([0.01, 0.1, 0.7, 2.0])})), _after_steps, within=1e-9)


def test_rlvr_cost__control(check):
    check.exhaust(RUNS, _after_steps, within=1e-9)


def test_rlvr_cost__needed(check):
    """W = 2 and a deep maze: the closed form and the run part."""
    check.exhaust([{"W": 2, "K": 12, "L": 5, "steps": 500, "lr": 0.01}], _after_steps, within=1e-9)


COUNTS = [{"W": K + more, "K": K, "L": L, "lr": lr, "delta": delta} for K in (1, 2, 5, 12) for more in (1, 10)
          for L in (1, 5, 30) for lr in (Fraction(1, 100), Fraction(1)) for delta in (
              Fraction(1), Fraction(1, 2), Fraction(1, 20), Fraction(1, 1000))]


def _count(W, K, L, lr, delta):
    """Steps of the run itself until it is within 1 + delta."""
    H = dynamics.descent(Maze(W, K, L), math.ceil(40 / lr), float(lr)).steps_to_target
    return int(np.argmax(float((1 + delta) * closed_forms.optimum_steps(W, K)) >= H))


def _steps_certificate(above):
    """The body's own argument of the logarithm, as a rational function, put into the cost."""
    def certificate(form):
        def argument(K, L, delta):
            return form(K, L, 1, delta, ceil=lambda value, lr: value)

        if above:
            return sign_path.cost_certificate(argument, lambda d: d, above=True)
        # below: delta <= 1/2, so 2 delta is what runs over (0, 1]
        return sign_path.cost_certificate(lambda K, L, d: argument(K, L, d / 2), lambda d: d / 2, above=False)

    return certificate


def test_rlvr_steps_upper__proved(check):
    check.certificate(_steps_certificate(True), "all W >= K + 1, K, L, delta <= 1, lr (nonnegative coefficients)")


def test_rlvr_steps_upper__exact(check):
    check.exhaust(COUNTS, sign_path.steps)


def test_rlvr_steps_upper__computed(check):
    check.exhaust(COUNTS, _count)


@pytest.mark.parametrize("route", ["certificate", "run"])
def test_rlvr_steps_upper__control(check, route):
    if route == "certificate":
        check.certificate(_steps_certificate(True), "")
    else:
        check.exhaust(COUNTS, _count)


def test_rlvr_steps_lower__proved(check):
    check.certificate(_steps_certificate(False), "all W >= K + 1, K, L, delta <= 1/2, lr (nonnegative coefficients)")


def test_rlvr_steps_lower__exact(check):
    check.exhaust(COUNTS, sign_path.steps)


def test_rlvr_steps_lower__computed(check):
    check.exhaust(COUNTS, _count)


@pytest.mark.parametrize("route", ["certificate", "run"])
def test_rlvr_steps_lower__control(check, route):
    if route == "certificate":
        check.certificate(_steps_certificate(False), "")
    else:
        check.exhaust(COUNTS, _count)


# -- the step size, where W <= K ----------------------------------------------------------------------------------

STEPPED = [{"W": W, "K": K, "lr": lr} for W in (2, 3) for lr in (0.04, 0.02, 0.01)
           for K in (1, 2, 3, 5, 8, 10, 13, 18, 21, 24, 27, 30, 34) if lr * K <= 0.6]


@functools.cache
def _ended(W, K, lr):
    H = dynamics.descent(Maze(W, K, 5), round(200 / lr), lr).steps_to_target[-1]
    return float(H) / float(closed_forms.optimum_steps(W, K))


def test_rlvr_step_size_quoted__computed(check):
    check.exhaust(STEPPED, _ended)


def test_rlvr_step_size_quoted__control(check):
    check.exhaust(STEPPED, _ended)


def test_rlvr_step_size__computed(check):
    check.exhaust(STEPPED, _ended)


def test_rlvr_step_size__control(check):
    check.exhaust(STEPPED, _ended)


def test_rlvr_step_size__needed(check):
    check.exhaust([{"W": 2, "K": 41, "lr": 0.01}, {"W": 2, "K": 26, "lr": 0.02}], _ended)


# -- no penalty ---------------------------------------------------------------------------------------------------


def _reach(maze, policy, target):
    """P(reach) = sum over visits of the probability of stepping into the target, by a linear solve."""
    from theory.chain import START, TARGET, lumped_chain

    walk = lumped_chain(maze, policy, target=target)
    return walk.hitting_times(cost=lambda s: walk.rows[s].get(TARGET, 0))[START]


def test_rlvr_no_penalty__searched(check):
    check.search(strategies.walks(), _reach)


def test_rlvr_no_penalty__control(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 2, 2)), _reach)


