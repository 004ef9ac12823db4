"""RLVR's own conditions, second part: what it is rewarded for.

    length-penalty   0 or more steps' worth of penalty; at 0 the outcome of whole rollouts is a constant
    truncation       reward 1 for arriving within T steps, no penalty; cut-off rollouts count 0 or are left out
    discount         g^steps for whole rollouts
    kl-penalty       steps + beta KL towards base, summed over whole rollouts (`theory.kl_descent`)

The optimum is the best tied policy for every reward that falls with the length (`tries_bound`); what changes is where
exact ascent from base goes. Ascent: sign steps of 0.01 for the discount (3000) and the KL penalty (3000, then settled),
normalised steps of 0.05 for truncation (4000), and the limit where it is proved. A learner that unlearns retreat has
log-odds that sink for ever: its cost is that at the end of the run, or infinite where the limit is proved.

Not covered: sampled learners; a horizon together with a penalty.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from theory import closed_forms, discounted, dynamics, kl_descent, truncated
from theory.maze import Maze
from theory.numeric import InputError
from theory.rewards import Reward
from theory.truncation import least_learning_horizon
from verify.dials.common import LINEAR, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner

SHALLOW = Maze(15, 5, 5)
DEEP = Growth(math.inf, how="computed: learnt in shallow mazes only, and from some K on unlearnt")
KNOWN = "computed by exact ascent, within 1e-9 where it settles"
LEARNT = 1.05                            # times the optimum's steps


def _optimum(maze: Maze) -> float:
    return float(closed_forms.optimum_steps(maze.W, maze.K))


def _ended(maze: Maze, H: float, log_odds: Any, how: str) -> Cost:
    """The cost of rows that ascent ended with, or, where it unlearnt retreat, of those it would go on to: infinite."""
    if H <= LEARNT * _optimum(maze):
        # nearer than the bound on the run's rounding it is not told from the optimum
        H = _optimum(maze) if abs(H / _optimum(maze) - 1) < 1e-9 else H
        return Cost(H, LINEAR._replace(how=how), KNOWN, "learnt")
    down = np.asarray(log_odds)[[1, 3]].max(initial=-math.inf, where=_moved(maze))
    return Cost(math.inf, None, f"computed: H is {H:.3g} at the end of the run, no backward row but b_K has log-odds "
                f"above {down:.3g}; the longer the run, the more", "unlearnt")


def _moved(maze: Maze) -> Any:
    """Which backward rows a gradient moves: all but b_K."""
    rows = np.ones((2, maze.K), dtype=bool)
    rows[0, -1] = False
    return rows


# -- no length penalty --------------------------------------------------------------------------------------------

def penalty_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """A penalty above 0 only scales the gradient; at 0 nothing says what RLVR, and who learns from it, becomes."""
    check_learner(learner)
    if isinstance(value, bool) or value not in (0, "> 0"):
        raise InputError(f"length penalty {value!r}: 0 or '> 0'")
    if value == 0 and learner in ("RLVR", "distilled"):
        return Cost(None, None, words="every policy that surely arrives has reward 1: no gradient in any row")
    return standard(learner, maze)


def penalty_critical(profile: str) -> Critical:
    """Zero: an evaluation of the gradient at base beside it."""
    _, slope = dynamics.cost_and_gradient(FIGURE3, dynamics.base_log_odds(FIGURE3))
    assert (0 * slope == 0).all() and (slope != 0).all()
    return Critical(0, "exact", "the gradient is the penalty times that of -H: 0 at 0, the same signs for any other")


# -- cut-off rollouts ---------------------------------------------------------------------------------------------

HORIZONS: dict[str, Callable[[int], int]] = {
    "2K": lambda K: 2 * K, "2K+1": lambda K: 2 * K + 1, "2K+3": lambda K: 2 * K + 3, "6K+2": lambda K: 6 * K + 2,
    "6K+3": lambda K: 6 * K + 3, "10K": lambda K: max(6 * K + 3, 10 * K), "2K^2": lambda K: max(6 * K + 3, 2 * K * K)}
CUTS = (*HORIZONS, "excluded", "none")


@functools.cache
def cut_off(maze: Maze, T: int) -> Cost:
    """Where exact ascent (4000 normalised steps of 0.05) on P(T_hit <= T) ends.

    >>> round(cut_off(Maze(2, 2, 2), 15).steps, 6)
    15.0
    """
    run = truncated.ascent(maze, Reward("outcome", T), 4000, 0.05, rule="normalised")
    return _ended(maze, float(run.steps_to_target[-1]), run.log_odds, f"computed at this maze, T = {T}")


def truncation_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """RLVR on the outcome within T steps; below 6K+3 its limit, from there on the run."""
    check_learner(learner)
    if value not in CUTS:
        raise InputError(f"horizon {value!r}: not one of {', '.join(CUTS)}")
    if learner not in ("RLVR", "distilled") or value == "none":
        return standard(learner, maze)
    if value in ("2K", "excluded"):
        return Cost(None, None, words="no rollout arrives" if value == "2K" else "every rollout left in has reward 1")
    T = HORIZONS[value](maze.K)
    if value == "2K+1":
        return standard("SFT", maze)._replace(words="backward rows get no gradient: the limit is SFT's")
    if T >= 6 * maze.K + 3 and maze.W > 1:
        found = cut_off(maze, T)
        return found._replace(growth=DEEP) if found.growth and value in ("6K+3", "10K") else found
    if maze.W == 1:                                         # retreat is never needed; what it becomes costs nothing
        return standard("RLVR", maze)
    return Cost(math.inf, None, words="forward rows go to 1, backward rows to 0, but for b_K")


def truncation_critical(profile: str) -> Critical:
    """6K+3: nothing below can work; at the dial's maze ascent learns there, by running it below and above."""
    K = SHALLOW.K
    least = least_learning_horizon(SHALLOW.W, K, SHALLOW.L, "normalised", 6 * K - 1, 6 * K + 7)
    deep = [k for k in (5, 6, 7, 8, 9) if cut_off(Maze(2, k, 5), 6 * k + 3).words == "learnt"]
    return Critical(least, "exact from below, computed from above",
                    f"6K+3 = {6 * K + 3}: for 2K+3 <= T <= 6K+2 retreat is unlearnt at every policy, for T = 2K+1 RLVR "
                    f"is SFT. At 6K+3 these K of 5 .. 9 learn (W = 2, L = 5, 4000 normalised steps): "
                    f"{', '.join(map(str, deep))}; deeper ones need longer rollouts. Below 6K+3 W enters only as 1/W")


