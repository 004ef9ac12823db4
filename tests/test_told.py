"""The sentences above the charts, and the data under these: every number computed anew, every word by its verdict.

Sentences are compared whole, with numbers from the closed forms, from the descent and from the bill's rows. With other
verdicts and on other mazes they must say something else.

Not covered: what the browser makes of the data (`tests/test_charts.py`); the headline (`tests/test_page.py`).
"""

import json
from fractions import Fraction

import pytest

from tests.conftest import shipped_rows
from theory import closed_forms
from theory.claim import claims
from theory.dynamics import descent
from theory.maze import Maze
from theory.numeric import Steps, fraction
from theory.tables import FIGURE3, FIGURE3_LR, rounded
from verify.dials.dial import VERDICTS
from verify.dials.kept import SHIPPED_ROWS
from verify.evidence import Verdict, verdicts
from verify.report import bill as bills
from verify.report import curves, told, wording

ROWS = {row["dial"]: row for row in (json.loads(line)["row"] for line in
                                     SHIPPED_ROWS.read_text(encoding="utf-8").splitlines())}
W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
CASE = "REFUTED, smallest counterexample K = 1: claimed equals 2, is 3 (among K <= 9)"


def every(kind="exact", text="", **others):
    """Every claim with a verdict of one kind, but for `others`."""
    return {label: Verdict(kind, text or kind) for label in claims()} | others


@pytest.fixture(scope="module")
def rows():
    return bills.rows(measured=False)


# -- verdicts and words -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("verdict, words", [
    (Verdict("proved", "proved for all K; searched, 9 cases"), "The gap is wide (proved for all K)."),
    (Verdict("proved", "proved for all K", ("rests on x: searched, 60 cases",)),
     "The gap is wide (proved for all K; rests on x: searched, 60 cases)."),
    (Verdict("proved", "proved for all K", ("rests on x: stated",)),
     "This run has not settled whether the gap is wide (proved for all K; rests on x: stated)."),
    (Verdict("REFUTED", CASE), "Refuted: the gap is wide (smallest counterexample K = 1: claimed equals 2, is 3)."),
    (Verdict("REFUTED", "REFUTED, smallest counterexample K = 1: claimed equals True, is False"),
     "Refuted: the gap is wide (smallest counterexample K = 1)."),
    (Verdict("undecided", "undecided"), "This run has not settled whether the gap is wide (undecided)."),
    (Verdict("no verdict", "no verdict: no control"),
     "This run has not settled whether the gap is wide (no verdict: no control)."),
])
def test_a_sentence_says_no_more_than_its_verdict(verdict, words):
    assert told.said(verdict, "the gap is wide") == words


def test_a_long_counterexample_is_clipped():
    long = Verdict("REFUTED", f"REFUTED, smallest counterexample K = 1: claimed equals 2, is {'7' * 10**5}")
    words = told.said(long, "the gap is wide", "separation")
    assert len(words) < 320 and words.endswith("777…; backtrack claims separation shows all).")


def test_numbers_are_told_by_the_weakest_of_their_claims():
    found = {"a": Verdict("proved", "proved for all K"), "b": Verdict("searched", "searched, 9 cases"),
             "c": Verdict("stated", "stated"), "d": Verdict("REFUTED", CASE),
             "e": Verdict("proved", "proved", ("rests on d: REFUTED",))}
    says = {labels: wording.supported(found, list(labels), "it costs 9") for labels in ("ab", "abc", "abcd", "ae")}
    assert says == {
        "ab": "It costs 9 (searched, 9 cases).", "abc": "This run has not settled whether it costs 9 (c: stated).",
        "abcd": "Not supported, as d is refuted (smallest counterexample K = 1: claimed equals 2, is 3): it costs 9.",
        "ae": "This run has not settled whether it costs 9 (e: proved; rests on d: REFUTED)."}


# -- Figure 3 and the separation --------------------------------------------------------------------------------

@pytest.mark.parametrize("maze, base", [(FIGURE3, "50142"), (Maze(15, 12, 5), "32602.8")])
def test_the_sentences_on_figure_3(maze, base, monkeypatch):
    """A base cost that is a fraction is told as one; the target line is told beside the optimum, whatever W and K."""
    monkeypatch.setattr(curves, "FIGURE3", maze)
    data = curves.figure3.__wrapped__()
    values = [float(value) + 1 for value in descent(maze, 1200, FIGURE3_LR).steps_to_target]
    optimum, quoted = int(closed_forms.optimum_steps(maze.W, maze.K)) + 1, 4 * maze.W * maze.K
    assert fraction(Fraction(base)) == closed_forms.base_steps(maze.W, maze.K, maze.L) + 1
    assert (data["base"], data["quoted"], data["optimum"]) == (base, quoted, optimum)
    near = max(step for step, value in enumerate(values) if value > 1.05 * optimum) + 1
    assert told._figure3(data, every()) == [
        f"Sign descent on the exact gradient brings the expected steps from {base}, the base model, to "
        f"{values[1200]:.4f} at step 1200; from step {near} on they are within 5 % of the optimum (exact).",
        f"The optimum, counted from the prompt as the figure does, is 4WK + 2W - 2K, here {optimum} (exact).",
        f"4WK is the optimum, so counted, exactly when W = K (exact). Here W = {maze.W} and K = {maze.K}: the figure's "
        f"target line 4WK is {quoted}, 4WK + 2W - 2K is {optimum}."]


