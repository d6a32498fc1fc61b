"""Every form of input, from real files through the watch into the real store."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.inbox.conftest import MakeStage
from tests.inbox.stage import picture

TEXT_MODE = {"mode": "text-to-image", "prompt": None}
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file types and names")


def test_a_picture_by_its_content(make_stage: MakeStage) -> None:
    """Pictures of every kind are taken, whatever they are called; one task for each prompt."""
    stage = make_stage(rule={"prompt": ["snow", "rain"]})
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"):
        stage.drop(f"p.{kind.lower()}", picture(kind=kind))
    stage.drop("no extension", picture())
    stage.drop("lies.png", picture(kind="JPEG"))
    stage.drop("deep/er/a.jpg", picture())

    outcome = stage.run()

    assert len(outcome.sources) == 10
    assert set(outcome.sources.values()) == {("ready", "ready")}
    assert outcome.prompts["deep/er/a.jpg"] == ("snow", "rain")
    assert not outcome.ignored


def test_what_is_no_picture(make_stage: MakeStage) -> None:
    """Strangers stay untouched and are mentioned; what claims to be a picture fails with a card."""
    stage = make_stage()
    stage.drop("notes.docx", b"PK\x03\x04 a document")
    stage.drop("data.bin", bytes(range(256)))
    stage.drop("prompts.txt", "a cat")
    stage.drop("page.png", "<html>404</html>")
    stage.drop("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    stage.drop("Thumbs.db")

    outcome = stage.run()

    assert set(outcome.ignored) == {"notes.docx", "data.bin", "prompts.txt"}
    assert "pair: true" in outcome.ignored["prompts.txt"]
    assert outcome.sources == {"page.png": ("failed",), "phone.heic": ("failed",)}
    assert "HTML" in outcome.messages["page.png"]
    assert "HEIC" in outcome.messages["phone.heic"]
    assert (stage.inbox / "notes.docx").exists()


@pytest.mark.fault(33)
def test_a_truncated_picture_fails_after_settle_max(make_stage: MakeStage) -> None:
    """Cut off, empty and damaged pictures are waited for, and fail then with the reason."""
    stage = make_stage(folder={"settle_max": "400ms"})
    stage.drop("cut.jpg", picture(640, 480)[:-300])
    stage.drop("damaged.png", picture(kind="PNG")[:40] + b"garbage" * 9)
    stage.inbox.joinpath("empty.jpg").touch()

    outcome = stage.run()

    assert set(outcome.sources.values()) == {("failed",)}
    assert set(outcome.sources) == {"cut.jpg", "damaged.png", "empty.jpg"}
    assert "empty" in outcome.messages["empty.jpg"]


def test_lines_of_a_prompt_file(make_stage: MakeStage) -> None:
    """In a text mode each line is a task, filled into the rule's prompts."""
    stage = make_stage(rule={"mode": "text-to-image", "prompt": ["{text}, oil", "{text}, ink"]})
    stage.drop("p.txt", "# animals\na cat\n\na dog\n")
    stage.drop("photo.jpg")

    outcome = stage.run()

    assert outcome.prompts == {"p.txt": ("a cat, oil", "a cat, ink", "a dog, oil", "a dog, ink")}
    assert set(outcome.ignored) == {"photo.jpg"}


def test_a_whole_prompt_file(make_stage: MakeStage) -> None:
    """`text: whole` makes one task of it."""
    stage = make_stage(rule={**TEXT_MODE, "text": "whole"})
    stage.drop("p.txt", "a cat\n# on a mat\n")

    assert stage.run().prompts == {"p.txt": ("a cat\n# on a mat",)}


def test_encodings(make_stage: MakeStage) -> None:
    """UTF-16 and Chinese in GBK are read; what is neither fails and names `encoding:`."""
    stage = make_stage(rule=TEXT_MODE, folder={"settle_max": "300ms"})
    stage.drop("utf16.txt", "一只猫".encode("utf-16"))
    stage.drop("gbk.txt", "一只猫坐在窗台上".encode("gbk"))
    stage.drop("latin.txt", "un café très élégant".encode("latin-1"))

    outcome = stage.run()

    assert outcome.prompts["utf16.txt"] == ("一只猫",)
    assert outcome.prompts["gbk.txt"] == ("一只猫坐在窗台上",)
    assert outcome.sources["latin.txt"] == ("failed",)


