"""What each video model of Ark can do, typed from protocols.md 3.2 to 3.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from seedwatch.simulator.picture_limits import PictureLimits
from seedwatch.simulator.video_sizes import V1_0, V1_5, V2_0, V2_0_FAST, V2_5, VideoSizes

Scene = Literal["text", "first", "first_last", "references", "draft"]

_COMMON_FIELDS: Final = frozenset(
    {
        "model",
        "content",
        "resolution",
        "ratio",
        "duration",
        "seed",
        "watermark",
        "return_last_frame",
        "service_tier",
        "execution_expires_after",
        "callback_url",
        "safety_identifier",
    }
)
_OLD_FORMATS: Final = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"})
_FRAMES: Final[frozenset[Scene]] = frozenset({"text", "first", "first_last"})
_ALL: Final[frozenset[Scene]] = frozenset({*_FRAMES, "references"})


def _image_limits(formats: frozenset[str]) -> PictureLimits:
    return PictureLimits(
        formats=formats,
        max_bytes=30 * 1024 * 1024,
        min_side_px=300,
        max_side_px=6000,
        max_ratio=2.5,
        max_pixels=36_000_000,
    )


OLD_IMAGES: Final = _image_limits(_OLD_FORMATS)
IMAGES: Final = _image_limits(_OLD_FORMATS | {"heic", "heif"})


@dataclass(frozen=True, slots=True)
class VideoRules:
    """The limits of one model family.

    Attributes:
        durations: least and most seconds.
        fields: request fields beside the common ones.
        references: most images, videos and sounds of a references scene.
        may_choose_duration: -1 leaves the length to the model.
        needs_adaptive: frames, edit and extend take no ratio but adaptive; found out late.
    """

    family: str
    sizes: VideoSizes
    durations: tuple[int, int]
    scenes: frozenset[Scene]
    fields: frozenset[str]
    references: tuple[int, int, int] = (0, 0, 0)
    images: PictureLimits = IMAGES
    default_resolution: str = "720p"
    default_duration: int = 5
    may_choose_duration: bool = False
    has_flex: bool = False
    takes_sound_alone: bool = False
    needs_adaptive: bool = False
    is_adaptive_by_default: bool = True

    @property
    def allowed_fields(self) -> frozenset[str]:
        """Every field that a request for this model may carry."""
        return _COMMON_FIELDS | self.fields


_V2_FIELDS: Final = frozenset({"generate_audio", "priority", "tools"})
V2_5_RULES: Final = VideoRules(
    "seedance-2-5",
    V2_5,
    (4, 30),
    frozenset({*_ALL, "draft"}),
    _V2_FIELDS | {"output_format", "omni_reference_task_type", "draft"},
    references=(30, 10, 10),
    default_duration=-1,
    may_choose_duration=True,
    takes_sound_alone=True,
    needs_adaptive=True,
)
V2_0_RULES: Final = VideoRules(
    "seedance-2-0",
    V2_0,
    (4, 15),
    _ALL,
    _V2_FIELDS,
    references=(9, 3, 3),
    may_choose_duration=True,
)
V2_0_FAST_RULES: Final = VideoRules(
    "seedance-2-0-fast",
    V2_0_FAST,
    (4, 15),
    _ALL,
    _V2_FIELDS,
    references=(9, 3, 3),
    may_choose_duration=True,
)
V2_0_MINI_RULES: Final = VideoRules(
    "seedance-2-0-mini",
    V2_0_FAST,
    (4, 15),
    _ALL,
    _V2_FIELDS,
    references=(9, 3, 3),
    may_choose_duration=True,
)
V1_5_RULES: Final = VideoRules(
    "seedance-1-5-pro",
    V1_5,
    (4, 12),
    frozenset({*_FRAMES, "draft"}),
    frozenset({"generate_audio", "camera_fixed", "draft"}),
    may_choose_duration=True,
    has_flex=True,
)
V1_0_PRO_RULES: Final = VideoRules(
    "seedance-1-0-pro",
    V1_0,
    (2, 12),
    _FRAMES,
    frozenset({"frames", "camera_fixed"}),
    images=OLD_IMAGES,
    default_resolution="1080p",
    has_flex=True,
    is_adaptive_by_default=False,
)
V1_0_FAST_RULES: Final = VideoRules(
    "seedance-1-0-pro-fast",
    V1_0,
    (2, 12),
    frozenset({"text", "first"}),
    frozenset({"frames", "camera_fixed"}),
    images=OLD_IMAGES,
    default_resolution="1080p",
    has_flex=True,
    is_adaptive_by_default=False,
)
V1_0_LITE_T2V_RULES: Final = VideoRules(
    "seedance-1-0-lite-t2v",
    V1_0,
    (2, 12),
    frozenset({"text"}),
    frozenset({"camera_fixed"}),
    images=OLD_IMAGES,
    has_flex=True,
    is_adaptive_by_default=False,
)
V1_0_LITE_I2V_RULES: Final = VideoRules(
    "seedance-1-0-lite-i2v",
    V1_0,
    (2, 12),
    frozenset({"first", "first_last", "references"}),
    frozenset({"camera_fixed"}),
    references=(4, 0, 0),
    images=OLD_IMAGES,
    has_flex=True,
    is_adaptive_by_default=False,
)

VIDEO_MODELS: Final[Mapping[str, VideoRules]] = {
    "dreamina-seedance-2-5-260628": V2_5_RULES,
    "doubao-seedance-2-0-260128": V2_0_RULES,
    "dreamina-seedance-2-0-260128": V2_0_RULES,
    "doubao-seedance-2-0-fast-260128": V2_0_FAST_RULES,
    "dreamina-seedance-2-0-fast-260128": V2_0_FAST_RULES,
    "dreamina-seedance-2-0-mini-260615": V2_0_MINI_RULES,
    "doubao-seedance-1-5-pro-251215": V1_5_RULES,
    "seedance-1-5-pro-251215": V1_5_RULES,
    "doubao-seedance-1-0-pro-250528": V1_0_PRO_RULES,
    "seedance-1-0-pro-250528": V1_0_PRO_RULES,
    "doubao-seedance-1-0-pro-fast-251015": V1_0_FAST_RULES,
    "seedance-1-0-pro-fast-251015": V1_0_FAST_RULES,
    "doubao-seedance-1-0-lite-t2v-250428": V1_0_LITE_T2V_RULES,
    "doubao-seedance-1-0-lite-i2v-250428": V1_0_LITE_I2V_RULES,
}
"""Model IDs of the Chinese and the international service."""


def video_rules_for(model: str) -> VideoRules | None:
    """The rules of a model ID; an endpoint id (`ep-…`) hides its model and gets those of 2.0."""
    return V2_0_RULES if model.startswith("ep-") else VIDEO_MODELS.get(model)
