"""The error bodies of OpenAI's API (protocols.md 6.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.gateway import gateway_text
from seedwatch.simulator.wire import Answer

INVALID_REQUEST: Final = "invalid_request_error"
SERVER_ERROR: Final = "server_error"
MODERATION_BLOCKED: Final = "moderation_blocked"
_JSON: Final = ("Content-Type", "application/json")


@dataclass(eq=False)
class OpenAiRefusal(Exception):
    """An error answer in OpenAI's shape."""

    status: int
    message: str
    code: str | None
    param: str | None = None
    kind: str = INVALID_REQUEST
    headers: tuple[tuple[str, str], ...] = ()


# The code strings beside most statuses are customary names, not published (protocols.md 6.5).
_BY_STATUS: Final[Mapping[int, tuple[str, str | None, str]]] = {
    400: ("The request is not valid.", None, INVALID_REQUEST),
    401: ("Incorrect API key provided.", "invalid_api_key", INVALID_REQUEST),
    402: ("The balance of this account is used up.", None, INVALID_REQUEST),
    403: ("Your organization must be verified to use this model.", None, INVALID_REQUEST),
    404: (
        "The model does not exist or you do not have access to it.",
        "model_not_found",
        INVALID_REQUEST,
    ),
    429: ("Rate limit reached for images per minute.", "rate_limit_exceeded", "requests"),
    500: ("The server had an error while processing your request.", SERVER_ERROR, SERVER_ERROR),
    503: (
        "The engine is currently overloaded. Please try again later.",
        "overloaded",
        "overloaded",
    ),
}


def invalid(param: str, reason: str) -> OpenAiRefusal:
    """The 400 for a value of a parameter."""
    return OpenAiRefusal(400, f"Invalid value for '{param}': {reason}.", "invalid_value", param)


def missing(param: str) -> OpenAiRefusal:
    """The 400 for a required parameter that is not there."""
    message = f"Missing required parameter: '{param}'."
    return OpenAiRefusal(400, message, "missing_required_parameter", param)


def unknown(param: str) -> OpenAiRefusal:
    """The 400 for a parameter that this model or endpoint does not have."""
    return OpenAiRefusal(400, f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def duplicate(param: str) -> OpenAiRefusal:
    """The 400 for a part that came twice."""
    message = f"Duplicate parameter: '{param}'. For several values use '{param}[]'."
    return OpenAiRefusal(400, message, "duplicate_parameter", param)


def unreadable(message: str) -> OpenAiRefusal:
    """The 400 for a body that is not what its type says."""
    return OpenAiRefusal(400, message, None)


def model_unknown(model: str) -> OpenAiRefusal:
    """The 404 for a model that does not exist."""
    message = f"The model '{model}' does not exist or you do not have access to it."
    return OpenAiRefusal(404, message, "model_not_found")


def model_dead(model: str) -> OpenAiRefusal:
    """The 400 that a retired model may answer instead (protocols.md 13)."""
    return invalid("model", f"the model '{model}' has been shut down")


def unauthorised() -> OpenAiRefusal:
    """The 401; the key is not repeated."""
    return _typical(401)


def moderated(code: str | None, kind: str) -> OpenAiRefusal:
    """The 400 of the content filter; which `type` comes with it is not known."""
    message = "Your request was rejected by the safety system. safety_violations=[simulated]."
    return OpenAiRefusal(400, message, code or MODERATION_BLOCKED, kind=kind)


def common_headers(request_id: str) -> tuple[tuple[str, str], ...]:
    """The headers of every answer."""
    return (("x-request-id", request_id),)


def error_object(refusal: OpenAiRefusal) -> dict[str, str | None]:
    """What stands under `error`."""
    return {
        "message": refusal.message,
        "type": refusal.kind,
        "param": refusal.param,
        "code": refusal.code,
    }


def refusal_body(refusal: OpenAiRefusal, request_id: str) -> Answer:
    """The refusal as an HTTP answer."""
    body = json.dumps({"error": error_object(refusal)}).encode("ascii")
    headers = (_JSON, *refusal.headers, *common_headers(request_id))
    return Answer(refusal.status, body, headers)


def for_status(status: int, request_id: str) -> Answer:
    """The body that belongs to a bare status: the API's own, or that of a gateway before it.

    2xx and 3xx get an empty object. 502, 504, 408 and 52x come from the gateway, all the rest from
    the API.
    """
    if status < 400:
        return Answer(status, b"{}", (_JSON, *common_headers(request_id)))
    text = gateway_text(status)
    if text is not None:
        headers = (("Content-Type", "text/plain"), *common_headers(request_id))
        return Answer(status, text.encode("ascii"), headers)
    return refusal_body(_typical(status), request_id)


def _typical(status: int) -> OpenAiRefusal:
    known = _BY_STATUS.get(status, _BY_STATUS[400 if status < 500 else 500])
    message, code, kind = known
    return OpenAiRefusal(status, message, code, kind=kind)
