"""The critique map in a real browser: letters, marks, values, filters by the keyboard, a dial's drawings.

Cells are compared with what the dials compute anew, drawings with the rows, by colour, letter and place.

Not covered: whether the letters are right (`verify/test_critique.py`); other charts (`tests/test_charts.py`).
"""

import math
import random
import re

from tests.onchart import ROWS, at, axis, middles, texts, written
from theory.numeric import Steps
from verify.dials.map import dial
from verify.report import curves, grounds
from verify.report.critique import brief, maze_words
from verify.report.typeset import pretty

DRAWN = random.Random("the critique map of the page")       # which dials and cells are looked at


def read_map(page):
    """Every dial of the map in its order, every value with the letter of its verdict."""
    found = page.evaluate("""() => [...document.querySelectorAll('details.dial')].map((row) => [
        row.dataset.dial, [...row.querySelectorAll('.cell')].map((cell) => [
            cell.querySelector('b').textContent, cell.title.split(': ')[0]])])""")
    assert [name for name, _ in found] == list(ROWS)
    for name, cells in found:
        row = ROWS[name]
        assert cells == [[curves.LOOKS[gap["verdict"]][0], f"{gap['verdict']} at {value}".split(": ")[0]]
                         for value, gap in zip(row["values"], row["gap"], strict=True)], name


def read_marks(page):
    """Every cell has the marks of how its letter is known, and of a maze that does not bear it out."""
    found = page.evaluate("""() => [...document.querySelectorAll('details.dial .cell')].map((cell) => [
        cell.querySelector('.marks').textContent, cell.classList.contains('computed')])""")
    expected = [grounds.marks(row, i) for row in ROWS.values() for i in range(len(row["values"]))]
    assert found == [[each["sign"], each["ground"] == "computed"] for each in expected]
    assert {"", "≤", "≈", "∞", "≈∞", "≤∞"} == {sign for sign, _ in found}


def test_every_dial_stands_on_the_map(open_page):
    page = at(open_page("#critique"), "critique")
    read_map(page)
    read_marks(page)
    assert page.text_content("#map-told") == f"{len(ROWS)} of {len(ROWS)} dials"
    assert page.locator("#critique [data-phase]").count() == 0                  # drawn when they are asked for
    read_gaps(page)
    read_cells(page)


def plain(text):
    """What a text of the page reads as, its formulas without their markup."""
    return re.sub("<[^>]*>", "", str(pretty(text)))


def read_gaps(page):
    """Every dial says whose gap it is; every value has its own ratio, exponent and smallest maze."""
    found = page.evaluate("""() => [...document.querySelectorAll('details.dial')].map((row) => [
        row.querySelector('table.values caption').textContent, [...row.querySelectorAll('table.values tbody tr')].map(
            (line) => [...line.querySelectorAll('td')].map((cell) => cell.textContent))])""")
    for (caption, lines), row in zip(found, ROWS.values(), strict=True):
        assert caption.startswith(f"Gap of {row['challenger']} over {row['champion']}; expected steps on W = ")
        assert [(line[1], line[2], line[-1]) for line in lines] == [
            (plain(brief(gap["ratio"])), "-" if gap["exponent"] is None else plain(f"{gap['exponent']:.4g}"),
             maze_words(smallest)) for gap, smallest in zip(row["gap"], row["smallest_maze"], strict=True)]


def read_cells(page):
    """Cells of a few dials are what these compute anew."""
    cheap = ("W", "L", "messy-traces", "recoveries", "nested-forks", "search", "noisy-expert", "temperature")
    for name in DRAWN.sample(cheap, 4):
        each = dial(name)
        place = DRAWN.randrange(len(each.values))
        value = each.values[place]
        cells = page.locator(f"#dial-{name} table.values tbody tr:nth-child({place + 1}) td").evaluate_all(
            "cells => cells.map((cell) => [cell.childNodes[0].textContent.trim(), cell.title])")
        assert cells[0][0] == each.verdict(value)
        for learner, (text, full) in zip(ROWS[name]["learners"], cells[3:9], strict=True):
            steps = each.cost(learner, value, each.maze).steps
            if steps in (None, math.inf):
                assert text == ("-" if steps is None else "infinite")
                continue
            exact = Steps.of(steps)
            shown = brief({"exact": exact.exact, "decimal": exact.decimal, "log10": exact.log10})
            assert text == plain(shown), name
            assert full in ("", exact.exact, exact.decimal)


