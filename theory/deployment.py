"""Where training and inference meet: short mazes first, temperature, a memory at the fork, and the ledger of both.

Setting. As in `theory.hitting`: rows of persistence P_x and Q_x, r_x = P_x/Q_x, H = (W + (W-1)E)Z + Y.

Curriculum. Rows of its own for each diamond, the first k trained, the others base: products of r_x stop growing at 2k.
After k learnt diamonds the next one's row d is pushed the wrong way unless rho(W-1)/W > 2k+1, for the nearer diamonds
have become a long way back.

Temperature. A row's odds are a power 1/tau of what they were when all its logits start from 0: SFT's forward rows have
e^(D/tau), its backward rows 1, so the imbalance r = rho a c > 1 at every temperature; RLVR's four rows stay balanced.

Memory at the fork. With the branches whose leaf was seen struck out, the target is the next leaf with probability 1/m,
m branches being left; so (W-1)/2 wrong leaves are reached on average, in place of W-1.

Ledger. Tokens read, steps walked in training, and N inferences, added up. On one fork SFT with restarts needs fewer
steps than the optimum and its data fewer than one rollout of base, so no N lets RLVR overtake it.

Not covered: nested forks, where restarts lose (`theory.nesting`); how many rollouts RLVR
needs (`theory.bill`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import bill, closed_forms, coverage, hitting
from theory.claim import FORKS, Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

FORMS = ("derived", "the recursion with rows of two kinds; module docstring")
ROWS = ("derived", "odds of a softmax at temperature tau; module docstring")


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


# -- short mazes first ------------------------------------------------------------------------------------------------

TRAINED = Domain("W, K, L >= 1, 0 <= k <= K diamonds trained")


def _partly(W: Any, K: Any, L: Any, k: Any, reached: Any, odds: Any, back: Any) -> Fraction:
    """H with k diamonds trained, the others base: sum of the trained products of r, the last of them, B_2k."""
    W, L, untrained = Fraction(W), Fraction(L), K - k
    E = 1 + 2 * (reached + untrained * (L + 1) * odds)
    Z = 1 + untrained * (L + 1) / (L * odds)
    Y = 2 * k + untrained * (L + 1) * (2 + 1 / L) + (L + 1) / L * (
        untrained * back + (L + 1) * untrained * (untrained - 1))
    return (W + (W - 1) * E) * Z + Y


@claim("expected steps of a walker optimal in the first k diamonds and base in the others", source=FORMS,
       domain=TRAINED, control=lambda W, K, L, k: curriculum_rlvr(W, K, L, k) + Fraction(K - k, 10**6),
       control_words="a millionth of a step a diamond more")
def curriculum_rlvr(W: int, K: int, L: int, k: int) -> Any:
    """RLVR trained at depth k, with rows of its own for each diamond, is polynomial at any depth K, but of degree 2 in
    K - k, as base is: (W + (W-1)E)Z + Y with E = 1 + 4k + 2(K-k)(L+1), Z = 1 + (K-k)(L+1)/L."""
    return _partly(W, K, L, k, Fraction(2 * k), Fraction(1), Fraction(4 * k))


@claim("expected steps of a walker at SFT's limit in the first k diamonds and base in the others", source=FORMS,
       domain=TRAINED, control=lambda W, K, L, k: curriculum_sft(W, K, L, k) + Fraction(K - k, 10**6),
       control_words="a millionth of a step a diamond more")
def curriculum_sft(W: int, K: int, L: int, k: int) -> Any:
    """SFT trained at depth k is exponential in k and not in K: its data can unbalance only what they show."""
    M, rho = Fraction(L + 1), Fraction(closed_forms.sft_rate(L))
    grown = rho**k
    back = (1 + 2 * L / M + 1 / rho) * (1 - 1 / grown) / (1 - 1 / rho)
    return _partly(W, K, L, k, (M + rho) * (grown - 1) / (rho - 1), grown, back)


@claim("sign of -dH/dd_K where the first K-1 diamonds are optimal and the last is base", source=FORMS, domain=FORKS,
       control=lambda W, K, L: _sign((W - 1) * closed_forms.sft_rate(L) - W * 2 * K), control_words="2K for 2K-1")
def curriculum_sign(W: int, K: int, L: int) -> int:
    """A curriculum has wrong signs of its own: with the first K-1 diamonds learnt, row d of the next is pushed towards
    1 exactly when (W-1) rho > W(2K-1), rho = (L+1)^2/L; never for K >= (rho+1)/2, however many branches there are."""
    return _sign((W - 1) * closed_forms.sft_rate(L) - W * (2 * K - 1))


def stage_steps(K: int, L: int) -> int:
    """Sign steps of 0.01 in each stage of a curriculum up to depth K: 400 + 100 log(K L), rounded up.

    >>> stage_steps(1, 1), stage_steps(60, 5)
    (400, 971)
    """
    return math.ceil(400 + 100 * math.log(K * L))


@claim("expected steps after sign descent in stages, one diamond more each, 400 + 100 log(KL) steps of 0.01 a stage",
       source=("derived", "exact sign descent, run"), relation="at most",
       domain=Domain("W >= 2, K <= 60, L <= 1000", lambda W, K, L, **_: W >= 2 and K <= 60 and L <= 1000),
       stands_on=("curriculum_sign",), control=lambda W, K, L: fraction(exact("10001/10000")) *
       closed_forms.optimum_steps(W, K), control_words="within one part in ten thousand of the optimum")
def curriculum_stages(W: int, K: int, L: int) -> Any:
    """The wrong signs do no lasting harm: a curriculum that adds a diamond a stage comes within 5 % of the optimum with
    a step size at which descent at full depth stalls for ever (W = 3, K = 60, L = 5), given steps enough to cross log L
    and log K."""
    return fraction(exact("21/20")) * closed_forms.optimum_steps(W, K)


# -- at inference -----------------------------------------------------------------------------------------------------

def heated(L: int, X: Any, backward: bool) -> Policy:
    """Rows whose learnt edges have X times the odds of the others; the backward rows too, or base there."""
    X = exact(X)
    single, several = X / (X + L), L * X / (L * X + 1)
    base = exact(1) / (L + 1)
    return Policy(single, several if backward else L * base, several, single if backward else base)


@claim("ac/(bd), the growth a diamond, of SFT's rows at gap D and temperature tau, X = e^(D/tau)", source=ROWS,
       domain=Domain("L >= 1, X >= 1"), symbolic=True, stands_on=("balance_exponent", "sft_frozen"),
       control=lambda L, X: _certain_c(parameter(L), parameter(X)), control_words="with c = 1")
def temperature_rate(L: Any, X: Any) -> Any:
    """Sampling SFT at a temperature leaves it exponential: its growth (L+1)^2 X^2/((X+L)(LX+1)) falls from rho to 1 as
    X = e^(D/tau) falls to 1, and is 1 only there, where everything that was learnt is gone."""
    L, X = parameter(L), parameter(X)
    return fraction((L + 1) ** 2 * X**2 / ((X + L) * (L * X + 1)))


def _certain_c(L: Any, X: Any) -> Any:
    return fraction((L + 1) ** 2 * X / (L * (X + L)))


@claim("ac/(bd) of rows with one gap D in all four, at temperature tau, X = e^(D/tau)", source=ROWS,
       domain=Domain("L >= 1, X >= 1"), stands_on=("balance_exponent", "rlvr_cost"),
       control=lambda L, X: Fraction(10**9 + 1, 10**9), control_words="a billionth more")
def temperature_balanced(L: Any, X: Any) -> Any:
    """A temperature keeps RLVR's rows balanced: what it costs is polynomial at every temperature."""
    return Fraction(1)


