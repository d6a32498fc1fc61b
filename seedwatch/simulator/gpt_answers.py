"""Answers of OpenAI's shape: JSON and server-sent events (protocols.md 6.3, 6.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from seedwatch.simulator.gpt_rules import GptRequest
from seedwatch.simulator.orders import Member, Outcome

# High is the sample's number (protocols.md 6.3); the others stand to it as their prices do (11).
_TOKENS: Final[Mapping[str, int]] = {"low": 280, "medium": 1060, "high": 4160}
"""Output tokens of 1024x1024 by quality; larger pictures in proportion."""
_SQUARE_PIXELS: Final = 1024 * 1024
_INPUT_TOKENS: Final = 320
_BYTES_PER_TOKEN: Final = 4


def whole_body(request: GptRequest, outcome: Outcome) -> dict[str, Any]:
    """The body of an answer that is not streamed; pictures that failed are left out."""
    made = [member for member in outcome.members if member.error is None]
    body: dict[str, Any] = {"created": outcome.created_at}
    if request.rules.is_inline_only:
        body |= _about(request)
    body["data"] = [_member(request, member) for member in made]
    if request.rules.is_inline_only:
        body["usage"] = _usage(request, made)
    return body


def picture_event(request: GptRequest, member: Member, created_at: int, source: str) -> bytes:
    """A preview or the picture itself as an event; `source` is its name before the point."""
    content: dict[str, Any] = {"b64_json": member.b64}
    if member.preview is not None:
        kind = f"{source}.partial_image"
        content["partial_image_index"] = member.preview
    else:
        kind = f"{source}.completed"
        content["usage"] = _usage(request, [member])
    frame = {"type": kind, "created_at": created_at, **_about(request), **content}
    return event(kind, frame)


def event(kind: str, frame: Mapping[str, Any]) -> bytes:
    """One server-sent event, its JSON on one line."""
    return f"event: {kind}\ndata: ".encode("ascii") + _json(frame) + b"\n\n"


def _about(request: GptRequest) -> dict[str, Any]:
    options, picture = request.options, request.pictures[0]
    about = {
        "background": "transparent" if options.is_see_through else "opaque",
        "output_format": options.output_format,
        "quality": options.quality,
        "size": f"{picture.width}x{picture.height}",
    }
    if options.safety_identifier is not None:
        about["safety_identifier"] = options.safety_identifier
    return about


def _member(request: GptRequest, member: Member) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if not request.rules.is_inline_only:
        shown["revised_prompt"] = f"{request.prompt} (revised by the simulator)"
    if member.b64 is not None:
        shown["b64_json"] = member.b64
    else:
        shown["url"] = member.url
    return shown


def _usage(request: GptRequest, made: Sequence[Member]) -> dict[str, Any]:
    text_tokens = math.ceil(len(request.prompt.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN)
    image_tokens = _INPUT_TOKENS * len(request.pictures[0].references)
    each = _TOKENS.get(request.options.quality, _TOKENS["high"])
    pixels = sum(member.picture.width * member.picture.height for member in made)
    output_tokens = round(each * pixels / _SQUARE_PIXELS)
    return {
        "input_tokens": text_tokens + image_tokens,
        "input_tokens_details": {"image_tokens": image_tokens, "text_tokens": text_tokens},
        "output_tokens": output_tokens,
        "total_tokens": text_tokens + image_tokens + output_tokens,
    }


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("ascii")
