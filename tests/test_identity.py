"""Who we are is gathered from every place that names us, a row for each; words of the code and the language stand.

Not covered: how the words are replaced and found again (tests/test_redaction.py).
"""

import os
import platform
import subprocess
from types import SimpleNamespace

import pytest

from verify import bundle
from verify.identity import Word, identity, settle
from verify.redaction import Redaction

GIVEN, FAMILY = "Ottoline", "Brzęczyk"
HOUSE = "/".join(("", "home", "obrzeczyk"))


def run(folder, *words, **names):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
        f"GIT_{who.upper()}_{what}": value for who, (name, mail) in names.items()
        for what, value in (("NAME", name), ("EMAIL", mail))}
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=environment)


NOBODY, SOMEBODY = ("Nemo", "@".join(("nemo", "example.org"))), ("Kestrel Falk", "@".join(("kfalk", "falk.edu")))


def committed(folder, text="x", tag="", **names):
    both = {"author": NOBODY, "committer": NOBODY} | names
    run(folder, "init", "-q")
    (folder / "a").write_text("a")
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", text, **both)
    if tag:
        run(folder, "tag", "-am", "x", "v1", author=NOBODY, committer=SOMEBODY)


def citation(folder, key="authors"):
    (folder / "CITATION.cff").write_text(f"{key}:\n  - family-names: Falk\n    given-names: Kestrel\n"
                                         f"    email: {SOMEBODY[1]}\n", encoding="utf-8")


def project(folder, key="authors"):
    (folder / "pyproject.toml").write_text(f'[project]\n{key} = [{{name = "Kestrel Falk", email = "{SOMEBODY[1]}"}}]\n')


def trailer(key):
    return lambda folder: committed(folder, f"x\n\n{key}: {SOMEBODY[0]} <{SOMEBODY[1]}>")


PLACES = {
    "author": lambda folder: committed(folder, author=SOMEBODY),
    "committer": lambda folder: committed(folder, committer=SOMEBODY),
    "tagger": lambda folder: committed(folder, tag="v1"),
    **{key: trailer(key) for key in ("Co-authored-by", "Signed-off-by", "Reviewed-by")},
    "pyproject authors": project, "pyproject maintainers": lambda folder: project(folder, "maintainers"),
    "citation": citation, "citation contact": lambda folder: citation(folder, "contact"),
    "licence": lambda folder: (folder / "LICENSE").write_text("Copyright (c) 2026 Kestrel Falk\n"),
    "remote": lambda folder: (run(folder, "init", "-q"), run(folder, "remote", "add", "o", "git@git.falk.edu:falk/x")),
    "config": lambda folder: (run(folder, "init", "-q"), run(folder, "config", "user.name", "Kestrel Falk")),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_that_names_us_is_read(place, tmp_path):
    assert "falk" not in {word.text.lower() for word in identity(tmp_path)}
    PLACES[place](tmp_path)
    words = {word.text.lower() for word in identity(tmp_path)}
    assert words >= ({"falk", "git.falk.edu", "falk.edu"} if place == "remote" else {"falk", "kestrel", "kestrel falk"})
    if place not in ("licence", "config", "remote"):
        assert {SOMEBODY[1], "kfalk", "falk.edu"} <= words


def test_a_trailer_that_names_nobody_and_a_sites_signature_give_no_word(tmp_path):
    site = ("Kite Hub", "@".join(("noreply", "github.com")))
    committed(tmp_path, "x\n\nFixes: the walker\nCo-authored-by: Merle Tarn", committer=site)
    words = {word.text.lower() for word in identity(tmp_path)}
    assert "merle" in words and not words & {"walker", "the walker", "kite", "hub"}


@pytest.mark.parametrize("key", ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL",
                                 "EMAIL", "LOGNAME", "HOME"])
def test_every_environment_variable_that_names_us_is_read(key, tmp_path, monkeypatch):
    value = {"L": "falk", "H": HOUSE[:-9] + "falk"}.get(key[0]) or SOMEBODY["EMAIL" in key]
    monkeypatch.setenv(key, value)
    words = {word.text for word in identity(tmp_path)}
    assert value in words and ("NAME" not in key or key == "LOGNAME" or "Kestrel" in words)
    assert "EMAIL" not in key or {"kfalk", "falk.edu"} <= words


def test_the_systems_list_of_users_and_the_machines_name_are_read(tmp_path, monkeypatch):
    import pwd

    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_gecos="Kestrel Falk,room 2"))
    monkeypatch.setenv("LOGNAME", "kf")
    monkeypatch.setattr(platform, "node", lambda: "aerie.falk.edu")
    assert {word.text for word in identity(tmp_path)} >= {"Kestrel Falk", "Kestrel", "Falk", "aerie", "falk.edu"}


@pytest.mark.parametrize("name", ["AUTHORS", "AUTHORS.md", "CONTRIBUTORS.txt", "contributors", "MAINTAINERS",
                                  "CODEOWNERS", "THANKS", ".mailmap"])
def test_lists_of_people_stay_out(name, tmp_path):
    for file in ("Makefile", "pyproject.toml", name):
        (tmp_path / file).touch()
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", "-A")
    assert bundle.checkout(tmp_path) == (["Makefile", "pyproject.toml"], [name])


def test_a_double_names_halves_are_words(tmp_path):
    words = {word.text for word in identity(tmp_path, []) + identity(tmp_path)}
    committed(tmp_path, author=("Zoëlin Brzęczyk-Mühlkraut", NOBODY[1]))
    words = {word.text for word in identity(tmp_path)} - words
    assert words >= {"Brzęczyk", "Mühlkraut", "Muehlkraut", "Muhlkraut", "Brzeczyk-Muhlkraut", "Zoelin"}


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
