"""Theorem 5: distilling RLVR traces into the base model; how many traces it takes, exactly.

Setting. The teacher is the optimum (all rows 1). A student *at convergence* is the maximum-likelihood table of its
data, the limit of SFT: a visited row goes to the data's conditional, an unvisited one stays at base. Rows are untied
across branches; `fixed` says that all traces, and the student's test, have one target, else targets are uniform and
the student is tested on each. The fork draws a branch uniformly, every time; that is not the policy's to learn.

When every branch has been retreated from, the student is the optimum even on the full multigraph, row by directed
edge, with most copies unseen: it only walks arcs that its data contain, so each row it can reach was visited, and each
visited row persists. When one has not, it is not, with one exception: for a fixed target the branch then looks as in
base, and base wastes 2K(L-1) steps there more than the optimum, nothing for L = 1.

The laws come from `theory.coverage`. n traces miss some branch with probability F(n) (m branches to see). Bounds:

    (1/2) min(m q^n, (3q/2)^n)  <=  F(n)  <=  min(m q^n, (4q/3)^n 4^m/C(2m,m)),   q = 1/2 fixed, (W+1)/(2W) uniform.

Upper: the union bound, and Chernoff's, F(n) <= E z^N z^-(n+1) at z = 3/2, E z^N = z prod_j j/(j+1-z). Lower:
Bonferroni on k = min(m, ceil((3/2)^n)) of the branches. So log2(m/delta) traces are enough and, for small delta,
needed; for a fixed delta they are not: about log m suffice (natural), as the mean says.

Not covered: students stopped early, sampled learners, teachers short of the optimum.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

from theory import closed_forms, coverage, hitting
from theory.claim import FORKS, Domain, claim
from theory.closed_forms import parameter, power
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

THEOREM = ("paper", "Theorem 5, by public statements of it")
SUFFICE = ("derived", "read off the mean: log2(W/delta) traces suffice")
DERIVED = ("derived", "one trace enters a given wrong branch with probability 1/2")
LAW = ("derived", "inclusion and exclusion; docstring of theory.coverage")
TRACES = Domain("W >= 2, n >= 0 traces", lambda W, **_: W >= 2)
MIXED = Domain("W >= 2, n >= 0, 0 < eps <= 1", lambda W, **_: W >= 2)
TRAINED = Domain("W >= 2, K, L >= 1, n >= 1 traces", lambda W, n, **_: W >= 2 and n >= 1)
RATE = Fraction(7, 5)              # 2 log 2 = 1.386.. rounded up: the price of a mixture in the bound on its traces


# -- the coverage law -------------------------------------------------------------------------------------------

@claim("expected number of branches whose backward rows are unseen after n traces, uniform targets", source=DERIVED,
       domain=FORKS, symbolic=True,
       control=lambda W, n: fraction(parameter(W) * ((1 + 2 / parameter(W)) / 2) ** n), control_words="2/W for 1/W")
def distillation_coverage(W: Any, n: Any) -> Any:
    """After n traces of the optimum, W((1 + 1/W)/2)^n branches are expected to have unseen backward rows."""
    return fraction(parameter(W) * ((1 + 1 / parameter(W)) / 2) ** n)


def independent(W: int, n: int, fixed: bool, eps: Any = 1) -> Fraction:
    """The false law that all controls of coverage share: each branch seen independently of the others."""
    return fraction((1 - exact(coverage.missed(W, 1, fixed=fixed, eps=eps)) ** n) ** coverage.branches(W, fixed))


@claim("probability that n traces show every wrong branch's backward rows, fixed target", source=LAW,
       domain=TRACES,
       control=lambda W, n: independent(W, n, True), control_words="branches seen independently, (1 - 2^-n)^(W-1)")
def distillation_coverage_fixed(W: int, n: int) -> Any:
    """For a fixed target, n traces of the optimum show the backward rows of every wrong branch with probability
    sum_i (-1)^i C(W-1,i) (i+1)^-n."""
    return coverage.covered(W, n, fixed=True)


@claim("probability that n traces show every branch's backward rows, uniform targets", source=LAW, domain=TRACES,
       stands_on=("distillation_coverage",), control=lambda W, n: independent(W, n, False),
       control_words="branches seen independently, (1 - ((1 + 1/W)/2)^n)^W")
def distillation_coverage_uniform(W: int, n: int) -> Any:
    """For uniform targets, n traces show the backward rows of every branch with probability
    1 + sum_{i>=1} (-1)^i C(W,i) ((W+1)/(W(i+1)))^n."""
    return coverage.covered(W, n)


@claim("probability that n traces of mixed data show every branch's backward rows", source=LAW, domain=MIXED,
       control=lambda W, n, eps, fixed: independent(W, n, fixed, eps), control_words="branches seen independently")
def mixed_coverage(W: int, n: int, eps: Any, fixed: bool) -> Any:
    """When a trace is a teacher's with probability eps, else golden, the law holds with 1 - eps + eps q_i for q_i."""
    return coverage.covered(W, n, fixed=fixed, eps=eps)


