"""Shapefiles whose texts are not ASCII say in a .cpg how they are encoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks._fix._spec import Change, FixSpec

if TYPE_CHECKING:
    from cimkit.checks._fix._spec import Job

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "shapefile_cpg",
    order=10,
    title={
        "en": ".cpg written: how the texts are encoded",
        "zh": "写入 .cpg，声明字符编码",
        "ja": ".cpg を作成（文字コードの宣言）",
    },
)

_SHOWN = {
    **{"utf-8": "UTF-8", "gb18030": "GB18030", "gbk": "CP936", "cp936": "CP936", "big5": "CP950"},
    **{"cp932": "CP932", "shift_jis": "CP932", "euc_jp": "EUC-JP", "cp949": "CP949"},
    **{"cp1252": "CP1252", "iso8859-1": "ISO-8859-1", "latin-1": "ISO-8859-1"},
}
"""What programs call an encoding in a .cpg."""


def run(job: Job) -> Iterator[Change]:
    """Write ``.cpg``; an encoding that was found by looking is written down as it was read."""
    for path, asset in job.assets.items():
        file = job.file(path)
        if file is None or file.suffix.lower() != ".shp":
            continue
        if asset.encoding is None or asset.encoding_origin not in ("sheet", "detected"):
            continue
        stem = file.stem.casefold()
        beside = {p.suffix.lower(): p for p in file.parent.iterdir() if p.stem.casefold() == stem}
        table = beside.get(".dbf")
        if ".cpg" in beside or table is None or _plain(table.read_bytes()):
            continue
        name = asset.encoding.lower().replace("_", "-")
        said = _SHOWN.get(name) or _SHOWN.get(name.replace("-", "_")) or asset.encoding.upper()
        file.with_suffix(".cpg").write_text(said, encoding="ascii", newline="")
        yield Change(SPEC.name, path, "", "", said)


def _plain(table: bytes) -> bool:
    """Return whether a dBASE table has no text beyond ASCII."""
    at, names = 32, b""
    while at + 32 <= len(table) and table[at] != 0x0D:
        names += table[at : at + 11]
        at += 32
    begin = int.from_bytes(table[8:10], "little")
    return names.isascii() and table[begin:].isascii()
