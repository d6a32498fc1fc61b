"""The controls of the simulator: ledger, faults, reset, health; for this machine only."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.fault_syntax import FaultSyntaxError, parse_faults
from seedwatch.simulator.wire import Answer, BodyTooLargeError, Exchange
from seedwatch.simulator.world import World

_JSON: Final = (("Content-Type", "application/json"),)


class Control:
    """The ASGI application behind /_control and /healthz."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        if not is_loopback(scope.get("client")):
            await exchange.reply(_answer(403, {"error": "controls answer on loopback only"}))
            return
        try:
            await exchange.reply(await self._respond(exchange))
        except FaultSyntaxError as error:
            await exchange.reply(_answer(400, {"error": str(error)}))

    async def _respond(self, exchange: Exchange) -> Answer:
        routes = {
            "/_control/ledger": ("GET", self._ledger),
            "/_control/faults": ("POST", self._faults),
            "/_control/reset": ("POST", self._reset),
            "/healthz": ("GET", self._health),
        }
        route = routes.get(exchange.path)
        if route is None:
            return _answer(404, {"error": f"known controls: {', '.join(routes)}"})
        method, respond = route
        if exchange.scope["method"] != method:
            return _answer(405, {"error": f"{exchange.path} takes {method}"})
        return await respond(exchange)

    async def _ledger(self, _: Exchange) -> Answer:
        return await self._world.check(_answer, 200, self._world.ledger.rows())

    async def _faults(self, exchange: Exchange) -> Answer:
        try:
            posted = json.loads(await exchange.read_body())
        except BodyTooLargeError as error:
            raise FaultSyntaxError("the list is too large") from error
        except (ValueError, RecursionError) as error:
            raise FaultSyntaxError(f"the body is not JSON: {error}") from error
        faults = parse_faults(posted)
        self._world.faults.add(faults)
        return _answer(200, {"added": len(faults), "faults": len(self._world.faults)})

    async def _reset(self, _: Exchange) -> Answer:
        self._world.faults.clear()
        await self._world.ledger.clear()
        return _answer(200, {"status": "ok"})

    async def _health(self, _: Exchange) -> Answer:
        return _answer(200, {"status": "ok"})


def is_loopback(client: tuple[str, int] | None) -> bool:
    """Whether the address of a connection is this machine's own loopback."""
    if client is None:
        return False
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _answer(status: int, content: Any) -> Answer:
    return Answer(status, json.dumps(content).encode("ascii"), _JSON)
