"""The figures: Figure 3's curve, exponential against linear, and the whole bill.

Setting. Figure 3 is sign descent of the expected steps H on W = K = 15, L = 5, counted from the prompt (H + 1), with
the target line 4WK = 900, which is the optimum there (`figure3_diagonal`). The separation figure draws the costs of
base, SFT limit and optimum against K, from the claims' bodies, in rationals. Curves differ in line style and marker,
not in colour alone; the colours are Okabe and Ito's. What is drawn comes from `verify.report.curves`, which the page
reads too. The same sources give the same bytes: no dates, no program names in the files.

Not covered: other mazes than those named here.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theory.numeric import InputError
from theory.tables import write_file
from verify.report import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INKS = {"blue": "#0072B2", "orange": "#D55E00", "green": "#009E73", "purple": "#CC79A7", "grey": "#555555"}
BLUE, ORANGE, GREEN, PURPLE, GREY = INKS.values()
SHADES = {"shade1": "#EDEDED", "shade2": "#B5B5B5", "shade3": "#7D7D7D"}      # a phase diagram's own words
DASHES = {"solid": "-", "dashed": "--", "dotted": ":", "dashdot": "-."}
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "": "", "left": "<", "right": ">",
           "times": "x", "cross": "X"}
SMALL = {"diamond": "d"}                 # thinner where many stand on a line


def empty_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches."""
    # a Figure of its own, without pyplot: no window system, no global state, Agg for the PNG
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, directory: str | Path, name: str) -> list[Path]:
    """The figure as NAME.pdf and NAME.png in `directory`; InputError when the disk refuses."""
    import matplotlib

    no_dates: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None, "Producer": None, "Creator": None},
                                           "png": {"Software": None}}
    paths = []
    with matplotlib.rc_context({"pdf.fonttype": 42}):                # text in the PDF stays text
        for suffix, metadata in no_dates.items():
            buffer = io.BytesIO()
            figure.savefig(buffer, format=suffix, dpi=200, metadata=metadata)
            paths.append(write_file(Path(directory) / f"{name}.{suffix}", buffer.getvalue()))
    return paths


