"""Names of files that a file refers to."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

__all__ = ["resolve"]


def resolve(uri: str, base: str) -> str | None:
    """Return the name that a URI in a file stands for; None for what is on the network or inline.

    Examples
    --------
    >>> resolve("../t/%62.glb?v=1", "a/tileset.json"), resolve("http://x/y.glb", "")
    ('t/b.glb', None)
    """
    if uri.startswith("data:") or "://" in uri or uri.startswith("//"):
        return None
    plain = unquote(uri.split("?")[0].split("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), plain))
