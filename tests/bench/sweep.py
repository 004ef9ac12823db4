"""Benchmark: cells a second of `backtrack sweep`, against a plain loop and two libraries' pools, none of which keeps.

The same cells (costs of a dial) are computed by a loop in this process, by joblib.Parallel (loky) and by the standard
library's ProcessPoolExecutor (spawn), all of which hand results back and keep nothing; and by a sweep, which commits
every result to a store on the disk, one by one. The first FEW cells pay for processes and imports; cells a second are
those of the others.
Not covered: a Dask cluster, whose latency depends on the network.

Run: python tests/bench/sweep.py
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench.measure import console, header, ratio, seconds, table
from verify.sweep.cells import Cell, work
from verify.sweep.engine import sweep
from verify.sweep.grid import parse
from verify.sweep.local import Local
from verify.sweep.store import Store

FEW, MORE, JOBS = 200, 800, 2
Method = Callable[[Sequence[Cell], str], Iterator[float]]          # the time at which each cell was done
KINDS = {"cells of 5 ms": ("early-stopping", "1:10"), "cells of 0.2 ms": ("noisy-rows", "61:70")}         # dial, K
GRID = '[[grid]]\ndial = "{}"\nlearner = "SFT"\nW = "2:9"\nK = "{}"\nL = "1:4"'


def loop(cells: Sequence[Cell], code: str) -> Iterator[float]:
    for cell in cells:
        work(cell.text, code)
        yield time.perf_counter()


def pool(cells: Sequence[Cell], code: str) -> Iterator[float]:
    with ProcessPoolExecutor(JOBS, mp_context=multiprocessing.get_context("spawn")) as executor:
        for _ in executor.map(work, [cell.text for cell in cells], [code] * len(cells)):
            yield time.perf_counter()


def loky(cells: Sequence[Cell], code: str) -> Iterator[float]:
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    for _ in Parallel(n_jobs=JOBS, return_as="generator")(delayed(work)(cell.text, code) for cell in cells):
        yield time.perf_counter()
    get_reusable_executor().shutdown(wait=True)          # the next run starts its processes as everyone else does


def swept(jobs: int) -> Method:
    def run(cells: Sequence[Cell], code: str) -> Iterator[float]:
        times: list[float] = []

        def progress(done: int, total: int, what: str) -> None:
            times.extend([time.perf_counter()] * (done - len(times)))

        with tempfile.TemporaryDirectory() as place, Store(Path(place) / "cells.sqlite") as store:
            found = sweep(cells, store, Local(jobs), progress)
            assert found.computed == len(cells) == len(store.done()), found
        yield from times

    return run


METHODS: dict[str, Method] = {
    "loop, 1 process": loop, f"ProcessPoolExecutor, {JOBS}": pool, f"joblib (loky), {JOBS}": loky,
    "sweep --jobs 1": swept(1), f"sweep --jobs {JOBS}": swept(JOBS)}


def main() -> None:
    from verify.evidence import fingerprint

    header("Cells a second of a sweep", ["joblib", "python-flint"])
    for name, (dial, sizes) in KINDS.items():
        cells = parse(GRID.format(dial, sizes))[:FEW + MORE]
        assert len(cells) == FEW + MORE
        loop(cells[:1], fingerprint())                   # the loop's own imports and compilation
        out = table(f"{name}: {MORE} cells after the first {FEW}", "method", f"first {FEW}", "cells a second",
                    "rate over the loop's")
        unit = 0.0
        for method, run in METHODS.items():
            start = time.perf_counter()
            try:
                times = list(run(cells, fingerprint()))
            except ImportError:
                out.add_row(method, "", "not installed", "")
                continue
            rate = MORE / (times[-1] - times[FEW - 1])
            unit = unit or rate
            out.add_row(method, seconds(times[FEW - 1] - start), f"{rate:.3g}", ratio(rate, unit))
        console.print(out, "")


if __name__ == "__main__":
    main()
