"""3D Tiles 1.1: one root tileset, a tileset for each layer, and a page that shows them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cimkit.errors import CimkitError, ExportError, UsageError
from cimkit.exporters import _clouds, _model_layers, _plain_layers
from cimkit.exporters._datums import datum_notes
from cimkit.exporters._folder import refuse_foreign, swap
from cimkit.exporters._select import Selection, select
from cimkit.exporters._sorting import LAYER as LAYER_SQL
from cimkit.exporters._sorting import TITLES, Heights, sort_out
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.geometry.frames import box_corners
from cimkit.tiles import Layer, Tile, frame_at, write_layer, write_tileset
from cimkit.tiles.metadata import LAYER, schema_json, values
from cimkit.tiles.tileset import outer_box

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["SPEC", "export"]

SPEC = ExporterSpec(name="3dtiles", title="3D Tiles 1.1")

_PLAIN: dict[str, Callable[[Selection, Heights], Layer]] = {
    "buildings": _plain_layers.buildings,
    "areas": _plain_layers.areas,
    "lines": _plain_layers.lines,
    "points": _plain_layers.points,
    "photos": _plain_layers.photos,
}


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    local: str | None = None,
) -> ExportReport:
    """Write the catalogue's objects as one tileset with a subtree for each layer.

    Parameters
    ----------
    catalog : Catalog
        An open catalogue.
    out : Path
        Folder; an earlier export there is replaced as a whole when the new one is complete.
    where, as_of, access
        See `cimkit.exporters.export`.
    local : str, optional
        Item id or path of one BIM model: it alone, in its own metres, placed or not.

    Raises
    ------
    ExportError
        If ``out`` holds something that is no export, or cannot be written.
    UsageError
        If there is no such model.
    """
    refuse_foreign(out, "tileset.json")
    heights = Heights(catalog.config.undulation_m, catalog.config.heights)
    report = ExportReport(SPEC.name, out)
    with select(catalog, where=where, as_of=as_of, access=access) as selection:
        report.withheld = selection.withheld()
        _write(selection, out, heights, report, local)
        datums = datum_notes(selection, heights.undulation)
    report.notes = heights.notes() + datums + report.notes if local is None else report.notes
    return report


def _why_not(report: ExportReport) -> list[str]:
    kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
    return kept + [f"{n} {why}" for why, n in report.left_out.items()]


def _write(
    selection: Selection, out: Path, heights: Heights, report: ExportReport, local: str | None
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        roots = list(_layers(selection, heights, work, report, local))
        if not roots:
            raise ExportError(
                "there is nothing to draw",
                where=str(selection.catalog.folder),
                got="; ".join(_why_not(report)) or "no objects",
            )
        _root(selection, work, roots, heights, report, local is not None)
        _page(work, report)
        swap(work, out)
    except OSError as error:
        if isinstance(error, CimkitError):
            raise
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _layers(
    selection: Selection, heights: Heights, work: Path, report: ExportReport, local: str | None
) -> Iterable[tuple[str, int, Tile]]:
    """Write each layer's tileset; yield its name, its objects, and its root."""
    found = sort_out(selection, report)
    if local is not None:
        models = list(_model_layers.bim(selection, heights, report, local))
        if not models:
            raise UsageError("no such BIM model, or none with geometry", got=local)
        report.left_out.clear()
        yield from _layer("bim", models, work, report)
        return
    heights.learn(selection)
    for name in TITLES:
        if name not in found:
            continue
        if name == "pointclouds":
            (work / name).mkdir()
            roots, groups = _clouds.clouds(selection, heights, work / name, report)
            if roots:
                schema = schema_json({"cloud": _clouds.CLOUD})
                root = _over(roots)
                write_tileset(work / name / "tileset.json", root, schema=schema, groups=groups)
                report.counts[name] = len(roots)
                yield name, len(roots), root
        elif name == "bim":
            models_ = _model_layers.bim(selection, heights, report)
            yield from _layer(name, models_, work, report)
        elif name == "citymodel":
            model = _model_layers.citymodel(selection, heights, report)
            yield from _layer(name, [] if model is None else [model], work, report)
        else:
            yield from _layer(name, [_PLAIN[name](selection, heights)], work, report)


def _layer(
    name: str, parts: Iterable[Layer], work: Path, report: ExportReport
) -> Iterable[tuple[str, int, Tile]]:
    folder = work / name
    folder.mkdir()
    roots, count = [], 0
    for i, part in enumerate(parts):
        done = write_layer(part, folder, f"{i:04d}-")
        report.leave("no surface to draw", len(done.bare))
        count += part.features.num_rows - len(done.bare)
        if done.root is not None:
            roots.append(done.root)
    if not roots:
        return
    root = roots[0] if len(roots) == 1 else _over(roots)
    write_tileset(folder / "tileset.json", root)
    report.counts[name] = count
    yield name, count, root


