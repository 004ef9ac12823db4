"""report/index.html: one self-contained page, rendered from the results of one run.

Setting. `page_data` gathers what the page shows: verdicts with their evidence, the curves, the critique map, the bill
and what made them. `render` fills the templates of templates/page with it and puts the styles, the scripts of assets/
and the libraries of vendor/ inside, so that the file needs no network. Text is escaped by the templates; what is drawn
in the browser reads the JSON in the page's `data` element, which is the same data.

Vendored as published, with their licences: KaTeX, D3, Observable Plot, decimal.js (vendor/LICENSES.txt).
Not covered: computing any of it (`verify.runner`, `verify.dials`, `verify.report.bill`, `verify.report.curves`).
"""

from __future__ import annotations

import base64
import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from theory.claim import Claim, claims
from theory.numbering import number_of, number_place
from theory.tables import FIGURE3, formula
from verify.dials.map import Row
from verify.evidence import MEANINGS, SYMBOLS, Evidence, Verdict, fingerprint
from verify.kernel import installed
from verify.kernel import known as kernel_words
from verify.report import bill, curves, headline, maprows, prooftable, told
from verify.report.rows import claim_row
from verify.report.typeset import pretty

HOME = Path(__file__).parent
LIBRARIES = ("numpy", "scipy", "sympy", "mpmath", "python-flint", "hypothesis", "numba", "matplotlib")
VENDOR = ("katex.min.js", "d3.min.js", "plot.min.js", "decimal.js")
SCRIPTS = ("base.js", "typeset.js", "claims.js", "exact.js", "view.js", "walker.js", "maze.js", "charts.js", "map.js",
           "explorer.js")
STYLES = ("page.css", "maze.css", "charts.css", "explorer.css")


# -- the data ---------------------------------------------------------------------------------------------------

def page_data(found: dict[str, Verdict], evidence: Sequence[Evidence], dials: Sequence[Row] = (),
              rows: Sequence[bill.Row] = ()) -> dict[str, Any]:
    """Everything the page shows, as JSON has it; numbers that may pass 1e15 are strings.

    dials: judged rows of the critique map; rows: the bill's. Without evidence the verdicts say that nothing was run.
    """
    texts = {label: str(verdict) for label, verdict in found.items()} if evidence else {}
    known, drawn, bills = claims(), curves.curves(), curves.bill(rows, texts)
    words = kernel_words()
    here = bool(installed())
    proved = prooftable.rows(words, here)
    return {
        "made": made(evidence), "at": {"W": FIGURE3.W, "K": FIGURE3.K, "L": FIGURE3.L},
        "sentence": headline.sentence(found, dials), "answers": headline.answers(found),
        "limits": headline.limits(), "counts": headline.by_strength(found), "meanings": MEANINGS, "signs": SYMBOLS,
        "claims": [_claim(entry, found[label], evidence) for label, entry in known.items()],
        "proofs": {"rows": proved, "others": prooftable.others(words), "summary": prooftable.summary(words, here),
                   "by": {row["label"]: row for row in proved}},
        "curves": drawn, "critique": [maprows.page_row(row) for row in dials], "bill": bills,
        "told": {"figures": told.figures(drawn, found), "critique": told.critique(dials, found),
                 "bill": told.bill(bills, found)},
    }


def made(evidence: Sequence[Evidence]) -> dict[str, Any]:
    """What made the report: date, sources, versions, machine, profile, minutes, error rate, seeds."""
    simulated = [item for item in evidence if item.alpha]
    return {
        "date": datetime.now(UTC).date().isoformat(), "version": version("backtrack-companion"),
        "sources": fingerprint(), "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "machine": f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores",
        "profile": ", ".join(sorted({item.profile or "unknown" for item in evidence})),
        "minutes": round(sum(item.seconds for item in evidence) / 60, 1), "checks": len(evidence),
        "simulated": len(simulated), "alarms": sum(item.alpha or 0 for item in simulated),
        "seed": f"of checks, derived from their names; of the bill's learners, 0 to {bill.SEEDS - 1}; of mazes drawn "
                "at random, the values of their dial; of the drawing and its walks, shown beside it",
    }


