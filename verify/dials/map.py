"""The critique map: one row a dial, computed from its costs, and the words that sum it up.

Setting. A row has, at every value of the dial, what each learner costs and how that grows, the gap between challenger
and champion, the verdict on it and the smallest maze that shows the verdict; and, of the dial as a whole, the critical
value and the claims it rests on with their verdicts. The words of the verdict are put together from those of the
values, the neighbours that agree told as one. Everything in a row is text, numbers and lists, for JSON.

Not covered: how a row is printed (`verify.report.critique`), or kept.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import itertools
import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import verify.dials
from theory.numeric import InputError, Steps, exact, fraction
from verify.dials.dial import LEARNERS, Cost, Dial, Growth
from verify.evidence import Evidence, Verdict

Progress = Callable[[int, int, str], None]
Row = dict[str, Any]
LONGEST = 1000                         # characters of an exact number that a row still spells out


@functools.cache
def dials() -> dict[str, Dial]:
    """Every dial by name, in the order of their numbers; those without a number come last.

    Errors: ValueError when two dials have one name.
    """
    found: list[Dial] = []
    for module in pkgutil.iter_modules(verify.dials.__path__):
        found += getattr(importlib.import_module(f"verify.dials.{module.name}"), "DIALS", ())
    names = [dial.name for dial in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two dials are called {name}")
    return {dial.name: dial for dial in sorted(found, key=lambda dial: dial.number or math.inf)}


def dial(name: str) -> Dial:
    """The dial called `name`; `InputError` with the nearest name for an unknown one."""
    if name not in dials():
        near = difflib.get_close_matches(name, dials(), n=1)
        raise InputError(f"no dial is called {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return dials()[name]


def row(dial: Dial, profile: str = "quick") -> Row:
    """Everything a dial says, as JSON; computed anew, seconds."""
    maze, verdicts = dial.maze, [dial.verdict(value) for value in dial.values]
    critical = dial.critical(profile)
    return {
        "dial": dial.name, "number": dial.number, "question": dial.question, "source": dial.source,
        "parameter": dial.parameter, "values": [shown(value) for value in dial.values],
        "meaning": [dial.words.get(value, "") for value in dial.values], "positions": list(dial.positions),
        "maze": {"W": maze.W, "K": maze.K, "L": maze.L},
        "learners": {name: _learner([dial.cost(name, value, maze) for value in dial.values]) for name in LEARNERS},
        "challenger": dial.challenger, "champion": dial.champion,
        "gap": [{"ratio": _number(dial.ratio(value)), "exponent": _gap_exponent(dial, value), "verdict": found}
                for value, found in zip(dial.values, verdicts, strict=True)],
        "critical_value": {"value": _critical(critical.value), "how": critical.how, "words": critical.words},
        "smallest_maze": [found and {"W": found.W, "K": found.K, "L": found.L}
                          for found in (dial.smallest(value, profile) for value in dial.values)],
        "verdict": told([(shown(value), found) for value, found in zip(dial.values, verdicts, strict=True)]),
        "claims": list(dial.claims), "notes": dial.notes,
        "command": f"backtrack critique {dial.name} --fresh" + (f" --profile {profile}" if profile != "quick" else ""),
        "phases": [_phase(draw(profile)) for draw in dial.phases],
    }


def judged(row: Row, verdicts: Mapping[str, Verdict], evidence: Iterable[Evidence]) -> Row:
    """The row with the verdicts of its claims, and how many of their controls were refuted."""
    refuted = {item.label for item in evidence if item.aspect == "control" and item.outcome == "refuted"}
    claims = {label: str(verdicts[label]) if verdicts else "not run on these sources" for label in row["claims"]}
    return {**row, "claims": claims, "controls_refuted": sum(label in refuted for label in claims)}


def told(found: list[tuple[str, str]]) -> str:
    """'survives at 0; closes from 1/1000 to 1': neighbours with one verdict are told together."""
    if len({verdict for _, verdict in found}) == 1:
        return f"{found[0][1]} at every value"
    parts = []
    for verdict, group in itertools.groupby(found, key=lambda pair: pair[1]):
        names = [name for name, _ in group]
        parts.append(f"{verdict} at {names[0]}" if len(names) == 1 else f"{verdict} from {names[0]} to {names[-1]}")
    return "; ".join(parts)


def shown(value: Any) -> str:
    """A value of a dial in words: '1/1000', '0.02', 'none'."""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def growth_words(growth: Growth | None) -> str:
    """'7.2^K W', 'K^2 W L', 'constant'; a dash where there is none."""
    if growth is None:
        return "-"
    if growth.rate == math.inf:
        return "infinite"
    rate = growth.rate if isinstance(growth.rate, float) else fraction(exact(growth.rate))
    parts = [] if rate == 1 else [f"({rate})^K" if isinstance(rate, Fraction) and rate.denominator > 1
                                  and len(str(rate)) < 12 else f"{float(rate):.6g}^K"]
    for name, degree in (("K", growth.K), ("W", growth.W), ("L", growth.L)):
        if degree:
            parts.append(name if degree == 1 else f"{name}^{degree}")
    if growth.log:
        parts.append("log K" if growth.log == 1 else f"(log K)^{growth.log}")
    return " ".join(parts) or "constant"


def _learner(costs: list[Cost]) -> dict[str, list[Any]]:
    return {"cost": [_number(cost.steps) for cost in costs],
            "exponent": [None if cost.growth is None else _finite(cost.growth.exponent) for cost in costs],
            "growth": [growth_words(cost.growth) for cost in costs],
            "growth_known": [cost.growth.how if cost.growth else "" for cost in costs],
            "known": [cost.known for cost in costs], "words": [cost.words for cost in costs]}


def _gap_exponent(dial: Dial, value: Any) -> float | None:
    mine, theirs = (dial.cost(name, value, dial.maze).growth for name in (dial.challenger, dial.champion))
    return None if mine is None or theirs is None else _finite(mine.exponent - theirs.exponent)


def _number(value: Any) -> dict[str, Any] | None:
    """Steps or a ratio as {'exact', 'decimal', 'log10'}; None where there is none. exact: None beyond LONGEST."""
    if value is None:
        return None
    if value == math.inf:
        return {"exact": "oo", "decimal": "oo", "log10": None}
    steps = Steps.of(value)
    # a float is what it is within its error, and a long fraction is of no use in a row
    exactly = steps.exact if not isinstance(value, float) and len(steps.exact or "") <= LONGEST else None
    return {"exact": exactly, "decimal": steps.decimal,
            "log10": steps.log10 if math.isfinite(steps.log10) else None}


def _critical(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_critical(part) for part in value]
    return value if value is None or isinstance(value, (int, float)) else shown(value)


def _phase(phase: Any) -> dict[str, Any]:
    return {**phase._asdict(), "xs": [shown(x) for x in phase.xs], "ys": [shown(y) for y in phase.ys],
            "cells": [[_cell(cell) for cell in line] for line in phase.cells]}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cell(value: Any) -> float | str | None:
    """A number that JSON has, to six digits, a word, or None."""
    if isinstance(value, (str, type(None))):
        return value
    return float(f"{float(value):.6g}") if math.isfinite(value) else None
