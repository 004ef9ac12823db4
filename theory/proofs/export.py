"""From a claim's Python body to Coq: formulas, statements, and the bridge files that the kernel checks.

Setting. The body runs at SymPy symbols that bear its parameters' names (`theory.proofs.formulas`), or at small cases
(`theory.proofs.cases`). For each source X.v `bridges` makes a file XBridge.v. It holds, for each claim proved in X.v,

    Theorem claim_label : <the statement with the body's formula>.     proved from X.label alone
    Theorem twin_label : ~ (<the statement with the twin's>).          the false twin is refuted
    Theorem case_label_n : <the Coq term at a case> = <the body's value there>.     where the body needs numbers

A claim that is expected to fail as quoted is proved false instead, and so is its twin.

Stands on SymPy's exact arithmetic, for what the body computes; what it gets wrong, the kernel refuses. Not covered:
claims whose body neither runs at symbols nor at cases; they are tied by hand (`Proof.tie`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from theory.claim import Claim, claims
from theory.numeric import InputError
from theory.proofs import Proof, proofs, requires, sources
from theory.proofs.cases import instance
from theory.proofs.formulas import formula

# what ends a proof or declares something: a tactic script has none of it
COMMANDS = re.compile(r"\b(Qed|Defined|Abort|Admitted|admit|Definition|Theorem|Lemma|Goal|Module|Section|Axiom|"
                      r"Parameter|Variable|Hypothesis|Notation|Ltac|Require|Import|Fixpoint|Print|Set|Unset)\b")
HEADER = """(** Generated from the claims in theory/*.py by theory.proofs.export; do not edit. *)

From Backtrack Require {others}.
From Backtrack Require Import {imports} Bridging.
Open Scope R_scope.
"""


# -- statements -----------------------------------------------------------------------------------------------------

def statement(proof: Proof, body: Callable[..., Any]) -> str:
    """The proof's statement with the formula of `body` in it."""
    if "{formula}" not in proof.statement:
        return proof.statement
    return proof.statement.replace("{formula}", formula(body))


def related(proof: Proof, claim: Claim) -> bool:
    """Whether the statement relates the formula as the claim does.

    >>> related(proofs()['separation_sft_lower'], claims()['separation_sft_lower'])
    True
    """
    before = proof.statement.split("{formula}")
    if len(before) < 2:
        return True
    left, right = before[0].rstrip(), before[1].lstrip()
    if claim.relation == "tends to":                     # Un_cv (sequence) {formula}
        return bool(re.search(r"Un_cv \(.*\)$", left)) and not right
    found = {"=": "equals", "<=": "at least", ">=": "at most"} if right[:1] in "=<>" and right else None
    if "->" in right and not re.search(r"\bbest =$", left):
        return False                                     # `best = {formula}` names a value, whatever follows
    if found:                                            # {formula} <= H
        return found[re.match(r"[<>]?=", right)[0]] == claim.relation          # type: ignore[index]
    found = {"=": "equals", "<=": "at most", ">=": "at least"}
    return found[re.search(r"[<>]?=$", left)[0]] == claim.relation             # type: ignore[index]


def binders(text: str) -> list[str]:
    """The variables that a statement begins with.

    >>> binders("forall (W K : nat) (H : R), W = K -> H = 1")
    ['W', 'K', 'H']
    """
    match = re.match(r"\s*forall ((?:\([^:()]+:[^()]+\)\s*)+),", text)
    return [name for group in re.findall(r"\(([^:()]+):", match[1]) for name in group.split()] if match else []


def theorems(proof: Proof) -> Iterator[tuple[str, str, str]]:
    """(name, statement, tactic script) of each theorem that a bridge file holds on a claim."""
    claim = claims()[proof.label]
    true = statement(proof, claim.body)
    twin = statement(proof, claim.control) if claim.control and "{formula}" in proof.statement else ""
    if not related(proof, claim):
        raise InputError(f"the proof of {proof.label} does not state '{claim.relation}'")
    names = " ".join(binders(true))
    script = f"intros {names}; bridge (@{proof.theorem} {names})." if twin and names else f"exact (@{proof.theorem})."
    if proof.by and proof.theorem not in proof.by:
        raise InputError(f"the script for {proof.label} does not use {proof.theorem}")
    for text in (proof.by, proof.against):
        if found := COMMANDS.search(text):
            raise InputError(f"the script for {proof.label} is no script: {found[0]}")
    if claim.should_hold:
        yield f"claim_{proof.label}", true, proof.by or script
    else:
        yield f"claim_{proof.label}", f"~ ({true})", proof.by or f"exact {proof.theorem}."
    if twin:
        yield f"twin_{proof.label}", f"~ ({twin})", _refutation(proof, binders(true))
    if proof.typed:
        yield f"twin_{proof.label}", f"~ ({proof.typed})", proof.against
    for number, case in enumerate(proof.cases, 1):
        yield f"case_{proof.label}_{number}", instance(proof, claim.body, case, case.get("numbers", 0)), "instance."
        if claim.control and number == len(proof.cases):
            numbers = case.get("numbers") or 1
            yield f"twin_{proof.label}", instance(proof, claim.control, case, numbers, "<>", " \\/ "), "other."


def _refutation(proof: Proof, variables: list[str]) -> str:
    """The script that refutes the twin at the values of `twin`."""
    if proof.against:
        return proof.against
    own = proof.value or f"claim_{proof.label}"
    if not proof.witness:
        return (f"intros T. pose proof (T {proof.twin})%nat as F. "
                f"pose proof (@{own} {proof.twin})%nat as V. against F V.")
    values = f"{proof.twin} {variables[-1]}"
    return (f"intros T. destruct (@{proof.witness} {proof.twin})%nat as [{variables[-1]} h]; [given..|]. "
            f"pose proof (T {values})%nat as F. pose proof (@{own} {values})%nat as V. against F V.")


# -- files ----------------------------------------------------------------------------------------------------------

def bridges() -> dict[str, str]:
    """Stem -> text of the generated bridge files, one for each source with a proof of a claim."""
    files, bodies = sources(), dict[str, str]()
    for proof in proofs().values():
        claim = claims()[proof.label]
        body = f"\n(** {claim.code}: {_comment(claim.statement)} *)\n"
        for name, said, script in theorems(proof):
            body += f"Theorem {name} :\n  {said}.\nProof. {script} Qed.\n"
        bodies[proof.file] = bodies.get(proof.file, "") + body
    return {f"{stem}Bridge": header(stem, body, files) + body for stem, body in bodies.items()}


def header(stem: str, body: str, files: Mapping[str, str]) -> str:
    """What a bridge reads: names as the source itself reads them, and whatever else is called by its full name."""
    others = sorted({name for name in re.findall(r"\b([A-Z]\w+)\.\w", body) if name in files} | {stem})
    return HEADER.format(others=" ".join(others), imports=" ".join((*requires(files[stem]), stem)))


def _comment(text: str) -> str:
    """A text that may stand in a Coq comment: nothing in it opens or closes one, or a string."""
    return text.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
