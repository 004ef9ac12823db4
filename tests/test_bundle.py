"""The anonymous bundle: nothing in it names its authors, it is the same twice, its code runs, chance stops nothing.

An identity is planted in a small checkout wherever one may stand; a search that shares no code with the bundle's own
then unpacks everything and looks. Its control: with the replacing switched off it finds every word that was planted in
a text. This checkout itself is bundled once, by an author with a usual name. Not covered: single words and packings
(tests/test_redaction.py), who we are (tests/test_identity.py), the summary (tests/test_onepage.py).
"""

import base64
import dataclasses
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
import zlib
from pathlib import Path

import pytest

from theory.claim import claims
from theory.numeric import InputError
from verify import bundle
from verify.dials.kept import SHIPPED_ROWS
from verify.evidence import SHIPPED, fingerprint, load, verdicts
from verify.identity import git
from verify.redaction import Redaction
from verify.report.rows import claim_row

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


def put(home, files):
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


def run(home, *words):
    subprocess.run(["git", "-C", str(home), *words], check=True, capture_output=True)


def of_now(path, sources=None):
    """Evidence or map of the file, whatever sources it was made from, as if of these."""
    lines = [json.loads(line) | {"sources": sources or fingerprint()} for line in path.read_text("utf-8").splitlines()]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def small(home):
    """A checkout of a few files with the identity in every one."""
    put(home, {
        "pyproject.toml": f'[project]\nname = "maze"\nauthors = [{{name = "{GIVEN} {FAMILY}", email = "{MAIL}"}}]\n'
                          f'[project.urls]\nSource = "https://git.{DOMAIN}/obrz-group/maze"\n',
        "CITATION.cff": f"cff-version: 1.2.0\ntitle: maze\nauthors:\n  - family-names: {FAMILY}\n"
                        f"    given-names: {GIVEN}\n"
                        f'    affiliation: "{LAB}"\n    orcid: https://orcid.org/{ORCID}\n    email: {MAIL}\n'
                        f"repository-code: https://git.{DOMAIN}/obrz-group/maze\nversion: 0.3.0\n",
        "LICENSE": f"MIT License\n\nCopyright (c) 2026 {GIVEN} {FAMILY}, {LAB}\n",
        "Makefile": "all:\n", ".ci/run": "#\n",
        "README.md": f"Run by {GIVEN} {FOLDED} ({LAB}) on {HOST}, in {HOUSE}/maze and {home}; write to {MAIL}.\n",
        "theory/maze.py": f"x = 1\n# TODO({USER}): ask {FAMILY.upper()}, https://orcid.org/{ORCID}\n",
        "verify/storm.py": "storm = 1\n", "AUTHORS": f"{GIVEN} {FAMILY}", "tests/walker.py~": GIVEN,
        "paper_notes/model.md": f"{WINDOWS} and https://git.{DOMAIN}/obrz-group/maze/issues/3\n",
        "verify/#cli.py#": USER, **{f"tests/grids/{n}.md": "A grid.\n" for n in range(30)}})   # names are rare
    (home / ".ci/run").chmod(0o755)
    run(home, "init", "-q"), run(home, "config", "user.name", f"{GIVEN} {FAMILY}")
    run(home, "config", "user.email", MAIL), run(home, "remote", "add", "o", f"git@git.{DOMAIN}:obrz-group/maze.git")
    run(home, "add", "-A"), run(home, "commit", "-qm", "x")
    (home / "notes.txt").write_text(GIVEN)
    report(home / "report", f"<p>made on {HOST} by {USER} in {home}</p>")
    put(home / "report/tables", {"claims.csv": f"{MAIL},{GIVEN}\n", "tables.log": str(home)})
    from verify.report.figures import empty_figure

    (home / "report/figures").mkdir()
    for suffix in ("png", "pdf"):
        empty_figure(1, 1).savefig(home / f"report/figures/f.{suffix}", metadata={"Author": f"{GIVEN}, {HOUSE}"})


