"""Values of EXIF tags as texts and numbers, and what is said of those that are neither."""

from __future__ import annotations

import math
from typing import Any

from cimkit.model import Problem

__all__ = ["corrupt", "first_number", "text_of"]


def corrupt(why: str) -> Problem:
    """Return the problem that the EXIF cannot be read."""
    return Problem(
        code="exif-corrupt",
        message="The EXIF of the photograph cannot be read.",
        got=why[:200],
        expected="EXIF 2.3",
        hint="Deliver the camera's own file, or a trajectory.",
    )


def text_of(value: Any) -> str:
    """Return a text of EXIF: ASCII by the standard, in the wild UTF-8, GBK or Shift_JIS."""
    if isinstance(value, tuple | list):
        value = value[0] if value else ""
    if isinstance(value, str):
        if value.isascii():
            return str(value).replace("\0", "").strip()
        value = value.encode("latin-1", "replace")  # as Pillow decoded it
    if not isinstance(value, bytes):
        return "" if value is None else str(value)
    raw = bytes(value).strip(b"\0 ")
    encoding = "ascii"
    if not raw.isascii():
        from cimkit.loaders._delivery.encoding import detect

        encoding = detect(raw)
    return raw.decode(encoding, "replace").replace("\0", "").strip()


def first_number(value: Any) -> float | None:
    """Return the finite number that a value is or begins with; 0/0 is none."""
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    if isinstance(value, bytes):
        value = value[0] if len(value) == 1 else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None
