"""The bridge between Coq and the claims: what it notices, what the kernel's word counts for, and what its lack shows.

Tests that run Coq compile a few files only; without coqc they are skipped, and say so.
"""

import dataclasses
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sympy

from tests.conftest import needs
from theory.claim import claims
from theory.numeric import InputError
from theory.proofs import Proof, beside, line_of, proofs, requires, sources
from theory.proofs import export as exporting
from theory.proofs.export import binders, bridges, related, statement, theorems
from theory.proofs.formulas import POWER, coq
from verify import kernel, proving
from verify.report import prooftable

HOME = Path(__file__).parent.parent
THOROUGH = pytest.mark.skipif(os.environ.get("BACKTRACK_PROFILE") != "thorough", reason="thorough profile only")
W, K, L = sympy.symbols("W K L", positive=True)
FORBIDDEN = re.compile(r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjecture|Abort|bypass_check|Primitive)\b"
                       r"|\b(Notation|Infix|Module|Declare|Instance|Canonical|Add|Scheme|Load|Export\s+Set)\b"
                       r"|\b(Set|Unset)\s+(?!Warnings)|type-in-type|Coercion (?!INR : nat >-> R\.)")
ASSUMING = re.compile(r"^\s*(#\[[^]]*\]\s*|Local\s+|Global\s+)*(Variables?|Hypothes[ie]s|Context)\b")


# -- formulas -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("value, text", [
    (W + 2 * K, "2 * K + W"), (-W, "-W"), (W - 1, "W - 1"), (sympy.Rational(3, 7), "3 / 7"), (2, "2"), (True, "1"),
    ((L + 1) ** 2 / L, "(L + 1) ^ 2 / L"), (1 / L, "1 / L"), (POWER((L + 1) ** 2 / L, K), "((L + 1) ^ 2 / L) ^ K"),
    (L ** (K - 1), "L ^ K / L"), (L ** (1 - K), "L / (L ^ K)"), (L ** (K - 2), "L ^ K / (L ^ 2)"),
    (L ** (2 * K + 1), "L ^ (1 + 2 * K)"), ((1, L), "(1, L)"), (sympy.Max(W, K), "(Rmax K W)"),
    (sympy.Abs(sympy.log(W)), "Rabs (ln W)")])
def test_a_formula_is_written_as_coq_reads_it(value, text):
    """No difference of whole numbers is left in an exponent: in Coq it would stop at 0."""
    assert coq(value).replace("(L ^ K)", "L ^ K").replace("(L ^ 2)", "L ^ 2") == text.replace(
        "(L ^ K)", "L ^ K").replace("(L ^ 2)", "L ^ 2")


def test_what_has_no_notation_is_refused():
    with pytest.raises(InputError, match="sin"):
        coq(sympy.sin(W))
    with pytest.raises(InputError, match="no whole exponent"):
        coq(W ** (K / 2))


# -- the registry of proofs -----------------------------------------------------------------------------------------

def test_every_proof_is_of_a_claim_and_has_a_theorem_and_no_two_share_one():
    texts, seen = sources(), {}
    for label, proof in proofs().items():
        assert label in claims() and proof.words and proof.file in texts
        assert line_of(proof, texts) > 0
        assert seen.setdefault(proof.theorem, label) == label
    for item in beside():
        assert line_of(item, texts) > 0 and item.words
        assert item.name not in claims() or item.name not in proofs(), item.name


@pytest.mark.parametrize("label", sorted(proofs()))
def test_every_proof_has_its_statement_its_relation_and_a_refuted_twin(label):
    proof, claim = proofs()[label], claims()[label]
    names = [name for name, _, _ in theorems(proof)]
    assert related(proof, claim)
    assert names[0] == f"claim_{label}" and f"twin_{label}" in names
    assert proof.tie in ("formula", "cases", "by hand")
    if proof.tie == "formula":
        assert statement(proof, claim.body) != statement(proof, claim.control)
    if proof.tie == "by hand":
        assert proof.differs, "what is tied by hand only says so"


def test_most_proofs_are_tied_by_formula_or_by_cases():
    ties = [proof.tie for proof in proofs().values()]
    assert ties.count("formula") > len(ties) / 2 and ties.count("by hand") < len(ties) / 6


