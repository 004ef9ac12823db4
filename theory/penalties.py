"""Other rewards than outcome minus length: a discount on full-length rollouts, and a KL penalty on truncated ones.

Setting. T is the number of steps from the fork to the target. A discount g in (0, 1) rewards a rollout with g^T, so
that J = E[g^T] (`theory.discounted`). A KL penalty takes kl times the sum of KL(row || base row) over the steps walked
off the reward (`theory.truncated`).

As g -> 1, E[g^T] = 1 - (1-g) H + O((1-g)^2): the length penalty's gradient. For g away from 1 the discount acts as a
horizon of about 1/(1-g) steps and has its fault: where no return from a wrong leaf is worth anything in time, retreat
is unlearnt while the forward rows are learnt.

Not covered: sampled learners; where a KL penalty leads ascent; a discount together with a horizon, beyond its gradient.
"""

from __future__ import annotations

from typing import Any

from theory import closed_forms, discounted, hitting, truncated
from theory.claim import FORKS, MAZES, Domain, claim
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from theory.rewards import Reward

SEEN = ("derived", "exact ascent on the discounted objective")
PPB = fraction(exact("1/1000000000"))


# -- KL penalty ---------------------------------------------------------------------------------------------------

@claim("gradient at base of the truncated objective with a KL penalty", source=("derived", "KL has its minimum there"),
       domain=MAZES, control=lambda maze, reward, kl, z: _slopes(maze, reward, 0.0, z + 1e-4),
       control_words="log-odds off base by 0.0001")
def kl_silent_at_base(maze: Maze, reward: Reward, kl: float, z: Any) -> list[float]:
    """At the base model the KL penalty towards it adds exactly nothing to the gradient."""
    return _slopes(maze, reward, 0.0, z)


@claim("gradient of the truncated objective with a KL penalty, at log-odds z", source=("derived", "theory.truncated"),
       domain=MAZES, control=lambda maze, reward, kl, z: _slopes(maze, reward, 1.0001 * kl, z),
       control_words="the penalty larger by one part in ten thousand")
def kl_gradient(maze: Maze, reward: Reward, kl: float, z: Any) -> list[float]:
    """Forward and backward through time give the gradient of E[reward] - kl E[sum of KL(row || base row)]."""
    return _slopes(maze, reward, kl, z)


def _slopes(maze: Maze, reward: Reward, kl: float, z: Any) -> list[float]:
    return truncated.objective(maze, z, reward, kl=kl).gradient.ravel().tolist()


# -- discount instead of a length penalty -------------------------------------------------------------------------

@claim("E[g^T], and its gradient in the rows a, b, c, d", source=("derived", "first passages; theory.discounted"),
       domain=Domain("every maze and tied policy with rows in (0, 1], discount g in (0, 1)"),
       control=lambda maze, policy, g: _discounted(maze, policy, g * (1 - PPB)), control_words="g less by a billionth")
def discount_law(maze: Maze, policy: Policy, g: Any) -> list[Any]:
    """E[g^T] = V_0 U_1 ... U_2K by generating functions of first passages, and its gradient by the chain rule."""
    return _discounted(maze, policy, g)


def _discounted(maze: Maze, policy: Policy, g: Any) -> list[Any]:
    value, gradient = discounted.exact_value_and_gradient(maze, policy, g)
    return [value, *(v for row in gradient for v in row)]


@claim("slope of E[g^T] in b_1 at base, as g -> 1", source=("derived", "E[g^T] = 1 - (1-g) H + O((1-g)^2)"),
       relation="tends to", domain=FORKS, stands_on=("gradient",),
       control=lambda W, K, L, g: 1.001 * discount_to_length(W, K, L, g), control_words="larger by 0.1 %")
def discount_to_length(W: int, K: int, L: int, g: Any) -> Any:
    """As g -> 1 the discounted objective's gradient is (1-g) times the length penalty's, -dH: the same signs at base,
    right or wrong."""
    return -(1 - float(g)) * float(hitting.gradient(Maze(W, K, L), Policy.base(L))[0][1][0])


@claim("expected steps after 3000 sign steps of 0.01 from base, full-length rollouts, discount g", source=SEEN,
       relation="at most", domain=FORKS, control=lambda W, K: fraction(exact("999/1000")) * closed_forms.optimum_steps(
           W, K), control_words="one part in a thousand below the optimum", should_hold=False,
       true_form="discount_reaches")
def discount_reaches_quoted(W: int, K: int) -> Any:
    """A discount does what a length penalty does, read as: with g = 0.9 ascent comes within 5 % of the optimum."""
    return fraction(exact("21/20")) * closed_forms.optimum_steps(W, K)


@claim("expected steps after 3000 sign steps of 0.01 from base, discount g = 1 - 1/(20 K^2)", source=SEEN,
       relation="at most",
       domain=Domain("W >= 2, K <= 8, L <= 5", lambda W, K, L, **_: W >= 2 and K <= 8 and L <= 5),
       control=lambda W, K: fraction(exact("999/1000")) * closed_forms.optimum_steps(W, K),
       control_words="one part in a thousand below the optimum")
def discount_reaches(W: int, K: int) -> Any:
    """With a discount that looks 20 K^2 steps ahead and L <= 5, ascent on E[g^T] comes within 5 % of the optimum; one
    that looks much less far, or the same at L = 15, unlearns retreat, as a short horizon does."""
    return fraction(exact("21/20")) * closed_forms.optimum_steps(W, K)
