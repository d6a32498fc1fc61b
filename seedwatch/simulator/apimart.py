"""The surface of APIMart: submits, tasks, uploads, balance, models (protocols.md 4)."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.apimart_answers import balance_object, json_answer, task_object
from seedwatch.simulator.apimart_calls import PROVIDER, check_key
from seedwatch.simulator.apimart_errors import ApimartRefusal, refusal_answer
from seedwatch.simulator.apimart_models import IMAGE_MODELS
from seedwatch.simulator.apimart_submits import ApimartSubmits
from seedwatch.simulator.apimart_uploads import ApimartUploads
from seedwatch.simulator.apimart_video_models import VIDEO_MODELS
from seedwatch.simulator.orders import new_request_id
from seedwatch.simulator.routing import (
    NoSuchPathError,
    Routes,
    WrongMethodError,
    find_route,
    last_name,
)
from seedwatch.simulator.uploads import UploadStore
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World


class Apimart:
    """The ASGI application mounted at /apimart/v1."""

    def __init__(self, world: World) -> None:
        self._world = world
        store = UploadStore(world.results, f"{PROVIDER}/uploads")
        submits, uploads = ApimartSubmits(world, store), ApimartUploads(world, store)
        self._routes: Routes = {
            "/images/generations": {"POST": submits.images},
            "/videos/generations": {"POST": submits.videos},
            "/tasks/{id}": {"GET": self._task},
            "/uploads/images": {"POST": uploads.upload},
            "/balance": {"GET": self._balance},
            "/user/balance": {"GET": self._balance},
            "/models": {"GET": self._models},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange, new_request_id(self._world.clock()))
        except ApimartRefusal as refusal:
            await exchange.reply(refusal_answer(refusal, self._world.switches))

    async def _route(self, exchange: Exchange, request_id: str) -> None:
        try:
            respond = find_route(exchange, self._routes)
        except NoSuchPathError as error:
            raise ApimartRefusal(404, f"Invalid URL: {error}.") from error
        except WrongMethodError as error:
            raise ApimartRefusal(405, f"This URL takes {error}.") from error
        await respond(exchange, request_id)

    async def _task(self, exchange: Exchange, _: str) -> None:
        check_key(exchange)
        task = self._world.tasks.get(PROVIDER, last_name(exchange))
        if task is None:
            raise ApimartRefusal(404, "The task does not exist.")
        switches = self._world.switches
        shown = task_object(task, self._world.clock(), exchange.origin, switches)
        await exchange.reply(json_answer({"code": 200, "data": shown}))

    async def _balance(self, exchange: Exchange, _: str) -> None:
        check_key(exchange)
        tasks = self._world.tasks.known_to(PROVIDER)
        shown = balance_object(tasks, self._world.clock(), self._world.switches)
        await exchange.reply(json_answer(shown))

    async def _models(self, exchange: Exchange, _: str) -> None:
        check_key(exchange)
        known = (*IMAGE_MODELS, *VIDEO_MODELS)
        models = [{"id": model, "object": "model", "owned_by": PROVIDER} for model in known]
        await exchange.reply(json_answer({"data": models}))
