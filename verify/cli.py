"""The command `backtrack` (also `python -m verify`): its group, and claims, verify, report.

Bad input ends in one line that shows the value, on standard error, and exit status 2; a failed check in status 1; an
interrupted run in status 130, with what was found kept. Heavy imports happen inside the commands, so that the command
starts at once. `hitting` stands in `verify.cli_hitting`, `train` and `rollouts` in `verify.cli_learners`, `critique`
in `verify.cli_critique`, `sweep` in `verify.cli_sweep`, `tables` in `verify.cli_tables`, `prove` in `verify.cli_prove`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verify.cli_bundle import bundle
from verify.cli_critique import critique
from verify.cli_hitting import hitting
from verify.cli_learners import rollouts, train
from verify.cli_prove import prove
from verify.cli_sweep import sweep
from verify.cli_tables import tables
from verify.console import JSON, PROFILE, Folder, bar, named_claims, print_json

if TYPE_CHECKING:
    from verify.evidence import Evidence

def main() -> None:
    """Entry point: runs the command and turns every expected failure into one line."""
    from theory.numeric import InputError

    try:
        # without standalone mode, click answers an Exit with its status instead of raising it
        sys.exit(cli.main(prog_name="backtrack", standalone_mode=False))
    except click.ClickException as error:
        _die(error.format_message(), 2)
    except InputError as error:
        _die(str(error), 2)
    except (click.Abort, KeyboardInterrupt):
        _die("interrupted; what was found is kept", 130)
    except BrokenPipeError:
        sys.stderr.close()          # the reader of our output has gone; Python would complain on exit
        sys.exit(0)
    except OSError as error:
        _die(f"{error.filename or 'output'}: {error.strerror}", 1)
    except MemoryError:
        _die("out of memory: the maze or the time is too large for this machine", 1)


def _die(line: str, status: int) -> None:
    print(f"backtrack: {line}", file=sys.stderr)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="backtrack-companion", prog_name="backtrack")
def cli() -> None:
    """Check the claims of 'Provable Benefits of RLVR over SFT for Reasoning Models' and print its bounds."""


cli.add_command(hitting)
cli.add_command(train)
cli.add_command(rollouts)
cli.add_command(sweep)
cli.add_command(bundle)
cli.add_command(critique)
cli.add_command(prove)
cli.add_command(tables)


JOBS = click.option("--jobs", type=click.IntRange(1), help="Processes; one a core unless said otherwise.")


# -- claims and checks ------------------------------------------------------------------------------------------

def _show(labels: list[str], evidence: list[Evidence], as_json: bool) -> None:
    """Verdicts of `labels`, as a table or as JSON."""
    from theory.claim import claims
    from verify.evidence import verdicts
    from verify.report.rows import claim_row

    known, found = claims(), verdicts(claims(), evidence)
    rows = [claim_row(known[label], found[label], evidence) for label in labels]
    if not evidence:
        for row in rows:
            row["verdict"] = "not run on these sources: backtrack verify"
    if as_json:
        return print_json(rows)
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(box=None, pad_edge=False, show_lines=False)
    for name in ("number", "label", "statement", "verdict"):
        table.add_column(name, overflow="fold")
    for row in rows:
        style = "red" if row["verdict"].startswith("REFUTED") else ""
        table.add_row(*(Text(str(row[name]), style) for name in ("number", "label", "statement", "verdict")))
    console.print(table)


@cli.command()
@click.argument("names", nargs=-1, metavar="[LABEL or 'Theorem 4'] ...")
@JSON
def claims(names: tuple[str, ...], as_json: bool) -> None:
    """The claims and their verdicts; with one LABEL, everything about it.

    Verdicts come from evidence found on these very sources: what was shipped, and what `backtrack verify` found here.
    """
    from theory.claim import claims as all_claims
    from verify.runner import known_evidence

    labels, evidence = named_claims(names), known_evidence()
    if as_json or len(labels) != 1:
        return _show(labels or list(all_claims()), evidence, as_json)
    for name, text in _everything(labels[0], evidence):
        click.echo(f"{name:<14}{text}")


def _everything(label: str, evidence: list[Evidence]) -> Iterator[tuple[str, str]]:
    from theory.claim import SOURCES, claims
    from theory.numbering import number_of
    from theory.proofs import proofs
    from verify.evidence import verdicts

    claim, found = claims()[label], verdicts(claims(), evidence)
    own = [e for e in evidence if e.label == label]
    yield "label", f"{label}   {number_of(label)}".rstrip()
    yield "statement", claim.statement
    yield "quantity", f"{claim.quantity} ({claim.relation} what the body computes)"
    if formula := claim.latex():
        yield "formula", formula
    yield "domain", claim.domain.words
    yield "source", f"{SOURCES[claim.source[0]]}: {claim.source[1]}"
    yield "verdict", str(found[label]) if evidence else "not run on these sources: backtrack verify"
    if claim.true_form:
        yield "true form", f"{claim.true_form}: {claims()[claim.true_form].statement}"
    if claim.control:
        yield "control", f"{claim.control_words}"
    yield "stands on", ", ".join(claim.stands_on) or "nothing"
    yield "code", claim.code
    if label in proofs():
        yield "proof", _proof(label)
    for item in own:
        yield "check", f"{item.check}: {item.outcome}, {item.n} cases, {item.seconds:.2f} s {item.case}".rstrip()
    yield "command", f"backtrack verify {label}"


def _proof(label: str) -> str:
    """Where its Coq theorem stands, and what the kernel said of it on these sources."""
    from verify.kernel import installed, known
    from verify.report.prooftable import rows

    row = next(row for row in rows(known(), bool(installed())) if row["label"] == label)
    standing = ", ".join(filter(None, (row["said"], row["axioms"])))
    differs = f"; differs: {row['differs']}" if row["differs"] else ""
    return (f"{row['file']}:{row['line']}, {row['theorem']}, for {row['words']}: {standing}; held to the Python by "
            f"{row['tie'].removeprefix('by ')}{differs}")


@cli.command()
@click.argument("names", nargs=-1, metavar="[LABEL or 'Theorem 4'] ...")
@PROFILE
@click.option("--resume", is_flag=True, help="Skip checks already done on these sources with this profile.")
@JOBS
@JSON
def verify(names: tuple[str, ...], profile: str, resume: bool, jobs: int | None, as_json: bool) -> None:
    """Run the checks and print the verdicts; exit status 1 when a claim that should hold does not."""
    from theory.claim import claims as all_claims
    from verify.evidence import verdicts
    from verify.runner import known_evidence, run_checks, store

    labels = named_claims(names)
    with bar("checking") as progress:
        run = run_checks(labels, profile, store(), resume=resume, jobs=jobs, progress=progress)
    labels = labels or list(all_claims())
    evidence = known_evidence()
    _show(labels, evidence, as_json)
    found = verdicts(all_claims(), evidence)
    for check, reason in run.failures.items():
        click.echo(f"backtrack: {check}: {reason}", err=True)
    if run.failures or any(all_claims()[label].should_hold and found[label].kind in ("REFUTED", "no verdict")
                           for label in labels):
        raise click.exceptions.Exit(1)


# -- report -----------------------------------------------------------------------------------------------------

@cli.command()
@click.option("-o", "--output", type=Folder(), required=True, metavar="DIR")
@PROFILE
@click.option("--fresh", is_flag=True, help="Run every check again, even those DIR already holds evidence of.")
@JOBS
def report(output: Path, profile: str, fresh: bool, jobs: int | None) -> None:
    """Everything in one go: run the checks, turn every dial, write verdicts, tables in every format and the figures.

    A report that was cut off goes on where it stopped: DIR/evidence.jsonl keeps every finished check, and
    DIR/critique.jsonl every dial.
    """
    from verify.dials.kept import compute_rows
    from verify.evidence import load, writable
    from verify.report.write import write_report
    from verify.runner import run_checks

    kept = output / "evidence.jsonl"
    writable(kept)                                       # minutes of checks before a refusal would be minutes lost
    if fresh:
        kept.unlink(missing_ok=True)
    with bar("checking") as progress:
        run = run_checks([], profile, kept, resume=True, jobs=jobs, progress=progress)
    with bar("critique") as progress:
        rows = compute_rows([], output / "critique.jsonl", profile, fresh=fresh, progress=progress)
    with bar("writing") as progress:
        paths = write_report(output, load(kept), rows, progress)
    for check, reason in run.failures.items():
        click.echo(f"backtrack: {check}: {reason}", err=True)
    click.echo(f"{len(paths)} files; start with {paths[0]}")
    if run.failures:
        raise click.exceptions.Exit(1)
