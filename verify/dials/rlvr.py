"""RLVR's own conditions, first part: how many branches, how large a step, which start.

    small-W          W branches, as a function of K and L; at base some signs are wrong below W* (`small_W`)
    step-size        sign steps of lr from base; for W <= K they stall from about lr = 2.5/K^(3/2) on
    rlvr-from-sft    the start: base, the SFT flow at t, its limit, SFT on traces with recoveries

RLVR is exact ascent: sign steps on -H (`theory.dynamics.descent`) for a total rise of 60 in the log-odds, run; or its
limit where that is proved. Costs are those of the walker afterwards; prices of training stand in `words`. Not covered:
sampled learners; the objective itself (`verify.dials.rlvr_objective`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theory import closed_forms, dynamics, estimator
from theory.conditions import small_W
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from theory.reinforcement import rlvr_signs_criterion
from verify.dials.common import LINEAR, restarted, searching, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner

RISE = 60.0                              # how far every log-odds could rise in a run
KNOWN = "computed by exact ascent, within 1e-9"


@functools.cache
def descended(maze: Maze, lr: float, t: float | None = None) -> float:
    """H after sign descent with step lr for a rise of 60, from base or from the SFT flow at time t.

    >>> round(descended(Maze(2, 8, 5), 0.01), 9)
    51.0
    """
    start = dynamics.base_log_odds(maze)
    if t is not None:
        a, c = dynamics.sft_odds(t, maze.L)
        start[0], start[2] = np.log(a), np.log(c)
    H = float(dynamics.descent(maze, round(RISE / lr), lr, start=start).steps_to_target[-1])
    best = float(closed_forms.optimum_steps(maze.W, maze.K))
    return best if abs(H / best - 1) < 1e-9 else H              # nearer it is not told from the optimum


def _reaches(maze: Maze, lr: float) -> bool:
    return descended(maze, lr) <= 1.05 * float(closed_forms.optimum_steps(maze.W, maze.K))


def small_step(K: int) -> float:
    """A step that was small enough wherever it was tried (`rlvr_step_size`): 1/K^(3/2), at most 0.01."""
    return min(0.01, 1 / K**1.5)


# -- small W ------------------------------------------------------------------------------------------------------

BRANCHES: dict[str, Callable[[int, int], int]] = {
    "1": lambda K, L: 1, "2": lambda K, L: 2, "W*/2": lambda K, L: max(2, small_W(K, L) // 2),
    "W*-1": lambda K, L: max(2, small_W(K, L) - 1), "W*": small_W, "K+1": lambda K, L: K + 1}


def branches_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """The learner's cost with W as the value says; the maze's own W is not used."""
    check_learner(learner)
    if value not in BRANCHES:
        raise InputError(f"W = {value!r}: not one of {', '.join(BRANCHES)}")
    W = BRANCHES[value](maze.K, maze.L)
    changed = Maze(W, maze.K, maze.L)
    cost = standard(learner, changed)
    assert cost.growth is not None
    more = 0 if value in ("1", "2") else 1                       # W grows as K does
    growth = cost.growth._replace(K=cost.growth.K + more, W=0)
    if learner in ("RLVR", "distilled") and 2 <= W <= maze.K:
        return Cost(descended(changed, small_step(maze.K)), growth._replace(how="computed, K <= 30"), KNOWN,
                    f"{rlvr_signs_criterion(W, maze.K, maze.L)} of {4 * maze.K} rows pushed the wrong way at base")
    return cost._replace(growth=growth)


def branches_critical(profile: str) -> Critical:
    """The gap opens at W = 2; the signs are right from W* on."""
    K, L = FIGURE3.K, FIGURE3.L
    opens = next(W for W in (1, 2, 3) if closed_forms.sft_steps(W, K, L) > closed_forms.base_steps(W, K, L))
    return Critical(opens, "exact costs at Figure 3's K and L",
                    f"the gap closes at W = 1 and survives from W = {opens} on. All signs at base are "
                    f"right from W* = {small_W(K, L)} on at K = {K}, L = {L}; W* lies between "
                    "K(L+1)/(1+sqrt(L))^2 and that plus 2. It does not matter for where ascent ends: with a small step "
                    "the wrong rows turn round")


def _signs(L: int) -> Callable[[str], Phase]:
    def phase(profile: str) -> Phase:
        Ks, Ws = tuple(range(1, 31)), tuple(range(2, 32))
        return Phase(f"signs-L{L}", f"Rows pushed the wrong way at base, L = {L}", "K", "W", Ks, Ws,
                     tuple(tuple(rlvr_signs_criterion(W, K, L) for K in Ks) for W in Ws),
                     "number of backward rows whose gradient at base points away from 1, or is 0; exact")

    return phase


# -- step size ----------------------------------------------------------------------------------------------------

NARROW = Maze(2, 32, 5)
STEPS: tuple[Any, ...] = ("2/K^(3/2)", 0.01, 0.02, 0.05, 0.1, 1.0)


def step_of(value: Any, K: int) -> float:
    """The step size that a value means at depth K."""
    if isinstance(value, bool) or value not in STEPS:
        raise InputError(f"step size {value!r}: not one of {', '.join(map(str, STEPS))}")
    return 2 / K**1.5 if isinstance(value, str) else float(value)


def step_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """RLVR by sign steps of the value's size; the student of its traces costs the same. Others do not change."""
    check_learner(learner)
    lr = step_of(value, maze.K)
    if learner not in ("RLVR", "distilled"):
        return standard(learner, maze)
    H = descended(maze, lr)
    if isinstance(value, str):
        return Cost(H, LINEAR._replace(how="computed, K <= 64"), KNOWN)
    # at fixed W and lr every maze is too deep in the end, and the cost near base's; not so where W is of order K
    deep = f"computed, lr <= 1, W = 2: near base from lr K^(3/2) > 3 on, K > {(3 / lr) ** (2 / 3):.0f}"
    return Cost(H, Growth(K=2, W=1, L=1, how=deep), KNOWN, "reached" if _reaches(maze, lr) else "stalled")


