"""Probing and reading sources in worker processes, into Parquet that a later run can use again."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath

from cimkit.errors import CatalogError
from cimkit.loaders._delivery.discover import Discovery, discover
from cimkit.loaders._delivery.job import Done, Job, content_of, gathered, refused
from cimkit.loaders._delivery.many import Rows
from cimkit.loaders._delivery.work import work as do
from cimkit.model import Asset, Declaration, Problem, Sheet, Source, Trajectory
from cimkit.model.source import Depth
from cimkit.registry import entry
from cimkit.runtime import WorkerFailure, run

__all__ = ["Staged", "probe", "stage"]

_ENDLESS = 2**62


@dataclass(frozen=True, slots=True)
class Staged:
    """One source after its read."""

    asset: Asset
    """What is known of it."""
    folder: Path | None
    """One Parquet file per table that has rows, and the asset as JSON; None if it was not read."""
    reused: bool
    """Whether an earlier run had read it."""
    declared: Declaration
    """What the sheet says of it."""
    measures: tuple[str, ...] = ()
    """What was measured only because it was asked for."""
    key: str = ""
    """What its rows depend on: bytes, loader, declaration, path, the table of its poses."""
    rows: Rows | None = None
    """Which rows of the folder's tables are its own; None if it has the folder alone."""

    def span(self, table: str) -> tuple[Path, int, int] | None:
        """Return the file of a table, its first row there and the one after its last; or None."""
        if self.folder is None:
            return None
        file = self.folder / f"{table}.parquet"
        if self.rows is None:
            return (file, 0, _ENDLESS) if file.exists() else None
        return (file, *self.rows[table]) if table in self.rows else None


def _may_be_lighter(job: Job, failure: WorkerFailure) -> bool:
    loader = job.source.loader
    if failure.kind == "raised" or job.lighter or loader is None:
        return False
    return bool(entry("cimkit.loaders", loader).SPEC.lighter)


def _problem(failure: WorkerFailure, then: str = "") -> Problem:
    said = f" Its last words: {failure.log}" if failure.log else ""
    return Problem(
        "loader-failed" if failure.kind == "raised" else f"worker-{failure.kind}",
        f"Reading it failed: {failure.message}.{said} {then}".rstrip(),
        "error",
        hint="Try it alone; if it fails again, the file or its loader is at fault.",
    )


def _lost(job: Job, failure: WorkerFailure) -> Asset:
    problem = _problem(failure)
    asset = refused(job.source, problem.code, problem.message, problem.hint)
    asset = dataclasses.replace(asset, problems=(*job.notes, *asset.problems))
    try:
        sha256 = content_of(job)
    except OSError:
        sha256 = ""  # the refusal says already that it cannot be read
    loader = job.source.loader
    kind = entry("cimkit.loaders", loader).SPEC.kind if loader else asset.kind
    return dataclasses.replace(asset, sha256=sha256, kind=kind)


def _cores() -> int:
    ours = getattr(os, "sched_getaffinity", None)  # a container may have fewer than the machine
    return len(ours(0)) if ours else os.cpu_count() or 1


def _sweep(staging: Path) -> None:
    """Remove what runs that were killed left half-written."""
    import psutil

    for part in staging.glob(".part-*"):
        if not psutil.pid_exists(int(part.name.split("-")[1])):
            shutil.rmtree(part, ignore_errors=True)


def _timeout_s(job: Job) -> float:
    return 120.0 + 5.0 * job.source.size / 2**20


def _longest_s(jobs: Sequence[Job]) -> float:
    return max(map(_timeout_s, jobs))  # of many, each is small


def _may_be_table(source: Source) -> bool:
    text = source.path.lower().endswith((".csv", ".tsv"))  # of points, else
    return text or source.loader in ("document", "trajectory")


