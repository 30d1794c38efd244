"""Thematic maps: for each theme a PMTiles archive, a MapLibre style, legends and a GeoPackage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.errors import ExportError, UsageError
from cimkit.exporters._folder import replaced
from cimkit.exporters._gpkg import finish
from cimkit.exporters._ogr import write_ogr
from cimkit.exporters._select import Selection, select
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.exporters._styles.legend import legend_json, legend_svg
from cimkit.exporters._styles.maplibre import maplibre_style
from cimkit.exporters._styles.style import LANGUAGES, Style
from cimkit.exporters._themes.classing import style_of
from cimkit.exporters._themes.rows import theme_rows
from cimkit.exporters._themes.theme import Theme, themes_of
from cimkit.exporters.pmtiles import metadata, tell_zooms
from cimkit.tiles.maps import CAP, MapLayer, write_map

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="themes", title="Thematic maps")

_INDEX = "themes.json"
_TYPES = {"point": "MultiPoint", "line": "MultiLineString", "polygon": "MultiPolygon"}


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    themes: Sequence[str] = (),
    language: str = "en",
    minzoom: int | None = None,
    maxzoom: int | None = None,
    cap: int = CAP,
) -> ExportReport:
    """Write thematic maps, each as a folder by its name.

    ``map.pmtiles`` has the features with their value, ``style.json`` draws them in MapLibre GL,
    ``legend.json`` and ``legend.<language>.svg`` explain them, and ``map.gpkg`` is the same for
    QGIS. ``themes.json`` names them all.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a folder. A theme draws the objects that they
        leave, whatever its query answers.
    themes : sequence of str
        Ids of the catalogue's definition, or TOML files; (): all of the definition.
    language : str
        ``zh``, ``ja`` or ``en``: of the style that QGIS shows first.
    minzoom, maxzoom, cap
        See `cimkit.exporters.pmtiles.export`.

    Raises
    ------
    UsageError
        If there is no such theme or language, or one cannot be understood.
    QueryError
        If the query of a theme is refused.
    ExportError
        If no theme has anything to draw, or ``out`` holds something else.
    """
    if language not in LANGUAGES:
        raise UsageError("no such language", got=language, expected=", ".join(LANGUAGES))
    wanted = themes_of(catalog, [themes] if isinstance(themes, str) else themes)
    report = ExportReport(SPEC.name, out)
    with (
        replaced(out, _INDEX) as work,
        select(catalog, where=where, as_of=as_of, access=access) as selection,
    ):
        report.withheld = selection.withheld()
        options = {"minzoom": minzoom, "maxzoom": maxzoom, "cap": cap}
        _write(selection, wanted, work, language, report, options)
        sizes = [f.stat().st_size for f in work.rglob("*") if f.is_file()]
    report.files, report.size = len(sizes), sum(sizes)
    return report


def _write(
    selection: Selection,
    wanted: Sequence[Theme],
    work: Path,
    language: str,
    report: ExportReport,
    options: dict[str, Any],
) -> None:
    told = []
    for theme in wanted:
        rows = theme_rows(selection, theme, report)
        if rows.num_rows == 0:
            report.notes.append(f"{theme.id}: there is nothing to draw")
            continue
        style = style_of(theme, rows)
        folder = work / theme.id
        folder.mkdir()
        _one(theme, style, rows, folder, language, report, options)
        report.counts[theme.id] = rows.num_rows
        told.append({"id": theme.id, "title": legend_json(style)["title"]})
    if not told:
        raise ExportError(
            "no theme has anything to draw",
            where=str(report.out),
            got="; ".join(report.notes) or None,
        )
    _json(work / _INDEX, told)


def _one(
    theme: Theme,
    style: Style,
    rows: pa.Table,
    folder: Path,
    language: str,
    report: ExportReport,
    options: dict[str, Any],
) -> None:
    layer = MapLayer(theme.id, rows, style.titles.of("en"))
    archive = folder / "map.pmtiles"
    title = style.titles.of(language)
    written = write_map(archive, [layer], metadata(title, theme.attribution), **options)
    tell_zooms(written, [layer], report)
    report.largest = max(report.largest, written.largest)
    said = maplibre_style(style, "map.pmtiles", theme.id, written.bounds, theme.attribution)
    _json(folder / "style.json", said)
    _json(folder / "legend.json", legend_json(style))
    for key in LANGUAGES:
        (folder / f"legend.{key}.svg").write_text(legend_svg(style, key), encoding="utf-8")
    file = folder / "map.gpkg"
    write_ogr(
        file, "GPKG", theme.id, rows.schema, rows.to_batches(), _TYPES[theme.geometry],
        geometry_name="geometry",
    )  # fmt: skip
    unit = f" ({style.unit})" if style.unit else ""
    finish(file, [style], [(theme.id, "value", f"{title}{unit}", style.unit or None)], language)


def _json(file: Path, said: Any) -> None:
    text = json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
