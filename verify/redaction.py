"""How a text stops saying who wrote it: our words replaced, and looked for again in every byte.

Setting. `Redaction.text` replaces the words of `verify.identity` in a text, and by their form e-mails, ORCIDs and paths
below a home directory, whoever they belong to; pyproject.toml, CITATION.cff and the licence lose their authors'
entries. `Redaction.found` looks again, in everything that can be unpacked (`verify.unpacked`) and in every way it can
be read (`verify.readings`); what it finds there is refused, not replaced. Libraries kept as they were published
(`vendor/`) are not touched: their authors' names and addresses are theirs.

Not covered: what only a reader would recognise (style, dates, a project's own name), names inside pictures or drawn
as curves, and whoever searches the web for the code.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from theory.numeric import InputError
from verify.identity import HOLDER, SINGLE, Word, blocks, cased, vendored
from verify.readings import folded, readings, spelt
from verify.unpacked import PACKED, printable, readable

# several names in a row, as citations have them: "Author and Author", "Author, Author and Author, Author"
CITED = ((re.compile(r"\b(Author|Anonymous)(?: \1)+\b"), r"\1"),
         (re.compile(r"\b(Author|Anonymous)(?:,? (?:and|&amp;|&) \1|, \1)+\b"), r"\1 et al."))
RAW = 5                                # bytes of a word below which random bytes may spell it
LOOSE = 4                              # letters of a word from which it counts beside digits and in CamelCase
PLACES = (r"(?:homes?|Users|root|mnt|media|scratch|cluster|work|workspace|groups?|data|gpfs\d*|lustre|nfs|net|srv"
          r"|export|afs|beegfs|projects?|Volumes|storage)")
DRIVES = (r"(?:Users|Documents and Settings|homes?|work|workspace|groups?|data|projects?|scratch|src|repos?|git|dev"
          r"|code)")
# what is found by its form: the pattern, and what stands in its place
FORMS = {
    "e-mail": (re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,24}\b"), "anonymous"),
    "ORCID": (re.compile(r"(?<![\d-])\d{4}-\d{4}-\d{4}-\d{3}[\dX](?![\w-])"), "0000"),
    # the sign first, what may not stand before it second: many times faster
    "path": (re.compile(rf"/(?<![\w.~-]/){PLACES}/[\w.][\w./-]*"), "PATH"),
    "drive": (re.compile(rf":(?<=[A-Za-z]:)[\\/]+{DRIVES}[\\/]+[\w.\\/-]+"), ":PATH"),
    # a machine, a share and what lies there; written once, or with every backslash doubled
    "share": (re.compile(r"\\(?<![\\\w]\\)(?:\\[A-Za-z0-9][\w.-]+\\[\w$.-]{2,}(?:\\[\w$.-]+)+"
                         r"|\\{3}[A-Za-z0-9][\w.-]+(?:\\\\[\w$.-]+){2,})"), "PATH"),
}


class Redaction:
    """Replaces and looks for the words; `counts` keeps how often each kind was replaced in each file."""

    def __init__(self, words: Iterable[Word], theirs: Iterable[str] = ()):
        """theirs: e-mail addresses of other people's libraries, which stay."""
        self.words, self.theirs = list(words), set(theirs)
        self.counts: dict[str, Counter[str]] = {}
        self.bytes = {word: _forms(word) for word in self.words}
        self.keys = _keys(self.words)

    def text(self, name: str, text: str) -> str:
        """The text without us; `InputError` where a source would no longer compile."""
        if vendored(name):
            return text
        before, count = text, Counter[str]()
        text, count["metadata"] = _structured(name, text)
        packed = PACKED.findall(text)                # not text: what is in there is looked for, never replaced
        text = PACKED.sub("base64,\0", text)
        for word in self.words:
            text, n = word.replaced(text)
            count[word.kind] += n
        for pattern, instead in CITED:
            text = pattern.sub(instead, text) if +count else text
        for kind, (pattern, instead) in FORMS.items():
            ours = [match for match in _matches(kind, pattern, text) if match[0] not in self.theirs]
            for match in reversed(ours):
                text = text[:match.start()] + instead + text[match.end():]
            count[kind] += len(ours)
        pieces = iter(packed)
        text = re.sub("base64,\0", lambda _: next(pieces), text)
        if text != before:
            self.counts[name] = +count
            _still_reads(name, text)
        return text

    def named(self, name: str) -> tuple[str, str] | None:
        """(what, where) of the first of our words in a file's name, or None."""
        return next(((what, "its name") for how, read, small in readings(name)
                     if (what := self._word(how, read, small, self.words, self.keys))), None)

    def found(self, name: str, data: bytes) -> tuple[str, str] | None:
        """(what, where) of the first trace of us in a file's bytes, its name included, or None."""
        if trace := self.named(name):
            return trace
        strange = vendored(name)
        words = [w for w in self.words if not strange or w.kind not in (*SINGLE, "asked for")]
        keys = [key for key in self.keys if key.word in words] if strange else self.keys
        for where, piece, is_text in readable(data, depth=0 if strange else 4):
            text = PACKED.sub(" ", piece.decode("utf-8", "replace")) if is_text else printable(piece)
            for how, read, small in [("", text, folded(text))] if strange else readings(text):
                if what := self._word(how, read, small, words, keys) or ("" if strange else self._form(how, read)):
                    return what, where + how
            small_bytes = b"" if is_text else piece.lower()
            for word in words if small_bytes else ():
                if any(form in small_bytes and pattern.search(piece) for form, pattern in self.bytes[word]):
                    return word.text, where
        return None

    def _word(self, how: str, read: str, small: str, words: list[Word], keys: list[Key]) -> str:
        """The first of our words in a text, read in one way, or ''."""
        lower = small if read.isascii() else read.lower()
        for word in words:
            if word.stands_in(read, lower) and _counts(word, how):
                return word.text
        for key in keys:
            if key.part in small and key.pattern.search(small) and _counts(key.word, how):
                return key.word.text
        return ""

    def _form(self, how: str, read: str) -> str:
        """The first address, number or path in a text, as it stands or with its escapes decoded, or ''."""
        for kind, (pattern, _) in FORMS.items() if "decoded" in how or not how else ():
            for match in _matches(kind, pattern, read):
                if match[0] not in self.theirs:
                    return f"{match[0]}, {'an' if kind[0] in 'eO' else 'a'} {kind}"
        return ""


