"""How a clause becomes a sentence: by the verdict of the claim it is, or of the claims its numbers come from.

Setting. `said` puts a clause plainly, with the kind of evidence and what that rests on where it is weaker, where the
run at hand supports it; as refuted with the counterexample where it does not hold; and as open where the run has not
settled it. `supported` does the same for a clause with numbers, by the weakest of the claims whose bodies give them.

Not covered: the clauses themselves (`verify.report.told`); the headline's words (`verify.report.headline`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from theory.numeric import Steps, fraction
from theory.tables import rounded
from verify.evidence import RANK, Verdict

LONGEST = 200                            # characters of a counterexample in a sentence


def said(verdict: Verdict, clause: str, label: str = "") -> str:
    """A clause as a sentence that says no more than the verdict of the claim `label` does.

    >>> said(Verdict("proved", "proved for all K"), "the gap is exponential")
    'The gap is exponential (proved for all K).'
    >>> said(Verdict("stated", "stated"), "the gap is exponential")
    'This run has not settled whether the gap is exponential (stated).'
    """
    if verdict.kind == "REFUTED":
        return f"Refuted: {clause} ({case(verdict, label)})."
    if verdict.holds:
        return f"{clause[0].upper()}{clause[1:]} ({verdict.known_by})."
    return f"This run has not settled whether {clause} ({verdict.known_by})."


def supported(found: Mapping[str, Verdict], labels: Sequence[str], clause: str) -> str:
    """A clause that stands on several claims, by their weakest: none of them may be refuted or open.

    >>> found = {"a": Verdict("exact", "exact for K <= 9"), "b": Verdict("stated", "stated")}
    >>> supported(found, ["a", "b"], "it takes 9 steps")
    'This run has not settled whether it takes 9 steps (b: stated).'
    """
    weakest = min(labels, key=lambda label: (found[label].kind != "REFUTED", found[label].holds,
                                             RANK[found[label].kind]))
    verdict = found[weakest]
    if verdict.kind == "REFUTED":
        return f"Not supported, as {weakest} is refuted ({case(verdict, weakest)}): {clause}."
    if verdict.holds:
        return said(verdict, clause, weakest)
    return f"This run has not settled whether {clause} ({weakest}: {verdict.known_by})."


def case(verdict: Verdict, label: str = "") -> str:
    """The counterexample of a refutation, without the range it was found in, nor what a yes or no says already."""
    text = verdict.text.split(" (among ")[0].removeprefix("REFUTED, ")
    text = re.sub(r": claimed equals (True|False), is (True|False)$", "", text)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…" + (f"; backtrack claims {label} shows all" if label else "")


def onward(fits: Sequence[bool]) -> int | None:
    """The first place from which on all fit; None where the last does not.

    >>> onward([True, False, True, True]), onward([True, False]), onward([])
    (2, None, None)
    """
    misses = [place for place, fit in enumerate(fits) if not fit]
    first = misses[-1] + 1 if misses else 0
    return first if first < len(fits) else None


def short(number: Mapping[str, Any]) -> str:
    """A `number` of the curves for a sentence: exact up to six digits, else four digits and a power of ten."""
    text = number["exact"]
    return str(text) if text and "/" not in text and len(text) <= 6 else rounded(fraction(Steps.of(text).value), 4)
