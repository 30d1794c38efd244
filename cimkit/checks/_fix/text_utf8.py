"""Tables, GML and other texts in an older encoding become UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks._fix._spec import Change, FixSpec, Left

if TYPE_CHECKING:
    from cimkit.checks._fix._spec import Job

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "text_utf8",
    order=10,
    title={
        "en": "text encoded in UTF-8",
        "zh": "文本转换为 UTF-8 编码",
        "ja": "文字コードを UTF-8 に変換",
    },
)

_TEXTS = (".csv", ".tsv", ".txt", ".geojson", ".json", ".gml", ".xml", ".kml", ".mif", ".mid")
_XML = (".gml", ".xml", ".kml")
_DECLARED = re.compile(r"""(<\?xml[^>]*\bencoding\s*=\s*)(["'])[^"']*\2""")
_LONGEST = 2**30


def run(job: Job) -> Iterator[Change]:
    """Write texts in UTF-8, if writing them back gives the very bytes that were delivered."""
    for path, asset in job.assets.items():
        file = job.file(path)
        encoding = job.declared(path).encoding or asset.encoding
        if file is None or file.suffix.lower() not in _TEXTS or not encoding:
            continue
        name = codecs.lookup(encoding).name
        if name in ("utf-8", "ascii", "utf-8-sig") or file.stat().st_size > _LONGEST:
            continue
        content = file.read_bytes()
        if content.isascii() or content.startswith(codecs.BOM_UTF8):
            continue
        try:
            text = content.decode(name)
            same = text.encode(name) == content
        except UnicodeError:
            same = False
        if not same:
            job.left.append(Left(SPEC.name, path, f"not all of it is {encoding}"))
            continue
        if file.suffix.lower() in _XML:
            text = _DECLARED.sub(r"\1\2UTF-8\2", text, count=1)
        if file.suffix.lower() == ".mif":
            text = re.sub(r'(?im)^(charset\s+)"[^"]*"', r'\1"UTF-8"', text, count=1)
        file.write_bytes(text.encode("utf-8"))
        yield Change(SPEC.name, path, "", name, "utf-8")
