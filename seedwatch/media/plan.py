"""Decides what must be done to a picture so that a model takes it; does nothing to it yet."""

from __future__ import annotations

from dataclasses import dataclass

from seedwatch.errors import SourceError
from seedwatch.media.limits import JPEG, PNG, ImageLimits
from seedwatch.media.picture import Picture
from seedwatch.media.sizes import binding, decodable_size, smaller, target_size
from seedwatch.texts import say

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
        to_width, to_height = decodable_size(width, height, (to_width, to_height), limits)
    changes = _changes(picture)
    if (to_width, to_height) != (width, height):
        changes.append(
            smaller((width, height), (to_width, to_height), binding(width, height, limits))
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