def truncation_phase(profile: str) -> Phase:
    """T/K against W at K = 4, L = 2: the backward rows' signs at base, and where ascent ends."""
    K, Ws, Ts = 4, (2, 3, 5, 10, 20, 40), (9, 11, 15, 20, 26, 27, 29, 33, 41, 61)

    def cell(W: int, T: int) -> str:
        maze = Maze(W, K, 2)
        if T <= 2 * K + 2:
            return "SFT"
        slope, error = truncated.objective(maze, dynamics.base_log_odds(maze), Reward("outcome", T))[1:]
        down = int((slope[[1, 3]] < -error[[1, 3]]).sum())
        return f"{cut_off(maze, T).words}, {down} down"

    return Phase("truncation", "Outcome within T steps, K = 4, L = 2", "W", "T/K", Ws, tuple(T / K for T in Ts),
                 tuple(tuple(cell(W, T) for W in Ws) for T in Ts),
                 "where ascent from base ends, and how many of the 2K backward rows are pushed down at base")


# -- a discount ---------------------------------------------------------------------------------------------------

DISCOUNTS: dict[Any, Callable[[int], float]] = {
    0.9: lambda K: 10.0, 0.99: lambda K: 100.0, "1-1/(2K^2)": lambda K: max(2.0 * K * K, 1.01),
    "1-1/(20K^2)": lambda K: 20.0 * K * K}


@functools.cache
def discounted_run(maze: Maze, looks: float) -> Cost:
    """Where sign ascent on E[g^T], g = 1 - 1/looks, leads from base: 3000 steps of 0.01."""
    return _ended(maze, *discounted_end(maze, looks), "computed, K <= 8, L <= 5")


