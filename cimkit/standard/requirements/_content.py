"""Whether what an IDS asks for can be: names of the schema, types, values and restrictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cimkit.standard.requirements._structure import Mistakes
from cimkit.standard.requirements.matching import accepts, everything, shown, some
from cimkit.standard.requirements.patterns import re2_of
from cimkit.standard.requirements.versions import (
    MAPPED,
    attribute_base,
    base_of,
    classes_named,
    family,
    parses,
    predefined_words,
)

__all__ = ["content_mistakes"]

Json = dict[str, Any]
_LENGTHS = ("length", "minLength", "maxLength")
_BOUNDS = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")


def content_mistakes(specifications: Sequence[Json], told: Mistakes) -> None:
    """Add what no model of the releases named could fulfil."""
    for one in specifications:
        _specification(one, told)


def _specification(one: Json, told: Mistakes) -> None:
    versions = one["versions"]
    for facet in (*one["applicability"], *one["requirements"]):
        for value in (*facet.values(), *facet.get("entity", {}).values()):
            if isinstance(value, dict) and "base" in value:
                _restriction(value, told)
    if told.found:
        return  # what a broken expression reaches cannot be said
    subject: dict[str, set[str]] | None = None
    for facet in one["applicability"]:
        if facet["facet"] == "entity":
            subject = _entity(facet, facet["line"], versions, told)
    for facet in one["applicability"]:
        _facet(facet, versions, subject, told)
    for facet in one["requirements"]:
        if facet["facet"] == "entity":
            _demanded_entity(facet, versions, subject, told)
        _facet(facet, versions, subject, told)


def _facet(
    facet: Json, versions: Sequence[str], subject: dict[str, set[str]] | None, told: Mistakes
) -> None:
    kind = facet["facet"]
    if kind == "partOf":
        _entity(facet["entity"], facet["line"], versions, told)
    elif kind == "attribute":
        _attribute(facet, versions, subject, told)
    elif kind == "property":
        _property(facet, versions, told)


def _entity(facet: Json, line: int, versions: Sequence[str], told: Mistakes) -> dict[str, set[str]]:
    """Return the classes that a facet reaches, by release."""
    found: dict[str, set[str]] = {}
    name = facet["name"]
    spelt = [name["simple"]] if "simple" in name else name.get("enumeration", [])
    for text in spelt:
        if text != text.upper():
            told.add(
                line,
                "classes are written in capitals",
                got=text,
                expected=text.upper(),
                mend="Write it so.",
            )
            return {v: set() for v in versions}
    for version in versions:
        names = classes_named(version)
        found[version] = {n for n in names if accepts(name, n)}
        if not found[version] and not everything(name):
            told.add(
                line,
                f"no class of {version}",
                got=shown(name),
                expected=f"a class of {version} in capitals",
                mend=_without(version, versions, any(found.values())),
            )
    unknown = [t for t in spelt if not any(t in classes_named(v) for v in versions)]
    if unknown and len(unknown) < len(spelt):
        told.add(line, "no such class of IFC", got=", ".join(unknown[:5]))
    if "predefinedType" in facet and not told.found:
        _predefined(facet["predefinedType"], line, found, versions, told)
    return found


def _predefined(
    value: Json,
    line: int,
    classes: dict[str, set[str]],
    versions: Sequence[str],
    told: Mistakes,
) -> None:
    spelt = [value["simple"]] if "simple" in value else value.get("enumeration", [])
    for version, names in classes.items():
        words = [w for n in names if (w := predefined_words(version, n)) is not None]
        if not words:
            told.add(
                line,
                f"{some(names)} of {version} has no predefined type",
                got=shown(value),
                mend=_without(version, versions, len(versions) > 1),
            )
            continue
        known = {w for inner in words for w in inner}
        if "USERDEFINED" in known:
            continue
        for text in spelt:
            if text not in known:
                told.add(
                    line,
                    f"no predefined type of {some(names)} in {version}",
                    got=text,
                    expected=", ".join(sorted(known)[:10]),
                )


def _demanded_entity(
    facet: Json, versions: Sequence[str], subject: dict[str, set[str]] | None, told: Mistakes
) -> None:
    before = len(told.found)
    wanted = _entity(facet, facet["line"], versions, told)
    if subject is None or len(told.found) > before:
        return
    for version in versions:
        # Of IFC2X3 a wall terminal may be called by its type: its class is another.
        plain = {MAPPED[n][0] if n in MAPPED else n for n in subject[version]}
        if not wanted[version] & (subject[version] | plain) and not any(
            MAPPED.get(n, ("",))[0] in subject[version] for n in wanted[version]
        ):
            told.add(
                facet["line"],
                "it asks of objects that they be of another class than they are",
                got=shown(facet["name"]),
                expected=some(subject[version]),
                mend="Name a class of the applicability; subclasses are classes of their own.",
            )
            return


def _attribute(
    facet: Json, versions: Sequence[str], subject: dict[str, set[str]] | None, told: Mistakes
) -> None:
    for version in versions:
        names = subject[version] if subject is not None else classes_named(version)
        bases = _bases(version, frozenset(names), facet["name"])
        if names and not bases:
            told.add(
                facet["line"],
                f"{some(names) if subject is not None else 'no class'} of {version} has "
                + ("no" if subject is not None else "an")
                + " attribute of that name that can be given a value",
                got=shown(facet["name"]),
                mend="Inverse and derived attributes cannot be asked for. "
                + _without(version, versions, _elsewhere(facet, versions, subject)),
            )
            return
        if "value" in facet and names and not _fits(facet["value"], bases):
            what = "holds instances or lists, which have no value" if bases == {"-"} else ""
            told.add(
                facet["line"],
                f"the attribute {what}" if what else "no value that the attribute can have",
                got=shown(facet["value"]),
                expected=", ".join(f"xs:{b}" for b in sorted(bases - {"-", ""})) or None,
                mend="Leave the value out." if what else _MEND,
            )
            return


_MEND = "Numbers have a point and no thousands signs, truths are true or false."


def _bases(version: str, names: frozenset[str], wanted: Json) -> set[str]:
    from cimkit.loaders.ifc.types import class_of

    found: set[str] = set()
    for name in names:
        for inner in (name, *(MAPPED[name] if version == "IFC2X3" and name in MAPPED else ())):
            of = class_of(version, inner)
            for attribute in of.attributes if of is not None else ():
                if accepts(wanted, attribute.name):
                    base = attribute_base(version, inner, attribute.name)
                    found |= {base} if base is not None else set()
    return found


def _fits(value: Json, bases: Iterable[str]) -> bool:
    """Tell whether a value can be one of an attribute or property of some base types."""
    return any(base == "" or (base != "-" and _fits_base(value, base)) for base in bases)


def _fits_base(value: Json, base: str) -> bool:
    if "simple" in value:
        return parses(base, value["simple"])
    given = family(value["base"])
    wanted = family(base)
    text = {"text", "date"}
    if given != wanted and not {given, wanted} <= text:
        return False
    return all(parses(base, v) for v in value.get("enumeration", ()))


def _property(facet: Json, versions: Sequence[str], told: Mistakes) -> None:
    name = facet.get("dataType")
    if name is None:
        return
    for version in versions:
        base = base_of(version, name)
        if base is None:
            told.add(
                facet["line"],
                f"no type of values of {version}",
                got=name,
                mend=_without(version, versions, any(base_of(v, name) for v in versions)),
            )
            return
        if "value" in facet and not _fits_base(facet["value"], base):
            told.add(
                facet["line"],
                f"no value of {name}",
                got=shown(facet["value"]),
                expected=f"xs:{base}",
                mend=_MEND,
            )
            return


def _restriction(value: Json, told: Mistakes) -> None:
    line, kind = value["line"], family(value["base"])
    if not kind:
        told.add(
            line,
            "a base type that values of IFC do not have",
            got=value["base"],
            expected="xs:string, xs:double, xs:integer, xs:boolean, xs:date ...",
        )
        return
    for name in value:
        misplaced = (name in _LENGTHS and kind != "text") or (
            name in _BOUNDS and kind not in ("number", "date")
        )
        if misplaced:
            told.add(
                line,
                f"{name} cannot restrict xs:{value['base']}",
                got=value[name],
                mend='Bounds want base="xs:double", lengths base="xs:string".',
            )
        elif name in _LENGTHS and not value[name].strip().isdigit():
            told.add(line, f"{name} is a number of characters", got=value[name])
        elif name in _BOUNDS and not parses(value["base"], value[name].strip()):
            told.add(line, f"{name} is no xs:{value['base']}", got=value[name])
    for text in value.get("enumeration", ()):
        if not parses(value["base"], text):
            told.add(line, f"no xs:{value['base']}", got=text, mend=_MEND)
            break
    for pattern in value.get("pattern", ()):
        _, wrong = re2_of(pattern)
        if wrong:
            told.add(line, f"no valid pattern: {wrong}", got=pattern)


def _elsewhere(facet: Json, versions: Sequence[str], subject: dict[str, set[str]] | None) -> bool:
    """Tell whether any of the releases has an attribute of that name."""
    return any(
        _bases(v, frozenset(subject[v] if subject is not None else classes_named(v)), facet["name"])
        for v in versions
    )


def _without(version: str, versions: Sequence[str], elsewhere: bool) -> str:
    if len(versions) > 1 and elsewhere:
        return f"Take {version} out of ifcVersion, or write a specification of its own for it."
    return f"Look it up in the documentation of {version}."
