"""Nothing lies in a delivery that was not meant to: temporary files, backups, empty things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import delivered_files, fitting, rows_table
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_KINDS = {
    "left-system": (
        *("thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "._*", "__macosx/*"),
        *(".directory", ".spotlight-v100/*", ".trashes/*", "$recycle.bin/*", ".fseventsd/*"),
    ),
    "left-lock": (
        *("~$*", "*.lock", "*.lck", ".~lock.*", "*.ldb", "*.dwl", "*.dwl2", "*.sr.lock"),
        *("*.gpkg-wal", "*.gpkg-shm", "*-journal", "*.sqlite-wal", "*.sqlite-shm"),
    ),
    "left-backup": (
        *("*.bak", "*.bak[0-9]", "*.backup", "*.old", "*.orig", "*~", "*.sv$", "*.qgs~", "*.qgz~"),
        *("*.[0-9][0-9][0-9][0-9].rvt", "* - copy.*", "* - 副本.*", "* - コピー.*", "*_backup.*"),
    ),
    "left-temporary": (
        *("*.tmp", "*.temp", "~*.tmp", "*.swp", "*.part", "*.crdownload", "*.partial", "*.ac$"),
        *("*.download", ".git/*", ".svn/*", "*.pyc", "__pycache__/*"),
    ),
}
_PLACEHOLDERS = (".gitkeep", ".keep")

SPEC = CheckSpec(
    name="delivery_leftovers",
    title="Nothing left behind",
    counts="files",
    reads="items",
    parameters={"ignore": [], "empty_files": True, "empty_layers": True},
    words={
        "left-system": {
            "en": "the operating system left it behind",
            "zh": "操作系统遗留的文件",
            "ja": "OS が残したファイルです",
        },
        "left-lock": {
            "en": "a program left it open: what it belongs to may be unfinished",
            "zh": "程序未关闭时遗留的锁文件，所属数据可能未保存完整",
            "ja": "開いたままのソフトが残したロックです（本体が未保存の可能性）",
        },
        "left-backup": {
            "en": "it is a backup or a copy",
            "zh": "备份或副本文件",
            "ja": "バックアップまたはコピーです",
        },
        "left-temporary": {"en": "it is temporary", "zh": "临时文件", "ja": "一時ファイルです"},
        "empty-file": {"en": "it has no bytes", "zh": "文件为空", "ja": "中身がありません"},
        "empty-layer": {
            "en": "there is not one object in it",
            "zh": "其中没有任何对象",
            "ja": "対象が一件もありません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find leftovers, files without bytes, and layers without objects.

    Parameters of the rule: ``ignore`` (globs over paths that are meant to be there),
    ``empty_files``, ``empty_layers`` (whether these are looked for).
    """
    said = parameters(SPEC, rule)
    files = delivered_files(context)
    spared = fitting(said["ignore"], [f.path for f in files])
    lower = {f.path: f.path.lower() for f in files if f.path not in spared}
    bad: list[dict[str, Any]] = []
    for reason, globs in _KINDS.items():
        both = fitting([*globs, *(f"*/{g}" for g in globs)], list(lower.values()))
        bad += [_row(path, reason) for path, low in lower.items() if low in both]
    told = {row["path"] for row in bad}
    if said["empty_files"]:
        kept = fitting([*_PLACEHOLDERS, *(f"*/{g}" for g in _PLACEHOLDERS)], list(lower))
        bad += [
            _row(f.path, "empty-file")
            for f in files
            if f.path in lower and f.path not in told | kept and _size(f.file) == 0
        ]
    layers = _empty_layers(context) if said["empty_layers"] else []
    bad += [row for row in layers if row["path"] in lower]
    return conclude(context, rule, rows_table(bad), len(files))


def _row(path: str, reason: str) -> dict[str, Any]:
    return {"path": path, "measured": path.rpartition("/")[2], "reason": reason}


def _size(file: Any) -> int | None:
    return file.stat().st_size if file is not None and file.is_file() else None


def _empty_layers(context: CheckContext) -> list[dict[str, Any]]:
    """Return layers without objects, where who delivers decides which layers there are."""
    rows = context.table(
        """SELECT path, layer ->> 'name' AS layer, 'empty-layer' AS reason, 0 AS things,
                  'info' AS severity,
                  coalesce(layer ->> 'name', '') AS measured
           FROM (SELECT path, unnest(from_json(json_extract(properties, '$.layers'),
                        '["JSON"]')) AS layer
                 FROM items WHERE status = 'ok' AND kind = 'gis'
                     AND coalesce(format, '') NOT IN ('GPX', 'OpenStreetMap'))
           WHERE TRY_CAST(layer ->> 'features' AS BIGINT) = 0
           ORDER BY path, layer"""
    )
    found: list[dict[str, Any]] = rows.to_pylist()
    return found
