"""OpenAI's image API and servers that speak the same: generations and edits (protocols.md 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from seedwatch.catalog import SizeProblem
from seedwatch.errors import Moderated, ProviderError, Rejected
from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import UnreadableAnswerError
from seedwatch.providers.base import Answer, Body, Exchange, Order, Picture, Recovery, Reply
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.providers.multipart import MultipartBody, Part
from seedwatch.providers.protocols import openai_errors
from seedwatch.providers.protocols.places import entries_of, is_picture, place_of, stated_error
from seedwatch.providers.protocols.refusals import no_pictures, unreadable
from seedwatch.records import Scene
from seedwatch.texts import say

GENERATIONS: Final = "/images/generations"
EDITS: Final = "/images/edits"


class OpenAiImages:
    """The wire format of `POST {base}/images/generations` and `/images/edits`."""

    recovery: Recovery = "nothing"
    """the wire has no idempotency key, and no list of what was made (protocols.md 1.2)"""
    host = "OpenAI"
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
        return MultipartBody(fields, [_part(name, picture) for picture in pictures])

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return openai_errors.classify(reply.status, reply.headers, reply.content, self.host)

    def read(self, answer: Path) -> Answer:
        """Read the spooled answer (protocols.md 6.3).

        Raises:
            Rejected, Moderated: nothing was generated.
            OutcomeUnknown: it is not the documented answer.
        """
        try:
            value = answer_file.load(answer)
        except UnreadableAnswerError as error:
            raise unreadable(str(error)) from error
        if not isinstance(value, dict):
            raise unreadable("no JSON object")
        returned = tuple(place_of(entry, _told) for entry in entries_of(value))
        if not any(map(is_picture, returned)):
            raise _nothing_made(value)
        return Answer(returned, billed_count=None)


def _part(name: str, picture: Picture) -> Part:
    if isinstance(picture, DataUri):
        return name, picture
    raise Rejected(say("provider.needs_file"), advice=say("provider.rejected_advice"))


def _nothing_made(value: Mapping[str, Any]) -> ProviderError:
    """A 2xx answer without a picture: refused content, a stated fault, or an empty list."""
    stated = stated_error(value)
    if stated is None and not isinstance(value.get("data"), list):
        return unreadable("neither pictures nor an error")
    error = openai_errors.stated_error(stated or {})
    return error if isinstance(error, Moderated) else no_pictures(error, stated or {})


def _told(error: Mapping[str, Any]) -> str:
    return openai_errors.stated_error(error).message
