"""Checks of `theory.sampled`: estimates against their exact means, and where seeded runs of the learners end."""

import functools
import math

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import closed_forms, dynamics
from theory.maze import Maze
from theory.policy import Policy
from theory.rewards import Reward
from theory.sampled import against_another
from verify import strategies
from verify.forward import arrival_law
from verify.learners import witness
from verify.learners.edges import EdgePolicy, away, leads_on
from verify.learners.learning import Budget
from verify.learners.policy_gradient import PolicyGradient
from verify.sampling import groups

# -- the mean of an estimate --------------------------------------------------------------------------------------

MAZE = Maze(2, 1, 2)


def _edge_policy(maze, log_odds):
    policy = EdgePolicy(maze, tied=True)
    policy.set_log_odds(log_odds)
    return policy


def _on_edges(maze, direction):
    """A direction of the row log-odds as one of the logits: those of the edges on which the row persists."""
    out, on, came_on = np.zeros(EdgePolicy(maze, tied=True).logits.shape), leads_on(maze), away(maze)
    for row, (parity, onward) in enumerate(((1, True), (1, False), (0, True), (0, False))):     # a, b at v; c, d at u
        for j in range(maze.K):
            x = 2 * j + parity
            out[0, x][np.ix_(came_on[x] == onward, on[x] if onward else ~on[x])] = direction[row, j]
    return out


def _point(maze, seed):
    return dynamics.base_log_odds(maze) + 0.4 * np.random.default_rng(seed).standard_normal((4, maze.K))


def _along(maze, log_odds, reward, kl=0.0):
    """The direction of the exact gradient itself, where its signal is largest; unit length on the log-odds."""
    slope = witness.gradient(_edge_policy(maze, log_odds), reward, kl=kl, targets=[0])
    direction = np.array([[(slope * _on_edges(maze, unit.reshape(4, -1))).sum()] for unit in np.eye(4 * maze.K)])
    return direction.reshape(4, -1) / np.linalg.norm(direction)


ESTIMATES = {
    "reinforce": ("none", 4, Reward("length", 9, penalty=0.05), 0.0),
    "outcome": ("none", 4, Reward("outcome", 9), 0.0),
    "discount": ("loo", 4, Reward("discount", 9, discount=0.8), 0.0),
    "leave one out": ("loo", 4, Reward("length", 9, penalty=0.05), 0.0),
    "group mean": ("mean", 4, Reward("length", 9, penalty=0.05), 0.0),
    "kl": ("none", 4, Reward("length", 9, penalty=0.05), 1.0),
}


def _case(name):
    baseline, group, reward, kl = ESTIMATES[name]
    log_odds = _point(MAZE, 3)
    return {"maze": MAZE, "log_odds": log_odds, "reward": reward, "kl": kl, "baseline": baseline, "group": group,
            "direction": _along(MAZE, log_odds, reward, kl)}


def _exactly(maze, log_odds, reward, kl, direction, baseline, group):
    """The exact mean by the full multigraph's moves, one arc a state."""
    slope = witness.gradient(_edge_policy(maze, log_odds), reward, kl=kl, targets=[0])
    return float((slope * _on_edges(maze, direction)).sum()) * (1 - 1 / group if baseline == "mean" else 1)


@st.composite
def _estimates(draw):
    maze = draw(strategies.mazes(3, 2, 3))
    reward = draw(st.sampled_from([Reward("length", 11, penalty=0.1), Reward("outcome", 12), Reward(
        "discount", 10, discount=0.7)]))
    case = {"maze": maze, "reward": reward, "kl": draw(st.sampled_from([0.0, 0.3])),
            "baseline": draw(st.sampled_from(["none", "loo", "mean"])), "group": draw(st.integers(2, 9))}
    rng = np.random.default_rng(strategies.seed_from(case))
    return {**case, "log_odds": rng.standard_normal((4, maze.K)), "direction": rng.standard_normal((4, maze.K))}


def test_sampled_gradient__searched(check):
    check.search(_estimates(), _exactly, within=1e-11)


