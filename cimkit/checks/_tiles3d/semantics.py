"""Meanings of metadata properties: Cesium 3D Metadata Semantic Reference, revision 1.0."""

from __future__ import annotations

from typing import Any

from cimkit.checks._tiles3d.issues import Issues

__all__ = ["check_semantics"]

_REAL = ("FLOAT32", "FLOAT64")
_WHOLE = ("UINT8", "UINT16", "UINT32", "UINT64")
_SAID: dict[str, tuple[str, tuple[str, ...], int | bool]] = {
    "ID": ("", (), False),
    "NAME": ("STRING", (), False),
    "DESCRIPTION": ("STRING", (), False),
    "ATTRIBUTION_IDS": ("SCALAR", ("UINT8", "UINT16", "UINT32", "UINT64"), True),
    "ATTRIBUTION_STRINGS": ("STRING", (), True),
    "TILESET_FEATURE_ID_LABELS": ("STRING", (), True),
    "TILESET_CRS_GEOCENTRIC": ("STRING", (), False),
    "TILESET_CRS_COORDINATE_EPOCH": ("STRING", (), False),
    "TILE_GEOMETRIC_ERROR": ("SCALAR", _REAL, False),
    "TILE_REFINE": ("SCALAR", ("UINT8",), False),
    "TILE_TRANSFORM": ("MAT4", _REAL, False),
    "CONTENT_URI": ("STRING", (), False),
    "CONTENT_GROUP_ID": ("SCALAR", _WHOLE, False),
    **{
        f"{of}_{name}": said
        for of in ("TILE", "CONTENT")
        for name, said in {
            "BOUNDING_BOX": ("SCALAR", _REAL, 12),
            "BOUNDING_REGION": ("SCALAR", _REAL, 6),
            "BOUNDING_SPHERE": ("SCALAR", _REAL, 4),
            "BOUNDING_S2_CELL": ("SCALAR", ("UINT64",), False),
            "MINIMUM_HEIGHT": ("SCALAR", _REAL, False),
            "MAXIMUM_HEIGHT": ("SCALAR", _REAL, False),
            "HORIZON_OCCLUSION_POINT": ("VEC3", _REAL, False),
        }.items()
    },
}
"""Type, component types, and whether it is an array (True, or how long)."""


def check_semantics(properties: dict[str, Any], issues: Issues, pointer: str) -> bool:
    """Tell of properties whose type is not that of their meaning, or that share one."""
    right = True
    seen: dict[str, str] = {}
    for name, about in properties.items():
        meaning = about.get("semantic")
        if meaning is None:
            continue
        at = f"{pointer}/{name}"
        if meaning in seen:
            issues.tell("semantic-double", at, got=meaning, expected=f"– ({seen[meaning]})")
            right = False
        seen[meaning] = name
        if meaning not in _SAID:
            issues.tell("semantic-unknown", at, got=meaning, severity="info")
            continue
        kind, components, listed = _SAID[meaning]
        if not kind:
            continue
        got = {k: about[k] for k in ("type", "componentType", "array", "count") if k in about}
        wrong = (
            about["type"] != kind
            or (components and about.get("componentType") not in components)
            or (about.get("array") is True) != bool(listed)
            or (not isinstance(listed, bool) and about.get("count") != listed)
            or about.get("normalized") is True
            or about.get("enumType") is not None
        )
        if wrong:
            wanted = " ".join([kind, "|".join(components)]).strip()
            wanted += f" [{listed}]" if not isinstance(listed, bool) else " []" if listed else ""
            issues.tell("semantic-unfit", at, got=got, expected=f"{meaning}: {wanted}")
            right = False
    return right
