"""Dials 26 and 27, and two that were missing: short mazes first, the ledger, temperature, a memory at the fork.

Setting.

    curriculum     trained at depth k, tested at K: the first k diamonds as trained, the others base; or rows shared by
                   all diamonds; or a diamond more a stage, up to K
    ledger         what training took, in steps walked or tokens read, and N inferences. Imitation pays for golden paths
                   that show every branch, RLVR for the rollouts of one sign step (`theory.bill`), distillation for its
                   teacher and its traces; each with risk 1/100, RLVR to within 1.05 of the optimum
    temperature    a learnt edge has X = e^(D/tau) times the probability of another, D the gap that training made, tau
                   the temperature: in SFT's forward rows, in all of RLVR's
    fork-memory    branches whose leaf was seen are not entered again

Everything is exact but RLVR's and the student's part of the ledger, which is a rigorous upper bound, for W >= K, and
RLVR's stages, which were run (`curriculum_stages`).
Not covered: curricula of rollouts (a share of short mazes among long ones moves the same rows: those of each depth).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from theory import bill, closed_forms, deployment, hitting
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Branch, Policy
from verify.dials.common import BASE, LINEAR, homogeneous, log10, restarted, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner

STRANDS = "search strands a walker that is not sure to go on"


# -- 26: short mazes first ----------------------------------------------------------------------------------------

DEPTHS = ("K", "K/2", "1", "1, diamonds share rows", "1, 2, .., K in stages")


def trained_depth(value: str, K: int) -> int:
    """How many diamonds of K the value trains; K/2 is rounded up."""
    return {"K/2": (K + 1) // 2, "1": 1}.get(value, K)


def _curriculum(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in DEPTHS:
        raise InputError(f"curriculum has no value {value!r}; there are {', '.join(DEPTHS)}")
    W, K, L, k = maze.W, maze.K, maze.L, trained_depth(value, maze.K)
    if value.endswith("in stages") and learner in ("RLVR", "distilled"):
        run = "computed: the optimum within 5 %, in runs of 400 + 100 log(KL) sign steps a stage, K <= 60, L <= 1000"
        cost = standard(learner, maze)
        return cost._replace(known=run if K <= 60 and L <= 1000 else f"not run at this maze; {run}",
                             growth=LINEAR._replace(how=f"of the optimum; {run}"))
    if learner == "base" or value not in ("K/2", "1"):
        return standard(learner, maze)
    if learner == "SFT + search":
        return Cost(math.inf, None, words=STRANDS) if k < K else standard(learner, maze)
    growth = BASE
    if learner == "SFT + restarts":
        found = restarted(maze, _partly(Policy.sft_limit(L), maze, k))
    elif learner == "SFT":
        found = deployment.curriculum_sft(W, K, L, k)
        if W > 1 and value == "K/2":
            growth = Growth((L + 1) / math.sqrt(L), K=1, W=1, L=1)
        elif W > 1:
            growth = Growth(K=2, W=1, L=2)
    else:
        found = deployment.curriculum_rlvr(W, K, L, k)
    return Cost(fraction(exact(found)), growth)


def _partly(trained: Policy, maze: Maze, k: int) -> Policy:
    learnt, base = trained.branches[0], Policy.base(maze.L).branches[0]
    return Policy.of(Branch(*([getattr(learnt, name)] * k + [getattr(base, name)] * (maze.K - k) for name in "abcd")))


def _deepest(profile: str) -> Critical:
    W, L = FIGURE3.W, FIGURE3.L
    K = next(K for K in range(1, 1000) if deployment.curriculum_sign(W, K, L) <= 0)
    return Critical(None, "exact",
                    "depth of training is where SFT's exponential comes from: it is rho^k, k the depth trained, "
                    "whatever the depth tested; rows shared by all diamonds carry both lessons to any depth. In stages "
                    f"the next diamond's row d is pushed the wrong way from depth {K} on at W = {W}, L = {L}, and all "
                    "the same the stages arrive")


def _depths(profile: str) -> Phase:
    ks, Ks = (1, 2, 3, 4, 6, 8, 12, 16, 24), (1, 2, 4, 8, 16, 32)

    def cell(k: int, K: int) -> float | None:
        if k > K:
            return None
        return log10(deployment.curriculum_sft(15, K, 5, k)) - log10(deployment.curriculum_rlvr(15, K, 5, k))

    return Phase("trained-tested", "SFT over RLVR, trained at depth k and tested at K, W = 15, L = 5, log10",
                 "k", "K", ks, Ks, tuple(tuple(cell(k, K) for k in ks) for K in Ks), "log10 of the ratio; exact")


# -- 27: the ledger -----------------------------------------------------------------------------------------------

INFERENCES = (1, 1000, 10**6, 10**12)
ETA, DELTA = Fraction(1, 100), Fraction(1, 20)
BOUND = Growth(K=5, W=2, L=4, how="of the bound, for W >= 2K; times a logarithm")


def _ledger(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in INFERENCES:
        raise InputError(f"ledger has no value {value!r}; there are {', '.join(map(str, INFERENCES))}")
    plain = standard(learner, maze)
    if learner == "base":
        return Cost(value * plain.steps, plain.growth)
    if learner in ("RLVR", "distilled"):
        return _reinforced(learner, value, maze)
    tokens = deployment.golden_tokens(maze.W, maze.K, ETA)                     # W log W of them, times 2K+1
    return Cost(fraction(exact(tokens + value * plain.steps)), plain.growth)


def _reinforced(learner: str, value: int, maze: Maze) -> Cost:
    if maze.W < max(2, maze.K):
        return Cost(None, None, words="for W < K the path of sign steps from base is not known")
    total = _training(maze) + value * (1 + DELTA) * standard("RLVR", maze).steps
    if learner == "distilled":
        total += deployment.trace_tokens(maze.W, maze.K, ETA)
    return Cost(fraction(total), BOUND, "at most", "the rollouts that make all signs of one step right")


@functools.cache
def _training(maze: Maze) -> Fraction:
    """Steps walked by the rollouts of one sign step from base, rounded up to an integer."""
    return Fraction(math.ceil(sum(stage.walked for stage in bill.sign_stages(maze, DELTA, float(ETA)))))


def break_even(maze: Maze) -> tuple[float, float]:
    """(least, most) inferences from which RLVR's ledger is below that of SFT without restarts.

    Least: when training is one rollout of base. Most: when it is the rigorous bound.
    """
    saved = standard("SFT", maze).steps - (1 + DELTA) * standard("RLVR", maze).steps
    read = deployment.golden_tokens(maze.W, maze.K, ETA)
    least, most = ((cost - read) / saved for cost in (standard("base", maze).steps, _training(maze)))
    return float(max(least, 0)), float(most)


def _paid(profile: str) -> Critical:
    least, most = break_even(FIGURE3)
    bound = bill.break_even(FIGURE3, _training(FIGURE3), (1 + DELTA) * standard("RLVR", FIGURE3).steps)
    return Critical((least, most), "from one rollout of base to the rigorous bound on rollouts",
                    f"against SFT without restarts RLVR is paid after at most {most:.3g} inferences on Figure 3's maze,"
                    f" against no training at all after at most {bound:.2g}; against SFT with restarts never, on one "
                    "fork, for any number")


def _ledger_mazes(profile: str) -> Iterable[Maze]:
    return (maze for maze in by_size(100) if maze.W >= max(2, maze.K))


def _cheapest(profile: str) -> Phase:
    Ks, Ns = (2, 4, 6, 8, 10, 12, 14, 16), tuple(10**i for i in range(0, 17, 2))
    names = ("base", "SFT", "RLVR")

    def least(K: int, N: int) -> str:
        maze = Maze(16, K, 5)
        read, taught = deployment.golden_tokens(16, K, ETA), _training(maze)
        walks = {name: N * standard(name, maze).steps for name in names}
        totals = {"base": walks["base"], "SFT": read + walks["SFT"],
                  "RLVR": taught + (1 + DELTA) * walks["RLVR"]}        # the student pays for its teacher too
        return min(totals, key=totals.__getitem__)

    return Phase("ledger", "Least total of training and N inferences, no restarts, W = 16, L = 5", "N", "K", Ns, Ks,
                 tuple(tuple(least(K, N) for N in Ns) for K in Ks),
                 "least of base, SFT and the bound on RLVR; with restarts SFT is the least everywhere")


# -- temperature --------------------------------------------------------------------------------------------------

HEATS = ("infinite", 32, 4, 2, 1)          # X; a gap D = 10 log 2 gives 32, 4, 2 at tau = 2, 5, 10


def _temperature(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in HEATS:
        raise InputError(f"temperature has no value {value!r}; there are {', '.join(map(str, HEATS))}")
    if learner == "base" or value == "infinite":
        return standard(learner, maze)
    if learner == "SFT + search":
        return Cost(math.inf, None, words=STRANDS)
    rows = deployment.heated(maze.L, value, backward=not learner.startswith("SFT"))
    growth = BASE
    if learner.startswith("SFT") and value > 1:
        branch = rows.branches[0]
        alone = maze if learner == "SFT" else Maze(1, maze.K, maze.L)          # restarts: W times one branch
        growth = homogeneous(alone, *(getattr(branch, name) for name in "abcd"))._replace(L=1)
    found = restarted(maze, rows) if learner == "SFT + restarts" else hitting.expected_steps(maze, rows)
    return Cost(fraction(exact(found)), growth)


def _hottest(profile: str) -> Critical:
    X = next(X for X in sorted(HEATS[1:]) if fraction(exact(deployment.temperature_rate(5, X))) == 1)
    return Critical(X, "exact", "SFT is exponential at every finite temperature, X > 1, and base at infinite, X = 1; "
                                "RLVR is polynomial at all of them")


def _heat(profile: str) -> Phase:
    odds, Ks = tuple(2**i for i in range(11)), (1, 2, 4, 8, 16, 32)

    def ratio(K: int, X: int) -> float:
        heated = hitting.expected_steps(Maze(15, K, 5), deployment.heated(5, X, False))
        return log10(heated) - log10(closed_forms.base_steps(15, K, 5))

    return Phase("temperature", "SFT at temperature tau over base, W = 15, L = 5, log10", "X = e^(D/tau)", "K", odds,
                 Ks, tuple(tuple(ratio(K, X) for X in odds) for K in Ks), "log10 of the ratio; exact")


# -- a memory at the fork -----------------------------------------------------------------------------------------

MEMORIES = ("none", "dead ends")


def _memory(learner: str, value: Any, maze: Maze) -> Cost:
    check_learner(learner)
    if value not in MEMORIES:
        raise InputError(f"fork-memory has no value {value!r}; there are {', '.join(MEMORIES)}")
    plain = standard(learner, maze)
    if value == "none" or learner == "SFT + search":
        return plain
    if learner == "SFT + restarts":
        # the target is equally likely to be the first .. last branch tried
        return Cost(Fraction(maze.W + 1, 2) * maze.shortest, LINEAR)
    rows = {"base": Policy.base(maze.L), "SFT": Policy.sft_limit(maze.L)}.get(learner, Policy.optimum())
    return Cost(fraction(exact(deployment.fork_memory(maze, rows))), plain.growth)


def _remembers(profile: str) -> Critical:
    ratio = _memory("SFT", "dead ends", FIGURE3).steps / standard("SFT", FIGURE3).steps
    return Critical(None, "exact", f"it never closes: what is exponential is to come back out of a branch once, and a "
                                   f"memory halves how many are entered (SFT at {float(ratio):.6f} of its cost, the "
                                   f"optimum at W/(2W-1) of its own)")


DIALS = (
    Dial(
        name="curriculum", number=26, question="What if training is on shorter mazes than the test?",
        source="2601.15158 and 2606.00183 ask", parameter="depth trained", values=DEPTHS, cost=_curriculum,
        claims=("curriculum_rlvr", "curriculum_sft", "curriculum_sign", "curriculum_stages", "rlvr_signs"),
        critical=_deepest, phases=(_depths,),
        words={"K": "as tested", "K/2": "half as deep, rounded up; rows of each depth's own",
               "1": "one diamond; rows of each depth's own", "1, diamonds share rows": "one diamond is all there is",
               "1, 2, .., K in stages": "a diamond more a stage"},
        notes="With rows of its own for each diamond training at depth k teaches nothing beyond k: neither learner "
              "generalises, both are like base there. The less SFT is trained in depth, the less it is ruined."),
    Dial(
        name="ledger", number=27, question="Does RLVR still pay when training is counted?",
        source="critique: inference alone is counted", parameter="inferences N", values=INFERENCES,
        cost=_ledger, claims=("ledger_never", "ledger_first_rollout", "bill_restarts", "bill_rlvr", "bill_one_step",
                              "bill_one_rollout"),
        critical=_paid, mazes=_ledger_mazes, phases=(_cheapest,),
        positions=tuple(float(N) for N in INFERENCES),
        notes="Costs here are training and N inferences together. Golden paths are so cheap that SFT with restarts "
              "wins at every N on one fork. Against plain SFT, whose one walk is 4e14 steps on Figure 3's maze, the "
              "first inference pays for all of RLVR's rollouts; against base it takes billions, by the same bound."),
    Dial(
        name="temperature", number=0, question="Could sampling at another temperature repair SFT?",
        source="practice: inference-time temperature", parameter="odds X = e^(D/tau) of a learnt edge against another",
        values=HEATS,
        cost=_temperature, claims=("temperature_rate", "temperature_balanced", "temperature_best"), critical=_hottest,
        phases=(_heat,), words={
            1: "infinite temperature: all that was learnt is gone", "infinite": "trained for ever, any temperature",
            2: "a gap of 10 log 2 at tau = 10"},
        notes="Rows b and d have equal logits, and no temperature moves them: SFT's growth (L+1)^2 X^2/((X+L)(LX+1)), "
              "X = e^(D/tau), is above 1 at every finite one. Greedy decoding, temperature 0, is not defined by the "
              "rows: it depends on how ties in b and d are broken."),
    Dial(
        name="fork-memory", number=0, question="Does the walker only lack a memory of the branches it has tried?",
        source="critique C2: a fork without memory", parameter="what the fork remembers", values=MEMORIES,
        cost=_memory, claims=("fork_memory", "search_sft", "restart_sft"), critical=_remembers,
        words={"dead ends": "a branch whose leaf was seen is not entered again"},
        notes="H = (1 + m(1+E))Z + Y with m = (W-1)/2 in place of W-1 wrong branches: the same factor for every tied "
              "policy, about a half, and the same exponent."),
)
