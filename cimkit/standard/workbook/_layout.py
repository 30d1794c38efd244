"""Which sheets the workbook of a standard has, their columns, and what stands in those."""

from __future__ import annotations

from cimkit.standard.package._package import (
    ATTRIBUTE_COLUMNS,
    CLASS_COLUMNS,
    CROSSWALK_COLUMNS,
    DOMAIN_COLUMNS,
    LEVEL_COLUMNS,
    LEVEL_RULE_COLUMNS,
    MAPPING_COLUMNS,
    MODEL_COLUMNS,
)

_LANGUAGES = ("zh", "ja", "en")
RULE_TEXTS = (
    *("id", "severity", "element", "check", "sql", "ids", "specification", "unit", "clause"),
    *("mender", "defect_class"),
)
"""Keys of a rule that are texts."""
RULE_COLUMNS = [
    *("file", "change", "id", "severity", "element", "kinds", "classes", "layers", "needs"),
    *("check", "parameters", "sql", "ids", "specification", "tolerance", "unit", "clause"),
    *("mender", "mandatory", "defect_class", "weight"),
    *(f"{key}_{language}" for key in ("title", "message", "hint") for language in _LANGUAGES),
]
NAMING_COLUMNS = ["what", "name", "template", "type", "values", "pattern", "says"]
SEGMENT_COLUMNS = [
    *("name", "length", "alphabet", "values", "text", "date", "mesh", "level", "default"),
    *("check", "scope"),
]
NUMBER_KEYS = ("length", "level")
"""Keys of a segment that are numbers."""
ENTRY_LISTS = ("values", "scope")
"""Keys of a segment or a part of a file name that are lists of texts."""
SHEETS: dict[str, list[str]] = {
    "standard": ["key", "value", "note"],
    "classes": CLASS_COLUMNS,
    "attributes": ATTRIBUTE_COLUMNS,
    "domains": ["list", *DOMAIN_COLUMNS],
    "mapping": ["file", *MAPPING_COLUMNS],
    "levels": LEVEL_COLUMNS,
    "level_rules": LEVEL_RULE_COLUMNS,
    "models": MODEL_COLUMNS,
    "crosswalk": ["file", *CROSSWALK_COLUMNS],
    "rules": RULE_COLUMNS,
    "naming": NAMING_COLUMNS,
    "code": SEGMENT_COLUMNS,
    "notes": ["text"],
    "files": ["name", "form", "text"],
}
"""Columns by sheet, in the order in which they are written."""
OPEN = ("naming", "code")
"""Sheets whose entries may have further keys, each a column."""
TABLES = {
    "classes": "classes.csv",
    "attributes": "attributes.csv",
    "levels": "levels.csv",
    "level_rules": "level_rules.csv",
    "models": "models.csv",
}
"""Sheets that are one file of rows."""
FOLDERS = {"mapping": "file", "domains": "list", "crosswalk": "file"}
"""Sheets that are several files of rows, and the column that names the file."""
TEXT_KEYS = {
    *("id", "edition", "status", "issuer", "licence", "effective_from", "effective_to", "note"),
    *("titles.zh", "titles.ja", "titles.en", "jurisdiction.division", "jurisdiction.polygon"),
    *("scheme.id", "scheme.note", "scheme.titles.zh", "scheme.titles.ja", "scheme.titles.en"),
    *("acceptance.method", "acceptance.unit", "transition.until", "unverified"),
}
"""Keys of the sheet ``standard`` whose value is a text even where it looks like a number."""
LIST_KEYS = {
    *("languages", "extends", "schemes", "class_fields", "crs.allowed", "crs.vertical"),
    *("code.class", "code.fields", "transition.accepts", "acceptance.veto", "acceptance.sample"),
}
"""Keys whose value is a list of texts."""

_KINDS = {
    "code": (
        *("classes.code", "classes.parent", "classes.replaces", "attributes.class"),
        *("domains.code", "mapping.class", "mapping.value", "level_rules.class", "levels.code"),
        *("crosswalk.from_code", "crosswalk.to_code", "rules.classes", "levels.same_as"),
        *("models.class", "code.values", "code.text", "code.default"),
    ),
    "number": (
        *("attributes.minimum", "attributes.maximum", "mapping.confidence"),
        *("rules.tolerance", "rules.weight", "code.length", "code.level"),
    ),
    "date": ("classes.valid_from", "classes.valid_to"),
    "any": ("standard.value",),
}
KIND = {name: kind for kind, names in _KINDS.items() for name in names}
"""What stands in a column, by ``sheet.column``: code, number, date, any; else text."""
EXACT = ("rules.sql", "notes.text", "files.text")
"""Columns whose blanks at the ends are kept."""
COMPARED = ("gt", "ge", "lt", "le")
"""Comparisons of a mapping whose value is a number."""
