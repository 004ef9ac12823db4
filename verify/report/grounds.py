"""How a letter of the critique map is known, and whether the costs on the maze shown bear it out.

Setting. A letter is the verdict on the gap between challenger and champion as K grows without end: it follows from how
both costs grow, or from a cost that is infinite; where both grow alike, from the costs themselves. A row says of each
of these how it is known, in words. `kind` reads the words by explicit rules and refuses words that no rule knows. A
letter is as good as the weaker of what it follows from:

    exact      both growths follow from formulas; some show only far out, which their words say ('far')
    bound      one of them is a rigorous bound, on the side that the verdict needs
    computed   something was computed, sampled or argued for it, or a bound is on the other side

`seen` asks whether a reader of the costs on the maze shown would say the same: the ratio of challenger to champion is
at least SEEN where the gap survives, above 1 where it shrinks to a polynomial, from 1 to SEEN where it closes, below 1
where it reverses.

Not covered: the verdicts (`verify.dials.dial`); whether the words about growths are true (the dials' claims and tests).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from theory.numeric import InputError
from verify.dials.map import Row

SEEN = 10                                # a gap that a reader would recognise as one
# words of a row -> what they amount to; the whole text has to match
RULES = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"exact|exact, of rows that are set|float of an exact number", "exact"),
    (r"exact, once .+|exact; the degree in \w shows once .+|asymptotic: shows .+", "far"),
    (r"at most .+ seen up to .+", "computed"),               # that it is no less was only seen
    (r"at most|at most: (that of )?the better of two walkers.*|of the bound, for .+; times a logarithm", "at most"),
    (r"at least", "at least"),
    (r"(of the optimum; )?computed\b.*|argued: .+|ratio along a sweep|sampled, .+", "computed")))
# which bounds support a verdict: on the challenger's cost, on the champion's
HELPS = {"survives": ("at least", "at most"), "reverses": ("at most", "at least")}
SIGNS = {"exact": "", "far": "", "bound": "≤", "computed": "≈", "": ""}
UNSEEN = "∞"
WORDS = {"exact": "", "far": "", "bound": "by a rigorous bound on one cost", "": "",
         "computed": "computed or argued, not derived"}
SHORT = {"bound": "by a bound", "computed": "computed"}


def kind(words: str) -> str:
    """What the words on a growth or a cost amount to: exact, far, at most, at least, computed.

    >>> kind("exact"), kind("computed, K <= 30"), kind("at most: that of the better of two walkers")
    ('exact', 'computed', 'at most')

    Errors: `InputError` for words that no rule knows.
    """
    for pattern, found in RULES:
        if pattern.fullmatch(words):
            return found
    raise InputError(f"no rule says how well {words!r} is known")


def ground(row: Row, place: int) -> str:
    """How the letter at a value is known: exact, far, bound, computed; '' where there is none (undefined)."""
    verdict = row["gap"][place]["verdict"]
    if verdict == "undefined":
        return ""
    sides = [row["learners"][row[who]] for who in ("challenger", "champion")]
    kinds = [kind(side["growth_known"][place] or side["known"][place]) for side in sides]
    used = set(kinds)
    if sides[0]["growth"][place] == sides[1]["growth"][place]:          # then the costs themselves were compared
        used |= {kind(side["known"][place]) for side in sides}
    for of, helps in zip(kinds, HELPS.get(verdict, ("", "")), strict=True):
        if of in ("at most", "at least") and of != helps:
            return "computed"
    if "computed" in used:
        return "computed"
    return "bound" if used & {"at most", "at least"} else "far" if "far" in used else "exact"


def seen(row: Row, place: int) -> bool:
    """Whether the costs on the maze shown bear the letter out; True where there is none."""
    verdict, power = row["gap"][place]["verdict"], _log10_ratio(row, place)
    if verdict == "undefined":
        return True
    return {"survives": power >= math.log10(SEEN), "shrinks to a polynomial": power > 0,
            "closes": 0 <= power < math.log10(SEEN), "reverses": power < 0}[verdict]


def against(row: Row, place: int) -> bool:
    """Whether those costs point the other way: imitation dearer where the gap reverses, cheaper where there is one."""
    verdict, power = row["gap"][place]["verdict"], _log10_ratio(row, place)
    if verdict == "reverses":
        return power > 0
    return power < 0 and verdict in ("survives", "shrinks to a polynomial")


def marks(row: Row, place: int) -> dict[str, Any]:
    """A letter's 'ground' and 'seen', with the 'sign' and the 'words' of a cell, 'short' for a table."""
    found, plain = ground(row, place), seen(row, place)
    words, short = [WORDS[found]] if WORDS[found] else [], [SHORT[found]] if found in SHORT else []
    if not plain:
        opposite = against(row, place)
        words.append("the costs on the maze shown " + ("say the opposite" if opposite else "do not show it"))
        short.append("here the opposite" if opposite else "not seen here")
    return {"ground": found, "seen": plain, "sign": SIGNS[found] + ("" if plain else UNSEEN), "words": "; ".join(words),
            "short": ", ".join(short)}


def count(rows: Iterable[Row]) -> dict[str, int]:
    """How many letters stand on what: exact (far ones too), far, bound, computed; letters; unseen, against."""
    found = dict.fromkeys(("letters", "exact", "far", "bound", "computed", "unseen", "against"), 0)
    for row in rows:
        for place in range(len(row["values"])):
            of = ground(row, place)
            found["letters"] += bool(of)
            found["exact"] += of in ("exact", "far")
            if of in ("far", "bound", "computed"):
                found[of] += 1
            if not seen(row, place):
                found["unseen"] += 1
                found["against"] += against(row, place)
    return found


def _log10_ratio(row: Row, place: int) -> float:
    """The decimal logarithm of challenger over champion; -infinite where only the champion never arrives."""
    ratio = row["gap"][place]["ratio"]
    if ratio is None:
        return -math.inf                 # only where the champion's cost is infinite or there is none: then no letter
    return math.inf if ratio["exact"] == "oo" else float(ratio["log10"])
