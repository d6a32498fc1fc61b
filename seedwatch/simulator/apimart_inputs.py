"""Checks the input pictures of APIMart: uploads, data URIs, other URLs (protocols.md 4.2, 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedwatch.simulator.apimart_errors import invalid
from seedwatch.simulator.picture_limits import (
    LimitError,
    NoDataUriError,
    PictureLimits,
    is_web_url,
    unread,
)
from seedwatch.simulator.references import Reference
from seedwatch.simulator.uploads import UploadStore


@dataclass(frozen=True, slots=True)
class InputReader:
    """How URLs of pictures are read."""

    uploads: UploadStore
    takes_data_uris: bool

    def picture(self, param: str, url: Any, limits: PictureLimits) -> Reference:
        """One picture.

        Raises:
            ApimartRefusal: it is no URL, is gone, or breaks a limit; names `param`.
        """
        if not isinstance(url, str):
            raise invalid(param, "a string is expected")
        try:
            if url.startswith("data:"):
                return self._data(param, url, limits)
            if not is_web_url(url):
                raise invalid(param, "an http(s) URL or a data URI is expected")
            return self._uploaded(param, url, limits) if self.uploads.is_ours(url) else unread(url)
        except NoDataUriError as error:
            raise invalid(param, "the data URI must be data:image/FORMAT;base64,…") from error
        except LimitError as error:
            raise invalid(param, str(error)) from error

    def pictures(
        self, given: Mapping[str, Any], param: str, limits: PictureLimits
    ) -> tuple[Reference, ...]:
        """A list of pictures, in order; empty if the field is not there.

        Raises:
            ApimartRefusal: as `picture`; names the field with its index.
        """
        listed = given.get(param, [])
        if not isinstance(listed, list):
            raise invalid(param, "a list of strings is expected")
        return tuple(self.picture(f"{param}[{i}]", url, limits) for i, url in enumerate(listed))

    def _data(self, param: str, url: str, limits: PictureLimits) -> Reference:
        if not self.takes_data_uris:
            raise invalid(param, "data URIs are not accepted, upload the image first")
        return limits.check_data_uri(url)[0]

    def _uploaded(self, param: str, url: str, limits: PictureLimits) -> Reference:
        upload = self.uploads.find(url)
        if upload is None:
            raise invalid(param, "the image cannot be downloaded")
        if upload.inspected is None:
            raise invalid(param, "the image cannot be decoded")
        limits.check_known(upload.inspected.kind, upload.inspected.size, upload.size_bytes)
        return upload.reference


def web_urls(given: Mapping[str, Any], param: str) -> tuple[Reference, ...]:
    """A list of URLs of videos or sounds, never fetched; there is no upload for them.

    Raises:
        ApimartRefusal: one is no http(s) URL.
    """
    listed = given.get(param, [])
    if not isinstance(listed, list):
        raise invalid(param, "a list of strings is expected")
    for i, url in enumerate(listed):
        if not isinstance(url, str) or not is_web_url(url):
            raise invalid(f"{param}[{i}]", "an http(s) URL is expected")
    return tuple(unread(url) for url in listed)
