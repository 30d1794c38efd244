"""How QGIS shows layers of findings: a colour for each severity."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

__all__ = ["COLORS", "qml"]

COLORS = {"error": "#c62828", "warning": "#b26a00", "info": "#1565c0"}
"""Of severities, on white at least 4.5 : 1."""
_SYMBOL = (
    ("marker", "SimpleMarker", {"color": "{}", "size": "2.6", "outline_color": "255,255,255,255"}),
    ("line", "SimpleLine", {"line_color": "{}", "line_width": "0.8"}),
    ("fill", "SimpleFill", {"color": "{},90", "outline_color": "{}", "outline_width": "0.6"}),
)


def qml(dimension: int, labels: Mapping[str, str]) -> str:
    """Return a QGIS style that colours by the column ``severity``.

    Parameters
    ----------
    dimension
        0: points, 1: lines, 2: areas.
    labels
        What the legend says, by severity.
    """
    kind, layer, options = _SYMBOL[dimension]
    categories, symbols = [], []
    for n, (severity, color) in enumerate(COLORS.items()):
        rgb = ",".join(str(int(color[k : k + 2], 16)) for k in (1, 3, 5))
        said = quoteattr(labels[severity])
        categories.append(
            f'<category symbol="{n}" value="{severity}" label={said} render="true" type="string"/>'
        )
        set_ = "".join(
            f'<Option type="QString" name="{name}" value="{value.format(rgb)}"/>'
            for name, value in options.items()
        )
        symbols.append(
            f'<symbol type="{kind}" name="{n}" alpha="1" clip_to_extent="1" force_rhr="0">'
            f'<layer class="{layer}" enabled="1" pass="0" locked="0">'
            f'<Option type="Map">{set_}</Option></layer></symbol>'
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="severity" enableorderby="0" forceraster="0" '
        f'symbollevels="0"><categories>{"".join(categories)}</categories>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )
