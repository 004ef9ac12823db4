"""Dials of noise and of base: errors in the learnt rows, an expert that errs, a base that hardly covers retreat.

Conventions. Errors multiply the odds of every row by q or 1/q, evenly, each branch's rows by their own; costs are
averages over them. A row at 1 stays there, so RLVR and the distilled are taken while, but for errors, within 5 % of
the optimum (rows with turning odds y/L and yL, y = 1/(30 K Lambda)): a policy that is set, not the end of a run. An
erring expert's student, and a base, whose rows a or c stay short of 1 strand under search. A base that hardly covers
retreat has its odds of turning round in b and d times y.

Mathematics and claims: `theory.noise`, `theory.perturbed`. Not covered: Gaussian errors; sampled RLVR from a poor base.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import closed_forms, hitting, noise, perturbed, wrappers
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from verify.dials.common import BASE, LINEAR, homogeneous, log10, restarted, standard
from verify.dials.data import STRANDS, checked, forks, taught
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase

# -- 20: errors in the learnt rows ------------------------------------------------------------------------------

FACTORS = (1, Fraction(11, 10), Fraction(3, 2), 3, 20)


def _noisy(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, FACTORS, "q")
    W, K, L, q = maze.W, maze.K, maze.L, exact(value)
    if value == 1 and learner != "RLVR" and learner != "distilled" or learner == "SFT + restarts":
        return standard(learner, maze)
    if learner == "base":
        g = noise.noise_base_rate(L, q) if W > 1 else math.sqrt(noise.noise_base_rate(L, q))
        return Cost(perturbed.averaged_steps(maze, Policy.base(L), q), Growth(g, W=1, how="float of an exact number"))
    if learner == "SFT":
        m = (q + 1 / q) / 2
        growth = Growth(fraction(1 + m * (L + exact(1) / L) + m * m), W=1) if W > 1 else LINEAR
        return Cost(noise.noise_sft(W, K, L, m), growth)
    if learner == "SFT + search":
        d = [exact(f) / (f + L) for f in (q, 1 / q)]
        steps = [exact(wrappers.search_certain(maze, Policy(1, 1, 1, p), 0)) for p in d]
        return Cost(fraction(sum(steps) / 2), Growth(K=1, W=1, L=1) if W > 1 else Growth(K=1))
    y = exact(1) / (30 * K) / (L + exact(1) / L)
    near = Policy(a=1 / (1 + L * y), b=L / (L + y), c=L / (L + y), d=1 / (1 + L * y))
    return Cost(perturbed.averaged_steps(maze, near, q), LINEAR, "exact, of rows that are set",
                "rows with turning odds y/L and yL, y = 1/(30 K Lambda), not those of a run")


def _noisy_critical(profile: str) -> Critical:
    from scipy.optimize import brentq

    L, rho = FIGURE3.L, float(closed_forms.sft_rate(FIGURE3.L))
    q = brentq(lambda f: noise.noise_base_rate(L, f) - rho, 1.01, 1e4)
    return Critical(None, "exact", "no size of the errors closes the gap: SFT's rate 1 + m Lambda + m^2 grows with it, "
                    f"RLVR's stays 1. Untrained base is, in the mean, as bad as SFT from s = {math.log(q):.3f} on "
                    f"(L = {L})")


def _noisy_phase(profile: str) -> Phase:
    factors, left = tuple(1 + i / 4 for i in range(13)), tuple(2.0**-i for i in range(13))
    best = closed_forms.optimum_steps(15, 15)
    rows = [Policy(a=1 / (1 + 5 * y), b=5 / (5 + y), c=5 / (5 + y), d=1 / (1 + 5 * y)) for y in map(exact, left)]
    cells = tuple(tuple(log10(perturbed.averaged_steps(FIGURE3, rows_left, q) / best) for q in factors)
                  for rows_left in rows)
    return Phase("noisy-rows", "log10 of RLVR's mean cost over the optimum's on Figure 3's maze",
                 "q = e^s, errors of size s", "turning odds left, over base's", factors, left, cells,
                 "errors are damped as the rows near 1")


NOISY = Dial(
    "noisy-rows", 20, "Does the gap survive errors in the learnt rows?", "critique: balance is a fine line",
    "q = e^s: every row's odds times q or 1/q", FACTORS, _noisy,
    ("noise_mean", "noise_sft", "noise_base_rate", "noise_damped", "noise_typical_least", "noise_typical_most",
     "noise_range_order", "noise_visits"), _noisy_critical, positions=tuple(math.log(q) for q in FACTORS),
    phases=(_noisy_phase,), mazes=forks, words={q: f"s = {math.log(q):.3f}" for q in FACTORS},
    notes="Means over the errors; what is typical is far less, exp(Theta(s sqrt(K))) for base.")


# -- 20 again: an expert that errs -------------------------------------------------------------------------------

ERRORS = (0, Fraction(1, 100), Fraction(1, 10), Fraction(1, 2), Fraction(9, 10), 1)
POSITIONS = (0.0, 0.01, 0.1, 0.5, 0.9, 1.0)


def _expert(cut: bool) -> Any:
    def cost(learner: str, value: Any, maze: Maze) -> Cost:
        checked(learner, value, ERRORS, "eta")
        if value == 0 or not learner.startswith("SFT"):
            return standard(learner, maze)
        if learner == "SFT + search":
            return STRANDS
        policy = perturbed.cut_rows(maze.L, value) if cut else perturbed.expert_rows(maze, value)
        if learner == "SFT + restarts":
            return Cost(restarted(maze, policy), BASE if value == 1 else LINEAR)
        eta, rho = exact(value), closed_forms.sft_rate(exact(maze.L))
        rate = fraction((exact(rho) * (1 - eta) + eta**2) / (1 if cut else eta**2))
        growth = BASE if value == 1 else Growth(rate, W=1) if maze.W > 1 else LINEAR
        return Cost(hitting.expected_steps(maze, policy), growth)

    return cost


def _expert_critical(profile: str) -> Critical:
    at = noise.expert_threshold(FIGURE3.L)
    return Critical(1, "exact", "the rate (rho(1-eta) + eta^2)/eta^2 is 1 at eta = 1 alone, where the expert is base. "
                    f"Up to eta = {at:.4f} (L = {FIGURE3.L}) the rate is above rho: as K grows an expert that errs "
                    "and recovers teaches worse than one that never errs (up to eta = 1/2 where L <= 2^(K-1))")


def _cut_critical(profile: str) -> Critical:
    return Critical(1, "exact", "the rate rho(1-eta) + eta^2 is 1 at eta = 1 alone: (1-eta)(rho - 1 - eta) > 0 below")


def _expert_phase(profile: str) -> Phase:
    K, errors = tuple(range(2, 21, 2)), tuple(Fraction(i, 20) for i in range(1, 21))
    cells = tuple(tuple(log10(hitting.expected_steps(Maze(3, k, 2), perturbed.expert_rows(Maze(3, k, 2), eta))
                               / closed_forms.sft_steps(3, k, 2)) for eta in errors) for k in K)
    return Phase("noisy-expert",
                 "log10 of SFT's cost on an erring expert's traces over SFT's on clean ones (W = 3, L = 2)",
                 "share eta of errors", "K", tuple(map(float, errors)), K, cells, "above 0 the expert's errors hurt")


EXPERT = Dial(
    "noisy-expert", 20, "Does an expert that errs and recovers teach retreat?", "2606.30923 asks",
    "share eta of the expert's steps drawn uniformly", ERRORS, _expert(False),
    ("expert_learns", "expert_rate", "expert_worse", "expert_recovery_quoted", "expert_threshold"), _expert_critical,
    positions=POSITIONS, phases=(_expert_phase,), mazes=forks,
    notes="It does not: it knows the target and turns round again at once, and so does its student, who does not.")
EXPERT_CUT = Dial(
    "noisy-expert-cut", 20, "And if its traces end with the first error?", "2606.30923 asks",
    "share eta of the expert's steps drawn uniformly", ERRORS, _expert(True), ("expert_cut_rate", "homogeneous_cost"),
    _cut_critical, positions=POSITIONS, mazes=forks,
    notes="The error itself is still learnt; backward rows get no data.")


# -- 25: base coverage ------------------------------------------------------------------------------------------

TURNS = (0, Fraction(1, 2), 1, Fraction(11, 10), 2, 10, "never")


def poor_base(L: int, y: Any) -> Policy:
    """Base with the odds of turning round in b and d times y; 'never' retreats at all: b = d = 0."""
    rows = Policy.base(L).branch(0)
    if y == "never":
        return Policy(rows.a, 0, rows.c, 0)
    return Policy(rows.a, L / (L + exact(y)), rows.c, 1 / (1 + L * exact(y)))


def _covered(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, TURNS, "y")
    W, K, L = maze.W, maze.K, maze.L
    if value == 1 or learner == "SFT + restarts":
        return standard(learner, maze)
    base = poor_base(L, value)
    rows = base.branch(0)
    if learner == "base":
        if value == "never":
            return Cost(hitting.expected_steps(maze, base), None if W > 1 else Growth(K=1, L=1),
                        words="never back from a wrong branch")
        return Cost(hitting.expected_steps(maze, base), _with_L(homogeneous(maze, rows.a, rows.b, rows.c, rows.d)))
    if learner == "SFT + search":
        steps = fraction(exact(wrappers.search_certain(maze, Policy(1, 1, 1, rows.d), 0)))
        return Cost(steps, Growth(K=1, W=1, L=int(value != 0)) if W > 1 else Growth(K=1))
    if learner == "SFT":
        if value in (0, "never") or W == 1:
            retreats = value == 0 or W == 1
            return taught("SFT", maze) if retreats else Cost(math.inf, None, words="never back from a wrong branch")
        y = exact(value)
        return Cost(noise.uncovered_sft(W, K, L, y), Growth(fraction(1 + y * (L + exact(1) / L) + y * y), W=1))
    if value == "never" and W > 1:
        return Cost(None, None, words="no rollout that enters a wrong branch ends, so nothing is learnt")
    cost = standard(learner, maze)
    return cost._replace(growth=cost.growth and cost.growth._replace(how=RUN), known=RUN, words=DESCENT)


RUN = "computed: the optimum, which exact sign descent comes within 5 % of"
DESCENT = "run for W <= 50, K <= 15, L <= 5, y <= 100, with y = 1e-12 for 0; beyond, the optimum is a guess"


def _with_L(growth: Growth) -> Growth:
    return growth if growth.rate != 1 else growth._replace(L=1)


def _covered_critical(profile: str) -> Critical:
    L = FIGURE3.L
    rates = {y: float(noise.uncovered_base(L, y)) for y in (Fraction(1, 2), 1, 2)}
    shown = ", ".join(f"{rate:.3f} at y = {y}" for y, rate in rates.items())
    return Critical(0, "exact", "SFT's rate 1 + y Lambda + y^2 is 1 at y = 0 alone, where base retreats for certain. "
                    f"RLVR's first rollout grows by {shown} a diamond (L = {L}): polynomial at y = 1 alone")


def _covered_phase(profile: str) -> Phase:
    K, turns = tuple(range(5, 51, 5)), tuple(2 ** (i / 2) for i in range(-6, 13))
    cells = tuple(tuple(log10(hitting.expected_steps(Maze(15, k, 5), poor_base(5, y))) for y in turns) for k in K)
    return Phase("base-coverage", "log10 of the steps of RLVR's first rollout (W = 15, L = 5)",
                 "odds of turning round on the way back, over base's", "K", turns, K, cells, "a valley at 1")


COVERAGE = Dial(
    "base-coverage", 25, "What if base hardly covers retreat?", "2503.07453 asks what base must cover",
    "odds of turning round in b and d, over base's", TURNS, _covered,
    ("uncovered_base", "uncovered_sft", "uncovered_recovers", "uncovered_rollout", "bill_sft_rlvr"), _covered_critical,
    positions=(0.0, 0.5, 1.0, 1.1, 2.0, 10.0, 100.0), phases=(_covered_phase,), mazes=forks,
    words={"never": "base never retreats", 0: "base retreats for certain"},
    notes="RLVR on the exact gradient, run for W <= 50, K <= 15, L <= 5, y <= 100 (uncovered_recovers); its sampled "
          "rollouts are exponentially long but at y = 1.")


DIALS = (NOISY, EXPERT, EXPERT_CUT, COVERAGE)