def discounted_end(maze: Maze, looks: float) -> tuple[float, Any]:
    """(H, log-odds) after 3000 sign steps of 0.01 on E[g^T] from base; H may be infinite."""
    z = dynamics.base_log_odds(maze)
    path = np.zeros((3001, 4, maze.K))
    path[0] = z
    discounted.climb(path, maze.W, 1 - 1 / looks, 0.01, 0, np.empty(3001))
    slope = np.empty_like(z)
    H = dynamics._kernel().cost_and_slope(np.ascontiguousarray(path[-1]), maze.W, slope)
    return float(H) if math.isfinite(H) else math.inf, path[-1]


def discount_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """RLVR on g^steps; g fixed, or looking a multiple of K^2 steps ahead."""
    check_learner(learner)
    if value not in (*DISCOUNTS, "length penalty"):
        raise InputError(f"discount {value!r}: not one of {', '.join(map(str, DISCOUNTS))}, length penalty")
    if learner not in ("RLVR", "distilled") or value == "length penalty":
        return standard(learner, maze)
    found = discounted_run(maze, DISCOUNTS[value](maze.K))
    return found._replace(growth=DEEP) if found.growth and isinstance(value, float) else found


def least_look(maze: Maze, ratio: float) -> tuple[float, float]:
    """(too short, enough): 1/(1-g) between which ascent begins to learn, apart by `ratio`; bisection from 1.01."""
    low, high = 1.01, 40.0 * maze.K**2
    if discounted_run(maze, low).words == "learnt":
        return 1.0, low
    while high / low > ratio:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if discounted_run(maze, middle).words == "learnt" else (middle, high)
    return low, high


def discount_critical(profile: str) -> Critical:
    """The least 1/(1-g) at which ascent learns on the dial's maze, by bisection, and over K^2 at other depths."""
    low, high = least_look(SHALLOW, 1.02 if profile == "quick" else 1.001)
    others = ", ".join(f"K = {K}: {least_look(Maze(15, K, 5), 1.05)[1] / K**2:.1f}" for K in (2, 3, 4, 6, 8))
    return Critical((1 - 1 / low, 1 - 1 / high), f"bisection of runs on {SHALLOW}",
                    f"1/(1-g) between {low:.0f} and {high:.0f}, {high / SHALLOW.K**2:.1f} K^2; over K^2 elsewhere: "
                    f"{others}. So at any fixed g deep mazes are unlearnt")


def discount_phase(profile: str) -> Phase:
    """1/((1-g) K^2) against K, W = 15, L = 5."""
    Ks, looks = (2, 3, 4, 5, 6, 8), (1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 14.0, 20.0)
    return Phase("discount", "Ascent on E[g^T] from base, W = 15, L = 5", "K", "1/((1-g) K^2)", Ks, looks,
                 tuple(tuple(discounted_run(Maze(15, K, 5), look * K * K).words for K in Ks) for look in looks),
                 "learnt: within 5 % of the optimum after 3000 sign steps of 0.01")


# -- a KL penalty -------------------------------------------------------------------------------------------------

PENALTIES = (0, 1, 5, 10, 30, 100)


@functools.cache
def _penalised(maze: Maze, beta: float) -> kl_descent.Solution:
    return kl_descent.follow(maze, beta)


def kl_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """RLVR with beta KL towards base: the steps of the rows where descent from base settles."""
    check_learner(learner)
    if isinstance(value, bool) or value not in PENALTIES:
        raise InputError(f"KL penalty {value!r}: not one of {', '.join(map(str, PENALTIES))}")
    if learner not in ("RLVR", "distilled") or value == 0:
        return standard(learner, maze)
    found = _penalised(maze, float(value))
    trapped = found.steps > 2 * _optimum(maze)
    growth = (Growth(K=2, W=1, how="computed, K = 3 .. 32") if trapped
              else LINEAR._replace(how="computed, K <= 30"))
    sure = (2 * maze.W - 1) * (maze.shortest + float(value) * kl_descent.price(maze.K, maze.L))
    return Cost(found.steps, growth, f"computed, slope left {found.residual:.0e} of log F",
                f"F {found.value:.6g}, that of the optimum {sure:.6g}")


