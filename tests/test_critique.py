"""The critique map's machinery: the rule for verdicts, the smallest maze, rows, their store, the command.

The dials here are made up, so that nothing depends on those of the map. Not covered: the real ones.
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from theory import closed_forms
from theory.claim import claims
from theory.formats import FORMATS
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import InputError
from theory.policy import Policy
from verify.dials import kept
from verify.dials import map as critique_map
from verify.dials.common import homogeneous, searching, standard
from verify.dials.dial import LEARNERS, VERDICTS, Cost, Critical, Dial, Growth, Phase, by_size, shows, verdict
from verify.evidence import Evidence, verdicts
from verify.report import critique
from verify.report.note import Asked

INFINITY = math.inf


def cost(learner, value, maze):
    if learner == "SFT" and value == "b":
        return standard("SFT + restarts", maze)
    if learner == "RLVR" and value == "c":
        return Cost(None, None, words="nothing says")
    return standard(learner, maze)


def phase(profile):
    return Phase("made-up", "Made up", "W", "K", (1, 2), (1, 2, 3), ((1, 2.5), (None, 4), (INFINITY, 6)), "no words")


def made_up(name="made-up", **changes):
    settings = {"name": name, "number": 1, "question": "What if?", "source": "a test", "parameter": "letters",
                "values": ("a", "b", "c"), "cost": cost, "claims": ("separation",),
                "critical": lambda profile: Critical((Fraction(1, 3), 2), "exact", f"between, {profile}"),
                "phases": (phase,), "words": {"a": "nothing changed"}}
    return Dial(**(settings | changes))


@pytest.fixture
def registry(monkeypatch, tmp_path):
    found = {"made-up": made_up(), "other": made_up("other", number=0, phases=(), positions=(1.0, 2.0, 300.0))}
    for module in (critique_map, kept):
        monkeypatch.setattr(module, "dials", lambda: found)
    monkeypatch.setenv("BACKTRACK_EVIDENCE", str(tmp_path / "evidence.jsonl"))
    return found


# -- the rule ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("mine, theirs, expected", [
    (Cost(10, Growth(Fraction(36, 5))), Cost(20, Growth(1, K=3)), "survives"),       # the cost here does not matter
    (Cost(10, Growth(1, K=3)), Cost(5, Growth(1.5)), "reverses"),
    (Cost(10, Growth(2.0)), Cost(5, Growth(Fraction(2))), "closes"),
    (Cost(10, Growth(K=2)), Cost(20, Growth(K=1)), "shrinks to a polynomial"),
    (Cost(10, Growth(K=1, L=1)), Cost(20, Growth(K=1)), "shrinks to a polynomial"),
    (Cost(20, Growth(K=1)), Cost(10, Growth(K=1, W=1)), "reverses"),
    (Cost(10, Growth(K=2)), Cost(20, Growth(K=1, W=1)), "shrinks to a polynomial"),  # a degree that is greater decides
    (Cost(10, Growth(K=1, log=1)), Cost(20, Growth(K=1)), "shrinks to a polynomial"),
    (Cost(10, Growth(K=1, log=1)), Cost(20, Growth(K=2)), "reverses"),
    (Cost(10, Growth(Fraction(2))), Cost(20, Growth(INFINITY)), "reverses"),
    (Cost(20, Growth(INFINITY)), Cost(10, Growth(INFINITY)), "closes"),
    (Cost(10, Growth(2.0)), Cost(5, Growth(2.0 + 1e-7)), "reverses"),
    (Cost(10, Growth(K=1)), Cost(10, Growth(K=1)), "closes"),
    (Cost(9, Growth(K=1)), Cost(10, Growth(K=1)), "reverses"),
    (Cost(INFINITY, None), Cost(10, Growth()), "survives"),
    (Cost(10, Growth()), Cost(INFINITY, None), "reverses"),
    (Cost(INFINITY, None), Cost(INFINITY, None), "undefined"),
    (Cost(None, None), Cost(10, Growth()), "undefined"),
    (Cost(10, None), Cost(10, Growth()), "undefined"),
])
def test_the_verdict_follows_from_the_growths(mine, theirs, expected):
    assert verdict(mine, theirs) == expected


@pytest.mark.parametrize("costs, expected", [
    ((30, 10, 20), "survives"), ((15, 10, 20), "shrinks to a polynomial"), ((20, 10, 20), "shrinks to a polynomial"),
    ((10, 10, 20), "closes"), ((Fraction(105, 10), 10, 20), "closes"),
    ((Fraction(106, 10), 10, 20), "shrinks to a polynomial"), ((9, 10, 20), "reverses"),
    ((None, 10, 20), "undefined"), ((INFINITY, INFINITY, 20), "undefined"), ((INFINITY, 10, 20), "survives"),
])
def test_the_signature_of_a_verdict(costs, expected):
    assert shows(expected, *costs)
    alike = {"closes": {"shrinks to a polynomial"}, "shrinks to a polynomial": {"closes"}}     # 1 to 1.05 is either
    assert not any(shows(other, *costs) for other in set(VERDICTS) - {expected} - alike.get(expected, set()))


def test_mazes_come_by_size_and_none_is_missing():
    found = list(by_size(40))
    assert [m.arcs for m in found] == sorted(m.arcs for m in found)
    every = {(W, K, L) for W in range(1, 21) for K in range(1, 21) for L in range(1, 21) if Maze(W, K, L).arcs <= 40}
    assert {(m.W, m.K, m.L) for m in found} == every and len(found) == len(every)


def test_the_smallest_maze_is_the_first_that_shows_the_verdict():
    dial = made_up()
    found = dial.smallest("a")
    assert found == Maze(2, 2, 2)
    shown = [maze for maze in by_size(150)
             if expected_steps(maze, Policy.sft_limit(maze.L)) > expected_steps(maze, Policy.base(maze.L))
             > expected_steps(maze, Policy.optimum())]
    assert found == shown[0]
    assert dial.smallest("b") == Maze(2, 1, 1) and dial.smallest("c") == Maze(1, 1, 1)
    assert made_up(mazes=lambda profile: [Maze(2, 1, 1)]).smallest("a") is None


def test_a_dial_refuses_nonsense():
    with pytest.raises(ValueError, match="no learner is called 'sft'"):
        made_up(challenger="sft")
    with pytest.raises(ValueError, match="1 positions for 3 values"):
        made_up(positions=(1.0,))
    with pytest.raises(InputError, match="no learner is called 'GRPO'; there are base"):
        standard("GRPO", Maze(2, 1, 1))


# -- the learners with nothing changed --------------------------------------------------------------------------

@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("size", [(1, 1, 1), (1, 4, 3), (2, 1, 1), (3, 2, 2), (5, 3, 1)])
def test_standard_costs_are_those_of_the_walk(learner, size):
    maze = Maze(*size)
    rows = {"base": Policy.base(maze.L), "SFT": Policy.sft_limit(maze.L), "RLVR": Policy.optimum(),
            "distilled": Policy.optimum()}
    found = standard(learner, maze).steps
    if learner in rows:
        assert found == expected_steps(maze, rows[learner])
    elif learner == "SFT + restarts":
        # each attempt takes 2K+1 steps and arrives with probability 1/W
        assert found == maze.W * maze.shortest
    else:
        assert found == searching(maze, Policy.sft_limit(maze.L))


@pytest.mark.parametrize("rows", [(1, 1, 1, 1), (1, Fraction(5, 6), 1, Fraction(1, 6)), (Fraction(1, 2),) * 4,
                                  (Fraction(1, 2), 1, Fraction(1, 2), 1), (Fraction(9, 10), 1, 1, Fraction(9, 10))])
@pytest.mark.parametrize("W", [1, 4])
def test_the_growth_of_equal_rows_is_that_of_their_cost(rows, W):
    growth = homogeneous(Maze(W, 1, 1), *rows)
    logs = []
    for K in (300, 600):
        steps = Fraction(expected_steps(Maze(W, K, 1), Policy(*rows)))
        logs.append(math.log(steps.numerator) - math.log(steps.denominator))
    rate = math.log(Fraction(growth.rate))
    assert logs[1] - logs[0] == pytest.approx(300 * rate + growth.K * math.log(2), abs=.02)


def test_a_walker_short_of_certainty_is_stranded_by_search():
    assert searching(Maze(2, 2, 2), Policy(1, 1, Fraction(99, 100), 1)) == INFINITY


# -- rows, kept and printed -------------------------------------------------------------------------------------

def test_a_row_has_the_keys_that_programs_read(registry):
    row = critique_map.row(registry["made-up"])
    json.dumps(row, allow_nan=False)
    for key in ("dial", "question", "source", "values", "learners", "gap", "critical_value", "smallest_maze",
                "verdict", "claims"):
        assert key in row
    assert set(row["learners"]) == set(LEARNERS)
    assert row["learners"]["SFT"]["cost"][1]["exact"] == "465" and row["learners"]["RLVR"]["cost"][2] is None
    assert row["learners"]["SFT"]["exponent"][0] == pytest.approx(math.log(7.2))
    assert [gap["verdict"] for gap in row["gap"]] == ["survives", "reverses", "undefined"]
    assert row["gap"][0]["exponent"] == pytest.approx(math.log(7.2)) and row["gap"][1]["exponent"] == 0
    assert row["gap"][1]["ratio"]["exact"] == "15/29" and row["gap"][2]["ratio"] is None
    assert row["smallest_maze"][0] == {"W": 2, "K": 2, "L": 2}
    assert row["critical_value"]["value"] == ["1/3", 2]
    assert row["phases"][0]["cells"] == [[1.0, 2.5], [None, 4.0], [None, 6.0]]


def test_neighbours_with_one_verdict_are_told_together():
    assert critique_map.told([("0", "survives"), ("1", "closes"), ("2", "closes")]) == (
        "survives at 0; closes from 1 to 2")
    assert critique_map.told([("0", "closes"), ("1", "closes")]) == "closes at every value"


@pytest.mark.parametrize("growth, words", [(None, "-"), (Growth(), "constant"), (Growth(K=2, W=1), "K^2 W"),
                                           (Growth(Fraction(36, 5), W=1), "(36/5)^K W"), (Growth(2.5), "2.5^K"),
                                           (Growth(Fraction(4)), "4^K"), (Growth(K=1, log=1), "K log K"),
                                           (Growth(INFINITY), "infinite")])
def test_growth_in_words(growth, words):
    assert critique_map.growth_words(growth) == words


def test_claims_of_a_row_carry_their_verdicts(registry):
    row = critique_map.row(registry["made-up"])
    evidence = [Evidence("separation", "control", "held", "verify/test_separation.py::c")]
    assert critique_map.judged(row, verdicts(claims(), evidence), evidence)["controls_refuted"] == 0
    evidence = [Evidence("separation", "control", "refuted", "verify/test_separation.py::c")]
    judged = critique_map.judged(row, verdicts(claims(), evidence), evidence)
    assert judged["claims"] == {"separation": "stated"} and judged["controls_refuted"] == 1
    assert critique_map.judged(row, {}, [])["claims"] == {"separation": "not run on these sources"}


def test_rows_are_kept_as_they_come_and_taken_up_again(registry, tmp_path):
    path, seen = tmp_path / "rows.jsonl", []
    kept.compute_rows(["made-up"], path)
    first = path.read_text()
    with path.open("a") as store:
        store.write('{"sources": "cut o')                       # a kill in the middle of a line
    assert list(kept.load_rows(path)) == ["made-up"]
    path.write_text(first)
    rows = kept.compute_rows([], path, progress=lambda *step: seen.append(step))
    assert [row["dial"] for row in rows] == ["made-up", "other"]
    assert path.read_text().startswith(first) and path.read_text().count("\n") == 2      # computed once, added once
    assert list(kept.load_rows(path)) == ["made-up", "other"] and kept.load_rows(path, profile="ci") == {}
    assert seen[-1][:2] == (2, 2)
    kept.compute_rows(["other"], path, fresh=True)
    assert path.read_text().count("\n") == 3


def test_a_row_cut_off_in_the_middle_is_dropped_and_nothing_else(registry, tmp_path):
    path = tmp_path / "rows.jsonl"
    kept.compute_rows([], path)
    path.write_bytes(path.read_bytes()[:-100])                  # killed, or the disk was full
    assert list(kept.load_rows(path)) == ["made-up"]
    kept.compute_rows(["other"], path)
    assert list(kept.load_rows(path)) == ["made-up", "other"] and path.read_bytes().count(b"\n") == 2
    path.write_bytes(b"\xff\xfe\n" + path.read_bytes())
    with pytest.raises(InputError, match="line 1: not a row of the map"):
        kept.load_rows(path)


def test_an_unwritable_place_is_refused_before_anything_is_computed(registry, monkeypatch):
    monkeypatch.setattr(kept, "row", lambda *_: pytest.fail("computed"))
    with pytest.raises(InputError, match="/proc/nowhere"):
        kept.compute_rows([], Path("/proc/nowhere/rows.jsonl"))


def test_an_unknown_dial_is_refused_before_anything_is_computed(registry, tmp_path):
    path = tmp_path / "rows.jsonl"
    with pytest.raises(InputError, match="no dial is called 'mad-up'; did you mean made-up"):
        kept.compute_rows(["other", "mad-up"], path)
    assert not path.exists()


def test_the_command_prints_the_map_a_dial_and_json(registry):
    from verify.cli import cli

    whole = CliRunner().invoke(cli, ["critique"])
    assert whole.exit_code == 0 and "made-up" in whole.output and "survives at a; reverses at b" in whole.output
    one = CliRunner().invoke(cli, ["critique", "made-up"])
    assert one.exit_code == 0
    for words in ("What if?", "465", "between, quick", "0.5172", "nothing says",
                  "backtrack critique made-up --fresh", "(36/5)^K W"):
        assert words in one.output, words
    rows = json.loads(CliRunner().invoke(cli, ["critique", "made-up", "--json"]).output)
    assert len(rows) == 1 and rows[0]["dial"] == "made-up" and set(rows[0]["claims"]) == {"separation"}
    assert "no dial is called 'nobody'" in str(CliRunner().invoke(cli, ["critique", "nobody"]).exception)


@pytest.mark.parametrize("number, words", [
    (899, "899"), (Fraction(1, 3), "0.3333"), (10**15 + 1, "1.000e15"), (INFINITY, "infinite"), (None, "-"),
    (Fraction(99999, 10), "1e+04"), (Fraction(498624, 10), "49862"),
    (10**30 * 4, "4.000e30"), (Fraction(1, 10**9), "1.000e-9")])
def test_numbers_in_brief(number, words):
    assert critique.brief(critique_map._number(number)) == words


def test_tables_and_figures_of_the_map(registry, tmp_path):
    rows = [critique_map.judged(critique_map.row(dial), {}, []) for dial in registry.values()]
    tables = critique.tables(rows)
    assert [table.name for table in tables] == ["critique", "critique_values"]
    assert len(tables[0].rows) == 2 and len(tables[1].rows) == 6
    for _, render in FORMATS.values():
        assert "made-up" in render(tables[0]).replace(r"\allowbreak{}", "")
    paths = critique.figures(rows, tmp_path)
    assert sorted(path.name for path in paths) == sorted(
        f"{name}.{suffix}" for name in ("critique_map", "critique_gaps", "phase_made_up") for suffix in ("pdf", "png"))
    words = {**rows[0]["phases"][0], "name": "words", "cells": [["survives", "closes"], ["a", "b"], ["a", "a"]]}
    assert len(critique.draw_phase(words, tmp_path)) == 2


def test_the_smallest_maze_is_told_once_a_verdict(registry):
    row = critique_map.row(registry["made-up"])
    assert critique.smallest_words(row) == "survives: 2, 2, 2; reverses: 2, 1, 1; undefined: 1, 1, 1"
    assert closed_forms.optimum_steps(2, 1) == 9                 # which 2(2K+1) = 6 undercuts, on that maze


def test_the_note_asks_the_map_and_nothing_else(registry):
    rows = {name: critique_map.row(dial) for name, dial in registry.items()}
    asked = Asked(rows, verdicts(claims(), []))
    assert asked.cost("made-up", "SFT", "a") == "4.318e14" and asked.growth("made-up", "SFT", "a") == "(36/5)^K W"
    assert asked.gap("made-up", "b") == "reverses" and asked.ratio("made-up", "b") == "0.517"
    assert asked.exponent("made-up", "a") == "1.97" and asked.exponent("made-up", "c") == "none"
    assert asked.smallest("made-up", "a") == "2, 2, 2" and asked.value("made-up") == "1/3 to 2"
    assert asked.count("survives") == 2 and asked.total() == 6 and asked.verdict("separation") == "stated"
    for wrong, words in ((lambda: asked.cost("made-up", "SFT", "d"), "asks for d of made-up, which has a, b, c"),
                         (lambda: asked.row("mad"), "the dial 'mad'"), (lambda: asked.kind("nobody"), "claim 'nobody'"),
                         (lambda: asked.growth("made-up", "GRPO", "a"), "learner 'GRPO'")):
        with pytest.raises(InputError, match=words):
            wrong()


# -- the map itself -----------------------------------------------------------------------------------------------

def test_every_dial_of_the_list_is_on_the_map_and_rests_on_checked_claims():
    found, known = critique_map.dials(), claims()
    assert {dial.number for dial in found.values()} == set(range(28))       # 0: dials that the list lacked
    for dial in found.values():
        assert dial.claims and dial.question and dial.source and dial.parameter, dial.name
        for label in dial.claims:
            assert known[label].control is not None, (dial.name, label)


@pytest.mark.parametrize("name", ["W", "L", "restarts", "search", "nested-forks", "fork-predictable", "unequal-depth"])
def test_shipped_rows_are_what_these_sources_compute(name):
    shipped = kept.load_rows(kept.SHIPPED_ROWS)
    assert name in shipped, "stale: run make evidence"
    assert json.loads(json.dumps(critique_map.row(critique_map.dial(name)))) == shipped[name]
