"""What noise and data do to a policy: costs averaged over noise, what a noisy expert teaches, mixed data at a time.

Setting. *Noise*: every row's log-odds gets an error of its own, +s or -s with probability 1/2 each, so with q = e^s
odds o become o q or o/q; rows of different branches, diamonds and kinds are independent (parallel edges share theirs).
H = (W + sum E) Z + Y is then a sum of products of independent factors, and its mean needs E[p] and E[1/p] of each row
alone. With B_x as in `theory.hitting`, and tied branches (E and Z made of the same rows) by r_x s_x = 1:

    E[Z] = 1 + sum_x (E[1/P_x] - 1) prod_{i<x} E[s_i],   E[Y] = sum_x E[1/P_x] + (E[1/P_x] - 1) E[B_{x-1}],
    E[A_n C_x] = E[(1-P_x)/Q_x] prod_{x<i<=n} E[r_i] for x <= n,   E[(1-P_x)/P_x] prod_{n<i<x} E[s_i] for x > n,

A_n, C_x the terms of E = 1 + 2 sum A_n and Z = 1 + sum C_x.

*The range.* At base a diamond adds to the potential A e + B f, e and f each half the sum of two signs, with
A = log(q(L+q)/(Lq+1)), B = log(q(Lq+1)/(L+q)): a symmetric walk S. By Spitzer's identity its expected maximum over
n <= K is sum_{n<=K} E|S_n|/(2n), and S_n = A(I-n) + B(J-n), I and J binomial (2n, 1/2).

*A noisy expert* knows the target; at each node it takes, with probability eta, an edge drawn uniformly (the one
behind included), else the next one of a shortest path. Across an edge x, x+1 of the target's branch the flow outwards
less the flow inwards is 1, in a wrong branch 0; that gives the visits of every row by a recursion from the leaf inwards
(target, V_x inward crossings) or outwards (wrong, U_x crossings):

    V_2K = 0, V_{x-1} = ((1-P_x) + Q_x V_x)/P_x;      U_x = (P'_x/Q'_x) U_{x-1}.

The learner's tied rows are the ratios of these visits: the limit of SFT on the expert's traces.

*Mixed data*: a share eps of the data are an optimum's traces, of which the first R detours are kept; the rest are
golden paths. A tied backward row is visited w = eps (W-1)(1 - (1-1/W)^R) times a datum, a forward one 1 + w times,
and each follows SFT's flow at that rate: d as a, b as c.

Stands on `theory.dynamics` for the flow. Not covered: errors that depend on each other; Gaussian ones, of which only
E[e^error] enters wherever P = 1.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import flint
import numpy as np

from theory import dynamics, hitting
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact, fraction, integer
from theory.policy import Policy


class Mean(NamedTuple):
    """E[p] and E[1/p] of a random row p."""

    p: Any
    inverse: Any


# -- noise ------------------------------------------------------------------------------------------------------

def factor(q: Any) -> Any:
    """q = e^s >= 1 exactly, or `InputError`."""
    q = exact(q, "q")
    if not q >= 1:
        raise InputError(f"q = {q}: the factor e^s of an error of size s is at least 1")
    return q


def noisy(p: Any, q: Any) -> Mean:
    """Means of a row in (0, 1] whose odds are multiplied by q or 1/q, evenly; 1 stays 1.

    >>> noisy("1/2", 3)
    Mean(p=1/2, inverse=8/3)
    """
    p, q = exact(p, "row"), factor(q)
    if not 0 < p <= 1:
        raise InputError(f"row {p}: noise is defined for rows in (0, 1]")
    if p == 1:
        return Mean(p, p)
    odds = p / (1 - p)
    return Mean((odds * q / (1 + odds * q) + odds / (q + odds)) / 2, 1 + (q + 1 / q) / 2 / odds)


def averaged_steps(maze: Maze, policy: Policy, q: Any, *, tied: bool = False) -> Any:
    """Expected steps averaged over the noise on every row of a tied policy in (0, 1]; exact, a Fraction.

    tied: branches share their errors. O(K).

    >>> averaged_steps(Maze(3, 2, 2), Policy.base(2), 1)
    Fraction(140, 1)
    """
    policy.check(maze)
    if not policy.tied:
        raise InputError("noise is put on the rows of a tied policy")
    P, Q = policy.branch(0).persistence(maze.K)
    return fraction(mean_steps(maze.W, [noisy(p, q) for p in P], [noisy(p, q) for p in Q], tied))


def mean_steps(W: int, P: list[Mean], Q: list[Mean], tied: bool = False) -> Any:
    """E[H] for independent random rows with the given means, x = 1 .. 2K; see the module docstring."""
    one = P[0].p * 0 + 1
    out, both, E, Z, Y = one, 0 * one, one, one, 0 * one           # out: E[A_n]; both: half of E[(E-1)(Z-1)]
    back, B, T, V = one, 0 * one, 0 * one, 0 * one                  # back: E[prod s]; T, V: the two sums in `both`
    for p, q in zip(P, Q, strict=True):
        r, s, kappa = p.p * q.inverse, q.p * p.inverse, p.inverse - 1
        out = out * r
        E = E + 2 * out
        Z = Z + kappa * back
        Y = Y + p.inverse + kappa * B
        T = T * r + (1 - p.p) * q.inverse
        both = both + T + kappa * V
        V = V * s + 1
        back = back * s
        B = 1 + s * (1 + B)
    together = E + Z - 1 + 2 * both if tied else E * Z
    return W * Z + (W - 1) * together + Y


def visits(p: Any, n: int) -> Mean:
    """Means of the estimate (k+1)/(n+2) of a row p in (0, 1) from n of its own choices, k of them persisting."""
    p, n = exact(p, "row"), integer(n, "n", least=0)
    return Mean((n * p + 1) / (n + 2), (n + 2) * (1 - (1 - p) ** (n + 1)) / ((n + 1) * p))


def steps_of_walk(L: int, q: Any) -> tuple[float, float]:
    """(A, B): a diamond of base adds A e + B f to the potential, e and f in -1, 0, 1 (see the module docstring)."""
    L, q = integer(L, "L"), factor(q)
    return tuple(math.log(float(fraction(v))) for v in (q * (L + q) / (L * q + 1), q * (L * q + 1) / (L + q)))  # type: ignore[return-value]


def expected_maximum(K: int, L: int, q: Any) -> float:
    """Expected highest value of the potential of noisy base at 0 .. K diamonds, by Spitzer's identity; float64."""
    A, B = steps_of_walk(L, q)
    total = 0.0
    for n in range(1, integer(K, "K", least=0) + 1):
        weights = np.array([math.comb(2 * n, i) / 4**n for i in range(2 * n + 1)])
        at = np.arange(-n, n + 1)
        total += float(weights @ np.abs(A * at[:, None] + B * at) @ weights) / (2 * n)
    return total


