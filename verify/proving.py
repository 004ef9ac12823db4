"""Running Coq: theory/proofs/*.v and the generated bridge files, compiled from nothing, and what each stands on.

Setting. `prove` writes all texts into a folder and has coqc compile them, several at a time, by the Makefile that
coq_makefile makes. Then it asks, file by file, `Print Assumptions` of the bridge's theorems, each with the statement it
should have beside it, reads the seconds off coqc's timing, and gives the `Words` that `verify.kernel` keeps.

Not covered: keeping and asking (`verify.kernel`). Coq itself is not installed from here.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from theory.numeric import InputError
from theory.proofs import Proof, beside, line_of, proofs, requires
from verify.kernel import AXIOMS, HOW, Word, Words, bridge_of, installed, sources_hash, texts

MARK = "asked of"
Progress = Callable[[int, int, str], None]


class NotInstalled(InputError):
    """There is no coqc here; the message says how to get one."""


def prove(progress: Progress = lambda *_: None, jobs: int = 2, checker: bool = False,
          files: Mapping[str, str] | None = None, folder: Path | None = None) -> Words:
    """Compile everything from nothing and say what was accepted; about two minutes.

    checker: let coqchk, a second and smaller program, check the compiled files again. files, folder: other texts than
    the present ones, and where to compile them, on top of what was compiled there before; for tests. Errors:
    `NotInstalled`.
    """
    version = installed()
    if version is None:
        raise NotInstalled(HOW)
    files = dict(files or texts())
    if folder:
        return _compiled(folder, version, files, progress, jobs, checker)
    with tempfile.TemporaryDirectory(prefix="proofs-") as name:
        return _compiled(Path(name), version, files, progress, jobs, checker)


def _compiled(folder: Path, version: str, files: dict[str, str], progress: Progress, jobs: int,
              checker: bool) -> Words:
    start = time.perf_counter()
    for stem in files:
        if stem in {name.split(".")[0] for name in AXIOMS}:          # its axioms would print as the library's
            raise InputError(f"theory/proofs/{stem}.v has the name of a file of the standard library")
    fresh = True
    for stem, text in files.items():
        path = folder / f"{stem}.v"
        fresh = fresh and path.exists() and path.read_text(encoding="utf-8") == text
        if not fresh:                      # nor is what comes after: a compiled file that is out of date proves nothing
            path.write_text(text, encoding="utf-8")
            path.with_suffix(".vo").unlink(missing_ok=True)
    (folder / "_CoqProject").write_text("-Q . Backtrack\n" + "".join(f"{stem}.v\n" for stem in files), encoding="utf-8")
    subprocess.run(["coq_makefile", "-f", "_CoqProject", "-o", "Makefile.coq"], cwd=folder, check=True,
                   capture_output=True)
    errors = _make(folder, len(files), progress, jobs)
    accepted, refused = {}, {}
    for label, proof in proofs().items():
        bridge = f"{proof.file}Bridge"
        broken = [stem for stem in (*_beneath(proof.file, files), bridge) if not (folder / f"{stem}.vo").exists()]
        if broken:
            refused[label] = f"{broken[0]}.v: {errors.get(broken[0], 'not compiled')}"
    wanted = [label for label in proofs() if label not in refused]
    # with its type beside it: a bridge that proves another statement under this name is refused
    asked = {label: [f"(@{proofs()[label].file}Bridge.{name} : {said})"
                     for name, said in bridge_of(proofs()[label]).items()] for label in wanted}
    asked |= {item.theorem: [f"@{item.theorem}"] for item in beside() if (folder / f"{item.file}.vo").exists()}
    axioms = _axioms(folder, asked, progress, jobs)
    for label in wanted:
        proof, found = proofs()[label], axioms[label]
        foreign = [name for name in found if name not in AXIOMS]
        if foreign:
            refused[label] = f"{proof.theorem} stands on {', '.join(foreign)}"
            continue
        accepted[label] = Word(proof.theorem, line_of(proof, files), bridge_of(proof), tuple(found),
                               _seconds(folder, proof))
    others = {}
    for item in beside():
        found = axioms.get(item.theorem, ["not compiled"])
        if all(name in AXIOMS for name in found):
            others[item.theorem] = tuple(found)
        else:
            refused[item.theorem] = errors.get(item.file, f"stands on {', '.join(found)}")
    said = _checked(folder, files) if checker and not refused else ""
    return Words(sources_hash(files), version, round(time.perf_counter() - start, 1), accepted, refused, others, said)


def _make(folder: Path, total: int, progress: Progress, jobs: int) -> dict[str, str]:
    """Run make to the end whatever fails; stem -> the first line of its error."""
    command = ["make", "-f", "Makefile.coq", "-k", f"-j{jobs}", "TIMING=1"]
    said: dict[str, list[str]] = {}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        done, where = 0, ""
        try:
            for line in process.stdout or ():
                if line.startswith("COQC "):
                    progress(done, total, line.split()[1])
                    done, where = done + 1, ""
                elif found := re.match(r'File "\./(\w+)\.v", line (\d+)', line):
                    where = found[1]
                    said[where] = [f"line {found[2]}"]
                elif where and line.strip():
                    said[where].append(line.strip())
        except BaseException:
            process.terminate()          # Ctrl-C: coqc must not go on behind our back
            raise
    return {stem: _first(lines) for stem, lines in said.items()}


def _first(lines: list[str]) -> str:
    """One line from coqc's: where, and what; the environment that it prints first is left out."""
    body = [line for line in lines[1:] if not line.startswith("make")]
    what = [line.removeprefix("Error:").strip() for line in body]
    if "In environment" in what:
        what = [line for line in what[what.index("In environment") + 1:] if not re.match(r"[\w, ']+ :", line)]
    return f"{lines[0]}: {' '.join(what)[:200]}"


