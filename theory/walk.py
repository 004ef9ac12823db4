"""Claims about the walk's exact cost: the recursion, its parts, its gradient, the closed forms, balance.

Setting. P_x, Q_x: persistence at node x = 1 .. 2K away from and towards the fork; r_x = P_x/Q_x, s_x = Q_x/P_x.
The bodies below are the formulas as one would write them on paper, sums of products; the code of `theory.hitting`
computes the same in O(K). Both are held against the Bellman equations on the full directed-edge chain.

The parameters `maze`, `policy`, `target` range over every policy whose rows lie in (0, 1]; 0 is allowed in the code
and checked apart, because it makes some of these formulas infinite.
"""

from __future__ import annotations

from typing import Any

from theory import closed_forms, growth, hitting, moments
from theory.claim import FORKS, Domain, claim
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

DERIVED = ("derived", "elimination of the jump across an edge; docstring of theory.hitting")
POSITIVE = Domain("every maze, target and policy with rows in (0, 1]")
ROWS = Domain("W, K >= 1, rows a, b, c, d in (0, 1], ac != bd", lambda a, b, c, d, **_: a * c != b * d)
PPB = fraction(exact("1/1000000000"))


def _ratios(maze: Maze, policy: Policy, branch: int) -> tuple[list[Any], list[Any], list[Any]]:
    """(P, r, s) of one branch, entry x-1 for node x."""
    P, Q = policy.branch(branch).persistence(maze.K)
    return P, [p / q for p, q in zip(P, Q, strict=True)], [q / p for p, q in zip(P, Q, strict=True)]


def _product(values: list[Any]) -> Any:
    result = exact(1)
    for value in values:
        result = result * value
    return result


@claim("A_{x+1} - B_x across each edge of a wrong branch, x = 0 .. 2K, in steps", source=DERIVED, domain=POSITIVE,
       control=lambda maze, policy, branch: _differences(maze, policy, branch, leaf=0),
       control_words="reflection at the leaf costs no step: D_2K = 0")
def difference_recursion(maze: Maze, policy: Policy, branch: int) -> Any:
    """Across an edge of a wrong branch the costs-to-go of the two directions differ by D_x, where D_{2K} = 1 and
    D_{x-1} = 1 + P_x t_x, D_x = Q_x t_x - 1, that is D_{x-1} = 1 + r_x (1 + D_x)."""
    return _differences(maze, policy, branch, leaf=1)


def _differences(maze: Maze, policy: Policy, branch: int, leaf: int) -> list[Any]:
    P, Q = policy.branch(branch).persistence(maze.K)
    D = [exact(leaf)]
    for p, q in zip(reversed(P), reversed(Q), strict=True):
        jump = (D[0] + 1) / q
        D.insert(0, 1 + p * jump)
    return [fraction(d) for d in D]


@claim("expected steps from having arrived at u_1 of a wrong branch to being back at the fork", source=DERIVED,
       domain=POSITIVE, stands_on=("difference_recursion",),
       control=lambda maze, policy, branch: fraction(exact(excursion(maze, policy, branch)) - 2 * _product(
           _ratios(maze, policy, branch)[1])), control_words="the last term of the sum left out")
def excursion(maze: Maze, policy: Policy, branch: int) -> Any:
    """An excursion into a wrong branch takes E = 1 + 2 sum_{n=1}^{2K} prod_{i<=n} r_i steps on average."""
    _, r, _ = _ratios(maze, policy, branch)
    return fraction(1 + 2 * sum((_product(r[:n]) for n in range(1, len(r) + 1)), exact(0)))


def _entry(maze: Maze, policy: Policy, target: int) -> tuple[Any, Any]:
    """(Z, Y) as written in the statements."""
    P, _, s = _ratios(maze, policy, target)
    beta = [exact(0)]
    for value in s:
        beta.append(1 + value * (1 + beta[-1]))
    Z = 1 + sum(((1 - p) / p * _product(s[:x]) for x, p in enumerate(P)), exact(0))
    Y = sum(((1 + (1 - p) * beta[x]) / p for x, p in enumerate(P)), exact(0))
    return Z, Y


@claim("probability that an entry into the target branch ends at the target", source=DERIVED, domain=POSITIVE,
       control=lambda maze, policy, target: fraction(1 / (_entry(maze, policy, target)[0] - 1 + _product(
           _ratios(maze, policy, target)[2]))), control_words="1 replaced by the product of all s_x in Z")
