"""Further geometries of GML features: each property is a file of its own, which GDAL reads."""

from __future__ import annotations

import re
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pyarrow as pa

from cimkit.loaders._layers.table import GEOMETRY
from cimkit.loaders.vector.gml import left_out, several_geometries, unread
from cimkit.model import Problem

__all__ = ["Further", "further_shapes", "with_further"]

Further = dict[str, dict[str, dict[str, bytes]]]
"""WKB by layer, property and ``gml:id``."""
_GML = "http://www.opengis.net/gml/3.2"
_MOST = 64


def further_shapes(file: Path, scratch: Path, read: int) -> tuple[Further, list[Problem]]:
    """Read all geometries of features that have several; tell of those that cannot be read.

    Parameters
    ----------
    file : Path
    scratch : Path
        Folder for what is written on the way.
    read : int
        Features that GDAL gives: if the file has more, that is told.
    """
    from lxml import etree

    folder = scratch / "further"
    folder.mkdir()
    files: dict[tuple[str, str], Path] = {}
    wanted: dict[tuple[str, str], str] = {}
    missed, count = [], [0]
    common = _common(file)
    with ExitStack() as stack:
        out: dict[tuple[str, str], IO[bytes]] = {}
        for layer, key, drawn in several_geometries(file, count):
            if key is None or len(files.keys() | {(layer, n) for n in drawn}) > _MOST:
                missed.append(f"{key} ({', '.join(drawn)})")
                continue
            wanted[layer, key] = ", ".join(drawn)
            for name, shape in drawn.items():
                if not any(part.get("srsName") for part in shape.iter()):
                    shape.attrib.update(common)
                if (layer, name) not in files:
                    files[layer, name] = folder / f"{len(files)}.gml"
                    out[layer, name] = stack.enter_context(files[layer, name].open("wb"))
                    out[layer, name].write(f'<gml:FeatureCollection xmlns:gml="{_GML}">'.encode())
                row = etree.Element("row", {f"{{{_GML}}}id": key}, nsmap={"gml": _GML})
                etree.SubElement(row, "shape").append(shape)
                text = etree.tostring(row, with_tail=False)
                out[layer, name].write(b"<gml:featureMember>" + text + b"</gml:featureMember>")
        for opened in out.values():
            opened.write(b"</gml:FeatureCollection>")
    found: Further = {}
    for (layer, name), part in files.items():
        found.setdefault(layer, {})[name] = _shapes(part)
    for (layer, key), names in wanted.items():
        if any(key not in found[layer][n] for n in names.split(", ")):
            missed.append(f"{key} ({names})")
    return found, [p for p in (left_out(missed), unread(count[0], read)) if p is not None]


def _common(file: Path) -> dict[str, str]:
    """Return the CRS that the box of the whole collection names, for shapes that name none."""
    with file.open("rb") as opened:
        start = opened.read(65_536)
    box = re.search(rb"<(?:\w+:)?(?:Envelope|Box)\s([^>]*)>", start)
    if box is None:
        return {}
    said = re.findall(rb"""(srsName|srsDimension)\s*=\s*["']([^"']*)""", box[1])
    return {name.decode("ascii"): value.decode("utf-8", "replace") for name, value in said}


def _shapes(file: Path) -> dict[str, bytes]:
    import pyogrio.raw

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's remarks on odd geometries
        try:
            meta, table = pyogrio.raw.read_arrow(file, WRITE_GFS="NO", DOWNLOAD_SCHEMA="NO")
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
            return {}  # told by the caller: none of its features is found
    names = table.column_names
    if "gml_id" not in names:
        return {}
    shapes = table.column(meta["geometry_name"] or "wkb_geometry").to_pylist()
    keys = table.column("gml_id").to_pylist()
    return {k: s for k, s in zip(keys, shapes, strict=True) if k is not None and s is not None}


def with_further(batch: pa.RecordBatch, shapes: dict[str, dict[str, bytes]]) -> pa.RecordBatch:
    """Add the geometries that a row has beside its own, a column for each property."""
    if "gml_id" not in batch.schema.names or GEOMETRY not in batch.schema.names:
        return batch
    keys = batch.column(batch.schema.get_field_index("gml_id")).to_pylist()
    own = batch.column(batch.schema.get_field_index(GEOMETRY)).to_pylist()
    for name, known in shapes.items():
        others = [known.get(key) for key in keys]
        beside = [o if o != mine else None for o, mine in zip(others, own, strict=True)]
        batch = batch.append_column(GEOMETRY + name, pa.array(beside, pa.binary()))
    return batch
