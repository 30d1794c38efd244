"""STAC, IDS and documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions, document, ids, stac
from cimkit.model import Asset, Source


def sniffed(loader: Any, file: Path) -> int:
    return int(loader.sniff(Head(file, file.name.lower(), file.read_bytes()[:65_536])))


def probe(loader: Any, file: Path, data: str | bytes) -> Asset:
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    asset: Asset = loader.probe(Source(file.name, file), ReadOptions())
    return asset


ITEM = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "id": "one",
    "bbox": [106, 29, 0, 107, 30, 100],
    "properties": {"datetime": "2026-09-01T00:00:00Z"},
    "assets": {"data": {"href": "a.tif"}},
    "links": [{"rel": "root", "href": "catalog.json"}],
}


def test_a_stac_item(tmp_path: Path) -> None:
    asset = probe(stac, tmp_path / "item.json", json.dumps(ITEM))
    assert sniffed(stac, tmp_path / "item.json") > 0
    assert asset.format == "STAC Item 1.1.0"
    assert asset.bbox_wgs84 == (106, 29, 107, 30)
    assert asset.observed_start == "2026-09-01T00:00:00Z"
    assert asset.counts == {"items": 1, "links": 1, "assets": 1}


def test_a_stac_collection_and_collections_of_items(tmp_path: Path) -> None:
    extent = {
        "spatial": {"bbox": [[0, 1, 2, 3]]},
        "temporal": {"interval": [["2026-01-01T00:00:00Z", None]]},
    }
    said = {"type": "Collection", "stac_version": "1.0.0", "id": "c", "extent": extent}
    asset = probe(stac, tmp_path / "c.json", json.dumps(said))
    assert asset.format == "STAC Collection 1.0.0"
    assert (asset.bbox_wgs84, asset.observed_end) == ((0, 1, 2, 3), None)
    for data in ([ITEM, ITEM], {"type": "FeatureCollection", "features": [ITEM, ITEM]}):
        asset = probe(stac, tmp_path / "i.json", json.dumps(data))
        assert asset.counts["items"] == 2
    with pytest.raises(SourceUnreadable):
        probe(stac, tmp_path / "b.json", json.dumps(said)[:-3])


def test_requirements(tmp_path: Path) -> None:
    text = (
        '<ids:ids xmlns:ids="http://standards.buildingsmart.org/IDS"><ids:info>'
        "<ids:title>Doors</ids:title></ids:info><ids:specifications>"
        '<ids:specification ifcVersion="IFC4"><ids:requirements><ids:property/><ids:entity/>'
        "</ids:requirements></ids:specification></ids:specifications></ids:ids>"
    )
    asset = probe(ids, tmp_path / "a.ids", text)
    assert sniffed(ids, tmp_path / "a.ids") > 0
    assert asset.counts == {"specifications": 1, "requirements": 2}
    assert asset.properties["title"] == "Doors"
    for broken in (text[:-10], text.encode("utf-16-le")[:-1], text.encode() + b"\xff"):
        with pytest.raises(SourceUnreadable):
            probe(ids, tmp_path / "b.ids", broken)


@pytest.mark.parametrize(
    ("name", "data", "status", "encoding"),
    [
        ("a.txt", "说明".encode("gbk"), "ignored", "gb18030"),
        ("a.csv", b"a,b\n1,2\n", "ignored", "ascii"),
        ("a.json", b'{"a": 1}', "ignored", "ascii"),
        ("a.xml", b"<?xml version='1.0'?><!-- c --><a><b/></a><!-- d -->", "ignored", "ascii"),
        ("a.pdf", b"%PDF-1.7\n\x00\x01\x02" + bytes(range(32)) * 9, "ignored", None),
        ("b.json", b'{"a": ', "refused", "ascii"),
        ("b.gml", b"<?xml version='1.0'?><a><b></a>", "refused", "ascii"),
    ],
)
def test_documents_say_why_they_are_not_read(
    tmp_path: Path, name: str, data: bytes, status: str, encoding: str | None
) -> None:
    asset = probe(document, tmp_path / name, data)
    assert sniffed(document, tmp_path / name) > 0
    assert asset.status == status
    assert asset.encoding == encoding
    assert asset.problems


def test_a_pointer_is_not_the_data(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    with pytest.raises(SourceUnreadable, match="git lfs pull"):
        probe(document, tmp_path / "city.gml", pointer)
    assert sniffed(document, tmp_path / "city.gml") == 100


def test_binary_data_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 10)
    assert sniffed(document, tmp_path / "a.bin") == 0


def test_an_external_entity_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    text = f"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "{tmp_path}/secret.txt">]>
    <a>&x;</a>"""
    asset = probe(document, tmp_path / "a.xml", text)
    assert "secret" not in str(asset.to_json()).replace("secret.txt", "")
