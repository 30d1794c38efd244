"""What objects look like: by the standard's table of models, else by the name of their class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.errors import CimkitError
from cimkit.exporters.three_d_tiles.outlines import WKB, Reals
from cimkit.exporters.three_d_tiles.sorting import features, number
from cimkit.standard.appearance import METRES, Size, read_size

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making
    from cimkit.standard import ModelRow, Standard

__all__ = ["Looks", "attribute_sql", "look_at"]

_SIZES = ("height", "width", "length", "depth", "heading")
_NUMBER = r"^\s*(?:DN|[DdφΦøØ])?\s*(-?[0-9]+(?:\.[0-9]+)?)"
_SECOND = r"^\s*[0-9.]+\s*[xX×*＊]\s*([0-9]+(?:\.[0-9]+)?)"


@dataclass(frozen=True, slots=True)
class Looks:
    """One row an object; NaN where nothing is known."""

    table: pa.Table
    """The objects, as `sorting.features` has them, with ``wkb``."""
    model: npt.NDArray[np.object_]
    """Name of the model; None: no line of the standard speaks of the class."""
    color: npt.NDArray[np.object_]
    """``#rrggbb`` or ""."""
    height: Reals
    """Metres."""
    width: Reals
    """Metres."""
    length: Reals
    """Metres."""
    depth: Reals
    """Metres."""
    heading: Reals
    """Degrees clockwise from north."""
    rise: Reals
    """Metres: the second of two numbers where the width is given as ``1000x800``."""
    declared: npt.NDArray[np.bool_]
    """Whether the width came from an attribute whose unit the standard declares, or a default."""

    def where(self, keep: npt.NDArray[np.bool_]) -> Looks:
        """Return the rows to keep."""
        if keep.all():
            return self
        return Looks(
            self.table.filter(pa.array(keep)),
            *(getattr(self, name)[keep] for name in self.__slots__ if name != "table"),
        )


def attribute_sql(name: str, alias: str) -> list[str]:
    """SQL over ``selected s``: the first and second number of an attribute, as ``a`` and ``a_b``.

    ``DN300`` and ``φ300`` are 300, ``1000x800`` are 1000 and 800; others than numbers are NULL.
    """
    path = "'$.\"" + name.replace("'", "''").replace('"', "") + "\"'"
    value = f"json_extract_string(s.properties, {path})"
    return [
        f"TRY_CAST(regexp_extract({value}, '{_NUMBER}', 1) AS DOUBLE) AS {alias}",
        f"TRY_CAST(regexp_extract({value}, '{_SECOND}', 1) AS DOUBLE) AS {alias}_b",
    ]


def look_at(making: Making, layer: str, extra: Iterable[str] = (), **usual: str) -> Looks:
    """Return the objects of a layer with what they look like.

    Parameters
    ----------
    making : Making
        The export.
    layer : str
        Name of the layer.
    extra : iterable of str
        More SQL expressions over ``selected s`` for the table.
    **usual : str
        Sizes of what no line of the standard speaks of, e.g. ``height="height|6"``.
    """
    standard = _standard(making)
    models = _models(making, layer, standard)
    plain = {name: read_size(usual.get(name, "")) for name in _SIZES}
    sizes = {key: {n: read_size(getattr(row, n)) for n in _SIZES} for key, row in models.items()}
    asked = [size for found in (*sizes.values(), plain) for size in found.values()]
    names = sorted({name for size in asked for name in size.attributes})
    alias = {name: f"a{i}" for i, name in enumerate(names)}
    given = [sql for name in names for sql in attribute_sql(name, alias[name])]
    table = features(making.selection, layer, ", ".join([WKB, *extra, *given]))
    values = {name: number(table, alias[name]) for name in names}
    seconds = {name: number(table, f"{alias[name]}_b") for name in names}
    table = table.drop_columns([c for a in alias.values() for c in (a, f"{a}_b")])
    key_of = _keys(making, table, models, standard.scheme if standard else "")
    count = table.num_rows
    out: dict[str, Reals] = {n: np.full(count, np.nan) for n in (*_SIZES, "rise")}
    model, color = np.full(count, None, object), np.full(count, "", object)
    declared = np.zeros(count, bool)
    for key in [None, *models]:
        rows = np.flatnonzero(key_of == (-1 if key is None else list(models).index(key)))
        if not len(rows):
            continue
        row = None if key is None else models[key]
        units = {} if row is None or standard is None else _units(standard, *_class(key))
        if row is not None:
            model[rows], color[rows] = row.model, row.color
        for name, size in (plain if key is None else sizes[key]).items():
            one = _filled(size, rows, values, units, name == "heading")
            out[name][rows] = one[0]
            if name == "width":
                declared[rows] = one[1]
                out["rise"][rows] = _filled(Size(size.attributes), rows, seconds, units, False)[0]
    for name in ("height", "width", "length", "rise"):
        out[name][~(out[name] > 0)] = np.nan
    return Looks(table, model, color, **out, declared=declared)


