"""The dials of practice and deployment, and those of the maze's sizes: every value has costs, verdicts, refusals.

Growths are held against costs at doubled sizes, far out.
"""

import json
import math
from fractions import Fraction

import pytest

from theory import closed_forms, dynamics, truncated
from theory import deployment as claims_of_deployment
from theory.chain import START, TARGET, lumped_chain
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from theory.rewards import Reward
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
    "sample-sign": ["survives"] * 3 + ["undefined"] * 2,
    "verifier-noise": ["survives", "undefined", "reverses", "reverses", "reverses", "reverses"],
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
        if first.growth is not None and first.growth.rate != math.inf:        # infinite: what deeper mazes do
            rate, degree = first.growth.exponent, first.growth.K
            grown = _log(second.steps) - _log(first.steps)
            assert grown == pytest.approx(K * rate + degree * math.log(2), abs=.15), learner


@names
def test_growth_in_branches_is_that_of_the_costs(dial, value):
    if dial.name == "ledger" or "targets uniform" in str(value):
        pytest.skip("logarithms of W, or a rate that depends on W")
    for learner in LEARNERS:
        first, second = (dial.cost(learner, value, Maze(W, 4, 3)) for W in (2000, 4000))
        if first.growth is not None and first.growth.rate != math.inf:        # infinite: what deeper mazes do
            grown = _log(second.steps) - _log(first.steps)
            assert grown == pytest.approx(first.growth.W * math.log(2), abs=.05), learner


@names
def test_growth_in_parallel_edges_is_that_of_the_costs(dial, value):
    """The rate's own dependence on L is taken out of it."""
    if dial.name == "ledger":
        pytest.skip("bounds")
    for learner in LEARNERS:
        first, second = (dial.cost(learner, value, Maze(6, 4, L)) for L in (3000, 6000))
        if first.growth is not None and first.growth.rate != math.inf:        # infinite: what deeper mazes do
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
    low, high = DIALS["verifier-noise"].critical("quick").value
    # an eighth to a fifth of what makes insisting the best policy
    assert 1 / 451 / 8 < low < high < 1 / 451 / 5 and high - low < 1e-5
    assert "1/451" in DIALS["verifier-noise"].critical("quick").words
    assert DIALS["dagger"].critical("quick").value == 4
    least, most = DIALS["ledger"].critical("quick").value
    # by hand: 106 golden paths of 31 tokens; one walk of SFT saves all but 1.05 walks of the optimum, 899
    saved = float(closed_forms.sft_steps(15, 15, 5)) - 1.05 * 899
    assert least == pytest.approx((50141 - 106 * 31) / saved, rel=1e-12)
    assert most == pytest.approx((float(deployment._training(deployment.FIGURE3)) - 106 * 31) / saved, rel=1e-12)
    assert .1 < most < 1


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


# -- by hand ------------------------------------------------------------------------------------------------------

def test_the_ledger_of_two_branches_by_hand():
    """Golden paths: 2 (1/2)^n <= 1/100 from n = 8 on. A trace shows a retreat from branch j when the target is the
    other one and j is entered first, 1/4: 2 (3/4)^n - (1/2)^n <= 1/100 from n = 19 on, of 3 (2K+1) tokens each."""
    assert claims_of_deployment.golden_tokens(2, 3, Fraction(1, 100)) == 8 * 7
    assert claims_of_deployment.trace_tokens(2, 3, Fraction(1, 100)) == 19 * 3 * 7
    maze = Maze(4, 3, 2)
    rlvr, distilled = (DIALS["ledger"].cost(name, 1000, maze).steps for name in ("RLVR", "distilled"))
    assert distilled - rlvr == claims_of_deployment.trace_tokens(4, 3, Fraction(1, 100))
    assert rlvr == deployment._training(maze) + 1000 * Fraction(105, 100) * expected_steps(maze, Policy.optimum())
    golden = claims_of_deployment.golden_tokens(4, 3, Fraction(1, 100))
    assert DIALS["ledger"].cost("SFT", 1000, maze).steps == golden + 1000 * expected_steps(maze, Policy.sft_limit(2))


def test_the_bound_on_training_grows_as_said():
    """Times logarithms; the degree in L comes from below."""
    at = {key: math.log2(deployment._training(Maze(*key))) for key in (
        (128, 16, 5), (128, 32, 5), (256, 16, 5), (128, 16, 40), (128, 16, 80))}
    growth = deployment.BOUND
    assert at[128, 32, 5] - at[128, 16, 5] == pytest.approx(growth.K, abs=.15)
    assert at[256, 16, 5] - at[128, 16, 5] == pytest.approx(growth.W, abs=.15)
    assert at[128, 16, 80] - at[128, 16, 40] == pytest.approx(growth.L, abs=.15)


def test_the_first_wrong_sign_of_a_curriculum():
    """(W-1) rho > W (2K-1): 14 * 36/5 = 100.8 against 75 at K = 3 and 105 at K = 4."""
    words = DIALS["curriculum"].critical("quick").words
    assert "from depth 4 on" in words
    signs = [claims_of_deployment.curriculum_sign(15, K, 5) for K in (3, 4)]
    assert signs[0] > 0 >= signs[1]


