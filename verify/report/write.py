"""The report in one go: the page, tables in every format, the figures, verdicts.json and a summary as text.

    DIR/index.html      the page: everything a reader sees, in one file (`verify.report.page`)
    DIR/README.md       in short, as text: what holds, what was refuted, what was not checked
    DIR/verdicts.json   every claim as `backtrack claims --json` prints it
    DIR/critique.json   every dial as `backtrack critique --json` prints it
    DIR/tables/         the tables as .tex, .md, .csv, .json; tables.tex is all of them in one document
    DIR/figures/        figure3, separation, bill, the critique map and its phase diagrams, as .pdf and .png

Setting. Verdicts are computed from the evidence handed in; with none the tables say that nothing was run. Every file is
written whole or not at all. Not covered: running the checks (`pytest verify/`).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from theory.claim import claims
from theory.formats import FORMATS, Column, Table, markdown, write, write_file
from theory.tables import all_tables
from verify.dials.map import Row, judged
from verify.evidence import MEANINGS, Evidence, Verdict, verdicts
from verify.report import bill, critique, figures
from verify.report.headline import by_strength, surprises
from verify.report.page import made, page_data, render
from verify.report.rows import claim_row

Progress = Callable[[int, int, str], None]


def write_report(directory: str | Path, evidence: Sequence[Evidence], dials: Sequence[Row] = (),
                 progress: Progress = lambda done, total, what: None, measured: bool = True) -> list[Path]:
    """Write the whole report to `directory` (made if missing) and return the paths, index.html first.

    dials: rows of the critique map (`verify.dials.map.row`); without any the report has no map.
    progress: called with (parts done, parts in all, what comes next). measured: whether the bill's learners run.
    Errors: `InputError` when the disk refuses.
    """
    home, known = Path(directory), claims()
    found = verdicts(known, evidence)
    judged_rows = [judged(row, found if evidence else {}, evidence) for row in dials]
    draws: list[Callable[[Path], list[Path]]] = [
        figures.figure3, figures.separation, functools.partial(figures.bill, measured=measured)]
    if dials:
        draws.append(functools.partial(critique.figures, judged_rows))
    total = len(FORMATS) + len(draws) + 3
    texts = {label: str(verdict) for label, verdict in found.items()} if evidence else {}
    progress(0, total, "tables")
    rows_of_bill = bill.rows(lambda _, __, what: progress(0, total, what), measured=measured)
    tables = [*all_tables(texts), bill.table(rows_of_bill, texts), *(critique.tables(judged_rows) if dials else ())]
    paths: list[Path] = []
    for done, format in enumerate(FORMATS, 1):
        progress(done, total, f"tables, {format}")
        paths += write(tables, format, home / "tables")
    for done, draw in enumerate(draws, len(FORMATS) + 1):
        progress(done, total, "figures")
        paths += draw(home / "figures")
    progress(total - 2, total, "verdicts")
    rows = [claim_row(entry, found[label], evidence) for label, entry in known.items()]
    paths.append(write_file(home / "verdicts.json", json.dumps(rows, ensure_ascii=False, indent=1) + "\n"))
    if dials:
        paths.append(write_file(home / "critique.json", json.dumps(judged_rows, ensure_ascii=False, indent=1) + "\n"))
    progress(total - 1, total, "summary")
    page = summary(found, evidence, tables, [phase for row in judged_rows for phase in row["phases"]])
    paths.insert(0, write_file(home / "README.md", page))
    shown = render(page_data(found, evidence, judged_rows, rows_of_bill))
    paths.insert(0, write_file(home / "index.html", shown))
    progress(total, total, "done")
    return paths


def summary(found: dict[str, Verdict], evidence: Sequence[Evidence], tables: Sequence[Table],
            phases: Sequence[dict[str, Any]] = ()) -> str:
    """The page: counts, surprises, refutations beside the true forms, the map, gaps, all claims, what made it."""
    by_name = {table.name: table for table in tables}
    shown = [by_name[name] for name in ("critique", "claims") if name in by_name]
    parts = ["# Which claims hold", "", _made(evidence), "", _counts(found), _surprises(found), _refuted(found),
             _labels(found, "Without a decision", "A check has run on these and has not settled them.",
                     ("undecided", "no verdict")),
             _labels(found, "Not checked", "These are stated and registered; no check has run on them.", ("stated",)),
             "## Figures\n",
             "![Figure 3: sign descent, expected steps against step](figures/figure3.png)\n",
             "![Expected steps against depth: exponential against linear](figures/separation.png)\n",
             "![The whole bill: what each learner pays, in steps or tokens](figures/bill.png)\n",
             *(("![The critique map: the gap's verdict at every value of every dial](figures/critique_map.png)\n",
                "![The exponent of the gap against each dial](figures/critique_gaps.png)\n")
               if "critique" in by_name else ()),
             *(f"![{phase['title']}: {phase['words']}](figures/{critique.phase_file(phase)}.png)\n"
               for phase in phases),
             "## Tables\n", *(f"- {name}: " + ", ".join(f"[{format}](tables/{name}{suffix})"
                                                       for format, (suffix, _) in FORMATS.items())
                              for name in by_name),
             "- all of them: [tables.tex](tables/tables.tex); for programs: [verdicts.json](verdicts.json)\n",
             *map(markdown, shown)]
    return "\n".join(part for part in parts if part is not None)


def _made(evidence: Sequence[Evidence]) -> str:
    by = made(evidence)
    checked = (f"{by['checks']} checks, profile {by['profile']}, {by['minutes']} minutes of checking; total "
               f"false-alarm rate of the simulated ones at most {by['alarms']:.0e}." if evidence
               else "No check has been run on these sources.")
    libraries = ", ".join(f"{name} {number}" for name, number in by["libraries"].items())
    return f"Made on {by['date']} from the sources {by['sources']}. {checked} Python {by['python']}, {libraries}."


def _counts(found: dict[str, Verdict]) -> str:
    flagged = sum(bool(verdict.flags) for verdict in found.values())
    rows = tuple((kind, MEANINGS[kind], count) for kind, count in by_strength(found).items())
    columns = (Column("verdict"), Column("meaning"), Column("claims", "number"))
    return markdown(Table("counts", "Counts", columns, rows, (
        ("text", f"{len(found)} claims, each counted under the strongest evidence for it; {flagged} of them carry a "
                 "flag (a weak foundation, a missing control)."),)))


def _surprises(found: dict[str, Verdict]) -> str:
    """Claims that should hold and were refuted, and quoted ones that should fail and did not."""
    wrong = surprises(found)
    if not wrong:
        return "Every claim that a check decided came out as expected.\n"
    return markdown(Table("surprises", "Not as expected", (Column("label", "code"), Column("expected"),
                                                           Column("verdict")),
                          tuple((label, "to hold" if claims()[label].should_hold else "to be refuted",
                                 str(found[label])) for label in wrong), (("text", "These need a person."),)))


def _refuted(found: dict[str, Verdict]) -> str:
    """Refuted statements with their counterexamples, beside the true forms."""
    rows = []
    for label, entry in claims().items():
        if found[label].kind == "REFUTED":
            true = claims()[entry.true_form] if entry.true_form else None
            rows.append((label, entry.statement, str(found[label]), true.label if true else "none",
                         true.statement if true else "none", str(found[true.label]) if true else "none"))
    columns = (Column("label", "code"), Column("as stated"), Column("verdict"), Column("true form", "code"),
               Column("its statement"), Column("its verdict"))
    return markdown(Table("refuted", "Refuted, and what is true instead", columns, tuple(rows), (
        ("text", "A refutation is of the sentence in this table, with its constant and domain; the sentences are ours, "
                 "made from public statements." if rows else "Nothing was refuted."),)))


def _labels(found: dict[str, Verdict], title: str, words: str, kinds: Sequence[str]) -> str | None:
    rows = tuple((label, claims()[label].statement, str(verdict)) for label, verdict in found.items()
                 if verdict.kind in kinds)
    if not rows:
        return None
    return markdown(Table("labels", title, (Column("label", "code"), Column("statement"), Column("verdict")), rows,
                          (("text", words),)))
