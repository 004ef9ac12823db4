"""Wrappers: exact ones against brute force, sampled ones against a plain walker and against the exact, refusals."""

import itertools
import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from tests.walker import Xoshiro, threshold
from theory import hitting, restarts
from theory.chain import START, TARGET, full_chain, lumped_chain
from theory.maze import Maze
from theory.numeric import INFINITY, InputError, exact
from theory.policy import Policy
from verify import wrapped
from verify.inference import restarted, search, side_by_side
from verify.learners.edges import EdgePolicy
from verify.sampling import decide_mean, decide_share

ROWS = Policy("2/3", "1/5", "3/4", "2/5")
UNEVEN = Policy.untied([Policy("2/3", "1/5", "3/4", "2/5").branches[0], Policy("1/2", "1/2", "1/3", "3/4").branches[0]])


def random_policy(maze, tied, seed=3):
    policy = EdgePolicy(maze, tied=tied)
    policy.logits = np.random.default_rng(seed).standard_normal(policy.logits.shape)
    return policy


# -- exact search -------------------------------------------------------------------------------------------------


def every_walk(maze, policy, target, charged=False):
    """(P(stranded), E steps, E steps^2) by listing every walk, arc by arc, without symmetry or recursion.

    Charged moves take a geometric time of success s: mean 1/s, second moment (2-s)/s^2.
    """
    rows = full_chain(maze, policy, target=target).rows
    stranded = mean = square = Fraction(0)
    stack = [(START, frozenset(), Fraction(1), Fraction(0), Fraction(0))]
    while stack:
        state, crossed, p, spent, spread = stack.pop()
        if state == TARGET:
            mean, square = mean + p * spent, square + p * (spent**2 + spread)
            continue
        left = [(to, Fraction(int(q.p), int(q.q))) for to, q in rows[state].items() if to not in crossed]
        if not left:
            stranded, mean, square = stranded + p, mean + p * spent, square + p * (spent**2 + spread)
            continue
        share = sum(q for _, q in left)
        for to, q in left:
            weight = q / share if share else Fraction(1, len(left))
            if weight:
                move, variance = (1 / share, (1 - share) / share**2) if charged else (1, 0)
                stack.append((to, crossed | {to}, p * weight, spent + move, spread + variance))
    return stranded, mean, square


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize("maze, policy", [
    (Maze(1, 1, 1), Policy.base(1)), (Maze(2, 1, 2), Policy.base(2)), (Maze(2, 1, 2), UNEVEN), (Maze(1, 2, 2), ROWS),
    (Maze(3, 1, 1), ROWS), (Maze(2, 2, 1), Policy("1/2", 1, 1, "1/3"))])
def test_search_up_to_symmetry_is_search(maze, policy, charged):
    for target in range(maze.W):
        found = wrapped.searched(maze, policy, target, charged=charged)
        assert (found.stranded, found.steps, found.square) == every_walk(maze, policy, target, charged)


def test_ties_of_probability_zero_are_drawn_uniformly():
    found = wrapped.searched(Maze(2, 1, 3), Policy.sft_limit(3))
    assert (found.stranded, found.steps, found.square) == every_walk(Maze(2, 1, 3), Policy.sft_limit(3), 0)


def test_search_is_infinite_where_it_may_strand_or_propose_for_ever():
    assert wrapped.search_steps(Maze(2, 1, 2), Policy.base(2)) is INFINITY
    assert wrapped.search_steps(Maze(2, 1, 2), Policy.sft_limit(2), charged=True) is INFINITY
    assert wrapped.search_steps(Maze(1, 1, 2), Policy.sft_limit(2), charged=True) == 3


# -- exact restarts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Policy.base(2), ROWS, UNEVEN])
@pytest.mark.parametrize("k", [1, 2])
def test_a_budget_for_k_walks_by_two_routes(policy, k):
    maze = Maze(2, 1, 2)
    for B in (1, 2, 3, 5, 8):
        assert restarts.budget_steps(maze, policy, B, k=k, target=1) == wrapped.budget_steps(maze, policy, B, 1, k=k)


@pytest.mark.parametrize("policy", [Policy.base(2), Policy.optimum(), ROWS])
@pytest.mark.parametrize("k", [1, 2])
def test_the_fastest_of_k_lies_in_its_ball(policy, k):
    maze = Maze(2, 2, 2)
    inside = restarts.fastest_steps(maze, policy, k, 8000)
    assert inside.contains(flint.arb(exact(wrapped.fastest_steps(maze, policy, k)))) and inside.rad() < 1e-4


