"""The learners and the walker: what each should do, and what it should not."""

import numpy as np
import pytest

from theory import dynamics, hitting, moments
from theory.chain import Chain, full_chain
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from verify import training
from verify.learners import rlvr, sft
from verify.learners.edges import EdgePolicy
from verify.rollouts import rollouts

MAZES = [Maze(1, 1, 1), Maze(2, 1, 2), Maze(3, 2, 2), Maze(2, 3, 1)]


# -- edge policies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze", MAZES)
def test_zero_logits_are_the_base_model(maze):
    policy = EdgePolicy(maze)
    assert policy.expected_steps() == pytest.approx(float(hitting.expected_steps(maze, Policy.base(maze.L))), rel=1e-13)
    rows = policy.lumped().branches[0].expanded(maze.K)
    assert float(fraction(rows["a"][0])) == pytest.approx(1 / (maze.L + 1))


@pytest.mark.parametrize("maze", MAZES)
@pytest.mark.parametrize("target", [0, -1])
def test_elimination_agrees_with_the_exact_solve_on_random_logits(maze, target):
    target %= maze.W
    policy = EdgePolicy(maze)
    policy.logits = 2 * np.random.default_rng(5).standard_normal(len(policy.logits))
    p = policy.probabilities()
    walk = full_chain(maze, Policy.base(maze.L), target=target)
    rows = dict(walk.rows)
    for i, arc in enumerate(policy.states):
        if arc in rows:
            values = [exact(float(v)) for v in p[policy.start[i]:policy.start[i + 1]]]
            row = {}
            for choice, value in zip(policy.choices[i], values, strict=True):
                to = "target" if choice.head == maze.graph(target).target else choice
                row[to] = row.get(to, 0) + value / sum(values, exact(0))
            rows[arc] = row
    assert policy.expected_steps(target) == pytest.approx(float(Chain(rows).hitting_time()), rel=1e-12)


def test_elimination_keeps_its_digits_where_solves_lose_theirs():
    """The SFT limit at K = 25: 1e24 steps, far past the point where float64 solves turn negative."""
    maze = Maze(3, 25, 5)
    policy = EdgePolicy(maze)
    away = policy.away()
    for i, (arc, choices) in enumerate(zip(policy.states, policy.choices, strict=True)):
        if away[i]:
            golden = [c.head.depth > arc.head.depth for c in choices]
            policy.logits[policy.start[i]:policy.start[i + 1]] = np.where(golden, 0.0, -700.0)
    want = float(hitting.expected_steps(maze, Policy.sft_limit(5)))
    assert policy.expected_steps() == pytest.approx(want, rel=1e-11) and want > 1e20


# -- SFT ----------------------------------------------------------------------------------------------------------


def test_sampled_paths_are_golden_and_cover_all_choices():
    maze = Maze(3, 2, 2)
    paths = sft.sample_paths(maze, 400, np.random.default_rng(0))
    assert {path for target in range(3) for path in maze.all_golden_paths(target)} == set(paths)
    fixed = sft.sample_paths(maze, 50, np.random.default_rng(0), fixed_target=True, fixed_copy=True)
    assert set(fixed) == {maze.golden_path(0, (0, 0))}


def test_the_gradient_is_that_of_the_cross_entropy():
    maze, h = Maze(2, 2, 2), 1e-6
    policy = EdgePolicy(maze)
    policy.logits = np.random.default_rng(1).standard_normal(len(policy.logits))
    slots = sft.slots(policy, maze.golden_path(1, (0, 1)))
    chosen = np.zeros_like(policy.logits)
    chosen[slots] = 1

    def loss(shift):
        moved = EdgePolicy(maze, policy.logits + shift)
        return -np.log(moved.probabilities()[slots]).sum()

    basis = np.eye(len(policy.logits)) * h
    numeric = np.array([(loss(e) - loss(-e)) / (2 * h) for e in basis])
    assert np.allclose(numeric, sft.gradient(policy, chosen), atol=1e-8)


