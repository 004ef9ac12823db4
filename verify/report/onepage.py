"""The summary of a double-blind bundle on one A4 page: summary.html, self-contained, and SUMMARY.md.

Setting. Every number and verdict is computed from the evidence handed in; what no check can say is the page's own list
(`verify.report.headline.limits`), and the commands with their minutes are read off README.md, where tests keep them
true. What does not fit a page is counted and its place named. The same evidence gives the same bytes: no date.

Not covered: the whole report (`verify.report.write`), who wrote it (`verify.redaction`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import jinja2

from theory.claim import claims
from theory.numbering import labels_of, number_of
from verify.evidence import MEANINGS, Evidence, Verdict, verdicts
from verify.report.headline import MAIN, by_strength, limits, surprises
from verify.report.opening import short, tally
from verify.report.page import made

TEMPLATES = Path(__file__).parent / "templates"
# characters, so that all of it fits one A4 page whatever the verdicts: statements refuted, told whole and told by their
# counterexample alone, sentences on what was not checked, a verdict
FULL, BRIEF, UNCHECKED, VERDICT = 1500, 1100, 1500, 110
NAMED = 6                              # claims of a list that are named; the rest is counted


def facts(evidence: Sequence[Evidence], readme: str = "", results: str = "") -> dict[str, Any]:
    """What the page tells. readme: the text of README.md; results: the folder of the full results, '' without."""
    found, by = verdicts(claims(), evidence), made(evidence)
    refuted = [label for label in claims() if found[label].kind == "REFUTED"]
    refuted.sort(key=lambda label: (not claims()[label].should_hold, not number_of(label)))   # surprises first
    lines = [_refuted(label, found) for label in refuted]
    full = _fits([len(row["statement"] + row["case"] + row["true"]) for row in lines], FULL)
    listed = full + _fits([len(row["label"] + row["case"]) for row in lines[full:]], BRIEF)
    unchecked = limits()
    told = _fits(list(map(len, unchecked)), UNCHECKED)
    unsettled = {kind: [label for label, verdict in found.items() if verdict.kind == kind]
                 for kind in ("stated", "undecided", "no verdict")}
    return {
        **{name: by[name] for name in ("checks", "sources", "minutes", "profile", "simulated", "python", "libraries")},
        "claims": len(found), "results": results, "renamed": 0, "alarms": f"{by['alarms']:.0e}",
        "controls": sum(item.aspect == "control" and item.outcome == "refuted" for item in evidence),
        "counts": [(kind, n, MEANINGS[kind]) for kind, n in by_strength(found).items()],
        "surprises": surprises(found), "named": NAMED,
        "main": [{"number": number_of(label), "label": label, "statement": claims()[label].statement,
                  "kind": found[label].kind,
                  "verdict": _clipped("; ".join((short(found[label]).split("; ")[0], *found[label].flags))),
                  "all": tally(labels_of(number_of(label)), found)} for label in MAIN],
        "refuted": lines[:full], "briefly": lines[full:listed], "more": len(lines[listed:]), "refutations": len(lines),
        "unsettled": {kind: labels for kind, labels in unsettled.items() if labels},
        "unchecked": unchecked[:told], "untold": len(unchecked) - told,
        "commands": [(command, re.sub(r"\s{2,}", ", ", words)) for command, words in re.findall(
            r"^(make (?:report|test))\s+#\s*(.*?)\s*$", readme, re.M) or [("make report", ""), ("make test", "")]],
    }


def _fits(lengths: Sequence[int], room: int) -> int:
    """How many of the first pieces fit into so many characters."""
    return sum(total <= room for total in accumulate(lengths))


def _clipped(text: str) -> str:
    return text if len(text) <= VERDICT else text[:VERDICT].rsplit(" ", 1)[0] + " ..."


def _refuted(label: str, found: Mapping[str, Verdict]) -> dict[str, str]:
    claim = claims()[label]
    return {"label": label, "number": number_of(label), "statement": claim.statement, "true": claim.true_form or "",
            "true_kind": found[claim.true_form].kind if claim.true_form else "",
            "case": short(found[label]).removeprefix("REFUTED, smallest counterexample ")}


def page(told: Mapping[str, Any]) -> dict[str, str]:
    """{'summary.html': .., 'SUMMARY.md': ..} from what `facts` gives."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
                                     autoescape=jinja2.select_autoescape(("html",)))
    environment.filters["code"] = lambda text: jinja2.filters.Markup(
        re.sub(r"`([^`]*)`", r"<code>\1</code>", str(jinja2.filters.escape(text))))
    environment.filters["cell"] = lambda text: re.sub(r"([|*_\[\]])", r"\\\1", str(text)).replace("<", "&lt;")
    return {"summary.html": environment.get_template("summary.html").render(told),
            "SUMMARY.md": environment.get_template("summary.md").render(told)}
