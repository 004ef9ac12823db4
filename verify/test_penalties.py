"""Checks of `theory.penalties`: the KL penalty by an edge-wise sum, the discount by linear solves and by running it."""

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import rel_entr

from theory import discounted, dynamics, truncated
from theory.chain import START, TARGET, Chain, lumped_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import ROWS, Policy
from theory.rewards import Reward
from verify import forward
from verify.judge import grid
from verify.strategies import branches, mazes

# -- KL penalty ---------------------------------------------------------------------------------------------------

RANDOM = np.random.default_rng(1)
KL: list[dict[str, Any]] = [{"maze": Maze(W, K, L), "reward": reward, "kl": kl, "z": RANDOM.normal(0, 1.5, (4, K))}
      for W, K, L in ((1, 1, 1), (2, 1, 3), (3, 2, 2)) for kl in (0.1, 2.0)
      for reward in (Reward("outcome", 6 * K + 5), Reward("length", 8 * K, penalty=0.05),
                     Reward("discount", 6 * K + 5, discount=0.9))]
AT_BASE = [{**case, "z": dynamics.base_log_odds(case["maze"])} for case in KL]


def _edges(row, p, L):
    """The softmax over all L+1 edges of a row that persists with probability p."""
    persisting = 1 if row in "ad" else L
    return np.array([p / persisting] * persisting + [(1 - p) / (L + 1 - persisting)] * (L + 1 - persisting))


def _penalised(maze, reward, kl, z):
    """E[reward] - kl E[sum of KL] from the chain's own law, one KL per state visited before T steps or the target."""
    rows = [[1 / (1 + np.exp(-v)) for v in row] for row in z]
    base = [np.array([1, maze.L, maze.L, 1])[i] / (maze.L + 1) for i in range(4)]
    walk = lumped_chain(maze, Policy(*rows)).rows
    floats = {state: {to: float(fraction(p)) for to, p in row.items()} for state, row in walk.items()}
    law: dict[Any, float] = {START: 1.0}
    total, alive = 0.0, 1.0
    for t in range(1, reward.horizon + 1):
        for state, mass in law.items():
            if state != START and state[1] <= 2 * maze.K:
                _, x, away = state
                i = {(0, True): 0, (0, False): 1, (1, True): 2, (1, False): 3}[x % 2, away]
                row = ROWS[i]
                total -= kl * mass * rel_entr(_edges(row, rows[i][(x - 1) // 2], maze.L),
                                              _edges(row, base[i], maze.L)).sum()
        after: dict = {}
        for state, mass in law.items():
            for to, p in floats[state].items():
                after[to] = after.get(to, 0.0) + mass * p
        arrived = after.pop(TARGET, 0.0)
        total, alive, law = total + arrived * float(reward.of_success(t)), alive - arrived, after
    return total + alive * float(reward.of_failure())


def _numeric(maze, reward, kl, z):
    """The five-point derivative in each log-odds; its error is about 1e-11 here."""
    slopes, h = [], 2e-3
    for index in np.ndindex(z.shape):
        def at(by, index=index):
            moved = z.copy()
            moved[index] += by
            return _penalised(maze, reward, kl, moved)

        slopes.append((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h))
    return slopes


def test_kl_silent_at_base__computed(check):
    check.exhaust(AT_BASE, _numeric, within=1e-9)


def test_kl_silent_at_base__control(check):
    check.exhaust(AT_BASE, _numeric, within=1e-9)


def test_kl_gradient__computed(check):
    check.exhaust(KL, _numeric, within=1e-9)


def test_kl_gradient__control(check):
    check.exhaust(KL, _numeric, within=1e-9)


# -- discount -----------------------------------------------------------------------------------------------------

def _killed(maze, policy, g):
    """h = E[g^steps to the target] from every state, and its derivatives, by linear solves: h = g (M h + arrival)."""
    walk, g = lumped_chain(maze, policy).rows, exact(g)
    slowed = Chain({s: {to: g * p for to, p in row.items()} for s, row in walk.items()})
    # the states that the walk does not visit under this policy count for a derivative too
    slowed.rows["anywhere"] = dict.fromkeys(walk, exact(1) / len(walk))
    h = slowed.hitting_times("anywhere", cost=lambda s: slowed.rows[s].get(TARGET, 0))
    h = {s: exact(v) for s, v in h.items()} | {TARGET: exact(1)}
    values = [h[START]]
    for row in ROWS:
        for j in range(maze.K):
            one, nil = (lumped_chain(maze, forward.replaced(policy, maze.K, 0, row, j, v)).rows for v in (1, 0))
            # dh = g M dh + g dM h
            gain = {s: g * sum((exact(one[s].get(to, 0) - nil[s].get(to, 0)) * h[to] for to in {**one[s], **nil[s]}),
                               exact(0)) for s in walk}
            values.append(slowed.hitting_times(START, cost=gain.__getitem__)[START])
    return [fraction(v) for v in values]


@st.composite
def discounts(draw):
    """A maze, a tied policy with rows in (0, 1] and a discount."""
    maze = draw(mazes(4, 3, 2))
    return {"maze": maze, "policy": Policy.of(draw(branches(maze.K))),
            "g": draw(st.sampled_from([Fraction(9, 10), Fraction(1, 2), Fraction(999, 1000), Fraction(1, 50)]))}


def test_discount_law__searched(check):
    check.search(discounts(), _killed)


def test_discount_law__control(check):
    check.search(discounts(), _killed)


def _slope(W, K, L, g):
    return discounted.exact_value_and_gradient(Maze(W, K, L), Policy.base(L), g)[1][1][0]


NEAR_ONE = [{"W": 3, "K": 2, "L": 2, "g": 1 - Fraction(1, 10**n)} for n in (5, 6, 7, 8)]


def test_discount_to_length__sweep(check):
    check.sweep(NEAR_ONE, _slope, within=1e-4)


def test_discount_to_length__control(check):
    check.sweep(NEAR_ONE, _slope, within=1e-4)


def _ascended(g):
    return lambda W, K, L: float(truncated.ascent(
        Maze(W, K, L), Reward("discount", discount=g(K)), 3000, 0.01).steps_to_target[-1])


def test_discount_reaches_quoted__computed(check):
    check.exhaust(grid(W=(2, 3), K=(1, 2, 3), L=(1, 2, 5)), _ascended(lambda K: 0.9), within=1e-9)


def test_discount_reaches_quoted__control(check):
    check.exhaust(grid(W=(2, 3), K=(1,), L=(1, 2, 5)), _ascended(lambda K: 0.9), within=1e-9)


AHEAD = grid(W=(2, 5, 20), K=range(1, 9), L=(1, 2, 5))


def test_discount_reaches__computed(check):
    check.exhaust(AHEAD, _ascended(lambda K: 1 - 1 / (20 * K**2)), within=1e-9)


def test_discount_reaches__needed(check):
    check.exhaust([{"W": 2, "K": 6, "L": 15}], _ascended(lambda K: 1 - 1 / (20 * K**2)), within=1e-9)


def test_discount_reaches__control(check):
    check.exhaust(AHEAD, _ascended(lambda K: 1 - 1 / (20 * K**2)), within=1e-9)
