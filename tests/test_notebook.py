"""What a notebook shows, without a notebook: well-formed HTML and LaTeX, everything escaped, nothing typed.

And the examples: every public function and class of the library has one that runs.
"""

from __future__ import annotations

import doctest
import html
import importlib
import inspect
import re
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import flint
import numpy as np
import pytest
import sympy

import theory
import verify
from theory import Maze, Policy, Steps, claims, expected_steps, sft_flow_steps, sft_policy
from theory.claim import Claim, Domain
from theory.drawing import MOST, edges, maze_svg
from theory.dynamics import Training
from theory.markup import MOST_ROWS, Html, spread, table, tag, text, typeset
from theory.numeric import exact
from verify.dials.dial import LEARNERS, Cost, Growth
from verify.dials.map import dials, growth_words
from verify.evidence import RANK, SYMBOLS, Evidence, Verdict, append_line, verdicts
from verify.learners.learning import Point, Trained
from verify.overview import CritiqueMap, Judged, Verdicts, critique_now, verdicts_now

HOME = Path(__file__).parent.parent
CLAIMS = claims()
NASTY = "<b>&\"'$x$ < y"
# the library's mathematics, how it is shown, and what a reader of `verify` imports
EXAMPLES = [f"theory.{name}" for name in (
    "numeric", "maze", "policy", "hitting", "moments", "chain", "growth", "closed_forms", "restarts", "dynamics",
    "coverage", "nested", "ties", "claim", "tables", "markup", "drawing", "notebook")] + ["verify.overview"]


def parsed(page):
    """The HTML as XML, so that a tag left open or a bare < is an error; no colour is set anywhere."""
    found = ElementTree.fromstring(f"<all>{page}</all>")
    for element in found.iter():
        style = element.get("style", "")
        assert "color" not in style and "background" not in style
        assert {element.get("fill", "none"), element.get("stroke", "none")} <= {"none", "currentColor"}
    return found


def formulas(page):
    """What a notebook would typeset: between two dollar signs, and between tags."""
    return [found for piece in re.split(r"<[^>]*>", page) for found in re.findall(r"\$[^$]+\$", piece)]


def words(page):
    """The text a reader sees."""
    return "".join(parsed(page).itertext())


def mathtext(latex):
    """Parse LaTeX with matplotlib's own parser; it knows no \\displaystyle."""
    from matplotlib.mathtext import MathTextParser

    assert latex.startswith("$") and latex.endswith("$")
    return MathTextParser("agg").parse(latex.replace(r"\displaystyle ", ""))


# -- examples -----------------------------------------------------------------------------------------------------

def without_example(module: ModuleType):
    """Public functions and classes that the module defines and that show no example."""
    return [name for name, thing in vars(module).items()
            if not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing))
            and thing.__module__ == module.__name__ and ">>>" not in (thing.__doc__ or "")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_public_function_and_class_has_an_example(name):
    assert not without_example(importlib.import_module(name))


@pytest.mark.parametrize("package", [theory, verify])
def test_every_exported_name_has_an_example(package):
    missing = [name for name in package.__all__ if ">>>" not in (inspect.unwrap(getattr(package, name)).__doc__ or "")]
    assert not missing and len(package.__all__) > 8


def test_one_without_an_example_is_noticed():
    module = ModuleType("made_up")
    exec("def shown():\n    '>>> 1'\ndef bare():\n    'no'\nclass Bare: pass\ndef _private(): pass", vars(module))
    assert without_example(module) == ["bare", "Bare"]


@pytest.mark.parametrize("name", ["verify", "verify.overview", "verify.evidence", "verify.training",
                                  "verify.dials.dial"])
