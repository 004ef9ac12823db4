"""A declared grid, FILE.toml, as cells; or a refusal in one line that names the key, before anything runs.

Setting. A grid has tables of two kinds, each any number of times; every key is one value or a list, and a table
declares every combination of its values:

    [[grid]]                                 # what the six learners of the critique map cost
    dial = ["early-stopping", "restarts"]    # or "all"
    learner = ["SFT", "RLVR"]                # left out: all six
    value = ["1/1000", 1]                    # values that the dial has; left out: all of them
    W = "2:16:2"                             # integers: 5, [2, 4, 8], "2:16" (both ends) or "2:16:2"
    K = [2, 4, 8]
    L = 5

    [[train]]                                # where training ends
    learner = ["sign", "grpo"]               # and any setting of `verify.training.Options`: lr, group, reward, ...
    updates = [100, 200]                     # left out: 1200, and 200 for learners that sample
    seed = "0:9"                             # left out: 0
    W = 3
    K = 2
    L = 2

[[train]] also takes start (base, sft, optimum), and, to stop before the updates are over, max_samples, max_walked and
within (times the optimum). Rows in a file are refused as a start or a teacher: a cell depends on what it declares.
A cell declared twice is one cell. Not covered: values between those that a dial has.
"""

from __future__ import annotations

import difflib
import itertools
import math
import tomllib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from theory.maze import Maze
from theory.numeric import InputError, exact, integer
from verify.ranges import integers
from verify.sweep.cells import Cell, written

MOST_CELLS = 200_000
LARGEST_SIZE = 10**6                     # of W, K, L
LARGEST_SEED = 2**63 - 1                 # what a column of integers holds
NAMED_ROWS = ("base", "sft", "optimum")
Axes = dict[str, list[Any]]


def load(path: str | Path) -> list[Cell]:
    """The cells of a grid's file in the order declared, each once; `InputError` in one line for a malformed one."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text, from byte {error.start} on") from None
    try:
        return parse(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse(text: str) -> list[Cell]:
    """The cells that the text of a grid declares.

    >>> for cell in parse('train = {learner = "sft", updates = 5, W = [2, 3], K = 1, L = 1}'):
    ...     cell.words
    'learner = sft, W = 2, K = 1, L = 1, seed = 0, updates = 5'
    'learner = sft, W = 3, K = 1, L = 1, seed = 0, updates = 5'
    """
    try:
        declared = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        end = f"at line {text.count(chr(10)) + 1}, the end"
        raise InputError(f"not TOML: {error}".replace("at end of document", end)) from None
    kinds: dict[str, Callable[[dict[str, Any], str], Iterator[dict[str, Any]]]] = {"grid": _grid, "train": _train}
    found, room = {}, MOST_CELLS
    for kind, tables in declared.items():
        if kind not in kinds:
            raise _unknown(kind, kind, kinds, "a table of a grid")
        tables = tables if isinstance(tables, list) else [tables]
        for number, table in enumerate(tables, 1):
            name = kind if len(tables) == 1 else f"{kind} {number}"
            if not isinstance(table, dict):
                raise InputError(f"{name} = {_shown(table)}: must be a table, [[{kind}]]")
            for cell in map(Cell.of, kinds[kind](table, name)):
                found[cell.key] = cell
                if len(found) > room:
                    raise _too_many(name, f"more than {room}")
    if not found:
        raise InputError("declares no cell: write a table [[grid]] or [[train]]")
    return list(found.values())


# -- tables -----------------------------------------------------------------------------------------------------

def _grid(table: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    from verify.dials.dial import LEARNERS
    from verify.dials.map import dials

    known = dials()
    _only(table, name, ("dial", "learner", "value", "W", "K", "L"))
    chosen = _names(_needed(table, name, "dial"), f"{name}.dial", list(known), "a dial")
    learners = _names(table.get("learner", "all"), f"{name}.learner", list(LEARNERS), "a learner of the map")
    axes = _maze(table, name)
    values = [(dial, value) for dial in chosen
              for value in _values(table.get("value", "all"), f"{name}.value", dial, known[dial].values)]
    axes = {"of": values, "learner": learners, **axes}
    for cell in _combined(axes, name):
        dial, value = cell.pop("of")
        yield {"kind": "grid", "dial": dial, "value": value, **cell}


def _train(table: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    from verify.training import LEARNERS, SAMPLING, Options

    kinds = {field.name: str(field.type).split(" |")[0] for field in Options.__dataclass_fields__.values()}
    kinds |= {"start": "str", "updates": "int", "max_samples": "int", "max_walked": "int", "within": "float"}
    _only(table, name, ("W", "K", "L", "seed", *kinds))
    axes: Axes = {"learner": _names(_needed(table, name, "learner"), f"{name}.learner", list(LEARNERS), "a learner")}
    axes |= _maze(table, name)
    axes["seed"] = _integers(table.get("seed", 0), f"{name}.seed", 0, LARGEST_SEED)
    for key in table:
        if key not in axes:
            axes[key] = [_typed(value, kinds[key], f"{name}.{key}") for value in _listed(table[key], f"{name}.{key}")]
    for key in ("start", "teacher"):
        for value in axes.get(key, ()):
            if value not in NAMED_ROWS:
                raise InputError(f"{name}.{key} = {value!r}: not one of {', '.join(NAMED_ROWS)}")
    sound: set[tuple[Any, ...]] = set()
    for cell in _combined(axes, name):
        cell.setdefault("updates", 200 if cell["learner"] in SAMPLING else 1200)
        settings = tuple(value for key, value in cell.items() if key != "seed")
        if settings not in sound:                        # seeds change nothing about that
            _check_run(cell, name)
            sound.add(settings)
        yield {"kind": "train", **cell}


def _check_run(cell: dict[str, Any], name: str) -> None:
    """What `verify.training.train` would refuse, refused now."""
    from theory.policy import Policy
    from verify.learners.edges import EdgePolicy
    from verify.learners.learning import Budget
    from verify.sweep.cells import SETTLED
    from verify.training import Options, unused

    options = {key: value for key, value in cell.items() if key not in SETTLED}
    settings, maze = Options(**options), Maze(cell["W"], cell["K"], cell["L"])
    try:
        if line := unused(settings, [key for key in options if key not in ("learner", "lr")]):
            raise InputError(line)
        learner = settings.build(maze)
        Budget(cell["updates"], cell.get("max_samples"), cell.get("max_walked"))
        if cell.get("within") is not None and cell["within"] < 1:
            raise InputError(f"within = {cell['within']}: the optimum is the least, so a number from 1")
        if cell.get("start", "base") != "base":
            rows = Policy.named(cell["start"], maze.L)
            learner.check(EdgePolicy.of(maze, Policy.untied([rows] * maze.W) if settings.untied else rows))
    except InputError as error:
        raise InputError(f"{name}: {error} (learner {cell['learner']})") from None


def _combined(axes: Axes, name: str) -> Iterator[dict[str, Any]]:
    """Every combination of the axes' values, the last axis fastest."""
    count = math.prod(map(len, axes.values()))
    if count > MOST_CELLS:
        raise _too_many(name, str(count))
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


