"""Dials that change the forks: many of them in a row, and one that is predictable.

Costs are the formulas of `theory.nested` and `theory.fork`. With M forks the growth is that in K, W and L at the fixed
M; in M itself the restarted imitator grows by the factor W a fork, and everybody else linearly (quadratically with the
way back), which the framework's verdicts do not see and the words and the diagrams say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from theory import closed_forms, fork, nested, nesting
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction, integer
from theory.policy import Policy
from verify.dials.common import LINEAR, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner, verdict

DEPTHS = (1, 2, 3, 5, 10)
LOOKED = 12                                          # how many forks a dial is asked for its critical value
BOUND = "at most: the better of two walkers, all rows 1, and b_K = 1/2 beside them"
UPPER = LINEAR._replace(how="at most: that of the better of two walkers")


def _exact(value: Any) -> Any:
    return fraction(exact(value))


# -- forks in a row -----------------------------------------------------------------------------------------------

def onward_cost(learner: str, M: int, maze: Maze) -> Cost:
    """M forks in a row that are never left backwards: everybody's cost times M, but for restarts."""
    integer(M, "M")
    if check_learner(learner) == "SFT + restarts":
        return Cost(_exact(nested.restart_onward(M, maze, Policy.sft_limit(maze.L))), Growth(K=1, W=M))
    one = standard(learner, maze)
    return one._replace(steps=_exact(M * exact(one.steps)))


def way_back_cost(learner: str, M: int, maze: Maze) -> Cost:
    """M forks in a row, the way back being an exit of each but the first."""
    integer(M, "M")
    W, K, L = maze.W, maze.K, maze.L
    if check_learner(learner) == "base":
        return Cost(_exact(nesting.nested_way_back_base(M, W, K, L)), Growth(K=2, W=1, L=1))
    if learner == "SFT":
        rate = Growth(closed_forms.sft_rate(exact(L)), W=1) if W > 1 else Growth(K=1, W=1)
        return Cost(_exact(nesting.nested_way_back_sft(M, W, K, L)), rate)
    if learner == "SFT + restarts":
        return Cost(_exact(nested.restart_way_back(M, maze, Policy.sft_limit(L))), Growth(K=1, W=M))
    if learner == "SFT + search":
        if M == 1:
            return standard(learner, maze)
        return Cost(math.inf, None, words=f"strands: arrives with probability {nesting.nested_search_arrives(M)}")
    steps = min(exact(nesting.nested_way_back_ones(M, W, K)), exact(nesting.nested_way_back_turning(M, W, K)))
    return Cost(_exact(steps), *((LINEAR, "exact") if M == 1 else (UPPER, BOUND)))


def changes(cost: Callable[[str, Any, Maze], Cost], values: Sequence[Any], challenger: str) -> list[Any]:
    """The values whose verdict, of `challenger` against RLVR, is not that of the value before."""
    found = [verdict(cost(challenger, value, FIGURE3), cost("RLVR", value, FIGURE3)) for value in values]
    return [value for value, before, here in zip(values[1:], found, found[1:], strict=False) if here != before]


def _onward_critical(profile: str) -> Critical:
    least = {W: nested.losing_depth(Maze(W, FIGURE3.K, FIGURE3.L)) for W in (2, 3, FIGURE3.W)}
    useless = nested.useless_depth(FIGURE3)
    [turn] = changes(onward_cost, range(1, LOOKED + 1), "SFT + restarts")
    assert turn == least[FIGURE3.W], (turn, least)
    return Critical(turn, "exact", f"from M = {least[FIGURE3.W]} forks on restarts cost more than RLVR ("
                    f"{least[2]} when W = 2, {least[3]} when W = 3; K and L do not matter), each further fork W times "
                    f"as much; from M = {useless} on, in the maze of the paper's figure, more than SFT left alone")


def _way_back_critical(profile: str) -> Critical:
    least = {W: nested.losing_depth(Maze(W, FIGURE3.K, FIGURE3.L), way_back=True) for W in (2, 3, 4, 5, FIGURE3.W)}
    words = ", ".join(f"{M} when W = {W}" for W, M in least.items())
    turns = changes(way_back_cost, range(1, LOOKED + 1), "SFT")
    how = f"computed: the verdict is {'not ' if turns else ''}the same at every M up to {LOOKED}"
    return Critical(turns[0] if turns else None, how, "SFT alone loses to RLVR at every M looked at. Restarts lose to "
                    f"the walker with all rows 1 from M on: {words}. Search strands from M = 2 on")


