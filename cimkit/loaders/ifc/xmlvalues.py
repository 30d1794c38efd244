"""Plain values of XML written as STEP."""

from __future__ import annotations

import math
import re
from typing import Any

from cimkit.loaders.ifc.types import Kind

__all__ = ["is_empty", "simple", "string"]

_BEYOND = re.compile(r"[^\x20-\x7e]+")
_TRUTH = {"true": ".T.", "1": ".T.", "false": ".F.", "0": ".F.", "unknown": ".U."}
_WORD = re.compile(r"[A-Za-z_]\w*")


def is_empty(element: Any) -> bool:
    """Tell whether an element holds nothing at all, and so stands for an unset value."""
    return not len(element) and not (element.text or "").strip()


def string(text: str) -> str:
    r"""Return a STEP string literal.

    Examples
    --------
    >>> string("墙 d'or")
    "'\\X2\\5899\\X0\\ d''or'"
    """
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return "'" + _BEYOND.sub(_escape, quoted) + "'"


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if max(text) > "\uffff":
        return f"\\X4\\{text.encode('utf-32-be', 'replace').hex().upper()}\\X0\\"
    return f"\\X2\\{text.encode('utf-16-be', 'replace').hex().upper()}\\X0\\"


def simple(kind: Kind, text: str, *, listed: bool = False) -> str | None:
    """Return a plain value as STEP, None if it is none of its kind.

    Parameters
    ----------
    kind : Kind
        simple or enumeration.
    text : str
        As the XML has it.
    listed : bool
        Whether it stands for a list of one.
    """
    if kind.form == "simple" and kind.name == "string":
        if listed:
            return f"({string(text)})" if text.strip() else None
        return string(text)
    word = text.strip()
    if not word:
        return None
    if kind.form == "enumeration":
        return f".{word.upper()}." if _WORD.fullmatch(word) else None
    if kind.name in ("boolean", "logical"):
        return _TRUTH.get(word.lower())
    if kind.name == "binary":
        return f'"0{word.upper()}"' if re.fullmatch(r"[0-9A-Fa-f]+", word) else None
    return _number(kind.name, word) if kind.form == "simple" else None


def _number(name: str, word: str) -> str | None:
    try:
        value = float(word)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    if name == "integer":
        return str(int(value)) if value == int(value) else None
    if name == "number" and re.fullmatch(r"[+-]?\d+", word):
        return word
    text = word.upper()
    if "." not in text:
        mantissa, mark, exponent = text.partition("E")
        text = f"{mantissa}.{mark}{exponent}"
    return text
