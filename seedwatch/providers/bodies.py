"""Request bodies that are streamed: JSON whose pictures become base64 on the way out.

The length is known before the first byte, and a picture is never held in memory a second time:
10 MB of picture cost a few hundred kilobytes beyond it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_PIECE = 3 * 64 * 1024
"""bytes of a picture encoded at a time; a multiple of 3, so that no padding stands inside"""


@dataclass(frozen=True, slots=True)
class DataUri:
    """A picture sent inside the request as `data:image/…;base64,…` (protocols.md 2.2)."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def prefix(self) -> str:
        """The part before the base64 text; the format is lowercase as the services demand."""
        return f"data:{self.media_type.lower()};base64,"

    @property
    def encoded_length(self) -> int:
        """Characters of the base64 text."""
        return (len(self.content) + 2) // 3 * 4

    def shortened(self) -> str:
        """How `explain` shows it."""
        start = b64encode(self.content[:24]).decode()
        return f"{self.prefix}{start}… ({len(self.content):,} bytes)"


class JsonBody:
    """A JSON object with DataUri values anywhere inside it."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self._pictures: list[DataUri] = []
        mark = secrets.token_hex(16)

        def stand_in(value: object) -> str:
            if not isinstance(value, DataUri):
                raise TypeError(f"cannot be sent as JSON: {type(value).__name__}")
            self._pictures.append(value)
            return value.prefix + mark

        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=stand_in)
        self._texts = [part.encode() for part in text.split(mark)]

    @property
    def content_type(self) -> str:
        """The Content-Type header."""
        return "application/json"

    @property
    def content_length(self) -> int:
        """Bytes that will be sent."""
        return sum(map(len, self._texts)) + sum(p.encoded_length for p in self._pictures)

    @property
    def sha256(self) -> str:
        """Names the request: the digest of its fields, each picture by its own digest."""
        named = json.dumps(
            self.fields,
            sort_keys=True,
            default=lambda picture: hashlib.sha256(picture.content).hexdigest(),
        )
        return hashlib.sha256(named.encode()).hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The bytes to send, in pieces of bounded size."""
        for text, picture in zip(self._texts, [*self._pictures, None], strict=True):
            yield text
            if picture is not None:
                view = memoryview(picture.content)
                for start in range(0, len(view), _PIECE):
                    yield b64encode(view[start : start + _PIECE])

    def shown(self) -> dict[str, Any]:
        """The body with its pictures shortened, for a person to read."""
        text = json.dumps(self.fields, default=lambda picture: picture.shortened())
        shown: dict[str, Any] = json.loads(text)
        return shown
