"""Shared weights: `theory.ties` by independent routes, bad input, and the dials of `verify.dials.weights`."""

import math
from fractions import Fraction

import numpy as np
import pytest

from theory import closed_forms, hitting, ties
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from verify.dials import weights
from verify.dials.dial import FIGURE3, LEARNERS, VERDICTS, shows
from verify.dials.weights import DIALS

BY_NAME = {dial.name: dial for dial in DIALS}


@pytest.mark.parametrize("call, shown", [
    (lambda: ties.tied_policy(1, 2, 2), "lambda = 2"),
    (lambda: ties.tied_policy(1, 2, 1, "edge"), "'edge'"),
    (lambda: ties.tied_policy(-1, 2, 1), "-1"),
    (lambda: ties.decay(2, 0), "lambda = 0"),
    (lambda: ties.blind_steps(2, [1, 2]), "2 weights"),
    (lambda: ties.blind_steps(2, [1, 0, 1]), "3 weights"),
    (lambda: ties.blind_tilt(1, 2), "W = 1"),
    (lambda: ties.generalised([[1, 0], [1, 0]], [[1, 1]]), "2 forward states"),
    (lambda: ties.tendency([[1, 0], [-1, 0]], [[1, 1]]), "2 forward states"),
    (lambda: ties.tendency([[1, 0], [3, 1]], [[1, 1]]), "log t"),
    (lambda: weights.blind("SFT", "deaf", FIGURE3), "'deaf'"),
    (lambda: weights.featured("SFT", "smell", FIGURE3), "'smell'"),
    (lambda: weights.stopped("GPT", 1, FIGURE3), "'GPT'"),
    (lambda: weights.directions("SFT", 3, FIGURE3), "lambda = 3"),
])
def test_bad_input_is_refused_in_one_line(call, shown):
    with pytest.raises(InputError) as error:
        call()
    assert shown in str(error.value) and "\n" not in str(error.value)


def test_at_time_zero_every_tie_is_base_and_lambda_zero_is_the_table():
    maze = Maze(4, 3, 5)
    for lam in (-1, 0, "1/3", 1):
        for reading in ties.READINGS:
            assert float(ties.tied_steps(maze, 0, lam, reading)) == pytest.approx(
                float(closed_forms.base_steps(4, 3, 5)), rel=1e-14)
    table = ties.tied_policy(3, 5, 0).branches[0]
    assert float(table.b) == pytest.approx(5 / 6) and float(table.d) == pytest.approx(1 / 6)


def test_full_sharing_by_node_passes_through_an_exponential_and_by_shape_never():
    """W = K = 15, L = 5 at t = 10, the numbers of the note."""
    base = float(closed_forms.base_steps(15, 15, 5))
    assert float(ties.tied_steps(FIGURE3, 10, 1)) > 300 * base
    path = [float(ties.tied_steps(FIGURE3, t, 1, "shape")) for t in (0, 0.01, 0.1, 1, 10, 100, 10**4, 10**8)]
    assert path[0] == pytest.approx(base) and path == sorted(path, reverse=True)
    assert path[-1] == pytest.approx(899, rel=1e-4)


@pytest.mark.parametrize("W, K", [(2, 1), (3, 2), (9, 2)])
def test_the_blind_optimum_is_what_a_numerical_search_finds(W, K):
    from scipy.optimize import minimize

    def cost(logs):
        w = np.exp(np.concatenate([[0.0], logs]))
        S = w.sum()                                  # hitting time of the weighted walk, written out
        return sum(1 + 2 * ((W - 1) * S + w[:x].sum()) / w[x] for x in range(2 * K + 1))

    found = minimize(cost, np.zeros(2 * K), method="BFGS", options={"gtol": 1e-9}).fun
    assert found == pytest.approx(float(ties.blind_optimum(W, K)), rel=1e-9)


def test_one_branch_needs_no_retreat_even_when_blind():
    assert float(ties.blind_optimum(1, 4)) == 9 and weights.blind("SFT", "blind", Maze(1, 4, 2)).steps == 9


def test_a_blind_student_of_the_optimum_is_worse_than_base_on_deep_mazes():
    assert ties.blind_imitator(3, 2) == hitting.expected_steps(
        Maze(3, 2, 4), Policy(Fraction(3, 5), Fraction(2, 5), Fraction(3, 5), Fraction(2, 5)))
    assert ties.blind_imitator(2, 20) > 10**6 > closed_forms.base_steps(2, 20, 5)


