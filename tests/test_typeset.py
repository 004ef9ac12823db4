"""Formulas written out for a reader: every text of the shipped run reads the same backwards, here and in the browser.

Setting. The texts are all statements, quantities, domains, twins, sources, verdicts, ranges and cases of the shipped
evidence and every text of the shipped map, as they stand in the page's data. `plain` turns the HTML back into a plain
formula and `normal` brings the original to the same shape by regular expressions; the two share nothing with the reader
under test. Not covered: whether it looks well, which was judged by eye.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from theory.claim import claims
from verify.dials.kept import SHIPPED_ROWS
from verify.dials.map import judged
from verify.evidence import SHIPPED, Evidence, verdicts
from verify.report.rows import claim_row
from verify.report.typeset import GREEK, pretty, tokens

WRITTEN = {**{letter: word for word, letter in GREEK.items()}, "∑": "sum", "∏": "prod", "√": "sqrt", "∞": "oo",
           "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "−": "-", "\xa0": " "}


@pytest.fixture(scope="module")
def texts():
    """Every text of the run that a page may show: {text: where it stands}."""
    found = {}

    def add(where, value):
        if isinstance(value, str):
            found.setdefault(value, where)
        elif isinstance(value, dict):
            for name, part in value.items():
                add(f"{where}.{name}", part)
        elif isinstance(value, (list, tuple)):
            for part in value:
                add(where, part)

    def kept(path):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [{name: value for name, value in line.items() if name != "sources"} for line in lines]

    evidence = [Evidence(**line) for line in kept(SHIPPED)]
    known = verdicts(claims(), evidence)
    for label, entry in claims().items():
        row = claim_row(entry, known[label], [])
        words = ("statement", "quantity", "domain", "control", "source")
        add("claim", {**{name: row.get(name) for name in words}, "quantity": entry.quantity,
                      "domain": entry.domain.words, "text": known[label].text, "brief": known[label].brief,
                      "flags": list(known[label].flags)})
    for item in evidence:
        add("evidence", [item.scope, item.case, item.tightest])
    for line in kept(SHIPPED_ROWS):
        add("map", {name: part for name, part in judged(line["row"], known, evidence).items() if name != "command"})
    assert len([where for where in found.values() if where == "claim.statement"]) == len(claims())
    return found


class Reader(HTMLParser):
    """HTML back as a plain formula; every element must be closed in its turn, and only four are allowed."""

    WRAP = {"sup": ("^(", ")"), "sub": ("_", ""), "code": ("`", "`"), "em": ("*", "*")}

    def __init__(self):
        super().__init__()
        self.out, self.open = [], []

    def handle_starttag(self, tag, attrs):
        assert not attrs
        self.open.append((tag, len(self.out)))
        self.out.append(self.WRAP[tag][0])

    def handle_endtag(self, tag):
        opened, start = self.open.pop()
        assert tag == opened and "".join(self.out[start + 1:]), f"<{tag}> is empty or closed out of turn"
        self.out.append(self.WRAP[tag][1])

    def handle_data(self, data):
        code = any(tag == "code" for tag, _ in self.open)
        self.out.append(data if code else "".join(WRITTEN.get(c, c) for c in data))


def plain(html):
    """The formula that the HTML writes out, powers in brackets, numbers as mEn."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    text = re.sub(r"(\d[\d.]*) × 10\^\((-?\d+)\)", r"\1E\2", "".join(reader.out))
    return re.sub(r"(?<![\w.])10\^\((-?\d+)\)", r"1E\1", text)


def normal(text):
    """The original in the same shape."""
    text = "".join({"ρ": "rho", "≥": ">=", "≤": "<="}.get(c, c) for c in text)

    def number(match):
        digits, power, raised = match[1], int(match[2]), match[3]
        short = f"{digits}E{power}" if power else digits
        return f"({short})^" if raised and power else short + (raised or "")

    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)(?!\w)(\^)?", number, text)
    text = re.sub(r"_\{([^{}]*)\}", r"_\1", text)
    text = re.sub(r"\^-\(([^()]*)\)", r"^(-(\1))", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
    text = re.sub(r"\^(-?(?:ceil\([^()]*\)|\d+\.\d+|[A-Za-z0-9]+(?:_\w+)?))", r"^(\1)", text)
    return re.sub(r"(?<![\w.])10\^\((-?\d+)\)", r"1E\1", re.sub(r"sqrt (\d)", r"sqrt\1", text))


def test_every_text_of_the_run_is_written_out_and_reads_the_same_backwards(texts):
    assert len(texts) > 2500
    changed = 0
    for text, where in texts.items():
        html = str(pretty(text))
        assert plain(html) == normal(text), where
        bare = re.sub(r"<code>.*?</code>", "", html)
        left = re.search(r"\^|_\{|`|&lt;=|&gt;=|!=|-&gt;|\d[eE][+-]?\d|\b(?:sum|prod|max)_|\bsqrt\b|"
                         rf"\b(?:{'|'.join(GREEK)})\b", bare)
        assert not left, (where, text, left)
        changed += html != text
    assert changed > 900


def test_no_number_is_changed(texts):
    """The digits of a text are those of its HTML; only a power of ten drops its sign, its zeros and a leading 1."""
    for text in texts:
        before = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)e[+]?(-?)0*(\d+)(?!\w)",
                        lambda match: (f"{match[1]} 10 {match[3]}" if match[1] != "1" else f"10 {match[3]}")
                        if int(match[3]) else match[1], text)
        assert re.findall(r"\d+", before) == re.findall(r"\d+", re.sub(r"&#\d+;|<[^>]*>", " ", str(pretty(text)))), text


