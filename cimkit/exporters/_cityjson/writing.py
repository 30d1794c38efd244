"""Documents and sequences written piece by piece."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from cimkit.errors import UsageError
from cimkit.exporters._cityjson.extension import declared, write_extension
from cimkit.exporters._cityjson.gathering import Gathering
from cimkit.exporters._cityjson.head import head, sources
from cimkit.exporters._cityjson.making import Making
from cimkit.exporters._cityjson.pictures import copy_images
from cimkit.exporters._cityjson.setting import prepared
from cimkit.exporters._cityjson.streams import heaps
from cimkit.exporters._cityjson.vertices import Pool
from cimkit.exporters._heights_told import SOLID_KINDS, heights_told

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["write_model"]

_ROWS = 100_000
_LOD = re.compile(r"[0-4](\.[0-3])?")


def write_model(
    selection: Selection,
    part: Path,
    report: ExportReport,
    *,
    crs: str | None,
    lod: str | None,
    lines: bool,
) -> None:
    """Write the selected objects.

    Parameters
    ----------
    selection : Selection
    part : Path
        The file.
    report : ExportReport
        Takes counts, what is left out and what the reader has to know.
    crs, lod : str, optional
        See `cimkit.exporters.cityjson.export`.
    lines : bool
        One line for each feature, in the place of one document.

    Raises
    ------
    UsageError
        If there is no such level of detail.
    """
    if lod is not None and not _LOD.fullmatch(lod):
        raise UsageError("no such level of detail", got=lod, expected="0 to 4")
    tree, frame = prepared(selection, report, crs)
    name = report.out.name.removesuffix(".jsonl").removesuffix(".json").removesuffix(".city")
    gathering = Gathering(selection, frame, lod)
    making = Making(gathering, None if lines else Pool(), f"{name}_images")
    models = sources(selection)
    kinds = set(tree.types)
    with tempfile.TemporaryDirectory(prefix=f".{report.out.name}-", dir=part.parent) as scratch:
        body = Path(scratch, "body")
        with body.open("wb") as opened:
            for heap in heaps(selection, Path(scratch)):
                _write_heap(making, heap, opened, lines)
        given = head(making, models, kinds, f"{name}.ext.json")
        with part.open("wb") as opened:
            (_sequence if lines else _document)(opened, given, body, making)
    report.counts.update(sorted(tree.types.items()))
    copy_images(selection, models, making.images, report.out.parent, report)
    if declared(given):
        write_extension(report.out.parent / f"{name}.ext.json", kinds | gathering.extra)
        report.files += 1
    _tell(making, report)
    report.notes += heights_told(selection, SOLID_KINDS, named=False)


def _write_heap(making: Making, heap: Any, opened: IO[bytes], lines: bool) -> None:
    for feature in making.features(heap):
        if not lines:
            text = orjson.dumps(feature.objects)
            opened.write((b"," if opened.tell() else b"") + text[1:-1])
            continue
        made: dict[str, Any] = {
            "type": "CityJSONFeature",
            "id": feature.key,
            "CityObjects": feature.objects,
            "vertices": feature.vertices,
        }
        looks = feature.looks.to_json()
        if looks:
            made["appearance"] = looks
        opened.write(orjson.dumps(made, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def _document(opened: IO[bytes], given: dict[str, Any], body: Path, making: Making) -> None:
    looks = given.pop("appearance", {}) | making.looks().to_json()
    if looks:
        given["appearance"] = looks
    opened.write(orjson.dumps(given)[:-1] + b',"CityObjects":{')
    _copy(body, opened)
    opened.write(b'},"vertices":[')
    assert making.pool is not None
    rows = making.pool.rows()
    for start in range(0, len(rows), _ROWS):
        text = orjson.dumps(rows[start : start + _ROWS], option=orjson.OPT_SERIALIZE_NUMPY)
        opened.write((b"," if start else b"") + text[1:-1])
    opened.write(b"]}")


def _sequence(opened: IO[bytes], given: dict[str, Any], body: Path, making: Making) -> None:
    if not given.get("appearance"):
        given.pop("appearance", None)
    opened.write(orjson.dumps(given | {"CityObjects": {}, "vertices": []}) + b"\n")
    _copy(body, opened)


def _copy(file: Path, opened: IO[bytes]) -> None:
    with file.open("rb") as source:
        shutil.copyfileobj(source, opened, 1 << 20)


def _tell(making: Making, report: ExportReport) -> None:
    gathering = making.gathering
    for reason, count in sorted(gathering.lost.items()):
        report.leave(reason, count)
    report.notes += gathering.frame.notes
    step = gathering.frame.scale
    report.notes.append(
        f"coordinates are rounded to {step[0]:g} and {step[2]:g} (height) units of the CRS"
    )
    for count, said in (
        (making.bare, "objects are written without a geometry of their own"),
        (gathering.flat, "objects have no height of their own: they stand at 0 m"),
        (
            gathering.unlevelled,
            "geometries have no level of detail: solids are LoD 1, others LoD 0",
        ),
    ):
        if count:
            report.notes.append(f"{count:,} {said}")
