"""RLVR's own conditions: how many branches, how small a step, which horizon, discount, penalty or start it needs.

Setting. RLVR ascends an objective over tied rows from base. Each section changes one thing in Figure 3's protocol.

Branches. By `rlvr_signs_criterion` a row is pushed towards 1 at base exactly when W > f, with M = L+1 and

    d_j:  f = M^2 i (K+1-i)/(M(M-2) i + MK + 1),          i = K-j+1 = 1 .. K,
    b_j:  f = 1 + M^2 i (K-i)/(M(M-2) i + M(K+1) - 1),    i = K-j   = 0 .. K-1.

Let s^2 = L, c = M/(1+s)^2, y = K/(1+s), D the denominators, e = i - y. Then D(cK + 1 - f) = (Me - 1)^2 + MK(s-1)/(s+1)
+ cK for d_j and M^2 e^2 + (M-1) cK for b_j, so f < cK + 1; and D(f - cK) = M^2 (i - e^2) - cK for d_j, which is not
negative at i = 1 if y < 1, nor at the i nearest to y if y >= 1. So cK <= max f < cK + 1.

Tries. Up to the target a tied walk cannot tell branches, so the leaves it reaches after fresh returns to the fork are
independent and uniform, whatever their times; the n-th is reached at step (4K+2)(n-1) + 2K+1 at the earliest. So
P(T_hit <= t) <= 1 - (1-1/W)^N, N = floor((t+2K+1)/(4K+2)), and the optimum (all rows 1) reaches it at every t.

SFT's start. With a = c = 1 an entry into the target's branch never fails, so dH/dQ_x comes from wrong branches alone
and is negative for all b, d: every backward row is pushed up, at any step size, for any W.

KL. `theory.kl_descent`. The numbers said to be computed are of ascent that was run, over the range they say.

Not covered: sampled learners; how many rollouts show a sign (`theory.signs`, `theory.bill`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint

from theory import closed_forms, hitting, kl_descent
from theory.claim import FORKS, MAZES, Domain, claim
from theory.maze import Maze
from theory.numeric import ball_precision, exact
from theory.policy import Policy

SIGNS = ("derived", "rlvr_signs_criterion solved for W; docstring of theory.conditions")
DEPTHS = Domain("K, L >= 1")
RUN = ("derived", "exact ascent that was run")


# -- how many branches --------------------------------------------------------------------------------------------

def crossings(K: int, L: int) -> list[Fraction]:
    """For every backward row at base the W above which it is pushed towards 1: d_K .. d_1, then b_K .. b_1."""
    M = L + 1
    return ([Fraction(M * M * i * (K + 1 - i), M * (M - 2) * i + M * K + 1) for i in range(1, K + 1)]
            + [1 + Fraction(M * M * i * (K - i), M * (M - 2) * i + M * (K + 1) - 1) for i in range(K)])


@claim("least W at which the gradient at base pushes every row towards 1", source=SIGNS, domain=DEPTHS,
       stands_on=("rlvr_signs_criterion",), control=lambda K, L: max(2, math.ceil(max(crossings(K, L)))),
       control_words="a gradient of 0 counted as right (9 for 10 at K = 16, L = 2)")
def small_W(K: int, L: int) -> int:
    """At base every row is pushed towards 1 from W = 1 + floor(max f) on, f over the backward rows as in the
    docstring, and for no smaller W."""
    return 1 + math.floor(max(crossings(K, L)))


def _rate(L: Any, root: Any) -> Any:
    return (L + 1) / (1 + root) ** 2


def _real(K: Any, L: Any, root: Any, more: Any) -> Any:
    """K(L+1)/(1+sqrt(L))^2 + more; exact where L is a square, else a ball; root: sqrt(L), for a certificate."""
    if root is None:
        r = math.isqrt(L)
        if r * r == L:
            return K * Fraction(L + 1, (1 + r) ** 2) + more
        with ball_precision(256):
            return K * (flint.arb(L) + 1) / (1 + flint.arb(L).sqrt()) ** 2 + flint.arb(exact(more))
    return K * _rate(L, root) + more


@claim("the W above which every sign at base is right, a real number", source=SIGNS, relation="at most", domain=DEPTHS,
       stands_on=("small_W",), control=lambda K, L, root=None: _real(K, L, root, Fraction(9, 10)),
       control_words="9/10 for 1")
def small_W_enough(K: Any, L: Any, root: Any = None) -> Any:
    """W >= K(L+1)/(1+sqrt(L))^2 + 1 branches are enough for every sign at base: fewer than K, more than K/2."""
    return _real(K, L, root, 1)


@claim("the W above which every sign at base is right, a real number", source=SIGNS, relation="at least", domain=DEPTHS,
       stands_on=("small_W",), control=lambda K, L, root=None: _real(K, L, root, Fraction(1, 10)),
       control_words="one tenth more")
def small_W_needed(K: Any, L: Any, root: Any = None) -> Any:
    """With W <= K(L+1)/(1+sqrt(L))^2 branches some backward row is pushed the wrong way at base, or not at all."""
    return _real(K, L, root, 0)


@claim("least W with every sign right, over K", source=SIGNS, relation="tends to", domain=DEPTHS,
       stands_on=("small_W_enough", "small_W_needed"), control=lambda K, L: 1.01 * _rate(L, L**0.5),
       control_words="one per cent more")
def small_W_rate(K: int, L: int) -> float:
    """The least W grows as K(L+1)/(1+sqrt(L))^2: K/2 for L = 1, 0.573 K for L = 5, K as L grows."""
    return float(_rate(L, L**0.5))


# -- how small a step ---------------------------------------------------------------------------------------------

@claim("expected steps after sign descent for a rise of 60 from base, over those of base", source=RUN,
       relation="at least", domain=Domain("W = 2, 3, L = 2, 5, 16 <= K <= 64, lr K^(3/2) >= 4",
                                          lambda K, theta, **_: 16 <= K <= 64 and theta >= 4),
       stands_on=("figure3_curve",), control=lambda W, K, L, theta: 0.9, control_words="9/10 for 4/5")
def step_stall(W: int, K: int, L: int, theta: float) -> float:
    """When W is far below K, sign steps of lr >= 4/K^(3/2) stall within a fifth of base, as steps of 2/K^(3/2) do not:
    the condition is K^(-3/2) from both sides."""
    return 0.8


# -- which objective ----------------------------------------------------------------------------------------------

@claim("P(T_hit <= T)", source=("derived", "leaves in order; docstring of theory.conditions"), relation="at most",
       domain=Domain("every maze, tied policy and T"),
       control=lambda W, K, T: _tries(W, K, T - 2), control_words="two steps fewer")
def tries_bound(W: int, K: int, T: int) -> Any:
    """No tied policy arrives within T steps with more than 1 - (1-1/W)^N, N = floor((T+2K+1)/(4K+2)), which the optimum
    reaches at every T. So it is best for every reward that falls with the length: what an objective changes is where
    ascent goes, not what is best."""
    return _tries(W, K, T)


def _tries(W: int, K: int, T: int) -> Fraction:
    return 1 - (1 - Fraction(1, W)) ** ((T + 2 * K + 1) // (4 * K + 2))


@claim("P(T_hit <= T) of a policy with a = c = 1", source=("derived", "truncation_blind"),
       domain=Domain("every maze, b and d in [0, 1], 2K+1 <= T <= 6K+2",
                     lambda maze, T, **_: 2 * maze.K + 1 <= T <= 6 * maze.K + 2),
       stands_on=("truncation_blind",), control=lambda maze: Fraction(1, maze.W) + Fraction(1, 10**9),
       control_words="a billionth more")
def truncation_indifferent(maze: Maze) -> Fraction:
    """With 2K+1 <= T <= 6K+2 every policy that goes straight to a leaf is a best one, however it retreats: SFT's limit
    is optimal for the truncated outcome."""
    return Fraction(1, maze.W)


@claim("expected steps after 4000 sign steps of 0.01 from base, outcome cut off at T = 2K+1 or 2K+2", source=RUN,
       domain=Domain("every maze"), stands_on=("truncation_silent", "sft_cost"),
       control=lambda W, K, L: float(closed_forms.sft_steps(W, K, L)) * (1 + 1e-6),
       control_words="one part in a million more")
def truncation_is_sft(W: int, K: int, L: int) -> float:
    """On the outcome cut off at T = 2K+1 RLVR is SFT: forward rows go to 1, backward rows stay as in base."""
    return float(closed_forms.sft_steps(W, K, L))


@claim("expected steps after 3000 sign steps of 0.01 from base, discount g = 1 - 1/h, over SFT's limit",
       source=RUN, relation="at least",
       domain=Domain("2 <= W <= 15, 2 <= K <= 8, L <= 5, 1 < h <= 2 K^2",
                     lambda W, K, L, h: 2 <= W <= 15 and 2 <= K <= 8 and L <= 5 and 1 < h <= 2 * K * K),
       stands_on=("sft_cost",), control=lambda: 7.5e37, control_words="7.5 10^37")
def discount_unlearns() -> float:
    """A discount that looks at most 2 K^2 steps ahead makes RLVR unlearn retreat: it ends worse than SFT, by a factor
    of 7 10^37 or more."""
    return 7e37


# -- RLVR from SFT ------------------------------------------------------------------------------------------------

START = ("derived", "an entry never fails; docstring of theory.conditions")


@claim("signs of -dH/d(row) of b_1 .. b_K, d_1 .. d_K", source=START, stands_on=("gradient",),
       domain=Domain("W >= 2, a = c = 1, rows b and d in (0, 1]", lambda maze, **_: maze.W >= 2),
       control=lambda maze: [1] * (2 * maze.K - 1) + [0], control_words="no gradient in d_K")
def sft_start_signs(maze: Maze) -> list[int]:
    """From SFT's limit every backward row is pushed towards 1, at base's retreat or any other, for every W."""
    return [1] * (2 * maze.K)


@claim("log of the expected steps after n sign steps from SFT's limit", source=START, domain=FORKS,
       stands_on=("sft_start_signs",), control=lambda W, K, L, steps, lr: _after_sft(W, K, L, 1.001 * steps * lr),
       control_words="steps larger by 0.1 %")
def sft_start_cost(W: int, K: int, L: int, steps: int, lr: float) -> float:
    """From SFT's limit n sign steps of any size lr lead to a = c = 1, b = L/(L + y), d = 1/(1 + L y), y = e^(-n lr),
    with no condition on W: in exact ascent SFT is a good start."""
    return _after_sft(W, K, L, steps * lr)


def _after_sft(W: int, K: int, L: int, rise: float) -> float:
    return float(flint.arb(exact(sft_started(W, K, L, math.exp(-rise)))).log())


def sft_started(W: int, K: int, L: int, y: Any) -> Any:
    """Expected steps of a = c = 1, b = L/(L + y), d = 1/(1 + L y), exactly; y in [0, 1]: 1 is SFT's limit."""
    y = exact(y)
    return hitting.expected_steps(Maze(W, K, L), Policy(1, L / (L + y), 1, 1 / (1 + L * y)))


