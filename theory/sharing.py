"""Shared weights: which of the separation is a table's doing, and what generalises backwards from forward data.

Setting. `theory.ties`: x and y are the gaps of the forward rows a and c along SFT's flow, X = e^x, Y = e^y; a tie makes
the gaps of b and d a multiple lambda of them, by node (b with a, d with c) or by shape (b with c, d with a).

What comes out. (1) A table's frozen backward rows are the case lambda = 0 alone. For any lambda > 0 the limit of SFT
on golden paths is the optimum: the exponential is gone. For lambda < 0 it is worse than the table's: the walker
unlearns to retreat. (2) In finite time t the exponent is of order t^-lambda, so a maze of depth K needs about
K^(1/lambda) of training; and, by node, even lambda = 1 leaves ac > bd on the way for L >= 2, so SFT passes through an
exponential cost. By shape and lambda = 1 it never does: it improves from base to the optimum. (3) Direction-blind
walkers cannot retreat at all; no training gets them below order W K^2, which restarts beat.

Not covered: networks, which are run and not solved (`verify.learners.features`), and any other architecture.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from theory import closed_forms, ties
from theory.claim import FORKS, MAZES, Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import exact, fraction

TIED = ("derived", "ties of the logit gaps; docstring of theory.ties")
BLIND = ("derived", "walks on weighted edges; docstring of theory.ties")
LINEAR = ("derived", "gradients lie in the span of the features that the data visit")
ASKED = ("critique", "C1; arXiv 2405.04669 asks whether untied weights alone make the reversal fail")


# -- the two directions share -----------------------------------------------------------------------------------

@claim("log of the expected steps at time t of SFT's flow under a tie, by node or by shape", source=TIED,
       domain=Domain("every maze, t >= 0, -1 <= lambda <= 1, either tie"),
       stands_on=("sft_row_a", "sft_row_c", "recursion"),
       control=lambda maze, t, lam, reading: float(ties.tied_steps(maze, t * 1.01, lam, reading).log()),
       control_words="at time 1.01 t")
def tie_flow_cost(maze: Maze, t: float, lam: Any, reading: str) -> Any:
    """When backward gaps are lambda times the forward gaps of their node, SFT's cost at time t is that of the rows
    a(t), c(t), b = L X^lambda/(L X^lambda + 1), d = Y^lambda/(Y^lambda + L); by shape X and Y change places in b, d."""
    return float(ties.tied_steps(maze, t, lam, reading).log())


@claim("ac/(bd) at time t of SFT's flow under the node tie", source=TIED, relation="at least",
       domain=Domain("L >= 1, t >= 0, lambda <= 1", lambda lam, **_: lam <= 1), stands_on=("tie_flow_cost",),
       control=lambda L, t, lam: 1 + (ties.node_ratio(t, L) - 1) * L**2 / max(1, L**2 - 1),
       control_words="L^2 for L^2 - 1")
def tie_unbalanced(L: int, t: float, lam: Any) -> Any:
    """For lambda <= 1 the node tie keeps ac/(bd) >= 1 + (L^2-1)(X-Y)/((X+L)(L Y+1)), which is above 1 for L >= 2 and
    t > 0: equal at lambda = 1, since b and d grow with lambda; and X >= Y. So every finite time leaves an exponent."""
    return ties.node_ratio(t, L)


@claim("t^lambda log(ac/(bd)) as t grows", source=TIED, relation="tends to",
       domain=Domain("L >= 2, 0 < lambda <= 1"), stands_on=("tie_flow_cost",),
       control=lambda L, lam, t: 1.02 * float(ties.decay(L, lam).mid()), control_words="2 % more")
def tie_exponent(L: int, lam: Any, t: Any) -> Any:
    """Under the node tie the exponent a diamond dies as C t^-lambda, C = (L^(2 lambda + 1) + 1/L)/(L+1)^lambda, less
    2L/(L+1) at lambda = 1: a maze of depth K needs about (C K)^(1/lambda) of training."""
    return float(ties.decay(L, lam).mid())


@claim("expected steps at time t of SFT's flow under the node tie, as t grows", source=TIED, relation="tends to",
       domain=Domain("every maze, 0 < lambda <= 1"), stands_on=("tie_flow_cost", "optimum_cost"),
       control=lambda maze, lam, t: 1.01 * float(closed_forms.optimum_steps(maze.W, maze.K)), control_words="1 % more")
def tie_limit(maze: Maze, lam: Any, t: Any) -> Any:
    """For every lambda > 0, SFT on golden paths alone tends to the optimum (2W-1)(2K+1): shared weights retreat without
    one example of a retreat."""
    return float(closed_forms.optimum_steps(maze.W, maze.K))


@claim("whether SFT at time t of the flow under the node tie, lambda = 1, costs more than base",
       source=("critique", "weight sharing would undo the theorem"), domain=FORKS, stands_on=("tie_flow_cost",),
       control=lambda: True, control_words="it always does", should_hold=False, true_form="tie_shape_improves")
def tie_never_worse_quoted() -> bool:
    """With the weights of a node's two directions shared, SFT on golden paths never costs more than base."""
    return False


