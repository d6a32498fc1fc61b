"""The answers of DMXAPI: Ark's with other keys, OpenAI's as they are."""

from __future__ import annotations

import base64
import hashlib

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import SEEDEDIT, V4_0, V4_5, data_uri, download, generate, group, opened
from tests.simulator.clock import Clock
from tests.simulator.dmxapi_calls import DALL_E, DMXAPI, GPT_1, gpt, seedream
from tests.simulator.openai_calls import BLUE, GLASS, MINI, RED, Upload, edit, events

RED_URI = data_uri(RED)


def test_a_seedream_answer_has_the_shape_of_the_sample(sim: RunningSimulator) -> None:
    """data, created and the usage of a chat, as in protocols.md 5.2; no model, no size."""
    reply = seedream(sim.url, model=V4_5, size="2304x1728")
    answer = reply.json()
    assert list(answer) == ["data", "created", "usage"]
    assert [list(member) for member in answer["data"]] == [["url"]]
    assert answer["usage"] == {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 15_552,
        "prompt_tokens_details": {"cached_tokens_details": {}},
        "completion_tokens_details": {},
        "output_tokens": 15_552,
        "claude_cache_creation_5_m_tokens": 0,
        "claude_cache_creation_1_h_tokens": 0,
    }
    assert reply.headers["x-rixapi-request-id"]


def test_links_are_escaped_in_the_raw_body(sim: RunningSimulator) -> None:
    r"""The body has no bare ampersand but \u0026; decoded, the link works."""
    reply = seedream(sim.url)
    assert b"&" not in reply.body
    assert b"\\u0026X-Tos-Date=" in reply.body
    link = reply.members[0]["url"]
    assert "X-Tos-Expires=86400&" in link
    assert opened(download(link).body).size == (1280, 720)


@pytest.mark.parametrize("asked", [True, False, None])
def test_seedream_never_paints_a_mark(sim: RunningSimulator, asked: bool | None) -> None:
    """The relay sends `watermark: false` upstream, whatever it got."""
    (member,) = seedream(sim.url, watermark=asked).members
    clean = generate(sim.url, watermark=False).members[0]["url"]
    assert download(member["url"]).body == download(clean).body


def test_a_seedream_group_is_one_charge(sim: RunningSimulator) -> None:
    """A group comes as links in order, or as base64; the ledger has one row for it."""
    reply = seedream(sim.url, image=[RED_URI, data_uri(BLUE, "jpeg")], **group(3))
    (row,) = sim.ledger()
    assert len(reply.members) == row["images_billed"] == 3
    assert (row["provider"], row["path"]) == ("dmxapi", f"{DMXAPI}/images/generations")
    assert row["refs"] == [hashlib.sha256(content).hexdigest() for content in (RED, BLUE)]
    (member,) = seedream(sim.url, response_format="b64_json").members
    assert opened(base64.b64decode(member["b64_json"])).size == (1280, 720)


def test_seededit_edits_here(sim: RunningSimulator) -> None:
    """SeedEdit takes one picture in the same call."""
    (member,) = seedream(sim.url, model=SEEDEDIT, size="adaptive", image=RED_URI).members
    assert opened(download(member["url"]).body).size == (1248, 832)


def test_streams_are_passed_on_or_ignored(sim: RunningSimulator) -> None:
    """dmxapi.stream: Ark's events as they are, or a plain answer."""
    reply = seedream(sim.url, stream=True, **group(2))
    assert reply.headers["content-type"] == "text/event-stream"
    assert [name.rpartition(".")[2] for name, _ in events(reply.body)] == [
        "partial_succeeded",
        "partial_succeeded",
        "completed",
        "",
    ]
    sim.move_switches({"dmxapi.stream": "ignore"})
    assert len(seedream(sim.url, stream=True, **group(2)).members) == 2


@pytest.mark.parametrize("model", [GPT_1, MINI])
def test_gpt_pictures_come_inline(sim: RunningSimulator, model: str) -> None:
    """gpt-image answers in OpenAI's shape, always with base64."""
    answer = gpt(sim.url, model=model, n=2, size="1024x1536", output_format="webp").json()
    images = [opened(base64.b64decode(member["b64_json"])) for member in answer["data"]]
    assert [(image.format, image.size) for image in images] == [("WEBP", (1024, 1536))] * 2
    assert answer["usage"]["output_tokens"] == 2 * 6240


def test_dall_e_links_live_an_hour() -> None:
    """dall-e-3 answers with a link that is over after 60 minutes, or with base64."""
    clock = Clock()
    with RunningSimulator(latency_s=0, clock=clock) as simulator:
        answer = gpt(simulator.url, model=DALL_E, size="1792x1024", quality="hd").json()
        (member,) = answer["data"]
        assert set(answer) == {"created", "data"}
        assert set(member) == {"revised_prompt", "url"}
        assert opened(download(member["url"]).body).size == (1792, 1024)
        clock.now += 3599
        assert download(member["url"]).status == 200
        clock.now += 2
        assert download(member["url"]).status == 403
        inline = gpt(simulator.url, model=DALL_E, response_format="b64_json").members[0]
    assert opened(base64.b64decode(inline["b64_json"])).size == (1024, 1024)


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_edits_take_repeated_parts(sim: RunningSimulator, name: str) -> None:
    """Several pictures come as repeated `image` or as `image[]`, the mask last in the books."""
    files = [Upload(name), Upload(name, BLUE, "image/jpeg"), Upload("mask", GLASS)]
    reply = edit(sim.url, files, surface=DMXAPI, model=GPT_1, n="2")
    (row,) = sim.ledger()
    assert len(reply.members) == row["images_billed"] == 2
    assert row["path"] == f"{DMXAPI}/images/edits"
    assert row["refs"] == [hashlib.sha256(content).hexdigest() for content in (RED, BLUE, GLASS)]


@pytest.mark.parametrize(("wanted", "other"), [("image", "image[]"), ("image[]", "image")])
def test_the_name_of_the_part_is_a_switch(sim: RunningSimulator, wanted: str, other: str) -> None:
    """dmxapi.edits_part: only one of the two names may be taken."""
    sim.move_switches({"dmxapi.edits_part": wanted})
    assert edit(sim.url, [Upload(wanted)] * 2, surface=DMXAPI).status == 200
    assert edit(sim.url, [Upload(other)], surface=DMXAPI).status == 400


@pytest.mark.parametrize(
    ("authorization", "key"),
    [("my-key", "my-key"), ("Bearer my-key", "my-key"), ("bearer sk-key", "sk-key")],
)
def test_keys_come_raw_or_as_bearer(sim: RunningSimulator, authorization: str, key: str) -> None:
    """The ledger has the fingerprint of the key itself, however it came."""
    assert seedream(sim.url, authorization=authorization).status == 200
    assert sim.ledger()[0]["key_sha256"] == hashlib.sha256(key.encode()).hexdigest()


def test_raw_keys_may_be_refused(sim: RunningSimulator) -> None:
    """dmxapi.raw_key refuse: only Bearer is taken."""
    sim.move_switches({"dmxapi.raw_key": "refuse"})
    assert seedream(sim.url, authorization="my-key").status == 401
    assert seedream(sim.url, authorization="Bearer my-key").status == 200


def test_the_model_of_the_ledger_is_the_one_asked_for(sim: RunningSimulator) -> None:
    """Rows name model and size as the request did."""
    seedream(sim.url, size="2K")
    gpt(sim.url, size="auto")
    assert [(row["model"], row["size"]) for row in sim.ledger()] == [
        (V4_0, "2K"),
        ("gpt-image-1.5", "auto"),
    ]
