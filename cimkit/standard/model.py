"""A standard in memory: what its packages say together, resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from cimkit.model import LAKE
from cimkit.standard.acceptance import Acceptance
from cimkit.standard.grammar import CodeGrammar
from cimkit.standard.naming import Naming
from cimkit.standard.package._named import UNVERIFIED
from cimkit.standard.rows import (
    Attribute,
    ClassRow,
    CrosswalkRow,
    Level,
    LevelRule,
    MappingRow,
    ModelRow,
    Scheme,
)
from cimkit.standard.rule import Rule

__all__ = ["CrsRules", "Jurisdiction", "Standard"]


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Where a standard holds."""

    division: str | None = None
    """Administrative division code, the first segment of identifier codes."""
    polygon: bytes | None = None
    """WKB polygon in CRS84; None: everywhere."""
    fictional: bool = False
    """Whether the place does not exist."""


@dataclass(frozen=True, slots=True)
class CrsRules:
    """Coordinate reference systems that deliveries may use."""

    allowed: tuple[str, ...] = ()
    """``EPSG:n``; empty: any."""
    vertical: tuple[str, ...] = ()
    """Vertical datums; empty: any."""
    local_by_sheet: bool = True
    """Whether a local grid may be used if the delivery sheet declares it."""


@dataclass(frozen=True)
class Standard:
    """A standard with all its parents, resolved. Compare by `hash`."""

    id: str
    """E.g. ``city.linjiang``."""
    edition: str
    """E.g. ``2026``."""
    titles: Mapping[str, str]
    """By language: zh, ja, en."""
    parents: tuple[str, ...]
    """``id@edition`` of the packages it extends, nearest first."""
    facts: Mapping[str, str]
    """status, issuer, licence, effective_from, effective_to, note: as the package says."""
    scheme_of: Mapping[str, str]
    """By package id, the scheme that the package's own has become part of."""
    class_rows: tuple[ClassRow, ...]
    """All classes of all schemes, retired ones included."""
    attributes: tuple[Attribute, ...]
    """All attributes; see `attributes_of`."""
    domains: Mapping[str, pa.Table]
    """Code lists by name: code, name_zh, name_ja, name_en (text)."""
    mapping: tuple[MappingRow, ...]
    """What gives objects their class."""
    class_fields: tuple[str, ...]
    """Fields in which a delivery may state the class code itself."""
    rules: tuple[Rule, ...]
    """Rules in force."""
    naming: Naming | None
    """File names; None: free."""
    grammar: CodeGrammar | None
    """Identifier codes; None: the standard has none."""
    jurisdiction: Jurisdiction
    """Where it holds."""
    levels: tuple[Level, ...]
    """Levels of detail, in order."""
    level_rules: tuple[LevelRule, ...]
    """What gives objects their level where the mapping does not; the first that fits."""
    crosswalk: tuple[CrosswalkRow, ...]
    """What its packages say of their classes in terms of other schemes."""
    crs_rules: CrsRules
    """Coordinate reference systems."""
    acceptance: Acceptance
    """When a delivery is accepted."""
    hash: str
    """32 hexadecimal digits over all it says, parents included."""
    primary: str = ""
    """The scheme that an object's ``class_code`` speaks of; "": the standard's id."""
    schemes: tuple[Scheme, ...] = ()
    """Its schemes, the primary one first."""
    transition_until: str = ""
    """ISO date until which it accepts others beside itself."""
    accepts: tuple[str, ...] = ()
    """``id@edition`` of the standards it accepts till then."""
    unverified: bool = False
    """Whether it was asked for with the rows that are not verified."""
    models: tuple[ModelRow, ...] = ()
    """What objects of its classes look like; one line a class."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many rows stayed behind because they are not verified, by table."""

    @property
    def key(self) -> str:
        """``id@edition``, and ``+unverified`` if it was asked for so: `load` takes it back."""
        return f"{self.id}@{self.edition}{UNVERIFIED if self.unverified else ''}"

    @property
    def scheme(self) -> str:
        """The primary scheme, which has the standard's id unless a package declares another."""
        return self.primary or self.id

    @cached_property
    def by_scheme(self) -> dict[str, dict[str, ClassRow]]:
        """Classes in force, by scheme and code."""
        found: dict[str, dict[str, ClassRow]] = {self.scheme: {}}
        for row in self.class_rows:
            if not row.retired:
                found.setdefault(row.scheme, {})[row.code] = row
        return found

    @property
    def by_code(self) -> dict[str, ClassRow]:
        """Classes in force of the primary scheme, by code."""
        return self.by_scheme[self.scheme]

    @cached_property
    def classes(self) -> pa.Table:
        """Classes in force, with the schema of the lake's table ``classes``."""
        schema = LAKE["classes"]
        rows = [c for c in self.class_rows if not c.retired]
        columns = {
            name: [self.key if name == "standard" else getattr(c, name) for c in rows]
            for name in schema.names
        }
        return pa.table(columns, schema=schema)

    @cached_property
    def attribute_rows(self) -> pa.Table:
        """Attributes, one row a class they are written at, schema of the lake's ``attributes``.

        Those of other schemes than the primary one are not among them.
        """
        schema = LAKE["attributes"]
        mine = [a for a in self.attributes if a.scheme in ("", self.scheme)]
        pairs = [(c, a) for a in mine for c in self._written_at(a)]
        said = {"standard": [self.key] * len(pairs), "class_code": [c for c, _ in pairs]}
        for name in schema.names[2:]:
            said[name] = [getattr(a, name) for _, a in pairs]
        return pa.table(said, schema=schema)

    def _written_at(self, attribute: Attribute) -> Iterable[str]:
        if not attribute.without:
            return attribute.classes or ("",)
        all_ = self.under(attribute.classes) if attribute.classes else self.by_code.keys()
        return sorted(c for c in all_ if attribute in self.attributes_of(c))

    @cached_property
    def _below(self) -> dict[tuple[str, str], list[str]]:
        """Codes right below a class, by scheme and code."""
        found: dict[tuple[str, str], list[str]] = {}
        for scheme, rows in self.by_scheme.items():
            for row in rows.values():
                found.setdefault((scheme, row.parent), []).append(row.code)
        return found

    def under(self, codes: Iterable[str], scheme: str | None = None) -> frozenset[str]:
        """Return the codes of a scheme (None: the primary one) among ``codes`` or below them."""
        of = scheme or self.scheme
        there = self.by_scheme.get(of, {})
        left = [c for c in codes if c in there]
        found = set(left)
        while left:
            more = [c for c in self._below.get((of, left.pop()), ()) if c not in found]
            found.update(more)
            left += more
        return frozenset(found)

    def lineage(self, code: str, scheme: str | None = None) -> list[str]:
        """Return a code of a scheme (None: the primary one) and those above it, nearest first."""
        there = self.by_scheme.get(scheme or self.scheme, {})
        line: dict[str, None] = {}
        while code and code not in line and code in there:
            line[code] = None
            code = there[code].parent
        return list(line)

    def model_of(self, code: str, scheme: str | None = None) -> ModelRow | None:
        """Return what objects of a class look like: its own line, else of the nearest above it."""
        of = scheme or self.scheme
        lines = (self._models_at.get((of, above)) for above in self.lineage(code, of))
        return next((line for line in lines if line is not None), None)

    @cached_property
    def _models_at(self) -> dict[tuple[str, str], ModelRow]:
        """Lines of ``models.csv`` by scheme and class."""
        return {(m.scheme, m.class_code): m for m in self.models}

    @cached_property
    def _attributes_at(self) -> dict[tuple[str, str], list[tuple[int, Attribute]]]:
        """Attributes with their number, by scheme and class they are written at; "" all."""
        found: dict[tuple[str, str], list[tuple[int, Attribute]]] = {}
        for number, a in enumerate(self.attributes):
            for code in a.classes or ("",):
                found.setdefault((a.scheme or self.scheme, code), []).append((number, a))
        return found

    def attributes_of(
        self, code: str, kind: str | None = None, scheme: str | None = None
    ) -> list[Attribute]:
        """Return the attributes of objects of a class; of two by one name, the more specific.

        Parameters
        ----------
        code : str
            The class.
        kind : str, optional
            Only those that this kind of source delivers.
        scheme : str, optional
            The scheme of the class; default: the primary one.
        """
        line = self.lineage(code, scheme)
        ranks: dict[int, tuple[int, Attribute]] = {}
        for rank, at in enumerate([*line, ""]):
            for number, a in self._attributes_at.get((scheme or self.scheme, at), ()):
                ranks.setdefault(number, (rank, a))
        found: dict[str, tuple[int, Attribute]] = {}
        for _, (rank, a) in sorted(ranks.items()):
            if kind is not None and a.kinds and kind not in a.kinds:
                continue
            if any(c in a.without for c in line[: rank + 1]):
                continue
            if a.name not in found or rank <= found[a.name][0]:
                found[a.name] = (rank, a)
        return [a for _, a in found.values()]
