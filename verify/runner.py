"""Running the checks from a program: what `backtrack verify` and `backtrack report` do with `pytest verify/`.

Evidence goes, line by line as it is found, to a store; a run that was cut off is taken up where it stopped by skipping
the checks whose evidence the store already holds for these sources and this profile. Where evidence is kept:

    verify/evidence.jsonl               shipped with the package, written by `make evidence`
    ~/.cache/backtrack/evidence.jsonl   what `backtrack verify` found here ($BACKTRACK_EVIDENCE names another file)

Both count only while the fingerprint of theory/ and verify/ is the one they were written under.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from verify.evidence import ROOT, SHIPPED, Evidence, load

Progress = Callable[[int, int, str], None]
FEW = 12                                # claims that one process checks sooner than several would


def store() -> Path:
    """The user's own store of evidence."""
    if named := os.environ.get("BACKTRACK_EVIDENCE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backtrack" / "evidence.jsonl"


def known_evidence(*extra: Path) -> list[Evidence]:
    """Shipped evidence, replaced by the user's own, replaced by that of `extra` stores; valid for these sources."""
    found = {}
    for path in (SHIPPED, store(), *extra):
        for item in load(path):
            found[item.check, item.aspect] = item
    return list(found.values())


class Failed(Exception):
    """The checks could not be run at all."""


class Run:
    """One run of the checks: a pytest plugin that counts, and keeps why a check failed."""

    def __init__(self, progress: Progress):
        self.progress = progress
        self.total, self.finished, self.failures = 0, 0, {}  # type: ignore[var-annotated]

    def pytest_collection_finish(self, session: Any) -> None:
        self._all(len(session.items))

    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self._all(len(ids))

    def _all(self, count: int) -> None:
        self.total = max(self.total, count)           # with several processes, the one that hands out has none itself
        self.progress(self.finished, self.total, "")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.progress(self.finished, self.total, _name(nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failures[_name(report.nodeid)] = str(getattr(report.longrepr, "reprcrash", report.longrepr))
        if report.when == "teardown":
            self.finished += 1
            self.progress(self.finished, self.total, "")


def _name(nodeid: str) -> str:
    """'verify/test_walk.py::test_x', from wherever pytest was started."""
    path, _, test = nodeid.partition("::")
    return f"verify/{Path(path).name}::{test}"


def run_checks(labels: Iterable[str], profile: str, path: Path, *, resume: bool = False, jobs: int | None = None,
               progress: Progress = lambda done, total, what: None) -> Run:
    """Run the checks of `labels` (all claims when empty), appending evidence to `path`.

    A check counts as done, with `resume`, when `path` holds its evidence for these sources and this profile and it
    did not end in an error. jobs: processes; None for one a core, but one alone for a few claims, which would spend
    their time on starting others. Raises KeyboardInterrupt when interrupted, `Failed` when pytest could not start.
    """
    import pytest

    labels = list(labels)
    if jobs is None:
        jobs = (os.cpu_count() or 1) if not labels or len(labels) > FEW else 1
    run = Run(progress)
    status = pytest.main([str(ROOT), "-p", "no:terminal", "-p", "no:cacheprovider", "--profile", profile,
                          "--evidence", str(path), "--claims", ",".join(labels), *(["--undone"] if resume else []),
                          "-n", str(jobs if jobs > 1 else 0)], plugins=[run])
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise Failed(f"pytest ended with {status!r}")
    return run
