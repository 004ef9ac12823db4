"""The tables of a writeup: what an author chooses is honoured in every format, refused in one line, never lost.

The example article inputs every table and compiles without a warning; it needs pdflatex, bibtex, siunitx and lmodern,
and is skipped without them, or fails where BACKTRACK_NEEDS lists latex. Its verdicts and its map are the shipped ones,
whatever sources they were made from: it is the layout that is tested. Not covered: cells (`tests/test_tables.py`).
"""

import csv
import io
import json
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from tests.conftest import needs
from theory.cells import html_cell, pieces_of, tex_cell
from theory.claim import claims
from theory.fitted import styled
from theory.formats import FORMATS, Column, Style, Table, fragment, html, latex, latex_of, markdown
from theory.numeric import InputError, exact
from theory.references import BIB, COMPANION, OURS, PAPER
from theory.tables import all_tables, bounds_numbers, bounds_symbolic, claims_table, figure3
from verify.ranges import integers
from verify.writeup import NAMES, Choice, shapes

ROOT = Path(__file__).parent.parent
SIUNITX = Style(units=True, siunitx=True)


@pytest.fixture
def told(monkeypatch):
    """The commands find the shipped evidence and map, whatever sources they were made from."""
    from verify.dials.kept import SHIPPED_ROWS
    from verify.evidence import SHIPPED, Evidence

    def lines(path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    evidence = [Evidence(**{k: v for k, v in line.items() if k != "sources"}) for line in lines(SHIPPED)]
    rows = {line["row"]["dial"]: line["row"] for line in lines(SHIPPED_ROWS)}
    monkeypatch.setattr("verify.runner.known_evidence", lambda *_: evidence)
    monkeypatch.setattr("verify.dials.kept.load_rows", lambda *_, **__: dict(rows))


def command(*words):
    """(files written, by name)."""
    from click.testing import CliRunner

    from verify.cli import cli

    done = CliRunner().invoke(cli, ["tables", *map(str, words)])
    assert done.exit_code == 0, f"{done.stderr}{done.exception}"
    return {Path(line).name: Path(line) for line in done.stdout.splitlines()}


# -- choices ------------------------------------------------------------------------------------------------------

def test_chosen_claims_and_columns_in_every_format(tmp_path, told):
    for format, (suffix, _) in FORMATS.items():
        files = command("-o", tmp_path / format, "--format", format, "-c", "Theorem 4, sft_cost", "--column",
                        "claims:label", "--column", "claims:verdict")
        bib = {"references.bib", "tables.tex"} if format == "latex" else set()
        assert set(files) == {f"bounds_symbolic{suffix}", f"claims{suffix}"} | bib
    labels = [label for label in claims() if label == "sft_cost" or label.startswith("separation")]
    rows = list(csv.reader(io.StringIO((tmp_path / "csv" / "claims.csv").read_text())))
    assert rows[0] == ["label", "verdict"] and [row[0] for row in rows[1:]] == labels
    assert [row["label"] for row in json.loads((tmp_path / "json" / "claims.json").read_text())["rows"]] == labels
    text = (tmp_path / "markdown" / "claims.md").read_text()
    assert "| label | verdict |" in text and "statement" not in text
    assert f"{len(labels)} of {len(labels)} claims, chosen among {len(claims())}, were checked" in text


def test_columns_share_the_line_again():
    known = shapes()
    assert sum(column.share for column in known["claims"].choose(["label", "verdict"]).columns) == pytest.approx(1)
    kept = known["bill"].choose(["learner", "words", "samples"])
    assert sum(column.share for column in kept.columns) == pytest.approx(
        sum(column.share for column in known["bill"].columns))
    assert [column.name for column in kept.columns] == ["learner", "words", "samples"]


def test_a_refuted_claim_is_told_when_its_verdict_is_not_shown():
    texts = {label: "proved" for label in claims()} | {
        "separation_sft_lower_quoted": "REFUTED, smallest", "sft_cost": "undecided"}
    for table in (claims_table(texts), bounds_symbolic(texts)):
        assert not any("left out" in text or "Refuted" in text for _, text in table.words)
        said = table.choose(["label"]).words
        assert ("code", "separation_sft_lower_quoted") in said and ("code", "sft_cost") in said
        assert ("code", "base_cost") not in said
    assert ("text", "No check was run on these sources.") in bounds_symbolic({}).choose(["label"]).words
    symbolic = bounds_symbolic(texts).choose(["label", "formula"]).captioned("Mine")
    assert sum("left out" in text for _, text in symbolic.words) == 2       # relation and domain, whatever the caption


def test_a_grid_left_out_is_told():
    table = bounds_numbers({}, (15,), (2, 3), (5,)).choose(["base"])
    text = markdown(table)
    assert "Here $W = 15.$" in text and "row by row: $K = 2, 3.$" in text and "base\\_cost" not in text
    assert "`base_cost`: not run" in text and "`sft_cost`" not in text


@pytest.mark.parametrize("digits", [1, 3, 10, 30])
def test_digits_round_the_exact_value_once_and_the_caption_says_so(digits):
    table = bounds_numbers({}, (2, 15), (1, 3, 30), (1, 2, 5), digits)
    whole = bounds_numbers({}, (2, 15), (1, 3, 30), (1, 2, 5), 50)
    so_many = f"{digits} digit{'s' * (digits > 1)}"
    assert ("text", f"A number with an exponent is rounded to {so_many}; one without is exact, but for the ratio "
                    f"SFT/optimum, which is rounded to {so_many}.") in table.captioned("Mine").words
    for row, precise in zip(table.rows, whole.rows, strict=True):
        for column, cell, value in zip(table.columns, row, precise, strict=True):
            near, true = Fraction(str(exact(cell))), Fraction(str(exact(value)))
            if "e" in str(cell) or column.name == "SFT/optimum":
                assert abs(near - true) <= abs(true) * Fraction(5, 10**digits)
                assert len(re.sub(r"e.*|\D", "", str(cell)).lstrip("0")) <= digits
            else:
                assert near == true


def test_figure3_shows_no_digit_that_floating_point_may_have_wrong():
    table = figure3({}, 30)
    assert ("text", "Numbers are rounded to 8 digits.") in table.words
    assert table.rows[1][1] == "49658.063" and table.rows[0][1] == "50142"
    assert ("text", "Numbers are rounded to four decimals.") in figure3({}).words


def test_units_stand_in_the_headings_when_asked_for():
    table = bounds_numbers({}, (2,), (1,), (1,))
    assert "base (steps)" in FORMATS["csv"][1](table, SIUNITX) and "(steps)" not in FORMATS["csv"][1](table)
    assert "| $W L^{K}$ (steps) |" in markdown(table, SIUNITX) and r"(steps)\end{tabular}" in latex(table, SIUNITX)
    assert {column["name"]: column.get("unit") for column in json.loads(FORMATS["json"][1](table))["columns"]
            }["base"] == "steps"


def test_siunitx_numbers():
    assert tex_cell("number", "1.5e+20", True) == r"\num{1.5e+20}" and tex_cell("number", "any", True) == "any"
    assert tex_cell("number", "170/3", True) == r"\num{170}/\num{3}" and tex_cell("number", "oo", True) == r"$\infty$"
    assert tex_cell("number", "-1.5") == "$-1.5$" and tex_cell("number", "") == ""
    columns = tuple(Column(name, "number") for name in "abc")
    text = fragment(Table("t", "T", columns, ((1, "-12.25", "1e+20"), (30, "7", "2")), ()), SIUNITX)
    assert "{@{}S[table-format=2.0] S[table-format=-2.2] r@{}}" in text
    assert r"30 & 7 & \num{2} \\" in text and "{a} & {b} & c" in text
    assert r"\usepackage{siunitx}" in latex_of([Table("t", "T", columns, (), ())], SIUNITX)


def test_one_file_holds_them_all(tmp_path, told):
    some = ("-t", "figure3,bounds_numbers", "--one-file", "--no-bib")
    assert set(command("-o", tmp_path, *some)) == {"tables.tex"}
    text = (tmp_path / "tables.tex").read_text()
    assert text.count(r"\documentclass") == 1 and text.count(r"\begin{longtable}") == 2
    command("-o", tmp_path, *some, "--format", "json")
    assert [table["name"] for table in json.loads((tmp_path / "tables.json").read_text())] == [
        "bounds_numbers", "figure3"]
    command("-o", tmp_path, *some, "--format", "markdown")
    assert (tmp_path / "tables.md").read_text().count("\n## ") == 1


def test_own_caption_and_labels(tmp_path, told):
    files = command("-o", tmp_path, "-t", "figure3", "--caption", "Descent at $W = 15$ & more", "--label", "tab:own")
    text = files["figure3.tex"].read_text()
    assert r"\caption[{Descent at $W = 15$ \& more}]{Descent at $W = 15$ \& more. Numbers are rounded" in text
    assert r"\label{tab:own}" in text and "Sign descent" not in text
    assert r"\label{t-figure3}" in command("-o", tmp_path, "-t", "figure3", "--label-prefix", "t-")["figure3.tex"
                                                                                                 ].read_text()
    assert pieces_of("a $x$ b") == (("text", "a"), ("math", "x"), ("text", "b"))


def test_the_list_tells_names_files_labels_and_columns():
    from click.testing import CliRunner

    from verify.cli import cli

    out = CliRunner().invoke(cli, ["tables", "--list", "--label-prefix", "t:"]).stdout
    for name, table in shapes().items():
        assert f"{name}.tex, label t:{name.replace('_', '-')}" in out
        assert " | ".join(column.name for column in table.columns) in out
    assert set(shapes()) == set(NAMES)


@pytest.mark.parametrize("choice, pieces", [
    ({"tables": ("figur3",)}, ("'figur3'", "did you mean figure3?")),
    ({"tables": ("zzz",)}, ("'zzz'", "bounds_symbolic, ")),
    ({"tables": ("",)}, ("no table is called ''",)),
    ({"columns": ("claims:verdikt",)}, ("'verdikt'", "did you mean verdict?")),
    ({"columns": ("claim:verdict",)}, ("'claim'", "did you mean claims?")),
    ({"columns": ("verdict",)}, ("'verdict'", "TABLE:COLUMN")),
    ({"tables": ("bill",), "columns": ("claims:label",)}, ("claims is not among",)),
    ({"columns": ("claims:label", "claims:label")}, ("'label'", "twice")),
    ({"tables": ("critique",), "critique": False}, ("--no-critique",)),
    ({"tables": ("bill",), "claims": ("sft_cost",)}, ("sft_cost", "bounds_symbolic, claims")),
    ({"tables": ("bounds_symbolic",), "claims": ("lumping",)}, ("lumping", "no closed formula")),
    ({"tables": ("bill",), "grid": {"W": [2, 3]}}, ("-W 2,3", "bounds_numbers")),
    ({"grid": {name: range(1, 101) for name in "WKL"}}, ("1000000 mazes", "10000")),
    ({"tables": ("claims",), "digits": 3}, ("--digits 3", "figure3")),
    ({"tables": ("claims",), "measured": False}, ("--no-measured",)),
    ({"caption": "x"}, ("--caption 'x'", "single table")), ({"label": "x"}, ("--label 'x'", "single table")),
    ({"tables": ("claims",), "label": "a}b"}, ("'a}b'",)), ({"tables": ("claims",), "label": ""}, ("''",)),
    ({"style": Style(prefix="a b")}, ("'a b'",)),
    ({"tables": ("claims",), "caption": "odd $x"}, ("'odd $x'", "$")),
    ({"tables": ("claims",), "caption": "a $}{$"}, ("'}{'",)),
    ({"tables": ("claims",), "caption": " "}, ("' '", "empty")),
    ({"tables": ("claims",), "caption": "漢"}, ("'漢'",)),
    ({"format": "csv", "tables": ("claims",), "caption": "x"}, ("'x'", "CSV")),
    ({"format": "csv", "one_file": True}, ("--one-file", "CSV")),
    ({"format": "json", "style": SIUNITX}, ("--siunitx", "json")),
    ({"format": "json", "tables": ("claims",), "label": "x"}, ("--label", "json")),
])
def test_wrong_choices_are_one_line_before_anything_is_computed(choice, pieces, fails):
    fails(Choice(**choice).checked, *pieces)


@pytest.mark.parametrize("words, shown", [
    (("-c", "Theorm 4"), "did you mean Theorem 4?"), (("-c", "sft_cots"), "did you mean sft_cost?"),
    (("--digits", "0"), "0"), (("-K", "2:9:0"), "'2:9:0'"), (("-K", "9999999"), "9999999"), (("-K", "2,2"), "'2,2'"),
    (("-W", "1:" + "9" * 40), "10000 are the most"), (("--format", "pdf"), "'pdf'"), ((), "--list")])
def test_wrong_words_are_one_line(words, shown, capsys, monkeypatch):
    from verify.cli import main

    monkeypatch.setattr("sys.argv", ["backtrack", "tables", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2 and said.out == "" and said.err.count("\n") == 1 and shown in said.err


def test_ranges_have_one_reader(fails):
    assert integers("2:8:3", "W", least=1, most=9, count=9) == [2, 5, 8]
    for text, piece in (("8:2", "empty"), ("1:2:3:4", "2:16"), ("2:9:-1", "2:16"), ("0:3", "W = 0"), ("1:99", "W = 99"),
                        ("x" * 100, "...")):
        fails(lambda text=text: integers(text, "W", least=1, most=50, count=1000), piece)


# -- references ---------------------------------------------------------------------------------------------------

def test_references_say_what_the_citation_file_says():
    import yaml

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    entries = dict(re.findall(r"@\w+\{(\w+),\n(.*?)\n\}", BIB, re.DOTALL))
    assert set(entries) == {PAPER, COMPANION}
    ours = dict(re.findall(r"^  (\w+) *= \{(.*)\},?$", entries[COMPANION], re.MULTILINE))
    assert ours["title"] == f"{{{cited['title']}}}" and cited["version"] in ours["note"].split()
    assert ours["author"] == " and ".join(f"{{{author['name']}}}" for author in cited["authors"])
    assert ours["year"] == str(cited.get("date-released", ours["year"]))[:4]
    (paper,) = cited["references"]
    theirs = dict(re.findall(r"^  (\w+) *= \{(.*)\},?$", entries[PAPER], re.MULTILINE))
    assert theirs["title"] == f"{{{paper['title']}}}" and theirs["year"] == str(paper["year"])
    assert theirs["author"] == " and ".join(f"{a['family-names']}, {a['given-names']}" for a in paper["authors"])
    assert paper["identifiers"][0]["value"] == theirs["note"] == f"arXiv:{theirs['eprint']}"


def test_an_authors_own_references_are_never_replaced(tmp_path, told):
    words = ("-o", tmp_path, "-t", "figure3")
    assert command(*words)["references.bib"].read_text().startswith(OURS)
    assert "references.bib" in command(*words)                              # our own is
    (tmp_path / "references.bib").write_text("@book{mine}\n")
    with pytest.raises(InputError, match=r"references\.bib: not written by this command"):
        Choice(tables=("figure3",)).write(tmp_path, None, bib=True)
    assert "references.bib" not in command(*words, "--no-bib")
    assert (tmp_path / "references.bib").read_text() == "@book{mine}\n"


# -- HTML ---------------------------------------------------------------------------------------------------------

def test_html_is_escaped_and_well_formed():
    from xml.etree import ElementTree

    nasty = r"""a<b>&"c' $x$ \(y\) 漢"""
    table = Table("t", nasty, (Column("text"), Column("f", "math", math='x < "y"'), Column("n", "number", unit="steps"),
                               Column("s", "sign"), Column("c", "code")),
                  ((nasty, r"\frac{1}{2} < x", "-1.5e+20", ">=", nasty), ("", "x", "oo", "->", "a_b")),
                  (("text", nasty), ("math", "x < y")))
    for text in (html(table), table._repr_html_()):
        root = ElementTree.fromstring(text)
        assert [head.get("scope") for head in root.iter("th")] == ["col"] * 5
        assert "".join(root.find("caption").itertext()).startswith(nasty)
        cells = ["".join(cell.itertext()) for cell in root.iter("td")]
        assert cells[0] == cells[4] == nasty and cells[2] == "−1.5 × 1020" and cells[3] == "≥"
        assert cells[7:9] == ["∞", "→"]
    span = ElementTree.fromstring(html(table)).find(".//td/span")
    assert span.get("class") == "math" and span.get("data-tex") == span.text == r"\frac{1}{2} < x"
    assert html(table, Style(units=True)).count("(steps)") == 1
    notebook = table._repr_html_()
    assert r'<span class="math">\( \frac{1}{2} &lt; x \)</span>' in notebook
    assert "$x$" not in notebook and r"\(y" not in notebook                 # no formula where there is none
    assert html_cell("number", "2e-7") == "2 × 10<sup>−7</sup>"


def test_a_notebooks_latex_is_the_fragment():
    table = bounds_numbers({}, (2,), (1,), (1,))
    assert table._repr_latex_() == fragment(table) and "documentclass" not in fragment(table)


# -- the article --------------------------------------------------------------------------------------------------

PACKAGES = ("siunitx.sty", "lmodern.sty", "longtable.sty", "natbib.sty", "pdflscape.sty")


def has_latex():
    if not (shutil.which("pdflatex") and shutil.which("bibtex") and shutil.which("kpsewhich")):
        return False
    found = subprocess.run(["kpsewhich", *PACKAGES], capture_output=True, text=True).stdout
    return len(found.split()) == len(PACKAGES)


def run(*words, at):
    done = subprocess.run(words, cwd=at, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def compiled(folder):
    """Compile the article until it settles; what pdflatex and bibtex complain of."""
    latex_ = ("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "article")
    run(*latex_, at=folder)
    bib = run("bibtex", "article", at=folder)
    for _ in range(4):
        run(*latex_, at=folder)
        log = (folder / "article.log").read_text(errors="replace")
        if "Rerun" not in log.replace("Package: rerunfilecheck", "") and "undefined" not in log:
            break
    return [line for line in (log + bib).splitlines()
            if re.search(r"warning|overfull|underfull|undefined|multiply|^!", line, re.IGNORECASE)
            and not line.startswith(("Package: ", "(", "LaTeX Info"))]


@pytest.mark.parametrize("options", [("--siunitx", "--units"), ("--no-measured",)], ids=["siunitx", "plain"])
def test_the_article_compiles_without_a_warning(options, tmp_path, told):
    needs("latex", has_latex())
    article = shutil.copy(ROOT / "tests" / "latex" / "article.tex", tmp_path)
    files = command("-o", tmp_path / "tables", *options)
    inputs = re.findall(r"\\input\{tables/(\w+)\}", Path(article).read_text())
    assert sorted(inputs) == sorted(NAMES) and {f"{name}.tex" for name in NAMES} < set(files)
    assert compiled(tmp_path) == []
    for name in ("tables", "figure3"):                                      # each is a document too
        run("pdflatex", "-interaction=nonstopmode", "-halt-on-error", name, at=tmp_path / "tables")
    assert {PAPER, COMPANION} <= set(re.findall(r"\\bibitem.*\{(\w+)\}", (tmp_path / "article.bbl").read_text()))


def test_the_articles_check_sees_a_warning(tmp_path, told):
    needs("latex", has_latex())
    text = (ROOT / "tests" / "latex" / "article.tex").read_text()
    text = re.sub(r"\\(input|clearpage|listoftables)(\{.*?\})?\n", "\n", text).replace(
        r"\section{Numbers}", r"\section{Numbers} \ref{tab:none} \citep{nobody} \hbox to 9in{\hfil}")
    (tmp_path / "article.tex").write_text(text)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "references.bib").write_text(BIB)
    found = "\n".join(compiled(tmp_path))
    for word in ("tab:none", "nobody", "Overfull"):
        assert word in found


def test_long_formulas_break_at_their_brackets():
    assert styled(r"\left(x\right)^{2} y") == r"\displaystyle \left(x\right)^{2} y"
    inner = rf"\frac{{1 + \left({' + '.join('abcdefghijklmnop')}\right)^{{K}}}}{{2}}"
    assert styled(rf"\left(1 + {inner}\right)^{{2}} \left(W - 1\right)") == (
        rf"\textstyle \bigl(1 + {inner}\bigr)^{{2}}\allowbreak \bigl(W - 1\bigr)")


def test_the_four_tables_by_name():
    assert [table.name for table in all_tables({}, names=("claims",), labels=("sft_cost",))] == ["claims"]
