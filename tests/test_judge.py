"""The judge and the evidence: that it refutes what is false, keeps what it saw, and computes verdicts as it says."""

import json
import math

import hypothesis.strategies as st
import numpy as np
import pytest

from theory.claim import FORKS, MAZES, Claim
from theory.numeric import INFINITY, InputError
from verify import evidence, judge
from verify.evidence import Evidence
from verify.judge import Check, agrees, grid
from verify.sampling import Law, decide


def make(body=None, relation="equals", domain=MAZES, control=None, should_hold=True, stands_on=()):
    def square(W, K):
        """W times K."""
        return W * K

    return Claim("made", body or square, "a product", relation, domain, ("derived", "here"), stands_on,
                 control or (lambda W, K: W * K + (K == 3)), "one more at K = 3", should_hold,
                 None if should_hold else "other", False)


def run(claim, aspect, action):
    """The evidence of one check, and whether the test that made it passes."""
    seen = []
    check = Check(claim, aspect, "verify/test_made.py::test", "quick", seen.append)
    try:
        action(check)
    except AssertionError:
        return seen[0], False
    return seen[0], True


CASES = grid(W=range(1, 5), K=range(1, 5))


# -- comparisons --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation, claimed, measured, expected", [
    ("equals", 1, 1, True), ("equals", 1, 1 + 1e-15, False), ("at most", 2, 2, True), ("at most", 2, 3, False),
    ("at least", 2, 2, True), ("at least", 2, 1, False), ("equals", INFINITY, INFINITY, True),
    ("equals", 1, INFINITY, False), ("at most", 1, INFINITY, False), ("equals", [1, 2], [1, 2], True),
    ("equals", [1, 2], [1, 3], False), ("equals", [1], [1, 2], False), ("equals", {"a": 1}, {"a": 2}, False),
    ("equals", {"a": 1}, {"b": 1}, False), ("equals", np.array([0.1]), np.array([0.1 + 5e-18]), True),
    ("equals", np.array([0.1]), np.array([0.1 + 2e-17]), False)])
def test_agreement_is_exact_without_a_tolerance(relation, claimed, measured, expected):
    assert agrees(relation, claimed, measured) is expected


def test_a_tolerance_is_relative_and_not_below_it():
    assert agrees("equals", 1000.0, 1000.9, within=1e-3) and not agrees("equals", 1000.0, 1001.1, within=1e-3)
    assert agrees("at least", 1.0, 0.9995, within=1e-3) and not agrees("at least", 1.0, 0.998, within=1e-3)


def test_a_ball_that_cannot_decide_counts_against_the_claim():
    import flint

    wide = flint.arb(1, 0.5)
    assert not agrees("at most", 1, wide) and not agrees("equals", 1, wide) and agrees("at most", 2, wide)


# -- the kinds of check -------------------------------------------------------------------------------------------


def test_exhaust_holds_a_true_claim_and_says_how_far():
    found, passed = run(make(), "exact", lambda c: c.exhaust(CASES, lambda W, K: W * K))
    assert passed and found.outcome == "held" and found.scope == "W <= 4, K <= 4, 16 cases"


def test_exhaust_finds_the_smallest_counterexample():
    found, passed = run(make(), "exact", lambda c: c.exhaust(CASES, lambda W, K: W * K + (W > 1 and K > 2)))
    assert not passed and found.outcome == "refuted"
    assert found.case == "W = 2, K = 3: claimed equals 6, is 7"


def test_search_shrinks_its_counterexample():
    cases = st.fixed_dictionaries({"W": st.integers(1, 50), "K": st.integers(1, 50)})
    found, passed = run(make(), "searched", lambda c: c.search(cases, lambda W, K: W * K + (W > 7)))
    assert not passed and found.case.startswith("W = 8, K = 1:")


def test_a_control_must_fall():
    fallen, passed = run(make(), "control", lambda c: c.exhaust(CASES, lambda W, K: W * K))
    assert passed and fallen.outcome == "refuted"
    standing, passed = run(make(control=lambda W, K: K * W), "control", lambda c: c.exhaust(CASES, lambda W, K: W * K))
    assert not passed and standing.outcome == "held"


def test_a_statement_quoted_to_be_refuted_must_be():
    _, passed = run(make(should_hold=False), "exact", lambda c: c.exhaust(CASES, lambda W, K: W * K))
    assert not passed


