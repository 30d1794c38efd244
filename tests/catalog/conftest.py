"""Staged folders by hand: what loaders write, in a few lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from cimkit.catalog import Catalog, create
from cimkit.loaders import Staged
from cimkit.model import STAGED, Asset, Declaration


@dataclass
class Feature:
    """One row of a layer."""

    key: str | None
    x: float
    y: float
    attributes: dict[str, Any] = field(default_factory=dict)


def half(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def objects(features: list[Feature], layer: str, kind: str = "gis") -> pa.Table:
    rows = []
    for n, f in enumerate(features):
        content = half(f"{f.x} {f.y}") + half(json.dumps(f.attributes, sort_keys=True))
        point = shapely.Point(f.x, f.y)
        rows.append(
            {
                "source_layer": layer,
                "source_key": f.key if f.key is not None else content,
                "key_origin": "field" if f.key is not None else "hash",
                "source_class": layer,
                "kind": kind,
                "name": f.attributes.get("name"),
                "geometry": shapely.to_wkb(point),
                "bbox": {"xmin": f.x, "ymin": f.y, "xmax": f.x, "ymax": f.y},
                "position_origin": "file",
                "properties": json.dumps(f.attributes),
                "content_hash": content,
                "place": f"row {n}",
            }
        )
    return pa.Table.from_pylist(rows, schema=STAGED["objects"])


Stage = Callable[..., Staged]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Return a function that writes a staged folder."""

    def write(
        path: str,
        features: list[Feature] | None = None,
        *,
        layers: dict[str, list[Feature]] | None = None,
        declared: Declaration | None = None,
        status: str = "ok",
        kind: str = "gis",
        tables: dict[str, pa.Table] | None = None,
    ) -> Staged:
        name = Path(path).stem
        parts = [objects(f, la, kind) for la, f in (layers or {name: features or []}).items()]
        table = pa.concat_tables(parts)
        # The bytes of the imagined file: the rows, but not the name of the layer.
        plain = table.drop_columns(["source_layer", "source_class"] if layers is None else [])
        sha = hashlib.sha256(f"{plain.to_pylist()}{status}{kind}".encode()).hexdigest()
        asset = Asset(
            path=path,
            status=status,  # type: ignore[arg-type]
            kind=kind,  # type: ignore[arg-type]
            format="test",
            size=plain.nbytes,
            sha256=sha,
        )
        if status != "ok":
            return Staged(asset, None, False, declared or Declaration())
        folder = tmp_path / "staged" / hashlib.sha256(f"{path}{sha}".encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for label, rows in {"objects": table, **(tables or {})}.items():
            if rows.num_rows:
                pq.write_table(rows, folder / f"{label}.parquet")
        return Staged(asset, folder, False, declared or Declaration())

    return write


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return create(tmp_path / "catalog")


def rows(catalog: Catalog, sql: str, *, version: int | None = None) -> list[tuple[Any, ...]]:
    with catalog.connect(version=version) as con:
        return con.execute(sql).fetchall()
