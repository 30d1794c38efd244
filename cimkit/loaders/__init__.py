"""Reading what was delivered. One public module per format is one loader."""

from cimkit.loaders._discover import Discovery, discover
from cimkit.loaders._open import open_source
from cimkit.loaders._sheet import read_sheet
from cimkit.loaders._sheet_draft import write_sheet
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders._stage import Staged, probe, stage

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
