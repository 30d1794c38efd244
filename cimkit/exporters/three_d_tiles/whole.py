"""The root of an export: what unites its layers, and the page that shows them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from cimkit.exporters.three_d_tiles.making import Drawn, Making, over
from cimkit.exporters.three_d_tiles.schema import SCHEMA_FILE, Described
from cimkit.exporters.three_d_tiles.sorting import TITLES, hold_sorted
from cimkit.exporters.three_d_tiles.statistics import statistics, write_styles
from cimkit.tiles import Tile, write_tileset
from cimkit.tiles.metadata import LAYER, TILESET, values
from cimkit.tiles.store import MANIFEST
from cimkit.tiles.tileset import outer_box

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.exporters.three_d_tiles.heights import Heights

__all__ = ["tell_contents", "write_page", "write_root"]


def write_root(making: Making, layers: list[Drawn], described: Described) -> None:
    """Write the tileset that has each layer as a child and says what was exported."""
    selection, heights, report = making.selection, making.heights, making.report
    children, groups = [], []
    for i, drawn in enumerate(layers):
        name, root = drawn.name, drawn.root
        low, high = outer_box(root)
        # The transform stands in the layer's own tileset, so here the box is in outer coordinates.
        child = Tile(root.frame, low, high, root.error, f"{name}/tileset.json", i)
        children.append(child)
        title = TITLES[name]
        said = {"name": name, "title": title[0], "title_zh": title[1], "title_ja": title[2]}
        groups.append(
            {"class": "layer", "properties": values({**said, "features": drawn.count}, LAYER)}
        )
    whole = over(children)
    used = selection.fetch(
        """SELECT s.class_code AS code, any_value(n.name_en) AS name_en,
        any_value(n.name_zh) AS name_zh, any_value(n.name_ja) AS name_ja, count(*) AS count
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        WHERE s.class_code IS NOT NULL GROUP BY 1 ORDER BY 1"""
    ).to_pylist()
    label = "Coordinates: the model's own" if making.options.local else heights.label
    extras = {
        "cimkit": {
            "title": selection.catalog.config.title,
            "version": selection.version,
            "view": None if making.options.local else _view(selection, heights),
            "heights": label,
            "withheld": report.withheld,
            "left_out": report.left_out,
            "classes": used,
        }
    }
    about = {
        "title": selection.catalog.config.title,
        "version": selection.version,
        "heights": label,
        "standard": described.standard,
    }
    (making.folder / SCHEMA_FILE).write_bytes(orjson.dumps(described.schema.document))
    write_styles(making.folder / "styles", described)
    write_tileset(
        making.folder / "tileset.json",
        whole,
        schema=SCHEMA_FILE,
        metadata={"class": "tileset", "properties": values(about, TILESET)},
        # A model alone is not what the selection holds.
        statistics=None if making.options.local else statistics(selection, described),
        groups=groups,
        extras=extras,
        unframed=True,
    )


def tell_contents(making: Making) -> None:
    """Say in the report how much was written, and how much is as it was."""
    report, store = making.report, making.store
    sizes = {
        f.relative_to(making.folder).as_posix(): f.stat().st_size
        for f in making.folder.rglob("*")
        if f.is_file()
    }
    sizes.pop(MANIFEST, None)
    report.files = len(sizes)
    report.size = sum(sizes.values())
    report.largest = max(sizes.values())
    report.contents = {
        "written": len(store.written), "kept": len(store.kept), "dropped": len(store.dropped())
    }  # fmt: skip
    if making.large:
        report.notes.append(
            f"{making.large:,} tiles are above {making.options.cap:,} bytes: each holds one "
            "object, which is not taken apart"
        )


def _view(selection: Selection, heights: Heights) -> list[float] | None:
    """Where most objects are: west, south, east, north (degrees), low, high (metres).

    A single stray object, or deliveries from two ends of the world, must not make the first view
    empty: it is the tenth of a degree with most objects, and its neighbours.
    """
    hold_sorted(selection)
    found = selection.fetch(
        """WITH placed AS (
            SELECT (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                base AS z_min, z_max
            FROM sorted_objects WHERE layer NOT LIKE 'left out%' AND bbox IS NOT NULL),
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
    sides = [found[k] for k in ("west", "south", "east", "north")]
    middle = np.tile([(sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2], (2, 1))
    # A copy: where the view stands is no height of an object's, and is not counted.
    levels = replace(heights).ellipsoidal(middle, np.array([found["low"], found["high"]]), None)
    return [*sides, *levels.tolist()]


def write_page(work: Path, report: ExportReport) -> None:
    """Put the page beside the tiles, or say how to get it."""
    # Files, not code: an exporter does not import the server.
    built = Path(__file__).parents[2] / "server" / "viewer" / "dist"
    if not (built / "index.html").is_file():
        report.notes.append(
            "there is no page to show the tiles: CesiumJS is not built in this installation; "
            "run 'make viewer' in a checkout and export again"
        )
        return
    shutil.copytree(built, work, dirs_exist_ok=True)
