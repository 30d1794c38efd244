"""The words of bSDD: types, relations, languages, and what its codes may look like."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["RELATIONS", "TAGS", "TYPES", "escaped", "plain", "split_entity"]

TYPES = {
    "text": "String",
    "integer": "Integer",
    "number": "Real",
    "boolean": "Boolean",
    "date": "Time",
}
"""``DataType`` by type of an attribute."""
RELATIONS = {
    "exact": "IsEqualTo",
    "close": "IsSimilarTo",
    "broad": "IsChildOf",
    "narrow": "IsParentOf",
    "related": "HasReference",
}
"""``RelationType`` by relation of a crosswalk."""
TAGS = {"zh": "zh-CN", "ja": "ja-JP", "en": "en-GB"}
"""``LanguageIsoCode`` by language."""

_FORBIDDEN = re.compile(r'["#%/\\:{}\[\]|;<>?~`\x00-\x1f\x7f]|(?<=_)x(?=[0-9A-F]+_)')


def escaped(code: str, taken: Collection[str], longest: int = 0) -> str:
    """Return a code as bSDD allows it; what it forbids becomes ``_x2F_``.

    bSDD holds codes equal that differ in case only: a second one gets its first sign escaped.

    Examples
    --------
    >>> escaped("A/1", []), plain("A_x2F_1"), escaped("a", ["A"])
    ('A_x2F_1', 'A/1', '_x61_')
    """
    known = {t.casefold() for t in taken}
    found = _FORBIDDEN.sub(lambda m: f"_x{ord(m[0]):X}_", code)
    if longest and len(found) > longest:
        found = found[:longest]
    n = 0
    while found.casefold() in known:
        n += 1
        found = f"v{n}" if longest else f"_x{ord(code[0]):0{n}X}_{escaped(code[1:], [])}"
    return found


def plain(code: str) -> str:
    """Return the code that `escaped` made this of."""
    return re.sub(r"_x([0-9A-F]+)_", lambda m: _sign(m), code)


def _sign(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number < 0x110000 else match[0]


def split_entity(name: str) -> tuple[str, str]:
    """Return IFC class and predefined type of a name as bSDD has them, ("", "") if it is none.

    Examples
    --------
    >>> split_entity("IfcBeamHOLLOWCORE"), split_entity("IfcWall"), split_entity("Wall")
    (('IfcBeam', 'HOLLOWCORE'), ('IfcWall', ''), ('', ''))
    """
    match = re.fullmatch(r"(Ifc(?:[A-Z]?[a-z0-9]+)+)\.?([A-Z][A-Z0-9_]+)?", name)
    return (match[1], match[2] or "") if match else ("", "")
