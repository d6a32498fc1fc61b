"""Tells what a picture is and that its end is there, without decoding one pixel of it."""

from __future__ import annotations

import os
from typing import BinaryIO

from seedwatch.media.blocks import Cut
from seedwatch.media.containers import walk_avif, walk_bmp, walk_tiff
from seedwatch.media.kinds import HEAD_BYTES, sniff
from seedwatch.media.picture import Incomplete, Outline, cut, foreign, undecodable
from seedwatch.media.streams import walk_gif, walk_jpeg, walk_png, walk_webp
from seedwatch.texts import say

_WALKS = {
    "image/jpeg": walk_jpeg,
    "image/png": walk_png,
    "image/gif": walk_gif,
    "image/webp": walk_webp,
    "image/bmp": walk_bmp,
    "image/tiff": walk_tiff,
    "image/avif": walk_avif,
}


def outline(file: BinaryIO) -> Outline:
    """The type and the sides of a picture that is there to its last byte; reads it once.

    Bytes after the end of the picture are tolerated. `file` may stand anywhere and is left
    anywhere.

    Raises:
        Incomplete: empty, of no known type, or ends before its own structure does.
        SourceError: of a known type that cannot be read here.
    """
    byte_count = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise Incomplete(say("media.empty"), advice=say("media.again_advice"))
    media_type = sniff(head)
    if media_type is None:
        raise Incomplete(say("media.unknown"), advice=say("media.unknown_advice"))
    walk = _WALKS.get(media_type)
    if walk is None:
        raise foreign(media_type)
    try:
        found = walk(file, byte_count)
    except Cut as error:
        raise cut(media_type, byte_count) from error
    if found.is_raw:
        raise foreign("image/x-camera-raw")
    if not (found.width and found.height) and media_type != "image/avif":
        raise undecodable(media_type, f"{found.width}x{found.height}")
    return Outline(
        media_type,
        found.width,
        found.height,
        byte_count,
        bit_depth=found.bit_depth,
        has_late_exif=found.has_late_exif,
    )
