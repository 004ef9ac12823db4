"""Checks of `theory.bill`: tokens by chains and by sampled data, least data by other routes, sampled signs by rollouts.

Data laws are followed draw by draw (`verify.draws`), restarts by every sequence of targets, and students that really
fit sampled paths; the sign learner of `verify.sign_votes` walks. Costs come from chains and from one exact sign step.
"""

import functools
import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from sympy import QQ
from sympy.polys.fields import field

from theory import bill, closed_forms, dynamics, estimator, majority, restarts, sign_path
from theory.chain import lumped_chain
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify import draws, questions, solver, strategies
from verify.judge import grid
from verify.learners import sft
from verify.learners.distillation import Distillation
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Used
from verify.learners.own_walks import Rejection
from verify.sampling import groups
from verify.sign_votes import learn
from verify.sweeps import WIDE

# -- tokens -------------------------------------------------------------------------------------------------------


@functools.cache
def _walked(W, K):
    """Expected steps of the optimum, by the lumped chain."""
    return fraction(exact(lumped_chain(Maze(W, K, 2), Policy.optimum()).hitting_time()))


TRACES = grid(W=range(1, 6), K=range(1, 5), n=(0, 1, 7))
DATA = grid(W=range(1, 6), K=range(1, 5), eps=(Fraction(0), Fraction(1, 100), Fraction(1, 3), Fraction(1)))


def test_bill_distillation__exact(check):
    check.exhaust(TRACES, lambda W, K, n: n * _walked(W, K))


def _traces_asked(check):
    solver.settle(check, questions.comparison(check, lambda W, K, n: n * closed_forms.optimum_steps(W, K)),
                  "all W, K, n (z3)")


def test_bill_distillation__solver(check):
    _traces_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_bill_distillation__control(check, route):
    if route == "solver":
        _traces_asked(check)
    else:
        check.exhaust(TRACES, lambda W, K, n: n * _walked(W, K))


def _mixed(W, K, eps):
    return eps * _walked(W, K) + (1 - eps) * _walked(1, K)


def test_bill_mixed__exact(check):
    check.exhaust(DATA, _mixed)


def _mixed_asked(check):
    def mixed(W, K, eps):
        return eps * closed_forms.optimum_steps(W, K) + (1 - eps) * closed_forms.optimum_steps(1, K)

    solver.settle(check, questions.comparison(check, mixed, lambda eps: [eps >= 0, eps <= 1]),
                  "all W, K and 0 <= eps <= 1 (z3)")


def test_bill_mixed__solver(check):
    _mixed_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_bill_mixed__control(check, route):
    if route == "solver":
        _mixed_asked(check)
    else:
        check.exhaust(DATA, _mixed)


def _tokens(maze, share, sets, size):
    """draw(seed): tokens of many data sets of the learner, each of `size` data."""
    def draw(seed):
        learner, policy = Distillation(share=share, traces=size), EdgePolicy(maze)
        return np.array([float(learner.data(policy, size, seed, size * i)[1]) for i in range(sets)])

    return draw


def _deviation(W, K, eps):
    """Of one datum's tokens, (2K+1)(1 + 2BG): G geometric, with mean m = W-1 and E G^2 = m(2W-1), B a coin."""
    return 2 * (2 * K + 1) * (eps * (W - 1) * (2 * W - 1) - (eps * (W - 1)) ** 2) ** 0.5


def test_bill_distillation__simulated(check):
    claimed, twin = (float(body(W=2, K=2, n=600)) for body in (check.body, check.claim.control))
    check.mean(claimed, 600**0.5 * _deviation(2, 2, 1), twin, _tokens(Maze(2, 2, 2), 1.0, 200, 600))


def test_bill_mixed__simulated(check):
    claimed, twin = (6000 * float(body(W=3, K=2, eps=0.1)) for body in (check.body, check.claim.control))
    check.mean(claimed, 6000**0.5 * _deviation(3, 2, 0.1), twin, _tokens(Maze(3, 2, 2), 0.1, 220, 6000))


PRICES = grid(W=(2, 3, 5), delta=(Fraction(1, 2), Fraction(1, 100)), eps=(Fraction(1), Fraction(1, 2), Fraction(1, 10)))


