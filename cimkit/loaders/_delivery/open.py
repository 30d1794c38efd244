"""Opening a source again, after its ingest, from the folder it was delivered in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.archives import archive_kind
from cimkit.loaders._delivery.discover import shown
from cimkit.loaders._delivery.job import content_sha256
from cimkit.loaders._delivery.unpack import unpack
from cimkit.loaders._spec import HEAD_BYTES
from cimkit.model import Source

__all__ = ["open_source"]


@contextmanager
def open_source(
    root: Path, path: str, members: Sequence[str] = (), sha256: str | None = None
) -> Iterator[Source]:
    """Open a source that was ingested before; inside an archive it is unpacked again.

    Parameters
    ----------
    root : Path
        The folder it was delivered in.
    path : str
        `Source.path`.
    members : sequence of str
        `Source.members`.
    sha256 : str, optional
        Its hash then; the bytes must still be the same.

    Yields
    ------
    Source
        Valid inside the ``with`` block.

    Raises
    ------
    SourceUnreadable
        If it is no longer there, or its bytes have changed.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-again-") as scratch:
        opened: dict[Path, Path] = {}
        file = _find(Path(root), path, Path(scratch), opened)
        files = [_find(Path(root), m, Path(scratch), opened) for m in members]
        if sha256 is not None and content_sha256(file, files) != sha256:
            raise SourceUnreadable(
                "its bytes are no longer those that were catalogued",
                where=str(Path(root, path)),
                mend="Ingest the delivery again.",
            )
        size = sum(f.stat().st_size for f in (file, *files) if f.is_file())
        yield Source(path, file, tuple(members), size)


def _find(root: Path, path: str, scratch: Path, opened: dict[Path, Path]) -> Path:
    """Walk down the parts of a path; a file on the way is an archive to unpack, once."""
    at = root
    for part in path.split("/"):
        if at.is_file():
            at = _unpacked(at, scratch, opened)
        step = at / part
        if not step.exists():  # on disk its name may be bytes in another encoding
            named = [Path(e.path) for e in os.scandir(at) if shown(e.name) == part]
            if not named:
                raise SourceUnreadable(
                    "a catalogued source is no longer there",
                    where=str(root / path),
                    mend="Put it back, or tell the catalogue where its root is now.",
                )
            step = named[0]
        at = step
    return at


def _unpacked(archive: Path, scratch: Path, opened: dict[Path, Path]) -> Path:
    if archive not in opened:
        with archive.open("rb") as file:
            kind = archive_kind(file.read(HEAD_BYTES), archive.name.lower())
        if kind is None:
            raise SourceUnreadable("a file stands where a folder was", where=str(archive))
        opened[archive] = scratch / str(len(opened))
        for _ in unpack(archive, kind, opened[archive]):
            pass  # the members are looked up by name afterwards
    return opened[archive]
