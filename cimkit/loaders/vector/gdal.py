"""What GDAL is told of a source before it opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cimkit.model import Problem

__all__ = ["Plan", "gdal_name"]

_Origin = Literal["declared", "detected", "sheet", "none"]


@dataclass(slots=True)
class Plan:
    """How GDAL is to open a source."""

    file: Path
    options: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None  # to hand to GDAL; None: GDAL knows
    shown: str | None = "utf-8"
    origin: _Origin = "declared"
    driver: str = ""  # as GDAL calls it, once it is open
    layer: str | None = None  # what the layer is called where GDAL sees another name
    is_json: bool = False
    ids: bool = False  # GDAL's row numbers are identifiers of the source
    rowed: set[str] = field(default_factory=set)  # layers whose row numbers relationships name
    fewer: int = 0  # rows that GDAL counts and does not give
    further: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)


def gdal_name(encoding: str) -> str:
    """Return what GDAL calls an encoding of Python's.

    Examples
    --------
    >>> gdal_name("gb18030"), gdal_name("iso8859-1"), gdal_name("ascii")
    ('GB18030', 'ISO-8859-1', 'UTF-8')
    """
    special = {"ascii": "UTF-8", "euc_jp": "EUC-JP", "euc_kr": "EUC-KR", "mac-roman": "MACINTOSH"}
    if encoding in special:
        return special[encoding]
    return re.sub(r"^ISO8859", "ISO-8859", encoding.upper().replace("_", "-"))