@claim("expected steps after ceil(log(K(L+1/L)/delta)/lr) sign steps from SFT's limit, over the optimum",
       source=START, relation="at most",
       domain=Domain("W >= 2, 0 < delta <= 1; searched over W <= 60, K <= 40, L <= 50, delta >= 1/1000",
                     lambda W, **_: W >= 2),
       stands_on=("sft_start_cost",), control=lambda delta: 1 + delta / 2, control_words="1 + delta/2")
def sft_start_steps(delta: Any) -> Any:
    """From SFT's limit ceil(log(K(L+1/L)/delta)/lr) sign steps are enough for every W, fewer than from base: what is
    exponential there is the length of a rollout (`bill_sft_rlvr`), not the number of steps."""
    return 1 + delta


# -- a KL penalty -------------------------------------------------------------------------------------------------

KL = ("derived", "docstring of theory.kl_descent")


@claim("F = E[T] + beta KL(walk || base walk), and its gradient in the log-odds", source=KL,
       domain=Domain("every maze and tied rows in (0, 1), beta >= 0"),
       control=lambda maze, beta, z: _objective(maze, 1.0001 * beta, z), control_words="beta larger by 0.01 %")
def kl_whole(maze: Maze, beta: float, z: Any) -> list[float]:
    """On whole rollouts the KL penalty is a cost a state, and the recursion with its chain rule gives F and dF."""
    return _objective(maze, beta, z)


