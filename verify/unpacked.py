"""A file and everything packed into it: PNG chunks, PDF strings and streams, gzip, zip, base64, in any depth to four.

Setting. `readable` gives bytes with whether they are text; a text in UTF-16 or Latin-1 comes as UTF-8 beside its bytes.
`without_metadata` takes out of a picture what is not the picture.

Not covered: encrypted files; PDF streams in LZW or run lengths; EXIF inside JPEG beyond its bytes as they stand.
"""

from __future__ import annotations

import base64
import bz2
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator

from verify.readings import hidden, stream, unwrapped

PACKED = re.compile(r"base64,[A-Za-z0-9+/_-]{6,}={0,2}")
LITTLE = re.compile(rb"(?:[\t\n\r\x20-\x7e\xa0-\xff]\x00|[\x00-\x7f]\x01){3,}")
BIG = re.compile(rb"(?:\x00[\t\n\r\x20-\x7e\xa0-\xff]|\x01[\x00-\x7f]){3,}")
# how packed data begin in base64: PNG, PDF, gzip, zip, bzip2, xz; zlib
MAGIC = re.compile(r"iVBORw0KGgo|JVBERi|H4sI|UEsDB|QlpoO|/Td6WFo|(eJ[w-z]|eN[o-r]|eA[E-H]|eF[4-7])")
MOST = 1 << 22                         # letters of base64 that are decoded at once
DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
# the chunks of a PNG that make the picture; iCCP is looked into, and stays
PICTURE = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"iCCP",
           b"cICP", b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT")
INFO = b"Author|Title|Subject|Keywords|Creator|Producer|CreationDate|ModDate"
STRING = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\)"
LITERAL, HEX = re.compile(STRING, re.S), re.compile(rb"<([0-9A-Fa-f\s]{4,})>")
KERNED = re.compile(rb"\[((?:\s*+(?:" + STRING + rb"|[-+.\d]++))*+)\s*\]\s*TJ", re.S)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.S)
CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def as_text(data: bytes) -> str | None:
    """The text of a text file in UTF-8, None of anything else; a PDF is none, even where all of it is printable."""
    if b"\0" in data or data.startswith(b"%PDF"):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def printable(data: bytes, least: int = 12) -> str:
    """The runs of printable characters in bytes, a line each."""
    return "\n".join(run.decode() for run in re.findall(rb"[\x20-\x7e]{%d,}" % least, data))


def readable(data: bytes, where: str = "its text", depth: int = 4) -> Iterator[tuple[str, bytes, bool]]:
    """(where, bytes, whether they are text) of a file and of everything packed into it that can be unpacked."""
    text = as_text(data)
    yield where if text is not None else where.replace("text", "bytes"), data, text is not None
    if text is None:
        yield from ((where, other.encode("utf-8", "replace"), True) for other in _other_text(data))
    if not depth:
        return
    if text is not None:
        for packed in PACKED.findall(text):
            yield from readable(unwrapped(packed.partition(",")[2]), "a data URI", depth - 1)
        letters = stream(text)
        yield "its base64", hidden(letters).encode(), True
        for match in MAGIC.finditer(letters):
            if not match[1] or len(_inflated(unwrapped(letters[match.start():match.start() + 256]))) > 8:
                piece = unwrapped(letters[match.start():match.start() + MOST])
                yield from readable(_inflated(piece) if match[1] else piece, "its base64", depth - 1)
    elif data.startswith(b"\x89PNG"):
        for kind, body in png_chunks(data):
            if kind not in PICTURE or kind in (b"iCCP", b"sPLT"):
                yield from readable(body, "a PNG chunk", 0)
                for start in DEFLATED.finditer(body):
                    yield from readable(_inflated(body[start.start():]), "a PNG chunk", 0)
    elif data.startswith(b"%PDF"):
        yield from _pdf(data, depth)
    elif data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        yield from readable(_decompressed(data), "what it packs", depth - 1)
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield "a packed file's name", member.encode(), True
                yield from readable(archive.read(member), f"{member} in it", depth - 1)


