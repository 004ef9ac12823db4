"""The command `backtrack bundle`: an anonymous archive of code, results and a summary, for double-blind review.

It says what was replaced where, and which words it set aside; none of that is in the archive. Not covered: how words
are found (`verify.identity`) and replaced (`verify.redaction`), what is packed (`verify.bundle`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verify.console import bar

if TYPE_CHECKING:
    from verify.bundle import Bundle


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default="anonymous.zip", show_default=True,
              metavar="FILE", help="The archive: .zip, .tar.gz or .tgz.")
@click.option("--report", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
              help="The report to pack; report/ where there is one, else verdicts from the shipped evidence.")
@click.option("--no-results", is_flag=True, help="Code and summary only.")
@click.option("--redact", multiple=True, metavar="WORD", help="Replace this too: a co-author, a lab; may be repeated.")
@click.option("--keep", multiple=True, metavar="WORD", help="Let this word stand; may be repeated.")
def bundle(output: Path, report: Path | None, no_results: bool, redact: tuple[str, ...], keep: tuple[str, ...]) -> None:
    """Write an archive for double-blind review: code, results, a one-page summary; no names, addresses or paths.

    Names and addresses come from pyproject.toml, CITATION.cff, LICENSE, git and this machine; the paper's authors are
    cited and stay, unless --redact names them. Where a name cannot be replaced (in a picture, an escape, a compound)
    nothing is written.
    """
    from theory.numeric import InputError
    from verify.bundle import make
    from verify.evidence import ROOT

    if report and no_results:
        raise InputError("--report and --no-results: one or the other")
    with bar("bundle") as progress:
        made = make(ROOT.parent, output, report=report, results=not no_results, asked=redact, keep=keep,
                    progress=progress)
    _tell(made, not no_results)


def _tell(made: Bundle, results: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(box=None, pad_edge=False)
    for name in ("replaced in", "what", "times"):
        table.add_column(name, overflow="fold")
    for name, counts in made.replaced.items():
        for kind, times in counts.items():
            table.add_row(*map(Text, (name, kind, str(times))))
    console.print(table if made.replaced else "nothing had to be replaced")
    click.echo("looked for: " + ", ".join(f"{word.text} ({word.kind})" for word in made.words))
    if made.common:
        click.echo("left alone, since the code or the language uses them everywhere; look yourself: "
                   + ", ".join(f"{word.text} ({word.kind})" for word in made.common))
    if made.left_out:
        shown = ", ".join(made.left_out[:6])
        click.echo(f"left out, {len(made.left_out)}: {shown}" + (", ..." if len(made.left_out) > 6 else ""))
    if not made.checks and results:
        click.echo("no results are in it: no evidence of these sources; make report first")
    click.echo(f"{made.path}: {made.files} files, {made.size / 1e6:.1f} MB; start with summary.html")
