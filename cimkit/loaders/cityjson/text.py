"""JSON as it comes: with a byte order mark, in another encoding, with NaN."""

from __future__ import annotations

import codecs
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from cimkit.loaders._city.tally import Tally
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.model import Problem

__all__ = ["in_utf8", "line_of", "loads", "pairs"]

_NOT_NUMBERS = re.compile(rb"[\[,:\s](?:NaN|-?Infinity)[\],}\s]")
_BLOCK = 4 << 20


def in_utf8(file: Path, tally: Tally) -> BinaryIO:
    """Open a file, or its text in UTF-8 if it is in another encoding (that is told)."""
    opened = file.open("rb")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := opened.read(_BLOCK):
            if not block.isascii():
                decoder.decode(block)
        return opened
    except UnicodeDecodeError:
        opened.close()
    return BytesIO(_recoded(file.read_bytes(), tally))


def _recoded(data: bytes, tally: Tally | None) -> bytes:
    encoding = detect(data)
    if tally is not None:
        tally.add(
            Problem(
                "encoding-detected",
                "The file is not in UTF-8 as JSON has to be; its encoding was found out.",
                got=encoding,
                expected="UTF-8",
            )
        )
    return data.decode(encoding, "replace").removeprefix("\ufeff").encode()


def loads(data: bytes, tally: Tally | None = None) -> Any:
    """Return what JSON says, also if it has NaN or Infinity (that is told).

    Raises
    ------
    ValueError
        If it is broken.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if not _NOT_NUMBERS.search(data):
            raise
    try:
        found = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if tally is not None:
        tally.add(
            Problem(
                "json-not-a-number",
                "The file has NaN or Infinity, which JSON does not know.",
                expected="numbers",
            )
        )
    return found


def pairs(data: bytes, tally: Tally) -> list[tuple[str, Any]]:
    """Return the members of an object, those of one name too, which `loads` would make one.

    Raises
    ------
    ValueError
        If it is broken.
    """
    found: list[tuple[str, Any]] = []

    def take(given: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = given
        return dict(given)

    loads(data, tally)
    json.loads(data, object_pairs_hook=take)
    return found


def line_of(data: bytes) -> Any:
    """Return what a line of a sequence says, None if that is nothing."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return loads(data if decodes(data, "utf-8") else _recoded(data, None))
    except ValueError:
        return None
