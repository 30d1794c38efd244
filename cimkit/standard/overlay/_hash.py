"""The hash of a standard: the same for a folder, a zip and a workbook that say the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from cimkit.standard.model import Standard

_PLACES = ("origin", "rule")
"""The place in a file is no part of what is said, nor is a mapping's name, which is made of it."""


def hash_of(standard: Standard) -> str:
    """Return 32 hexadecimal digits over all that a standard says."""
    said = {f.name: getattr(standard, f.name) for f in dataclasses.fields(standard)}
    if not standard.models:
        del said["models"]  # a standard without them has the hash it had before there were any
    text = json.dumps(said, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, pa.Table):
        return value.to_pylist()
    if isinstance(value, Mapping):
        return dict(value)
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in _PLACES)
