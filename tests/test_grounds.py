"""How the letters of the critique map are known: every word of the shipped map has a rule, unknown ones are refused.

Not covered: how the page shows it (`tests/test_charts.py`); whether the words are true (the dials' claims and tests).
"""

import json
import math

import pytest

from verify.dials.kept import SHIPPED_ROWS
from verify.evidence import Verdict
from verify.report import grounds, told

ROWS = [json.loads(line)["row"] for line in SHIPPED_ROWS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("words, kind", [
    ("exact", "exact"), ("exact, once rho^K, L or W is far beyond 1/eps", "far"), ("at most", "at most"),
    ("of the bound, for W >= 2K; times a logarithm", "at most"), ("computed, within 1e-15", "computed"),
    ("at most 2 l (log2 l + 5), l = W(2K+1); its ratio to l grows, seen up to K = 240", "computed")])
def test_words_on_growths_are_read_by_rules(words, kind):
    assert grounds.kind(words) == kind


def test_every_word_of_the_map_has_a_rule_and_unknown_ones_are_refused(fails):
    for row in ROWS:
        for of in row["learners"].values():
            assert {grounds.kind(words) for words in (*of["growth_known"], *of["known"]) if words}
    fails(lambda: grounds.kind("believed"), "'believed'")


def made(verdict, ratio, mine="exact", theirs="exact", growths=("2^K", "K"), known="exact"):
    """A row of one value, as far as grounds look at it."""
    sides = [{"growth": [growth], "growth_known": [how], "known": [known]}
             for growth, how in zip(growths, (mine, theirs), strict=True)]
    number = ratio and {"exact": "oo" if ratio == math.inf else None,
                        "log10": None if ratio == math.inf else math.log10(ratio)}
    return {"gap": [{"verdict": verdict, "ratio": number}], "values": ["1"], "challenger": "SFT", "champion": "RLVR",
            "learners": dict(zip(("SFT", "RLVR"), sides, strict=True))}


@pytest.mark.parametrize("row, ground, seen, against", [
    (made("survives", 10), "exact", True, False),
    (made("survives", 9.99), "exact", False, False),
    (made("survives", 0.5), "exact", False, True),
    (made("survives", math.inf, mine="", known="argued: why"), "computed", True, False),
    (made("survives", 100, theirs="at most"), "bound", True, False),
    (made("survives", 100, mine="at most"), "computed", True, False),       # a bound on the side that does not help
    (made("reverses", 0.5, theirs="at most"), "computed", True, False),
    (made("reverses", 0.5, mine="at most"), "bound", True, False),
    (made("reverses", 2), "exact", False, True),
    (made("reverses", None), "exact", True, False),                         # the champion never arrives
    (made("closes", 1.0, growths=("K", "K")), "exact", True, False),
    (made("closes", 1.0, growths=("K", "K"), known="computed, within 1e-15"), "computed", True, False),
    (made("closes", 12, growths=("K", "K")), "exact", False, False),
    (made("shrinks to a polynomial", 0.98, mine="exact, once K is large"), "far", False, True),
    (made("undefined", None), "", True, False),
])
def test_a_letter_is_as_good_as_the_weaker_of_what_it_follows_from(row, ground, seen, against):
    assert (grounds.ground(row, 0), grounds.seen(row, 0), grounds.against(row, 0)) == (ground, seen, against)


def test_counts_of_grounds_are_told():
    found = grounds.count(ROWS)
    assert found["exact"] + found["bound"] + found["computed"] == found["letters"]
    assert found["letters"] == sum(n for verdict, n in told.count(ROWS).items() if verdict != "undefined")
    found_exact = {f"critique_{name}{end}": Verdict("exact", "exact") for name in told.CRITICS
                   for end in ("", "_quoted")}
    first, second = told.critique(ROWS, found_exact)["known"]
    assert f"Of the {found['letters']} letters {found['exact']} follow" in first
    assert f"other {found['computed']} rest" in first
    assert f"At {found['unseen']} values" in second and f"at {found['against']} of these" in second
