"""The answers of the Ark surface: shape, sizes, groups, base64, pictures."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

import pytest
from PIL import Image, ImageStat

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import (
    FLASH,
    LITE,
    PRO,
    SEEDEDIT,
    SMALL,
    V4_0,
    V4_5,
    call,
    data_uri,
    download,
    encoded,
    generate,
    group,
    opened,
    plain,
)


def _mean_color(image: Image.Image) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(image.convert("RGB")).mean)


def test_an_answer_has_the_shape_of_ark(sim: RunningSimulator) -> None:
    """model, created, data, usage and the headers are as in protocols.md 2.5."""
    before = int(time.time())
    reply = generate(sim.url, model=V4_5, size="2304x1728")
    answer = reply.json()
    member = answer["data"][0]
    assert list(answer) == ["model", "created", "data", "usage"]
    assert answer["model"] == V4_5
    assert before <= answer["created"] <= time.time()
    assert set(member) == {"url", "size"}
    assert member["size"] == "2304x1728"
    assert answer["usage"] == {
        "generated_images": 1,
        "output_tokens": 15_552,
        "total_tokens": 15_552,
    }
    assert reply.headers["content-type"] == "application/json"
    request_id = reply.headers["x-request-id"]
    assert re.fullmatch(r"02\d{13}[0-9a-f]{32}", request_id)
    assert re.search(
        rf"/files/ark/seedream-4-5/{request_id}_0\.jpeg\?X-Tos-Algorithm=TOS4-HMAC-SHA256"
        r"&.*X-Tos-Expires=86400&.*X-Tos-Signature=[0-9a-f]{64}$",
        member["url"],
    )


def test_a_link_gives_the_picture_of_the_size_said(sim: RunningSimulator) -> None:
    """The file behind the link is a JPEG of exactly the size asked for."""
    member = generate(sim.url, size="1601x601").members[0]
    reply = download(member["url"])
    image = opened(reply.body)
    assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg")
    assert (image.format, image.size) == ("JPEG", (1601, 601))
    assert reply.body == download(member["url"]).body


def test_flagships_tell_more(sim: RunningSimulator) -> None:
    """5.0 pro and flash name the format of each picture and count the input images."""
    answer = generate(
        sim.url, model=PRO, size=SMALL, output_format="png", image=[plain(), plain("blue")]
    ).json()
    member = answer["data"][0]
    assert member["output_format"] == "png"
    assert answer["usage"]["input_images"] == 2
    assert opened(download(member["url"]).body).format == "PNG"
    plain_answer = generate(sim.url, model=FLASH, size=SMALL).json()
    assert plain_answer["data"][0]["output_format"] == "jpeg"
    assert plain_answer["usage"]["input_images"] == 0


def test_web_search_is_counted(sim: RunningSimulator) -> None:
    """A request with the web search tool says so in its usage."""
    answer = generate(sim.url, model=LITE, size="2K", tools=[{"type": "web_search"}]).json()
    assert answer["usage"]["tool_usage"] == {"web_search": 1}


def test_base64_carries_the_same_picture(sim: RunningSimulator) -> None:
    """b64_json replaces url and holds the same bytes as the link would give."""
    linked = generate(sim.url).members[0]
    inline = generate(sim.url, response_format="b64_json").members[0]
    assert set(inline) == {"b64_json", "size"}
    assert base64.b64decode(inline["b64_json"], validate=True) == download(linked["url"]).body


def test_a_group_has_exactly_the_pictures_asked_for(sim: RunningSimulator) -> None:
    """max_images pictures come back in order, all different, and all of them are billed."""
    answer = generate(sim.url, **group(4)).json()
    links = [member["url"] for member in answer["data"]]
    contents = {download(link).body for link in links}
    assert [int(re.search(r"_(\d+)\.jpeg", link)[1]) for link in links] == [0, 1, 2, 3]  # type: ignore[index]  # an error is the point
    assert len(contents) == 4
    assert answer["usage"]["generated_images"] == 4
    assert answer["usage"]["output_tokens"] == 4 * 1280 * 720 // 256
    assert sim.ledger()[0]["images_billed"] == 4


def test_a_group_without_a_number_shrinks_by_its_references(sim: RunningSimulator) -> None:
    """The default of 15 leaves room for the references."""
    reply = generate(sim.url, image=[plain()] * 12, sequential_image_generation="auto")
    assert len(reply.members) == 3


TIERS: list[tuple[str, str | None, tuple[int, int] | None, str]] = [
    (V4_5, "2K", None, "2048x2048"),
    (V4_5, None, None, "2048x2048"),
    (V4_5, "2K", (160, 90), "2848x1600"),
    (V4_5, "2K", (30, 40), "1728x2304"),
    (V4_5, "4K", (90, 210), "2656x6240"),
    (V4_0, "1K", (160, 90), "1280x720"),
    (LITE, "3K", (90, 160), "2304x4096"),
    (PRO, "1K", (160, 90), "1424x800"),
    (PRO, "1.5k", (210, 90), "2352x1008"),
    (PRO, None, (40, 30), "2368x1776"),
    (SEEDEDIT, None, (30, 20), "1248x832"),
]


@pytest.mark.parametrize(("model", "size", "shape", "expected"), TIERS)
def test_tiers_mean_the_sizes_of_the_table(
    sim: RunningSimulator,
    model: str,
    size: str | None,
    shape: tuple[int, int] | None,
    expected: str,
) -> None:
    """A tier becomes the table's size nearest in shape to the first reference, else the square."""
    image = None if shape is None else [plain(size=shape), plain()][: 1 if model == SEEDEDIT else 2]
    assert generate(sim.url, model=model, size=size, image=image).members[0]["size"] == expected


