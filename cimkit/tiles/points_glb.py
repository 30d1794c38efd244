"""Points as glTF: 16-bit positions, colours, measurements as property attributes, compressed.

KHR_mesh_quantization, EXT_meshopt_compression (mode ATTRIBUTES), EXT_structural_metadata
(property attributes), KHR_materials_unlit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from cimkit.tiles.compressed import encode_vertices
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import ARRAY_BUFFER
from cimkit.tiles.metadata import Property, Schema, schema_json

if TYPE_CHECKING:
    from cimkit.tiles.placing import Placed

__all__ = ["COMPONENTS", "Measure", "cloud_glb", "point_bytes"]

COMPONENTS = {"u1": "UINT8", "i1": "INT8", "<u2": "UINT16", "<i2": "INT16", "<f4": "FLOAT32"}
"""Component types of property attributes by NumPy type: what a vertex attribute may be."""
_GL = {"u1": 5121, "i1": 5120, "<u2": 5123, "<i2": 5122, "<f4": 5126}


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that every point of a cloud carries, as a property attribute."""

    known: Property
    """Of the class ``point``."""
    type: str
    """NumPy type: a key of `COMPONENTS`."""

    @property
    def semantic(self) -> str:
        """Name of the attribute in glTF."""
        return f"_{self.known.name.upper()}"


def point_bytes(measures: tuple[Measure, ...], color: bool) -> int:
    """Bytes of a point in a content at most."""
    return 8 + 4 * color + 4 * len(measures)


def cloud_glb(
    placed: Placed,
    color: npt.NDArray[np.uint8] | None,
    values: dict[str, npt.NDArray[Any]],
    measures: tuple[Measure, ...],
    encoding: Encoding,
) -> bytes:
    """Write points as glTF.

    Parameters
    ----------
    placed : Placed
        Their places.
    color : ndarray of uint8, shape (n, 4), optional
        Red, green, blue and whatever.
    values : dict
        By the name of the property, shape (n,).
    measures : tuple of Measure
        Which of them are written.
    encoding : Encoding
        Positions are 16 bits in any case.
    """
    count = len(placed.steps)
    made = _Buffers(encoding.meshopt, count)
    most = list(placed.most)
    attributes = {
        "POSITION": made.add(placed.steps.view(np.uint8), 5123, "VEC3", bounds=([0, 0, 0], most))
    }
    if color is not None:
        attributes["COLOR_0"] = made.add(color, 5121, "VEC3", normalized=True)
    primitive: dict[str, Any] = {"attributes": attributes, "mode": 0, "material": 0}
    root: dict[str, Any] = {"asset": {"version": "2.0", "generator": "cimkit"}}
    used = ["KHR_materials_unlit", "KHR_mesh_quantization"]
    required = ["KHR_mesh_quantization"]
    if encoding.meshopt:
        used.append("EXT_meshopt_compression")
        required.append("EXT_meshopt_compression")
    listed = {}
    for measure in measures:
        wide = np.zeros((count, 4), np.uint8)
        value = values[measure.known.name]
        wide[:, : value.itemsize] = value.astype(measure.type).view(np.uint8).reshape(count, -1)
        attributes[measure.semantic] = made.add(wide, _GL[measure.type], "SCALAR")
        listed[measure.known.name] = {"attribute": measure.semantic}
    if listed:
        used.append("EXT_structural_metadata")
        schema: dict[str, Any] = (
            {"schemaUri": encoding.schema.uri}
            if encoding.schema is not None and _known(encoding.schema, measures)
            else {"schema": schema_json({"point": tuple(m.known for m in measures)})}
        )
        root["extensions"] = {
            "EXT_structural_metadata": {
                **schema,
                "propertyAttributes": [{"class": "point", "properties": listed}],
            }
        }
        primitive["extensions"] = {"EXT_structural_metadata": {"propertyAttributes": [0]}}
    node: dict[str, Any] = {"mesh": 0}
    node["translation"] = [float(v) + 0.0 for v in placed.offset]
    node["scale"] = [placed.quantum] * 3
    root |= {
        "extensionsUsed": sorted(used),
        "extensionsRequired": sorted(required),
        "buffers": made.buffers(),
        "bufferViews": made.views,
        "accessors": made.accessors,
        "materials": [
            {
                "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0},
                "extensions": {"KHR_materials_unlit": {}},
            }
        ],
        "meshes": [{"primitives": [primitive]}],
        "nodes": [node],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    return _binary(root, b"".join(made.parts))


def _known(schema: Schema, measures: tuple[Measure, ...]) -> bool:
    """Tell whether the tileset's own schema has all of these, with the same types."""
    listed = schema.document["classes"].get("point", {"properties": {}})["properties"]
    return all(listed.get(m.known.name) == m.known.json() for m in measures)


class _Buffers:
    """Vertex attributes, each in a view of its own."""

    def __init__(self, packed: bool, count: int) -> None:
        self.packed, self.count = packed, count
        self.parts: list[bytes] = []
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self._length = self._plain = 0

    def add(
        self,
        rows: npt.NDArray[np.uint8],
        component: int,
        shape: str,
        *,
        normalized: bool = False,
        bounds: tuple[list[int], list[int]] | None = None,
    ) -> int:
        """Add rows of bytes, each a multiple of 4; return the accessor's index."""
        stride = rows.shape[1]
        data = encode_vertices(np.ascontiguousarray(rows)) if self.packed else rows.tobytes()
        size = self.count * stride
        view: dict[str, Any] = {
            "buffer": 1 if self.packed else 0,
            "byteOffset": self._plain,
            "byteLength": size,
            "byteStride": stride,
            "target": ARRAY_BUFFER,
        }
        if self.packed:
            view["extensions"] = {
                "EXT_meshopt_compression": {
                    "buffer": 0,
                    "byteOffset": self._length,
                    "byteLength": len(data),
                    "byteStride": stride,
                    "count": self.count,
                    "mode": "ATTRIBUTES",
                }
            }
        gap = -len(data) % 8
        self.parts.append(data + bytes(gap))
        self._length += len(data) + gap
        self._plain += size + (-size % 8)
        self.views.append(view)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": component,
            "count": self.count,
            "type": shape,
        }
        if normalized:
            accessor["normalized"] = True
        if bounds is not None:
            accessor["min"], accessor["max"] = bounds
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def buffers(self) -> list[dict[str, Any]]:
        """The binary chunk, and the one that exists only unpacked."""
        first: dict[str, Any] = {"byteLength": self._length}
        if not self.packed:
            return [first]
        empty = {
            "byteLength": self._plain,
            "extensions": {"EXT_meshopt_compression": {"fallback": True}},
        }
        return [first, empty]


def _binary(root: dict[str, Any], binary: bytes) -> bytes:
    text = orjson.dumps(root)
    text += b" " * (-(len(text) + 20 + 8) % 8)
    head = (20 + len(text) + 8 + len(binary)).to_bytes(4, "little")
    return b"".join(
        [
            b"glTF\x02\0\0\0" + head,
            len(text).to_bytes(4, "little") + b"JSON" + text,
            len(binary).to_bytes(4, "little") + b"BIN\0" + binary,
        ]
    )
