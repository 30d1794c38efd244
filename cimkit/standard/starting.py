"""Begin a package of one's own: from a template or from nothing, and it loads at once."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cimkit.errors import UsageError
from cimkit.registry import data_folder
from cimkit.standard.draft import Draft, write_draft
from cimkit.standard.package._files import PackageFiles, open_package

__all__ = ["new"]

_NOTES = "NOTES.md"


def new(
    id: str,
    out: str | Path,
    *,
    edition: str = "draft",
    extends: str | None = None,
    template: str | None = None,
    titles: Mapping[str, str] | None = None,
    division: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a package to begin with.

    Parameters
    ----------
    id : str
        Of the package, e.g. ``city.yourtown``.
    out : str or Path
        A folder; a workbook if it ends in ``.xlsx``, a zip if in ``.zip``.
    edition : str
        Its edition.
    extends : str, optional
        The standard that it builds on, ``id@edition``; without an edition the latest.
    template : str, optional
        ``city``: what a city's standard has, to be filled in. Without one the package is empty.
    titles : mapping, optional
        By language: zh, ja, en.
    division : str, optional
        Administrative division code.
    overwrite : bool
        Whether a package at `out` may be replaced.

    Returns
    -------
    Path
        `out`. The package loads; its notes (``NOTES.md``, sheet ``notes``) say what to fill in.

    Raises
    ------
    UsageError
        If the id is none, there is no such template, or `out` is there already.
    StandardError
        If the standard that it extends is not there, or does not go with the template.
    """
    from cimkit.standard import load

    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", id) or not re.fullmatch(r"[\w.-]+", edition):
        raise UsageError(
            "no id of a package", got=f"{id}@{edition}", expected="letters, digits, - . and _"
        )
    draft = _template(template, id) if template else Draft(head={})
    said: dict[str, Any] = {"id": id, "edition": edition, "status": "draft"}
    if extends:
        said["extends"] = [load(extends).key]
    draft.head = {**draft.head, **said, "titles": _titles(id, titles or {}, draft.head)}
    draft.head.setdefault("languages", ["zh", "ja", "en"])
    if division:
        place = {k: v for k, v in draft.head.get("jurisdiction", {}).items() if k != "fictional"}
        draft.head["jurisdiction"] = {**place, "division": division}
    draft.files[_NOTES] = _steps(draft).encode() + draft.files.get(_NOTES, b"")
    _prove(draft)
    write_draft(draft, out, overwrite=overwrite)
    return Path(out)


def _template(name: str, id: str) -> Draft:
    """Return a template under another id; what its comments say goes into the notes."""
    folder = data_folder("standards")
    path = folder / f"_template.{name}"
    if not re.fullmatch("[a-z0-9-]+", name) or not path.is_dir():
        known = (p.name.partition(".")[2] for p in sorted(folder.glob("_template.*")))
        raise UsageError("no such template", got=name, expected=", ".join(known) or "none is there")
    from cimkit.standard.package._reading import draft_of

    files = open_package(path)
    old = str(files.toml("standard.toml")["id"]).encode()
    named = {n: content.replace(old, id.encode()) for n, content in files.files.items()}
    files = PackageFiles(path, named)
    draft = draft_of(files)
    comments = [""]
    for file in sorted(n for n in files.files if n.endswith((".toml", ".csv"))):
        said = re.findall(r"^# ?(.*)$", files.text(file), re.MULTILINE)
        if said:
            comments += [f"## {file}", "", *(f"    {line}".rstrip() for line in said), ""]
    draft.files[_NOTES] = ("\n".join(comments).rstrip("\n") + "\n").encode()
    return draft


def _titles(id: str, titles: Mapping[str, str], head: Mapping[str, Any]) -> dict[str, str]:
    unknown = set(titles) - {"zh", "ja", "en"}
    if unknown:
        raise UsageError("no such language of a title", got=min(unknown), expected="zh, ja or en")
    return {"en": titles.get("en") or next(iter(titles.values()), id), **titles}


def _steps(draft: Draft) -> str:
    head = draft.head
    rows = [
        f"# {head['id']}: what to fill in / 待填写 / 記入すること",
        "",
        "1. Titles, issuer, dates, division. / 标题、发布机构、日期、区划代码 / 題名・発行者・日付",
        "2. Classes: code, parent, names; verified=yes only for what you saw in a source, which "
        "the column source names. / 分类 / 分類",
        "3. Attributes and lists of values. / 属性与值域 / 属性とコードリスト",
        "4. Mapping: which layer, field and value means which class. / 映射 / マッピング",
        "5. Rules, each with a message and a clause. / 规则 / ルール",
        "6. Run `cimkit standard lint`, then `cimkit standard try` on a real delivery.",
    ]
    if head.get("extends"):
        rows.insert(3, f"   It has all of {head['extends'][0]}; write only what is otherwise, with")
        rows.insert(4, "   add, rename, restrict, retire or replace in the column change.")
    return "\n".join(rows) + "\n"


def _prove(draft: Draft) -> None:
    """Load the package from where it leaves nothing behind."""
    from cimkit.standard import load

    folder = Path(tempfile.mkdtemp(prefix="cimkit-new-"))
    try:
        write_draft(draft, folder / "package")
        load(folder / "package")
    finally:
        shutil.rmtree(folder)
