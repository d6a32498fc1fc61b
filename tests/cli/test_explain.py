"""`explain`: the rule of a file, and the exact request, built by the code that would send it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.cli.desk import PHOTOS, Desk

_BODY = {
    "model": "doubao-seedream-4-0-250828",
    "prompt": "PROMPT",
    "size": "2K",
    "response_format": "url",
    "watermark": True,
}
_SAMPLES: dict[str, tuple[dict[str, Any], bool, dict[str, Any]]] = {
    # The Ark bodies of the vendor's batch guide: rule, whether two pictures go in, what is added.
    "text-single": ({}, False, {}),
    "text-group": (
        {"group": 4},
        False,
        {
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 4},
        },
    ),
    "edit-two-references": ({}, True, {"sequential_image_generation": "disabled"}),
    "references-to-group": (
        {"group": 3},
        True,
        {
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 3},
        },
    ),
}


@pytest.mark.parametrize("name", _SAMPLES)
def test_bodies_are_those_of_the_vendors_guide(live_desk: Desk, name: str) -> None:
    """Text to one, text to a group, two references to one, two references to a group."""
    rule, has_pictures, added = _SAMPLES[name]
    live_desk.rule = {"size": "2K", "watermark": True, "prompt": "PROMPT"} | rule
    if has_pictures:
        live_desk.rule |= {"input": "folder"}
        path = live_desk.inbox / "pair"
        for photo in ("motorcycle_left.png", "motorcycle_right.png"):
            live_desk.drop(photo, f"pair/{photo}")
    else:
        live_desk.rule |= {"mode": "text-to-image", "prompt": "{text}"}
        path = live_desk.inbox / "wish.txt"
        path.write_text("PROMPT\n")
    live_desk.configure()
    told = live_desk.json("explain", path)
    body = told["request"]["body"]
    pictures = body.pop("image", [])
    assert body == _BODY | added
    assert len(pictures) == (2 if has_pictures else 0)
    assert all(uri.startswith("data:image/png;base64,iVBOR") for uri in pictures)
    assert all("…" in uri for uri in pictures)


def test_request(live_desk: Desk, simulator: RunningSimulator) -> None:
    """Method, address, headers with the key redacted, length; nothing is sent."""
    path = live_desk.drop("chelsea.png")
    told = live_desk.json("explain", path)
    request = told["request"]
    assert request["method"] == "POST"
    assert request["url"] == f"{simulator.url}/ark/api/v3/images/generations"
    assert request["headers"]["Authorization"] == "***"
    assert int(request["headers"]["Content-Length"]) > path.stat().st_size
    assert simulator.ledger() == []
    assert not (live_desk.base / "state").exists()


def test_the_request_is_the_one_that_is_sent(live_desk: Desk, simulator: RunningSimulator) -> None:
    """What `explain` showed is what the simulator then receives."""
    path = live_desk.drop("chelsea.png")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    body = live_desk.json("explain", path)["request"]["body"]
    live_desk.run()
    (row,) = simulator.ledger()
    assert (row["prompt"], row["model"]) == (body["prompt"], body["model"])
    assert row["refs"] == [sha256]


def test_rule_and_origins(live_desk: Desk) -> None:
    """Each value with where it comes from: config.yaml, the rule.yaml files, the default."""
    path = live_desk.drop("chelsea.png", "cats/chelsea.png")
    (live_desk.inbox / "rule.yaml").write_text("prompt: snow\nwatermark: true\n")
    (live_desk.inbox / "cats" / "rule.yaml").write_text("# cats\nprompt: [sun, wind]\n")
    told = live_desk.json("explain", path)
    rule = told["rule"]
    assert rule["prompt"] == {"value": ["sun", "wind"], "origin": "rule.yaml:2 (cats)"}
    assert rule["watermark"] == {"value": True, "origin": "rule.yaml:2 (inbox)"}
    assert rule["mode"]["origin"].startswith("config.yaml:")
    assert rule["group"] == {"value": 1, "origin": "default"}
    assert [task["request"]["body"]["prompt"] for task in told["tasks"]] == ["sun", "wind"]


def test_for_people(live_desk: Desk) -> None:
    """The same in words, the body as JSON that can be copied."""
    path = live_desk.drop("chelsea.png")
    told = live_desk("explain", path)
    assert told.exit_code == 0
    assert "mode:             image-to-image" in told.stdout
    assert "Authorization: ***" in told.stdout
    start = told.stdout.index("\n{\n")
    assert json.loads(told.stdout[start:])["prompt"] == "make it rain"


def test_pair(live_desk: Desk) -> None:
    """A picture with its text shows the prompt that the text gives; so does the text's path."""
    live_desk.rule = {"pair": True, "prompt": "paint {text}"}
    live_desk.configure()
    path = live_desk.drop("chelsea.png")
    text = path.with_suffix(".txt")
    text.write_text("a sleepy cat\n")
    for named in (path, text):
        told = live_desk.json("explain", named)
        assert told["request"]["body"]["prompt"] == "paint a sleepy cat"
        assert told["members"] == ["chelsea.png", "chelsea.txt"]


def test_references_come_first(live_desk: Desk) -> None:
    """References of the rule are sent before the input, in their order."""
    shutil.copyfile(PHOTOS / "rocket.jpg", live_desk.inbox / "brand.jpg")
    (live_desk.inbox / "rule.yaml").write_text("references: [brand.jpg]\n")
    path = live_desk.drop("chelsea.png")
    body = live_desk.json("explain", path)["request"]["body"]
    assert [uri[:15] for uri in body["image"]] == ["data:image/jpeg", "data:image/png;"]