@pytest.mark.fault(76)
def test_empty_and_huge_prompt_files(make_stage: MakeStage) -> None:
    """Empty, only comments, 100 MB: each fails with its reason, and the good one is taken."""
    stage = make_stage(rule=TEXT_MODE, folder={"settle_max": "300ms"})
    stage.inbox.joinpath("empty.txt").touch()
    stage.drop("comments.txt", "# nothing\n")
    with stage.drop("huge.txt", "a").open("r+b") as file:
        file.truncate(100_000_000)
    stage.drop("good.txt", "a cat")

    outcome = stage.run()

    assert outcome.sources["good.txt"] == ("ready",)
    assert {path for path, states in outcome.sources.items() if states == ("failed",)} == {
        "empty.txt",
        "comments.txt",
        "huge.txt",
    }
    assert "100,000,000" in outcome.messages["huge.txt"]


@pytest.mark.parametrize("is_text_first", [True, False])
def test_a_pair_in_either_order(make_stage: MakeStage, is_text_first: bool) -> None:
    """With `pair: true` a text beside a picture is its prompt, whichever comes first."""
    stage = make_stage(rule={"pair": True, "pair_wait": "2s"})
    names = ["a.txt", "a.jpg"] if is_text_first else ["a.jpg", "a.txt"]

    async def drop_one_by_one() -> list[str]:
        async with stage.watching() as at_work:
            for name in names:
                stage.drop(name, "a cat" if name.endswith("txt") else picture())
                await at_work.until(lambda: at_work.watch._arrivals.contents.waiting_count == 1)
            await at_work.until_recorded(1)
            outcome = at_work.outcome()
            assert outcome.prompts == {"a.jpg": ("a cat",)}
            return [row[0] for row in stage.rows("SELECT path FROM members ORDER BY n")]

    assert asyncio.run(drop_one_by_one()) == ["a.jpg", "a.txt"]


def test_pairs_that_are_none(make_stage: MakeStage) -> None:
    """A picture alone takes the rule's prompt, a text alone stays, a text for two is nobody's."""
    stage = make_stage(rule={"pair": True, "pair_wait": "300ms"})
    for name in ("alone.jpg", "twin.jpg", "twin.PNG", "é.jpg"):
        stage.drop(name, picture())
    stage.drop("lone.txt", "a cat")
    stage.drop("twin.txt", "a dog")
    stage.drop("e\u0301.TXT", "an accent")

    outcome = stage.run()

    assert outcome.prompts["alone.jpg"] == ("make it rain",)
    assert outcome.prompts["é.jpg"] == ("an accent",)
    assert outcome.sources["twin.jpg"] == outcome.sources["twin.PNG"] == ("failed",)
    assert "lone.txt" in outcome.ignored


def test_a_late_text_changes_nothing(make_stage: MakeStage) -> None:
    """A text that comes after its picture was taken is left alone: nothing is paid twice."""
    stage = make_stage(rule={"pair": True, "pair_wait": "100ms"})
    stage.drop("a.jpg")

    assert stage.run().prompts == {"a.jpg": ("make it rain",)}
    stage.drop("a.txt", "too late")
    outcome = stage.run()

    assert outcome.sources == {"a.jpg": ("ready",)}
    assert set(outcome.ignored) == {"a.txt"}