@pytest.mark.parametrize("maze, policy", [(Maze(2, 1, 1), Policy.base(1)), (Maze(3, 2, 2), Policy.sft_limit(2)),
                                          (Maze(2, 1, 2), UNEVEN)])
def test_floats_keep_within_their_bounds(maze, policy):
    floats, fractions = restarts.law(maze, policy, 300), restarts.exact_law(maze, policy, 300)
    for t in range(301):
        F, S = exact(fractions.F[t]), exact(fractions.S[t])
        assert abs(exact(float(floats.F[t])) - F) <= exact(floats.error) * F
        assert abs(exact(float(floats.S[t])) - S) <= 2 * t * exact(floats.error)
        assert floats.ball_F(t).contains(flint.arb(F)) and floats.ball_S(t).contains(flint.arb(S))


@pytest.mark.parametrize("maze, policy", [(Maze(2, 1, 1), Policy.base(1)), (Maze(3, 1, 2), Policy.base(2)),
                                          (Maze(2, 2, 2), Policy.sft_limit(2)), (Maze(2, 1, 2), UNEVEN)])
def test_the_best_budget_is_the_best_of_all(maze, policy):
    found = restarts.best_budget(maze, policy)
    F, S, _ = restarts.exact_law(maze, policy, 400)
    costs = {B: S[B] / F[B] for B in range(1, 401) if F[B] != 0}
    assert found.proved and S[400] >= min(costs.values())
    assert found.budget == min(costs, key=costs.__getitem__)
    least = costs[found.budget]
    assert exact(found.least) <= least and abs(exact(found.steps) - least) <= exact(found.error) * least


def test_never_to_restart_may_be_best_and_then_nothing_is_proved():
    found = restarts.best_budget(Maze(1, 2, 2), Policy.base(2), most=500)
    mean = float(hitting.expected_steps(Maze(1, 2, 2), Policy.base(2)))
    assert not found.proved and found.least <= mean <= found.steps * (1 + found.error) and found.horizon == 500


def naive_luby(n):
    """The sequence from its definition by cases."""
    k = n.bit_length()
    return 2 ** (k - 1) if n == 2**k - 1 else naive_luby(n - 2 ** (k - 1) + 1)


def test_lubys_sequence():
    assert [restarts.luby(n) for n in range(1, 400)] == [naive_luby(n) for n in range(1, 400)]


@pytest.mark.parametrize("unit", [1, 2, 3])
@pytest.mark.parametrize("policy", [Policy.optimum(), Policy.sft_limit(2)])
def test_lubys_cost_lies_between_bounds_from_the_sequence_itself(policy, unit):
    maze = Maze(2, 1, 2)
    lower, upper = wrapped.luby_bounds(maze, policy, unit, 6)
    found = restarts.luby_steps(maze, policy, unit)
    assert upper < lower * Fraction("1.02")
    assert not found < flint.arb(exact(lower)) and not found > flint.arb(exact(upper))


def test_refused_budgets_units_and_numbers_of_walks():
    maze, policy = Maze(2, 2, 2), Policy.base(2)
    for call in (lambda: restarts.budget_steps(maze, policy, 0), lambda: restarts.budget_steps(maze, policy, 9, k=0),
                 lambda: restarts.luby_steps(maze, policy, 0), lambda: restarts.luby(0),
                 lambda: restarts.luby_steps(maze, policy, 5, most=4),
                 lambda: restarts.fastest_steps(maze, policy, 0, 9), lambda: restarts.law(maze, policy, 0),
                 lambda: restarts.best_budget(maze, policy, most=0)):
        with pytest.raises(InputError, match="must be at least"):
            call()
    with pytest.raises(InputError, match="no attempt of up to 4 steps"):
        restarts.best_budget(maze, policy, most=4)
    with pytest.raises(InputError, match="do not settle"):
        restarts.luby_steps(Maze(3, 5, 5), Policy.base(5), most=16)
    with pytest.raises(InputError, match="may never arrive"):
        restarts.fastest_steps(maze, Policy(0, 1, 1, 1), 2, 50)
    assert restarts.budget_steps(maze, policy, 4) is INFINITY and wrapped.budget_steps(maze, policy, 4) is INFINITY


