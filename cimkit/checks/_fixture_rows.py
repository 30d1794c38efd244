"""Rows of a fixture, as tables of a lake: objects as loaders stage them, with their items."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._fixture_cells import check_json, placed, read_shape, typed, value
from cimkit.errors import StandardError
from cimkit.model import LAKE
from cimkit.standard import Place

if TYPE_CHECKING:
    from cimkit.standard import Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["COLUMNS", "COMPANIONS", "Line", "Rows", "read_rows", "table_rows"]

COMPANIONS = ("items", "measures", "codes")
"""Tables whose rows may stand beside those of the objects, in ``<stem>.<table>.csv``."""
_OWN = (
    *("kind", "source_layer", "source_key", "source_class", "name", "height", "z_min", "z_max"),
    *("area_m2", "length_m", "position_origin", "lifecycle", "observed", "valid_from", "valid_to"),
    *("class_code", "level", "asset_code", "district", "access", "place"),
)
"""Columns of a fixture that are columns of the objects."""
_READ = ("path", "layer", "geometry", "lod", "parent_key", "fails", "expect", "expect_level")
"""Columns of a fixture that mean something else."""
COLUMNS = (*_OWN, *_READ)
"""Columns of a fixture that are no properties."""
_SETS = {"pset": 2, "quantities": 2, "attributes": 1}
"""Objects inside the properties, with the steps below them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a fixture and what is said of it."""

    place: Place
    """Where it is written."""
    object_id: str
    """Of its object; "" for an item."""
    path: str
    """Of its item."""
    layer: str
    """Of its object."""
    fails: bool | None
    """Whether it must fail; None: not said."""
    cells: Mapping[str, str]
    """As written."""


@dataclass
class Rows:
    """The rows of one fixture, for the tables of a lake."""

    lines: list[Line] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {n: [] for n in LAKE})

    def decided_by(self) -> frozenset[str]:
        """Return the rules that gave its objects their classes."""
        return frozenset(c["rule"] for c in self.tables["classifications"])


def table_rows(files: PackageFiles, name: str) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield the rows of a CSV whose columns are not fixed."""
    header = next(csv.reader(io.StringIO(files.text(name), newline="")), [])
    return files.rows(name, tuple(h.strip() for h in header))


def read_rows(files: PackageFiles, name: str, standard: Standard, number: int) -> Rows:
    """Read one fixture of rows and what stands beside it.

    Parameters
    ----------
    files
        The package.
    name
        The file of objects, ``<stem>.csv``; it need not be there if the items are.
    number
        Of the fixture: it keeps the ids of two fixtures apart.

    Raises
    ------
    StandardError
        If a cell is not what its column wants.
    """
    rows = Rows()
    stem = name.removesuffix(".csv")
    beside = {
        t: list(table_rows(files, f"{stem}.{t}.csv")) if f"{stem}.{t}.csv" in files.files else []
        for t in COMPANIONS
    }
    items: dict[str, dict[str, Any]] = {}
    for place, cells in beside["items"]:
        item = _item(place, cells)
        item["item_id"] = f"item {number} {item['path']}"
        items[item["path"]] = item
        rows.lines.append(Line(place, "", item["path"], "", _fails(place, cells), cells))
    given = list(table_rows(files, name)) if name in files.files else []
    for row, (place, cells) in enumerate(given, 1):
        path = cells.get("path") or next(iter(items), "fixture.gpkg")
        if path not in items:
            items[path] = _default_item(path, cells.get("kind") or "gis", standard)
            items[path]["item_id"] = f"item {number} {path}"
        _object(rows, place, cells, items[path], f"{number}.{row}", row)
    rows.tables["items"] = list(items.values())
    _parents(rows)
    for place, cells in beside["measures"]:
        said = typed("measures", place, cells, aside=("path", "layer"))
        said["item_id"] = items[_known(place, cells.get("path", ""), items)]["item_id"]
        said["source_layer"] = cells.get("layer") or None
        rows.tables["measures"].append(said)
    rows.tables["codes"] = [typed("codes", place, cells) for place, cells in beside["codes"]]
    return rows


def _item(place: Place, cells: dict[str, str]) -> dict[str, Any]:
    inner: dict[str, dict[str, Any]] = {"counts": {}, "properties": {}}
    plain = {}
    for column, text in cells.items():
        head, dot, rest = column.partition(".")
        if dot and head in inner and text:
            inner[head][rest] = value(text)
        elif not dot and column != "fails":
            plain[column] = text
    item = typed("items", place, plain, aside=("geometry",))
    if not item.get("path"):
        raise StandardError("an item needs a path", where=place.cell("path"))
    for key in ("problems", "counts", "properties"):
        check_json(place, key, item.get(key), list if key == "problems" else dict)
    for key, said in inner.items():
        item[key] = json.dumps({**json.loads(item.get(key) or "{}"), **said}, ensure_ascii=False)
    shape = read_shape(place, plain.get("geometry", ""))
    item |= placed(shape)
    item.setdefault("kind", "gis")
    item.setdefault("status", "ok")
    item.setdefault("sha256", hashlib.sha256(item["path"].encode()).hexdigest())
    return item