def _winner(profile: str) -> Phase:
    Ms, Ws = tuple(range(1, 11)), tuple(range(2, 22))

    def cell(M: int, W: int) -> str:
        gap = exact(nested.powers(W, M)) * W - M * (2 * W - 1)
        return "draw" if gap == 0 else "SFT + restarts" if gap < 0 else "RLVR"

    return Phase("nesting-winner", "Who needs fewer steps: SFT with restarts, or RLVR without", "M", "W", Ms, Ws,
                 tuple(tuple(cell(M, W) for M in Ms) for W in Ws),
                 "forks never left backwards; exact, for every K and L")


def _nesting_ratio(profile: str) -> Phase:
    Ms, Ws = tuple(range(1, 11)), tuple(range(2, 22))
    cells = tuple(tuple(math.log10(exact(nested.powers(W, M)) * W / (M * (2 * W - 1))) for M in Ms) for W in Ws)
    return Phase("nesting-ratio", "SFT with restarts over RLVR, log10", "M", "W", Ms, Ws, cells,
                 "forks never left backwards; exact, for every K and L")


def large(profile: str) -> Iterator[Maze]:
    """The mazes up to 700 arcs: many forks need long branches before base costs more than restarts."""
    return by_size(700)


# -- a predictable fork -------------------------------------------------------------------------------------------

ERRORS = (Fraction(0), Fraction(1, 10**6), Fraction(1, 1000), Fraction(1, 10), Fraction(1, 2))
BEYOND = "exact, once rho^K, L or W is far beyond 1/eps"
HELD = (Fraction(0), Fraction(1, 10), Fraction(1, 2))
TINY = tuple(Fraction(1, 2**j) for j in range(64, 0, -1))          # where a dial is asked whether 0 alone is critical


def forked(profile: str) -> Iterator[Maze]:
    """The mazes with something to predict."""
    return by_size(least_W=2)


def _error(eps: Any, maze: Maze) -> Any:
    eps = exact(eps, "eps")
    if not 0 <= eps < 1:
        raise InputError(f"eps = {eps}: must be at least 0 and below 1")
    return eps if maze.W > 1 else eps * 0                     # with one branch there is nothing to predict


def predicted_cost(learner: str, eps: Any, maze: Maze) -> Cost:
    """A fork whose right branch every learner draws with probability 1 - eps, afresh at every visit."""
    check_learner(learner)
    eps, W, K, L = _error(eps, maze), maze.W, maze.K, maze.L
    if learner == "base":
        return Cost(_exact(fork.fork_base(W, K, L, eps)), Growth(K=2, L=1))
    if learner == "SFT":
        return Cost(_exact(fork.fork_sft(W, K, L, eps)),
                    Growth(closed_forms.sft_rate(exact(L)), how=BEYOND) if eps > 0 else Growth(K=1))
    if learner == "SFT + restarts":
        return Cost(_exact(fork.fork_restarts(W, K, eps)), Growth(K=1))
    if learner == "SFT + search":
        return Cost(_exact(fork.fork_search(W, K, L, eps)) if eps > 0 else Fraction(maze.shortest),
                    Growth(K=1, L=1, how=BEYOND) if eps > 0 else Growth(K=1))
    return Cost(_exact(fork.fork_optimum(W, K, eps)), Growth(K=1))


def held_cost(learner: str, eps: Any, maze: Maze) -> Cost:
    """One branch is predicted for the whole walk. Imitation follows as often as it is right, RLVR by the root rule."""
    check_learner(learner)
    eps, W, K, L = _error(eps, maze), maze.W, maze.K, maze.L
    if eps == 0:
        return predicted_cost(learner, eps, maze)
    if learner == "SFT + search":
        return Cost(_exact(fork.fork_search_walk(W, K, L, eps)), Growth(K=1, W=1, L=1, how=BEYOND))
    if learner in ("RLVR", "distilled"):
        ball = fork.fork_root_rule(maze, Policy.optimum(), eps)
        return Cost(float(ball.mid()), Growth(K=1, W=1, how=BEYOND), "computed, within 1e-12")
    return standard(learner, maze)


def _lone_zero(cost: Callable[[str, Any, Maze], Cost]) -> Any:
    """0 where the verdict on SFT changes between eps = 0 and 2^-64 and nowhere from there to 1/2; else the interval of
    eps between which it last changes, or None."""
    eps = (Fraction(0), *TINY)
    turns = changes(cost, eps, "SFT")
    if not turns:
        return None
    return 0 if turns == [eps[1]] else (eps[eps.index(turns[-1]) - 1], turns[-1])