@claim("the greater of dH/dX and dH/dY under the shape tie, lambda = 1", source=TIED, relation="at most",
       domain=Domain("W, K, L >= 1 and X, Y >= 1"), stands_on=("balanced_cost",),
       control=lambda W, K, L, X, Y: -parameter(1) / 10**9 if isinstance(W, (int, Fraction)) else -W**0 / 10**9,
       control_words="-1e-9 for 0")
def tie_shape_improves(W: Any, K: Any, L: Any, X: Any, Y: Any) -> Any:
    """With the weights of rows of the same shape shared (a = d, b = c), all diamonds alike, H falls wherever a forward
    gap rises, from base on: so golden paths alone take the walker from base to the optimum, never dearer than base."""
    return 0 * W


# -- direction-blind walkers ------------------------------------------------------------------------------------

def _coth_sum(W: Any, weights: Any, wrong: int) -> Any:
    F = (W - wrong) * sum(map(exact, weights), exact(0))
    total = exact(0)
    for w in map(exact, weights):
        F, before = F + w, F
        total += (F + before) / w
    return fraction(total)


@claim("expected steps of a direction-blind policy", source=BLIND, domain=Domain("W >= 1, weights w_0 .. w_2K > 0"),
       control=lambda W, weights: _coth_sum(W, weights, 0), control_words="F_0 = W S for (W-1) S")
def blind_cost(W: int, weights: Any) -> Any:
    """A walker with one row a node, blind to where it came from, walks on weighted edges, and needs the sum over
    x = 0 .. 2K of (F_{x+1} + F_x)/(F_{x+1} - F_x) steps, F_x = (W-1) sum w + sum_{i<x} w_i."""
    return _coth_sum(W, weights, 1)


@claim("expected steps of a direction-blind policy", source=BLIND, relation="at least",
       domain=Domain("W >= 2, weights w_0 .. w_2K > 0", lambda W, **_: W >= 2), stands_on=("blind_cost",),
       control=lambda W, weights: (2 * W - 1) * len(weights) ** 2, control_words="(2W-1)(2K+1)^2, equal weights")
