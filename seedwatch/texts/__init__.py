"""Every sentence a person reads, in each language, looked up by key.

Each area of the product keeps its sentences in one module of this package, English and Chinese
side by side, so that a translator sees both and a missing one cannot hide.
"""

from __future__ import annotations

import importlib
import locale
import os
from functools import cache
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]
AREAS = (
    "audit",
    "cards",
    "cli",
    "config",
    "daemon",
    "inbox",
    "media",
    "money",
    "provider",
    "store",
    "worker",
)


class Text(NamedTuple):
    """One sentence in each language; `{name}` marks what `say` fills in."""

    en: str
    zh: str


class _Chosen:
    language: Language = "en"


@cache
def sentences() -> dict[str, Text]:
    """All sentences, keyed `area.name`."""
    found: dict[str, Text] = {}
    for area in AREAS:
        module = importlib.import_module(f"{__name__}.{area}")
        found.update({f"{area}.{name}": text for name, text in module.TEXTS.items()})
    return found


def use(language: Literal["en", "zh", "auto"]) -> None:
    """Choose the language of this process; `auto` follows the system."""
    _Chosen.language = system_language() if language == "auto" else language


def chosen() -> Language:
    """The language that this process speaks."""
    return _Chosen.language


def system_language() -> Language:
    """`zh` where the system speaks Chinese, else `en`."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    if spoken is None:
        spoken = locale.getlocale()[0] or ""
    return "zh" if spoken.lower().startswith(("zh", "chinese")) else "en"


def say(key: str, **params: object) -> str:
    """The sentence `key` in the chosen language, its places filled in.

    Raises:
        KeyError: there is no such sentence, or a place was not filled.
    """
    return getattr(sentences()[key], _Chosen.language).format(**params)  # type: ignore[no-any-return]  # a NamedTuple of str
