r"""A table and how it is punctuated: LaTeX, Markdown, CSV, JSON from the same cells.

Setting. A `Table` is columns, rows of strings (or small integers) and a caption. A column's kind says how its cells
are punctuated: text (escaped, never interpreted), math (LaTeX source), sign (a relation: = <= >= ->), number (exact, or
with an exponent), code (a label).

LaTeX files are booktabs longtables that compile as they are and may also be \input into a document; tables.tex
inputs all of them. CSV has no place for a caption: it has the header and the rows only. Files are written whole or
not at all. Not covered: what stands in the cells (`theory.tables`).
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from theory.numeric import InputError

KINDS = ("text", "math", "sign", "number", "code")
Cell = str | int
Piece = tuple[str, str]               # (kind, content): captions mix words, labels and formulas


@dataclass(frozen=True)
class Column:
    """A column: its name in CSV and JSON, the kind of its cells, its share of the line, its heading in LaTeX math."""

    name: str
    kind: str = "text"
    share: float = 0.0                # of the line's width; 0 for as wide as its widest cell
    math: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"column {self.name}: kind {self.kind!r} is not one of {', '.join(KINDS)}")


@dataclass(frozen=True)
class Table:
    """A table under its file name (without suffix); ValueError when a row has not one cell a column."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: tuple[Piece, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(row)} cells in a row of {len(self.columns)}: {row}")


# -- punctuation ------------------------------------------------------------------------------------------------

TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
       "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
       "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "\u00a0": "~",
       **{char: rf"\ensuremath{{{name}}}" for char, name in {
           "≤": r"\leq", "≥": r"\geq", "→": r"\to", "∞": r"\infty", "−": "-", "≠": r"\neq", "ρ": r"\rho",
           "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon",
           "κ": r"\kappa", "π": r"\pi"}.items()},
       "–": "--", "—": "---", "…": r"\ldots{}", "‘": "`", "’": "'", "“": "``", "”": "''"}
TEX_SIGNS = {"<=": r"\leq", ">=": r"\geq", "->": r"\to"}
LONG = 24                             # characters of a word that may be broken anywhere, so that it fits its column


