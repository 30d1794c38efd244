"""What flows through the house: plain data, no I/O."""

from cimkit.model.finding import Finding, Severity, Status
from cimkit.model.sheet import Declaration, LocalGrid, Place, Sheet, SheetRow, Trajectory
from cimkit.model.source import Asset, Layer, Problem, Source
from cimkit.model.tables import LAKE, STAGED, empty

__all__ = [
    "LAKE",
    "STAGED",
    "Asset",
    "Declaration",
    "Finding",
    "Layer",
    "LocalGrid",
    "Place",
    "Problem",
    "Severity",
    "Sheet",
    "SheetRow",
    "Source",
    "Status",
    "Trajectory",
    "empty",
]
