"""paper_notes/critique.md: two pages on where the critique bites, rendered from the map's rows and the verdicts.

The sentences are in templates/critique.md; every number in them is asked of the map by the functions below, by dial,
learner and value as they are shown there, so that a number cannot outlive the code that gave it.

Errors: `InputError` when the template asks for a dial, value, learner or claim that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from theory.claim import claims
from theory.numeric import InputError
from verify.dials.dial import FIGURE3
from verify.dials.map import Row
from verify.evidence import Verdict
from verify.report.critique import brief, critical_value, maze_words, smallest_words

TEMPLATES = Path(__file__).parent / "templates"


class Asked:
    """What a template may ask of the map; values are named as the row shows them, `at(dial, 'x')`."""

    def __init__(self, rows: Mapping[str, Row], verdicts: Mapping[str, Verdict]):
        self.rows, self.verdicts = rows, verdicts

    def row(self, dial: str) -> Row:
        """The row of a dial."""
        if dial not in self.rows:
            raise InputError(f"the note asks for the dial {dial!r}, which the map does not have")
        return self.rows[dial]

    def index(self, dial: str, value: Any) -> int:
        """The place of a value among those of its dial."""
        values = self.row(dial)["values"]
        if str(value) not in values:
            raise InputError(f"the note asks for {value} of {dial}, which has {', '.join(values)}")
        return values.index(str(value))

    def cost(self, dial: str, learner: str, value: Any, digits: int = 4) -> str:
        """Expected steps of a learner at a value, short."""
        return brief(self._learner(dial, learner)["cost"][self.index(dial, value)], digits)

    def growth(self, dial: str, learner: str, value: Any) -> str:
        """How they grow: '(36/5)^K W'."""
        return str(self._learner(dial, learner)["growth"][self.index(dial, value)])

    def exponent(self, dial: str, value: Any, digits: int = 3) -> str:
        """Exponent of the gap a diamond."""
        found = self.row(dial)["gap"][self.index(dial, value)]["exponent"]
        return "none" if found is None else f"{found:.{digits}g}"

    def gap(self, dial: str, value: Any) -> str:
        """The verdict on the gap at a value."""
        return str(self.row(dial)["gap"][self.index(dial, value)]["verdict"])

    def ratio(self, dial: str, value: Any, digits: int = 3) -> str:
        """The challenger's cost over the champion's."""
        return brief(self.row(dial)["gap"][self.index(dial, value)]["ratio"], digits)

    def smallest(self, dial: str, value: Any) -> str:
        """The smallest maze that shows the verdict at a value: 'W, K, L'."""
        return maze_words(self.row(dial)["smallest_maze"][self.index(dial, value)])

    def critical(self, dial: str) -> str:
        """The critical value in words."""
        return str(self.row(dial)["critical_value"]["words"])

    def verdict(self, label: str) -> str:
        """The verdict of a claim."""
        if label not in claims():
            raise InputError(f"the note asks for the claim {label!r}, which is not registered")
        return str(self.verdicts[label])

    def kind(self, label: str) -> str:
        """The kind of a claim's verdict: 'exact', 'REFUTED'."""
        self.verdict(label)
        return self.verdicts[label].kind

    def value(self, dial: str, digits: int = 3) -> str:
        """The critical value itself: a number, or 'x to y'."""
        return critical_value(self.row(dial), digits)

    def total(self) -> int:
        """How many values the map has."""
        return sum(len(row["values"]) for row in self.rows.values())

    def count(self, verdict: str) -> int:
        """How many values of the map have this verdict on the gap."""
        return sum(gap["verdict"] == verdict for row in self.rows.values() for gap in row["gap"])

    def _learner(self, dial: str, learner: str) -> dict[str, Any]:
        learners = self.row(dial)["learners"]
        if learner not in learners:
            raise InputError(f"the note asks for the learner {learner!r}; there are {', '.join(learners)}")
        return dict(learners[learner])


def critique_note(rows: Mapping[str, Row], verdicts: Mapping[str, Verdict], opening: str = "") -> str:
    """The note as Markdown; `opening` is what stands under its title (`verify.report.opening`)."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    asked = Asked(rows, verdicts)
    environment.filters["capfirst"] = lambda text: text[:1].upper() + text[1:]
    names = {name: getattr(asked, name) for name in dir(asked) if not name.startswith("_")}
    return environment.get_template("critique.md").render(
        **names, at=FIGURE3, smallest_words=smallest_words, opening=opening)
