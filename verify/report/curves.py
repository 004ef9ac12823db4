"""The data of the report's charts, computed once: matplotlib's figures and the page both read it here.

    figure3      H + 1 after 0, 1, 2, ... sign steps from base on W = K = 15, L = 5, and the line 4WK
    separation   exact costs of base, SFT limit and optimum, and W L^K, for K = 1, 2, ...; their gap and its bound
    bill         the bill's rows with their place in the chart: line, decimal logarithm, marker
    dial         a row of the critique map with the letters and colours of its values and of its phase diagrams

Setting. Costs are the bodies of the claims named with them, in rationals: `number` writes one as an exact string, as 17
digits and as a decimal logarithm, so that nobody who draws it needs more than a float. Figure 3's values are floats,
good to about 40 K roundings (`theory.dynamics`), and are given to six decimals. Colours are names: a figure has its
own inks, the page has light ones and dark ones. Everything here is text, numbers and lists, for JSON.

Not covered: how a bill or a dial comes about (`verify.report.bill`, `verify.dials.map`); words about charts (`told`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import escape

from theory import closed_forms
from theory.claim import claims
from theory.maze import Maze
from theory.numeric import Steps, exact, fraction
from theory.tables import FIGURE3, FIGURE3_LR, FIGURE3_STEPS
from theory.tables import number as written
from verify.dials.map import Row
from verify.report import bill as bills
from verify.report.typeset import pretty

DEPTHS = range(1, 26)                    # K of the separation, at W = 15 and L = 5
DECIMALS = 6                             # of Figure 3's values


class Curve(NamedTuple):
    """One curve: its key, its words, the claim whose body it is, and how it is drawn."""

    key: str
    words: str
    claim: str
    colour: str
    dash: str                            # solid, dashed, dotted, dashdot
    marker: str                          # circle, square, triangle, diamond, or '' for none


COSTS = (Curve("sft", "SFT limit", "sft_cost", "orange", "solid", "square"),
         Curve("quoted", "W L^K, as quoted", "separation_sft_lower", "purple", "dotted", "triangle"),
         Curve("base", "base model", "base_cost", "grey", "dashdot", "circle"),
         Curve("optimum", "optimum, RLVR's goal", "optimum_cost", "blue", "dashed", "diamond"))
GAP = (Curve("ratio", "SFT limit / optimum", "", "orange", "solid", "square"),
       Curve("bound", "at least ρ^K/(2K+1)", "separation", "green", "dashed", ""))


class Known(NamedTuple):
    """How a number of the bill is known, as a mark: marker, colour, whether filled, words."""

    marker: str                          # circle, diamond, square, left, right (triangles), times, cross
    colour: str
    filled: bool
    words: str


KNOWN = {"exact": Known("circle", "green", True, "exact"),
         "bound": Known("left", "orange", True, "at most (a bound)"),
         "normal": Known("diamond", "orange", False, "normal approximation, no bound"),
         "needed": Known("right", "purple", True, "at least (one rollout)"),
         "measured": Known("square", "blue", True, f"measured: median, least, largest of {bills.SEEDS} runs"),
         "not reached": Known("times", "blue", True, "not reached by then"),
         "never": Known("cross", "grey", True, "never, with any amount")}
# learners on one line of the bill's chart -> what it is called there
TOGETHER = {"the same, every forward row seen": "SFT + restarts at dead ends",
            **{f"RLVR from the SFT limit, {what}": "RLVR by signs, from the SFT limit"
               for what in ("one rollout", "rows in turn", "all rows at once")},
            "RLVR from base, sign steps of 1": "RLVR by signs, steps of 1",
            "RLVR from base, one sign step": "RLVR by signs, one step"}
BESIDE = {"RLVR from the SFT limit, rows in turn": "in turn", "RLVR from the SFT limit, one rollout": "one rollout",
          "RLVR from the SFT limit, all rows at once": "all at once",
          "the same, every forward row seen": "every row seen"}
# verdict on a gap -> (sign in a cell, colour)
LOOKS = {"survives": ("S", "orange"), "shrinks to a polynomial": ("p", "purple"), "closes": ("c", "green"),
         "reverses": ("R", "blue"), "undefined": ("?", "grey")}
SPARE = ("shade1", "shade2", "shade3")   # of a phase diagram's other words: greys, as colours mean verdicts


def number(value: Any) -> dict[str, Any]:
    """A positive number: {'exact': 'p/q', 'decimal': 17 digits, 'log10': float}.

    >>> number(899)
    {'exact': '899', 'decimal': '899', 'log10': 2.9537596917332287}
    """
    steps = Steps.of(value)
    return {"exact": steps.exact, "decimal": steps.decimal, "log10": steps.log10}


def value_of(label: str, **maze: int) -> Any:
    """A claim's value on one maze, from its body, as a Fraction."""
    entry = claims()[label]
    return fraction(exact(entry.body(**{name: maze[name] for name in entry.parameters if name in maze})))


