"""Small models and specifications, written out."""

from __future__ import annotations

_HEAD = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
    "FILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('{}'));\nENDSEC;\nDATA;\n"
)


def ifc(lines: str, schema: str = "IFC4") -> str:
    """Return a model of some statements."""
    return f"{_HEAD.format(schema)}{lines.strip()}\nENDSEC;\nEND-ISO-10303-21;\n"


def specified(
    applies: str,
    demands: str = "",
    *,
    versions: str = "IFC4",
    occurs: str = 'maxOccurs="unbounded"',
) -> str:
    """Return a specification; ``@WALL`` stands for an entity facet, ``=x`` for a simple value."""
    asked = f"<requirements>{demands}</requirements>" if demands else ""
    return (
        f'<specification name="S" ifcVersion="{versions}"><applicability {occurs}>{applies}'
        f"</applicability>{asked}</specification>"
    )


def document(*specifications: str, info: str = "") -> bytes:
    """Return an IDS."""
    return (
        '<ids xmlns="http://standards.buildingsmart.org/IDS" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f"<info><title>T</title>{info}</info>"
        f"<specifications>{''.join(specifications)}</specifications></ids>"
    ).encode()


def value(text: str, tag: str = "value") -> str:
    """Return an element that holds a text, or a restriction written as ``base: name=value ...``."""
    base, _, inner = text.partition(": ")
    if not inner or base not in ("string", "double", "integer", "date", "duration", "boolean"):
        return f"<{tag}><simpleValue>{text}</simpleValue></{tag}>"
    parts = (p.partition("=") for p in inner.split(" "))
    said = "".join(f'<xs:{n} value="{v}"/>' for n, _, v in parts)
    return f'<{tag}><xs:restriction base="xs:{base}">{said}</xs:restriction></{tag}>'


def entity(name: str, predefined: str = "") -> str:
    """Return an entity facet."""
    more = value(predefined, "predefinedType") if predefined else ""
    return f"<entity>{value(name, 'name')}{more}</entity>"


def attribute(name: str, wanted: str = "", cardinality: str = "required") -> str:
    """Return an attribute facet."""
    more = value(wanted) if wanted else ""
    return f'<attribute cardinality="{cardinality}">{value(name, "name")}{more}</attribute>'


def prop(
    place: str, name: str, kind: str = "", wanted: str = "", cardinality: str = "required"
) -> str:
    """Return a property facet."""
    typed = f'dataType="{kind}" ' if kind else ""
    more = value(wanted) if wanted else ""
    return (
        f'<property {typed}cardinality="{cardinality}">{value(place, "propertySet")}'
        f"{value(name, 'baseName')}{more}</property>"
    )
