"""Every verdict, and the critique map, in one call: for a notebook.

    >>> from verify import verdicts_now
    >>> found = verdicts_now()
    >>> found["optimum_cost"].claim.parameters
    ('W', 'K')
    >>> len(found) == sum(found.counts.values())
    True

Verdicts come from the evidence that the package ships and that was gathered on this machine, as far as it belongs to
the present sources; without any they say "stated". Nothing is run here: `backtrack verify` runs checks, and
`verify.dials.map.row` computes a row of the map anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, overload

from theory.claim import Claim, claims
from theory.markup import Html, tag
from theory.numbering import number_of
from theory.numeric import InputError
from verify.evidence import SYMBOLS, Verdict, verdicts

TALL = "max-height: 30em; overflow: auto"            # a list of hundreds scrolls in its own box


class Judged(NamedTuple):
    """A claim and the verdict on it.

    >>> from theory import claims
    >>> Judged(claims()["optimum_cost"], Verdict("stated", "stated")).label
    'optimum_cost'
    """

    claim: Claim
    verdict: Verdict

    @property
    def label(self) -> str:
        """The claim's label."""
        return self.claim.label

    def _repr_html_(self) -> str:
        return tag("div", Html(self.verdict._repr_html_()), Html(self.claim._repr_html_()))


class Verdicts(Sequence[Judged]):
    """Claims with their verdicts, in the registry's order; also by label, and by what is looked for.

    >>> found = verdicts_now()
    >>> [judged.label for judged in found.about("Corollary 1")][:2], found["separation"].claim.relation
    (['search_sft', 'search_optimum'], 'at least')
    """

    def __init__(self, judged: Sequence[Judged]):
        self._judged = tuple(judged)

    def __len__(self) -> int:
        return len(self._judged)

    def __iter__(self) -> Iterator[Judged]:
        return iter(self._judged)

    @overload
    def __getitem__(self, key: int | str) -> Judged: ...
    @overload
    def __getitem__(self, key: slice) -> Verdicts: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return Verdicts(self._judged[key])
        if isinstance(key, str):
            for judged in self._judged:
                if judged.label == key:
                    return judged
            raise InputError(f"no claim here is called {key!r}")
        return self._judged[key]

    def about(self, word: str) -> Verdicts:
        """Those whose number or kind of verdict is `word`, or whose label or statement has it in it."""
        return Verdicts([judged for judged in self._judged if word in (
            number_of(judged.label), judged.verdict.kind) or word in judged.label or word in judged.claim.statement])

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind of verdict."""
        return dict(Counter(judged.verdict.kind for judged in self._judged))

    def __repr__(self) -> str:
        return f"{len(self)} claims: " + ", ".join(f"{n} {kind}" for kind, n in self.counts.items())

    def _repr_html_(self) -> str:
        from theory.markup import table

        rows = [[tag("span", tag("code", judged.label), f" {number_of(judged.label)}"), judged.claim.statement,
                 tag("span", Html(judged.verdict._repr_html_()), _true_form(judged.claim))] for judged in self._judged]
        kinds = ", ".join(f"{SYMBOLS[kind]}\u00a0{n} {kind}" for kind, n in self.counts.items())
        return _box(f"{len(self)} claims: {kinds}", table(["claim", "statement", "verdict"], rows))


def _true_form(claim: Claim) -> str:
    """What stands beside a statement that is expected to fail as quoted."""
    return f" (as quoted; the true form is {claim.true_form})" if claim.true_form else ""


def verdicts_now(*stores: Path) -> Verdicts:
    """Every claim with its verdict, from shipped evidence, what was gathered here, and that of more `stores`.

    Nothing is run. Errors: `InputError` for a malformed store.

    >>> verdicts_now()[0].label
    'maze_nodes'
    """
    from verify.runner import known_evidence

    known = claims()
    found = verdicts(known, known_evidence(*stores))
    return Verdicts([Judged(claim, found[label]) for label, claim in known.items()])


class CritiqueMap(Sequence[dict[str, Any]]):
    """Rows of the critique map as `verify.dials.map.row` makes them; also by the dial's name.

    >>> len(CritiqueMap([]))
    0
    """

    def __init__(self, rows: Sequence[dict[str, Any]]):
        self._rows = tuple(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, key: int | str) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: slice) -> CritiqueMap: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return CritiqueMap(self._rows[key])
        if isinstance(key, str):
            for row in self._rows:
                if row["dial"] == key:
                    return row
            raise InputError(f"no row here is of a dial called {key!r}; backtrack critique {key} computes it")
        return self._rows[key]

    def __repr__(self) -> str:
        return "\n".join(f"{row['dial']}: {row['verdict']}" for row in self._rows) or NO_ROWS

    def _repr_html_(self) -> str:
        from theory.markup import table

        if not self._rows:
            return tag("p", NO_ROWS)
        rows = [[tag("code", row["dial"]), row["question"], f"{row['challenger']} against {row['champion']}",
                 row["verdict"], row["critical_value"]["words"]] for row in self._rows]
        return _box(f"Critique map, {len(self)} dials",
                    table(["dial", "question", "between", "the gap", "critical value"], rows))


NO_ROWS = "no row of the critique map was computed on these sources; backtrack critique does"


def critique_now(*stores: Path) -> CritiqueMap:
    """The rows of the critique map that are kept for the present sources; nothing is computed.

    >>> from verify.dials.map import dials
    >>> {row["dial"] for row in critique_now()} <= set(dials())
    True
    """
    from verify.dials.kept import SHIPPED_ROWS, load_rows, own_rows

    return CritiqueMap(list(load_rows(SHIPPED_ROWS, own_rows(), *stores).values()))


def _box(line: str, table: Html) -> Html:
    return tag("div", tag("div", tag("strong", line)),
               tag("div", table, style=TALL, tabindex="0", role="region", aria_label=line))
