"""glTF models are what glTF 2.0 says, and their metadata what their schema says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._tiles3d.findings import conclude_subject, told
from cimkit.checks._tiles3d.words import WORDS

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.issues import Issues
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["SPEC", "inspect", "run"]

SPEC = CheckSpec(
    name="gltf_valid",
    title="glTF models are sound",
    counts="things looked at",
    kinds=("mesh",),
    reads="items",
    problems=("gltf-*",),
    parameters={"subject": "gltf", "least": "info"},
    words=WORDS,
)


def inspect(source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any]) -> pa.Table:
    """Look at a model, once for all rules, and return what is told of one subject."""
    return told(source, item, parameters, _look)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find what is wrong in models delivered by themselves.

    Parameters of the rule: ``subject`` (gltf, metadata or references) and ``least`` (the least
    severity that is told: error, warning, info).
    """
    return conclude_subject(context, rule, SPEC)


def _look(source: Source, issues: Issues, parameters: Mapping[str, Any]) -> None:
    import numpy as np

    from cimkit.checks._tiles3d.tiles import check_content
    from cimkit.loaders._mesh.paths import resolve
    from cimkit.loaders.tiles3d.store import FileStore

    store = FileStore(source)
    data = store.read(source.path)
    if data[:4] != b"glTF" and b'"asset"' not in data:
        return  # another kind of mesh

    def read(uri: str) -> bytes | None:
        name = resolve(uri, source.path)
        if name is None or store.size(name) is None:
            return None
        return store.read(name)

    with np.errstate(all="ignore"):
        check_content(data, issues, read)
