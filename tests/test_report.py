"""The report: every file written, verdicts as JSON, refutations beside the true forms, figures that are figures.

The evidence is made up here, so that nothing depends on which checks have run. Not covered: the verdict's rules.
"""

import json

import pytest

from tests.test_critique import made_up
from theory.claim import claims
from theory.numeric import InputError
from theory.proofs import line_of, proofs
from theory.tables import FORMATS, NOT_RUN
from verify.dials import map as critique_map
from verify.evidence import Evidence, verdicts
from verify.report import figures
from verify.report.rows import claim_row
from verify.report.write import summary, write_report

CASE = "W = 1, K = 1, L = 4: claimed at least 4, is 3"
PROVED = "verify/test_walk.py::test_sft_cost__proved"
EVIDENCE = [
    Evidence("sft_cost", "proved", "held", PROVED, n=1, scope="all W, K, L", seconds=90, profile="quick"),
    Evidence("sft_cost", "control", "refuted", "verify/test_walk.py::test_sft_cost__control", n=1, profile="quick"),
    Evidence("separation_sft_lower_quoted", "exact", "refuted", "verify/test_separation.py::test_x", n=9, case=CASE,
             profile="quick"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    home, seen = tmp_path_factory.mktemp("report") / "new", []
    paths = write_report(home, EVIDENCE, [critique_map.row(made_up())],
                         progress=lambda *step: seen.append(step), measured=False)
    return home, paths, seen


def test_every_file_is_there(report):
    home, paths, _ = report
    tables = ("bounds_symbolic", "bounds_numbers", "claims", "figure3", "bill", "critique", "critique_values")
    names = [f"tables/{name}{suffix}" for name in tables
             for suffix, _ in FORMATS.values()]
    names += [f"figures/{name}.{suffix}" for name in (
        "figure3", "separation", "bill", "critique_map", "critique_gaps", "phase_made_up") for suffix in ("pdf", "png")]
    assert sorted(p.relative_to(home).as_posix() for p in paths) == sorted(
        [*names, "tables/tables.tex", "index.html", "README.md", "verdicts.json", "critique.json"])
    assert sorted(paths) == sorted(path for path in home.rglob("*") if path.is_file())


def test_figures_are_figures(report):
    home, *_ = report
    for name in ("figure3", "separation", "bill"):
        pdf, png = ((home / "figures" / f"{name}.{suffix}").read_bytes() for suffix in ("pdf", "png"))
        assert pdf.startswith(b"%PDF") and len(pdf) > 8_000
        assert png.startswith(b"\x89PNG") and len(png) > 30_000


def test_a_figure_is_the_same_twice(report, tmp_path):
    home, *_ = report
    for path in figures.figure3(tmp_path):
        assert path.read_bytes() == (home / "figures" / path.name).read_bytes()


def test_progress_goes_from_none_to_all(report):
    *_, seen = report
    done, total = [step[0] for step in seen], {step[1] for step in seen}
    assert done == sorted(done) and done[0] == 0 and total == {done[-1]} and all(step[2] for step in seen)


def test_verdicts_json_has_every_claim(report):
    home, *_ = report
    rows = {row["label"]: row for row in json.loads((home / "verdicts.json").read_text(encoding="utf-8"))}
    assert list(rows) == list(claims())
    assert rows["sft_cost"] == {
        "label": "sft_cost", "number": "", "statement": claims()["sft_cost"].statement,
        "source": "derived: elimination of the jump across an edge; docstring of theory.hitting",
        "verdict": "proved for all W, K, L", "control": "2 for 1 inside the bracket", "stands_on": [],
        "code": "theory.walk.sft_cost", "check": [PROVED, "verify/test_walk.py::test_sft_cost__control"],
        "proof": f"theory/proofs/ClosedForms.v:{line_of(proofs()['sft_cost'])}",
        "command": "backtrack verify sft_cost"}
    assert rows["figure3_target"]["number"] == "Figure 3" and rows["figure3_target"]["verdict"] == "stated"


def test_a_check_is_named_once():
    found = verdicts(claims(), [])
    row = claim_row(claims()["sft_cost"], found["sft_cost"], [*EVIDENCE, *EVIDENCE])
    assert row["check"] == list(dict.fromkeys(row["check"])) and len(row["check"]) == 2


def test_the_page_shows_refutations_beside_the_true_form(report):
    home, *_ = report
    page = (home / "README.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.split("\n")
               if line.startswith("| `separation_sft_lower_quoted` | Imitation") and "`separation_sft_lower` |" in line]
    assert CASE in line and claims()["separation_sft_lower"].statement in line
    assert "profile quick, 1.5 minutes" in page and "Every claim that a check decided came out as expected." in page
    unchecked = page.split("## Not checked")[1].split("\n## ")[0]
    assert "| `optimum_cost` |" in unchecked and "`sft_cost`" not in unchecked
    for link in ("tables/tables.tex", "tables/claims.csv", "figures/figure3.png", "verdicts.json"):
        assert f"({link})" in page and (home / link).is_file()


def test_a_surprise_comes_before_anything_else(report):
    home, paths, _ = report
    bad = [Evidence("base_cost", "exact", "refuted", "verify/test_walk.py::test_base_cost__exact", case=CASE)]
    from theory.tables import claims_table

    page = summary(verdicts(claims(), bad), bad, [claims_table({})])
    surprises = page.split("## Not as expected")[1].split("\n## ")[0]
    assert "| `base_cost` | to hold | REFUTED" in surprises
    assert page.index("## Not as expected") < page.index("## Refuted")


def test_without_evidence_the_tables_say_so(monkeypatch, tmp_path):
    for name in ("figure3", "separation", "bill"):
        monkeypatch.setattr(figures, name, lambda directory, **_: [])
    write_report(tmp_path, [], measured=False)
    assert "No check has been run on these sources." in (tmp_path / "README.md").read_text(encoding="utf-8")
    for name in ("bounds_symbolic", "bounds_numbers", "claims", "figure3", "bill"):
        assert NOT_RUN in (tmp_path / "tables" / f"{name}.tex").read_text(encoding="utf-8")


def test_unwritable_directory_is_one_line(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(InputError) as error:
        figures.figure3(tmp_path / "file")
    assert str(error.value).endswith(": Not a directory") and "\n" not in str(error.value)
    with pytest.raises(InputError):
        write_report(tmp_path / "file", [], measured=False)
