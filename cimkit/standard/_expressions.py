"""Regular expressions that mean the same to RE2 (DuckDB) and to Python's `re`."""

from __future__ import annotations

import re
import warnings


def wrong_with(pattern: str) -> str:
    """Return why an expression cannot be used, or "" if it can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        with warnings.catch_warnings():
            # "[[" and the like: Python warns that their meaning will change.
            warnings.simplefilter("error", FutureWarning)
            re.compile(pattern)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        return f"no valid expression: {error}"
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return "no valid expression for RE2: look-around and back-references are not known there"
    return ""
