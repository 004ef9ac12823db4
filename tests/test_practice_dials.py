"""The dials of practice and deployment, and those of the maze's sizes: every value has costs, verdicts, refusals.

Growths are held against costs at doubled sizes, far out.
"""

import json
import math
from fractions import Fraction

import pytest

from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from verify.dials import deployment, maze, practice
from verify.dials import map as critique_map
from verify.dials.dial import LEARNERS, Cost

DIALS = {dial.name: dial for module in (maze, practice, deployment) for dial in module.DIALS}
CELLS = [(dial, value) for dial in DIALS.values() for value in dial.values]
names = pytest.mark.parametrize("dial, value", CELLS, ids=[f"{dial.name}: {value}" for dial, value in CELLS])

VERDICTS = {
    "W": ["closes", "survives", "survives", "survives"],
    "L": ["survives"] * 4,
    "rejection-sampling": ["shrinks to a polynomial", "survives", "survives", "closes", "survives", "closes"],
    "dagger": ["closes", "closes", "reverses", "survives"],
    "sample-sign": ["survives"] * 5,
    "verifier-noise": ["survives", "survives", "reverses", "survives", "reverses"],
    "curriculum": ["survives", "survives", "shrinks to a polynomial", "survives", "survives"],
    "ledger": ["survives"] * 4,
    "temperature": ["survives"] * 4 + ["closes"],
    "fork-memory": ["survives", "survives"],
}


def test_every_dial_is_here_and_numbered():
    assert [dial.number for dial in DIALS.values()] == [1, 2, 18, 19, 23, 24, 26, 27, 0, 0]
    assert DIALS.keys() == VERDICTS.keys()


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts_at_the_values(name):
    dial = DIALS[name]
    assert [dial.verdict(value) for value in dial.values] == VERDICTS[name]


@names
@pytest.mark.parametrize("size", [(15, 15, 5), (3, 2, 2), (1, 1, 1), (2, 1, 1)])
def test_every_value_and_learner_has_a_cost(dial, value, size):
    for learner in LEARNERS:
        cost = dial.cost(learner, value, Maze(*size))
        assert isinstance(cost, Cost)
        if cost.steps is None:
            assert cost.words
        else:
            assert cost.steps == math.inf or cost.growth is not None
            assert cost.steps >= 2 * Maze(*size).K + 1 or dial.name in ("ledger", "W", "L")


@pytest.mark.parametrize("name", VERDICTS)
def test_an_unknown_value_or_learner_is_refused_in_one_line(name):
    dial = DIALS[name]
    with pytest.raises(InputError) as error:
        dial.cost("SFT", "no such value", Maze(2, 1, 1))
    assert "no such value" in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(InputError, match="no learner is called 'GRPO'"):
        dial.cost("GRPO", dial.values[0], Maze(2, 1, 1))


def _log(value):
    value = fraction(exact(value))
    return math.log(value.numerator) - math.log(value.denominator)


@names
def test_growth_in_depth_is_that_of_the_costs(dial, value):
    """Between K and 2K, K even, at a depth at which a polynomial's lower terms are small."""
    K = {"dagger": 32, "temperature": 4096}.get(dial.name, 128)
    if dial.name == "ledger":
        pytest.skip("the bound on RLVR's rollouts is known for W >= K only")
    for learner in LEARNERS:
        first, second = (dial.cost(learner, value, Maze(6, size, 3)) for size in (K, 2 * K))
        if first.growth is not None:
            rate, degree = first.growth.exponent, first.growth.K
            grown = _log(second.steps) - _log(first.steps)
            assert grown == pytest.approx(K * rate + degree * math.log(2), abs=.15), learner


@names
def test_growth_in_branches_is_that_of_the_costs(dial, value):
    if dial.name == "ledger" or "targets uniform" in str(value):
        pytest.skip("logarithms of W, or a rate that depends on W")
    for learner in LEARNERS:
        first, second = (dial.cost(learner, value, Maze(W, 4, 3)) for W in (2000, 4000))
        if first.growth is not None:
            grown = _log(second.steps) - _log(first.steps)
            assert grown == pytest.approx(first.growth.W * math.log(2), abs=.05), learner


@names
def test_growth_in_parallel_edges_is_that_of_the_costs(dial, value):
    """The rate's own dependence on L is taken out of it."""
    if dial.name == "ledger":
        pytest.skip("bounds")
    for learner in LEARNERS:
        first, second = (dial.cost(learner, value, Maze(6, 4, L)) for L in (3000, 6000))
        if first.growth is not None:
            rates = 4 * (second.growth.exponent - first.growth.exponent)
            assert _log(second.steps) - _log(first.steps) == pytest.approx(
                rates + first.growth.L * math.log(2), abs=.1), learner


def test_smallest_mazes_have_the_dials_own_size():
    assert DIALS["W"].smallest(1) == Maze(1, 1, 1) and DIALS["W"].smallest(3).W == 3
    assert DIALS["L"].smallest(1) == Maze(2, 3, 1) and DIALS["L"].smallest(50).L == 50


@pytest.mark.parametrize("name", VERDICTS)
def test_rows_are_json(name):
    row = critique_map.row(DIALS[name])
    json.dumps(row, allow_nan=False)
    assert row["critical_value"]["words"] and all(row["claims"])


def test_critical_values():
    assert DIALS["W"].critical("quick").value == 2 and DIALS["L"].critical("quick").value is None
    assert DIALS["rejection-sampling"].critical("quick").value == Fraction(1, 15)
    assert DIALS["verifier-noise"].critical("quick").value == Fraction(1, 451)
    assert DIALS["dagger"].critical("quick").value == 4
    least, most = DIALS["ledger"].critical("quick").value
    assert 0 < least < 1e-9 and .1 < most < 1


def test_memory_and_restarts_draw_the_branches_without_replacement():
    """The target is the i-th branch tried with probability 1/W, i walks of 2K+1 steps."""
    for W, K in ((1, 2), (4, 3), (15, 15)):
        by_hand = sum(Fraction(i, W) * (2 * K + 1) for i in range(1, W + 1))
        assert DIALS["fork-memory"].cost("SFT + restarts", "dead ends", Maze(W, K, 2)).steps == by_hand


def test_search_of_a_walker_who_knows_the_target_visits_half_the_wrong_branches():
    cost = DIALS["dagger"].cost("SFT + search", "knows the target, one target", Maze(5, 3, 2)).steps
    assert cost == sum(Fraction(1, 5) * (2 * i + 7) for i in range(5))


def test_temperature_is_the_walk_with_those_rows():
    X = Fraction(4)
    rows = Policy(X / (X + 2), Fraction(2, 3), 2 * X / (2 * X + 1), Fraction(1, 3))
    assert DIALS["temperature"].cost("SFT", 4, Maze(3, 2, 2)).steps == expected_steps(Maze(3, 2, 2), rows)