NAMES = {"target": "t", "branch": "i", "Ps": "P", "Qs": "Q", "a": "a", "aim": "target"}
# where the term of the cases is not, letter by letter, a part of the statement: what it reads there, and why
READS = {
    "entry_success": ("p = / entries N P Q", "1 / Z for / Z"),
    "blind_lower": ("(fun i => 4 * K i * entry_chance (2 * K i) (P i) (Q i))", "the cases have equal depths"),
    "lumping": ("mean place (merged_moves W (2 * K) (P_of T 0) (Q_of T 0)) w", "one move, the mean of an indicator"),
    "expected_limit": ("steps W N t P Q H <-> Un_cv", "`steps` has the one solution `hitting` (hitting_time)"),
    "figure3_diagonal": ("H + 1 = 4 * W * K <-> W = K", "the body is a truth value"),
    "restart_shortest": ("W * (2 * K + 1) / prod (2 * K) (fun x => P t (S x))", "the target's row of all rows"),
    "search_certain": ("(fun i => 2 * K + 1 + sum K (fun j => round_trips L (d i j)))", "row d is Q at the left nodes"),
}


@pytest.mark.parametrize("label", [label for label, proof in proofs().items() if proof.cases])
def test_the_term_that_is_compared_is_the_one_that_is_stated(label):
    def plain(text):
        return re.sub(r"\s+|INR|[()]", "", text)

    class Names(dict):
        def __missing__(self, name):
            return name

    proof = proofs()[label]
    term = proof.of.format_map(Names(NAMES))
    stated = plain(proof.statement)
    if label in READS:
        assert plain(term) not in stated and plain(READS[label][0]) in stated
    else:
        assert plain(term) in stated or plain(term.replace("(2 * K)", "N")) in stated


HYPOTHESIS = re.compile(r"\((\w+) (<=|<) (\w+)\)%nat -> ")
SIZES = re.compile(r"\(([^()]|\([^()]*\))*\)%nat ->")
# the hypotheses on whole numbers that are so common that they need no look; and all others, claim by claim
PLAIN = re.compile(r"\(1 <= [WKLMBkn]\)%nat ->|\(2 <= [WM]\)%nat ->|\([ts] < W\)%nat ->|\([ijmty] < [WKMn]\)%nat ->"
                   r"|\(1 <= K\)%nat ->")
OTHERS = {
    "difference_recursion": {"(x <= N)%nat ->", "(y < N)%nat ->"}, "optimum_only": {"(x < 2 * K)%nat ->"},
    "no_gap_without_wrong_branch": {"(t < 1)%nat ->"}, "summary_no_signal": {"(k < width s)%nat ->"},
    "sft_frozen": {"(k < width W K L (crossed i x c false))%nat ->"},
    "blind_lower": {"(1 <= n <= W)%nat ->"}, "sft_worse_than_base": {"(3 <= K)%nat ->"},
    "attempt_sft": {"(1 <= B < 3 * (2 * K + 1))%nat ->"}, "restart_best_budget": {"(best = {formula})%nat ->"},
    "attempt_cost": {"(2 * K + 1 <= B)%nat ->", "(B < 3 * (2 * K + 1))%nat ->"},
}


@pytest.mark.parametrize("label", sorted(proofs()))
def test_no_hypothesis_on_whole_numbers_came_in_unseen(label):
    """A statement may not be made weaker by one: each is of a plain form, or listed here."""
    found = {match[0] for match in SIZES.finditer(proofs()[label].statement)}
    assert {text for text in found if not PLAIN.fullmatch(text)} <= OTHERS.get(label, set()), found


@pytest.mark.parametrize("label", sorted(label for label in proofs() if not claims()[label].should_hold))
def test_a_quoted_sentence_is_refuted_inside_its_domain(label):
    """Where it is not made, at K = 0 say, its failure would mean nothing."""
    statement = proofs()[label].statement
    assert all(f"(1 <= {size})%nat" in statement for size in "KL" if f" {size} " in statement.split(",")[0])
    assert "(t < W)%nat" in statement


