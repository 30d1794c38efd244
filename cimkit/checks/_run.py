"""Hold a delivery against all rules of a standard."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cimkit.checks._baseline import read_baseline
from cimkit.checks._context import open_context
from cimkit.checks._examine import check_tables, looks_at_sources_alone
from cimkit.checks._governed import date_of, delivery_date
from cimkit.checks._inspect import Sources
from cimkit.checks._overrides import overrides
from cimkit.checks._terms import Terms
from cimkit.checks._verdict import Verdict
from cimkit.checks._waivers import read_waivers
from cimkit.errors import UsageError

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.model import Sheet
    from cimkit.standard import Standard

__all__ = ["DEFAULT", "check", "check_catalog"]

DEFAULT = "int.quality"
"""The standard of those who name none: what holds for every delivery, whatever the city."""


def check(
    paths: str | Path | Sequence[str | Path],
    *,
    standard: str | Path | Standard = DEFAULT,
    sheet: Sheet | None = None,
    context: str | Path | None = None,
    rules: Mapping[str, str] | None = None,
    waivers: str | Path | None = None,
    baseline: str | Path | None = None,
    seed: str = "",
    jobs: int | None = None,
    language: str = "en",
    work: Path | None = None,
    progress: Callable[..., None] | None = None,
) -> Verdict:
    """Check a delivery as the city that receives it will check it.

    The delivery goes through the same pipe as at the city's, into a catalogue that is thrown away.
    Where no rule of the standard asks for more than the sources themselves, as with a bare IDS,
    nothing is read of them but the headers, and there is no catalogue.

    Parameters
    ----------
    paths
        File or folder delivered, or several.
    standard
        Id, ``id@edition`` or path of the package, or the standard itself. Of an id without an
        edition the one is taken that is in force on the delivery's date: ``date`` in the
        sheet's [delivery], else today.
    sheet
        The delivery sheet.
    context
        The city's context package, a folder or zip (`cimkit export context`); without it rules
        that need it are not checked.
    rules
        Rules wanted otherwise, by full id, name or glob: off, info, warning or error. The report
        says so; a mandatory rule that is off leaves the verdict incomplete.
    waivers
        A file of waivers (`cimkit.checks._waivers`).
    baseline
        The report of the last delivery (JSON or Parquet): what is new, open and fixed.
    seed
        Of the sample of an acceptance by score; "": it follows from delivery and standard.
    jobs
        Worker processes.
    language
        Of messages: zh, ja or en.
    work
        Folder for temporary data; None: the system's.
    progress
        Told of each source as it is read.

    Returns
    -------
    Verdict
        Findings, figures by rule, and the receipt.

    Raises
    ------
    ContextError
        If the context package cannot be used.
    """
    from cimkit.catalog import create, ingest, passing
    from cimkit.standard import Standard, governing, load

    began = time.perf_counter()
    terms = Terms(
        rules=rules or {},
        waivers=read_waivers(Path(waivers)) if waivers else (),
        baseline=read_baseline(Path(baseline)) if baseline else None,
        seed=seed,
    )
    delivered = [paths] if isinstance(paths, (str, Path)) else paths
    standard = str(standard) if isinstance(standard, Path) else standard
    governed = governing(standard, delivery_date(sheet))
    loaded = standard if isinstance(standard, Standard) else load(governed.load)
    overrides(loaded.rules, terms.rules)  # what is misspelt is told before hours of reading
    delivery_id: str | None
    with ExitStack() as stack:
        city = stack.enter_context(open_context(Path(context))) if context else None
        folder = stack.enter_context(TemporaryDirectory(prefix="cimkit-check-", dir=work))
        if city is None and looks_at_sources_alone(loaded):
            seen = stack.enter_context(
                passing(
                    delivered,
                    staging=Path(folder) / "staging",
                    sheet=sheet,
                    jobs=jobs,
                    progress=progress,
                )
            )
            con, delivery_id, roots = seen.con, seen.delivery_id, seen.roots
        else:
            named = governed.load if isinstance(standard, str) else loaded.key
            catalog = create(Path(folder) / "catalogue", standard=named)
            report = ingest(
                catalog,
                [Path(p) for p in delivered],
                sheet=sheet,
                jobs=jobs,
                progress=progress,
            )
            con = stack.enter_context(catalog.connect())
            delivery_id, roots = report.delivery_id, dict(catalog.config.roots)
        return check_tables(
            con,
            loaded,
            delivery_id=delivery_id,
            language=language,
            sheet=sheet,
            began=began,
            governed=governed,
            sources=Sources(roots, jobs),
            city=city,
            terms=terms,
        )


def check_catalog(
    catalog: Catalog,
    delivery: str | None = None,
    *,
    language: str = "en",
    record: bool = False,
) -> Verdict:
    """Check what a catalogue holds, against its own standard.

    Parameters
    ----------
    catalog
        The catalogue.
    delivery
        Id of one delivery; None: all that is valid now.
    language
        Of messages: zh, ja or en.
    record
        Write the findings and the verdict to the delivery in the catalogue.

    Raises
    ------
    UsageError
        If the catalogue has no standard, or there is no delivery to record them at.
    """
    from cimkit.standard import governing

    began = time.perf_counter()
    standard = catalog.standard()
    if standard is None:
        raise UsageError(
            "the catalogue has no standard to check against",
            where=str(catalog.folder),
            mend="Make it with `cimkit init --standard ID`, or use `cimkit check PATH`.",
        )
    if record and delivery is None:
        raise UsageError("findings are recorded at a delivery", mend="Name the delivery.")
    with catalog.connect() as con:
        verdict = check_tables(
            con,
            standard,
            delivery_id=delivery,
            language=language,
            began=began,
            governed=governing(standard, date_of(con, delivery)),
            sources=Sources(catalog.config.roots),
        )
    if record and delivery is not None:
        from cimkit.catalog import write_findings

        write_findings(
            catalog,
            delivery,
            verdict.findings,
            # An incomplete verdict leaves the delivery as it was: submitted.
            status={0: "accepted", 1: "rejected"}.get(verdict.exit_code),
            verdict=json.dumps(verdict.counts),
        )
    return verdict
