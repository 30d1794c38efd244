"""What the contract asks for is there: so many sources or objects, in all or for each tile."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import fitting, rows_table
from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, field_text, scope
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_MOST = 20_000

SPEC = CheckSpec(
    name="delivery_products",
    title="Required products",
    counts="products",
    reads="items",
    parameters={
        "paths": [],
        "formats": [],
        "least": 1,
        "most": 0,
        "of": "sources",
        "per": "",
        "values": [],
    },
    words={
        "product-missing": {
            "en": "none was delivered, {expected} is asked for",
            "zh": "没有交付，要求 {expected}",
            "ja": "納品されていません（{expected} 必要）",
        },
        "product-few": {
            "en": "{measured} delivered, {expected} is asked for",
            "zh": "交付 {measured} 个，要求 {expected}",
            "ja": "{measured} 件の納品、{expected} 必要",
        },
        "product-many": {
            "en": "{measured} delivered, {expected} is allowed",
            "zh": "交付 {measured} 个，允许 {expected}",
            "ja": "{measured} 件の納品、{expected} まで",
        },
        "no-naming": {
            "en": "{standard} has no file names with the part {part}",
            "zh": "{standard} 的文件命名中没有 {part} 部分",
            "ja": "{standard} のファイル名に {part} の部分がありません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find products that were not delivered, too few of them, or too many.

    A product is a source of the kinds the rule applies to (or an object of its classes) that fits
    ``paths`` and ``formats``.

    Parameters of the rule: ``paths`` (globs over paths; ``{value}`` stands for the value of
    ``per``), ``formats`` (globs over formats, e.g. ``IFC4*``), ``least``, ``most`` (0: any number),
    ``of`` (``sources`` or ``objects``), ``per`` (a part of file names, e.g. ``mesh``: so many for
    each value met in any file's name; ``field:<attribute>``: for each value of the attribute of
    the classes the rule applies to, e.g. each building's number), ``values`` (in place of the
    values met).

    Raises
    ------
    StandardError
        If a parameter has no such value.
    """
    said = parameters(SPEC, rule)
    if said["of"] not in ("sources", "objects"):
        raise StandardError(
            f"the parameter of of {SPEC.name} has no such value",
            where=rule.origin,
            got=said["of"],
            expected="sources, objects",
        )
    naming, per = context.standard.naming, said["per"]
    by_part = bool(per) and not per.startswith("field:")
    if by_part and (naming is None or not any(per in g.parts for g in naming.grammars)):
        return not_checked(
            context, rule, "no-naming", mender="office", standard=context.standard.key, part=per
        )
    products = _products(context, rule, said)
    parts = (
        {p: (naming.parse(p) or {}).get(per, "") for p in products} if by_part and naming else {}
    )
    values = _values(context, rule, said) or [""]
    bad: list[dict[str, Any]] = []
    if by_part:
        counted = Counter(dict.fromkeys(values, 0))
        for path, number in products.items():
            counted[parts[path]] += number
    for value in values:
        if by_part:
            number = counted[value]
        else:
            globs = [g.replace("{value}", _plain(value)) for g in said["paths"]]
            fit = fitting(globs, list(products)) if globs else set(products)
            number = sum(products[p] for p in fit)
        row = _judged(number, said)
        if row:
            name = " ".join(x for x in (value, ", ".join(said["paths"])) if x)
            bad.append({"path": "", "place": name, "value": value, **row})
    return conclude(context, rule, rows_table(bad), len(values))


def _judged(number: int, said: dict[str, Any]) -> dict[str, Any] | None:
    if number < said["least"]:
        reason = "product-few" if number else "product-missing"
        return {"reason": reason, "measured": str(number), "expected": f"≥ {said['least']:g}"}
    if said["most"] and number > said["most"]:
        return {
            "reason": "product-many",
            "measured": str(number),
            "expected": f"≤ {said['most']:g}",
        }
    return None


def _products(context: CheckContext, rule: Rule, said: dict[str, Any]) -> dict[str, int]:
    """Return by path how many products there are in each source."""
    kinds = rule.applies_to.kinds
    here = any_of("kind", kinds) if kinds else "TRUE"
    rows = context.table(
        f"SELECT path, coalesce(format, '') AS format FROM items"
        f" WHERE status = 'ok' AND {here} ORDER BY path"
        if kinds or said["formats"]
        else "SELECT path, coalesce(format, '') AS format FROM items ORDER BY path"
    ).to_pylist()
    if said["formats"]:
        right = fitting(said["formats"], [r["format"] for r in rows])
        rows = [r for r in rows if r["format"] in right]
    paths = [r["path"] for r in rows]
    if said["paths"] and not any("{value}" in g for g in said["paths"]):
        right = fitting(said["paths"], paths)
        paths = [p for p in paths if p in right]
    if said["of"] == "sources":
        return dict.fromkeys(paths, 1)
    counted = context.table(
        f"SELECT path, count(*) AS n FROM things WHERE {scope(rule, SPEC, context.standard)}"
        " GROUP BY path"
    ).to_pylist()
    numbers = {r["path"]: r["n"] for r in counted}
    return {p: numbers.get(p, 0) for p in paths}


def _values(context: CheckContext, rule: Rule, said: dict[str, Any]) -> list[str]:
    if said["values"] or not said["per"]:
        return list(said["values"])
    if said["per"].startswith("field:"):
        field = said["per"].removeprefix("field:")
        here = (
            any_of("class_code", sorted(context.standard.under(rule.applies_to.classes)))
            if rule.applies_to.classes
            else "TRUE"
        )
        rows = context.table(
            f"SELECT DISTINCT value FROM (SELECT {field_text(field)} AS value FROM things"
            f" WHERE {here}) WHERE value IS NOT NULL ORDER BY value"
        )
        values: list[str] = rows["value"].to_pylist()
    else:
        naming = context.standard.naming
        paths = context.table("SELECT path FROM items WHERE status = 'ok'")["path"].to_pylist()
        met = {(naming.parse(p) or {}).get(said["per"], "") for p in paths} if naming else set()
        values = sorted(met - {""})
    if len(values) > _MOST:
        raise StandardError(
            "too many values", where=rule.origin, got=len(values), expected=f"at most {_MOST:,}"
        )
    return values


def _plain(value: str) -> str:
    """Return a text as a glob that fits it alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in value)
