"""Dials of the data: SFT stopped early, messy traces, recoveries a trace, few data.

What is learnt at each value is in `theory.data`, `theory.distillation` and `theory.perturbed`; here it becomes costs
and growths. Where a row a or c stays short of 1 a search strands with positive probability: it costs infinity. Few data
are averaged over the data, with rows untied across branches, uniform targets and tied parallel edges.

Not covered: what RLVR's rollouts cost (`theory.bill`); noise and the base model's coverage (`verify.dials.noise`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from theory import closed_forms, data, distillation, dynamics, hitting, perturbed, wrappers
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from verify.dials.common import BASE, LINEAR, log10, restarted, standard
from verify.dials.dial import FIGURE3, MOST_ARCS, Cost, Critical, Dial, Growth, Phase, by_size, check_learner

LIMIT = "limit"                                   # training for ever, or data without end
BALL = "computed, within 1e-15"
SOFT = Growth(K=1, W=1, L=1, how="asymptotic: shows once K log(ac/(bd)) is large, and L passes e^t")
MESSY_SOFT = SOFT._replace(how="asymptotic: shows once K log(ac/(bd)) is large, L passes e^((1+w)t) and W passes 1/eps")
STRANDS = Cost(math.inf, None, words="strands with positive probability, as a row a or c is short of 1")
SHARE = Fraction(1, 10)                           # of messy traces, where time or recoveries are the dial


def checked(learner: str, value: Any, values: tuple[Any, ...], name: str) -> str:
    """The learner's name; `InputError` for a value the dial does not have, or an unknown learner."""
    if value not in values:
        raise InputError(f"{name} = {value}: the dial has {', '.join(map(str, values))}")
    return check_learner(learner)


def number(value: Any) -> Any:
    """The middle of a ball as a float, or as a fraction where a float would overflow."""
    if value < 1e300:
        return float(value)
    top, power = value.mid().man_exp()
    return Fraction(int(top)) * Fraction(2) ** int(power)


def forks(profile: str) -> Iterator[Maze]:
    """Mazes with a wrong branch, by size: with one branch every gap is closed."""
    return by_size(least_W=2)


