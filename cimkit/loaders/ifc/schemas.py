"""Schema versions that the parser does not know, read as the nearest one that it does.

Releases that were never published as a standard order some attributes differently or name a class
otherwise. Those differences are mended here, so that no value lands in another's place; every class
that has no counterpart is named as lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from cimkit.model import Problem

__all__ = ["KNOWN", "adapted", "known_classes", "lost_classes", "nearest", "substituted"]

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
_REARRANGED = (
    *("ALIGNMENT", "FACILITYPART", "GRIDPLACEMENT", "KERB", "KERBTYPE", "LINEARPLACEMENT"),
    *("MAPCONVERSION", "PRESENTATIONSTYLEASSIGNMENT", "STYLEDITEM"),
    *("PROXY", "REFERENT", "RELINTERFERESELEMENTS", "SECTIONEDSOLIDHORIZONTAL"),
    *("TRIANGULATEDFACESET", "TRIANGULATEDIRREGULARNETWORK"),
)
_STATEMENT = re.compile(
    rb"(#\s*\d+\s*=\s*)(IFC(?:" + "|".join(_REARRANGED).encode() + rb"))\s*"
    rb"\(((?:[^';]++|'(?:[^']++|'')*+')*+);",
    re.IGNORECASE,
)
_PART = re.compile(
    rb"IFC(ROAD|RAILWAY|BRIDGE|MARINE)PARTTYPEENUM\s*\((.*)\)\Z", re.IGNORECASE | re.DOTALL
)
_STYLES = re.compile(
    rb"(#\s*\d+)\s*=\s*IFCPRESENTATIONSTYLEASSIGNMENT\s*\(\s*\(([^()]*)\)\s*\)\s*;", re.IGNORECASE
)
_NAME = re.compile(
    rb"(=\s*)(" + b"|".join(sorted(n.encode() for n in _RENAMED)) + rb")(?=\s*\()", re.IGNORECASE
)
_ARGUMENT = re.compile(rb"'(?:[^']++|'')*+'|[(),]|[^'(),]++")


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
    names = next(names for start, names in _CANDIDATES if schema.startswith(start))
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
        content, after = _rewritten(content, after)
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
        What it names, "" if nothing, and what it was read as.
    told : str
        What else was read as another thing.
    """
    return Problem(
        code="schema-substituted",
        message=f"The header names {schema}, which the parser does not know; the model was read as "
        f"{near}."
        if schema
        else f"The header names no schema; the model was read as {near}.",
        got=f"{schema or 'nothing'}{'; ' + told if told else ''}",
        expected=", ".join(KNOWN),
        hint="Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
    )


_Adapted = tuple[bytes, Counter[str], list[Problem]]


def _arguments(text: bytes) -> Iterator[bytes]:
    """Yield the arguments of a statement, split at the commas that are in no list and no text."""
    depth, held = 0, b""
    for token in _ARGUMENT.findall(text):
        depth += (token == b"(") - (token == b")")
        if token == b"," and not depth:
            yield held.strip()
            held = b""
        else:
            held += token
    yield held.strip()


def _rewritten(content: bytes, classes: Counter[str]) -> tuple[bytes, Counter[str]]:
    """Return the text with the arguments of IFC4X3_ADD2, and the classes that it then has."""
    styles = {m[1].replace(b" ", b""): m[2] for m in _STYLES.finditer(content)}
    after = Counter(classes)

    def one(found: re.Match[bytes]) -> bytes:
        name = found[2].decode("ascii").upper()
        old = list(_arguments(found[3].rstrip().removesuffix(b")")))
        if name == "IFCPRESENTATIONSTYLEASSIGNMENT":
            after[name] -= 1  # a wrapper that a styled item no longer has
            return b""
        if name == "IFCSTYLEDITEM" and len(old) == 3:
            held = re.sub(rb"#\s*\d+", lambda m: styles.get(m[0].replace(b" ", b""), m[0]), old[1])
            return found[1] + b"IFCSTYLEDITEM(" + b",".join([old[0], held, old[2]]) + b");"
        new = _order(name, old)
        if new is None:
            return found[0]
        target, values = new
        after[name] -= 1
        after[target] += 1
        return found[1] + target.encode("ascii") + b"(" + b",".join(values) + b");"

    content = _STATEMENT.sub(one, content)
    return content, +after


def _order(name: str, old: list[bytes]) -> tuple[str, list[bytes]] | None:
    """Return class and arguments as IFC4X3_ADD2 has them, None if they are so already."""
    count = len(old)
    if name == "IFCALIGNMENT" and count == 9:  # IFC4X1 to RC1: Axis before PredefinedType
        return name, [*old[:7], old[8]]
    if name == "IFCGRIDPLACEMENT" and count == 2:  # until IFC4X1
        return name, [b"$", *old]
    if name == "IFCLINEARPLACEMENT" and count > 3 and old[-1] != b"$":
        # Of the distance along a line that is no more, the exporter's own solution is left.
        return "IFCLOCALPLACEMENT", [old[0] if count > 4 else b"$", old[-1]]
    if name in ("IFCKERB", "IFCKERBTYPE") and old[-1] in (b".T.", b".F.", b".U."):  # Mountable
        return name, [*old[:-1], b"$"]
    if name == "IFCREFERENT" and count == 9:  # RestartDistance
        return name, old[:8]
    if name == "IFCSECTIONEDSOLIDHORIZONTAL" and count == 4:  # FixedAxisVertical
        return name, old[:3]
    if name == "IFCRELINTERFERESELEMENTS" and count == 10 and old[9] in (b".T.", b".F.", b".U."):
        return name, [*old[:7], old[8], old[9], old[7]]
    if name.startswith("IFCTRIANGULATED") and count > 4 and _closed_first(old):
        return name, [old[0], old[2], old[1], *old[3:]]
    if name == "IFCPROXY" and count == 9:  # ProxyType, Tag
        return "IFCBUILDINGELEMENTPROXY", [*old[:7], old[8], b"$"]
    if name == "IFCFACILITYPART" and count == 11:  # its kind, then its usage
        return _facility_part(old)
    if name == "IFCMAPCONVERSION" and count == 10:  # ScaleY, ScaleZ beside Scale
        if old[8:] == [b"$", b"$"]:
            return name, old[:8]
        return "IFCMAPCONVERSIONSCALED", [*old[:8], b"1.", *_factors(old)]
    return None


def _closed_first(old: list[bytes]) -> bool:
    return old[1][:1] == b"." or old[2][:1] == b"("


def _facility_part(old: list[bytes]) -> tuple[str, list[bytes]]:
    """Return the class that a part of a facility has since its kind is no attribute any more."""
    kind = _PART.match(old[9])
    if kind is None:
        return "IFCFACILITYPART", [*old[:9], old[10]]
    return f"IFC{kind[1].decode().upper()}PART", [*old[:9], old[10], kind[2].strip()]


def _factors(old: list[bytes]) -> list[bytes]:
    """Return scale y and z of IFC4X3 relative to scale x, as IFC4X3_ADD2 has them."""
    try:
        scale = float(old[7])
    except ValueError:
        scale = 1.0  # unset
    found = []
    for text in old[8:]:
        try:
            found.append(f"{float(text) / scale:.17G}".encode())
        except (ValueError, ZeroDivisionError):
            found.append(b"1.")
    return found