def test_the_population_choices_are_the_mean_of_the_sampled_ones():
    maze, n = Maze(2, 2, 3), 20_000
    policy, chosen = EdgePolicy(maze), 0
    for path in sft.sample_paths(maze, n, np.random.default_rng(2)):
        for slot in sft.slots(policy, path):
            chosen += np.eye(1, len(policy.logits), slot)[0]
    # Hoeffding and a union bound: an entry is further off than 0.04 with probability below 1e-25
    assert np.abs(chosen / n - sft.population_choices(policy)).max() < 0.04


def test_sft_learns_forward_and_does_not_learn_to_retreat():
    maze = Maze(3, 3, 2)
    policy = sft.full_batch(EdgePolicy(maze), 3000, 1.0)
    rows = policy.persistence()
    assert min(p for (name, *_), p in rows.items() if name in "ac") > 0.98
    assert all(p == pytest.approx(2 / 3 if name == "b" else 1 / 3, abs=1e-15)
               for (name, *_), p in rows.items() if name in "bd")
    assert policy.expected_steps() > 2 * EdgePolicy(maze).expected_steps()


# -- RLVR ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze", [Maze(3, 2, 2), Maze(2, 4, 1), Maze(1, 3, 3)])
def test_the_dense_learner_follows_the_compiled_one(maze):
    ours = dynamics.descent(maze, 200, 0.02).steps_to_target
    assert np.allclose(rlvr.sign_descent(maze, 200, 0.02), ours, rtol=1e-10)


def test_rlvr_learns_to_retreat_and_sft_does_not():
    maze = Maze(4, 4, 3)
    rows = dynamics.policy_of(dynamics.descent(maze, 1500, 0.01).log_odds).branches[0].expanded(4)
    assert all(v > exact("0.99") for name in "abcd" for v in rows[name])


# -- rollouts -----------------------------------------------------------------------------------------------------


def test_the_walk_of_a_certain_policy_is_the_shortest_path():
    assert set(rollouts(Maze(1, 4, 3), Policy.optimum(), 100, seed=1)) == {9}


def test_the_mean_of_many_walks_is_the_exact_mean():
    """A sanity check, five standard errors wide; the law itself is judged in verify/."""
    maze, policy, n = Maze(3, 2, 2), Policy.base(2), 40_000
    mean = float(hitting.expected_steps(maze, policy))
    deviation = (float(moments.second_moment(maze, policy)) - mean**2) ** 0.5
    assert abs(rollouts(maze, policy, n, seed=7).mean() - mean) < 5 * deviation / n**0.5


def test_a_seed_gives_the_same_walks_and_another_does_not():
    maze, policy = Maze(3, 2, 2), Policy.base(2)
    first, again, other = (rollouts(maze, policy, 50, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_walk_cut_off_reports_the_limit():
    assert rollouts(Maze(3, 3, 3), Policy.base(3), 200, seed=1, limit=10).max() == 10


@pytest.mark.parametrize("words, kwargs", [("runs = 0", {"runs": 0}), ("limit = 0", {"runs": 1, "limit": 0})])
def test_rollouts_refuse_empty_requests(words, kwargs):
    with pytest.raises(InputError, match=words):
        rollouts(Maze(2, 1, 1), Policy.base(1), seed=0, **kwargs)


def test_rollouts_refuse_untied_policies():
    with pytest.raises(InputError, match="tied"):
        rollouts(Maze(2, 1, 1), Policy.untied([Policy.base(1)] * 2), 1, seed=0)


# -- traces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("learner", training.LEARNERS)
def test_every_learner_gives_a_trace_from_base_to_the_last_step(learner):
    trace = training.train(learner, Maze(3, 2, 2), 30, 0.05)
    assert trace[0]["step"] == 0 and trace[-1]["step"] == 30
    assert trace[0]["steps_to_target"] == pytest.approx(140, rel=1e-12)
    assert all(np.isfinite(p["log10"]) for p in trace)


def test_without_length_penalty_rlvr_stands_still():
    for learner in ("sign", "descent", "flow"):
        trace = training.train(learner, Maze(3, 2, 2), 10, 0.1, penalty=0.0)
        assert {p["steps_to_target"] for p in trace} == {trace[0]["steps_to_target"]}


def test_sgd_depends_on_its_seed_alone():
    def run(seed):
        return training.train("sgd-sft", Maze(3, 2, 2), 20, 0.5, seed=seed)

    assert run(1) == run(1) != run(2)
