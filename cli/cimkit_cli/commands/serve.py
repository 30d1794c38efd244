"""``cimkit serve``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("serve")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
def command(folder: Path, port: int) -> None:
    """Show an exported FOLDER (tiles and page, STAC) to a browser on this machine."""
    from cimkit.server import serve

    serve(folder, port=port)