def test_the_curve_must_stay_near():
    data = curves.figure3()
    assert "from step 738 on" in told._figure3(data, every())[0]
    away = {**data, "values": [*data["values"][:-1], 2000.0]}
    assert "they do not stay within 5 % of the optimum" in told._figure3(away, every())[0]
    back = {**data, "values": [*data["values"][:1000], 2000.0, *data["values"][1001:]]}
    assert "from step 1001 on" in told._figure3(back, every())[0]


def test_the_sentences_on_the_separation():
    sft, base = ([form(W, k, L) for k in range(1, 26)] for form in (closed_forms.sft_steps, closed_forms.base_steps))
    rho = Fraction((L + 1) ** 2, L)
    first = max(k for k in range(1, 26) if sft[k - 1] <= base[k - 1]) + 1
    gap, bound = sft[K - 1] / closed_forms.optimum_steps(W, K), rho**K / (2 * K + 1)
    assert told._separation(curves.separation(), every()) == [
        f"At K = 15 the SFT limit needs {rounded(sft[K - 1], 4)} expected steps, the base model {base[K - 1]}, the "
        f"optimum {closed_forms.optimum_steps(W, K)}; the last diamond, K = 25, multiplies the first by "
        f"{float(sft[24] / sft[23]):.3g} (ρ = 36/5) and adds {2 * (2 * W - 1)} steps to the last; imitation costs more "
        f"than no training from K = {first} to K = 25 (exact).",
        f"The gap is at least ρ^K/(2K+1) wherever there is a wrong branch, W ≥ 2: at K = 15 the gap is "
        f"{rounded(gap, 4)}, the bound {rounded(bound, 4)} (exact).",
        f"W L^K, as quoted to readers, is a lower bound on imitation's cost: at K = 25 that costs "
        f"{rounded(sft[24] / (W * L**25), 3)} times as much (exact)."]


def test_imitation_may_be_nowhere_worse():
    data = curves.separation()
    costs = {curve["key"]: curve for curve in data["costs"]}
    swapped = [*data["costs"][:1], *data["costs"][1:2], {**costs["base"], "points": costs["sft"]["points"]},
               costs["optimum"]]
    words = told._separation({**data, "costs": swapped}, every())[0]
    assert "imitation costs no more than no training at K = 25 (exact)" in words


def test_nothing_is_told_plainly_of_refuted_claims(rows):
    """With every claim refuted, every sentence with a number says so; with none settled, that it is open."""
    data = curves.bill(rows)
    for kind, starts in (("REFUTED", ("Refuted: ", "Not supported, as ")),
                         ("stated", ("This run has not settled whether ",))):
        found = every(kind, CASE if kind == "REFUTED" else "")
        sentences = sum(told.figures(curves.curves(), found).values(), told.bill(data, found))
        assert len(sentences) == 10 and all(sentence.startswith(starts) for sentence in sentences)


def ratio(W, K, L):
    return closed_forms.sft_steps(W, K, L) / closed_forms.optimum_steps(W, K)


@pytest.mark.parametrize("key, words, relation, cost", [
    ("sft", "SFT limit", "equals", closed_forms.sft_steps),
    ("quoted", "W L^K, as quoted", "at least", lambda W, K, L: W * L**K),
    ("base", "base model", "equals", closed_forms.base_steps),
    ("optimum", "optimum, RLVR's goal", "equals", lambda W, K, L: closed_forms.optimum_steps(W, K)),
    ("ratio", "SFT limit / optimum", "", ratio),
    ("bound", "at least ρ^K/(2K+1)", "at least", lambda W, K, L: Fraction((L + 1) ** 2, L) ** K / (2 * K + 1))])
def test_a_curve_is_what_its_words_say(key, words, relation, cost):
    data = curves.separation()
    (curve,) = (each for each in data["costs"] + data["gap"] if each["key"] == key)
    assert curve["words"] == words
    assert relation == (claims()[curve["claim"]].relation if curve["claim"] else "")
    assert [point["exact"] for point in curve["points"]] == [str(fraction(cost(W, k, L))) for k in data["K"]]


# -- the critique -----------------------------------------------------------------------------------------------

def test_counts_are_those_of_the_map():
    counts = told.count(ROWS.values())
    gaps = [gap["verdict"] for row in ROWS.values() for gap in row["gap"]]
    assert counts == {verdict: gaps.count(verdict) for verdict in VERDICTS}
    assert told.listed({"survives": 2, "closes": 0, "reverses": 1}) == "survives at 2 and reverses at 1"