def _spread(case, rollouts):
    """Deviation of the mean over `rollouts` rollouts, exact or, with a KL penalty, a bound."""
    policy, direction = _edge_policy(case["maze"], case["log_odds"]), _on_edges(case["maze"], case["direction"])
    if case["kl"]:
        return witness.kl_deviation(policy, case["reward"], direction, case["kl"]) / math.sqrt(rollouts)
    found = witness.score(policy, case["reward"], direction)
    if case["baseline"] == "none":
        return found.plain()[1] / math.sqrt(rollouts)
    shrunk = 1 - 1 / case["group"] if case["baseline"] == "mean" else 1
    return shrunk * found.covariance(case["group"])[1] / math.sqrt(rollouts / case["group"])


def _judge_mean(check, case, learner, mean, deviation_of_one, twin):
    """k estimates of so many rollouts each that the twin lies two widths away: a median of means by hand."""
    k = groups()
    rollouts = math.ceil((6.2 * deviation_of_one / abs(mean - twin)) ** 2 / learner.group) * learner.group
    sized = PolicyGradient(reward=learner.reward, group=learner.group, groups=rollouts // learner.group,
                           baseline=learner.baseline, kl=learner.kl)
    policy, direction = _edge_policy(case["maze"], case["log_odds"]), _on_edges(case["maze"], case["direction"])

    def draw(seed):
        return np.array([(sized.estimate(policy, seed, i * rollouts)[0] * direction).sum() for i in range(k)])

    check.mean(mean, deviation_of_one / math.sqrt(rollouts), twin, draw)


@pytest.mark.parametrize("name", ESTIMATES)
def test_sampled_gradient__simulated(check, name):
    case = _case(name)
    learner = PolicyGradient(reward=case["reward"], group=case["group"], groups=1, baseline=case["baseline"],
                             kl=case["kl"])
    mean = check.body(**case)
    # the twins: the factor 1 - 1/G forgotten; no KL penalty at all; else the claim's own
    twin = {"group mean": mean / (1 - 1 / case["group"]), "kl": check.body(**{**case, "kl": 0.0})}.get(
        name, check.claim.control(**case))
    _judge_mean(check, case, learner, mean, _spread(case, 1), twin)


def test_sampled_gradient__control(check):
    check.search(_estimates(), _exactly, within=1e-11)


PAIRS = {"length": Reward("length", 9, penalty=0.05), "outcome": Reward("outcome", 9),
         "discount": Reward("discount", 9, discount=0.8)}


def _pair_case(name):
    log_odds = _point(MAZE, 4)
    return {"maze": MAZE, "log_odds": log_odds, "reward": PAIRS[name],
            "direction": _along(MAZE, log_odds, against_another(MAZE, log_odds, PAIRS[name]))}


@pytest.mark.parametrize("name", PAIRS)
def test_grpo_pair__simulated(check, name):
    """The advantage is -1, 0 or 1, so an estimate's second moment is at most half the score's."""
    case = _pair_case(name)
    score = witness.score(_edge_policy(MAZE, case["log_odds"]), case["reward"], _on_edges(MAZE, case["direction"]))
    learner = PolicyGradient(reward=case["reward"], group=2, groups=1, baseline="grpo")
    mean = check.body(**case)
    # per rollout: a pair's deviation times the root of two
    _judge_mean(check, case, learner, mean, math.sqrt(score.S2), check.claim.control(**case))


def _pair_exactly(maze, log_odds, reward, direction):
    """sum over pairs of arrival times of sign(R - R') P(R') E[S; R], from the exact forward law of each row."""
    policy = Policy.from_logits(dict(zip("abcd", log_odds, strict=True)))
    law, slopes = arrival_law(maze, policy, reward.horizon)
    arrived = np.array([float(v.p) / float(v.q) for v in law[1:]])
    earned = np.append(np.asarray(reward.of_success(np.arange(1, len(law))), float), float(reward.of_failure()))
    mass, total = np.append(arrived, 1 - arrived.sum()), 0.0
    rank = np.sign(earned[:, None] - earned[None, :]) @ mass
    for (_, row, j), series in slopes.items():
        p = float(policy.branches[0].expanded(maze.K)[row][j])
        slope = np.array([float(v.p) / float(v.q) for v in series[1:]]) * p * (1 - p)
        total += direction["abcd".index(row), j] * float(rank @ np.append(slope, -slope.sum()))
    return total


def test_grpo_pair__computed(check):
    check.exhaust([_pair_case(name) for name in PAIRS], _pair_exactly, within=1e-10)


def test_grpo_pair__control(check):
    check.exhaust([_pair_case(name) for name in PAIRS], _pair_exactly, within=1e-10)


