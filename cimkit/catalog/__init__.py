"""The catalogue: a DuckLake with identity, versions and codes."""

from cimkit.catalog._catalog import Catalog, create, find, open_catalog
from cimkit.catalog._ingest import ingest, ingest_staged
from cimkit.catalog._query import query, version_of
from cimkit.catalog._report import DatasetReport, IngestReport

__all__ = [
    "Catalog",
    "DatasetReport",
    "IngestReport",
    "create",
    "find",
    "ingest",
    "ingest_staged",
    "open_catalog",
    "query",
    "version_of",
]
