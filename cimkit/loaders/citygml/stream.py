"""CityGML as a stream of members, so that a file of any size takes the memory of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.names import local
from cimkit.model import Problem

__all__ = ["PARSING", "members", "texts_of"]

PARSING: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
}
"""How XML is read everywhere here: nothing outside the file, no entity written out."""

MEMBERS = ("cityObjectMember", "featureMember", "featureMembers", "cityObjectMembers")
_OTHERS = ("appearanceMember", "versionMember", "versionTransitionMember")
_PACK_FROM = 4_096
_TAIL = 4_096


def members(
    file: Path,
    tally: Tally,
    packed: dict[Any, list[str]] | None = None,
    drain: Callable[[list[str]], None] | None = None,
) -> Iterator[tuple[str, Any]]:
    """Yield (name of the member, object element); each is forgotten when the next is asked for.

    Parameters
    ----------
    file : Path
    tally : Tally
        ``source-cut-off`` and ``xml-broken`` are added where not all could be read.
    packed : dict, optional
        Takes the coordinates of triangles of large surfaces, by the element they stood in, so
        that a terrain does not become a tree of elements.
    drain : callable, optional
        Is given those coordinates whenever there are many; then they are not kept.

    Raises
    ------
    SourceUnreadable
        If not even one member can be read.
    """
    from lxml import etree

    done = 0
    try:
        for found in _strict(file, packed, drain, recover=False):
            done += 1
            yield found
        return
    except etree.XMLSyntaxError as error:
        broken = error
    where = f"line {broken.lineno}"
    if _ends_whole(file):
        tally.add(
            Problem(
                "xml-broken",
                f"The XML is broken: {broken.msg}. What could be made of the rest was read.",
                "error",
                where,
                hint="Export the file again with a writer that escapes its texts.",
            )
        )
        for number, found in enumerate(_strict(file, packed, drain, recover=True)):
            if number >= done:
                done += 1
                yield found
    elif done:
        tally.add(
            Problem(
                "source-cut-off",
                f"The file breaks off ({broken.msg}); the {done} objects before that were read.",
                "error",
                where,
                hint="Copy or export the file again.",
            )
        )
    if not done:
        raise SourceUnreadable(
            f"broken XML: {broken.msg}",
            where=f"{file.name} {where}",
            mend="Export the file again; it may have been cut off.",
        ) from broken


def _ends_whole(file: Path) -> bool:
    """Tell whether the root is closed at the end: then something in the middle is wrong."""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _TAIL))
        return b"CityModel>" in opened.read().replace(b"\0", b"").replace(b" ", b"")


def _strict(
    file: Path,
    packed: dict[Any, list[str]] | None,
    drain: Callable[[list[str]], None] | None,
    *,
    recover: bool,
) -> Iterator[tuple[str, Any]]:
    from lxml import etree

    wanted = [*MEMBERS, *_OTHERS, *(["Triangle"] if packed is not None else [])]
    counts: dict[Any, int] = {}
    with file.open("rb") as opened:
        for _, element in etree.iterparse(
            opened,
            events=("end",),
            tag=[f"{{*}}{name}" for name in wanted],
            recover=recover,
            **PARSING,
        ):
            name = local(element)
            if name == "Triangle":
                if packed is not None:
                    texts = _pack(element, counts, packed)
                    if drain is not None and len(texts) >= _PACK_FROM:
                        drain(texts)
                        texts.clear()
                continue
            above = element.getparent()
            if above is None or above.getparent() is not None:
                continue  # a property of the same name inside an object
            yield from ((name, child) for child in element.iterchildren("*"))
            element.clear()
            while element.getprevious() is not None:
                del above[0]
            counts.clear()
            if packed is not None:
                packed.clear()


def _pack(element: Any, counts: dict[Any, int], packed: dict[Any, list[str]]) -> list[str]:
    """Keep the numbers of a triangle and drop its elements, once a surface has very many."""
    above = element.getparent()
    if above is None:
        return []
    count = counts[above] = counts.get(above, 0) + 1
    if count < _PACK_FROM:
        return []
    texts = packed.setdefault(above, [])
    while (first := above[0]) is not element:  # what follows may still be being built
        texts.append(" ".join(texts_of(first)))
        del above[0]
    return texts


def texts_of(element: Any) -> Iterator[str]:
    """Yield the texts below an element that are more than white space."""
    for text in element.itertext():
        if text.strip():
            yield text.strip()
