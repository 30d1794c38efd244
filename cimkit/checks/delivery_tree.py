"""Folders and files lie where they should and have names that every computer can keep."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import delivered_files, fitting, rows_table
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(\.|$)")
"""Names that Windows keeps for devices, with any suffix."""

SPEC = CheckSpec(
    name="delivery_tree",
    title="Folders and names of files",
    counts="files",
    reads="items",
    parameters={
        "where": [],
        "required": [],
        "allowed": [],
        "forbidden": '<>:"|?*\\',
        "longest_path": 240,
        "longest_name": 255,
        "deepest": 0,
        "lower": False,
        "ascii": False,
    },
    words={
        "name-forbidden": {
            "en": "it has {what}, which not every system can keep in a name",
            "zh": "名称含有 {what}，并非所有系统都支持",
            "ja": "名前に使えない環境がある文字 {what} が含まれています",
        },
        "name-reserved": {
            "en": "{what} is a device on Windows and cannot be a file there",
            "zh": "{what} 是 Windows 的保留设备名，不能用作文件名",
            "ja": "{what} は Windows の予約名のためファイル名に使えません",
        },
        "name-ends": {
            "en": "it ends in a dot or a blank, which Windows drops",
            "zh": "名称以点或空格结尾，Windows 会将其去除",
            "ja": "末尾のピリオドや空白は Windows で失われます",
        },
        "name-twins": {
            "en": "it differs from {what} only in capitals or in how accents are written",
            "zh": "与 {what} 仅大小写或字符编码形式不同",
            "ja": "{what} とは大文字・小文字または文字の合成形だけが異なります",
        },
        "name-capitals": {
            "en": "names are written in small letters",
            "zh": "名称应使用小写字母",
            "ja": "名前は小文字で記します",
        },
        "name-letters": {
            "en": "it has {what}; names are written in ASCII letters",
            "zh": "名称含有 {what}，应仅使用 ASCII 字符",
            "ja": "{what} が含まれています（名前は ASCII のみ）",
        },
        "path-long": {
            "en": "its path has {what} characters",
            "zh": "路径长度为 {what} 个字符",
            "ja": "パスが {what} 文字あります",
        },
        "name-long": {
            "en": "its name has {what} bytes",
            "zh": "名称长度为 {what} 字节",
            "ja": "名前が {what} バイトあります",
        },
        "path-deep": {
            "en": "it lies {what} folders deep",
            "zh": "位于第 {what} 层文件夹",
            "ja": "フォルダの階層が {what} 段あります",
        },
        "folder-strange": {
            "en": "there is to be no such folder",
            "zh": "不应有此文件夹",
            "ja": "規定にないフォルダです",
        },
        "folder-missing": {
            "en": "nothing was delivered there",
            "zh": "该处没有交付任何内容",
            "ja": "該当するものが納品されていません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find names that some system cannot keep, folders that are missing and those too many.

    A folder whose name is wrong is one finding, not one for each file in it.

    Parameters of the rule: ``where`` (globs over paths, one of which something must fit for the
    rule to speak of the delivery; none: always), ``required`` (globs over paths of files and
    folders, each of which something must fit), ``allowed`` (globs over folders, one of which each
    folder must fit; none: any), ``forbidden`` (characters that no name may have; control
    characters never), ``longest_path`` (characters), ``longest_name`` (bytes in UTF-8),
    ``deepest`` (folders; 0: any), ``lower`` and ``ascii``.
    """
    said = parameters(SPEC, rule)
    paths = [f.path for f in delivered_files(context)]
    folders = sorted(
        {"/".join(p.split("/")[:n]) for p in paths for n in range(1, p.count("/") + 1)}
    )
    if said["where"] and not fitting(said["where"], [*folders, *paths]):
        return conclude(context, rule, rows_table([]), 0)
    bad: list[dict[str, Any]] = []
    for path in (*folders, *paths):
        for reason, what, expected in _name(path, said):
            bad.append(_row(path, reason, what, expected))
    for path in paths:
        if said["longest_path"] and len(path) > said["longest_path"]:
            bad.append(_row(path, "path-long", len(path), f"≤ {said['longest_path']:g}"))
        if said["deepest"] and path.count("/") > said["deepest"]:
            bad.append(_row(path, "path-deep", path.count("/"), f"≤ {said['deepest']:g}"))
    bad += [_row(path, "name-twins", other, "") for path, other in _twins((*folders, *paths))]
    bad += _places(said, folders, paths)
    met: set[str] = set()
    for row in bad:
        row["things"] = 0 if row["path"] in met else 1
        met.add(row["path"])
    applicable = len(paths) + len(folders) + len(said["required"])
    return conclude(context, rule, rows_table(bad), applicable)


def _row(path: str, reason: str, what: object, expected: str) -> dict[str, Any]:
    measured = path.rpartition("/")[2]
    return {
        "path": path,
        "measured": measured,
        "expected": expected,
        "reason": reason,
        "what": str(what),
    }


def _name(path: str, said: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    name = path.rpartition("/")[2]
    met = "".join(dict.fromkeys(c for c in name if c in said["forbidden"] or not _plain(c)))
    if met:
        yield "name-forbidden", repr(met), ""
    if _RESERVED.match(name):
        yield "name-reserved", name, ""
    if name != name.rstrip(". "):
        yield "name-ends", name, name.rstrip(". ")
    if said["lower"] and name != name.lower():
        yield "name-capitals", name, name.lower()
    strange = "".join(dict.fromkeys(c for c in name if ord(c) > 126))
    if said["ascii"] and strange:
        yield "name-letters", strange, ""
    size = len(name.encode("utf-8", "surrogateescape"))
    if said["longest_name"] and size > said["longest_name"]:
        yield "name-long", size, f"≤ {said['longest_name']:g}"


def _plain(character: str) -> bool:
    """Return whether it is neither a control character nor what stands for bytes of no text."""
    return unicodedata.category(character) not in ("Cc", "Cs") and character != "\ufffd"


def _twins(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give the names that are one on a system that takes A for a, with the first so called."""
    seen: dict[str, str] = {}
    for path in paths:
        # Of a folder's twin the files need no finding of their own.
        above, _, name = path.rpartition("/")
        key = f"{above}/{unicodedata.normalize('NFC', name).casefold()}"
        if seen.setdefault(key, path) != path:
            yield path, seen[key]


def _places(
    said: Mapping[str, Any], folders: Sequence[str], paths: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for glob in said["required"]:
        if not fitting([glob], [*folders, *paths]):
            yield {
                "path": glob,
                "measured": "-",
                "expected": glob,
                "reason": "folder-missing",
                "what": glob,
            }
    if said["allowed"]:
        right = fitting(said["allowed"], folders)
        strange = [f for f in folders if f not in right]
        for folder in strange:
            below = any(folder.startswith(f"{other}/") for other in strange)
            leads = any(f.startswith(f"{folder}/") for f in right)
            if not below and not leads:
                yield _row(folder, "folder-strange", folder, " | ".join(said["allowed"]))
