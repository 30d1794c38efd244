"""What objects look like: of classes in force, and by attributes that they carry."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.standard.appearance import METRES, read_size
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import Examined, package_key
from cimkit.standard.overlay._models import SIZES
from cimkit.standard.rows import NO_CLASS

__all__ = ["models"]


def models(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with the models of a package."""
    _, package, standard = seen.built()
    for place, cells in package.models:
        if cells["model"] == NO_CLASS:
            for column in (*SIZES, "color"):
                if cells[column]:
                    yield LintFinding(
                        "model-size-idle",
                        "warning",
                        place.cell(column),
                        f"class {cells['class']} is not drawn, and its model has a {column}",
                        "Leave the cell empty, or name a model.",
                    )
    for row in standard.models:
        if row.package != package_key(standard):
            continue
        said = {a.name: a for a in standard.attributes_of(row.class_code, scheme=row.scheme)}
        for column in SIZES:
            for name in read_size(getattr(row, column)).attributes:
                known = said.get(name)
                if known is None:
                    continue  # deliveries may carry more than the standard asks for
                if known.type not in ("number", "integer", "text"):
                    yield LintFinding(
                        "model-size-no-number",
                        "error",
                        row.origin.cell(column),
                        f"attribute {name} of class {row.class_code} is of type {known.type}",
                        "Name an attribute that is a number.",
                    )
                elif column != "heading" and known.unit and known.unit.lower() not in METRES:
                    yield LintFinding(
                        "model-size-unit",
                        "error",
                        row.origin.cell(column),
                        f"attribute {name} of class {row.class_code} is in {known.unit}, which is "
                        "no unit of length that is known",
                        f"Known are: {', '.join(METRES)}.",
                    )
