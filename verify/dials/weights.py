"""Dials of shared weights: whether the separation is a table's doing, and who pays when rows are not free.

    shared-directions           lambda, the share of the forward gap that the backward rows inherit; the limit of SFT
    shared-directions-stopped   the same, SFT stopped at t = STOP
    direction-blind             one row a node; direction-blind-student: such a student and either teacher
    shared-diamonds, shared-branches
    shared-features             sets of features, and networks of 16 tanh units, of 8 initialisations

Mathematics and proofs in `theory.ties` and `theory.sharing`. RLVR costs the optimum over the class of policies that the
weights can express; where descent from base really goes is `blind_rlvr` and tests of `verify.learners.features`.
Costs are exact, or midpoints of balls of 16 digits; those of networks are computed, of 8 runs, and prove nothing.
Not covered: finite data, sampled gradients.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from theory import closed_forms, hitting, ties
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction
from theory.policy import Policy
from verify.dials.common import LINEAR, homogeneous, log10, searching, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, by_size, check_learner
from verify.learners import features
from verify.learners.features import Shared

STOP = 1000                                  # when SFT is stopped, on shared-directions-stopped
EARLY = 10                                   # and on shared-diamonds and shared-branches
SHARES = (Fraction(-1), Fraction(-1, 2), Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1))
QUADRATIC = Growth(K=2, W=1)
BALL = "computed, within 1e-15"
BEST = "the best these weights can be; that descent gets there is run on small mazes, not proved"
ASKS = "critique C1 and C3; 2405.04669 asks whether untied weights alone leave the reverse edge untrained"


def _known(value: Any, values: tuple[Any, ...]) -> Any:
    if value not in values:
        raise InputError(f"value {value!r}: not one of {', '.join(map(str, values))}")
    return value


def _ball(ball: Any) -> Fraction:
    """The midpoint of a ball, exactly: no float, so of any size."""
    return fraction(exact(ball.mid().fmpq()))


def _blind_best(maze: Maze, words: str = "") -> Cost:
    growth = QUADRATIC if maze.W > 1 else LINEAR
    return Cost(_ball(ties.blind_optimum(maze.W, maze.K)), growth, BALL, words or "best direction-blind policy")


def _limit(learner: str, maze: Maze, policy: Policy) -> Cost:
    """SFT, alone or under search, whose rows are 1 forwards and anything backwards."""
    d = policy.branches[0].d
    if learner == "SFT + search":
        trips = d != 1 and maze.W > 1                        # useless round trips in a wrong branch's diamonds
        return Cost(searching(maze, policy), Growth(K=1, W=1, L=1) if trips else LINEAR)
    if maze.W == 1:
        return Cost(Fraction(maze.shortest), LINEAR)
    if 0 in (d, policy.branches[0].b):
        return Cost(math.inf, None, words="never leaves a wrong branch")
    rows = policy.branches[0]
    return Cost(hitting.expected_steps(maze, policy), homogeneous(maze, rows.a, rows.b, rows.c, rows.d))


# -- the two directions -----------------------------------------------------------------------------------------

def directions(learner: str, share: Any, maze: Maze) -> Cost:
    """Cost where backward rows inherit `share` of the forward gaps, -1 to 1, trained for ever."""
    check_learner(learner)
    share = ties.share_of(share)
    if learner in ("SFT", "SFT + search"):
        return _limit(learner, maze, ties.tied_limit(maze.L, share))
    if share == -1 and learner in ("RLVR", "distilled"):
        return _blind_best(maze)
    return _best(learner, maze) if abs(share) == 1 else standard(learner, maze)


def _best(learner: str, maze: Maze) -> Cost:
    """The learner's cost unchanged, with words for RLVR: rows that are not free are not proved to get there."""
    cost = standard(learner, maze)
    return cost._replace(words=BEST) if learner in ("RLVR", "distilled") else cost


def stopped(learner: str, share: Any, maze: Maze, t: Any = STOP) -> Cost:
    """The same with SFT stopped at time t > 0 of the node tie's flow, forward rows visited at rate 1."""
    check_learner(learner)
    share = ties.share_of(share)
    if learner in ("base", "RLVR", "distilled"):
        return directions(learner, share, maze)
    if learner == "SFT + search":
        return Cost(math.inf, None, words="not forward-certain: it can strand")
    balanced = share == 1 and maze.L == 1                    # X = Y there, so ac = bd
    alone = Growth(K=2 if balanced else 1, W=1, how=BALL)
    if learner == "SFT + restarts":
        return Cost(maze.W * _ball(ties.tied_steps(Maze(1, maze.K, maze.L), t, share)), alone, BALL)
    growth = alone if maze.W == 1 or balanced else Growth(float(ties.ratio(t, maze.L, share)), W=1, how=BALL)
    return Cost(_ball(ties.tied_steps(maze, t, share)), growth, BALL)


