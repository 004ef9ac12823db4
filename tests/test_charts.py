"""The page's charts, the critique map and the bill in a real browser: numbers, places of marks, filters, keyboard.

What the page shows is compared with values computed here, in rationals where there are any; where a mark stands is read
back from the axis's ticks. Each of those checks is a function, and a page with one number changed must fail it.

Not covered: the rest of the page (`tests/test_page.py`), matplotlib's figures (`tests/test_report.py`).
"""

import json
import math
import random
import re

import pytest

from theory import closed_forms
from theory.dynamics import descent, policy_of
from theory.hitting import expected_steps
from theory.numeric import Steps, fraction
from theory.tables import FIGURE3, FIGURE3_LR
from verify.dials.dial import VERDICTS
from verify.dials.kept import SHIPPED_ROWS
from verify.dials.map import dial
from verify.evidence import Verdict
from verify.report import bill as bills
from verify.report import curves, grounds, told
from verify.report.critique import brief
from verify.report.typeset import pretty

ROWS = {row["dial"]: row for row in (json.loads(line)["row"] for line in
                                     SHIPPED_ROWS.read_text(encoding="utf-8").splitlines())}
DRAWN = random.Random("the charts of the page")             # which steps, depths and cells are looked at


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
    """'50 000' -> 50000, '10⁻²' -> -2: a tick; powers of ten are read as their exponents."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    return int(text[2:].translate(raised)) if re.fullmatch("10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", text) else float(re.sub(r"\s", "", text))


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


def changed(report_page, tmp_path, *pairs):
    """The page with texts replaced, as a file of its own."""
    text = report_page.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "index.html"
    path.write_text(text, encoding="utf-8")
    return path


# -- Figure 3 ---------------------------------------------------------------------------------------------------

def read_step(page, step):
    """Give a step to the field: the exact H + 1 of the rows reached is read there, and there the mark stands."""
    exact = fraction(expected_steps(FIGURE3, policy_of(descent(FIGURE3, step, FIGURE3_LR).log_odds))) + 1
    page.fill("#figure3-step", str(step))
    words = page.text_content("#figure3-read")
    found, over = re.search(r"H \+ 1 = ([\d.]+), ([\d.]+) times", words).groups()
    assert f"after {step} steps" in words
    assert abs(float(found) - exact) <= 6e-5 and abs(float(over) - exact / 900) <= 6e-5, (words, float(exact))
    ((x, y),) = middles(page, "[data-chart=figure3] .cursor circle")
    assert abs(axis(page, "[data-chart=figure3]", "x")(x) - step) <= 2
    assert abs(axis(page, "[data-chart=figure3]", "y", math.log10)(y) - math.log10(exact)) <= 0.015


def test_figure_3_is_read_at_any_step(open_page):
    page = at(open_page("#figures"), "figures")
    for step in (0, 1200, *DRAWN.sample(range(1, 1200), 3)):
        read_step(page, step)
    move_over(page)
    page.fill("#figure3-step", "25")
    before = page.text_content("#figure3-read")
    for value in ("1201", "-1", "2.5", ""):                                 # said in a line; the last good one stays
        page.fill("#figure3-step", value)
        said = page.text_content("#figure3-error")
        assert (value or "(empty)") in said and "0 to 1200" in said
        assert page.text_content("#figure3-read") == before
    page.fill("#figure3-step", "26")
    assert page.text_content("#figure3-error") == ""


def move_over(page):
    """The pointer in the middle of the chart reads a step about half way."""
    page.locator("[data-chart=figure3]").scroll_into_view_if_needed()
    box = page.locator("[data-chart=figure3] svg").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    step = int(page.input_value("#figure3-step"))
    assert 500 < step < 700 and f"after {step} steps" in page.text_content("#figure3-read")


# -- the separation ---------------------------------------------------------------------------------------------

def read_depth(page, K):
    """The table's exact cells at K are the closed forms; a mark, where K has one, stands at their logarithm."""
    W, L = FIGURE3.W, FIGURE3.L
    sft, optimum = closed_forms.sft_steps(W, K, L), closed_forms.optimum_steps(W, K)
    expected = {"sft": sft, "quoted": W * L**K, "base": closed_forms.base_steps(W, K, L), "optimum": optimum,
                "ratio": sft / optimum, "bound": fraction(Steps.of(closed_forms.sft_rate(L)).value) ** K / (2 * K + 1)}
    cells = page.locator(f"#separation table tbody tr:nth-child({K}) td").all_text_contents()
    assert [cell.split("≈")[0].strip() for cell in cells] == [str(value) for value in expected.values()]
    for chart, key in (("separation", "sft"), ("separation", "base"), ("separation", "optimum"), ("gap", "ratio")):
        points = middles(page, f"[data-chart={chart}] .marks-{key} :is(path, circle)")
        if K % 4 == 1:
            x, y = points[(K - 1) // 4]
            assert abs(axis(page, f"[data-chart={chart}]", "x")(x) - K) < 0.3
            assert abs(axis(page, f"[data-chart={chart}]", "y")(y) - Steps.of(expected[key]).log10) < 0.2


def test_the_separation_is_exact(open_page):
    page = at(open_page("#figures"), "figures")
    for K in (1, 25, *DRAWN.sample(range(2, 25), 3), 13):
        read_depth(page, K)


def test_a_number_changed_is_noticed(open_page, report_page, tmp_path):
    value = f"{curves.figure3()['values'][300]:.6f}".rstrip("0")
    exact = str(closed_forms.sft_steps(15, 13, 5))
    (log10,) = {f"{point['log10']!r}" for curve in curves.separation()["costs"] if curve["key"] == "base"
                for K, point in zip(curves.DEPTHS, curve["points"], strict=True) if K == 9}
    paid = next(f"{row['x']!r}" for row in curves.bill(bills.rows(measured=False))["rows"] if row["how"] == "normal")
    letter = 'title="survives at 1/1000000"><b aria-hidden="true">'
    marked = 'title="survives at 1: computed or argued, not derived"><b aria-hidden="true">S</b><span class="marks" '
    marked += 'aria-hidden="true">'
    one = changed(report_page, tmp_path, (f"{marked}≈", f"{marked}≤"),
                  (value, f"{float(value) + 2e-4:.6f}"), (f">{exact}<", f">{exact[:-1]}9<"),
                  (log10, f"{float(log10) + 1}"), (f"{letter}S", f"{letter}c"),
                  (paid, f"{float(paid) + 0.8}"))
    page = at(open_page("#figures", page=one), "figures")
    read_step(page, 301)
    read_depth(page, 5)
    for check in (lambda: read_step(page, 300), lambda: read_depth(page, 9), lambda: read_depth(page, 13),
                  lambda: read_map(page), lambda: read_marks(page),
                  lambda: read_bill(at(page, "bill"))):
        with pytest.raises(AssertionError):
            check()


# -- the critique map -------------------------------------------------------------------------------------------

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
    read_cells(page)


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
            assert text == re.sub("<[^>]*>", "", str(pretty(shown))), name
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
    for phase in ROWS[name]["phases"]:
        figure = page.locator(f"[data-phase={phase['name']}]")
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


def test_all_dials_open_at_phone_width_stay_readable(open_page):
    page = at(open_page("#critique", width=375), "critique")
    page.evaluate("() => { for (const row of document.querySelectorAll('details.dial')) row.open = true; }")
    for section in ("figures", "bill"):
        at(page, section)
    move_over(page)
    page.wait_for_function("() => [...document.querySelectorAll('.chart')].every((box) => box.querySelector('svg'))")
    assert page.locator("[data-phase]").count() == sum(len(row["phases"]) for row in ROWS.values())
    sizes = page.evaluate("""() => [...document.querySelectorAll('.chart svg')].flatMap((svg) => {
        const shrunk = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return [...svg.querySelectorAll('text')].map((text) => shrunk * parseFloat(getComputedStyle(text).fontSize));
    })""")
    assert len(sizes) > 1000 and min(sizes) >= 10.9
    assert page.evaluate("() => document.documentElement.scrollWidth") == 375
    labels = page.evaluate("""() => [...document.querySelectorAll('.chart svg')].map(
        (svg) => [svg.getAttribute('role'), svg.getAttribute('aria-label')])""")
    assert all(role == "img" and re.search(r"\d", words) for role, words in labels)


# -- the bill ---------------------------------------------------------------------------------------------------

def read_bill(page):
    """On the smallest and the largest maze every row that costs something stands at the logarithm of its price."""
    rows = bills.rows(measured=False)
    for place, maze in ((0, bills.SMALL), (2, bills.LARGE)):
        chart = f"[data-chart=bill][data-maze='{place}']"
        drawn = [row for row in rows if row.maze == maze and (row.how, row.training) != ("exact", 0)]
        marks, scale = middles(page, f"{chart} .paid path, {chart} .paid circle"), axis(page, chart, "x")
        assert len(marks) == len(drawn)
        for row, (x, _) in zip(drawn, marks, strict=True):
            if row.how == "never":                                          # beyond the axis, under the word
                assert x > 10 + max(other for other, _ in marks if other != x)
                assert page.locator(f"{chart} svg text", has_text="never").bounding_box()["x"] < x
            else:
                assert abs(scale(x) - Steps.of(fraction(row.training)).log10) < 0.35, row


def test_the_bill_stands_where_its_rows_say_and_is_filtered(open_page):
    page, rows = at(open_page("#bill"), "bill"), bills.rows(measured=False)
    read_bill(page)
    assert page.locator("#bill-table tbody tr:not(.maze)").count() == len(rows)
    assert page.text_content("#bill-told") == f"{len(rows)} of {len(rows)} rows"
    page.focus("#bill-maze")
    page.keyboard.type("W = 16")
    here = sum(row.maze == bills.LARGE for row in rows)
    assert page.locator("#bill-table tbody tr:not(.maze):visible").count() == here
    assert page.locator("#bill-table tr.maze:visible").all_text_contents() == ["W = 16, K = 15, L = 5"]
    assert page.text_content("#bill-told") == f"{here} of {len(rows)} rows"


# -- the sentences ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("verdict, words", [
    (Verdict("proved", "proved for all K"), "The gap is wide (proved for all K)."),
    (Verdict("REFUTED", "REFUTED, smallest counterexample K = 1: claimed equals 2, is 3 (among K <= 9)"),
     "Refuted: the gap is wide (smallest counterexample K = 1: claimed equals 2, is 3)."),
    (Verdict("REFUTED", "REFUTED, smallest counterexample K = 1: claimed equals True, is False"),
     "Refuted: the gap is wide (smallest counterexample K = 1)."),
    (Verdict("undecided", "undecided"), "This run has not settled whether the gap is wide (undecided)."),
    (Verdict("no verdict", "no verdict: no control"),
     "This run has not settled whether the gap is wide (no verdict: no control)."),
])
def test_a_sentence_says_no_more_than_its_verdict(verdict, words):
    assert told.said(verdict, "the gap is wide") == words


