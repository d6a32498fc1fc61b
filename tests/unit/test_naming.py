"""outbox.naming: one legal component that is never too long, never empty, never shared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.outbox.naming import (
    extension,
    folder_of,
    legal,
    manifest_names,
    result_names,
    retired_names,
    stem_of,
)
from seedwatch.records import SourceKind
from tests.unit import made

SUFFIXES = (".json", ".error.txt")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(10))}

any_name = st.one_of(
    st.text(min_size=1, max_size=300),
    st.binary(min_size=1, max_size=300).map(lambda raw: raw.decode(errors="surrogateescape")),
    st.sampled_from(["con", "CON.png", "a.", " ", "...", "-rf", ".hidden", "a" * 255, "图" * 85]),
).map(lambda name: name.replace("/", "_").replace("\0", "_"))
any_template = st.one_of(
    st.just("{stem}_{index}"),
    st.text(max_size=60).map(lambda text: text.replace("/", "")),
    st.lists(st.sampled_from(["{stem}", "{index}", "-", ".", " ", "x", "{", "}"])).map("".join),
)


def _is_legal(name: str) -> bool:
    """What Windows, SMB and POSIX all take, and no shell takes for an option."""
    base = re.split(r"[ .]", name, maxsplit=1)[0].lower()
    return (
        not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
        and not name.endswith((" ", "."))
        and not name.startswith((" ", "-", "."))
        and base not in _RESERVED
        and name not in {"", ".", ".."}
    )


def _first(names: Iterator[str], count: int = 3) -> list[str]:
    return list(islice(names, count))


@pytest.mark.fault(19)
@given(any_name, any_template, st.integers(1, 5000), st.integers(1, 15), st.booleans())
def test_results_have_legal_names(
    name: str, template: str, index: int, n: int, is_group: bool
) -> None:
    """Any file name and template give one legal component with room for every suffix (T4).

    Red when `legal` or `_shortened` is left out.
    """
    source = made.source(f"sub/{name}")
    names = _first(result_names(template, source, index, n, 15 if is_group else 1, "jpeg"))
    assert len(set(names)) == 3
    for full in names:
        folder, _, component = full.rpartition("/")
        assert folder == "sub"
        assert _is_legal(component)
        assert component.endswith(".jpeg")
        assert len(component) > len(".jpeg")
        for suffix in SUFFIXES:
            assert len((component + suffix).encode()) <= 255


@given(any_name, st.integers(1, 99))
def test_manifests_have_legal_names(name: str, index: int) -> None:
    """The manifest of a set obeys the same rules."""
    for full in _first(manifest_names("{stem}_{index}", made.source(name), index)):
        assert _is_legal(full)
        assert full.endswith(".set.json")
        assert len(full.encode()) <= 255


@given(any_name, st.booleans(), st.sampled_from(["", ".error.txt"]))
def test_retired_names_fit(name: str, is_folder: bool, suffix: str) -> None:
    """A retired source keeps its name as long as it, with its card, fits; all its names differ.

    Red when the card's suffix is not counted: the source would lie in failed/ without a card.
    """
    raw = name.encode(errors="surrogatepass")
    names = _first(retired_names(f"sub/{name}", 12, is_folder=is_folder, suffix=suffix), 4)
    assert len(set(names)) == 4
    for full in names[1:] if len(raw) > 255 else names:
        component = full.removeprefix("sub/")
        assert "/" not in component
        assert component
        assert len((component + suffix).encode(errors="surrogatepass")) <= 255
    assert (names[0] == f"sub/{name}") == (len(raw) + len(suffix) <= 255)


@pytest.mark.fault(19)
@given(
    st.text(alphabet="ab图 .", min_size=220, max_size=300),
    st.text("ab图 .", max_size=20),
    st.text("ab图 .", max_size=20),
)
def test_long_names_never_become_one(common: str, one: str, other: str) -> None:
    """Two different long stems stay different when they are shortened. Red without the hash."""
    sources = [made.source(f"{common}{end}x") for end in (one, other)]
    names = [next(result_names("{stem}", source, 1, 1, 1, "png")) for source in sources]
    stems = [legal(stem_of(source)) for source in sources]
    assert (names[0] == names[1]) == (stems[0] == stems[1])


@pytest.mark.parametrize(
    ("path", "template", "place_count", "expected"),
    [
        ("photo.png", "{stem}_{index}", 1, "photo_3.jpeg"),
        ("photo.png", "{stem}_{index}", 4, "photo_3-2.jpeg"),
        ("a/b/photo.png", "{stem}_{index}", 1, "a/b/photo_3.jpeg"),
        ("photo", "{stem}", 1, "photo.jpeg"),
        (".png", "{stem}", 1, "_png.jpeg"),
        ("my.photo.png", "{stem}", 1, "my.photo.jpeg"),
        ("{index}.png", "{stem}_{index}", 1, "{index}_3.jpeg"),
        ("{stem}.png", "{index}{stem}", 1, "3{stem}.jpeg"),
        ("photo.png", "fixed", 1, "fixed.jpeg"),
        ("photo.png", "{index}", 4, "3-2.jpeg"),
        ("photo.png", "../{stem}", 1, "_._photo.jpeg"),
        ("con.png", "{stem}", 1, "_con.jpeg"),
        ("COM1 .png", "{stem}", 1, "_COM1.jpeg"),
        ("com\u00b9.png", "{stem}", 1, "_com\u00b9.jpeg"),
        ("nul .x.png", "{stem}", 1, "_nul .x.jpeg"),
        ("console.png", "{stem}", 1, "console.jpeg"),
        ("...", "{stem}", 1, "_.jpeg"),
        ("-rf.png", "{stem}", 1, "_rf.jpeg"),
        ("a\u202egnp.png", "{stem}", 1, "a_gnp.jpeg"),
        ("a\udcff.png", "{stem}", 1, "a_.jpeg"),
        ("图片.png", "{stem}_{index}", 1, "图片_3.jpeg"),
        ('a"b<c>.png', "{stem}", 1, "a_b_c_.jpeg"),
    ],
)
def test_names_of_results(path: str, template: str, place_count: int, expected: str) -> None:
    """The template is filled once, from source and number; the sub-path is kept."""
    names = result_names(template, made.source(path), 3, 2, place_count, "jpeg")
    assert next(names) == expected


def test_a_taken_name_is_followed_by_numbers() -> None:
    """Where a name is taken the next ones are numbered, without end."""
    names = result_names("{stem}", made.source("a.png"), 1, 1, 1, "png")
    assert _first(names, 4) == ["a.png", "a-2.png", "a-3.png", "a-4.png"]
    retired = retired_names("sub/a.png", 12, is_folder=False)
    assert _first(retired, 4) == ["sub/a.png", "sub/a~12.png", "sub/a~12-2.png", "sub/a~12-3.png"]


@pytest.mark.parametrize(
    ("path", "kind", "stem"),
    [
        ("sub/photo.v2.png", "picture", "photo.v2"),
        ("sub/set.v2", "set", "set.v2"),
        ("prompts.txt", "text", "prompts"),
        (".hidden", "picture", ".hidden"),
        ("noextension", "picture", "noextension"),
    ],
)
def test_the_stem_of_a_set_is_its_whole_name(path: str, kind: SourceKind, stem: str) -> None:
    """A file loses its extension, a folder has none."""
    assert stem_of(made.source(path, kind=kind)) == stem


def test_a_sentence_with_a_full_stop_has_no_extension() -> None:
    """What follows the last dot is an extension only if it is short; the name still fits."""
    name = "a." + "x" * 253
    for full in _first(retired_names(name, 12, is_folder=False, suffix=".error.txt")):
        assert len(full) + len(".error.txt") <= 255
    assert _first(retired_names("set.v2", 12, is_folder=True), 2) == ["set.v2", "set.v2~12"]


def test_the_folder_of_a_path() -> None:
    """The sub-path without the name; empty at the top."""
    assert [folder_of(path) for path in ("a", "a/b", "a/b/c")] == ["", "a", "a/b"]


@pytest.mark.fault(64)
@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("image/jpeg", "jpeg"),
        ("image/png", "png"),
        ("video/mp4", "mp4"),
        ("video/quicktime", "mov"),
        ("image/svg+xml", "bin"),
        ("", "bin"),
    ],
)
def test_the_extension_comes_from_the_bytes(media_type: str, expected: str) -> None:
    """A result is called after what it is; a video as players know it."""
    assert extension(media_type) == expected
