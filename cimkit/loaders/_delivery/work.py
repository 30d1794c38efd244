"""What a worker does with sources: hash, recognise the work done before, probe, read, write."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import CimkitError
from cimkit.loaders._delivery.archives import BROKEN
from cimkit.loaders._delivery.job import Done, Job, content_of, key_of, refused
from cimkit.loaders._delivery.local_grid import known_here, named
from cimkit.loaders._delivery.many import SOURCES, folder_of, shelf, write_many
from cimkit.loaders._delivery.tables import write_tables
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Problem, Source
from cimkit.registry import entry

__all__ = ["work"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no room for what is written."""
_BROKEN = (CimkitError, *BROKEN, ArithmeticError, TypeError)
"""What loaders and the libraries under them raise over damaged data."""


@dataclass(slots=True)
class _Task:
    """A source that is to be read."""

    job: Job
    module: Any
    sha256: str
    key: str  # "" if it is not staged
    options: ReadOptions = field(init=False)

    def __post_init__(self) -> None:
        job = self.job
        notes, wanted = list(job.notes), frozenset(job.measures)
        self.options = ReadOptions(job.declared, job.depth, job.root, notes, job.lighter, wanted)


def work(jobs: Sequence[Job]) -> list[Done]:
    """Read sources; runs in a worker. Whatever goes wrong with the data is in their assets.

    Several are read into one folder: they are of one loader that allows it, or of none.
    """
    staging = jobs[0].staging
    if staging is not None:
        shelf(staging).look()
    begun = [_begin(job) for job in jobs]
    tasks = [task for task in begun if isinstance(task, _Task)]
    try:
        if staging is None:
            read = [Done(_probe(task)) for task in tasks]
        elif len(tasks) > 1:
            read = _write_together(tasks, staging)
        else:
            read = [_write_alone(task, staging) for task in tasks]
    except OSError as error:
        if error.errno not in _FULL:
            raise
        read = [Done(refused(task.job.source, "disk-full", str(error))) for task in tasks]
    results = iter(read)
    return [next(results) if isinstance(one, _Task) else one for one in begun]


def _begin(job: Job) -> Done | _Task:
    """Return what is to be done, or what is known without it."""
    source = job.source
    try:
        sha256 = content_of(job)
    except OSError as error:
        return Done(refused(source, "unreadable", f"It cannot be read: {error.strerror}."))
    if job.refusal is not None or source.loader is None:
        return Done(_without_loader(job, sha256))
    module = entry("cimkit.loaders", source.loader)
    if job.staging is None:
        return _Task(job, module, sha256, "")
    key = key_of(job, sha256, module.SPEC.version)
    if module.SPEC.together and (found := shelf(job.staging).find(key)) is not None:
        asset, folder, rows = found
        return Done(asset, folder, True, key, rows)
    target = job.staging / key
    try:
        said = (target / "asset.json").read_bytes()
    except FileNotFoundError:
        return _Task(job, module, sha256, key)
    return Done(Asset.from_json(json.loads(said)), target, True, key)


def _probe(task: _Task) -> Asset:
    module, source, options = task.module, task.job.source, task.options
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
        sha256=task.sha256,
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


@contextmanager
def _folder(staging: Path, target: Path, last: str) -> Iterator[Path]:
    """Give a folder under another name and rename it at the end: it is complete or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".part-{os.getpid()}-", dir=staging))
    try:
        yield folder
        try:
            folder.rename(target)
        except OSError:
            if not (target / last).exists():  # else another worker was quicker
                raise
            shutil.rmtree(folder, ignore_errors=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write_alone(task: _Task, staging: Path) -> Done:
    """Read a source into a folder of its own, as it comes."""
    asset, target = _probe(task), staging / task.key
    with _folder(staging, target, "asset.json") as folder:
        if asset.status == "ok" and task.options.depth == "full":
            try:
                write_tables(_read(task, asset), folder)
                asset = _with_problems(asset, task)
            except _BROKEN as error:
                asset = _emptied(asset, error)
                for file in folder.iterdir():
                    file.unlink()
        (folder / "asset.json").write_text(json.dumps(asset.to_json()), encoding="utf-8")
    return Done(asset, target, False, task.key)


def _write_together(tasks: Sequence[_Task], staging: Path) -> list[Done]:
    """Read sources of a few rows each, and write them when all are read."""
    assets, tables = [], []
    for task in tasks:
        asset = _probe(task)
        own: dict[str, list[Any]] = {}
        if asset.status == "ok" and task.options.depth == "full":
            try:
                for name, table in _read(task, asset):
                    own.setdefault(name, []).append(table)
                asset = _with_problems(asset, task)
            except _BROKEN as error:
                asset, own = _emptied(asset, error), {}
        assets.append(asset)
        tables.append(own)
    keys = [task.key for task in tasks]
    target = folder_of(staging, keys)
    with _folder(staging, target, SOURCES) as folder:
        rows = write_many(keys, assets, tables, folder)
    return [
        Done(asset, target, False, key, own)
        for asset, key, own in zip(assets, keys, rows, strict=True)
    ]


def _read(task: _Task, asset: Asset) -> Iterator[tuple[str, Any]]:
    task.options.problems.clear()
    yield from task.module.read(task.job.source, asset, task.options)


def _with_problems(asset: Asset, task: _Task) -> Asset:
    """Add what reading met."""
    problems = tuple(dict.fromkeys((*asset.problems, *task.options.problems)))
    return dataclasses.replace(asset, problems=problems)


def _emptied(asset: Asset, error: Exception) -> Asset:
    """Refuse a source that broke half-way; where the disk is full, raise: it is no fault of it."""
    if getattr(error, "errno", None) in _FULL:
        raise error
    message, hint = _because(error)
    problem = Problem("read-failed", message, "error", hint=hint)
    return dataclasses.replace(asset, status="refused", problems=(*asset.problems, problem))


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
