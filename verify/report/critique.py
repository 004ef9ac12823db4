"""The critique map as tables and figures, from its rows.

    critique          one row a dial: question, verdict on the gap, critical value, smallest maze, claims, command
    critique_values   one row a value: what every learner costs, the gap's ratio and exponent, the verdict

Figures: `critique_map`, every dial's verdicts along its values; `critique_gaps`, the gap's exponent against each dial
that has a scale; `phase_NAME`, one for each phase diagram. Verdicts differ in sign, not in colour alone; a letter that
is not exact, or that the costs on the maze shown do not bear out, has the marks of `verify.report.grounds`.

Not covered: how a row is computed (`verify.dials.map`); a row as the page shows it (`verify.report.maprows`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from theory.formats import Column, Piece, Table
from theory.tables import FLOAT_DIGITS
from verify.dials.dial import LEARNERS
from verify.dials.map import Row
from verify.report.curves import LOOKS, phase_looks
from verify.report.figures import GREY, INKS, SHADES, empty_figure, save_figure
from verify.report.grounds import marks

LETTERS = "K diamonds a branch, W branches, L parallel edges; rho = (L+1)^2/L, 36/5 at L = 5"


# -- words ------------------------------------------------------------------------------------------------------

def brief(number: dict[str, Any] | None, digits: int = 4) -> str:
    """A number of a row, short: '899', '4.318e14', 'infinite', or a dash where there is none."""
    if number is None:
        return "-"
    if number["exact"] == "oo":
        return "infinite"
    if number["exact"] and "/" not in number["exact"] and len(number["exact"]) <= 6:
        return str(number["exact"])
    power = number["log10"]
    if -4 < power < 6:
        value = float(number["decimal"].split(" ")[0].strip("["))
        return f"{value:.{digits}g}" if power < digits else f"{value:.0f}"
    exponent = math.floor(power)
    mantissa = f"{10 ** (power - exponent):.{digits - 1}f}"
    return f"1.{'0' * (digits - 1)}e{exponent + 1}" if mantissa.startswith("10") else f"{mantissa}e{exponent}"


def critical_value(row: Row, digits: int = 4) -> str:
    """The critical value of a row: '2', '8.652 to 8.775', or '' where it has none."""
    def one(value: Any) -> str:
        number = Fraction(value) if isinstance(value, str) and "/" in value else value
        if isinstance(number, Fraction):
            return str(value) if len(str(value)) <= 8 else f"{float(number):.{digits}g}"
        return f"{number:.{digits}g}" if isinstance(number, float) else str(number)

    found = row["critical_value"]["value"]
    if found is None:
        return ""
    return " to ".join(map(one, found)) if isinstance(found, list) else one(found)


def gap_words(row: Row) -> str:
    """The verdict of a row, and whose gap it is where that is not SFT's against RLVR."""
    if (row["challenger"], row["champion"]) == ("SFT", "RLVR"):
        return str(row["verdict"])
    return f"{row['challenger']} against {row['champion']}: {row['verdict']}"


def critical_words(row: Row) -> str:
    """The critical value, what it means, and how it is known."""
    value, found = critical_value(row), row["critical_value"]
    return (f"{value}: " if value else "") + f"{found['words']} ({found['how']})"


def maze_words(maze: dict[str, int] | None) -> str:
    """'2, 3, 1', or 'none found'."""
    return ", ".join(str(size) for size in maze.values()) if maze else "none found"


def smallest_words(row: Row) -> str:
    """The smallest maze of each verdict of a row: 'survives: 2, 2, 2; closes: 2, 1, 1' (W, K, L)."""
    found: dict[str, dict[str, int]] = {}
    for gap, maze in zip(row["gap"], row["smallest_maze"], strict=True):
        if maze and (gap["verdict"] not in found or _size(maze) < _size(found[gap["verdict"]])):
            found[gap["verdict"]] = maze
    verdicts = dict.fromkeys(gap["verdict"] for gap in row["gap"])
    return "; ".join(f"{verdict}: {maze_words(found.get(verdict))}" for verdict in verdicts)


def _size(maze: dict[str, int]) -> tuple[int, ...]:
    return (2 * maze["W"] * (maze["K"] * (maze["L"] + 1) + 1), *maze.values())


