"""Shapes that stand for many, found again in the geometries that were written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["Templates"]

Reals = npt.NDArray[np.float64]
_MICRO = 6
_SAME = 2e-6


class Templates:
    """The templates of a document.

    A loader writes a template out at each of its places and says by which matrix. The template is
    what the first of these comes to when it is taken back, to the micrometre; another place is an
    instance of it only if it comes to the same.
    """

    def __init__(self) -> None:
        self.shapes: list[dict[str, Any]] = []
        self.vertices: list[list[float]] = []
        self._known: dict[Any, tuple[int, Reals]] = {}

    def of(
        self,
        item: str,
        said: dict[str, Any],
        row: dict[str, Any],
        shape: dict[str, Any],
        points: Reals,
    ) -> dict[str, Any] | None:
        """Return the instance that a geometry is, None if it has to be written out.

        Parameters
        ----------
        item : str
            The source.
        said : dict
            ``template``, ``matrix`` (row by row) and ``point``.
        row : dict
            The geometry: ``boundaries``.
        shape : dict
            It in CityJSON, without boundaries.
        points : ndarray, shape (n, 3)
            Its vertices.

        Returns
        -------
        dict or None
            ``template``, ``transformationMatrix`` and ``point`` (3 numbers).
        """
        matrix, point = said.get("matrix"), said.get("point")
        if not isinstance(matrix, list) or not isinstance(point, list) or len(point) != 3:
            return None
        turn = np.array(matrix, np.float64).reshape(4, 4)
        if not abs(np.linalg.det(turn[:3, :3])) > 1e-9:
            return None
        back = (points - np.array(point) - turn[:3, 3]) @ np.linalg.inv(turn[:3, :3]).T
        kind = (item, said.get("template"), orjson.dumps(shape), row["boundaries"])
        known = self._known.get(kind)
        if known is None:
            known = self._new(row, shape, back)
            self._known[kind] = known
        number, model = known
        if model.shape != back.shape or np.abs(model - back).max(initial=0.0) > _SAME:
            return None
        return {"template": number, "transformationMatrix": matrix, "point": point}

    def _new(self, row: dict[str, Any], shape: dict[str, Any], points: Reals) -> tuple[int, Reals]:
        model = np.round(points, _MICRO) + 0.0
        first = len(self.vertices)
        self.vertices += model.tolist()
        self.shapes.append(shape | {"boundaries": _shifted(orjson.loads(row["boundaries"]), first)})
        return len(self.shapes) - 1, model

    def to_json(self) -> dict[str, Any]:
        """Return the member ``geometry-templates``, empty if there is none."""
        if not self.shapes:
            return {}
        return {"templates": self.shapes, "vertices-templates": self.vertices}


def _shifted(nested: Any, by: int) -> Any:
    return [_shifted(n, by) for n in nested] if isinstance(nested, list) else nested + by
