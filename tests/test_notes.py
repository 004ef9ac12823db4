"""The notes: each opens with its statements, every claim has one, and whatever they point to is there."""

import ast
import functools
import re
import shlex
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from theory.claim import claims
from theory.numbering import NUMBERS, labels_of
from theory.numeric import InputError
from theory.proofs import proofs, sources
from verify.evidence import RANK, Evidence, Verdict
from verify.report import docs, opening
from verify.report.docs import refreshed
from verify.report.opening import NOTES

HOME = Path(__file__).parent.parent
NOTES_HOME = HOME / "paper_notes"
DOCUMENTS = [HOME / "README.md", HOME / "CHANGELOG.md", *sorted(NOTES_HOME.glob("*.md"))]
MARKDOWN = MarkdownIt("commonmark").enable("table")
names = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


# -- reading Markdown -------------------------------------------------------------------------------------------

@functools.cache
def inline(document):
    """Every inline token of a document: text, code, links."""
    return [child for token in MARKDOWN.parse(document.read_text(encoding="utf-8")) if token.type == "inline"
            for child in token.children]


@functools.cache
def anchors(document):
    """The anchors of a document's headings, as GitHub makes them."""
    tokens, found = MARKDOWN.parse(document.read_text(encoding="utf-8")), []
    for before, token in zip(tokens, tokens[1:], strict=False):
        if before.type == "heading_open":
            text = "".join(child.content for child in token.children)
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return found


def code(document):
    return [token.content for token in inline(document) if token.type == "code_inline"]


@functools.cache
def identifiers():
    """Every name that the sources define: functions, classes, parameters, variables, modules."""
    found = set()
    for package in ("theory", "verify", "tests"):
        for path in (HOME / package).rglob("*.py"):
            found.add(path.stem)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found.update(value for value in (getattr(node, key, None) for key in ("name", "arg", "id"))
                             if isinstance(value, str))
    return found


# -- which note has which claims --------------------------------------------------------------------------------

def test_every_note_is_known_and_opens_with_its_statements():
    assert {path.name for path in NOTES_HOME.glob("*.md")} == {*NOTES, "INDEX.md", "claims.md"}
    for name in NOTES:
        title, blank, mark = (NOTES_HOME / name).read_text(encoding="utf-8").splitlines()[:3]
        assert title.startswith("# ") and not blank and mark == "<!-- generated: opening -->", name


def test_every_claim_has_a_note_that_shows_or_lists_it():
    shown = {label for note in NOTES.values() for label in opening.expanded(note.main)}
    assert not set(claims()) - shown - {label for labels in opening.listed().values() for label in labels}


def test_no_note_lists_what_it_shows():
    for name, note in NOTES.items():
        assert not set(opening.listed()[name]) & set(opening.expanded(note.main)), name


def test_every_number_has_one_note_that_shows_it():
    for number in NUMBERS.values():
        assert sum(number in note.main for note in NOTES.values()) == 1, number


def test_an_opening_says_statement_verdict_code_check_and_command():
    from verify.evidence import verdicts

    text = opening.opening("theorem4.md", verdicts(claims(), []))
    for label in labels_of("Theorem 4"):
        assert f"`backtrack verify {label}`" in text and opening.plain(claims()[label].statement) in text
    assert text.count("*Verdict:* stated.") == len(labels_of("Theorem 4"))
    assert "../theory/separation.py#L" in text and "../verify/test_separation.py#L" in text


