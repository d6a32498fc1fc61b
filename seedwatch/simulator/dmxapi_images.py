"""The surface of DMXAPI's images: generations and edits (protocols.md 5.1)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.ark_errors import ArkRefusal
from seedwatch.simulator.ark_rules import ArkRequest
from seedwatch.simulator.dmxapi_answers import GptReplies, SeedreamReplies
from seedwatch.simulator.dmxapi_errors import DmxRefusal, passed_on, refusal_body, unauthorised
from seedwatch.simulator.dmxapi_requests import read_edit, read_generation
from seedwatch.simulator.flow import run_order
from seedwatch.simulator.gpt_rules import GptRequest
from seedwatch.simulator.openai_errors import OpenAiRefusal
from seedwatch.simulator.orders import Order
from seedwatch.simulator.routing import NoSuchPathError, Routes, WrongMethodError, find_route
from seedwatch.simulator.wire import BodyTooLargeError, Exchange
from seedwatch.simulator.world import World

PROVIDER: Final = "dmxapi"
DALL_E_LIFETIME_S: Final = 3600
"""Links to pictures of dall-e-3 live for an hour (protocols.md 5.3)."""


class DmxImages:
    """The ASGI application mounted at /dmxapi/v1."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes: Routes = {
            "/images/generations": {"POST": self._generate},
            "/images/edits": {"POST": self._edit},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        request_id = _new_request_id(self._world.clock())
        try:
            await self._route(exchange, request_id)
        except DmxRefusal as refusal:
            await exchange.reply(refusal_body(refusal, request_id))
        except (ArkRefusal, OpenAiRefusal) as refusal:
            told = passed_on(refusal, self._world.switches)
            await exchange.reply(refusal_body(told, request_id))

    async def _route(self, exchange: Exchange, request_id: str) -> None:
        try:
            respond = find_route(exchange, self._routes)
        except NoSuchPathError as error:
            raise DmxRefusal(404, f"Invalid URL ({error})") from error
        except WrongMethodError as error:
            raise DmxRefusal(405, f"The method must be {error}") from error
        await respond(exchange, request_id)

    async def _generate(self, exchange: Exchange, request_id: str) -> None:
        body = await _read(exchange)
        key = self._check_key(exchange.header("authorization"))
        request = await self._world.check(read_generation, body, self._world.switches)
        del body  # up to 200 MB that nobody needs while the picture is drawn
        if isinstance(request, ArkRequest):
            await self._run_seedream(exchange, request, key, request_id)
        else:
            await self._run_gpt(exchange, request, key, request_id)

    async def _edit(self, exchange: Exchange, request_id: str) -> None:
        body = await _read(exchange)
        key = self._check_key(exchange.header("authorization"))
        read = partial(read_edit, exchange.header("content-type"))
        request = await self._world.check(read, body, self._world.switches)
        del body
        await self._run_gpt(exchange, request, key, request_id)

    async def _run_seedream(
        self, exchange: Exchange, request: ArkRequest, key: str, request_id: str
    ) -> None:
        switches = self._world.switches
        order = replace(
            _order(exchange, request, key, request_id),
            is_inline=request.is_inline,
            is_streamed=request.is_streamed and switches["dmxapi.stream"] == "pass",
        )
        replies = SeedreamReplies(request, request_id, switches)
        await run_order(exchange, self._world, order, replies)

    async def _run_gpt(
        self, exchange: Exchange, request: GptRequest, key: str, request_id: str
    ) -> None:
        order = replace(
            _order(exchange, request, key, request_id),
            is_inline=request.options.is_inline,
            link_lifetime_s=DALL_E_LIFETIME_S,
        )
        replies = GptReplies(request, request_id, self._world.switches)
        await run_order(exchange, self._world, order, replies)

    def _check_key(self, authorization: str | None) -> str:
        """The key, raw or behind `Bearer`; `sk-` before it is optional (protocols.md 5.1)."""
        text = (authorization or "").strip()
        is_bearer = text.partition(" ")[0].lower() == "bearer"
        key = text.partition(" ")[2].strip() if is_bearer else text
        is_refused = not is_bearer and self._world.switches["dmxapi.raw_key"] == "refuse"
        if is_refused or not key.removeprefix("sk-") or " " in key or "invalid" in key:
            raise unauthorised()
        return key


async def _read(exchange: Exchange) -> bytes:
    try:
        return await exchange.read_body()
    except BodyTooLargeError as error:
        close = (("Connection", "close"),)
        raise DmxRefusal(413, "The request body is too large", headers=close) from error


def _order(
    exchange: Exchange, request: ArkRequest | GptRequest, key: str, request_id: str
) -> Order:
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
    )


def _new_request_id(now: float) -> str:
    """An id that starts with the time, as those in reports about this family of gateways."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S%f}{secrets.token_hex(4)}"
