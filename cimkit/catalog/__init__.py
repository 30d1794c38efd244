"""The catalogue: a DuckLake with identity, versions and codes."""

from cimkit.catalog._catalog import Catalog, create, find, open_catalog

__all__ = ["Catalog", "create", "find", "open_catalog"]