def _bracket(maze: Maze, ratio: float) -> tuple[float, float]:
    """(a step that reaches, one that stalls), apart by `ratio` at most; by bisection between 1/K^1.5 and 8/K^1.5."""
    low, high = 1 / maze.K**1.5, 8 / maze.K**1.5
    while high / low > ratio:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _reaches(maze, middle) else (low, middle)
    return low, high


def step_critical(profile: str) -> Critical:
    """The step at which ascent on the dial's maze stalls, by bisection."""
    low, high = _bracket(NARROW, 1.1 if profile == "quick" else 1.01)
    unit = NARROW.K**1.5
    found = (f"{name}: {_bracket(Maze(2, K, L), 1.1)[0] * K**1.5:.2f}" for name, K, L in
             (("K = 16", 16, 5), ("K = 48", 48, 5), ("L = 2", 32, 2)))
    wide = Maze(64, 128, 5)
    assert descended(wide, 1.0) < closed_forms.sft_steps(wide.W, wide.K, wide.L)
    over = math.log10(descended(wide, 1.0) / float(closed_forms.base_steps(wide.W, wide.K, wide.L)))
    return Critical((low, high), f"bisection of runs for a rise of {RISE:.0f}; W = 2, K = 32, L = 5",
                    f"lr K^(3/2) between {low * unit:.2f} and {high * unit:.2f} ({'; '.join(found)}); beyond it ascent "
                    "stays near base on these. For W >= K + 1 there is no critical step (`rlvr_path`). At W fixed, for "
                    "steps up to 1, the gap against SFT survives: as K grows a stalled RLVR costs what base does, K^2. "
                    f"With W of order K steps near 1 do worse: at lr = 1, W = 64, K = 128 it ends at 10^{over:.0f} "
                    "times base's cost, still less than SFT's; larger steps are not covered")


