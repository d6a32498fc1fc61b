"""Decides how to write a picture next when the last way took too many bytes; writes nothing."""

from __future__ import annotations

from typing import NamedTuple

from seedwatch.media.limits import JPEG

FIRST_QUALITY = 92
LAST_QUALITY = 85
SAFETY = 0.96
"""By how much an estimate is trusted."""

# Bytes at a quality by bytes at the first one: of photographs that were JPEG before, the largest.
_BYTE_SHARES = {FIRST_QUALITY: 1.0, 90: 0.95, 88: 0.89, LAST_QUALITY: 0.82}
# Bytes grow with the pixels to this power at least: a smaller picture has more detail per pixel.
_PIXEL_POWER = 0.8
_COARSE = "4:2:0"


class Trial(NamedTuple):
    """One way to write a picture.

    `quality` is that of JPEG; both sides are multiplied by `factor`; `subsampling` says how much
    resolution its colours keep.
    """

    quality: int
    factor: float
    subsampling: str


def first_trial(*, is_drawn: bool) -> Trial:
    """How a picture is written where there is room; drawings keep the edges of their colours."""
    return Trial(FIRST_QUALITY, 1.0, "4:4:4" if is_drawn else _COARSE)


def next_trial(media_type: str, trial: Trial, share: float) -> Trial:
    """What to try after `trial`, whose bytes must come down to `share` of what they were.

    Quality gives way first, but never below what still looks good; then the size.
    """
    if media_type != JPEG or trial.quality <= LAST_QUALITY:
        return Trial(trial.quality, trial.factor * side_factor(share), _COARSE)
    now = _BYTE_SHARES[trial.quality]
    # A picture that did not behave as most do once gets no second guess in between.
    lower = (90, 88, LAST_QUALITY) if trial.quality == FIRST_QUALITY else (LAST_QUALITY,)
    for quality in lower:
        if _BYTE_SHARES[quality] / now <= share * SAFETY:
            return Trial(quality, trial.factor, _COARSE)
    return last_quality(trial, share * now / _BYTE_SHARES[LAST_QUALITY])


def last_quality(trial: Trial, share: float) -> Trial:
    """The lowest quality, and the size at which a picture has `share` of its bytes at that."""
    factor = 1.0 if share * SAFETY >= 1 else side_factor(min(share, 1.0))
    return Trial(LAST_QUALITY, trial.factor * factor, _COARSE)


def side_factor(share: float) -> float:
    """What both sides are multiplied by to save the bytes beyond `share`."""
    return float((share * SAFETY) ** (1 / (2 * _PIXEL_POWER)))
