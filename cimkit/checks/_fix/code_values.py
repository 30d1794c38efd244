"""Values that write a code otherwise get the code: names of a list, blanks, wide digits."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._fix._dbf import DbfError, write_values
from cimkit.checks._fix._spec import Change, FixSpec, Left

if TYPE_CHECKING:
    from cimkit.checks._fix._spec import Job

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "code_values",
    order=30,
    title={
        "en": "value replaced by its code",
        "zh": "取值替换为代码",
        "ja": "値をコードに置換",
    },
)

_ROW = re.compile(r"row ([0-9]+)\b")


@dataclass(frozen=True, slots=True)
class _Wanted:
    row: int
    """From 1."""
    fields: tuple[str, ...]
    """The one that holds the value is meant."""
    before: str
    after: str


def run(job: Job) -> Iterator[Change]:
    """Replace names of a code list by their codes, and tidy identifier codes, in place.

    GeoPackages and shapefiles alone: there one value can be changed and no other byte of the table.
    A value is replaced where the check has met it and nowhere else.
    """
    by_layer: dict[tuple[str, str], list[_Wanted]] = {}
    for failure in job.failures:
        wanted = _wanted(job, failure)
        if wanted is not None:
            by_layer.setdefault((failure["path"], failure["layer"]), []).append(wanted)
    for (path, layer), values in sorted(by_layer.items()):
        file = job.file(path)
        suffix = file.suffix.lower() if file else ""
        try:
            if file is not None and suffix == ".gpkg":
                yield from _changes(path, _geopackage(file, layer, values))
            elif file is not None and suffix in (".shp", ".dbf"):
                encoding = job.assets[path].encoding or "utf-8"
                table = _table_of(file)
                given = [(w.row, w.fields, w.before, w.after) for w in values]
                done = write_values(table, encoding, given)
                yield from _changes(
                    path, [(w, field) for w, field in zip(values, done, strict=True) if field]
                )
            else:
                job.left.append(
                    Left(SPEC.name, path, f"{len(values)} values: no GeoPackage or shapefile")
                )
        except (sqlite3.Error, DbfError, OSError) as error:
            job.left.append(Left(SPEC.name, path, str(error)))


def _changes(path: str, done: Sequence[tuple[_Wanted, str]]) -> Iterator[Change]:
    for wanted, field in done:
        place = f"row {wanted.row}, {field}"
        yield Change(SPEC.name, path, place, wanted.before, wanted.after)


def _wanted(job: Job, failure: Mapping[str, Any]) -> _Wanted | None:
    """Return the value that a failure asks for, if it follows without a doubt."""
    row = _ROW.match(failure["place"])
    if row is None:
        return None
    details = json.loads(failure["details"]) if failure["details"] else {}
    before = failure["measured"]
    grammar = job.standard.grammar
    named = failure["check"] == "attribute_domain" and failure["reason"] == "domain-name"
    if named and details.get("attribute") and details.get("code"):
        return _Wanted(int(row[1]), (details["attribute"],), before, details["code"])
    if failure["check"] == "code_grammar" and failure["reason"] == "code-shape" and grammar:
        tidy = re.sub(r"\s", "", unicodedata.normalize("NFKC", before))
        if tidy != before and not grammar.validate(tidy):
            return _Wanted(int(row[1]), grammar.field_names, before, tidy)
    return None


def _table_of(file: Path) -> Path:
    stem = file.stem.casefold()
    found = [
        p for p in file.parent.iterdir() if p.stem.casefold() == stem and p.suffix.lower() == ".dbf"
    ]
    if not found:
        raise DbfError("there is no .dbf")
    return found[0]


def _geopackage(file: Path, layer: str, values: Sequence[_Wanted]) -> list[tuple[_Wanted, str]]:
    """Change values of a layer; what is not as the check has met it stays."""
    done: list[tuple[_Wanted, str]] = []
    with closing(sqlite3.connect(file, isolation_level=None)) as con:
        con.execute("BEGIN IMMEDIATE")
        table = _name(layer)
        columns = {row[1] for row in con.execute(f"PRAGMA table_info({table})")}
        keys = [row[0] for row in con.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]
        # Triggers of the spatial index call functions that only GDAL has; no geometry changes here.
        triggers = con.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [layer]
        ).fetchall()
        for name, _ in triggers:
            con.execute(f"DROP TRIGGER {_name(name)}")
        for wanted in values:
            for field in wanted.fields:
                if field not in columns or wanted.row > len(keys):
                    continue
                changed = con.execute(
                    f"UPDATE {table} SET {_name(field)} = ? WHERE rowid = ?"
                    f" AND trim({_name(field)}) = trim(?)",
                    [wanted.after, keys[wanted.row - 1], wanted.before],
                )
                if changed.rowcount == 1:
                    done.append((wanted, field))
                    break
        for _, sql in triggers:
            con.execute(sql)
        con.execute("COMMIT")
    return done


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