def training(path: Path, maze: Any, learner: str, trace: Any) -> Path:
    """Draw a training run: H against updates beside base, SFT limit and optimum; below, the mean rows.

    The file's suffix says the format. Errors: `InputError` for a suffix that is none, or when the disk refuses.
    """
    figure = empty_figure(6.4, 6.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    at = [point.update for point in trace]
    finite = [(u, point.H) for u, point in zip(at, trace, strict=True) if point.log10 is not None]
    upper.semilogy(*zip(*finite, strict=True), color=BLUE, label=learner)
    sizes = {"W": maze.W, "K": maze.K, "L": maze.L}
    for name, label, colour, style in (("base", "base_cost", GREY, "-."), ("SFT limit", "sft_cost", ORANGE, ":"),
                                       ("optimum", "optimum_cost", GREEN, "--")):
        upper.axhline(float(curves.value_of(label, **sizes)), color=colour, linestyle=style, label=name)
    upper.set(ylabel="expected steps H", title=f"{learner}: W = {maze.W}, K = {maze.K}, L = {maze.L}")
    for name, colour, style in zip("abcd", (BLUE, ORANGE, GREEN, PURPLE), ("-", "--", ":", "-."), strict=True):
        lower.plot(at, [point.rows[name] for point in trace], color=colour, linestyle=style, label=f"row {name}")
    lower.set(xlabel="updates", ylabel="mean persistence", ylim=(-0.02, 1.02))
    for axes in (upper, lower):
        axes.grid(alpha=.3)
        axes.legend(ncols=2, fontsize="small")
    return _write(figure, path)


def distribution(path: Path, maze: Any, policy: str, seen: Any) -> Path:
    """Draw P(T <= t): the sample's step function and the exact values with the sample's intervals. As `training`."""
    import numpy as np

    figure = empty_figure(6.4, 4.2)
    axes = figure.add_subplot()
    axes.ecdf(seen.sample, color=BLUE, label=f"{seen.runs} simulated walks")
    t, exact, _, low, high = (np.array(column) for column in zip(*seen.shares, strict=True))
    axes.errorbar(t, exact, yerr=(np.maximum(exact - low, 0), np.maximum(high - exact, 0)), color=ORANGE, marker="s",
                  linestyle="none", capsize=3, label="exact, with the sample's joint 99.9 % intervals")
    axes.set(xlabel="steps t", ylabel="P(T <= t)", xscale="log",
             title=f"{policy}: W = {maze.W}, K = {maze.K}, L = {maze.L}")
    axes.grid(alpha=.3)
    axes.legend(loc="upper left")
    return _write(figure, path)


def figure_format(path: Path) -> str:
    """The format that a file's suffix says; InputError for another than .png, .pdf or .svg."""
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in ("png", "pdf", "svg"):
        raise InputError(f"{path}: a figure is a .png, .pdf or .svg")
    return suffix


def _write(figure: Figure, path: Path) -> Path:
    """One file in the format of its suffix."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=figure_format(path), dpi=150)
    return write_file(path, buffer.getvalue())


def figure3(directory: str | Path) -> list[Path]:
    """Draw H + 1 against the sign step; writes figure3.pdf and figure3.png. InputError when the disk refuses."""
    data = curves.figure3()
    trace, quoted, last = data["values"], data["quoted"], len(data["values"]) - 1
    figure = empty_figure(6.4, 4.2)
    axes = figure.add_subplot()
    axes.semilogy(trace, color=BLUE, label="RLVR: sign descent on the exact gradient")
    which = "the optimum" if quoted == data["optimum"] else f"the optimum is {data['optimum']}"
    axes.axhline(quoted, color=ORANGE, linestyle="--", label=f"target 4WK = {quoted} ({which})")
    axes.plot(0, trace[0], color=GREY, marker="o", linestyle="none", clip_on=False, label=f"base model, {data['base']}")
    axes.annotate(f"{trace[-1]:.4f}\nat step {last}", (last, trace[-1]), xytext=(-10, 26), textcoords="offset points",
                  ha="right", arrowprops={"arrowstyle": "-", "color": GREY})
    axes.set(xlabel=f"sign steps of {data['lr']} on the log-odds of the rows",
             ylabel="expected steps from the prompt, H + 1", xlim=(0, last),
             title=f"Figure 3: W = {data['W']}, K = {data['K']}, L = {data['L']}")
    axes.grid(alpha=.3)
    axes.legend()
    return save_figure(figure, directory, "figure3")


def separation(directory: str | Path) -> list[Path]:
    """Draw the costs against K, and imitation's over the optimum's; writes separation.pdf and separation.png."""
    data = curves.separation()
    figure = empty_figure(9.6, 4.4)
    costs, gap = figure.subplots(1, 2, width_ratios=(3, 2))
    for axes, drawn in ((costs, data["costs"]), (gap, data["gap"])):
        for curve in drawn:
            words = curve["words"].replace("W L^K", "$W L^K$").replace("ρ^K/(2K+1)", r"$\rho^K/(2K+1)$")
            axes.semilogy(data["K"], [float(point["decimal"]) for point in curve["points"]], label=words,
                          color=INKS[curve["colour"]], linestyle=DASHES[curve["dash"]],
                          marker=MARKERS[curve["marker"]], markersize=4, markevery=4)
    costs.set(xlabel="diamonds a branch, K", ylabel="expected steps to the target",
              title=f"Exponential against linear: W = {data['W']}, L = {data['L']}")
    gap.set(xlabel="diamonds a branch, K", ylabel="ratio", title=r"The gap, $\rho = (L+1)^2/L$")
    for axes, corner in ((costs, "upper left"), (gap, "lower right")):
        axes.grid(alpha=.3)
        axes.legend(loc=corner, handlelength=3.2)
    return save_figure(figure, directory, "separation")


def bill(directory: str | Path, measured: bool = True) -> list[Path]:
    """Draw what each learner pays, on the smallest and the largest maze of the bill; writes bill.pdf and bill.png."""
    from matplotlib.lines import Line2D

    from verify.report import bill as bills

    data = curves.bill(bills.rows(measured=measured))
    figure, lines = empty_figure(10.4, 6.0), data["lines"]
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (place, maze) in zip(panels, ((i, m) for i, m in enumerate(data["mazes"]) if m["drawn"]), strict=True):
        here = [row for row in data["rows"] if row["maze"] == place and "line" in row]
        for row in here:
            mark, y = data["known"][row["how"]], row["line"] + row["offset"]
            colour, never = INKS[mark["colour"]], row["x"] is None
            x = 1.05 if never else 10 ** row["x"]
            if row["low"] is not None:
                axes.plot((10 ** row["low"], 10 ** row["high"]), (y, y), color=colour, linewidth=3, alpha=.45,
                          solid_capstyle="butt")
            axes.plot(x, y, marker=SMALL.get(mark["marker"], MARKERS[mark["marker"]]), color=colour,
                      markerfacecolor=colour if mark["filled"] else "white", markersize=7, linestyle="none",
                      clip_on=False, transform=axes.get_yaxis_transform() if never else axes.transData)
            if never:                                        # beyond the axis, under the word
                axes.annotate("never", (x, y), xycoords=axes.get_yaxis_transform(), xytext=(0, 8), ha="center",
                              textcoords="offset points", fontsize="x-small", annotation_clip=False)
            if row["beside"]:
                axes.annotate(row["beside"], (x, y), xytext=(-4, 6), textcoords="offset points", fontsize="x-small")
        base = 10 ** maze["base"]["log10"]
        axes.axvline(base, color=GREY, linestyle=":", linewidth=1.2)
        axes.annotate("one rollout of base", (base, .5), xytext=(4, 0), textcoords="offset points",
                      fontsize="x-small", va="center", color=GREY)
        axes.set(xscale="log", xlabel="steps walked or tokens read", ylim=(len(lines) - .4, -.6),
                 title=f"W = {maze['W']}, K = {maze['K']}, L = {maze['L']}")
        axes.grid(alpha=.3)
    panels[0].set_yticks(range(len(lines)), lines)
    if measured:
        panels[1].annotate("measured on the small maze only", (.98, .5), xycoords="axes fraction", fontsize="x-small",
                           ha="right", color=GREY)
    handles = [Line2D([], [], marker=SMALL.get(mark["marker"], MARKERS[mark["marker"]]), color=INKS[mark["colour"]],
                      markerfacecolor=INKS[mark["colour"]] if mark["filled"] else "white", linestyle="none",
                      label=mark["words"]) for mark in data["known"].values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize="small", frameon=False)
    figure.suptitle(f"The whole bill: to bring expected inference within {float(1 + bills.DELTA):g} of the optimum, "
                    f"risk {float(bills.ETA):g}", fontsize="medium")
    return save_figure(figure, directory, "bill")
