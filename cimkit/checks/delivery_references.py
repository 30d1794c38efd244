"""Files that attributes name were delivered: photographs, drawings, documents of objects."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from posixpath import normpath
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._delivered import delivered_files, rows_table
from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, quote, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_SUFFIXES = (
    *("jpg", "jpeg", "png", "tif", "tiff", "heic", "bmp", "mp4", "pdf", "doc", "docx", "xls"),
    *("xlsx", "dwg", "dxf", "dgn", "ifc", "rvt", "skp", "obj", "fbx", "glb", "gltf", "las", "laz"),
    *("e57", "zip", "txt", "csv", "xml", "gml"),
)
_FILE = rf"(?i).*[^/\\\s]\.(?:{'|'.join(_SUFFIXES)})"
_SAMPLE = 200

SPEC = CheckSpec(
    name="delivery_references",
    title="Files that attributes name",
    counts="values",
    kinds=("gis", "citymodel"),
    parameters={"fields": [], "folder": ""},
    words={
        "reference-missing": {
            "en": "the attribute {attribute} names {measured}, which was not delivered",
            "zh": "属性 {attribute} 所指的 {measured} 未交付",
            "ja": "属性 {attribute} が示す {measured} が納品されていません",
        },
        "reference-none": {
            "en": "none of the {count} files that {attribute} names is in the delivery",
            "zh": "属性 {attribute} 所指的 {count} 个文件均未交付",
            "ja": "属性 {attribute} が示す {count} 件のファイルは一つも納品されていません",
        },
        "reference-far": {
            "en": "{count} values of {attribute} are addresses on the network",
            "zh": "{attribute} 中有 {count} 个网络地址",
            "ja": "{attribute} のうち {count} 件はネットワーク上のアドレスです",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find values of attributes that name a file which was not delivered.

    A file is looked for beside the source, in the delivery, and anywhere by its name. Attributes
    that are not named by the rule are found by their values; if not one of their files was
    delivered, they are set aside: the files may never have been part of the delivery.

    Parameters of the rule: ``fields`` (attributes that name files; none: those that look like it),
    ``folder`` (where the files lie in the delivery).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    files = [f.path for f in delivered_files(context)]
    known = {_key(p) for p in files} | {_key(p.rpartition("/")[2]) for p in files}
    bad: list[dict[str, Any]] = []
    aside: list[Mapping[str, Any]] = []
    applicable = 0
    for path, layer, field in _columns(context, here, said["fields"]):
        rows = context.table(
            f"""SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, value
                FROM (SELECT *, {_value(field)} AS value FROM things
                      WHERE {here} AND path = {quote(path)}
                      AND coalesce(source_layer, '') = {quote(layer)})
                WHERE value IS NOT NULL ORDER BY rank"""
        ).to_pylist()
        found = 0
        lost: list[dict[str, Any]] = []
        for row in rows:
            for text in _names(row.pop("value"), named=bool(said["fields"])):
                if re.match(r"[a-z][a-z0-9+.-]+://", text, re.I):
                    aside.append({"path": path, "reason": "reference-far", "attribute": field})
                elif _there(text, path, said["folder"], known):
                    found += 1
                else:
                    lost.append({**row, "measured": text, "attribute": field})
        if lost and not found and not said["fields"]:
            told = {"path": path, "attribute": field, "count": len(lost)}
            aside.append({**told, "reason": "reference-none"})
            continue
        applicable += found + len(lost)
        bad += [{**row, "reason": "reference-missing"} for row in lost]
    return conclude(context, rule, rows_table(bad), applicable, aside=_summed(aside))


def _summed(aside: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is set aside, the same things counted together."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in aside:
        counted[row["path"], row["reason"], row["attribute"]] += row.get("count", 1)
    return [
        {"path": path, "reason": reason, "attribute": attribute, "count": n}
        for (path, reason, attribute), n in counted.items()
    ]


def _columns(context: CheckContext, here: str, fields: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return path, layer and field of the attributes to look at."""
    rows = context.table(
        f"""SELECT path, coalesce(source_layer, '') AS layer, properties
            FROM things WHERE {here} AND properties IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY path, coalesce(source_layer, ''))
                <= {_SAMPLE}"""
    ).to_pylist()
    looks = re.compile(_FILE)
    found: dict[tuple[str, str, str], None] = {}
    for row in rows:
        for field, value in _flat(json.loads(row["properties"])):
            key = (row["path"], row["layer"], field)
            if fields:
                if field in fields or field.rpartition("/")[2] in fields:
                    found[key] = None
            elif isinstance(value, str) and looks.fullmatch(value.strip()):
                found[key] = None
    return sorted(found)


def _flat(properties: Any) -> list[tuple[str, Any]]:
    """Return attributes with their names; those of city models stand one step below."""
    flat = []
    for name, value in properties.items() if isinstance(properties, dict) else ():
        if name == "attributes" and isinstance(value, dict):
            flat += [(f"attributes/{inner}", v) for inner, v in value.items()]
        else:
            flat.append((name, value))
    return flat


def _value(field: str) -> str:
    first, slash, rest = field.partition("/")
    if slash and first == "attributes":
        step = rest.replace("~", "~0").replace("/", "~1")
        return f"json_extract_string(properties, {quote(f'/attributes/{step}')})"
    return field_text(field)


def _names(value: str, *, named: bool) -> list[str]:
    """Return the files that a value names; several stand between ; or |."""
    parts = [p.strip() for p in re.split(r"[;|；\n]", value)]
    if (
        len(parts) == 1
        and value.count(",")
        and len(re.findall(r"\.\w{2,5}(?=\s*,|\s*$)", value)) > 1
    ):
        parts = [p.strip() for p in value.split(",")]
    looks = re.compile(_FILE)
    return [p for p in parts if p and (named or looks.fullmatch(p))]


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _there(text: str, source: str, folder: str, known: set[str]) -> bool:
    plain = text.replace("\\", "/")
    above = source.rpartition("/")[0]
    places = [plain, f"{above}/{plain}", f"{folder.strip('/')}/{plain}"]
    paths = {_key(normpath(p).lstrip("/")) for p in places}
    return bool(paths & known) or _key(plain.rpartition("/")[2]) in known
