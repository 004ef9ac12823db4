"""How the benchmarks measure, judge and print: repeated timings, wrong digits, plain tables.

A timing is the best and the median of several runs in one process, by time.perf_counter, imports and compilation
excluded (every method first runs on a tiny case), on one thread. Wrong digits are counted against an exact
rational, of the 16 that a float64 can carry. Not covered: memory, parallel runs, the spread between machines.
"""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any, NamedTuple

import flint
from rich.console import Console
from rich.table import Table

RUNS = 7              # at most so many repetitions ...
BUDGET = 0.4          # ... and none is begun after so many seconds

# piped output has no width of its own, and rich's 80 columns would fold the tables
console = Console(width=None if Console().is_terminal else 120, highlight=False)


class Timing(NamedTuple):
    """Seconds of `runs` repetitions: the best to build the input, the best and the median to solve."""

    build: float
    best: float
    median: float
    runs: int

    def cells(self, unit: float) -> tuple[str, ...]:
        """build, best, median, runs and the best as a multiple of `unit` seconds, for a table."""
        return seconds(self.build), seconds(self.best), seconds(self.median), str(self.runs), ratio(self.best, unit)


def timed(build: Callable[[], Callable[[], Any]]) -> tuple[Any, Timing]:
    """What `build()()` returns, and its timing; built anew for every run, since some programs remember answers."""
    start = time.perf_counter()
    builds: list[float] = []
    solves: list[float] = []
    while not solves or (len(solves) < RUNS and time.perf_counter() - start < BUDGET):
        before = time.perf_counter()
        solve = build()
        between = time.perf_counter()
        result = solve()
        builds.append(between - before)
        solves.append(time.perf_counter() - between)
    return result, Timing(min(builds), min(solves), statistics.median(solves), len(solves))


def relative_error(value: Any, exact: flint.fmpq) -> float:
    """|value/exact - 1|, computed exactly and then rounded."""
    error = abs(rational(value) / exact - 1)
    return int(error.p) / int(error.q)


def rational(value: Any) -> flint.fmpq:
    """The rational that a float, a Fraction or a foreign p/q (by its text) is."""
    if isinstance(value, float):
        return flint.fmpq(*value.as_integer_ratio())
    top, _, bottom = str(value).partition("/")          # flint reads digits of any number
    return flint.fmpq(flint.fmpz(top), flint.fmpz(bottom or "1"))


def wrong_digits(value: Any, exact: flint.fmpq) -> str:
    """'exact', 'k of 16 wrong', 'x % off', 'zero', 'negative', or what kind of no number it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return "overflow" if math.isinf(value) else "not a number"
    number = rational(value)
    if number == exact:
        return "exact"
    if number <= 0:
        return "negative" if number < 0 else "zero"
    error = relative_error(value, exact)
    if error >= 1e-4:
        return f"{100 * error:.2g} % off"
    return f"{max(0.0, math.log10(error / 2**-53)):.0f} of 16 wrong ({error:.0e})"


def seconds(value: float) -> str:
    """A duration in the unit that shows it with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def ratio(value: float, reference: float) -> str:
    """How many times the reference's time: 'x 12'."""
    return f"x {value / reference:.2g}" if value < 100 * reference else f"x {value / reference:.0f}"


def table(title: str, *columns: str) -> Table:
    """An empty table whose first column is flush left and whose other columns are numbers."""
    out = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for i, name in enumerate(columns):
        out.add_column(name, justify="left" if i == 0 else "right", no_wrap=True)
    return out


def header(what: str, packages: list[str]) -> None:
    """Print what is measured, on what, with which versions."""
    def version(name: str) -> str:
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            return f"{name} not installed"

    console.print(f"[bold]{what}[/bold]")
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, " + ", ".join(map(version, packages)))
