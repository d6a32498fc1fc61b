"""The legacy flags at the end of a video prompt: `--dur 10 --rt 1:1` (protocols.md 3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_FIELDS: Final[Mapping[str, str]] = {
    "rs": "resolution",
    "resolution": "resolution",
    "rt": "ratio",
    "ratio": "ratio",
    "dur": "duration",
    "duration": "duration",
    "frames": "frames",
    "fps": "framespersecond",
    "framespersecond": "framespersecond",
    "seed": "seed",
    "cf": "camera_fixed",
    "camerafixed": "camera_fixed",
    "wm": "watermark",
    "watermark": "watermark",
}
_FLAG: Final = re.compile(rf"\s--({'|'.join(_FIELDS)})\s+(\S+)\s*$")
_WORDS: Final = {"true": True, "false": False}


def split_flags(text: str) -> tuple[str, dict[str, Any]]:
    """The prompt without the flags at its end, and the fields that they stand for."""
    found: dict[str, Any] = {}
    while (match := _FLAG.search(text)) is not None:
        text = text[: match.start()]
        field = _FIELDS[match[1]]
        # A later flag wins over an earlier one; the search goes from the end to the front.
        found.setdefault(field, _value(match[2]))
    return text, found


def _value(word: str) -> Any:
    if re.fullmatch(r"-?[0-9]{1,10}", word):
        return int(word)
    return _WORDS.get(word, word)


def with_flags(
    given: Mapping[str, Any], flags: Mapping[str, Any], is_valid: Callable[[str, Any], bool]
) -> dict[str, Any]:
    """The fields of the body, and those flags that are valid where the body says nothing.

    Flags are checked weakly: a bad one is ignored. Which of a flag and a field wins is not known;
    here it is the field.
    """
    taken = {
        field: value
        for field, value in flags.items()
        if field not in given and is_valid(field, value)
    }
    return {**given, **taken}