def _objective(maze: Maze, beta: float, z: Any) -> list[float]:
    value, slope = kl_descent.objective(maze, z, beta)
    return [value, *slope.ravel().tolist()]


@claim("KL(walk of the optimum || base walk) in nats", source=KL, stands_on=("kl_whole",),
       control=lambda W, K, L: (2 * W - 1) * 2 * K * math.log(L + 1), control_words="(L+1)^2 for (L+1)^2/L",
       domain=MAZES)
def kl_price(W: int, K: int, L: int) -> float:
    """The optimum is (2W-1) K log((L+1)^2/L) nats from base: SFT's rate rho a diamond walked. So some policy has
    F = (2W-1)(2K+1 + beta K log rho), and the best one has at most as many steps: linear in K at every fixed beta."""
    return (2 * W - 1) * kl_descent.price(K, L)


@claim("least F found, W = 1", source=("derived", "Gibbs' variational principle"),
       domain=Domain("W = 1, beta > 0"), stands_on=("kl_whole", "discount_law"),
       control=lambda K, L, beta: 1.00001 * float(kl_descent.informed_value(Maze(1, K, L), beta)),
       control_words="one part in 10^5 more")
def kl_gibbs(K: int, L: int, beta: Any) -> float:
    """With one branch the best rows reach Gibbs' bound: F = -beta log E_base[e^(-T/beta)], the discounted objective of
    base itself."""
    return float(kl_descent.informed_value(Maze(1, K, L), beta))