def test_dead_ends_that_no_walker_reaches():
    closed = Policy.untied([Policy.base(1).branches[0], Policy(0, 1, 1, 1).branches[0]])
    assert restarts.dead_end_steps(Maze(2, 1, 1), Policy(0, 1, 1, 1)) is INFINITY
    assert restarts.dead_end_steps(Maze(2, 1, 1), closed, target=1) is INFINITY
    with pytest.raises(InputError, match="forward row 0"):
        restarts.dead_end_steps(Maze(2, 1, 1), closed)


# -- sampled: step for step ---------------------------------------------------------------------------------------


def plain_search(policy, target, seed, run, charged):
    """(steps, reached, stranded) of one walk under search, on arcs (branch, depth, copy, away), from the definition."""
    maze, p, rng = policy.maze, policy.probabilities(), Xoshiro(seed, run)
    n, L, t, x, came, branch, crossed = 2 * maze.K, maze.L, 0, 0, 0, 0, set()
    while True:
        if x == n + 1:
            crossed.add((branch, n, 0, False))
            t, x, came = t + 1, n, L
            continue
        if x == 0:
            exits = [(b, 0, 0, True) for b in range(maze.W)]
            row = [1.0 / maze.W] * maze.W
        else:
            exits = [(branch, x - 1, k, False) for k in range(maze.copies(x - 1))]
            exits += [(branch, x, k, True) for k in range(maze.copies(x))]
            row = list(p[policy.block(branch), x - 1, came])
        left = [(arc, q) for arc, q in zip(exits, row, strict=True) if arc not in crossed]
        if not left:
            return t, False, True
        total = 0.0
        for _, q in left:
            total += q
        if charged and len(left) < len(exits):
            u = (rng.draw() >> 11) * 2.0**-53
            t += math.floor(math.log1p(-u) / math.log1p(-total)) if total < 1 else 0
        aim, arc = (rng.draw() >> 11) * 2.0**-53 * total, left[-1][0]
        for exit_, q in left:
            aim -= q
            if aim < 0:
                arc = exit_
                break
        crossed.add(arc)
        t += 1
        branch, depth, copy, away = arc
        x = depth + 1 if away else depth
        came = copy if away else (maze.copies(x - 1) if x else 0) + copy
        if away and x == n + 1 and branch == target:
            return t, True, False


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("maze", [Maze(1, 1, 1), Maze(3, 2, 2), Maze(2, 3, 4)])
def test_sampled_search_is_the_plain_one(maze, tied, charged):
    policy, targets = random_policy(maze, tied), np.arange(60) % maze.W
    found = search(policy, targets, seed=11, first=5, charged=charged)
    plain = [plain_search(policy, target, 11, 5 + i, charged) for i, target in enumerate(targets)]
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == plain
    again = search(policy, targets[20:], seed=11, first=25, charged=charged)
    assert np.array_equal(again.steps, found.steps[20:])              # a run does not depend on its company


def plain_restarts(policy, target, seed, run, budgets, dead_ends):
    """(steps, reached, attempts) of one walk under restarts: `budgets` gives the steps of attempt 1, 2, ..."""
    maze, p, rng = policy.maze, policy.probabilities(), Xoshiro(seed, run)
    n, L, t = 2 * maze.K, maze.L, 0
    for attempt in itertools.count(1):
        x = came = branch = 0
        for _ in range(budgets(attempt)):
            t += 1
            if x == n + 1:
                x, came = n, L
                continue
            draw = rng.draw()
            if x == 0:
                branch, x, came = int((draw >> 11) * 2.0**-53 * maze.W), 1, 0
                continue
            row, total, edge = p[policy.block(branch), x - 1, came], 0.0, 0
            for k in range(L):
                total += row[k]
                edge += draw >= threshold(total)
            back = maze.copies(x - 1)
            if edge < back:
                x -= 1
                came = (maze.copies(x - 1) if x else 0) + edge
            else:
                x, came = x + 1, edge - back
                if x == n + 1 and branch == target:
                    return t, True, attempt
                if x == n + 1 and dead_ends:
                    break
    raise AssertionError


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("rule", [
    {"budget": 7}, {"budget": 2, "luby": True}, {"dead_ends": True}, {"budget": 12, "dead_ends": True}])