def _price(W, delta, eps):
    tokens = [draws.least(W, delta, False, share) * _mixed(W, 1, share) for share in (eps, Fraction(1))]
    return tokens[0] / tokens[1]


def test_bill_mixed_price__exact(check):
    check.exhaust(PRICES, _price)


def test_bill_mixed_price__searched(check):
    check.search(st.fixed_dictionaries({
        "W": st.integers(2, 6), "delta": st.integers(2, 100).map(lambda q: Fraction(1, q)),
        "eps": st.integers(1, 20).map(lambda q: Fraction(1, q))}), _price, max_examples=20)


def test_bill_mixed_price__control(check):
    check.exhaust(PRICES, _price)


# -- restarts -----------------------------------------------------------------------------------------------------

@functools.cache
def _restarted(W, K, L, seen):
    """Whether a student whose paths led to the branches `seen` needs W(2K+1) steps for every target, restarted."""
    imitated, base = (policy.branch(0) for policy in (Policy.sft_limit(L), Policy.base(L)))
    policy = Policy.untied([imitated if i in seen else base for i in range(W)])
    return all(restarts.dead_end_steps(Maze(W, K, L), policy, target=i) == W * (2 * K + 1) for i in range(W))


def _done(W, n, K, L):
    """The share of all sequences of n targets after which every target is cheap."""
    return Fraction(sum(_restarted(W, K, L, frozenset(targets)) for targets in itertools.product(range(W), repeat=n)),
                    W**n)


STUDENTS = grid(W=(1, 2, 3, 4), n=(0, 1, 2, 3, 5), K=(1, 2), L=(1, 3))


def test_bill_restarts__exact(check):
    check.exhaust(STUDENTS, _done)


def test_bill_restarts__control(check):
    check.exhaust(STUDENTS, _done)


def _students(maze, n, students):
    """draw(seed): whether each student, fitted to n sampled golden paths, goes straight in every branch.

    On the full multigraph, a row a directed edge; each branch is cut out as a maze of its own.
    """
    one = Maze(1, maze.K, maze.L)

    def straight(seed, i):
        student = EdgePolicy(maze)
        sft.fit(student, sft.Golden().draw(student, n, np.random.default_rng([seed, i])))
        return all(abs(EdgePolicy(one, student.logits[branch:branch + 1]).expected_steps() - maze.shortest) < 1e-9
                   for branch in range(maze.W))

    return lambda seed: np.array([straight(seed, i) for i in range(students)])


def test_bill_restarts__simulated(check):
    claimed, twin = (float(body(W=4, n=5)) for body in (check.body, check.claim.control))
    check.share(claimed, twin, _students(Maze(4, 1, 2), 5, 1500))


def _tokens_ratio(W, delta):
    golden = next(n for n, seen in enumerate(_collected(W)) if 1 - seen <= delta)
    return Fraction(golden, draws.least(W, delta, False) * (2 * W - 1))


def _collected(W):
    """P(all W coupons are seen) after 0, 1, 2, ... draws, by the chain of the number seen."""
    law = [Fraction(1)] + [Fraction(0)] * W
    while True:
        yield law[W]
        law = [law[k] * Fraction(k, W) + (law[k - 1] * Fraction(W - k + 1, W) if k else 0) for k in range(W + 1)]


CHEAP = grid(W=(2, 3, 4, 6, 10, 15, 16, 50), delta=(Fraction(1, 2), Fraction(1, 10), Fraction(1, 100)))


def test_bill_restarts_cheaper__exact(check):
    check.exhaust(CHEAP, _tokens_ratio)


def test_bill_restarts_cheaper__searched(check):
    check.search(st.fixed_dictionaries({"W": st.integers(2, 24), "delta": st.integers(2, 10**6).map(
        lambda q: Fraction(1, q))}), _tokens_ratio, max_examples=40)


def test_bill_restarts_cheaper__control(check):
    check.exhaust(CHEAP, _tokens_ratio)


# -- one rollout --------------------------------------------------------------------------------------------------

