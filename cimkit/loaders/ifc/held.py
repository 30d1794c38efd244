"""A model that was opened to be probed, held for the reading of the same file that follows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.along import linear_problems
from cimkit.loaders.ifc.damage import mended
from cimkit.loaders.ifc.open import open_model
from cimkit.loaders.ifc.origins import far_points, origins
from cimkit.loaders.ifc.place import Georeference, georeference
from cimkit.model import Declaration, Problem, Source

__all__ = ["Opened", "opened"]

_held: dict[tuple[Any, ...], Opened] = {}
"""At most one."""


class Opened:
    """A model and where it stands.

    Parameters
    ----------
    source : Source
    declared : Declaration
        What the delivery sheet says of it.
    """

    def __init__(self, source: Source, declared: Declaration) -> None:
        self.model: Any
        self.model, self.schema, self.problems = open_model(source.file, declared.encoding)
        self.place: Georeference
        told = list(self.problems)
        try:
            self._stand(source, declared)
        except (AttributeError, IndexError, TypeError, ValueError):
            # A reference to an instance of a wrong class, which the parser does not look at.
            self.problems = told + mended(self.model)
            self.__dict__.pop("origins", None)
            self._stand(source, declared)

    def _stand(self, source: Source, declared: Declaration) -> None:
        self.problems += linear_problems(self.model)
        self.place = georeference(self.model, declared, self.problems, source, self._points)

    def _points(self) -> npt.NDArray[np.float64]:
        points = np.array(list(self.origins.values()), dtype=np.float64).reshape(-1, 3)
        return points if points.any() else far_points(self.model)

    @cached_property
    def origins(self) -> dict[int, tuple[float, float, float]]:
        """Where each placed product has its origin, as `origins` returns it."""
        return origins(self.model)

    @property
    def told(self) -> tuple[Problem, ...]:
        """What was wrong with the file and its place."""
        return tuple(self.problems)


def opened(source: Source, declared: Declaration, *, hold: bool) -> Opened:
    """Return a model; the one held if it is that of the same unchanged file.

    Parsing costs as much as reading all properties, and a worker probes and reads one source in
    turn.

    Parameters
    ----------
    source : Source
    declared : Declaration
    hold : bool
        Whether it is to be held for the next call. What was held before is let go in any case.

    Raises
    ------
    SourceUnreadable
        As `open_model` does.
    """
    status = source.file.stat()
    key = (
        str(source.file),
        source.path,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        repr(declared),
    )
    found = _held.pop(key, None)
    _held.clear()
    if found is None:
        found = Opened(source, declared)
    if hold:
        _held[key] = found
    return found
