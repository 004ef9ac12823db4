"""One cell of a sweep: what it declares, its key, and its result, which depends on the declaration and nothing else.

Setting. A cell is a small JSON object, written canonically (sorted keys, no blanks); its key is a hash of that text.

    {"kind": "grid", "dial": .., "value": .., "learner": .., "W": .., "K": .., "L": ..}
        -> what one of the six learners costs with that dial at that value (`verify.dials.dial.Cost`)
    {"kind": "train", "learner": .., "W": .., "K": .., "L": .., "seed": .., "updates": .., settings}
        -> the end of a training run (`verify.training.train`): H of the policy learnt, and what was used

A number of steps is kept as {"exact", "decimal", "log10"}: exact is "p/q" whatever its length, "oo", or null for a
float, whose shortest decimal is then the number computed. All null: nothing says what is learnt.

`work` is what a worker runs, on this machine or another. It says which sources it ran on; a cell that brings in modules
whose files changed since the worker started says so too. Not covered: versions of libraries, which are no part of a
key.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from theory.maze import Maze
from theory.numeric import InputError, Steps, shown
from verify.evidence import fingerprint

LONGEST_ERROR = 400                      # characters of an error that are kept
_one_at_a_time = threading.Lock()        # a Dask worker has threads, and the precision of balls is one for all of them


class Cell(NamedTuple):
    """A cell by its key and its declaration, as canonical JSON."""

    key: str
    text: str

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Cell:
        """The cell that declares this.

        >>> Cell.of({"b": 1, "a": "x"}).text
        '{"a":"x","b":1}'
        """
        text = json.dumps(declared, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return cls(hashlib.sha256(text.encode()).hexdigest()[:32], text)

    @property
    def declared(self) -> dict[str, Any]:
        """The declaration."""
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """The declaration for a message: 'dial = x, value = 1/2, learner = SFT, W = 2, K = 1, L = 1'."""
        declared = self.declared
        first = [name for name in ("dial", "value", "learner", "W", "K", "L", "seed") if name in declared]
        rest = [name for name in declared if name not in first and name != "kind"]
        return ", ".join(f"{name} = {declared[name]}" for name in first + rest)


class Outcome(NamedTuple):
    """What came of a cell: a result, or an error in one line; seconds; the fingerprint of the sources it ran on."""

    result: dict[str, Any] | None
    error: str
    seconds: float
    sources: str


def work(text: str, sources: str) -> Outcome:
    """Compute the cell declared by `text` if this process has these `sources`; errors become part of the outcome."""
    if fingerprint() != sources:
        return Outcome(None, "other sources", 0.0, fingerprint())
    with _one_at_a_time:
        loaded, start = len(sys.modules), time.perf_counter()
        result, error = None, ""
        try:
            _settle_precision()
            result = compute(json.loads(text))
        except InputError as caught:
            error = str(caught)
        except Exception as caught:                          # whatever it is, the other cells are computed
            error = f"{type(caught).__name__}: {caught}".strip()
        seconds = time.perf_counter() - start
        # modules load when first needed: did their files change since this process took its fingerprint?
        now = sources if len(sys.modules) == loaded else fingerprint.__wrapped__()
    return Outcome(result, " ".join(error.split())[:LONGEST_ERROR], seconds, now)


def compute(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a cell, as JSON has it; raises what the computation raises."""
    return {"grid": _cost, "train": _train}[declared["kind"]](declared)


def written(value: Any) -> str:
    """A dial's value as a cell declares it: '1/1000', '0.02', 'none'."""
    return repr(value) if isinstance(value, float) else str(value)


def _settle_precision() -> None:
    """Every cell starts from the libraries' own precision, whatever the one before left behind."""
    import flint

    flint.ctx.prec = 53
    if "mpmath" in sys.modules:
        sys.modules["mpmath"].mp.prec = 53


def _steps(value: Any) -> dict[str, Any]:
    if value is None:
        return {"exact": None, "decimal": None, "log10": None}
    if isinstance(value, float) and math.isfinite(value):
        return {"exact": None, "decimal": repr(value), "log10": math.log10(value) if value > 0 else None}
    return Steps.of(value).to_json()


def _cost(declared: Mapping[str, Any]) -> dict[str, Any]:
    from verify.dials.map import dials

    dial = dials()[declared["dial"]]
    value = next(value for value in dial.values if written(value) == declared["value"])
    cost = dial.cost(declared["learner"], value, Maze(declared["W"], declared["K"], declared["L"]))
    growth = cost.growth
    return {"steps": _steps(cost.steps), "known": cost.known, "words": cost.words,
            "rate": None if growth is None else repr(growth.rate) if isinstance(growth.rate, float)
            else shown(growth.rate),
            "exponent": None if growth is None else growth.exponent,
            **{f"degree_{name}": None if growth is None else getattr(growth, name) for name in "KWL"},
            "growth_known": None if growth is None else growth.how}


SETTLED = ("kind", "W", "K", "L", "seed", "start", "updates", "max_samples", "max_walked", "within")


def _train(declared: Mapping[str, Any]) -> dict[str, Any]:
    from theory.closed_forms import optimum_steps
    from verify.training import Options, train

    maze = Maze(declared["W"], declared["K"], declared["L"])
    optimum, within = int(optimum_steps(maze.W, maze.K)), declared.get("within")
    run = train(maze, Options(**{name: value for name, value in declared.items() if name not in SETTLED}),
                updates=declared["updates"], samples=declared.get("max_samples"), steps=declared.get("max_walked"),
                goal=None if within is None else within * optimum, seed=declared["seed"], start=declared.get("start"))
    end = run.trace[-1]
    return {"steps": {**_steps(end.H), "log10": end.log10}, "optimum": optimum, "used_updates": run.used.updates,
            "used_samples": run.used.samples, "used_walked": run.used.steps,
            **{f"row_{name}": float(mean) for name, mean in end.rows.items()}}