def entry_success(maze: Maze, policy: Policy, target: int) -> Any:
    """An entry into the target branch ends at the target with probability R = 1/Z, where
    Z = 1 + sum_x ((1-P_x)/P_x) prod_{i<x} s_i."""
    return fraction(1 / _entry(maze, policy, target)[0])


@claim("expected steps of an entry into the target branch, from u_1 until the target or the fork", source=DERIVED,
       domain=POSITIVE, stands_on=("entry_success",),
       control=lambda maze, policy, target: fraction(_entry(maze, policy, target)[1]),
       control_words="not conditioned: Y instead of Y R")
def entry_length(maze: Maze, policy: Policy, target: int) -> Any:
    """An entry into the target branch lasts Y R steps on average, where beta_0 = 0, beta_x = 1 + s_x (1 + beta_{x-1})
    and Y = sum_x (1 + (1-P_x) beta_{x-1})/P_x."""
    Z, Y = _entry(maze, policy, target)
    return fraction(Y / Z)


def _cost(maze: Maze, policy: Policy, target: int, forks: int) -> Any:
    Z, Y = _entry(maze, policy, target)
    wrong = sum((exact(excursion(maze, policy, i)) for i in range(maze.W) if i != target), exact(0))
    return fraction((forks + wrong) * Z + Y)


@claim("expected steps from the fork to the target", source=DERIVED, domain=POSITIVE,
       stands_on=("excursion", "entry_success", "entry_length", "lumping"),
       control=lambda maze, policy, target: _cost(maze, policy, target, forks=maze.W - 1),
       control_words="the step out of the fork into the target branch not counted: W - 1 for W")
def hitting_time(maze: Maze, policy: Policy, target: int) -> Any:
    """For any policy, H = (W + sum of E over the wrong branches) Z + Y; with tied rows, (W + (W-1)E) Z + Y."""
    return _cost(maze, policy, target, forks=maze.W)


@claim("expected steps from the fork to the target, infinite included", source=DERIVED,
       domain=Domain("every maze, target and policy with rows in [0, 1]"),
       control=lambda maze, policy, target: hitting.expected_steps(maze, policy, target=target) + PPB,
       control_words="larger by 1e-9 steps")
def recursion(maze: Maze, policy: Policy, target: int) -> Any:
    """The O(K) recursion of theory.hitting gives the expected steps from the fork for any policy, and infinity
    exactly when the target may never be reached."""
    return hitting.expected_steps(maze, policy, target=target)


def _flat(gradients: list[hitting.Gradient]) -> list[Any]:
    return [value for branch in gradients for row in branch for value in row]


@claim("E[min(T, n)], the mean of the steps counted up to n, n growing", source=DERIVED, relation="tends to",
       domain=POSITIVE, stands_on=("recursion",),
       control=lambda maze, policy, target: fraction(exact(hitting.expected_steps(maze, policy, target=target)) + 1),
       control_words="one step more")
def expected_limit(maze: Maze, policy: Policy, target: int) -> Any:
    """H is the expected number of steps, and not only a solution of equations: E[min(T, n)] grows to it."""
    return hitting.expected_steps(maze, policy, target=target)


@claim("dH/d(row entry), every entry of a, b, c, d", source=DERIVED, domain=POSITIVE, stands_on=("recursion",),
       control=lambda maze, policy, target: [v + PPB for v in gradient(maze, policy, target)],
       control_words="larger by 1e-9 in every entry")
def gradient(maze: Maze, policy: Policy, target: int) -> Any:
    """The reverse recursion gives the derivative of H in all 4K rows (of each branch, when untied) in O(K)."""
    return _flat(hitting.gradient(maze, policy, target=target))


@claim("E[T^2] from the fork, in steps squared", source=DERIVED, domain=POSITIVE, stands_on=("recursion",),
       control=lambda maze, policy, target: second_moment(maze, policy, target) - hitting.expected_steps(
           maze, policy, target=target), control_words="E[T(T-1)] instead")
def second_moment(maze: Maze, policy: Policy, target: int) -> Any:
    """The same recursion with the cost 2h - 1 a state gives the second moment of the hitting time."""
    return moments.second_moment(maze, policy, target=target)


@claim("P(T <= t) from the fork", source=DERIVED, stands_on=("lumping",),
       domain=Domain("every maze, target, policy and t >= 1"),
       control=lambda maze, policy, target, t: moments.reach_probability(maze, policy, t - 1, target=target),
       control_words="one step fewer: P(T <= t-1)")
