"""Theorem 3 and Figure 3: what RLVR learns from outcomes with a length penalty.

Setting. Untruncated, every policy with rows in (0, 1] reaches the target, so outcome minus penalty * steps is descent
on the expected steps H (`theory.dynamics`). Figure 3: W = K = 15, L = 5, sign steps of 0.01 on the row log-odds.

For W >= K+1 the whole run is known in closed form, at any step size (`theory.sign_path`), and with it the number of
steps, up to a constant under a logarithm. For W <= K the step must be small against K^(-3/2): fitted, not proved.

Not covered: truncated rollouts, discounting, a KL penalty (`theory.truncation`); how many rollouts show a sign
(`theory.signs`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import closed_forms, dynamics, sign_path
from theory.claim import FORKS, MAZES, Domain, claim
from theory.maze import Maze
from theory.moments import reach_probability
from theory.numeric import exact, fraction
from theory.policy import Policy

FIGURE = ("audit", "Figure 3 protocol of a public reproduction; target line 4WK = 900")
DERIVED = ("derived", "exact gradient of the expected steps")
THEOREM = ("paper", "Theorem 3, by public statements of it")


@claim("expected steps of the optimum, counted from the prompt", source=FIGURE, domain=MAZES, symbolic=True,
       stands_on=("optimum_cost", "prompt_edge"), control=lambda W, K: 4 * W * K + 1, control_words="4WK + 1",
       should_hold=False, true_form="figure3_target")
def figure3_target_quoted(W: Any, K: Any) -> Any:
    """The optimum, counted from the prompt, is 4WK."""
    return 4 * W * K


@claim("expected steps of the optimum, counted from the prompt", source=DERIVED, domain=MAZES, symbolic=True,
       stands_on=("optimum_cost", "prompt_edge"), control=lambda W, K: 4 * W * K, control_words="4WK")
def figure3_target(W: Any, K: Any) -> Any:
    """The optimum, counted from the prompt, is 4WK + 2W - 2K."""
    return 4 * W * K + 2 * W - 2 * K


@claim("whether the optimum, counted from the prompt, is 4WK", source=DERIVED, domain=MAZES,
       stands_on=("optimum_cost", "prompt_edge"), control=lambda W, K: W >= K, control_words="exactly when W >= K")
def figure3_diagonal(W: Any, K: Any) -> Any:
    """4WK is the optimum counted from the prompt exactly when W = K, as in Figure 3."""
    return W == K


@claim("expected steps after 0, 1, 2, ... sign steps from base, relative to base", source=FIGURE,
       domain=Domain("every maze, step size lr > 0"), stands_on=("gradient",),
       control=lambda maze, steps, lr: _curve(maze, steps, 1.001 * lr), control_words="steps larger by 0.1 %")
def figure3_curve(maze: Maze, steps: int, lr: float) -> Any:
    """The curve of Figure 3's protocol, sign descent of H on the row log-odds from base, is the same by the O(K)
    gradient as by linear solves. The protocol is read off public material; no point of the paper's plot was at hand."""
    return _curve(maze, steps, lr)


def _curve(maze: Maze, steps: int, lr: float) -> list[float]:
    trace = dynamics.descent(maze, steps, lr).steps_to_target
    return list(trace / trace[0])


@claim("expected steps after sign descent from base", source=THEOREM, relation="at most", domain=FORKS,
       stands_on=("figure3_curve", "optimum_cost"),
       control=lambda W, K: Fraction(999, 1000) * closed_forms.optimum_steps(W, K),
       control_words="one part in a thousand below the optimum", should_hold=False, true_form="rlvr_reaches")
def rlvr_reaches_quoted(W: int, K: int) -> Any:
    """RLVR by sign steps of 0.01 from base comes within 5 % of the optimum (5000 steps), for every maze."""
    return Fraction(21, 20) * closed_forms.optimum_steps(W, K)


@claim("expected steps after sign descent from base", source=THEOREM, relation="at most",
       domain=Domain("2 <= W, K <= 20", lambda W, K, **_: W >= 2 and K <= 20),
       stands_on=("figure3_curve", "optimum_cost"),
       control=lambda W, K: Fraction(999, 1000) * closed_forms.optimum_steps(W, K),
       control_words="one part in a thousand below the optimum")
def rlvr_reaches(W: int, K: int) -> Any:
    """RLVR by sign steps of 0.01 from base comes within 5 % of the optimum (5000 steps), for K up to 20."""
    return Fraction(21, 20) * closed_forms.optimum_steps(W, K)


