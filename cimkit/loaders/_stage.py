"""Probing and reading sources in worker processes, into Parquet that a later run can use again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import CimkitError
from cimkit.loaders._discover import Discovery, discover
from cimkit.loaders._spec import ReadOptions
from cimkit.model import STAGED, Asset, Declaration, Problem, Sheet, Source
from cimkit.model.source import Depth
from cimkit.registry import entry
from cimkit.runtime import WorkerFailure, run

__all__ = ["Staged", "content_sha256", "probe", "stage"]


@dataclass(frozen=True, slots=True)
class Staged:
    """One source after its read."""

    asset: Asset
    """What is known of it."""
    folder: Path | None
    """``asset.json`` and one Parquet file per table that has rows; None if it was not read."""
    reused: bool
    """Whether an earlier run had read it."""
    declared: Declaration
    """What the sheet says of it."""


@dataclass(frozen=True, slots=True)
class _Job:
    source: Source
    files: tuple[Path, ...]  # of the members
    declared: Declaration
    depth: Depth
    root: Path
    staging: Path | None  # None: probe only
    refusal: Problem | None  # why no loader reads it


def content_sha256(file: Path, members: Sequence[Path] = ()) -> str:
    """Return the hash of a source's bytes, whatever its files are called.

    Parameters
    ----------
    file : Path
        A file, or a folder that is one source.
    members : sequence of Path
        What belongs to it. Without members it is the plain SHA-256 of the file.
    """
    own = "" if file.is_dir() else _file_sha256(file)
    parts = sorted((m.suffix.lower(), _file_sha256(m)) for m in members if m.is_file())
    if not parts:
        return own
    return hashlib.sha256(json.dumps([own, parts]).encode()).hexdigest()


def _file_sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _key(job: _Job, sha256: str, version: int) -> str:
    declared = dataclasses.asdict(job.declared)
    poses = job.declared.trajectory
    table = job.root / poses.file if poses else None
    said = [
        sha256,
        job.source.loader,
        version,
        job.depth,
        job.source.path,  # names of layers and drives come from it
        declared,
        _file_sha256(table) if table and table.is_file() else None,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _work(job: _Job) -> tuple[Asset, Path | None, bool]:
    """Read one source; runs in a worker. Whatever goes wrong with the data is in the asset."""
    source = job.source
    try:
        sha256 = content_sha256(source.file, job.files)
    except OSError as error:
        return _refused(source, "unreadable", f"It cannot be read: {error.strerror}."), None, False
    if job.refusal is not None or source.loader is None:
        return _without_loader(job, sha256), None, False
    module = entry("cimkit.loaders", source.loader)
    target = job.staging / _key(job, sha256, module.SPEC.version) if job.staging else None
    if target is not None and (target / "asset.json").exists():
        return Asset.from_json(json.loads((target / "asset.json").read_bytes())), target, True
    options = ReadOptions(job.declared, job.depth, job.root)
    asset = _probe(module, source, options, sha256)
    if target is None:
        return asset, None, False
    return _write(module, source, asset, options, target), target, False


def _probe(module: Any, source: Source, options: ReadOptions, sha256: str) -> Asset:
    try:
        asset: Asset = module.probe(source, options)
    except CimkitError as error:
        asset = _refused(source, "source-unreadable", str(error), error.mend)
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, RuntimeError) as error:
        asset = _refused(source, "source-unreadable", f"{type(error).__name__}: {error}")
    kind = module.SPEC.kind if asset.status == "refused" else asset.kind
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


def _write(module: Any, source: Source, asset: Asset, options: ReadOptions, target: Path) -> Asset:
    """Write the staging folder under another name and rename it: it is complete or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        if asset.status == "ok" and options.depth == "full":
            options.problems.clear()
            try:
                _write_tables(module.read(source, asset, options), folder)
                asset = dataclasses.replace(
                    asset, problems=tuple(dict.fromkeys((*asset.problems, *options.problems)))
                )
            except CimkitError as error:
                asset = _emptied(folder, asset, str(error), error.mend)
            except (
                OSError,
                ValueError,
                ArithmeticError,
                LookupError,
                TypeError,
                RuntimeError,
            ) as error:
                asset = _emptied(folder, asset, f"{type(error).__name__}: {error}")
        (folder / "asset.json").write_text(json.dumps(asset.to_json()), encoding="utf-8")
        try:
            folder.rename(target)
        except OSError:
            if not (target / "asset.json").exists():  # else another worker was quicker
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return asset


def _write_tables(chunks: Iterator[tuple[str, Any]], folder: Path) -> None:
    import pyarrow.parquet as pq

    writers: dict[str, Any] = {}
    try:
        for name, table in chunks:
            if not table.num_rows:
                continue
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    folder / f"{name}.parquet", STAGED[name], compression="zstd"
                )
            writers[name].write_table(table.select(STAGED[name].names).cast(STAGED[name]), 65_536)
    finally:
        for writer in writers.values():
            writer.close()


