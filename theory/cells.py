r"""A table, its columns and its cells: what a table is, and how one cell reads in LaTeX, Markdown and HTML.

Setting. A `Table` is columns, rows of strings (or small integers) and a caption. A column's kind says how its cells
are punctuated: text (escaped, never interpreted), math (LaTeX source), sign (a relation: = <= >= ->), number (exact, or
with an exponent), code (a label).

An author may choose columns and write a caption. What must not get lost with them stays: the sentences of `must`
(what is rounded, and to how many digits) and, for a column left out, what its `absent` says (which claims are refuted,
once their verdicts are not shown).

Not covered: whole tables and files (`theory.formats`), what stands in the cells (`theory.tables`).
"""

from __future__ import annotations

import difflib
import html as html_
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from theory.numeric import InputError

KINDS = ("text", "math", "sign", "number", "code")
Cell = str | int
Piece = tuple[str, str]               # (kind, content): captions mix words, labels and formulas


@dataclass(frozen=True)
class Column:
    """A column: its name in CSV and JSON, the kind of its cells, its share of the line, its heading in LaTeX math.

    unit: of its numbers, for the heading ('steps'); checked: (label, verdict) of the claim that they are, for the
    caption; absent: what the caption says when the column is left out.
    """

    name: str
    kind: str = "text"
    share: float = 0.0                # of the line's width; 0 for as wide as its widest cell
    math: str = ""
    unit: str = ""
    checked: Piece | None = None
    absent: tuple[Piece, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"column {self.name}: kind {self.kind!r} is not one of {', '.join(KINDS)}")


@dataclass(frozen=True)
class Table:
    """A table under its file name (without suffix); ValueError when a row has not one cell a column.

    must: what the caption says whatever else it says; headed: whether it opens with the title; label: for \\ref.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: tuple[Piece, ...]
    must: tuple[Piece, ...] = ()
    headed: bool = True
    label: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(row)} cells in a row of {len(self.columns)}: {row}")

    @property
    def words(self) -> tuple[Piece, ...]:
        """The caption in full: its own words, what it must say, and the claims that the columns' numbers are."""
        checked = dict.fromkeys(column.checked for column in self.columns if column.checked)
        pieces = [piece for label, verdict in checked for piece in (("code", label), ("text", f": {verdict};"))]
        if pieces:
            pieces = [("text", "Checked:"), *pieces[:-1], ("text", pieces[-1][1].removesuffix(";") + ".")]
        return (*self.caption, *self.must, *pieces)

    def choose(self, names: Sequence[str]) -> Table:
        """The table with these columns, in this order; its caption says what got lost with the others.

        Errors: `InputError` for a column that it has not, with the nearest name, or one named twice.
        """
        at = {column.name: i for i, column in enumerate(self.columns)}
        for i, name in enumerate(names):
            if name not in at:
                raise InputError(f"table {self.name} has no column {name!r}; {nearest(name, at, ' | ')}")
            if name in names[:i]:
                raise InputError(f"table {self.name}: column {name!r} is chosen twice")
        kept = [self.columns[at[name]] for name in names]
        # columns that share the line take what the others leave: all of it, unless some are as wide as their cells
        shares = sum(column.share for column in kept)
        room = sum(column.share for column in self.columns) if any(not column.share for column in kept) else 1
        if shares:
            kept = [replace(column, share=column.share * room / shares) for column in kept]
        lost = tuple(piece for column in self.columns if column.name not in names for piece in column.absent)
        return replace(self, columns=tuple(kept), must=self.must + lost,
                       rows=tuple(tuple(row[at[name]] for name in names) for row in self.rows))

    def captioned(self, text: str) -> Table:
        """The table with an author's caption, formulas between dollars, in place of the title and our words."""
        pieces = pieces_of(text)
        end: tuple[Piece, ...] = () if pieces[-1][0] == "text" and pieces[-1][1][-1] in ".?!" else (("text", "."),)
        return replace(self, caption=pieces + end, headed=False)

    def _repr_html_(self) -> str:
        """For a notebook: the table in HTML, its formulas as MathJax reads them."""
        from theory.formats import html

        return html(self, mathjax=True)

    def _repr_latex_(self) -> str:
        """For a notebook turned into LaTeX or PDF: the longtable, without a document around it.

        Not for MathJax, which knows no tables of text: its array breaks no lines, and a claim's statement is three of
        them. A notebook on a screen takes the HTML; nbconvert, whose template loads longtable and booktabs, this one.
        """
        from theory.formats import fragment

        return fragment(self)


