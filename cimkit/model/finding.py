"""What a check says about data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Severity", "Status"]


class Status(StrEnum):
    """Outcome of one rule on one thing. The four are never merged."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    NOT_CHECKED = "not checked"


class Severity(StrEnum):
    """How bad a failure is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of one rule. Its columns are those of the table ``findings``."""

    rule: str
    """Stable id of the rule, e.g. ``cn.components/code-is-leaf``."""
    status: Status
    """Outcome."""
    severity: Severity
    """How bad, if it fails."""
    path: str = ""
    """The source, as `Source.path`; "" for a statement about the whole delivery."""
    layer: str = ""
    """Layer in the source."""
    place: str = ""
    """Line, row, GlobalId, entity id."""
    object_id: str | None = None
    """The object, if it is about one."""
    x: float | None = None
    """Longitude in CRS84."""
    y: float | None = None
    """Latitude in CRS84."""
    z: float | None = None
    """Height in metres as the source gives it."""
    measured: str = ""
    """The value met, with its unit."""
    expected: str = ""
    """The value that was wanted."""
    tolerance: str = ""
    """Allowed deviation, with its unit."""
    message: str = ""
    """One sentence in the language asked for."""
    hint: str = ""
    """How to mend it."""
    mender: str = "vendor"
    """Who can mend it: ``vendor``, ``office`` (the owner of the standard) or ``tool``."""
    clause: str = ""
    """Clause of the standard."""
    element: str = ""
    """ISO 19157 data quality element."""
    count: int = 1
    """How many things it speaks of (a *pass* is one finding for all that passed)."""