def _exponent(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


# -- tables -----------------------------------------------------------------------------------------------------

def tables(rows: Sequence[Row], digits: int | None = None) -> list[Table]:
    """The two tables; rows are `judged`: their claims are label -> verdict. digits: of rounded costs and ratios."""
    return [_dials(rows), _values(rows, min(digits or 4, FLOAT_DIGITS))]


def _dials(rows: Sequence[Row]) -> Table:
    columns = (Column("dial", "code", .10), Column("question", share=.13), Column("asked by", share=.10),
               Column("the gap", share=.17), Column("critical value", share=.17), Column("smallest maze", share=.09),
               Column("claims", "code", .14), Column("command", "code", .10))
    lines = tuple((row["dial"], row["question"], row["source"], gap_words(row), critical_words(row),
                   smallest_words(row), ", ".join(row["claims"]), row["command"]) for row in rows)
    return Table("critique", "Where the critique bites", columns, lines, (
        ("text", "A dial is one assumption changed; the gap is between what stands for imitation there and RLVR. It "
                 "survives where imitation's cost grows exponentially faster with the depth; shrinks to a polynomial "
                 "where it grows faster, but not exponentially; closes where both grow alike and imitation costs no "
                 "less, and no more than a constant times as much; reverses where imitation is cheaper. The smallest "
                 "maze (W, K, L) is the first by size at which the costs themselves show it. Verdicts of claims are in "
                 "the table of claims."),))


def _values(rows: Sequence[Row], digits: int) -> Table:
    names = {"SFT + restarts": "SFT, restarts", "SFT + search": "SFT, search"}
    columns = (Column("dial", "code", .10), Column("value", share=.10),
               *(Column(names.get(name, name), share=.088, unit="steps") for name in LEARNERS),
               Column("ratio", share=.07), Column("exponent", share=.06), Column("verdict", share=.08),
               Column("smallest", share=.06))
    lines: list[tuple[str, ...]] = []
    for row in rows:
        for i, value in enumerate(row["values"]):
            gap = row["gap"][i]
            costs = (f"{brief(of['cost'][i], digits)}; {of['growth'][i]}" for of in row["learners"].values())
            lines.append((row["dial"], value, *costs, brief(gap["ratio"], digits), _exponent(gap["exponent"]),
                          gap["verdict"], maze_words(row["smallest_maze"][i])))
    pieces: list[Piece] = [("text", "Expected steps of every learner at every value of every dial, and how they grow "
                            f"up to a constant ({LETTERS}); ratio and exponent a diamond of the gap; the verdict; the "
                            "smallest maze that shows it. Unless the dial is the maze itself, costs are those on the "
                            "maze named in the row's JSON. What is not exact says so there.")]
    must: list[Piece] = [("text", "A cost or a ratio that is no whole number of up to six figures is rounded, to "
                          f"{digits} digits or to a whole number.")]
    return Table("critique_values", "The map, value by value", columns, tuple(lines), tuple(pieces), tuple(must))


# -- figures ----------------------------------------------------------------------------------------------------

def figures(rows: Sequence[Row], directory: str | Path) -> list[Path]:
    """Draw the map, the gaps and every phase diagram; PDF and PNG of each."""
    paths = [*draw_map(rows, directory), *draw_gaps(rows, directory)]
    for row in rows:
        for phase in row["phases"]:
            paths += draw_phase(phase, directory)
    return paths


def draw_map(rows: Sequence[Row], directory: str | Path) -> list[Path]:
    """Every dial a line, every value a cell with the sign of its verdict."""
    from matplotlib.lines import Line2D

    most = max(len(row["values"]) for row in rows)
    figure = empty_figure(3.4 + 1.25 * most, 1.2 + .42 * len(rows))
    axes = figure.add_subplot()
    for y, row in enumerate(rows):
        for x, (value, gap) in enumerate(zip(row["values"], row["gap"], strict=True)):
            sign, colour, known = LOOKS[gap["verdict"]][0], INKS[LOOKS[gap["verdict"]][1]], marks(row, x)
            axes.barh(y, .94, left=x - .47, height=.82, color=colour, alpha=.28)
            axes.barh(y, .94, left=x - .47, height=.82, fill=False, edgecolor=colour,
                      linestyle="--" if known["ground"] == "computed" else "-")
            axes.text(x - .43, y, sign + known["sign"], va="center", fontsize="small", fontweight="bold", color=colour)
            axes.text(x + .1, y, _fitted(value), va="center", ha="center", fontsize="x-small")
    axes.set_yticks(range(len(rows)), [f"{row['dial']}\n{_fitted(row['parameter'], 46)}" for row in rows],
                    fontsize=6.5)
    axes.set(xlim=(-.5, most - .5), ylim=(len(rows) - .5, -.5), xticks=[])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    handles = [Line2D([], [], marker="s", linestyle="none", color=INKS[colour], label=f"{sign}  {verdict}")
               for verdict, (sign, colour) in LOOKS.items()]
    handles += [Line2D([], [], marker=f"${sign}$", color="black", linestyle="none", label=words) for sign, words in (
        (r"\leq", "by a bound"), (r"\approx", "computed (dashed)"), (r"\infty", "not seen on the maze shown"))]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize="small", frameon=False)
    figure.suptitle("The gap between imitation and RLVR, one assumption changed at a time", fontsize="medium")
    return save_figure(figure, directory, "critique_map")


def _fitted(text: str, width: int = 18) -> str:
    return text if len(text) <= width else text[:width - 1] + "…"


