"""The official client of Ark drives the simulator: it was not written by us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime._exceptions import ArkBadRequestError, ArkRateLimitError
from volcenginesdkarkruntime.types.images import SequentialImageGenerationOptions

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import LITE, V4_0, data_uri, download, encoded, opened
from tests.simulator.video_calls import V1_0, image, text

RED = data_uri(encoded(Image.new("RGB", (64, 64), "red")))
BLUE = data_uri(encoded(Image.new("RGB", (64, 64), "blue")))


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[Ark]:
    """A client of the Ark surface that never tries twice."""
    sim.move_switches({"ark.lists_per_s": 0})
    with Ark(base_url=f"{sim.url}/ark/api/v3", api_key="key", max_retries=0) as client:
        yield client


def test_it_generates(sim: RunningSimulator, client: Ark) -> None:
    """images.generate returns links of pictures of the size asked for; unset fields go as null."""
    answer = client.images.generate(model=V4_0, prompt="a fox", size="1024x1024", watermark=False)
    (picture,) = answer.data
    assert opened(download(picture.url).body).size == (1024, 1024)
    assert answer.usage.generated_images == 1
    assert [row["model"] for row in sim.ledger()] == [V4_0]


def test_it_edits_two_references_to_a_group(sim: RunningSimulator, client: Ark) -> None:
    """References in order and a group of three, as in the vendor's guide."""
    options = SequentialImageGenerationOptions(max_images=3)
    answer = client.images.generate(
        model=V4_0,
        prompt="a fox",
        image=[RED, BLUE],
        size="2K",
        sequential_image_generation="auto",
        sequential_image_generation_options=options,
    )
    assert len(answer.data) == 3
    assert len(sim.ledger()[0]["refs"]) == 2
    assert sim.ledger()[0]["images_billed"] == 3


def test_it_reads_a_stream(sim: RunningSimulator, client: Ark) -> None:
    """Events come one for each picture, then the end."""
    options = SequentialImageGenerationOptions(max_images=2)
    stream = client.images.generate(
        model=LITE,
        prompt="a fox",
        size="2K",
        stream=True,
        sequential_image_generation="auto",
        sequential_image_generation_options=options,
    )
    told = [event.type for event in stream]
    assert told == ["image_generation.partial_succeeded"] * 2 + ["image_generation.completed"]


def test_it_knows_a_refusal(sim: RunningSimulator, client: Ark) -> None:
    """A wrong field is a 400 that names it; a limit is a 429."""
    with pytest.raises(ArkBadRequestError) as caught:
        client.images.generate(model=V4_0, prompt="a fox", size="1x1")
    assert "size" in str(caught.value)
    sim.post_faults([{"do": "status", "args": {"code": 429}}])
    with pytest.raises(ArkRateLimitError):
        client.images.generate(model=V4_0, prompt="a fox", size="2K")


def test_it_creates_and_follows_a_video(sim: RunningSimulator, client: Ark) -> None:
    """content_generation.tasks: create, list, get until it is done, download, delete."""
    tasks = client.content_generation.tasks
    content: Any = [text(), image()]
    task_id = tasks.create(model=V1_0, content=content, resolution="480p", duration=5).id
    assert [item.id for item in tasks.list(page_size=10).items] == [task_id]
    task = tasks.get(task_id=task_id)
    while task.status not in {"succeeded", "failed"}:
        task = tasks.get(task_id=task_id)
    assert task.status == "succeeded"
    assert b"ftyp" in download(task.content.video_url).body[:12]
    assert task.usage.completion_tokens > 0
    tasks.delete(task_id=task_id)
    assert tasks.list(page_size=10).items == []
    assert len(sim.ledger()) == 1
