"""Plant errors in the formulas of theory/, one at a time, and see whether the quick checks of verify/ turn red.

    python -m tests.mutation.run [-o OUT] [--size N] [--seed S] [--ref COMMIT] [--tests]

A clone of this checkout's commit is made in a temporary directory; each sampled mutant (see `operators`) is written
there, `pytest -x --profile quick` runs, in a process of its own, those checks of verify/ that run the changed statement
(by coverage; all, where importing runs it), the quickest first, and the file is put back. The sample is seeded and
stratified by module: every module gets its share of the sites, and at least LEAST. With --tests, what verify/ lets live
also meets the unit tests and the docstrings' examples of theory/.

One line of JSON a mutant goes to OUT, and a line for the run; a run that was stopped goes on where it left off. The
unmutated clone must be green first. Needs cosmic-ray and coverage; one process, about ten seconds a mutant.

Outcomes: killed (a check failed) · broken (nothing could be collected or imported) · timeout · survived · tests (only
the unit tests failed). Kinds: 'formula'; 'guard', the condition of an error, which only unit tests can know;
'control', inside a false twin, where another falsehood may live.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

from cosmic_ray.mutating import MutationVisitor
from coverage import CoverageData

from tests.mutation.operators import operator, sites

MODULES = ("hitting", "chain", "closed_forms", "growth", "dynamics", "model", "walk", "imitation", "reinforcement",
           "separation", "maze", "policy", "loops", "sides", "moments")     # those that the commit has
SIZE, LEAST, SEED = 230, 12, 20261123
TIMEOUT, MEMORY = 90, 8 << 30                    # seconds, bytes
COMPILED = ("excursion", "approach", "sensitivity", "excursion_gradient", "approach_gradient", "_kernel")
PAGES = ("docs", "cli", "report", "tables")      # tests of pages and of the command, some of which any change breaks
ROOT = Path(__file__).resolve().parents[2]


def sample(root: Path, size: int, seed: int) -> list[dict[str, Any]]:
    """The mutants: `size` in all, each module by its number of sites, at least LEAST of each."""
    paths = {m: root / "theory" / f"{m}.py" for m in MODULES}
    found = {m: list(sites(path.read_text("utf-8"))) for m, path in paths.items() if path.exists()}
    total = sum(map(len, found.values()))
    chosen = []
    for module, places in found.items():
        share = max(LEAST, round(size * len(places) / total))
        order = random.Random(f"{seed} {module}").sample(places, len(places))
        chosen += [{"module": module, "sites": len(places), **place} for place in order[:share]]
    random.Random(seed).shuffle(chosen)         # so that a run cut short is still a fair sample of every module
    return chosen


def change(source: str, mutant: dict[str, Any]) -> tuple[str, str, str]:
    """(mutated source, the line before, the line after)."""
    planted = operator(mutant["operator"])
    mutated = MutationVisitor.mutate_code(source, planted, mutant["occurrence"])
    i = mutant["line"] - 1
    before, after = source.splitlines(), mutated.splitlines()
    assert [*before[:i], *before[i + 1:]] == [*after[:i], *after[i + 1:]], mutant
    return mutated, before[i].strip(), after[i].strip()


def pytest(root: Path, *words: str, timeout: float = TIMEOUT, under: tuple[str, ...] = ()) -> tuple[str, str, float]:
    """(outcome, first failure, seconds) of a pytest run in the clone."""
    command = [sys.executable, *under, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=line", *words]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
                        "PYTHONPATH": str(root)}
    start = time.perf_counter()
    process = subprocess.Popen(["bash", "-c", f'ulimit -v {MEMORY >> 10}; exec "$@"', "bash", *command], cwd=root,
                               env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return "timeout", "", time.perf_counter() - start
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - |$)", output, re.M)
    by = failed[1] if failed else output.strip().rpartition("\n")[2]
    outcome = {0: "survived", 1: "killed"}.get(process.returncode, "broken")
    return outcome, by.replace(str(root), ""), time.perf_counter() - start


class Baseline:
    """The unmutated run, which must be green: how long each check takes and which lines of theory/ it runs."""

    def __init__(self, root: Path):
        self.root, report, data = root, root.parent / "baseline.xml", root.parent / "coverage"
        (root.parent / "coveragerc").write_text(
            f"[run]\ndynamic_context = test_function\nsource = theory\ndata_file = {data}\n", "utf-8")
        outcome, self.by, _ = pytest(root, "verify", "--profile", "quick", f"--junitxml={report}", timeout=9 * TIMEOUT,
                                     under=("-m", "coverage", "run", f"--rcfile={root.parent / 'coveragerc'}"))
        if outcome != "survived":
            sys.exit(f"the checks must be green before anything is planted: {outcome}, {self.by}")
        cases = sorted(ElementTree.parse(report).iter("testcase"), key=lambda case: float(case.get("time", 0)))
        self.checks = [f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}" for case in cases]
        self._data = CoverageData(str(data))
        self._data.read()
        # compiled loops leave no trace: whoever calls the compiler's result runs them
        source = (root / "theory" / "dynamics.py").read_text("utf-8").splitlines()
        self._compiled = self._contexts("dynamics", [i for i, line in enumerate(source, 1) if "_kernel()" in line])

    def _contexts(self, module: str, lines: Iterable[int]) -> set[str]:
        found = self._data.contexts_by_lineno(str(self.root / "theory" / f"{module}.py"))
        return {context for line in lines for context in found.get(line, [])}

    def reaching(self, mutant: dict[str, Any]) -> list[str]:
        """The checks that run the mutant's statement, quickest first; all of them when importing runs it."""
        contexts = self._contexts(mutant["module"], range(mutant["first"], mutant["last"] + 1))
        if mutant["function"] in COMPILED:
            contexts |= self._compiled
        if "" in contexts and not mutant["in_lambda"]:
            return self.checks
        return [c for c in self.checks if c.split("[")[0].replace("/", ".").replace(".py::", ".") in contexts]


