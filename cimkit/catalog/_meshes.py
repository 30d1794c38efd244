"""Shape packs: triangles in Parquet beside the lake, one file a source."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cimkit.catalog._sources import Row

__all__ = ["keep"]


def keep(rows: list[Row], meshes: Path) -> None:
    """Copy the shapes of the fresh sources to ``<sha256>.parquet``, each file all at once.

    It happens before the commit: a pack without rows does no harm, rows without a pack would.
    """
    for row in rows:
        span = row.staged.span("shapes") if row.fresh else None
        if span is None:
            continue
        shapes, _, _ = span
        target = meshes / f"{row.staged.asset.sha256}.parquet"
        part = target.with_suffix(".part")
        if target.exists():
            _join(shapes, target, part)
        else:
            shutil.copyfile(shapes, part)
        os.replace(part, target)


def _join(new: Path, old: Path, part: Path) -> None:
    """Write both packs as one: earlier versions of the catalogue still point into the old one."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    fresh, had = pq.read_table(new), pq.read_table(old)
    missing = pc.invert(pc.is_in(had["shape_id"], value_set=fresh["shape_id"].combine_chunks()))
    pq.write_table(
        pa.concat_tables([fresh, had.filter(missing)]), part, compression="zstd", row_group_size=512
    )
