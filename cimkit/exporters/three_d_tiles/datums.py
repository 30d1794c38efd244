"""What the heights of an export are measured from: told where it is not one surface for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.geometry.geoid import Geoid
from cimkit.geometry.vertical import read_vertical

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["datum_notes"]


def datum_notes(selection: Selection, model: Geoid | float | None) -> list[str]:
    """Return what a reader must know of the vertical datums of the sources drawn.

    Parameters
    ----------
    selection : Selection
        What is exported.
    model : Geoid, float or None
        What heights were taken to the ellipsoid by; None: nothing.
    """
    rows = selection.fetch(
        """SELECT vertical_datum AS datum, count(*) AS n FROM selected_items
        WHERE z_min IS NOT NULL OR vertical_datum IS NOT NULL GROUP BY 1 ORDER BY 1"""
    ).to_pylist()
    named = [(row["datum"], row["n"]) for row in rows if row["datum"]]
    unknown = sum(row["n"] for row in rows if not row["datum"])
    known = [(datum, n, read_vertical(datum)) for datum, n in named]
    ellipsoidal = [(d, n) for d, n, read in known if read and read.kind == "ellipsoidal"]
    others = [(d, n) for d, n, read in known if not (read and read.kind == "ellipsoidal")]
    notes = []
    if ellipsoidal and model is not None:
        notes.append(f"heights of {_counted(ellipsoidal)} are ellipsoidal and stay as they are")
    elif ellipsoidal and (others or unknown):
        notes.append(
            f"heights of {_counted(ellipsoidal)} are ellipsoidal, all others are not: they stand "
            "apart by the height of the geoid; set geoid or undulation_m in cimkit.toml"
        )
    if len(others) > 1:
        notes.append(
            f"heights are measured from several surfaces ({_counted(others)}); no difference "
            "between them was applied"
        )
    vertical = model.vertical if isinstance(model, Geoid) else None
    foreign = [(d, n) for d, n in others if vertical is not None and d != vertical]
    if foreign:
        notes.append(
            f"heights of {_counted(foreign)} were shifted by a model made for {vertical}: "
            "the two surfaces differ by decimetres, in places by more than a metre"
        )
    if unknown:
        done = "stay as they are" if model is None else "were taken to be above the geoid"
        notes.append(
            f"{unknown:,} sources with heights do not say what they are measured from: they {done}"
        )
    return notes


def _counted(datums: list[tuple[str, int]]) -> str:
    return ", ".join(f"{n:,} sources in {datum}" for datum, n in datums)
