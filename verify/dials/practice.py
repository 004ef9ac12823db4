"""Dials 18, 19, 23, 24: own successes, an expert's labels, the sign of the sample, noise in the verifier.

Setting. Each dial replaces what one learner is taught, and every cost is that of where the teaching ends:

    own successes     'SFT' imitates own walks; from base all of them, or those of at most T steps; from the SFT limit
                      the shortest share of them. In the mean it follows the gradient of P(T_hit <= T)
    DAgger            'SFT' imitates an expert on its own walks, to convergence
    sign, flips       'RLVR' learns from the outcome, cut off at T = max(6K+3, 2K^2) unless it says otherwise;
                      'distilled' is its student
    dead ends passed  'RLVR' is 3000 sign steps of 0.01 from base on the exact expected steps until accepted, rollouts
                      of any length (`theory.accepted`), run on the very maze asked for; not the outcome cut off at T

Where ascent on P(T_hit <= T) ends: for T <= 6K+2 its signs are known at every policy (its backward rows sink for ever,
b_K apart); from T = max(6K+3, 2K^2) on there are runs (`truncation_learns`, K <= 12, L <= 5), and what is said of other
mazes was not run. Costs say which. The best policy for a verifier that passes dead ends is known exactly; where RLVR is
hacked is computed.

Not covered: finite samples, which the noise diagram counts; learners that mix these.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any

import flint

from theory import accepted, closed_forms, dagger, hitting, practice, truncated
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from theory.rewards import Reward
from verify.dials.common import BASE, LINEAR, log10, restarted, searching, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, check_learner

SIGNS_KNOWN = "argued: where sign steps for ever end, their signs being known at every policy on the way"
RUN = "computed: where 3000 sign steps end, within 5 % in runs at K <= 12, L <= 5"
NOT_RUN = "not run at this maze: taken to end where runs at K <= 12, L <= 5 do"
DESCENT = "computed: where 3000 sign steps of 0.01 end on this maze, accepted within 1e-4 of the steps said to be so"


def _as_run(cost: Cost, maze: Maze) -> Cost:
    """The cost where ascent on the outcome cut off at max(6K+3, 2K^2) ends, with what is known of that."""
    known = RUN if maze.K <= 12 and maze.L <= 5 else NOT_RUN
    if 12 < maze.K <= 15 and maze.L <= 5 and maze.W > 1:
        known = f"computed: 3000 sign steps end at {_ended(maze):.6f} times these steps on this maze"
    return cost._replace(known=known, growth=cost.growth and cost.growth._replace(how=f"of the optimum; {RUN}"))


@functools.cache
def _ended(maze: Maze) -> float:
    """Steps after 3000 sign steps of 0.01 on the outcome cut off at max(6K+3, 2K^2), over the optimum's; seconds."""
    run = truncated.ascent(maze, Reward("outcome", max(6 * maze.K + 3, 2 * maze.K**2)), 3000, 0.01)
    return float(run.steps_to_target[-1]) / float(fraction(exact(closed_forms.optimum_steps(maze.W, maze.K))))


def _argued(cost: Cost) -> Cost:
    return cost._replace(known=SIGNS_KNOWN, growth=cost.growth and cost.growth._replace(how=SIGNS_KNOWN))


def _unknown(dial: str, value: Any, values: tuple[str, ...]) -> InputError:
    return InputError(f"{dial} has no value {value!r}; there are {', '.join(values)}")


# -- 18: own successes --------------------------------------------------------------------------------------------

REJECTION = ("all", "T = 2K+1", "T = 6K+2", "T = max(6K+3, 2K^2)", "from SFT, the shortest 1/W",
             "from SFT, the shortest 3/(2W)")


