"""Checks of `theory.imitation`: the flow against a numerical softmax flow, frozen rows against real SGD."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import closed_forms, dynamics
from theory.maze import Maze
from theory.numeric import ball_precision
from verify import measures, questions, solver, strategies
from verify.judge import grid, seed_of
from verify.learners import sft
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Budget

# -- rows a and c -------------------------------------------------------------------------------------------------


def _row_a(L, w, t):
    return measures.flow_row(L, w, t, golden=1)


def _row_c(L, w, t):
    return measures.flow_row(L, w, t, golden=L)


def test_sft_row_a__searched(check):
    check.search(strategies.flow_times(), _row_a, within=1e-8)


def test_sft_row_c__searched(check):
    check.search(strategies.flow_times(), _row_c, within=1e-8)


LEARNER = [{"L": L, "w": 1 / (3 * L), "t": t} for L in (1, 2, 4) for t in (3.0, 30.0)]


def _trained(row, lr=0.01):
    """A row of the full-batch learner on the multigraph, W = 3, K = 2, after time t; all copies and branches alike.

    On the multigraph a row a belongs to one parallel edge of one branch, and is visited at rate 1/(WL); the rows c
    have no copies and are visited at rate 1/W.
    """
    def measure(L, w, t):
        rate = w if row == "a" else w * L
        learner, budget = sft.Population(lr), Budget(round(t * w / rate / lr))
        values = learner.train(Maze(3, 2, L), budget=budget, tied=False).policy.rows()[row]
        assert np.ptp(values) < 1e-12
        return float(values.flat[0])

    return measure


SAMPLED = [{"L": L, "w": 1 / 3, "t": t} for L in (1, 2) for t in (6.0, 30.0)]


def _sgd(row, lr=0.02, batch=20):
    """The mean of a row over branches and copies, after SGD on sampled golden paths for time t (one seeded run).

    `w` is the visiting rate of a row c; a row a, which belongs to one of L parallel edges, takes L times as long.
    """
    def measure(L, w, t):
        learner, budget = sft.Golden(lr, batch), Budget(round((t * L if row == "a" else t) / lr))
        run = learner.train(Maze(3, 2, L), budget=budget, seed=seed_of(f"{row} {L} {t}"), tied=False)
        return float(run.policy.rows()[row].mean())

    return measure


ROUTES = ["softmax flow", "full batch", "sampled"]


def _against(check, row, route):
    if route == "softmax flow":
        check.search(strategies.flow_times(), _row_a if row == "a" else _row_c, within=1e-8)
    elif route == "full batch":
        check.exhaust(LEARNER, _trained(row), within=3e-3)
    else:
        check.exhaust(SAMPLED, _sgd(row), within=0.01)


@pytest.mark.parametrize("route", ROUTES[1:])
def test_sft_row_a__computed(check, route):
    _against(check, "a", route)


@pytest.mark.parametrize("route", ROUTES)
def test_sft_row_a__control(check, route):
    _against(check, "a", route)


@pytest.mark.parametrize("route", ROUTES[1:])
def test_sft_row_c__computed(check, route):
    _against(check, "c", route)


@pytest.mark.parametrize("route", ROUTES)
def test_sft_row_c__control(check, route):
    _against(check, "c", route)


# -- rows b and d -------------------------------------------------------------------------------------------------


def _start(case):
    policy = EdgePolicy(case["maze"], tied=case["tied"])
    policy.logits += case["jitter"] * np.random.default_rng(case["seed"]).standard_normal(policy.logits.shape)
    return policy


def _with_start():
    return strategies.sft_settings().map(lambda case: {**case, "before": _start(case).backward()})


def _after_sgd(**case):
    before = _start(case)
    learner = sft.Golden(case["lr"], case["batch"], case["fixed_target"], case["fixed_copy"])
    after = learner.train(case["maze"], before, Budget(case["updates"]), case["seed"]).policy
    # the run must have been a run: unless every choice was forced already, the forward logits have moved
    assert case["jitter"] or not np.array_equal(before.logits, after.logits)
    return after.backward()


def test_sft_frozen__searched(check):
    """To the last bit: equality of floats, not closeness."""
    check.search(_with_start(), _after_sgd)


def test_sft_frozen__control(check):
    check.search(_with_start(), _after_sgd)


# -- forward rows to 1 --------------------------------------------------------------------------------------------


def _missing(row):
    def measure(L, w, t):
        with ball_precision(512):         # t goes down to 1e-9, where the two sides differ by t^2
            return 1 - getattr(dynamics.sft_policy(t, L, w, bits=512).branches[0], row)

    return measure


def test_sft_forward_a__searched(check):
    check.search(_exact_times(), _missing("a"))


AT_THE_START = [{"L": L, "w": Fraction(1), "t": Fraction(1, 10**6)} for L in (1, 2, 5, 12)]


def test_sft_forward_a__tight(check):
    """The bound is an equality at t = 0."""
    check.tight(AT_THE_START, _missing("a"), factor=1 + 1e-9)


def test_sft_forward_c__tight(check):
    check.tight(AT_THE_START, _missing("c"), factor=1 + 1e-9)


def test_sft_forward_a__control(check):
    check.search(_exact_times(), _missing("a"))


def test_sft_forward_c__searched(check):
    check.search(_exact_times(), _missing("c"))


def test_sft_forward_c__control(check):
    check.search(_exact_times(), _missing("c"))


def _exact_times():
    """Rational times t > 0, so that balls decide the inequality (at t = 0 it is an equality)."""
    positive = st.builds(Fraction, st.integers(1, 10**6), st.sampled_from([1, 10, 1000, 10**9]))
    return st.builds(lambda L, w, t: {"L": L, "w": Fraction(1, w), "t": t}, st.integers(1, 12), st.integers(1, 50),
                     positive)


# -- the cost along the flow --------------------------------------------------------------------------------------

FLOW = [{"maze": Maze(W, K, L), "t": t}
        for W, K, L in ((2, 1, 1), (3, 4, 2), (15, 15, 5)) for t in (0.01, 0.3, 2.0, 40.0)]


def test_sft_flow_cost__computed(check):
    check.exhaust(FLOW, measures.flow_cost, within=1e-7)


def test_sft_flow_cost__control(check):
    check.exhaust(FLOW, measures.flow_cost, within=1e-7)


SHALLOW = grid(W=(2, 3, 5), K=(1, 2, 3, 5), L=(1, 2, 5, 10))
DEEPER = grid(W=(2, 3, 5, 15, 40), K=(8, 12, 15, 30, 60), L=(1, 2, 5, 10, 40))


def test_early_stopping_quoted__computed(check):
    check.exhaust(SHALLOW, measures.least_on_flow)


def test_early_stopping_quoted__control(check):
    check.exhaust(SHALLOW, measures.least_on_flow)


def test_early_stopping__computed(check):
    check.exhaust(DEEPER, measures.least_on_flow, within=1e-9)


def test_early_stopping__control(check):
    check.exhaust(DEEPER, measures.least_on_flow, within=1e-9)


# -- SFT against base ---------------------------------------------------------------------------------------------

SMALL_FORKS = grid(W=range(2, 13), K=range(1, 13), L=range(1, 13))


def test_sft_worse_than_base_quoted__exact(check):
    check.exhaust(SMALL_FORKS, lambda W, K, L: closed_forms.sft_steps(W, K, L))


def test_sft_worse_than_base_quoted__control(check):
    check.exhaust(SMALL_FORKS, lambda W, K, L: closed_forms.sft_steps(W, K, L))


def test_sft_worse_than_base__exact(check):
    check.exhaust(SMALL_FORKS, lambda W, K, L: closed_forms.sft_steps(W, K, L))


def _worse_asked(check):
    solver.settle(check, questions.induction(check, closed_forms.sft_steps, start=3, known=questions.grown),
                  "all W >= 2, K >= 3, L (z3, induction over K)")


def test_sft_worse_than_base__solver(check):
    _worse_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_sft_worse_than_base__control(check, route):
    if route == "solver":
        _worse_asked(check)
    else:
        check.exhaust(SMALL_FORKS, lambda W, K, L: closed_forms.sft_steps(W, K, L))


def test_sft_worse_than_base__needed(check):
    check.exhaust(SMALL_FORKS, lambda W, K, L: closed_forms.sft_steps(W, K, L))


