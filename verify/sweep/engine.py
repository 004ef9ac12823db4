"""The sweep: cells that the store does not have are given to workers, and every outcome is kept as soon as it is there.

Setting. `Workers` are processes of this machine (`verify.sweep.local`) or of a Dask cluster (`verify.sweep.cluster`).
This process alone writes to the store, one transaction a cell. So a kill at any moment loses at most the cells that are
being computed or on their way back, and a cell that is in the store is not computed again.

A cell that ends in an error is kept as failed, the others go on, and the next sweep tries it again. What stops a sweep:
a full disk, an interruption, workers that cannot run at all, and workers whose sources are not those of the keys.
Not covered: a cell that never ends; nothing cuts it off but Ctrl-C.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from theory.numeric import InputError
from verify.sweep.cells import Cell, Outcome
from verify.sweep.store import Store

PATIENCE = 0.5                           # seconds to wait for an outcome before looking round again
Progress = Callable[[int, int, str], None]


class Workers(Protocol):
    """Whoever computes cells."""

    def open(self, cells: int) -> None:
        """Get ready for so many cells."""

    def room(self) -> bool:
        """Whether another cell may be sent now."""

    def send(self, cell: Cell) -> None:
        """Have a cell computed."""

    def finished(self, timeout: float) -> list[tuple[Cell, Outcome]]:
        """What has come back; waits up to `timeout` seconds where nothing has."""

    def close(self) -> None:
        """Stop, at once if cells are still being computed."""


@dataclass
class Swept:
    """What a sweep did: cells declared, found done, computed now; key -> error of those that failed; seconds."""

    cells: int
    found: int
    computed: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Cells a second."""
        return (self.computed + len(self.failures)) / self.seconds if self.seconds else 0.0


def sweep(cells: Sequence[Cell], store: Store, workers: Workers,
          progress: Progress = lambda done, total, what: None) -> Swept:
    """Compute the cells that `store` does not have yet; see the module docstring.

    Errors: `InputError` when another sweep uses the store, or the workers have other sources; `OSError` for a full
    disk or workers that cannot run. A KeyboardInterrupt passes through, with what had come back kept.
    """
    with store.alone():
        done = store.done()
        todo = deque(cell for cell in cells if cell.key not in done)
        swept, start, waiting = Swept(len(cells), len(cells) - len(todo)), time.monotonic(), 0
        back: deque[tuple[Cell, Outcome]] = deque()

        def keep() -> None:
            while back:
                cell, outcome = back[0]
                if outcome.sources != store.code:
                    raise InputError(f"a worker's sources are {outcome.sources}, not {store.code}: they changed while "
                                     "the sweep ran, or another version is installed there")
                if outcome.result is not None:
                    store.put(cell.key, cell.text, outcome.result, outcome.seconds)
                    swept.computed += 1
                else:
                    store.fail(cell.key, cell.text, outcome.error, outcome.seconds)
                    swept.failures[cell.key] = outcome.error
                back.popleft()

        progress(swept.found, len(cells), "")
        if not todo:
            return swept
        try:
            workers.open(len(todo))
            while todo or waiting:
                while todo and workers.room():
                    waiting += 1
                    workers.send(todo.popleft())
                back += workers.finished(PATIENCE)
                waiting -= len(back)
                keep()
                progress(swept.found + swept.computed + len(swept.failures), len(cells),
                         f"{len(swept.failures)} failed" if swept.failures else "")
        except KeyboardInterrupt:
            back += workers.finished(0)
            keep()
            raise
        finally:
            swept.seconds = time.monotonic() - start
            workers.close()
        return swept
