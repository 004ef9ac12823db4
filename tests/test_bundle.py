"""The anonymous bundle: nothing in it names its authors, it is the same twice, its code runs, its summary is one page.

An identity is planted in a copy of the checkout wherever one may stand; a search that shares no code with the bundle's
own then unpacks everything and looks. Its control: with the replacing switched off it finds every word that was planted
in a text. Not covered: what no search finds (`verify.redaction`).
"""

import base64
import dataclasses
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
import zlib
from pathlib import Path

import matplotlib
import matplotlib.image
import pytest

from verify import bundle
from verify.evidence import SHIPPED, Evidence
from verify.identity import Word, git, identity, settle
from verify.redaction import Redaction, readable, without_metadata
from verify.report.onepage import FULL, facts, page

ROOT = Path(__file__).parent.parent
# the planted identity; addresses and paths are put together here, so that this file holds none
GIVEN, FAMILY, USER, HOST = "Ottoline", "Brzęczyk", "obrzeczyk", "grimsel"
FOLDED = "Brzeczyk"
DOMAIN, LAB = "physics.zubrowka.edu", "Zubrowka Institute"
MAIL, ORCID = "@".join((f"o.brz+{USER}", DOMAIN)), "-".join(("0000", "0002", "1825", "0097"))
HOUSE = "/".join(("", "home", USER))
WINDOWS = "C:" + "\\".join(("", "Users", USER, "maze"))
FORBIDDEN = (GIVEN, FAMILY, FOLDED, USER, HOST, DOMAIN, "zubrowka", ORCID, "obrz-group")
PATHS = re.compile(r"(?<![\w.~-])/(?:home|root|Users)/\w|\b[A-Z]:\\{1,2}(?:Users|Documents)\b")
ADDRESS = re.compile(r"[\w.+-]{2,}@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b")

