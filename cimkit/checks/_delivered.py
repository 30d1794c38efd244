"""The files of a delivery, as they were handed over: sources, their members, and archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import CimkitError, SourceUnreadable
from cimkit.standard._expressions import glob_pattern

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.checks._spec import CheckContext

__all__ = ["Delivered", "delivered_files", "fitting", "opened", "rows_table", "unseen"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file."""

    path: str
    """Name in the delivery, ``/`` between parts; in an archive ``a.zip/b.shp``."""
    root: str
    """Folder that it is relative to, on this machine; "": not at hand."""
    status: str
    """Of its source: ok, refused, ignored; ``archive`` of what was unpacked."""
    kind: str
    """Of its source; "" of an archive."""
    source: str
    """Path of the source it belongs to; its own, if it is no member."""
    sha256: str | None
    """Of its bytes, where that is known without reading."""
    file: Path | None
    """Where its bytes lie; None if they are in an archive, or it is not at hand."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """What stands before its name, "" at the top."""
        return self.path.rpartition("/")[0]


def delivered_files(context: CheckContext) -> list[Delivered]:
    """Return all files of a delivery, in the order of their paths."""
    found: dict[str, Delivered] = {}
    archives: dict[str, Delivered] = {}
    for row in context.table(
        "SELECT path, root, members, status, kind, sha256 FROM items ORDER BY path"
    ).to_pylist():
        root = context.roots.get(row["root"], "")
        for path in (row["path"], *(row["members"] or ())):
            on_disk = Path(root, path) if root else None
            if on_disk is not None and not on_disk.exists():
                archive = _archive(root, path)
                if archive:
                    file = Path(root, archive)
                    archives.setdefault(
                        archive, Delivered(archive, root, "archive", "", archive, None, file)
                    )
                on_disk = None
            if on_disk is not None and on_disk.is_dir():
                continue  # a folder that is one source is its members
            alone = row["sha256"] if not row["members"] else None
            kind = row["kind"] or ""
            found[path] = Delivered(path, root, row["status"], kind, row["path"], alone, on_disk)
    return [f for _, f in sorted((archives | found).items())]


def _archive(root: str, path: str) -> str:
    """Return the part of a path that is a file on disk: the archive it was unpacked from."""
    parts = path.split("/")
    for n in range(1, len(parts)):
        above = "/".join(parts[:n])
        at = Path(root, above)
        if at.is_file():
            return above
        if not at.exists():
            break
    return ""


def fitting(globs: Sequence[str], texts: Sequence[str]) -> set[str]:
    """Return the texts that one of the globs of a package fits.

    Examples
    --------
    >>> sorted(fitting(["*.laz", "dem/*"], ["a/b.laz", "dem/c.tif", "d.las"]))
    ['a/b.laz', 'dem/c.tif']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not globs:
        return set()
    pattern = "|".join(f"(?s:{glob_pattern(g)})" for g in globs)
    given = pa.array(texts, pa.string())
    return set(given.filter(pc.match_substring_regex(given, f"^(?:{pattern})$")).to_pylist())


@contextmanager
def opened(file: Delivered) -> Iterator[Path]:
    """Give the place of a file's bytes; of a member of an archive while the block lasts.

    Raises
    ------
    SourceUnreadable
        If it is not at hand.
    """
    if file.file is not None:
        yield file.file
        return
    if not file.root:
        raise SourceUnreadable("the folder of this source is not known", where=file.path)
    from cimkit.loaders import open_source

    with open_source(Path(file.root), file.path) as source:
        yield source.file


def rows_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table that has the columns of all of them, NULL where one has none."""
    import pyarrow as pa

    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def unseen(file: Delivered, error: CimkitError | OSError) -> dict[str, object]:
    """Return what `cimkit.checks._findings.conclude` takes of a file that could not be read."""
    return {"path": file.path, "reason": "source-unseen", "error": str(error), "count": 1}
