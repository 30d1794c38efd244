"""Reading what was delivered. One public module per format is one loader."""

from cimkit.loaders._discover import Discovery, discover
from cimkit.loaders._spec import Head, LoaderSpec, ReadOptions
from cimkit.loaders._stage import Staged, probe, stage

__all__ = [
    "Discovery",
    "Head",
    "LoaderSpec",
    "ReadOptions",
    "Staged",
    "discover",
    "probe",
    "stage",
]
