"""Regular expressions of XML Schema, as RE2 understands them.

RE2 takes time proportional to the text; an expression of a stranger's file is never given to
Python's `re`, which ``(a+)+`` can hang.
"""

from __future__ import annotations

from functools import cache

from cimkit.standard._expressions import LONGEST, wrong_with

__all__ = ["re2_of"]

# XML Schema 2, appendix G: a word is what is neither punctuation nor separator nor other. The
# underscore is punctuation there, but all tools in use take it for part of a word.
_CLASSES = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r"[ \t\n\r]",
    "S": r"[^ \t\n\r]",
    "w": r"[\p{L}\p{M}\p{N}\p{S}_]",
    "W": r"[^\p{L}\p{M}\p{N}\p{S}_]",
}


@cache
def re2_of(pattern: str) -> tuple[str, str]:
    r"""Return an expression of XML Schema for RE2, and why there is none.

    It always means the whole text; ``^`` and ``$`` are signs like others.

    Returns
    -------
    expression, reason
        One of the two is "".

    Examples
    --------
    >>> re2_of("DT[0-9]{2}"), re2_of("^a$")[0], re2_of("(a")[1][:12]
    (('^(?:DT[0-9]{2})$', ''), '^(?:\\^a\\$)$', 'unterminated')
    """
    from elementpath.regex import RegexError, translate_pattern

    if len(pattern) > LONGEST:
        return "", f"an expression of {len(pattern)} characters, at most {LONGEST}"
    try:
        found = translate_pattern(
            _with_underscore(pattern), back_references=False, lazy_quantifiers=False, anchors=False
        )
    except RegexError as error:
        return "", str(error)
    inner = _spelt(found.removeprefix("^(?:").rpartition(")$(?!")[0])
    wrong = wrong_with(f"^(?:{inner})$") if len(inner) < LONGEST else _refused(inner)
    return ("", wrong) if wrong else (f"^(?:{inner})$", "")


def _with_underscore(pattern: str) -> str:
    r"""Let ``\w`` take the underscore in brackets, too."""
    out, depth, at = [], 0, 0
    while at < len(pattern):
        sign = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        depth += 1 if sign == "[" else -1 if sign == "]" and depth else 0
        out.append(r"\w_" if sign == r"\w" and depth else sign)
        at += len(sign)
    return "".join(out)


def _refused(expression: str) -> str:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), f"^(?:{expression})$")
    except pa.ArrowInvalid as error:
        return str(error)
    return ""


def _spelt(expression: str) -> str:
    """Spell out classes of characters that RE2 takes for ASCII alone."""
    out, inside, at = [], False, 0
    while at < len(expression):
        sign = expression[at]
        if sign == "\\" and at + 1 < len(expression):
            letter = expression[at + 1]
            said = _CLASSES.get(letter, sign + letter)
            if inside and letter in _CLASSES:
                said = said[1:-1] if said.startswith("[") and said[1] != "^" else sign + letter
            out.append(said)
            at += 2
            continue
        if sign == "[" and not inside:
            inside = True
        elif sign == "]" and inside:
            inside = False
        out.append(sign)
        at += 1
    return "".join(out)
