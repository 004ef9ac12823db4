"""What Coq's kernel said of theory/proofs/*.v: its words, kept with the hash of the sources, and what a check asks.

Setting. `verify.proving` has Coq compile the sources and the generated bridge files. A claim's `Word` counts only when
its bridge was accepted with the statement it has now, and `Print Assumptions` names no axiom but those of `AXIOMS`, the
standard library's for the reals: so an `Admitted`, an axiom of one's own or a switched-off check of the kernel is
refused by name. The words are kept in proofs.json with the hash of all the text that was compiled, and count for that
text only. That file is a record, as the evidence is: where it is not trusted, `make prove` makes it again.

Not covered: running Coq (`verify.proving`); what the statements mean (read them: theory/proofs/).
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from theory.claim import claims
from theory.formats import write_file
from theory.numeric import InputError
from theory.proofs import Proof, proofs, sources
from theory.proofs.export import bridges, theorems
from verify.evidence import ROOT
from verify.runner import store

SHIPPED = ROOT / "proofs.json"
HOW = "coqc is not installed; on Debian and Ubuntu: apt-get install coq"
# the axioms of the standard library's real numbers and of its logic, and nothing else
AXIOMS = {"ClassicalDedekindReals.sig_forall_dec": "decidable search",
          "ClassicalDedekindReals.sig_not_dec": "decidable negation",
          "FunctionalExtensionality.functional_extensionality_dep": "functional extensionality",
          "Classical_Prop.classic": "excluded middle"}


@dataclass(frozen=True)
class Word:
    """What the kernel accepted for one claim. bridge: the bridge's theorems on it, name -> statement, as compiled."""

    theorem: str                       # ClosedForms.base_cost
    line: int
    bridge: Mapping[str, str]
    axioms: tuple[str, ...]            # of all bridges of its file together
    seconds: float                     # the theorem's own script, without what it builds on

    @property
    def named(self) -> str:
        """'Coq, ClosedForms.base_cost, axioms: ..'."""
        return f"Coq, {self.theorem}, {axioms_in_words(self.axioms)}"


@dataclass(frozen=True)
class Words:
    """All that one run said. sources: the hash of what was compiled; refused: label -> the first line of why."""

    sources: str
    coq: str
    seconds: float
    accepted: Mapping[str, Word]
    refused: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)    # theorems of no claim -> their axioms
    checker: str = ""                  # what coqchk said, where it ran


def axioms_in_words(axioms: tuple[str, ...]) -> str:
    """'no axioms', or the names.

    >>> axioms_in_words(())
    'no axioms'
    """
    names = ", ".join(sorted(name.split(".")[-1] for name in axioms))
    return f"axioms: {names}" if names else "no axioms"


# -- what is compiled ---------------------------------------------------------------------------------------------

def texts() -> dict[str, str]:
    """Stem -> text of every file that is compiled: the sources, then the bridges."""
    return {**sources(), **bridges()}


def sources_hash(files: Mapping[str, str]) -> str:
    """Hash of the names and texts; 16 hex digits."""
    digest = hashlib.sha256()
    for stem in sorted(files):
        digest.update(stem.encode() + b"\0" + files[stem].encode() + b"\0")
    return digest.hexdigest()[:16]


@functools.cache
def installed() -> str | None:
    """Coq's version, or None where there is no coqc."""
    if not shutil.which("coqc"):
        return None
    said = subprocess.run(["coqc", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version ([\w.+]+)", said)
    return found[1] if found else None


def bridge_of(proof: Proof) -> dict[str, str]:
    """The bridge's theorems on a claim, name -> statement, as they are now."""
    return {name: statement for name, statement, _ in theorems(proof)}


# -- keeping ------------------------------------------------------------------------------------------------------

def own() -> Path:
    """Where `backtrack prove` keeps what was said here: beside the user's own evidence."""
    return store().with_name("proofs.json")


def keep(words: Words, path: Path) -> None:
    """Write what was said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps(asdict(words), indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def read(path: Path) -> Words | None:
    """What was kept, whatever the sources; None where nothing was. Errors: `InputError` for a malformed file."""
    if not path.exists():
        return None
    try:
        entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        accepted = {label: Word(**{**word, "axioms": tuple(word["axioms"])})
                    for label, word in entry.pop("accepted").items()}
        others = {name: tuple(axioms) for name, axioms in entry.pop("beside").items()}
        return Words(accepted=accepted, beside=others, **entry)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"{path}: not what make prove writes") from None


def known(*paths: Path) -> Words | None:
    """What the kernel said of these very sources, here or where the package was made; None where it was not asked."""
    now = _now()
    for path in paths or (own(), SHIPPED):
        words = read(path)
        if words and words.sources == now:
            return words
    return None


@functools.cache
def _now() -> str:
    return sources_hash(texts())


# -- what a check asks --------------------------------------------------------------------------------------------

def missing() -> str:
    """Why the kernel's word cannot be had here; '' where it can."""
    if not installed():
        return f"not run: {HOW}"
    return "" if known() else "not run on these sources: make prove"


def holds(label: str, body: Callable[..., Any]) -> bool:
    """Whether the kernel accepted what `body`, the claim's or its twin's, says; False where it accepted the contrary.

    Errors: `InputError` where it was refused, or never asked about what `body` computes today.
    """
    words, claim, proof = known(), claims()[label], proofs()[label]
    if words is None:
        raise InputError(missing())
    if label not in words.accepted:
        raise InputError(f"the kernel refused {label}: {words.refused.get(label, 'it was never asked')}")
    foreign = set(words.accepted[label].axioms) - set(AXIOMS)
    if foreign:
        raise InputError(f"{label} stands on {', '.join(sorted(foreign))}")
    twin = body is claim.control
    asked = words.accepted[label].bridge
    name = f"{'twin' if twin else 'claim'}_{label}"
    if name not in asked or asked != bridge_of(proof):
        raise InputError(f"the kernel was not asked about {name} as it is now")
    return claim.should_hold and not twin
