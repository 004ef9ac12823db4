"""The bill: numbers by hand, refusals in one line, the sampled sign learner, and a table whose cells are the formulas'.

Not covered: whether the claims are true (`verify/test_bill.py`).
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from theory import bill, majority
from theory.formats import FORMATS
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from verify.report import bill as report
from verify.sign_votes import flat, learn

# -- theory.bill --------------------------------------------------------------------------------------------------


def test_numbers_by_hand():
    """Two branches, one diamond: a trace is 9 tokens, a golden path 3; two targets take 1 + log2(1/eta) paths."""
    assert bill.bill_distillation(2, 1, 19) == 171 and bill.bill_mixed(2, 1, Fraction(1, 10)) == Fraction(18, 5)
    assert bill.least_golden(2, Fraction(1, 128)) == 8 and bill.bill_restarts(2, 8) == 1 - Fraction(1, 128)
    assert bill.bill_one_rollout(2, 1) == Fraction(1, 4) and bill.bill_sft_rlvr(3, 2, 1) == 8 * 15


def test_the_largest_sign_step_is_the_bound_of_many_small_ones():
    from theory.reinforcement import rlvr_steps_upper

    assert rlvr_steps_upper(15, 5, Fraction(1, 100), Fraction(1, 20)) == math.ceil(100 * bill.rise(15, 5, "1/20"))


def test_one_sign_step_pays_for_the_signs_at_base():
    maze = Maze(4, 3, 2)
    (stage,) = bill.sign_stages(maze, "1/20", 0.01)
    assert stage.rollouts == majority.rollouts_for_signs(maze, Policy.base(2), 0.01) and stage.steps == 385
    assert stage.walked == stage.rollouts * 385
    assert bill.sign_stages(maze, "1/2000", 0.01) == [stage]                 # its size costs nothing
    (normal,) = bill.sign_stages(maze, "1/20", 0.01, normal=True)
    assert stage.rollouts / 10 < normal.rollouts < stage.rollouts


def test_many_sign_steps_share_the_risk():
    maze = Maze(4, 3, 2)
    stages = bill.sign_stages(maze, "1/20", 0.01, lr=1.0)
    assert len(stages) == 6 and [s.steps for s in stages] == sorted((s.steps for s in stages), reverse=True)
    assert stages[0].rollouts == majority.rollouts_for_signs(maze, Policy.base(2), 0.01 / 6)


@pytest.mark.parametrize("maze, lr", [(Maze(2, 5, 2), None), (Maze(1, 1, 1), None), (Maze(2, 2, 1), 1.0),
                                      (Maze(3, 3, 21), 1.0)])
def test_an_unknown_path_is_refused(maze, lr):
    with pytest.raises(InputError, match=rf"W = {maze.W}, K = {maze.K}, L = {maze.L}: the path of sign steps"):
        bill.sign_stages(maze, "1/20", 0.01, lr=lr)


def test_from_sft_the_first_rollout_is_the_imitators_walk():
    maze = Maze(3, 2, 2)
    once, turns = (bill.sft_stages(maze, 0.01, in_turn=in_turn) for in_turn in (False, True))
    assert len(once) == 1 and len(turns) == maze.K
    assert once[0].steps == turns[0].steps == 174 == expected_steps(maze, Policy.sft_limit(2))
    assert sum(s.walked for s in turns) < once[0].walked and all(s.rollouts >= 1 for s in turns)


def test_break_even():
    maze = Maze(3, 2, 2)                                       # base 140, optimum 25, SFT limit 174
    assert bill.break_even(maze, 230, 25) == 2 and bill.break_even(maze, 0, 25) == 0
    assert bill.break_even(maze, 230, 174) == math.inf == bill.break_even(maze, 1, 140)


# -- verify.sign_votes --------------------------------------------------------------------------------------------

def test_rows_in_the_order_of_nodes():
    z = np.arange(8).reshape(4, 2)
    assert flat(z).tolist() == [4, 6, 0, 2, 5, 7, 1, 3]        # c_1 d_1 a_1 b_1, c_2 d_2 a_2 b_2


def test_sampled_signs_are_the_exact_ones_when_there_are_enough():
    seen = learn(Maze(2, 1, 1), [30_000, 30_000], 5, 1.0, seed=3)
    y = math.exp(-2)
    alpha = 1 / (1 + y)
    assert seen.wrong == 0 and seen.H == pytest.approx(float(expected_steps(Maze(2, 1, 1), Policy(*[alpha] * 4))))
    assert seen == learn(Maze(2, 1, 1), [30_000, 30_000], 5, 1.0, seed=3)
    assert seen.walked != learn(Maze(2, 1, 1), [30_000, 30_000], 5, 1.0, seed=3, run=1).walked


def test_its_rollouts_are_base_walks():
    """27 steps each on average, deviation below 27: 60 000 of them are off by less than 1 %."""
    assert learn(Maze(2, 1, 1), [60_000], 1, 1.0, seed=1).walked / 60_000 == pytest.approx(27, rel=0.03)


def test_too_few_or_even_groups_are_refused():
    with pytest.raises(InputError, match="groups = 4"):
        learn(Maze(2, 1, 1), [100], 4, 1.0, seed=1)
    with pytest.raises(InputError, match="rollouts = 2: fewer than the 3 groups"):
        learn(Maze(2, 1, 1), [2], 3, 1.0, seed=1)


# -- the table ----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def rows():
    return report.rows(measured=False)


def test_every_learner_stands_on_every_maze(rows):
    names = [[row.learner for row in rows if row.maze == maze] for maze in report.MAZES]
    assert names[0] == names[1] == names[2] and len(names[0]) == 17
    assert {row.how for row in rows} == {"exact", "bound", "normal", "needed", "never"}


def test_rows_say_what_the_formulas_say(rows):
    of = {(row.maze, row.learner, row.how): row for row in rows}
    figure = report.MAZES[1]
    assert of[figure, "distillation", "exact"].training == 12 * 899
    assert of[figure, "SFT + restarts at dead ends", "exact"].training == 106 * 31
    assert of[figure, "SFT + restarts at dead ends", "exact"].after == 15 * 31
    assert report.over_optimum(of[figure, "none: base", "exact"]) == pytest.approx(50141 / 899)
    assert of[figure, "RLVR from base, one sign step", "bound"].training == pytest.approx(3.2e14, rel=0.01)
    for row in rows:
        if row.how in ("exact", "bound") and row.learner != "none: base":
            assert report.over_optimum(row) <= 1.05


def test_the_table_in_every_format(rows):
    table = report.table(rows, {"bill_rlvr": "simulated"})
    lines = [line for line in table.rows if line[0] == "15, 15, 5"]
    assert ("15, 15, 5", "distillation", 12, "10788", "899", "1", "0.219", "exact") in [line[:8] for line in lines]
    assert all(line[6] == "" for line in lines if line[7] in ("never", "needed"))
    for _, render in FORMATS.values():
        assert "The whole bill" in render(table) or render(table).startswith("\"W, K, L\"")
    assert "bill_rlvr: simulated;" in FORMATS["json"][1](table).replace("`", "")


def test_a_measured_row_is_the_median_of_its_runs():
    """Distillation, the quickest: 13 traces a run, nearly surely enough, some 49 tokens each."""
    row = report.measure("distillation")
    assert (row.how, row.samples, row.after) == ("measured", 13, 49.0)
    assert row.low <= row.training <= row.high and 300 < row.training < 1200 and "9 of 9 runs done" in row.words
    assert report.measure("distillation") == row


def test_rejection_sampling_does_not_arrive():
    row = report.measure("rejection sampling, all successes")
    assert row.how == "not reached" and report.over_optimum(row) > 5 and "no run of 9" in row.words