def _beneath(stem: str, files: Mapping[str, str]) -> list[str]:
    """A source and all it stands on."""
    found: list[str] = []

    def add(name: str) -> None:
        if name in files and name not in found:
            for needed in requires(files[name]):
                add(needed)
            found.append(name)

    add(stem)
    return found


def _axioms(folder: Path, asked: Mapping[str, list[str]], progress: Progress, jobs: int) -> dict[str, list[str]]:
    """Key -> the axioms of its theorems, by Print Assumptions, which takes a second a question: so theorems of one file
    are asked about together, and one by one only where they stand on an axiom that is not allowed."""
    together: dict[str, list[str]] = {}
    for key, names in asked.items():
        together.setdefault(names[0].lstrip("(@").split(".")[0], []).append(key)

    def ask(stem: str) -> dict[str, list[str]]:
        keys = together[stem]
        axioms = _assumptions(folder, stem, {stem: [name for key in keys for name in asked[key]]})[stem]
        if any(name not in AXIOMS for name in axioms):
            return _assumptions(folder, stem, {key: asked[key] for key in keys})
        return dict.fromkeys(keys, axioms)

    found: dict[str, list[str]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for place, (stem, axioms) in enumerate(zip(together, pool.map(ask, together), strict=True)):
            progress(place, len(together), f"axioms of {stem}")
            found |= axioms
    return found


def _assumptions(folder: Path, stem: str, asked: Mapping[str, list[str]]) -> dict[str, list[str]]:
    lines = ["From Coq Require Import String."]
    if stem.endswith("Bridge"):
        lines += [*(folder / f"{stem}.v").read_text(encoding="utf-8").split("\n\n")[1].splitlines()]
    lines += [f"From Backtrack Require {stem}."]
    for place, (key, names) in enumerate(asked.items()):
        lines += [f"Definition together_{place} := ({', '.join(names)}).",
                  f'Eval compute in "{MARK} {key}"%string.', f"Print Assumptions together_{place}."]
    source = folder / f"{stem}Assumptions.v"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = subprocess.run(["coqc", "-q", "-Q", ".", "Backtrack", source.name], cwd=folder, capture_output=True,
                         text=True, check=False)
    if run.returncode:
        return {key: [f"another statement ({_first(run.stderr.splitlines())})"] for key in asked}
    return read_assumptions(run.stdout, asked)


def read_assumptions(text: str, asked: Iterable[str]) -> dict[str, list[str]]:
    """What Print Assumptions printed, sorted by what was asked about.

    >>> read_assumptions('     = "asked of x"\\n     : string\\nAxioms:\\nA.b : Prop\\n', ["x"])
    {'x': ['A.b']}

    Errors: `InputError` for a question without an answer.
    """
    found: dict[str, list[str]] = {}
    open_, answers, questions, key = 0, 0, 0, ""
    for line in text.splitlines():
        if match := re.match(rf'\s+= "{MARK} ([\w.]+)"', line):
            key, questions = match[1], questions + 1
            found.setdefault(key, [])
            if open_:
                break
            open_ = 1
        elif line.startswith(("Closed under the global context", "Axioms:")):
            answers, open_ = answers + 1, 0
        elif line and not line[0].isspace():
            # an axiom; or a sentence that some check of the kernel was off, which must not pass for nothing
            name = line.split(" :")[0].strip()
            if name not in found[key]:
                found[key].append(name)
    if open_ or answers != questions or set(found) != set(asked):
        raise InputError(f"Print Assumptions answered {answers} of {questions} questions")
    return {name: sorted(axioms) for name, axioms in found.items()}


def _seconds(folder: Path, proof: Proof) -> float:
    """The seconds that a theorem's own sentences took, from coqc's timing of the source."""
    stem, source = proof.file, (folder / f"{proof.file}.v").read_bytes()
    found = re.search(rf"Theorem {proof.name or proof.label}\b".encode(), source)
    start = found.start() if found else 0
    end = source.index(b"Qed.", start) + 4
    total = 0.0
    for line in (folder / f"{stem}.v.timing").read_text(encoding="utf-8", errors="replace").splitlines():
        if match := re.match(r"Chars (\d+) - (\d+) .* ([\d.]+) secs", line):
            total += float(match[3]) if start <= int(match[1]) < end else 0.0
    return round(total, 3)


def _checked(folder: Path, files: Mapping[str, str]) -> str:
    """What coqchk says in one line: the axioms of everything it loaded, the standard library's unused ones included."""
    names = [f"Backtrack.{stem}" for stem in files]
    run = subprocess.run(["coqchk", "-silent", "-o", "-Q", ".", "Backtrack", *names], cwd=folder, capture_output=True,
                         text=True, check=False)
    if run.returncode:
        raise InputError(f"coqchk refused: {(run.stderr or run.stdout).strip().splitlines()[-1]}")
    return read_checker(run.stdout)


def read_checker(text: str) -> str:
    """Its summary in one line; `InputError` for an axiom that is not the library's, or where some check was off.

    >>> read_checker("CONTEXT SUMMARY\\n* Axioms:\\n    Coq.Logic.Classical_Prop.classic\\n\\n* Inductives: <none>\\n")
    'coqchk: axioms classic'
    """
    axioms, reading = [], False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("*"):
            reading = line.startswith("* Axioms")
            if not reading and not line.endswith("<none>") and not line.startswith("* Theory"):
                raise InputError(f"coqchk: {line}")
        elif reading and line:
            if not line.startswith("Coq."):
                raise InputError(f"coqchk: the axiom {line}")
            axioms.append(line.split(".")[-1])
    return f"coqchk: axioms {', '.join(sorted(axioms)) or 'none'}"
