"""Request bodies as multipart/form-data: fields as texts, pictures as files (RFC 7578).

The length is known before the first byte, and a picture is streamed from where it lies in memory.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seedwatch.providers.bodies import DataUri

_PIECE = 192 * 1024
"""bytes of a picture handed on at a time"""
_END = b"\r\n"

Part = tuple[str, DataUri]
"""A file: the name of its part, and the picture."""


class MultipartBody:
    """A form of scalar fields and picture files.

    A nested object becomes `name[inner]`, as the vendor's client writes it (protocols.md 6.2,
    `svg[model]`). Each file has its own Content-Type and a file name: without, some relays refuse
    it (protocols.md 6.1).
    """

    def __init__(self, texts: Mapping[str, Any], files: Sequence[Part]) -> None:
        self._texts = dict(texts)
        self._files = tuple(files)
        self._boundary = secrets.token_hex(16)
        self._heads = [self._head(n, *part) for n, part in enumerate(self._files, start=1)]
        self._start = b"".join(self._text(name, text) for name, text in _flat(self._texts))
        self._last = f"--{self._boundary}--\r\n".encode()

    @property
    def fields(self) -> Mapping[str, Any]:
        """Its fields by name; the files of one name as a list where there are several."""
        return self._with_files(lambda picture: picture)

    @property
    def content_type(self) -> str:
        """The Content-Type header, with the boundary."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def content_length(self) -> int:
        """Bytes that will be sent."""
        files = sum(len(picture.content) + len(_END) for _, picture in self._files)
        return len(self._start) + sum(map(len, self._heads)) + files + len(self._last)

    @property
    def sha256(self) -> str:
        """Names the request: the digest of its fields, each picture by its own digest."""
        named = self._with_files(lambda picture: hashlib.sha256(picture.content).hexdigest())
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The bytes to send, in pieces of bounded size; the same bytes each time."""
        yield self._start
        for head, (_, picture) in zip(self._heads, self._files, strict=True):
            yield head
            view = memoryview(picture.content)
            for start in range(0, len(view), _PIECE):
                yield bytes(view[start : start + _PIECE])
            yield _END
        yield self._last

    def shown(self) -> dict[str, Any]:
        """Its fields with pictures shortened, for a person to read."""
        return self._with_files(DataUri.shortened)

    def _with_files(self, shape: Callable[[DataUri], object]) -> dict[str, Any]:
        found = dict(self._texts)
        for name in dict.fromkeys(name for name, _ in self._files):
            shaped = [shape(picture) for part, picture in self._files if part == name]
            found[name] = shaped[0] if len(shaped) == 1 else shaped
        return found

    def _text(self, name: str, text: str) -> bytes:
        start = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        return f"{start}\r\n\r\n{text}\r\n".encode()

    def _head(self, number: int, name: str, picture: DataUri) -> bytes:
        media_type = picture.media_type.lower()
        filename = f"image-{number}.{media_type.rpartition('/')[2]}"
        head = (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; '
            f'filename="{filename}"\r\nContent-Type: {media_type}\r\n\r\n'
        )
        return head.encode()


def _flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field as a name and a text.

    Raises:
        TypeError: it is neither a scalar nor an object of scalars.
    """
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from ((f"{name}{_inner(key)}", text) for key, text in _flat(value))
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, str | int | float):
            yield name, str(value)
        else:
            raise TypeError(f"cannot be sent in a form: {type(value).__name__}")


def _inner(key: str) -> str:
    """`a` becomes `[a]`, and `a[b]` becomes `[a][b]`."""
    first, bracket, rest = key.partition("[")
    return f"[{first}]{bracket}{rest}"


def _quoted(name: str) -> str:
    """A name as it may stand between quotes in a header (RFC 7578, 2)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