def test_an_edit_derives_from_its_input(sim: RunningSimulator) -> None:
    """The colours of the inputs are in the result, two of them side by side in their order."""
    link = generate(sim.url, image=[plain("red"), plain("blue")], watermark=False).members[0]["url"]
    image = opened(download(link).body)
    left = _mean_color(image.crop((0, 0, 640, 300)))
    right = _mean_color(image.crop((640, 0, 1280, 300)))
    assert left[0] > left[2] + 60
    assert right[2] > right[0] + 60


def test_the_prompt_shows_in_the_picture(sim: RunningSimulator) -> None:
    """Another prompt makes another picture, and its letters are drawn in white."""
    bright = opened(download(generate(sim.url, prompt="M" * 300).members[0]["url"]).body)
    empty = opened(download(generate(sim.url, prompt=".").members[0]["url"]).body)

    def white(image: Image.Image) -> int:
        return sum(image.convert("L").histogram()[240:])

    assert white(bright) > 3 * white(empty)


def test_the_watermark_is_on_by_default(sim: RunningSimulator) -> None:
    """Without `watermark: false` a mark is painted bottom right, and only there."""
    sizes: dict[str, Any] = {"size": "1280x1280", "prompt": "x"}
    marked = opened(download(generate(sim.url, **sizes).members[0]["url"]).body)
    clean = opened(download(generate(sim.url, **sizes, watermark=False).members[0]["url"]).body)
    corner, rest = (1000, 1230, 1280, 1280), (0, 0, 1280, 1100)
    assert marked.crop(corner).tobytes() != clean.crop(corner).tobytes()
    assert marked.crop(rest).tobytes() == clean.crop(rest).tobytes()


def test_a_transparent_background_is_transparent(sim: RunningSimulator) -> None:
    """background: transparent answers with a PNG that has transparent pixels."""
    glass = data_uri(encoded(Image.new("RGBA", (64, 64), (0, 255, 0, 0))))
    member = generate(
        sim.url, model=PRO, size=SMALL, background="transparent", image=glass
    ).members[0]
    image = opened(download(member["url"]).body)
    assert (member["output_format"], image.mode) == ("png", "RGBA")
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]  # a tuple in RGBA


def test_a_picture_is_taken_apart_into_layers(sim: RunningSimulator) -> None:
    """A base of the input's shape, then see-through layers with name, box and place (2.5)."""
    photo = data_uri(encoded(Image.new("RGB", (800, 600))))
    asked: dict[str, Any] = {"size": "auto", "prompt": None, "layer_decomposition": True}
    reply = generate(sim.url, model=PRO, image=photo, **asked)
    base, *layers = reply.members
    assert (base["z_index"], base["size"], "bounding_box" in base) == (0, "800x600", False)
    assert [layer["z_index"] for layer in layers] == [1, 2, 3]
    assert layers[0]["bounding_box"] == {
        "absolute": [100, 75, 700, 525],
        "normalized": [125, 125, 875, 875],
    }
    image = opened(download(layers[0]["url"]).body)
    assert (image.size, image.mode) == ((600, 450), "RGBA")
    assert reply.json()["usage"]["generated_images"] == 4
    assert sim.ledger()[0]["images_billed"] == 4


def test_urls_are_taken_without_fetching(sim: RunningSimulator) -> None:
    """An http(s) input is hashed as text; nothing is fetched, so any host will do."""
    link = "https://nowhere.invalid/a.png"
    reply = generate(sim.url, image=[link, plain()])
    assert reply.status == 200
    assert sim.ledger()[0]["refs"][0] == hashlib.sha256(link.encode()).hexdigest()


def test_models_are_listed(sim: RunningSimulator) -> None:
    """GET /models lists the model IDs for a valid key only."""
    path = "/ark/api/v3/models"
    reply = call(sim.url, "GET", path, headers={"Authorization": "Bearer key"})
    assert V4_5 in [model["id"] for model in reply.members]
    assert call(sim.url, "GET", path).status == 401
