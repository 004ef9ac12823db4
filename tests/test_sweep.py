"""`backtrack sweep`: grids and their refusals, the store, kills at any moment, workers that die, exports."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from tests.grids import HERE, Copy
from theory import Maze
from theory.closed_forms import sft_steps
from theory.numeric import InputError
from verify.dials.dial import LEARNERS, Critical, Dial
from verify.dials.map import dials
from verify.evidence import fingerprint
from verify.sweep.cells import Cell, Outcome, compute, work
from verify.sweep.engine import sweep
from verify.sweep.export import columns, export
from verify.sweep.grid import MOST_CELLS, load, parse
from verify.sweep.local import Local
from verify.sweep.store import Store

SLOW = '[[grid]]\ndial = "slow"\nvalue = "{}"\nlearner = {}\nW = "{}"\nK = {}\nL = 2\n'


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path / "sources")


@pytest.fixture
def stub(monkeypatch):
    """A map with one dial, whose values are of every kind."""
    dial = Dial("kinds", 0, "", "", "", (Fraction(1, 2), 0.1, 3, "none", None, True), None, (),
                lambda profile: Critical(None, "exact", ""))
    other = Dial("other", 0, "", "", "", (0, 3), None, (), lambda profile: Critical(None, "exact", ""))
    monkeypatch.setattr("verify.dials.map.dials", lambda: {"kinds": dial, "other": other})


# -- grids --------------------------------------------------------------------------------------------------------

GRID = {"dial": '"kinds"', "W": "2", "K": "2", "L": "2"}
TRAIN = {"learner": '"sft"', "W": "2", "K": "2", "L": "2"}


def table(kind, base, **changed):
    """A table in TOML: `base` with some keys changed, or left out where None."""
    keys = {**base, **changed}
    return f"[[{kind}]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


@pytest.mark.parametrize("keys, pieces", [
    ({"W": "0"}, ("grid.W = 0", "at least 1")), ({"W": "2000000"}, ("grid.W = 2000000", "at most")),
    ({"W": '"2"'}, ("grid.W = '2'", "2:16")), ({"W": '"9:2"'}, ("grid.W = '9:2'", "empty range")),
    ({"W": '"1:9:0"'}, ("grid.W = '1:9:0'", "2:16")), ({"W": '"0:4"'}, ("grid.W = 0", "at least 1")),
    ({"W": '"1:900000000000"'}, ("grid.W", str(MOST_CELLS))), ({"K": "[]"}, ("grid.K = []", "empty")),
    ({"K": "2.5"}, ("grid.K = ", "2.5", "integer")), ({"K": "[2, true]"}, ("grid.K = True", "integer")),
    ({"L": None}, ("grid.L: missing",)), ({"dial": None}, ("grid.dial: missing",)),
    ({"dial": '"kind"'}, ("grid.dial: 'kind'", "did you mean kinds")), ({"dial": "3"}, ("grid.dial = 3", "quotes")),
    ({"dial": '["kinds", "zzz"]'}, ("grid.dial: 'zzz'", "other")), ({"dial": "[]"}, ("grid.dial = []", "empty")),
    ({"learner": '"SFTT"'}, ("grid.learner: 'SFTT'", "did you mean SFT")),
    ({"value": "7"}, ("grid.value = 7", "kinds", "1/2, 0.1, 3, none")), ({"value": "[]"}, ("grid.value = []",)),
    ({"value": "{a = 1}"}, ("grid.value", "number or text")), ({"value": "1"}, ("grid.value = 1",)),
    ({"value": "false"}, ("grid.value = false",)), ({"value": "nan"}, ("grid.value = NaN",)),
    ({"dial": '["kinds", "other"]', "value": "0.5"}, ("grid.value = 0.5", "the dial other")),
    ({"seed": "1"}, ("grid.seed", "not a key")), ({"Wide": "1"}, ("grid.Wide", "'Wide'")),
    ({"W": '"1:300"', "K": '"1:300"', "L": '"1:9"'}, ("grid: ", str(MOST_CELLS))),
])
def test_a_malformed_grid_is_refused_by_its_key(stub, fails, keys, pieces):
    fails(lambda: parse(table("grid", GRID, **keys)), *pieces)


@pytest.mark.parametrize("keys, pieces", [
    ({"learner": '"RLVR"'}, ("train.learner: 'RLVR'", "sign")), ({"learner": None}, ("train.learner: missing",)),
    ({"lr": '"fast"'}, ("train.lr = 'fast'", "a number")), ({"lr": "-1"}, ("lr = -1", "positive", "learner sft")),
    ({"lr": "inf"}, ("train.lr = Infinity", "finite")), ({"lr": "1e999"}, ("train.lr", "finite")),
    ({"lr": "true"}, ("train.lr = true", "a number")), ({"updates": "-1"}, ("updates = -1",)),
    ({"updates": "1.5"}, ("train.updates", "1.5", "integer")), ({"seed": "-1"}, ("train.seed = -1",)),
    ({"seed": str(2**63)}, ("train.seed",)), ({"untied": "1"}, ("train.untied = 1", "true or false")),
    ({"group": "8"}, ("group = 8", "'sft' does not use it")), ({"steps": "8"}, ("train.steps", "not a key")),
    ({"learner": '["sft", "grpo"]', "group": "8"}, ("group = 8", "'sft' does not use it")),
    ({"learner": '"grpo"', "group": "1"}, ("group = 1", "learner grpo")), ({"within": "0.5"}, ("within = 0.5",)),
    ({"max_samples": "0"}, ("samples = 0",)), ({"start": '"rows.json"'}, ("train.start = 'rows.json'", "optimum")),
    ({"learner": '"distil"', "teacher": '"rows.json"'}, ("train.teacher = 'rows.json'",)),
    ({"learner": '"sft-flow"', "start": '"optimum"'}, ("train: ", "learner sft-flow")),
])
def test_a_malformed_training_is_refused_by_its_key(fails, keys, pieces):
    fails(lambda: parse(table("train", TRAIN, **keys)), *pieces)


@pytest.mark.parametrize("text, pieces", [
    ("[[grid]\n", ("not TOML", "line 1")), ("x = 1\n\n[[train]]\nW = = 3", ("not TOML", "line 4")),
    ("[[trains]]\nW = 2", ("trains", "did you mean train")), ("grid = 3", ("grid = 3", "[[grid]]")), ("", ("no cell",)),
    (table("train", TRAIN) + table("train", TRAIN, K="0"), ("train 2.K = 0",)),
])
def test_what_is_no_grid_is_refused(fails, text, pieces):
    fails(lambda: parse(text), *pieces)


def test_a_file_that_cannot_be_read_is_named(fails, tmp_path):
    fails(lambda: load(tmp_path / "none.toml"), "none.toml", "No such file")
    (tmp_path / "bytes.toml").write_bytes(b"W = \xff")
    fails(lambda: load(tmp_path / "bytes.toml"), "bytes.toml", "UTF-8", "byte 4")
    (tmp_path / "bad.toml").write_text("W")
    fails(lambda: load(tmp_path / "bad.toml"), "bad.toml", "line 1")


def test_a_grid_is_every_combination_and_no_cell_twice(stub):
    cells = parse(table("grid", GRID, dial='"all"', W='"2:6:2"', K="[1, 1, 2]"))
    assert len({cell.key for cell in cells}) == len(cells) == (6 + 2) * len(LEARNERS) * 3 * 2
    assert cells[0].declared == {"kind": "grid", "dial": "kinds", "value": "1/2", "learner": "base", "W": 2, "K": 1,
                                 "L": 2}
    assert {cell.declared["W"] for cell in cells} == {2, 4, 6}


@pytest.mark.parametrize("given, value", [
    ('"1/2"', "1/2"), ("0.5", "1/2"), ('"0.5"', "1/2"), ("0.1", "0.1"), ('"0.1"', "0.1"), ("3", "3"), ("3.0", "3"),
    ('"none"', "none"), ('"None"', "None"), ("true", "True")])
def test_values_are_compared_as_numbers(stub, given, value):
    assert [cell.declared["value"] for cell in parse(table("grid", GRID, value=given, learner='"SFT"'))] == [value]


def test_a_key_depends_on_what_is_declared_and_not_on_how():
    one, = parse('[[train]]\nlearner = "sft"\nlr = 1\nW = 2\nK = 3\nL = 1')
    other, = parse('[train]\nL = 1\nupdates = 1200\nK = "3:3"\nseed = 0\nW = [2]\nlearner = ["sft"]\nlr = 1.0')
    assert one == other
    assert one.key != parse('[[train]]\nlearner = "sft"\nlr = 1\nW = 2\nK = 3\nL = 1\nseed = 1')[0].key


def test_the_example_and_the_real_dials_are_grids():
    values = sum(len(dials()[name].values) for name in ("early-stopping", "restarts"))
    assert len(load(HERE / "example.toml")) == 3 * values * 4 * 3 + 20
    real = parse('[[grid]]\ndial = "all"\nW = 2\nK = 1\nL = 1')
    assert len(real) == len(LEARNERS) * sum(len(dial.values) for dial in dials().values())


# -- cells --------------------------------------------------------------------------------------------------------

def test_a_training_cell_is_the_run_it_declares():
    from verify.training import train

    cell, = parse('[[train]]\nlearner = "sgd-sft"\nlr = 0.2\nseed = 5\nW = 3\nK = 2\nL = 2\nupdates = 30')
    run, found = train(Maze(3, 2, 2), learner="sgd-sft", lr=0.2, seed=5, updates=30), compute(cell.declared)
    assert found["steps"]["decimal"] == repr(run.trace[-1].H) and found["used_samples"] == 30
    assert found["optimum"] == 25 and found["row_a"] == run.trace[-1].rows["a"]
    assert compute(cell.declared) == found


def test_a_goal_is_in_multiples_of_the_optimum():
    cell, = parse('[[train]]\nlearner = "flow"\nlr = 0.1\nwithin = 1.5\nW = 2\nK = 1\nL = 1\nupdates = 3000')
    found = compute(cell.declared)
    assert float(found["steps"]["decimal"]) <= 1.5 * found["optimum"] and found["used_updates"] < 3000


def test_a_cell_leaves_the_precision_alone():
    import flint
    import mpmath

    cell, = parse('[[train]]\nlearner = "sft"\nW = 2\nK = 2\nL = 2\nupdates = 3')
    first = work(cell.text, fingerprint())
    flint.ctx.prec = mpmath.mp.prec = 20
    assert work(cell.text, fingerprint()).result == first.result and first.error == ""


def test_a_worker_with_other_sources_computes_nothing():
    assert work("no JSON", "other")[:2] == (None, "other sources")


# -- the store ----------------------------------------------------------------------------------------------------

def test_a_store_keeps_results_by_key_and_sources(tmp_path):
    digits = "9" * 5000
    with Store(tmp_path / "a" / "s.sqlite", "one") as store:
        store.put("k", {"W": 2}, {"exact": digits}, 0.5)
        store.fail("bad", "{}", "no", 0.1)
    with Store(tmp_path / "a" / "s.sqlite", "one") as store:
        assert store.get("k") == {"exact": digits} and store.get("bad") is None and store.get("other") is None
        assert store.done() == {"k"} and store.failed() == {"bad": "no"}
        store.put("bad", "{}", {"now": 1}, 0.1)
        assert store.failed() == {} and store.row("bad").computed == 2 and store.row("k").computed == 1
    with Store(tmp_path / "a" / "s.sqlite", "two") as store:
        assert store.get("k") is None and store.done() == set() and store.outdated() == {"k", "bad"}
    assert os.listdir(tmp_path / "a") == ["s.sqlite"]              # closed, it is one file


def test_what_is_no_store_is_refused(fails, tmp_path):
    (tmp_path / "text").write_text("not a database, and long enough to be seen as none" * 30)
    fails(lambda: Store(tmp_path / "text"), "text", "not a store")
    with sqlite3.connect(tmp_path / "foreign") as foreign:
        foreign.execute("CREATE TABLE cells (x)")
    foreign.close()
    fails(lambda: Store(tmp_path / "foreign"), "foreign", "not a store")
    with pytest.raises(OSError) as caught:
        Store("/proc/nowhere/s.sqlite")
    assert "/proc/nowhere" in str(caught.value)


def test_a_full_disk_is_an_error_of_the_file_and_keeps_what_was_there(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        store._db.execute("PRAGMA max_page_count = 12")
        kept = 0
        with pytest.raises(OSError) as caught:
            for kept in range(100):
                store.put(str(kept), "{}", "x" * 1000, 0.0)
        assert caught.value.filename == str(tmp_path / "s.sqlite") and "full" in caught.value.strerror and kept > 5
    with Store(tmp_path / "s.sqlite") as store:
        assert len(store.done()) == kept and store.get("0") == "x" * 1000


def test_processes_may_write_to_a_store_at_once(tmp_path):
    code = ("import sys; from verify.sweep.store import Store\n"
            "with Store(sys.argv[1], 'c') as store:\n"
            "    for i in range(100): store.put(sys.argv[2] + str(i), '{}', i, 0.0)")
    path = str(tmp_path / "s.sqlite")
    runs = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "xyz"]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0]
    with Store(path, "c") as store:
        assert len(store.done()) == 300


def test_one_at_a_time_is_alone(fails, tmp_path):
    with Store(tmp_path / "s.sqlite") as one, Store(tmp_path / "s.sqlite") as other:
        with one.alone():
            fails(lambda: other.alone().__enter__(), "s.sqlite", "another sweep")
            assert other.done() == set()                          # reading is free
        with other.alone():
            pass


# -- the command --------------------------------------------------------------------------------------------------

def rows_of(path):
    """A store's rows but for times; and how often each was computed."""
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = db.execute("SELECT key, declaration, result, error FROM cells ORDER BY key").fetchall()
        times = [times for times, in db.execute("SELECT computed FROM cells")]
    db.close()
    return rows, times


