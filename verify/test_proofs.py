"""Checks by Coq's kernel: what it accepted of theory/proofs/*.v and of the bridge to each claim, and of its false twin.

`make prove` runs Coq and keeps its word (`verify.kernel`); the checks here ask for it, claim by claim, and compare what
was compiled with what the claim says now. Where Coq is not installed, or was not run on these sources, they are
skipped as *not run*, and leave no evidence. The checks are made from the registry of proofs: one, and its control, for
each.
"""

import os

import pytest

from theory.proofs import proofs
from verify import kernel


def _ask(check, label):
    reason = kernel.missing()
    if reason and "coq" in os.environ.get("BACKTRACK_NEEDS", "").split(","):
        pytest.fail(f"{reason}, and BACKTRACK_NEEDS asks for it")
    if reason:
        pytest.skip(reason)
    words = kernel.known()
    named = words.accepted[label].named if words and label in words.accepted else "refused"
    tied = "; statement tied to the claim by hand" if proofs()[label].tie == "by hand" else ""
    check.kernel(lambda body: kernel.holds(label, body), f"{proofs()[label].words} ({named}{tied})")


def _made(label):
    def test(check):
        _ask(check, label)

    return test


for _label in proofs():
    for _aspect in ("kernel", "control"):
        globals()[f"test_{_label}__{_aspect}"] = _made(_label)
