"""Places that failed as GeoJSON (RFC 7946): the part at fault, or the point where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cimkit.model import Status
from cimkit.reporters._content import batches, head, results, said
from cimkit.reporters._places import shapes
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="geojson", title="GeoJSON", suffixes=(".geojson",))

_LEFT_OUT = frozenset({"delivery_id", "details", "geometry", "x", "y", "z", "message", "hint"})


def write(
    verdict: Verdict, out: TextIO, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write a feature for each place that failed or was not checked, a feature a line.

    One whose place on the map is not known has no geometry, as RFC 7946 has it. The member
    ``cimkit`` of the collection is the JSON report without its findings.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        Of messages: zh, ja or en.
    machine
        Not used: this is a machine's file.
    """
    import orjson
    import shapely

    by_rule = results(verdict)
    known = orjson.dumps(head(verdict)).decode()
    out.write('{"type":"FeatureCollection","cimkit":' + known + ',"features":[')
    comma = ""
    for batch in batches(verdict, Status.FAIL, Status.NOT_CHECKED):
        found = shapes(batch)
        # Outer rings run counter-clockwise, which a source need not know.
        texts = shapely.to_geojson(shapely.orient_polygons(found))
        for row, text in zip(batch, texts, strict=True):
            message, hint = said(verdict, by_rule[row["rule"]], row, language)
            told: dict[str, Any] = {"message": message or row["message"], "hint": hint}
            kept = {k: v for k, v in row.items() if k not in _LEFT_OUT}
            plain = {k: v for k, v in {**kept, **told}.items() if v not in (None, "")}
            feature = {
                "type": "Feature",
                "properties": plain,
                "geometry": orjson.Fragment(text or "null"),
            }
            out.write(f"{comma}\n{orjson.dumps(feature).decode()}")
            comma = ","
    out.write("\n]}\n")
