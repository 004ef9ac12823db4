r"""Plain formulas in sentences, as a reader would write them: rho^K >= 4.3e+14 with its Greek letter, power and sign.

Setting. Statements, ranges and the words of the map are plain text: powers x^n, x^-n, x^(..), subscripts x_j, x_{..},
sums sum_{..}^{..}, Greek letters as words, <= >= != ->, numbers like 4.3e+14. `read` cuts a text into tokens and reads
these; `pretty` writes what was read as HTML. Everything else comes out as it came in, escaped.

    text in `backticks`                 code
    file names, dotted names, --options, $LaTeX$, \commands, addresses, names like sft_cost     never touched
    4.3e+14, 1e-08, 1.5e+06^K           4.3 x 10^14, 10^-8, (1.5 x 10^6)^K: the same number, no digit added or dropped
    -                                   a minus sign where numbers, single letters or brackets stand beside it
    = < > <= >= != ->, .., %            do not leave the line of what stands before them

A name has a subscript where its stem is one letter, a Greek letter, KL, max, min, sum or prod, and what follows is at
most two characters or one of `MARKS`. What cannot be read (no closing bracket, ^2K, which may mean two things) stays.
assets/typeset.js reads the same in the browser; a test compares them on every text of the page.
Not covered: LaTeX of formulas (`theory.tables`, `theory.markup`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
         "kappa": "κ", "lambda": "λ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
         "Lambda": "Λ", "Theta": "Θ", "Omega": "Ω"}
LARGE = {"sum": "∑", "prod": "∏"}
SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "=": "=", "<": "<", ">": ">", "..": "..", "≤": "≤", "≥": "≥",
         "≈": "≈", "×": "×"}
FUNCTIONS = ("log", "exp", "sqrt", "cosh", "ceil", "floor", "max", "min")
MARKS = ("hit", "SFT", "base", "target")                       # subscripts of more than two letters
STEM = rf"(?:[^\W\d_]|KL|max|min|{'|'.join([*GREEK, *LARGE])})"
NAME = re.compile(rf"({STEM})_([^\W_]{{1,2}}|{'|'.join(MARKS)})")
OPEN = re.compile(rf"{STEM}_")                                 # a name before _{..}
CLOSED = {"(": ")", "{": "}"}
TOKEN = re.compile(r"""
    (?P<code>`[^`]+`)
  | (?P<fixed>\$[^$]+\$ | \S*\\\S* | https?://\S+ | --+>? [\w-]* | \d{4}-\d\d-\d\d(?!\d)
            | [\w./-]+ \. (?:py|md|json|jsonl|csv|html|js|css|toml|txt|svg|png|pdf|tex) \b (?: ::\w+ )?
            | [A-Za-z_]\w+ (?: \.[A-Za-z_]\w+ )+ )
  | (?P<strong>(?<!\w) \* [a-z]+ \* (?!\w))
  | (?P<number>(?<![\w.]) \d+ (?:\.\d+)? e [+-]?\d+ (?!\w) | \d+ (?:\.\d+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<sign><= | >= | != | -> | (?<!\.) \.\. (?!\.) | [=<>≤≥≈×])
  | (?P<space>[ ]+)
  | (?P<other>.)
""", re.X | re.S)


class Token(NamedTuple):
    """A piece of the text: its kind, as TOKEN names it, and its characters."""

    kind: str
    text: str


class Raised(NamedTuple):
    """Pieces in an element: sup, sub, code or em."""

    element: str
    pieces: list[Any]


def tokens(text: str) -> list[Token]:
    """The text in pieces; joined they are the text.

    >>> [token.text for token in tokens("r^K, 4e+14")]
    ['r', '^', 'K', ',', ' ', '4e+14']
    """
    return [Token(match.lastgroup or "other", match[0]) for match in TOKEN.finditer(text)]


def read(text: str) -> list[Any]:
    """The text as strings and `Raised` pieces, in order.

    >>> read("r^K <= 2")
    ['r', Raised(element='sup', pieces=['K']), '\\xa0≤\\xa0', '2']
    """
    return _read(tokens(text))


def pretty(text: str) -> Any:
    """A text with its plain formulas written out, as safe HTML; nothing else of it is changed.

    >>> print(pretty("rho^K >= L^(2K), p_j < 1, 4.3e+14"))
    ρ<sup>K</sup> ≥ L<sup>2K</sup>, p<sub>j</sub> &lt; 1, 4.3 × 10<sup>14</sup>
    """
    return _html(read(text))


def _html(pieces: Sequence[Any]) -> Any:
    from markupsafe import Markup, escape

    return Markup("").join(Markup("<{0}>{1}</{0}>").format(Markup(piece.element), _html(piece.pieces))
                           if isinstance(piece, Raised) else escape(piece) for piece in pieces)


# -- reading ----------------------------------------------------------------------------------------------------

def _read(these: Sequence[Token], raised: bool = False) -> list[Any]:
    """Reads tokens; `raised`: they are a power or a subscript, where a leading - is a sign."""
    out: list[Any] = []
    i = 0
    while i < len(these):
        kind, text = these[i]
        if kind == "code":
            out.append(Raised("code", [text[1:-1]]))
        elif kind == "strong":
            out.append(Raised("em", [text[1:-1]]))
        elif kind == "number":
            out += _number(text, _is(these, i + 1, "^") and _power(these, i + 1) is not None)
        elif kind == "name":
            i += _name(these, i, out)
        elif text == "^" and (found := _power(these, i)) and i and these[i - 1].kind not in ("space", "code"):
            pieces, i = found
            out.append(Raised("sup", pieces))
            continue
        elif kind == "sign":
            out.append(SIGNS[text])
        elif kind == "space":
            kept = len(text) == 1 and (_tied(these, i - 1) or _tied(these, i + 1)
                                       or (_is(these, i + 1, "%") and i > 0 and these[i - 1].kind == "number"))
            out.append("\xa0" if kept else text)
        elif text == "-" and _minus(these, i, raised):
            out.append("−")
        else:
            out.append(text)
        i += 1
    return _joined(out)


def _number(text: str, powered: bool) -> list[Any]:
    """A number's digits; an exponent as a power of ten, in brackets where the whole is raised to a power."""
    digits, mark, exponent = text.partition("e")
    if not mark or int(exponent) == 0:
        return [digits]
    ten = ["10" if digits == "1" else f"{digits}\xa0×\xa010", Raised("sup", [str(int(exponent)).replace("-", "−")])]
    return ["(", *ten, ")"] if powered else ten


def _name(these: Sequence[Token], i: int, out: list[Any]) -> int:
    """Writes the name at i, with its subscript; how many more tokens that took."""
    text = these[i].text
    if OPEN.fullmatch(text) and _is(these, i + 1, "{") and (end := _closing(these, i + 1)):
        stem = text[:-1]
        out += [LARGE.get(stem) or GREEK.get(stem, stem), Raised("sub", _read(these[i + 2:end], True))]
        return end - i
    if match := NAME.fullmatch(text):
        out += [LARGE.get(match[1]) or GREEK.get(match[1], match[1]), Raised("sub", [match[2]])]
    elif text == "sqrt" and _is(these, i + 1, "("):
        out.append("√")
    elif text == "sqrt" and _is(these, i + 1, " ") and i + 2 < len(these) and these[i + 2].kind == "number":
        out.append("√")
        return 1
    else:
        out.append({**GREEK, "prod": "∏", "oo": "∞"}.get(text, text))
    return 0


def _power(these: Sequence[Token], i: int) -> tuple[list[Any], int] | None:
    """The pieces of the power after the ^ at i, and the index behind it; None where there is none to be read."""
    start = i + 1
    sign = ["−"] if _is(these, start, "-") else []
    start += len(sign)
    if start >= len(these):
        return None
    kind, text = these[start]
    if text in CLOSED:
        end = _closing(these, start)
        if end is None or end == start + 1:
            return None
        inner = _read(these[start + 1:end], True)
        bracket = sign and len(these[start + 1:end]) > 1
        return ([*sign, "(", *inner, ")"] if bracket else [*sign, *inner]), end + 1
    if kind == "number":
        glued = start + 1 < len(these) and these[start + 1].kind == "name"
        return None if glued or "e" in text else ([*sign, text], start + 1)
    if kind != "name":
        return None
    if text in FUNCTIONS and _is(these, start + 1, "("):
        end = _closing(these, start + 1)
        return None if end is None else ([*sign, *_read(these[start:end + 1], True)], end + 1)
    out: list[Any] = []
    more = _name(these, start, out)
    return [*sign, *out], start + more + 1


def _closing(these: Sequence[Token], i: int) -> int | None:
    """Where the bracket at i closes; None where it does not."""
    depth, opened = 0, these[i].text
    for j in range(i, len(these)):
        depth += (these[j].text == opened) - (these[j].text == CLOSED[opened])
        if depth == 0:
            return j
    return None


def _is(these: Sequence[Token], i: int, text: str) -> bool:
    return 0 <= i < len(these) and these[i].text == text


def _tied(these: Sequence[Token], i: int) -> bool:
    return 0 <= i < len(these) and these[i].kind == "sign"


def _minus(these: Sequence[Token], i: int, raised: bool) -> bool:
    """Whether the - at i is a minus: between parts of a formula, or the sign before one."""
    spaced = _kind(these, i + 1) == "space"
    left, right = _part(these, i - 1 - (_kind(these, i - 1) == "space"), True), _part(these, i + 1 + spaced, False)
    if spaced:
        return _kind(these, i - 1) == "space" and (left or right)
    if i == 0 or _kind(these, i - 1) in ("space", "sign") or these[i - 1].text in "([{,;/^|":
        return raised or (right or _kind(these, i + 1) == "name") and not _option(these, i)
    pair = _kind(these, i - 1) == _kind(these, i + 1) == "number"          # an edge of a graph, 0-1, is no difference
    alone = pair and (i < 2 or these[i - 2].text in " [(,;") and (i + 2 >= len(these) or these[i + 2].text in " ]),;")
    return left and right and not alone


def _option(these: Sequence[Token], i: int) -> bool:
    """Whether -W at i is the option of a command: a letter with a space and a number behind it."""
    return _kind(these, i + 1) == "name" and _kind(these, i + 2) == "space" and _kind(these, i + 3) == "number"


def _kind(these: Sequence[Token], i: int) -> str:
    return these[i].kind if 0 <= i < len(these) else ""


def _part(these: Sequence[Token], i: int, before: bool) -> bool:
    """Whether the token at i can stand beside a minus: a number, a letter, a bracket of the right side."""
    if not 0 <= i < len(these):
        return False
    kind, text = these[i]
    if kind == "name":
        return (len(text) == 1 or text in GREEK or text in LARGE or bool(NAME.fullmatch(text) or OPEN.fullmatch(text))
                or (not before and text in FUNCTIONS))
    return kind == "number" or text in (")]}|'" if before else "([{|")


def _joined(pieces: Sequence[Any]) -> list[Any]:
    """Neighbouring strings as one."""
    out: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        else:
            out.append(piece)
    return out
