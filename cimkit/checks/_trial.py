"""A standard tried on a real folder: what it classes, what it leaves, and what its rules find."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._examine import check_tables
from cimkit.checks._trial_figures import codes, kinds, levels, naming, unmapped
from cimkit.checks._verdict import RuleResult
from cimkit.model import Status

if TYPE_CHECKING:
    from cimkit.checks._verdict import Verdict
    from cimkit.model import Sheet

__all__ = ["Share", "Trial", "try_standard"]

_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some things are in order."""

    good: int
    """That are."""
    all: int
    """That there are."""
    examples: tuple[str, ...] = ()
    """Some that are not."""


@dataclass(frozen=True)
class Trial:
    """What came of trying a standard on a delivery."""

    standard: str
    """``id@edition``."""
    sources: dict[str, int]
    """By status: ok, refused, ignored."""
    sampled: bool
    """Whether a sample of the sources was read, and not all."""
    objects: int
    """Objects read."""
    kinds: tuple[dict[str, Any], ...]
    """By kind of source: kind, objects, classed, exempt (no class is due), unclassed."""
    unmapped: tuple[dict[str, Any], ...]
    """What nothing classes, most frequent first: kind, source_class, layer, count, keys (some of
    their keys), fields (some of their fields)."""
    unmapped_groups: int
    """How many such groups there are; `unmapped` has the first."""
    levels: tuple[dict[str, Any], ...]
    """level ("" none) and count."""
    rules: tuple[RuleResult, ...]
    """Each rule in figures."""
    samples: dict[str, tuple[dict[str, Any], ...]]
    """Some failures of each rule that has any: path, place, measured, message."""
    naming: Share | None
    """Files called as the standard says; None if it does not say."""
    codes: Share | None
    """Identifier codes that are well formed; None if the standard has none or none is stated."""
    verdict: str
    """accepted, rejected or incomplete."""
    seconds: dict[str, float]
    """read (loaders and catalogue), checks, total."""

    @property
    def classed(self) -> Share:
        """Objects with a class, of those to which one is due."""
        good = sum(k["classed"] for k in self.kinds)
        return Share(good, good + sum(k["unclassed"] for k in self.kinds))

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        plain = asdict(replace(self, rules=()))
        return {**plain, "rules": [rule.to_json() for rule in self.rules]}


def try_standard(
    standard: str | Path,
    paths: Sequence[Path],
    *,
    sheet: Sheet | None = None,
    sample: int | None = None,
    jobs: int | None = None,
    language: str = "en",
    top: int = 20,
    work: Path | None = None,
    progress: Callable[..., None] | None = None,
) -> Trial:
    """Try a standard on real files, through the pipe that a delivery takes.

    Parameters
    ----------
    standard
        Id, ``id@edition`` or path of the package.
    paths
        Files and folders; nothing in them is changed.
    sheet
        The delivery sheet to obey.
    sample
        Read so many sources only, of each format in turn; for huge folders.
    jobs
        Worker processes.
    language
        Of the messages: zh, ja or en.
    top
        How many groups of unclassed objects are listed.
    work
        Folder for temporary data; None: the system's.
    progress
        Told of each source as it is read.

    Raises
    ------
    StandardError
        If the standard does not build.
    UsageError
        If a path does not exist.
    """
    from cimkit.catalog import create, ingest
    from cimkit.standard import load

    began = time.perf_counter()
    loaded = load(standard)
    with tempfile.TemporaryDirectory(prefix="cimkit-try-", dir=work) as folder:
        catalog = create(Path(folder) / "catalogue", standard=str(standard))
        report = ingest(
            catalog, list(paths), sheet=sheet, jobs=jobs, sample=sample, progress=progress
        )
        read = time.perf_counter()
        with catalog.connect() as con:
            verdict = check_tables(
                con, loaded, delivery_id=report.delivery_id, language=language, sheet=sheet
            )
            by_kind = kinds(con, loaded)
            groups, listed = unmapped(con, loaded, top)
            named, coded = naming(con, loaded), codes(con, loaded)
            given = levels(con)
    ended = time.perf_counter()
    return Trial(
        standard=loaded.key,
        sources=dict(report.sources),
        sampled=sample is not None and sum(report.sources.values()) >= sample,
        objects=sum(k["objects"] for k in by_kind),
        kinds=tuple(by_kind),
        unmapped=tuple(listed),
        unmapped_groups=groups,
        levels=tuple(given),
        rules=verdict.rules,
        samples=_samples(verdict),
        naming=named and Share(*named),
        codes=coded and Share(*coded),
        verdict=verdict.word,
        seconds={
            "read": round(read - began, 3),
            "checks": round(ended - read, 3),
            "total": round(ended - began, 3),
        },
    )


def _samples(verdict: Verdict) -> dict[str, tuple[dict[str, Any], ...]]:
    found: dict[str, list[dict[str, Any]]] = {}
    kept = ("path", "layer", "place", "measured", "message")
    columns = verdict.findings.select(["rule", "status", *kept])
    for batch in columns.to_batches():
        for row in batch.to_pylist():
            if row["status"] == Status.FAIL and len(found.get(row["rule"], ())) < _SAMPLES:
                found.setdefault(row["rule"], []).append({k: row[k] for k in kept})
    return {rule: tuple(rows) for rule, rows in found.items()}
