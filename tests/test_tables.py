"""Tables: cells from the claims, the same in four formats, escaped, and LaTeX that compiles.

Where pdflatex is not installed the compilation is replaced by a check of the syntax, which also runs where it is.
Not covered: whether the claims are true (`verify/`).
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
import sympy

from theory import chain
from theory.claim import claims
from theory.formats import Column, Table, latex, markdown, md_text, tex_text
from theory.maze import Maze
from theory.numeric import InputError, exact
from theory.policy import Policy
from theory.tables import FORMATS, GRID, NOT_RUN, all_tables, expression, formula, number, rounded, write

NASTY = r"""[x] a_b^2 & 50% #1 {~} <b> \input{/x} $y$ `z` "q" | 'it' -- _e_ *s* → ρ ≤ é 漢 &amp; sum_{n=1}^{2K} """
LONG = "13178858182061763405316183/30517578125" * 3
VERDICTS = {"base_cost": "proved for all W, K, L (certificate); exact for W <= 4 (64 cases)",
            "separation_sft_lower_quoted": f"REFUTED, smallest counterexample W = 1: claimed at least 4, is {LONG}",
            "sft_cost": NASTY}
ODD = Table("odd", "Odd & ends", (Column("words", share=.3), Column("label", "code"), Column("of 100 %", "number"),
                                  Column("wide", share=.4), Column("sign", "sign"), Column("f", "math")),
            ((NASTY, "a_b|c", "1.5e+20", NASTY + LONG, "<=", r"\frac{1}{2}"), ("", "", 7, "", "=", "x")),
            (("text", NASTY), ("math", "x^2")))


@pytest.fixture(scope="module")
def tables():
    return [*all_tables(VERDICTS, W=(2, 3), K=(1, 2, 3, 40), L=(1, 2, 4)), ODD]


# -- cells ------------------------------------------------------------------------------------------------------

def test_numbers_are_the_exact_solves(tables):
    (table,) = [table for table in tables if table.name == "bounds_numbers"]
    rows = {row[:3]: row[3:] for row in table.rows}
    for W, K, L in ((2, 3, 4), (3, 2, 2), (2, 1, 1)):
        maze = Maze(W, K, L)
        base, sft, optimum = (chain.lumped_chain(maze, policy).hitting_time()
                              for policy in (Policy.base(L), Policy.sft_limit(L), Policy.optimum()))
        shown = rows[W, K, L]
        assert [Fraction(cell) for cell in shown[:3]] == [base, sft, optimum]
        prompted = chain.full_chain(maze, Policy.optimum(), prompt_edge=True).hitting_time(chain.PROMPT)
        assert Fraction(shown[3]) == prompted
        assert Fraction(shown[4]) == W * L**K and Fraction(shown[5]) == Fraction((L + 1) ** 2, L) ** K
        assert shown[6] == rounded(sft / optimum)
    assert re.fullmatch(r"\d\.\d{9}e\+\d+", rows[2, 40, 4][1])
    assert len(rows) == 2 * 4 * 3


@pytest.mark.parametrize("value, text", [
    (50141, "50141"), (Fraction(33633, 32), "1051.03125"), (Fraction(170, 3), "170/3"), (10**12 - 1, "999999999999"),
    (10**12, "1.000000000e+12"), (Fraction(10**9 + 1, 3 * 10**6), "3.333333337e+2"), (0, "0"), (float("inf"), "oo"),
    (Fraction(1, 3**30), "4.856935750e-15"), (Fraction(10**5000), "1.000000000e+5000")])
def test_a_number_is_exact_or_has_an_exponent(value, text):
    assert number(value) == text


def test_rounded_digits():
    assert [rounded(Fraction(v)) for v in ("170/3", "999999.4", "999999.6", "1e40", "1/7")] == [
        "56.6667", "999999", "1.00000e+6", "1.00000e+40", "0.142857"]


