"""Brings any kind of pixels to 8 bits in grey or RGB, with or without transparency."""

from __future__ import annotations

import io
from typing import cast

from PIL import Image, ImageCms

from seedwatch.texts import say

_KEPT_MODES = frozenset({"L", "RGB", "LA", "RGBA", "CMYK", "LAB", "YCbCr"})
_SIMPLER = {"1": "L", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "HSV": "RGB"}
_PROFILE_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}
_PROFILE_HEAD_BYTES = 128
_PROFILE_MAX_BYTES = 1024 * 1024
_OPAQUE = 255


def plain(image: Image.Image) -> Image.Image:
    """Eight bits per channel, no palette, transparency as a channel; the picture itself if it is.

    16 bits are scaled, not clipped; numbers that have no fixed range are scaled by their own.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        wide = image if mode == "I;16" else image.convert("I")
        return wide.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if mode in {"I", "F"}:
        return _from_numbers(image)
    if image.has_transparency_data and mode not in {"LA", "RGBA", "La", "RGBa"}:
        return image.convert("RGBA")
    if mode in {"P", "PA"}:
        return image.convert("RGB")
    return image if mode in _KEPT_MODES else image.convert(_SIMPLER.get(mode, "RGB"))


def _from_numbers(image: Image.Image) -> Image.Image:
    """Grey from whole or broken numbers: what fits 8 bits is kept, the rest spread over them."""
    low, high = cast("tuple[float, float]", image.getextrema())
    if image.mode == "I" and low >= 0 and high <= _OPAQUE:
        return image.convert("L")
    scale = _OPAQUE / (high - low) if high > low else 1.0
    offset = -low * scale
    return image.convert("F").point(lambda value: value * scale + offset).convert("L")


def is_opaque(image: Image.Image) -> bool:
    """Whether nothing is transparent in a picture that has a channel for it, the last one."""
    extrema = cast("tuple[tuple[int, int], ...]", image.getextrema())
    return extrema[-1][0] == _OPAQUE


def in_rgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """CMYK, LAB and YCbCr as RGB, by the picture's own profile where it has one that works."""
    mode = image.mode
    if mode == "LA":
        return image.convert("RGBA"), ()
    if mode not in {"CMYK", "LAB", "YCbCr"}:
        return image, ()
    source = _profile_of(mode, profile)
    if source is not None:
        try:
            turned = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            turned = None  # A profile of another kind of pixels, or junk: do without.
        if turned is not None:
            return turned, (say("media.colours_profiled", mode=mode),)
    return image.convert("RGB"), (say("media.colours", mode=mode),)


def _profile_of(mode: str, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if mode != "CMYK" or not profile:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None  # Junk in place of a profile; the picture is fine without.


def filled(image: Image.Image, background: str) -> Image.Image:
    """The picture over `background`, a colour name or #rrggbb, without transparency."""
    under = Image.new("RGB", image.size, background)
    under.paste(image, mask=image.getchannel("A"))
    return under


def fitting_profile(mode: str, profile: bytes | None) -> bytes | None:
    """The profile if it is one, and describes pixels of this mode; else None."""
    if not profile or not _PROFILE_HEAD_BYTES <= len(profile) <= _PROFILE_MAX_BYTES:
        return None
    is_profile = profile[36:40] == b"acsp" and profile[16:20] == _PROFILE_SPACES.get(mode)
    return profile if is_profile else None
