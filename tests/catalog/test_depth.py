"""A look at the headers, and the reading that follows it."""

from __future__ import annotations

from pathlib import Path

import pytest

import cimkit

POINTS = "\n".join(
    f'{{"type":"Feature","properties":{{"code":"{n}"}},'
    f'"geometry":{{"type":"Point","coordinates":[{106.5 + n / 1e4},29.5]}}}}'
    for n in range(30)
)


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.geojsonl").write_text(POINTS)
    return folder


@pytest.mark.parametrize("small", [0, 2**24], ids=["not hashed", "hashed"])
def test_what_was_looked_at_is_read_into_its_place_and_not_looked_at_again(
    delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    (delivered / "a.geojsonl").write_text(POINTS + " " * (0 if small else 17 * 2**20))
    city = cimkit.create(tmp_path / "city")

    def counts() -> tuple[int, int, int]:
        row = cimkit.query(
            city,
            "SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM objects), "
            "(SELECT count(*) FROM datasets)",
        ).to_pylist()[0]
        return tuple(row.values())  # type: ignore[return-value]

    cimkit.ingest(city, [delivered], depth="header")
    assert counts() == (1, 0, 1)
    assert cimkit.ingest(city, [delivered], depth="header").nothing_to_do
    cimkit.ingest(city, [delivered])
    assert counts() == (1, 30, 1)
    assert cimkit.ingest(city, [delivered], depth="header").nothing_to_do
    assert counts() == (1, 30, 1)
    hashed = cimkit.query(city, "SELECT sha256 FROM items").to_pylist()[0]["sha256"]
    assert len(hashed) == 64