@pytest.mark.parametrize("label", [label for label, entry in claims().items() if entry.symbolic])
def test_a_tidy_formula_is_still_the_body(label):
    entry = claims()[label]
    value, names = expression(entry)
    at = dict(zip(entry.parameters, (3, 4, 5, 6), strict=False))
    L = Fraction(at.get("L", 1))
    at |= {r"\rho": (L + 1) ** 2 / L, r"\Lambda": L + 1 / L, r"\varepsilon": at.get("eps", 1)}
    numbers = {symbol: sympy.Rational(*Fraction(at[name]).as_integer_ratio()) for symbol, name in names.items()}
    exactly = entry.body(*(sympy.Integer(at[name]) for name in entry.parameters))
    assert sympy.nsimplify(value.subs(numbers)) == exactly
    assert not re.search(r"\d(rho|Lambda|[WKLMn])", formula(entry))       # SymPy's names for the letters do not show


def test_formulas_read_as_written():
    shown = {label: formula(claims()[label]) for label in ("separation_sft_lower", "separation", "figure3_target")}
    assert shown == {"separation_sft_lower": "W L^{K}", "separation": r"\frac{\rho^{K}}{2 K + 1}",
                     "figure3_target": "4 W K + 2 W - 2 K"}


def test_figure3_rows(tables):
    (table,) = [table for table in tables if table.name == "figure3"]
    shown = {row[0]: row[1] for row in table.rows}
    assert {step: shown[step] for step in (0, 1, 25, 100, 300, 600, 1200)} == {
        0: "50142.0000", 1: "49658.0633", 25: "39503.4941", 100: "20239.8814", 300: "4177.9501", 600: "1078.0128",
        1200: "900.4437"}


def test_captions_and_cells_say_when_nothing_was_run(tables):
    empty = all_tables({}, W=(2,), K=(1,), L=(1,))
    assert all(NOT_RUN in markdown(table) for table in empty)
    assert all(row[4] == NOT_RUN for row in empty[2].rows)
    assert f": {VERDICTS['base_cost']};" in json.loads(FORMATS["json"][1](tables[1]))["caption"]


@pytest.mark.parametrize("grid", [{"W": ()}, {"K": (0,)}, {"L": (2, True)}, {"K": ("3",)}])
def test_bad_grids_are_input_errors(grid):
    with pytest.raises(InputError):
        all_tables({}, **{**GRID, **grid})


# -- formats ----------------------------------------------------------------------------------------------------

def _markdown_cells(text):
    """The rows of the one pipe table in `text`, every cell back to its source."""
    rows = []
    for line in text.split("\n"):
        if line.startswith("| "):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]]
            rows.append([_plain(cell) for cell in cells])
    return rows[0], rows[2:]


def _plain(cell):
    if re.fullmatch(r"`.*`", cell):
        return cell[1:-1].replace(r"\|", "|")
    if re.fullmatch(r"\$.*\$", cell):
        return cell[1:-1]
    return re.sub(r"\\([^\w\s])|\\(_)", r"\1\2", cell)


def _words(cell):
    return " ".join(str(cell).split())


def test_formats_agree_cell_for_cell(tables):
    for table in tables:
        wanted = [[_words(cell) for cell in row] for row in table.rows]
        header, *rows = csv.reader(io.StringIO(FORMATS["csv"][1](table)))
        assert [[_words(cell) for cell in row] for row in rows] == wanted
        loaded = json.loads(FORMATS["json"][1](table))
        assert [list(map(_words, row.values())) for row in loaded["rows"]] == wanted
        assert header == [column.name for column in table.columns] == [c["name"] for c in loaded["columns"]]
        heads, cells = _markdown_cells(markdown(table))
        assert cells == wanted and len(heads) == len(header)


def test_json_keeps_exact_text_and_small_integers(tables):
    row = json.loads(FORMATS["json"][1](tables[1]))["rows"][0]
    assert row["W"] == 2 and isinstance(row["base"], str) and exact(row["base"]) == 27


def test_escaping():
    assert tex_text("50% of a_b & {x}^2 <= #1 ~ \\y $z$") == (
        r"50\% of a\_b \& \{x\}\textasciicircum{}2 \textless{}= \#1 \textasciitilde{} \textbackslash{}y \$z\$")
    assert tex_text("[a] -- b") == "{}[a] -{}- b" and tex_text("漢") == "[U+6F22]"
    assert tex_text("W <= 4") == r"W~\ensuremath{\leq}~4" and tex_text("W <= 4", code=True) == r"W~\textless{}=~4"
    assert md_text("a | b*c `d` <e> x_1 _f_ $g$ [h](i) &amp; a < b") == (
        r"a \| b\*c \`d\` \<e> x_1 \_f_ \$g\$ \[h](i) \&amp; a < b")


