"""An additive octree over points, out of core: one engine for 3D Tiles and COPC."""

from __future__ import annotations

from cimkit.tiles.octree.cube import ROOT, Cell, Cube
from cimkit.tiles.octree.growth import Emitter
from cimkit.tiles.octree.lattice import Lattice
from cimkit.tiles.octree.octree import BUCKET, Octree
from cimkit.tiles.octree.runs import Expected
from cimkit.tiles.octree.spool import Batch, Spool

__all__ = [
    "BUCKET",
    "ROOT",
    "Batch",
    "Cell",
    "Cube",
    "Emitter",
    "Expected",
    "Lattice",
    "Octree",
    "Spool",
]
