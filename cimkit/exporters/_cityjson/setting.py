"""What has to be settled before the first object is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.errors import ExportError
from cimkit.exporters._cityjson.frame import Frame, choose
from cimkit.exporters._cityjson.tree import Tree, plant

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["prepared"]

_MEMORY = "256MB"
_KINDS = "('imagery', 'pointcloud', 'raster', 'document')"
_OF_ITEMS = f"""
SELECT DISTINCT item_crs AS crs FROM selected WHERE kind NOT IN {_KINDS} AND item_crs IS NOT NULL
ORDER BY 1
"""
_OF_GEOMETRIES = f"""
SELECT DISTINCT crs FROM (
    SELECT g.crs FROM geometries g SEMI JOIN selected s ON s.object_id = g.object_id
    UNION ALL
    SELECT s.item_crs FROM selected s SEMI JOIN placements p ON p.object_id = s.object_id
    UNION ALL
    SELECT 'OGC:CRS84' FROM selected s ANTI JOIN geometries g ON g.object_id = s.object_id
    WHERE s.kind NOT IN {_KINDS} AND s.kind NOT IN ('citymodel', 'bim') AND s.geometry IS NOT NULL
) ORDER BY 1
"""


def prepared(
    selection: Selection, report: ExportReport, crs: str | None, *, metres: bool = False
) -> tuple[Tree, Frame]:
    """Put the selected objects in order, and decide where they are.

    Parameters
    ----------
    selection : Selection
        Its connection is held to little memory from then on: what does not fit goes to disk.
    report : ExportReport
        Takes what is no city object.
    crs : str, optional
        Asked for by the user.
    metres : bool
        A CRS in degrees will not do.

    Raises
    ------
    UsageError
        If one in degrees was asked for and will not do.
    ExportError
        If there is no object.
    """
    con = selection.con
    con.execute(f"SET memory_limit = '{_MEMORY}'")
    con.execute("SET threads = 1")
    con.execute("SET preserve_insertion_order = false")
    tree = plant(selection, report)
    if not tree.count:
        kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
        raise ExportError(
            "there is no object to write", where=str(report.out), got="; ".join(kept) or None
        )
    used = selection.fetch(_OF_ITEMS)["crs"].to_pylist()
    if len(used) != 1:
        used = selection.fetch(_OF_GEOMETRIES)["crs"].to_pylist()
    return tree, choose(selection, crs, used, metres=metres)
