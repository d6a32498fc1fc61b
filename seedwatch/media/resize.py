"""Scales a picture down in bands, so that nothing but it and the result is in memory."""

from __future__ import annotations

from math import ceil, floor

from PIL import Image

_BAND_ROWS = 256
_LANCZOS_REACH = 3


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at `size` in pixels; the picture itself where it has that size.

    Pillow alone would hold a third picture in between, and for RGBA a fourth.
    """
    if image.size == size:
        return image
    width, height = size
    result = Image.new(image.mode, size)
    scale = image.height / height
    reach = ceil(_LANCZOS_REACH * max(scale, 1)) + 1
    for top in range(0, height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, height)
        first = max(0, floor(top * scale) - reach)
        last = min(image.height, ceil(bottom * scale) + reach)
        band = image.crop((0, first, image.width, last)).resize(
            (width, bottom - top),
            Image.Resampling.LANCZOS,
            box=(0, top * scale - first, image.width, min(bottom * scale, image.height) - first),
        )
        result.paste(band, (0, top))
    return result
