"""IFC of all releases in STEP encoding or XML, plain or zipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders.ifc.archive import models
from cimkit.loaders.ifc.open import header_of, media_type, scan
from cimkit.loaders.ifc.recognition import is_json_ifc, is_step_ifc, is_xml_ifc
from cimkit.model import Asset, Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders.ifc.held import Opened

__all__ = ["SPEC", "probe", "read", "sniff"]

SPEC = LoaderSpec(name="ifc", kind="bim", title="IFC", version=8, lighter=True)


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
    media = media_type(source.file)
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
    from cimkit.loaders.ifc.held import opened
    from cimkit.loaders.ifc.histories import Histories
    from cimkit.loaders.ifc.instances import entity_count, things_of
    from cimkit.loaders.ifc.project import project_facts
    from cimkit.loaders.ifc.units import length_unit, unit_facts

    held = opened(source, options.declared, hold=options.depth == "full")
    model, schema, place = held.model, held.schema, held.place
    products = model.by_type("IfcProduct")
    things = things_of(model)
    problems = (*held.told, *_duplicates(things))
    counts = {
        "entities": entity_count(model),
        "products": len(products),
        "psets": len(model.by_type("IfcPropertySet")),
        "sites": len(model.by_type("IfcSite")),
        "buildings": len(model.by_type("IfcBuilding")),
        "storeys": len(model.by_type("IfcBuildingStorey")),
    }
    box, box84 = _box(held)
    # Rows of the matrix from metres of the model to the CRS's: reports look at places with it.
    frame = {"matrix": place.matrix[:3].ravel().tolist()} if place.placed else {}
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
            "georeference": {"origin": place.origin, **place.facts, **frame},
            "length_unit_m": length_unit(model),
            "units": unit_facts(model),
            "read_as": model.schema_identifier,
            "header": header.facts(),
            **project_facts(model),
            "application": _application(model),
            "history": Histories(model, things).common,
        },
        problems=problems,
    )


def _application(model: Any) -> str | None:
    for one in model.by_type("IfcApplication"):
        words = [one.ApplicationFullName, one.Version]
        return " ".join(w for w in words if w) or None
    return None


def _duplicates(things: Sequence[Any]) -> list[Problem]:
    """Tell of objects that no GlobalId tells apart, each kind once."""
    from cimkit.loaders.ifc.instances import get, number

    seen = Counter(get(thing, 0) or "" for thing in things)
    missing = [f"#{number(t)}" for t in things if not get(t, 0)] if seen.pop("", 0) else []
    shared = {key: n for key, n in seen.items() if n > 1}
    found = []
    if shared:
        found.append(
            Problem(
                "globalid-duplicate",
                "Several products share one GlobalId; all but the first are told apart by "
                "their instance number.",
                "error",
                place=", ".join(str(key) for key in list(shared)[:5]),
                got=f"{sum(shared.values())} products with {len(shared)} GlobalIds",
                expected="1 product for each GlobalId",
                hint="Export the model again with GlobalIds of its own for each copy.",
            )
        )
    if missing:
        found.append(
            Problem(
                "globalid-missing",
                "Products without a GlobalId are known by their instance number.",
                "error",
                place=", ".join(missing[:5]),
                got=f"{len(missing)} products",
                expected="a GlobalId each",
                hint="Export the model again with GlobalIds of its own for each copy.",
            )
        )
    return found


def _box(
    held: Opened,
) -> tuple[tuple[float, ...] | None, tuple[float, float, float, float] | None]:
    """Return the box of the products' placements, in the CRS and in CRS84: what a probe can tell.

    Their bodies reach beyond it; the objects have the exact boxes.
    """
    import numpy as np

    place = held.place
    points = np.array(list(held.origins.values()), dtype=np.float64).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    if points.any():  # sites and storeys stand at the origin of the model, wherever that is
        points = points[points.any(axis=1)]
    if not len(points) or not place.placed:
        return None, None
    from cimkit.geometry.crs import parse_crs, to_crs84

    moved = points @ place.matrix[:3, :3].T + place.matrix[:3, 3]
    box = tuple(float(v) for v in (*moved.min(axis=0), *moved.max(axis=0)))
    lonlat = to_crs84(moved[:, :2], parse_crs(place.crs or ""))
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(lonlat):
        return box, None
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return box, (float(west), float(south), float(east), float(north))


def read(source: Source, asset: Asset, options: ReadOptions) -> Iterator[tuple[str, pa.Table]]:
    """Read every object of a model, with properties, relations and triangles.

    Openings are objects without a mesh (they are cut from their walls); spaces have extent but no
    mesh. Groups, systems, zones, tasks, schedules, resources and actors are objects without
    geometry; the time of a task is ``valid_from`` to ``valid_to``. The footprint of an object is
    its outline from above, that of a very detailed one the convex hull.

    Parameters
    ----------
    source : Source
    asset : Asset
        What `probe` said.
    options : ReadOptions
        ``declared.place`` places a model that does not place itself; ``lighter``: each shape that
        ends a geometry kernel is left out, and told.

    Yields
    ------
    name, table
        ``shapes`` and ``placements`` in chunks, then ``relations`` and ``objects``.
    """
    from cimkit.loaders.ifc.geometry import threads_for
    from cimkit.loaders.ifc.held import opened
    from cimkit.loaders.ifc.rows import rows

    held = opened(source, options.declared, hold=False)  # its problems were told by `probe`
    size = source.file.stat().st_size
    # Half of what a worker is given for a file of this size.
    apart_s = 60.0 + 2.5 * size / 2**20 if options.lighter else None
    yield from rows(held, threads_for(size), options.problems, apart_s=apart_s)
