"""The answers of Ark's image API: JSON or server-sent events (protocols.md 2.5, 2.6)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from seedwatch.simulator.ark_errors import (
    INTERNAL,
    MESSAGES,
    OUTPUT_FILTER,
    common_headers,
    for_status,
    output_filtered,
    refusal_body,
)
from seedwatch.simulator.ark_layers import told_of
from seedwatch.simulator.ark_rules import ArkRequest
from seedwatch.simulator.orders import Member, MemberError, Outcome
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.wire import Answer

_PIXELS_PER_TOKEN: Final = 256
_DONE: Final = b"data: [DONE]\n\n"
_UNKNOWN: Final = {"simulated_field": {"is_known": False, "values": [1, None]}}
"""What `ark.extra_fields` puts into every object; clients must ignore it (protocols.md 1.3)."""


class ArkReplies:
    """The wording of Ark for one order; implements `orders.Replies`."""

    ends_with_picture = False

    def __init__(self, request: ArkRequest, request_id: str, switches: Switches) -> None:
        self._request = request
        self._request_id = request_id
        self._framing: str = switches["ark.stream_framing"]
        self._is_dated = switches["ark.model_echo"] == "dated"
        self._extra = _UNKNOWN if switches["ark.extra_fields"] == "yes" else {}

    def gateway_error(self, status: int) -> Answer:
        """The body that belongs to a bare status."""
        return for_status(status, self._request_id)

    def moderated(self, code: str | None) -> Answer:
        """400 of the output filter."""
        return refusal_body(output_filtered(code), self._request_id)

    def member_error(self, code: str | None) -> MemberError:
        """An error in place of one picture of a group."""
        code = code or OUTPUT_FILTER
        message = MESSAGES.get(code, MESSAGES[OUTPUT_FILTER])
        return MemberError(code, f"{message} Request id: {self._request_id}")

    def stops_group(self, error: MemberError) -> bool:
        """An internal error ends a group, a filtered picture does not (protocols.md 2.5)."""
        return error.code == INTERNAL

    def whole(self, outcome: Outcome) -> Answer:
        """The answer of a call that is not streamed."""
        body: dict[str, Any] = {
            "model": self._echo(),
            "created": outcome.created_at,
            "data": [self._member(member) for member in outcome.members],
            "usage": self._usage(outcome),
            **self._extra,
        }
        errors = [member.error for member in outcome.members if member.error is not None]
        if errors and len(errors) == len(outcome.members):
            body["error"] = {"code": errors[0].code, "message": errors[0].message}
        headers = (("Content-Type", "application/json"), *common_headers(self._request_id))
        return Answer(200, _json(body), headers)

    def stream_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the event stream."""
        return (
            ("Content-Type", "text/event-stream; charset=utf-8"),
            ("Cache-Control", "no-cache"),
            *common_headers(self._request_id),
        )

    def frame(self, member: Member, created_at: int) -> bytes:
        """One picture, or the error in its place."""
        ending = "succeeded" if member.error is None else "failed"
        content = {"image_index": member.index, **self._member(member)}
        return self._event(f"image_generation.partial_{ending}", created_at, content)

    def last_frames(self, outcome: Outcome) -> bytes:
        """The completed event and the end mark."""
        usage = {"usage": self._usage(outcome)}
        return self._event("image_generation.completed", outcome.created_at, usage) + _DONE

    def _event(self, kind: str, created_at: int, content: dict[str, Any]) -> bytes:
        # A stream echoes the requested spelling, whatever the plain answer does (protocols.md 2.5).
        frame = {
            "type": kind,
            "model": self._request.model,
            "created": created_at,
            **content,
            **self._extra,
        }
        return f"event: {kind}\ndata: ".encode("ascii") + self._framed(frame) + b"\n\n"

    def _framed(self, frame: dict[str, Any]) -> bytes:
        if self._framing == "one-line":
            return _json(frame)
        lines = json.dumps(frame, indent=2).encode("ascii")
        # "broken" is the documentation's print, literally: a reader of events drops those lines.
        return lines if self._framing == "broken" else lines.replace(b"\n", b"\ndata: ")

    def _echo(self) -> str:
        model = self._request.model
        return model if self._is_dated else re.sub(r"-[0-9]{6}$", "", model)

    def _member(self, member: Member) -> dict[str, Any]:
        if member.error is not None:
            return {"error": {"code": member.error.code, "message": member.error.message}}
        shown: dict[str, Any] = {}
        if member.b64 is not None:
            shown["b64_json"] = member.b64
        else:
            shown["url"] = member.url
        shown["size"] = f"{member.picture.width}x{member.picture.height}"
        if self._request.rules.is_flagship:
            shown["output_format"] = member.picture.format
        if self._request.is_layered:
            shown |= told_of(member.index, self._request.pictures[0])
        return {**shown, **self._extra}

    def _usage(self, outcome: Outcome) -> dict[str, Any]:
        tokens = output_tokens(outcome.members)
        usage: dict[str, Any] = {
            "generated_images": outcome.billed_count,
            "output_tokens": tokens,
            "total_tokens": tokens,
        }
        if self._request.rules.is_flagship:
            usage["input_images"] = len(self._request.references)
        if self._request.has_web_search:
            usage["tool_usage"] = {"web_search": 1}
        return {**usage, **self._extra}


def output_tokens(members: Sequence[Member]) -> int:
    """Tokens of the pictures that were made (protocols.md 2.5)."""
    pixels = sum(m.picture.width * m.picture.height for m in members if m.error is None)
    return (pixels + _PIXELS_PER_TOKEN // 2) // _PIXELS_PER_TOKEN


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("ascii")