def clone(ref: str, into: Path) -> tuple[Path, str]:
    """A clone of this checkout at `ref`, and the commit it is."""
    root = into / "clone"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(root)], check=True)
    subprocess.run(["git", "checkout", "-q", ref], cwd=root, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    where = subprocess.run([sys.executable, "-c", "import theory, verify; print(theory.__file__, verify.__file__)"],
                           cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=True, capture_output=True,
                           text=True).stdout
    assert where.count(str(root)) == 2, f"the clone's own modules are not the ones imported: {where}"
    return root, commit.strip()


def summary(rows: list[dict[str, Any]]) -> str:
    """The scores, as lines of text."""
    lines = []
    for kind in ("formula", "guard", "control"):
        of = [row for row in rows if row["kind"] == kind]
        count = Counter(row["outcome"] for row in of)
        dead = sum(count[o] for o in ("killed", "broken", "timeout"))
        lines.append(f"{kind}: {dead} of {len(of)} killed by verify/ ({count['killed']} by a failed check, "
                     f"{count['broken']} not importable, {count['timeout']} timeouts), {count['tests']} by the unit "
                     f"tests only, {count['survived']} survived")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("-o", "--out", type=Path, help="where the outcomes are kept (build/mutation-COMMIT.jsonl)")
    parser.add_argument("--size", type=int, default=SIZE, help=f"about so many mutants (default {SIZE})")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--ref", default="HEAD", help="the commit to mutate")
    parser.add_argument("--tests", action="store_true", help="let survivors meet the unit tests too")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that the clone goes and no check runs on alone
    with tempfile.TemporaryDirectory() as directory:
        root, commit = clone(args.ref, Path(directory))
        path = args.out or ROOT / "build" / f"mutation-{commit[:8]}.jsonl"
        path.parent.mkdir(exist_ok=True)
        kept = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        if not {row["commit"] for row in kept if "commit" in row} <= {commit}:
            sys.exit(f"{path} holds a run on another commit")
        with open(path, "a", encoding="utf-8") as out:
            rows = run(root, commit, args, kept, out)
    print(summary(rows))
    for row in rows:
        if row["outcome"] in ("survived", "tests"):
            print(f"{row['outcome']} ({row['kind']}) theory/{row['module']}.py:{row['line']} {row['operator']}\n"
                  f"    {row['before']}\n    {row['after']}")


def run(root: Path, commit: str, args: argparse.Namespace, kept: list[dict[str, Any]], out: TextIO,
        ) -> list[dict[str, Any]]:
    """Plant every mutant of the sample that `kept` does not know yet; all outcomes."""
    done = {(r["module"], r["operator"], r["occurrence"]): r for r in kept if "module" in r}

    def keep(row: dict[str, Any]) -> None:
        out.write(json.dumps(row) + "\n")
        out.flush()

    baseline = Baseline(root)
    keep({"commit": commit, "seed": args.seed, "cosmic-ray": version("cosmic-ray"), "baseline": baseline.by})
    print(f"{commit}: {baseline.by}", flush=True)
    unit = [str(p.relative_to(root)) for p in sorted((root / "tests").glob("test_*.py")) if p.stem[5:] not in PAGES]
    if args.tests and pytest(root, *unit, timeout=9 * TIMEOUT)[0] != "survived":
        sys.exit("the unit tests must be green before anything is planted")
    mutants, rows = sample(root, args.size, args.seed), []
    for i, mutant in enumerate(mutants, 1):
        key = mutant["module"], mutant["operator"], mutant["occurrence"]
        row, fresh = done.get(key), False
        path = root / "theory" / f"{mutant['module']}.py"
        source = path.read_text("utf-8")
        mutated, before, after = change(source, mutant)
        path.write_text(mutated, "utf-8")
        try:
            if row is None:
                checks = baseline.reaching(mutant)
                outcome, by, seconds = pytest(root, "--profile", "quick", *checks) if checks else (
                    "survived", "no check runs this line", 0.0)
                row, fresh = {**mutant, "outcome": outcome, "by": by, "seconds": round(seconds, 1),
                              "before": before, "after": after}, True
            if args.tests and row["outcome"] == "survived" and "unit" not in row:
                outcome, by, _ = pytest(root, *unit, timeout=4 * TIMEOUT)
                row, fresh = {**row, "unit": outcome, "by": by}, True
                if outcome != "survived":
                    row["outcome"] = "tests"
        finally:
            path.write_text(source, "utf-8")
        rows.append(row)
        if fresh:
            keep(row)
            print(f"{i}/{len(mutants)} {row['outcome']:<9}{row['module']}.py:{row['line']} {row['after']}",
                  flush=True)
    return rows


if __name__ == "__main__":
    main()
