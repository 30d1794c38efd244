"""The report as one HTML file that needs nothing else: no network, no other file.

All findings are in it as compressed JSON, in all three languages: each phrase once, and what fills
it in. The page's own policy lets no script run but its own, and nothing be loaded or sent.
"""

from __future__ import annotations

import base64
import gzip
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cimkit.reporters._page.content import MOST, content, counts, title
from cimkit.reporters._page.words import own
from cimkit.reporters._spec import ReporterSpec

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["SPEC", "write"]

SPEC = ReporterSpec(name="html", title="HTML", suffixes=(".html", ".htm"))

_PARTS = Path(__file__).with_name("_page")


def write(
    verdict: Verdict,
    out: TextIO,
    *,
    language: str = "en",
    machine: Path | None = None,
    most: int = MOST,
) -> None:
    """Write the page.

    Parameters
    ----------
    verdict
        The verdict.
    out
        Text file open for writing, in UTF-8.
    language
        That the page begins with: zh, ja or en.
    machine
        Not used: the page has its findings.
    most
        Findings embedded one by one; of more, some of each group, and the page says so.
    """
    import orjson

    script, style, page = (
        (_PARTS / f"report.{suffix}").read_text(encoding="utf-8")
        for suffix in ("js", "css", "html")
    )
    plain = content(verdict, language, most)
    data = gzip.compress(
        orjson.dumps(plain, option=orjson.OPT_NON_STR_KEYS), compresslevel=6, mtime=0
    )
    out.write(
        page.format(
            language=language,
            script_hash=_hash(script),
            style_hash=_hash(style),
            tool=escape(str(verdict.receipt.get("tool") or "cimkit")),
            title=escape(title(verdict)[language]),
            counts=escape(counts(verdict)[language]),
            word=verdict.word,
            noscript=escape(own("noscript")[language]),
            style=style,
            script=script,
            data=base64.b64encode(data).decode(),
        )
    )


def _hash(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode()