def test_the_filters_work_from_the_keyboard(open_page):
    page = at(open_page("#critique"), "critique")

    def left():
        return page.evaluate("""() => [...document.querySelectorAll('details.dial:not([hidden])')].map(
            (row) => row.dataset.dial)""")

    page.focus("#map-words")
    page.keyboard.type("C3 restart")
    shown = left()
    assert {"restarts", "nested-forks"} <= set(shown) < set(ROWS)
    assert page.text_content("#map-told") == f"{len(shown)} of {len(ROWS)} dials"
    page.keyboard.type(" zzz")
    assert left() == [] and "zzz" in page.text_content("#map-told")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.type("reverses")
    assert page.input_value("#map-verdict") == "reverses"
    assert left() == [name for name, row in ROWS.items() if any(gap["verdict"] == "reverses" for gap in row["gap"])]
    assert page.locator("#dial-nested-forks .cell.back").count() == 4
    page.locator("#critique .objections a[href='#dial-W']").click()             # a hidden dial is shown and opened
    assert page.locator("#dial-W[open]").is_visible() and page.input_value("#map-verdict") == ""


def test_a_dial_opened_draws_its_phases(open_page):
    page = at(open_page("#critique"), "critique")
    for name in ("restarts", "nested-forks"):
        open_dial(page, name)


def open_dial(page, name):
    """Open a dial by the keyboard: its phase diagrams and their tables hold the row's numbers and words."""
    page.focus(f"#dial-{name} > summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#dial-{name} .drawings figure svg")
    read_exponents(page, name)
    for phase in ROWS[name]["phases"]:
        figure = page.locator(f"[data-phase={phase['name']}]")
        read_cell(page, phase)
        titles = figure.locator(".cells title").all_text_contents()
        assert len(titles) == len(phase["xs"]) * len(phase["ys"])
        j, i = DRAWN.randrange(len(phase["ys"])), DRAWN.randrange(len(phase["xs"]))
        x, y, words = re.fullmatch(rf"{re.escape(phase['x'])} (.*), {re.escape(phase['y'])} (.*): (.*)",
                                   titles[j * len(phase["xs"]) + i]).groups()
        cell = phase["cells"][j][i]
        assert (x, y) == (phase["xs"][i], phase["ys"][j])
        assert words == cell if isinstance(cell, str) else float(words) == cell
        figure.locator("details.data summary").focus()
        page.keyboard.press("Space")
        shown = figure.locator(f"tbody tr:nth-last-child({j + 1}) td:nth-of-type({i + 1})").text_content()
        assert shown == cell if isinstance(cell, str) else written(shown) == cell
        legend, looks = figure.locator(".legend").text_content(), curves.phase_looks(phase)
        assert all(f"{looks['signs'][word]} {words}" in legend for word, words in looks["told"].items())


def read_exponents(page, name):
    """Each value's letter stands at the exponent of its gap, where it has one."""
    chart, row = f"#dial-{name} .small-chart .chart", ROWS[name]
    scale, marks = axis(page, chart, "x"), middles(page, f"{chart} [data-part=dot] circle")
    assert texts(page, f"{chart} [data-part=text] text") == [curves.LOOKS[gap["verdict"]][0] for gap in row["gap"]]
    for gap, (x, _) in zip(row["gap"], marks, strict=True):
        assert gap["exponent"] is None or abs(scale(x) - gap["exponent"]) < 0.02


def read_cell(page, phase):
    """Every cell has its colour, its letter where it is a word, and stands at the height of its value's tick."""
    looks, chart = curves.phase_looks(phase), f"[data-phase={phase['name']}]"
    cells = [cell for line in phase["cells"] for cell in line]
    fills = page.locator(f"{chart} .cells rect").evaluate_all("rects => rects.map((rect) => rect.getAttribute('fill'))")
    assert len(fills) == len(cells)
    for cell, fill in zip(cells, fills, strict=True):
        colour = looks["colours"].get(cell) if isinstance(cell, str) else "blue" if cell < 0 else "orange"
        assert f"var(--{'ink' if colour.startswith('shade') else colour})" in fill, (cell, fill)
    letters = texts(page, f"{chart} [data-part=text] text")
    if letters and all(isinstance(cell, str) for cell in cells):
        assert letters == [looks["signs"][cell] for cell in cells]
    middle = middles(page, f"{chart} .cells rect")
    ticks = page.locator(f"{chart} [data-part='y-axis tick label'] text")
    for (_, y), text in zip(middles(page, f"{chart} [data-part='y-axis tick label'] text"), ticks.all_text_contents(),
                            strict=True):
        place = [str(value) for value in phase["ys"]].index(text)
        assert abs(y - middle[place * len(phase["xs"])][1]) < 4, text
