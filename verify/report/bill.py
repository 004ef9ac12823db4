"""The whole bill as a table: what each learner pays, by formula on three mazes and measured on the smallest of them.

Setting. Formulas are those of `theory.bill`, with delta = 1/20 and risk eta = 1/100. How a number is known is one of

    exact      it is the number                       bound      no more than that is needed, rigorous
    normal     the normal approximation, no bound     needed     no less than that is paid, rigorous
    measured   the median of nine seeded runs, with their least and largest
    never      no amount of it brings inference there

A measured run ends once its policy is within 1.05 of the optimum, or at its budget; what it walked or read counts, its
arithmetic does not. Learners are those of `verify.training`, with settings that a few trials found good, not tuned.
DAgger's expert answers in every state walked; those answers are not counted. Parallel edges have rows of their own in
every measured run, branches too where it says untied.

Deterministic: seeds 0 to 8. Not covered: measured runs on large mazes; other risks.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from theory import bill, closed_forms, coverage, sign_path
from theory.formats import Column, Table
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy
from theory.samples import golden_paths_most
from theory.tables import FLOAT_DIGITS, NOT_RUN, number, rounded

DELTA, ETA, SEEDS = Fraction(1, 20), Fraction(1, 100), 9
SMALL, LARGE = Maze(4, 3, 2), Maze(16, 15, 5)
MAZES = (SMALL, Maze(15, 15, 5), LARGE)                # the second is the paper's figure's, W = K
LABELS = ("bill_distillation", "bill_mixed", "bill_restarts", "bill_one_step", "bill_rlvr", "bill_sft_rlvr",
          "bill_rejection")
BUDGET = 10**6                                         # steps walked by a measured run that does not arrive
Progress = Callable[[int, int, str], None]


class Row(NamedTuple):
    """One learner on one maze. samples, training: rollouts or data, and their edges; after: expected steps, a number.

    how: see the module docstring; low, high: a measured row's least and largest training; words: what else to know.
    """

    maze: Maze
    learner: str
    samples: Any
    training: Any
    after: Any
    how: str
    words: str
    low: float | None = None
    high: float | None = None


# -- formulas ---------------------------------------------------------------------------------------------------

def _data(maze: Maze) -> list[Row]:
    W, K, L = maze.W, maze.K, maze.L
    optimum, restarted = closed_forms.optimum_steps(W, K), W * maze.shortest
    golden, every = bill.least_golden(W, ETA), golden_paths_most(W, K, L, ETA)
    rows = [
        Row(maze, "none: base", 0, 0, closed_forms.base_steps(W, K, L), "exact", "what the others are paid back from"),
        Row(maze, "SFT on golden paths", "any", "any", closed_forms.sft_steps(W, K, L), "never",
            "no data moves a backward row; the cost is at the limit"),
        Row(maze, "SFT + restarts at dead ends", golden, golden * maze.shortest, restarted, "exact",
            f"every branch seen with probability {float(1 - ETA):g}; untied; below the optimum, which does not "
            "restart"),
        Row(maze, "the same, every forward row seen", every, every * maze.shortest, restarted, "bound",
            "union bound; for students short of convergence"),
    ]
    for name, eps in (("distillation", Fraction(1)), ("mixed data, 0.1 traces", Fraction(1, 10)),
                      ("mixed data, 0.01 traces", Fraction(1, 100))):
        n = coverage.least_traces(W, ETA, eps=eps)
        rows.append(Row(maze, name, n, n * bill.bill_mixed(W, K, eps), optimum, "exact",
                        f"expected tokens; a retreat from every branch with probability {float(1 - ETA):g}; untied; "
                        "teacher for free"))
    return rows


def _signs(maze: Maze) -> list[Row]:
    W, K, L = maze.W, maze.K, maze.L
    optimum, rows = closed_forms.optimum_steps(W, K), []
    single = sign_path.cost(W, K, L, exact(math.exp(-bill.rise(K, L, DELTA))))
    stepped = sign_path.cost(W, K, L, exact(math.exp(-float(sign_path.steps(W, K, L, 1, DELTA)))))
    path = "path proved" if W >= K + 1 else "path searched, W = K"
    for lr, name, after, words in ((1.0, "sign steps of 1", stepped, f"{path}"),
                                   (None, "one sign step", single, "of any size: only the signs at base count")):
        for normal in (False, True):
            stages = bill.sign_stages(maze, DELTA, float(ETA), lr=lr, normal=normal)
            rows.append(_staged(maze, f"RLVR from base, {name}", stages, after, normal,
                                f"{words}; {len(stages)} decision{'s' * (len(stages) > 1)}; tied"))
    n = coverage.least_traces(W, ETA)
    teacher = next(row for row in rows if "one sign step" in row.learner and row.how == "bound")
    rows.append(Row(maze, "distillation and its teacher", "", teacher.training + float(bill.bill_distillation(W, K, n)),
                    optimum, "bound", "the teacher: RLVR by one sign step, so large that it is the optimum; risk "
                                      f"{float(2 * ETA):g}"))
    H = closed_forms.sft_steps(W, K, L)
    rows.append(Row(maze, "RLVR from the SFT limit, one rollout", 1, H, H, "needed", "before it has learnt anything"))
    for in_turn, name, words in ((True, "rows in turn", "from the fork outwards, an idealisation"),
                                 (False, "all rows at once", "one decision")):
        for normal in (False, True):
            stages = bill.sft_stages(maze, float(ETA), in_turn=in_turn, normal=normal)
            rows.append(_staged(maze, f"RLVR from the SFT limit, {name}", stages, optimum, normal,
                                f"{words}; steps so large that a learnt row is 1; tied"))
    return rows


def _staged(maze: Maze, learner: str, stages: list[bill.Stage], after: Any, normal: bool, words: str) -> Row:
    return Row(maze, learner, sum(stage.rollouts for stage in stages), sum(stage.walked for stage in stages), after,
               "normal" if normal else "bound", words)


# -- measured ---------------------------------------------------------------------------------------------------

RUNS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("REINFORCE from base", {"learner": "reinforce", "lr": 2.0, "updates": 200}),
    ("REINFORCE from base, untied", {"learner": "reinforce", "lr": 2.0, "updates": 400, "untied": True}),
    ("REINFORCE from the SFT limit", {"learner": "reinforce", "lr": 2.0, "updates": 200, "start": "sft"}),
    ("distillation", {"learner": "distil", "converged": True, "updates": 1, "untied": True}),
    ("mixed data, 0.1 traces", {"learner": "distil", "data_mix": 0.1, "converged": True, "updates": 1, "untied": True}),
    ("DAgger, the expert persists", {"learner": "dagger", "expert": "optimum", "group": 1, "groups": 1,
                                     "converged": True, "updates": 2000, "untied": True}),
    ("DAgger, the expert turns round", {"learner": "dagger", "expert": "golden", "group": 16, "groups": 1,
                                             "converged": True, "updates": 2000, "untied": True}),
    ("rejection sampling, all successes", {"learner": "rejection", "lr": 0.5, "updates": 200, "untied": True}),
    ("rejection sampling, shortest tenth", {"learner": "rejection", "lr": 0.5, "keep": 0.1, "updates": 200,
                                             "untied": True}),
)
WHY = {
    "REINFORCE from base": "64 rollouts a prompt, normalised steps of 2; tied",
    "REINFORCE from base, untied": "the same with rows of its own for each branch",
    "REINFORCE from the SFT limit": "the same, tied; its forward rows are learnt already",
    "distillation": "as many traces as the law asks for",
    "mixed data, 0.1 traces": "as many data as the law asks for",
    "DAgger, the expert persists": "one rollout a round; every row walked is labelled as the optimum has it",
    "DAgger, the expert turns round": "labels say turn round in the target's branch only, so backward rows come right "
                                           "only as walks that stray there grow rare",
    "rejection sampling, all successes": "own successes are the model's own conditionals: the expected gradient is 0, "
                                         "what moves is noise",
    "rejection sampling, shortest tenth": "the shortest walks go on and do not retreat: forward rows rise, backward "
                                          "rows do not",
}


def measure(name: str) -> Row:
    """SEEDS runs of one learner on the small maze; medians, and how many arrived."""
    from verify.training import Options, train

    settings = dict(dict(RUNS)[name])
    updates, start = settings.pop("updates"), settings.pop("start", None)
    goal = float((1 + DELTA) * fraction(exact(closed_forms.optimum_steps(SMALL.W, SMALL.K))))
    if settings["learner"] == "distil":                                # as many traces as the law asks for
        settings["traces"] = coverage.least_traces(SMALL.W, ETA, eps=Fraction(str(settings.get("data_mix", 1))))
    walks = settings["learner"] in ("dagger", "rejection")
    ends = []
    for seed in range(SEEDS):
        run = train(SMALL, Options(**settings, truncate=10**4 if walks else None), updates=updates,
                    steps=BUDGET if walks else None, goal=goal, seed=seed,
                    start=Policy.named(start, SMALL.L) if start else None)
        ends.append(run.trace[-1])
    done = sum(end.H <= goal for end in ends)
    steps, samples, after = ([getattr(end, field) for end in ends] for field in ("steps", "samples", "H"))
    words = f"{done} of {SEEDS} runs done, {min(steps):.2g} to {max(steps):.2g}"
    if done == 0:
        least = float(1 + DELTA) * min(after) / goal
        words = f"no run of {SEEDS} done within {min(steps):.2g} steps, least {least:.3g} of optimum"
    return Row(SMALL, name, round(statistics.median(samples)), round(statistics.median(steps)),
               statistics.median(after), "measured" if done > SEEDS // 2 else "not reached", f"{words}; {WHY[name]}",
               float(min(steps)), float(max(steps)))


# -- the table --------------------------------------------------------------------------------------------------

def rows(progress: Progress = lambda done, total, what: None, measured: bool = True) -> list[Row]:
    """Every row, maze by maze; `measured` off leaves out the learners that run. Seconds; computed once a process."""
    parts: list[tuple[str, Callable[[], list[Row]]]] = []
    for maze in MAZES:
        parts.append((f"bill, {_name(maze)}", functools.partial(_formulas, maze)))
        if maze == SMALL and measured:
            parts += [(f"bill, {name}", functools.partial(_measured, name)) for name, _ in RUNS]
    found: list[Row] = []
    for done, (words, part) in enumerate(parts):
        progress(done, len(parts), words)
        found += part()
    progress(len(parts), len(parts), "bill")
    return found


@functools.cache
def _formulas(maze: Maze) -> list[Row]:
    return [*_data(maze), *_signs(maze)]


@functools.cache
def _measured(name: str) -> list[Row]:
    return [measure(name)]


def _name(maze: Maze) -> str:
    return f"{maze.W}, {maze.K}, {maze.L}"


def over_optimum(row: Row) -> float:
    """Expected steps after training over the optimum's."""
    return float(exact(row.after)) / float(exact(closed_forms.optimum_steps(row.maze.W, row.maze.K)))


