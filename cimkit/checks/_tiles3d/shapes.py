"""Which members a JSON object has, and of which kind: a small grammar, and its check."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cimkit.checks._tiles3d.issues import Issues

__all__ = ["IDENTIFIER", "Kind", "array", "dictionary", "fits", "integer", "number", "record"]

IDENTIFIER = "^[a-zA-Z_][a-zA-Z0-9_]*$"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be."""

    name: str
    """number, integer, string, boolean, object, array or any."""
    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    """A value must be greater than this."""
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    of: Kind | None = None
    """Of the elements of an array, of the values of a dictionary."""
    fewest: int = 0
    """Elements or members; characters of a text."""
    greatest: int | None = None
    unique: bool = False
    members: Mapping[str, Kind] = field(default_factory=dict)
    """Of an object; a name that ends with ``!`` must be there."""
    extensible: bool = False
    """Has ``extensions`` and ``extras``, whose names are gathered."""
    open_list: bool = False
    """Other choices are unusual, not wrong: extensions may add them."""


TEXT = Kind("string")
_PLAIN = Kind("number")
TRUTH = Kind("boolean")
ANY = Kind("any")


def number(least: float = -math.inf, most: float = math.inf, above: float = -math.inf) -> Kind:
    """Return the kind of a number in a range."""
    return Kind("number", least, most, above)


def integer(least: float = -math.inf, most: float = math.inf) -> Kind:
    """Return the kind of a whole number in a range."""
    return Kind("integer", least, most)


def array(of: Kind, fewest: int = 0, greatest: int | None = None, *, unique: bool = False) -> Kind:
    """Return the kind of a list."""
    return Kind("array", of=of, fewest=fewest, greatest=greatest, unique=unique)


def record(**members: Kind) -> Kind:
    """Return the kind of an object with members; a name with ``_`` at its end must be there."""
    named = {(k[:-1] + "!" if k.endswith("_") else k): v for k, v in members.items()}
    return Kind("object", members=named, extensible=True)


def dictionary(of: Kind, fewest: int = 0) -> Kind:
    """Return the kind of an object whose names are free."""
    return Kind("object", of=of, fewest=fewest)


def fits(value: Any, kind: Kind, issues: Issues, pointer: str = "") -> bool:
    """Tell of all that a value is not, and return whether it is what it should be."""
    wrong = _mismatch(value, kind)
    if wrong:
        issues.tell("type-wrong", pointer, got=value, expected=wrong)
        return False
    if kind.name in ("number", "integer"):
        return _number(value, kind, issues, pointer)
    if kind.choices and value not in kind.choices:
        wanted = " | ".join(str(c) for c in kind.choices)
        issues.tell("choice-wrong", pointer, got=value, expected=wanted)
        return False
    if kind.name == "string":
        return _text(value, kind, issues, pointer)
    if kind.name == "array":
        return _array(value, kind, issues, pointer)
    if kind.name == "object":
        return _object(value, kind, issues, pointer)
    return True


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number of JSON."""
    # The exact types of the JSON reader; a bool is an int to isinstance.
    return type(value) is int or (type(value) is float and math.isfinite(value))


def is_integer(value: Any) -> bool:
    """Return whether a value is a whole number of JSON."""
    return type(value) is int  # `load_json` has made whole numbers of those that are


def _mismatch(value: Any, kind: Kind) -> str:
    return "" if _RIGHT[kind.name](value) else kind.name


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "number": is_number,
    "integer": is_integer,
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "any": lambda v: True,
}


def _number(value: float, kind: Kind, issues: Issues, pointer: str) -> bool:
    if kind.choices:
        if value in kind.choices:
            return True
        wanted = " | ".join(str(c) for c in kind.choices)
        weight = "warning" if kind.open_list else "error"
        issues.tell("choice-wrong", pointer, got=value, expected=wanted, severity=weight)
        return kind.open_list
    if kind.least <= value <= kind.most and value > kind.above:
        return True
    ends = []
    if kind.least > -math.inf:
        ends.append(f"≥ {kind.least:.15g}")
    if kind.above > -math.inf:
        ends.append(f"> {kind.above:.15g}")
    if kind.most < math.inf:
        ends.append(f"≤ {kind.most:.15g}")
    issues.tell("range-wrong", pointer, got=value, expected=", ".join(ends))
    return False


def _text(value: str, kind: Kind, issues: Issues, pointer: str) -> bool:
    if len(value) < kind.fewest:
        issues.tell("length-wrong", pointer, got=len(value), expected=f"≥ {kind.fewest}")
        return False
    if kind.pattern and not re.search(kind.pattern, value):
        issues.tell("pattern-wrong", pointer, got=value, expected=kind.pattern)
        return False
    return True


def _array(value: list[Any], kind: Kind, issues: Issues, pointer: str) -> bool:
    most = len(value) if kind.greatest is None else kind.greatest
    if not kind.fewest <= len(value) <= most:
        wanted = f"{kind.fewest}" if kind.fewest == kind.greatest else f"≥ {kind.fewest}"
        if kind.greatest is not None and kind.fewest != kind.greatest:
            wanted = f"{kind.fewest} … {kind.greatest}"
        issues.tell("length-wrong", pointer, got=len(value), expected=wanted)
        return False
    right = True
    if kind.of == _PLAIN and all(map(is_number, value)):
        return True
    if kind.of is not None:
        for i, one in enumerate(value):
            right &= fits(one, kind.of, issues, f"{pointer}/{i}")
    if kind.unique:
        seen: set[str] = set()
        for i, one in enumerate(value):
            if repr(one) in seen:
                issues.tell("element-twice", f"{pointer}/{i}", got=one)
                right = False
            seen.add(repr(one))
    return right


def _object(value: dict[str, Any], kind: Kind, issues: Issues, pointer: str) -> bool:
    right = True
    if len(value) < kind.fewest:
        issues.tell("length-wrong", pointer, got=len(value), expected=f"≥ {kind.fewest}")
        right = False
    for name, inner in kind.members.items():
        plain = name.removesuffix("!")
        given = value.get(plain)
        if given is None:
            if name.endswith("!"):
                issues.tell("member-missing", pointer, expected=plain)
                right = False
        else:
            right &= fits(given, inner, issues, f"{pointer}/{plain}")
    if kind.of is not None:
        for name, inner_value in value.items():
            right &= fits(inner_value, kind.of, issues, f"{pointer}/{name}")
    if kind.extensible:
        right &= extensible(value, issues, pointer)
    return right


def extensible(value: dict[str, Any], issues: Issues, pointer: str) -> bool:
    """Look at ``extensions`` and ``extras`` of an object, and gather the names of extensions."""
    if value.get("extras") is not None and not isinstance(value["extras"], dict):
        issues.tell(
            "extras-unusual", f"{pointer}/extras", got=value["extras"], expected="object",
            severity="warning",
        )  # fmt: skip
    extensions = value.get("extensions")
    if extensions is None:
        return True
    if not isinstance(extensions, dict):
        issues.tell("type-wrong", f"{pointer}/extensions", got=extensions, expected="object")
        return False
    right = True
    for name, said in extensions.items():
        issues.found.add(name)
        if not isinstance(said, dict):
            issues.tell("type-wrong", f"{pointer}/extensions/{name}", got=said, expected="object")
            right = False
    return right
