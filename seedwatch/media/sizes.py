"""Works out how large a picture may be under a model's limits, and says so in words."""

from __future__ import annotations

from math import floor, isqrt

from seedwatch.errors import SourceError
from seedwatch.media.limits import ImageLimits
from seedwatch.texts import say

_JPEG_SIDE = 65_500
_DCT_SCALES = (8, 4, 2)
# 256 MB: beside it the result must have room in a child of 512 MB (promises.md T5).
_DECODED_PIXELS = 64_000_000


def target_size(width: int, height: int, limits: ImageLimits) -> tuple[int, int]:
    """The largest upright size of the same shape, in pixels, not above the limits.

    Raises:
        SourceError: a side would become too small for the model.
    """
    to_width, to_height = width, height
    if width * height > limits.max_pixels:
        to_width = isqrt(limits.max_pixels * width // height)
        to_height = isqrt(limits.max_pixels * height // width)
    longest = max(to_width, to_height)
    if longest > (max_side := _max_side(limits)):
        to_width = to_width * max_side // longest
        to_height = to_height * max_side // longest
    if (to_width, to_height) == (width, height):
        return width, height
    return _in_shape((width, height), (to_width, to_height), limits, binding(width, height, limits))


def dct_scale(size: tuple[int, int], to: tuple[int, int]) -> int:
    """By how much a JPEG of `size` is scaled down in decoding so that it stays at least `to`."""
    for scale in _DCT_SCALES:
        if -(-size[0] // scale) >= to[0] and -(-size[1] // scale) >= to[1]:
            return scale
    return 1


def decodable_size(
    width: int, height: int, to: tuple[int, int], limits: ImageLimits
) -> tuple[int, int]:
    """`to`, or less where a JPEG would have to be decoded to more than memory has room for."""
    scale = dct_scale((width, height), to)
    while width * height > _DECODED_PIXELS * scale**2:
        scale *= 2
    decoded = (min(to[0], -(-width // scale)), min(to[1], -(-height // scale)))
    if decoded == to:
        return to
    return _in_shape((width, height), decoded, limits, binding(width, height, limits))


def shrunk_size(width: int, height: int, factor: float, limits: ImageLimits) -> tuple[int, int]:
    """The size of a picture whose sides are multiplied by `factor` below 1 to save bytes.

    Raises:
        SourceError: a side would become too small for the model.
    """
    to = (floor(width * factor), floor(height * factor))
    return _in_shape((width, height), to, limits, bytes_limit(limits))


def _in_shape(
    size: tuple[int, int], to: tuple[int, int], limits: ImageLimits, limit: str
) -> tuple[int, int]:
    """`to` with what rounding did to the ratio undone, provided that its sides are long enough."""
    width = min(to[0], floor(to[1] * limits.ratio_max))
    height = min(to[1], floor(width / limits.ratio_min))
    if min(width, height) <= limits.min_side_exclusive:
        raise SourceError(
            say(
                "media.too_thin",
                width=size[0],
                height=size[1],
                limit=limit,
                side=min(width, height),
                least=limits.min_side_exclusive,
            ),
            advice=say("media.ratio_advice"),
        )
    return width, height


def _max_side(limits: ImageLimits) -> int:
    return min(limits.max_side or _JPEG_SIDE, _JPEG_SIDE)


def binding(width: int, height: int, limits: ImageLimits) -> str:
    """In words, the limit that decides how small the picture must become."""
    by_pixels = limits.max_pixels / (width * height)
    by_side = (_max_side(limits) / max(width, height)) ** 2
    if min(by_pixels, by_side) >= 1:
        return say("media.limit_memory")
    if by_side < by_pixels:
        return say("media.limit_side", limit=_max_side(limits))
    return say("media.limit_pixels", limit=limits.max_pixels)


def bytes_limit(limits: ImageLimits) -> str:
    """In words, the limit on the bytes of a picture."""
    return say("media.limit_bytes", limit=in_words(limits.max_bytes))


def in_words(byte_count: int) -> str:
    """A number of bytes as a person reads it, in decimal units."""
    for unit, size in (("MB", 1_000_000), ("KB", 1_000)):
        if byte_count >= size:
            return f"{byte_count / size:.3g} {unit}"
    return f"{byte_count} B"


def smaller(size: tuple[int, int], to: tuple[int, int], limit: str) -> str:
    """The change that a picture was made smaller, in words."""
    width, height = size
    to_width, to_height = to
    return say(
        "media.smaller",
        width=width,
        height=height,
        to_width=to_width,
        to_height=to_height,
        limit=limit,
    )
