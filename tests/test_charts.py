"""The page's charts in a real browser: Figure 3, the separation and the bill, numbers and places of marks.

What the page shows is compared with values computed here, in rationals where there are any; where a mark stands is read
back from the axis's ticks. Each of those checks is a function, and a page with one number changed must fail it.

Not covered: sentences and data (`tests/test_told.py`), the critique map (`tests/test_map.py`), the rest of the page
(`tests/test_page.py`), matplotlib's figures (`tests/test_report.py`).
"""

import math
import random
import re

import pytest

from tests.onchart import ROWS, at, axis, corners, middles, texts
from tests.test_map import read_map, read_marks
from theory import closed_forms
from theory.dynamics import descent, policy_of
from theory.hitting import expected_steps
from theory.numeric import Steps, fraction
from theory.tables import FIGURE3, FIGURE3_LR, FIGURE3_STEPS
from verify.report import bill as bills
from verify.report import curves

DRAWN = random.Random("the charts of the page")             # which steps and depths are looked at


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


def read_figure(page):
    """The dashed line stands at 4WK; the table and the words of the picture say the exact curve."""
    chart = "[data-chart=figure3]"
    ((_, y), _), = corners(page, f"{chart} .target line")
    assert abs(axis(page, chart, "y", math.log10)(y) - math.log10(900)) < 0.005
    curve = descent(FIGURE3, 1200, FIGURE3_LR).steps_to_target + 1
    assert texts(page, "#figure3 table tbody :is(th, td)") == [
        text for step in FIGURE3_STEPS for text in (str(step), f"{curve[step]:.4f}", f"{curve[step] / 900:.4f}")]
    assert page.get_attribute(f"{chart} svg", "aria-label") == (
        "Figure 3, W = 15, K = 15, L = 5: expected steps from the prompt: 50142 at step 0, "
        + "".join(f"{curve[step]:.0f} at step {step}, " for step in (100, 300, 600))
        + f"{curve[1200]:.1f} at step 1200; the target line is 900. Logarithmic scale.")


def test_figure_3_is_read_at_any_step(open_page):
    page = at(open_page("#figures"), "figures")
    read_figure(page)
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
    heads = ("SFT limit", "W LK, as quoted", "base model", "optimum, RLVR's goal", "SFT limit / optimum",
             "at least ρK/(2K+1)")                                              # powers are raised
    assert texts(page, "#separation table thead th")[1:] == list(heads) == texts(page, "#separation .legend li")
    cells = page.locator(f"#separation table tbody tr:nth-child({K}) td").all_text_contents()
    assert [cell.split("≈")[0].strip() for cell in cells] == [str(value) for value in expected.values()]
    for key, value in expected.items():
        chart = f"[data-chart={'gap' if key in ('ratio', 'bound') else 'separation'}]"
        (curve,) = corners(page, f"{chart} .curve-{key} path")
        x, y = curve[K - 1]
        assert abs(axis(page, chart, "x")(x) - K) < 0.1
        assert abs(axis(page, chart, "y")(y) - Steps.of(value).log10) < 0.1, key
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


# -- the bill ---------------------------------------------------------------------------------------------------

def read_bill(page):
    """On the smallest and the largest maze every row that costs something stands at the logarithm of its price."""
    rows = bills.rows(measured=False)
    for place, maze in ((0, bills.SMALL), (2, bills.LARGE)):
        chart = f"[data-chart=bill][data-maze='{place}']"
        drawn = [row for row in rows if row.maze == maze and (row.how, row.training) != ("exact", 0)]
        marks, scale = middles(page, f"{chart} .paid path, {chart} .paid circle"), axis(page, chart, "x")
        assert len(marks) == len(drawn)
        base = Steps.of(closed_forms.base_steps(maze.W, maze.K, maze.L)).log10
        assert all(abs(scale(x) - base) < 0.15 for (x, _), _ in corners(page, f"{chart} .base line"))
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


# -- every chart ------------------------------------------------------------------------------------------------

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
