"""Reading what was delivered. One public module per format is one loader."""

from cimkit.loaders._delivery.discover import Discovery, discover
from cimkit.loaders._delivery.open import open_source
from cimkit.loaders._delivery.sheet import read_sheet
from cimkit.loaders._delivery.sheet_draft import write_sheet
from cimkit.loaders._delivery.stage import Staged, probe, stage
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions

__all__ = [
    "Discovery",
    "Head",
    "LoaderSpec",
    "ReadOptions",
    "Staged",
    "discover",
    "open_source",
    "probe",
    "read_sheet",
    "stage",
    "write_sheet",
]
