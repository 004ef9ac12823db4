"""The anonymous bundle for double-blind review: code, results and a one-page summary in one archive.

    companion/                  the checkout's files, as git tracks them: make report and make test work there
    companion/results/          the report, or without one the verdicts and the map from the shipped evidence
    companion/summary.html      one A4 page (SUMMARY.md the same as text), from the evidence in the bundle

Setting. Every text loses the words of `verify.identity`; what cannot lose one (a file's name, a picture) stops the
bundle, which is written whole or not at all. The same inputs give the same bytes: sorted names, no dates, no owners.
Names replaced in a source change the sources' hash, and with it the one that the evidence carries; the page says so.

Not covered: what no search finds (`verify.redaction`); packing git's history, which names people by design.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from theory.claim import claims
from theory.formats import write_file
from theory.numeric import InputError
from verify.dials.kept import SHIPPED_ROWS, load_rows
from verify.dials.map import judged
from verify.evidence import SHIPPED, Evidence, fingerprint, load, verdicts
from verify.identity import Word, git, identity, settle, vendored
from verify.redaction import FORMS, Redaction
from verify.report.onepage import facts, page
from verify.report.rows import claim_row
from verify.unpacked import as_text, without_metadata

Progress = Callable[[int, int, str], None]
FOLDER, RESULTS = "companion", "results"
LEFTOVER = re.compile(r"\.#.*|#.*#|.*~|.*\.(sw[a-p]|bak|orig|rej|tmp|pyc|log|aux|out|toc)|\.DS_Store|Thumbs\.db"
                      r"|__pycache__")
PEOPLE = re.compile(r"(authors|contributors|maintainers|codeowners|thanks)(\.\w+)?|\.mailmap", re.I)
# without git: what a project like this one consists of
SUFFIXES = (".py", ".md", ".toml", ".txt", ".lock", ".cff", ".html", ".css", ".js", ".json", ".jsonl", ".tex", ".bib",
            ".svg", ".png", ".woff2")
BARE = ("Makefile", "LICENSE", ".gitignore", "run")
MADE = ("report", "build", "dist", "node_modules", RESULTS)
REPORT = {"": (".html", ".md", ".json", ".jsonl"), "tables": (".tex", ".md", ".csv", ".json", ".bib"),
          "figures": (".pdf", ".png", ".svg")}
Files = dict[str, tuple[bytes, bool]]              # name -> (bytes, whether it may be run)


@dataclass(frozen=True)
class Bundle:
    """What was written, what was replaced where, and what a person should look at."""

    path: Path
    files: int
    size: int
    words: list[Word]                              # looked for
    common: list[Word]                             # set aside: the code or the language uses them everywhere
    replaced: dict[str, dict[str, int]]            # file -> kind -> how often
    left_out: list[str]                            # files that were there and are not in it
    checks: int = 0                                # whose results are in it


# -- which files ------------------------------------------------------------------------------------------------

def checkout(root: Path) -> tuple[list[str], list[str]]:
    """(files of the checkout at `root`, files left out), as names relative to it.

    Errors: `InputError` when `root` is no checkout, git cannot read it, or a file is a link or another repository.
    """
    if not (root / "Makefile").is_file() or not (root / "pyproject.toml").is_file():
        raise InputError(f"{root}: no checkout; a bundle is made from one (a clone, with its Makefile), not from an "
                         "installed package")
    if (root / ".git").exists():
        listed, others = git(root, "ls-files", "-s", "-z"), git(root, "ls-files", "-o", "--exclude-standard", "-z")
        if listed is None or others is None:
            raise InputError(f"{root}: git cannot read this checkout, so nobody knows its files and its authors")
        entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
        if odd := [name for mode, _, name in entries if mode[:6] not in ("100644", "100755")]:
            raise InputError(f"{odd[0]}: a link or another repository, which a bundle cannot hold")
        names, outside = [name for _, _, name in entries if (root / name).is_file()], others.split("\0")[:-1]
    else:
        names, outside = sorted(_walk(root)), []
    plain = [name for name in names if not any(LEFTOVER.fullmatch(part) for part in PurePosixPath(name).parts)
             and not PEOPLE.fullmatch(PurePosixPath(name).name)]
    if there := set(_sources(root)) - set(plain):
        raise InputError(f"{min(there)}: among the sources, but not in git: git add it, or move it away")
    return plain, sorted({*names, *outside} - set(plain))


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        top = Path(folder) == root
        folders[:] = [name for name in folders if (not name.startswith(".") or name == ".ci")
                      and not name.endswith(".egg-info") and not LEFTOVER.fullmatch(name)
                      and not (top and name in MADE) and not (Path(folder) / name / "pyvenv.cfg").exists()]
        for name in files:
            path = Path(folder) / name
            wanted = name in BARE or (name.endswith(SUFFIXES) and not name.startswith("."))
            if wanted and not path.is_symlink() and not (top and name in ("SUMMARY.md", "summary.html")):
                yield path.relative_to(root).as_posix()


def _sources(root: Path) -> list[str]:
    """The files that the sources' hash is made of."""
    return [path.relative_to(root).as_posix() for package in ("theory", "verify")
            for path in (root / package).rglob("*") if path.suffix in (".py", ".v")]


