"""A fork that is predictable with error eps: how much of the exponential a good guess takes away.

Setting. At the fork the walker draws the target's branch with probability 1 - eps and each wrong one with eps/(W-1):

    at every visit   a fresh guess each time the walker is at the fork
    for the walk     one branch is predicted for the whole walk, the target's with probability 1 - eps, any other
                     equally likely; the walker draws the predicted one with probability f, the rest equally likely.
                     Calibrated: f = 1 - eps, which is what imitation by cross-entropy learns

A visit costs 1 step and an excursion, or an entry into the target's branch: with Z, Y, E of `theory.hitting` and p the
probability to draw the target's branch, H = (1 + (1-p)E) Z/p + Y. So a fork predicted with error eps at every visit is
one with 1/(1 - eps) branches, and every closed form in W holds there.

Checked exactly by chains on the multigraph (`verify.nests`).
Not covered: learning to predict; errors that depend on the branch.
"""

from __future__ import annotations

from typing import Any

import flint

from theory import closed_forms, hitting
from theory.claim import Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

DERIVED = ("derived", "visits of the fork")
ERRORS = Domain("W >= 2, K, L >= 1, 0 <= eps < 1")
WALKS = Domain("every maze with W >= 2, tied policy with rows in (0, 1], 0 < eps < 1")


@claim("expected steps where the branches are drawn with given probabilities", source=DERIVED,
       domain=Domain("every maze, target and policy with rows in (0, 1], shares above 0 that sum to 1"),
       stands_on=("excursion", "entry_success", "entry_length"),
       control=lambda maze, policy, target, shares: fraction(
           exact(fork_cost(maze, policy, target, shares)) * (1 + exact(1) / 10**9)),
       control_words="a factor 1 + 1e-9")
def fork_cost(maze: Maze, policy: Policy, target: int, shares: list[Any]) -> Any:
    """A walker that draws branch i with probability p_i at every visit needs (1 + sum_{i wrong} p_i E_i) Z/p_target + Y
    steps."""
    Z, Y = map(exact, hitting.entry(maze, policy, target=target))
    around = sum((exact(shares[i]) * exact(hitting.excursion_steps(maze, policy, branch=i))
                  for i in range(maze.W) if i != target), exact(0))
    return fraction((1 + around) * Z / exact(shares[target]) + Y)


def branches(eps: Any) -> Any:
    """1/(1 - eps), the number of branches that a fork predicted with error eps is worth."""
    return 1 / (1 - parameter(eps))


@claim("expected steps of the SFT limit, fork predicted with error eps at every visit", source=DERIVED, domain=ERRORS,
       symbolic=True, stands_on=("fork_cost", "sft_cost"),
       control=lambda W, K, L, eps: closed_forms.sft_steps(1 + parameter(eps) * parameter(W), K, L),
       control_words="1 + eps W for 1/(1 - eps), the same at eps = 0 and without prediction")
def fork_sft(W: Any, K: Any, L: Any, eps: Any) -> Any:
    """A fork predicted with error eps is one with 1/(1 - eps) branches: imitation costs 1 + 2K + eps/(1 - eps) times
    (2 + 2(L+1)(2L+1)/(L^2+L+1) (rho^K - 1)) steps, exponential in K at the same rate for every eps > 0."""
    return closed_forms.sft_steps(branches(eps), K, L)


@claim("expected steps of base, fork predicted with error eps at every visit", source=DERIVED, domain=ERRORS,
       symbolic=True, stands_on=("fork_cost", "base_cost"),
       control=lambda W, K, L, eps: closed_forms.base_steps(1 + parameter(eps) * parameter(W), K, L),
       control_words="1 + eps W for 1/(1 - eps)")
def fork_base(W: Any, K: Any, L: Any, eps: Any) -> Any:
    """Base with a fork predicted with error eps needs (1 + eps)/(1 - eps) times its cost with one branch."""
    return closed_forms.base_steps(branches(eps), K, L)


