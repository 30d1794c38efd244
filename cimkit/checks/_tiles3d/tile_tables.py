"""Feature and batch tables of b3dm, i3dm and pnts (OGC 18-053r2, chapters 9 to 11)."""

from __future__ import annotations

from typing import Any

import numpy as np

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import is_integer, is_number

__all__ = ["check_batches", "check_features", "column"]

_BYTES = {
    "BYTE": "i1", "UNSIGNED_BYTE": "u1", "SHORT": "<i2", "UNSIGNED_SHORT": "<u2",
    "INT": "<i4", "UNSIGNED_INT": "<u4", "FLOAT": "<f4", "DOUBLE": "<f8",
}  # fmt: skip
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_VOLUME = {
    "RTC_CENTER": ("VEC3", "FLOAT", True),
    "QUANTIZED_VOLUME_OFFSET": ("VEC3", "FLOAT", True),
    "QUANTIZED_VOLUME_SCALE": ("VEC3", "FLOAT", True),
}
_POSITIONS = {
    "POSITION": ("VEC3", "FLOAT", False),
    "POSITION_QUANTIZED": ("VEC3", "UNSIGNED_SHORT", False),
    "BATCH_ID": ("SCALAR", "UNSIGNED_SHORT", False),
}
_NUMBER = ("SCALAR", "UNSIGNED_INT", True)
SEMANTICS: dict[str, dict[str, tuple[str, str, bool]]] = {
    "b3dm": {"BATCH_LENGTH": _NUMBER, "RTC_CENTER": ("VEC3", "FLOAT", True)},
    "i3dm": {
        **_VOLUME,
        **_POSITIONS,
        "NORMAL_UP": ("VEC3", "FLOAT", False),
        "NORMAL_RIGHT": ("VEC3", "FLOAT", False),
        "NORMAL_UP_OCT32P": ("VEC2", "UNSIGNED_SHORT", False),
        "NORMAL_RIGHT_OCT32P": ("VEC2", "UNSIGNED_SHORT", False),
        "SCALE": ("SCALAR", "FLOAT", False),
        "SCALE_NON_UNIFORM": ("VEC3", "FLOAT", False),
        "INSTANCES_LENGTH": _NUMBER,
        "EAST_NORTH_UP": ("BOOLEAN", "", True),
    },
    "pnts": {
        **_VOLUME,
        **_POSITIONS,
        "RGBA": ("VEC4", "UNSIGNED_BYTE", False),
        "RGB": ("VEC3", "UNSIGNED_BYTE", False),
        "RGB565": ("SCALAR", "UNSIGNED_SHORT", False),
        "NORMAL": ("VEC3", "FLOAT", False),
        "NORMAL_OCT16P": ("VEC2", "UNSIGNED_BYTE", False),
        "POINTS_LENGTH": _NUMBER,
        "CONSTANT_RGBA": ("VEC4", "UNSIGNED_BYTE", True),
        "BATCH_LENGTH": _NUMBER,
    },
}
_LENGTHS = {"b3dm": "BATCH_LENGTH", "i3dm": "INSTANCES_LENGTH", "pnts": "POINTS_LENGTH"}
_DRACO = "3DTILES_draco_point_compression"
_TOGETHER = {
    "i3dm": (
        ("NORMAL_UP", "NORMAL_RIGHT"),
        ("NORMAL_RIGHT", "NORMAL_UP"),
        ("NORMAL_UP_OCT32P", "NORMAL_RIGHT_OCT32P"),
        ("NORMAL_RIGHT_OCT32P", "NORMAL_UP_OCT32P"),
        ("POSITION_QUANTIZED", "QUANTIZED_VOLUME_OFFSET"),
        ("POSITION_QUANTIZED", "QUANTIZED_VOLUME_SCALE"),
    ),
    "pnts": (
        ("POSITION_QUANTIZED", "QUANTIZED_VOLUME_OFFSET"),
        ("POSITION_QUANTIZED", "QUANTIZED_VOLUME_SCALE"),
        ("BATCH_ID", "BATCH_LENGTH"),
        ("BATCH_LENGTH", "BATCH_ID"),
    ),
}


def check_features(magic: str, said: dict[str, Any], binary: bytes, issues: Issues) -> int | None:
    """Tell of what is wrong with a feature table; return how many features it has."""
    at = "/featureTable"
    known, length = SEMANTICS[magic], _LENGTHS[magic]
    many = _length(said.get(length), binary)
    if many is None:
        word = "member-missing" if said.get(length) is None else "type-wrong"
        issues.tell(word, at, got=said.get(length), expected=length)
        return None
    if magic != "b3dm" and "POSITION" not in said and "POSITION_QUANTIZED" not in said:
        issues.tell("member-missing", at, expected="POSITION | POSITION_QUANTIZED")
    for has, needs in _TOGETHER.get(magic, ()):
        if said.get(has) is not None and said.get(needs) is None:
            issues.tell("member-missing", at, got=has, expected=needs)
    packed = _packed(said)
    for name, given in said.items():
        if name in ("extensions", "extras") or name in packed:
            continue
        place = f"{at}/{name}"
        if name not in known:
            issues.tell("name-unknown", place, got=name, expected=", ".join(sorted(known)))
            continue
        kind, component, single = known[name]
        _field(given, kind, component, 1 if single else many, single, binary, issues, place)
    if magic == "pnts" and is_integer(said.get("BATCH_LENGTH")):
        batches = int(said["BATCH_LENGTH"])
        if batches > many:
            issues.tell("range-wrong", f"{at}/BATCH_LENGTH", got=batches, expected=f"≤ {many}")
        ids = None if "BATCH_ID" in packed else column(said, "BATCH_ID", magic, many, binary)
        if ids is not None and ids.size and int(ids.max()) >= batches:
            got = int(ids.max())
            issues.tell("index-beyond", f"{at}/BATCH_ID", got=got, expected=f"< {batches}")
    return many