@pytest.mark.parametrize("label", sorted(label for label, proof in proofs().items() if proof.twin))
def test_a_twin_is_refuted_inside_its_claims_domain(label):
    proof, claim = proofs()[label], claims()[label]
    values = re.sub(r"\([^()]*\)(%R)?", "0.5", proof.twin).split()
    case = {name: int(value) for name, value in zip(binders(proof.statement), values, strict=False) if value.isdigit()}
    assert all(value >= (name in "WKLMBn") for name, value in case.items())
    if set("WKLMn") & set(claim.parameters) and not {"a", "maze"} & set(claim.parameters):
        assert claim.domain.holds(**{name: case[name] for name in claim.parameters if name in case})


@pytest.mark.parametrize("label", sorted(proofs()))
def test_no_hypothesis_on_sizes_is_stronger_than_the_claims_domain(label):
    """For small sizes in the domain every hypothesis of the statement on whole numbers holds, the target being 0."""
    proof, claim = proofs()[label], claims()[label]
    asked = [(a, relation, b) for a, relation, b in HYPOTHESIS.findall(proof.statement)
             if {a, b} - {str(n) for n in range(10)} <= {"W", "K", "L", "M", "t", "n"}]
    names = [name for name in ("W", "K", "L", "M", "n") if name in claim.parameters]
    inside = 0
    for sizes in itertools.product((1, 2, 3, 4), repeat=len(names)):
        case = dict(zip(names, sizes, strict=True))
        try:
            holds = claim.domain.holds(**case)
        except (TypeError, AttributeError):
            return                                 # the domain speaks of a maze or of rows, not of sizes
        if holds:
            inside += 1
            for a, relation, b in asked:
                left, right = (int(x) if x.isdigit() else {"t": 0, **case}.get(x) for x in (a, b))
                if left is not None and right is not None:
                    assert left <= right if relation == "<=" else left < right, (label, case, a, relation, b)
    assert inside or not names


def test_a_statement_with_another_relation_is_noticed():
    proof = dataclasses.replace(proofs()["optimum_least"], statement=proofs()["optimum_least"].statement.replace(
        "{formula} <= H", "H <= {formula}"))
    with pytest.raises(InputError, match="does not state 'at least'"):
        list(theorems(proof))


@pytest.mark.parametrize("change, reason", [
    ({"by": "easy."}, "does not use ClosedForms.optimum_cost"),
    ({"by": "exact ClosedForms.optimum_cost. Qed. Definition x := I"}, "is no script: Qed"),
    ({"against": "Abort. Goal True. exact I"}, "is no script: Abort"),
    ({"statement": proofs()["optimum_cost"].statement + " -> True"}, "does not state")])
def test_a_script_that_is_none_is_refused(change, reason):
    with pytest.raises(InputError, match=re.escape(reason)):
        list(theorems(dataclasses.replace(proofs()["optimum_cost"], **change)))


def test_a_statement_without_a_formula_is_the_theorems_own():
    """Then the kernel is asked whether they are the same, and no tactic can make up for a difference."""
    for label in ("excursion", "hitting_time", "potential_lower", "lumping"):
        script = next(script for name, _, script in theorems(proofs()[label]) if name == f"claim_{label}")
        assert script == f"exact (@{proofs()[label].theorem})."


def test_what_was_said_here_is_what_is_shipped():
    """proofs.json is a record: where Coq was run on these sources, it must have said the same."""
    here, shipped = kernel.known(kernel.own()), kernel.known(kernel.SHIPPED)
    if here is None:
        pytest.skip("not run on these sources here: make prove")

    def timeless(words):
        return {label: dataclasses.replace(word, seconds=0) for label, word in words.accepted.items()}

    assert timeless(here) == timeless(shipped) and here.beside == shipped.beside and not here.refused


def test_binders_are_read():
    assert binders("forall (W K : nat) (P Q : nat -> R) (H : R), x") == ["W", "K", "P", "Q", "H"]