def reach_probability(maze: Maze, policy: Policy, target: int, t: int) -> Any:
    """Pushing the mass forward t steps gives the probability of having reached the target by then, exactly."""
    return moments.reach_probability(maze, policy, t, target=target)


# -- closed forms -----------------------------------------------------------------------------------------------

STEPS = "expected steps from the fork to the target"


@claim(STEPS + ", base model", source=DERIVED, stands_on=("base_rows",), symbolic=True,
       control=lambda W, K, L: (2 * W - 1) * (K * (L + 1) + 1) ** 2,
       control_words="(2W-1)(K(L+1)+1)^2: one factor for the other")
def base_cost(W: Any, K: Any, L: Any) -> Any:
    """The base model needs (2W-1)(K(L+1)+1)(K(L+1)+L)/L steps on average."""
    return closed_forms.base_steps(W, K, L)


def _sft_wrong(W: Any, K: Any, L: Any, power: closed_forms.Power = closed_forms.power) -> Any:
    return closed_forms.sft_steps(W, K, L, power) + (W - 1)


@claim(STEPS + ", SFT limit (a = c = 1; b, d as in base)", source=DERIVED, symbolic=True,
       control=_sft_wrong, control_words="2 for 1 inside the bracket")
def sft_cost(W: Any, K: Any, L: Any, power: closed_forms.Power = closed_forms.power) -> Any:
    """The SFT limit needs W + 2K + (W-1)[1 + 2(L+1)(2L+1)/(L^2+L+1) (rho^K - 1)] steps on average, where
    rho = (L+1)^2/L."""
    return closed_forms.sft_steps(W, K, L, power)


@claim(STEPS + ", all rows 1", source=DERIVED, symbolic=True,
       control=lambda W, K: 4 * W * K - 1, control_words="4WK - 1: Figure 3's target for every maze")
def optimum_cost(W: Any, K: Any) -> Any:
    """The optimum, which turns round only at a leaf, needs (2W-1)(2K+1) steps on average."""
    return closed_forms.optimum_steps(W, K)


TIED = Domain("every maze, tied policies with rows in (0, 1]")


@claim(STEPS + ", any tied rows", source=DERIVED, relation="at least", domain=TIED, stands_on=("hitting_time",),
       symbolic=True, control=lambda W, K: closed_forms.optimum_steps(W, K) + 1, control_words="one step more")
def optimum_least(W: Any, K: Any) -> Any:
    """No walker with the same rows in every branch needs fewer than (2W-1)(2K+1) steps: never turning round but at a
    leaf is the optimum."""
    return closed_forms.optimum_steps(W, K)


def _ones(maze: Maze, policy: Policy, backward: bool) -> bool:
    P, Q = policy.branch(0).persistence(maze.K)
    return all(p == 1 for p in P) and (not backward or all(q == 1 for q in Q))


@claim("whether tied rows cost (2W-1)(2K+1), the least there is", source=DERIVED, domain=TIED,
       stands_on=("optimum_least", "hitting_time"), control=lambda maze, policy: _ones(maze, policy, True),
       control_words="all rows 1, whatever W")
def optimum_only(maze: Maze, policy: Policy) -> bool:
    """Tied rows cost as little as the optimum exactly when all of them are 1; with one branch, exactly when all rows
    away from the fork are 1: the others are free."""
    return _ones(maze, policy, maze.W > 1)


def _homogeneous_wrong(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any,
                       power: closed_forms.Power = closed_forms.power) -> Any:
    return closed_forms.homogeneous_steps(W, K, a, b, c, d, power) + 1


@claim(STEPS + ", the same rows in every diamond", source=DERIVED, domain=ROWS,
       control=_homogeneous_wrong, control_words="one step more")
def homogeneous_cost(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any,
                     power: closed_forms.Power = closed_forms.power) -> Any:
    """For homogeneous rows with ac != bd, H is a combination of 1, K, r^K and r^-K, r = ac/(bd)."""
    return closed_forms.homogeneous_steps(W, K, a, b, c, d, power)


@claim(STEPS + ", the same rows in every diamond, ac = bd", source=DERIVED,
       domain=Domain("W, K >= 1, rows a, b, c in (0, 1], d = ac/b <= 1", lambda a, b, c, **_: a * c <= b),
       control=lambda W, K, a, b, c: closed_forms.balanced_steps(W, K, a, b, c) + fraction(exact("1/1000")),
       control_words="larger by 1/1000 of a step")
