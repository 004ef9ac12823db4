"""Checks of `theory.truncation`: exact gradients of P(T_hit <= T) by forward sensitivities, and ascent that is run.

The exact measures push the chain of `theory.chain` and its derivative forward in rationals (`verify.forward`). The
computed ones run `theory.truncated.ascent`, whose gradient has its own exact tests in tests/test_truncated.py.
"""

from fractions import Fraction
from functools import cache

import numpy as np
from hypothesis import strategies as st

from theory import dynamics, truncated, truncation
from theory.chain import full_chain, lumped_chain
from theory.maze import Maze
from theory.policy import Branch, Policy
from theory.rewards import Reward
from verify import forward, measures
from verify.judge import grid
from verify.strategies import mazes

# -- what is generated --------------------------------------------------------------------------------------------

# rows strictly inside (0, 1), ordinary and extreme; shrinks to 1/2
INSIDE = st.one_of(st.integers(2, 12).flatmap(lambda q: st.integers(1, q - 1).map(lambda p: Fraction(p, q))),
                   st.sampled_from([Fraction(1, 10**6), 1 - Fraction(1, 10**6)]))


def _branch(K, rows=INSIDE):
    entries = st.lists(rows, min_size=K, max_size=K)
    return st.builds(Branch, entries, entries, entries, entries)


@st.composite
def tied(draw, least, most, rows=INSIDE):
    """A maze, a tied policy, and a horizon between least(K) and most(K)."""
    maze = draw(mazes(4, 3, 2))
    return {"maze": maze, "policy": Policy.of(draw(_branch(maze.K, rows))),
            "T": draw(st.integers(least(maze.K), most(maze.K)))}


@st.composite
def untied(draw):
    """A maze, rows of each branch's own, a target, and a horizon up to 8K+8."""
    maze = draw(mazes(3, 2, 2))
    branches = draw(st.lists(_branch(maze.K), min_size=maze.W, max_size=maze.W))
    return {"maze": maze, "policy": Policy.of(*branches), "target": draw(st.integers(0, maze.W - 1)),
            "T": draw(st.integers(1, 8 * maze.K + 8))}


ANY = st.one_of(INSIDE, st.sampled_from([Fraction(0), Fraction(1)]))
# some rows of each maze, spread over (0, 1) without pattern
FIXED = [Policy.of(Branch(*[[Fraction(1 + (7 * i + 5 * j + 3 * seed) % 9, 10) for j in range(K)] for i in range(4)]))
         for seed in (0, 1) for K in (1, 2, 3)]


def cases(horizons, W=(1, 2, 3)):
    """Every small maze with policies that fit it and the horizons of its K."""
    return [{"maze": Maze(w, len(p.branches[0].a), 2), "policy": p, "T": T}
            for w in W for p in FIXED for T in horizons(len(p.branches[0].a))]


# -- exact gradients ----------------------------------------------------------------------------------------------

def _slopes(maze, policy, T, make=lumped_chain):
    slopes = forward.reach_slopes(maze, policy, T, make=make)
    return {f"{row}_{j + 1}": value for (_, row, j), value in slopes.items()}


def _backward(maze, policy, T):
    """By the full multigraph's chain where it is small."""
    slopes = _slopes(maze, policy, T, full_chain if maze.arcs <= 40 else lumped_chain)
    return {name: value for name, value in slopes.items() if name[0] in "bd"}


def _signs(maze, policy, T):
    return {name: (value > 0) - (value < 0) for name, value in _slopes(maze, policy, T).items()}


def test_truncation_silent__exact(check):
    check.exhaust(cases(lambda K: (2 * K, 2 * K + 1, 2 * K + 2)), _backward)


def test_truncation_silent__searched(check):
    check.search(tied(lambda K: 1, lambda K: 2 * K + 2, ANY), _backward)


def test_truncation_silent__control(check):
    check.exhaust(cases(lambda K: (2 * K, 2 * K + 1, 2 * K + 2)), _backward)


def test_truncation_silent__needed(check):
    check.exhaust(cases(lambda K: (2 * K + 3,)), _backward)


def test_truncation_first__exact(check):
    check.exhaust(cases(lambda K: (2 * K + 3, 2 * K + 4)), _backward)


def test_truncation_first__searched(check):
    check.search(tied(lambda K: 2 * K + 3, lambda K: 2 * K + 4, ANY), _backward)


def test_truncation_first__control(check):
    check.exhaust(cases(lambda K: (2 * K + 3, 2 * K + 4)), _backward)


def test_truncation_first__needed(check):
    check.exhaust(cases(lambda K: (2 * K + 5,)), _backward)


