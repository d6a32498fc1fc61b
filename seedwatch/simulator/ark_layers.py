"""A picture taken apart into layers, as 5.0 pro and flash do it (protocols.md 2.2, 2.3, 2.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from seedwatch.simulator.ark_errors import invalid
from seedwatch.simulator.pictures import Picture
from seedwatch.simulator.references import Inspected, Reference
from seedwatch.simulator.shapes import Size, Sizes

FIELD: Final = "layer_decomposition"
AUTO: Final = "AUTO"
CHARGED_AHEAD: Final = 17
"""Pictures of the limit per minute that one call takes (protocols.md 2.8)."""
_SIDES: Final = (512, 6000)
_NAMES: Final = ("ground", "subject", "lettering")
"""The simulator finds three layers in every picture; the service up to sixteen."""
_NORMAL: Final = 1000

Box = tuple[int, int, int, int]


def check_input(references: Sequence[Reference], inspected: Sequence[Inspected]) -> None:
    """One png or jpeg of 512 to 6000 pixels a side.

    Raises:
        ArkRefusal: anything else.
    """
    if len(references) != 1:
        raise invalid(FIELD, "exactly one image is needed")
    for found in inspected:
        if found.kind not in ("png", "jpeg"):
            raise invalid("image", "a png or jpeg image is needed to decompose it")
        if min(found.size) < _SIDES[0] or max(found.size) > _SIDES[1]:
            raise invalid("image", f"its sides must lie between {_SIDES[0]} and {_SIDES[1]} pixels")


def base_size(sizes: Sizes | None, references: Sequence[Reference]) -> Size:
    """The size of the base: that of the input, or its shape at a tier (None: auto)."""
    shape = references[0].size
    if shape is None or sizes is None:
        return shape or (1024, 1024)
    scale = math.sqrt(sizes[0][0] * sizes[0][1] / (shape[0] * shape[1]))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def taken_apart(base: Picture) -> tuple[Picture, ...]:
    """The base, and each layer as a see-through picture of the size of its box."""
    base = replace(base, format="png", group_count=1 + len(_NAMES))
    layers = (
        replace(
            base,
            width=right - left,
            height=bottom - top,
            number=number,
            is_see_through=True,
            has_mark=False,
        )
        for number, (left, top, right, bottom) in enumerate(_boxes(base), 2)
    )
    return (base, *layers)


def told_of(index: int, base: Picture) -> dict[str, Any]:
    """What an answer says of one of them; the base has no box."""
    if index == 0:
        return {"z_index": 0, "name": "base", "description": "simulated base"}
    box = [*_boxes(base)][index - 1]
    sides = (base.width, base.height) * 2
    normal = [round(_NORMAL * edge / side) for edge, side in zip(box, sides, strict=True)]
    return {
        "z_index": index,
        "name": _NAMES[index - 1],
        "description": f"simulated layer {index}",
        "bounding_box": {"absolute": [*box], "normalized": normal},
    }


def _boxes(base: Picture) -> list[Box]:
    """Left, top, right, bottom in pixels of the base, each smaller than the one before."""
    width, height = base.size
    return [
        (width * n // 8, height * n // 8, width - width * n // 8, height - height * n // 8)
        for n in range(1, len(_NAMES) + 1)
    ]
