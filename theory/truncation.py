"""RLVR on rollouts cut off at a horizon: what it learns, what it unlearns, and from which horizon on.

Setting. Reward 1 for a rollout that reaches the target within T steps, else 0, so that J = P(T_hit <= T); rows of
persistence P_x (away from the fork) and Q_x (towards it), x = 1 .. 2K; backward rows are Q = d_1, b_1, d_2, b_2, ...
Walks from the fork to a leaf have odd length, so J at an even T is J at T - 1.

Credit by side. To reach the target from B_{x-1} of the target branch the walker must pass A_{x+1}, and so arrives
later than from A_{x+1} itself, or not; in a wrong branch it must pass B_{x-1} on its way from A_{x+1}. So persisting is
good for P and bad for Q in the target branch, and the reverse in a wrong one, at every policy and every T. Each is
strict (rows in (0,1)) once T admits a walk through the row that arrives: the shortest has 2K+1 steps through P_x and
2K+3 through Q_x (x < 2K; B_2K is past the target) of the target branch, 2K+1+2x and 2K+3+2x in a wrong one.

Blindness below 6K+3. Let tau be the first step at a leaf, any leaf. Up to tau the walk treats tied branches alike, so
the leaf reached is the target with probability 1/W, whatever tau. From a wrong leaf the way back and out takes
2(2K+1) more steps, tau >= 2K+1. Hence P_W(T_hit <= T) = P(tau <= T)/W = P_1(T_hit <= T)/W for T <= 6K+2: the learner
sees the maze without wrong branches, where retreat only loses time. At T = 6K+3 one walk joins: straight to a wrong
leaf, straight back, straight out, with probability (W-1)/W prod P prod Q prod P / W.

Where no argument decides (from 6K+3 on), the claims are tables: exact ascent that was run, over the range they say.

Not covered: sampled learners (their checks run against `theory.truncated`), untied rows beyond credit by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theory import closed_forms, dynamics, truncated
from theory.claim import FORKS, Domain, claim
from theory.maze import Maze
from theory.moments import reach_probability
from theory.numeric import exact, fraction
from theory.policy import ROWS, Policy
from theory.rewards import Reward

PATHS = ("derived", "counting the walks that arrive; docstring of theory.truncation")
SEEN = ("derived", "exact ascent on the truncated objective")
PPB = fraction(exact("1/1000000000"))
Slopes = dict[str, Any]


def _product(values: Any) -> Any:
    result = exact(1)
    for value in values:
        result = result * exact(value)
    return result


def _names(K: int, rows: str) -> list[tuple[str, int]]:
    """('d_1', 1), ('b_1', 2), ...: the rows moving away ('ca') or towards the fork ('db'), with their node x."""
    return [(f"{rows[(x - 1) % 2]}_{(x + 1) // 2}", x) for x in range(1, 2 * K + 1)]


# -- what each horizon can say ------------------------------------------------------------------------------------

@claim("gradient of P(T_hit <= T) in the backward rows", source=PATHS,
       domain=Domain("every maze and tied policy, T <= 2K+2", lambda maze, T, **_: T <= 2 * maze.K + 2),
       control=lambda maze, policy, T: {k: v * PPB for k, v in _first(maze, policy, 1).items()},
       control_words="a billionth of the gradient at T = 2K+3")
def truncation_silent(maze: Maze, policy: Policy, T: int) -> Slopes:
    """With T up to 2K+2 only the straight walk arrives, so the backward rows have exactly no gradient."""
    return {name: fraction(exact(0)) for name, _ in _names(maze.K, "db")}


@claim("gradient of P(T_hit <= T) in the backward rows", source=PATHS,
       domain=Domain("every maze and tied policy, T = 2K+3 or 2K+4", lambda maze, T, **_: T - 2 * maze.K in (3, 4)),
       control=lambda maze, policy, T: _first(maze, policy, 0), control_words="1 - P_x for 1 - P_{x+1}")
def truncation_first(maze: Maze, policy: Policy, T: int) -> Slopes:
    """With T = 2K+3 or 2K+4, P(T_hit <= T) = (1/W) prod P [1 + (1-P_1) + sum_{x<2K} (1-P_{x+1})(1-Q_x)]: its slope
    in Q_x is -(1/W) prod P (1-P_{x+1}), and in Q_2K = b_K it is 0."""
    return _first(maze, policy, 1)


def _first(maze: Maze, policy: Policy, ahead: int) -> Slopes:
    P, _ = policy.branch(0).persistence(maze.K)
    straight = _product(P) / maze.W
    return {name: fraction(-straight * (1 - P[x - 1 + ahead]) if x < 2 * maze.K else exact(0))
            for name, x in _names(maze.K, "db")}


@claim("sign of the gradient of P(T_hit <= T) in every row of every branch", source=PATHS,
       domain=Domain("every maze, target, T, and policy with rows in (0, 1), each branch's rows its own"),
       control=lambda maze, policy, target, T: _credit(maze, target, T, late=2),
       control_words="backward rows of wrong branches count from 2K+2x+5 on")
def truncation_credit(maze: Maze, policy: Policy, target: int, T: int) -> dict[tuple[int, str], int]:
    """In the target branch persisting gains in P_x (from T = 2K+1 on) and loses in Q_x, x < 2K (from T = 2K+3 on); in a
    wrong branch it loses in P_x (from T = 2K+2x+1 on) and gains in Q_x (from T = 2K+2x+3 on); else the slope is 0."""
    return _credit(maze, target, T, late=0)


def _credit(maze: Maze, target: int, T: int, late: int) -> dict[tuple[int, str], int]:
    K, signs = maze.K, {}
    for branch in range(maze.W):
        for (away, x), (back, _) in zip(_names(K, "ca"), _names(K, "db"), strict=True):
            if branch == target:
                signs[branch, away] = int(T >= 2 * K + 1)
                signs[branch, back] = -int(T >= 2 * K + 3 and x < 2 * K)
            else:
                signs[branch, away] = -int(T >= 2 * K + 1 + 2 * x)
                signs[branch, back] = int(T >= 2 * K + 3 + 2 * x + late)
    return signs


@claim("P(T_hit <= T)", source=PATHS, domain=Domain("every maze and tied policy, T <= 6K+2",
                                                    lambda maze, T, **_: T <= 6 * maze.K + 2),
       control=lambda maze, policy, T: _alone(maze, policy, T + 2), control_words="two steps more")
def truncation_blind(maze: Maze, policy: Policy, T: int) -> Any:
    """With T up to 6K+2 the truncated objective is 1/W of that of the maze without wrong branches, for every tied
    policy, so at most 1/W: nothing in it tells that there are wrong branches."""
    return _alone(maze, policy, T)


def _alone(maze: Maze, policy: Policy, T: int) -> Any:
    return fraction(exact(reach_probability(Maze(1, maze.K, maze.L), policy, T)) / maze.W)


@claim("P(T_hit <= T)", source=PATHS, domain=Domain("every maze and tied policy, T = 6K+3 or 6K+4",
                                                    lambda maze, T, **_: T - 6 * maze.K in (3, 4)),
       control=lambda maze, policy, T: _return(maze, policy, T, maze.W), control_words="W for W-1")
def truncation_return(maze: Maze, policy: Policy, T: int) -> Any:
    """With T = 6K+3 or 6K+4 it is that plus (W-1)/W^2 (prod P)^2 prod Q: retreat is worth something for the first time,
    and b_K gets its first gradient."""
    return _return(maze, policy, T, maze.W - 1)


def _return(maze: Maze, policy: Policy, T: int, wrong: int) -> Any:
    P, Q = policy.branch(0).persistence(maze.K)
    return fraction(exact(_alone(maze, policy, T)) + _product(P) ** 2 * _product(Q) * wrong / exact(maze.W) ** 2)


@claim("sign of the gradient of P(T_hit <= T) in every row", source=PATHS, stands_on=("truncation_blind",
                                                                                      "truncation_credit"),
       domain=Domain("every maze, tied rows in (0, 1), 2K+3 <= T <= 6K+2",
                     lambda maze, T, **_: 2 * maze.K + 3 <= T <= 6 * maze.K + 2),
       control=lambda maze, policy, T: _unlearning(maze.K, last=-1), control_words="b_K is pushed down too")
def truncation_unlearns(maze: Maze, policy: Policy, T: int) -> dict[str, int]:
    """With 2K+3 <= T <= 6K+2, at every policy, every forward row is pushed up and every backward row down, but for b_K,
    which gets no gradient: RLVR unlearns retreat, wherever it starts."""
    return _unlearning(maze.K, last=0)


def _unlearning(K: int, last: int) -> dict[str, int]:
    return {name: 1 for name, _ in _names(K, "ca")} | {
        name: -1 if x < 2 * K else last for name, x in _names(K, "db")}


@claim("gradient of E[reward | arrived by T] for the outcome reward, cut-off rollouts left out", source=PATHS,
       domain=Domain("every maze and tied policy, T >= 2K+1", lambda maze, T, **_: T >= 2 * maze.K + 1),
       control=lambda maze, policy, T: {k: PPB for k in truncation_excluded(maze, policy, T)},
       control_words="a billionth in every row")
def truncation_excluded(maze: Maze, policy: Policy, T: int) -> Slopes:
    """With cut-off rollouts left out of the data every reward is 1: exactly no gradient in any row."""
    return {f"{row}_{j}": fraction(exact(0)) for row in ROWS for j in range(1, maze.K + 1)}


# -- what ascent does with it -------------------------------------------------------------------------------------

@claim("rows' log-odds, in the order a, b, c, d, and log H, after n sign steps from base", source=SEEN,
       stands_on=("truncation_unlearns",),
       domain=Domain("2K+3 <= T <= 6K+2", lambda K, T, **_: 2 * K + 3 <= T <= 6 * K + 2),
       control=lambda W, K, L, T, n: _path(W, K, L, n, last=-1), control_words="b_K sinks with the others")
def truncation_path(W: int, K: int, L: int, T: int, n: int) -> list[float]:
    """Sign steps of 0.01 on the outcome cut off at 2K+3 <= T <= 6K+2 move every forward log-odds by +0.01 and every
    backward one by -0.01 a step, b_K excepted, whatever W and T; H is that of these rows."""
    return _path(W, K, L, n, last=0)


def _path(W: int, K: int, L: int, n: int, last: int) -> list[float]:
    move = np.array([[1.0], [-1.0], [1.0], [-1.0]]) * np.ones((4, K))
    move[1, K - 1] = last
    z = dynamics.base_log_odds(Maze(W, K, L)) + 0.01 * n * move
    return [*z.ravel().tolist(), float(np.log(dynamics.cost_and_gradient(Maze(W, K, L), z)[0]))]


@claim("expected steps after 600 sign steps from base", source=SEEN, relation="at least", stands_on=("truncation_path",
                                                                                                    "sft_cost"),
       domain=Domain("W >= 2, 2K+3 <= T <= 6K+2", lambda W, K, T, **_: W >= 2 and 2 * K + 3 <= T <= 6 * K + 2),
       control=lambda W, K, L: 150 * closed_forms.sft_steps(W, K, L), control_words="150 times SFT's limit")
def truncation_worse(W: int, K: int, L: int) -> Any:
    """RLVR on the outcome cut off at 2K+3 <= T <= 6K+2 ends worse than imitation: after 600 sign steps of 0.01 it costs
    at least 100 times what SFT costs in its limit."""
    return 100 * closed_forms.sft_steps(W, K, L)


LEARNS = {"sign": (0.01, 3000), "normalised": (0.05, 4000)}


def least_learning_horizon(W: int, K: int, L: int, rule: str, least: int, most: int) -> int | None:
    """Least odd T in least .. most at which exact ascent from base ends within 5 % of the optimum's H; or None.

    The ascent: 'sign' with 3000 steps of 0.01, 'normalised' with 4000 of 0.05.
    """
    lr, steps = LEARNS[rule]
    for T in range(least | 1, most + 1, 2):
        run = truncated.ascent(Maze(W, K, L), Reward("outcome", T), steps, lr, rule=rule)
        if run.steps_to_target[-1] <= 1.05 * closed_forms.optimum_steps(W, K):
            return T
    return None


@claim("least odd T in 6K-1 .. 6K+7 at which exact ascent from base ends within 5 % of the optimum", source=SEEN,
       stands_on=("truncation_unlearns",),
       domain=Domain("W >= 2, L <= 20; K <= 3 by sign steps of 0.01, K <= 6 by normalised steps of 0.05",
                     lambda W, K, L, rule, **_: W >= 2 and L <= 20 and K <= {"sign": 3, "normalised": 6}[rule]),
       control=lambda W, K, L, rule: 6 * K + 5, control_words="6K+5")
def truncation_threshold(W: int, K: int, L: int, rule: str) -> int:
    """In shallow mazes with L <= 20 ascent learns to backtrack at T = 6K+3, the first horizon that can show a retreat;
    deeper mazes, and L = 50 by sign steps, need more."""
    return 6 * K + 3


@claim("expected steps after 3000 sign steps of 0.01 from base, outcome cut off at T = 10K", source=SEEN,
       relation="at most", domain=FORKS, control=lambda W, K: fraction(exact("999/1000")) * closed_forms.optimum_steps(
           W, K), control_words="one part in a thousand below the optimum", should_hold=False,
       true_form="truncation_learns")
def truncation_learns_quoted(W: int, K: int) -> Any:
    """From T = 10K on, ascent on the truncated outcome learns to backtrack, read as: within 5 % of the optimum."""
    return fraction(exact("21/20")) * closed_forms.optimum_steps(W, K)


@claim("expected steps after 3000 sign steps of 0.01 from base, outcome cut off at T = max(6K+3, 2K^2)", source=SEEN,
       relation="at most", domain=Domain("W >= 2, K <= 12, L <= 5", lambda W, K, L, **_: W >= 2 and K <= 12 and L <= 5),
       control=lambda W, K: fraction(exact("999/1000")) * closed_forms.optimum_steps(W, K),
       control_words="one part in a thousand below the optimum")
def truncation_learns(W: int, K: int) -> Any:
    """At T = max(6K+3, 2K^2) ascent on the truncated outcome comes within 5 % of the optimum: what it needs grows
    faster than K."""
    return fraction(exact("21/20")) * closed_forms.optimum_steps(W, K)


# -- signs at one policy ------------------------------------------------------------------------------------------

@claim("least T from which on the gradient at base pushes every row towards 1", source=SEEN, relation="at least",
       stands_on=("truncation_crossing",), domain=Domain("W >= 2, K <= 8", lambda W, K, **_: W >= 2 and K <= 8),
       control=lambda K, L: 2 * fraction(exact((L + 1) ** 2 * K**3) / L), control_words="twice that")
def truncation_base_horizon(K: int, L: int) -> Any:
    """At base all rows are pushed the right way only from a horizon T >= K^3 (L+1)^2/L on, far beyond what ascent
    needs: it first learns the forward rows, after which a retreat shows within 6K+3 steps. Such a horizon exists for
    W < K too, where the length penalty's signs at base are not all right."""
    return fraction(exact((L + 1) ** 2 * K**3) / L)


@claim("whether a backward row that is pushed towards 1 at T is pushed away from it at T+2", source=SEEN,
       domain=Domain("every maze, homogeneous rows in (0, 1), T"), control=lambda a, b, c, d: True,
       control_words="always", should_hold=False, true_form="truncation_crossing")
def truncation_crossing_quoted(a: Any, b: Any, c: Any, d: Any) -> bool:
    """A longer horizon never turns a backward row's gradient the wrong way, at any policy."""
    return False


@claim("rows whose gradient at base, of either sign, changes from right to wrong as T grows to 30K+30", source=SEEN,
       domain=FORKS, control=lambda W, K, L: 1, control_words="one row")
def truncation_crossing(W: int, K: int, L: int) -> int:
    """At base, and up to T = 30K+30, each row's gradient has one change of sign in T at most, from wrong to right."""
    return 0
