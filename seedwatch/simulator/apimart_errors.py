"""The error bodies of APIMart (protocols.md 4.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.switches import Switches
from seedwatch.simulator.wire import Answer

_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "payment_required",
    403: "permission_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "bad_gateway",
}
_MESSAGES: Final[Mapping[int, str]] = {
    401: "Invalid API key.",
    402: "Insufficient balance. Please top up.",
    403: "You do not have permission to do this.",
    404: "Not found.",
    408: "The request timed out.",
    429: "Too many requests. Please try again later.",
    502: "The upstream service is not available.",
    503: "The service is not available.",
    504: "The upstream service timed out.",
}
FILTERED: Final = "The content was refused by the content policy."


@dataclass(eq=False)
class ApimartRefusal(Exception):
    """An error answer of APIMart; `param` names the field that is wrong, where there is one."""

    status: int
    message: str
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def invalid(param: str, reason: str) -> ApimartRefusal:
    """The 400 for a field."""
    return ApimartRefusal(400, f"Invalid parameter '{param}': {reason}.", param)


def for_status(status: int) -> ApimartRefusal:
    """The refusal that belongs to a bare status."""
    usual = "The request is not valid." if status < 500 else "The server had an error."
    return ApimartRefusal(status, _MESSAGES.get(status, usual))


def error_type(status: int) -> str:
    """The `type` beside a status; those that no source names follow the nearest one."""
    return _TYPES.get(status, _TYPES[400] if status < 500 else _TYPES[500])


def refusal_answer(refusal: ApimartRefusal, switches: Switches) -> Answer:
    """The answer, in the envelope that the switch chooses."""
    if switches["apimart.envelope"] == "success_false":
        body: dict[str, Any] = {"success": False, "message": refusal.message}
    else:
        error: dict[str, Any] = {
            "code": refusal.status,
            "message": refusal.message,
            "type": error_type(refusal.status),
        }
        if refusal.param is not None:
            error["param"] = refusal.param
        body = {"error": error}
    headers = (("Content-Type", "application/json"), *refusal.headers)
    return Answer(refusal.status, json.dumps(body).encode("ascii"), headers)