def test_needed_looks_outside_the_domain():
    claim = make(domain=FORKS)
    found, passed = run(claim, "needed", lambda c: c.exhaust(CASES, lambda W, K: W * K + (W == 1)))
    assert passed and found.case.startswith("W = 1")
    _, passed = run(claim, "needed", lambda c: c.exhaust(CASES, lambda W, K: W * K))
    assert not passed


def test_a_check_with_no_case_in_the_domain_fails():
    with pytest.raises(AssertionError, match="no case"):
        Check(make(domain=FORKS), "exact", "x", "quick", lambda e: None).exhaust(grid(W=[1], K=[1]), lambda W, K: 1)


def test_a_certificate_needs_every_residual_to_cancel():
    assert run(make(), "proved", lambda c: c.certificate(lambda body: {"x": 0, "y": 0}, "all"))[1]
    assert not run(make(), "proved", lambda c: c.certificate(lambda body: {"x": 0, "y": 1}, "all"))[1]


def test_a_sweep_must_approach_its_limit():
    claim = make(body=lambda W, K: 1.0, relation="tends to")
    points = [{"W": 1, "K": K} for K in (10, 20, 40)]
    assert run(claim, "sweep", lambda c: c.sweep(points, lambda W, K: 1 + 1 / K, within=0.03))[1]
    assert not run(claim, "sweep", lambda c: c.sweep(points, lambda W, K: 1 + 1 / K, within=0.02))[1]
    assert not run(claim, "sweep", lambda c: c.sweep(points, lambda W, K: 1 + K / 1e4, within=0.03))[1]


# -- statistics ---------------------------------------------------------------------------------------------------


def geometric_law(p, horizon=200):
    return Law(1 - (1 - p) ** np.arange(horizon))


def test_three_outcomes():
    rng = np.random.default_rng(1)
    law, twin, n = geometric_law(0.1), geometric_law(0.13), 20_000
    assert decide(law, twin, rng.geometric(0.1, n))[0] == "held"
    assert decide(law, twin, rng.geometric(0.13, n))[0] == "refuted"
    assert decide(law, geometric_law(0.101), rng.geometric(0.1, n))[0] == "undecided"
    assert decide(law, twin, rng.geometric(0.1, 50))[0] == "undecided"


def test_the_false_alarm_rate_is_kept():
    """At alpha = 0.05, a true law is refuted in at most about 5 % of 2000 samples (Massart's bound is conservative)."""
    rng, law = np.random.default_rng(2), geometric_law(0.1)
    alarms = sum(law.p_value(rng.geometric(0.1, 100)) < 0.05 for _ in range(2000))
    assert alarms <= 140          # five standard deviations above 100


def test_the_stated_power_is_reached():
    rng, law, twin, n = np.random.default_rng(3), geometric_law(0.1), geometric_law(0.12), 2500
    _, power = decide(law, twin, rng.geometric(0.1, n), alpha=0.01)
    refuted = sum(law.p_value(rng.geometric(0.12, n)) < 0.01 for _ in range(300))
    assert power > 0.3 and refuted / 300 >= power - 0.09


def test_walks_beyond_the_horizon_count_as_later():
    law = geometric_law(0.1, horizon=10)
    assert law.distance(np.full(100, 10**6)) == pytest.approx(law.F[-1])


def test_an_error_of_the_law_excuses_that_much_and_no_more():
    sample = np.random.default_rng(4).geometric(0.1, 10_000)
    assert Law(geometric_law(0.12).F, error=1.0).p_value(sample) == 1.0
    assert geometric_law(0.12).p_value(sample) < 1e-6


def test_seeds_depend_on_the_name_alone():
    assert judge.seed_of("a") == judge.seed_of("a") != judge.seed_of("b")


# -- verdicts -----------------------------------------------------------------------------------------------------


def item(label, aspect, outcome="held", **more):
    return Evidence(label, aspect, outcome, f"verify/test_x.py::test_{label}__{aspect}", **more)


def verdict_of(items, claims=None):
    claims = claims or {"made": make()}
    return evidence.verdicts(claims, items)


def test_no_evidence_is_stated():
    assert str(verdict_of([])["made"]) == "stated"


def test_no_control_no_verdict():
    assert "no control" in str(verdict_of([item("made", "exact", scope="W <= 4")])["made"])


def test_a_standing_control_takes_the_verdict_away():
    found = verdict_of([item("made", "exact"), item("made", "control", "held")])["made"]
    assert found.kind == "no verdict"