def _deep(profile: str) -> Iterator[Maze]:
    """The same, and beyond them those with L = 1 alone: where a gap shows late."""
    yield from by_size(least_W=2)
    most = 1200 if profile == "quick" else 6000
    single = [Maze(W, K, 1) for W in range(2, most // 6) for K in range(1, (most // (2 * W) - 1) // 2 + 1)]
    yield from sorted((maze for maze in single if maze.arcs > MOST_ARCS), key=lambda maze: (maze.arcs, maze.W))


# -- 3: SFT stopped early ---------------------------------------------------------------------------------------

STOPS = (0, "best", Fraction(1, 10), 1, 10, LIMIT)


@functools.cache
def best_stop(maze: Maze) -> tuple[float, float]:
    """(t, H(t)) where the SFT flow is cheapest, found on a grid and refined; H is exact at that t, to 1e-15."""
    from scipy.optimize import minimize_scalar

    def cost(log_t: float) -> float:
        return float(dynamics.sft_flow_steps(maze, math.exp(log_t)))

    grid = [i / 2 for i in range(-24, 25)]
    start = min(grid, key=cost)
    found = minimize_scalar(cost, bounds=(start - 0.5, start + 0.5), method="bounded", options={"xatol": 1e-6})
    return math.exp(found.x), float(found.fun)


def _early(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, STOPS, "t")
    if value == LIMIT or not learner.startswith("SFT") or (maze.W == 1 and value == "best"):
        return standard(learner, maze)
    if learner == "SFT + search":
        return STRANDS
    if value == 0:
        steps = hitting.expected_steps(maze, Policy.base(maze.L))
        return Cost(steps, BASE) if learner == "SFT" else Cost(restarted(maze, Policy.base(maze.L)), BASE)
    t = exact(best_stop(maze)[0] if value == "best" else value)
    rows = dynamics.sft_policy(t, maze.L).branch(0)
    rate = float(rows.a * rows.c / (rows.b * rows.d))
    steps = number(dynamics.sft_flow_steps(maze, t) if learner == "SFT"
                    else maze.W * dynamics.sft_flow_steps(Maze(1, maze.K, maze.L), t))
    if value == "best":                            # (ac/(bd))^K stays bounded: base's growth
        return Cost(steps, BASE, "computed, the cost at the moment found within 1e-15")
    grows = learner == "SFT" and maze.W > 1
    return Cost(steps, Growth(rate, W=1, how="computed, within 1e-15") if grows else SOFT, BALL)


def _early_critical(profile: str) -> Critical:
    L = FIGURE3.L
    slope = Fraction(L * L + 1, L * (L + 1))
    t, H = best_stop(FIGURE3)
    return Critical(0, "exact", f"ac/(bd) = 1 at t = 0 alone, with slope {slope} at L = {L}: any moment held fixed as "
                    f"K grows is too late. The best one on Figure 3's maze is t = {t:.4f}, cost {H:.0f}; as K grows it "
                    "falls as log(W/(W-1)) L(L+1)/((L^2+1) K)")


def _early_phase(profile: str) -> Phase:
    K, times = tuple(range(2, 31, 2)), tuple(10 ** (i / 5 - 3) for i in range(21))
    cells = tuple(tuple(log10(dynamics.sft_flow_steps(Maze(15, k, 5), t, digits=6)
                               / ball(closed_forms.base_steps(15, k, 5))) for t in times) for k in K)
    return Phase("early-stopping", "log10 of SFT's cost over base's, stopped at t (W = 15, L = 5)", "training time t",
                 "K", times, K, cells, "below 0 stopping gains; the strip narrows as 1/K")


def ball(value: Any) -> Any:
    """A number as a ball."""
    import flint

    return flint.arb(exact(value))


EARLY = Dial(
    "early-stopping", 3, "Does stopping SFT early keep it polynomial?", "critique C3; RL restores what late SFT loses",
    "training time t of the population flow, tied rows", STOPS, _early,
    ("early_rate", "early_gain", "early_time", "early_stopping", "sft_flow_cost"), _early_critical,
    positions=(0.0, 0.02, 0.1, 1.0, 10.0, 1000.0), phases=(_early_phase,), mazes=forks,
    words={"best": "at the moment at which the cost on this maze is least", LIMIT: "never stopped"},
    notes="RLVR and the distilled are not stopped.")


# -- 4: messy traces --------------------------------------------------------------------------------------------

SHARES = (0, Fraction(1, 1000), Fraction(1, 10), 1)
TIMES = (1, 10, 30, 100, LIMIT)
DETOURS = (0, 1, 2, 4, "all")


def taught(learner: str, maze: Maze) -> Cost:
    """A learner whose SFT has learnt all rows: it is the optimum."""
    if learner == "SFT":
        return Cost(fraction(exact(closed_forms.optimum_steps(maze.W, maze.K))), LINEAR)
    if learner == "SFT + search":
        return Cost(fraction(exact(wrappers.search_optimum(maze.W, maze.K))), LINEAR)
    return standard(learner, maze)


def _messy(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, SHARES, "eps")
    return taught(learner, maze) if value else standard(learner, maze)


def _messy_critical(profile: str) -> Critical:
    rate = data.messy_visits(FIGURE3.W, Fraction(1, 10**6), 1)
    theta = data.messy_time(FIGURE3.W, FIGURE3.L, float(perturbed.retreat_rate(FIGURE3.W, SHARE)))
    return Critical(0, "exact", "a row visited at any positive rate goes to 1, and it is positive for every eps > 0 "
                    f"(at eps = 1e-6, one recovery a trace, {float(rate):.1e} visits a datum). The price is time: at "
                    f"eps = {SHARE}, W = {FIGURE3.W}, L = {FIGURE3.L} within 5 % of the optimum from {theta:.1f} K on")


def _messy_phase(profile: str) -> Phase:
    shares, times = tuple(10 ** (i / 4 - 3) for i in range(13)), tuple(10 ** (i / 2) for i in range(-2, 13))
    best = ball(closed_forms.optimum_steps(15, 15))
    cells = tuple(tuple(log10(perturbed.mixed_steps(FIGURE3, t, exact(eps) * 14, digits=6) / best) for t in times)
                  for eps in shares)
    return Phase("messy-traces", "log10 of SFT's cost over the optimum's on Figure 3's maze", "training time t",
                 "share eps of traces with recoveries", times, shares, cells,
                 "a ridge first: forward rows are learnt before backward ones; then 0, from a time of about 1/eps on")


MESSY = Dial(
    "messy-traces", 4, "How many messy traces does SFT need to backtrack?",
    "critique C3; 2408.16293 asks how much retry data is needed; Stream of Search",
    "share eps of traces with recoveries", SHARES, _messy,
    ("mixed_coverage", "mixed_time", "messy_visits", "messy_flow", "messy_time", "distillation_covered"),
    _messy_critical, positions=(0.0, 0.001, 0.1, 1.0), phases=(_messy_phase,), mazes=forks,
    notes="At convergence, with data without end; the other dials of this number say what a finite time or a cap on "
          "recoveries does.")


def _messy_time(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, TIMES, "t")
    if value == LIMIT:
        return taught(learner, maze)
    if not learner.startswith("SFT"):
        return standard(learner, maze)
    if learner == "SFT + search":
        return STRANDS
    w = perturbed.retreat_rate(maze.W, SHARE)
    if learner == "SFT + restarts":
        alone = Maze(1, maze.K, maze.L)
        return Cost(number(maze.W * perturbed.mixed_steps(alone, value, w)), MESSY_SOFT, BALL)
    rows = perturbed.mixed_policy(maze.L, value, w).branch(0)
    rate = float(rows.a * rows.c / (rows.b * rows.d))
    growth = Growth(rate, W=1, how=BALL) if maze.W > 1 else MESSY_SOFT
    return Cost(number(perturbed.mixed_steps(maze, value, w)), growth, BALL)


def _messy_time_critical(profile: str) -> Critical:
    goal, w = 1.05 * float(closed_forms.optimum_steps(FIGURE3.W, FIGURE3.K)), perturbed.retreat_rate(FIGURE3.W, SHARE)
    low, high = 1.0, 1e6
    while high > 1.0001 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if perturbed.mixed_steps(FIGURE3, middle, w) > goal else (low, middle)
    return Critical(None, "computed", "at every finite time ac > bd, so the cost is exponential in K, with a rate that "
                    "falls to 1 as 1/t. On Figure 3's maze it is within 5 % of the optimum from t = "
                    f"{high:.0f} on (bisection)")


MESSY_TIME = Dial(
    "messy-traces-time", 4, "How long must SFT train on messy traces?", "2408.16293, 2505.24273 ask",
    f"training time t, a share {SHARE} of traces with recoveries", TIMES, _messy_time, ("messy_flow", "messy_time"),
    _messy_time_critical, positions=(1.0, 10.0, 30.0, 100.0, 1e5), words={LIMIT: "for ever"}, mazes=_deep,
    notes="Tied rows. SFT passes a hump: the rate rises before it falls.")


def _recoveries(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, DETOURS, "R")
    return taught(learner, maze) if value else standard(learner, maze)


def _recoveries_critical(profile: str) -> Critical:
    W = FIGURE3.W
    least = next(R for R in range(10) if perturbed.retreat_rate(W, SHARE, R) > 0)
    slower = fraction(1 / (1 - (1 - exact(1) / W) ** least))
    return Critical(least, "exact", f"one recovery a trace is enough at convergence; it takes {slower} times as long "
                    f"as all of them at W = {W}, since backward rows are visited that much less")


RECOVERIES = Dial(
    "recoveries", 4, "How many recoveries must a trace have?", "2505.24273 asks how much backtracking is enough",
    "recoveries R kept of each messy trace", DETOURS, _recoveries, ("messy_visits", "messy_flow"), _recoveries_critical,
    positions=(0.0, 1.0, 2.0, 4.0, 14.0), words={"all": "as the optimum's walk has them"}, mazes=forks,
    notes=f"At convergence, a share {SHARE} of messy traces.")


# -- 17: few data -----------------------------------------------------------------------------------------------

NUMBERS = (0, 1, 4, 16, 100, LIMIT)


def _finite(learner: str, value: Any, maze: Maze) -> Cost:
    checked(learner, value, NUMBERS, "n")
    W, K, L = maze.W, maze.K, maze.L
    if value == LIMIT or learner in ("base", "RLVR"):
        return standard(learner, maze)
    if value == 0 and learner != "SFT + search":
        policy = Policy.base(L)
        steps = restarted(maze, policy) if learner == "SFT + restarts" else hitting.expected_steps(maze, policy)
        return Cost(steps, BASE)
    if W == 1 and value:                             # one branch, seen by every datum
        return standard(learner, maze)
    # K where the target's own branch was not seen; W where no branch was
    shows = {"SFT": f"K once it passes (1-1/W)^-{value}",
             "distilled": f"the rate once rho^K passes (2W/(W+1))^{value}, K once it passes ((3W+3)/(2W-1))^{value}"
             }.get(learner, "")
    unseen = Growth(closed_forms.sft_rate(exact(L)), K=1, W=1,
                    how=f"asymptotic: shows {shows}, W once it passes {value} rho^K")
    if learner == "SFT + search":
        return STRANDS
    if learner == "SFT + restarts":
        late = f"asymptotic: shows once K passes (1-1/W)^-{value}"
        return Cost(data.golden_mean_restarts(W, K, L, value), BASE._replace(how=late))
    if learner == "SFT":
        return Cost(data.golden_mean(W, K, L, value), unseen)
    return Cost(distillation.distillation_mean(W, K, L, value), unseen)


def _finite_critical(profile: str) -> Critical:
    W, L = 2, FIGURE3.L
    K = next(k for k in range(1, 100) if data.golden_mean(W, k, L, 1) > closed_forms.base_steps(W, k, L))
    least = next(n for n in range(100) if data.golden_mean(W, K, L, n) > closed_forms.base_steps(W, K, L))
    return Critical(least, "exact", "one golden path is enough for the rate rho, and no number of them brings it down: "
                    f"at W = {W}, L = {L} it is worse than none, which is base, from K = {K} on")


FINITE = Dial(
    "finite-data", 17, "Does the gap rest on data without end?", "critique C3", "n golden paths, or n traces",
    NUMBERS, _finite, ("golden_mean", "golden_mean_restarts", "distillation_mean", "golden_rows", "bill_rlvr",
                       "sign_rollouts_base", "noise_visits"), _finite_critical,
    positions=(0.0, 1.0, 4.0, 16.0, 100.0, 1e4), words={LIMIT: "data without end"}, mazes=forks,
    notes="Means over the data, untied branches, uniform targets, parallel edges tied. RLVR makes its own data; what "
          "they cost is in bill_rlvr.")


def _traces_critical(profile: str) -> Critical:
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    goal = Fraction(21, 20) * closed_forms.optimum_steps(W, K)
    least = _least(lambda n: distillation.distillation_mean(W, K, L, n) <= goal)
    twice = _least(lambda n: distillation.distillation_mean(W, 2 * K, L, n)
                   <= Fraction(21, 20) * closed_forms.optimum_steps(W, 2 * K))
    return Critical(None, "exact", "at every fixed n the mean is exponential in K; within 5 % of the optimum from "
                    f"n = {least} traces on at K = {K}, {twice} at K = {2 * K} (W = {W}, L = {L}): linear in K, since "
                    "a branch seen as the target alone costs rho^K and is as rare as (1/2)^n about")


def _least(holds: Any) -> int:
    high = 1
    while not holds(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


TRACES = Dial(
    "finite-traces", 17, "How many traces does distillation need, in the mean?", "S7; 2505.24273 asks",
    "n traces of the optimum", NUMBERS, _finite,
    ("distillation_mean", "distillation_traces", "distillation_mean_fixed"), _traces_critical,
    challenger="distilled", positions=(0.0, 1.0, 4.0, 16.0, 100.0, 1e4), words={LIMIT: "data without end"}, mazes=_deep,
    notes="With probability 1 - delta about log2(W/delta) traces are enough, whatever K; the mean counts the rest.")


DIALS = (EARLY, MESSY, MESSY_TIME, RECOVERIES, FINITE, TRACES)
