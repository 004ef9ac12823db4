r"""The command `backtrack tables`: the tables of a writeup, as an author wants them.

Not covered: what the options do (`verify.writeup`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from verify.console import Folder, bar, named_claims

MOST_VALUES, LARGEST_SIZE = 10_000, 10**6
FORMATS = ("latex", "markdown", "csv", "json")


class Range(click.ParamType):
    """'15', '2,4,8', '2:16' (both ends included) or '2:16:2'."""

    name = "RANGE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        from theory.numeric import InputError, integer
        from verify.ranges import integers

        if not isinstance(value, str):
            return value
        name = param.name if param else self.name
        try:
            if ":" in value:
                return integers(value, name, least=1, most=LARGEST_SIZE, count=MOST_VALUES)
            found = [integer(int(part), name, 1, LARGEST_SIZE) for part in value.split(",")]
        except InputError as error:
            self.fail(str(error), param, ctx)
        except ValueError:
            self.fail(f"{value!r} is not a list of integers from 1: write 15, 2,4,8 or 2:16 or 2:16:2", param, ctx)
        if len(set(found)) < len(found):
            self.fail(f"{value!r} has a value twice", param, ctx)
        return found


@click.command()
@click.option("-o", "--output", type=Folder(), metavar="DIR",
              help="Where the files go: one a table under the table's name; with LaTeX also tables.tex, which inputs "
                   "them all, and references.bib.")
@click.option("--list", "listing", is_flag=True, help="Print names, files, labels and columns; write nothing.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="latex", show_default=True)
@click.option("-t", "--table", "names", multiple=True, metavar="NAME",
              help="Write this table only; more: repeat, or separate with commas.")
@click.option("-c", "--claim", "labels", multiple=True, metavar="LABEL|'Theorem 4'",
              help="Only these claims in bounds_symbolic and claims (without --table, only those two tables); more: "
                   "repeat, or separate with commas.")
@click.option("--column", "columns", multiple=True, metavar="[TABLE:]COLUMN",
              help="Only this column; more: repeat, in the order wanted. What must not get lost with the others, as "
                   "which claims are refuted, goes into the caption.")
@click.option("-W", "W", type=Range(), help="Branches, in bounds_numbers: 15, 2,4,8, 2:16 or 2:16:2; likewise -K, -L.")
@click.option("-K", "K", type=Range(), help="Diamonds a branch.")
@click.option("-L", "L", type=Range(), help="Parallel edges a diamond.")
@click.option("--digits", type=click.IntRange(1, 50), metavar="N",
              help="Significant digits of rounded numbers; an exact one of up to N + 2 characters stays, and the "
                   "caption says which are which. Numbers from floating point show at most 8.")
@click.option("--units/--no-units", default=False, show_default=True, help="Units in the headings: 'base (steps)'.")
@click.option("--siunitx/--plain", default=False,
              help=r"LaTeX numbers as \num{...}, in an S column where none has an exponent; or as they are, which "
                   "is the default.")
@click.option("--one-file/--many-files", default=False,
              help="All in tables.tex (.md, .json) alone; or one file a table, which is the default.")
@click.option("--caption", metavar="TEXT",
              help="Your caption of a single table: words, and formulas between dollars. What is rounded, and what the "
                   "numbers rest on, is said after it all the same.")
@click.option("--label", metavar="LABEL", help=r"Your \label of a single table.")
@click.option("--label-prefix", metavar="PREFIX", default="tab:", show_default=True,
              help=r"What every \label opens with.")
@click.option("--bib/--no-bib", default=None,
              help="references.bib, entries for the paper and this companion; with LaTeX unless said otherwise.")
@click.option("--measured/--no-measured", default=True, show_default=True,
              help="The bill's rows of learners that run: seeded runs, some seconds.")
@click.option("--critique/--no-critique", "critique_map", default=True, show_default=True,
              help="The critique map: some minutes, unless it was computed before.")
def tables(output: Path | None, listing: bool, format_: str, names: tuple[str, ...], labels: tuple[str, ...],
           columns: tuple[str, ...], digits: int | None, units: bool, siunitx: bool, one_file: bool,
           caption: str | None, label: str | None, label_prefix: str, bib: bool | None, measured: bool,
           critique_map: bool, **axes: list[int] | None) -> None:
    """Write the tables of a writeup: all of them, or those chosen.

    \b
    bounds_symbolic   every claim with a closed formula
    bounds_numbers    costs over a grid of W, K, L, exactly
    claims            every claim with its verdict and control
    figure3           the sign descent of the paper's figure
    critique          one assumption changed at a time: what becomes of the gap
    critique_values   the same, value by value
    bill              what each learner pays

    A table's file has its name, whatever is chosen, so that \\input keeps working. A file of LaTeX compiles as it is; a
    document that loads array, booktabs, longtable, amsmath (and siunitx) may \\input it. Wide tables want a landscape
    page, as tests/latex/article.tex gives them.
    """
    from theory.formats import Style
    from verify.writeup import Choice

    choice = Choice(format_, _split(names), tuple(named_claims(_split(labels))), columns, axes, digits,
                    Style(units, siunitx, label_prefix), caption, label, one_file, measured, critique_map)
    if listing:
        return click.echo(choice.listing())
    if output is None:
        raise click.UsageError("Missing option '-o' / '--output'; --list prints what there is.")
    for path in choice.write(output, bar, bib=format_ == "latex" if bib is None else bib):
        click.echo(path)


def _split(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for name in names for part in name.split(","))