def _where_it_dies(profile: str) -> Critical:
    dial, tiny = DIALS[0], Fraction(1, 10**30)
    seen = [dial.verdict(share) for share in (-tiny, Fraction(0), tiny)]
    dies = seen[1] == "survives" and seen[2] != "survives"
    return Critical(Fraction(0) if dies else None, "limits by the sign of lambda; verdicts at -1e-30, 0, 1e-30",
                    f"in the limit the gap {seen[0]} below 0 and {seen[1]} at 0, and {seen[2]} from 1e-30 on; to depth "
                    "K it takes SFT about (C K)^(1/lambda) of training (`tie_exponent`)")


def _where_it_pays(profile: str) -> Critical:
    """Bisect for the share from which stopped SFT is cheaper than base on the dial's maze."""
    base = closed_forms.base_steps(FIGURE3.W, FIGURE3.K, FIGURE3.L)
    low, high = Fraction(0), Fraction(1)
    assert stopped("SFT", low, FIGURE3).steps > base > stopped("SFT", high, FIGURE3).steps
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if stopped("SFT", middle, FIGURE3).steps > base else (low, middle)
    return Critical((low, high), "bisection, costs in balls",
                    f"where SFT stopped at t = {STOP} becomes cheaper than base on W = K = 15, L = 5; the verdict as K "
                    "grows does not change: for L >= 2, at any finite t, the gap survives for every lambda <= 1 "
                    "(`tie_unbalanced`)")


def share_against_time(profile: str) -> Phase:
    """log10 of SFT's cost over the optimum's, lambda against training time, on the maze of Figure 3."""
    steps = 10 if profile == "quick" else 40
    xs = tuple(Fraction(i, steps) for i in range(steps + 1))
    ys = tuple(Fraction(10) ** n for n in range(-2, 9))
    optimum = closed_forms.optimum_steps(FIGURE3.W, FIGURE3.K)
    cells = tuple(tuple(log10(_ball(ties.tied_steps(FIGURE3, t, x)) / optimum) for x in xs) for t in ys)
    return Phase("share-against-time", "SFT on golden paths, weights of the two directions shared", "lambda",
                 "training time t", tuple(map(float, xs)), tuple(map(float, ys)), cells,
                 "log10 of SFT's cost over the optimum's, W = K = 15, L = 5; 0 means that the gap is closed")


# -- direction-blind --------------------------------------------------------------------------------------------

BLINDNESS = ("directed", "blind")
TEACHERS = ("blind", "directed")


def blind(learner: str, value: Any, maze: Maze) -> Cost:
    """Cost where a policy has a row for each directed edge, or one for each node."""
    check_learner(learner)
    return directions(learner, 0 if _known(value, BLINDNESS) == "directed" else -1, maze)


def student(learner: str, teacher: Any, maze: Maze) -> Cost:
    """Cost of the direction-blind learners, distilled from a teacher that is blind too, or is the optimum."""
    check_learner(learner)
    if _known(teacher, TEACHERS) == "blind" or learner != "distilled" or maze.W == 1:
        return blind(learner, "blind", maze)
    odds = fraction(exact(maze.W) / (maze.W - 1))
    return Cost(ties.blind_imitator(maze.W, maze.K), Growth(odds**2, W=1), words="odds W/(W-1) of going outwards")


def _never(words: str) -> Callable[[str], Critical]:
    return lambda profile: Critical(None, "exact", words)


# -- diamonds and branches --------------------------------------------------------------------------------------

ROWS = ("own", "shared")


def _early(learner: str, maze: Maze, t: Any, rate: Any) -> Cost:
    """A table's SFT at time t, alone or restarted; `rate` is that of its growth in K."""
    if learner == "SFT + search":
        return Cost(math.inf, None, words="not forward-certain: it can strand")
    if learner == "SFT + restarts" or maze.W == 1:
        alone = _ball(ties.tied_steps(Maze(1, maze.K, maze.L), t, 0))
        return Cost(maze.W * alone, LINEAR._replace(how=BALL), BALL)
    return Cost(_ball(ties.tied_steps(maze, t, 0)), Growth(rate, W=1, how=BALL), BALL)


def diamonds(learner: str, value: Any, maze: Maze) -> Cost:
    """Cost with rows for each diamond, or shared by all; SFT at t = EARLY, when shared rows are at t = EARLY * K."""
    check_learner(learner)
    if not learner.startswith("SFT"):
        return _best(learner, maze) if _known(value, ROWS) == "shared" else standard(learner, maze)
    if _known(value, ROWS) == "shared":                      # the time grows with K, so the rate is the limit's
        return _early(learner, maze, EARLY * maze.K, closed_forms.sft_rate(exact(maze.L)))
    return _early(learner, maze, EARLY, float(ties.ratio(EARLY, maze.L, 0)))