@claim("expected steps of the optimum, fork predicted with error eps at every visit", source=DERIVED, domain=ERRORS,
       symbolic=True, stands_on=("fork_cost", "optimum_cost"),
       control=lambda W, K, eps: closed_forms.optimum_steps(1 + parameter(eps) * parameter(W), K),
       control_words="1 + eps W for 1/(1 - eps)")
def fork_optimum(W: Any, K: Any, eps: Any) -> Any:
    """The optimum with a fork predicted with error eps needs (1 + eps)/(1 - eps) (2K+1) steps."""
    return closed_forms.optimum_steps(branches(eps), K)


@claim("expected steps of the SFT limit, fork predicted with error eps at every visit", source=DERIVED, symbolic=True,
       relation="at least", domain=ERRORS, stands_on=("fork_sft",),
       control=lambda W, K, L, eps: fraction(parameter(fork_sft_lower(W, K, L, eps)) * 101 / 100),
       control_words="1 % more")
def fork_sft_lower(W: Any, K: Any, L: Any, eps: Any) -> Any:
    """No fixed accuracy closes the gap: imitation costs at least 7/2 eps/(1 - eps) rho^K steps. Only an error that
    falls like rho^-K would."""
    eps, L = parameter(eps), parameter(L)
    return fraction(parameter(7) / 2 * eps / (1 - eps) * closed_forms.power((L + 1) ** 2 / L, parameter(K)))


def _excursion(K: Any, L: Any) -> Any:
    """E of the SFT limit: what one branch more costs, less the step into it."""
    return exact(closed_forms.sft_steps(2, K, L)) - exact(closed_forms.sft_steps(1, K, L)) - 1


def _error(odds: Any) -> Any:
    return fraction(odds / (1 + odds))


SOMEWHERE = Domain("K, L >= 1 and delta > 0 so small that SFT with a useless fork costs more than 1 + delta times the "
                   "optimum", lambda K, L, delta, **_:
                   _excursion(K, L) > (1 + exact(delta)) * (4 * K + 1) + exact(delta))


@claim("error eps at which the SFT limit costs 1 + delta times the optimum, fork predicted at every visit",
       source=DERIVED, domain=SOMEWHERE, stands_on=("fork_sft", "fork_optimum"),
       control=lambda K, L, delta: fraction(exact(fork_critical(K, L, delta)) * 1001 / 1000),
       control_words="a thousandth more")
def fork_critical(K: int, L: int, delta: Any) -> Any:
    """SFT stays within 1 + delta of the optimum exactly while eps/(1 - eps) <= delta(2K+1)/(E - (1+delta)(4K+1) -
    delta), E the excursion of SFT: for errors of the order delta K rho^-K. It equals the optimum at eps = 0 alone."""
    delta = exact(delta)
    return _error(delta * (2 * K + 1) / (_excursion(K, L) - (1 + delta) * (4 * K + 1) - delta))


WORSE = Domain("K, L >= 1 such that one excursion of SFT costs more than one of base",
               lambda K, L, **_: _excursion(K, L) + 1 > 2 * exact(closed_forms.base_steps(1, K, L)))


@claim("error eps at which the SFT limit costs what base does, fork predicted at every visit", source=DERIVED,
       domain=WORSE, stands_on=("fork_sft", "fork_base"),
       control=lambda K, L: fraction(exact(fork_worse_than_base(K, L)) * 1001 / 1000),
       control_words="a thousandth more")
def fork_worse_than_base(K: int, L: int) -> Any:
    """Imitation is worse than no training as soon as eps/(1 - eps) exceeds (G - 2K - 1)/(E + 1 - 2G), G the cost of
    base with one branch."""
    G = exact(closed_forms.base_steps(1, K, L))
    return _error((G - 2 * K - 1) / (_excursion(K, L) + 1 - 2 * G))


@claim("expected steps of the SFT limit restarted at the first dead end, fork predicted with error eps", source=DERIVED,
       domain=ERRORS, symbolic=True, stands_on=("restart_dead_end",),
       control=lambda W, K, eps: fraction((2 * K + 1) * (1 + parameter(eps) * parameter(W))),
       control_words="1 + eps W for 1/(1 - eps)")
