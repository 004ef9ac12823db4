"""Proofs that a kernel checks: which theorem of theory/proofs/*.v proves which claim, and the bridge between them.

Setting. Each `Proof` ties a claim to the theorem of the same name in a Coq source here. Its `statement` is what the
theorem says, in Coq, with `{formula}` in the place of the claim's formula. `theory.proofs.export` runs the claim's
Python body at symbols, writes the result as Coq, puts it in that place, and asks the kernel to prove the statement it
got from the theorem; with the formula of the claim's false twin there, the kernel must prove that the statement is
false. So a constant changed on either side, Coq's or Python's, is an error of the proof checker.

A body that cannot run at symbols for W or K (it loops over rows, or takes a maze) is compared at `cases` instead: there
the formula of the statement is a Coq definition, and the kernel proves that it equals what the body gives, with symbols
for the rows, and differs from what the twin gives at some numbers.

To add one: prove the theorem in a source here, under the claim's label; enter a `Proof` in the table of its kind
(`walking`: the chain, its closed forms, the optimum; `growing`: growth and comparisons; `learning`: SFT and traces;
`wrapping`: restarts, search, forks in a row), or in its BESIDE where no claim states it; run `make prove`.

Not covered: running Coq and keeping what it said (`verify.proving`, `verify.kernel`). What a statement leaves out of
the paper's setting stands in `differs`.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.numeric import InputError

FOLDER = Path(__file__).parent
TABLES = ("walking", "growing", "learning", "wrapping")


@dataclass(frozen=True)
class Proof:
    """A claim, the theorem of its name in `file`.v, and what the theorem states.

    statement: Coq; its formula is {formula}, or (of) where the body cannot run at symbols. words: for which values it
    holds. differs: what differs from the claim's or the paper's setting.
    twin: the values of the statement's variables at which the false twin is refuted (all but a last H). witness: the
    lemma by which there is an H at these values. value: the theorem that says what it is, when not the claim's own.
    against: a tactic script that refutes the twin, where this does not do. typed: the twin's statement, where nothing
    of the claim can be exported; statement and twin are then tied to the claim by hand only.
    of: the Coq term that the body's values are compared with, at `cases`: {W}, {K}, .. stand for the numbers of a case,
    {P} and {Q} for the rows of its policy, {Ps} and {Qs} for those of all branches. by: a tactic script for the bridge,
    where the usual one does not do. name: the theorem's, where it is not the label.
    """

    label: str
    file: str
    statement: str
    words: str
    differs: str = ""
    twin: str = ""
    witness: str = ""
    value: str = ""
    against: str = ""
    typed: str = ""
    of: str = ""
    cases: tuple[Mapping[str, Any], ...] = ()
    by: str = ""
    name: str = ""

    @property
    def theorem(self) -> str:
        """'ClosedForms.base_cost'."""
        return f"{self.file}.{self.name or self.label}"

    @property
    def tie(self) -> str:
        """How the statement is held to the claim's Python: formula, cases, or by hand."""
        return "formula" if "{formula}" in self.statement else "cases" if self.cases else "by hand"


@functools.cache
def proofs() -> dict[str, Proof]:
    """Every proof by its claim's label; `InputError` for one that is entered twice.

    >>> proofs()['optimum_cost'].theorem
    'ClosedForms.optimum_cost'
    """
    found: dict[str, Proof] = {}
    for table in TABLES:
        for proof in importlib.import_module(f"theory.proofs.{table}").PROOFS:
            if proof.label in found:
                raise InputError(f"the proof of {proof.label} is entered twice")
            found[proof.label] = proof
    return found


@dataclass(frozen=True)
class Beside:
    """A theorem that no claim states, and what it says."""

    name: str
    file: str
    words: str

    @property
    def theorem(self) -> str:
        """'Walk.bellman_unique'."""
        return f"{self.file}.{self.name}"


@functools.cache
def beside() -> tuple[Beside, ...]:
    """The theorems that no claim states.

    >>> any(item.theorem == 'Walk.bellman_unique' for item in beside())
    True
    """
    return tuple(Beside(*entry) for table in TABLES
                 for entry in importlib.import_module(f"theory.proofs.{table}").BESIDE)


def sources() -> dict[str, str]:
    """Stem -> text of every Coq source, in the order in which they build on each other."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.v"))}
    ordered: dict[str, str] = {}

    def place(stem: str) -> None:
        if stem not in ordered and stem in texts:
            for needed in requires(texts[stem]):
                place(needed)
            ordered[stem] = texts[stem]

    for stem in texts:
        place(stem)
    return ordered


def requires(text: str) -> Iterable[str]:
    """The stems that a source imports from here."""
    for line in text.splitlines():
        if line.startswith("From Backtrack Require "):
            yield from line.rstrip(".").split()[4:]


def line_of(proof: Proof | Beside, texts: dict[str, str] | None = None) -> int:
    """The line of its theorem in the source; `InputError` where there is none of that name."""
    text, name = (texts or sources()).get(proof.file, ""), proof.theorem.split(".")[1]
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*(Theorem|Lemma|Corollary) {name}(?![\w'])", line):
            return number
    raise InputError(f"theory/proofs/{proof.file}.v has no theorem {name}")
