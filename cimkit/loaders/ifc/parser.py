"""One run of the STEP parser over a file, and what it said on the way as problems."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cimkit.errors import SourceUnreadable
from cimkit.model import Problem

__all__ = ["Parsed", "parsed"]

_SHOWN = 5
_DANGLING = re.compile(r"Instance reference (#\d+) used by instance (#\d+)")
_UNKNOWN = re.compile(r"Entity with name '([^']*)' not found")
_DUPLICATE = re.compile(r"Overwriting instance with name (#\d+)")
_COUNT = re.compile(r"Expected (\d+) attribute values, found (\d+) for instance (#\d+)")
_SHARED = re.compile(r"non-unique GlobalId (\S+)")
_LITERAL = re.compile(r"enumeration literal '([^']*)' is not valid for type '([^']*)'")

_Severity = Literal["error", "warning", "info"]


@dataclass(slots=True)
class Parsed:
    """A model and what the parser complained of."""

    model: Any
    """ifcopenshell.file"""
    said: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """(place, what) by kind of complaint."""

    @property
    def count(self) -> int:
        """Number of instances that were read."""
        from cimkit.loaders.ifc.instances import entity_count

        return entity_count(self.model)

    @property
    def duplicates(self) -> int:
        """Number of instances whose number was used again behind them."""
        return len(self.said.get("instance-duplicate", ()))

    def problems(self, lost: set[str], substituted: bool) -> list[Problem]:
        """Return what was said, one problem for each kind.

        Parameters
        ----------
        lost : set of str
            Classes that are named as lost already, in capitals.
        substituted : bool
            Whether another schema than the file's was read: attributes that came later are then
            missing rightly.
        """
        found = []
        for kind, (severity, message, hint) in _KINDS.items():
            places = self.said.get(kind, [])
            if kind == "type-unknown":
                places = [p for p in places if p[1].upper() not in lost]
            if kind == "attributes-missing" and substituted:
                places = []
            if places:
                found.append(_summary(kind, severity, message, hint, places))
        return found


_KINDS: dict[str, tuple[_Severity, str, str]] = {
    "instance-duplicate": (
        "error",
        "{n} instance numbers are given to several instances; of each the last one was read.",
        "Export the model again; were two files joined by hand?",
    ),
    "reference-dangling": (
        "error",
        "{n} attributes refer to instances that the file does not hold; they were read as unset.",
        "Export the model again; is the file complete?",
    ),
    "type-unknown": (
        "error",
        "{n} values are of types that the schema does not have; they were not read.",
        "Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
    ),
    "value-invalid": (
        "error",
        "{n} attributes hold a word that their enumeration does not have; they were read as unset.",
        "Correct the values in the authoring tool.",
    ),
    "attributes-surplus": (
        "error",
        "{n} instances have more attributes than their class; the last ones were not read.",
        "Is FILE_SCHEMA that of the model?",
    ),
    "attributes-missing": (
        "warning",
        "{n} instances have fewer attributes than their class; the last ones were read as unset.",
        "Is FILE_SCHEMA that of the model?",
    ),
    "globalid-repeated": (
        "info",
        "{n} instances have the GlobalId of another.",
        "Export the model again with a GlobalId of its own for each.",
    ),
    "syntax": (
        "error",
        "The text is no STEP in {n} places; what stands there may be lost.",
        "Deliver the file again; it was damaged on its way or by its exporter.",
    ),
}


def _summary(
    kind: str, severity: _Severity, message: str, hint: str, places: list[tuple[str, str]]
) -> Problem:
    shown = list(dict.fromkeys(p for p, _ in places if p))[:_SHOWN]
    values = list(dict.fromkeys(w for _, w in places if w))[:_SHOWN]
    return Problem(
        "step-syntax" if kind == "syntax" else kind,
        message.format(n=len(places)),
        severity,
        ", ".join(shown) + (" …" if len(places) > len(shown) > 0 else ""),
        got=", ".join(values)[:300],
        hint=hint,
    )


def parsed(file: Path) -> Parsed:
    """Parse a STEP file that is ASCII throughout and names a schema the parser knows.

    Raises
    ------
    SourceUnreadable
        If the parser gives up.
    """
    import ifcopenshell
    from ifcopenshell import ifcopenshell_wrapper

    log: Any = ifcopenshell_wrapper.logger()
    log.output_format(log.FMT_INMEMORY)
    try:
        model = ifcopenshell.open(str(file), format=".ifc", logger=log)
    except (ifcopenshell.Error, OSError, RuntimeError, TypeError, ValueError) as error:
        raise SourceUnreadable(
            f"the IFC parser gives up: {error or type(error).__name__}",
            mend="Export the model again, or repair the STEP text at the place named.",
        ) from error
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in log.log_messages():
        kind, place, what = _sorted(entry.message)
        if kind:
            said[kind].append((place, what))
    return Parsed(model, dict(said))


def _sorted(message: str) -> tuple[str, str, str]:
    """Return kind, place and value of one line of the parser's log; no kind: nothing new."""
    if found := _DANGLING.search(message):
        return "reference-dangling", found[2], found[1]
    if found := _COUNT.search(message):
        more = int(found[2]) > int(found[1])
        return "attributes-surplus" if more else "attributes-missing", found[3], ""
    if found := _DUPLICATE.search(message):
        return "instance-duplicate", found[1], ""
    if found := _LITERAL.search(message):
        return "value-invalid", "", f"{found[1]} for {found[2]}"
    if found := _UNKNOWN.search(message):
        return "type-unknown", "", found[1][:60]
    if found := _SHARED.search(message):
        return "globalid-repeated", "", found[1]
    if "actual type <null>" in message:
        return "", "", ""  # a missing GlobalId, which is told of products one by one
    if message.startswith("Requested type"):
        return "value-invalid", "", message[:120]
    return "syntax", "", message[:120]
