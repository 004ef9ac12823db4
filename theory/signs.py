"""How many rollouts it takes to get the sign of a policy-gradient coordinate right: at base, and from the SFT model.

Setting. REINFORCE on full rollouts with reward -T and a constant baseline B, rows tied: G = (B - T) S estimates
-dH/dz of one row entry (`theory.estimator`). Its noise to signal is Var G/(E G)^2 = 1/r^2; about 1/r^2 rollouts bring
an average's deviation down to its mean, and log(1/delta)/r^2, up to a constant, make its sign right with probability
1 - delta (`theory.majority`). Write M = L+1, rho = M^2/L, m = W-1, w = W/m.

At base both the mean and E[S^2] have closed forms, polynomials in j, and E[(H-T)^2 S^2] is about 3 H^2 E[S^2]. At the
SFT limit T is a geometric number of excursions into wrong branches, and for rows b_j, d_j (a and c are 1 there: S = 0,
no gradient) the mean is of the order of H itself, while E[S^2] = const * m rho^(j-1) is the number of visits. So the
rows next to the fork show their sign in a number of rollouts that does not grow with K, and the rows at the leaf
take rho^(K-1), like H: exponentially many if all signs are wanted at once, not if the rows are learnt from the fork
outwards. A rollout is H steps long in either case.

Proofs and tables: paper_notes/sample_bounds.md. Not covered: rewards to go and critics; untied rows; groups.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theory import estimator, hitting
from theory.claim import FORKS, MAZES, Domain, claim
from theory.closed_forms import base_steps, power, sft_rate
from theory.maze import Maze
from theory.policy import ROWS, Policy

REINFORCE = ("derived", "moments of the REINFORCE estimator by the recursion; docstring of theory.estimator")
CHAINS = Domain("every maze, tied policy with rows in (0, 1], and constant baseline")
BASE = ("derived", "the base walk as an electrical network; paper_notes/sample_bounds.md")
SFT = ("derived", "the SFT limit as a geometric number of excursions; paper_notes/sample_bounds.md")
SIGNS = ("derived", "Chebyshev, Cantelli, a binomial tail; docstring of theory.majority")
Rows = dict[str, list[Any]]


# -- the estimator ----------------------------------------------------------------------------------------------

@claim("E[G] of every row entry", source=REINFORCE, domain=CHAINS, stands_on=("gradient",),
       control=lambda maze, policy, baseline: _scaled(_slopes(maze, policy), 1 + Fraction(1, 10**6)),
       control_words="larger by one part in a million")
def estimator_mean(maze: Maze, policy: Policy, baseline: Any) -> Any:
    """The mean of REINFORCE's estimator is -dH/dz, whatever the constant baseline."""
    return _slopes(maze, policy)


def _slopes(maze: Maze, policy: Policy) -> Rows:
    (gradient,) = hitting.gradient(maze, policy)
    rows = policy.branch(0).expanded(maze.K)
    return {name: [-hitting.out(policy, p * (1 - p)) * slope for p, slope in zip(rows[name], row, strict=True)]
            for name, row in zip(ROWS, gradient, strict=True)}


def _scaled(rows: Rows, factor: Any) -> Rows:
    return {name: [factor * value for value in row] for name, row in rows.items()}


@claim("E[G^2] of every row entry", source=REINFORCE, domain=CHAINS, stands_on=("lumping",),
       control=lambda maze, policy, baseline: _squares(maze, policy, baseline + Fraction(1, 10**6)),
       control_words="a baseline larger by 1e-6 steps")
def estimator_second(maze: Maze, policy: Policy, baseline: Any) -> Any:
    """E[G^2] = B^2 E[S^2] - 2B E[T S^2] + E[T^2 S^2], each moment by one run of the O(K) recursion."""
    return _squares(maze, policy, baseline)


def _squares(maze: Maze, policy: Policy, baseline: Any) -> Rows:
    return {name: [entry.moment(2, baseline) for entry in row]
            for name, row in estimator.estimators(maze, policy).items()}


# -- from signal to rollouts ------------------------------------------------------------------------------------

@claim("probability that an estimate has the wrong sign, or is 0", source=SIGNS, relation="at most",
       domain=Domain("every law with a positive mean and a finite variance"),
       control=lambda law: Fraction(99, 100) * _cantelli(law), control_words="one per cent less")
def sign_cantelli(law: tuple[tuple[Any, Any], ...]) -> Any:
    """An estimate (or the average of n, with n r^2 for r^2) has the wrong sign with probability at most 1/(1 + r^2)."""
    return _cantelli(law)


def _cantelli(law: tuple[tuple[Any, Any], ...]) -> Any:
    mean, second = (sum(p * x**k for x, p in law) for k in (1, 2))
    return (second - mean**2) / second


