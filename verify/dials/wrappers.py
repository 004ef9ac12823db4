"""Dials turned at inference: restarts, search, and many short walks against one long one.

The costs are formulas of `theory.wrappers` and `theory.attempts`; Luby's sequence is computed in balls. A dial gives
the wrapper to imitation alone, or to RLVR too where its value says so; base stays as it is: restarts gain it less than
a factor 2, and search strands it (claims `restart_base`, `search_base`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from theory import attempts, closed_forms, restarts, wrappers
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from verify.dials.common import LINEAR, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner


def refuse(dial: str, value: Any, values: tuple[Any, ...]) -> None:
    """`InputError` unless the value is one of the dial's."""
    if value not in values:
        raise InputError(f"{dial}: {value!r} is not one of {', '.join(map(str, values))}")


# -- restarts -----------------------------------------------------------------------------------------------------

BUDGETS = {"B = 2K": lambda s: s - 1, "B = 2K+1": lambda s: s, "B = 4K+2": lambda s: 2 * s,
           "B = 6K+2": lambda s: 3 * s - 1}
RESTARTS = ("none", *BUDGETS, "Luby", "dead end", "dead end, RLVR too")
# no more than a logarithm by the guarantee; that it is one is seen
LUBY = Growth(K=1, W=1, how="at most 2 l (log2 l + 5), l = W(2K+1); its ratio to l grows, seen up to K = 240", log=1)


@functools.cache
def _luby(maze: Maze) -> float:
    return float(restarts.luby_steps(maze, Policy.sft_limit(maze.L), digits=9).mid())


def restarts_cost(learner: str, value: str, maze: Maze) -> Cost:
    """'SFT + restarts' is restarted as the value says; 'RLVR too' restarts the optimum and its student as well."""
    refuse("restarts", value, RESTARTS)
    check_learner(learner)
    if learner == "SFT + restarts":
        if value == "none":
            return standard("SFT", maze)
        if value == "Luby":
            return Cost(_luby(maze), LUBY, "computed, within 1e-9")
        if value in BUDGETS:
            s, B = maze.shortest, BUDGETS[value](maze.shortest)
            if B < s:
                return Cost(math.inf, None, words="no attempt is as long as the shortest path")
            return Cost(fraction(exact(attempts.attempt_cost(maze.W, maze.K, maze.L, B))), LINEAR)
    if learner in ("RLVR", "distilled") and value == "dead end, RLVR too":
        return Cost(fraction(exact(wrappers.restart_sft(maze.W, maze.K))), LINEAR)
    return standard(learner, maze)


def budgets(maze: Maze) -> dict[int, int]:
    """B -> the sign of what SFT restarted after B steps costs more than RLVR, for every B that could cost no more.

    From the law of one walk in floats, whose error decides; where that cannot tell, exactly. S(B) alone exceeds RLVR's
    steps at the last B, and it grows with B while F <= 1, so no longer budget costs less. Errors: `InputError` when it
    does not exceed them within 4W shortest paths, as where SFT left alone needs no more.
    """
    sft, optimum = Policy.sft_limit(maze.L), exact(closed_forms.optimum_steps(maze.W, maze.K))
    law = restarts.law(maze, sft, 4 * maze.W * maze.shortest)
    last = next((B for B in range(1, len(law.S)) if law.ball_S(B) > optimum), None)
    if last is None:
        raise InputError(f"budgets up to {len(law.S) - 1} steps are too short to tell")
    signs = {}
    for B in range(1, last + 1):
        gap = law.ball_S(B) - optimum * law.ball_F(B)
        if law.F[B] == 0 or gap > 0:
            signs[B] = 1
        elif gap < 0:
            signs[B] = -1
        else:
            less = exact(restarts.budget_steps(maze, sft, B)) - optimum
            signs[B] = int(less > 0) - int(less < 0)
    return signs


def _restarts_critical(profile: str) -> Critical:
    signs = budgets(FIGURE3)
    less, draw = ([B for B, sign in signs.items() if sign == wanted] for wanted in (-1, 0))
    best, most = less[0], draw[-1]
    assert less == list(range(best, most)) and draw == [most], (less, draw)
    return Critical((best, most), "exact", f"restarts beat RLVR for budgets from the shortest path, {best} steps, and "
                    f"draw with it at twice that, {most}; shorter ones never arrive, longer ones cost more")