@claim("expected number of traces until every branch's backward rows are seen", source=LAW,
       domain=Domain("W >= 2, 0 < eps <= 1", lambda W, **_: W >= 2),
       control=lambda W, eps, fixed: coverage.mean_traces(W + 1, fixed=fixed, eps=eps),
       control_words="one branch more")
def distillation_traces_mean(W: int, eps: Any, fixed: bool) -> Any:
    """Fixed target: (1 + H_{W-1})/eps traces on average, H the harmonic number; uniform targets:
    W((1 + 1/W) prod_{j<=W} j/(j - 1/W) - 1)/eps. So log W, not log2 W, and 1/eps exactly."""
    return coverage.mean_traces(W, fixed=fixed, eps=eps)


# -- bounds -----------------------------------------------------------------------------------------------------

def _failure_most(W: int, n: int, fixed: bool, start: Fraction = Fraction(1)) -> Fraction:
    m, q = coverage.branches(W, fixed), coverage.missed(W, 1, fixed=fixed)
    return min(start * m * q**n, (4 * q / 3) ** n * Fraction(4**m, comb(2 * m, m)))


@claim("probability that n traces leave some branch's backward rows unseen", source=LAW, relation="at most",
       domain=TRACES, control=lambda W, n, fixed: _failure_most(W, n, fixed, start=Fraction(9, 10)),
       control_words="nine tenths of the union bound")
def distillation_failure_most(W: int, n: int, fixed: bool) -> Any:
    """n traces fail to show every branch's backward rows with probability at most
    min(m q^n, (4q/3)^n 4^m/C(2m,m)); 4^m/C(2m,m) <= 2 sqrt(m)."""
    return _failure_most(W, n, fixed)


@claim("probability that n traces leave some branch's backward rows unseen", source=LAW, relation="at least",
       domain=TRACES, control=lambda W, n, fixed: 2 * _failure_least(W, n, fixed), control_words="without the half")
def distillation_failure_least(W: int, n: int, fixed: bool) -> Any:
    """n traces fail to show every branch's backward rows with probability at least (1/2) min(m q^n, (3q/2)^n)."""
    return _failure_least(W, n, fixed)


def _failure_least(W: int, n: int, fixed: bool) -> Fraction:
    m, q = coverage.branches(W, fixed), coverage.missed(W, 1, fixed=fixed)
    return min(m * q**n, (3 * q / 2) ** n) / 2


@claim("least number of traces that show every branch's backward rows with probability 1 - delta", source=LAW,
       relation="at most", domain=Domain("W >= 2, 0 < delta < 1", lambda W, **_: W >= 2),
       stands_on=("distillation_failure_most",),
       control=lambda W, delta, fixed: coverage.least_number(
           lambda n: coverage.missed(W, 1, fixed=fixed) ** n, delta), control_words="one branch's: m for 1")
def distillation_traces(W: int, delta: Any, fixed: bool) -> Any:
    """ceil(log(m/delta)/log(1/q)) traces suffice, log 1/q = log 2 for a fixed target and log(2W/(W+1)) for uniform
    ones; and so do, where that is less, ceil(log(4^m/C(2m,m)/delta)/log(3/(4q)))."""
    return coverage.least_number(lambda n: _failure_most(W, n, fixed), delta)


@claim("least number of traces that show every branch's backward rows with probability 1 - delta", source=SUFFICE,
       relation="at least", domain=Domain("W >= 2, 0 < delta < 1", lambda W, **_: W >= 2),
       control=lambda W, delta, fixed: 1 + coverage.least_number(
           lambda n: coverage.branches(W, fixed) * coverage.missed(W, 1, fixed=fixed) ** n, delta),
       control_words="one more than the union bound", should_hold=False, true_form="distillation_traces_least")
def distillation_traces_least_quoted(W: int, delta: Any, fixed: bool) -> Any:
    """log(m/delta)/log(1/q) traces, those at which delta branches are expected unseen, are needed, but for two."""
    return coverage.least_number(
        lambda n: coverage.branches(W, fixed) * coverage.missed(W, 1, fixed=fixed) ** n, delta) - 2


