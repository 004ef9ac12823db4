"""The two figures: Figure 3's curve, and exponential against linear.

Setting. Figure 3 is sign descent of the expected steps H on W = K = 15, L = 5, counted from the prompt (H + 1), with
the target line 4WK = 900, which is the optimum only because W = K. The separation figure draws the exact costs of base,
SFT limit and optimum against K, from the claims' bodies. Curves differ in line style and marker, not in colour alone;
the colours are Okabe and Ito's. The same sources give the same bytes: no dates, no program names in the files.

Not covered: learners that sample; other mazes than the two named here.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theory.claim import claims
from theory.numeric import InputError
from theory.tables import FIGURE3, FIGURE3_LR, FIGURE3_STEPS, write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#555555"
DEPTHS = range(1, 26)                    # K of the separation figure, at W = 15 and L = 5


def _new(width: float, height: float) -> Figure:
    # a Figure of its own, without pyplot: no window system, no global state, Agg for the PNG
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Figure, directory: str | Path, name: str) -> list[Path]:
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
    figure = _new(6.4, 6.0)
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

    figure = _new(6.4, 4.2)
    axes = figure.add_subplot()
    axes.ecdf(seen.sample, color=BLUE, label=f"{seen.runs} simulated walks")
    t, exact, _, low, high = (np.array(column) for column in zip(*seen.shares, strict=True))
    axes.errorbar(t, exact, yerr=(np.maximum(exact - low, 0), np.maximum(high - exact, 0)), color=ORANGE, marker="s",
                  linestyle="none", capsize=3, label="exact, with the sample's 99.9 % interval")
    axes.set(xlabel="steps t", ylabel="P(T <= t)", xscale="log",
             title=f"{policy}: W = {maze.W}, K = {maze.K}, L = {maze.L}")
    axes.grid(alpha=.3)
    axes.legend(loc="upper left")
    return _write(figure, path)


def _write(figure: Figure, path: Path) -> Path:
    """One file in the format of its suffix."""
    buffer, suffix = io.BytesIO(), path.suffix.lstrip(".").lower()
    if suffix not in ("png", "pdf", "svg"):
        raise InputError(f"{path}: a figure is a .png, .pdf or .svg")
    figure.savefig(buffer, format=suffix, dpi=150)
    return write_file(path, buffer.getvalue())


def figure3(directory: str | Path) -> list[Path]:
    """Draw H + 1 against the sign step; writes figure3.pdf and figure3.png. InputError when the disk refuses."""
    from theory.dynamics import descent

    trace = descent(FIGURE3, FIGURE3_STEPS[-1], FIGURE3_LR).steps_to_target + 1
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    goal, quoted = (int(_value(label, W=W, K=K)) for label in ("figure3_target", "figure3_target_quoted"))
    figure = _new(6.4, 4.2)
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
    return _save(figure, directory, "figure3")


def separation(directory: str | Path) -> list[Path]:
    """Draw the costs against K, and imitation's over the optimum's; writes separation.pdf and separation.png."""
    W, L = FIGURE3.W, FIGURE3.L
    figure = _new(9.6, 4.4)
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
    return _save(figure, directory, "separation")
