"""What a reader is told first: the verdict in one sentence, what holds and what does not, each from the verdicts.

Setting. The sentences here are put together from the kinds of the verdicts and from the rows of the critique map; none
of them says more than the run at hand. A claim that a run has not settled is said to be open, by its own verdict.

Not covered: the claims' statements, which are the registry's; the words of the map (`verify.dials.map`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from theory.claim import claims
from theory.numbering import number_of
from verify.dials.map import Row
from verify.evidence import RANK, Verdict, unexpected
from verify.report.opening import short

ENDS = ("shrinks to a polynomial", "closes", "reverses")
# what the paper is about, in one claim a number: the first question of a reader who knows the abstract
MAIN = ("sft_frozen", "rlvr_reaches", "separation", "separation_rlvr_upper", "search_narrows", "distillation",
        "figure3_curve")
WHY = ("critique_by_construction", "critique_topology", "critique_pessimistic_sft")
# what a dial of the map changes; every dial stands in one group
GROUPS = {
    "imitation's data and weights": (
        "early-stopping", "messy-traces", "messy-traces-time", "recoveries", "finite-data", "finite-traces",
        "shared-directions", "shared-directions-stopped", "direction-blind", "direction-blind-student",
        "shared-diamonds", "shared-branches", "shared-features", "noisy-rows", "noisy-expert", "noisy-expert-cut",
        "base-coverage", "rejection-sampling", "dagger"),
    "help at inference, and what is counted": (
        "restarts", "search", "pass-at-k", "fork-predictable", "fork-predicted-once", "temperature", "fork-memory",
        "ledger"),
    "the maze": ("W", "L", "nested-forks", "nested-way-back", "unequal-depth", "unequal-width", "trees",
                 "random-mazes", "dead-ends-never-targets"),
    "RLVR's own training": ("length-penalty", "truncation", "discount", "kl-penalty", "small-W", "step-size",
                            "rlvr-from-sft", "sample-sign", "verifier-noise", "curriculum"),
}


def sentence(found: Mapping[str, Verdict], rows: Sequence[Row] = ()) -> str:
    """The verdict in one sentence: the separation, which assumptions can end it, and the readings that fail."""
    separation = found["separation"]
    where = separation.brief.split(" (")[0] if not separation.flags or separation.holds else str(separation)
    if separation.holds:
        text = f"In the paper's maze the separation is exponential, as claimed ({where})"
    elif separation.kind == "REFUTED":
        text = f"In the paper's maze the separation is not exponential as stated ({where})"
    else:
        text = f"Whether the separation is exponential in the paper's maze, this run has not settled ({where})"
    if rows:
        ends = {row["dial"] for row in rows if any(gap["verdict"] in ENDS for gap in row["gap"])}
        parts = []
        for words, dials in GROUPS.items():
            here = [row["dial"] for row in rows if row["dial"] in dials]
            if here:
                parts.append(f"{len(ends & set(here))} of {len(here)} about {words}")
        text += (f"; of {len(rows)} assumptions changed one at a time, {len(ends)} can end it, with some value at "
                 f"which the gap is polynomial, closed or reversed: {listed(parts)}")
    if readings := refuted(found):
        text += f"; and {len(readings)} of the ways to read what readers are told fail"
    return text + "."


def listed(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def refuted(found: Mapping[str, Verdict]) -> list[str]:
    """The refuted readings that carry a number: of the paper's theorems, of summaries, of critics."""
    return [label for label, entry in claims().items()
            if not entry.should_hold and number_of(label) and found[label].kind == "REFUTED"]


def surprises(found: Mapping[str, Verdict]) -> list[str]:
    """The claims that came out otherwise than expected: refuted ones that should hold, and the reverse."""
    return [label for label, entry in claims().items() if unexpected(entry, found[label])]


def answers(found: Mapping[str, Verdict]) -> dict[str, list[dict[str, Any]]]:
    """Claims for the lists a reader sees first, by what the run says of them.

    'surprises', 'holds', 'open' and 'fails' (claims of `MAIN`; refuted readings with their true form), and 'why'.
    """
    lists: dict[str, list[str]] = {"surprises": surprises(found), "holds": [], "open": [], "fails": [], "why": [*WHY]}
    for label in MAIN:
        lists["holds" if found[label].holds else "fails" if found[label].kind == "REFUTED" else "open"].append(label)
    lists["fails"] += refuted(found)
    return {name: [_line(label, found) for label in labels] for name, labels in lists.items()}


def _line(label: str, found: Mapping[str, Verdict]) -> dict[str, Any]:
    entry, verdict = claims()[label], found[label]
    true = claims()[entry.true_form] if entry.true_form else None
    # of a refutation the smallest case, of anything else the range it was seen on; and what it rests on, either way
    told = verdict.known_by if verdict.kind != "REFUTED" else short(verdict).removeprefix(
        "REFUTED, smallest counterexample ")
    return {"label": label, "number": number_of(label), "statement": entry.statement, "kind": verdict.kind,
            "holds": verdict.holds, "expected": entry.should_hold, "told": told,
            "true": {"label": true.label, "statement": true.statement, "kind": found[true.label].kind}
            if true and found[true.label].holds else None}


def limits() -> list[str]:
    """What no run of these checks says anything about, a text a point; for the page and the README."""
    return (Path(__file__).parent / "templates" / "limits.txt").read_text(encoding="utf-8").splitlines()


def by_strength(found: Mapping[str, Verdict]) -> dict[str, int]:
    """How many claims have each kind of verdict, the strongest kind first."""
    count = Counter(verdict.kind for verdict in found.values())
    return {kind: count[kind] for kind in sorted(RANK, key=lambda kind: -RANK[kind]) if count[kind]}
