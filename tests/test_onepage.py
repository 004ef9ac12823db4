"""The bundle's summary: one printed page whatever the verdicts, its numbers from the evidence, two forms that agree.

Not covered: the archive it is packed into (tests/test_bundle.py).
"""

import dataclasses
import html
import json
import re
from pathlib import Path

import pytest

from verify.evidence import SHIPPED, Evidence
from verify.report.headline import limits
from verify.report.onepage import FULL, facts, page

ROOT = Path(__file__).parent.parent


def kept_evidence():
    """The shipped evidence, whatever sources it was made from."""
    lines = [json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
    evidence = [Evidence(**{name: value for name, value in line.items() if name != "sources"}) for line in lines]
    return list({(item.check, item.aspect): item for item in evidence}.values())


def spoilt(evidence, share):
    """The evidence with every `share`-th check of a claim turned into a refutation with a long case."""
    case = "W = 17, K = 23, L = 5, eta = 1/1000000: claimed at most 5733/20, is 4.969934033184259e+24"
    return [dataclasses.replace(item, outcome="refuted", case=case) if i % share == 0 and item.aspect != "control" else
            item for i, item in enumerate(evidence)]


@pytest.mark.parametrize("evidence", ["shipped", "none", "many refuted"])
def test_the_summary_fits_one_page(evidence, browser, tmp_path):
    of = {"shipped": kept_evidence, "none": list, "many refuted": lambda: spoilt(kept_evidence(), 6)}[evidence]()
    told = facts(of, (ROOT / "README.md").read_text(encoding="utf-8"), "results")
    assert evidence != "many refuted" or told["more"] > 20
    (tmp_path / "summary.html").write_text(page(told)["summary.html"], encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto((tmp_path / "summary.html").as_uri())
    printed = tab.pdf(prefer_css_page_size=True)
    tab.set_viewport_size({"width": 375, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1 and not said


def test_the_summarys_numbers_come_from_the_evidence():
    evidence = kept_evidence()
    told, bare = facts(evidence), facts([])
    assert told["checks"] == len(evidence) and dict((k, n) for k, n, _ in bare["counts"]) == {"stated": bare["claims"]}
    assert {row["number"] for row in told["main"]} == {
        "Theorem 2", "Theorem 3", "Theorem 4", "Theorem 5", "Corollary 1", "Figure 3"}
    refuted = dict((kind, n) for kind, n, _ in told["counts"])["REFUTED"]
    assert refuted == told["refutations"] == len(told["refuted"]) + len(told["briefly"]) + told["more"]
    assert sum(len(row["statement"]) for row in told["refuted"]) <= FULL
    assert all(row["case"] and "among" not in row["case"] for row in told["refuted"])
    for text in page(bare).values():
        assert "No check has been run on these sources" in text
    spoiled = [dataclasses.replace(item, outcome="refuted", case="W = 1: claimed equals 1, is 2")
               if item.label == "separation" and item.aspect == "exact" else item for item in evidence]
    assert "separation" in facts(spoiled)["surprises"] and "Not as expected: separation." in page(
        facts(spoiled))["summary.html"]


def test_both_forms_say_the_same():
    told = facts(kept_evidence(), (ROOT / "README.md").read_text(encoding="utf-8"), "results")
    for name, text in page(told).items():
        plain = re.sub(r"<[^>]*>", "", text).replace("&lt;", "<").replace("&gt;", ">") if "html" in name else text
        plain = html.unescape(re.sub(r"\s+", " ", re.sub(r"[\\*`]", "", plain)))
        for words in (f"{told['claims']} claims, {told['checks']} checks", f"{told['minutes']} minutes", "make report",
                      f"{told['controls']} false twins", "make test", told["sources"], told["refuted"][0]["case"]):
            assert words in plain, words
        for limit in told["unchecked"]:
            assert limit in plain
        assert "http" not in plain


def test_what_no_check_can_say_is_the_pages_own_list():
    told = facts([])
    assert told["unchecked"] == limits()[:len(told["unchecked"])] and len(told["unchecked"]) > 5
    assert len(told["unchecked"]) + told["untold"] == len(limits())
    for text in page(told | {"unchecked": [], "untold": 3}).values():
        assert "nd 3 more: README.md" in text


def test_only_twins_that_were_refuted_are_counted():
    evidence = kept_evidence()
    control = next(item for item in evidence if item.aspect == "control" and item.outcome == "refuted")
    before = facts(evidence)["controls"]
    assert before == sum(item.aspect == "control" for item in evidence) > 100
    for outcome in ("held", "undecided", "error"):
        changed = [dataclasses.replace(item, outcome=outcome) if item is control else item for item in evidence]
        assert facts(changed)["controls"] == before - 1
