"""The learners: what each should do, and what it should not."""

import math

import numpy as np
import pytest

from theory import dynamics, hitting
from theory.closed_forms import optimum_steps, sft_steps
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Branch, Policy
from theory.rewards import Reward
from verify import training
from verify.learners import dense, sft, witness
from verify.learners.distillation import Distillation
from verify.learners.edges import EdgePolicy
from verify.learners.exact import Exact
from verify.learners.learning import Budget, Trained, Used
from verify.learners.own_walks import DAgger, Rejection, labels
from verify.learners.policy_gradient import PolicyGradient
from verify.measures import edge_chain
from verify.rollouts import walks
from verify.training import Options, train

MAZES = [Maze(1, 1, 1), Maze(2, 1, 2), Maze(3, 2, 2), Maze(2, 3, 1)]
SMALL = Maze(3, 2, 2)


def random_policy(maze, tied=False, seed=5, scale=2.0):
    policy = EdgePolicy(maze, tied=tied)
    policy.logits = scale * np.random.default_rng(seed).standard_normal(policy.logits.shape)
    return policy


# -- edge policies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze", MAZES)
@pytest.mark.parametrize("tied", [True, False])
def test_zero_logits_are_the_base_model(maze, tied):
    policy = EdgePolicy(maze, tied=tied)
    assert policy.expected_steps() == pytest.approx(float(hitting.expected_steps(maze, Policy.base(maze.L))), rel=1e-13)
    rows = policy.rows()
    assert np.allclose(rows["a"], 1 / (maze.L + 1)) and np.allclose(rows["b"], maze.L / (maze.L + 1))
    assert rows["a"].shape == (len(policy.logits), maze.K, maze.L) == rows["d"].shape
    assert rows["b"].shape == (len(policy.logits), maze.K, 1) == rows["c"].shape


@pytest.mark.parametrize("maze", MAZES)
@pytest.mark.parametrize("tied", [True, False])
def test_elimination_agrees_with_the_exact_solve_on_random_logits(maze, tied):
    policy = random_policy(maze, tied)
    each = [float(edge_chain(policy, target).hitting_time()) for target in range(maze.W)]
    for target in range(maze.W):
        assert policy.expected_steps(target) == pytest.approx(each[target], rel=1e-12)
    assert policy.expected_steps() == pytest.approx(np.mean(each), rel=1e-12)


def test_elimination_keeps_its_digits_where_solves_lose_theirs():
    """The SFT limit at K = 25: 1e24 steps, far past the point where float64 solves turn negative."""
    maze = Maze(3, 25, 5)
    want = float(hitting.expected_steps(maze, Policy.sft_limit(5)))
    assert EdgePolicy.of(maze, Policy.sft_limit(5)).expected_steps() == pytest.approx(want, rel=1e-11) and want > 1e20


def test_one_bad_branch_does_not_spoil_the_others():
    """A branch that costs 1e40 to leave: as the target it costs nothing, and no difference of large numbers shows."""
    maze, bad = Maze(2, 2, 2), Branch(1, "1/100000000000000000000", 1, "1/100000000000000000000")
    policy = EdgePolicy.of(maze, Policy.of(bad, Policy.optimum().branch(0)))
    assert policy.expected_steps(0) == pytest.approx(15, rel=1e-12)
    assert policy.expected_steps(1) > 1e39 and policy.expected_steps() > 1e38


@pytest.mark.parametrize("policy", [Policy("1/3", "1/5", "3/4", "1/7"), Policy(1, "2/3", 1, "1/3"), Policy.optimum(),
                                    Policy.untied([Policy.base(2), Policy.optimum(), Policy("1/2", 1, "1/3", 1)])])