# -- Figure 3 and the separation --------------------------------------------------------------------------------

def curves() -> dict[str, Any]:
    """{'descent': Figure 3's, 'separation': ...}; compiles the descent on its first call (seconds)."""
    return {"descent": figure3(), "separation": separation()}


@functools.cache
def figure3() -> dict[str, Any]:
    """H + 1 along Figure 3's sign descent ('values', a float a step), its lines and the steps that tables show.

    base is text, as it may be a fraction; the optimum and 4WK are whole numbers.
    """
    from theory.dynamics import descent

    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    trace = descent(FIGURE3, FIGURE3_STEPS[-1], FIGURE3_LR).steps_to_target + 1
    return {"W": W, "K": K, "L": L, "lr": FIGURE3_LR, "decimals": DECIMALS, "steps": list(FIGURE3_STEPS),
            "values": [round(float(value), DECIMALS) for value in trace],
            "base": written(value_of("base_cost", W=W, K=K, L=L) + 1),
            "optimum": int(value_of("figure3_target", W=W, K=K)),
            "quoted": int(value_of("figure3_target_quoted", W=W, K=K))}


@functools.cache
def separation() -> dict[str, Any]:
    """Every curve of `COSTS` and `GAP` over `DEPTHS`, a `number` a point; 'rho' as text."""
    W, L = FIGURE3.W, FIGURE3.L
    costs = {curve.key: [value_of(curve.claim, W=W, K=K, L=L) for K in DEPTHS] for curve in COSTS}
    gaps = {"ratio": [mine / theirs for mine, theirs in zip(costs["sft"], costs["optimum"], strict=True)],
            "bound": [value_of("separation", W=W, K=K, L=L) for K in DEPTHS]}
    return {"W": W, "L": L, "K": list(DEPTHS), "figure3_K": FIGURE3.K, "rho": str(closed_forms.sft_rate(L)),
            "costs": [_drawn(curve, costs[curve.key]) for curve in COSTS],
            "gap": [_drawn(curve, gaps[curve.key]) for curve in GAP]}


def _drawn(curve: Curve, values: Sequence[Any]) -> dict[str, Any]:
    return {**curve._asdict(), "points": [number(value) for value in values]}


# -- the bill ---------------------------------------------------------------------------------------------------

