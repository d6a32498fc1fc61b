"""What the catalog allows, the simulator (typed from the documents on its own) accepts.

Every model of a service with tasks, every kind of input, every size, every field at its bounds:
the request that our protocol builds is checked by the simulator's own validation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from PIL import Image

from seedwatch.catalog import Field, Model, Shape, provider_named
from seedwatch.providers.base import Order
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.providers.registry import protocol_named
from seedwatch.records import Generation, Reference, Scene
from seedwatch.simulator import apimart_images, apimart_videos
from seedwatch.simulator.apimart_inputs import InputReader
from seedwatch.simulator.ark_video_rules import check_video
from seedwatch.simulator.results import ResultStore
from seedwatch.simulator.uploads import UploadStore
from tests.simulator.calls import encoded

PICTURE: Final = DataUri("image/png", encoded(Image.new("RGB", (300, 300), "red"), "png"))
OWN, BRAND = Reference("source", "a.png", "0"), Reference("rule", "/b.png", "1")


def _models(provider: str, protocol: str) -> list[Model]:
    models = provider_named(provider).models.values()
    return sorted(
        {known.name: known for known in models if known.protocol == protocol}.values(),
        key=lambda known: known.name,
    )


def _named(model: Model) -> str:
    return model.name


def scenes(model: Model) -> Iterator[tuple[Scene, tuple[Reference, ...]]]:
    """Each kind of input that the model takes, with the most pictures of it."""
    if any(mode.startswith("text") for mode in model.modes):
        yield "text", ()
    for count in range(1, model.max_frames + 1):
        yield "frames", (OWN,) * count
    if model.max_references:
        yield "references", (BRAND,)
        yield "references", (BRAND,) + (OWN,) * (model.max_references - 1)


def sizes(model: Model, scene: Scene) -> Iterator[tuple[str | None, str | None]]:
    """Every size and resolution that the catalog allows for such inputs."""
    assert model.sizes.ratios is not None
    for ratio in (None, "auto", *model.sizes.ratios.names):
        for tier in (None, *model.sizes.tiers):
            if isinstance(model.wire_shape(ratio, tier, None, scene), Shape):
                yield ratio, tier


def bounds(field: Field) -> list[Any]:
    """Legal values: every word, both truths, the ends of a range and what is beside it."""
    match field.type:
        case "text":
            return list(field.values)
        case "boolean":
            return [True, False]
        case "integer":
            assert field.low is not None
            assert field.high is not None
            return [field.low, field.high, *field.also, field.low + field.step]
        case "list":
            assert field.of is not None
            return [[{name: inner.values[0] for name, inner in field.of.fields.items()}], []]
        case _:
            return [
                {name: value} for name, inner in field.fields.items() for value in bounds(inner)
            ]


def generations(model: Model) -> Iterator[Generation]:
    """Every legal size, then every legal value of each field, for each kind of input."""
    for scene, references in scenes(model):
        kind = "video" if model.answers == "video" else "image"
        mode: Any = f"{'image' if references else 'text'}-to-{kind}"
        told: dict[str, Any] = {"mode": mode, "model": model.name, "prompt": "a fox"}
        told["references"] = references
        if len(references) > 2:
            yield Generation(**told)
            continue
        for size, resolution in sizes(model, scene):
            yield Generation(**told, size=size, resolution=resolution, watermark=True)
        for name, field in model.fields.items():
            if name in {"watermark", "seed"} or scene not in (field.scenes or (scene,)):
                continue
            for value in bounds(field):
                yield Generation(**told, options={name: value})
        if model.knows("seed"):
            yield from (Generation(**told, seed=seed) for seed in (-1, 0, 2**31 - 1))
        room = model.max_references_plus_group - len(references)
        for group in {1, min(model.max_group, room)}:
            yield Generation(**told, group=group)


def _body(model: Model, generation: Generation) -> dict[str, Any]:
    order = Order(model, generation, (PICTURE,) * len(generation.references), "a" * 32)
    body = protocol_named(model.protocol).request(order).body
    assert body is not None
    sent: dict[str, Any] = json.loads(b"".join(body.pieces()))
    return sent


@pytest.mark.parametrize("model", _models("ark", "ark-video"), ids=_named)
def test_legal_videos_of_ark_are_accepted(model: Model) -> None:
    """No legal rule is refused, at once or late, and each means what it says."""
    count = 0
    for generation in generations(model):
        checked = check_video(_body(model, generation), lambda _: None)
        shape = model.wire_shape(
            generation.size, generation.resolution, generation.options, generation.scene
        )
        assert isinstance(shape, Shape)
        assert (checked.asked_ratio, checked.resolution) == (shape.ratio, shape.resolution)
        assert checked.late_error is None
        assert len(checked.references) == len(generation.references)
        count += 1
    assert count > 20


@pytest.fixture(scope="module")
def reader() -> InputReader:
    """Takes data URIs; nothing was uploaded."""
    return InputReader(
        UploadStore(ResultStore(lambda: 0.0), "apimart/uploads"), takes_data_uris=True
    )


@pytest.mark.parametrize("model", _models("apimart", "apimart-images"), ids=_named)
def test_legal_pictures_of_apimart_are_accepted(model: Model, reader: InputReader) -> None:
    """Every ratio, resolution, count and field of every model and spelling."""
    for generation in generations(model):
        checked = apimart_images.check_image(_body(model, generation), reader)
        assert len(checked.drawings) == generation.group
        assert len(checked.references) == len(generation.references)


@pytest.mark.parametrize("model", _models("apimart", "apimart-videos"), ids=_named)
def test_legal_videos_of_apimart_are_accepted(model: Model, reader: InputReader) -> None:
    """The same of videos."""
    for generation in generations(model):
        checked = apimart_videos.check_video(_body(model, generation), reader)
        assert len(checked.references) == len(generation.references)


def test_the_protocols_are_those_of_the_catalog() -> None:
    """A model names a protocol that there is."""
    assert isinstance(protocol_named("ark-video"), ArkVideo)
    for provider in ("ark", "apimart"):
        for model in (*provider_named(provider).models.values(), provider_named(provider).unknown):
            assert protocol_named(model.protocol).recovery in {"nothing", "list", "key"}
