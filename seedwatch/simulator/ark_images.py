"""The surface of Ark's image API: POST /images/generations and GET /models."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.ark_answers import ArkReplies
from seedwatch.simulator.ark_errors import ArkRefusal, common_headers, refusal_body, unauthorised
from seedwatch.simulator.ark_models import MODELS
from seedwatch.simulator.ark_rules import ArkRequest, check_request
from seedwatch.simulator.bodies import BadBodyError, json_object
from seedwatch.simulator.flow import run_order
from seedwatch.simulator.orders import Order, new_request_id
from seedwatch.simulator.wire import Answer, BodyTooLargeError, Exchange
from seedwatch.simulator.world import World

PROVIDER: Final = "ark"


class ArkImages:
    """The ASGI application mounted at /ark/api/v3."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        request_id = new_request_id(self._world.clock())
        try:
            await self._route(exchange, request_id)
        except ArkRefusal as refusal:
            await exchange.reply(refusal_body(refusal, request_id))

    async def _route(self, exchange: Exchange, request_id: str) -> None:
        routes: dict[str, tuple[str, Callable[[Exchange, str], Any]]] = {
            "/images/generations": ("POST", self._generate),
            "/models": ("GET", self._models),
        }
        route = exchange.path.removeprefix(exchange.scope["root_path"])
        method, respond = routes.get(route, ("", None))
        if respond is None:
            raise ArkRefusal(404, "NotFound", "The requested path does not exist.")
        if exchange.scope["method"] != method:
            raise ArkRefusal(405, "InvalidMethod", f"The method must be {method}.")
        await respond(exchange, request_id)

    async def _models(self, exchange: Exchange, request_id: str) -> None:
        _check_key(exchange.header("authorization"))
        # The shape of this answer is not published; it follows OpenAI's (protocols.md 13).
        models = [{"id": model, "object": "model", "owned_by": "ark"} for model in MODELS]
        body = json.dumps({"object": "list", "data": models}).encode("ascii")
        headers = (("Content-Type", "application/json"), *common_headers(request_id))
        await exchange.reply(Answer(200, body, headers))

    async def _generate(self, exchange: Exchange, request_id: str) -> None:
        body = await _read(exchange)
        key = _check_key(exchange.header("authorization"))
        request = await self._world.check(_parse_and_check, body)
        del body  # up to 200 MB that nobody needs while the picture is drawn
        order = _order(exchange, request, key, request_id)
        replies = ArkReplies(request, request_id, self._world.switches)
        await run_order(exchange, self._world, order, replies)


async def _read(exchange: Exchange) -> bytes:
    try:
        return await exchange.read_body()
    except BodyTooLargeError as error:
        headers = (("Connection", "close"),)
        message = "The request body is too large."
        raise ArkRefusal(413, "InvalidParameter", message, headers=headers) from error


def _check_key(authorization: str | None) -> str:
    """The key of `Authorization: Bearer KEY`; any but an empty one or one that holds "invalid"."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip() or "invalid" in key:
        raise unauthorised()
    return key.strip()


def _parse_and_check(body: bytes) -> ArkRequest:
    try:
        return check_request(json_object(body))
    except BadBodyError as error:
        raise ArkRefusal(400, "InvalidParameter", str(error)) from error


def _order(exchange: Exchange, request: ArkRequest, key: str, request_id: str) -> Order:
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
        is_inline=request.is_inline,
        is_streamed=request.is_streamed,
    )
