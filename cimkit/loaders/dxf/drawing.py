"""Opening a drawing: text or binary, whole or damaged, in whatever code page."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass, field
from typing import Any

from ezdxf.lldxf.const import DXFError, DXFStructureError

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.text import Encoding, settle
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem, Source

__all__ = ["DAMAGE", "Drawing", "open_drawing", "unescaped"]

DAMAGE = (
    *(ValueError, LookupError, ArithmeticError, AttributeError, TypeError, StopIteration),
    *(DXFError, struct.error, RecursionError, AssertionError, EOFError, NotImplementedError),
)
"""What ezdxf raises over damage."""
_BINARY = b"AutoCAD Binary DXF"
_PAGE = re.compile(rb"(\$DWGCODEPAGE\s+3\s*?\n[ \t]*)([^\r\n]*)")
_VERSION = re.compile(rb"\$ACADVER\s+1\s*?\n\s*(AC\d{4})")
_PAGES = {"gb18030": b"ANSI_936", "big5": b"ANSI_950", "cp932": b"ANSI_932", "cp949": b"ANSI_949"}
_SUBCLASSES = {
    **{b"LWPOLYLINE": b"AcDbPolyline", b"SPLINE": b"AcDbSpline", b"ELLIPSE": b"AcDbEllipse"},
    **{b"MTEXT": b"AcDbMText", b"HATCH": b"AcDbHatch", b"IMAGE": b"AcDbRasterImage"},
}
_UNMARKED = re.compile(
    rb"(\n[ \t]*0[ \t]*\r?\n[ \t]*(" + b"|".join(_SUBCLASSES) + rb")[ \t]*\r?\n)"
    rb"((?:[ \t]*(?:5|6|8|48|60|62|67|330|370|420)[ \t]*\r?\n[^\n]*\n)*)(?![ \t]*100[ \t]*\r?\n)"
)
"""Entities newer than R12 as simple programs write them: without the marks of their parts."""
_ESCAPES = re.compile(r"(?:\\U\+[0-9A-Fa-f]{4})+|\\M\+[1-5][0-9A-Fa-f]{4}")
_MULTIBYTE = {"1": "cp932", "2": "cp950", "3": "cp949", "4": "johab", "5": "gbk"}
"""Code pages of ``\\M+nxxxx``."""
_UNICODE = b"AC1021"
"""Since this version (2007) texts are UTF-8."""


@dataclass(slots=True)
class Drawing:
    """A drawing, read."""

    document: Any
    """As ezdxf has it."""
    encoding: str
    """Of its texts."""
    origin: str
    """Who said so: declared, detected or sheet."""
    handles: bool
    """Whether its entities have handles of their own."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong."""


def open_drawing(source: Source, options: ReadOptions) -> Drawing:
    """Read a drawing; what is damaged is repaired as far as it goes, and told.

    Raises
    ------
    SourceUnreadable
        If nothing can be made of it.
    """
    from ezdxf import filemanagement, recover

    data = source.file.read_bytes()
    if data[:6].startswith(b"AC10") and b"SECTION" not in data[:200]:
        raise SourceUnreadable(
            "DWG cannot be read", where=source.path, mend="Deliver it as DXF or GeoPackage."
        )
    chosen, data = _decoded(data, source, options)
    problems = [chosen.problem] if chosen.problem is not None else []
    fixed: list[str] = []
    try:
        try:
            if data.startswith(_BINARY):
                document = filemanagement.readfile(source.file)
            else:
                text = data.decode(_read_as(data, chosen), "surrogateescape")
                text = unescaped(text.replace("\r\n", "\n"))
                document = filemanagement.read(io.StringIO(text))
        except DAMAGE:
            try:
                document, auditor = recover.read(io.BytesIO(data))
            except DXFStructureError:
                marked = _VERSION.sub(b"$ACADVER\n1\nAC1015", _UNMARKED.sub(_marked, data), count=1)
                document, auditor = recover.read(io.BytesIO(marked))
            fixed = [str(e.message) for e in (*auditor.errors, *auditor.fixes)]
            problems.append(_damaged(fixed))
    except (OSError, *DAMAGE) as error:
        raise SourceUnreadable(
            "it is no drawing that can be read",
            where=source.path,
            got=f"{type(error).__name__}: {error}"[:300],
            mend="Open it in a CAD program, repair it (RECOVER) and save it as DXF again.",
        ) from error
    handles = b"\n  5\n" in data[:2_000_000] or b"\r\n  5\r\n" in data[:2_000_000]
    old = document.dxfversion == "AC1009" and not data.startswith(_BINARY)
    return Drawing(document, chosen.name, chosen.origin, handles or not old, problems)


def _decoded(data: bytes, source: Source, options: ReadOptions) -> tuple[Encoding, bytes]:
    """Settle the encoding of the texts, and put it where ezdxf looks for it."""
    if data.startswith(_BINARY):
        return Encoding("utf-8", "declared"), data
    version = _VERSION.search(data[:100_000])
    page = _PAGE.search(data[:100_000])
    modern = version is not None and version[1] >= _UNICODE
    said = "utf-8" if modern else page[2].decode("ascii", "replace") if page else None
    foreign = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[: 4 << 20]
    chosen = settle(foreign, said, source, options)
    if not modern and page is not None and chosen.reads in _PAGES:
        data = data[: page.start(2)] + _PAGES[chosen.reads] + data[page.end(2) :]
    return chosen, data


def unescaped(text: str) -> str:
    r"""Return text whose characters beyond the code page are written out.

    Examples
    --------
    >>> unescaped(r"\U+5EFA\U+56FD \M+5C2B7")
    '建国 路'
    """
    return _ESCAPES.sub(_character, text) if "+" in text and "\\" in text else text


def _character(found: re.Match[str]) -> str:
    escape = found[0]
    try:
        if escape[1] == "M":
            return bytes.fromhex(escape[4:]).lstrip(b"\0").decode(_MULTIBYTE[escape[3]])
        written = bytes.fromhex(escape.replace("\\U+", "")).decode("utf-16-be")
    except UnicodeDecodeError:
        return escape
    return written if written.isprintable() else escape


def _read_as(data: bytes, chosen: Encoding) -> str:
    try:
        b"".decode(chosen.reads)
    except LookupError:
        return "cp1252"
    return chosen.reads


def _marked(entity: re.Match[bytes]) -> bytes:
    start, kind, common = entity.groups()
    return start + b"100\nAcDbEntity\n" + common + b"100\n" + _SUBCLASSES[kind] + b"\n"


def _damaged(said: list[str]) -> Problem:
    return Problem(
        "drawing-damaged",
        "The structure of the drawing is damaged; it was repaired in memory as far as it goes.",
        "warning",
        got=f"{len(said)} repairs: " + "; ".join(said[:5]) if said else "",
        hint="Open it in a CAD program, repair it (RECOVER) and save it again.",
    )
