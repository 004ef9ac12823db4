"""Names are seen through every spelling, packing and place: a row for each, and none by chance.

Each row hides one planted name, address or path in one way; the same bytes with somebody else's name pass. Not covered:
the bundle as a whole (tests/test_bundle.py), who the names belong to (tests/test_identity.py).
"""

import base64
import bz2
import doctest
import gzip
import html
import io
import json
import lzma
import urllib.parse
import zipfile
import zlib

import matplotlib.image
import pytest

from verify import readings
from verify.identity import Word, _name
from verify.redaction import Redaction
from verify.unpacked import PICTURE, png_chunks, readable, without_metadata

NAME, OTHER = "Zoëlin Brzęczyk-Mühlkraut", "Ada Kowalska-Nowak"
GIVEN, USER = "Ottoline", "quux"
WORDS = [*_name(NAME), *_name("Łubrak Søndvik"), *_name(f"{GIVEN} Quux"), Word(USER, "user name", "user")]
US = Redaction(WORDS)


def finds(data, name="a.md"):
    return US.found(name, data if isinstance(data, bytes) else data.encode())


# -- replaced: what anybody would write for a name ----------------------------------------------------------------

@pytest.mark.parametrize("text", [
    "Mühlkraut", "Muehlkraut", "MUEHLKRAUT", "Muhlkraut", "Brzęczyk", "Brzeczyk", "Brze\u0328czyk", "Zoelin", "Zoëlin",
    "Lubrak Sondvik",
    "Søndvik", "Soendvik", "Łubrak", "Zoelin Brzeczyk-Muehlkraut", f"{GIVEN}\n    Quux", f"{GIVEN}_{USER}"])
def test_a_name_is_replaced_in_every_usual_spelling(text):
    redaction = Redaction(WORDS)
    after = redaction.text("a.md", f"by {text}, here")
    assert "Anonymous" in after or "user" in after
    assert not redaction.found("a.md", after.encode()) and redaction.found("a.md", text.encode())


# -- refused: what a program makes of a name ------------------------------------------------------------------------

def wrapped(data, width):
    text = base64.b64encode(data).decode()
    return "\n".join(text[at:at + width] for at in range(0, len(text), width))


def notebook(author):
    return json.dumps({"outputs": [{"data": {"image/png": wrapped(png(b"tEXt", b"Author\0" + author), 76) + "\n"}}]})


def png(kind, body):
    """A picture of one dot with one more chunk."""
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes((0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0))) + chunk(kind, body)
            + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def percent(text):
    return urllib.parse.quote(text)


