"""Images of textures, copied beside the model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["copy_images"]

_GONE = "images of textures that are not where they were"


def copy_images(
    selection: Selection,
    models: list[dict[str, Any]],
    images: dict[tuple[str, str], str],
    folder: Path,
    report: ExportReport,
) -> None:
    """Copy images; those that cannot be had are counted.

    Parameters
    ----------
    selection : Selection
    models : list of dict
        The sources.
    images : dict
        Name of each copy by item and name in the source, relative to ``folder``.
    folder : Path
        Where the model is.
    report : ExportReport
        Takes files and bytes.
    """
    from cimkit.loaders import open_source
    from cimkit.loaders._city.beside import delivered

    roots = selection.catalog.config.roots
    for model in models:
        mine = {name: to for (item, name), to in images.items() if item == model["item_id"]}
        if not mine:
            continue
        root = roots.get(model["root"])
        if root is None:
            report.leave(_GONE, len(mine))
            continue
        try:
            with open_source(
                Path(root), model["path"], model["members"] or (), model["sha256"]
            ) as source:
                for name, to in sorted(mine.items()):
                    found = delivered(source, name)
                    if found is None:
                        report.leave(_GONE, 1)
                        continue
                    target = folder / to
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(found, target)
                    report.files += 1
                    report.size += target.stat().st_size
        except SourceUnreadable as error:
            report.leave(_GONE, len(mine))
            report.notes.append(str(error))