def _spread(sources: Sequence[Source], count: int) -> list[Source]:
    """Return so many sources, of each loader as many as of another, in their order."""
    if count >= len(sources):
        return list(sources)
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(source.loader or "", []).append(source)
    taken: list[Source] = []
    # The small groups first: what they leave goes to the others.
    for left, group in zip(
        range(len(groups), 0, -1), sorted(groups.values(), key=len), strict=True
    ):
        share = min(len(group), -(-(count - len(taken)) // left))
        taken += [group[n * len(group) // share] for n in range(share)]
    return sorted(taken, key=lambda s: s.path)


def _trajectories(sheet: Sheet | None) -> dict[str, Trajectory]:
    """Return what the sheet says of the tables that the rows of photographs name, by path."""
    said = [r.declared.trajectory for r in sheet.rows] if sheet else []
    return {PurePosixPath(normpath(t.file)).as_posix(): t for t in said if t is not None}


def _run(
    found: Discovery,
    sheet: Sheet | None,
    depth: Depth,
    staging: Path | None,
    jobs: int | None,
    measures: frozenset[str] = frozenset(),
) -> Iterator[tuple[Job, Done]]:
    import psutil

    poses = _trajectories(sheet)
    work = []
    for source in found.sources:
        declared = sheet.declared(source.path) if sheet else Declaration()
        refusal = found.reasons.get(source.path)
        if source.path in poses and _may_be_table(source):
            declared = dataclasses.replace(declared, trajectory=poses[source.path])
            source, refusal = dataclasses.replace(source, loader="trajectory"), None
        members = tuple(found.files[m] for m in source.members)
        notes = tuple(p for m in (source.path, *source.members) for p in found.notes.get(m, ()))
        job = Job(source, members, declared, depth, found.root, staging, refusal, notes)
        work.append(dataclasses.replace(job, measures=_wanted(source, measures)))
    workers = jobs or _cores()
    memory = int(psutil.virtual_memory().total * 0.7 / workers)
    batches = gathered(work, workers)
    while batches:
        done = run(do, batches, workers=workers, timeout_s=_longest_s, memory_bytes=memory)
        batches = []
        for batch, result in done:
            if not isinstance(result, WorkerFailure):
                for job, one in zip(batch, result, strict=True):
                    _room(one.asset, staging)
                    yield job, one
            elif len(batch) > 1:
                batches += [(job,) for job in batch]
            elif _may_be_lighter(batch[0], result):
                again = _problem(result, "It was read once more, without what failed.")
                notes = (*batch[0].notes, again)
                batches.append((dataclasses.replace(batch[0], lighter=True, notes=notes),))
            else:
                yield batch[0], Done(_lost(batch[0], result))


def _room(asset: Asset, staging: Path | None) -> None:
    """End the run where the disk is full: that is no finding about a source."""
    if any(p.code == "disk-full" for p in asset.problems):
        raise CatalogError(
            "there is no room for what is read",
            where=str(staging),
            got=asset.problems[-1].message,
            mend="Make room and run it again: what was read before is used again.",
        )


def _wanted(source: Source, measures: frozenset[str]) -> tuple[str, ...]:
    """Return those of the measures asked for that the loader of a source can give."""
    if not measures or source.loader is None:
        return ()
    return tuple(sorted(measures & {*entry("cimkit.loaders", source.loader).SPEC.measures}))


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
        for _, done in _run(found, sheet, depth, None, jobs):
            yield done.asset


def stage(
    paths: Sequence[Path],
    staging: Path,
    *,
    sheet: Sheet | None = None,
    depth: Depth = "full",
    jobs: int | None = None,
    sample: int | None = None,
    progress: Callable[[Staged, int, int], None] | None = None,
    measures: frozenset[str] = frozenset(),
) -> Iterator[Staged]:
    """Read each source under files and folders into a folder below ``staging``.

    Parameters
    ----------
    paths, sheet, depth, jobs
        As for `probe`. Rows are read at depth ``full`` only.
    staging : Path
        A source that an earlier run read in the same way, from bytes that are the same, is not read
        again: a run that was killed goes on where it was.
    sample : int, optional
        Read so many sources only, of each format in turn and spread over the folders.
    progress : callable, optional
        Called with each result, the number done and the number of all.
    measures : frozenset of str, optional
        Costly measures that are wanted, by the names of `LoaderSpec.measures`.

    Yields
    ------
    Staged
        One per source, in the order in which they are ready.
    """
    with tempfile.TemporaryDirectory(prefix="cimkit-unpacked-") as unpacked:
        _sweep(staging)
        found = discover(paths, Path(unpacked))
        if sample is not None:
            found.sources = _spread(found.sources, sample)
        for count, (job, done) in enumerate(
            _run(found, sheet, depth, staging.absolute(), jobs, measures), 1
        ):
            staged = Staged(
                done.asset,
                done.folder,
                done.reused,
                job.declared,
                job.measures,
                done.key,
                done.rows,
            )
            if progress is not None:
                progress(staged, count, len(found.sources))
            yield staged
