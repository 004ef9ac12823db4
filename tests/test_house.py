"""The house itself: imports run one way, claims and checks match, docstrings speak and run, no machine's name leaks.

Source is read with `ast`, not imported, so that an import hidden in a function counts too.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
from pathlib import Path

import pytest

from theory import claim as registry
from theory import numbering
from theory.claim import TOPICS, claims

ROOT = Path(__file__).parent.parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("theory", "verify") for path in sorted((ROOT / package).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}
THEORY = [name for name in SOURCES if name.split(".")[0] == "theory"]
TOPIC_MODULES = {f"theory.{topic}" for topic in TOPICS}
MATHEMATICS = {f"theory.{name}" for name in (
    "numeric", "maze", "policy", "chain", "loops", "sides", "hitting", "moments", "growth", "closed_forms", "dynamics",
    "sign_path",     "coverage", "perturbed", "estimator", "majority", "rewards", "truncated", "discounted", "restarts",
    "nested", "kl_descent", "ties",
    "multigraph", "elimination", "planning", "maze_descent", "mazes_general", "tree_walk", "dagger", "kept",
    "accepted", "views", "printing", "notebook", "markup", "drawing")}
CLAIMS = claims()
CHECKS = {                       # topic -> [(label, aspect)], as the names of its check functions say
    name.removeprefix("verify.test_"): [
        tuple(node.name.removeprefix("test_").rsplit("__", 1)) for node in TREES[name].body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    for name in SOURCES if name.startswith("verify.test_") and name != "verify.test_proofs"}     # made, not written


def imported(tree):
    """The modules of this repository that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name in SOURCES}


IMPORTS = {name: imported(tree) for name, tree in TREES.items()}


def reached(name):
    """What a module imports, directly or through others; the bare package, which gathers all, is not followed."""
    seen, order = set(), [name]
    for module in order:
        new = IMPORTS[module] - seen - {"theory", "verify"}
        seen |= new
        order += new
    return seen


# -- imports run one way ------------------------------------------------------------------------------------------

def test_the_reading_of_imports_sees_what_is_there():
    assert imported(ast.parse("def f():\n    from theory import hitting, Maze\n    import theory.chain as c")) == {
        "theory", "theory.hitting", "theory.chain"}
    assert "theory.hitting" in IMPORTS["theory.dynamics"] and len(THEORY) > 15


@pytest.mark.parametrize("name", THEORY)
def test_theory_never_imports_verify(name):
    assert not {module for module in reached(name) if module.split(".")[0] == "verify"}


# the model and the numbers, and how these are shown
SHARED = {"theory.maze", "theory.numeric", "theory.policy", "theory.notebook", "theory.markup", "theory.drawing"}


def test_the_two_routes_to_a_hitting_time_share_no_import_of_each_other():
    """Each is the other's witness: whatever they both use computes no cost."""
    for route in ("theory.hitting", "theory.moments"):
        assert "theory.chain" not in reached(route) and route not in reached("theory.chain")
        assert reached(route) & reached("theory.chain") == SHARED


@pytest.mark.parametrize("name", sorted(MATHEMATICS))
def test_mathematics_knows_no_claims(name):
    assert not reached(name) & (TOPIC_MODULES | {"theory.claim", "theory.numbering", "theory.tables"})


@pytest.mark.parametrize("name", sorted(set(THEORY) - TOPIC_MODULES))
def test_only_the_registry_gathers_the_topics(name):
    """By name and on first use (`claims`); nobody imports a topic but another topic."""
    assert not IMPORTS[name] & TOPIC_MODULES


# -- claims and their checks --------------------------------------------------------------------------------------

def test_every_claim_has_a_statement_and_every_testable_one_a_control():
    for label, entry in CLAIMS.items():
        assert len(entry.statement) > 20, label
        if entry.relation != "states":
            assert entry.control is not None and entry.control is not entry.body, label
            assert entry.control_words.strip(), label


def test_every_topic_is_listed_and_has_claims():
    registering = {name for name in THEORY if any(
        isinstance(node, ast.FunctionDef) and any(
            isinstance(d, ast.Call) and getattr(d.func, "id", "") == "claim" for d in node.decorator_list)
        for node in TREES[name].body)}
    assert registering == TOPIC_MODULES