@claim("least number of traces that show every branch's backward rows with probability 1 - delta", source=LAW,
       relation="at least", domain=Domain("W >= 2, 0 < delta < 1", lambda W, **_: W >= 2),
       stands_on=("distillation_failure_least",),
       control=lambda W, delta, fixed: 2 + coverage.least_number(lambda n: _failure_least(W, n, fixed), delta),
       control_words="two traces more")
def distillation_traces_least(W: int, delta: Any, fixed: bool) -> Any:
    """min(log(m/(2 delta))/log(1/q), log(1/(2 delta))/log(2/(3q))) traces are needed (the first alone where 3q/2 >= 1).
    For a fixed target the first is within one of the union bound, and the smaller once 2 delta <= m^-0.71."""
    return coverage.least_number(lambda n: _failure_least(W, n, fixed), delta)


@claim("least number of traces of mixed data that show every branch's backward rows with probability 1 - delta",
       source=LAW, relation="at most", domain=Domain("W >= 2, 0 < eps <= 1, 0 < delta < 1", lambda W, **_: W >= 2),
       stands_on=("mixed_coverage",),
       control=lambda W, delta, eps, fixed: _mixed_traces(W, delta, eps, fixed, Fraction(69, 50)),
       control_words="1.38 for 2 log 2 = 1.386")
def mixed_traces(W: int, delta: Any, eps: Any, fixed: bool) -> Any:
    """A share eps of teacher's traces takes at most ceil(1.4 n/eps) traces where pure data take n; 2 log 2 for 1.4.

    Proof: F is log-concave, so F(b) <= F(n) r^(b-n), r = F(n+1)/F(n) >= 1/2; with b binomial the mean of r^b is at most
    exp(-eps n' (1-r)), and log(1/r)/(1-r) <= 2 log 2."""
    return _mixed_traces(W, delta, eps, fixed, RATE)