def nearest(name: str, known: Sequence[str] | dict[str, int], between: str = ", ") -> str:
    """'did you mean figure3?', or 'there are ...' where nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"there are {between.join(known)}"


def pieces_of(text: str) -> tuple[Piece, ...]:
    """A line of words with formulas between dollars, as pieces of a caption.

    Errors: `InputError` for an empty text, a dollar that no other closes, a formula whose braces do not match.

    >>> pieces_of("Costs for $W = 15$ branches")
    (('text', 'Costs for'), ('math', 'W = 15'), ('text', 'branches'))
    """
    parts = text.split("$")
    if not text.strip():
        raise InputError(f"caption {text!r}: empty")
    if len(parts) % 2 == 0:
        raise InputError(f"caption {text!r}: a $ opens a formula that no other closes")
    for formula in parts[1::2]:
        depth = 0
        for brace in re.findall(r"(?<!\\)[{}]", formula):
            depth += 1 if brace == "{" else -1
            if depth < 0:
                break
        if depth or not formula.strip() or re.search(r"[%#&]|\\$|[^ -~]", formula):
            raise InputError(f"caption {text!r}: {formula!r} is not a formula")
    return tuple(("math" if i % 2 else "text", part.strip()) for i, part in enumerate(parts) if part.strip())


# -- LaTeX ------------------------------------------------------------------------------------------------------

TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
       "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
       "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "\u00a0": "~",
       **{char: rf"\ensuremath{{{name}}}" for char, name in {
           "≤": r"\leq", "≥": r"\geq", "→": r"\to", "∞": r"\infty", "−": "-", "≠": r"\neq", "ρ": r"\rho",
           "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon",
           "κ": r"\kappa", "π": r"\pi"}.items()},
       "–": "--", "—": "---", "…": r"\ldots{}", "‘": "`", "’": "'", "“": "``", "”": "''"}
TEX_SIGNS = {"<=": r"\leq", ">=": r"\geq", "->": r"\to"}
LONG = 24                             # characters of a word that may be broken anywhere, so that it fits its column
SLASHED = 12                          # characters of a word that may be broken behind a slash, a comma or a semicolon


def tex_text(text: str, code: bool = False) -> str:
    """`text` as LaTeX that prints it: every special character escaped, long words breakable; nothing is interpreted,
    but that <= between words is the sign.

    code: a word is broken behind its _ and - instead, unless it has a long piece without any.
    """
    words = []
    text = re.sub(r"(?<=\w) ([<>]?=) (?=\w)", "\u00a0\\1\u00a0", " ".join(text.split()))       # no line ends at = or <=
    if not code:
        text = text.replace("\u00a0<=\u00a0", "\u00a0≤\u00a0").replace("\u00a0>=\u00a0", "\u00a0≥\u00a0")
    for word in text.split(" "):
        out, breaks = "", len(max(re.split("[_-]", word), key=len) if code else word) > LONG
        for i, char in enumerate(word):
            if i and char == word[i - 1] and char in "-,'":              # no ligatures: -- is not a dash
                out += "{}"
            if (breaks and i and i % (LONG // 2) == 0) or (len(word) > SLASHED and i and word[i - 1] in "/,;"):
                out += r"\allowbreak{}"
            out += TEX.get(char) or (char if char.isascii() or "\u00a1" <= char <= "\u00ff" else f"[U+{ord(char):04X}]")
        words.append(out)
    # at the start of a row [ or * would be an argument of the \\ before it
    return ("{}" if text[:1] in ("[", "*") else "") + " ".join(words)


def tex_unknown(text: str) -> str:
    """The first character that `tex_text` has no LaTeX for and would name by its number; '' when there is none."""
    return next((char for char in text if "[U+" in tex_text(char) and char != "["), "")


NUMBER = r"-?\d+(\.\d+)?(e[+-]?\d+)?"


def tex_cell(kind: str, cell: Cell, siunitx: bool = False) -> str:
    r"""One cell in LaTeX; siunitx: numbers as \num{...}, a fraction as one over the other."""
    text = str(cell)
    if kind == "math":
        return f"${text}$"
    if kind == "sign":
        return f"${TEX_SIGNS.get(text, text)}$"
    if kind == "code":
        return r"\texttt{" + re.sub(r"(\\_|(?<=\w)-(?=\w))", r"\1\\allowbreak{}", tex_text(text, code=True)) + "}"
    if kind == "number":
        if text == "oo":
            return r"$\infty$"
        parts = text.split("/")
        if siunitx and len(parts) <= 2 and all(re.fullmatch(NUMBER, part) for part in parts):
            return "/".join(rf"\num{{{part}}}" for part in parts)
        if match := re.fullmatch(r"(-?[\d.]+)e\+?(-?\d+)", text):
            return rf"${match[1]}\times 10^{{{match[2]}}}$"
        if re.fullmatch(r"-[\d./]+", text):
            return f"${text}$"                                # a minus, not a hyphen
    return tex_text(text)


# -- Markdown ---------------------------------------------------------------------------------------------------

def md_text(text: str) -> str:
    """`text` as Markdown for a table's cell: what could start markup is escaped; a_b and x^2 need nothing."""
    text = re.sub(r"([\\`*\[|$~])", r"\\\1", " ".join(text.split()))
    text = re.sub(r"(?<!\w)_", r"\_", text)                   # inside or after a word, _ opens nothing
    return re.sub(r"<(?=[\w/!?])|&(?=[\w#])", r"\\\g<0>", text)


