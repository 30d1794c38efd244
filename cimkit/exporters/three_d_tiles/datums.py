"""What the heights of an export are measured from: told where it is not one surface for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["datum_notes"]


def datum_notes(selection: Selection, undulation: float | None) -> list[str]:
    """Return what a reader must know of the vertical datums of the sources drawn.

    Parameters
    ----------
    selection : Selection
        What is exported.
    undulation : float or None
        What is added to every height; None: nothing.
    """
    from cimkit.geometry.vertical import read_vertical

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
    if ellipsoidal:
        what = f"heights of {_counted(ellipsoidal)} are ellipsoidal already"
        if undulation is not None:
            what += f" and were raised by {undulation:g} m like all others"
        notes.append(what)
    if len(others) > 1:
        notes.append(
            f"heights are measured from several surfaces ({_counted(others)}); no difference "
            "between them was applied"
        )
    if unknown and named:
        notes.append(
            f"{unknown:,} sources with heights do not say what they are measured from; they were "
            "treated like the others"
        )
    return notes


def _counted(datums: list[tuple[str, int]]) -> str:
    return ", ".join(f"{n:,} sources in {datum}" for datum, n in datums)
