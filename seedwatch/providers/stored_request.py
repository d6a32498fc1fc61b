"""A request kept byte by byte, to be sent again under its idempotency key after a lost answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedwatch.providers.base import Exchange
from seedwatch.providers.wire import Sink

_PIECE = 256 << 10


def store(exchange: Exchange, sink: Sink) -> None:
    """Write method, path, headers and body; the key of the account is in none of them."""
    assert exchange.body is not None
    head = {
        "method": exchange.method,
        "path": exchange.path,
        "headers": dict(exchange.headers),
        "content_type": exchange.body.content_type,
    }
    sink.write(json.dumps(head).encode() + b"\n")
    for piece in exchange.body.pieces():
        sink.write(piece)


def stored(path: Path) -> Exchange:
    """The exchange that `store` wrote.

    Raises:
        OSError: it is not there.
        ValueError: it is not such a file.
    """
    with path.open("rb") as file:
        line = file.readline()
    head = json.loads(line)
    body = StoredBody(path, len(line), path.stat().st_size - len(line), head["content_type"])
    return Exchange(head["method"], head["path"], body, head["headers"])


@dataclass(frozen=True, slots=True)
class StoredBody:
    """The body in a file, from `offset` on."""

    path: Path
    offset: int
    content_length: int
    content_type: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        sha256 = hashlib.sha256()
        for piece in self.pieces():
            sha256.update(piece)
        return sha256.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The bytes to send."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            while piece := file.read(_PIECE):
                yield piece

    def shown(self) -> dict[str, Any]:
        """Nothing: it is sent, never shown."""
        return {}
