"""Write a draft as the files of a package: the same draft, the same bytes."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError, UsageError
from cimkit.standard.draft import Draft, Row
from cimkit.standard.package._files import open_package
from cimkit.standard.package._head import HEAD
from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    DOMAIN_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)

_SPECIAL = re.compile(r'[\x00-\x1f\\:*?"<>|]')
"""What no file name may have on one of the systems people use."""
_OWN = re.compile(
    r"(standard|naming)\.toml|(classes|attributes|levels|level_rules|models)\.csv"
    r"|(mapping|domains|crosswalk)/.*\.csv|rules/.*\.toml"
)
"""Names of the files that a draft has fields for."""


def package_files(draft: Draft) -> dict[str, bytes]:
    """Return the files of a package by name.

    Raises
    ------
    StandardError
        If a row has a column that its table has not, or a file may not be called so.
    """
    files: dict[str, str] = {"standard.toml": toml_text(_ordered(draft.head))}
    single: list[tuple[str, list[Row], Sequence[str]]] = [
        ("classes", draft.classes, CLASS_COLUMNS),
        ("attributes", draft.attributes, ATTRIBUTE_COLUMNS),
        ("levels", draft.levels, LEVEL_COLUMNS),
        ("level_rules", draft.level_rules, LEVEL_RULE_COLUMNS),
        ("models", draft.models, MODEL_COLUMNS),
    ]
    several: list[tuple[str, Mapping[str, list[Row]], Sequence[str]]] = [
        ("mapping", draft.mapping, MAPPING_COLUMNS),
        ("domains", draft.domains, DOMAIN_COLUMNS),
        ("crosswalk", draft.crosswalk, CROSSWALK_COLUMNS),
    ]
    for folder, tables, columns in several:
        single += [(f"{folder}/{n}", t, columns) for n, t in tables.items()]
    for name, rows, columns in single:
        # A list without values is a list; any other table without rows says nothing.
        if rows or name.startswith("domains/"):
            files[f"{name}.csv"] = csv_text(rows, columns, f"{name}.csv")
    files |= {f"rules/{n}.toml": toml_text(d) for n, d in draft.rules.items() if d}
    if draft.naming:
        files["naming.toml"] = toml_text(draft.naming)
    for name in draft.files:
        check_other(name)
    found = {n: t.encode() for n, t in files.items()} | draft.files
    for name in found:
        _check_name(name)
        above = name.rpartition("/")[0]
        while above:
            if above in found:
                raise StandardError(
                    "a file and a folder have one name",
                    where=name,
                    got=above,
                    expected=f"another name than that of the folder of {name}",
                )
            above = above.rpartition("/")[0]
    return dict(sorted(found.items()))


def check_other(name: str) -> None:
    """Raise `StandardError` if no file beside the tables and rules may be called so."""
    if _OWN.fullmatch(name):
        raise StandardError(
            "this is a table of the package, not one of its other files",
            where=name,
            got=name,
            mend="In a workbook it has a sheet of its own: write its rows there.",
        )
    _check_name(name)


def write_files(files: Mapping[str, bytes], path: Path, *, overwrite: bool) -> None:
    """Write files as a folder, or as a zip if the path ends so.

    Raises
    ------
    UsageError
        If there is something already, and it may not be overwritten.
    """
    if path.suffix.lower() == ".zip":
        replace_file(path, zip_bytes(files), overwrite=overwrite)
        return
    if path.is_dir() and any(path.iterdir()):
        if not overwrite or not (path / "standard.toml").is_file():
            raise UsageError(
                "there is something in this folder already",
                where=str(path),
                mend="Name another folder, or say that the package in it may be overwritten.",
            )
        for name in open_package(path).files:
            (path / name).unlink()
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def replace_file(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    UsageError
        If there is one already, and it may not be overwritten.
    """
    if path.exists() and not overwrite:
        raise UsageError(
            "this file is there already",
            where=str(path),
            mend="Name another file, or say that it may be overwritten.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Return a zip that has the same bytes whenever it is made."""
    with tempfile.TemporaryFile() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = 0o644 << 16
                archive.writestr(member, content)
        out.seek(0)
        return out.read()


def toml_text(document: dict[str, Any]) -> str:
    """Return a document as TOML; texts of several lines stay readable where that is exact."""
    import tomli_w

    text = tomli_w.dumps(document, multiline_strings=True)
    return text if tomllib.loads(text) == document else tomli_w.dumps(document)


def csv_text(rows: Sequence[Row], columns: Sequence[str], where: str) -> str:
    """Return rows as CSV with the columns that are in use, in their usual order.

    Raises
    ------
    StandardError
        If a row has another column.
    """
    used = {c for row in rows for c, text in row.items() if text}
    unknown = sorted(used - set(columns))
    if unknown:
        raise StandardError(
            "no such column", where=where, got=unknown[0], expected=", ".join(columns)
        )
    header = [c for c in columns if c in used] or ["code" if "code" in columns else columns[0]]
    if _hash_in(rows, header[0]):
        # A line that begins with # is a comment: let another column go first.
        first = next(c for c in [*header, *columns] if not _hash_in(rows, c))
        header = [first, *(c for c in header if c != first)]
    lines = [",".join(header)]
    for row in rows:
        if any(row.values()):
            lines.append(",".join(_quoted(row.get(c, "")) for c in header))
    return "\n".join(lines) + "\n"


def _hash_in(rows: Sequence[Row], column: str) -> bool:
    return any(row.get(column, "").startswith("#") for row in rows)


def _quoted(text: str) -> str:
    if re.search('[,"\r\n]', text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _ordered(head: dict[str, Any]) -> dict[str, Any]:
    known = [k for k in HEAD if k in head]
    return {k: head[k] for k in [*known, *(k for k in head if k not in HEAD)]}


def _check_name(name: str) -> None:
    parts = name.split("/")
    if _SPECIAL.search(name) or any(p in ("", ".", "..") or p != p.strip() for p in parts):
        raise StandardError(
            "no file of a package can be called so",
            got=name,
            mend="Take letters, digits, - and _; / between folders.",
        )
    if any(p.startswith(".") for p in parts):
        raise StandardError("hidden files are no part of a package", got=name)