ZERO_ALONE = "computed: one verdict at 0, another at every eps = 2^-64 .. 1/2, by growths exact for every eps > 0"


def _predicted_critical(profile: str) -> Critical:
    K, L = FIGURE3.K, FIGURE3.L
    near, worse = float(fork.fork_critical(K, L, Fraction(1, 20))), float(fork.fork_worse_than_base(K, L))
    return Critical(_lone_zero(predicted_cost), ZERO_ALONE, "the exponential is there for every eps > 0. In the maze "
                    f"of the paper's figure SFT is within 5 % of RLVR up to eps = {near:.3g}, and worse than base from "
                    f"{worse:.3g} on: of the order K rho^-K")


def _held_critical(profile: str) -> Critical:
    return Critical(_lone_zero(held_cost), ZERO_ALONE, "a calibrated follower of a prediction that holds for the walk "
                    "gains nothing for any eps in (0, 1): SFT costs what it costs without prediction")


def _predicted_phase(profile: str) -> Phase:
    powers, Ks, L = tuple(range(0, 13)), tuple(range(1, 16)), FIGURE3.L

    def ratio(j: int, K: int) -> float:
        eps = Fraction(1, 2 * 10**j)
        return math.log10(exact(fork.fork_sft(2, K, L, eps)) / exact(fork.fork_optimum(2, K, eps)))

    return Phase("fork-predictable", "SFT over RLVR, log10", "-log10(2 eps)", "K", powers, Ks,
                 tuple(tuple(ratio(j, K) for j in powers) for K in Ks), "L = 5, any W >= 2; exact")


DIALS = (
    Dial("nested-forks", 8, "Do restarts still close the gap when there are several forks in a row?",
         "critique C2 and C3", "forks in a row, M, never left backwards", DEPTHS, onward_cost,
         ("nested_onward", "nested_optimum", "nested_restarts", "nested_restart_rate", "nested_losing", "nested_budget",
          "nested_checkpoints", "nested_search_sft", "nested_search_optimum", "nested_useless"),
         _onward_critical, challenger="SFT + restarts", positions=tuple(map(float, DEPTHS)), mazes=large,
         phases=(_winner, _nesting_ratio),
         notes="At fixed M restarts cost W^M against W; in M they are exponential, log W a fork, whatever K and L, for "
               "every walker restarted at dead ends, RLVR too. Search, or restarts from the last fork reached, stay "
               "linear in M. SFT alone keeps the exponential of one fork, times M."),
    Dial("nested-way-back", 8, "And when a walker may go back over forks that it has passed?",
         "critique C2", "forks in a row, M, the way back an exit of each", DEPTHS, way_back_cost,
         ("crossing_balance", "nested_way_back", "nested_way_back_ones", "nested_way_back_base", "nested_way_back_sft",
          "nested_way_back_slope", "nested_way_back_turning", "nested_way_back_restarts", "nested_way_back_rate",
          "nested_way_back_losing", "nested_search_arrives"),
         _way_back_critical, positions=tuple(map(float, DEPTHS)),
         notes="SFT hardly ever goes back over a fork, and pays M times one fork. The walker with all rows 1 pays "
               "quadratically in M and is no longer the optimum: turning round at the far end of a branch makes the "
               "cost linear again. Search without the rule to go back last arrives with probability 2^-(M-1)."),
    Dial("fork-predictable", 9, "What if the fork can be predicted, with error eps, at every visit?", "critique C2",
         "error eps of the prediction", ERRORS, predicted_cost,
         ("fork_cost", "fork_sft", "fork_base", "fork_optimum", "fork_sft_lower", "fork_critical",
          "fork_worse_than_base", "fork_restarts", "fork_search"),
         _predicted_critical, positions=tuple(map(float, ERRORS)), mazes=forked, phases=(_predicted_phase,),
         notes="A fork predicted with error eps is worth one of 1/(1 - eps) branches. The exponent is that of SFT for "
               "every eps > 0; only errors of the order rho^-K would hide it."),
    Dial("fork-predicted-once", 9, "What if one prediction holds for the whole walk?", "critique C2",
         "error eps of the prediction", HELD, held_cost,
         ("fork_calibrated", "fork_root_rule", "fork_search_walk", "fork_cost"),
         _held_critical, positions=tuple(map(float, HELD)), mazes=forked,
         notes="Following a prediction as often as it is right, as cross-entropy teaches, is worth nothing without "
               "search: the rare wrong one costs what the others gain. The best share follows the root of the odds."),
)
