"""The error bodies of Ark (protocols.md 2.7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.gateway import gateway_text
from seedwatch.simulator.wire import Answer

_TYPES: Final[Mapping[int, str]] = {
    400: "BadRequest",
    401: "Unauthorized",
    402: "Forbidden",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
}
OUTPUT_FILTER: Final = "OutputImageSensitiveContentDetected"
INPUT_FILTER: Final = "InputTextSensitiveContentDetected"
INTERNAL: Final = "InternalServiceError"
MESSAGES: Final[Mapping[str, str]] = {
    OUTPUT_FILTER: "The request failed because the output image may contain sensitive information.",
    INTERNAL: "The service encountered an unexpected internal error. Please retry later.",
}

_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("InvalidParameter", "A parameter specified in the request is not valid."),
    402: ("AccountOverdueError", "The account has an overdue balance."),
    403: ("AccountOverdueError", "The account has an overdue balance."),
    404: (
        "InvalidEndpointOrModel.NotFound",
        "The model or endpoint does not exist or you do not have access to it.",
    ),
    429: (
        "ModelAccountIpmRateLimitExceeded",
        "The images-per-minute limit of this account and model was exceeded.",
    ),
}


@dataclass(eq=False)
class ArkRefusal(Exception):
    """An error answer of Ark; the request id is added to its message when it is sent."""

    status: int
    code: str
    message: str
    param: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def invalid(param: str, reason: str, code: str = "InvalidParameter") -> ArkRefusal:
    """The 400 for a parameter, worded as seen in public reports (protocols.md 2.3)."""
    message = f"The parameter `{param}` specified in the request is not valid: {reason}."
    return ArkRefusal(400, code, message, param)


def missing(param: str) -> ArkRefusal:
    """The 400 for a required parameter that is not there."""
    message = f"The request is missing the required parameter `{param}`."
    return ArkRefusal(400, "MissingParameter", message, param)


def common_headers(request_id: str) -> tuple[tuple[str, str], ...]:
    """The headers of every answer of Ark."""
    return (("Server", "istio-envoy"), ("X-Request-Id", request_id))


def refusal_body(refusal: ArkRefusal, request_id: str) -> Answer:
    """The refusal as an HTTP answer."""
    error = {
        "code": refusal.code,
        "message": f"{refusal.message} Request id: {request_id}",
        "param": refusal.param,
        "type": _TYPES.get(refusal.status, _TYPES[400 if refusal.status < 500 else 500]),
    }
    headers = (("Content-Type", "application/json"), *refusal.headers, *common_headers(request_id))
    return Answer(refusal.status, json.dumps({"error": error}).encode("ascii"), headers)


def unauthorised() -> ArkRefusal:
    """The measured 401."""
    return ArkRefusal(
        401,
        "AuthenticationError",
        "the API key or AK/SK in the request is missing or invalid.",
        headers=(("x-error-code", "AuthN_MissOrInvalidAuthorizationHeader"),),
    )


def model_unknown(model: str) -> ArkRefusal:
    """The 404 for a model ID that does not exist."""
    message = f"The model or endpoint {model} does not exist or you do not have access to it."
    return ArkRefusal(404, "InvalidEndpointOrModel.NotFound", message, "model")


def too_many_images() -> ArkRefusal:
    """The 429 of the limit of images per minute; it never says when to come back."""
    return ArkRefusal(429, *_BY_STATUS[429])


def output_filtered(code: str | None) -> ArkRefusal:
    """The 400 for a picture that the output filter refused."""
    code = code or OUTPUT_FILTER
    return ArkRefusal(400, code, MESSAGES.get(code, MESSAGES[OUTPUT_FILTER]))


def input_filtered(code: str | None) -> ArkRefusal:
    """The 400 for an input that its filter refused."""
    message = "The request failed because the input may contain sensitive information."
    return ArkRefusal(400, code or INPUT_FILTER, message)


def for_status(status: int, request_id: str) -> Answer:
    """The body that belongs to a bare status: the service's own, or its gateway's.

    2xx and 3xx get an empty object. 502, 504, 408 and 52x come from the gateway, all the rest from
    the service.
    """
    if status < 400:
        headers = (("Content-Type", "application/json"), *common_headers(request_id))
        return Answer(status, b"{}", headers)
    text = gateway_text(status)
    if text is not None:
        headers = (("Content-Type", "text/plain"), *common_headers(request_id))
        return Answer(status, text.encode("ascii"), headers)
    return refusal_body(_typical(status), request_id)


def _typical(status: int) -> ArkRefusal:
    if status == 401:
        return unauthorised()
    if status in _BY_STATUS:
        return ArkRefusal(status, *_BY_STATUS[status])
    if status < 500:
        return ArkRefusal(status, *_BY_STATUS[400])
    return ArkRefusal(status, INTERNAL, MESSAGES[INTERNAL])