def gone(pid):
    """Whether a process has ended, dead ones that nobody has asked after included."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(true, seconds=30.0):
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_again_and_again_it_computes_nothing_twice_and_ends_as_if_nothing_had_been(copy):
    grid, dice = copy.grid(SLOW.format("slow", '"all"', "2:5", [1, 2])), random.Random(1)
    store, done, pids = grid.with_suffix(".sqlite"), [], set()
    for _ in range(4):
        before, run = len(copy.logged()), copy.start(grid, "--jobs", 2)
        until(lambda before=before, run=run: len(copy.logged()) > before + 2 or run.poll() is not None)
        time.sleep(dice.random() / 10)
        run.kill()
        run.communicate()
        pids |= {line.split()[0] for line in copy.logged()}
        until(lambda pids=pids: all(map(gone, pids)))                               # orphans go, and log no more
        words = [line.split(" ", 1)[1] for line in copy.logged()]
        assert not set(words[before:]) & set(done)
        with sqlite3.connect(store) as db:
            done = [f"slow {cell['learner']} {cell['W']} {cell['K']} {cell['L']}" for text, in db.execute(
                "SELECT declaration FROM cells WHERE result IS NOT NULL") for cell in [json.loads(text)]]
        db.close()
        assert 0 < len(done) < 48, "the kills must fall into the sweep"
    before = len(copy.logged())
    status, out, err = copy.sweep(grid, "--jobs", 2, "--json")
    summary = json.loads(out)
    assert status == 0, err
    assert summary["cells"] == 48 and summary["found"] == len(done) and summary["computed"] == 48 - len(done)
    assert len(copy.logged()) - before == 48 - len(done)
    copy.sweep(grid, "--jobs", 1, "--store", "whole.sqlite")
    rows, times = rows_of(store)
    assert rows == rows_of(copy.place / "whole.sqlite")[0] and len(rows) == 48 and set(times) == {1}
    before = len(copy.logged())
    assert copy.sweep(grid)[0] == 0 and len(copy.logged()) == before                # finished: nothing to do


def test_a_second_sweep_on_a_store_is_refused_and_the_first_goes_on(copy):
    grid = copy.grid(SLOW.format("slow", '"all"', "2:4", [1, 2]))
    first = copy.start(grid, "--jobs", 1)
    until(lambda: copy.logged())
    status, out, err = copy.sweep(grid)
    assert status == 2 and out == "" and err.count("\n") == 1 and "another sweep is using it" in err
    assert "36 cells" in copy.sweep(grid, "--dry-run")[1]                           # looking is allowed
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0 and "36 computed" in out and len(copy.logged()) == 36


def test_an_interrupted_sweep_keeps_what_it_computed(copy):
    grid = copy.grid(SLOW.format("slow", '"all"', "2:5", [1, 2]))
    run = copy.start(grid, "--jobs", 2)
    until(lambda: len(copy.logged()) > 4)
    os.killpg(run.pid, signal.SIGINT)                                               # as a terminal does: to workers too
    out, err = run.communicate(timeout=30)
    assert run.returncode == 130 and err.strip() == "backtrack: interrupted; what was found is kept" and out == ""
    found = json.loads(copy.sweep(grid, "--dry-run", "--json")[1])
    assert 3 <= found["done"] < 48 and found["failed"] == 0


def test_cells_that_fail_are_told_kept_and_tried_again(copy):
    grid = copy.grid(SLOW.format("raises", '["SFT", "RLVR"]', "2:4", [1, 2, 3]))
    status, out, err = copy.sweep(grid, "--jobs", 2, "--export", "rows.json")
    assert status == 1 and "6 computed" in out and "12 failed" in out
    assert err.count("\n") == 6 and "and 7 more" in err and "ZeroDivisionError: K = 1 is odd and this" in err
    rows = json.loads((copy.place / "rows.json").read_text())
    assert [row["state"] for row in rows].count("failed") == 12
    assert all(row["steps"] for row in rows if not row["error"])
    assert "6 done, 12 failed" in copy.sweep(grid, "--dry-run")[1]
    (copy.place / "repaired").touch()
    status, out, err = copy.sweep(grid, "--jobs", 2, "--json")
    assert status == 0 and err == "" and json.loads(out)["found"] == 6 and json.loads(out)["computed"] == 12


def test_a_cell_that_kills_its_worker_fails_alone(copy):
    grid = copy.grid(SLOW.format("dies", '"SFT"', "2:3", [1, 2, 3]) + SLOW.format("dies once", '"SFT"', "2:3", [1]))
    status, out, err = copy.sweep(grid, "--jobs", 2)
    assert status == 1 and "6 computed" in out and err.count("\n") == 2
    assert "died 3 times (SIGKILL, out of memory perhaps)" in err and "K = 2" in err


def test_workers_that_are_killed_are_replaced(copy):
    grid = copy.grid(SLOW.format("slow", '"all"', "2:4", [1, 2]))
    run, killed = copy.start(grid, "--jobs", 2), set()
    for _ in range(2):
        until(lambda: {line.split()[0] for line in copy.logged()} - killed)
        pid = ({line.split()[0] for line in copy.logged()} - killed).pop()
        killed.add(pid)
        os.kill(int(pid), signal.SIGKILL)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and "36 computed" in out and err == ""


def test_other_sources_compute_anew(copy):
    grid = copy.grid(SLOW.format("plain", '"SFT"', "2:3", [1]))
    assert "2 computed" in copy.sweep(grid, "--jobs", 1)[1]
    with (copy.place / "theory" / "maze.py").open("a") as source:
        source.write("# a change\n")
    assert "0 done, 0 failed when last tried; 2 done by other sources" in copy.sweep(grid, "--dry-run")[1]
    assert "2 computed" in copy.sweep(grid, "--jobs", 1)[1]


def test_sources_that_change_under_a_sweep_end_it(copy):
    status, _, err = copy.sweep(copy.grid(SLOW.format("edits", '"SFT"', "2:3", [1])), "--jobs", 1)
    assert status == 2 and err.count("\n") == 1 and "changed while the sweep ran" in err
    assert json.loads(copy.sweep("grid.toml", "--dry-run", "--json")[1])["done"] == 0


def test_a_disk_that_takes_no_more_gets_one_line_and_the_sweep_goes_on_later(copy):
    def small():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    grid = copy.grid(SLOW.format("plain", '"all"', "2:9", [1, 2]))
    status, out, err = copy.sweep(grid, "--jobs", 1, preexec_fn=small)
    assert status == 1 and out == "" and err.count("\n") == 1 and "grid.sqlite" in err
    status, out, err = copy.sweep(grid, "--jobs", 1, "--json")
    assert status == 0 and json.loads(out)["found"] > 0 and rows_of(copy.place / "grid.sqlite")[1] == [1] * 96


@pytest.mark.parametrize("words, piece", [
    (("--export", "rows.xls"), "rows.xls"), (("--jobs", 0), "0"), (("--store", "grid.toml"), "grid.toml"),
    (("--jobs", 2, "--scheduler", "tcp://127.0.0.1:1"), "one of the two"), (("--store", "/proc/no/s"), "/proc/no")])
def test_bad_options_get_one_line(tmp_path, monkeypatch, words, piece):
    monkeypatch.chdir(tmp_path)
    Path("grid.toml").write_text(table("train", TRAIN))
    done = subprocess.run([sys.executable, "-m", "verify", "sweep", "grid.toml", *map(str, words)], text=True,
                          env={**os.environ, "PYTHONPATH": str(HERE.parents[1])}, capture_output=True)
    assert done.returncode in (1, 2) and done.stderr.count("\n") == 1 and piece in done.stderr, done.stderr
    assert os.listdir() == ["grid.toml"]                                           # refused before anything is made


def test_a_dry_run_makes_no_files(copy):
    grid = copy.grid(SLOW.format("plain", '"all"', "2:4", [1, 2]))
    assert copy.sweep(grid, "--dry-run")[1] == "36 cells, 0 done, 0 failed when last tried\n"
    assert not grid.with_suffix(".sqlite").exists() and not copy.logged()


# -- exports ------------------------------------------------------------------------------------------------------

def test_every_format_has_every_digit(copy, tmp_path):
    pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import parquet

    grid = copy.grid(SLOW.format("1/2", '"SFT"', "2:2", [2000]) + SLOW.format("0.25", '"all"', "2:2", [1])
                     + table("train", TRAIN, learner='"sgd-sft"', updates="5"))
    names = [f"rows.{suffix}" for suffix in ("json", "csv", "parquet")]
    words = [word for name in names for word in ("--export", name)]
    status, out, err = copy.sweep(grid, "--jobs", 1, *words)
    assert status == 0 and out.splitlines()[1:] == names, err
    found = json.loads((copy.place / names[0]).read_text())
    with (copy.place / names[1]).open(newline="") as file:
        csv.field_size_limit(10**6)
        texts = list(csv.DictReader(file))
    typed = parquet.read_table(copy.place / names[2])
    exact = str(sft_steps(2, 2000, 2))
    assert len(exact) > 900 and typed.column("steps").type == "double" and typed.column("W").type == "int64"
    for rows in (found, texts, typed.to_pylist()):
        assert len(rows) == 8 and rows[0]["steps_exact"] == exact and rows[0]["steps"] in (None, "")
        assert float(rows[0]["steps_log10"]) == pytest.approx(2000 * 0.6532125, rel=1e-3)
        by = {row["learner"]: row for row in rows if row["value"] == "0.25"}
        assert by["base"]["steps_exact"] in (None, "") and by["base"]["words"] == "nothing says"
        assert by["RLVR"]["steps_exact"] in (None, "") and float(by["RLVR"]["steps"]) == 2.5
        assert by["distilled"]["steps_exact"] == "oo" and by["RLVR"]["known"] == "computed, within 1e-9"
        assert list(rows[0]) == list(found[0]) and rows[-1]["kind"] == "train" and float(rows[-1]["used_samples"]) == 5
    before = len(copy.logged())
    assert copy.sweep(grid, "--export", "again.csv")[0] == 0 and len(copy.logged()) == before
    assert (copy.place / "again.csv").read_text() == (copy.place / "rows.csv").read_text()


def test_parquet_without_pyarrow_is_refused(monkeypatch, fails, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with Store(":memory:") as store:
        fails(lambda: export([], store, tmp_path / "x.parquet"), "x.parquet", "backtrack-companion[parquet]")


def test_rows_that_are_missing_are_said_to_be():
    cell = Cell.of({"kind": "train", "W": 2})
    with Store(":memory:") as store:
        assert columns([cell], store)["state"] == ["missing"]


def test_an_interruption_between_two_results_keeps_both():
    """What has come back is kept, whatever is interrupted."""
    class Workers:
        def __init__(self, rounds):
            self.rounds, self.sent, self.closed = rounds, [], False

        def open(self, cells):
            self.left = self.rounds

        def room(self):
            return len(self.sent) < 2

        def send(self, cell):
            self.sent.append((cell, Outcome({"text": cell.text}, "", 0.1, fingerprint())))

        def finished(self, timeout):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            back, self.sent = self.sent, []
            return back

        def close(self):
            self.closed = True

    cells = parse('[[train]]\nlearner = "sft"\nW = "2:8"\nK = 1\nL = 1\nupdates = 2')
    with Store(":memory:") as store:
        workers = Workers(2)
        with pytest.raises(KeyboardInterrupt):
            sweep(cells, store, workers)
        assert len(store.done()) == 4 and workers.closed
        swept = sweep(cells, store, Workers(-1))
        assert (swept.found, swept.computed) == (4, 3) and all(store.row(cell.key).computed == 1 for cell in cells)


def test_workers_that_cannot_start_end_the_sweep(monkeypatch):
    monkeypatch.setattr("verify.sweep.local._serve", os._exit)
    with Store(":memory:") as store, pytest.raises(OSError, match="could not start"):
        sweep(parse(table("train", TRAIN)), store, Local(1))


def test_input_errors_of_cells_are_their_message(stub):
    assert work(Cell.of({"kind": "train", "learner": "x", "W": 2, "K": 1, "L": 1, "seed": 0, "updates": 1}).text,
                fingerprint()).error.startswith("learner 'x'")
    with pytest.raises(InputError):
        compute({"kind": "train", "learner": "sft", "W": 0, "K": 1, "L": 1, "seed": 0, "updates": 1})
