"""Styles as MapLibre GL reads them (MapLibre Style Specification, version 8)."""

from __future__ import annotations

from typing import Any

from cimkit.exporters._styles.legend import legend_json
from cimkit.exporters._styles.style import Rule, Style

__all__ = ["maplibre_style"]

_KIND = {"point": "circle", "line": "line", "polygon": "fill"}


def maplibre_style(
    style: Style, source: str, layer: str, bounds: tuple[float, float, float, float],
    attribution: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return a MapLibre style of one source.

    Parameters
    ----------
    style : Style
        The look.
    source : str
        URL of the PMTiles archive.
    layer : str
        Layer in its tiles.
    bounds : (west, south, east, north)
        Degrees.
    attribution : str
        Whose data they are.
    """
    color = _color(style)
    kind = _KIND[style.geometry]
    named = {"source": style.id, "source-layer": layer}
    zooms = {}
    if style.zooms[0] > 0:
        zooms["minzoom"] = style.zooms[0]
    if style.zooms[1] < 24:
        zooms["maxzoom"] = style.zooms[1]
    paint: dict[str, Any] = {f"{kind}-color": color, f"{kind}-opacity": style.opacity}
    layers: list[dict[str, Any]] = []
    if kind == "circle":
        paint["circle-radius"] = ["interpolate", ["linear"], ["zoom"], 10, 1.5, 18, 6]
        paint |= {"circle-stroke-color": "#ffffff", "circle-stroke-width": 0.5}
    elif kind == "line":
        paint["line-width"] = ["interpolate", ["linear"], ["zoom"], 10, 0.8, 18, 4]
    layers.append({"id": style.id, "type": kind, **named, **zooms, "paint": paint})
    if style.other is None:
        layers[0]["filter"] = _filter(style)
    if kind == "fill":
        edge = {"line-color": "#4d4d4d", "line-width": 0.4, "line-opacity": style.opacity}
        outline = {"id": f"{style.id}-outline", "type": "line", **named, **zooms, "paint": edge}
        near = max(style.zooms[0], 13.0)
        if near < style.zooms[1]:
            layers.append(outline | {"minzoom": near})
    said: dict[str, Any] = {
        "version": 8,
        "name": style.titles.of("en"),
        "metadata": {"cimkit:legend": legend_json(style)},
        "center": [round((bounds[0] + bounds[2]) / 2, 7), round((bounds[1] + bounds[3]) / 2, 7)],
        "zoom": 12,
        "sources": {
            style.id: {
                "type": "vector",
                "url": f"pmtiles://{source}",
                **({"attribution": attribution} if attribution else {}),
            }
        },
    }
    if style.label and style.glyphs:
        said["glyphs"] = style.glyphs
        layers.append(
            {
                "id": f"{style.id}-label",
                "type": "symbol",
                **named,
                **zooms,
                "layout": {
                    "text-field": ["to-string", ["get", style.label]],
                    "text-font": ["Noto Sans Regular"],
                    "text-size": 11,
                    "symbol-placement": "line" if kind == "line" else "point",
                },
                "paint": {"text-halo-color": "#ffffff", "text-halo-width": 1},
            }
        )
    said["layers"] = layers
    return said


def _color(style: Style) -> Any:
    other = style.other.color if style.other else "rgba(0,0,0,0)"
    if not style.rules:
        return other
    value = ["get", style.column]
    if not style.graduated:
        pairs: list[Any] = []
        for rule in style.rules:
            pairs += [_text(rule), rule.color]
        return ["match", ["to-string", value], *pairs, other]
    steps: list[Any] = [style.rules[0].color]
    for rule in style.rules[1:]:
        steps += [rule.low, rule.color]
    number = ["to-number", value]
    inside = [
        "all", ["==", ["typeof", value], "number"], [">=", number, style.rules[0].low],
        ["<=", number, style.rules[-1].high],
    ]  # fmt: skip
    return ["case", inside, _stepped(number, steps), other]


def _stepped(number: list[Any], steps: list[Any]) -> Any:
    return ["step", number, *steps] if len(steps) > 1 else steps[0]


def _filter(style: Style) -> list[Any]:
    value = ["get", style.column]
    if not style.graduated:
        return ["in", ["to-string", value], ["literal", [_text(rule) for rule in style.rules]]]
    return [
        "all", ["==", ["typeof", value], "number"],
        [">=", ["to-number", value], style.rules[0].low],
        ["<=", ["to-number", value], style.rules[-1].high],
    ]  # fmt: skip


def _text(rule: Rule) -> str:
    """A value as MapLibre's to-string writes it."""
    value = rule.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
