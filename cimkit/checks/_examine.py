"""Hold the tables of a delivery against all rules of a standard."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit import __version__
from cimkit.checks._baseline import compare
from cimkit.checks._classes import classed
from cimkit.checks._context import city_views
from cimkit.checks._findings import not_checked
from cimkit.checks._fingerprints import fingerprinted
from cimkit.checks._governed import told
from cimkit.checks._inspect import Sources, inspect_all, inspects
from cimkit.checks._overrides import Override, overrides, with_severity
from cimkit.checks._problems import PROBLEM_SPEC, problem_rule, source_problems
from cimkit.checks._sample import seed_of
from cimkit.checks._score import score
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._sql import scope
from cimkit.checks._sqlrule import SQL_SPEC, run_sql
from cimkit.checks._terms import Terms
from cimkit.checks._verdict import Verdict, judge
from cimkit.checks._views import delivery_views, own_tables
from cimkit.checks._waivers import waive
from cimkit.errors import CimkitError, UsageError
from cimkit.model import LAKE
from cimkit.registry import entry, names

if TYPE_CHECKING:
    import duckdb

    from cimkit.checks._context import City
    from cimkit.model import Sheet
    from cimkit.standard import Governing, Rule, Standard

__all__ = ["check_tables", "looks_at_sources_alone", "run_rule", "spec_of"]

_MANY = 8
"""Rules from which on it pays to copy the short tables of a lake."""


def check_tables(
    con: duckdb.DuckDBPyConnection,
    standard: Standard,
    *,
    delivery_id: str | None = None,
    language: str = "en",
    sheet: Sheet | None = None,
    began: float | None = None,
    governed: Governing | None = None,
    sources: Sources | None = None,
    city: City | None = None,
    terms: Terms | None = None,
) -> Verdict:
    """Check the tables of a lake that are the default schema of a connection.

    Parameters
    ----------
    con
        With the spatial extension loaded.
    standard
        To check against.
    delivery_id
        Of the delivery; None: everything there is.
    language, sheet
        As of `check`.
    began
        `time.perf_counter` when the work began, for the receipt.
    governed
        Why the standard governs, for the receipt.
    sources
        Where the delivered files lie, for rules that look into them; None: they are not at hand.
    city
        What the city has published, for rules that need context.
    terms
        Rules wanted otherwise, waivers, baseline, seed.
    """
    terms = terms or Terms()
    changed = overrides(standard.rules, terms.rules)
    began = time.perf_counter() if began is None else began
    if language not in ("en", "ja", "zh"):
        raise UsageError("no such language", got=language, expected="en, ja or zh")
    fits = city is not None and city.fits(standard)
    with (
        delivery_views(con, standard, delivery_id, still=len(standard.rules) > _MANY),
        city_views(con, city if fits else None, sheet),
    ):
        provided = {"catalogue", "measures"} | ({"source"} if sources else set())
        provided |= {"context"} if fits else set()
        context = CheckContext(
            con,
            standard,
            delivery_id or "",
            language=language,
            provided=frozenset(provided),
            sheet=sheet,
            roots=sources.roots if sources else {},
            city=city,
        )
        checked = [(rule, spec_of(rule)) for rule in standard.rules]
        asked = [(r, s) for r, s in checked if r.id not in changed or changed[r.id].now != "off"]
        if sources:
            context = replace(context, found=inspect_all(context, asked, sources))
        found = [_as_wanted(context, rule, spec, changed.get(rule.id)) for rule, spec in checked]
        findings = pa.concat_tables([LAKE["findings"].empty_table(), *found])
        rest = source_problems(context, checked, findings)
        findings = pa.concat_tables([findings, rest])
        checked.append((problem_rule(), PROBLEM_SPEC))
        findings = classed(context, fingerprinted(context, findings))
        items = context.table(
            """SELECT path, sha256, size, status, dataset_id, crs,
               json_extract_string(properties, '$.georeference.matrix') AS frame
               FROM items ORDER BY path"""
        ).to_pylist()
    files = [_file(row) for row in items]
    findings, waived = waive(findings, terms.waivers, terms.today or datetime.now(UTC).date())
    comparison = None
    if terms.baseline is not None:
        paths = [str(row["path"]) for row in items]
        findings, comparison = compare(findings, terms.baseline, paths)
    points = None
    if standard.acceptance.method == "score":
        units = {
            row["path"]: {"source": row["path"], "dataset": row["dataset_id"]}.get(
                standard.acceptance.unit, standard.key
            )
            for row in items
            if row["status"] != "ignored"
        }
        seed = terms.seed or seed_of(files, standard.hash)
        points = score(findings, standard.rules, units, standard.acceptance, seed)
    receipt: dict[str, Any] = {
        "standard": standard.key,
        "title": dict(standard.titles),
        "standard_hash": standard.hash,
        "tool": f"cimkit {__version__}",
        "governed_by": told(governed) if governed else None,
        "context_hash": city.hash if city else None,
        "context": city.told(standard) if city else None,
        "sheet_hash": _hash(asdict(sheet)) if sheet else None,
        "delivery": delivery_id,
        "language": language,
        "checked": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 3),
        "files": files,
    }
    return judge(
        findings,
        checked,
        standard.acceptance,
        receipt,
        score=points,
        comparison=comparison,
        waivers=waived,
        overrides=tuple(changed.values()),
    )


def _as_wanted(
    context: CheckContext, rule: Rule, spec: CheckSpec, wanted: Override | None
) -> pa.Table:
    """Return the findings of a rule; switched off is not checked, whoever wanted it so."""
    if wanted is None:
        return run_rule(context, rule, spec)
    if wanted.now == "off":
        return not_checked(context, rule, "switched-off")
    return with_severity(run_rule(context, rule, spec), wanted.now)


def looks_at_sources_alone(standard: Standard) -> bool:
    """Return whether all rules of a standard ask for no more than the bytes of each source."""
    if not standard.rules or standard.acceptance.method != "zero-error":
        return False
    return all(
        inspects(rule)
        and set(rule.needs) <= {"catalogue", "source"}
        and spec_of(rule).reads == "items"
        for rule in standard.rules
    )


def spec_of(rule: Rule) -> CheckSpec:
    """Return what the check of a rule is; of one that does not exist, its name."""
    if rule.check is None:
        return SQL_SPEC
    name = rule.check.replace("-", "_")
    if name not in names("cimkit.checks"):
        return CheckSpec(name=name, title=rule.name)
    module = entry("cimkit.checks", name)
    # A check that stands for many things, as a specification of an IDS, has a name for each.
    spec = module.spec_of(rule) if hasattr(module, "spec_of") else module.SPEC
    assert isinstance(spec, CheckSpec)
    return spec


def run_rule(
    context: CheckContext,
    rule: Rule,
    spec: CheckSpec,
    run: Callable[[CheckContext, Rule], pa.Table] | None = None,
) -> pa.Table:
    """Return the findings of one rule; what keeps it from being checked is one, too.

    ``run`` stands in for the check of the rule, where its SQL ran already.
    """
    context = replace(context, words=spec.words)
    needs = {*rule.needs, *spec.needs, *(("source",) if inspects(rule) else ())}
    missing = sorted(needs - context.provided)
    if missing == ["context"] and context.city is not None:
        return not_checked(context, rule, "context-other", other=context.city.standard)
    if missing:
        return not_checked(context, rule, "needs", what=", ".join(missing))
    try:
        if run is None:
            run = run_sql if rule.check is None else entry("cimkit.checks", rule.check).run
        with own_tables(context.con):
            found = run(context, rule)
        return pa.concat_tables([found, _unread(context, rule, spec)])
    except UsageError as error:
        return not_checked(context, rule, "no-check", mender="office", what=error.got)
    except CimkitError as error:
        return not_checked(context, rule, str(error), mender="office")
    # One check that breaks must not cost the verdict of the others; what broke is in the report.
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return not_checked(context, rule, "raised", mender="tool", error=said)


def _unread(context: CheckContext, rule: Rule, spec: CheckSpec) -> pa.Table:
    """Return a finding for the sources whose objects a check would need and nobody has read.

    A catalogue filled from headers alone knows that there are objects and not which; to call a rule
    about them not applicable would be to let them pass. Of the same bytes delivered twice the
    objects are those of the first.
    """
    count = 0
    if spec.reads == "objects":
        here = scope(rule, spec, context.standard, items=True)
        count = context.count(
            f"""SELECT count(*) FROM items WHERE status = 'ok' AND {here} AND (kind = 'imagery' OR
                list_max(list_transform(['features', 'products', 'points', 'objects', 'top_level',
                    'width'], c -> coalesce(TRY_CAST(counts ->> c AS BIGINT), 0))) > 0)
                AND coalesce(sha256, item_id::VARCHAR) NOT IN (
                    SELECT coalesce(sha256, item_id::VARCHAR) FROM items
                    SEMI JOIN objects USING (item_id))"""
        )
    if not count:
        return LAKE["findings"].empty_table()
    return not_checked(context, rule, "unread", count=count)


def _file(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a receipt says of a source; of a model also how it lies in its CRS."""
    file = {name: item[name] for name in ("path", "sha256", "size", "status")}
    if item["frame"]:
        file |= {"crs": item["crs"], "frame": json.loads(item["frame"])}
    return file


def _hash(plain: dict[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode()).hexdigest()
