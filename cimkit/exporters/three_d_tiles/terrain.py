"""The layer of terrain: elevation models with the imagery that lies on them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from cimkit.exporters.three_d_tiles.making import over

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Drawn, Making

__all__ = ["draw"]


def draw(making: Making) -> Drawn | None:
    """Draw the elevation models."""
    from cimkit.exporters.three_d_tiles.ground import Ground, rasters_of
    from cimkit.tiles.terrain import write_terrain

    models, pictures = rasters_of(making.selection, making.report)
    if not models:
        making.report.leave("imagery without an elevation model under it", len(pictures))
        return None
    with Ground(making.selection.catalog, models, pictures, making.heights) as ground:
        encoding = making.encoding
        if encoding.schema is not None:
            # Contents lie two folders deeper than those of other layers.
            schema = replace(encoding.schema, uri=f"../../{encoding.schema.uri}")
            encoding = replace(encoding, schema=schema)
        roots, seen = write_terrain(
            ground, making.store, "terrain", encoding=encoding, workers=os.cpu_count() or 2
        )
        ground.tell(making.report, seen)
    if not roots:
        return None
    (making.folder / "terrain").mkdir(exist_ok=True)
    return making.write("terrain", len(seen), roots[0] if len(roots) == 1 else over(roots))