def branches(learner: str, value: Any, maze: Maze) -> Cost:
    """Cost with rows for each branch, or shared by all; SFT at t = EARLY, when a branch of W has seen EARLY / W."""
    check_learner(learner)
    if not learner.startswith("SFT"):
        return standard(learner, maze)
    t = Fraction(EARLY) if _known(value, ROWS) == "shared" else Fraction(EARLY, maze.W)
    return _early(learner, maze, t, float(ties.ratio(t, maze.L, 0)))


# -- features ---------------------------------------------------------------------------------------------------

RUNS, UPDATES, LR = 8, 1000, 0.1
PLACES = {"network, best of 8": 0, "network, median of 8": RUNS // 2 - 1, "network, worst of 8": RUNS - 1}
LINEAR_SETS = ("table", "direction x type", "direction + type", "direction + type + depth", "type", "shape",
               "outward, direction + type", "outward, type x depth")
SETS = (*LINEAR_SETS, *PLACES)


@functools.cache
def linear_limit(name: str, K: int, L: int) -> Policy:
    """Where SFT takes a log-linear learner: forward rows to 1, backward ones by the sign of their `ties.tendency`."""
    X, sign = features.table(name, K)
    vectors = (X * sign[:, None]).astype(int).tolist()
    pace = ties.tendency(vectors[:K] + vectors[2 * K:3 * K], vectors[K:2 * K] + vectors[3 * K:])
    base = Policy.base(L).branches[0]
    b, d = ([1 if p > 0 else 0 if p < 0 else at for p in row]
            for row, at in ((pace[:K], base.b), (pace[K:], base.d)))
    if len(set(b)) > 1 or len(set(d)) > 1:
        raise InputError(f"features {name!r}: the rows of the limit differ between diamonds")
    return Policy(1, b[0], 1, d[0])


@functools.cache
def networks(L: int) -> tuple[Policy, ...]:
    """Rows of 8 networks after SFT on golden paths of one diamond, t = 100, the least |log(ac/(bd))| first.

    Their inputs are direction and type alone, so the rows serve mazes of any depth.
    """
    maze, first = Maze(2, 1, L), zlib.crc32(b"shared-features")
    found = []
    for seed in range(first, first + RUNS):
        gaps = features.train(Shared(LR, "network"), maze, UPDATES, seed)
        log_L = math.log(L)
        found.append(Policy(**{row: 1 / (1 + math.exp(-(float(g) + offset)))
                               for row, g, offset in zip("abcd", gaps[:, 0], (-log_L, log_L, log_L, -log_L),
                                                         strict=True)}))
    return tuple(sorted(found, key=_exponent))


def _exponent(policy: Policy) -> float:
    rows = policy.branches[0]
    return abs(math.log(float(rows.a * rows.c / (rows.b * rows.d))))


def featured(learner: str, name: Any, maze: Maze) -> Cost:
    """Cost of learners with these features."""
    check_learner(learner)
    _known(name, SETS)
    if name == "outward, type x depth":
        return blind(learner, "blind", maze)
    if learner in ("base", "RLVR", "distilled"):
        return standard(learner, maze) if name == "table" else _best(learner, maze)
    if name in LINEAR_SETS:
        return standard(learner, maze) if learner == "SFT + restarts" else _limit(
            learner, maze, linear_limit(name, maze.K, maze.L))
    return _network(learner, networks(maze.L)[PLACES[name]], maze)


def _network(learner: str, policy: Policy, maze: Maze) -> Cost:
    how = f"computed, {RUNS} initialisations"
    rows = policy.branches[0]
    if learner == "SFT + search":
        return Cost(math.inf, None, how, "not forward-certain: it can strand")
    many = learner == "SFT"
    walked = maze if many else Maze(1, maze.K, maze.L)
    growth = homogeneous(walked, rows.a, rows.b, rows.c, rows.d)
    return Cost(hitting.expected_steps(walked, policy) * (1 if many else maze.W),
                growth._replace(rate=float(growth.rate), how=how), how)


# -- where the smallest maze is looked for ----------------------------------------------------------------------

def forked(profile: str) -> Iterator[Maze]:
    """Mazes with a wrong branch: with W = 1 everybody goes straight."""
    return by_size(least_W=2)


def deep(profile: str) -> Iterator[Maze]:
    """The same, further: what exponent is left may be small."""
    return by_size(300 if profile == "quick" else 800, least_W=2)


def few(profile: str) -> Iterator[Maze]:
    """Those of at most 2 parallel edges: a network is trained anew for each L."""
    return (maze for maze in by_size(90 if profile == "quick" else 200, least_W=2) if maze.L <= 2)


DIALS: tuple[Dial, ...] = (
    Dial("shared-directions", 5, "What if the two directions of a node share weights, so that going on forwards "
         "teaches going on backwards?", ASKS, "share lambda of a forward gap that the backward row inherits", SHARES,
         directions, ("tie_flow_cost", "tie_limit", "tie_exponent", "sft_frozen", "blind_best"), _where_it_dies,
         positions=tuple(map(float, SHARES)), mazes=forked, phases=(share_against_time,),
         notes="The table, lambda = 0, is the one point where backward rows stand still. Any positive share closes the "
               "gap in the limit with no example of a retreat; any negative one makes imitation worse than the "
               "table's.",
         words={Fraction(-1): "direction-blind", Fraction(0): "the table", Fraction(1): "one row for both directions"}),
    Dial("shared-directions-stopped", 5, f"The same, training stopped at t = {STOP}: how much sharing is enough?", ASKS,
         "share lambda of a forward gap that the backward row inherits", SHARES, stopped,
         ("tie_flow_cost", "tie_unbalanced", "tie_exponent", "tie_never_worse_quoted", "tie_shape_improves"),
         _where_it_pays, positions=tuple(map(float, SHARES)), mazes=deep,
         notes="At any finite time an exponent of order t^-lambda is left. No maze of up to 300 arcs shows it "
               "from lambda = 1/2 on. With rows of the same shape shared instead "
               "(a with d, b with c) none is ever: then golden paths improve the walker from base to the optimum, "
               "monotonically (`tie_shape_improves`, proved)."),
    Dial("direction-blind", 5, "What if the policy cannot see where it came from: one row a node?", ASKS,
         "what a row is for: a directed edge, or a node", BLINDNESS, blind,
         ("blind_cost", "blind_least", "blind_best", "blind_rlvr", "blind_sft"),
         _never("at either value SFT's limit is exponential or never arrives, for every W >= 2"), mazes=forked,
         notes="Nobody can retreat. RLVR then costs n coth(log(W/(W-1))/(2n)), n = 2K+1, of order W K^2 as base; SFT + "
               "restarts, W(2K+1), beats it by a factor of order K. Where RLVR wins, it is by memory of one step."),
    Dial("direction-blind-student", 5, "Can a direction-blind student inherit what a teacher learnt?", ASKS,
         "whether the teacher is direction-blind too, or the optimum", TEACHERS, student,
         ("blind_student", "blind_student_cost", "blind_best", "blind_cost"),
         _never("the optimum's traces are exponentially bad for a direction-blind student for every W >= 2"),
         challenger="distilled", mazes=forked,
         notes="The optimum's traces pass each node W times outwards for W-1 times inwards: their imitator drifts "
               "outwards, (W/(W-1))^(2K), and is worse than base for deep mazes; a blind teacher's are harmless."),
    Dial("shared-diamonds", 5, f"What if all diamonds share the rows? (SFT stopped at t = {EARLY})", ASKS,
         "rows of the diamonds", ROWS, diamonds, ("shared_diamonds", "shared_signs", "sft_frozen"),
         _never("backward rows stay frozen at either value; SFT at time t is the table's at time K t"), mazes=forked,
         notes="It changes rates only: SFT trains K times as fast, to the same exponent; RLVR's signs are all right at "
               "base from about W = K/3 on (`shared_signs`)."),
    Dial("shared-branches", 5, f"What if all branches share the rows? (SFT stopped at t = {EARLY})", ASKS,
         "rows of the branches", ROWS, branches, ("shared_branches", "sft_row_a", "sft_frozen",
                                                  "distillation_coverage"),
         _never("backward rows stay frozen at either value; rows of a branch of their own are visited 1/W as often"),
         mazes=forked,
         notes="It changes rates only, and against imitation: shared rows get W times the data, and the exponent comes "
               "sooner. Distillation needs log(1/delta)/log W traces for one retreat anywhere, log2(W/delta) for one "
               "in every branch."),
    Dial("shared-features", 5, "What does a learner with features, or a small network, generalise backwards from "
         "forward data?", ASKS, "features of the state", SETS, featured,
         ("span_rule", "feature_tendency", "no_data_no_signal_quoted", "blind_best"),
         lambda profile: Critical(None, "exact", "a log-linear learner retreats or not by the sign of K_bf e, K_ff e = "
                                  "1 (`feature_tendency`): a matter of the features, not of a threshold"),
         mazes=few,
         notes="Log-linear sets are taken to the limit, networks to t = 100 a diamond. What a network makes of retreat "
               "depends on its initialisation.",
         words={name: features.FEATURES[name].words for name in LINEAR_SETS}),
)
