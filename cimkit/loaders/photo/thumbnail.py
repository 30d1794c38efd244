"""A small picture of a photograph, upright and without what the camera wrote into it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders.photo.image import DAMAGE, MOST_PIXELS, head, opened
from cimkit.model import Source

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["thumbnail"]


def thumbnail(source: Source, longest: int, quality: int = 80) -> bytes:
    """Return a small JPEG of a photograph.

    Parameters
    ----------
    source : Source
        The photograph; of several pictures in it the first.
    longest : int
        Pixels of the longer side; a smaller photograph stays as large as it is.
    quality : int
        Of the JPEG.

    Returns
    -------
    bytes
        JPEG in sRGB, turned as EXIF says; it has no EXIF, no XMP and no embedded profile, so that
        it says neither where it was taken nor with which camera.

    Raises
    ------
    SourceUnreadable
        If the photograph cannot be decoded, or only by more than `image.MOST_PIXELS`.
    """
    from PIL import Image, ImageOps

    try:
        with opened(source) as image:
            turned = head(image).get(0x0112, 1)
            image.draft("RGB", (longest, longest))
            if image.width * image.height > MOST_PIXELS:
                raise SourceUnreadable(
                    "the photograph is too large to be made small",
                    where=source.path,
                    got=f"{image.width} x {image.height}",
                    expected=f"at most {MOST_PIXELS:,} pixels, or a JPEG",
                )
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
            seen = image
            if turned in range(2, 9) and image.format != "HEIF":  # libheif has turned it already
                seen = ImageOps.exif_transpose(image)
            seen = _in_srgb(seen)
            plain = Image.new("RGB", seen.size, "white")
            plain.paste(seen, mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    except SourceUnreadable:
        raise
    except DAMAGE as error:
        raise SourceUnreadable(
            f"the photograph cannot be decoded: {error}".replace(str(source.file), source.path),
            where=source.path,
            mend="Deliver the camera's own file.",
        ) from error
    held = io.BytesIO()
    plain.save(held, "JPEG", quality=quality, optimize=True)
    return held.getvalue()


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return it in RGB or RGBA, its colours those of sRGB where it has a profile of its own."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.point(lambda value: value / 256)
    wanted = "RGBA" if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info else "RGB"
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            moved = ImageCms.profileToProfile(
                image, own, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            moved = None  # a damaged profile: the colours as they are
        if moved is not None:
            return moved
    return image.convert(wanted)
