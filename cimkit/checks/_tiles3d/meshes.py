"""The primitives of a model: attributes of the right form, indices that point at vertices."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from cimkit.checks._tiles3d.accessors import Accessors
from cimkit.checks._tiles3d.issues import Issues

__all__ = ["check_meshes"]

_REAL, _BYTE, _SHORT, _INT = 5126, 5121, 5123, 5125
_TEXTURE = {("VEC2", _REAL, False), ("VEC2", _BYTE, True), ("VEC2", _SHORT, True)}
_COLOR = {
    (kind, component, normalized)
    for kind in ("VEC3", "VEC4")
    for component, normalized in ((_REAL, False), (_BYTE, True), (_SHORT, True))
}
_FORMATS: dict[str, set[tuple[str, int, bool]]] = {
    "POSITION": {("VEC3", _REAL, False)},
    "NORMAL": {("VEC3", _REAL, False)},
    "TANGENT": {("VEC4", _REAL, False)},
    "TEXCOORD": _TEXTURE,
    "COLOR": _COLOR,
    "JOINTS": {("VEC4", _BYTE, False), ("VEC4", _SHORT, False)},
    "WEIGHTS": {("VEC4", _REAL, False), ("VEC4", _BYTE, True), ("VEC4", _SHORT, True)},
}
_SEMANTIC = re.compile(r"^(POSITION|NORMAL|TANGENT|(TEXCOORD|COLOR|JOINTS|WEIGHTS)_(0|[1-9]\d*))$")
_PACKED = ("KHR_draco_mesh_compression",)
_QUANTIZED = "KHR_mesh_quantization"


def check_meshes(said: dict[str, Any], accessors: Accessors, issues: Issues) -> None:
    """Tell of primitives that cannot be drawn as they are described."""
    quantized = _QUANTIZED in (said.get("extensionsUsed") or [])
    _views(said, issues)
    for i, mesh in enumerate(said.get("meshes") or []):
        for n, primitive in enumerate(mesh["primitives"]):
            place = issues.at(f"/meshes/{i}/primitives/{n}")
            _Primitive(primitive, accessors, place).check(quantized)
            _texcoords(said, primitive, place)


def _views(said: dict[str, Any], issues: Issues) -> None:
    """Tell of buffer views that hold both vertices and indices, or vertices without a stride."""
    uses: dict[int, dict[str, set[int]]] = {}
    packed = {"KHR_draco_mesh_compression"}
    for mesh in said.get("meshes") or []:
        for primitive in mesh["primitives"]:
            if packed & set(primitive.get("extensions") or ()):
                continue
            indices = primitive.get("indices")
            listed = [("vertices", i) for i in primitive["attributes"].values()]
            listed += [("vertices", i) for t in primitive.get("targets") or [] for i in t.values()]
            listed += [("indices", indices)] if indices is not None else []
            for use, index in listed:
                view = said["accessors"][index].get("bufferView")
                if view is not None:
                    uses.setdefault(view, {}).setdefault(use, set()).add(index)
    wanted = {"vertices": 34962, "indices": 34963}
    for index, by_use in sorted(uses.items()):
        view, at = said["bufferViews"][index], f"/bufferViews/{index}"
        if len(by_use) > 1:
            issues.tell("view-mixed", at, got="vertices, indices")
        for use in by_use:
            target = view.get("target")
            if target in (34962, 34963) and target != wanted[use]:
                issues.tell("choice-wrong", f"{at}/target", got=target, expected=str(wanted[use]))
        shared = len(by_use.get("vertices", ())) > 1
        if shared and view.get("byteStride") is None:
            issues.tell("member-missing", at, got="byteStride", expected="byteStride")


def _texcoords(said: dict[str, Any], primitive: dict[str, Any], issues: Issues) -> None:
    """Tell of a material whose textures need coordinates that the vertices do not have."""
    index = primitive.get("material")
    if index is None:
        return
    material = said["materials"][index]
    metal = material.get("pbrMetallicRoughness") or {}
    textures = [metal.get(n) for n in ("baseColorTexture", "metallicRoughnessTexture")]
    textures += [material.get(n) for n in ("normalTexture", "occlusionTexture", "emissiveTexture")]
    for texture in textures:
        if texture is None:
            continue
        own = (texture.get("extensions") or {}).get("KHR_texture_transform") or {}
        name = f"TEXCOORD_{int(own.get('texCoord', texture.get('texCoord') or 0))}"
        if name not in primitive["attributes"]:
            issues.tell("attribute-missing", "/material", got=index, expected=name)
            return


class _Primitive:
    def __init__(self, said: dict[str, Any], accessors: Accessors, issues: Issues) -> None:
        self.said, self.accessors, self.issues = said, accessors, issues
        self.packed = any(n in (said.get("extensions") or {}) for n in _PACKED)

    def check(self, quantized: bool) -> None:
        attributes = self.said["attributes"]
        counts = {}
        for name, index in attributes.items():
            accessor = self.accessors.listed[index]
            counts[name] = accessor["count"]
            self._attribute(name, index, accessor, quantized)
        if "POSITION" not in attributes:
            self.issues.tell(
                "attribute-missing", "/attributes", expected="POSITION", severity="warning"
            )
        if "TANGENT" in attributes and "NORMAL" not in attributes:
            self.issues.tell(
                "attribute-missing", "/attributes", expected="NORMAL", severity="warning"
            )
        for family in ("TEXCOORD", "COLOR", "JOINTS", "WEIGHTS"):
            listed = sorted(
                int(n.split("_")[1])
                for n in attributes
                if n.startswith(f"{family}_") and _SEMANTIC.match(n)
            )
            if family == "WEIGHTS":
                joints = sum(n.startswith("JOINTS_") for n in attributes)
                if joints != len(listed):
                    got, wanted = f"WEIGHTS: {len(listed)}", f"JOINTS: {joints}"
                    self.issues.tell("attribute-counts", "/attributes", got=got, expected=wanted)
            if listed != list(range(len(listed))):
                got = ", ".join(f"{family}_{n}" for n in listed)
                self.issues.tell("attribute-gap", "/attributes", got=got, expected=f"{family}_0 …")
        if len(set(counts.values())) > 1:
            wanted = str(counts.get("POSITION", next(iter(counts.values()))))
            self.issues.tell("attribute-counts", "/attributes", got=counts, expected=wanted)
        self._targets(int(min(counts.values())))
        self._indices(int(min(counts.values())))

    def _targets(self, vertices: int) -> None:
        for i, target in enumerate(self.said.get("targets") or []):
            for name, index in target.items():
                at, accessor = f"/targets/{i}/{name}", self.accessors.listed[index]
                if accessor["count"] != vertices:
                    got = accessor["count"]
                    self.issues.tell("attribute-counts", at, got=got, expected=str(vertices))
                if name == "POSITION" and None in (accessor.get("min"), accessor.get("max")):
                    place = f"/accessors/{index}"
                    self.accessors.issues.tell("member-missing", place, expected="min, max")

    def _attribute(self, name: str, index: int, accessor: dict[str, Any], quantized: bool) -> None:
        at = f"/attributes/{name}"
        if not name.startswith("_") and ":" not in name and not _SEMANTIC.match(name):
            self.issues.tell("attribute-unknown", at, got=name, expected="POSITION … _NAME")
            return
        if name == "POSITION":
            for end in ("min", "max"):
                if accessor.get(end) is None:
                    place = f"/accessors/{index}"
                    self.accessors.issues.tell(
                        "member-missing", place, got="POSITION", expected=end
                    )
        form = (accessor["type"], accessor["componentType"], accessor.get("normalized") is True)
        family = name.split("_")[0] if not name.startswith("_") else ""
        wanted = _FORMATS.get(family)
        loose = quantized and family in ("POSITION", "NORMAL", "TANGENT", "TEXCOORD")
        if wanted and (form[0] not in {w[0] for w in wanted} if loose else form not in wanted):
            got = " ".join([form[0], str(form[1]), "normalized" if form[2] else ""]).strip()
            names = sorted({" ".join([w[0], str(w[1])]) for w in wanted})
            self.issues.tell("attribute-form", at, got=got, expected=" | ".join(names))
            return
        if not self.packed and self._misaligned(accessor):
            size = self.accessors.element(accessor)
            self.issues.tell("bytes-misaligned", at, got=size, expected="n × 4")
        if family in ("NORMAL", "TANGENT") and form[1] == _REAL and not self.packed:
            values = self.accessors.values(index)
            if values is not None and len(values):
                lengths = np.linalg.norm(values[:, :3].astype(np.float64), axis=1)
                off = np.abs(lengths - 1) > 5e-4
                if bool(off.any()):
                    row = int(np.argmax(off))
                    got = f"[{row}] {lengths[row]:.6g} ({int(off.sum())})"
                    self.issues.tell("vector-not-unit", at, got=got, expected="1")

    def _misaligned(self, accessor: dict[str, Any]) -> bool:
        view = accessor.get("bufferView")
        if view is None or self.accessors.packed(accessor):
            return False
        stride = self.accessors.views[view].get("byteStride")
        step = stride or self.accessors.element(accessor)
        return bool(int(accessor.get("byteOffset") or 0) % 4 or step % 4)

    def _indices(self, vertices: int) -> None:
        index = self.said.get("indices")
        mode = self.said.get("mode", 4)
        if index is None:
            self._number(vertices, mode)
            return
        accessor = self.accessors.listed[index]
        got = f"{accessor['type']} {accessor['componentType']}"
        right = accessor["type"] == "SCALAR" and accessor["componentType"] in (_BYTE, _SHORT, _INT)
        if not right or accessor.get("normalized") is True:
            wanted = "SCALAR 5121 | 5123 | 5125"
            self.issues.tell("attribute-form", "/indices", got=got, expected=wanted)
            return
        view = accessor.get("bufferView")
        if view is not None and self.accessors.views[view].get("byteStride") is not None:
            self.issues.tell("member-unfit", "/indices", got="byteStride", expected="–")
        self._number(int(accessor["count"]), mode)
        if self.packed:
            return
        values = self.accessors.values(index)
        if values is None or not len(values):
            return
        most = {_BYTE: 0xFF, _SHORT: 0xFFFF, _INT: 0xFFFFFFFF}[accessor["componentType"]]
        greatest = int(values.max())
        if greatest == most and greatest >= vertices:
            self.issues.tell("index-restart", "/indices", got=greatest, expected=f"< {most}")
        elif greatest >= vertices:
            beyond = int((values >= vertices).sum())
            got = f"{greatest} ({beyond})"
            self.issues.tell("index-beyond", "/indices", got=got, expected=f"< {vertices}")

    def _number(self, corners: int, mode: int) -> None:
        wrong = {
            1: corners % 2 or corners < 2,
            2: corners < 2,
            3: corners < 2,
            4: corners % 3 or corners < 3,
            5: corners < 3,
            6: corners < 3,
        }.get(mode, 0)
        if wrong:
            wanted = {1: "n × 2", 4: "n × 3"}.get(mode, "≥ 3" if mode > 4 else "≥ 2")
            self.issues.tell("corners-number", "", got=corners, expected=wanted, severity="warning")
