"""Receipts: what they say, who signed, and whether the delivery is still the one."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit import check, new_key, verify, write_receipt
from cimkit.errors import UsageError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a delivery, its check, and a signed receipt."""
    folder = tmp_path_factory.mktemp("receipt")
    (folder / "d").mkdir()
    (folder / "d/a.csv").write_text("lon,lat,name\n106.5,29.5,x\n", encoding="utf-8")
    (folder / "d/sub").mkdir()
    (folder / "d/sub/b.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"Point","coordinates":[106.5,29.5]}}]}'
    )
    new_key(folder / "key.pem")
    new_key(folder / "other.pem", "secret")
    verdict = check(folder / "d", standard="int.ifc", jobs=1)
    write_receipt(verdict, folder / "r.json", folder / "key.pem")
    write_receipt(verdict, folder / "plain.json")
    return folder


def copy(made: Path, to: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made / "d", to / "d"))


def test_it_holds(made: Path) -> None:
    found = verify(made / "r.json", [made / "d"], made / "key.pub.pem")
    assert (found.holds, found.signature, found.trusted) == (True, "valid", True)
    assert found.standard_known is True
    assert found.verdict in ("accepted", "rejected", "incomplete")
    document = json.loads((made / "r.json").read_text())
    assert {f["path"] for f in document["files"]} == {"a.csv", "sub/b.geojson"}
    assert len(document["findings_sha256"]) == 64


def test_anybody_may_have_signed_it(made: Path) -> None:
    found = verify(made / "r.json")
    assert (found.holds, found.trusted, found.compared) == (True, False, False)


def test_by_another_key(made: Path) -> None:
    found = verify(made / "r.json", [made / "d"], made / "other.pub.pem")
    assert (found.holds, found.signature, found.trusted) == (False, "other key", False)


def test_never_signed(made: Path) -> None:
    found = verify(made / "plain.json", [made / "d"])
    assert (found.holds, found.signature) == (False, "none")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_is_changed_shows(made: Path, data: st.DataObject) -> None:
    document = json.loads((made / "r.json").read_text())
    name = data.draw(st.sampled_from(sorted(set(document) - {"signature", "receipt"})))
    value = data.draw(st.one_of(st.text(), st.integers(), st.none(), st.just([])))
    if value == document[name]:
        return
    document[name] = value
    forged = made / "forged.json"
    forged.write_text(json.dumps(document), encoding="utf-8")
    if name == "files" and not isinstance(value, list):
        with pytest.raises(UsageError, match="lists no files"):
            verify(forged)
    else:
        assert verify(forged).signature == "invalid"


@pytest.mark.parametrize("value", ["", "!!", "AAAA", None])
def test_a_signature_that_is_none(made: Path, value: str | None) -> None:
    document = json.loads((made / "r.json").read_text())
    for name in ("value", "public_key", "algorithm"):
        forged = {**document, "signature": {**document["signature"], name: value}}
        (made / "forged.json").write_text(json.dumps(forged))
        assert verify(made / "forged.json").signature == "invalid"


def test_a_delivery_that_is_another(made: Path, tmp_path: Path) -> None:
    folder = copy(made, tmp_path)
    (folder / "a.csv").write_text("lon,lat,name\n106.5,29.5,y\n")
    (folder / "more.csv").write_text("lon,lat\n1,2\n")
    (folder / "sub/b.geojson").rename(folder / "sub/c.geojson")
    found = verify(made / "r.json", [folder])
    assert not found.holds
    assert found.changed == ("a.csv",)
    assert found.added == ("more.csv",)
    assert found.renamed == (("sub/b.geojson", "sub/c.geojson"),)
    (folder / "sub/c.geojson").unlink()
    assert verify(made / "r.json", [folder]).missing == ("sub/b.geojson",)


def test_a_renamed_file_alone_does_not_break_it(made: Path, tmp_path: Path) -> None:
    folder = copy(made, tmp_path)
    (folder / "a.csv").rename(folder / "z.csv")
    found = verify(made / "r.json", [folder])
    assert found.holds
    assert found.renamed == (("a.csv", "z.csv"),)


def test_keys(made: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE((made / "key.pem").stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="there is such a file"):
        new_key(made / "key.pem")
    verdict = check(made / "d/a.csv", standard="int.ifc", jobs=1)
    with pytest.raises(UsageError, match="cannot be used"):
        write_receipt(verdict, tmp_path / "r.json", made / "other.pem")
    assert not (tmp_path / "r.json").exists()
    write_receipt(verdict, tmp_path / "r.json", made / "other.pem", "secret")
    assert verify(tmp_path / "r.json", key=made / "other.pub.pem").trusted
    with pytest.raises(UsageError, match="no receipt"):
        verify(made / "d/a.csv")
    with pytest.raises(UsageError, match="key cannot be used"):
        verify(made / "r.json", key=made / "d/a.csv")