def blind_least(W: int, weights: Any) -> Any:
    """No direction-blind policy needs less than n coth(log(W/(W-1))/(2n)) steps, n = 2K+1, which lies between
    2 n^2/log(W/(W-1)) and (2W-1) n^2: retreat is worth a factor of order K, and needs memory of one step."""
    return ties.blind_optimum(W, len(weights) // 2)


@claim("expected steps of the best direction-blind policy", source=BLIND,
       domain=Domain("every n = 2K+1 edges, q > 1 with q^n = W/(W-1)"), stands_on=("blind_cost",),
       control=lambda n, q: n * (q + 1) / (q - 1) + 1, control_words="one step more")
def blind_best(n: Any, q: Any) -> Any:
    """The best direction-blind policy goes outwards with odds q = (W/(W-1))^(1/n) at every inner node; it costs
    n(q+1)/(q-1), and the slope in every weight is 0 there. H is convex in the log-odds, so this is the least."""
    return n * (q + 1) / (q - 1)


@claim("expected steps after descent on H over direction-blind policies, from base", source=BLIND, domain=FORKS,
       stands_on=("blind_least", "blind_best"),
       control=lambda W, K, L: (1 + 1e-4) * float(ties.blind_optimum(W, K).mid()), control_words="1e-4 more")
def blind_rlvr(W: int, K: int, L: int) -> Any:
    """RLVR over direction-blind policies goes to their optimum (H is convex in their log-odds), whatever W, K and L;
    from base it gains a factor of order (L+1)^2/(4L), and nothing in the degree."""
    return float(ties.blind_optimum(W, K).mid())


@claim("ac/(bd) of a direction-blind walker at time t of SFT's flow", source=BLIND,
       domain=Domain("L >= 1, t >= 0"), stands_on=("sft_row_a", "sft_row_c"),
       control=lambda L, t: float(ties.ratio(t * 1.01, L, -1).mid()), control_words="at time 1.01 t")
def blind_sft(L: int, t: float) -> Any:
    """SFT makes a direction-blind walker's cost grow as (a/(1-a) c/(1-c))^K: a rate that rises as t^2 for ever, and an
    infinite cost in the limit, since whoever only goes outwards never leaves a wrong branch."""
    return float(ties.ratio(t, L, -1).mid())


@claim("odds of going outwards, over all choices at depth x in the optimum's traces", source=BLIND,
       domain=Domain("W >= 2, K, L >= 1, 1 <= x <= 2K", lambda W, **_: W >= 2),
       control=lambda W, K, L, x: fraction(exact(W + 1) / W), control_words="(W+1)/W")
def blind_student(W: int, K: int, L: int, x: int) -> Any:
    """A direction-blind student of the optimum's traces learns to go outwards with odds W/(W-1) at every node; so its
    cost grows as (W/(W-1))^(2K), exponentially, though the teacher's is linear."""
    return fraction(exact(W) / (W - 1))


@claim("expected steps of a direction-blind student of the optimum's traces", source=BLIND,
       domain=Domain("W >= 2, K >= 1, any L", lambda W, **_: W >= 2), stands_on=("blind_student", "blind_cost"),
       control=lambda W, K: 1 + ties.blind_imitator(W, K), control_words="one step more")
def blind_student_cost(W: int, K: int) -> Any:
    """Such a student needs n + 2(W-1) S R + 2(n-R)/(q-1) steps, q = W/(W-1), n = 2K+1, S = (q^n-1)/(q-1),
    R = q(1-q^-n)/(q-1)."""
    return ties.blind_imitator(W, K)


# -- diamonds and branches share --------------------------------------------------------------------------------

@claim("forward gaps of SFT when all diamonds share the rows", source=TIED, domain=MAZES,
       stands_on=("sft_row_a", "sft_row_c"),
       control=lambda K, L, t: _gaps((K + 1) * t, L), control_words="K + 1 for K")
def shared_diamonds(K: int, L: int, t: float) -> Any:
    """When all diamonds share the rows, K of them are passed a path: SFT at time t is the table's at time K t. Backward
    rows stay frozen, so the exponent is the same."""
    return _gaps(K * t, L)


def _gaps(t: float, L: int) -> list[float]:
    from theory import dynamics

    a, c = dynamics.sft_odds(t, L)
    return [math.log(a * L), math.log(c / L)]


@claim("the W above which the gradient at base pushes row b, and row d, towards 1, diamonds shared", source=TIED,
       domain=Domain("K, L >= 1"), stands_on=("gradient",),
       control=lambda K, L: [ties.shared_threshold(K, L)[0] - Fraction(1, 10**6), ties.shared_threshold(K, L)[1]],
       control_words="row b's less by 1e-6")
def shared_signs(K: int, L: int) -> list[Any]:
    """With all diamonds sharing the rows, every sign of -dH is right at base from W = 1 + floor(max(B, D)) on, with
    M = (L+1)^2, B = ((K^2+3K)M - 4L^2 + 4L + 2)/(3(KM - L^2 + 2L + 1)), D = (K+1)(K+2)M/(3(KM + L^2 + 1)): near K/3."""
    return list(ties.shared_threshold(K, L))


@claim("probability that n traces of the optimum hold no retreat", source=TIED,
       domain=Domain("W >= 1, n >= 0"), symbolic=True,
       control=lambda W, n: fraction(((1 + parameter(W) ** -1) / 2) ** n), control_words="((1 + 1/W)/2)^n")
def shared_branches(W: Any, n: Any) -> Any:
    """When all branches share the rows, one retreat in any branch teaches all: n traces miss it with probability W^-n,
    against W((1+1/W)/2)^n unseen branches in the mean with rows of their own."""
    return fraction(parameter(W) ** -n)


# -- features ---------------------------------------------------------------------------------------------------

def _spanned(forward: Any, backward: Any, gaps: Any) -> list[float]:
    return [sum(float(m) * g for m, g in zip(row, gaps, strict=True)) for row in ties.generalised(forward, backward)]


@claim("backward gaps of a log-linear learner of golden paths", source=LINEAR,
       domain=Domain("linearly independent forward features; golden data in any order and number, any steps"),
       control=lambda forward, backward, gaps: [g + 1e-6 for g in _spanned(forward, backward, gaps)],
       control_words="1e-6 more")
def span_rule(forward: Any, backward: Any, gaps: Any) -> Any:
    """However a log-linear learner is trained on golden paths from base, its backward gaps are K_bf K_ff^-1 times the
    forward ones, K the inner products of features: what it learns of retreat is a matter of features alone."""
    return _spanned(forward, backward, gaps)


@claim("d(backward gap)/d(log t) of a log-linear learner on the flow of golden paths", source=LINEAR,
       relation="tends to", domain=Domain("K_ff e = 1 has a positive solution e"), stands_on=("span_rule",),
       control=lambda forward, backward, L, t: 1.01 * float(ties.tendency(forward, backward)[0]),
       control_words="1 % more")
def feature_tendency(forward: Any, backward: Any, L: int, t: float) -> Any:
    """Every forward gap grows as log t and a backward one as K_bf e log t, K_ff e = 1: its sign says whether the row
    goes to 1, stays, or goes to 0. For weights of direction and of type, added, it is 1/3: to 1."""
    return float(ties.tendency(forward, backward)[0])


@claim("whether row b moves from base in SFT on golden paths, by feature set", source=ASKED,
       domain=Domain("every feature set"), stands_on=("span_rule",),
       control=lambda: True, control_words="it moves whatever the features", should_hold=False, true_form="span_rule")
def no_data_no_signal_quoted() -> bool:
    """Where there is no data there is no signal: SFT on golden paths leaves backward rows at base."""
    return False


@claim("whether a backward gap of a network is below base after SFT on golden paths, by initialisation",
       source=("critique", "any model that shares weights would generalise"),
       domain=Domain("2 x 16 tanh weights on direction and type, seeds 0 .. 7"), stands_on=("sft_row_a", "sft_row_c"),
       control=lambda: True, control_words="every network unlearns to retreat in some row", should_hold=False,
       true_form="span_rule")
def network_retreats_quoted() -> bool:
    """A network that shares weights learns to retreat from golden paths alone: no backward gap falls below base."""
    return False
