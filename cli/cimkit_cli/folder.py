"""A folder of commands: each module in it is one, found by its name and imported when needed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

__all__ = ["CommandFolder"]


class CommandFolder(click.Group):
    """A group whose commands are the modules of the package ``package``, called ``command``."""

    package: str

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the modules."""
        import pkgutil

        spec = find_spec(self.package)
        places = spec.submodule_search_locations if spec else None
        found = (m.name for m in pkgutil.iter_modules(places))
        return sorted(name.rstrip("_") for name in found if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; a module ``list_`` is the command ``list``."""
        for name in (cmd_name, f"{cmd_name}_"):
            if cmd_name in self.list_commands(ctx) and find_spec(f"{self.package}.{name}"):
                found = import_module(f"{self.package}.{name}").command
                assert isinstance(found, click.Command)
                return found
        return None
