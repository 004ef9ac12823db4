"""Reading the page's charts back in a browser: where marks stand on the screen, and what the axis says there.

Not covered: what should stand there (`tests/test_charts.py`, `tests/test_map.py`).
"""

import json
import re

from verify.dials.kept import SHIPPED_ROWS

ROWS = {row["dial"]: row for row in (json.loads(line)["row"] for line in
                                     SHIPPED_ROWS.read_text(encoding="utf-8").splitlines())}


def at(page, section):
    """Scroll to a section and wait until its charts are drawn."""
    page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
    page.wait_for_selector(f"#{section}[data-started=yes]")
    return page


def axis(page, chart, which, scale=float):
    """Pixel -> `scale` of the axis's value, from its first and last tick; powers of ten are read as their exponents."""
    ticks = page.evaluate("""([chart, which]) => {
        const svg = document.querySelector(chart + ' svg');
        const middle = (box) => which === 'x' ? box.x + box.width / 2 : box.y + box.height / 2;
        const marks = [...svg.querySelectorAll(`[data-part="${which}-axis tick"] path`)];
        const labels = [...svg.querySelectorAll(`[data-part="${which}-axis tick label"] text`)];
        return marks.map((mark, i) => [middle(mark.getBoundingClientRect()), labels[i].textContent]);
    }""", [chart, which])
    (p, low), (q, high) = [(pixel, scale(number(text))) for pixel, text in (ticks[0], ticks[-1])]
    return lambda pixel: low + (pixel - p) / (q - p) * (high - low)


def number(text):
    """'50 000' -> 50000, '−0.5' -> -0.5, '10⁻²' -> -2: a tick; powers of ten are read as their exponents."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    if re.fullmatch("10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", text):
        return int(text[2:].translate(raised))
    return float(re.sub(r"\s", "", text).replace("−", "-"))


def written(text):
    """What a cell says, as a float: '1.62132 × 10⁻¹²', '10⁶', '−0.25'."""
    plain = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--"))
    mantissa, _, power = plain.partition(" × 10") if " × " in plain else (
        ("1", "", plain[2:]) if re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]$", text) else (plain, "", "0"))
    return float(f"{mantissa}e{power}")


def middles(page, selector):
    """Where the middles of the marks are: (x, y) in pixels, in the document's order."""
    return page.evaluate("""(selector) => [...document.querySelectorAll(selector)].map((mark) => {
        const box = mark.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    })""", selector)


def corners(page, selector):
    """The corners of each path, or the ends of each line, on the screen: [[(x, y), ...], ...]."""
    return page.evaluate("""(selector) => [...document.querySelectorAll(selector)].map((mark) => {
        const of = (...names) => names.map((name) => mark.getAttribute(name));
        const points = mark.tagName === 'line' ? [of('x1', 'y1'), of('x2', 'y2')]
            : mark.getAttribute('d').slice(1).split('L').map((pair) => pair.split(','));
        return points.map(([x, y]) => {
            const point = new DOMPoint(+x, +y).matrixTransform(mark.getScreenCTM());
            return [point.x, point.y];
        });
    })""", selector)


def texts(page, selector):
    """The texts of the elements, one space for any."""
    return [" ".join(text.split()) for text in page.locator(selector).all_text_contents()]