def test_counts_are_those_of_the_map():
    counts = told.count(ROWS.values())
    gaps = [gap["verdict"] for row in ROWS.values() for gap in row["gap"]]
    assert counts == {verdict: gaps.count(verdict) for verdict in VERDICTS}
    assert told.listed({"survives": 2, "closes": 0, "reverses": 1}) == "survives at 2 and reverses at 1"


def test_the_figure_is_not_said_to_be_square_where_it_is_not():
    found = {name: Verdict("exact", "exact") for name in ("figure3_target", "figure3_diagonal")}
    data = curves.figure3()
    assert "as it is here, 15 = 15" in told._figure3(data, found)[1]
    assert "as it is not here, 15 and 14" in told._figure3({**data, "K": 14}, found)[1]


def test_the_answer_changes_with_the_verdicts():
    kinds = {f"critique_{name}{end}": "REFUTED" if end else "exact" for name in told.CRITICS for end in ("", "_quoted")}
    found = {label: Verdict(kind, kind) for label, kind in kinds.items()}
    full = told.critique(list(ROWS.values()), found)
    assert full["answer"][1].startswith("None of the three objections holds as told, and each has something in it: the")
    assert all(set(each["dials"]) <= set(ROWS) and each["dials"] for each in full["objections"])
    found["critique_topology"] = Verdict("stated", "stated")
    words = told.critique([], found)["answer"]
    assert words[0] == "The critique map was not computed in this run."
    assert "C2 is not settled in this run" in words[1] and "wrong branch" not in words[1]
    found["critique_topology_quoted"] = Verdict("exact", "exact")
    assert told.critique([], found)["answer"][1].startswith("2 of the three objections are refuted as told")


def test_the_bill_without_rows_says_so():
    assert told.bill(curves.bill([])) == ["The bill was not computed in this run."]
