"""gml:Dictionary code lists, as PLATEAU and others publish them with CityGML.

A dictionary is one flat list of codes (gml:name) with one label (gml:description). A standard
becomes one dictionary for the classes of each scheme and one for each list of values.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cimkit.errors import StandardError
from cimkit.standard.draft import Draft, Loss, Row, flatten
from cimkit.standard.formats._delivered import contents, file_name, save
from cimkit.standard.formats._language import LANGUAGES, guess
from cimkit.standard.formats._losses import Ledger, shown
from cimkit.standard.formats._spec import FormatSpec
from cimkit.standard.formats._xml import parse, serialize, storable

if TYPE_CHECKING:
    from cimkit.standard.model import Standard

__all__ = ["SPEC", "read", "write"]

SPEC = FormatSpec(name="gml-dictionary", title="gml:Dictionary", suffixes=(".xml", ".gml"))

_GML = "http://www.opengis.net/gml"
_SPACES = (_GML, "http://www.opengis.net/gml/3.2")
_ID = "{%s}id"
_ABOUT = "cimkit"
"""Processing instruction with what GML has no place for: language, and what the list is."""
_CONTROL = "XML forbids control characters."
_REASONS = {
    "classes.parent": "A gml:Dictionary is a flat list.",
    "attributes": "A gml:Dictionary names values, not the attributes that have them.",
}


def write(standard: Standard, out: Path, *, language: str = "en") -> list[Loss]:
    """Write the classes of each scheme and each list of values as a dictionary of its own.

    Parameters
    ----------
    standard : Standard
        What to write.
    out : Path
        A file if there is one dictionary, else a folder, or a zip if it ends so.
    language : str
        zh, ja or en: a dictionary has one label a code.

    Returns
    -------
    list of Loss
        What the dictionaries do not say.

    Raises
    ------
    UsageError
        If several dictionaries would have to be one file.
    ExportError
        If `out` cannot be written.
    """
    draft = flatten(standard)
    named = f"name_{language}"
    reasons = dict(_REASONS)
    for part in ("classes", "domains"):
        for other in set(LANGUAGES) - {language}:
            reasons[f"{part}.name_{other}"] = "A gml:Dictionary has one label a code."
    title = f"titles.{language}"
    schemes = {s["id"]: s for s in draft.head.get("scheme", [])}
    schemes.setdefault(standard.scheme, {"titles": draft.head["titles"]})
    said = schemes[standard.scheme].get("titles", {}).get(language)
    single = not schemes.keys() - {standard.scheme} and not draft.classes and draft.domains
    carried = {
        "standard": () if single else (title,),
        "schemes": ("id", title, "primary"),
        "classes": ("scheme", "code", named),
        "domains": ("code", named),
    }
    ledger = Ledger(draft, SPEC.title, carried, reasons)
    if said != draft.head["titles"].get(language):
        ledger.row("standard", 0, "The title of the primary scheme stands there.", title)
    files: dict[str, bytes] = {}
    for number, (scheme, about) in enumerate({} if single else schemes.items()):
        own = "" if scheme == standard.scheme else scheme
        rows = [(n, r) for n, r in enumerate(draft.classes) if r.get("scheme", "") == own]
        label = about.get("titles", {}).get(language, "")
        if storable(label) != label:
            for table, line in (("standard", 0), ("schemes", number)):
                ledger.row(table, line, _CONTROL, title)
        kind = "classes" if own else "primary"
        files[file_name(scheme, ".xml", files)] = _dictionary(
            scheme, rows, language, ledger, "classes", kind, label
        )
    for name, values in draft.domains.items():
        files[file_name(name, ".xml", files)] = _dictionary(
            name, list(enumerate(values)), language, ledger, f"domains/{name}", "domains"
        )
    save(out, files)
    return ledger.losses()


def _dictionary(
    name: str,
    rows: list[tuple[int, Row]],
    language: str,
    ledger: Ledger,
    table: str,
    kind: str,
    title: str = "",
) -> bytes:
    from lxml import etree

    root = etree.Element(f"{{{_GML}}}Dictionary", nsmap={"gml": _GML})
    root.set(_ID % _GML, "cl_" + re.sub(r"[^A-Za-z0-9_.-]", "_", name))
    root.addprevious(etree.ProcessingInstruction(_ABOUT, f'language="{language}" is="{kind}"'))
    if title:
        _child(root, "description", storable(title))
    _child(root, "name", storable(name))
    column = f"name_{language}"
    for number, row in rows:
        label = next((row[c] for c in (column, "name_en", "name_zh", "name_ja") if row.get(c)), "")
        code = storable(row["code"])
        if label and not row.get(column):
            why = f"It has no name in {LANGUAGES[language]}; one in another language stands there."
            ledger.row(table, number, why, column)
        if storable(label) != label:
            ledger.row(table, number, _CONTROL, column)
        if code != row["code"]:
            ledger.row(table, number, f"{_CONTROL} The code is left out.")
            continue
        entry = etree.SubElement(root, f"{{{_GML}}}dictionaryEntry")
        definition = etree.SubElement(entry, f"{{{_GML}}}Definition")
        definition.set(_ID % _GML, f"id{number + 1}")
        if label:
            _child(definition, "description", storable(label))
        _child(definition, "name", code)
    return serialize(root)


def _child(parent: Any, tag: str, text: str) -> None:
    from lxml import etree

    etree.SubElement(parent, f"{{{_GML}}}{tag}").text = text


def read(file: Path, *, id: str, edition: str) -> tuple[Draft, list[Loss]]:
    """Read a dictionary, or a folder or zip of dictionaries.

    One named like `id` gives the classes of the standard; every other one a list of values.
    Files that `write` made say themselves what they are.

    Parameters
    ----------
    file : Path
        ``.xml`` or ``.gml``, a folder or a zip.
    id, edition : str
        Of the standard that it becomes.

    Returns
    -------
    Draft
        A package without parents.
    list of Loss
        What it could not take over: entries without a code, codes that stand twice, references.

    Raises
    ------
    StandardError
        If a file cannot be read, or none is a gml:Dictionary.
    """
    draft = Draft(head={"id": id, "edition": edition, "titles": {"en": id}})
    losses: list[Loss] = []
    silent: list[str] = []
    schemes: list[dict[str, Any]] = []
    files = {}
    for name, content in contents(file, SPEC.suffixes).items():
        root = parse(content, name)
        if any(root.tag == f"{{{space}}}Dictionary" for space in _SPACES):
            files[name] = root
        else:
            losses.append(Loss("files", name, "It is no gml:Dictionary and was left out."))
    if not files:
        raise StandardError("no gml:Dictionary", where=str(file), expected="<gml:Dictionary ...>")
    usual = guess(text for root in files.values() for text in root.itertext())
    for name, root in files.items():
        space = root.tag[1:].partition("}")[0]
        about = _about(root)
        title = _text(root, space, "name") or PurePosixPath(name).stem
        language = about.get("language", usual)
        if "language" not in about:
            silent.append(title)
        rows = _entries(root, space, f"name_{language}", name, losses)
        kind = about.get("is", "primary" if title == id else "domains")
        if kind != "domains":
            scheme = {} if kind == "primary" else {"scheme": title}
            draft.classes += [{**scheme, **row, "source": name} for row in rows]
            label = _text(root, space, "description")
            titles = {language: label} if label else {}
            schemes.append({"id": title, "titles": titles} | ({} if scheme else {"primary": True}))
            if not scheme:
                draft.head["titles"] |= titles
        else:
            draft.domains[_list_name(title, draft.domains)] = rows
    if any(s["id"] != id for s in schemes):
        draft.head["scheme"] = schemes
    if silent:
        why = f"They do not say their language; by their characters it is {LANGUAGES[usual]}."
        losses.append(Loss("domains", shown(silent), why))
    draft.head["note"] = f"imported from {file.name} (gml:Dictionary)"
    return draft, losses


def _list_name(title: str, taken: dict[str, Any]) -> str:
    return file_name(title, "", taken) if title in taken or re.search(r"[\\/:]", title) else title


def _about(root: Any) -> dict[str, str]:
    before = root.getprevious()
    while before is not None:
        if getattr(before, "target", "") == _ABOUT:
            return {k: v for k, v in before.attrib.items() if (k, v) in _KNOWN}
        before = before.getprevious()
    return {}


_KNOWN = {
    *(("is", k) for k in ("primary", "classes", "domains")),
    *(("language", k) for k in LANGUAGES),
}


def _entries(root: Any, space: str, column: str, where: str, losses: list[Loss]) -> list[Row]:
    rows: dict[str, Row] = {}
    twice: list[str] = []
    for definition in root.iter(f"{{{space}}}Definition"):
        names = [(e.text or "").strip() for e in definition.findall(f"{{{space}}}name")]
        label = _text(definition, space, "description")
        code = _text(definition, space, "identifier") or next(iter(names), "")
        # GML 3.2 has the code as identifier and may have the label as name.
        label = next((n for n in names if n != code), label) if code not in names[:1] else label
        label = label or next((n for n in names[1:] if n), "")
        if not code:
            place = f"{where}:{definition.sourceline}"
            losses.append(Loss("domains", place, "An entry without a code (gml:name)."))
        elif code in rows:
            twice.append(code)
        else:
            rows[code] = {"code": code, **({column: label} if label else {})}
    if twice:
        why = f"These codes stand twice in {where}; the first entry was taken."
        losses.append(Loss("domains", ", ".join(dict.fromkeys(twice)), why))
    nested = root.findall(f".//{{{space}}}dictionaryEntry//{{{space}}}Dictionary")
    if nested:
        why = f"Lists within the list of {where} became one list with it."
        losses.append(Loss("domains", ", ".join(_text(n, space, "name") for n in nested), why))
    if root.find(f".//{{{space}}}indirectEntry") is not None:
        why = f"{where} refers to entries of other files, which are not fetched."
        losses.append(Loss("domains", "gml:indirectEntry", why))
    return list(rows.values())


def _text(element: Any, space: str, tag: str) -> str:
    return (element.findtext(f"{{{space}}}{tag}") or "").strip()
