"""Which sizes a model with OpenAI's request shape takes (protocols.md 6.2)."""

from __future__ import annotations

import re
from typing import Final

from seedwatch.simulator.fields import Fields
from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.openai_errors import invalid
from seedwatch.simulator.references import Reference
from seedwatch.simulator.shapes import Size, nearest_shape

AUTO: Final = "auto"
STEP: Final = 16
MAX_RATIO: Final = 3
MAX_EDGE: Final = 3840
PIXELS: Final = (655_360, 3840 * 2160)
"""Least and most pixels of a free size, as relays state them beside the published 3840x2160."""


def drawn_size(fields: Fields, rules: GptRules, references: tuple[Reference, ...]) -> Size:
    """The pixels that `size` means; `auto` follows the shape of the first image.

    Raises:
        OpenAiRefusal: the model does not take this size.
    """
    size = fields.text("size")
    if size is None or (size == AUTO and rules.has_auto_size):
        return nearest_shape(rules.sizes, references[0].size if references else None)
    named = {f"{width}x{height}": (width, height) for width, height in rules.sizes}
    if size in named:
        return named[size]
    if not rules.has_free_sizes:
        known = [*named, *([AUTO] if rules.has_auto_size else [])]
        raise invalid("size", f"it must be one of {', '.join(f'`{name}`' for name in known)}")
    return _free_size(size)


def _free_size(size: str) -> Size:
    pair = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", size)
    if pair is None:
        raise invalid("size", "it must be `auto` or WIDTHxHEIGHT")
    width, height = int(pair[1]), int(pair[2])
    if width % STEP or height % STEP:
        raise invalid("size", f"width and height must be divisible by {STEP}")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise invalid("size", "the aspect ratio must be between 1:3 and 3:1")
    least, most = PIXELS
    if max(width, height) > MAX_EDGE or width * height > most:
        raise invalid("size", "it must be at most 3840x2160")
    if width * height < least:
        raise invalid("size", f"it must have at least {least} pixels")
    return width, height
