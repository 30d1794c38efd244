"""What a worker does with one source: hash, recognise the work done before, probe, read, write."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cimkit.errors import CimkitError
from cimkit.loaders._delivery.archives import BROKEN
from cimkit.loaders._delivery.local_grid import known_here, named
from cimkit.loaders._delivery.tables import write_tables
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Declaration, Problem, Source
from cimkit.model.source import Depth
from cimkit.registry import entry

__all__ = ["Job", "content_of", "content_sha256", "refused", "work"]

_SMALL = 16 * 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no room for what is written."""
_BROKEN = (CimkitError, *BROKEN, ArithmeticError, TypeError)
"""What loaders and the libraries under them raise over damaged data."""


@dataclass(frozen=True, slots=True)
class Job:
    """One source to read, as it travels to a worker."""

    source: Source
    files: tuple[Path, ...]  # of the members
    declared: Declaration
    depth: Depth
    root: Path
    staging: Path | None  # None: probe only
    refusal: Problem | None  # why no loader reads it
    notes: tuple[Problem, ...] = ()  # what was met before, on the way to it
    lighter: bool = False
    measures: tuple[str, ...] = ()  # of those its loader gives where they are asked for, sorted


def content_sha256(file: Path, members: Sequence[Path] = ()) -> str:
    """Return the hash of a source's bytes, whatever its files are called.

    Parameters
    ----------
    file : Path
        A file, or a folder that is one source.
    members : sequence of Path
        What belongs to it. Without members it is the plain SHA-256 of the file.
    """
    own = _file_sha256(file) if file.is_file() else ""  # a pipe or a device has no end
    parts = sorted((m.suffix.lower(), _file_sha256(m)) for m in members if m.is_file())
    if not parts:
        return own
    return hashlib.sha256(json.dumps([own, parts]).encode()).hexdigest()


def _file_sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@lru_cache(maxsize=16)
def _poses_sha256(file: Path, _changed_ns: int) -> str:
    """Return the hash of a trajectory, once: each of its thousands of photographs asks for it."""
    return _file_sha256(file)


def content_of(job: Job) -> str:
    """Return the hash of the content; "" where reading it all is what *header* is to spare."""
    if job.depth == "header" and job.source.size > _SMALL:
        return ""
    return content_sha256(job.source.file, job.files)


def _key(job: Job, sha256: str, version: int) -> str:
    declared = job.declared.plain()
    poses = job.declared.trajectory
    table = job.root / poses.file if poses else None
    unread = [] if sha256 else _unread(job)
    said: list[Any] = [
        sha256,
        unread,
        job.source.loader,
        version,
        job.lighter,
        job.depth,
        job.source.path,  # names of layers and drives come from it
        declared,
        _poses_sha256(table, table.stat().st_mtime_ns) if table and table.is_file() else None,
    ]
    if job.measures:
        said.append(job.measures)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _unread(job: Job) -> list[tuple[int, int]]:
    """Return what stands for the bytes of files that are not read whole."""
    stats = [f.stat() for f in (job.source.file, *job.files)]
    return [(s.st_size, s.st_mtime_ns) for s in stats]


def work(job: Job) -> tuple[Asset, Path | None, bool]:
    """Read one source; runs in a worker. Whatever goes wrong with the data is in the asset."""
    source = job.source
    try:
        sha256 = content_of(job)
    except OSError as error:
        return refused(source, "unreadable", f"It cannot be read: {error.strerror}."), None, False
    if job.refusal is not None or source.loader is None:
        return _without_loader(job, sha256), None, False
    module = entry("cimkit.loaders", source.loader)
    target = job.staging / _key(job, sha256, module.SPEC.version) if job.staging else None
    if target is not None and (target / "asset.json").exists():
        return Asset.from_json(json.loads((target / "asset.json").read_bytes())), target, True
    wanted = frozenset(job.measures)
    options = ReadOptions(job.declared, job.depth, job.root, list(job.notes), job.lighter, wanted)
    asset = _probe(module, source, options, sha256)
    if target is None:
        return asset, None, False
    try:
        return _write(module, source, asset, options, target), target, False
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return refused(source, "disk-full", str(error)), None, False


