"""Makes the forms of pictures that the tests of `media` need, from real photographs."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageCms

from seedwatch.errors import SourceError
from seedwatch.media.limits import ImageLimits

T = TypeVar("T")
PHOTOS = Path(__file__).parents[2] / "seedwatch" / "demo" / "photos"
ORIENTATION = 0x0112
SMALL = (32, 20)

ARK = ImageLimits(
    formats=("image/jpeg", "image/png"),
    max_bytes=10_000_000,
    max_pixels=36_000_000,
    min_side_exclusive=14,
    ratio_min=1 / 3,
    ratio_max=3.0,
)
"""The stricter set of protocols.md 2.4."""


@cache
def photo(name: str = "chelsea.png", size: tuple[int, int] = SMALL) -> Image.Image:
    """A real photograph in RGB at `size`, without its metadata; do not change it."""
    with Image.open(PHOTOS / name) as image:
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small.info.clear()
    return small


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of `image` as Pillow writes it."""
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def exif(orientation: int) -> Image.Exif:
    """EXIF data with an orientation, a camera and a place."""
    found = Image.Exif()
    found[ORIENTATION] = orientation
    found[0x010F] = "SeedCam"
    found.get_ifd(0x8825)[1] = "N"
    return found


def wide_grey() -> Image.Image:
    """Grey in 16 bits from black to white, downwards."""
    grey = Image.linear_gradient("L").resize((24, 64)).convert("I")
    return grey.point(lambda value: value * 257).convert("I;16")


def palette_with_hole() -> Image.Image:
    """A palette picture whose first colour is transparent."""
    image = photo().quantize(32)
    image.paste(0, (0, 0, 12, 12))
    image.info["transparency"] = 0
    return image


def faded() -> Image.Image:
    """RGBA, transparent at the top, opaque at the bottom."""
    image = photo().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG of raw `rows`, each of which starts with its filter."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    content = zlib.compress(rows, 9)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", content),
            chunk(b"IEND", b""),
        )
    )


def wide_rgb() -> bytes:
    """A PNG with 16 bits in each of red, green and blue, growing to the right."""
    width, height = 40, 16
    row = b"\0" + b"".join(struct.pack(">H", x * 65535 // (width - 1)) * 3 for x in range(width))
    return png(width, height, 16, 2, row * height)


def late_exif_png(orientation: int) -> bytes:
    """A PNG whose EXIF data comes after its pixels, as the standard allows."""
    content = written(photo(), "PNG")
    late = chunk(b"eXIf", exif(orientation).tobytes().removeprefix(b"Exif\0\0"))
    return content[:-12] + late + content[-12:]


def run_length_bmp() -> bytes:
    """A BMP of 8 bits, compressed by run lengths: 20 rows of 16 equal pixels."""
    palette = b"".join(bytes((n, n, n, 0)) for n in range(256))
    rows = b"".join(bytes((16, 10 * row, 0, 0)) for row in range(20)) + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, 16, 20, 1, 8, 1, len(rows), 2835, 2835, 256, 0)
    offset = 14 + len(header) + len(palette)
    head = b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset)
    return head + header + palette + rows


def cmyk_profile() -> bytes:
    """A CMYK profile of its own kind: cyan ink looks green in it (ICC.1, lut8Type)."""
    clut = bytearray()
    for corner in range(16):
        cyan, magenta, yellow, black = (bool(corner & bit) for bit in (8, 4, 2, 1))
        lightness = 0 if black else 255 - 85 * (cyan + magenta + yellow)
        clut += bytes((lightness, 128 - 60 * cyan + 60 * magenta, 128 + 60 * cyan))
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + bytes(clut) + ramp * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"ours\0" + bytes(78)
    parts = {b"desc": name, b"wtpt": white, b"A2B0": table, b"cprt": b"text\0\0\0\0none\0"}
    offset = 128 + 4 + 12 * len(parts)
    directory, body = struct.pack(">I", len(parts)), b""
    for tag, content in parts.items():
        directory += tag + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = bytearray(128)
    head[8:12], head[12:16], head[16:20], head[20:24] = b"\2\x10\0\0", b"prtr", b"CMYK", b"Lab "
    head[36:40], head[68:80] = b"acsp", struct.pack(">3i", 63190, 65536, 54061)
    head[0:4] = struct.pack(">I", offset + len(body))
    return bytes(head) + directory + body