def tex_text(text: str, code: bool = False) -> str:
    """`text` as LaTeX that prints it: every special character escaped, nothing interpreted, long words breakable.

    code: a word is broken behind its _ and - instead, unless it has a long piece without any.
    """
    words = []
    text = re.sub(r"(?<=\w) ([<>]?=) (?=\w)", "\u00a0\\1\u00a0", " ".join(text.split()))       # no line ends at = or <=
    for word in text.split(" "):
        out, breaks = "", len(max(re.split("[_-]", word), key=len) if code else word) > LONG
        for i, char in enumerate(word):
            if i and char == word[i - 1] and char in "-,'":              # no ligatures: -- is not a dash
                out += "{}"
            if breaks and i and i % (LONG // 2) == 0:
                out += r"\allowbreak{}"
            out += TEX.get(char) or (char if char.isascii() or "\u00a1" <= char <= "\u00ff" else f"[U+{ord(char):04X}]")
        words.append(out)
    # at the start of a row [ or * would be an argument of the \\ before it
    return ("{}" if text[:1] in ("[", "*") else "") + " ".join(words)


def _tex(kind: str, cell: Cell) -> str:
    text = str(cell)
    if kind == "math":
        return f"${text}$"
    if kind == "sign":
        return f"${TEX_SIGNS.get(text, text)}$"
    if kind == "code":
        return r"\texttt{" + re.sub(r"(\\_|(?<=\w)-(?=\w))", r"\1\\allowbreak{}", tex_text(text, code=True)) + "}"
    if kind == "number" and (match := re.fullmatch(r"(-?[\d.]+)e\+?(-?\d+)", text)):
        return rf"${match[1]}\times 10^{{{match[2]}}}$"
    return tex_text(text)


def md_text(text: str) -> str:
    """`text` as Markdown for a table's cell: what could start markup is escaped; a_b and x^2 need nothing."""
    text = re.sub(r"([\\`*\[|$~])", r"\\\1", " ".join(text.split()))
    text = re.sub(r"(?<!\w)_", r"\_", text)                   # inside or after a word, _ opens nothing
    return re.sub(r"<(?=[\w/!?])|&(?=[\w#])", r"\\\g<0>", text)


def _md(kind: str, cell: Cell) -> str:
    text = str(cell)
    if kind == "math":
        return f"${text}$".replace("|", r"\vert ")
    if kind == "code" and "`" not in text:
        return f"`{text}`".replace("|", r"\|")
    return md_text(text)


def _caption(table: Table, punctuate: Callable[[str, Cell], str]) -> str:
    """The pieces with a space between them, but none before a punctuation mark."""
    return "".join(("" if content[0] in ":;,." else " ") + punctuate(kind, content)
                   for kind, content in table.caption).strip()


def _heading(column: Column, punctuate: Callable[[str, Cell], str]) -> str:
    return punctuate("math", column.math) if column.math else punctuate("text", column.name)


# -- the formats ------------------------------------------------------------------------------------------------

PACKAGES = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=12mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{array,booktabs,longtable,amsmath}
\begin{document}
"""
# Inside a document \@nodocument is \relax; outside it, the table brings its own document.
OPENING = r"""% Compiles as it is; or \input it into a document that loads array, booktabs, longtable and amsmath.
\expandafter\ifx\csname @nodocument\endcsname\relax
\let\tabletail\relax
\else
\def\tabletail{\end{document}}
""" + PACKAGES + r"""\fi
"""


def _styled(formula: str) -> str:
    """The formula in display style, or in the smaller text style where it would not fit its column."""
    return rf"\{'display' if len(formula) <= 170 else 'text'}style {formula}"


def latex(table: Table) -> str:
    r"""A booktabs longtable: a document of its own, and a fragment when it is \input into one."""
    spec = " ".join(rf">{{\raggedright\arraybackslash}}p{{\dimexpr {c.share:.3g}\linewidth-2\tabcolsep\relax}}"
                    if c.share else "r" if c.kind == "number" else "l" for c in table.columns)
    head = " & ".join(_heading(column, _tex) for column in table.columns) + r" \\"
    caption = f"{tex_text(table.title)}. {_caption(table, _tex)}"

    end = r" \\[2pt]" if any(column.share for column in table.columns) else r" \\"

    def line(row: Sequence[Cell]) -> str:
        return " & ".join(_tex(c.kind, _styled(str(cell)) if c.kind == "math" else cell)
                          for c, cell in zip(table.columns, row, strict=True)) + end

    lines = [OPENING + r"\begingroup\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\LTcapwidth}{\linewidth}",
             r"\renewcommand{\arraystretch}{1.2}",
             rf"\begin{{longtable}}{{@{{}}{spec}@{{}}}}",
             rf"\caption{{{caption}}}\label{{tab:{table.name.replace('_', '-')}}}\\",
             r"\toprule", head, r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead",
             r"\bottomrule", r"\endfoot",
             *map(line, table.rows), r"\end{longtable}", r"\endgroup", r"\tabletail", ""]
    return "\n".join(lines)


def markdown(table: Table) -> str:
    """A heading, the caption and a pipe table."""
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return "\n".join([f"## {md_text(table.title)}", "", _caption(table, _md), "",
                      line([_heading(column, _md) for column in table.columns]),
                      line(["--:" if column.kind == "number" else "---" for column in table.columns]),
                      *(line([_md(c.kind, cell) for c, cell in zip(table.columns, row, strict=True)])
                        for row in table.rows), ""])


def csv_text(table: Table) -> str:
    """Header and rows, as RFC 4180 but with plain line ends; no caption."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows(table.rows)
    return out.getvalue()


def json_text(table: Table) -> str:
    """{name, title, caption, columns: [{name, kind}], rows: [{column: cell}]}; exact numbers are strings."""
    names = [column.name for column in table.columns]
    return json.dumps({
        "name": table.name, "title": table.title, "caption": _caption(table, lambda _, cell: str(cell)),
        "columns": [{"name": column.name, "kind": column.kind} for column in table.columns],
        "rows": [dict(zip(names, row, strict=True)) for row in table.rows]}, ensure_ascii=False, indent=1) + "\n"


FORMATS: dict[str, tuple[str, Callable[[Table], str]]] = {
    "latex": (".tex", latex), "markdown": (".md", markdown), "csv": (".csv", csv_text), "json": (".json", json_text)}


def write(tables: Sequence[Table], format: str, directory: str | Path) -> list[Path]:
    """Write each table to `directory` (made if missing) under its name; for LaTeX also tables.tex, with all of them.

    Errors: `InputError` for an unknown format, or in one line, 'PATH: reason', when the disk refuses.
    """
    if format not in FORMATS:
        raise InputError(f"format {format!r}: not one of {', '.join(FORMATS)}")
    suffix, render = FORMATS[format]
    files = {table.name + suffix: render(table) for table in tables}
    if format == "latex":
        inputs = "\\clearpage\n".join(rf"\input{{{table.name}}}" + "\n" for table in tables)
        files["tables.tex"] = PACKAGES + inputs + "\\end{document}\n"
    return [write_file(Path(directory) / name, text) for name, text in files.items()]


def write_file(path: Path, data: str | bytes) -> Path:
    """Write a file whole or not at all (a temporary file beside it takes its place), making its directory."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data.encode() if isinstance(data, str) else data)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:                                 # what mkdir says of a file where a directory should be
        raise InputError(f"{path.parent}: Not a directory") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    return path