def test_checks_stand_in_the_file_of_their_claims_topic():
    assert CHECKS.keys() <= set(TOPICS)
    for topic, checks in CHECKS.items():
        assert checks, f"verify/test_{topic}.py has no check"
        for label, aspect in checks:
            assert label in CLAIMS, f"verify/test_{topic}.py checks {label}, which is no claim"
            assert CLAIMS[label].body.__module__ == f"theory.{topic}", (label, aspect)


def test_every_check_has_its_control_check_and_no_control_stands_alone():
    checks = [check for topic in CHECKS.values() for check in topic]
    checked = {label for label, aspect in checks if aspect not in ("control", "needed")}
    controlled = {label for label, aspect in checks if aspect == "control"}
    assert checked == controlled and len(checked) > 30


def test_a_check_is_written_once():
    """A second function of the same name would replace the first without a word."""
    for topic, checks in CHECKS.items():
        assert len(set(checks)) == len(checks), topic


# -- the paper's numbers ------------------------------------------------------------------------------------------

def test_every_number_belongs_to_a_claim():
    assert numbering.NUMBERS.keys() <= CLAIMS.keys()


NUMBER = re.compile(r"(?:(?:Theorem|Corollary|Figure|Lemma)\s*\d+|[SC]\d)", re.IGNORECASE)


def keys(tree):
    """Strings that the code acts on: compared with, looked up by, matched, or passed to `labels_of`."""
    for node in ast.walk(tree):
        acted_on = {
            ast.Compare: lambda n: [n.left, *n.comparators], ast.Subscript: lambda n: [n.slice],
            ast.Dict: lambda n: n.keys, ast.MatchValue: lambda n: [n.value],
            ast.Call: lambda n: n.args if getattr(n.func, "attr", getattr(n.func, "id", "")) in (
                "labels_of", "number_of", "get", "startswith", "index") else [],
        }.get(type(node), lambda n: [])(node)
        for expression in acted_on:
            for leaf in ast.walk(expression) if expression is not None else ():
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield leaf.value


def test_the_reading_of_keys_sees_what_is_there():
    for code in ("x == 'Theorem 4'", "x in ('a', 'Figure 3')", "d['S2']", "{'C1': 1}", "labels_of('Theorem 2')"):
        assert any(NUMBER.fullmatch(key) for key in keys(ast.parse(code))), code
    assert not any(NUMBER.fullmatch(key) for key in keys(ast.parse("f(source=('paper', 'Theorem 2'))")))


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {"theory.numbering"}))
def test_no_code_refers_to_a_claim_by_the_papers_number(name):
    assert not [key for key in keys(TREES[name]) if NUMBER.fullmatch(key.strip())]


# -- docstrings ---------------------------------------------------------------------------------------------------

def silent(tree, prefix=""):
    """Public functions, classes and methods without a docstring; tests, hooks and overrides have theirs elsewhere."""
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith(("_", "test_", "pytest_")):
            continue
        if not ast.get_docstring(node):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef) and not any(ast.unparse(base).startswith("click.") for base in node.bases):
            yield from silent(node, f"{node.name}.")


@pytest.mark.parametrize("name", SOURCES)
def test_everything_public_says_what_it_is(name):
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
    assert not list(silent(TREES[name]))


@pytest.mark.parametrize("name", THEORY)
def test_docstring_examples_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_docstring_examples():
    with_examples = [name for name in THEORY if doctest.DocTestFinder().find(importlib.import_module(name))
                     and ">>>" in SOURCES[name].read_text(encoding="utf-8")]
    assert {"theory", "theory.hitting", "theory.policy", "theory.numeric", "theory.maze"} <= set(with_examples)


# -- the repository -----------------------------------------------------------------------------------------------

def tracked():
    """Files git tracks or is about to; skips the test outside a git checkout."""
    try:
        done = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                              capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


MACHINE = re.compile(rb"(?<![\w.~-])/(?:work|root|home|Users|mnt|media)/\w")


def test_no_tracked_file_names_a_machines_path():
    files = tracked()
    assert len(files) > 30
    assert not [(path.name, found.group()) for path in files if (found := MACHINE.search(path.read_bytes()))]


def test_the_registry_is_small():
    """The only framework of the house stays one that can be read in a sitting."""
    assert len(Path(registry.__file__).read_text(encoding="utf-8").splitlines()) < 200
