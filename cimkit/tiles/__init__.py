"""Geometry to 3D Tiles 1.1: arrays in, tiles out. Knows no catalogue."""

from cimkit.tiles.content import Written, content_glb
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.extrude import extrude, flatten
from cimkit.tiles.layer import Layer, Tiled, write_layer
from cimkit.tiles.lines import culverts, ribbons, tubes
from cimkit.tiles.markers import copies, scales
from cimkit.tiles.mesh import Instances, Mesh, join
from cimkit.tiles.points import CloudPlan, CloudTree, write_cloud
from cimkit.tiles.repeated import arrange, baked, fewer_bytes
from cimkit.tiles.shapes import ShapePack, place
from cimkit.tiles.simplified import simplify
from cimkit.tiles.solids import surfaces_of, triangulate, wkb_type
from cimkit.tiles.store import Store
from cimkit.tiles.templates import TEMPLATES
from cimkit.tiles.tileset import Tile, frame_at, write_tileset

__all__ = [
    "TEMPLATES",
    "CloudPlan",
    "CloudTree",
    "Encoding",
    "Instances",
    "Layer",
    "Mesh",
    "ShapePack",
    "Store",
    "Tile",
    "Tiled",
    "Written",
    "arrange",
    "baked",
    "content_glb",
    "copies",
    "culverts",
    "extrude",
    "fewer_bytes",
    "flatten",
    "frame_at",
    "join",
    "place",
    "ribbons",
    "scales",
    "simplify",
    "surfaces_of",
    "triangulate",
    "tubes",
    "wkb_type",
    "write_cloud",
    "write_layer",
    "write_tileset",
]
