"""What a notebook shows of the numbers, mazes, policies and training runs of this package.

The classes call these from `_repr_latex_` and `_repr_html_`, on first use, so that importing the package stays cheap.

    Steps       LaTeX: the exact number when it is short; else 17 digits, a power of ten and the logarithm
    Maze        a drawing when it has at most 200 edges, and a line of its sizes
    Policy      a line of the rows a, b, c, d a diamond, one line when all diamonds are alike
    Training    up to twelve points of the curve, evenly spaced, the first and the last among them

What is rounded or left out says so. Stands on `theory.markup` and `theory.drawing`, and computes no cost, since both
routes to a hitting time reach it. Not covered: claims (`theory.claim`), verdicts and everything else of `verify`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import flint

from theory.drawing import edges, maze_svg
from theory.markup import LONGEST, MOST_ROWS, Html, power_of_ten, ratio, spread, table, tag
from theory.numeric import INFINITY, LARGEST_EXPONENT, Steps, decimal, exact

if TYPE_CHECKING:
    from theory.maze import Maze
    from theory.policy import Policy

ABOUT = r"\approx"


def steps_latex(steps: Steps) -> str:
    r"""A number of steps as LaTeX: '=' before digits that are all of them, else the sign for about.

    >>> print(steps_latex(Steps.of("170/3")))
    $\displaystyle \frac{170}{3} \approx 56.666666666666667$
    """
    return rf"$\displaystyle {_steps(steps)}$"


def _steps(steps: Steps) -> str:
    if steps.value is INFINITY:
        return r"\infty"
    if isinstance(steps.value, flint.arb):
        middle, _, radius = steps.decimal.strip("[]").partition("+/- ")
        return power_of_ten(middle.strip()) + (rf" \pm {power_of_ten(radius)}" if radius else "")
    spelt, digits = str(steps.exact), steps.decimal
    whole = len(spelt) < LARGEST_EXPONENT and exact(digits) == steps.value
    if len(spelt) <= LONGEST:
        return ratio(spelt) + (f" {'=' if whole else ABOUT} {power_of_ten(digits)}" if "/" in spelt else "")
    about = "" if whole else f"{ABOUT} "
    logarithm = rf",\quad \log_{{10}} \approx {steps.log10:.6g}" if steps.value > 0 else ""
    return about + power_of_ten(_scientific(digits)) + logarithm


def _scientific(digits: str) -> str:
    """The same number with an exponent: '1.25e+2' for '125'; zeros at the end go."""
    mantissa, _, exponent = f"{Decimal(digits):e}".partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + f"e{exponent}"


def number_cell(value: Any) -> str:
    """A number for a cell: exact when short, an expression or a ball as it is; else six digits, marked as such.

    >>> number_cell("1/6"), number_cell("0.123456789012345678901234567890")
    ('1/6', '≈ 0.123457')
    """
    value = exact(value)
    if hasattr(value, "free_symbols"):
        return str(value)                   # typeset, it would be broken up in a narrow cell
    if isinstance(value, flint.arb):
        return value.str(6, radius=True)
    spelt = str(value)
    return spelt if len(spelt) <= LONGEST // 2 else f"≈ {decimal(value, 6)}"


def float_cell(value: float) -> str:
    """A float to six digits, 'infinite' where it is that.

    >>> float_cell(899.4437), float_cell(float("inf"))
    ('899.444', 'infinite')
    """
    return "infinite" if value == INFINITY else f"{value:.6g}"


def maze_html(maze: Maze) -> Html:
    """A drawing of a small maze over a line of its sizes; of a large one the line alone.

    >>> from theory import Maze
    >>> "<svg" in maze_html(Maze(3, 2, 2)), "<svg" in maze_html(Maze(15, 15, 5))
    (True, False)
    """
    # L^K is not multiplied out: nobody asked for a million digits
    return tag("div", maze_svg(maze.W, maze.K, maze.L) or Html(), tag(
        "div", f"Maze, W = {maze.W}, K = {maze.K}, L = {maze.L}: {maze.nodes} nodes, ",
        f"{edges(maze.W, maze.K, maze.L)} edges; {maze.L}", tag("sup", maze.K),
        f" golden paths to a target, of {maze.shortest} steps"))


def policy_html(policy: Policy) -> Html:
    """The rows of a policy as a table; twelve lines of a longer one, evenly spaced, and the count.

    >>> from theory import Policy
    >>> policy_html(Policy.base(5)).count("<td")
    4
    """
    lines = []
    for i, branch in enumerate(policy.branches):
        rows = [branch.a, branch.b, branch.c, branch.d]
        for j in range(max(len(row) if isinstance(row, tuple) else 1 for row in rows)):
            where = "every diamond" if branch.homogeneous else f"diamond {j + 1}"
            lines.append((where if policy.tied else f"branch {i}, {where}", [_entry(row, j) for row in rows]))
    kept = [lines[i] for i in spread(len(lines))]
    some = f"; {len(kept)} of {len(lines)} lines" if len(lines) > MOST_ROWS else ""
    title = f"Policy, {'tied' if policy.tied else 'untied'}: probability of persisting{some}"
    return table(["", "a", "b", "c", "d"], [[where, *map(_cell, entries)] for where, entries in kept], title)


def _entry(row: Any, j: int) -> Any:
    """Entry j of a row; None where a row is too short, which only a maze will complain about."""
    return row if not isinstance(row, tuple) else row[j] if j < len(row) else None


def _cell(value: Any) -> str:
    return "none" if value is None else number_cell(value)


def training_html(run: Any) -> Html:
    """Points of a `Training`: the step or time, and the expected steps then.

    >>> import numpy as np
    >>> from theory.dynamics import Training
    >>> training_html(Training(np.arange(3.0), np.array([9.0, 8.0, np.inf]), np.zeros((4, 1)))).count("<td")
    3
    """
    kept = spread(len(run.at))
    return table(["step or time", "expected steps H"],
                 [[float_cell(float(run.at[i])), float_cell(float(run.steps_to_target[i]))] for i in kept],
                 f"Training, K = {run.log_odds.shape[1]}: {points(kept, len(run.at))}, six digits")


def points(kept: Sequence[int], all_of_them: int) -> str:
    """How many points are shown, in words.

    >>> points([0, 50, 100], 101), points([0, 1], 2)
    ('3 of 101 points', '2 points')
    """
    return f"{len(kept)} points" if len(kept) == all_of_them else f"{len(kept)} of {all_of_them} points"
