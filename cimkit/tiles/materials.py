"""Materials of a content, and the images on them."""

from __future__ import annotations

from typing import Any

from cimkit.tiles.glb import Glb

__all__ = ["Materials"]

_LINEAR, _MIPMAPPED, _CLAMPED = 9729, 9987, 33071


class Materials:
    """The materials of one glTF, each kind once.

    Parameters
    ----------
    glb : Glb
        Where images go.
    color : tuple
        Linear RGBA of what has neither a colour nor a texture of its own.
    """

    def __init__(self, glb: Glb, color: tuple[float, float, float, float]) -> None:
        self.listed: list[dict[str, Any]] = []
        """The materials, as glTF has them."""
        self._glb = glb
        self._color = color
        self._known: dict[tuple[Any, ...], int] = {}
        self._textures: dict[bytes, int] = {}

    def index(self, colored: bool, image: bytes | None, *, blend: bool, unlit: bool) -> int:
        """Index of a material; ``colored`` vertices are not tinted by the colour of the rest."""
        key = (colored, image, blend, unlit)
        if key not in self._known:
            self._known[key] = len(self.listed)
            self.listed.append(self._material(colored, image, blend, unlit))
        return self._known[key]

    def _material(
        self, colored: bool, image: bytes | None, blend: bool, unlit: bool
    ) -> dict[str, Any]:
        plain = colored or image is not None
        rough: dict[str, Any] = {
            "baseColorFactor": [1.0, 1.0, 1.0, 1.0] if plain else list(self._color),
            "metallicFactor": 0.0,
            "roughnessFactor": 0.9,
        }
        if image is not None:
            rough["baseColorTexture"] = {"index": self._texture(image)}
        # Delivered models are not always oriented.
        material: dict[str, Any] = {"pbrMetallicRoughness": rough, "doubleSided": True}
        if blend or (not plain and self._color[3] < 1):
            material["alphaMode"] = "BLEND"
        if unlit:
            self._glb.use("KHR_materials_unlit")
            material["extensions"] = {"KHR_materials_unlit": {}}
        return material

    def _texture(self, image: bytes) -> int:
        if image not in self._textures:
            root = self._glb.root
            images = root.setdefault("images", [])
            images.append({"bufferView": self._glb.view(image), "mimeType": _media_type(image)})
            root["samplers"] = [
                {
                    "magFilter": _LINEAR,
                    "minFilter": _MIPMAPPED,
                    "wrapS": _CLAMPED,
                    "wrapT": _CLAMPED,
                }
            ]
            textures = root.setdefault("textures", [])
            texture: dict[str, Any] = {"sampler": 0, "source": len(images) - 1}
            if images[-1]["mimeType"] == "image/webp":
                self._glb.use("EXT_texture_webp", required=True)
                texture["extensions"] = {"EXT_texture_webp": {"source": texture.pop("source")}}
            textures.append(texture)
            self._textures[image] = len(textures) - 1
        return self._textures[image]


def _media_type(image: bytes) -> str:
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    raise ValueError(f"no JPEG, PNG or WebP: it begins with {image[:8]!r}")
