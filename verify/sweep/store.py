"""Results of cells in one SQLite file, by the key of the cell and the fingerprint of the sources that computed them.

Setting. A row is (key, code): a result, or the error that a cell ended in. Every `put` is one statement and so one
transaction; when it returns, the row is on the disk (write-ahead log, synchronous = FULL: half a millisecond), and
survives a kill as well as a power cut. A writer killed in a statement leaves the store as it was before.

Several processes may read and write a store at once. `alone` is a lock that one of them holds, as a sweep does, so
that no two compute the same cells: a lock of SQLite's own on FILE.lock, which the system takes back from a process
that is killed. Rows of other sources stay in the store and are never read.

Not covered: stores on network file systems, where SQLite's locks do not hold.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from theory.numeric import InputError
from verify.evidence import fingerprint

APPLICATION = 0x62746B31                 # "btk1": says that an SQLite file is a store, of this layout
PATIENCE = 30.0                          # seconds to wait for another writer's statement
TABLE = """CREATE TABLE cells (
    key TEXT NOT NULL, code TEXT NOT NULL, declaration TEXT NOT NULL, result TEXT, error TEXT, seconds REAL NOT NULL,
    computed INTEGER NOT NULL DEFAULT 1, finished TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (key, code))"""
PUT = """INSERT INTO cells (key, code, declaration, result, error, seconds) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (key, code) DO UPDATE SET declaration = excluded.declaration, result = excluded.result,
    error = excluded.error, seconds = excluded.seconds, computed = computed + 1, finished = excluded.finished"""


class Row(NamedTuple):
    """What a store has of a cell: a result, or None and an error; seconds it took; how often it was computed."""

    result: Any
    error: str
    seconds: float
    computed: int


class Store:
    """A store of results; `code` is the fingerprint of the present sources unless given.

    >>> with Store(":memory:") as store:
    ...     store.put("k", {"W": 2}, {"steps": 9}, 0.1)
    ...     store.get("k"), store.get("other")
    ({'steps': 9}, None)

    Errors: `InputError` for a file that is no store; `OSError` with the file's name when the disk refuses or is full.
    """

    def __init__(self, path: str | Path, code: str | None = None):
        self.path, self.code = str(path), code or fingerprint()
        self._db: sqlite3.Connection | None = None
        if self.path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        with self._spoken():
            self._db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                self._open(self._db)
            except BaseException:
                self.close()
                raise

    def _open(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA synchronous = FULL")
        if self._application(db) != APPLICATION:
            db.execute("BEGIN IMMEDIATE")                    # two may be making it at once: the second sees it made
            application = self._application(db)
            if application != APPLICATION:
                if application or db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    raise InputError(f"{self.path}: an SQLite file, but not a store of cells")
                db.execute(TABLE)
                db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")

    @staticmethod
    def _application(db: sqlite3.Connection) -> int:
        return db.execute("PRAGMA application_id").fetchone()[0]

    # -- results --------------------------------------------------------------------------------------------------

    def get(self, key: str) -> Any:
        """The result kept under `key` for these sources, or None."""
        row = self.row(key)
        return None if row is None else row.result

    def row(self, key: str) -> Row | None:
        """All that is kept under `key` for these sources."""
        found = self._all("SELECT result, error, seconds, computed FROM cells WHERE key = ? AND code = ?",
                          key, self.code)
        if not found:
            return None
        result, error, seconds, computed = found[0]
        return Row(None if result is None else json.loads(result), error or "", seconds, computed)

    def put(self, key: str, declaration: str | Mapping[str, Any], result: Any, seconds: float) -> None:
        """Keep a result, as JSON; on the disk when this returns. Replaces what was kept under the key."""
        self._put(key, declaration, json.dumps(result, ensure_ascii=False, allow_nan=False), None, seconds)

    def fail(self, key: str, declaration: str | Mapping[str, Any], error: str, seconds: float) -> None:
        """Keep that a cell ended in an error, which does not count as done."""
        self._put(key, declaration, None, error, seconds)

    def done(self) -> set[str]:
        """The keys that have a result of these sources."""
        return {key for key, in self._all("SELECT key FROM cells WHERE code = ? AND result IS NOT NULL", self.code)}

    def failed(self) -> dict[str, str]:
        """Key -> error of the cells that ended in one, on these sources."""
        return dict(self._all("SELECT key, error FROM cells WHERE code = ? AND result IS NULL", self.code))

    def outdated(self) -> set[str]:
        """The keys that have a result of other sources, and none of these."""
        others = self._all("SELECT key FROM cells WHERE code != ? AND result IS NOT NULL", self.code)
        return {key for key, in others} - self.done()

    def _put(self, key: str, declaration: str | Mapping[str, Any], *rest: Any) -> None:
        text = declaration if isinstance(declaration, str) else json.dumps(declaration, ensure_ascii=False)
        self._all(PUT, key, self.code, text, *rest)

    def _all(self, statement: str, *values: Any) -> list[Any]:
        if self._db is None:
            raise ValueError(f"{self.path}: the store is closed")
        with self._spoken():
            return self._db.execute(statement, values).fetchall()

    # -- files ----------------------------------------------------------------------------------------------------

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block that one process at a time is in; `InputError` in one line where another is in it."""
        lock = sqlite3.connect(f"{self.path}.lock" if self.path != ":memory:" else self.path, timeout=0,
                               isolation_level=None)
        try:
            with self._spoken("another sweep is using it"):
                lock.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            lock.close()

    @contextmanager
    def _spoken(self, locked: str = "another process keeps writing to it") -> Iterator[None]:
        """SQLite's errors as those of this house."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = (error.sqlite_errorcode or 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise InputError(f"{self.path}: {locked}") from None
            raise OSError(errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO, str(error), self.path) from None
        except sqlite3.DatabaseError as error:
            raise InputError(f"{self.path}: not a store of cells: {error}") from None

    def close(self) -> None:
        """Close the file; the log beside it is folded in."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: Iterable[Any]) -> None:
        self.close()
