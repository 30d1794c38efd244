"""What relationships of a database join, row by row."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.loaders._layers.joins import Join
from cimkit.loaders.vector.gdal import Plan

__all__ = ["joins_of"]


def joins_of(how: Plan, relationships: list[dict[str, Any]], layers: dict[str, str]) -> list[Join]:
    """Return the relationships that can be joined; layers whose row numbers they name are noted.

    Parameters
    ----------
    how : Plan
        Gets the layers in ``rowed``.
    relationships : list of dict
        As `container` describes them.
    layers : dict
        Name of the column with the row numbers by layer.
    """
    joins = []
    for said in relationships:
        ends = [*said["origin"][:1], *said["destination"][:1]]
        fields = {str(k["role"]).removeprefix("esriRelKeyRole"): k["field"] for k in said["keys"]}
        first, second = fields.get("OriginPrimary"), fields.get("DestinationPrimary")
        if len(ends) < 2 or first is None or not set(ends) <= layers.keys():
            continue
        through = None
        if said.get("mapping"):
            through = partial(_mapped, how.file, str(said["mapping"]))
        elif second is not None and said["name"] in layers:
            between = [str(fields.get(f"{end}Foreign")) for end in ("Origin", "Destination")]
            through = partial(_between, how.file, said["name"], between)
        elif second is None:
            second = fields.get("OriginForeign")
        if second is None:
            continue
        for layer, field in zip(ends, (first, second), strict=True):
            if layers[layer] == field:
                how.rowed.add(layer)
        joins.append(Join(str(said["name"]), (ends[0], first), (ends[1], second), through))
    return joins


def _mapped(file: Path, table: str) -> pa.Table:
    """Read a mapping table of a GeoPackage (OGC 18-000, 7.5: its columns are laid down)."""
    con = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    name = table.replace('"', '""')
    try:
        rows = con.execute(f'SELECT base_id, related_id FROM "{name}"').fetchall()
    except sqlite3.Error:  # it is named and not there: then nothing is joined
        rows = []
    finally:
        con.close()
    pairs = [[None if v is None else str(v) for v in side] for side in zip(*rows, strict=True)]
    one, other = pairs or ([], [])
    return pa.table({"one": pa.array(one, pa.string()), "other": pa.array(other, pa.string())})


def _between(file: Path, layer: str, fields: list[str]) -> pa.Table:
    """Read the table between two others of a file geodatabase."""
    import pyogrio.raw

    _, rows = pyogrio.raw.read_arrow(file, layer=layer, columns=fields, read_geometry=False)
    sides = [rows.column(name).cast(pa.string()) for name in fields]
    return pa.table(sides, names=["one", "other"])