def balanced_cost(W: Any, K: Any, a: Any, b: Any, c: Any) -> Any:
    """For balanced homogeneous rows, ac = bd, H is a polynomial of degree at most 2 in K: no exponential."""
    return closed_forms.balanced_steps(W, K, a, b, c)


# -- growth -----------------------------------------------------------------------------------------------------

@claim("(H(K+2) - H(K+1) - 2)/(H(K+1) - H(K) - 2) of the SFT limit: its exact growth a diamond", source=DERIVED,
       domain=FORKS, stands_on=("sft_cost",), symbolic=True,
       control=lambda W, K, L: L + 2, control_words="L + 2, without the 1/L")
def sft_growth(W: Any, K: Any, L: Any) -> Any:
    """SFT's cost grows by the factor rho = (L+1)^2/L = L + 2 + 1/L a diamond, not by L."""
    return closed_forms.sft_rate(L)


@claim("H/(rho^K) of the SFT limit, K growing", source=DERIVED, relation="tends to", domain=FORKS,
       stands_on=("sft_cost",), symbolic=True,
       control=lambda W, K, L: 4 * (W - 1), control_words="4(W-1), its limit for large L")
def sft_constant(W: Any, K: Any, L: Any) -> Any:
    """The constant before rho^K in SFT's cost is 2(W-1)(L+1)(2L+1)/(L^2+L+1)."""
    W, L = (closed_forms.parameter(v) for v in (W, L))
    return fraction(2 * (W - 1) * (L + 1) * (2 * L + 1) / (L**2 + L + 1))


@claim("log(H(2K)/H(K))/K for homogeneous rows, K growing", source=DERIVED, relation="tends to",
       domain=Domain("W >= 2, rows in (0, 1)", lambda W, **_: W >= 2), stands_on=("homogeneous_cost",),
       control=lambda W, a, b, c, d: 1.05 * growth.exponent(a, b, c, d) + 0.01,
       control_words="an exponent larger by 5 % and 0.01")
def balance_exponent(W: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """For W >= 2 and homogeneous rows the cost grows as exp(K |log(ac/(bd))|): exponential both for a walker that
    persists outwards (ac > bd) and for one that retreats too readily (bd > ac), polynomial exactly when ac = bd."""
    return growth.exponent(a, b, c, d)


@claim(STEPS + ", the same rows in every diamond", source=DERIVED, relation="at least",
       domain=Domain("W >= 2, K >= 1, rows in (0, 1]", lambda W, **_: W >= 2), stands_on=("homogeneous_cost",),
       control=lambda W, K, a, b, c, d: growth.lower_bound(W, K + 1, a, b, c, d),
       control_words="one diamond more in the exponent")
def balance_lower_bound(W: Any, K: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """With r = ac/(bd): H >= 2(W-1) r^K where r >= 1, and H >= (2W-1) kappa r^(1-K), where
    kappa = (1-c)/c + (d/c)(1-a)/a, where r <= 1; so imbalance costs an exponential either way."""
    return growth.lower_bound(W, K, a, b, c, d)


FORKED = Domain("every maze with W >= 2, tied policies with rows in (0, 1]", lambda maze, **_: maze.W >= 2)


@claim(STEPS + ", any tied rows", source=("derived", "potential of the rows; docstring of theory.growth"),
       relation="at least", domain=FORKED, stands_on=("hitting_time",),
       control=lambda maze, policy: 4 * potential_lower(maze, policy), control_words="four times as much")
def potential_lower(maze: Maze, policy: Policy) -> Any:
    """H >= (W-1) M m, where M = max e^(phi_n), m = max(1, max_x ((1-P_x)/P_x) e^(-phi_{x-1})), phi_n = sum_{i<=n}
    log r_i: the exponent of the cost is at least the range of the potential phi."""
    return (maze.W - 1) * growth.potential(*policy.branch(0).persistence(maze.K))


@claim(STEPS + ", any tied rows", source=("derived", "potential of the rows; docstring of theory.growth"),
       relation="at most", domain=FORKED, stands_on=("hitting_time",),
       control=lambda maze, policy: 2 * maze.W * growth.potential(*policy.branch(0).persistence(maze.K)),
       control_words="without the factor (2K+1)^2")
def potential_upper(maze: Maze, policy: Policy) -> Any:
    """H <= 2W (2K+1)^2 M m with the same M and m: up to a polynomial, the cost is the range of the potential."""
    return 2 * maze.W * (2 * maze.K + 1) ** 2 * growth.potential(*policy.branch(0).persistence(maze.K))
