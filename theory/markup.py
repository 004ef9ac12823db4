"""Pieces of HTML and LaTeX for a notebook, as strings.

Jupyter asks an object for `_repr_html_` or `_repr_latex_`; the classes of this package answer with what is put together
of these. Every text is escaped, a dollar sign included, which would start a formula. No colour and no background is
set, so the page's own are inherited and dark notebooks stay readable.

Pure strings: this file imports nothing of the package, so that everything else may import it.
Not covered: what is shown of an object (`theory.notebook`, `Claim`); the drawing of a maze (`theory.drawing`).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

LONGEST = 40            # characters of an exact number that a cell still spells out
MOST_ROWS = 12          # rows of a table that is shown whole


class Html(str):
    """Text that is HTML already; anything else is escaped by who puts it into a page.

    >>> tag("p", Html("<b>a</b>"), " < b")
    '<p><b>a</b> &lt; b</p>'
    """


def text(value: object) -> Html:
    """A value as HTML text, escaped; a piece of `Html` stays as it is.

    >>> text("a < b"), text(Html("<b>a</b>"))
    ('a &lt; b', '<b>a</b>')
    """
    # a tag between two dollar signs keeps them from being read as a formula
    return value if isinstance(value, Html) else Html(html.escape(str(value)).replace("$", "<span>$</span>"))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """An element: its contents escaped unless they are `Html`; a trailing _ and inner ones are dropped from names.

    >>> tag("td", "a < b", class_="x", aria_label="y")
    '<td class="x" aria-label="y">a &lt; b</td>'
    """
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
                    for key, value in attributes.items())
    return Html(f"<{name}{given}>{''.join(map(text, content))}</{name}>")


def typeset(latex: str) -> Html:
    """A formula inside a line, which the notebook typesets.

    >>> typeset("a < b")
    '$a &lt; b$'
    """
    return Html(f"${html.escape(latex)}$")


def table(head: Sequence[object], rows: Iterable[Sequence[object]], title: object = "") -> Html:
    """A table with a row of headings, below a title; the first cell of every row is a heading too.

    >>> table(["row", "value"], [["a", "1/6"]]).count("</th>")
    3
    """
    top = tag("tr", *(tag("th", cell, scope="col", style="text-align: left") for cell in head))
    body = [tag("tr", tag("th", first, scope="row", style="text-align: left; vertical-align: top"),
                *(tag("td", cell, style="text-align: left; vertical-align: top") for cell in rest))
            for first, *rest in rows]
    # not a caption: it would be wrapped to the width of a narrow table
    return tag("div", *([tag("strong", title)] if title else []),
               tag("table", tag("thead", top), tag("tbody", *body)))


def facts(title: object, pairs: Iterable[tuple[object, object]]) -> Html:
    """A title over a list of names and what they are; pairs without a value are left out.

    >>> facts("claim", [("source", "paper"), ("control", "")]).count("<tr>")
    1
    """
    rows = [tag("tr", tag("th", name, scope="row", style="text-align: left; vertical-align: top"),
                tag("td", value, style="text-align: left")) for name, value in pairs if str(value)]
    return tag("div", tag("strong", title), tag("table", tag("tbody", *rows)))


def spread(length: int, most: int = MOST_ROWS) -> list[int]:
    """Positions 0 .. length - 1, at most `most` of them, evenly spaced, first and last included.

    >>> spread(4), spread(101, 5)
    ([0, 1, 2, 3], [0, 25, 50, 75, 100])
    """
    if length <= most:
        return list(range(length))
    return sorted({round(i * (length - 1) / (most - 1)) for i in range(most)})


def power_of_ten(decimal: str) -> str:
    """LaTeX of a decimal: '1.5e+400' with its power of ten, others as they are, 'oo' as the sign.

    >>> power_of_ten("1.5e+400"), power_of_ten("-0.25"), power_of_ten("oo")
    ('1.5 \\\\times 10^{400}', '-0.25', '\\\\infty')
    """
    if decimal == "oo":
        return r"\infty"
    mantissa, e, exponent = decimal.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e else decimal


def ratio(exact: str) -> str:
    """LaTeX of 'p/q' or 'p'.

    >>> ratio("-170/3"), ratio("8")
    ('-\\\\frac{170}{3}', '8')
    """
    p, slash, q = exact.partition("/")
    sign = "-" if p.startswith("-") else ""
    return rf"{sign}\frac{{{p.lstrip('-')}}}{{{q}}}" if slash else p
