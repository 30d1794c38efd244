"""What is wrong with a document, gathered."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

__all__ = ["SCHEMA", "Notes"]

SCHEMA = pa.schema(
    [
        ("reason", pa.string()),
        ("place", pa.string()),
        ("pointer", pa.string()),
        ("measured", pa.string()),
        ("expected", pa.string()),
        ("count", pa.int64()),
    ]
)
_SHOWN = 20
_LONG = 120


class Notes:
    """Takes mistakes one by one; of each kind the first places stand for themselves."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self.line = ""
        """In front of each place: the line of a sequence."""

    def add(
        self,
        reason: str,
        place: str,
        pointer: str,
        got: Any = "",
        expected: str = "",
        *,
        once: bool = False,
    ) -> None:
        """Note a mistake.

        Parameters
        ----------
        reason : str
            Word of the check.
        place : str
            Key of the city object, "" of the document as a whole.
        pointer : str
            Path into the document, with slashes.
        got, expected
            What is there and what should be.
        once : bool
            Show the first place only: whoever made it made it everywhere.
        """
        known = self._rows.setdefault(reason, [])
        if len(known) >= (1 if once else _SHOWN):
            known[-1]["count"] += 1
            return
        known.append(
            {
                "reason": reason,
                "place": " ".join(p for p in (self.line, place) if p),
                "pointer": pointer,
                "measured": shown(got),
                "expected": expected,
                "count": 1,
            }
        )

    def table(self) -> pa.Table:
        """Return what was noted."""
        rows = [row for rows in self._rows.values() for row in rows]
        return pa.Table.from_pylist(rows, SCHEMA)


def shown(value: Any) -> str:
    """Return a value for people: what it is, if it is long."""
    import orjson

    if isinstance(value, str):
        return value[:_LONG]
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, RecursionError):  # nested deeper than can be written
        text = ""
    if text and len(text) <= _LONG:
        return text
    name = "object" if isinstance(value, dict) else "array"
    return f"{name} ({len(value)})"