# -- keys and values --------------------------------------------------------------------------------------------

def _only(table: dict[str, Any], name: str, known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            raise _unknown(f"{name}.{key}", key, known, "a key of this table")


def _needed(table: dict[str, Any], name: str, key: str) -> Any:
    if key not in table:
        raise InputError(f"{name}.{key}: missing")
    return table[key]


def _unknown(where: str, given: str, known: Any, what: str) -> InputError:
    near = difflib.get_close_matches(given, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {_few(list(known))}"
    return InputError(f"{where}: {given!r} is not {what}; {hint}")


def _too_many(name: str, count: str) -> InputError:
    return InputError(f"{name}: {count} cells; {MOST_CELLS} are the most")


def _few(names: Sequence[str], most: int = 40) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _shown(value: Any) -> str:
    """A value in a message, as TOML has it and never long."""
    text = str(value) if isinstance(value, Decimal) else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(value: Any, name: str) -> list[Any]:
    if isinstance(value, list) and not value:
        raise InputError(f"{name} = []: an empty list")
    return value if isinstance(value, list) else [value]


def _names(value: Any, name: str, known: list[str], what: str) -> list[str]:
    """'all', a name or a list of names, each once."""
    if value == "all":
        return known
    for given in _listed(value, name):
        if not isinstance(given, str):
            raise InputError(f"{name} = {_shown(given)}: must be a name in quotes")
        if given not in known:
            raise _unknown(name, given, known, what)
    return list(dict.fromkeys(_listed(value, name)))


def _maze(table: dict[str, Any], name: str) -> Axes:
    return {key: _integers(_needed(table, name, key), f"{name}.{key}", 1, LARGEST_SIZE) for key in "WKL"}


def _integers(value: Any, name: str, least: int, most: int) -> list[int]:
    """Integers from 5, [2, 4, 8], '2:16' or '2:16:2', both ends included."""
    if isinstance(value, str):
        return integers(value, name, least=least, most=most, count=MOST_CELLS)
    return [integer(given, name, least, most) for given in _listed(value, name)]


def _typed(value: Any, kind: str, name: str) -> Any:
    """A setting of a learner as the type it has."""
    if kind == "float" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise InputError(f"{name} = {_shown(value)}: not a finite number")
        return number
    if kind == "int":
        return integer(value, name, -LARGEST_SEED, LARGEST_SEED)
    if (kind == "bool" and isinstance(value, bool)) or (kind == "str" and isinstance(value, str)):
        return value
    must = {"float": "a number", "bool": "true or false", "str": "text in quotes"}[kind]
    raise InputError(f"{name} = {_shown(value)}: must be {must}")


def _values(value: Any, name: str, dial: str, known: Sequence[Any]) -> list[str]:
    """The values of a dial as cells declare them; numbers are compared as numbers, 0.5 and "1/2" being one."""
    texts = [written(each) for each in known]
    if len(set(texts)) < len(texts):
        raise ValueError(f"dial {dial}: two values are written alike")
    if value == "all":
        return texts
    found = []
    for given in _listed(value, name):
        if isinstance(given, (dict, list)):
            raise InputError(f"{name} = {_shown(given)}: must be a number or text")
        same = [text for text, each in zip(texts, known, strict=True) if text == given or _equal(given, each)]
        if not same:
            raise InputError(f"{name} = {_shown(given)}: not a value of the dial {dial}, which has {_few(texts)}")
        found.append(same[0])
    return list(dict.fromkeys(found))


def _equal(given: Any, value: Any) -> bool:
    """Whether what TOML has is the dial's value: both truth values, or both numbers and equal."""
    if isinstance(given, bool) or isinstance(value, bool) or isinstance(value, (str, type(None))):
        return isinstance(given, bool) and isinstance(value, bool) and given == value
    if isinstance(value, float) and isinstance(given, (int, Decimal)) and float(given) == value:
        return True
    try:
        return bool(exact(given) == exact(value))
    except InputError:
        return False