def draw_gaps(rows: Sequence[Row], directory: str | Path) -> list[Path]:
    """The gap's exponent a diamond against each dial: a panel a dial, its values in their order.

    A value whose exponent is infinite stands at the upper or lower edge, one without a cost in the middle.
    """
    across = 5
    down = math.ceil(len(rows) / across)
    figure = empty_figure(13.5, 2.3 * down)
    panels = figure.subplots(down, across, squeeze=False)
    for axes, row in zip(panels.flat, rows, strict=False):
        exponents = [gap["exponent"] for gap in row["gap"]]
        if row["positions"]:                                  # only there do neighbours have anything between them
            axes.plot(range(len(exponents)), [math.nan if y is None else y for y in exponents], color=GREY,
                      linewidth=.8, zorder=1)
        known = [y for y in exponents if y is not None] or [0.0]
        low, high = min(0.0, *known), max(0.5, *known)
        edges = {"survives": high + .12 * (high - low), "reverses": low - .12 * (high - low)}
        for x, gap in enumerate(row["gap"]):
            sign, colour = LOOKS[gap["verdict"]][0], INKS[LOOKS[gap["verdict"]][1]]
            y = gap["exponent"]
            axes.plot(x, edges.get(gap["verdict"], (low + high) / 2) if y is None else y, marker=f"${sign}$",
                      color=colour, markersize=7, linestyle="none")
        axes.axhline(0, color=GREY, linewidth=.6, linestyle=":")
        axes.set_ylim(low - .22 * (high - low), high + .22 * (high - low))
        axes.set_title(row["dial"], fontsize="small")
        axes.set_xticks(range(len(exponents)), [_fitted(value, 10) for value in row["values"]], rotation=30, ha="right")
        axes.tick_params(labelsize=6)
        axes.margins(x=.1)
    for axes in panels.flat[len(rows):]:
        axes.set_visible(False)
    figure.supylabel("exponent of the gap, a diamond (at an edge: infinite)", fontsize="small")
    figure.suptitle("Exponent of the gap against each dial; letters are the verdicts of the map", fontsize="medium")
    return save_figure(figure, directory, "critique_gaps")


def draw_phase(phase: dict[str, Any], directory: str | Path) -> list[Path]:
    """One phase diagram: numbers as colours with a scale, words as colours with their first letters in the cells."""
    import numpy as np
    from matplotlib.colors import ListedColormap

    cells, xs, ys, looks = phase["cells"], phase["xs"], phase["ys"], phase_looks(phase)
    figure = empty_figure(7.2, 4.8)
    axes = figure.add_subplot()
    if looks["signs"] and looks["least"] is None and all(cell is not None for line in cells for cell in line):
        _words(axes, figure, looks, ListedColormap)
    else:
        values = np.array([[math.nan if cell is None or isinstance(cell, str) else cell for cell in line]
                           for line in cells], dtype=float)
        image = axes.imshow(values, origin="lower", aspect="auto", cmap="cividis", interpolation="nearest")
        figure.colorbar(image, ax=axes)
    for axis, values, put in ((axes.xaxis, xs, axes.set_xticks), (axes.yaxis, ys, axes.set_yticks)):
        every = max(1, math.ceil(len(values) / 14))
        names = [_tick(value) for value in values[::every]]
        put(list(range(0, len(values), every)), names)
        axis.set_tick_params(labelsize=7, rotation=45 if axis is axes.xaxis and max(map(len, names)) > 5 else 0)
    axes.set(xlabel=phase["x"], ylabel=phase["y"])
    axes.set_title(f"{phase['title']}\n", fontsize="medium")
    axes.annotate(phase["words"], (.5, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
                  ha="center", fontsize="x-small", color=GREY)
    return save_figure(figure, directory, phase_file(phase))


def phase_file(phase: dict[str, Any]) -> str:
    """The name of a phase diagram's file, without its suffix."""
    return f"phase_{phase['name'].replace('-', '_')}"


def _tick(value: str) -> str:
    """A value for an axis: numbers of many digits to three."""
    try:
        return value if len(value) <= 6 else f"{float(value):.3g}"
    except ValueError:
        return value


def _words(axes: Any, figure: Any, looks: dict[str, Any], colours: Any) -> None:
    from matplotlib.patches import Patch

    cells, signs, words = looks["cells"], looks["signs"], list(looks["signs"])
    palette = [(INKS | SHADES)[looks["colours"][word]] for word in words]
    numbers = [[words.index(cell) for cell in line] for line in cells]
    axes.imshow(numbers, origin="lower", aspect="auto", cmap=colours(palette), vmin=-.5, vmax=len(words) - .5,
                interpolation="nearest", alpha=.55)
    most = max(len(cells), len(cells[0]))
    for word in words:
        places = [(x, y) for y, line in enumerate(cells) for x, cell in enumerate(line) if cell == word]
        axes.scatter(*zip(*places, strict=True), marker=f"${signs[word]}$", s=max(9, 600 / most), color="black",
                     linewidths=0)
    figure.legend(handles=[Patch(color=colour, alpha=.55, label=f"{signs[word]}  {looks['told'][word]}")
                           for word, colour in zip(words, palette, strict=True)],
                  loc="outside lower center", fontsize="small", frameon=False,
                  ncols=max(1, min(3, len(words), 90 // max(len(looks["told"][word]) for word in words))))