def test_a_policy_survives_the_way_there_and_back(policy):
    there = EdgePolicy.of(SMALL, policy)
    for branch in range(3):
        ours, back = (p.branch(branch).expanded(2) for p in (policy, there.lumped()))
        for name in "abcd":
            assert [float(int(v.p) / int(v.q)) for v in back[name]] == pytest.approx(
                [float(int(v.p) / int(v.q)) for v in ours[name]], abs=1e-12)
    assert there.expected_steps(1) == pytest.approx(float(hitting.expected_steps(SMALL, policy, target=1)), rel=1e-11)


def test_logits_of_another_shape_are_refused(fails):
    fails(lambda: EdgePolicy(SMALL, np.zeros(3)), "(3,)", "(3, 4, 3, 3)")
    fails(lambda: EdgePolicy(SMALL).expected_steps(3), "target branch 3")


# -- SFT ----------------------------------------------------------------------------------------------------------


def test_golden_choices_are_those_of_the_graphs_golden_paths():
    maze, policy = SMALL, EdgePolicy(SMALL)
    for target in range(3):
        for path in maze.all_golden_paths(target):
            copies = np.array([[arc.copy for arc in path[1::2]]])
            want = np.zeros_like(policy.logits)
            for arc, onward in zip(path, path[1:], strict=False):
                x = arc.head.depth
                want[target, x - 1, arc.copy, maze.copies(x - 1) + onward.copy] += 1
            assert np.array_equal(sft.golden_choices(policy, np.array([target]), copies), want)


def test_the_gradient_is_that_of_the_cross_entropy():
    maze, h = Maze(2, 2, 2), 1e-6
    policy = random_policy(maze, scale=1.0)
    chosen = sft.golden_choices(policy, np.array([1]), np.array([[0, 1]]))
    numeric = np.zeros_like(policy.logits)
    for place in np.ndindex(policy.logits.shape):
        loss = []
        for sign in (1, -1):
            moved = policy.copy()
            moved.logits[place] += sign * h
            loss.append(-(np.log(moved.probabilities()) * chosen).sum())
        numeric[place] = (loss[0] - loss[1]) / (2 * h)
    assert np.allclose(numeric, sft.gradient(policy, chosen), atol=1e-8)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("fixed", [True, False])
def test_the_population_choices_are_the_mean_of_the_sampled_ones(tied, fixed):
    maze, n = Maze(2, 2, 3), 20_000
    policy = EdgePolicy(maze, tied=tied)
    chosen = sft.Golden(fixed_target=fixed).draw(policy, n, np.random.default_rng(2))
    # Hoeffding and a union bound: an entry is further off than 0.04 with probability below 1e-25
    assert np.abs(chosen / n - sft.population_choices(policy, fixed_target=fixed)).max() < 0.04


def test_sft_learns_forward_and_does_not_learn_to_retreat():
    maze = Maze(3, 3, 2)
    policy = sft.Population(1.0).train(maze, budget=Budget(3000), tied=False).policy
    rows = policy.rows()
    assert min(rows["a"].min(), rows["c"].min()) > 0.98
    assert np.all(policy.backward() == 0)
    assert policy.expected_steps() > 2 * EdgePolicy(maze).expected_steps()


def test_the_flow_is_where_small_steps_go():
    learnt = [sft.Population(lr).train(SMALL, budget=Budget(round(5 / lr))).policy.expected_steps()
              for lr in (0.1, 0.01, 0.001)]
    # tied rows: row a has L copies, each visited at rate 1/L, so the flow's time for it is a single path's
    copies = [dynamics.sft_odds(5 / w, 2)[i] for i, w in ((0, 2), (1, 1))]
    rows = [float(odds / (1 + odds)) for odds in copies]
    limit = float(hitting.expected_steps(SMALL, Policy(rows[0], "2/3", rows[1], "1/3")))
    off = [abs(H / limit - 1) for H in learnt]
    assert off[0] > off[1] > off[2] and off[2] < 1e-3
    assert off[1] / off[2] == pytest.approx(10, rel=0.3)                    # first order in the step


