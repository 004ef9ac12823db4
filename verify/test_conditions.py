"""Checks of `theory.conditions`: signs by the gradient in rationals, ascent by running it, KL by linear solves."""

import functools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from theory import closed_forms, conditions, dynamics, hitting, kl_descent, truncated
from theory.chain import START, TARGET, lumped_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from theory.rewards import Reward
from verify import measures, questions, solver
from verify.judge import grid
from verify.strategies import branches, mazes, probabilities

# -- how many branches --------------------------------------------------------------------------------------------


def _right(W, K, L):
    (slope,) = hitting.gradient(Maze(W, K, L), Policy.base(L))
    return all(value < 0 for row in slope for value in row)


def _least_W(K, L):
    """Every W is tried, from 2 to the least with all signs right; that no larger one fails is `_real_W`'s."""
    return next(W for W in range(2, K + 3) if _right(W, K, L))


SIZES = [*grid(K=range(1, 11), L=(1, 2, 5, 10)), *({"K": K, "L": L} for K, L in ((16, 2), (24, 2), (24, 5)))]


def test_small_W__exact(check):
    check.exhaust(SIZES, _least_W)


def test_small_W__control(check):
    check.exhaust([{"K": 16, "L": 2}], _least_W)


@functools.cache
def _real_W(K, L):
    """-dH/dz of a row at base is linear in W up to a positive factor: its zero from the gradient at two W, exactly."""
    largest = Fraction(0)
    slopes = [hitting.gradient(Maze(W, K, L), Policy.base(L))[0] for W in (2, 3)]
    for i in (1, 3):
        for j in range(K):
            low, high = slopes[0][i][j], slopes[1][i][j]
            assert high < low, "a backward row that more branches do not help"
            largest = max(largest, 2 + Fraction(low) / (low - high))
    return largest


DEEP = [*grid(K=(1, 2, 3, 5, 8, 13, 30), L=(1, 2, 3, 4, 5, 9, 50)), {"K": 1, "L": 2000}, {"K": 60, "L": 400}]


def _squares(bound):
    """D (bound - f) less the sums of squares and positive terms of the docstring, for d_j and b_j, all i, K, s."""
    from sympy import QQ
    from sympy.polys.fields import field

    _, K, s, i = field("K,s,i", QQ)
    M, y = s**2 + 1, K / (1 + s)
    c, e, above = M / (1 + s) ** 2, i - y, bound(K, s**2, root=s)
    D, D_b = M * (M - 2) * i + M * K + 1, M * (M - 2) * i + M * (K + 1) - 1
    return {"d_j": D * above - M**2 * i * (K + 1 - i) - (M * e - 1) ** 2 - M * K * (s - 1) / (s + 1) - c * K,
            "b_j": D_b * (above - 1) - M**2 * i * (K - i) - M**2 * e**2 - (M - 1) * c * K}


def test_small_W_enough__proved(check):
    check.certificate(_squares, "all K, L >= 1 (sums of squares)")


def test_small_W_enough__exact(check):
    check.exhaust(DEEP, _real_W)


def _rooted(body):
    """The bounds at L = s^2; at symbols the body is given the root, at numbers it finds it."""
    return lambda K, s: body(K, s * s) if isinstance(s, int) else body(K, s * s, root=s)


def _d_from(K, s, i):
    """f of d_j, i = K-j+1: `conditions.crossings` at numbers, the docstring's formula at symbols."""
    if isinstance(s, int):
        return conditions.crossings(K, s * s)[i - 1]
    M = s**2 + 1
    return M**2 * i * (K + 1 - i) / (M * (M - 2) * i + M * K + 1)


def _b_from(K, s, i):
    """f of b_j, i = K-j."""
    if isinstance(s, int):
        return conditions.crossings(K, s * s)[K + i]
    M = s**2 + 1
    return 1 + M**2 * i * (K - i) / (M * (M - 2) * i + M * (K + 1) - 1)