def test_a_cell_of_the_curriculums_diagram():
    """k = 1, K = 2: one trained diamond, one of base, by the recursion."""
    (phase,) = (draw("quick") for draw in DIALS["curriculum"].phases)
    cell = phase.cells[phase.ys.index(2)][phase.xs.index(1)]
    back, on = [Fraction(5, 6), Fraction(1, 6)], [1, Fraction(1, 6)]
    sft = Policy(on, [back[0]] * 2, [1, Fraction(5, 6)], [back[1]] * 2)
    rlvr = Policy(on, [1, back[0]], [1, Fraction(5, 6)], [1, back[1]])
    ratio = expected_steps(Maze(15, 2, 5), sft) / expected_steps(Maze(15, 2, 5), rlvr)
    assert cell == pytest.approx(math.log10(ratio), rel=1e-9)


def test_a_cell_of_the_noise_diagram():
    """Variances of the estimates r S of row d_1 at base, T = 7, over the laws of (arrived, S)."""
    maze, T = Maze(3, 2, 2), 7
    rows, d = lumped_chain(maze, Policy.base(2)).nonzero(), Fraction(1, 3)
    law = {(START, Fraction(0)): Fraction(1)}
    for _ in range(T):
        after = {}
        for (state, S), mass in law.items():
            for to, p in (rows[state] if state != TARGET else {TARGET: 1}).items():
                scored = state not in (START, TARGET) and state[1] == 1 and not state[2]       # u_1, towards the fork
                key = to, S + (0 if not scored else 1 - d if to == START else -d)
                after[key] = after.get(key, 0) + mass * fraction(exact(p))
        law = after
    F = sum(mass for (state, _), mass in law.items() if state == TARGET)

    def variance(weight):
        mean, square = (sum(mass * (weight(state == TARGET) * S)**power for (state, S), mass in law.items())
                        for power in (1, 2))
        return square - mean**2

    both = variance(lambda arrived: arrived - F)
    (phase,) = (draw("quick") for draw in DIALS["sample-sign"].phases)
    assert [row[0] for row in phase.cells] == pytest.approx([
        float(variance(int) / both), float(variance(lambda arrived: arrived - 1) / both)], rel=1e-12)


# -- where learning ends ------------------------------------------------------------------------------------------

def test_at_6K_plus_2_ascent_goes_where_the_dial_says():
    maze = Maze(3, 2, 2)
    start = dynamics.base_log_odds(maze)
    moved = truncated.ascent(maze, Reward("outcome", 14), 1000, .01).log_odds - start
    assert (moved[[0, 2]] > 9.9).all() and (moved[3] < -9.9).all() and moved[1, 0] < -9.9 and moved[1, 1] == 0


@pytest.mark.parametrize("size, share, word", [
    ((2, 4, 2), Fraction(2, 5), "retreats"), ((2, 4, 2), Fraction(1, 2), "insists"),
    ((15, 15, 5), Fraction(1, 6), "retreats"),
    ((15, 15, 5), Fraction(1, 5), "insists"), ((2, 1, 1), Fraction(99, 100), "retreats"),
    ((2, 1, 1), Fraction(101, 100), "insists"), ((2, 2, 2), Fraction(7, 10), "retreats"),
    ((2, 2, 2), Fraction(9, 10), "insists")])
def test_where_rlvr_ends_when_dead_ends_are_passed(size, share, word):
    assert practice.descended(Maze(*size), share) == word


def test_what_rlvr_costs_when_dead_ends_are_passed_is_that_of_where_it_ends():
    half, maze = "dead ends passed, half of 1/(2KW+1)", Maze(2, 2, 2)
    for learner in ("RLVR", "distilled"):
        assert DIALS["verifier-noise"].cost(learner, half, maze).steps == expected_steps(maze, Policy.optimum())
        cost = DIALS["verifier-noise"].cost(learner, half, Maze(2, 4, 2))
        assert cost.steps == math.inf and "computed" in cost.known
    low, high = practice.hacked_share(Maze(2, 4, 2))
    assert Fraction(2, 5) < low < high < Fraction(1, 2) and high - low == Fraction(1, 512)


def test_what_is_not_exact_does_not_say_so():
    """RLVR where it was run, or not run, or argued; on Figure 3's maze and beyond what was run."""
    for name, value, size, words in [
            ("sample-sign", "both", (15, 15, 5), "on this maze"),
            ("sample-sign", "both", (3, 12, 5), "in runs at K <= 12"), ("sample-sign", "both", (3, 64, 5), "not run"),
            ("verifier-noise", "flips, p + q = 3/2", (15, 15, 5), "not run"),
            ("curriculum", "1, 2, .., K in stages", (15, 15, 5), "computed"),
            ("curriculum", "1, 2, .., K in stages", (15, 61, 5), "not run")]:
        cost = DIALS[name].cost("RLVR", value, Maze(*size))
        assert words in cost.known and (cost.growth is None or cost.growth.how != "exact")
    for value, words in (("T = 6K+2", "argued"), ("from SFT, the shortest 3/(2W)", "argued"),
                         ("T = max(6K+3, 2K^2)", "computed")):
        for learner in ("SFT", "SFT + restarts"):
            cost = DIALS["rejection-sampling"].cost(learner, value, Maze(15, 15, 5))
            assert words in cost.known and (cost.growth is None or "exact" not in cost.growth.how)
