"""Each row of the table of inputs: what lies in the inbox becomes which tasks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.flow.conftest import Studio
from tests.flow.workspace import PHOTOS


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"])
def test_every_kind_of_picture(studio: Studio, kind: str) -> None:
    """A picture is taken for what its content is, whatever its name says, and sent as JPEG/PNG."""
    workspace = studio()
    with Image.open(PHOTOS / "coffee.png") as photo:
        photo.convert("RGB").save(workspace.inbox / "photo.jpg", kind)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert len(row["refs"]) == 1
    (result,) = workspace.results()
    changed = workspace.sidecar(result)["changed_to_fit"]
    assert bool(changed) == (kind not in {"JPEG", "PNG"})


def test_every_prompt_of_a_list(studio: Studio) -> None:
    """A list of prompts makes one task for each input and prompt, numbered in order."""
    workspace = studio(rule={"prompt": ["make it rain", "make it snow"]})
    workspace.drop("rocket.jpg")
    workspace.drop("chelsea.png")

    assert workspace.run() == 0

    sent = sorted((row["refs"][0], row["prompt"]) for row in workspace.simulator.ledger())
    assert len(set(sent)) == 4
    names = {path.name for path in workspace.results()}
    assert names == {f"{stem}_{n}.jpeg" for stem in ("rocket", "chelsea") for n in (1, 2)}
    told = workspace.sidecar(workspace.outbox / "rocket_2.jpeg")
    assert told["prompt"] == "make it snow"


@pytest.mark.parametrize("first", ["picture", "text"])
def test_a_picture_with_its_prompt_file(studio: Studio, first: str) -> None:
    """With `pair: true` a.jpg waits for a.txt and is sent with its text put into {text}."""
    workspace = studio(rule={"pair": True, "pair_wait": "1s", "prompt": "{text}, at night"})
    text = workspace.inbox / "rocket.txt"
    if first == "text":
        text.write_text("红色的火箭\n")
    photo = workspace.drop("rocket.jpg")
    digest = _sha256(photo)
    if first == "picture":
        text.write_text("红色的火箭\n")

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["prompt"], row["refs"]) == ("红色的火箭, at night", [digest])
    assert sorted(p.name for p in workspace.done.iterdir()) == ["rocket.jpg", "rocket.txt"]


def test_a_subfolder_is_one_ordered_set(studio: Studio) -> None:
    """With `input: folder` a subfolder is one task, its pictures in natural order."""
    workspace = studio(rule={"input": "folder", "prompt": "combine {text}"})
    ten = workspace.drop("rocket.jpg", "set a/10.jpg")
    two = workspace.drop("chelsea.png", "set a/2.png")
    digests = [_sha256(two), _sha256(ten)]
    (workspace.inbox / "set a" / "prompt.txt").write_text("both")

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == digests
    assert row["prompt"] == "combine both"
    assert [path.name for path in workspace.results()] == ["set a_1.jpeg"]
    assert (workspace.done / "set a" / "10.jpg").exists()
    assert not (workspace.inbox / "set a").exists()


def test_lines_of_a_text(studio: Studio) -> None:
    """Each line of a .txt that is neither empty nor a comment is one prompt and one task."""
    workspace = studio(rule={"mode": "text-to-image", "prompt": "a photo of {text}"})
    (workspace.inbox / "list.txt").write_text("a cat\n\n# not this\na dog\n")

    assert workspace.run() == 0

    prompts = sorted(row["prompt"] for row in workspace.simulator.ledger())
    assert prompts == ["a photo of a cat", "a photo of a dog"]
    assert (workspace.done / "list.txt").exists()


def test_a_whole_text(studio: Studio) -> None:
    """With `text: whole` the file is one prompt."""
    workspace = studio(rule={"mode": "text-to-image", "prompt": "{text}", "text": "whole"})
    (workspace.inbox / "poem.txt").write_text("first line\nsecond line\n")

    assert workspace.run() == 0

    assert [row["prompt"] for row in workspace.simulator.ledger()] == ["first line\nsecond line"]


def test_references_of_the_rule_come_first(studio: Studio) -> None:
    """The files of `references` are sent before every input, in order, and are no inputs."""
    workspace = studio(rule={"references": ["brand.jpg"]})
    brand = workspace.base / "brand.jpg"
    brand.write_bytes((PHOTOS / "hubble_deep_field.jpg").read_bytes())
    photo = workspace.drop("rocket.jpg")
    digest = _sha256(photo)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == [_sha256(brand), digest]


def test_a_rule_in_a_subfolder_overrides(studio: Studio) -> None:
    """The nearest rule.yaml wins key by key; the results keep the sub-path."""
    workspace = studio()
    workspace.drop("rocket.jpg", "winter/rocket.jpg")
    (workspace.inbox / "winter" / "rule.yaml").write_text("prompt: make it snow\n")
    workspace.drop("chelsea.png")

    assert workspace.run() == 0

    assert workspace.sidecar(workspace.outbox / "winter" / "rocket_1.jpeg")["prompt"] == (
        "make it snow"
    )
    assert workspace.sidecar(workspace.outbox / "chelsea_1.jpeg")["prompt"] == "make it rain"
    assert (workspace.done / "winter" / "rocket.jpg").exists()


def test_junk_and_strangers_stay(studio: Studio) -> None:
    """Junk is passed over silently; what is no input stays untouched and is mentioned once."""
    workspace = studio()
    for junk in (".DS_Store", "Thumbs.db", "~$a.docx", "photo.png.part"):
        (workspace.inbox / junk).write_bytes(b"junk")
    (workspace.inbox / "notes.docx").write_bytes(b"PK\x03\x04 a document")
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
    assert (workspace.inbox / "notes.docx").exists()
    (ignored,) = workspace.rows("SELECT ignored FROM folders WHERE name = 'shop'")
    assert [entry[0] for entry in json.loads(ignored[0])] == ["notes.docx"]


@pytest.mark.process
def test_a_reference_of_the_rule_that_vanished(studio: Studio) -> None:
    """While a picture of `references` is missing its folder stops; nothing is sent or lost."""
    workspace = studio(rule={"references": ["brand.jpg"]}, folder={"cold_start": 0})
    brand = workspace.base / "brand.jpg"
    brand.write_bytes((PHOTOS / "hubble_deep_field.jpg").read_bytes())
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    workspace.decide(lambda store: store.release([1]))
    content = brand.read_bytes()
    brand.unlink()

    with workspace.running():
        workspace.until("SELECT 1 FROM folders WHERE state = 'rule-error'")
    brand.write_bytes(content)
    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