PLANT = f'''
import json, os, pathlib, platform, subprocess, sys
platform.node = lambda: "{HOST}.{DOMAIN}"
here = pathlib.Path.cwd()
def edit(name, old, new):
    text = (here / name).read_text(encoding="utf-8")
    assert old in text, (name, old)
    (here / name).write_text(text.replace(old, new, 1), encoding="utf-8")
def add(name, text):
    (here / name).parent.mkdir(parents=True, exist_ok=True)
    with (here / name).open("a", encoding="utf-8") as file:
        file.write(text)
edit("pyproject.toml", '[project]\\n', '[project]\\nauthors = [{{name = "{GIVEN} {FAMILY}", email = "{MAIL}"}}]\\n')
add("pyproject.toml", '\\n[project.urls]\\nSource = "https://git.{DOMAIN}/obrz-group/maze"\\n')
(here / "CITATION.cff").write_text("""cff-version: 1.2.0
title: maze
authors:
  - family-names: {FAMILY}
    given-names: {GIVEN}
    affiliation: "{LAB}"
    orcid: https://orcid.org/{ORCID}
    email: {MAIL}
repository-code: https://git.{DOMAIN}/obrz-group/maze
version: 0.3.0
""", encoding="utf-8")
(here / "LICENSE").write_text("MIT License\\n\\nCopyright (c) 2026 {GIVEN} {FAMILY}, {LAB}\\n", encoding="utf-8")
add("README.md", f"\\nRun by {GIVEN} {FOLDED} ({LAB}) on {HOST}, in {HOUSE}/maze and {{here}}; write to {MAIL}.\\n")
add("theory/maze.py", "\\n# TODO({USER}): ask {FAMILY.upper()}, https://orcid.org/{ORCID}\\n")
add("paper_notes/model.md", "\\n" + {WINDOWS!r} + " and https://git.{DOMAIN}/obrz-group/maze/issues/3\\n")
add("tests/walker.py~", "{GIVEN}")
add("verify/#cli.py#", "{USER}")
add("AUTHORS", "{GIVEN} {FAMILY}")
run = lambda *words: subprocess.run(["git", *words], check=True, capture_output=True)
run("init", "-q"), run("config", "user.name", "{GIVEN} {FAMILY}"), run("config", "user.email", "{MAIL}")
run("remote", "add", "origin", "git@git.{DOMAIN}:obrz-group/maze.git")
run("add", "-A"), run("commit", "-qm", "x")
add("notes.txt", "{GIVEN}")

from verify.evidence import SHIPPED, fingerprint, load, verdicts
from verify.dials.kept import SHIPPED_ROWS
from theory.claim import claims
from verify.report.rows import claim_row
for path in (SHIPPED, SHIPPED_ROWS):         # whatever sources they were made from
    lines = [json.loads(line) | {{"sources": fingerprint()}} for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\\n" for line in lines), "utf-8")
evidence = load(SHIPPED)
found = verdicts(claims(), evidence)
report = here / "report"
(report / "figures").mkdir(parents=True), (report / "tables").mkdir()
(report / "evidence.jsonl").write_bytes(SHIPPED.read_bytes())
(report / "verdicts.json").write_text(json.dumps([claim_row(c, found[n], evidence) for n, c in claims().items()]))
add("report/index.html", f"<p>made on {HOST} by {USER} in {{here}}</p>")
add("report/tables/claims.csv", "{MAIL},{GIVEN}\\n")
add("report/tables/tables.log", str(here))
from verify.report.figures import empty_figure
for suffix, key in (("png", "Author"), ("pdf", "Author")):
    figure = empty_figure(1, 1)
    figure.savefig(report / "figures" / f"f.{{suffix}}", metadata={{key: "{GIVEN} {FOLDED}, {HOUSE}"}})

from theory.numeric import InputError
from verify import bundle, cli
from verify.redaction import Redaction
def made(name, **options):
    try:
        return dataclasses.asdict(bundle.make(here, here.parent / name, **options))
    except InputError as error:
        return str(error)
import dataclasses
out = {{"first": made("a.zip"), "again": made("b.zip"), "tar": made("c.tar.gz", results=False)}}
add("verify/storm.py", "\\n{USER} = 1\\n")
out["identifier"] = made("e.zip", results=False)
edit("verify/storm.py", "\\n{USER} = 1\\n", "")
os.rename(here / "paper_notes/model.md", here / "paper_notes/{GIVEN}.md"), run("add", "-A", "paper_notes")
out["name"] = made("f.zip")
run("mv", "paper_notes/{GIVEN}.md", "paper_notes/model.md")
Redaction.text = lambda self, name, text: text
out["switched off"] = made("g.zip")
Redaction.found = lambda self, name, data: None
bundle.without_metadata = lambda data: data
out["unlooked"] = made("raw.zip")
print(json.dumps(out, default=str))
'''


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """(folder with the archives, what each attempt said) of a copy of this checkout with an identity planted."""
    base = tmp_path_factory.mktemp("bundle")
    listed = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z") if (ROOT / ".git").exists() else None
    names = listed.split("\0")[:-1] if listed is not None else bundle.checkout(ROOT)[0]
    copy = base / "src"
    for name in names:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    environment = os.environ | {"PYTHONPATH": str(copy), "HOME": HOUSE, "USER": USER, "LOGNAME": USER, "LNAME": USER,
                                "MPLCONFIGDIR": matplotlib.get_configdir(), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", PLANT], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return base, json.loads(done.stdout.splitlines()[-1])


# -- the search, which shares no code with the bundle's -----------------------------------------------------------

def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpacked(data, depth=3):
    """The bytes, and whatever in them looks compressed or encoded, wherever it starts."""
    yield data
    if depth:
        for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
            try:
                inner = zlib.decompressobj(47).decompress(data[start.start():])
            except zlib.error:
                continue
            if len(inner) > 8:
                yield from unpacked(inner, depth - 1)
        for packed in re.findall(rb"[A-Za-z0-9+/]{60,}={0,2}", data):
            yield from unpacked(base64.b64decode(packed[:len(packed) // 4 * 4]), 0)


def grep(files):
    """(file, word) for every forbidden word in a name or in bytes, and for every path and address in a text."""
    hits, theirs = set(), set()
    for name, data in files.items():
        if "/vendor/" in name:
            theirs |= set(ADDRESS.findall(data.decode("utf-8", "replace")))
    for name, data in files.items():
        for piece in (name.encode(), *unpacked(data)):
            low = piece.lower()
            for word in FORBIDDEN:
                if any(word.lower().encode(code) in low for code in ("utf-8", "utf-16-le", "utf-16-be")):
                    hits.add((name, word))
        binary = b"\0" in data or name.endswith((".pdf", ".png", ".woff2"))
        text = "\n".join(run.decode() for run in re.findall(rb"[\x20-\x7e]{12,}", data)) if binary else data.decode()
        hits |= {(name, found[0]) for found in PATHS.finditer(text)}
        hits |= {(name, found[0]) for found in ADDRESS.finditer(text)
                 if "/vendor/" not in name and found[0] not in theirs}
    return hits


def test_nothing_in_the_bundle_names_anybody(planted):
    base, said = planted
    assert isinstance(said["first"], dict), said["first"]
    files = members(base / "a.zip")
    assert len(files) > 100 and not grep(files)
    assert {"companion/summary.html", "companion/SUMMARY.md", "companion/results/index.html",
            "companion/results/figures/f.png", "companion/Makefile", "companion/verify/evidence.jsonl"} <= files.keys()
    assert b"Copyright (c) 2026 Anonymous" in files["companion/LICENSE"]


def test_the_search_finds_what_was_planted(planted):
    """The control: the same search, on a bundle made with the replacing and the looking switched off."""
    base, _ = planted
    hits = grep(members(base / "raw.zip"))
    assert {word for _, word in hits} >= {*FORBIDDEN, MAIL}
    assert {Path(name).name for name, _ in hits} >= {"LICENSE", "CITATION.cff", "pyproject.toml", "README.md",
                                                     "maze.py", "model.md", "index.html", "claims.csv",
                                                     "f.png", "f.pdf"}
    assert any(PATHS.search(word) for _, word in hits) and any(word.startswith("C:") for _, word in hits)


def test_with_the_replacing_switched_off_nothing_is_written(planted):
    base, said = planted
    assert "would still say" in said["switched off"] and not (base / "g.zip").exists()


def test_the_search_looks_inside():
    word = GIVEN.encode()
    for data in (zlib.compress(b"xxxxxxxxx" + word), base64.b64encode(b"y" * 60 + word), GIVEN.encode("utf-16-be"),
                 b"%PDF stream\n" + zlib.compress(b"(" + word + b") Tj") + b"\nendstream"):
        assert grep({"f": data}) == {("f", GIVEN)}
    assert not grep({"f": b"nobody"})


def test_the_same_inputs_give_the_same_bytes(planted):
    base, _ = planted
    assert (base / "a.zip").read_bytes() == (base / "b.zip").read_bytes()
    with zipfile.ZipFile(base / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        assert archive.getinfo("companion/.ci/run").external_attr >> 16 == 0o100755


def test_a_tarball_has_no_owner_and_no_date(planted):
    base, _ = planted
    with tarfile.open(base / "c.tar.gz") as archive:
        entries = archive.getmembers()
        assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries} == {(0, 0, "", "", 0)}
        files = {e.name: archive.extractfile(e).read() for e in entries}
    assert (base / "c.tar.gz").read_bytes()[3:8] == bytes(5)          # no name, no date in gzip's header
    assert not grep(files) and not any("/results/" in name for name in files) and "companion/summary.html" in files


def test_leftovers_and_lists_of_people_stay_out_and_are_named(planted):
    base, said = planted
    names = {Path(name).name for name in members(base / "a.zip")}
    assert not names & {"walker.py~", "#cli.py#", "AUTHORS", "notes.txt", "tables.log"}
    assert {Path(name).name for name in said["first"]["left_out"]} >= {"AUTHORS", "notes.txt", "tables.log"}


def test_it_says_what_it_replaced_and_what_it_left_alone(planted):
    replaced = planted[1]["first"]["replaced"]
    assert sum(replaced["theory/maze.py"].values()) == 3 and replaced["CITATION.cff"]["metadata"] == 2
    assert replaced["results/tables/claims.csv"]["e-mail"] == 1
    looked_for = {word["text"] for word in planted[1]["first"]["words"]}
    assert looked_for >= {f"{GIVEN} {FAMILY}", FAMILY, FOLDED, USER, HOST, DOMAIN, LAB, MAIL, HOUSE, "obrz-group/maze"}


def test_what_cannot_be_replaced_stops_it_in_one_line(planted):
    base, said = planted
    assert said["name"].startswith(f"paper_notes/{GIVEN}.md: its name would still say '{GIVEN}'")
    assert "verify/storm.py" in said["identifier"] and f"--keep {USER}" in said["identifier"]
    assert "\n" not in said["name"] + said["identifier"]
    assert not any((base / f"{letter}.zip").exists() for letter in "ef")


@pytest.fixture(scope="module")
def opened(planted, tmp_path_factory):
    home = tmp_path_factory.mktemp("reviewer")
    with zipfile.ZipFile(planted[0] / "a.zip") as archive:
        archive.extractall(home)
    return home / "companion"


def reviewer(opened, *words):
    environment = os.environ | {"PYTHONPATH": str(opened), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *words], cwd=opened, env=environment, capture_output=True, text=True)


def test_the_unpacked_code_runs_and_its_evidence_counts(opened):
    code = "import theory; from verify.evidence import SHIPPED, load; print(theory.__file__, len(load(SHIPPED)))"
    file, checks = reviewer(opened, "-c", code).stdout.split()
    assert Path(file).is_relative_to(opened) and int(checks) == len(kept_evidence())
    assert reviewer(opened, "-m", "verify", "--version").stdout.startswith("backtrack")
    done = reviewer(opened, "-m", "pytest", "-q", "-n", "0", "tests/test_maze.py")
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-2000:]
    assert tomllib.loads((opened / "pyproject.toml").read_text())["project"]["authors"] == [{"name": "Anonymous"}]


# -- the summary --------------------------------------------------------------------------------------------------

def kept_evidence():
    """The shipped evidence, whatever sources it was made from."""
    lines = [json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
    evidence = [Evidence(**{name: value for name, value in line.items() if name != "sources"}) for line in lines]
    return list({(item.check, item.aspect): item for item in evidence}.values())


def spoilt(evidence, share):
    """The evidence with every `share`-th check of a claim turned into a refutation with a long case."""
    case = "W = 17, K = 23, L = 5, eta = 1/1000000: claimed at most 5733/20, is 4.969934033184259e+24"
    return [dataclasses.replace(item, outcome="refuted", case=case) if i % share == 0 and item.aspect != "control" else
            item for i, item in enumerate(evidence)]


@pytest.mark.parametrize("evidence", ["shipped", "none", "many refuted"])
def test_the_summary_fits_one_page(evidence, browser, tmp_path):
    of = {"shipped": kept_evidence, "none": list, "many refuted": lambda: spoilt(kept_evidence(), 6)}[evidence]()
    told = facts(of, (ROOT / "README.md").read_text(encoding="utf-8"), "results")
    assert evidence != "many refuted" or told["more"] > 20
    (tmp_path / "summary.html").write_text(page(told)["summary.html"], encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto((tmp_path / "summary.html").as_uri())
    printed = tab.pdf(prefer_css_page_size=True)
    tab.set_viewport_size({"width": 375, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1 and not said


def test_the_summarys_numbers_come_from_the_evidence():
    evidence = kept_evidence()
    told, bare = facts(evidence), facts([])
    assert told["checks"] == len(evidence) and dict((k, n) for k, n, _ in bare["counts"]) == {"stated": bare["claims"]}
    assert {row["number"] for row in told["main"]} == {
        "Theorem 2", "Theorem 3", "Theorem 4", "Theorem 5", "Corollary 1", "Figure 3"}
    refuted = dict((kind, n) for kind, n, _ in told["counts"])["REFUTED"]
    assert refuted == told["refutations"] == len(told["refuted"]) + len(told["briefly"]) + told["more"]
    assert sum(len(row["statement"]) for row in told["refuted"]) <= FULL
    assert all(row["case"] and "among" not in row["case"] for row in told["refuted"])
    for text in page(bare).values():
        assert "No check has been run on these sources" in text
    spoiled = [dataclasses.replace(item, outcome="refuted", case="W = 1: claimed equals 1, is 2")
               if item.label == "separation" and item.aspect == "exact" else item for item in evidence]
    assert "separation" in facts(spoiled)["surprises"] and "Not as expected: separation." in page(
        facts(spoiled))["summary.html"]


def test_both_forms_say_the_same():
    told = facts(kept_evidence(), (ROOT / "README.md").read_text(encoding="utf-8"), "results")
    for name, text in page(told).items():
        plain = re.sub(r"<[^>]*>", "", text).replace("&lt;", "<").replace("&gt;", ">") if "html" in name else text
        plain = re.sub(r"\s+", " ", re.sub(r"[\\*`]", "", plain)).replace("&lt;", "<")
        for words in (f"{told['claims']} claims, {told['checks']} checks", f"{told['minutes']} minutes", "make report",
                      f"{told['controls']} false twins", "make test", told["sources"], told["refuted"][0]["case"]):
            assert words in plain, words
        assert "http" not in plain and len(told["unchecked"]) > 3


# -- words, one by one ----------------------------------------------------------------------------------------------

def test_words_match_whole_and_in_any_case():
    word = Word("Kim", "part of a name")
    assert word.replaced("Kim, KIM_2 and kim's Kimono, akim")[0] == (
        "Anonymous, Anonymous_2 and Anonymous's Kimono, akim")
    assert Word("Li", "part of a name").replaced("Li <li> LI")[0] == "Anonymous <li> LI"      # two letters: as written
    assert not Word("/".join(("", "root")), "path").stands_in("trailer << /Root 1 0 R >>")
    assert Word("李明", "name").replaced("作者李明说")[0] == "作者Anonymous说"
    assert Word(f"{GIVEN} {FAMILY}", "name").stands_in(f"by {GIVEN}\n    {FAMILY}.")
    assert Word(HOUSE, "path", "~").replaced(f"in {HOUSE}/x, {HOUSE}2, x{HOUSE}")[0] == f"in ~/x, {HOUSE}2, x{HOUSE}"


def test_a_word_that_the_code_uses_everywhere_is_set_aside_and_one_it_uses_once_is_refused(fails):
    texts = {f"{n}.py": "seed = 1\n" for n in range(3)} | {"d.py": "mason = 1\n# doe\n", "e.md": "Seed, Doe, Mason"}
    words = [Word(text, "part of a name") for text in ("Seed", "Doe")]
    assert [[word.text for word in part] for part in settle(words, texts)] == [["Doe"], ["Seed"]]
    mason = [Word("Mason", "part of a name")]
    fails(lambda: settle(mason, texts), "d.py", "Mason", "--keep Mason")
    assert settle(mason, texts, keep=["mason"]) == ([], [])
    fails(lambda: settle([Word("seed", "asked for")], texts), "0.py", "seed")      # never set aside: it was asked for
    minified = {"x/vendor/d.js": "// a\n/* by Mason */\nvar a=/[/*]/;function vm(){}/*/", "a.md": "on vm by Mason"}
    assert [[word.text for word in part] for part in settle([Word("vm", "host"), *mason], minified)] == [
        ["Mason"], ["vm"]]                                # the page holds that library: vm must stand
    assert settle([Word("maintainers", "account")], {"a.py": ""})[1]                  # an office, nobody's name


def test_names_that_were_asked_for_become_a_citation(tmp_path):
    redaction = Redaction(identity(tmp_path, ["Wei", "Kim", "2606.22938"]))
    assert redaction.text("a.md", "Wei and Kim (arXiv 2606.22938); Kim & Wei; Wei alone") == (
        "Author et al. (arXiv 0000.00000); Author et al.; Author alone")
    assert Redaction([]).text("a.md", "Wei and Kim (arXiv 2606.22938)") == "Wei and Kim (arXiv 2606.22938)"


def test_addresses_of_vendored_libraries_are_theirs():
    theirs, ours = "@".join(("lib", "their.org")), "@".join(("me", "our.org"))
    redaction = Redaction([Word("Doe", "part of a name")], [theirs])
    assert redaction.text("x/vendor/a.js", f"{ours} Doe") == f"{ours} Doe"
    assert redaction.text("index.html", f"{theirs} {ours}") == f"{theirs} anonymous"
    assert redaction.found("a.md", ours.encode()) and not redaction.found("a.md", theirs.encode())


def test_packed_data_is_looked_into_and_never_changed():
    redaction = Redaction([Word("ob", "account"), Word(GIVEN, "part of a name")])
    font = "base64," + "A" * 50 + "/ob/" + "A" * 50
    assert redaction.text("a.html", f"url({font}) ob") == f"url({font}) Anonymous"
    assert not redaction.found("a.html", font.encode())
    assert redaction.found("a.html", b"base64," + base64.b64encode(b"x" * 40 + b" " + GIVEN.encode())) == (
        GIVEN, "a data URI")


def test_a_source_that_would_not_compile_any_more_is_refused(fails):
    fails(lambda: Redaction([Word("1 + 1", "asked for", "1 +")]).text("a.py", "x = (1 + 1)"), "a.py")
    fails(lambda: Redaction([Word("= 1", "asked for")]).text("a.toml", "x = 1"), "a.toml")


def test_pictures_lose_their_metadata_and_nothing_else():
    from verify.report.figures import empty_figure

    for suffix in ("png", "pdf"):
        out = io.BytesIO()
        empty_figure(1, 1).savefig(out, format=suffix, metadata={"Author": f"{GIVEN} (here)"})
        before, after = out.getvalue(), without_metadata(out.getvalue())
        redaction = Redaction([Word(GIVEN, "part of a name")])
        assert redaction.found("f", before) and not redaction.found("f", after)
        assert suffix == "png" or (len(before) == len(after) and b"CreationDate ()" in after)
        if suffix == "png":
            assert (matplotlib.image.imread(io.BytesIO(before)) == matplotlib.image.imread(io.BytesIO(after))).all()


def test_packed_files_are_looked_into():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("in.txt", zlib.compress(b"x"))
        archive.writestr(f"{GIVEN}.txt", "y")
        archive.writestr("note.txt", "xxxxxxxxxxxxxxxxx" + HOST * 99, zipfile.ZIP_DEFLATED)
    assert Redaction([Word(GIVEN, "part of a name")]).found("a.npz", out.getvalue())
    assert ("note.txt in it", True) in {(where, is_text) for where, _, is_text in readable(out.getvalue())}
    assert len(list(readable(b"text"))) == 1


def test_what_is_no_checkout_or_no_archive_is_refused(fails, tmp_path):
    fails(lambda: bundle.checkout(tmp_path), str(tmp_path), "checkout")
    fails(lambda: bundle.make(ROOT, tmp_path / "a.rar"), "a.rar", ".zip")
    fails(lambda: bundle.make(ROOT, tmp_path), str(tmp_path), "directory")
    fails(lambda: bundle.results_of(tmp_path), str(tmp_path), "make report")
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".git").touch()                      # a git that nobody can read
    fails(lambda: bundle.checkout(tmp_path), str(tmp_path), "git cannot read")


def test_without_git_the_walk_takes_sources_only(tmp_path):
    for name in ("Makefile", "pyproject.toml", "a.py", "a.py~", ".a.py.swp", ".venv/x.py", "env/pyvenv.cfg", "env/x.py",
                 "report/r.md", "m.egg-info/x.txt", "n/__pycache__/x.py", "n/b.md", ".ci/run", "core", "summary.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert bundle.checkout(tmp_path)[0] == [".ci/run", "Makefile", "a.py", "n/b.md", "pyproject.toml"]