def test_a_set_of_pictures(make_stage: MakeStage) -> None:
    """`input: folder`: a subfolder is one task, its pictures in natural order, with its prompt."""
    stage = make_stage(rule={"input": "folder", "prompt": "{text}, snow"})
    for name in ("10.png", "2.png", "1.png", "sub/1.png"):
        stage.drop(f"shoes/{name}", picture(kind="PNG"))
    stage.drop("shoes/prompt.txt", "red shoes")
    stage.drop("shoes/notes.docx", b"PK\x03\x04")
    stage.drop("loose.png", picture(kind="PNG"))
    (stage.inbox / "empty").mkdir()
    stage.drop("text only/prompt.txt", "nothing")

    outcome = stage.run()

    assert outcome.prompts == {"shoes": ("red shoes, snow",)}
    assert outcome.references["shoes"] == (
        "shoes/1.png",
        "shoes/2.png",
        "shoes/10.png",
        "shoes/sub/1.png",
    )
    assert set(outcome.ignored) == {"loose.png", "text only"}


def test_a_set_that_cannot_be_sent(make_stage: MakeStage) -> None:
    """Too many pictures, or one that is cut off: the whole set fails and says which and why."""
    stage = make_stage(rule={"input": "folder"}, folder={"settle_max": "300ms"})
    for number in range(15):
        stage.drop(f"many/{number}.png", picture(kind="PNG"))
    stage.drop("cut/1.jpg")
    stage.drop("cut/2.jpg", picture(640, 480)[:-200])

    outcome = stage.run()

    assert outcome.sources == {"many": ("failed",), "cut": ("failed",)}
    assert "15" in outcome.messages["many"]
    assert "2.jpg" in outcome.messages["cut"]


def test_references_are_no_inputs(make_stage: MakeStage) -> None:
    """Files that a rule.yaml names as references are sent with every input, before it."""
    stage = make_stage()
    stage.drop("brand.png", picture(kind="PNG"))
    stage.drop("rule.yaml", "references: [brand.png]\n")
    stage.drop("a.jpg")

    outcome = stage.run()

    assert list(outcome.sources) == ["a.jpg"]
    assert outcome.references["a.jpg"] == (str(stage.inbox / "brand.png"), "a.jpg")
    assert not outcome.ignored


@pytest.mark.fault(19)
@pytest.mark.fault(77)
@posix_only
def test_odd_things(make_stage: MakeStage) -> None:
    """FIFOs and links are never opened, odd names are taken; nothing stops the others."""
    stage = make_stage()
    os.mkfifo(stage.inbox / "fifo.png")
    outside = stage.base / "secret.jpg"
    outside.write_bytes(picture())
    (stage.inbox / "link.jpg").symlink_to(outside)
    (stage.inbox / "dir.png").mkdir()
    odd = [b"\xff\xfe.jpg", b"a\nb.jpg", b"-rf.jpg", b"x" * 251 + b".jpg", b"%s'\".jpg"]
    for name in odd:
        stage.drop(name)

    outcome = stage.run()

    assert len(outcome.sources) == len(odd)
    assert set(outcome.sources.values()) == {("ready",)}
    assert set(outcome.ignored) == {"fifo.png", "link.jpg"}


@pytest.mark.fault(17)
def test_a_file_without_permission_waits(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be read is mentioned, and the others go on."""
    real = os.open

    def refusing(path: str, *args: Any, **more: Any) -> int:
        if path == "closed.jpg":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", refusing)
    stage = make_stage(folder={"settle_max": "300ms"})
    stage.drop("closed.jpg")
    stage.drop("open.jpg")

    outcome = stage.run()

    assert (list(outcome.sources), list(outcome.ignored)) == (["open.jpg"], ["closed.jpg"])
    assert "Permission denied" in outcome.ignored["closed.jpg"]


@pytest.mark.fault(38)
def test_hard_links_and_old_times(make_stage: MakeStage, tmp_path: Path) -> None:
    """Hard links and files dated 1999 or 2099 are files like any other."""
    stage = make_stage()
    original = tmp_path / "original.jpg"
    original.write_bytes(picture())
    os.link(original, stage.inbox / "linked.jpg")
    for name, at in (("old.jpg", 930_000_000), ("new.jpg", 4_080_000_000)):
        os.utime(stage.drop(name), (at, at))

    assert set(stage.run().sources) == {"linked.jpg", "old.jpg", "new.jpg"}
    assert original.read_bytes() == picture()
