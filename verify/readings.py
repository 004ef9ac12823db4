"""The ways to read a text: its escapes decoded, its letters without accents, its broken words joined.

Setting. Who looks for a name must see through how a program wrote it: `decoded` undoes HTML entities, percent, \\u,
\\x, octal, quoted-printable and TeX spellings; `folded` takes accents, capitals and invisible characters away; `joined`
puts words hyphenated at a line's end together; `apart` takes compounds in CamelCase apart; `hidden` reads base64
wherever it starts. They are for searching only, nothing is ever written from them.

Not covered: ciphers, letters of other scripts that look alike, base64 of UTF-16.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator

# letters that Unicode does not take apart
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ß": "ss",
                         "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ı": "i",
                         "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T"})
# what stands for a letter that a keyboard lacks
SPELT = str.maketrans({"ä": "ae", "Ä": "Ae", "ö": "oe", "Ö": "Oe", "ü": "ue", "Ü": "Ue", "ø": "oe", "Ø": "Oe",
                       "å": "aa", "Å": "Aa"})
INVISIBLE = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))

# each begins with a plain character, which makes it fast; the first backslash may be escaped in turn
UNICODE = re.compile(r"\\\\*(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8}))")
NAMED = re.compile(r"\\\\*N\{([A-Z -]+)\}")
RUN = {"%": r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*", "=": r"=[89A-F][0-9A-F](?:=[89A-F][0-9A-F])*",
       "\\": r"\\\\*(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2})(?:\\+(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2}))*"}
BYTES = {sign: re.compile(run) for sign, run in RUN.items()}
ONE = re.compile(r"\\+([0-3][0-7]{2})|(?:%|\\+x|=)([0-9A-Fa-f]{2})")
ACCENT = re.compile(r"\\(?:[`'^\"~=.]|[ckuvHdbr](?=[\s{]))\s*\{?\\?([A-Za-z])\}{0,2}")
STROKE = re.compile(r"\\(ss|[lLoOij]|ae|AE|oe|OE|aa|AA|dj|DJ)(?![A-Za-z])(?:\{\}|\s)?\}?")
ABROAD = re.compile(r"[^\x00-\x7f]+")
COMBINING = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
BROKEN = re.compile(r"([^\W\d_]+)[-‐\xad]\s*\n[^\w\n]*([^\W\d_]+)")
COMPOUND = re.compile(r"\b\w*(?:[a-z0-9][A-Z]|[A-Z][A-Z][a-z])\w*")
SEAMS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LONG = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{76,}")           # base64, whose letters are no words
ALPHABET = re.compile(r"[^A-Za-z0-9+/]+")
# characters in UTF-8: ten in a row are no accident where bytes are random
LIKELY = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xcf]{10,}")         # the same with less care, and many times faster
RUNS = re.compile(rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){10,}")


def unaccented(text: str) -> str:
    """The text in letters without accents.

    >>> unaccented("Zoëlin Brzęczyk-Mühlkraut, Łubrak Søndvik")
    'Zoelin Brzeczyk-Muhlkraut, Lubrak Sondvik'
    """
    if text.isascii():
        return text
    return ABROAD.sub(lambda match: _unaccented(match[0]), text)


@functools.lru_cache(1 << 16)
def _unaccented(run: str) -> str:
    return COMBINING.sub("", unicodedata.normalize("NFKD", run.translate(LETTERS)))


def spelt(text: str) -> str:
    """The text with two letters for an umlaut, and without other accents: Mühlkraut is Muehlkraut."""
    return unaccented(unicodedata.normalize("NFC", text).translate(SPELT))


def folded(text: str) -> str:
    """The text in small letters, without accents and without what nobody sees."""
    return unaccented(seen(text)).lower()


def seen(text: str) -> str:
    """The text without what nobody sees: soft hyphens, blanks without width."""
    return text if text.isascii() else ABROAD.sub(lambda match: match[0].translate(INVISIBLE), text)


def decoded(text: str) -> str:
    """The text with its escapes undone, those within escapes too.

    >>> decoded(r"Zo\\u00eblin, M&uuml;hlkraut, Brz%C4%99czyk, S\\xc3\\xb8ndvik, M{\\"u}hlkraut")
    'Zoëlin, Mühlkraut, Brzęczyk, Søndvik, Muhlkraut'
    """
    for _ in range(3):
        before = text
        if "&" in text:
            text = html.unescape(text)
        text = text.replace("=\n", "")
        for sign, run in BYTES.items():
            text = run.sub(_bytes, text) if sign in text else text
        if "\\" in text:
            text = text.replace("\\/", "/")
            text = NAMED.sub(_named, UNICODE.sub(_character, text))
            text = STROKE.sub("\1\\1", ACCENT.sub("\1\\1", text.replace("\\-", "")))
            if "\1" in text:
                text = re.sub("\\{?\1", "", text)
            text = re.sub(r"\\\\*[nrt]", "\n", text)
        if text == before:
            break
    return text


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0x110000 else ""


def _named(match: re.Match[str]) -> str:
    try:
        return unicodedata.lookup(match[1])
    except KeyError:
        return match[0]


def _bytes(match: re.Match[str]) -> str:
    raw = bytes(int(octal, 8) if octal else int(digits, 16) for octal, digits in ONE.findall(match[0]))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def joined(text: str) -> str:
    """The words that are hyphenated at a line's end, put together, a line each."""
    return "\n".join(first + last for first, last in BROKEN.findall(text))


def apart(text: str) -> str:
    """The compounds in CamelCase, taken apart, a line each."""
    return SEAMS.sub(" ", "\n".join(sorted(set(COMPOUND.findall(LONG.sub(" ", unaccented(text)))))))


def readings(text: str) -> Iterator[tuple[str, str, str]]:
    """(how it was read, the text so read, the same folded), the text as it stands first, then what says more."""
    small = folded(text)
    yield "", text, small
    plain = decoded(text)
    if plain != text and (again := folded(plain)) != small:
        yield ", escapes decoded", plain, again
    elif "\xad" in plain or "\u200b" in plain:
        yield ", without what nobody sees", seen(plain), small
    if not plain.isascii() and (with_umlauts := spelt(seen(plain))) != unaccented(plain):
        yield ", umlauts spelt out", with_umlauts, with_umlauts.lower()
    for how, pieces in ((", over a line's end", joined(plain)), (", compounds apart", apart(plain))):
        if pieces:
            yield how, pieces, folded(pieces)


def unwrapped(run: str) -> bytes:
    """What base64 or base64url stands for, whatever its length and padding."""
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    run = run[:-1] if len(run) % 4 == 1 else run
    return b64decode(run + "=" * (-len(run) % 4))


def stream(text: str) -> str:
    """What of a text base64 is written in, without lines, quotes and blanks."""
    return ALPHABET.sub("", re.sub(r"\\+[nr]", "", text).replace("-", "+").replace("_", "/"))


def hidden(letters: str) -> str:
    """The texts in a `stream` of base64, wherever they start, a line each.

    >>> hidden(stream("x = 'T3R0b2xpbmUg' 'UXV1eCB3YXMg' 'aGVyZS4='"))
    'Ottoline Quux was here.'
    """
    return b"\n".join(run for start in range(4) for likely in LIKELY.findall(unwrapped(letters[start:]))
                      for run in RUNS.findall(likely)).decode("utf-8", "replace")