def _counts(word: Word, how: str) -> bool:
    """Short words are parts of compounds by chance."""
    return len(word.text) >= LOOSE or not how.endswith("apart")


class Key(NamedTuple):
    """A word as a folded text has it: its longest part, and the pattern."""

    word: Word
    part: str
    pattern: re.Pattern[str]


def _keys(words: Iterable[Word]) -> list[Key]:
    """What is looked for in folded texts; nothing for paths and two letters, whose capitals count."""
    keys: dict[str, Key] = {}
    for word in words:
        if word.kind == "path" or len(word.text) < 3:
            continue
        for form in dict.fromkeys((folded(word.text), folded(spelt(word.text)))):
            parts = form.split()
            name = word.kind in (*SINGLE, "name")
            # between two names may stand a comment's mark, a dot or a line; between two halves nothing, too
            pieces = r"[\W_]{1,8}".join(r"[\W_]{0,4}".join(map(re.escape, re.split(r"[-‐–]", part) if name else [part]))
                                       for part in parts)
            patterns = [(max(re.split(r"[-‐–]", form) if name else parts, key=len), pieces)]
            if len(parts) > 1:
                patterns = [(max((half for part in parts for half in re.split(r"[-‐–]", part)), key=len), pieces)]
                if word.kind == "name" and len("".join(parts)) > 5:
                    patterns.append(("".join(parts), re.escape("".join(parts))))
            for part, pattern in patterns:
                # beside digits too: a name with a number is still that name
                edge = r"[^\W\d_]" if name and len(form) >= LOOSE else r"[^\W_]"
                before, after = (rf"(?<!{edge})", rf"(?!{edge})") if cased(word.text) else ("", "")
                keys.setdefault(pattern, Key(word, part, re.compile(before + pattern + after)))
    return list(keys.values())


def _matches(kind: str, pattern: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Where a form stands; most texts have no sign of an address, and are not searched for one."""
    return pattern.finditer(text) if kind != "e-mail" or "@" in text else ()


def _forms(word: Word) -> list[tuple[bytes, re.Pattern[bytes]]]:
    """The word in UTF-8 and Latin-1, in lower case and as a pattern; none when bytes may spell it by chance."""
    if len(word.text.encode()) < RAW:
        return []
    forms = dict.fromkeys((word.text.encode(), word.text.encode("latin-1", "replace")))
    return [(form.lower(), re.compile(b"(?<![A-Za-z0-9])" + re.escape(form) + b"(?![A-Za-z0-9])", word.flags))
            for form in forms if b"?" not in form]


# -- files that say who wrote them, by their form -----------------------------------------------------------------

PYPROJECT = ((r"^(authors|maintainers)\s*=\s*\[.*?\][ \t]*$", r'\1 = [{ name = "Anonymous" }]'),
             (r"^\[project\.urls\].*?(?=^\[|\Z)", ""), (r"^urls\s*=\s*\{[^}]*\}[ \t]*$", ""))
OURS = ("contact", "url", "repository", "repository-code", "repository-artifact", "doi", "identifiers", "commit")


def _structured(name: str, text: str) -> tuple[str, int]:
    """A file whose form tells where its authors stand, without them, and the number of places."""
    count = 0
    if name == "pyproject.toml":
        for pattern, instead in PYPROJECT:
            text, n = re.subn(pattern, instead, text, flags=re.M | re.S)
            count += n
    elif name == "CITATION.cff":
        kept = []
        for block in blocks(text):
            key = block.partition(":")[0]
            count += key in ("authors", *OURS)
            if key not in OURS:
                kept.append('authors:\n  - name: "Anonymous"\n' if key == "authors" else block)
        text = "".join(kept)
    elif re.fullmatch(r"LICEN[CS]E[\w.]*", name):
        text, count = HOLDER.subn(r"\1Anonymous", text)
    return text, count


def _still_reads(name: str, text: str) -> None:
    try:
        if name.endswith(".py"):
            ast.parse(text)
        elif name.endswith(".toml"):
            tomllib.loads(text)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{name}: would not be read any more with its names replaced: {error}") from None
