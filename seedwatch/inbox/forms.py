"""What a file name says: picture or text, and which text goes with which picture; no I/O."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from seedwatch.inbox.natural import natural_key
from seedwatch.records import MemberRole, RelPath

Kind = Literal["picture", "lines", "set", "companion", "silent", "ignored"]

TEXT_SUFFIX: Final = ".txt"
SET_PROMPT: Final = "prompt.txt"
_PICTURE_SUFFIXES: Final = (
    # What can be read,
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"),
    # and what people take for pictures: it fails with a card that says how to convert it.
    *(".apng", ".dib", ".heic", ".heif", ".hif", ".jxl", ".jp2", ".psd", ".svg", ".eps"),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"),
)
_TEXT_SPELLINGS: Final = (".txt", ".TXT", ".Txt")
_PICTURE_SPELLINGS: Final = tuple(
    spelling
    for suffix in _PICTURE_SUFFIXES
    for spelling in (suffix, suffix.upper(), suffix.title())
)


def is_picture_name(path: RelPath) -> bool:
    """Whether a person would expect a picture behind this name."""
    return path.lower().endswith(_PICTURE_SUFFIXES)


def text_beside(path: RelPath, names: Mapping[str, object]) -> RelPath | None:
    """The prompt file that lies beside a picture (`a.txt` for `a.jpg`)."""
    return next(_beside(path, names, _TEXT_SPELLINGS), None)


def pictures_beside(path: RelPath, names: Mapping[str, object]) -> list[RelPath]:
    """The pictures that a prompt file could belong to, in natural order."""
    return sorted(_beside(path, names, _PICTURE_SPELLINGS), key=natural_key)


def _beside(
    path: RelPath, names: Mapping[str, object], suffixes: tuple[str, ...]
) -> Iterator[RelPath]:
    """Files of the same stem; composed and decomposed accents are the same to people."""
    directory, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    for spelling in dict.fromkeys(
        (stem, unicodedata.normalize("NFC", stem), unicodedata.normalize("NFD", stem))
    ):
        for suffix in suffixes:
            if spelling + suffix in names:
                yield f"{directory}{slash}{spelling}{suffix}"


def role_in_set(path: RelPath, directory: RelPath) -> MemberRole | None:
    """What a file of a set is by its name; None: it may be anything, its content tells."""
    if path[len(directory) + 1 :].lower() == SET_PROMPT:
        return "prompt"
    return "picture" if is_picture_name(path) else None
