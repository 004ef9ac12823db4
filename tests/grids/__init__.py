"""Grids for the tests of sweeps, and a copy of the sources with a dial whose cells can be watched, and made to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KEPT = ("__init__.py", "common.py", "dial.py", "map.py", "kept.py")


class Copy:
    """theory/ and verify/ copied to `place`, the dials replaced by that of slow_dial.py; runs the command there.

    A copy, so that nobody's edits change the fingerprint during a test, and worker processes find the dial.
    """

    def __init__(self, place: Path):
        self.place, self.log = place, place / "cells.log"
        for package in ("theory", "verify"):
            shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__", "*.jsonl"))
        for path in (place / "verify" / "dials").glob("*.py"):
            if path.name not in KEPT:
                path.unlink()
        shutil.copy(HERE / "slow_dial.py", place / "verify" / "dials" / "slow.py")
        self.env = {**os.environ, "PYTHONPATH": str(place), "SLOW_LOG": str(self.log), "PYTHONDONTWRITEBYTECODE": "1"}

    def grid(self, text: str) -> Path:
        """A grid's file."""
        path = self.place / "grid.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, *words: object, **kwargs) -> subprocess.Popen:
        """`backtrack sweep ...` in the background, a process group of its own."""
        return subprocess.Popen([sys.executable, "-m", "verify", "sweep", *map(str, words)], cwd=self.place, text=True,
                                env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                **kwargs)

    def sweep(self, *words: object, **kwargs) -> tuple[int, str, str]:
        """`backtrack sweep ...`: (status, stdout, stderr)."""
        run = self.start(*words, **kwargs)
        try:
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
        return run.returncode, out, err

    def logged(self) -> list[str]:
        """A line for every cell whose computation came to its end, in any process."""
        return self.log.read_text().splitlines() if self.log.exists() else []
