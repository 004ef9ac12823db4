"""The figures: Figure 3's curve, exponential against linear, and the whole bill.

Setting. Figure 3 is sign descent of the expected steps H on W = K = 15, L = 5, counted from the prompt (H + 1), with
the target line 4WK = 900, which is the optimum only because W = K. The separation figure draws the exact costs of base,
SFT limit and optimum against K, from the claims' bodies. Curves differ in line style and marker, not in colour alone;
the colours are Okabe and Ito's. The bill's rows come from `verify.report.bill`, seeded runs among them. The same
sources give the same bytes: no dates, no program names in the files.

Not covered: other mazes than those named here.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theory.claim import claims
from theory.numeric import InputError
from theory.tables import FIGURE3, FIGURE3_LR, FIGURE3_STEPS, write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#555555"
DEPTHS = range(1, 26)                    # K of the separation figure, at W = 15 and L = 5


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


def _value(label: str, **maze: int) -> float:
    """A claim's value on one maze, from its body."""
    entry = claims()[label]
    return float(entry.body(**{name: maze[name] for name in entry.parameters}))


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
        upper.axhline(_value(label, **sizes), color=colour, linestyle=style, label=name)
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
    from theory.dynamics import descent

    trace = descent(FIGURE3, FIGURE3_STEPS[-1], FIGURE3_LR).steps_to_target + 1
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    goal, quoted = (int(_value(label, W=W, K=K)) for label in ("figure3_target", "figure3_target_quoted"))
    figure = empty_figure(6.4, 4.2)
    axes = figure.add_subplot()
    axes.semilogy(trace, color=BLUE, label="RLVR: sign descent on the exact gradient")
    holds = "holds here because W = K" if quoted == goal else f"the optimum is {goal}"
    axes.axhline(quoted, color=ORANGE, linestyle="--", label=f"target 4WK = {quoted} ({holds})")
    axes.plot(0, trace[0], color=GREY, marker="o", linestyle="none", clip_on=False,
              label=f"base model, {trace[0]:.0f}")
    axes.annotate(f"{trace[-1]:.4f}\nat step {len(trace) - 1}", (len(trace) - 1, trace[-1]), xytext=(-10, 26),
                  textcoords="offset points", ha="right", arrowprops={"arrowstyle": "-", "color": GREY})
    axes.set(xlabel=f"sign steps of {FIGURE3_LR} on the log-odds of the rows",
             ylabel="expected steps from the prompt, H + 1", xlim=(0, len(trace) - 1),
             title=f"Figure 3: W = {W}, K = {K}, L = {L}")
    axes.grid(alpha=.3)
    axes.legend()
    return save_figure(figure, directory, "figure3")


def separation(directory: str | Path) -> list[Path]:
    """Draw the costs against K, and imitation's over the optimum's; writes separation.pdf and separation.png."""
    W, L = FIGURE3.W, FIGURE3.L
    figure = empty_figure(9.6, 4.4)
    costs, gap = figure.subplots(1, 2, width_ratios=(3, 2))
    curves = (("SFT limit, exact", "sft_cost", ORANGE, "-", "s"),
              ("$W L^K$, as quoted", "separation_sft_lower", PURPLE, ":", "^"),
              ("base model, exact", "base_cost", GREY, "-.", "o"),
              ("optimum, exact: RLVR's goal", "optimum_cost", BLUE, "--", "D"))
    for name, label, colour, style, marker in curves:
        costs.semilogy(DEPTHS, [_value(label, W=W, K=K, L=L) for K in DEPTHS], color=colour, linestyle=style,
                       marker=marker, markersize=4, markevery=4, label=name)
    costs.set(xlabel="diamonds a branch, K", ylabel="expected steps to the target",
              title=f"Exponential against linear: W = {W}, L = {L}")
    ratio = [_value("sft_cost", W=W, K=K, L=L) / _value("optimum_cost", W=W, K=K) for K in DEPTHS]
    bound = [_value("separation", W=W, K=K, L=L) for K in DEPTHS]
    gap.semilogy(DEPTHS, ratio, color=ORANGE, marker="s", markersize=4, markevery=4, label="SFT limit / optimum")
    gap.semilogy(DEPTHS, bound, color=GREEN, linestyle="--", label=r"at least $\rho^K/(2K+1)$")
    gap.set(xlabel="diamonds a branch, K", ylabel="ratio", title=r"The gap, $\rho = (L+1)^2/L$")
    for axes, corner in ((costs, "upper left"), (gap, "lower right")):
        axes.grid(alpha=.3)
        axes.legend(loc=corner, handlelength=3.2)
    return save_figure(figure, directory, "separation")


