"""Reads an input picture the way a provider does: real type, real size, decoded to the end."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

_PILLOW_FORMATS: Final = {
    "JPEG": "jpeg",
    "MPO": "jpeg",  # a JPEG with a second picture behind the first, as phones write it
    "PNG": "png",
    "WEBP": "webp",
    "BMP": "bmp",
    "TIFF": "tiff",
    "GIF": "gif",
}
# Pillow finds out about MPO by itself while it opens a JPEG.
_OPENED: Final = tuple(name for name in _PILLOW_FORMATS if name != "MPO")
_HEIC_BRANDS: Final = {
    b"heic": "heic",
    b"heix": "heic",
    b"hevc": "heic",
    b"mif1": "heif",
    b"msf1": "heif",
}
_THUMBNAIL_PX: Final = 384


class UnreadablePictureError(ValueError):
    """The bytes are not a whole picture; the message is a clause for the provider's error text."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One input picture as received.

    Attributes:
        sha256: of the received bytes (of the text for a URL), hex.
        size: width and height in pixels; None for a URL, which is never fetched.
        thumbnail: a small JPEG to draw from; None where there is nothing to draw.
    """

    sha256: str
    size: tuple[int, int] | None = None
    thumbnail: bytes | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What decoding an input picture showed.

    Attributes:
        kind: the lowercase name of its real format.
        has_alpha: it has an alpha channel or a transparent colour.
        is_see_through: at least one pixel is not opaque.
    """

    kind: str
    size: tuple[int, int]
    has_alpha: bool
    is_see_through: bool
    thumbnail: bytes | None


def inspect(content: bytes, max_pixels: int) -> Inspected:
    """Decode a picture completely.

    Raises:
        UnreadablePictureError: not a picture, more than max_pixels, or damaged.
    """
    heic = _inspect_heic(content)
    if heic is not None:
        return heic
    try:
        with Image.open(io.BytesIO(content), formats=_OPENED) as image:
            return _inspect_open(image, max_pixels)
    except UnreadablePictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadablePictureError(f"image pixels must be at most {max_pixels}") from error
    except Exception as error:
        raise UnreadablePictureError("the image cannot be decoded") from error


def _inspect_open(image: Image.Image, max_pixels: int) -> Inspected:
    kind, size = _PILLOW_FORMATS[image.format or ""], image.size
    if size[0] * size[1] > max_pixels:
        raise UnreadablePictureError(f"image pixels must be at most {max_pixels}")
    has_alpha = image.has_transparency_data
    # A scaled JPEG still reads every coefficient, so damage shows; it only saves arithmetic.
    image.draft("RGB", (_THUMBNAIL_PX, _THUMBNAIL_PX))
    image.load()
    is_see_through = has_alpha and _lowest_alpha(image) < 255
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    small = image.convert("RGBA")
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    stored = io.BytesIO()
    ground.save(stored, "JPEG", quality=80)
    return Inspected(kind, size, has_alpha, is_see_through, stored.getvalue())


def _lowest_alpha(image: Image.Image) -> float:
    lowest = image.convert("RGBA").getchannel("A").getextrema()[0]
    assert isinstance(lowest, int | float)
    return lowest


def _inspect_heic(content: bytes) -> Inspected | None:
    # Pillow has no HEIC decoder. The type is the brand of the first box; the size stands in the
    # `ispe` boxes (version and flags, width, height; four bytes each), the largest is the picture.
    if content[4:8] != b"ftyp" or content[8:12] not in _HEIC_BRANDS:
        return None
    head = content[: 1 << 20]
    sizes = [
        (int.from_bytes(m[1]), int.from_bytes(m[2]))
        for m in re.finditer(rb"ispe.{4}(.{4})(.{4})", head, re.DOTALL)
    ]
    if not sizes:
        raise UnreadablePictureError("the image cannot be decoded")
    size = max(sizes, key=lambda s: s[0] * s[1])
    kind = _HEIC_BRANDS[content[8:12]]
    return Inspected(kind, size, has_alpha=False, is_see_through=False, thumbnail=None)
