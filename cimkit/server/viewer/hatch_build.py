"""Builds the viewer page into the wheel where npm is there; without it the wheel goes without.

An export then writes its tiles all the same and says how to get the page.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``npm ci`` and ``npm run build`` once."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build ``dist`` unless it is there; an editable install is left to ``make viewer``."""
        here = Path(self.root) / "cimkit" / "server" / "viewer"
        if version == "editable" or (here / "dist" / "index.html").is_file():
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning("no npm: this wheel is built without the viewer page")
            return
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = subprocess.run([npm, *command], cwd=here, capture_output=True, text=True)
            if done.returncode:
                self.app.display_warning(
                    f"npm {command[0]} failed, this wheel is built without the viewer page:\n"
                    + done.stderr[-2000:]
                )
                return
