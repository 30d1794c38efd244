"""Lists of files with their hashes and sizes, as people and tools write them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ALGORITHMS", "LISTS", "Entry", "read_list"]

ALGORITHMS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""By the number of hexadecimal digits."""

LISTS = (
    *("md5sums*", "sha1sums*", "sha224sums*", "sha256sums*", "sha384sums*", "sha512sums*"),
    *("*.md5", "*.sha1", "*.sha224", "*.sha256", "*.sha384", "*.sha512", "*.md5sum", "*.sha256sum"),
    *("checksum*.txt", "checksums*", "manifest-md5.txt", "manifest-sha*.txt", "md5.txt"),
    *("manifest*.csv", "manifest*.tsv", "manifest*.txt", "filelist*.csv", "file_list*.csv"),
    *("*文件清单*.csv", "*交付清单*.csv", "*资料清单*.csv", "*成果清单*.csv", "*校验*.csv"),
    *(
        "*文件清单*.txt",
        "*ファイル一覧*.csv",
        "*納品一覧*.csv",
        "*納品リスト*.csv",
        "*成果品一覧*.csv",
    ),
    *("udx_*_resource.csv.md5",),
)
"""Globs over file names in small letters."""

_GNU = re.compile(r"\\?([0-9a-fA-F]{32,128})(?: [ *]?|\t+)(.+)")
_BSD = re.compile(r"(?:MD5|SHA-?(?:1|224|256|384|512)) ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})")
_LONE = re.compile(r"[0-9a-fA-F]{32,128}")
_PATH = (
    *("path", "file", "filename", "filepath", "name", "relativepath", "uri", "href"),
    *("文件名", "文件名称", "文件路径", "路径", "相对路径", "文件", "成果文件"),
    *("ファイル名", "ファイル", "パス", "ファイルパス", "相対パス"),
)
_FOLDER = ("folder", "directory", "dir", "文件夹", "目录", "所在目录", "フォルダ", "フォルダ名")
_SIZE = (
    *("size", "bytes", "filesize", "sizebytes", "length", "文件大小", "大小", "字节数", "字节"),
    *("大小字节", "サイズ", "ファイルサイズ", "バイト数", "容量"),
)
_HASH = (
    *("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "hash", "checksum", "digest"),
    *("校验码", "校验值", "校验和", "哈希", "哈希值", "摘要", "md5值", "md5校验码", "sha256值"),
    *("チェックサム", "ハッシュ", "ハッシュ値", "md5チェックサム"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list."""

    line: int
    """From 1."""
    path: str
    """As written, but with ``/`` between its parts and without ``./``."""
    hash: str = ""
    """In small letters; "": not told."""
    size: int | None = None
    """Bytes; None: not told."""


def read_list(text: str, name: str) -> list[Entry]:
    """Return what a list says of files; [] if it is none.

    Read are the output of md5sum and its kin (GNU and BSD), a lone hash in a file that is called
    after another one, and tables with a header in English, Chinese or Japanese.

    Parameters
    ----------
    text
        The list.
    name
        Its file name.

    Examples
    --------
    >>> read_list("d41d8cd98f00b204e9800998ecf8427e *a\\\\b.txt", "MD5SUMS")[0].path
    'a/b.txt'
    >>> read_list("文件名,大小（字节）\\na.laz,\\"1,024\\"", "清单.csv")[0].size
    1024
    """
    lines = text.lstrip("\ufeff").splitlines()
    found = [e for n, line in enumerate(lines, 1) if (e := _line(n, line.strip())) is not None]
    if found:
        return found
    lone = [line.strip() for line in lines if line.strip()]
    if len(lone) == 1 and _LONE.fullmatch(lone[0]) and len(lone[0]) in ALGORITHMS:
        return [Entry(1, name.rpartition(".")[0], lone[0].lower())]
    return _table(lines)


def _line(number: int, line: str) -> Entry | None:
    if not line or line[0] in "#;":
        return None
    if met := _BSD.fullmatch(line):
        path, digest = met.groups()
    elif met := _GNU.fullmatch(line):
        digest, path = met.groups()
        if line.startswith("\\"):
            path = path.replace("\\n", "\n").replace("\\\\", "\\")
    else:
        return None
    if len(digest) not in ALGORITHMS:
        return None
    return Entry(number, _path(path), digest.lower())


def _path(text: str) -> str:
    plain = text.strip().replace("\\", "/")
    while plain.startswith("./"):
        plain = plain[2:]
    return plain


def _table(lines: Sequence[str]) -> list[Entry]:
    if not lines:
        return []
    for delimiter in (",", "\t", ";", "|"):
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
        for start, header in enumerate(rows[:10]):
            names = [_column(cell) for cell in header]
            at = {what: _find(names, known) for what, known in _COLUMNS.items()}
            told = at["hash"] is not None or at["size"] is not None
            if at["path"] is not None and (told or _named(names)):
                return [
                    e
                    for n, row in enumerate(rows[start + 1 :], start + 2)
                    if (e := _row(n, row, at))
                ]
    return []


_COLUMNS = {"path": _PATH, "folder": _FOLDER, "size": _SIZE, "hash": _HASH}


def _column(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).lower()
    plain = re.sub(r"\((?:bytes?|b|字节|バイト|byte数)\)", "", plain)
    return re.sub(r"[\s_\-]", "", plain)


def _find(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((n for n, name in enumerate(names) if name in known), None)


def _named(names: Sequence[str]) -> bool:
    """Return whether a table without hash and size is a list of files all the same."""
    return any(
        n in names for n in ("path", "filename", "filepath", "文件名", "文件路径", "ファイル名")
    )


def _row(number: int, row: Sequence[str], at: dict[str, int | None]) -> Entry | None:
    def cell(what: str) -> str:
        n = at[what]
        return row[n].strip() if n is not None and n < len(row) else ""

    path = _path(cell("path"))
    if not path:
        return None
    folder = _path(cell("folder")).strip("/")
    digest = cell("hash").lower()
    size = re.sub(r"[,，\s]", "", cell("size"))
    return Entry(
        number,
        f"{folder}/{path}" if folder else path,
        digest if _LONE.fullmatch(digest) and len(digest) in ALGORITHMS else "",
        int(size) if size.isdecimal() else None,
    )
