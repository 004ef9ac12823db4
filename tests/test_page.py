"""The report's page: what it says follows the verdicts; in a real browser it is accessible, quiet, whole and light.

Not covered: the parts with tests of their own (the drawing, the charts, the explorer), the time a page takes to load
(`tests/bench`).
"""

import dataclasses
import os
import re

import pytest

from tests.conftest import needs, shipped_evidence, shipped_rows
from theory.claim import claims
from verify.dials.map import dials
from verify.evidence import MEANINGS, SYMBOLS, Evidence, Verdict, verdicts
from verify.report import headline
from verify.report.page import HOME, groups, made, page_data, render

SECTIONS = ["claim", "maze", "claims", "proofs", "figures", "critique", "bill", "explorer", "unchecked", "made"]
# half a minute each with all that opens opened: BACKTRACK_PROFILE=thorough runs them
THOROUGH = pytest.mark.skipif(os.environ.get("BACKTRACK_PROFILE") != "thorough", reason="thorough profile only")
VIEWS = {"wide": {}, "narrow": {"width": 375, "height": 800}, "dark": {"dark": True}, "print": {"media": "print"}}


@pytest.fixture(scope="module")
def bare():
    return page_data(verdicts(claims(), []), [])


def judged(**kinds):
    """Verdicts of every claim, 'proved' but for those named."""
    return {label: Verdict(kinds.get(label, "proved"), f"{kinds.get(label, 'proved')} here") for label in claims()}


# -- what it says -----------------------------------------------------------------------------------------------

def test_the_sentence_follows_the_verdicts():
    assert "exponential, as claimed (proved here)" in headline.sentence(judged())
    assert "not exponential as stated" in headline.sentence(judged(separation="REFUTED"))
    assert "has not settled" in headline.sentence(judged(separation="stated"))
    rows = [{"dial": "W", "gap": [{"verdict": "survives"}, {"verdict": "closes"}, {"verdict": "undefined"}]},
            {"dial": "L", "gap": [{"verdict": "survives"}]}, {"dial": "dagger", "gap": [{"verdict": "reverses"}]}]
    told = headline.sentence(judged(), rows)
    assert "of 3 assumptions changed one at a time, 2 can end it" in told
    assert "1 of 1 about imitation's data and weights and 1 of 2 about the maze" in told
    assert "ways to read" not in told
    failing = headline.sentence(judged(separation_sft_lower_quoted="REFUTED", tie_never_worse_quoted="REFUTED"), rows)
    assert "; and 1 of the ways to read what readers are told fail" in failing          # only those that carry a number


def test_every_dial_stands_in_one_group():
    grouped = [dial for dials in headline.GROUPS.values() for dial in dials]
    assert sorted(grouped) == sorted(dials())


def test_a_main_claim_that_fails_changes_its_list():
    assert "separation" in [entry["label"] for entry in headline.answers(judged())["holds"]]
    lists = headline.answers(judged(separation="undecided", separation_sft_lower_quoted="REFUTED"))
    assert [entry["label"] for entry in lists["open"]] == ["separation"]
    assert [entry["label"] for entry in lists["fails"]] == ["separation_sft_lower_quoted"]
    assert lists["fails"][0]["true"]["label"] == "separation_sft_lower"
    lists = headline.answers(judged(separation="REFUTED", sft_cost="REFUTED", sft_growth="REFUTED",
                                    summary_exponential="REFUTED"))
    assert [entry["label"] for entry in lists["fails"]] == ["separation", "summary_exponential"]
    assert lists["fails"][1]["true"] is None                   # a true form that does not hold is not offered
    assert {"separation", "sft_cost", "sft_growth"} <= {entry["label"] for entry in lists["surprises"]}
    assert "summary_exponential" not in [entry["label"] for entry in lists["surprises"]]


@pytest.mark.parametrize("beneath", ["REFUTED, smallest counterexample K = 1", "stated", "undecided", "no verdict: x"])
def test_bad_news_from_beneath_reaches_the_head(beneath):
    found = judged()
    found["separation"] = Verdict("proved", "proved for all K", (f"rests on sft_cost: {beneath}",))
    assert "has not settled" in headline.sentence(found) and beneath in headline.sentence(found)
    assert "separation" not in [entry["label"] for entry in headline.answers(found)["holds"]]
    found["separation"] = Verdict("proved", "proved for all K", ("rests on sft_cost: searched, 9 cases",))
    line = next(entry for entry in headline.answers(found)["holds"] if entry["label"] == "separation")
    assert line["told"] == "proved for all K; rests on sft_cost: searched, 9 cases"


def test_surprises_stand_above_everything():
    found = {label: Verdict("REFUTED", "REFUTED, smallest counterexample K = 1 (among x)") if label == "sft_cost"
             else Verdict("proved", "proved") for label in claims()}
    text = render(page_data(found, []))
    assert "Not as expected in this run" in text and text.index("Not as expected") < text.index("What holds")
    assert "expected to hold" in text and "expected to be refuted" in text


