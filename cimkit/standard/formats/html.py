"""A code book to read and print: one HTML file in three languages, with nothing outside it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from cimkit.errors import UsageError
from cimkit.standard.draft import Loss
from cimkit.standard.formats import _html_parts as parts
from cimkit.standard.formats._html_page import LANGUAGES, page, word, words
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.model import Standard

__all__ = ["SPEC", "write"]

SPEC = FormatSpec(name="html", title="Code book to print (HTML)", suffixes=(".html", ".htm"))

_PARTS: dict[str, Callable[[Standard], str]] = {
    "classes": parts.classes,
    "attributes": parts.attributes,
    "domains": parts.domains,
    "code": parts.identifier,
    "naming": parts.naming,
    "levels": parts.levels,
    "rules": parts.rules,
    "mapping": parts.mapping,
    "unverified": parts.unverified,
}


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write a standard as one HTML file; the reader may switch the language.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        The file.
    language : str
        The one shown at first and printed: zh, ja, en, or ``all`` for the three together.

    Returns
    -------
    list of Loss
        What stands in the package, but not in the book.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    if language not in (*LANGUAGES, "all"):
        raise UsageError("no such language", got=language, expected="zh, ja, en or all")
    said = {key: part(standard) for key, part in _PARTS.items()}
    said = {key: text for key, text in said.items() if text}
    contents = "".join(f'<li><a href="#{key}">{word(key)}</a></li>' for key in said)
    body = [_cover(standard), f'<h2>{word("contents")}</h2><ol class="toc">{contents}</ol>']
    body += [
        f'<section class="part" id="{key}"><h2>{word(key)}</h2>{text}</section>'
        for key, text in said.items()
    ]
    title = standard.titles.get(language) or standard.titles["en"]
    out.write_text(page(f"{title} ({standard.key})", language, "\n".join(body)), encoding="utf-8")
    return _losses(standard)


def _cover(standard: Standard) -> str:
    rows = [("edition", f"<code>{escape(standard.key)}</code>")]
    rows += [(key, escape(text)) for key, text in standard.facts.items()]
    if standard.parents:
        rows.append(("builds", ", ".join(f"<code>{escape(p)}</code>" for p in standard.parents)))
    if standard.jurisdiction.division:
        rows.append(("division", f"<code>{escape(standard.jurisdiction.division)}</code>"))
    allowed = (*standard.crs_rules.allowed, *standard.crs_rules.vertical)
    if allowed:
        rows.append(("crs", escape(", ".join(allowed))))
    rows.append(("hash", f"<code>{standard.hash}</code>"))
    listed = "".join(f"<dt>{word(key)}</dt><dd>{text}</dd>" for key, text in rows)
    titles = words({la: standard.titles.get(la, "") for la in LANGUAGES})
    return f'<header class="cover"><h1>{titles}</h1><dl>{listed}</dl></header>'


def _losses(standard: Standard) -> list[Loss]:
    """Return what a reader of the book does not see."""
    found = []
    if standard.mapping:
        why = "The book counts them and names the fields that they look at."
        found.append(Loss("mapping", f"{len(standard.mapping)} rows", why))
    tests = [r.name for r in standard.rules if r.sql or r.parameters]
    if tests:
        why = "The book has their words and tolerance, not their SQL and parameters."
        found.append(Loss("rules", ", ".join(tests), why))
    if standard.crosswalk:
        found.append(
            Loss("crosswalk", f"{len(standard.crosswalk)} rows", "The book has one standard.")
        )
    if standard.level_rules:
        why = "The book names the levels, not what gives them."
        found.append(Loss("level_rules", f"{len(standard.level_rules)} rows", why))
    if standard.models:
        why = "The book has no pictures of what is drawn in tiles."
        found.append(Loss("models", f"{len(standard.models)} rows", why))
    if standard.jurisdiction.polygon is not None:
        found.append(Loss("jurisdiction", "polygon", "The book has no map."))
    retired = [c.code for c in standard.class_rows if c.retired]
    if retired:
        found.append(Loss("classes", ", ".join(retired), "What is retired is not printed."))
    return found