def _budgets(profile: str) -> Phase:
    multiples, depths = [n / 2 for n in range(1, 25)], tuple(range(1, 13))
    cells = []
    for K in depths:
        maze = Maze(FIGURE3.W, K, FIGURE3.L)
        law = restarts.law(maze, Policy.sft_limit(maze.L), 12 * maze.shortest)
        optimum = float(closed_forms.optimum_steps(maze.W, K))
        cells.append(tuple("never" if law.F[B] < restarts.LEAST else math.log10(law.S[B] / law.F[B] / optimum)
                           for B in (int(x * maze.shortest) for x in multiples)))
    return Phase("restart-budgets", "SFT + restarts after B steps over RLVR, log10", "B / (2K+1)", "K",
                 tuple(multiples), depths, tuple(cells), "W = 15, L = 5; within 1e-9. Below 0 restarts are cheaper")


def few(profile: str) -> Iterator[Maze]:
    """The mazes with wrong branches up to 30 arcs (60 when thorough): where a cost takes milliseconds."""
    return by_size(60 if profile == "thorough" else 30, least_W=2)


# -- search -------------------------------------------------------------------------------------------------------

SEARCHES = ("none", "imitation", "both", "both, charged")


def search_cost(learner: str, value: str, maze: Maze) -> Cost:
    """'SFT + search' searches unless the value is none; RLVR and its student search where the value is 'both'."""
    refuse("search", value, SEARCHES)
    check_learner(learner)
    W, K, L = maze.W, maze.K, maze.L
    if learner == "SFT + search" and value == "none":
        return standard("SFT", maze)
    if learner == "SFT + search" and value == "both, charged":
        steps = wrappers.charged_sft(W, K, L)
        return Cost(math.inf, None, words="proposes a crossed edge for ever") if steps == math.inf else Cost(
            fraction(exact(steps)), LINEAR)
    if learner in ("RLVR", "distilled") and value.startswith("both"):
        form = wrappers.charged_optimum if value == "both, charged" else wrappers.search_optimum
        return Cost(fraction(exact(form(W, K))), LINEAR)
    return standard(learner, maze)


def _cheaper(maze: Maze) -> bool:
    return search_cost("SFT + search", "imitation", maze).steps < search_cost("RLVR", "imitation", maze).steps


def _search_critical(profile: str) -> Critical:
    least = {K: next(L for L in range(1, 100) if not _cheaper(Maze(FIGURE3.W, K, L))) for K in (1, FIGURE3.K)}
    claimed = {K: wrappers.search_threshold(FIGURE3.W, K) for K in least}
    assert least == claimed, (least, claimed)
    return Critical(least[FIGURE3.K], "exact", f"the searching imitator beats RLVR without search below L = "
                    f"{least[FIGURE3.K]} ({least[1]} when K = 1), and costs (L+3)/4 of it when both search")


def _search_phase(profile: str) -> Phase:
    Ks, Ls = tuple(range(1, 16)), tuple(range(1, 16))
    cells = tuple(tuple("SFT + search" if _cheaper(Maze(15, K, L)) else "RLVR" for L in Ls) for K in Ks)
    return Phase("search-winner", "Who needs fewer steps: SFT with search, or RLVR without", "L", "K", Ls, Ks, cells,
                 "W = 15; exact. The border K(L-5) = 2 is the same for every W >= 2")


# -- pass@k -------------------------------------------------------------------------------------------------------

WALKS = (1, 2, 4, 16, 64)