def test_a_claim_that_comes_out_otherwise_than_expected_is_named():
    def tally(**kinds):
        return opening.tally(kinds, {label: Verdict(kind, kind) for label, kind in kinds.items()})

    quoted, wrong = "separation_sft_order_quoted", "not as expected: `separation`"
    assert tally(separation="REFUTED", **{quoted: "exact"}) == f"1 holds (exact), 1 REFUTED, {wrong}, `{quoted}`"
    assert tally(**{quoted: "REFUTED"}) == "1 REFUTED, as expected"
    assert tally(separation="REFUTED", **{quoted: "REFUTED"}) == f"2 REFUTED, {wrong}"
    assert tally(sft_cost="proved") == "1 holds (proved)" and tally(**{quoted: "stated"}) == "1 stated"
    each = dict(zip([label for label, claim in claims().items() if claim.should_hold], set(RANK) - {"REFUTED"},
                    strict=False))
    assert tally(**each) == ("6 hold (1 proved, 1 exact, 1 searched, 1 sweep, 1 computed, 1 simulated), 1 stated, "
                             "1 undecided, 1 no verdict")


def test_simulated_checks_are_summed_up_by_their_test():
    """The worst power of the checks, not of their controls; false-alarm rates added up."""
    def seen(case, n, alpha, power, aspect="simulated"):
        return Evidence("sft_cost", aspect, "held", "test_walk.py::t", n=n, case=case, alpha=alpha, power=power)

    rows = docs.simulated([
        seen("p = 0.3", 500, 1e-8, 0.99), seen("p = 0.4", 90, 1e-8, 0.75), seen("p = 1", 70, 1e-8, 0.1, "control"),
        seen("share 2", 8, 2e-8, 0.9), Evidence("sft_cost", "exact", "held", "t", n=3)])
    assert rows.splitlines()[2:] == [
        "| a law, Massart | 3 | 1 | 70 to 500 | 3.0e-08 | 0.7500 |",
        "| a share, exact binomial | 1 | 0 | 8 to 8 | 2.0e-08 | 0.9000 |",
        "| a mean, median of means | 0 | 0 | none on these sources | 0.0e+00 |  |",
        "| all | 4 | 1 | 8 to 500 | 5.0e-08 | 0.7500 |"]


@pytest.mark.parametrize("text, named", [
    ("<!-- generated: opening -->\n<!-- end -->\n<!-- generated: wisdom -->\n<!-- end -->", "wisdom"),
    ("# No opening", "opening"),
    ("<!-- generated: opening -->\n<!-- end -->\n<!-- generated: verdicts no_such_claim -->\n<!-- end -->", "no_such")])
def test_a_wrong_mark_is_named(text, named):
    with pytest.raises(InputError, match=named):
        refreshed("theorem4.md", text, [])


# -- what the documents point to --------------------------------------------------------------------------------

@names
def test_every_link_leads_to_a_file_and_a_heading(document):
    for token in inline(document):
        target = token.attrGet("href") or token.attrGet("src") or ""
        if not target or "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if file.suffix == ".md" and anchor:
            assert anchor in anchors(file), f"{target}: {', '.join(anchors(file))}"
        elif anchor:
            line = re.fullmatch(r"L(\d+)", anchor)
            assert line and int(line[1]) <= len(file.read_text(encoding="utf-8").splitlines()), target


def test_anchors_are_githubs(tmp_path):
    document = tmp_path / "note.md"
    document.write_text("# Row a\n## L^K, and `code_x`\n## Row a\n## Twice $W\\ge K$\n", encoding="utf-8")
    assert anchors(document) == ["row-a", "lk-and-code_x", "row-a-1", "twice-wge-k"]


@names
def test_every_label_is_registered(document):
    """What looks like a label, a lower-case name with an underscore, is one, or a name of the code."""
    for word in code(document):
        if re.fullmatch(r"[a-z]\w*_", word):
            assert any(label.startswith(word) for label in claims()), word
        elif re.fullmatch(r"[a-z]\w*_\w+", word) and word not in claims():
            assert word in identifiers(), f"`{word}` is neither a claim nor a name of the code"


@pytest.mark.parametrize("document", [HOME / "README.md", *sorted(NOTES_HOME.glob("*.md"))], ids=lambda p: p.name)
def test_every_command_parses(document, tmp_path):
    from verify.cli import cli

    examples = {"LABEL": "sft_cost", "DIAL": "W", "FILE.toml": str(HOME / "tests/grids/example.toml")}
    for word in code(document):
        if not re.match(r"backtrack \w", word):
            continue
        first, *rest = (examples.get(part, part) for part in shlex.split(word)[1:])
        assert first in cli.commands, word
        cli.commands[first].make_context(first, list(rest), resilient_parsing=False)
        if first in ("claims", "verify"):
            for name in rest:
                assert name.startswith("-") or name in ("thorough", *claims()) or labels_of(name), f"{word}: {name}"


