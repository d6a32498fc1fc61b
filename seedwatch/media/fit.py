"""Makes a picture fit a model's limits, and says in words what was changed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from seedwatch.media.colour import filled, fitting_profile, in_rgb, is_opaque, plain
from seedwatch.media.encode import Written, write_within
from seedwatch.media.inspect import decoding, describe, open_image
from seedwatch.media.kinds import name
from seedwatch.media.limits import ImageLimits
from seedwatch.media.picture import Outline, Picture
from seedwatch.media.plan import FitPlan, plan_fit
from seedwatch.media.resize import resized
from seedwatch.media.sizes import bytes_limit, dct_scale, smaller
from seedwatch.media.structure import outline
from seedwatch.media.trials import FIRST_QUALITY
from seedwatch.texts import say

_LOSSY = frozenset({"image/jpeg", "image/webp", "image/avif"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture that a model takes; `changes` in plain words, empty: byte for byte the source."""

    media_type: str
    content: bytes
    width: int
    height: int
    changes: tuple[str, ...]


def fit(source: bytes | BinaryIO, limits: ImageLimits) -> Fitted:
    """Bring a picture within a model's limits with as little change as possible.

    `source` is the content, or a seekable open file of it, which is left open. A picture that is
    within the limits passes untouched.

    Raises:
        SourceError: it cannot be fitted, or is no picture (see `inspect`); says how to mend it.
        Incomplete: it is cut off or cannot be decoded.
        OSError: the file itself cannot be read.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    found = outline(file)
    with decoding(found):
        picture = describe(open_image(file, found), found)
    plan = plan_fit(picture, limits)
    if plan.is_untouched:
        content = source if isinstance(source, bytes) else _whole(file)
        return Fitted(plan.media_type, content, plan.width, plan.height, ())
    with decoding(found):
        return _carry_out(file, found, picture, plan, limits)


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _carry_out(
    file: BinaryIO, found: Outline, picture: Picture, plan: FitPlan, limits: ImageLimits
) -> Fitted:
    """Do what was planned. Each step lets go of the picture before it: one is held at a time."""
    changes = list(plan.changes)
    image = _decoded(file, found, picture, plan)
    profile = image.info.get("icc_profile")
    image = plain(image)
    has_alpha = image.mode in {"LA", "RGBA"}
    has_real_alpha = has_alpha and not is_opaque(image)
    # Pillow turns a TIFF by itself while decoding it.
    orientation = 1 if picture.media_type == "image/tiff" else picture.orientation
    image = resized(image, _before_turning(plan.width, plan.height, orientation))
    if orientation != 1:
        image = image.transpose(_TURNS[orientation])
    if has_alpha and not has_real_alpha:
        # Only now that it is small: this is a second picture beside the first for a moment.
        image = image.convert(image.mode.removesuffix("A"))
        changes.append(say("media.opaque"))
    image, colour_changes = in_rgb(image, profile)
    changes += colour_changes
    # What described the colours before they were converted is wrong now.
    kept_profile = None if colour_changes else fitting_profile(image.mode, profile)
    media_type = plan.media_type
    if has_real_alpha and plan.alpha_media_type:
        media_type = plan.alpha_media_type
    elif has_real_alpha:
        image = filled(image, limits.background)
        changes.append(say("media.filled", colour=limits.background))
    written = write_within(
        image,
        media_type,
        limits,
        is_drawn=picture.media_type not in _LOSSY,
        profile=kept_profile,
    )
    changes += _writing_changes(picture, plan, media_type, written, limits)
    return Fitted(media_type, written.content, written.width, written.height, tuple(changes))


def _decoded(file: BinaryIO, found: Outline, picture: Picture, plan: FitPlan) -> Image.Image:
    """The picture's pixels; a JPEG already scaled down as far as decoding can, not below plan."""
    image = open_image(file, found)
    if picture.media_type == "image/jpeg":
        width, height = _before_turning(plan.width, plan.height, picture.orientation)
        scale = dct_scale((picture.width, picture.height), (width, height))
        image.draft(None, (max(1, picture.width // scale), max(1, picture.height // scale)))
    image.load()
    return image


def _before_turning(width: int, height: int, orientation: int) -> tuple[int, int]:
    """The sides as stored of what is `width` x `height` upright."""
    return (height, width) if orientation >= 5 else (width, height)


def _writing_changes(
    picture: Picture, plan: FitPlan, media_type: str, written: Written, limits: ImageLimits
) -> list[str]:
    """What writing changed: the format, and what the limit on bytes took."""
    changes = []
    if media_type != picture.media_type:
        changes.append(
            say("media.converted", before=name(picture.media_type), after=name(media_type))
        )
    size, to = (plan.width, plan.height), (written.width, written.height)
    if size != to:
        changes.append(smaller(size, to, bytes_limit(limits)))
    is_pressed = written.quality is not None and written.quality < FIRST_QUALITY
    if is_pressed or (picture.byte_count > limits.max_bytes and size == to):
        which = "media.packed" if written.quality is None else "media.compressed"
        changes.append(
            say(
                which,
                kind=name(media_type),
                quality=written.quality,
                limit=bytes_limit(limits),
            )
        )
    return changes
