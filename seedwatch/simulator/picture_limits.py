"""What an API takes as an input picture, and the check that a picture keeps to it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from seedwatch.simulator.references import Inspected, Reference, UnreadablePictureError, inspect

_MIB = 1024 * 1024


class LimitError(ValueError):
    """A picture breaks a limit; the message is a clause for the API's error text."""


class NoDataUriError(ValueError):
    """A text that starts like a data URI of a picture is none."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """The limits of one API.

    Attributes:
        formats: lowercase names, as `references.Inspected.kind`.
        max_ratio: of the longer side to the shorter.
        max_side_px: None where only the pixels are limited.
    """

    formats: frozenset[str]
    max_bytes: int
    min_side_px: int
    max_ratio: float
    max_pixels: int
    max_side_px: int | None = None

    def check(self, content: bytes) -> Inspected:
        """Decode a picture and check it.

        Raises:
            LimitError: it is not whole, or breaks a limit.
        """
        if len(content) > self.max_bytes:
            raise self._too_large()
        try:
            inspected = inspect(content, self.max_pixels)
        except UnreadablePictureError as error:
            raise LimitError(str(error)) from error
        self.check_known(inspected.kind, inspected.size, len(content))
        return inspected

    def check_known(self, kind: str, size: tuple[int, int], size_bytes: int) -> None:
        """Check what is known of a picture that was decoded before.

        Raises:
            LimitError: it breaks a limit.
        """
        if size_bytes > self.max_bytes:
            raise self._too_large()
        if kind not in self.formats:
            raise LimitError(f"image format `{kind}` is not supported")
        shorter, longer = sorted(size)
        if shorter < self.min_side_px:
            least = self.min_side_px - 1
            raise LimitError(f"image width and height must be larger than {least} px")
        if self.max_side_px is not None and longer > self.max_side_px:
            raise LimitError(f"image width and height must be at most {self.max_side_px} px")
        if longer > self.max_ratio * shorter:
            ratio = f"{self.max_ratio:g}"
            raise LimitError(f"image aspect ratio must be between 1/{ratio} and {ratio}")
        if size[0] * size[1] > self.max_pixels:
            raise LimitError(f"image pixels must be at most {self.max_pixels}")

    def check_data_uri(self, uri: str) -> tuple[Reference, Inspected]:
        """Decode and check `data:image/KIND;base64,…`; KIND in lower case, as it really is.

        Raises:
            NoDataUriError: it has not this form.
            LimitError: the picture breaks a limit.
        """
        head, comma, text = uri.partition(",")
        kind = head.removeprefix("data:image/").removesuffix(";base64")
        if not comma or head != f"data:image/{kind};base64":
            raise NoDataUriError
        if kind not in self.formats:
            raise LimitError(f"image format `{kind}` is not supported")
        # Four letters carry three bytes: an over-long picture need not be decoded to be refused.
        if len(text) // 4 * 3 > self.max_bytes + 2:
            raise self._too_large()
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise LimitError("invalid base64 data") from error
        inspected = self.check(content)
        if inspected.kind != kind and {inspected.kind, kind} != {"heic", "heif"}:
            raise LimitError(f"the image is {inspected.kind}, not {kind} as declared")
        digest = hashlib.sha256(content).hexdigest()
        return Reference(digest, inspected.size, inspected.thumbnail), inspected

    def _too_large(self) -> LimitError:
        return LimitError(f"image size must be at most {self.max_bytes // _MIB} MB")


def is_web_url(text: str) -> bool:
    """Whether this is an http(s) URL without stray spaces."""
    if any(letter.isspace() for letter in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def unread(url: str) -> Reference:
    """A picture given by a URL: it is never fetched, so only its text is known."""
    return Reference(hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest())
