"""What every accepted order goes through, whatever it answers: bill, silence, delay, delivery."""

from __future__ import annotations

import asyncio

from seedwatch.simulator.faults import Firing
from seedwatch.simulator.ledger import Charge
from seedwatch.simulator.orders import Order
from seedwatch.simulator.wire import Answer, Exchange
from seedwatch.simulator.world import World


class OrderRun:
    """One order on its way, with the faults that break the call itself."""

    def __init__(self, exchange: Exchange, world: World, order: Order, firing: Firing) -> None:
        self._exchange = exchange
        self._world = world
        self._order = order
        self._firing = firing
        self._billed_count = 0

    async def bill(self, images_count: int) -> None:
        """Put the charge into the ledger; nothing of the answer leaves before it is there."""
        if not self._firing.is_billed:
            return
        self._billed_count = images_count
        order = self._order
        await self._world.ledger.append(
            Charge(
                provider=order.provider,
                path=order.path,
                model=order.model,
                prompt=order.prompt,
                size=order.size,
                images_billed=images_count,
                refs=tuple(reference.sha256 for reference in order.references),
                idempotency_key=order.idempotency_key,
                request_id=order.request_id,
                key_sha256=order.key_sha256,
                at=self._world.clock(),
            )
        )

    async def stall(self) -> bool:
        """Keep silent if a fault says so; False if there is nobody left to answer."""
        args = self._firing.args("stall")
        if args is None or await self._exchange.hold(args.get("seconds"), self._world.stopping):
            return True
        await self._exchange.reset()
        return False

    async def send(self, answer: Answer) -> None:
        """Send the answer, or as much of it as a fault leaves."""
        if self._firing.args("reset_after_billing") is not None:
            await self._exchange.reset()
        elif (args := self._firing.args("truncate")) is not None:
            await self._send_short(answer, args.get("bytes", len(answer.body) // 2))
        elif self._firing.args("stream_cut") is not None:
            # A call that is not streamed: the same break, in the middle of a chunked body.
            await self._exchange.start(answer.status, answer.headers)
            await self._exchange.write(answer.body[: len(answer.body) // 2])
            await self._exchange.cut()
        else:
            await self._exchange.reply(answer)

    async def wait(self, share: float) -> None:
        """Sleep until this share of the latency, and all delays, have passed since the start."""
        due = self._world.latency_s * share + self._firing.delay_s
        passed = asyncio.get_running_loop().time() - self._exchange.started_at
        await asyncio.sleep(max(0.0, due - passed))

    async def _send_short(self, answer: Answer, sent_bytes: int) -> None:
        # Content-Length promises the whole body: at least one byte must be missing.
        length = ("Content-Length", str(len(answer.body)))
        await self._exchange.start(answer.status, (*answer.headers, length))
        await self._exchange.write(answer.body[: min(sent_bytes, len(answer.body) - 1)])
        await self._exchange.cut()
