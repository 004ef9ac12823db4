"""The whole bill: what each way of learning costs, in steps walked or tokens read, to bring inference near the optimum.

Setting. A learner starts from base (or from the SFT limit) and is done when the expected steps of its walk are at most
1 + delta times the optimum's (2W-1)(2K+1). Its bill counts edges: those its rollouts walked, or the tokens of the data
it read. Each bill has a risk eta: the learner is done with probability at least 1 - eta.

    distillation, mixed data    n traces, as many as show a retreat from every branch with probability 1 - eta
                                (`theory.coverage`); a trace is (2W-1)(2K+1) tokens, a golden path 2K+1
    SFT and restarts            n golden paths, as many as show every branch as a target; no walk at all. Inference is
                                begun anew at the first dead end and then costs W(2K+1), less than the optimum
    RLVR from base, sampled     sign steps; at each one as many rollouts as make all 4K signs right, eta shared out over
                                the steps (`theory.majority`); the path is then the exact one (`theory.sign_path`)
    RLVR from the SFT limit     its backward rows, all at once or from the fork outwards; one rollout is already H steps

Two facts shorten the table. A student at convergence walks only arcs that its data contain, so a branch need be seen
once, not each of its parallel edges. And a sign step may have any size: from base one step of log(3/2 K(L+1/L)/delta)
is enough where all signs at base are right, W >= K. So the least that RLVR by signs pays is one decision at base, and
how near to the optimum it goes costs nothing.

The counts of rollouts are for a learner that knows how many it needs and takes H as its baseline; they are rigorous
upper bounds, not needs. What is a need: one rollout. Rows of RLVR are tied across branches, those of imitation are not,
which favours RLVR. Not covered: DAgger and rejection sampling, which are measured (`verify.report.bill`); the time that
training takes on given data (`theory.samples`).
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any, NamedTuple

from theory import closed_forms, coverage, estimator, majority, sign_path
from theory.claim import FORKS, Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from theory.signs import taught

TOKENS = ("derived", "the optimum's walk is a geometric number of detours of 2(2K+1) steps")
STUDENTS = ("derived", "a student at convergence walks only arcs of its data; docstring of theory.bill")
FORMS = ("derived", "closed forms compared")
SIGNS = ("derived", "union bound over sign steps and rows; docstring of theory.bill")
DATA = Domain("W >= 2, 0 < delta <= 1/2", lambda W, delta, **_: W >= 2 and 2 * exact(delta) <= 1)


# -- data -------------------------------------------------------------------------------------------------------

@claim("expected tokens of n traces of the optimum", source=TOKENS, symbolic=True, stands_on=("optimum_cost",),
       control=lambda W, K, n: 2 * n * W * (2 * K + 1), control_words="2W for 2W - 1")
def bill_distillation(W: Any, K: Any, n: Any) -> Any:
    """n traces of the optimum are n(2W-1)(2K+1) tokens on average."""
    return n * (2 * W - 1) * (2 * K + 1)


@claim("expected tokens of a datum that is a trace of the optimum with probability eps, else a golden path",
       source=TOKENS, domain=Domain("W, K >= 1, 0 <= eps <= 1"), symbolic=True, stands_on=("optimum_cost",),
       control=lambda W, K, eps: (2 * K + 1) * (1 + eps * (2 * W - 1)), control_words="2W-1 for 2(W-1)")
def bill_mixed(W: Any, K: Any, eps: Any) -> Any:
    """A datum of mixed data, a share eps of them traces, is (2K+1)(1 + 2 eps (W-1)) tokens on average."""
    return (2 * K + 1) * (1 + 2 * eps * (W - 1))


@claim("tokens of mixed data over those of pure traces, each as many as show every retreat with probability 1 - delta",
       source=TOKENS, relation="at most",
       domain=Domain("W >= 2, 0 < eps <= 1, 0 < delta < 1", lambda W, **_: W >= 2),
       stands_on=("bill_distillation", "bill_mixed", "mixed_traces"),
       control=lambda W, delta, eps: _mixed_price(W, delta, eps, 1, 0), control_words="1 for 7/5, and no rounding")
def bill_mixed_price(W: int, delta: Any, eps: Any) -> Any:
    """Diluting traces with golden paths costs at most (7/5 + eps/n)(1 + (1/eps - 1)/(2W-1)) times the tokens, n the
    traces that pure data take: a golden path is 2W-1 times shorter, so rare retreats are cheap down to eps = 1/(2W)."""
    return _mixed_price(W, delta, eps, Fraction(7, 5), 1)


def _mixed_price(W: int, delta: Any, eps: Any, rate: Any, rounding: int) -> Fraction:
    eps = fraction(exact(eps))
    up = rate + rounding * eps / coverage.least_traces(W, delta)
    return up * (1 + (1 / eps - 1) / (2 * W - 1))


@claim("probability that SFT on n golden paths, restarted at the first dead end, needs W(2K+1) steps for every target",
       source=STUDENTS, domain=Domain("W, K, L >= 1, n >= 0 paths"), stands_on=("golden_branches", "restart_dead_end"),
       control=lambda W, n: fraction((1 - (1 - parameter(1) / W) ** n) ** W),
       control_words="branches seen independently")
def bill_restarts(W: int, n: int) -> Any:
    """SFT on n golden paths and restarts at the first dead end, with no trace, rollout or reward, need W(2K+1) steps,
    less than the optimum, except with probability 1 - sum_i (-1)^i C(W,i) (1 - i/W)^n, whatever K and L."""
    return coverage.coupons(W, n)


def least_golden(W: int, eta: Any) -> int:
    """Least number of golden paths that show every branch as a target with probability at least 1 - eta.

    >>> least_golden(15, "1/100"), least_golden(4, "1/100")
    (106, 21)
    """
    return coverage.least_number(lambda n: 1 - coverage.coupons(W, n), eta)


@claim("tokens of SFT and restarts over those of distillation, each done with probability 1 - delta", source=FORMS,
       relation="at most", domain=DATA, stands_on=("bill_restarts", "bill_distillation", "distillation_covered"),
       control=lambda W, delta: Fraction(2, 5), control_words="2/5")
def bill_restarts_cheaper(W: int, delta: Any) -> Any:
    """SFT and restarts read at most half of the tokens that distillation reads, and walk about half as far after."""
    return Fraction(1, 2)


# -- rollouts ---------------------------------------------------------------------------------------------------

@claim("tokens of one trace of the optimum over the expected steps of one rollout of base", source=FORMS,
       relation="at most", symbolic=True, stands_on=("base_cost", "optimum_cost"),
       control=lambda K, L: _one_rollout(K, L, 199), control_words="1.99 for 2")
def bill_one_rollout(K: Any, L: Any) -> Any:
    """A trace of the optimum is at most 2L/(K(L+1)^2) of a rollout of base, whatever W. So as long as
    n <= K(L+1)^2/(2L), n traces cost less than the first rollout of any learner that starts from base."""
    return _one_rollout(K, L, 200)


def _one_rollout(K: Any, L: Any, hundredths: int) -> Any:
    K, L = parameter(K), parameter(L)
    return fraction(hundredths * L / (100 * K * (L + 1) ** 2))


def rise(K: int, L: int, delta: Any, constant: Any = Fraction(3, 2)) -> float:
    """log(constant K(L + 1/L)/delta): how far all log-odds must rise from base; a step size.

    >>> round(rise(15, 5, "1/20"), 4)
    7.7579
    """
    return math.log(float(exact(constant) * exact(sign_path.scale(K, L)) / exact(delta)))


@claim("expected steps after one sign step of size log(3/2 K(L+1/L)/delta) from base, over the optimum",
       source=("derived", "sign descent followed exactly; docstring of theory.sign_path"), relation="at most",
       domain=Domain("W >= 2, W >= K, 0 < delta <= 1", lambda W, K, delta, **_: W >= max(2, K) and delta <= 1),
       stands_on=("rlvr_signs", "balanced_cost"), control=lambda delta: 1 + delta / 2,
       control_words="1 + delta/2")
def bill_one_step(delta: Any) -> Any:
    """When W >= K, a single sign step of size log(3/2 K(L + 1/L)/delta) takes base to 1 + delta times the optimum: the
    signs at base are all that RLVR has to learn."""
    return 1 + delta


class Stage(NamedTuple):
    """One sign step: the rollouts that make all its signs right, and the expected steps of each."""

    rollouts: float
    steps: float

    @property
    def walked(self) -> float:
        """Expected steps of this stage's rollouts."""
        return self.rollouts * self.steps


