"""Values of CityGML that have a form of their own."""

from __future__ import annotations

import re

__all__ = ["VALUES"]

_COUNT = re.compile(r"\+?\d+")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_YEAR = re.compile(r"-?\d{4,}(Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"-?\d{4,}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")

VALUES = {
    "storeysAboveGround": (_COUNT, "a whole number", False),
    "storeysBelowGround": (_COUNT, "a whole number", False),
    "measuredHeight": (_REAL, "a number", True),
    "yearOfConstruction": (_YEAR, "YYYY", False),
    "yearOfDemolition": (_YEAR, "YYYY", False),
    "creationDate": (_DAY, "YYYY-MM-DD", False),
    "terminationDate": (_DAY, "YYYY-MM-DD", False),
}
"""By name of the element: the form of its text, in words, and whether it needs a unit."""