def report(folder, text="", **page):
    """A report's evidence, verdicts and page; page: what the page's data say instead."""
    put(folder, {"evidence.jsonl": of_now(SHIPPED)})
    evidence = load(folder / "evidence.jsonl")
    found = verdicts(claims(), evidence)
    data = {"made": {"sources": fingerprint()}, "kinds": {label: item.kind for label, item in found.items()}} | page
    put(folder, {"verdicts.json": json.dumps([claim_row(c, found[n], evidence) for n, c in claims().items()]),
                 "index.html": f'{text}<script type="application/json" id="data">{json.dumps(data)}</script>'})


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """(folder with the archives, what each attempt said) of a small checkout with an identity planted."""
    base = tmp_path_factory.mktemp("bundle")
    home, said = base / "src", {}

    def made(key, name, **options):
        try:
            said[key] = dataclasses.asdict(bundle.make(home, base / name, **options))
        except InputError as error:
            said[key] = str(error)

    with pytest.MonkeyPatch.context() as patch:
        for key, value in {"HOME": HOUSE, "USER": USER, "LOGNAME": USER}.items():
            patch.setenv(key, value)
        patch.setattr(platform, "node", lambda: f"{HOST}.{DOMAIN}")
        small(home)
        made("first", "a.zip"), made("again", "b.zip"), made("tar", "c.tar.gz", results=False)
        put(home, {"verify/storm.py": f"{USER} = 1\n"})
        made("identifier", "e.zip", results=False)
        put(home, {"verify/storm.py": "storm = 1\n"})
        run(home, "mv", "paper_notes/model.md", f"paper_notes/{GIVEN}.md")
        made("name", "f.zip", results=False)
        run(home, "mv", f"paper_notes/{GIVEN}.md", "paper_notes/model.md")
        patch.setattr(Redaction, "text", lambda self, name, text: text)
        made("switched off", "g.zip")
        patch.setattr(Redaction, "found", lambda self, name, data: None)
        patch.setattr(bundle, "without_metadata", lambda data: data)
        made("unlooked", "raw.zip")
    return base, said


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
    assert len(files) > 15 and not grep(files)
    assert {"companion/summary.html", "companion/SUMMARY.md", "companion/results/index.html",
            "companion/results/figures/f.png", "companion/Makefile"} <= files.keys()
    assert b"Copyright (c) 2026 Anonymous" in files["companion/LICENSE"]
    project = tomllib.loads(files["companion/pyproject.toml"].decode())["project"]
    assert project == {"name": "maze", "authors": [{"name": "Anonymous"}]}


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


# -- results of other sources, and none -----------------------------------------------------------------------------

def test_a_page_of_other_sources_or_verdicts_is_refused(fails, tmp_path):
    report(tmp_path / "a")
    files, evidence, left = bundle.results_of(tmp_path / "a")
    assert "results/index.html" in files and len(evidence) > 100 and not left
    for page, piece in (({"made": {"sources": "0" * 16}}, "0" * 16), ({"kinds": {"separation": "REFUTED"}}, "verdicts"),
                        ({"made": None}, "does not say")):
        report(tmp_path / "b", **page)
        fails(lambda: bundle.results_of(tmp_path / "b"), "index.html", piece, "make report")
    put(tmp_path / "a", {"index.html": "<p>mine</p>"})
    fails(lambda: bundle.results_of(tmp_path / "a"), "index.html", "make report")


def usual(home):
    """A copy of this checkout, by an author with a usual name; its evidence counts."""
    listed = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z") if (ROOT / ".git").exists() else None
    for name in listed.split("\0")[:-1] if listed is not None else bundle.checkout(ROOT)[0]:
        if (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, home / name)
    for path in (SHIPPED, SHIPPED_ROWS):
        put(home, {path.relative_to(ROOT).as_posix(): of_now(path)})
    maze = home / "theory/maze.py"
    maze.write_text(maze.read_text("utf-8") + "\n# Grace Larkspur\n", "utf-8")          # the sources' hash will change
    run(home, "init", "-q"), run(home, "config", "user.name", "Grace Larkspur-Smith")
    run(home, "config", "user.email", "@".join(("g.larkspur", "uni-example.edu")))
    run(home, "add", "-A"), run(home, "commit", "-qm", "x")


def test_this_checkout_is_bundled_by_a_usual_author_and_its_code_runs(tmp_path, monkeypatch):
    home, out = tmp_path / "src", tmp_path / "out"
    usual(home)
    sources = bundle.hash_of({name: ((home / name).read_bytes(), False) for name in bundle._sources(home)})
    for name, path in (("SHIPPED", SHIPPED), ("SHIPPED_ROWS", SHIPPED_ROWS)):
        own = home / path.relative_to(ROOT)
        own.write_text(of_now(path), "utf-8")
        monkeypatch.setattr(bundle, name, tmp_path / path.name)
        put(tmp_path, {path.name: of_now(path)})
        own.write_text(of_now(path, sources), "utf-8")
    made = bundle.make(home, tmp_path / "a.zip")                # without a report/: the shipped evidence
    assert made.files > 100 and made.checks > 100
    assert "Larkspur" in {word.text for word in made.words} and "theory/maze.py" in made.replaced
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(out)
    opened = out / "companion"
    assert {path.name for path in (opened / "results").iterdir()} == {"verdicts.json", "critique.json"}
    environment = os.environ | {"PYTHONPATH": str(opened), "PYTHONDONTWRITEBYTECODE": "1"}
    code = "import theory; from verify.evidence import SHIPPED, load; print(theory.__file__, len(load(SHIPPED)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=opened, env=environment, capture_output=True, text=True)
    file, checks = done.stdout.split()
    assert Path(file).is_relative_to(opened) and int(checks) == made.checks
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/test_maze.py"], cwd=opened,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-2000:]


def test_without_any_evidence_the_code_and_the_summary_are_packed(tmp_path, monkeypatch):
    small(tmp_path / "src")
    shutil.rmtree(tmp_path / "src/report")
    monkeypatch.setattr(bundle, "SHIPPED", tmp_path / "none.jsonl")
    made = bundle.make(tmp_path / "src", tmp_path / "a.zip")
    files = members(tmp_path / "a.zip")
    assert made.checks == 0 and "companion/theory/maze.py" in files and not any("/results/" in name for name in files)
    assert b"No check has been run on these sources" in files["companion/summary.html"]


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
