"""Data: SFT stopped early, messy traces at a training time, few golden paths.

Setting. SFT's flow and mixed data as in `theory.perturbed`; lambda = L/(L+1), w visits of a tied backward row a datum.

What follows. Stopping SFT gains 3.8 % of base's cost at the most as K grows, and only if it is stopped at a time of the
order 1/K. Any share of messy traces, with one recovery each, closes the gap at convergence; before, the cost is
exponential in K, and the time to the optimum is proportional to K/w. Few golden paths are as bad as many.

Not covered: few traces of the optimum (`theory.distillation`), training time of single rows (`theory.samples`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import hitting, perturbed
from theory.claim import FORKS, Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

FLOW = ("derived", "population gradient flow; docstring of theory.perturbed")
LIMIT = ("derived", "K to infinity at K log r = u fixed; docstring of theory.perturbed")
DATA = ("derived", "inclusion and exclusion over two branches")


# -- SFT stopped early ------------------------------------------------------------------------------------------

@claim("ac/(bd) at training time t", source=FLOW, relation="at least", domain=Domain("L >= 1, t >= 0"),
       stands_on=("sft_forward_a", "sft_forward_c"), control=lambda L, t: 1 + Fraction(21, 20) * _early(L, t),
       control_words="5 % more above 1")
def early_rate(L: int, t: Any) -> Any:
    """SFT stopped at any t > 0 is exponential in K: ac/(bd) is at least
    1 + (t(L+1)(L^2+1) + t^2(L^2+L+1))/(L(L+1+t)^2), with the right slope at t = 0."""
    return 1 + _early(L, t)


def _early(L: Any, t: Any) -> Any:
    L, t = map(parameter, (L, t))
    return fraction((t * (L + 1) * (L**2 + 1) + t**2 * (L**2 + L + 1)) / (L * (L + 1 + t) ** 2))


@claim("least H along the tied flow of SFT, over H of base, K growing", source=LIMIT, relation="tends to", domain=FORKS,
       stands_on=("sft_flow_cost",), control=lambda W: early_gain(W + 1), control_words="that of W + 1")
def early_gain(W: int) -> float:
    """Stopping SFT at the best moment leaves, as K grows, 2/((2W-1) log(W/(W-1))) of base's cost, whatever L: it gains
    3.8 % at W = 2 and 1/(12 W^2) about. Proof: with u = K log(ac/(bd)), H over base's tends to N(u)/(u^2 (W-1/2)),
    N = (W-1)(e^u + e^-u - 2) + u - 1 + e^-u, and at e^u = W/(W-1), N = u and N' = 2, so u N' = 2 N."""
    return 2 / ((2 * W - 1) * math.log(W / (W - 1)))


@claim("K times the best moment to stop SFT, K growing", source=LIMIT, relation="tends to", domain=FORKS,
       stands_on=("sft_flow_cost", "early_gain"), control=lambda W, L: math.log(W / (W - 1)) * L, control_words="L for "
       "L(L+1)/(L^2+1)")
def early_time(W: int, L: int) -> float:
    """The best moment to stop is where (ac/(bd))^K = W/(W-1), about L(L+1)/(L^2+1) log(W/(W-1))/K: to 0 as 1/K."""
    return math.log(W / (W - 1)) * L * (L + 1) / (L**2 + 1)


# -- messy traces -----------------------------------------------------------------------------------------------

@claim("visits of a tied backward row in a datum, a share eps of traces with at most R detours kept", source=FLOW,
       domain=Domain("W >= 2, 0 < eps <= 1, R >= 0", lambda W, **_: W >= 2),
       control=lambda W, eps, R: perturbed.retreat_rate(W, eps, R + 1), control_words="one detour more")
def messy_visits(W: int, eps: Any, R: int) -> Any:
    """With R detours kept of each trace a backward row is visited eps (W-1)(1 - (1-1/W)^R) times a datum: the first
    recovery of a trace counts for 1/W of them all, and one is enough at convergence."""
    return fraction(perturbed.retreat_rate(W, eps, R))


@claim("log of the expected steps at training time t on mixed data", source=FLOW,
       domain=Domain("every maze, t >= 0, w > 0 visits of a backward row a datum"),
       stands_on=("sft_row_a", "sft_row_c", "recursion"),
       control=lambda maze, t, w: float(perturbed.mixed_steps(maze, t, exact(w) * 101 / 100).log()),
       control_words="1 % more retreats")
def messy_flow(maze: Maze, t: Any, w: Any) -> Any:
    """On mixed data rows a, c follow SFT's flow at rate 1 + w and d, b the same flows at rate w: at any finite time
    ac > bd, an exponential in K, which fades as training goes on."""
    return float(perturbed.mixed_steps(maze, t, w).log())


@claim("training time until mixed data bring SFT within 5 % of the optimum, over K, K growing", source=LIMIT,
       relation="tends to", domain=FORKS, stands_on=("messy_flow",),
       control=lambda W, L, w: messy_time(W, L, 1.1 * float(w)), control_words="a tenth more retreats")
def messy_time(W: int, L: int, w: Any) -> float:
    """Mixed data need a training time proportional to K: theta K, where theta solves a closed equation
    (`theory.perturbed.mixed_excess` = 1.05) and is about 40 (W-1) L/((2W-1)(L+1) w) for small w."""
    from scipy.optimize import brentq

    return float(brentq(lambda theta: perturbed.mixed_excess(W, L, float(w), theta) - 1.05, 1e-3, 1e9, xtol=1e-12))


# -- few data ---------------------------------------------------------------------------------------------------

def _golden_mean(W: int, K: int, L: int, n: int, restarts: bool, together: bool = True) -> Any:
    """Mean cost after n golden paths; see the claims."""
    maze = Maze(W, K, L)
    Z, Y = map(exact, hitting.entry(maze, Policy.base(L)))
    one, two = (1 - exact(1) / W) ** n, (1 - exact(2) / W) ** n if together else (1 - exact(1) / W) ** (2 * n)
    if restarts:                       # what a branch adds to a visit of the fork, by whether its rows were seen
        seen, unseen = exact(2 * K), Y / Z
    else:
        seen, unseen = (exact(hitting.excursion_steps(maze, p)) for p in (Policy.sft_limit(L), Policy.base(L)))
    others_seen = (W - 1) * ((1 - 2 * one + two) * seen + (one - two) * unseen)
    others_unseen = (W - 1) * ((one - two) * seen + two * unseen)
    return fraction((1 - one) * (W + 2 * K) + others_seen + Z * (one * W + others_unseen) + one * Y)


@claim("mean steps of SFT in its limit on n golden paths, uniform targets, rows untied across branches", source=DATA,
       stands_on=("hitting_time",), domain=Domain("W, K, L >= 1, n >= 0"),
       control=lambda W, K, L, n: _golden_mean(W, K, L, n, False, together=False),
       control_words="two branches unseen independently")
def golden_mean(W: int, K: int, L: int, n: int) -> Any:
    """From one golden path on SFT's mean cost has the rate rho, with a factor K where the target's branch may be
    unseen: more data do not help, and fewer do not hurt less."""
    return _golden_mean(W, K, L, n, False)


@claim("mean steps of that SFT restarted at the first dead end", source=DATA, stands_on=("restart_dead_end",),
       domain=Domain("W, K, L >= 1, n >= 0"),
       control=lambda W, K, L, n: _golden_mean(W, K, L, n, True, together=False),
       control_words="two branches unseen independently")
def golden_mean_restarts(W: int, K: int, L: int, n: int) -> Any:
    """With restarts few golden paths cost a polynomial: K^2 while a branch may be unseen, W(2K+1) in the limit."""
    return _golden_mean(W, K, L, n, True)
