"""Regular expressions of packages, all run by RE2: in Arrow here, in DuckDB over the objects.

RE2 takes time proportional to the text, whatever the expression. Python's `re` would let a package
hang the tool with ``(a+)+$``, so no expression of a package is ever given to it.
"""

from __future__ import annotations

LONGEST = 4_000
"""Characters of an expression: a code list belongs into a domain."""


def wrong_with(pattern: str) -> str:
    """Return why an expression cannot be used, or "" if it can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(pattern) > LONGEST:
        return f"an expression of {len(pattern)} characters, at most {LONGEST}"
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        return f"no valid expression for RE2 (no look-around, no back-references): {said}"
    return ""


def fits(pattern: str, text: str) -> bool:
    """Return whether an expression fits the whole of a text.

    Examples
    --------
    >>> fits("[a-z]+", "abc"), fits("[a-z]+", "abc1")
    (True, False)
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    return bool(pc.match_substring_regex(pa.array([text]), f"^(?:{pattern})$")[0].as_py())


def groups(pattern: str, text: str) -> dict[str, str] | None:
    """Return what the named groups of an expression hold if it fits the whole text, or None.

    A group that took no part holds "". Every group that captures must have a name.

    Examples
    --------
    >>> groups("(?P<theme>[a-z]+)_(?P<year>[0-9]{4})(?:_(?P<part>[a-z]+))?", "bld_2026")
    {'theme': 'bld', 'year': '2026', 'part': ''}
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[str, str] | None = pc.extract_regex(pa.array([text]), f"^(?:{pattern})$")[0].as_py()
    return found


def captures(pattern: str) -> bool:
    """Return whether a valid expression has groups that capture."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.extract_regex(pa.array([""]), f"(?P<all_>{pattern})")
    except pa.ArrowInvalid:
        return True  # a group without a name, or one more of the same name
    return bool(found.type.num_fields > 1)


def glob_pattern(glob: str) -> str:
    """Return the expression of a glob (``*``, ``?``, ``[abc]``, ``[!abc]``) over a whole text.

    DuckDB's own GLOB and LIKE try every way to share out a text among the stars: eight of them over
    eighty letters run for hours.

    Examples
    --------
    >>> glob_pattern("lamp*_[0-9]")
    'lamp.*_[0-9]'
    """
    import re

    out, at = [], 0
    while at < len(glob):
        sign = glob[at]
        end = glob.find("]", at + 2) if sign == "[" else -1
        if sign in "*?":
            out.append(".*" if sign == "*" else ".")
        elif end > 0:
            inside = glob[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]")
            at = end
        else:
            out.append(re.escape(sign))
        at += 1
    return "".join(out)
