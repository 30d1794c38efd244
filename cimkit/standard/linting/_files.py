"""Files that nothing reads: what stands in them is not part of the standard."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined

__all__ = ["unread_files"]

_SINGLE = (
    *("standard.toml", "classes.csv", "attributes.csv", "levels.csv", "level_rules.csv"),
    *("models.csv", "naming.toml"),
)
_FOLDERS = {
    "domains": ".csv",
    "mapping": ".csv",
    "crosswalk": ".csv",
    "rules": ".toml",
    "ids": ".ids",
}
_PROSE = (".md", ".txt", ".rst", ".pdf", ".docx")
_TABLES = ("classes", "codes", "names")


def unread_files(seen: Examined) -> Iterator[LintFinding]:
    """Yield the files of a package that no part of cimkit looks at."""
    files = seen.files
    if files is None:
        return
    try:
        head: dict[str, Any] = files.toml("standard.toml")
    except StandardError:
        return  # the building says it
    named = {str(v) for v in _texts(head)}
    for name in sorted(files.files):
        parts = name.split("/")
        if name in _SINGLE or name in named or any(p.startswith((".", "~$", "__")) for p in parts):
            continue
        if len(parts) == 1 and (name.endswith(_PROSE) or "." not in name):
            continue
        if len(parts) > 1 and name.endswith(_FOLDERS.get(parts[0], "\0")):
            continue
        if parts[0] == "tests" and (len(parts) > 2 or _is_table(parts[-1])):
            continue
        yield _unread(files.where(name), name)


def _is_table(name: str) -> bool:
    stem, _, suffix = name.partition(".")
    if suffix in ("md", "txt"):
        return True
    if suffix != "csv":
        # What stands beside a table of objects: classes.items.csv.
        return stem.startswith("classes") and suffix in ("items.csv", "measures.csv")
    return stem.startswith("classes") or stem in _TABLES


def _unread(where: str, name: str) -> LintFinding:
    wanted = [*_SINGLE, *(f"{folder}/<name>{end}" for folder, end in _FOLDERS.items())]
    near = difflib.get_close_matches(name.lower(), _SINGLE, 1, 0.75)
    folder = name.partition("/")[0]
    close = difflib.get_close_matches(folder.lower(), [*_FOLDERS, "tests"], 1, 0.75)
    if not near and "/" in name and close and close[0] != folder:
        near = [f"{close[0]}/{name.partition('/')[2]}"]
    if not near and folder in _FOLDERS:
        near = [name.rpartition(".")[0] + _FOLDERS[folder]]
    return LintFinding(
        "file-unread",
        "error" if near else "warning",
        where,
        "nothing reads this file, so what it says is not part of the standard",
        f"Did you mean {near[0]}?"
        if near
        else f"Remove it, or call it one of {', '.join(wanted)}.",
    )


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a document: a file that it names is read by somebody."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