def _other_text(data: bytes) -> Iterator[str]:
    """What reads as UTF-16 or, where no byte is a control character, as Latin-1."""
    if b"\0" in data:
        for runs, code in ((LITTLE.findall(data), "utf-16-le"), (BIG.findall(data), "utf-16-be")):
            if runs:
                yield "\n".join(run.decode(code, "replace") for run in runs)
    elif not re.search(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]", data):
        yield data.decode("cp1252", "replace")


def _inflated(data: bytes) -> bytes:
    """What can be inflated; whatever follows is not looked at."""
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _decompressed(data: bytes) -> bytes:
    out = b""
    try:
        if data.startswith(b"\x1f\x8b"):
            while data.startswith(b"\x1f\x8b"):            # a file may be several, one after the other
                stream = zlib.decompressobj(31)
                out, data = out + stream.decompress(data), stream.unused_data
            return out
        return (bz2.BZ2Decompressor() if data.startswith(b"BZh") else lzma.LZMADecompressor()).decompress(data)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return out


# -- PDF --------------------------------------------------------------------------------------------------------

def _pdf(data: bytes, depth: int) -> Iterator[tuple[str, bytes, bool]]:
    """The strings of a PDF and, decoded, its streams with theirs."""
    streams = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
    yield "a PDF string", _strings(streams.sub(b"", data)), True
    for body in streams.findall(data):
        bare = body.strip()
        forms = [body, _ascii85(bare)] if bare.endswith(b"~>") else [body, _unhexed(bare[:-1])]
        for form in [*forms, *map(_inflated, forms)]:
            if form:
                yield from readable(form, "a PDF stream", depth - 1)
                yield "a PDF stream's string", _strings(form), True


def _ascii85(body: bytes) -> bytes:
    try:
        return base64.a85decode(body.removeprefix(b"<~")[:-2])
    except ValueError:
        return b""


def _unhexed(digits: bytes) -> bytes:
    digits = b"".join(digits.split())
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        return b""


def _strings(data: bytes) -> bytes:
    """The strings in PDF syntax, and those of a kerned line put together, in UTF-8, a line each."""
    found = [_literal(match[0]) for match in LITERAL.finditer(data)]
    found += [_unhexed(digits) for digits in HEX.findall(data)]
    found += [b"".join(_literal(match[0]) for match in LITERAL.finditer(line)) for line in KERNED.findall(data)]
    return "\n".join(map(_string, found)).encode("utf-8", "replace")


def _string(raw: bytes) -> str:
    if raw.startswith((b"\xfe\xff", b"\xff\xfe")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _literal(string: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        if match[1][:1].isdigit() and match[1][:1] < b"8":
            return bytes((int(match[1], 8) & 255,))
        return CONTROL.get(match[1], b"" if match[1].endswith(b"\n") else match[1])

    return ESCAPED.sub(one, string[1:-1])


# -- pictures ---------------------------------------------------------------------------------------------------

def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of every chunk of a PNG, up to its end mark."""
    at, kind = 8, b""
    while at + 12 <= len(data) and kind != b"IEND":
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def without_metadata(data: bytes) -> bytes:
    """A PNG with the chunks that make the picture, a PDF with its author and dates blanked; anything else as it is."""
    if data.startswith(b"\x89PNG"):
        kept = [kind + body for kind, body in png_chunks(data) if kind in PICTURE]
        return data[:8] + b"".join((len(k) - 4).to_bytes(4, "big") + k + zlib.crc32(k).to_bytes(4, "big") for k in kept)
    if data.startswith(b"%PDF"):                        # same length, so that every offset in the file stays right
        return re.sub(rb"(/(?:" + INFO + rb")\s*)(" + STRING + rb"|<[0-9A-Fa-f\s]*>)",
                      lambda m: m[1] + b"()" + b" " * (len(m[2]) - 2), data, flags=re.S)
    return data
