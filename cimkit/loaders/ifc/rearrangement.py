"""Arguments of the drafts of IFC4X3, put in the order that IFC4X3_ADD2 has them in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

__all__ = ["arguments", "rearranged"]

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
_ARGUMENT = re.compile(rb"'(?:[^']++|'')*+'|[(),]|[^'(),]++")


def arguments(text: bytes) -> Iterator[bytes]:
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


def rearranged(content: bytes, classes: Counter[str]) -> tuple[bytes, Counter[str]]:
    """Return the text with the arguments of IFC4X3_ADD2, and the classes that it then has."""
    styles = {m[1].replace(b" ", b""): m[2] for m in _STYLES.finditer(content)}
    after = Counter(classes)

    def one(found: re.Match[bytes]) -> bytes:
        name = found[2].decode("ascii").upper()
        old = list(arguments(found[3].rstrip().removesuffix(b")")))
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
