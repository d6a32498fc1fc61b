"""The answers of OpenAI's image API (protocols.md 6.3 to 6.5)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from seedwatch.simulator.gpt_answers import event, picture_event, whole_body
from seedwatch.simulator.gpt_rules import GptRequest
from seedwatch.simulator.openai_errors import (
    MODERATION_BLOCKED,
    common_headers,
    error_object,
    for_status,
    moderated,
    refusal_body,
)
from seedwatch.simulator.orders import Member, MemberError, Outcome
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.wire import Answer

_DONE: Final = b"data: [DONE]\n\n"
_JSON: Final = ("Content-Type", "application/json")
_RATE_LIMITS: Final = (
    ("x-ratelimit-limit-requests", "500"),
    ("x-ratelimit-remaining-requests", "499"),
    ("x-ratelimit-reset-requests", "120ms"),
    ("x-ratelimit-limit-tokens", "800000"),
    ("x-ratelimit-remaining-tokens", "799000"),
    ("x-ratelimit-reset-tokens", "75ms"),
)
"""The simulator limits nobody; these say so in the names that are documented."""


class OpenAiReplies:
    """The wording of OpenAI for one order; implements `orders.Replies`.

    Args:
        source: how its events are called: image_generation or image_edit.
    """

    ends_with_picture = True

    def __init__(
        self, request: GptRequest, request_id: str, source: str, switches: Switches
    ) -> None:
        self._request = request
        self._request_id = request_id
        self._source = source
        self._moderation_type: str = switches["openai.moderation_type"]
        self._last = _DONE if switches["openai.stream_done"] == "yes" else b""
        has_limits = switches["openai.ratelimit_headers"] == "yes"
        self._limits = _RATE_LIMITS if has_limits else ()

    def gateway_error(self, status: int) -> Answer:
        """The body that belongs to a bare status."""
        answer = for_status(status, self._request_id)
        limits = tuple(
            (name, "0" if status == 429 and "-remaining-" in name else value)
            for name, value in self._limits
        )
        return replace(answer, headers=(*answer.headers, *limits))

    def moderated(self, code: str | None) -> Answer:
        """400 of the content filter."""
        return refusal_body(moderated(code, self._moderation_type), self._request_id)

    def member_error(self, code: str | None) -> MemberError:
        """A picture that the content filter took."""
        refusal = moderated(code, self._moderation_type)
        return MemberError(code or MODERATION_BLOCKED, refusal.message)

    def stops_group(self, _: MemberError) -> bool:
        """An answer has no place for an error among its pictures, so nothing comes after it."""
        return True

    def whole(self, outcome: Outcome) -> Answer:
        """The answer of a call that is not streamed; without any picture it is the refusal."""
        errors = [member.error for member in outcome.members if member.error is not None]
        if errors and len(errors) == len(outcome.members):
            return self.moderated(errors[0].code)
        body = json.dumps(whole_body(self._request, outcome)).encode("ascii")
        headers = (_JSON, *self._limits, *common_headers(self._request_id))
        return Answer(200, body, headers)

    def stream_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the event stream."""
        return (
            ("Content-Type", "text/event-stream; charset=utf-8"),
            ("Cache-Control", "no-cache"),
            *self._limits,
            *common_headers(self._request_id),
        )

    def frame(self, member: Member, created_at: int) -> bytes:
        """One preview, one picture, or the error in its place."""
        if member.error is not None:
            refusal = moderated(member.error.code, self._moderation_type)
            return event("error", {"type": "error", "error": error_object(refusal)})
        return picture_event(self._request, member, created_at, self._source)

    def last_frames(self, _: Outcome) -> bytes:
        """Nothing, or the end mark: which of the two is not known (protocols.md 13)."""
        return self._last
