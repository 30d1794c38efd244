"""Files that are nearly called as the standard says get the name it asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cimkit.checks._fix._spec import Change, FixSpec, Left

if TYPE_CHECKING:
    from pathlib import Path

    from cimkit.checks._fix._spec import Job
    from cimkit.standard import Naming

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "file_names",
    order=90,
    title={
        "en": "file renamed as the standard says",
        "zh": "按标准重命名文件",
        "ja": "標準に従って改名",
    },
)

_KINDS = ("bim", "gis", "pointcloud", "raster")
"""Kinds of sources that nothing else in a delivery refers to by name."""
_DATE = re.compile(r"((?:19|20)\d\d)[-._/]?(0[1-9]|1[0-2])[-._/]?(0[1-9]|[12]\d|3[01])")


def run(job: Job) -> Iterator[Change]:
    """Rename sources whose parts are all there and only written otherwise.

    Capitals, blanks, separators, full-width letters and dates with hyphens are mended; a part that
    is missing or has a value that the standard does not know is not invented. The other files of a
    source go with it.
    """
    naming = job.standard.naming
    if naming is None or not any(f["check"] == "file_naming" for f in job.failures):
        return
    taken = {p.relative_to(job.folder).as_posix().casefold() for p in job.folder.rglob("*")}
    for path, asset in sorted(job.assets.items()):
        file = job.file(path)
        if file is None or asset.status != "ok" or asset.kind not in _KINDS:
            continue
        if naming.is_exempt(path) or naming.parse(path) is not None:
            continue
        name = _right(file.name, naming)
        if name is None:
            continue
        moves = _moves(path, name, asset.members)
        own = {old.casefold() for old in moves}
        clash = [new for new in moves.values() if new.casefold() in taken - own]
        if clash:
            job.left.append(Left(SPEC.name, path, f"there is a {clash[0]} already"))
            continue
        for old, new in moves.items():
            _move(job.folder / old, job.folder / new)
            taken.add(new.casefold())
        job.renamed |= moves
        yield Change(SPEC.name, path, "", file.name, name)


def _move(old: Path, new: Path) -> None:
    # In two steps: of a name in other capitals some systems say that it is there already.
    between = old.with_name(f".{old.name}.renamed")
    old.rename(between)
    between.rename(new)


def _right(name: str, naming: Naming) -> str | None:
    """Return the one name that fits and says the same, or None."""
    found = {c for c in _candidates(name) if naming.parse(c) is not None}
    return found.pop() if len(found) == 1 else None


def _candidates(name: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", name).strip()
    stem, dot, suffix = plain.rpartition(".")
    for dated in dict.fromkeys((stem, _DATE.sub(r"\1\2\3", stem))):
        for between in ("_", "-"):
            for text in (dated, dated.replace("-", "_")):
                joined = re.sub(r"\s*_\s*", "_", text)
                joined = re.sub(r"[\s]+", between, joined)
                joined = re.sub(r"_{2,}", "_", joined).strip("_")
                yield f"{joined}{dot}{suffix}"
                yield f"{joined.lower()}{dot}{suffix.lower()}"


def _moves(path: str, name: str, members: tuple[str, ...]) -> Mapping[str, str]:
    """Return the new path of each file of a source by its former one."""
    above, _, old = path.rpartition("/")
    stem, new_stem = old.partition(".")[0], name.partition(".")[0]
    folder = f"{above}/" if above else ""
    moves = {path: f"{folder}{name}"}
    for member in members:
        place, _, base = member.rpartition("/")
        if place == above and base.casefold().startswith(f"{stem.casefold()}."):
            moves[member] = f"{folder}{new_stem}{base[len(stem) :].lower()}"
    return moves
