"""From places on the map to cameras in a model's own metres, as BCF wants them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cimkit.checks import Verdict

__all__ = ["Camera", "Models", "guid_of", "overview"]

_GUID = re.compile(r"(?<![0-9A-Za-z_$])[0-3][0-9A-Za-z_$]{21}(?![0-9A-Za-z_$])")
_NEAR = 12.0
"""Metres around a single place that a camera shows."""
_FIELD = 60.0
"""Degrees that a camera sees from top to bottom."""
_LOOK = np.array([1.0, 1.0, -1.0]) / math.sqrt(3.0)
"""From above, from the south-west."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A perspective camera: metres of the model, unit vectors."""

    position: tuple[float, float, float]
    direction: tuple[float, float, float]
    up: tuple[float, float, float]
    field: float = _FIELD


def guid_of(finding: Mapping[str, Any]) -> str:
    """Return the GlobalId that a finding's place names; "" if it names none.

    Examples
    --------
    >>> guid_of({"place": "#12 3D8f0$aaaaaaaaaaaaaaaa"}), guid_of({"place": "row 12"})
    ('3D8f0$aaaaaaaaaaaaaaaa', '')
    """
    found = _GUID.search(finding["place"] or "")
    return found[0] if found else ""


def overview(spots: Sequence[NDArray[np.float64]]) -> Camera:
    """Return a camera that shows all of some points; without any, the origin of the model."""
    points = np.array(spots, dtype=np.float64).reshape(-1, 3) if len(spots) else np.zeros((1, 3))
    low, high = points.min(axis=0), points.max(axis=0)
    radius = float(np.linalg.norm(high - low)) / 2 + _NEAR
    position = (low + high) / 2 - _LOOK * (radius / math.sin(math.radians(_FIELD / 2)))
    right = np.cross(_LOOK, [0.0, 0.0, 1.0])
    up = np.cross(right / np.linalg.norm(right), _LOOK)
    return Camera(_three(position), _three(_LOOK), _three(up))


class Models:
    """The models of a delivery, and how their metres lie on the map.

    What the receipt says of a model: ``crs``, and ``frame``, the first three rows of the matrix
    that takes metres of the model to easting, northing and height.
    """

    def __init__(self, verdict: Verdict) -> None:
        self._frames = {
            file["path"]: (str(file["crs"]), np.array(file["frame"]).reshape(3, 4))
            for file in verdict.receipt["files"]
            if file.get("frame") and file.get("crs")
        }

    def positions(self, findings: Sequence[Mapping[str, Any]]) -> list[NDArray[np.float64] | None]:
        """Return where each finding is in its own model's metres; None where that is not known."""
        from cimkit.geometry.crs import from_crs84, parse_crs

        found: list[NDArray[np.float64] | None] = [None] * len(findings)
        by_path: dict[str, list[int]] = {}
        for n, row in enumerate(findings):
            if row["path"] in self._frames and row["x"] is not None and row["y"] is not None:
                by_path.setdefault(row["path"], []).append(n)
        for path, numbers in by_path.items():
            name, frame = self._frames[path]
            flat = np.array([[findings[n]["x"], findings[n]["y"]] for n in numbers])
            plane = from_crs84(flat, parse_crs(name))
            high = [findings[n]["z"] for n in numbers]
            # A finding without a height is looked for at the model's own zero.
            z = np.array([frame[2, 3] if h is None else h for h in high])
            local = np.linalg.solve(frame[:, :3], (np.column_stack([plane, z]) - frame[:, 3]).T).T
            for n, spot in zip(numbers, local, strict=True):
                found[n] = spot if np.isfinite(spot).all() else None
        return found


def _three(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z
