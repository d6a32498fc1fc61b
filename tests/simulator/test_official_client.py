"""The official client of OpenAI drives the simulator: it was not written by us."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import openai
import pytest
from openai.types import ImageEditCompletedEvent, ImageGenCompletedEvent

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import LITE, SMALL, V4_0, download, opened
from tests.simulator.openai_calls import BLUE, GLASS, GPT_1_5, GPT_2, RED

RED_FILE = ("red.png", RED, "image/png")
BLUE_FILE = ("blue.jpg", BLUE, "image/jpeg")
GLASS_FILE = ("mask.png", GLASS, "image/png")


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[openai.OpenAI]:
    """A client of the OpenAI surface that never tries twice."""
    base_url = f"{sim.url}/openai/v1"
    with openai.OpenAI(api_key="key", base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture
def ark_client(sim: RunningSimulator) -> Iterator[openai.OpenAI]:
    """The same client, pointed at Ark as the batch guide does."""
    base_url = f"{sim.url}/ark/api/v3"
    with openai.OpenAI(api_key="key", base_url=base_url, max_retries=0) as client:
        yield client


def _size(b64: str | None) -> tuple[int, int]:
    assert b64 is not None
    return opened(base64.b64decode(b64, validate=True)).size


def _digests(*contents: bytes) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in contents]


def test_it_generates(sim: RunningSimulator, client: openai.OpenAI) -> None:
    """images.generate returns typed pictures of the size asked for."""
    answer = client.images.generate(
        model=GPT_2, prompt="a fox", n=2, size="1536x864", quality="low", output_format="webp"
    )
    assert answer.data is not None
    assert [_size(image.b64_json) for image in answer.data] == [(1536, 864)] * 2
    assert (answer.quality, answer.output_format, answer.size) == ("low", "webp", "1536x864")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert sim.ledger()[0]["images_billed"] == 2


def test_it_edits_one_file(sim: RunningSimulator, client: openai.OpenAI) -> None:
    """images.edit with one file sends the part `image`, and a mask beside it."""
    answer = client.images.edit(model=GPT_1_5, prompt="x", image=RED_FILE, mask=GLASS_FILE, n=2)
    assert answer.data is not None
    assert len(answer.data) == 2
    assert sim.ledger()[0]["refs"] == _digests(RED, GLASS)


def test_it_edits_several_files(sim: RunningSimulator, client: openai.OpenAI) -> None:
    """images.edit with a list sends parts `image[]`, in its order."""
    answer = client.images.edit(
        model=GPT_1_5, prompt="x", image=[BLUE_FILE, RED_FILE], input_fidelity="high"
    )
    assert answer.size == "1536x1024"
    assert sim.ledger()[0]["refs"] == _digests(BLUE, RED)


@pytest.mark.parametrize("done", ["yes", "no"])
def test_it_reads_the_stream_of_a_generation(
    sim: RunningSimulator, client: openai.OpenAI, done: str
) -> None:
    """Events arrive typed, previews first, with or without an end mark."""
    sim.move_switches({"openai.stream_done": done})
    with client.images.generate(
        model=GPT_1_5, prompt="x", stream=True, partial_images=2, size="1024x1536"
    ) as stream:
        told = list(stream)
    assert [event.type.rpartition(".")[2] for event in told] == [
        "partial_image",
        "partial_image",
        "completed",
    ]
    last = told[-1]
    assert isinstance(last, ImageGenCompletedEvent)
    assert _size(last.b64_json) == (1024, 1536)
    assert last.usage.output_tokens == 6240


def test_it_reads_the_stream_of_an_edit(sim: RunningSimulator, client: openai.OpenAI) -> None:
    """The same for an edit."""
    with client.images.edit(model=GPT_1_5, prompt="x", image=RED_FILE, stream=True) as stream:
        (last,) = stream
    assert isinstance(last, ImageEditCompletedEvent)
    assert sim.ledger()[0]["refs"] == _digests(RED)


def test_it_raises_a_blocked_stream(sim: RunningSimulator, client: openai.OpenAI) -> None:
    """An error event in a stream becomes an exception that carries the code."""
    sim.post_faults([{"do": "partial_group", "args": {"keep": 0}}])
    with (
        client.images.generate(model=GPT_1_5, prompt="x", stream=True) as stream,
        pytest.raises(openai.APIError) as caught,
    ):
        list(stream)
    assert caught.value.code == "moderation_blocked"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (502, openai.InternalServerError),
    ],
)
def test_it_knows_the_errors(
    sim: RunningSimulator, client: openai.OpenAI, status: int, kind: type[openai.APIStatusError]
) -> None:
    """Each status becomes its exception, with request id and message of the envelope."""
    sim.post_faults([{"do": "status", "args": {"code": status}}])
    with pytest.raises(kind) as caught:
        client.images.generate(model=GPT_1_5, prompt="x")
    assert caught.value.request_id is not None
    assert caught.value.request_id.startswith("req_")


def test_it_names_the_wrong_parameter(client: openai.OpenAI) -> None:
    """The parameter and the code of a 400 arrive in the exception."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model=GPT_1_5, prompt="x", size="1536x864")
    assert (caught.value.param, caught.value.code) == ("size", "invalid_value")


def test_it_generates_at_ark(sim: RunningSimulator, ark_client: openai.OpenAI) -> None:
    """With extra_body for what OpenAI does not know, the same client serves Ark."""
    answer = ark_client.images.generate(
        model=V4_0,
        prompt="a fox",
        size=SMALL,
        response_format="url",
        extra_body={
            "watermark": False,
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 3},
        },
    )
    assert answer.data is not None
    links = [image.url for image in answer.data]
    assert len(links) == sim.ledger()[0]["images_billed"] == 3
    assert opened(download(links[0] or "").body).size == (1280, 720)


def test_it_edits_at_ark(sim: RunningSimulator, ark_client: openai.OpenAI) -> None:
    """References travel in extra_body; base64 comes back where it is asked for."""
    uri = f"data:image/png;base64,{base64.b64encode(RED).decode()}"
    answer = ark_client.images.generate(
        model=LITE,
        prompt="a fox",
        size="2048x2048",
        response_format="b64_json",
        extra_body={"image": [uri], "output_format": "png"},
    )
    assert answer.data is not None
    assert _size(answer.data[0].b64_json) == (2048, 2048)
    assert sim.ledger()[0]["refs"] == _digests(RED)


def test_it_edits_at_dmxapi(sim: RunningSimulator) -> None:
    """One file or several: the relay takes both names that the client gives the parts."""
    base_url = f"{sim.url}/dmxapi/v1"
    with openai.OpenAI(api_key="sk-key", base_url=base_url, max_retries=0) as client:
        for image in (RED_FILE, [RED_FILE, BLUE_FILE]):
            answer = client.images.edit(model="gpt-image-1-mini", prompt="x", image=image)
            assert answer.data is not None
            assert _size(answer.data[0].b64_json) == (1536, 1024)
        with pytest.raises(openai.InternalServerError) as caught:
            client.images.generate(model=GPT_2, prompt="x")
    assert caught.value.code == "model_not_found"
    assert [row["refs"] for row in sim.ledger()] == [_digests(RED), _digests(RED, BLUE)]


def test_it_lists_models(client: openai.OpenAI, ark_client: openai.OpenAI) -> None:
    """models.list works at both."""
    assert GPT_2 in [model.id for model in client.models.list()]
    assert V4_0 in [model.id for model in ark_client.models.list()]
