"""Types of metadata: how wide they are, and which values their components can hold."""

from __future__ import annotations

from typing import Any

__all__ = ["COMPONENTS", "DTYPES", "INTEGERS", "TYPES", "is_numeric", "width"]

TYPES = (
    *("SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"),
    *("STRING", "BOOLEAN", "ENUM"),
)
INTEGERS = {
    "INT8": (-(2**7), 2**7 - 1),
    "UINT8": (0, 2**8 - 1),
    "INT16": (-(2**15), 2**15 - 1),
    "UINT16": (0, 2**16 - 1),
    "INT32": (-(2**31), 2**31 - 1),
    "UINT32": (0, 2**32 - 1),
    "INT64": (-(2**63), 2**63 - 1),
    "UINT64": (0, 2**64 - 1),
}
COMPONENTS = {**INTEGERS, "FLOAT32": (-3.4028235e38, 3.4028235e38), "FLOAT64": None}
DTYPES = {
    "INT8": "<i1", "UINT8": "<u1", "INT16": "<i2", "UINT16": "<u2", "INT32": "<i4",
    "UINT32": "<u4", "INT64": "<i8", "UINT64": "<u8", "FLOAT32": "<f4", "FLOAT64": "<f8",
}  # fmt: skip
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def is_numeric(kind: Any) -> bool:
    """Return whether values of a type are made of numbers."""
    return kind in _WIDTHS


def width(kind: str) -> int:
    """Return how many components a value of a type has."""
    return _WIDTHS.get(kind, 1)