def kl_critical(profile: str) -> Critical:
    """The penalty that traps descent from base on Figure 3's maze, by bisection; its limit as K grows."""
    low, high = 7.0, 11.0
    while high / low > (1.02 if profile == "quick" else 1.001):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if _penalised(FIGURE3, middle).steps > 2 * _optimum(FIGURE3) else (middle, high)
    limits = ", ".join(f"L = {L}: {kl_descent.trap(L):.2f}" for L in (1, 2, 5, 10, 50))
    return Critical((low, high), "bisection of runs on Figure 3's maze",
                    f"steps per nat; as K grows it tends to a constant of L alone ({limits}). Below it RLVR costs "
                    "about the optimum, above it base's K^2 less a factor, though up to beta = "
                    f"{kl_descent.even_penalty(FIGURE3.K, FIGURE3.L):.0f} being sure everywhere has the better F. The "
                    "gap against SFT survives at every beta: base is polynomial")


def kl_phase(profile: str) -> Phase:
    """beta against K, W = 15, L = 5: the steps of RLVR from base over those of base."""
    Ks, betas = (2, 3, 4, 6, 8), (1.0, 4.0, 6.0, 7.0, 8.0, 9.0, 20.0, 100.0)
    return Phase("kl-penalty", "RLVR with a KL penalty from base, W = 15, L = 5", "K", "beta", Ks, betas,
                 tuple(tuple(round(_penalised(Maze(15, K, 5), beta).steps / float(closed_forms.base_steps(15, K, 5)), 3)
                             for K in Ks) for beta in betas),
                 "steps over those of base; the optimum's are about 2/(rho K)")


def _smaller(profile: str) -> Iterator[Maze]:
    return by_size(60, least_W=2)


def _small(profile: str) -> Iterator[Maze]:
    return by_size(110)


def _narrow(profile: str) -> Iterator[Maze]:
    """All small mazes, then deep ones with two branches: where the runs of 6K+3 and 10K first unlearn."""
    yield from by_size(24)
    yield from (Maze(2, K, 1) for K in range(4, 17))
    yield Maze(2, 8, 5)


DIALS = (
    Dial("length-penalty", 10, "Does RLVR learn anything from the outcome alone?",
         "critique; 2502.04463 and 2504.05185 ask what a length reward does", "penalty a step", (0, "> 0"),
         penalty_cost, ("rlvr_no_penalty", "rlvr_reaches", "rlvr_cost", "optimum_cost"), penalty_critical),
    Dial("truncation", 11, "What does RLVR learn from rollouts that are cut off?", "practice in public trainers",
         "horizon T, no length penalty", CUTS, truncation_cost,
         ("truncation_is_sft", "truncation_indifferent", "tries_bound", "truncation_silent", "truncation_blind",
          "truncation_unlearns", "truncation_path", "truncation_return", "truncation_threshold", "truncation_excluded",
          "truncation_learns", "truncation_learns_quoted"), truncation_critical, maze=Maze(15, 6, 5), mazes=_narrow,
         phases=(truncation_phase,), notes="Smallest mazes: all of up to 24 arcs, then W = 2, L = 1, K up to 16, and "
         "W = 2, K = 8, L = 5.", words={"excluded": "cut-off rollouts left out", "none": "whole rollouts, length "
                                            "penalty"}),
    Dial("discount", 12, "Does a discount do what a length penalty does?",
         "2606.00183 asks how discounting changes the search that is learnt", "discount g",
         (*DISCOUNTS, "length penalty"), discount_cost,
         ("discount_law", "discount_to_length", "discount_reaches", "discount_reaches_quoted", "discount_unlearns",
          "tries_bound"), discount_critical, maze=SHALLOW, mazes=_small, phases=(discount_phase,)),
    Dial("kl-penalty", 16, "Does a KL penalty towards base keep RLVR from learning to backtrack?",
         "practice: KL penalties in public trainers", "penalty beta, steps per nat", PENALTIES, kl_cost,
         ("kl_whole", "kl_price", "kl_even", "kl_trap", "kl_trapped", "kl_trap_is_local", "kl_gibbs", "kl_floor",
          "kl_silent_at_base"), kl_critical, mazes=_smaller, phases=(kl_phase,)),
)
