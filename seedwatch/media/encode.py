"""Writes a picture as JPEG or PNG within a number of bytes, in as few tries as it takes."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from seedwatch.errors import SourceError
from seedwatch.media.limits import JPEG, PNG, ImageLimits
from seedwatch.media.resize import resized
from seedwatch.media.sizes import bytes_limit, in_words, shrunk_size
from seedwatch.media.trials import LAST_QUALITY, Trial, first_trial, last_quality, next_trial
from seedwatch.texts import say

_TRIES = 6
_SAMPLED_PIXELS = 4_000_000
_SAMPLE_BANDS, _SAMPLE_PART = 8, 10
# Of a picture as noisy as cameras make them; beyond, a whole try is wasted now and then.
_MOST_BYTES_PER_PIXEL = {JPEG: 1.0, PNG: 4.0}


@dataclass(frozen=True, slots=True)
class Written:
    """A written picture; `quality` is that of JPEG, None for PNG."""

    content: bytes
    width: int
    height: int
    quality: int | None


def write_within(
    image: Image.Image,
    media_type: str,
    limits: ImageLimits,
    *,
    is_drawn: bool,
    profile: bytes | None,
) -> Written:
    """Write `image` in at most `limits.max_bytes`, of good quality, smaller if it must be.

    `is_drawn`: it comes from a format that loses nothing, so colours keep their full resolution
    as long as there is room. Nothing but `profile` goes along: no EXIF, no place, no comment.

    Raises:
        SourceError: it cannot be brought under the limit.
    """
    trial = _opening(image, media_type, limits, first_trial(is_drawn=is_drawn))
    byte_count = 0
    for _ in range(_TRIES):
        size = image.size
        if trial.factor < 1:
            size = shrunk_size(*image.size, trial.factor, limits)
        content = _write(resized(image, size), media_type, trial, profile)
        byte_count = len(content)
        if byte_count <= limits.max_bytes:
            return Written(content, *size, trial.quality if media_type == JPEG else None)
        del content
        trial = next_trial(media_type, trial, limits.max_bytes / byte_count)
    raise SourceError(
        say(
            "media.too_many_bytes",
            width=image.width,
            height=image.height,
            size=in_words(byte_count),
            tries=_TRIES - 1,
            limit=bytes_limit(limits),
        ),
        advice=say("media.too_many_bytes_advice"),
    )


def _opening(image: Image.Image, media_type: str, limits: ImageLimits, trial: Trial) -> Trial:
    """The trial to begin with: of a large picture that may be too long, samples tell."""
    pixels = image.width * image.height
    if pixels < _SAMPLED_PIXELS or limits.max_bytes > pixels * _MOST_BYTES_PER_PIXEL[media_type]:
        return trial
    expected = _expected(image, media_type, trial)
    if expected <= limits.max_bytes:
        return trial
    following = next_trial(media_type, trial, limits.max_bytes / expected)
    if media_type != JPEG or following.factor == 1:
        return following
    lowest = _expected(image, media_type, following._replace(quality=LAST_QUALITY))
    return last_quality(trial, limits.max_bytes / lowest)


def _expected(image: Image.Image, media_type: str, trial: Trial) -> int:
    """About how many bytes a picture will have, by bands of it that make a tenth."""
    rows = max(1, image.height // (_SAMPLE_BANDS * _SAMPLE_PART))
    seen = 0
    for band in range(_SAMPLE_BANDS):
        top = image.height * band // _SAMPLE_BANDS
        sample = image.crop((0, top, image.width, top + rows))
        seen += len(_write(sample, media_type, trial, None))
    return seen * image.height // (rows * _SAMPLE_BANDS)


def _write(image: Image.Image, media_type: str, trial: Trial, profile: bytes | None) -> bytes:
    # Pillow would write comments and keys of transparency that it finds here.
    image.info = {}
    output = io.BytesIO()
    if media_type == JPEG:
        image.save(
            output,
            "JPEG",
            quality=trial.quality,
            subsampling=trial.subsampling,
            icc_profile=profile,
        )
    else:
        image.save(output, "PNG", icc_profile=profile)
    return output.getvalue()