def test_without_evidence_the_page_says_so(bare):
    text = render(bare)
    assert "none was run on these sources" in text and "has not settled" in bare["sentence"]
    assert bare["counts"] == {"stated": len(claims())}
    assert "Not settled by this run" in text
    assert "Nothing that this run has settled." in text and "proved for all" not in bare["sentence"]


def test_every_claim_stands_in_one_group(bare):
    found = groups(bare["claims"])
    labels = [entry["label"] for group in found for entry in group["claims"]]
    assert sorted(labels) == sorted(claims())
    assert [group["title"] for group in found[:4]] == ["Theorem 2", "Theorem 3", "Theorem 4", "Theorem 5"]


def test_text_is_escaped(bare):
    claim = dataclasses.replace(next(iter(claims().values())))
    evil = "<script>alert(1)</script></script><!--"
    item = Evidence(claim.label, "exact", "refuted", "verify/test_x.py::test_y", n=1, case=evil)
    text = render(page_data(verdicts(claims(), [item]), [item]))
    assert "alert(1)" in text and "<script>alert(1)" not in text


def test_text_in_the_json_cannot_end_it(bare):
    evil = "</script><script>alert(2)</script>"
    rows = [{**row, "values": [evil] * len(row["values"])} for row in shipped_rows()[:1]]
    text = render(page_data(verdicts(claims(), []), [], rows))
    assert "alert(2)" in text and "<script>alert(2)" not in text


def test_signs_meanings_and_frames_are_those_of_the_kinds():
    assert MEANINGS["sweep"].endswith("not a statement for all of them") and "certificate" in MEANINGS["proved"]
    assert SYMBOLS["REFUTED"] == "✗" and SYMBOLS["proved"] == "■" and len(set(SYMBOLS.values())) == len(SYMBOLS)
    style = (HOME / "assets" / "page.css").read_text(encoding="utf-8")
    assert re.search(r"\.verdict\.refuted \{ --mark: var\(--orange\)", style)
    assert re.search(r"\.verdict\.proved, \.verdict\.exact \{ --mark: var\(--green\)", style)


def test_the_false_alarm_rate_is_that_of_all_checks_together():
    one = Evidence("sft_cost", "simulated", "held", "verify/test_x.py::test_y", n=1, alpha=1e-8, power=.9, seconds=30)
    told = made([one, dataclasses.replace(one, check="verify/test_x.py::test_z")])
    assert told["alarms"] == 2e-8 and told["minutes"] == 1 and told["simulated"] == 2


# -- in the browser ---------------------------------------------------------------------------------------------

def test_the_page_is_whole_and_light(report_page):
    whole = report_page.read_text(encoding="utf-8")
    assert report_page.stat().st_size < 5_000_000
    text = re.sub(r"<script(?: type=.application/json.)?(?: id=.data.)?>.*?</script>", "", whole, flags=re.S)
    assert re.findall(r'<section id="(\w+)"', text) == SECTIONS
    # nothing may be fetched: no element with an address of its own, no style that names one
    assert "<script" not in text
    assert not re.findall(r'<(?:link|img|iframe|source|object)[^>]*\s(?:src|href|data)="(?!data:)', text)
    assert not re.findall(r"url\((?!data:|#)[^)]{3,}\)|@import", text)


@pytest.mark.parametrize("view", [
    "wide", *(pytest.param(view, marks=THOROUGH) for view in ("dark", "narrow", "print"))])
def test_axe_finds_nothing(open_page, view):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(**VIEWS[view])
    for name in SECTIONS:
        page.locator(f"#{name}").scroll_into_view_if_needed()
    for boxes, every in (("details.box, details.group", 3), ("details.claim", 60), ("details.dial", 20)):
        page.evaluate("""([boxes, every]) => document.querySelectorAll(boxes).forEach((box, i) => {
            box.open = i % every === 0; })""", [boxes, every])
    page.evaluate("Backtrack.math(document)")
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found]


@pytest.mark.parametrize("width", [320, 1280, *(pytest.param(width, marks=THOROUGH) for width in (375, 768))])
def test_the_page_never_scrolls_sideways(open_page, width):
    page = open_page(width=width)
    for name in SECTIONS:
        page.locator(f"#{name}").scroll_into_view_if_needed()
    page.evaluate("""document.querySelectorAll('details').forEach((box, i) => {
        box.open = box.open || i % 40 === 0; })""")
    wide = page.evaluate("""() => [...document.querySelectorAll('main *')].filter((box) =>
        box.getBoundingClientRect().right > innerWidth + 1 && !box.closest('.scroll, pre, svg, .katex')
        && getComputedStyle(box).position !== 'absolute').slice(0, 5).map((box) => box.outerHTML.slice(0, 160))""")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), wide


