"""Pictures that break the programs which decode them: each costs its own task, and no other."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from seedwatch.media.fit import Fitted, fit
from seedwatch.media.in_child import Inspecting
from seedwatch.media.inspect import Picture, inspect_bytes
from seedwatch.media.limits import ImageLimits
from seedwatch.worker import decoding
from tests.flow.conftest import Studio

POISON_WIDTH = 333


def picture_of(width: int, colour: int) -> bytes:
    """A small JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, 300), (colour, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class BrittleFitting:
    """`Fitting` by a decoder that some pictures break; it runs in the child."""

    content: bytes
    limits: ImageLimits

    def parts(self) -> Iterator[Fitted]:
        if inspect_bytes(self.content).width == POISON_WIDTH:
            os.abort()
        yield fit(self.content, self.limits)


@dataclass(frozen=True, slots=True)
class BrokenInspecting:
    """`Inspecting` by a decoder that nothing survives."""

    content: bytes

    def parts(self) -> Iterator[Picture]:
        os.kill(os.getpid(), signal.SIGSEGV)
        yield inspect_bytes(self.content)


@pytest.mark.fault(5)
@pytest.mark.fault(75)
@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.nightly)])
def test_one_poisonous_picture_among_many(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The others are done, it is held and nothing was paid for it; `release` tries again (P13).

    Goes red when fitting happens in the daemon: the test itself would be aborted.
    """
    monkeypatch.setattr(decoding, "Fitting", BrittleFitting)
    workspace = studio(account={"concurrency": 20})
    for number in range(count):
        (workspace.inbox / f"{number}.jpg").write_bytes(picture_of(320, number))
    (workspace.inbox / "poison.jpg").write_bytes(picture_of(POISON_WIDTH, 200))

    assert workspace.run() == 3

    assert workspace.states() == {"done": count, "held": 1}
    ((task, reason, error, message),) = workspace.rows(
        "SELECT id, reason, error_class, error_message FROM tasks WHERE state = 'held'"
    )
    assert (reason, error) == ("quarantine", "DecoderBroken")
    assert "SIGABRT" in message
    assert len(workspace.simulator.ledger()) == count
    assert workspace.rows("SELECT 1 FROM attempts WHERE task_id = ?", task) == []

    monkeypatch.undo()  # a newer Pillow, say
    workspace.decide(lambda store: store.release([task]))
    assert workspace.run() == 0
    assert len(workspace.simulator.ledger()) == count + 1


@pytest.mark.fault(5)
@pytest.mark.fault(64)
def test_a_result_that_breaks_its_decoder(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paid answer is kept; after a release it is decoded again, and not paid for again (P6)."""
    bitmap = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(bitmap, "BMP")  # its structure alone does not tell all
    monkeypatch.setattr("seedwatch.simulator.pictures._stored", lambda *_: bitmap.getvalue())
    monkeypatch.setattr(decoding, "Inspecting", BrokenInspecting)
    workspace = studio(rule={"prompt": "a result that breaks its decoder"})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 3

    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "quarantine")]
    assert workspace.rows("SELECT state FROM attempts") == [("accepted",)]
    monkeypatch.setattr(decoding, "Inspecting", Inspecting)
    workspace.decide(lambda store: store.release([1]))
    assert workspace.run() == 0
    (result,) = workspace.results()
    assert result.read_bytes() == bitmap.getvalue()
    assert len(workspace.simulator.ledger()) == 1