def _credits(maze, policy, target, T):
    # one branch alone is a tied policy; its rows are branch 0's all the same
    slopes = forward.reach_slopes(maze, policy, T, target=target)
    return {(branch, f"{row}_{j + 1}"): (value > 0) - (value < 0) for (branch, row, j), value in slopes.items()}


def test_truncation_credit__searched(check):
    check.search(untied(), _credits)


def test_truncation_credit__control(check):
    check.search(untied(), _credits)


def _reach(maze, policy, T):
    return measures.reach_probability(maze, policy, 0, T)


def test_truncation_blind__exact(check):
    check.exhaust(cases(lambda K: range(2 * K, 6 * K + 3)), _reach)


def test_truncation_blind__searched(check):
    check.search(tied(lambda K: 1, lambda K: 6 * K + 2, ANY), _reach)


def test_truncation_blind__control(check):
    check.exhaust(cases(lambda K: range(2 * K, 6 * K + 3)), _reach)


def test_truncation_blind__needed(check):
    check.exhaust(cases(lambda K: (6 * K + 3,)), _reach)


def test_truncation_return__exact(check):
    check.exhaust(cases(lambda K: (6 * K + 3, 6 * K + 4)), _reach)


def test_truncation_return__searched(check):
    check.search(tied(lambda K: 6 * K + 3, lambda K: 6 * K + 4, ANY), _reach)


def test_truncation_return__control(check):
    check.exhaust(cases(lambda K: (6 * K + 3, 6 * K + 4)), _reach)


def test_truncation_return__needed(check):
    check.exhaust(cases(lambda K: (6 * K + 5,)), _reach)


def test_truncation_unlearns__exact(check):
    check.exhaust(cases(lambda K: range(2 * K + 3, 6 * K + 3)), _signs)


def test_truncation_unlearns__searched(check):
    check.search(tied(lambda K: 2 * K + 3, lambda K: 6 * K + 2), _signs)


def test_truncation_unlearns__control(check):
    check.exhaust(cases(lambda K: range(2 * K + 3, 6 * K + 3)), _signs)


def test_truncation_unlearns__needed(check):
    check.exhaust(cases(lambda K: (6 * K + 3,), W=(2, 3)), _signs)


def _excluded(maze, policy, T):
    _, slopes = forward.reward_gradient(maze, policy, Reward("outcome", T, excluded=True))
    return {f"{row}_{j + 1}": value for (_, row, j), value in slopes.items()}


def test_truncation_excluded__exact(check):
    check.exhaust(cases(lambda K: (2 * K + 1, 4 * K, 6 * K + 3)), _excluded)


def test_truncation_excluded__searched(check):
    check.search(tied(lambda K: 2 * K + 1, lambda K: 8 * K), _excluded)


def test_truncation_excluded__control(check):
    check.exhaust(cases(lambda K: (2 * K + 1, 4 * K, 6 * K + 3)), _excluded)


# -- ascent that is run -------------------------------------------------------------------------------------------

def _ascended(W, K, L, T, steps):
    return truncated.ascent(Maze(W, K, L), Reward("outcome", T), steps, 0.01)


BELOW = [{"W": W, "K": K, "L": L, "T": T, "n": n} for W in (1, 2, 15) for K in (1, 2, 5) for L in (1, 5)
         for T in (2 * K + 3, 4 * K + 2, 6 * K + 2) if T >= 2 * K + 3 for n in (1, 300)]


def _after(W, K, L, T, n):
    run = _ascended(W, K, L, T, n)
    return [*run.log_odds.ravel().tolist(), float(np.log(run.steps_to_target[-1]))]


def test_truncation_path__computed(check):
    check.exhaust(BELOW, _after, within=1e-9)


def test_truncation_path__control(check):
    check.exhaust(BELOW, _after, within=1e-9)


def test_truncation_path__needed(check):
    check.exhaust([{"W": 2, "K": 2, "L": 1, "T": T, "n": 300} for T in (6, 15)], _after, within=1e-9)


def _worse(W, K, L, T, n):
    return float(_ascended(W, K, L, T, 600).steps_to_target[-1])


def test_truncation_worse__computed(check):
    check.exhaust(BELOW, _worse, within=1e-9)


def test_truncation_worse__control(check):
    check.exhaust(BELOW, _worse, within=1e-9)


def test_truncation_worse__needed(check):
    check.exhaust([{"W": 2, "K": 1, "L": 2, "T": 9, "n": 300}], _worse, within=1e-9)


SHALLOW = [{**case, "rule": rule} for rule in ("sign", "normalised")
           for case in grid(W=(2, 20), K=(1, 2, 3, 6), L=(1, 2, 5, 20))]


