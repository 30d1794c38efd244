"""Opening a photograph: its format and size, the XMP it carries, and its pixels made small."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.photo.png import late_chunks
from cimkit.loaders.photo.xmp import MOST_BYTES
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DAMAGE", "MOST_PIXELS", "head", "opened", "packets", "pictures", "small", "stored"]

MOST_PIXELS = 150_000_000
"""Of an image that can only be decoded whole: half a gigabyte."""
DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError),
    *(struct.error, RuntimeError, AttributeError, MemoryError),
)
"""What Pillow and its plug-ins raise over bytes that are not what they were taken for."""
_MOST_HELD = 500_000_000
"""Bytes of a file whose decoder holds it as a whole."""
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_HARMLESS = ("Metadata Warning, tag ", "Invalid APNG", "Palette images with Transparency")
"""Of Pillow's warnings, what is no damage: a value of more parts than its tag has by the book, an
animation of one picture, transparency that is left out of grey levels."""
_REDUCED, _SUB_IFDS = 254, 330


def _held_whole(source: Source) -> None:
    """Refuse what the decoders of WebP, HEIC and AVIF would take into memory as it is."""
    size = source.file.stat().st_size
    if size <= _MOST_HELD:
        return
    with source.file.open("rb") as given:
        start = given.read(12)
    if start[:4] == b"RIFF" or start[4:8] == b"ftyp":
        raise SourceUnreadable(
            "the image is too large for its format",
            where=source.path,
            got=f"{size:,} bytes",
            expected=f"at most {_MOST_HELD:,}",
            mend="Deliver the camera's own file, or a TIFF.",
        )


@contextmanager
def opened(source: Source, problems: list[Problem] | None = None) -> Iterator[Image.Image]:
    """Open an image without reading its pixels.

    Parameters
    ----------
    source : Source
        JPEG, MPO, PNG, WebP, TIFF, HEIC or AVIF.
    problems : list of Problem, optional
        ``exif-corrupt`` is appended where Pillow warns.

    Raises
    ------
    SourceUnreadable
        If it is no image that Pillow can open.
    """
    import pillow_heif
    from PIL import Image

    _held_whole(source)
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # panoramas are large
        try:
            image = Image.open(source.file)
        except DAMAGE as error:
            raise _unreadable(source, error) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
        with image:
            if image.format == "PNG":
                exif, xmp = late_chunks(source.file)
                image.info |= {"exif": b"Exif\0\0" + exif} if exif else {}
                image.info |= {"xmp": xmp} if xmp else {}
            yield image
    told = list(dict.fromkeys(str(w.message) for w in said if w.category is UserWarning))
    told = [t for t in told if not t.startswith(_HARMLESS)]
    if told and problems is not None and not any(p.code == "exif-corrupt" for p in problems):
        problems.append(
            Problem(
                code="exif-corrupt",
                message="The metadata of the photograph are damaged.",
                got="; ".join(told)[:200],
                hint="Deliver the camera's own file, or a trajectory.",
            )
        )


def _unreadable(source: Source, error: BaseException) -> SourceUnreadable:
    with source.file.open("rb") as given:
        start = given.read(24)
    return SourceUnreadable(
        f"the image cannot be opened: {error}".replace(str(source.file), source.path),
        where=source.path,
        got=repr(start.decode("latin-1")),
        expected="an image, whatever its name",
        mend="Deliver the camera's own file.",
    )


def head(image: Image.Image) -> Image.Exif:
    """Return the first directory of an image's EXIF, without decoding its pixels."""
    from PIL import Image as images

    # A PNG's own way to its EXIF decodes all pixels; `opened` has looked for it already.
    return images.Image.getexif(image) if image.format == "PNG" else image.getexif()


