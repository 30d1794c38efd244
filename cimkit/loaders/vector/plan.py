"""How GDAL is to open a source: file, options, encoding; never writing beside a delivery."""

from __future__ import annotations

import codecs
import re
import shutil
from pathlib import Path

from cimkit.loaders._delivery.encoding import detect, named, superset
from cimkit.loaders._layers.text import settle
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.gdal import Plan
from cimkit.loaders.vector.names import speaking, suffix_of
from cimkit.loaders.vector.rescue import padded_database
from cimkit.model import Problem, Source

__all__ = ["as_utf8", "is_utf8", "plan", "transcoded", "unreadable_text"]

_XML = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_CHARSET = re.compile(rb"""(charset\s+"?)([\w-]*)""", re.IGNORECASE)
_CHARSETS = {
    **{"gb18030": "WindowsSimpChinese", "big5": "WindowsTradChinese", "cp932": "WindowsJapanese"},
    **{"cp949": "WindowsKorean", "cp1252": "WindowsLatin1", "latin-1": "WindowsLatin1"},
    **{"utf-8": "UTF-8"},
}
"""What MapInfo calls encodings."""
_BLOCK = 1 << 20
_UTF_8 = {"utf-8", "ascii"}


def plan(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    """Decide how to open a source; copies go to the folder ``scratch``."""
    way = _plan(source, options, scratch)
    if way.file.parent != scratch / "shapefile":
        way.file = speaking(way.file, scratch)
    return way


def _plan(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    from cimkit.loaders.vector.shapefile import plan_dbf, plan_shapefile

    file = source.file
    if file.is_dir():
        return Plan(file)
    with file.open("rb") as opened:
        start = opened.read(65_536)
    if start[:4] == b"\x00\x00\x27\x0a":
        return plan_shapefile(source, options, scratch)
    if start.startswith(b"SQLite format 3"):
        return _sqlite(file, start, scratch)
    text = start.lstrip(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<") or start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _xml(source, start, options, scratch)
    if text[:1] in (b"{", b"[", b"\x1e"):
        return _json(source, options, scratch)
    if re.match(rb"!table|version\s+\d+\s+charset", text[:200], re.I):
        return _mapinfo(source, start, options, scratch)
    if start.startswith(b"&HVERZE"):  # GDAL makes a database beside it
        (scratch / file.name).symlink_to(file.absolute())
        return Plan(scratch / file.name)
    if suffix_of(start) is None and file.suffix.lower() == ".dbf":
        return plan_dbf(source, options)
    return Plan(file)


def _sqlite(file: Path, start: bytes, scratch: Path) -> Plan:
    """Open a copy of a database that has pages beside it: GDAL would write them into it."""
    beside = [f for e in ("-wal", "-journal") if (f := file.with_name(file.name + e)).exists()]
    if 2 in start[18:20] or any(f.stat().st_size for f in beside):
        folder = scratch / "database"
        folder.mkdir()
        for part in (file, *beside):
            shutil.copyfile(part, folder / part.name)
        return Plan(folder / file.name)
    padded = padded_database(file, scratch)
    return Plan(file) if padded is None else Plan(padded[0], problems=[padded[1]])


def _xml(source: Source, start: bytes, options: ReadOptions, scratch: Path) -> Plan:
    way = as_utf8(source, None, options, scratch)
    if b"opengis.net/gml" in start or b"FeatureCollection" in start or b"fgd" in start:
        way.options = {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"}
        from cimkit.loaders.vector.gml import closed_again

        # GDAL writes what it learns of GML beside it: there it may.
        folder = scratch / "gml"
        folder.mkdir()
        whole, broken = closed_again(way.file, scratch)
        way.problems += [broken] if broken is not None else []
        (folder / "layer.gml").symlink_to(whole.absolute())
        schema = next(
            (f for e in (".xsd", ".XSD") if (f := source.file.with_suffix(e)).is_file()), None
        )
        if schema is not None:
            (folder / "layer.xsd").symlink_to(schema.absolute())
        way.file = folder / "layer.gml"
    elif suffix_of(start) == ".gpx":
        way.options = {"ELE_AS_25D": "YES"}
    return way


def _json(source: Source, options: ReadOptions, scratch: Path) -> Plan:
    way = as_utf8(source, "utf-8", options, scratch)
    way.is_json = True
    return way


def _declared(start: bytes) -> str:
    """Return the encoding that an XML declaration or a mark of UTF-16 says."""
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    found = _XML.search(start)
    return found[1].decode("ascii") if found else "utf-8"


def as_utf8(source: Source, said: str | None, options: ReadOptions, scratch: Path) -> Plan:
    """Open a text as UTF-8: a copy of it, if it is in anything else."""
    way = Plan(source.file)
    if said is None:
        with source.file.open("rb") as opened:
            said = _declared(opened.read(1024))
    claim = named(said)
    if options.declared.encoding is None and claim in _UTF_8 and is_utf8(source.file):
        return way
    chosen = settle(_foreign(source.file), said, source, options)
    way.shown, way.origin = chosen.name, chosen.origin
    if chosen.problem is not None:
        way.problems.append(chosen.problem)
    if chosen.name not in _UTF_8 or claim not in _UTF_8 or not is_utf8(source.file):
        way.file, replaced = transcoded(source.file, chosen.reads, scratch)
        if replaced:
            way.problems.append(unreadable_text(replaced, chosen.name))
    return way


def unreadable_text(count: int, encoding: str) -> Problem:
    """Return what is told of characters that could not be read."""
    return Problem(
        "text-unreadable",
        f"{count} characters are not valid {encoding}; the sign � stands for them.",
        got=encoding,
        hint="Declare the encoding in the delivery sheet, or have the file written again.",
    )


def is_utf8(file: Path) -> bool:
    """Return whether all of a file is valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _foreign(file: Path) -> bytes:
    """Return lines beyond ASCII of a text, some hundred thousand bytes of them."""
    lines, size = [], 0
    with file.open("rb") as opened:
        start = opened.read(4096)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
            return start[: len(start) // 2 * 2]
        opened.seek(0)
        while size < 200_000 and (block := opened.read(_BLOCK)):
            found = re.findall(rb"[^\x00-\x1f<>\"{},]*[\x80-\xff][^\x00-\x1f<>\"{},]*", block)
            lines += found
            size += sum(map(len, found))
    return b"\n".join(lines)


def transcoded(file: Path, encoding: str, scratch: Path) -> tuple[Path, int]:
    """Write a text as UTF-8 into ``scratch``, with an XML declaration that says so.

    Returns
    -------
    file : Path
        The copy, called like the original.
    replaced : int
        Characters that were not valid.
    """
    folder = scratch / "utf8"
    folder.mkdir(exist_ok=True)
    target = folder / file.name
    decoder = codecs.getincrementaldecoder(superset(encoding))("replace")
    replaced, first = 0, True
    with file.open("rb") as opened, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            block = opened.read(_BLOCK)
            text = decoder.decode(block, final=not block)
            if first:
                text = re.sub(
                    r"""(<\?xml[^>]*?encoding\s*=\s*["'])[\w.:-]+""", r"\1UTF-8", text, count=1
                )
                text, first = text.removeprefix("\ufeff"), False
            replaced += text.count("\ufffd")
            out.write(text)
            if not block:
                return target, replaced


def _mapinfo(source: Source, start: bytes, options: ReadOptions, scratch: Path) -> Plan:
    """Read a MapInfo table by its ``charset``, which is often Neutral: nothing said."""
    from cimkit.loaders.vector.dbf import is_dbf, read_dbf

    stem = source.file.stem.casefold()
    beside = {
        p.suffix.lower(): p for p in source.file.parent.iterdir() if p.stem.casefold() == stem
    }
    said = _CHARSET.search(start[:2000])
    foreign = b""
    if ".mid" in beside and source.file.suffix.lower() == ".mif":
        foreign = _foreign(beside[".mid"])
    elif ".dat" in beside:
        with beside[".dat"].open("rb") as opened:
            table = is_dbf(opened.read(65_536))
        foreign = read_dbf(beside[".dat"], whole=False).text if table else _texts(beside[".dat"])
    names = b"\n".join(line for line in start.splitlines() if not line.isascii())
    claim = said[2].decode("ascii", "replace") if said else None
    chosen = settle(foreign or names, claim, source, options)
    way = Plan(source.file, shown=chosen.name, origin=chosen.origin)
    if chosen.problem is not None:
        way.problems.append(chosen.problem)
    charset = _CHARSETS.get(chosen.reads)
    if said is not None and charset is not None and charset.lower() != (claim or "").lower():
        folder = scratch / "mapinfo"
        folder.mkdir()
        for suffix, part in beside.items():
            (folder / f"{source.file.stem}{suffix}").symlink_to(part.absolute())
        head = folder / f"{source.file.stem}{source.file.suffix.lower()}"
        head.unlink()
        with source.file.open("rb") as opened, head.open("wb") as out:
            out.write(opened.read(said.start(2)) + charset.encode())
            opened.seek(said.end(2))
            if charset == "UTF-8":  # names of fields that GDAL itself cut apart
                decoder = codecs.getincrementaldecoder("utf-8")("replace")
                while block := opened.read(_BLOCK):
                    out.write(decoder.decode(block).replace("\ufffd", "_").encode())
            shutil.copyfileobj(opened, out)
        way.file = head
    return way


def _texts(file: Path) -> bytes:
    """Return the texts of a table of MapInfo's own form, by their bytes beyond ASCII."""
    with file.open("rb") as opened:
        data = opened.read(_BLOCK)
    runs = re.findall(rb"[\x20-\x7e\x80-\xfe]{4,}", data)
    return b"\n".join(run for run in runs if detect(run) != "ascii")