def test_the_flow_learner_is_the_closed_form():
    run = sft.Flow(0.5).train(SMALL, budget=Budget(4))
    for point in run.trace:
        assert point.H == pytest.approx(float(dynamics.sft_flow_steps(SMALL, 0.5 * point.update).mid()), rel=1e-12)
    assert run.policy.expected_steps() == pytest.approx(run.trace[-1].H, rel=1e-12)
    assert np.all(run.policy.backward() == 0)


def test_the_fit_is_where_steps_go_for_ever():
    chosen = sft.golden_choices(EdgePolicy(SMALL), np.array([0, 0, 1]), np.array([[0, 1], [1, 1], [0, 0]]))
    fitted, stepped = EdgePolicy(SMALL), EdgePolicy(SMALL)
    sft.fit(fitted, chosen)
    for _ in range(20_000):
        sft.step(stepped, chosen, 3, 3.0)
    assert np.abs(fitted.probabilities() - stepped.probabilities()).max() < 1e-3
    unseen = chosen.sum(axis=-1) == 0
    assert np.all(fitted.logits[unseen] == 0) and np.all(stepped.logits[unseen] == 0)


# -- RLVR, exactly ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze", [Maze(3, 2, 2), Maze(2, 4, 1), Maze(1, 3, 3)])
def test_the_dense_learner_follows_the_compiled_one(maze):
    ours = dynamics.descent(maze, 200, 0.02).steps_to_target
    assert np.allclose(dense.sign_descent(maze, 200, 0.02), ours, rtol=1e-10)
    run = Exact(0.02).train(maze, budget=Budget(200))
    assert np.allclose([point.H for point in run.trace], ours, rtol=1e-10)


def test_log_odds_go_into_a_policy_and_come_out():
    z = np.random.default_rng(1).standard_normal((4, 2)) * 3
    policy = EdgePolicy(SMALL, tied=True)
    policy.set_log_odds(z)
    assert np.allclose(policy.log_odds(), z, atol=1e-12)
    rows = policy.rows()
    assert np.allclose(rows["d"][0].T, 1 / (1 + np.exp(-z[3])))


def test_rlvr_learns_to_retreat_and_sft_does_not():
    rows = Exact(0.01).train(Maze(4, 4, 3), budget=Budget(1500)).policy.rows()
    assert all(values.min() > 0.99 for values in rows.values())


@pytest.mark.parametrize("rule", ["sign", "gradient", "normalised", "flow"])
def test_every_rule_goes_down(rule):
    H = [point.H for point in Exact(0.01, rule=rule).train(SMALL, budget=Budget(60)).trace]
    assert all(later < earlier for earlier, later in zip(H, H[1:], strict=False))


def test_a_short_horizon_unlearns_retreat_and_a_long_one_learns_it():
    short, long = (Exact(0.3, Reward("outcome", horizon=T), "normalised").train(SMALL, budget=Budget(150)).policy.rows()
                   for T in (9, 60))
    assert short["d"].max() < 0.05 and long["d"].min() > 0.95


@pytest.mark.parametrize("learner, reward", [
    (Exact(0.1), Reward("outcome")), (Exact(0.1, rule="flow"), Reward("length", penalty=0.0)),
    (PolicyGradient(0.1), Reward("outcome")), (PolicyGradient(0.1, baseline="grpo"), Reward("outcome"))])
def test_without_length_penalty_rlvr_stands_still(learner, reward):
    from dataclasses import replace

    run = replace(learner, reward=reward).train(SMALL, budget=Budget(5))
    assert np.all(run.policy.logits == 0)


# -- RLVR that samples ---------------------------------------------------------------------------------------------


