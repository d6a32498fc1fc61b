"""The answers of DMXAPI: Ark's without some keys and with others, OpenAI's as they are."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from seedwatch.simulator.ark_answers import ArkReplies, output_tokens
from seedwatch.simulator.ark_errors import ArkRefusal, output_filtered
from seedwatch.simulator.ark_rules import ArkRequest
from seedwatch.simulator.dmxapi_errors import (
    common_headers,
    for_status,
    passed_on,
    refusal_body,
)
from seedwatch.simulator.gpt_answers import whole_body
from seedwatch.simulator.gpt_rules import GptRequest
from seedwatch.simulator.openai_answers import OpenAiReplies
from seedwatch.simulator.openai_errors import INVALID_REQUEST, OpenAiRefusal, moderated
from seedwatch.simulator.orders import Member, MemberError, Outcome, Replies
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.wire import Answer


class RelayReplies(ABC):
    """What both families have in common; implements `orders.Replies`.

    Args:
        upstream: the wording of the service behind the relay, for what is passed on as it is.
    """

    def __init__(self, upstream: Replies, model: str, request_id: str, switches: Switches) -> None:
        self._upstream = upstream
        self._model = model
        self._request_id = request_id
        self._switches = switches

    @property
    def ends_with_picture(self) -> bool:
        """As upstream."""
        return self._upstream.ends_with_picture

    def gateway_error(self, status: int) -> Answer:
        """The relay's own body of a bare status."""
        return for_status(status, self._model, self._request_id, self._switches)

    @abstractmethod
    def moderated(self, code: str | None) -> Answer:
        """The refusal of a picture by the filter upstream."""

    def member_error(self, code: str | None) -> MemberError:
        """As upstream."""
        return self._upstream.member_error(code)

    def stops_group(self, error: MemberError) -> bool:
        """As upstream."""
        return self._upstream.stops_group(error)

    @abstractmethod
    def whole(self, outcome: Outcome) -> Answer:
        """The answer of a synchronous call."""

    def stream_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the event stream."""
        return (("Content-Type", "text/event-stream"), *common_headers(self._request_id))

    def frame(self, member: Member, created_at: int) -> bytes:
        """The event upstream, passed on."""
        return self._upstream.frame(member, created_at)

    def last_frames(self, outcome: Outcome) -> bytes:
        """The closing events upstream, passed on."""
        return self._upstream.last_frames(outcome)

    def _passed_on(self, refusal: ArkRefusal | OpenAiRefusal) -> Answer:
        return refusal_body(passed_on(refusal, self._switches), self._request_id)


class SeedreamReplies(RelayReplies):
    """The wording for Seedream and SeedEdit (protocols.md 5.2)."""

    def __init__(self, request: ArkRequest, request_id: str, switches: Switches) -> None:
        upstream = ArkReplies(request, request_id, switches)
        super().__init__(upstream, request.model, request_id, switches)

    def moderated(self, code: str | None) -> Answer:
        """Ark's 400 of the output filter."""
        return self._passed_on(output_filtered(code))

    def whole(self, outcome: Outcome) -> Answer:
        """No model, no sizes, no count of pictures; the usage of a chat instead."""
        body: dict[str, Any] = {
            "data": [_member(member) for member in outcome.members],
            "created": outcome.created_at,
            "usage": _chat_usage(output_tokens(outcome.members)),
        }
        errors = [member.error for member in outcome.members if member.error is not None]
        if errors and len(errors) == len(outcome.members):
            body["error"] = {"code": errors[0].code, "message": errors[0].message}
        return _answer(body, self._request_id)


class GptReplies(RelayReplies):
    """The wording for gpt-image and dall-e-3 (protocols.md 5.3)."""

    def __init__(self, request: GptRequest, request_id: str, switches: Switches) -> None:
        upstream = OpenAiReplies(request, request_id, "image_generation", switches)
        super().__init__(upstream, request.model, request_id, switches)
        self._request = request

    def moderated(self, code: str | None) -> Answer:
        """OpenAI's 400 of the content filter."""
        return self._passed_on(moderated(code, INVALID_REQUEST))

    def whole(self, outcome: Outcome) -> Answer:
        """OpenAI's shape; without any picture it is the refusal."""
        errors = [member.error for member in outcome.members if member.error is not None]
        if errors and len(errors) == len(outcome.members):
            return self.moderated(errors[0].code)
        return _answer(whole_body(self._request, outcome), self._request_id)


def _member(member: Member) -> dict[str, Any]:
    if member.error is not None:
        return {"error": {"code": member.error.code, "message": member.error.message}}
    return {"url": member.url} if member.b64 is None else {"b64_json": member.b64}


def _chat_usage(tokens: int) -> dict[str, Any]:
    return {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": tokens,
        "prompt_tokens_details": {"cached_tokens_details": {}},
        "completion_tokens_details": {},
        "output_tokens": tokens,
        "claude_cache_creation_5_m_tokens": 0,
        "claude_cache_creation_1_h_tokens": 0,
    }


def _answer(body: dict[str, Any], request_id: str) -> Answer:
    # The relay's JSON has no bare ampersand; only links hold one (protocols.md 5.2).
    text = json.dumps(body, separators=(",", ":")).replace("&", "\\u0026")
    headers = (("Content-Type", "application/json"), *common_headers(request_id))
    return Answer(200, text.encode("ascii"), headers)