def fork_restarts(W: Any, K: Any, eps: Any) -> Any:
    """Restarted at the first dead end, SFT needs (2K+1)/(1 - eps) steps, 1 + eps times less than the optimum."""
    return fraction((2 * K + 1) * branches(eps))


@claim("expected steps of the SFT limit under search, fork predicted with error eps", source=DERIVED, domain=ERRORS,
       symbolic=True, stands_on=("search_sft",),
       control=lambda W, K, L, eps: fork_search(W, K, L + 1, eps), control_words="L + 4 for L + 3")
def fork_search(W: Any, K: Any, L: Any, eps: Any) -> Any:
    """Under search, which draws without replacement, SFT visits N = eps(W-1)/(eps + (W-1)(1-eps)) wrong branches and
    needs N(K(L+3)+2) + 2K+1 steps."""
    W, K, L, eps = map(parameter, (W, K, L, eps))
    return fraction(eps * (W - 1) / (eps + (W - 1) * (1 - eps)) * (K * (L + 3) + 2) + 2 * K + 1)


@claim("expected steps of a walker with a calibrated prediction for the walk, error eps", source=DERIVED, domain=WALKS,
       stands_on=("fork_cost",), control=lambda maze, policy, eps: fraction(
           exact(hitting.expected_steps(maze, policy)) * (1 + exact(1) / 10**9)), control_words="a factor 1 + 1e-9")
def fork_calibrated(maze: Maze, policy: Policy, eps: Any) -> Any:
    """A prediction that holds for the walk is worth nothing to a walker that follows it as often as it is right: the
    expected cost is that of a fork without prediction, for every eps in (0, 1), since (1-eps)/(1-eps) and
    eps/(eps/(W-1)) sum to W."""
    return hitting.expected_steps(maze, policy)


@claim("expected steps of the SFT limit under search with a calibrated prediction for the walk, error eps",
       source=DERIVED, domain=ERRORS, symbolic=True, stands_on=("search_sft",),
       control=lambda W, K, L, eps: fork_search(W, K, L, eps), control_words="a fresh guess at every visit")
def fork_search_walk(W: Any, K: Any, L: Any, eps: Any) -> Any:
    """Under search a calibrated prediction for the walk does help: SFT visits 2 eps (1-eps)/(1-eps + e) +
    eps (W-2)/2 wrong branches, e = eps/(W-1), and needs K(L+3)+2 steps for each and 2K+1."""
    W, K, L, eps = map(parameter, (W, K, L, eps))
    # the target is drawn before a branch of share v, itself having share u, with probability u/(u+v)
    right, wrong = 1 - eps, eps / (W - 1)
    visited = right * (W - 1) * wrong / (right + wrong) + eps * (right / (right + wrong) + (W - 2) / 2)
    return fraction(visited * (K * (L + 3) + 2) + 2 * K + 1)


def _root(maze: Maze, policy: Policy, eps: Any, factor: Any = 1) -> Any:
    Z, Y = (exact(v) for v in hitting.entry(maze, policy))
    E, eps = exact(hitting.excursion_steps(maze, policy)), exact(eps)
    root = flint.arb(1 - eps).sqrt() + flint.arb(eps * (maze.W - 1)).sqrt()
    return (Z * (1 + E) * root**2 + (Y - Z * E)) * factor


@claim("expected steps of a walker that follows a prediction for the walk with probability f, error eps",
       source=DERIVED, relation="at least", domain=WALKS, stands_on=("fork_cost",),
       control=lambda maze, policy, eps: _root(maze, policy, eps, exact(101) / 100), control_words="at least 1 % more")
def fork_root_rule(maze: Maze, policy: Policy, eps: Any) -> Any:
    """Whatever f, the cost is at least Z(1+E) (sqrt(1-eps) + sqrt(eps(W-1)))^2 + Y - ZE, reached by f in proportion to
    the root: f/(1-f) = sqrt((1-eps)/(eps(W-1)))."""
    # that a reward can teach this f, and cross-entropy teaches the calibrated one, is said of their optima: not checked
    return _root(maze, policy, eps)
