"""A rule of a standard, and how it is written in ``rules/*.toml``."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cimkit.errors import StandardError
from cimkit.model import Severity

__all__ = ["AppliesTo", "Rule", "RuleChange", "read_rules"]

_NEEDS = ("catalogue", "measures", "source", "context")
_LANGUAGES = ("zh", "ja", "en")
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
        # sql = "SELECT ..."             # ... or SQL that selects the bad rows: one of the two
        parameters = { }                 # given to the check
        tolerance = 0.01                 # a number, with its
        unit = "m"                       # unit
        clause = "5.2"
        mender = "vendor"                # vendor (default), office, tool
        mandatory = true                 # not checked means: the verdict is incomplete (exit 3)
        defect_class = "B"               # A, B, C, D as in GB/T 24356
        weight = 1.0
        message = { zh = "...", ja = "...", en = "..." }  # {measured} ... are filled in
        hint = { zh = "...", ja = "...", en = "..." }

    An overlay changes a rule of a parent, or takes it away, by its full id::

        [[change]]
        id = "cn.components/file-naming"
        severity = "warning"             # any key of a rule but id, check and sql
        enabled = false                  # false: the rule is retired
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
    enabled: bool
    """False retires it."""
    values: Mapping[str, Any]
    """Fields of `Rule` that take a new value."""
    origin: str
    """Where it is written."""

    def apply(self, rule: Rule) -> Rule:
        """Return the rule as changed."""
        return dataclasses.replace(rule, **self.values)


def read_rules(text: str, *, package: str, where: str) -> tuple[list[Rule], list[RuleChange]]:
    """Read one ``rules/*.toml``.

    Parameters
    ----------
    text : str
        The file's content.
    package : str
        Id of the package, the first part of the rules' full ids.
    where : str
        Name of the file for messages and for `Rule.origin`.

    Raises
    ------
    StandardError
        If the text is no TOML, or a key or value is not one described at `Rule`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StandardError(f"no valid TOML: {error}", where=where) from error
    _known(document, ("rule", "change"), where)
    rules = []
    for number, entry in enumerate(document.get("rule", []), 1):
        origin = f"{where}:{number}"
        name = _name(entry, origin)
        values = _values(entry, {"id"}, origin)
        if (values.get("check") is None) == (values.get("sql") is None):
            raise StandardError(
                "a rule has either `check` or `sql`",
                where=f"{origin} ({name})",
                mend="Name a built-in check, or give SQL that selects the bad rows.",
            )
        if not values.get("message", {}).get("en"):
            raise StandardError("a rule needs message.en", where=f"{origin} ({name})")
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
    for number, entry in enumerate(document.get("change", []), 1):
        origin = f"{where}:change {number}"
        name = _name(entry, origin)
        if "check" in entry or "sql" in entry:
            raise StandardError(
                "a change may not give a rule another test",
                where=origin,
                mend="Retire the rule (enabled = false) and write a new one.",
            )
        values = _values(entry, {"id", "enabled"}, origin)
        changes.append(RuleChange(name, bool(entry.get("enabled", True)), values, origin))
    return rules, changes


def _name(entry: Mapping[str, Any], where: str) -> str:
    name = entry.get("id")
    if not isinstance(name, str) or not name:
        raise StandardError("a rule needs an id", where=where, got=name)
    return name


def _values(entry: Mapping[str, Any], besides: set[str], where: str) -> dict[str, Any]:
    allowed = [f.name for f in dataclasses.fields(Rule) if f.name not in ("id", "origin")]
    _known(entry, (*allowed, *besides), where)
    values = {key: value for key, value in entry.items() if key in allowed}
    if "severity" in values:
        values["severity"] = _one_of(values["severity"], list(Severity), "severity", where)
        values["severity"] = Severity(values["severity"])
    if "applies_to" in values:
        scope = values["applies_to"]
        _known(scope, ("kinds", "classes", "layers"), where)
        values["applies_to"] = AppliesTo(**{k: tuple(map(str, v)) for k, v in scope.items()})
    if "needs" in values:
        needs = values["needs"]
        needs = (needs,) if isinstance(needs, str) else tuple(needs)
        values["needs"] = tuple(_one_of(n, _NEEDS, "needs", where) for n in needs)
    for key in ("message", "hint"):
        if key in values:
            if not isinstance(values[key], dict):
                raise StandardError(
                    f"`{key}` is a table of languages", where=where, expected='{ en = "..." }'
                )
            _known(values[key], _LANGUAGES, f"{where}, {key}")
    if "mender" in values:
        _one_of(values["mender"], ("vendor", "office", "tool"), "mender", where)
    if "defect_class" in values:
        _one_of(values["defect_class"], ("", "A", "B", "C", "D"), "defect_class", where)
    for key in ("tolerance", "weight"):
        if key in values:
            if isinstance(values[key], bool) or not isinstance(values[key], int | float):
                raise StandardError(f"`{key}` is a number", where=where, got=values[key])
            values[key] = float(values[key])
    return values


def _one_of(value: Any, allowed: Any, key: str, where: str) -> str:
    if value not in allowed:
        raise StandardError(
            f"no such {key}",
            where=where,
            got=value,
            expected=" | ".join(a or '""' for a in allowed),
        )
    return str(value)


def _known(table: Any, allowed: tuple[str, ...], where: str) -> None:
    if not isinstance(table, dict):
        raise StandardError("a table is wanted here", where=where, got=table)
    for key in table:
        if key not in allowed:
            raise StandardError(
                "no such key", where=where, got=key, expected=", ".join(sorted(allowed))
            )
