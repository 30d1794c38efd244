"""A standard in memory: what its packages say together, resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from cimkit.model import LAKE
from cimkit.standard.grammar import CodeGrammar
from cimkit.standard.naming import Naming
from cimkit.standard.rows import Attribute, ClassRow, CrosswalkRow, Level, LevelRule, MappingRow
from cimkit.standard.rule import Rule

__all__ = ["Acceptance", "CrsRules", "Jurisdiction", "Standard"]


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


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a delivery is accepted."""

    method: str = "zero-error"
    """``zero-error``: no more than `maximum` failures of rules of severity error."""
    maximum: int = 0
    """Failures allowed."""


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
    """By id of a package of its main line, the scheme that the package's own has become part of."""
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

    @property
    def key(self) -> str:
        """``id@edition``."""
        return f"{self.id}@{self.edition}"

    @property
    def scheme(self) -> str:
        """The primary scheme, which has the standard's id."""
        return self.id

    @cached_property
    def by_code(self) -> dict[str, ClassRow]:
        """Classes in force of the primary scheme, by code."""
        return {c.code: c for c in self.class_rows if c.scheme == self.id and not c.retired}

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
        """Attributes, one row a class they are written at, schema of the lake's ``attributes``."""
        schema = LAKE["attributes"]
        pairs = [(c, a) for a in self.attributes for c in (a.classes or ("",))]
        said = {"standard": [self.key] * len(pairs), "class_code": [c for c, _ in pairs]}
        for name in schema.names[2:]:
            said[name] = [getattr(a, name) for _, a in pairs]
        return pa.table(said, schema=schema)

    def under(self, codes: tuple[str, ...]) -> frozenset[str]:
        """Return the codes of the primary scheme that are among ``codes`` or below one of them."""
        found = set()
        for code in self.by_code:
            if any(c in codes for c in self.lineage(code)):
                found.add(code)
        return frozenset(found)

    def lineage(self, code: str) -> list[str]:
        """Return a code of the primary scheme and those above it, nearest first."""
        line: list[str] = []
        while code and code not in line and code in self.by_code:
            line.append(code)
            code = self.by_code[code].parent
        return line

    def attributes_of(self, code: str, kind: str | None = None) -> list[Attribute]:
        """Return the attributes of objects of a class; of two by one name, the more specific."""
        line = self.lineage(code)
        found: dict[str, tuple[int, Attribute]] = {}
        for attribute in self.attributes:
            if kind is not None and attribute.kinds and kind not in attribute.kinds:
                continue
            ranks = [line.index(c) for c in attribute.classes if c in line]
            if attribute.classes and not ranks:
                continue
            rank = min(ranks, default=len(line))
            if attribute.name not in found or rank <= found[attribute.name][0]:
                found[attribute.name] = (rank, attribute)
        return [a for _, a in found.values()]