def bill(rows: Sequence[bills.Row], verdicts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The bill's table as text, and where its chart puts every row.

    'rows': cells (texts in the table's order), maze (its index), how, learner; for those in the chart also line, x, low
    and high (decimal logarithms; x None for 'never'), offset (what was measured stands below the law that foretells
    it) and beside (words at the mark). Rows that cost nothing are in the table only.
    """
    table = bills.table(list(rows), verdicts or {})
    mazes = list(dict.fromkeys(row.maze for row in rows))
    drawn = [row for row in rows if _is_drawn(row)]
    lines = list(dict.fromkeys(map(line, sorted(drawn, key=_kind))))
    found = []
    for row, cells in zip(rows, table.rows, strict=True):
        entry: dict[str, Any] = {"cells": [str(cell) for cell in cells], "maze": mazes.index(row.maze),
                                 "learner": row.learner, "how": row.how}
        if _is_drawn(row):
            law = any(line(other) == line(row) and other.how == "exact" for other in rows if other.maze == row.maze)
            entry |= {"line": lines.index(line(row)), "x": None if row.how == "never" else _log10(row.training),
                      "low": _log10(row.low) if row.how == "measured" else None,
                      "high": _log10(row.high) if row.how == "measured" else None,
                      "offset": .28 * (row.how == "measured" and law),
                      "beside": "" if row.how == "normal" else BESIDE.get(row.learner, "")}
        found.append(entry)
    return {"mazes": [_of_bill(maze, rows) for maze in mazes], "lines": lines,
            "within": f"{float(1 + bills.DELTA):g}", "risk": f"{float(bills.ETA):g}",
            "known": {how: known._asdict() for how, known in KNOWN.items() if any(row.how == how for row in rows)},
            "columns": [column.name for column in table.columns], "numbers": [
                column.kind == "number" for column in table.columns],
            "caption": [list(piece) for piece in table.caption], "rows": found}


def line(row: bills.Row) -> str:
    """The line of the chart that a row stands on."""
    return TOGETHER.get(row.learner, row.learner)


def _is_drawn(row: bills.Row) -> bool:
    return row.how != "exact" or row.training != 0


def _of_bill(maze: Maze, rows: Sequence[bills.Row]) -> dict[str, Any]:
    """A maze of the bill: its size, what one rollout of base costs, whether the chart has a panel for it."""
    base = next(row.after for row in rows if row.maze == maze and row.learner == "none: base")
    return {"W": maze.W, "K": maze.K, "L": maze.L, "drawn": maze in (bills.SMALL, bills.LARGE),
            "base": number(base)}


def _log10(value: Any) -> float | None:
    return None if value is None else Steps.of(fraction(exact(value))).log10


def _kind(row: bills.Row) -> int:
    """Where a learner stands in the chart: those that fail, data, experts, RLVR from base, RLVR from SFT."""
    order = ("SFT on", "rejection", "SFT +", "the same", "distillation", "mixed", "DAgger", "REINFORCE from base",
             "RLVR from base, one", "RLVR from base, sign", "distillation and", "REINFORCE from the SFT",
             "RLVR from the")
    return max(i for i, start in enumerate(order) if row.learner.startswith(start))


# -- the critique map -------------------------------------------------------------------------------------------

def dial(row: Row) -> dict[str, Any]:
    """A row of the map with what its drawings need: sign and colour of every gap, and of phase diagrams' words."""
    looks = [dict(zip(("sign", "colour"), LOOKS[gap["verdict"]], strict=True)) for gap in row["gap"]]
    return {**row, "gap": [gap | look for gap, look in zip(row["gap"], looks, strict=True)],
            "phases": [phase_looks(phase) for phase in row["phases"]]}


def dial_data(row: Row) -> dict[str, Any]:
    """The part of such a row that the page's scripts read; its tables stand in the page already.

    'written': text -> HTML for the texts of its drawings that have formulas.
    """
    texts = {*row["values"], *(text for phase in row["phases"] for text in (
        *phase["xs"], *phase["ys"], phase["x"], phase["y"], phase["title"], phase["words"]))}
    written = {text: str(pretty(text)) for text in sorted(texts) if str(pretty(text)) != str(escape(text))}
    return {**{name: row[name] for name in ("dial", "values", "positions", "challenger", "champion", "gap", "phases")},
            "written": written}


def phase_looks(phase: Mapping[str, Any]) -> dict[str, Any]:
    """A phase diagram with a sign, a colour and a legend for each word; least and most: of its numbers, or None.

    Verdicts have the map's signs and colours, other words none of them: the letters mean something else there.
    """
    cells = [cell for line in phase["cells"] for cell in line]
    words = list(dict.fromkeys(cell for cell in cells if isinstance(cell, str)))
    numbers = [cell for cell in cells if not isinstance(cell, str) and cell is not None]
    spare = iter(SPARE * len(words))
    return {**phase, "signs": signs(words), "least": min(numbers, default=None), "most": max(numbers, default=None),
            "colours": {word: LOOKS[word][1] if word in LOOKS else next(spare) for word in words},
            "told": {word: spelt(word) for word in words}}


def spelt(word: str) -> str:
    """A word of a phase diagram for its legend.

    >>> spelt("unlearnt, 7 down"), spelt("RLVR")
    ('unlearnt, 7 backward rows pushed down at base', 'RLVR')
    """
    return re.sub(r"^((?:un)?learnt, )(\d+) down$", r"\1\2 backward rows pushed down at base", word)


def signs(words: Sequence[str]) -> dict[str, str]:
    """A short sign for each word, no two alike, and none of the map's letters for what is no verdict.

    >>> signs(["RLVR", "reaches", "Rows", "closes"])
    {'RLVR': 'L', 'reaches': 'e', 'Rows': 'o', 'closes': 'c'}
    """
    found: dict[str, str] = {}
    taken = {sign.lower() for sign, _ in LOOKS.values()}
    for word in words:
        options = [LOOKS[word][0]] if word in LOOKS else [
            sign for sign in (*word, *map(str, range(10))) if sign.isalnum() and sign.lower() not in taken]
        found[word] = next(sign for sign in options if sign not in found.values())
    return found
