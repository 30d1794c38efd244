"""What objects of each class look like: of a chain the nearest package's line counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cimkit.errors import StandardError
from cimkit.standard.appearance import MODELS, read_color, read_size
from cimkit.standard.overlay._classes import Classes, Key
from cimkit.standard.overlay._schemes import Schemes
from cimkit.standard.overlay._sieve import Sieve
from cimkit.standard.package._package import Package
from cimkit.standard.package._place import Place
from cimkit.standard.rows import NO_CLASS, ClassRow, ModelRow

__all__ = ["SIZES", "merge_models", "sizes_in"]

SIZES = ("height", "width", "length", "depth", "heading")
"""Columns whose value may come from attributes."""


def sizes_in(cells: Mapping[str, str], place: Place) -> None:
    """Raise `StandardError` if there is no such model, or a size or colour cannot be read."""
    if cells["model"] not in (*MODELS, NO_CLASS):
        raise StandardError(
            "no such model",
            where=place.cell("model"),
            got=cells["model"],
            expected=", ".join((*MODELS, NO_CLASS)),
        )
    for column in (*SIZES, "color"):
        try:
            read_color(cells[column]) if column == "color" else read_size(cells[column])
        except ValueError as error:
            raise StandardError(
                "a size or colour that cannot be read",
                where=place.cell(column),
                got=cells[column],
                expected=str(error),
            ) from error


def merge_models(
    chain: Sequence[Package],
    schemes: Schemes,
    merged: Classes,
    classes: Mapping[Key, ClassRow],
    sieve: Sieve,
) -> tuple[ModelRow, ...]:
    """Return one line a class, sorted; those of classes that are retired fall away.

    Raises
    ------
    StandardError
        If a class has two lines in one package, or does not exist, or a cell cannot be read.
    """
    found: dict[Key, ModelRow] = {}
    for number, package in enumerate(chain):
        seen: set[Key] = set()
        for place, cells in package.models:
            sizes_in(cells, place)
            scheme = schemes.named(package, cells["scheme"], place)
            key = (scheme, cells["class"])
            if key in seen:
                raise StandardError(
                    "a class has two models", where=place.cell("class"), got=cells["class"]
                )
            seen.add(key)
            if sieve.gone(*key):
                sieve.count("models")
                continue
            if number < merged.since.get(key, 0):
                continue  # the code has another meaning since
            if key not in classes:
                raise StandardError(
                    "a model for a class that does not exist",
                    where=place.cell("class"),
                    got=cells["class"],
                    mend="Name a class of the scheme, or add it to classes.csv.",
                )
            said = {k: v for k, v in cells.items() if k not in ("class", "scheme")}
            found[key] = ModelRow(
                scheme=scheme, class_code=key[1], package=package.key, origin=place, **said
            )
    return tuple(found[key] for key in sorted(found) if not classes[key].retired)
