"""Says what a picture really is and whether it is whole, by its content and never by its name."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from seedwatch.errors import SourceError
from seedwatch.media.kinds import READABLE, extension, name, sniff
from seedwatch.media.picture import (
    JPEG_PIXELS,
    Incomplete,
    Outline,
    Picture,
    check_pixels,
    undecodable,
)
from seedwatch.media.structure import outline, outline_result
from seedwatch.texts import say

__all__ = [
    "Incomplete",
    "Outline",
    "Picture",
    "decoding",
    "describe",
    "extension",
    "inspect",
    "inspect_bytes",
    "inspect_result",
    "open_image",
    "sniff",
]

# Once and for the whole process, because a filter set for one call is seen by all threads anyway.
Image.MAX_IMAGE_PIXELS = JPEG_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_ORIENTATION, _BITS_PER_SAMPLE = 0x0112, 0x0102
_ORIENTATIONS = range(1, 9)
_PNG_EXIF = frozenset({"exif", "Raw profile type exif"})
_DECODED_RESULTS = frozenset({"image/bmp", "image/tiff", "image/avif"})


def inspect(file: BinaryIO) -> Picture:
    """Read a picture to its end and decode it, so that a part of one never passes for a whole.

    JPEG is decoded at an eighth of its size: the whole entropy-coded content is read all the same.
    `file` must be seekable; it may stand anywhere and is left open.

    Raises:
        Incomplete: empty, cut off, not decodable, or of no known type: as it is now.
        SourceError: a type that is not taken, or too many pixels (promises.md T5).
        OSError: the file itself cannot be read.
    """
    found = outline(file)
    with decoding(found):
        image = open_image(file, found)
        picture = describe(image, found)
        if found.media_type == "image/jpeg":
            image.draft(None, (1, 1))
        image.load()
    return picture


def inspect_bytes(content: bytes) -> Picture:
    """`inspect` for a picture that is in memory; the same errors but `OSError`."""
    return inspect(io.BytesIO(content))


def inspect_result(file: BinaryIO, decode: Callable[[bytes], Picture] = inspect_bytes) -> Outline:
    """Say what a downloaded result is: its type by content, its sides, that its end is there.

    Only the structure is walked (a 2 MB JPEG takes about a millisecond); pictures whose structure
    does not tell are decoded, by `decode`. A video (MP4, QuickTime) is a result, too; it is never
    decoded.

    Raises:
        Incomplete, SourceError, OSError: as `inspect`.
    """
    found = outline_result(file)
    if found.media_type not in _DECODED_RESULTS:
        return found
    file.seek(0)
    picture = decode(file.read())
    return Outline(picture.media_type, picture.width, picture.height, picture.byte_count)


def open_image(file: BinaryIO, found: Outline) -> ImageFile.ImageFile:
    """Open a picture with the one decoder of its type; nothing is decoded yet.

    Raises:
        SourceError: it has more pixels than are read.
        Exception: whatever Pillow raises; call it within `decoding`.
    """
    check_pixels(found.media_type, found.width, found.height)
    file.seek(0)
    image = Image.open(file, formats=(READABLE[found.media_type],))
    check_pixels(found.media_type, *image.size)
    return image


def describe(image: ImageFile.ImageFile, found: Outline) -> Picture:
    """What an opened, not yet decoded picture is; call it within `decoding`."""
    is_jpeg = found.media_type == "image/jpeg"
    # A TIFF that is opened shows its sides as they are after turning: the outline has the stored.
    width, height = (found.width, found.height) if found.width else image.size
    return Picture(
        found.media_type,
        width,
        height,
        found.byte_count,
        orientation=_orientation(image, found),
        mode=image.mode,
        # Further pictures in a JPEG are depth and gain maps of the first one.
        is_animated=not is_jpeg and bool(getattr(image, "is_animated", False)),
        has_alpha=image.has_transparency_data,
        bit_depth=_bit_depth(image, found),
    )


def _orientation(image: ImageFile.ImageFile, found: Outline) -> int:
    """The orientation that EXIF names; 1 where it names none, or is junk."""
    is_png = found.media_type == "image/png"
    if is_png and not found.has_late_exif and not image.info.keys() & _PNG_EXIF:
        # Pillow would decode the whole picture to look for more.
        return 1
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, Warning):
        return 1
    return value if isinstance(value, int) and value in _ORIENTATIONS else 1


def _bit_depth(image: ImageFile.ImageFile, found: Outline) -> int:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))))
    return found.bit_depth


@contextmanager
def decoding(found: Outline) -> Iterator[None]:
    """Turn what Pillow raises on a bad picture into this package's errors.

    Raises:
        Incomplete: the decoder refuses the picture.
        SourceError: it would need more memory than there is, or hides a bomb.
        OSError: the file itself cannot be read: the system gave a reason (`errno`).
    """
    kind = name(found.media_type)
    try:
        yield
    except SourceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise SourceError(
            say("media.too_large", kind=kind), advice=say("media.bomb_advice")
        ) from error
    except UnidentifiedImageError as error:
        # Its own words name the file object.
        raise undecodable(found.media_type, say("media.not_understood")) from error
    except Exception as error:
        # Pillow raises many kinds of errors on broken pictures; one from the system is not that.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise undecodable(found.media_type, str(error) or type(error).__name__) from error
