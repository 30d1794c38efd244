"""A rule of a standard, and how it is written in ``rules/*.toml``."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cimkit.errors import StandardError
from cimkit.model import Severity
from cimkit.standard.package._place import Place
from cimkit.standard.package._toml import known, one_of, scalar, table, tables, texts

__all__ = ["AppliesTo", "Rule", "RuleChange", "read_rules"]

_NEEDS = ("catalogue", "measures", "source", "context")
_LANGUAGES = ("zh", "ja", "en")
_CHOICES = {"mender": ("vendor", "office", "tool"), "defect_class": ("", "A", "B", "C", "D")}
_KEYS: dict[str, type | None] = {
    **dict.fromkeys(
        ("severity", "element", "check", "sql", "unit", "clause", "mender", "defect_class"), str
    ),
    **dict.fromkeys(("ids", "specification"), str),
    **dict.fromkeys(("tolerance", "weight"), float),
    "mandatory": bool,
    **dict.fromkeys(("applies_to", "needs", "parameters", "title", "message", "hint"), None),
}
"""Keys of a rule with the type of their value; None: more than one value."""
_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """What a rule speaks of. An empty tuple means: no limit."""

    kinds: tuple[str, ...] = ()
    """Kinds of source, e.g. ``("gis", "bim")``."""
    classes: tuple[str, ...] = ()
    """Class codes; a code stands for itself and all below it."""
    layers: tuple[str, ...] = ()
    """Globs over layer names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a standard.

    In a package, any number of rules stand in each ``rules/*.toml``::

        [[rule]]
        id = "class-leaf"                # full id: "<package>/class-leaf"
        severity = "error"               # error (default), warning, info
        element = "thematic accuracy"    # ISO 19157 data quality element
        applies_to = { kinds = ["gis"], classes = ["01"], layers = ["lamp*"] }
        needs = ["catalogue"]            # catalogue (default), measures, source, context
        check = "class_leaf"             # a built-in check ...
        # sql = "SELECT ..."             # ... or SQL that selects the bad rows ...
        # ids = "walls.ids"              # ... or a file of ids/ (IDS 1.0): one of the three
        # specification = "Walls"        # the one of its specifications that is meant; else all
        parameters = { }                 # given to the check
        tolerance = 0.01                 # a number, with its
        unit = "m"                       # unit
        clause = "5.2"
        mender = "vendor"                # vendor (default), office, tool
        mandatory = true                 # not checked means: the verdict is incomplete (exit 3)
        defect_class = "B"               # A, B, C, D as in GB/T 24356
        weight = 1.0
        title = { zh = "...", ja = "...", en = "..." }    # what it asks for; else the check's
        message = { zh = "...", ja = "...", en = "..." }  # {measured} ... are filled in
        hint = { zh = "...", ja = "...", en = "..." }

    An overlay changes a rule of a parent, or takes it away, by its full id::

        [[change]]
        id = "cn.components/file-naming"
        severity = "warning"             # any key of a rule but id, check and sql; of title,
                                         # message, hint and parameters what is not named here stays
        enabled = false                  # false takes the rule away, true brings it back
    """

    id: str
    """Full id, ``<package>/<name>``."""
    severity: Severity = Severity.ERROR
    """How bad a failure is."""
    element: str = ""
    """ISO 19157 data quality element."""
    applies_to: AppliesTo = AppliesTo()
    """What it speaks of."""
    needs: tuple[str, ...] = ("catalogue",)
    """What it must be given: catalogue, measures, source, context."""
    check: str | None = None
    """Name of a built-in check (module in `cimkit.checks`)."""
    sql: str | None = None
    """SQL that selects the bad rows."""
    parameters: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    """Given to the check."""
    tolerance: float | None = None
    """Allowed deviation, in `unit`."""
    unit: str = ""
    """Unit of the tolerance."""
    clause: str = ""
    """Clause of the standard."""
    title: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    """What it asks for in a few words, by language; empty: as its check says."""
    message: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    """What is wrong, by language; names in braces are columns of the finding."""
    hint: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    """How to mend it, by language."""
    mender: str = "vendor"
    """Who can mend it: vendor, office or tool."""
    mandatory: bool = True
    """Whether a verdict without it is incomplete."""
    defect_class: str = ""
    """A, B, C or D as in GB/T 24356."""
    weight: float = 1.0
    """In a score."""
    origin: str = ""
    """Package, file and number where it is written, e.g. ``cn.components/rules/a.toml:2``."""

    @property
    def name(self) -> str:
        """The id without its package."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What an overlay says of a rule of its parents."""

    id: str
    """Full id of the rule."""
    enabled: bool | None
    """False takes it away, True brings it back; None: nothing is said."""
    values: Mapping[str, Any]
    """Fields of `Rule` that take a new value."""
    origin: str
    """Where it is written."""

    def apply(self, rule: Rule) -> Rule:
        """Return the rule as changed."""
        values = dict(self.values)
        for key in ("title", "message", "hint", "parameters"):
            if key in values:
                values[key] = {**getattr(rule, key), **values[key]}
        return dataclasses.replace(rule, **values)


def read_rules(
    text: str, *, package: str, where: str, place: Callable[[str, int], str] | None = None
) -> tuple[list[Rule], list[RuleChange]]:
    """Read one ``rules/*.toml``.

    Parameters
    ----------
    text : str
        The file's content.
    package : str
        Id of the package, the first part of the rules' full ids.
    where : str
        Name of the file for messages and for `Rule.origin`.
    place : callable, optional
        Gives the place of the n-th ``[[rule]]`` or ``[[change]]``; default: `where` and n.

    Raises
    ------
    StandardError
        If the text is no TOML, or a key or value is not one described at `Rule`.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StandardError(f"no valid TOML: {error}", where=where) from error
    known(document, ("rule", "change"), where)
    rules = []
    for number, entry in enumerate(tables(document, "rule", where), 1):
        origin = place("rule", number) if place else f"{where}:{number}"
        name = _name(entry, origin)
        values = _values(entry, {"id"}, origin)
        if sum(values.get(k) is not None for k in ("check", "sql", "ids")) != 1:
            raise StandardError(
                "a rule has either `check` or `sql` or `ids`",
                where=f"{origin} ({name})",
                mend="Name a built-in check, give SQL that selects the bad rows, or an IDS file.",
            )
        _name_ids(values, origin)
        if values.get("check") != "ids" and not values.get("message", {}).get("en"):
            at = _at(origin, "message_en")
            raise StandardError("a rule needs message.en", where=f"{at} ({name})")
        if "/" in name.removeprefix(f"{package}/"):
            raise StandardError(
                "a rule of another package",
                where=origin,
                got=name,
                mend="Use [[change]] to change it, or give your own rule a name without /.",
            )
        full = name if name.startswith(f"{package}/") else f"{package}/{name}"
        rules.append(Rule(id=full, origin=origin, **values))
    changes = []
    for number, entry in enumerate(tables(document, "change", where), 1):
        origin = place("change", number) if place else f"{where}:change {number}"
        name = _name(entry, origin)
        if {"check", "sql", "ids", "specification"} & entry.keys():
            raise StandardError(
                "a change may not give a rule another test",
                where=origin,
                mend="Retire the rule (enabled = false) and write a new one.",
            )
        values = _values(entry, {"id", "enabled"}, origin)
        changes.append(RuleChange(name, scalar(entry, "enabled", bool, origin), values, origin))
    return rules, changes


def _name_ids(values: dict[str, Any], origin: str) -> None:
    """Make a rule that names an IDS one of the check that holds models against it."""
    only, file = values.pop("specification", ""), values.pop("ids", None)
    if file is None and only:
        raise StandardError(
            "`specification` says which one of an IDS", where=origin, mend='Add ids = "file.ids".'
        )
    if file is not None:
        said = {"file": file.removeprefix("ids/"), **({"only": only} if only else {})}
        values["check"] = "ids"
        values["parameters"] = {**values.get("parameters", {}), **said}


def _at(where: str, key: str) -> str:
    """Return the place of a key: in a workbook its cell."""
    return where.cell(key) if isinstance(where, Place) else where


def _name(entry: Mapping[str, Any], where: str) -> str:
    name = entry.get("id")
    if not isinstance(name, str) or not name:
        raise StandardError("a rule needs an id", where=where, got=name)
    return name


def _values(entry: dict[str, Any], besides: set[str], where: str) -> dict[str, Any]:
    """Return the fields of a rule that an entry gives, each of its type."""
    known(entry, [*_KEYS, *besides], where)
    values: dict[str, Any] = {
        key: scalar(entry, key, kind, _at(where, key))
        for key, kind in _KEYS.items()
        if key in entry and kind
    }
    if "severity" in values:
        at = _at(where, "severity")
        values["severity"] = Severity(one_of(values["severity"], list(Severity), "severity", at))
    for key, allowed in _CHOICES.items():
        if key in values:
            one_of(values[key], allowed, key, _at(where, key))
    if "applies_to" in entry:
        scope = table(entry, "applies_to", where)
        known(scope, ("kinds", "classes", "layers"), where)
        values["applies_to"] = AppliesTo(**{k: texts(scope, k, where) for k in scope})
    if "needs" in entry:
        at = _at(where, "needs")
        values["needs"] = tuple(one_of(n, _NEEDS, "needs", at) for n in texts(entry, "needs", at))
    for key in ("title", "message", "hint"):
        if key in entry:
            said = table(entry, key, where)
            known(said, _LANGUAGES, f"{where}, {key}")
            values[key] = {k: scalar(said, k, str, f"{where}, {key}") for k in said}
    if "parameters" in entry:
        values["parameters"] = table(entry, "parameters", where)
    return values
