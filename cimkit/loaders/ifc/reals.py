"""Numbers as IFC models write them, also as text in properties."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["read_real", "real"]

_GROUPING = re.compile(r"(?<=\d)['’\s](?=\d{3})")


def real(value: Any, default: float = 0.0) -> float:
    """Return a number, the default where there is none."""
    found = read_real(value)
    return default if found is None else found


def read_real(value: Any) -> float | None:
    """Return a number, also one written as text: ``500000,25``, ``500 000.25``, ``5'500'000.5``."""
    value = getattr(value, "wrappedValue", value)
    if isinstance(value, str):
        text = _GROUPING.sub("", value.strip())
        try:
            value = float(text.replace(",", ".") if "." not in text else text)
        except ValueError:
            return None
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None