def _unsure(found: list[Row]) -> str:
    """What a measured learner without sure signs paid, as a share of the bound for them; '' where none arrived."""
    paid = {(row.learner, row.how): float(exact(row.training)) for row in found if row.maze == SMALL
            and row.learner in ("REINFORCE from base", "RLVR from base, one sign step")}
    if ("REINFORCE from base", "measured") not in paid or ("RLVR from base, one sign step", "bound") not in paid:
        return ""
    share = paid["REINFORCE from base", "measured"] / paid["RLVR from base, one sign step", "bound"]
    return f"; REINFORCE, which does without sure signs, paid {share:.2g} times the bound for one step of them"


def table(found: list[Row], verdicts: Mapping[str, str], digits: int | None = None) -> Table:
    """The rows as a table; verdicts: label -> text, empty if nothing was run.

    digits: significant digits of rounded numbers, FLOAT_DIGITS at most; by default as many as the caption says.
    """
    most = digits and min(digits, FLOAT_DIGITS)
    few, of_cost, of_ratio = most or 3, most or 6, most or 4

    def cell(value: Any) -> Any:
        if isinstance(value, (str, int)):
            return value
        text = number(fraction(exact(value)))
        return rounded(value, few) if isinstance(value, float) or "e" in text else text

    def paid(row: Row) -> str:
        if row.how in ("never", "not reached", "needed") or row.training in (0, "any"):
            return ""
        count = bill.break_even(row.maze, float(exact(row.training)), float(exact(row.after)))
        return rounded(count, few) if math.isfinite(count) else ""

    lines = tuple((_name(row.maze), row.learner, cell(row.samples), cell(row.training), rounded(row.after, of_cost),
                   rounded(over_optimum(row), of_ratio), paid(row), row.how, row.words) for row in found)
    columns = (Column("W, K, L", share=.08), Column("learner", share=.15), Column("samples", "number"),
               Column("steps or tokens", "number"), Column("inference after", "number", unit="steps"),
               Column("over the optimum", "number"), Column("pays after", "number", unit="inferences"),
               Column("known", share=.08, absent=(("text", "How a number is known is left out."),)),
               Column("words", share=.24))
    return Table("bill", "The whole bill", columns, lines, (
        ("text", f"What it costs to bring expected inference to {float(1 + DELTA):g} of the optimum: rollouts and the "
                 f"steps they walk, or data and their tokens, the risk of failure {float(ETA):g}. Pays after: "
                 "inferences until the training is saved, against base. A bound is a rigorous upper one, normal the "
                 "same count by the normal approximation, needed a rigorous lower one, measured the median of "
                 f"{SEEDS} seeded runs with their least and largest. Signs are counted for a learner that takes them "
                 f"all, needs to know H, and has rows tied across branches{_unsure(found)}. Checked:"),
        *(piece for label in LABELS for piece in (
            ("code", label), ("text", f": {verdicts.get(label, NOT_RUN)}" + ("." if label == LABELS[-1] else ";"))))), (
        ("text", f"Numbers are rounded to significant digits: inference to {of_cost}, over the optimum to {of_ratio}, "
                 f"the others to {few}, but for samples, steps and tokens that show more; those are exact."),))