def _one_rollout(body):
    """1/trace's share of a rollout, cross-multiplied, has no negative coefficient: K = 1 + k, L = 1 + l."""
    _, k, l = field("k,l", QQ)
    K, L = 1 + k, 1 + l
    share = (2 * K + 1) * L / ((K * (L + 1) + 1) * (K * (L + 1) + L))      # W cancels: both are 2W - 1 times theirs
    return _negative(body(K, L) - share)


def _negative(value):
    return {f"coefficient of {powers}": coefficient for part in (value.numer, value.denom)
            for powers, coefficient in part.terms() if coefficient < 0}


def _share(W, K, L):
    return fraction(exact(closed_forms.optimum_steps(W, K)) / exact(closed_forms.base_steps(W, K, L)))


SIZES = [*WIDE, {"W": 2, "K": 400, "L": 1}, {"W": 2, "K": 400, "L": 5}]


def test_bill_one_rollout__proved(check):
    check.certificate(_one_rollout, "all W, K, L (nonnegative coefficients)")


def test_bill_one_rollout__exact(check):
    check.exhaust(SIZES, _share)


def _one_rollout_asked(check):
    def share(W, K, L):
        return fraction(parameter(closed_forms.optimum_steps(W, K)) / parameter(closed_forms.base_steps(W, K, L)))

    solver.settle(check, questions.comparison(check, share), "all W, K, L (z3)")


def test_bill_one_rollout__solver(check):
    _one_rollout_asked(check)


@pytest.mark.parametrize("route", ["certificate", "forms", "solver"])
def test_bill_one_rollout__control(check, route):
    if route == "solver":
        _one_rollout_asked(check)
    elif route == "certificate":
        check.certificate(_one_rollout, "")
    else:
        check.exhaust(SIZES, _share)


def _sft_room(body):
    return closed_forms.negative_with_powers(lambda W, K, L, power: closed_forms.sft_steps(
        W, K, L, power=power) - body(W, K, L, power=power))


def _sft(W, K, L):
    return closed_forms.sft_steps(W, K, L)


def test_bill_sft_rlvr__proved(check):
    check.certificate(_sft_room, "all W >= 2, K, L (nonnegative coefficients in L^K and rho^K)")


def test_bill_sft_rlvr__exact(check):
    check.exhaust(WIDE, _sft)


def test_bill_sft_rlvr__searched(check):
    check.search(strategies.sizes(60, 60, 60, least_W=2), _sft)


def test_bill_sft_rlvr__tight(check):
    check.tight([{"W": 3, "K": 12, "L": 1}], _sft, factor=1.001)


def _sft_asked(check):
    solver.settle(check, questions.induction(check, closed_forms.sft_steps, known=questions.grown),
                  "all W >= 2, K, L (z3, induction over K)")


def test_bill_sft_rlvr__solver(check):
    _sft_asked(check)


@pytest.mark.parametrize("route", ["certificate", "forms", "solver"])
def test_bill_sft_rlvr__control(check, route):
    if route == "solver":
        _sft_asked(check)
    elif route == "certificate":
        check.certificate(_sft_room, "")
    else:
        check.exhaust(WIDE, _sft)


# -- sign steps ---------------------------------------------------------------------------------------------------

def _one_step(body):
    """(body(delta) optimum - cost) at y = delta/(3/2 K(L + 1/L)), for W = 1 + w: every row has risen by one step."""
    _, w, k, l, t = field("w,k,l,t", QQ)
    W, K, L, delta = 1 + w, 1 + k, 1 + l, 1 / (1 + t)
    alpha, beta = sign_path.rows(L, delta / (QQ(3, 2) * sign_path.scale(K, L)))
    return _negative(body(delta) * (2 * W - 1) * (2 * K + 1)
                     - closed_forms.balanced_form(W, K, alpha, beta, beta, alpha))


STEPPED = [{"W": W, "K": K, "L": L, "delta": delta} for W, K, L in (
    (2, 1, 1), (2, 2, 1), (3, 3, 2), (5, 5, 9), (9, 2, 4), (15, 15, 5), (16, 15, 5), (40, 40, 3))
    for delta in (Fraction(1), Fraction(1, 20), Fraction(1, 1000))]


