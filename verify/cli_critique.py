"""The command `backtrack critique`: the map of the dials, or everything about some of them.

Rows are computed, and kept for these sources as they come, so that a run cut off goes on where it stopped; `--fresh`
computes them again. Not covered: the dials (`verify.dials`), tables and figures (`verify.report.critique`).
"""

from __future__ import annotations

import sys
from typing import Any

import click

from verify.console import JSON, PROFILE, bar, print_json


@click.command()
@click.argument("names", nargs=-1, metavar="[DIAL] ...")
@PROFILE
@click.option("--fresh", is_flag=True, help="Compute again what was kept of these very sources.")
@JSON
def critique(names: tuple[str, ...], profile: str, fresh: bool, as_json: bool) -> None:
    """Where the critique bites: every dial's row, or everything about one DIAL.

    A dial is one assumption changed. Its row says what each learner costs then, how that grows with the depth, whether
    the gap between imitation and reinforcement survives, at which value it dies, and in which smallest maze it shows.
    """
    from theory.claim import claims
    from verify.dials.kept import compute_rows, own_rows
    from verify.dials.map import judged
    from verify.evidence import verdicts
    from verify.runner import known_evidence

    with bar("critique") as progress:
        rows = compute_rows(names, own_rows(), profile, fresh=fresh, progress=progress)
    evidence = known_evidence()
    found = verdicts(claims(), evidence) if evidence else {}
    rows = [judged(row, found, evidence) for row in rows]
    if as_json:
        return print_json(rows)
    if len(rows) == 1:
        return _one(rows[0], bool(found))
    _map(rows)


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def _table(*names: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _add(table: Any, *cells: Any) -> None:
    from rich.text import Text

    table.add_row(*(Text(str(cell)) for cell in cells))


def _map(rows: list[dict[str, Any]]) -> None:
    from verify.report.critique import critical_words, gap_words, smallest_words

    table = _table("dial", "question", "the gap", "critical value", "smallest maze", "run it again")
    for row in rows:
        _add(table, row["dial"], row["question"], gap_words(row), critical_words(row), smallest_words(row),
             row["command"])
    _console().print(table)


def _one(row: dict[str, Any], found: bool) -> None:
    from verify.report.critique import LETTERS, brief, critical_words, maze_words

    maze = ", ".join(f"{name} = {size}" for name, size in row["maze"].items())
    for name, text in (("dial", row["dial"]), ("question", row["question"]), ("source", row["source"]),
                       ("values", f"{row['parameter']}; costs on {maze}"), ("the gap", f"{row['verdict']} "
                        f"({row['challenger']} against {row['champion']})"),
                       ("critical", critical_words(row)),
                       ("notes", row["notes"])):
        if text:
            click.echo(f"{name:<10}{text}")
    console, learners = _console(), row["learners"]
    table = _table("value", *learners, "ratio", "verdict", "smallest maze")
    for i, value in enumerate(row["values"]):
        gap = row["gap"][i]
        _add(table, f"{value} {row['meaning'][i]}".strip(),
             *(f"{brief(of['cost'][i])}\n{of['growth'][i]}" for of in learners.values()), brief(gap["ratio"]),
             gap["verdict"], maze_words(row["smallest_maze"][i]))
    console.print()
    console.print(table)
    console.print(f"\nunder each cost its growth, up to a constant: {LETTERS}", markup=False)
    said = {(name, of["known"][i], of["words"][i]) for name, of in learners.items() for i in range(len(row["values"]))
            if of["known"][i] != "exact" or of["words"][i]}
    for name, known, words in sorted(said):
        click.echo(f"{name:<16}{known}{': ' if words else ''}{words}")
    click.echo()
    for label, verdict in row["claims"].items():
        click.echo(f"claim     {label}: {verdict}")
    if found:
        click.echo(f"control   {row['controls_refuted']} of {len(row['claims'])} claims have one that was refuted")
    else:
        click.echo("control   not run on these sources: backtrack verify")
    click.echo(f"command   {row['command']}; backtrack verify {' '.join(row['claims'])}")
