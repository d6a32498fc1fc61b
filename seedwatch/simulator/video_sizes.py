"""Which pixels a resolution and a ratio of Seedance mean (protocols.md 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seedwatch.simulator.shapes import Size, nearest_shape

RATIOS: Final = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")
ADAPTIVE: Final = "adaptive"

VideoSizes = Mapping[str, Mapping[str, Size]]
"""Resolution to ratio to pixels."""


def _row(*sizes: Size) -> dict[str, Size]:
    return dict(zip(RATIOS, sizes, strict=True))


V1_0: Final[VideoSizes] = {
    "480p": _row((864, 480), (736, 544), (640, 640), (544, 736), (480, 864), (960, 416)),
    "720p": _row((1248, 704), (1120, 832), (960, 960), (832, 1120), (704, 1248), (1504, 640)),
    "1080p": _row(
        (1920, 1088), (1664, 1248), (1440, 1440), (1248, 1664), (1088, 1920), (2176, 928)
    ),
}
V1_5: Final[VideoSizes] = {
    "480p": _row((864, 496), (752, 560), (640, 640), (560, 752), (496, 864), (992, 432)),
    "720p": _row((1280, 720), (1112, 834), (960, 960), (834, 1112), (720, 1280), (1470, 630)),
    "1080p": _row(
        (1920, 1080), (1664, 1248), (1440, 1440), (1248, 1664), (1080, 1920), (2206, 946)
    ),
}
V2_0_FAST: Final[VideoSizes] = {name: V1_5[name] for name in ("480p", "720p")}
V2_0: Final[VideoSizes] = {
    **V1_5,
    "4k": _row((3840, 2160), (3326, 2494), (2880, 2880), (2494, 3326), (2160, 3840), (4398, 1886)),
}
V2_5: Final[VideoSizes] = {**V1_5, "480p": {**V1_5["480p"], "16:9": (854, 480)}}


def nearest_ratio(sizes: Mapping[str, Size], shape: Size | None) -> str:
    """The ratio of a resolution whose pixels are nearest in shape; 16:9 without a shape."""
    nearest = nearest_shape(tuple(sizes.values()), shape)
    return next(ratio for ratio, size in sizes.items() if size == nearest)
