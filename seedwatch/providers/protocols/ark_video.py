"""Ark's video generation: tasks that are created, asked for and listed (protocols.md 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from seedwatch.catalog import SizeProblem
from seedwatch.errors import ProviderError, Rejected, RemoteFailed
from seedwatch.providers.base import (
    Answer,
    Exchange,
    Order,
    Pending,
    Picture,
    Recovery,
    Reply,
    Returned,
    Sighting,
    Wanted,
)
from seedwatch.providers.bodies import JsonBody
from seedwatch.providers.protocols import ark_errors, ark_lists
from seedwatch.providers.protocols.legacy_flags import without_flags
from seedwatch.providers.protocols.places import place_of
from seedwatch.providers.protocols.refusals import said, unreadable
from seedwatch.providers.protocols.tasks import failed, named, object_in, unseen
from seedwatch.records import Handle, Scene
from seedwatch.texts import say

PATH: Final = "/contents/generations/tasks"
_FRAMES: Final = ("first_frame", "last_frame")


class ArkVideo:
    """The wire format of `{base}/contents/generations/tasks`."""

    recovery: Recovery = "list"
    """no idempotency key, but tasks are listed with what was sent (protocols.md 1.2)"""

    def request(self, order: Order) -> Exchange:
        """The call that creates a task.

        Raises:
            Rejected: the size is none of this model's, or the whole is too large.
        """
        prompt, flags = without_flags(order.generation.prompt)
        body = JsonBody(self.fields(order, prompt))
        most = order.model.max_request_bytes
        if most and body.content_length > most:
            raise Rejected(
                say("provider.too_large", byte_count=body.content_length, limit=most),
                advice=say("provider.rejected_advice"),
            )
        changes = (say("provider.flags_dropped", flags=flags),) if flags else ()
        return Exchange("POST", PATH, body, changes=changes)

    def fields(self, order: Order, prompt: str) -> dict[str, Any]:
        """The JSON body; fields the model does not know are left out.

        Ratio, resolution and watermark are always said, so that no default and no word of the
        prompt decides them. `safety_identifier` is the attempt's id: it names the task in a list.
        """
        model, wanted = order.model, order.generation
        shape = model.wire_shape(wanted.size, wanted.resolution, wanted.options, wanted.scene)
        if isinstance(shape, SizeProblem):
            raise Rejected(str(shape), advice=say("provider.rejected_advice"))
        body: dict[str, Any] = {
            "model": wanted.model,
            "content": _content(prompt, order.pictures, wanted.scene),
            **shape.wire_fields,
            "watermark": wanted.watermark,
        }
        if wanted.seed is not None and model.knows("seed"):
            body["seed"] = wanted.seed
        body |= model.wire_options(wanted.options, wanted.scene)
        return {**body, "safety_identifier": order.key}

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return ark_errors.classify(reply.status, reply.headers, reply.content)

    def read(self, answer: Path) -> Answer | Handle | Pending:
        """Read the answer to a create (an id), or a task (protocols.md 3.5).

        Raises:
            Rejected, Moderated: the task was cancelled, or failed for what it was asked.
            RemoteFailed: it failed there, or was not done in time.
            OutcomeUnknown: it is not the documented answer.
        """
        value = object_in(answer)
        handle = named(value.get("id"))
        if handle is None:
            raise unreadable("no id of a task")
        if "status" not in value:
            return handle
        status = value["status"]
        match status.strip().lower() if isinstance(status, str) else "":
            case "succeeded":
                return _answer(value, handle.name)
            case "failed":
                raise _failure(value)
            case "expired":
                raise RemoteFailed(say("provider.task_expired"), request_id=handle.name)
            case "cancelled":
                raise Rejected(
                    say("provider.task_cancelled"),
                    advice=say("provider.rejected_advice"),
                    request_id=handle.name,
                )
            case _:
                return Pending(handle=handle)

    def poll(self, handle: Handle) -> Exchange:
        """The call that tells the state of a task."""
        return Exchange("GET", f"{PATH}/{handle.name}")

    def unseen(self, reply: Reply) -> ProviderError:
        """The error class of a free call that is refused."""
        return unseen(self.refusal(reply), reply.status)

    def cancel(self, handle: Handle) -> Exchange:
        """The call that cancels a task which is still queued (protocols.md 3.1)."""
        return Exchange("DELETE", f"{PATH}/{handle.name}")

    def look_up(self, wanted: Wanted, page: int) -> Exchange:
        """The call for one page of the list of tasks."""
        return ark_lists.page_of(PATH, wanted, page)

    def sighted(self, reply: Reply, wanted: Wanted) -> Sighting:
        """What a page says of the submit.

        Raises:
            Unavailable: it cannot be read.
        """
        return ark_lists.sighted(reply, wanted)


def _content(prompt: str, pictures: Sequence[Picture], scene: Scene) -> list[dict[str, Any]]:
    """The prompt, then the pictures with the role of each (protocols.md 3.2)."""
    entries: list[dict[str, Any]] = [{"type": "text", "text": prompt}] if prompt else []
    for number, picture in enumerate(pictures):
        role = _FRAMES[number] if scene == "frames" else "reference_image"
        entries.append({"type": "image_url", "image_url": {"url": picture}, "role": role})
    return entries


def _answer(value: Mapping[str, Any], task: str) -> Answer:
    """The video, then the picture of its last frame, which is missed only if it was asked for."""
    content = value.get("content")
    links = content if isinstance(content, dict) else {}
    places = [place_of({"url": links.get("video_url")}, said)]
    if places[0].error:
        places = [Returned(error=say("provider.no_video"))]
    has_frame = bool(links.get("last_frame_url"))
    if has_frame:
        places.append(place_of({"url": links["last_frame_url"]}, said))
    return Answer(tuple(places), billed_count=None, request_id=task, is_cut=not has_frame)


def _failure(value: Mapping[str, Any]) -> ProviderError:
    """Why a task failed: `error` is null or an object (protocols.md 3.5)."""
    error = value.get("error")
    if not isinstance(error, dict) or not said(error):
        return RemoteFailed(say("provider.task_failed"))
    return failed(ark_errors.member_error(error))
