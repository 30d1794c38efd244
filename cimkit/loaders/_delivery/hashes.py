"""The hashes of a delivery's sources, without reading what is in them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cimkit.loaders._delivery.discover import discover
from cimkit.loaders._delivery.job import content_sha256

__all__ = ["content_hashes"]


def content_hashes(paths: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 of each source under files and folders, as a catalogue keeps it.

    Parameters
    ----------
    paths
        What was delivered. Archives are unpacked into a temporary folder.

    Returns
    -------
    dict
        By `Source.path`; of a source with members (a shapefile's siblings) over all of them.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-hash-") as folder:
        found = discover(paths, Path(folder))
        return {
            source.path: content_sha256(
                source.file, [found.files[m] for m in source.members if m in found.files]
            )
            for source in found.sources
        }