# -- what the notes promise -------------------------------------------------------------------------------------

def _listed_as(text):
    """Kind of proof -> the labels that proofs.md lists under it."""
    kinds = ("Kernel", "Certificate", "Solver", "On paper only", "Computed, with no argument")
    found = {kind: set() for kind in kinds}
    mark = rf"\*({'|'.join(kinds)}):\*"
    for kind, passage, _ in re.findall(rf"{mark}(.*?)(?={mark}|\n\n|\Z)", text, re.S):
        found[kind] |= set(re.findall(r"`(\w+)`", passage)) & set(claims())
    return found


def test_kinds_of_proof_are_told_apart():
    text = (NOTES_HOME / "proofs.md").read_text(encoding="utf-8")
    text = re.sub(r"<!-- generated.*?<!-- end -->", "", text, flags=re.S)
    made = {"Kernel": set(proofs())} | {
        kind: {label for label, (_, _, aspects) in opening._checks().items() if aspect in aspects}
        for kind, aspect in (("Certificate", "proved"), ("Solver", "solver"))}
    listed = _listed_as(text)
    for kind, labels in listed.items():
        proved = made.get(kind)
        assert labels <= proved if proved else not labels & set().union(*made.values()), kind
        assert kind == "Kernel" or labels & made["Kernel"] <= listed["Kernel"], f"{kind}: a kernel has checked it, too"
    assert sum(map(len, listed.values())) > 100
    section = text[text.index("## What stays without a proof"):]
    before, after = section.split("### Of any kind")
    assert not set(re.findall(r"`(\w+)`", before)) & made["Kernel"]
    assert not set(re.findall(r"`(\w+)`", after)) & set().union(*made.values())


def test_kinds_of_proof_are_read_off_the_text():
    assert _listed_as("*Kernel:* `sft_cost`, `no_claim`. *Solver:* `sft_growth` ([x](y)).\n\n`base_cost`") == {
        "Kernel": {"sft_cost"}, "Certificate": set(), "Solver": {"sft_growth"}, "On paper only": set(),
        "Computed, with no argument": set()}


def test_every_coq_file_is_in_the_note_and_every_coq_name_in_its_file():
    texts = sources()
    table = (NOTES_HOME / "proofs.md").read_text(encoding="utf-8").split("### What the statements speak of")[0]
    assert {stem for stem in texts if f"/{stem}.v)" in table} == set(texts)
    for document in DOCUMENTS:
        for word in code(document):
            stem, _, name = word.partition(".")
            if stem in texts and name != "v":
                keyword = r"(?:Theorem|Lemma|Definition|Fixpoint|Inductive|Record)"
                assert re.search(rf"^\s*{keyword} {re.escape(name)}\b", texts[stem], re.M), word


def test_every_letter_of_a_statement_is_in_the_notation():
    """Single letters, Greek names and parameters of the claims, against the first columns of notation.md."""
    text = (NOTES_HOME / "notation.md").read_text(encoding="utf-8")
    listed = {letter for row in re.findall(r"^\| (`.*?) \|", text, re.M) for letter in re.findall(r"`(\w+)`", row)}
    greek = {"alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "kappa", "lambda", "mu", "pi", "rho",
             "sigma", "tau", "phi", "Lambda", "Theta", "lr"}
    for label, claim in claims().items():
        words = set(re.findall(r"[A-Za-z]+", re.sub(r"`.*?`|'s\b", "", claim.statement)))
        used = {word for word in words if len(word) == 1 or word in greek} | {*claim.parameters}
        assert used <= listed, f"{label}: {', '.join(sorted(used - listed))}"
