"""Metadata in models: property tables, textures and attributes (EXT_structural_metadata)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cimkit.checks._tiles3d.images import Textures, texture_fits
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.model import Model
from cimkit.checks._tiles3d.schema import check_limits, schema_of
from cimkit.checks._tiles3d.shapes import ANY, TEXT, Kind, array, fits, integer, record
from cimkit.checks._tiles3d.tables import check_numbers, check_table, class_of, enum_type
from cimkit.checks._tiles3d.types import DTYPES, is_numeric, width
from cimkit.checks._tiles3d.values import enum_values

__all__ = ["check_structural"]

_NAME = "EXT_structural_metadata"
_KINDS = ("propertyTextures", "propertyAttributes")
_METADATA = record(
    schema=Kind("object"),
    propertyTables=array(Kind("object"), 1),
    propertyTextures=array(Kind("object"), 1),
    propertyAttributes=array(Kind("object"), 1),
)
_HOLDER = record(name=TEXT, class_=TEXT, properties=Kind("object", fewest=1))
_PRIMITIVE = record(propertyTextures=array(integer(0), 1), propertyAttributes=array(integer(0), 1))
_ATTRIBUTE = record(attribute_=TEXT, offset=ANY, scale=ANY, min=ANY, max=ANY)
_ACCESSORS = {5120: "INT8", 5121: "UINT8", 5122: "INT16", 5123: "UINT16", 5126: "FLOAT32"}


def check_structural(
    model: Model,
    issues: Issues,
    read: Callable[[str], bytes | None],
    read_json: Callable[[str, str], Any],
) -> None:
    """Tell of metadata in a model that its schema does not allow."""
    said = (model.said.get("extensions") or {}).get(_NAME)
    if not isinstance(said, dict):
        _without(model, issues)
        return
    issues.count("metadata")
    at = f"/extensions/{_NAME}"
    if said.get("schema") is None and said.get("schemaUri") is None:
        issues.tell("member-missing", at, expected="schema | schemaUri")
        return
    if not fits(said, _METADATA, issues, at):
        return
    schema = schema_of(said, issues, read_json, at)
    if schema is None:
        return
    for i, table in enumerate(said.get("propertyTables") or []):
        check_table(table, schema, model.buffers, issues, f"{at}/propertyTables/{i}")
    held: dict[str, list[dict[str, Any] | None]] = {}
    for kind in _KINDS:
        held[kind] = []
        for i, one in enumerate(said.get(kind) or []):
            place = f"{at}/{kind}/{i}"
            known = None
            if fits(one, _HOLDER, issues, place):
                known = class_of(one, schema, issues, place)
            if known is not None and not _suits(kind, one, known, schema, model, issues, place):
                known = None
            held[kind].append(known)
    textures = Textures(model, read, issues)
    _Uses(model, said, schema, held, textures, issues).check()


def _without(model: Model, issues: Issues) -> None:
    """Tell of primitives that refer to metadata which the document does not have."""
    for i, mesh in enumerate(model.said.get("meshes") or []):
        for n, primitive in enumerate(mesh["primitives"]):
            if (primitive.get("extensions") or {}).get(_NAME) is not None:
                at = f"/meshes/{i}/primitives/{n}/extensions/{_NAME}"
                issues.tell("member-missing", at, expected=f"/extensions/{_NAME}")


def _suits(
    kind: str,
    one: dict[str, Any],
    known: dict[str, Any],
    schema: dict[str, Any],
    model: Model,
    issues: Issues,
    at: str,
) -> bool:
    """Return whether all properties are of types that texels, or vertices, can hold."""
    before = issues.number
    for key, about in known.items():
        said, place = one["properties"][key], f"{at}/properties/{key}"
        if kind == "propertyTextures":
            if not fits(said, record(offset=ANY, scale=ANY, min=ANY, max=ANY), issues, place):
                continue
            endless = about.get("array") is True and about.get("count") is None
            if about["type"] == "STRING" or endless:
                issues.tell("type-unheld", place, got=_typed(about), expected="– STRING, – []")
                continue
            texture_fits(said, model, issues, place)
        else:
            if not fits(said, _ATTRIBUTE, issues, place):
                continue
            component = about.get("componentType")
            if about["type"] == "ENUM":
                component = enum_type(schema, about)
            unfit = about.get("array") is True or about["type"] in ("STRING", "BOOLEAN")
            if unfit or component not in _ACCESSORS.values():
                wanted = "SCALAR … MAT4, ENUM; INT8 … UINT16, FLOAT32"
                got = f"{_typed(about)} {component or ''}".strip()
                issues.tell("type-unheld", place, got=got, expected=wanted)
                continue
        check_limits(said, about, issues, place)
    return issues.number == before


def _typed(about: dict[str, Any]) -> str:
    listed = f"[{about.get('count') or ''}]" if about.get("array") is True else ""
    return f"{about['type']}{listed}"


class _Uses:
    """What primitives take from property textures and attributes."""

    def __init__(
        self,
        model: Model,
        said: dict[str, Any],
        schema: dict[str, Any],
        held: dict[str, list[dict[str, Any] | None]],
        textures: Textures,
        issues: Issues,
    ) -> None:
        self.model, self.said, self.schema, self.held = model, said, schema, held
        self.textures, self.issues = textures, issues

    def check(self) -> None:
        for i, mesh in enumerate(self.model.said.get("meshes") or []):
            for n, primitive in enumerate(mesh["primitives"]):
                said = (primitive.get("extensions") or {}).get(_NAME)
                if not isinstance(said, dict):
                    continue
                at = f"/meshes/{i}/primitives/{n}/extensions/{_NAME}"
                if not fits(said, _PRIMITIVE, self.issues, at):
                    continue
                for kind in _KINDS:
                    for k, index in enumerate(said.get(kind) or []):
                        self._use(kind, index, primitive, f"{at}/{kind}/{k}")

    def _use(self, kind: str, index: int, primitive: dict[str, Any], place: str) -> None:
        held = self.held[kind]
        if index >= len(held):
            self.issues.tell("index-beyond", place, got=index, expected=f"< {len(held)}")
            return
        known = held[index]
        if known is None:
            return
        for key, about in known.items():
            own = self.said[kind][index]["properties"][key]
            at = f"/extensions/{_NAME}/{kind}/{index}/properties/{key}"
            if kind == "propertyTextures":
                self._texture(own, about, primitive, at)
            else:
                self._attribute(own, about, primitive, at)

    def _texture(
        self, own: dict[str, Any], about: dict[str, Any], primitive: dict[str, Any], at: str
    ) -> None:
        name = f"TEXCOORD_{int(own.get('texCoord') or 0)}"
        if name not in primitive["attributes"]:
            known = ", ".join(primitive["attributes"])
            self.issues.tell("name-unknown", f"{at}/texCoord", got=name, expected=known)
            return
        texels = self.textures.channels(own.get("channels"), own["index"], at)
        if texels is None or texels.dtype.itemsize != 1:
            return
        component = str(about.get("componentType") or "UINT8")
        if about["type"] == "ENUM":
            component = enum_type(self.schema, about)
        dtype = np.dtype(DTYPES[component])
        many = width(about["type"]) * int(about.get("count") or 1)
        needed = -(-many // 8) if about["type"] == "BOOLEAN" else many * dtype.itemsize
        if texels.shape[1] != needed:
            got, wanted = texels.shape[1], str(needed)
            self.issues.tell("bytes-number", f"{at}/channels", got=got, expected=wanted)
            return
        values = np.ascontiguousarray(texels).view(dtype)
        self._values(values, about, own, at)

    def _attribute(
        self, own: dict[str, Any], about: dict[str, Any], primitive: dict[str, Any], at: str
    ) -> None:
        index = primitive["attributes"].get(own["attribute"])
        if index is None:
            known = ", ".join(primitive["attributes"])
            got = own["attribute"]
            self.issues.tell("name-unknown", f"{at}/attribute", got=got, expected=known)
            return
        accessor = self.model.accessors.listed[index]
        kind = "SCALAR" if about["type"] == "ENUM" else about["type"]
        component = about.get("componentType")
        if about["type"] == "ENUM":
            component = enum_type(self.schema, about)
        same = accessor["type"] == kind and _ACCESSORS.get(accessor["componentType"]) == component
        if not same or (accessor.get("normalized") is True) != (about.get("normalized") is True):
            got = f"{accessor['type']} {accessor['componentType']}"
            wanted = f"{kind} {component}"
            self.issues.tell("attribute-form", f"{at}/attribute", got=got, expected=wanted)
            return
        values = self.model.accessors.values(index)
        if values is not None:
            self._values(values, about, own, at)

    def _values(self, values: Any, about: dict[str, Any], own: dict[str, Any], at: str) -> None:
        if about["type"] == "ENUM":
            known = np.array(list(enum_values(self.schema, about["enumType"]).values()))
            stray = np.setdiff1d(values.astype(np.int64), known)
            if stray.size:
                got, wanted = stray[:5].tolist(), ", ".join(map(str, known[:20]))
                self.issues.tell("enum-unknown", at, got=got, expected=wanted)
        elif is_numeric(about["type"]):
            check_numbers(values, about, own, self.issues, at)
