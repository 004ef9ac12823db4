"""Who we are: the words that name the authors, the user and the machine, gathered for a double-blind bundle.

Setting. A `Word` is something that names us: an author's name or e-mail, an institution, the repository's address, the
user's name, the machine's, the home directory or the checkout's. `identity` gathers them from pyproject.toml,
CITATION.cff, LICENSE, git (authors, committers, taggers, trailers, remotes) and this machine. Single words (a
surname, a user's name) match whole words, in any case; one that the code or the language uses everywhere (`root`,
`seed`, `the`) names nobody: `settle` sets it aside, to be reported. One that stands in a few identifiers is refused.

Not covered: replacing them (`verify.redaction`); authors beyond a shallow clone; a project's own name.
"""

from __future__ import annotations

import functools
import getpass
import io
import os
import platform
import re
import subprocess
import tokenize
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.numeric import InputError
from verify.readings import spelt, unaccented

SINGLE = ("part of a name", "user name", "host", "account")        # kinds that are whole words, and may be common ones
FEW = 3                                # identifiers in so many files make a word the code's own
SHARE = 0.2                            # of the texts use the word in lower case: it is the language's own
# what an address calls an office, and metadata its entries: the names of nobody
ROLES = ("authors", "maintainers", "contributors", "contact", "admin", "info", "hello", "support", "noreply", "root")
# sites that everybody uses or cites: their names say nothing about us
PUBLIC = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gmail.com", "outlook.com", "hotmail.com",
          "users.noreply.github.com", "noreply.github.com", "arxiv.org", "doi.org", "openreview.net", "pypi.org",
          "example.org", "example.com")

SITES = ("github.com", "gitlab.com")                               # commits made on a site are signed by it


