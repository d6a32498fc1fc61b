"""The answers of Ark's video API: the id of a task, the task itself (protocols.md 3.1, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seedwatch.simulator.ark_calls import json_answer
from seedwatch.simulator.ark_errors import (
    INTERNAL,
    MESSAGES,
    for_status,
    input_filtered,
    refusal_body,
)
from seedwatch.simulator.ark_video_options import DEFAULT_EXPIRY_S
from seedwatch.simulator.ark_video_rules import VideoRequest
from seedwatch.simulator.movies import FRAMES_PER_S
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.tasks import Task, TaskError
from seedwatch.simulator.wire import Answer

VIDEO_FILTER: Final = "OutputVideoSensitiveContentDetected"
_FILTERED: Final = "The request failed because the output video may contain sensitive information."
_PIXELS_PER_TOKEN: Final = 1024
_ECHOED_DEFAULTS: Final[Mapping[str, Any]] = {
    "generate_audio": True,
    "draft": False,
    "priority": 0,
    "output_format": "mp4",
}


class ArkTaskReplies:
    """The wording of Ark for one task; implements `task_flow.TaskReplies`."""

    def __init__(self, request_id: str, switches: Switches) -> None:
        self._request_id = request_id
        self._switches = switches

    def gateway_error(self, status: int) -> Answer:
        """The body that belongs to a bare status."""
        return for_status(status, self._request_id)

    def moderated(self, code: str | None) -> Answer:
        """400 of the input filter; the output filter lets the task fail instead."""
        return refusal_body(input_filtered(code), self._request_id)

    def accepted(self, task: Task, *, is_replayed: bool) -> Answer:
        """The id; Ark has no idempotency keys, so nothing is ever replayed."""
        assert not is_replayed
        echo = _safety_echo(task.request, self._switches)
        return json_answer({"id": task.id, **echo}, self._request_id)

    def filters_input(self, code: str | None) -> bool:
        """Codes of the input filter begin with "Input" (protocols.md 2.7)."""
        return code is not None and code.startswith("Input")

    def filtered(self, code: str | None) -> TaskError:
        """What a task with a refused result says."""
        return TaskError(code or VIDEO_FILTER, f"{_FILTERED} Request id: {self._request_id}")

    def failure(self, code: str | None, message: str | None) -> TaskError:
        """By default an internal error."""
        code = code or INTERNAL
        text = MESSAGES.get(code, MESSAGES[INTERNAL])
        return TaskError(code, message or f"{text} Request id: {self._request_id}")


def task_object(task: Task, now: float, origin: str, switches: Switches) -> dict[str, Any]:
    """The task as GET shows it."""
    request: VideoRequest = task.request
    state = task.state(now)
    shown: dict[str, Any] = {"id": task.id, "model": request.model, "status": state, "error": None}
    if state == "failed" and task.error is not None:
        shown["error"] = {"code": task.error.code, "message": task.error.message}
    if state == "succeeded":
        tokens = _tokens(request)
        shown["content"] = _content(task, origin)
        shown["usage"] = {"completion_tokens": tokens, "total_tokens": tokens}
    elif switches["ark.video_no_content"] == "null":
        shown["content"] = None
    return {
        **shown,
        "created_at": int(task.created_at),
        "updated_at": int(task.changed_at(now)),
        **_parameters(request, is_known=state == "succeeded"),
        **_safety_echo(request, switches),
    }


def _content(task: Task, origin: str) -> dict[str, Any]:
    names = ("video_url", "last_frame_url")
    return {name: f"{origin}{link}" for name, link in zip(names, task.links, strict=False)}


def _parameters(request: VideoRequest, *, is_known: bool) -> dict[str, Any]:
    given, rules = request.given, request.rules
    length = {"duration": request.clip.frame_count // FRAMES_PER_S}
    shown: dict[str, Any] = {
        "seed": request.seed,
        "resolution": request.resolution,
        # What "adaptive" comes to is known when the video is there.
        "ratio": request.ratio if is_known else request.asked_ratio,
        **({"frames": given["frames"]} if "frames" in given else length),
        "framespersecond": FRAMES_PER_S,
        "service_tier": given.get("service_tier", "default"),
        "execution_expires_after": given.get("execution_expires_after", DEFAULT_EXPIRY_S),
    }
    for name, default in _ECHOED_DEFAULTS.items():
        if name in rules.allowed_fields:
            shown[name] = given.get(name, default)
    if request.draft_id is not None:
        shown["draft_task_id"] = request.draft_id
    if "tools" in given:
        shown["tools"] = given["tools"]
    return shown


def _safety_echo(request: VideoRequest, switches: Switches) -> dict[str, Any]:
    identifier = request.given.get("safety_identifier")
    is_told = identifier is not None and switches["ark.safety_echo"] == "yes"
    return {"safety_identifier": identifier} if is_told else {}


def _tokens(request: VideoRequest) -> int:
    # The estimate of protocols.md 3.5 without the seconds of input videos, which nobody fetched.
    clip = request.clip
    pixels = clip.width * clip.height * clip.frame_count
    return (pixels + _PIXELS_PER_TOKEN // 2) // _PIXELS_PER_TOKEN
