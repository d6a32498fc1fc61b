"""What each image model of Ark can do, typed from protocols.md 2.1 to 2.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.ark_sizes import (
    ADAPTIVE,
    LITE_TIERS,
    PRO_TIERS,
    V4_0_TIERS,
    V4_5_TIERS,
)
from seedwatch.simulator.shapes import Sizes

COMMON_FIELDS: Final = frozenset({"model", "prompt", "size", "response_format", "watermark"})
_GROUP_FIELDS: Final = frozenset(
    {"sequential_image_generation", "sequential_image_generation_options", "stream"}
)
_PRO_FIELDS: Final = frozenset(
    {
        "image",
        "output_format",
        "optimize_prompt_options",
        "optimize_prompt",
        "layer_decomposition",
        "background",
        "negative_prompt",
    }
)
_V4_FIELDS: Final = frozenset({"image", "optimize_prompt_options"}) | _GROUP_FIELDS
_V3_FIELDS: Final = frozenset({"seed", "guidance_scale"})


@dataclass(frozen=True, slots=True)
class ModelRules:
    """The limits of one model family.

    Attributes:
        tiers: named sizes; upper-case name to the sizes it may mean, the square first.
        pixels: least and most pixels of WIDTHxHEIGHT; None if only tiers are taken.
        fields: request fields beside COMMON_FIELDS.
        is_flagship: 5.0 pro and flash answer with more fields than the rest.
    """

    family: str
    tiers: Mapping[str, Sizes]
    default_size: str
    pixels: tuple[int, int] | None
    max_references: int
    fields: frozenset[str]
    min_references: int = 0
    has_ratio_limit: bool = True
    has_fast_mode: bool = False
    is_flagship: bool = False

    @property
    def allowed_fields(self) -> frozenset[str]:
        """Every field that a request for this model may carry."""
        return COMMON_FIELDS | self.fields


PRO: Final = ModelRules(
    "seedream-5-0-pro",
    PRO_TIERS,
    "2K",
    (921_600, 4_624_220),
    10,
    _PRO_FIELDS,
    has_fast_mode=True,
    is_flagship=True,
)
FLASH: Final = ModelRules(
    "seedream-5-0-flash",
    PRO_TIERS,
    "2K",
    (921_600, 4_624_220),
    10,
    _PRO_FIELDS | {"seed"},
    is_flagship=True,
)
LITE: Final = ModelRules(
    "seedream-5-0-lite",
    LITE_TIERS,
    "2048x2048",
    (3_686_400, 16_777_216),
    14,
    _V4_FIELDS | {"output_format", "tools"},
)
V4_5: Final = ModelRules(
    "seedream-4-5", V4_5_TIERS, "2048x2048", (3_686_400, 16_777_216), 14, _V4_FIELDS
)
V4_0: Final = ModelRules(
    "seedream-4-0",
    V4_0_TIERS,
    "2048x2048",
    (921_600, 16_777_216),
    14,
    _V4_FIELDS,
    has_fast_mode=True,
)
V3_T2I: Final = ModelRules(
    "seedream-3-0-t2i",
    {},
    "1024x1024",
    (512 * 512, 2048 * 2048),
    0,
    _V3_FIELDS,
    has_ratio_limit=False,
)
SEEDEDIT: Final = ModelRules(
    "seededit-3-0-i2i",
    ADAPTIVE,
    "adaptive",
    None,
    1,
    _V3_FIELDS | {"image"},
    min_references=1,
)

MODELS: Final[Mapping[str, ModelRules]] = {
    "doubao-seedream-5-0-pro-260628": PRO,
    "dola-seedream-5-0-pro-260628": PRO,
    "doubao-seedream-5-0-flash-260915": FLASH,
    "dola-seedream-5-0-flash-260915": FLASH,
    "doubao-seedream-5-0-260128": LITE,
    "doubao-seedream-5-0-lite-260128": LITE,
    "seedream-5-0-260128": LITE,
    "seedream-5-0-lite-260128": LITE,
    "doubao-seedream-4-5-251128": V4_5,
    "seedream-4-5-251128": V4_5,
    "doubao-seedream-4-0-250828": V4_0,
    "seedream-4-0-250828": V4_0,
    "doubao-seedream-3-0-t2i-250415": V3_T2I,
    "seedream-3-0-t2i-250415": V3_T2I,
    "doubao-seededit-3-0-i2i-250628": SEEDEDIT,
    "seededit-3-0-i2i-250628": SEEDEDIT,
}
"""Model IDs of the Chinese and the international service."""


def rules_for(model: str) -> ModelRules | None:
    """The rules of a model ID; an endpoint id (`ep-…`) hides its model and gets those of 4.5."""
    return V4_5 if model.startswith("ep-") else MODELS.get(model)
