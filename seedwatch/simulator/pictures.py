"""Draws the simulated pictures: exact size, prompt and mark on them, derived from the inputs."""

from __future__ import annotations

import hashlib
import io
import math
import random
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageOps

from seedwatch.simulator.drawings import Drawing
from seedwatch.simulator.lettering import write_block
from seedwatch.simulator.references import Reference

PictureFormat = Literal["jpeg", "png", "webp"]

_SKETCH_PIXELS = 512 * 512
"""Drawn about this large, then scaled up by whole dots: 4 MP stay under 100 ms of CPU."""
_CACHE_BYTES = 192 * 1024 * 1024
_RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a picture depends on; equal pictures have equal bytes.

    Attributes:
        number: 1-based place in its group of `group_count`.
        has_mark: "AI generated" bottom right, as Ark's `watermark`.
        quality: 0 to 100, of JPEG and WebP.
        coarseness: how many times larger the dots are than usual; previews are coarse.
    """

    width: int
    height: int
    prompt: str
    model: str
    references: tuple[Reference, ...] = ()
    number: int = 1
    group_count: int = 1
    has_mark: bool = True
    format: PictureFormat = "jpeg"
    is_see_through: bool = False
    quality: int = 75
    coarseness: int = 1

    @property
    def media_type(self) -> str:
        """The Content-Type of the file."""
        return f"image/{self.format}"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def resized(self, width: int, height: int) -> Picture:
        """The same picture in another size."""
        return replace(self, width=width, height=height)

    def drawn(self) -> bytes:
        """The file content."""
        return draw_picture(self)


class PictureMaker:
    """Draws results and keeps recent ones; safe to call from many threads."""

    def __init__(self, cache_bytes: int = _CACHE_BYTES) -> None:
        self._cache_bytes = cache_bytes
        self._drawn: OrderedDict[Drawing, bytes] = OrderedDict()
        self._drawn_bytes = 0
        self._lock = threading.Lock()

    def draw(self, drawing: Drawing) -> bytes:
        """The file content of a picture or a video."""
        with self._lock:
            known = self._drawn.get(drawing)
            if known is not None:
                self._drawn.move_to_end(drawing)
                return known
        content = drawing.drawn()
        with self._lock:
            if drawing not in self._drawn:
                self._drawn[drawing] = content
                self._drawn_bytes += len(content)
            while self._drawn_bytes > self._cache_bytes:
                _, oldest = self._drawn.popitem(last=False)
                self._drawn_bytes -= len(oldest)
        return content


def draw_picture(picture: Picture) -> bytes:
    """Draw one picture afresh."""
    return finished(sketch_of(picture), picture)


def sketch_of(picture: Picture) -> Image.Image:
    """The whole drawing, small: one dot of it stands for a square of dots."""
    width, height = picture.size
    scale = max(1, round(math.sqrt(width * height / _SKETCH_PIXELS))) * picture.coarseness
    return _sketch(picture, (max(1, width // scale), max(1, height // scale)))


def finished(sketch: Image.Image, picture: Picture) -> bytes:
    """A sketch in the picture's size and file format."""
    if picture.is_see_through:
        sketch.putalpha(_frame_mask(sketch.size))
    image = sketch.resize(picture.size, Image.Resampling.NEAREST)
    return _stored(image, picture)


def _stored(image: Image.Image, picture: Picture) -> bytes:
    # The quickest setting of each format: nobody looks at the weight of a simulated file.
    stored = io.BytesIO()
    if picture.format == "png":
        image.save(stored, "PNG", compress_level=1)
    elif picture.format == "webp":
        image.save(stored, "WEBP", quality=picture.quality, method=0)
    else:
        image.save(stored, "JPEG", quality=picture.quality)
    return stored.getvalue()


def _sketch(picture: Picture, size: tuple[int, int]) -> Image.Image:
    tint = _tint(picture.prompt)
    thumbnails = [r.thumbnail for r in picture.references if r.thumbnail is not None]
    if thumbnails:
        ground = Image.blend(_side_by_side(thumbnails, size), Image.new("RGB", size, tint), 0.2)
    else:
        ground = _gradient(size, tint)
    # Grain gives the files about the weight of real ones.
    sketch = Image.blend(ground, _grain(size), 0.15)
    _write(picture, sketch)
    return sketch


def _side_by_side(thumbnails: Sequence[bytes], size: tuple[int, int]) -> Image.Image:
    ground = Image.new("RGB", size)
    edges = [size[0] * i // len(thumbnails) for i in range(len(thumbnails) + 1)]
    for left, right, thumbnail in zip(edges, edges[1:], thumbnails, strict=False):
        if right > left:
            with Image.open(io.BytesIO(thumbnail), formats=["JPEG"]) as image:
                ground.paste(ImageOps.fit(image, (right - left, size[1])), (left, 0))
    return ground


def _write(picture: Picture, sketch: Image.Image) -> None:
    width, height = sketch.size
    letter_px = max(7, min(22, min(width, height) // 16))
    edge = letter_px // 2
    # A dark half under the text keeps it legible on any reference.
    shade = Image.new("L", (width, height // 2), 110)
    sketch.paste("black", (0, height - height // 2), shade)
    draw = ImageDraw.Draw(sketch)
    title = f"simulated · {picture.model}"
    if picture.group_count > 1:
        title = f"{picture.number}/{picture.group_count} {title}"
    top = height - height // 2 + edge
    body = letter_px + letter_px // 4
    write_block(
        draw, title, box=(edge, top, width - edge, top + body), letter_px=max(7, letter_px * 3 // 4)
    )
    write_block(
        draw,
        picture.prompt,
        box=(edge, top + body, width - edge, height - body - edge),
        letter_px=letter_px,
    )
    if picture.has_mark:
        left = max(0, width - 6 * letter_px - edge)
        box = (left, height - body, width, height)
        draw.rectangle(box, fill=(40, 40, 40))
        inner = (left + edge, box[1], width, height)
        write_block(draw, "AI generated", box=inner, letter_px=max(7, letter_px * 3 // 4))


def _tint(prompt: str) -> _RGB:
    red, green, blue = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:3]
    return red, green, blue


def _gradient(size: tuple[int, int], tint: _RGB) -> Image.Image:
    slope = Image.linear_gradient("L").resize(size)
    dark = (tint[0] // 3, tint[1] // 3, tint[2] // 3)
    return Image.merge("RGB", [slope.point(_ramp(a, b)) for a, b in zip(dark, tint, strict=True)])


def _ramp(low: int, high: int) -> list[int]:
    return [low + (high - low) * step // 255 for step in range(256)]


@lru_cache(maxsize=16)
def _grain(size: tuple[int, int]) -> Image.Image:
    noise = random.Random(7).randbytes(size[0] * size[1])  # noqa: S311 - texture, not a secret
    return Image.merge("RGB", [Image.frombytes("L", size, noise)] * 3)


def _frame_mask(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    edge = max(1, min(size) // 16)
    mask.paste(255, (edge, edge, max(edge + 1, size[0] - edge), max(edge + 1, size[1] - edge)))
    return mask