def _default_item(path: str, kind: str, standard: Standard) -> dict[str, Any]:
    return {
        "path": path,
        "kind": kind,
        "status": "ok",
        "title": PurePosixPath(path).stem,
        "crs": next(iter(standard.crs_rules.allowed), "EPSG:4326"),
        "crs_origin": "declared",
        "encoding": "UTF-8",
        "encoding_origin": "declared",
        "sha256": hashlib.sha256(path.encode()).hexdigest(),
        "size": 1,
        "access": "public",
    }


def _object(
    rows: Rows, place: Place, cells: dict[str, str], item: dict[str, Any], object_id: str, row: int
) -> None:
    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.vector import content_hash, measures, write_wkb

    own = {c: cells[c] for c in _OWN if cells.get(c)}
    own["source_layer"] = cells.get("layer") or cells.get("source_layer") or ""
    made = typed("objects", place, {k: v for k, v in own.items() if v})
    shape = read_shape(place, cells.get("geometry", ""))
    text = json.dumps(_properties(place, cells), ensure_ascii=False)
    said = placed(shape)
    if shape is not None:
        import numpy as np

        shapes = np.array([shape], dtype=object)
        found = measures(shapes, parse_crs("OGC:CRS84"))
        sizes = zip(("area_m2", "length_m", "z_min", "z_max"), found, strict=True)
        said |= {k: float(v[0]) for k, v in sizes if np.isfinite(v[0])}
        wkb = write_wkb(shapes)
        rows.tables["geometries"].append(
            {
                "object_id": object_id,
                "item_id": item["item_id"],
                "lod": cells.get("lod") or None,
                "geometry_type": shape.geom_type,
                "crs": "OGC:CRS84",
                "wkb": wkb[0].as_py(),
            }
        )
    else:
        wkb = pa.array([None], pa.binary())
        if cells.get("lod"):
            rows.tables["geometries"].append(
                {"object_id": object_id, "item_id": item["item_id"], "lod": cells["lod"]}
            )
    made = {**said, **made}
    if "height" not in made and "z_min" in made and "z_max" in made:
        made["height"] = made["z_max"] - made["z_min"]
    made.setdefault("kind", item["kind"])
    made.setdefault("source_key", f"row {row}")
    made.setdefault("place", f"row {row}")
    made.setdefault("position_origin", "none" if shape is None else "file")
    made.setdefault("access", "public")
    made |= {
        "object_id": object_id,
        "dataset_id": "fixture",
        "item_id": item["item_id"],
        "delivery_id": "fixture",
        "properties": text,
        "content_hash": content_hash(wkb, pa.array([text]))[0].as_py(),
        "parent_id": cells.get("parent_key") or None,
    }
    rows.tables["objects"].append(made)
    layer = made.get("source_layer") or ""
    fails = _fails(place, cells)
    rows.lines.append(Line(place, object_id, item["path"], layer, fails, cells))


def _parents(rows: Rows) -> None:
    """Turn the keys of parents into ids, within one item."""
    ids = {(o["item_id"], o["source_key"]): o["object_id"] for o in rows.tables["objects"]}
    for made in rows.tables["objects"]:
        if made["parent_id"] is not None:
            made["parent_id"] = ids.get((made["item_id"], made["parent_id"]))


def _properties(place: Place, cells: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, text in cells.items():
        if column in _OWN or column in _READ or not text or not column:
            continue
        head, dot, rest = column.partition(".")
        if dot and head == "properties":
            found[rest] = value(text)
            continue
        if not dot or head not in _SETS:
            found[column] = value(text)
            continue
        steps = [head, *rest.split(".", _SETS[head] - 1)]
        if len(steps) <= _SETS[head]:
            raise StandardError(
                "a column of a set needs the set and the property",
                where=place.cell(column),
                got=column,
                expected=f"{head}.<set>.<property>",
            )
        inside = found
        for step in steps[:-1]:
            inside = inside.setdefault(step, {})
        inside[steps[-1]] = value(text)
    return found


def _known(place: Place, path: str, items: Mapping[str, Any]) -> str:
    if not path and len(items) == 1:
        return next(iter(items))
    if path not in items:
        raise StandardError(
            "a measure of an item that is not there",
            where=place.cell("path"),
            got=path,
            expected=", ".join(items) or "an item in the fixture",
        )
    return path


def _fails(place: Place, cells: dict[str, str]) -> bool | None:
    word = cells.get("fails", "").lower()
    if word in ("yes", "no"):
        return word == "yes"
    if word:
        raise StandardError("`fails` says yes or no", where=place.cell("fails"), got=cells["fails"])
    return None