def _class(key: tuple[str, str] | None) -> tuple[str, str]:
    assert key is not None
    return key


def _filled(
    size: Size, rows: npt.NDArray[np.int64], values: dict[str, Reals],
    units: dict[str, float], angle: bool,
) -> tuple[Reals, npt.NDArray[np.bool_]]:  # fmt: skip
    """The first attribute that has a number, in metres; and whether its unit was said."""
    found, told = np.full(len(rows), np.nan), np.zeros(len(rows), bool)
    for name in size.attributes:
        open_ = np.isnan(found) & np.isfinite(values[name][rows])
        found[open_] = values[name][rows][open_] * (1.0 if angle else units.get(name, 1.0))
        told[open_] = name in units
    if size.default is not None:
        open_ = np.isnan(found)
        found[open_], told[open_] = size.default, True
    return found, told


def _standard(making: Making) -> Standard | None:
    try:
        return making.selection.catalog.standard()
    except CimkitError as error:
        note = f"the standard in force cannot be read: objects are drawn by their names ({error})"
        if note not in making.report.notes:
            making.report.notes.append(note)
        return None


def _units(standard: Standard, scheme: str, code: str) -> dict[str, float]:
    """Metres of one, by name of an attribute whose unit the standard says."""
    return {
        a.name: METRES[a.unit.lower()]
        for a in standard.attributes_of(code, scheme=scheme)
        if a.unit.lower() in METRES
    }


def _models(
    making: Making, layer: str, standard: Standard | None
) -> dict[tuple[str, str], ModelRow]:
    """Lines of the table by scheme and class, as far as objects have them."""
    if standard is None or not standard.models:
        return {}
    used = making.selection.fetch(
        "SELECT DISTINCT s.class_code AS code FROM selected s WHERE s.class_code IS NOT NULL "
        "ORDER BY 1"
    )["code"].to_pylist()
    found: dict[tuple[str, str], Any] = {
        (standard.scheme, code): standard.model_of(code) for code in used
    }
    others = {m.scheme for m in standard.models} - {standard.scheme}
    if others:
        rest = making.selection.fetch(
            "SELECT DISTINCT k.scheme, k.class_code AS code FROM classifications k "
            "SEMI JOIN selected s USING (object_id) ORDER BY 1, 2"
        ).to_pylist()
        found |= {
            (r["scheme"], r["code"]): standard.model_of(r["code"], r["scheme"])
            for r in rest
            if r["scheme"] in others
        }
    return {key: row for key, row in found.items() if row is not None}


def _keys(
    making: Making, table: pa.Table, models: dict[tuple[str, str], ModelRow], primary: str
) -> npt.NDArray[np.int64]:
    """For each object the number of its line in ``models``, -1 if there is none.

    A class of a scheme beside the primary one says more where it has a line (a function of city
    furniture beside "city furniture"), so it comes first.
    """
    if not models:
        return np.full(table.num_rows, -1, np.int64)
    listed = list(models)
    codes = pa.array([c if s == primary else None for s, c in listed], pa.string())
    found = pc.fill_null(
        pc.index_in(table["class_code"], value_set=codes, skip_nulls=True), -1
    ).to_numpy()
    found = np.array(found, np.int64)
    schemes = sorted({scheme for scheme, _ in listed} - {primary})
    if schemes:
        known = pa.table(
            {
                "scheme": [s for s, _ in listed],
                "class_code": [c for _, c in listed],
                "number": np.arange(len(listed)),
            }
        )
        also = making.selection.fetch(
            """SELECT k.object_id, min(m.number) AS number FROM classifications k
            JOIN known_models m USING (scheme, class_code)
            SEMI JOIN drawn_objects d ON d.object_id = k.object_id
            WHERE list_contains($schemes, k.scheme) GROUP BY 1 ORDER BY 1""".replace(
                "$schemes", "[" + ", ".join("'" + s.replace("'", "''") + "'" for s in schemes) + "]"
            ),
            known_models=known,
            drawn_objects=table.select(["object_id"]),
        )
        if also.num_rows:
            row = pc.index_in(
                also["object_id"], value_set=table["object_id"].combine_chunks()
            ).to_numpy()
            found[row] = also["number"].to_numpy()
    return found
