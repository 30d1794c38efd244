"""IFC models in XML (ISO 10303-28) written out as STEP, which the parser reads.

Two ways of writing are in use. Up to IFC2x3 every attribute is an element that holds the value or
the instance; since IFC4 plain values are XML attributes, the element of an attribute is itself the
instance (``xsi:type`` names a subclass), and relations lie in the objects they start from, in the
element of an inverse attribute.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import IO, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.ifc.types import Class, Kind, class_names, class_of, type_named
from cimkit.loaders.ifc.xmlstatements import Statements
from cimkit.loaders.ifc.xmlvalues import is_empty, simple
from cimkit.model import Problem

__all__ = ["write_step"]

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_ASIDE = {"id", "ref", "href", "pos", "itemType", "cType", "arraySize", "nil", "type", "path"}
_SHOWN = 5


def write_step(stream: IO[bytes], file: Path, schema: str) -> tuple[Counter[str], list[Problem]]:
    """Write the instances of an ifcXML file as the data section of a STEP file.

    Parameters
    ----------
    stream : binary file
        The XML.
    file : Path
        Statements are appended to it.
    schema : str
        Of the parser: IFC2X3, IFC4 or IFC4X3_ADD2.

    Returns
    -------
    classes : Counter of str
        Number of instances written and lost, by class in capitals.
    problems : list of Problem
        ``xml-broken``, ``attributes-unknown``, ``value-invalid``.

    Raises
    ------
    SourceUnreadable
        If it is no XML, or declares entities.
    """
    from lxml import etree

    with file.open("ab") as out:
        writer = _Writer(out, schema)
        parts = etree.iterparse(
            stream,
            events=("end",),
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for _, element in parts:
                above = element.getparent()
                if above is None or _local(above).lower() not in ("uos", "ifcxml"):
                    continue
                if element.getroottree().docinfo.internalDTD is not None:
                    raise SourceUnreadable(
                        "an ifcXML file that declares entities of its own is not read",
                        got="<!DOCTYPE",
                        mend="Export the model again, or deliver it as .ifc (STEP).",
                    )
                if class_of(schema, _local(element)) is not None:
                    writer.instance(element, _local(element))
                elif _local(element).lower().startswith("ifc"):
                    writer.classes[_local(element).upper()] += 1
                element.clear()
                while element.getprevious() is not None:
                    del above[0]
        except etree.XMLSyntaxError as error:
            writer.broken(str(error))
        for entry in parts.error_log:
            writer.broken(f"line {entry.line}: {entry.message}")
        writer.finish()
    return writer.classes, writer.problems()


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


class _Writer:
    """Writes elements as statements."""

    def __init__(self, out: IO[bytes], schema: str) -> None:
        self._schema = schema
        self._out = Statements(out)
        self.classes: Counter[str] = Counter()
        self._unknown: list[str] = []
        self._invalid: list[str] = []
        self._broken: list[str] = []

    def broken(self, message: str) -> None:
        self._broken.append(message)

    def instance(self, element: Any, name: str) -> str:
        """Write one instance with all that lies in it, and return the reference to it."""
        reference = element.get("ref") or (element.get("href") or "").lstrip("#")
        if reference:
            return f"#{self._out.number(reference)}"
        given = class_of(self._schema, element.get(f"{_XSI}type", "").rpartition(":")[2] or name)
        found = given or class_of(self._schema, name)
        key = element.get("id")
        number = self._out.number(key) if key else self._out.fresh()
        if found is None:
            self.classes[name.upper()] += 1
            return f"#{number}"
        values = ["*" if d else "$" for d in found.derived]
        for spelt, text in element.attrib.items():
            if "}" not in str(spelt) and spelt not in _ASIDE:
                self._set(found, values, str(spelt), text, None, number)
        for child in element:
            inverse = found.inverses.get(_local(child).lower())
            if found.index(_local(child)) is None and inverse is not None:
                self._related(child, number, *inverse)
            else:
                self._set(found, values, _local(child), child.text or "", child, number)
        self.classes[found.name] += 1
        if found.name.startswith("IFCREL"):
            self._out.wait(number, found, values)
        else:
            self._out.write(number, found, values)
        return f"#{number}"

    def _set(
        self, of: Class, values: list[str], name: str, text: str, child: Any, number: int
    ) -> None:
        index = of.index(name)
        if index is None:
            self._unknown.append(f"{of.name}.{name}")
            return
        if of.derived[index]:
            return  # the schema says it; XML spells it out for convenience
        kind = of.attributes[index].kind
        value = self._text(kind, text) if child is None else self._value(kind, child)
        if value is None:
            if text.strip() if child is None else not is_empty(child):
                held = text if child is None else " ".join(child.itertext())
                shown = " ".join(held.split())[:40]
                self._invalid.append(f"#{number} {of.attributes[index].name}: {shown}")
            return
        values[index] = value

    def _related(self, element: Any, number: int, name: str, attribute: str) -> None:
        """Write the relations in an inverse attribute, and make them refer to this instance."""
        inner = [c for c in element if class_of(self._schema, _local(c)) is not None]
        for child in inner or [element]:
            kind = _local(child) if inner else name
            if not inner and is_empty(element):
                continue
            target = int(self.instance(child, kind)[1:])
            self._out.point(target, attribute, number)

    def _value(self, kind: Kind, element: Any) -> str | None:
        """Return what the element of an attribute holds as STEP, None if that cannot be said."""
        if kind.form == "list":
            return self._list(kind, element)
        own = element.get(f"{_XSI}type", "").rpartition(":")[2]
        if element.get("ref") or element.get("href"):
            return self.instance(element, kind.name)
        if kind.form in ("entity", "select"):
            for child in element:
                inner = self._typed(_local(child), child)
                if inner is not None:
                    return inner
            if own:
                return self._typed(own, element)
            if kind.form == "entity" and (len(element) or len(element.attrib)):
                return self.instance(element, kind.name)
            return None
        held = element[0] if len(element) == 1 else element
        return self._text(kind, held.text or "")

    def _typed(self, name: str, element: Any) -> str | None:
        """Return an instance, or a value with its type; None if the name is that of neither."""
        name = re.sub(r"-(wrapper|temp)$", "", name)
        if class_of(self._schema, name) is not None:
            return self.instance(element, name)
        kind = type_named(self._schema, name)
        if kind is None or kind.form == "select":
            return None
        value = self._value(kind, element)
        return f"{name.upper()}({value})" if value is not None else None

    def _list(self, kind: Kind, element: Any) -> str | None:
        inner = kind.element
        if inner is None:
            return None
        if inner.form in ("entity", "select"):
            own = element.get(f"{_XSI}type") or element.get("ref") or element.get("id")
            if own and not (len(element) and self._holds_instances(element)):
                return f"({self._value(inner, element) or ''})"  # one, standing for the list
            items = [self._typed(_local(c), c) for c in _in_order(element)]
        elif len(element):
            items = [
                self._list(inner, c) if inner.form == "list" else self._value(inner, c)
                for c in _in_order(element)
            ]
        else:
            return self._text(kind, element.text or "")
        return f"({','.join(items)})" if items and None not in items else None  # type: ignore[arg-type]

    def _holds_instances(self, element: Any) -> bool:
        names = class_names(self._schema)
        return any(re.sub(r"-\w+$", "", _local(c)).lower() in names for c in element)

    def _text(self, kind: Kind, text: str) -> str | None:
        """Return a plain value, or a list of those set apart by white space."""
        if kind.form != "list":
            return simple(kind, text)
        inner = kind.element
        if inner is None or (inner.form == "simple" and inner.name == "string"):
            return simple(Kind("simple", "string"), text, listed=True)
        words = text.split()
        if inner.form == "list":
            if inner.count <= 0 or len(words) % inner.count or inner.element is None:
                return None
            items = [simple(inner.element, w) for w in words]
            if None in items:
                return None
            size = inner.count
            rows = [",".join(map(str, items[i : i + size])) for i in range(0, len(items), size)]
            return "(" + ",".join(f"({r})" for r in rows) + ")" if rows else None
        items = [simple(inner, w) for w in words]
        return f"({','.join(map(str, items))})" if items and None not in items else None

    def finish(self) -> None:
        """Write the relations, with what points at them."""
        self._unknown += self._out.finish()

    def problems(self) -> list[Problem]:
        found = []
        if self._broken:
            found.append(
                Problem(
                    "xml-broken",
                    "It is no well-formed XML; what stands behind the first mistake may be lost.",
                    "error",
                    got=self._broken[0][:200],
                    hint="Deliver the file again; it was cut off or damaged on its way.",
                )
            )
        if self._unknown:
            names = Counter(self._unknown)
            found.append(
                Problem(
                    "attributes-unknown",
                    f"{len(self._unknown)} values are of attributes that {self._schema} does not "
                    "have; they were not read.",
                    "error",
                    got=", ".join(f"{n} {c}" for n, c in names.most_common(_SHOWN)),
                    expected=f"attributes of {self._schema}",
                )
            )
        if self._invalid:
            found.append(
                Problem(
                    "value-invalid",
                    f"{len(self._invalid)} values are none of their type; they were read as unset.",
                    "error",
                    ", ".join(i.split(":")[0] for i in self._invalid[:_SHOWN]),
                    got="; ".join(self._invalid[:_SHOWN])[:300],
                    hint="Correct the values in the authoring tool.",
                )
            )
        return found


def _in_order(element: Any) -> list[Any]:
    """Return the items of a list by their ``pos``, in the order of the file where it is silent."""
    children = list(element)
    places = [
        next((v for k, v in c.attrib.items() if str(k).rpartition("}")[2] == "pos"), "0")
        for c in children
    ]
    if len(set(places)) < len(children) or not all(p.isdigit() for p in places):
        return children
    return [c for _, c in sorted(zip(map(int, places), children, strict=True), key=lambda p: p[0])]