@claim("least log-odds of persisting of any row, after sign descent from base", source=THEOREM, relation="at least",
       domain=Domain("2 <= W, K <= 20", lambda W, K, **_: W >= 2 and K <= 20), stands_on=("figure3_curve",),
       control=lambda W, K, L: 50, control_words="50: no row ever moved the wrong way, nor started below 1/2")
def rlvr_rows(W: int, K: int, L: int) -> Any:
    """RLVR by sign steps of 0.01 from base brings every row, backward rows included, to 1: after 5000 steps every
    log-odds is at least 40. With W = 1 it unlearns the backward rows instead, which costs nothing there."""
    return 40


@claim("number of rows whose gradient at base points away from 1", source=THEOREM, domain=FORKS,
       stands_on=("gradient",), control=lambda W, K, L: 1, control_words="one row",
       should_hold=False, true_form="rlvr_signs")
def rlvr_signs_quoted(W: int, K: int, L: int) -> Any:
    """At the base model the gradient pushes every row towards 1."""
    return 0


@claim("number of rows whose gradient at base points away from 1", source=DERIVED,
       domain=Domain("W >= 2, W >= K", lambda W, K, **_: W >= max(2, K)), stands_on=("gradient",),
       control=lambda W, K, L: 1, control_words="one row")
def rlvr_signs(W: int, K: int, L: int) -> Any:
    """When W >= K, at the base model the gradient pushes every row towards 1."""
    return 0


@claim("number of rows whose gradient at base points away from 1, or is 0", source=DERIVED, domain=FORKS,
       stands_on=("gradient",), control=lambda W, K, L: _wrong_rows(W, K, L, constant=0),
       control_words="W S for W(S+1) in the first quadratic")
def rlvr_signs_criterion(W: int, K: int, L: int) -> Any:
    """At the base model the gradient of d_j fails to push towards 1 exactly when u^2 - (S+M-W(M-2))u + W(S+1) <= 0,
    and that of b_j when v^2 - (S+M-2-W(M-2))v + (W-1)(S+M-1) <= 0, where M = L+1, S = MK, u = M(K-j+1), v = M(K-j);
    those of a_j and c_j never fail."""
    return _wrong_rows(W, K, L, constant=1)


def _wrong_rows(W: int, K: int, L: int, constant: int) -> int:
    M, S = L + 1, (L + 1) * K
    towards_fork = [u * u - (S + M - W * (M - 2)) * u + W * (S + constant) for u in range(M, S + 1, M)]
    across = [v * v - (S + M - 2 - W * (M - 2)) * v + (W - 1) * (S + M - 1) for v in range(0, S - M + 1, M)]
    return sum(value <= 0 for value in towards_fork + across)


@claim("probability of ever reaching the target", source=("derived", "the chain is absorbing"),
       domain=Domain("every maze, target and policy with rows in (0, 1]"), stands_on=("recursion",),
       control=lambda maze, policy, target: _within(maze, policy, target),
       control_words="truncated after 4(2K+1) steps")
def rlvr_no_penalty(maze: Maze, policy: Policy, target: int) -> Any:
    """Without length penalty and truncation the outcome reward is 1 for every policy: there is no gradient at all."""
    return fraction(exact(1))


def _within(maze: Maze, policy: Policy, target: int) -> Any:
    return reach_probability(maze, policy, 4 * maze.shortest, target=target)


# -- the whole run ------------------------------------------------------------------------------------------------

PATH = ("derived", "sign descent followed exactly; docstring of theory.sign_path")
WIDE = Domain("W >= K + 1, K, L >= 1", lambda W, K, **_: W >= K + 1)


@claim("least W from which every sign is right, all along the path that sign steps follow from base", source=PATH,
       relation="at most", domain=Domain("K, L >= 1"), stands_on=("gradient",), symbolic=True,
       control=lambda K, L: K, control_words="K")
def rlvr_path(K: Any, L: Any) -> Any:
    """When W >= K + 1, sign descent from base never meets a wrong sign, at any step size: every log-odds rises by lr a
    step, for ever."""
    return K + 1


@claim("rows pushed away from 1, or not at all, at the point y = e^-s of the path, W = K", source=PATH,
       domain=Domain("W = K >= 3, L <= 5(K-1)^2, 0 < y <= 1", lambda K, L, **_: K >= 3 and L <= 5 * (K - 1) ** 2),
       stands_on=("gradient",), control=lambda K, L, y: 1, control_words="one row")
