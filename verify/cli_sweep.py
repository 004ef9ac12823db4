"""The command `backtrack sweep FILE.toml`: a declared grid, computed where it is not computed yet, and exported.

Exit status 0 when every cell is done, 1 when some failed (a line each, the first few) or the disk is full, 2 for a
malformed grid, 130 after Ctrl-C; what was computed is kept in every case. Not covered: what a grid may declare
(`verify.sweep.grid`), how cells are run (`verify.sweep.engine`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.console import JSON, bar, print_json

if TYPE_CHECKING:
    from verify.sweep.cells import Cell
    from verify.sweep.engine import Swept, Workers
    from verify.sweep.store import Store

FEW = 5                                  # failed cells that get a line


@click.command()
@click.argument("grid", metavar="FILE.toml", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--store", "place", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where results are kept.  [default: FILE.sqlite beside FILE.toml]")
@click.option("--jobs", type=click.IntRange(1, 1024), metavar="N", help="Processes.  [default: one a core]")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster whose scheduler is at ADDRESS.")
@click.option("--export", "exports", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              metavar="FILE.parquet|csv|json", help="Write the rows, in the order declared; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only count the cells and what is done of them.")
@JSON
def sweep(grid: Path, place: Path | None, jobs: int | None, scheduler: str | None, exports: tuple[Path, ...],
          dry_run: bool, as_json: bool) -> None:
    """Run a declared grid (learner x dial x maze x seed), every cell once.

    Results are kept under the declaration of the cell and the sources that computed it, one by one: killed at any
    moment, a sweep goes on where it was. Cells that failed are tried again by the next sweep.
    """
    from theory.numeric import InputError
    from verify.sweep import engine
    from verify.sweep.export import check_suffix, export
    from verify.sweep.grid import load
    from verify.sweep.store import Store

    if jobs and scheduler:
        raise InputError(f"--jobs {jobs} and --scheduler {scheduler}: one of the two")
    for path in exports:
        check_suffix(path)
    cells = load(grid)
    place = place or grid.with_suffix(".sqlite")
    if place == grid:
        raise InputError(f"{grid}: the grid cannot be its own store; name one with --store")
    if dry_run and not place.exists():
        place = Path(":memory:")                         # counting makes no files
    with Store(place) as store:
        if dry_run:
            return _count(cells, store, as_json)
        with bar("sweeping", rate=True) as progress:
            done = engine.sweep(cells, store, _workers(cells, store, jobs, scheduler), progress)
        written = [export(cells, store, path) for path in exports]
        _show(grid, cells, store, done, written, as_json)
        if done.failures:
            raise click.exceptions.Exit(1)


def _workers(cells: Sequence[Cell], store: Store, jobs: int | None, scheduler: str | None) -> Workers:
    from verify.sweep.local import Local, cores

    if scheduler is None or {cell.key for cell in cells} <= store.done():
        return Local(jobs or cores())
    from verify.sweep.cluster import Cluster

    return Cluster(scheduler)


def _count(cells: Sequence[Cell], store: Store, as_json: bool) -> None:
    keys = {cell.key for cell in cells}
    counts = {"cells": len(keys), "done": len(keys & store.done()), "failed": len(keys & store.failed().keys()),
              "done_by_other_sources": len(keys & store.outdated())}
    if as_json:
        return print_json({**counts, "code": store.code})
    click.echo(f"{counts['cells']} cells, {counts['done']} done, {counts['failed']} failed when last tried"
               + _outdated(counts["done_by_other_sources"]))


def _outdated(count: int) -> str:
    return f"; {count} done by other sources, which do not count" if count else ""


def _show(grid: Path, cells: Sequence[Cell], store: Store, done: Swept, written: list[Path], as_json: bool) -> None:
    words: dict[str, Any] = {cell.key: cell for cell in cells if cell.key in done.failures}
    for key in list(done.failures)[:FEW]:
        click.echo(f"backtrack: {words[key].words}: {done.failures[key]}", err=True)
    if len(done.failures) > FEW:
        click.echo(f"backtrack: and {len(done.failures) - FEW} more cells failed; --export has every error", err=True)
    if as_json:
        return print_json({
            "grid": str(grid), "store": store.path, "code": store.code, "cells": done.cells, "found": done.found,
            "computed": done.computed, "failed": len(done.failures), "seconds": done.seconds, "rate": done.rate,
            "failures": [{"cell": words[key].declared, "error": error} for key, error in done.failures.items()],
            "exports": [str(path) for path in written]})
    rate = f" in {done.seconds:.1f} s, {done.rate:.3g} a second" if done.seconds else ""
    click.echo(f"{done.cells} cells: {done.found} found in {store.path}, {done.computed} computed{rate}, "
               f"{len(done.failures)} failed")
    for path in written:
        click.echo(path)
