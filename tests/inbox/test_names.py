"""Names: the order people expect, and the junk nobody wants."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.inbox.natural import in_natural_order, natural_key
from seedwatch.junk import is_junk, is_junk_directory

JUNK = [
    ".DS_Store",
    "._photo.jpg",
    ".hidden.png",
    ".seedwatch",
    ".seedwatch-part-00ff",
    ".nfs000000000012ab",
    ".fuse_hidden0001",
    ".photo.jpg.Ab12cd",
    ".a.jpg.swp",
    ".~lock.prompts.txt#",
    ".#prompts.txt",
    ".goutputstream-ABC123",
    ".syncthing.photo.jpg.tmp",
    "~syncthing~photo.jpg.tmp",
    "Thumbs.db",
    "ehthumbs.db",
    "Desktop.ini",
    "Icon\r",
    "~$prompts.docx",
    "~WRL0001.tmp",
    "prompts.txt~",
    "#prompts.txt#",
    "photo.jpg.part",
    "photo.jpg.partial",
    "photo.jpg.filepart",
    "photo.jpg.crdownload",
    "photo.jpg.download",
    "photo.jpg.opdownload",
    "Unconfirmed 1234.crdownload",
    "photo.jpg.tmp",
    "photo.jpg.aria2",
    "photo.jpg.!ut",
    "photo.png.sb-1a2b3c4d-AbCdEf",
    "4913",
    "photo.jpg.error.txt",
    "rule.yaml.error.txt",
]
KEPT = ["photo.jpg", "~photo.jpg", "a.b.png", "part.png", "tmp.jpg", "4913.jpg", "rule.yaml", "-rf"]
JUNK_DIRECTORIES = [
    "@eaDir",
    ".@__thumb",
    "#recycle",
    "@Recycle",
    "#snapshot",
    ".Trash-1000",
    ".Trashes",
    ".Spotlight-V100",
    ".fseventsd",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "__MACOSX",
    ".git",
    "photo.jpg.download",
]


@pytest.mark.parametrize("name", JUNK)
def test_junk(name: str) -> None:
    """Junk of systems, NAS boxes, browsers, editors and our own files are never inputs."""
    assert is_junk(name)


@pytest.mark.parametrize("name", KEPT)
def test_not_junk(name: str) -> None:
    """Names that only look a little like junk are inputs."""
    assert not is_junk(name)


@pytest.mark.parametrize("name", JUNK_DIRECTORIES)
def test_junk_directories(name: str) -> None:
    """Directories of systems and NAS boxes are not entered."""
    assert is_junk_directory(name)
    assert not is_junk_directory("shoes")


def test_two_comes_before_ten() -> None:
    """Numbers count by value, case does not count, and a directory comes with its name."""
    names = ["b.png", "a10.png", "A2.png", "a2b.png", "a02.png", "10.png", "9.png", "z/1.png"]

    assert sorted(names, key=natural_key) == [
        "9.png",
        "10.png",
        "A2.png",
        "a02.png",
        "a2b.png",
        "a10.png",
        "b.png",
        "z/1.png",
    ]


NAMES = st.text(st.sampled_from("aB1029٣ .é/\udcff"), max_size=12)


@given(st.lists(NAMES, unique=True, max_size=8))
def test_natural_order_is_one_order(names: list[str]) -> None:
    """Any names compare, and the order does not depend on how they came."""
    wanted = sorted(names, key=natural_key)

    for order in itertools.islice(itertools.permutations(names), 24):
        assert sorted(order, key=natural_key) == wanted


def test_many_names_are_in_the_same_order() -> None:
    """Sorted in parts that are merged, as in one: more names than one part holds."""
    names = [f"{n * 7919 % 10_007}-{n % 3}.png" for n in range(10_000)]
    assert in_natural_order(names) == sorted(names, key=natural_key)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_sort_by_value(one: int, other: int) -> None:
    """img-N goes by N."""
    assert (natural_key(f"img-{one}.png") < natural_key(f"img-{other}.png")) == (one < other)
