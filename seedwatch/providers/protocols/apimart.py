"""APIMart: pictures and videos as tasks, under idempotency keys, from uploaded files (4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Final

from seedwatch.catalog import SizeProblem
from seedwatch.errors import ProviderError, Rejected, Unavailable
from seedwatch.providers.base import (
    Answer,
    Exchange,
    Order,
    Pending,
    Recovery,
    Reply,
)
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.providers.multipart import MultipartBody
from seedwatch.providers.protocols import apimart_answers, apimart_errors
from seedwatch.providers.protocols.legacy_flags import without_flags
from seedwatch.providers.protocols.refusals import words
from seedwatch.providers.protocols.tasks import object_in, object_of, unseen
from seedwatch.records import Handle
from seedwatch.texts import say

_VERSION: Final = "2026-07-27"
_FRAMES: Final = ("first_frame", "last_frame")


class Apimart(ABC):
    """What both kinds of generation have in common."""

    recovery: Recovery = "key"
    """the same key and body give the same task for 24 h (protocols.md 1.2, 4.5)"""
    path: str

    def request(self, order: Order) -> Exchange:
        """The call that submits a task.

        Whether keys are honoured without the version header is not verified: both are sent, as
        the vendor's own client does, and both forms of the answer are read.

        Raises:
            Rejected: the size is none of this model's.
        """
        fields, changes = self.fields(order)
        headers = {"Idempotency-Key": order.key, "X-APIMart-Response-Version": _VERSION}
        return Exchange("POST", self.path, JsonBody(fields), headers, changes=changes)

    @abstractmethod
    def fields(self, order: Order) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The JSON body, and what was changed to fit."""

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return apimart_errors.classify(reply)

    def read(self, answer: Path) -> Answer | Handle | Pending:
        """Read the answer to a submit, or a task.

        Raises:
            Rejected, Moderated: the task was cancelled, or failed for what it was asked.
            RemoteFailed: it failed there.
            OutcomeUnknown: it is not the documented answer.
        """
        return apimart_answers.read(object_in(answer))

    def poll(self, handle: Handle) -> Exchange:
        """The call that tells the state of a task."""
        return Exchange("GET", f"/tasks/{handle.name}")

    def unseen(self, reply: Reply) -> ProviderError:
        """The error class of a free call that is refused; 413 is said of uploads only."""
        found = self.refusal(reply)
        return found if reply.status == 413 else unseen(found, reply.status)

    def cancel(self, handle: Handle) -> Exchange | None:  # noqa: ARG002 - as the seam says
        """None: whether tasks can be cancelled is not documented (protocols.md 13)."""
        return None

    def upload(self, picture: DataUri) -> Exchange:
        """The call that uploads one picture (protocols.md 4.4)."""
        return Exchange("POST", "/uploads/images", MultipartBody({}, [("file", picture)]))

    def uploaded(self, reply: Reply) -> str:
        """The link of an uploaded picture.

        Raises:
            Unavailable: there is none.
        """
        value = object_of(reply)
        inner = value.get("data")
        link = value.get("url") or (inner.get("url") if isinstance(inner, dict) else None)
        if not isinstance(link, str) or not link.startswith(("https://", "http://")):
            raise Unavailable(say("provider.unreadable", why="no link"), status=reply.status)
        return link

    def balance(self) -> Exchange:
        """The call that asks for the balance."""
        return Exchange("GET", "/balance")

    def told(self, reply: Reply) -> str:
        """The balance as numbers without a currency, which is not documented; may be empty."""
        try:
            value = object_of(reply)
        except Unavailable:
            return ""
        if value.get("unlimited_quota") is True:
            return say("provider.balance_unlimited")
        money, credit = (_amount(value.get(name)) for name in ("remain_balance", "remain_credits"))
        return say("provider.balance", money=money, credits=credit) if money or credit else ""


class ApimartImages(Apimart):
    """The wire format of `POST {base}/images/generations`."""

    path = "/images/generations"

    def fields(self, order: Order) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The JSON body (protocols.md 4.2); the watermark is said outright (conflict 6)."""
        model, wanted = order.model, order.generation
        body = {"model": wanted.model, "prompt": wanted.prompt, **_shape(order), "n": wanted.group}
        if order.pictures:
            body["image_urls"] = list(order.pictures)
        if model.knows("watermark"):
            body["watermark"] = wanted.watermark
        return body | model.wire_options(wanted.options, wanted.scene), ()


class ApimartVideos(Apimart):
    """The wire format of `POST {base}/videos/generations`."""

    path = "/videos/generations"

    def fields(self, order: Order) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The JSON body (protocols.md 4.2)."""
        model, wanted = order.model, order.generation
        prompt, flags = without_flags(wanted.prompt)
        changes = (say("provider.flags_dropped", flags=flags),) if flags else ()
        body = {"model": wanted.model, "prompt": prompt, **_shape(order), **_pictures(order)}
        if wanted.seed is not None and model.knows("seed"):
            body["seed"] = wanted.seed
        return body | model.wire_options(wanted.options, wanted.scene), changes


def _shape(order: Order) -> dict[str, str]:
    wanted = order.generation
    shape = order.model.wire_shape(wanted.size, wanted.resolution, wanted.options, wanted.scene)
    if isinstance(shape, SizeProblem):
        raise Rejected(str(shape), advice=say("provider.rejected_advice"))
    return shape.wire_fields


def _pictures(order: Order) -> dict[str, Any]:
    """Frames with their roles where the model knows references, too; else one list for all."""
    if not order.pictures:
        return {}
    if order.generation.scene == "frames" and order.model.max_references:
        pairs = zip(order.pictures, _FRAMES, strict=False)
        return {"image_with_roles": [{"url": picture, "role": role} for picture, role in pairs]}
    return {"image_urls": list(order.pictures)}


def _amount(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return words(f"{value:,.4f}".rstrip("0").rstrip(".") if is_number else value)
