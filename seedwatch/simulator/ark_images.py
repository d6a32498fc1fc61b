"""The surface of Ark's image API: POST /images/generations."""

from __future__ import annotations

from seedwatch.simulator.ark_answers import ArkReplies
from seedwatch.simulator.ark_calls import PROVIDER, check_key, parse_body, read_body
from seedwatch.simulator.ark_errors import too_many_images
from seedwatch.simulator.ark_layers import CHARGED_AHEAD
from seedwatch.simulator.ark_rules import ArkRequest, check_request
from seedwatch.simulator.flow import run_order
from seedwatch.simulator.orders import Order
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World


class ArkImages:
    """The call that makes pictures."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def generate(self, exchange: Exchange, request_id: str) -> None:
        """POST: draw and answer."""
        body = await read_body(exchange)
        key = check_key(exchange)
        request = await self._world.check(_checked, body)
        self._check_rate(key, request)
        del body  # up to 200 MB that nobody needs while the picture is drawn
        order = _order(exchange, request, key, request_id)
        replies = ArkReplies(request, request_id, self._world.switches)
        await run_order(exchange, self._world, order, replies)

    def _check_rate(self, key: str, request: ArkRequest) -> None:
        most = self._world.switches["ark.images_per_minute"]
        window = f"ark.images {key} {request.model}"
        count = CHARGED_AHEAD if request.is_layered else len(request.pictures)
        if most and not self._world.rates.take(window, count, most=most, period_s=60):
            raise too_many_images()


def _checked(body: bytes) -> ArkRequest:
    return check_request(parse_body(body))


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
