"""Reading what was delivered. One public module per format is one loader."""

from cimkit.loaders._delivery.discover import Discovery, discover
from cimkit.loaders._delivery.hashes import content_hashes
from cimkit.loaders._delivery.open import open_source
from cimkit.loaders._delivery.sheet import read_sheet
from cimkit.loaders._delivery.sheet_draft import write_sheet
from cimkit.loaders._delivery.stage import Staged, probe, stage
from cimkit.loaders._layers.asset import asset_of, rows_of
from cimkit.loaders._layers.table import GEOMETRY
from cimkit.loaders._layers.table import Opened as OpenLayers
from cimkit.loaders._layers.table import Table as LayerTable
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions

__all__ = [
    "GEOMETRY",
    "Discovery",
    "Head",
    "LayerTable",
    "LoaderSpec",
    "OpenLayers",
    "ReadOptions",
    "Staged",
    "asset_of",
    "content_hashes",
    "discover",
    "open_source",
    "probe",
    "read_sheet",
    "rows_of",
    "stage",
    "write_sheet",
]
