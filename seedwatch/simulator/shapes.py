"""Which of a model's sizes suits the shape of an input picture."""

from __future__ import annotations

import math

Size = tuple[int, int]
Sizes = tuple[Size, ...]


def nearest_shape(sizes: Sizes, first_reference: Size | None) -> Size:
    """The size nearest in shape to the first reference; without one the first of `sizes`."""
    if first_reference is None:
        return sizes[0]
    shape = math.log(first_reference[0] / first_reference[1])
    return min(sizes, key=lambda size: abs(math.log(size[0] / size[1]) - shape))