def _pair_outcome(maze, log_odds, reward):
    """GRPO's mean update in every row, pair by pair."""
    units = np.eye(4 * maze.K).reshape(-1, 4, maze.K)
    return [_pair_exactly(maze, log_odds, reward, unit) for unit in units]


OUTCOMES = [{"maze": maze, "log_odds": _point(maze, 5), "reward": Reward("outcome", T)}
            for maze, T in ((Maze(1, 1, 1), 5), (Maze(2, 1, 2), 9), (Maze(2, 2, 1), 12), (Maze(3, 1, 3), 15))]


def test_grpo_pair_outcome__computed(check):
    check.exhaust(OUTCOMES, _pair_outcome, within=1e-12)


def test_grpo_pair_outcome__control(check):
    check.exhaust(OUTCOMES, _pair_outcome, within=1e-12)


# -- where it gets to ---------------------------------------------------------------------------------------------

SWEEP = [(Maze(2, 1, 1), 24), (Maze(3, 2, 2), 24), (Maze(2, 3, 2), 12), (Maze(4, 3, 2), 16), (Maze(5, 5, 5), 4)]
REINFORCE = PolicyGradient(2.0, group=64, baseline="loo", rule="normalised")


def _shares(check, sweep, reached):
    """P(reached) >= 0.9 against <= 0.5, over all runs together; and no maze may be far from the rest.

    reached(maze, seed, run) -> bool; every run has a seed of its own.
    """
    def draw(seed):
        found = []
        for i, (maze, runs) in enumerate(sweep):
            here = [reached(maze, seed + 1000 * i + run, run) for run in range(runs)]
            # a maze on which fewer than six in ten arrive would hide behind the others; a control may do so
            assert check.aspect == "control" or sum(here) >= 0.6 * runs, f"{maze}: {sum(here)} of {runs}"
            found += here
        return np.array(found)

    check.share(0.9, 0.5, draw, relation="at least")


@functools.cache
def _least(learner, updates, maze, seed, tied):
    budget = Budget(updates, goal=1.04 * float(closed_forms.optimum_steps(maze.W, maze.K)))
    return min(point.H for point in learner.train(maze, budget=budget, seed=seed, tied=tied).trace)


def _reinforced(body):
    def reached(maze, seed, run):
        tied = maze.K > 2 or run % 2 == 0
        return _least(REINFORCE, 400 if tied else 1200, maze, seed, tied) <= float(body(maze.W, maze.K))

    return reached


def test_rlvr_sampled__simulated(check):
    _shares(check, SWEEP, _reinforced(check.body))


def test_rlvr_sampled__control(check):
    _shares(check, SWEEP[:2], _reinforced(check.body))


CUT = {Maze(3, 2, 2): 14, Maze(2, 2, 1): 9, Maze(2, 1, 2): 8}


@functools.cache
def _after_grpo(maze, seed):
    learner = PolicyGradient(1.0, Reward("outcome", CUT[maze]), group=64, baseline="grpo")
    return float(learner.train(maze, budget=Budget(80), seed=seed).policy.rows()["d"].mean())


def test_grpo_unlearns__simulated(check):
    _shares(check, [(maze, 27) for maze in CUT], lambda maze, seed, run: _after_grpo(maze, seed) <= check.body(maze.L))


def test_grpo_unlearns__control(check):
    _shares(check, [(maze, 8) for maze in CUT], lambda maze, seed, run: _after_grpo(maze, seed) <= check.body(maze.L))


LONG = {Maze(2, 1, 1): 20, Maze(3, 2, 2): 40, Maze(3, 1, 3): 24}


@functools.cache
def _after_long(maze, seed):
    optimum = float(closed_forms.optimum_steps(maze.W, maze.K))
    learner = PolicyGradient(1.0, Reward("outcome", LONG[maze]), group=64, baseline="grpo", rule="normalised")
    trained = learner.train(maze, budget=Budget(400, goal=1.1 * optimum), seed=seed)
    return min(point.H for point in trained.trace) / optimum


def _learnt(body):
    return lambda maze, seed, run: _after_long(maze, seed) <= body(maze.W, maze.K)


def test_grpo_learns__simulated(check):
    _shares(check, [(maze, 27) for maze in LONG], _learnt(check.body))


def test_grpo_learns__control(check):
    _shares(check, [(maze, 14) for maze in LONG], _learnt(check.body))
