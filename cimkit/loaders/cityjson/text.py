"""JSON as it comes: with a byte order mark, in another encoding, with NaN."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.tally import Tally
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.model import Problem

__all__ = ["parsed"]

_NOT_NUMBERS = re.compile(rb"[\[,:\s](?:NaN|-?Infinity)[\],}\s]")


def parsed(data: bytes, tally: Tally | None, name: str = "") -> Any:
    """Return what JSON says.

    Parameters
    ----------
    data : bytes
    tally : Tally or None
        Takes what was wrong and could be read all the same. None: data that cannot be read by
        the rules give None.
    name : str
        Of the file, for the error.

    Raises
    ------
    SourceUnreadable
        If there is a tally and it is no JSON.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        broken = error
    found = _mended(data, tally)
    if found is not None or tally is None:
        return found
    raise SourceUnreadable(
        f"broken JSON: {broken.msg}",
        where=f"{name} line {broken.lineno} column {broken.colno}",
        mend="Export the file again; it may have been cut off.",
    ) from broken


def _mended(data: bytes, tally: Tally | None) -> Any:
    """Read JSON that is not in UTF-8, or has numbers that are none."""
    if not decodes(data, "utf-8"):
        encoding = detect(data)
        text = data.decode(encoding, "replace")
        if tally is not None:
            tally.add(
                Problem(
                    "encoding-detected",
                    "The file is not in UTF-8 as JSON has to be; its encoding was found out.",
                    got=encoding,
                    expected="UTF-8",
                )
            )
        data = text.removeprefix("\ufeff").encode()
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass  # it may have NaN too
    if not _NOT_NUMBERS.search(data):
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if tally is not None:
        tally.add(
            Problem(
                "json-not-a-number",
                "The file has NaN or Infinity, which JSON does not know.",
                expected="numbers",
            )
        )
    return found