WRITTEN = {
    "json": lambda name: json.dumps({"by": name}), "json in json": lambda name: json.dumps(json.dumps([name])),
    "a new line before": lambda name: json.dumps(["# by\n" + name.lower()]),
    "python": lambda name: "by = " + ascii(name), "python bytes": lambda name: f"by = {name.encode()!r}",
    "javascript": lambda name: "".join(f"\\u{{{ord(char):x}}}" for char in name),
    "octal": lambda name: "".join(f"\\{byte:03o}" for byte in name.encode()),
    "entities, decimal": lambda name: name.encode("ascii", "xmlcharrefreplace").decode(),
    "entities, hex": lambda name: "".join(f"&#x{ord(char):x};" for char in name),
    "entities, twice": lambda name: html.escape(name.encode("ascii", "xmlcharrefreplace").decode()),
    "percent": percent, "percent in a data URI": lambda name: "data:image/svg+xml,%3Ctext%3E" + percent(name),
    "quoted-printable": lambda name: "".join(f"={byte:02X}" if byte > 127 else chr(byte) for byte in name.encode()),
    "base64": lambda name: base64.b64encode(name.encode()).decode(),
    "base64 of 16": lambda name: base64.b64encode(name.split()[1].encode()).decode()[:16],
    "base64 wrapped": lambda name: wrapped(b"it was written by " + name.encode(), 16),
    "base64 in strings": lambda name: '"' + wrapped(b"written by " + name.encode(), 12).replace("\n", '"\n    "') + '"',
    "base64url": lambda name: base64.urlsafe_b64encode("þÿ¿~?".encode() + name.encode()).decode(),
    "a short data URI": lambda name: "data:;base64," + base64.b64encode(name.split()[0].encode()).decode(),
    "deflated in base64": lambda name: base64.b64encode(zlib.compress(b"by " + name.encode() * 2)).decode(),
    "a notebook's picture": lambda name: notebook(name.encode()),
    "hyphenated": lambda name: f"by {name[:3]}-\n    {name.split()[0][3:]} here",
    "hyphenated in a comment": lambda name: f"# by {name[:2]}-\n# {name.split()[0][2:]} here",
    "soft hyphens": lambda name: "\u00ad".join(name), "no width": lambda name: "\u200b".join(name),
    "soft entity": lambda name: "&shy;".join(name),
    "TeX": lambda name: name.replace("ë", '{\\"e}').replace("ę", "\\k{e}").replace("ü", '\\"u'),
    "a comment's line": lambda name: "# " + name.split()[0] + "\n# " + name.split()[1],
    "latin-1": lambda name: ("by " + name.replace("ę", "e")).encode("latin-1"),
    "latin-1, capitals": lambda name: ("BY " + name.split()[0].upper()).encode("latin-1"),
    "utf-16": lambda name: ("by " + name.split()[0]).encode("utf-16"),
    "utf-16 in bytes": lambda name: b"\x00\x9d\x01" + name.encode("utf-16-le") + b"\x00\xfe\x07\x02",
    "utf-16, the other way": lambda name: b"\x9d\x01\x02" + name.split()[0].encode("utf-16-be") + b"\xfe\x07",
    "utf-8 in bytes": lambda name: b"\x00\x01" + name.encode() + b"\x00\xff",
    "latin-1 in bytes": lambda name: b"\x00\x01" + name.split("-")[1].encode("latin-1", "replace") + b"\x00\xff",
    "gzip": lambda name: gzip.compress(name.encode()), "bzip2": lambda name: bz2.compress(name.encode()),
    "gzip, the second part": lambda name: gzip.compress(b"x") + gzip.compress(name.encode()),
    "xz": lambda name: lzma.compress(name.encode()),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_name_is_seen_through_how_it_is_written(way):
    assert finds(WRITTEN[way](NAME)), way
    assert not finds(WRITTEN[way](OTHER)), way


@pytest.mark.parametrize("way", ["utf-16", "latin-1", "gzip", "deflated in base64", "base64 of 16"])
def test_what_was_found_is_not_plain_bytes(way):
    data = WRITTEN[way](NAME)
    assert "Brz" not in (data if isinstance(data, str) else data.decode("latin-1")) or way == "latin-1"


@pytest.mark.parametrize("text", [
    "class OttolineQuux:", "byOttoline", "QUUXMaze", "quux2", "x_quux2_y", "run 2quux", "Ottoline.Quux", "ottolinequux",
    "M&uuml;hlkraut", "M&#252;hlkraut", "M\\xfchlkraut", "\\N{LATIN CAPITAL LETTER L WITH STROKE}ubrak", "\\L{}ubrak"])
def test_compounds_numbers_and_entities_do_not_hide_a_name(text):
    assert finds(text), text


@pytest.mark.parametrize("name", ["OttolineQuux.md", "quux2/a.md", "data_quux.csv", "Zo%C3%ABlin.md", "Muehlkraut.tex"])
def test_a_files_name_is_read_in_the_same_ways(name):
    assert US.named(name)[1] == "its name" and US.found(name, b"")


@pytest.mark.parametrize("text", [
    "quuxotic", "Ottolineish", "muhlkrauts", "the zoetrope", "rozoe", "&amp; %20 \\n \\u0041 =3D", "WHILE QUUXES",
    "a-\nb"])
def test_nobody_is_found_by_chance(text):
    assert not finds(text)


def test_short_names_are_no_parts_of_compounds():
    short = Redaction([Word("Kim", "part of a name"), Word("Li", "part of a name")])
    assert short.found("a", b"by Kim") and short.found("a", b"by Li")
    assert not short.found("a", b"KimonoKim2 isLi <li>")


def test_random_bytes_and_their_base64_name_nobody():
    import random
    noise = random.Random(5).randbytes(400_000)
    assert not finds(noise) and not finds(base64.b64encode(noise))


# -- by their form --------------------------------------------------------------------------------------------------

def at(*parts, sign="/"):
    return sign.join(parts)


FORMED = {
    **{f"place {place}": at("", place, "kestrel", "maze") for place in (
        "home", "homes", "Users", "root", "mnt", "media", "scratch", "cluster/home", "work/groups", "data", "gpfs1",
        "lustre", "nfs", "net", "srv", "export", "afs", "beegfs", "projects", "Volumes", "storage", "workspace")},
    "drive": at("C:", "Users", "kestrel", sign="\\"), "another drive": at("D:", "work", "kestrel", sign="\\"),
    "drive, doubled": at("D:", "work", "kestrel", sign="\\\\"), "drive, slashes": at("D:", "data", "kestrel"),
    "share": at("", "", "server", "share", "kestrel", sign="\\"),
    "share, doubled": at("", "", "server", "share", "kestrel", sign="\\\\"),
    "ORCID": at("0000", "0002", "1825", "0097", sign="-"), "ORCID with X": at("0000", "0002", "1694", "233X", sign="-"),
    "e-mail": at("kestrel", "uni.edu", sign="@"),
}


@pytest.mark.parametrize("what", FORMED)
def test_addresses_numbers_and_paths_go_by_their_form(what):
    nobody = Redaction([])
    text = f'see "{FORMED[what]}" there'
    after = nobody.text("a.md", text)
    assert "kestrel" not in after and "1825" not in after and "1694" not in after and after.endswith('" there')
    assert nobody.found("a.md", text.encode()) and not nobody.found("a.md", after.encode())


@pytest.mark.parametrize("text", [
    "paper/home/x", "https://a.org/data/x", "\\\\hline\\midrule", '"\\\\toprule\\n"', "K:\\alpha\\beta", "1/work",
    "12:34", "0000-0002-1825-00971"])
def test_what_only_looks_like_a_path_stays(text):
    assert Redaction([]).text("a.tex", text) == text


def test_what_is_encoded_is_refused_by_its_form_too():
    nobody = Redaction([])
    assert nobody.found("a", b"kestrel" + b"&#64;uni.edu") and nobody.found("a", b"\\x2fho" + b"me\\x2fkestrel")
    assert nobody.found("a", percent(FORMED["place home"]).replace("/", "%2F").encode())


# -- pictures and documents -----------------------------------------------------------------------------------------

HIDDEN = {
    b"tEXt": b"Author\0" + GIVEN.encode(), b"zTXt": b"Author\0\0" + zlib.compress(GIVEN.encode()),
    b"iTXt": b"Author\0\1\0\0\0" + zlib.compress(GIVEN.encode()), b"eXIf": b"MM\0*" + GIVEN.encode(),
    b"tIME": bytes((7, 234, 1, 2, 3, 4, 5)), b"prVt": zlib.compress(GIVEN.encode()),
    b"iCCP": b"icc\0\0" + zlib.compress(b"\0\1\2desc" + GIVEN.encode() + b"\0\1"),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_no_chunk_of_a_png_names_anybody(kind):
    data = png(kind, HIDDEN[kind])
    assert kind == b"tIME" or finds(data, "a.png")[0] == GIVEN
    after = without_metadata(data)
    assert [k for k, _ in png_chunks(after)] == [b"IHDR", *([b"iCCP"] if kind == b"iCCP" else []), b"IDAT", b"IEND"]
    assert bool(finds(after, "a.png")) == (kind == b"iCCP")       # its colours need it, so it is refused
    if kind != b"iCCP":
        assert matplotlib.image.imread(io.BytesIO(after)).shape == (1, 1)
    assert b"tRNS" in PICTURE and not finds(without_metadata(data + GIVEN.encode()), "a.png") or kind == b"iCCP"


def pdf(body):
    return b"%PDF-1.4\n1 0 obj << " + body + b" >> endobj\ntrailer << /Info 1 0 R >>\n%%EOF\n"


def stream(data, words=b""):
    return pdf(b"/Length 9") + b"2 0 obj << " + words + b" >> stream\n" + data + b"\nendstream endobj\n"


@pytest.mark.parametrize("key", ["Author", "Title", "Subject", "Keywords", "Creator", "Producer", "CreationDate",
                                 "ModDate"])
@pytest.mark.parametrize("string", ["literal", "hex", "utf-16", "octal", "nested"])
def test_a_pdfs_metadata_is_blanked(key, string):
    value = {"literal": f"({GIVEN})", "hex": f"<{GIVEN.encode().hex()}>",
             "utf-16": f"<{('feff' + GIVEN.encode('utf-16-be').hex())}>",
             "octal": "(" + "".join(f"\\{ord(char):03o}" for char in GIVEN) + ")", "nested": f"(a ({GIVEN}\\) b) c)"}
    data = pdf(f"/{key} {value[string]}".encode())
    assert finds(data, "a.pdf")[0] == GIVEN
    after = without_metadata(data)
    assert len(after) == len(data) and f"/{key} ()".encode() in after and not finds(after, "a.pdf")


@pytest.mark.parametrize("data", [
    pdf(f"/Contact <{GIVEN.encode().hex()}>".encode()), pdf(b"/Note (" + b"\\117ttoline" + b")"),
    pdf(b"/Note (Otto\\\nline)"), stream(zlib.compress(f"({GIVEN}) Tj".encode()), b"/Filter /FlateDecode"),
    stream(zlib.compress(b"[(Ot) -20 (tol) 3.5 (ine)] TJ")),
    stream(base64.a85encode(f"({GIVEN}) Tj".encode()) + b"~>", b"/Filter /ASCII85Decode"),
    stream(base64.a85encode(zlib.compress(f"({GIVEN}) Tj".encode()), adobe=True)),
    stream(zlib.compress(f"<{GIVEN.encode().hex()}> Tj".encode())),
    stream(f"({GIVEN}) Tj".encode().hex().encode() + b">", b"/Filter /ASCIIHexDecode"),
    stream(f"<x:xmpmeta><dc:creator>{GIVEN}</dc:creator></x:xmpmeta>".encode())])
def test_a_pdf_is_read_in_every_form_of_its_strings_and_streams(data):
    assert finds(data, "a.pdf")[0] == GIVEN and finds(without_metadata(data), "a.pdf")
    assert not Redaction([Word("Kowalska", "part of a name")]).found("a.pdf", data)


def test_pictures_lose_their_metadata_and_nothing_else():
    from verify.report.figures import empty_figure

    for suffix in ("png", "pdf"):
        out = io.BytesIO()
        empty_figure(1, 1).savefig(out, format=suffix, metadata={"Author": f"{GIVEN} (here)"})
        before, after = out.getvalue(), without_metadata(out.getvalue())
        assert finds(before, "f") and not finds(after, "f")
        assert suffix == "png" or (len(before) == len(after) and b"CreationDate ()" in after)
        if suffix == "png":
            assert (matplotlib.image.imread(io.BytesIO(before)) == matplotlib.image.imread(io.BytesIO(after))).all()


def test_packed_files_are_looked_into():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("in.txt", zlib.compress(b"x"))
        archive.writestr(f"{GIVEN}.txt", "y")
        archive.writestr("note.txt", "xxxxxxxxxxxxxxxxx", zipfile.ZIP_DEFLATED)
    assert finds(out.getvalue(), "a.npz")
    assert ("note.txt in it", True) in {(where, is_text) for where, _, is_text in readable(out.getvalue())}


def test_packed_data_is_looked_into_and_never_changed():
    redaction = Redaction([Word("ob", "account"), Word(GIVEN, "part of a name")])
    font = "base64," + "A" * 50 + "/ob/" + "A" * 50
    assert redaction.text("a.html", f"url({font}) ob") == f"url({font}) Anonymous"
    assert not redaction.found("a.html", font.encode())
    assert redaction.found("a.html", b"base64," + base64.b64encode(b"x" * 40 + b" " + GIVEN.encode())) == (
        GIVEN, "a data URI")


def test_addresses_of_vendored_libraries_are_theirs():
    theirs, ours = "@".join(("lib", "their.org")), "@".join(("me", "our.org"))
    redaction = Redaction([Word("Doe", "part of a name")], [theirs])
    assert redaction.text("x/vendor/a.js", f"{ours} Doe") == f"{ours} Doe"
    assert redaction.text("index.html", f"{theirs} {ours}") == f"{theirs} anonymous"
    assert redaction.found("a.md", ours.encode()) and not redaction.found("a.md", theirs.encode())


def test_a_source_that_would_not_compile_any_more_is_refused(fails):
    fails(lambda: Redaction([Word("1 + 1", "asked for", "1 +")]).text("a.py", "x = (1 + 1)"), "a.py")
    fails(lambda: Redaction([Word("= 1", "asked for")]).text("a.toml", "x = 1"), "a.toml")


def test_the_readings_examples_run():
    assert doctest.testmod(readings) == (0, 3)
