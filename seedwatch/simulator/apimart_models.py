"""What each image model of APIMart can do, typed from protocols.md 4.2 and 10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.picture_limits import PictureLimits
from seedwatch.simulator.shapes import Size

AUTO: Final = "auto"
MAX_TOGETHER: Final = 15
"""References and pictures of one Seedream request."""

Table = Mapping[str, Mapping[str, Size]]
"""Resolution to ratio to pixels."""


def _turned(landscape: Mapping[str, Size]) -> dict[str, Size]:
    """The table with its upright ratios."""
    both = dict(landscape)
    for ratio, (width, height) in landscape.items():
        first, _, second = ratio.partition(":")
        both[f"{second}:{first}"] = (height, width)
    return both


def _without(table: Mapping[str, Size], ratio: str) -> dict[str, Size]:
    return {name: size for name, size in table.items() if name != ratio}


_2K_SEED: Final = _turned(
    {
        "1:1": (2048, 2048),
        "4:3": (2304, 1728),
        "16:9": (2560, 1440),
        "3:2": (2496, 1664),
        "21:9": (3024, 1296),
    }
)
_4K_SEED: Final = _turned(
    {
        "1:1": (4096, 4096),
        "4:3": (4694, 3520),
        "16:9": (5404, 3040),
        "3:2": (4992, 3328),
        "21:9": (6198, 2656),
    }
)
_1K_4_0: Final = _turned(
    {
        "1:1": (1024, 1024),
        "4:3": (1152, 864),
        "16:9": (1280, 720),
        "3:2": (1248, 832),
        "21:9": (1512, 648),
    }
)
_2K_LITE: Final = _turned(
    {
        "1:1": (2048, 2048),
        "4:3": (2304, 1728),
        "16:9": (2848, 1600),
        "3:2": (2496, 1664),
        "21:9": (3136, 1344),
    }
)
_3K_LITE: Final = _turned(
    {
        "1:1": (3072, 3072),
        "4:3": (3456, 2592),
        "16:9": (4096, 2304),
        "3:2": (3744, 2496),
        "21:9": (4704, 2016),
    }
)
_GPT_FIXED: Final = {"1:1": (1024, 1024), "3:2": (1536, 1024), "2:3": (1024, 1536)}
_GPT_RATIOS: Final = ("1:1", "3:2", "4:3", "5:4", "16:9", "2:1", "3:1", "21:9")


def _of_area(pixels: int) -> dict[str, Size]:
    # The vendor's table is not known as a whole: the nearest multiples of 16 of that area.
    landscape: dict[str, Size] = {}
    for ratio in _GPT_RATIOS:
        wide, high = (int(part) for part in ratio.split(":"))
        unit = (pixels / (wide * high)) ** 0.5
        landscape[ratio] = (round(wide * unit / 16) * 16, round(high * unit / 16) * 16)
    return _turned(landscape)


_GPT_2: Final[Table] = {
    "1k": _of_area(1024 * 1024),
    "2k": _of_area(2048 * 2048),
    "4k": _of_area(2880 * 2880),
}

SEEDREAM_INPUTS: Final = PictureLimits(
    formats=frozenset({"jpeg", "png"}),
    max_bytes=10 * 1024 * 1024,
    min_side_px=15,
    max_ratio=3,
    max_pixels=36_000_000,
)
GPT_INPUTS: Final = PictureLimits(
    formats=frozenset({"jpeg", "png", "webp", "gif"}),
    max_bytes=20 * 1024 * 1024,
    min_side_px=1,
    max_ratio=100,
    max_pixels=100_000_000,
)


@dataclass(frozen=True, slots=True)
class ImageRules:
    """The limits of one model family.

    Attributes:
        table: pixels of each ratio; the first resolution is the default.
        max_together: of references and pictures; None if only each of them is limited.
        has_group_fields: `sequential_image_generation` and its options beside `n`.
        formats: of the result; the first is the default.
    """

    family: str
    table: Table
    inputs: PictureLimits
    max_count: int
    max_references: int
    max_together: int | None = None
    has_group_fields: bool = False
    formats: tuple[str, ...] = ("jpeg",)
    has_format_field: bool = False

    @property
    def ratios(self) -> tuple[str, ...]:
        """Every ratio, the default first."""
        return tuple(next(iter(self.table.values())))


V4_5: Final = ImageRules(
    "seedream-4-5",
    {"2K": _2K_SEED, "4K": _4K_SEED},
    SEEDREAM_INPUTS,
    15,
    14,
    max_together=MAX_TOGETHER,
    has_group_fields=True,
)
V4_0: Final = ImageRules(
    "seedream-4-0",
    {"2K": _2K_SEED, "1K": _1K_4_0, "4K": _4K_SEED},
    SEEDREAM_INPUTS,
    15,
    14,
    max_together=MAX_TOGETHER,
    has_group_fields=True,
)
LITE: Final = ImageRules(
    "seedream-5-0-lite",
    {"2K": _without(_2K_LITE, "9:21"), "3K": _without(_3K_LITE, "9:21")},
    SEEDREAM_INPUTS,
    4,
    14,
    max_together=MAX_TOGETHER,
    has_group_fields=True,
    formats=("jpeg", "png"),
    has_format_field=True,
)
GPT_2: Final = ImageRules("gpt-image-2", _GPT_2, GPT_INPUTS, 1, 16, formats=("png",))
GPT_1: Final = ImageRules(
    "gpt-image-1",
    {"1k": _GPT_FIXED},
    GPT_INPUTS,
    4,
    15,
    formats=("png", "jpeg", "webp"),
    has_format_field=True,
)

IMAGE_MODELS: Final[Mapping[str, ImageRules]] = {
    # The documented default of Seedream 4.5 is spelt like a video model (protocols.md 7, 2).
    "doubao-seedance-4-5": V4_5,
    "Doubao-Seedream-4.5": V4_5,
    "doubao-seedream-4.5": V4_5,
    "doubao-seedream-4-5": V4_5,
    "doubao-seedance-4-0": V4_0,
    "doubao-seedream-5-0-lite": LITE,
    "gpt-image-2": GPT_2,
    "gpt-image-2-official": GPT_2,
    "gpt-image-1-official": GPT_1,
}