def _emptied(folder: Path, asset: Asset, message: str, hint: str = "") -> Asset:
    for file in folder.iterdir():
        file.unlink()
    problem = Problem("read-failed", message, "error", hint=hint)
    return dataclasses.replace(asset, status="refused", problems=(*asset.problems, problem))


def _refused(source: Source, code: str, message: str, hint: str = "") -> Asset:
    return Asset(
        path=source.path,
        members=source.members,
        status="refused",
        size=source.size,
        loader=source.loader,
        problems=(Problem(code, message, "error", hint=hint),),
    )


def _without_loader(job: _Job, sha256: str) -> Asset:
    refusal = job.refusal or Problem("not-geodata", "No loader recognises it.", "info")
    return Asset(
        path=job.source.path,
        members=job.source.members,
        status="refused" if refusal.severity == "error" else "ignored",
        size=job.source.size,
        sha256=sha256,
        problems=(refusal,),
    )


def _lost(job: _Job, failure: WorkerFailure) -> Asset:
    said = f" Its last words: {failure.log}" if failure.log else ""
    code = "worker-crashed" if failure.kind == "raised" else f"worker-{failure.kind}"
    asset = _refused(
        job.source,
        code,
        f"Reading it failed: {failure.message}.{said}",
        "Try it alone; if it fails again, the file or its loader is at fault.",
    )
    try:
        sha256 = content_sha256(job.source.file, job.files)
    except OSError:
        sha256 = ""  # the refusal says already that it cannot be read
    loader = job.source.loader
    kind = entry("cimkit.loaders", loader).SPEC.kind if loader else asset.kind
    return dataclasses.replace(asset, sha256=sha256, kind=kind)


def _timeout_s(job: _Job) -> float:
    return 120.0 + 20.0 * job.source.size / 2**20


def _run(
    found: Discovery,
    sheet: Sheet | None,
    depth: Depth,
    staging: Path | None,
    jobs: int | None,
) -> Iterator[tuple[_Job, Asset, Path | None, bool]]:
    import psutil

    work = [
        _Job(
            source,
            tuple(found.files[m] for m in source.members),
            sheet.declared(source.path) if sheet else Declaration(),
            depth,
            found.root,
            staging,
            found.reasons.get(source.path),
        )
        for source in found.sources
    ]
    work.sort(key=lambda job: -job.source.size)
    workers = jobs or len(os.sched_getaffinity(0))
    memory = int(psutil.virtual_memory().total * 0.7 / workers)
    done = run(_work, work, workers=workers, timeout_s=_timeout_s, memory_bytes=memory)
    for job, result in done:
        if isinstance(result, WorkerFailure):
            yield job, _lost(job, result), None, False
        else:
            yield job, *result


def probe(
    paths: Sequence[Path],
    *,
    sheet: Sheet | None = None,
    depth: Depth = "sample",
    jobs: int | None = None,
) -> Iterator[Asset]:
    """Say what each source under files and folders is, in the order in which they are ready.

    Parameters
    ----------
    paths : sequence of Path
        What was delivered; nothing in it is changed.
    sheet : Sheet, optional
        The delivery sheet to obey.
    depth : {"sample", "header", "full"}
        How much of each source is read.
    jobs : int, optional
        Worker processes; all cores if not given.

    Yields
    ------
    Asset
        One per source. A source whose worker crashed, hung or grew too big is *refused* with the
        problem ``worker-crashed``, ``worker-timeout`` or ``worker-memory``.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-unpacked-") as unpacked:
        found = discover(paths, Path(unpacked))
        for _, asset, _, _ in _run(found, sheet, depth, None, jobs):
            yield asset


def stage(
    paths: Sequence[Path],
    staging: Path,
    *,
    sheet: Sheet | None = None,
    depth: Depth = "full",
    jobs: int | None = None,
    progress: Callable[[Staged, int, int], None] | None = None,
) -> Iterator[Staged]:
    """Read each source under files and folders into a folder of its own below ``staging``.

    Parameters
    ----------
    paths, sheet, depth, jobs
        As for `probe`. Rows are read at depth ``full`` only.
    staging : Path
        A source that an earlier run read in the same way, from bytes that are the same, is not read
        again: a run that was killed goes on where it was.
    progress : callable, optional
        Called with each result, the number done and the number of all.

    Yields
    ------
    Staged
        One per source, in the order in which they are ready.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-unpacked-") as unpacked:
        found = discover(paths, Path(unpacked))
        for count, (job, asset, folder, reused) in enumerate(
            _run(found, sheet, depth, staging.absolute(), jobs), 1
        ):
            staged = Staged(asset, folder, reused, job.declared)
            if progress is not None:
                progress(staged, count, len(found.sources))
            yield staged
