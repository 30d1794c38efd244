"""How sharp and how well exposed a photograph is, measured on a small picture of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.loaders.photo.image import DAMAGE, MOST_PIXELS, small
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["SCALE", "measured", "quality"]

SCALE = 640
"""Pixels of the longer side of what is measured, so that cameras can be compared."""
_DARK, _BRIGHT = 5, 250


def quality(grey: Image.Image) -> list[tuple[str, float, str]]:
    """Return the measures of a grey picture: (name, value, unit).

    ``laplacian_variance`` is the variance of the four-neighbour Laplacian (Pech-Pacheco et al.,
    Diatom autofocusing in brightfield microscopy, ICPR 2000, LAPV): low where there are no edges,
    as when it is blurred. ``exposure_mean`` is the mean grey level, 0 to 1;
    ``exposure_dark_share`` and ``exposure_bright_share`` are the shares of pixels that are clipped
    (below 5, above 250 of 255).

    Examples
    --------
    >>> from PIL import Image
    >>> quality(Image.new("L", (8, 8), 255))[1:]
    [('exposure_mean', 1.0, '1'), ('exposure_dark_share', 0.0, '1'), \
('exposure_bright_share', 1.0, '1')]
    """
    import numpy as np

    levels = np.asarray(grey)
    wide = levels.astype(np.int16)
    found = []
    if min(levels.shape) >= 3:
        inner = wide[1:-1, 1:-1]
        laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * inner
        found.append(("laplacian_variance", float(laplacian.var()), "grey2"))
    counts = np.bincount(levels.ravel(), minlength=256)
    total = float(counts.sum())
    mean = float((counts * np.arange(256)).sum() / total / 255)
    return [
        *found,
        ("exposure_mean", mean, "1"),
        ("exposure_dark_share", float(counts[:_DARK].sum() / total), "1"),
        ("exposure_bright_share", float(counts[_BRIGHT + 1 :].sum() / total), "1"),
    ]


def measured(
    image: Image.Image, source: Source, problems: list[Problem]
) -> list[tuple[str, float, str]]:
    """Return the measures of an opened photograph: it is decoded once, small.

    Parameters
    ----------
    image : PIL.Image.Image
        As `image.opened` gives it; nothing can be read of it afterwards.
    source : Source
        The photograph.
    problems : list of Problem
        ``image-truncated`` and ``image-too-large`` are appended: then there are no measures.
    """
    size = image.size
    try:
        grey = small(image, SCALE)
    except DAMAGE as error:
        problems.append(
            Problem(
                code="image-truncated",
                message="The image opens but cannot be decoded to its end.",
                severity="error",
                got=str(error).replace(str(source.file), source.path)[:200],
                expected="a whole image",
                hint="Deliver the camera's own file.",
            )
        )
        return []
    if grey is None:
        problems.append(
            Problem(
                code="image-too-large",
                message="The image is so large that its pixels were not looked at.",
                severity="warning",
                got=f"{size[0]} x {size[1]}",
                expected=f"at most {MOST_PIXELS:,} pixels, or a JPEG",
            )
        )
        return []
    return quality(grey)
