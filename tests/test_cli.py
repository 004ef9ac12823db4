"""The command `backtrack`, tried as a user would: outputs, JSON, errors in one line, exit statuses, interruption."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from theory.claim import claims


def backtrack(*words, env=None, **kwargs):
    """Run the command in a fresh process; (status, stdout, stderr)."""
    done = subprocess.run([sys.executable, "-m", "verify", *map(str, words)], capture_output=True, text=True,
                          timeout=120, env={**os.environ, **(env or {})}, **kwargs)
    return done.returncode, done.stdout, done.stderr


def inside(*words):
    """The same in this process, where loops are compiled once for all tests; (status, stdout, stderr)."""
    from click.testing import CliRunner

    from verify.cli import cli

    done = CliRunner().invoke(cli, list(map(str, words)))
    return done.exit_code, done.stdout, done.stderr if done.exit_code == 0 else f"{done.stderr}{done.exception}"


def maze(W, K, L):
    return "-W", W, "-K", K, "-L", L


# -- hitting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy, exact", [
    ("base", "50141"), ("sft", "13178858182061763405316183/30517578125"), ("optimum", "899")])
def test_hitting_json_is_exact(policy, exact):
    status, out, _ = backtrack("hitting", *maze(15, 15, 5), "--policy", policy, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["maze"] == {"W": 15, "K": 15, "L": 5} and found["policy"] == policy
    assert found["steps"]["exact"] == exact
    assert set(found["steps"]) == {"exact", "decimal", "log10"}


def test_hitting_counts_the_prompt_edge_when_asked():
    _, out, _ = backtrack("hitting", *maze(15, 15, 5), "--prompt-edge", "--json")
    assert json.loads(out)["steps"]["exact"] == "50142"


def test_hitting_reads_rows_from_a_file(tmp_path):
    file = tmp_path / "rows.json"
    file.write_text('{"a": [1, "1/2"], "b": 0.5, "c": 1, "d": "1/3"}')
    status, out, _ = backtrack("hitting", *maze(2, 2, 3), "--policy", file, "--json")
    assert status == 0
    from theory import Maze, Policy, expected_steps

    rows = Policy([1, "1/2"], "1/2", 1, "1/3")
    assert json.loads(out)["steps"]["exact"] == str(expected_steps(Maze(2, 2, 3), rows))


def test_hitting_json_field_by_field():
    """Awkward settings; every number by the walk's solver, the rows' ratio and mpmath."""
    import mpmath

    from theory import Maze, Policy, expected_steps
    from theory.numeric import exact
    from theory.perturbed import mixed_policy, mixed_steps
    from theory.printing import Quantity

    given, place = "0.7,1/3,4/5,1/6", ("--target", 2, "--prompt-edge", "--json")
    steps = expected_steps(Maze(4, 3, 2), Policy("0.7", "1/3", "4/5", "1/6"), target=2, prompt_edge=True)
    asked = {"maze": {"W": 4, "K": 3, "L": 2}, "policy": None, "rows": given, "time": None, "mixture": None,
             "wrapper": "none", "target": 2, "prompt_edge": True}
    status, out, _ = inside("hitting", *maze(4, 3, 2), "--rows", given, *place)
    rate = exact("0.7") * exact("4/5") / (exact("1/3") * exact("1/6"))
    assert status == 0 and json.loads(out) == asked | {
        "steps": {"exact": str(steps), "decimal": Quantity(steps).text(17), "log10": float(mpmath.log10(float(steps)))},
        "growth": {"rate": str(rate), "exponent": mpmath.nstr(mpmath.log(float(rate)), 10), "order": f"W ({rate})^K",
                   "words": "exponential in K"}}

    words = ("--policy", "sft", "--mixture", "1/3", "--time", "2.5")
    status, out, _ = inside("hitting", *maze(4, 3, 2), *words, *place)
    found, rows = json.loads(out), mixed_policy(2, exact("2.5"), exact(1), 200).branch(0)           # eps (W-1) = 1
    ratio = float(rows.a * rows.c / (rows.b * rows.d))
    cost = 1 + float(mixed_steps(Maze(4, 3, 2), "2.5", 1))
    assert status == 0 and {name: found[name] for name in asked} == asked | {
        "policy": "sft", "rows": None, "time": "2.5", "mixture": "1/3"}
    assert found["steps"]["exact"] is None and float(found["steps"]["decimal"]) == pytest.approx(cost, rel=1e-14)
    assert found["steps"]["log10"] == pytest.approx(float(mpmath.log10(cost)), rel=1e-14)
    growth = found["growth"]
    assert float(growth["rate"]) == pytest.approx(ratio, rel=1e-9)
    assert float(growth["exponent"]) == pytest.approx(float(mpmath.log(ratio)), rel=1e-9)
    assert growth["order"] == f"W exp({growth['exponent']} K)" and growth["words"] == "exponential in K"


def test_a_trap_costs_infinity_and_is_said_so(tmp_path):
    file = tmp_path / "rows.json"
    file.write_text('{"a": 1, "b": 0, "c": 1, "d": 1}')
    status, out, _ = backtrack("hitting", *maze(2, 1, 1), "--policy", file, "--json")
    assert status == 0 and json.loads(out)["steps"] == {"exact": "oo", "decimal": "oo", "log10": None}


def test_results_of_any_length_print():
    _, out, _ = backtrack("hitting", *maze(2, 20_000, 5), "--policy", "sft", "--json")
    assert len(json.loads(out)["steps"]["exact"]) > 4300


@pytest.mark.parametrize("words, shown", [
    (("hitting", *maze(0, 1, 1)), "W = 0"),
    (("hitting", *maze(2, -3, 1)), "K = -3"),
    (("hitting", *maze(2, 1, "x")), "'x'"),
    (("hitting", *maze(2, 1, 1), "--policy", "none.json"), "none.json"),
    (("hitting", *maze(2, 1, 1), "--target", 5), "target branch 5"),
    (("claims", "no_such_claim"), "'no_such_claim'"),
    (("verify", "Theorem 99"), "'Theorem 99'"),
    (("train", *maze(2, 1, 1), "--learner", "magic"), "'magic'"),
    (("train", *maze(2, 1, 1), "--lr", -1), "lr = -1"),
    (("train", *maze(2, 1, 1), "--steps", -1), "steps = -1"),
    (("train", *maze(2, 1, 1), "--learner", "grpo", "--group", 1), "group = 1"),
    (("train", *maze(2, 1, 1), "--learner", "distil", "--data-mix", 1.2), "1.2"),
    (("train", *maze(2, 1, 1), "--reward", "joy"), "'joy'"),
    (("train", *maze(2, 1, 1), "--figure", "x.doc", "--steps", 1), "x.doc"),
    (("train", *maze(2, 1, 1), "--start", "none.json"), "none.json"),
    (("rollouts", *maze(2, 1, 1), "--runs", 0), "runs = 0"),
    (("rollouts", *maze(3, 25, 5), "--policy", "sft"), "2^53"),
    (("rollouts", *maze(2, 1, 1), "--seed", -1), "-1"),
    (("tables", "-o", "x", "-W", "4:2"), "'4:2'"),
    (("nonsense",), "nonsense"),
])
def test_bad_input_gets_one_line_that_shows_the_value(words, shown, tmp_path):
    status, out, err = backtrack(*words, cwd=tmp_path, env={"PYTHONPATH": os.getcwd()})
    assert status == 2 and out == ""
    assert err.count("\n") == 1 and shown in err and "Traceback" not in err


@pytest.mark.parametrize("text, shown", [
    ('{"a": 1.2, "b": 1, "c": 1, "d": 1}', "1.2"), ("{", "not JSON"), ('{"a": 1}', "a, b, c, d"),
    ('{"a": [1, 1, 1], "b": 1, "c": 1, "d": 1}', "row a has 3 entries, the maze has K = 4 diamonds")])
def test_bad_policy_files_get_one_line(text, shown, tmp_path):
    file = tmp_path / "rows.json"
    file.write_text(text)
    status, _, err = backtrack("hitting", *maze(2, 4, 1), "--policy", file)
    assert status == 2 and err.count("\n") == 1 and shown in err


# -- claims and checks --------------------------------------------------------------------------------------------


def test_claims_json_lists_every_claim():
    status, out, _ = backtrack("claims", "--json")
    rows = json.loads(out)
    assert status == 0 and [row["label"] for row in rows] == list(claims())
    for row in rows:
        assert set(row) >= {"label", "number", "statement", "source", "verdict", "control", "stands_on", "code",
                            "check"}


def test_claims_by_the_papers_number():
    _, out, _ = backtrack("claims", "Theorem 4", "--json")
    assert {row["number"] for row in json.loads(out)} == {"Theorem 4"}


def test_one_claim_shows_its_control_and_what_it_stands_on():
    _, out, _ = backtrack("claims", "separation")
    assert "control" in out and "sft_cost" in out and "theory.separation.separation" in out


def test_verify_runs_the_checks_and_keeps_their_evidence(tmp_path):
    store = tmp_path / "evidence.jsonl"
    status, out, _ = backtrack("verify", "optimum_cost", "--json", env={"BACKTRACK_EVIDENCE": str(store)})
    (row,) = json.loads(out)
    assert status == 0 and row["verdict"].startswith("proved for all W, K")
    assert len(store.read_text().splitlines()) == len(row["check"])
    before = store.read_text()
    backtrack("verify", "optimum_cost", "--resume", env={"BACKTRACK_EVIDENCE": str(store)})
    assert store.read_text() == before          # nothing was run twice


def test_verify_fails_when_a_claim_that_should_hold_is_refuted(tmp_path):
    """A copy of the sources with one constant changed: the verdict is REFUTED and the status 1."""
    import shutil
    from pathlib import Path

    for package in ("theory", "verify"):
        shutil.copytree(Path(__file__).parent.parent / package, tmp_path / package)
    broken = tmp_path / "theory" / "closed_forms.py"
    text = broken.read_text()
    assert text.count("(2 * parameter(K) + 1)") == 1
    broken.write_text(text.replace("(2 * parameter(K) + 1)", "(2 * parameter(K) + 2)"))
    status, out, _ = backtrack("verify", "optimum_cost", "--json", cwd=tmp_path,
                               env={"BACKTRACK_EVIDENCE": str(tmp_path / "e.jsonl"), "PYTHONPATH": str(tmp_path),
                                    "BACKTRACK_NEEDS": ""})          # Coq has said nothing of this copy
    assert status == 1, out
    assert json.loads(out)[0]["verdict"].startswith("REFUTED, smallest counterexample W = 1, K = 1")


def test_an_interrupted_run_keeps_what_it_found(tmp_path):
    store = tmp_path / "evidence.jsonl"
    run = subprocess.Popen([sys.executable, "-m", "verify", "verify"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, env={**os.environ, "BACKTRACK_EVIDENCE": str(store)})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (store.exists() and store.read_text().count("\n") >= 3):
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and err.strip().count("\n") == 0 and "interrupted" in err
    assert store.read_text().count("\n") >= 3


# -- training and tables ------------------------------------------------------------------------------------------


def test_train_sign_reproduces_figure_3():
    status, out, _ = inside("train", "--learner", "sign", *maze(15, 15, 5), "--steps", 1200, "--lr", 0.01, "--json")
    trace = {point["step"]: point["steps_to_target"] for point in json.loads(out)["trace"]}
    assert status == 0
    for step, value in {0: 50142, 1: 49658.0633, 25: 39503.4941, 100: 20239.8814, 300: 4177.9501, 600: 1078.0128,
                        1200: 900.4437}.items():
        assert trace[step] + 1 == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("words", [
    ("flow",), ("sft-flow",), ("sgd-sft", "--untied", "--fixed-target"),
    ("grpo", "--reward", "outcome", "--truncate", 40, "--group", 8, "--seed", 3, "--kl", 0.01),
    ("distil", "--data-mix", 0.5, "--traces", 20), ("rejection", "--keep", 0.2, "--truncate", 500), ("dagger",)])
def test_every_kind_of_learner_starts_at_base_and_counts_what_it_uses(words):
    status, out, err = inside("train", "--learner", *words, *maze(3, 2, 2), "--steps", 5, "--json")
    assert status == 0, err
    trace = json.loads(out)["trace"]
    assert trace[0]["steps_to_target"] == pytest.approx(140, rel=1e-12) and len(trace) == 6
    assert set(trace[0]) == {"step", "steps_to_target", "log10", "samples", "walked", "rows"}
    assert (trace[-1]["walked"] > 0) == ("flow" not in words[0])


def test_training_stops_within_the_optimum_draws_it_and_saves_it(tmp_path):
    figure, rows = tmp_path / "run.png", tmp_path / "rows.json"
    status, out, err = inside("train", "--learner", "reinforce", *maze(3, 2, 2), "--within", 1.1, "--figure", figure,
                                 "--save", rows)
    assert status == 0, err
    assert "optimum 25" in out and figure.read_bytes().startswith(b"\x89PNG")
    _, out, _ = inside("hitting", *maze(3, 2, 2), "--policy", rows, "--json")
    # the averaged rows cost more than the policy that was learnt, and the command said so
    saved = float(json.loads(out)["steps"]["decimal"])
    assert saved == pytest.approx(float(err.split("expected steps ")[1].split(";")[0]), rel=1e-5) and saved > 25


def test_an_interrupted_training_shows_what_it_has_and_goes_on_where_it_was(tmp_path):
    file, words = tmp_path / "run.npz", ("--learner", "reinforce", *maze(6, 5, 5), "--steps", 10**6, "--checkpoint")
    run = subprocess.Popen([sys.executable, "-m", "verify", "train", *map(str, (*words, file)), "--json"], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not file.exists():           # the first checkpoint comes after ten seconds
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130 and err.strip().count("\n") == 0 and "interrupted" in err
    from verify.learners.learning import Trained

    kept = Trained.load(file, {}).used
    assert kept.updates > 0 and json.loads(out)["trace"][-1]["step"] == kept.updates
    status, out, _ = inside("train", *words, file, "--max-walked", 1, "--json")         # nothing more may be walked
    assert status == 0 and json.loads(out)["trace"][-1]["walked"] == kept.steps


# -- rollouts -----------------------------------------------------------------------------------------------------


def test_rollouts_print_exact_and_simulated_side_by_side(tmp_path):
    figure = tmp_path / "law.svg"
    status, out, err = inside("rollouts", *maze(3, 2, 2), "--runs", 4000, "--figure", figure)
    assert status == 0, err
    assert "exact" in out and "simulated" in out and "P(T <= 5)" in out and "<svg" in figure.read_text()


def test_rollouts_of_an_astronomical_walk_are_drawn_by_excursions():
    _, out, _ = inside("rollouts", *maze(15, 15, 5), "--policy", "sft", "--runs", 3000, "--json")
    found = json.loads(out)
    assert found["sampler"] == "excursions" and found["exact"]["mean"]["decimal"].startswith("43184482490979")
    assert all(row["low"] <= row["exact"] <= row["high"] for row in found["shares"])


def test_rollouts_cut_off_claim_no_mean():
    _, out, _ = inside("rollouts", *maze(3, 2, 2), "--runs", 500, "--limit", 40, "--json")
    assert json.loads(out)["simulated"] is None and json.loads(out)["cut_off"] > 0


def test_tables_are_written(tmp_path):
    for name in ("latex", "json"):
        status, out, err = inside("tables", "--format", name, "-o", tmp_path / name, "-W", "2:4", "-K", "1,3",
                                     "--no-measured")
        assert status == 0, err
        assert len(out.splitlines()) >= 5


def test_an_unwritable_place_gets_one_line():
    status, _, err = backtrack("tables", "-o", "/proc/nowhere", "--no-measured")
    assert status != 0 and err.count("\n") == 1 and "/proc/nowhere" in err


def test_a_full_disk_gets_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "verify", "claims", "--json"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60)
    assert done.returncode == 1 and "No space left" in done.stderr and "Traceback" not in done.stderr


def test_help_everywhere():
    from verify.cli import cli

    for words in ((), *((name,) for name in cli.commands)):
        status, out, _ = backtrack(*words, "--help")
        assert status == 0 and "Usage: backtrack" in out


@pytest.mark.parametrize("words, piece", [
    (("report", "-o", ""), "'' is not a folder"), (("tables", "-o", ""), "'' is not a folder"),
    (("report", "-o", "/dev/null/x"), "/dev/null/x"),
    (("hitting", "-W", 2, "-K", 2, "-L", 2, "--policy", ""), "policy ''")])
def test_no_folder_and_no_policy_are_refused_before_anything_runs(words, piece):
    status, out, error = inside(*words)
    assert status != 0 and not out and piece in error
