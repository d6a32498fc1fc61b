"""The surface of OpenAI's image API: generations, edits, models (protocols.md 6.1)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.bodies import BadBodyError, json_object
from seedwatch.simulator.flow import run_order
from seedwatch.simulator.gpt_inputs import PartHabits
from seedwatch.simulator.gpt_rules import GptRequest, check_edit, check_generation
from seedwatch.simulator.keys import bearer_key
from seedwatch.simulator.multipart import read_form
from seedwatch.simulator.openai_answers import OpenAiReplies
from seedwatch.simulator.openai_errors import (
    OpenAiRefusal,
    common_headers,
    refusal_body,
    unauthorised,
    unreadable,
)
from seedwatch.simulator.openai_models import MODELS, rules_for
from seedwatch.simulator.orders import Order
from seedwatch.simulator.routing import NoSuchPathError, Routes, WrongMethodError, find_route
from seedwatch.simulator.wire import Answer, BodyTooLargeError, Exchange
from seedwatch.simulator.world import World

PROVIDER: Final = "openai"


class OpenAiImages:
    """The ASGI application mounted at /openai/v1."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes: Routes = {
            "/images/generations": {"POST": self._generate},
            "/images/edits": {"POST": self._edit},
            "/models": {"GET": self._models},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        request_id = f"req_{secrets.token_hex(16)}"
        try:
            await self._route(exchange, request_id)
        except OpenAiRefusal as refusal:
            await exchange.reply(refusal_body(refusal, request_id))

    async def _route(self, exchange: Exchange, request_id: str) -> None:
        try:
            respond = find_route(exchange, self._routes)
        except NoSuchPathError as error:
            raise OpenAiRefusal(404, f"Invalid URL: {error}.", "unknown_url") from error
        except WrongMethodError as error:
            message = f"Not allowed: this URL takes {error}."
            raise OpenAiRefusal(405, message, "method_not_supported") from error
        await respond(exchange, request_id)

    async def _models(self, exchange: Exchange, request_id: str) -> None:
        _check_key(exchange)
        models = [{"id": model, "object": "model", "owned_by": PROVIDER} for model in MODELS]
        body = json.dumps({"object": "list", "data": models}).encode("ascii")
        headers = (("Content-Type", "application/json"), *common_headers(request_id))
        await exchange.reply(Answer(200, body, headers))

    async def _generate(self, exchange: Exchange, request_id: str) -> None:
        await self._run(exchange, request_id, "image_generation", self._read_generation)

    async def _edit(self, exchange: Exchange, request_id: str) -> None:
        read = partial(self._read_edit, exchange.header("content-type"))
        await self._run(exchange, request_id, "image_edit", read)

    async def _run(
        self,
        exchange: Exchange,
        request_id: str,
        source: str,
        read: Callable[[bytes], GptRequest],
    ) -> None:
        body = await _read(exchange)
        key = _check_key(exchange)
        request = await self._world.check(read, body)
        del body  # up to 200 MB that nobody needs while the picture is drawn
        order = _order(exchange, request, key, request_id)
        replies = OpenAiReplies(request, request_id, source, self._world.switches)
        await run_order(exchange, self._world, order, replies)

    def _read_generation(self, body: bytes) -> GptRequest:
        try:
            given = json_object(body)
        except BadBodyError as error:
            raise unreadable(str(error)) from error
        return check_generation(given, partial(rules_for, switches=self._world.switches))

    def _read_edit(self, content_type: str | None, body: bytes) -> GptRequest:
        try:
            form = read_form(content_type, body)
        except BadBodyError as error:
            raise unreadable(str(error)) from error
        switches = self._world.switches
        habits = PartHabits(takes_octet_stream=switches["openai.octet_stream"] == "accept")
        return check_edit(form, partial(rules_for, switches=switches), habits)


async def _read(exchange: Exchange) -> bytes:
    try:
        return await exchange.read_body()
    except BodyTooLargeError as error:
        message, close = "The request body is too large.", (("Connection", "close"),)
        raise OpenAiRefusal(413, message, None, headers=close) from error


def _check_key(exchange: Exchange) -> str:
    key = bearer_key(exchange.header("authorization"))
    if key is None:
        raise unauthorised()
    return key


def _order(exchange: Exchange, request: GptRequest, key: str, request_id: str) -> Order:
    return Order(
        provider=PROVIDER,
        path=exchange.path,
        model=request.model,
        prompt=request.prompt,
        size=request.size,
        references=request.references,
        key=key,
        idempotency_key=exchange.header("idempotency-key"),
        request_id=request_id,
        folder=f"{PROVIDER}/{request.rules.family}",
        pictures=request.pictures,
        is_inline=request.options.is_inline,
        is_streamed=request.options.is_streamed,
        preview_count=request.options.partial_count,
    )
