"""What databases say of their tables: aliases, value lists, subtypes, relationships."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["describe_geodatabase", "describe_geopackage", "read_definition"]

_MOST = 5_000
"""Values of one list that are kept."""


def describe_geodatabase(definitions: list[str]) -> dict[str, Any]:
    """Return what the items of a file geodatabase say, given their XML definitions."""
    said: dict[str, Any] = {}
    for text in definitions:
        read_definition(text, said)
    return said


def read_definition(text: str, said: dict[str, Any]) -> None:
    """Add what one item of a file geodatabase says: a value list, a table, a relationship.

    Parameters
    ----------
    text : str
        The item's ``Definition``.
    said : dict
        Gets ``domains``, ``layers`` and ``relationships``.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(text.encode(), parser)
    if root is None:
        return
    kind = str(root.tag).rpartition("}")[2]
    if kind.endswith("Domain2") or kind.endswith("Domain"):
        domain: dict[str, Any] = {"type": _text(root, "FieldType")}
        if "Coded" in kind:
            domain["values"] = {
                str(_text(value, "Code")): _text(value, "Name")
                for value in list(root.iter("{*}CodedValue"))[:_MOST]
            }
        else:
            domain["range"] = [_text(root, "MinValue"), _text(root, "MaxValue")]
        said.setdefault("domains", {})[str(_text(root, "DomainName"))] = domain
    elif kind in ("DEFeatureClassInfo", "DETableInfo"):
        _table(root, said)
    elif kind == "DERelationshipClassInfo":
        relationship = {
            "name": _text(root, "Name"),
            "cardinality": _text(root, "Cardinality"),
            "label": _text(root, "ForwardPathLabel"),
            "origin": [e.text for e in root.iterfind("{*}OriginClassNames/{*}Name")],
            "destination": [e.text for e in root.iterfind("{*}DestinationClassNames/{*}Name")],
            "keys": [
                {"role": _text(k, "KeyRole"), "field": _text(k, "ObjectKeyName")}
                for k in root.iter("{*}RelationshipClassKey")
            ],
        }
        said.setdefault("relationships", []).append(relationship)


def _table(root: _Element, said: dict[str, Any]) -> None:
    about: dict[str, Any] = {}
    name, alias = _text(root, "Name"), _text(root, "AliasName")
    if alias and alias != name:
        about["alias"] = alias
    for field in root.iter("{*}GPFieldInfoEx"):
        own, called, domain = (_text(field, n) for n in ("Name", "AliasName", "DomainName"))
        if own and called and called != own:
            about.setdefault("aliases", {})[own] = called
        if own and domain:
            about.setdefault("domains", {})[own] = domain
    subtypes = {
        str(_text(s, "SubtypeCode")): _text(s, "SubtypeName") for s in root.iter("{*}Subtype")
    }
    if subtypes:
        about["subtypes"] = {"field": _text(root, "SubtypeFieldName"), "values": subtypes}
    if about and name:
        said.setdefault("layers", {})[name] = about


def _text(element: _Element, name: str) -> str | None:
    found = element.find(f"{{*}}{name}")
    if found is None:
        found = element.find(name)
    return None if found is None or not found.text else found.text.strip()


def describe_geopackage(file: Path) -> dict[str, Any]:
    """Return what a GeoPackage says of its tables and columns beyond their rows.

    A table that cannot be read is passed over: GDAL has read the rows.
    """
    said: dict[str, Any] = {}
    con = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        for name, identifier, text, changed in _rows(
            con, "SELECT table_name, identifier, description, last_change FROM gpkg_contents"
        ):
            about = {"identifier": identifier, "description": text, "last_change": changed}
            if identifier == name:
                del about["identifier"]
            said.setdefault("layers", {})[str(name)] = {k: v for k, v in about.items() if v}
        for table, column, name, title, text, constraint in _rows(
            con,
            "SELECT table_name, column_name, name, title, description, constraint_name "
            "FROM gpkg_data_columns",
        ):
            layer = said.setdefault("layers", {}).setdefault(str(table), {})
            if name or title or text:
                layer.setdefault("aliases", {})[column] = name or title or text
            if constraint:
                layer.setdefault("domains", {})[column] = constraint
        for name, kind, value, low, high, text in _rows(
            con,
            "SELECT constraint_name, constraint_type, value, min, max, description "
            "FROM gpkg_data_column_constraints",
        ):
            domain = said.setdefault("domains", {}).setdefault(str(name), {"type": kind})
            if kind == "enum":
                domain.setdefault("values", {})[str(value)] = text
            elif kind == "range":
                domain["range"] = [low, high]
            else:
                domain["pattern"] = value
        related = _rows(
            con,
            "SELECT base_table_name, base_primary_column, related_table_name, "
            "related_primary_column, relation_name, mapping_table_name FROM gpkgext_relations",
        )
        for base, base_field, other, other_field, relation, mapping in related:
            said.setdefault("relationships", []).append(
                {
                    "origin": [base],
                    "destination": [other],
                    "name": relation,
                    "mapping": mapping,
                    "keys": [
                        {"role": "OriginPrimary", "field": base_field},
                        {"role": "DestinationPrimary", "field": other_field},
                    ],
                }
            )
    finally:
        con.close()
    return said


def _rows(con: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    try:
        return con.execute(query).fetchmany(_MOST * 10)
    except sqlite3.Error:  # it has no such table
        return []
