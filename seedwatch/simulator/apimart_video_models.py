"""What each video model of APIMart can do, typed from protocols.md 4.2 and 3.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.video_sizes import V1_0, V1_5, V2_0_FAST, VideoSizes


@dataclass(frozen=True, slots=True)
class VideoRules:
    """The limits of one model family.

    Attributes:
        ratio_field: what the ratio is called.
        resolutions: the default first.
        durations: least and most seconds; the default is 5.
        audio_field: what the switch for sound is called; None if there is none.
        references: most images, videos and sounds.
        needs_prompt: also beside pictures.
    """

    family: str
    sizes: VideoSizes
    ratio_field: str
    resolutions: tuple[str, ...]
    durations: tuple[int, int]
    references: tuple[int, int, int]
    audio_field: str | None = None
    is_adaptive: bool = False
    needs_prompt: bool = True


_V1_0: Final = VideoRules(
    "seedance-1-0-pro",
    V1_0,
    "aspect_ratio",
    ("1080p", "720p", "480p"),
    (2, 12),
    (2, 0, 0),
)
_V1_5: Final = VideoRules(
    "seedance-1-5-pro",
    V1_5,
    "aspect_ratio",
    ("720p", "480p", "1080p"),
    (4, 12),
    (2, 0, 0),
    audio_field="audio",
)
_V2_0: Final = VideoRules(
    "seedance-2-0",
    V2_0_FAST,
    "size",
    ("480p", "720p"),
    (4, 15),
    (9, 3, 3),
    audio_field="generate_audio",
    is_adaptive=True,
    needs_prompt=False,
)

VIDEO_MODELS: Final[Mapping[str, VideoRules]] = {
    "doubao-seedance-1-0-pro-fast": _V1_0,
    "doubao-seedance-1-0-pro-quality": _V1_0,
    "doubao-seedance-1-5-pro": _V1_5,
    "doubao-seedance-2.0": _V2_0,
    "doubao-seedance-2.0-fast": _V2_0,
    "doubao-seedance-2.0-face": _V2_0,
}
