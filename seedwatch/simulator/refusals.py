"""The answers of faults that refuse a generation instead of making it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from seedwatch.simulator.orders import ErrorReplies
from seedwatch.simulator.wire import Answer

REFUSALS: Final = ("status", "reset_before_billing", "html_200", "malformed_json", "moderated")
_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
)


def refusal_answer(
    name: str, args: Mapping[str, Any], replies: ErrorReplies, whole: Callable[[], Answer]
) -> Answer:
    """What the client sees of any refusal except a reset, which shows it nothing.

    `whole` makes the good answer that `malformed_json` spoils.
    """
    if name == "moderated":
        return replies.moderated(args.get("code"))
    if name == "html_200":
        return Answer(200, _HTML, (("Content-Type", "text/html; charset=utf-8"),))
    if name == "malformed_json":
        answer = whole()
        return replace(answer, body=answer.body[:-2])
    return _status_answer(args, replies)


def _status_answer(args: Mapping[str, Any], replies: ErrorReplies) -> Answer:
    answer = replies.gateway_error(args["code"])
    if "body" in args:
        answer = _with_body(answer, args["body"])
    own = tuple((name, str(text)) for name, text in args.get("headers", {}).items())
    return _with_headers(answer, own)


def _with_body(answer: Answer, body: Any) -> Answer:
    if isinstance(body, str):
        text, kind = body, "text/plain; charset=utf-8"
    else:
        text, kind = json.dumps(body), "application/json"
    content = text.encode("utf-8", "surrogatepass")
    return _with_headers(replace(answer, body=content), (("Content-Type", kind),))


def _with_headers(answer: Answer, headers: tuple[tuple[str, str], ...]) -> Answer:
    replaced = {name.lower() for name, _ in headers}
    kept = tuple(header for header in answer.headers if header[0].lower() not in replaced)
    return replace(answer, headers=(*kept, *headers))
