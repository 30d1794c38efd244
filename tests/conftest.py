"""What all rooms' tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes examples slow, and that says nothing about the code.
# CI tries the same examples each time; on a developer's machine they are new ones.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call() -> None:
    """Hide the name of the test: where it was seen, each test would start workers of its own."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    """Hide it from fixtures, too."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real files that nobody here wrote; it lies beside the checkout, if anywhere."""
    if not (SHARED / "data" / "MANIFEST.csv").is_file():
        pytest.skip("the folder of real files (../shared/data) is not on this machine")
    return SHARED / "data"
