"""IFC 2x3, 4 and 4x3 in STEP encoding, plain or zipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.ifc.archive import models
from cimkit.loaders.ifc.open import (
    header_of,
    is_json_ifc,
    is_step_ifc,
    is_xml_ifc,
    open_model,
    scan,
)
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEC", "probe", "read", "sniff"]

SPEC = LoaderSpec(name="ifc", kind="bim", title="IFC", version=2)

_LARGE = 5 << 20


def sniff(head: Head) -> int:
    """Tell how sure it is that a file is IFC, 0 to 100."""
    if head.is_dir:
        return 0
    if head.start[:2] == b"PK":
        # Of several models each is a source of its own: such an archive is unpacked.
        return 90 if head.name.endswith(".ifczip") and len(models(head.file)) == 1 else 0
    known = is_step_ifc(head.start) or is_xml_ifc(head.start) or is_json_ifc(head.start)
    return 95 if known else 0


def probe(source: Source, options: ReadOptions) -> Asset:
    """Count what an IFC model holds and find out where it stands.

    At depth *header* the text is only scanned: counts, no place.

    Raises
    ------
    SourceUnreadable
        If it cannot be parsed.
    """
    media = "application/x-step"
    header = header_of(source.file, options.declared.encoding)
    if options.depth == "header" and header.schema:
        schema, classes = scan(source.file)
        counts = {"entities": sum(classes.values())}
        counts |= {"psets": classes["IFCPROPERTYSET"], "storeys": classes["IFCBUILDINGSTOREY"]}
        return Asset(
            path=source.path,
            kind="bim",
            format=schema,
            media_type=media,
            counts=counts,
            properties={"counted_by": "text scan", "header": header.facts()},
        )
    from cimkit.loaders.ifc.claims import length_unit
    from cimkit.loaders.ifc.place import georeference

    model, schema, problems = open_model(source.file, options.declared.encoding)
    place = georeference(model, options.declared, problems)
    products = model.by_type("IfcProduct")
    problems += _duplicates(products)
    counts = {
        "entities": len(model.entity_names()),
        "products": len(products),
        "psets": len(model.by_type("IfcPropertySet")),
        "sites": len(model.by_type("IfcSite")),
        "buildings": len(model.by_type("IfcBuilding")),
        "storeys": len(model.by_type("IfcBuildingStorey")),
    }
    box, box84 = _box(model, place)
    project = next(iter(model.by_type("IfcProject")), None)
    return Asset(
        path=source.path,
        kind="bim",
        format=schema or model.schema_identifier,
        media_type=media,
        counts=counts,
        crs=place.crs,
        crs_origin=place.crs_origin,
        vertical_datum=place.vertical_datum,
        bbox=box,
        bbox_wgs84=box84,
        properties={
            "placed": place.placed,
            "georeference": {"origin": place.origin, **place.facts},
            "length_unit_m": length_unit(model),
            "read_as": model.schema_identifier,
            "header": header.facts(),
            "project": (project.Name or project.LongName) if project is not None else None,
            "application": _application(model),
        },
        problems=tuple(problems),
    )


def _application(model: Any) -> str | None:
    for one in model.by_type("IfcApplication"):
        words = [one.ApplicationFullName, one.Version]
        return " ".join(w for w in words if w) or None
    return None


def _duplicates(products: Any) -> list[Problem]:
    seen: dict[str, int] = {}
    for product in products:
        seen[product.GlobalId or ""] = seen.get(product.GlobalId or "", 0) + 1
    return [
        Problem(
            code="globalid-duplicate" if key else "globalid-missing",
            message="Several products share one GlobalId; all but the first are told apart by "
            "their instance number."
            if key
            else "Products without a GlobalId are known by their instance number.",
            severity="error",
            place=key,
            got=f"{n} products",
            expected="1 product for each GlobalId" if key else "a GlobalId each",
            hint="Export the model again with GlobalIds of its own for each copy.",
        )
        for key, n in seen.items()
        if n > 1 or not key
    ]


def _box(
    model: Any, place: Any
) -> tuple[tuple[float, ...] | None, tuple[float, float, float, float] | None]:
    """Return the box of the products' placements, in the CRS and in CRS84: what a probe can tell.

    Their bodies reach beyond it; the objects have the exact boxes.
    """
    import numpy as np

    from cimkit.loaders.ifc.origins import origins

    points = np.array(list(origins(model).values()), dtype=np.float64).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points) or not place.placed:
        return None, None
    from cimkit.geometry.crs import parse_crs, to_crs84

    moved = points @ place.matrix[:3, :3].T + place.matrix[:3, 3]
    box = tuple(float(v) for v in (*moved.min(axis=0), *moved.max(axis=0)))
    lonlat = to_crs84(moved[:, :2], parse_crs(place.crs))
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(lonlat):
        return box, None
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return box, (float(west), float(south), float(east), float(north))


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read every product of a model, with its properties and its triangles.

    Openings are objects without a mesh (they are cut from their walls); spaces have extent but no
    mesh. The footprint of an object is the convex hull of its vertices.

    Parameters
    ----------
    source : Source
    asset : Asset
        What `probe` said.
    options : ReadOptions
        ``declared.place`` places a model that does not place itself.

    Yields
    ------
    name, table
        ``shapes`` and ``placements`` in chunks, then ``objects``.
    """
    from cimkit.loaders.ifc.place import georeference
    from cimkit.loaders.ifc.rows import rows

    model, _, problems = open_model(source.file, options.declared.encoding)
    place = georeference(model, options.declared, problems)  # both were told of by `probe`
    threads = min(2, os.cpu_count() or 1) if source.file.stat().st_size > _LARGE else 1
    yield from rows(model, place, threads, options.problems)
