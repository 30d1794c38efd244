"""Standards in other people's formats, one module each: see `FormatSpec`."""

from __future__ import annotations

from cimkit.standard.formats._spec import FormatSpec

__all__ = ["FormatSpec"]
