"""Checks: one rule's question to a delivery in each module, and the verdict on all of them."""

from __future__ import annotations

from cimkit.checks._drawing import sample
from cimkit.checks._examine import check_tables
from cimkit.checks._findings import conclude, not_checked
from cimkit.checks._fix import Fixed, fix
from cimkit.checks._fixture import FixtureResult
from cimkit.checks._fixtures import run_fixtures
from cimkit.checks._inspect import Sources
from cimkit.checks._keys import new_key
from cimkit.checks._prove import Proof, proof, prove
from cimkit.checks._receipt import Verification, verify, write_receipt
from cimkit.checks._run import DEFAULT, check, check_catalog
from cimkit.checks._spec import CheckContext, CheckSpec, Inspected, parameters
from cimkit.checks._telling import tell
from cimkit.checks._terms import Terms
from cimkit.checks._trial import Share, Trial, try_standard
from cimkit.checks._verdict import RuleResult, Verdict

__all__ = [
    "DEFAULT",
    "CheckContext",
    "CheckSpec",
    "Fixed",
    "FixtureResult",
    "Inspected",
    "Proof",
    "RuleResult",
    "Share",
    "Sources",
    "Terms",
    "Trial",
    "Verdict",
    "Verification",
    "check",
    "check_catalog",
    "check_tables",
    "conclude",
    "fix",
    "new_key",
    "not_checked",
    "parameters",
    "proof",
    "prove",
    "run_fixtures",
    "sample",
    "tell",
    "try_standard",
    "verify",
    "write_receipt",
]
