"""CityJSON documents and sequences as a stream of parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.beside import delivered
from cimkit.loaders._city.standing import stood
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.document import Document, lost, positions
from cimkit.loaders.cityjson.text import line_of
from cimkit.model import Place, Problem, Source

__all__ = ["Part", "parts"]

Reals = npt.NDArray[np.float64]
Json = dict[str, Any]
_HEADS = ("metadata.city.json", "metadata.json", "metadata.city.jsonl", "metadata.jsonl")
_HEAD = 1 << 20
_FEATURE_LINE = re.compile(rb'(?:^|\n)[ \t\r\x1e]*\{[^\n]*"CityJSONFeature"')


@dataclass(slots=True)
class Part:
    """A whole CityJSON document, or one feature of a sequence."""

    head: Json
    """The document, or the first line of the sequence."""
    body: Json
    """The feature, or the document without ``CityObjects`` and ``vertices``."""
    vertices: Reals
    """(n, 3) in the CRS."""
    place: str = ""
    """``line n`` in a sequence."""
    feature: bool = False
    """Whether it is a feature of a sequence."""
    document: Document | None = None
    """What the objects are read from; None if they are in ``body``."""

    def items(self, tally: Tally, *, kin: bool = False) -> Iterator[tuple[str, Any]]:
        """Yield key and body of each city object; with ``kin`` at least those that name others."""
        if self.document is not None:
            yield from self.document.items(tally, kin=kin)
            return
        objects = self.body.get("CityObjects")
        yield from objects.items() if isinstance(objects, dict) else ()

    def whole(self) -> Json:
        """Return the document or the feature with all that it holds, in memory."""
        return self.document.all() if self.document is not None else self.body


def parts(source: Source, tally: Tally, place: Place | None = None) -> Iterator[Part]:
    """Yield the document, or the head and each feature of a sequence.

    Parameters
    ----------
    source : Source
    tally : Tally
        Takes ``citymodel-invalid`` and what else is wrong with a part as a whole.
    place : Place, optional
        Where a model in coordinates of its own stands.

    Raises
    ------
    SourceUnreadable
        If the document is no JSON or no CityJSON. A broken line of a sequence is a problem.
    """
    for part in _parts(source, tally):
        part.vertices = stood(part.vertices, place)
        yield part


def _parts(source: Source, tally: Tally) -> Iterator[Part]:
    with source.file.open("rb") as opened:
        start = opened.read(_HEAD)
    if _FEATURE_LINE.search(start):
        yield from _sequence(source, tally)
        return
    document = Document(source, tally)
    try:
        kind = document.body.get("type")
        more = document.more()
        if more and document.one_line() and kind in ("CityJSON", "CityJSONFeature"):
            yield from _sequence(source, tally)
        elif kind == "CityJSONFeature":  # written over several lines
            yield _part(_beside(source, tally), document.all(), "", tally, feature=True)
        elif document.is_cityjson():
            yield _document(document, more, tally)
        else:
            raise SourceUnreadable(
                "no CityJSON", where=source.file.name, expected='"type": "CityJSON"'
            )
    finally:
        document.close()


def _document(document: Document, more: bool, tally: Tally) -> Part:
    body = document.body
    vertices = document.vertices(tally)
    if not document.has_objects():
        if not document.whole:
            raise SourceUnreadable(
                "the file breaks off before the first city object",
                where=document.name,
                mend="Copy or export the file again.",
            )
        tally.add(lost("there are no CityObjects", ""))
    if more:
        tally.add(lost("something follows the end of the document", ""))
    transform = body.get("transform")
    if not document.whole:
        tally.add(
            Problem(
                "source-cut-off",
                "The file breaks off, or quotes and brackets in it do not pair; "
                f"{len(vertices)} vertices and the objects before that were read.",
                "error",
                hint="Copy or export the file again.",
            )
        )
        if transform is None and len(vertices) and not (vertices % 1).any():
            tally.add(
                lost("the scale and origin of the vertices are cut off; none can be used", "")
            )
            vertices = np.empty((0, 3))
    return Part(body, body, _scaled(vertices, transform, "", tally), document=document)


def _sequence(source: Source, tally: Tally) -> Iterator[Part]:
    head: Json | None = None
    with source.file.open("rb") as opened:
        for number, raw in enumerate(opened, 1):
            line = raw.strip(b" \t\r\n\x1e")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line:
                continue
            place = f"line {number}"
            item = line_of(line)
            if item is None:
                tally.add(lost("a line is broken JSON", place))
                continue
            kind = item.get("type") if isinstance(item, dict) else None
            if kind == "CityJSON":
                if head is not None:
                    tally.add(
                        Problem(
                            "sequence-second-head",
                            "The sequence has a further first line; it holds for what follows it.",
                            "info",
                            place,
                        )
                    )
                head = item
                yield _part(head, item, place, tally)
            elif kind == "CityJSONFeature":
                if head is None:
                    head = _later(source, tally) or _beside(source, tally)
                own = head | {"transform": item["transform"]} if "transform" in item else head
                yield _part(own, item, place, tally, feature=True)
            else:
                tally.add(
                    Problem(
                        "citymodel-invalid",
                        "A line is no feature of CityJSON.",
                        "error",
                        place,
                        got=str(kind)[:60],
                        expected="CityJSONFeature",
                    )
                )


def _later(source: Source, tally: Tally) -> Json | None:
    """Return the first line with the metadata, which stands further down."""
    with source.file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if b'"CityJSON"' not in line:
                continue
            item = line_of(line.strip(b" \t\r\n\x1e"))
            if isinstance(item, dict) and item.get("type") == "CityJSON":
                tally.add(
                    Problem(
                        "sequence-order",
                        "The line with the metadata is not the first; it was taken for all.",
                        place=f"line {number}",
                        expected="the metadata in line 1",
                    )
                )
                return item
    return None


def _beside(source: Source, tally: Tally) -> Json:
    """Return the metadata that lie beside features in files of their own."""
    for folder in ("", "../", "../../"):
        for name in _HEADS:
            file = delivered(source, f"{folder}{name}")
            if file is None:
                continue
            item = line_of(file.read_bytes())
            if isinstance(item, dict) and item.get("type") == "CityJSON":
                tally.add(
                    Problem(
                        "metadata-beside",
                        "The features have no metadata of their own; those beside them were taken.",
                        "info",
                        got=f"{folder}{name}",
                    )
                )
                return item
    tally.add(
        Problem(
            "metadata-missing",
            "The features come without the line of metadata: scale, origin and coordinate system "
            "are not known.",
            "error",
            expected='a first line with "type": "CityJSON"',
            hint="Deliver the metadata in the first line, or as metadata.json beside the features.",
        )
    )
    return {}


def _part(head: Json, body: Json, place: str, tally: Tally, *, feature: bool = False) -> Part:
    try:
        vertices = positions(body.get("vertices") or [])
    except (ValueError, TypeError, OverflowError) as error:
        tally.add(lost(f"the vertices are no list of coordinates: {error}", place))
        vertices = np.empty((0, 3))
    if not isinstance(body.get("CityObjects"), dict):
        tally.add(lost("there are no CityObjects", place))
    vertices = _scaled(vertices, head.get("transform"), place, tally)
    return Part(head, body, vertices, place, feature)


def _scaled(vertices: Reals, transform: Any, place: str, tally: Tally) -> Reals:
    """Return vertices in the CRS; none if the transform is not to be understood."""
    if not transform or not len(vertices):
        return vertices
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told
            vertices *= np.asarray(transform["scale"], np.float64)
            vertices += np.asarray(transform["translate"], np.float64)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        tally.add(lost(f"the transform is no scale and translate: {error}", place))
        return np.empty((0, 3))
    return vertices