def _probe(module: Any, source: Source, options: ReadOptions, sha256: str) -> Asset:
    try:
        known_here(options.declared)
        asset: Asset = module.probe(source, options)
    except _BROKEN as error:
        asset = refused(source, "source-unreadable", *_because(error))
    kind = module.SPEC.kind if asset.status == "refused" else asset.kind
    if asset.status == "ok":
        asset = _as_declared(asset, options)
        asset = dataclasses.replace(asset, problems=(*asset.problems, *_left_open(asset, source)))
    return dataclasses.replace(
        asset,
        path=source.path,
        members=source.members,
        size=source.size,
        sha256=sha256,
        kind=kind,
        loader=source.loader,
        problems=(*asset.problems, *options.problems),
    )


def _because(error: Exception) -> tuple[str, str]:
    """Return why a source cannot be read, and what to do."""
    if isinstance(error, CimkitError):
        return str(error), error.mend
    if isinstance(error, OSError) and error.strerror:
        return f"It cannot be read: {error.strerror}.", ""
    why = f"Its content is not as its format asks ({type(error).__name__}: {error})."
    return why, "Was it cut off or changed on the way? Deliver it again."


def _left_open(asset: Asset, source: Source) -> tuple[Problem, ...]:
    """Return what neither the source nor the sheet says of its heights and their moment."""
    if asset.crs is None and asset.bbox is None:
        return ()
    from cimkit.loaders._placing.epochs import without_epoch
    from cimkit.loaders._placing.heights import unsaid

    return (*without_epoch(asset), *unsaid(asset, source))


def _as_declared(asset: Asset, options: ReadOptions) -> Asset:
    """Add what the sheet says of any source and this one does not say itself."""
    said = options.declared
    day = said.observed if asset.observed_start is None else None
    return dataclasses.replace(
        asset,
        observed_start=asset.observed_start or day,
        observed_end=asset.observed_end or day,
        epoch=asset.epoch or said.epoch,
        properties=named(asset, said),
        vertical_datum=asset.vertical_datum or said.vertical_datum,
    )


def _write(module: Any, source: Source, asset: Asset, options: ReadOptions, target: Path) -> Asset:
    """Write the staging folder under another name and rename it: it is complete or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".part-{os.getpid()}-", dir=target.parent))
    try:
        if asset.status == "ok" and options.depth == "full":
            options.problems.clear()
            try:
                write_tables(module.read(source, asset, options), folder)
                asset = dataclasses.replace(
                    asset, problems=tuple(dict.fromkeys((*asset.problems, *options.problems)))
                )
            except _BROKEN as error:
                if getattr(error, "errno", None) in _FULL:
                    raise  # no fault of the source, and nothing to be used again
                asset = _emptied(folder, asset, *_because(error))
        (folder / "asset.json").write_text(json.dumps(asset.to_json()), encoding="utf-8")
        try:
            folder.rename(target)
        except OSError:
            if not (target / "asset.json").exists():  # else another worker was quicker
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return asset


def _emptied(folder: Path, asset: Asset, message: str, hint: str = "") -> Asset:
    for file in folder.iterdir():
        file.unlink()
    problem = Problem("read-failed", message, "error", hint=hint)
    return dataclasses.replace(asset, status="refused", problems=(*asset.problems, problem))


def refused(source: Source, code: str, message: str, hint: str = "") -> Asset:
    return Asset(
        path=source.path,
        members=source.members,
        status="refused",
        size=source.size,
        loader=source.loader,
        problems=(Problem(code, message, "error", hint=hint),),
    )


def _without_loader(job: Job, sha256: str) -> Asset:
    refusal = job.refusal or Problem("not-geodata", "No loader recognises it.", "info")
    return Asset(
        path=job.source.path,
        members=job.source.members,
        status="refused" if refusal.severity == "error" else "ignored",
        size=job.source.size,
        sha256=sha256,
        problems=(*job.notes, refusal),
    )