def test_tokens_are_the_text(texts):
    assert all("".join(token.text for token in tokens(text)) == text for text in texts)


def test_the_browser_reads_as_python_does(texts, open_page):
    page = open_page()
    given = [*texts, *CASES, *LEFT_ALONE, "a <b> & 'c' \"d\" é_1 x^é"]
    made = page.evaluate("""(texts) => texts.map((text) => {
      const place = document.createElement("p");
      place.append(Backtrack.pretty(text));
      return place.innerHTML.replaceAll("&nbsp;", "\\u00a0");
    })""", given)
    wanted = [str(pretty(text)).replace("&#39;", "'").replace("&#34;", '"') for text in given]
    assert [pair for pair in zip(given, made, wanted, strict=True) if pair[1] != pair[2]] == []


def test_labels_and_charts_have_their_own_ways(open_page):
    page = open_page()
    flat = page.evaluate("texts => texts.map((text) => Backtrack.flat(text))",
                         ["1.8e+7 at 1e-3", "2/K^(3/2)", "p_j^n", "rho^K"])
    assert flat == ["1.8\xa0×\xa010⁷ at 10⁻³", "2/K^(3/2)", "p_jⁿ", "ρ^K"]
    drawn = page.evaluate("""() => Backtrack.spans("1-1/(20K^2) e^(s^2/2)").map((span) => [
        span.textContent, span.getAttribute("dy"), span.getAttribute("font-size")])""")
    assert drawn == [["1−1/(20K", None, None], ["2", "-0.533em", "0.75em"], [") e", "0.4em", None],
                     ["s", "-0.533em", "0.75em"], ["2", "-0.533em", "0.5625em"], ["/2", "0.4em", "0.75em"]]


CASES = {
    "1.00306e+06^K W": "(1.00306 × 10<sup>6</sup>)<sup>K</sup> W",
    "1.42924e+06^K": "(1.42924 × 10<sup>6</sup>)<sup>K</sup>",
    "within 1e-08, 0.0e+00, 4.63e14": "within 10<sup>−8</sup>, 0.0, 4.63 × 10<sup>14</sup>",
    "rho^K/(2K+1) >= L^(2K)": "ρ<sup>K</sup>/(2K+1) ≥ L<sup>2K</sup>",
    "L^(2(K+1)), 7.2^K": "L<sup>2(K+1)</sup>, 7.2<sup>K</sup>",
    "2^-(M-1). (L+1)^-(n+1) 2^-64": "2<sup>−(M−1)</sup>. (L+1)<sup>−(n+1)</sup> 2<sup>−64</sup>",
    "e^phi_n, e^-phi_{x-1}": "e<sup>φ<sub>n</sub></sup>, e<sup>−φ<sub>x−1</sub></sup>",
    "sum_{n=1}^{2K} (1-P_x)/P_x": "∑<sub>n=1</sub><sup>2K</sup> (1−P<sub>x</sub>)/P<sub>x</sub>",
    "sum_{i>=1} p_j, sft_cost, a <= b < c": "∑<sub>i≥1</sub> p<sub>j</sub>, sft_cost, a ≤ b &lt; c",
    "m^-0.71. e^(s^2/2)": "m<sup>−0.71</sup>. e<sup>s<sup>2</sup>/2</sup>",
    "q^ceil(k/2), K_ff^-1, T_hit": "q<sup>ceil(k/2)</sup>, K<sub>ff</sub><sup>−1</sup>, T<sub>hit</sub>",
    "v sqrt(8K/pi), sqrt 5": "v √(8K/π), √5",
    "5 %, 6K-1 .. 6K+7, rho = 36/5": "5 %, 6K−1 .. 6K+7, ρ = 36/5",
    "-dH/dz, e^-x - 1 != -beta": "−dH/dz, e<sup>−x</sup> − 1 ≠ −β",
    "as `backtrack x^2` has it *again*": "as <code>backtrack x^2</code> has it <em>again</em>",
    "X^lambda/(X^lambda + L)": "X<sup>λ</sup>/(X<sup>λ</sup> + L)",
    "<script>&amp;": "&lt;script&gt;&amp;amp;",
}
LEFT_ALONE = ["sft_cost", "theory.kl_descent", "paper_notes/sample_bounds.md", "test_x.py::test_a_b", "log_odds",
              "--K_f", "edges 0-1, 1-2", "golden-path walks", "x^", "2^2K", "K-fold", "rows -W 15", "small-W", "n-th",
              "2026-06-22", r"\frac{a^b}{c_1}", "$x_1^2$", "https://example.org/a_b^c", "the sum of both", "alphabet"]


@pytest.mark.parametrize("text", CASES)
def test_it_is_written_as_a_reader_would(text):
    assert str(pretty(text)).replace("\xa0", " ") == CASES[text]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_formula_is_left_alone(text):
    assert str(pretty(text)) == text


def test_formulas_do_not_break_at_their_signs():
    assert pretty("W = K <= 4.3e+14, 5 % in 5 .. 9") == (
        "W\xa0=\xa0K\xa0≤\xa04.3\xa0×\xa010<sup>14</sup>, 5\xa0% in 5\xa0..\xa09")


def test_the_inverse_notices_a_changed_number():
    for text, wrong in (("1.00306e+06^K", "1.00306 × 10<sup>6K</sup>"), ("L^(2(K+1))", "L<sup>2</sup>(K+1)"),
                        ("2^-(M-1)", "2<sup>−</sup>(M−1)"), ("p_j^2", "p<sub>j</sub>2"), ("a >= b", "a ≤ b")):
        assert plain(wrong) != normal(text) and plain(str(pretty(text))) == normal(text)