def test_sampled_restarts_are_the_plain_ones(rule, tied):
    maze = Maze(3, 2, 2)
    policy, targets = random_policy(maze, tied), np.arange(40) % 3

    def budgets(attempt):
        return rule.get("budget", 10**9) * (restarts.luby(attempt) if rule.get("luby") else 1)

    found = restarted(policy, targets, seed=2, first=9, **rule)
    plain = [plain_restarts(policy, target, 2, 9 + i, budgets, rule.get("dead_ends", False))
             for i, target in enumerate(targets)]
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == plain


# -- sampled: laws ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charged", [False, True])
def test_sampled_search_has_the_exact_mean_and_share(charged):
    maze = Maze(2, 2, 2)
    exactly = wrapped.searched(maze, ROWS, charged=charged)
    found = search(EdgePolicy.of(maze, ROWS), np.zeros(40_000, int), seed=1, charged=charged)
    mean, stranded = float(exactly.steps), float(exactly.stranded)
    deviation = math.sqrt(exactly.square - exactly.steps**2)
    assert decide_mean(mean, deviation, 1.1 * mean, found.steps)[0] == "held"
    assert decide_share(stranded, 1.1 * stranded, "equals", found.stranded)[0] == "held"
    assert np.array_equal(found.reached, ~found.stranded)


def test_sampled_luby_runs_arrive_within_a_block_as_often_as_they_should():
    """P(one of the first 2^5 - 1 attempts succeeds) = 1 - the product of their failures."""
    maze, policy, attempts = Maze(3, 2, 2), Policy.sft_limit(2), 31
    walk = lumped_chain(maze, policy)
    missed = math.prod(float(1 - walk.reach_probability(2 * naive_luby(n))) for n in range(1, attempts + 1))
    found = restarted(EdgePolicy.of(maze, policy), np.zeros(20_000, int), seed=4, budget=2, luby=True)
    assert decide_share(1 - missed, 1 - 0.8 * missed, "equals", found.attempts <= attempts)[0] == "held"


def test_walks_side_by_side_stop_together():
    maze = Maze(3, 1, 2)
    policy = EdgePolicy.of(maze, Policy.optimum())
    found = side_by_side(policy, np.arange(300) % 3, 4, seed=1, budget=9)
    assert np.array_equal(found.work, 4 * found.steps) and set(found.steps) <= {3, 9}
    assert found.reached[found.steps == 3].all()
    again = side_by_side(policy, np.arange(100, 300) % 3, 4, seed=1, first=100, budget=9)
    assert np.array_equal(again.steps, found.steps[100:])


def test_the_sft_limit_never_strands_and_proposes_past_any_limit():
    maze = Maze(3, 2, 3)
    policy, targets = EdgePolicy.of(maze, Policy.sft_limit(3)), np.arange(300) % 3
    found = search(policy, targets, seed=1)
    assert found.reached.all() and not found.stranded.any()
    charged = search(policy, targets, seed=1, charged=True, limit=10**6)
    assert (charged.steps[~charged.reached] == 10**6).all() and 0 < charged.reached.mean() < 0.6
    assert not charged.stranded.any()


def test_a_search_cut_off_is_a_lower_bound():
    policy, targets = random_policy(Maze(3, 2, 2), True), np.zeros(100, int)
    whole = search(policy, targets, seed=1).steps
    for limit in (1, 5, 9):
        cut = search(policy, targets, seed=1, limit=limit)
        assert np.array_equal(cut.steps, np.minimum(whole, limit))


@pytest.mark.parametrize("call, words", [
    (lambda p: search(p, [0], seed=1, limit=0), "limit = 0"),
    (lambda p: search(p, [3], seed=1), "target branches 3 .. 3"),
    (lambda p: restarted(p, [0], seed=1), "need a budget or dead_ends"),
    (lambda p: restarted(p, [0], seed=1, dead_ends=True, luby=True), "unit of Luby's"),
    (lambda p: restarted(p, [0], seed=1, budget=0), "budget = 0: must be at least 1"),
    (lambda p: restarted(p, [0], seed=1, budget=4), "budget = 4: no attempt can succeed in less than 2K\\+1 = 5"),
    (lambda p: restarted(p, [-1], seed=1, budget=9), "target branches -1"),
    (lambda p: side_by_side(p, [0], 0, seed=1), "k = 0"),
    (lambda p: side_by_side(p, [0], 2, seed=1, budget=0), "budget = 0")])
def test_what_the_samplers_refuse(call, words):
    with pytest.raises(InputError, match=words):
        call(EdgePolicy(Maze(3, 2, 2)))
