"""The samplers: the same walk as the plain one, step for step; laws against exact ones; what they refuse."""

import math

import numpy as np
import pytest

from tests.walker import Xoshiro, graph_walk, lumped_walk
from theory import hitting, moments
from theory.chain import lumped_chain
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from verify import wrapped_runs
from verify.distribution import compare
from verify.learners.edges import EdgePolicy
from verify.rollouts import excursions, rollouts, thresholds, walks
from verify.sampling import Law, decide_mean

UNEVEN = Policy(["1/3", "2/3"], ["1/2", "1/5"], ["3/4", "1/4"], ["1/2", "1/3"])
CASES = [(Maze(1, 1, 1), Policy.base(1)), (Maze(3, 2, 2), UNEVEN), (Maze(2, 2, 4), Policy.sft_limit(4)),
         (Maze(4, 2, 1), Policy.optimum())]


def floats(policy, K):
    P, Q = policy.branches[0].persistence(K)
    return [float(int(v.p) / int(v.q)) for v in P], [float(int(v.p) / int(v.q)) for v in Q]


# -- the same stream ----------------------------------------------------------------------------------------------


def test_the_generator_is_xoshiro256_plus_plus():
    """The first outputs from the state 1, 2, 3, 4, as the algorithm's authors' C code gives them."""
    rng = Xoshiro(0, 0)
    rng.s = [1, 2, 3, 4]
    assert [rng.draw() for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


@pytest.mark.parametrize("maze, policy", CASES)
def test_the_table_walker_walks_as_the_plain_one(maze, policy):
    P, Q = floats(policy, maze.K)
    plain = [lumped_walk(maze, P, Q, 5, run)[0] for run in range(60)]
    assert list(rollouts(maze, policy, 60, seed=5)) == plain
    # step for step: cut off one step earlier, the same walk has not arrived; cut off at every t it is as long as t
    for limit in range(1, 40):
        cut = rollouts(maze, policy, 60, seed=5, limit=limit)
        assert list(cut) == [min(steps, limit) for steps in plain]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("maze", [Maze(1, 1, 1), Maze(3, 2, 2), Maze(2, 3, 4)])
def test_the_graph_walker_walks_as_the_plain_one_choice_by_choice(maze, tied):
    policy = EdgePolicy(maze, tied=tied)
    policy.logits = np.random.default_rng(2).standard_normal(policy.logits.shape)
    targets = np.arange(30) % maze.W
    for limit in (7, 50, 10**6):
        seen = walks(policy, targets, seed=9, first=100, limit=limit)
        apart = walks(policy, targets, seed=9, first=100, limit=limit, apart=True)
        for run, target in enumerate(targets):
            steps, reached, choices = graph_walk(policy, target, 9, 100 + run, limit)
            assert (seen.steps[run], seen.reached[run]) == (steps, reached)
            counts, sides = np.zeros(seen.counts.shape[1:], int), np.zeros(apart.counts.shape[1:], int)
            for branch, *choice in choices:
                counts[(policy.block(branch), *choice)] += 1
                sides[(int(branch != target) if tied else branch, *choice)] += 1
            assert np.array_equal(counts, seen.counts[run]) and np.array_equal(sides, apart.counts[run])


def test_a_prefix_of_a_walk_is_a_prefix_of_its_choices():
    """The counts at every limit differ by one choice at most: the order agrees, not only the totals."""
    maze = Maze(3, 2, 2)
    policy = EdgePolicy(maze)
    _, _, choices = graph_walk(policy, 0, 4, 0)
    before, made = np.zeros(policy.logits.shape, int), 0
    for limit in range(1, 60):
        now = walks(policy, np.zeros(1, int), seed=4, limit=limit).counts[0]
        (new,) = [*np.argwhere(now != before)] or [None]
        if new is not None:
            assert tuple(new) == choices[made]
            made += 1
        before = now
    assert made > 10


def test_runs_do_not_depend_on_how_they_are_grouped():
    policy = EdgePolicy(Maze(3, 2, 2))
    whole = walks(policy, np.zeros(20, int), seed=1).steps
    parts = [walks(policy, np.zeros(5, int), seed=1, first=first).steps for first in (0, 5, 10, 15)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert not np.array_equal(whole, walks(policy, np.zeros(20, int), seed=2).steps)


def test_thresholds_are_exact_where_they_can_be():
    found = thresholds(np.array([0.0, 0.5, 2.0**-64, 1.0, 1 - 2.0**-53, 1 + 1e-16]))
    assert [int(v) for v in found] == [0, 2**63, 1, 2**64 - 1, 2**64 - 2**11, 2**64 - 1]


# -- the right law ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze, policy", [(Maze(3, 2, 2), UNEVEN), (Maze(2, 2, 2), Policy.sft_limit(2)),
                                          (Maze(1, 2, 3), UNEVEN), (Maze(3, 1, 2), Policy.base(2))])