def rgb_profile() -> bytes:
    """The sRGB profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _two_frames(kind: str, **options: object) -> bytes:
    second = photo("coffee.png")
    return written(photo(), kind, save_all=True, append_images=[second], **options)


FORMS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: written(photo(), "JPEG"),
    "jpeg progressive": lambda: written(photo(), "JPEG", progressive=True),
    "jpeg grey": lambda: written(photo().convert("L"), "JPEG"),
    "jpeg cmyk": lambda: written(photo().convert("CMYK"), "JPEG"),
    "jpeg exif": lambda: written(photo(), "JPEG", exif=exif(6), comment=b"at home"),
    "jpeg restarts": lambda: written(photo(), "JPEG", restart_marker_blocks=2),
    "png": lambda: written(photo(), "PNG"),
    "png grey": lambda: written(photo().convert("L"), "PNG"),
    "png bilevel": lambda: written(photo().convert("1"), "PNG"),
    "png rgba": lambda: written(faded(), "PNG"),
    "png la": lambda: written(faded().convert("LA"), "PNG"),
    "png palette": lambda: written(palette_with_hole(), "PNG"),
    "png 16 grey": lambda: written(wide_grey(), "PNG"),
    "png 16 rgb": wide_rgb,
    "png animated": lambda: _two_frames("PNG"),
    "png late exif": lambda: late_exif_png(8),
    "webp": lambda: written(photo(), "WEBP"),
    "webp lossless": lambda: written(photo(), "WEBP", lossless=True),
    "webp alpha": lambda: written(faded(), "WEBP"),
    "webp exif": lambda: written(photo(), "WEBP", exif=exif(3)),
    "webp animated": lambda: _two_frames("WEBP"),
    "gif": lambda: written(photo().quantize(32), "GIF"),
    "gif hole": lambda: written(palette_with_hole(), "GIF"),
    "gif animated": lambda: _two_frames("GIF"),
    "bmp": lambda: written(photo(), "BMP"),
    "bmp palette": lambda: written(photo().quantize(16), "BMP"),
    "bmp runs": run_length_bmp,
    "tiff": lambda: written(photo(), "TIFF"),
    "tiff deflate": lambda: written(photo(), "TIFF", compression="tiff_adobe_deflate"),
    "tiff lzw": lambda: written(photo(), "TIFF", compression="tiff_lzw"),
    "tiff cmyk": lambda: written(photo().convert("CMYK"), "TIFF"),
    "tiff 16 grey": lambda: written(wide_grey(), "TIFF"),
    "tiff big": lambda: written(photo(), "TIFF", big_tiff=True),
    # Without the four bytes that fill it up to a multiple of 16.
    "tiff pages": lambda: _two_frames("TIFF")[:-4],
    "tiff float": lambda: written(photo().convert("F"), "TIFF"),
    "tiff lab": lambda: written(_lab(), "TIFF"),
    "avif": lambda: written(photo(), "AVIF"),
    "avif alpha": lambda: written(faded(), "AVIF"),
    "avif animated": lambda: _two_frames("AVIF"),
}


def _lab() -> Image.Image:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    turned = ImageCms.applyTransform(photo(), to_lab)
    assert turned is not None
    return turned


@cache
def form(name: str) -> bytes:
    """The bytes of one of `FORMS`."""
    return FORMS[name]()


def media_type(name: str) -> str:
    """The media type of one of `FORMS`."""
    return f"image/{name.split(maxsplit=1)[0]}"


def opened(content: bytes) -> Image.Image:
    """The picture as Pillow decodes it."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of one size, in steps of 256 per channel."""
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height * 3)


def outcome(call: Callable[[], T]) -> T | SourceError:
    """What `call` returns, or how it refuses its picture."""
    try:
        return call()
    except SourceError as error:
        return error


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The channels of one pixel of a picture in RGB or grey."""
    found = image.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found
