"""CityJSON documents and sequences as a stream of parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.beside import delivered
from cimkit.loaders._city.standing import stood
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.text import parsed
from cimkit.model import Place, Problem, Source

__all__ = ["Part", "parts", "positions"]

Reals = npt.NDArray[np.float64]
Json = dict[str, Any]
_HEADS = ("metadata.city.json", "metadata.json", "metadata.city.jsonl", "metadata.jsonl")


@dataclass(slots=True)
class Part:
    """A whole CityJSON document, or one feature of a sequence."""

    head: Json
    """The document, or the first line of the sequence."""
    body: Json
    """The document or the feature."""
    objects: Json
    """``CityObjects``."""
    vertices: Reals
    """(n, 3) in the CRS."""
    place: str = ""
    """``line n`` in a sequence."""
    feature: bool = False
    """Whether it is a feature of a sequence."""


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
    file = source.file
    with file.open("rb") as opened:
        first = opened.readline()
        more = any(line.strip() for line in opened)
    head = parsed(first, None) if more or b'"CityJSONFeature"' in first[:65_536] else None
    if isinstance(head, dict) and head.get("type") in ("CityJSON", "CityJSONFeature"):
        yield from _sequence(source, tally)
        return
    whole = file.read_bytes()
    document = parsed(whole, tally, file.name)
    if not isinstance(document, dict) or (
        document.get("type") != "CityJSON" and "CityObjects" not in document
    ):
        raise SourceUnreadable("no CityJSON", where=file.name, expected='"type": "CityJSON"')
    del whole
    if document.get("type") == "CityJSONFeature":  # written over several lines
        yield _part(_beside(source, tally), document, "", tally, feature=True)
        return
    yield _part(document, document, "", tally)


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
            item = parsed(line, None)
            if item is None:
                tally.add(_lost("a line is broken JSON", place))
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
            item = parsed(line.strip(b" \t\r\n\x1e"), None)
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
            item = parsed(file.read_bytes(), None)
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
        transform = head.get("transform")
        if transform and len(vertices):
            vertices *= np.asarray(transform["scale"], np.float64)
            vertices += np.asarray(transform["translate"], np.float64)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        tally.add(_lost(f"the vertices are no list of coordinates: {error}", place))
        vertices = np.empty((0, 3))
    objects = body.get("CityObjects")
    if not isinstance(objects, dict):
        tally.add(_lost("there are no CityObjects", place))
        objects = {}
    return Part(head, body, objects, vertices, place, feature)


def positions(given: Any) -> Reals:
    """Return (n, 3) coordinates from nested lists.

    Raises
    ------
    ValueError, TypeError, OverflowError
        If they are none.

    Examples
    --------
    >>> positions([[1, 2, 3]]).tolist()
    [[1.0, 2.0, 3.0]]
    """
    if not given:
        return np.empty((0, 3))
    flat = np.fromiter(chain.from_iterable(given), np.float64)
    if len(flat) != 3 * len(given) or set(map(len, given)) != {3}:
        raise ValueError("not three numbers in each")
    return flat.reshape(-1, 3)


def _lost(message: str, place: str) -> Problem:
    return Problem(
        code="citymodel-invalid",
        message=message[0].upper() + message[1:] + ".",
        severity="error",
        place=place,
        expected="CityJSON 0.5 to 2.0",
        hint="Validate the file with a CityJSON schema validator.",
    )