def test_excursions_have_the_exact_law_mean_and_variance(maze, policy):
    """The law by Kolmogorov's distance, the first two moments by medians of means: alpha 1e-8 each."""
    n = 200_000
    sample = excursions(maze, policy, n, seed=3)
    assert Law(*moments.reach_curve(maze, policy, 3000)).p_value(sample) > 1e-8
    mean = float(hitting.expected_steps(maze, policy))
    deviation = math.sqrt(float(moments.second_moment(maze, policy)) - mean**2)
    assert decide_mean(mean, deviation, 1.1 * mean, sample)[0] == "held"
    # the square's own spread is not known exactly; ten times the sample's is a safe bound for so light a tail
    squares = (sample - mean) ** 2
    assert decide_mean(deviation**2, 10 * squares.std(), 9e9, squares)[0] == "held"


def test_an_sft_walk_of_a_hundred_million_million_steps_has_the_exact_law():
    maze, policy, n = Maze(15, 15, 5), Policy.sft_limit(5), 20_000
    sample = excursions(maze, policy, n, seed=1)
    mean = float(hitting.expected_steps(maze, policy))
    deviation = math.sqrt(float(moments.second_moment(maze, policy)) - mean**2)
    assert mean > 4e14 and decide_mean(mean, deviation, 1.5 * mean, sample)[0] == "held"
    walk = lumped_chain(maze, policy)
    for t in (31, 10**14, 4 * 10**14, 10**15):
        p = float(walk.reach_ball(t, digits=9).mid())
        # Hoeffding: further off than this with probability below 1e-8
        assert abs(np.mean(sample <= t) - p) < math.sqrt(math.log(2e8) / (2 * n))


def test_the_walk_of_a_certain_policy_is_the_shortest_path():
    maze, optimum = Maze(1, 4, 3), Policy.optimum()
    assert set(rollouts(maze, optimum, 100, seed=1)) == set(excursions(maze, optimum, 100, seed=1)) == {9}
    assert set(walks(EdgePolicy.of(maze, optimum), np.zeros(100, int), seed=1).steps) == {9}


def test_the_mean_of_many_walks_is_the_exact_mean_on_either_chain():
    maze, n = Maze(3, 2, 2), 60_000
    mean = float(hitting.expected_steps(maze, UNEVEN))
    deviation = math.sqrt(float(moments.second_moment(maze, UNEVEN)) - mean**2)
    for sample in (rollouts(maze, UNEVEN, n, seed=7),
                   walks(EdgePolicy.of(maze, UNEVEN), np.arange(n) % 3, seed=7, counted=False).steps):
        assert decide_mean(mean, deviation, 1.2 * mean, sample)[0] == "held"


