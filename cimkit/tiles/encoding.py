"""How contents are written: for all tiles of one tileset the same."""

from __future__ import annotations

from dataclasses import dataclass

from cimkit.tiles.metadata import Schema

__all__ = ["Encoding"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the glTF of a content looks like."""

    quantize: bool = True
    """KHR_mesh_quantization: positions in 16 bits, normals in 8."""
    meshopt: bool = True
    """EXT_meshopt_compression of all vertices and indices."""
    schema: Schema | None = None
    """Metadata of the tileset; None: each content brings the schema of its own properties."""
