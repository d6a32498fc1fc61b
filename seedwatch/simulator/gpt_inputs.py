"""Checks the files of an edit: images, mask, markup (protocols.md 6.2)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.multipart import OCTET_STREAM, FormFile
from seedwatch.simulator.openai_errors import duplicate, invalid, missing, unknown
from seedwatch.simulator.picture_limits import LimitError, PictureLimits
from seedwatch.simulator.references import Inspected, Reference

MAX_IMAGES: Final = 16
MAX_BYTES: Final = 50 * 1024 * 1024
MAX_MASK_BYTES: Final = 4 * 1024 * 1024
"""Files must be smaller than these."""
_LIMITS: Final = PictureLimits(
    formats=frozenset({"png", "webp", "jpeg"}),
    max_bytes=MAX_BYTES,
    min_side_px=1,
    max_ratio=math.inf,
    max_pixels=89_000_000,
)
"""Sides and pixels are not limited by any page; the pixels keep the simulator from bombs."""
SINGLE: Final = "image"
SEVERAL: Final = "image[]"
_OVERLAYS: Final = ("mask", "markup")


@dataclass(frozen=True, slots=True)
class PartHabits:
    """How a surface wants the parts of an edit.

    Attributes:
        image_names: names that the parts of images may have.
        may_repeat: SINGLE may come several times.
        takes_octet_stream: a file may come without a picture's content type.
    """

    image_names: tuple[str, ...] = (SINGLE, SEVERAL)
    may_repeat: bool = False
    takes_octet_stream: bool = False


def check_files(
    files: Sequence[FormFile], rules: GptRules, habits: PartHabits
) -> tuple[Reference, ...]:
    """The references of an edit in the order they came, mask or markup last.

    Raises:
        OpenAiRefusal: missing, too many, too large, or not what the part must be.
    """
    names = [file.name for file in files]
    for name in names:
        if name not in (*habits.image_names, *_OVERLAYS):
            raise unknown(name)
        if names.count(name) > 1 and name != SEVERAL and not (name == SINGLE and habits.may_repeat):
            raise duplicate(name)
    images = [file for file in files if file.name in habits.image_names]
    if not images:
        raise missing("image")
    if len(images) > MAX_IMAGES:
        raise invalid("image", f"at most {MAX_IMAGES} images are taken")
    inspected = [_inspect(image, MAX_BYTES, habits) for image in images]
    references = tuple(
        Reference(_digest(image), seen.size, seen.thumbnail)
        for image, seen in zip(images, inspected, strict=True)
    )
    return references + _overlay(files, rules, habits, inspected[0])


def _overlay(
    files: Sequence[FormFile], rules: GptRules, habits: PartHabits, first: Inspected
) -> tuple[Reference, ...]:
    overlays = [file for file in files if file.name in _OVERLAYS]
    for file in overlays:
        if file.name not in rules.edit_fields:
            raise unknown(file.name)
    if not overlays:
        return ()
    if len(overlays) > 1:
        raise invalid("markup", "it cannot be combined with `mask`")
    (file,) = overlays
    seen = _inspect(file, MAX_MASK_BYTES if file.name == "mask" else MAX_BYTES, habits)
    if seen.kind != "png" or not seen.has_alpha:
        raise invalid(file.name, "a PNG with an alpha channel is expected")
    if file.name == "markup" and not seen.is_see_through:
        raise invalid(file.name, "it must have transparent pixels")
    if seen.size != first.size:
        raise invalid(file.name, "it must have the size of the first image")
    # Without a thumbnail it is not drawn: it says where to edit, not what to show.
    return (Reference(_digest(file), seen.size),)


def _inspect(file: FormFile, max_bytes: int, habits: PartHabits) -> Inspected:
    param = file.name.removesuffix("[]")
    kinds = {f"image/{kind}" for kind in _LIMITS.formats}
    if file.kind not in kinds and not (habits.takes_octet_stream and file.kind == OCTET_STREAM):
        raise invalid(param, f"unsupported mimetype ('{file.kind}')")
    if len(file.content) >= max_bytes:
        raise invalid(param, f"the file must be smaller than {max_bytes // 1024 // 1024} MB")
    try:
        return _LIMITS.check(file.content)
    except LimitError as error:
        raise invalid(param, str(error)) from error


def _digest(file: FormFile) -> str:
    return hashlib.sha256(file.content).hexdigest()
