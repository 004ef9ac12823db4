"""Whether what `theory` claims is so: Hypothesis-driven checks against exact solves and learners that really run.

In a notebook or a script:

    >>> from verify import verdicts_now
    >>> found = verdicts_now()                      # all claims with their verdicts; nothing is run
    >>> found["optimum_cost"].claim.statement
    'The optimum, which turns round only at a leaf, needs (2W-1)(2K+1) steps on average.'

`critique_now` is the critique map, `train` a learner by name (`verify.training`). All are imported on first use: a
check needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.evidence import Evidence, Verdict
    from verify.overview import CritiqueMap, Judged, Verdicts, critique_now, verdicts_now
    from verify.training import Options, train

__all__ = ["CritiqueMap", "Evidence", "Judged", "Options", "Verdict", "Verdicts", "critique_now", "train",
           "verdicts_now"]
_HOMES = {"verify.evidence": ("Evidence", "Verdict"), "verify.training": ("Options", "train"),
          "verify.overview": ("CritiqueMap", "Judged", "Verdicts", "critique_now", "verdicts_now")}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