# -- a noisy expert ---------------------------------------------------------------------------------------------

def share(eta: Any, name: str = "eta") -> Any:
    """A number in [0, 1], exactly, or `InputError`."""
    eta = exact(eta, name)
    if not 0 <= eta <= 1:
        raise InputError(f"{name} = {eta}: must lie in [0, 1]")
    return eta


def expert_rows(maze: Maze, eta: Any) -> Policy:
    """What SFT learns in the limit from whole traces of an expert that errs with probability eta; exact, tied rows.

    eta = 0 gives the SFT limit, 1 the base model. K rows a kind: the wrong branches' data tell near the fork.

    >>> expert_rows(Maze(2, 1, 1), "1/2").branch(0).c
    (5/8,)
    """
    eta, W, L, n = share(eta), maze.W, maze.L, 2 * maze.K
    if eta == 0:
        return Policy.sft_limit(L)
    single, many = eta / (L + 1), eta * L / (L + 1)
    on = [(1 - eta) + (single if x % 2 == 0 else many) for x in range(1, n + 1)]       # P in the target's branch
    off = [many if x % 2 == 0 else single for x in range(1, n + 1)]                    # Q there: away from the target
    V = [eta * 0] * (n + 1)
    for x in range(n, 0, -1):
        V[x - 1] = (1 - on[x - 1] + off[x - 1] * V[x]) / on[x - 1]
    # in a wrong branch the target lies behind: out by error alone, back by choice
    out = [single if x % 2 == 0 else many for x in range(1, n + 1)]
    home = [(1 - eta) + (many if x % 2 == 0 else single) for x in range(1, n + 1)]
    U = [(1 + V[0]) / (1 - eta + eta / W) * eta / W] * (n + 1)
    for x in range(1, n + 1):
        U[x] = out[x - 1] / home[x - 1] * U[x - 1]
    P = [((1 + V[x - 1]) * on[x - 1] + (W - 1) * U[x - 1] * out[x - 1]) / (1 + V[x - 1] + (W - 1) * U[x - 1])
         for x in range(1, n + 1)]
    Q = [(V[x] * off[x - 1] + (W - 1) * U[x] * home[x - 1]) / (V[x] + (W - 1) * U[x])
         if V[x] + (W - 1) * U[x] > 0 else (many if x % 2 == 0 else single) / eta for x in range(1, n + 1)]
    return Policy(a=P[1::2], b=Q[1::2], c=P[0::2], d=Q[0::2])