@claim("expected steps of SFT's rows at gap D and temperature tau, over base", source=ROWS, relation="at least",
       domain=Domain("W >= 2, K >= 8, X >= 1", lambda W, K, **_: W >= 2 and K >= 8), stands_on=("temperature_rate",),
       control=lambda W, K, L, X: Fraction(23, 25), control_words="8 % for 10 %")
def temperature_best(W: int, K: int, L: int, X: Any) -> Any:
    """From K = 8 on no temperature brings SFT more than 10 % below base, which it is at infinite temperature."""
    return Fraction(9, 10)


@claim("expected steps of a walker that never again enters a branch whose leaf it has seen", source=(
    "derived", "(W-1)/2 wrong leaves on average; docstring of theory.deployment"),
       domain=Domain("every maze, tied rows in (0, 1]"), stands_on=("hitting_time",),
       control=lambda maze, policy: _remembering(maze, policy, Fraction(maze.W, 2)), control_words="W/2 for (W-1)/2")
def fork_memory(maze: Maze, policy: Policy) -> Any:
    """A memory of dead ends at the fork is worth half the wrong branches, (1 + (W-1)/2 (1+E)) Z + Y in place of
    (1 + (W-1)(1+E)) Z + Y, for every tied policy: it halves SFT's exponential and the optimum's line alike."""
    return _remembering(maze, policy, Fraction(maze.W - 1, 2))