def test_an_address_opens_its_claim(open_page):
    page = open_page("#claim-separation")
    row = page.locator("#claim-separation")
    assert row.evaluate("box => box.open") and row.locator(".katex").count() == 1
    top = row.evaluate("box => box.getBoundingClientRect().top")
    assert 0 <= top < 300


def test_claims_are_found_by_keyboard(open_page):
    page = open_page("#claims")
    page.locator("#claims-words").focus()
    page.keyboard.type("sft_cost")
    page.wait_for_function("document.querySelector('#claims-told').textContent.includes(' of ')")
    shown = page.locator("details.claim:visible")
    assert 0 < shown.count() < 40 and page.locator("#claim-sft_cost").is_visible()
    page.locator("#claim-sft_cost > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#claim-sft_cost").evaluate("box => box.open")
    page.locator("#claims-words").fill("xyzzy")
    assert "no claim has “xyzzy”" in page.locator("#claims-told").inner_text()


def test_filters_show_what_was_asked_for(open_page):
    page = open_page("#claims")
    kinds = "rows => rows.filter((row) => !row.hidden).map((row) => row.dataset.kind)"
    for kind in ("REFUTED", "proved"):
        page.locator("#claims-kind").select_option(kind)
        shown = page.locator("details.claim").evaluate_all(kinds)
        assert shown and set(shown) == {kind}
    page.locator("#claims-kind").select_option("")
    page.locator("#claims-words").fill("restart budget")
    texts = page.locator("details.claim").evaluate_all(
        "rows => rows.filter((row) => !row.hidden).map((row) => row.textContent.toLowerCase())")
    assert texts and all("restart" in text and "budget" in text for text in texts)


def test_an_open_claim_says_everything(open_page):
    label = "separation"
    claim, evidence = claims()[label], [item for item in shipped_evidence() if item.label == label]
    page = open_page(f"#claim-{label}")
    row = page.locator(f"#claim-{label}")
    names = row.locator("dl.facts > dt").all_inner_texts()
    texts = [text.replace("\u00a0", " ").strip() for text in row.locator("dl.facts > dd").all_text_contents()]
    facts = dict(zip(names, texts, strict=True))
    assert facts["false twin"] == claim.control_words
    assert facts["domain"] == claim.domain.words.replace(">=", "≥")
    assert facts["rests on"].split() == list(claim.stands_on) and facts["rerun"] == f"backtrack verify {label}"
    lines = [line.split("\t") for line in row.locator("tbody tr").all_inner_texts()]
    assert len(lines) == len(evidence)
    for line, item in zip(lines, evidence, strict=True):
        assert line[0] == item.check.split("::")[1] and line[1] == item.aspect and int(line[3]) == item.n
        expected = item.aspect in ("control", "needed") and item.outcome == "refuted"
        assert line[2] == item.outcome + (", as it must be" if expected else "")


def test_printing_leaves_the_page_as_it_was(open_page):
    page = open_page()
    state = "[...document.querySelectorAll('details')].map((box) => box.open)"
    before = page.evaluate(state)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert sum(page.evaluate(state)) > sum(before)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(state) == before


@pytest.mark.parametrize("hash", ["#%", "#%E0%A4%A", "#claim-<script>", "#no-such-place", "#explorer?W=%"])
def test_a_strange_address_stops_nothing(open_page, hash):
    page = open_page(hash)
    page.wait_for_selector('#explorer[data-started="yes"]', state="attached")


def test_counts_are_those_of_the_claims(open_page):
    page = open_page()
    told = {option.get_attribute("value"): int(re.search(r"\((\d+)\)", option.inner_text())[1])
            for option in page.locator("#claims-kind option").all()[1:]}
    rows = page.locator("details.claim").evaluate_all("rows => rows.map((row) => row.dataset.kind)")
    assert told == {kind: rows.count(kind) for kind in set(rows)} and len(rows) == len(claims())


def test_colours_can_be_chosen(open_page):
    page = open_page()
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    for _ in range(2):
        page.locator("#theme").click()
    assert page.evaluate(paper) != light and page.locator("#theme").inner_text() == "Colours: dark"


def test_print_shows_every_part(browser, open_page, tmp_path):
    import shutil
    import subprocess

    needs("poppler", shutil.which("pdftotext"))
    page = open_page(media="print")
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    text = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, text=True).stdout
    for heading in page.locator("h2").all_inner_texts():
        assert heading in text.replace("\n", " "), heading
    assert "Open all groups" not in text


def test_libraries_inside_are_named_with_their_licences():
    from verify.report.page import HOME, VENDOR

    text = (HOME / "vendor" / "LICENSES.txt").read_text(encoding="utf-8")
    named = re.findall(r"^== (\S+) ([\d.]+)$", text, re.M)
    assert len(named) == len(VENDOR)
    for (name, number), file in zip(named, VENDOR, strict=True):
        body = (HOME / "vendor" / file).read_text(encoding="utf-8")
        assert number in body, (name, file)                    # the version that is said is the version inside
    assert text.count("Permission") >= len(VENDOR)
