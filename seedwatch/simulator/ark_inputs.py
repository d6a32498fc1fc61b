"""Checks the `image` field of Ark: data URIs are decoded, URLs are taken without fetching."""

from __future__ import annotations

from typing import Any, Final

from seedwatch.simulator.ark_errors import ArkRefusal, invalid, missing
from seedwatch.simulator.ark_models import ModelRules
from seedwatch.simulator.picture_limits import (
    LimitError,
    NoDataUriError,
    PictureLimits,
    is_web_url,
    unread,
)
from seedwatch.simulator.references import Inspected, Reference

LIMITS: Final = PictureLimits(
    formats=frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"}),
    max_bytes=30 * 1024 * 1024,
    min_side_px=15,
    max_ratio=16,
    max_pixels=36_000_000,
)
"""The limits of the current page (protocols.md 2.4); the seeds know stricter ones."""


def check_images(
    given: Any, rules: ModelRules, limits: PictureLimits = LIMITS
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
    checked = [_check_image(image, limits) for image in listed]
    return (
        tuple(reference for reference, _ in checked),
        tuple(inspected for _, inspected in checked if inspected is not None),
    )


def _check_image(image: Any, limits: PictureLimits) -> tuple[Reference, Inspected | None]:
    if not isinstance(image, str):
        raise invalid("image", "a string or an array of strings is expected")
    return check_image_url("image", image, limits)


def check_image_url(
    param: str, url: str, limits: PictureLimits
) -> tuple[Reference, Inspected | None]:
    """A picture as Ark takes it: an http(s) URL, or a data URI, which is decoded.

    Raises:
        ArkRefusal: it is neither, or breaks a limit; names `param`.
    """
    if not url:
        raise invalid(param, "the image url is empty", "InvalidImageURL.EmptyURL")
    if not url.startswith("data:"):
        if not is_web_url(url):
            raise _bad_url(param)
        return unread(url), None
    try:
        return limits.check_data_uri(url)
    except NoDataUriError as error:
        raise _bad_url(param) from error
    except LimitError as error:
        raise invalid(param, str(error)) from error


def _bad_url(param: str) -> ArkRefusal:
    return invalid(param, "invalid url specified", "InvalidImageURL.InvalidFormat")
