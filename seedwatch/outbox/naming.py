"""Names of results and retired sources: pure, one path component, legal everywhere.

A result's name comes from the rule's template; what Windows or a share would refuse is replaced,
what is too long is shortened and keeps a hash, so that two long names never become one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import count

from seedwatch.records import FIRST_PREVIEW, RelPath, Source, name_of

_MOST_BYTES = 255
_SUFFIX_ROOM = len(".error.txt") + 12
"""for the sidecar's or card's ending and a number where the name is taken"""
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d\u00b9\u00b2\u00b3]) *(\.|$)", re.IGNORECASE
)
_MOST_EXTENSION_BYTES = 20
"""what is longer is a sentence with a full stop in it, not an extension"""


def extension(media_type: str) -> str:
    """The extension of a result: the subtype of what its bytes are (`jpeg`, `png`, `mp4`)."""
    subtype = media_type.rpartition("/")[2]
    if subtype == "quicktime":
        return "mov"
    return subtype if subtype.isalnum() else "bin"


def stem_of(source: Source) -> str:
    """`{stem}`: the file's name without its extension, or the name of the set."""
    name = name_of(source.path)
    if source.kind == "set":
        return name
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def folder_of(path: RelPath) -> RelPath:
    """The sub-path of a source: results and retired sources keep it."""
    return path.rpartition("/")[0]


def result_names(
    template: str, source: Source, index: int, n: int, place_count: int, extension: str
) -> Iterator[RelPath]:
    """Names for the n-th picture of a task, best first, endless; relative to the outbox.

    `index` counts tasks of the job from 1; with several places it becomes `T-I`, with a preview
    `T-preview-I`.
    """
    number = str(index) if place_count == 1 else f"{index}-{n}"
    if n > FIRST_PREVIEW:
        number = f"{index}-preview-{n - FIRST_PREVIEW}"
    filled = template.replace("{index}", number).replace("{stem}", stem_of(source))
    return _numbered(folder_of(source.path), legal(filled), f".{extension}")


def manifest_names(template: str, source: Source, index: int) -> Iterator[RelPath]:
    """Names for the manifest of a task with several pictures."""
    filled = template.replace("{index}", str(index)).replace("{stem}", stem_of(source))
    return _numbered(folder_of(source.path), legal(filled), ".set.json")


def retired_names(
    path: RelPath, job_id: int, *, is_folder: bool, suffix: str = ""
) -> Iterator[RelPath]:
    """Names for a retired source: its own, then with the job's id, then numbered.

    Each has room for `suffix` (that of its card).
    """
    folder, name = folder_of(path), name_of(path)
    if len(_raw(name + suffix)) <= _MOST_BYTES:
        yield path
    stem, dot, extension = name.rpartition(".")
    if is_folder or not dot or not stem or len(_raw(extension)) > _MOST_EXTENSION_BYTES:
        stem, extension = name, ""
    else:
        extension = "." + extension
    yield from _numbered(folder, f"{_shortened(stem, extension)}~{job_id}", extension)


def legal(name: str) -> str:
    """`name` with everything replaced that a file system, share or screen would refuse."""
    name = _INVISIBLE.sub("_", _ILLEGAL.sub("_", name)).rstrip(" .").lstrip(" ")
    if name.startswith(("-", ".")):
        name = "_" + name[1:]
    if _RESERVED.match(name):
        name = "_" + name
    return name or "_"


def _numbered(folder: RelPath, stem: str, extension: str) -> Iterator[RelPath]:
    stem = _shortened(stem, extension)
    prefix = f"{folder}/" if folder else ""
    yield f"{prefix}{stem}{extension}"
    for number in count(2):
        yield f"{prefix}{stem}-{number}{extension}"


def _shortened(stem: str, extension: str) -> str:
    room = _MOST_BYTES - _SUFFIX_ROOM - len(_raw(extension))
    raw = _raw(stem)
    if len(raw) <= room:
        return stem
    mark = "~" + hashlib.sha256(raw).hexdigest()[:8]
    return raw[: room - len(mark)].decode(errors="ignore") + mark


def _raw(name: str) -> bytes:
    """At least as many bytes as the name has on any disk; bytes that are not UTF-8 count more."""
    return name.encode(errors="surrogatepass")
