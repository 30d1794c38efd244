"""The part of a classification that reads objects: every field that is asked for, taken once."""

from __future__ import annotations

from collections.abc import Iterable

from cimkit.standard.classification._conditions import (
    COLUMNS,
    DIMENSIONS,
    LISTS,
    NUMBERS,
    literal,
    pointer,
)
from cimkit.standard.model import Standard

REPEATED = {
    "kind": "kind_",
    "layer": "layer_",
    "source_class": "class_",
    "predefined_type": "ptype_",
}
"""Addresses of what many objects have in common, with the column it has in the facts."""


class Facts:
    """Columns that conditions look at.

    Parameters
    ----------
    standard : Standard
        For its class fields and identifier codes.
    addresses : iterable of str
        Those that conditions use.
    predicates : bool
        Whether SQL predicates of the package need the columns of `_predicate.NAMES`.
    lod : bool
        Whether the objects' highest level of detail is needed, as ``lod_``.
    """

    def __init__(
        self,
        standard: Standard,
        addresses: Iterable[str],
        *,
        predicates: bool = False,
        lod: bool = False,
    ) -> None:
        self._standard = standard
        self._names = {a: f"f{n}" for n, a in enumerate(sorted(set(addresses) - set(REPEATED)))}
        self._predicates = predicates
        self._lod = lod
        self._pointers: dict[str, int] = {}

    @property
    def addresses(self) -> list[str]:
        """All addresses there are, sorted."""
        return sorted([*REPEATED, *self._names])

    def text(self, address: str) -> str:
        """Return the column of an address, of a relation called ``f``."""
        return f"f.{REPEATED.get(address) or self._names[address]}"

    def sql(self, relation: str) -> str:
        """Return the query that gives rowid_ and all columns asked for."""
        columns = ["rowid_"]
        for address, column in DIMENSIONS.items():
            columns.append(f"lower(trim(coalesce({column}, ''))) AS {REPEATED[address]}")
        ptype = self._get("predefined_type")
        columns.append(f"coalesce({ptype}, '') AS {REPEATED['predefined_type']}")
        columns += [f"{self._column(a)} AS {n}" for a, n in self._names.items()]
        if self._lod:
            columns.append("trim(ltrim(lower(coalesce(lod, '')), 'lod ')) AS lod_")
            # A relation without the column gets it, empty.
            relation = f"(FROM {relation} UNION ALL BY NAME SELECT NULL::VARCHAR AS lod WHERE 1=0)"
        if self._predicates:
            columns += self._seen()
        asked = ", ".join(literal(p) for p in self._pointers)
        return (
            f"SELECT {', '.join(columns)} FROM (SELECT *, "
            f"TRY(json_extract_string(lower(properties), [{asked}])) AS v_ FROM {relation}) AS o"
        )

    def _get(self, *addresses: str) -> str:
        """Return the first of several properties that has a value, in small letters."""
        found = []
        for address in addresses:
            place = self._pointers.setdefault(pointer(address), len(self._pointers) + 1)
            found.append(f"nullif(trim(v_[{place}]), '')")
        return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"

    def _column(self, address: str) -> str:
        if "|" in address:
            return f"coalesce({', '.join(self._column(a) for a in address.split('|'))})"
        if address in COLUMNS:
            return f"nullif(lower(trim({COLUMNS[address]})), '')"
        if address.startswith("measure."):
            return f"{address.removeprefix('measure.')}::VARCHAR"
        if address == "stated.class":
            return self._get(*self._standard.class_fields)
        grammar = self._standard.grammar
        if address == "stated.identifier" and grammar is not None:
            text = self._get(*grammar.field_names)
            return f"nullif(regexp_extract({text}, {literal(grammar.class_pattern)}, 1, 'i'), '')"
        text = self._get(address)
        if address not in LISTS:
            return text
        inner = literal(LISTS[address][1])
        return (
            f"CASE WHEN starts_with({text}, '[') THEN TRY(json_extract_string({text}, {inner})) "
            f"WHEN {text} IS NOT NULL THEN [{text}] END"
        )

    def _seen(self) -> list[str]:
        """Return what SQL predicates see, as the source wrote it."""
        codes, parts = LISTS["classification"]
        material = "json_extract_string(properties, '/material')"
        return [
            "kind",
            "source_layer AS layer",
            "source_class",
            "TRY(json_extract_string(properties, '/predefined_type')) AS predefined_type",
            "name",
            "TRY(json_extract_string(properties, '/type')) AS type",
            "TRY(TRY_CAST(json_extract(properties, '/pset') "
            "AS MAP(VARCHAR, MAP(VARCHAR, VARCHAR)))) AS pset",
            f"TRY(json_extract_string(json_extract(properties, {literal(codes)}), "
            f"{literal(parts)})) AS classification",
            f"TRY(CASE WHEN starts_with({material}, '[') "
            f"THEN json_extract_string({material}, '$[*]') ELSE [{material}] END) AS material",
            "properties",
            *NUMBERS,
        ]
