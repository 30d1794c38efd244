"""What the XML section of an E57 file says of scans and images (ASTM E2807-11, 8.4)."""

from __future__ import annotations

import math
from typing import Any

from cimkit.loaders.pointcloud.gps_time import gps_to_utc
from cimkit.model import Problem

__all__ = ["Node", "images", "scans"]

_LISTED = 1_000
_REPRESENTATIONS = {
    "visualReferenceRepresentation": "visual reference",
    "pinholeRepresentation": "pinhole",
    "sphericalRepresentation": "spherical",
    "cylindricalRepresentation": "cylindrical",
}
_OPTICS = ("focalLength", "radius", "pixelWidth", "pixelHeight", "principalPointX",
           "principalPointY")  # fmt: skip
_PLACE = {
    "cartesianBounds": ("xMinimum", "yMinimum", "zMinimum", "xMaximum", "yMaximum", "zMaximum"),
}
_SCAN_TEXTS = ("name", "guid", "description", "sensorVendor", "sensorModel", "sensorSerialNumber",
               "sensorHardwareVersion", "sensorSoftwareVersion",
               "sensorFirmwareVersion")  # fmt: skip
_SCAN_NUMBERS = ("temperature", "relativeHumidity", "atmosphericPressure")


class Node:
    """A node of the tree, read without exceptions for what is not there."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a child, or the default."""
        child = self._child(name)
        if child is None or not hasattr(child, "value"):
            return default
        return child.scaledValue() if hasattr(child, "scaledValue") else child.value()

    def child(self, name: str) -> Node | None:
        """Return a child, if there is one."""
        found = self._child(name)
        return None if found is None else Node(found)

    def raw(self, name: str) -> Any:
        """Return a child as pye57 has it, or None."""
        return self._child(name)

    def _child(self, name: str) -> Any:
        from pye57.libe57 import E57Exception

        try:
            return self._node[name] if self._node.isDefined(name) else None
        except (E57Exception, AttributeError, RuntimeError):
            return None

    def members(self, name: str) -> list[Node]:
        """Return the members of a vector."""
        held = self._child(name)
        if held is None or not hasattr(held, "childCount"):
            return []
        return [Node(held[i]) for i in range(int(held.childCount()))]

    def names(self) -> list[str]:
        """Return the names of the children."""
        if not hasattr(self._node, "childCount"):
            return []
        return [str(self._node[i].elementName()) for i in range(int(self._node.childCount()))]

    def numbers(self, name: str, parts: tuple[str, ...]) -> list[float] | None:
        """Return numbers below a child, if all of them are there and finite."""
        child = self.child(name)
        if child is None:
            return None
        held = [child.get(p) for p in parts]
        if any(not isinstance(v, int | float) or not math.isfinite(v) for v in held):
            return None
        return [float(v) for v in held]

    def moment(self, name: str) -> str | None:
        """Return the UTC moment of a dateTime, which counts GPS seconds."""
        child = self.child(name)
        value = child.get("dateTimeValue") if child is not None else None
        if not isinstance(value, int | float) or not 0 < value < 4e9:
            return None
        return gps_to_utc(float(value)).isoformat()

    def extensions(self, image: Any) -> dict[str, str]:
        """Return the namespaces of extensions by prefix."""
        count = int(image.extensionsCount())
        return {
            str(image.extensionsPrefix(i)): str(image.extensionsUri(i))
            for i in range(min(count, 50))
        }


def _structure(node: Any) -> Any:
    from pye57.libe57 import StructureNode

    return StructureNode(node)


def _pose(node: Node) -> dict[str, Any]:
    pose = node.child("pose")
    if pose is None:
        return {}
    found: dict[str, Any] = {}
    turned = pose.numbers("rotation", ("w", "x", "y", "z"))
    if turned is not None and sum(v * v for v in turned) > 1e-12:
        found["rotation"] = turned
    moved = pose.numbers("translation", ("x", "y", "z"))
    if moved is not None:
        found["translation"] = moved
    return found


def scans(root: Node) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return each scan: fields, points, pose, times, limits, instrument."""
    found: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for number, scan in enumerate(root.members("data3D")):
        points = scan.raw("points")
        one: dict[str, Any] = {"points": 0, "fields": [], "texts": [], "box": None}
        if points is not None and hasattr(points, "prototype"):
            fields = Node(_structure(points.prototype()))
            one["points"] = max(int(points.childCount()), 0)
            one["fields"] = fields.names()
            one["texts"] = [n for n in one["fields"] if isinstance(fields.get(n), str)]
        for name in (*_SCAN_TEXTS, *_SCAN_NUMBERS):
            if (value := scan.get(name)) not in (None, ""):
                one[name] = value
        one |= _pose(scan)
        one["pose"] = "rotation" in one or "translation" in one
        one["box"] = scan.numbers("cartesianBounds", _PLACE["cartesianBounds"])
        for name, key in (
            ("acquisitionStart", "acquisition_start"),
            ("acquisitionEnd", "acquisition_end"),
        ):
            if (moment := scan.moment(name)) is not None:
                one[key] = moment
                clock = scan.child(name)
                one[f"{key}_atomic"] = bool(clock and clock.get("isAtomicClockReferenced", 0))
        limits = scan.numbers("intensityLimits", ("intensityMinimum", "intensityMaximum"))
        if limits is not None:
            one["intensity_limits"] = limits
        colors = scan.numbers("colorLimits", ("colorRedMinimum", "colorRedMaximum"))
        if colors is not None:
            one["color_limits"] = colors
        if one["points"] and not (
            {"cartesianX", "cartesianY", "cartesianZ"} <= set(one["fields"])
            or {"sphericalRange", "sphericalAzimuth", "sphericalElevation"} <= set(one["fields"])
        ):
            problems.append(
                Problem(
                    "scan-without-coordinates",
                    "A scan has neither Cartesian nor spherical coordinates; its points were left "
                    "out.",
                    "error",
                    f"scan {number}",
                    ", ".join(one["fields"]),
                    "cartesianX, Y, Z or sphericalRange, Azimuth, Elevation",
                )
            )
        found.append({k: v for k, v in one.items() if v is not None or k == "box"})
    return found, problems


def images(root: Node) -> list[dict[str, Any]]:
    """Return each image: kind, size, optics, pose, time, the scan it belongs to."""
    found: list[dict[str, Any]] = []
    for image in root.members("images2D")[:_LISTED]:
        one: dict[str, Any] = {}
        for name in ("name", "guid", "description", "associatedData3DGuid", "sensorModel"):
            if (value := image.get(name)) not in (None, ""):
                one[name] = value
        one |= _pose(image)
        if (moment := image.moment("acquisitionDateTime")) is not None:
            one["acquired"] = moment
        for name, kind in _REPRESENTATIONS.items():
            held = image.child(name)
            if held is None:
                continue
            one["kind"] = kind
            one["width"], one["height"] = held.get("imageWidth"), held.get("imageHeight")
            for style in ("jpegImage", "pngImage"):
                blob = held.raw(style)
                if blob is not None and hasattr(blob, "byteCount"):
                    one["format"], one["bytes"] = style[:-5], int(blob.byteCount())
            one |= {n: v for n in _OPTICS if (v := held.get(n)) is not None}
        found.append({k: v for k, v in one.items() if v is not None})
    return found
