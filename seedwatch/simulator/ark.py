"""The surface of Ark: which call answers which path, for pictures and for videos."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.ark_calls import check_key, json_answer
from seedwatch.simulator.ark_errors import ArkRefusal, refusal_body
from seedwatch.simulator.ark_images import ArkImages
from seedwatch.simulator.ark_models import MODELS
from seedwatch.simulator.ark_video_models import VIDEO_MODELS
from seedwatch.simulator.ark_videos import ArkVideos
from seedwatch.simulator.orders import new_request_id
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World

_TASKS: Final = "/contents/generations/tasks"
Respond = Callable[[Exchange, str], Awaitable[None]]


class Ark:
    """The ASGI application mounted at /ark/api/v3."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._images = ArkImages(world)
        self._videos = ArkVideos(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        request_id = new_request_id(self._world.clock())
        try:
            await self._respond(exchange)(exchange, request_id)
        except ArkRefusal as refusal:
            await exchange.reply(refusal_body(refusal, request_id))

    def _respond(self, exchange: Exchange) -> Respond:
        path = exchange.path.removeprefix(exchange.scope["root_path"])
        methods = self._methods(path)
        if methods is None:
            raise ArkRefusal(404, "NotFound", "The requested path does not exist.")
        respond = methods.get(exchange.scope["method"])
        if respond is None:
            known = " or ".join(methods)
            raise ArkRefusal(405, "InvalidMethod", f"The method must be {known}.")
        return respond

    def _methods(self, path: str) -> dict[str, Respond] | None:
        task_id = path.removeprefix(f"{_TASKS}/")
        if task_id != path and task_id and "/" not in task_id:
            return {
                "GET": lambda exchange, id_: self._videos.show(exchange, id_, task_id),
                "DELETE": lambda exchange, id_: self._videos.delete(exchange, id_, task_id),
            }
        routes: dict[str, dict[str, Respond]] = {
            "/images/generations": {"POST": self._images.generate},
            "/models": {"GET": self._models},
            _TASKS: {"POST": self._videos.create, "GET": self._videos.show_all},
        }
        return routes.get(path)

    async def _models(self, exchange: Exchange, request_id: str) -> None:
        check_key(exchange)
        # The shape of this answer is not published; it follows OpenAI's (protocols.md 13).
        known = (*MODELS, *VIDEO_MODELS)
        models = [{"id": model, "object": "model", "owned_by": "ark"} for model in known]
        await exchange.reply(json_answer({"object": "list", "data": models}, request_id))