def _rejection(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in REJECTION:
        raise _unknown("rejection-sampling", value, REJECTION)
    imitating = learner.startswith("SFT")
    if not imitating or maze.W == 1:
        return standard("RLVR" if imitating and value != "all" else learner if not imitating else "base", maze)
    if value in ("T = 2K+1", "from SFT, the shortest 1/W"):
        return standard(learner, maze)
    if value == "all":
        return _untaught(learner, maze)
    if value == "T = 6K+2":
        return _unlearnt(learner, maze)
    cost = standard("RLVR" if learner == "SFT" else "SFT + restarts", maze)        # the optimum, alone and wrapped
    return _as_run(cost, maze) if value.startswith("T") else _argued(cost)


def _untaught(learner: str, maze: Maze) -> Cost:
    """Base, alone or wrapped."""
    if learner == "SFT + restarts":
        return Cost(restarted(maze, Policy.base(maze.L)), BASE)
    if learner == "SFT + search":
        return Cost(math.inf, None, words="search strands a walker that is not sure to go on")
    return Cost(standard("base", maze).steps, BASE, words="nothing is learnt")


def _unlearnt(learner: str, maze: Maze) -> Cost:
    """Forward rows 1, backward rows 0, but b_K as in base: what ascent tends to, its signs being those everywhere."""
    K, b = maze.K, Fraction(maze.L, maze.L + 1)
    rows = Policy(1, [0] * (K - 1) + [b], 1, 0)
    if learner == "SFT":
        return Cost(math.inf, None, SIGNS_KNOWN, "retreat is unlearnt: no wrong branch is ever left")
    if learner == "SFT + restarts":
        return _argued(Cost(fraction(exact(maze.W * maze.shortest)), LINEAR))
    return _argued(Cost(searching(maze, rows), Growth(K=1, W=1, L=1)))


def _least_share(profile: str) -> Critical:
    """1/W, read off the claim's signs on Figure 3's maze by bisection in the numerator."""
    W = FIGURE3.W
    lengths = [n for n in range(1, 1000) if any(
        practice.rejection_share(FIGURE3, Policy.sft_limit(FIGURE3.L), Fraction(n, 1000)).values())]
    return Critical(Fraction(1, W), "exact",
                    f"once the forward rows are learnt, keeping the shortest share q of own walks teaches retreat "
                    f"exactly when q > 1/W (W = {W}: none up to {lengths[0] - 1}/1000, all from {lengths[0]}/1000); "
                    "with a cut at T steps it unlearns retreat up to T = 6K+2")


def _shares(profile: str) -> Phase:
    Ws, qs = tuple(range(2, 17, 2)), tuple(Fraction(n, 20) for n in range(1, 20))

    def word(W: int, q: Fraction) -> str:
        taught = practice.rejection_share(Maze(W, 1, 1), Policy.sft_limit(1), q)
        return "teaches retreat" if all(taught.values()) else "teaches nothing"

    return Phase("shortest-share", "What the shortest share of own walks teaches a forward-certain walker", "q", "W",
                 qs, Ws, tuple(tuple(word(W, q) for q in qs) for W in Ws), "signs of the expected step; exact")


# -- 19: an expert's labels ---------------------------------------------------------------------------------------

DAGGER = ("persists", "turns round in the target's branch", "knows the target, one target",
          "knows the target, targets uniform")


def _dagger(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in DAGGER:
        raise _unknown("dagger", value, DAGGER)
    W, K = maze.W, maze.K
    if not learner.startswith("SFT") or W == 1:
        return standard("RLVR" if learner.startswith("SFT") else learner, maze)
    if value in DAGGER[:2]:                    # forward rows go to 1, and then no walk strays in the target's branch
        return standard("RLVR" if learner == "SFT" else "SFT + restarts", maze)
    if value == "knows the target, one target":
        # a wrong branch costs a step in and a step back; search draws it once, (W-1)/2 of them on average
        found = W + 2 * K if learner == "SFT + search" else practice.dagger_one_target(W, K)
        return Cost(fraction(exact(found)), Growth(K=1, W=1))
    if learner == "SFT + search":
        return Cost(math.inf, None, words="search strands a walker that is not sure to go on")
    growth = Growth(practice.dagger_rate(W), how="ratio along a sweep") if W > 2 else Growth(K=3, how="along a sweep")
    return Cost(_conflict(W, K, learner == "SFT + restarts"), growth, "computed, within 1e-12")


@functools.cache
def _conflict(W: int, K: int, restarts: bool) -> float:
    point = dagger.fixed_point(W, K)
    if not restarts:
        return float(point.steps)
    P, Q = point.rows(W)
    # begun anew at a dead end: W times what it needs alone in a maze with one branch
    found = flint.arb(W) * hitting.expected_steps(Maze(1, K, 1), Policy(P[1::2], Q[1::2], P[::2], Q[::2]))
    if found.rel_accuracy_bits() < 40:
        raise InputError(f"W = {W}, K = {K}: the fixed point is too wide for restarts")
    return float(found)


def _expert_worse(profile: str) -> Critical:
    """Least W at which the expert's labels are worse than golden paths, at Figure 3's L and for K without bound."""
    rho = closed_forms.sft_rate(FIGURE3.L)
    W = next(W for W in range(2, 100) if practice.dagger_rate(W) > rho)
    return Critical(W, "ratio along a sweep",
                    f"labels of an expert who knows a target that the learner does not cost (W-1)^2 a diamond; that is "
                    f"more than golden paths' (L+1)^2/L from W = {W} on at L = {FIGURE3.L}, and polynomial for W = 2")


def _expert_phase(profile: str) -> Phase:
    Ws, Ks = (2, 3, 4, 5, 8, 15), (1, 2, 3, 4, 6, 8, 12, 16)

    def ratio(W: int, K: int) -> float:
        return math.log10(_conflict(W, K, False)) - log10(closed_forms.sft_steps(W, K, 5))

    return Phase("dagger-over-sft", "DAgger with an expert who knows the target over SFT, L = 5, log10", "K", "W", Ks,
                 Ws, tuple(tuple(ratio(W, K) for K in Ks) for W in Ws), "log10 of the ratio; computed within 1e-12")


# -- 23: sign of the sample ---------------------------------------------------------------------------------------

SIGNS = ("both", "successes only", "failures only", "successes only, no horizon", "failures only, no horizon")


def _sign(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in SIGNS:
        raise _unknown("sample-sign", value, SIGNS)
    if learner not in ("RLVR", "distilled"):
        return standard(learner, maze)
    if value.endswith("no horizon"):
        return Cost(None, None, words="every walk succeeds, whatever the policy: no gradient in any row")
    return _as_run(standard(learner, maze), maze)


def _never(profile: str) -> Critical:
    return Critical(None, "exact", "no sign matters: in the mean all three directions are one, the gradient of "
                                   "P(T_hit <= T); without a horizon there are no failures and no gradient")


def _noise(profile: str) -> Phase:
    """Rollouts that one kind of sample needs over what both need, for the sign of row d_1 at base."""
    maze, Ts = Maze(3, 2, 2), (7, 9, 11, 15, 19, 25, 35, 51, 75, 101, 151)
    kinds = ("successes", "failures")

    def cells(T: int) -> list[float]:
        policy = Policy.base(maze.L)
        slope = practice.sample_sign(maze, policy, T)["d_1"]
        square = practice.sample_sign_noise(maze, policy, T, "d_1")
        return [float((square[kind] - slope**2) / (square["both"] - slope**2)) for kind in kinds]

    columns = [cells(T) for T in Ts]
    return Phase("sample-noise", "Rollouts needed by one kind of sample over both, row d_1 at base, W 3, K 2, L 2",
                 "T", "learnt from", Ts, kinds, tuple(tuple(column[i] for column in columns) for i in range(2)),
                 "ratio of the variances of one walk's estimate, baseline P(T_hit <= T) for both; exact")


# -- 24: the verifier ---------------------------------------------------------------------------------------------

PASSED = {"dead ends passed, a tenth of 1/(2KW+1)": Fraction(1, 10),
          "dead ends passed, half of 1/(2KW+1)": Fraction(1, 2), "dead ends passed, twice 1/(2KW+1)": Fraction(2)}
VERIFIER = ("flips, p + q = 1/2", "flips, p + q = 1", "flips, p + q = 3/2", *PASSED)


def _verifier(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in VERIFIER:
        raise _unknown("verifier-noise", value, VERIFIER)
    if learner not in ("RLVR", "distilled"):
        return standard(learner, maze)
    if value == "flips, p + q = 1":
        return Cost(None, None, words="the reward says nothing of the policy: no gradient in any row")
    if value == "flips, p + q = 3/2":
        if learner == "distilled":
            return Cost(None, None, words="its teacher never arrives: there are no traces")
        run = maze.W <= 15 and maze.K <= 6 and maze.L <= 1000
        return Cost(math.inf, None, "computed: above 1e26 after 3000 sign steps, the more the deeper, in runs at K <= 6"
                    + ("" if run else "; not run at this maze"),
                    "the gradient is turned round: the target is avoided")
    if value not in PASSED or maze.W == 1:
        return _as_run(standard(learner, maze), maze) if value not in PASSED else standard(learner, maze)
    return _fooled(learner, maze, descended(maze, PASSED[value]))


def _fooled(learner: str, maze: Maze, word: str) -> Cost:
    if word == "insists":
        taught = "its teacher's traces never come back from a wrong leaf; " if learner == "distilled" else ""
        return Cost(math.inf, None, DESCENT, taught + "insists at the first leaf until it is believed; from a wrong "
                                                      "one it never comes back")
    if word == "neither":
        return Cost(None, None, DESCENT, "3000 steps end neither retreating nor insisting")
    cost = standard(learner, maze)
    return cost._replace(known=DESCENT, growth=Growth(math.inf, how="computed: learnt in shallow mazes; deep ones end "
                                                                    "insisting"))


@functools.cache
def descended(maze: Maze, share: Fraction, lr: float = 0.01) -> str:
    """Where RLVR from base ends, dead ends passed at `share` of 1/(2KW+1): 'retreats', 'insists' or 'neither'.

    By what the end costs, within 1e-4 of either policy's, and by the sign of b_K's log-odds.
    """
    p = share * practice.hacked_from(maze.W, maze.K)
    end = accepted.descent(maze, p, lr=lr)
    _, retreating, insisting = practice._accepted(maze.W, maze.K, p)
    word = "retreats" if end.log_odds[1, -1] > 0 else "insists"
    steps = float(retreating if word == "retreats" else insisting)
    return word if abs(end.steps / steps - 1) <= 1e-4 else "neither"


def hacked_share(maze: Maze, halvings: int = 10, lr: float = 0.01) -> tuple[Fraction, Fraction]:
    """(low, high): RLVR retreats at `low` of 1/(2KW+1) and does not at `high`; by bisection from 0 and 2.

    Only the two ends were run near each other: that nothing turns back elsewhere is not proved.
    """
    low, high = Fraction(0), Fraction(2)
    for _ in range(halvings):
        middle = (low + high) / 2
        low, high = (middle, high) if descended(maze, middle, lr) == "retreats" else (low, middle)
    return low, high


def _hacked(profile: str) -> Critical:
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    best, moderate = practice.hacked_from(W, K), Maze(W, 4, L)
    low, high = hacked_share(FIGURE3)
    below, above = hacked_share(moderate)
    larger = hacked_share(FIGURE3, lr=0.03)[1]
    return Critical((float(low * best), float(high * best)), "computed by bisection, sign steps of 0.01 from base",
                    f"RLVR is hacked from {float(low):.4f} to {float(high):.4f} of 1/(2KW+1) on, 1/(2KW+1) = {best} at "
                    f"W = K = {W}, L = {L} ({float(larger):.3f} with steps of 0.03), {float(below):.3f} to "
                    f"{float(above):.3f} of it at K = {moderate.K}; insisting at a dead end is the best policy only "
                    f"above {best}, exactly: in between RLVR ends at the worse policy. Flips that do not look at the "
                    "walk do no more than cost samples, until p + q = 1")


def _hacking(profile: str) -> Phase:
    Ks, ps = (1, 2, 4, 8, 15, 30, 60), tuple(Fraction(1, 2**i) for i in range(12, 0, -1))
    words = {1: "retreats", 0: "either", -1: "insists"}
    return Phase("verifier-hacked", "Best policy when dead ends are passed with probability p, W = 15", "p", "K", ps,
                 Ks, tuple(tuple(words[practice.verifier_hacked(15, K, p)] for p in ps) for K in Ks),
                 "whether retreating or insisting is accepted sooner; exact")


def _trapped(profile: str) -> Phase:
    Ks, shares = (1, 2, 3, 4, 6, 8, 12, 15), tuple(Fraction(i, 10) for i in range(1, 13))
    return Phase("verifier-trapped", "Where RLVR from base ends, dead ends passed, W = 15, L = 5", "p (2KW+1)", "K",
                 shares, Ks, tuple(tuple(descended(Maze(15, K, 5), share) for share in shares) for K in Ks),
                 "sign steps of 0.01 on the exact expected steps until accepted; insisting is the best policy above 1")


DIALS = (
    Dial(
        name="rejection-sampling", number=18, question="Would imitating one's own successes do, without a reward?",
        source="2504.11343 (RAFT) asks", parameter="which own walks are imitated", values=REJECTION, cost=_rejection,
        claims=("bill_rejection", "rejection_short", "rejection_golden", "rejection_share", "rejection_per_step",
                "rejection_per_step_unlearns", "truncation_unlearns", "truncation_worse", "truncation_learns"),
        critical=_least_share, phases=(_shares,),
        words={"all": "from base, whole walks: the expected step is 0",
               "T = 2K+1": "from base, the straight walks: SFT itself",
               "T = 6K+2": "from base, before any return from a wrong leaf can be short enough",
               "T = max(6K+3, 2K^2)": "from base, walks that may return from a wrong leaf",
               "from SFT, the shortest 1/W": "the straight walks of a forward-certain walker",
               "from SFT, the shortest 3/(2W)": "some that return from a wrong leaf too"},
        notes="Imitating own walks of at most T steps is RLVR on the outcome cut off at T, in the mean. Imitating all "
              "of them teaches nothing, unless each trace's loss is averaged over its own steps: then it is ascent on "
              "E[1/T_hit], which unlearns retreat at base."),
    Dial(
        name="dagger", number=19, question="Would an expert's labels on the learner's own walks do?",
        source="critique C3: a pessimistic definition of SFT", parameter="what the expert knows", values=DAGGER,
        cost=_dagger, claims=("dagger_one_target", "dagger_fixed_point", "dagger_cost", "dagger_rate"),
        critical=_expert_worse, phases=(_expert_phase,),
        words={"persists": "its labels are the optimum's rows",
               "turns round in the target's branch": "and persists elsewhere, as `backtrack train dagger` has it",
               "knows the target, one target": "and so will the learner: a wrong branch is left at once",
               "knows the target, targets uniform": "labels contradict each other; the learner ends at their shares"},
        notes="Negative examples alone are not what is missing: with labels that know more than the learner sees the "
              "rows end near 1/W and 1 - 1/W, and the cost grows by (W-1)^2 a diamond, whatever L."),
    Dial(
        name="sample-sign", number=23, question="Learn from successes, from failures, or from both?",
        source="2506.01347 asks", parameter="samples that RLVR learns from", values=SIGNS, cost=_sign,
        claims=("sample_sign", "sample_sign_noise", "truncation_learns", "rlvr_no_penalty"), critical=_never,
        phases=(_noise,),
        notes="A dial that turns nothing in the mean: E[S; arrived] = -E[S; failed]. What differs is noise, and where "
              "few walks arrive successes alone are less noisy than both."),
    Dial(
        name="verifier-noise", number=24, question="What if the verifier errs?",
        source="practice: learnt and heuristic verifiers", parameter="errors of the verifier", values=VERIFIER,
        cost=_verifier, claims=("verifier_flips", "verifier_turned", "verifier_dead_end", "verifier_steps",
                                "verifier_hacked", "verifier_trap", "truncation_learns"),
        critical=_hacked, phases=(_hacking, _trapped),
        words={"flips, p + q = 1/2": "success denied with probability q, failure passed with p, whatever the walk",
               "dead ends passed, a tenth of 1/(2KW+1)": "the best policy retreats; RLVR too, here",
               "dead ends passed, half of 1/(2KW+1)": "the best policy retreats; RLVR does in shallow mazes only",
               "dead ends passed, twice 1/(2KW+1)": "a wrong leaf is accepted with probability 2/(2KW+1) an arrival"},
        notes="Errors that do not look at the walk scale the gradient by 1 - p - q. Errors that favour dead ends make "
              "insisting the best policy above 1/(2KW+1), and RLVR is hacked before: its rows of retreat sink together "
              "and end at a policy that is worse even for its own reward. Then it is RLVR that never retreats, and SFT "
              "is the better. RLVR here minimises the expected steps until accepted, rollouts of any length."),
)
