"""The surface of Ark: which call answers which path, for pictures and for videos."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.ark_calls import check_key, json_answer
from seedwatch.simulator.ark_errors import ArkRefusal, refusal_body
from seedwatch.simulator.ark_images import ArkImages
from seedwatch.simulator.ark_models import MODELS
from seedwatch.simulator.ark_video_models import VIDEO_MODELS
from seedwatch.simulator.ark_videos import ArkVideos
from seedwatch.simulator.orders import new_request_id
from seedwatch.simulator.routing import NoSuchPathError, Routes, WrongMethodError, find_route
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World


class Ark:
    """The ASGI application mounted at /ark/api/v3."""

    def __init__(self, world: World) -> None:
        self._world = world
        images, videos = ArkImages(world), ArkVideos(world)
        self._routes: Routes = {
            "/images/generations": {"POST": images.generate},
            "/contents/generations/tasks": {"POST": videos.create, "GET": videos.show_all},
            "/contents/generations/tasks/{id}": {"GET": videos.show, "DELETE": videos.delete},
            "/models": {"GET": self._models},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        request_id = new_request_id(self._world.clock())
        try:
            await self._route(exchange, request_id)
        except ArkRefusal as refusal:
            await exchange.reply(refusal_body(refusal, request_id))

    async def _route(self, exchange: Exchange, request_id: str) -> None:
        try:
            respond = find_route(exchange, self._routes)
        except NoSuchPathError as error:
            raise ArkRefusal(404, "NotFound", "The requested path does not exist.") from error
        except WrongMethodError as error:
            raise ArkRefusal(405, "InvalidMethod", f"The method must be {error}.") from error
        await respond(exchange, request_id)

    async def _models(self, exchange: Exchange, request_id: str) -> None:
        check_key(exchange)
        # The shape of this answer is not published; it follows OpenAI's (protocols.md 13).
        known = (*MODELS, *VIDEO_MODELS)
        models = [{"id": model, "object": "model", "owned_by": "ark"} for model in known]
        await exchange.reply(json_answer({"object": "list", "data": models}, request_id))