def sign_stages(maze: Maze, delta: Any, eta: float, *, lr: float | None = None, normal: bool = False) -> list[Stage]:
    """The sign steps from base to 1 + delta times the optimum, with rollouts that go wrong with probability <= eta.

    lr: step size; None for one step of size `rise`. normal: the normal approximation in place of the rigorous count.
    Errors: `InputError` where the path is not known: W < K, or W = K < 3 or L > 5(K-1)^2 with more than one step.

    >>> [f"{stage.walked:.1e}" for stage in sign_stages(Maze(15, 15, 5), "1/20", 0.01)]
    ['3.2e+14']
    """
    W, K, L = maze.W, maze.K, maze.L
    wide = W >= max(2, K) if lr is None else W >= K + 1 or (W == K >= 3 and L <= 5 * (K - 1) ** 2)
    if not wide:
        raise InputError(f"W = {W}, K = {K}, L = {L}: the path of sign steps from base is not known")
    size, count = (rise(K, L, delta), 1) if lr is None else (lr, sign_path.steps(W, K, L, lr, delta))
    shifts = [size * i for i in range(count)]              # none when base is near enough
    stages = []
    for shift in shifts:
        ratio, rows = _faintest(maze, shift)
        stages.append(Stage(majority.rollouts_for_sign(ratio, eta / count / rows, normal=normal),
                            float(sign_path.cost(W, K, L, exact(math.exp(-shift))))))
    return stages


