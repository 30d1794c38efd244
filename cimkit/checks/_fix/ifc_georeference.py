"""Models that the delivery sheet places say so themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.checks._fix._spec import Change, FixSpec, Left

if TYPE_CHECKING:
    from cimkit.checks._fix._spec import Job
    from cimkit.model import Declaration, Place

__all__ = ["SPEC", "run"]

SPEC = FixSpec(
    "ifc_georeference",
    order=20,
    title={
        "en": "georeference written from the delivery sheet",
        "zh": "按交付说明表写入地理参考",
        "ja": "納品シートから位置情報を記入",
    },
)

_END = re.compile(rb"\bENDSEC\s*;\s*END-ISO-10303-21\s*;", re.S)


def run(job: Job) -> Iterator[Change]:
    """Add the place of the sheet to models that state none; not one other byte changes.

    IFC4 and later get IfcMapConversion and IfcProjectedCRS, IFC2x3 the property sets of the same
    names at IfcSite (buildingSMART, User Guide for Geo-referencing in IFC).
    """
    for path, asset in job.assets.items():
        said = job.declared(path)
        file = job.file(path)
        if file is None or asset.kind != "bim" or said.place is None:
            continue
        if file.suffix.lower() != ".ifc" or not said.crs or not said.crs.startswith("EPSG:"):
            job.left.append(Left(SPEC.name, path, "no STEP file, or no CRS with an EPSG code"))
            continue
        lines, why = _statements(file, said, said.place)
        if why:
            job.left.append(Left(SPEC.name, path, why))
        if not lines:
            continue
        content = file.read_bytes()
        ends = list(_END.finditer(content))
        if not ends:
            job.left.append(Left(SPEC.name, path, "the end of its data section was not found"))
            continue
        at = ends[-1].start()
        text = "\n".join(lines) + "\n"
        file.write_bytes(content[:at] + text.encode("ascii") + content[at:])
        yield Change(SPEC.name, path, lines[0].partition("=")[0], "", " ".join(lines))


def _statements(file: Path, said: Declaration, place: Place) -> tuple[list[str], str]:
    """Return the entities to add, and why there are none."""
    import ifcopenshell

    from cimkit.loaders.ifc.claims import claims
    from cimkit.loaders.ifc.units import length_unit

    try:
        model = ifcopenshell.open(str(file))
    except (RuntimeError, OSError, ifcopenshell.Error) as error:
        return [], f"it cannot be opened: {error}"
    if claims(model, []):
        return [], ""  # whether what it states is right is not for a machine to decide
    unit = length_unit(model)
    used = max((e.id() for e in model), default=0)
    turn = math.radians(place.rotation)
    numbers = {
        "Eastings": place.easting,
        "Northings": place.northing,
        "OrthogonalHeight": place.height,
        "XAxisAbscissa": math.cos(turn),
        "XAxisOrdinate": math.sin(turn),
        # Of the sheet: metres a metre; of IFC: metres a unit of the model.
        "Scale": place.scale * unit,
    }
    datum = said.vertical_datum or ""
    if model.schema == "IFC2X3":
        return _psets(model, used, str(said.crs), datum, numbers)
    contexts = [
        c
        for c in model.by_type("IfcGeometricRepresentationContext", include_subtypes=False)
        if c.CoordinateSpaceDimension == 3
    ]
    main = next((c for c in contexts if c.ContextType == "Model"), next(iter(contexts), None))
    if main is None:
        return [], "it has no context in three dimensions"
    target, unit_id = used + 2, used + 1
    values = ",".join(_real(v) for v in numbers.values())
    vertical = _text(datum) if datum else "$"
    return [
        f"#{unit_id}=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);",
        f"#{target}=IFCPROJECTEDCRS({_text(str(said.crs))},$,$,{vertical},$,$,#{unit_id});",
        f"#{used + 3}=IFCMAPCONVERSION(#{main.id()},#{target},{values});",
    ], ""


def _psets(
    model: Any, used: int, crs: str, datum: str, numbers: dict[str, float]
) -> tuple[list[str], str]:
    sites = model.by_type("IfcSite")
    if not sites:
        return [], "it has no IfcSite"
    owners = model.by_type("IfcOwnerHistory")
    if not owners:
        return [], "it has no IfcOwnerHistory"
    from ifcopenshell.guid import new

    lines: list[str] = []
    sets = []
    texts = {"Name": crs, "MapUnit": "METRE"} | ({"VerticalDatum": datum} if datum else {})
    for name, values in (
        ("ePSet_MapConversion", {k: f"IFCREAL({_real(v)})" for k, v in numbers.items()}),
        ("ePSet_ProjectedCRS", {k: f"IFCLABEL({_text(v)})" for k, v in texts.items()}),
    ):
        first = used + len(lines) + 1
        lines += [
            f"#{first + n}=IFCPROPERTYSINGLEVALUE({_text(k)},$,{v},$);"
            for n, (k, v) in enumerate(values.items())
        ]
        held = ",".join(f"#{first + n}" for n in range(len(values)))
        sets.append(used + len(lines) + 1)
        lines.append(
            f"#{sets[-1]}=IFCPROPERTYSET('{new()}',#{owners[0].id()},{_text(name)},$,({held}));"
        )
    for one in sets:
        lines.append(
            f"#{used + len(lines) + 1}=IFCRELDEFINESBYPROPERTIES('{new()}',#{owners[0].id()},$,$,"
            f"(#{sites[0].id()}),#{one});"
        )
    return lines, ""


def _real(value: float) -> str:
    """Return a number as STEP writes it: with a point, and E for a power."""
    text = repr(float(value)).upper()
    mantissa, power, exponent = text.partition("E")
    if "." not in mantissa:
        mantissa += "."
    return mantissa + power + exponent


def _text(value: str) -> str:
    plain = value.replace("\\", "\\\\").replace("'", "''")
    if plain.isascii():
        return f"'{plain}'"
    coded = "".join(
        c if c.isascii() else f"\\X4\\{ord(c):08X}\\X0\\" for c in plain
    )  # ISO 10303-21: one character beyond ASCII at a time is allowed
    return f"'{coded}'"