@pytest.mark.parametrize("stem", sorted(sources()))
def test_a_source_has_nothing_unproved(stem):
    """Print Assumptions would show it; this shows it without Coq, comments included."""
    text = sources()[stem]
    assert not FORBIDDEN.search(re.sub(r"#\[export\] Set Warnings", "", text)), FORBIDDEN.search(text)
    depth = 0
    for line in re.sub(r"\(\*.*?\*\)", "", text, flags=re.S).splitlines():
        depth += bool(re.match(r"\s*Section ", line)) - bool(re.match(r"\s*End ", line))
        assert depth > 0 or not ASSUMING.match(line), line
    assert depth == 0
    assert not set(sources()) & {name.split(".")[0] for name in kernel.AXIOMS}
    assert text.startswith("(**")
    assert all(len(line) <= 120 for line in text.splitlines())


# -- the kernel -----------------------------------------------------------------------------------------------------

def _files(**changed):
    """The sources that the closed forms and the optimum need, some of them changed, with their bridges."""
    everything = kernel.texts()
    wanted = {"Sums", "Walk", "Families", "Bridging", "ClosedForms", "ClosedFormsBridge"}
    files = {stem: text for stem, text in everything.items() if stem in wanted}
    for stem, (old, new) in changed.items():
        assert files[stem].count(old) >= 1, old
        files[stem] = files[stem].replace(old, new)
    return files


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """A folder with the unchanged files compiled, and what the kernel said of them."""
    needs("coq", kernel.installed())
    folder = tmp_path_factory.mktemp("proofs")
    return folder, proving.prove(files=_files(), folder=folder)


@pytest.fixture
def said(compiled, tmp_path):
    """What the kernel says of changed files, on top of the unchanged ones."""
    def prove(files):
        shutil.copytree(compiled[0], tmp_path / "changed")
        return proving.prove(files=files, folder=tmp_path / "changed")

    return prove


def test_the_kernel_accepts_and_names_axioms_and_lines(compiled):
    words = compiled[1]
    word = words.accepted["base_cost"]
    assert word.theorem == "ClosedForms.base_cost" and word.line == line_of(proofs()["base_cost"])
    assert set(word.axioms) <= set(kernel.AXIOMS) and word.axioms
    assert word.seconds > 0 and words.coq == kernel.installed()
    assert "separation" in words.refused and "not compiled" in words.refused["separation"]


OPTIMUM = """Theorem optimum_cost (W K t : nat) (H : R) : (1 <= K)%nat -> (t < W)%nat -> optimum_steps W K t H ->
  H = (2 * W - 1) * (2 * K + 1).
Proof."""


def _with(*before, said=OPTIMUM):
    """ClosedForms.v with other lines in front of the optimum's proof, which then proves a lemma."""
    return (OPTIMUM, "\n".join((*before, said, "Qed." if "exact" in said else "", OPTIMUM.replace(
        "Theorem optimum_cost", "Lemma was"))))


@pytest.mark.parametrize("change, reason", [
    ((OPTIMUM, OPTIMUM.replace("2 * K + 1", "2 * K + 2")), "line"),
    pytest.param(_with(said=OPTIMUM + " Admitted."), "ClosedForms.optimum_cost stands on", marks=THOROUGH),
    pytest.param(_with("Axiom believed : forall (W K t : nat) (H : R), H = (2 * W - 1) * (2 * K + 1).",
                       said=OPTIMUM + " intros. exact (believed W K t H)."), "believed", marks=THOROUGH)],
    ids=["constant", "admitted", "axiom"])
def test_a_change_on_coqs_side_is_red(change, reason, said):
    words = said(_files(ClosedForms=change))
    assert "optimum_cost" not in words.accepted and reason in words.refused["optimum_cost"], words.refused


def test_a_stronger_hypothesis_is_red(said):
    """The theorem with it is true, and proved; it is not what the claim says."""
    words = said(_files(ClosedForms=("Theorem base_cost (W K L t : nat) (H : R) : (1 <= K)%nat",
                                     "Theorem base_cost (W K L t : nat) (H : R) : (2 <= K)%nat")))
    assert "ClosedFormsBridge.v" in words.refused["base_cost"], words.refused