def cut_rows(L: int, eta: Any) -> Policy:
    """What SFT learns in the limit from the same expert's traces ended after the first step back: b and d unseen.

    The first step back is the last datum, so rows a and c learn the errors.
    """
    eta, base = share(eta), Policy.base(L).branch(0)
    return Policy(a=1 - eta + eta * base.a, b=base.b, c=1 - eta + eta * base.c, d=base.d)


# -- mixed data at a training time ------------------------------------------------------------------------------

def retreat_rate(W: int, eps: Any, R: int | None = None) -> Any:
    """w: visits of a tied backward row in a datum; R detours kept of each trace, None for all."""
    W, eps = integer(W, "W"), share(eps, "eps")
    kept = exact(1) if R is None else 1 - (1 - exact(1) / W) ** integer(R, "R", least=0)
    return eps * (W - 1) * kept


def mixed_policy(L: int, t: Any, w: Any, bits: int = 128) -> Policy:
    """The tied rows at training time t of SFT on data with w visits of a backward row a datum; balls of `bits` bits."""
    forward, backward = (dynamics.sft_policy(t, L, rate, bits).branch(0) for rate in (1 + w, w))
    return Policy(a=forward.a, b=backward.c, c=forward.c, d=backward.a)


def mixed_steps(maze: Maze, t: Any, w: Any, digits: int = 16) -> flint.arb:
    """Expected steps at training time t on mixed data, a ball with at least `digits` correct digits."""
    for bits in (128, 512, 4096, 1 << 16):
        with ball_precision(bits):
            H = hitting.expected_steps(maze, mixed_policy(maze.L, t, w, bits))
            if H.rel_accuracy_bits() >= 3.33 * digits:
                return H
    raise InputError(f"t = {t}: H did not settle to {digits} digits")


def mixed_excess(W: int, L: int, w: float, theta: float) -> float:
    """The limit of H/((2W-1)(2K+1)) at training time theta K on mixed data, as K grows.

    A row visited at rate v is off 1 by lambda/(v theta K), lambda = L/(L+1), so a diamond's log r is u/K with
    u = 2 lambda/(theta w (1+w)), its turning odds k/K with k = 2 lambda/(theta (1+w)), and with g(u) = (e^u - 1)/u
    E/K -> 4 g(u), Z -> 1 + k g(-u), Y/K -> 2 + 4 k (u - 1 + e^-u)/u^2.
    """
    u = 2 * L / (L + 1) / (theta * w * (1 + w))
    k = u * w
    if u > 700:
        return math.inf
    h = (u + math.expm1(-u)) / u**2 if u > 1e-4 else 0.5 - u / 6
    first = 4 * (W - 1) * math.expm1(u) / u * (1 - k * math.expm1(-u) / u)
    return (first + 2 + 4 * k * h) / (4 * W - 2)
