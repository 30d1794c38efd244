"""What was delivered is what its own lists say: no file less, none more, none changed."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import Delivered, delivered_files, fitting, opened, rows_table, unseen
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks.delivery_manifest.lists import ALGORITHMS, LISTS, Entry, read_list
from cimkit.checks.delivery_manifest.words import WORDS
from cimkit.errors import SourceUnreadable

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="delivery_manifest",
    title="Files are as listed",
    counts="files",
    reads="items",
    needs=("source",),
    parameters={"files": [], "required": False, "extra": "warning", "ignore": []},
    words=WORDS,
)

_ENCODINGS = ("utf-8", "gb18030", "cp932", "big5", "utf-16")
_LONGEST = 64 * 2**20
_SIDECARS = tuple(f".{name}" for name in ALGORITHMS.values())


@dataclass(frozen=True, slots=True)
class _List:
    file: Delivered
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a list says of a file that is there."""

    file: Delivered
    list: str
    entry: Entry


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Hold the files delivered against lists of hashes and sizes that were delivered with them.

    Lists are known by their names (``SHA256SUMS``, ``*.md5``, ``manifest*.csv``, ``*文件清单*``,
    ``*納品一覧*`` ...) and read in three languages and any usual encoding. Paths count from the
    list's folder, from the delivery, or by name alone where the name is unique. A list whose lines
    are all about one file says nothing of others.

    Parameters of the rule: ``files`` (globs over paths of the lists, in place of the names above),
    ``required`` (there must be one), ``extra`` (severity of files that no list names; "": not
    looked for), ``ignore`` (globs over paths that need not be listed).
    """
    said = parameters(SPEC, rule)
    files = delivered_files(context)
    globs = said["files"] or [g for name in LISTS for g in (name, f"*/{name}")]
    lower = {f.path: f.path if said["files"] else f.path.lower() for f in files}
    named = fitting(globs, list(lower.values()))
    bad: list[dict[str, Any]] = []
    blind: list[Mapping[str, Any]] = []
    lists: list[_List] = []
    for file in files:
        if lower[file.path] not in named:
            continue
        try:
            entries = next(filter(None, (read_list(t, file.name) for t in _texts(file))), [])
        except (SourceUnreadable, OSError) as error:
            blind.append(unseen(file, error))
            continue
        if entries:
            lists.append(_List(file, entries))
        elif said["files"] or file.name.lower().endswith(_SIDECARS):
            bad.append({"path": file.path, "reason": "list-unread", "measured": file.name})
    if not lists and not bad and said["required"]:
        bad.append({"path": "", "reason": "list-none", "measured": "-"})
    asked, wrong = _looked_up(lists, files)
    bad += wrong
    answers = list(_answered(asked, blind))
    bad += answers
    if said["extra"] and lists:
        spared = fitting(said["ignore"], [f.path for f in files])
        bad += _extra(lists, files, spared, {q.file.path for q in asked}, said["extra"])
    count = len(asked) + sum(row["reason"] not in ("hash-wrong", "size-wrong") for row in bad)
    return conclude(context, rule, rows_table(bad), count, unchecked=blind)


def _texts(file: Delivered) -> Iterator[str]:
    """Give what a file may say, in the likeliest encoding first."""
    from cimkit.loaders._delivery.encoding import detect

    with opened(file) as place:
        if place.stat().st_size > _LONGEST:
            raise SourceUnreadable("too long for a list of files", where=file.path)
        content = place.read_bytes()
    for encoding in dict.fromkeys((detect(content) or "utf-8", *_ENCODINGS)):
        yield content.decode(encoding, "replace")


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _looked_up(
    lists: Sequence[_List], files: Sequence[Delivered]
) -> tuple[list[_Question], list[dict[str, Any]]]:
    """Return what lists say of files that are there, and the lines that are wrong by themselves."""
    by_path = {_key(f.path): f for f in files}
    by_name: dict[str, list[Delivered]] = {}
    for f in files:
        by_name.setdefault(_key(f.name), []).append(f)
    asked, bad = [], []
    for one in lists:
        said: dict[str, Entry] = {}
        for entry in one.entries:
            about = {"list": one.file.path, "line": entry.line}
            first = said.setdefault(_key(entry.path), entry)
            if first is not entry:
                if (first.hash, first.size) != (entry.hash, entry.size):
                    bad.append({"path": entry.path, "reason": "listed-twice", "things": 0, **about})
                continue
            file = _find(entry.path, one.file.folder, by_path, by_name)
            if file is not None:
                asked.append(_Question(file, one.file.path, entry))
            elif not entry.path.endswith("/"):
                bad.append(
                    {"path": entry.path, "reason": "listed-missing", "measured": "-", **about}
                )
    return asked, bad


def _find(
    path: str,
    folder: str,
    by_path: Mapping[str, Delivered],
    by_name: Mapping[str, Sequence[Delivered]],
) -> Delivered | None:
    """Return the file meant: seen from the list, from the delivery, from above it, or by name."""
    key = _key(path.strip("/"))
    above = _key(folder)
    for wanted in (f"{above}/{key}" if above else key, key, key.partition("/")[2]):
        if wanted in by_path:
            return by_path[wanted]
    same = by_name.get(key, ()) if "/" not in key else ()
    return same[0] if len(same) == 1 else None


def _answered(
    asked: Sequence[_Question], blind: list[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Give the files that are not as listed; those that cannot be read go to ``blind``."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for question, answer in zip(asked, pool.map(_compare, asked), strict=True):
            if isinstance(answer, Exception):
                blind.append(unseen(question.file, answer))
            elif answer is not None:
                yield answer


def _compare(question: _Question) -> dict[str, Any] | SourceUnreadable | OSError | None:
    file, entry = question.file, question.entry
    row: dict[str, Any] = {"path": file.path, "list": question.list, "line": entry.line}
    algorithm = ALGORITHMS[len(entry.hash)] if entry.hash else ""
    if algorithm == "sha256" and file.sha256 and entry.size is None:
        found = file.sha256  # hashed when it was read
        right = found == entry.hash
    else:
        try:
            with opened(file) as place:
                size = place.stat().st_size
                if entry.size is not None and size != entry.size:
                    sizes = {"measured": str(size), "expected": str(entry.size)}
                    return {**row, "reason": "size-wrong", **sizes}
                if not algorithm:
                    return None
                with place.open("rb") as content:
                    found = hashlib.file_digest(content, algorithm).hexdigest()
        except (SourceUnreadable, OSError) as error:
            return error
        right = found == entry.hash
    if right:
        return None
    told = {"measured": found, "expected": entry.hash, "algorithm": algorithm.upper()}
    return {**row, "reason": "hash-wrong", **told}


def _extra(
    lists: Sequence[_List],
    files: Sequence[Delivered],
    spared: set[str],
    listed: set[str],
    severity: str,
) -> Iterator[dict[str, Any]]:
    """Give the files in the folders of lists that none of them names."""
    own = {one.file.path for one in lists}
    # A member of an archive that is listed itself need not be.
    archives = tuple(f"{path}/" for path in listed)
    whole = [one for one in lists if len(one.entries) > 1]
    for file in files:
        if file.path in listed | own | spared or file.path.startswith(archives):
            continue
        if file.status == "archive" or file.name.lower().endswith(_SIDECARS):
            continue
        for one in whole:
            if not one.file.folder or file.path.startswith(f"{one.file.folder}/"):
                yield {
                    "path": file.path,
                    "list": one.file.path,
                    "reason": "listed-not",
                    "measured": file.name,
                    "severity": severity,
                }
                break
