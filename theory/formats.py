r"""A table in LaTeX, Markdown, CSV, JSON and HTML: the same cells, punctuated.

Setting. A `Table` (`theory.cells`) goes in, text comes out. A `Style` says how numbers and headings look: whether
headings name units, whether LaTeX numbers are siunitx's \num{...}, in S columns where a column holds nothing else.

LaTeX files are booktabs longtables that compile as they are and may also be \input into a document; tables.tex
inputs all of them, or holds them all. CSV has no place for a caption: it has the header and the rows only. HTML is a
table for a page, or for a notebook, and has no file. Files are written whole or not at all. Not covered: what stands
in the cells (`theory.tables`).
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.cells import (
    Cell,
    Column,
    Piece,
    Table,
    heading,
    html_cell,
    md_cell,
    md_text,
    sentence,
    tex_cell,
    tex_text,
)
from theory.fitted import styled
from theory.numeric import InputError

__all__ = ["FORMATS", "PLAIN", "Cell", "Column", "Piece", "Style", "Table", "csv_text", "html", "json_text", "latex",
           "markdown", "md_text", "tex_text", "write", "write_file"]


@dataclass(frozen=True)
class Style:
    r"""How a table looks: units in its headings; in LaTeX siunitx or plain numbers, and what its \label opens with."""

    units: bool = False
    siunitx: bool = False
    prefix: str = "tab:"


PLAIN = Style()
HEADING = 10                          # characters of a line of a heading over numbers

# -- LaTeX ------------------------------------------------------------------------------------------------------

PACKAGES = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=12mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{array,booktabs,longtable,amsmath}
"""
# Inside a document \@nodocument is \relax; outside it, the table brings its own document.
OPENING = r"""% Compiles as it is; or \input it into a document that loads array, booktabs, longtable, amsmath(more).
\expandafter\ifx\csname @nodocument\endcsname\relax
\let\tabletail\relax
\else
\def\tabletail{\end{document}}
"""


def _packages(style: Style) -> str:
    return PACKAGES + (r"\usepackage{siunitx}" + "\n" if style.siunitx else "") + r"\begin{document}" + "\n"


def _opening(style: Style) -> str:
    return OPENING.replace("(more)", " and siunitx" if style.siunitx else "") + _packages(style) + "\\fi\n"


