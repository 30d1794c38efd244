"""What a GeoPackage holds beside its rows: how QGIS draws them, and what columns mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from cimkit.exporters._ogr import SETTLED
from cimkit.exporters._styles.qgis import qml, sld
from cimkit.exporters._styles.style import LANGUAGES, Style
from cimkit.exporters._tables import Table

__all__ = ["finish", "meanings", "write_rows"]

# The table and its columns as QGIS' OGR provider makes them.
_STYLES = """CREATE TABLE layer_styles (
id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30),
styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
# GeoPackage 1.3, F.9 Schema.
_COLUMNS = """CREATE TABLE gpkg_data_columns (
table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
mime_type TEXT, constraint_name TEXT,
CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
CONSTRAINT gdc_tn UNIQUE (table_name, name))"""
_CONSTRAINTS = """CREATE TABLE gpkg_data_column_constraints (
constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"""
_SCHEMA = "http://www.geopackage.org/spec/#extension_schema"
_TITLES = {
    "object_id": ("对象标识", "オブジェクト ID", "Object id"),
    "kind": ("类别", "種別", "Kind"),
    "class_code": ("分类代码", "分類コード", "Class code"),
    "class_zh": ("分类名称", "分類名（中国語）", "Class name (Chinese)"),
    "class_ja": ("分类名称（日文）", "分類名", "Class name (Japanese)"),
    "class_name": ("分类名称（英文）", "分類名（英語）", "Class name"),
    "asset_code": ("标识码", "識別コード", "Asset code"),
    "level": ("模型级别", "詳細度", "Level"),
    "name": ("名称", "名称", "Name"),
    "district": ("行政区", "行政区", "District"),
    "lifecycle": ("生命周期", "ライフサイクル", "Lifecycle"),
    "z_min": ("最低高程 (m)", "最低標高 (m)", "Lowest height (m)"),
    "z_max": ("最高高程 (m)", "最高標高 (m)", "Greatest height (m)"),
    "height": ("高度 (m)", "高さ (m)", "Height (m)"),
    "area_m2": ("面积 (m²)", "面積 (m²)", "Area (m²)"),
    "length_m": ("长度 (m)", "長さ (m)", "Length (m)"),
    "observed": ("观测时间", "観測日時", "Observed"),
    "source": ("来源文件", "出典ファイル", "Source file"),
    "vertical_datum": ("高程基准", "高さの基準", "Vertical datum"),
}
_RELATIONS = """CREATE TABLE relations (
fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, object_id TEXT, relation TEXT, other_id TEXT,
other_key TEXT)"""


def write_rows(file: Path, name: str, rows: Iterable[tuple[str | None, ...]]) -> None:
    """Write the table of relations between objects: object_id, relation, other_id, other_key."""
    with closing(sqlite3.connect(file)) as con, con:
        con.execute(_RELATIONS)
        con.executemany(
            "INSERT INTO relations (object_id, relation, other_id, other_key) VALUES (?, ?, ?, ?)",
            rows,
        )
        _register(con, name, "What objects have to do with each other")
        con.execute("CREATE INDEX relations_object_id ON relations (object_id)")


def meanings(tables: Sequence[Table], language: str) -> list[tuple[str, str, str, str | None]]:
    """Return what the columns of tables of objects mean, for `finish`."""
    which = LANGUAGES.index(language)
    said: list[tuple[str, str, str, str | None]] = []
    for table in tables:
        said += [(table.name, c, titles[which], None) for c, titles in _TITLES.items()]
        for a in table.asked:
            title = f"{a.name} ({a.unit})" if a.unit else a.name
            text = ", ".join(t for t in (a.unit, a.domain) if t)
            said.append((table.name, a.name, title, text or None))
    return said


def finish(
    file: Path,
    styles: Sequence[Style],
    columns: Sequence[tuple[str, str, str, str | None]],
    language: str,
) -> None:
    """Add styles for QGIS and the meaning of columns, and settle all times.

    Parameters
    ----------
    file : Path
        The GeoPackage with its rows.
    styles : sequence of Style
        Their ids are the names of tables.
    columns : sequence of tuple
        Table, column, title, description.
    language : str
        zh, ja or en: of the style that is shown first.
    """
    with closing(sqlite3.connect(file)) as con, con:
        con.execute(_STYLES)
        _register(con, "layer_styles", "Styles for QGIS")
        for style in styles:
            for key in LANGUAGES:
                _style(con, style, key, shown=key == language)
        con.execute(_COLUMNS)
        con.execute(_CONSTRAINTS)
        con.executemany(
            "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, "
            "scope) VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            [(name, _SCHEMA) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")],
        )
        con.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description)"
            " VALUES (?, ?, ?, ?, ?)",
            [(table, column, column, title, text) for table, column, title, text in columns],
        )
        con.execute("UPDATE gpkg_contents SET last_change = ?", (SETTLED,))


def _style(con: sqlite3.Connection, style: Style, language: str, *, shown: bool) -> None:
    con.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "ui, update_time) VALUES ('', '', ?, 'geometry', ?, ?, ?, ?, ?, '', NULL, ?)",
        (
            style.id,
            f"{style.titles.of(language)} ({language})",
            qml(style, language),
            sld(style, style.id, language),
            shown,
            style.titles.of(language),
            SETTLED,
        ),
    )


def _register(con: sqlite3.Connection, table: str, text: str) -> None:
    con.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, ?, ?)",
        (table, table, text, SETTLED),
    )
