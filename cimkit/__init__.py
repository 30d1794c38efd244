"""cimkit: a geospatial data-asset catalogue and CIM/BIM toolkit.

The public verbs live in the rooms (`cimkit.loaders`, `cimkit.catalog`, `cimkit.checks`,
`cimkit.exporters` ...); nothing heavy is imported until a verb needs it.
"""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("cimkit")