def md_cell(kind: str, cell: Cell) -> str:
    """One cell in Markdown."""
    text = str(cell)
    if kind == "math":
        return f"${text}$".replace("|", r"\vert ")
    if kind == "code" and "`" not in text:
        return f"`{text}`".replace("|", r"\|")
    return md_text(text)


# -- HTML -------------------------------------------------------------------------------------------------------

HTML_SIGNS = {"<=": "≤", ">=": "≥", "->": "→"}


def html_cell(kind: str, cell: Cell, mathjax: bool = False) -> str:
    r"""One cell in HTML, escaped; a formula is its TeX source in a span, as \( ... \) where MathJax reads the page.

    mathjax: dollars and backslashes of other cells stand alone in a span, where MathJax sees no formula.

    >>> html_cell("number", "-1.5e+20"), html_cell("sign", "<="), html_cell("code", "a<b")
    ('−1.5 × 10<sup>20</sup>', '≤', '<code>a&lt;b</code>')
    """
    text = " ".join(str(cell).split())
    if kind == "math":
        source = html_.escape(text)
        if mathjax:
            return rf'<span class="math">\( {source} \)</span>'
        return f'<span class="math" data-tex="{source}">{source}</span>'
    if kind == "sign":
        return html_.escape(HTML_SIGNS.get(text, text))
    if kind == "number":
        if text == "oo":
            return "∞"
        if match := re.fullmatch(r"(-?)([\d.]+)e\+?(-?)(\d+)", text):
            minus, power = ("−" if sign else "" for sign in (match[1], match[3]))
            return f"{minus}{match[2]} × 10<sup>{power}{match[4]}</sup>"
        text = re.sub(r"^-(?=\d)", "−", text)
    escaped = html_.escape(text)
    if mathjax:
        escaped = re.sub(r"[$\\]", r"<span>\g<0></span>", escaped)
    return f"<code>{escaped}</code>" if kind == "code" else escaped


# -- captions and headings --------------------------------------------------------------------------------------

def sentence(pieces: Sequence[Piece], punctuate: Callable[[str, Cell], str]) -> str:
    """The pieces with a space between them, but none before a punctuation mark."""
    return "".join(("" if content[:1] in ":;,." else " ") + punctuate(kind, content)
                   for kind, content in pieces).strip()


def heading(column: Column, punctuate: Callable[[str, Cell], str], units: bool = False) -> str:
    """A column's heading, with its unit in parentheses where that is wanted and there is one."""
    name = punctuate("math", column.math) if column.math else punctuate("text", column.name)
    return f"{name} {punctuate('text', f'({column.unit})')}" if units and column.unit else name
