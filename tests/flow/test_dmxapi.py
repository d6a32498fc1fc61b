"""DMXAPI from a dropped file to the delivered result, over a real socket."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from PIL import Image

from tests.flow.conftest import Studio
from tests.flow.workspace import MODEL, Workspace

GPT, DALL_E = "gpt-image-1.5", "dall-e-3"
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _workspace(studio: Studio, auth: str = "bearer", **rule: Any) -> Workspace:
    workspace = studio(rule=rule, account={"provider": "dmxapi", "auth": auth})
    workspace.account["base_url"] = f"{workspace.simulator.url}/dmxapi/v1"
    workspace.configure()
    return workspace


def _prompt(workspace: Workspace, text: str = "a fox\n") -> None:
    (workspace.inbox / "wishes.txt").write_text(text)


@pytest.mark.parametrize("auth", ["bearer", "raw"])
def test_seedream_with_a_data_uri(studio: Studio, auth: str) -> None:
    """A dropped picture travels as a data URI; the key is sent as Bearer or raw (conflict 1)."""
    workspace = _workspace(studio, auth)
    photo = workspace.drop("rocket.jpg")
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["provider"], row["model"], row["refs"]) == ("dmxapi", MODEL, [digest])
    (result,) = workspace.results()
    told = workspace.sidecar(result)
    assert (told["parameters"]["stream"], told["parameters"]["watermark"]) == (False, False)
    assert told["cost"] is None


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_a_group_of_seedream(studio: Studio, response_format: str) -> None:
    """A group of related pictures, as links or inside the answer."""
    workspace = _workspace(studio, **TEXT, group=3, options={"response_format": response_format})
    _prompt(workspace)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["images_billed"] == 3
    assert [path.name for path in workspace.results()] == [f"wishes_1-{n}.jpeg" for n in (1, 2, 3)]


@pytest.mark.parametrize("passed_on", ["pass", "ignore"])
def test_a_streamed_group_of_seedream(studio: Studio, passed_on: str) -> None:
    """Whether the relay passes the stream on or not (13), every picture is delivered."""
    workspace = _workspace(studio, **TEXT, group=3, options={"stream": True})
    workspace.simulator.move_switches({"dmxapi.stream": passed_on})
    _prompt(workspace)

    assert workspace.run() == 0

    assert len(workspace.results()) == 3


def test_seededit(studio: Studio) -> None:
    """One picture in, one out, in the shape nearest to it."""
    workspace = _workspace(studio, model="doubao-seededit-3-0-i2i-250628", size="auto")
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    assert len(workspace.results()) == 1


def test_gpt_image_of_words(studio: Studio) -> None:
    """A line becomes a picture; n and size are sent (conflict 18)."""
    workspace = _workspace(studio, **TEXT, model=GPT, size="3:2", options={"quality": "low"})
    _prompt(workspace)

    assert workspace.run() == 0

    (result,) = workspace.results()
    with Image.open(result) as picture:
        assert picture.size == (1536, 1024)
    assert workspace.sidecar(result)["parameters"]["n"] == 1


@pytest.mark.parametrize("part", ["both", "image"])
def test_gpt_image_edits(studio: Studio, part: str) -> None:
    """A set of two is an edit, its files in order in parts of one name (5.1)."""
    workspace = _workspace(studio, model=GPT, size="auto", input="folder", prompt="combine")
    workspace.simulator.move_switches({"dmxapi.edits_part": part})
    first, second = (
        workspace.drop("coffee.png", "set/1.png"),
        workspace.drop("rocket.jpg", "set/2.jpg"),
    )
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)]

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["path"], row["refs"]) == ("/dmxapi/v1/images/edits", digests)
    assert len(workspace.results()) == 1


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
def test_dall_e_3(studio: Studio, response_format: str) -> None:
    """It has sizes and fields of its own, and links where they are asked for."""
    workspace = _workspace(
        studio,
        **TEXT,
        model=DALL_E,
        size="16:9",
        options={"quality": "hd", "style": "natural", "response_format": response_format},
    )
    _prompt(workspace)

    assert workspace.run() == 0

    (result,) = workspace.results()
    with Image.open(result) as picture:
        assert picture.size == (1792, 1024)


@pytest.mark.fault(48)
@pytest.mark.parametrize("where", ["code", "message"])
@pytest.mark.parametrize("model", [MODEL, GPT])
def test_refused_content_fails_with_a_card(studio: Studio, model: str, where: str) -> None:
    """Wherever the code of the service behind the relay stands (5.4), it is not sent again."""
    workspace = _workspace(studio, **TEXT, model=model, size="auto")
    workspace.simulator.move_switches({"dmxapi.upstream_code": where})
    workspace.simulator.post_faults([{"when": {}, "do": "moderated"}])
    _prompt(workspace)

    assert workspace.run() == 3

    assert "refuses the content" in (workspace.failed / "wishes.txt.error.txt").read_text()
    assert workspace.simulator.ledger() == []


@pytest.mark.fault(57)
@pytest.mark.parametrize("fault", ["reset_after_billing", "truncate"])
def test_a_lost_answer_is_held_and_never_sent_again(studio: Studio, fault: str) -> None:
    """A slow gateway drops the line after the picture was charged: a person decides (1.2)."""
    workspace = _workspace(studio)
    workspace.simulator.post_faults([{"when": {}, "do": fault, "times": 1}])
    workspace.drop("rocket.jpg")

    assert [workspace.run(), workspace.run()] == [3, 3]

    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert len(workspace.simulator.ledger()) == 1


def test_a_model_without_a_channel_pauses_itself(studio: Studio) -> None:
    """503 model_not_found keeps the file where it is (5.4)."""
    workspace = _workspace(studio, **TEXT, model=DALL_E, size="auto")
    workspace.simulator.move_switches({"dmxapi.dead_models": "refuse"})
    _prompt(workspace)

    assert workspace.run() == 3

    assert workspace.rows("SELECT scope, state FROM pauses") == [("model", "model")]
    assert workspace.states() == {"ready": 1}


@pytest.mark.fault(50)
@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_quota_pauses_the_account(studio: Studio, status: int) -> None:
    """The code says so, whatever the status (5.4)."""
    workspace = _workspace(studio, **TEXT)
    workspace.simulator.move_switches({"dmxapi.quota_status": str(status)})
    workspace.simulator.post_faults([{"when": {}, "do": "status", "args": {"code": status}}])
    _prompt(workspace)

    assert workspace.run() == 3

    assert workspace.rows("SELECT scope, state FROM pauses") == [("account", "quota")]
