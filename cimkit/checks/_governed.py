"""On which day a delivery is judged, and how a receipt tells which standard governs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from cimkit.model import Sheet
    from cimkit.standard import Governing

__all__ = ["date_of", "delivery_date", "told"]


def delivery_date(sheet: Sheet | None) -> str | None:
    """Return the ``date`` of the sheet's [delivery] as text, None if nobody says it."""
    said = (sheet.delivery or {}).get("date") if sheet else None
    return str(said) if said else None


def date_of(con: duckdb.DuckDBPyConnection, delivery_id: str | None) -> str | None:
    """Return the date of a delivery in a lake: its sheet's, else when it was received."""
    if delivery_id is None:
        return None
    row = con.execute(
        "SELECT sheet, received::VARCHAR FROM deliveries WHERE delivery_id = ?", [delivery_id]
    ).fetchone()
    if row is None:
        return None
    said = (json.loads(row[0]) if row[0] else {}).get("delivery") or {}
    return str(said.get("date") or row[1])


def told(governed: Governing) -> dict[str, Any]:
    """Return what the receipt says of the standard that governs, as JSON values."""
    return {
        "standard": governed.standard_key,
        "date": governed.date,
        "reason": dict(governed.reason),
        "alternatives": list(governed.alternatives),
        "warning": governed.warning,
    }