def rlvr_path_diagonal(K: int, L: int, y: Any) -> Any:
    """When W = K >= 3 and L <= 5(K-1)^2, as in Figure 3, sign descent from base never meets a wrong sign either; for
    L >= 7(K-1)^2 row d_K is pushed back on the way, though every sign at base is right."""
    return 0


@claim("expected steps after sign steps from base", source=PATH, domain=WIDE, stands_on=("rlvr_path", "balanced_cost"),
       control=lambda W, K, L, steps, lr: float(sign_path.cost(W, K, L, exact(math.exp(-1.001 * lr * steps)))),
       control_words="steps larger by 0.1 %")
def rlvr_cost(W: int, K: int, L: int, steps: int, lr: float) -> Any:
    """When W >= K + 1, the expected steps after n sign steps of any size lr are those of the balanced rows
    a = d = 1/(1 + L e^(-n lr)), b = c = L/(L + e^(-n lr))."""
    return float(sign_path.cost(W, K, L, exact(math.exp(-lr * steps))))


@claim("sign steps from base until the cost is at most 1 + delta times the optimum", source=PATH, relation="at most",
       domain=Domain("W >= K + 1, 0 < delta <= 1, lr > 0", lambda W, K, delta, **_: W >= K + 1 and delta <= 1),
       stands_on=("rlvr_cost",), control_words="constant 6/5 for 3/2",
       control=lambda K, L, lr, delta, ceil=sign_path.ceil_log: ceil(
           Fraction(6, 5) * sign_path.scale(K, L) / delta, lr))
def rlvr_steps_upper(K: Any, L: Any, lr: Any, delta: Any, ceil: Any = sign_path.ceil_log) -> Any:
    """When W >= K + 1, ceil(log(3/2 K(L + 1/L)/delta)/lr) sign steps of any size lr bring RLVR within 1 + delta of the
    optimum: logarithmic in K, L and 1/delta, and free of W."""
    return ceil(Fraction(3, 2) * sign_path.scale(K, L) / delta, lr)


@claim("sign steps from base until the cost is at most 1 + delta times the optimum", source=PATH, relation="at least",
       domain=Domain("W >= K + 1, 0 < delta <= 1/2, lr > 0", lambda W, K, delta, **_: W >= K + 1 and 2 * delta <= 1),
       stands_on=("rlvr_cost",),
       control=lambda K, L, lr, delta, ceil=sign_path.ceil_log: ceil(
           Fraction(6, 5) * sign_path.scale(K, L) / delta, lr), control_words="constant 6/5 for 1/2")
def rlvr_steps_lower(K: Any, L: Any, lr: Any, delta: Any, ceil: Any = sign_path.ceil_log) -> Any:
    """When W >= K + 1, RLVR by sign steps of size lr needs at least ceil(log(1/2 K(L + 1/L)/delta)/lr) of them."""
    return ceil(Fraction(1, 2) * sign_path.scale(K, L) / delta, lr)


@claim("expected steps after sign descent for a rise of 200 from base, over the optimum", relation="at most",
       source=("derived", "seen in first experiments: lr K <= const"),
       domain=Domain("W >= 2, L = 5, lr K <= 3/5", lambda W, K, lr, **_: W >= 2 and 5 * lr * K <= 3),
       stands_on=("figure3_curve",), control=lambda W, K, lr: 1.0, control_words="the optimum itself",
       should_hold=False, true_form="rlvr_step_size")
def rlvr_step_size_quoted(W: int, K: int, lr: float) -> Any:
    """Sign descent with a step of at most 0.6/K comes within 5 % of the optimum (200/lr steps)."""
    return 1.05


@claim("expected steps after sign descent for a rise of 200 from base, over the optimum", relation="at most",
       source=("derived", "fitted to the depth at which descent first stalls"),
       domain=Domain("W >= 2, L = 5, lr K^(3/2) <= 2", lambda W, K, lr, **_: W >= 2 and lr * K**1.5 <= 2),
       stands_on=("figure3_curve",), control=lambda W, K, lr: 1.0 - 1e-6, control_words="below the optimum by 1e-6")
def rlvr_step_size(W: int, K: int, lr: float) -> Any:
    """Sign descent with a step of at most 2/K^(3/2) comes within 5 % of the optimum (200/lr steps), W <= K too."""
    return 1.05