def _mixed_traces(W: int, delta: Any, eps: Any, fixed: bool, rate: Fraction) -> int:
    pure = coverage.least_traces(W, delta, fixed=fixed)
    return -int(-rate * pure // fraction(exact(eps)))


@claim("least number of traces of mixed data that show every branch's backward rows with probability 1 - delta",
       source=LAW, relation="at least", domain=Domain("W >= 2, 0 < eps <= 1, 0 < delta < 1/2", lambda W, **_: W >= 2),
       stands_on=("mixed_coverage",),
       control=lambda W, delta, eps, fixed: fraction(
           (coverage.least_traces(W, delta, fixed=fixed) + 1) / exact(eps)), control_words="n(delta) + 1 over eps")
def mixed_traces_least(W: int, delta: Any, eps: Any, fixed: bool) -> Any:
    """A share eps of teacher's traces takes more than (n(2 delta) - 1)/eps traces, n(2 delta) those that pure data
    take for twice the risk. Proof: half of the time at most ceil(eps n') of n' traces are the teacher's."""
    return fraction((coverage.least_traces(W, 2 * exact(delta), fixed=fixed) - 1) / exact(eps))


# -- students ---------------------------------------------------------------------------------------------------

@claim("expected steps of the student at convergence, any target, every branch retreated from", source=THEOREM,
       domain=Domain("W >= 2, K, L >= 1; traces that leave no branch without a retreat", lambda W, **_: W >= 2),
       stands_on=("optimum_cost",), control=lambda W, K: closed_forms.optimum_steps(W, K) + 1,
       control_words="one step more")
def distillation_covered(W: Any, K: Any) -> Any:
    """Once the traces show a retreat from every branch, the student is worth the teacher: (2W-1)(2K+1) steps for any
    target, on the full multigraph too, though it may have seen one of L parallel edges only."""
    return closed_forms.optimum_steps(W, K)


@claim("probability that the student of n traces, uniform targets, costs more than the teacher for some target",
       source=THEOREM, domain=TRACES, stands_on=("distillation_coverage_uniform", "distillation_covered"),
       control=lambda W, n: 1 - independent(W, n, False),
       control_words="branches seen independently")
def distillation(W: int, n: int) -> Any:
    """SFT on n traces of an RLVR-trained walker brings the base model to the walker's cost, except with probability
    1 - P(covered) = sum_{i>=1} (-1)^(i+1) C(W,i) ((W+1)/(W(i+1)))^n, whatever K and L."""
    return 1 - coverage.covered(W, n)


@claim("probability that the student of n traces to one target costs more than the teacher", source=THEOREM,
       domain=Domain("W >= 2, L >= 2, n >= 0 traces", lambda W, L, n, **_: W >= 2 and L >= 2),
       stands_on=("distillation_coverage_fixed", "distillation_covered"),
       control=lambda W, L, n: 1 - independent(W, n, True), control_words="branches seen independently")
def distillation_fixed(W: int, L: int, n: int) -> Any:
    """For a fixed target and L >= 2 the student fails with probability sum_{i>=1} (-1)^(i+1) C(W-1,i) (i+1)^-n. For
    L = 1 it never fails: an excursion of base then costs what the optimum's does."""
    return 1 - coverage.covered(W, n, fixed=True)


@claim("expected steps of the student that never saw `unseen` of the wrong branches, fixed target", source=LAW,
       domain=Domain("W > unseen >= 0, K, L >= 1; at least one trace", lambda W, unseen, **_: W > unseen),
       stands_on=("distillation_covered",),
       control=lambda W, K, L, unseen: _unseen(W, K, L, unseen, 2 * L - 1), control_words="2L-1 for 2(L-1)")
def distillation_partial(W: Any, K: Any, L: Any, unseen: Any) -> Any:
    """With m wrong branches unseen the student of one target costs (2W-1)(2K+1) + 2 m K (L-1): a gap in its data is
    no exponential, since a branch it never entered is as in base, forward rows included."""
    return _unseen(W, K, L, unseen, 2 * (L - 1))


def _unseen(W: Any, K: Any, L: Any, unseen: Any, factor: Any) -> Any:
    return fraction(parameter(closed_forms.optimum_steps(W, K)) + parameter(factor) * unseen * K)


@claim("expected steps of the student of n traces to one target, over traces and walk", source=LAW, domain=TRAINED,
       stands_on=("distillation_partial",), symbolic=True,
       control=lambda W, K, L, n: _mean_fixed(W, K, L, n, 1), control_words="2^-(n+1) for 2^-n")
def distillation_mean_fixed(W: Any, K: Any, L: Any, n: Any) -> Any:
    """For a fixed target the student of n traces costs (2W-1)(2K+1) + 2K(L-1)(W-1) 2^-n on average."""
    return _mean_fixed(W, K, L, n, 0)


def _mean_fixed(W: Any, K: Any, L: Any, n: Any, later: int) -> Any:
    W, K, L, n = map(parameter, (W, K, L, n))
    half = W / W / 2                                # in W's own number type
    return fraction(parameter(closed_forms.optimum_steps(W, K))
                    + 2 * K * (L - 1) * (W - 1) * power(half, n + later))


@claim("expected steps of the student of n traces, uniform targets, over traces, target and walk", source=LAW,
       domain=TRACES, stands_on=("excursion", "entry_success"),
       control=lambda W, K, L, n: _mean(W, K, L, n, together=False),
       control_words="two branches' gaps taken as independent")
def distillation_mean(W: int, K: int, L: int, n: int) -> Any:
    """For uniform targets (parallel edges tied) the student's mean cost is W + 2K + (W-1) e_1 + (Z-1)(W u + (W-1) e_2)
    + (Y-2K) u, where u = ((W-1)/(2W))^n, s = ((W+1)/(2W))^n, u_2 = ((W-2)/(3W))^n, x = ((2W-1)/(6W))^n; Z, Y are an
    entry's at base; e_1 = E + (E_b - E) u + (E_s - E)(s - u) and e_2 = E u + (E_b - E) u_2 + (E_s - E)(x - u_2), with
    the excursions E = 4K+1 of the optimum, E_b of base, E_s of the SFT limit. As E_s grows as rho^K, the mean nears
    the optimum's only after about K log(rho)/log(2W/(W+1)) traces: a branch seen as the target alone is an SFT."""
    return _mean(W, K, L, n, together=True)


def _mean(W: int, K: int, L: int, n: int, together: bool) -> Fraction:
    maze, base = Maze(W, K, L), Policy.base(L)
    Z, Y = hitting.entry(maze, base)
    best, at_base, sft = (hitting.excursion_steps(maze, policy) for policy in (
        Policy.optimum(), base, Policy.sft_limit(L)))
    u, s, u2, x = (Fraction(top, bottom) ** n for top, bottom in (
        (W - 1, 2 * W), (W + 1, 2 * W), (W - 2, 3 * W), (2 * W - 1, 6 * W)))
    if not together:
        u2, x = u * u, s * u
    e1 = best + (at_base - best) * u + (sft - best) * (s - u)
    e2 = best * u + (at_base - best) * u2 + (sft - best) * (x - u2)
    return W + 2 * K + (W - 1) * e1 + (Z - 1) * (W * u + (W - 1) * e2) + (Y - 2 * K) * u