def test_a_walk_cut_off_reports_the_limit():
    assert rollouts(Maze(3, 3, 3), Policy.base(3), 200, seed=1, limit=10).max() == 10


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words, call", [
    ("runs = 0", lambda: rollouts(Maze(2, 1, 1), Policy.base(1), 0, seed=0)),
    ("limit = 0", lambda: rollouts(Maze(2, 1, 1), Policy.base(1), 1, seed=0, limit=0)),
    ("tied", lambda: rollouts(Maze(2, 1, 1), Policy.untied([Policy.base(1)] * 2), 1, seed=0)),
    ("tied", lambda: excursions(Maze(2, 1, 1), Policy.untied([Policy.base(1)] * 2), 1, seed=0)),
    ("target branches 0 .. 2", lambda: walks(EdgePolicy(Maze(2, 1, 1)), np.array([0, 2]), seed=0)),
    ("never arrive", lambda: excursions(Maze(2, 1, 1), Policy(1, 0, 1, 1), 1, seed=0)),
    ("2^53", lambda: excursions(Maze(3, 25, 5), Policy.sft_limit(5), 100, seed=0)),
    ("too many to walk", lambda: compare(Maze(15, 15, 5), Policy.sft_limit(5), 10, sampler="steps")),
    ("never arrive", lambda: compare(Maze(2, 1, 1), Policy(1, 0, 1, 1), 10)),
    ("limit 5", lambda: compare(Maze(2, 1, 1), Policy.base(1), 10, sampler="excursions", limit=5))])
def test_what_cannot_be_sampled_is_refused(words, call):
    with pytest.raises(InputError, match=words.replace("^", r"\^")):
        call()


# -- side by side -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["steps", "excursions"])
def test_the_distribution_agrees_with_its_sample(sampler):
    maze = Maze(3, 2, 2)
    seen = compare(maze, UNEVEN, 20_000, seed=2, sampler=sampler)
    curve, error = moments.reach_curve(maze, UNEVEN, seen.shares[-1][0])
    for t, exact, share, low, high in seen.shares:
        assert exact == pytest.approx(curve[t], abs=error + 1e-9) and low <= exact <= high and low <= share <= high


@pytest.mark.parametrize("wrapper, more", [("search", {}), ("dead-ends", {}), ("budget", {"budget": 9}), ("best", {}),
                                           ("luby", {"budget": 5})])
def test_a_wrapped_sample_has_the_exact_mean_beside_it(wrapper, more):
    found = wrapped_runs.run(Maze(3, 2, 2), Policy.sft_limit(2), wrapper, 20_000, seed=1, **more).to_json()
    exact, seen = found["exact"], found["simulated"]
    assert exact["relative_error"] < 1e-5 and seen["arrived"] == 20_000
    assert abs(seen["mean"] - exact["mean"]) < 6 * seen["standard_error"]


def test_a_wrapped_walk_that_strands_or_is_cut_off_is_counted_as_that():
    base = wrapped_runs.run(Maze(3, 2, 2), Policy.base(2), "search", 500, seed=1)
    assert base.exact is None and base.stranded > 0 and base.to_json()["simulated"]["mean"] is None
    cut = wrapped_runs.run(Maze(3, 2, 2), Policy.sft_limit(2), "charged", 500, limit=1000)
    assert cut.cut > 0 and cut.stranded == 0 and len(cut.steps) + cut.cut == 500
    assert wrapped_runs.run(Maze(3, 2, 2), Policy.base(2), "parallel", 200, walkers=8).steps.mean() < 80


@pytest.mark.parametrize("words, wrapper, more", [
    ("wrapper 'x'", "x", {}), ("needs one", "budget", {}), ("uses none", "search", {"budget": 3}),
    ("budget 4: no attempt succeeds", "budget", {"budget": 4}), ("walkers = 0", "parallel", {"walkers": 0})])
def test_wrappers_that_make_no_sense_are_refused(words, wrapper, more):
    with pytest.raises(InputError, match=words):
        wrapped_runs.run(Maze(3, 2, 2), Policy.sft_limit(2), wrapper, 10, **more)


def test_a_sample_with_cuts_claims_no_mean():
    seen = compare(Maze(3, 2, 2), Policy.base(2), 500, limit=30)
    assert seen.cut > 0 and seen.to_json()["simulated"] is None and all(t < 30 for t, *_ in seen.shares)
