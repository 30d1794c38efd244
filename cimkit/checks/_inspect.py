"""Checks that must see the bytes: all rules' questions to one source, asked in one opening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._spec import CheckContext, CheckSpec, Inspected, parameters
from cimkit.checks._sql import any_of, scope
from cimkit.checks._views import own_tables
from cimkit.errors import CimkitError
from cimkit.registry import entry, names
from cimkit.runtime.workers import WorkerFailure, run

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["Sources", "inspect_all", "inspects"]

_SECONDS = 600.0
_BYTES_A_SECOND = 250_000.0
"""What all questions to one source may take together: a while, and longer for a large one."""
_BYTES = 6 * 1024**3


_NOTHING = pa.schema([("item_id", pa.string()), ("path", pa.string())]).empty_table()


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the delivered files lie."""

    roots: Mapping[str, str]
    """Folders by the name of the root."""
    jobs: int | None = None
    """Worker processes; None: as many as there are cores."""


@dataclass(frozen=True, slots=True)
class _Question:
    rule: str
    check: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Job:
    root: str
    item: Mapping[str, Any]
    questions: tuple[_Question, ...]


def inspects(rule: Rule) -> bool:
    """Return whether the check of a rule looks into the sources themselves."""
    known = rule.check is not None and rule.check.replace("-", "_") in names("cimkit.checks")
    return known and hasattr(entry("cimkit.checks", str(rule.check)), "inspect")


def inspect_all(
    context: CheckContext, checked: Sequence[tuple[Rule, CheckSpec]], sources: Sources
) -> dict[str, Inspected]:
    """Return by rule id what the checks that look into sources found.

    A source that cannot be opened again is not checked by any of these rules; one whose question
    raises, hangs or crashes its worker is not checked by that rule.
    """
    asked: dict[str, list[_Question]] = {}
    items: dict[str, dict[str, Any]] = {}
    rows: dict[str, list[pa.Table]] = {rule.id: [] for rule, _ in checked if inspects(rule)}
    seen: dict[str, list[str]] = {key: [] for key in rows}
    blind: dict[str, list[dict[str, Any]]] = {key: [] for key in rows}
    for rule, spec in checked:
        if not inspects(rule):
            continue
        said = parameters(spec, rule)
        told = _told(context, rule)
        if isinstance(told, str):
            blind[rule.id].append({"path": "", "reason": "raised", "error": told, "count": 1})
            continue
        here = scope(rule, spec, context.standard, items=True)
        here = here if told is None else any_of("item_id", told)
        for row in context.table(
            f"""SELECT item_id, path, root, members, sha256, size, kind, loader, media_type, title,
                       crs, properties, counts FROM items
                WHERE status = 'ok' AND {here} ORDER BY path"""
        ).to_pylist():
            items[row["item_id"]] = row
            more = {} if told is None else {"asked": told[row["item_id"]]}
            question = _Question(rule.id, str(rule.check), {**said, **more})
            asked.setdefault(row["item_id"], []).append(question)
    jobs = [
        _Job(sources.roots.get(items[key]["root"], ""), items[key], tuple(questions))
        for key, questions in asked.items()
    ]
    jobs.sort(key=lambda job: job.item["size"] or 0, reverse=True)
    for job, answer in _answers(jobs, sources):
        for n, question in enumerate(job.questions):
            reply = answer.message if isinstance(answer, WorkerFailure) else answer[n]
            if isinstance(reply, str):
                lost = {"path": job.item["path"], "reason": "source-unseen", "error": reply}
                blind[question.rule].append({**lost, "count": 1})
                continue
            rows[question.rule].append(_named(reply, job.item))
            seen[question.rule].append(job.item["item_id"])
    return {
        key: Inspected(
            pa.concat_tables(_in_order(tables), promote_options="permissive")
            if tables
            else _NOTHING,
            tuple(seen[key]),
            tuple(sorted(blind[key], key=lambda row: str(row["path"]))),
        )
        for key, tables in rows.items()
    }


def _answers(
    jobs: Sequence[_Job], sources: Sources
) -> Iterator[tuple[_Job, list[pa.Table | str] | WorkerFailure]]:
    """Yield jobs with their answers; where a worker died, each question is asked again alone."""
    again = []
    for job, answer in _run(jobs, sources):
        if isinstance(answer, WorkerFailure) and len(job.questions) > 1:
            again += [replace(job, questions=(question,)) for question in job.questions]
        else:
            yield job, answer
    yield from _run(again, sources)


def _run(
    jobs: Sequence[_Job], sources: Sources
) -> Iterator[tuple[_Job, list[pa.Table | str] | WorkerFailure]]:
    return run(
        _ask,
        jobs,
        workers=sources.jobs or cpu_count() or 1,
        timeout_s=lambda job: _SECONDS + (job.item["size"] or 0) / _BYTES_A_SECOND,
        memory_bytes=_BYTES,
    )


def _told(context: CheckContext, rule: Rule) -> dict[str, pa.Table] | str | None:
    """Return what a check wants to know of each source; None: the same of all; a text: it broke."""
    ask = getattr(entry("cimkit.checks", str(rule.check)), "ask", None)
    if ask is None:
        return None
    try:
        with own_tables(context.con):
            return dict(ask(context, rule))
    # One check that breaks must not cost the verdict of the others; what broke is in the report.
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _in_order(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Return tables in the order of their paths; those without rows give their columns only."""
    return sorted(tables, key=lambda t: t["path"][0].as_py() if t.num_rows else "")


def _named(table: pa.Table, item: Mapping[str, Any]) -> pa.Table:
    for n, name in enumerate(("item_id", "path")):
        values = pa.array([item[name]] * table.num_rows, pa.string())
        table = table.add_column(n, name, values)
    return table


def _ask(job: _Job) -> list[pa.Table | str]:
    """Run in a worker: open the source once and ask it all questions."""
    from cimkit.loaders import open_source

    item = job.item
    try:
        if not job.root:
            raise CimkitError("the folder of this source is not known", got=item["root"])
        with open_source(
            Path(job.root), item["path"], item["members"] or (), item["sha256"]
        ) as source:
            return [_answer(source, item, question) for question in job.questions]
    except (CimkitError, OSError) as error:
        return [str(error)] * len(job.questions)


def _answer(source: Any, item: Mapping[str, Any], question: _Question) -> pa.Table | str:
    try:
        answer = entry("cimkit.checks", question.check).inspect(source, item, question.parameters)
        assert isinstance(answer, pa.Table)
        return answer
    except CimkitError as error:
        return str(error)
    # One question that breaks must not cost the others; the rule then says: not checked, and why.
    except Exception as error:
        return f"{type(error).__name__}: {error}"
