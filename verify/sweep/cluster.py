"""Workers of a Dask cluster, `backtrack sweep FILE.toml --scheduler ADDRESS`; the extra `dask` installs what is needed.

Scheduler and workers start with Dask's own commands, and every worker's machine has this package installed:

    dask scheduler
    dask worker tcp://ADDRESS:8786 --nworkers 8 --nthreads 1

Workers may join and leave at any time: Dask gives the cells of a worker that is gone to another, and gives a cell up
that several workers died of (its allowed-failures, 3), which is then kept as failed. Results come back to this
process, which alone writes to the store. Threads of one worker take turns, hence --nthreads 1.

Not covered: who may connect. A cluster runs whatever it is sent; keep it in a network you trust, or give it TLS.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from theory.numeric import InputError
from verify.evidence import fingerprint
from verify.sweep.cells import Cell, Outcome, work

AHEAD = 3                                # cells sent a thread: one runs, the others are on the way
CONNECTING = 10                          # seconds


class Cluster:
    """The workers of the Dask scheduler at `address`, such as tcp://127.0.0.1:8786."""

    def __init__(self, address: str):
        try:
            import distributed
        except ImportError:
            raise InputError("--scheduler needs Dask: pip install 'backtrack-companion[dask]'") from None
        for name in list(logging.root.manager.loggerDict):              # what it has to say is said in one line here
            if name.partition(".")[0] == "distributed":
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self.address, self.sources, self.run = address, fingerprint(), uuid.uuid4().hex[:8]
        self.flying: dict[str, tuple[Cell, Any]] = {}
        self.back: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.threads, self.asked = 0, -1e9
        self.killed: type[Exception] = distributed.KilledWorker
        self._knock()
        self.client = distributed.Client.__new__(distributed.Client)
        try:
            self.client.__init__(address, timeout=CONNECTING, set_as_default=False)  # type: ignore[misc]
        except Exception as error:                       # whatever listens there, it is no scheduler of this Dask
            self.client.status = "closed"                # else its end is awaited, for 20 seconds and in many lines
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise self._nobody(reason) from None

    def _knock(self) -> None:
        """Refuse at once what Dask would try for a while: addresses that are none, ports where nobody listens."""
        parts = re.fullmatch(r"(?:([a-z]+)://)?\[?([^/\s]+?)\]?:(\d{1,5})", self.address)
        if not parts:
            raise InputError(f"--scheduler {self.address!r}: not an address such as tcp://127.0.0.1:8786")
        try:
            with socket.create_connection((parts[2], int(parts[3])), timeout=CONNECTING) as line:
                if parts[1] in (None, "tcp"):            # where the scheduler speaks first
                    line.recv(1)
        except (OSError, OverflowError) as error:
            raise self._nobody(getattr(error, "strerror", None) or str(error)) from None

    def _nobody(self, reason: str) -> InputError:
        return InputError(f"no Dask scheduler answers at {self.address!r}: {reason}")

    def open(self, cells: int) -> None:
        """Nothing to start: workers join when they like."""
        if not self.client.nthreads():
            print(f"backtrack: no worker has joined {self.address} yet; waiting for one", file=sys.stderr)

    def room(self) -> bool:
        """Whether the cluster should hold another cell."""
        if time.monotonic() - self.asked > 2:
            with self._connected():
                self.threads, self.asked = sum(self.client.nthreads().values()), time.monotonic()
        return len(self.flying) < AHEAD * max(1, self.threads)

    def send(self, cell: Cell) -> None:
        """Send a cell to the scheduler."""
        name = f"backtrack-{self.run}-{cell.key}"
        with self._connected():
            future = self.client.submit(work, cell.text, self.sources, key=name, pure=False)
        self.flying[name] = cell, future
        future.add_done_callback(self.back.put)

    def finished(self, timeout: float) -> list[tuple[Cell, Outcome]]:
        """What has come back; waits up to `timeout` seconds where nothing has."""
        futures = []
        try:
            futures.append(self.back.get(timeout=timeout) if timeout else self.back.get_nowait())
            while True:
                futures.append(self.back.get_nowait())
        except queue.Empty:
            pass
        with self._connected():
            outcomes = iter(self.client.gather([future for future in futures if future.status == "finished"]))
        return [(self.flying.pop(future.key)[0],
                 Outcome(*next(outcomes)) if future.status == "finished" else self._failed(future))
                for future in futures]

    def _failed(self, future: Any) -> Outcome:
        """The outcome of a cell that its workers died of; anything else ends the sweep."""
        if future.status != "error":
            raise self._gone()
        error = future.exception()
        if isinstance(error, self.killed):
            return Outcome(None, "the workers that computed it died, one after another", 0.0, self.sources)
        line = " ".join(f"{type(error).__name__}: {error}".split())
        raise OSError(0, f"a worker cannot run this package: {line}", self.address)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """A block that asks the scheduler; without one the sweep ends: if it comes back, it knows no cells."""
        try:
            if self.client.status == "running":
                yield
                return
        except (OSError, asyncio.CancelledError):        # which may come before the client's status says so
            pass
        except Exception:
            if self.client.status == "running":
                raise
        raise self._gone()

    def _gone(self) -> OSError:
        return OSError(0, "the Dask scheduler went away; what was computed is kept", self.address)

    def close(self) -> None:
        """Take back what is still out, and disconnect."""
        with suppress(Exception, asyncio.CancelledError):       # the cells that count have come back
            if self.client.status == "running":
                self.client.cancel([future for _, future in self.flying.values()])
            self.client.close(timeout=2)
        self.flying.clear()