def hash_of(files: Mapping[str, tuple[bytes, bool]]) -> str:
    """What `verify.evidence.fingerprint` would say of these files."""
    digest = hashlib.sha256()
    for package in ("theory", "verify"):
        sources = (n for n in files if n.startswith(f"{package}/") and n.endswith((".py", ".v")))
        for name in sorted(sources, key=PurePosixPath):
            digest.update(name.encode() + b"\0" + files[name][0] + b"\0")
    return digest.hexdigest()[:16]


# -- the results ------------------------------------------------------------------------------------------------

def results_of(report: Path) -> tuple[Files, list[Evidence], list[str]]:
    """(a report's files below results/, its evidence, files left out); `InputError` when it is not of these sources."""
    evidence = load(report / "evidence.jsonl")
    try:
        told = {row["label"]: row["verdict"] for row in json.loads((report / "verdicts.json").read_text("utf-8"))}
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError(f"{report}: no report, it has no verdicts.json; make one with make report") from None
    if not evidence:
        raise InputError(f"{report}: made from other sources than these; make report, or --no-results")
    if told != {label: str(verdict) for label, verdict in verdicts(claims(), evidence).items()}:
        raise InputError(f"{report}: verdicts.json is not what evidence.jsonl says; make report again")
    _same_page(report / "index.html", evidence)
    files, left = Files(), []
    for path in sorted(report.rglob("*")):
        name = path.relative_to(report)
        if path.is_file() and not path.is_symlink():
            if path.suffix in REPORT.get(name.parent.as_posix().strip("."), ()) and not LEFTOVER.fullmatch(
                    name.name) and not name.name.startswith("."):
                files[f"{RESULTS}/{name.as_posix()}"] = path.read_bytes(), False
            else:
                left.append(f"{report.name}/{name.as_posix()}")
    return files, evidence, left


def _same_page(path: Path, evidence: list[Evidence]) -> None:
    """`InputError` when a report's page is of other sources, or tells other verdicts, than its evidence."""
    if not path.is_file():
        return
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8"), re.S)
    try:
        data = json.loads(found[1]) if found else {}
        sources, kinds = data["made"]["sources"], data["kinds"]
    except (ValueError, TypeError, KeyError):
        raise InputError(f"{path}: no page of a report, it does not say what made it; make report again") from None
    if sources != fingerprint():
        raise InputError(f"{path}: made from the sources {sources}, these are {fingerprint()}; make report again")
    if kinds != {label: verdict.kind for label, verdict in verdicts(claims(), evidence).items()}:
        raise InputError(f"{path}: its verdicts are not what evidence.jsonl says; make report again")


