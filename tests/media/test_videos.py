"""Videos as results: known by their boxes, whole or not at all, never inputs, never decoded."""

from __future__ import annotations

import io
import struct
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.errors import SourceError
from seedwatch.media.inspect import Incomplete, inspect, inspect_result
from seedwatch.simulator.clips import Clip
from seedwatch.simulator.movies import MovieFormat

TYPES: dict[MovieFormat, str] = {"mp4": "video/mp4", "mov": "video/quicktime"}


@cache
def video(kind: MovieFormat = "mp4") -> bytes:
    """Two seconds of a small video."""
    return Clip(64, 36, 48, "a fox", "m", format=kind).drawn()


def box(kind: bytes, content: bytes = b"", *, size: int | None = None) -> bytes:
    """One box; `size` instead of its own."""
    return struct.pack(">I4s", 8 + len(content) if size is None else size, kind) + content


def long_box(kind: bytes, content: bytes) -> bytes:
    """One box whose size has 64 bits."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def outer_boxes(content: bytes) -> list[int]:
    """Where each outer box begins."""
    starts, at = [], 0
    while at < len(content):
        starts.append(at)
        at += int.from_bytes(content[at : at + 4], "big")
    return starts


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_a_video_is_known_by_its_boxes(kind: MovieFormat) -> None:
    """Type by brand, sides and duration as its track and its header say."""
    found = inspect_result(io.BytesIO(video(kind)))
    assert (found.media_type, found.byte_count) == (TYPES[kind], len(video(kind)))
    assert (found.width, found.height, found.duration_s) == (64, 36, 2.0)


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_a_part_of_a_video_never_passes_for_a_whole(kind: MovieFormat) -> None:
    """Cut at, before and behind the start of every outer box, and at many places between."""
    content = video(kind)
    places = {start + step for start in outer_boxes(content) for step in (-1, 0, 1, 7, 8, 9)}
    places |= set(range(0, len(content), 61)) | {len(content) - 1}
    for length in sorted(place for place in places if 0 <= place < len(content)):
        with pytest.raises(Incomplete):
            inspect_result(io.BytesIO(content[:length]))


def test_the_index_may_come_last() -> None:
    """A video written without a second pass has `moov` behind its pictures; without it: cut."""
    brand, moov, mdat = outer_boxes(video())
    parts = video()[:moov], video()[moov:mdat], video()[mdat:]
    content = parts[0] + parts[2] + box(b"free", bytes(20)) + parts[1]
    assert brand == 0
    assert inspect_result(io.BytesIO(content)).width == 64
    for length in range(len(content) - len(parts[1]), len(content), 37):
        with pytest.raises(Incomplete, match="cut off"):
            inspect_result(io.BytesIO(content[:length]))


def test_large_and_endless_boxes_are_followed() -> None:
    """A size of 64 bits counts as one; a last box of size 0 reaches to the end of the file."""
    _, moov, mdat = outer_boxes(video())
    head, pictures = video()[:mdat], video()[mdat + 8 :]
    assert inspect_result(io.BytesIO(head + long_box(b"mdat", pictures))).height == 36
    assert inspect_result(io.BytesIO(head + box(b"mdat", pictures, size=0))).height == 36
    with pytest.raises(Incomplete, match="cut off"):
        inspect_result(io.BytesIO(head + long_box(b"mdat", pictures)[:-1]))
    with pytest.raises(Incomplete, match="cut off"):
        inspect_result(io.BytesIO(video()[:moov] + box(b"mdat", pictures, size=0)))


def test_stray_bytes_behind_a_video_are_tolerated() -> None:
    """What is no box of a file does not make a whole video a broken one."""
    for stray in (b"\0", b"\0\0\0\0", b"\r\n", b"<!-- served by x -->"):
        assert inspect_result(io.BytesIO(video() + stray)).width == 64


def test_times_of_64_bits_and_unknown_times_are_read() -> None:
    """Version 1 of the headers has wider times; a duration of all ones is not known."""

    def with_moov(mvhd: bytes, tkhd: bytes) -> bytes:
        moov = box(b"moov", box(b"mvhd", mvhd) + box(b"trak", box(b"tkhd", tkhd)) + bytes(4))
        return box(b"ftyp", b"isom\0\0\2\0") + moov + box(b"mdat", b"x")

    sides = struct.pack(">II", 1280 << 16, 720 << 16)
    wide = with_moov(
        b"\1\0\0\0" + bytes(16) + struct.pack(">IQ", 600, 3000), b"\1\0\0\0" + bytes(84) + sides
    )
    found = inspect_result(io.BytesIO(wide))
    assert (found.width, found.height, found.duration_s) == (1280, 720, 5.0)
    endless = with_moov(bytes(12) + struct.pack(">II", 600, 2**32 - 1), bytes(76) + sides)
    assert inspect_result(io.BytesIO(endless)).duration_s == 0.0
    scaleless = with_moov(bytes(12) + struct.pack(">II", 0, 3000), bytes(76) + sides)
    assert inspect_result(io.BytesIO(scaleless)).duration_s == 0.0


def test_a_sound_track_does_not_give_the_sides() -> None:
    """Sound has no sides; those of the first track that is seen count."""
    tracks = [
        box(b"trak", box(b"edts") + box(b"tkhd", bytes(84))),
        box(b"trak", box(b"tkhd", bytes(76) + struct.pack(">II", 16 << 16, 9 << 16))),
        box(b"trak", box(b"tkhd", bytes(76) + struct.pack(">II", 4 << 16, 3 << 16))),
    ]
    content = box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", b"".join(tracks)) + box(b"mdat")
    found = inspect_result(io.BytesIO(content))
    assert (found.width, found.height) == (16, 9)


@given(st.binary(max_size=200))
def test_an_index_of_noise_leaves_the_sides_unknown(noise: bytes) -> None:
    """Whatever stands in `moov`, a file whose outer boxes are whole is a result."""
    content = box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", noise) + box(b"mdat", b"x")
    assert inspect_result(io.BytesIO(content)).media_type == "video/mp4"


@given(st.binary(max_size=300))
def test_noise_behind_a_brand_is_no_video(noise: bytes) -> None:
    """Only this package's errors come of it; nothing without `moov` and `mdat` passes."""
    content = box(b"ftyp", b"isom\0\0\2\0") + noise
    if b"moov" not in noise or b"mdat" not in noise:
        with pytest.raises(SourceError):
            inspect_result(io.BytesIO(content))


def test_a_video_is_no_input() -> None:
    """Only pictures are taken; what was dropped is named."""
    called: dict[MovieFormat, str] = {"mp4": "MP4", "mov": "QuickTime"}
    for kind, words in called.items():
        with pytest.raises(SourceError, match=words):
            inspect(io.BytesIO(video(kind)))
