"""Attempts of bounded length: budgets that are too short or too long, and pass@k.

Setting. An attempt is one walk from the fork, given up after B steps. s = 2K+1 is the shortest path and q = 1 - 1/W
the probability of a wrong branch. A walk of the SFT limit that enters a wrong branch is not at the fork again before
step 2s, so it arrives at step s or not before 3s. The optimum arrives at an odd multiple of s. pass@k is the
probability that one of k independent attempts arrives; total steps are those of all k walks together.

Checked exactly on small mazes by the chains of `verify.wrapped` and powers of the transition matrix.
Not covered: budgets from 3s on in closed form (`theory.restarts` computes them); walks that share what they learn;
averages over mazes of unequal difficulty, where pass@k curves may cross.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from theory.claim import FORKS, Domain, claim
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

DERIVED = ("derived", "an attempt's first 6K+2 steps")
CRITIC = ("derived", "pass@k at equal steps, a question of arXiv 2504.13837")
BELOW = Domain("every maze and 1 <= B < 3(2K+1)", lambda W, K, L, B: 1 <= B < 3 * (2 * K + 1))
BETWEEN = Domain("every maze and 2K+1 <= B < 3(2K+1)", lambda W, K, L, B: 2 * K + 1 <= B < 3 * (2 * K + 1))


@claim("probability that an attempt of B steps of the SFT limit arrives", source=DERIVED, domain=BELOW,
       stands_on=("reach_probability",),
       control=lambda W, K, L, B: fraction(exact(1) / W if B > 2 * K + 1 else exact(0)),
       control_words="not at 2K+1 steps yet")
def attempt_sft(W: int, K: int, L: int, B: int) -> Any:
    """An attempt of the SFT limit succeeds with probability 0 below 2K+1 steps and 1/W from there to 6K+2: more steps
    help it no further, since it does not come back from a wrong branch in time."""
    return fraction(exact(1) / W if B >= 2 * K + 1 else exact(0))


@claim("expected steps of the SFT limit restarted after B steps, between one and three shortest paths", source=DERIVED,
       domain=BETWEEN, stands_on=("restart_budget", "attempt_sft"),
       control=lambda W, K, L, B: 2 * K + 1 + (W - 1) * (B - 1), control_words="failed attempts of B - 1 steps")
def attempt_cost(W: int, K: int, L: int, B: int) -> int:
    """Restarted after B steps, 2K+1 <= B < 3(2K+1), the SFT limit needs 2K+1 + (W-1)B steps."""
    return 2 * K + 1 + (W - 1) * B


@claim("largest budget B at which the restarted SFT limit needs no more steps than the optimum without restarts",
       source=DERIVED, domain=FORKS, stands_on=("attempt_cost", "optimum_cost"),
       control=lambda W, K, L: 2 * (2 * K + 1) - 1, control_words="one step less")
def attempt_critical(W: int, K: int, L: int) -> int:
    """Restarts beat the optimum for budgets of 2K+1 up to 4K+1 steps and draw with it at 4K+2, twice the shortest path;
    any longer budget, and any shorter than 2K+1, costs imitation more."""
    return 2 * (2 * K + 1)


@claim("probability that one of k attempts of 2K+1 steps arrives", source=CRITIC,
       domain=Domain("every maze, tied policy and k >= 1"), stands_on=("reach_probability",),
       control=lambda maze, policy, k: pass_at_k(maze, policy, k + 1), control_words="k + 1 attempts")
def pass_at_k(maze: Maze, policy: Policy, k: int) -> Any:
    """pass@k of attempts of 2K+1 steps is 1 - (1 - prod P_x / W)^k: 1 - q^k for SFT and for the optimum alike, at
    every k. Short attempts cannot tell imitation from reinforcement; base has rho^-K/W for 1/W."""
    product = exact(1)
    for p in policy.branch(0).persistence(maze.K)[0]:
        product *= p
    return fraction(1 - (1 - product / maze.W) ** k)


@claim("probability that one walk of the optimum arrives within k(2K+1) steps", source=CRITIC,
       domain=Domain("W, K, k >= 1"), stands_on=("reach_probability",),
       control=lambda W, K, k: fraction(1 - (1 - exact(1) / W) ** ((k + 2) // 2)),
       control_words="one entry more if k is even")
def pass_one_walk(W: int, K: int, k: int) -> Any:
    """At equal total steps k(2K+1) one walk of the optimum arrives with probability 1 - q^ceil(k/2), less than the
    1 - q^k of k short walks of SFT side by side: walking back from a wrong leaf costs as much as walking in."""
    return fraction(1 - (1 - exact(1) / W) ** ((k + 1) // 2))


@claim("least k at which k short walks of SFT side by side, begun anew until one arrives, walk more steps in all than "
       "one walk of the optimum", source=CRITIC, domain=FORKS, stands_on=("parallel_sft", "optimum_cost"),
       control=lambda W, K: pass_critical(W, K) - 1, control_words="one less")
def pass_critical(W: int, K: int) -> int:
    """Side by side, k walks of SFT of 2K+1 steps each cost fewer steps in all than one walk of the optimum up to the
    least k with k/(1 - q^k) > 2W - 1, whatever K and L."""
    q = 1 - exact(1) / W
    return next(k for k in itertools.count(1) if k > (2 * W - 1) * (1 - q**k))


@claim("that least k over W", source=CRITIC, relation="tends to", domain=FORKS, stands_on=("pass_critical",),
       control=lambda W: math.log(5), control_words="log 5 = 1.609")
def pass_critical_limit(W: int) -> float:
    """That least k is about 1.594 W: the limit x solves x = 2(1 - e^-x)."""
    from scipy.special import lambertw

    return float(2 + lambertw(-2 * math.exp(-2)).real)
