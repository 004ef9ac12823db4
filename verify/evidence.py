"""Evidence and verdicts: what the checks saw, kept with a fingerprint of the code that saw it.

Setting. Each check of a claim leaves one `Evidence`. A claim's verdict is computed from its evidence and from the
verdicts of what it stands on; nobody types one:

    stated                              no check has run on it
    proved for all ...                  a proof checker's kernel accepted it, an SMT solver found no counterexample,
                                        or a symbolic certificate cancelled
    exact for <range>                   both sides equal, in rationals, on every case of the range
    searched, n cases                   no generated case broke it (an inequality adds how near one came)
    computed, n cases, within e         compared in floating point, to a stated tolerance
    ratio along a sweep                 an asymptotic statement; never held for all n
    simulated, k runs, alpha            a sampled learner or walk respects it, false-alarm rate alpha
    undecided                           the data reject neither the claim nor its false twin
    REFUTED, smallest counterexample    shown with the case and both values
    no verdict: ...                     its control was not refuted, or its check did not finish

Evidence is appended line by line to a JSON Lines file, so that a run cut off loses nothing, and counts only for the
sources that produced it: the fingerprint is a hash of every Python and Coq file of theory/ and verify/.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from theory.claim import Claim
from theory.numeric import InputError

T = TypeVar("T")
ROOT = Path(__file__).parent
SHIPPED = ROOT / "evidence.jsonl"
ASPECTS = ("kernel", "solver", "proved", "exact", "searched", "tight", "needed", "computed", "sweep", "simulated",
           "control")
# how much each kind of evidence is worth, for "a claim is worth no more than the weakest it stands on"
RANK = {"REFUTED": 0, "no verdict": 0, "stated": 1, "undecided": 1, "simulated": 2, "sweep": 3, "computed": 3,
        "searched": 4, "exact": 5, "proved": 6}

# beside the word, never instead of it
OPEN = ("REFUTED", "stated", "undecided", "no verdict")            # kinds that support no claim
# what a kind says in a few words; the module docstring says it in full
MEANINGS = {
    "proved": "for all values it names: Coq's kernel accepted a proof, z3 found no counterexample, or a symbolic "
              "certificate cancelled",
    "exact": "equal in rationals on every case of a stated range",
    "searched": "no generated case broke it",
    "computed": "compared in floating point, to a stated tolerance",
    "sweep": "a ratio along growing mazes; not a statement for all of them",
    "simulated": "learners or walks that really run respect it",
    "undecided": "the data reject neither it nor its false twin",
    "stated": "no check has run on it",
    "no verdict": "its check did not finish, or could not refute the false twin",
    "REFUTED": "a counterexample is shown",
}
# a sign for each kind, so that no meaning hangs on a colour
SYMBOLS = {"proved": "■", "exact": "●", "searched": "◐", "computed": "≈", "sweep": "↗", "simulated": "⚂",
           "undecided": "?", "stated": "–", "no verdict": "!", "REFUTED": "✗"}


@dataclass(frozen=True)
class Evidence:
    """What one check saw of one claim.

    >>> seen = Evidence("optimum_cost", "exact", "held", "test_walk.py::test_optimum_cost__exact", n=256)
    >>> seen.outcome, seen.n
    ('held', 256)
    """

    label: str
    aspect: str
    outcome: str                       # held, refuted, undecided, error
    check: str                         # file::test
    n: int = 0                         # cases compared, or runs
    scope: str = ""                    # the range, the certificate's family, the sweep
    case: str = ""                     # the smallest counterexample, or the record case of an inequality
    tightest: float | None = None      # measured over claimed, at the record case
    discarded: int = 0                 # cases outside the domain
    alpha: float | None = None         # false-alarm rate of a simulated check
    power: float | None = None         # probability that it refutes its twin
    seconds: float = 0.0
    profile: str = ""
    details: dict[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        from theory.markup import facts

        given = {name: value for name, value in asdict(self).items()
                 if name not in ("label", "details") and value not in (None, "", 0)}
        return facts(f"Evidence on {self.label}", [*given.items(), *self.details.items()])


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict: its kind (a key of RANK), the text, and the flags that came up.

    >>> print(Verdict("exact", "exact for K <= 16", ("rests on lumping: searched, 60 cases",)))
    exact for K <= 16; rests on lumping: searched, 60 cases
    """

    kind: str
    text: str
    flags: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        from theory.markup import tag

        return tag("span", tag("span", f"{SYMBOLS[self.kind]} ", aria_hidden="true"), str(self))

    def __str__(self) -> str:
        return self.text + "".join(f"; {flag}" for flag in self.flags)

    @property
    def brief(self) -> str:
        """The first part of the text."""
        return self.text.split(";")[0].split(", smallest")[0]

    @property
    def known_by(self) -> str:
        """The first part of the text, and what it rests on where that is weaker."""
        return "; ".join((self.brief, *self.flags))

    @property
    def holds(self) -> bool:
        """Whether it supports the claim: evidence of its own, and nothing beneath it that is refuted or open.

        >>> Verdict("proved", "proved for all K").holds, Verdict("proved", "..", ("rests on x: REFUTED",)).holds
        (True, False)
        """
        beneath = (flag.split(": ", 1)[1] for flag in self.flags if flag.startswith("rests on "))
        return self.kind not in OPEN and not any(text.startswith(OPEN) for text in beneath)


