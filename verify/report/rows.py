"""A claim as one JSON object: what `backtrack claims --json` prints and the report's verdicts.json holds.

Reads the registry and the evidence; computes nothing. Not covered: how a verdict comes about (`verify.evidence`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from theory.claim import Claim
from theory.numbering import number_of
from theory.proofs import line_of, proofs
from verify.evidence import Evidence, Verdict


def claim_row(claim: Claim, verdict: Verdict, evidence: Iterable[Evidence]) -> dict[str, Any]:
    """The row of one claim; `evidence` may be everybody's, its own is picked out.

    Keys: label, number ('' when the paper has none), statement, source, verdict (flags included), control (its words,
    '' when there is none), stands_on, code, check (test ids), proof (file:line of its Coq
    theorem, '' when there is none), command.
    """
    return {
        "label": claim.label, "number": number_of(claim.label), "statement": claim.statement,
        "source": ": ".join(claim.source), "verdict": str(verdict), "control": claim.control_words,
        "stands_on": list(claim.stands_on), "code": claim.code,
        "check": list(dict.fromkeys(item.check for item in evidence if item.label == claim.label)),
        "proof": f"theory/proofs/{proofs()[claim.label].file}.v:{line_of(proofs()[claim.label])}"
                 if claim.label in proofs() else "",
        "command": f"backtrack verify {claim.label}",
    }