def stored(image: Image.Image) -> tuple[int, int]:
    """Return width and height as stored: of a TIFF Pillow gives them as they are to be seen.

    Raw files (DNG, NEF) begin with a reduced picture, and the whole one is in a directory below it
    (TIFF/EP, 5.2; DNG, chapter 2).
    """
    tags: Any = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None or 256 not in tags or 257 not in tags:
        return image.size
    own = int(tags[256]), int(tags[257])
    if tags.get(_REDUCED, 0) != 1:
        return own
    try:
        return max([own, *_below(image, tags.get(_SUB_IFDS, ()))], key=lambda s: s[0] * s[1])
    except DAMAGE:
        return own  # as much as can be known of a file that is not whole


def _below(image: Any, offsets: Iterable[int]) -> list[tuple[int, int]]:
    """Return the sizes of the whole pictures in the directories at some offsets."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    image.fp.seek(0)
    start = image.fp.read(8)
    found = []
    for _, offset in zip(range(16), offsets, strict=False):
        part = ImageFileDirectory_v2(start)
        image.fp.seek(offset)
        part.load(image.fp)
        if part.get(_REDUCED, 0) == 0 and 256 in part and 257 in part:
            found.append((int(part[256]), int(part[257])))
    return found


def pictures(image: Image.Image) -> int:
    """Return how many pictures a file holds: MPO, HEIC and WebP may hold several."""
    if image.format not in ("MPO", "HEIF", "AVIF", "WEBP"):
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except DAMAGE:
        return 1


def packets(image: Image.Image) -> list[bytes]:
    """Return the XMP packets of an image: the first and, in a JPEG, its extension."""
    said: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    tags: Any = getattr(image, "tag_v2", None)
    if not said and image.format == "TIFF" and tags is not None:
        said = tags.get(700)
    first = said.encode() if isinstance(said, str) else said
    found = [bytes(first)] if first else []
    extended = _extended(getattr(image, "applist", None) or [])
    return [*found, extended] if extended else found


def _extended(segments: list[tuple[str, bytes]]) -> bytes:
    """Join the portions of extended XMP (XMP specification part 3, 1.1.3.1), the first of several.

    Each has 32 digits of MD5, the whole length and its own offset in front of it.
    """
    parts: dict[int, bytes] = {}
    digest, held = b"", 0
    start = len(_EXTENDED)
    for name, data in segments:
        if name != "APP1" or not data.startswith(_EXTENDED) or len(data) < start + 40:
            continue
        digest = digest or data[start : start + 32]
        (offset,) = struct.unpack(">I", data[start + 36 : start + 40])
        if data[start : start + 32] != digest or offset > MOST_BYTES or held > MOST_BYTES:
            continue
        parts[offset] = data[start + 40 :]
        held += len(data)
    return b"".join(parts[offset] for offset in sorted(parts))


def small(image: Image.Image, longest: int) -> Image.Image | None:
    """Decode an image to grey levels and shrink it.

    A JPEG is decoded at a half, a quarter or an eighth of its size where that is enough.

    Parameters
    ----------
    image : PIL.Image.Image
        As `opened` gives it.
    longest : int
        Pixels of the longer side; a smaller image stays as it is.

    Returns
    -------
    PIL.Image.Image or None
        Of mode L; None if it would take more than `MOST_PIXELS` to decode it.

    Raises
    ------
    OSError, ValueError, …
        `DAMAGE`, if it cannot be decoded to its end.
    """
    from PIL import Image as images

    scale = max(image.size) / longest
    if scale > 1:
        image.draft("L", (int(image.width / scale), int(image.height / scale)))
    if image.width * image.height > MOST_PIXELS:
        return None
    image.load()
    if image.mode.startswith("I"):  # 16 bits
        grey = image.point(lambda value: value / 256).convert("L")
    else:
        grey = image.convert("RGB").convert("L") if image.mode == "P" else image.convert("L")
    if max(grey.size) > longest:
        grey.thumbnail((longest, longest), images.Resampling.BOX, reducing_gap=None)
    return grey
