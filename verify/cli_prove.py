"""`backtrack prove`: let Coq's kernel check theory/proofs/*.v and the bridge to the claims, and keep what it said."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from verify.console import JSON, bar, print_json


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
@click.option("--checker", is_flag=True, help="Have coqchk check the compiled files once more; some minutes.")
@click.option("--kept", is_flag=True, help="Do not run Coq: print what is kept, if it belongs to these sources.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Keep it in this file instead.")
@JSON
def prove(jobs: int, checker: bool, kept: bool, output: Path | None, as_json: bool) -> None:
    """Check every proof with Coq; exit status 1 when one is refused.

    Needs coqc on the path (Debian, Ubuntu: apt-get install coq). What the kernel said is kept beside the evidence of
    `backtrack verify`, with the hash of all that was compiled, and counts for those sources only.
    """
    from dataclasses import asdict

    from verify import kernel, proving

    if kept:
        words = kernel.known()
        if words is None:
            raise click.ClickException("not run on these sources: backtrack prove")
    else:
        with bar("proving") as progress:
            words = proving.prove(progress, jobs, checker)
        kernel.keep(words, output or kernel.own())
    if as_json:
        print_json(asdict(words))
    else:
        _table(words)
    for label, reason in words.refused.items():
        click.echo(f"backtrack: {label}: {reason}", err=True)
    if words.refused:
        raise click.exceptions.Exit(1)


def _table(words: object) -> None:
    from rich.console import Console
    from rich.table import Table

    from theory.numbering import number_of
    from theory.proofs import proofs
    from verify import kernel

    assert isinstance(words, kernel.Words)
    table = Table(box=None, pad_edge=False)
    for name in ("number", "claim", "proved for", "theorem", "line", "axioms", "seconds"):
        table.add_column(name, overflow="fold", justify="right" if name in ("line", "seconds") else "left")
    for label, word in words.accepted.items():
        table.add_row(number_of(label), label, proofs()[label].words, word.theorem, str(word.line),
                      ", ".join(name.split(".")[-1] for name in word.axioms) or "none", f"{word.seconds:.2f}")
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)
    click.echo(f"{len(words.accepted)} claims proved, {len(words.refused)} refused; Coq {words.coq}, "
               f"{words.seconds:.0f} s, sources {words.sources}" + (f"; {words.checker}" if words.checker else ""))
