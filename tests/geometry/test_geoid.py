"""Models of the geoid against published values, and grids that people bring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from cimkit.errors import UsageError
from cimkit.geometry.geoid import read_geoid


def test_egm96_at_published_places() -> None:
    pytest.importorskip("egm96.data")
    # Test values that come with NGA's grid of 15'; one of 5' differs by some centimetres.
    places = np.array([[-90.38530, 38.62815], [0.0, 0.0]])
    found = read_geoid("egm96").undulation(places)
    assert found[0] == pytest.approx(-31.63, abs=0.1)
    assert found[1] == pytest.approx(17.16, abs=0.1)


def test_japan_and_nowhere_else() -> None:
    # Niigata: 39.474 m by the national survey's own calculation.
    found = read_geoid("gsigeo2011").undulation(np.array([[138.28398, 37.12378], [106.5, 29.5]]))
    assert found[0] == pytest.approx(39.474, abs=1e-3)
    assert np.isnan(found[1])  # Chongqing is not in Japan


@pytest.mark.parametrize("suffix", [".tif", ".gtx"])
def test_a_grid_of_ones_own(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"城市 geoid{suffix}"
    grid = np.arange(12, dtype="float32").reshape(3, 4)
    driver = {".tif": "GTiff", ".gtx": "GTX"}[suffix]
    place = Affine(1, 0, 105.5, 0, -1, 30.5)
    with rasterio.open(
        file, "w", driver=driver, width=4, height=3, count=1, dtype="float32",
        crs="EPSG:4326", transform=place,
    ) as opened:  # fmt: skip
        opened.write(grid, 1)
    model = read_geoid(str(file))
    places = np.array([[106.0, 30.0], [106.5, 30.0], [107.0, 29.5], [80.0, 0.0]])
    assert model.undulation(places) == pytest.approx([0.0, 0.5, 3.0, np.nan], abs=1e-6, nan_ok=True)
    assert model.undulation(np.empty((0, 2))).shape == (0,)
    assert model.title == file.name


def test_what_is_no_geoid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such geoid"):
        read_geoid("egm2008")
    broken = tmp_path / "broken.gtx"
    broken.write_bytes(b"no grid")
    with pytest.raises(UsageError, match="cannot be read"):
        read_geoid(str(broken))
    with pytest.raises(UsageError, match="cannot be read"):
        read_geoid(str(tmp_path / "missing.tif"))