def _aligned(column: Column, cells: Sequence[Cell]) -> str:
    """An S column for plain numbers, as wide as they are; '' when a cell is no number, or has an exponent."""
    parts = [re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", str(cell)) for cell in cells]
    if column.kind != "number" or column.share or not parts or not all(parts):
        return ""
    sign = "-" if any(part[1] for part in parts if part) else ""
    whole, places = (max(len(part[group] or "") for part in parts if part) for group in (2, 3))
    return f"S[table-format={sign}{whole}.{places}]"


def _stacked(column: Column, style: Style) -> str:
    """A column's heading; over numbers in short lines, so that no heading is wider than they are."""
    if column.kind != "number":
        return heading(column, tex_cell, style.units)
    lines = textwrap.wrap(column.name, HEADING, break_long_words=False, break_on_hyphens=False)
    shown = [tex_cell("math", column.math)] if column.math else [tex_text(line) for line in lines]
    shown += [tex_text(f"({column.unit})")] if style.units and column.unit else []
    if len(shown) == 1:
        return shown[0]
    return r"\begin{tabular}[b]{@{}r@{}}" + r"\\".join(shown) + r"\end{tabular}"


def label(table: Table, style: Style = PLAIN) -> str:
    r"""What \ref finds the table by: its own label, or the prefix and its name ('tab:bounds-numbers')."""
    return table.label or style.prefix + table.name.replace("_", "-")


def fragment(table: Table, style: Style = PLAIN) -> str:
    """A booktabs longtable alone, for a document that loads array, booktabs, longtable, amsmath (and siunitx)."""
    aligned = [style.siunitx and _aligned(column, [row[i] for row in table.rows])
               for i, column in enumerate(table.columns)]
    spec = " ".join(rf">{{\raggedright\arraybackslash}}p{{\dimexpr {c.share:.3g}\linewidth-2\tabcolsep\relax}}"
                    if c.share else s or ("r" if c.kind == "number" else "l")
                    for c, s in zip(table.columns, aligned, strict=True))
    head = " & ".join(f"{{{text}}}" if s else text for text, s in zip(
        (_stacked(column, style) for column in table.columns), aligned, strict=True)) + r" \\"
    caption = sentence(table.words, tex_cell)
    short = tex_text(table.title) if table.headed else sentence(table.caption, tex_cell).removesuffix(".")
    caption = f"{short}. {caption}" if table.headed else caption
    if r"\frac" in caption:                            # longtable lets a fraction run into the next line
        caption = rf"\lineskiplimit=1pt\lineskip=1pt\relax {caption}"
    end = r" \\[2pt]" if any(column.share for column in table.columns) else r" \\"

    def line(row: Sequence[Cell]) -> str:
        return " & ".join(
            str(cell) if s else tex_cell(c.kind, styled(str(cell)) if c.kind == "math" else cell, style.siunitx)
            for c, cell, s in zip(table.columns, row, aligned, strict=True)) + end

    return "\n".join([
        r"\begingroup\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\LTcapwidth}{\linewidth}",
        r"\renewcommand{\arraystretch}{1.2}",
        rf"\begin{{longtable}}{{@{{}}{spec}@{{}}}}",
        rf"\caption[{{{short}}}]{{{caption}}}\label{{{label(table, style)}}}\\",
        r"\toprule", head, r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead",
        r"\bottomrule", r"\endfoot",
        *map(line, table.rows), r"\end{longtable}", r"\endgroup", ""])


def latex(table: Table, style: Style = PLAIN) -> str:
    r"""The longtable as a file: a document of its own, and a fragment when it is \input into one."""
    return latex_of([table], style)


def latex_of(tables: Sequence[Table], style: Style = PLAIN) -> str:
    r"""Several tables in one such file, each on a new page."""
    parts = "\\clearpage\n".join(fragment(table, style) for table in tables)
    return _opening(style) + parts + "\\tabletail\n"


# -- the others -------------------------------------------------------------------------------------------------

def markdown(table: Table, style: Style = PLAIN) -> str:
    """A heading, the caption and a pipe table."""
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return "\n".join([f"## {md_text(table.title)}", "", sentence(table.words, md_cell), "",
                      line([heading(column, md_cell, style.units) for column in table.columns]),
                      line(["--:" if column.kind == "number" else "---" for column in table.columns]),
                      *(line([md_cell(c.kind, cell) for c, cell in zip(table.columns, row, strict=True)])
                        for row in table.rows), ""])


def csv_text(table: Table, style: Style = PLAIN) -> str:
    """Header and rows, as RFC 4180 but with plain line ends; no caption."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([heading(Column(column.name, unit=column.unit), lambda _, cell: str(cell), style.units)
                     for column in table.columns])
    writer.writerows(table.rows)
    return out.getvalue()


def _record(table: Table) -> dict[str, Any]:
    names = [column.name for column in table.columns]
    return {"name": table.name, "title": table.title, "caption": sentence(table.words, lambda _, cell: str(cell)),
            "columns": [{"name": column.name, "kind": column.kind} | ({"unit": column.unit} if column.unit else {})
                        for column in table.columns],
            "rows": [dict(zip(names, row, strict=True)) for row in table.rows]}


def json_text(table: Table, style: Style = PLAIN) -> str:
    """{name, title, caption, columns: [{name, kind, unit}], rows: [{column: cell}]}; exact numbers are strings."""
    return json.dumps(_record(table), ensure_ascii=False, indent=1) + "\n"


def html(table: Table, style: Style = PLAIN, *, mathjax: bool = False) -> str:
    r"""A <table> with a caption and headings; a formula is a span of class math, its source in data-tex.

    mathjax: formulas as \( ... \), as a notebook reads them.

    >>> print(html(Table("t", "Odd", (Column("n", "number"),), ((7,),), ())))
    <table class="table-t">
    <caption><strong>Odd.</strong></caption>
    <thead><tr><th scope="col" class="number">n</th></tr></thead>
    <tbody>
    <tr><td class="number">7</td></tr>
    </tbody>
    </table>
    """
    def cell_of(kind: str, cell: Cell) -> str:
        return html_cell(kind, cell, mathjax)

    def kind_of(column: Column) -> str:
        return ' class="number"' if column.kind == "number" else ""

    title = f"<strong>{cell_of('text', table.title)}.</strong> " if table.headed else ""
    heads = "".join(f'<th scope="col"{kind_of(column)}>{heading(column, cell_of, style.units)}</th>'
                    for column in table.columns)
    rows = ("".join(f"<td{kind_of(column)}>{cell_of(column.kind, cell)}</td>"
                    for column, cell in zip(table.columns, row, strict=True)) for row in table.rows)
    return "\n".join([f'<table class="table-{cell_of("text", table.name)}">',
                      f"<caption>{(title + sentence(table.words, cell_of)).strip()}</caption>",
                      f"<thead><tr>{heads}</tr></thead>", "<tbody>", *(f"<tr>{row}</tr>" for row in rows), "</tbody>",
                      "</table>"])


# -- files ------------------------------------------------------------------------------------------------------

FORMATS: dict[str, tuple[str, Callable[..., str]]] = {
    "latex": (".tex", latex), "markdown": (".md", markdown), "csv": (".csv", csv_text), "json": (".json", json_text)}


def write(tables: Sequence[Table], format: str, directory: str | Path, style: Style = PLAIN, *,
          one_file: bool = False) -> list[Path]:
    """Write each table to `directory` (made if missing) under its name; for LaTeX also tables.tex, with all of them.

    one_file: all of them in tables.tex, tables.md or tables.json (a list) alone.
    Errors: `InputError` for an unknown format, for several tables in one CSV file, or in one line, 'PATH: reason',
    when the disk refuses.
    """
    if format not in FORMATS:
        raise InputError(f"format {format!r}: not one of {', '.join(FORMATS)}")
    suffix, render = FORMATS[format]
    files = {table.name + suffix: render(table, style) for table in tables}
    if one_file:
        files = {f"tables{suffix}": _together(tables, format, style)}
    elif format == "latex":
        inputs = "\\clearpage\n".join(rf"\input{{{table.name}}}" + "\n" for table in tables)
        files["tables.tex"] = _packages(style) + inputs + "\\end{document}\n"
    return [write_file(Path(directory) / name, text) for name, text in files.items()]


def _together(tables: Sequence[Table], format: str, style: Style) -> str:
    if format == "latex":
        return latex_of(tables, style)
    if format == "json":
        return json.dumps([_record(table) for table in tables], ensure_ascii=False, indent=1) + "\n"
    if format == "csv" and len(tables) != 1:
        raise InputError(f"one file of CSV holds one table, not {len(tables)}: choose one, or one file a table")
    return "\n".join(FORMATS[format][1](table, style) for table in tables)


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