def answer(rows=(), **changed):
    """What is told of the objections, refuted as told and exact as they are, but for those changed."""
    found = every(**{f"critique_{name}_quoted": Verdict("REFUTED", CASE) for name in told.CRITICS}
                  | {f"critique_{name}": Verdict(kind, kind) for name, kind in changed.items()})
    return told.critique(list(rows), found)


def test_the_answer_changes_with_the_verdicts():
    one, two, three = (words for _, _, words, _ in told.CRITICS.values())
    full = answer(ROWS.values())
    none = "None of the three objections holds as told"
    assert full["answer"][1] == f"{none}, and each has something in it: {one}; {two}; {three}."
    assert all(set(each["dials"]) <= set(ROWS) and each["dials"] for each in full["objections"])
    assert answer(topology="stated")["answer"] == [
        "The critique map was not computed in this run.",
        f"{none}; what is left of C1: {one}; what is left of C3: {three}; what was taken to be left of C2 is not "
        "settled in this run."]
    assert answer(by_construction="REFUTED", topology="stated", topology_quoted="exact",
                  pessimistic_sft_quoted="stated")["answer"][1] == (
        f"As told, C1 is refuted, C2 holds and C3 is not settled in this run; what is left of C3: {three}; what was "
        "taken to be left of C1 is refuted; what was taken to be left of C2 is not settled in this run.")


def test_an_objection_is_called_as_it_is_only_where_that_holds():
    named = [each["true"]["named"] for each in answer(by_construction="REFUTED", topology="stated")["objections"]]
    assert named == ["Put in its place, but refuted", "Put in its place, not settled", "As it is"]


# -- the bill ---------------------------------------------------------------------------------------------------

def run(**changed):
    """A measured row, as `bills.measure` makes them: cheap, and made up."""
    return bills.Row(bills.SMALL, "REINFORCE from base", 64, 5000, 50.0, "measured", "", 3000.0, 9000.0)._replace(
        **changed)


def test_the_sentences_on_the_bill(rows):
    rows = [*rows, run()]

    def paid(maze, learner, how):
        (row,) = (row for row in rows if (row.maze, row.learner, row.how) == (maze, learner, how))
        return row.training

    step = "RLVR from base, one sign step"
    traces, sft = paid(bills.LARGE, "distillation", "exact"), closed_forms.sft_steps(16, 15, 5)
    assert told.bill(curves.bill(rows), every()) == [
        f"On W = 16, K = 15, L = 5, bringing inference within 1.05 of the optimum takes {traces} tokens of the "
        "optimum's own traces (exact).",
        f"RLVR from base walks at most {rounded(paid(bills.LARGE, step, 'bound'), 3)} steps for that, by one sign step "
        "(exact).",
        f"From the SFT limit it walks at least {rounded(sft, 3)} steps for the first rollout alone (exact).",
        "No number of golden paths is enough for SFT: at its limit inference costs "
        f"{rounded(float(sft) / float(closed_forms.optimum_steps(16, 15)), 4)} times the optimum (exact).",
        "On W = 4, K = 3, L = 2 REINFORCE from base was there after 5000 steps (measured, median of 9 runs).",
        f"The bound for sure signs is {rounded(paid(bills.SMALL, step, 'bound'), 3)} steps there (exact)."]


def test_the_bill_without_rows_says_so():
    assert told.bill(curves.bill([]), every()) == ["The bill was not computed in this run."]


def test_the_chart_of_the_bill_holds_its_rows(rows):
    data = curves.bill([*rows, run(learner="distillation")])
    assert {how: known["words"].split(":")[0] for how, known in data["known"].items()} == {
        "exact": "exact", "bound": "at most (a bound)", "normal": "normal approximation, no bound",
        "needed": "at least (one rollout)", "measured": "measured", "never": "never, with any amount"}
    for maze, place in zip(bills.MAZES, data["mazes"], strict=True):
        assert place["base"]["exact"] == str(closed_forms.base_steps(maze.W, maze.K, maze.L))
    assert all(("from the SFT limit" in data["lines"][row["line"]]) == ("from the SFT limit" in row["learner"])
               for row in data["rows"] if "line" in row)
    measured = data["rows"][-1]
    assert [measured[name] for name in ("low", "x", "high")] == [Steps.of(n).log10 for n in (3000, 5000, 9000)]
    assert measured["offset"] > 0 and data["lines"][measured["line"]] == "distillation"


def test_values_that_change_nothing_are_counted_apart():
    rows = {row["dial"]: row for row in shipped_rows()}
    same = [(dial, value) for dial in ("W", "messy-traces", "restarts", "finite-traces", "search")
            for place, value in enumerate(rows[dial]["values"]) if told.unchanged(rows[dial], place)]
    assert same == [("W", "15"), ("messy-traces", "0")]        # the others' challenger is another walker than SFT
    found = verdicts(claims(), [])
    assert ", 1 of which leave both costs on the maze shown as they were: the gap" in told.critique(
        [rows["messy-traces"]], found)["answer"][0]
    assert "leave both costs" not in told.critique([rows["search"]], found)["answer"][0]