def unexpected(claim: Claim, verdict: Verdict) -> bool:
    """Whether a claim came out otherwise than expected: one that should hold was refuted, or a quoted one was not."""
    return verdict.kind not in OPEN[1:] and (verdict.kind == "REFUTED") == claim.should_hold


# -- the store --------------------------------------------------------------------------------------------------

@functools.cache
def fingerprint() -> str:
    """Hash of every Python and Coq source of theory/ and verify/, names included; 16 hex digits."""
    digest = hashlib.sha256()
    for package in (ROOT.parent / "theory", ROOT):
        for path in sorted([*package.rglob("*.py"), *package.rglob("*.v")]):
            digest.update(str(path.relative_to(ROOT.parent)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def append(path: Path, evidence: Evidence) -> None:
    """Add one line to a store; InputError in one line when the disk refuses."""
    append_line(path, asdict(evidence))


def append_line(path: Path, entry: dict[str, Any]) -> None:
    """Add `entry`, and the sources it belongs to, as one line of JSON; InputError when the disk refuses."""
    line = (json.dumps({"sources": fingerprint(), **entry}, ensure_ascii=False) + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop_cut_line(path)
        # one write to a file opened for appending: lines of several processes do not mix
        with path.open("ab", buffering=0) as store:
            if store.write(line) != len(line):
                raise OSError(errno.ENOSPC, "only part of a line could be written: no space left")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def writable(path: Path) -> None:
    """InputError in one line, before anything is computed for it, where `path` cannot be appended to."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _drop_cut_line(path: Path) -> None:
    """Take away a last line without its end: a kill or a full disk cut it off, and nothing may be written behind it."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("r+b") as store:
        store.seek(-1, os.SEEK_END)
        if store.read(1) != b"\n":
            store.seek(0)
            store.truncate(store.read().rfind(b"\n") + 1)


def load(path: Path) -> list[Evidence]:
    """The evidence in a store that belongs to the present sources; later lines replace earlier ones of a check.

    A last line cut off by a kill is skipped; any other malformed line is an InputError.
    """
    found = read_lines(path, lambda entry: Evidence(**entry), "a line of evidence")
    latest = {(evidence.check, evidence.aspect): evidence for evidence in found}
    return [latest[key] for key in sorted(latest)]          # whatever the order in which processes finished


def read_lines(path: Path, make: Callable[[dict[str, Any]], T], words: str) -> list[T]:
    """What `make` makes of the lines that belong to the present sources; errors as in `load`."""
    if not path.exists():
        return []
    kept: list[T] = []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            sources = entry.pop("sources")
            made = make(entry)
        except (ValueError, TypeError, KeyError, AttributeError):
            if number == len(lines):
                continue
            raise InputError(f"{path}, line {number}: not {words}: {line[:60]}") from None
        if sources == fingerprint():
            kept.append(made)
    return kept


# -- verdicts ---------------------------------------------------------------------------------------------------

def verdicts(claims: dict[str, Claim], evidence: Iterable[Evidence]) -> dict[str, Verdict]:
    """The verdict of every claim, bad news travelling up from what it stands on."""
    seen: dict[str, list[Evidence]] = {label: [] for label in claims}
    for item in evidence:
        if item.label in seen:
            seen[item.label].append(item)
    own = {label: _own(claims[label], seen[label]) for label in claims}
    weakest: dict[str, tuple[int, str]] = {}       # what a claim is really worth, and the claim that says so
    result: dict[str, Verdict] = {}

    def settle(label: str, above: tuple[str, ...]) -> Verdict:
        if label in above:
            raise ValueError(f"claims stand on each other in a circle: {' -> '.join((*above, label))}")
        if label not in result:
            verdict, flags = own[label], list(own[label].flags)
            weakest[label] = (RANK[verdict.kind], label)
            for below in claims[label].stands_on:
                settle(below, (*above, label))
                rank, root = weakest[below]
                if verdict.kind not in ("stated", "REFUTED") and rank < RANK[verdict.kind]:
                    flags.append(f"rests on {root}: {own[root].brief}")
                weakest[label] = min(weakest[label], weakest[below])
            result[label] = Verdict(verdict.kind, verdict.text, tuple(dict.fromkeys(flags)))
        return result[label]

    for label in claims:
        settle(label, ())
    return result


def _own(claim: Claim, evidence: list[Evidence]) -> Verdict:
    checks = [e for e in evidence if e.aspect not in ("control", "needed")]
    if not checks:
        return Verdict("stated", "stated")
    broken = [e for e in evidence if e.outcome == "error"]
    if broken:
        return Verdict("no verdict", f"no verdict: {broken[0].check} did not finish: {broken[0].case}")
    refuted = [e for e in checks if e.outcome == "refuted"]
    if refuted:
        # a case with numbers says more than a residual, and an exhausted range knows its smallest case
        first = min(refuted, key=lambda e: (e.aspect in ("kernel", "solver", "proved"), ASPECTS.index(e.aspect)))
        among = f" (among {first.scope})" if first.scope else ""
        return Verdict("REFUTED", f"REFUTED, smallest counterexample {first.case}{among}", _flags(claim, evidence))
    controls = [e for e in evidence if e.aspect == "control" or (e.aspect == "simulated" and e.power is not None)]
    if not controls:
        return Verdict("no verdict", "no verdict: no control")
    if any(e.outcome != "refuted" for e in controls if e.aspect == "control"):
        return Verdict("no verdict", "no verdict: its control was not refuted")
    held = [e for e in checks if e.outcome == "held"]
    if not held:
        return Verdict("undecided", "undecided")
    best = max(held, key=lambda e: RANK[_kind(e)])
    texts = [_text(e) for e in sorted(held, key=lambda e: ASPECTS.index(e.aspect))]
    return Verdict(_kind(best), "; ".join(dict.fromkeys(texts)), _flags(claim, evidence))


def _kind(evidence: Evidence) -> str:
    return {"tight": "searched", "kernel": "proved", "solver": "proved"}.get(evidence.aspect, evidence.aspect)


def _text(e: Evidence) -> str:
    ratio = "" if e.tightest is None else f", tightest ratio {e.tightest:.4g}"
    if e.aspect == "simulated":
        return f"simulated, {e.n} runs, alpha {e.alpha:.0e}, power {e.power:.4f}"
    return {"kernel": f"proved for {e.scope}", "solver": f"proved for {e.scope}",
            "proved": f"proved for {e.scope}", "exact": f"exact for {e.scope}",
            "searched": f"searched, {e.n} cases", "tight": f"tight at {e.case}",
            "computed": f"computed, {e.n} cases, {e.scope}",
            "sweep": f"ratio along a sweep, {e.scope}"}[e.aspect] + ratio


def _flags(claim: Claim, evidence: list[Evidence]) -> tuple[str, ...]:
    flags = []
    if claim.control is not None and not any(e.aspect == "control" and e.outcome == "refuted" for e in evidence):
        flags.append("no control")
    if any(e.aspect == "searched" and e.discarded > e.n for e in evidence):
        flags.append("mostly discarded")
    return tuple(flags)