def test_the_strongest_evidence_gives_the_kind_and_all_of_it_the_text():
    found = verdict_of([item("made", "searched", n=60), item("made", "proved", scope="all W, K"),
                        item("made", "control", "refuted")])["made"]
    assert found.kind == "proved" and str(found) == "proved for all W, K; searched, 60 cases"


def test_one_refutation_outweighs_everything():
    found = verdict_of([item("made", "proved", scope="all"), item("made", "searched", "refuted", case="W = 2"),
                        item("made", "control", "refuted")])["made"]
    assert str(found) == "REFUTED, smallest counterexample W = 2"


def test_an_error_is_not_a_verdict():
    found = verdict_of([item("made", "exact"), item("made", "searched", "error", case="ValueError: x"),
                        item("made", "control", "refuted")])["made"]
    assert found.kind == "no verdict" and "ValueError" in str(found)


def test_bad_news_travels_up_through_every_floor():
    claims = {"low": make(), "mid": make(stands_on=("low",)), "top": make(stands_on=("mid",))}
    items = [e for label in ("mid", "top") for e in
             (item(label, "proved", scope="all"), item(label, "control", "refuted"))]
    found = verdict_of(items, claims)
    assert str(found["top"]) == str(found["mid"]) == "proved for all; rests on low: stated"


def test_claims_that_stand_on_each_other_are_an_error():
    with pytest.raises(ValueError, match="circle"):
        verdict_of([], {"a": make(stands_on=("b",)), "b": make(stands_on=("a",))})


def test_mostly_discarded_is_flagged():
    found = verdict_of([item("made", "searched", n=10, discarded=11), item("made", "control", "refuted")])["made"]
    assert "mostly discarded" in str(found)


# -- the store ----------------------------------------------------------------------------------------------------


def test_the_store_returns_what_was_put_in(tmp_path):
    store = tmp_path / "deep" / "evidence.jsonl"
    first = item("made", "exact", n=3, tightest=1.5, case="ß")
    evidence.append(store, first)
    evidence.append(store, item("made", "control", "refuted"))
    assert first in evidence.load(store) and len(evidence.load(store)) == 2


def test_a_later_line_replaces_an_earlier_one(tmp_path):
    evidence.append(tmp_path / "e", item("made", "exact", n=1))
    evidence.append(tmp_path / "e", item("made", "exact", n=2))
    assert [e.n for e in evidence.load(tmp_path / "e")] == [2]


def test_evidence_of_other_sources_does_not_count(tmp_path):
    evidence.append(tmp_path / "e", item("made", "exact"))
    line = json.loads((tmp_path / "e").read_text())
    (tmp_path / "e").write_text(json.dumps({**line, "sources": "0" * 16}) + "\n")
    assert evidence.load(tmp_path / "e") == []


def test_a_line_cut_off_by_a_kill_is_skipped_and_other_damage_is_named(tmp_path):
    store = tmp_path / "e"
    evidence.append(store, item("made", "exact"))
    whole = store.read_text()
    store.write_text(whole + whole[:40])
    assert len(evidence.load(store)) == 1
    store.write_text("nonsense\n" + whole)
    with pytest.raises(InputError, match="line 1.*nonsense"):
        evidence.load(store)


def test_a_store_that_cannot_be_written_says_so_in_one_line():
    with pytest.raises(InputError, match="/dev/full: No space left"):
        from pathlib import Path

        evidence.append(Path("/dev/full"), item("made", "exact"))


def test_p_values_stay_probabilities():
    assert 0 <= geometric_law(0.5).p_value(np.array([1, 2, 3])) <= 1 and not math.isnan(judge.ALPHA)


def test_checks_in_several_processes_leave_the_same_evidence(tmp_path):
    """`-n 2` runs the same checks, says the same verdicts, and `--undone` leaves none of them to do."""
    import subprocess
    import sys

    home = evidence.ROOT.parent

    def checks(*words):
        done = subprocess.run([sys.executable, "-m", "pytest", "verify/test_model.py", "-q", *words], cwd=home,
                              capture_output=True, text=True, timeout=300)
        return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("            ")]

    alone, several = tmp_path / "alone", tmp_path / "several"
    first, second = checks("-n", "0", "--evidence", str(alone)), checks("-n", "2", "--evidence", str(several))
    assert first[0] == second[0] == 0 and first[1] == second[1] != []
    seen = [[(e.check, e.aspect, e.outcome, e.case) for e in evidence.load(path)] for path in (alone, several)]
    assert seen[0] == seen[1]
    assert checks("-n", "2", "--undone", "--evidence", str(several))[0] == pytest.ExitCode.NO_TESTS_COLLECTED
