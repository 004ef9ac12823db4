"""Noise: errors in the learnt rows, an expert that errs, a base that hardly covers retreat.

Setting. All mathematics is in `theory.perturbed`, whose docstring says what an error and an expert are. Write q = e^s
for errors of size s, m = (q + 1/q)/2 for the mean of e^error, rho = (L+1)^2/L, Lambda = L + 1/L.

What follows. An error on a row near 1 is damped: it multiplies the odds of turning round, in the mean by m, so RLVR's
policy needs log(m)/lr sign steps more and no more. At base it is not: the potential walks at random, so the cost is
typically exp(v sqrt(8K/pi)), v^2 = 2 s^2 (L^2+1)/(L+1)^2 about, and its mean is exponential in K for every s > 0. On
SFT an error acts as if base covered retreat worse: the odds of turning round times m, the rate 1 + m Lambda + m^2.
With rows estimated from n visits s^2 is of the order 1/n, so n must grow like K.

An expert who errs and recovers at once does not teach retreat: it teaches to turn round *again*, and what SFT learns of
it grows faster in K than SFT on clean paths until the expert errs six times in ten. At a given K that shows only while
L is not too large: up to L = 2^(K-1) for an expert who errs up to half of the time.

Not covered: Gaussian errors but where only m counts (m = e^(s^2/2)); experts who go back no sooner than at a leaf,
which is what messy traces are (`theory.data`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import closed_forms, perturbed
from theory.claim import MAZES, Domain, claim
from theory.closed_forms import parameter, power
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

NOISE = ("derived", "independent factors; docstring of theory.perturbed")
RANGE = ("derived", "range of the potential; Spitzer's identity")
EXPERT = ("derived", "flows of the expert's walk; docstring of theory.perturbed")
START = ("derived", "closed forms at the odds of turning round times y")
ERRORS = Domain("every maze, tied policy with rows in (0, 1], q >= 1")
WALK = Domain("W >= 2, K, L >= 1, q >= 1", lambda W, **_: W >= 2)
ERRING = Domain("L >= 1, 0 < eta <= 1")
STARTED = Domain("W >= 2, K, L >= 1, y > 0", lambda W, **_: W >= 2)


# -- noise in the learnt rows -----------------------------------------------------------------------------------

@claim("expected steps averaged over errors of +s or -s in the log-odds of every row", source=NOISE, domain=ERRORS,
       stands_on=("hitting_time",),
       control=lambda maze, policy, q, tied: perturbed.averaged_steps(maze, policy, q, tied=not tied),
       control_words="branches that share their errors for branches that do not, and the other way round")
def noise_mean(maze: Maze, policy: Policy, q: Any, tied: bool) -> Any:
    """The mean of H over independent errors is a recursion in E[p] and E[1/p] of the rows, O(K), whether each branch
    has errors of its own or all share theirs."""
    return perturbed.averaged_steps(maze, policy, q, tied=tied)


@claim("mean steps at K + 1 over mean steps at K, base with errors in every row of every branch", source=NOISE,
       relation="tends to", domain=Domain("W >= 2, L >= 1, q > 1", lambda W, **_: W >= 2), stands_on=("noise_mean",),
       control=lambda L, q: float(_spread(L, q)), control_words="the rate of branches that share their errors")
def noise_base_rate(L: int, q: Any) -> Any:
    """Base with errors costs, in the mean, the rate g^2 a diamond, g = (1 + X)(1 + L^2 X) and
    X = (q^2-1)^2/(4q(Lq+1)(L+q)): exponential for every s > 0; log g is about s^2 (L^2+1)/(L+1)^2."""
    return float(_spread(L, q) ** 2)


def _spread(L: int, q: Any) -> Fraction:
    L, q = map(parameter, (L, q))
    X = (q**2 - 1) ** 2 / (4 * q * (L * q + 1) * (L + q))
    return fraction((1 + X) * (1 + L**2 * X))


@claim("expected range of the potential of base with errors, at 0 .. K diamonds", source=RANGE,
       domain=Domain("K, L >= 1, q >= 1"), control=lambda K, L, q: 2 * perturbed.expected_maximum(K + 1, L, q),
       control_words="one diamond more")
def noise_range(K: int, L: int, q: Any) -> Any:
    """The potential of base with errors is a symmetric random walk of K steps, and its expected range is
    sum_{n<=K} E|S_n|/n, S_n = A(I-n) + B(J-n), I and J binomial (2n, 1/2)."""
    return 2 * perturbed.expected_maximum(K, L, q)


@claim("expected range of the potential of base with errors", source=RANGE, relation="tends to",
       stands_on=("noise_range",), domain=Domain("L >= 1, q > 1, K growing"),
       control=lambda K, L, q: 2 * math.hypot(*perturbed.steps_of_walk(L, q)) * math.sqrt(K / 2),
       control_words="2 v sqrt(K)")
def noise_range_order(K: int, L: int, q: Any) -> Any:
    """That range grows as v sqrt(8K/pi), v^2 = (A^2 + B^2)/2: errors of a fixed size cost exp(Theta(s sqrt(K)))."""
    return math.hypot(*perturbed.steps_of_walk(L, q)) * math.sqrt(4 * K / math.pi)


def _range(K: int, L: int, q: Any) -> float:
    return perturbed.expected_maximum(K, L, q) + perturbed.expected_maximum(K - 1, L, q)


def _size(q: Any) -> float:
    return math.log(float(fraction(exact(q))))


@claim("mean of log H, base with errors that the branches share", source=RANGE, relation="at least", domain=WALK,
       stands_on=("potential_lower", "noise_range"),
       control=lambda W, K, L, q: _range(K, L, q) + math.log(W - 1) + _size(q), control_words="+ s for - 2s")
def noise_typical_least(W: int, K: int, L: int, q: Any) -> Any:
    """The mean of log H is at least the expected range of the potential, + log(W-1) - 2s. Proof: M is at least
    e^(max S), and m at least e^(-2s - min S), by the turning odds at the right nodes, kappa_v d/c >= e^(-2s). The
    constant is not sharp."""
    return _range(K, L, q) + math.log(W - 1) - 2 * _size(q)


@claim("mean of log H, base with errors that the branches share", source=RANGE, relation="at most", domain=WALK,
       stands_on=("potential_upper", "noise_range"),
       control=lambda W, K, L, q: noise_typical_most(W, K, L, q) - 2.5 * _size(q), control_words="s/2 for 3s")
def noise_typical_most(W: int, K: int, L: int, q: Any) -> Any:
    """And at most that range + log(2W(2K+1)^2) + log L + 3s. So the typical cost is exp(Theta(s sqrt(K))), though the
    mean cost is exponential in K: rare errors carry the mean. The constant is not sharp."""
    return _range(K, L, q) + math.log(2 * W * (2 * K + 1) ** 2 * L) + 3 * _size(q)


def sft_turning(W: Any, K: Any, L: Any, y: Any) -> Any:
    """Expected steps of the SFT limit when the odds of turning round in b and d are those of base times y > 0."""
    W, K, L, y = map(parameter, (W, K, L, y))
    back, rate = 1 + L * y, 1 + y * (L + 1 / L) + y * y
    return fraction(W + 2 * K + (W - 1) * (1 + 2 * (back + rate) * (power(rate, K) - 1) / (rate - 1)))


@claim("expected steps of the SFT limit averaged over independent errors in its rows", source=NOISE, domain=MAZES,
       symbolic=True, stands_on=("excursion",), control=lambda W, K, L, m: sft_turning(W, K, L, (1 + parameter(m)) / 2),
       control_words="half of the errors' effect")
def noise_sft(W: Any, K: Any, L: Any, m: Any) -> Any:
    """Errors raise SFT's rate from rho to 1 + m Lambda + m^2, m = E[e^error] (cosh s, or e^(s^2/2) for Gaussian ones):
    in the mean they cost what a base with m times the odds of turning round would."""
    return sft_turning(W, K, L, m)


@claim("mean steps over the optimum's, balanced rows with turning odds x/(KL) and xL/K, with errors, K growing",
       source=NOISE, relation="tends to", domain=Domain("W >= 2, L >= 1, x >= 0, q >= 1", lambda W, **_: W >= 2),
       stands_on=("noise_mean",), control=lambda L, x, q: float(1 + parameter(x) * _Lambda(L)),
       control_words="no noise")
def noise_damped(L: int, x: Any, q: Any) -> Any:
    """Near the optimum errors are damped: they bring the cost of RLVR's rows from 1 + x Lambda to 1 + m x Lambda times
    the optimum, so log(m)/lr sign steps more make up for errors of any size."""
    x, q = map(parameter, (x, q))
    return float(fraction(1 + x * _Lambda(L) * (q + 1 / q) / 2))


def _Lambda(L: Any) -> Any:
    return parameter(L) + 1 / parameter(L)


@claim("E[c]E[1/c] E[d]E[1/d], rows of base estimated as (k+1)/(n+2) from n visits", source=NOISE,
       domain=Domain("L >= 1, n >= 0"),
       control=lambda L, n: fraction((1 + parameter(L) / (n + 1)) * (1 + 1 / (parameter(L) * (n + 1)))),
       control_words="without the chance that k = 0 in n + 1")
def noise_visits(L: int, n: int) -> Any:
    """A learner that knows base's rows from n visits each costs, in the mean, g^2 a diamond, g = (1 + L/(n+1))
    (1 + 1/(L(n+1))) (1 - (L/(L+1))^(n+1)) (1 - (L+1)^-(n+1)): 2 Lambda K/n is the exponent, so n must grow like K."""
    L = parameter(L)
    edges = (1 - (L / (L + 1)) ** (n + 1)) * (1 - (1 / (L + 1)) ** (n + 1))
    return fraction((1 + L / (n + 1)) * (1 + 1 / (L * (n + 1))) * edges)


# -- a noisy expert ---------------------------------------------------------------------------------------------

@claim("rows learnt in the limit from whole traces of an expert that errs with probability eta", source=EXPERT,
       domain=Domain("every maze, 0 < eta <= 1"),
       control=lambda W, K, L, eta: _rows(Maze(1, K, L), eta), control_words="without the data of wrong branches")
def expert_learns(W: int, K: int, L: int, eta: Any) -> Any:
    """SFT on whole traces of an expert that errs and at once recovers learns the rows of a recursion in O(K): away from
    the fork a = 1-eta + eta/(L+1), c = 1-eta + eta L/(L+1), b -> eta L/(L+1), d -> eta/(L+1) as j grows."""
    return _rows(Maze(W, K, L), eta)


def _rows(maze: Maze, eta: Any) -> list[Any]:
    rows = perturbed.expert_rows(maze, eta).branch(0).expanded(maze.K)
    return [fraction(v) for name in "abcd" for v in rows[name]]


@claim("steps at K + 1 over steps at K, SFT on whole traces of an erring expert", source=EXPERT, relation="tends to",
       domain=ERRING, stands_on=("expert_learns",), control=lambda L, eta: float(_cut(L, eta)),
       control_words="the rate of traces cut at the first error")
def expert_rate(L: int, eta: Any) -> Any:
    """SFT on whole traces grows by (rho(1-eta) + eta^2)/eta^2 a diamond: an expert that knows the target teaches to
    turn round *again* after a step back, b and d of the order eta, so the fewer its errors the worse; at eta = 0 the
    backward rows have no data, and the rate is rho again."""
    return float(_cut(L, eta) / exact(eta) ** 2)


def _cut(L: int, eta: Any) -> Any:
    L, eta = map(parameter, (L, eta))
    return (L + 1) ** 2 / L * (1 - eta) + eta**2


@claim("steps at K + 1 over steps at K, SFT on the erring expert's traces cut at the first error", source=EXPERT,
       relation="tends to", domain=ERRING, stands_on=("homogeneous_cost",),
       control=lambda L, eta: float(closed_forms.sft_rate(L)), control_words="rho, as without errors")
def expert_cut_rate(L: int, eta: Any) -> Any:
    """On traces cut at the first step off the shortest path the rate is rho(1-eta) + eta^2: errors soften the forward
    rows, the backward rows stay at base, and the gap survives for every eta < 1."""
    return float(fraction(_cut(L, eta)))


@claim("whether SFT on whole traces of an erring expert costs at most what SFT on clean paths costs",
       source=("critique", "an expert that errs teaches recovery"),
       domain=Domain("W >= 2, K, L >= 1, 0 < eta < 1", lambda W, **_: W >= 2),
       stands_on=("expert_learns",), control=lambda W, K, L, eta: False, control_words="it always costs more",
       should_hold=False, true_form="expert_worse")
def expert_recovery_quoted(W: int, K: int, L: int, eta: Any) -> bool:
    """An expert that errs and recovers teaches retreat, read as: SFT on its traces costs at most what SFT on clean
    paths costs."""
    return True


@claim("steps of SFT on whole traces of an erring expert", source=EXPERT, relation="at least",
       domain=Domain("W >= 2, K >= 5, 1 <= L <= 2^(K-1), 0 < eta <= 1/2",
                     lambda W, K, L, eta=0, **_: W >= 2 and K >= 5 and 2 ** (K - 1) >= L and exact(eta) * 2 <= 1),
       stands_on=("expert_learns",), control=lambda W, K, L: Fraction(3, 2) * closed_forms.sft_steps(W, K, L),
       control_words="at least three halves of it")
def expert_worse(W: int, K: int, L: int) -> Any:
    """From K = 5 on, up to L = 2^(K-1) and eta = 1/2, SFT on whole traces of an erring expert costs at least what SFT
    on clean paths costs. The bound on L is needed: an error is softer where edges are many, and the loss doubles with
    every diamond at eta = 1/2."""
    return closed_forms.sft_steps(W, K, L)


@claim("share eta of errors at which the rate equals rho", source=EXPERT, domain=Domain("L >= 1"),
       stands_on=("expert_rate",), control=lambda L: (math.sqrt(5) - 1) / 2, control_words="as L grows")
def expert_threshold(L: int) -> float:
    """Errors help only from eta = (sqrt(5 - 4/rho) - 1)/(2(1 - 1/rho)) on: 2/3 at L = 1, 0.62 as L grows."""
    left = 1 - 1 / float(closed_forms.sft_rate(L))
    return (math.sqrt(1 + 4 * left) - 1) / (2 * left)


# -- a base that hardly covers retreat --------------------------------------------------------------------------

@claim("steps at K + 1 over steps at K, base with y times the odds of turning round in b and d", source=START,
       relation="tends to", domain=STARTED, stands_on=("homogeneous_cost",),
       control=lambda L, y: float(fraction(max(exact(y), 1 / exact(y)))), control_words="y or 1/y")
def uncovered_base(L: int, y: Any) -> float:
    """Base is polynomial only as it is: with its odds of turning round on the way back times y its rate is R or 1/R,
    R = (L+y)(1+Ly)/(L+1)^2."""
    rate = _uncovered(L, y)
    return float(max(rate, 1 / rate))


def _uncovered(L: Any, y: Any) -> Any:
    L, y = map(parameter, (L, y))
    return fraction((L + y) * (1 + L * y) / (L + 1) ** 2)


@claim("expected steps of the SFT limit from such a base", source=START, domain=STARTED, symbolic=True,
       stands_on=("homogeneous_cost",), control_words="y larger by 1e-6",
       control=lambda W, K, L, y: sft_turning(W, K, L, parameter(y) + parameter(1) / 10**6))
def uncovered_sft(W: Any, K: Any, L: Any, y: Any) -> Any:
    """SFT's rate is what base leaves in its backward rows: 1 + y Lambda + y^2, from 1 (base retreats for certain, and
    SFT is optimal) over rho at y = 1 to y^2."""
    return sft_turning(W, K, L, y)


@claim("expected steps after 1500 exact sign steps of 0.01 from such a base", source=("derived", "computed"),
       relation="at most", domain=Domain(
           "W <= 50, 2 <= K <= 15, L <= 5, 0 < y <= 100 (computed on a grid of them)",
           lambda W, K, L=1, y=1, **_: W <= 50 and 2 <= K <= 15 and L <= 5 and 0 < y <= 100),
       control=lambda W, K: Fraction(101, 100) * closed_forms.optimum_steps(W, K), control_words="within 1 %")
def uncovered_recovers(W: int, K: int) -> Any:
    """Exact sign descent comes within 5 % of the optimum whatever retreat base covers, as long as it covers some."""
    return Fraction(21, 20) * closed_forms.optimum_steps(W, K)


@claim("expected steps of the first rollout from such a base", source=START, relation="at least",
       domain=Domain("W >= 2, K, L >= 1, y >= 1", lambda W, y, **_: W >= 2 and exact(y) >= 1),
       stands_on=("balance_lower_bound",),
       control=lambda W, K, L, y: fraction(exact("21/10") * (W - 1) * exact(_uncovered(L, y)) ** K),
       control_words="5 % more")
def uncovered_rollout(W: int, K: int, L: int, y: Any) -> Any:
    """But its first rollout is at least 2(W-1) R^K steps: that RLVR's rollouts are affordable rests on base's own
    balance, exactly; any loss of coverage, y > 1, makes them exponential."""
    return fraction(2 * (W - 1) * exact(_uncovered(L, y)) ** K)
