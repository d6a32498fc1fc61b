"""Keeps uploaded pictures: their link can be fetched, and stands for them in a request."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from seedwatch.simulator.faults import Firing
from seedwatch.simulator.references import (
    Inspected,
    Reference,
    UnreadablePictureError,
    inspect,
)
from seedwatch.simulator.results import Delivery, ResultStore

LIFETIME_S: Final = 72 * 3600
"""How long the URL of an upload is valid (protocols.md 4.4)."""
_KEPT_BYTES: Final = 256 * 1024 * 1024
_MAX_PIXELS: Final = 100_000_000
_MAGIC: Final = (
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("gif", 0, b"GIF8"),
    ("webp", 8, b"WEBP"),
)


@dataclass(frozen=True, slots=True, eq=False)
class UploadedFile:
    """Uploaded bytes as a drawing that is already drawn."""

    media_type: str
    content: bytes

    def drawn(self) -> bytes:
        """The file content."""
        return self.content


@dataclass(frozen=True, slots=True)
class Upload:
    """What is known of an uploaded picture; `inspected` is None if it cannot be decoded."""

    reference: Reference
    inspected: Inspected | None
    size_bytes: int


def sniffed(content: bytes) -> str | None:
    """The kind of a picture by its first bytes; None for anything but JPEG, PNG, WebP and GIF."""
    found = (kind for kind, at, magic in _MAGIC if content[at : at + len(magic)] == magic)
    return next(found, None)


def inspected(content: bytes) -> Upload:
    """Look at uploaded bytes. Costs CPU; runs in a thread."""
    digest = hashlib.sha256(content).hexdigest()
    try:
        seen = inspect(content, _MAX_PIXELS)
    except UnreadablePictureError:
        return Upload(Reference(digest), None, len(content))
    return Upload(Reference(digest, seen.size, seen.thumbnail), seen, len(content))


class UploadStore:
    """The newest uploads, 256 MB of them, by the path of their link."""

    def __init__(self, results: ResultStore, folder: str) -> None:
        self._results = results
        self._folder = f"/files/{folder}/"
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._kept_bytes = 0

    def add(self, upload: Upload, content: bytes, kind: str) -> str:
        """Publish an upload and return path and query of its link."""
        path = f"{self._folder}{secrets.token_hex(12)}.{kind}"
        file = UploadedFile(f"image/{kind}", content)
        link = self._results.add(path, file, Firing(), lifetime_s=LIFETIME_S)
        self._uploads[path] = upload
        self._kept_bytes += upload.size_bytes
        while self._kept_bytes > _KEPT_BYTES:
            oldest, gone = self._uploads.popitem(last=False)
            self._results.remove(oldest)
            self._kept_bytes -= gone.size_bytes
        return link

    def is_ours(self, url: str) -> bool:
        """Whether a URL has the form of an upload's link."""
        return urlsplit(url).path.startswith(self._folder)

    def find(self, url: str) -> Upload | None:
        """The upload behind a link that can still be fetched."""
        parts = urlsplit(url)
        is_good = isinstance(self._results.look_up(parts.path, parts.query), Delivery)
        return self._uploads.get(parts.path) if is_good else None