def _length(given: Any, binary: bytes) -> int | None:
    if isinstance(given, dict) and is_integer(given.get("byteOffset")):
        at = int(given["byteOffset"])
        return int.from_bytes(binary[at : at + 4], "little") if 0 <= at <= len(binary) - 4 else None
    return int(given) if is_integer(given) and given >= 0 else None


def _packed(said: dict[str, Any]) -> set[str]:
    extensions = said.get("extensions")
    inner = extensions.get(_DRACO) if isinstance(extensions, dict) else None
    names = inner.get("properties") if isinstance(inner, dict) else None
    return set(names) if isinstance(names, dict) else set()


def _field(
    given: Any,
    kind: str,
    component: str,
    many: int,
    single: bool,
    binary: bytes,
    issues: Issues,
    at: str,
) -> None:
    if kind == "BOOLEAN":
        if not isinstance(given, bool):
            issues.tell("type-wrong", at, got=given, expected="boolean")
        return
    if isinstance(given, dict) and "byteOffset" in given:
        component = given.get("componentType", component)
        if at.endswith("/BATCH_ID") and component not in (
            "UNSIGNED_BYTE", "UNSIGNED_SHORT", "UNSIGNED_INT",
        ):  # fmt: skip
            wanted = "UNSIGNED_BYTE | UNSIGNED_SHORT | UNSIGNED_INT"
            issues.tell("choice-wrong", f"{at}/componentType", got=component, expected=wanted)
            return
        _binary(given, kind, component, many, binary, issues, at)
        return
    wide = _WIDTHS[kind] * many
    if single and wide == 1:
        if not is_number(given):
            issues.tell("type-wrong", at, got=given, expected="number")
    elif not isinstance(given, list) or not all(map(is_number, given)):
        issues.tell("type-wrong", at, got=given, expected="number[]")
    elif len(given) != wide:
        issues.tell("length-wrong", at, got=len(given), expected=str(wide))


def _binary(
    given: dict[str, Any],
    kind: str,
    component: Any,
    many: int,
    binary: bytes,
    issues: Issues,
    at: str,
) -> None:
    start = given["byteOffset"]
    if not is_integer(start) or start < 0:
        issues.tell("type-wrong", f"{at}/byteOffset", got=start, expected="integer")
        return
    if component not in _BYTES:
        wanted = " | ".join(_BYTES)
        issues.tell("choice-wrong", f"{at}/componentType", got=component, expected=wanted)
        return
    if kind not in _WIDTHS:
        issues.tell("choice-wrong", f"{at}/type", got=kind, expected=" | ".join(_WIDTHS))
        return
    size = np.dtype(_BYTES[component]).itemsize
    if int(start) % size:
        issues.tell("bytes-misaligned", f"{at}/byteOffset", got=start, expected=f"n × {size}")
    end = int(start) + _WIDTHS[kind] * size * many
    if end > len(binary):
        issues.tell("bytes-beyond", at, got=end, expected=f"≤ {len(binary)}")


def check_batches(said: dict[str, Any], binary: bytes, many: int | None, issues: Issues) -> None:
    """Tell of what is wrong with a batch table of so many rows."""
    packed = _packed(said)
    for name, given in said.items():
        at = f"/batchTable/{name}"
        if name in ("extensions", "extras") or name in packed:
            continue
        if isinstance(given, dict):
            missing = [k for k in ("byteOffset", "type", "componentType") if given.get(k) is None]
            if missing:
                issues.tell("member-missing", at, expected=", ".join(missing))
            elif many is not None:
                _binary(given, given["type"], given["componentType"], many, binary, issues, at)
        elif not isinstance(given, list):
            issues.tell("type-wrong", at, got=given, expected="array | object")
        elif many is not None and len(given) != many:
            issues.tell("length-wrong", at, got=len(given), expected=str(many))


def column(said: dict[str, Any], name: str, magic: str, many: int, binary: bytes) -> Any:
    """Return a column of a feature table, shape (n, parts); None if it is not there or broken."""
    given = said.get(name)
    kind, component, single = SEMANTICS[magic][name]
    rows = 1 if single else many
    if isinstance(given, list):
        if len(given) != rows * _WIDTHS[kind] or not all(map(is_number, given)):
            return None
        return np.asarray(given, np.float64).reshape(rows, -1)
    if not isinstance(given, dict) or not is_integer(given.get("byteOffset")):
        return None
    dtype = np.dtype(_BYTES.get(given.get("componentType", component), "u1"))
    start, number = int(given["byteOffset"]), rows * _WIDTHS[kind]
    if start < 0 or start + number * dtype.itemsize > len(binary):
        return None
    return np.frombuffer(binary, dtype, number, start).reshape(rows, -1)
