"""Tells what a picture or video is and that its end is there, without decoding any of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import BinaryIO

from seedwatch.media.blocks import Cut, Found
from seedwatch.media.boxes import walk_avif, walk_movie
from seedwatch.media.containers import walk_bmp, walk_tiff
from seedwatch.media.kinds import HEAD_BYTES, sniff
from seedwatch.media.picture import Incomplete, Outline, cut, foreign, undecodable
from seedwatch.media.streams import walk_gif, walk_jpeg, walk_png, walk_webp
from seedwatch.texts import say

_Walk = Callable[[BinaryIO, int], Found]
_PICTURES: Mapping[str, _Walk] = {
    "image/jpeg": walk_jpeg,
    "image/png": walk_png,
    "image/gif": walk_gif,
    "image/webp": walk_webp,
    "image/bmp": walk_bmp,
    "image/tiff": walk_tiff,
    "image/avif": walk_avif,
}
_VIDEOS: Mapping[str, _Walk] = {"video/mp4": walk_movie, "video/quicktime": walk_movie}
_SIDES_UNKNOWN = frozenset({"image/avif", *_VIDEOS})


def outline(file: BinaryIO) -> Outline:
    """The type and the sides of a picture that is there to its last byte; reads it once.

    Bytes after the end of the picture are tolerated. `file` may stand anywhere and is left
    anywhere.

    Raises:
        Incomplete: empty, of no known type, or ends before its own structure does.
        SourceError: of a known type that cannot be read here.
    """
    return _outline(file, _PICTURES)


def outline_result(file: BinaryIO) -> Outline:
    """`outline` for what a service made: a picture or a video; the same errors."""
    return _outline(file, {**_PICTURES, **_VIDEOS})


def _outline(file: BinaryIO, walks: Mapping[str, _Walk]) -> Outline:
    byte_count = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise Incomplete(say("media.empty"), advice=say("media.again_advice"))
    media_type = sniff(head)
    if media_type is None:
        raise Incomplete(say("media.unknown"), advice=say("media.unknown_advice"))
    walk = walks.get(media_type)
    if walk is None:
        raise foreign(media_type)
    try:
        found = walk(file, byte_count)
    except Cut as error:
        raise cut(media_type, byte_count) from error
    if found.is_raw:
        raise foreign("image/x-camera-raw")
    if not (found.width and found.height) and media_type not in _SIDES_UNKNOWN:
        raise undecodable(media_type, f"{found.width}x{found.height}")
    return Outline(
        media_type,
        found.width,
        found.height,
        byte_count,
        bit_depth=found.bit_depth,
        has_late_exif=found.has_late_exif,
        duration_s=found.duration_s,
    )
