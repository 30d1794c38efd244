"""The words of a finding in any language, from what the finding keeps and its rule says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from cimkit.checks._words import WORDS
from cimkit.model import Status

__all__ = ["Phrases", "kept", "pieces", "placeholders", "say", "tell"]

Phrases = Mapping[str, Mapping[str, str]]
"""Phrases by word, each by language."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def say(
    text: str, language: str, values: Mapping[str, Any] | None = None, words: Phrases | None = None
) -> str:
    """Return the phrase that a word stands for, or the text itself, filled in.

    Words are looked up in `words`, then in `WORDS`. Names in braces that are not among the values
    stay as they are, and values are never filled in themselves, so data cannot write into a
    message.

    Examples
    --------
    >>> say("photo-missing", "en")
    'no position'
    >>> say("got {measured}", "en", {"measured": "{path}", "path": "a"})
    'got {path}'
    """
    phrase = (words or {}).get(text) or WORDS.get(text)
    text = text if phrase is None else phrase.get(language) or phrase["en"]
    if not values:
        return text
    return _PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text)


def tell(
    texts: tuple[Mapping[str, str], Mapping[str, str]],
    finding: Mapping[str, Any],
    language: str,
    words: Phrases | None = None,
) -> tuple[str, str]:
    """Return the message and the hint of a finding in a language.

    Parameters
    ----------
    texts
        Message and hint of the rule, by language.
    finding
        A row of ``findings``.
    language
        zh, ja or en.
    words
        Phrases of the rule's check.
    """
    details = json.loads(finding["details"]) if finding.get("details") else {}
    values = {**finding, **details}
    word = str(finding.get("reason") or "")
    values["reason"] = (
        str(details["reason"]) if "reason" in details else say(word, language, values, words)
    )
    if finding["status"] != Status.FAIL:
        return values["reason"], ""
    message, hint = (t.get(language) or t.get("en") or "" for t in texts)
    other = str(details.get("hint") or "")
    if other and other not in WORDS and other not in (words or {}):
        return say(message, language, values, words), other
    return say(message, language, values, words), say(other or hint, language, values, words)


def kept(texts: Iterable[str], given: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Return the values that texts name and that the columns of a finding do not hold."""
    named = {name for text in texts for name in placeholders(text)}
    return {
        name: given[name] if isinstance(given[name], (int, float, bool)) else str(given[name])
        for name in sorted(named - set(columns))
        if given.get(name) is not None
    }


@lru_cache(1024)
def placeholders(text: str) -> tuple[str, ...]:
    """Return the names in braces."""
    return tuple(_PLACEHOLDER.findall(text))


@lru_cache(1024)
def pieces(text: str) -> tuple[tuple[str, str | None], ...]:
    """Return a text as literals, each with the name in braces behind it.

    Examples
    --------
    >>> pieces("got {measured}!")
    (('got ', 'measured'), ('!', None))
    """
    parts = _PLACEHOLDER.split(text)
    return tuple(zip(parts[::2], (*parts[1::2], None), strict=True))