def _claim(entry: Claim, verdict: Verdict, evidence: Sequence[Evidence]) -> dict[str, Any]:
    fields = ("check", "aspect", "outcome", "n", "scope", "case", "tightest", "alpha", "power", "seconds")
    own = [item for item in evidence if item.label == entry.label]
    number = number_of(entry.label)
    topic = entry.body.__module__
    return {
        **claim_row(entry, verdict, own), "quantity": entry.quantity, "relation": entry.relation,
        "domain": entry.domain.words, "formula": formula(entry) if entry.symbolic else None, "kind": verdict.kind,
        "brief": verdict.brief, "text": verdict.text, "flags": list(verdict.flags), "true_form": entry.true_form,
        "should_hold": entry.should_hold, "group": number or _title(topic),
        "file": topic.replace(".", "/") + ".py",
        "evidence": [{name: getattr(item, name) for name in fields} for item in own],
    }


def _title(module: str) -> str:
    """The first line of a topic's docstring, without its full stop."""
    return (import_module(module).__doc__ or module).strip().splitlines()[0].rstrip(".")


def groups(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The claims by the paper's numbers, then by topic: [{title, claims, numbered}]."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        found.setdefault(entry["group"], []).append(entry)
    numbered = [title for title, own in found.items() if own[0]["number"]]
    order = sorted(numbered, key=number_place) + [title for title in found if title not in numbered]
    return [{"title": title, "claims": found[title], "numbered": title in numbered,
             "refuted": sum(entry["kind"] == "REFUTED" for entry in found[title])} for title in order]


# -- the page ---------------------------------------------------------------------------------------------------

def render(data: dict[str, Any]) -> str:
    """The page as one HTML document."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HOME / "templates" / "page"), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"kindclass": _kind_class, "pretty": pretty}
    # what the scripts draw, and what tells whose page it is; words and tables stand in the page already
    sent = {**{name: data[name] for name in ("made", "at", "curves", "bill")},
            "critique": [curves.dial_data(row) for row in data["critique"]],
            "kinds": {entry["label"]: entry["kind"] for entry in data["claims"]}}
    text = json.dumps(sent, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return environment.get_template("page.html.j2").render(
        data=data, groups=groups(data["claims"]), kinds={entry["label"]: entry for entry in data["claims"]},
        looks=curves.LOOKS, json=Markup(text), styles=Markup(_styles()),
        scripts=[Markup(_script(HOME / "vendor" / name)) for name in VENDOR]
        + [Markup(_script(HOME / "assets" / name)) for name in SCRIPTS])


def _kind_class(kind: str) -> str:
    return {"REFUTED": "refuted", "no verdict": "none"}.get(kind, kind)


def _script(path: Path) -> str:
    # a script ends at the first </script, whatever the language thinks of it
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script")


def _styles() -> str:
    """KaTeX's styles with the fonts they can need inside, then the page's own."""
    katex = (HOME / "vendor" / "katex.min.css").read_text(encoding="utf-8")

    def face(match: re.Match[str]) -> str:
        name = re.search(r"fonts/([\w-]+\.woff2)", match[0])
        path = HOME / "vendor" / "fonts" / name[1] if name else None
        if path is None or not path.exists():                 # a face no formula here uses: Fraktur, Script, ...
            return ""
        font = base64.b64encode(path.read_bytes()).decode()
        return re.sub(r"src:[^;}]*", f"src:url(data:font/woff2;base64,{font}) format('woff2')", match[0])

    return (re.sub(r"@font-face\{[^}]*\}", face, katex)
            + "".join("\n" + (HOME / "assets" / name).read_text(encoding="utf-8") for name in STYLES))
