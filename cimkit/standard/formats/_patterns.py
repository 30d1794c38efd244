"""Regular expressions of a package (RE2) and those of XML Schema, which IDS and bSDD use."""

from __future__ import annotations

import re

from cimkit.standard._expressions import wrong_with

__all__ = ["from_xsd", "to_xsd"]

_ESCAPES = frozenset("nrt\\|.-^?*+{}()[]dDsSwW")
_TOKEN = re.compile(r"\\[pP]\{\w+\}|\\[pP]\w|\\.|\(\?P?<\w+>|\(\?:|\(\?|.", re.DOTALL)


def to_xsd(pattern: str) -> str | None:
    """Return an expression for the same texts in XML Schema, or None if there is none.

    XML Schema always means the whole text, and knows no anchors, flags or lazy quantifiers.

    Examples
    --------
    >>> to_xsd(r"^(?:a|b)\\d+?$"), to_xsd("(?i)a")
    ('(a|b)\\\\d+', None)
    """
    out: list[str] = []
    tokens = _TOKEN.findall(pattern)
    inside = False
    for n, token in enumerate(tokens):
        if token.startswith("\\"):
            if token[1] in "pP":
                if not re.fullmatch(r"\\[pP]\{[A-Z][a-z]?\}", token):
                    return None
            elif token[1] not in _ESCAPES:
                if token[1].isalnum():
                    return None
                # A sign that is none of XML Schema's, but an end to much other software.
                token = token[1] if inside or token[1] != "$" else "[$]"
        elif inside:
            if token == "[" or (token == "&" and tokens[n + 1 : n + 2] == ["&"]):
                return None
            if token == "]" and out[-1] not in ("[", "[^"):
                inside = False
        elif token == "[":
            inside = True
        elif token in ("^", "$"):
            if n != (0 if token == "^" else len(tokens) - 1):
                return None
            continue
        elif token.startswith("(?"):
            if token == "(?":
                return None
            token = "("
        elif token == "?" and n and tokens[n - 1] in ("?", "*", "+", "}"):
            continue
        if inside and token == "^" and out[-1:] == ["["]:
            out[-1] = "[^"
            continue
        out.append(token)
    return "".join(out) if "".join(out) or not pattern else None


def from_xsd(pattern: str) -> tuple[str, str]:
    """Return a package's expression for one of XML Schema, and what is to be said about it.

    Examples
    --------
    >>> from_xsd("[A-Z]{2}"), from_xsd("^x$")[0], from_xsd("[a-z-[b]]")[0]
    (('[A-Z]{2}', ''), '^x$', '')
    """
    if re.search(r"\[[^\]]*-\[", pattern) or re.search(r"\\[pP]\{Is", pattern):
        return "", "RE2 has no blocks and no classes less other classes."
    found = re.sub(r"\\([ic])", _name_class, pattern)
    wrong = wrong_with(found)
    if wrong:
        return "", f"It is {wrong}."
    said = ""
    if re.match(r"\^|.*(?<!\\)\$$", pattern):
        said = (
            "^ and $ are taken for the ends, as most software does; in XML Schema they are signs."
        )
    return found, said


def _name_class(match: re.Match[str]) -> str:
    return "[A-Za-z_:]" if match[1] == "i" else "[A-Za-z0-9._:-]"
