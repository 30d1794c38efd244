"""Attributes of objects as properties of tiles: their types, their code lists, who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cimkit.exporters._select import ACCESS
from cimkit.tiles.metadata import Choice, Enumeration, Property, identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport
    from cimkit.standard.model import Standard

__all__ = ["Attribute", "Words", "asked_for"]

_TRUTH = Enumeration("truth", "Yes or no", (Choice("false"), Choice("true")))
_MOST = 65_534  # values of an enumeration in 16 bits
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that was asked for."""

    asked: str
    """As it was asked for."""
    property: Property
    """In the schema."""
    sql: str
    """Its value, over ``selected s``."""


class Words:
    """What a standard says of attributes.

    Parameters
    ----------
    standard : Standard or None
        For titles and code lists; None: they are not known.
    rows : list of dict
        Attributes of the classes in use: code, name, type, unit, domain, access.
    """

    def __init__(self, standard: Standard | None, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        """The attributes."""
        self._domains = {} if standard is None else standard.domains
        self._titles: dict[str, str] = {}
        for attribute in () if standard is None else standard.attributes:
            if attribute.title:
                self._titles.setdefault(attribute.name, attribute.title)

    def property(self, row: dict[str, Any], name: str) -> Property:
        """Return the property for an attribute of a class, by the type that the standard says."""
        kind = {"number": "FLOAT64", "integer": "INT32", "boolean": "ENUM"}.get(row["type"])
        choices = self.choices(row["domain"])
        if choices:
            enumeration: Enumeration | None = _listed(row["domain"], choices)
            kind = "ENUM"
        else:
            enumeration = _TRUTH if kind == "ENUM" else None
        return Property(
            name, self.title(row["name"]), kind or "STRING", _description(row), enumeration
        )

    def title(self, name: str) -> str:
        """Return the name of an attribute for people."""
        return self._titles.get(name, name)

    def choices(self, domain: str | None) -> tuple[Choice, ...]:
        """Return the values of a code list; () if there is none or it is not at hand."""
        table = self._domains.get(domain or "")
        if table is None or not 0 < table.num_rows <= _MOST:
            return ()
        found = {
            row["code"]: Choice(
                row["code"],
                row.get("name_en") or "",
                row.get("name_zh") or "",
                row.get("name_ja") or "",
            )
            for row in table.to_pylist()
            if row["code"]
        }
        return tuple(found.values())


def asked_for(
    selection: Selection,
    names: tuple[str, ...],
    words: Words,
    taken: Iterable[str],
    report: ExportReport,
) -> tuple[Attribute, ...]:
    """Return the attributes asked for, as far as the access allows.

    Values of classes whose attribute is above the access are withheld, and counted in the notes.
    """
    used = set(taken)
    out = []
    for name in dict.fromkeys(names):
        rows = [row for row in words.rows if row["name"] == name]
        sql = _value(name)
        closed = [row["code"] for row in rows if _rank(row) > selection.rank]
        if closed:
            codes = ", ".join(_quoted(code) for code in closed)
            hidden = _count(selection, f"{sql} IS NOT NULL AND s.class_code IN ({codes})")
            if hidden:
                least = ACCESS[min(_rank(row) for row in rows if row["code"] in closed)]
                report.notes.append(
                    f"{hidden:,} values of {name} are withheld: the standard gives the attribute "
                    f"the access {least}"
                )
            sql = f"CASE WHEN s.class_code IN ({codes}) THEN NULL ELSE {sql} END"
        if not _count(selection, f"({sql}) IS NOT NULL"):
            report.notes.append(f"no object has a value of {name}")
            continue
        row = next((row for row in rows if row["code"] not in closed), None)
        id_ = identifier(name)
        if id_ in used:
            id_ = f"attribute_{id_}"
        while id_ in used:
            id_ += "_"
        used.add(id_)
        out.append(_typed(selection, name, id_, sql, row, words, report))
    return tuple(out)


def _typed(
    selection: Selection,
    name: str,
    id_: str,
    sql: str,
    row: dict[str, Any] | None,
    words: Words,
    report: ExportReport,
) -> Attribute:
    """Give an attribute the type that the standard says, if all its values are of it."""
    said = None if row is None else row["type"]
    title = words.title(name)
    about = _description(row or {})
    choices = words.choices(row["domain"]) if row else ()
    if choices:
        found = selection.fetch(
            f"SELECT DISTINCT {sql} AS value FROM selected s ORDER BY value LIMIT {_MOST}"
        )["value"].to_pylist()
        more = [value for value in found if value]
        if len({*more, *(choice.name for choice in choices)}) <= _MOST:
            listed = _listed(str(row["domain"]) if row else id_, choices, more, id_)
            return Attribute(name, Property(id_, title, "ENUM", about, listed), sql)
    facts = selection.fetch(
        f"""SELECT count(value) AS n, count(TRY_CAST(value AS DOUBLE)) AS numbers,
        count(*) FILTER (value IN ('true', 'false')) AS truths,
        count(*) FILTER (regexp_full_match(value, '[-+]?[0-9]+')) AS wholes,
        min(TRY_CAST(value AS DOUBLE)) AS low, max(TRY_CAST(value AS DOUBLE)) AS high,
        count(*) FILTER (isinf(TRY_CAST(value AS DOUBLE)) OR isnan(TRY_CAST(value AS DOUBLE)))
            AS odd,
        count(*) FILTER (value IN ('true', 'false') OR (regexp_full_match(value,
            '[-+]?[0-9.]+([eE][-+]?[0-9]+)?') AND NOT regexp_matches(value, '^[-+]?0[0-9]')))
            AS plain
        FROM (SELECT {sql} AS value FROM selected s) WHERE value IS NOT NULL"""
    ).to_pylist()[0]
    kind = _kind(said, facts)
    wanted = {"number": "FLOAT64", "integer": "INT32", "boolean": "ENUM"}.get(said or "", kind)
    if kind == "STRING" and wanted != "STRING":
        report.notes.append(f"{name} is written as text: not all values are of type {said}")
    if kind == "ENUM":
        return Attribute(name, Property(id_, title, kind, about, _TRUTH), sql)
    if kind in ("FLOAT64", "INT32"):
        duck = "DOUBLE" if kind == "FLOAT64" else "INTEGER"
        sql = f"TRY_CAST({sql} AS {duck})"
    return Attribute(name, Property(id_, title, kind, about), sql)


def _kind(said: str | None, facts: dict[str, Any]) -> str:
    """Kind of property that holds all values; ``said`` is the type of the standard, None free."""
    n = facts["n"]
    if facts["truths"] == n and said in ("boolean", None):
        return "ENUM"
    # Without a standard's word a code that looks like a number, 0417, stays what it is.
    numeric = facts["numbers"] == n and not facts["odd"]
    if not numeric or said not in ("number", "integer", None):
        return "STRING"
    if said is None and facts["plain"] < n:
        return "STRING"
    low, high = facts["low"], facts["high"]
    if facts["wholes"] == n and said != "number" and low > -(2**31) and high < 2**31:
        return "INT32"
    if facts["wholes"] == n and max(abs(low), abs(high)) > _EXACT:
        return "STRING"
    return "FLOAT64"


def _value(name: str) -> str:
    """SQL for a property by its name, or by the names on the way to it with dots between."""
    pointers = ["/" + _pointer(name)]
    if "." in name:
        pointers.append("".join("/" + _pointer(part) for part in name.split(".")))
    found = [f"json_extract_string(s.properties, {_quoted(one)})" for one in pointers]
    value = found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"
    return f"nullif({value}, '')"


def _pointer(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _count(selection: Selection, where: str) -> int:
    table = selection.fetch(f"SELECT count(*) AS n FROM selected s WHERE {where}")
    return int(table["n"][0].as_py())


def _rank(row: dict[str, Any]) -> int:
    return ACCESS.index(row["access"]) if row["access"] in ACCESS else 0


def _description(row: dict[str, Any]) -> str:
    return f"Unit: {row['unit']}" if row.get("unit") else ""


def _listed(
    domain: str, choices: tuple[Choice, ...], more: Iterable[str] = (), owner: str = ""
) -> Enumeration:
    """Return a code list, with what objects have beside it: then it is that of one attribute."""
    known = {choice.name for choice in choices}
    extra = tuple(Choice(value) for value in more if value not in known)
    id_ = f"list_{identifier(domain)}"
    return Enumeration(f"{id_}_{owner}" if extra else id_, domain, choices + extra)
