"""Small whole files of many formats, to be damaged."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

CITYGML = """<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"
 xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml">
<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::25832" srsDimension="3">
<gml:lowerCorner>690000 5335000 500</gml:lowerCorner>
<gml:upperCorner>690010 5335010 510</gml:upperCorner></gml:Envelope></gml:boundedBy>
%s</core:CityModel>"""
BUILDING = """<core:cityObjectMember><bldg:Building gml:id="b%d">
<bldg:measuredHeight uom="m">10</bldg:measuredHeight><bldg:lod1Solid><gml:Solid><gml:exterior>
<gml:CompositeSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>
690000 5335000 500 690010 5335000 500 690010 5335010 500 690000 5335010 500 690000 5335000 500
</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod1Solid></bldg:Building>
</core:cityObjectMember>
"""
KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
%s</Document></kml>"""
PLACEMARK = (
    "<Placemark><name>p%d</name><Point><coordinates>106.5,29.5,3</coordinates></Point>"
    "</Placemark>\n"
)
GPX = """<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">
<trk><trkseg>%s</trkseg></trk></gpx>"""
TRKPT = '<trkpt lat="29.5" lon="106.5"><ele>200</ele><time>2026-01-01T00:00:%02dZ</time></trkpt>\n'


def write_seeds(folder: Path) -> list[str]:
    """Write one sound file of each format; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for write in (_texts, _layers, _points, _images, _models):
        for name, data in write(folder):
            (folder / name).write_bytes(data)
    return sorted(p.name for p in folder.iterdir() if p.is_file())


def _texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    yield "city.gml", (CITYGML % "".join(BUILDING % n for n in range(20))).encode()
    yield "places.kml", (KML % "".join(PLACEMARK % n for n in range(30))).encode()
    yield "drive.gpx", (GPX % "".join(TRKPT % n for n in range(40))).encode()
    square = [[[0, 1, 2, 3]]]
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [690000, 5335000, 500]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": {
            f"b{n}": {
                "type": "Building",
                "attributes": {"name": "楼"},
                "geometry": [{"type": "MultiSurface", "lod": "1", "boundaries": square}],
            }
            for n in range(20)
        },
        "vertices": [[0, 0, 0], [9000, 0, 0], [9000, 9000, 0], [0, 9000, 0]],
    }
    yield "city.city.json", json.dumps(city).encode()
    tileset = {
        "asset": {"version": "1.1"},
        "geometricError": 100,
        "root": {
            "boundingVolume": {"region": [1.858, 0.515, 1.859, 0.516, 0, 50]},
            "geometricError": 10,
            "content": {"uri": "none.glb"},
        },
    }
    yield "tileset.json", json.dumps(tileset).encode()


def _layers(folder: Path) -> Iterator[tuple[str, bytes]]:
    import ezdxf
    import geopandas
    from shapely import Point

    frame = geopandas.GeoDataFrame(
        {"code": [f"c{n}" for n in range(50)], "name": ["路灯"] * 50},
        geometry=[Point(106.5 + n / 1e4, 29.5) for n in range(50)],
        crs="EPSG:4326",
    )
    for name, driver in (("a.gpkg", "GPKG"), ("b.geojson", "GeoJSON"), ("c.fgb", "FlatGeobuf")):
        frame.to_file(folder / name, driver=driver)
    frame.to_parquet(folder / "d.parquet")
    drawing = ezdxf.new("R2010")
    for n in range(30):
        drawing.modelspace().add_line((n, 0), (n, 10))
    text = io.StringIO()
    drawing.write(text)
    yield "e.dxf", text.getvalue().encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "b.geojson", "in/f.geojson")
        archive.writestr("in/readme.txt", "about")
    yield "g.zip", packed.getvalue()


def _points(folder: Path) -> Iterator[tuple[str, bytes]]:
    import laspy

    header = laspy.LasHeader(point_format=3, version="1.2")
    header.offsets, header.scales = [690000, 5335000, 500], [0.001] * 3
    cloud = laspy.LasData(header)
    spread = np.random.default_rng(1)
    cloud.x = 690000 + spread.uniform(0, 30, 2_000)
    cloud.y = 5335000 + spread.uniform(0, 30, 2_000)
    cloud.z = 500 + spread.uniform(0, 9, 2_000)
    cloud.write(folder / "h.las")
    cloud.write(folder / "i.laz")
    xyz = spread.uniform(0, 10, (500, 3)).astype("<f4")
    ply = b"ply\nformat binary_little_endian 1.0\nelement vertex 500\nproperty float x\n"
    ply += b"property float y\nproperty float z\nend_header\n"
    yield "j.ply", ply + xyz.tobytes()
    pcd = b"VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 500\nHEIGHT 1\n"
    pcd += b"VIEWPOINT 0 0 0 1 0 0 0\nPOINTS 500\nDATA binary\n"
    yield "k.pcd", pcd + xyz.tobytes()
    import pye57

    with pye57.E57(str(folder / "l.e57"), mode="w") as scans:
        scans.write_scan_raw(
            {f"cartesian{a}": xyz[:, i].astype(np.float64) for i, a in enumerate("XYZ")}
        )


def _images(folder: Path) -> Iterator[tuple[str, bytes]]:
    import rasterio
    from affine import Affine
    from PIL import Image

    pixels = np.random.default_rng(2).integers(0, 255, (64, 64), np.uint8)
    with rasterio.open(
        folder / "m.tif", "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8",
        crs="EPSG:25832", transform=Affine(1, 0, 690000, 0, -1, 5335000), compress="deflate",
    ) as image:  # fmt: skip
        image.write(pixels, 1)
    exif = Image.Exif()
    exif[0x010F], exif[0x9003] = "Maker", "2026:01:01 10:00:00"
    gps = exif.get_ifd(0x8825)
    gps |= {1: "N", 2: (29.0, 30.0, 0.0), 3: "E", 4: (106.0, 30.0, 0.0)}
    exif[0x8825] = gps
    picture = Image.fromarray(np.stack([pixels] * 3, axis=-1))
    picture.save(folder / "n.jpg", exif=exif)
    yield "o.png", _saved(picture, "PNG")


def _saved(picture: object, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)  # type: ignore[attr-defined]
    return out.getvalue()


def _models(folder: Path) -> Iterator[tuple[str, bytes]]:
    from cimkit.demo.ifc import write_ifc
    from cimkit.demo.modelled import model_of
    from cimkit.demo.plan import plan

    write_ifc(folder / "p.ifc", replace(model_of(plan(20, 1), 0), floors=1))
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]] * 50, "<f4").tobytes()
    gltf = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 150, "type": "VEC3",
             "min": [0, 0, 0], "max": [1, 1, 0]}
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(positions)}],
        "buffers": [{"byteLength": len(positions)}],
    }  # fmt: skip
    text = json.dumps(gltf).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    chunks += struct.pack("<II", len(positions), 0x004E4942) + positions
    yield "q.glb", struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