@pytest.mark.parametrize("which", ["body", "control"])
def test_a_change_on_pythons_side_is_red(which, said, monkeypatch):
    """A body with another constant, a twin that is none: the kernel cannot prove the one, nor refute the other."""
    known = dict(claims())
    true = known["optimum_cost"].body

    def other(W, K):
        """The optimum."""
        return true(W, K) + int(which == "body")

    changed = dataclasses.replace(known["optimum_cost"], **{which: other})
    monkeypatch.setattr(exporting, "claims", lambda: {**known, "optimum_cost": changed})
    files = _files()
    monkeypatch.undo()
    assert "ClosedFormsBridge.v" in said(files).refused["optimum_cost"]


def test_what_print_assumptions_says_is_read_strictly():
    said = ('     = "asked of x"\n     : string\n{}\n'
            '     = "asked of y"\n     : string\nClosed under the global context\n')
    off = "Axioms:\nx is assumed to be guarded.\nA.b : forall n,\n  n = n"
    assert proving.read_assumptions(said.format(off), ["x", "y"]) == {"x": ["A.b", "x is assumed to be guarded."],
                                                                   "y": []}
    for wrong in ("", "nothing"):
        with pytest.raises(InputError, match="answered"):
            proving.read_assumptions(said.format(wrong), ["x", "y"])


# -- what is kept -----------------------------------------------------------------------------------------------------

def _words(label="optimum_cost", **more):
    bridge = {name: said for name, said, _ in theorems(proofs()[label])}
    word = kernel.Word(proofs()[label].theorem, 1, bridge, ("ClassicalDedekindReals.sig_forall_dec",), 0.1)
    return kernel.Words(**{"sources": kernel.sources_hash(kernel.texts()), "coq": "8.16.1", "seconds": 1.0,
                           "accepted": {label: word}, **more})


def test_words_come_back_as_they_were_kept(tmp_path):
    kernel.keep(_words(), tmp_path / "proofs.json")
    assert kernel.read(tmp_path / "proofs.json") == _words()
    assert kernel.known(tmp_path / "proofs.json") == _words()


def test_words_on_other_sources_count_for_nothing(tmp_path):
    kernel.keep(_words(sources="0" * 16), tmp_path / "proofs.json")
    assert kernel.known(tmp_path / "proofs.json") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"accepted": 3}', '{"accepted": {"x": {}}, "beside": {}}'])
def test_a_malformed_file_is_named(tmp_path, text):
    (tmp_path / "proofs.json").write_text(text)
    with pytest.raises(InputError, match="proofs.json: not what make prove writes"):
        kernel.known(tmp_path / "proofs.json")


def test_a_word_counts_for_the_statement_that_was_compiled_only(monkeypatch):
    claim = claims()["optimum_cost"]
    monkeypatch.setattr(kernel, "known", _words)
    assert kernel.holds("optimum_cost", claim.body) and not kernel.holds("optimum_cost", claim.control)
    compiled = {"claim_optimum_cost": "True", "twin_optimum_cost": "True"}
    other = kernel.Word("ClosedForms.optimum_cost", 1, compiled, (), 0)
    monkeypatch.setattr(kernel, "known", lambda: _words(accepted={"optimum_cost": other}))
    with pytest.raises(InputError, match="was not asked"):
        kernel.holds("optimum_cost", claim.body)
    monkeypatch.setattr(kernel, "known", lambda: _words(accepted={}, refused={"optimum_cost": "line 3: no"}))
    with pytest.raises(InputError, match="refused optimum_cost: line 3: no"):
        kernel.holds("optimum_cost", claim.body)


def test_a_quoted_claim_that_was_proved_false_does_not_hold(monkeypatch):
    label = "figure3_target_quoted"
    monkeypatch.setattr(kernel, "known", lambda: _words(label))
    assert not kernel.holds(label, claims()[label].body)


def test_the_shipped_words_belong_to_these_sources():
    words = kernel.known(kernel.SHIPPED)
    assert words and not words.refused and set(words.accepted) == set(proofs()), "stale: run make evidence"
    assert set(words.beside) == {item.theorem for item in beside()}


# -- where there is no Coq ------------------------------------------------------------------------------------------

def _without_coq(tmp_path, *command):
    empty = tmp_path / "bin"
    empty.mkdir(exist_ok=True)
    keep = {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(empty)}
    ours = ("BACKTRACK_NEEDS", "BACKTRACK_EVIDENCE")
    wanted = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run([sys.executable, *command], cwd=HOME, capture_output=True, text=True, env={**wanted, **keep})


