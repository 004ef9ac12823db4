"""The rows of a grid as Parquet, CSV or JSON, by the suffix of the file's name.

One row a cell, in the order declared, with the same columns in every format: what the cell declares, then its result,
then state (done, failed, missing), error, seconds, key and code. A number of steps has four columns,

    steps_exact      text, 'p/q' of any length or 'oo'; empty where the number is a float
    steps_decimal    text, 17 digits, or the shortest that is the float
    steps            float64: infinite where steps are, empty beyond float64's range
    steps_log10      float64

so that no format loses digits. JSON has null where CSV has nothing, also for an infinite float. Files are written whole
or not at all. Not covered: rows computed by other sources.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from theory.formats import write_file
from theory.numeric import InputError
from verify.sweep.cells import Cell
from verify.sweep.store import Store

SUFFIXES = (".parquet", ".csv", ".json")
FIRST = ("kind", "dial", "value", "learner", "W", "K", "L", "seed")
LAST = ("state", "error", "seconds", "key", "code")
Table = dict[str, list[Any]]


def check_suffix(path: Path) -> None:
    """`InputError` for a suffix that is no format, or a format whose library is missing; asked before anything runs."""
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: the suffix says the format, one of {', '.join(SUFFIXES)}")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"{path}: Parquet needs pyarrow: pip install 'backtrack-companion[parquet]'")


def columns(cells: Sequence[Cell], store: Store) -> Table:
    """The rows of `cells` as columns of equal length, None where a cell has nothing."""
    rows = [_row(cell, store) for cell in cells]
    seen = dict.fromkeys(name for row in rows for name in row)
    names = [*(name for name in FIRST if name in seen), *(name for name in seen if name not in (*FIRST, *LAST)), *LAST]
    return {name: [row.get(name) for row in rows] for name in names}


def export(cells: Sequence[Cell], store: Store, path: Path) -> Path:
    """Write the rows of `cells`; `InputError` in one line for an unknown suffix or when the disk refuses."""
    check_suffix(path)
    table = columns(cells, store)
    return write_file(path, _parquet(table) if path.suffix == ".parquet" else WRITERS[path.suffix](table))


def _row(cell: Cell, store: Store) -> dict[str, Any]:
    kept = store.row(cell.key)
    row, result = cell.declared, dict(kept.result) if kept and kept.result is not None else {}
    if steps := result.pop("steps", None):
        decimal = steps["decimal"]
        number = math.inf if decimal == "oo" else None if decimal is None else float(decimal)
        row |= {"steps_exact": steps["exact"], "steps_decimal": decimal,
                "steps": None if number == math.inf and decimal != "oo" else number,
                "steps_log10": math.inf if decimal == "oo" else steps["log10"]}
    state = "missing" if kept is None else "failed" if kept.result is None else "done"
    return {**row, **result, "state": state, "error": kept.error if kept else "",
            "seconds": kept.seconds if kept else None, "key": cell.key, "code": store.code}


def _csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue()


def _json(table: Table) -> str:
    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    rows = (dict(zip(table, map(plain, row), strict=True)) for row in zip(*table.values(), strict=True))
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows) + "\n]\n"


WRITERS = {".csv": _csv, ".json": _json}


def _parquet(table: Table) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}

    def kind(values: list[Any]) -> Any:
        met = {type(value) for value in values if value is not None}
        return types[float if met == {int, float} else met.pop() if len(met) == 1 else str]

    arrays = {name: pa.array(values, kind(values)) for name, values in table.items()}
    out = io.BytesIO()
    parquet.write_table(pa.table(arrays), out)
    return out.getvalue()
