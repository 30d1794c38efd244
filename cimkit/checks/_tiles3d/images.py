"""The texels of a model's textures, where metadata are kept in them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from cimkit.checks._tiles3d.buffers import inline
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.model import Model
from cimkit.checks._tiles3d.shapes import array, fits, integer

__all__ = ["CHANNELS", "Textures"]

CHANNELS = array(integer(0), 1)
_LARGEST = 8192 * 8192


class Textures:
    """The textures of a document, decoded when they are asked for."""

    def __init__(self, model: Model, read: Callable[[str], bytes | None], issues: Issues) -> None:
        self.model, self.read, self.issues = model, read, issues
        self._held: dict[int, Any] = {}

    def texels(self, index: int, at: str) -> Any:
        """Return the texels of a texture, shape (n, channels); None if they cannot be had."""
        said = self.model.said
        texture = (said.get("textures") or [])[index]
        source = texture.get("source")
        if source is None:
            return None
        if source not in self._held:
            self._held[source] = self._decode(said["images"][source], at)
        return self._held[source]

    def sampled(self, index: int, at: str) -> None:
        """Tell of a sampler that mixes texels: numbers of features must not be mixed."""
        said = self.model.said
        sampler = (said.get("textures") or [])[index].get("sampler")
        if sampler is None:
            return
        for name in ("minFilter", "magFilter"):
            given = said["samplers"][sampler].get(name)
            if given not in (None, 9728):
                place = f"/samplers/{sampler}/{name}"
                self.issues.tell("filter-mixes", place, got=given, expected="9728")

    def channels(self, said: Any, index: int, at: str) -> Any:
        """Return the texels of the channels said, [0] if none are; None if there are fewer."""
        wanted = [0] if said is None else said
        texels = self.texels(index, at)
        if texels is None:
            return None
        if len(wanted) > texels.shape[1] or max(wanted) >= texels.shape[1]:
            many = texels.shape[1]
            self.issues.tell("channels-beyond", f"{at}/channels", got=wanted, expected=f"< {many}")
            return None
        return texels[:, [int(c) for c in wanted]]

    def _decode(self, image: dict[str, Any], at: str) -> Any:
        from PIL import Image, UnidentifiedImageError

        uri = image.get("uri")
        if uri is None:
            data = self.model.buffers.view(image.get("bufferView"))
        else:
            data = inline(uri) if uri.startswith("data:") else self.read(uri)
        if data is None:
            return None
        if data[:12] == b"\xabKTX 20\xbb\r\n\x1a\n":
            self.issues.unseen("metadata", "texture-packed")
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(data)) as opened:
                    if opened.width * opened.height > _LARGEST:
                        self.issues.unseen("metadata", "texture-large")
                        return None
                    bands = {"P": "RGBA", "1": "L", "CMYK": "RGB"}.get(opened.mode, opened.mode)
                    # WebGL reads a grey picture as three equal channels, and so are its values.
                    bands = {"L": "RGB", "LA": "RGBA"}.get(bands, bands)
                    pixels = np.asarray(opened.convert(bands) if bands != opened.mode else opened)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
            self.issues.tell("image-broken", at, got=str(error))
            return None
        return pixels.reshape(-1, pixels.shape[2] if pixels.ndim == 3 else 1)


def texture_fits(said: Any, model: Model, issues: Issues, at: str) -> bool:
    """Hold ``index``, ``texCoord`` and ``channels`` of a texture of metadata against the model."""
    right = True
    many = len(model.said.get("textures") or [])
    for name, kind, needed in (
        ("index", integer(0, many - 1), True),
        ("texCoord", integer(0), False),
        ("channels", CHANNELS, False),
    ):
        if said.get(name) is None:
            if needed:
                issues.tell("member-missing", at, expected=name)
                right = False
        else:
            right &= fits(said[name], kind, issues, f"{at}/{name}")
    return right
