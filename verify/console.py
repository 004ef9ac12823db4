"""What the commands share on the command line: options, claims by name, JSON, progress bars, finite numbers.

Numbers, JSON and tables go to standard output, progress bars to standard error and only to a terminal.
"""

from __future__ import annotations

import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from theory.policy import Policy

PROFILES = ("quick", "ci", "thorough")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
PROFILE = click.option("--profile", type=click.Choice(PROFILES), default="quick", show_default=True,
                       help="How deep the checks search.")


class Folder(click.Path):
    """A folder to write into, made when missing; '' is none."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value == "":
            self.fail("'' is not a folder", param, ctx)
        return super().convert(value, param, ctx)


def maze_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """-W, -K, -L: the size of the maze."""
    for letter, words in (("L", "parallel edges a diamond"), ("K", "diamonds a branch"), ("W", "branches")):
        command = click.option(f"-{letter}", letter, type=int, required=True, help=f"Number of {words}.")(command)
    return command


def named_policy(policy: str, L: int) -> Policy:
    """'base', 'sft', 'optimum', or the rows in a JSON file."""
    from theory.numeric import InputError
    from theory.policy import Policy

    if not policy:
        raise InputError("policy '': base, sft, optimum, or a JSON file of rows")
    return Policy.named(policy, L) if policy in ("base", "sft", "optimum") else Policy.load(policy)


def named_claims(names: tuple[str, ...]) -> list[str]:
    """Labels from labels or the paper's numbers; `InputError` with the nearest label for an unknown one."""
    import difflib

    from theory.claim import claims
    from theory.numbering import NUMBERS, labels_of
    from theory.numeric import InputError

    known, found = claims(), []
    for name in names:
        labels = [name] if name in known else labels_of(name)
        if not labels:
            near = difflib.get_close_matches(name, [*known, *NUMBERS.values()], n=1)
            raise InputError(f"no claim is called {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
        found += [label for label in labels if label not in found]
    return found


def finite(value: float | None) -> float | None:
    """The number, or None where JSON has none for it."""
    return value if value is not None and math.isfinite(value) else None


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output; nan and infinity are errors."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Ctrl-C raises KeyboardInterrupt as ever; the function yielded raises it again, should a library have dropped it.

    Compiled loops call back into Python while they are compiled, and an exception raised there is dropped.
    """
    asked = []

    def interrupt(number: int, frame: Any) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    def again() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():      # only there may signals be handled
        yield again
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield again
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def bar(words: str, *, rate: bool = False) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: call with (done, total, what now), which also answers a Ctrl-C.

    rate: also show how many are done a second, or a minute.
    """
    from rich import progress as rp
    from rich.console import Console

    console = Console(stderr=True)
    columns = (rp.TextColumn("{task.description}"), rp.BarColumn(), rp.MofNCompleteColumn(), rp.TimeElapsedColumn(),
               rp.TimeRemainingColumn(), rp.TextColumn("{task.fields[speed]}"), rp.TextColumn("{task.fields[what]}"))
    with _interruptible() as again, rp.Progress(*columns, console=console, transient=True,
                                                disable=not console.is_terminal) as progress:
        task = progress.add_task(words, what="", speed="")

        def update(done: int, total: int, what: str) -> None:
            again()
            speed = progress.tasks[0].speed if rate else None
            progress.update(task, completed=done, total=total, what=what,
                            speed="" if not speed else f"{speed:.3g}/s" if speed >= 1 else f"{60 * speed:.3g}/min")

        yield update
