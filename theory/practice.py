"""What practitioners do instead: imitate own successes, learn from one kind of sample, trust a verifier, ask an expert.

Setting. Rows of persistence P_x (away from the fork) and Q_x (towards it), tied across branches; T_hit the arrival
step; S the score of a row entry along a walk, persists - p visits.

Own successes. Imitation moves a log-odds along the mean of S over the walks kept. Keeping those of at most T steps it
is the gradient of log P(T_hit <= T) (`theory.kept`), so all that is known of truncated rewards holds for it, whatever
is normalised by. Keep the shortest share q at a walker that surely goes on (a = c = 1). A share 1/W of its walks is
straight; if q <= 1/W nothing else is kept, and S = 0 in every backward row. If 1/W < q < 1 the kept walks are a mixture
of {T_hit <= t} and {T_hit < t} for some t >= 6K+3; in a wrong branch persisting backwards always brings the arrival
forward, in the target's branch it never happens: every backward row is pushed up.

Sign of the sample. A walk cut off at T has E[S] = 0, so E[S; arrived] = -E[S; not arrived].

Verifier. Flips that do not look at the walk scale the gradient by 1 - p - q. A verifier that accepts a dead end with
probability p each time it is reached offers a choice there: turn round at v_K and ask again, 2 steps and probability p;
or walk back and out, at least 2(2K+1) steps and probability (1 + (W-1)p)/W, since the fork has no memory. After every
refusal the choice is the same, so the lower price a unit of probability is the best there is. To insist, no row but b_K
need change. That is the best policy. Descent from base need not find it: insisting is where rows of retreat that sink
together lead, and in deep mazes they do so at passing rates far below those at which insisting is best.

Not covered: walks of finite samples (`verify.learners.own_walks`), verifiers that err in the same place every time.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theory import accepted, dagger, kept
from theory.claim import FORKS, Domain, claim
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

SCORE = ("derived", "the score function; docstrings of theory.kept and theory.practice")
COUNTS = ("derived", "crossings counted; docstring of theory.dagger")
PRICES = ("derived", "steps a unit of probability; docstring of theory.practice")
CUT = Domain("every maze, tied rational rows in (0, 1), T >= 2K+1", lambda maze, T, **_: T >= maze.shortest)
Slopes = dict[str, Any]


# -- own successes ------------------------------------------------------------------------------------------------

def step(maze: Maze, policy: Policy, T: int, worth: kept.Worth = kept.one) -> Slopes:
    """Mean of worth(T_hit) S over own walks of at most T steps: where imitating them moves each log-odds."""
    law, _ = kept.slopes(maze, policy, T)                  # P(T_hit <= T)
    return {key: slope / law for key, slope in kept.slopes(maze, policy, T, worth)[1].items()}


@claim("expected step of every log-odds, imitating own walks of at most T steps", source=SCORE, domain=CUT,
       control=lambda maze, policy, T: step(maze, policy, T + 2), control_words="T + 2 for T")
def rejection_short(maze: Maze, policy: Policy, T: int) -> Slopes:
    """Imitating own successes of at most T steps is ascent on log P(T_hit <= T), in the mean: RLVR on the outcome cut
    off at T. So for 2K+3 <= T <= 6K+2 it unlearns retreat, at every policy."""
    return step(maze, policy, T)


@claim("expected step of every log-odds, imitating own walks of 2K+1 steps", source=SCORE,
       domain=Domain("every maze, tied rational rows in (0, 1)"), stands_on=("truncation_silent",),
       control=lambda maze, policy: _golden(maze, policy, Fraction(1, 10**9)),
       control_words="backward rows moved by a billionth")
def rejection_golden(maze: Maze, policy: Policy) -> Slopes:
    """Imitating only own walks of the least length is SFT on golden paths: 1 - p in each forward row, 0 in each
    backward row."""
    return _golden(maze, policy, 0)


def _golden(maze: Maze, policy: Policy, backward: Any) -> Slopes:
    rows = policy.branch(0).expanded(maze.K)
    return {f"{name}_{j}": fraction(1 - rows[name][j - 1]) if name in "ac" else backward
            for name in "abcd" for j in range(1, maze.K + 1)}


@claim("sign of the expected step of every backward row, the shortest share q of own walks imitated", source=SCORE,
       domain=Domain("a = c = 1, backward rows tied, rational, in (0, 1); 0 < q < 1"),
       stands_on=("rejection_short", "truncation_credit", "bill_rejection"),
       control=lambda maze, policy, q: _share_signs(maze, q, Fraction(1001, 1000) / maze.W),
       control_words="1.001/W for 1/W")
def rejection_share(maze: Maze, policy: Policy, q: Any) -> dict[str, int]:
    """Once the forward rows are learnt, keeping the shortest share q teaches no retreat when q <= 1/W, and teaches it
    in every backward row when 1/W < q < 1; q = 1 teaches nothing."""
    return _share_signs(maze, q, Fraction(1, maze.W))


def _share_signs(maze: Maze, q: Any, least: Fraction) -> dict[str, int]:
    up = int(least < fraction(exact(q)) < 1)
    return {f"{name}_{j}": up for name in "bd" for j in range(1, maze.K + 1)}


@claim("expected step of every log-odds, imitating own walks of at most T steps, each one's loss averaged over it",
       source=SCORE, domain=CUT, control=lambda maze, policy, T: {
           key: value / maze.shortest for key, value in step(maze, policy, T).items()},
       control_words="every walk averaged over 2K+1 steps")
def rejection_per_step(maze: Maze, policy: Policy, T: int) -> Slopes:
    """When each trace's loss is averaged over its own steps, imitating own successes is ascent on E[1/T_hit], T_hit at
    most T: keeping all of them then teaches, since short walks weigh more."""
    return step(maze, policy, T, kept.inverse)


@claim("signs at base of the step of rejection_per_step at T = 40K^2, in b_1 .. b_K and d_2 .. d_K", source=SCORE,
       domain=Domain("W >= 2, 2 <= K <= 8", lambda W, K, **_: W >= 2 and 2 <= K <= 8),
       stands_on=("rejection_per_step",), control=lambda W, K, L: _per_step_signs(K, last=-1),
       control_words="b_K pushed down too")
def rejection_per_step_unlearns(W: int, K: int, L: int) -> dict[str, int]:
    """Averaging each trace's loss over its steps makes imitation of all own successes unlearn retreat at base: every
    backward row but b_K, and d_1 in some mazes, is pushed down."""
    return _per_step_signs(K, last=1)


def _per_step_signs(K: int, last: int) -> dict[str, int]:
    return {f"b_{j}": last if j == K else -1 for j in range(1, K + 1)} | {f"d_{j}": -1 for j in range(2, K + 1)}


# -- sign of the sample, verifiers ----------------------------------------------------------------------------------

@claim("minus the expected score of the walks that fail, cut off at T", source=SCORE, domain=CUT,
       control=lambda maze, policy, T: kept.slopes(maze, policy, T + 2)[1], control_words="T + 2 for T")
def sample_sign(maze: Maze, policy: Policy, T: int) -> Slopes:
    """Learning from successes only, from failures only, or from both, on the outcome cut off at T, has in the mean one
    and the same direction, the gradient of P(T_hit <= T): they differ in noise alone."""
    return kept.slopes(maze, policy, T)[1]


@claim("second moments of one walk's estimate of that gradient in a row entry", source=SCORE, domain=CUT,
       stands_on=("sample_sign",), control=lambda maze, policy, T, row: sample_sign_noise(maze, policy, T, row) | {
           "both": kept.split_square(maze, policy, T, row)[1]}, control_words="both no noisier than successes alone")
def sample_sign_noise(maze: Maze, policy: Policy, T: int, row: str) -> dict[str, Any]:
    """What differs is noise: E[S^2; arrived] for successes, E[S^2; failed] for failures, and
    (1-F)^2 E[S^2; arrived] + F^2 E[S^2; failed] for both against the mean reward F."""
    F, arrived, failed = kept.split_square(maze, policy, T, row)
    return {"successes": arrived, "failures": failed, "both": (1 - F) ** 2 * arrived + F**2 * failed}


@claim("expected gradient when success is denied with probability q and failure passed with probability p",
       source=SCORE, domain=CUT, stands_on=("sample_sign",),
       control=lambda maze, policy, T, p, q: _flipped(maze, policy, T, (1 - exact(p)) * (1 - exact(q))),
       control_words="(1 - p)(1 - q)")
def verifier_flips(maze: Maze, policy: Policy, T: int, p: Any, q: Any) -> Slopes:
    """A verifier that errs without looking at the walk scales the gradient by 1 - p - q: noise costs samples, and only
    beyond p + q = 1 does it turn learning round."""
    return _flipped(maze, policy, T, 1 - exact(p) - exact(q))


def _flipped(maze: Maze, policy: Policy, T: int, factor: Any) -> Slopes:
    return {key: fraction(factor * exact(value)) for key, value in kept.slopes(maze, policy, T)[1].items()}


@claim("expected steps after 3000 sign steps of 0.01 from base, p + q > 1, cut off at T = max(6K+3, 2K^2)", source=(
    "derived", "exact ascent on the truncated objective"), relation="at least", stands_on=("verifier_flips",),
       domain=Domain("W <= 15, K <= 6, L <= 1000, as run", lambda W, K, L, **_: W <= 15 and K <= 6 and L <= 1000),
       control=lambda W, K, L: 10**27, control_words="1e27")
def verifier_turned(W: int, K: int, L: int) -> Any:
    """Beyond p + q = 1 the target is avoided: learning turned round ends beyond 1e26 steps in every maze that was run,
    the more the deeper it is."""
    return 10**26


@claim("expected steps until a verifier accepts, when it passes a dead end with probability p at each arrival there",
       source=PRICES, relation="at least", domain=Domain("W >= 2, K >= 1, 0 < p <= 1; tied rows",
                                                         lambda W, **_: W >= 2),
       control=lambda W, K, p: Fraction(10**9 + 1, 10**9) * _accepted(W, K, p)[0], control_words="more by a billionth")
def verifier_dead_end(W: int, K: int, p: Any) -> Any:
    """No walker is accepted sooner than the better of two: the optimum, which retreats, after (2K+1)(2W/(1+(W-1)p) - 1)
    steps, and the one that turns round at v_K until it is accepted, after 2K+1 + 2(1-1/W)(1-p)/p."""
    return _accepted(W, K, p)[0]


@claim("expected steps until accepted, when a verifier passes a dead end with probability p at each arrival there",
       source=PRICES, domain=Domain("every maze, tied rational rows in (0, 1], 0 < p <= 1"),
       control=lambda maze, policy, p: Fraction(10**9 + 1, 10**9) * accepted.steps(maze, policy, p),
       control_words="more by a billionth")
def verifier_steps(maze: Maze, policy: Policy, p: Any) -> Any:
    """A verifier that passes dead ends makes the expected steps until accepted (1 + mean of alpha)/(mean of g) over the
    branches, alpha and g from a recursion along a branch (`theory.accepted`); g is the probability of being accepted
    before the walker is back at the fork."""
    return accepted.steps(maze, policy, p)


def _accepted(W: int, K: int, p: Any) -> tuple[Fraction, Fraction, Fraction]:
    """(the lesser, retreating, insisting)."""
    chance = fraction(exact(p))
    retreating = (2 * K + 1) * (2 * W / (1 + (W - 1) * chance) - 1)
    insisting = 2 * K + 1 + 2 * Fraction(W - 1, W) * (1 - chance) / chance
    return min(retreating, insisting), retreating, insisting


@claim("whether retreating is accepted sooner than insisting (1), later (-1), or at the same time (0)", source=PRICES,
       domain=Domain("W >= 2, K >= 1, 0 < p < 1", lambda W, **_: W >= 2), stands_on=("verifier_dead_end",),
       control=lambda W, K, p: _sign(1 - exact(p) * (2 * K * W)), control_words="2KW for 2KW + 1")
def verifier_hacked(W: int, K: int, p: Any) -> int:
    """Where dead ends are passed with a probability above 1/(2KW+1), the best policy never retreats: it insists at the
    first leaf until it is believed, and from a wrong one never reaches the target."""
    return _sign(1 - exact(p) * (2 * K * W + 1))


@claim("expected steps until accepted after 3000 sign steps of 0.01 from base, dead ends passed at half of 1/(2KW+1)",
       source=("derived", "exact sign descent, run"), stands_on=("verifier_steps", "verifier_hacked"),
       domain=Domain("2 <= W <= 200, 8 <= K <= 20, L <= 50, as run",
                     lambda W, K, L, **_: 2 <= W <= 200 and 8 <= K <= 20 and L <= 50),
       control=lambda W, K, L: Fraction(100001, 100000) * verifier_trap(W, K, L),
       control_words="more by one part in a hundred thousand")
def verifier_trap(W: int, K: int, L: int) -> Fraction:
    """RLVR is hacked before insisting is best. At half of 1/(2KW+1), where retreating is accepted sooner, descent from
    base ends insisting, 2K+1 + 2(1-1/W)(1-p)/p steps, in every maze run from K = 8 on; up to K = 3 it retreats."""
    return _accepted(W, K, hacked_from(W, K) / 2)[2]


def hacked_from(W: int, K: int) -> Fraction:
    """The false-accept rate at dead ends above which insisting beats retreating: 1/(2KW+1).

    >>> hacked_from(15, 15)
    Fraction(1, 451)
    """
    return Fraction(1, 2 * K * W + 1)


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


# -- an expert who knows the target -----------------------------------------------------------------------------------

@claim("expected steps of DAgger's fixed point, its expert knowing the target, one target for all walks",
       source=COUNTS, domain=FORKS, symbolic=True, control=lambda W, K: 2 * W + 2 * K,
       control_words="a step more")
def dagger_one_target(W: Any, K: Any) -> Any:
    """With one target for all walks and rows of each branch's own, DAgger learns where the target is: 2W + 2K - 1
    steps, fewer than the optimum of a walker that must look for it."""
    return 2 * W + 2 * K - 1


@claim("rows P_x and Q_x that the expert's labels ask for, at the fixed point", source=COUNTS, domain=FORKS,
       control=lambda W, K: {f"P_{x}": 1 / W for x in range(1, 2 * K + 1)} | {
           f"Q_{x}": 1 - 1 / W for x in range(1, 2 * K + 1)}, control_words="1/W and 1 - 1/W, its limit")
def dagger_fixed_point(W: int, K: int) -> dict[str, float]:
    """DAgger with an expert who knows the target and a learner who does not ends where
    P_x = n_{x-1}/(n_{x-1} + M_{x-1}) and Q_x = M_x/(M_x + n_x - 1), with M_x = n_{x-1} - 1: about 1/W and 1 - 1/W far
    from the leaf."""
    P, Q = dagger.fixed_point(W, K).rows(W)
    return {f"P_{x}": float(p) for x, p in enumerate(P, 1)} | {f"Q_{x}": float(q) for x, q in enumerate(Q, 1)}


@claim("expected steps at DAgger's fixed point, its expert knowing the target, targets uniform", source=COUNTS,
       domain=FORKS, stands_on=("dagger_fixed_point",),
       control=lambda W, K: 1.000001 * float(dagger.fixed_point(W, K).steps), control_words="more by a millionth")
def dagger_cost(W: int, K: int) -> float:
    """At that fixed point a walk takes 2(W-1) n_0 + 1 + sum over x < 2K of (4 n_x - 3) steps, whatever L."""
    return float(dagger.fixed_point(W, K).steps)


@claim("growth a diamond of the cost at DAgger's fixed point", source=COUNTS, relation="tends to",
       domain=Domain("W >= 3", lambda W, **_: W >= 3), stands_on=("dagger_cost",),
       control=lambda W: 1.01 * (W - 1) ** 2, control_words="larger by 1 %")
def dagger_rate(W: int) -> int:
    """The cost at that fixed point grows by (W-1)^2 a diamond: labels that know more than the learner can see are
    worse than golden paths as soon as (W-1)^2 > (L+1)^2/L. For W = 2 it is cubic in K."""
    return (W - 1) ** 2
