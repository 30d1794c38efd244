"""Places that failed as a GeoPackage for QGIS: points and parts at fault, coloured by severity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.model import Status
from cimkit.reporters._content import batches, results, said
from cimkit.reporters._places import points, shapes
from cimkit.reporters._section import Section, cell
from cimkit.reporters._sections import sections
from cimkit.reporters._spec import ReporterSpec
from cimkit.reporters._style import qml
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cimkit.checks import Verdict

__all__ = ["SPEC", "save"]

SPEC = ReporterSpec(name="gpkg", title="GeoPackage", suffixes=(".gpkg",))

_TEXTS = (
    *(
        "rule",
        "severity",
        "compared",
        "waived",
        "path",
        "layer",
        "place",
        "object_id",
        "reason",
        "mistake",
    ),
    *("measured", "expected", "tolerance", "mender", "clause", "element", "fingerprint"),
)
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("message", "hint", *_TEXTS)),
        ("count", pa.int64()),
        ("z", pa.float64()),
        ("geometry", pa.binary()),
    ]
)
_LAYERS = ("places", "lines_at_fault", "areas_at_fault")
_KIND = ("MultiPoint Z", "MultiLineString Z", "MultiPolygon Z")


def save(
    verdict: Verdict, file: Path, *, language: str = "en", machine: Path | None = None
) -> None:
    """Write layers of places and tables of what has none.

    ``places`` has a point for each failure whose place is known; ``lines_at_fault`` and
    ``areas_at_fault`` the edges, rings and shells that checks handed on; ``without_place`` the
    failures of no known place; ``not_checked``, ``rules``, ``provenance`` ... the report.

    Parameters
    ----------
    verdict
        The verdict.
    file
        The file to write.
    language
        Of messages and labels: zh, ja or en.
    machine
        Not used: all findings are here.
    """
    import shapely

    writer = _Writer(file)
    by_rule = results(verdict)
    for batch in batches(verdict, Status.FAIL):
        rows = []
        for row in batch:
            message, hint = said(verdict, by_rule[row["rule"]], row, language)
            rows.append({**row, "message": message, "hint": hint})
        found = shapes(rows)
        spot = points(rows)
        lost = shapely.is_missing(spot) & ~shapely.is_missing(found)
        spot[lost] = shapely.point_on_surface(found[lost])
        writer.features(_LAYERS[0], rows, spot)
        for dimension in (1, 2):
            writer.features(_LAYERS[dimension], rows, _parts(found, dimension))
        bare = [row for row, point in zip(rows, spot, strict=True) if point is None]
        writer.table("without_place", _plain(bare))
    for section in sections(verdict):
        name = "not_checked" if section.key == "unchecked" else section.key
        writer.table(name, _table(section, language))
    writer.styles(language)


def _table(section: Section, language: str) -> pa.Table:
    """Return a section with columns named in English, whatever the language of its texts."""
    names = [column["en"].lower().replace(" ", "_") for column in section.columns]
    names = [name or f"column_{n}" for n, name in enumerate(names)] or ["name", "value"]
    columns: dict[str, list[Any]] = {}
    for n, name in enumerate(names):
        values = [row[n] for row in section.rows]
        if not all(value is None or isinstance(value, int) for value in values):
            values = [None if value is None else cell(value, language) for value in values]
        columns[name] = values
    return pa.table(
        {
            k: pa.array(v) if any(x is not None for x in v) else pa.array(v, pa.string())
            for k, v in columns.items()
        }
    )


def _parts(found: NDArray[Any], dimension: int) -> NDArray[Any]:
    """Return what a layer of this dimension takes of each geometry, None where nothing."""
    import numpy as np
    import shapely

    kept = np.full(len(found), None, dtype=object)
    of = np.flatnonzero(shapely.get_dimensions(found) == dimension)
    parts, index = shapely.get_parts(found[of], return_index=True)
    flat = shapely.get_dimensions(parts) == dimension
    make = shapely.multipolygons if dimension == 2 else shapely.multilinestrings
    single = shapely.get_type_id(parts) == (3 if dimension == 2 else 1)
    use = flat & single
    if use.any():
        some = np.unique(index[use])
        kept[of[some]] = make(parts[use], indices=np.searchsorted(some, index[use]))
    return kept


def _plain(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(_SCHEMA)[:-1]))


class _Writer:
    """Appends to the layers of one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.begun: set[str] = set()

    def features(self, layer: str, rows: Sequence[dict[str, Any]], found: NDArray[Any]) -> None:
        """Append the rows that have a geometry; the layer is there even if none has."""
        import numpy as np
        import shapely

        here = np.flatnonzero(~shapely.is_missing(found))
        if layer in self.begun and not len(here):
            return
        wkb = shapely.to_wkb(shapely.force_3d(found[here], 0.0), output_dimension=3)
        table = _plain([rows[int(n)] for n in here])
        table = table.append_column("geometry", pa.array(list(wkb), pa.binary()))
        kind = "Point Z" if layer == "places" else _KIND[_LAYERS.index(layer)]
        self._write(table, layer, geometry_name="geometry", geometry_type=kind, crs="OGC:CRS84")

    def table(self, name: str, rows: pa.Table) -> None:
        """Append rows without geometry; the table is there even if it has none."""
        if not (name in self.begun and not rows.num_rows):
            self._write(rows, name)

    def styles(self, language: str) -> None:
        """Write how QGIS shows each layer."""
        labels = {s: heading(s, language) for s in ("error", "warning", "info")}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [
            {
                "f_table_catalog": "",
                "f_table_schema": "",
                "f_table_name": layer,
                "f_geometry_column": "geom",
                "styleName": layer,
                "styleQML": qml(n, labels),
                "styleSLD": "",
                "useAsDefault": True,
                "description": heading("severity", language),
                "owner": "",
                "update_time": now,
            }
            for n, layer in enumerate(_LAYERS)
            if layer in self.begun
        ]
        if rows:
            self._write(pa.Table.from_pylist(rows), "layer_styles", layer_options={"FID": "id"})

    def _write(self, table: pa.Table, layer: str, **options: Any) -> None:
        import pyogrio

        pyogrio.write_arrow(
            table,
            self.file,
            layer=layer,
            driver="GPKG",
            append=layer in self.begun,
            **options,
        )
        self.begun.add(layer)
