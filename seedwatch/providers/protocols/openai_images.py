"""OpenAI's image API and servers that speak the same: generations and edits (protocols.md 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from seedwatch.catalog import SizeProblem
from seedwatch.errors import ProviderError, Rejected
from seedwatch.providers.base import Answer, Body, Exchange, Order, Picture, Recovery, Reply
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.providers.multipart import MultipartBody, Part
from seedwatch.providers.protocols import openai_errors
from seedwatch.providers.protocols.harvest import Harvest, harvest
from seedwatch.records import Scene
from seedwatch.texts import say

GENERATIONS: Final = "/images/generations"
EDITS: Final = "/images/edits"


class OpenAiImages:
    """The wire format of `POST {base}/images/generations` and `/images/edits`."""

    recovery: Recovery = "nothing"
    """the wire has no idempotency key, and no list of what was made (protocols.md 1.2)"""
    error_of = staticmethod(openai_errors.stated_error)
    """what an error object within an answer means"""
    several = "image[]"
    """the name of each part where there are several pictures (protocols.md 6.1)"""
    always_counts = False
    """whether `n` is sent for one picture, too"""

    def request(self, order: Order) -> Exchange:
        """A generation as JSON; with pictures an edit as a form.

        Raises:
            Rejected: a picture is named by a URL, or the model does not make the size.
        """
        fields = self.fields(order)
        is_streamed = fields.get("stream") is True
        if not order.pictures:
            return Exchange("POST", GENERATIONS, JsonBody(fields), is_streamed=is_streamed)
        return Exchange("POST", EDITS, self._form(fields, order.pictures), is_streamed=is_streamed)

    def fields(self, order: Order) -> dict[str, Any]:
        """The scalar fields; those that the model does not know are left out, size never.

        (protocols.md 12, items 1 and 3)
        """
        generation, model = order.generation, order.model
        size = model.wire_size(generation.size, generation.resolution, generation.options)
        if isinstance(size, SizeProblem):
            raise Rejected(str(size), advice=say("provider.rejected_advice"))
        body: dict[str, Any] = {"model": generation.model, "prompt": generation.prompt}
        if generation.group > 1 or self.always_counts:
            body["n"] = generation.group
        body["size"] = size
        scene: Scene = "references" if order.pictures else "text"
        return body | model.wire_options(generation.options, scene)

    def _form(self, fields: Mapping[str, Any], pictures: Sequence[Picture]) -> Body:
        name = "image" if len(pictures) == 1 else self.several
        overlays = {key: value for key, value in fields.items() if isinstance(value, DataUri)}
        texts = {key: value for key, value in fields.items() if key not in overlays}
        parts = [_part(name, picture) for picture in pictures]
        return MultipartBody(texts, [*parts, *overlays.items()])

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return openai_errors.classify(reply.status, reply.headers, reply.content)

    def read(self, answer: Path) -> Answer:
        """Read the spooled answer (protocols.md 6.3, 6.4).

        Raises:
            Rejected, Moderated: nothing was generated.
            OutcomeUnknown: it is not the documented answer.
        """
        return harvest(answer, Harvest(self.error_of), _take)


def _part(name: str, picture: Picture) -> Part:
    if isinstance(picture, DataUri):
        return name, picture
    raise Rejected(say("provider.needs_file"), advice=say("provider.rejected_advice"))


def _take(into: Harvest, event: Mapping[str, Any]) -> None:
    """One event: a picture, a preview of one, or an error (protocols.md 6.4).

    Whether an end mark comes is not known (13), so a stream without one may have broken off.
    """
    match event.get("type"):
        case "image_generation.completed" | "image_edit.completed":
            into.add(event)
        case "image_generation.partial_image" | "image_edit.partial_image":
            into.preview(event)
        case _ if isinstance(event.get("error"), dict):
            into.stopped_by = event["error"]
