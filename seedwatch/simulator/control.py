"""The controls of the simulator: ledger, faults, switches, reset, health; on loopback only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.fault_syntax import FaultSyntaxError, parse_faults
from seedwatch.simulator.switches import SwitchError
from seedwatch.simulator.wire import Answer, BodyTooLargeError, Exchange
from seedwatch.simulator.world import World

_JSON: Final = (("Content-Type", "application/json"),)


class _BodyError(ValueError):
    """The posted body cannot be read; the message says why."""


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
        except (_BodyError, FaultSyntaxError, SwitchError) as error:
            await exchange.reply(_answer(400, {"error": str(error)}))

    async def _respond(self, exchange: Exchange) -> Answer:
        routes: dict[str, dict[str, Callable[[Exchange], Awaitable[Answer]]]] = {
            "/_control/ledger": {"GET": self._ledger},
            "/_control/faults": {"POST": self._faults},
            "/_control/switches": {"GET": self._switches, "POST": self._move_switches},
            "/_control/reset": {"POST": self._reset},
            "/healthz": {"GET": self._health},
        }
        methods = routes.get(exchange.path)
        if methods is None:
            return _answer(404, {"error": f"known controls: {', '.join(routes)}"})
        respond = methods.get(exchange.scope["method"])
        if respond is None:
            return _answer(405, {"error": f"{exchange.path} takes {' or '.join(methods)}"})
        return await respond(exchange)

    async def _ledger(self, _: Exchange) -> Answer:
        return await self._world.check(_answer, 200, self._world.ledger.rows())

    async def _faults(self, exchange: Exchange) -> Answer:
        faults = parse_faults(await _posted(exchange))
        self._world.faults.add(faults)
        return _answer(200, {"added": len(faults), "faults": len(self._world.faults)})

    async def _switches(self, _: Exchange) -> Answer:
        return _answer(200, self._world.switches.values())

    async def _move_switches(self, exchange: Exchange) -> Answer:
        self._world.switches.move(await _posted(exchange))
        return _answer(200, self._world.switches.values())

    async def _reset(self, _: Exchange) -> Answer:
        await self._world.reset()
        return _answer(200, {"status": "ok"})

    async def _health(self, _: Exchange) -> Answer:
        return _answer(200, {"status": "ok"})


async def _posted(exchange: Exchange) -> Any:
    try:
        return json.loads(await exchange.read_body())
    except BodyTooLargeError as error:
        raise _BodyError("the body is too large") from error
    except (ValueError, RecursionError) as error:
        raise _BodyError(f"the body is not JSON: {error}") from error


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
