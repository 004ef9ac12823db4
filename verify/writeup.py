r"""What an author chooses of the tables, and the tables that come out.

Setting. A `Choice` is tables by name, claims, columns of a table, the grid, digits, looks, caption and label. It is
checked whole before anything is computed: every name against what there is, every option against whether it would
change anything, since an option that is ignored leads astray. A table's name is its file's name and its label's, so
that \input and \ref in a paper keep working.

references.bib replaces only a file of that name that was written here; an author's own is never touched.

Not covered: options (`verify.cli_tables`), cells (`theory.tables`, `verify.report`), punctuation (`theory.formats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from theory.cells import nearest, tex_unknown
from theory.claim import claims
from theory.formats import FORMATS, PLAIN, Style, Table, label, write, write_file
from theory.numeric import InputError
from theory.references import BIB, OURS
from theory.tables import GRID, all_tables, bounds_numbers, bounds_symbolic, claims_table, figure3
from theory.tables import NAMES as EXACT
from verify.report import bill
from verify.report.critique import tables as map_tables

OF_DIALS = ("critique", "critique_values")
NAMES = (*EXACT, *OF_DIALS, "bill")
OF_CLAIMS = ("bounds_symbolic", "claims")
ROUNDED = ("bounds_numbers", "figure3", "critique_values", "bill")
MOST_MAZES = 10_000
SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/+_-")
Bars = Callable[[str], AbstractContextManager[Callable[[int, int, str], None]]]


def shapes() -> dict[str, Table]:
    """Every table without its rows, by name: its columns and its title."""
    found = [bounds_symbolic({}, ()), bounds_numbers({}, (1,), (1,), (1,)), claims_table({}, ()), figure3({}, steps=()),
             *map_tables([]), bill.table([], {})]
    return {table.name: replace(table, rows=()) for table in found}


@dataclass(frozen=True)
class Choice:
    """What an author wants; the module says what is checked. Empty tuples: all; None: as it is without the option.

    columns: 'TABLE:COLUMN', or 'COLUMN' of a single table; grid: W, K, L -> values or None.
    Errors: `InputError` in one line that shows the value, with the nearest name for an unknown one.
    """

    format: str = "latex"
    tables: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()                # labels
    columns: tuple[str, ...] = ()
    grid: Mapping[str, Sequence[int] | None] = field(default_factory=dict)
    digits: int | None = None
    style: Style = PLAIN
    caption: str | None = None
    label: str | None = None
    one_file: bool = False
    measured: bool = True
    critique: bool = True

    @property
    def names(self) -> list[str]:
        """The tables to write, in their order."""
        if self.tables:
            return [name for name in NAMES if name in self.tables]
        if self.claims:                         # the tables of claims, of which one may have none of these
            formulas = any(claims()[label].symbolic for label in self.claims)
            return [name for name in OF_CLAIMS if formulas or name != "bounds_symbolic"]
        return [name for name in NAMES if self.critique or name not in OF_DIALS]

    def checked(self) -> dict[str, Table]:
        """The tables to write without their rows, columns chosen; every error of the choice is raised here."""
        for name in self.tables:
            if name not in NAMES:
                raise InputError(f"no table is called {name!r}; {nearest(name, NAMES)}")
        names, known = self.names, shapes()
        if not names:
            raise InputError("no table is left: --no-critique leaves out the only ones chosen")
        self._check_tables(names)
        self._check_words(names)
        picked = self._picked(names, known)
        return {name: known[name].choose(picked[name]) if name in picked else known[name] for name in names}

    def _check_tables(self, names: list[str]) -> None:
        def only(option: str, which: Sequence[str], words: str) -> InputError:
            return InputError(f"{option}: {words} {', '.join(which)}, and to be written is only {', '.join(names)}")

        if not self.critique and set(names) & set(OF_DIALS):
            raise InputError(f"--no-critique leaves out {', '.join(OF_DIALS)}, of which --table chooses one")
        if self.claims and not set(names) & set(OF_CLAIMS):
            raise only(f"--claim {self.claims[0]}", OF_CLAIMS, "it chooses rows of")
        if self.claims and "bounds_symbolic" in names and not any(claims()[label].symbolic for label in self.claims):
            raise InputError(f"--claim {', '.join(self.claims[:3])}: no closed formula to list in bounds_symbolic")
        given = [name for name, values in self.grid.items() if values]
        if given and "bounds_numbers" not in names:
            raise only(f"-{given[0]} {_shown(self.grid[given[0]])}", ("bounds_numbers",), "it is the grid of")
        if self.digits and not set(names) & set(ROUNDED):
            raise only(f"--digits {self.digits}", ROUNDED, "rounded numbers are in")
        if not self.measured and "bill" not in names:
            raise only("--no-measured", ("bill",), "it leaves out rows of")
        mazes = 1
        for name in GRID:
            mazes *= len(self.axis(name))
        if mazes > MOST_MAZES:
            raise InputError(f"the grid of -W, -K, -L has {mazes} mazes; {MOST_MAZES} are the most")

    def _check_words(self, names: list[str]) -> None:
        for option, text in (("--label", self.label), ("--label-prefix", self.style.prefix)):
            if text is not None and not set(text) <= SAFE or text == "" and option == "--label":
                raise InputError(f"{option} {text!r}: letters, digits and . : / + _ - only")
        for option, given in (("--siunitx", self.style.siunitx), ("--label", self.label is not None),
                              ("--label-prefix", self.style.prefix != PLAIN.prefix)):
            if given and self.format != "latex":
                raise InputError(f"{option}: only LaTeX has it, and the format is {self.format}")
        for option, text in (("--caption", self.caption), ("--label", self.label)):
            if text is not None and len(names) > 1:
                raise InputError(f"{option} {text!r}: of a single table, and {len(names)} are to be written; "
                                 "choose one with --table")
        if self.caption is not None:
            if self.format == "csv":
                raise InputError(f"--caption {self.caption!r}: CSV has no place for a caption")
            if self.format == "latex" and (unknown := tex_unknown(self.caption)):
                raise InputError(f"--caption {self.caption!r}: {unknown!r} is no letter that we can write in LaTeX")
            shapes()[names[0]].captioned(self.caption)
        if self.one_file and self.format == "csv" and len(names) > 1:
            raise InputError(f"--one-file: one file of CSV holds one table, and {len(names)} are to be written")

    def _picked(self, names: list[str], known: Mapping[str, Table]) -> dict[str, list[str]]:
        """The columns chosen, by table."""
        picked: dict[str, list[str]] = {}
        for text in self.columns:
            name, colon, column = text.partition(":")
            if not colon:
                if len(names) > 1:
                    raise InputError(f"--column {text!r}: of which table? There are {len(names)}; write TABLE:COLUMN")
                name, column = names[0], text
            elif name not in known:
                raise InputError(f"--column {text!r}: no table is called {name!r}; {nearest(name, names)}")
            elif name not in names:
                raise InputError(f"--column {text!r}: {name} is not among the tables to write ({', '.join(names)})")
            picked.setdefault(name, []).append(column)
        return picked

    def axis(self, name: str) -> Sequence[int]:
        """The values of W, K or L."""
        return self.grid.get(name) or GRID[name]

    def dress(self, table: Table) -> Table:
        """The table with the chosen columns, caption and label."""
        picked = self._picked(self.names, {table.name: table, **dict.fromkeys(NAMES, table)})
        if table.name in picked:
            table = table.choose(picked[table.name])
        if self.caption is not None:
            table = table.captioned(self.caption)
        return replace(table, label=self.label or "")

    def make(self, progress: Bars) -> list[Table]:
        """The tables, computed: seconds, minutes with a critique map that was not computed before.

        progress: a bar as `verify.console.bar` is one.
        """
        from verify.dials.kept import SHIPPED_ROWS, compute_rows, load_rows, own_rows
        from verify.dials.map import dials, judged
        from verify.evidence import verdicts
        from verify.runner import known_evidence

        names, evidence = self.names, known_evidence()
        found = verdicts(claims(), evidence) if evidence else {}
        texts = {label: str(verdict) for label, verdict in found.items()}
        W, K, L = (self.axis(name) for name in GRID)
        made = all_tables(texts, W, K, L, names=names, labels=self.claims or None, digits=self.digits)
        if set(names) & set(OF_DIALS):
            rows = load_rows(SHIPPED_ROWS, own_rows())
            if missing := [name for name in dials() if name not in rows]:
                with progress("critique") as update:
                    rows |= {row["dial"]: row for row in compute_rows(missing, own_rows(), progress=update)}
            made += map_tables([judged(rows[name], found, evidence) for name in dials()], self.digits)
        if "bill" in names:
            with progress("bill") as update:
                made.append(bill.table(bill.rows(update, measured=self.measured), texts, self.digits))
        return [self.dress(table) for table in made if table.name in names]

    def write(self, directory: Path, progress: Bars, bib: bool) -> list[Path]:
        """Check, compute, write: the files' paths. A directory that cannot be written to shows before the computing."""
        self.checked()
        if bib:
            _check_bib(directory)
        probe = directory / ".backtrack.tmp"
        try:
            write_file(probe, bytes(2**20))
        except InputError as error:
            raise InputError(str(error).replace(str(probe), str(directory))) from None
        probe.unlink()
        paths = write(self.make(progress), self.format, directory, self.style, one_file=self.one_file)
        return [*paths, *([write_file(directory / "references.bib", BIB)] if bib else [])]

    def listing(self) -> str:
        """The tables to write: names, files, labels and columns."""
        suffix = FORMATS[self.format][0]
        lines = []
        for name, table in self.checked().items():
            known = replace(table, label=self.label or "")
            lines += [f"{name:<17}{table.title}",
                      f"    file     {'tables' if self.one_file else name}{suffix}"
                      + (f", label {label(known, self.style)}" if self.format == "latex" else ""),
                      f"    columns  {' | '.join(column.name for column in table.columns)}"]
        return "\n".join(lines)


def _shown(values: Sequence[int] | None) -> str:
    text = ",".join(map(str, values or ()))
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_bib(directory: Path) -> None:
    path = directory / "references.bib"
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            ours = file.readline().rstrip("\n") == OURS
    except OSError:
        return                                  # none there, or what writing will complain of
    if not ours:
        raise InputError(f"{path}: not written by this command, so it stays; --no-bib writes the tables without it")