def test_the_least_W_with_diamonds_shared_is_where_all_signs_are_right():
    """Every W from 1 to one above the least is tried; the real roots, which no floor hides, are `shared_signs`."""
    for K, L in ((1, 1), (2, 3), (4, 1), (9, 5), (12, 5), (20, 50)):
        least = 1 + math.floor(max(ties.shared_threshold(K, L)))
        right = [all(sum(row) < 0 for row in hitting.gradient(Maze(W, K, L), Policy.base(L))[0])
                 for W in range(1, least + 2)]
        assert right == [False] * (least - 1) + [True] * 2, (K, L)


def test_tendencies_of_simple_features():
    """One weight of direction and one of type, added: K_ff e = 1 gives e = 1/3 each, and 1/3 backwards."""
    a, c, b, d = [1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]
    assert ties.tendency([a, c], [b, d]) == [Fraction(1, 3)] * 2
    assert ties.tendency([a, a, c, c], [b, d]) == [Fraction(1, 3)] * 2         # two diamonds alike: K_ff is singular
    assert ties.generalised([a, c], [b]) == [[Fraction(2, 3), Fraction(-1, 3)]]


# -- dials --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", BY_NAME)
def test_every_value_and_learner_has_a_cost(name):
    dial = BY_NAME[name]
    for maze in (FIGURE3, Maze(1, 2, 2), Maze(2, 1, 1), Maze(3, 2, 2)):
        for value in dial.values:
            for learner in LEARNERS:
                cost = dial.cost(learner, value, maze)
                assert cost.steps is not None and cost.steps >= maze.shortest
                assert (cost.growth is None) == (cost.steps == math.inf) and cost.known
            assert dial.cost("base", value, maze).steps == closed_forms.base_steps(maze.W, maze.K, maze.L)
            assert dial.verdict(value, maze) in VERDICTS


@pytest.mark.parametrize("name, verdicts", [
    ("shared-directions", ["survives"] * 3 + ["closes"] * 4),
    ("shared-directions-stopped", ["survives"] * 7),
    ("direction-blind", ["survives"] * 2), ("direction-blind-student", ["closes", "survives"]),
    ("shared-diamonds", ["survives"] * 2), ("shared-branches", ["survives"] * 2),
    ("shared-features", ["survives"] * 2 + ["closes"] * 4 + ["survives"] * 5),
])
def test_verdicts(name, verdicts):
    dial = BY_NAME[name]
    assert [dial.verdict(value) for value in dial.values] == verdicts


def test_the_smallest_maze_of_the_blind_student_is_found_and_bears_its_signature():
    dial = BY_NAME["direction-blind-student"]
    maze = dial.smallest("directed")
    assert maze == Maze(2, 1, 1)
    assert shows("survives", *(dial.cost(name, "directed", maze).steps for name in ("distilled", "RLVR", "base")))


def _log(value):
    """log of a Fraction of any size."""
    return math.log(value.numerator) - math.log(value.denominator)


@pytest.mark.parametrize("name", ["shared-directions-stopped", "shared-diamonds", "direction-blind-student"])
def test_growth_in_depth_is_true_of_the_costs(name):
    """cost(2K)/cost(K) against rate^K 2^k, K large."""
    dial, K = BY_NAME[name], 20_000
    for value in dial.values:
        cost = dial.cost(dial.challenger, value, Maze(3, K, 2))
        if cost.steps == math.inf:
            continue
        twice = dial.cost(dial.challenger, value, Maze(3, 2 * K, 2)).steps
        growth = _log(twice) - _log(cost.steps)
        assert growth == pytest.approx(K * cost.growth.exponent + cost.growth.K * math.log(2), abs=0.2 + 0.002 * growth)


def test_critical_values_and_the_phase():
    low, high = BY_NAME["shared-directions-stopped"].critical("quick").value
    base = closed_forms.base_steps(15, 15, 5)
    assert weights.stopped("SFT", low, FIGURE3).steps > base > weights.stopped("SFT", high, FIGURE3).steps
    assert BY_NAME["shared-directions"].critical("quick").value == 0
    phase = weights.share_against_time("quick")
    assert len(phase.cells) == len(phase.ys) and all(len(row) == len(phase.xs) for row in phase.cells)
    assert phase.cells[-1][0] > 11 and phase.cells[-1][-1] == pytest.approx(0, abs=1e-3)


def test_rlvr_over_blind_policies_loses_to_restarts():
    """Order W K^2 against W(2K+1)."""
    for maze in (Maze(2, 2, 1), FIGURE3):
        dial = BY_NAME["direction-blind"]
        assert dial.cost("RLVR", "blind", maze).steps > 2 * dial.cost("SFT + restarts", "blind", maze).steps
