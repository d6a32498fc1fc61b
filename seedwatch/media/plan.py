"""Decides what must be done to a picture so that a model takes it; does nothing to it yet."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isqrt

from seedwatch.errors import SourceError
from seedwatch.media.limits import ImageLimits
from seedwatch.media.picture import Picture
from seedwatch.texts import say

JPEG, PNG = "image/jpeg", "image/png"
_JPEG_SIDE = 65_500
_DCT_SCALES = (8, 4, 2)
# 256 MB: beside it the result must have room in a child of 512 MB (promises.md T5).
_DECODED_PIXELS = 64_000_000
_PLAIN_MODES = frozenset({"L", "RGB", "RGBA"})
# A GIF has no other kind of pixels: where GIF is taken, a palette is.
_GIF_MODES = _PLAIN_MODES | {"P", "1"}


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What becomes of a picture; sides in pixels, upright.

    `media_type` is that of an opaque result; `alpha_media_type` that of one with transparent
    parts, None: they are filled. `changes` are those known before the picture is decoded.
    """

    is_untouched: bool
    media_type: str
    alpha_media_type: str | None
    width: int
    height: int
    changes: tuple[str, ...]


def plan_fit(picture: Picture, limits: ImageLimits) -> FitPlan:
    """Plan how `picture` comes within `limits`.

    Raises:
        SourceError: nothing but a person can make it fit; names the limit and the picture's own.
    """
    width, height = picture.oriented_width, picture.oriented_height
    _check_shape(width, height, limits)
    to_width, to_height = target_size(width, height, limits)
    if (to_width, to_height) == (width, height) and _is_taken(picture, limits):
        return FitPlan(
            is_untouched=True,
            media_type=picture.media_type,
            alpha_media_type=picture.media_type,
            width=width,
            height=height,
            changes=(),
        )
    if picture.media_type == JPEG:
        to_width, to_height = _decodable(width, height, (to_width, to_height), limits)
    changes = _changes(picture)
    if (to_width, to_height) != (width, height):
        changes.append(
            smaller((width, height), (to_width, to_height), _binding(width, height, limits))
        )
    return FitPlan(
        is_untouched=False,
        media_type=JPEG if JPEG in limits.formats else PNG,
        alpha_media_type=PNG if PNG in limits.formats else None,
        width=to_width,
        height=to_height,
        changes=tuple(changes),
    )


def _check_shape(width: int, height: int, limits: ImageLimits) -> None:
    if min(width, height) <= limits.min_side_exclusive:
        raise SourceError(
            say("media.side", width=width, height=height, limit=limits.min_side_exclusive),
            advice=say("media.side_advice"),
        )
    if not limits.ratio_min <= width / height <= limits.ratio_max:
        raise SourceError(
            say(
                "media.ratio",
                width=width,
                height=height,
                ratio=width / height,
                low=limits.ratio_min,
                high=limits.ratio_max,
            ),
            advice=say("media.ratio_advice"),
        )


def _is_taken(picture: Picture, limits: ImageLimits) -> bool:
    """Whether a model takes the picture as it is, its size apart."""
    modes = _GIF_MODES if picture.media_type == "image/gif" else _PLAIN_MODES
    return (
        picture.media_type in limits.formats
        and picture.byte_count <= limits.max_bytes
        and picture.orientation == 1
        and picture.mode in modes
        and picture.bit_depth <= 8
        and not picture.is_animated
    )


def _changes(picture: Picture) -> list[str]:
    changes = []
    if picture.orientation != 1:
        changes.append(say("media.upright"))
    if picture.is_animated:
        is_paged = picture.media_type == "image/tiff"
        changes.append(say("media.first_page" if is_paged else "media.first_frame"))
    if picture.bit_depth > 8:
        changes.append(say("media.depth", bits=picture.bit_depth))
    if picture.mode in {"P", "PA"}:
        changes.append(say("media.palette"))
    elif picture.mode == "LA":
        changes.append(say("media.grey"))
    return changes


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
    return _in_shape(
        (width, height), (to_width, to_height), limits, _binding(width, height, limits)
    )


def dct_scale(size: tuple[int, int], to: tuple[int, int]) -> int:
    """By how much a JPEG of `size` is scaled down in decoding so that it stays at least `to`."""
    for scale in _DCT_SCALES:
        if -(-size[0] // scale) >= to[0] and -(-size[1] // scale) >= to[1]:
            return scale
    return 1


def _decodable(
    width: int, height: int, to: tuple[int, int], limits: ImageLimits
) -> tuple[int, int]:
    """`to`, or less where a JPEG would have to be decoded to more than memory has room for."""
    scale = dct_scale((width, height), to)
    while width * height > _DECODED_PIXELS * scale**2:
        scale *= 2
    decoded = (min(to[0], -(-width // scale)), min(to[1], -(-height // scale)))
    return (
        to
        if decoded == to
        else _in_shape((width, height), decoded, limits, _binding(width, height, limits))
    )


def shrunk_size(width: int, height: int, factor: float, limits: ImageLimits) -> tuple[int, int]:
    """The size of a picture whose sides are multiplied by `factor` below 1 to save bytes.

    Raises:
        SourceError: a side would become too small for the model.
    """
    to = (floor(width * factor), floor(height * factor))
    return _in_shape((width, height), to, limits, bytes_limit(limits))


def _in_shape(
    size: tuple[int, int], to: tuple[int, int], limits: ImageLimits, binding: str
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
                limit=binding,
                side=min(width, height),
                least=limits.min_side_exclusive,
            ),
            advice=say("media.ratio_advice"),
        )
    return width, height


def _max_side(limits: ImageLimits) -> int:
    return min(limits.max_side or _JPEG_SIDE, _JPEG_SIDE)


def _binding(width: int, height: int, limits: ImageLimits) -> str:
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
