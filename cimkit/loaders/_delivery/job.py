"""What is to be read, as it travels to a worker, and what comes back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cimkit.loaders._delivery.many import Rows
from cimkit.model import Asset, Declaration, Problem, Source
from cimkit.model.source import Depth
from cimkit.registry import entry

__all__ = ["Done", "Job", "content_of", "content_sha256", "gathered", "key_of", "refused"]

_SMALL = 16 * 2**20
_MOST, _MOST_BYTES = 256, 64 * 2**20
"""Of one job: sources, and bytes of them. If it fails they are read again one by one."""


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


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job."""

    asset: Asset
    folder: Path | None = None  # with its rows, if it was staged
    reused: bool = False
    key: str = ""
    rows: Rows | None = None  # which of the folder's are its own; None: all


def gathered(jobs: Sequence[Job], workers: int) -> list[tuple[Job, ...]]:
    """Return the jobs as a worker gets them: alone, or many small ones of a loader at once."""
    alone: list[tuple[Job, ...]] = []
    many: dict[str | None, list[Job]] = {}
    for job in jobs:
        loader = None if job.refusal is not None else job.source.loader
        if loader is None or entry("cimkit.loaders", loader).SPEC.together:
            many.setdefault(loader, []).append(job)
        else:
            alone.append((job,))
    for group in many.values():
        most = max(1, min(_MOST, len(group) // (4 * workers)))  # none waits for the last one
        batch: list[Job] = []
        size = 0
        for job in group:
            if batch and (len(batch) == most or size + job.source.size > _MOST_BYTES):
                alone.append(tuple(batch))
                batch, size = [], 0
            batch.append(job)
            size += job.source.size
        alone.append(tuple(batch))
    return sorted(alone, key=lambda batch: -sum(job.source.size for job in batch))


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


def key_of(job: Job, sha256: str, version: int) -> str:
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


def refused(source: Source, code: str, message: str, hint: str = "") -> Asset:
    return Asset(
        path=source.path,
        members=source.members,
        status="refused",
        size=source.size,
        loader=source.loader,
        problems=(Problem(code, message, "error", hint=hint),),
    )
