"""What inserts show: nested blocks, arrays, texts; and entities of simple programs."""

from __future__ import annotations

import re
from pathlib import Path

import ezdxf
import pytest
import shapely

from cimkit.geometry.curves import linearize
from tests.loaders.dxf.test_drawing import Tables, read, said, save


def shown(tables: Tables, key: str) -> shapely.Geometry:
    """Return what the insert ``key`` shows."""
    rows = [r for r in tables["geometries"] if r["source_key"] == key and r["semantics"]]
    return linearize(rows[0]["wkb"])


@pytest.mark.parametrize("steel", [1.0, 2.0])  # of an insert that is stretched, arcs are none
def test_blocks_within_blocks_are_drawn_where_they_stand(tmp_path: Path, steel: float) -> None:
    document = ezdxf.new("R2010")
    inner = document.blocks.new("inner", base_point=(1, 0))
    inner.add_circle((1, 0), 1)
    inner.add_text("井")
    outer = document.blocks.new("outer")
    outer.add_blockref("inner", (10, 0))
    outer.add_mtext("给水")
    space = document.modelspace()
    scale = {"xscale": 2 * steel, "yscale": 2, "zscale": 2, "rotation": 90}
    insert = space.add_blockref("outer", (100, 50), dxfattribs=scale)
    mirrored = space.add_blockref("outer", (0, 0), dxfattribs={"xscale": -1})
    _, tables = read(save(document, tmp_path / "a.dxf"))
    high = 50 + 20 * steel
    assert shown(tables, insert.dxf.handle).bounds == pytest.approx(
        (98, high - 2 * steel, 102, high + 2 * steel), abs=0.01
    )
    assert shown(tables, mirrored.dxf.handle).bounds == pytest.approx((-11, -1, -9, 1), abs=0.01)
    assert said(tables, insert.dxf.handle)["BlockText"] == ["给水"]


def test_arrays_of_blocks_are_drawn_copy_by_copy(tmp_path: Path) -> None:
    document = ezdxf.new("R2010")
    document.blocks.new("tree").add_line((0, 0), (1, 0))
    document.blocks.new("loop").add_blockref("loop", (1, 1))
    space = document.modelspace()
    grid = {"row_count": 3, "column_count": 4, "row_spacing": 10, "column_spacing": 5}
    rows = space.add_blockref("tree", (0, 0), dxfattribs=grid)
    rows.add_attrib("NO", "7")
    huge = grid | {"row_count": 30_000, "column_count": 30_000}
    space.add_blockref("tree", (0, 0), dxfattribs=huge)
    space.add_blockref("loop", (0, 0))
    asset, tables = read(save(document, tmp_path / "a.dxf"))
    assert len(shown(tables, rows.dxf.handle).geoms) == 12
    places = [r for r in tables["geometries"] if r["source_key"] == rows.dxf.handle]
    assert shapely.from_wkb(places[0]["wkb"]).bounds == (0, 0, 15, 20)
    assert said(tables, rows.dxf.handle)["NO"] == "7"
    (cut,) = [p for p in asset.problems if p.code == "block-cut"]
    assert "900000000 copies" in cut.got
    assert "itself" in cut.got


def test_entities_without_the_marks_of_their_parts_are_read(tmp_path: Path) -> None:
    document = ezdxf.new("R2000")
    document.modelspace().add_lwpolyline([(0, 0), (4, 0), (4, 3)])
    text = save(document, tmp_path / "a.dxf").read_text("utf-8")
    start = text.index("  2\nENTITIES")
    plain = re.sub(r"100\nAcDb\w+\n", "", text[start:])
    head = "  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1006\n  0\nENDSEC\n  0\nSECTION\n"
    end = plain.index("ENDSEC\n") + len("ENDSEC\n")
    (tmp_path / "b.dxf").write_text(f"{head}{plain[:end]}  0\nEOF\n", "utf-8")
    asset, tables = read(tmp_path / "b.dxf")
    assert shapely.from_wkb(tables["geometries"][0]["wkb"]).length == 7
    assert "drawing-damaged" in {p.code for p in asset.problems}


def test_text_in_columns_is_whole(tmp_path: Path) -> None:
    document = ezdxf.new("R2018")
    columns = ["左栏", "右栏"]
    space = document.modelspace()
    text = space.add_mtext_static_columns(columns, width=20, gutter_width=1, height=10)
    _, tables = read(save(document, tmp_path / "a.dxf"))
    assert said(tables, text.dxf.handle)["Text"].split() == columns
