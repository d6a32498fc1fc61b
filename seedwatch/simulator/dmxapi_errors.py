"""The error bodies of DMXAPI: a relay's own, and those of the services behind it (5.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.ark_errors import ArkRefusal
from seedwatch.simulator.gateway import gateway_text
from seedwatch.simulator.openai_errors import OpenAiRefusal
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.wire import Answer

RIX: Final = "rix_api_error"
NEW: Final = "new_api_error"


@dataclass(eq=False)
class DmxRefusal(Exception):
    """An error answer of DMXAPI; the request id is added to its message when it is sent.

    Attributes:
        param: None leaves the key out, as some of the real answers do.
    """

    status: int
    message: str
    code: str | None = ""
    kind: str = RIX
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def unauthorised() -> DmxRefusal:
    """The 401 seen in reports."""
    return DmxRefusal(401, "Invalid Token")


def no_channel(model: str) -> DmxRefusal:
    """The 503 for a model that nothing behind the relay serves."""
    message = f"当前分组 default 下对于模型 {model} 无可用渠道(distributor)"
    return DmxRefusal(503, message, "model_not_found", NEW)


def not_supported() -> DmxRefusal:
    """The 400 for a model that has no such endpoint."""
    return DmxRefusal(400, "Model not support")


def unreadable(message: str) -> DmxRefusal:
    """The 400 for a body that is not what its type says."""
    return DmxRefusal(400, message)


def passed_on(refusal: ArkRefusal | OpenAiRefusal, switches: Switches) -> DmxRefusal:
    """What a service behind the relay refused, in the relay's envelope.

    Its code arrives in `code` or only inside the message: which of the two is not known.
    """
    code, message = refusal.code, refusal.message
    if switches["dmxapi.upstream_code"] == "message" and code:
        code, message = "", f"{code}: {message}"
    return DmxRefusal(refusal.status, message, code, param=refusal.param or "")


def common_headers(request_id: str) -> tuple[tuple[str, str], ...]:
    """The headers of every answer."""
    return (("X-Rixapi-Request-Id", request_id),)


def refusal_body(refusal: DmxRefusal, request_id: str) -> Answer:
    """The refusal as an HTTP answer."""
    error = {
        "code": refusal.code,
        "message": f"{refusal.message} (request id: {request_id})",
        "type": refusal.kind,
    }
    if refusal.param is not None:
        error["param"] = refusal.param
    # The relay writes Chinese as it is.
    body = json.dumps({"error": error}, ensure_ascii=False).encode("utf-8", "backslashreplace")
    kind = ("Content-Type", "application/json; charset=utf-8")
    return Answer(refusal.status, body, (kind, *refusal.headers, *common_headers(request_id)))


def for_status(status: int, model: str, request_id: str, switches: Switches) -> Answer:
    """The body that belongs to a bare status: the relay's own, or that of a gateway before it.

    2xx and 3xx get an empty object. The status of a used-up quota is a switch.
    """
    headers = common_headers(request_id)
    if status < 400:
        return Answer(status, b"{}", (("Content-Type", "application/json"), *headers))
    text = gateway_text(status)
    if text is not None:
        return Answer(status, text.encode("ascii"), (("Content-Type", "text/plain"), *headers))
    is_quota = status == int(switches["dmxapi.quota_status"])
    refusal = _quota_used_up(status) if is_quota else _typical(status, model)
    return refusal_body(refusal, request_id)


def _quota_used_up(status: int) -> DmxRefusal:
    return DmxRefusal(status, "用户 [36] 配额不足", "insufficient_quota", param="")


def _typical(status: int, model: str) -> DmxRefusal:
    if status == 401:
        return unauthorised()
    if status == 404:
        message = "Your account has not activated the model."
        return DmxRefusal(404, message, "ModelNotOpen", param="model")
    if status == 429:
        return DmxRefusal(429, "请求过于频繁，请稍后再试", None)
    if status == 503:
        return no_channel(model)
    if status < 500:
        return DmxRefusal(status, not_supported().message)
    return DmxRefusal(status, "服务器繁忙，请稍后再试", None, NEW)