def shipped_results() -> tuple[Files, list[Evidence]]:
    """Verdicts and map from the shipped evidence; nothing when it is of other sources."""
    evidence = load(SHIPPED)
    if not evidence:
        return {}, []
    found = verdicts(claims(), evidence)
    rows = [judged(row, found, evidence) for row in load_rows(SHIPPED_ROWS).values()]
    told = {"verdicts": [claim_row(claim, found[label], evidence) for label, claim in claims().items()],
            **({"critique": rows} if rows else {})}
    return {f"{RESULTS}/{name}.json": ((json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode(), False)
            for name, value in told.items()}, evidence


# -- all of it --------------------------------------------------------------------------------------------------

def make(root: Path, output: Path, *, report: Path | None = None, results: bool = True, asked: Iterable[str] = (),
         keep: Iterable[str] = (), progress: Progress = lambda done, total, what: None) -> Bundle:
    """Write the bundle of the checkout at `root` (the one that runs) to `output`, .zip, .tar.gz or .tgz.

    report: a report's directory; None for root/report where there is one. asked: more words to replace; keep: words to
    let stand. Errors: `InputError`, in one line, for anything that would give us away or a disk that refuses.
    """
    pack = _packer(output)
    names, left = checkout(root)
    files: Files = {name: ((root / name).read_bytes(), os.access(root / name, os.X_OK)) for name in names}
    before = hash_of(files)
    if report is None and results and (root / "report" / "verdicts.json").is_file():
        report = root / "report"
    if results and report is not None:
        more, evidence, unused = results_of(report)
        left += unused
    else:
        more, evidence = shipped_results() if results else ({}, load(SHIPPED))
    texts = {name: text for name, (data, _) in files.items() if (text := as_text(data)) is not None}
    words, common = settle(identity(root, asked), texts, keep)
    theirs = {found[0] for name, text in texts.items() if vendored(name) for found in FORMS["e-mail"][0].finditer(text)}
    redaction = Redaction(words, theirs)
    files |= more
    for name in files:                                     # before the long work
        _stop(name, redaction.named(name))
    total = 2 * len(files)
    for done, (name, (data, runs)) in enumerate(files.items()):
        progress(done, total, name)
        files[name] = _redacted(redaction, name, data), runs
    after = hash_of(files)
    told = facts(evidence, as_text(files["README.md"][0]) or "" if "README.md" in files else "",
                 RESULTS if more else "")
    told |= {"sources": after, "renamed": sum(name in redaction.counts for name in _sources(root))}
    files |= {name: (redaction.text(name, text).encode(), False) for name, text in page(told).items()}
    for done, (name, (data, runs)) in enumerate(files.items()):
        progress(len(files) + done, total, name)
        if after != before and as_text(data) is not None and not vendored(name):
            data = data.replace(before.encode(), after.encode())
            files[name] = data, runs
        _stop(name, redaction.found(name, data))
    data = pack({f"{FOLDER}/{name}": files[name] for name in sorted(files)})
    progress(total, total, "writing")
    write_file(output, data)
    return Bundle(output, len(files), len(data), words, common,
                  {name: dict(count) for name, count in sorted(redaction.counts.items())}, left,
                  len(evidence) if more else 0)


def _stop(name: str, trace: tuple[str, str] | None) -> None:
    if trace:
        raise InputError(f"{name}: {trace[1]} would still say {trace[0]!r}, and cannot be changed here: rename, remove "
                         "or remake the file, or let the word stand with --keep")


def _redacted(redaction: Redaction, name: str, data: bytes) -> bytes:
    text = as_text(data)
    return without_metadata(data) if text is None else redaction.text(name, text).encode()


# -- the archive ------------------------------------------------------------------------------------------------

def _packer(output: Path) -> Callable[[Files], bytes]:
    """The archive's form, by the suffix of its name."""
    if output.is_dir():
        raise InputError(f"{output}: a directory; name the archive, as in {output / 'anonymous.zip'}")
    for suffixes, pack in (((".zip",), _zip), ((".tar.gz", ".tgz"), _tar)):
        if output.name.lower().endswith(suffixes):
            return pack
    raise InputError(f"{output}: not .zip, .tar.gz or .tgz")


def _zip(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (data, runs) in files.items():
            entry = zipfile.ZipInfo(name)                    # dated 1980, as every zip without a date
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            archive.writestr(entry, data)
    return out.getvalue()


def _tar(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, (data, runs) in files.items():
            entry = tarfile.TarInfo(name)                    # no owner, no date
            entry.size, entry.mode = len(data), 0o755 if runs else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)