def steps_phase(profile: str) -> Phase:
    """Step size against K, W = 2, L = 5: where ascent reaches the optimum and where it stalls."""
    Ks, lrs = (2, 4, 8, 12, 16, 24, 32, 48, 64), (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
    return Phase("step-size", "Sign descent from base, W = 2, L = 5", "K", "step size", Ks, lrs,
                 tuple(tuple("reaches" if _reaches(Maze(2, K, 5), lr) else "stalls" for K in Ks) for lr in lrs),
                 "reaches: within 5 % of the optimum after a rise of 60")


# -- RLVR from SFT ------------------------------------------------------------------------------------------------

TIMES: dict[str, float] = {"t = 1/100": 0.01, "t = 1/10": 0.1, "t = 1": 1.0, "t = 10": 10.0}
STARTS = ("base", *TIMES, "SFT limit", "messy SFT")


def start_cost(learner: str, value: Any, maze: Maze) -> Cost:
    """RLVR from another start; SFT too is another learner where its traces hold recoveries."""
    check_learner(learner)
    if value not in STARTS:
        raise InputError(f"start {value!r}: not one of {', '.join(STARTS)}")
    usual = standard(learner, maze)
    if value == "messy SFT" and learner.startswith("SFT"):
        steps = {"SFT": standard("RLVR", maze).steps, "SFT + restarts": restarted(maze, Policy.optimum()),
                 "SFT + search": searching(maze, Policy.optimum())}[learner]
        return Cost(fraction(exact(steps)), LINEAR, words="any share of recoveries is learnt in the limit")
    if learner not in ("RLVR", "distilled") or value == "base":
        return usual
    if value == "messy SFT":
        return usual._replace(words="it starts at the optimum: nothing is left to learn")
    if value == "SFT limit":
        return usual._replace(words="limit of `sft_start_cost`; first rollout "
                              f"{float(closed_forms.sft_steps(maze.W, maze.K, maze.L)):.3g} steps, from base "
                              f"{float(closed_forms.base_steps(maze.W, maze.K, maze.L)):.3g}")
    H = float(dynamics.sft_flow_steps(maze, str(TIMES[value])))
    return Cost(descended(maze, small_step(maze.K), TIMES[value]), LINEAR._replace(how="computed, K <= 30"), KNOWN,
                f"first rollout {H:.3g} steps, from base "
                f"{float(closed_forms.base_steps(maze.W, maze.K, maze.L)):.3g}")


def start_critical(profile: str) -> Critical:
    """The training time after which a rollout of SFT is longer than one of base; balls, so rigorous."""
    found = {}
    for K in (5, FIGURE3.K, 30):
        maze = Maze(FIGURE3.W, K, FIGURE3.L)
        base = exact(closed_forms.base_steps(maze.W, maze.K, maze.L))
        low, high = exact("1/1000"), exact(10)
        while high - low > high / 50:
            middle = (low + high) / 2
            low, high = (low, middle) if dynamics.sft_flow_steps(maze, middle) > base else (middle, high)
        found[K] = (float(low), float(high))
    late = "; ".join(f"K = {K}: {low:.3f}" for K, (low, _) in found.items())
    return Critical(found[FIGURE3.K], "bisection in balls: H(t) above base's on one side, below on the other",
                    f"from this training time on the first rollout is longer than from base ({late}). The verdict does "
                    "not change: RLVR gets to the optimum from every start. What SFT costs it is the length of its "
                    "rollouts, at the limit at least 4(W-1)(rho^K - 1) steps each")


@functools.cache
def _price(K: int, t: float) -> float:
    """log10 of the steps whose rollouts show one backward row's sign, the faintest: max Var G/(E G)^2 times H."""
    maze = Maze(5, K, 5)
    z = dynamics.base_log_odds(maze)
    if t:
        a, c = dynamics.sft_odds(t, maze.L)
        z[0], z[2] = np.log(a), np.log(c)
    signal = estimator.signal(maze, z, digits=6)
    return round(math.log10(signal.steps / float(signal.ratio[[1, 3]].min())), 2)


def start_phase(profile: str) -> Phase:
    """Training time of the start against K: what the signs of the backward rows cost there."""
    Ks, times = (1, 2, 3, 4, 6, 8, 10), (0.0, 0.01, 0.1, 1.0, 10.0)
    return Phase("rlvr-from-sft", "Steps to show the faintest backward sign, log10; W = L = 5", "K", "SFT time t", Ks,
                 times, tuple(tuple(_price(K, t) for K in Ks) for t in times),
                 "noise to signal times the length of a rollout, baseline H; all signs at once")


def _mazes(profile: str) -> Any:
    return by_size(150, least_W=1)


def _narrow(profile: str) -> Any:
    """Mazes for the step size: W = 2, up to the depth at which steps of 0.01 stall."""
    return [Maze(2, K, L) for K in range(1, 65) for L in (1, 2, 5)]


DIALS = (
    Dial("small-W", 13, "Does RLVR need many branches, so that its first gradient is right in every row?",
         "derived here: signs of the gradient at base", "number of branches W", tuple(BRANCHES), branches_cost,
         ("small_W", "small_W_enough", "small_W_needed", "small_W_rate", "rlvr_signs", "rlvr_signs_criterion",
          "rlvr_path", "rlvr_reaches"), branches_critical, mazes=_mazes, phases=(_signs(5), _signs(2)),
         meant=lambda value, maze: Maze(BRANCHES[value](maze.K, maze.L), maze.K, maze.L),
         notes="W is the value's, in the smallest mazes too.",
         words={"W*": "least W with every sign at base right", "K+1": "no sign is ever wrong, at any step"}),
    Dial("step-size", 14, "Does RLVR depend on the size of its steps?",
         "derived here: descent that stalls on the ridge",
         "step size lr", STEPS,
         step_cost, ("rlvr_step_size", "rlvr_step_size_quoted", "step_stall", "rlvr_path", "rlvr_cost"), step_critical,
         maze=NARROW, mazes=_narrow, phases=(steps_phase,)),
    Dial("rlvr-from-sft", 15, "Does RLVR started from the imitation model still learn to backtrack?",
         "critique; 2601.07389 asks what SFT before RL gains or loses", "start of RLVR", STARTS, start_cost,
         ("sft_start_signs", "sft_start_cost", "sft_start_steps", "sign_rollouts_sft", "sign_rollouts_in_turn",
          "bill_sft_rlvr", "mixed_time"), start_critical, phases=(start_phase,),
         words={"messy SFT": "SFT in its limit on any share of traces with recoveries"}),
)