@claim("F of any tied policy", source=KL, relation="at least", stands_on=("kl_whole", "discount_law"),
       domain=Domain("W >= 2, beta > 0", lambda maze, **_: maze.W >= 2),
       control=lambda maze, beta: 1.01 * float(kl_descent.informed_value(maze, beta)),
       control_words="one per cent more")
def kl_floor(maze: Maze, beta: float) -> float:
    """No tied policy has a smaller F than the best walker who learns at u_1 whether the target is ahead; tied rows pay
    for not knowing, up to 45 times on Figure 3's maze."""
    return float(kl_descent.informed_value(maze, beta))


@claim("the beta from which on sign descent on F from base ends above twice the optimum's steps", source=RUN,
       relation="tends to", domain=Domain("K >= 8"), stands_on=("kl_whole",),
       control=lambda W, K, L: 0.9 * kl_descent.trap(L), control_words="ten per cent less")
def kl_trap(W: int, K: int, L: int) -> float:
    """As K grows the penalty that traps RLVR near base tends to a constant, whatever W: the beta at which
    (2-a-c)((1 + beta KL_a)/a + (1 + beta KL_c)/c) gets a minimum inside; 9.79 for L = 2, 8.70 for L = 5."""
    return kl_descent.trap(L)


@claim("expected steps where sign descent on F from base ends, over those of base", source=RUN, relation="at least",
       domain=Domain("W >= 2, L = 5, 3 <= K <= 30, beta >= 10", lambda W, K, beta: W >= 2 and K >= 3 and beta >= 10),
       stands_on=("kl_trap",), control=lambda W, K, beta: 0.5, control_words="1/2 for 2/5")
def kl_trapped(W: int, K: int, beta: float) -> float:
    """Beyond the trap RLVR from base keeps base's K^2: with beta >= 10 and L = 5 it gains less than a factor 2.5."""
    return 0.4


@claim("F of all rows 1 over F where sign descent from base ends", source=RUN, relation="at most",
       domain=Domain("W >= 2, L = 5, 10 <= K <= 30, 10 <= beta <= 3K",
                     lambda W, K, beta: W >= 2 and K >= 10 and 10 <= beta <= 3 * K),
       stands_on=("kl_trapped", "kl_price"),
       control=lambda: 0.85, control_words="85 per cent of it")
def kl_trap_is_local() -> float:
    """And that is no optimum: for beta <= 3K being sure everywhere has the smaller F, out of reach of ascent from base;
    for beta above about rho K/log rho it has the larger one (`kl_even`)."""
    return 1.0


@claim("F of all rows 1 over F of base, at beta = (base's steps - the optimum's)/(KL of the optimum)", source=KL,
       domain=MAZES, stands_on=("kl_price", "base_cost", "optimum_cost"), control=lambda: 1.001,
       control_words="0.1 % more")
def kl_even() -> float:
    """Base and the optimum have the same F at beta = ((K(L+1)+1)(K(L+1)+L)/L - (2K+1))/(K log((L+1)^2/L)), whatever W:
    above it being sure everywhere does not pay."""
    return 1.0