@dataclass(frozen=True)
class Word:
    """Something that names us, what it is, and what stands in its place."""

    text: str
    kind: str
    instead: str = "Anonymous"

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it in a text: blanks and slashes of any sort and number, whole words where it is one."""
        flexible = r"\s+".join(r"[\\/]+".join(re.escape(piece) for piece in re.split(r"[\\/]+", part))
                               for part in self.text.split())
        before = after = ""
        if cased(self.text):                          # scripts without capitals write without blanks
            before = r"(?<![^\W_])" if self.text[0].isalnum() else r"(?<![\w.~-])"
            after = r"(?![^\W_])" if self.text[-1].isalnum() else ""
        return re.compile(before + flexible + after, self.flags)

    @property
    def flags(self) -> int:
        """Any case will do, but for two letters (Li is no <li>) and for paths (a PDF's /Root is no home)."""
        return re.I if len(self.text) > 2 and self.kind != "path" else 0

    @functools.cached_property
    def _key(self) -> str:
        return max(re.split(r"[\s\\/]+", self.text), key=len).lower()

    def stands_in(self, text: str, lower: str | None = None) -> bool:
        """Whether the text holds it; lower: the text in lower case, for who asks for many words."""
        return self._key in (text.lower() if lower is None else lower) and bool(self.pattern.search(text))

    def replaced(self, text: str, instead: str | None = None) -> tuple[str, int]:
        """The text without it, and how often it stood there."""
        if self._key not in text.lower():              # many times faster than the pattern
            return text, 0
        return self.pattern.subn(lambda _: self.instead if instead is None else instead, text)


def cased(text: str) -> bool:
    """Whether a script writes words with blanks between them; one without capitals may not."""
    return text.lower() != text.upper() or text.isascii()


# -- who we are -------------------------------------------------------------------------------------------------

def git(root: Path, *words: str) -> str | None:
    """What git prints, or None when it fails or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def identity(root: Path, asked: Iterable[str] = ()) -> list[Word]:
    """Every word that names the authors of the checkout at `root`, this user or this machine, and those asked for."""
    found: list[Word] = []
    for word in asked:
        if len(word.strip()) < 2:
            raise InputError(f"--redact {word!r}: too short to be looked for")
        # digits keep their form, so that a number stays one
        found.append(Word(word.strip(), "asked for", re.sub(r"\d", "0", word) if re.search(r"\d", word) else "Author"))
    names, addresses = _from_metadata(root)
    for name, address in _from_git(root):
        names, addresses = [*names, name], [*addresses, address]
    for key, where in (("user.name", names), ("user.email", addresses)):
        where.append((git(root, "config", key) or "").strip())
    names += [os.environ.get(key, "") for key in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")]
    addresses += [os.environ.get(key, "") for key in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL")]
    for name in dict.fromkeys(names):
        found += _name(name)
    for address in dict.fromkeys(addresses):
        found += _address(address)
    for line in (git(root, "remote", "-v") or "").splitlines():
        found += _remote(line.split()[1])
    found += [*_machine(), *_paths(root)]
    project = _project(root)
    return sorted({(w.kind in SINGLE, w.text.lower()): w for w in reversed(found)
                   if len(w.text) > 1 and w.text.lower() != project}.values(), key=lambda w: (-len(w.text), w.text))


def _from_git(root: Path) -> Iterator[tuple[str, str]]:
    """(name, address) of everybody that git's history names: authors, committers, taggers, those in trailers."""
    people = "%an <%ae>%n%cn <%ce>%n%aN <%aE>%n%(trailers:key=Co-authored-by,valueonly)"
    every = (git(root, "log", "--all", f"--format={people}") or "") + (
        git(root, "for-each-ref", "refs/tags", "--format=%(taggername) %(taggeremail)") or "")
    # other trailers tell other things too, and people by their address
    trailers = git(root, "log", "--all", "--format=%(trailers:only,valueonly)") or ""
    for line in dict.fromkeys([*every.splitlines(), *re.findall(r"^.*<.+@.+>.*$", trailers, re.M)]):
        name, _, address = line.partition("<")
        if address.strip("<> ") not in [f"noreply@{site}" for site in SITES]:
            yield name.strip(), address.partition(">")[0].strip("<> ")


def _toml(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _project(root: Path) -> str:
    return str(_toml(root).get("project", {}).get("name", "")).lower()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


FIELD = re.compile(r"^\s*(?:-\s+)?(name|family-names|given-names|affiliation|email|alias):\s*[\"']?(.*?)[\"']?\s*$",
                   re.M)
HOLDER = re.compile(r"^(\s*copyright\s+(?:(?:\(c\)|©)[\d,\s–-]*|\d{4}[\d,\s–-]*))(\S.*?)(\s*all rights reserved\.?)?$",
                    re.I | re.M)


def blocks(text: str) -> list[str]:
    """The top-level entries of a YAML file."""
    return re.split(r"(?m)^(?=[A-Za-z][\w-]*:)", text)


def _from_metadata(root: Path) -> tuple[list[str], list[str]]:
    """Names and addresses in pyproject.toml, CITATION.cff and the licence."""
    project = _toml(root).get("project", {})
    people = [*project.get("authors", []), *project.get("maintainers", [])]
    names = [person.get("name", "") for person in people]
    addresses = [person.get("email", "") for person in people]
    for block in blocks(_read(root / "CITATION.cff")):
        if block.startswith(("authors:", "contact:")):
            for person in re.split(r"(?m)^\s*- ", block)[1:]:
                of = dict(FIELD.findall(person))
                names += [of.get("name", ""), " ".join((of.get("given-names", ""), of.get("family-names", ""))).strip(),
                          of.get("affiliation", ""), of.get("alias", "")]
                addresses += [of.get("email", "")]
    for path in root.glob("LICEN[CS]E*"):
        names += [re.sub(r"<.*", "", holder).strip(" .,") for _, holder, _ in HOLDER.findall(_read(path))]
    return names, addresses


def _name(name: str) -> Iterator[Word]:
    """A name as it is written with and without accents, and its parts, halves of double names too.

    Parts are the capitalised ones, or all when none is.
    """
    name = " ".join(name.split())
    if not name:
        return
    for form in dict.fromkeys((name, unicodedata.normalize("NFD", name), unaccented(name), spelt(name))):
        parts = [part.strip(".,;()") for part in form.split()]
        yield Word(form, "name" if len(parts) > 1 else "part of a name")
        halves = [half for part in parts for half in re.split(r"[-‐‑–]", part)]
        pieces = dict.fromkeys([*(parts if len(parts) > 1 else ()), *(halves if len(halves) > len(parts) else ())])
        proper = [piece for piece in pieces if piece != piece.lower() or piece.lower() == piece.upper()
                  or re.search(r"\d", piece)] or pieces
        yield from (Word(piece, "part of a name") for piece in proper if len(piece) > 1 and not piece.isdigit())


def _address(address: str) -> Iterator[Word]:
    local, _, domain = address.partition("@")
    if not domain:
        return
    yield Word(address, "e-mail", "anonymous")
    if not (account := local.rpartition("+")[2]).isdigit():
        yield Word(account, "account")
    yield from _domain(domain)


def _domain(domain: str) -> Iterator[Word]:
    """A domain and those above it, down to two labels, unless everybody uses it."""
    while domain.count(".") and domain.lower() not in PUBLIC and not re.fullmatch(r"[\d.]+", domain):
        yield Word(domain, "domain", "example.org")
        domain = domain.partition(".")[2]


def _remote(url: str) -> Iterator[Word]:
    """A remote's address: its owner and repository, its host, or its path on this machine."""
    url = url.removesuffix(".git")
    parts = re.fullmatch(r"(?:\w+://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+)?[:/]+(.+?)/*", url)
    if not parts:
        if (path := url.removeprefix("file://")).startswith(("/", "\\")):
            yield Word(path, "path", "PATH")
        return
    host, slug = parts.groups()
    yield Word(slug, "repository", "anonymous/anonymous")
    yield from (Word(part, "account", "anonymous") for part in slug.split("/")[:-1])
    yield from _domain(host)


def _machine() -> Iterator[Word]:
    """The user's name, the full name in the system's list of users, and the machine's."""
    try:
        yield Word(getpass.getuser(), "user name", "user")
    except (OSError, KeyError, ImportError):
        pass
    try:
        import pwd
        yield from _name(pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0])
    except (ImportError, KeyError):
        pass
    host, _, domain = platform.node().partition(".")
    if host and host != "localhost":
        yield Word(host, "host", "host")
        yield from _domain(domain)


def _paths(root: Path) -> Iterator[Word]:
    for path, instead in ((root, "."), (Path.home(), "~")):
        for form in {str(path), str(path.resolve())}:
            if len(form) > 1:
                yield Word(form, "path", instead)


# -- words that name nobody -------------------------------------------------------------------------------------

def names_in(name: str, source: str) -> set[str]:
    """The identifiers and keywords of a Python source; of JavaScript, every word not in a comment that opens a line."""
    if name.endswith(".py"):
        return {token.string for token in tokenize.generate_tokens(io.StringIO(source).readline)
                if token.type == tokenize.NAME}
    return set(re.findall(r"[^\W\d]\w*", re.sub(r"(?m:^\s*)/\*.*?\*/|(?m:^\s*//[^\n]*)", " ", source, flags=re.S)))


def vendored(name: str) -> bool:
    """Whether a file is somebody else's library, kept as they published it."""
    return "vendor" in Path(name).parts[:-1]


def settle(words: Iterable[Word], texts: Mapping[str, str], keep: Iterable[str] = ()) -> tuple[list[Word], list[Word]]:
    """(words to replace, words set aside because the code or the language uses them everywhere); `keep` is neither.

    texts: file name -> text. Errors: `InputError` when a word stands in an identifier, which nobody may replace.
    """
    kept = {word.lower() for word in keep}
    words = [word for word in words if word.text.lower() not in kept]
    bare = {name: functools.reduce(lambda text, word: word.replaced(text, " ")[0],
                                   (word for word in words if word.kind not in SINGLE), text)
            for name, text in texts.items() if not vendored(name)}
    # in a library kept as it came only whole identifiers count: parts of minified ones mean nothing
    theirs = {identifier.lower() for name, text in texts.items() if vendored(name) and name.endswith(".js")
              for identifier in names_in(name, text)}
    active, common = [], []
    for word in words:
        single = word.kind in SINGLE
        holders = _holders(word, bare if single else texts)
        if single and (word.text.lower() in ROLES or word.text.lower() in theirs or len(holders) == FEW
                       or _spoken(word, bare) > SHARE * len(bare)):
            common.append(word)
        elif holders:
            raise InputError(f"{holders[0]}: {word.text!r} ({word.kind}) stands in an identifier, where "
                             f"replacing it would break the code: rename it, or let it stand with --keep {word.text}")
        else:
            active.append(word)
    return active, common


def _holders(word: Word, texts: Mapping[str, str]) -> list[str]:
    """The first few sources with the word in an identifier."""
    found = []
    for name, text in texts.items():
        if (name.endswith((".py", ".js")) and not vendored(name) and word.stands_in(text)
                and any(word.stands_in(identifier) for identifier in names_in(name, text))):
            found.append(name)
            if len(found) == FEW:
                break
    return found


def _spoken(word: Word, texts: Mapping[str, str]) -> int:
    """How many texts use the word in lower case; none where the script has no lower case."""
    lower = re.compile(rf"(?<![^\W_]){re.escape(word.text.lower())}(?![^\W_])")
    return sum(word.stands_in(text) and bool(lower.search(text)) for text in texts.values()) if cased(word.text) else 0
