"""What the commands share on the command line: options, JSON, progress bars, and numbers that cannot be infinite.

Numbers, JSON and tables go to standard output, progress bars to standard error and only to a terminal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from theory.policy import Policy

PROFILES = ("quick", "ci", "thorough")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
PROFILE = click.option("--profile", type=click.Choice(PROFILES), default="quick", show_default=True,
                       help="How deep the checks search.")


def maze_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """-W, -K, -L: the size of the maze."""
    for letter, words in (("L", "parallel edges a diamond"), ("K", "diamonds a branch"), ("W", "branches")):
        command = click.option(f"-{letter}", letter, type=int, required=True, help=f"Number of {words}.")(command)
    return command


def named_policy(policy: str, L: int) -> Policy:
    """'base', 'sft', 'optimum', or the rows in a JSON file."""
    from theory.policy import Policy

    return Policy.named(policy, L) if policy in ("base", "sft", "optimum") else Policy.load(policy)


def finite(value: float | None) -> float | None:
    """The number, or None where JSON has none for it."""
    return value if value is not None and math.isfinite(value) else None


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output; nan and infinity are errors."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: call with (done, total, what now)."""
    from rich import progress as rp
    from rich.console import Console

    console = Console(stderr=True)
    columns = (rp.TextColumn("{task.description}"), rp.BarColumn(), rp.MofNCompleteColumn(), rp.TimeElapsedColumn(),
               rp.TimeRemainingColumn(), rp.TextColumn("{task.fields[what]}"))
    with rp.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, what="")
        yield lambda done, total, what: progress.update(task, completed=done, total=total, what=what)
