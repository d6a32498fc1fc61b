"""The image models of DMXAPI, typed from protocols.md 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from seedwatch.simulator.ark_models import SEEDEDIT, V4_0, V4_5, ModelRules
from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.picture_limits import PictureLimits

SEEDREAM: Final[Mapping[str, ModelRules]] = {
    # Fields and sizes of the two are those of Ark (protocols.md 5.2).
    "doubao-seedream-4-5-251128": V4_5,
    "doubao-seedream-4-0-250828": V4_0,
    "doubao-seededit-3-0-i2i-250628": replace(SEEDEDIT, fields=frozenset({"image"})),
}
LIMITS: Final = PictureLimits(
    formats=frozenset({"jpeg", "png"}),
    max_bytes=10 * 1024 * 1024,
    min_side_px=15,
    max_ratio=3,
    max_pixels=36_000_000,
)
"""Input pictures of Seedream and SeedEdit: the older, stricter page (protocols.md 2.4)."""

_COMMON: Final = frozenset({"prompt", "model", "n", "size", "quality"})
_GPT: Final = _COMMON | {"background", "output_compression", "output_format"}
GPT_IMAGE: Final = GptRules("gpt-image", _GPT | {"moderation"}, _GPT | {"image", "mask"})
DALL_E_3: Final = GptRules(
    "dall-e-3",
    _COMMON | {"response_format", "style"},
    frozenset(),
    sizes=((1024, 1024), (1792, 1024), (1024, 1792)),
    has_auto_size=False,
    qualities=("standard", "hd"),
    max_count=1,
    max_prompt=4000,
    is_inline_only=False,
)
GPT: Final[Mapping[str, GptRules]] = {
    "gpt-image-1.5": GPT_IMAGE,
    "gpt-image-1": GPT_IMAGE,
    "gpt-image-1-mini": GPT_IMAGE,
    "dall-e-3": DALL_E_3,
}
DEAD: Final = frozenset({"gpt-image-1", "dall-e-3"})
"""Shut down at OpenAI; whether the relay serves them by other ways is not known."""
REQUIRED: Final = ("n", "size")
"""What its page calls required of a GPT generation."""
