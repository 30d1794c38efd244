"""What lies beside a photograph and is part of it: an XMP file."""

from __future__ import annotations

from cimkit.loaders.photo.shot import Shot
from cimkit.loaders.photo.xmp import MOST_BYTES, xmp
from cimkit.model import Problem, Source

__all__ = ["sidecars"]


def sidecars(source: Source, shot: Shot, problems: list[Problem]) -> None:
    """Add what the members of a source say; the photograph itself is not overruled.

    Parameters
    ----------
    source : Source
        The photograph.
    shot : Shot
        Changed in place.
    problems : list of Problem
        ``xmp-corrupt`` is appended.
    """
    for member in source.members:
        name = member.rpartition("/")[2]
        file = source.file.with_name(name)
        if not name.lower().endswith(".xmp") or not file.is_file():
            continue
        with file.open("rb") as opened:
            xmp(opened.read(MOST_BYTES + 1), shot, problems, place=name)
