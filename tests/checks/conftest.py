"""A lake of a few rows, made by hand, and a small standard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
import shapely

from cimkit.catalog._lake import open_database
from cimkit.checks import CheckContext
from cimkit.checks._views import delivery_views
from cimkit.model import LAKE
from cimkit.registry import entry
from cimkit.standard import (
    Acceptance,
    Attribute,
    ClassRow,
    CodeGrammar,
    CrsRules,
    FileGrammar,
    Jurisdiction,
    Naming,
    Part,
    Rule,
    Segment,
    Standard,
)
from cimkit.standard.naming import DATE

LON, LAT = 106.5, 29.57


class Lake:
    """Rows for the tables of a lake."""

    def __init__(self, con: Any) -> None:
        self.con = con
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in LAKE}

    def item(self, path: str, kind: str = "gis", **more: Any) -> str:
        row = {
            "item_id": f"item {path}",
            "delivery_id": "d1",
            "path": path,
            "status": "ok",
            "kind": kind,
            "crs": "EPSG:4545",
            "crs_origin": "declared",
            "encoding_origin": "none",
            "sha256": hashlib.sha256(path.encode()).hexdigest(),
            "size": 1,
            **more,
        }
        for name in ("properties", "problems"):
            if name in row:
                row[name] = json.dumps(row[name])
        self.rows["items"].append(row)
        return str(row["item_id"])

    def object(
        self,
        path: str,
        at: Any = (LON, LAT),
        *,
        class_code: str | None = "0117",
        properties: Mapping[str, Any] | None = None,
        source_geometry: Any = None,
        **more: Any,
    ) -> str:
        item = next(r for r in self.rows["items"] if r["path"] == path)
        number = 1 + len(self.rows["objects"])
        shape = shapely.Point(at) if isinstance(at, tuple) else at
        object_id = f"object {number}"
        row = {
            "object_id": object_id,
            "dataset_id": "ds",
            "item_id": item["item_id"],
            "delivery_id": item["delivery_id"],
            "kind": item["kind"],
            "source_layer": "pole",
            "source_key": f"K{number}",
            "class_code": class_code,
            "place": f"row {number}",
            "properties": json.dumps(properties or {}, ensure_ascii=False),
            "content_hash": f"{number:032x}",
            **more,
        }
        if shape is not None:
            row["geometry"] = shapely.to_wkb(shape)
            if not shape.is_empty:
                x0, y0, x1, y1 = shape.bounds
                row["bbox"] = {"xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1}
            own = shape if source_geometry is None else source_geometry
            self.rows["geometries"].append(
                {
                    "object_id": object_id,
                    "item_id": item["item_id"],
                    "crs": "OGC:CRS84" if source_geometry is None else item["crs"],
                    "geometry_type": own.geom_type,
                    "wkb": shapely.to_wkb(own),
                }
            )
        self.rows["objects"].append(row)
        return object_id

    def photo(self, n: int, at: Any, **properties: Any) -> str:
        path = f"img/{n:03}.jpg"
        self.item(path, "imagery", sequence="drive")
        return self.object(
            path,
            at,
            class_code="5041",
            properties=properties,
            source_layer=None,
            place="",
            source_class="photograph",
            observed=datetime(2026, 9, 1, 8, 0, n, tzinfo=UTC),
        )

    @contextmanager
    def open(self) -> Iterator[Any]:
        con = self.con
        con.execute("ATTACH ':memory:' AS home")
        con.execute("USE home.main")
        try:
            for name, rows in self.rows.items():
                con.register("rows_given", pa.Table.from_pylist(rows, schema=LAKE[name]))
                con.execute(f"CREATE TABLE {name} AS FROM rows_given")
                con.unregister("rows_given")
            yield con
        finally:
            con.execute("USE memory.main")
            con.execute("DETACH home")


@pytest.fixture(scope="session")
def database() -> Iterator[Any]:
    con = open_database()
    yield con
    con.close()


@pytest.fixture
def lake(database: Any) -> Lake:
    return Lake(database)


def _class(code: str, en: str, zh: str = "", *, parent: str = "", **more: Any) -> ClassRow:
    return ClassRow("test.town", code, parent, zh or en, en, en, **more)


@pytest.fixture(scope="session")
def standard() -> Standard:
    state = pa.table(
        {
            "code": ["01", "02"],
            "name_zh": ["完好", "破损"],
            "name_ja": ["良好", "破損"],
            "name_en": ["intact", "broken"],
        }
    )
    parts = {
        "division": Part("division", "(?:509912)", ("509912",)),
        "theme": Part("theme", "(?:fac|bld)", ("fac", "bld")),
        "date": Part("date", DATE, says="a day as yyyymmdd"),
        "ext": Part("ext", "[a-z0-9]+"),
    }
    grammar = FileGrammar("delivery", "{division}_{theme}_{date}.{ext}", parts)
    area = shapely.box(106.44, 29.52, 106.56, 29.62)
    return Standard(
        id="test.town",
        edition="1",
        titles={"en": "Town", "zh": "镇", "ja": "町"},
        parents=(),
        facts={},
        scheme_of={},
        class_rows=(
            _class("01", "Utilities", leaf=False),
            _class("0117", "Pole", "立杆", parent="01"),
            _class("0118", "Street lamp", parent="01"),
            _class("04", "Greenery", leaf=False),
            _class("0402", "Street tree", parent="04", geometry=("Point",)),
            _class("50", "City model", leaf=False),
            _class("5041", "Street photograph", parent="50"),
        ),
        attributes=(
            Attribute(("01",), "ObjName", "its name", obligation="M"),
            Attribute(("01", "04"), "ObjState", "its state", domain="state", obligation="M"),
            Attribute(("04",), "dbh_cm", type="number", minimum=1.0, maximum=500.0, unit="cm"),
            Attribute(("04",), "planted", type="integer"),
        ),
        domains={"state": state},
        mapping=(),
        class_fields=("class",),
        rules=(),
        naming=Naming((grammar,), ("trajectory*.csv",)),
        grammar=CodeGrammar(
            (
                Segment("division", 6),
                Segment("major", 2),
                Segment("minor", 2),
                Segment("sequence", 6),
            ),
            field_names=("ObjID",),
        ),
        jurisdiction=Jurisdiction("509912", shapely.to_wkb(area), fictional=True),
        levels=(),
        level_rules=(),
        crosswalk=(),
        crs_rules=CrsRules(("EPSG:4544", "EPSG:4545")),
        acceptance=Acceptance(),
        hash="f" * 32,
    )


class Found(list[dict[str, Any]]):
    """Findings of one rule."""

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [f for f in self if f["status"] == "fail"]

    @property
    def passed(self) -> int:
        return sum(f["count"] for f in self if f["status"] == "pass")

    @property
    def unchecked(self) -> list[dict[str, Any]]:
        return [f for f in self if f["status"] == "not checked"]

    @property
    def statuses(self) -> set[str]:
        return {f["status"] for f in self}


Checker = Callable[..., Found]


@pytest.fixture
def run_check(lake: Lake, standard: Standard) -> Checker:
    """Run one built-in check on the lake; give its findings as dicts."""

    def checker(name: str, *, language: str = "en", std: Any = None, **rule: Any) -> Any:
        message = {"en": "{measured}: {reason}", "zh": "{measured}：{reason}"}
        made = Rule(id=f"test.town/{name}", check=name, message=message, **rule)
        used = std or standard
        with lake.open() as con, delivery_views(con, used, "d1"):
            check = entry("cimkit.checks", name)
            context = CheckContext(con, used, "d1", language=language, words=check.SPEC.words)
            return Found(check.run(context, made).to_pylist())

    return checker