@functools.cache
def _faintest(maze: Maze, shift: float) -> tuple[float, int]:
    """(the least r^2 of a row entry on the path, after a rise of `shift`; how many entries have a gradient)."""
    found = estimator.signal(maze, majority.diagonal(maze, [shift])[0])
    ratios = found.ratio[found.score > 0]
    return float(ratios.min()), len(ratios)


@claim("rollouts at each sign step, enough to come within 1 + delta of the optimum with probability 1 - eta",
       source=SIGNS, relation="at most", domain=Domain("W >= K + 1, delta > 0, 0 < eta <= 1/2, lr > 0",
                                                       lambda W, K, **_: W >= K + 1),
       stands_on=("rlvr_path", "rlvr_cost", "sign_majority"),
       control=lambda W, K, L, delta, eta, lr: _rollouts(W, K, L, delta, eta, lr, 20),
       control_words="a twentieth of the rollouts")
def bill_rlvr(W: int, K: int, L: int, delta: Any, eta: float, lr: float) -> Any:
    """Sign descent with sampled signs, each the median of k averages, follows the exact path and comes within 1 + delta
    of the optimum with probability at least 1 - eta, when each of its steps takes k x/r^2 rollouts as `theory.majority`
    says for eta shared out evenly over steps and rows."""
    return _rollouts(W, K, L, delta, eta, lr, 1)


def _rollouts(W: int, K: int, L: int, delta: Any, eta: float, lr: float, part: int) -> list[int]:
    return [int(stage.rollouts) // part for stage in sign_stages(Maze(W, K, L), delta, eta, lr=lr)]


@claim("expected steps of one rollout of the SFT limit", source=FORMS, relation="at least", domain=FORKS, symbolic=True,
       stands_on=("sft_cost",), control=lambda W, K, L, power=closed_forms.power: _sft_rollout(W, K, L, 41, power),
       control_words="4.1 for 4")
def bill_sft_rlvr(W: Any, K: Any, L: Any, power: closed_forms.Power = closed_forms.power) -> Any:
    """RLVR from the SFT limit walks at least 4(W-1)(rho^K - 1) steps, rho = (L+1)^2/L, before it has learnt anything:
    that is its first rollout."""
    return _sft_rollout(W, K, L, 40, power)


def _sft_rollout(W: Any, K: Any, L: Any, tenths: int, power: closed_forms.Power) -> Any:
    W, K, L = map(parameter, (W, K, L))
    return fraction(tenths * (W - 1) * (power((L + 1) ** 2 / L, K) - 1) / 10)


def sft_stages(maze: Maze, eta: float, *, in_turn: bool, normal: bool = False) -> list[Stage]:
    """The rollouts that show the 2K signs of the backward rows, from the SFT limit, with probability 1 - eta.

    All at once, or a diamond at a time from the fork outwards, each learnt one retreating surely from then on: a step
    of any large size; what a finite one leaves undone is not counted. Rows a and c are 1 and have no gradient.
    """
    if in_turn:
        seen = [(float(now.ratio[[1, 3], learnt].min()), now.steps)
                for learnt, now in ((learnt, _taught(maze, learnt)) for learnt in range(maze.K))]
    else:
        seen = [(float(_taught(maze, 0).ratio[[1, 3]].min()), _taught(maze, 0).steps)]
    return [Stage(majority.rollouts_for_sign(ratio, eta / (2 * maze.K), normal=normal), H) for ratio, H in seen]


@functools.cache
def _taught(maze: Maze, learnt: int) -> estimator.Signal:
    return estimator.signal(maze, taught(maze.K, maze.L, learnt))


@claim("expected step of the log-odds of persisting in a backward row, SFT on all own successes", relation="equals",
       source=("derived", "whatever the row, choices less p times visits have mean 0 (E[S] = 0)"),
       domain=Domain("every maze, tied policy with rows in (0, 1), walks that all arrive"),
       control=lambda maze, policy: Fraction(-1, 5), control_words="a fifth of a choice a walk, towards turning round")
def bill_rejection(maze: Maze, policy: Policy) -> Any:
    """Rejection sampling that keeps all successes teaches nothing, its loss summed over each trace: when every walk
    arrives, the data are the model's own conditionals, and the expected step is 0 in every row; a row moves by noise
    alone."""
    return 0


# -- what training is worth -------------------------------------------------------------------------------------

def break_even(maze: Maze, training: Any, after: Any) -> float:
    """Inferences after which `training` steps are paid, against base: training / (H_base - after); inf where never.

    >>> round(break_even(Maze(15, 15, 5), 10788, 899), 3)
    0.219
    """
    saved = float(exact(closed_forms.base_steps(maze.W, maze.K, maze.L)) - exact(after))
    return float(training) / saved if saved > 0 else math.inf
