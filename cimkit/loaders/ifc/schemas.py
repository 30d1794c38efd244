"""Schema versions that the parser does not know, read as the nearest one that it does.

Releases that were never published as a standard order some attributes differently or name a class
otherwise. Those differences are mended here, so that no value lands in another's place; every class
that has no counterpart is named as lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from cimkit.loaders.ifc.drafts import drawn
from cimkit.loaders.ifc.rearrangement import rearranged
from cimkit.model import Problem

__all__ = [
    "KNOWN",
    "adapted",
    "fewest_lost",
    "known_classes",
    "lost_classes",
    "nearest",
    "substituted",
]

KNOWN = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
"""What the parser reads."""

# In the order in which they are to be tried; among equals the first wins.
_CANDIDATES = (
    ("IFC4X", ("IFC4X3_ADD2", "IFC4")),
    ("IFC4", ("IFC4", "IFC4X3_ADD2")),
    ("IFC2", ("IFC2X3", "IFC4")),
    ("IFC1", ("IFC2X3",)),
    ("", KNOWN[::-1]),
)
# Classes that a later release gave up for the plainer one, with the same attributes.
_RENAMED = {
    "IFCBEAMSTANDARDCASE": "IFCBEAM",
    "IFCBUILDINGELEMENT": "IFCBUILTELEMENT",
    "IFCBUILDINGELEMENTTYPE": "IFCBUILTELEMENTTYPE",
    "IFCCOLUMNSTANDARDCASE": "IFCCOLUMN",
    "IFCDOORSTANDARDCASE": "IFCDOOR",
    "IFCMEMBERSTANDARDCASE": "IFCMEMBER",
    "IFCOPENINGSTANDARDCASE": "IFCOPENINGELEMENT",
    "IFCPLATESTANDARDCASE": "IFCPLATE",
    "IFCSLABELEMENTEDCASE": "IFCSLAB",
    "IFCSLABSTANDARDCASE": "IFCSLAB",
    "IFCWALLELEMENTEDCASE": "IFCWALL",
    "IFCWALLSTANDARDCASE": "IFCWALL",
    "IFCWINDOWSTANDARDCASE": "IFCWINDOW",
}
_NAME = re.compile(
    rb"(=\s*)(" + b"|".join(sorted(n.encode() for n in _RENAMED)) + rb")(?=\s*\()", re.IGNORECASE
)


def nearest(schema: str, classes: Counter[str]) -> str | None:
    """Return the schema to read a file as, None if there is none like it.

    Parameters
    ----------
    schema : str
        What the header names, in capitals; "" if nothing.
    classes : Counter of str
        Number of instances by class: of the schemas that may do, the one that loses the fewest is
        taken.
    """
    if schema in KNOWN:
        return schema
    if schema and not schema.startswith(("IFC1", "IFC2", "IFC4")):
        return None
    return fewest_lost(next(n for start, n in _CANDIDATES if schema.startswith(start)), classes)


def fewest_lost(names: Sequence[str], classes: Counter[str]) -> str:
    """Return that of several schemas that has no class for the fewest instances."""
    return min(names, key=lambda n: sum(_lost(n, classes).values()))


@cache
def known_classes(schema: str) -> frozenset[str]:
    """Return the names of all classes of a schema, in capitals."""
    from ifcopenshell import ifcopenshell_wrapper

    declared = ifcopenshell_wrapper.schema_by_name(schema)
    return frozenset(d.name().upper() for d in declared.entities())


def _lost(schema: str, classes: Counter[str]) -> dict[str, int]:
    known = known_classes(schema)
    return {
        name: n
        for name, n in sorted(classes.items())
        if name not in known and _RENAMED.get(name) not in known
    }


def lost_classes(schema: str, classes: Counter[str]) -> list[Problem]:
    """Name the instances of classes that a schema does not have: the parser skips them.

    Parameters
    ----------
    schema : str
        The one it was read as.
    classes : Counter of str
        Number of instances by class as the text has them, in capitals.
    """
    lost = {n: c for n, c in sorted(classes.items()) if n not in known_classes(schema)}
    if not lost:
        return []
    return [
        Problem(
            code="entities-lost",
            message=f"{sum(lost.values())} instances are of classes that {schema} does not have; "
            "they and what hangs on them are not read.",
            severity="error",
            got=", ".join(f"{name} {n}" for name, n in lost.items()),
            expected=f"classes of {schema}",
            hint="Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
        )
    ]


def adapted(content: bytes, schema: str, near: str, classes: Counter[str]) -> _Adapted:
    """Rewrite what the releases express differently.

    Parameters
    ----------
    content : bytes
        The whole text.
    schema, near : str
        What the header names, and what it will be read as.
    classes : Counter of str
        Number of instances by class in the text.

    Returns
    -------
    content : bytes
    classes : Counter of str
        After renaming.
    problems : list of Problem
        ``schema-substituted``, which names what was read as another class.
    """
    known = known_classes(near)
    renamed: Counter[str] = Counter()
    after = Counter(classes)
    if near == "IFC4X3_ADD2" and schema != near:
        content, after = rearranged(*drawn(content, after))
    stale = {n for n in classes if n not in known and _RENAMED.get(n) in known}
    if stale:

        def rename(found: re.Match[bytes]) -> bytes:
            name = found[2].decode("ascii").upper()
            if name not in stale:
                return found[0]
            renamed[name] += 1
            return found[1] + _RENAMED[name].encode("ascii")

        content = _NAME.sub(rename, content)
    for name, n in renamed.items():
        del after[name]
        after[_RENAMED[name]] += n
    told = "; ".join(f"{n} {_RENAMED[n]} were {n}" for n in sorted(renamed))
    return content, after, [substituted(schema, near, told)]


def substituted(schema: str, near: str, told: str = "") -> Problem:
    """Tell that a model was read as another schema than it names.

    Parameters
    ----------
    schema, near : str
        What it names, "" if nothing, several with commas, and what it was read as.
    told : str
        What else was read as another thing.
    """
    names = f"{schema}, which the parser does not know" if schema else "no schema"
    names = f"several schemas, {schema}" if "," in schema else names
    return Problem(
        code="schema-substituted",
        message=f"The header names {names}; the model was read as {near}.",
        got=f"{schema or 'nothing'}{'; ' + told if told else ''}",
        expected=", ".join(KNOWN),
        hint="Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
    )


_Adapted = tuple[bytes, Counter[str], list[Problem]]