def _over(roots: list[Tile], error: float | None = None) -> Tile:
    """A tile without content over others."""
    corners = np.concatenate([box_corners(*outer_box(root), root.frame) for root in roots])
    low, high = corners.min(axis=0), corners.max(axis=0)
    frame = frame_at((low + high) / 2)
    tile = Tile(frame, np.full(3, np.inf), np.full(3, -np.inf), 0.0, children=list(roots))
    low, high = outer_box(tile)
    # Nothing is drawn here: the error is the whole extent.
    tile.error = max(float(np.linalg.norm(high - low)), *(root.error for root in roots))
    return tile


def _root(
    selection: Selection,
    work: Path,
    layers: list[tuple[str, int, Tile]],
    heights: Heights,
    report: ExportReport,
    local: bool,
) -> None:
    children, groups = [], []
    for i, (name, count, root) in enumerate(layers):
        low, high = outer_box(root)
        # The transform stands in the layer's own tileset, so here the box is in outer coordinates.
        child = Tile(root.frame, low, high, root.error, f"{name}/tileset.json", i)
        children.append(child)
        title = TITLES[name]
        said = {"name": name, "title": title[0], "title_zh": title[1], "title_ja": title[2]}
        groups.append({"class": "layer", "properties": values({**said, "features": count}, LAYER)})
    whole = _over(children)
    used = selection.fetch(
        """SELECT s.class_code AS code, any_value(n.name_en) AS name_en,
        any_value(n.name_zh) AS name_zh, any_value(n.name_ja) AS name_ja, count(*) AS count
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        WHERE s.class_code IS NOT NULL GROUP BY 1 ORDER BY 1"""
    ).to_pylist()
    label = "Coordinates: the model's own" if local else heights.label
    extras = {
        "cimkit": {
            "title": selection.catalog.config.title,
            "version": selection.version,
            "view": None if local else _view(selection, heights),
            "heights": label,
            "undulation_m": heights.undulation,
            "withheld": report.withheld,
            "left_out": report.left_out,
            "classes": used,
        }
    }
    write_tileset(
        work / "tileset.json",
        whole,
        schema=schema_json({"layer": LAYER}),
        groups=groups,
        extras=extras,
        unframed=True,
    )
    contents = [f for f in work.rglob("*") if f.is_file()]
    report.files = len(contents)
    report.size = sum(f.stat().st_size for f in contents)
    report.largest = max(f.stat().st_size for f in contents)


def _view(selection: Selection, heights: Heights) -> list[float] | None:
    """Where most objects are: west, south, east, north (degrees), low, high (metres).

    A single stray object, or deliveries from two ends of the world, must not make the first view
    empty: it is the tenth of a degree with most objects, and its neighbours.
    """
    found = selection.fetch(
        f"""WITH placed AS (
            SELECT (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y, z_min, z_max
            FROM selected s WHERE {LAYER_SQL} NOT LIKE 'left out%' AND bbox IS NOT NULL),
        most AS (
            SELECT round(x, 1) AS x, round(y, 1) AS y, count(*) AS n FROM placed
            GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 1)
        SELECT quantile_cont(p.x, 0.02) AS west, quantile_cont(p.y, 0.02) AS south,
            quantile_cont(p.x, 0.98) AS east, quantile_cont(p.y, 0.98) AS north,
            coalesce(quantile_cont(p.z_min, 0.1), 0) AS low,
            coalesce(quantile_cont(p.z_max, 0.9), 0) AS high
        FROM placed p, most m WHERE abs(p.x - m.x) < 0.15 AND abs(p.y - m.y) < 0.15"""
    ).to_pylist()[0]
    if found["west"] is None:
        return None
    shift = heights.undulation or 0.0
    return [*(found[k] for k in ("west", "south", "east", "north")),
            found["low"] + shift, found["high"] + shift]  # fmt: skip


def _page(work: Path, report: ExportReport) -> None:
    """Put the page beside the tiles, or say how to get it."""
    # Files, not code: an exporter does not import the server.
    built = Path(__file__).parents[1] / "server" / "viewer" / "dist"
    if not (built / "index.html").is_file():
        report.notes.append(
            "there is no page to show the tiles: CesiumJS is not built in this installation; "
            "run 'make viewer' in a checkout and export again"
        )
        return
    shutil.copytree(built, work, dirs_exist_ok=True)