def test_a_row_needs_one_cell_a_column():
    with pytest.raises(ValueError, match="2 cells in a row of 1"):
        Table("t", "T", (Column("a"),), (("x", "y"),), ())
    with pytest.raises(ValueError, match="kind 'bold'"):
        Column("a", "bold")


# -- LaTeX ------------------------------------------------------------------------------------------------------

def faults(text, columns):
    """What is wrong with the LaTeX of one table, as far as that shows without TeX."""
    body = text.split("\\fi\n", 1)[1]
    bare = re.sub(r"\\[\\{}$&#%_]", lambda match: r"\\" if match[0] == r"\\" else "", body)
    found, open_ = [], []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if kind == "begin":
            open_.append(name)
        elif not open_ or open_.pop() != name:
            found.append(f"environment {name}")
    depth = 0
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
    if open_ or depth:
        found.append(f"open: {open_}, braces {depth}")
    for line in bare.split("\n"):
        outside = re.sub(r"\$[^$]*\$", "", line)
        if "$" in outside or re.search(r"[\^_#%]|[^\x00-\xff]", outside.split("\\label")[0]):
            found.append(f"special character: {line[:60]}")
        if re.search(r"\\\\(\[2pt\])?$", line) and "\\caption" not in line and line.count("&") != columns - 1:
            found.append(f"columns: {line[:60]}")
    return found


def _compiles(path: Path, times=1):
    """Run pdflatex on a file beside itself; the log."""
    for _ in range(times):
        done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name], cwd=path.parent,
                              capture_output=True, text=True, errors="replace", timeout=60)
        assert done.returncode == 0, done.stdout[-2000:]
    return path.with_suffix(".log").read_text(errors="replace")


def test_latex_has_no_fault(tables):
    for table in tables:
        assert faults(latex(table), len(table.columns)) == []


@pytest.mark.parametrize("old, new", [("a\\_b", "a_b"), (" & ", " "), ("\\end{longtable}", ""), ("\\%", "%"),
                                      ("\\}", "}"), ("x$ ", "x ")])
def test_the_syntax_check_sees_planted_faults(old, new):
    assert old in latex(ODD)
    assert faults(latex(ODD).replace(old, new, 1), len(ODD.columns))


def test_latex_compiles(tables, tmp_path):
    paths = write(tables, "latex", tmp_path)
    if not shutil.which("pdflatex"):
        assert not [fault for table in tables for fault in faults(latex(table), len(table.columns))]
        return
    log = _compiles(tmp_path / "tables.tex", times=2)
    assert "undefined" not in log.lower() and "multiply defined" not in log
    assert [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(points) > 10] == []
    for path in paths[:-1]:
        _compiles(path)
        assert path.with_suffix(".pdf").stat().st_size > 10_000


# -- files ------------------------------------------------------------------------------------------------------

def test_write_names_and_leaves_nothing_else(tables, tmp_path):
    for format, (suffix, render) in FORMATS.items():
        folder = tmp_path / "new" / format
        paths = write(tables[:2], format, folder)
        names = ["bounds_symbolic" + suffix, "bounds_numbers" + suffix] + ["tables.tex"] * (format == "latex")
        assert [path.name for path in paths] == names and sorted(names) == sorted(p.name for p in folder.iterdir())
        assert paths[0].read_text(encoding="utf-8") == render(tables[0])


def test_unwritable_directory_is_one_line(tables, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(InputError) as error:
        write(tables, "csv", tmp_path / "file" / "below")
    assert re.fullmatch(r"\S+: Not a directory", str(error.value)) and "\n" not in str(error.value)
    (tmp_path / "figure3.md").mkdir()
    with pytest.raises(InputError):
        write(tables, "markdown", tmp_path)
    assert not list(tmp_path.glob(".*.tmp"))


def test_unknown_format(tables, tmp_path):
    with pytest.raises(InputError, match="format 'html': not one of latex, markdown, csv, json"):
        write(tables, "html", tmp_path)
