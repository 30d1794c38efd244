"""The catalogue: a DuckLake with identity, versions and codes."""

from cimkit.catalog._adopt import Adoption, adopt
from cimkit.catalog._catalog import Catalog, create, find, open_catalog
from cimkit.catalog._crosswalk import save_crosswalk
from cimkit.catalog._decision import Decision, read_decisions
from cimkit.catalog._decisions import Decided, decide, withdraw
from cimkit.catalog._doctor import Diagnosis, doctor
from cimkit.catalog._explain import Explanation, explain
from cimkit.catalog._findings import write_findings
from cimkit.catalog._ingest import ingest, ingest_staged
from cimkit.catalog._passing import Passing, passing
from cimkit.catalog._query import query, version_of
from cimkit.catalog._report import DatasetReport, IngestReport
from cimkit.catalog._search import search
from cimkit.catalog._unclassed import suggest, unclassed
from cimkit.catalog._versions import diff, log

__all__ = [
    "Adoption",
    "Catalog",
    "DatasetReport",
    "Decided",
    "Decision",
    "Diagnosis",
    "Explanation",
    "IngestReport",
    "Passing",
    "adopt",
    "create",
    "decide",
    "diff",
    "doctor",
    "explain",
    "find",
    "ingest",
    "ingest_staged",
    "log",
    "open_catalog",
    "passing",
    "query",
    "read_decisions",
    "save_crosswalk",
    "search",
    "suggest",
    "unclassed",
    "version_of",
    "withdraw",
    "write_findings",
]
