"""Ark's image generation: one synchronous call for text and image to image (protocols.md 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedwatch.catalog import Model, SizeProblem
from seedwatch.errors import Moderated, OutcomeUnknown, ProviderError, Rejected
from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import LongText, UnreadableAnswerError
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
from seedwatch.records import Generation
from seedwatch.texts import say

PATH = "/images/generations"
_FILE_NAME = re.compile(r"/([0-9A-Za-z_-]{1,128})_\d+(?:\.\w+)?\Z")


class ArkImages:
    """The wire format of `POST {base}/images/generations`."""

    recovery: Recovery = "nothing"
    """no idempotency key and no list (protocols.md 1.2)"""

    def request(self, order: Order) -> Exchange:
        """The one synchronous call."""
        fields = self.fields(order.model, order.generation, order.pictures)
        return Exchange("POST", PATH, JsonBody(fields))

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
        options = generation.options
        return body | {name: options[name] for name in options if model.knows(name)}

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return ark_errors.classify(reply.status, reply.headers, reply.content)

    def read(self, answer: Path) -> Answer:
        """Read the spooled answer (protocols.md 2.5).

        Raises:
            Rejected, Moderated: nothing was generated.
            OutcomeUnknown: it is not the documented answer.
        """
        try:
            value = answer_file.load(answer)
        except UnreadableAnswerError as error:
            raise _unreadable(str(error)) from error
        if not isinstance(value, dict):
            raise _unreadable("no JSON object")
        returned = tuple(map(_returned, _entries(value)))
        if not any(place.url or place.base64 for place in returned):
            raise _nothing_made(value)
        usage = value.get("usage")
        billed = usage.get("generated_images") if isinstance(usage, dict) else None
        return Answer(
            returned,
            billed_count=_count(billed),
            request_id=_request_id(returned),
        )


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


def _count(value: object) -> int | None:
    """A number of pictures; relays write numbers as texts (protocols.md 1.3)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5:
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000
    return value if is_count else None  # type: ignore[return-value]  # is_count says it


def _entries(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The places of an answer; what is no object keeps its place, as order is their number."""
    entries = value.get("data")
    if not isinstance(entries, list):
        return []
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def _returned(entry: Mapping[str, Any]) -> Returned:
    """A picture, if there is one: what was paid for counts more than an error beside it."""
    url, base64 = entry.get("url"), entry.get("b64_json")
    if isinstance(base64, LongText | str) and base64:
        return Returned(base64=base64)
    if isinstance(url, LongText) or (isinstance(url, str) and url.startswith("data:")):
        return Returned(base64=url)  # relays answer a data URI here (protocols.md 1.3)
    if isinstance(url, str) and url:
        return Returned(url=url)
    error = entry.get("error")
    if isinstance(error, dict):
        return Returned(error=ark_errors.member_error(error).message)
    return Returned(error=say("provider.no_pictures", message="…"))


def _nothing_made(value: Mapping[str, Any]) -> ProviderError:
    """A 2xx answer without a picture: refused content, a stated fault, or an empty list."""
    stated = value.get("error")
    if not isinstance(stated, dict):
        stated = next(
            (entry["error"] for entry in _entries(value) if isinstance(entry.get("error"), dict)),
            None,
        )
    if stated is None and not isinstance(value.get("data"), list):
        return _unreadable("neither pictures nor an error")
    error = ark_errors.member_error(stated or {})
    return error if isinstance(error, Moderated) else _no_pictures(error, stated or {})


def _no_pictures(error: ProviderError, stated: Mapping[str, Any]) -> Rejected:
    return Rejected(
        say("provider.no_pictures", message=ark_errors.said(stated) or "…"),
        advice=say("provider.rejected_advice"),
        code=error.code,
        request_id=error.request_id,
    )


def _unreadable(why: str) -> OutcomeUnknown:
    return OutcomeUnknown(say("provider.unreadable", why=why), advice=say("provider.unsure_advice"))


def _request_id(returned: Sequence[Returned]) -> str:
    """Ark names its files `<request id>_<index>.jpeg` (protocols.md 2.5)."""
    for place in returned:
        found = _FILE_NAME.search(place.url.partition("?")[0])
        if found:
            return found[1]
    return ""
