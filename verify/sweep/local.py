"""Workers that are processes of this machine, each started afresh (spawn) and given one cell after another.

A worker has a pipe of its own: when it dies the pipe ends, so the death is seen at once, costs the other workers
nothing, and belongs to the cell that was running. That cell is tried three times in all, and then counts as
failed. Process pools of libraries cannot say whose fault it was: they give up every cell that was running.

Workers do not hear Ctrl-C, which is this process's to answer, and end themselves when this process is gone, kill -9
included. BLAS gets one thread a worker. Loops that numba compiles are compiled once in each worker: seconds for the
first cell of a training learner.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

from verify.evidence import fingerprint
from verify.sweep.cells import Cell, Outcome, work

DEPTH = 2                                # cells a worker holds: one runs, one waits, so that it is never idle
TRIES = 3                                # of a cell whose worker died, and of starting a worker
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
READY = "ready"


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Local:
    """`jobs` worker processes on this machine."""

    def __init__(self, jobs: int):
        self.jobs, self.sources = jobs, fingerprint()
        self.lanes: list[_Lane] = []
        self.deaths: dict[str, int] = {}
        self.stillborn = 0

    def open(self, cells: int) -> None:
        """Start the workers, no more than there are cells."""
        for _ in range(min(self.jobs, cells)):
            self.lanes.append(_Lane(self.sources))

    def room(self) -> bool:
        """Whether a worker is ready for another cell."""
        return any(lane.ready and len(lane.cells) < DEPTH for lane in self.lanes)

    def send(self, cell: Cell) -> None:
        """Give a cell to the worker that holds fewest."""
        min((lane for lane in self.lanes if lane.ready), key=lambda lane: len(lane.cells)).send(cell)

    def finished(self, timeout: float) -> list[tuple[Cell, Outcome]]:
        """What has come back, deaths seen to; waits up to `timeout` seconds where nothing has."""
        ends: dict[Any, _Lane] = {end: lane for lane in self.lanes for end in (lane.pipe, lane.process.sentinel)}
        back: list[tuple[Cell, Outcome]] = []
        for lane in {id(ends[end]): ends[end] for end in connection.wait(list(ends), timeout)}.values():
            alive = lane.receive(back)
            self.stillborn = 0 if lane.ready else self.stillborn
            if not alive:
                back += self._replace(lane)
        return back

    def _replace(self, lane: _Lane) -> list[tuple[Cell, Outcome]]:
        """A new worker for a dead one, with its cells; the one that was running counts as failed if it must."""
        how = lane.buried()
        if not lane.ready:
            self.stillborn += 1
            if self.stillborn >= TRIES:
                raise OSError(0, f"could not start ({how})", "worker process")
        back, cells = [], lane.cells
        if cells:
            running = cells[0]
            self.deaths[running.key] = self.deaths.get(running.key, 0) + 1
            if self.deaths[running.key] >= TRIES:
                cells.popleft()
                back.append((running, Outcome(None, f"its worker process died {TRIES} times ({how})", 0.0,
                                              self.sources)))
        self.lanes[self.lanes.index(lane)] = _Lane(self.sources, cells)
        return back

    def close(self) -> None:
        """End the workers: idle ones by themselves, others at once."""
        for lane in self.lanes:
            lane.end()
        self.lanes = []


class _Lane:
    """A worker process, its pipe, and the cells it holds; `cells`: those of the dead one it replaces."""

    def __init__(self, sources: str, cells: deque[Cell] | None = None):
        context = multiprocessing.get_context("spawn")
        self.cells: deque[Cell] = cells or deque()
        self.ready = self.reading = False
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, sources), daemon=True)
        with _unheard(), _one_thread():
            self.process.start()
        theirs.close()

    def send(self, cell: Cell) -> None:
        self.cells.append(cell)
        self._write(cell)

    def _write(self, cell: Cell) -> None:
        try:
            self.pipe.send(cell.text)
        except OSError:                                  # it has died: `receive` will see that
            pass

    def receive(self, back: list[tuple[Cell, Outcome]]) -> bool:
        """Move what is in the pipe to `back`; False when the worker is dead and its pipe empty."""
        try:
            alive = self.process.is_alive()              # asked first: what it wrote before it died is read below
            # a message that Ctrl-C broke off is lost, and what follows it cannot be read
            while not self.reading and self.pipe.poll():
                self.reading = True
                message = self.pipe.recv()
                self.reading = False
                if message == READY:
                    self.ready = True
                    for cell in self.cells:
                        self._write(cell)
                else:
                    back.append((self.cells.popleft(), Outcome(*message)))
            return alive
        except (EOFError, OSError):
            return False

    def buried(self) -> str:
        """How a worker ended whose pipe did."""
        self.process.join(1)
        self.process.kill()
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode or 0
        if code < 0:
            return f"{signal.Signals(-code).name}" + (", out of memory perhaps" if code == -9 else "")
        return f"exit status {code}"

    def end(self) -> None:
        """End it, at once if it still has cells."""
        self.pipe.close()
        if self.cells or not self.ready:
            self.process.kill()
        self.process.join(2)
        self.process.kill()
        self.process.join()


def _serve(pipe: connection.Connection, sources: str) -> None:
    """The life of a worker: cells in, outcomes out, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        pipe.send(READY)
        while True:
            pipe.send(tuple(work(pipe.recv(), sources)))
    except (EOFError, OSError):
        pass


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _unheard() -> Iterator[None]:
    """A process started in this block never hears Ctrl-C; this one hears it after the block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """A process started in this block has one thread for BLAS, unless the user's environment says otherwise."""
    ours = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, "1"))
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]
