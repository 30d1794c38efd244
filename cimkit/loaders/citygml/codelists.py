"""Code lists beside a model: what the codes of its attributes mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cimkit.loaders._city.beside import delivered, is_elsewhere
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.names import local
from cimkit.loaders.citygml.stream import PARSING
from cimkit.model import Problem, Source

__all__ = ["Codes"]


class Codes:
    """The meanings of codes, each list read once.

    Parameters
    ----------
    source : Source
        The model; lists are named relative to it.
    tally : Tally
        Takes ``codelist-missing`` and ``code-not-listed``.
    """

    def __init__(self, source: Source, tally: Tally) -> None:
        self._source, self._tally = source, tally
        self._lists: dict[str, dict[str, str] | None] = {}

    def meaning(self, space: str, code: str, place: str) -> str | None:
        """Return what a code means, None if its list is not at hand or does not have it."""
        if space not in self._lists:
            self._lists[space] = self._read(space)
        known = self._lists[space]
        if known is None:
            return None
        if code not in known:
            self._tally.add(
                Problem(
                    "code-not-listed",
                    "A code is not in the list that it names.",
                    place=place,
                    got=f"{code} ({space.rpartition('/')[2]})",
                    expected="a code of the list",
                )
            )
            return None
        return known[code]

    def _read(self, space: str) -> dict[str, str] | None:
        if is_elsewhere(space) or not space.lower().endswith(".xml"):
            return None
        file = delivered(self._source, space)
        if file is None:
            self._tally.add(
                Problem(
                    "codelist-missing",
                    "A code list is not beside the model, so its codes are kept without meaning.",
                    "info",
                    got=space,
                    hint="Deliver the folder of code lists with the models.",
                )
            )
            return None
        return self._parsed(file, space)

    def _parsed(self, file: Path, space: str) -> dict[str, str] | None:
        from lxml import etree

        found: dict[str, str] = {}
        try:
            for _, element in etree.iterparse(str(file), tag="{*}Definition", **PARSING):
                parts: dict[str, Any] = {local(c): c for c in element.iterchildren("*")}
                code = _text(parts.get("name")) or _text(parts.get("identifier"))
                if code:
                    found.setdefault(code, _text(parts.get("description")) or code)
        except (etree.XMLSyntaxError, OSError) as error:
            self._tally.add(
                Problem(
                    "codelist-unreadable",
                    "A code list cannot be read to its end.",
                    got=f"{space}: {error}",
                )
            )
        return found or None


def _text(element: Any) -> str:
    return (element.text or "").strip() if element is not None else ""