def _enough_asked(check):
    solver.settle(check, [*questions.comparison(check, _d_from, lambda K, i: [i >= 1, i <= K], form=_rooted),
                          *questions.comparison(check, _b_from, lambda K, i: [i <= K - 1], form=_rooted)],
                  "all K, L >= 1 (z3)")


def test_small_W_enough__solver(check):
    _enough_asked(check)


@pytest.mark.parametrize("route", ["certificate", "gradient", "solver"])
def test_small_W_enough__control(check, route):
    if route == "solver":
        _enough_asked(check)
    elif route == "certificate":
        check.certificate(_squares, "")
    else:
        check.exhaust(DEEP, _real_W)


def _near(bound):
    """D_d (f - bound) is M^2 (i - e^2) - cK; that is not negative at some integer i in 1 .. K.

    y < 1: at i = 1, e = 1 - y: M^2 y (2 - y) - cK with K = y (1+s). y >= 1: at the nearest i, e in [-1/2, 1/2], where
    i - e^2 = y + e - e^2 >= y - 3/4. Both as polynomials without a negative coefficient, s = 1 + t.
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, K, s, i = field("K,s,i", QQ)
    M, y = s**2 + 1, K / (1 + s)
    D = M * (M - 2) * i + M * K + 1
    found = {"identity": M**2 * i * (K + 1 - i) - D * bound(K, s**2, root=s)
             - (M**2 * (i - (i - y) ** 2) - M * K / (1 + s) ** 2)}
    _, t, x = field("t,x", QQ)
    s = 1 + t
    M = s**2 + 1
    # cK = M y/(1+s); divided by M y/(1+s): y = 1/(1+x) in (0, 1], then y = 1 + x
    for name, value in (("y < 1", M * (2 - 1 / (1 + x)) * (1 + s) - 1),
                        ("y >= 1", M * (1 + s) * (x + 1 - Fraction(3, 4)) - (1 + x))):
        found |= {f"{name}, {powers}": coefficient for part in (value.numer, value.denom)
                  for powers, coefficient in part.terms() if coefficient < 0}
    return found


def test_small_W_needed__proved(check):
    check.certificate(_near, "all K, L >= 1 (the nearest integer)")


def test_small_W_needed__exact(check):
    check.exhaust(DEEP, _real_W)


def _needed_asked(check):
    """f of d_j at i = 1 where y = K/(1+s) < 1, else at any i within 1/2 of y: such an integer there always is."""
    def largest(K, s):
        return max(conditions.crossings(K, s * s))

    def nearest(K, s, i):
        return [K >= 1 + s, 2 * (1 + s) * i <= 2 * K + 1 + s, 2 * (1 + s) * i >= 2 * K - 1 - s]

    solver.settle(check, [*questions.comparison(check, lambda K, s: _d_from(K, s, 1), lambda K, s: [K < 1 + s],
                                                form=_rooted, whole=largest),
                          *questions.comparison(check, _d_from, nearest, form=_rooted, whole=largest)],
                  "all K, L >= 1 (z3, the nearest integer)")


def test_small_W_needed__solver(check):
    _needed_asked(check)


@pytest.mark.parametrize("route", ["certificate", "gradient", "solver"])
def test_small_W_needed__control(check, route):
    if route == "solver":
        _needed_asked(check)
    elif route == "certificate":
        check.certificate(_near, "")
    else:
        check.exhaust(DEEP, _real_W)


def _over_K(K, L):
    """As `_real_W`, the gradient in floats: nine digits at K = 10000."""
    first, second = (dynamics.cost_and_gradient(maze, dynamics.base_log_odds(maze))[1][[1, 3]]
                     for maze in (Maze(2, K, L), Maze(3, K, L)))
    return (1 + math.floor((2 + first / (first - second)).max())) / K


@pytest.mark.parametrize("L", [1, 2, 5])
def test_small_W_rate__sweep(check, L):
    check.sweep([{"K": K, "L": L} for K in (10, 100, 1000, 10_000)], _over_K, within=1e-3)


def test_small_W_rate__control(check):
    check.sweep([{"K": K, "L": 5} for K in (10, 100, 1000, 10_000)], _over_K, within=1e-3)


# -- how small a step ---------------------------------------------------------------------------------------------

STALLS: list[dict[str, Any]] = grid(W=(2, 3), K=(16, 48), L=(2, 5), theta=(4.0, 10.0))


@functools.cache
def _stalled(W, K, L, theta):
    lr = theta / K**1.5
    run = dynamics.descent(Maze(W, K, L), round(60 / lr), lr).steps_to_target
    return float(run[-1] / run[0])


def test_step_stall__computed(check):
    check.exhaust(STALLS, _stalled)


def test_step_stall__tight(check):
    check.tight([case for case in STALLS if case["K"] == 48 and case["theta"] == 4.0], _stalled, factor=1.1)


def test_step_stall__control(check):
    check.exhaust(STALLS, _stalled)


def test_step_stall__needed(check):
    check.exhaust(grid(W=(2,), K=(16, 64), L=(5,), theta=(2.0,)), _stalled)


# -- which objective ----------------------------------------------------------------------------------------------

@st.composite
def horizons(draw):
    """A tied policy on a maze and a horizon up to 14K+10."""
    maze = draw(mazes(4, 3, 2))
    return {"W": maze.W, "K": maze.K, "maze": maze, "policy": Policy.of(draw(branches(maze.K, zero=True))),
            "T": draw(st.integers(1, 14 * maze.K + 10))}


BEST: list[dict[str, Any]] = [{"W": W, "K": K, "maze": Maze(W, K, 2), "policy": Policy.optimum(), "T": T}
        for W in (1, 2, 3) for K in (1, 2, 3) for T in range(2 * K, 14 * K + 9)]


def _arrives(W, K, T, maze, policy):
    return measures.reach_probability(maze, policy, 0, T)


def test_tries_bound__searched(check):
    check.search(horizons(), _arrives)


def test_tries_bound__tight(check):
    check.tight([case for case in BEST if case["T"] > 2 * case["K"]], _arrives, factor=1.0)


def test_tries_bound__control(check):
    check.exhaust(BEST, _arrives)


@st.composite
def straight(draw):
    """a = c = 1, any b and d, and a horizon that admits no return from a wrong leaf."""
    maze = draw(mazes(4, 3, 2))
    rows = draw(branches(maze.K, zero=True))
    return {"maze": maze, "policy": Policy(1, rows.b, 1, rows.d),
            "T": draw(st.integers(2 * maze.K + 1, 6 * maze.K + 2))}


def _reached(maze, policy, T):
    return measures.reach_probability(maze, policy, 0, T)


def test_truncation_indifferent__searched(check):
    check.search(straight(), _reached)


def test_truncation_indifferent__control(check):
    check.search(straight(), _reached)


def test_truncation_indifferent__needed(check):
    check.exhaust([{"maze": Maze(2, K, 2), "policy": Policy.optimum(), "T": 6 * K + 3} for K in (1, 2)], _reached)


SHORTEST = [{**case, "extra": extra} for case in grid(W=(1, 9), K=(1, 4), L=(1, 5)) for extra in (1, 2)]


def _straightened(W, K, L, extra):
    return float(truncated.ascent(Maze(W, K, L), Reward("outcome", 2 * K + extra), 4000, 0.01).steps_to_target[-1])


def test_truncation_is_sft__computed(check):
    check.exhaust(SHORTEST, _straightened, within=1e-9)


def test_truncation_is_sft__control(check):
    check.exhaust(SHORTEST, _straightened, within=1e-9)


MYOPIC: list[dict[str, Any]] = [
    *({**case, "h": looks * case["K"] ** 2} for case in grid(W=(2, 15), K=(2, 4, 8), L=(1, 5)) for looks in (1.0, 2.0)),
    *grid(W=(2, 15), K=(2, 4), L=(1, 5), h=(1.001, 3.0)), *grid(W=(3,), K=(2, 3), L=(2,), h=(1.001, 3.0, 8.0))]


@functools.cache
def _myopic(W, K, L, h):
    run = truncated.ascent(Maze(W, K, L), Reward("discount", discount=1 - 1 / h), 3000, 0.01)
    return float(run.steps_to_target[-1] / float(closed_forms.sft_steps(W, K, L)))


def test_discount_unlearns__computed(check):
    check.exhaust(MYOPIC, _myopic)


def test_discount_unlearns__tight(check):
    check.tight([case for case in MYOPIC if case["W"] == case["K"] == 2], _myopic, factor=1.1)


def test_discount_unlearns__control(check):
    check.exhaust(MYOPIC, _myopic)


# -- RLVR from SFT ------------------------------------------------------------------------------------------------

@st.composite
def imitators(draw):
    """a = c = 1, any b and d in (0, 1], W >= 2."""
    maze = draw(mazes(5, 5, 3, least_W=2))
    b, d = (draw(st.lists(probabilities(), min_size=maze.K, max_size=maze.K)) for _ in "bd")
    return {"maze": maze, "policy": Policy(1, b, 1, d)}


def _pushes(maze, policy):
    """By exact differences of costs on the lumped chain, one row at a time: H is monotone in each, being a fraction of
    two linear functions."""
    rows = policy.branch(0).expanded(maze.K)
    signs = []
    for name in "bd":
        for j in range(maze.K):
            lower = {key: list(values) for key, values in rows.items()}
            lower[name][j] = fraction(exact(lower[name][j])) / 2
            more = lumped_chain(maze, Policy(**lower)).hitting_time() - lumped_chain(maze, policy).hitting_time()
            signs.append((more > 0) - (more < 0))
    return signs


def test_sft_start_signs__searched(check):
    check.search(imitators(), _pushes, max_examples=60)


def test_sft_start_signs__control(check):
    check.search(imitators(), _pushes, max_examples=60)


STARTS: list[dict[str, Any]] = [{**case, "steps": steps, "lr": lr} for case in grid(W=(2, 15), K=(1, 4, 15), L=(1, 5))
                                for steps, lr in ((0, 0.01), (200, 0.01), (7, 0.9), (1, 8.0))]


def _from_sft(W, K, L, steps, lr):
    start = dynamics.base_log_odds(Maze(W, K, L))
    start[[0, 2]] = 700.0                                               # 1 to every digit that a float has
    return float(np.log(dynamics.descent(Maze(W, K, L), steps, lr, start=start).steps_to_target[-1]))


def test_sft_start_cost__computed(check):
    check.exhaust(STARTS, _from_sft, within=1e-11)


def test_sft_start_cost__control(check):
    check.exhaust(STARTS, _from_sft, within=1e-11)


ENOUGH = st.fixed_dictionaries({"W": st.integers(1, 60), "K": st.integers(1, 40), "L": st.integers(1, 50),
                                "delta": st.integers(1, 1000).map(lambda n: n / 1000),
                                "lr": st.sampled_from([0.01, 0.1, 0.9])})
CORNERS = grid(W=(2, 40), K=(1, 2, 40), L=(1, 50), delta=(1.0, 0.01), lr=(0.01,))


def _within(W, K, L, delta, lr):
    """By so many steps of exact descent, run; floats, and the margin is above 1e-4."""
    steps = math.ceil(math.log(K * (L + 1 / L) / delta) / lr)
    return math.exp(_from_sft(W, K, L, steps, lr)) / ((2 * W - 1) * (2 * K + 1))


def test_sft_start_steps__searched(check):
    check.search(ENOUGH, _within, max_examples=60)


def test_sft_start_steps__tight(check):
    check.tight(CORNERS, _within, factor=1.005)


def test_sft_start_steps__control(check):
    check.exhaust(CORNERS, _within)


# -- a KL penalty -------------------------------------------------------------------------------------------------

RANDOM = np.random.default_rng(4)
ROWS_OFF = [{"maze": Maze(*size), "beta": beta, "z": RANDOM.normal(0, 1.5, (4, size[1]))}
            for size in ((1, 1, 1), (1, 3, 2), (2, 1, 3), (3, 2, 2), (5, 3, 1)) for beta in (0.0, 0.3, 7.0)]


def _by_solve(maze, beta, z):
    """F by a linear solve on the lumped chain with complex rows: the imaginary part of a small step is the slope."""
    walk = lumped_chain(maze, Policy.base(maze.L)).rows
    states = [state for state in walk if state != TARGET]
    index = {state: k for k, state in enumerate(states)}
    base = [1 / (maze.L + 1), maze.L / (maze.L + 1), maze.L / (maze.L + 1), 1 / (maze.L + 1)]

    def cost(log_odds):
        matrix, paid = np.eye(len(states), dtype=complex), np.ones(len(states), dtype=complex)
        for state, row in walk.items():
            moves = {to: complex(float(fraction(p))) for to, p in row.items()}
            if state != START and state[1] <= 2 * maze.K:
                side, x, away = state
                i = {(0, True): 0, (0, False): 1, (1, True): 2, (1, False): 3}[x % 2, away]
                p = 1 / (1 + np.exp(-log_odds[i, (x - 1) // 2]))
                onward = [to for to in row if to not in (START,) and (to == TARGET or to[1] > x)]
                (ahead,) = onward
                (behind,) = [to for to in row if to != ahead]
                moves = {ahead: p if away else 1 - p, behind: 1 - p if away else p}
                paid[index[state]] += beta * (p * np.log(p / base[i]) + (1 - p) * np.log((1 - p) / (1 - base[i])))
            for to, p in moves.items():
                if to != TARGET:
                    matrix[index[state], index[to]] -= p
        return np.linalg.solve(matrix, paid)[index[START]]

    z = np.asarray(z, dtype=complex)
    found = [cost(z).real]
    for i in range(4):
        for j in range(maze.K):
            moved = z.copy()
            moved[i, j] += 1e-30j
            found.append(cost(moved).imag / 1e-30)
    return found


def test_kl_whole__computed(check):
    check.exhaust(ROWS_OFF, _by_solve, within=1e-10)


def test_kl_whole__control(check):
    check.exhaust(ROWS_OFF, _by_solve, within=1e-10)


def _nats(W, K, L):
    """Log-likelihood ratio of the optimum's walk, arc by arc along the golden paths: 2W-1 of them, out or back."""
    maze = Maze(W, K, L)
    lengths = 0.0
    for arc in maze.golden_path(0, (0,) * K)[1:]:
        # the walk chooses among L parallel edges or takes the one; base among all edges at the node
        choices = maze.copies(arc.tail.depth)
        lengths += math.log((L + 1) / choices)
    walks = (int(measures.optimum_steps(W, K)) // maze.shortest)
    return walks * lengths


def test_kl_price__computed(check):
    check.exhaust(grid(W=(1, 2, 7), K=(1, 2, 9), L=(1, 2, 5)), _nats, within=1e-12)


def test_kl_price__control(check):
    check.exhaust(grid(W=(1, 2, 7), K=(1, 2, 9), L=(1, 2, 5)), _nats, within=1e-12)


SINGLE: list[dict[str, Any]] = grid(K=(1, 2, 5, 15), L=(1, 2, 5), beta=(Fraction(1, 10), 1, 10, 300))


def _least(K, L, beta):
    return kl_descent.solve(Maze(1, K, L), float(beta)).value


def test_kl_gibbs__computed(check):
    check.exhaust(SINGLE, _least, within=1e-7)


def test_kl_gibbs__control(check):
    check.exhaust(SINGLE, _least, within=1e-7)


@st.composite
def penalised(draw):
    """A maze, log-odds within 4 of 0, a penalty."""
    maze = draw(mazes(4, 4, 5, least_W=2))
    z = draw(st.lists(st.integers(-4, 4), min_size=4 * maze.K, max_size=4 * maze.K))
    return {"maze": maze, "beta": draw(st.sampled_from([0.1, 1.0, 10.0, 1e3])), "z": np.reshape(z, (4, -1)) * 1.0}


AT_BASE = [{"maze": Maze(W, K, 2), "beta": 1e6} for W in (2, 3) for K in (1, 4)]


def _paid(maze, beta, z=None):
    return kl_descent.objective(maze, dynamics.base_log_odds(maze) if z is None else z, beta)[0]


def test_kl_floor__searched(check):
    check.search(penalised(), _paid)


def test_kl_floor__tight(check):
    check.tight(AT_BASE, _paid, factor=1.001)


def test_kl_floor__control(check):
    check.exhaust(AT_BASE, _paid)


def _trapped_from(W, K, L):
    low, high = 7.0, 11.0
    while high / low > 1.004:
        middle = math.sqrt(low * high)
        ends = kl_descent.follow(Maze(W, K, L), middle).steps
        low, high = (low, middle) if ends > 2 * closed_forms.optimum_steps(W, K) else (middle, high)
    return math.sqrt(low * high)


TRAPS = [{"W": 3, "K": K, "L": 5} for K in (8, 16, 32)]


def test_kl_trap__sweep(check):
    check.sweep(TRAPS, _trapped_from, within=0.01)


def test_kl_trap__control(check):
    check.sweep(TRAPS, _trapped_from, within=0.01)


HELD: list[dict[str, Any]] = grid(W=(2, 15), K=(3, 8, 30), beta=(10.0, 20.0, 100.0))


@functools.cache
def _held(W, K, beta):
    return kl_descent.follow(Maze(W, K, 5), beta).steps / float(closed_forms.base_steps(W, K, 5))


def test_kl_trapped__computed(check):
    check.exhaust(HELD, _held)


def test_kl_trapped__tight(check):
    check.tight([case for case in HELD if case["beta"] == 10.0], _held, factor=1.2)


def test_kl_trapped__control(check):
    check.exhaust(HELD, _held)


def test_kl_trapped__needed(check):
    check.exhaust(grid(W=(2, 15), K=(8,), beta=(5.0,)), _held)


LOCAL: list[dict[str, Any]] = [{**case, "beta": factor * case["K"]} for case in grid(W=(2, 15), K=(10, 30))
                               for factor in (1.0, 2.0, 3.0)]


def _against_certainty(W, K, beta):
    certain = (2 * W - 1) * (2 * K + 1 + beta * kl_descent.price(K, 5))
    return certain / kl_descent.follow(Maze(W, K, 5), beta).value


def test_kl_trap_is_local__computed(check):
    check.exhaust(LOCAL, _against_certainty)


def test_kl_trap_is_local__control(check):
    check.exhaust(LOCAL, _against_certainty)


def test_kl_trap_is_local__needed(check):
    check.exhaust(grid(W=(2,), K=(10,), beta=(100.0,)), _against_certainty)


def _even(W, K, L):
    """Rows at log-odds 200 are 1 to every digit; base's F is its cost, written out."""
    base = (K * (L + 1) + 1) * (K * (L + 1) + L) * (2 * W - 1) / L
    return kl_descent.objective(Maze(W, K, L), np.full((4, K), 200.0), kl_descent.even_penalty(K, L))[0] / base


EVEN = grid(W=(1, 2, 15), K=(1, 2, 15), L=(1, 2, 5))


def test_kl_even__computed(check):
    check.exhaust(EVEN, _even, within=1e-9)


def test_kl_even__control(check):
    check.exhaust(EVEN, _even, within=1e-9)