def test_the_witness_agrees_with_the_four_row_gradient():
    from theory import truncated

    z = dynamics.base_log_odds(SMALL) + np.random.default_rng(1).standard_normal((4, 2)) * 0.5
    policy = EdgePolicy(SMALL, tied=True)
    policy.set_log_odds(z)
    for reward, kl in ((Reward("outcome", horizon=19), 0.0), (Reward("length", horizon=19, penalty=0.03), 0.1),
                       (Reward("discount", horizon=15, discount=0.9), 0.0),
                       (Reward("length", horizon=15, penalty=0.05, excluded=True), 0.0)):
        ours, want = witness.gradient(policy, reward, kl=kl), truncated.objective(SMALL, z, reward, kl=kl).gradient
        for row, p in enumerate(policy.rows()):
            x = [1 if p in "ab" else 0, *[3 if p in "ab" else 2]]
            for j in range(2):
                part = ours[0, x[j]]
                came_on, on = np.arange(3) < SMALL.copies(x[j]), np.arange(3) >= SMALL.copies(x[j])
                keep = came_on if p in "ac" else ~came_on
                assert part[keep][:, on if p in "ac" else ~on].sum() == pytest.approx(want[row, j], abs=1e-13)


@pytest.mark.parametrize("kl", [0.0, 0.2])
def test_the_witness_is_the_derivative_of_the_objective(kl):
    """One logit at a time, by differences of the expected return, which is summed forward here."""
    maze, reward, h = Maze(2, 1, 2), Reward("length", horizon=9, penalty=0.05), 1e-5
    policy = random_policy(maze, scale=0.7)
    found = witness.gradient(policy, reward, kl=kl, targets=[1])

    def value(moved):
        walk = witness.moves(moved, 1)
        cost, _ = witness._row_costs(moved, walk, kl)
        mass, total = np.zeros(walk.states), 0.0
        mass[0] = 1.0
        for t in range(1, 10):
            total -= mass @ cost
            mass = np.bincount(walk.to, mass[walk.source] * walk.p, minlength=walk.states)
            total += mass[walk.goal] * reward.of_success(t)
            mass[walk.goal] = 0.0
        return total + mass.sum() * reward.of_failure()

    for place in [(0, 0, 0, 1), (1, 1, 2, 0), (1, 0, 1, 2), (0, 1, 1, 1)]:
        moved = [policy.copy(), policy.copy()]
        moved[0].logits[place] += h
        moved[1].logits[place] -= h
        assert found[place] == pytest.approx((value(moved[0]) - value(moved[1])) / (2 * h), abs=1e-8)


def test_the_spread_of_an_estimate_is_its_standard_deviation():
    maze, reward = Maze(2, 1, 2), Reward("length", horizon=11, penalty=0.1)
    policy = random_policy(maze, tied=True, scale=0.5)
    direction = np.random.default_rng(0).standard_normal(policy.logits.shape)
    mean, deviation = witness.score(policy, reward, direction).plain(baseline=0.3)
    assert mean == pytest.approx((witness.gradient(policy, reward) * direction).sum(), rel=1e-12)
    seen = walks(policy, np.zeros(200_000, int), seed=1, limit=11)
    scores = seen.counts - seen.counts.sum(axis=-1, keepdims=True) * policy.probabilities()
    worth = np.where(seen.reached, 1 - 0.1 * seen.steps, -1.1) - 0.3
    draws = worth * (scores * direction).sum(axis=(1, 2, 3, 4))
    assert draws.std() == pytest.approx(deviation, rel=0.02)                     # four standard errors


@pytest.mark.parametrize("group", [2, 5])
def test_the_spread_of_a_groups_estimate_is_that_of_a_sample_covariance(group):
    maze, reward, n = Maze(2, 1, 2), Reward("length", horizon=11, penalty=0.1), 40_000
    policy = random_policy(maze, tied=True, scale=0.5)
    direction = np.random.default_rng(0).standard_normal(policy.logits.shape)
    mean, deviation = witness.score(policy, reward, direction).covariance(group)
    learner = PolicyGradient(reward=reward, group=group, groups=n, baseline="loo")
    seen = learner.rollouts(policy, 1, 0)
    scores = (seen.counts - seen.counts.sum(axis=-1, keepdims=True) * policy.probabilities()) * direction
    draws = (learner.advantage(seen, learner.returns(policy, seen)) * scores.sum(axis=(1, 2, 3, 4))).reshape(n, group)
    assert draws.mean(axis=1).std() == pytest.approx(deviation, rel=0.03)
    assert abs(draws.mean() - mean) < 5 * deviation / n**0.5


