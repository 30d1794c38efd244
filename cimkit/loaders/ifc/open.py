"""Opening of IFC files: plain or zipped, and of schema versions that the parser does not know."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.ifc.text import escaped, is_plain
from cimkit.model import Problem

__all__ = ["header_schema", "is_step_ifc", "is_xml_ifc", "lost_entities", "open_model", "scan"]

_KNOWN = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(?\s*'\s*([^']*?)\s*'", re.IGNORECASE)
_ENTITY = re.compile(rb"#\d+\s*=\s*([A-Za-z0-9_]+)\s*\(")
_BLOCK = 8 << 20


def is_step_ifc(start: bytes) -> bool:
    """Tell whether the start of a file is that of an IFC file in STEP encoding."""
    if b"ISO-10303-21" not in start[:4096]:
        return False
    found = _SCHEMA.search(start)
    # A header longer than what we see is rare; what follows it would be named IFC all the same.
    return found[1].upper().startswith(b"IFC") if found else b"=IFC" in start.replace(b" ", b"")


def is_xml_ifc(start: bytes) -> bool:
    """Tell whether the start of a file is that of an ifcXML file."""
    text = start[:4096].lower()
    return b"<" in text[:512] and (b"ifcxml" in text or b"iso_10303_28" in text)


def header_schema(start: bytes) -> str:
    """Return the schema that the header of a STEP file names, in capitals; "" if none."""
    found = _SCHEMA.search(start)
    return found[1].decode("ascii", "replace").upper() if found else ""


def _nearest(schema: str) -> str | None:
    for prefix, known in (("IFC4X", "IFC4X3_ADD2"), ("IFC4", "IFC4"), ("IFC2", "IFC2X3")):
        if schema.startswith(prefix):
            return known
    return None


def _inner(file: Path) -> str | None:
    """Return the name of the one IFC file in a zip, or None if the file is no zip."""
    if not zipfile.is_zipfile(file):
        return None
    with zipfile.ZipFile(file) as packed:
        names = [n for n in packed.namelist() if n.lower().endswith((".ifc", ".ifcxml"))]
    if len(names) != 1:
        raise SourceUnreadable(
            "an ifcZIP holds exactly one model", got=len(names), expected="1 file *.ifc"
        )
    return names[0]


def _stream(file: Path) -> IO[bytes]:
    name = _inner(file)
    return zipfile.ZipFile(file).open(name) if name else file.open("rb")


def scan(file: Path) -> tuple[str, Counter[str]]:
    """Count the entities of each class by reading the text, without building the model.

    Returns
    -------
    schema : str
        As the header names it.
    classes : Counter of str
        Number of instances by class name in capitals.
    """
    classes: Counter[str] = Counter()
    schema, rest = "", b""
    with _stream(file) as stream:
        while block := stream.read(_BLOCK):
            text = rest + block
            schema = schema or header_schema(text)
            # Cut behind the last whole statement, so that no instance is split or counted twice.
            cut = text.rfind(b";") + 1
            classes.update(m.decode("ascii").upper() for m in _ENTITY.findall(text[:cut]))
            rest = text[cut:]
    classes.update(m.decode("ascii").upper() for m in _ENTITY.findall(rest))
    return schema, classes


def open_model(file: Path, encoding: str | None = None) -> tuple[Any, str, list[Problem]]:
    """Open an IFC model.

    Parameters
    ----------
    file : Path
        A ``.ifc`` or ``.ifczip``; the content counts, not the name.
    encoding : str, optional
        Of texts that stand as raw bytes, as the delivery sheet says.

    Returns
    -------
    model : ifcopenshell.file
    schema : str
        As the header names it.
    problems : list of Problem
        ``schema-substituted`` if the model was read as another version than its header names,
        ``text-not-escaped`` if its texts are raw bytes.

    Raises
    ------
    SourceUnreadable
        If the file holds no IFC that can be parsed.
    """
    import ifcopenshell

    with _stream(file) as stream:
        start = stream.read(_BLOCK)
    if is_xml_ifc(start):
        raise SourceUnreadable(
            "ifcXML is not read", where=file.name, mend="Deliver the model as .ifc (STEP)."
        )
    schema = header_schema(start)
    problems: list[Problem] = []
    try:
        with _stream(file) as stream:
            plain = is_plain(stream)
        # the parser's own reader goes by the suffix
        named = file.suffix.lower() == ".ifc" and not zipfile.is_zipfile(file)
        if plain and named and schema in _KNOWN:
            return ifcopenshell.open(str(file)), schema, problems
        with _stream(file) as stream:
            content, problems = escaped(stream.read(), encoding)
        if schema not in _KNOWN:
            near = _nearest(schema)
            if near is None:
                raise SourceUnreadable(
                    "no such IFC schema", where=file.name, got=schema, expected=", ".join(_KNOWN)
                )
            content, problem = _substitute(content, schema, near)
            problems.append(problem)
        model = ifcopenshell.file.from_string(content.decode("ascii"))
    except SourceUnreadable:
        raise
    except Exception as error:  # the parser raises bare RuntimeError, OSError and its own kinds
        raise SourceUnreadable(
            f"the IFC parser gives up: {error or type(error).__name__}",
            where=file.name,
            mend="Export the model again, or repair the STEP text at the place named.",
        ) from error
    return model, schema, problems


def lost_entities(model: Any, classes: Counter[str]) -> list[Problem]:
    """Name the instances of classes that the model's schema does not have: the parser skips them.

    Parameters
    ----------
    model : ifcopenshell.file
    classes : Counter of str
        As `scan` counts them.
    """
    from ifcopenshell import ifcopenshell_wrapper

    schema = ifcopenshell_wrapper.schema_by_name(model.schema_identifier)
    known = {d.name().upper() for d in schema.entities()}
    lost = {name: n for name, n in sorted(classes.items()) if name not in known}
    if not lost or sum(classes.values()) <= len(model.entity_names()):
        return []
    return [
        Problem(
            code="entities-lost",
            message=f"{sum(lost.values())} instances are of classes that "
            f"{model.schema_identifier} does not have; they and what hangs on them are not read.",
            severity="error",
            got=", ".join(f"{name} {n}" for name, n in lost.items()),
            expected=f"classes of {model.schema_identifier}",
            hint="Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
        )
    ]


def _substitute(content: bytes, schema: str, near: str) -> tuple[bytes, Problem]:
    found = _SCHEMA.search(content)
    if found is None:
        raise SourceUnreadable("the header names no schema", expected="FILE_SCHEMA(('IFC4'))")
    content = content[: found.start(1)] + near.encode("ascii") + content[found.end(1) :]
    return content, Problem(
        code="schema-substituted",
        message=f"The header names {schema}, which is no published schema that can be parsed; "
        f"the model was read as {near}.",
        got=schema,
        expected=", ".join(_KNOWN),
        hint="Export the model again as IFC2X3, IFC4 or IFC4X3_ADD2.",
    )
