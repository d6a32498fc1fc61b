"""The answers of APIMart: a submit, a task, the balance (protocols.md 4.2, 4.3)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seedwatch.simulator.apimart_errors import (
    FILTERED,
    ApimartRefusal,
    error_type,
    for_status,
    refusal_answer,
)
from seedwatch.simulator.apimart_requests import ApimartRequest
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.tasks import State, Task, TaskError
from seedwatch.simulator.wire import Answer

VERSION: Final = "2026-07-27"
_STATUSES: Final[Mapping[State, str]] = {
    "queued": "pending",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "expired": "failed",
    "cancelled": "cancelled",
}
_CREDITS_PER_DOLLAR: Final = 10
_FUNDS: Final = 1_000_000.0
"""What a simulated account holds in the beginning."""


def json_answer(content: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """200 with a JSON body."""
    body = json.dumps(content, separators=(",", ":")).encode("ascii")
    return Answer(200, body, (("Content-Type", "application/json"), *headers))


class ApimartReplies:
    """The wording of APIMart for one submit; implements `task_flow.TaskReplies`.

    `version` is the response version that the client asked for; None for the older form.
    """

    def __init__(self, request_id: str, version: str | None, switches: Switches) -> None:
        self._request_id = request_id
        self._version = version
        self._switches = switches

    def gateway_error(self, status: int) -> Answer:
        """The body that belongs to a bare status."""
        if status < 400:
            return Answer(status, b"{}", (("Content-Type", "application/json"),))
        return refusal_answer(for_status(status), self._switches)

    def moderated(self, _: str | None) -> Answer:
        """400 of the check before the submit."""
        return refusal_answer(ApimartRefusal(400, FILTERED), self._switches)

    def accepted(self, task: Task, *, is_replayed: bool) -> Answer:
        """The id of the task, in the form that the header or the switch asks for."""
        headers = (("idempotency-replayed", "true"),) if is_replayed else ()
        form = self._switches["apimart.answer_form"]
        if form == "array" or (form == "auto" and self._version is None):
            told = [{"status": "submitted", "task_id": task.id}]
            return json_answer({"code": 200, "data": told}, headers)
        version = ("x-apimart-response-version", self._version or VERSION)
        shown = {"object": "generation.task", "id": task.id, "status": "pending"}
        return json_answer({"data": shown, "request_id": self._request_id}, (version, *headers))

    def filters_input(self, code: str | None) -> bool:
        """Codes that begin with "Input" stand for the check before the submit."""
        return code is not None and code.startswith("Input")

    def filtered(self, code: str | None) -> TaskError:
        """What a task with a refused result says."""
        return TaskError(code or "400", FILTERED)

    def failure(self, code: str | None, message: str | None) -> TaskError:
        """By default an error of the server."""
        return TaskError(code or "500", message or "The generation failed. Please try again.")


def task_object(task: Task, now: float, origin: str, switches: Switches) -> dict[str, Any]:
    """The task as GET shows it, without its wrapping."""
    request: ApimartRequest = task.request
    state = task.state(now)
    shown: dict[str, Any] = {
        "id": task.id,
        "status": _STATUSES[state],
        "progress": task.progress(now),
        "created": int(task.created_at),
        "estimated_time": max(1, math.ceil(task.latency_s)),
    }
    if now < task.ends_at:
        return shown
    cost = task_cost(task, now)
    shown |= {
        "completed": int(task.ends_at),
        "actual_time": int(task.ends_at) - int(task.created_at),
        "cost": cost,
        "credits_cost": round(cost * _CREDITS_PER_DOLLAR, 6),
    }
    if state == "succeeded":
        expires_at = int(task.ends_at) + task.link_lifetime_s
        links = [f"{origin}{link}" for link in task.links]
        shown["result"] = {request.kind: _entries(links, expires_at, switches)}
    elif task.error is not None:
        shown["error"] = _error_object(task.error)
    return shown


def task_cost(task: Task, now: float) -> float:
    """What a task has cost in dollars; what failed is refunded."""
    request: ApimartRequest = task.request
    if task.state(now) != "succeeded":
        return 0.0
    return round(request.cost * task.made_count / len(request.drawings), 6)


def balance_object(tasks: Iterable[Task], now: float, switches: Switches) -> dict[str, Any]:
    """The answer of both calls about the balance."""
    used = round(sum(task_cost(task, now) for task in tasks), 6)
    remaining = 0.0 if switches["apimart.balance"] == "empty" else round(_FUNDS - used, 6)
    return {
        "success": True,
        "message": "",
        "remain_balance": remaining,
        "remain_credits": round(remaining * _CREDITS_PER_DOLLAR, 6),
        "used_balance": used,
        "used_credits": round(used * _CREDITS_PER_DOLLAR, 6),
        "unlimited_quota": False,
    }


def _entries(links: list[str], expires_at: int, switches: Switches) -> list[dict[str, Any]]:
    groups = [links] if switches["apimart.several"] == "urls" else [[link] for link in links]
    is_string = switches["apimart.url_form"] == "string"
    return [
        # A string can hold one link only: several in one entry stay a list.
        {"url": group[0] if is_string and len(group) == 1 else group, "expires_at": expires_at}
        for group in groups
        if group
    ]


def _error_object(error: TaskError) -> dict[str, Any]:
    if error.code.isdecimal():
        status = int(error.code)
        return {"code": status, "message": error.message, "type": error_type(status)}
    return {"code": 400, "message": error.message, "type": error.code}