def test_the_spread_with_a_kl_penalty_is_bounded():
    maze, reward = Maze(2, 1, 2), Reward("length", horizon=11, penalty=0.1)
    policy = random_policy(maze, tied=True, scale=0.5)
    direction = np.random.default_rng(0).standard_normal(policy.logits.shape)
    learner = PolicyGradient(reward=reward, group=1, groups=1, baseline="none", kl=0.05)
    draws = [(learner.estimate(policy, 1, first)[0] * direction).sum() for first in range(4000)]
    bound = witness.kl_deviation(policy, reward, direction, 0.05)
    assert 0.2 * bound < np.std(draws) < bound
    assert np.mean(draws) == pytest.approx((witness.gradient(policy, reward, kl=0.05) * direction).sum(),
                                           abs=5 * bound / 4000**0.5)


def test_advantages_are_what_they_are_called():
    def advantage(baseline, earned, group=2):
        learner = PolicyGradient(group=group, groups=len(earned) // group, baseline=baseline)
        return learner.advantage(None, np.array(earned, float)).tolist()

    assert advantage("none", [1, 2, 3, 5]) == [1, 2, 3, 5]
    assert advantage("mean", [1, 2, 3, 5]) == [-0.5, 0.5, -1, 1]
    assert advantage("loo", [1, 2, 3, 5]) == [-1, 1, -2, 2]
    assert advantage("grpo", [1, 2, 3, 5]) == [-1, 1, -1, 1] and advantage("grpo", [4, 4]) == [0, 0]
    left_out = advantage("mean", [1, math.nan, 3, 5, math.nan, math.nan], group=3)
    assert left_out[:4] == [-1, pytest.approx(math.nan, nan_ok=True), 1, 0] and math.isnan(left_out[5])


@pytest.mark.parametrize("baseline", ["loo", "mean", "grpo"])
def test_sampled_rlvr_learns_to_retreat(baseline):
    learner = PolicyGradient(1.0, group=64, baseline=baseline, rule="normalised")
    run = learner.train(SMALL, budget=Budget(120), seed=1)
    assert run.trace[-1].H < 1.1 * 25 and run.policy.rows()["b"].min() > 0.8


def test_a_strong_kl_penalty_keeps_the_learner_at_base():
    reward = Reward("length", horizon=200, penalty=0.01)
    free, held = (PolicyGradient(0.2, reward, group=64, rule="normalised", kl=kl).train(SMALL, budget=Budget(60)).policy
                  for kl in (0.0, 10.0))
    assert np.abs(held.logits).max() < 0.25 * np.abs(free.logits).max()


# -- distillation -------------------------------------------------------------------------------------------------


def test_a_student_with_every_branch_seen_is_the_teacher():
    run = Distillation(traces=60, converged=True).train(SMALL, budget=Budget(1), tied=False)
    assert run.trace[-1].H == pytest.approx(float(optimum_steps(3, 2)), rel=1e-12)
    assert run.trace[-1].samples == 60


def test_golden_paths_alone_are_sft():
    run = Distillation(share=0.0, traces=60, converged=True).train(SMALL, budget=Budget(1), tied=False)
    assert np.all(run.policy.backward() == 0)
    assert run.trace[-1].H == pytest.approx(float(sft_steps(3, 2, 2)), rel=1e-12)
    assert run.trace[-1].steps == 60 * 5


def test_a_small_share_of_recoveries_is_enough_in_the_end_and_slow_before():
    half, tenth = (Distillation(1.0, share=share, batch=50).train(SMALL, budget=Budget(100)).trace[-1]
                   for share in (0.5, 0.1))
    assert 25 < half.H < tenth.H < 60 and tenth.steps < half.steps


def test_the_data_set_is_drawn_once_and_counted_once():
    run = Distillation(0.5, traces=20).train(SMALL, budget=Budget(30), seed=4)
    assert {point.samples for point in run.trace[1:]} == {20}
    chosen, tokens = Distillation(0.5, traces=20).data(EdgePolicy(SMALL, tied=True), 20, 4, 0)
    assert tokens == run.trace[-1].steps and chosen.sum() == run.memory["chosen"].sum()


# -- imitation on own walks ---------------------------------------------------------------------------------------


def test_all_own_successes_teach_nothing_in_the_mean():
    """The choices of a model's own whole walks are its own conditionals: the expected gradient is zero."""
    policy = random_policy(SMALL, tied=True, scale=0.5)
    seen = walks(policy, np.zeros(40_000, int), seed=1)
    gradient = sft.gradient(policy, seen.counts.sum(axis=0).astype(float)) / 40_000
    # a martingale with increments below 1: six deviations of the root of the visits
    assert np.abs(gradient).max() < 6 * np.sqrt(seen.counts.sum(axis=-1).sum(axis=0).max() / 40_000 / 40_000)


def test_the_shortest_successes_teach_to_go_on_and_not_to_retreat():
    run = Rejection(0.5, rollouts=256, horizon=200, keep=0.1).train(SMALL, budget=Budget(200), seed=1)
    rows = run.policy.rows()
    assert rows["a"].mean() > 0.8 and rows["d"].mean() < 0.34 and run.trace[-1].H > 25 * 1.5


@pytest.mark.parametrize("expert", ["golden", "optimum"])
def test_dagger_learns_to_retreat(expert):
    run = DAgger(1.0, rollouts=64, expert=expert).train(SMALL, budget=Budget(150), seed=1)
    assert run.trace[-1].H < 1.25 * 25
    converged = DAgger(1.0, rollouts=64, expert="optimum", converged=True).train(SMALL, budget=Budget(1), seed=1)
    assert converged.trace[-1].H == pytest.approx(25, rel=1e-12)


def test_labels_persist_or_lead_to_the_target():
    persist, ahead = labels(EdgePolicy(SMALL))
    assert np.allclose(persist.sum(axis=-1), 1) and np.allclose(ahead.sum(axis=-1), 1)
    assert persist[0, 0].tolist() == [0, .5, .5] and persist[0, 1].tolist() == [1, 0, 0]       # at u: c, then d
    assert persist[1, 0].tolist() == [0, 0, 1] and persist[1, 2].tolist() == [.5, .5, 0]       # at v: a, then b
    assert ahead[0, 1].tolist() == [0, .5, .5] and ahead[1, 2].tolist() == [0, 0, 1]


# -- the interface ------------------------------------------------------------------------------------------------

EVERY = [("sign", {}), ("descent", {}), ("normalised", {}), ("flow", {}), ("sign", {"truncate": 40}),
         ("reinforce", {}), ("grpo", {"truncate": 60, "reward": "outcome"}), ("reinforce", {"untied": True}),
         ("sft-flow", {}), ("sft", {"untied": True}), ("sgd-sft", {}), ("distil", {"data_mix": 0.5}),
         ("distil", {"traces": 9, "untied": True}), ("rejection", {"keep": 0.5}), ("dagger", {})]


def test_every_name_is_tried():
    assert {name for name, _ in EVERY} == set(training.LEARNERS)


@pytest.mark.parametrize("learner, more", EVERY)
def test_every_learner_starts_at_base_and_says_what_it_used(learner, more):
    run = train(SMALL, updates=8, learner=learner, **more)
    trace = run.trace
    assert [point.update for point in trace] == list(range(9)) and trace[0][3:5] == (0, 0)
    assert trace[0].H == pytest.approx(140, rel=1e-12) and set(trace[0].rows) == set("abcd")
    assert all(np.isfinite(point.log10) for point in trace) and trace[-1].H != trace[0].H
    sampled = learner in (*training.SAMPLING, "sgd-sft")
    assert (trace[-1].samples > 0) == (trace[-1].steps > 0) == sampled
    assert run.policy.expected_steps() == pytest.approx(trace[-1].H, rel=1e-9)


@pytest.mark.parametrize("learner, more", EVERY)
def test_a_run_cut_off_goes_on_as_if_it_had_not_been(learner, more, tmp_path):
    file = tmp_path / "run.npz"
    whole = train(SMALL, updates=8, learner=learner, seed=3, **more)
    train(SMALL, updates=3, learner=learner, seed=3, checkpoint=file, **more)
    later = train(SMALL, updates=8, learner=learner, seed=3, checkpoint=file, **more)
    assert later.trace == whole.trace and np.array_equal(later.policy.logits, whole.policy.logits)


def test_an_interruption_keeps_the_trace(tmp_path):
    file = tmp_path / "run.npz"

    def interrupt(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(SMALL, updates=8, learner="reinforce", checkpoint=file, tick=interrupt)
    assert Trained.load(file, {}).trace[-1].update == 4
    assert train(SMALL, updates=8, learner="reinforce", checkpoint=file).trace == train(
        SMALL, updates=8, learner="reinforce").trace


def test_a_run_depends_on_its_seed_alone():
    for learner in ("sgd-sft", "reinforce", "distil", "rejection", "dagger"):
        first, again, other = (train(SMALL, updates=5, learner=learner, seed=seed).policy.logits for seed in (1, 1, 2))
        assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_budgets_end_a_run():
    assert train(SMALL, updates=50, samples=600, learner="reinforce").trace[-1].samples == 768
    assert train(SMALL, updates=50, steps=90_000, learner="reinforce").trace[-1].steps < 200_000
    stopped = train(SMALL, updates=2000, goal=30.0, learner="sign")
    assert stopped.trace[-1].H <= 30 < stopped.trace[-2].H
    assert not Budget(samples=5).spent(Used(4, 100)) and Budget(steps=100).spent(Used(4, 100))


def test_a_policy_file_can_be_the_start():
    run = train(SMALL, updates=0, start=Policy.sft_limit(2))
    assert run.trace[0].H == pytest.approx(174, rel=1e-12)
    assert train(SMALL, updates=0, learner="sft", start=Policy.sft_limit(2), untied=True).policy.logits.shape[0] == 3


@pytest.mark.parametrize("pieces, settings", [
    (["'magic'"], {"learner": "magic"}), (["lr = -1"], {"lr": -1.0}), (["lr = nan"], {"lr": math.nan}),
    (["reward 'joy'"], {"learner": "grpo", "reward": "joy"}), (["group = 1"], {"learner": "grpo", "group": 1}),
    (["group = 0"], {"learner": "reinforce", "group": 0}), (["baseline 'x'"], {"learner": "grpo", "baseline": "x"}),
    (["rule 'x'"], {"learner": "sign", "rule": "x"}), (["kl = -1"], {"learner": "grpo", "kl": -1.0}),
    (["data mix 1.2"], {"learner": "distil", "data_mix": 1.2}), (["keep = 0"], {"learner": "rejection", "keep": 0.0}),
    (["expert 'x'"], {"learner": "dagger", "expert": "x"}), (["traces"], {"learner": "distil", "converged": True}),
    (["horizon"], {"learner": "sign", "kl": 0.1}), (["discount = 1.5"], {"reward": "discount", "discount": 1.5}),
    (["kl = inf"], {"learner": "grpo", "kl": math.inf}), (["group = 4", "'sign'"], {"group": 4}),
    (["discount = 0.9", "'length'"], {"discount": 0.9}), (["btach = 3"], {"btach": 3}),
    (["without a KL"], {"learner": "grpo", "truncate": 9, "exclude": True, "kl": 0.1}),
    (["goal = nan"], {"goal": math.nan}),
    (["starts at base"], {"learner": "sft-flow", "start": "optimum"}), (["a row of 0"], {"start": Policy(1, 1, 0, 1)}),
    (["too large"], {"learner": "grpo", "truncate": 9, "penalty": 1e200}),
    (["4.32e+14 steps"], {"learner": "reinforce", "start": "sft", "maze": Maze(15, 15, 5)}),
    (["horizon = 0"], {"truncate": 0}), (["untied = True"], {"learner": "sft-flow", "untied": True}),
    (["untied = True"], {"learner": "sign", "untied": True}), (["updates = -1"], {"updates": -1}),
    (["samples = 0"], {"samples": 0}), (["batch = 0"], {"learner": "sgd-sft", "batch": 0}),
    (["excluded"], {"learner": "grpo", "exclude": True})])
def test_settings_that_make_no_sense_are_refused_in_one_line(fails, pieces, settings):
    maze = settings.get("maze", SMALL)
    rest = {name: value for name, value in settings.items() if name != "maze"}
    fails(lambda: train(maze, **{"updates": 2, **rest}), *pieces)


def test_a_group_that_agrees_teaches_nothing():
    """No rollout can arrive within 4 steps: what rounding leaves of equal rewards must not become a step."""
    for learner, rule in (("grpo", "gradient"), ("reinforce", "normalised"), ("reinforce", "sign")):
        for group in (10, 50, 64):
            run = train(SMALL, learner=learner, rule=rule, truncate=4, penalty=0.1, group=group, updates=5)
            assert np.all(run.policy.logits == 0)


def test_a_goal_is_looked_for_after_every_update():
    short, long = (train(SMALL, learner="sgd-sft", goal=122.5, updates=n).trace[-1] for n in (200, 100_000))
    assert short == long and short.H <= 122.5


def test_sgd_can_be_trained_to_convergence_on_a_fixed_set():
    run = train(SMALL, learner="sgd-sft", traces=200, converged=True, updates=1)
    assert run.trace[-1].H == pytest.approx(174, rel=0.05) and np.all(run.policy.backward() == 0)


def test_checkpoints_of_other_runs_and_other_files_are_refused(fails, tmp_path):
    file = tmp_path / "run.npz"
    train(SMALL, updates=2, learner="reinforce", checkpoint=file)
    fails(lambda: train(SMALL, updates=4, learner="reinforce", seed=1, checkpoint=file), "seed = 0, not 1")
    fails(lambda: train(Maze(2, 2, 2), updates=4, learner="reinforce", checkpoint=file), "maze", "not")
    fails(lambda: train(SMALL, updates=4, learner="reinforce", start="sft", checkpoint=file), "start = 0, not")
    fails(lambda: train(SMALL, updates=4, learner="grpo", checkpoint=file), "a checkpoint of")
    file.write_bytes(b"nothing")
    fails(lambda: train(SMALL, updates=4, learner="reinforce", checkpoint=file), "not a checkpoint")


def test_a_rollout_that_does_not_end_is_refused(monkeypatch):
    monkeypatch.setattr("verify.learners.policy_gradient.ENDLESS", 150)      # base takes 140 on average
    with pytest.raises(InputError, match="has not arrived after 150 steps"):
        train(SMALL, updates=1, learner="reinforce")


def test_options_build_what_they_say():
    learner = Options(learner="grpo", truncate=30, reward="outcome", group=8, groups=2, kl=0.1).build(SMALL)
    assert learner == PolicyGradient(0.3, Reward("outcome", 30), 8, 2, "grpo", "gradient", 0.1)