def test_without_coq_prove_says_how_to_get_it(tmp_path):
    run = _without_coq(tmp_path, "-m", "verify", "prove")
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr == "backtrack: coqc is not installed; on Debian and Ubuntu: apt-get install coq\n"


def test_without_coq_the_checks_are_not_run_and_leave_no_evidence(tmp_path):
    kept = tmp_path / "evidence.jsonl"
    run = _without_coq(tmp_path, "-m", "pytest", "verify/test_proofs.py", "-q", "-n", "0", "-rs", "--evidence",
                       str(kept), "--claims", "optimum_cost")
    assert run.returncode == 0 and "2 skipped" in run.stdout, run.stdout[-2000:]
    assert "not run: coqc is not installed" in run.stdout
    assert not kept.exists()


# -- the table --------------------------------------------------------------------------------------------------------

def test_the_table_says_not_run_refused_or_accepted():
    for words, said in ((None, {"not run"}), (_words(refused={"sft_cost": "line 3: no"}), {
            "accepted by Coq 8.16.1", "refused: line 3: no", "refused: not compiled"})):
        rows = prooftable.rows(words)
        assert {row["said"] for row in rows} == said and len(rows) == len(proofs())
        assert all(bool(row["axioms"]) == row["said"].startswith("accepted") for row in rows)
    assert prooftable.summary(None).startswith("not run")
    kept = prooftable.rows(_words(), here=False)
    assert {row["said"] for row in kept if row["axioms"]} == {
        "accepted by Coq 8.16.1 where this package was made, not run here"}
    assert prooftable.summary(_words(), here=False).startswith("Not run here: coqc is not installed")
    assert "1 REFUSED" in prooftable.summary(_words(refused={"sft_cost": "line 3: no"}))


def test_a_row_shows_the_theorem_as_it_stands():
    row = next(row for row in prooftable.rows(None) if row["label"] == "optimum_cost")
    text = (HOME / row["file"]).read_text().splitlines()
    assert row["text"].splitlines()[0] == text[row["line"] - 1] and row["text"].endswith("(2 * W - 1) * (2 * K + 1).")


def test_sources_come_in_the_order_in_which_they_build_on_each_other():
    seen = set()
    for stem, text in sources().items():
        assert set(requires(text)) & set(sources()) <= seen, stem
        seen.add(stem)


def test_a_proof_entered_twice_is_refused(monkeypatch):
    from theory.proofs import growing, walking

    monkeypatch.setattr(growing, "PROOFS", (*growing.PROOFS, walking.PROOFS[0]))
    proofs.cache_clear()
    try:
        with pytest.raises(InputError, match="entered twice"):
            proofs()
    finally:
        monkeypatch.undo()
        proofs.cache_clear()


def test_the_bridges_name_every_claim_and_stay_comments():
    texts = bridges()
    assert sum(text.count("Theorem claim_") for text in texts.values()) == len(proofs())
    for text in texts.values():
        assert "Admitted" not in text and text.count("(**") == text.count("*)")


@THOROUGH
def test_coqchk_accepts_the_compiled_files():
    needs("coq", shutil.which("coqchk"))
    words = proving.prove(checker=True)
    assert not words.refused and words.checker.startswith("coqchk: axioms ")


def test_coqchk_is_read_strictly():
    said = ("CONTEXT SUMMARY\n* Theory: Set is predicative\n* Axioms:\n    {}\n"
            "* Inductives whose positivity is assumed: {}\n")
    assert proving.read_checker(said.format("Coq.Logic.Classical_Prop.classic", "<none>")) == "coqchk: axioms classic"
    for axiom, assumed in (("Backtrack.Walk.mine", "<none>"), ("Coq.Logic.Classical_Prop.classic", "Backtrack.Walk.t")):
        with pytest.raises(InputError, match="coqchk: "):
            proving.read_checker(said.format(axiom, assumed))


def test_a_proof_is_a_value():
    assert Proof("x", "File", "True", "all").theorem == "File.x"
