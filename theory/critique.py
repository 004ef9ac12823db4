"""What critics object, C1 to C3, each as a claim of its own.

The sentences are ours, written from public summaries. They are registered as statements, rest on the claims they name,
and are worth no more than those.

Not covered: the dials that would settle them one assumption at a time.
"""

from __future__ import annotations

from theory.claim import claim


def _objection(number: str) -> tuple[str, str]:
    return ("critique", number)


@claim("what of the separation depends on the data", source=_objection("C1"), relation="states",
       stands_on=("sft_frozen", "separation"))
def critique_by_construction() -> None:
    """The central theorem is close to true by construction."""


@claim("what of the separation depends on the maze", source=_objection("C2"), relation="states",
       stands_on=("separation", "balance_exponent"))
def critique_topology() -> None:
    """The exponential leans on the chosen topology."""


@claim("what of the separation depends on the definition of SFT", source=_objection("C3"), relation="states",
       stands_on=("sft_frozen", "sft_cost"))
def critique_pessimistic_sft() -> None:
    """The separation leans on a deliberately pessimistic definition of SFT."""