@claim("probability that an estimate has the wrong sign, or is 0", source=SIGNS, relation="at least",
       domain=Domain("every law with a positive mean and r sqrt(k) <= 1/2, k its kurtosis",
                     lambda law: _fourth(law)[0] * _fourth(law)[1] <= Fraction(1, 4)),
       control=lambda law: _never_surer(law, 16), control_words="(1/sqrt(k) - r)^2")
def sign_never_surer(law: tuple[tuple[Any, Any], ...]) -> Any:
    """An estimate (or the average of n, with n r^2 for r^2 and 3 + (k-3)/n for k) has the wrong sign with probability
    at least (1/(2 sqrt(k)) - r)^2: what Chebyshev's bound asks for is needed, up to a constant."""
    return _never_surer(law, 4)


def _fourth(law: tuple[tuple[Any, Any], ...]) -> tuple[Any, Any]:
    """(r^2, kurtosis) of a law with finitely many values."""
    mean = sum(p * x for x, p in law)
    second, fourth = (sum(p * (x - mean) ** k for x, p in law) for k in (2, 4))
    return mean**2 / second, fourth / second**2


def _never_surer(law: tuple[tuple[Any, Any], ...], four: int) -> float:
    ratio, kurtosis = map(float, _fourth(law))
    return max(0.0, (four / (16 * kurtosis)) ** 0.5 - ratio**0.5) ** 2


@claim("probability that the median of k averages has the wrong sign", source=SIGNS, relation="at most",
       domain=Domain("1e-200 <= delta <= 1/2; k averages, each over x/r^2 estimates, (k, x) as `theory.majority` says"),
       stands_on=("sign_cantelli",), control=lambda delta: delta * (1 - Fraction(1, 10**6)),
       control_words="one part in a million less")
def sign_majority(delta: Any) -> Any:
    """The median of k averages of n/k estimates, n = k x/r^2, has the wrong sign with probability at most delta."""
    return delta


# -- at base ----------------------------------------------------------------------------------------------------

def _base(W: Any, K: Any, L: Any) -> tuple[Any, Any, Any, list[Any], list[Any]]:
    """(M, S, W(S+L), the u_j, the v_j): M = L+1, S = MK, u_j = M(K-j+1), v_j = M(K-j)."""
    M, S = L + 1, (L + 1) * K
    return M, S, W * (S + L), [M * (K - j + 1) for j in range(1, K + 1)], [M * (K - j) for j in range(1, K + 1)]


@claim("E[S^2] of every row entry at base", source=BASE, domain=MAZES, stands_on=("base_rows",),
       control=lambda W, K, L: _base_scores(W, K, L, 1), control_words="every visit count less by one")
def sign_scores_base(W: int, K: int, L: int) -> Any:
    """At base E[S^2] = L/(L+1)^2 times the visits, with M = L+1, S = MK: W(S+L) - M(j-1) - L of a_j, W(S+L) - Mj of
    d_j, and 1/L times W(S+L) - Mj - L of b_j, W(S+L) - M(j-1) of c_j: arcs crossed are voltages, all nearly alike."""
    return _base_scores(W, K, L, 0)


def _base_scores(W: int, K: int, L: int, less: int) -> Rows:
    M, _, whole, _, _ = _base(W, K, L)
    p = Fraction(L, M * M)
    visits = {"a": [whole - M * (j - 1) - L for j in range(1, K + 1)],
              "b": [Fraction(whole - M * j - L, L) for j in range(1, K + 1)],
              "c": [Fraction(whole - M * (j - 1), L) for j in range(1, K + 1)],
              "d": [whole - M * j for j in range(1, K + 1)]}
    return {name: [p * (value - less) for value in row] for name, row in visits.items()}


@claim("E[G] of every row entry at base", source=BASE, domain=MAZES, stands_on=("gradient",),
       control=lambda W, K, L: _base_means(W, K, L, 1), control_words="W - 1 for W in front of S + L")
def sign_means_base(W: int, K: int, L: int) -> Any:
    """At base -dH/dz is, with M = L+1, S = MK, u = M(K-j+1), v = M(K-j), and m = W-1:
    (2/M)((WS+m-v)(M+v) - m(S+L)(1+v)) of a_j,  (2/(ML))(m(S+L)(1+v) - (WS+m-v)v) of b_j,
    (2/(ML))((WS+W-u)(L+u) - m(S+L)u) of c_j,  (2/M)(m(S+L)u - (WS+W-u)(u-1)) of d_j."""
    return _base_means(W, K, L, 0)


