"""What the heights of an export are measured from, where they are passed on as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["SOLID_KINDS", "heights_told"]

SOLID_KINDS = ("gis", "bim", "citymodel")
"""What scenes and city models are made of."""


def heights_told(selection: Selection, kinds: Sequence[str] = (), *, named: bool) -> list[str]:
    """Return the notes that a reader needs to understand heights that nothing was done to.

    Parameters
    ----------
    selection : Selection
        What is exported.
    kinds : sequence of str, optional
        Of sources, whose heights the format takes; none: all.
    named : bool
        The output itself says of each thing what its height is measured from, where that is known.
    """
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    rows = selection.fetch(
        f"""SELECT vertical_datum AS datum, count(*) AS n FROM selected_items
        WHERE z_min IS NOT NULL AND NOT (z_min = 0 AND z_max = 0)
        AND item_id IN (SELECT item_id FROM selected) {f"AND kind IN ({listed})" if kinds else ""}
        GROUP BY 1 ORDER BY 1 NULLS LAST"""
    ).to_pylist()
    known = [f"{row['datum']}: {row['n']:,}" for row in rows if row["datum"]]
    notes = []
    if known and not named:
        notes.append(
            "heights stay as the sources have them, above what these say "
            f"({', '.join(known)} sources)"
        )
    unknown = sum(row["n"] for row in rows if not row["datum"])
    if unknown:
        notes.append(
            f"{unknown:,} sources with heights do not say what they are measured from: they stay "
            "as they are"
        )
    return notes
