"""Takes old flags off the end of a video's prompt, where Seedance would obey them (3.2); pure."""

from __future__ import annotations

import re
from typing import Final

_FLAG: Final = re.compile(
    r"(?:^|\s)--(?:rs|resolution|rt|ratio|dur|duration|frames|fps|framespersecond|seed|cf"
    r"|camerafixed|wm|watermark)(?:(?:\s+|=)\S*)?\s*\Z",
    re.IGNORECASE,
)


def without_flags(prompt: str) -> tuple[str, str]:
    """The prompt without the flags at its end, and what was taken off (empty: nothing).

    A flag is checked weakly and may win over the field of the request (protocols.md 3.2); a rule
    says all of it by its own keys.
    """
    kept = prompt
    while (found := _FLAG.search(kept)) is not None:
        kept = kept[: found.start()]
    return (kept.rstrip() if kept != prompt else prompt), prompt[len(kept) :].strip()