def _least(W, K, L, rule):
    return truncation.least_learning_horizon(W, K, L, rule, 6 * K - 1, 6 * K + 7)


def test_truncation_threshold__computed(check):
    check.exhaust(SHALLOW, _least)


def test_truncation_threshold__control(check):
    check.exhaust(SHALLOW, _least)


def test_truncation_threshold__needed(check):
    check.exhaust([{"W": 2, "K": 3, "L": 50, "rule": "sign"}, {"W": 2, "K": 8, "L": 1, "rule": "normalised"}], _least)


def _learnt(horizon):
    return lambda W, K, L: float(_ascended(W, K, L, horizon(K), 3000).steps_to_target[-1])


RULE_OF_THUMB = grid(W=(2,), K=range(1, 11), L=(1, 2, 3, 5))
WHERE_IT_HOLDS = grid(W=(2,), K=range(1, 5), L=(1, 2))
DEEPER = grid(W=(2, 20), K=(1, 2, 3, 4, 5, 6, 8, 10, 12), L=(1, 5))


def test_truncation_learns_quoted__computed(check):
    check.exhaust(RULE_OF_THUMB, _learnt(lambda K: 10 * K), within=1e-9)


def test_truncation_learns_quoted__control(check):
    check.exhaust(WHERE_IT_HOLDS, _learnt(lambda K: 10 * K), within=1e-9)


def test_truncation_learns__computed(check):
    check.exhaust(DEEPER, _learnt(lambda K: max(6 * K + 3, 2 * K * K)), within=1e-9)


def test_truncation_learns__control(check):
    check.exhaust(DEEPER, _learnt(lambda K: max(6 * K + 3, 2 * K * K)), within=1e-9)


def test_truncation_learns__needed(check):
    """L = 50 and K = 4: the backward rows d start at 1/51 and sink out of sight before the forward rows are learnt."""
    check.exhaust([{"W": 2, "K": 4, "L": 50}], _learnt(lambda K: max(6 * K + 3, 2 * K * K)), within=1e-9)


# -- signs at base ------------------------------------------------------------------------------------------------

def _decided(maze, log_odds, T):
    """Signs of the gradient (4 x K): 0 where it is exactly 0, nan where the error bound does not decide."""
    _, gradient, error = truncated.objective(maze, log_odds, Reward("outcome", T))
    return np.where((gradient != 0) & (np.abs(gradient) <= error), np.nan, np.sign(gradient))


@cache
def _base_horizon(W, K, L):
    """Least T with all signs right; by bisection, as a longer horizon does not undo one (`truncation_crossing`)."""
    maze = Maze(W, K, L)

    def right(T):
        return bool((_decided(maze, dynamics.base_log_odds(maze), T) > 0).all())

    low, high = 2 * K, 6 * K + 3
    while not right(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if right(middle) else (middle, high)
    return high


SIGNS = grid(W=(2, 3, 5, 20, 60), K=range(1, 9), L=(1, 2, 5))


def test_truncation_base_horizon__computed(check):
    check.exhaust(SIGNS, _base_horizon)


def test_truncation_base_horizon__control(check):
    check.exhaust(SIGNS, _base_horizon)


def _turned_back(W, K, L):
    maze = Maze(W, K, L)
    signs = np.array([_decided(maze, dynamics.base_log_odds(maze), T) for T in range(2 * K + 1, 30 * K + 31, 2)])
    assert not np.isnan(signs).any(), "the error bound does not decide a sign"
    pushed = np.maximum.accumulate(signs > 0)
    return int((pushed & (signs <= 0)).any(axis=0).sum())


CROSSINGS = grid(W=(2, 3, 5, 20), K=(1, 2, 3, 5, 8), L=(1, 2, 5))


def test_truncation_crossing__computed(check):
    check.exhaust(CROSSINGS, _turned_back)


def test_truncation_crossing__control(check):
    check.exhaust(CROSSINGS, _turned_back)


def _turns_back(W, K, L, a, b, c, d, T):
    maze, policy = Maze(W, K, L), Policy(a, b, c, d)
    sooner, later = _slopes(maze, policy, T), _slopes(maze, policy, T + 2)
    return any(sooner[name] > 0 > later[name] for name in sooner if name[0] in "bd")


TURNS = [{"W": W, "K": 1, "L": 2, "a": Fraction(1, 2), "b": Fraction(19, 20), "c": Fraction(19, 20),
          "d": Fraction(3, 4), "T": T} for W in range(2, 11) for T in (7, 9, 11)]


def test_truncation_crossing_quoted__exact(check):
    check.exhaust(TURNS, _turns_back)


def test_truncation_crossing_quoted__control(check):
    check.exhaust(TURNS, _turns_back)
