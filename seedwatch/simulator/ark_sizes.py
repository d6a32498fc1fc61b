"""Which pixels a size of Ark's image API means (protocols.md 2.3 and 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seedwatch.simulator.shapes import Size, Sizes


def _both_ways(square: Size, *landscape: Size) -> Sizes:
    # 4:3, 16:9 and 3:2 come upright too; 21:9 only where the table lists 9:21.
    return (square, *landscape, *((h, w) for w, h in landscape))


_1K_V4: Final = (
    *_both_ways((1024, 1024), (1152, 864), (1280, 720), (1248, 832)),
    (1512, 648),
)
_2K: Final = (
    *_both_ways((2048, 2048), (2304, 1728), (2848, 1600), (2496, 1664)),
    (3136, 1344),
)
_3K_LITE: Final = (
    *_both_ways((3072, 3072), (3456, 2592), (4096, 2304), (3744, 2496)),
    (4704, 2016),
)
_4K: Final = _both_ways((4096, 4096), (4704, 3520), (5504, 3040), (4992, 3328), (6240, 2656))
_1K_PRO: Final = (
    *_both_ways((1024, 1024), (1152, 864), (1424, 800), (1248, 832)),
    (1568, 672),
)
_1K5_PRO: Final = (
    *_both_ways((1536, 1536), (1792, 1344), (2048, 1152), (1872, 1248)),
    (2352, 1008),
)
_2K_PRO: Final = (
    *_both_ways((2048, 2048), (2368, 1776), (2816, 1584), (2496, 1664)),
    (3136, 1344),
)

PRO_TIERS: Final[Mapping[str, Sizes]] = {"1K": _1K_PRO, "1.5K": _1K5_PRO, "2K": _2K_PRO}
LITE_TIERS: Final[Mapping[str, Sizes]] = {"2K": _2K, "3K": _3K_LITE, "4K": _4K}
V4_5_TIERS: Final[Mapping[str, Sizes]] = {"2K": _2K, "4K": _4K}
V4_0_TIERS: Final[Mapping[str, Sizes]] = {"1K": _1K_V4, "2K": _2K, "4K": _4K}
ADAPTIVE: Final[Mapping[str, Sizes]] = {
    # The published steps of SeedEdit's list of about 47 (protocols.md 10.3).
    "ADAPTIVE": (
        *_both_ways((1024, 1024), (1152, 864), (1248, 832), (1536, 512)),
        (1312, 736),
        (1504, 640),
    )
}
TIER_NAMES: Final = frozenset({"1K", "1.5K", "2K", "3K", "4K", "ADAPTIVE", "AUTO"})
