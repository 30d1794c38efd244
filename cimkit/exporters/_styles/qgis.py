"""Styles as QGIS 3 reads them: QML, and SLD 1.1 for other programs."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cimkit.exporters._styles.style import Rule, Style

__all__ = ["qml", "sld"]

_SYMBOL = {"point": "marker", "line": "line", "polygon": "fill"}
_LAYER = {"point": "SimpleMarker", "line": "SimpleLine", "polygon": "SimpleFill"}
_TYPE = {"point": 0, "line": 1, "polygon": 2}
_EDGE = "77,77,77,255"


def qml(style: Style, language: str) -> str:
    """Return the style as QML: one category or range for each class.

    The structure is that of ``renderer-v2`` in QGIS' sources (`QgsCategorizedSymbolRenderer` and
    `QgsGraduatedSymbolRenderer`); properties of symbols stand in an ``Option`` map, as since 3.22.
    """
    root = Element("qgis", version="3.34.0", styleCategories="Symbology|Labeling")
    kind = "graduatedSymbol" if style.graduated else "categorizedSymbol"
    renderer = SubElement(
        root, "renderer-v2", type=kind, attr=style.column, symbollevels="0", forceraster="0",
        enableorderby="0", referencescale="-1",
    )  # fmt: skip
    if style.graduated:
        renderer.set("graduatedMethod", "GraduatedColor")
    rules = list(style.rules)
    if style.graduated:
        holder = SubElement(renderer, "ranges")
        for i, rule in enumerate(rules):
            SubElement(
                holder, "range", symbol=str(i), lower=f"{rule.low!r}", upper=f"{rule.high!r}",
                label=rule.names.of(language), render="true",
            )  # fmt: skip
    else:
        # The category without a value takes what no other does.
        rules += [style.other] if style.other else []
        holder = SubElement(renderer, "categories")
        for i, rule in enumerate(rules):
            other = rule is style.other
            SubElement(
                holder, "category", symbol=str(i), value="NULL" if other else _text(rule.value),
                type="NULL" if other else _type(rule.value), label=rule.names.of(language),
                render="true",
            )  # fmt: skip
    symbols = SubElement(renderer, "symbols")
    for i, rule in enumerate(rules):
        symbol = SubElement(
            symbols, "symbol", name=str(i), type=_SYMBOL[style.geometry],
            alpha=f"{style.opacity:g}", clip_to_extent="1", force_rhr="0",
        )  # fmt: skip
        layer = {"class": _LAYER[style.geometry], "enabled": "1", "locked": "0", "pass": "0"}
        options = SubElement(SubElement(symbol, "layer", layer), "Option", type="Map")
        for name, value in _paint(style, rule).items():
            SubElement(options, "Option", name=name, type="QString", value=value)
    if style.label:
        labeling = SubElement(root, "labeling", type="simple")
        settings = SubElement(labeling, "settings", calloutType="simple")
        SubElement(
            settings, "text-style", fieldName=style.label, isExpression="0", fontSize="9",
            fontSizeUnit="Point", textColor="0,0,0,255",
        )  # fmt: skip
    SubElement(root, "layerGeometryType").text = str(_TYPE[style.geometry])
    if style.label:
        root.set("labelsEnabled", "1")
    indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + tostring(root, encoding="unicode") + "\n"


def _paint(style: Style, rule: Rule) -> dict[str, str]:
    color = ",".join(str(int(rule.color[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"
    if style.geometry == "point":
        return {
            "name": "circle", "color": color, "outline_color": _EDGE, "outline_width": "0.1",
            "outline_width_unit": "MM", "size": "2", "size_unit": "MM",
        }  # fmt: skip
    if style.geometry == "line":
        return {
            "line_color": color, "line_width": "0.5", "line_width_unit": "MM", "capstyle": "round",
            "joinstyle": "round", "line_style": "solid",
        }  # fmt: skip
    return {
        "color": color, "style": "solid", "outline_color": _EDGE, "outline_style": "solid",
        "outline_width": "0.1", "outline_width_unit": "MM",
    }  # fmt: skip


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "string"


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


_SE = "http://www.opengis.net/se"
_OGC = "http://www.opengis.net/ogc"
_SLD = "http://www.opengis.net/sld"


def sld(style: Style, layer: str, language: str) -> str:
    """Return the style as a Styled Layer Descriptor 1.1 with Symbology Encoding 1.1."""
    root = Element(
        "StyledLayerDescriptor",
        {"xmlns": _SLD, "xmlns:se": _SE, "xmlns:ogc": _OGC, "version": "1.1.0"},
    )
    named = SubElement(root, "NamedLayer")
    SubElement(named, "se:Name").text = layer
    user = SubElement(named, "UserStyle")
    SubElement(user, "se:Name").text = style.titles.of(language)
    features = SubElement(user, "se:FeatureTypeStyle")
    for rule in style.rules:
        filled = _rule(features, style, rule, language)
        chosen = SubElement(filled, "ogc:Filter")
        if rule.low is None:
            _compare(chosen, "EqualTo", style.column, _text(rule.value))
        else:
            both = SubElement(chosen, "ogc:And")
            _compare(both, "GreaterThanOrEqualTo", style.column, repr(rule.low))
            last = rule is style.rules[-1]
            _compare(
                both, "LessThanOrEqualTo" if last else "LessThan", style.column, repr(rule.high)
            )
        _symbolizer(filled, style, rule)
    if style.other is not None:
        filled = _rule(features, style, style.other, language)
        SubElement(filled, "se:ElseFilter")
        _symbolizer(filled, style, style.other)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _rule(above: Element, style: Style, rule: Rule, language: str) -> Element:
    made = SubElement(above, "se:Rule")
    SubElement(made, "se:Name").text = rule.names.of(language)
    return made


def _compare(above: Element, how: str, column: str, value: str) -> None:
    test = SubElement(above, f"ogc:PropertyIs{how}")
    SubElement(test, "ogc:PropertyName").text = column
    SubElement(test, "ogc:Literal").text = value


def _symbolizer(above: Element, style: Style, rule: Rule) -> None:
    if style.geometry == "line":
        line = SubElement(SubElement(above, "se:LineSymbolizer"), "se:Stroke")
        for name, value in (("stroke", rule.color), ("stroke-width", "2")):
            SubElement(line, "se:SvgParameter", name=name).text = value
        return
    holder = SubElement(
        above, "se:PointSymbolizer" if style.geometry == "point" else "se:PolygonSymbolizer"
    )
    if style.geometry == "point":
        graphic = SubElement(holder, "se:Graphic")
        holder = SubElement(graphic, "se:Mark")
        SubElement(holder, "se:WellKnownName").text = "circle"
    fill = SubElement(holder, "se:Fill")
    SubElement(fill, "se:SvgParameter", name="fill").text = rule.color
    SubElement(fill, "se:SvgParameter", name="fill-opacity").text = f"{style.opacity:g}"
    stroke = SubElement(holder, "se:Stroke")
    SubElement(stroke, "se:SvgParameter", name="stroke").text = "#4d4d4d"
    SubElement(stroke, "se:SvgParameter", name="stroke-width").text = "0.5"
    if style.geometry == "point":
        SubElement(graphic, "se:Size").text = "7"