def _stepped(W, K, L, delta):
    """Over the optimum, after one sign step of the learner on the exact gradient."""
    run = dynamics.descent(Maze(W, K, L), 1, bill.rise(K, L, delta))
    return float(run.steps_to_target[1]) / float(closed_forms.optimum_steps(W, K))


def test_bill_one_step__proved(check):
    check.certificate(_one_step, "all W, K, L, delta <= 1, once every sign at base is right (nonnegative coefficients)")


def test_bill_one_step__computed(check):
    check.exhaust(STEPPED, _stepped)


def test_bill_one_step__needed(check):
    """With fewer branches than diamonds some rows are pushed back, and the step ruins the walk."""
    check.exhaust([{"W": 2, "K": 5, "L": 2, "delta": Fraction(1, 20)}], _stepped)


def _one_step_asked(check):
    def stepped(W, K, L, delta):
        delta = parameter(delta)
        y = 2 * delta / (3 * parameter(sign_path.scale(K, L)))
        return fraction(parameter(sign_path.cost(W, K, L, y)) / parameter(closed_forms.optimum_steps(W, K)))

    solver.settle(check, questions.comparison(check, stepped, lambda delta: [delta > 0, delta <= 1]),
                  "all W >= 2, W >= K, L, delta <= 1, once every sign at base is right (z3)")


def test_bill_one_step__solver(check):
    _one_step_asked(check)


@pytest.mark.parametrize("route", ["certificate", "run", "solver"])
def test_bill_one_step__control(check, route):
    if route == "solver":
        _one_step_asked(check)
    elif route == "certificate":
        check.certificate(_one_step, "")
    else:
        check.exhaust(STEPPED, _stepped)


OWN = 20_000                           # walks a round


def _rounds(maze):
    """draw(seed): the step in the log-odds of row b_1 in each of some rounds of rejection sampling from base, lr 1."""
    learner = Rejection(1.0, rollouts=OWN, horizon=10**6)

    def draw(seed):
        found = []
        for i in range(groups()):
            policy = EdgePolicy(maze, tied=True)
            learner.update(policy, seed + i, Used(), {})
            # at v_1, come by the single edge on; on the L edges back the row persists
            found.append(policy.logits[0, 1, maze.L, :maze.L].sum())
        return np.array(found)

    return draw


def test_bill_rejection__simulated(check):
    _rejection(check, Maze(3, 2, 2))


def test_bill_rejection__control(check):
    _rejection(check, Maze(3, 2, 2))


def _rejection(check, maze):
    """A step is the mean over the round's walks of persists - p visits, whose spread is known exactly."""
    (entry,) = estimator.estimators(maze, Policy.base(maze.L), only=("b", 1))["b"]
    claimed, twin = (float(body(maze=maze, policy=Policy.base(maze.L))) for body in (check.body, check.claim.control))
    twin = 0.0 if check.aspect == "control" else twin
    check.mean(claimed, float(entry.score) ** 0.5 / OWN**0.5, twin, _rounds(maze))


CASE: dict[str, Any] = {"W": 3, "K": 1, "L": 1, "delta": Fraction(1, 2), "eta": 0.1, "lr": 1.0}


def _arrives(rollouts, runs):
    """draw(seed): which of many runs of the sampled sign learner come within 1 + delta, from so many rollouts."""
    maze = Maze(CASE["W"], CASE["K"], CASE["L"])
    goal = (1 + CASE["delta"]) * float(closed_forms.optimum_steps(maze.W, maze.K))
    groups, _ = majority.majority(CASE["eta"] / len(rollouts) / (4 * maze.K))
    return lambda seed: np.array([learn(maze, rollouts, groups, CASE["lr"], seed=seed, run=run).H <= goal
                                  for run in range(runs)])


def test_bill_rlvr__simulated(check):
    check.share(1 - CASE["eta"], 0.5, _arrives(check.body(**CASE), 100), relation="at least")


def test_bill_rlvr__control(check):
    check.share(1 - CASE["eta"], 0.5, _arrives(check.body(**CASE), 300), relation="at least")
