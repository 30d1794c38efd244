"""When an object is or was there, as its attributes say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

__all__ = ["lifecycle", "moment", "times"]

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(Z|[+-]\d\d:\d\d)?")
_CONDITION = {
    "planned": "planned",
    "underconstruction": "planned",
    "functional": "built",
    "facadetobepreserved": "built",
    "abandoned": "built",
    "demolished": "demolished",
    "destroyed": "demolished",
}


def moment(text: Any) -> datetime | None:
    """Return a date or time of XML in UTC; None if it is none.

    Examples
    --------
    >>> moment("2014-10-08").isoformat(), moment("2019-01T"), moment("1985").year
    ('2014-10-08T00:00:00+00:00', None, 1985)
    """
    if not isinstance(text, str):
        return None
    said = text.strip()
    partial = _PARTIAL.fullmatch(said)
    if partial:
        said = f"{partial[1]}-{partial[2] or '01'}-01"
    said = re.sub(r"^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)$", r"\1T00:00:00\2", said)
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        return None


def times(attributes: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Return from when to when an object holds.

    CityGML 3 says in ``validFrom`` when it was so in the world and in ``creationDate`` since when
    it is in the data; older versions have only the latter.
    """
    start = moment(attributes.get("validFrom")) or moment(attributes.get("creationDate"))
    end = moment(attributes.get("validTo")) or moment(attributes.get("terminationDate"))
    return start, end


def lifecycle(attributes: dict[str, Any]) -> str | None:
    """Return planned, built or demolished, if the condition of construction says so."""
    said = attributes.get("conditionOfConstruction")
    if not isinstance(said, str):
        return None
    return _CONDITION.get(said.replace(" ", "").lower())
