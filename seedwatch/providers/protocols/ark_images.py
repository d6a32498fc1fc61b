"""Ark's image generation: one synchronous call for text and image to image (protocols.md 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seedwatch.catalog import Model, SizeProblem
from seedwatch.errors import ProviderError, Rejected
from seedwatch.providers.base import (
    Answer,
    Exchange,
    Order,
    Picture,
    Recovery,
    Reply,
    Returned,
)
from seedwatch.providers.bodies import JsonBody
from seedwatch.providers.protocols import ark_errors
from seedwatch.providers.protocols.harvest import Harvest, billed_in, harvest
from seedwatch.records import Generation
from seedwatch.texts import say

PATH = "/images/generations"
_FILE_NAME = re.compile(r"/([0-9A-Za-z_-]{1,128})_\d+(?:\.\w+)?\Z")


class ArkImages:
    """The wire format of `POST {base}/images/generations`."""

    recovery: Recovery = "nothing"
    """no idempotency key and no list (protocols.md 1.2)"""
    error_of = staticmethod(ark_errors.member_error)
    """what an error object within an answer means"""

    def request(self, order: Order) -> Exchange:
        """The one synchronous call."""
        fields = self.fields(order.model, order.generation, order.pictures)
        is_streamed = fields.get("stream") is True
        return Exchange("POST", PATH, JsonBody(fields), is_streamed=is_streamed)

    def fields(
        self, model: Model, generation: Generation, pictures: Sequence[Picture]
    ) -> dict[str, Any]:
        """The JSON body; fields the model does not know are left out (protocols.md 12.1).

        `size`, `response_format` and `watermark` are always sent: the service's own default
        would paint a mark (protocols.md 2.2).
        """
        body: dict[str, Any] = {"model": generation.model, "prompt": generation.prompt}
        if pictures:
            body["image"] = pictures[0] if len(pictures) == 1 else list(pictures)
        body["size"] = _size(model, generation)
        body["response_format"] = "url"
        body["watermark"] = generation.watermark
        body |= _sequential(model, generation, len(pictures))
        if generation.seed is not None and model.knows("seed"):
            body["seed"] = generation.seed
        if generation.negative_prompt is not None and model.knows("negative_prompt"):
            body["negative_prompt"] = generation.negative_prompt
        return body | model.wire_options(generation.options, generation.scene)

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return ark_errors.classify(reply.status, reply.headers, reply.content)

    def read(self, answer: Path) -> Answer:
        """Read the spooled answer, in one piece or as a stream (protocols.md 2.5, 2.6).

        Raises:
            Rejected, Moderated: nothing was generated.
            OutcomeUnknown: it is not the documented answer.
        """
        found = harvest(answer, Harvest(self.error_of), _take)
        return replace(found, request_id=_request_id(found.returned))


def _size(model: Model, generation: Generation) -> str:
    size = model.wire_size(generation.size, generation.resolution, generation.options)
    if isinstance(size, SizeProblem):
        raise Rejected(str(size), advice=say("provider.rejected_advice"))
    return size


def _sequential(model: Model, generation: Generation, picture_count: int) -> dict[str, Any]:
    """A group is asked for as `auto`; with several references one picture is said outright.

    The vendor's guide sends `disabled` with several references, where a model could take the
    prompt for a wish for several pictures (request samples of the batch guide, 4.2).
    """
    if not model.supports_groups:
        return {}
    if generation.group > 1:
        return {
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": generation.group},
        }
    return {"sequential_image_generation": "disabled"} if picture_count > 1 else {}


def _take(into: Harvest, event: Mapping[str, Any]) -> None:
    """One event: a picture, the error in its place, the end, or what stops everything (2.6)."""
    match event.get("type"):
        case "image_generation.partial_succeeded" | "image_generation.partial_failed":
            into.add(event, event.get("image_index"))
        case "image_generation.completed":
            into.has_ended = True
            into.billed = billed_in(event)
        case _ if isinstance(event.get("error"), dict):
            into.stopped_by = event["error"]


def _request_id(returned: Sequence[Returned]) -> str:
    """Ark names its files `<request id>_<index>.jpeg` (protocols.md 2.5)."""
    for place in returned:
        found = _FILE_NAME.search(place.url.partition("?")[0])
        if found:
            return found[1]
    return ""
