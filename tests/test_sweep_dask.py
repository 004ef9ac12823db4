"""`backtrack sweep --scheduler`: a real Dask scheduler and two worker processes on the loopback, one of them killed.

Skipped where Dask is not installed; the extras `dask` and `dev` install it.
"""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.grids import Copy
from tests.test_sweep import SLOW, rows_of, until

pytest.importorskip("distributed", reason="Dask is not installed: the extra 'dask' (or 'dev') has it")


@pytest.fixture
def cluster(tmp_path):
    """(a copy of the sources, the scheduler's process and address, two workers' processes)."""
    copy, file, started = Copy(tmp_path / "sources"), tmp_path / "scheduler.json", []

    def dask(*words, env=None):
        started.append(subprocess.Popen([sys.executable, "-m", "dask", *map(str, words)], env=env or copy.env,
                                        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    def written():
        try:
            return json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            return None

    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
    until(written)
    address = written()
    copy.worker = lambda **more: dask("worker", address, "--host", "127.0.0.1", "--nthreads", 1, "--no-nanny",
                                      "--no-dashboard", "--local-directory", tmp_path, **more)
    yield copy, scheduler, address
    for process in reversed(started):
        process.kill()
        process.wait()


def logging_pids(copy):
    return {int(line.split()[0]) for line in copy.logged()}


def test_a_worker_that_is_killed_midway_changes_nothing(cluster):
    copy, _, address = cluster
    workers = [copy.worker(), copy.worker()]
    grid = copy.grid(SLOW.format("slow", '"all"', "2:6", [1, 2]) + SLOW.format("raises", '"SFT"', "2:2", [1]))
    run = copy.start(grid, "--scheduler", address, "--json")
    until(lambda: len(logging_pids(copy)) == 2 and len(copy.logged()) > 6)         # both work
    os.kill(workers[0].pid, signal.SIGKILL)
    until(lambda: workers[0].poll() is not None)
    killed_at = len(copy.logged())
    out, err = run.communicate(timeout=60)
    assert out, err
    summary = json.loads(out)
    assert run.returncode == 1 and summary["computed"] == 60 and summary["failed"] == 1, err
    assert "K = 1 is odd" in err.splitlines()[-1]
    assert 6 < killed_at < 60, "the kill must fall into the sweep"
    assert copy.sweep(grid, "--jobs", 2, "--store", "local.sqlite")[0] == 1
    rows, times = rows_of(copy.place / "grid.sqlite")
    assert rows == rows_of(copy.place / "local.sqlite")[0] and len(rows) == 61 and set(times) == {1}
    # finished: neither cluster nor workers are needed
    before = len(copy.logged())
    done = copy.grid(SLOW.format("slow", '"all"', "2:6", [1, 2]))
    assert copy.sweep(done, "--scheduler", "tcp://127.0.0.1:1")[0] == 0 and len(copy.logged()) == before


def test_a_scheduler_that_goes_away_ends_the_sweep_in_one_line(cluster):
    copy, scheduler, address = cluster
    copy.worker()
    grid = copy.grid(SLOW.format("slow", '"all"', "2:9", [1, 2, 3]))
    run = copy.start(grid, "--scheduler", address)
    until(lambda: len(copy.logged()) > 4)
    os.kill(scheduler.pid, signal.SIGKILL)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1 and "went away" in err.splitlines()[-1] and "Traceback" not in err and out == "", err
    assert json.loads(copy.sweep(grid, "--dry-run", "--json")[1])["done"] >= 3


def test_workers_with_other_sources_are_refused(cluster):
    copy, _, address = cluster
    other = Copy(copy.place.with_name("others"))
    with (other.place / "theory" / "maze.py").open("a") as source:
        source.write("# a change\n")
    copy.worker(env=other.env)
    status, _, err = copy.sweep(copy.grid(SLOW.format("plain", '"SFT"', "2:3", [1])), "--scheduler", address)
    assert status == 2 and "another version is installed there" in err.splitlines()[-1] and not other.logged(), err


def test_no_scheduler_gets_one_line(tmp_path):
    copy = Copy(tmp_path / "sources")
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]                        # nobody will listen there in a moment
    for address in ("nonsense", f"tcp://127.0.0.1:{port}", f"what://127.0.0.1:{port}"):
        status, _, err = copy.sweep(copy.grid(SLOW.format("plain", '"SFT"', "2:3", [1])), "--scheduler", address)
        assert status == 2 and err.count("\n") == 1 and repr(address) in err, err
