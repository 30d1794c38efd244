"""An additive octree over points, out of core: one engine for 3D Tiles and COPC."""

from __future__ import annotations

from cimkit.tiles.octree.cube import ROOT, Cell, Cube
from cimkit.tiles.octree.growth import Emitter
from cimkit.tiles.octree.octree import BUCKET, Octree
from cimkit.tiles.octree.spool import Batch, Lattice, Spool

__all__ = ["BUCKET", "ROOT", "Batch", "Cell", "Cube", "Emitter", "Lattice", "Octree", "Spool"]
