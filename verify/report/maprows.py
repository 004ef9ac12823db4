"""A row of the critique map as the page shows it: its words, its numbers, its marks and its notes.

Setting. `page_row` adds to a judged row what the templates of the page need ready: signs and colours (`curves.dial`),
how each letter is known and whether the maze shown bears it out (`grounds`), every cost short, and what else is to be
known about costs as notes that cells share, lettered a, b, c in the order of the table.

Not covered: the map as tables and matplotlib's figures (`verify.report.critique`); the row itself (`verify.dials.map`).
"""

from __future__ import annotations

import re
from typing import Any

from theory.numbering import number_of
from verify.dials.map import Row
from verify.report.critique import brief, critical_words, gap_words, maze_words, smallest_words
from verify.report.curves import dial
from verify.report.grounds import marks
from verify.report.told import CRITICS

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def page_row(row: Row) -> dict[str, Any]:
    """A judged row as `curves.dial` has it, with its words and numbers as the page's templates show them ('shown').

    'shown': gap, critical, smallest, objections (C1 to C3 it bears on), notes ([letter, words]), and for each of
    'values' its label, its marks, what every learner costs (brief, in full where that is short, how it grows, the
    letter of its note), the gap's ratio and exponent.
    """
    notes: dict[str, str] = {}
    values = [{
        "value": value, "label": label(value), "meaning": row["meaning"][i], "gap": gap, "marks": marks(row, i),
        "ratio": brief(gap["ratio"]), "exponent": "-" if gap["exponent"] is None else f"{gap['exponent']:.4g}",
        "smallest": maze_words(row["smallest_maze"][i]),
        "costs": [{"brief": brief(of["cost"][i]), "full": in_full(of["cost"][i]), "growth": of["growth"][i],
                   "note": _note(of, i, notes)} for of in row["learners"].values()]}
        for i, (value, gap) in enumerate(zip(row["values"], dial(row)["gap"], strict=True))]
    return {**dial(row), "shown": {
        "gap": gap_words(row), "critical": critical_words(row), "smallest": smallest_words(row), "values": values,
        "notes": [[letter, words] for words, letter in notes.items()],
        "objections": [number_of(f"critique_{name}") for name, (*_, about) in CRITICS.items() if row["dial"] in about]}}


def label(value: str) -> str:
    """A value for a cell: powers of ten from 10^5 on as such, so that they fit.

    >>> label("1000000000000"), label("1/1000000"), label("1000"), label("K/2")
    ('10^12', '10^-6', '1000', 'K/2')
    """
    power = re.fullmatch(r"(1/)?1(0{5,})", value)
    return value if power is None else f"10^{'-' if power[1] else ''}{len(power[2])}"


def in_full(number: dict[str, Any] | None, most: int = 60) -> str:
    """The exact number where it has at most so many characters, else its 17 digits; '' where there is none."""
    if number is None or number["exact"] == "oo":
        return ""
    exact = number["exact"]
    return str(exact if exact and len(exact) <= most else number["decimal"])


def _note(of: dict[str, Any], place: int, notes: dict[str, str]) -> str:
    """The letter of what else is to be known of a cost: its error, its growth's, words; '' where all is exact."""
    parts = [] if of["known"][place] in ("exact", "") else [f"cost {of['known'][place]}"]
    if of["growth_known"][place] not in ("exact", ""):
        parts.append(f"growth {of['growth_known'][place]}")
    words = "; ".join([*parts, *([of["words"][place]] if of["words"][place] else [])])
    if not words:
        return ""
    n = len(notes)
    return notes.setdefault(words, LETTERS[n % 26] * (n // 26 + 1))