def _remembering(maze: Maze, policy: Policy, wrong: Fraction) -> Any:
    Z, Y = hitting.entry(maze, policy)
    return (1 + wrong * (1 + hitting.excursion_steps(maze, policy))) * Z + Y


# -- the ledger -------------------------------------------------------------------------------------------------------

LEDGER = Domain("W >= 2, golden paths for risk eta at most (2W-1)(2K+1), N >= 0 inferences",
                lambda W, K, eta, **_: W >= 2 and bill.least_golden(W, eta) <= (2 * W - 1) * (2 * K + 1))


@claim("tokens of SFT's golden paths and steps of N inferences restarted at the first dead end, risk eta",
       source=("derived", "closed forms compared"), relation="at most", domain=LEDGER,
       stands_on=("bill_restarts", "base_cost", "optimum_cost"),
       control=lambda W, K, L, eta, N: ledger_never(W, K, L, eta, N) - Fraction(1, 1000),
       control_words="a thousandth of a step less")
def ledger_never(W: int, K: int, L: int, eta: Any, N: int) -> Any:
    """Training and inference together, RLVR from base never overtakes SFT with restarts on one fork: its first rollout
    and N walks of the optimum already cost more, for every N."""
    return fraction(closed_forms.base_steps(W, K, L)) + N * fraction(closed_forms.optimum_steps(W, K))


@claim("one rollout of base, over what an inference of SFT costs more than one of the optimum",
       source=("derived", "closed forms compared"), relation="at most",
       domain=Domain("W >= 2, K >= 3", lambda W, K, **_: W >= 2 and K >= 3), stands_on=("base_cost", "sft_cost"),
       control=lambda W, K, L: Fraction(61, 100), control_words="61/100 for 49/80 = 0.6125")
def ledger_first_rollout(W: int, K: int, L: int) -> Any:
    """From K = 3 on RLVR's first rollout costs at most 49/80 of what one inference saves against SFT without restarts,
    and that at W = 2, K = 3, L = 1: one inference repays it, though how many rollouts it needs is another matter."""
    return Fraction(49, 80)


def golden_tokens(W: int, K: int, eta: Any) -> int:
    """Tokens of as many golden paths as show every branch as a target with probability 1 - eta."""
    return bill.least_golden(W, eta) * (2 * K + 1)


def trace_tokens(W: int, K: int, eta: Any) -> Fraction:
    """Expected tokens of as many traces of the optimum as show every retreat with probability 1 - eta."""
    return Fraction(bill.bill_distillation(W, K, coverage.least_traces(W, eta)))
