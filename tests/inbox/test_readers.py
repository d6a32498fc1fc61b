"""Reading: children find what there is; an input that ends them costs itself and nothing else."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from seedwatch.children import Children
from seedwatch.errors import SourceChanged, SourceError
from seedwatch.inbox import inspection, reading
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.inbox.readers import Pace, Readers
from seedwatch.inbox.reading import InspectingFile
from seedwatch.media.inspect import Incomplete, Picture, inspect_bytes
from seedwatch.paths import Identity, Root
from seedwatch.records import Rule
from tests.decoders import decoders
from tests.inbox.stage import picture

POISON_WIDTH = 66
RULE = Rule("ark", "image-to-image", "m")
Ask = Callable[[Sequence[Wanted]], list[Inspected | NotInspected]]


def _wanted(name: str) -> Wanted:
    return Wanted(name, "picture", (name,), RULE)


@pytest.fixture(params=[False, True], ids=["few", "many"])
def ask(tmp_path: Path, request: pytest.FixtureRequest) -> Ask:
    """Reads a chunk of inputs of an inbox, as one of a few or one of many chunks."""

    def read(wanted: Sequence[Wanted]) -> list[Inspected | NotInspected]:
        readers = Readers(Root(tmp_path), "shop", decoders())
        return asyncio.run(readers.read(wanted, is_one_of_many=request.param))

    return read


def test_children_find_what_there_is(tmp_path: Path, ask: Ask) -> None:
    """Sources, pictures, errors with their advice: all come back as if they were found here."""
    (tmp_path / "a.jpg").write_bytes(picture())
    (tmp_path / "cut.jpg").write_bytes(picture(640, 480)[:-200])
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04")
    (tmp_path / "p.txt").write_text("one\ntwo")
    wanted = [_wanted(name) for name in ("a.jpg", "cut.jpg", "b.docx", "gone.jpg")]
    wanted.insert(1, Wanted("p.txt", "lines", ("p.txt",), RULE))

    found = ask(wanted)

    assert _told(found) == _told([inspect_input(Root(tmp_path), "shop", one) for one in wanted])


def _told(found: list[Inspected | NotInspected]) -> list[object]:
    told: list[object] = []
    for one in found:
        if isinstance(one, NotInspected):
            told.append(one)
        else:
            error = one.error and (type(one.error), one.error.message, one.error.advice)
            told.append((one.source, one.pictures, one.prompts, error))
    return told


def test_a_large_picture_is_opened_in_the_child(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too large to be sent is decoded where it lies, if it is still the same file."""
    monkeypatch.setattr(inspection, "_IN_MEMORY_BYTES", 10)
    (tmp_path / "a.jpg").write_bytes(picture(64, 48))

    (found,) = ask([_wanted("a.jpg")])

    assert isinstance(found, Inspected)
    assert (found.pictures[0].width, found.pictures[0].height) == (64, 48)
    other = Identity.of((tmp_path / "a.jpg").stat())
    (tmp_path / "a.jpg").write_bytes(picture(32, 32))
    with pytest.raises(SourceChanged):
        decoders().ask(InspectingFile(Root(tmp_path), "a.jpg", other), 10)


@dataclass(frozen=True, slots=True)
class BrittleReading:
    """`Reading` by a decoder that some pictures break; it runs in the child."""

    root: Root
    folder: str
    wanted: Sequence[Wanted]

    def parts(self) -> Iterator[reading.Told]:
        for wanted in self.wanted:
            if "poison" in wanted.path:
                os.abort()
            yield [inspect_input(self.root, self.folder, wanted)]


@dataclass(frozen=True, slots=True)
class BrittleInspecting:
    """`Inspecting` by such a decoder."""

    content: bytes

    def parts(self) -> Iterator[Picture]:
        picture = inspect_bytes(self.content)
        if picture.width == POISON_WIDTH:
            os.abort()
        yield picture


@pytest.mark.fault(5)
@pytest.mark.fault(75)
def test_an_input_that_ends_its_reader(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred others are read; it alone is refused, with its digest and advice (P13).

    Goes red when an ended child gives up its whole chunk, or is asked for the same for ever.
    """
    monkeypatch.setattr(reading, "Reading", BrittleReading)
    monkeypatch.setattr(reading, "Inspecting", BrittleInspecting)
    names = [f"{number}.jpg" for number in range(100)]
    names.insert(40, "poison.jpg")
    for name in names:
        width = POISON_WIDTH if name == "poison.jpg" else 64
        (tmp_path / name).write_bytes(picture(width, 48))

    found = ask([_wanted(name) for name in names])

    assert [one.source.path for one in found if isinstance(one, Inspected)] == names
    (poison,) = [one for one in found if isinstance(one, Inspected) and one.error]
    assert poison.source.path == "poison.jpg"
    assert poison.source.members[0].sha256
    assert isinstance(poison.error, SourceError)
    assert not isinstance(poison.error, Incomplete)
    assert "SIGABRT" in poison.error.message
    assert poison.error.advice


@pytest.mark.anyio
@pytest.mark.parametrize("is_one_of_many", [False, True])
async def test_no_process_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_one_of_many: bool
) -> None:
    """Where no process can be started, the input waits and says why; nothing is decoded here."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    (tmp_path / "a.jpg").write_bytes(picture())
    readers = Readers(Root(tmp_path), "shop", Children())

    (found,) = await readers.read([_wanted("a.jpg")], is_one_of_many=is_one_of_many)

    assert isinstance(found, Inspected)
    assert isinstance(found.error, Incomplete)
    assert "nothing" in found.error.message


def test_pace() -> None:
    """Small pictures are read by hundreds, large ones a few at a time and side by side."""
    pace = Pace()
    for _ in range(5):
        pace.learn(pace.chunk, pace.chunk * 10_000, pace.chunk * 0.0005)
    assert (pace.chunk, pace.at_a_time) == (256, 1)
    for _ in range(5):
        pace.learn(pace.chunk, pace.chunk * 5_000_000, pace.chunk * 0.12)
    assert pace.chunk <= 2
    assert pace.at_a_time == min(4, os.cpu_count() or 1)