def test_changes_to_fit(live_desk: Desk) -> None:
    """What has to be changed so that the model takes a picture is told."""
    path = live_desk.inbox / "print.tif"
    Image.new("CMYK", (300, 200), (0, 90, 90, 0)).save(path)
    told = live_desk.json("explain", path)
    assert told["tasks"][0]["changes"]
    assert told["request"]["body"]["image"].startswith(("data:image/jpeg;", "data:image/png;"))
    assert "Changed to fit: picture 1" in live_desk("explain", path).stdout


def test_what_would_fail(live_desk: Desk) -> None:
    """A picture beyond the limits: why and what to do, no request, exit code 1."""
    path = live_desk.inbox / "thin.png"
    Image.new("RGB", (10, 400)).save(path)
    result = live_desk("explain", path, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["error"]["message"]
    assert told["request"] is None
    assert told["error"]["message"] in live_desk("explain", path).stdout


def test_broken_rule(live_desk: Desk) -> None:
    """A broken rule.yaml: its mistakes with their places, exit code 78."""
    path = live_desk.drop("chelsea.png")
    rule = live_desk.inbox / "rule.yaml"
    rule.write_text("promt: x\n")
    result = live_desk("explain", path)
    assert (result.exit_code, result.stdout) == (78, "")
    assert result.stderr.startswith(f"{rule}:1:1: promt: ")


@pytest.mark.parametrize("name", ["rule.yaml", "letter.docx", ".", "../outside.png", "not.there"])
def test_what_is_no_input(live_desk: Desk, name: str) -> None:
    """A rule, a letter, a whole inbox, a file elsewhere: exit code 1 and why."""
    live_desk.drop("chelsea.png")
    live_desk.drop("rocket.jpg")
    (live_desk.inbox / "rule.yaml").write_text("size: 1K\n")
    (live_desk.inbox / "letter.docx").write_bytes(b"PK")
    shutil.copyfile(PHOTOS / "chelsea.png", live_desk.inbox.parent / "outside.png")
    result = live_desk("explain", live_desk.inbox / name)
    assert result.exit_code == 1
    assert result.stdout or result.stderr


def test_without_a_key(live_desk: Desk) -> None:
    """`key: none` sends no Authorization, and `explain` shows none."""
    live_desk.account = {"key": "none"}
    live_desk.configure()
    told = live_desk.json("explain", live_desk.drop("chelsea.png"))
    assert "Authorization" not in told["request"]["headers"]


def test_relative_paths_and_links(live_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path may be relative, or lead through a link to the workspace."""
    live_desk.drop("chelsea.png")
    monkeypatch.chdir(live_desk.inbox)
    assert live_desk.json("explain", "chelsea.png")["path"] == "chelsea.png"
    link = live_desk.base / "link"
    link.symlink_to(live_desk.inbox)
    assert live_desk.json("explain", Path("..", "..", "link", "chelsea.png"))["folder"] == "shop"


def test_what_is_taken_off_a_prompt_is_told(live_desk: Desk) -> None:
    """A switch at the end of a video's prompt is named, and is not in the request."""
    live_desk.rule = {
        "mode": "text-to-video",
        "model": "doubao-seedance-1-0-pro-250528",
        "prompt": "{text}",
        "size": "16:9",
        "options": {"duration": 5},
    }
    live_desk.configure()
    path = live_desk.inbox / "wish.txt"
    path.write_text("a fox --dur 12\n")
    (task,) = live_desk.json("explain", path)["tasks"]
    assert task["request"]["body"]["content"] == [{"type": "text", "text": "a fox"}]
    (change,) = task["changes"]
    assert (change["picture"], "--dur 12" in change["change"]) == (None, True)
    assert "--dur 12" in live_desk("explain", path).stdout


def test_pictures_that_are_uploaded_first_are_links(live_desk: Desk) -> None:
    """The link is not known yet: a word stands for it; inline, the picture itself is sent."""
    live_desk.rule = {"mode": "image-to-image", "model": "doubao-seedance-4-5", "size": "auto"}
    path = live_desk.drop("coffee.png")
    for upload, start in (("first", "(the link of picture 1"), ("inline", "data:image/png;base64")):
        live_desk.account = {"provider": "apimart", "upload": upload}
        live_desk.configure()
        told = live_desk.json("explain", path)
        assert told["request"]["body"]["image_urls"][0].startswith(start)
        assert told["request"]["headers"]["Idempotency-Key"] == "0" * 32


def test_an_endpoint_makes_videos_if_the_catalog_says_so(live_desk: Desk) -> None:
    """`ep-…` tells nothing of its model; `like` names it, and all its rules are those."""
    video = "doubao-seedance-2-0-260128"
    live_desk.rule = {"mode": "image-to-video", "model": "ep-1", "size": "9:16", "resolution": "4k"}
    live_desk.configure(catalog={"ark": {"models": [{"id": "ep-1", "like": video}]}})
    told = live_desk.json("explain", live_desk.drop("coffee.png"))
    assert told["request"]["url"].endswith("/contents/generations/tasks")
    body = told["request"]["body"]
    assert (body["model"], body["ratio"], body["resolution"]) == ("ep-1", "9:16", "4k")
