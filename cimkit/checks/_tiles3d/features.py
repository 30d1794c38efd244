"""Numbers of features on vertices, texels and instances.

EXT_mesh_features, EXT_instance_features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cimkit.checks._tiles3d.images import Textures, texture_fits
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.model import Model
from cimkit.checks._tiles3d.shapes import IDENTIFIER, Kind, array, fits, integer, record

__all__ = ["check_features"]

_ID = integer(0)
_MEMBERS = {
    "featureCount_": integer(1),
    "nullFeatureId": _ID,
    "label": Kind("string", pattern=IDENTIFIER),
    "attribute": _ID,
    "propertyTable": _ID,
}
_FEATURES = record(featureIds_=array(record(texture=Kind("object"), **_MEMBERS), 1))
_INSTANCES = record(featureIds_=array(record(**_MEMBERS), 1))


def check_features(model: Model, issues: Issues, read: Callable[[str], bytes | None]) -> None:
    """Tell of numbers of features that are not there, or that no feature has."""
    textures = Textures(model, read, issues)
    for i, mesh in enumerate(model.said.get("meshes") or []):
        for n, primitive in enumerate(mesh["primitives"]):
            said = (primitive.get("extensions") or {}).get("EXT_mesh_features")
            if isinstance(said, dict):
                at = f"/meshes/{i}/primitives/{n}/extensions/EXT_mesh_features"
                issues.count("metadata")
                if fits(said, _FEATURES, issues, at):
                    for f, one in enumerate(said["featureIds"]):
                        place = f"{at}/featureIds/{f}"
                        _feature(one, primitive["attributes"], model, textures, issues, place)
    for i, node in enumerate(model.said.get("nodes") or []):
        extensions = node.get("extensions") or {}
        said = extensions.get("EXT_instance_features")
        if not isinstance(said, dict):
            continue
        at = f"/nodes/{i}/extensions/EXT_instance_features"
        issues.count("metadata")
        instancing = extensions.get("EXT_mesh_gpu_instancing")
        if not isinstance(instancing, dict):
            issues.tell("member-missing", at, expected="EXT_mesh_gpu_instancing")
        elif fits(said, _INSTANCES, issues, at):
            attributes = instancing.get("attributes")
            for f, one in enumerate(said["featureIds"]):
                place = f"{at}/featureIds/{f}"
                _feature(one, attributes or {}, model, textures, issues, place)


def _feature(
    one: dict[str, Any],
    attributes: dict[str, Any],
    model: Model,
    textures: Textures,
    issues: Issues,
    at: str,
) -> None:
    rows = _rows(one, model, issues, at)
    if one.get("attribute") is not None:
        name = f"_FEATURE_ID_{int(one['attribute'])}"
        if name not in attributes:
            known = ", ".join(attributes)
            issues.tell("name-unknown", f"{at}/attribute", got=name, expected=known)
        else:
            _attribute(one, attributes[name], model, rows, issues, at)
    texture = one.get("texture")
    if texture is None:
        return
    place = f"{at}/texture"
    if not texture_fits(texture, model, issues, place):
        return
    name = f"TEXCOORD_{int(texture.get('texCoord') or 0)}"
    if name not in attributes:
        known = ", ".join(attributes)
        issues.tell("name-unknown", f"{place}/texCoord", got=name, expected=known)
        return
    textures.sampled(texture["index"], place)
    values = textures.channels(texture.get("channels"), texture["index"], place)
    if values is not None and values.dtype.itemsize == 1:
        weights = 256 ** np.arange(values.shape[1], dtype=np.uint64)
        _numbers((values.astype(np.uint64) * weights).sum(axis=1), one, rows, issues, place)


def _rows(one: dict[str, Any], model: Model, issues: Issues, at: str) -> int | None:
    """Return how many rows the property table has that features are looked up in."""
    index = one.get("propertyTable")
    if index is None:
        return None
    extensions = model.said.get("extensions") or {}
    tables = (extensions.get("EXT_structural_metadata") or {}).get("propertyTables")
    tables = tables if isinstance(tables, list) else []
    if index >= len(tables):
        issues.tell("index-beyond", f"{at}/propertyTable", got=index, expected=f"< {len(tables)}")
        return None
    count = tables[int(index)].get("count") if isinstance(tables[int(index)], dict) else None
    return count if isinstance(count, int) else None


def _attribute(
    one: dict[str, Any], index: Any, model: Model, rows: int | None, issues: Issues, at: str
) -> None:
    if not isinstance(index, int) or not 0 <= index < len(model.accessors.listed):
        issues.tell("index-beyond", at, got=index, expected=f"< {len(model.accessors.listed)}")
        return
    accessor = model.accessors.listed[index]
    if accessor["type"] != "SCALAR" or accessor.get("normalized") is True:
        got = accessor["type"] + (" normalized" if accessor.get("normalized") else "")
        issues.tell("attribute-form", f"{at}/attribute", got=got, expected="SCALAR")
        return
    values = model.accessors.values(index)
    if values is not None:
        _numbers(values[:, 0].astype(np.float64), one, rows, issues, f"{at}/attribute")


def _numbers(values: Any, one: dict[str, Any], rows: int | None, issues: Issues, at: str) -> None:
    met = np.unique(values)
    if one.get("nullFeatureId") is not None:
        met = met[met != one["nullFeatureId"]]
    if len(met) > one["featureCount"]:
        wanted = f"≤ {one['featureCount']}"
        issues.tell("features-number", at, got=len(met), expected=wanted)
    elif rows is not None and len(met) and (float(met[0]) < 0 or float(met[-1]) >= rows):
        got = f"{float(met[0]):g} … {float(met[-1]):g}"
        issues.tell("index-beyond", at, got=got, expected=f"0 … {rows - 1}")
