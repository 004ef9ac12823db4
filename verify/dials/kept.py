"""Rows of the critique map that were computed before, kept with the sources and the profile they were computed under.

    verify/critique.jsonl                 shipped with the package, written by `make evidence`
    critique.jsonl beside the evidence    what `backtrack critique` computed here

A row counts only while the sources are the same; each is written as soon as it is there, so that a run cut off loses
none. Not covered: what is in a row (`verify.dials.map`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from verify.dials.map import Row, dial, dials, row
from verify.evidence import ROOT, append_line, read_lines, writable
from verify.runner import store

SHIPPED_ROWS = ROOT / "critique.jsonl"
Progress = Callable[[int, int, str], None]


def own_rows() -> Path:
    """The user's own store of rows."""
    return store().with_name("critique.jsonl")


def load_rows(*paths: Path, profile: str = "quick") -> dict[str, Row]:
    """The rows of the present sources by dial, in the map's order; later stores replace earlier ones.

    Errors: `InputError` for a malformed line other than a last one cut off.
    """
    def taken(entry: dict[str, Any]) -> tuple[str, Row]:
        return entry["profile"], {**entry["row"], "dial": entry["row"]["dial"]}

    found: dict[str, Row] = {}
    for path in paths:
        found |= {kept["dial"]: kept for of, kept in read_lines(path, taken, "a row of the map") if of == profile}
    return {name: found[name] for name in dials() if name in found}


def compute_rows(names: Iterable[str], path: Path, profile: str = "quick", *, fresh: bool = False,
                 progress: Progress = lambda done, total, what: None) -> list[Row]:
    """The rows of the dials `names` (all when empty): from `path` where it holds them, else computed and added to it.

    Errors: `InputError` for an unknown dial, before anything is computed, or when the disk refuses.
    """
    wanted = [dial(name) for name in (list(names) or dials())]
    kept = {} if fresh else load_rows(path, profile=profile)
    writable(path)
    found = []
    for done, each in enumerate(wanted):
        progress(done, len(wanted), each.name)
        if each.name not in kept:
            kept[each.name] = row(each, profile)
            append_line(path, {"profile": profile, "row": kept[each.name]})
        found.append(kept[each.name])
    progress(len(wanted), len(wanted), "done")
    return found


if __name__ == "__main__":
    from verify.console import bar

    SHIPPED_ROWS.unlink(missing_ok=True)
    with bar("critique") as update:
        compute_rows([], SHIPPED_ROWS, progress=update)