# how a number is known -> marker, colour, filled?, legend
KNOWN = {"exact": ("o", GREEN, True, "exact"), "bound": ("<", ORANGE, True, "at most (rigorous bound)"),
         "normal": ("d", ORANGE, False, "normal approximation, no bound"),
         "needed": (">", PURPLE, True, "at least (one rollout)"),
         "measured": ("s", BLUE, True, "measured: median, least, largest of 9 runs"),
         "not reached": ("x", BLUE, True, "not reached by then"), "never": ("X", GREY, True, "never, with any amount")}
# learners on one line of the bill's figure -> what it is called there
TOGETHER = {"the same, every forward row seen": "SFT + restarts at dead ends",
            **{f"RLVR from the SFT limit, {what}": "RLVR by signs, from the SFT limit"
               for what in ("one rollout", "rows in turn", "all rows at once")},
            "RLVR from base, sign steps of 1": "RLVR by signs, steps of 1",
            "RLVR from base, one sign step": "RLVR by signs, one step"}
BESIDE = {"RLVR from the SFT limit, rows in turn": "in turn", "RLVR from the SFT limit, one rollout": "one rollout",
          "RLVR from the SFT limit, all rows at once": "all at once",
          "the same, every forward row seen": "every row seen"}


def bill(directory: str | Path, measured: bool = True) -> list[Path]:
    """Draw what each learner pays, on the smallest and the largest maze of the bill; writes bill.pdf and bill.png."""
    from matplotlib.lines import Line2D

    from verify.report import bill as bills

    found = [row for row in bills.rows(measured=measured) if row.how != "exact" or row.training != 0]
    lines = list(dict.fromkeys(map(_line, sorted(found, key=_kind))))
    figure = empty_figure(10.4, 6.0)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, maze in zip(panels, (bills.SMALL, bills.LARGE), strict=True):
        here = [row for row in found if row.maze == maze]
        most = max(float(row.training) for row in here if row.training != "any")
        edge = 10 ** (1.08 * math.log10(most))
        for row in here:
            marker, colour, filled, _ = KNOWN[row.how]
            x, y = edge if row.how == "never" else float(row.training), float(lines.index(_line(row)))
            # what was measured stands a little below the law that foretells it
            y += .28 * (row.how == "measured" and any(_line(o) == _line(row) and o.how == "exact" for o in here))
            if row.low is not None and row.high is not None and row.how == "measured":
                axes.plot((row.low, row.high), (y, y), color=colour, linewidth=3, alpha=.45, solid_capstyle="butt")
            axes.plot(x, y, marker=marker, color=colour, markerfacecolor=colour if filled else "white", markersize=7,
                      linestyle="none")
            if row.learner in BESIDE and row.how != "normal":
                axes.annotate(BESIDE[row.learner], (x, y), xytext=(-4, 6), textcoords="offset points",
                              fontsize="x-small")
        base = float(next(row.after for row in bills.rows(measured=False) if row.maze == maze))
        axes.axvline(base, color=GREY, linestyle=":", linewidth=1.2)
        axes.annotate("one rollout of base", (base, .5), xytext=(4, 0), textcoords="offset points",
                      fontsize="x-small", va="center", color=GREY)
        axes.set(xscale="log", xlabel="steps walked or tokens read", ylim=(len(lines) - .4, -.6),
                 title=f"W = {maze.W}, K = {maze.K}, L = {maze.L}")
        axes.grid(alpha=.3)
    panels[0].set_yticks(range(len(lines)), lines)
    if measured:
        panels[1].annotate("measured on the small maze only", (.98, .5), xycoords="axes fraction", fontsize="x-small",
                           ha="right", color=GREY)
    handles = [Line2D([], [], marker=marker, color=colour, markerfacecolor=colour if filled else "white",
                      linestyle="none", label=words) for how, (marker, colour, filled, words) in KNOWN.items()
               if any(row.how == how for row in found)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize="small", frameon=False)
    figure.suptitle("The whole bill: to bring expected inference within 1.05 of the optimum, risk 0.01",
                    fontsize="medium")
    return save_figure(figure, directory, "bill")


def _line(row: Any) -> str:
    return TOGETHER.get(row.learner, row.learner)


def _kind(row: Any) -> int:
    """Where a learner stands in the figure: those that fail, data, experts, RLVR from base, RLVR from SFT."""
    order = ("SFT on", "rejection", "SFT +", "the same", "distillation", "mixed", "DAgger", "REINFORCE from base",
             "RLVR from base, one", "RLVR from base, sign", "distillation and", "REINFORCE from the SFT",
             "RLVR from the")
    return max(i for i, start in enumerate(order) if row.learner.startswith(start))
