"""A delivery into the catalogue: one transaction, or nothing."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.catalog import _config, _lock
from cimkit.catalog._commit import Delivery, commit
from cimkit.catalog._report import IngestReport

if TYPE_CHECKING:
    from cimkit.catalog._catalog import Catalog
    from cimkit.loaders import Staged
    from cimkit.model import Sheet
    from cimkit.model.source import Depth

__all__ = ["ingest", "ingest_staged", "root_of"]


def ingest(
    catalog: Catalog,
    paths: Sequence[Path | str],
    *,
    sheet: Sheet | Path | None = None,
    delivery: str | None = None,
    author: str | None = None,
    message: str | None = None,
    depth: Depth = "full",
    jobs: int | None = None,
    dry_run: bool = False,
    sample: int | None = None,
    progress: Callable[[Staged, int, int], None] | None = None,
    measures: Iterable[str] | None = None,
) -> IngestReport:
    """Read what was delivered and commit it as one delivery.

    A broken source is recorded as refused, one that is no geodata as ignored; the run goes on.
    Killed at any moment, the catalogue is as before, and a second run goes on from what was read.

    Parameters
    ----------
    catalog : Catalog
        Where to.
    paths : sequence of Path
        Files and folders; nothing in them is changed.
    sheet : Sheet or Path, optional
        The delivery sheet to obey.
    delivery : str, optional
        Name of the delivery; else that of the sheet, else that of the folder.
    author, message : str, optional
        Who commits, and why.
    depth : {"full", "sample", "header"}
        How much is read. Objects are read at ``full`` only.
    jobs : int, optional
        Worker processes; all cores if not given.
    dry_run : bool
        Read and report; write nothing but the staging.
    sample : int, optional
        Read so many sources only, of each format in turn.
    progress : callable, optional
        Called with each source that was read, the number done and the number of all.
    measures : iterable of str, optional
        What is to be measured though it costs time, by the names of `LoaderSpec.measures`; if not
        given: what the rules of the catalogue's standard want.

    Raises
    ------
    CatalogLocked
        If another process is writing.
    UsageError
        If a path does not exist.
    """
    from cimkit import loaders

    places = [Path(p).absolute() for p in paths]
    declared = loaders.read_sheet(sheet) if isinstance(sheet, Path) else sheet
    started = time.monotonic()
    lock = nullcontext() if dry_run else _lock.writer(catalog.folder, "ingest")
    with lock:
        staged = list(
            loaders.stage(
                places,
                catalog.staging,
                sheet=declared,
                depth=depth,
                jobs=jobs,
                sample=sample,
                progress=progress,
                measures=_wanted(catalog) if measures is None else frozenset(measures),
            )
        )
        return ingest_staged(
            catalog,
            staged,
            root=root_of(places, staged),
            sheet=declared,
            delivery=delivery,
            author=author,
            message=message,
            depth=depth,
            dry_run=dry_run,
            started=started,
        )


def _wanted(catalog: Catalog) -> frozenset[str]:
    from cimkit.standard.requests import measure_requests

    standard = catalog.standard()
    return frozenset() if standard is None else measure_requests(standard.rules)


def ingest_staged(
    catalog: Catalog,
    staged: list[Staged],
    *,
    root: Path,
    sheet: Sheet | None = None,
    delivery: str | None = None,
    author: str | None = None,
    message: str | None = None,
    depth: Depth = "full",
    dry_run: bool = False,
    started: float | None = None,
) -> IngestReport:
    """Commit what was read already; the second half of `ingest`. The lock must be held.

    Parameters
    ----------
    staged : list of Staged
        All sources of the delivery.
    root : Path
        The delivered folder.
    started : float, optional
        ``time.monotonic()`` when reading began.
    """
    read = time.monotonic()
    started = read if started is None else started
    about = (sheet.delivery if sheet else None) or {}
    name = delivery or about.get("name") or root.name
    said = Delivery(
        name=name,
        author=author or about.get("author") or _lock.user(),
        message=message or about.get("message") or f"ingest {name}",
        root=_root_name(catalog, root),
        depth=depth,
        sheet=sheet,
    )
    if not dry_run and catalog.config.roots.get(said.root) != str(root):
        _remember_root(catalog, said.root, root)
    report = commit(catalog, staged, said, dry_run=dry_run)
    for one in staged:
        report.sources[one.asset.status] += 1
    report.reused = sum(s.reused for s in staged)
    codes = Counter(p.code for s in staged for p in s.asset.problems)
    report.problems = dict((codes + Counter(report.problems)).most_common())
    unused = sheet.unmatched([s.asset.path for s in staged]) if sheet else []
    if unused:
        report.notes.append(f"Lines of the sheet that match no source: {', '.join(unused)}.")
    now = time.monotonic()
    report.seconds = {
        "read": round(read - started, 3),
        "commit": round(now - read, 3),
        "total": round(now - started, 3),
    }
    return report


def root_of(places: list[Path], staged: list[Staged]) -> Path:
    """Return the folder that the sources' paths are relative to."""
    folders = [p if p.is_dir() else p.parent for p in places]
    root = Path(os.path.commonpath(folders))
    # One folder that is a source itself, like a file geodatabase, is named from its parent.
    inside = len(places) > 1 or (root / root.name).exists()
    return root if inside or all(s.asset.path != root.name for s in staged) else root.parent


def _root_name(catalog: Catalog, root: Path) -> str:
    roots = catalog.config.roots
    for known, path in roots.items():
        if path == str(root):
            return known
    name, count = root.name or "root", 1
    while name in roots:
        count += 1
        name = f"{root.name or 'root'}-{count}"
    return name


def _remember_root(catalog: Catalog, name: str, root: Path) -> None:
    import dataclasses

    # Read again: the catalogue may have been open for long.
    config = _config.read(catalog.folder)
    roots = {**config.roots, name: str(root)}
    _config.write(catalog.folder, dataclasses.replace(config, roots=roots))
    catalog.config.roots[name] = str(root)
