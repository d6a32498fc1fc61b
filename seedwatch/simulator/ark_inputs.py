"""Checks the `image` field of Ark: data URIs are decoded, URLs are taken without fetching."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Final
from urllib.parse import urlsplit

from seedwatch.simulator.ark_errors import ArkRefusal, invalid, missing
from seedwatch.simulator.ark_models import ModelRules
from seedwatch.simulator.references import Inspected, Reference, UnreadablePictureError, inspect

FORMATS: Final = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"})
"""Input formats of the current page (protocols.md 2.4); the seeds know only jpeg and png."""
MAX_BYTES: Final = 30 * 1024 * 1024
MAX_PIXELS: Final = 36_000_000
MIN_SIDE_PX: Final = 15
"""Each side must be longer than 14 px."""
MAX_RATIO: Final = 16


def check_images(
    given: Any, rules: ModelRules
) -> tuple[tuple[Reference, ...], tuple[Inspected, ...]]:
    """The references of a request, in order, and what decoding showed of those that are data.

    Raises:
        ArkRefusal: too many, too few, or one breaks a limit of protocols.md 2.4.
    """
    listed = [] if given is None else given if isinstance(given, list) else [given]
    if given == []:
        raise invalid("image", "the list of images must not be empty")
    if len(listed) < rules.min_references:
        raise missing("image")
    if len(listed) > rules.max_references:
        raise invalid("image", f"the number of images must be at most {rules.max_references}")
    checked = [_check_image(image) for image in listed]
    return (
        tuple(reference for reference, _ in checked),
        tuple(inspected for _, inspected in checked if inspected is not None),
    )


def _check_image(image: Any) -> tuple[Reference, Inspected | None]:
    if not isinstance(image, str):
        raise invalid("image", "a string or an array of strings is expected")
    if not image:
        raise invalid("image", "the image url is empty", "InvalidImageURL.EmptyURL")
    if image.startswith("data:"):
        return _check_data_uri(image)
    if not _is_web_url(image):
        raise _bad_url()
    return Reference(hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()), None


def _is_web_url(text: str) -> bool:
    if any(letter.isspace() for letter in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _bad_url() -> ArkRefusal:
    return invalid("image", "invalid url specified", "InvalidImageURL.InvalidFormat")


def _check_data_uri(uri: str) -> tuple[Reference, Inspected]:
    head, comma, text = uri.partition(",")
    kind = head.removeprefix("data:image/").removesuffix(";base64")
    if not comma or head != f"data:image/{kind};base64":
        raise _bad_url()
    if kind not in FORMATS:
        raise invalid("image", f"image format `{kind}` is not supported")
    # Four letters carry three bytes: an over-long picture need not be decoded to be refused.
    if len(text) // 4 * 3 > MAX_BYTES + 2:
        raise _too_large()
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("image", "invalid base64 data") from error
    if len(content) > MAX_BYTES:
        raise _too_large()
    inspected = _inspect(content)
    if inspected.kind != kind and {inspected.kind, kind} != {"heic", "heif"}:
        raise invalid("image", f"the image is {inspected.kind}, not {kind} as declared")
    digest = hashlib.sha256(content).hexdigest()
    return Reference(digest, inspected.size, inspected.thumbnail), inspected


def _too_large() -> ArkRefusal:
    return invalid("image", "image size must be at most 30 MB")


def _inspect(content: bytes) -> Inspected:
    try:
        inspected = inspect(content, MAX_PIXELS)
    except UnreadablePictureError as error:
        raise invalid("image", str(error)) from error
    width, height = inspected.size
    if min(width, height) < MIN_SIDE_PX:
        raise invalid("image", f"image width and height must be larger than {MIN_SIDE_PX - 1} px")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise invalid("image", "image aspect ratio must be between 1/16 and 16")
    if width * height > MAX_PIXELS:
        raise invalid("image", f"image pixels must be at most {MAX_PIXELS}")
    return inspected
