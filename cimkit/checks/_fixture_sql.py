"""Rules that are SQL on their fixtures: all of them in one worker process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._spec import CheckContext
from cimkit.checks._sqlrule import run_jobs, sql_findings, sql_job
from cimkit.errors import CimkitError
from cimkit.runtime.workers import WorkerFailure

if TYPE_CHECKING:
    from cimkit.checks._fixture import Fixture
    from cimkit.standard import Rule

__all__ = ["run_sql_rules"]

Run = Callable[[CheckContext, "Rule"], pa.Table]


def run_sql_rules(
    context: CheckContext, fixtures: Sequence[Fixture], show: Callable[[int], None]
) -> dict[str, Run]:
    """Run the SQL of rules on the rows of their fixtures.

    Parameters
    ----------
    show
        Makes the connection show the rows of one of them.

    Returns
    -------
    dict
        By name of the fixture, what stands in for the run of its rule.
    """
    ended: dict[str, Run] = {}
    names: dict[str, str] = {}
    jobs = []
    with tempfile.TemporaryDirectory(prefix="cimkit-fixtures-") as folder:
        for number, fixture in enumerate(fixtures):
            if fixture.rule.check is not None:
                continue
            own = Path(folder, str(number))
            own.mkdir()
            show(number)
            try:
                jobs.append(sql_job(context, fixture.rule, own))
                names[str(own)] = fixture.name
            except CimkitError as error:
                ended[fixture.name] = _run(error)
        for job, found in run_jobs(jobs) if jobs else ():
            ended[names[job[0]]] = _run(found)
    return ended


def _run(found: pa.Table | WorkerFailure | CimkitError) -> Run:
    def run(context: CheckContext, rule: Rule) -> pa.Table:
        if isinstance(found, CimkitError):
            raise found
        return sql_findings(context, rule, found)

    return run