def _base_means(W: int, K: int, L: int, less: int) -> Rows:
    M, S, _, u, v = _base(W, K, L)
    m, wrong = W - 1, (W - 1 - less) * (S + L)
    far, near = Fraction(2, M), Fraction(2, M * L)
    return {"a": [far * ((W * S + m - y) * (M + y) - wrong * (1 + y)) for y in v],
            "b": [near * (wrong * (1 + y) - (W * S + m - y) * y) for y in v],
            "c": [near * ((W * S + W - x) * (L + x) - wrong * x) for x in u],
            "d": [far * (wrong * x - (W * S + W - x) * (x - 1)) for x in u]}


@claim("largest E[(H-T)^2 S^2]/(H^2 E[S^2]) of any row at base", source=REINFORCE, relation="at most", domain=FORKS,
       stands_on=("estimator_second",), control=lambda W, K, L: 3 + Fraction(11, 4 * (W - 1)),
       control_words="3 + 11/(4(W-1))")
def sign_noise_base(W: int, K: int, L: int) -> Any:
    """At base, with the baseline H, E[G^2] is at most (3 + 3/(W-1)) H^2 E[S^2], in every row."""
    return 3 + Fraction(3, W - 1)


@claim("largest Var G/(E G)^2 of any row at base, baseline H", source=REINFORCE, relation="at most",
       domain=Domain("W >= 2, W >= 2K", lambda W, K, **_: W >= max(2, 2 * K)),
       stands_on=("estimator_mean", "estimator_second"),
       control=lambda W, K, L: 49 * W * ((L + 1) * K) ** 3, control_words="49 for 50")
def sign_rollouts_base(W: int, K: int, L: int) -> Any:
    """When W >= 2K, at base the noise to signal Var G/(E G)^2 of every row is at most 50 W (K(L+1))^3: the rollouts for
    a sign grow like W K^3."""
    return 50 * W * ((L + 1) * K) ** 3


@claim("Var G/(E G)^2 of row c_1 at base, baseline H", source=BASE, relation="tends to", domain=FORKS,
       stands_on=("sign_means_base", "sign_scores_base", "sign_noise_base"),
       control=lambda W, K, L: 3 * W * (L * K) ** 3, control_words="L for L + 1")
def sign_rollouts_base_order(W: int, K: int, L: int) -> Any:
    """And that is the order of it: at base the noise to signal of row c_1 tends to 3 W (K(L+1))^3 as W and K grow."""
    return 3 * W * ((L + 1) * K) ** 3


# -- at the SFT limit -------------------------------------------------------------------------------------------

@claim("E[S^2] of the backward row entries at the SFT limit", source=SFT, domain=FORKS, stands_on=("sft_cost",),
       control=lambda W, K, L: _sft_scores(W, K, L, L), control_words="L^(j-1) for rho^(j-1)")
def sign_scores_sft(W: int, K: int, L: int) -> Any:
    """At the SFT limit E[S^2] = (W-1) rho^(j-1) of b_j and L/(L+1) times that of d_j; rows a and c have S = 0."""
    return _sft_scores(W, K, L, sft_rate(L))


def _sft_scores(W: int, K: int, L: int, rate: Any) -> Rows:
    b = [(W - 1) * rate ** (j - 1) for j in range(1, K + 1)]
    return {"a": [0] * K, "b": b, "c": [0] * K, "d": [Fraction(L, L + 1) * value for value in b]}


@claim("E[G] of the backward row entries at the SFT limit", source=SFT, domain=FORKS, stands_on=("gradient",),
       control=lambda W, K, L: _sft_means(W, K, L, 0), control_words="without the steps at v_j itself, for b_j")
def sign_means_sft(W: int, K: int, L: int) -> Any:
    """At the SFT limit -dH/dz = 2(W-1)(L/M)(1 + L/M)(rho^(K+1) - rho^j)/(rho-1) of d_j and
    2(W-1)/M (rho^j + (1 + L/M)(rho^(K+1) - rho^(j+1))/(rho-1)) of b_j, M = L+1: of the order of H in every row."""
    return _sft_means(W, K, L, 1)


def _sft_means(W: int, K: int, L: int, own: int) -> Rows:
    rho, share = sft_rate(L), Fraction(L, L + 1)
    rest = [(1 + share) * (rho ** (K + 1) - rho**j) / (rho - 1) for j in range(1, K + 2)]
    return {"b": [2 * (W - 1) * (1 - share) * (own * rho**j + rest[j]) for j in range(1, K + 1)],
            "d": [2 * (W - 1) * share * rest[j - 1] for j in range(1, K + 1)]}


@claim("largest E[(H-T)^2 S^2]/(H^2 E[S^2]) of a backward row at the SFT limit", source=SFT, relation="at most",
       domain=FORKS, stands_on=("estimator_second",),
       control=lambda W, K, L: 3 + Fraction(14, W - 1) + Fraction(13, (W - 1) ** 2), control_words="13 for 14 at m^2")
