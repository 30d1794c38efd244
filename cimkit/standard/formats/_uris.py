"""Names of classes on the web of data: a URI of a scheme and a code, and back."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

__all__ = ["LISTS", "SCHEMES", "class_uri", "list_uri", "parts", "scheme_uri"]

SCHEMES = "https://schemas.cimkit.invalid/standard/"
"""In front of our own schemes; `.invalid`: nobody can fetch them, and nobody should."""
LISTS = "https://schemas.cimkit.invalid/list/"
"""In front of lists of values."""


def scheme_uri(scheme: str) -> str:
    """Return the URI of a scheme: its name, if that is one."""
    if _is_uri(scheme):
        return scheme
    return SCHEMES + _step(scheme)


def class_uri(scheme: str, code: str) -> str | None:
    """Return the URI of a class; None if none can be made that says both again.

    Examples
    --------
    >>> class_uri("cn.components", "01 a"), class_uri("http://example.org/v#", "x")
    ('https://schemas.cimkit.invalid/standard/cn.components/01%20a', 'http://example.org/v#x')
    """
    if not _is_uri(scheme):
        return f"{SCHEMES}{_step(scheme)}/{_step(code)}"
    uri = scheme + code
    fits = re.fullmatch(r"[\w.~-]+", code) and parts(uri) == (scheme, code)
    return uri if fits else None


def list_uri(standard: str, name: str, code: str | None = None) -> str:
    """Return the URI of a list of values, or of one of them."""
    uri = f"{LISTS}{_step(standard)}/{_step(name)}"
    return uri if code is None else f"{uri}/{_step(code)}"


def parts(uri: str) -> tuple[str, str]:
    """Return scheme and code of a class; of a foreign URI what stands before its last step."""
    if uri.startswith(SCHEMES):
        scheme, _, code = uri.removeprefix(SCHEMES).partition("/")
        return unquote(scheme), unquote(code)
    if uri.startswith(LISTS):
        name, _, code = uri.rpartition("/")
        return f"{name}/", unquote(code)
    ends = "/#" if "://" in uri else ":/#"
    at = max(uri.rfind(c) for c in ends) + 1
    return uri[:at], uri[at:]


def _is_uri(text: str) -> bool:
    return bool(re.fullmatch(r"(https?://|urn:)[^\s<>\"{}|\\^`]+", text))


def _step(text: str) -> str:
    # Steps of dots alone mean "here" and "above".
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
