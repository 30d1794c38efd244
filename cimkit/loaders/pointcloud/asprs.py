"""Classes of points as the ASPRS names them (LAS 1.4 R15, tables 9 and 17)."""

from __future__ import annotations

from collections.abc import Iterable

from cimkit.model import Problem

__all__ = ["class_meanings", "reserved"]

_BOTH = {
    0: "created, never classified",
    1: "unclassified",
    2: "ground",
    3: "low vegetation",
    4: "medium vegetation",
    5: "high vegetation",
    6: "building",
    7: "low point (noise)",
    9: "water",
}
_OLD = _BOTH | {8: "model key point", 12: "overlap"}
_NEW = _BOTH | {
    10: "rail",
    11: "road surface",
    13: "wire, guard",
    14: "wire, conductor",
    15: "transmission tower",
    16: "wire-structure connector",
    17: "bridge deck",
    18: "high noise",
    19: "overhead structure",
    20: "ignored ground",
    21: "snow",
    22: "temporal exclusion",
}
_USER = 64


def class_meanings(codes: Iterable[int], point_format: int, own: dict[str, str]) -> dict[str, str]:
    """Return what the classes of a cloud mean: by its own table, else by the standard's.

    Examples
    --------
    >>> class_meanings([2, 8, 64, 70], 6, {"64": "kerb"})
    {'2': 'ground', '8': 'reserved', '64': 'kerb', '70': 'user-defined'}
    """
    known = _NEW if point_format >= 6 else _OLD
    return {
        str(c): own.get(str(c)) or known.get(c, "user-defined" if c >= _USER else "reserved")
        for c in codes
    }


def reserved(meanings: dict[str, str]) -> list[Problem]:
    """Return the problem of classes that the standard keeps for itself."""
    met = [c for c, meaning in meanings.items() if meaning == "reserved"]
    if not met:
        return []
    return [
        Problem(
            "class-reserved",
            "Points have classes that the standard reserves and that no table in the file "
            "explains.",
            "info",
            got=", ".join(met[:10]),
            expected="classes of the standard, or 64 to 255",
            hint="Say what they mean, in a record LASF_Spec 0 or beside the data.",
        )
    ]
