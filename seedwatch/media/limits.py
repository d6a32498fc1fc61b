"""What a model takes as an input picture."""

from __future__ import annotations

from dataclasses import dataclass

JPEG, PNG = "image/jpeg", "image/png"
WRITABLE = frozenset({JPEG, PNG})


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Limits of one input picture of a model (protocols.md 2.4, 3.4, 6.2).

    `formats` are the media types taken as they are; at least one of them is JPEG or PNG. All
    bounds are inclusive but `min_side_exclusive`: each side must be more pixels than that. The
    ratio is width by height. `background` fills transparent parts where transparency cannot stay.

    Raises:
        ValueError: the formats name neither JPEG nor PNG, or the ratios leave no room for 1.
    """

    formats: tuple[str, ...]
    max_bytes: int
    max_pixels: int
    min_side_exclusive: int
    ratio_min: float
    ratio_max: float
    max_side: int | None = None
    background: str = "white"

    def __post_init__(self) -> None:
        if not WRITABLE & set(self.formats):
            raise ValueError(f"none of {sorted(WRITABLE)} in formats {self.formats}")
        if not 0 < self.ratio_min <= 1 <= self.ratio_max:
            raise ValueError(f"ratios {self.ratio_min} to {self.ratio_max} leave no room for 1")
