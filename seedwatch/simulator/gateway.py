"""Answers that a gateway gives in the place of a service: plain text, no error object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LOST: Final = "upstream connect error or disconnect/reset before headers"
_LATE: Final = "upstream request timeout"
_TEXTS: Final[Mapping[int, str]] = {408: _LATE, 502: _LOST, 504: _LATE}


def gateway_text(status: int) -> str | None:
    """The text of a bare 408, 502, 504 or 52x; None for a status of the service itself.

    Such an answer tells nothing of the call: it may have been accepted.
    """
    return _TEXTS.get(status, _LOST if 520 <= status <= 527 else None)
