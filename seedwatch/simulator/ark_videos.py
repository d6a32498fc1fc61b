"""The surface of Ark's video API: /contents/generations/tasks (protocols.md 3.1)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

from seedwatch.simulator.ark_calls import PROVIDER, check_key, json_answer, parse_body, read_body
from seedwatch.simulator.ark_errors import ArkRefusal, invalid
from seedwatch.simulator.ark_video_answers import ArkTaskReplies, task_object
from seedwatch.simulator.ark_video_rules import VideoRequest, check_video
from seedwatch.simulator.clips import LastFrame
from seedwatch.simulator.drawings import Resizable
from seedwatch.simulator.orders import Order
from seedwatch.simulator.routing import last_name
from seedwatch.simulator.task_flow import Outputs, run_task
from seedwatch.simulator.tasks import Task, TaskError
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World

_BODY_LIMIT: Final = 64 * 1024 * 1024
_DOWNLOADS: Final = 100
_MAX_PAGE: Final = 500
_STATES: Final = ("queued", "running", "cancelled", "succeeded", "failed", "expired")
_FILTERS: Final = ("status", "task_ids", "model", "service_tier")


class ArkVideos:
    """The calls about tasks."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def create(self, exchange: Exchange, request_id: str) -> None:
        """POST: start a task."""
        body = await read_body(exchange, _BODY_LIMIT)
        key = check_key(exchange)
        request = await self._world.check(self._checked, body)
        del body
        task = self._task(request, request_id)
        order = _order(exchange, request, key, request_id)
        replies = ArkTaskReplies(request_id, self._world.switches)
        await run_task(exchange, self._world, order, task, _outputs(task), replies)

    async def show(self, exchange: Exchange, request_id: str) -> None:
        """GET one task."""
        check_key(exchange)
        shown = self._shown(exchange, self._known(last_name(exchange)))
        await exchange.reply(json_answer(shown, request_id))

    async def delete(self, exchange: Exchange, request_id: str) -> None:
        """DELETE: cancel a task that waits, forget one that ended."""
        check_key(exchange)
        task, now = self._known(last_name(exchange)), self._world.clock()
        state = task.state(now)
        if state == "queued":
            task.cancelled_at = now
        elif state in {"running", "cancelled"}:
            # The real shape of this refusal is not documented (protocols.md 13).
            raise invalid("id", f"a task in status `{state}` cannot be deleted")
        else:
            self._world.tasks.remove(task)
        await exchange.reply(json_answer({}, request_id))

    async def show_all(self, exchange: Exchange, request_id: str) -> None:
        """GET: a page of all tasks that pass the filters."""
        key = check_key(exchange)
        query = parse_qs(exchange.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        number, size = (_page(query, name) for name in ("page_num", "page_size"))
        wanted = self._filtered(query)
        self._check_rate(key)
        page = wanted[(number - 1) * size : number * size]
        items = [self._shown(exchange, task) for task in page]
        await exchange.reply(json_answer({"total": len(wanted), "items": items}, request_id))

    def _checked(self, body: bytes) -> VideoRequest:
        return check_video(parse_body(body), self._find_draft)

    def _task(self, request: VideoRequest, request_id: str) -> Task:
        now = self._world.clock()
        made_at = datetime.fromtimestamp(now, UTC)
        task = Task(
            provider=PROVIDER,
            id=f"cgt-{made_at:%Y%m%d%H%M%S}-{secrets.token_hex(4)}",
            request=request,
            created_at=now,
            latency_s=self._world.latency_s,
            expires_after_s=request.expires_after_s,
        )
        if request.late_error is not None:
            code, reason = request.late_error
            task.error = TaskError(code, f"{reason} Request id: {request_id}")
        return task

    def _find_draft(self, task_id: str) -> VideoRequest | None:
        task = self._world.tasks.get(PROVIDER, task_id)
        if task is None or task.state(self._world.clock()) != "succeeded":
            return None
        request: VideoRequest = task.request
        return request if request.is_draft else None

    def _known(self, task_id: str) -> Task:
        task = self._world.tasks.get(PROVIDER, task_id)
        if task is None:
            message = f"The specified task {task_id} does not exist."
            raise ArkRefusal(404, "NotFound.Task", message, "id")
        return task

    def _shown(self, exchange: Exchange, task: Task) -> dict[str, Any]:
        return task_object(task, self._world.clock(), exchange.origin, self._world.switches)

    def _check_rate(self, key: str) -> None:
        most = self._world.switches["ark.lists_per_s"]
        if most and not self._world.rates.take(f"ark.list {key}", 1, most=most, period_s=1):
            message = "The request rate of this operation exceeds the limit of the account."
            raise ArkRefusal(429, "AccountRateLimitExceeded", message)

    def _filtered(self, query: Mapping[str, list[str]]) -> list[Task]:
        states, ids, models, tiers = (_filter(query, name) for name in _FILTERS)
        if states and not set(states) <= set(_STATES):
            raise invalid("filter.status", f"it must be one of {', '.join(_STATES)}")
        if not tiers and self._world.switches["ark.list_tier"] == "default":
            tiers = ["default"]
        now = self._world.clock()
        found = [
            task
            for task in self._world.tasks.known_to(PROVIDER)
            if (not states or task.state(now) in states)
            and (not ids or task.id in ids)
            and (not models or task.request.model in models)
            and (not tiers or task.request.given.get("service_tier", "default") in tiers)
        ]
        is_newest_first = self._world.switches["ark.list_order"] == "newest"
        return found[::-1] if is_newest_first else found


def _filter(query: Mapping[str, list[str]], name: str) -> list[str]:
    return [value for value in query.get(f"filter.{name}", []) if value]


def _page(query: Mapping[str, list[str]], name: str) -> int:
    default = {"page_num": "1", "page_size": "20"}[name]
    text = query.get(name, [default])[-1]
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_PAGE:
        raise invalid(name, f"it must be an integer between 1 and {_MAX_PAGE}")
    return int(text)


def _order(exchange: Exchange, request: VideoRequest, key: str, request_id: str) -> Order:
    return Order(
        provider=PROVIDER,
        path=exchange.path,
        model=request.model,
        prompt=request.prompt,
        size=request.given.get("resolution"),
        references=request.references,
        key=key,
        idempotency_key=exchange.header("idempotency-key"),
        request_id=request_id,
        folder=f"{PROVIDER}/{request.rules.family}",
    )


def _outputs(task: Task) -> Outputs:
    request: VideoRequest = task.request
    clip = request.clip
    files: list[tuple[str, Resizable]] = [(f"{task.id}.{clip.format}", clip)]
    if request.returns_last_frame:
        files.append((f"{task.id}_last_frame.jpeg", LastFrame(clip)))
    return Outputs(tuple(files), billed_count=1, downloads=_DOWNLOADS)
