"""What the classes of points mean: as the ASPRS names them, and in the catalogue's standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.loaders.pointcloud.asprs import class_meanings

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["point_classes"]

_KNOWN = 23
"""Classes that LAS 1.4 R15 has names for, or reserves, without gaps."""


def point_classes(selection: Selection) -> dict[str, Any]:
    """Return an enum of 3D Metadata: the values of a point's ``classification``.

    Where the standard's mapping knows a class (``asprs:6`` as the class in the source), the value's
    ``extras`` have the standard's code and names.
    """
    try:
        standard = selection.catalog.standard()
    except StandardError:
        standard = None  # said where the tileset's schema is made
    codes = {
        row.source_class.removeprefix("asprs:"): row.class_code
        for row in (() if standard is None else standard.mapping)
        if row.kind in ("", "pointcloud") and row.source_class.startswith("asprs:")
    }
    names = {
        row["code"]: {k: v for k, v in row.items() if v}
        for row in selection.fetch(
            "SELECT code, name_en, name_zh, name_ja FROM class_names ORDER BY code"
        ).to_pylist()
    }
    listed = []
    for code, meaning in class_meanings(range(_KNOWN), 6, {}).items():
        if meaning == "reserved":
            continue
        value: dict[str, Any] = {"name": meaning, "value": int(code)}
        if code in codes:
            said = names.get(codes[code], {"code": codes[code]})
            value |= {"description": " / ".join(dict.fromkeys(said.values())), "extras": said}
        listed.append(value)
    return {"name": "Classes of points (ASPRS)", "valueType": "UINT8", "values": listed}