def test_the_examples_of_verify_run(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert failed == 0 and tried > 0


def test_the_readmes_session_runs():
    failed, tried = doctest.testfile(str(HOME / "README.md"), module_relative=False, encoding="utf-8")
    assert failed == 0 and tried > 3


# -- pieces -------------------------------------------------------------------------------------------------------

def test_text_is_escaped_and_html_is_not():
    assert words(text(NASTY)) == NASTY and words(tag("td", NASTY, title=NASTY)) == NASTY
    assert parsed(tag("td", "", title=NASTY)).find("td").get("title") == NASTY
    assert text(Html("<i>a</i>")) == "<i>a</i>"


def test_a_dollar_sign_in_a_text_starts_no_formula():
    assert not formulas(text("$x$ and $y$")) and formulas(typeset("x")) == ["$x$"]


def test_tables_are_whole_and_escaped():
    found = parsed(table(["", "<a>"], [[NASTY, 1], ["b", NASTY]], NASTY))
    assert [len(row) for row in found.iter("tr")] == [2, 2, 2]
    assert [cell.get("scope") for cell in found.iter("th")] == ["col", "col", "row", "row"]
    assert words(found.find("div/strong").text and table([], [], NASTY)) == NASTY


@pytest.mark.parametrize("length", [0, 1, 2, MOST_ROWS, MOST_ROWS + 1, 1000])
def test_a_spread_has_both_ends_and_no_more_than_it_may(length):
    kept = spread(length)
    assert kept == sorted(set(kept)) and len(kept) == min(length, MOST_ROWS)
    assert not length or (kept[0], kept[-1]) == (0, length - 1)


# -- steps --------------------------------------------------------------------------------------------------------

def number_in(latex):
    """The number that LaTeX of `Steps` says: (exact, digits), each None where it has none."""
    body = latex.removeprefix("$").removesuffix("$").removeprefix(r"\displaystyle ").split(r",\quad")[0]
    ratio = re.match(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", body)
    rest = body[ratio.end():] if ratio else body
    spelt = ratio and Fraction(int(ratio[2]), int(ratio[3])) * (-1 if ratio[1] else 1)
    digits = re.search(r"(-?[\d.]+)(?: \\times 10\^\{(-?\d+)\})?", rest)
    value = digits and exact(f"{digits[1]}e{digits[2] or 0}")
    return spelt, value, r"\approx" in rest


@pytest.mark.parametrize("value", [0, 1, 50141, "170/3", "-170/3", "1/8", 10**400, 10**400 + 1, "1e-30", 3**-1,
                                   Fraction(10**60 + 1, 3**50), -Fraction(10**60, 7), Fraction(1, 3**90)])
def test_steps_say_their_number_and_whether_it_is_rounded(value):
    steps = Steps.of(value)
    latex = steps._repr_latex_()
    mathtext(latex)
    spelt, digits, about = number_in(latex)
    assert spelt is None or exact(spelt) == steps.value
    if digits is not None:
        assert (digits == steps.value) != about
        assert abs(digits - steps.value) <= abs(steps.value) * flint.fmpq(1, 10**16)
    assert spelt is not None or digits is not None


def test_steps_of_any_size_print():
    for steps in (Steps.of(10**200_000 + 1), Steps.of(float("inf")), Steps.of(flint.arb(2)),
                  Steps.of(flint.arb(0, 5)), Steps.of(sft_flow_steps(Maze(15, 15, 5), 3))):
        assert len(steps._repr_latex_()) < 200
        mathtext(steps._repr_latex_())
    assert Steps.of(float("inf"))._repr_latex_() == r"$\displaystyle \infty$"
    assert r"\pm" in Steps.of(sft_flow_steps(Maze(2, 2, 2), 3))._repr_latex_()


def test_the_logarithm_is_the_steps_own():
    steps = Steps.of(expected_steps(Maze(15, 90, 5), Policy.sft_limit(5)))
    shown = float(re.search(r"\\log_\{10\} \\approx ([\d.]+)", steps._repr_latex_())[1])
    assert shown == pytest.approx(steps.log10, rel=1e-5)


# -- mazes --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("maze", [Maze(1, 1, 1), Maze(3, 2, 2), Maze(2, 1, 9), Maze(7, 4, 3)])
def test_a_drawing_has_every_edge_and_every_node(maze):
    assert edges(maze.W, maze.K, maze.L) * 2 == maze.arcs
    svg = parsed(maze._repr_html_()).find("div/{http://www.w3.org/2000/svg}svg")
    width, height = float(svg.get("width")), float(svg.get("height"))
    paths = svg.findall("{*}path")
    dots = [dot for dot in svg.findall("{*}circle") if dot.get("fill") == "currentColor"]
    assert (2 * len(paths), len(dots)) == (maze.arcs, maze.nodes)
    assert len({path.get("d") for path in paths}) == len(paths), "two edges on top of each other"
    assert svg.get("role") == "img" and svg.get("aria-label") and svg.find("{*}title").text
    for path in paths:
        points = [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d"))]
        if len(points) == 3:                        # a bow comes half as far as its control point
            points[1] = ((points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2)
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_the_target_is_ringed():
    def ring(target):
        svg = ElementTree.fromstring(maze_svg(3, 2, 2, target))
        (found,) = (dot.get("cy") for dot in svg.findall("{*}circle") if dot.get("fill") == "none")
        return float(found)

    assert ring(0) < ring(1) < ring(2)


@pytest.mark.parametrize("maze", [Maze(15, 15, 5), Maze(10**9, 10**9, 10**9)])
def test_a_large_maze_is_told_in_a_line(maze):
    assert maze_svg(maze.W, maze.K, maze.L) is None and maze.arcs > 2 * MOST
    told = words(maze._repr_html_())
    assert f"{maze.nodes} nodes" in told and f"{maze.arcs // 2} edges" in told and "\n" not in told


# -- policies and training ----------------------------------------------------------------------------------------

def cells(page):
    """The rows of the only table, as texts."""
    return [["".join(cell.itertext()) for cell in row] for row in parsed(page).iter("tr")]


def test_a_policy_shows_its_rows():
    assert cells(Policy.sft_limit(5)._repr_html_())[1:] == [["every diamond", "1", "5/6", "1", "1/6"]]
    mixed = cells(Policy(1, [1, "1/2"], "2/3", [0, 0.1, 0])._repr_html_())
    assert [row[2] for row in mixed[1:]] == ["1", "1/2", "none"] and mixed[2][4].startswith("≈ ")
    assert cells(Policy.base(sympy.Symbol("L"))._repr_html_())[1][1] == "1/(L + 1)"
    assert "+/-" in cells(sft_policy(3, 5)._repr_html_())[1][1]


def test_a_long_policy_says_how_much_of_it_is_shown():
    page = Policy.untied([Policy.base(5)] * 15)._repr_html_()
    assert len(cells(page)) == 1 + MOST_ROWS and f"{MOST_ROWS} of 15 lines" in words(page)
    assert "lines" not in words(Policy(1, 1, 1, [0] * MOST_ROWS)._repr_html_())


def test_a_training_run_shows_its_points():
    at = np.arange(101.0)
    rows = cells(Training(at, np.where(at < 100, 1000 - at, np.inf), np.zeros((4, 3)))._repr_html_())
    assert rows[1] == ["0", "1000"] and rows[-1] == ["100", "infinite"] and len(rows) == 1 + MOST_ROWS
    assert all(float(H) == 1000 - float(step) for step, H in rows[1:-1])


def test_a_trained_learner_shows_its_trace():
    point = Point(3, 25.0, 1.4, 7, 40, dict.fromkeys("abcd", 0.25))
    page = Trained(None, [point], {"learner": NASTY, "maze": {"W": 3, "K": 2, "L": 2}, "lr": 0.1, "seed": 1}
                   )._repr_html_()
    assert cells(page)[1] == ["3", "25", "7", "40", *["0.25"] * 4]
    assert NASTY in words(page) and "W = 3, K = 2, L = 2" in words(page)


# -- claims and verdicts ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("label", CLAIMS)
def test_a_claim_shows_all_that_it_knows(label):
    claim = CLAIMS[label]
    told = words(claim._repr_html_())
    for piece in (label, claim.statement, claim.quantity, claim.relation, claim.domain.words, *claim.source,
                  *claim.stands_on, claim.control_words, claim.true_form or "", claim.code):
        assert piece in told
    latex = claim._repr_latex_()
    assert (latex is not None) == claim.symbolic
    if latex:
        mathtext(latex)
        assert formulas(claim._repr_html_()) == [html.escape(latex)]


def test_a_claims_texts_are_escaped():
    def body(W):
        return W

    body.__doc__ = f"A statement {NASTY}."
    claim = Claim("made_up", body, NASTY, "equals", Domain(NASTY), ("paper", NASTY), (), None, NASTY, False, NASTY,
                  False)
    assert words(claim._repr_html_()).count(NASTY) == 6 and not formulas(claim._repr_html_())


def test_every_kind_of_verdict_has_a_sign_of_its_own_beside_its_words():
    assert SYMBOLS.keys() == RANK.keys() and len(set(SYMBOLS.values())) == len(SYMBOLS)
    for kind, sign in SYMBOLS.items():
        verdict = Verdict(kind, f"{kind} {NASTY}", ("no control",))
        assert words(verdict._repr_html_()) == f"{sign} {verdict}"
        assert parsed(verdict._repr_html_()).find("span/span").get("aria-hidden") == "true"


def test_evidence_shows_what_it_has():
    item = Evidence("lumping", "control", "refuted", "test_walk.py::test", n=3, case=NASTY, details={"route": NASTY})
    assert dict(cells(item._repr_html_())) == {
        "aspect": "control", "outcome": "refuted", "check": "test_walk.py::test", "n": "3", "case": NASTY,
        "route": NASTY}


@pytest.fixture(scope="module")
def found():
    refuted = Evidence("separation_sft_lower_quoted", "exact", "refuted", "made up", case="W < 1")
    judged = verdicts(CLAIMS, [refuted])
    return Verdicts([Judged(claim, judged[label]) for label, claim in CLAIMS.items()])


def test_the_verdicts_are_a_list_that_knows_labels(found):
    assert len(found) == len(CLAIMS) == sum(found.counts.values()) and [one.label for one in found] == list(CLAIMS)
    assert found[0] == found[next(iter(CLAIMS))] and found[:3].counts == {"stated": 3}
    assert found.counts["REFUTED"] == 1 and "1 REFUTED" in repr(found)
    assert [one.label for one in found.about("REFUTED")] == ["separation_sft_lower_quoted"]
    assert {one.label for one in found.about("Theorem 5")} >= {"distillation"}


def test_an_unknown_name_is_refused(found, fails):
    fails(lambda: found["no_such"], "no_such")
    fails(lambda: CritiqueMap([])["no-such"], "no-such")


def test_the_list_of_verdicts_shows_every_claim(found):
    rows = cells(found._repr_html_())[1:]
    assert [row[0].split()[0] for row in rows] == list(CLAIMS)
    (quoted,) = (row for row in rows if row[0].startswith("separation_sft_lower_quoted"))
    assert "W < 1" in quoted[-1] and "separation_sft_lower)" in quoted[-1]
    box = parsed(found._repr_html_()).find("div/div[@tabindex]")
    assert box.get("aria-label"), "what scrolls can be reached by the keyboard"
    assert words(found["separation"]._repr_html_()).count("separation") > 1


def test_verdicts_now_counts_the_evidence_it_is_given(tmp_path):
    store = tmp_path / "evidence.jsonl"
    append_line(store, {"label": "lumping", "aspect": "exact", "outcome": "refuted", "check": "z::made_up",
                        "case": "a case"})
    assert "a case" in verdicts_now(store)["lumping"].verdict.text
    assert verdicts_now()["lumping"].verdict.kind != "REFUTED"


# -- the critique map ---------------------------------------------------------------------------------------------

def test_costs_and_growths_are_typeset():
    for growth in (Growth(), Growth(Fraction(36, 5), W=1), Growth(2.5, K=2, L=-1), Growth(float("inf")),
                   Growth(K=1, log=2), Growth(1e-9)):
        mathtext(growth._repr_latex_())
        assert growth.how in words(growth._repr_html_())
    assert Growth(Fraction(36, 5), W=1)._repr_latex_() == r"$\left(\frac{36}{5}\right)^{K} W$"
    for cost in (Cost(None, None), Cost(Fraction(1, 3), Growth(K=1)), Cost(2.5, None, "at most", NASTY),
                 Cost(float("inf"), Growth(float("inf")))):
        assert cost.known in words(cost._repr_html_()) and cost.words in words(cost._repr_html_())


def test_a_growth_says_in_latex_what_the_map_says_in_words():
    """Every growth of a quick dial: the letters in the two texts are the same, and so are the degrees."""
    dial = dials()["W"]
    for growth in (dial.cost(learner, value, dial.maze).growth for value in dial.values for learner in LEARNERS):
        told, latex = growth_words(growth), growth._repr_latex_().replace("{", "").replace("}", "")
        for name in ("W", "K", "L", "K^2", "L^2"):
            assert (name in told) == (name in latex)


def test_the_map_shows_a_line_a_dial(tmp_path):
    row = {"dial": "made-up", "question": NASTY, "challenger": "SFT", "champion": "RLVR", "verdict": "closes < 1",
           "critical_value": {"words": "none"}}
    shown = CritiqueMap([row])
    assert cells(shown._repr_html_())[1] == ["made-up", NASTY, "SFT against RLVR", "closes < 1", "none"]
    assert shown["made-up"] is row and len(shown[:0]) == 0 and "closes < 1" in repr(shown)
    assert "backtrack critique" in words(CritiqueMap([])._repr_html_())


def test_critique_now_reads_the_rows_it_is_given(tmp_path):
    store = tmp_path / "critique.jsonl"
    append_line(store, {"profile": "quick", "row": {"dial": "W", "verdict": "made up"}})
    assert critique_now(store)["W"]["verdict"] == "made up"


# -- imports ------------------------------------------------------------------------------------------------------

def test_importing_the_packages_is_cheap():
    """Neither asks for SymPy, SciPy, numba, matplotlib, nor for the pieces that only a notebook needs."""
    import subprocess
    import sys

    heavy = ["sympy", "scipy", "numba", "matplotlib", "hypothesis", "pytest", "theory.notebook", "theory.walk",
             "verify.overview"]
    code = f"import sys, theory, verify; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOME)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_of_verify_is_an_attribute_error():
    assert set(verify.__all__) <= set(dir(verify))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = verify.no_such_name
