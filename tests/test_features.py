"""`verify.learners.features`: sets, gradients against differences, and what the learners learn."""

import math

import numpy as np
import pytest

from theory import dynamics, hitting
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from verify.learners import features
from verify.learners.edges import EdgePolicy
from verify.learners.features import FEATURES, Shared
from verify.learners.learning import Budget
from verify.learners.sft import Population

MAZE = Maze(4, 3, 2)


@pytest.mark.parametrize("call, shown", [
    (lambda: Shared(features="smell"), "'smell'"), (lambda: Shared(objective="joy"), "'joy'"),
    (lambda: Shared(width=0), "width = 0"), (lambda: Shared(lr=0), "lr = 0"),
    (lambda: features.table("smell", 2), "'smell'"),
    (lambda: Shared().train(MAZE, EdgePolicy(MAZE, tied=False), Budget(1)), "tied"),
    (lambda: features.train(Shared(1e308, "direction + type"), MAZE, 3), "lr = 1e+308"),
])
def test_bad_input_is_refused_in_one_line(call, shown):
    with np.errstate(all="ignore"), pytest.raises(InputError) as error:
        call()
    assert shown in str(error.value) and "\n" not in str(error.value)


def test_states_come_row_by_row():
    given = features.states(2)
    assert [(s.away, s.v) for s in given[::2]] == [(True, True), (False, True), (True, False), (False, False)]
    X, sign = features.table("outward, type x depth", 2)
    assert X.shape == (8, 4) and np.array_equal(X[:2], X[2:4]) and sign.tolist() == [1, 1, -1, -1, 1, 1, -1, -1]


def test_what_a_network_sees():
    X, _ = features.table("network with depth", 3)
    assert X[:, 3].tolist() == [1 / 3, 2 / 3, 1.0] * 4                        # the deepest diamond is at 1
    assert X[::3, :3].tolist() == [[1, 1, 1], [1, -1, 1], [1, 1, -1], [1, -1, -1]]
    assert np.array_equal(features.table("network", 3)[0], X[:, :3])


@pytest.mark.parametrize("objective", features.OBJECTIVES)
@pytest.mark.parametrize("name", ["direction + type", "network", "outward, network"])
def test_a_step_goes_down_the_gradient(name, objective):
    """The change of every weight against a central difference of the loss."""
    learner, maze = Shared(1e-6, name, objective), Maze(2, 2, 3)
    X, sign = features.table(name, 2)
    memory = learner.first(maze, seed=5)
    memory["weights"] = memory["weights"] + np.random.default_rng(1).standard_normal(memory["weights"].shape) / 4
    scale = 1 + 1 / maze.L

    def loss(weights):
        z = dynamics.base_log_odds(maze) + (learner.number(weights, X) * sign).reshape(4, -1)
        if objective == "imitation":
            return scale * np.log1p(np.exp(-z[[0, 2]])).sum()
        return scale * math.log(dynamics.cost_and_gradient(maze, z)[0])

    after = dict(memory)
    learner.move(after, X, learner.slope(maze, (learner.number(memory, X) * sign).reshape(4, -1)).ravel() * sign)
    for key, values in memory.items():
        for place in np.ndindex(values.shape):
            up, down = ({**memory, key: values.copy()} for _ in range(2))
            up[key][place] += 1e-5
            down[key][place] -= 1e-5
            moved = (values[place] - after[key][place]) / learner.lr
            assert moved == pytest.approx((loss(up) - loss(down)) / 2e-5, abs=1e-5)


def test_the_table_is_the_tabular_learner():
    mine = Shared(0.1, "table").train(MAZE, budget=Budget(40)).policy.log_odds()
    # a row a of the multigraph belongs to one of L edges and is visited 1/L as often: compare rows c alone
    assert mine[2] == pytest.approx(Population(0.1).train(MAZE, budget=Budget(40)).policy.log_odds()[2], rel=1e-12)
    assert np.array_equal(mine[[1, 3]], dynamics.base_log_odds(MAZE)[[1, 3]])


def test_the_learner_and_the_bare_loop_agree_and_a_run_can_be_taken_up_again():
    learner = Shared(0.1, "network")
    whole = learner.train(MAZE, budget=Budget(30), seed=3)
    assert whole.policy.log_odds() - dynamics.base_log_odds(MAZE) == pytest.approx(
        features.train(learner, MAZE, 30, 3), abs=1e-12)
    half = learner.train(MAZE, budget=Budget(15), seed=3)
    again = learner.train(MAZE, budget=Budget(30), seed=3, resume=half)
    assert np.array_equal(again.policy.logits, whole.policy.logits)


def test_costs_of_any_size_are_those_of_the_rows():
    gaps = features.train(Shared(0.1), MAZE, 20)
    rows = Policy.from_logits(dict(zip("abcd", dynamics.base_log_odds(MAZE) + gaps, strict=True)))
    assert 10 ** features.log10_steps(MAZE, gaps) == pytest.approx(float(hitting.expected_steps(MAZE, rows)), rel=1e-12)
    assert features.log10_steps(Maze(2, 20, 2), np.full((4, 20), 9.0) * [[1], [-1], [1], [-1]]) > 150


def test_which_sets_retreat_after_forward_data():
    for name in FEATURES:
        if FEATURES[name].network:
            continue
        back = features.train(Shared(0.1, name), MAZE, 2000)[[1, 3]]
        if name in ("table", "direction x type"):
            assert not back.any()
        else:
            assert (back < -0.5).all() if FEATURES[name].outward else (back > 0.5).all(), name


def test_networks_disagree_on_retreat_after_forward_data():
    """8 initialisations, computed: some learn to retreat in a row, some to turn round."""
    back = np.array([features.train(Shared(0.1, "network"), Maze(2, 1, 2), 500, seed)[[1, 3], 0] for seed in range(8)])
    assert (back > 0.1).any() and (back < -0.1).any()
    outward = features.train(Shared(0.1, "outward, network"), Maze(2, 1, 2), 500, 0)[[1, 3], 0]
    assert outward == pytest.approx(-back[0])                    # the same network, read the other way


@pytest.mark.parametrize("name", ["table", "direction + type", "type", "shape", "outward, direction + type", "network"])
def test_reinforcement_goes_to_the_optimum_of_every_set_that_sees_direction(name):
    """Within 3 %, from 3 initialisations where there are any."""
    for seed in range(3 if FEATURES[name].network else 1):
        gaps = features.train(Shared(0.3, name, "reinforcement"), MAZE, 1500, seed)
        assert 49 < 10 ** features.log10_steps(MAZE, gaps) < 1.03 * 49