def pass_cost(learner: str, value: int, maze: Maze) -> Cost:
    """Steps in all of `value` walks of 2K+1 steps side by side, begun anew until one arrives; RLVR walks alone.

    Base and SFT walk so; SFT + search, RLVR and distilled are one walk, as long as it takes.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"pass-at-k: k = {value!r} is not an integer from 1")
    check_learner(learner)
    if learner in ("SFT + search", "RLVR", "distilled"):
        return standard(learner, maze)
    policy = Policy.base(maze.L) if learner == "base" else Policy.sft_limit(maze.L)
    steps = fraction(value * maze.shortest / exact(attempts.pass_at_k(maze, policy, value)))
    return Cost(steps, Growth(closed_forms.sft_rate(exact(maze.L)), K=1, W=1) if learner == "base" else LINEAR)


def overtaken(maze: Maze, most: int) -> int:
    """Least B from which on, up to `most`, attempts of B steps of base succeed more often than SFT's.

    By floats with their error. Errors: `InputError` when there is none, or the floats cannot tell.
    """
    base, sft = (restarts.law(maze, policy, most) for policy in (Policy.base(maze.L), Policy.sft_limit(maze.L)))
    gap, error = base.F - sft.F, base.error * base.F + sft.error * sft.F
    behind = int(np.flatnonzero(gap <= error)[-1])
    if behind == most:
        raise InputError(f"base does not overtake SFT within {most} steps")
    if gap[behind] >= -error[behind] and behind >= maze.shortest:
        raise InputError(f"B = {behind}: the success of base and of SFT cannot be told apart")
    return behind + 1


def _pass_critical(profile: str) -> Critical:
    W, K, maze = FIGURE3.W, FIGURE3.K, FIGURE3
    least = attempts.pass_critical(W, K)
    most = 1 << 13
    before, there = (k * wrappers.parallel_sft(W, K, k) <= closed_forms.optimum_steps(W, K) for k in (least - 1, least))
    assert before and not there
    return Critical(least, "exact", f"{least} is the least k at which the k walks cost more in all than one RLVR walk "
                    f"(about {attempts.pass_critical_limit(W):.4f} W for many branches). Attempts of 2K+1 steps have "
                    f"the same pass@k for SFT and RLVR; from B = {overtaken(maze, most)} steps on, up to the "
                    f"{most} looked at, base's is above SFT's, at every k")


def _pass_phase(profile: str) -> Phase:
    maze, ks, totals = FIGURE3, tuple(range(1, 25)), tuple(range(1, 25))
    law = restarts.law(maze, Policy.sft_limit(maze.L), totals[-1] * maze.shortest)

    def cell(k: int, n: int) -> str:
        many = 1 - (1 - law.F[n * maze.shortest // k]) ** k
        one = float(attempts.pass_one_walk(maze.W, maze.K, n))
        return "equal" if abs(many - one) < 1e-6 else "SFT" if many > one else "RLVR"

    return Phase("pass-at-k", "Who arrives more often: k walks of SFT, or one of RLVR as long as all k together",
                 "k", "total steps / (2K+1)", ks, totals, tuple(tuple(cell(k, n) for k in ks) for n in totals),
                 "W = K = 15, L = 5; floats, equal within 1e-6. Walks shorter than 2K+1 never arrive")


DIALS = (
    Dial("restarts", 6, "Does a restart close the gap, and what must it know?",
         "critique C3; Luby, Sinclair and Zuckerman; 2601.21522 asks about resets", "what SFT + restarts is given",
         RESTARTS, restarts_cost,
         ("restart_sft", "restart_dead_end", "restart_budget", "restart_shortest", "restart_best",
          "restart_best_budget", "restart_optimum", "restart_base", "luby_guarantee", "attempt_sft", "attempt_cost",
          "attempt_critical"),
         _restarts_critical, challenger="SFT + restarts", mazes=few, phases=(_budgets,),
         words={"none": "one walk, as long as it takes", "B = 2K": "a step too short", "B = 2K+1": "the shortest path",
                "B = 4K+2": "twice the shortest path", "B = 6K+2": "a step less than thrice",
                "Luby": "1, 1, 2, 1, 1, 2, 4, .., knows nothing", "dead end": "at each wrong leaf"},
         notes="At one fork restarts turn the separation round: imitation restarted at the first dead end, or after "
               "2K+1 steps, costs W(2K+1), half of what RLVR needs. A budget must be at least the shortest path and "
               "at most twice that. Luby's sequence needs to know nothing and loses a logarithm."),
    Dial("search", 7, "Does a search wrapper close the gap?", "the paper's corollary on search; summaries; critique C3",
         "who searches", SEARCHES, search_cost,
         ("search_sft", "search_optimum", "search_narrows", "search_gap", "search_threshold", "search_strands",
          "search_base", "charged_sft", "charged_optimum", "charged_rate"),
         _search_critical, challenger="SFT + search", phases=(_search_phase,),
         words={"none": "nobody", "imitation": "SFT alone", "both": "SFT and RLVR",
                "both, charged": "both; a proposal of a crossed edge costs a step"},
         notes="Search takes the exponential away and leaves a factor linear in L. Search for imitation alone beats "
               "RLVR without search up to L = 5, as in the paper's figure. If a rejected proposal costs a step, SFT "
               "proposes for ever from L = 2 on."),
    Dial("pass-at-k", 22, "Do k short walks of imitation do what one long walk of RLVR does?",
         "2504.13837 asks whether pass@k of the base model overtakes RLVR", "walks side by side, k", WALKS, pass_cost,
         ("pass_at_k", "pass_one_walk", "pass_critical", "pass_critical_limit", "parallel_sft", "parallel_optimum",
          "attempt_sft"),
         _pass_critical, positions=tuple(map(float, WALKS)), phases=(_pass_phase,),
         notes="Attempts of 2K+1 steps have the same pass@k for SFT and RLVR at every k. At equal total steps the k "
               "short walks of SFT arrive more often than one long walk of RLVR. What imitation lacks is seen in long "
               "walks only. Base stays exponential: its attempts succeed with probability rho^-K / W."),
)
