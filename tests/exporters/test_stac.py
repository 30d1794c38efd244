from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pystac
import pytest
import pytest_socket

from cimkit.exporters import export, stac_validator


@pytest.fixture
def written(city: Any, tmp_path: Path) -> tuple[Path, Any]:
    return tmp_path / "stac", export(city, "stac", tmp_path / "stac")


def test_pystac_reads_and_validates_it_without_network(written: tuple[Path, Any]) -> None:
    out, report = written
    refused = pytest.raises(
        (pytest_socket.SocketConnectBlockedError, UserWarning), match="tried to use socket"
    )
    with socket.socket() as outside, refused:
        outside.connect(("192.0.2.1", 443))  # TEST-NET-1: nobody is there in any case
    catalog = pystac.Catalog.from_file(out / "catalog.json")
    validator = stac_validator()
    things = [catalog, *catalog.get_children(), *catalog.get_items(recursive=True)]
    for thing in things:
        assert thing.validate(validator=validator)
    assert len(things) == 1 + 5 + 5
    assert report.counts == {"bim": 1, "citymodel": 1, "gis": 1, "imagery": 1, "raster": 1}
    assert report.left_out == {"no geodata": 1}


def test_items_say_what_the_catalogue_knows(written: tuple[Path, Any]) -> None:
    catalog = pystac.Catalog.from_file(written[0] / "catalog.json")
    (item,) = catalog.get_child("gis").get_items()
    said = item.properties
    assert said["proj:code"] == "EPSG:4544"
    assert said["table:row_count"] == 3
    assert said["cim:dataset"] == "everything"
    assert said["cim:objects"] == 9
    assert said["cim:classes"] == {"0402": 1, "5001": 2, "5021": 1, "5022": 1}
    assert said["cim:datetime_origin"] == "received"
    assert item.bbox == pytest.approx([106.5, 29.57, 106.501, 29.571])
    assert item.assets["data"].extra_fields["file:checksum"] == "1220" + "ab" * 32


def test_the_schemas_can_say_no(written: tuple[Path, Any]) -> None:
    catalog = pystac.Catalog.from_file(written[0] / "catalog.json")
    item = next(iter(catalog.get_items(recursive=True)))
    for name, value in (
        ("cim:status", "perhaps"),
        ("cim:sha256", "12"),
        ("cim:invented", 1),
        ("proj:code", "4544"),
    ):
        wrong = item.clone()
        wrong.properties[name] = value
        with pytest.raises(pystac.STACValidationError):
            wrong.validate(validator=stac_validator())
    wrong = item.clone()
    del wrong.properties["cim:kind"]
    with pytest.raises(pystac.STACValidationError):
        wrong.validate(validator=stac_validator())


def test_same_catalogue_same_bytes(city: Any, written: tuple[Path, Any], tmp_path: Path) -> None:
    again = tmp_path / "other" / "stac"
    export(city, "stac", again)
    first = {f.relative_to(written[0]): f.read_bytes() for f in written[0].rglob("*.json")}
    assert first == {f.relative_to(again): f.read_bytes() for f in again.rglob("*.json")}


def test_where_keeps_the_sources_of_its_objects(city: Any, tmp_path: Path) -> None:
    report = export(city, "stac", tmp_path / "out", where="class_code = '5011'")
    assert report.counts == {"bim": 1}
    root = json.loads((tmp_path / "out" / "catalog.json").read_text())
    assert [link["href"] for link in root["links"]] == ["./catalog.json", "./bim/collection.json"]