def sign_noise_sft(W: int, K: int, L: int) -> Any:
    """At the SFT limit, with the baseline H, E[G^2] is at most (3 + 14/m + 14/m^2) H^2 E[S^2], m = W-1, in every row:
    noise to signal is at most that constant times E[S^2] (H/E[G])^2."""
    return 3 + Fraction(14, W - 1) + Fraction(14, (W - 1) ** 2)


@claim("least Var G/(E G)^2 of b_j and d_j at the SFT limit, for the best constant baseline", source=SFT,
       relation="at least", domain=Domain("W >= 2, K, L >= 1, 1 <= j <= K", lambda W, j, K, L: W >= 2 and j <= K),
       stands_on=("estimator_mean", "estimator_second"),
       control=lambda W, K, L, j: Fraction(11, 5) * (W - 1) * sft_rate(L) ** (j - 1), control_words="2.2 for 2")
def sign_rollouts_sft(W: int, K: int, L: int, j: int) -> Any:
    """At the SFT limit the noise to signal of b_j and of d_j is at least 2 (W-1) rho^(j-1), whatever the constant
    baseline: exponential in the distance from the fork, rho = (L+1)^2/L."""
    return 2 * (W - 1) * sft_rate(L) ** (j - 1)


@claim("Var G/(E G)^2 of row b_K at the SFT limit, baseline H", source=SFT, relation="tends to", domain=FORKS,
       stands_on=("sign_means_sft", "sign_scores_sft"),
       control=lambda W, K, L: _deepest(W, K, L, 1 - Fraction(1, 100)), control_words="one per cent less")
def sign_rollouts_sft_order(W: int, K: int, L: int) -> Any:
    """The noise to signal of b_K at the SFT limit tends to (6w^2-4w+1)(W-1)(M^2(2L+1)/(L^2+L+1))^2 rho^(K-1) as K
    grows, w = W/(W-1), M = L+1: a constant multiple of H, so its sign takes about H rollouts and H^2 steps."""
    return _deepest(W, K, L, 1)


def _deepest(W: int, K: int, L: int, factor: Any) -> Any:
    w = Fraction(W, W - 1)
    spread = Fraction((L + 1) ** 2 * (2 * L + 1), L * L + L + 1)
    return factor * (6 * w * w - 4 * w + 1) * (W - 1) * spread**2 * power(sft_rate(L), K - 1)


@claim("larger Var G/(E G)^2 of b and d in diamond l+1, the first l diamonds retreating surely, else the SFT limit",
       source=SFT, relation="at most",
       domain=Domain("W >= 2, L >= 1, 0 <= l < K", lambda W, K, learnt, **_: W >= 2 and learnt < K),
       stands_on=("estimator_mean", "estimator_second"),
       control=lambda W, K, L, learnt: _in_turn(W, K, L, learnt, Fraction(57, 5)), control_words="11.4 for 12")
def sign_rollouts_in_turn(W: int, K: int, L: int, learnt: int) -> Any:
    """Once l diamonds are learnt, from the fork outwards, the next one's noise to signal is at most
    12 W^3/(W-1)^2 (L+1)^2 (K/(K-l))^2: polynomial. With l = 0 this is the SFT limit itself, and K does not enter."""
    return _in_turn(W, K, L, learnt, 12)


def _in_turn(W: int, K: int, L: int, learnt: int, constant: Any) -> Any:
    return constant * Fraction(W**3, (W - 1) ** 2) * (L + 1) ** 2 * Fraction(K, K - learnt) ** 2


def taught(K: int, L: int, learnt: int) -> Policy:
    """The SFT limit, but b = d = 1 in the first `learnt` diamonds."""
    b, d = Fraction(L, L + 1), Fraction(1, L + 1)
    return Policy(1, [1] * learnt + [b] * (K - learnt), 1, [1] * learnt + [d] * (K - learnt))


def base_bound(W: int, K: int, L: int) -> Rows:
    """Upper bounds on Var G/(E G)^2 of every row at base, baseline H, in closed form; infinite where the mean is 0.

    >>> [float(round(min(row), -3)) for row in base_bound(15, 15, 5).values()]
    [274000.0, 2335000.0, 1372000.0, 370000.0]
    """
    H, means, scores = base_steps(W, K, L), _base_means(W, K, L, 0), _base_scores(W, K, L, 0)
    noise = 3 + Fraction(3, W - 1)
    return {name: [noise * H**2 * score / mean**2 if mean else float("inf")
                   for mean, score in zip(means[name], scores[name], strict=True)] for name in ROWS}
